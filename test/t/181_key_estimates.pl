# Estimated rows for every form of condition on partition keys: within twice the truth, before and after ANALYZE.
use strict;
use warnings;
use JSON::PP;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_key_estimates');

# Twelve partitions of two keys, 300 to 1,000 rows each; many rows (relpages tell sizes) and few (they do not).
run_python(<<'PY');
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-key-estimates")
try:
    glue.delete_database(Name="estimates")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "estimates"})
def sd(location):
    return {"Columns": [{"Name": "a", "Type": "int"}, {"Name": "b", "Type": "int"}], "Location": location,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                          "Parameters": {"field.delim": ","}}}
def make(name, location, params={}):
    glue.create_table(DatabaseName="estimates", TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": params,
        "PartitionKeys": [{"Name": "y", "Type": "int"}, {"Name": "k", "Type": "string"}], "StorageDescriptor": sd(location)})
for size, scale in (("many", 10), ("few", 0.4)):
    make(size, "s3://pds-key-estimates/%s/" % size)
    for y in (2022, 2023, 2024):
        for i, k in enumerate("abcd"):
            folder = "%s/y=%d/k=%s/" % (size, y, k)
            n = int((300 + 100 * (y - 2022) + 150 * i) * scale)
            s3.put_object(Bucket="pds-key-estimates", Key=folder + "1.csv",
                          Body="".join("%d,%d\n" % (100000 + j, 10000 + j) for j in range(n)).encode())
            glue.create_partition(DatabaseName="estimates", TableName=size, PartitionInput={
                "Values": [str(y), k], "StorageDescriptor": sd("s3://pds-key-estimates/" + folder)})
    make(size + "_projected", "s3://pds-key-estimates/%s/" % size, {"projection.enabled": "true", "projection.y.type": "integer",
         "projection.y.range": "2000,2030", "projection.k.type": "enum", "projection.k.values": "a,b,c,d,e,f"})
PY
create_server('lake', engine => 'direct', cache_ttl => '60');
psql_ok('CREATE SCHEMA e; IMPORT FOREIGN SCHEMA estimates FROM SERVER lake INTO e', 'import');
psql_ok("CREATE FOREIGN TABLE e.${_}_hand (a int, b int, y int OPTIONS (partition_key 'true'), k text OPTIONS (partition_key 'true')) SERVER lake
  OPTIONS (location 's3://pds-key-estimates/$_/', format 'lazysimple', delimiter ',')", "$_: by hand") for qw(many few);

# conditions; those with $1 and $2 are planned for any value
my @conditions = (
	'true', "k = 'a'", "'a' = k", "k IN ('a', 'd')", "k <> 'a'", "k > 'b'", "k BETWEEN 'b' AND 'c'", "k LIKE 'a%'", "k ~ '^[ab]'", 'k IS NOT NULL',
	"NOT (k = 'd')", "k = 'a' OR k = 'b'", "k = ANY (ARRAY['a', 'b', 'c'])", "k <> ALL (ARRAY['a', 'b'])", "upper(k) = 'D'", "k || 'x' = 'cx'",
	"k COLLATE \"C\" = 'c'", "k::varchar = 'b'", 'y = 2022', 'y <> 2022', 'y < 2023', 'y >= 2023', 'y BETWEEN 2022 AND 2023', 'y IN (2022, 2024)',
	'y % 2 = 0', 'y::bigint = 2024', 'y::numeric = 2024', 'y + 1 = 2024', "y::text = '2023'", "y = 2024 AND k = 'd'", "y >= 2023 AND k IN ('c', 'd')",
	"(y = 2022 AND k = 'a') OR (y = 2024 AND k = 'd')", "(y, k) = (2023, 'b')", "(y, k) IN ((2023, 'b'), (2024, 'c'))", 'y = 2022 AND b IS NOT NULL',
	"CASE WHEN y = 2022 THEN k = 'a' ELSE k = 'd' END", "k IS NOT DISTINCT FROM 'b'", "coalesce(k, 'x') = 'c'",
	[ 'k = $1', 'text', "'c'" ], [ 'y = $1', 'int', '2023' ], [ 'y = $1 AND k = $2', 'int, text', "2023, 'b'" ], [ "k = \$1 AND y = 2024", 'text', "'c'" ],
);

sub estimates
{
	my ($table) = @_;
	my $sql = '';

	for my $n (0 .. $#conditions)
	{
		my ($where, $types, $values) = ref $conditions[$n] ? @{ $conditions[$n] } : $conditions[$n];

		$sql .= $types ? "PREPARE q$n ($types) AS SELECT a FROM e.$table WHERE $where;\nEXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE q$n ($values);\n"
		  : "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) SELECT a FROM e.$table WHERE $where;\n";
		$sql .= "\\echo ----\n";
	}
	return map { decode_json($_)->[0]{Plan} } split /^----\n?/m,
	  psql_value("SET plan_cache_mode = force_generic_plan; SET max_parallel_workers_per_gather = 0; SET pds.scan_aggregates = off;\n$sql");
}

sub check
{
	my ($table, $when) = @_;
	my @off;
	my @plans = estimates($table);

	is(@plans, @conditions, "$table $when: plans");
	for my $n (0 .. $#plans)
	{
		my ($got, $true) = @{ $plans[$n] }{ 'Plan Rows', 'Actual Rows' };
		my $where = ref $conditions[$n] ? $conditions[$n][0] : $conditions[$n];

		push @off, "$where: $got for $true" if $got > 2 * $true || $got < $true / 2;
	}
	is(join("\n", @off), '', "$table $when: " . @conditions . ' conditions within twice the truth');
	return;
}

my @tables = map { ($_, "${_}_projected", "${_}_hand") } qw(many few);
check($_, 'before ANALYZE') for @tables;
psql_ok('ANALYZE ' . join(', ', map { "e.$_" } @tables), 'ANALYZE');
check($_, 'after ANALYZE') for @tables;
done_testing();
