# Failures of the network, S3, Glue and Athena: the right SQLSTATE, a message that says what to do,
# alone: it cancels within a second
# nothing left behind, and a cancel obeyed at once, whatever is being waited for.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_faults');

run_python(<<'PY');
import boto3, random
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-faults")
rng = random.Random(5)
lines = ["%d,%s" % (i, "%030x" % rng.getrandbits(120)) for i in range(60000)]
s3.put_object(Bucket="pds-faults", Key="big/a.csv", Body=("\n".join(lines) + "\n").encode())
s3.put_object(Bucket="pds-faults", Key="small/a.csv", Body=b"1,one\n2,two\n3,three\n")
try:
    glue.create_database(DatabaseInput={"Name": "faults"})
except glue.exceptions.AlreadyExistsException:
    pass
for name in ("small", "big"):
    try:
        glue.delete_table(DatabaseName="faults", Name=name)
    except glue.exceptions.EntityNotFoundException:
        pass
    glue.create_table(DatabaseName="faults", TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"},
        "PartitionKeys": [], "StorageDescriptor": {
            "Columns": [{"Name": "id", "Type": "int"}, {"Name": "word", "Type": "string"}],
            "Location": "s3://pds-faults/%s/" % name, "NumberOfBuckets": -1,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                          "Parameters": {"field.delim": ","}}}})
PY

my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
create_server('far', endpoint_url => $proxy->{url}, s3_endpoint_url => $proxy->{url},
	output_location => 's3://pds-faults/results/');
psql_ok('IMPORT FOREIGN SCHEMA faults FROM SERVER far INTO public', 'import through the proxy');

my $sum = "SELECT count(*), sum(id), count(DISTINCT word) FROM big";
my $direct = "SET pds.engine = direct; SELECT pds.refresh();";
my $athena = "SET pds.engine = athena;";
my $truth = '60000|1799970000|60000';

