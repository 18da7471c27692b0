# Options of fields, of a table and of a column: texts for NULL, quotes and NULL, blanks, separators in numbers, formats of dates, defaults.
# Every way of reading gives the same rows; what is written reads back the same.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_rules');
fresh_bucket('pds-rules');
run_python(<<'PY');
import boto3, gzip
s3 = boto3.client("s3")
def put(key, body):
    s3.put_object(Bucket="pds-rules", Key=key, Body=body if isinstance(body, bytes) else body.encode())
put("nulls/a.csv", '1,x\nNA,"NA"\n,\n-999,n/a\n"",NULL\n')
put("force/a.csv", '1,,\n2,"",""\n3,a,b\n')
put("force_slow/a.csv", '1,,,x"y"z\n2,"","",x"y"z\n')
put("trim/a.csv", '  1 , "a b"  ,  c  \n2\t,\tx"y"z ,"  d "\n 3, , ""\n')
put("euro/a.csv", '1;1.234,50;-1.234.567,125;1.000\n2;0,5;,5;12\n3;12;1e3;\n')
put("euro_bad/a.csv", '1;1.23,5\n2;12,34,5\n3;1234,5\n4;1.234,5\n5;0.5\n6;1.2345\n7;NaN\n')
put("us/a.csv", '1,"1,234.5"\n2,"12,34"\n3,1234.5\n')
put("dates/a.csv", '31.01.2024,31/1/24 23:05:06,Jan 5 2024 1:02 PM\n1.2.2024,01/12/99 00:00:00,december 31 2023 12:00 am\n29.02.2023,32/1/24 00:00:00,x\n')
put("micro/a.csv", '2024-01-02T03:04:05.1\n2024-01-02T03:04:05.123456\n')
put("nulls_opencsv/a.csv", '1,NA,  NA ,-\n2,"NA","NA","n/a"\n3,"a\\"b"," NA x","--"\n4,n\\/a,x,""\n')
put("default/a.csv", '1,\\D,\\D\n2,b,3\n3,"\\D",4\n')
put("default_none/a.csv", '\\D\n')
put("many/a.csv", "".join('%d;%d,%02d;%s\n' % (i, i, i % 100, "NA" if i % 10 == 0 else "t%d" % i) for i in range(20000)))
put("many_zip/a.csv.gz", gzip.compress("".join('%d;%d,%02d;%s\n' % (i, i, i % 100, "NA" if i % 10 == 0 else "t%d" % i) for i in range(20000)).encode(), mtime=0))
glue = boto3.client("glue")
try:
    glue.delete_database(Name="rules")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "rules"})
columns = [{"Name": "n", "Type": "int"}, {"Name": "v", "Type": "double"}, {"Name": "t", "Type": "string"}]
for name, more in ("glued", []), ("walked", [{"Name": "d", "Type": "date"}, {"Name": "ts", "Type": "timestamp"}]):
    glue.create_table(DatabaseName="rules", TableInput={"Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"}, "PartitionKeys": [],
        "StorageDescriptor": {"Columns": columns + more, "Location": "s3://pds-rules/many/",
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat", "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ";"}}}})
PY
create_server('aws', output_location => 's3://pds-rules/athena/');

sub table
{
	my ($name, $columns, $options, $folder) = @_;
	$folder //= $name;
	psql_ok("CREATE FOREIGN TABLE $name ($columns) SERVER aws OPTIONS (location 's3://pds-rules/$folder/', $options)", "table $name");
	return;
}
my $null = '\pset null [null]' . "\n";

# --- texts for NULL ----------------------------------------------------------------------------------------------
table('nulls', 'n text, t text', q(format 'csv', null '["NA", "", "n/a", "-999"]'));
same_everywhere("${null}SELECT * FROM nulls", "1|x\n[null]|NA\n[null]|[null]\n[null]|[null]\n|NULL", 'a list of texts for NULL');
same_everywhere('SELECT count(*), count(n), count(t) FROM nulls', '5|2|3', 'counted');
same_everywhere("SELECT count(*) FROM nulls WHERE n IS NULL", '3', 'a condition');
table('nulls_column', q(n int OPTIONS (null '["NA", "-999", ""]'), t text), q(format 'csv', null 'NULL', on_error 'stop'), 'nulls');
psql_fails('SELECT n FROM nulls_column', qr/22P02.*""/s, 'of a column: quoted it is none');
psql_value('ALTER FOREIGN TABLE nulls_column ALTER COLUMN n OPTIONS (ADD force_null \'true\')');
same_everywhere("${null}SELECT * FROM nulls_column", "1|x\n[null]|NA\n[null]|\n[null]|n/a\n[null]|[null]", 'of a column');
table('nulls_lazy', 'n text, t text', q(format 'lazysimple', delimiter ',', null '["NA", "-999"]'), 'nulls');
same_everywhere("${null}SELECT n FROM nulls_lazy", qq(1\n[null]\n\n[null]\n""), 'lazysimple');
is(psql_value("${null}SELECT * FROM pds.read_csv('aws', 's3://pds-rules/nulls/', header => false, \"null\" => '[\"NA\", \"\", \"n/a\"]') AS t (n text, t text)"),
	"1|x\n[null]|NA\n[null]|[null]\n-999|[null]\n|NULL", 'read_csv');
