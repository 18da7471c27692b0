# The fetcher below direct scans: requests of LIMIT, memory at any size, small objects, progress.
use strict;
use warnings;
use HTTP::Tiny;
use IPC::Open2;
use JSON::PP;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_fetch');

my $http = HTTP::Tiny->new;
my $pid = open2(my $from, my $to, 'python3', 'test/lib/pattern_server.py');
my $port = <$from>;
chomp $port;
my $url = "http://127.0.0.1:$port";
END { local $?; $http->post("$url/quit") if $url }

# requests since the last call: [method, key, first, last, bytes sent]
sub requests { return grep { $_->[0] ne 'LIST' } @{ decode_json($http->get("$url/log")->{content}) } }
sub knobs { return $http->put("$url/set", { content => encode_json({@_}) }) }

sub table
{
	my ($folder, $server) = @_;
	return psql_ok("CREATE FOREIGN TABLE \"$folder\" (n int, t text) SERVER " . ($server // 'patterns')
		  . " OPTIONS (location 's3://b/$folder/', format 'csv')", $folder);
}

create_server('patterns', endpoint_url => $url, s3_endpoint_url => $url, engine => 'direct');
my $set = "SET max_parallel_workers_per_gather = 0; SET jit = off;\n";
my %figures;

sub explained
{
	my ($sql) = @_;
	my $plan = decode_json(psql_value("${set}EXPLAIN (ANALYZE, FORMAT json) $sql"))->[0]{Plan};

	$plan = $plan->{Plans}[0] while $plan->{'Node Type'} ne 'Foreign Scan';
	return $plan;
}

# --- LIMIT of a large object ---------------------------------------------------------------------------------
for my $kind ('csv-1-80000-1024', 'gz-1-80000-1024')
{
	table($kind);
	requests();
	my $plan = explained("SELECT * FROM \"$kind\" LIMIT 10");
	my @r = requests();

	cmp_ok($plan->{Requests}, '<=', 2, "$kind: LIMIT 10 asks twice at most");
	cmp_ok($plan->{'Bytes Received'}, '<=', 2 << 20, "$kind: and receives 2 MB at most");
	is(scalar(@r), 1, "$kind: one range of the object is asked for");
	cmp_ok($r[0][3], '<', 1 << 20, "$kind: of a megabyte");
}
psql_ok("${set}BEGIN; DECLARE c CURSOR FOR SELECT * FROM \"csv-1-80000-1024\"; FETCH 40000 FROM c; CLOSE c; COMMIT",
	'a cursor that is closed early');
psql_value('SELECT pg_sleep(0.3)');
my $sent = 0;
my @abandoned = requests();
$sent += $_->[4] for grep { $_->[4] > 0 } @abandoned;
cmp_ok(scalar(@abandoned), '>', 1, 'had been reading ahead');
cmp_ok($sent, '<', 200 << 20, 'its transfers are abandoned at once');

# --- memory does not grow with the data ----------------------------------------------------------------------
my $hwm = "(regexp_match(pg_read_file('/proc/self/status'), 'VmHWM:\\s+(\\d+)'))[1]::int";

# kB that the statement adds to what a backend has that reads such a table's first rows
sub growth
{
	my ($folder, $sql) = @_;
	my ($low, $high) = split /\n/, psql_value("$set SELECT 1 FROM \"$folder\" LIMIT 0; SELECT $hwm; $sql; SELECT $hwm")
	  =~ s/\n[^\n]*\n(?=\d+$)/\n/r;

	diag("$folder: $low kB and " . ($high - $low)) if $ENV{PDS_TEST_FIGURES};
	return $high - $low;
}

# the window of a fetch has 64 MB
for my $folder ('csv-1-4000-1024', 'csv-1000-4-1024', 'gz-1-4000-1024', 'zst-1-4000-1024')
{
	my ($n) = $folder =~ /1000/ ? 4096000 : 4096000;
	table($folder);
	cmp_ok(growth($folder, "SELECT count(*) FROM (SELECT t FROM \"$folder\" OFFSET 0) x"), '<', 90 * 1024,
		"$folder: memory of a scan of 260 MB");
	is(psql_value("$set SELECT count(*), count(t), sum(n) FROM \"$folder\""), "$n|$n|" . ($n / 1024 * 1023 * 512),
		"$folder: rows");
}

# --- small objects -------------------------------------------------------------------------------------------
table('csv-400-1-20');
psql_value("$set SELECT count(*) FROM \"csv-400-1-20\"");
requests();
knobs(delay => 0.03);
my $plan = explained('SELECT * FROM "csv-400-1-20"');
knobs(delay => 0);
my @small = requests();
is(scalar(@small), 400, 'small objects: one request each');
is($plan->{'Actual Rows'}, 8000, 'small objects: rows');
cmp_ok($plan->{'Actual Total Time'}, '<', 400 * 30 / 3, 'small objects: not one after the other');

done_testing();
