# Where tables lie: damaged objects among others, hints that lead on.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_places');

run_python(<<'PY');
import boto3, gzip
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-places")
put = lambda key, body: s3.put_object(Bucket="pds-places", Key=key, Body=body if isinstance(body, bytes) else body.encode())
text = "".join("%d,name %d\n" % (i, i) for i in range(200))
packed = gzip.compress(("id,name\n" + text).encode(), mtime=0)
put("damaged/a.csv", "id,name\n" + text)
put("damaged/b.csv.gz", packed[:40] + b"\0\0\0\0\0\0\0\0" + packed[48:])
put("damaged/c.csv", "id,name\n" + text)
put("mixed/x/1.csv", "id,name\n" + text)
put("mixed/x/2.csv.gz", b"this is no gzip\n" * 9)
put("mixed/x/3.csv", "id,name\n" + text)
put("only/b.csv.gz", b"this is no gzip\n" * 9)
try:
    glue.delete_database(Name="places")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "places"})
put("headed/1.csv", "id,name\n1,one\n")
for name, lines in (("Headed", "True"), ("counted", "1")):
    glue.create_table(DatabaseName="places", TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": {"skip.header.line.count": lines}, "StorageDescriptor": {
            "Columns": [{"Name": "id", "Type": "int"}, {"Name": "name", "Type": "string"}],
            "Location": "s3://pds-places/headed/", "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}}}})
PY
create_server('aws', output_location => 's3://pds-places/results/', cache_ttl => '0');

sub tables { return psql_value("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = '$_[0]'::regnamespace") }

# --- one damaged object --------------------------------------------------------------------------------------------
my ($rc, $out, $err) = psql('CREATE SCHEMA im; IMPORT FOREIGN SCHEMA "s3://pds-places/damaged/" FROM SERVER aws INTO im');
is($rc, 0, 'import beside a damaged object') or diag($err);
is(tables('im'), 'a c', 'the others are there');
like($err, qr/NOTICE:.*s3:\/\/pds-places\/damaged\/b\.csv\.gz was not imported: /, 'it is named');
is(psql_value('SELECT count(*) FROM im.c'), 200, 'they can be read');
($rc, $out, $err) = psql('CREATE SCHEMA im2; IMPORT FOREIGN SCHEMA "s3://pds-places/mixed/" FROM SERVER aws INTO im2');
is($rc, 0, 'import of a folder with a damaged object') or diag($err);
like($err, qr/s3:\/\/pds-places\/mixed\/x\/2\.csv\.gz was not imported: /, 'named, too');
isnt(tables('im2'), '', 'and the rest is imported');
psql_fails(q{SELECT * FROM pds.infer_schema('aws', 's3://pds-places/only/')}, qr/XX001.*s3:\/\/pds-places\/only\/b\.csv\.gz cannot be read/, 'inference of it alone');
psql_ok(q{CREATE FOREIGN TABLE broken (id int) SERVER aws OPTIONS (location 's3://pds-places/damaged/b.csv.gz')}, 'a table of it');
psql_fails('SELECT count(*) FROM broken', qr/XX001.*s3:\/\/pds-places\/damaged\/b\.csv\.gz/, 'a scan names it with its bucket');

# --- a header that is no number ------------------------------------------------------------------------------------
psql_ok('CREATE SCHEMA "Mixed"; SET client_min_messages = error; IMPORT FOREIGN SCHEMA places FROM SERVER aws INTO "Mixed"', 'import');
my $table = psql_value(q{SELECT quote_ident(relname) FROM pg_class WHERE relname ILIKE 'headed'});
psql_fails(qq{SET pds.engine = direct; SELECT * FROM "Mixed".$table}, qr/0A000.*skip\.header\.line\.count is "True".*HINT:[^\n]*Athena refuses.*option header/s, 'as in Athena');
psql_ok(qq{ALTER FOREIGN TABLE "Mixed".$table OPTIONS (ADD header '1')}, 'what the hint says');
is(psql_value(qq{SELECT * FROM "Mixed".$table}), '1|one', 'reads it');
psql_fails(qq{SET pds.engine = athena; SELECT * FROM "Mixed".$table}, qr/0A000.*cannot be read by Athena: its options/, 'directly only');

# --- hints quote and qualify, and lead on --------------------------------------------------------------------------
psql_ok(q{CREATE FOREIGN TABLE "Mixed"."Two Words" (id int, "$row_number" int) SERVER aws OPTIONS (location 's3://pds-places/headed/')}, 'a name to be quoted');
psql_fails(q{SELECT * FROM "Mixed"."Two Words"}, qr/HV004.*HINT:  ALTER FOREIGN TABLE "Mixed"\."Two Words" ALTER COLUMN "\$row_number" TYPE bigint/s, 'quoted and qualified');
done_testing();
