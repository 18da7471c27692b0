# ANALYZE with the catalog's statistics of columns: of a table, of its partitions, of one that only Athena can read.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_catalog_statistics');

run_python(<<'PY');
import boto3, datetime
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-catstats")
try:
    glue.delete_database(Name="catstats")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "catstats"})
columns = [("i", "int"), ("big", "bigint"), ("n", "decimal(10,2)"), ("d", "date"), ("f", "double"), ("b", "boolean"), ("s", "string"), ("unknown", "string"), ("small", "smallint")]
def descriptor(name, columnar=False):
    kind = ("org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat", "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", {}) \
        if columnar else ("org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", {"field.delim": ","})
    return {"Columns": [{"Name": n, "Type": t} for n, t in columns], "Location": "s3://pds-catstats/%s/" % name, "InputFormat": kind[0],
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat", "SerdeInfo": {"SerializationLibrary": kind[1], "Parameters": kind[2]}}
def make(name, parameters, keys=(), columnar=False):
    glue.create_table(DatabaseName="catstats", TableInput={"Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": parameters,
        "PartitionKeys": [{"Name": k, "Type": "string"} for k in keys], "StorageDescriptor": descriptor(name, columnar)})
def entry(name, type, kind, **data):
    member = kind.capitalize() + "ColumnStatisticsData"
    return {"ColumnName": name, "ColumnType": type, "AnalyzedTime": datetime.datetime(2026, 1, 1), "StatisticsData": {"Type": kind, member: data}}
number = lambda value, scale: {"UnscaledValue": value.to_bytes((value.bit_length() + 8) // 8, "big", signed=True), "Scale": scale}
def statistics(low, high, distinct):
    return [entry("i", "int", "LONG", MinimumValue=low, MaximumValue=high, NumberOfNulls=100, NumberOfDistinctValues=distinct),
        entry("big", "bigint", "LONG", MinimumValue=-5, MaximumValue=9000000000, NumberOfNulls=0, NumberOfDistinctValues=1000),
        entry("n", "decimal(10,2)", "DECIMAL", MinimumValue=number(-12345, 2), MaximumValue=number(99999999, 2), NumberOfNulls=0, NumberOfDistinctValues=7),
        entry("d", "date", "DATE", MinimumValue=datetime.datetime(1969, 12, 31, tzinfo=datetime.timezone.utc), MaximumValue=datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc),
              NumberOfNulls=250, NumberOfDistinctValues=900),
        entry("f", "double", "DOUBLE", MinimumValue=-0.5, MaximumValue=1e300, NumberOfNulls=0, NumberOfDistinctValues=12),
        entry("b", "boolean", "BOOLEAN", NumberOfTrues=600, NumberOfFalses=300, NumberOfNulls=100),
        entry("s", "string", "STRING", MaximumLength=40, AverageLength=12.5, NumberOfNulls=0, NumberOfDistinctValues=20),
        # what its type cannot have
        entry("small", "smallint", "LONG", MinimumValue=0, MaximumValue=70000, NumberOfNulls=0, NumberOfDistinctValues=3)]
body = "".join("%d,%d,1.5,2024-01-01,0.5,true,abc,x,1\n" % (i % 50, i) for i in range(2000))
for name in ("whole", "sampled", "bare", "parent"):
    s3.put_object(Bucket="pds-catstats", Key=name + "/a.csv", Body=body.encode())
make("whole", {"recordCount": "1000", "sizeKey": str(len(body))})
make("sampled", {"recordCount": "1000"})
make("bare", {"recordCount": "1000"})
make("parent", {"recordCount": "1000"})
make("columnar", {"numRows": "1000", "totalSize": "8192000"}, columnar=True)
make("columnar_bare", {"numRows": "1000"}, columnar=True)
make("parts", {}, keys=("k",))
for name in ("whole", "sampled", "columnar", "parent"):
    glue.update_column_statistics_for_table(DatabaseName="catstats", TableName=name, ColumnStatisticsList=statistics(1, 4000, 500))
for k, rows, low, high, distinct in (("a", 1000, 1, 10, 10), ("b", 3000, 5, 900, 400)):
    s3.put_object(Bucket="pds-catstats", Key="parts/k=%s/a.csv" % k, Body=body.encode())
    glue.create_partition(DatabaseName="catstats", TableName="parts", PartitionInput={"Values": [k], "Parameters": {"numRows": str(rows)},
        "StorageDescriptor": dict(descriptor("parts"), Location="s3://pds-catstats/parts/k=%s/" % k)})
    glue.update_column_statistics_for_partition(DatabaseName="catstats", TableName="parts", PartitionValues=[k],
                                                ColumnStatisticsList=statistics(low, high, distinct)[:1])
PY
create_server('aws', output_location => 's3://pds-catstats/results/', cache_ttl => '0');
psql_ok('IMPORT FOREIGN SCHEMA catstats FROM SERVER aws INTO public', 'import');
psql_ok("ALTER FOREIGN TABLE $_ OPTIONS (ADD analyze_from 'catalog')", $_) for qw(whole bare parts);

sub pgstat
{
	return psql_value("SELECT attname, round(null_frac::numeric, 3), avg_width, round(n_distinct::numeric, 3), most_common_vals, most_common_freqs, histogram_bounds
		FROM pg_stats WHERE tablename = '$_[0]' ORDER BY attname COLLATE \"C\"");
}

sub analyzed
{
	my ($table, $pattern, $name) = @_;
	my ($rc, $out, $err) = psql("SET client_min_messages = info; ANALYZE VERBOSE $table");

	is($rc, 0, "$name: ANALYZE") or diag($err);
	like($err, $pattern, $name);
	return;
}
sub rows { return psql_value("SELECT reltuples::bigint FROM pg_class WHERE oid = '$_[0]'::regclass") }

my $from_catalog = qr/statistics of 8 columns and 1000 rows taken from the catalog/;
my $expected = join "\n",
	'b|0.100|1|2.000|{t,f}|{0.6,0.3}|', 'big|0.000|8|-1.000|||{-5,9000000000}', 'd|0.250|4|-0.750|||{1969-12-31,2024-02-29}',
	'f|0.000|8|12.000|||{-0.5,1e+300}', 'i|0.100|4|-0.500|||{1,4000}', 'n|0.000|32|7.000|||{-123.45,999999.99}', 's|0.000|13|20.000|||',
	'small|0.000|2|3.000|||';
analyzed('whole', $from_catalog, 'from the catalog');
is(pgstat('whole'), $expected, 'nulls, widths, distinct values, the range');
is(rows('whole'), 1000, 'and rows');
is(psql_value('SELECT count(*) FROM whole WHERE i < 10'), 400, 'the table is read as before');
my ($estimate) = psql_value('EXPLAIN SELECT * FROM whole WHERE i < 1000') =~ /rows=(\d+)/;
ok($estimate > 150 && $estimate < 300, "a quarter of those that are not null is expected ($estimate)");
analyzed('whole', $from_catalog, 'again');
is(pgstat('whole'), $expected, 'the same');
analyzed('whole (i, b)', $from_catalog, 'of columns');

analyzed('sampled', qr/containing 2000 rows/, 'by default a sample');
unlike(pgstat('sampled'), qr/4000/, 'knows nothing of the catalog');
analyzed('bare', qr/containing 2000 rows/, 'a sample where the catalog has no statistics of columns');
is(rows('bare'), 2000, 'its rows');

# a table that only Athena reads
analyzed('columnar', $from_catalog, 'a table that cannot be sampled');
is(pgstat('columnar'), $expected, 'has statistics, too');
is(psql_value("SELECT reltuples::bigint, relpages FROM pg_class WHERE relname = 'columnar'"), '1000|1000', 'rows and pages');
analyzed('columnar_bare', qr/WARNING.*cannot be sampled.*HINT:.*Glue has computed/s, 'without statistics it is left out');

# partitions: sums, and at least as many distinct values as the one that has most
analyzed('parts', qr/statistics of 1 columns and 4000 rows taken from the catalog/, 'of partitions');
is(pgstat('parts'), 'i|0.050|4|400.000|||{1,900}', 'together');

# rows of a sample are wanted for the parent
psql_ok("CREATE TABLE above (i int, big bigint, n numeric(10,2), d date, f float8, b boolean, s text, unknown text, small smallint); ALTER FOREIGN TABLE parent INHERIT above;
	ALTER FOREIGN TABLE parent OPTIONS (ADD analyze_from 'catalog')", 'a parent');
analyzed('above', qr/containing 2000 rows/, 'a parent samples its children');
is(psql_value("SELECT n_distinct FROM pg_stats WHERE tablename = 'above' AND attname = 'i' AND inherited"), 50, 'and has statistics of them');

psql_fails("ALTER FOREIGN TABLE whole OPTIONS (SET analyze_from 'nothing')", qr/HV024: invalid value for option "analyze_from": "nothing"/, 'another word');
# its owner only, and nothing is left open
psql_ok("DROP ROLE IF EXISTS pds_catstats; CREATE ROLE pds_catstats; SET ROLE pds_catstats", 'another role');
is(psql_value("SET ROLE pds_catstats; SET client_min_messages = error; ANALYZE whole; RESET ROLE; SELECT count(*) FROM pg_stats WHERE tablename = 'whole'"), 8, 'who may not analyze changes nothing');
psql_ok('DROP ROLE pds_catstats', 'tidy');
done_testing();
