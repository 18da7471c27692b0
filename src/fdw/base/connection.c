/*
 * connection.c
 *	  AWS sessions of this backend, one per server and user; who may use which
 *	  credentials (doc/security.md).
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "core/read/fetch.h"
#include "fdw/base/connection.h"
#include "fdw/base/error_map.h"
#include "fdw/base/object_cache.h"
#include "fdw/base/on_reset.h"

typedef struct ConnKey
{
	Oid			serverid;
	Oid			userid;
} ConnKey;

typedef struct ConnEntry
{
	ConnKey		key;			/* first: the hash key */
	struct Conn *conn;			/* NULL: none */
} ConnEntry;

/* a connection with what others need not see */
typedef struct Conn
{
	PdsConnection pub;			/* first */
	MemoryContext cxt;			/* holds this struct */
	int			nfds;			/* counted with the server's descriptors */
} Conn;

static HTAB *connections;
static uint64 generation;

/* ---- life ---- */

/* no network, no ereport: may run while an error is being handled */
static void
destroy(Conn *c)
{
	Assert(c->pub.refcount == 0);
	pds_aws_free(c->pub.aws);
	pds_http_free(c->pub.http);
	while (c->nfds-- > 0)
		ReleaseExternalFD();
	MemoryContextDelete(c->cxt);
}

static void
unpin(void *arg)
{
	Conn	   *c = arg;

	Assert(c->pub.refcount > 0);
	if (--c->pub.refcount == 0 && !c->pub.valid)
		destroy(c);
}

void
pds_connection_hold(PdsConnection *conn)
{
	conn->refcount++;
}

void
pds_connection_release(PdsConnection *conn)
{
	unpin(conn);
}

static void
pin_connection(Conn *c, MemoryContext cxt)
{
	c->pub.refcount++;
	pds_on_reset(cxt, unpin, c);
}

/* Out of the cache; freed now or when the last user is done. */
static void
drop(ConnEntry *e)
{
	Conn	   *c = e->conn;

	e->conn = NULL;
	if (c == NULL)
		return;
	c->pub.valid = false;
	if (c->pub.refcount == 0)
		destroy(c);
}

PdsConnection *
pds_connection_next(const PdsConnection *conn)
{
	HASH_SEQ_STATUS scan;
	ConnEntry  *e;
	PdsConnection *next = NULL;
	bool		found = conn == NULL;

	if (connections == NULL)
		return NULL;
	hash_seq_init(&scan, connections);
	while ((e = hash_seq_search(&scan)) != NULL)
	{
		if (e->conn && found)
		{
			next = &e->conn->pub;
			hash_seq_term(&scan);
			break;
		}
		found = found || (e->conn && &e->conn->pub == conn);
	}
	return next;
}

void
pds_connection_drop_all(void)
{
	HASH_SEQ_STATUS scan;
	ConnEntry  *e;

	if (connections == NULL)
		return;
	hash_seq_init(&scan, connections);
	while ((e = hash_seq_search(&scan)) != NULL)
		drop(e);
}

/* Something changed: every connection is made anew when next asked for. */
static void
on_change(Datum arg, int cacheid, uint32 hashvalue)
{
	generation++;
}

void
pds_connection_init(void)
{
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, on_change, (Datum) 0);
	CacheRegisterSyscacheCallback(USERMAPPINGOID, on_change, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, on_change, (Datum) 0);
}

/* ---- whose credentials ---- */

PDS_NORETURN static void refuse_no_credentials(const ForeignServer *server, Oid userid,
											   const char *why);

static void
refuse_no_credentials(const ForeignServer *server, Oid userid, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
			 errmsg("no credentials for server \"%s\"", server->servername),
			 errdetail("%s", why),
			 errhint("Create a user mapping for \"%s\" with access_key_id and secret_access_key; or a superuser sets the server option use_ambient_credentials, or anonymous for public buckets.",
					 GetUserNameFromId(userid, true))));
}

