/*
 * later.c
 *	  What a service gave no answer to, and is tried again: at the ends of the next
 *	  transactions, and of the session.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/xact.h"
#include "storage/ipc.h"

#include "core/base/clock.h"
#include "fdw/base/connection.h"
#include "fdw/base/later.h"

/* so often at most, so long after the last time, for so long: somebody waits for his prompt */
#define LATER_TRIES 10
#define LATER_AFTER_MS 1000
#define LATER_MS 200
/* the same at the end of the session, where nobody waits */
#define EXIT_MS 2000

typedef struct Later
{
	struct Later *next;
	PdsLaterTry attempt;
	PdsLaterEnd end;
	void	   *arg;
	int			tries;			/* in vain */
	int64		due_ms;
} Later;

static Later *later;			/* who came last is first */

static void
try_all(bool last)
{
	int64		began = pds_now_ms();
	Later	  **at = &later;
	Later	   *l;

	pds_forget_interrupt();
	pds_set_deadline(last ? EXIT_MS : LATER_MS);
	while ((l = *at) != NULL)
	{
		bool		done = false;

		/* those behind keep their tries when the time is over */
		if (!last && (l->due_ms > began || pds_now_ms() - began >= LATER_MS))
		{
			at = &l->next;
			continue;
		}
		done = l->attempt(l->arg, last);
		l->due_ms = pds_now_ms() + LATER_AFTER_MS;
		if (!done && !last && ++l->tries < LATER_TRIES)
		{
			at = &l->next;
			continue;
		}
		*at = l->next;
		l->end(l->arg, done);
		free(l);
	}
	pds_set_deadline(0);
}

static void
later_at_exit(int code, Datum arg)
{
	if (later)
		try_all(true);
}

static bool
any_due(void)
{
	Later	   *l;

	for (l = later; l; l = l->next)
		if (l->due_ms <= pds_now_ms())
			return true;
	return false;
}

static void
later_on_xact(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_ABORT && event != XACT_EVENT_COMMIT && event != XACT_EVENT_PREPARE)
		return;
	if (any_due())
		try_all(false);
}

void
pds_later(PdsLaterTry attempt, PdsLaterEnd end, void *arg)
{
	static bool registered = false;
	Later	   *l = calloc(1, sizeof(Later));

	/* nothing can be remembered */
	if (l == NULL)
	{
		end(arg, false);
		return;
	}
	l->attempt = attempt;
	l->end = end;
	l->arg = arg;
	l->next = later;
	later = l;
	l->due_ms = pds_now_ms() + LATER_AFTER_MS;

	/*
	 * while the session ends, this one has been called already, or is not
	 * yet: it comes next
	 */
	if (!registered || proc_exit_inprogress)
		before_shmem_exit(later_at_exit, 0);
	registered = true;
}

void
pds_later_init(void)
{
	RegisterXactCallback(later_on_xact, NULL);
}
