# TimeZone changes while statements stay prepared: those that were planned while it was UTC, where Athena computes what depends
# on it, give the rows of the new zone, without an error.  A local table says what they are.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
# DuckDB does not compute in zones as Trino does
plan skip_all => 'the engine is not Trino' unless trino_answers();
fresh_database('pds_zone');
make_tables('pds-zone', 'zone', <<'PY');
make("t", ["id int", "ts timestamp"], ["%d,2024-03-%02d %02d:30:00" % (i, 1 + i % 5, (i * 5) % 24) for i in range(1, 41)])
PY
create_server('aws', output_location => 's3://pds-zone/results/');
psql_ok(<<'SQL', 'tables');
CREATE SCHEMA f; IMPORT FOREIGN SCHEMA zone FROM SERVER aws INTO f;
CREATE SCHEMA h; CREATE TABLE h.t (id int, ts timestamp);
INSERT INTO h.t SELECT i, '2024-03-01'::timestamp + make_interval(days => i % 5, hours => (i * 5) % 24, mins => 30) FROM generate_series(1, 40) i;
SQL

my %query = (
	condition => q{SELECT id FROM t WHERE ts::timestamptz > '2024-03-03 12:00:00+00' ORDER BY id},
	value => q{SELECT id, date_trunc('day', ts::timestamptz) AS d FROM t ORDER BY id},
	aggregates => q{SELECT date_trunc('day', ts::timestamptz) AS d, count(*), max(ts::timestamptz), min(extract(hour FROM ts::timestamptz)) FROM t GROUP BY 1 ORDER BY 1},
);
my @zones = ("'UTC'", "'Asia/Tokyo'", "'America/New_York'", "'UTC'");

# settings, then a statement in each zone, in one session
sub rows
{
	my ($schema, $prepare, $execute, @change) = @_;
	my ($rc, $out, $err) = psql("SET pds.engine = athena; SET plan_cache_mode = force_generic_plan; SET DateStyle = ISO;\n"
		  . "SET search_path = $schema; SET TimeZone = 'UTC';\n$prepare;\n"
		  . join('', map { "$_;\n$execute;\n" } @change));
	fail("an error in $schema: $err") if $rc;
	return $out;
}

for my $name (sort keys %query)
{
	my $plan = psql_value("SET search_path = f; SET pds.engine = athena; SET TimeZone = 'UTC'; EXPLAIN (VERBOSE, COSTS OFF) $query{$name}");
	like($plan, qr/Remote SQL: .*(timestamp|TIMESTAMP|date_trunc)/, "$name: Athena computes it in UTC");
	my @set = map { "SET TimeZone = $_" } @zones;
	my @same = ("PREPARE q AS $query{$name}", 'EXECUTE q');
	is(rows('f', @same, @set), rows('h', @same, @set), "$name: prepared, SET");
	my @config = map { "SELECT set_config('TimeZone', $_, false)" } @zones;
	is(rows('f', @same, @config), rows('h', @same, @config), "$name: prepared, set_config()");
	my @local = ("BEGIN; SET LOCAL TimeZone = 'Asia/Tokyo'", 'ROLLBACK', "BEGIN; SET LOCAL TimeZone = 'Asia/Tokyo'", 'COMMIT');
	is(rows('f', @same, @local), rows('h', @same, @local), "$name: prepared, SET LOCAL and its end");
	my $function = "CREATE FUNCTION pg_temp.q() RETURNS SETOF text LANGUAGE plpgsql AS \$\$ DECLARE r record; BEGIN FOR r IN $query{$name} LOOP RETURN NEXT r::text; END LOOP; END \$\$";
	is(rows('f', $function, 'SELECT pg_temp.q()', @set), rows('h', $function, 'SELECT pg_temp.q()', @set), "$name: a function");
	is(rows('f', "$function; ALTER FUNCTION pg_temp.q() SET TimeZone = 'Asia/Tokyo'", 'SELECT pg_temp.q()', @set),
		rows('h', "$function; ALTER FUNCTION pg_temp.q() SET TimeZone = 'Asia/Tokyo'", 'SELECT pg_temp.q()', @set), "$name: a function with a zone of its own");
}

done_testing();
