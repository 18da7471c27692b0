# Athena's limits and quotas, and what executions there cost: queues, throttling, cut-offs, limits on bytes, the choice for joins, plans that are
# prepared, the JIT compiler, ends of sessions, a hot standby.
use strict;
use warnings;
use File::Basename;
use IPC::Open2;
use JSON::PP;
use PdsTest;
use Test::More;
use Time::HiRes qw(time sleep);

need_stack();
fresh_database('pds_limits');
my $bucket = 'pds-limits';

run_python(<<'PY');
import boto3
s3, glue, athena = boto3.client("s3"), boto3.client("glue"), boto3.client("athena")
B = "pds-limits"
s3.create_bucket(Bucket=B)
try:
    glue.delete_database(Name="lim_t")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "lim_t"})
for k in range(3):
    s3.put_object(Bucket=B, Key="t%d/a.csv" % k, Body="".join("%d,%s,2024-01-%02d\n" % (i, "w%d" % (i % 3), 1 + i % 28) for i in range(20)).encode())
PY
create_server('aws', output_location => "s3://$bucket/results/", engine => 'athena');
psql_value("SELECT pds.create_csv_table('aws', 'lim_t', '$_', 's3://$bucket/$_/', 'id int, w string, d date')") for 't0', 't1', 't2';
psql_ok('IMPORT FOREIGN SCHEMA lim_t FROM SERVER aws INTO public', 'tables');
psql_ok('CREATE TABLE here AS SELECT g AS k FROM generate_series(1, 5) g; ANALYZE here', 'a local table');

sub executions { my ($pattern) = @_; return grep { $_->{query} =~ $pattern } @{ stack_control('executions') } }

# the output of some SQL and how many executions it took
sub counted
{
	my ($sql) = @_;
	my $before = stack_control('calls')->{StartQueryExecution} // 0;
	my $out = psql_value($sql);

	return ($out, stack_control('calls')->{StartQueryExecution} - $before);
}

# ---- quotas ----

my $too_many = { action => 'StartQueryExecution', error => 'TooManyRequestsException', message => 'You have exceeded the limit for the number of queries you can run concurrently' };
psql_ok("ALTER SERVER aws OPTIONS (ADD max_attempts '1', ADD start_timeout '20s')", 'one attempt of each request');
stack_control('refuse', { %$too_many, times => 2 });
my $start = time;
my (undef, $out, $notices) = psql("SET pds.progress = on; SELECT count(*) FROM t0");
is($out, 20, 'a full quota of queries is waited for');
cmp_ok(time - $start, '>=', 2.2, 'longer each time');
like($notices, qr/NOTICE: .*Athena has not taken the query for \d+ s/, 'pds.progress tells of it');
psql_ok("ALTER SERVER aws OPTIONS (SET start_timeout '1s')", 'not for long');
stack_control('refuse', { %$too_many, times => 9 });
like(psql_fails('SELECT count(*) FROM t0', qr/53000.*exceeded the limit for the number of queries.*start_timeout/s, 'then it is an error'), qr/TooManyRequestsException/, 'with the code');
stack_control('reset', {});
stack_control('refuse', { %$too_many, times => 9 });
psql_ok("ALTER SERVER aws OPTIONS (SET start_timeout '20s')", 'for long again');
psql_fails("SET statement_timeout = 300; SELECT count(*) FROM t0", qr/57014/, 'the wait can be cancelled');
stack_control('reset', {});
stack_control('refuse', { action => 'StartQueryExecution', times => 1 });
psql_fails('SELECT count(*) FROM t0', qr/53000.*Rate exceeded.*HINT.*max_attempts/s, 'the rate of calls is told from it');
stack_control('refuse', { action => 'GetQueryExecution', times => 4 });
is(psql_value('SELECT count(*) FROM t0'), 20, 'throttled polls do not end a query');
stack_control('refuse', { action => 'GetQueryExecution', times => 4 });
is(psql_value('SELECT sum(id) FROM (SELECT id FROM t0 UNION ALL SELECT id FROM t1) x'), 380, 'nor several at once');
stack_control('reset', {});

# ---- ends for which a limit is the reason ----

