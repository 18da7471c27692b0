/*
 * serde.h
 *	  What the text of a CSV table means: dialects, fields, scalar values.
 *
 * A PdsDialect is made from Glue's properties (glue/table_kind.h) or from table options.  Its
 * fields are pointers into the buffer wherever no unescaping is needed.  The scalar
 * parsers follow doc/dev/serdes.md §2 / doc/dev/aws.md §6.3 for lazysimple and opencsv; for csv
 * the PostgreSQL side converts by PostgreSQL's own rules.
 */
#ifndef PDS_CORE_SERDE_H
#define PDS_CORE_SERDE_H

#include "core/base/arena.h"
#include "core/base/error.h"
#include "core/csv/csv_scan.h"

typedef enum PdsFormat
{
	PDS_FORMAT_LAZYSIMPLE, PDS_FORMAT_OPENCSV, PDS_FORMAT_CSV, PDS_FORMAT_ATHENA_RESULT
} PdsFormat;

/* how many levels of separators a table has (doc/dev/aws.md §6.3): 8, 24, or all there are */
typedef enum PdsNesting
{
	PDS_NESTING_PLAIN, PDS_NESTING_EXTENDED, PDS_NESTING_ADDITIONAL
} PdsNesting;

/* what the header of an object is for */
typedef enum PdsHeaderMode
{
	PDS_HEADER_SKIPPED,			/* its lines are left out */
	PDS_HEADER_MATCH,			/* the last of them must have the names that
								 * are expected, in order */
	PDS_HEADER_NAMES			/* the last of them says which field is which
								 * column */
} PdsHeaderMode;

typedef struct PdsDialect
{
	PdsFormat	format;
	PdsHeaderMode header_mode;
	char		delimiter;
	char		quote;			/* 0: none */
	char		escape;			/* 0: none */
	char		collection_delim;	/* lazysimple, default \002 */
	char		mapkey_delim;	/* lazysimple, default \003 */
	PdsNesting	nesting;		/* lazysimple: separators below these three */
	const char *timestamp_formats;	/* lazysimple: the property, borrowed from
									 * it, or NULL */
	char		wide[3][5];		/* opencsv: delimiter, quote, escape that are
								 * not ASCII; the bytes above are stand-ins
								 * then */
	char		null_text[64];	/* compared with the raw field; lazysimple
								 * "\N", csv: "" (an unquoted field only) */
	size_t		null_len;
	bool		has_null;		/* false: no text means NULL (opencsv) */
	const char *unusable;		/* opencsv: why only counting works, else NULL
								 * (a constant) */
	bool		null_for_invalid;	/* opencsv: use.null.for.invalid.data */
	bool		last_takes_rest;	/* serialization.last.column.takes.rest */
	int			last_field;		/* its number; used only then */
	int			header_lines;	/* physical lines (csv: records) to skip at
								 * the start of each object */
	int			footer_lines;
	char		comment;		/* 0: none; a line that begins with it where a
								 * record would is none */
	int			skip_lines;		/* lines of whatever text in front of an
								 * object's header and records */
	char		recode[32];		/* iconv's name of the encoding from which
								 * objects are read as UTF-8; "": the bytes as
								 * they are */
} PdsDialect;

/* what a NUL in a property is here (the noncharacter U+FFFF): C strings cannot hold it */
#define PDS_PROPERTY_NUL "\xEF\xBF\xBF"

/* opencsv: byte that stands for a wide delimiter; the two after it for quote and escape */
#define PDS_WIDE_STANDIN 0xFD

extern const char *pds_format_name(PdsFormat f);
extern bool pds_format_of_name(const char *name, PdsFormat *f);

/* defaults of a format */
extern void pds_dialect_init(PdsDialect *d, PdsFormat f);

/* the text that means NULL; cut where it is longer than null_text */
extern void pds_dialect_set_null(PdsDialect *d, const char *text);

/* one character of an option: "," or "\t" or a byte code of lazysimple's rules */
extern bool pds_delimiter_of_text(const char *text, bool lazysimple, char *out);

/* may a record hold line ends (between quotes)? */
static inline bool
pds_dialect_is_quoted(const PdsDialect *d)
{
	return (d->format == PDS_FORMAT_CSV || d->format == PDS_FORMAT_ATHENA_RESULT) && d->quote != 0;
}

/* csv: what protects quotes between quotes */
static inline char
pds_csv_escape(const PdsDialect *d)
{
	return d->escape != 0 ? d->escape : d->quote;
}

extern void pds_dialect_scan(const PdsDialect *d, PdsScanDialect *out);

