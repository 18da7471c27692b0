/*
 * test_infer.c
 *	  What samples are taken for: dialect, header, names, types, NULLs; and
 *	  random bytes, which must be taken for something without harm.
 *
 * A description is one line:
 *	 format delimiter quote escape header null | name:type[?] ...
 * with '?' where there were NULLs.
 */
#include "unit.h"

#include <dirent.h>
#include <stdint.h>
#include <time.h>

#include "core/infer/infer.h"
#include "core/infer/names.h"
#include "core/base/strbuf.h"

static char described[8192];

static const char *
shown(char c)
{
	static char text[4][8];
	static int	at;
	char	   *out = text[at++ % 4];

	if (c == 0)
		return "-";
	if (c == '\t')
		return "\\t";
	if ((unsigned char) c < ' ')
		snprintf(out, 8, "\\%03o", c);
	else
		snprintf(out, 8, "%c", c);
	return out;
}

static const char *
describe(const PdsInference *inf)
{
	const PdsDialect *d = &inf->dialect;
	PdsStr		s;
	int			i;

	pds_str_init(&s);
	pds_str_appendf(&s, "%s %s %s %s %d %s |", pds_format_name(d->format), shown(d->delimiter),
					shown(d->quote), shown(d->escape), d->header_lines,
					d->null_len > 0 ? d->null_text : "''");
	for (i = 0; i < inf->ncolumns; i++)
	{
		char		type[64];

		pds_hive_type_name(&inf->columns[i].type, type, sizeof(type));
		pds_str_appendf(&s, " %s:%s%s", inf->columns[i].name, type,
						inf->columns[i].nulls > 0 ? "?" : "");
	}
	snprintf(described, sizeof(described), "%s", pds_str_text(&s));
	pds_str_free(&s);
	return described;
}

static PdsInferOptions options;
static PdsInference last;

static const char *
infer_n(const PdsSample *samples, int n)
{
	PdsError	err;

	pds_inference_free(&last);
	pds_error_clear(&err);
	if (!pds_infer(samples, n, &options, &last, &err))
	{
		snprintf(described, sizeof(described), "%s", err.message);
		return described;
	}
	return describe(&last);
}

static const char *
infer_bytes(const char *data, size_t len)
{
	PdsSample	s = {data, len, true, true, 0};

	return infer_n(&s, 1);
}

static const char *
infer(const char *text)
{
	return infer_bytes(text, strlen(text));
}

static const char *
infer_files(const char *a, const char *b, const char *c)
{
	PdsSample	s[3];
	const char *all[3] = {a, b, c};
	int			i;

	for (i = 0; i < 3 && all[i]; i++)
	{
		s[i].data = all[i];
		s[i].len = strlen(all[i]);
		s[i].from_start = s[i].complete = true;
		s[i].object = i;
	}
	return infer_n(s, i);
}

/* ---- dialects ---- */