psql_fails("IMPORT FOREIGN SCHEMA \"s3://pds-rules/nulls/\" FROM SERVER aws INTO public OPTIONS (null '[\"NA\", \"\"]')", qr/HV024.*one text for NULL/s, 'IMPORT takes one');
psql_fails(q(ALTER FOREIGN TABLE nulls OPTIONS (SET null '[]')), qr/HV024.*list must not be empty/s, 'an empty list');
is(psql_value(q(ALTER FOREIGN TABLE nulls OPTIONS (SET null '[x'); SELECT count(n) FROM nulls)), 5, 'what is no list is a text');

# --- force_null, force_not_null ----------------------------------------------------------------------------------
table('force', q(i int, a text OPTIONS (force_not_null 'true'), b text OPTIONS (force_null 'true')), q(format 'csv'));
same_everywhere("${null}SELECT * FROM force", "1||[null]\n2||[null]\n3|a|b", 'of columns');
table('force_slow', q(i int, a text OPTIONS (force_not_null 'true'), b text OPTIONS (force_null 'true'), c text OPTIONS (force_null 'true')), q(format 'csv'));
same_everywhere("${null}SELECT * FROM force_slow", "1||[null]|xyz\n2||[null]|xyz", 'of a record with quotes within a field');
table('force_all', 'i int, a text, b text', q(format 'csv', force_null 'true'), 'force');
same_everywhere("${null}SELECT a, b FROM force_all", "[null]|[null]\n[null]|[null]\na|b", 'force_null of the table');
same_everywhere("SELECT count(a) FROM force_all", '1', 'counted');
psql_fails("CREATE FOREIGN TABLE pg_temp.x (a text OPTIONS (force_null 'true')) SERVER aws OPTIONS (location 's3://pds-rules/force/', format 'lazysimple'); SELECT * FROM pg_temp.x", qr/HV024.*is for format csv/s, 'for csv only');

# --- trim --------------------------------------------------------------------------------------------------------
table('trim', 'i int, a text, b text', q(format 'csv', trim 'true'));
same_everywhere(qq(${null}SELECT i, '<' || a || '>', '<' || b || '>' FROM trim), "1|<a b>|<c>\n2|<xyz>|<  d >\n3|[null]|<>", 'blanks outside quotes go');
same_everywhere("SELECT i FROM trim WHERE b = 'c'", '1', 'a condition');
table('trim_lazy', q(i int, a text OPTIONS (trim 'true'), b text), q(format 'lazysimple', delimiter ','), 'trim');
same_everywhere(q(SELECT '<' || a || '>' FROM trim_lazy LIMIT 1), '<"a b">', 'lazysimple: quotes are data');
table('trim_opencsv', q(i text, a text, b text OPTIONS (trim 'true')), q(format 'opencsv'), 'trim');
same_everywhere(q(SELECT '<' || b || '>' FROM trim_opencsv LIMIT 1), '<c>', 'opencsv');