/*
 * One field, cut out.  data points into the buffer, or into the arena when
 * quotes had to be removed.  data NULL = NULL.  room: bytes before data that
 * may be overwritten (a length header goes there): 0, 1 (a structural or quote
 * byte of the buffer) or 4 (arena; data - 4 is then 4-byte aligned).
 * escaped: lazysimple, the bytes may hold escapes that strings must drop
 * (pds_lazy_unescape); other types are parsed as they are (doc/dev/serdes.md §2).
 */
typedef struct PdsField
{
	char	   *data;
	uint32_t	len;
	uint8_t		room;
	bool		escaped;
} PdsField;

/*
 * Fields wanted[0..nwanted) (ascending field numbers, 0-based) of record r of
 * an index built over buf, into out[0..nwanted).  Applies the dialect: quotes,
 * null text, missing fields, blank lines (doc/dev/aws.md §6.2 - §6.4).  False: out of
 * memory.
 */
extern bool pds_record_fields(const PdsDialect *d, const PdsIndex *ix, char *buf, size_t r,
							  const int *wanted, int nwanted, PdsField *out, PdsArena *arena);

/* a lazysimple string without its escapes, in the arena; false: out of memory */
extern bool pds_lazy_unescape(const PdsDialect *d, PdsField *f, PdsArena *arena);

/* is the record a comment? */
static inline bool
pds_record_comment(const PdsDialect *d, const PdsIndex *ix, const char *buf, size_t r)
{
	uint32_t	start = pds_record_start(ix, r);

	return d->comment != 0 && start < ix->ends[ix->rec[r]] && buf[start] == d->comment;
}

/*
 * should this record give no row at all (a comment; csv: a blank line of a table
 * with several columns)?
 */
extern bool pds_record_skipped(const PdsDialect *d, const PdsIndex *ix, const char *buf,
							   size_t r, int ncolumns);

/*
 * Scalar values by the rules of lazysimple (doc/dev/serdes.md §2).  text is not
 * NUL-terminated.  PDS_VALUE_NULL is the SerDe's answer to bad input;
 * PDS_VALUE_ERROR what it refuses loudly.
 */
typedef enum PdsValueResult
{
	PDS_VALUE_OK, PDS_VALUE_NULL, PDS_VALUE_ERROR
} PdsValueResult;

extern PdsValueResult pds_lazy_int(const char *s, size_t n, int64_t min, int64_t max, int64_t *out);
extern PdsValueResult pds_lazy_double(const char *s, size_t n, double *out);
extern PdsValueResult pds_lazy_float(const char *s, size_t n, float *out);
extern PdsValueResult pds_lazy_bool(const char *s, size_t n, bool *out);

/* days since 1970-01-01, proleptic Gregorian */
extern PdsValueResult pds_lazy_date(const char *s, size_t n, int32_t *days);

/* microseconds since 1970-01-01 00:00:00; rounded once, from the digits, to `digits` (0 to 6) */
extern PdsValueResult pds_lazy_timestamp_rounded(const char *s, size_t n, int digits, int64_t *us);

/* to milliseconds, as Athena does */
static inline PdsValueResult
pds_lazy_timestamp(const char *s, size_t n, int64_t *us)
{
	return pds_lazy_timestamp_rounded(s, n, 3, us);
}

/* the same by timestamp.formats first, where the dialect has them */
extern PdsValueResult pds_dialect_timestamp(const PdsDialect *d, const char *s, size_t n,
											int digits, int64_t *us);

/* False with PDS_ERR_CONFIG: not patterns; PDS_ERR_UNSUPPORTED: not read here. */
extern bool pds_timestamp_formats_check(const char *formats, PdsError *err);

/* The whole of s by one of the formats (Joda patterns, "millis"); false: by none of them. */
extern bool pds_timestamp_by_formats(const char *formats, const char *s, size_t n, int64_t *us);

/*
 * decimal(p,s): a canonical text "[-]digits[.digits]" with exactly `scale`
 * fraction digits into out (cap >= 64), rounded half up; also as a scaled
 * integer when it fits (p <= 18), *fits tells.
 */
extern PdsValueResult pds_lazy_decimal(const char *s, size_t n, int precision, int scale,
									   char *out, size_t *outlen, int64_t *scaled, bool *fits);

/* binary: base64, in the lenient way of the SerDe; out needs n bytes */
extern PdsValueResult pds_lazy_binary(const char *s, size_t n, char *out, size_t *outlen);

/* Athena's typed OpenCSV columns (doc/dev/aws.md §6.4): bigint..., epoch days, epoch ms */
extern PdsValueResult pds_opencsv_date(const char *s, size_t n, int32_t *days);
extern PdsValueResult pds_opencsv_timestamp(const char *s, size_t n, int64_t *us);

#endif							/* PDS_CORE_SERDE_H */
