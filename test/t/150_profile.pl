# pds.profile, charts and bias reports over tables in S3.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_profile');

run_python(<<'PY');
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-profile")
try:
    glue.create_database(DatabaseInput={"Name": "profile"})
except glue.exceptions.AlreadyExistsException:
    pass
try:
    glue.delete_table(DatabaseName="profile", Name="orders")
except glue.exceptions.EntityNotFoundException:
    pass
s3.put_object(Bucket="pds-profile", Key="orders/a.csv", Body=b"1,red,2024-01-01\nx,blue,never\n3,,2024-01-03\n")
s3.put_object(Bucket="pds-profile", Key="orders/b.csv", Body=b"4,red,2024-13-99x\n1e5,red,2024-01-01\n\\N,\\N,\\N\n")
glue.create_table(DatabaseName="profile", TableInput={
    "Name": "orders", "TableType": "EXTERNAL_TABLE", "Parameters": {}, "PartitionKeys": [], "StorageDescriptor": {
        "Columns": [{"Name": "n", "Type": "int"}, {"Name": "colour", "Type": "string"}, {"Name": "day", "Type": "date"}],
        "Location": "s3://pds-profile/orders/", "NumberOfBuckets": -1,
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                      "Parameters": {"field.delim": ","}}}})
PY
create_server('aws', output_location => 's3://pds-profile/results/');
psql_ok('CREATE SCHEMA lake; IMPORT FOREIGN SCHEMA profile FROM SERVER aws INTO lake', 'import');

my $profile = "SELECT column_name, row_count, missing, empty, coalesce(invalid::text, '-'), distinct_values, duplicates, top, top_count, minimum, maximum FROM pds.profile('lake.orders')";
is( psql_value("SET pds.engine = direct; $profile"),
	"n|6|3||2|3|0|||1|4\n"
	  . "colour|6|1|1|0|3|2|red|3||red\n"
	  . "day|6|3||2|2|1|2024-01-01|2|2024-01-01|2024-01-03",
	'malformed values are missing, and counted as invalid by column');
is(psql_value("SET pds.engine = direct; $profile WHERE column_name = 'n'"),
	psql_value("SET pds.engine = direct; SELECT count(*) FROM lake.orders; $profile WHERE column_name = 'n'") =~ s/^6\n//r,
	'other scans of the session are not counted in');

# Athena does not tell what was malformed; the rest is the same.
like(psql_value("SET pds.engine = athena; $profile WHERE column_name = 'n'"), qr/^n\|6\|3\|\|-\|3\|0\|\|\|1\|4$/, 'by Athena');

# the same counts, whoever answers
my $report = "SELECT facet_value, metric, round(value::numeric, 9) FROM pds.bias_report('lake.orders', 'colour', 'n', positive_above => 2, group_by => 'n')";
is(psql_value("SET pds.engine = athena; $report"), psql_value("SET pds.engine = direct; $report"), 'bias report by both engines');
like(psql_value("SET pds.engine = direct; $report"), qr/^blue\|CI\|0\.666666667$/m, 'a value of it');

my $svg = psql_value("SELECT pds.svg_bar_chart(coalesce(colour, 'missing') || ' <&>', n ORDER BY n) FROM (SELECT colour, count(*) AS n FROM lake.orders GROUP BY 1) c");
is(run_python(<<"PY"), "4", 'the SVG is well-formed XML with a bar a row');
import xml.etree.ElementTree as e
doc = e.fromstring("""$svg""")
print(len([r for r in doc.iter("{http://www.w3.org/2000/svg}rect") if r.find("{http://www.w3.org/2000/svg}title") is not None]))
PY

done_testing();
