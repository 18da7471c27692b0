# ORDER BY ... LIMIT inside direct scans: the same rows as over a heap copy, for every type and both ends of NULLs,
# by one process and several; errors, skipped records and counts as if nothing had been dropped.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_top_n');

fresh_bucket('pds-top');
run_python(<<'PY');
import boto3
s3 = boto3.client("s3")
s3.put_object(Bucket="pds-top", Key="nothing/empty.csv", Body=b"")
# one bad number, one bad date and a record that is too short, far behind the rows that are wanted
rows = [b"%d,%d,2024-01-%02d,t%d" % (9999 - i, i, 1 + i % 28, i) for i in range(2000)]
rows[1500] = b"1,x,2024-01-01,t"
rows[1700] = b"2,1,2024-02-31,t"
s3.put_object(Bucket="pds-top", Key="bad/a.csv", Body=b"\n".join(rows) + b"\n")
rows[1600] = b"3,5"
s3.put_object(Bucket="pds-top", Key="short/a.csv", Body=b"\n".join(r for i, r in enumerate(rows) if i not in (1500, 1700)) + b"\n")
rows = [b"%d,%s" % (9999 - i, b"n" * 5000) for i in range(300)]
s3.put_object(Bucket="pds-top", Key="wide/a.csv", Body=b"\n".join(rows) + b"\n")
for y in (1, 2, 3):
    s3.put_object(Bucket="pds-top", Key="keys/y=%d/a.csv" % y, Body=b"".join(b"%d\n" % (i * 7 % 50) for i in range(50)))
PY
create_server('aws');

my $columns = <<'SQL';
	g int, i2 smallint, i4 int, i8 bigint, n numeric, d numeric(12,2), big numeric, f4 real, f8 double precision,
	b boolean, dt date, ts timestamp, tz timestamptz, tm time, iv interval, u uuid, k text, t text,
	v varchar(10), c char(5), none int, arr int[]
SQL

psql_ok(<<"SQL", 'tables');
CREATE TABLE h ($columns);
SELECT setseed(0.25);
INSERT INTO h SELECT g,
	CASE WHEN g % 17 > 0 THEN (random() * 60000 - 30000)::int2 END, ((random() - 0.5) * 4e9)::int4, ((random() - 0.5) * 1.8e19)::int8,
	CASE WHEN g % 11 > 0 THEN round((random() * 1000 - 500)::numeric, g % 7) END,
	CASE WHEN g % 5 > 0 THEN round((random() * 1000)::numeric, 2) END,
	CASE g % 6 WHEN 0 THEN 'NaN' WHEN 1 THEN random()::numeric * 1e30 WHEN 2 THEN (random() - 0.5)::numeric * 1e17
		WHEN 3 THEN 1e-20 WHEN 4 THEN -1e400 ELSE 12345678901234567.89 END,
	(random() - 0.5) * 1000, CASE g % 19 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' WHEN 2 THEN '-0' WHEN 3 THEN '0' WHEN 4 THEN '-Infinity' ELSE (random() - 0.5) * 1e6 END,
	CASE g % 3 WHEN 0 THEN true WHEN 1 THEN false END, date '2020-01-01' + (random() * 1000)::int,
	CASE WHEN g % 150 = 7 THEN 'infinity' ELSE timestamp '2020-01-01' + random() * interval '1000 days' END, timestamptz '2021-01-01 UTC' - random() * interval '1000 days',
	time '12:00' + random() * interval '10 hours', random() * interval '10 days', md5(g::text)::uuid,
	'key ' || (g % 7), CASE WHEN g % 13 > 0 THEN md5((g * 7 % 1000)::text) || repeat('x', g % 300) END, 'v' || (g % 5), 'c' || (g % 4), NULL,
	ARRAY[g % 3, g % 2]
	FROM generate_series(1, 1500) g;
