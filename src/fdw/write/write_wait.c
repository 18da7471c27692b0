/*
 * write_wait.c
 *	  Rows that wait: those of subtransactions, and those of destinations that have no
 *	  upload yet.  In memory, and beyond PDS_WAIT_BYTES in one temporary file.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/xact.h"
#include "commands/tablespace.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "fdw/write/write_internal.h"

/* of the file, read at a time */
#define READ_BYTES ((size_t) 256 * 1024)

size_t
pds_wait_bytes(const PdsSegment *seg)
{
	size_t		n = 0;
	PdsExtent  *e;

	if (seg == NULL)
		return 0;
	for (e = seg->first; e; e = e->next)
		n += e->len;
	return n + seg->buf.len;
}

/* ---- levels ---- */

static void
add_extents(PdsSegment *to, PdsExtent *first, PdsExtent *last)
{
	if (first == NULL)
		return;
	if (to->last)
		to->last->next = first;
	else
		to->first = first;
	to->last = last;
}

static void
pop(PdsWriteDest *s)
{
	PdsSegment *seg = s->top;

	Assert(seg != NULL);
	s->top = seg->outer;
	pfree(seg->buf.data);
	pfree(seg);
}

/* levels that have become one, by commits of subtransactions, are joined */
void
pds_wait_settle(PdsWriteDest *s)
{
	while (s->top && s->top->outer && s->top->subid == s->top->outer->subid)
	{
		PdsSegment *seg = s->top;

		appendBinaryStringInfo(&seg->outer->buf, seg->buf.data, seg->buf.len);
		add_extents(seg->outer, seg->first, seg->last);
		pop(s);
	}
}

/* callbacks of subtransactions: nothing here allocates or fails */
void
pds_wait_drop(PdsWriteDest *s, SubTransactionId subid)
{
	while (s->top && s->top->subid == subid)
	{
		Assert(pds_writes->waiting >= (size_t) s->top->buf.len);
		pds_writes->waiting -= s->top->buf.len;
		pop(s);
	}
}

void
pds_wait_retag(PdsWriteDest *s, SubTransactionId mine, SubTransactionId parent)
{
	PdsSegment *seg;

	Assert(parent < mine);
	for (seg = s->top; seg && seg->subid == mine; seg = seg->outer)
		seg->subid = parent;
}

static void
push(PdsWriteDest *s, SubTransactionId subid)
{
	MemoryContext old = MemoryContextSwitchTo(pds_writes->cxt);
	PdsSegment *seg = palloc0(sizeof(PdsSegment));

	/* innermost first */
	Assert(s->top == NULL || s->top->subid < subid);
	seg->subid = subid;
	initStringInfo(&seg->buf);
	seg->outer = s->top;
	s->top = seg;
	MemoryContextSwitchTo(old);
	if (subid != s->target->base && !s->deep)
	{
		s->deep = true;
		s->next_deep = pds_writes->deep;
		pds_writes->deep = s;
	}
}

/* ---- the temporary file ---- */

/* it must outlive the portal that is running */
static void
open_file(void)
{
	MemoryContext old = MemoryContextSwitchTo(pds_writes->cxt);
	ResourceOwner owner = CurrentResourceOwner;

	PrepareTempTablespaces();
	CurrentResourceOwner = TopTransactionResourceOwner;
	PG_TRY();
	{
		pds_writes->file = BufFileCreateTemp(false);
	}
	PG_CATCH();
	{
		CurrentResourceOwner = owner;
		PG_RE_THROW();
	}
	PG_END_TRY();
	CurrentResourceOwner = owner;
	MemoryContextSwitchTo(old);
}

