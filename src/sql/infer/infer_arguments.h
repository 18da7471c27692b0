/*
 * infer_arguments.h
 *	  Arguments that functions about objects in S3 have in common: how to read them, and how
 *	  much to look at.
 */
#ifndef PDS_SQL_INFER_ARGUMENTS_H
#define PDS_SQL_INFER_ARGUMENTS_H

#include "fmgr.h"

#include "fdw/import/infer_files.h"

/* what an argument is called, by its place after (server, uri, ...) */
typedef enum PdsReadArg
{
	PDS_ARG_NAMED,				/* an option of that name, text or what has a
								 * text */
	PDS_ARG_HEADER,				/* boolean: option header */
	PDS_ARG_LINES				/* number of lines: option header, too */
} PdsReadArg;

typedef struct PdsReadArgDef
{
	const char *option;
	PdsReadArg	kind;
} PdsReadArgDef;

/*
 * Options of IMPORT FOREIGN SCHEMA and of tables have the same names and checks as the
 * arguments first.. of a function, n of them: what is not null, as a list of DefElem.
 */
extern List *pds_read_arguments(FunctionCallInfo fcinfo, int first, const PdsReadArgDef *defs,
								int n);

/* those of all functions that infer, from `first`: delimiter .. sample_objects */
extern List *pds_infer_arguments(FunctionCallInfo fcinfo, int first);

/* a required text argument that is not null */
extern char *pds_uri_argument(FunctionCallInfo fcinfo, int arg, const char *name);

#endif							/* PDS_SQL_INFER_ARGUMENTS_H */
