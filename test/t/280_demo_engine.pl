# The demo's stand-in for Athena refuses what it would answer differently from Trino.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename;
use File::Temp 'tempdir';
use PdsTest;
use Test::More;

need_stack();

# a stack of the demo's kind, without a server
my $stack = abs_path(dirname(__FILE__) . '/../stack');
my $dir = tempdir(CLEANUP => 1);
system("$stack/up", '--engine', 'duckdb', '--no-pg', '--dir', $dir) == 0 or die 'no stack for the demo';
END
{
	my $status = $?;
	system("$stack/down", '--dir', $dir) if $dir;
	$? = $status;
}
my ($url) = slurp("$dir/env") =~ /^export AWS_ENDPOINT_URL='(.*)'/m;

# state, and rows or the reason, of each statement
sub answers
{
	my (@statements) = @_;

	return split /\n/, run_python(<<'PY', $url, @statements);
import boto3, sys, time
def client(name):
    return boto3.client(name, endpoint_url=sys.argv[1])
s3, glue, athena = client("s3"), client("glue"), client("athena")
B = "demo-engine"
s3.create_bucket(Bucket=B)
glue.create_database(DatabaseInput={"Name": "demo"})
def make(name, columns, location=None, keys=(), **parameters):
    glue.create_table(DatabaseName="demo", TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": parameters, "PartitionKeys": list(keys),
        "StorageDescriptor": {
            "Columns": columns, "Location": location or "s3://%s/%s/" % (B, name), "NumberOfBuckets": -1,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}}}})
q = [{"Name": "q", "Type": "int"}]
make("ties", q)
s3.put_object(Bucket=B, Key="ties/a.csv", Body=b"1\n1\n1\n2\n")
s3.put_object(Bucket=B, Key="ties/folder/", Body=b"77\n")
make("days", q, keys=[{"Name": "d", "Type": "string"}], **{"projection.enabled": "true", "projection.d.type": "enum", "projection.d.values": "a,b"})
make("at", [{"Name": "t", "Type": "timestamp"}])
s3.put_object(Bucket=B, Key="at/a.csv", Body=b"2024-01-31 10:00:00\n")
for sql in sys.argv[2:]:
    e = athena.start_query_execution(QueryString=sql, QueryExecutionContext={"Database": "demo"},
                                     ResultConfiguration={"OutputLocation": "s3://%s/results/" % B})["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=e)["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.02)
    if status["State"] == "SUCCEEDED":
        rows = athena.get_query_results(QueryExecutionId=e)["ResultSet"]["Rows"][1:]
        print("rows:", " ".join(r["Data"][0].get("VarCharValue", "NULL") for r in rows))
    else:
        print(status["StateChangeReason"].replace("\n", " "))
PY
}

my @cases = (
	[ 'SELECT q FROM ties ORDER BY q FETCH FIRST 2 ROWS WITH TIES', qr/^NOT_SUPPORTED: .*WITH TIES$/ ],
	[ 'SELECT q FROM (SELECT q FROM ties ORDER BY q FETCH FIRST ROW WITH TIES) x', qr/^NOT_SUPPORTED: .*WITH TIES$/ ],
	[ 'SELECT q FROM ties ORDER BY q FETCH FIRST 2 ROWS ONLY', qr/^rows: 1 1$/ ],
	[ 'SELECT count(*) FROM days', qr/^NOT_SUPPORTED: .*partition projection \(demo\.days\)$/ ],
	(map { [ "SELECT t FROM at WHERE $_", qr/^NOT_SUPPORTED: .*current time$/ ] }
		't < now()', 't < current_timestamp', 'date(t) < current_date', 't < localtimestamp', "t < now() - INTERVAL '1' DAY"),
	[ 'SELECT t < now() FROM at', qr/^NOT_SUPPORTED: .*current time$/ ],
	[ "SELECT count(*) FROM at WHERE t < TIMESTAMP '2024-02-01 00:00:00'", qr/^rows: 1$/ ],
	[ 'SELECT q FROM ties ORDER BY q', qr/^rows: 1 1 1 2$/ ],
	[ 'SELECT q / 2 FROM ties ORDER BY q', qr/^rows: 0 0 0 1$/ ],
	[ 'SELECT count(*) FROM ties WHERE (q + 4) / 2 = 2', qr/^rows: 3$/ ],
	[ 'SELECT -7 / q, q FROM ties WHERE q = 2', qr/^rows: -3$/ ],
	[ 'SELECT 7e0 / q FROM ties WHERE q = 2', qr/^rows: 3\.5$/ ],
	[ 'SELECT 1 / (q - 1) FROM ties', qr/^DIVISION_BY_ZERO: Division by zero$/ ],
	[ 'SELECT q % (q - 1) FROM ties', qr/^DIVISION_BY_ZERO: Division by zero$/ ],
	[ 'SELECT q / (q - 1e0) FROM ties', qr/^NOT_SUPPORTED: .*floating point by zero$/ ]);
my @got = answers(map { $_->[0] } @cases);
like($got[$_], $cases[$_][1], $cases[$_][0]) for 0 .. $#cases;

done_testing();