sub last_line { my @l = split /\n/, $_[0]; return $l[-1] // '' }

# --- S3 ----------------------------------------------------------------------------------------------------
proxy_rules($proxy);
is(last_line(psql_value("$direct $sum")), $truth, 'the object as it is');

proxy_rules($proxy,
	{ path => 'big/a\.csv', method => 'GET', action => 'status', status => 503, times => 2,
		body => '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>' });
is(last_line(psql_value("$direct $sum")), $truth, '503 SlowDown twice: the scan goes on');
is(scalar(grep { ($_->{action} // '') eq 'status' } proxy_log($proxy)), 2, 'both were met');

proxy_rules($proxy,
	{ path => 'big/a\.csv', method => 'GET', action => 'status', status => 503,
		body => '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>' });
my $err = psql_fails("$direct $sum", qr/53000: GetObject of .* failed: SlowDown: Please reduce your request rate/, '503 SlowDown for ever');
like($err, qr/HINT:  The service asks to slow down\. Try again later, lower the server option fetch_concurrency, or raise max_attempts\./, 'SlowDown has a hint');

proxy_rules($proxy,
	{ path => 'big/a\.csv', method => 'GET', action => 'reset', after => 300_000, times => 1 });
is(last_line(psql_value("$direct $sum")), $truth, 'reset in mid-body: resumed');
my @gets = grep { $_->{method} eq 'GET' && $_->{path} =~ /big\/a\.csv/ } proxy_log($proxy);
ok((grep { ($_->{headers}{'if-match'} // '') ne '' } @gets), 'the rest is asked for with If-Match');

proxy_rules($proxy,
	{ path => 'big/a\.csv', method => 'GET', action => 'cut', bytes => 1000, times => 1 });
is(last_line(psql_value("$direct $sum")), $truth, 'a body shorter than it said: resumed');

proxy_rules($proxy, { path => 'big/a\.csv', method => 'GET', action => 'status', status => 412,
		body => '<Error><Code>PreconditionFailed</Code><Message>no match</Message></Error>' });
psql_fails("$direct $sum", qr/40001.*changed/s, 'object replaced during the scan');

proxy_rules($proxy, { path => 'big/a\.csv', method => 'GET', action => 'status', status => 403,
		body => '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>' });
$err = psql_fails("$direct $sum", qr/42501/, 'no right to read');
like($err, qr{s3://pds-faults/big/a\.csv}, 'the object is named');
unlike($err, qr/Signature|$ENV{AWS_SECRET_ACCESS_KEY}/, 'no secret in the message');

proxy_rules($proxy, { path => 'big/a\.csv', method => 'GET', action => 'status', status => 400,
		body => '<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>' });
psql_fails("$direct $sum", qr{28000: GetObject of s3://pds-faults/big/a\.csv failed: ExpiredToken: The provided token has expired.*HINT:  The credentials have expired}s, 'expired token');

proxy_rules($proxy);
psql_ok("CREATE FOREIGN TABLE nobucket (a text) SERVER far OPTIONS (location 's3://pds-no-such-bucket/x/')",
	'table on a bucket that is not there');
psql_fails('SELECT * FROM nobucket', qr{42704: ListObjectsV2 of s3://pds-no-such-bucket/x/ failed: NoSuchBucket}, 'missing bucket');
psql_ok("CREATE FOREIGN TABLE notable (a text) SERVER far OPTIONS (database 'faults', table_name 'none')",
	'table of a Glue table that is not there');
$err = psql_fails('SELECT * FROM notable', qr/HV00R: GetTable of faults\.none failed: EntityNotFoundException/, 'missing Glue table');
psql_fails('IMPORT FOREIGN SCHEMA nowhere FROM SERVER far INTO public', qr/HV00R: GetDatabase of nowhere failed: EntityNotFoundException/, 'missing database');

my $port = free_port();
psql_ok("CREATE SERVER closed FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1',"
	  . " endpoint_url 'http://127.0.0.1:$port', max_attempts '1')", 'a server nobody listens on');
psql_ok("CREATE USER MAPPING FOR CURRENT_USER SERVER closed OPTIONS (access_key_id 'a', secret_access_key 'b')",
	'its mapping');
psql_ok("CREATE FOREIGN TABLE refused (a text) SERVER closed OPTIONS (location 's3://bucket/x/')", 'its table');
$err = psql_fails('SELECT * FROM refused', qr{08001: could not connect to http://127\.0\.0\.1:$port}, 'connection refused');
like($err, qr/HINT:  Check the server option endpoint_url, and that the database server may reach that host/, 'connection refused has a hint');

# --- Glue --------------------------------------------------------------------------------------------------
proxy_rules($proxy, { target => 'GetTable', action => 'status', status => 400, times => 2,
		body => { __type => 'ThrottlingException', Message => 'Rate exceeded' } });
is(last_line(psql_value("$direct $sum")), $truth, 'Glue throttles twice: it goes on');

# --- Athena ------------------------------------------------------------------------------------------------
proxy_rules($proxy);
is(last_line(psql_value("$athena SELECT count(*), sum(id) FROM small")), '3|6', 'Athena answers');
proxy_rules($proxy, { target => 'GetQueryExecution', action => 'status', status => 400, times => 2,
		body => { __type => 'ThrottlingException', Message => 'Rate exceeded' } });
is(last_line(psql_value("$athena SELECT count(*), sum(id) FROM small")), '3|6', 'throttled polls');

proxy_rules($proxy, { target => 'GetQueryExecution', action => 'status', status => 200,
		body => { QueryExecution => { QueryExecutionId => 'e-1', Status => { State => 'FAILED',
			StateChangeReason => 'HIVE_BAD_DATA: no good',
			AthenaError => { ErrorCategory => 2, ErrorType => 1001, ErrorMessage => 'HIVE_BAD_DATA: no good' } } } } });
$err = psql_fails("$athena SELECT * FROM small", qr/HV00L: Athena failed the query: HIVE_BAD_DATA: no good/, 'FAILED: its own message');
like($err, qr/execution/i, 'FAILED: the execution is named');
proxy_rules($proxy, { target => 'GetQueryExecution', action => 'status', status => 200,
		body => { QueryExecution => { QueryExecutionId => 'e-1',
			Status => { State => 'CANCELLED', StateChangeReason => 'Query cancelled by user' } } } });
psql_fails("$athena SELECT * FROM small", qr/HV00L: Athena cancelled the query: Query cancelled by user/, 'CANCELLED by somebody else');

proxy_rules($proxy);
run_python(<<'PY');
import boto3
boto3.client("glue").update_table(DatabaseName="faults", TableInput={
    "Name": "small", "TableType": "EXTERNAL_TABLE", "PartitionKeys": [], "StorageDescriptor": {
        "Columns": [{"Name": "other", "Type": "int"}], "Location": "s3://pds-faults/small/", "NumberOfBuckets": -1,
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                      "Parameters": {"field.delim": ","}}}})
PY
psql_fails("$direct SELECT id FROM small", qr/HV005: .*HINT:.*refresh_table/s, 'a column that Glue no longer has');
psql_fails("$athena SELECT id FROM small", qr/HV00L: Athena failed the query: COLUMN_NOT_FOUND/, 'the same by Athena, in its words');

# --- time-outs and cancels: each wait ends within 100 ms of the time-out --------------------------------------
sub timed_out
{
	my ($sql, $name, @rules) = @_;

	proxy_rules($proxy, @rules);
	my ($rc, $out, $e, $seconds) = finish(background("SET statement_timeout = '700ms'; $sql"));
	isnt($rc, 0, "$name: stopped");
	like($e, qr/ERROR:  57014: canceling statement due to statement timeout/, "$name: query_canceled");
	# psql's start and the connection are in the time, too
	cmp_ok($seconds, '<', 1.3, "$name: at once") or diag("$seconds s");
	return;
}
my $stall = sub { return (action => 'stall', after => $_[0], seconds => 30) };
timed_out("$direct $sum", 'GetTable', { target => 'GetTable', $stall->(0) });
timed_out("$direct $sum", 'ListObjectsV2', { path => 'list-type=2', $stall->(0) });
timed_out("$direct $sum", 'GetObject, before the reply', { path => 'big/a\.csv', $stall->(0) });
timed_out("$direct $sum", 'GetObject, in mid-body', { path => 'big/a\.csv', $stall->(200_000) });
timed_out("$direct $sum", 'back-off', { path => 'big/a\.csv', action => 'status', status => 503,
		headers => { 'Retry-After' => '20' }, body => '<Error><Code>SlowDown</Code></Error>' });
timed_out("$athena $sum", 'StartQueryExecution', { target => 'StartQueryExecution', $stall->(0) });
timed_out("$athena $sum", 'StartQueryExecution with a late reply',
	{ target => 'StartQueryExecution', action => 'delay', seconds => 5, times => 1 });
ok((grep { ($_->{headers}{'x-amz-target'} // '') =~ /StopQueryExecution/ } proxy_log($proxy)),
	'the execution that may have started is stopped');
timed_out("$athena $sum", 'GetQueryExecution', { target => 'GetQueryExecution', $stall->(0) });
timed_out("$athena $sum", 'polling', { target => 'GetQueryExecution', action => 'status', status => 200,
		body => { QueryExecution => { QueryExecutionId => 'e-1', Status => { State => 'RUNNING' } } } });
ok((grep { ($_->{headers}{'x-amz-target'} // '') =~ /StopQueryExecution/ } proxy_log($proxy)),
	'polling: StopQueryExecution was sent');
timed_out("$athena SELECT * FROM big", 'result object', { path => 'results/.*\.csv', $stall->(0) });
timed_out("IMPORT FOREIGN SCHEMA faults FROM SERVER far INTO pg_temp", 'import', { target => 'GetTables', $stall->(0) });

# --- nothing is left behind ----------------------------------------------------------------------------------
proxy_rules($proxy);
is(run_python(<<'PY'), '0', 'no execution is still running');
import boto3
a = boto3.client("athena")
ids = a.list_query_executions().get("QueryExecutionIds", [])
running = 0
for i in range(0, len(ids), 50):
    for e in a.batch_get_query_execution(QueryExecutionIds=ids[i:i + 50])["QueryExecutions"]:
        running += e["Status"]["State"] in ("QUEUED", "RUNNING")
print(running)
PY
is(last_line(psql_value("$direct $sum")), $truth, 'the same question again');

# --- signatures: moto that verifies them ---------------------------------------------------------------------
my $auth_port = free_port();
my $moto = fork // die;
if (!$moto)
{
	open STDOUT, '>', '/dev/null';
	open STDERR, '>', '/dev/null';
	delete @ENV{ grep { /^AWS_/ } keys %ENV };
	exec stack_python(), '-m', 'moto.server', '-H', '127.0.0.1', '-p', $auth_port or die;
}
my $keys = run_python(<<'PY', $auth_port);
import boto3, json, sys, time, urllib.request
url = "http://127.0.0.1:" + sys.argv[1]
for _ in range(100):
    try:
        urllib.request.urlopen(url + "/moto-api/")
        break
    except Exception:
        time.sleep(0.1)
iam = boto3.client("iam", endpoint_url=url)
s3 = boto3.client("s3", endpoint_url=url)
iam.create_user(UserName="u")
iam.put_user_policy(UserName="u", PolicyName="all", PolicyDocument=json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
key = iam.create_access_key(UserName="u")["AccessKey"]
s3.create_bucket(Bucket="signed")
for name in ("plain", "with blank", "plus+percent%", "deep//double", "ünïcode/日本"):
    s3.put_object(Bucket="signed", Key="d/" + name + ".csv", Body=b"1,x\n2,y\n")
urllib.request.urlopen(urllib.request.Request(url + "/moto-api/reset-auth", data=b"0",
                                              headers={"Content-Type": "text/plain"}))
print(key["AccessKeyId"], key["SecretAccessKey"])
PY
my ($key, $secret) = split ' ', $keys;
for my $case ([ 'right', $secret ], [ 'wrong', 'x' . substr($secret, 1) ])
{
	my ($name, $s) = @$case;
	psql_ok("CREATE SERVER s_$name FOREIGN DATA WRAPPER pds_fdw"
		  . " OPTIONS (region 'us-east-1', endpoint_url 'http://127.0.0.1:$auth_port');"
		  . "CREATE USER MAPPING FOR CURRENT_USER SERVER s_$name"
		  . " OPTIONS (access_key_id '$key', secret_access_key '$s');"
		  . "CREATE FOREIGN TABLE t_$name (a int, b text) SERVER s_$name OPTIONS (location 's3://signed/d/')",
		"server with the $name secret");
}
is(psql_value('SELECT count(*), sum(a) FROM t_right'), '10|15', 'signatures are right, for odd keys too');
$err = psql_fails('SELECT * FROM t_wrong', qr/28000: .*SignatureDoesNotMatch/, 'wrong secret');
like($err, qr/HINT:.*secret_access_key/, 'wrong secret has a hint');
kill 'TERM', $moto;
waitpid $moto, 0;

stop_proxy($proxy);
done_testing();
