# SQL of one's own on Athena: queries with and without a column list, parameters, DDL, CTAS, UNLOAD, cancel, rights, the log.
use strict;
use warnings;
use PdsTest;
use Test::More;
use Time::HiRes qw(time sleep);

# Strings here are bytes, as psql and objects have them.

need_stack();
fresh_database('pds_athfn');
my $trino = trino_answers();
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
my $bucket = 'pds-athfn';

fresh_bucket($bucket);
run_python(<<'PY');
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
B = "pds-athfn"
try:
    glue.delete_database(Name="athfn")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "athfn"})
s3.put_object(Bucket=B, Key="big/a.csv", Body=b"".join(b"%d,%s\n" % (n, b"x" * 80) for n in range(12000)))
s3.put_object(Bucket=B, Key="t/a.csv", Body="1,caf\u00e9,1.50\n2,,\n3,\\N,9.99\n".encode())
PY
create_server('aws', output_location => "s3://$bucket/results/");
create_server('faulty', output_location => "s3://$bucket/results/", endpoint_url => $proxy->{url}, s3_endpoint_url => undef);
sub value { return psql_value(@_) }
value("SELECT pds.create_csv_table('aws', 'athfn', 'big', 's3://$bucket/big/', 'n int, s string')");
value("SELECT pds.create_csv_table('aws', 'athfn', 't', 's3://$bucket/t/', 'id int, name string, price decimal(6,2)')");

sub keys_of { return run_python('import boto3, sys; print(*[o["Key"] for o in boto3.client("s3").list_objects_v2(Bucket="pds-athfn", Prefix=sys.argv[1]).get("Contents", [])], sep="\n")', @_) }
sub last_state { my ($sql) = @_; return (grep { $_->{query} =~ $sql } @{ stack_control('executions') })[-1]{state} }

# ---- rows ----

my $q = 'FROM pds.athena_query';
is(value("SELECT concat_ws('|', id, coalesce(name, 'NULL'), coalesce(price::text, 'NULL')) $q('aws', 'SELECT * FROM t ORDER BY id', 'athfn') AS r (id int, name text, price numeric)"),
	"1|caf\xC3\xA9|1.50\n2||NULL\n3|NULL|9.99", 'rows with a column list, NULL beside an empty string');
is(value("SELECT * $q('aws', 'SELECT id, price FROM athfn.t WHERE id = 1; -- done\n ; ') AS r (id bigint, price text)"), '1|1.50', 'as types of one\'s own; a semicolon at the end');
is(value("SELECT sum(n), count(*), max(length(s)) $q('aws', 'SELECT n, s FROM big', 'athfn') AS r (n int, s text)"), '71994000|12000|80', 'more rows than a page: from the object');
is(value("SELECT count(*) $q('aws', 'SELECT n FROM big WHERE n < 0', 'athfn') AS r (n int)"), 0, 'no rows');
is(value("SELECT n $q('aws', 'SELECT n FROM big', 'athfn') AS r (n int) WHERE n IN (999, 1000, 11999) ORDER BY n"), "999\n1000\n11999", 'none is lost where pages end');
is(value("SELECT jsonb_agg(r ORDER BY r ->> 'id') FROM pds.athena_query_json('aws', 'SELECT * FROM t', 'athfn') r"),
	"[{\"id\": 1, \"name\": \"caf\xC3\xA9\", \"price\": 1.50}, {\"id\": 2, \"name\": \"\", \"price\": null}, {\"id\": 3, \"name\": null, \"price\": 9.99}]", 'rows as jsonb');
is(value("SELECT count(*) || ' ' || sum((r ->> 'n')::int) FROM pds.athena_query_json('aws', 'SELECT n FROM big', 'athfn') r"), '12000 71994000', 'many of them');
is(value("SELECT r FROM pds.athena_query_json('aws', \$\$SELECT true b, CAST(7 AS tinyint) t, BIGINT '9007199254740993' l, 1.5e0 d, nan() n, REAL '0.1' f, DATE '2024-01-31' dt, 'q\"\\\\' s\$\$) r"),
	'{"b": true, "d": 1.5, "f": 0.1, "l": 9007199254740993, "n": "NaN", "s": "q\"\\\\\\\\", "t": 7, "dt": "2024-01-31"}', 'types in jsonb');
