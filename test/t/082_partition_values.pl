# Partition values that their types cannot hold: errors of both engines, and only for who reads that partition.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_partition_values');

# type, a value that it holds, the same as SQL, values that it does not hold
my @kinds = (
	['boolean', 'true', 'true', 'yes'],
	['tinyint', '7', '7', '300', '1.5'],
	['smallint', '7', '7', '40000'],
	['int', '7', '7', 'five', '7.0'],
	['bigint', '7', '7', '9223372036854775808'],
	['float', '1.5', "'1.5'::real", 'x'],
	['double', '1.5', "'1.5'::float8", '1,5'],
	['decimal(10,2)', '1.50', '1.5', '1.555', '123456789'],
	['date', '2024-02-29', "date '2024-02-29'", '2024-02-30', '2024-01-01 05:00'],
	['timestamp', '2024-02-29 01:02:03', "timestamp '2024-02-29 01:02:03'", '2024-02-30 01:02:03'],
	['varchar(3)', 'abc', "'abc'", 'abcd'],
	['char(3)', 'abc', "'abc'", 'abcd'],
);
my $spec = join ', ', map { '(' . join(', ', map { "'$_'" } @$_[ 0, 1, 3 .. $#$_ ]) . ')' } @kinds;

run_python(<<"PY");
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-keys")
try:
    glue.delete_database(Name="keys")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "keys"})

def sd(location):
    return {"Columns": [{"Name": "a", "Type": "int"}], "Location": location,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                          "Parameters": {"field.delim": ","}}}

def make(name, type, **params):
    glue.create_table(DatabaseName="keys", TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": params,
        "PartitionKeys": [{"Name": "n", "Type": "int"}, {"Name": "k", "Type": type}],
        "StorageDescriptor": sd("s3://pds-keys/%s/" % name)})

for i, (type, good, *bad) in enumerate([$spec]):
    make("t%d" % i, type)
    for n, value in enumerate([good] + bad):
        glue.create_partition(DatabaseName="keys", TableName="t%d" % i, PartitionInput={
            "Values": [str(n), value], "StorageDescriptor": sd("s3://pds-keys/t%d/%d/" % (i, n))})
        s3.put_object(Bucket="pds-keys", Key="t%d/%d/a.csv" % (i, n), Body=b"%d\\n" % n)
    if any("," in v for v in [good] + bad):
        continue
    params = {"projection.enabled": "true", "projection.n.type": "integer", "projection.n.range": "0,%d" % len(bad),
              "projection.k.type": "enum", "projection.k.values": ",".join([good] + bad),
              "storage.location.template": "s3://pds-keys/p%d/\${n}/\${k}/" % i}
    make("p%d" % i, type, **params)
    for n, value in enumerate([good] + bad):
        s3.put_object(Bucket="pds-keys", Key="p%d/%d/%s/a.csv" % (i, n, value), Body=b"%d\\n" % n)
glue.create_table(DatabaseName="keys", TableInput={
    "Name": "small", "TableType": "EXTERNAL_TABLE", "PartitionKeys": [{"Name": "k", "Type": "tinyint"}],
    "Parameters": {"projection.enabled": "true", "projection.k.type": "integer", "projection.k.range": "1,300"},
    "StorageDescriptor": sd("s3://pds-keys/small/")})
for n in range(120, 132):
    s3.put_object(Bucket="pds-keys", Key="small/k=%d/a.csv" % n, Body=b"%d\\n" % n)
s3.put_object(Bucket="pds-keys", Key="hand/k=2024-02-29/a.csv", Body=b"1\\n")
s3.put_object(Bucket="pds-keys", Key="hand/k=2024-02-30/a.csv", Body=b"2\\n")
PY
create_server('lake', output_location => 's3://pds-keys/results/', cache_ttl => '0');
psql_ok('CREATE SCHEMA k; IMPORT FOREIGN SCHEMA keys FROM SERVER lake INTO k', 'import');

for my $i (0 .. $#kinds)
{
	my ($type, $good, $sql, @bad) = @{ $kinds[$i] };
	my $set = 'SET pds.engine = direct;';
	my $first = quotemeta $bad[0];

	is(psql_value("$set SELECT a, k = $sql FROM k.t$i WHERE n = 0"), '0|t', "$type: another partition is read");
	is(psql_value("$set SELECT a FROM k.t$i WHERE k IN ($sql)"), '0', "$type: ... by its own value, too");
	for my $n (1 .. @bad)
	{
		my $told = quotemeta $bad[$n - 1];

		psql_fails("$set SELECT $_ FROM k.t$i WHERE n = $n", qr/22P02.*"$told" of partition key "k".*type \Q$type\E does not hold.*n=$n\/k=$told.*HINT.*in Glue/s, "$type: $_ of $bad[$n - 1]")
		  for 'a', 'count(*)';
	}
	psql_fails("$set SELECT a FROM k.t$i WHERE k IS NULL OR k <> $sql", qr/22P02.*"$first"/, "$type: who asks for others meets it");

	# the engine has seen all partitions' values before it drops some
	psql_fails("SET pds.engine = athena; SELECT a FROM k.t$i WHERE n = 1",
		$type =~ /decimal/ ? qr/HV00L.*Rounding necessary/ : qr/22P02.*HIVE_INVALID_PARTITION_VALUE.*$first/, "$type: Athena refuses $bad[0], too")
	  if trino_answers();
	next if $type eq 'double';
	is(psql_value("$set SELECT a FROM k.p$i WHERE k = $sql AND n = 0"), '0', "$type, projected: the value that it holds");
	psql_fails("$set SELECT a FROM k.p$i WHERE n = 1", qr/22P02.*"$first".*HINT.*projection/s, "$type, projected: one that it does not");
	psql_fails("SET pds.engine = athena; SELECT a FROM k.p$i WHERE n = 1", qr/22P02.*$first/, "$type, projected: Athena")
	  if $type =~ /varchar/ && trino_answers();
}

# ranges of numbers and dates are searched; what has no place in the order is neither lost nor in the way
is(psql_value('SET pds.engine = direct; SELECT a FROM k.small WHERE k BETWEEN 126 AND 127'), "126\n127", 'a range that ends within the type');
psql_fails('SET pds.engine = direct; SELECT a FROM k.small WHERE k > 126', qr/22P02.*"128"/, 'one that does not');

# a table made by hand: folders
psql_ok(q{CREATE FOREIGN TABLE by_hand (a int, k date OPTIONS (partition_key 'true')) SERVER lake
  OPTIONS (location 's3://pds-keys/hand/', format 'csv')}, 'by hand');
psql_fails('SELECT * FROM by_hand', qr/22P02.*"2024-02-30".*k=2024-02-30.*HINT.*folder.*text/s, 'a folder that is no date');
is(psql_value(q{SELECT a FROM by_hand WHERE k = '2024-02-29'}), '1', 'the others are read');
psql_fails('ANALYZE by_hand', qr/22P02.*"2024-02-30"/, 'ANALYZE reads all');
psql_ok(q{SET pds.engine = direct; EXPLAIN SELECT * FROM by_hand}, 'a plan reads none');
done_testing();