stack_control('next-execution', { state => 'CANCELLED', reason => 'Query cancelled! : Bytes scanned limit was exceeded', type => 1014 });
psql_fails('SELECT count(*) FROM t0', qr/53400.*Bytes scanned limit was exceeded.*BytesScannedCutoffPerQuery/s, "the work group's cut-off");
stack_control('next-execution', { state => 'CANCELLED', reason => 'Query cancelled by user', type => 1011 });
psql_fails('SELECT count(*) FROM t0', qr/HV00L.*Query cancelled by user/s, 'a cancel by somebody else is another matter');
stack_control('next-execution', { state => 'FAILED', category => 2, type => 1, reason => 'Query exhausted resources at this scale factor' });
psql_fails('SELECT count(*) FROM t0', qr/53000.*exhausted resources/s, 'resources');
stack_control('next-execution', { state => 'FAILED', category => 1, type => 1403, retryable => \1, reason => 'Please reduce your request rate' });
psql_fails('SELECT count(*) FROM t0', qr/53000.*reduce your request rate.*trying again/s, 'throttled there');

# ---- queues ----

stack_control('next-execution', { queued_seconds => 3 });
(undef, $out, $notices) = psql('SET pds.progress = on; SELECT count(*) FROM t0');
like($notices, qr/NOTICE: .*Athena execution [-0-9a-f]{36}: QUEUED for \d+ s/, 'pds.progress shows that a query is queued');
stack_control('next-execution', [ map { { queued_seconds => 3 } } 1, 2 ]);
(undef, $out, $notices) = psql('SET pds.progress = on; SELECT sum(id) FROM (SELECT id FROM t0 UNION ALL SELECT id FROM t1) x');
like($notices, qr/NOTICE: .*: QUEUED for \d+ s/, 'one of several, too');
my $names = psql_value('SHOW server_version_num') >= 170000;
stack_control('next-execution', { queued_seconds => 4 });
my $b = background('SELECT count(*) FROM t0');
my $event = psql_until("SELECT coalesce(wait_event, '') FROM pg_stat_activity WHERE query = 'SELECT count(*) FROM t0' AND datname = current_database()",
	$names ? qr/^PdsAthenaQueue$/ : qr/^Extension$/, 20);
is($event, $names ? 'PdsAthenaQueue' : 'Extension', 'the wait event');
finish($b);

# ---- polls ----

