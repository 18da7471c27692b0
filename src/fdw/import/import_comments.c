/*
 * import_comments.c
 *	  Comments of imported tables and columns.
 *
 * They cannot be part of what ImportForeignSchema returns: a hook (import_hook.c)
 * has them applied when each table has been made.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/comment.h"
#include "nodes/makefuncs.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "fdw/base/on_reset.h"
#include "fdw/import/import_comments.h"

typedef struct PendingComment
{
	char	   *column;			/* NULL: the table itself */
	char	   *text;
} PendingComment;

/* the comments of one table to be made */
typedef struct Pending
{
	char		relname[NAMEDATALEN];	/* first */
	List	   *comments;
} Pending;

/* of the statement under way, by name of the relation; go with the transaction */
static HTAB *pending;
static char *pending_server;
static char *pending_schema;
static MemoryContext pending_cxt;

static void
forget_comments(void *arg)
{
	pending = NULL;
	pending_cxt = NULL;
}

void
pds_import_comments_start(const ImportForeignSchemaStmt *stmt)
{
	MemoryContext old;
	HASHCTL		ctl;

	if (pending_cxt)
		MemoryContextDelete(pending_cxt);
	pending_cxt = AllocSetContextCreate(TopTransactionContext, "pds_fdw comments",
										ALLOCSET_SMALL_SIZES);
	pds_on_reset(pending_cxt, forget_comments, NULL);
	old = MemoryContextSwitchTo(pending_cxt);
	pending_server = pstrdup(stmt->server_name);
	pending_schema = pstrdup(stmt->local_schema);
	MemoryContextSwitchTo(old);
	memset(&ctl, 0, sizeof(ctl));
	ctl.keysize = NAMEDATALEN;
	ctl.entrysize = sizeof(Pending);
	ctl.hcxt = pending_cxt;
	pending = hash_create("pds_fdw comments", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

void
pds_import_comment(const char *relname, const char *column, const char *text)
{
	char		key[NAMEDATALEN] = {0};
	PendingComment *c;
	Pending    *p;
	MemoryContext old;
	bool		found;

	if (text == NULL || text[0] == '\0')
		return;
	snprintf(key, NAMEDATALEN, "%s", relname);
	p = hash_search(pending, key, HASH_ENTER, &found);
	if (!found)
		p->comments = NIL;
	old = MemoryContextSwitchTo(pending_cxt);
	c = palloc(sizeof(PendingComment));
	c->column = column ? pstrdup(column) : NULL;
	c->text = pstrdup(text);
	p->comments = lappend(p->comments, c);
	MemoryContextSwitchTo(old);
}

void
pds_import_comments_drop(const char *relname)
{
	char		key[NAMEDATALEN] = {0};

	snprintf(key, NAMEDATALEN, "%s", relname);
	hash_search(pending, key, HASH_REMOVE, NULL);
}

void
pds_import_comments_apply(const CreateForeignTableStmt *create)
{
	char		key[NAMEDATALEN] = {0};
	Pending    *p;
	Oid			relid;
	ListCell   *lc;

	snprintf(key, NAMEDATALEN, "%s", create->base.relation->relname);
	p = pending ? hash_search(pending, key, HASH_FIND, NULL) : NULL;
	if (p == NULL || strcmp(pending_server, create->servername) != 0)
		return;
	CommandCounterIncrement();
	relid = RangeVarGetRelid(create->base.relation, NoLock, true);
	if (!OidIsValid(relid) ||
		strcmp(pending_schema, get_namespace_name(get_rel_namespace(relid))) != 0)
		return;
	foreach(lc, p->comments)
	{
		PendingComment *c = lfirst(lc);
		AttrNumber	attnum = 0;

		if (c->column && (attnum = get_attnum(relid, c->column)) == InvalidAttrNumber)
			continue;
		CreateComments(relid, RelationRelationId, attnum, c->text);
	}
}
