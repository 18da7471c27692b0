/*
 * convert.h
 *	  Text of a field to Datum.
 *
 * One converter per column, chosen once per scan by dialect and types: fast
 * paths for the usual types, the type's input function for the rest.  No
 * palloc per value on the fast paths: what must be made goes to the arena.
 */
#ifndef PDS_FDW_CONVERT_H
#define PDS_FDW_CONVERT_H

#include "fmgr.h"

#include "core/serde/hive_type.h"
#include "core/serde/serde.h"
#include "fdw/base/options.h"

typedef struct PdsConverter PdsConverter;

typedef enum PdsConvertResult
{
	PDS_CONVERT_OK,				/* *value, *isnull set */
	PDS_CONVERT_BAD				/* malformed: the caller applies on_error; for
								 * the SerDe's rule "NULL" the converter
								 * itself says OK and NULL and counts
								 * ->malformed */
} PdsConvertResult;

/* f->data is not NULL */
typedef PdsConvertResult (*PdsConvertFn) (PdsConverter *c, PdsField *f,
										  Datum *value, bool *isnull);

/* types whose plain values (core/serde/plain_values.h) all formats read alike */
typedef enum PdsPlainKind
{
	PDS_PLAIN_NONE, PDS_PLAIN_INT, PDS_PLAIN_NUMERIC, PDS_PLAIN_FLOAT8, PDS_PLAIN_FLOAT4,
	PDS_PLAIN_BOOL, PDS_PLAIN_DATE, PDS_PLAIN_TIMESTAMP, PDS_PLAIN_TEXT
} PdsPlainKind;

/* how a value becomes text (write_row.c) */
typedef enum PdsOutKind
{
	PDS_OUT_NULL,				/* a field that no column stands for */
	PDS_OUT_TEXT,				/* text, varchar, char: as they are */
	PDS_OUT_BOOL, PDS_OUT_INT, PDS_OUT_FLOAT4, PDS_OUT_FLOAT8, PDS_OUT_NUMERIC,
	PDS_OUT_DATE, PDS_OUT_TIMESTAMP, PDS_OUT_TIMESTAMPTZ,
	PDS_OUT_EPOCH_DATE, PDS_OUT_EPOCH_TIMESTAMP,	/* opencsv: days,
													 * milliseconds */
	PDS_OUT_BINARY,				/* base64 */
	PDS_OUT_NESTED,				/* by the delimiters of lazysimple */
	PDS_OUT_FUNCTION			/* PostgreSQL's output function */
} PdsOutKind;

/* how the values of a type are read and written, by the rules of a format (convert.c) */
typedef struct PdsValueForm
{
	PdsConvertFn read;			/* NULL: never */
	PdsOutKind	write;			/* PDS_OUT_NULL: never */
	PdsPlainKind plain;			/* which plain values `read` makes the same of */
} PdsValueForm;

/*
 * What a column's plain values are needed for (chunk.c).  Values that are not plain are
 * whole ones all the same.
 */
typedef enum PdsColumnUse
{
	PDS_USE_VALUE,
	PDS_USE_PRESENCE,			/* of text and numeric: only whether it is
								 * NULL */
	PDS_USE_SCALED				/* numeric: pds_scaled_datum instead of a
								 * numeric */
} PdsColumnUse;

#define PDS_SCALED_BITS		5	/* of the scale, which is PDS_PLAIN_DIGITS at
								 * most */
#define PDS_SCALED_LIMIT	(INT64CONST(1) << (63 - PDS_SCALED_BITS))

/* v * 10^-scale, |v| below PDS_SCALED_LIMIT; needs a Datum of 64 bits */
static inline Datum
pds_scaled_datum(int64 v, int scale)
{
	return (Datum) ((uint64) v << PDS_SCALED_BITS | (uint64) scale);
}

static inline int64
pds_datum_scaled(Datum d, int *scale)
{
	*scale = (int) (d & ((1 << PDS_SCALED_BITS) - 1));
	return (int64) d >> PDS_SCALED_BITS;
}

