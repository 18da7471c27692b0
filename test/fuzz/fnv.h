/*
 * fnv.h
 *	  The hash FNV-1a of bytes, so that two ways to the same can be compared.
 */
#ifndef PDS_FNV_H
#define PDS_FNV_H

#include <stddef.h>
#include <stdint.h>

#define FNV_BASIS	14695981039346656037ULL

static inline uint64_t
fnv_byte(uint64_t h, unsigned char c)
{
	return (h ^ c) * 1099511628211ULL;
}

static inline uint64_t
fnv_bytes(uint64_t h, const char *p, size_t n)
{
	size_t		i;

	for (i = 0; i < n; i++)
		h = fnv_byte(h, (unsigned char) p[i]);
	return h;
}

/* the same of texts one behind the other: where one ends counts */
static inline uint64_t
fnv_text(uint64_t h, const char *p, size_t n)
{
	return (fnv_bytes(h, p, n) ^ n) * 1099511628211ULL;
}

#endif							/* PDS_FNV_H */
