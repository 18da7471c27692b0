# Asynchronous execution: the branches of an Append run in Athena at the same time.
use strict;
use warnings;
use PdsTest;
use Test::More;
use Time::HiRes qw(time sleep);

need_stack();
fresh_database('pds_async');
my $bucket = 'pds-async';

run_python(<<'PY');
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
B = "pds-async"
try:
    s3.create_bucket(Bucket=B)
except Exception:
    pass
try:
    glue.delete_database(Name="async_t")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "async_t"})
for k in range(3):
    s3.put_object(Bucket=B, Key="t%d/a.csv" % k, Body="".join("%d,w%d\n" % (100 * k + i, i) for i in range(50)).encode())
s3.put_object(Bucket=B, Key="bad/a.csv", Body=b"1,x\n")
PY
create_server('aws', output_location => "s3://$bucket/results/");
psql_value("SELECT pds.create_csv_table('aws', 'async_t', '$_', 's3://$bucket/$_/', 'id int, w string')") for 't0', 't1', 't2', 'bad';
psql_ok('IMPORT FOREIGN SCHEMA async_t FROM SERVER aws INTO public', 'tables');
sub slowly { my ($n, $s) = @_; stack_control('next-execution', [ map { { mark => '"async_t"', running_seconds => $s } } 1 .. $n ]); return }
my $athena = 'SET pds.engine = athena;';
my $all = 'SELECT * FROM t0 UNION ALL SELECT * FROM t1 UNION ALL SELECT * FROM t2';
my $sum = "SELECT count(*), sum(id), min(w) FROM ($all) x";
my $expected = '150|' . (3 * 1225 + 50 * 300) . '|w0';

# ---- at the same time ----

like(psql_value("$athena EXPLAIN (COSTS OFF) $all"), qr/(Async Foreign Scan.*){3}/s, 'EXPLAIN shows it');
slowly(3, 1);
is(psql_value("$athena $sum"), $expected, 'rows of three branches');
my @ran = @{ stack_control('executions') }[ -3 .. -1 ];
cmp_ok((sort { $a <=> $b } map { $_->{submitted} } @ran)[-1], '<', (sort { $a <=> $b } map { $_->{completed} } @ran)[0], 'all were asked for before one had ended');
slowly(3, 0.3);
psql_ok("ALTER SERVER aws OPTIONS (ADD async_capable 'false')", 'async_capable off');
unlike(psql_value("$athena EXPLAIN (COSTS OFF) $all"), qr/Async/, 'EXPLAIN does not show it then');
is(psql_value("$athena $sum"), $expected, 'the same rows');
@ran = @{ stack_control('executions') }[ -3 .. -1 ];
ok($ran[1]{submitted} >= $ran[0]{completed} && $ran[2]{submitted} >= $ran[1]{completed}, 'one after the other');
psql_ok("ALTER SERVER aws OPTIONS (DROP async_capable)", 'on again');

# ---- what EXPLAIN ANALYZE counts; one descriptor each ----

