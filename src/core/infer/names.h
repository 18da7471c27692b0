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

/*
 * Names of columns by the n cells of a header in UTF-8 (NULL: none): sanitized, "colN" where
 * nothing is left, at most max bytes, each different from the others and from what the cells
 * themselves say.  names[i] are malloc'd, NULL before.  False: out of memory.
 */
extern bool pds_names_of_header(const char *const *cells, int n, size_t max, char **names);

/*
 * Names by which pds_bind_names finds each cell again, in this header and in others: what it says,
 * or where it says nothing, or what another before it says, its name by pds_names_of_header.
 */
extern bool pds_binding_names(const char *const *cells, int n, size_t max, char **names);

/*
 * Which field of a header (n cells, UTF-8, not NULL) each of the wanted names means: fields[i], or
 * -1: none.  As it is written; else but for ASCII case; else as pds_names_of_header makes names, so
 * that "name_1" is the second field called "name" and "col3" one without a name.  Of several cells
 * alike the first is meant, and no field is given twice in the second and third way.
 * False: out of memory.
 */
extern bool pds_bind_names(const char *const *cells, int n, const char *const *wanted,
						   int nwanted, int *fields);

#endif							/* PDS_CORE_NAMES_H */
