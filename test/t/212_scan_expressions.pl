# Aggregates over expressions, FILTER and groups by expressions inside direct scans: the same rows and the same errors
# as over a heap copy and as with the setting off.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_scan_expressions');

fresh_bucket('pds-expressions');
run_python(<<'PY');
import boto3
s3 = boto3.client("s3")
s3.put_object(Bucket="pds-expressions", Key="bad/a.csv", Body=b"1,2\n3,x\n5,6\n7,2000000000\n")
for year in ("2020", "2021"):
    s3.put_object(Bucket="pds-expressions", Key="parts/y=%s/0.csv" % year, Body=b"".join(b"%d,x%d\n" % (i, i % 3) for i in range(100)))
PY
create_server('aws');

my $columns = <<'SQL';
	g int, i2 smallint, i4 int, i8 bigint, small int, n numeric, d numeric(12,2), big numeric, f4 real, f8 double precision,
	b boolean, dt date, ts timestamp, tz timestamptz, tm time, iv interval, u uuid, k text, t text,
	v varchar(40), c char(5), none int, arr int[]
SQL

psql_ok(<<"SQL", 'tables');
SET client_encoding = 'UTF8';
CREATE TABLE h ($columns);
SELECT setseed(0.5);
INSERT INTO h SELECT g,
	CASE WHEN g % 17 > 0 THEN (random() * 360 - 180)::int2 END, ((random() - 0.5) * 4e9)::int4, ((random() - 0.5) * 1.8e19)::int8,
	CASE WHEN g % 4 > 0 THEN (random() * 1000)::int - 500 END,
	CASE WHEN g % 11 > 0 THEN round((random() * 1000 - 500)::numeric, g % 7) END,
	CASE WHEN g % 5 > 0 THEN round((random() * 1000)::numeric, 2) END,
	CASE g % 7 WHEN 0 THEN 'NaN' WHEN 1 THEN random()::numeric * 1e30 WHEN 2 THEN (random() - 0.5)::numeric * 1e17
		WHEN 3 THEN 1e-20 WHEN 4 THEN -1e400 WHEN 5 THEN 9223372036854775807 ELSE 12345678901234567.89 END,
	(random() - 0.5) * 1000, CASE WHEN g % 19 > 0 THEN (random() - 0.5) * 1e6 END,
	CASE g % 3 WHEN 0 THEN true WHEN 1 THEN false END, CASE g % 500 WHEN 7 THEN 'infinity' ELSE date '1969-06-01' + (random() * 1000)::int END,
	CASE g % 400 WHEN 8 THEN 'infinity' WHEN 9 THEN '-infinity' WHEN 10 THEN NULL ELSE timestamp '1999-01-01' + random() * interval '1000 days' END,
	timestamptz '2021-01-01 UTC' - random() * interval '1000 days',
	time '12:00' + random() * interval '10 hours', random() * interval '10 days', md5(g::text)::uuid,
	'key ' || (g % 7), CASE WHEN g % 13 > 0 THEN repeat(CASE g % 3 WHEN 0 THEN 'x' WHEN 1 THEN 'ü' ELSE '€𝄞"' END, g % 150) END,
	repeat('é', g % 40), repeat('c', g % 5), NULL, ARRAY[g % 3, g % 2]
	FROM generate_series(1, 4000) g;
CREATE FOREIGN TABLE f ($columns) SERVER aws OPTIONS (location 's3://pds-expressions/f/', format 'csv', write_mode 'append');
INSERT INTO f SELECT * FROM h WHERE g % 2 = 0;
INSERT INTO f SELECT * FROM h WHERE g % 2 = 1;
CREATE TABLE copy AS SELECT * FROM f;
ANALYZE copy;
CREATE FOREIGN TABLE bad (a int, b int) SERVER aws OPTIONS (location 's3://pds-expressions/bad/', format 'csv');
CREATE FOREIGN TABLE parts (i int, x text, y int OPTIONS (partition_key 'true')) SERVER aws OPTIONS (location 's3://pds-expressions/parts/', format 'csv');
SQL
is(psql_value('SELECT count(*) FROM copy'), 4000, 'all rows are there');

