# Values at the edges of what both sides compare alike: NaN, NULL, wide decimals, collations, arrays.
# Each was once answered wrongly; the answer here is that of the direct scan and of PostgreSQL's rules.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_values');

run_python(<<'PY');
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-values")
body = "1,NaN,12345678901234567890123456789012345678,a|b,7\n2,1.5,1,x\\|y|,8\n3,\\N,2,\\N,9\n"
s3.put_object(Bucket="pds-values", Key="t/a.csv", Body=body.encode())
s3.put_object(Bucket="pds-values", Key="q/a.csv", Body=b"\tx,y\t,z\n")
for region in ("eu", "EU", "us"):
    s3.put_object(Bucket="pds-values", Key="p/region=%s/a.csv" % region, Body=b"1\n2\n")
try:
    glue.create_database(DatabaseInput={"Name": "pdsvalues"})
except glue.exceptions.AlreadyExistsException:
    pass


def table(name, columns, keys=()):
    try:
        glue.delete_table(DatabaseName="pdsvalues", Name=name)
    except glue.exceptions.EntityNotFoundException:
        pass
    sd = {"Columns": [{"Name": n, "Type": t} for n, t in columns], "Location": "s3://pds-values/%s/" % name,
          "NumberOfBuckets": -1, "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
          "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
          "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                        "Parameters": {"field.delim": ",", "collection.delim": "|"}}}
    glue.create_table(DatabaseName="pdsvalues", TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"},
        "PartitionKeys": [{"Name": n, "Type": t} for n, t in keys], "StorageDescriptor": sd})
    return sd


table("t", [("id", "int"), ("d", "double"), ("big", "decimal(38,0)"), ("words", "array<string>"), ("n", "bigint")])
s3.put_object(Bucket="pds-values", Key="e/a.csv", Body="1,é & ü,é|x\n".encode())
s3.put_object(Bucket="pds-values", Key="e2/a.csv", Body="2,日本,y\n".encode())
for name in ("e", "e2"):
    table(name, [("id", "int"), ("s", "string"), ("words", "array<string>")])
sd = table("p", [("id", "int")], [("region", "string")])
for region in ("eu", "EU", "us"):
    glue.create_partition(DatabaseName="pdsvalues", TableName="p", PartitionInput={
        "Values": [region], "StorageDescriptor": dict(sd, Location="s3://pds-values/p/region=%s/" % region)})
sd = table("m", [("v", "int"), ("d", "date")], [("k", "string")])
s3.put_object(Bucket="pds-values", Key="m/k=a/a.csv", Body=b"1,2024-01-02\nx,2024-02-30\n")
s3.put_object(Bucket="pds-values", Key="m/k=b/a.csv", Body=b'"2","19782"\n')
s3.put_object(Bucket="pds-values", Key="m/k=c/a.csv", Body=b'"x","1"\n')
for k in "abc":
    own = dict(sd, Location="s3://pds-values/m/k=%s/" % k)
    if k != "a":
        own["SerdeInfo"] = {"SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde", "Parameters": {}}
    glue.create_partition(DatabaseName="pdsvalues", TableName="m", PartitionInput={"Values": [k], "StorageDescriptor": own})
PY

create_server('aws', output_location => 's3://pds-values/results/');
psql_ok('IMPORT FOREIGN SCHEMA pdsvalues FROM SERVER aws INTO public', 'import');

