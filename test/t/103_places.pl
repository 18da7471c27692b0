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
for key, n in (("l/2023/a.csv", 1), ("l/2023/b.csv", 2), ("l/2024/a.csv", 4), ("l/2024/deep/a.csv", 8), ("l/2024/_a.csv", 16),
               ("l/2024/a*.csv", 32), ("l/x.txt", 64), ("m/a.csv", 128), ("near/d/a.csv", 1), ("near/d2/a.csv", 2), ("near/d.csv", 4), ("near/d.csv.old", 8)):
    put(key, "%d\n" % n)
put("cased/Ord.csv", "UserId,TOTAL\n1,2\n")
put("piped/a.csv", "id|t\n1|x,y\n")
put("odd/a.csv", 'report "of\nid;n;d\n#c;\n1;5;x\n# "c\n2;-;y\n3;NA;z\n')
put("semi/a.csv", "n;v\n1;2.5\n")
s3.create_bucket(Bucket="pds-places-2")
s3.put_object(Bucket="pds-places-2", Key="a.csv", Body=b"256\n")
for y in (2023, 2024):
    put("k/y=%d/a.csv" % y, "%d\n" % y)
    put("k/y=%d/b.txt" % y, "9\n")
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
# one that was deleted since it was listed
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
create_server('gone', s3_endpoint_url => $proxy->{url});
proxy_rules($proxy, { path => 'damaged/a\.csv', action => 'status', status => 404, body => '<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>' });
($rc, $out, $err) = psql('CREATE SCHEMA im3; IMPORT FOREIGN SCHEMA "s3://pds-places/damaged/" FROM SERVER gone INTO im3');
is($rc, 0, 'import beside a deleted object') or diag($err);
like($err, qr/NOTICE:.*s3:\/\/pds-places\/damaged\/a\.csv was not imported: /, 'it is named, too');
is(tables('im3'), 'c', 'the other is there');
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
# --- one object, patterns, lists ------------------------------------------------------------------------------------
sub made
{
	my ($location, $columns) = @_;
	$location =~ s/'/''/g;
	return psql('DROP FOREIGN TABLE IF EXISTS l; CREATE FOREIGN TABLE l (' . ($columns // 'n int') . qq{) SERVER aws OPTIONS (location '$location')});
}

# the numbers of the objects add up to which were read, each once
sub sum_of
{
	my ($location, $sum, $name) = @_;
	my ($rc, $out, $err) = made($location);
	is($rc, 0, "table: $location") or diag($err);
	is(psql_value('SELECT sum(n) FROM l'), $sum, "$location: $name");
	return;
}
my $b = 's3://pds-places';
sum_of("$b/l/2023/a.csv", 1, 'an object');
sum_of("$b/l/2023/", 3, 'a folder');
sum_of("$b/l/2023", 3, 'a folder without its slash');
sum_of("$b/near/d", 1, 'not those whose names begin so');
sum_of("$b/near/d.csv", 4, 'nor objects');
sum_of("$b/l/2023/*.csv", 3, 'a star');
sum_of("$b/l/*/a.csv", 5, 'a star for a folder');
sum_of("$b/l/2024/*.csv", 36, 'a star ends at the folder, and hidden names are hidden');
sum_of("$b/l/2024/**", 44, 'two stars do not');
sum_of("$b/l/**/a.csv", 13, 'two stars for folders');
sum_of("$b/l/202?/a.csv", 5, 'a question mark');
sum_of("$b/l/202[4-9]/a.csv", 4, 'a set');
sum_of("$b/{l/2023,m}/a.csv", 129, 'alternatives');
sum_of("$b/l/2024/a\\*.csv", 32, 'an escaped star');
sum_of(qq{["$b/l/2023/", "$b/m/a.csv", "s3://pds-places-2/*"]}, 387, 'a list, over buckets');
sum_of(qq{["$b/l/2023/", "$b/l/2023/*", "$b/l/2023/a.csv"]}, 3, 'what is named twice is read once');
is(psql_value(in_parts(2, 0) . 'SELECT sum(n) FROM l'), 3, 'by several processes, too');
made("$b/k/*/*.csv", q{n int, y int OPTIONS (partition_key 'true')});
is(psql_value('SELECT n, y FROM l ORDER BY y'), "2023|2023\n2024|2024", 'partition keys in a pattern');
is(psql_value('SELECT n FROM l WHERE y = 2024'), '2024', 'pruned');
made(qq{["$b/k/y=2023/", "$b/k/y=2024/a.csv"]});
is(psql_value('SELECT count(*), sum(n) FROM l WHERE "n" > 9'), '2|4047', 'folders of keys as places');
is(psql_value(qq{SELECT sum(n) FROM pds.read_csv('aws', '$b/l/{2023,2024}/a.csv', header => 'false') AS t (n int)}), 5, 'functions: alternatives');
is(psql_value(qq{SELECT sum(n) FROM pds.read_csv('aws', '["$b/l/2023/", "$b/m/a.csv"]', header => 'false') AS t (n int)}), 131, 'functions: a list');
psql_fails(qq{SELECT * FROM pds.read_csv('aws', '["$b/l/2023/", "s3://pds-places-2/"]', header => 'false') AS t (n int)}, qr/0A000.*several buckets/, 'functions: one bucket');
for my $bad ('[]', '["s3://b/", 1]', '["s3://b/"', '["/tmp/x"]', '{"a": 1}', 'x')
{
	my ($rc, $out, $err) = made($bad);
	like($err, qr/HV024.*location.*HINT.*pattern.*JSON array/s, "no location: $bad");
}
psql_fails(qq{CREATE FOREIGN TABLE v (n int) SERVER aws OPTIONS (location '$b/l/*.csv', version_id 'x')}, qr/HV024.*names one object/, 'a version is one of an object');
made("$b/l/2023/*.csv");
psql_fails('INSERT INTO l VALUES (1)', qr/0A000.*cannot be written to: its location is a pattern or a list/, 'no place to write to');

# --- places that hold nothing ---------------------------------------------------------------------------------------
made(qq{["$b/l/2023/", "$b/nothing/", "$b/l/2023/a.csv", "$b/l/*.none"]});
($rc, $out, $err) = psql('SELECT sum(n) FROM l');
is($out, 3, 'a list with places that hold nothing');
is(() = $err =~ /WARNING:.*there is nothing to read at/g, 2, 'a WARNING for each of them');
like($err, qr/WARNING:[^\n]*s3:\/\/pds-places\/nothing\/[^\n]*"l"/, 'by its name');
made("$b/nothing/");
($rc, $out, $err) = psql("SELECT n FROM l, generate_series(1, 3); SELECT n FROM l WHERE n > 5");
is(() = $err =~ /WARNING:/g, 2, 'one for each scan');
psql_ok(qq{CREATE FOREIGN TABLE by_path (n int, "\$path" text) SERVER aws OPTIONS (location '$b/l/2023/')}, 'pseudo-column');
($rc, $out, $err) = psql(q{SELECT n FROM by_path WHERE "$path" = 's3://pds-places/l/none'});
is($err, '', 'what conditions leave out is not missed');
($rc, $out, $err) = psql(qq{CREATE SCHEMA none; IMPORT FOREIGN SCHEMA "$b/nothing/" FROM SERVER aws INTO none});
like($err, qr/WARNING:[^\n]*there is nothing to read below/, 'IMPORT');
psql_fails(qq{IMPORT FOREIGN SCHEMA "$b/l/*" FROM SERVER aws INTO none}, qr/HV00D.*is a pattern or a list, not a folder/, 'IMPORT of a pattern');
# --- letters ------------------------------------------------------------------------------------------------------------
for my $case ([ 'keep', 'Ord', 'UserId, TOTAL' ], [ 'lower', 'ord', 'userid, total' ], [ 'smart', 'Ord', 'UserId, total' ], [ 'default', 'ord', 'userid, total' ])
{
	my ($how, $table, $columns) = @$case;
	my $options = $how eq 'default' ? '' : qq{OPTIONS ("case" '$how')};
	psql_ok(qq{CREATE SCHEMA case_$how; IMPORT FOREIGN SCHEMA "$b/cased/" FROM SERVER aws INTO case_$how $options}, "import with case $how");
	is(psql_value("SELECT relname || ': ' || string_agg(attname, ', ' ORDER BY attnum) FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0
		WHERE relnamespace = 'case_$how'::regnamespace GROUP BY relname"), "$table: $columns", "$how: names of a file and its header");
}

# --- a table without columns ------------------------------------------------------------------------------------------
sub columns { return psql_value("SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '$_[0]'::regclass AND attnum > 0") }

# in a new session it is the first statement
($rc, $out, $err) = psql(qq{CREATE FOREIGN TABLE "My T" () SERVER aws OPTIONS (location '$b/damaged/a.csv')});
is($rc, 0, 'columns are inferred, by the first statement of a session') or diag($err);
is(columns('"My T"'), 'id integer, name text', 'names and types');
like($err, qr/NOTICE:[^\n]*"My T" were inferred from 1 object.*csv, delimiter ",", with header.*id integer, name text/s, 'a NOTICE says what was taken');
is(psql_value('SELECT count(*), max(id) FROM "My T"'), '200|199', 'and it can be read');
psql_ok(qq{CREATE FOREIGN TABLE piped () SERVER aws OPTIONS (location '$b/piped/', delimiter '|', header 'true')}, 'with options of its own');
is(psql_value('SELECT * FROM piped'), '1|x,y', 'which hold');
is(psql_value(q{SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = 'piped'::regclass}), "{location=$b/piped/,delimiter=|,header=true}", 'and are there once');
psql_ok(qq{CREATE FOREIGN TABLE semi () SERVER aws OPTIONS (location '$b/semi/*.csv')}, 'another delimiter');
is(psql_value('SELECT * FROM semi'), "1|2.5", 'is found');
psql_ok(qq{CREATE FOREIGN TABLE odd () SERVER aws OPTIONS (location '$b/odd/', skip '1', comment '#', null '["-", "NA"]')}, 'lines that are no records, texts for NULL');
is(columns('odd'), 'id integer, n integer, d text', 'are as the options say');
is(psql_value('SELECT count(n), sum(id) FROM odd'), '1|6', 'for the scan as well');
is(psql_value(q{SELECT ftoptions[5:] FROM pg_foreign_table WHERE ftrelid = 'odd'::regclass}), '{delimiter=;,header=true}', 'and what is found comes after them');
psql_ok(qq{CREATE FOREIGN TABLE keyed () SERVER aws OPTIONS (location '$b/k/**/a.csv', header 'false')}, 'key=value folders');
is(psql_value('SELECT y FROM keyed WHERE y = 2024'), '2024', 'are keys');
($rc, $out, $err) = psql(q{CREATE FOREIGN TABLE counted () SERVER aws OPTIONS (database 'places')});
is($rc, 0, 'of a table of Glue') or diag($err);
like($err, qr/NOTICE:[^\n]*"counted" were taken from table "places\.counted" of Glue\nDETAIL:  id integer, name text\n/, 'its columns are taken');
is(psql_value('SELECT * FROM counted'), '1|one', 'and it can be read');
is(psql_value(q{SELECT string_agg(array_to_string(attfdwoptions, ' '), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'counted'::regclass AND attnum > 0}), 'glue_type=int, glue_type=string', 'as IMPORT has them');
psql_fails(q{CREATE FOREIGN TABLE missing () SERVER aws OPTIONS (database 'places')}, qr/HV00R: .*places\.missing/, 'no such table');
($rc, $out, $err) = psql(qq{CREATE FOREIGN TABLE nothing () SERVER aws OPTIONS (location '$b/nothing/')});
is($rc, 0, 'a place that holds nothing');
like($err, qr/WARNING:[^\n]*nothing to read[^\n]*"nothing" has no columns/, 'is a WARNING');
psql_fails(qq{CREATE FOREIGN TABLE bad () SERVER aws OPTIONS (location '$b/only/')}, qr/XX001.*only\/b\.csv\.gz/, 'what cannot be read is an error');
is(psql_value("SELECT to_regclass('bad') IS NULL"), 't', 'and makes no table');
($rc, $out, $err) = psql(qq{CREATE TABLE base (n int) PARTITION BY LIST (n); CREATE FOREIGN TABLE part PARTITION OF base FOR VALUES IN (1) SERVER aws OPTIONS (location '$b/l/2023/a.csv');
  CREATE TABLE heir (n int); CREATE FOREIGN TABLE child () INHERITS (heir) SERVER aws OPTIONS (location '$b/l/2023/a.csv');
  CREATE TABLE bare (); CREATE FOREIGN TABLE of_bare () INHERITS (bare) SERVER aws OPTIONS (location '$b/l/2023/a.csv');
  CREATE FOREIGN TABLE named (n int) SERVER aws OPTIONS (location '$b/l/2023/a.csv');
  CREATE FOREIGN TABLE IF NOT EXISTS named () SERVER aws OPTIONS (location '$b/l/2023/a.csv');
  CREATE FOREIGN DATA WRAPPER no_fdw; CREATE SERVER others FOREIGN DATA WRAPPER no_fdw; CREATE FOREIGN TABLE foreign_one () SERVER others});
is($rc, 0, 'partitions, heirs (of no columns, too) and tables of others') or diag($err);
unlike($err, qr/inferred/, 'are left alone');
my $dump = `pg_dump -s -t '"My T"' $ENV{PGDATABASE}`;
like($dump, qr/CREATE FOREIGN TABLE public\."My T" \(\n\s+id integer,\n\s+name text\n\)/, 'pg_dump gives the columns');
psql_ok(q{CREATE ROLE pds_places_maker; GRANT USAGE ON FOREIGN SERVER aws TO pds_places_maker; GRANT CREATE ON SCHEMA public TO pds_places_maker}, 'a role');
psql_fails(qq{SET ROLE pds_places_maker; CREATE FOREIGN TABLE mine () SERVER aws OPTIONS (location '$b/l/2023/')}, qr/28000/, 'a role without keys reads nothing by it');
psql_ok('DROP OWNED BY pds_places_maker; DROP ROLE pds_places_maker', 'gone');
done_testing();
