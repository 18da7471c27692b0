# Aggregates inside direct scans: the same rows as over a heap copy and as with the setting off, for every type,
# within little memory, and what EXPLAIN says of them.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_scan_aggregates');

fresh_bucket('pds-aggregates');
run_python(<<'PY');
import boto3
s3 = boto3.client("s3")
s3.put_object(Bucket="pds-aggregates", Key="nothing/empty.csv", Body=b"")
for year in ("2020", "2021"):
    for k in range(3):
        s3.put_object(Bucket="pds-aggregates", Key="parts/y=%s/%d.csv" % (year, k), Body=b"".join(b"%d,x%d\n" % (i, i % 3) for i in range(100 * k)))
s3.put_object(Bucket="pds-aggregates", Key="bad/a.csv", Body=b"1,2\n3,x\n5,6\n")
PY
create_server('aws');

# --- a table of all types, and its copy ----------------------------------------------------------------------

my $columns = <<'SQL';
	g int, i2 smallint, i4 int, i8 bigint, n numeric, d numeric(12,2), big numeric, f4 real, f8 double precision,
	b boolean, dt date, ts timestamp, tz timestamptz, tm time, iv interval, m money, u uuid, k text, t text,
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
	(random() - 0.5) * 1000, CASE WHEN g % 19 > 0 THEN (random() - 0.5) * 1e6 END,
	CASE g % 3 WHEN 0 THEN true WHEN 1 THEN false END, date '2020-01-01' + (random() * 1000)::int,
	timestamp '2020-01-01' + random() * interval '1000 days', timestamptz '2021-01-01 UTC' - random() * interval '1000 days',
	time '12:00' + random() * interval '10 hours', random() * interval '10 days', (random() * 1000)::numeric::money, md5(g::text)::uuid,
	'key ' || (g % 7), CASE WHEN g % 13 > 0 THEN md5((g * 7 % 1000)::text) || repeat('x', g % 300) END, 'v' || (g % 5), 'c' || (g % 4), NULL,
	ARRAY[g % 3, g % 2]
	FROM generate_series(1, 5000) g;
CREATE FOREIGN TABLE f ($columns) SERVER aws OPTIONS (location 's3://pds-aggregates/f/', format 'csv', write_mode 'append');
INSERT INTO f SELECT * FROM h WHERE g % 2 = 0;
INSERT INTO f SELECT * FROM h WHERE g % 2 = 1;
-- the same order of rows, for sums of floats
CREATE TABLE copy AS SELECT * FROM f;
CREATE FOREIGN TABLE nothing (k text, x int, n numeric) SERVER aws OPTIONS (location 's3://pds-aggregates/nothing/', format 'csv');
ANALYZE copy;
SQL
is(psql_value('SELECT count(*) FROM copy'), 5000, 'all rows are there');

# Few rows in many groups are no work for the scan: the price of operators would say so.  Sorted groups have sums of
# floats in another order.
my $plain = "SET pds.engine = direct;\nSET extra_float_digits = 1;\nSET cpu_operator_cost = 0;\nSET cpu_tuple_cost = 0;\nSET enable_sort = off;\n";

sub plan_of { return psql_value($plain . "EXPLAIN (COSTS off) $_[0]") }

