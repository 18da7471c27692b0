# What a scan of one object asks for: by the requests that the services got, of sessions that know nothing yet and of those that do.
use strict;
use warnings;
use PdsTest;
use Test::More;

fresh_database('pds_requests');
my $world = start_world('lake', 3, 1, 1);
create_server('aws', endpoint_url => $world->{url}, engine => 'direct');
psql_ok("CREATE FOREIGN TABLE one (a int) SERVER aws OPTIONS (location 's3://b/t/d=1/h=x/', format 'csv');
	CREATE SCHEMA big; IMPORT FOREIGN SCHEMA big FROM SERVER aws INTO big", 'tables');

# the requests of a new session, as "N OPERATION, ..."
my %seen = %{ world_counts($world) };

sub requests_of
{
	my ($sql) = @_;
	my $rows = psql_value($sql);
	my $now = world_counts($world);
	my @new = map { ($now->{$_} - ($seen{$_} // 0)) . " $_" } grep { $now->{$_} > ($seen{$_} // 0) } sort keys %$now;

	%seen = %$now;
	return ($rows, join(', ', @new));
}

sub forget_seen { %seen = %{ world_counts($world) }; return }

my $scan = 'SELECT sum(a) FROM one';
is_deeply([ requests_of($scan) ], [ '6', '2 GetObject, 1 ListObjectsV2' ], 'without statistics the length of records is asked for, once a session');
psql_ok('ANALYZE one', 'statistics');
forget_seen();
is_deeply([ requests_of($scan) ], [ '6', '1 GetObject, 1 ListObjectsV2' ], 'a cold session: one listing, one GET');
is_deeply([ requests_of(join('; ', ($scan) x 5)) ], [ join("\n", ('6') x 5), '5 GetObject, 1 ListObjectsV2' ], 'one GET for each scan after that');
psql_ok('ANALYZE big.t', 'statistics of a Glue table');
forget_seen();
my $part = 'SELECT sum(a) FROM big.t WHERE d = 1';
my (undef, $cold) = requests_of($part);
is($cold, '1 BatchGetPartition, 1 GetObject, 1 GetPartitions, 1 GetTable, 1 ListObjectsV2', 'one partition of a Glue table, cold');
my (undef, $twice) = requests_of("$part; $part");
is($twice, '1 BatchGetPartition, 2 GetObject, 1 GetPartitions, 1 GetTable, 1 ListObjectsV2', '... the second scan is one GET');

stop_world($world);
done_testing();