static void
test_dialects(void)
{
	CHECK_STR(infer("a,b\n1,2\n3,4\n"), "csv , \" \" 1 '' | a:int b:int");
	CHECK_STR(infer("a\tb\n1\tHello, world\n2\tx\n"), "csv \\t \" \" 1 '' | a:int b:string");
	CHECK_STR(infer("a;b\n1,5;2,5\n1,7;2,9\n"), "csv ; \" \" 1 '' | a:string b:string");
	CHECK_STR(infer("1,5;2,5\n1,7;2,8\n"), "csv ; \" \" 0 '' | col0:string col1:string");
	CHECK_STR(infer("a|b|c\n1|x;y|3\n4|p,q,r|6\n"), "csv | \" \" 1 '' | a:int b:string c:int");
	CHECK_STR(infer("x\0011\ny\0012\n"), "lazysimple \\001 - - 0 \\N | col0:string col1:int");
	/* commas of a text are no delimiters */
	CHECK_STR(infer("id\ttext\n1\ta, b, c\n2\tnone\n3\td, e\n"),
			  "csv \\t \" \" 1 '' | id:int text:string");
	CHECK_STR(infer("note\nhello, world\nnone here\nnor, here, at all\nx\ny\n"),
			  "csv \\t \" \" 0 '' | col0:string");
	CHECK_STR(infer("a\n1\n2\n"), "csv , \" \" 1 '' | a:int");

	/* quotes */
	CHECK_STR(infer("a,b\n1,\"x, y\"\n2,\"say \"\"hi\"\"\"\n"), "csv , \" \" 1 '' | a:int b:string");
	CHECK(last.quoted && !last.newlines);
	CHECK_STR(infer("a,b\n1,\"x, \\\"y\\\", z\"\n2,\"q\"\n"), "csv , \" \\ 1 '' | a:int b:string");
	CHECK_STR(infer("a,b\n1,'x, y'\n2,'p, q'\n"), "csv , ' ' 1 '' | a:int b:string");
	CHECK_STR(infer("a,b\n1,it's\n2,'twas\n3,x\n"), "csv , \" \" 1 '' | a:int b:string");
	CHECK_STR(infer("a,b\n1,5\" pipe\n2,7\" pipe\n"), "csv , \" \" 1 '' | a:int b:string");
	CHECK(!last.quoted);
	/* quotes that close nothing */
	CHECK_STR(infer("a,b\n1,\"x\n2,y\n3,\"z\n4,w\n5,v\n"), "csv , - - 1 '' | a:int b:string");
	CHECK_STR(infer("a,b\n1,\"x\ny\"\n2,\"z\"\n"), "csv , \" \" 1 '' | a:int b:string");
	CHECK(last.newlines && last.records == 2);
	/* escapes without quotes */
	CHECK_STR(infer("a,b\n1,x\\,y\n2,p\\,q\\,r\n3,z\n"), "lazysimple , - \\ 1 \\N | a:int b:string");

	/* line ends, byte order mark, encodings */
	CHECK_STR(infer("a,b\r\n1,2\r\n"), "csv , \" \" 1 '' | a:int b:int");
	CHECK_STR(last.line_end, "CRLF");
	CHECK_STR(infer("a,b\r1,2\r3,4"), "csv , \" \" 1 '' | a:int b:int");
	CHECK_STR(last.line_end, "CR");
	CHECK_STR(infer("\xEF\xBB\xBF" "a,b\n1,2\n"), "csv , \" \" 1 '' | a:int b:int");
	CHECK(last.bom && last.encoding == NULL);
	CHECK_STR(infer("caf\xE9,b\n1,\xFC\n"), "csv , \" \" 1 '' | caf_:int b:string");
	CHECK_STR(last.encoding, "LATIN1");
	infer("a,b\n1,\x93quoted\x94\n");
	CHECK_STR(last.encoding, "WIN1252");

	/* as told */
	options.delimiter = ';';
	CHECK_STR(infer("a,b;c\n1,2;3\n"), "csv ; \" \" 1 '' | a_b:string c:int");
	options.delimiter = -1;
	options.quote = 0;
	CHECK_STR(infer("a,b\n\"1\",2\n"), "csv , - - 1 '' | a:string b:int");
	options.quote = -1;
	options.header = 0;
	CHECK_STR(infer("a,b\n1,2\n"), "csv , \" \" 0 '' | col0:string col1:string");
	options.header = 2;
	CHECK_STR(infer("title,x\na,b\n1,2\n"), "csv , \" \" 2 '' | a:int b:int");
	options.header = -1;
	options.all_text = true;
	CHECK_STR(infer("a,b\n1,2\n"), "csv , \" \" 1 '' | a:string b:string");
	options.all_text = false;
}

/* ---- headers ---- */

