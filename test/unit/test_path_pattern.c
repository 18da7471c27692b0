/*
 * test_path_pattern.c
 *	  Patterns of locations, and lists of them.
 */
#include "unit.h"

#include <time.h>

#include "core/base/path_pattern.h"
#include "core/s3/s3_places.h"

static const struct
{
	const char *pattern;
	const char *text;
	bool		match;
}			cases[] =

{
	{"", "", true}, {"a", "", false}, {"*", "", true}, {"*", "abc", true}, {"*", "a/b", false},
	{"a/*.csv", "a/b.csv", true}, {"a/*.csv", "a/b/c.csv", false}, {"a/*/c.csv", "a/b/c.csv", true},
	{"a/*/c.csv", "a/b/b/c.csv", false}, {"a/*b*c", "a/xbxbxc", true}, {"a/*b*c", "a/xb/c", false},
	{"a/**", "a/b/c.csv", true}, {"a/**", "b/c", false}, {"**", "a/b/c", true}, {"**", "", true},
	{"a/**/c.csv", "a/c.csv", true}, {"a/**/c.csv", "a/b/c.csv", true},
	{"a/**/c.csv", "a/b/b/c.csv", true}, {"a/**/c.csv", "a/bc.csv", false},
	{"a/**/c.csv", "a/b/xc.csv", false}, {"**/c.csv", "c.csv", true}, {"**/c.csv", "x/c.csv", true},
	{"a/**/*.csv", "a/x.csv", true}, {"a/**/*.csv", "a/x/y/z.csv", true},
	{"a/**/b/*.csv", "a/1/b/2/b/x.csv", true}, {"a/**/b/*.csv", "a/1/b/2/c/x.csv", false},
	{"a**z", "a/b/z", true}, {"a**/z", "ab/c/z", true}, {"a**/z", "az", false},
	{"?", "a", true}, {"?", "/", false}, {"?", "\xC3\xA9", true}, {"a?c", "a/c", false},
	{"[a-c]x", "bx", true}, {"[!a-c]x", "bx", false}, {"[!a]x", "/x", false}, {"a[b", "a[b", true},
	{"\\*", "*", true}, {"\\*", "x", false}, {"\\?\\[\\{\\}", "?[{}", true},
	{"a\\\\b", "a\\b", true}, {"\\\xC3\xA9", "\xC3\xA9", true}, {"a\\", "a\\", true},
};

/* alternatives, with '|' between them */
static const struct
{
	const char *pattern;
	const char *alternatives;
}			braces[] =

{
	{"a", "a"}, {"a{b,c}d", "abd|acd"}, {"{a,b}{c,d}", "ac|ad|bc|bd"}, {"{a,{b,c}x}", "a|bx|cx"},
	{"a{,b}", "a|ab"}, {"{a}", "a"}, {"a{b", "a{b"}, {"a}b", "a}b"}, {"a\\{b,c}", "a\\{b,c}"},
	{"{a\\,b,c}", "a\\,b|c"}, {"{[,],x}", "[,]|x"},
};

static void
check_braces(const char *pattern, const char *wanted)
{
	PdsAlternatives a;
	PdsError	err;
	size_t		i;

	if (!CHECK(pds_path_alternatives(pattern, &a, &err)))
		return;
	for (i = 0; i < a.n; i++)
	{
		size_t		n = strcspn(wanted, "|");

		if (!CHECK(strlen(a.items[i]) == n && strncmp(a.items[i], wanted, n) == 0))
			printf("# %s: %s\n", pattern, a.items[i]);
		wanted += n + (wanted[n] != '\0');
	}
	CHECK(*wanted == '\0');
	pds_path_alternatives_free(&a);
}

static void
check_literal(const char *pattern, const char *wanted, bool whole)
{
	bool		all;
	char	   *s = pds_path_literal(pattern, &all);

	CHECK(s && strcmp(s, wanted) == 0 && all == whole);
	free(s);
}

