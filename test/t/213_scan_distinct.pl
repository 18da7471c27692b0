# DISTINCT aggregates over direct scans, which drop what they have seen: the same rows as over a heap copy, for every type.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_scan_distinct');

fresh_bucket('pds-distinct');
run_python(<<'PY');
import boto3
s3 = boto3.client("s3")
s3.put_object(Bucket="pds-distinct", Key="bad/a.csv", Body=b"1,2\n3,x\n1,6\n7,2\n")
s3.put_object(Bucket="pds-distinct", Key="nothing/empty.csv", Body=b"")
for year in ("2020", "2021"):
    s3.put_object(Bucket="pds-distinct", Key="parts/y=%s/0.csv" % year, Body=b"".join(b"%d,x%d\n" % (i % 50, i % 3) for i in range(100)))
PY
create_server('aws');

my $columns = <<'SQL';
	g int, i2 smallint, i4 int, i8 bigint, n numeric, d numeric(12,2), f4 real, f8 double precision, b boolean, dt date, ts timestamp, tz timestamptz,
	tm time, iv interval, m money, u uuid, k text, t text, v varchar(40), c char(5), none int, arr int[], w text
SQL
psql_ok(<<"SQL", 'tables');
SET client_encoding = 'UTF8';
CREATE TABLE h ($columns);
SELECT setseed(0.5);
INSERT INTO h SELECT g,
	CASE WHEN g % 17 > 0 THEN (random() * 60 - 30)::int2 END, (random() * 300)::int4, (random() * 300)::int8 * 1000000000000,
	CASE g % 11 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' WHEN 2 THEN '1.0' WHEN 3 THEN '1.00' WHEN 4 THEN '1' ELSE round((random() * 50)::numeric, g % 3) END,
	CASE WHEN g % 5 > 0 THEN round((random() * 10)::numeric, 2) END,
	CASE g % 9 WHEN 0 THEN 'NaN' WHEN 1 THEN '-0' WHEN 2 THEN '0' WHEN 3 THEN 'Infinity' ELSE (random() * 20)::int / 4.0 END,
	CASE g % 9 WHEN 0 THEN 'NaN' WHEN 1 THEN '-0' WHEN 2 THEN '0' WHEN 3 THEN NULL ELSE (random() * 20)::int / 3.0 END,
	CASE g % 3 WHEN 0 THEN true WHEN 1 THEN false END, date '2020-01-01' + (random() * 30)::int, timestamp '2020-01-01' + (random() * 40)::int * interval '7 hours',
	timestamptz '2021-01-01 UTC' - (random() * 40)::int * interval '7 hours', time '12:00' + (random() * 9)::int * interval '1 hour',
	CASE g % 4 WHEN 0 THEN interval '1 day' WHEN 1 THEN interval '24 hours' ELSE (random() * 9)::int * interval '1 hour' END, (random() * 20)::int::numeric::money, md5((g % 77)::text)::uuid,
	'key ' || (g % 7), CASE WHEN g % 13 > 0 THEN repeat('ü', g % 50) END, repeat('é', g % 40), repeat('c', g % 5), NULL, ARRAY[g % 3, g % 2], CASE g % 4 WHEN 0 THEN 'a' WHEN 1 THEN 'A' ELSE 'b' || g % 5 END
	FROM generate_series(1, 4000) g;
CREATE FOREIGN TABLE f ($columns) SERVER aws OPTIONS (location 's3://pds-distinct/f/', format 'csv', write_mode 'append');
INSERT INTO f SELECT * FROM h WHERE g % 2 = 0;
INSERT INTO f SELECT * FROM h WHERE g % 2 = 1;
CREATE TABLE copy AS SELECT * FROM f;
ANALYZE copy;
CREATE FOREIGN TABLE bad (a int, b int) SERVER aws OPTIONS (location 's3://pds-distinct/bad/', format 'csv');
CREATE FOREIGN TABLE nothing (k text, x int) SERVER aws OPTIONS (location 's3://pds-distinct/nothing/', format 'csv');
CREATE FOREIGN TABLE parts (i int, x text, y int OPTIONS (partition_key 'true')) SERVER aws OPTIONS (location 's3://pds-distinct/parts/', format 'csv');
ANALYZE f;
SQL
is(psql_value('SELECT count(*) FROM copy'), 4000, 'all rows are there');

