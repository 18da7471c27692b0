/*
 * csv_scan_avx2.c
 *	  The kernel of the structure index with AVX2 and carry-less multiply.
 */
#include "core/csv/csv_scan_internal.h"

#include <string.h>

#if defined(__x86_64__)

#include <immintrin.h>

#define KERNEL_NAME pds_scan_avx2
#define KERNEL_TARGET __attribute__((target("avx2,pclmul,bmi,bmi2,popcnt,lzcnt")))

typedef struct Vec64
{
	__m256i		lo,
				hi;
} Vec64;

static inline __attribute__((always_inline)) KERNEL_TARGET Vec64
vec_load(const char *p)
{
	Vec64		v;

	v.lo = _mm256_loadu_si256((const __m256i *) p);
	v.hi = _mm256_loadu_si256((const __m256i *) (p + 32));
	return v;
}

static inline __attribute__((always_inline)) KERNEL_TARGET uint64_t
movemask(__m256i lo, __m256i hi)
{
	return (uint64_t) (uint32_t) _mm256_movemask_epi8(lo) |
		(uint64_t) (uint32_t) _mm256_movemask_epi8(hi) << 32;
}

static inline __attribute__((always_inline)) KERNEL_TARGET uint64_t
vec_eq(Vec64 v, char byte)
{
	__m256i		x = _mm256_set1_epi8(byte);

	return movemask(_mm256_cmpeq_epi8(v.lo, x), _mm256_cmpeq_epi8(v.hi, x));
}

typedef __m256i VecFold;

static inline __attribute__((always_inline)) KERNEL_TARGET VecFold
fold_or(VecFold acc, Vec64 v)
{
	return _mm256_or_si256(acc, _mm256_or_si256(v.lo, v.hi));
}

static inline __attribute__((always_inline)) KERNEL_TARGET VecFold
fold_min(VecFold acc, Vec64 v)
{
	return _mm256_min_epu8(acc, _mm256_min_epu8(v.lo, v.hi));
}

static inline __attribute__((always_inline)) KERNEL_TARGET VecFold
fold_spaces(void)
{
	return _mm256_set1_epi8(' ');
}

static inline __attribute__((always_inline)) KERNEL_TARGET bool
fold_non_ascii(VecFold acc)
{
	return _mm256_movemask_epi8(acc) != 0;
}

static inline __attribute__((always_inline)) KERNEL_TARGET bool
fold_nul(VecFold acc)
{
	return _mm256_movemask_epi8(_mm256_cmpeq_epi8(acc, _mm256_setzero_si256())) != 0;
}

/* bit i of the product with all ones is the parity of bits 0..i */
static inline __attribute__((always_inline)) KERNEL_TARGET uint64_t
prefix_xor(uint64_t x)
{
	__m128i		product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t) x),
											   _mm_set1_epi8((char) 0xFF), 0);

	return (uint64_t) _mm_cvtsi128_si64(product);
}

static inline __attribute__((always_inline)) KERNEL_TARGET uint32_t
lowest_bit(uint64_t mask)
{
	return (uint32_t) _tzcnt_u64(mask);
}

#include "core/csv/csv_scan_kernel.h"

#endif							/* __x86_64__ */
