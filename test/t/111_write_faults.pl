# Writing when something fails: at each step of a transaction nothing is left behind - no object, no
# multipart upload, no partition - and the old objects of an overwrite are still there.
use strict;
use warnings;
use Encode;
use IPC::Open2;
use JSON::PP;
use PdsTest;
use Test::More;
use Time::HiRes qw(time sleep);

need_stack();
fresh_database('pds_write_faults');

# One Python for all questions: its start takes longer than they do.
my $loop = "import contextlib, io, json, sys\nfor line in sys.stdin:\n    out = io.StringIO()\n"
  . "    with contextlib.redirect_stdout(out):\n        exec(json.loads(line), globals())\n    print(json.dumps(out.getvalue()), flush=True)\n";
my $python = open2(my $answers, my $questions, stack_python(), '-c', $loop);
my $json = JSON::PP->new->ascii->allow_nonref;

sub python
{
	print {$questions} $json->encode(Encode::decode('UTF-8', $_[0])), "\n";
	$questions->flush;
	my $line = <$answers> // die("python failed:\n$_[0]");
	return Encode::encode('UTF-8', $json->decode($line)) =~ s/\n\z//r;
}

python(<<'PY');
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
B = "pds-write-faults"
s3.create_bucket(Bucket=B)
def keys(prefix=""):
    return [o["Key"] for p in s3.get_paginator("list_objects_v2").paginate(Bucket=B, Prefix=prefix) for o in p.get("Contents", [])]
def uploads():
    return s3.list_multipart_uploads(Bucket=B).get("Uploads", [])
for k in keys():
    s3.delete_object(Bucket=B, Key=k)
try:
    glue.create_database(DatabaseInput={"Name": "writefaults"})
except glue.exceptions.AlreadyExistsException:
    pass
try:
    glue.delete_table(DatabaseName="writefaults", Name="parts")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_table(DatabaseName="writefaults", TableInput={
    "Name": "parts", "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"},
    "PartitionKeys": [{"Name": "k", "Type": "string"}], "StorageDescriptor": {
        "Columns": [{"Name": "id", "Type": "int"}], "Location": "s3://%s/parts/" % B, "NumberOfBuckets": -1,
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}}}})
def partitions():
    return len(glue.get_partitions(DatabaseName="writefaults", TableName="parts")["Partitions"])
PY

# waits until no session of this database is left but the one that asks
sub others_end
{
	psql_until("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", qr/^0$/) eq '0'
	  or fail('other sessions end');
}

# objects, uploads and partitions there are
sub left { return python("print(len(keys()), len(uploads()), partitions())"); }

my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
create_server('far', endpoint_url => $proxy->{url}, s3_endpoint_url => $proxy->{url}, max_attempts => 1);
psql_ok(<<'SQL', 'tables behind the proxy');
IMPORT FOREIGN SCHEMA writefaults FROM SERVER far INTO public;
CREATE FOREIGN TABLE a (id int, s text) SERVER far OPTIONS (location 's3://pds-write-faults/a/', format 'csv');
CREATE FOREIGN TABLE b (id int, s text) SERVER far OPTIONS (location 's3://pds-write-faults/b/', format 'csv');
CREATE FOREIGN TABLE over (id int) SERVER far OPTIONS (location 's3://pds-write-faults/over/', format 'csv', write_mode 'overwrite');
INSERT INTO over VALUES (1);
INSERT INTO over SELECT 2 WHERE false;
INSERT INTO over VALUES (3);
SQL
is(left(), '1 0 0', 'what there is before');

my $big = "SELECT g, repeat('x', 1000) FROM generate_series(1, 26000) g";
my %denied = (action => 'status', status => 403, body => '<Error><Code>AccessDenied</Code><Message>no</Message></Error>');
my %broken = (action => 'status', status => 500, body => '<Error><Code>InternalError</Code><Message>no</Message></Error>');