# as operators would cost nothing: else few rows are no work for the scan
my $plain = "SET client_encoding = 'UTF8';\nSET pds.engine = direct;\nSET extra_float_digits = 1;\nSET cpu_operator_cost = 0;\nSET cpu_tuple_cost = 0;\n";
my $in_scan = qr/Aggregate.*Foreign Scan\n.*(Distinct in Scan|Group Key: [^\n]*\n\s*->  Foreign Scan on)/s;

sub plan_of { return psql_value("$plain" . ($_[1] // '') . "EXPLAIN (COSTS off) $_[0]") }

sub same
{
	my ($sql, $name, %o) = @_;

	return same_in_scan($sql, $name, before => $plain . ($o{settings} // ''), off => 'pds.scan_aggregates', heap => $sql =~ s/\bf\b/copy/r,
		plan => $o{any_plan} ? undef : $in_scan, empty => $o{empty});
}

for my $c (qw(i2 i4 i8 n d f4 f8 b dt ts tz tm iv m u k t v c none arr w))
{
	same("SELECT count(DISTINCT $c) FROM f", "count of $c");
	same("SELECT k, b, count(DISTINCT $c) FROM f GROUP BY k, b ORDER BY k, b", "count of $c by others");
}
same("SELECT $_(DISTINCT i2), $_(DISTINCT i8), $_(DISTINCT d), $_(DISTINCT f8) FROM f", $_) for qw(sum avg);
same('SELECT count(DISTINCT i2), count(DISTINCT none), count(DISTINCT t), min(dt), max(DISTINCT n), max(w COLLATE "C") FROM f', 'several columns');
same('SELECT count(DISTINCT none), count(DISTINCT i4), sum(DISTINCT i4), avg(DISTINCT i4) FROM f', 'the first column all NULL');
same('SELECT i2, count(DISTINCT none), count(DISTINCT f8), count(DISTINCT u), max(g) FROM f GROUP BY i2 ORDER BY i2', 'several columns by another');
same('SELECT g % 5, count(DISTINCT g), count(DISTINCT w) FROM f GROUP BY 1 ORDER BY 1', 'by an expression over a column that is counted');
same('SELECT w, count(DISTINCT w), count(DISTINCT k) FROM f GROUP BY w ORDER BY w', 'a column that is grouped by, too');
same('SELECT date_trunc(\'week\', ts), count(DISTINCT u) FROM f GROUP BY 1 HAVING count(DISTINCT i4) > 5 AND min(i2) < 0 ORDER BY 2 DESC, 1 LIMIT 5', 'HAVING, ORDER BY, LIMIT');
same('SELECT count(DISTINCT lower(w)), max(lower(w)) FROM f', 'an expression');
same('SELECT b, count(DISTINCT i2 + i4) FROM f GROUP BY b ORDER BY b', 'an expression of two columns');
same('SELECT count(DISTINCT v::text) FROM f', 'the same bytes under another name');
same('SELECT count(DISTINCT i4) FROM f WHERE g > 1000 AND i8 % 3 = 0', 'conditions');
same('SELECT count(DISTINCT i4), sum(DISTINCT i4) FROM f WHERE g < 0', 'no rows');
same('SELECT k, count(DISTINCT i4) FROM f WHERE g < 0 GROUP BY k', 'no groups', empty => 1);
same("SELECT k, count(DISTINCT i4) FROM f WHERE k = 'key 3' GROUP BY k", 'a key that a condition fixes', any_plan => 1);
same("SELECT k, b, count(DISTINCT i4), count(DISTINCT u) FROM f WHERE k = 'key 3' GROUP BY k, b ORDER BY b", 'and another');
is(psql_value($plain . 'SELECT count(DISTINCT k), count(DISTINCT x) FROM nothing'), '0|0', 'an empty table');
is(psql_value($plain . 'SELECT y, count(DISTINCT i), count(DISTINCT x), max(y) FROM parts GROUP BY y ORDER BY y'), "2020|50|3|2020\n2021|50|3|2021", 'partition keys');
is(psql_value($plain . 'SELECT count(DISTINCT y) FROM parts'), '2', 'nothing but partition keys');
SKIP: {
	skip 'no ICU', 3 unless psql_value("SELECT count(*) FROM pg_collation WHERE collprovider = 'i'") > 0;
	psql_ok("CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)", 'a collation without case');
	is(psql_value($plain . 'SELECT count(DISTINCT w COLLATE nocase) FROM f'), psql_value('SELECT count(DISTINCT w COLLATE nocase) FROM copy'), '... decides what is equal');
	isnt(psql_value('SELECT count(DISTINCT w COLLATE nocase) FROM copy'), psql_value('SELECT count(DISTINCT w) FROM copy'), '... and it matters');
}

# --- beside others ---------------------------------------------------------------------------------------------

my $unsorted = "SET enable_sort = off;\n";
my $beside = qr/Foreign Scan\n(?:\s*Filter: [^\n]*\n)?\s*Engine: direct\n\s*->  Finalize .*Foreign Scan\n\s*Engine: direct\n\s*Distinct: .*Distinct in Scan/s;

sub same_beside
{
	my ($sql, $name, %o) = @_;
	my $set = $unsorted . ($o{settings} // '');

	like(plan_of($sql, $set), $beside, "$name: states of DISTINCT");
	return same($sql, $name, %o, any_plan => 1, settings => $set);
}

for my $c (qw(i2 i4 i8 n d f4 f8 b dt ts tz tm iv m u k t v c none arr w))
{
	same_beside("SELECT count(*), count(DISTINCT $c), count($c) FROM f", "count of $c beside count");
	same_beside("SELECT k, b, count(DISTINCT $c), sum(i4), avg(d) FROM f GROUP BY k, b ORDER BY k, b", "count of $c by others, beside sums");
}
same_beside("SELECT count(*), $_(DISTINCT i2), $_(DISTINCT i4), $_(DISTINCT i8), $_(DISTINCT d), $_(DISTINCT f8), $_(i2), $_(i8), $_(d) FROM f", "$_ beside all of them") for qw(sum avg);
same_beside("SELECT w, count(*), $_(DISTINCT i8), $_(DISTINCT n * 2), $_(DISTINCT f4), $_(n) FROM f WHERE n <> 'NaN' GROUP BY w ORDER BY w", "$_ by a text") for qw(sum avg);
same_beside('SELECT count(DISTINCT i4), count(DISTINCT i4) FILTER (WHERE b), count(i4), count(i4) FILTER (WHERE b), sum(DISTINCT i4), sum(i4) FROM f', 'one column in all ways');
same_beside('SELECT count(DISTINCT w) FILTER (WHERE g % 2 = 0), count(DISTINCT w) FILTER (WHERE i2 > 25), count(DISTINCT w) FILTER (WHERE false), max(g) FROM f', 'FILTER alone');
same_beside('SELECT k, count(DISTINCT lower(w)), count(DISTINCT i4 % 10), count(DISTINCT g), count(*) FILTER (WHERE b) FROM f GROUP BY k ORDER BY k', 'several expressions');
same_beside('SELECT g % 5, w, count(*), count(DISTINCT g), count(DISTINCT w), min(dt), max(DISTINCT n) FROM f GROUP BY 1, 2 ORDER BY 1, 2', 'what is grouped by is counted, too');
same_beside('SELECT (g % 5) * 2, g % 5 + count(*), count(DISTINCT i4) + 1 FROM f GROUP BY g % 5 ORDER BY 1', 'expressions over keys and aggregates');
same_beside("SELECT date_trunc('week', ts), count(DISTINCT u), count(*) FROM f GROUP BY 1 HAVING count(DISTINCT i4) > 5 AND sum(i2) IS NOT NULL ORDER BY 2 DESC, 1 LIMIT 5", 'HAVING, ORDER BY, LIMIT');
same_beside('SELECT count(*) FROM f HAVING count(DISTINCT i4) > 10', 'DISTINCT in HAVING alone');
same_beside('SELECT count(*) FROM f HAVING count(DISTINCT i4) < 0', 'HAVING that fails', empty => 1);
same_beside('SELECT trim_scale(n), count(*), count(DISTINCT w), trim_scale(sum(DISTINCT n)) FROM f GROUP BY n ORDER BY n', 'keys that are equal and look different');
same_beside('SELECT f8 + 0, count(*), count(DISTINCT f4) FROM f GROUP BY f8 ORDER BY f8', 'both zeros and NaN');
same_beside('SELECT none, count(*), count(DISTINCT none), count(DISTINCT k) FROM f GROUP BY none', 'NULLs alone');
same_beside('SELECT count(*), count(DISTINCT i4), sum(i8), sum(DISTINCT i4) FROM f WHERE g < 0', 'no rows beside others');
same_beside('SELECT k, count(*), count(DISTINCT i4) FROM f WHERE g < 0 GROUP BY k', 'no groups beside others', empty => 1);
same_beside("SELECT k, b, count(*), count(DISTINCT u) FROM f WHERE k = 'key 3' GROUP BY k, b ORDER BY b", 'a key that a condition fixes, beside others');
same_beside('SELECT count(*), count(DISTINCT i4) FROM f WHERE i4 = i2 AND g > 10', 'columns that are equal');
same_beside('SELECT count(*), count(DISTINCT i4), count(DISTINCT i2) FROM f WHERE i4 = i2', 'both of them');
same_beside('SELECT x, count(*), max(y) FROM (SELECT k, count(DISTINCT i4) AS x, sum(i8) AS y FROM f GROUP BY k) s GROUP BY x ORDER BY x', 'below another aggregate');
same_beside('SELECT sum(100 / i2) FILTER (WHERE i2 <> 0), count(DISTINCT 100 / i2) FILTER (WHERE i2 <> 0) FROM f', 'FILTER keeps errors away');
is(psql_value($plain . $unsorted . 'SELECT y, count(*), count(DISTINCT i), count(DISTINCT x), sum(i) FROM parts GROUP BY y ORDER BY y'), "2020|100|50|3|2450\n2021|100|50|3|2450", 'partition keys beside others');
is(psql_value($plain . 'SELECT count(*), count(DISTINCT y) FROM parts'), '200|2', 'rows that are only counted');
is(psql_value($plain . 'SELECT count(*), count(DISTINCT k), sum(x) FROM nothing'), '0|0|', 'an empty table, beside others');
SKIP: {
	skip 'no ICU', 1 unless psql_value("SELECT count(*) FROM pg_collation WHERE collname = 'nocase'") > 0;
	same_beside('SELECT count(*), count(DISTINCT w COLLATE nocase), count(DISTINCT w) FROM f', 'a collation without case beside others');
}
is(psql_value($plain . $unsorted . <<'SQL'), psql_value(<<'HEAP'), 'prepared: generic plans, too');
SET plan_cache_mode = force_generic_plan;
PREPARE q(int) AS SELECT k, count(*), count(DISTINCT i4 % $1), sum(i4) FILTER (WHERE i4 > $1) FROM f WHERE i4 > $1 GROUP BY k ORDER BY k;
EXECUTE q(7); EXECUTE q(100); EXECUTE q(NULL);
SQL
PREPARE q(int) AS SELECT k, count(*), count(DISTINCT i4 % $1), sum(i4) FILTER (WHERE i4 > $1) FROM copy WHERE i4 > $1 GROUP BY k ORDER BY k;
EXECUTE q(7); EXECUTE q(100); EXECUTE q(NULL);
HEAP
psql_fails($plain . 'SELECT count(*), count(DISTINCT 1 / (i2 - 5)) FROM f', qr/22012/, 'an expression that fails, beside others');

# --- errors, memory, rescans -----------------------------------------------------------------------------------

psql_fails($plain . 'SELECT count(DISTINCT b) FROM bad', qr/22P02.*record 2, column "b"/s, 'an error names its record');
is(psql_value($plain . 'SELECT count(DISTINCT a) FROM bad'), 3, 'not of columns that are not needed');
psql_ok("ALTER FOREIGN TABLE bad OPTIONS (ADD on_error 'skip')", 'on_error skip');
is(psql_value($plain . 'SELECT count(DISTINCT a), count(DISTINCT b) FROM bad'), '2|2', 'skipped');
psql_fails($plain . 'SELECT count(DISTINCT 1 / (i2 - 5)) FROM f', qr/22012/, 'an expression that fails');

my $little = "SET work_mem = '64kB';\nSET hash_mem_multiplier = 1;\n";
same('SELECT count(DISTINCT g), count(DISTINCT t), count(DISTINCT i8) FROM f', 'a table that is flushed', settings => $little);
my $flushed = psql_value($plain . $little . 'EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT count(DISTINCT g), count(DISTINCT t) FROM f');
like($flushed, qr/Distinct in Scan: g, t\n\s*Groups Flushed: [1-9]/, 'it is flushed');
my ($kb) = $flushed =~ /Memory Usage: (\d+) kB\n.*Foreign Scan on f/s;
cmp_ok($kb // 1e9, '<=', 64 + 80, 'and keeps within the memory');
like(psql_value($plain . 'EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT count(DISTINCT k), count(DISTINCT w) FROM f'),
	qr/Foreign Scan \(actual rows=14(?:\.00)? loops=1\)/, 'few rows are left');
is(psql_value($plain . 'SELECT o.x, (SELECT count(DISTINCT i4) FROM f WHERE g % 4 = o.x) FROM generate_series(0, 3) o (x)'),
	psql_value('SELECT o.x, (SELECT count(DISTINCT i4) FROM copy WHERE g % 4 = o.x) FROM generate_series(0, 3) o (x)'), 'rescans');
is(psql_value($plain . 'SELECT o.x, (SELECT count(DISTINCT i4) + o.x FROM f) FROM generate_series(0, 3) o (x)'),
	psql_value('SELECT o.x, (SELECT count(DISTINCT i4) + o.x FROM copy) FROM generate_series(0, 3) o (x)'), 'rescans of the same');
my $workers = "SET max_parallel_workers_per_gather = 2;\nSET parallel_setup_cost = 0;\nSET parallel_tuple_cost = 0;\nSET min_parallel_table_scan_size = 0;\nSET pds.split_size = 200000;\n";
my $rescans = 'SELECT o.x, (SELECT count(DISTINCT i4) + count(*) + sum(i4) FROM f WHERE g % 4 = o.x), (SELECT count(DISTINCT i4) + count(*) + o.x FROM f) FROM generate_series(0, 3) o (x)';
same_beside('SELECT count(*), count(DISTINCT g), count(DISTINCT t), count(DISTINCT i8), sum(i8) FROM f', 'a table that is flushed, beside others', settings => $little);
same_beside('SELECT k, b, count(*), count(DISTINCT t), count(DISTINCT g), sum(i4) FROM f GROUP BY k, b ORDER BY k, b', 'groups that are flushed, beside others', settings => $little);
like(psql_value($plain . $unsorted . $little . 'EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT k, count(DISTINCT t), count(*) FROM f GROUP BY k'),
	qr/Distinct in Scan: t\n\s*Aggregates in Scan: [^\n]*\n\s*Groups Flushed: [1-9]/, 'they are flushed');
is(psql_value($plain . $unsorted . $rescans), psql_value($rescans =~ s/\bf\b/copy/gr), 'rescans beside others');
is(psql_value($plain . $unsorted . $little . $rescans), psql_value($rescans =~ s/\bf\b/copy/gr), '... with little memory');
for my $sql ('SELECT k, count(DISTINCT i4), count(DISTINCT t) FROM f GROUP BY k ORDER BY k', 'SELECT count(DISTINCT i4), sum(DISTINCT d), max(u::text) FROM f', 'SELECT count(DISTINCT lower(w)) FROM f')
{
	like(plan_of($sql, $workers), qr/Aggregate.*Gather\n.*Foreign Scan\n.*(Distinct in Scan|Group Key).*Parallel Foreign Scan on f/s, 'by workers');
	same($sql, 'by workers', settings => $workers, any_plan => 1);
	same($sql, 'by workers, with little memory', settings => $workers . $little, any_plan => 1);
}
for my $sql ('SELECT count(*), count(DISTINCT i4), sum(DISTINCT d), sum(d) FROM f', 'SELECT k, b, count(DISTINCT t) FILTER (WHERE i4 > 9), avg(i8), count(DISTINCT i4 % 50), count(*) FROM f GROUP BY k, b ORDER BY k, b')
{
	like(plan_of($sql, $unsorted . $workers), qr/Finalize.*Distinct: .*Gather\n.*Foreign Scan\n.*Distinct in Scan.*Parallel Foreign Scan on f/s, 'by workers, beside others');
	same_beside($sql, 'by workers, beside others', settings => $workers);
	same_beside($sql, 'by workers, beside others, with little memory', settings => $workers . $little);
}

# --- what is not taken -----------------------------------------------------------------------------------------

for my $sql ('SELECT count(DISTINCT i4), stddev(i4) FROM f', 'SELECT count(DISTINCT random()) FROM f', 'SELECT count(*), count(DISTINCT i4 + random()::int) FROM f', 'SELECT count(DISTINCT i4) FILTER (WHERE random() < 2) FROM f',
	'SELECT count(*), count(DISTINCT (SELECT max(g) FROM copy)) FROM f', 'SELECT count(DISTINCT (i4, i8)), count(DISTINCT k) FROM f', 'SELECT count(*), count(DISTINCT k) FROM f GROUP BY ROLLUP (k)', 'SELECT array_agg(DISTINCT k) FROM f', 'SELECT count(DISTINCT f) FROM f',
	'SELECT string_agg(DISTINCT k, \',\') FROM f', 'SELECT count(DISTINCT g) FROM f GROUP BY ROLLUP (k)')
{
	unlike(plan_of($sql), qr/Distinct in Scan/, "not in the scan: $sql");
}

done_testing();