struct PdsConverter
{
	PdsConvertFn fn;
	Oid			typid;
	int32		typmod;
	PdsHiveType hive;
	PdsFormat	format;
	const PdsDialect *dialect;	/* of the object being read: may change
								 * between batches */
	bool		text_verified;	/* set per batch: bytes known valid, no NUL,
								 * no recoding */
	int			file_encoding;	/* of the bytes; -1: the server's own */
	bool		soft;			/* errors of input functions become
								 * PDS_CONVERT_BAD */
	bool		strict;			/* on_error was given: what the SerDe makes
								 * NULL is BAD, too */
	PdsArena   *arena;			/* values live here until its reset */
	FmgrInfo	input;			/* slow path */
	Oid			ioparam;
	MemoryContext value_cxt;	/* slow path allocations; reset by the caller
								 * per batch */
	int64		int_min;		/* of integer types */
	int64		int_max;
	PdsPlainKind plain;			/* see pds_converter_plain */
	PdsColumnUse use;			/* set by the caller */
	int			plain_scale;	/* numeric: digits of fraction that the column
								 * has; -1: the value's */
	uint64		plain_limit;	/* ... its whole part is below */
	uint32		text_limit;		/* text: no more bytes are plain */
	uint64		malformed;		/* values that became NULL by the SerDe's rule */
	char		why[200];		/* of a value that is BAD: PostgreSQL's error;
								 * empty: none */
	const char *column_name;	/* for errors */
	const struct PdsFieldRules *rules;	/* field_rules.h; NULL: none.  Set by
										 * the caller */
	int			digits;			/* of a timestamp's second */
	const char *const *line;	/* nested types: where the record at hand
								 * begins; NULL: at its field */
	struct PdsNestedConverter *nested;	/* convert_nested.c */
	struct PdsCoercion *coercion;	/* coerce.c: the partition has another
									 * type */
};

/*
 * c is zeroed by the caller before the first call; a later one changes the
 * format and leaves file_encoding, soft, strict, use and malformed.  format ATHENA_RESULT converts
 * Athena's result texts (doc/dev/aws.md §7.3).  hive may be NULL: then typid decides.
 */
extern void pds_converter_init(PdsConverter *c, PdsFormat format, const PdsDialect *dialect,
							   Oid typid, int32 typmod, const PdsHiveType *hive,
							   PdsArena *arena, MemoryContext value_cxt,
							   const char *column_name);

/*
 * The form of a column of that type, whose type in Glue is hive (NULL: none).  *hive: becomes by
 * whose rules of the SerDe, NULL by PostgreSQL's; it may be *declared, which is filled then.  What
 * is nested is not asked about: such a column is read and written as its Hive type, where it can
 * be.
 */
extern const PdsValueForm *pds_value_form(PdsFormat format, Oid typid, int32 typmod,
										  const PdsHiveType **hive, PdsHiveType *declared);
extern const PdsValueForm *pds_serde_form(PdsFormat format, PdsHiveKind kind);

/* What is plain in the batch at hand (dialect and coercion are its own), as the rules leave it. */
static inline PdsPlainKind
pds_converter_ruled(const PdsConverter *c)
{
	if (c->coercion != NULL || (c->plain == PDS_PLAIN_TEXT && !c->text_verified) ||
		(c->plain == PDS_PLAIN_TIMESTAMP && c->dialect->timestamp_formats != NULL))
		return PDS_PLAIN_NONE;
	return c->plain;
}

/* What is plain as it stands. */
static inline PdsPlainKind
pds_converter_plain(const PdsConverter *c)
{
	return c->rules != NULL ? PDS_PLAIN_NONE : pds_converter_ruled(c);
}

/*
 * A partition key's text, typed, palloc'd.  False: its type cannot hold it; what that means is the
 * caller's matter.  The second is an error then.
 */
extern bool pds_key_datum(const char *text, const PdsHiveType *hive, Oid typid, int32 typmod,
						  const char *column, Datum *value, bool *isnull);
extern Datum pds_convert_partition_value(const char *text, const PdsHiveType *hive, Oid typid,
										 int32 typmod, const char *column, bool *isnull);

#endif							/* PDS_FDW_CONVERT_H */
