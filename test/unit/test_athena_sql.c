/*
 * test_athena_sql.c
 *	  What a statement of the user's is, by hand and by a corpus in which Trino's
 *	  own parser has said it (test/athena_sql/fuzz.py --record).
 */
#include "unit.h"
#include "athena_sql_text.h"

/* "kind: text", or "kind, why" */
static const char *
read_sql(const char *sql)
{
	static char out[4096];
	PdsAthenaSql s;

	CHECK_MSG(pds_athena_sql_read(sql, &s), "it is read");
	snprintf(out, sizeof(out), "%s%s%s%s", kind_name(s.kind),
			 s.balanced || s.kind == PDS_SQL_OTHER ? "" : " unbalanced",
			 s.why ? ", " : ": ", s.why ? s.why : pds_str_text(&s.text));
	pds_athena_sql_free(&s);
	return out;
}

static void
test_by_hand(void)
{
	CHECK_STR(read_sql("SELECT 1 ; -- done\n ; "), "query: SELECT 1");
	CHECK_STR(read_sql("--\rDROP TABLE d.t /*\nSELECT */"), "other:    DROP TABLE d.t");
	CHECK_STR(read_sql("--\nDROP TABLE d.t /*\rSELECT */"), "other:   \nDROP TABLE d.t");
	CHECK_STR(read_sql("/* /* */ DROP TABLE t -- */ SELECT 1"), "other:          DROP TABLE t");
	CHECK_STR(read_sql("SELECT/*é\n*/1 - --x\n-2"), "query: SELECT   \n  1 -    \n-2");
	CHECK_STR(read_sql("SELECT '--', \"/*\", `--` FROM t"), "query: SELECT '--', \"/*\", `--` FROM t");
	CHECK_STR(read_sql("SELECT 'a''--', U&'\\0041' UESCAPE '!'"), "query: SELECT 'a''--', U&'\\0041' UESCAPE '!'");
	CHECK_STR(read_sql("SELECT 1; DROP TABLE t"), "other, It is more than one statement.");
	CHECK_STR(read_sql("SELECT 'x"), "other, A text in quotes does not end.");
	CHECK_STR(read_sql("SELECT 1 /* x"), "other, A comment does not end.");
	CHECK_STR(read_sql("SELECT '\\'"), "query: SELECT '\\'");
	/* for Hive, the text goes on to the next quote but one */
	CHECK_STR(read_sql("WITH a AS (SELECT '\\', ') INSERT INTO t --') SELECT 1"),
			  "other, A backslash stands before a quote: engines read that in two ways.");
	CHECK_STR(read_sql("ALTER TABLE t SET TBLPROPERTIES ('a' = 'it\\'s -- so') ;"),
			  "other: ALTER TABLE t SET TBLPROPERTIES ('a' = 'it\\'s -- so')");
	CHECK_STR(read_sql("\xc5\xbf" "ELECT 1"), "other: \xc5\xbf" "ELECT 1");
	CHECK_STR(read_sql("SELECT \xc3\xa9"),
			  "other, It has letters beyond ASCII outside of quotes: such names need double quotes.");
	CHECK_STR(read_sql("SELECT * FROM TABLE(system.query(query => 'DELETE FROM t'))"),
			  "other, A table function of a connector hands a statement to another system.");
	CHECK_STR(read_sql("SELECT * FROM table/**/(sequence(1, 3)), TABLE(\"sequence\"(1, 3))"),
			  "other, A table function of a connector hands a statement to another system.");
	CHECK_STR(read_sql("EXPLAIN ANALYZE INSERT INTO t SELECT 1"), "other: EXPLAIN ANALYZE INSERT INTO t SELECT 1");
	CHECK_STR(read_sql("explain analyze verbose (type io) table t"), "reads: explain analyze verbose (type io) table t");
	CHECK_STR(read_sql("SELECT 1) TO 's3://x/' --"), "query unbalanced: SELECT 1) TO 's3://x/'");
	CHECK_STR(read_sql(""), "other: ");
	CHECK_STR(read_sql(" ; /* */ ;"), "other: ");
}

/* Does Trino's parser say that it changes nothing? */
static int
only_reads(const char *kind)
{
	if (strncmp(kind, "Explain ", 8) == 0)
		return strncmp(kind + 8, "Query", 5) == 0 && only_reads(kind + 8);
	if (strncmp(kind, "ExplainAnalyze ", 15) == 0)
		return strncmp(kind + 15, "Query", 5) == 0 && only_reads(kind + 15);
	return strcmp(kind, "Query") == 0 || strcmp(kind, "Query TABLE(sequence)") == 0 ||
		strcmp(kind, "Query TABLE(exclude_columns)") == 0 ||
		strncmp(kind, "Show", 4) == 0 || strncmp(kind, "Describe", 8) == 0;
}

static void
test_corpus(void)
{
	static char line[65536];
	static char shown[65536];
	char		path[1024];
	FILE	   *f;
	int			lines = 0;
	int			wrong = 0;

	snprintf(path, sizeof(path), "%s/test/athena_sql/corpus.tsv", getenv("PDS_TOP") ? getenv("PDS_TOP") : "../..");
	f = fopen(path, "r");
	CHECK_MSG(f != NULL, path);
	while (f && fgets(line, sizeof(line), f))
	{
		char	   *spelling = line;
		char	   *sent = strchr(line, '\t');
		char	   *kind = sent ? strchr(sent + 1, '\t') : NULL;
		char	   *kind_sent = kind ? strchr(kind + 1, '\t') : NULL;
		PdsAthenaSql s;
		int			ok;

		if (kind_sent == NULL)
			continue;
		*sent++ = *kind++ = *kind_sent++ = '\0';
		kind_sent[strcspn(kind_sent, "\n")] = '\0';
		unescape_text(spelling);
		lines++;
		ok = pds_athena_sql_read(spelling, &s) &&
			strcmp(escape_text(pds_str_text(&s.text), shown), sent) == 0;
		if (s.kind == PDS_SQL_OTHER)
			ok = ok && (!only_reads(kind) || strchr(spelling, '\\'));
		else
			ok = ok && (strcmp(kind_sent, "error") == 0 || only_reads(kind_sent)) &&
				(strcmp(kind, "error") == 0 || strcmp(kind, kind_sent) == 0);
		if (!ok)
		{
			wrong++;
			printf("# %s | %s | %s | %s | %s\n", kind_name(s.kind), shown, sent, kind, kind_sent);
		}
		pds_athena_sql_free(&s);
	}
	if (f)
		fclose(f);
	CHECK_MSG(lines > 500, "there is a corpus");
	CHECK_MSG(wrong == 0, "it is judged as Trino's parser does");
}

int
main(void)
{
	test_by_hand();
	test_corpus();
	return unit_done();
}