my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
psql_ok("ALTER SERVER aws OPTIONS (SET endpoint_url '$proxy->{url}', SET max_attempts '3')", 'through a proxy that counts');
psql_value('SELECT count(*) FROM t0');
sub polls { return map { $_->{time} } grep { ($_->{headers}{'x-amz-target'} // '') =~ /GetQueryExecution/ } proxy_log($proxy) }
sub most_a_second
{
	my @t = @_;
	my $most = 0;
	for my $from (@t) { my $n = grep { $_ >= $from && $_ < $from + 1 } @t; $most = $n if $n > $most }
	return $most;
}
proxy_rules($proxy);
stack_control('next-execution', { running_seconds => 6 });
psql_value('SELECT count(*) FROM t0');
my @polls = polls();
cmp_ok(scalar @polls, '<=', 11, 'six seconds take ' . @polls . ' polls');
cmp_ok($polls[-1] - $polls[-2], '>', $polls[1] - $polls[0], 'further and further apart') if @polls > 2;
proxy_rules($proxy);
stack_control('next-execution', [ map { { running_seconds => 4 } } 1 .. 10 ]);
$start = time;
is(psql_value('SELECT count(w) FROM (' . join(' UNION ALL ', map { "SELECT w FROM t" . $_ % 3 } 1 .. 10) . ') x'), 200, 'ten executions');
cmp_ok(time - $start, '<', 30, 'at once');
@polls = polls();
my $most = most_a_second(@polls);
cmp_ok($most, '<=', 50, 'poll ' . @polls . " times, $most of them in a second: the account's quota is 100");

# ---- plans that are prepared ----

my $six = 'PREPARE q (int) AS SELECT count(*), min(d) FROM t0 WHERE id > $1;' . join('', map { " EXECUTE q ($_);" } 1 .. 7);
my ($rows, $n) = counted($six);
is($rows, join("\n", map { (19 - $_) . '|2024-01-0' . ($_ + 2) } 1 .. 7), 'a prepared statement, seven times');
is($n, 7, 'one execution each');
like(psql_value("$six EXPLAIN (VERBOSE, COSTS OFF) EXECUTE q (3)"), qr/Remote SQL: .*"id" > \$1/, 'from the sixth time on its plan is for all values');
($rows, $n) = counted('SET plan_cache_mode = force_generic_plan; PREPARE j (int) AS SELECT count(*) FROM here h JOIN t0 ON t0.id = h.k WHERE t0.id < $1; EXECUTE j (3); EXECUTE j (9)');
is("$rows in $n", "2\n5 in 2", 'a join with a local table is one execution, whatever the outer rows');
($rows, $n) = counted("SELECT count(*) FROM here h WHERE EXISTS (SELECT FROM t0 WHERE t0.id = h.k) AND h.k IN (SELECT id FROM t1 WHERE w <> 'w9')");
is("$rows in $n", '5 in 2', 'semi-joins');
($rows, $n) = counted("SELECT k, (SELECT count(*) FROM t0 WHERE t0.id < h.k AND t0.w = 'w1'), h.k NOT IN (SELECT id FROM t1 WHERE id IS NOT NULL) FROM here h ORDER BY 1");
is("$rows in $n", "1|0|f\n2|1|f\n3|1|f\n4|1|f\n5|2|f in 2", 'correlated subplan and NOT IN: one execution each');
($rows, $n) = counted('SELECT count(*) FROM t0 WHERE id > (SELECT avg(id) FROM t1) AND id < (SELECT max(k) + 10 FROM here)');
is("$rows in $n", '5 in 2', 'values of InitPlans');
# the same day whenever it is asked: Trino's answers were recorded
my $clock = "SET application_name = 'clock 1782909296.789012';";
($rows, $n) = counted(<<"SQL");
$clock
BEGIN;
CREATE TEMP TABLE seen AS SELECT (SELECT count(*) FROM t0 WHERE d < current_date AND d::timestamp < localtimestamp) AS n, current_date AS day;
PREPARE p AS SELECT count(*) FROM t0 WHERE d < current_date - 1;
EXECUTE p; EXECUTE p;
SELECT n, day = current_date FROM seen;
COMMIT;
SQL
is("$rows in $n", "20\n20\n20|t in 3", 'current_date and localtimestamp');
my ($day) = psql_value("$clock SET plan_cache_mode = force_generic_plan; PREPARE p AS SELECT count(*) FROM t0 WHERE d < current_date; EXPLAIN (ANALYZE, VERBOSE, COSTS OFF) EXECUTE p") =~ /Remote SQL: .*DATE '([-0-9]+)'/;
is($day, psql_value("$clock SELECT current_date"), 'are sent as what they are in the transaction');

# ---- limits on bytes, of joins ----

my $size = psql_value("SELECT size FROM pds.s3_list('aws', 's3://$bucket/t0/')");
my $join = 'SELECT count(*) FROM t0 JOIN t1 USING (id)';
stack_control('reset', {});
my $err = psql_fails("SET pds.max_scan_bytes = '" . (2 * $size - 1) . "'; $join", qr/54000.*would scan @{[ 2 * $size ]} bytes.*t0.*t1.*HINT.*partition keys/s, 'a join of more than the limit, which names the sum');
is(stack_control('calls')->{StartQueryExecution} // 0, 0, 'is not started');
is(psql_value("SET pds.max_scan_bytes = '" . 2 * $size . "'; $join"), 20, 'one of as much is');
psql_fails("SET pds.max_scan_bytes = '" . (3 * $size - 1) . "'; SELECT w, count(*) FROM t0 JOIN t1 USING (id, w) LEFT JOIN t2 USING (id, w) GROUP BY w", qr/54000.*would scan @{[ 3 * $size ]} bytes/s, 'groups of three joined tables');
psql_ok("ALTER FOREIGN TABLE t1 OPTIONS (ADD max_scan_bytes '" . ($size - 1) . "')", 'a limit on one of the tables');
psql_fails($join, qr/54000.*would scan $size bytes/s, 'holds though nobody looked into the other');
psql_ok("ALTER FOREIGN TABLE t1 OPTIONS (DROP max_scan_bytes)", 'no limit');

# ---- the choice: joins, groups and few rows of tables of all sizes; for plans only ----

my $world = start_world('sizes');
create_server('sizes', s3_endpoint_url => $world->{url}, output_location => 's3://pds-limits/results/');
my %name = (small => 100_000, some => 5_000_000, huge => 100_000_000_000);
run_python(<<'PY', map { "$_=$name{$_}" } sort keys %name);
import boto3, sys
for arg in sys.argv[1:]:
    name, size = arg.split("=")
    for t in (name, name + "2"):
        boto3.client("glue").create_table(DatabaseName="lim_t", TableInput={
            "Name": t, "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"}, "StorageDescriptor": {
                "Columns": [{"Name": "id", "Type": "int"}, {"Name": "k", "Type": "int"}, {"Name": "w", "Type": "string"}], "Location": "s3://pds-limits/%s/" % size,
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat", "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}}}})
PY
psql_ok('CREATE SCHEMA s; IMPORT FOREIGN SCHEMA lim_t EXCEPT (t0, t1, t2) FROM SERVER sizes INTO s', 'tables of which nobody reads a byte');
psql_ok("UPDATE pg_class SET reltuples = $name{$_} / 100, relpages = ($name{$_} + 8191) / 8192 WHERE relname IN ('$_', '${_}2')", "$_: 100 bytes a row") for sort keys %name;
sub engines { my ($sql) = @_; return join ' ', psql_value("EXPLAIN (VERBOSE) $sql") =~ /Engine: (\w+)/g }
my @choices = (
	[ 'direct direct', 'SELECT count(*) FROM s.small a JOIN s.small2 b USING (id)', 'a join of small tables' ],
	[ 'direct direct', 'SELECT a.w, count(*) FROM s.some a JOIN s.small b USING (id) GROUP BY 1', 'of 5 MB with a small one' ],
	[ 'direct direct', 'SELECT w, count(*) FROM s.some GROUP BY w', 'groups of 5 MB, in the scan' ],
	[ 'direct', 'SELECT * FROM s.some WHERE id = 7', 'a row of 5 MB' ],
	[ 'athena', 'SELECT count(*) FROM s.huge a JOIN s.huge2 b USING (id)', 'a join of 100 GB with 100 GB' ],
	[ 'athena', 'SELECT a.w, count(*), sum(b.k) FROM s.huge a JOIN s.small b ON a.k = b.id GROUP BY a.w', 'groups of 100 GB joined with a small table' ],
	[ 'athena', 'SELECT count(*) FROM s.huge a JOIN s.some b ON a.k = b.id WHERE a.id = 7', 'a selective join' ],
	[ 'athena', 'SELECT w, count(*) FROM s.huge GROUP BY w', 'groups of 100 GB' ],
	[ 'athena', 'SELECT count(*) FROM s.huge WHERE id BETWEEN 7 AND 9', 'a selective aggregate' ],
	[ 'athena', 'SELECT * FROM s.huge WHERE id = 7', 'a row of 100 GB' ],
	[ 'athena', 'SELECT * FROM s.huge ORDER BY id LIMIT 10', 'the first ten of 100 GB, sorted' ],
	[ 'direct', 'SELECT * FROM s.huge LIMIT 10', 'any ten of 100 GB' ],
	[ 'direct', 'SELECT * FROM s.huge', 'all of 100 GB: its result would be as long' ]);
is(engines($_->[1]), $_->[0], "auto: $_->[2]") for @choices;
is(psql_value("SET pds.max_scan_bytes = '1TB'; EXPLAIN SELECT count(*) FROM s.huge a JOIN s.huge2 b USING (id)") =~ /Object Bytes: (\d+)/ ? $1 : '', 200_000_000_000, 'EXPLAIN says how much a join scans');
psql_fails("SET pds.max_scan_bytes = '150GB'; SELECT count(*) FROM s.huge a JOIN s.huge2 b USING (id)", qr/54000.*would scan 200000000000 bytes/s, 'and it is refused before it starts');

# ---- the JIT compiler ----

SKIP:
{
	skip 'this PostgreSQL has no JIT', 9 if psql_value('SELECT pg_jit_available()') ne 't';
	sub compiled { my ($sql, $set) = @_; return psql_value('SET jit = on; ' . ($set // '') . " EXPLAIN $sql") =~ /^JIT:/m ? 1 : 0 }
	my $ten = 'SELECT id, upper(w) FROM s.huge ORDER BY id LIMIT 10';
	cmp_ok(decode_json(psql_value("EXPLAIN (FORMAT JSON) $ten"))->[0]{Plan}{'Total Cost'}, '>', 500_000, 'ten rows of 100 GB pass all of jit_*_above_cost');
	is(compiled($ten), 0, 'but they are not compiled for');
	is(compiled('SELECT upper(w), count(*) FROM s.huge GROUP BY w'), 0, 'nor are groups');
	is(compiled('SELECT h.k FROM here h WHERE k > (SELECT count(*) FROM s.huge WHERE id = 7)'), 0, 'nor an InitPlan');
	is(compiled('SELECT sum(n + 1) FROM (SELECT count(*) AS n FROM s.huge UNION ALL SELECT count(*) FROM s.huge2) x'), 0, 'nor an Append');
	psql_ok('CREATE TABLE kept (id int, w text)', 'a table for them');
	is(compiled("INSERT INTO kept $ten"), 0, 'nor what is stored here');
	is(compiled($ten, 'SET jit_above_cost = 0;'), 1, 'jit_above_cost = 0 compiles: the check can fail');
	is(compiled('SELECT g + 1 FROM generate_series(1, 100000000) g WHERE g % 3 = 1'), 1, 'and what is work here is compiled for');
}
stop_world($world);

# ---- a session that ends ----

psql_ok("ALTER SERVER aws OPTIONS (SET endpoint_url '$ENV{AWS_ENDPOINT_URL}')", 'without the proxy');
for my $how ('pg_terminate_backend', 'pg_cancel_backend')
{
	stack_control('next-execution', [ map { { mark => "ended by $how", running_seconds => 30 } } 1, 2 ]);
	my $mark = "ended by $how";
	my $victim = background("SELECT sum(id) FROM (SELECT id FROM t0 WHERE w <> '$mark' UNION ALL SELECT id FROM t1 WHERE w <> '$mark') x");
	my $running = 0;
	for (1 .. 100) { $running = grep { $_->{state} =~ /QUEUED|RUNNING/ } executions(qr/$mark/); last if $running == 2; sleep 0.1 }
	is($running, 2, "$how: two executions run");
	psql_value("SELECT $how(pid) FROM pg_stat_activity WHERE query LIKE '%$mark%' AND pid <> pg_backend_pid()");
	my ($rc, undef, $said) = finish($victim);
	like($said, $how =~ /terminate/ ? qr/57P01/ : qr/57014/, "$how: the error");
	my @states;
	for (1 .. 30) { @states = map { $_->{state} } executions(qr/$mark/); last if !grep { $_ ne 'CANCELLED' } @states; sleep 0.1 }
	is("@states", 'CANCELLED CANCELLED', "$how: both are stopped there");
	stack_control('reset', {});
}

# ---- where nothing may be written ----

is(psql_value("BEGIN READ ONLY; SELECT count(*) FROM t0 JOIN t1 USING (id); SELECT sum(a) FROM pds.athena_query('aws', 'SELECT id FROM t0', 'lim_t') AS r (a int)"), "20\n190", 'a read-only transaction');
SKIP:
{
	my $where = dirname($ENV{PGHOST});
	my @as = $> == 0 ? ('setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', 'env', 'HOME=/tmp') : ();
	skip 'the server is not where the stack has it', 5 unless -d "$where/data";
	# not every distribution has them in PATH
	chomp(my $bin = `\${PG_CONFIG:-pg_config} --bindir`);
	my $run = sub { my @c = @_; chdir '/' or die; return system("@as @c >$where/standby.log 2>&1") == 0 };
	open my $log, '>', "$where/standby.log" or skip 'the folder of the server cannot be written', 5;
	close $log;
	ok($run->("$bin/pg_basebackup", '-c', 'fast', '-X', 'stream', '-R', '-D', "$where/standby"), 'a standby is made') or diag(slurp("$where/standby.log"));
	ok($run->("$bin/pg_ctl", '-D', "$where/standby", '-l', "$where/standby.server.log", '-w', '-o', '"-p 5433 -c shared_buffers=16MB"', 'start'), 'and started') or diag(slurp("$where/standby.log"));
	{
		local $ENV{PGPORT} = 5433;
		is(psql_value("SELECT pg_is_in_recovery(); SELECT count(*), sum(id) FROM t0; SET pds.engine = direct; SELECT count(*), sum(id) FROM t0"), "t\n20|190\n20|190", 'both engines read on it');
		is(psql_value("SET work_mem = '64kB'; SELECT k, (SELECT count(*) FROM t0 JOIN t1 USING (id) WHERE t0.id < h.k) FROM here h ORDER BY 1"), "1|1\n2|2\n3|3\n4|4\n5|5", 'rows are kept for rescans');
		is(psql_value("SELECT sum(a) FROM pds.athena_query('aws', 'SELECT id FROM t0', 'lim_t') AS r (a int)"), 190, 'SQL of one\'s own');
		psql_fails("SELECT * FROM pds.athena_execute('aws', 'DROP TABLE t0', 'lim_t')", qr/25006/, 'but none that changes something');
	}
	$run->("$bin/pg_ctl", '-D', "$where/standby", '-m', 'immediate', '-w', 'stop');
	$run->('rm', '-rf', "$where/standby");
}
stop_proxy($proxy);
done_testing();
