# PdsTest.pm
#	What the TAP tests share: psql against the running stack, background
#	statements, comparisons.
#
# The tests use the stack that test/stack/up started (its env is in the
# environment: PGHOST, ..., AWS_ENDPOINT_URL, ...).  Each test file works in a
# database of its own, so that they can run in any order.
package PdsTest;

use strict;
use warnings;
use Carp;
use Cwd;
use Digest::MD5 'md5_hex';
use Exporter 'import';
use File::Basename;
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use IO::Socket::UNIX;
use IPC::Open2;
use IPC::Open3;
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(time sleep);

our @EXPORT = qw(need_stack trino_answers fresh_database psql psql_ok psql_fails psql_value psql_until
  background finish create_server stack_python run_python fresh_bucket make_tables slurp
  has_icu start_server start_standby use_server stop_server start_world world_counts stop_world start_proxy proxy_rules proxy_log stop_proxy free_port stack_control in_parts same_everywhere same_in_scan);

# Skip the whole file when there is no stack.
sub need_stack
{
	my @wanted = @_;

	for my $name ('PGHOST', 'AWS_ENDPOINT_URL', @wanted)
	{
		plan skip_all => "no stack is running ($name is not set; see test/stack/README.md)"
		  unless $ENV{$name};
	}
	stack_control('suite', { name => basename($0, '.pl') });
	return;
}