static void
test_headers(void)
{
	/* a name above numbers */
	CHECK_STR(infer("name,n\nx,1\n"), "csv , \" \" 1 '' | name:string n:int");
	/* numbers only */
	CHECK_STR(infer("1,2\n3,4\n"), "csv , \" \" 0 '' | col0:int col1:int");
	CHECK_STR(infer("x,1\ny,2\n"), "csv , \" \" 0 '' | col0:string col1:int");
	/* texts only: written otherwise, or not */
	CHECK_STR(infer("first,last\nAnn,Lee\nBob,Ray\n"), "csv , \" \" 1 '' | first:string last:string");
	CHECK_STR(infer("Ann,Lee\nBob,Ray\n"), "csv , \" \" 0 '' | col0:string col1:string");
	CHECK_STR(infer("ann,lee\nbob,ray\n"), "csv , \" \" 0 '' | col0:string col1:string");
	/* digits with leading zeros are no names, and no numbers */
	CHECK_STR(infer("city,zip\nX,08123\nY,10001\n"), "csv , \" \" 1 '' | city:string zip:string");
	CHECK_STR(infer("X,08123\nY,10001\n"), "csv , \" \" 0 '' | col0:string col1:string");
	/* the same first line in two objects */
	CHECK_STR(infer_files("ann,lee\nbob,ray\n", "ann,lee\ncid,fox\n", NULL),
			  "csv , \" \" 1 '' | ann:string lee:string");
	CHECK_STR(infer_files("ann,lee\nbob,ray\n", "eve,lee\ncid,fox\n", NULL),
			  "csv , \" \" 0 '' | col0:string col1:string");
	/* one object of three has none: the majority, and a word about it */
	CHECK_STR(infer_files("a,b\n1,2\n", "a,b\n3,4\n", "5,6\n7,8\n"),
			  "csv , \" \" 1 '' | a:int b:int");
	CHECK(last.headers_differ);
	CHECK_STR(infer_files("a,b\n1,2\n", "9,9\n3,4\n", "5,6\n7,8\n"),
			  "csv , \" \" 0 '' | col0:string col1:string");
	/* nothing but a header */
	CHECK_STR(infer("id,product_name\n"), "csv , \" \" 1 '' | id:string product_name:string");
	CHECK_INT((int) last.records, 0);
	CHECK_STR(infer("\n\nid,n\nx,2\n"), "csv , \" \" 3 '' | id:string n:int");
	/* an index without a name */
	CHECK_STR(infer(",Clothing ID,Age\n0,767,33\n1,1080,34\n"),
			  "csv , \" \" 1 '' | col0:int clothing_id:int age:int");
	/* the header has a field that some rows lack */
	CHECK_STR(infer("a,b,c\n1,2\n3,4\n5,6\n7,8,9\n"), "csv , \" \" 1 '' | a:int b:int c:int?");

	/*
	 * half of the records have a field more; some leave fields out at their
	 * end
	 */
	CHECK_STR(infer("a,b\n1,2\n3,4,x\n5,6\n7,8,y\n"), "csv , \" \" 1 '' | a:int b:int");
	CHECK_INT((int) last.ragged, 2);
	CHECK_STR(infer("x,y,z\n1,2\n1,2\n1,2,3\n4,5\n"), "csv , \" \" 1 '' | x:int y:int z:int?");
	/* titles and comments before the header */
	CHECK_STR(infer("Report of May\n\nid,name\n1,x\n2,y\n"), "csv , \" \" 3 '' | id:int name:string");
	CHECK_INT(last.preamble, 2);
	CHECK(!last.blank_preamble && last.named);
	CHECK_STR(infer("# one\n# two, three\nid,name,n\n1,x,2\n2,y,3\n"), "csv , \" \" 3 '' | id:int name:string n:int");
	CHECK_STR(infer("#id\tname\n1\tx\n2\ty\n"), "csv \\t \" \" 1 '' | _id:int name:string");
	CHECK_STR(infer("Report\n1,2\n3,4\n5,6\n"), "csv , \" \" 1 '' | col0:int col1:int");
	CHECK(last.preamble == 1 && !last.named);
	/* years as names */
	CHECK_STR(infer("land,1990,1991,1992\nx,1,2,3\ny,4,5,6\n"), "csv , \" \" 1 '' | land:string 1990:int 1991:int 1992:int");
	CHECK_STR(infer("land,1990,1980,1992\nx,1,2,3\ny,4,5,6\n"), "csv , \" \" 0 '' | col0:string col1:int col2:int col3:int");
	/* nothing but text */
	CHECK_STR(infer("first_name,last_name,e-mail\nAnna,Schmidt,a@x\nBob,Jones,b@x\n"),
			  "csv , \" \" 1 '' | first_name:string last_name:string e_mail:string");
	CHECK(last.header_doubtful);
	CHECK_STR(infer("city,town\ncity,x\nvillage,y\n"), "csv , \" \" 0 '' | col0:string col1:string");
	CHECK_STR(infer("name\nAnna\nBob\n"), "csv , \" \" 1 '' | name:string");
	/* headers of several objects: the columns are the names of all */
	CHECK_STR(infer_files("id,qty\n1,10\n", "qty,id,note\n2.5,2,x\n", NULL),
			  "csv , \" \" 1 '' | id:int qty:double note:string?");
	CHECK(last.names_differ && !last.headers_differ && last.ragged == 0);
	CHECK_STR(infer_files("first,last\nAnn,Lee\n", "last,first\nRay,Bob\n", NULL),
			  "csv , \" \" 1 '' | first:string last:string");
	CHECK_STR(last.columns[0].example, "Ann");
	CHECK_STR(infer_files("id,id\n1,a\n", "id,x\n2,3\n", NULL), "csv , \" \" 1 '' | id:int id_1:string? x:int?");
	CHECK_STR(infer(""), "csv , \" \" 0 '' |");
	CHECK_STR(infer("\n"), "csv , \" \" 0 '' |");
}

