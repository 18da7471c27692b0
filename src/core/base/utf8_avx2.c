/*
 * utf8_avx2.c
 *	  Is a stretch of bytes valid UTF-8?  32 bytes at a time, with AVX2.
 *
 * After J. Keiser, D. Lemire, "Validating UTF-8 in less than one instruction
 * per byte" (2021).  Whatever is wrong with a sequence shows in two bytes that
 * stand next to each other, but for one thing: whether a third or a fourth
 * byte must follow.  A pair is looked up by three of its four halves; each kind
 * of wrong pair is a bit, and is what all three lookups say together.
 */
#include "core/base/utf8.h"

#include <string.h>

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define INLINE static inline __attribute__((always_inline)) TARGET

/* kinds of pairs */
#define STRAY		0x01		/* 00..7F, then 80..BF: nothing is continued */
#define CUT			0x02		/* C0..FF, then anything but 80..BF */
#define LONG_TWO	0x04		/* C0..C1, then 80..BF: two bytes where one
								 * would do */
#define LONG_THREE	0x08		/* E0, then 80..9F */
#define SURROGATE	0x10		/* ED, then A0..BF */
#define LONG_FOUR	0x20		/* F0, then 80..8F; with it F5..FF, which are
								 * never right */
#define BEYOND		0x40		/* F4..FF, then 90..BF: above U+10FFFF */
#define THIRD		0x80		/* 80..BF, then 80..BF: right for a third or
								 * fourth byte only */

/* by the upper half of the first byte */
#define FIRST_UPPER \
	STRAY, STRAY, STRAY, STRAY, STRAY, STRAY, STRAY, STRAY, \
	THIRD, THIRD, THIRD, THIRD, \
	CUT | LONG_TWO, CUT, CUT | LONG_THREE | SURROGATE, CUT | LONG_FOUR | BEYOND

/* by its lower half: what does not depend on it is in all of them */
#define ALWAYS (STRAY | CUT | THIRD)
#define FIRST_LOWER \
	ALWAYS | LONG_TWO | LONG_THREE | LONG_FOUR, ALWAYS | LONG_TWO, ALWAYS, ALWAYS, \
	ALWAYS | BEYOND, ALWAYS | LONG_FOUR | BEYOND, ALWAYS | LONG_FOUR | BEYOND, \
	ALWAYS | LONG_FOUR | BEYOND, ALWAYS | LONG_FOUR | BEYOND, ALWAYS | LONG_FOUR | BEYOND, \
	ALWAYS | LONG_FOUR | BEYOND, ALWAYS | LONG_FOUR | BEYOND, ALWAYS | LONG_FOUR | BEYOND, \
	ALWAYS | SURROGATE | LONG_FOUR | BEYOND, ALWAYS | LONG_FOUR | BEYOND, \
	ALWAYS | LONG_FOUR | BEYOND

/* by the upper half of the second byte */
#define CONTINUES (STRAY | LONG_TWO | THIRD)
#define SECOND_UPPER \
	CUT, CUT, CUT, CUT, CUT, CUT, CUT, CUT, \
	CONTINUES | LONG_THREE | LONG_FOUR, CONTINUES | LONG_THREE | BEYOND, \
	CONTINUES | SURROGATE | BEYOND, CONTINUES | SURROGATE | BEYOND, \
	CUT, CUT, CUT, CUT

/* the bytes that stand n places before those of v */
#define BEFORE(v, carried, n) \
	_mm256_alignr_epi8(v, _mm256_permute2x128_si256(carried, v, 0x21), 16 - (n))

INLINE __m256i
upper_halves(__m256i v)
{
	return _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0F));
}

/* Not zero where something is wrong in v, which follows carried. */
INLINE __m256i
wrong(__m256i v, __m256i carried)
{
	const __m256i first_upper = _mm256_setr_epi8(FIRST_UPPER, FIRST_UPPER);
	const __m256i first_lower = _mm256_setr_epi8(FIRST_LOWER, FIRST_LOWER);
	const __m256i second_upper = _mm256_setr_epi8(SECOND_UPPER, SECOND_UPPER);
	__m256i		first = BEFORE(v, carried, 1);
	__m256i		pairs = _mm256_shuffle_epi8(first_upper, upper_halves(first));
	__m256i		third;
	__m256i		fourth;
	__m256i		must;

	pairs = _mm256_and_si256(pairs, _mm256_shuffle_epi8(first_lower,
														_mm256_and_si256(first,
																		 _mm256_set1_epi8(0x0F))));
	pairs = _mm256_and_si256(pairs, _mm256_shuffle_epi8(second_upper, upper_halves(v)));
	/* bit 7 where two before stands E0 or more, or three before F0 or more */
	third = _mm256_subs_epu8(BEFORE(v, carried, 2), _mm256_set1_epi8(0xE0 - 0x80));
	fourth = _mm256_subs_epu8(BEFORE(v, carried, 3), _mm256_set1_epi8((char) (0xF0 - 0x80)));
	must = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char) THIRD));
	return _mm256_xor_si256(must, pairs);
}

TARGET bool
pds_utf8_avx2(const char *buf, size_t len)
{
	__m256i		carried = _mm256_setzero_si256();
	__m256i		errors = _mm256_setzero_si256();
	size_t		pos = 0;
	char		tail[32] = {0};

	for (; len - pos >= 32; pos += 32)
	{
		__m256i		v = _mm256_loadu_si256((const __m256i *) (buf + pos));

		/* between blocks of ASCII nothing is to be looked at */
		if (_mm256_movemask_epi8(_mm256_or_si256(v, carried)) != 0)
			errors = _mm256_or_si256(errors, wrong(v, carried));
		carried = v;
	}
	/* a sequence that is not complete is followed by zeros */
	if (len > pos)
		memcpy(tail, buf + pos, len - pos);
	errors = _mm256_or_si256(errors, wrong(_mm256_loadu_si256((const __m256i *) tail), carried));
	return _mm256_testz_si256(errors, errors);
}

#endif							/* __x86_64__ */
