# Databases of other encodings and locale providers, and virtual generated columns: what is read, written and sent.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_databases');
my $version = psql_value('SHOW server_version_num');
my $setup = <<"SQL";
CREATE EXTENSION IF NOT EXISTS pds_fdw;
CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1', endpoint_url '$ENV{AWS_ENDPOINT_URL}', output_location 's3://pds-databases/r/');
CREATE USER MAPPING FOR CURRENT_USER SERVER aws OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}');
CREATE FOREIGN TABLE g (a int OPTIONS (glue_type 'int'), s text OPTIONS (glue_type 'string')) SERVER aws OPTIONS (database 'd', table_name 't', engine 'athena');
SQL
fresh_bucket('pds-databases');
run_python(<<'PY');
import boto3
s3 = boto3.client("s3")
s3.put_object(Bucket="pds-databases", Key="utf8/a.csv", Body="1,é\n2,plain\n".encode())
s3.put_object(Bucket="pds-databases", Key="latin/a.csv", Body="1,é\n2,plain\n".encode("latin1"))
s3.put_object(Bucket="pds-databases", Key="virtual/a.csv", Body=b"1,one,10\n2,two,20\n")
PY

# the objects below a prefix, in hex
sub bytes_of
{
	return run_python(<<'PY', $_[0]);
import boto3, sys
s3 = boto3.client("s3")
keys = sorted(o["Key"] for o in s3.list_objects_v2(Bucket="pds-databases", Prefix=sys.argv[1]).get("Contents", []))
print("".join(s3.get_object(Bucket="pds-databases", Key=k)["Body"].read().hex() for k in keys))
PY
}

# another database, for what follows
sub database
{
	my ($options) = @_;

	local $ENV{PGDATABASE} = 'postgres';
	psql_ok('DROP DATABASE IF EXISTS pds_databases_other', 'no such database');
	psql_ok("CREATE DATABASE pds_databases_other TEMPLATE template0 $options", "a database: $options");
	return 'pds_databases_other';
}

# the condition that is sent, '' where it stays here
sub sent
{
	my ($condition) = @_;
	my ($sql) = psql_value("EXPLAIN (COSTS OFF, VERBOSE) SELECT a FROM g WHERE $condition") =~ /Remote SQL: .*?FROM "d"\."t"(?: WHERE )?(.*)/;

	return $sql;
}
my $sorted = 'EXPLAIN (COSTS OFF, VERBOSE) SELECT a FROM g ORDER BY s';

# ---- SQL_ASCII ----

{
	local $ENV{PGDATABASE} = database("ENCODING 'SQL_ASCII' LOCALE 'C'");
	local $ENV{PGCLIENTENCODING} = 'SQL_ASCII';

	psql_ok($setup, 'SQL_ASCII');
	psql_ok("CREATE FOREIGN TABLE $_->[0] (a int, s text) SERVER aws OPTIONS (location 's3://pds-databases/$_->[1]/', format 'csv' $_->[2])", "table $_->[0]")
	  for (['utf8', 'utf8', ''], ['latin', 'latin', ''], ['said', 'latin', ", encoding 'LATIN1'"], ['written', 'ascii', '']);
	is(psql_value("SELECT a, s, octet_length(s), s = 'é' FROM utf8 ORDER BY 1"), "1|é|2|t\n2|plain|5|f", 'bytes as they are');
	is(psql_value("SELECT encode(s::bytea, 'hex') FROM said WHERE a = 1"), 'e9', 'of a table with an encoding, too');
	psql_fails('SELECT s FROM latin', qr/22021.*0xe9/s, 'without one they have to be UTF-8');
	psql_ok("INSERT INTO written VALUES (1, 'é')", 'INSERT');
	is(bytes_of('ascii/'), unpack('H*', "1,\xc3\xa9\n"), 'writes bytes as they are');
	psql_fails("INSERT INTO written VALUES (2, convert_from('\\xff', 'SQL_ASCII'))", qr/22021.*0xff/s, 'of UTF-8, as whoever reads them expects');
	is(sent("s = 'x'"), q{("s" = 'x')}, 'a constant of ASCII is sent');
	is(sent("s = 'é'"), '', 'another is not');
	like(psql_value("SET plan_cache_mode = force_generic_plan; PREPARE p(text) AS SELECT a FROM g WHERE s = \$1; EXPLAIN (COSTS OFF, VERBOSE) EXECUTE p('x')"),
		qr/Filter: .*Remote SQL: [^\n]* WHERE \("s" = \$1\)/s, 'a parameter is, and evaluated here, too');
	is(sent("s LIKE 'x%'"), q{("s" LIKE 'x%')}, 'LIKE is sent');
	is(sent("s LIKE 'x_'"), '', 'but not where a character counts, which is a byte here');
	is(sent("s NOT LIKE '%_'"), '', 'nor negated');
	is(sent($_), '', "$_ is not") for ("s < 'x'", "upper(s) = 'X'", 'length(s) = 1', "substr(s, 1, 1) = 'x'");
	unlike(psql_value($sorted), qr/Remote SQL: .*ORDER BY/, 'texts are sorted here');
}

# ---- LATIN1 ----

