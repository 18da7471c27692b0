/*
 * infer_internal.h
 *	  What the files of inference share.  Private to them.
 */
#ifndef PDS_CORE_INFER_INTERNAL_H
#define PDS_CORE_INFER_INTERNAL_H

#include "core/infer/infer.h"

/* ---- infer_types.c: values and columns ---- */

/* what a value can be read as; no bit: text */
#define PDS_CAN_BOOLEAN		1
#define PDS_CAN_INT			2
#define PDS_CAN_DECIMAL		4
#define PDS_CAN_DOUBLE		8
#define PDS_CAN_DATE		16
#define PDS_CAN_TIMESTAMP	32
#define PDS_CAN_TIMESTAMPTZ	64
#define PDS_CAN_ALL			127

typedef struct PdsCell
{
	unsigned int can;
	int64_t		magnitude;		/* of an int, its absolute value (INT64_MAX
								 * for the least) */
	int			whole;			/* digits before the point */
	int			fraction;		/* digits after it, or of the fraction of a
								 * second */
	bool		special;		/* NaN, Infinity */
} PdsCell;

extern void pds_cell_classify(const char *s, size_t n, PdsCell *out);

/* words that stand for NULL in files of others */
#define PDS_NULL_WORDS 6
extern const char *const pds_null_words[];
extern int	pds_null_word(const char *s, size_t n); /* -1: none */

/* how a text is written; a header is written otherwise than what stands below it */
typedef enum PdsShape
{
	PDS_SHAPE_LOWER, PDS_SHAPE_UPPER, PDS_SHAPE_CAPITAL,	/* identifiers */
	PDS_SHAPE_WORDS,			/* several words, punctuation */
	PDS_SHAPE_OTHER,
	PDS_NSHAPES
} PdsShape;

extern PdsShape pds_shape(const char *s, size_t n);

/* what characters a text has */
#define PDS_CLASS_LOWER		1
#define PDS_CLASS_UPPER		2
#define PDS_CLASS_DIGIT		4
#define PDS_CLASS_BLANK		8
#define PDS_CLASS_UNDERSCORE 16
#define PDS_CLASS_OTHER		32
#define PDS_CLASS_HIGH		64

extern unsigned int pds_classes(const char *s, size_t n);

/* what the values of a column have in common */
typedef struct PdsColumnStats
{
	unsigned int can;
	int64_t		values;			/* neither empty nor a null word */
	int64_t		numbers;		/* of these, not NaN or Infinity */
	int64_t		empty;			/* unquoted and empty, or missing */
	int64_t		quoted_empty;
	int64_t		words[PDS_NULL_WORDS];	/* unquoted */
	int64_t		given_nulls;	/* unquoted texts that are given for NULL */
	int64_t		typed;			/* values that are no text, or digits only */
	int64_t		shapes[PDS_NSHAPES];
	unsigned int classes_any;	/* of characters: PDS_CLASS_x of some value */
	unsigned int classes_all;	/* ... of every value */
	int64_t		absent;			/* records of objects without the column */
	int64_t		magnitude;
	int			whole;
	int			min_fraction;	/* of decimals; -1: none yet */
	int			max_fraction;
	int			max_second_fraction;
	unsigned int unlike;		/* infer_looks.c: which of its looks some
								 * value has not */
	int64_t		separated;		/* values with a point, a comma or a slash */
	char	   *example;
} PdsColumnStats;

extern void pds_stats_init(PdsColumnStats *c);
extern bool pds_stats_add(PdsColumnStats *c, const char *s, size_t n, bool quoted);

/* word: number of the null word that is NULL, -1: none */
extern void pds_stats_type(const PdsColumnStats *c, int word, bool empty_is_null,
						   const PdsInferOptions *opt, PdsHiveType *out);

/* ---- infer_looks.c ---- */

/* a field of the column that pds_stats_add has taken */
extern void pds_looks_add(PdsColumnStats *c, const char *s, size_t n, bool quoted);

/* Of a column of text: the option that would make it something else; empty: none is known. */
extern void pds_looks_option(const PdsColumnStats *c, char *out, size_t cap);

/* ---- infer_records.c ---- */

/* a sample as the engine needs it */
typedef struct PdsText
{
	char	   *base;
	char	   *buf;			/* buf[-1] is valid, padded at its end */
	size_t		len;
	bool		from_start;
	bool		complete;
	int			object;
	PdsIndex	ix;
	size_t		first;			/* the header, or what could be one: the first
								 * record that is no blank line, no comment
								 * and no title */
	int			nfields;		/* of its records */
	int		   *positions;		/* by column: its field, or PDS_INFER_ABSENT;
								 * NULL: the same number */
} PdsText;

/* as many columns as PostgreSQL could have, and some */
#define PDS_INFER_COLUMNS	2000
/* lines before the table, at most */
#define PDS_INFER_PREAMBLE	50

/* Too few fields for a record of a table that usually has so many: is it a title? */
static inline bool
pds_infer_is_title(int nfields, int usual)
{
	return nfields < usual && nfields <= (usual > 3 ? usual / 2 : 1);
}

/* number of a field that no record has */
#define PDS_INFER_ABSENT	0x3fffffff

typedef struct PdsInferWork
{
	PdsText    *texts;
	int			n;
	const PdsInferOptions *opt;
	PdsDialect	dialect;		/* nothing is NULL: values are seen as they
								 * stand */
	int			ncolumns;
	PdsColumnStats *stats;
	int		   *wanted;
	PdsField   *fields;			/* of the record at hand */
	bool	   *in_quotes;
	char	  **headers;		/* where texts differ: the cells of all
								 * headers, by column */
	PdsArena	arena;
	PdsInference *out;
	double		bytes;			/* of the records counted */
	int			lf;
	int			crlf;
	int			cr;
} PdsInferWork;

extern PdsText *pds_infer_make_texts(const PdsSample *samples, int n, bool *bom, PdsError *err);
extern void pds_infer_free_texts(PdsText *texts, int n);

/* Index the texts by the dialect that was found, and find where their tables begin. */
extern bool pds_infer_index_texts(PdsInferWork *w);

/*
 * Where comments stand between the records, take them out, index again, and say so in the dialect
 * and in w->out.  False: out of memory.
 */
extern bool pds_infer_comments(PdsInferWork *w);

/* Cut record r of t into w->fields, by column.  False: out of memory. */
extern bool pds_infer_cut(PdsInferWork *w, PdsText *t, size_t r);

/* records to read: one that an open quote has swallowed the end of is none */
extern size_t pds_infer_record_count(const PdsText *t);

/* the raw bytes of a record */
extern void pds_infer_record_bytes(const PdsText *t, size_t r, const char **p, size_t *n);

/* ---- infer_header.c ---- */

/*
 * Settle header_lines and what is known of it, by w->stats, which are those of all records but the
 * first ones; *named: the text whose header gives the names, -1: none.  False: out of memory.
 */
extern bool pds_infer_header(PdsInferWork *w, int *named);

/*
 * Where headers have other names, or another order: w->ncolumns and w->headers become those of all,
 * and texts get their positions.  *differ: that is so.  False: out of memory.
 */
extern bool pds_infer_bind(PdsInferWork *w, int named, bool *differ);

/* ---- infer_dialect.c ---- */

extern bool pds_infer_dialect(PdsText *texts, int n, const PdsInferOptions *opt,
							  PdsDialect *out, int *ncolumns, double *score, PdsError *err);

#endif							/* PDS_CORE_INFER_INTERNAL_H */