my $plain = "SET client_encoding = 'UTF8';\nSET pds.engine = direct;\nSET extra_float_digits = 1;\nSET cpu_operator_cost = 0;\nSET cpu_tuple_cost = 0;\nSET enable_sort = off;\n";
my $in_scan = qr/Aggregates in Scan|Foreign Scan\n.*Group Key/s;

sub plan_of { return psql_value("$plain" . ($_[1] // '') . "EXPLAIN (COSTS off) $_[0]") }

# The query with aggregates in the scan, without, and over the copy.
sub same
{
	my ($sql, $name, %o) = @_;

	return same_in_scan($sql, $name, before => $plain . ($o{settings} // ''), off => 'pds.scan_aggregates', heap => $sql =~ s/\bf\b/copy/r,
		plan => $in_scan, empty => $o{empty});
}

# The same error: SQLSTATE and message.
sub same_error
{
	my ($sql, $state, $name) = @_;
	my ($rc, $out, $err) = psql("$plain$sql");
	my ($heap_rc, $heap_out, $heap_err) = psql($plain . $sql =~ s/\bf\b/copy/r);
	my ($message) = $err =~ /(ERROR: .*)/;
	my ($heap_message) = $heap_err =~ /(ERROR: .*)/;

	like(plan_of($sql), $in_scan, "$name: in the scan");
	like($message // '', qr/ERROR:  $state: /, "$name: an error");
	is($message, $heap_message, "$name: as heap");
	return;
}

# --- arguments -------------------------------------------------------------------------------------------------

my @aggregates = (
	[ 'integers of one type' => 'sum(i2 * i2), avg(small + small), min(small - small), max(small * small), sum(small * small + small), count(small * i2), sum(i2 - 1::int2)' ],
	[ 'integers of several types' => 'sum(small * i2), avg(i2 + small), min(small - i2::bigint), max(i4::bigint * i2), sum(i4::bigint * small), avg(i8 / 2 + i4), sum(i2 + i4::bigint)' ],
	[ numerics => 'sum(n * d), avg(n + d), min(n - d), max(n * n), sum(d * d - n), sum(n * 1.50), avg(d + 0.000), sum(d - n * 0.1), count(n * d)' ],
	[ 'numerics and integers' => 'sum(d * small), avg(n * i4), sum(d * i8), sum(n + 1), sum(small * 1.5), avg(i8 * 2.25), sum(i4 + n), max(d * small)' ],
	[ 'large numerics' => 'sum(big * d), avg(big + n), sum(big * big), min(big - 1), sum(big * i8), sum(d * d * d * d * d * d * d * d)' ],
	[ 'both ways of a column' => 'sum(n), sum(n * d), min(n), sum(d), count(d), max(d + 1)' ],
	[ floats => 'sum(f8 * f8), avg(f4 + f8), min(f4 * 2), max(f8 - f4), sum(f8 / 3), stddev(f8 * 2), avg(f4::numeric)' ],
	[ lengths => 'sum(length(t)), avg(length(v)), min(char_length(t)), max(length(c)), sum(octet_length(t)), avg(length(t) * 2.5), sum(length(t) + small), sum(character_length(k) * d)' ],
	[ texts => "min(t || k), max(lower(v)), min(substr(t, 3)), max(c || 'x'), count(nullif(k, 'key 3'))" ],
	[ times => "min(ts + interval '1 day'), max(dt + 1), min(tz - interval '1 hour'), sum(iv * 2), max(tm + iv), min(age(tz, '2020-01-01 UTC'))" ],
	[ others => 'bool_and(small > -400), bool_or(b AND i4 > 0), bit_or(i2 & 7::int2), max(arr || g % 2), min(array_append(arr, small)), count(CASE WHEN b THEN 1 END)' ],
	[ conditions => "sum(CASE WHEN k = 'key 3' THEN d ELSE 0 END), count(nullif(small, 3)), sum(coalesce(small, 0)), avg(greatest(small, i2)), max((small IS NULL)::int)" ],
	[ constants => 'sum(1), count(1), sum(2.50), max(NULL::int), min(7 + small * 0)' ],
	[ filters => "count(*) FILTER (WHERE b), sum(i4) FILTER (WHERE small > 0), sum(d * small) FILTER (WHERE k LIKE '%3'), avg(n) FILTER (WHERE NOT b), count(t) FILTER (WHERE i4 > 0), count(*) FILTER (WHERE g < 0), max(k) FILTER (WHERE d > 500)" ],
	[ nulls => 'sum(none * 2), avg(none + small), min(none - 1), count(none + 1)' ]);

for (@aggregates)
{
	my ($name, $list) = @$_;
	same("SELECT $list FROM f", $name);
	same("WITH s AS MATERIALIZED (SELECT k, $list FROM f GROUP BY k) SELECT * FROM s ORDER BY k", "$name by a text");
	same("SELECT $list FROM f WHERE g > 2000 AND i4 < 0 AND g % 3 = 1", "$name with conditions");
	same("SELECT $list FROM f WHERE g < 0", "$name of no rows", empty => 1);
}

# --- groups ----------------------------------------------------------------------------------------------------

for my $key ((map { ("date_trunc('$_', ts)", "date_trunc('$_', dt)", "date_trunc('$_', tz)", "extract($_ from ts)") } qw(minute hour day week month quarter year decade century)),
	(map { "extract($_ from ts)" } qw(dow doy isodow isoyear millennium second epoch)), (map { "extract($_ from dt)" } qw(year month dow)),
	"date_part('month', ts)", "date_trunc('MONTH', ts)", "to_char(dt, 'YYYY-MM')", "to_char(ts, 'HH24')", 'ts::date', 'dt - 1', "date_trunc('month', ts)::date", 'dt::timestamp + iv * 0',
	"CASE WHEN isfinite(ts) THEN date_trunc('week', ts) - date_trunc('month', ts) END", "CASE WHEN isfinite(ts) THEN ts::date + extract(hour from ts)::int END", 'small % 5', 'd * 0', 'n + 0.0', 'f8 * 0', 'lower(k)', 'length(t)', 'arr || g % 2', 'b AND i4 > 0', 'NOT b',
	"CASE WHEN small > 0 THEN 'a' ELSE k END", 'i8 / 1000000000000000000', 'c || k', 'v::text')
{
	same("SELECT $key, count(*), sum(small) FROM f GROUP BY 1 ORDER BY 1, 2, 3", "by $key");
}
same("SELECT (g % 7) * 2, g % 7 + count(*), k FROM f GROUP BY g % 7, k ORDER BY 1, 3", 'expressions over a key');
like(plan_of('SELECT (g % 7) * 2, count(*) FROM f GROUP BY g % 7'), qr/Foreign Scan\n.*Group Key: \(g % 7\)\n/s, '... whose column makes no groups of its own');
same("SELECT g % 7, g % 3 AS x, g % 3, count(*) FROM f GROUP BY g % 7, g % 3 ORDER BY 1, 2", 'several expressions');
same("SELECT g % 2 = 0, count(*) FILTER (WHERE g % 3 = 0) FROM f GROUP BY 1 HAVING sum(g * 2) > 10 ORDER BY 1", 'HAVING and FILTER');
same('SELECT date_trunc(\'month\', ts) FROM f GROUP BY 1 ORDER BY 1', 'keys alone');
same("SELECT y * 2 FROM (SELECT extract(year from ts) AS y, count(*) FROM f WHERE b GROUP BY 1) s ORDER BY 1", 'below a subquery');
is(psql_value($plain . 'SELECT y + 1, x, count(*), sum(y * i) FROM parts GROUP BY y + 1, x ORDER BY 1, 2'),
	join("\n", map { my $y = $_; map { my $x = $_; my @i = grep { $_ % 3 == $x } 0 .. 99; my $s = 0; $s += $_ for @i; $y + 1 . "|x$x|" . @i . '|' . $y * $s } 0 .. 2 } 2020, 2021), 'a partition key in expressions');
is(psql_value($plain . 'SELECT y + 1, count(*) FROM parts GROUP BY 1 ORDER BY 1'), "2021|100\n2022|100", 'rows that are only counted');
is(psql_value($plain . 'SELECT y + 1, count(*) FILTER (WHERE y = 2020), sum(y * 2), count(*) FROM parts GROUP BY 1 ORDER BY 1'), "2021|100|404000|100\n2022|0|404200|100", 'a filter on a partition key');
for my $zone ('UTC', 'Europe/Berlin', 'Asia/Kolkata')
{
	same("SELECT date_trunc('day', tz), date_trunc('month', dt), count(*) FROM f GROUP BY 1, 2 ORDER BY 1, 2", "by times in $zone", settings => "SET TimeZone = '$zone';\n");
}

# --- errors ----------------------------------------------------------------------------------------------------

same_error('SELECT sum(i4 * i4) FROM f', 22003, 'a product of integers');
same_error('SELECT sum(i4 + i4) FROM f', 22003, 'a sum of integers');
same_error('SELECT sum(i4 - 2000000000) FROM f', 22003, 'a difference of integers');
same_error('SELECT min(i2 * i2 * 1000::int2) FROM f', 22003, 'a product of smallints');
same_error('SELECT sum(i2 * i2 * 1000::int2 * 2) FROM f', 22003, 'a product of smallints within an integer one');
same_error('SELECT max((i4 + i4)::bigint) FROM f', 22003, 'a sum of integers that is widened');
same_error('SELECT avg((i4 + i4) * 1.5) FROM f', 22003, 'a sum of integers that becomes numeric');
same_error('SELECT avg(i8 * i8) FROM f', 22003, 'a product of bigints');
same_error('SELECT sum(none + i4 * i4) FROM f', 22003, 'one side NULL, the other an error');
same_error('SELECT sum(i4 * i4 + none) FROM f', 22003, 'the other way round');
same_error('SELECT count(i8 + i8) FROM f', 22003, 'a count of what overflows');
same_error('SELECT sum(1 / (small - small % 100)) FROM f', 22012, 'a division');
same_error('SELECT sum(f8 * 1e305) FROM f', 22003, 'a product of floats');
same_error('SELECT sum(f4 * 1e38::real) FROM f', 22003, 'a product of reals');
same_error('SELECT max(dt + 2147483647) FROM f', 22008, 'a date');
same_error('SELECT sum(substr(k, 5)::int * 1000000000) FROM f', 22003, 'a product of what is cast');
same_error('SELECT sum(k::int) FROM f', '22P02', 'a text that is no number');
same_error('SELECT count(*) FILTER (WHERE 1 / i2 > 0) FROM f', 22012, 'a filter');
same_error('SELECT 1 / (g % 7), count(*) FROM f GROUP BY 1', 22012, 'a key');
same("SELECT sum(100 / i2) FILTER (WHERE i2 <> 0) FROM f", 'a filter keeps errors away');
same("SELECT sum(i4 * small) FROM f WHERE i4 BETWEEN -1000000 AND 1000000", 'so does a condition');

my $bad = 'SELECT count(*), sum(a * 2), sum(b + a), count(*) FILTER (WHERE b > 3) FROM bad';
psql_fails($plain . $bad, qr/22P02/, 'a bad value that an expression needs');
psql_ok("ALTER FOREIGN TABLE bad OPTIONS (ADD on_error 'skip')", 'on_error skip');
is(psql_value($plain . $bad), '3|26|2000000021|2', 'its record is skipped');
is(psql_value($plain . 'SELECT sum(a * 2) FROM bad'), '32', 'it is not where its column is not needed');
psql_fails($plain . 'SELECT sum(b * a) FROM bad', qr/22003/, 'an expression that fails is no malformed record');
psql_ok("ALTER FOREIGN TABLE bad OPTIONS (SET on_error 'null')", 'on_error null');
is(psql_value($plain . $bad), '4|32|2000000021|2', 'a value becomes NULL');

# --- parallel, parameters, rescans, memory ----------------------------------------------------------------------

for my $workers (1, 2)
{
	my $parallel = "SET max_parallel_workers_per_gather = $workers;\nSET min_parallel_table_scan_size = 0;\nSET parallel_setup_cost = 0;\n"
	  . "SET parallel_tuple_cost = 0;\nSET pds.split_size = 200000;\n";
	my $list = join ', ', map { $_->[1] } grep { $_->[0] ne 'floats' } @aggregates;

	like(plan_of('SELECT k, sum(d * small) FROM f GROUP BY k', $parallel),
		qr/Finalize.*Gather.*Foreign Scan\n.*Aggregates in Scan.*Parallel Foreign Scan on f/s, "$workers workers: below a Gather");
	same("SELECT $list FROM f", "$workers workers", settings => $parallel);
	same("SELECT date_trunc('month', ts), small % 3, $list FROM f GROUP BY 1, 2 ORDER BY 1, 2", "$workers workers, by expressions", settings => $parallel);
}
is(psql_value($plain . <<'SQL'), psql_value($plain . <<'HEAP'), 'prepared: generic plans, too');
SET plan_cache_mode = force_generic_plan;
PREPARE q(int, numeric, text) AS SELECT k || $3, sum(small * $1), sum(d + $2), count(*) FILTER (WHERE i2 > $1) FROM f GROUP BY 1 ORDER BY 1;
EXECUTE q(2, 1.5, 'x'); EXECUTE q(-7, 100, ''); EXECUTE q(NULL, NULL, NULL);
SQL
PREPARE q(int, numeric, text) AS SELECT k || $3, sum(small * $1), sum(d + $2), count(*) FILTER (WHERE i2 > $1) FROM copy GROUP BY 1 ORDER BY 1;
EXECUTE q(2, 1.5, 'x'); EXECUTE q(-7, 100, ''); EXECUTE q(NULL, NULL, NULL);
HEAP
is(psql_value($plain . <<'SQL'), psql_value('SELECT sum(small * 3) FROM copy'), 'a variable of plpgsql');
CREATE FUNCTION total(x int) RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE r bigint; BEGIN SELECT sum(small * x) INTO r FROM f; RETURN r; END $$;
SELECT total(3);
SQL
is(psql_value($plain . 'SELECT o.x, (SELECT sum(small * o.x) FROM f) FROM generate_series(1, 3) o (x)'),
	psql_value('SELECT o.x, (SELECT sum(small * o.x) FROM copy) FROM generate_series(1, 3) o (x)'), 'a parameter of another node');
is(psql_value($plain . 'SELECT o.x, (SELECT sum(small * 2) FROM f WHERE g % 3 = o.x) FROM generate_series(0, 2) o (x)'),
	psql_value('SELECT o.x, (SELECT sum(small * 2) FROM copy WHERE g % 3 = o.x) FROM generate_series(0, 2) o (x)'), 'a rescan with another condition');
my $little = "SET work_mem = '64kB';\nSET hash_mem_multiplier = 1;\n";
like(psql_value($plain . $little . 'EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT md5(k || g), sum(d * small) FROM f GROUP BY 1'),
	qr/Groups Flushed: [1-9]/, 'a full table of groups is flushed');
same("SELECT md5(k || g % 1000), sum(d * small), max(length(t)) FROM f GROUP BY 1 ORDER BY 1", 'groups in parts', settings => $little);

# --- what is not taken -----------------------------------------------------------------------------------------

for my $sql ('SELECT sum(small * (random() * 10)::int) FROM f', 'SELECT random() < 0.5, count(*) FROM f GROUP BY 1', 'SELECT count(f) FROM f', 'SELECT count((f).k) FROM (SELECT f FROM f OFFSET 0) s',
	'SELECT unnest(arr), count(*) FROM f GROUP BY 1', 'SELECT sum(small * (SELECT max(g) FROM copy)) FROM f', 'SELECT sum(small + (SELECT c.g FROM copy c WHERE c.g = f.g)) FROM f')
{
	unlike(plan_of($sql), $in_scan, "not in the scan: $sql");
}

done_testing();
