# What doc/operations.md tells a DBA: the policies against the calls that services see, settings, and a hot standby.
use strict;
use warnings;
use File::Temp 'tempdir';
use JSON::PP;
use PdsTest;
use Test::More;
use Time::HiRes qw(sleep);

need_stack();
fresh_database('pds_operations');
my $world = start_world('tables');
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});

# --- policies ------------------------------------------------------------------------------------------------------------

# of each "### name": actions of its statements but those whose Sid begins with Athena, which Athena itself needs
my ($section) = slurp('doc/operations.md') =~ /^## IAM policies\n(.*?)^## /ms or die('no section');
my %policy;
while ($section =~ /^### (\S+).*?^```json\n(.*?)^```/msg)
{
	my ($name, $json) = ($1, decode_json($2));
	is($json->{Version}, '2012-10-17', "$name: a policy");
	for my $s (@{ $json->{Statement} })
	{
		ok($s->{Effect} eq 'Allow' && ref $s->{Action} eq 'ARRAY' && $s->{Resource}, "$name, $s->{Sid}: complete");
		$policy{$name}{$_} = 1 for $s->{Sid} =~ /^Athena/ ? () : @{ $s->{Action} };
	}
}
is_deeply([ sort keys %policy ], [qw(athena crawl read write)], 'four of them');

# the action that a request needs
my %s3 = (ListObjectsV2 => 'ListBucket', HeadBucket => 'ListBucket', HeadObject => 'GetObject', GetObject => 'GetObject', PutObject => 'PutObject', CreateMultipartUpload => 'PutObject',
	UploadPart => 'PutObject', CompleteMultipartUpload => 'PutObject', AbortMultipartUpload => 'AbortMultipartUpload', ListMultipartUploads => 'ListBucketMultipartUploads',
	DeleteObject => 'DeleteObject', DeleteObjects => 'DeleteObject');
sub action_of
{
	my ($r) = @_;
	my $path = $r->{path};

	return "glue:$1" if ($r->{headers}{'x-amz-target'} // '') =~ /^AWSGlue\.(\w+)/;
	my $operation = $path =~ /[?&]list-type=/ ? 'ListObjectsV2' : $path =~ /[?&]delete/ ? 'DeleteObjects' : $path =~ /[?&]uploads=&/ ? 'ListMultipartUploads' : $path =~ /[?&]uploads/ ? 'CreateMultipartUpload'
	  : $path =~ /[?&]partNumber=/ ? 'UploadPart' : $path =~ /[?&]uploadId=/ ? ($r->{method} eq 'DELETE' ? 'AbortMultipartUpload' : 'CompleteMultipartUpload')
	  : { GET => 'GetObject', HEAD => 'HeadObject', PUT => 'PutObject', DELETE => 'DeleteObject' }->{ $r->{method} };
	return 's3:' . ($s3{$operation} // die "$r->{method} $path");
}

# Does what the feature does; what it asked for must be what the policies allow that it has, and all of its own be asked for.
my (%asked, %counted);
sub asks
{
	my ($name, @policies) = @_;
	my %allowed = map { %{ $policy{$_} } } @policies;
	my @more = grep { !$allowed{$_} } sort keys %asked;
	my @less = grep { !$asked{$_} } sort keys %{ $policy{$name} };

	is("@more", '', "$name: nothing is missing");
	is("@less", '', "$name: nothing is there that is not needed");
	%asked = ();
	return;
}
sub note_calls
{
	my $counts = world_counts($world);

	$asked{ action_of($_) } = 1 for proxy_log($proxy);
	proxy_rules($proxy);
	# the scripted services' since then
	$asked{ $s3{$_} ? "s3:$s3{$_}" : "athena:$_" } = 1 for grep { $counts->{$_} > ($counted{$_} // 0) } keys %$counts;
	%counted = %$counts;
	return;
}
sub feature { my ($name, $policies, @sql) = @_; psql_ok($_, "$name: " . substr $_, 0, 60) for @sql; note_calls(); asks($name, @$policies); return }

fresh_bucket('pds-operations');
run_python(<<'PY');
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
try:
    glue.delete_database(Name="ops_t")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "ops_t"})
s3.put_object(Bucket="pds-operations", Key="t/a.csv", Body=b"1,a\n2,b\n")
for k in ("1", "2"):
    s3.put_object(Bucket="pds-operations", Key="p/k=%s/a.csv" % k, Body=b"1,a\n")
    s3.put_object(Bucket="pds-operations", Key="c/k=%s/a.csv" % k, Body=b"id,w\n1,a\n2,b\n")
PY
create_server('aws', endpoint_url => $proxy->{url}, s3_endpoint_url => $proxy->{url});
create_server('scripted', endpoint_url => $world->{url}, s3_endpoint_url => $world->{url}, output_location => 's3://b/results/');
psql_ok("SELECT pds.create_csv_table('aws', 'ops_t', 't', 's3://pds-operations/t/', 'a int, b string'); SELECT pds.create_csv_table('aws', 'ops_t', 'p', 's3://pds-operations/p/', 'a int, b string', 'k string');
	SELECT pds.add_partitions('aws', 'ops_t', 'p', '{1,2}')", 'tables in the catalog');
psql_ok("CREATE FOREIGN TABLE by_hand (a int, b text) SERVER aws OPTIONS (location 's3://pds-operations/t/', format 'csv', updatable 'true')", 'a table by hand');
proxy_rules($proxy);
feature('read', ['read'],
	'IMPORT FOREIGN SCHEMA ops_t FROM SERVER aws INTO public', 'SELECT count(*) FROM t', 'SELECT count(*) FROM p', "SELECT count(*) FROM p WHERE k = '1'", 'ANALYZE p',
	'SELECT count(*) FROM by_hand', "SELECT * FROM pds.infer_schema('aws', 's3://pds-operations/t/')", "SELECT * FROM pds.read_csv('aws', 's3://pds-operations/t/') AS r (a int, b text)",
	"SELECT * FROM pds.s3_list('aws', 's3://pds-operations/')", "SELECT pds.s3_head('aws', 's3://pds-operations/t/a.csv')", "SELECT pds.s3_get('aws', 's3://pds-operations/t/a.csv')", 'CREATE SCHEMA again; IMPORT FOREIGN SCHEMA ops_t LIMIT TO (t) FROM SERVER aws INTO again');

psql_ok("CREATE FOREIGN TABLE asked (a int OPTIONS (glue_type 'int'), b text OPTIONS (glue_type 'string')) SERVER scripted OPTIONS (database 'db', table_name 't')", 'a table of the scripted services');
psql("SET pds.engine = athena; SET statement_timeout = 300; SELECT * FROM asked WHERE b = 'for ever'");
feature('athena', [qw(read athena)], 'SET pds.engine = athena; SELECT * FROM asked', "SELECT * FROM pds.athena_query('scripted', 'SELECT a, b FROM t', 'db') AS r (a int, b text)");

psql_ok("ALTER FOREIGN TABLE p OPTIONS (ADD updatable 'true')", 'a table with partitions');
proxy_rules($proxy, { method => 'PUT', path => 'k(=|%3D)9', action => 'status', status => 403, body => '<Error><Code>AccessDenied</Code></Error>' });
psql_fails("INSERT INTO p VALUES (1, 'x', '9')", qr/42501/, 'a commit that fails behind the registration of a partition');
note_calls();
feature('write', [qw(read write)],
	"INSERT INTO by_hand VALUES (1, 'x')", "INSERT INTO p VALUES (1, 'x', '7')", "INSERT INTO by_hand SELECT g, repeat(g::text, 300) FROM generate_series(1, 30000) g",
	'BEGIN; INSERT INTO by_hand SELECT g, repeat(g::text, 300) FROM generate_series(1, 30000) g; ROLLBACK', "ALTER FOREIGN TABLE by_hand OPTIONS (ADD write_mode 'overwrite')",
	"INSERT INTO by_hand VALUES (1, 'x')", 'TRUNCATE by_hand', "SELECT * FROM pds.write_csv('aws', 'SELECT 1 AS a', 's3://pds-operations/w/x.csv')", "SELECT * FROM pds.sweep('aws', 's3://pds-operations/')");

my $crawl = "SELECT count(*) FROM pds.crawl('aws', 'ops_t', 'c', 's3://pds-operations/c/', delete_behavior => 'DELETE_FROM_DATABASE')";
psql_ok($crawl, 'crawl: a new table');
run_python(<<'PY');
import boto3
s3 = boto3.client("s3")
s3.delete_object(Bucket="pds-operations", Key="c/k=2/a.csv")
s3.put_object(Bucket="pds-operations", Key="c/k=3/a.csv", Body=b"id,w\n1.5,a\nx,b\n")
PY
feature('crawl', [qw(read crawl)], 'SELECT pds.refresh()', $crawl);

# --- settings -----------------------------------------------------------------------------------------------------------

# blocks of SQL run in 300_examples.pl; a server starts with those of settings, and has them
my (%setting, %blocks);
for (slurp('doc/operations.md') =~ /^(```\w*\n.*?)^```$/msg)
{
	my ($language, $text) = /^```(\w*)\n(.*)/s;
	my $kind = $language || ($text =~ /^NOTICE: / ? 'message' : 'settings');

	$blocks{$kind}++;
	next if $kind ne 'settings';
	for (split /\n/, $text)
	{
		my ($name, $value) = /^([\w.]+) = (.*?)\s*(?:#.*)?$/ or fail("a setting: $_");
		$setting{$name} = $value;
	}
}
is_deeply([ sort keys %blocks ], [qw(json message settings sql)], 'kinds of blocks');
is($blocks{json}, 4, 'each of JSON is a policy');
my $cache = tempdir(CLEANUP => 1);
chmod 0777, $cache;
$setting{'pds.cache_directory'} =~ s{/var/lib/postgresql}{$cache};
my $set = start_server(map { "$_ = $setting{$_}" } keys %setting);
use_server($set, sub { is(psql_value("SHOW $_"), $setting{$_} =~ s/^'(.*)'$/$1/r, "$_ is set") for sort keys %setting });
stop_server($set);

# --- hot standby -----------------------------------------------------------------------------------------------------------

my $primary = start_server('wal_level = replica', 'max_wal_senders = 4');
use_server($primary, sub {
	psql_value('CREATE EXTENSION pds_fdw');
	create_server('aws', endpoint_url => $world->{url}, s3_endpoint_url => $world->{url}, output_location => 's3://b/results/');
	psql_ok("CREATE FOREIGN TABLE big (a int, b text) SERVER aws OPTIONS (location 's3://b/big/', format 'csv', updatable 'true')", 'a table');
	psql_ok('IMPORT FOREIGN SCHEMA db LIMIT TO (t) FROM SERVER aws INTO public', 'one of the catalog');
});
my $standby = start_standby($primary);
use_server($standby, sub {
	is(psql_value('SELECT pg_is_in_recovery()'), 't', 'a standby');
	is(psql_value('SELECT count(*), max(a) FROM big'), '60000|59999', 'scans directly');
	is(psql_value("SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET pds.split_size = 500000; SELECT count(b) FROM big"), 60000, 'by workers');
	is(psql_value('SET pds.engine = athena; SELECT * FROM t'), "1|x\n2|y", 'asks Athena');
	is(psql_value("SELECT count(*) FROM pds.read_csv('aws', 's3://b/other/') AS r (a int, b text)"), 1, 'reads by functions');
	psql_ok('SET client_min_messages = error; SELECT count(*) FROM pds.stat_scans; SELECT pds.stat_reset()', 'has counters of its own');
	psql_fails($_, qr/25006/, "refuses: $_")
	  for "INSERT INTO big VALUES (1, 'x')", 'TRUNCATE big', 'ANALYZE big', 'CREATE SCHEMA x', "SELECT * FROM pds.write_csv('aws', 'SELECT 1 AS a', 's3://b/w/y.csv')", "SELECT * FROM pds.sweep('aws')";
});
stop_server($_) for $standby, $primary;
stop_proxy($proxy);
stop_world($world);
done_testing();