is(value("SELECT x, y FROM generate_series(1, 2) x, LATERAL pds.athena_query('aws', 'SELECT CAST(? AS integer) + 1', params => ROW(x)) AS r (y int)"), "1|2\n2|3", 'in a lateral join');
SKIP:
{
	skip 'the demo engine has no such values', 5 unless $trino;
	is(value("SELECT * $q('aws', \$\$SELECT array[1, null], array[true], x'3100', TIMESTAMP '2024-01-31 10:00:00 UTC', json '{\"k\": [1]}'\$\$) AS r (a int[], b bool[], c bytea, d timestamptz, e jsonb)"),
		'{1,NULL}|{t}|\x3100|2024-01-31 10:00:00+00|{"k": [1]}', 'arrays, bytes, zones, JSON');
	is(value("SELECT r FROM pds.athena_query_json('aws', \$\$SELECT json '{\"k\": [1]}' j, array[1] a, row(1, 2) r\$\$) r"), '{"a": "[1]", "j": {"k": [1]}, "r": "{field0=1, field1=2}"}', 'nested ones');
	psql_fails("SELECT * $q('aws', \$\$SELECT array['a b', 'c']\$\$) AS r (a text[])", qr/42804.*"a" is an array.*without quotes.*json_format/s, 'an array of texts is not readable');
	is(value("SELECT * $q('aws', \$\$SELECT json_format(CAST(array['a b', 'c, d', NULL, ']'] AS JSON))\$\$) AS r (a text[])"), '{"a b","c, d",NULL,]}', 'its JSON is');
	is(value("SELECT * $q('aws', \$\$SELECT array[DATE '2024-01-31', NULL], array[TIMESTAMP '2024-01-31 10:00:00.5'], array[nan(), 1.5e10, -infinity()], array[array[1, 2], array[3, NULL]], array[DECIMAL '1.50']\$\$) AS r (a date[], b timestamp[], c float8[], d int[], e numeric[])"),
		'{2024-01-31,NULL}|{"2024-01-31 10:00:00.5"}|{NaN,15000000000,-Infinity}|{{1,2},{3,NULL}}|{1.50}', 'arrays of what has no commas');
}

# ---- parameters ----

is(value("SELECT * $q('aws', 'SELECT ? + 1, ?, ?, ? IS NULL, ?, ?', params => ROW(41, 'it''s \xC3\xA9?', numeric '1.50', NULL::int, date '2024-01-31', true)) AS r (a int, b text, c numeric, d bool, e date, f bool)"),
	"42|it's \xC3\xA9?|1.50|t|2024-01-31|t", 'typed parameters');
is(value("SELECT * $q('aws', 'SELECT id FROM t WHERE name = ? OR price > ?', 'athfn', ROW('', 9.5)) AS r (id int) ORDER BY id"), "2\n3", 'in a WHERE');
psql_fails("SELECT * $q('aws', 'SELECT ?', params => ROW('1 day'::interval)) AS r (a text)", qr/42804.*parameter 1 of type interval.*Cast it to text/s, 'a type that Athena lacks');
psql_fails("SELECT * $q('aws', 'SELECT ?', params => ROW(repeat('\xC3\xA9', 1023))) AS r (a text)", qr/54000.*1024 characters/s, 'one that is too long');
is(value("SELECT length(a) $q('aws', 'SELECT ?', params => ROW(repeat('\xC3\xA9', 1022))) AS r (a text)"), 1022, 'characters count, not bytes');
psql_fails("SELECT * $q('aws', 'SELECT ?', params => ROW(1, 2)) AS r (a int)", qr/HV00L.*number of parameters/, 'one too many');
SKIP:
{
	skip 'the demo engine does not know these literals', 1 unless $trino;
	is(value("SELECT * $q('aws', 'SELECT ?, ?, ?', params => ROW('\\x00ff'::bytea, timestamp '2024-01-31 10:11:12.5', real '0.1')) AS r (a bytea, b timestamp, c real)"), '\x00ff|2024-01-31 10:11:12.5|0.1', 'bytes and times');
}

# ---- columns that do not fit ----

