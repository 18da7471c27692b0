/*
 * infer.h
 *	  What a CSV file is: dialect, header, columns and types, from samples.
 *
 * Samples are decoded text of one or more objects that belong together.  They
 * are read by the one CSV engine (csv_scan, serde), so that what is inferred is what a scan will
 * see.  A type is given to a column only when every value in the samples is read as that type
 * by lazysimple and by PostgreSQL's input function alike, with the same result.
 *
 * Glue's crawler (doc/dev/aws.md §5.5) is the yardstick: what it takes for a header or a
 * type is taken here as well, and more where that is safe.
 */
#ifndef PDS_CORE_INFER_H
#define PDS_CORE_INFER_H

#include "core/serde/hive_type.h"
#include "core/serde/serde.h"

typedef struct PdsSample
{
	const char *data;			/* borrowed for the call */
	size_t		len;
	bool		from_start;		/* it begins with the object's first byte */
	bool		complete;		/* it ends with the object's last byte */
	int			object;			/* number of its object; samples from the
								 * middle have that of one from the start */
} PdsSample;

typedef struct PdsInferOptions
{
	int			delimiter;		/* a byte; -1: infer */
	int			quote;			/* a byte, 0: none; -1: infer */
	int			escape;			/* a byte, 0: none; -1: infer */
	int			header;			/* lines; -1: infer */
	const char *null_text;		/* NULL: infer */
	const char *const *nulls;	/* all texts for NULL where several are given */
	int			nnulls;
	bool		all_text;		/* columns are strings, whatever they hold */
	bool		everything;		/* the samples are all there is: types need no
								 * room to grow */
	double		share;			/* of all bytes, in the samples; 0..1 */
} PdsInferOptions;

extern void pds_infer_options_init(PdsInferOptions *o);

/*
 * Take lines that are no records out of a sample, in place, as the options skip and comment say
 * (PdsDialect): the first `skip` lines, and those that begin with `comment` (0: none) outside
 * `quote` (0: none).  The length of what stays.
 */
extern size_t pds_infer_strip(char *data, size_t len, int skip, char comment, char quote);

typedef struct PdsInferredColumn
{
	char	   *name;			/* as awswrangler makes it, unique among the
								 * columns */
	char	   *header;			/* as the first line has it (in the file's
								 * encoding, until pds_inference_set_headers);
								 * NULL: no header */
	PdsHiveType type;			/* a scalar */
	int			fraction;		/* most digits of a fraction of a second */
	int64_t		values;			/* in the samples, not NULL */
	int64_t		nulls;
	char	   *example;		/* the first value that is not empty, cut;
								 * NULL: none */
	char		option[128];	/* with which its text would be of another
								 * type; empty: none is known */
} PdsInferredColumn;

typedef struct PdsInference
{
	PdsDialect	dialect;		/* csv or lazysimple, header_lines set */
	PdsInferredColumn *columns;
	int			ncolumns;
	bool		quoted;			/* some field is in quotes */
	bool		newlines;		/* some field in quotes holds a line end */
	const char *encoding;		/* PostgreSQL's name; NULL: UTF-8 */
	bool		bom;
	const char *line_end;		/* "LF", "CRLF", "CR", "mixed"; "" when there
								 * is none */
	int64_t		records;		/* in the samples, without headers and blank
								 * lines */
	int64_t		ragged;			/* of these, with another number of fields */
	int64_t		comments;		/* lines between the records that are none
								 * (dialect.comment) */
	double		record_bytes;	/* of a record, on average; 0: unknown */
	double		confidence;		/* 0..1: how alike the records are, and how
								 * many */
	bool		named;			/* the last header line has the names */
	bool		header_doubtful;	/* nothing but text: whether the first
									 * record is a header is a guess */
	int			preamble;		/* records before the header, or before the
								 * first record, in the object that names */
	int			preamble_lines; /* the same in lines */
	bool		blank_preamble; /* these are blank */
	bool		headers_differ; /* some objects begin with the header, others
								 * do not */
	bool		names_differ;	/* headers have other names, or another order:
								 * columns are the names of all of them */
} PdsInference;

/*
 * Infer from n samples.  False with PDS_ERR_UNSUPPORTED when they are no delimited text: the
 * message is the reason, fit for a NOTICE ("it is a Parquet file").  Samples
 * without a record give an inference of no columns.
 */
extern bool pds_infer(const PdsSample *samples, int n, const PdsInferOptions *opt,
					  PdsInference *out, PdsError *err);
extern void pds_inference_free(PdsInference *inf);

/* Headers in UTF-8 (copied; NULL: none) in the place of those found; names are made of them. */
extern bool pds_inference_set_headers(PdsInference *inf, const char *const *headers,
									  PdsError *err);

/* By what name each column is to be bound (pds_bind_names); headers in UTF-8.  Freed one by one. */
extern bool pds_inference_binding(const PdsInference *inf, char **names, PdsError *err);

/* Why these first bytes of an object are not delimited text; NULL: they may be. */
extern const char *pds_not_delimited(const char *data, size_t len);

/* Do two inferences describe objects of one table: columns, delimiter, header? */
extern bool pds_inference_same(const PdsInference *a, const PdsInference *b);

/*
 * Values in the samples that `other` reads otherwise than inf->dialect does: *differ of
 * *values.  Header lines are left out on both sides.  False: out of memory.
 */
extern bool pds_infer_compare(const PdsSample *samples, int n, const PdsInference *inf,
							  const PdsDialect *other, int64_t *differ, int64_t *values,
							  PdsError *err);

/*
 * The SerDe of Athena that reads the samples as inf does: LazySimpleSerDe, or OpenCSVSerde, or
 * the one of them that differs least.
 */
typedef struct PdsSerdeChoice
{
	PdsDialect	dialect;		/* lazysimple or opencsv */
	int64_t		differ;			/* values read otherwise, ... */
	int64_t		values;			/* ... of these */
} PdsSerdeChoice;

extern bool pds_infer_serde(const PdsSample *samples, int n, const PdsInference *inf,
							PdsSerdeChoice *out, PdsError *err);

/* The type that all values of a partition key have: int, bigint, date, else string. */
extern void pds_infer_key_type(const char *const *values, int n, PdsHiveType *out);

/* Is the value a number as JSON writes it, too? */
extern bool pds_cell_is_number(const char *s, size_t n);

/* Type text as Glue has it: "decimal(18,2)"; of scalars */
extern void pds_hive_type_name(const PdsHiveType *t, char *out, size_t cap);

#endif							/* PDS_CORE_INFER_H */
