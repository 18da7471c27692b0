/*
 * path_pattern.h
 *	  Patterns of locations, whose wildcards know folders.
 *
 *		*		any characters but '/'		?		one of those
 *		**		any characters, '/' too; "**" and a '/' behind it: any number of folders, or none
 *		[a-z]	one of these, [!a-z] one other		{a,b}	a or b, each a pattern
 *		\x		x itself
 *
 * A '[' or '{' that is never closed stands for itself.  The AWS CLI's, of names in a listing, are
 * those of glob.h.
 */
#ifndef PDS_CORE_PATH_PATTERN_H
#define PDS_CORE_PATH_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"

/* what {a,b} may become */
#define PDS_MAX_ALTERNATIVES	1000

/* patterns without braces, in the order they are written; malloc'd, each and the array */
typedef struct PdsAlternatives
{
	char	  **items;
	size_t		n;
} PdsAlternatives;

/* False: PDS_ERR_LIMIT, or memory is short. */
extern bool pds_path_alternatives(const char *pattern, PdsAlternatives *out, PdsError *err);
extern void pds_path_alternatives_free(PdsAlternatives *a);

/*
 * What is without wildcards, up to the first: of one alternative.  malloc'd;
 * *all: that is all of it.
 */
extern char *pds_path_literal(const char *pattern, bool *all);

/* Does one alternative match the whole text?  Time: at most the square of both lengths. */
extern bool pds_path_match(const char *pattern, const char *text);

#endif							/* PDS_CORE_PATH_PATTERN_H */
