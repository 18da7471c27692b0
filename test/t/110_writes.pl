# Writing: what was inserted is there after the commit and not before, in the table's own text, and never
# where the transaction did not commit; whatever fails, nothing is left behind.
use strict;
use warnings;
use Encode;
use IPC::Open2;
use JSON::PP;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_writes');

# Glue tables over s3://pds-writes/NAME/; prints what python prints.
my $prelude = <<'PY';
import boto3, gzip, json, sys
s3, glue = boto3.client("s3"), boto3.client("glue")
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
def table(name, columns, serde=LAZY, parameters={}, keys=(), table_parameters={}):
    try:
        glue.delete_table(DatabaseName="pdswrites", Name=name)
    except glue.exceptions.EntityNotFoundException:
        pass
    glue.create_table(DatabaseName="pdswrites", TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": dict({"classification": "csv"}, **table_parameters),
        "PartitionKeys": [{"Name": n, "Type": t} for n, t in keys], "StorageDescriptor": {
            "Columns": [{"Name": n, "Type": t} for n, t in columns], "Location": "s3://pds-writes/%s/" % name,
            "NumberOfBuckets": -1, "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters}}})
def objects(prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="pds-writes", Prefix=prefix)
    return [o for p in pages for o in p.get("Contents", [])]
def body(key):
    b = s3.get_object(Bucket="pds-writes", Key=key)["Body"].read()
    return gzip.decompress(b) if key.endswith(".gz") else b
PY

# One Python for all questions: its start takes longer than they do.
my $loop = "import contextlib, io, json, sys\nfor line in sys.stdin:\n    out = io.StringIO()\n"
  . "    with contextlib.redirect_stdout(out):\n        exec(json.loads(line), globals())\n    print(json.dumps(out.getvalue()), flush=True)\n";
my $python = open2(my $answers, my $questions, stack_python(), '-c', $loop);
my $json = JSON::PP->new->ascii->allow_nonref;

sub python
{
	print {$questions} $json->encode(Encode::decode('UTF-8', $_[0])), "\n";
	$questions->flush;
	my $line = <$answers> // die("python failed:\n$_[0]");
	return Encode::encode('UTF-8', $json->decode($line)) =~ s/\n\z//r;
}
python($prelude);

sub object_count { return python("print(len(objects('$_[0]')))"); }
sub upload_count { return python('print(len(s3.list_multipart_uploads(Bucket="pds-writes").get("Uploads", [])))'); }
sub content { return python("print(b''.join(body(o['Key']) for o in objects('$_[0]')).decode() + '.', end='')") =~ s/\.$//r; }

python(<<'PY');
s3.create_bucket(Bucket="pds-writes")
for o in objects(""):
    s3.delete_object(Bucket="pds-writes", Key=o["Key"])
try:
    glue.create_database(DatabaseInput={"Name": "pdswrites"})
except glue.exceptions.AlreadyExistsException:
    pass
ALL = [("i", "int"), ("s", "string"), ("d", "double"), ("b", "boolean"), ("dt", "date"), ("ts", "timestamp"),
       ("n", "decimal(10,2)"), ("ti", "tinyint"), ("f", "float"), ("v", "varchar(5)"), ("c", "char(3)"), ("bi", "bigint")]
table("lazy", ALL, LAZY, {"field.delim": ","})
table("escaped", ALL, LAZY, {"field.delim": "|", "escape.delim": "\\"})
table("ctrla", ALL, LAZY, {}, table_parameters={"skip.header.line.count": "1"})
table("nulls", ALL, LAZY, {"field.delim": "\t", "serialization.null.format": "NULL"})
table("opened", [("a", "string"), ("b", "string"), ("c", "string")], OPEN, {})
table("nested", [("id", "int"), ("a", "array<int>"), ("m", "map<string,int>"),
                 ("r", "struct<x:int,y:string>"), ("aa", "array<array<string>>")],
      LAZY, {"field.delim": ",", "collection.delim": ";", "mapkey.delim": ":"})
table("parts", [("id", "int"), ("word", "string")], LAZY, {"field.delim": ","},
      keys=[("year", "int"), ("region", "string"), ("day", "date")])
table("loose", [("id", "int")], LAZY, {"field.delim": ","}, keys=[("k", "string")])
table("swap", [("id", "int")], LAZY, {"field.delim": ","})
table("projected", [("id", "int")], LAZY, {"field.delim": ","}, keys=[("m", "int"), ("d", "date")],
      table_parameters={"projection.enabled": "true", "projection.m.type": "integer", "projection.m.range": "1,12",
                        "projection.m.digits": "2", "projection.d.type": "date", "projection.d.format": "yyyy/MM/dd",
                        "projection.d.range": "2024/01/01,2024/12/31", "projection.d.interval": "1",
                        "projection.d.interval.unit": "DAYS",
                        "storage.location.template": "s3://pds-writes/projected/${m}/${d}/"})
PY

create_server('aws', output_location => 's3://pds-writes/results/');
psql_ok('IMPORT FOREIGN SCHEMA pdswrites FROM SERVER aws INTO public', 'import');

# --- what is written is read, by every engine, as the heap has it ---------------------------------------------
psql_ok(<<'SQL', 'rows to be written');
CREATE TABLE heap_all (LIKE lazy);
INSERT INTO heap_all VALUES
 (1, 'plain', 1.5, true, '2024-01-31', '2024-01-31 10:11:12.12', 1.50, 127, 1.5, 'abc', 'xy', 9223372036854775807),
 (2, 'it''s "q" é 素敵', 'NaN', false, '0001-01-01', '0001-01-01 00:00:00', -0.05, -128, 'NaN', 'é', 'é', -9223372036854775808),
 (3, '', '-Infinity', NULL, NULL, NULL, NULL, NULL, 'Infinity', '', '', NULL),
 (4, NULL, 1e300, NULL, '1582-10-10', '2024-01-31 10:11:12', 100, 0, 3.4028235e38, NULL, NULL, 0),
 (5, '  blanks  ', 0.1, true, '9999-12-31', '9999-12-31 23:59:59.999', 99999999.99, 1, 0.1, '  a ', 'a', 1),
 (6, 'x', '-0', true, '0044-03-15 BC', '1969-12-31 23:59:59.999', 0, 1, '-0', 'x', 'xyz', 1),
 (7, 'y', 4.9e-324, true, '20000-01-01', '20000-01-01 00:00:00', 0, 1, 1e-45, 'x', 'xyz', 1);
CREATE TABLE heap_text (a text, b text, c text);
INSERT INTO heap_text VALUES ('plain', 'with, comma', 'say "hi"'), ('', 'C:\temp\', ''), ('a', '', NULL), ('b', NULL, NULL),
 (NULL, NULL, NULL), ('"', '\', '\"'), (' x ', '"",""', '''');
SQL

sub same_rows
{
	my ($table, $heap, $name, @engines) = @_;

	for my $engine (@engines ? @engines : ('direct', 'athena'))
	{
		my $got = psql_value("SET pds.engine = $engine; SET TimeZone = 'UTC';
			SELECT (SELECT count(*) FROM (SELECT rec::text FROM $table rec EXCEPT ALL SELECT rec::text FROM $heap rec) x),
			       (SELECT count(*) FROM (SELECT rec::text FROM $heap rec EXCEPT ALL SELECT rec::text FROM $table rec) x),
			       (SELECT count(*) > 0 FROM $heap h)");
		is($got, '0|0|t', "$name ($engine)") or diag(psql_value(
				"SET pds.engine = $engine; SELECT rec::text FROM $table rec; SELECT '--'; SELECT rec::text FROM $heap rec"));
	}
	return;
}

for my $table ('lazy', 'escaped', 'ctrla', 'nulls')
{
	psql_ok("INSERT INTO $table SELECT * FROM heap_all", "INSERT INTO $table");
	# the other engine of the stack, which stands in for Trino, has no such years
	my @engines = trino_answers() ? () : ('direct');
	same_rows($table, 'heap_all', "$table has the rows of the heap", @engines);
}
is(content('ctrla'), content('ctrla') =~ s/^.*//r =~ s/^/i\x01s\x01d\x01b\x01dt\x01ts\x01n\x01ti\x01f\x01v\x01c\x01bi/r,
	'the header line has the names');
like(content('lazy'), qr/^1,plain,1\.5,true,2024-01-31,2024-01-31 10:11:12\.12,1\.50,127,1\.5,abc,xy ?,9223372036854775807$/m,
	'the bytes are those of the engine');
psql_ok("INSERT INTO escaped VALUES (20, 'pipe | and \\ and \\N', 1), (21, '\\N', 2), (22, '|', 3), (23, '\\', 4)",
	'separators and escapes in a table with an escape');
same_rows('(SELECT i, s FROM escaped WHERE i >= 20)',
	"(VALUES (20, 'pipe | and \\ and \\N'), (21, '\\N'), (22, '|'), (23, '\\'))", 'they come back');
psql_ok('INSERT INTO opened SELECT * FROM heap_text', 'INSERT into opencsv');
same_rows('opened', 'heap_text', 'opencsv: quotes, escapes, NULL at the end', 'direct', 'athena');

my %csv = (
	comma => "format 'csv'",
	header => "format 'csv', header 'true', delimiter ';'",
	backslash => "format 'csv', escape '\\', null 'NULL'",
	tab => "format 'csv', delimiter '\\t', quote ''''",
	latin => "format 'csv', encoding 'LATIN1', compression 'gzip'",
	zstd => "format 'csv', write_compression 'zstd'");
psql_ok(<<'SQL', 'rows for csv');
CREATE TABLE heap_csv (a text, b numeric, c timestamptz, d bytea, e int[], f timestamp, g interval, h date, i float8, j jsonb);
INSERT INTO heap_csv VALUES (E'line\nbreak\r\n"q", \\ ;''', 'NaN', '2024-01-31 10:00:00.123456+02', '\x0001ff', '{1,NULL,3}',
  '2024-01-31 10:00:00.123456', '1 mon 2 days', 'infinity', 'NaN', '{"a": [1, "x"]}'),
 ('', 1.500, 'infinity', '', '{}', '-infinity', '-1 day', '0044-03-15 BC', 0.1, 'null');
INSERT INTO heap_csv (a, b) VALUES ('NULL', NULL), (NULL, 1), ('é', 3.0), ('\N', 4), (E'\ufeff', 0);
SQL
for my $name (sort keys %csv)
{
	my $where = $name eq 'latin' ? q(WHERE a IS NULL OR a <> E'\ufeff') : '';
	psql_ok("CREATE FOREIGN TABLE csv_$name (a text, b numeric, c timestamptz, d bytea, e int[], f timestamp, g interval,
		h date, i float8, j jsonb) SERVER aws OPTIONS (location 's3://pds-writes/csv_$name/', $csv{$name});
		SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601'; SET extra_float_digits = -3; SET bytea_output = 'escape';
		SET TimeZone = 'Asia/Tokyo';
		INSERT INTO csv_$name SELECT * FROM heap_csv $where", "INSERT INTO csv_$name under odd settings");
	same_rows("csv_$name", "(SELECT * FROM heap_csv $where)", "csv $name", 'direct');
}
is(python('print(all(o["Key"].endswith(".csv.zst") for o in objects("csv_zstd/")))'), 'True', 'the suffix tells zstd');
is(python('print(body(objects("csv_latin/")[0]["Key"]).count(b"\xe9"))'), 1, 'gzip, LATIN1');

# --- refused, by name ----------------------------------------------------------------------------------------
my @refused = (
	["lazy (i, s) VALUES (1, 'a'), (2, E'a\\nb')", qr/22023.*column "s" of row 2 contains a line break.*HINT/s],
	["lazy (i, s) VALUES (1, 'a,b')", qr/22023.*column "s" of row 1 contains a separator/s],
	["lazy (i, s) VALUES (1, '\\N')", qr/22023.*"s".*stands for NULL/s],
	["lazy (ti) VALUES (128)", qr/22023.*"ti".*tinyint/s],
	["lazy (dt) VALUES ('infinity')", qr/22023.*"dt".*infinite/s],
	["lazy (ts) VALUES ('-infinity')", qr/22023.*"ts".*infinite/s],
	["lazy (ts) VALUES ('294276-12-31')", qr/22023.*"ts".*later than the SerDe can read/s],
	["lazy (n) VALUES ('NaN')", qr/22023.*"n".*no decimal/s],
	["lazy (v) VALUES ('abcdef')", qr/22001/],
	["nulls (s) VALUES ('NULL')", qr/22023.*stands for NULL/s],
	["opened VALUES ('a', NULL, 'c')", qr/22023.*column "b" of row 1 is NULL before a column with a value.*HINT/s],
	["opened VALUES (E'a\\rb')", qr/22023.*"a".*line break/s],
	["micro VALUES ('2024-01-01', '2024-01-01 00:00:00.0001')", qr/22023.*"o".*microseconds/s],
	["pseudo VALUES (1, 's3://x')", qr/0A000.*"\$path".*pseudo-column.*HINT/s],
	["versioned VALUES (1)", qr/0A000.*version_id/s],
	["footer VALUES (1)", qr/HV00R: GetTable of pdswrites\.nowhere failed/],
	["headers VALUES (1)", qr/0A000.*2 header lines/s],
	["unset VALUES (1)", qr/55000.*does not allow inserts/s],
	["bzip VALUES (1)", qr/0A000.*bzip2.*HINT/s],
	["part_mode VALUES (1)", qr/HV024: write_mode "overwrite_partitions" needs partition keys/],
	["latin VALUES ('素')", qr/22P05/],
	["parts VALUES (1, 'x', 2024, '', '2024-01-01')", qr/22023.*"region".*reads as NULL/s],
	["parts VALUES (1, 'x', 2024, '__HIVE_DEFAULT_PARTITION__', '2024-01-01')", qr/22023.*"region".*reads as NULL/s],
	["parts VALUES (1, 'x', 2024, E'a\\nb', '2024-01-01')", qr/22023.*"region".*control character/s],
	["projected VALUES (1, 13, '2024-01-01')", qr/22023.*"m".*none of the projected values/s]);
psql_ok(<<'SQL', 'tables that refuse');
CREATE FOREIGN TABLE micro (ts timestamp, o timestamp) SERVER aws OPTIONS (location 's3://pds-writes/refused/', format 'opencsv');
CREATE FOREIGN TABLE pseudo (a int, "$path" text) SERVER aws OPTIONS (location 's3://pds-writes/pseudo/');
CREATE FOREIGN TABLE versioned (a int) SERVER aws OPTIONS (location 's3://pds-writes/v.csv', version_id 'x');
CREATE FOREIGN TABLE footer (a int OPTIONS (glue_type 'int')) SERVER aws OPTIONS (database 'pdswrites', table_name 'nowhere');
CREATE FOREIGN TABLE headers (a int) SERVER aws OPTIONS (location 's3://pds-writes/refused/', header '2');
CREATE FOREIGN TABLE unset (a int) SERVER aws OPTIONS (location 's3://pds-writes/refused/', updatable 'false');
CREATE FOREIGN TABLE bzip (a int) SERVER aws OPTIONS (location 's3://pds-writes/refused/', compression 'bzip2');
CREATE FOREIGN TABLE part_mode (a int) SERVER aws OPTIONS (location 's3://pds-writes/refused/', write_mode 'overwrite_partitions');
CREATE FOREIGN TABLE latin (a text) SERVER aws OPTIONS (location 's3://pds-writes/refused/', encoding 'LATIN1');
SQL
my $before = object_count('');
psql_fails("INSERT INTO $_->[0]", $_->[1], "refused: $_->[0]") for @refused;
is(object_count(''), $before, 'nothing was written by what was refused');
psql_fails('UPDATE lazy SET i = 1', qr/0A000.*cannot be updated.*HINT/s, 'UPDATE');
psql_fails('DELETE FROM lazy', qr/0A000.*cannot be deleted.*HINT/s, 'DELETE');
psql_fails('SET default_transaction_read_only = on; INSERT INTO swap VALUES (1)', qr/25006/, 'read-only transaction');
psql_fails("SET default_transaction_read_only = on; SELECT pds.write_csv('aws', 'SELECT 1', 's3://pds-writes/ro/')",
	qr/25006.*write_csv/s, 'read-only transaction: write_csv');

psql_ok('INSERT INTO pseudo VALUES (1), (2)', 'a table with a pseudo-column');
like(psql_value('SELECT * FROM pseudo'), qr{^1\|s3://pds-writes/pseudo/\S+\n2\|}, 'which is read');

# --- nested ----------------------------------------------------------------------------------------------------
psql_ok(<<'SQL', 'nested values');
INSERT INTO nested VALUES (1, '{1,NULL,3}', '{"x": 1, "y": null}', '{"x": 1, "y": "q"}', '[["a"], [], ["b", "c"]]'),
	(2, '{}', '{}', '{"y": null, "x": 5}', '[]'), (3, NULL, NULL, NULL, NULL);
SQL
is(content('nested'), "1,1;\\N;3,x:1;y:\\N,1;q,a;;b:c\n2,,,5;\\N,\n3,\\N,\\N,\\N,\\N\n", 'their delimited text');
same_rows('nested', q[(VALUES (1, '{1,NULL,3}'::int[], '{"x": 1, "y": null}'::jsonb, '{"x": 1, "y": "q"}'::jsonb, '[["a"], [], ["b", "c"]]'::jsonb),
	(2, '{}', '{}', '{"y": null, "x": 5}', '[]'), (3, NULL, NULL, NULL, NULL))], 'nested values', trino_answers() ? () : ('direct'));
psql_fails("INSERT INTO nested (r) VALUES ('{\"x\": \"no\"}')", qr/22023.*"r".*a string.*a number/s, 'a string for a number');
psql_fails("INSERT INTO nested (r) VALUES ('{\"z\": 1}')", qr/22023.*field "z"/s, 'a field that is not there');
psql_fails("INSERT INTO nested (m) VALUES ('{\"a;b\": 1}')", qr/22023.*separator/s, 'a separator in a key');
psql_fails("INSERT INTO nested (a) VALUES ('{NULL}')", qr/22023.*one NULL/s, 'an array of one NULL');
psql_fails("INSERT INTO nested (aa) VALUES ('[[]]')", qr/22023.*one empty element/s, 'an array of one empty array');
psql_fails("INSERT INTO nested (m) VALUES ('{\"a\": 1.5}')", qr/22023.*would round/s, 'a number that would be rounded');

# --- INSERT's own features -----------------------------------------------------------------------------------
psql_ok(<<'SQL', 'a table with defaults and checks');
CREATE FOREIGN TABLE rich (id int DEFAULT 7, twice int GENERATED ALWAYS AS (id * 2) STORED, word text NOT NULL CHECK (word <> 'bad'))
	SERVER aws OPTIONS (location 's3://pds-writes/rich/', format 'csv');
CREATE FUNCTION upper_word() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.word := upper(NEW.word); RETURN NEW; END';
CREATE TRIGGER t BEFORE INSERT ON rich FOR EACH ROW EXECUTE FUNCTION upper_word();
CREATE TABLE seen (word text);
CREATE FUNCTION note_word() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO seen VALUES (NEW.word); RETURN NULL; END';
CREATE TRIGGER u AFTER INSERT ON rich FOR EACH ROW EXECUTE FUNCTION note_word();
CREATE VIEW big AS SELECT * FROM rich WHERE id > 100 WITH CHECK OPTION;
SQL
is(psql_value("INSERT INTO rich (word) VALUES ('a') RETURNING id, twice, word"), '7|14|A', 'RETURNING: default, generated, trigger');
is(psql_value('SELECT * FROM rich; SELECT * FROM seen'), "7|14|A\nA", 'the row, and the AFTER trigger');
psql_fails("INSERT INTO rich (word) VALUES (NULL)", qr/23502/, 'NOT NULL');
psql_ok("ALTER FOREIGN TABLE rich DISABLE TRIGGER t", 'without the trigger');
psql_fails("INSERT INTO rich (word) VALUES ('bad')", qr/23514/, 'CHECK');
psql_fails("INSERT INTO big (id, word) VALUES (1, 'x')", qr/44000/, 'WITH CHECK OPTION');
is(object_count('rich/'), 1, 'failed rows left nothing');
psql_ok("COPY rich (id, word) FROM stdin;\n1\tone\n2\ttwo\n\\.\n", 'COPY FROM');
is(psql_value('SELECT string_agg(word || twice, \',\' ORDER BY id) FROM rich'), 'one2,two4,A14', 'its rows');
psql_ok("CREATE TABLE whole (id int, word text) PARTITION BY RANGE (id);
	CREATE FOREIGN TABLE far PARTITION OF whole FOR VALUES FROM (10) TO (20) SERVER aws
		OPTIONS (location 's3://pds-writes/far/', format 'csv');
	CREATE TABLE near PARTITION OF whole FOR VALUES FROM (0) TO (10);
	INSERT INTO whole VALUES (1, 'near'), (11, 'far'); COPY whole FROM stdin;\n2\tn\n12\tf\n\\.\n", 'rows routed to a partition');
is(psql_value('SELECT string_agg(id::text, \',\' ORDER BY id) FROM far'), '11,12', 'they are there');
psql_fails("INSERT INTO far VALUES (1, 'x')", qr/23514/, 'a partition takes its own rows only');
psql_fails("UPDATE whole SET id = 15 WHERE id = 1", qr/0A000.*cannot be moved/s, 'UPDATE does not move rows there');

# --- transactions --------------------------------------------------------------------------------------------
psql_ok('CREATE FOREIGN TABLE tx (id int, s text) SERVER aws OPTIONS (location \'s3://pds-writes/tx/\', format \'csv\');
	CREATE FOREIGN TABLE tx2 (id int, s text) SERVER aws OPTIONS (location \'s3://pds-writes/tx2/\', format \'csv\')', 'tables');
sub ids { return psql_value("SELECT coalesce(string_agg(id::text, ',' ORDER BY id), '') FROM " . ($_[0] // 'tx')); }
is(psql_value('BEGIN; INSERT INTO tx VALUES (1); INSERT INTO tx2 VALUES (1); SELECT count(*) FROM tx; COMMIT; SELECT count(*) FROM tx'),
	"0\n1", 'own rows are seen after the commit');
is(ids('tx2'), '1', 'two tables in one transaction');
is(object_count('tx/'), 1, 'one object');
psql_ok('BEGIN; INSERT INTO tx VALUES (2); ROLLBACK', 'rolled back');
is(object_count('tx/') . upload_count(), '10', 'nothing of it');
psql_ok('BEGIN; INSERT INTO tx VALUES (3); SAVEPOINT a; INSERT INTO tx VALUES (4); SAVEPOINT b; INSERT INTO tx VALUES (5);
	ROLLBACK TO b; INSERT INTO tx VALUES (6); RELEASE a; INSERT INTO tx VALUES (7); SAVEPOINT c; INSERT INTO tx VALUES (8); ROLLBACK TO c;
	COMMIT', 'savepoints');
is(ids(), '1,3,4,6,7', 'rows of the levels that committed');
is(object_count('tx/'), 2, 'in one object');
psql_ok("DO \$\$ BEGIN FOR i IN 100..599 LOOP BEGIN INSERT INTO tx VALUES (i); IF i % 2 = 1 THEN RAISE 'odd'; END IF;
	EXCEPTION WHEN raise_exception THEN NULL; END; END LOOP; END \$\$", 'a loop with EXCEPTION');
is(psql_value('SELECT count(*), sum(id % 2) FROM tx WHERE id >= 100'), '250|0', 'the even half');
is(object_count('tx/'), 3, 'one object, not one a row');
psql_fails("BEGIN; INSERT INTO tx VALUES (9); PREPARE TRANSACTION 'x'", qr/0A000: a transaction that wrote to S3 cannot be prepared/, 'PREPARE TRANSACTION');
my ($rc, undef, $err) = psql("BEGIN; INSERT INTO tx SELECT g, repeat('x', 1000) FROM generate_series(1000, 13000) g; SAVEPOINT a;
	INSERT INTO tx SELECT g, repeat('y', 1000) FROM generate_series(20000, 60000) g; ROLLBACK TO a;
	INSERT INTO tx SELECT g, repeat('z', 1000) FROM generate_series(70000, 110000) g; COMMIT");
is("$rc$err", '0', 'more than memory holds, in levels');
is(psql_value("SELECT count(*), count(DISTINCT id), string_agg(DISTINCT left(s, 1), '') FROM tx WHERE id >= 1000"), '52002|52002|xz',
	'rows that waited in a file');
psql_fails("INSERT INTO tx SELECT g, repeat('x', 1000) || 1 / (30000 - g) FROM generate_series(1, 40000) g", qr/22012/,
	'an error after parts were sent');
is(upload_count(), 0, 'its upload is aborted');

# --- TRUNCATE, overwrite -------------------------------------------------------------------------------------
psql_ok('BEGIN; TRUNCATE tx; ROLLBACK', 'TRUNCATE rolled back');
is(psql_value('SELECT count(*) > 50000 FROM tx'), 't', 'the rows are still there');
psql_ok('BEGIN; INSERT INTO tx VALUES (1); TRUNCATE tx; INSERT INTO tx VALUES (2); COMMIT', 'TRUNCATE between rows');
is(ids(), '2', 'what came after it');
psql_fails('BEGIN; INSERT INTO tx VALUES (1); SAVEPOINT a; TRUNCATE tx', qr/55006.*HINT/s, 'TRUNCATE of rows before a savepoint');
psql_ok('BEGIN; SAVEPOINT a; TRUNCATE tx; ROLLBACK TO a; INSERT INTO tx VALUES (3); COMMIT', 'TRUNCATE undone by a savepoint');
is(ids(), '2,3', 'nothing was deleted');
psql_ok('TRUNCATE tx, tx2', 'TRUNCATE of two');
is(object_count('tx/') . object_count('tx2/'), '00', 'no objects');
psql_fails('TRUNCATE unset', qr/55000: foreign table "unset" does not allow truncates/, 'TRUNCATE of what is not updatable');
psql_ok("ALTER FOREIGN TABLE tx OPTIONS (ADD write_mode 'overwrite'); INSERT INTO tx VALUES (1); INSERT INTO tx VALUES (2)", 'overwrite');
is(ids(), '2', 'the later one stays');
psql_ok('BEGIN; INSERT INTO tx VALUES (3); INSERT INTO tx VALUES (4); COMMIT', 'overwrite, two statements');
is(ids(), '3,4', 'of one transaction both stay');
psql_fails('INSERT INTO tx SELECT 1 / (5 - g) FROM generate_series(1, 9) g', qr/22012/, 'overwrite that fails');
is(ids(), '3,4', 'the old rows are there');
psql_ok('INSERT INTO tx SELECT 1 WHERE false', 'overwrite with no rows');
is(ids(), '', 'empties the table');

# --- partitions ----------------------------------------------------------------------------------------------
sub registered { return python("print(sorted((p['Values'], p['StorageDescriptor']['Location']) for p in
	glue.get_partitions(DatabaseName='pdswrites', TableName='$_[0]')['Partitions']))"); }

psql_ok("INSERT INTO parts VALUES (1, 'a', 2024, 'eu', '2024-01-01'), (2, 'b', 2024, 'a/b=c %', '2024-01-01'),
	(3, 'c', NULL, NULL, NULL), (4, 'd', 2024, 'eu', '2024-01-01'), (5, 'e', -1, 'ü', '2024-02-29')", 'rows of partitions');
is(registered('parts'), "[(['-1', 'ü', '2024-02-29'], 's3://pds-writes/parts/year=-1/region=ü/day=2024-02-29/'), "
	  . "(['2024', 'a/b=c %', '2024-01-01'], 's3://pds-writes/parts/year=2024/region=a%2Fb%3Dc %25/day=2024-01-01/'), "
	  . "(['2024', 'eu', '2024-01-01'], 's3://pds-writes/parts/year=2024/region=eu/day=2024-01-01/'), "
	  . "(['__HIVE_DEFAULT_PARTITION__', '__HIVE_DEFAULT_PARTITION__', '__HIVE_DEFAULT_PARTITION__'], "
	  . "'s3://pds-writes/parts/year=__HIVE_DEFAULT_PARTITION__/region=__HIVE_DEFAULT_PARTITION__/day=__HIVE_DEFAULT_PARTITION__/')]",
	'they are registered');
same_rows('parts', "(VALUES (1, 'a', 2024, 'eu', date '2024-01-01'), (2, 'b', 2024, 'a/b=c %', '2024-01-01'),
	(3, 'c', NULL, NULL, NULL), (4, 'd', 2024, 'eu', '2024-01-01'), (5, 'e', -1, 'ü', '2024-02-29'))", 'and read back', 'direct');
same_rows("(SELECT * FROM parts WHERE year = 2024)", "(VALUES (1, 'a', 2024, 'eu', date '2024-01-01'),
	(2, 'b', 2024, 'a/b=c %', '2024-01-01'), (4, 'd', 2024, 'eu', '2024-01-01'))", 'by both engines');
python(<<'PY');
sd = glue.get_table(DatabaseName="pdswrites", Name="loose")["Table"]["StorageDescriptor"]
glue.create_partition(DatabaseName="pdswrites", TableName="loose", PartitionInput={
    "Values": ["here"], "StorageDescriptor": dict(sd, Location="s3://pds-writes/elsewhere")})
own = dict(sd, Location="s3://pds-writes/quoted/", SerdeInfo={"SerializationLibrary": OPEN, "Parameters": {}})
glue.create_partition(DatabaseName="pdswrites", TableName="loose", PartitionInput={"Values": ["q"], "StorageDescriptor": own})
PY
psql_ok("INSERT INTO loose VALUES (1, 'here'), (2, 'there'), (3, 'q')", 'partitions that are registered elsewhere');
is(object_count('elsewhere/') . object_count('loose/k=here/') . object_count('loose/k=there/'), '101', 'rows go where they are');
is(content('quoted/'), "\"3\"\n", 'in the SerDe of the partition');
is(psql_value('SELECT string_agg(id || k, \',\' ORDER BY id) FROM loose'), '1here,2there,3q', 'and are read');
psql_ok("ALTER FOREIGN TABLE loose OPTIONS (ADD write_mode 'overwrite_partitions');
	INSERT INTO loose VALUES (4, 'there'), (5, 'new')", 'overwrite_partitions');
is(psql_value('SELECT string_agg(id || k, \',\' ORDER BY id) FROM loose'), '1here,3q,4there,5new', 'the others stay');
psql_ok("ALTER FOREIGN TABLE loose OPTIONS (SET write_mode 'overwrite'); INSERT INTO loose VALUES (6, 'new')", 'overwrite of all partitions');
is(psql_value('SELECT string_agg(id || k, \',\' ORDER BY id) FROM loose'), '6new', 'all are gone');
python('s3.put_object(Bucket="pds-writes", Key="loose/k=left/old.csv", Body=b"7\\n")');
psql_ok("INSERT INTO loose VALUES (8, 'left')", 'overwrite, into a folder that was no partition');
is(psql_value('SELECT string_agg(id || k, \',\' ORDER BY id) FROM loose'), '8left', 'does not show what had been left there');
psql_ok("INSERT INTO projected VALUES (1, 2, '2024-02-03'), (2, 12, '2024-12-31')", 'projected partitions');
is(python('print([o["Key"].rsplit("/", 1)[0] for o in objects("projected/")])'), "['projected/02/2024/02/03', 'projected/12/2024/12/31']",
	'in the folders of the template');
is(registered('projected'), '[]', 'nothing is registered for them');
is(psql_value('SELECT string_agg(id::text, \',\' ORDER BY id) FROM projected WHERE m = 2'), '1', 'and are read');
psql_ok("CREATE FOREIGN TABLE byhand (id int, k text OPTIONS (partition_key 'true'), j int OPTIONS (partition_key 'true')) SERVER aws
	OPTIONS (location 's3://pds-writes/byhand/', format 'csv', header 'true');
	INSERT INTO byhand SELECT g, 'k' || g % 40, g % 3 FROM generate_series(1, 6000) g", 'a table by hand, 120 partitions');
is(psql_value('SELECT count(*), sum(id), count(DISTINCT (k, j)) FROM byhand'), '6000|18003000|120', 'its rows');
is(object_count('byhand/'), 120, 'one object a partition');
psql_ok("INSERT INTO byhand SELECT g, repeat('x', 500) || g % 200, 1 FROM generate_series(1, 200) g", 'long keys');
psql_fails("INSERT INTO byhand VALUES (1, repeat('x', 2000), 1)", qr/54000/, 'keys longer than S3 allows');

# --- files ---------------------------------------------------------------------------------------------------
psql_ok("CREATE FOREIGN TABLE small (id int) SERVER aws OPTIONS (location 's3://pds-writes/small/', format 'csv', header 'true',
	max_rows_per_file '10', write_compression 'gzip'); INSERT INTO small SELECT generate_series(1, 95);
	CREATE FOREIGN TABLE sized (id text) SERVER aws OPTIONS (location 's3://pds-writes/sized/', format 'csv', max_bytes_per_file '64kB');
	INSERT INTO sized SELECT repeat('x', 1000) FROM generate_series(1, 200)", 'files of limited size');
is(object_count('small/') . ',' . object_count('sized/'), '10,4', 'their number');
is(python('print(set(body(o["Key"]).split(b"\n")[0] for o in objects("small/")))'), "{b'id'}", 'each has its header');
is(psql_value('SELECT count(*), sum(id) FROM small'), '95|4560', 'their rows');

my $levels = "INSERT INTO hard SELECT g, md5(g::text) FROM generate_series(1, 3000) g";
psql_ok("CREATE FOREIGN TABLE hard (id int, s text) SERVER aws OPTIONS (location 's3://pds-writes/hard/', format 'csv',
	write_compression 'gzip', write_compression_level '1'); $levels;
	ALTER FOREIGN TABLE hard OPTIONS (SET write_compression_level '9'); $levels;
	ALTER FOREIGN TABLE hard OPTIONS (SET write_compression 'zstd', SET write_compression_level '1'); $levels;
	ALTER FOREIGN TABLE hard OPTIONS (SET write_compression_level '19'); $levels", 'levels of compression');
is(psql_value('SELECT count(*), sum(id), count(DISTINCT s) FROM hard'), '12000|18006000|3000', 'their rows');
is(python('print([k for k in (".gz", ".zst") if len(set(o["Size"] for o in objects("hard/") if o["Key"].endswith(k))) == 2])'), "['.gz', '.zst']",
	'each level has its size');
psql_fails("ALTER FOREIGN TABLE hard OPTIONS (SET write_compression 'gzip'); INSERT INTO hard VALUES (1)",
	qr/HV024: write_compression_level 19 is above 9, the highest of gzip/, 'a level that gzip does not have');
psql_fails("ALTER FOREIGN TABLE hard OPTIONS (SET write_compression 'none'); INSERT INTO hard VALUES (1)",
	qr/HV024: write_compression_level needs a write_compression/, 'a level of nothing');

# --- many backends ---------------------------------------------------------------------------------------------
my @running = map { background("INSERT INTO tx2 SELECT $_ * 1000 + g FROM generate_series(1, 500) g; INSERT INTO parts SELECT g, 'w', 3000 + $_ % 2, 'r', '2024-01-01' FROM generate_series(1, 50) g") } 1 .. 6;
my @results = map { [finish($_)] } @running;
is(join(',', map { $_->[0] } @results), '0,0,0,0,0,0', 'six sessions at once') or diag(map { $_->[2] } @results);
is(psql_value('SELECT count(*), count(DISTINCT id) FROM tx2; SELECT count(*) FROM parts WHERE year IN (3000, 3001)'), "3000|3000\n300", 'all their rows');

# --- rights --------------------------------------------------------------------------------------------------
psql_ok("DROP ROLE IF EXISTS pds_writer; CREATE ROLE pds_writer; GRANT SELECT ON tx2 TO pds_writer;
	CREATE USER MAPPING FOR pds_writer SERVER aws OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}')", 'a user');
psql_fails('SET ROLE pds_writer; INSERT INTO tx2 VALUES (1)', qr/42501/, 'without INSERT');
psql_fails('SET ROLE pds_writer; TRUNCATE tx2', qr/42501/, 'without TRUNCATE');
psql_fails("SET ROLE pds_writer; SELECT pds.write_csv('aws', 'SELECT 1', 's3://pds-writes/no/')", qr/42501.*write_csv/s, 'write_csv is not for everybody');
psql_ok("GRANT INSERT ON tx2 TO pds_writer; SET ROLE pds_writer; INSERT INTO tx2 VALUES (-1)", 'with INSERT');
psql_ok('GRANT EXECUTE ON FUNCTION pds.write_csv TO pds_writer', 'EXECUTE alone');
psql_fails("SET ROLE pds_writer; SELECT pds.write_csv('aws', 'SELECT 1', 's3://pds-writes/no/')", qr/42501.*foreign server/s, 'needs USAGE of the server');
psql_ok('GRANT USAGE ON FOREIGN SERVER aws TO pds_writer', 'and USAGE');
psql_fails("SET ROLE pds_writer; SELECT pds.write_csv('aws', 'SELECT * FROM heap_all', 's3://pds-writes/no/')", qr/42501.*heap_all/s, 'the rights on the query are the caller\'s');
like(psql_value("SET ROLE pds_writer; SELECT object, rows, bytes FROM pds.write_csv('aws', 'SELECT 1 AS a', 's3://pds-writes/yes/')"),
	qr{^s3://pds-writes/yes/\S+\.csv\|1\|4$}, 'then it works');

# --- pds.write_csv -------------------------------------------------------------------------------------------
is(psql_value("SELECT * FROM pds.write_csv('aws', 'SELECT g AS id, ''w'' || g AS word FROM generate_series(1, 3) g', 's3://pds-writes/out/a.csv')"),
	's3://pds-writes/out/a.csv|3|23', 'one object by name');
is(content('out/a.csv'), "id,word\n1,w1\n2,w2\n3,w3\n", 'its bytes');
psql_fails("SELECT * FROM pds.write_csv('aws', 'SELECT 1', 's3://pds-writes/out/a.csv')", qr/42710.*HINT.*overwrite/s, 'append to a name that exists');
is(psql_value("SELECT * FROM pds.write_csv('aws', 'SELECT 1 AS a', 's3://pds-writes/out/a.csv', mode => 'overwrite', header => false)"),
	's3://pds-writes/out/a.csv|1|2', 'overwrite by name');
is(psql_value("SELECT rows FROM pds.write_csv('aws', 'SELECT 1 AS a WHERE false', 's3://pds-writes/out/empty.csv.gz')"), '0', 'no rows: an object with the header');
is(content('out/empty.csv.gz'), "a\n", 'its bytes, by the name gzip');
is(psql_value("SELECT count(*), sum(rows) FROM pds.write_csv('aws', 'SELECT g AS id, g % 4 AS k, g % 2 = 0 AS even FROM generate_series(1, 100) g',
	's3://pds-writes/ds/', partition_by => '{k,even}', compression => 'zstd', max_rows_per_file => 20)"), '8|100', 'partitioned');
is(python('print([o["Key"].rsplit("/", 1)[0] for o in objects("ds/k=1")])'), "['ds/k=1/even=false', 'ds/k=1/even=false']", 'its folders');
psql_ok("SELECT * FROM pds.write_csv('aws', 'SELECT 0 AS id, 1 AS k, false AS even', 's3://pds-writes/ds/', partition_by => '{k,even}', mode => 'overwrite_partitions')",
	'overwrite_partitions');
is(object_count('ds/k=1/') . object_count('ds/'), '17', 'the other folders stay');
psql_ok("SELECT * FROM pds.write_csv('aws', 'SELECT 0 AS id', 's3://pds-writes/ds/', mode => 'overwrite', format => 'lazysimple', delimiter => '|', header => false)", 'overwrite');
is(object_count('ds/') . content('ds/'), "10\n", 'all that was there is gone');
# what is returned must not lie in a context that SPI deletes: it shows with many objects
is(psql_value("SELECT count(*), count(DISTINCT object), sum(rows), sum(bytes), bool_and(object ~ '^s3://pds-writes/many/[0-9a-f_]+[.]csv\$')
	FROM pds.write_csv('aws', 'SELECT g AS a FROM generate_series(1000, 1799) g', 's3://pds-writes/many/', max_rows_per_file => 1)"),
	'800|800|800|5600|t', 'eight hundred objects');
is(object_count('many/'), 800, 'all there');
is(psql_value("CREATE FUNCTION pg_temp.spi() RETURNS text LANGUAGE plpgsql AS \$\$
	DECLARE w record; names text := ''; BEGIN
	FOR i IN 1..3 LOOP
		FOR w IN SELECT * FROM pds.write_csv('aws', 'SELECT ' || i || ' AS a, * FROM pds.profile(''heap_all'')', 's3://pds-writes/nested/' || i || '/') LOOP
			names := names || w.rows || ' ' || substr(w.object, 1, 25) || ' ';
		END LOOP;
	END LOOP;
	RETURN names; END \$\$; SELECT pg_temp.spi()"), join('', map { "12 s3://pds-writes/nested/$_/ " } 1 .. 3),
	'below SPI of others, with a query that uses SPI');
psql_ok("BEGIN; SELECT pds.write_csv('aws', 'SELECT 1', 's3://pds-writes/gone/'); SAVEPOINT a;
	SELECT pds.write_csv('aws', 'SELECT repeat(''x'', 1000) FROM generate_series(1, 20000)', 's3://pds-writes/gone2/'); ROLLBACK TO a; COMMIT", 'in a savepoint');
is(object_count('gone/') . object_count('gone2/') . upload_count(), '100', 'goes with it');
psql_fails("SELECT pds.write_csv('aws', $_->[0])", $_->[1], "write_csv: $_->[0]") for (
	["'CREATE TABLE x ()', 's3://pds-writes/x/'", qr/42P11: argument "query" is not one statement that returns rows/],
	["'SELECT 1', 's3://pds-writes/x.csv', max_rows_per_file => 1", qr/22023.*folder/s],
	["'SELECT 1', 's3://pds-writes/x.csv.gz', compression => 'none'", qr/22023.*name/s],
	["'SELECT 1', 's3://pds-writes/x/', compression => 'bzip2'", qr/22023.*gzip/s],
	["'SELECT 1 AS a', 's3://pds-writes/x/', partition_by => '{b}'", qr/22023.*partition_by.*"b"/s],
	["'SELECT 1 AS a', 's3://pds-writes/x/', partition_by => '{a}'", qr/22023.*no column/s],
	["'SELECT 1', 's3://pds-writes/x/', mode => 'merge'", qr/22023.*append/s],
	["'SELECT 1', 's3://pds-writes/x/', format => 'parquet'", qr/22023.*lazysimple/s],
	["'SELECT 1', 's3://pds-writes/x/', delimiter => '||'", qr/22023.*ASCII/s],
	["'SELECT 1', 'https://pds-writes/x/'", qr{22023: "https://pds-writes/x/" is not an S3 location}],
	["'SELECT E''a\\nb'' AS t', 's3://pds-writes/x/', format => 'lazysimple'", qr/22023.*column "t" of row 1 contains a line break/s]);
is(object_count('x'), 0, 'nothing of these');
close $questions;
waitpid $python, 0;
done_testing();
