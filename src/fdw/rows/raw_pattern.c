/*
 * raw_pattern.c
 *	  Patterns of literals and %: the first literal begins the text, the last one ends it, those
 *	  between follow each other.  The leftmost place of each will do.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "fdw/rows/raw_pattern.h"

/* texts of ILIKE up to this long are compared here */
#define FOLDED_MAX 4096

typedef struct Literal
{
	const char *data;
	size_t		len;
} Literal;

struct PdsRawPattern
{
	bool		any_case;
	bool		ascii;			/* texts that are not ASCII are left out */
	bool		exact;			/* there is no %: the text is the first
								 * literal */
	Literal		first;
	Literal		last;
	int			nmiddle;
	Literal    *middle;
};

/* Does lower() make of ASCII what it is in C? */
static bool
folds_ascii(Oid collation)
{
	char		upper[128];
	char	   *lowered;
	int			i;

	for (i = 1; i < 128; i++)
		upper[i - 1] = (char) i;
	upper[127] = '\0';
	lowered = TextDatumGetCString(DirectFunctionCall1Coll(lower, collation,
														  CStringGetTextDatum(upper)));
	for (i = 0; i < 127 &&
		 (unsigned char) lowered[i] == pg_ascii_tolower((unsigned char) upper[i]);)
		i++;
	return i == 127 && lowered[i] == '\0';
}

bool
pds_raw_pattern_simple(const char *pattern, size_t n, bool any_case, Oid collation)
{
	size_t		i;

	/*
	 * in other encodings the bytes of a literal may be parts of other
	 * characters
	 */
	if (GetDatabaseEncoding() != PG_UTF8 && pg_database_encoding_max_length() > 1)
		return false;
	for (i = 0; i < n; i++)
		if (pattern[i] == '_' || pattern[i] == '\\' ||
			(any_case && (IS_HIGHBIT_SET(pattern[i]) || n >= FOLDED_MAX)))
			return false;
	return !any_case || pds_collation_is_c(collation) || folds_ascii(collation);
}

PdsRawPattern *
pds_raw_pattern_make(const char *pattern, size_t n, bool any_case, Oid collation)
{
	PdsRawPattern *p = palloc0(sizeof(PdsRawPattern));
	char	   *text = palloc(n + 1);
	char	   *end = text + n;
	char	   *next;
	size_t		i;

	p->any_case = any_case;
	p->ascii = any_case && !pds_collation_is_c(collation);
	for (i = 0; i < n; i++)
		text[i] = any_case ? (char) pg_ascii_tolower((unsigned char) pattern[i]) : pattern[i];
	p->middle = palloc((n / 2 + 1) * sizeof(Literal));
	next = memchr(text, '%', n);
	p->exact = next == NULL;
	p->first.data = text;
	p->first.len = (p->exact ? end : next) - text;
	while (next)
	{
		text = next + 1;
		next = memchr(text, '%', end - text);
		if (next == NULL)
		{
			p->last.data = text;
			p->last.len = end - text;
		}
		else if (next > text)
		{
			p->middle[p->nmiddle].data = text;
			p->middle[p->nmiddle++].len = next - text;
		}
	}
	return p;
}

/* Eight bytes in lower case; the highest bit of a byte that is not ASCII is kept in *others. */
static inline uint64
lower8(uint64 w, uint64 *others)
{
	const uint64 ones = UINT64CONST(0x0101010101010101);
	const uint64 high = ones * 0x80;
	uint64		low = w & ~high;
	uint64		from_a = low + ones * (0x80 - 'A');
	uint64		past_z = low + ones * (0x80 - 'Z' - 1);

	*others |= w & high;
	/* bytes from A to Z, as 0x80, moved to the bit that makes a letter small */
	return w | ((from_a & ~past_z & ~w & high) >> 2);
}

/* the text in lower case; false: it has bytes that are not ASCII */
static bool
fold(const char *text, uint32 n, char *out)
{
	uint64		others = 0;
	uint64		w;
	uint32		i;

	for (i = 0; i + sizeof(w) <= n; i += sizeof(w))
	{
		memcpy(&w, text + i, sizeof(w));
		w = lower8(w, &others);
		memcpy(out + i, &w, sizeof(w));
	}
	if (i < n)
	{
		w = 0;
		memcpy(&w, text + i, n - i);
		w = lower8(w, &others);
		memcpy(out + i, &w, n - i);
	}
	return others == 0;
}

static bool
matches(const PdsRawPattern *p, const char *text, size_t n)
{
	const char *end = text + n;
	int			i;

	if (n < p->first.len + p->last.len || memcmp(text, p->first.data, p->first.len) != 0)
		return false;
	if (p->exact)
		return n == p->first.len;
	if (memcmp(end - p->last.len, p->last.data, p->last.len) != 0)
		return false;
	text += p->first.len;
	end -= p->last.len;
	for (i = 0; i < p->nmiddle; i++)
	{
		text = memmem(text, end - text, p->middle[i].data, p->middle[i].len);
		if (text == NULL)
			return false;
		text += p->middle[i].len;
	}
	return true;
}

bool
pds_raw_pattern_test(const PdsRawPattern *p, const char *text, uint32 n, bool *match)
{
	char		folded[FOLDED_MAX];

	if (p->any_case)
	{
		if (n > FOLDED_MAX || (!fold(text, n, folded) && p->ascii))
			return false;
		text = folded;
	}
	*match = matches(p, text, n);
	return true;
}