psql_fails("SELECT * $q('aws', 'SELECT 1 AS a, ''x'' AS b') AS r (a int)", qr/42804.*has 2 columns, the column list 1.*a integer, b varchar.*athena_query_json/s, 'another number of columns');
psql_fails("SELECT * $q('aws', 'SELECT ''x''') AS r (a int)", qr/22P02.*"x".*column "a"/s, 'a value that is none of the type');
psql_fails("SELECT pds.athena_query('aws', 'SELECT 1')", qr/42601: the columns of the result are not known\nHINT:  Give a column list/, 'no column list');
psql_fails("SELECT * FROM pds.athena_query_json('aws', 'SELECT 1 AS a, 2 AS a')", qr/42701.*two columns.*"a"/s, 'a name twice, in jsonb');
psql_fails("SELECT * $q('aws', 'SELECT * FROM nowhere', 'athfn') AS r (a int)", qr/HV00L.*TABLE_NOT_FOUND.*HINT: [^\n]*argument "database"; pds\.tables/s, 'a query that fails');
psql_fails("SELECT * $q('aws', 'SELECT SELECT') AS r (a int)", qr/HV000.*StartQueryExecution/s, 'a query that is none');
psql_fails("SELECT * $q('aws', NULL) AS r (a int)", qr/22004.*"sql" must not be null/s, 'nothing at all');
psql_fails("SELECT * $q('aws', 'SELECT 1', workgroup => 'nobody') AS r (a int)", qr/HV000.*nobody/s, 'a work group that is not there');

# ---- queries only ----

stack_control('reset', {});
psql_fails("SELECT * FROM pds.athena_query_json('aws', '$_', 'athfn')", qr/0A000.*queries only.*athena_execute/s, $_)
  for ('INSERT INTO t SELECT 1', 'CREATE TABLE x AS SELECT 1', '/* SELECT */ DROP TABLE t', "-- SELECT\n DELETE FROM t", "UNLOAD (SELECT 1) TO ''s3://x/''",
	'EXPLAIN ANALYZE INSERT INTO t SELECT 1', 'EXPLAIN ANALYZE VERBOSE CREATE TABLE x AS SELECT 1', 'MSCK REPAIR TABLE t', 'ALTER TABLE t ADD COLUMNS (x int)',
	'WITH w AS (SELECT 1) INSERT INTO t SELECT * FROM w', 'WITH w (a, "as") AS (SELECT 1 /* ) */, 2), "x(" AS (SELECT ")" FROM y) DELETE FROM t', 'WITH w SELECT 1', 'WITH w AS SELECT 1',
	'EXPLAIN ANALYZE WITH w AS (SELECT 1) INSERT INTO t SELECT 1',
	'EXPLAIN INSERT INTO t SELECT 1', 'EXPLAIN ANALYZE EXPLAIN ANALYZE DROP TABLE t', 'CALL system.p()', "EXECUTE IMMEDIATE ''DROP TABLE t''", 'PREPARE p FROM DROP TABLE t', 'SELECT 1; DROP TABLE t',
	q{SELECT * FROM TABLE(system.query(query => ''DROP TABLE t''))}, q{EXPLAIN ANALYZE SELECT * FROM t, table/**/ ("pg".system.query(''x''))}, q{WITH w AS (SELECT ''\\'', '') INSERT INTO t --'') SELECT 1},
	'SELECTED', '/* SELECT 1', 'EXECUTE p', 'WITHDRAW', 'MERGE INTO t USING t ON true');
# comments end at a carriage return, too: these were other statements for the engine
psql_fails("BEGIN READ ONLY; SELECT * FROM pds.athena_query_json('aws', E'$_', 'athfn')", qr/0A000.*queries only/s, $_)
  for (q{--\rDROP TABLE t /*\nSELECT */}, q{--\rINSERT INTO t SELECT 1, ''x'', 1.0 /*\nSELECT */}, q{--\rCREATE TABLE x AS SELECT 1 AS a /*\nSELECT */}, q{--\rEXPLAIN ANALYZE INSERT INTO t SELECT * FROM t /*\nSELECT */},
	'-- \r\n DROP TABLE t -- \r SELECT 1', '/*/ */ DROP TABLE t /*/ SELECT */', '/* /* */ DROP TABLE t -- */ SELECT 1', '\u017fELECT 1', 'SELECT 1 \u00a0 DROP TABLE t');
