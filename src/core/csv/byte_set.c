/*
 * byte_set.c
 *	  A few bytes that mean something, and where the first of them stands in a text.
 *
 * SSE2 and NEON are part of every processor of their kind, so nothing is chosen at run
 * time; elsewhere bytes are looked up one by one.
 */
#include "core/csv/byte_set.h"

#include <string.h>

#include "core/base/assert.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

void
pds_byte_set_add(PdsByteSet *set, char byte)
{
	if (pds_byte_set_has(set, byte))
		return;
	PDS_ASSERT(set->n < PDS_BYTE_SET_MAX);
	set->has[(unsigned char) byte] = true;
	memset(set->wide[set->n++], byte, sizeof(set->wide[0]));
}

static size_t
find_by_bytes(const PdsByteSet *set, const char *s, size_t n)
{
	size_t		i = 0;

	while (i < n && !pds_byte_set_has(set, s[i]))
		i++;
	return i;
}

#if defined(__SSE2__) || defined(__aarch64__)
#define WIDE 16

/* is one of sixteen bytes among the first n of the set? */
static inline __attribute__((always_inline))
bool
any_of_wide(const PdsByteSet *set, int n, const char *s)
{
#if defined(__SSE2__)
	__m128i		v = _mm_loadu_si128((const __m128i *) s);
	__m128i		found = _mm_setzero_si128();
	int			i;

	for (i = 0; i < n; i++)
		found = _mm_or_si128(found,
							 _mm_cmpeq_epi8(v, _mm_loadu_si128((const __m128i *) set->wide[i])));
	return _mm_movemask_epi8(found) != 0;
#else
	uint8x16_t	v = vld1q_u8((const uint8_t *) s);
	uint8x16_t	found = vdupq_n_u8(0);
	int			i;

	for (i = 0; i < n; i++)
		found = vorrq_u8(found, vceqq_u8(v, vld1q_u8((const uint8_t *) set->wide[i])));
	return vmaxvq_u8(found) != 0;
#endif
}

/* of 16 bytes and more, n known to the compiler where it is small: its loop is unrolled */
static inline __attribute__((always_inline))
size_t
find_wide(const PdsByteSet *set, int n, const char *s, size_t len)
{
	size_t		i;

	for (i = 0; i + WIDE <= len; i += WIDE)
		if (any_of_wide(set, n, s + i))
			return i + find_by_bytes(set, s + i, WIDE);
	/* the last sixteen: those that were looked at already are known */
	if (i < len && any_of_wide(set, n, s + len - WIDE))
		return i + find_by_bytes(set, s + i, len - i);
	return len;
}

/*
 * its first and its last bytes, which meet or overlap; sizes are constant, so
 * that nothing is called
 */
static inline size_t
find_short(const PdsByteSet *set, const char *s, size_t len)
{
	char		both[WIDE];

	if (len >= WIDE / 2)
	{
		memcpy(both, s, WIDE / 2);
		memcpy(both + WIDE / 2, s + len - WIDE / 2, WIDE / 2);
	}
	else if (len >= WIDE / 4)
	{
		memcpy(both, s, WIDE / 4);
		memcpy(both + WIDE / 4, s + len - WIDE / 4, WIDE / 4);
		memcpy(both + WIDE / 2, both, WIDE / 2);
	}
	else
		return find_by_bytes(set, s, len);
	return any_of_wide(set, set->n, both) ? find_by_bytes(set, s, len) : len;
}

size_t
pds_byte_set_find(const PdsByteSet *set, const char *s, size_t n)
{
	if (n < WIDE)
		return find_short(set, s, n);
	switch (set->n)
	{
		case 1:
			return find_wide(set, 1, s, n);
		case 2:
			return find_wide(set, 2, s, n);
		case 4:
			return find_wide(set, 4, s, n);
		case 5:
			return find_wide(set, 5, s, n);
		default:
			return find_wide(set, set->n, s, n);
	}
}

#else

size_t
pds_byte_set_find(const PdsByteSet *set, const char *s, size_t n)
{
	return find_by_bytes(set, s, n);
}
#endif
