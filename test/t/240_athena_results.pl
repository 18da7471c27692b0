# Results of Athena: how many requests they take, how soon rows come, what is left of them, other ways to them.
# alone: the first row comes soon
use strict;
use warnings;
use PdsTest;
use Test::More;
use Time::HiRes qw(time sleep);

need_stack();
fresh_database('pds_results');
my $bucket = 'pds-results';

fresh_bucket($bucket);
run_python(<<'PY');
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
B = "pds-results"
try:
    glue.delete_database(Name="res_t")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "res_t"})
s3.put_object(Bucket=B, Key="one/a.csv", Body=b"1,a\n")
s3.put_object(Bucket=B, Key="big/a.csv", Body="".join("%d,%s\n" % (i, "x" * 80) for i in range(9000)).encode())
PY
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
my @there = (endpoint_url => $proxy->{url}, s3_endpoint_url => $proxy->{url});
create_server('aws', @there, output_location => "s3://$bucket/results/", engine => 'athena');
psql_value("SELECT pds.create_csv_table('aws', 'res_t', '$_', 's3://$bucket/$_/', 'id int, w string')") for 'one', 'big';
psql_ok('IMPORT FOREIGN SCHEMA res_t FROM SERVER aws INTO public', 'tables');

sub left { return run_python('import boto3; print(sum(1 for o in boto3.client("s3").list_objects_v2(Bucket="pds-results", Prefix="results/").get("Contents", [])))') }

