/*
 * connection.h
 *	  AWS sessions of this backend: one per server and user, cached.
 *
 * The security rules of doc/dev/design.md §4 live here: who may use which credentials.
 * Also the core's hooks: how it waits (latch, wait events) and logs.
 */
#ifndef PDS_FDW_CONNECTION_H
#define PDS_FDW_CONNECTION_H

#include "core/aws/aws.h"
#include "fdw/base/options.h"

/* what went over a connection, or need not; counted from its beginning */
typedef struct PdsTraffic
{
	PdsHttpCounters http;
	uint64		cache_hits;		/* answers of Glue and S3 that were kept */
} PdsTraffic;

typedef struct PdsConnection
{
	Oid			serverid;
	Oid			userid;
	char	   *server_name;
	PdsServerOptions options;	/* lives as long as the connection */
	PdsHttp    *http;
	PdsAws	   *aws;
	char	   *cache_identity; /* of who reads objects, for the disk cache */
	uint64		cache_hits;
	PdsTraffic	taken;			/* what activity.c has counted of it */
	/* private to connection.c */
	int			refcount;
	bool		valid;
	uint64		generation;		/* changes when server or mapping options
								 * change */
} PdsConnection;

/*
 * The session for a server as userid sees it.  Raises an error when the user
 * has no credentials he may use.  No network.  The returned connection is
 * pinned until the memory context ctx is reset or deleted (a callback unpins).
 */
extern PdsConnection *pds_connection_get(Oid serverid, Oid userid, MemoryContext ctx);

/* The same by hand, for what outlives every memory context. */
extern void pds_connection_hold(PdsConnection *conn);
extern void pds_connection_release(PdsConnection *conn);

/* The connections of this backend one after the other: the first of NULL; NULL behind the last. */
extern PdsConnection *pds_connection_next(const PdsConnection *conn);

/* Drop every cached connection that is not in use (pds.refresh()). */
extern void pds_connection_drop_all(void);

/* hooks.c */
extern const PdsHooks pds_pg_hooks;

/* raise the error of the interrupt that made the core stop; returns if there is none */
extern void pds_rethrow_interrupt(void);
extern void pds_forget_interrupt(void);

/* waits are given up so many ms from now; 0: no deadline (transaction callbacks) */
extern void pds_set_deadline(long ms);

/* register syscache callbacks; from _PG_init */
extern void pds_connection_init(void);

#endif							/* PDS_FDW_CONNECTION_H */
