/*
 * csv_scan_sse2.c
 *	  The kernel of the structure index for every x86-64.
 */
#include "core/csv/csv_scan_internal.h"

#include <string.h>

#if defined(__x86_64__)

#include <emmintrin.h>

#define KERNEL_NAME pds_scan_sse2
#define KERNEL_TARGET

typedef struct Vec64
{
	__m128i		a,
				b,
				c,
				d;
} Vec64;

static inline __attribute__((always_inline))
Vec64
vec_load(const char *p)
{
	Vec64		v;

	v.a = _mm_loadu_si128((const __m128i *) p);
	v.b = _mm_loadu_si128((const __m128i *) (p + 16));
	v.c = _mm_loadu_si128((const __m128i *) (p + 32));
	v.d = _mm_loadu_si128((const __m128i *) (p + 48));
	return v;
}

static inline __attribute__((always_inline))
uint64_t
movemask(__m128i a, __m128i b, __m128i c, __m128i d)
{
	return (uint64_t) (uint32_t) _mm_movemask_epi8(a) |
		(uint64_t) (uint32_t) _mm_movemask_epi8(b) << 16 |
		(uint64_t) (uint32_t) _mm_movemask_epi8(c) << 32 |
		(uint64_t) (uint32_t) _mm_movemask_epi8(d) << 48;
}

static inline __attribute__((always_inline))
uint64_t
vec_eq(Vec64 v, char byte)
{
	__m128i		x = _mm_set1_epi8(byte);

	return movemask(_mm_cmpeq_epi8(v.a, x), _mm_cmpeq_epi8(v.b, x),
					_mm_cmpeq_epi8(v.c, x), _mm_cmpeq_epi8(v.d, x));
}

typedef __m128i VecFold;

static inline __attribute__((always_inline))
VecFold
fold_or(VecFold acc, Vec64 v)
{
	return _mm_or_si128(acc, _mm_or_si128(_mm_or_si128(v.a, v.b), _mm_or_si128(v.c, v.d)));
}

static inline __attribute__((always_inline))
VecFold
fold_min(VecFold acc, Vec64 v)
{
	return _mm_min_epu8(acc, _mm_min_epu8(_mm_min_epu8(v.a, v.b), _mm_min_epu8(v.c, v.d)));
}

static inline __attribute__((always_inline))
VecFold
fold_spaces(void)
{
	return _mm_set1_epi8(' ');
}

static inline __attribute__((always_inline))
bool
fold_non_ascii(VecFold acc)
{
	return _mm_movemask_epi8(acc) != 0;
}

static inline __attribute__((always_inline))
bool
fold_nul(VecFold acc)
{
	return _mm_movemask_epi8(_mm_cmpeq_epi8(acc, _mm_setzero_si128())) != 0;
}

static inline __attribute__((always_inline))
uint64_t
prefix_xor(uint64_t x)
{
	x ^= x << 1;
	x ^= x << 2;
	x ^= x << 4;
	x ^= x << 8;
	x ^= x << 16;
	x ^= x << 32;
	return x;
}

static inline __attribute__((always_inline))
uint32_t
lowest_bit(uint64_t mask)
{
	return (uint32_t) __builtin_ctzll(mask | UINT64_C(1) << 63);
}

#include "core/csv/csv_scan_kernel.h"

#endif							/* __x86_64__ */
