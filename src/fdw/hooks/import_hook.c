/*
 * import_hook.c
 *	  ProcessUtility_hook: comments of imported tables are set when the tables have
 *	  been made; DISCARD ALL forgets what belongs to the session's user.
 *
 *	  After the whole statement would be too late to begin with: it may be what loads
 *	  this library.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "tcop/utility.h"

#include "fdw/hooks/server_hooks.h"
#include "fdw/import/import_comments.h"
#include "fdw/rows/rejects.h"

static ProcessUtility_hook_type previous_hook;

static void
import_utility(PlannedStmt *pstmt, const char *query, bool read_only_tree,
			   ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *env,
			   DestReceiver *dest, QueryCompletion *qc)
{
	Node	   *statement = pstmt->utilityStmt;
	CreateForeignTableStmt *create = NULL;

	/* what ImportForeignSchema runs for us */
	if (context == PROCESS_UTILITY_SUBCOMMAND &&
		IsA(statement, CreateForeignTableStmt))
		create = (CreateForeignTableStmt *) statement;
	if (previous_hook)
		previous_hook(pstmt, query, read_only_tree, context, params, env, dest, qc);
	else
		standard_ProcessUtility(pstmt, query, read_only_tree, context, params, env, dest, qc);
	if (create)
		pds_import_comments_apply(create);
	/* a pooler gives the session to somebody else */
	if (IsA(statement, DiscardStmt) && ((DiscardStmt *) statement)->target == DISCARD_ALL)
		pds_rejects_forget();
}

void
pds_import_hook_init(void)
{
	previous_hook = ProcessUtility_hook;
	ProcessUtility_hook = import_utility;
}
