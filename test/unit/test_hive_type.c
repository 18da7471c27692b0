/*
 * test_hive_type.c
 *	  The column types of the Glue catalog.
 */
#include "core/serde/hive_type.h"
#include "core/base/strbuf.h"
#include "unit.h"

/* the type in one canonical spelling */
static void
spell(const PdsHiveType *t, PdsStr *b)
{
	static const char *const names[] = {"boolean", "tinyint", "smallint", "int", "bigint", "float",
		"double", "decimal", "string", "varchar", "char", "date", "timestamp", "timestamptz",
	"time", "binary", "array", "map", "struct", "uniontype", "other"};
	int			i;

	pds_str_append(b, names[t->kind]);
	if (t->kind == PDS_HIVE_DECIMAL)
		pds_str_appendf(b, "(%d,%d)", t->precision, t->scale);
	else if (t->kind == PDS_HIVE_VARCHAR || t->kind == PDS_HIVE_CHAR)
		pds_str_appendf(b, "(%d)", t->precision);
	if (t->nchildren == 0)
		return;
	pds_str_append(b, "<");
	for (i = 0; i < t->nchildren; i++)
	{
		if (i > 0)
			pds_str_append(b, ",");
		if (t->names)
			pds_str_appendf(b, "%s:", t->names[i]);
		spell(&t->children[i], b);
	}
	pds_str_append(b, ">");
}

/* want NULL: an error */
static void
check(const char *text, const char *want)
{
	PdsHiveType t;
	PdsError	err;
	PdsStr		got;
	char		what[200];

	pds_str_init(&got);
	snprintf(what, sizeof(what), "\"%.150s\"", text);
	pds_error_clear(&err);
	if (pds_hive_type_parse(text, &t, &err))
	{
		spell(&t, &got);
		pds_hive_type_clear(&t);
		unit_str(pds_str_text(&got), want, what, __FILE__, __LINE__);
	}
	else if (want)
		unit_str(err.message, want, what, __FILE__, __LINE__);
	else
		CHECK_MSG(err.kind == PDS_ERR_CONFIG && err.message[0] && t.nchildren == 0, what);
	pds_str_free(&got);
}

static void
test_primitives(void)
{
	static const char *const same[] = {"boolean", "tinyint", "smallint", "int", "bigint", "float",
	"double", "string", "date", "timestamp", "timestamptz", "time", "binary", NULL};
	static const char *const other[] = {"void", "unknown", "uuid", "ipaddress", "json", "interval",
		"interval year to month", "interval_day_time", "set<int>", "hyperloglog",
	"a_type_whose_name_is_much_longer_than_any_name_we_know", NULL};
	int			i;

	for (i = 0; same[i]; i++)
		check(same[i], same[i]);
	for (i = 0; other[i]; i++)
		check(other[i], "other");
	check("integer", "int");
	check("long", "bigint");
	check("real", "float");
	check("varbinary", "binary");
	check("double precision", "double");
	check("timestamp with time zone", "timestamptz");
	check("timestamp with local time zone", "other");
	check("decimal", "decimal(10,0)");
	check("decimal(5)", "decimal(5,0)");
	check("decimal(38,38)", "decimal(38,38)");
	check("numeric(10,2)", "decimal(10,2)");
	check("varchar", "varchar(0)");
	check("varchar(1)", "varchar(1)");
	check("varchar(65535)", "varchar(65535)");
	check("char", "char(1)");
	check("char(255)", "char(255)");
}

static void
test_spelling(void)
{
	check("STRING", "string");
	check("BigInt", "bigint");
	check("  int\t", "int");
	check("DECIMAL ( 10 , 2 )", "decimal(10,2)");
	check(" varchar( 7 )", "varchar(7)");
	check("Timestamp With Time Zone", "timestamptz");
	check("ARRAY < INT >", "array<int>");
	check("map<string , array< date > >", "map<string,array<date>>");
	check("struct< a : int , B:string >", "struct<a:int,B:string>");
}

static void
test_nested(void)
{
	check("array<int>", "array<int>");
	check("array<decimal(10,2)>", "array<decimal(10,2)>");
	check("array<array<array<string>>>", "array<array<array<string>>>");
	check("map<string,decimal(3,1)>", "map<string,decimal(3,1)>");
	check("map<array<int>,int>", "map<array<int>,int>");
	check("struct<a:int>", "struct<a:int>");
	check("struct<a:int,b:struct<p:string,q:map<int,array<char(3)>>>,c:varchar(2)>",
		  "struct<a:int,b:struct<p:string,q:map<int,array<char(3)>>>,c:varchar(2)>");
	check("array<uniontype<int,string>>",
		  "array<uniontype<tag:tinyint,field0:int,field1:string>>");
	check("struct<u:uniontype<int,array<int>>,b:int>",
		  "struct<u:uniontype<tag:tinyint,field0:int,field1:array<int>>,b:int>");
	check("uniontype<array<int>,struct<a:int,b:decimal(3,1)>>",
		  "uniontype<tag:tinyint,field0:array<int>,field1:struct<a:int,b:decimal(3,1)>>");
	check("struct<a b:int, c :int>", "struct<a b:int,c:int>");
	check("struct<a:int comment 'the a', b:string COMMENT 'it, > too'>", "struct<a:int,b:string>");
	check("struct<a:int comment 'a \\' quote',b:date>", "struct<a:int,b:date>");
	check("struct<a:void comment 'x, >y',b:int>", "struct<a:other,b:int>");
	check("struct<col-1:int,2nd:int,$x:int>", "struct<col-1:int,2nd:int,$x:int>");
	check("struct<\xC3\xA9t\xC3\xA9:int>", "struct<\xC3\xA9t\xC3\xA9:int>");
}