# The query with aggregates in the scan, without, and over the copy.
sub same
{
	my ($sql, $name, %o) = @_;

	return same_in_scan($sql, $name, before => $plain . ($o{settings} // ''), off => 'pds.scan_aggregates', heap => $sql =~ s/\bf\b/copy/r,
		plan => $o{any_plan} ? undef : qr/Aggregates in Scan|Foreign Scan\n.*Group Key/s, empty => $o{empty});
}

my @aggregates = (
	[ counts => 'count(*), count(i4), count(t), count(none), count(n)' ],
	[ integers => 'sum(i2), sum(i4), sum(i8), avg(i2), avg(i4), avg(i8), min(i2), max(i2), min(i4), max(i4), min(i8), max(i8)' ],
	[ numerics => 'sum(n), avg(n), min(n), max(n), sum(d), avg(d), min(d), max(d)' ],
	[ large => 'sum(big), avg(big), min(big), max(big)' ],
	[ floats => 'sum(f4), avg(f4), min(f4), max(f4), sum(f8), avg(f8), min(f8), max(f8), stddev(f8), var_pop(f4)' ],
	[ times => 'min(dt), max(dt), min(ts), max(ts), min(tz), max(tz), min(tm), max(tm), min(iv), max(iv), sum(m), min(m)' ],
	[ texts => 'min(t), max(t), min(v), max(v), min(c), max(c), min(t COLLATE "C"), max(k)' ],
	[ others => 'bool_and(b), bool_or(b), every(b), bit_and(i4), bit_or(i8), min(arr), max(arr)' ],
	[ nulls => 'count(none), sum(none), avg(none), min(none), max(none)' ],
	[ expressions => 'sum(i4) + count(*) * 2, avg(n) / nullif(max(f8), 0), coalesce(max(t), min(k))' ]);

for (@aggregates)
{
	my ($name, $list) = @$_;
	same("SELECT $list FROM f", "$name");
	same("WITH s AS MATERIALIZED (SELECT k, $list FROM f GROUP BY k) SELECT * FROM s ORDER BY k", "$name by a text");
	same("SELECT $list FROM f WHERE g > 2500 AND i4 < 0 AND k LIKE 'key%'", "$name with conditions");
	same("SELECT $list FROM f WHERE g % 2 = 0 AND i8 + 1 > 5", "$name with conditions of the executor");
	same("SELECT $list FROM f WHERE g < 0", "$name of no rows", empty => 1);
	same("SELECT b, c, i2 % 1 = 0, $list FROM f GROUP BY b, c, i2 ORDER BY 1, 2, i2 LIMIT 40", "$name by several", any_plan => 1)
	  if $name ne 'floats';
}

# one key of each type
same("SELECT $_, count(*), sum(i4), max(t) FROM f GROUP BY $_ ORDER BY $_, 2, 3 LIMIT 60", "by $_")
  for qw(i2 i4 i8 n d big f4 f8 b dt ts tz tm iv u k t v c none arr);

same('SELECT k, count(*) FROM f GROUP BY k HAVING count(*) > 714 AND max(i4) > 0 ORDER BY count(*) DESC, k LIMIT 3', 'HAVING, ORDER BY, LIMIT');
same('SELECT k FROM f GROUP BY k ORDER BY k', 'keys alone');
same('SELECT count(*) FROM (SELECT k, avg(d) AS a FROM f GROUP BY k) s WHERE a > 500', 'a subquery');
same('SELECT x, (SELECT count(*) FROM f WHERE i4 > x) FROM (VALUES (0), (100000), (-5)) v(x)', 'rescans with a parameter');
same('SELECT a.k, a.n, b.n FROM (SELECT k, count(*) n FROM f GROUP BY k) a JOIN (SELECT k, count(t) n FROM f GROUP BY k) b USING (k) ORDER BY 1', 'two at once');
same('SELECT k, c, count(*) FROM f WHERE k = \'key 3\' GROUP BY k, c ORDER BY c', 'a key that a condition fixes', any_plan => 1);
same('SELECT max(i4) FROM f WHERE i4 < (SELECT avg(i4) FROM copy)', 'an InitPlan');

# numerics that are equal, but not alike, are one group; so are zeros of two signs
same('SELECT count(*), count(distinct_n) FROM (SELECT n AS distinct_n, count(*) FROM f GROUP BY n) s', 'equal numerics');

# --- parallel --------------------------------------------------------------------------------------------------

for my $workers (1, 2)
{
	my $parallel = "SET max_parallel_workers_per_gather = $workers;\nSET min_parallel_table_scan_size = 0;\nSET parallel_setup_cost = 0;\n"
	  . "SET parallel_tuple_cost = 0;\nSET pds.split_size = 300000;\n";
	my $list = join ', ', map { $_->[1] } grep { $_->[0] ne 'floats' && $_->[0] ne 'expressions' } @aggregates;

	like(psql_value($plain . $parallel . 'EXPLAIN (COSTS off) SELECT k, count(*), avg(d) FROM f GROUP BY k'),
		qr/Finalize.*Gather.*Foreign Scan\n.*Aggregates in Scan.*Parallel Foreign Scan on f/s, "$workers workers: below a Gather");
	same("SELECT $list FROM f", "$workers workers", settings => $parallel);
	same("SELECT k, $list FROM f GROUP BY k ORDER BY k", "$workers workers, by a text", settings => $parallel);
	same("SELECT count(*), min(g) FROM f WHERE t LIKE '%a%'", "$workers workers, a condition", settings => $parallel);
}

# --- what is not taken -----------------------------------------------------------------------------------------

for my $sql ('SELECT string_agg(k, \',\' ORDER BY g) FROM f',
	'SELECT k, v, count(*) FROM f GROUP BY ROLLUP (k, v)', 'SELECT stddev(n) FROM f', 'SELECT array_agg(i4) FROM f',
	'SELECT count(*) FROM f WHERE now() < \'2000-01-01\'', 'SELECT count(f) FROM f',
	'SELECT count(*) FROM f JOIN copy USING (g)')
{
	unlike(plan_of($sql), qr/Aggregates in Scan/, "not in the scan: $sql");
}
unlike(psql_value($plain . "SET pds.scan_aggregates = off;\nEXPLAIN SELECT count(*) FROM f"), qr/in Scan/, 'not when set off');

# --- memory ----------------------------------------------------------------------------------------------------

my $little = "SET work_mem = '64kB';\nSET hash_mem_multiplier = 1;\n";
my $flushed = psql_value($plain . $little . "SET cpu_tuple_cost = 0;\nEXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off)\n"
	  . 'SELECT k, t, count(*), sum(d) FROM f GROUP BY k, t');
like($flushed, qr/Groups Flushed: [1-9]/, 'a full table of groups is flushed');
my ($kb) = $flushed =~ /Memory Usage: (\d+) kB\n.*Foreign Scan on f/s;
cmp_ok($kb // 1e9, '<=', 64 + 80, 'and keeps within the memory');
my $workers = "SET max_parallel_workers_per_gather = 2;\nSET parallel_setup_cost = 0;\nSET parallel_tuple_cost = 0;\nSET min_parallel_table_scan_size = 0;\n"
	  . "SET pds.split_size = 300000;\nSET parallel_leader_participation = off;\n";
my $theirs = psql_value($plain . $little . $workers . 'EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT g, count(*) FROM f GROUP BY g');
like($theirs, qr/Workers Launched: [12]\n.*Groups Flushed: [1-9]\d*\n\s*Memory Usage: [1-9]\d* kB\n.*Parallel Foreign Scan on f/s, 'the leader tells of its workers, too');
is(psql_value($plain . $little . "SET cpu_tuple_cost = 0;\nSELECT k, t, count(*), sum(d), sum(i8), avg(n), max(dt), min(t), sum(big), avg(i4) FROM f GROUP BY k, t ORDER BY k, t"),
	psql_value("SELECT k, t, count(*), sum(d), sum(i8), avg(n), max(dt), min(t), sum(big), avg(i4) FROM copy GROUP BY k, t ORDER BY k, t"), 'groups in parts are put together');

# --- rescans: groups are kept, the objects are read once -------------------------------------------------------

sub requests
{
	psql_value($plain . ($_[1] // q()) . "EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) $_[0]") =~ /Aggregates in Scan.*Requests: (\d+)/s or die "no requests: $_[0]";
	return $1;
}

# a sum that has been handed to PostgreSQL's state, one that has not, and the other kinds
my $each = 'sum(d), sum(i8), avg(n), sum(big), avg(i4), max(t), count(none), sum(f8), stddev(f8)';
my $once = requests("SELECT $each FROM f");
cmp_ok($once, '>', 0, 'a scan has requests');
for my $q ("SELECT o.x, (SELECT md5((($each))::text || o.x) FROM f) FROM generate_series(1, 4) o (x)",
	"SELECT o.x, l.* FROM generate_series(1, 3) o (x), LATERAL (SELECT $each, o.x AS y FROM f HAVING count(*) > o.x) l")
{
	my $sql = $q =~ s/\(\(\Q$each\E\)\)/ROW($each)/r;

	is(requests($sql), $once, "four scans, the requests of one: $sql");
	is(psql_value($plain . $sql), psql_value($plain . $sql =~ s/\bf\b/copy/gr), 'and the same rows');
}
my $little_set = $little . "SET cpu_tuple_cost = 0;\n";
my $nested = "SELECT o.x, (SELECT count(*) || '/' || sum(c) || '/' || sum(s) FROM (SELECT k, t, count(*) AS c, sum(d) + o.x AS s FROM f GROUP BY k, t) g) FROM generate_series(1, 4) o (x)";
$once = requests('SELECT k, t, count(*), sum(d) FROM f GROUP BY k, t', $little_set);
is(requests($nested, $little_set), 2 * $once, 'groups that were flushed are kept from the second scan on');
is(psql_value($plain . $little_set . $nested), psql_value($plain . $nested =~ s/\bf\b/copy/r), 'and the same rows');
my $changed = 'SELECT o.x, (SELECT sum(d) FROM f WHERE g % 4 = o.x) FROM generate_series(0, 3) o (x)';
is(psql_value($plain . $changed), psql_value($plain . $changed =~ s/\bf\b/copy/r), 'a parameter of the scan makes other groups');
is(psql_value($plain . 'SELECT count(DISTINCT s) > 1 FROM (SELECT o.x, (SELECT sum(g) + 0 * o.x AS s FROM f WHERE random() < 0.5) FROM generate_series(1, 8) o (x)) q (x, s)'),
	't', 'so does a volatile condition');

# --- counting without reading rows ------------------------------------------------------------------------------

psql_ok(<<'SQL', 'more tables');
CREATE FOREIGN TABLE parts (i int, x text, y int OPTIONS (partition_key 'true')) SERVER aws OPTIONS (location 's3://pds-aggregates/parts/', format 'csv');
CREATE FOREIGN TABLE bad (a int, b int) SERVER aws OPTIONS (location 's3://pds-aggregates/bad/', format 'csv');
SQL
is(psql_value($plain . 'SELECT count(*) FROM parts'), 600, 'count(*) of all');
is(psql_value($plain . 'SELECT y, count(*) FROM parts GROUP BY y ORDER BY y'), "2020|300\n2021|300", 'count(*) by a partition key');
is(psql_value($plain . 'SELECT y, x, count(*), sum(y), sum(i) FROM parts WHERE y = 2021 GROUP BY y, x ORDER BY x'),
	"2021|x0|101|204121|8316\n2021|x1|100|202100|8317\n2021|x2|99|200079|8217", 'a partition key and a column');
is(psql_value($plain . 'SELECT count(*), sum(x), avg(n) FROM nothing'), '0||', 'an empty table');
is(psql_value($plain . 'SELECT k, count(*) FROM nothing GROUP BY k'), '', 'no groups of an empty table');

# --- errors, cursors, plans -------------------------------------------------------------------------------------

psql_fails($plain . 'SELECT sum(b) FROM bad', qr/22P02.*invalid.*"x".*bad\/a\.csv, record 2, column "b"/s, 'an error names its record');
psql_ok("ALTER FOREIGN TABLE bad OPTIONS (ADD on_error 'skip')", 'on_error skip');
my ($rc, $out, $err) = psql($plain . 'SELECT count(*), sum(b) FROM bad');
is($out, '2|8', 'skipped');
like($err, qr/1 row of "bad" was skipped/, 'with a warning');
psql_ok("ALTER FOREIGN TABLE bad OPTIONS (SET on_error 'null')", 'on_error null');
is(psql_value($plain . 'SELECT count(*), count(b), sum(b) FROM bad'), '3|2|8', 'a value becomes NULL');

is(psql_value($plain . <<'SQL'), "key 0\nkey 1\nkey 0", 'a cursor goes both ways');
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT k FROM f GROUP BY k ORDER BY k;
FETCH c; FETCH c; FETCH BACKWARD c;
SQL
is(psql_value($plain . <<'SQL'), join("\n", (2500) x 6, 10), 'prepared: generic plans, too');
PREPARE q(int) AS SELECT count(*) FROM f WHERE g <= $1;
EXECUTE q(2500); EXECUTE q(2500); EXECUTE q(2500); EXECUTE q(2500); EXECUTE q(2500); EXECUTE q(2500); EXECUTE q(10);
SQL
my $b = psql_value($plain . 'EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT k, count(*), avg(d) FROM f WHERE i4 + 0 > 0 GROUP BY k');
like($b, qr/Finalize HashAggregate.*Foreign Scan \(actual rows=7(?:\.00)? loops=1\).*Group Key: k\n\s*Aggregates in Scan: PARTIAL count\(\*\), PARTIAL avg\(d\)\n/s,
	'EXPLAIN ANALYZE shows the aggregates');
like($b, qr/Foreign Scan on f \(actual rows=[\d.]+ loops=1\)\n.*Filter:.*Rows Removed by Filter: .*Objects Read: 2/s, 'and the scan below');
$b =~ /Scan on f \(actual rows=(\d+).*Removed by Filter: (\d+)/s;
is($1 + $2, 5000, 'all rows are accounted for');

done_testing();
