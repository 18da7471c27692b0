/*
 * write_row.h
 *	  Rows as text: Datum to field, the counterpart of convert.h.
 *
 * Every column is written in the form that the converter chosen for it reads
 * back.  A value that has no such form is an error that names column and row.
 */
#ifndef PDS_FDW_WRITE_ROW_H
#define PDS_FDW_WRITE_ROW_H

#include "catalog/pg_type.h"
#include "fmgr.h"

#include "core/serde/csv_write.h"
#include "core/serde/hive_type.h"
#include "fdw/rows/convert.h"

typedef struct PdsOutColumn
{
	PdsOutKind	kind;
	bool		milliseconds;	/* of a timestamp: more digits would not come
								 * back */
	bool		postgres;		/* PostgreSQL's forms (csv), not the SerDe's */
	int			attno;			/* attnum - 1 */
	const char *name;			/* for errors */
	const char *header;			/* in the line of names */
	Oid			typid;
	const PdsHiveType *hive;	/* NULL: none */
	FmgrInfo	output;			/* of FUNCTION */
	const struct PdsFieldRules *rules;	/* set by the caller; NULL: none */
	bool		direct;			/* set by pds_row_writer_create: values go
								 * into the row without a copy of their text */
} PdsOutColumn;

typedef struct PdsRowWriter
{
	PdsCsvWriter csv;
	int			ncolumns;
	PdsOutColumn *columns;		/* one a field */
	int			encoding;		/* of the objects */
	bool		settings;		/* some output function depends on settings */
	int64		row;			/* number of the row being written, from 1 */
	PdsStr		scratch;		/* malloc'd: freed with the context it was
								 * made in */
	MemoryContext row_cxt;
} PdsRowWriter;

/*
 * What the column becomes in a dialect.  hive may be NULL: then typid decides.
 * what: "column \"x\" of foreign table \"t\"", for the refusal of a type.
 */
extern void pds_out_column_init(PdsOutColumn *c, PdsFormat format, Oid typid, int32 typmod,
								const PdsHiveType *hive, const char *name, int attno);

/* a row is not longer: the reader takes records up to 1 GB */
#define PDS_MAX_WRITTEN_ROW	((size_t) 1 << 30)

/* columns: one a field, copied.  Lives in the current context. */
extern PdsRowWriter *pds_row_writer_create(const PdsDialect *dialect, int ncolumns,
										   const PdsOutColumn *columns, int encoding,
										   const char *what);

/* Append the row to out; an error leaves out as it was. */
extern void pds_row_write(PdsRowWriter *w, const Datum *values, const bool *nulls, PdsStr *out);

/* the line of names; out untouched when the dialect has none */
extern void pds_row_write_header(PdsRowWriter *w, PdsStr *out);

/* A value's text, for a partition key: valid until the next call. */
extern const char *pds_out_text(PdsRowWriter *w, const PdsOutColumn *c, Datum value);

/* ---- write_direct.c ---- */

/* may values of the column be given to pds_out_direct? */
extern bool pds_out_is_direct(const PdsRowWriter *w, const PdsOutColumn *c);

/*
 * The next field of the row.  False: a rare value (infinity, a year before 1, too many digits),
 * which pds_out_scalar has to write or refuse.
 */
extern bool pds_out_direct(PdsRowWriter *w, const PdsOutColumn *c, Datum value);

/* ---- for write_nested.c, write_direct.c ---- */

/* the text of a scalar in w->scratch; *string as pds_csv_field has it */
extern void pds_out_scalar(PdsRowWriter *w, const PdsOutColumn *c, Datum value, bool *string);
PDS_NORETURN extern void pds_out_refuse(PdsRowWriter *w, const PdsOutColumn *c, const char *what,
										const char *hint);
PDS_NORETURN extern void pds_out_raise(PdsRowWriter *w, const PdsOutColumn *c,
									   const PdsError *err);

/* the field of an array or jsonb value (write_nested.c) */
extern void pds_out_nested(PdsRowWriter *w, const PdsOutColumn *c, Datum value);

#endif							/* PDS_FDW_WRITE_ROW_H */