static void
choose_credentials(const ForeignServer *server, Oid userid, const PdsServerOptions *s,
				   const PdsMappingOptions *m, PdsCredentialConfig *cfg)
{
	/*
	 * the owner of a server chooses where results go: a superuser's own
	 * credentials are not for a server of somebody else
	 */
	bool		trusted = s->use_ambient_credentials ||
		(superuser_arg(userid) && superuser_arg(server->owner));
	bool		own;

	memset(cfg, 0, sizeof(*cfg));
	cfg->region = s->region;
	cfg->external_id = s->external_id;
	cfg->role_session_name = s->role_session_name;
	cfg->sts_base_url = s->endpoint[PDS_STS];
	cfg->allow_ambient = trusted;
	cfg->anonymous = s->anonymous;
	cfg->holder = "user mapping";
	if (s->anonymous)
		return;
	if (m->access_key_id)
	{
		cfg->access_key_id = m->access_key_id;
		cfg->secret_access_key = m->secret_access_key;
		cfg->session_token = m->session_token;
	}
	/* a profile on a mapping was put there by a superuser, for this user */
	else if (m->profile)
	{
		cfg->profile = m->profile;
		cfg->profile_only = !trusted;
		cfg->allow_ambient = true;
	}
	else if (trusted)
		cfg->profile = s->profile;
	else if (m->exists)
		refuse_no_credentials(server, userid, "The user mapping has no keys.");
	else
		refuse_no_credentials(server, userid,
							  superuser_arg(userid)
							  ? "There is no user mapping, and the owner of the server is not a superuser."
							  : "There is no user mapping, and only superusers may use the credentials of the server process.");
	/* what a user writes into his mapping is assumed with his own keys only */
	own = m->access_key_id || m->profile || superuser_arg(userid);
	if (m->role_arn && !own)
		refuse_no_credentials(server, userid,
							  "The user mapping has a role_arn, but no keys of its own to assume it with.");
	cfg->role_arn = m->role_arn ? m->role_arn : s->role_arn;
}

/* Close connections nobody uses; false when there were none. */
static bool
drop_idle(void)
{
	HASH_SEQ_STATUS scan;
	ConnEntry  *e;
	bool		any = false;

	hash_seq_init(&scan, connections);
	while ((e = hash_seq_search(&scan)) != NULL)
		if (e->conn && e->conn->pub.refcount == 0)
		{
			drop(e);
			any = true;
		}
	return any;
}

/* descriptors of a connection: epoll, the resolver's pair, the sockets of a scan */
static int
descriptors(int concurrency)
{
	return 3 + concurrency + PDS_FETCH_EXTRA(concurrency);
}

/* waits and caches need some of their own */
#define SPARE_DESCRIPTORS	3

/*
 * Descriptors for a connection: less than half of what the server leaves to extensions at
 * most (the server gives them a third of all), so that two connections can be open.  Where
 * it has few, a scan works with fewer sockets.
 */
static void
reserve_descriptors(Conn *c, const char *server)
{
	int			n = c->pub.options.fetch_concurrency;

	while (n > 1 && descriptors(n) > max_safe_fds / 8)
		n--;
	while (c->nfds < descriptors(n) + SPARE_DESCRIPTORS &&
		   (AcquireExternalFD() || (drop_idle() && AcquireExternalFD())))
		c->nfds++;
	while (n > 1 && c->nfds < descriptors(n) + SPARE_DESCRIPTORS)
		n--;
	if (c->nfds < descriptors(n) + SPARE_DESCRIPTORS)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("too many open files for a connection to server \"%s\"", server),
				 errhint("Raise max_files_per_process.")));
	for (; c->nfds > descriptors(n); c->nfds--)
		ReleaseExternalFD();
	c->pub.options.fetch_concurrency = n;
}

static void
wipe_mapping(PdsMappingOptions *m)
{
	if (m->secret_access_key)
		pds_secure_zero(m->secret_access_key, strlen(m->secret_access_key));
	if (m->session_token)
		pds_secure_zero(m->session_token, strlen(m->session_token));
}

