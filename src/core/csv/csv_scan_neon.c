/*
 * csv_scan_neon.c
 *	  The kernel of the structure index for 64-bit ARM.
 */
#include "core/csv/csv_scan_internal.h"

#include <string.h>

#if defined(__aarch64__)

#include <arm_neon.h>

#define KERNEL_NAME pds_scan_neon
#define KERNEL_TARGET

typedef struct Vec64
{
	uint8x16_t	a,
				b,
				c,
				d;
} Vec64;

static inline __attribute__((always_inline))
Vec64
vec_load(const char *p)
{
	const uint8_t *u = (const uint8_t *) p;
	Vec64		v = {vld1q_u8(u), vld1q_u8(u + 16), vld1q_u8(u + 32), vld1q_u8(u + 48)};

	return v;
}

/* bytes of all ones or zero to 64 bits: pairwise sums of weighted bits */
static inline __attribute__((always_inline))
uint64_t
movemask(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
	const uint8x16_t weights = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
	uint8x16_t	ab = vpaddq_u8(vandq_u8(a, weights), vandq_u8(b, weights));
	uint8x16_t	cd = vpaddq_u8(vandq_u8(c, weights), vandq_u8(d, weights));
	uint8x16_t	abcd = vpaddq_u8(ab, cd);

	abcd = vpaddq_u8(abcd, abcd);
	return vgetq_lane_u64(vreinterpretq_u64_u8(abcd), 0);
}

static inline __attribute__((always_inline))
uint64_t
vec_eq(Vec64 v, char byte)
{
	uint8x16_t	x = vdupq_n_u8((uint8_t) byte);

	return movemask(vceqq_u8(v.a, x), vceqq_u8(v.b, x), vceqq_u8(v.c, x), vceqq_u8(v.d, x));
}

typedef uint8x16_t VecFold;

static inline __attribute__((always_inline))
VecFold
fold_or(VecFold acc, Vec64 v)
{
	return vorrq_u8(acc, vorrq_u8(vorrq_u8(v.a, v.b), vorrq_u8(v.c, v.d)));
}

static inline __attribute__((always_inline))
VecFold
fold_min(VecFold acc, Vec64 v)
{
	return vminq_u8(acc, vminq_u8(vminq_u8(v.a, v.b), vminq_u8(v.c, v.d)));
}

static inline __attribute__((always_inline))
VecFold
fold_spaces(void)
{
	return vdupq_n_u8(' ');
}

static inline __attribute__((always_inline))
bool
fold_non_ascii(VecFold acc)
{
	return vmaxvq_u8(acc) >= 0x80;
}

static inline __attribute__((always_inline))
bool
fold_nul(VecFold acc)
{
	return vminvq_u8(acc) == 0;
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

#endif							/* __aarch64__ */