/* ---- types ---- */

static void
test_types(void)
{
	static const char *const several[] = {"-", "x", ""};

	CHECK_STR(infer("a,b,c\ntrue,FALSE,t\nfalse,True,f\n"), "csv , \" \" 1 '' | a:boolean b:boolean c:string");
	CHECK_STR(infer("a,b\n2147483647,1\n-2147483647,2147483648\n"), "csv , \" \" 1 '' | a:int b:bigint");
	CHECK_STR(infer("a,b\n9223372036854775807,1\n-9223372036854775808,9223372036854775808\n"),
			  "csv , \" \" 1 '' | a:bigint b:decimal(38,0)");
	CHECK_STR(infer("a,b\n007,1\n1,0\n"), "csv , \" \" 1 '' | a:string b:int");
	CHECK_STR(infer("a,b,c\n+5, 1,1_000\n6,2,2000\n"), "csv , \" \" 1 '' | a:string b:string c:string");
	CHECK_STR(infer("a,b,c\n1.50,1.5,1.5e3\n20.25,1.25,2\n"),
			  "csv , \" \" 1 '' | a:decimal(18,2) b:double c:double");
	CHECK_STR(infer("a,b\n1e5,12345678901234567890.12\n2,1.00\n"),
			  "csv , \" \" 1 '' | a:double b:decimal(38,2)");
	CHECK_STR(infer("a,b\n1.5,NaN\nNaN,NaN\n"), "csv , \" \" 1 '' | a:double b:string");
	CHECK_STR(infer("a,b\n1,2.5\n3.5,4\n"), "csv , \" \" 1 '' | a:double b:double");
	CHECK_STR(infer("a,b\n2024-01-31,2024-02-30\n2000-02-29,2024-01-01\n"),
			  "csv , \" \" 1 '' | a:date b:string");
	CHECK_STR(infer("a,b,c\n2024-01-31 10:00:00,2024-01-31T10:00:00.123456,2024-01-31 10:00\n"),
			  "csv , \" \" 1 '' | a:timestamp b:timestamp c:string");
	CHECK_INT(last.columns[1].fraction, 6);
	CHECK_STR(infer("a,b\n2024-01-31T10:00:00Z,2024-01-31 10:00:00\n2024-01-31 10:00:00+01:00,2024-01-31\n"),
			  "csv , \" \" 1 '' | a:timestamp with time zone b:string");
	CHECK_STR(infer("a,b\n2024-01-31 24:00:00,2024-1-31\n"), "csv , \" \" 1 '' | a:string b:string");
	/* an int that grows with the data */
	options.share = 0.001;
	CHECK_STR(infer("a,b\n5000000,1\n5000001,2\n"), "csv , \" \" 1 '' | a:bigint b:int");
	options.share = 1;
	/* widened over all objects */
	CHECK_STR(infer_files("a,b\n1,1\n", "a,b\n1.5,x\n", "a,b\n3000000000,2\n"),
			  "csv , \" \" 1 '' | a:double b:string");

	/* NULL: an empty field, not one in quotes */
	CHECK_STR(infer("a,b\n1,\n,2\n"), "csv , \" \" 1 '' | a:int? b:int?");
	CHECK_INT((int) last.columns[0].nulls, 1);
	CHECK_INT((int) last.columns[0].values, 1);
	CHECK_STR(infer("a,b\n1,\"\"\n2,3\n"), "csv , \" \" 1 '' | a:int b:string");
	CHECK_STR(infer("a,b\n1,NA\n2,3\n"), "csv , \" \" 1 NA | a:int b:int?");
	CHECK_STR(infer("a,b\n1,NA\n,3\n"), "csv , \" \" 1 '' | a:int? b:string");
	CHECK_STR(infer("a,b\n1,\\N\n,3\n"), "lazysimple , - - 1 \\N | a:int? b:int?");
	CHECK_STR(infer("a,b\n\"x\",\\N\n\"y\",3\n"), "csv , \" \" 1 \\N | a:string b:int?");
	options.null_text = "-";
	CHECK_STR(infer("a,b\n1,x\n2,y\n"), "csv , \" \" 1 - | a:int b:string");

	/*
	 * texts that are given keep no column from its type, unless they are in
	 * quotes
	 */
	CHECK_STR(infer("a,b\n1,-\n2,5\n"), "csv , \" \" 1 - | a:int b:int?");
	CHECK_INT((int) last.columns[1].nulls, 1);
	CHECK_INT((int) last.columns[1].values, 1);
	CHECK_STR(infer("a,b\n1,\"-\"\n2,5\n"), "csv , \" \" 1 - | a:int b:string");
	CHECK_STR(infer("a,b\n1,\n2,5\n"), "csv , \" \" 1 - | a:int b:string");
	options.nulls = several;
	options.nnulls = 3;
	CHECK_STR(infer("a,b\n1,-\n2,5\n3,x\n4,\n"), "csv , \" \" 1 - | a:int b:int?");
	options.null_text = NULL;
	options.nulls = NULL;
	options.nnulls = 0;
}