/* *m: the user mapping's options, which the caller overwrites */
static void
connect_aws(Conn *c, const ForeignServer *server, PdsMappingOptions *m)
{
	PdsServerOptions *s = &c->pub.options;
	PdsAwsConfig cfg;
	PdsHttpOptions http;
	PdsError	err;
	char	   *ca_bundle;
	int			i;

	pds_get_mapping_options(server->serverid, c->pub.userid, m);
	memset(&cfg, 0, sizeof(cfg));
	choose_credentials(server, c->pub.userid, s, m, &cfg.credentials);
	cfg.region = s->region;
	for (i = 0; i < PDS_NSERVICES; i++)
		cfg.endpoint[i] = s->endpoint[i];
	cfg.addressing = s->addressing;
	cfg.instance_region = s->use_instance_region;
	cfg.use_fips = s->use_fips;
	cfg.use_dualstack = s->use_dualstack;
	cfg.requester_pays = s->requester_pays;
	c->pub.cache_identity = pds_cache_identity(&cfg, c->cxt);
	memset(&http, 0, sizeof(http));
	http.connect_timeout_ms = s->connect_timeout_ms;
	http.idle_timeout_ms = s->request_timeout_ms;
	http.max_attempts = s->max_attempts;
	if (s->ca_bundle == NULL)
	{
		if (!pds_aws_ca_bundle(cfg.credentials.allow_ambient, cfg.credentials.profile, &ca_bundle,
							   &err))
			pds_raise(&err);
		if (ca_bundle)
			s->ca_bundle = pstrdup(ca_bundle);
		free(ca_bundle);
	}
	http.ca_bundle = s->ca_bundle;
	reserve_descriptors(c, server->servername);
	c->pub.http = pds_http_new(&http, &pds_pg_hooks, &err);
	if (c->pub.http == NULL)
		pds_raise(&err);
	c->pub.aws = pds_aws_new(c->pub.http, &cfg, &err);
	if (c->pub.aws == NULL)
		pds_raise(&err);
}

static Conn *
make(Oid serverid, Oid userid)
{
	MemoryContext cxt = AllocSetContextCreate(CacheMemoryContext, "pds_fdw connection",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	ForeignServer *server = GetForeignServer(serverid);
	Conn	   *c = palloc0(sizeof(Conn));
	PdsMappingOptions *m = palloc0(sizeof(PdsMappingOptions));

	c->cxt = cxt;
	c->pub.serverid = serverid;
	c->pub.userid = userid;
	c->pub.server_name = pstrdup(server->servername);
	c->pub.valid = true;
	pds_get_server_options(server, &c->pub.options);
	PG_TRY();
	{
		connect_aws(c, server, m);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(old);
		wipe_mapping(m);
		destroy(c);
		PG_RE_THROW();
	}
	PG_END_TRY();
	/* the session has copies, which it overwrites at its end */
	wipe_mapping(m);
	MemoryContextSwitchTo(old);
	return c;
}

PdsConnection *
pds_connection_get(Oid serverid, Oid userid, MemoryContext ctx)
{
	ConnKey		key;
	ConnEntry  *e;
	bool		found;

	memset(&key, 0, sizeof(key));
	key.serverid = serverid;
	key.userid = userid;
	if (connections == NULL)
	{
		HASHCTL		ctl;

		memset(&ctl, 0, sizeof(ctl));
		ctl.keysize = sizeof(ConnKey);
		ctl.entrysize = sizeof(ConnEntry);
		ctl.hcxt = CacheMemoryContext;
		connections = hash_create("pds_fdw connections", 8, &ctl,
								  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	pds_forget_interrupt();
	e = hash_search(connections, &key, HASH_ENTER, &found);
	if (!found)
		e->conn = NULL;
	if (e->conn && e->conn->pub.generation != generation)
		drop(e);
	if (e->conn == NULL)
	{
		uint64		now = generation;

		e->conn = make(serverid, userid);
		e->conn->pub.generation = now;
	}
	pin_connection(e->conn, ctx);
	return &e->conn->pub;
}