# --- separators --------------------------------------------------------------------------------------------------
for my $format ('csv', 'lazysimple')
{
	table("euro_$format", 'i int, a numeric(10,2), b double precision, c bigint', "format '$format', delimiter ';', decimal_separator ',', thousands '.'", 'euro');
	same_everywhere("${null}SELECT * FROM euro_$format", "1|1234.50|-1234567.125|1000\n2|0.50|0.5|12\n3|12.00|1000|[null]", "$format: decimal comma, points of thousands");
	same_everywhere("SELECT i FROM euro_$format WHERE a > 1000", '1', "$format: a condition");
	same_everywhere("SELECT sum(a), max(b), min(c) FROM euro_$format", '1247.00|1000|12', "$format: aggregates");
}
table('euro_bad', 'i int, a numeric', q(format 'csv', delimiter ';', decimal_separator ',', thousands '.', on_error 'null'));
same_everywhere("${null}SELECT * FROM euro_bad", "1|[null]\n2|[null]\n3|1234.5\n4|1234.5\n5|[null]\n6|[null]\n7|NaN", 'separators elsewhere are malformed');
is(psql_value('SELECT count(a) FROM euro_bad; SELECT record, value, message FROM pds.rejects LIMIT 1'), "3\n1|1.23,5|a number of column \"a\" has separators where they cannot be", 'and to be seen');
table('us', q(i int, a numeric OPTIONS (thousands ',')), q(format 'csv', on_error 'null'));
same_everywhere("${null}SELECT * FROM us", "1|1234.5\n2|[null]\n3|1234.5", 'thousands of a column');
psql_fails("CREATE FOREIGN TABLE pg_temp.x (a text OPTIONS (thousands ',')) SERVER aws OPTIONS (location 's3://pds-rules/x/'); SELECT * FROM pg_temp.x", qr/HV024.*is for numbers/s, 'a column of text');
psql_fails("CREATE FOREIGN TABLE pg_temp.x (a int) SERVER aws OPTIONS (location 's3://pds-rules/x/', decimal_separator ',', thousands ','); SELECT * FROM pg_temp.x", qr/HV024.*must differ/s, 'both the same');
psql_fails("CREATE FOREIGN TABLE pg_temp.x (a int) SERVER aws OPTIONS (location 's3://pds-rules/x/', thousands '.'); SELECT * FROM pg_temp.x", qr/HV024.*must differ\nHINT:  Without decimal_separator that is the point: set it, too/s, 'points of thousands alone');
psql_fails("CREATE FOREIGN TABLE pg_temp.x (a int) SERVER aws OPTIONS (location 's3://pds-rules/x/', decimal_separator '5')", qr/HV024.*no digit/s, 'a digit');

# --- dates -------------------------------------------------------------------------------------------------------
my $dates = q(d date OPTIONS (date_format '%d.%m.%Y'), a timestamp OPTIONS (timestamp_format '%d/%m/%y %H:%M:%S'), b timestamp OPTIONS (timestamp_format '%b %d %Y %I:%M %p'));
table('dates', $dates, q(format 'csv', on_error 'null'));
my $read = "2024-01-31|2024-01-31 23:05:06|2024-01-05 13:02:00\n2024-02-01|1999-12-01 00:00:00|2023-12-31 00:00:00\n[null]|[null]|[null]";
same_everywhere("${null}SELECT * FROM dates", $read, 'dates by their formats');
same_everywhere("SELECT count(*) FROM dates WHERE d > '2024-01-15'", '2', 'a condition');
table('dates_lazy', $dates, q(format 'lazysimple', delimiter ','), 'dates');
same_everywhere("${null}SELECT * FROM dates_lazy", $read, 'lazysimple: what is not of the format is NULL');
table('dates_table', 'd date, a text, b text', q(format 'csv', date_format '%d.%m.%Y', on_error 'skip'), 'dates');
is(psql_value('SELECT d FROM dates_table; SELECT message FROM pds.rejects'), "2024-01-31\n2024-02-01\na value of column \"d\" is not of the format \"%d.%m.%Y\"", 'of a table');
table('dates_both', q(d date OPTIONS (date_format '%d.%m.%Y'), a text, b text), q(format 'csv', date_format '%Y/%m/%d', on_error 'skip'), 'dates');
is(psql_value('SELECT d FROM dates_both'), "2024-01-31\n2024-02-01", 'of a column, instead of the table\'s');
table('micro', 'a timestamp', q(format 'csv', timestamp_format '%Y-%m-%dT%H:%M:%S.%f'));
is(psql_value('SELECT * FROM micro'), "2024-01-02 03:04:05.1\n2024-01-02 03:04:05.123456", 'microseconds');
is(psql_value("ALTER FOREIGN TABLE micro ALTER a TYPE timestamptz; SET TimeZone = 'Europe/Berlin'; SELECT a AT TIME ZONE 'UTC' FROM micro LIMIT 1"), '2024-01-02 02:04:05.1', 'with time zone: that of the session');
psql_fails("CREATE FOREIGN TABLE pg_temp.x (a date) SERVER aws OPTIONS (location 's3://pds-rules/x/', date_format '$_->[0]')", qr/HV024.*$_->[1]/s, "format $_->[0]")
  for [ 'dd.MM.yyyy', 'year, month and day' ], [ '%d.%m', 'year, month and day' ], [ '%d.%m.%Y %Q', 'not known' ];
psql_fails("CREATE FOREIGN TABLE pg_temp.x (a date OPTIONS (date_format '%d.%m.%Y')) SERVER aws OPTIONS (location 's3://pds-rules/x/', format 'opencsv'); SELECT * FROM pg_temp.x", qr/HV024.*number of days/s, 'opencsv has none');