static const char *
strip(const char *text, int skip, char comment, char quote)
{
	static char out[200];

	snprintf(out, sizeof(out), "%s", text);
	out[pds_infer_strip(out, strlen(out), skip, comment, quote)] = '\0';
	return out;
}

static void
test_strip(void)
{
	CHECK_STR(strip("t \"1\nt2\r\nt3\ra\n", 3, 0, '"'), "a\n");
	CHECK_STR(strip("t1", 3, 0, '"'), "");
	CHECK_STR(strip("#\"1\na\n#2\r\n#3\rb\n#4", 0, '#', '"'), "a\nb\n");
	CHECK_STR(strip("\"a\n#b\"\n#c\n", 0, '#', '"'), "\"a\n#b\"\n");
	CHECK_STR(strip("\"a\n#b\"\n#c\n", 0, '#', 0), "\"a\n");
	CHECK_STR(strip("#t\n#c\na#\n", 1, '#', '"'), "a#\n");
}

static void
test_keys(void)
{
	static const char *const ints[] = {"1", "12", "__HIVE_DEFAULT_PARTITION__"};
	static const char *const zeros[] = {"01", "12"};
	static const char *const days[] = {"2024-01-31"};
	static const char *const fractions[] = {"1.50"};
	PdsHiveType t;

	pds_infer_key_type(ints, 3, &t);
	CHECK_INT(t.kind, PDS_HIVE_INT);
	pds_infer_key_type(zeros, 2, &t);
	CHECK_INT(t.kind, PDS_HIVE_STRING);
	pds_infer_key_type(days, 1, &t);
	CHECK_INT(t.kind, PDS_HIVE_DATE);
	pds_infer_key_type(fractions, 1, &t);
	CHECK_INT(t.kind, PDS_HIVE_STRING);
}

/* ---- names ---- */

static const char *
clean(const char *name)
{
	static char out[256];
	char	   *s = pds_sanitize_name(name, strlen(name));

	snprintf(out, sizeof(out), "%s", s);
	free(s);
	return out;
}

