# What objects hold, by inference: import from a location, pds.infer_schema, read_csv, crawl, crawlers.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_infer');
run_python(<<'PY');
import boto3, zlib
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-infer-t")
def put(k, b):
    s3.put_object(Bucket="pds-infer-t", Key="lake/" + k, Body=b.encode() if isinstance(b, str) else b)
put("customers.csv", 'Customer ID,Name,Since\n1,Ann,2024-01-31\n2,"Lee, Bob",2024-02-01\n')
put("notes.json", '{"a":1}\n')
put("orders/2023/01/a.csv", "id,total\n1,2.50\n")
put("orders/2023/02/b.csv", "id,total\n2,13.75\n")
put("sales/region=eu/day=2024-01-31/x.csv", "id;name\n1;x\n2;y\n")
put("sales/region=us/day=2024-02-01/y.csv.gz", zlib.compress(b"id;name\n3;z\n", 9, 31))
put("mixed/a.tsv", "a\tb\n1\t2\n")
put("mixed/b.csv", "x,y,z\n1,2,3\n")
put("_tmp/x.csv", "x\n")
put("hive/000000_0", "1\x01x\x01\\N\n2\x01y\x015\n")
put("lines/a.csv", 'id,text\n1,"two\nlines"\n2,x\n')
put("quoted/a.csv", 'id,text\n1,"a, b"\n2,"C:\\t"\n')
try:
    glue.delete_database(Name="infer_t")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "infer_t"})
PY
create_server('aws', output_location => 's3://pds-infer-t/out/');

# --- import from a location ---
my ($rc, $out, $err) = psql('IMPORT FOREIGN SCHEMA "s3://pds-infer-t/lake/" FROM SERVER aws INTO public');
is($rc, 0, 'import from a location') or diag($err);
like($err, qr/notes\.json was not imported: it is JSON/, 'what is no CSV is named');
is(psql_value("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'f'"),
	'customers hive lines mixed_a mixed_b orders quoted sales', 'a table per folder or file');
is(psql_value('SELECT * FROM customers'), "1|Ann|2024-01-31\n2|Lee, Bob|2024-02-01", 'a file');
is(psql_value('SELECT * FROM orders ORDER BY 1'), "1|2.50\n2|13.75", 'a folder of folders');
is(psql_value("SELECT id, region, day + 1 FROM sales ORDER BY 1"),
	"1|eu|2024-02-01\n2|eu|2024-02-01\n3|us|2024-02-02", 'partition keys with their types');
is(psql_value('SELECT col0 + 1, col1, col2 FROM hive'), "2|x|\n3|y|5", "Hive's own format");
is(psql_value('SELECT text FROM lines'), "two\nlines\nx", 'line breaks in quotes');
like(psql_value("SELECT obj_description('customers'::regclass)"), qr/inferred from s3:/, 'a comment');
psql_ok('CREATE SCHEMA l; IMPORT FOREIGN SCHEMA "s3://pds-infer-t/lake/" LIMIT TO (orders, nosuch) FROM SERVER aws INTO l'
	  . " OPTIONS (all_text 'true')", 'LIMIT TO');
is(psql_value("SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'l'::regnamespace"), 'orders', 'only that');
is(psql_value('SELECT max(total) FROM l.orders'), '2.50', 'all_text');

# --- infer, read ---
is(psql_value("SELECT column_name, glue_type, partition_key FROM pds.infer_schema('aws', 's3://pds-infer-t/lake/sales')"),
	"id|int|f\nname|string|f\nregion|string|t\nday|date|t", 'infer_schema');
is(psql_value("SELECT field_delimiter, header_count, serde, estimated_rows FROM pds.infer_format('aws', 's3://pds-infer-t/lake/sales/')"),
	';|1|LazySimpleSerDe|3', 'infer_format');
is(psql_value("SELECT * FROM pds.read_csv('aws', 's3://pds-infer-t/lake/sales/') AS t (day date, id int) ORDER BY 2"),
	"2024-01-31|1\n2024-01-31|2\n2024-02-01|3", 'read_csv by name');
