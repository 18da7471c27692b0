# Athena of a program that we did not write and did not change: ministack puts a result where nobody looks for it, so that only the API has it.
use strict;
use warnings;
use File::Basename;
use IO::Socket::INET;
use PdsTest;
use Test::More;
use Time::HiRes qw(sleep);

need_stack();
my $python = `@{[ dirname(__FILE__) ]}/../stack/venv ministack 2>/dev/null`;
chomp $python;
plan skip_all => 'ministack cannot be installed' if $? || !-x $python;
fresh_database('pds_ministack');

my $port = free_port();
my $log = "$ENV{PDS_STACK_DIR}/log/ministack.log";
my $pid = fork // die;
if ($pid == 0)
{
	open STDOUT, '>', $log or die;
	open STDERR, '>&', \*STDOUT or die;
	chdir $ENV{PDS_STACK_DIR} or die;
	delete $ENV{$_} for grep { /^AWS_/ } keys %ENV;
	@ENV{qw(BIND_HOST IOT_MTLS_ENABLED SFTP_ENABLED GATEWAY_PORT)} = ('127.0.0.1', 0, 0, $port);
	exec dirname($python) . '/ministack' or die;
}
for (1 .. 300) { last if IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port); sleep 0.1 }

run_python(<<'PY', $port);
import boto3, sys
kw = dict(endpoint_url="http://127.0.0.1:" + sys.argv[1], region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
s3, glue = boto3.client("s3", **kw), boto3.client("glue", **kw)
s3.create_bucket(Bucket="mini")
s3.put_object(Bucket="mini", Key="t/a.csv", Body="".join("%d,%s,%d.50\n" % (i, "w%d" % (i % 7), i) for i in range(2500)).encode())
glue.create_database(DatabaseInput={"Name": "mini"})
glue.create_table(DatabaseName="mini", TableInput={"Name": "t", "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"}, "PartitionKeys": [],
    "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "int"}, {"Name": "w", "Type": "string"}, {"Name": "p", "Type": "double"}], "Location": "s3://mini/t/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat", "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}}}})
PY
create_server('m', endpoint_url => "http://127.0.0.1:$port", s3_endpoint_url => undef, output_location => 's3://mini/results/', engine => 'athena');
psql_ok('IMPORT FOREIGN SCHEMA mini FROM SERVER m INTO public', 'import');
my $all = 'SELECT count(*), sum(id), count(w), sum(p), min(w), max(w) FROM (SELECT * FROM t OFFSET 0) x';
my $rows = psql_value("SET pds.engine = direct; $all");
is($rows, '2500|3123750|2500|3125000|w0|w6', 'its S3 and Glue, directly');
is(psql_value($all), $rows, '2,500 rows by its Athena');
like(psql_value('EXPLAIN (ANALYZE) SELECT * FROM t'), qr/Result: API\n *Requests: [6-9]\n/, 'in three pages, beside start, poll, a look for the object and its deletion');
is(psql_value('SELECT w, count(*), sum(id) FROM t WHERE id < 21 GROUP BY w HAVING count(*) > 2 ORDER BY w LIMIT 2'), "w0|3|21\nw1|3|24", 'a group there');
is(psql_value(<<'SQL'), "NULL|''|'a,\"b\"'|t|1.5|2024-01-31|2024-01-31 10:00:00|1.50", 'NULL beside an empty string, and types');
SELECT quote_nullable(a), quote_nullable(b), quote_nullable(c), d, e, f, g, h FROM pds.athena_query('m',
	'SELECT NULL, '''', ''a,"b"'', true, 1.5e0, DATE ''2024-01-31'', TIMESTAMP ''2024-01-31 10:00:00'', CAST(1.50 AS decimal(5,2))')
AS r (a text, b text, c text, d bool, e float8, f date, g timestamp, h numeric);
SQL
psql_fails("SELECT * FROM pds.athena_query('m', 'SELECT nothing FROM mini.t') AS r (a int)", qr/HV00L.*nothing/s, 'a query that fails');
done_testing();

END
{
	my $status = $?;
	if ($pid) { kill 'TERM', $pid; waitpid $pid, 0 }
	$? = $status;
}