static void
seek(int file, off_t offset)
{
	if (BufFileSeek(pds_writes->file, file, offset, SEEK_SET) != 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not find a place in a temporary file: %m")));
}

static void
spill(PdsSegment *seg)
{
	PdsExtent  *e;

	if (seg->buf.len == 0)
		return;
	if (pds_writes->file == NULL)
		open_file();
	e = MemoryContextAllocZero(pds_writes->cxt, sizeof(PdsExtent));
	e->file = pds_writes->end_file;
	e->offset = pds_writes->end_offset;
	e->len = seg->buf.len;
	seek(e->file, e->offset);
	BufFileWrite(pds_writes->file, seg->buf.data, seg->buf.len);
	BufFileTell(pds_writes->file, &pds_writes->end_file, &pds_writes->end_offset);
	add_extents(seg, e, e);
	Assert(pds_writes->waiting >= (size_t) seg->buf.len);
	pds_writes->waiting -= seg->buf.len;
	resetStringInfo(&seg->buf);
	/* give large blocks back */
	if (seg->buf.maxlen > (int) READ_BYTES)
	{
		pfree(seg->buf.data);
		seg->buf.data = MemoryContextAlloc(pds_writes->cxt, 1024);
		seg->buf.maxlen = 1024;
		resetStringInfo(&seg->buf);
	}
}

/* ---- to the upload ---- */

static void
read_file(char *to, size_t len)
{
	if (BufFileRead(pds_writes->file, to, len) != len)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not read from a temporary file: %m")));
}

/* rows of an extent; one may be larger than what is read at a time */
static void
drain_extent(PdsWriteDest *s, const PdsExtent *e)
{
	StringInfoData row;
	size_t		at = 0;

	seek(e->file, e->offset);
	initStringInfo(&row);
	while (at < e->len)
	{
		uint32		len;

		read_file((char *) &len, sizeof(len));
		resetStringInfo(&row);
		enlargeStringInfo(&row, (int) len);
		read_file(row.data, len);
		pds_stream_row(s, row.data, len);
		at += sizeof(len) + len;
		CHECK_FOR_INTERRUPTS();
	}
	Assert(at == e->len);
	pfree(row.data);
}

void
pds_wait_drain(PdsWriteDest *s)
{
	PdsSegment *seg = s->top;
	PdsExtent  *e;
	int			at = 0;

	while (seg && seg->outer)
		seg = seg->outer;
	if (seg == NULL || seg->subid != s->target->base)
		return;
	Assert(!pds_writes->broken);
	/* an error on the way leaves rows in two places or in none */
	pds_writes->broken = true;
	for (e = seg->first; e; e = e->next)
		drain_extent(s, e);
	while (at < seg->buf.len)
	{
		uint32		len;

		memcpy(&len, seg->buf.data + at, sizeof(len));
		pds_stream_row(s, seg->buf.data + at + sizeof(len), len);
		at += sizeof(len) + len;
	}
	Assert(at == seg->buf.len && pds_writes->waiting >= (size_t) at);
	pds_writes->waiting -= seg->buf.len;
	resetStringInfo(&seg->buf);
	seg->first = seg->last = NULL;
	pds_writes->broken = false;
}

/* ---- a row ---- */

static bool
may_stream(const PdsWriteDest *s)
{
	return s->open != NULL || pds_writes->nopen < PDS_MAX_OPEN_STREAMS;
}

/* the level of uploads, when enough of it waits */
static bool
worth_streaming(const PdsWriteDest *s)
{
	const PdsSegment *seg = s->top;

	while (seg && seg->outer)
		seg = seg->outer;
	return seg && seg->subid == s->target->base &&
		(s->open || pds_wait_bytes(seg) >= PDS_OPEN_BYTES);
}

static void
make_room_for_rows(void)
{
	PdsWriteTarget *t;
	PdsWriteDest *s;
	PdsSegment *seg;

	for (t = pds_writes->targets; t; t = t->next)
		for (s = t->dests; s; s = s->next)
		{
			CHECK_FOR_INTERRUPTS();
			if (may_stream(s) && worth_streaming(s))
				pds_wait_drain(s);
			for (seg = s->top; seg; seg = seg->outer)
				spill(seg);
		}
}

void
pds_wait_add(PdsWriteDest *s, const char *row, size_t len)
{
	SubTransactionId subid = GetCurrentSubTransactionId();
	uint32		n = (uint32) len;

	pds_wait_settle(s);
	if (subid == s->target->base && s->open)
	{
		if (s->top && pds_wait_bytes(s->top) > 0)
			pds_wait_drain(s);
		pds_stream_row(s, row, len);
		return;
	}
	if (s->top == NULL || s->top->subid != subid)
		push(s, subid);
	if (s->top->buf.len + len + sizeof(n) > MaxAllocSize - 1)
		spill(s->top);
	enlargeStringInfo(&s->top->buf, (int) (len + sizeof(n)));
	appendBinaryStringInfo(&s->top->buf, (char *) &n, sizeof(n));
	appendBinaryStringInfo(&s->top->buf, row, len);
	pds_writes->waiting += len + sizeof(n);
	if (subid == s->target->base && s->top->buf.len >= PDS_OPEN_BYTES && may_stream(s))
		pds_wait_drain(s);
	else if (pds_writes->waiting > PDS_WAIT_BYTES)
		make_room_for_rows();
}
