/*
 * glob.h
 *	  Patterns of object names, in the words of the AWS CLI.
 *
 *		*		any characters, '/' too		?		one character
 *		[seq]	one of seq (a-z: a range)	[!seq]	one that is not
 *
 * Everything else, a backslash too, stands for itself; "[*]" is a star.  A '['
 * that is never closed stands for itself.  Characters are those of UTF-8;
 * bytes that are not UTF-8 count one each.
 */
#ifndef PDS_CORE_GLOB_H
#define PDS_CORE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* does the pattern match the whole text?  Time: at most both lengths multiplied */
extern bool pds_glob_match(const char *pattern, const char *text);

/* the ']' that ends the set opened at p, or NULL; one at its very beginning belongs to it */
extern const char *pds_glob_set_end(const char *p);

/* bytes of the character at s; 0 at the end */
extern size_t pds_glob_char_len(const char *s);

/*
 * One element that is no star against one character, of *text_len bytes; its length in the
 * pattern, 0: no match.
 */
extern size_t pds_glob_step(const char *pattern, const char *text, int *text_len);

#endif							/* PDS_CORE_GLOB_H */