static void
test_errors(void)
{
	static const char *const bad[] = {"", "  ", ",", "<int>", "(3)", "int int", "int,int", "int>",
		"int)", "int<int>", "decimal(39,0)", "decimal(0,0)", "decimal(5,6)", "decimal()",
		"decimal(", "decimal(10", "decimal(10,", "decimal(10,2", "decimal(1,2,3)", "decimal(-1,0)",
		"decimal(a)", "decimal(99999999999,0)", "varchar(0)", "varchar(65536)", "varchar(-1)",
		"varchar(4294967297)", "char(0)", "char(256)", "array", "array<", "array<>", "array<int",
		"array<int,int>", "array<int>>", "map", "map<int>", "map<int,>", "map<,int>",
		"map<int,int,int>", "map<int,int", "struct", "struct<", "struct<>", "struct<a>",
		"struct<a:>", "struct<:int>", "struct<a int>", "struct<a:int,>", "struct<a:int",
		"struct<a:int b:int>", "struct<a:struct<b:int>", "struct<a:int comment 'open>",
		"array<decimal(39,0)>", "struct<a:int,b:array<,c:int>", "uniontype<int", "uniontype<int>>",
	"interval,int", NULL};
	int			i;

	for (i = 0; bad[i]; i++)
		check(bad[i], NULL);
}

/* array<array<...int...>> */
static char *
nested(int depth)
{
	char	   *text = malloc((size_t) depth * 7 + 10);
	char	   *p = text;
	int			i;

	if (text == NULL)
		exit(2);
	for (i = 0; i < depth; i++)
		p += sprintf(p, "array<");
	p += sprintf(p, "int");
	for (i = 0; i < depth; i++)
		*p++ = '>';
	*p = '\0';
	return text;
}

static void
test_depth(void)
{
	static const int depths[] = {1, 10, 32, 33, 1000, 200000};
	size_t		i;

	for (i = 0; i < sizeof(depths) / sizeof(depths[0]); i++)
	{
		PdsHiveType t;
		PdsError	err;
		char	   *text = nested(depths[i]);
		char		what[60];
		bool		ok = pds_hive_type_parse(text, &t, &err);

		snprintf(what, sizeof(what), "nested %d deep", depths[i]);
		CHECK_MSG(ok == (depths[i] <= 32), what);
		if (ok)
			pds_hive_type_clear(&t);
		free(text);
	}
	/* side by side is not deep */
	check("struct<a:array<int>,b:array<int>,c:array<int>,d:array<int>,e:array<int>,f:array<int>,"
		  "g:array<int>,h:array<int>,i:array<int>,j:array<int>,k:array<int>,l:array<int>,"
		  "m:array<int>,n:array<int>,o:array<int>,p:array<int>,q:array<int>,r:array<int>,"
		  "s:array<int>,t:array<int>,u:array<int>,v:array<int>,w:array<int>,x:array<int>,"
		  "y:array<int>,z:array<int>,aa:array<int>,ab:array<int>,ac:array<int>,ad:array<int>,"
		  "ae:array<int>,af:array<int>,ag:array<int>,ah:array<int>>",
		  "struct<a:array<int>,b:array<int>,c:array<int>,d:array<int>,e:array<int>,f:array<int>,"
		  "g:array<int>,h:array<int>,i:array<int>,j:array<int>,k:array<int>,l:array<int>,"
		  "m:array<int>,n:array<int>,o:array<int>,p:array<int>,q:array<int>,r:array<int>,"
		  "s:array<int>,t:array<int>,u:array<int>,v:array<int>,w:array<int>,x:array<int>,"
		  "y:array<int>,z:array<int>,aa:array<int>,ab:array<int>,ac:array<int>,ad:array<int>,"
		  "ae:array<int>,af:array<int>,ag:array<int>,ah:array<int>>");
}

