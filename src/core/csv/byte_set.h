/*
 * byte_set.h
 *	  A few bytes that mean something, and where the first of them stands in a text.
 *
 * What the writer of records asks of every value: sixteen bytes at a time, since most
 * values hold none of them.
 */
#ifndef PDS_CORE_BYTE_SET_H
#define PDS_CORE_BYTE_SET_H

#include <stdbool.h>
#include <stddef.h>

/* line ends, delimiter, quote, escape, and the separators of nested values */
#define PDS_BYTE_SET_MAX	12

typedef struct PdsByteSet
{
	int			n;
	bool		has[256];
	char		wide[PDS_BYTE_SET_MAX][16]; /* each byte sixteen times */
} PdsByteSet;

/* a zeroed set is empty; a byte may be added again */
extern void pds_byte_set_add(PdsByteSet *set, char byte);

static inline bool
pds_byte_set_has(const PdsByteSet *set, char byte)
{
	return set->has[(unsigned char) byte];
}

/*
 * offset of the first byte of s[0..n) that is in the set; n: there is none.
 * Nothing beyond s+n is read.
 */
extern size_t pds_byte_set_find(const PdsByteSet *set, const char *s, size_t n);

#endif							/* PDS_CORE_BYTE_SET_H */
