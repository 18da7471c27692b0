/*
 * modify.h
 *	  INSERT, COPY FROM and TRUNCATE of foreign tables.
 */
#ifndef PDS_FDW_MODIFY_H
#define PDS_FDW_MODIFY_H

#include "nodes/execnodes.h"
#include "utils/hsearch.h"

#include "fdw/write/write_row.h"
#include "fdw/write/write_xact.h"

/* FdwRoutine callbacks (modify.c) */
extern int	pds_is_updatable(Relation rel);
extern List *pds_plan_modify(PlannerInfo *root, ModifyTable *plan, Index result_relation,
							 int subplan_index);
extern void pds_begin_modify(ModifyTableState *mtstate, ResultRelInfo *rinfo,
							 List *fdw_private, int subplan_index, int eflags);
extern TupleTableSlot *pds_exec_insert(EState *estate, ResultRelInfo *rinfo,
									   TupleTableSlot *slot, TupleTableSlot *plan_slot);
extern void pds_end_modify(EState *estate, ResultRelInfo *rinfo);
extern void pds_begin_insert(ModifyTableState *mtstate, ResultRelInfo *rinfo);
extern void pds_end_insert(EState *estate, ResultRelInfo *rinfo);
extern void pds_explain_modify(ModifyTableState *mtstate, ResultRelInfo *rinfo,
							   List *fdw_private, int subplan_index, ExplainState *es);
extern void pds_exec_truncate(List *rels, DropBehavior behavior, bool restart_seqs);

/* ---- rows of one relation in one statement (modify_table.c) ---- */

/* where rows of one partition go */
typedef struct PdsRowDest
{
	PdsWriteDest *dest;
	PdsRowWriter *writer;		/* a partition may have a SerDe of its own */
} PdsRowDest;

typedef struct PdsModify
{
	PdsTable   *table;
	PdsWriteTarget *target;
	MemoryContext cxt;			/* of the statement */
	PdsWriteDestOptions options;	/* of destinations, but for bucket, prefix
									 * and header */
	char	   *bucket;			/* of the table's location */
	char	   *prefix;
	bool		replace_dests;	/* overwrite_partitions */
	PdsRowDest	whole;			/* of a table without partition keys */
	int64		row;			/* number of the row, from 1 */
	PdsStr		text;			/* of it; malloc'd, freed with cxt */
	/* partitions */
	PdsOutColumn *keys;			/* nkeys */
	PdsRowWriter *key_writer;
	HTAB	   *dests;			/* folder "a=1/b=2" to PdsRowDest */
	HTAB	   *registered;		/* the same to PdsGluePartition; NULL: not
								 * asked yet */
	struct Writer *writers;		/* one a dialect */
} PdsModify;

/* The table as it can be written to; an error when it cannot.  userid: whose credentials. */
extern PdsTable *pds_writable_table(Relation rel, Oid userid, PdsConnection *conn,
									MemoryContext cxt);

/*
 * Rows for a table that is described by hand: key names, columns, dialect and location are
 * used.  options: codec, limits, key.
 */
extern PdsModify *pds_modify_create(PdsTable *table, PdsWriteTarget *target,
									const PdsWriteDestOptions *options, MemoryContext cxt);

/* Rows for a foreign table, as its options say. */
extern PdsModify *pds_modify_begin(Relation rel, Oid userid, MemoryContext cxt);
extern void pds_modify_row(PdsModify *m, const Datum *values, const bool *nulls);

/* where the row goes (modify_partitions.c) */
extern void pds_modify_init_partitions(PdsModify *m);
extern PdsRowDest *pds_modify_partition(PdsModify *m, const Datum *values, const bool *nulls);

/* for it: a destination in a folder, with the writer of a dialect */
extern void pds_modify_dest(PdsModify *m, const PdsDialect *dialect, const PdsWriteDestOptions *o,
							PdsRowDest *dest);

#endif							/* PDS_FDW_MODIFY_H */