# --- default -----------------------------------------------------------------------------------------------------
psql_ok('CREATE SEQUENCE numbers', 'a sequence');
table('default_', q(i int, a text DEFAULT 'none', b bigint DEFAULT nextval('numbers')), q(format 'csv', default '\D'), 'default');
is(psql_value('SELECT * FROM default_'), "1|none|1\n2|b|3\n3|\\D|4", 'the default of the column, quoted it is a value');
is(psql_value("SELECT i FROM default_ WHERE a = 'none'"), '1', 'a condition');
table('default_none', 'a text', q(format 'csv', default '\D'));
psql_fails('SELECT * FROM default_none', qr/22P02.*unexpected default marker: column "a" has no default/s, 'a column without one');

psql_ok("CREATE FUNCTION who() RETURNS text LANGUAGE sql AS 'SELECT current_user::text'; ALTER FOREIGN TABLE default_ ALTER a SET DEFAULT who()", 'a default by a function of a user');
psql_fails('SELECT * FROM default_', qr/0A000.*not built in/s, 'is not evaluated');
is(psql_value('SELECT i FROM default_'), "1\n2\n3", 'unless the column is not read');

# --- many records, several processes, gzip -----------------------------------------------------------------------
for my $folder (qw(many many_zip))
{
	table($folder, q(n int, v numeric, t text), q(format 'csv', delimiter ';', decimal_separator ',', null '["NA", "t7"]'));
	same_everywhere("SELECT count(*), sum(v), count(t), max(n) FROM $folder WHERE v > 10", '19990|199999854.55|17991|19999', $folder);
	is(psql_value("ANALYZE $folder; SELECT null_frac > 0.05 FROM pg_stats WHERE tablename = '$folder' AND attname = 't'"), 't', "$folder: ANALYZE");
}

# --- who reads it ------------------------------------------------------------------------------------------------
psql_ok("CREATE FOREIGN TABLE glued (n int OPTIONS (glue_type 'int'), v double precision OPTIONS (glue_type 'double', decimal_separator ','), t text OPTIONS (glue_type 'string')) SERVER aws OPTIONS (database 'rules', table_name 'glued')", 'a table of Glue');
is(psql_value('SELECT v FROM glued WHERE n = 1234'), '1234.34', 'an option of a column: read directly');
like(psql_value('EXPLAIN SELECT * FROM glued'), qr/Not by Athena: options of column "v" say how to read it here/, 'EXPLAIN says why');
psql_fails('SET pds.engine = athena; SELECT * FROM glued', qr/0A000.*options of column "v"/s, 'Athena is not asked');

# each option that changes rows, of the table and of a column
psql_ok('IMPORT FOREIGN SCHEMA rules LIMIT TO (walked) FROM SERVER aws INTO public', 'a table of Glue with a column of each kind');
unlike(psql_value('EXPLAIN SELECT * FROM walked'), qr/Not by Athena/, 'without options Athena could read it');
for my $case ([ location => 's3://pds-rules/euro/' ], [ format => 'opencsv' ], [ delimiter => ',' ], [ quote => '"' ], [ escape => '\\' ], [ null => 'NA' ], [ null => '["NA", ""]' ],
	[ trim => 'true' ], [ decimal_separator => ',' ], [ thousands => ',' ], [ date_format => '%d.%m.%Y' ], [ timestamp_format => '%d.%m.%Y %H:%M' ], [ default => '\D' ], [ header => 'true' ],
	[ skip => '1' ], [ comment => '#' ], [ encoding => 'LATIN1' ], [ encoding => 'UTF-16' ], [ compression => 'gzip' ], [ on_error => 'stop' ], [ on_error => 'ignore' ])
{
	my ($option, $value) = @$case;
	like(psql_value("BEGIN; ALTER FOREIGN TABLE walked OPTIONS (ADD $option '$value'); EXPLAIN SELECT * FROM walked"), qr/Not by Athena: its options say how to read it here/,
		"$option '$value': read here only, as EXPLAIN says");
}
for my $case ([ "format 'csv'", qr/format csv has no counterpart/ ], [ "format 'csv', ADD null_padding 'true', ADD force_null 'true', ADD force_not_null 'true'", qr/format csv/ ], [ "header 'names'", qr/the header of each object/ ], [ "header 'match'", qr/the header of each object/ ])
{
	like(psql_value("BEGIN; ALTER FOREIGN TABLE walked OPTIONS (ADD $case->[0]); EXPLAIN SELECT * FROM walked"), qr/Not by Athena: .*$case->[1]/, "$case->[0]: read here only, as EXPLAIN says");
}
for my $case ([ t => null => 'NA' ], [ t => null => '["NA", ""]' ], [ t => trim => 'true' ], [ v => decimal_separator => ',' ], [ n => thousands => ',' ], [ d => date_format => '%d.%m.%Y' ],
	[ ts => timestamp_format => '%d.%m.%Y %H:%M' ])
{
	my ($column, $option, $value) = @$case;
	like(psql_value("BEGIN; ALTER FOREIGN TABLE walked ALTER COLUMN $column OPTIONS (ADD $option '$value'); EXPLAIN SELECT * FROM walked"),
		qr/Not by Athena: options of column "$column" say how to read it here/, "$option '$value' of a column: read here only, as EXPLAIN says");
}

