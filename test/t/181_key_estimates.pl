# Estimated rows for every form of condition on partition keys: within twice the truth, before and after ANALYZE.
use strict;
use warnings;
use JSON::PP;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_key_estimates');

# Twelve partitions of two keys, 300 to 1,000 rows each; many rows (relpages tell sizes) and few (they do not); records of four bytes, and the same compressed.
run_python(<<'PY');
import boto3, bz2, gzip
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
wide = lambda j: "%d,%d\n" % (100000 + j, 10000 + j)
short = lambda j: "%d,%d\n" % (j % 10, j % 7)
squeezed = {"short_gzip": (".gz", gzip.compress), "many_gzip": (".gz", gzip.compress), "short_bzip2": (".bz2", bz2.compress)}
for size, scale, record in (("many", 10, wide), ("few", 0.4, wide), ("short", 10, short), ("short_few", 0.4, short),
                            ("short_gzip", 10, short), ("many_gzip", 10, wide), ("short_bzip2", 10, short)):
    suffix, squeeze = squeezed.get(size, ("", bytes))
    make(size, "s3://pds-key-estimates/%s/" % size)
    for y in (2022, 2023, 2024):
        for i, k in enumerate("abcd"):
            folder = "%s/y=%d/k=%s/" % (size, y, k)
            n = int((300 + 100 * (y - 2022) + 150 * i) * scale)
            s3.put_object(Bucket="pds-key-estimates", Key=folder + "1.csv" + suffix, Body=squeeze("".join(record(j) for j in range(n)).encode()))
            glue.create_partition(DatabaseName="estimates", TableName=size, PartitionInput={
                "Values": [str(y), k], "StorageDescriptor": sd("s3://pds-key-estimates/" + folder)})
    make(size + "_projected", "s3://pds-key-estimates/%s/" % size, {"projection.enabled": "true", "projection.y.type": "integer",
         "projection.y.range": "2000,2030", "projection.k.type": "enum", "projection.k.values": "a,b,c,d,e,f"})
PY
create_server('lake', engine => 'direct', cache_ttl => '60');
psql_ok('CREATE SCHEMA e; IMPORT FOREIGN SCHEMA estimates FROM SERVER lake INTO e', 'import');
psql_ok("CREATE FOREIGN TABLE e.${_}_hand (a int, b int, y int OPTIONS (partition_key 'true'), k text OPTIONS (partition_key 'true')) SERVER lake
  OPTIONS (location 's3://pds-key-estimates/$_/', format 'lazysimple', delimiter ',')", "$_: by hand") for qw(many few short short_few short_gzip many_gzip short_bzip2);

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

# what other conditions leave of it, and joins: rows expected are in the scale of what comes
sub other_estimates
{
	my ($when, $factor) = @_;

	for my $table (qw(short short_gzip))
	{
		for my $query (
			"SELECT * FROM e.$table WHERE a = 3",
			"SELECT * FROM e.$table WHERE a < 5 AND y = 2023",
			"SELECT * FROM e.$table WHERE b IS NOT NULL",
			"SELECT * FROM e.$table s JOIN e.few f ON f.b - 10000 = s.a WHERE s.k = 'a' AND f.y = 2022 AND f.k = 'a'",
		  )
		{
			my $plan = decode_json(psql_value("SET enable_parallel_append = off; SET max_parallel_workers_per_gather = 0;
			  EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) $query"))->[0]{Plan};
			my ($got, $true) = @$plan{ 'Plan Rows', 'Actual Rows' };

			ok($got <= $factor * $true && $got >= $true / $factor, "$when: $query: $got for $true");
		}
	}
	return;
}

# where partitions come from is walked with plain objects; compressed ones differ by their bytes alone
my @tables = ((map { ($_, "${_}_projected", "${_}_hand") } qw(many short)), qw(few few_projected few_hand short_few short_gzip many_gzip_projected short_bzip2_hand));
check($_, 'before ANALYZE') for @tables;
# without statistics of columns the planner takes one value of 200, a third, ...
other_estimates('before ANALYZE', 50);
psql_ok('ANALYZE ' . join(', ', map { "e.$_" } @tables), 'ANALYZE');
check($_, 'after ANALYZE') for @tables;
other_estimates('after ANALYZE', 10);


# The first bytes of an object are asked for once in a session; not where statistics tell, nor where so many bytes may not be read.
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
create_server('counted', engine => 'direct', s3_endpoint_url => $proxy->{url});
psql_ok(q{CREATE FOREIGN TABLE e.counted (a int, b int) SERVER counted OPTIONS (location 's3://pds-key-estimates/short/', format 'csv')}, 'a table');

sub gets
{
	my ($sql) = @_;

	proxy_rules($proxy);
	psql_value($sql);
	return scalar grep { $_->{path} =~ /\.csv/ } proxy_log($proxy);
}

is(gets('EXPLAIN SELECT * FROM e.counted; EXPLAIN SELECT a FROM e.counted WHERE b = 1; EXPLAIN SELECT count(*) FROM e.counted'), 1, 'one request a session');
is(gets("SELECT pds.refresh(); EXPLAIN SELECT * FROM e.counted; SELECT pds.refresh(); EXPLAIN SELECT * FROM e.counted"), 2, 'until all is read anew');
is(gets("EXPLAIN SELECT * FROM e.counted; ALTER FOREIGN TABLE e.counted OPTIONS (SET format 'lazysimple'); EXPLAIN SELECT * FROM e.counted"), 2, 'or it is another table');
is(gets('SET pds.max_scan_bytes = 1000; EXPLAIN SELECT * FROM e.counted'), 0, 'none where so many bytes may not be read');
psql_ok('ANALYZE e.counted', 'ANALYZE');
is(gets('EXPLAIN SELECT * FROM e.counted'), 0, 'nor after ANALYZE');
proxy_rules($proxy, { path => '\.csv', action => 'status', status => 403, body => '<Error><Code>AccessDenied</Code></Error>' });
psql_ok(q{CREATE FOREIGN TABLE e.refused (a int, b int) SERVER counted OPTIONS (location 's3://pds-key-estimates/short/', format 'csv')}, 'a table');
like(psql_value('EXPLAIN SELECT * FROM e.refused'), qr/rows=\d{4}/, 'an object that cannot be read is not the planner\'s error');
done_testing();