{
	local $ENV{PGDATABASE} = database("ENCODING 'LATIN1' LOCALE 'C'");
	local $ENV{PGCLIENTENCODING} = 'UTF8';

	psql_ok($setup, 'LATIN1');
	psql_ok("CREATE FOREIGN TABLE $_->[0] (a int, s text) SERVER aws OPTIONS (location 's3://pds-databases/$_->[1]/', format 'csv' $_->[2])", "table $_->[0]")
	  for (['utf8', 'utf8', ''], ['said', 'latin', ", encoding 'LATIN1'"], ['written', 'from_latin1', '']);
	is(psql_value("SELECT s, octet_length(s) FROM $_ WHERE s = 'é'"), 'é|1', "$_ is converted") for qw(utf8 said);
	psql_ok("INSERT INTO written VALUES (1, 'é')", 'INSERT');
	is(bytes_of('from_latin1/'), unpack('H*', "1,\xc3\xa9\n"), 'writes UTF-8');
	is(sent("s = 'é'"), "(\"s\" = 'é')", 'a constant is sent in UTF-8');
	is(sent("s LIKE 'x_'"), q{("s" LIKE 'x_')}, 'a character is one there, too');
	is(sent($_), '', "$_ is not sent") for ("s < 'x'", "upper(s) = 'X'");
}

# ---- locale providers ----

SKIP:
{
	skip 'the first is of 17', 1 if $version < 170000;
	for my $locale ('C.UTF-8', $version >= 180000 ? 'PG_UNICODE_FAST' : ())
	{
		local $ENV{PGDATABASE} = database("ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE '$locale'");

		psql_ok($setup, $locale);
		is(sent("s < 'x'"), q{("s" < 'x')}, "$locale orders by code points, as Athena does");
		like(psql_value($sorted), qr/Remote SQL: .*ORDER BY/, 'it sorts');
		is(sent("upper(s) = 'X'"), '', 'but does not fold letters as PostgreSQL does');
		psql_ok("CREATE FOREIGN TABLE utf8 (a int, s text) SERVER aws OPTIONS (location 's3://pds-databases/utf8/', format 'csv')", 'a table');
		is(psql_value("SELECT s FROM utf8 WHERE s > 'p' ORDER BY s"), "plain\né", 'and is so here');
	}
}
SKIP:
{
	skip 'the server has no ICU', 1 unless has_icu();
	local $ENV{PGDATABASE} = database("ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de' LOCALE 'C'");

	psql_ok($setup, 'ICU');
	is(sent("s < 'x'"), '', 'German order is not sent');
	is(sent("s = 'é'"), "(\"s\" = 'é')", 'equality is');
	unlike(psql_value($sorted), qr/Remote SQL: .*ORDER BY/, 'sorted here');
	is(sent("s < 'x' COLLATE \"C\""), q{("s" < 'x')}, 'by bytes it is');
}
{
	local $ENV{PGDATABASE} = 'postgres';
	psql_ok('DROP DATABASE pds_databases_other', 'tidy');
}

# ---- virtual generated columns ----

SKIP:
{
	skip 'virtual generated columns are of 18', 1 if $version < 180000;
	psql_ok("$setup
		CREATE FOREIGN TABLE v (id int, twice int GENERATED ALWAYS AS (id * 2) VIRTUAL, word text, n int) SERVER aws OPTIONS (location 's3://pds-databases/virtual/', format 'csv');
		CREATE FOREIGN TABLE w (id int, twice int GENERATED ALWAYS AS (id * 2) VIRTUAL, kept int GENERATED ALWAYS AS (id + 1) STORED, word text) SERVER aws OPTIONS (location 's3://pds-databases/w/', format 'csv');
		CREATE FOREIGN TABLE x (id int OPTIONS (glue_type 'int'), twice int GENERATED ALWAYS AS (id * 2) VIRTUAL) SERVER aws OPTIONS (database 'd', table_name 'x', engine 'athena')", 'tables');
	is(psql_value('SELECT * FROM v ORDER BY id'), "1|2|one|10\n2|4|two|20", 'a virtual column takes no field, and is computed');
	is(psql_value('SELECT word FROM v WHERE twice = 4'), 'two', 'a condition on it');
	is(psql_value('SELECT sum(twice), count(twice) FROM v'), '6|2', 'aggregates of it');
	is(psql_value('SELECT v FROM v WHERE id = 1'), '(1,2,one,10)', 'a whole row');
	psql_ok("INSERT INTO w (id, word) VALUES (5, 'five')", 'INSERT');
	is(bytes_of('w/'), unpack('H*', "5,6,five\n"), 'writes the stored one, not the virtual one');
	is(psql_value("SELECT * FROM w"), '5|10|6|five', 'and reads it again');
	is(psql_value("INSERT INTO w (id, word) VALUES (6, 'six') RETURNING twice, kept"), '12|7', 'RETURNING');
	psql_fails("INSERT INTO w (id, twice) VALUES (1, 2)", qr/428C9/, 'nobody gives it a value');
	psql_ok('ANALYZE v', 'ANALYZE');
	like(psql_value('EXPLAIN (COSTS OFF, VERBOSE) SELECT twice FROM x WHERE twice > 10'), qr/Remote SQL: SELECT .*"id".* FROM "d"\."x" WHERE .*"id".*> 10/, 'Athena is sent the expression');
	unlike(psql_value('EXPLAIN (COSTS OFF, VERBOSE) SELECT * FROM x'), qr/Remote SQL: .*twice/, 'never the name');
}
done_testing();