# --- opencsv: escapes and quotes go before a text is NULL, blanks before both -----------------------------------------
table('nulls_opencsv', q(i text, a text OPTIONS (null '["NA", "a\"b"]'), b text OPTIONS (null 'NA', trim 'true'), c text), q(format 'opencsv', null '["-", "n/a"]'));
same_everywhere("${null}SELECT * FROM nulls_opencsv ORDER BY i", "1|[null]|[null]|[null]\n2|[null]|[null]|[null]\n3|[null]|NA x|--\n4|n/a|x|", 'opencsv: texts for NULL');

# --- writing: it reads back the same -----------------------------------------------------------------------------
sub written
{
	my ($name, $columns, $options, $values, $refused) = @_;
	table("w_$name", $columns, $options);
	psql_ok("INSERT INTO w_$name VALUES $values; CREATE TABLE want_$name AS SELECT * FROM w_$name LIMIT 0; INSERT INTO want_$name VALUES $values", "$name: written");
	is(psql_value("SELECT count(*) FROM ((TABLE w_$name EXCEPT ALL TABLE want_$name) UNION ALL (TABLE want_$name EXCEPT ALL TABLE w_$name)) x"), '0', "$name: reads back the same");
	psql_fails("INSERT INTO w_$name VALUES $_->[0]", $_->[1], "$name: $_->[0] is refused") for @{ $refused // [] };
	return;
}
my $euro = q(decimal_separator ',', thousands '.');
written('euro', 'a numeric, b double precision, c int', "format 'csv', $euro", "(1234567.25, -0.5, 1000000), (NULL, 1e300, -1), ('NaN', 'Infinity', 0)");
written('euro_lazy', 'a numeric(12,2), b double precision, c int', "format 'lazysimple', delimiter ';', $euro", '(1234567.25, -0.5, 1000000), (NULL, 1e300, -1)');
written('dates', $dates, q(format 'csv'), "('2024-01-31', '2024-01-31 23:05:06', '2024-01-05 13:02'), (NULL, NULL, '2023-12-31 00:00')",
	[ [ "(NULL, NULL, '2023-12-31 00:00:01')", qr/22023.*does not read back/s ], [ "(NULL, '1924-01-31', NULL)", qr/22023.*does not read back/s ], [ "('infinity', NULL, NULL)", qr/22023.*does not read back/s ] ]);
written('nulls', 'a text, b text', q(format 'csv', null '["NA", "", "n/a"]'), q(('NA', ''), (NULL, 'n/a'), ('x', NULL)));
written('nulls_column', q(a text OPTIONS (null '["-", ""]'), b text), q(format 'csv', null 'NULL'), q(('-', 'NULL'), (NULL, NULL), ('', '-')));
written('nulls_lazy', 'a text, b text', q(format 'lazysimple', delimiter ',', null '["NA", "n/a"]'), q((NULL, 'x'), ('y', NULL)), [ [ "('n/a', 'x')", qr/22023.*stands for NULL/s ] ]);
written('force', q(a text OPTIONS (force_not_null 'true'), b text OPTIONS (force_null 'true')), q(format 'csv'), q(('', NULL), ('x', 'y')),
	[ [ '(NULL, NULL)', qr/22023.*force_not_null/s ], [ "('', '')", qr/22023.*force_null/s ] ]);
written('trim', 'a text, b text', q(format 'csv', trim 'true'), q((' x ', E'\t'), (NULL, ' '), ('a b', '')));
written('trim_lazy', 'a text, b text', q(format 'lazysimple', delimiter ',', trim 'true'), q(('x', 'a b')), [ [ "(' x', 'y')", qr/22023.*trim/s ] ]);
written('default', q(a text DEFAULT 'd', b text), q(format 'csv', default '\D'), q(('\D', '\D'), ('d', NULL)));
done_testing();
