/*
 * rejects.c
 *	  The session's rejects: a bounded list on malloc, so that an ERROR or a rollback takes nothing
 *	  of it away, and the shared memory by which workers hand in theirs.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/sysattr.h"
#include "catalog/pg_class.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "utils/acl.h"
#include "utils/syscache.h"

#include "fdw/rows/rejects.h"

/* texts of a reject */
#define NTEXTS 4

typedef struct KeptReject
{
	dlist_node	node;
	PdsReject	r;
	Size		bytes;
	char		texts[FLEXIBLE_ARRAY_MEMBER];
} KeptReject;

/* one reject in shared memory; its texts follow */
typedef struct SharedReject
{
	pg_atomic_uint32 size;		/* with its texts, aligned; 0: not written yet */
	AttrNumber	attnum;
	bool		given[NTEXTS];
	int64		record;
	int64		byte;
} SharedReject;

struct PdsRejectArea
{
	uint32		cap;			/* of data */
	pg_atomic_uint32 used;
	char		data[FLEXIBLE_ARRAY_MEMBER];
};

static dlist_head kept = DLIST_STATIC_INIT(kept);
static int	nkept;
static Size kept_bytes;
static int64 last_scan;

static void
texts_of(PdsReject *r, const char **texts[NTEXTS])
{
	texts[0] = &r->object;
	texts[1] = &r->column;
	texts[2] = &r->value;
	texts[3] = &r->message;
}

/* bytes of the texts, each with its NUL */
static Size
text_bytes(PdsReject *r)
{
	const char **texts[NTEXTS];
	Size		n = 0;
	int			i;

	texts_of(r, texts);
	for (i = 0; i < NTEXTS; i++)
		n += *texts[i] ? strlen(*texts[i]) + 1 : 0;
	return n;
}

static char *
copy_texts(PdsReject *r, char *out)
{
	const char **texts[NTEXTS];
	int			i;

	texts_of(r, texts);
	for (i = 0; i < NTEXTS; i++)
		if (*texts[i])
		{
			Size		n = strlen(*texts[i]) + 1;

			memcpy(out, *texts[i], n);
			*texts[i] = out;
			out += n;
		}
	return out;
}

/* ---- the session's list ---- */

static void
drop_reject(KeptReject *k)
{
	dlist_delete(&k->node);
	nkept--;
	kept_bytes -= k->bytes;
	free(k);
}

/* Room for another one of that scan, at the cost of scans before it. */
static bool
room_for_reject(int64 scan, Size bytes)
{
	while (nkept >= PDS_REJECTS_KEPT || kept_bytes + bytes > PDS_REJECTS_BYTES)
	{
		KeptReject *oldest;

		if (nkept == 0)
			return false;
		oldest = dlist_head_element(KeptReject, node, &kept);
		if (oldest->r.scan == scan)
			return false;
		drop_reject(oldest);
	}
	return true;
}

static void
keep_reject(PdsRejectLog *log, const PdsReject *r)
{
	PdsReject	copy = *r;
	Size		bytes = sizeof(KeptReject) + text_bytes(&copy);
	KeptReject *k;

	if (log->scan == 0)
		log->scan = ++last_scan;
	if (pds_reject_log_full(log) || !room_for_reject(log->scan, bytes))
		return;
	k = malloc(bytes);
	if (k == NULL)
		return;
	k->r = copy;
	k->bytes = bytes;
	k->r.scan = log->scan;
	k->r.relid = log->relid;
	k->r.userid = log->userid;
	copy_texts(&k->r, k->texts);
	dlist_push_tail(&kept, &k->node);
	nkept++;
	kept_bytes += bytes;
	log->noted++;
}

const PdsReject *
pds_reject_next(const PdsReject *r)
{
	const KeptReject *k = r ? (const KeptReject *) ((const char *) r - offsetof(KeptReject, r))
		: NULL;

	if (nkept == 0 || (k && &k->node == dlist_tail_node(&kept)))
		return NULL;
	return &dlist_container(KeptReject, node, k ? k->node.next : dlist_head_node(&kept))->r;
}

void
pds_rejects_forget(void)
{
	while (nkept > 0)
		drop_reject(dlist_head_element(KeptReject, node, &kept));
}

/* ---- workers ---- */

void
pds_reject_area_init(PdsRejectArea *area, Size size)
{
	memset(area, 0, size);
	area->cap = (uint32) (size - offsetof(PdsRejectArea, data));
	pg_atomic_init_u32(&area->used, 0);
}

static void
leave_reject(PdsRejectArea *area, PdsReject *r)
{
	uint32		size = (uint32) MAXALIGN(sizeof(SharedReject) + text_bytes(r));
	uint32		at;
	SharedReject *s;
	PdsReject	copy = *r;
	const char **texts[NTEXTS];
	int			i;

	if (pg_atomic_read_u32(&area->used) > area->cap)
		return;
	at = pg_atomic_fetch_add_u32(&area->used, size);
	if (at > area->cap || size > area->cap - at)
		return;
	s = (SharedReject *) (area->data + at);
	s->attnum = r->attnum;
	s->record = r->record;
	s->byte = r->byte;
	texts_of(&copy, texts);
	for (i = 0; i < NTEXTS; i++)
		s->given[i] = *texts[i] != NULL;
	copy_texts(&copy, (char *) s + sizeof(SharedReject));
	/* the leader may look before this process has ended (an error) */
	pg_write_barrier();
	pg_atomic_write_u32(&s->size, size);
}

void
pds_rejects_take(PdsRejectLog *log, PdsRejectArea *area)
{
	uint32		used = Min(pg_atomic_read_u32(&area->used), area->cap);
	uint32		at = 0;

	while (at + sizeof(SharedReject) <= used)
	{
		SharedReject *s = (SharedReject *) (area->data + at);
		uint32		size = pg_atomic_read_u32(&s->size);
		const char *text = (char *) s + sizeof(SharedReject);
		PdsReject	r = {.attnum = s->attnum, .record = s->record, .byte = s->byte};
		const char **texts[NTEXTS];
		int			i;

		if (size == 0)
			break;
		pg_read_barrier();
		texts_of(&r, texts);
		for (i = 0; i < NTEXTS; i++)
			if (s->given[i])
			{
				*texts[i] = text;
				text += strlen(text) + 1;
			}
		keep_reject(log, &r);
		at += size;
	}
	memset(area->data, 0, used);
	pg_atomic_write_u32(&area->used, 0);
}

void
pds_reject_note(PdsRejectLog *log, PdsReject *r)
{
	if (log->area == NULL)
		keep_reject(log, r);
	else if (!pds_reject_log_full(log))
	{
		leave_reject(log->area, r);
		log->noted++;
	}
}

/* ---- who may see them ---- */

bool
pds_reject_visible(Oid relid, AttrNumber attnum)
{
	if (!OidIsValid(relid))
		return true;
	/* it may have been dropped */
	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)))
		return false;
	if (pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK)
		return true;
	/* the number of a record tells of all its columns */
	return attnum > 0 &&
		SearchSysCacheExists2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(attnum)) &&
		pg_attribute_aclcheck(relid, attnum, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}