# Whether what is behind the Athena service is Trino: itself, or what it answered when it was recorded.
sub trino_answers
{
	return ($ENV{PDS_STACK_ENGINE} // '') ne 'duckdb';
}

# Whether the server was built with ICU: some packages of other releases are not.
sub has_icu
{
	return psql_value(q{SELECT count(*) FROM pg_collation WHERE collname = 'en-x-icu'}) > 0;
}

# A database of this test file's own, with the extension.
sub fresh_database
{
	my ($name) = @_;
	my $template = template_database();
	my ($rc, $out, $err) = run_psql('postgres', "DROP DATABASE IF EXISTS $name;\nCREATE DATABASE $name TEMPLATE $template");

	die("cannot create database $name: $err") if $rc;
	$ENV{PGDATABASE} = $name;
	return;
}

# The database that has the extension and nothing else; made by the first file that needs it.  Its name tells
# one installation of the extension from another.
sub template_database
{
	my ($share) = `\${PG_CONFIG:-pg_config} --sharedir` =~ /(.*)/;
	my @scripts = map { join '_', (stat $_)[ 7, 9 ] } glob "$share/extension/pds_fdw*";
	my $name = 'pds_template_' . substr md5_hex(@scripts), 0, 12;
	my ($rc, $out, $err) = run_psql('postgres', "SELECT 1 FROM pg_database WHERE datname = '$name'");

	return $name if $out;
	($rc, $out, $err) = run_psql('postgres', "CREATE DATABASE $name;\n\\c $name\nCREATE EXTENSION pds_fdw;\n");
	die("CREATE EXTENSION pds_fdw: $err") if $rc;
	return $name;
}

# CREATE SERVER on the stack and a user mapping for the superuser.
sub create_server
{
	my ($name, %options) = @_;
	my %o = (region => $ENV{AWS_REGION} // 'us-east-1', endpoint_url => $ENV{AWS_ENDPOINT_URL});

	$o{s3_endpoint_url} = $ENV{AWS_ENDPOINT_URL_S3}
	  if $ENV{AWS_ENDPOINT_URL_S3} && $ENV{AWS_ENDPOINT_URL_S3} ne $ENV{AWS_ENDPOINT_URL};
	%o = (%o, %options);
	my $list = join ', ', map { "$_ '" . ($o{$_} =~ s/'/''/gr) . "'" }
	  grep { defined $o{$_} } sort keys %o;
	psql_ok("CREATE SERVER $name FOREIGN DATA WRAPPER pds_fdw OPTIONS ($list)",
		"server $name");
	psql_ok(
		"CREATE USER MAPPING FOR CURRENT_USER SERVER $name OPTIONS"
		  . " (access_key_id '$ENV{AWS_ACCESS_KEY_ID}',"
		  . " secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}')",
		"user mapping on $name");
	return;
}

sub run_psql
{
	my ($db, $sql, @args) = @_;

	return (finish(start_psql($sql, '-d', $db, @args)))[ 0 .. 2 ];
}

# psql reads from a file and writes to files: there is no pipe that could fill while we read another one.
sub start_psql
{
	my ($sql, @args) = @_;
	my $start = time;
	my ($in, $out, $err) = map { open my $fh, '+>', undef or die "no temporary file: $!"; $fh } 1 .. 3;

	print {$in} $sql;
	seek $in, 0, 0;
	my $pid = fork // die "fork: $!";
	if (!$pid)
	{
		open STDIN, '<&', $in;
		open STDOUT, '>&', $out;
		open STDERR, '>&', $err;
		exec 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose', @args, '-f', '-' or
		  POSIX::_exit(127);
	}
	return { pid => $pid, out => $out, err => $err, start => $start };
}

# (exit code, stdout, stderr) of SQL
sub psql
{
	my ($sql, @args) = @_;
	my ($rc, $out, $err) = run_psql($ENV{PGDATABASE}, $sql, @args);

	chomp $out;
	return ($rc, $out, $err);
}

# the output; fails the test when there was an error
sub psql_ok
{
	my ($sql, $name) = @_;
	my ($rc, $out, $err) = psql($sql);

	ok($rc == 0, $name // $sql) or diag($err);
	return $out;
}

# the output, without a test of its own unless it fails
sub psql_value
{
	my ($sql) = @_;
	my ($rc, $out, $err) = psql($sql);

	fail("no error in: $sql") || diag($err) if $rc;
	return $out;
}

# psql_value, asked again until it is like the pattern: so many times, a tenth of a second apart
sub psql_until
{
	my ($sql, $pattern, $times) = @_;
	my $value;

	for (1 .. $times // 100)
	{
		$value = psql_value($sql);
		last if $value =~ $pattern;
		sleep 0.1;
	}
	return $value;
}

# What makes the statements behind it run by so many workers, in splits of so many bytes (0: as they come); leader: on
# or off, whether it reads, too.
sub in_parts
{
	my ($workers, $split, $leader) = @_;

	return 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;'
	  . " SET max_parallel_workers_per_gather = $workers; SET pds.split_size = $split;"
	  . ($leader ? " SET parallel_leader_participation = $leader;" : '') . ' ';
}

# A statement's answer by one process, without raw filters, without aggregates in the scan, and by several.
sub same_everywhere
{
	my ($sql, $want, $name) = @_;

	is(psql_value($sql), $want, $name);
	for my $set ('SET pds.raw_filters = off;', 'SET pds.scan_aggregates = off;',
		in_parts(1, 2000), in_parts(2, 5000), in_parts(3, 50000), in_parts(4, 100000))
	{
		is(psql_value($set . $sql), $want, "$name: $set");
	}
	return;
}

# A query whose work the scan does, the same where `off` is set off, and over a heap: the same rows, which come back.
# before: statements in front of them; heap: the query over the heap; plan: what the first plan has, if anything;
# empty: no rows are right.
sub same_in_scan
{
	my ($sql, $name, %o) = @_;
	my ($plan, $ours, $without, $heap) = split /^----\n?/m, psql_value($o{before} . <<"SQL") . "\n";
EXPLAIN (COSTS off) $sql;
\\echo ----
$sql;
\\echo ----
SET $o{off} = off;
$sql;
\\echo ----
SET max_parallel_workers_per_gather = 0;
$o{heap};
SQL

	s/\n+\z// for $ours, $without, $heap;
	like($plan, $o{plan}, "$name: in the scan") if $o{plan};
	is($ours, $heap, "$name: as heap");
	is($ours, $without, "$name: as without");
	isnt($ours, '', "$name: rows") unless $o{empty};
	return $ours;
}

# must fail with the SQLSTATE that the pattern has, and with what else it says (VERBOSITY is verbose):
# psql_fails($sql, qr/42704: server "x" does not exist/, $name)
sub psql_fails
{
	my ($sql, $pattern, $name) = @_;
	my $wanted = sqlstate_of($pattern) // croak("no SQLSTATE in $pattern");
	my ($rc, $out, $err) = psql($sql);
	my ($state) = $err =~ /(?:ERROR|FATAL|PANIC):  (\w{5}): /;

	is($rc ? $state // 'none' : 'no error', $wanted, ($name // $sql) . ' (fails)') or diag($err);
	like($err, $pattern, ($name // $sql) . ' (message)');
	return $err;
}

# the first word of a pattern that is one
sub sqlstate_of
{
	my ($pattern) = @_;

	return $pattern =~ /\b([0-9FHPX][0-9A-Z]{4})\b/a ? $1 : undef;
}

# Start SQL without waiting; finish returns (exit code, stdout, stderr, seconds).
sub background
{
	my ($sql) = @_;

	return start_psql($sql);
}

sub finish
{
	my ($b) = @_;

	waitpid $b->{pid}, 0;
	my $status = $? >> 8;
	my $took = time - $b->{start};
	my @said = map { my $fh = $_; seek $fh, 0, 0; local $/; scalar <$fh> } @$b{qw(out err)};
	return ($status, $said[0] // '', $said[1] // '', $took);
}

sub stack_python
{
	return $ENV{PDS_STACK_PYTHON} // 'python3';
}

# Run Python (boto3 is there) and return its output; dies when it fails.
sub run_python
{
	my ($code, @args) = @_;
	# bytes, as a file of them would have
	for my $text ($code, @args)
	{
		utf8::encode($text) if $text =~ /[^\x00-\xff]/;
	}
	my $stack = IO::Socket::UNIX->new(Peer => $ENV{PDS_STACK_SCRIPTS}) or die "nobody runs Python for this stack: $!";

	print {$stack} encode_json({ code => $code, args => [ map { "$_" } @args ], env => {%ENV}, cwd => getcwd() });
	$stack->shutdown(1);
	my $reply = decode_json(do { local $/; <$stack> });
	print STDERR $reply->{err};
	die "python failed:\n$code" if $reply->{status};
	chomp(my $out = $reply->{out});
	return $out;
}

# The bucket, empty.
sub fresh_bucket
{
	my ($bucket) = @_;

	run_python(<<'PY', $bucket);
import boto3, sys
s3, bucket = boto3.client("s3"), sys.argv[1]
s3.create_bucket(Bucket=bucket)
for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
    old = [{"Key": o["Key"]} for o in page.get("Contents", [])]
    if old:
        s3.delete_objects(Bucket=bucket, Delete={"Objects": old, "Quiet": True})
PY
	return;
}

# lazysimple tables of one object each: code calls make(name, ["column type", ...], [line, ...])
sub make_tables
{
	my ($bucket, $database, $code) = @_;

	return run_python(<<'PY' . $code, $bucket, $database);
import boto3, sys
s3, glue = boto3.client("s3"), boto3.client("glue")
BUCKET, DB = sys.argv[1:3]
s3.create_bucket(Bucket=BUCKET)
try:
    glue.create_database(DatabaseInput={"Name": DB})
except glue.exceptions.AlreadyExistsException:
    pass

def make(name, cols, lines):
    try:
        glue.delete_table(DatabaseName=DB, Name=name)
    except glue.exceptions.EntityNotFoundException:
        pass
    glue.create_table(DatabaseName=DB, TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"}, "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [dict(zip(("Name", "Type"), c.split(" "))) for c in cols],
            "Location": "s3://%s/%s/" % (BUCKET, name), "NumberOfBuckets": -1,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                          "Parameters": {"field.delim": ","}}}})
    s3.put_object(Bucket=BUCKET, Key=name + "/a.csv", Body=("\n".join(lines) + "\n").encode())
PY
}

# The stack's test control (test/stack/README.md): POST with a body, else GET.
sub stack_control
{
	my ($what, $body) = @_;
	my $url = "$ENV{AWS_ENDPOINT_URL}/pds-test/$what";
	my $r = defined $body ? HTTP::Tiny->new->post($url, { content => encode_json($body) }) : HTTP::Tiny->new->get($url);

	die "$what: $r->{content}" unless $r->{success};
	return decode_json($r->{content});
}

# A server of one's own beside the stack's: lines of its postgresql.conf.
my %servers;
sub start_server { return run_server(map { ('--set', $_) } @_) }

# A hot standby of one.
sub start_standby { my ($primary) = @_; return run_server('--standby-of', $primary->{dir}) }

sub run_server
{
	my @options = @_;
	my $top = dirname(__FILE__) . '/../..';
	my $dir = tempdir('pds_server.XXXXXX', TMPDIR => 1, CLEANUP => 1);

	open my $out, '-|', "$top/test/pg/start", '--dir', $dir, @options or die "test/pg/start: $!";
	my %env = map { /^export (\w+)=(.*)/ ? ($1 => $2) : () } <$out>;
	close $out or die "no server with @options";
	return $servers{$dir} = { dir => $dir, env => \%env, data => slurp("$dir/where") =~ s/\n//r . '/data' };
}

# Runs code with its psql on that server.
sub use_server
{
	my ($server, $code) = @_;
	local @ENV{ keys %{ $server->{env} } } = values %{ $server->{env} };

	return $code->();
}

sub stop_server
{
	my ($server) = @_;

	system(dirname(__FILE__) . '/../pg/stop', '--dir', $server->{dir});
	delete $servers{ $server->{dir} };
	return;
}

# Services of which nothing is stored (test/hostile/worlds.py).
sub start_world
{
	my $pid = open2(my $out, my $in, 'python3', '-B', dirname(__FILE__) . '/../hostile/server.py', @_);

	return { pid => $pid, in => $in, url => 'http://127.0.0.1:' . (<$out> + 0) };
}

# requests of each operation
sub world_counts
{
	my ($world) = @_;

	return decode_json(HTTP::Tiny->new->get("$world->{url}/hostile/left")->{content})->{counts};
}

sub stop_world
{
	my ($world) = @_;

	close $world->{in};
	waitpid $world->{pid}, 0;
	return;
}

# The fault proxy (test/faults/proxy.py) in front of a service.
my %proxies;
sub start_proxy
{
	my ($upstream, @args) = @_;
	my $script = dirname(__FILE__) . '/../faults/proxy.py';
	my $pid = open2(my $out, my $in, 'python3', $script, '--upstream', $upstream, @args);
	my ($port, $control) = split ' ', scalar <$out>;

	return $proxies{$pid} = {
		pid => $pid,
		out => $out,
		url => "http://127.0.0.1:$port",
		control => "http://127.0.0.1:$control"
	};
}

# a proxy left behind would keep prove waiting
END
{
	my $status = $?;
	stop_proxy($_) for values %proxies;
	stop_server($_) for values %servers;
	$? = $status;
}

# Replace the rules: a list of hashes as proxy.py describes them.
sub proxy_rules
{
	my ($proxy, @rules) = @_;
	my $r = HTTP::Tiny->new->put("$proxy->{control}/rules",
		{ content => encode_json(\@rules) });

	die "proxy: $r->{content}" unless $r->{success};
	return;
}

# Requests seen since the rules were set.
sub proxy_log
{
	my ($proxy) = @_;

	return @{ decode_json(HTTP::Tiny->new->get("$proxy->{control}/log")->{content}) };
}

sub stop_proxy
{
	my ($proxy) = @_;

	HTTP::Tiny->new->get("$proxy->{control}/quit");
	waitpid $proxy->{pid}, 0;
	delete $proxies{ $proxy->{pid} };
	return;
}

# A port of the loopback interface that nobody listens on.
sub free_port
{
	my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0);
	my $port = $s->sockport;

	close $s;
	return $port;
}

sub slurp
{
	my ($file) = @_;
	open my $fh, '<', $file or die "$file: $!";
	local $/;
	return <$fh>;
}

1;