my $analyzed = psql_value("$athena EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $all");
is(() = $analyzed =~ /Async Foreign Scan on t\d \(actual rows=50(?:\.00)? loops=1\)/g, 3, 'EXPLAIN ANALYZE: rows of each branch') or diag($analyzed);
is(scalar(keys %{ { map { $_ => 1 } $analyzed =~ /Execution ID: (\S+)/g } }), 3, 'each with an execution of its own');
like($analyzed, qr/Append \(actual rows=150(?:\.00)? loops=1\)/, 'and of all');
sub timers
{
	my ($sql) = @_;
	slowly(3, 3);
	my $b = background("$sql -- timers");
	my ($pid, $most, $polls) = ('', 0, 0);
	for (1 .. 40)
	{
		$pid ||= psql_value("SELECT pid FROM pg_stat_activity WHERE query LIKE '%-- timers' AND pid <> pg_backend_pid()");
		my @fds = map { readlink $_ // '' } glob "/proc/$pid/fd/*";
		my ($t, $e) = map { my $kind = $_; scalar grep { /\[$kind\]/ } @fds } 'timerfd', 'eventpoll';
		($most, $polls) = ($t, $e) if $t > $most;
		sleep 0.05;
	}
	finish($b);
	return ($most, $polls);
}
SKIP:
{
	my ($one, $one_poll) = timers("$athena SELECT id FROM t0");
	skip 'descriptors of the server cannot be seen here', 1 if !$one;
	my ($three, $three_polls) = timers("$athena $all");
	is(($three - $one) . ' ' . ($three_polls - $one_poll <= 1 ? 'few' : 'many'), '3 few', 'a scan holds one descriptor, a timer, as it says to PostgreSQL');
}

# ---- with others ----

psql_ok('CREATE TABLE here (id int, w text); INSERT INTO here VALUES (1000, \'here\')', 'a local table');
is(psql_value("$athena SELECT count(*), sum(id) FROM (SELECT * FROM here UNION ALL $all) x"), '151|' . (3 * 1225 + 50 * 300 + 1000), 'beside a local table');
psql_ok("ALTER FOREIGN TABLE t2 OPTIONS (ADD engine 'direct'); ALTER FOREIGN TABLE t0 OPTIONS (ADD engine 'athena'); ALTER FOREIGN TABLE t1 OPTIONS (ADD engine 'athena')", 'one table is read directly');
like(psql_value("EXPLAIN (COSTS OFF) $all"), qr/Async Foreign Scan on t0.*Async Foreign Scan on t1.*  Foreign Scan on t2/s, 'EXPLAIN');
is(psql_value($sum), $expected, 'rows of both kinds');
psql_ok('CREATE TABLE p (id int, w text) PARTITION BY RANGE (id);'
	  . join('', map { "ALTER TABLE p ATTACH PARTITION t$_ FOR VALUES FROM (" . 100 * $_ . ') TO (' . 100 * ($_ + 1) . ');' } 0 .. 2), 'a partitioned table');
is(psql_value('SELECT count(*), sum(id), min(w) FROM p'), $expected, 'its partitions');
is(psql_value('SELECT sum(id) FROM p WHERE id < 150'), 1225 + 1225 + 5000, 'those that are left');
psql_ok('CREATE TABLE parent (id int, w text); CREATE FOREIGN TABLE child0 () INHERITS (parent) SERVER aws OPTIONS (database \'async_t\', table_name \'t0\', engine \'athena\');'
	  . 'CREATE FOREIGN TABLE child1 () INHERITS (parent) SERVER aws OPTIONS (database \'async_t\', table_name \'t1\', engine \'athena\'); INSERT INTO parent VALUES (-1, \'own\')', 'children of a table');
like(psql_value('EXPLAIN (COSTS OFF) SELECT * FROM parent'), qr/Append.*Async Foreign Scan on child0.*Async Foreign Scan on child1/s, 'EXPLAIN');
is(psql_value('SELECT count(*), sum(id), min(w) FROM parent'), '101|' . (2 * 1225 + 50 * 100 - 1) . '|own', 'their rows and its own');
is(psql_value('SELECT string_agg(id::text, \',\' ORDER BY id) FROM (SELECT id FROM p WHERE w = \'w7\') x'), '7,107,207', 'conditions here or there');
# the same twice: rows are kept, parameters change
is(psql_value('SET enable_hashjoin = off; SET enable_mergejoin = off; SELECT count(*) FROM (VALUES (1), (2), (3)) v(n) LEFT JOIN p ON p.id % 3 = v.n % 3'), 150, 'scanned again');
is(psql_value('SELECT n, (SELECT count(*) FROM p WHERE p.id < v.n) FROM (VALUES (10), (110), (300)) v(n)'), "10|10\n110|60\n300|150", 'for each outer row');

# ---- more than run at once ----

my $many = join ' UNION ALL ', map { "SELECT id + $_ * 0 AS id FROM t" . $_ % 2 } 1 .. 14;
is(psql_value("SELECT count(*) FROM ($many) x"), 700, 'fourteen branches, ten at a time');

# ---- ends ----

slowly(2, 20);
my $start = time;
psql_fails('SET statement_timeout = 1000; SELECT count(*) FROM p', qr/57014/, 'a cancel');
cmp_ok(time - $start, '<', 3.5, 'is seen while all wait');
my @last = grep { $_->{query} =~ /async_t|"t[01]"/ } @{ stack_control('executions') };
is_deeply([ map { $_->{state} } @last[-2, -1] ], [ 'CANCELLED', 'CANCELLED' ], 'and both are stopped');
stack_control('next-execution', [ { running_seconds => 1, state => 'FAILED', category => 2, type => 1001, reason => 'it broke' }, { running_seconds => 20 } ]);
psql_fails('SELECT count(*) FROM p', qr/HV00L.*it broke/s, 'one fails');
@last = @{ stack_control('executions') };
is($last[-1]{state}, 'CANCELLED', 'the other is stopped');
slowly(2, 20);
is(psql_value('SELECT id FROM p WHERE id >= 200 UNION ALL SELECT id FROM t0 LIMIT 1'), 200, 'LIMIT does not wait for what is not needed');
stack_control('reset', {});
is(psql_value("BEGIN; DECLARE c CURSOR FOR SELECT id FROM p WHERE w = 'w3'; FETCH 1 FROM c; SAVEPOINT s; FETCH 1 FROM c; ROLLBACK TO s; FETCH ALL FROM c; COMMIT") =~ tr/\n//, 2, 'a cursor over them');
done_testing();