static void
test_names(void)
{
	char	   *names[3] = {"a", "a_1", "ab"};
	char	   *s;

	CHECK_STR(clean("Clothing ID"), "clothing_id");
	CHECK_STR(clean("A--b  (c)"), "a_b_c_");
	CHECK_STR(clean("a__b"), "a__b");
	CHECK_STR(clean("caf\xC3\xA9 \xC3\x9C" "ber"), "cafe_uber");
	CHECK_STR(clean("e\xCC\x81t\xC3\xA9"), "ete");
	CHECK_STR(clean("\xE1\xBA\xBF\xC5\xBE"), "ez");
	CHECK_STR(clean("\xC3\xB8\xC3\x9F"), "_");
	CHECK_STR(clean("\xE6\x97\xA5\xE6\x9C\xAC"), "_");
	CHECK_STR(clean("bad\xFF\xC3"), "bad_");
	s = pds_unique_name("a", names, 3, 63);
	CHECK_STR(s, "a_2");
	free(s);
	s = pds_unique_name("abc", names, 3, 2);
	CHECK_STR(s, "_1");
	free(s);
	CHECK_STR(infer("a,A,a\n1,2,3\n"), "csv , \" \" 1 '' | a:int a_1:int a_2:int");
	CHECK_STR(infer("a,\xE6\x97\xA5\n1,2\n"), "csv , \" \" 1 '' | a:int col1:int");
}

/* ---- what is no CSV ---- */

static void
test_not_csv(void)
{
	CHECK_STR(infer("PAR1abc"), "it is a Parquet file");
	CHECK_STR(infer("{\"a\": 1}\n{\"a\": 2}\n"), "it is JSON");
	CHECK_STR(infer("[\n  {\"a\": 1}\n]"), "it is JSON");
	CHECK_STR(infer_bytes("a\0b,c\n", 6), "it is binary");
	CHECK_STR(infer("<?xml version=\"1.0\"?>\n<a/>"), "it is XML or HTML");
	CHECK_STR(infer_bytes("\xFF\xFE" "a\0", 4), "it is UTF-16");
	CHECK(pds_not_delimited("{a},b\n", 6) == NULL);
	CHECK(pds_not_delimited("", 0) == NULL);
}

/* ---- samples from the middle ---- */

static void
test_middle(void)
{
	PdsStr		s;
	PdsSample	samples[2];
	int			i;

	pds_str_init(&s);
	pds_str_append(&s, "id,text\n");
	for (i = 0; i < 3000; i++)
		pds_str_appendf(&s, "%d,\"line one\nsecond, line %d\"\n", i, i);
	pds_str_append(&s, "x,\"the end\"\n");
	samples[0].data = s.data;
	samples[0].len = 1000;
	samples[0].from_start = true;
	samples[0].complete = false;
	/* from inside the quotes */
	samples[1].data = strstr(s.data + 40000, "line one") + 3;
	samples[1].len = (size_t) (s.data + s.len - samples[1].data);
	samples[1].from_start = false;
	samples[1].complete = true;
	CHECK_STR(infer_n(samples, 1), "csv , \" \" 1 '' | id:int text:string");
	CHECK_STR(infer_n(samples, 2), "csv , \" \" 1 '' | id:string text:string");
	CHECK(last.ragged == 0 && last.records > 1500);
	CHECK(last.record_bytes > 25 && last.record_bytes < 40);
	pds_str_free(&s);
}

/* ---- comparison with SerDes ---- */

static int64_t
differ(const char *text, PdsFormat format, char escape)
{
	PdsSample	s = {text, strlen(text), true, true, 0};
	PdsDialect	d;
	PdsError	err;
	int64_t		n;
	int64_t		values;

	infer(text);
	pds_dialect_init(&d, format);
	d.delimiter = last.dialect.delimiter;
	d.escape = escape;
	CHECK(pds_infer_compare(&s, 1, &last, &d, &n, &values, &err));
	return n;
}

