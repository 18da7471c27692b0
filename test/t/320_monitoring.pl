# What goes on and went on, as other sessions see it: pds.stat_scans, pds.stat_progress, who sees what, what is left when
# a process ends in whatever way; settings that exist before the first use.
use strict;
use warnings;
use JSON::PP;
use PdsTest;
use Test::More;
use Time::HiRes qw(time sleep);

need_stack();
my $version = psql_value('SHOW server_version_num');
my $world = start_world('tables');
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});

run_python(<<'PY');
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="pds-watch")
for n in range(4):
    s3.put_object(Bucket="pds-watch", Key="t/%d.csv" % n, Body="".join("%d,w%d\n" % (i, i) for i in range(n * 20000, (n + 1) * 20000)).encode())
s3.put_object(Bucket="pds-watch", Key="bad/a.csv", Body=b"1,a\nx,b\n3,c\n")
glue = boto3.client("glue")
glue.create_database(DatabaseInput={"Name": "pds_watch"})
glue.create_table(DatabaseName="pds_watch", TableInput={"Name": "numbers", "TableType": "EXTERNAL_TABLE", "PartitionKeys": [],
    "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}, {"Name": "b", "Type": "string"}], "Location": "s3://pds-watch/t/", "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}}}})
s3.put_object(Bucket="pds-watch", Key="wide/a.csv", Body="".join("%d,%s\n" % (i, "y" * 1000) for i in range(20000)).encode())
PY

# what each database of this file has
sub make_objects
{
	psql_value('CREATE EXTENSION IF NOT EXISTS pds_fdw');
	create_server('aws', endpoint_url => $proxy->{url}, s3_endpoint_url => $proxy->{url});
	create_server('scripted', endpoint_url => $world->{url}, s3_endpoint_url => $world->{url}, output_location => 's3://b/results/', engine => 'athena');
	psql_ok("CREATE FOREIGN TABLE $_->[0] (a int, b text) SERVER aws OPTIONS (location 's3://pds-watch/$_->[1]/', format 'csv'$_->[2])", "table $_->[0]")
	  for ['t', 't', ''], ['bad', 'bad', ''], ['rejecting', 'bad', ", on_error 'null'"], ['wide', 'wide', ''], ['written', 'written', ", updatable 'true'"];
	psql_ok("CREATE FOREIGN TABLE asked (a int OPTIONS (glue_type 'int'), b text OPTIONS (glue_type 'string')) SERVER scripted OPTIONS (database 'db', table_name 't')", 'a table of the scripted services');
	return;
}
my $columns = 'relation, kind, scans, failed, rows, objects, bytes, requests, retries, rejected';
# of scans and writes, unless the condition says of which kind
sub shown
{
	my ($what, $where) = @_;
	my $kinds = ($where // '') =~ /\bkind\b/ ? '' : "AND kind IN ('direct', 'athena', 'write')";

	return psql_value("SELECT $what FROM pds.stat_scans WHERE database = current_database() $kinds AND " . ($where // 'true'));
}

# --- a session that sees itself, or all ----------------------------------------------------------------------------

fresh_database('pds_monitoring');
make_objects();
my (undef, $out, $err) = psql('SELECT count(b) FROM t; SELECT relation, kind, scans FROM pds.stat_scans WHERE database = current_database() ORDER BY stats_since; SELECT count(*) FROM pds.stat_progress');
SKIP:
{
	skip 'other sessions are seen without preload', 3 if $version >= 170000;
	is($out, "80000\npublic.t|planning|1\npublic.t|direct|1\n0", 'without preload a session sees its own scans');
	is(() = $err =~ /NOTICE:  \S+ only this session is shown/g, 2, 'and is told so, by both views');
	is(psql_value('SET client_min_messages = error; SELECT count(*) FROM pds.stat_scans'), 0, 'another one sees none of them');
}

# the numbers are EXPLAIN ANALYZE's, and count nothing twice
my $explained = decode_json(psql_value('SET client_min_messages = error; SET pds.scan_aggregates = off; EXPLAIN (ANALYZE, FORMAT JSON) SELECT count(b) FROM t'));
my $node = $explained->[0]{Plan};
$node = $node->{Plans}[0] while $node->{'Node Type'} ne 'Foreign Scan';
is(psql_value("SET client_min_messages = error; SELECT count(b) FROM t; SELECT objects, bytes, requests, retries, bytes_received FROM pds.stat_scans WHERE relation = 'public.t' ORDER BY stats_since DESC LIMIT 1")
	=~ s/^.*\n//r, join('|', @$node{ 'Objects Read', 'Bytes Read', 'Requests', 'Retries', 'Bytes Received' }), 'what EXPLAIN ANALYZE shows')
  if $version < 170000;

# --- a server that names the library --------------------------------------------------------------------------------

my $server = start_server("shared_preload_libraries = 'pds_fdw'", 'pds.stat_scans_max = 100', "compute_query_id = 'on'", 'pds.engine = direct', 'pds.scan_aggregates = off', 'max_parallel_workers = 8');
my $env = $server->{env};

sub preloaded
{
	is(psql_value('SHOW pds.engine; SHOW pds.stat_scans_max'), "direct\n100", 'settings exist before the first use, and postgresql.conf sets them');
	psql_fails('SET pds.stat_scans_max = 200', qr/55P02.*restart/s, 'the number of rows is the postmaster\'s');
	psql_fails('SET pds.progres = on', qr/42602: invalid configuration parameter name "pds.progres"/, 'a name that is none is refused, since the prefix is ours');
	make_objects();
	is(psql_value('SELECT count(*) FROM pds.stat_scans'), 0, 'no scan yet');

	# ---- other sessions' scans ----
	psql_ok('SELECT count(b) FROM t', 'one session');
	psql_ok('SELECT count(b) FROM t', 'another');
	is(shown($columns), 'public.t|direct|2|0|160000|8|' . 2 * bytes_of('t') . '|8|0|0', 'a third sees both, added up');
	is(shown('role, server, queryid IS NOT NULL, total_time > 0, network_time > 0, memory_hits > 0, stats_since < now()'), 'postgres|aws|t|t|t|t|t', 'whose, where, which query, how long');
	psql_ok('SELECT b FROM t WHERE a = 1', 'another query of it');
	is(shown('count(*), count(DISTINCT queryid)'), '2|2', 'has a row of its own');
	psql_ok('SELECT pds.stat_reset()', 'reset');
	is(shown('count(*)'), 0, 'empties it');

	# ---- retries, rejects, failures ----
	proxy_rules($proxy, { method => 'GET', path => '/t/2', action => 'status', status => 503, body => '', times => 2 });
	psql_ok('SELECT count(b) FROM t', 'with faults');
	is(shown('requests, retries, failed'), '6|2|0', 'attempts are requests, the further ones retries');
	proxy_rules($proxy);
	psql_ok('SELECT count(a) FROM rejecting', 'rejects');
	is(shown('rows, rejected', "relation = 'public.rejecting'"), '3|1', 'are counted');
	psql_fails('SELECT count(a) FROM bad', qr/22P02.*invalid input syntax/s, 'an error of the scan');
	is(shown('scans, failed, objects, bytes, requests > 0', "relation = 'public.bad'"), '1|1|1|12|t', 'has read what it has read');
	psql_fails("SELECT sum(1 / (a - 50000)) FROM t", qr/22012/, 'an error beside it');
	is(shown('scans, failed, rows BETWEEN 50000 AND 60001, objects', "failed = 1 AND relation = 'public.t'"), '1|1|t|4', 'counts as well');
	psql_ok('DO $$ BEGIN PERFORM sum(1 / (a - 70000)) FROM t; EXCEPTION WHEN division_by_zero THEN NULL; END $$', 'one that is caught');
	is(shown('sum(failed)', "relation = 'public.t'"), 2, 'counts, too');
	psql_ok('BEGIN; DECLARE c CURSOR FOR SELECT * FROM t WHERE a >= 0; FETCH 10 FROM c; CLOSE c', 'a cursor that is closed early');
	is(shown('scans, failed', "rows < 60000 AND objects < 4 AND relation = 'public.t'"), '1|0', 'is no failure');
	psql_ok('SELECT pds.stat_reset()', 'reset');

	# ---- several on one connection count nothing twice; with statistics planning asks for no object ----
	psql_ok('ANALYZE t, wide', 'statistics');
	proxy_rules($proxy);
	psql_ok('SET enable_hashjoin = off; SET enable_nestloop = off; SET max_parallel_workers_per_gather = 0; SELECT count(*) FROM t x JOIN t y USING (a) JOIN wide w USING (a)', 'three scans at once');
	my $answered = grep { $_->{path} =~ /pds-watch\/(t|wide)\// } proxy_log($proxy);
	is(shown('sum(scans), sum(requests)'), "3|$answered", 'their requests are those that the service has seen');
	psql_ok('SELECT pds.stat_reset()', 'reset');

	# ---- planning, ANALYZE and IMPORT: of what the service has seen nothing is missing ----
	my $size = bytes_of('t');
	proxy_rules($proxy);
	psql_ok('CREATE SCHEMA imported; CREATE SCHEMA located; IMPORT FOREIGN SCHEMA pds_watch FROM SERVER aws INTO imported; IMPORT FOREIGN SCHEMA "s3://pds-watch/" LIMIT TO (t) FROM SERVER aws INTO located', 'IMPORT, of both kinds');
	is(shown("string_agg(concat_ws(',', relation, scans, failed, rows, requests > 0, total_time > 0, queryid IS NOT NULL), ' ' ORDER BY relation)", "kind = 'import'"),
		'pds_watch,1,0,0,t,t,t s3://pds-watch/,1,0,0,t,t,t', 'has a row by what it is from');
	psql_ok('ANALYZE imported.numbers', 'ANALYZE');
	is(shown('relation, scans, failed, rows, objects, bytes, requests > objects', "kind = 'analyze'"), "imported.numbers|1|0|80000|4|$size|t", 'is one, with its listing and what it has read');
	psql_ok('SELECT count(b) FROM imported.numbers; SELECT count(a) FROM imported.numbers', 'two queries of a session');
	is(shown('relation, scans, failed, rows, objects, requests > 0, memory_hits = 0', "kind = 'planning'"), 'imported.numbers|1|0|0|0|t|t', 'of which the first has planning ask; the other takes what is kept, and has no row');
	is(shown('count(*)', "kind = 'planning' AND queryid = (SELECT queryid FROM pds.stat_scans WHERE kind = 'direct' ORDER BY stats_since LIMIT 1)"), 1, 'by the number of the query');
	psql_ok("INSERT INTO written VALUES (1, 'x')", 'INSERT');
	is(shown('sum(requests)', 'kind IS NOT NULL'), scalar(proxy_log($proxy)), 'all requests together are those that the service has seen');
	psql_ok('SELECT pds.stat_reset()', 'reset');
	proxy_rules($proxy, { method => 'GET', path => 'list-type=2.*bad', action => 'status', status => 403, body => '' });
	psql_fails($_, qr/42501/, $_) for 'SELECT * FROM bad', 'ANALYZE bad', 'IMPORT FOREIGN SCHEMA "s3://pds-watch/bad/" FROM SERVER aws INTO located';
	is(shown("string_agg(concat_ws(',', kind, scans, failed, requests > 0), ' ' ORDER BY kind)", 'kind IS NOT NULL'), 'analyze,1,1,t import,1,1,t planning,1,1,t', 'what fails is counted, too');
	proxy_rules($proxy);
	psql_ok('SELECT pds.stat_reset()', 'reset');

	# ---- workers ----
	my $parallel = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET pds.split_size = 50000; SET max_parallel_workers_per_gather = 3;';
	like(psql_value("$parallel EXPLAIN SELECT count(b) FROM t"), qr/Parallel Foreign Scan|Workers Planned/, 'a parallel scan');
	psql_ok("$parallel SELECT count(b) FROM t", 'by several processes');
	is(shown('scans, failed, rows, objects'), '1|0|80000|4', 'is one scan, with what its workers did');
	psql_ok("$parallel EXPLAIN (ANALYZE) SELECT count(b) FROM t", 'explained');
	is(shown('sum(scans), sum(rows), sum(objects)'), '2|160000|8', 'the same when EXPLAIN takes it');
	psql_fails("$parallel SELECT sum(1 / (a - 79990)) FROM t", qr/22012/, 'a worker or the leader fails');
	is(shown('sum(scans), sum(failed)'), '3|1', 'one scan that failed');
	psql_ok('SELECT pds.stat_reset()', 'reset');
	my $inner = "$parallel SET enable_parallel_hash = off; SET enable_mergejoin = off; SET enable_nestloop = off; SET max_parallel_workers_per_gather = 0; SELECT count(*) FROM t x JOIN bad_free y USING (a)";
	psql_ok('CREATE TABLE local AS SELECT g AS a FROM generate_series(1, 200000) g; ANALYZE local', 'a local table');
	my $whole = "$parallel SET enable_parallel_hash = off; SET enable_mergejoin = off; SET enable_nestloop = off; SELECT count(*) FROM local JOIN t USING (a)";
	if (psql_value($whole =~ s/SELECT count/EXPLAIN SELECT count/r) =~ /->  Parallel Seq Scan on local.*->  Hash.*->  Foreign Scan on t/s)
	{
		psql_ok($whole, 'a scan that each process runs whole');
		like(shown('scans, rows / 80000, rows % 80000'), qr/^1\|[2-4]\|0$/, 'counts once, with the rows of all');
		psql_ok('SELECT pds.stat_reset()', 'reset');
		psql_ok($whole =~ s/SELECT count/EXPLAIN (ANALYZE) SELECT count/r, 'explained');
		like(shown('scans, rows / 80000, rows % 80000'), qr/^1\|[2-4]\|0$/, 'the same');
	}
	psql_ok('SELECT pds.stat_reset()', 'reset');

	# ---- writes and functions ----
	psql_ok("INSERT INTO written SELECT g, 'x' FROM generate_series(1, 1000) g", 'INSERT');
	is(shown('relation, kind, scans, failed, rows, objects, bytes = bytes_sent, requests'), 'public.written|write|1|0|1000|1|t|1', 'a transaction that wrote');
	psql_fails("BEGIN; INSERT INTO written VALUES (1, 'x'); SELECT 1/0", qr/22012/, 'one that is rolled back');
	is(shown('scans, failed, objects', 'failed > 0'), '1|1|0', 'wrote nothing');
	psql_ok("SELECT * FROM pds.write_csv('aws', 'SELECT 1 AS a', 's3://pds-watch/by_hand/x.csv', mode => 'overwrite')", 'write_csv');
	is(shown('kind, rows, objects', "relation = 's3://pds-watch/by_hand/x.csv'"), 'write|1|1', 'by its location');
	psql_ok("SELECT * FROM pds.read_csv('aws', 's3://pds-watch/bad/') AS r (a text, b text)", 'read_csv');
	is(shown('kind, rows, objects, bytes', "relation = 's3://pds-watch/bad/'"), 'direct|3|1|12', 'the same');
	psql_ok('SELECT pds.stat_reset()', 'reset');

	# ---- Athena ----
	my $athena = "SET pds.engine = 'athena';";
	is(psql_value("$athena SELECT * FROM asked"), "1|x\n2|y", 'by Athena');
	is(shown('relation, kind, scans, failed, rows, athena_executions, athena_bytes_scanned, athena_price'), 'public.asked|athena|1|0|2|1|8|0.000048', 'executions, bytes scanned, price');
	psql_fails("$athena SET statement_timeout = '300ms'; SELECT * FROM asked WHERE b = 'for ever'", qr/57014/, 'one that is cancelled');
	is(shown('scans, failed, rows, athena_executions', 'failed > 0'), '1|1|0|1', 'is an execution, too');
	psql_ok("SELECT * FROM pds.athena_query('scripted', 'SELECT a, b FROM t', 'db') AS r (a int, b text)", 'athena_query');
	is(shown('kind, rows, athena_executions, athena_bytes_scanned', "relation = 'pds.athena_query'"), 'athena|2|1|8', 'by the name of the function');
	psql_ok('SELECT pds.stat_reset()', 'reset');

	# ---- full ----
	psql_ok(join(';', map { 'SELECT count(*) FROM rejecting WHERE ' . join(' AND ', ('a <> 7') x $_) } 1 .. 110), 'more queries than there are rows');
	psql_ok('SELECT count(b) FROM t', 'one more') for 1 .. 3;
	my $kept = shown("count(*), count(*) FILTER (WHERE scans = 3 AND kind = 'direct')", 'kind IS NOT NULL');
	is($kept, '100|1', 'those used least have gone');
	psql_ok('SELECT pds.stat_reset()', 'reset');
	return;
}
sub bytes_of { my ($folder) = @_; return psql_value("SELECT sum(size) FROM pds.s3_list('aws', 's3://pds-watch/$folder/', recursive => true)") }

# --- who reads what now -----------------------------------------------------------------------------------------------

# waits until another session shows this
sub until_shown
{
	my ($what, $pattern, $name) = @_;
	my $now = psql_until("SELECT $what FROM (SELECT * FROM pds.stat_progress ORDER BY started, pid) p", $pattern, 50);

	like($now, $pattern, $name);
	return $now;
}

sub gone { my ($name) = @_; return until_shown('count(*)', qr/^0$/, $name) }

sub progress
{
	my $size = bytes_of('t');

	proxy_rules($proxy, { method => 'GET', path => '/t/2', action => 'stall', after => 1000, seconds => 30 });
	my $b = background('SELECT count(b) FROM t');
	until_shown('role, database, server, relation, kind, phase, objects_done, objects_total, bytes_total, bytes_done > 0, rows > 0, queryid IS NOT NULL, started < now()',
		qr/^postgres\|pds\|aws\|public\.t\|direct\|reading\|2\|4\|$size\|t\|t\|t\|t$/, 'a scan that waits for an object');
	is(psql_value('SELECT count(*) FROM pds.stat_progress p JOIN pg_stat_activity a USING (pid) WHERE a.query LIKE \'%count(b)%\' AND a.pid <> pg_backend_pid()'), 1, 'its pid is the server\'s');
	psql_ok('SELECT pg_terminate_backend(pid) FROM pds.stat_progress', 'terminate');
	like((finish($b))[2], qr/57P01/, 'terminated');
	gone('its slot is free');
	is(shown('scans, failed, rows > 0'), '1|1|t', 'and what it did is counted');

	# each phase
	proxy_rules($proxy, { method => 'GET', path => 'list-type=2.*bad', action => 'delay', seconds => 1.5 });
	$b = background('SELECT count(a) FROM rejecting');
	until_shown('relation, kind, phase', qr/^public\.rejecting\|planning\|planning$/, 'planning');
	finish($b);
	$b = background("PREPARE p AS SELECT count(a) FROM rejecting; SET plan_cache_mode = force_generic_plan; EXPLAIN EXECUTE p; SELECT pds.refresh(); EXECUTE p");
	proxy_rules($proxy, { method => 'GET', path => 'list-type=2.*bad', action => 'delay', seconds => 1.5 });
	until_shown('kind, phase', qr/^direct\|listing$/, 'listing');
	finish($b);
	proxy_rules($proxy, { method => 'GET', path => '/t/2', action => 'stall', after => 1000, seconds => 1.5 });
	$b = background('ANALYZE t');
	until_shown('relation, kind, phase, objects_total, bytes_total, objects_done, rows', qr/^public\.t\|analyze\|reading\|4\|$size\|2\|40000$/, 'ANALYZE');
	finish($b);
	proxy_rules($proxy, { method => 'POST', path => '^/$', action => 'delay', seconds => 1.5 });
	$b = background('CREATE SCHEMA imported_too; IMPORT FOREIGN SCHEMA pds_watch FROM SERVER aws INTO imported_too');
	until_shown('relation, kind, phase', qr/^pds_watch\|import\|listing$/, 'IMPORT');
	finish($b);
	proxy_rules($proxy, { method => 'PUT', path => 'written', action => 'delay', seconds => 1.5 });
	$b = background("INSERT INTO written VALUES (1, 'x')");
	until_shown('relation, kind, phase', qr/^public\.written\|write\|(committing|uploading)$/, 'committing');
	finish($b);
	proxy_rules($proxy, { method => 'POST', path => 'uploads', action => 'delay', seconds => 1.5 });
	$b = background("INSERT INTO written SELECT g, repeat(g::text, 300) FROM generate_series(1, 30000) g");
	until_shown('kind, phase, rows > 0, bytes_done > 0', qr/^write\|uploading\|t\|t$/, 'uploading');
	finish($b);
	$b = background("BEGIN; INSERT INTO written VALUES (1, 'x'); SELECT pg_sleep(1); ROLLBACK");
	until_shown('kind, phase', qr/^write\|writing$/, 'writing');
	finish($b);
	gone('nothing is left');
	$b = background("SET pds.engine = 'athena'; SELECT * FROM asked WHERE b = 'for ever'");
	until_shown('relation, kind, phase, execution_id, execution_state, athena_bytes_scanned', qr/^public\.asked\|athena\|waiting for Athena\|\w{8}-0000-4000-8000-\d+\|RUNNING\|8$/, 'waiting for Athena');
	psql_ok('SELECT pg_cancel_backend(pid) FROM pds.stat_progress', 'cancel');
	like((finish($b))[2], qr/57014/, 'cancelled');
	gone('its slot is free');
	psql_fails('SELECT count(a) FROM bad', qr/22P02/, 'an error');
	gone('leaves none');
	is(psql_value('BEGIN; DECLARE c CURSOR FOR SELECT * FROM t; FETCH 1 FROM c; SELECT phase, pid = pg_backend_pid() FROM pds.stat_progress; CLOSE c; SELECT count(*) FROM pds.stat_progress') =~ s/^0.*\n//r, "reading|t\n0", 'a session sees itself; the end of a cursor is one');

	# workers
	proxy_rules($proxy, { method => 'GET', path => '/t/', action => 'stall', after => 1000, seconds => 3 });
	$b = background('SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2; SELECT count(b) FROM t');
	until_shown('leader_pid IN (SELECT pid FROM pds.stat_progress), phase', qr/^(?=(.*\n)*t\|reading)/, 'a worker names its leader');
	psql_ok('SELECT pg_cancel_backend(pid) FROM pds.stat_progress WHERE leader_pid IS NULL', 'cancel');
	finish($b);
	gone('workers leave none');
	proxy_rules($proxy);
	return;
}

sub rights
{
	my $b;

	psql_ok("SET client_min_messages = error; $_", $_)
	  for ('CREATE ROLE pds_watch_one', 'CREATE ROLE pds_watch_two', 'CREATE ROLE pds_watch_all IN ROLE pg_read_all_stats', 'GRANT SELECT ON t TO pds_watch_one',
		"CREATE USER MAPPING FOR pds_watch_one SERVER aws OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}')", 'SELECT pds.stat_reset()');
	psql_ok('SELECT count(b) FROM t', 'by the superuser');
	psql_ok('SET ROLE pds_watch_one; SELECT count(b) FROM t', 'by one');
	proxy_rules($proxy, { method => 'GET', path => '/t/1', action => 'stall', after => 1000, seconds => 30 });
	$b = background('SET ROLE pds_watch_one; SELECT count(b) FROM t');
	until_shown('role, phase', qr/^pds_watch_one\|reading$/, 'he reads');
	my %sees = (pds_watch_one => '1|pds_watch_one|1', pds_watch_two => '0||0', pds_watch_all => '2|pds_watch_one,postgres|1', postgres => '2|pds_watch_one,postgres|1');
	is(psql_value("SET ROLE $_; SELECT count(*), string_agg(role, ',' ORDER BY role), (SELECT count(*) FROM pds.stat_progress) FROM pds.stat_scans WHERE kind = 'direct'"), $sees{$_}, "$_ sees what he may") for sort keys %sees;
	psql_ok('ALTER FOREIGN TABLE rejecting OWNER TO pds_watch_one; ANALYZE rejecting', 'ANALYZE by the superuser');
	is(shown('role, scans', "kind = 'analyze'"), 'pds_watch_one|1', 'is of the owner, whose credentials it uses');
	psql_fails('SET ROLE pds_watch_all; SELECT pds.stat_reset()', qr/42501.*stat_reset/s, 'nobody but who is allowed to empties it');
	psql_ok('GRANT EXECUTE ON FUNCTION pds.stat_reset() TO pds_watch_all; SET ROLE pds_watch_all; BEGIN READ ONLY; SELECT pds.stat_reset(); COMMIT; RESET ROLE; REVOKE EXECUTE ON FUNCTION pds.stat_reset() FROM pds_watch_all', 'also where nothing may be written');
	psql_ok('SELECT pg_cancel_backend(pid) FROM pds.stat_progress', 'cancel');
	finish($b);
	proxy_rules($proxy);
	return;
}

# a process that is killed: the server begins anew, with empty tables
sub killed
{
	proxy_rules($proxy, { method => 'GET', path => '/t/2', action => 'stall', after => 1000, seconds => 30 });
	my $b = background('SELECT count(b) FROM t');
	until_shown('phase', qr/^reading$/, 'a scan');
	kill 'KILL', psql_value('SELECT pid FROM pds.stat_progress');
	finish($b);
	for (1 .. 100)
	{
		last if (psql('SELECT 1'))[0] == 0;
		sleep 0.1;
	}
	is(psql_value('SELECT (SELECT count(*) FROM pds.stat_progress), (SELECT count(*) FROM pds.stat_scans), current_setting(\'pds.stat_scans_max\')'), '0|0|100', 'kill -9: nothing is left after the restart');
	proxy_rules($proxy);
	psql_ok('SELECT count(b) FROM t', 'and it goes on');
	is(shown('scans'), 1, 'counting');
	return;
}

use_server($server, \&preloaded);
use_server($server, sub { psql_value('SELECT pds.stat_reset()'); progress() });
use_server($server, \&rights);
use_server($server, \&killed);

# --- session_preload_libraries ------------------------------------------------------------------------------------------

{
	local $ENV{PGOPTIONS} = '-c session_preload_libraries=pds_fdw';
	is(psql_value('SHOW pds.engine'), 'default', 'session_preload_libraries: settings exist before the first use');
	psql_fails('SET pds.stat_scan_max = 1', qr/42602/, 'and names that are none are refused');
	like(psql_value('SHOW pds.stat_scans_max'), qr/^1000$/, 'with their defaults');
}
psql_fails('SHOW pds.engine', qr/42704/, 'without it they do not');
stop_world($world);
stop_proxy($proxy);
done_testing();
