/*
 * csv_write.h
 *	  Records as text by a PdsDialect: exactly what the dialect reads back.
 *
 * The counterpart of serde.c.  What the dialect has no text for (a line break in
 * lazysimple, NULL before a value in opencsv, ...) is refused with
 * PDS_ERR_UNSUPPORTED and a message that follows a column's name: "contains a
 * line break, which ...".  It is never written otherwise.  doc/writing.md has the table.
 */
#ifndef PDS_CORE_CSV_WRITE_H
#define PDS_CORE_CSV_WRITE_H

#include "core/base/strbuf.h"
#include "core/csv/byte_set.h"
#include "core/serde/plain_text.h"
#include "core/serde/serde.h"

/* separators of nested values: fields, elements, keys, and five more levels of Hive */
#define PDS_NESTED_LEVELS	8

typedef struct PdsCsvWriter
{
	PdsDialect	dialect;
	int			nfields;
	char		separator[PDS_NESTED_LEVELS];

	/*
	 * bytes that need quotes or escapes, or cannot be; by the level of
	 * nesting
	 */
	PdsByteSet	special[PDS_NESTED_LEVELS];
	PdsByteSet	escaped;		/* within quotes: what is doubled or escaped */
	bool		plain;			/* plain values are written as they are */
	PdsStr	   *out;			/* borrowed, of the record begun */
	size_t		start;			/* of the record in out */
	int			field;			/* fields so far */
	int			nulls;			/* opencsv: NULLs not written yet */
	bool		quotes;			/* csv: set by the caller, the next field is
								 * written between them */
	int			bad_field;		/* after a refusal: whose value it was */
	bool		failed;			/* out of memory */
} PdsCsvWriter;

/* False with PDS_ERR_UNSUPPORTED: nothing can be written in this dialect. */
extern bool pds_csv_writer_init(PdsCsvWriter *w, const PdsDialect *d, int nfields, PdsError *err);

/*
 * A record: begin, one call per field in order, end.  A failure takes the
 * record begun out of `out` again.
 */
extern void pds_csv_begin(PdsCsvWriter *w, PdsStr *out);
extern void pds_csv_null(PdsCsvWriter *w);

/* NULL by another text than the dialect's; not opencsv */
extern bool pds_csv_null_as(PdsCsvWriter *w, const char *text, PdsError *err);

/*
 * The next field is a plain value (a number, date, timestamp or boolean that begins with a digit,
 * "-", "t" or "f") in a dialect where w->plain says that none needs quotes or escapes, or is read
 * as NULL.  The text is written where pds_csv_plain says, of PDS_PLAIN_BYTES bytes at most, and
 * ends where pds_csv_plain_end is told.  NULL: out of memory, which pds_csv_end reports.
 */
static inline char *
pds_csv_plain(PdsCsvWriter *w)
{
	PdsStr	   *out = w->out;
	char	   *p;

	if (out->cap - out->len < PDS_PLAIN_BYTES + 2 && !pds_str_reserve(out, PDS_PLAIN_BYTES + 1))
		return NULL;
	p = out->data + out->len;
	if (w->field++ > 0)
		*p++ = w->dialect.delimiter;
	return p;
}

static inline void
pds_csv_plain_end(PdsCsvWriter *w, char *end)
{
	*end = '\0';
	w->out->len = (size_t) (end - w->out->data);
}

/* can the next field be written between quotes? */
extern bool pds_csv_can_quote(const PdsCsvWriter *w);

/* string: the reader removes escapes from it; false for numbers, dates and the like */
extern bool pds_csv_field(PdsCsvWriter *w, const char *s, size_t n, bool string, PdsError *err);
extern bool pds_csv_end(PdsCsvWriter *w, PdsError *err);

/* the line of column names */
extern bool pds_csv_header(PdsCsvWriter *w, PdsStr *out, const char *const *names, PdsError *err);

/*
 * A nested value of lazysimple is put together in buf and then given to
 * pds_csv_nested.  Elements of a value at `level` (1: the column's own) are
 * separated by pds_csv_separator(w, level); scalars inside it, and NULLs, come from
 * pds_csv_nested_scalar (s NULL) with the level that encloses them.  No escapes are written
 * there: engines do not agree on them, so what would need one is refused.
 * pds_csv_nested_check is called for each value that is complete: from its first byte,
 * with the number of its elements.
 */
extern bool pds_csv_separator(PdsCsvWriter *w, int level, PdsStr *buf, PdsError *err);
extern bool pds_csv_nested_scalar(PdsCsvWriter *w, int level, const char *s, size_t n,
								  PdsStr *buf, PdsError *err);
extern bool pds_csv_nested_check(PdsCsvWriter *w, const PdsStr *buf, size_t from, int nelements,
								 PdsError *err);
extern bool pds_csv_nested(PdsCsvWriter *w, const PdsStr *buf, PdsError *err);

/* ---- scalars as lazysimple has them; each appends to out.  Numbers: pds_java_double ---- */

/* yyyy-MM-dd; days since 1970-01-01 */
extern void pds_write_date(int64_t days, PdsStr *out);

/* yyyy-MM-dd HH:mm:ss and as much of .ffffff as there is */
extern void pds_write_timestamp(int64_t us, PdsStr *out);
extern void pds_write_base64(const char *data, size_t n, PdsStr *out);

#endif							/* PDS_CORE_CSV_WRITE_H */
