/*
 * parallel_headers.c
 *	  Headers of objects that several processes read parts of.
 *
 * Who needs a header first fetches it, unless who reads the object's begin has it already.  The
 * others wait: only for a request that is running, so nobody waits for a process that waits itself.
 * An error of the one that fetches ends the query.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "port/atomics.h"
#include "storage/latch.h"

#include "fdw/direct/parallel_headers.h"

/* the others look so often */
#define LOOK_MS	1

typedef enum HeaderState
{
	HEADER_UNKNOWN,
	HEADER_FETCHED,				/* by some process, now */
	HEADER_KEPT
} HeaderState;

typedef struct SharedHeader
{
	pg_atomic_uint32 state;		/* HeaderState */
	dsa_pointer text;			/* when it is kept; invalid: it is empty */
	Size		len;
} SharedHeader;

typedef struct SharedHeaders
{
	int			n;
	SharedHeader items[FLEXIBLE_ARRAY_MEMBER];
} SharedHeaders;

dsa_pointer
pds_shared_headers_make(dsa_area *area, int nobjects)
{
	dsa_pointer headers = dsa_allocate_extended(area, offsetof(SharedHeaders, items) +
												(Size) nobjects * sizeof(SharedHeader),
												DSA_ALLOC_HUGE);
	SharedHeaders *h = dsa_get_address(area, headers);
	int			i;

	h->n = nobjects;
	for (i = 0; i < nobjects; i++)
	{
		pg_atomic_init_u32(&h->items[i].state, HEADER_UNKNOWN);
		h->items[i].text = InvalidDsaPointer;
		h->items[i].len = 0;
	}
	return headers;
}

void
pds_shared_headers_free(dsa_area *area, dsa_pointer headers)
{
	SharedHeaders *h = dsa_get_address(area, headers);
	int			i;

	for (i = 0; i < h->n; i++)
		if (DsaPointerIsValid(h->items[i].text))
			dsa_free(area, h->items[i].text);
	dsa_free(area, headers);
}

static SharedHeader *
header_of(dsa_area *area, dsa_pointer headers, int object)
{
	SharedHeaders *h = dsa_get_address(area, headers);

	Assert(object >= 0 && object < h->n);
	return &h->items[object];
}

/* Make the header this process's to fetch; false: it is another's, or kept. */
static bool
claim_header(SharedHeader *h)
{
	uint32		unknown = HEADER_UNKNOWN;

	return pg_atomic_compare_exchange_u32(&h->state, &unknown, HEADER_FETCHED);
}

static void
fill_header(dsa_area *area, SharedHeader *h, const char *text, Size len)
{
	if (len > 0)
	{
		h->text = dsa_allocate_extended(area, len, DSA_ALLOC_HUGE);
		memcpy(dsa_get_address(area, h->text), text, len);
	}
	h->len = len;
	pg_write_barrier();
	pg_atomic_write_u32(&h->state, HEADER_KEPT);
}

bool
pds_shared_header_find(dsa_area *area, dsa_pointer headers, int object, char **text, Size *len)
{
	SharedHeader *h = header_of(area, headers, object);

	if (claim_header(h))
		return false;
	while (pg_atomic_read_u32(&h->state) != HEADER_KEPT)
	{
		CHECK_FOR_INTERRUPTS();
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, LOOK_MS,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
	pg_read_barrier();
	*len = h->len;
	*text = palloc(h->len + 1);
	if (h->len > 0)
		memcpy(*text, dsa_get_address(area, h->text), h->len);
	(*text)[h->len] = '\0';
	return true;
}

void
pds_shared_header_keep(dsa_area *area, dsa_pointer headers, int object, const char *text, Size len,
					   bool fetched)
{
	SharedHeader *h = header_of(area, headers, object);

	if (fetched || claim_header(h))
		fill_header(area, h, text, len);
}