static void
test_places(void)
{
	static const struct
	{
		const char *list;
		bool		apart;
	}			apart[] = {
		{"s3://b/a/", true},
		{"[\"s3://b/a/\", \"s3://b/b/\", \"s3://c/a/\"]", true},
		{"[\"s3://b/b/\", \"s3://b/a/\", \"s3://b/b/\"]", false},
		{"[\"s3://b/b/x\", \"s3://b/c/\", \"s3://b/b/\"]", false},
		{"[\"s3://b/a1\", \"s3://b/a\"]", false},
		{"[\"s3://b/a/*.csv\", \"s3://b/b/*.csv\"]", true},
		{"[\"s3://b/a/*.csv\", \"s3://b/a/x.csv\"]", false},
		{"[\"s3://b/a/b\", \"s3://b/a-\", \"s3://b/a/c\", \"s3://b/a/ba\"]", false},
		{"[\"s3://b/\", \"s3://b/z\"]", false},
	};
	size_t		i;
	PdsPlaces	p;
	PdsError	err;

	if (CHECK(pds_places_parse("s3://b/a/{x,y*}/z", &p, &err)))
	{
		CHECK(p.n == 2 && p.items[0].pattern == NULL && strcmp(p.items[0].prefix, "a/x/z") == 0);
		CHECK(p.items[1].pattern != NULL && strcmp(p.items[1].prefix, "a/y") == 0);
		CHECK(pds_place_has(&p.items[0], "a/x/z/1") && !pds_place_has(&p.items[0], "a/x/z1"));
		pds_places_free(&p);
	}
	if (CHECK(pds_places_parse(" [\"s3://b/a\\\\*/\", \"s3://c/\"]", &p, &err)))
	{
		CHECK(p.n == 2 && strcmp(p.items[0].prefix, "a*/") == 0 && p.items[0].pattern == NULL);
		CHECK(strcmp(p.items[1].bucket, "c") == 0 && p.items[1].prefix[0] == '\0');
		pds_places_free(&p);
	}
	for (i = 0; i < sizeof(apart) / sizeof(apart[0]); i++)
		if (CHECK(pds_places_parse(apart[i].list, &p, &err)))
		{
			if (!CHECK(pds_places_apart(&p) == apart[i].apart))
				printf("# %s\n", apart[i].list);
			pds_places_free(&p);
		}
	CHECK(!pds_places_parse("[]", &p, &err) && err.kind == PDS_ERR_CONFIG);
	CHECK(!pds_places_parse("[1]", &p, &err) && err.kind == PDS_ERR_CONFIG);
	CHECK(!pds_places_parse("[\"s3://b/\"", &p, &err) && err.kind == PDS_ERR_CONFIG);
	CHECK(!pds_places_parse("[\"http://b/\"]", &p, &err) && err.kind == PDS_ERR_CONFIG);
	CHECK(!pds_places_parse("s3://b/{1,2,3,4,5,6,7,8,9,0}{1,2,3,4,5,6,7,8,9,0}{1,2,3,4,5,6,7,8,9,0}{1,2}",
							&p, &err) && err.kind == PDS_ERR_LIMIT);
}

int
main(void)
{
	static char text[4001];
	clock_t		start;
	size_t		i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (!CHECK(pds_path_match(cases[i].pattern, cases[i].text) == cases[i].match))
			printf("# %s: %s\n", cases[i].pattern, cases[i].text);
	for (i = 0; i < sizeof(braces) / sizeof(braces[0]); i++)
		check_braces(braces[i].pattern, braces[i].alternatives);
	check_literal("a/b*c", "a/b", false);
	check_literal("a\\*b", "a*b", true);
	check_literal("a/[b]", "a/", false);
	check_literal("a/[b", "a/[b", true);
	test_places();
	/* many stars must not take exponential time */
	memset(text, 'a', 4000);
	start = clock();
	CHECK(!pds_path_match("**a*a**a*a*a**a*a*a*a*a*a**a*a*a*b", text));
	CHECK((double) (clock() - start) / CLOCKS_PER_SEC < 1.0 * unit_slowness());
	unit_unused();
	return unit_done();
}