# one failure, and what must be left: as before
sub fails_clean
{
	my ($name, $sql, $pattern, @rules) = @_;

	proxy_rules($proxy, @rules);
	my $err = psql_fails($sql, $pattern, $name);
	is(scalar(grep { ($_->{action} // '') ne '' } proxy_log($proxy)) > 0, 1, "$name: it was met");
	proxy_rules($proxy);
	is(left(), '1 0 0', "$name: nothing is left behind") or diag($err);
	return;
}

# --- each step of an upload ----------------------------------------------------------------------------------
fails_clean('CreateMultipartUpload', "INSERT INTO a $big", qr/42501/, { method => 'POST', path => 'uploads=', %denied });
fails_clean('the first part', "INSERT INTO a $big", qr/08006/, { method => 'PUT', path => 'partNumber=1&', %broken });
fails_clean('the last part', "INSERT INTO a $big", qr/08006/, { method => 'PUT', path => 'partNumber=4&', %broken });
fails_clean('a part that is reset', "INSERT INTO a $big", qr/08006: the connection to \Q$proxy->{url}\E broke/, { method => 'PUT', path => 'partNumber=2&', action => 'refuse' });
fails_clean('CompleteMultipartUpload', "INSERT INTO a $big", qr/08006: CompleteMultipartUpload of/, { method => 'POST', path => 'uploadId=', %broken });
fails_clean('CompleteMultipartUpload answers 200 with an error', "INSERT INTO a $big", qr/08006: CompleteMultipartUpload of .* failed: InternalError/,
	{ method => 'POST', path => 'uploadId=', %broken, status => 200 });
fails_clean('PutObject of a small object', 'INSERT INTO a VALUES (1)', qr/42501/, { method => 'PUT', path => '/a/', %denied });
fails_clean('the second of two tables', "INSERT INTO a VALUES (1); BEGIN; INSERT INTO a VALUES (2); INSERT INTO b $big; COMMIT", qr/42501/,
	{ method => 'PUT', path => '/a/', %denied });
fails_clean('completes first, then not: the object is deleted', "BEGIN; INSERT INTO a VALUES (2); INSERT INTO b $big; COMMIT", qr/08006/,
	{ method => 'POST', path => '/b/.*uploadId=', %broken });

# --- Glue ------------------------------------------------------------------------------------------------------
my %glue = (action => 'status', status => 400, body => { __type => 'AccessDeniedException', Message => 'no' });
fails_clean('BatchCreatePartition', "INSERT INTO parts VALUES (1, 'a'), (2, 'b')", qr/42501/, { target => 'BatchCreatePartition', %glue });
fails_clean('GetPartitions', "INSERT INTO parts VALUES (1, 'a')", qr/42501/, { target => 'GetPartitions', %glue });
fails_clean('registered, then not completed', "INSERT INTO parts VALUES (1, 'a'), (2, 'b')", qr/08006/,
	{ method => 'PUT', path => '/parts/k(=|%3D)a/', %broken });

# --- overwrite -------------------------------------------------------------------------------------------------
fails_clean('overwrite: the old objects cannot be listed', 'INSERT INTO over VALUES (4)', qr/42501/, { method => 'GET', path => 'list-type=2.*over', %denied });
fails_clean('overwrite: the new object', 'INSERT INTO over VALUES (4)', qr/08006/, { method => 'PUT', path => '/over/', %broken });
fails_clean('overwrite: the old ones cannot be deleted', 'INSERT INTO over VALUES (4)', qr/42501/, { method => 'POST', path => 'delete', %denied });
fails_clean('TRUNCATE: nothing is deleted', 'TRUNCATE over', qr/42501/, { method => 'POST', path => 'delete', %denied });
is(psql_value('SELECT id FROM over'), '3', 'the old rows are there');

# --- an error of the statement, a savepoint, a function that catches -----------------------------------------
fails_clean('a failed upload is final, whoever catches the error', "BEGIN; DO \$\$ BEGIN INSERT INTO a $big;
	EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'caught'; END \$\$; SAVEPOINT s; INSERT INTO b VALUES (1); COMMIT", qr/08006: UploadPart of .* failed: InternalError/,
	{ method => 'PUT', path => '/b/|partNumber=1&', %broken });
proxy_rules($proxy, { method => 'PUT', path => 'partNumber=1&', %broken });
# more parts than can be under way at a time: the INSERT has to look at them
(my $more = $big) =~ s/26000/80000/;
psql_fails("BEGIN; INSERT INTO a $more; SELECT 1", qr/08006/, 'a part fails while rows come');
proxy_rules($proxy);
is(left(), '1 0 0', 'it is aborted');

# --- cancel, terminate, time-outs ------------------------------------------------------------------------------
proxy_rules($proxy, { method => 'PUT', path => 'partNumber=1&', action => 'stall', seconds => 30 });
my $began = time;
psql_fails("SET statement_timeout = '2s'; SELECT pds.write_csv('far', \$\$$big\$\$, 's3://pds-write-faults/w/')", qr/57014/,
	'statement_timeout while a part is sent');
cmp_ok(time - $began, '<', 8, 'it ends soon');
is(left(), '1 0 0', 'nothing is left of it');
my $commit = background("INSERT INTO a $big");
sleep 0.1 until psql_value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO a %' AND wait_event IN ('Extension', 'PdsS3Data')
	AND clock_timestamp() - query_start > interval '1.5s'") == 1 or time - $began > 30;
$began = time;
psql_value("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO a %'");
like((finish($commit))[2], qr/ERROR:  57014: canceling statement due to user request/, 'a commit that waits for a part is cancelled');
cmp_ok(time - $began, '<', 5, 'at once');
proxy_rules($proxy);
is(left(), '1 0 0', 'nothing is left of it');
my $run = background("INSERT INTO a SELECT g, repeat('x', 1000) FROM generate_series(1, 30000) g; BEGIN; INSERT INTO a SELECT g, repeat('x', 1000) FROM generate_series(1, 30000) g; SELECT 'here'; SELECT pg_sleep(60)");
psql_until("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active' AND wait_event = 'PgSleep'", qr/^1$/, 200);
is(python('print(len(uploads()))'), 1, 'an upload is under way');
psql_value("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
finish($run);
others_end();
is(python('print(len(uploads()), len(keys("a/")))'), '0 1', 'a terminated backend aborts its upload');
python('[s3.delete_object(Bucket=B, Key=k) for k in keys("a/")]');
proxy_rules($proxy, { method => 'DELETE', path => 'uploadId=', action => 'stall', seconds => 30 });
$began = time;
my ($rc, $out, $err) = psql("BEGIN; INSERT INTO a $big; ROLLBACK; SELECT 'back'");
like("$out$err", qr/back.*WARNING.*could not be aborted.*lifecycle/s, 'an abort without a reply is a warning that names the upload');
cmp_ok(time - $began, '<', 12, 'and takes two seconds at most');
# psql ends before its session does, which would abort the upload if it were let
others_end();
proxy_rules($proxy);
is(python('u = uploads(); [s3.abort_multipart_upload(Bucket=B, Key=x["Key"], UploadId=x["UploadId"]) for x in u]; print(len(u))'), 1,
	'the orphan is there, as the warning said');

# --- retries -----------------------------------------------------------------------------------------------
psql_ok("ALTER SERVER far OPTIONS (SET max_attempts '4')", 'with retries');
proxy_rules($proxy, { method => 'PUT', path => 'partNumber=1&', %broken, status => 503, times => 2 },
	{ method => 'POST', path => 'uploadId=', action => 'reset', after => 0, times => 1 });
psql_ok("INSERT INTO a $big", 'parts that fail twice, a reply of Complete that is lost');
proxy_rules($proxy);
is(psql_value('SELECT count(*), count(DISTINCT id) FROM a'), '26000|26000', 'all rows, once');
is(python('print(len(keys("a/")), len(uploads()))'), '1 0', 'one object');
close $questions;
waitpid $python, 0;
stop_proxy($proxy);
done_testing();
