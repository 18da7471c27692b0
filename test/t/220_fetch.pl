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

	$plan = $plan->{Plans}[0] while $plan->{Plans};
	return $plan;
}

# --- LIMIT of a large object ---------------------------------------------------------------------------------
for my $kind ('csv-1-80000-1024', 'gz-1-80000-1024')
{
	table($kind);
	requests();
	my $plan = explained("SELECT * FROM \"$kind\" LIMIT 10");
	# without the planner's, which measures records
	my @r = grep { $_->[3] != (64 << 10) - 1 } requests();

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
is(scalar(@small), 400 + 1, 'small objects: one request each, and the planner\'s');
is($plan->{'Actual Rows'}, 8000, 'small objects: rows');
cmp_ok($plan->{'Actual Total Time'}, '<', 400 * 30 / 3, 'small objects: not one after the other');

# --- pds.progress --------------------------------------------------------------------------------------------
table('csv-2-150-1024');
knobs(rate => 2_000_000);
my ($rc, $out, $err) = psql("${set}SET pds.progress = on; SELECT count(*) FROM \"csv-2-150-1024\"");
my @notices = grep { /NOTICE/ } split /\n/, $err;

is($out, 307200, 'a scan that tells of itself: rows');
cmp_ok(scalar(@notices), '>=', 1, 'progress is told');
like($notices[0], qr/scan of "csv-2-150-1024": [01] of 2 objects, [\d.]+ MB of 20 MB \(\d+%\), [\d.]+ [kM]B\/s, \d+ s left/,
	'objects, bytes, rate and rest');
my ($took) = psql_value("$set\\timing on\nSELECT count(*) FROM \"csv-2-150-1024\"") =~ /Time: ([\d.]+)/;
cmp_ok(scalar(@notices), '<=', $took / 1000 * 3 + 1, 'no more than once a second');
($rc, $out, $err) = psql("${set}SELECT count(*) FROM \"csv-2-150-1024\"");
unlike($err, qr/NOTICE/, 'nothing is told without the setting');
my $b = background("${set}SELECT count(*) FROM \"csv-2-150-1024\"");
my $waits = psql_until("SELECT string_agg(wait_event_type, ',') FROM pg_stat_activity"
	  . " WHERE query LIKE 'SELECT count(*) FROM \"csv-2%' AND pid <> pg_backend_pid()", qr/Extension/);
like($waits, qr/Extension/, 'what it waits for has a name');
finish($b);
($rc, $out, $err) = psql("SET pds.progress = on; SET jit = off; SELECT count(*) FROM pds.read_csv('patterns', 's3://b/csv-2-150-1024/', header => 'false') AS x (n int, t text)");
like($err, qr/scan of "s3:\/\/b\/csv-2-150-1024\/": /, 'pds.read_csv tells, too');
knobs(rate => 0);

# an execution whose end is told late
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
proxy_rules($proxy, { target => 'GetQueryExecution', action => 'delay', seconds => 2.5, times => 1 });
create_server('slow', endpoint_url => $proxy->{url}, s3_endpoint_url => $ENV{AWS_ENDPOINT_URL}, output_location => 's3://pds-fetch-results/');
run_python('import boto3; boto3.client("s3").create_bucket(Bucket="pds-fetch-results")');
($rc, $out, $err) = psql("SET pds.progress = on; SELECT * FROM pds.athena_query('slow', 'SELECT 1') AS x (a text)");
is("$rc $out", '0 1', 'an execution whose end is told late');
like($err, qr/NOTICE:.*Athena execution [-0-9a-f]+: (QUEUED|RUNNING) for [12] s, \d+ B scanned/, 'its state, time, bytes');
stop_proxy($proxy);

# --- the disk cache ------------------------------------------------------------------------------------------
my $cache = '/tmp/pds_cache.' . $$;
sub configure { return psql_ok("LOAD 'pds_fdw'; ALTER SYSTEM SET $_[0]", $_[0]) }
sub reload { psql_value('SELECT pg_reload_conf(); SELECT pg_sleep(0.3)'); return }

table('csv-3-100-1024');
my $sum = "SELECT count(*), sum(n), count(t) FROM \"csv-3-100-1024\"";
my $want = psql_value("$set$sum");
requests();
$plan = explained($sum);
ok(!exists $plan->{'Bytes From Cache'} && requests() > 0, 'no cache unless it is configured');
configure("pds.cache_directory = '$cache'");
configure("pds.cache_size = '64MB'");
reload();
is(psql_value("$set$sum"), $want, 'rows while the cache is filled');
requests();
$plan = explained($sum);
is($plan->{'Bytes From Cache'}, 3 * 100 * 65536, 'everything comes from the cache');
is(scalar(requests()), 0, 'no object is asked for');
is(psql_value("$set$sum"), $want, 'rows out of the cache');
is(psql_value("SELECT count(*), sum(n), count(t) FROM pds.read_csv('patterns', 's3://b/csv-3-100-1024/', header => 'false') AS x (n int, t text)"),
	$want, 'pds.read_csv out of the cache');
my ($mode, $files, $size) = split /\|/, psql_value("SELECT bool_and((pg_stat_file('$cache/' || f)).size > 0), count(*), sum((pg_stat_file('$cache/' || f)).size)::int"
	  . " FROM pg_ls_dir('$cache') f WHERE f LIKE 'b.%'");
is($files, 6, 'blocks of 4 MB');
cmp_ok($size, '<', 64 << 20, 'in the limit');
# with other credentials, which may not read
create_server('others', endpoint_url => $url, s3_endpoint_url => $url, engine => 'direct');
psql_ok("ALTER USER MAPPING FOR CURRENT_USER SERVER others OPTIONS (SET access_key_id 'AKIAOTHER', SET secret_access_key 'x');"
	  . "CREATE FOREIGN TABLE others (n int, t text) SERVER others OPTIONS (location 's3://b/csv-3-100-1024/', format 'csv')", 'a user with other keys');
knobs(deny => 'AKIAOTHER');
psql_fails("$set SELECT count(*) FROM others", qr/42501|denied/i, 'who may not read finds nothing in the cache');
knobs(deny => '');
# another version of the objects
knobs(tag => 'new');
$plan = explained($sum);
ok(!exists $plan->{'Bytes From Cache'}, 'a version that was replaced is not used');
# damage
psql_ok("${set}COPY (SELECT 'rubbish') TO '$cache/" . psql_value("SELECT f FROM pg_ls_dir('$cache') f WHERE f LIKE 'b.%' ORDER BY f LIMIT 1") . "'", 'a damaged file');
is(psql_value("$set$sum"), $want, 'does no harm');
knobs(tag => '');
is(psql_value("$set$sum"), $want, 'nor for the version before');
configure("pds.cache_size = '16MB'");
reload();
is(psql_value("$set$sum"), $want, 'rows with a small cache');
cmp_ok(psql_value("SELECT sum((pg_stat_file('$cache/' || f)).size) FROM pg_ls_dir('$cache') f"), '<=', 16 << 20, 'the limit holds');
configure("pds.cache_directory = '/proc/nowhere'");
reload();
($rc, $out, $err) = psql("$set$sum; $sum");
is($out, "$want\n$want", 'a directory that cannot be used: rows');
is(() = $err =~ /WARNING/g, 1, 'and one WARNING');
psql_ok("LOAD 'pds_fdw'; ALTER SYSTEM RESET pds.cache_directory; ALTER SYSTEM RESET pds.cache_size", 'without cache');
reload();
psql_value("COPY (SELECT 1) TO PROGRAM 'rm -r $cache'");

done_testing();
