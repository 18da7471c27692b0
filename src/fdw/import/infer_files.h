/*
 * infer_files.h
 *	  What objects hold, by inference from samples (core/infer).
 */
#ifndef PDS_FDW_INFER_FILES_H
#define PDS_FDW_INFER_FILES_H

#include "core/infer/infer.h"
#include "fdw/catalog/files.h"

/* what the objects of one table hold */
typedef struct PdsInferredTable
{
	PdsInference inf;			/* freed with the memory context */
	const char *reason;			/* why they are no CSV ("it is a Parquet
								 * file"); inf is empty then */
	const char *reason_key;		/* of which object */
	int			reason_code;	/* SQLSTATE: 0A000, or of what makes the
								 * object unreadable */
	List	   *others;			/* texts: objects among them that are no CSV,
								 * and why */
	const char *unlike;			/* key of an object with other columns than
								 * the first; NULL: none */
	const char *recode;			/* encoding of the objects that iconv
								 * converts, given or seen; NULL: none */
	const char **binding;		/* by what name each column is bound, UTF-8;
								 * NULL: there is no header */
	PdsSample  *samples;
	int			nsamples;
	int			nsampled;		/* objects that were looked at */
	int64		sampled_bytes;	/* of them, as stored */
	bool		everything;		/* the samples are all there is */
	double		rows;			/* estimated, or counted when everything */
	PdsCodec	codec;			/* of all objects although their names do not
								 * say so; NONE: by name */
	char	  **key_names;		/* as awswrangler writes them */
	PdsHiveType *key_types;
} PdsInferredTable;

/* dialect: what is known already of delimiter, quote, escape, header, null, compression */
extern PdsInferredTable *pds_infer_files(PdsConnection *conn, const PdsFiles *f,
										 const PdsTableOptions *dialect, const PdsImportOptions *o,
										 MemoryContext cxt);

/* an error when the objects are no CSV, or have no records */
extern void pds_inferred_check(const PdsFiles *f, const PdsInferredTable *found);

/* what Athena's text tables can have of a type: a string for times with a zone */
extern void pds_glue_type_of(const PdsHiveType *t, PdsHiveType *out);

/*
 * NOTICEs or WARNINGs about what is doubtful, and about objects that do not fit together; what
 * names the table.  foreign: of a foreign table, whose columns are bound by headers and which gets
 * the options that are told of; else of a table of Glue.
 */
extern void pds_inferred_report(int elevel, const PdsFiles *f, const PdsInferredTable *found,
								const char *what, bool foreign);

/* Does what is inferred need null_padding, since records have other numbers of fields? */
extern bool pds_inferred_padding(const PdsInferredTable *found);

/* "price: decimal_separator ','; day: ...", the columns that are text for want of an option; NULL: there are none */
extern char *pds_inferred_options_of_text(const PdsInferredTable *found);

/* one column of text: perhaps the delimiter was not found */
extern bool pds_inferred_one_text(const PdsInferredTable *found);

/* a NOTICE then */
extern void pds_inferred_warn_of_text(const PdsFiles *f, const PdsInferredTable *found);

/* the encoding of the objects: by option, or as inferred; NULL: UTF-8 */
extern const char *pds_inferred_encoding(const PdsInferredTable *found,
										 const PdsTableOptions *dialect);

/* SQL type of column i: as import declares it */
extern char *pds_inferred_sql_type(const PdsInferredColumn *c);

/* "2 of 10 objects, 1.0 MB", for comments and notices */
extern char *pds_inferred_sampled(const PdsFiles *f, const PdsInferredTable *found);

/*
 * import_location.c: ALTER FOREIGN TABLE that adds the columns and, in OPTIONS, what is needed to
 * read them.  table: its name as SQL has it; dialect: options that it has already, of which some
 * come out again.
 */
extern char *pds_inferred_alter(const char *table, const PdsFiles *f, const PdsInferredTable *found,
								const PdsTableOptions *dialect);

/* "2 objects, all of them: csv, delimiter ...": what was looked at, and what was found */
extern char *pds_inferred_words(const PdsFiles *f, const PdsInferredTable *found);

#endif							/* PDS_FDW_INFER_FILES_H */