# the requests that some SQL makes, in their order; polls until the last one are left out
sub requests
{
	my ($sql, @rules) = @_;

	proxy_rules($proxy, @rules);
	my ($rc, $out, $err) = psql($sql);
	my @all = map {
		my $what = $_->{headers}{'x-amz-target'} // "$_->{method} " . ($_->{path} =~ /\?delete/ ? 'delete' : $_->{path} =~ /results\// ? 'result' : $_->{path});
		{ what => $what =~ s/AmazonAthena\.//r, time => $_->{time} };
	} proxy_log($proxy);
	my @calls = map { $all[$_] } grep { $_ == $#all || $all[$_]{what} ne 'GetQueryExecution' || $all[ $_ + 1 ]{what} ne 'GetQueryExecution' } 0 .. $#all;
	return (join(', ', map { $_->{what} } @calls), $out, \@all, $err);
}
psql_value('SELECT * FROM one');		# the catalog is known then, the connection's too

# ---- the fewest calls ----

my ($calls, $out, $all) = requests('SELECT * FROM one');
is($out, '1|a', 'one row');
is($calls, 'StartQueryExecution, GetQueryExecution, GET result, POST delete', 'takes one request beside starting, waiting and deleting');
($calls, $out) = requests('SELECT id FROM one WHERE id > 5');
is("$calls: $out", 'StartQueryExecution, GetQueryExecution, GET result, POST delete: ', 'no row: as many');
($calls, $out) = requests('SELECT count(*), min(length(w)) FROM big');
is("$calls: $out", 'StartQueryExecution, GetQueryExecution, GET result, POST delete: 9000|80', 'an aggregate: as many');
($calls, $out) = requests("SELECT * FROM pds.athena_query('aws', 'SELECT id FROM one', 'res_t') AS r (a int)");
is("$calls: $out", 'StartQueryExecution, GetQueryExecution, GetQueryResults, POST delete: 1', 'SQL of one\'s own: the page tells columns and rows');
($calls, $out) = requests('SELECT count(*), sum(id), sum(length(w)) FROM (SELECT * FROM big OFFSET 0) x');
is($out, '9000|40495500|720000', 'a result that is larger than what is asked for first');
like($calls, qr/^StartQueryExecution, GetQueryExecution, GET result(, GET result){1,4}, POST delete$/, 'is read in ranges, without asking for its size');
psql_ok("ALTER SERVER aws OPTIONS (ADD keep_results 'true')", 'keep_results');
($calls, $out) = requests('SELECT id FROM one');
is($calls, 'StartQueryExecution, GetQueryExecution, GET result', 'nothing is deleted then');
is(left(), 2, 'the object and its .metadata are there');
psql_ok("ALTER SERVER aws OPTIONS (DROP keep_results)", 'no longer');
run_python('import boto3; s = boto3.client("s3"); [s.delete_object(Bucket="pds-results", Key=o["Key"]) for o in s.list_objects_v2(Bucket="pds-results", Prefix="results/")["Contents"]]');

# ---- the first row ----

my @ms;
for (1 .. 5)
{
	my (undef, $seen, $log) = requests('SELECT extract(epoch FROM clock_timestamp()) FROM one');
	my ($poll) = reverse grep { $_->{what} eq 'GetQueryExecution' } @$log;
	push @ms, 1000 * ($seen - $poll->{time});
}
@ms = sort { $a <=> $b } @ms;
note(sprintf('from the poll that saw SUCCEEDED to the first row: %.0f to %.0f ms', @ms[ 0, 4 ]));
cmp_ok($ms[0], '<', 500, 'the first row comes soon after the poll that saw SUCCEEDED');
my @gaps = map {
	my (undef, undef, $log) = requests('SELECT id FROM one');
	1000 * ($log->[1]{time} - $log->[0]{time});
} 1 .. 3;
ok(!(grep { $_ < 70 } @gaps), 'the first poll is not made at once: nothing has an end by then') or diag("@gaps");

# ---- what is left ----

sub gone { for (1 .. 50) { return 1 if left() == 0; sleep 0.1 } return 0 }
ok(gone(), 'no result is left of all that');
($calls, undef, undef, my $err) = requests("SELECT 1 / (id - 8000 + (random() * 0)::int) FROM big");
like("$calls $err", qr/POST delete .*division by zero/s, 'an error in the middle of a result: deleted');
($calls) = requests('SELECT id FROM big WHERE random() < 2 LIMIT 1');
like($calls, qr/POST delete$/, 'an early end, too');
my $stall = { method => 'GET', path => 'results/.*csv', skip => 1, action => 'stall', after => 1000, seconds => 20 };
my $start = time;
($calls, undef, undef, $err) = requests('SET statement_timeout = 4000; SELECT count(w), max(w) FROM (SELECT w FROM big OFFSET 0) x', $stall);
like("$calls $err", qr/POST delete .*57014/s, 'a cancel while the result comes, too');
cmp_ok(time - $start, '<', 12, 'which does not wait for the rest');
proxy_rules($proxy);
ok(gone(), 'nothing is left');
# what was stopped too late
run_python('import boto3; [boto3.client("s3").put_object(Bucket="pds-results", Key="results/late.csv" + k, Body=b"x") for k in ("", ".metadata")]');
my $late = { target => 'GetQueryExecution', action => 'status', status => 200,
	body => { QueryExecution => { Status => { State => 'RUNNING' }, ResultConfiguration => { OutputLocation => "s3://$bucket/results/late.csv" } } } };
($calls, undef, undef, $err) = requests('SET statement_timeout = 1500; SELECT id FROM one', $late);
like("$calls $err", qr/StopQueryExecution, POST delete .*57014/s, 'one that is stopped may have had its end: its result is deleted');
($calls, undef, undef, $err) = requests('SET statement_timeout = 1500; SELECT sum(id) FROM (SELECT id FROM one UNION ALL SELECT id FROM big) x', $late);
like($calls, qr/StopQueryExecution, StopQueryExecution, POST delete/, 'the same of several');
is(run_python(<<'PY'), 0, 'both objects are gone');
import boto3
s3 = boto3.client("s3")
names = [o["Key"] for o in s3.list_objects_v2(Bucket="pds-results", Prefix="results/").get("Contents", [])]
for name in names:
    s3.delete_object(Bucket="pds-results", Key=name)    # those of the executions themselves, which were not what the polls said
print(sum("late" in name for name in names))
PY
proxy_rules($proxy);
psql("BEGIN; SAVEPOINT s; SELECT 1 / (id - 1) FROM one; ROLLBACK TO s; COMMIT");
my ($failed, undef, undef, $said) = requests('SELECT id FROM one', { path => '\?delete', action => 'status', status => 403, body => '<Error><Code>AccessDenied</Code></Error>' });
is($said, '', 'who may not delete is not told of it');
like($failed, qr/POST delete$/, 'it was tried');
is(left(), 2, 'and stays');

# ---- other ways to a result ----

my $deny = { method => 'GET', path => 'results/', action => 'status', status => 403, body => '<Error><Code>AccessDenied</Code></Error>' };
($calls, $out) = requests('SELECT count(*), sum(id) FROM (SELECT id FROM big OFFSET 0) x', $deny);
is($out, '9000|40495500', 'where the object may not be read: all pages of the API');
is(($calls =~ s/GetQueryResults/GetQueryResults/g), 10, '9,000 rows and a row of labels in ten of 1,000');
stack_control('next-execution', { lose_result => \1 });
($calls, $out) = requests('SELECT * FROM one');
is("$calls: $out", 'StartQueryExecution, GetQueryExecution, GET result, GetQueryResults, POST delete: 1|a', 'where there is no object: the API, too');
stop_proxy($proxy);
done_testing();
