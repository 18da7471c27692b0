/*
 * row_source.h
 *	  Rows out of a PdsReader: what direct scans and Athena's results share.
 */
#ifndef PDS_FDW_ROW_SOURCE_H
#define PDS_FDW_ROW_SOURCE_H

#include "executor/tuptable.h"
#include "nodes/pg_list.h"
#include "port/atomics.h"

#include "core/read/reader.h"
#include "fdw/rows/chunk.h"
#include "fdw/rows/convert.h"
#include "fdw/rows/raw_filter.h"
#include "fdw/rows/rejects.h"
#include "fdw/rows/row_header.h"

/* one column to be filled from the data */
typedef struct PdsRowColumn
{
	int			attno;			/* attnum - 1 in the slot */
	PdsHiveType hive;			/* Glue's type, when hive_known */
	bool		hive_known;
	PdsConverter conv;
	bool		not_returned;	/* only raw filters look at it; the slot's is
								 * left as it is */
	PdsConvertFn native;		/* conv.fn where the partition has the table's
								 * type */
	List	   *coercions;		/* of Coercer: those met so far (row_source.c) */
} PdsRowColumn;

/* a column that goes into the slot */
typedef struct PdsRowReturned
{
	int			column;			/* among those to be filled */
	int			attno;
} PdsRowReturned;

typedef struct PdsRowSource
{
	MemoryContext cxt;			/* holds this */
	PdsReader  *reader;			/* borrowed */
	PdsArena	arena;
	MemoryContext value_cxt;
	int			natts;			/* of the slot */
	int			ncolumns;		/* to be filled */
	PdsRowColumn *columns;
	int			nreturned;
	PdsRowReturned *returned;
	int		   *wanted;			/* field numbers; ascending, unless headers
								 * give them */
	int		   *declared;		/* those of the table; the same, unless
								 * headers give them */
	PdsField   *fields;
	int			nfields;		/* of a record of the table */
	bool		null_padding;	/* csv: records of fewer or more are taken in
								 * silence */
	PdsRowHeader *header;		/* row_header.h; NULL: columns bind by their
								 * place */
	int			file_encoding;	/* -1: UTF-8 */
	PdsOnError	on_error;
	int64		reject_limit;	/* -1: none */
	bool		too_many;		/* it was passed: the error has its own hint */
	pg_atomic_uint64 *shared_rejected;	/* of all processes of a parallel
										 * scan, or NULL */
	PdsRejectLog *reject_log;	/* of the scan, or NULL */

	/*
	 * by the unit's partition: its columns of other types, or NULL; NULL:
	 * there are none
	 */
	const struct PdsColumnOverride *const *partition_overrides;
	const struct PdsColumnOverride *overrides;	/* of the batch at hand */
	bool		numbered;		/* records are told apart although no column
								 * is to be filled */
	PdsRawFilter *filters;		/* set by pds_raw_filters_set */
	int			nfilters;
	struct PdsRowBound *bound;	/* row_bound.h; NULL: all rows are wanted */

	/* the batch at hand */
	PdsBatch	batch;
	size_t		next;			/* one past the record returned last */
	bool		have_batch;
	int			check_fields;	/* fields that each of its records must have;
								 * 0: any number */
	PdsRowChunk chunk;			/* of the batch's records, those being
								 * returned */
	size_t		chunk_end;		/* one past its last record */
	Datum	   *slow_values;	/* of a record that is converted by itself, by
								 * column */
	bool	   *slow_nulls;
	bool	   *slow_done;
	bool		any_nested;
	const char *line;			/* where the record at hand begins; with
								 * nested columns only */

	/* counters */
	int64		rows;
	int64		filtered;		/* records that raw filters took out */
	int64		rejected;		/* rows skipped or values set to NULL by
								 * on_error, with those that were */
	int64		ragged;			/* ... records of too few or too many fields */

	/* for the error context */
	const char *column;
	PdsField   *field;
} PdsRowSource;

/* wanted fields of `columns` must be ascending; encoding -1: UTF-8 */
extern PdsRowSource *pds_rows_create(MemoryContext cxt, PdsReader *reader, int natts,
									 int ncolumns, PdsRowColumn *columns, int *wanted,
									 int nfields, int encoding);

/*
 * Next row into slot's values of its columns; others are left as they are.
 * False at the end.  The values are valid until the next call.
 * src->batch.unit is that of the row.
 */
extern bool pds_rows_next(PdsRowSource *src, TupleTableSlot *slot);

/* Are the values of the row returned last plain ones (PdsColumnUse)? */
static inline bool
pds_rows_plain(const PdsRowSource *src)
{
	const PdsRowChunk *chunk = &src->chunk;

	return !chunk->slow[chunk->selected[chunk->at - 1]];
}

/*
 * Instead of that, where no column is to be returned and rows need no numbers: how many rows
 * come next, all of one src->batch.unit.  False at the end.
 */
extern bool pds_rows_count(PdsRowSource *src, int64 *n);

/*
 * can column i be made of this type of a partition (coerce.h)?  Before the first
 * row, for every such type.
 */
extern bool pds_rows_coercible(PdsRowSource *src, int i, const char *type);
extern uint64 pds_rows_malformed(const PdsRowSource *src);

/* the WARNING about what on_error passed over, unless it was nothing; relname may be NULL */
extern void pds_rows_warn(PdsOnError on_error, int64 rejected, int64 ragged, const char *relname);

#endif							/* PDS_FDW_ROW_SOURCE_H */
