/*
 * athena_sql_check.c
 *	  Each line of input is a statement (\n, \r, \t, \f, \v and \\ escaped); each
 *	  line of output its kind and what would be sent, with a tab between them.
 *	  test/athena_sql/fuzz.py compares that with Trino's parser.
 */
#include "athena_sql_text.h"

int
main(void)
{
	static char line[1 << 20];
	static char shown[2 << 20];

	while (fgets(line, sizeof(line), stdin))
	{
		PdsAthenaSql s;

		line[strcspn(line, "\n")] = '\0';
		unescape_text(line);
		if (!pds_athena_sql_read(line, &s))
			return 2;
		printf("%s\t%s\n", kind_name(s.kind), escape_text(pds_str_text(&s.text), shown));
		pds_athena_sql_free(&s);
	}
	return 0;
}