CREATE FOREIGN TABLE f ($columns) SERVER aws OPTIONS (location 's3://pds-top/f/', format 'csv', write_mode 'append');
INSERT INTO f SELECT * FROM h WHERE g % 2 = 0;
INSERT INTO f SELECT * FROM h WHERE g % 2 = 1;
CREATE TABLE copy AS SELECT * FROM f;
CREATE FOREIGN TABLE nothing (k text, x int, n numeric) SERVER aws OPTIONS (location 's3://pds-top/nothing/', format 'csv');
CREATE FOREIGN TABLE wide (a int, b text) SERVER aws OPTIONS (location 's3://pds-top/wide/', format 'csv');
CREATE FOREIGN TABLE keys (i int, y int OPTIONS (partition_key 'true')) SERVER aws OPTIONS (location 's3://pds-top/keys/', format 'csv');
SQL

my $plain = "SET pds.engine = direct;\nSET enable_sort = off;\nSET enable_incremental_sort = off;\n";

# The query with Top-N in the scan, without, and over the copy; {} is the table.
sub same
{
	my ($sql, $name, %o) = @_;
	my ($scan, $heap) = map { $sql =~ s/\{\}/$_/gr } 'f', 'copy';

	return same_in_scan($scan, $name, before => $plain . ($o{settings} // ''), off => 'pds.scan_top_n', heap => $heap, plan => $o{plan} // qr/Top-N: /,
		empty => $o{empty});
}

my %workers = map {
	($_ => "SET max_parallel_workers_per_gather = $_;\nSET min_parallel_table_scan_size = 0;\nSET parallel_setup_cost = 0;\n"
		  . "SET parallel_tuple_cost = 0;\nSET pds.split_size = 50000;\n")
} 1, 2;

# --- one key of each type, which g makes an order of all rows -----------------------------------------------------

my $workers = 1;
for my $key (qw(i2 i4 i8 n d big f4 f8 b dt ts tz tm iv u k t v c none arr), 't COLLATE "C"', 'v COLLATE "C"', 'k COLLATE "C"')
{
	my @orders = ('', 'DESC', 'NULLS FIRST', 'DESC NULLS LAST');
	my @total = map { "SELECT g, t, d FROM {} ORDER BY $key $_, g LIMIT 12 OFFSET 3" } @orders;

	same(join(";\n", @total, map { "SELECT count(*), min(x), max(x) FROM (SELECT ($key)::text AS x FROM {} ORDER BY $key $_ LIMIT 9) s" } @orders), $key);
	same(join(";\n", @total[ 2 * ($workers - 1), 2 * $workers - 1 ]), "$key, $workers workers", settings => $workers{$workers}, plan => qr/Gather Merge.*Top-N: 15 by.*Parallel Foreign Scan/s);
	$workers = 3 - $workers;
}
same('SELECT * FROM {} ORDER BY i4 DESC LIMIT 40', 'all columns');
same('SELECT i4 * 2.5, length(t), upper(k) FROM {} ORDER BY d DESC, g LIMIT 20', 'expressions of what stays');
same('SELECT g FROM {} ORDER BY d DESC NULLS LAST, i2 NULLS FIRST, v, g DESC LIMIT 300', 'several keys');
same('SELECT g FROM {} ORDER BY b, k COLLATE "C" DESC, g LIMIT 300', 'keys of few values');
same('SELECT g FROM {} WHERE i4 > 0 AND k LIKE \'key%\' ORDER BY i8 LIMIT 10', 'conditions in the scan');
same('SELECT g FROM {} WHERE g % 3 = 0 ORDER BY i8 DESC LIMIT 10', 'a condition of the executor');
same('SELECT g FROM {} WHERE g < 0 ORDER BY i8 LIMIT 10', 'no rows', empty => 1);
same('SELECT g FROM {} ORDER BY i8 LIMIT 10 OFFSET 1495', 'up to the last row');
same('SELECT g FROM {} ORDER BY i8 LIMIT 100 OFFSET 1500', 'behind the last row', empty => 1);
same('SELECT g FROM {} ORDER BY g LIMIT 10', 'in the order of the rows');
same('SELECT g FROM {} ORDER BY g DESC LIMIT 10', 'against the order of the rows');
same('SELECT x, (SELECT g FROM {} WHERE g > x ORDER BY i4 DESC LIMIT 1) FROM (VALUES (0), (1400), (-5), (9999)) v(x)', 'rescans with a parameter');
same('SELECT x, g FROM (VALUES (1), (2), (3)) v(x), LATERAL (SELECT g FROM {} ORDER BY d DESC NULLS LAST, g LIMIT 3) s ORDER BY 1, 2', 'rescans of the same rows',
	settings => "SET enable_material = off;\nSET enable_hashjoin = off;\nSET enable_mergejoin = off;\n");
same('WITH s AS MATERIALIZED (SELECT g, d FROM {} ORDER BY d DESC NULLS LAST, g LIMIT 10) SELECT sum(g), max(d) FROM s', 'below an aggregate');
is(psql_value($plain . 'SELECT k, x FROM nothing ORDER BY x LIMIT 3'), '', 'an empty table');
is(psql_value($plain . 'SELECT y, i FROM keys ORDER BY y DESC, i LIMIT 3'), "3|0\n3|1\n3|2", 'a partition key');
is(psql_value($plain . "PREPARE p(int) AS SELECT g FROM f ORDER BY i8, g LIMIT \$1;\nSET plan_cache_mode = force_generic_plan;\nEXECUTE p(3);\nEXECUTE p(1);"),
	psql_value("SELECT g FROM copy ORDER BY i8, g LIMIT 3;\nSELECT g FROM copy ORDER BY i8, g LIMIT 1"), 'a parameter as LIMIT');
is(psql_value($plain . "BEGIN;\nDECLARE c SCROLL CURSOR FOR SELECT g FROM f ORDER BY i8 LIMIT 4;\nFETCH ALL c;\nFETCH BACKWARD ALL c;\nFETCH 2 c;\nCOMMIT;"),
	psql_value("BEGIN;\nDECLARE c SCROLL CURSOR FOR SELECT g FROM copy ORDER BY i8 LIMIT 4;\nFETCH ALL c;\nFETCH BACKWARD ALL c;\nFETCH 2 c;\nCOMMIT;"), 'a cursor');

# --- EXPLAIN -----------------------------------------------------------------------------------------------------

sub plan_of { return psql_value($plain . "EXPLAIN (COSTS off) $_[0]") }

like(plan_of('SELECT g FROM f ORDER BY d DESC, t COLLATE "C" NULLS FIRST LIMIT 10 OFFSET 5'), qr/^Limit\n.*Foreign Scan\n.*Top-N: 15 by d DESC, t COLLATE "C" NULLS FIRST\n.*Foreign Scan on f/s, 'what EXPLAIN says');
my $analyzed = psql_value($plain . 'EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT g, k, t, d, ts FROM f ORDER BY d DESC NULLS LAST LIMIT 5');
like($analyzed, qr/Rows Dropped in Scan: 1[0-9]{3}\n\s*Memory Usage: \d+ kB\n\s*->  Foreign Scan on f \(actual rows=1500/, 'most rows are dropped before they are made; all are counted');
like(psql_value($plain . $workers{2} . 'EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT g, k, t, d, ts FROM f ORDER BY d DESC NULLS LAST LIMIT 5'), qr/Rows Dropped in Scan: 1[0-9]{3}\n/, 'workers tell of theirs');
like(psql_value($plain . 'EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT * FROM f WHERE 10 / g >= 0 ORDER BY d DESC NULLS LAST LIMIT 5'), qr/Rows Dropped in Scan: 0\n/,
	'a condition of the executor sees all rows: it may raise');

for my $sql ('SELECT g FROM f ORDER BY i4 FETCH FIRST 3 ROWS WITH TIES', 'SELECT g FROM f ORDER BY i4 LIMIT 3 FOR UPDATE', 'SELECT g FROM f ORDER BY i4 + 1 LIMIT 3',
	'SELECT g FROM f ORDER BY i4', 'SELECT g FROM f ORDER BY i4 LIMIT ALL', 'SELECT DISTINCT i4, g FROM f ORDER BY i4 LIMIT 3', 'SELECT g, unnest(arr) FROM f ORDER BY i4 LIMIT 3',
	'SELECT f FROM f ORDER BY i4 LIMIT 3', 'SELECT tableoid, g FROM f ORDER BY i4 LIMIT 3', 'SELECT i4, count(*) FROM f GROUP BY i4 ORDER BY i4 LIMIT 3',
	'SELECT g, row_number() OVER (ORDER BY t) FROM f ORDER BY i4 LIMIT 3', 'SELECT f.g FROM f JOIN copy USING (g) ORDER BY f.i4 LIMIT 3',
	'SELECT g FROM f ORDER BY i4 LIMIT 10000000', 'SELECT g FROM f WHERE now() < \'2000-01-01\' ORDER BY i4 LIMIT 3')
{
	unlike(plan_of($sql), qr/Top-N/, "not in the scan: $sql");
}
unlike(psql_value($plain . "SET pds.scan_top_n = off;\nEXPLAIN SELECT g FROM f ORDER BY i4 LIMIT 3"), qr/Top-N/, 'not when set off');

# --- rows that outgrow the memory --------------------------------------------------------------------------------

my $spilled = psql_value($plain . "SET work_mem = '64kB';\nEXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT a, b FROM wide ORDER BY a LIMIT 100");
like($spilled, qr/Top-N: 100 by a\n.*Spilled: 1\n/s, 'rows that outgrow work_mem');
my ($kb) = $spilled =~ /Memory Usage: (\d+) kB/;
cmp_ok($kb, '<=', 64 + 40, 'and no more memory than that');
is(psql_value($plain . "SET work_mem = '64kB';\nSELECT count(*), min(a), max(a), min(length(b)) FROM (SELECT a, b FROM wide ORDER BY a LIMIT 100) s"), '100|9700|9799|5000', 'their rows');
is(psql_value($plain . "SET work_mem = '64kB';\nSET enable_material = off;\nSELECT x, sum(a) FROM (VALUES (1), (2)) v(x), LATERAL (SELECT a, b FROM wide ORDER BY a DESC LIMIT 50 OFFSET 1) s GROUP BY x ORDER BY x"),
	"1|498675\n2|498675", 'again for each outer row');

# --- what other columns of a dropped row say ---------------------------------------------------------------------

sub bad
{
	my ($name, $options, $folder) = @_;
	psql_ok("CREATE FOREIGN TABLE $name (a int, n int, d date, t text) SERVER aws OPTIONS (location 's3://pds-top/$folder/', format 'csv'$options)", "table $name");
	return;
}
bad('stop', '', 'bad');
bad('skip', ", on_error 'skip'", 'bad');
bad('few', ", on_error 'skip', reject_limit '1'", 'bad');
bad('nulls', ", on_error 'null'", 'bad');
bad('short', '', 'short');
bad('padded', ", on_error 'null'", 'short');
my $first = 'ORDER BY a DESC LIMIT 3';

psql_fails($plain . "SELECT a, n FROM stop $first", qr/22P02: invalid (input syntax|value).*"x"/s, 'a bad number of a row that is not wanted');
psql_fails($plain . "SELECT a, d FROM stop $first", qr/22008: .*2024-02-31/s, 'a bad date of one');
is(psql_value($plain . "SELECT a, t FROM stop $first"), "9999|t0\n9998|t1\n9997|t2", 'columns that the query does not name do not matter');
psql_fails($plain . "SELECT a FROM short $first", qr/22P04: .*record/s, 'a record that is too short');
psql_fails($plain . "SELECT a, n, d FROM few $first", qr/22P02: more than 1 malformed value/, 'reject_limit counts rows that are not wanted');
for my $table ('skip', 'nulls', 'padded')
{
	my $sql = "SELECT a, n, d FROM $table $first;\nSELECT record, column_name, message FROM pds.rejects;";
	my ($with, $without) = map { psql_value($plain . "SET pds.scan_top_n = $_;\n" . $sql) } 'on', 'off';

	is($with, $without, "$table: the same rejects");
	like($with, qr/\A9999\|0\|2024-01-01\n9998.*\n9997.*\n\d+\|/, "$table: there are some");
	is(psql_value($plain . $workers{2} . $sql =~ s/;.*//sr), join("\n", (split /\n/, $with)[ 0 .. 2 ]), "$table: with workers");
}

done_testing();