is(stack_control('calls')->{StartQueryExecution} // 0, 0, 'none of them was sent');
is(value("SELECT a $q('aws', E'--\\r SELECT 4713 AS a /* '' */ -- é\\r\\n, ''--'', ''/*'' -- end', 'athfn') AS r (a int, b text, c text)"), 4713, 'comments of all kinds');
is((grep { $_->{query} =~ /4713/ } @{ stack_control('executions') })[-1]{query}, "    SELECT 4713 AS a              \n, '--', '/*'", 'are not sent, and lines and columns stay');
is(value("SELECT count(*) FROM pds.athena_query_json('aws', '$_', 'athfn')"), 1, $_) for ('((SELECT 1))', "-- x\n/* y */ select 1", 'WITH w AS (SELECT 1) SELECT * FROM w', q{WITH w (a, "as") AS (SELECT 1 /* ) */, '')''), x AS (SELECT ''('' AS b) SELECT 1 FROM w, x}, 'with was as (select 1) select 1', 'with recursive "a""(" (x) as(SELECT 1) -- (
	(SELECT 1)', 'VALUES 1', 'EXPLAIN SELECT 1');
is(value("SELECT r ->> 'database_name' FROM pds.athena_query_json('aws', 'SHOW DATABASES LIKE ''athf*''') r"), 'athfn', 'SHOW');
like(value("SELECT string_agg(a, ' ') $q('aws', 'DESCRIBE t', 'athfn') AS r (a text" . ($trino ? ', b text, c text' : ', b text, c text') . ')'), qr/id.*name.*price/, 'DESCRIBE');
is(value("BEGIN READ ONLY; SELECT a $q('aws', 'SELECT 1') AS r (a int)"), 1, 'a query in a read-only transaction');

# ---- how results come ----

stack_control('reset', {});
value("SELECT a $q('aws', 'SELECT 1') AS r (a int)");
my $calls = stack_control('calls');
is($calls->{GetQueryResults}, 1, 'a small result is one call');
is(keys_of('results/'), '', 'results are deleted');
value("SELECT count(*) $q('aws', 'SELECT n FROM big', 'athfn') AS r (n int)");
psql("SELECT count(*) $q('aws', 'SELECT s FROM big', 'athfn') AS r (n int)");
psql("SELECT count(*) $q('aws', 'SELECT n / 0 FROM big', 'athfn') AS r (n int)");
is(keys_of('results/'), '', 'large ones, too, and after errors');
value("BEGIN; SAVEPOINT s; SELECT a $q('aws', 'SELECT 1') AS r (a int); ROLLBACK TO s; SELECT a $q('aws', 'SELECT 2') AS r (a int); ROLLBACK");
is(keys_of('results/'), '', 'and after a rollback');
value("SELECT a $q('aws', 'SELECT 1', output_location => 's3://$bucket/elsewhere/') AS r (a int)");
psql_ok("ALTER SERVER aws OPTIONS (ADD keep_results 'true')", 'keep_results');
value("SELECT a $q('aws', 'SELECT 1', output_location => 's3://$bucket/elsewhere/') AS r (a int)");
like(keys_of('elsewhere/'), qr{^elsewhere/[-0-9a-f]+\.csv\nelsewhere/[-0-9a-f]+\.csv\.metadata$}, 'keeps one; output_location');
psql_ok('ALTER SERVER aws OPTIONS (DROP keep_results)', 'no longer');
proxy_rules($proxy, { path => 'results/.*csv', action => 'status', status => 403, body => '<Error><Code>AccessDenied</Code></Error>' });
is(value("SELECT count(*), sum(n) $q('faulty', 'SELECT n FROM big', 'athfn') AS r (n int)"), '12000|71994000', 'by the API where the object cannot be read');
proxy_rules($proxy);
run_python(<<'PY');
import boto3
athena = boto3.client("athena")
try:
    athena.create_work_group(Name="athfn-managed", Configuration={"ManagedQueryResultsConfiguration": {"Enabled": True}})
except athena.exceptions.InvalidRequestException:
    pass
PY
psql_ok("ALTER SERVER faulty OPTIONS (DROP output_location)", 'no place for results');
is(value("SELECT count(*) $q('faulty', 'SELECT n FROM big', 'athfn', workgroup => 'athfn-managed') AS r (n int)"), 12000, 'managed results');
psql_fails("SELECT a $q('faulty', 'SELECT 1') AS r (a int)", qr/HV000: .*output_location/s, 'no place at all');
psql_ok("ALTER SERVER faulty OPTIONS (ADD output_location 's3://$bucket/results/')", 'a place again');

# ---- cancel and limits ----

stack_control('next-execution', { mark => '4711', running_seconds => 20 });
my $start = time;
psql_fails("SET statement_timeout = 700; SELECT a $q('aws', 'SELECT 4711 AS a') AS r (a int)", qr/57014/, 'cancelled');
cmp_ok(time - $start, '<', 2.5, 'at once');
is(last_state(qr/4711/), 'CANCELLED', 'and stopped there');
stack_control('next-execution', { mark => '4712', running_seconds => 20 });
is(value(<<'SQL'), 'CANCELLED|stopped from here|t', 'a subtransaction that fails stops it, which the log says');
SET statement_timeout = 900;
DO $$ BEGIN
  BEGIN
    PERFORM * FROM pds.athena_query('aws', 'SELECT 4712 AS a') AS r (a int);
  EXCEPTION WHEN query_canceled THEN NULL;
  END;
END $$;
SELECT state, reason, completed - submitted < interval '3 seconds' FROM pds.athena_executions WHERE sql LIKE '%4712%';
SQL
is(last_state(qr/4712/), 'CANCELLED', 'there, too');
SKIP:
{
	skip 'the demo engine reads before it runs', 3 unless $trino;
	$start = time;
	psql_fails("SET pds.max_scan_bytes = '500kB'; SELECT a $q('aws', 'SELECT count(*) FROM big, unnest(sequence(1, 10000)) u (x), unnest(sequence(1, 1000)) v (y) WHERE s || CAST(x * y AS varchar) = ''q''', 'athfn') AS r (a bigint)",
		qr/54000.*has scanned \d+ bytes, more than max_scan_bytes/s, 'max_scan_bytes');
	cmp_ok(time - $start, '<', 20, 'stops it while it runs');
	is(last_state(qr/sequence\(1, 10000\)/), 'CANCELLED', 'there');
}

# ---- statements ----

my $x = 'FROM pds.athena_execute';
is(value("SELECT state, statement_type, substatement_type, bytes_scanned, price, output IS NULL $x('aws', 'CREATE DATABASE athfn_ddl')"), 'SUCCEEDED|DDL|CREATE_DATABASE|0|0|t', 'DDL');
is(value("SELECT output, result_location ~ '^s3://$bucket/results/.*txt\$' $x('aws', 'SHOW DATABASES LIKE ''athfn*''')"), "athfn\nathfn_ddl|t", 'its output');
psql_fails("SELECT $_ FROM pds.athena_execute('aws', 'CREATE DATABASE athfn_ddl')", qr/HV00L.*already exists/si, 'a name that is taken') for 'state';
value("SELECT state $x('aws', 'DROP DATABASE athfn_ddl')");
psql_fails("SELECT state $x('aws', 'DROP TABLE nowhere', 'athfn')", qr/HV00L.*nowhere/s, 'what is not there');
is(value("SELECT state, substatement_type, bytes_scanned > 0, price = 0.0000476837158203125 $x('aws', 'SELECT * FROM t', 'athfn')"), 'SUCCEEDED|SELECT|t|t', 'a query');
run_python('import boto3, sys; boto3.client("s3").delete_object(Bucket="pds-athfn", Key=sys.argv[1])', $_) for split /\n/, keys_of('results/');

SKIP:
{
	skip 'the demo engine does not write', 22 unless $trino;
	my $c = 'FROM pds.athena_ctas';
	is(value("SELECT table_location, row_count, bytes_scanned > 0 $c('aws', 'SELECT id, name, price FROM t WHERE id <> ?', 'copy', 'athfn', 's3://$bucket/copy/', params => ROW(3))"), "s3://$bucket/copy/|2|t", 'CTAS');
	psql_ok('CREATE SCHEMA athfn; IMPORT FOREIGN SCHEMA athfn LIMIT TO (copy) FROM SERVER aws INTO athfn', 'import');
	my $rows = "1|caf\xC3\xA9|1.50\n2||";
	is(value('SET pds.engine = direct; SELECT * FROM athfn.copy ORDER BY id'), $rows, 'read here');
	is(value('SET pds.engine = athena; SELECT * FROM athfn.copy ORDER BY id'), $rows, 'and there');
	psql_fails("SELECT * $c('aws', 'SELECT 1 AS a', 'copy', 'athfn')", qr/HV00L.*already exists/si, 'a name that is taken');
	psql_fails("SELECT * $c('aws', 'SELECT 1 AS a', 'copy2', 'athfn', 's3://$bucket/copy/')", qr/HV00L.*HIVE_PATH_ALREADY_EXISTS/s, 'a place that is not empty');
	psql_fails("SELECT * $c('aws', 'INSERT INTO t SELECT 1', 'copy2', 'athfn')", qr/42601.*not a query/s, 'not of a query');
	psql_fails("SELECT * $c('aws', 'SELECT 1', 'copy2', 'athfn')", qr/HV00L.*column/si, 'a column without a name');
	is(value("SET client_min_messages = error; SELECT row_count $c('aws', 'SELECT n, s, CAST(n % 2 AS varchar) AS \"p\" FROM big -- all', 'P\xC3\xA4rts', 'athfn', location => 's3://$bucket/parts', format => 'TEXTFILE', field_delimiter => '|', partitioned_by => ARRAY['p'])"),
		12000, 'CTAS with partitions, and a comment at the end');
	is(value("SELECT string_agg(partition, ' ' ORDER BY partition) FROM pds.partitions('aws', 'athfn', 'parts')"), 'p=0 p=1', 'they are registered');
	psql_ok('IMPORT FOREIGN SCHEMA athfn LIMIT TO (parts) FROM SERVER aws INTO athfn', 'import');
	is(value("SET pds.engine = direct; SELECT count(*), sum(n) FROM athfn.parts WHERE p = '1'"), '6000|36000000', 'read here');
	is(value("SELECT update_count, statement_type, substatement_type $x('aws', 'INSERT INTO copy SELECT id + 10, ?, price FROM t', 'athfn', ROW('new'))"), '3|DML|INSERT', 'INSERT INTO');
	is(value('SET pds.engine = direct; SELECT count(*) FROM athfn.copy'), 5, 'its rows are seen: listings are forgotten');
	my $u = 'FROM pds.athena_unload';
	my $unloaded = value("SELECT file, size > 0 $u('aws', 'SELECT id, name FROM t -- all', 's3://$bucket/un loaded/\xC3\xA9''s', field_delimiter => ',', database => 'athfn')");
	like($unloaded, qr{^s3://$bucket/un loaded/\xC3\xA9's/[^\n]+\.gz\|t$}, 'UNLOAD: the objects written');
	psql_fails("SELECT * $u('aws', 'SELECT 1 AS a', 's3://$bucket/un loaded/\xC3\xA9''s/')", qr/HV00L.*HIVE_PATH_ALREADY_EXISTS/s, 'not twice');
	psql_ok("CREATE FOREIGN TABLE back (id int, name text) SERVER aws OPTIONS (location 's3://$bucket/un loaded/\xC3\xA9''s/', format 'lazysimple', delimiter ',')", 'a table on them');
	is(value("SELECT string_agg(id || coalesce(name, 'NULL'), ' ' ORDER BY id) FROM back"), "1caf\xC3\xA9 2 3NULL", 'read here');
	is(value("SELECT count(*) $u('aws', 'SELECT n, CAST(n % 3 AS varchar) p FROM big WHERE n < ?', 's3://$bucket/up/', 'PARQUET', 'snappy', NULL, ARRAY['p'], 'athfn', ROW(30))"), 3, 'UNLOAD by partitions, packed');
	is(value("SELECT count(*) $u('aws', 'SELECT 1 AS a', 's3://$bucket/same/', output_location => 's3://$bucket/same/')"), 1, 'UNLOAD to where results go: without its manifest');
	psql_fails("SELECT * $u('aws', 'DROP TABLE t', 's3://$bucket/no/', database => 'athfn')", qr/42601.*not a query/s, 'not of a query');
	psql_fails("SELECT * $u('aws', 'SELECT 1 AS a) TO ''s3://$bucket/x/'' --', 's3://$bucket/no/')", qr/42601.*parentheses/s, 'nor of more than one');
}

# ---- a place for results ----

my $place = "s3://aws-athena-query-results-123456789012-$ENV{AWS_REGION}/";
is(value("SELECT pds.create_athena_bucket('aws')"), $place, 'create_athena_bucket');
is(value("SELECT pds.create_athena_bucket('aws')"), $place, 'once more');
is(value("SELECT a $q('aws', 'SELECT 1', output_location => '$place') AS r (a int)"), 1, 'it takes results');
proxy_rules($proxy, { path => 'aws-athena-query-results', action => 'status', status => 403, body => '' });
psql_fails("SELECT pds.create_athena_bucket('faulty')", qr/42501.*another account/s, 'not another\'s');
proxy_rules($proxy);

# ---- who may ----

psql_ok("SET client_min_messages = error; $_", $_) for ('DROP ROLE IF EXISTS pds_athfn_none, pds_athfn_user', 'CREATE ROLE pds_athfn_none', 'CREATE ROLE pds_athfn_user', 'GRANT USAGE ON FOREIGN SERVER aws TO pds_athfn_user',
	"CREATE USER MAPPING FOR pds_athfn_user SERVER aws OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}')");
psql_fails("SET ROLE pds_athfn_none; SELECT * $q('aws', 'SELECT 1') AS r (a int)", qr/42501.*foreign server aws/s, 'without USAGE on the server');
psql_fails("SET ROLE pds_athfn_none; SELECT * FROM pds.athena_query_json('aws', 'SELECT 1')", qr/42501.*foreign server aws/s, 'nor as jsonb');
is(value("SET ROLE pds_athfn_user; SELECT * $q('aws', 'SELECT 1') AS r (a int)"), 1, 'with it');
# limits belong to a work group, and results are written with rights that need not be the caller's
is(value("SET ROLE pds_athfn_user; SELECT * $q('aws', 'SELECT 1', $_) AS r (a int)"), 1, "those that are the server's: $_")
  for ("workgroup => 'primary'", "output_location => 's3://$bucket/results'", "output_location => 's3://$bucket/results/mine/'");
psql_ok("GRANT EXECUTE ON FUNCTION $_ TO pds_athfn_user", $_) for map { "pds.$_" } ('athena_execute', 'athena_ctas', 'athena_unload');
for my $f ("athena_query('aws', 'SELECT 1', %s) AS r (a int)", "athena_query_json('aws', 'SELECT 1', %s)", "athena_execute('aws', 'SELECT 1', %s)", "athena_ctas('aws', 'SELECT 1 AS a', 'x', 'athfn', %s)", "athena_unload('aws', 'SELECT 1 AS a', 's3://$bucket/x/', %s)")
{
	psql_fails("SET ROLE pds_athfn_user; SELECT * FROM pds." . sprintf($f, "workgroup => 'athfn-managed'"), qr/42501.*work group "athfn-managed".*owner/s, "another work group: $f");
	psql_fails("SET ROLE pds_athfn_user; SELECT * FROM pds." . sprintf($f, "output_location => 's3://$bucket/$_'"), qr/42501.*not below the server's output_location/s, "another place, $_: $f")
	  for ('', 'results2/', 'result', 'elsewhere/results/', 'results/../x/', 'results/./x/', 'results/..');
}
psql_ok("ALTER SERVER aws OPTIONS (SET output_location 's3://$bucket/results')", 'without a slash at its end');
psql_fails("SET ROLE pds_athfn_user; SELECT * $q('aws', 'SELECT 1', output_location => 's3://$bucket/results2/') AS r (a int)", qr/42501.*not below/s, 'the same');
create_server('owned', output_location => undef);
psql_ok("ALTER SERVER owned OWNER TO pds_athfn_user; ALTER USER MAPPING FOR CURRENT_USER SERVER owned OPTIONS (SET access_key_id 'x'); CREATE USER MAPPING FOR pds_athfn_user SERVER owned OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}')", 'the owner');
is(value("SET ROLE pds_athfn_user; SELECT * FROM pds.athena_query('owned', 'SELECT 1', $_) AS r (a int)"), 1, "may take another $_")
  for ("workgroup => 'athfn-managed'", "output_location => 's3://$bucket/elsewhere/'");
psql_ok("REVOKE EXECUTE ON FUNCTION $_ FROM pds_athfn_user", $_) for map { "pds.$_" } ('athena_execute', 'athena_ctas', 'athena_unload');
psql_ok("ALTER SERVER aws OPTIONS (SET output_location 's3://$bucket/results/')", 'back');
for (['create_athena_bucket', ''], ['athena_execute', "'DROP TABLE t', 'athfn'"], ['athena_ctas', "'SELECT 1 AS a', 'x', 'athfn'"], ['athena_unload', "'SELECT 1 AS a', 's3://$bucket/x/'"])
{
	my ($f, $args) = @$_;
	$args = ", $args" if $args;
	psql_fails("SET ROLE pds_athfn_user; SELECT * FROM pds.$f('aws'$args)", qr/42501.*permission denied for function $f/s, "$f is not for everybody");
	psql_fails("BEGIN READ ONLY; SELECT * FROM pds.$f('aws'$args)", qr/25006.*pds\.$f/s, "$f in a read-only transaction");
}

# ---- the log ----

my $log = value(<<"SQL");
SET client_min_messages = error;
CREATE FOREIGN TABLE IF NOT EXISTS t (id int, name text, price numeric(6,2)) SERVER aws OPTIONS (database 'athfn');
SET pds.engine = athena;
SELECT count(*) FROM (SELECT id FROM t OFFSET 0) x;
SELECT count(*) $q('aws', 'SELECT id FROM t -- \xC3\xA9', 'athfn') AS r (id int);
SELECT count(*) $x('aws', 'SHOW DATABASES');
DO \$\$ BEGIN PERFORM pds.athena_execute('aws', 'SELECT nothing FROM t', 'athfn'); EXCEPTION WHEN OTHERS THEN NULL; END \$\$;
SET ROLE pds_athfn_user;
SELECT count(*) $q('aws', 'SELECT 42', 'athfn') AS r (id int);
SELECT 'seen by user', count(*) FROM pds.athena_executions;
RESET ROLE;
SELECT source, server, coalesce(database, '-'), workgroup, state, reason LIKE 'COLUMN_NOT_FOUND%', statement_type, bytes_scanned, round(price, 10), role = current_user, completed >= submitted,
	total_ms >= engine_ms, execution_id ~ '^[-0-9a-f]{36}\$', sql ~ 'SELECT|SHOW' FROM pds.athena_executions;
SQL
my $bytes = length "1,caf\xC3\xA9,1.50\n2,,\n3,\\N,9.99\n";
is($log, <<"LOG" =~ s/\n\z//r, 'executions of scans and functions; each role sees its own');
3
3
1
1
seen by user|1
scan|aws|athfn|primary|SUCCEEDED||DML|$bytes|0.0000476837|t|t|t|t|t
pds.athena_query|aws|athfn|primary|SUCCEEDED||DML|$bytes|0.0000476837|t|t|t|t|t
pds.athena_execute|aws|-|primary|SUCCEEDED||UTILITY|0|0.0000000000|t|t|t|t|t
pds.athena_execute|aws|athfn|primary|FAILED|t|DML|0|0.0000000000|t|t|t|t|t
pds.athena_query|aws|athfn|primary|SUCCEEDED||DML|0|0.0000476837|f|t|t|t|t
LOG
is(value("SELECT length(sql) $q('aws', 'SELECT /* ' || repeat('x', 9000) || ' */ 1') AS r (a int), pds.athena_executions"), 8192, 'a long statement is cut');
is(value('SELECT count(*) FROM pds.athena_executions'), 0, 'another session has its own');

# the ring: answers that need no engine, 1,003 of them
proxy_rules($proxy, { target => 'StartQueryExecution', action => 'status', status => 200, body => '{"QueryExecutionId": "made-up"}' },
	{ target => 'GetQueryExecution', action => 'status', status => 200, body => '{"QueryExecution": {"Status": {"State": "SUCCEEDED"}, "StatementType": "UTILITY"}}' },
	{ target => 'GetQueryResults', action => 'status', status => 200, body => '{"ResultSet": {"Rows": [], "ResultSetMetadata": {"ColumnInfo": []}}}' });
is(value(<<'SQL'), "1000|SHOW 4|SHOW 1003", 'the last 1,000 are kept');
DO $$ BEGIN FOR i IN 1..1003 LOOP PERFORM * FROM pds.athena_query_json('faulty', 'SHOW ' || i); END LOOP; END $$;
SELECT count(*), (array_agg(sql))[1], (array_agg(sql))[1000] FROM pds.athena_executions;
SQL
stop_proxy($proxy);

done_testing();
