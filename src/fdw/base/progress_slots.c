/*
 * progress_slots.c
 *	  The slots of pds.stat_progress.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "core/base/error.h"
#include "fdw/base/progress_slots.h"
#include "fdw/base/shared_state.h"

#define SLOTS_OF_BACKEND	4
/* of a backend that sees itself only */
#define OWN_SLOTS			16

typedef struct PdsProgressTable
{
	LWLock		lock;
	int			nslots;
	PdsProgressSlot slots[FLEXIBLE_ARRAY_MEMBER];
} PdsProgressTable;

/* a backend may have several scans at once, and others fewer */
static int
most_slots(PdsSharing sharing)
{
	return sharing == PDS_OWN_MEMORY ? OWN_SLOTS : SLOTS_OF_BACKEND * MaxBackends;
}

static Size
progress_table_size(PdsSharing sharing)
{
	return add_size(offsetof(PdsProgressTable, slots),
					mul_size(most_slots(sharing), sizeof(PdsProgressSlot)));
}

static void
format_progress_table(void *memory, PdsSharing sharing, int tranche)
{
	PdsProgressTable *t = memory;
	int			i;

	LWLockInitialize(&t->lock, tranche);
	t->nslots = most_slots(sharing);
	for (i = 0; i < t->nslots; i++)
	{
		PdsProgressSlot *s = &t->slots[i];

		s->pid = 0;
		pg_atomic_init_u32(&s->phase, 0);
		pg_atomic_init_u32(&s->athena_state, 0);
		pg_atomic_init_u64(&s->objects_done, 0);
		pg_atomic_init_u64(&s->objects_total, 0);
		pg_atomic_init_u64(&s->bytes_done, 0);
		pg_atomic_init_u64(&s->bytes_total, 0);
		pg_atomic_init_u64(&s->rows, 0);
		pg_atomic_init_u64(&s->athena_bytes, 0);
	}
}

static PdsSharedPart part =
{
	progress_table_size, format_progress_table
};

void
pds_progress_slots_init(void)
{
	pds_shared_part(&part);
}

/* ---- this process's ---- */

static bool all_given;			/* the process ends: others may have its slots */

/*
 * Contexts are deleted after this, with the transaction: who gives a slot back
 * then finds it given.
 */
static void
give_all(int code, Datum arg)
{
	PdsProgressTable *t = part.memory;
	int			i;

	pds_state_lock(&t->lock, LW_EXCLUSIVE);
	for (i = 0; i < t->nslots; i++)
		if (t->slots[i].pid == MyProcPid)
			t->slots[i].pid = 0;
	pds_state_unlock(&t->lock);
	all_given = true;
}

static int
leader_of_us(void)
{
	const PGPROC *leader = MyProc->lockGroupLeader;

	return leader && leader->pid != MyProcPid ? leader->pid : 0;
}

PdsProgressSlot *
pds_slot_take(const PdsStatKey *key, const char *server, const char *relation, PdsPhase phase)
{
	static bool at_exit = false;
	static const PdsProgressNumbers unknown = {0, -1, 0, -1, 0, -1, -1};
	PdsProgressTable *t;
	PdsProgressSlot *s = NULL;
	int			i;

	if (all_given)
		return NULL;
	pds_shared_attach();
	t = part.memory;
	if (!at_exit)
		before_shmem_exit(give_all, (Datum) 0);
	at_exit = true;
	pds_state_lock(&t->lock, LW_EXCLUSIVE);
	for (i = 0; i < t->nslots && t->slots[i].pid != 0; i++)
		;
	if (i < t->nslots)
	{
		s = &t->slots[i];
		s->leader_pid = leader_of_us();
		s->key = *key;
		s->encoding = GetDatabaseEncoding();
		s->began = GetCurrentTimestamp();
		pds_copy_cut(s->server, sizeof(s->server), server, strlen(server));
		pds_copy_cut(s->relation, sizeof(s->relation), relation, strlen(relation));
		s->execution_id[0] = '\0';
		s->pid = MyProcPid;
		pds_slot_write(s, phase, &unknown);
	}
	pds_state_unlock(&t->lock);
	return s;
}

void
pds_slot_give(PdsProgressSlot *s)
{
	PdsProgressTable *t;

	if (s == NULL || all_given)
		return;
	t = part.memory;
	pds_state_lock(&t->lock, LW_EXCLUSIVE);
	s->pid = 0;
	pds_state_unlock(&t->lock);
}

void
pds_slot_write(PdsProgressSlot *s, PdsPhase phase, const PdsProgressNumbers *n)
{
	if (all_given)
		return;
	pg_atomic_write_u32(&s->phase, phase);
	pg_atomic_write_u32(&s->athena_state, (uint32) (n->athena_state + 1));
	pg_atomic_write_u64(&s->objects_done, (uint64) n->objects_done);
	pg_atomic_write_u64(&s->objects_total, (uint64) n->objects_total);
	pg_atomic_write_u64(&s->bytes_done, (uint64) n->bytes_done);
	pg_atomic_write_u64(&s->bytes_total, (uint64) n->bytes_total);
	pg_atomic_write_u64(&s->rows, (uint64) n->rows);
	pg_atomic_write_u64(&s->athena_bytes, (uint64) n->athena_bytes);
}

void
pds_slot_execution(PdsProgressSlot *s, const char *id)
{
	PdsProgressTable *t = part.memory;

	if (all_given || strcmp(s->execution_id, id) == 0)
		return;
	pds_state_lock(&t->lock, LW_EXCLUSIVE);
	pds_copy_cut(s->execution_id, sizeof(s->execution_id), id, strlen(id));
	pds_state_unlock(&t->lock);
}

/* ---- all ---- */

static void
copy_slot(PdsProgressSlot *s, PdsProgressRow *r)
{
	r->pid = s->pid;
	r->leader_pid = s->leader_pid;
	r->key = s->key;
	r->encoding = s->encoding;
	r->began = s->began;
	memcpy(r->server, s->server, sizeof(r->server));
	memcpy(r->relation, s->relation, sizeof(r->relation));
	memcpy(r->execution_id, s->execution_id, sizeof(r->execution_id));
	r->phase = (PdsPhase) pg_atomic_read_u32(&s->phase);
	r->numbers.athena_state = (int) pg_atomic_read_u32(&s->athena_state) - 1;
	r->numbers.objects_done = (int64) pg_atomic_read_u64(&s->objects_done);
	r->numbers.objects_total = (int64) pg_atomic_read_u64(&s->objects_total);
	r->numbers.bytes_done = (int64) pg_atomic_read_u64(&s->bytes_done);
	r->numbers.bytes_total = (int64) pg_atomic_read_u64(&s->bytes_total);
	r->numbers.rows = (int64) pg_atomic_read_u64(&s->rows);
	r->numbers.athena_bytes = (int64) pg_atomic_read_u64(&s->athena_bytes);
}

PdsProgressRow *
pds_slots_copy(int *n)
{
	PdsProgressTable *t;
	PdsProgressRow *all;
	int			i;

	pds_shared_attach();
	t = part.memory;
	all = MemoryContextAllocHuge(CurrentMemoryContext, mul_size(t->nslots, sizeof(PdsProgressRow)));
	*n = 0;
	pds_state_lock(&t->lock, LW_SHARED);
	for (i = 0; i < t->nslots; i++)
		if (t->slots[i].pid != 0)
			copy_slot(&t->slots[i], &all[(*n)++]);
	pds_state_unlock(&t->lock);
	return all;
}
