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

/* bytes before the first of * ? [ : what a listing can be asked for; strlen when there is none */
extern size_t pds_glob_prefix(const char *pattern);

#endif							/* PDS_CORE_GLOB_H */
