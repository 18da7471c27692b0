/*
 * infer_arguments.h
 *	  Arguments that functions about objects in S3 have in common: how to read them, and how
 *	  much to look at.
 */
#ifndef PDS_SQL_INFER_ARGUMENTS_H
#define PDS_SQL_INFER_ARGUMENTS_H

#include "fmgr.h"

#include "fdw/import/infer_files.h"

/*
 * The arguments of the function that are options of tables or of IMPORT FOREIGN SCHEMA, by their
 * names: what is not null, as a list of DefElem.
 */
extern List *pds_read_arguments(FunctionCallInfo fcinfo);

/* a required text argument that is not null */
extern char *pds_uri_argument(FunctionCallInfo fcinfo, int arg, const char *name);

#endif							/* PDS_SQL_INFER_ARGUMENTS_H */