# the last line of the output, by each engine
sub both
{
	my ($sql, $want, $name) = @_;

	for my $engine ('direct', 'athena')
	{
		my @lines = split /\n/, psql_value("SET pds.engine = $engine; $sql") // '';
		is($lines[-1] // '', $want, "$engine: $name");
	}
	return;
}

both("SELECT count(*) FROM t WHERE d > 1", 2, 'NaN is above every number');
both("SELECT count(*) FROM t WHERE d >= 1e300", 1, 'NaN is at or above every number');
both("SELECT count(*) FROM t WHERE NOT d > 1e300", 1, 'negated');
both("SELECT count(*) FROM t WHERE d > ANY ('{NULL}'::float8[])", 0, 'NaN against NULL in an array');
both("SELECT count(*) FROM t WHERE d >= ALL ('{NULL,1e300}'::float8[])", 0, 'NaN against NULL and a number');

my $generic = 'SET plan_cache_mode = force_generic_plan;';
both("$generic PREPARE a(float8) AS SELECT count(*) FROM t WHERE (d > \$1) IS NOT TRUE; EXECUTE a(NULL)",
	3, 'a NULL parameter against NaN');
both("$generic PREPARE a(float8) AS SELECT count(*) FROM t WHERE d >= \$1; EXECUTE a('NaN')",
	1, 'a NaN parameter');
both("$generic PREPARE a(float8) AS SELECT count(*) FROM t WHERE d < \$1; EXECUTE a('infinity')",
	1, 'an infinite parameter');
both("$generic PREPARE n(numeric) AS SELECT count(*) FROM t WHERE big > \$1; EXECUTE n('99999999999999999999')",
	1, 'a numeric parameter of 20 digits');
both("$generic PREPARE n(numeric) AS SELECT count(*) FROM t WHERE n > \$1; EXECUTE n('7.00000000000000000000001')",
	2, 'a numeric parameter of 23 decimals');

SKIP:
{
	skip 'the server has no ICU', 4 unless has_icu();
	psql_ok("CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)", 'a collation without case');
	both("SELECT count(*) FROM p WHERE region = 'Eu' COLLATE ci", 4, 'partitions under such a collation');
	unlike(psql_value("SET pds.engine = direct; EXPLAIN (COSTS OFF) SELECT * FROM p WHERE region = 'Eu' COLLATE ci"),
		qr/Glue Expression/, 'for which Glue is asked for all');
}
both("SELECT count(*) FROM p WHERE region IN ('EU', 'x')", 2, 'partitions by bytes');
like(psql_value("SET pds.engine = direct; EXPLAIN (COSTS OFF) SELECT * FROM p WHERE region IN ('EU', 'x')"),
	qr/Glue Expression: region IN \('EU', 'x'\)/, 'by bytes Glue is asked for few');

# arrays of scalars are arrays (more of them: 100_types.pl)
both("SELECT array_to_string(words, '/', 'NULL') FROM t WHERE id = 1", 'a/b', 'an array');

# a limit set after the plan was cached
psql_fails("SET pds.engine = athena; PREPARE q AS SELECT count(*) FROM t; EXECUTE q; SET pds.max_scan_bytes = '1'; EXECUTE q",
	qr/54000.*max_scan_bytes/s, 'max_scan_bytes and a cached plan');

# a partition has its own SerDe, and its rules
is(psql_value("SET pds.engine = direct; SELECT k, v, d FROM m WHERE k < 'c' ORDER BY k, v"),
	"a|1|2024-01-02\na||2024-03-01\nb|2|2024-02-29", 'partitions of two SerDes');
psql_fails("SET pds.engine = direct; SELECT v FROM m WHERE k = 'c'", qr/22P02.*invalid value "x" for column "v".*m\/k=c\/a\.csv/s,
	'a bad value is an error in OpenCSV');

psql_ok("CREATE FOREIGN TABLE q (a text, b text) SERVER aws OPTIONS (location 's3://pds-values/q/', format 'csv', quote '\\t')",
	'TAB as quote');
is(psql_value("SELECT a || '|' || b FROM q"), 'x,y|z', 'its two letters mean a TAB');

# a database of another encoding: text is converted both ways
psql_ok("DROP DATABASE IF EXISTS pds_latin1", 'no such database yet');
psql_ok("CREATE DATABASE pds_latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0", 'a LATIN1 database');
$ENV{PGDATABASE} = 'pds_latin1';
$ENV{PGCLIENTENCODING} = 'UTF8';
psql_ok('CREATE EXTENSION pds_fdw', 'with the extension');
create_server('aws', output_location => 's3://pds-values/results/');
psql_ok('IMPORT FOREIGN SCHEMA pdsvalues LIMIT TO (e, e2) FROM SERVER aws INTO public', 'import');
both("SELECT s FROM e WHERE s = 'é & ü'", 'é & ü', 'LATIN1: a constant and a value');
both("SELECT octet_length(s) FROM e WHERE id = 1", '5', 'LATIN1: in its own bytes');
for my $engine ('direct', 'athena')
{
	psql_fails("SET pds.engine = $engine; SELECT s FROM e2 WHERE id = 2", qr/22P05/, "$engine: LATIN1 has no such character");
	is(psql_value("SET pds.engine = $engine; SELECT count(*) FROM e2 WHERE id = 2"), '1', "$engine: who does not look does not fail");
}
unlike(psql_value(q{SET pds.engine = athena; EXPLAIN (COSTS OFF) SELECT s FROM e WHERE s < 'é' COLLATE "C"}), qr/WHERE/,
	'order by bytes stays here where the bytes are others');
is(psql_value("SELECT octet_length(words[1]) FROM e WHERE id = 1"), '1', 'LATIN1: elements of arrays, too');

done_testing();
