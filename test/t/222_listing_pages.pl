# Reading begins before the listing has ended: by the requests that the services got, and by rows, counts and errors.
use strict;
use warnings;
use PdsTest;
use Test::More;

# 5,500 objects of three lines: planning lists 5,000 of them at most
fresh_database('pds_pages');
my $world = start_world('lake', 11, 500, 1);
create_server('aws', endpoint_url => $world->{url}, engine => 'direct', cache_ttl => '600');
create_server('fresh', endpoint_url => $world->{url}, engine => 'direct', cache_ttl => '0');
psql_ok(
	"CREATE SCHEMA big; IMPORT FOREIGN SCHEMA big FROM SERVER aws INTO big;
	CREATE SCHEMA big_fresh; IMPORT FOREIGN SCHEMA big FROM SERVER fresh INTO big_fresh;"
	  . join('', map { "CREATE FOREIGN TABLE $_->[0] (a int, d int OPTIONS (partition_key 'true'), h text OPTIONS (partition_key 'true'), p text OPTIONS (column_name '\$path'))
		SERVER $_->[1] OPTIONS (location 's3://$_->[2]/t/', format 'csv');" }
		  (['folders', 'aws', 'b'], ['folders_fresh', 'fresh', 'b'], ['overlap', 'fresh', 'overlap'], ['disorder', 'aws', 'disorder'], ['broken', 'fresh', 'broken'], ['circle', 'fresh', 'circle']))
	  . join('', map { "CREATE FOREIGN TABLE $_->[0] (a int, p text OPTIONS (column_name '\$path')) SERVER $_->[1] OPTIONS (location 's3://b/t/', format 'csv'$_->[2]);" }
		  (['whole', 'aws', ''], ['whole_fresh', 'fresh', ''], ['limited', 'fresh', ", max_scan_bytes '1GB'"]))
	  . join('', map { "CREATE FOREIGN TABLE $_->[0] (a int, p text OPTIONS (column_name '\$path')) SERVER fresh OPTIONS (location '$_->[1]', format 'csv');" }
		  (['places', 's3://b/t/d={1,2,3,4,5,6}/'], ['places_twice', '["s3://b/t/d=1/", "s3://b/t/"]'])),
	'tables');

# listings that a new session asks for, and what it says
my %seen = %{ world_counts($world) };

sub listings_of
{
	my ($sql) = @_;
	my $rows = psql_value("SET max_parallel_workers_per_gather = 0; $sql");
	my $now = world_counts($world);
	my $n = ($now->{ListObjectsV2} // 0) - ($seen{ListObjectsV2} // 0);

	%seen = %$now;
	return ($rows, $n);
}

sub plan_of { return "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $_[0]" }

# --- LIMIT ---------------------------------------------------------------------------------------------------------
for my $t (qw(whole folders big.t))
{
	is_deeply([ listings_of("SELECT a FROM $t LIMIT 1") ], [ 1, 5 ], "LIMIT 1 of $t: what planning has listed is enough");
}
for my $t (qw(whole_fresh folders_fresh big_fresh.t))
{
	is_deeply([ listings_of("SELECT a FROM $t LIMIT 1") ], [ 1, 6 ], "LIMIT 1 of $t: one page is listed where nothing is remembered");
}
my ($plan, $n) = listings_of(plan_of('SELECT a FROM whole_fresh LIMIT 1'));
like($plan, qr/Objects At Least: 1000\n\s+Objects Read: 1\n/, 'EXPLAIN says that there may be more');
# half of the first page's objects are read when the second one is asked for
is_deeply([ listings_of('SELECT count(*) FROM (SELECT a FROM whole_fresh LIMIT 1200) q') ], [ 1200, 6 ], 'no page is asked for while many objects are left');
is_deeply([ listings_of('SELECT count(*) FROM (SELECT a FROM whole_fresh LIMIT 2400) q') ], [ 2400, 7 ], 'the second page is asked for before the first is at its end');

# --- all of it -----------------------------------------------------------------------------------------------------
my $some = q{p LIKE '%0.csv'};
for my $t (qw(whole folders))
{
	my @all = listings_of("SELECT count(*), sum(a) FROM $t WHERE $some; SELECT count(*), sum(a) FROM $t WHERE $some");
	is_deeply(\@all, [ "1650|3300\n1650|3300", 6 ], "$t: every object once, and the listing, which came to its end, is remembered");
	@all = listings_of("SELECT a FROM $t WHERE $some LIMIT 1; SELECT count(*), sum(a) FROM $t WHERE $some");
	is_deeply(\@all, [ "1\n1650|3300", 6 ], "$t: one that LIMIT has cut is not taken for all");
}
is_deeply([ listings_of("SELECT d, count(*) FROM folders_fresh WHERE $some GROUP BY d ORDER BY d") ], [ join("\n", map { "$_|150" } 0 .. 10), 11 ], 'partitions that come with the pages');
is_deeply([ listings_of("SELECT d, count(*), sum(a) FROM big_fresh.t GROUP BY d ORDER BY d") ], [ join("\n", map { "$_|1500|3000" } 0 .. 10), 11 ], 'partitions of Glue by one listing');
is_deeply([ listings_of('SELECT count(*) FROM big_fresh.t WHERE d < 3') ], [ 4500, 6 ], 'partitions of Glue by a listing each');
is(psql_value("SELECT string_agg(p, ' ') = string_agg(p, ' ' ORDER BY p COLLATE \"C\") FROM (SELECT p FROM whole_fresh WHERE $some AND a = 1 OFFSET 0) q"), 't', 'objects in the order of their keys');
($plan, $n) = listings_of(plan_of("SELECT a FROM folders_fresh WHERE $some"));
like($plan, qr/Partitions: 11\n\s+Partitions Pruned: 0\n\s+Objects: 550\n\s+Objects Read: 550\n\s+Objects Pruned: 4950\n/, 'EXPLAIN counts all in the end');
is(psql_value("SELECT count(*) FROM (VALUES (0), (1)) v (x), LATERAL (SELECT a FROM whole_fresh WHERE $some AND a > x OFFSET 0) q"), '2750', 'each rescan lists anew');
is(psql_value("SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0; SELECT count(*), sum(a) FROM whole_fresh WHERE $some"), '1650|3300', 'with workers');
%seen = %{ world_counts($world) };
is_deeply([ listings_of('SELECT count(*) FROM (SELECT a FROM limited LIMIT 1) q') ], [ 1, 11 ], 'where max_scan_bytes counts, all is listed first');
is_deeply([ listings_of('SELECT count(*) FROM (SELECT a FROM places LIMIT 1) q') ], [ 1, 8 ], 'of several places those are listed that give a thousand objects');
is_deeply([ listings_of("SELECT count(*), count(DISTINCT p) FROM places WHERE $some") ], [ '900|300', 12 ], '... and all, if they are all read');
is_deeply([ listings_of('SELECT count(*) FROM (SELECT a FROM places_twice LIMIT 1) q') ], [ 1, 13 ], '... but all of those that may have the same object');
is(psql_value("SELECT count(*), count(DISTINCT p) FROM places_twice WHERE $some"), '1650|550', '... which is read once');
%seen = %{ world_counts($world) };

# --- errors on the way ---------------------------------------------------------------------------------------------
is(psql_value("SELECT count(*), count(DISTINCT p) FROM overlap WHERE $some"), '1650|550', 'a key that is listed twice is read once');
is(psql_value("SELECT count(*), count(DISTINCT p) FROM disorder WHERE p LIKE '%9.csv'"), '1650|550', '... where keys are in no order, too');
for my $t (['broken', qr/08P01: .*ListObjectsV2/], ['circle', qr/08P01: .*same token/])
{
	my ($name, $wanted) = @$t;

	is(psql_value("SELECT a FROM $name LIMIT 1"), '1', "$name: the error of a later page is not met under LIMIT");
	psql_fails("SELECT count(*) FROM $name WHERE $some", $wanted, "$name: else it is");
	psql_fails("SELECT count(*) FROM (SELECT a FROM $name WHERE $some OFFSET 0) q", $wanted, "$name: ... among rows");
}

stop_world($world);
done_testing();
