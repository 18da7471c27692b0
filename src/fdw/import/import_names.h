/*
 * import_names.h
 *	  Names of Glue as names of PostgreSQL: cut to what fits, not those of
 *	  system columns, each one once.
 */
#ifndef PDS_FDW_IMPORT_NAMES_H
#define PDS_FDW_IMPORT_NAMES_H

#include "utils/hsearch.h"

#include "fdw/base/options.h"

/* names given so far; palloc'd, goes with the context it was made in */
typedef struct PdsNames
{
	HTAB	   *taken;
} PdsNames;

extern void pds_names_init(PdsNames *names);
extern bool pds_names_taken(const PdsNames *names, const char *name);
extern void pds_names_take(PdsNames *names, const char *name);

/* A name of Glue (UTF-8) as PostgreSQL can hold it; *changed when it had to be cut. */
extern char *pds_fit_name(const char *glue_name, bool *changed);

/*
 * A name of the server's encoding in the letters that the option case says; ASCII
 * alone has cases.
 */
extern char *pds_case_name(const char *name, PdsNameCase how);

/* The name, or one with a number at its end, that is not taken; takes it. */
extern char *pds_names_unique(PdsNames *names, const char *name);

/*
 * Names of columns for those of Glue, in place: they fit, are not those of
 * system columns, and each is there once.  One that can stay as it is does.
 * taken: names that columns have already; NULL: none.
 */
extern void pds_column_names(PdsNames *taken, char **names, int n, PdsNameCase how);

/* The same for one name; *changed: it is another one now. */
extern char *pds_column_name(const char *name, bool *changed);

#endif							/* PDS_FDW_IMPORT_NAMES_H */
