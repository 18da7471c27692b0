/*
 * names.h
 *	  Names of tables and columns, as awswrangler makes them (doc/dev/aws.md §8.2).
 */
#ifndef PDS_CORE_NAMES_H
#define PDS_CORE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Accents stripped, each run of characters other than ASCII letters, digits and '_' made one
 * '_', lower case.  malloc'd, may be ""; NULL: out of memory.
 */
extern char *pds_sanitize_name(const char *name, size_t len);

/*
 * name, cut to max bytes, with "_1", "_2", ... at its end when names[0..n) have it already
 * (NULL entries are passed over).  malloc'd; NULL: out of memory.
 */
extern char *pds_unique_name(const char *name, char *const *names, int n, size_t max);

#endif							/* PDS_CORE_NAMES_H */