static void
test_compare(void)
{
	CHECK_INT((int) differ("a,b\n1,x\n2,y\n", PDS_FORMAT_LAZYSIMPLE, 0), 0);
	CHECK_INT((int) differ("a,b\n1,5\" pipe\n2,y\n", PDS_FORMAT_LAZYSIMPLE, 0), 0);
	CHECK_INT((int) differ("a,b\n1,\"x\"\n2,y\n", PDS_FORMAT_LAZYSIMPLE, 0), 1);
	CHECK_INT((int) differ("a,b\n1,\"x, y\"\n2,\"p \"\"q\"\"\"\n", PDS_FORMAT_OPENCSV, '\\'), 0);
	CHECK_INT((int) differ("a,b\n1,\"C:\\temp\"\n2,y\n", PDS_FORMAT_OPENCSV, '\\'), 1);
	CHECK_INT((int) differ("a,b\n1,\"C:\\temp\"\n2,y\n", PDS_FORMAT_OPENCSV, 0), 0);
	CHECK(differ("a,b\n1,\"x\ny\"\n2,y\n", PDS_FORMAT_OPENCSV, '\\') > 0);
	CHECK(differ("a,b\n1,x\n\n2,y\n", PDS_FORMAT_LAZYSIMPLE, 0) > 0);
}

/* the SerDe chosen, and how many values it reads otherwise */
static const char *
serde(const char *text)
{
	static char out[64];
	PdsSample	s = {text, strlen(text), true, true, 0};
	PdsSerdeChoice c;
	PdsError	err;

	infer(text);
	CHECK(pds_infer_serde(&s, 1, &last, &c, &err));
	snprintf(out, sizeof(out), "%s %s %d", pds_format_name(c.dialect.format),
			 shown(c.dialect.escape), (int) c.differ);
	return out;
}

static void
test_serde(void)
{
	CHECK_STR(serde("a,b\n1,x\n2,y\n"), "lazysimple - 0");
	CHECK_STR(serde("a,b\n1,NA\n2,3\n"), "lazysimple - 0");
	CHECK_STR(serde("a,b\n1,x\\,y\n2,p\\,q\n"), "lazysimple \\ 0");
	CHECK_STR(serde("a,b\n1,C:\\x\n2,y\n"), "lazysimple - 0");
	CHECK_STR(serde("a,b\n1,\"x, y\"\n2,\"p\"\n"), "opencsv \\ 0");
	CHECK_STR(serde("a,b\n1,\"x, C:\\t\"\n2,\"p\"\n"), "opencsv \\007 0");
	CHECK(strcmp(serde("a,b\n1,\"x\ny\"\n2,\"p, q\"\n") + strlen("opencsv \\ "), "0") != 0);
}

static void
test_same(void)
{
	PdsInference a;
	PdsInference b;

	infer("id,name\n1,x\n");
	a = last;
	memset(&last, 0, sizeof(last));
	infer("id,name\n2,\"y, z\"\n");
	CHECK(pds_inference_same(&a, &last));
	infer("id,city\n2,y\n");
	CHECK(!pds_inference_same(&a, &last));
	infer("1,x\n2,y\n");
	CHECK(!pds_inference_same(&a, &last));
	b = last;
	memset(&last, 0, sizeof(last));
	infer("3,p\n4,q\n");
	CHECK(pds_inference_same(&b, &last));
	infer("p,4\nq,r\n");
	CHECK(pds_inference_same(&b, &last) == false || last.columns[1].type.kind == PDS_HIVE_STRING);
	pds_inference_free(&a);
	pds_inference_free(&b);
}

/* ---- files of others ---- */