is(psql_value("SELECT * FROM pds.read_csv('aws', 's3://pds-infer-t/lake/orders/**/b.csv') AS t (a int, b numeric)"),
	'2|13.75', 'read_csv by place, a pattern');
is(psql_value("SELECT pds.read_csv_json('aws', 's3://pds-infer-t/lake/lines/')->>'text'"), "two\nlines\nx", 'read_csv_json');
psql_fails("SELECT * FROM pds.read_csv('aws', 's3://pds-infer-t/lake/sales/') AS t (a int)", qr/42804.*HINT/s, 'too few columns');
psql_fails("SELECT * FROM pds.infer_schema('aws', 's3://pds-infer-t/lake/notes.json')", qr{0A000: s3://pds-infer-t/lake/notes\.json is not CSV: it is JSON}, 'no CSV');
psql_fails("SELECT * FROM pds.infer_schema('aws', 's3://pds-infer-t/nothing/')", qr{HV00R: there is nothing to read at s3://pds-infer-t/nothing/}, 'nothing');

# --- crawl ---
sub crawl { return psql_value("SELECT action, object, detail FROM pds.crawl('aws', 'infer_t', $_[0])") }
is(crawl("NULL, 's3://pds-infer-t/lake/sales'"), "created|table|LazySimpleSerDe, 2 columns\nadded|partitions|2 new of 2", 'crawl');
is(crawl("NULL, 's3://pds-infer-t/lake/sales'"), "unchanged|table|\nunchanged|partitions|0 new of 2", 'crawl again');
is(crawl("'q', 's3://pds-infer-t/lake/quoted/'"), 'created|table|OpenCSVSerde, 2 columns', 'quotes ask for OpenCSV');
psql_fails("SELECT pds.crawl('aws', 'infer_t', 'l', 's3://pds-infer-t/lake/lines/')", qr/0A000.*line breaks in quotes/s, 'line breaks in quotes');
(undef, undef, $err) = psql("SELECT pds.crawl('aws', 'infer_t', 'm', 's3://pds-infer-t/lake/mixed/')");
like($err, qr/not of one kind/, 'objects of several kinds');
psql_ok('CREATE SCHEMA g; IMPORT FOREIGN SCHEMA infer_t LIMIT TO (sales, q) FROM SERVER aws INTO g', 'import what was crawled');
for my $q ('SELECT id, name, region, day FROM g.sales ORDER BY 1', 'SELECT * FROM g.q ORDER BY 1')
{
	my $direct = psql_value("SET pds.engine = direct; $q");
	like($direct, qr/^1\|/, 'rows of a direct scan');
	is(psql_value("SET pds.engine = athena; $q"), $direct, 'Athena has the same');
}
psql_fails("SET default_transaction_read_only = on; SELECT pds.crawl('aws', 'infer_t', 'x', 's3://pds-infer-t/lake/sales/')",
	qr/25006/, 'not in a read-only transaction');

# --- crawlers of the service ---
psql_ok("SELECT pds.create_crawler('aws', 'infer_c', 'arn:aws:iam::123456789012:role/r', 'infer_t', 's3://pds-infer-t/lake/')", 'create');
is(psql_value("SELECT pds.start_crawler('aws', 'infer_c')"), 'RUNNING', 'start');
is(psql_value("SELECT state, paths FROM pds.crawlers('aws') WHERE name = 'infer_c'"), 'RUNNING|{s3://pds-infer-t/lake/}', 'crawlers');
psql_fails("SET statement_timeout = '500ms'; SELECT pds.start_crawler('aws', 'infer_c', wait => true)", qr/57014/, 'a wait is cancelled');
is(psql_value("SELECT pds.stop_crawler('aws', 'infer_c'), pds.stop_crawler('aws', 'infer_c')"), 't|f', 'stop');
psql_ok("SELECT pds.drop_crawler('aws', 'infer_c')", 'drop');
done_testing();
