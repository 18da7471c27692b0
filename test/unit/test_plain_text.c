/*
 * test_plain_text.c
 *	  Plain values as text are what printf makes of them; a set of bytes is found where a loop
 *	  finds it, at every length and offset, and nothing beside the text is read.
 */
#include "unit.h"

#include <inttypes.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/csv/byte_set.h"
#include "core/serde/plain_text.h"

static uint64_t state = 88172645463325252u;

static uint64_t
rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* numbers of every length */
static int64_t
any_int(void)
{
	return (int64_t) rnd() >> rnd() % 64;
}

static bool
same(const char *got, const char *end, const char *want)
{
	bool		ok = (size_t) (end - got) == strlen(want) && memcmp(got, want, strlen(want)) == 0;

	if (!ok)
		printf("# got %.*s, want %s\n", (int) (end - got), got, want);
	return ok;
}

static bool
int_is_right(int64_t v)
{
	char		got[PDS_PLAIN_BYTES];
	char		want[PDS_PLAIN_BYTES];

	snprintf(want, sizeof(want), "%" PRId64, v);
	return same(got, pds_text_int(got, v), want);
}

static bool
decimal_is_right(int64_t v, int scale)
{
	char		got[PDS_PLAIN_BYTES];
	char		digits[128];
	char		want[200];
	uint64_t	u = v < 0 ? -(uint64_t) v : (uint64_t) v;
	int			n = snprintf(digits, sizeof(digits), "%0*" PRIu64, scale + 1, u);

	snprintf(want, sizeof(want), "%s%.*s%s%s", v < 0 ? "-" : "", n - scale, digits,
			 scale > 0 ? "." : "", digits + n - scale);
	return same(got, pds_text_decimal(got, v, scale), want);
}

static bool
date_is_right(int64_t year, int month, int day)
{
	char		got[PDS_PLAIN_BYTES];
	char		want[PDS_PLAIN_BYTES];

	snprintf(want, sizeof(want), "%04" PRId64 "-%02d-%02d", year, month, day);
	return same(got, pds_text_date(got, year, month, day), want);
}

static bool
time_is_right(int64_t us)
{
	char		got[PDS_PLAIN_BYTES];
	char		want[PDS_PLAIN_BYTES];
	int			s = (int) (us / 1000000);
	int			n = snprintf(want, sizeof(want), "%02d:%02d:%02d.%06d", s / 3600, s / 60 % 60, s % 60,
							 (int) (us % 1000000));

	while (want[n - 1] == '0' && n > 9)
		n--;
	if (n == 9)
		n--;
	want[n] = '\0';
	return same(got, pds_text_time(got, us), want);
}

static void
values(void)
{
	static const int64_t hard[] = {0, 1, -1, 9, 10, 99, 100, -100, INT64_MAX, INT64_MIN};
	bool		ok = true;
	int			i;

	for (i = 0; i < (int) (sizeof(hard) / sizeof(hard[0])); i++)
	{
		int			scale;

		ok &= int_is_right(hard[i]);
		for (scale = 0; scale <= PDS_PLAIN_SCALE; scale++)
			ok &= decimal_is_right(hard[i], scale);
	}
	for (i = 0; i < 200000; i++)
	{
		int64_t		v = any_int();

		ok &= int_is_right(v) && decimal_is_right(v, (int) (rnd() % (PDS_PLAIN_SCALE + 1)));
	}
	CHECK_MSG(ok, "integers and decimals are what printf makes of them");
	ok = date_is_right(0, 1, 1) && date_is_right(9999, 12, 31) && date_is_right(10000, 1, 1) &&
		date_is_right(5874897, 12, 31) && time_is_right(0) && time_is_right(1) &&
		time_is_right(INT64_C(86399999999)) && time_is_right(100000);
	for (i = 0; i < 100000; i++)
		ok &= date_is_right((int64_t) (rnd() % 12000), (int) (rnd() % 12) + 1, (int) (rnd() % 31) + 1) &&
			time_is_right((int64_t) (rnd() % UINT64_C(86400000000))) &&
			time_is_right((int64_t) (rnd() % 86400) * 1000000);
	CHECK_MSG(ok, "dates and times are what printf makes of them");
}

static size_t
by_loop(const PdsByteSet *set, const char *s, size_t n)
{
	size_t		i = 0;

	while (i < n && !pds_byte_set_has(set, s[i]))
		i++;
	return i;
}

/* texts end where memory ends, and begin where it begins */
static void
sets(void)
{
	static const char bytes[] = "\n\r,\"\\\x01\x02\x03\x04\x05\x06\x07";
	size_t		page = (size_t) sysconf(_SC_PAGESIZE);
	char	   *m = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool		ok = m != MAP_FAILED && mprotect(m, page, PROT_NONE) == 0 &&
		mprotect(m + 2 * page, page, PROT_NONE) == 0;
	int			k;

	CHECK_MSG(ok, "a page between two that nobody may read");
	for (k = 0; ok && k <= PDS_BYTE_SET_MAX; k++)
	{
		PdsByteSet	set;
		size_t		n;
		int			i;

		memset(&set, 0, sizeof(set));
		for (i = 0; i < k; i++)
		{
			pds_byte_set_add(&set, bytes[i]);
			pds_byte_set_add(&set, bytes[0]);
		}
		for (n = 0; n <= 80; n++)
			for (i = 0; i < 200; i++)
			{
				char	   *s = i % 2 ? m + page : m + 2 * page - n;
				size_t		at;

				memset(s, 'x', n);
				if (n > 0 && i > 1)
					for (at = rnd() % 3; at > 0; at--)
						s[rnd() % n] = bytes[rnd() % PDS_BYTE_SET_MAX];
				at = pds_byte_set_find(&set, s, n);
				if (at != by_loop(&set, s, n))
				{
					printf("# %d bytes, length %zu: %zu instead of %zu\n", k, n, at,
						   by_loop(&set, s, n));
					ok = false;
				}
			}
	}
	CHECK_MSG(ok, "the first byte of a set is found at every length");
}

int
main(void)
{
	values();
	sets();
	return unit_done();
}
