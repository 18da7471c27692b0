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

/* what the values of a column have in common */
typedef struct PdsColumnStats
{
	unsigned int can;
	int64_t		values;			/* neither empty nor a null word */
	int64_t		numbers;		/* of these, not NaN or Infinity */
	int64_t		empty;			/* unquoted and empty, or missing */
	int64_t		quoted_empty;
	int64_t		words[PDS_NULL_WORDS];	/* unquoted */
	int64_t		typed;			/* values that are no text, or digits only */
	int64_t		shapes[PDS_NSHAPES];
	int64_t		magnitude;
	int			whole;
	int			min_fraction;	/* of decimals; -1: none yet */
	int			max_fraction;
	int			max_second_fraction;
	char	   *example;
} PdsColumnStats;

extern void pds_stats_init(PdsColumnStats *c);
extern bool pds_stats_add(PdsColumnStats *c, const char *s, size_t n, bool quoted);

/* word: number of the null word that is NULL, -1: none */
extern void pds_stats_type(const PdsColumnStats *c, int word, bool empty_is_null,
						   const PdsInferOptions *opt, PdsHiveType *out);

/* ---- infer.c ---- */

/* a sample as the engine needs it */
typedef struct PdsText
{
	char	   *base;
	char	   *buf;			/* buf[-1] is valid, padded at its end */
	size_t		len;
	bool		from_start;
	bool		complete;
	PdsIndex	ix;
} PdsText;

extern PdsText *pds_infer_make_texts(const PdsSample *samples, int n, bool *bom, PdsError *err);
extern void pds_infer_free_texts(PdsText *texts, int n);

/* ---- infer_dialect.c ---- */

extern bool pds_infer_dialect(PdsText *texts, int n, const PdsInferOptions *opt,
							  PdsDialect *out, int *ncolumns, double *score, PdsError *err);

#endif							/* PDS_CORE_INFER_INTERNAL_H */