static void
check_equal(const char *a, const char *b, bool want)
{
	PdsHiveType ta;
	PdsHiveType tb;
	PdsError	err;
	char		what[200];
	bool		ok;

	snprintf(what, sizeof(what), "\"%s\" %s \"%s\"", a, want ? "equals" : "differs from", b);
	ok = pds_hive_type_parse(a, &ta, &err);
	ok = pds_hive_type_parse(b, &tb, &err) && ok;
	CHECK_MSG(ok && pds_hive_type_equal(&ta, &tb) == want && pds_hive_type_equal(&tb, &ta) == want,
			  what);
	pds_hive_type_clear(&ta);
	pds_hive_type_clear(&tb);
}

static void
test_equal(void)
{
	check_equal("int", "INTEGER", true);
	check_equal("int", "bigint", false);
	check_equal("decimal", "decimal(10,0)", true);
	check_equal("decimal(10,2)", "decimal( 10 , 2 )", true);
	check_equal("decimal(10,2)", "decimal(10,3)", false);
	check_equal("decimal(10,2)", "decimal(11,2)", false);
	check_equal("varchar", "string", false);
	check_equal("varchar(3)", "varchar(4)", false);
	check_equal("array<int>", "array<int>", true);
	check_equal("array<int>", "array<long>", false);
	check_equal("array<int>", "int", false);
	check_equal("map<int,string>", "map<string,int>", false);
	check_equal("struct<a:int,b:int>", "struct<a:int,b:int comment 'x'>", true);
	check_equal("struct<a:int,b:int>", "struct<a:int,c:int>", false);
	check_equal("struct<a:int,b:int>", "struct<a:int>", false);
	check_equal("struct<a:int,b:int>", "struct<b:int,a:int>", false);
	check_equal("struct<a:array<int>>", "struct<a:array<real>>", false);
}

/* as the engine itself answered */
static void
test_verdicts(void)
{
	static const struct
	{
		const char *text;
		PdsTypeVerdict want;
	}			cases[] = {
		{"int", PDS_TYPE_FINE}, {"STRING", PDS_TYPE_FINE}, {"Array<Int>", PDS_TYPE_FINE},
		{"decimal", PDS_TYPE_FINE}, {"decimal(5)", PDS_TYPE_FINE}, {"decimal(10,2)", PDS_TYPE_FINE},
		{"int(5)", PDS_TYPE_FINE}, {"timestamp(3)", PDS_TYPE_FINE}, {"varchar('5')", PDS_TYPE_FINE},
		{"struct<a:int,b :string>", PDS_TYPE_FINE}, {"struct<a b:int>", PDS_TYPE_FINE},
		{"array<struct<a:array<int>>>", PDS_TYPE_FINE}, {"uniontype<int>", PDS_TYPE_FINE},
		{"map<array<int>,int>", PDS_TYPE_FINE}, {"struct<a:int,>", PDS_TYPE_FINE},
		{"void", PDS_TYPE_NOT_SELECTED}, {"array<void>", PDS_TYPE_NOT_SELECTED},
		{"interval_year_month", PDS_TYPE_NOT_SELECTED},
		{"timestamp with local time zone", PDS_TYPE_NOT_SELECTED},
		{"integer", PDS_TYPE_REFUSED}, {"long", PDS_TYPE_REFUSED}, {"real", PDS_TYPE_REFUSED},
		{"numeric(10,2)", PDS_TYPE_REFUSED}, {"decimal( 10 , 2 )", PDS_TYPE_REFUSED},
		{"decimal(39,2)", PDS_TYPE_REFUSED}, {"decimal(5,6)", PDS_TYPE_REFUSED},
		{"decimal(5,2,1)", PDS_TYPE_REFUSED}, {"varchar", PDS_TYPE_REFUSED},
		{"varchar()", PDS_TYPE_REFUSED}, {"varchar(0)", PDS_TYPE_REFUSED},
		{"char", PDS_TYPE_REFUSED}, {"char(256)", PDS_TYPE_REFUSED},
		{"string ", PDS_TYPE_REFUSED}, {"array <int>", PDS_TYPE_REFUSED},
		{"map<string,int >", PDS_TYPE_REFUSED}, {"array<int", PDS_TYPE_REFUSED},
		{"struct<>", PDS_TYPE_REFUSED}, {"struct<a:b:int>", PDS_TYPE_REFUSED},
		{"struct<a:int comment 'x'>", PDS_TYPE_REFUSED}, {"unknown", PDS_TYPE_REFUSED},
		{"timestamp with time zone", PDS_TYPE_REFUSED}, {"time", PDS_TYPE_REFUSED},
		{"set<int>", PDS_TYPE_REFUSED}, {"", PDS_TYPE_REFUSED}, {"datetime", PDS_TYPE_REFUSED},
	};
	size_t		i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_MSG(pds_hive_type_verdict(cases[i].text) == cases[i].want, cases[i].text);
}

int
main(void)
{
	test_primitives();
	test_spelling();
	test_nested();
	test_verdicts();
	test_errors();
	test_depth();
	test_equal();
	return unit_done();
}