static void
test_files(void)
{
	static const struct
	{
		const char *name;
		const char *want;
	}			files[] = {
		{"csv-spectrum/csvs/comma_in_quotes.csv", "csv , \" \" 1 '' | first:string last:string address:string city:string zip:string"},
		{"csv-spectrum/csvs/empty.csv", "csv , \" \" 1 '' | a:int b:string c:string"},
		{"csv-spectrum/csvs/escaped_quotes.csv", "csv , \" \" 1 '' | a:int b:string"},
		{"csv-spectrum/csvs/json.csv", "csv , \" \" 1 '' | key:int val:string"},
		{"csv-spectrum/csvs/location_coordinates.csv", NULL},
		{"csv-spectrum/csvs/newlines.csv", "csv , \" \" 1 '' | a:string b:int c:int"},
		{"csv-spectrum/csvs/newlines_crlf.csv", "csv , \" \" 1 '' | a:string b:int c:int"},
		{"csv-spectrum/csvs/quotes_and_newlines.csv", "csv , \" \" 1 '' | a:int b:string"},
		{"csv-spectrum/csvs/simple_crlf.csv", "csv , \" \" 1 '' | a:int b:int c:int"},
		{"csv-spectrum/csvs/utf8.csv", "csv , \" \" 1 '' | a:int b:int c:string"},
		{"real/womens_clothing_1000.csv", NULL}, {"reviews_20k.csv", NULL}
	};
	const char *top = getenv("PDS_TOP");
	size_t		i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
	{
		char		path[1024];
		char	   *data = malloc(4 << 20);
		FILE	   *f;
		size_t		n;

		snprintf(path, sizeof(path), "%s/../shared/data/%s", top ? top : ".", files[i].name);
		f = fopen(path, "rb");
		if (f == NULL)
		{
			unit_skip(files[i].name, "not here");
			free(data);
			continue;
		}
		n = fread(data, 1, 4 << 20, f);
		fclose(f);
		if (files[i].want)
			CHECK_STR(infer_bytes(data, n), files[i].want);
		else
		{
			const char *got = infer_bytes(data, n);

			printf("# %s\n", got);
			CHECK(last.dialect.header_lines == 1 && last.ragged == 0 && last.confidence > 0.4);
		}
		free(data);
	}
}

/* ---- random bytes ---- */

static uint64_t seed = 88172645463325252ULL;

static unsigned int
rnd(unsigned int n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned int) (seed >> 11) % n;
}

static void
test_random(void)
{
	static const char alphabet[] = "a1,\";\n\r'\\|\t .-9N\xC3\xA9:Z{";
	const char *seconds = getenv("PDS_FUZZ_SECONDS");
	time_t		until = time(NULL) + (seconds ? atoi(seconds) : 0);
	char		data[600];
	int			rounds = 0;
	int			bad = 0;

	while (rounds < 3000 || time(NULL) < until)
	{
		PdsSample	s[3];
		PdsError	err;
		PdsInference inf;
		int			n = (int) rnd(3) + 1;
		size_t		i;
		int			k;

		for (i = 0; i < sizeof(data); i++)
			data[i] = rnd(40) == 0 ? (char) rnd(256) : alphabet[rnd(sizeof(alphabet) - 1)];
		for (k = 0; k < n; k++)
		{
			s[k].object = (int) rnd(3);
			s[k].data = data + rnd(300);
			s[k].len = rnd(300);
			s[k].from_start = k == 0 || rnd(2);
			s[k].complete = rnd(2);
		}
		rounds++;
		if (!pds_infer(s, n, &options, &inf, &err))
		{
			bad += err.kind != PDS_ERR_UNSUPPORTED;
			continue;
		}
		for (k = 0; k < inf.ncolumns; k++)
			bad += inf.columns[k].name == NULL || inf.columns[k].nulls < 0 ||
				inf.columns[k].values < 0 ||
				inf.columns[k].nulls + inf.columns[k].values != inf.records;
		{
			PdsDialect	d;
			int64_t		different;
			int64_t		values;

			pds_dialect_init(&d, rnd(2) ? PDS_FORMAT_OPENCSV : PDS_FORMAT_LAZYSIMPLE);
			d.delimiter = inf.dialect.delimiter;
			if (!pds_infer_compare(s, n, &inf, &d, &different, &values, &err) ||
				different > values)
				bad++;
		}
		pds_inference_free(&inf);
	}
	CHECK_INT(bad, 0);
}

int
main(void)
{
	pds_infer_options_init(&options);
	options.everything = false;
	test_dialects();
	test_headers();
	test_types();
	test_strip();
	test_keys();
	test_names();
	test_not_csv();
	test_middle();
	test_compare();
	test_serde();
	test_same();
	test_files();
	test_random();
	pds_inference_free(&last);
	return unit_done();
}
