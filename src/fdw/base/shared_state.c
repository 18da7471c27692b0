/*
 * shared_state.c
 *	  Where the memory lies that all backends see (doc/dev/design.md §7).
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "utils/memutils.h"

#include "core/base/version.h"
#include "fdw/base/shared_state.h"

#define NAME		"pds_fdw"
#define MOST_PARTS	4

static PdsSharedPart *parts[MOST_PARTS];
static int	nparts;
static bool attached;
static PdsSharing sharing;
static void *preloaded;			/* in the main segment; NULL: it is not there */
static shmem_request_hook_type previous_request;
static shmem_startup_hook_type previous_startup;

void
pds_shared_part(PdsSharedPart *part)
{
	Assert(nparts < MOST_PARTS);
	parts[nparts++] = part;
}

/* the number of the locks' tranche lies in front of the parts */
static Size
shared_size(PdsSharing how)
{
	Size		size = MAXALIGN(sizeof(int));
	int			i;

	for (i = 0; i < nparts; i++)
		size = add_size(size, MAXALIGN(parts[i]->size(how)));
	return size;
}

static void
format_shared(void *memory, PdsSharing how, int tranche)
{
	char	   *at = (char *) memory + MAXALIGN(sizeof(int));
	int			i;

	*(int *) memory = tranche;
	for (i = 0; i < nparts; i++)
	{
		parts[i]->format(at, how, tranche);
		at += MAXALIGN(parts[i]->size(how));
	}
}

/* ---- named by shared_preload_libraries ---- */

static void
request_memory(void)
{
	if (previous_request)
		previous_request();
	RequestAddinShmemSpace(shared_size(PDS_MAIN_SEGMENT));
}

/* in the postmaster, again after a crash of a backend */
static void
start_memory(void)
{
	bool		found;

	if (previous_startup)
		previous_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	preloaded = ShmemInitStruct(NAME, shared_size(PDS_MAIN_SEGMENT), &found);
	if (!found)
		format_shared(preloaded, PDS_MAIN_SEGMENT, pds_new_tranche(NAME));
	LWLockRelease(AddinShmemInitLock);
}

void
pds_shared_state_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	previous_request = shmem_request_hook;
	shmem_request_hook = request_memory;
	previous_startup = shmem_startup_hook;
	shmem_startup_hook = start_memory;
}

/* ---- a backend ---- */

static void
format_segment(PDS_SEGMENT_INIT_ARGS)
{
	format_shared(memory, PDS_NAMED_SEGMENT, pds_new_tranche(NAME));
}

/*
 * The segment's name has what its layout follows from: where the library is replaced under a
 * running server, old and new backends have a segment each.
 */
static void *
find_segment(void)
{
	Size		size = shared_size(PDS_NAMED_SEGMENT);
	char		name[64];

	snprintf(name, sizeof(name), NAME " " PDS_VERSION " %zu", size);
	return pds_named_segment(name, size, format_segment);
}

static void *
find_memory(void)
{
	void	   *memory;

	sharing = PDS_MAIN_SEGMENT;
	if (preloaded)
		return preloaded;
	sharing = PDS_NAMED_SEGMENT;
	memory = find_segment();
	if (memory)
		return memory;
	sharing = PDS_OWN_MEMORY;
	memory = MemoryContextAlloc(TopMemoryContext, shared_size(PDS_OWN_MEMORY));
	format_shared(memory, PDS_OWN_MEMORY, 0);
	return memory;
}

void
pds_shared_attach(void)
{
	char	   *at;
	int			i;

	if (attached)
		return;
	at = find_memory();
	if (sharing != PDS_OWN_MEMORY)
		pds_name_tranche(*(int *) at, NAME);
	at += MAXALIGN(sizeof(int));
	for (i = 0; i < nparts; i++)
	{
		parts[i]->memory = at;
		at += MAXALIGN(parts[i]->size(sharing));
	}
	attached = true;
}

bool
pds_state_is_shared(void)
{
	return sharing != PDS_OWN_MEMORY;
}

void
pds_state_lock(LWLock *lock, LWLockMode mode)
{
	if (sharing != PDS_OWN_MEMORY)
		LWLockAcquire(lock, mode);
}

void
pds_state_unlock(LWLock *lock)
{
	if (sharing != PDS_OWN_MEMORY)
		LWLockRelease(lock);
}
