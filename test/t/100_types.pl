# Types and malformed data: nested values by both engines, typed OpenCSV, on_error and reject_limit, bytes that are no
# text, other encodings, and what import says of quotes.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_types');

run_python(<<'PY');
import boto3, gzip
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-types")
try:
    glue.create_database(DatabaseInput={"Name": "types"})
except glue.exceptions.AlreadyExistsException:
    for t in glue.get_tables(DatabaseName="types", MaxResults=100)["TableList"]:
        glue.delete_table(DatabaseName="types", Name=t["Name"])
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
NESTED = {"field.delim": ",", "collection.delim": "|", "mapkey.delim": ":", "escape.delim": "\\"}

def make(name, columns, data, params={"field.delim": ","}, serde=LAZY, table={}, key="d.csv", keys=[]):
    columns = [c.split(" ", 1) for c in columns]
    sd = {"Columns": [{"Name": n, "Type": t} for n, t in columns], "Location": f"s3://pds-types/{name}/",
          "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
          "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
          "SerdeInfo": {"SerializationLibrary": serde, "Parameters": params}}
    s3.put_object(Bucket="pds-types", Key=f"{name}/{key}", Body=data if isinstance(data, bytes) else data.encode())
    glue.create_table(DatabaseName="types", TableInput={"Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": table,
                      "StorageDescriptor": sd, "PartitionKeys": keys})
    return sd

make("arrays", ["id int", "s array<string>", "i array<int>", "n array<decimal(5,2)>", "f array<float>", "d array<double>",
                "t array<timestamp>", "y array<date>", "b array<binary>", "c array<char(3)>", "v array<varchar(2)>",
                "o array<boolean>"],
     "1,a|b\\|c|\\N|,1|x||3,1.005|1|-0.5,16777216|0.1|NaN,1e23|-0|1e-4,2024-01-31 10:11:12.1239|bad,2024-02-30|x,"
     "aGVsbG8=|_w==,a|abcd,abc|é日x,true|FALSE|1\n2,,,,,,,,,,,\n3,\\N,\\N,\\N,\\N,\\N,\\N,\\N,\\N,\\N,\\N,\\N\n4\n"
     "5,a\\|b,1,1,1,1,9999-12-31 23:59:59.9999|-0001-01-01 00:00:00,+10000-01-01|-0001-01-01,,,,\n", NESTED)
make("jsons", ["id int", "m map<string,int>", "s struct<A:int,b:array<string>,c:struct<d:date,e:double>>",
               "a array<struct<x:int,y:string>>", "n array<array<int>>", "k map<date,timestamp>", "f map<double,string>",
               "c struct<c:char(3),v:varchar(2)>", "u uniontype<int,string>", "q map<string,map<string,decimal(4,1)>>"],
     "1,a:1|b:x|a:3|\\N:4|c,5|p:q\\:r|2024-01-31:1e7,1:x|2,1:2|:|3,2024-01-31:2024-01-31 10:11:12.5|bad:x,"
     "1:a|1.0:b|NaN:c|NaN:d|-0.0:e|0:f|1e10:g,a|é日x,0|7|z,k:p\x051.25\x04q\x05x|l:\n"
     "2,,,,,,,,,\n3,\\N,\\N,\\N,\\N,\\N,\\N,\\N,\\N,\\N\n4\n5,a\"b\\\\:1|tab\there:2,|,|,|,,,,1||,\n"
     "66666666666666666666,k\\:x:1|l:2,1|p\\:q:r,,,,,,,\n", NESTED)
make("deep", ["v array<array<array<array<array<array<array<int>>>>>>>"], "1\x08\x08\x083\x072\x022\n", {"field.delim": ","})
make("deeper", ["id int", "v array<array<array<array<array<array<array<array<int>>>>>>>>"], "1,2\x0b3\x084\n", {"field.delim": ","})
make("deeper_yes", ["v array<array<array<array<array<array<array<array<int>>>>>>>>"], "1\x0b2\x083\n",
     {"field.delim": ",", "hive.serialization.extend.nesting.levels": "true"})
make("inner_binary", ["s struct<b:binary,i:int>", "i int"], "aGVsbG8=\x023,1\n")
make("hidden", ["id int", "v void"], "1,2\n")
make("refused", ["id int", "v long"], "1,2\n")
make("formats", ["id int", "t timestamp"], "".join(f"{i}|{v}\n" for i, v in enumerate(
     ["31/Jan/2024 10:11 PM", "01-02-24", "2024-01-31T10:11:12+0200", "1706695872000", "2024-01-31 10:11:12.1236",
      "2024.031 AD", "Wed Jan 31 2024", "99/Jan/2024 10:11 PM", "a, b 2024-05-06", "nothing of it"])),
     {"field.delim": "|", "timestamp.formats":
      "dd/MMM/yyyy hh:mm a,dd-MM-yy,yyyy-MM-dd'T'HH:mm:ssZ,millis,yyyy.DDD 'AD',EEE MMM dd yyyy,'a'\\, 'b' yyyy-MM-dd"})
make("opencsv", ["i int", "b bigint", "d double", "o boolean", "t timestamp", "y date"],
     "1,9223372036854775807,1e3,TRUE,1579059880000,18276\n", {}, OPEN)
for i, (column, value) in enumerate([("int", ""), ("int", "1.0"), ("bigint", "9223372036854775808"), ("double", "x"),
                                     ("boolean", "yes"), ("timestamp", "2024-01-31 10:11:12"), ("date", "2024-01-31")]):
    make(f"bad{i}", [f"v {column}", "n int"], f"\"{value}\",1\n", {}, OPEN)
    make(f"badnull{i}", [f"v {column}", "n int"], f"\"{value}\",1\n", {}, OPEN, {"use.null.for.invalid.data": "true"})
make("malformed", ["id int", "n int", "d date"], "1,1,2024-01-01\n2,x,2024-01-01\n3,,bad\n4,y,z\n5,5,5881581-01-01\n")
make("bytes", ["id int", "s string"], b"1,ok\n2,a\x00b\n3,\xff\xfe\n4,\xc3\xa9\n")
make("latin", ["id int", "s string"], "1,\xe9\n".encode("latin-1"))
make("quoted", ["a string", "b string"], 'id,note\n"1","a,b"\n', table={"skip.header.line.count": "1"})
make("quoted_gz", ["a string", "b string"], gzip.compress(b'"x",1\n' * 50000), key="a.csv.gz")
make("unquoted", ["a string", "b string"], 'say "x",1\n')
sd = make("quoted_part", ["a string"], "", key="_x", keys=[{"Name": "k", "Type": "string"}])
glue.create_partition(DatabaseName="types", TableName="quoted_part", PartitionInput={"Values": ["1"],
    "StorageDescriptor": dict(sd, Location="s3://pds-types/quoted/")})
s3.put_object(Bucket="pds-types", Key="hand/a.csv", Body=b"1,open,1,2024-01-01\n2,shut,2,x\nz,ajar,9,2024-01-03\n4,open,-1,2024-01-04\n")
s3.put_object(Bucket="pds-types", Key="sjis/a.csv", Body="1,表ソ\n2,ok\n".encode("shift_jis"))
s3.put_object(Bucket="pds-types", Key="euro/a.csv", Body="1,\u20ac\n2,ok\n".encode())
make("gone", ["a string"], "x\n")
glue.update_table(DatabaseName="types", TableInput={"Name": "gone", "TableType": "EXTERNAL_TABLE", "Parameters": {},
    "PartitionKeys": [], "StorageDescriptor": dict(sd, Location="s3://pds-no-such-bucket/x/")})
PY

create_server('aws', output_location => 's3://pds-types/results/');
my ($rc, $out, $err) = psql("IMPORT FOREIGN SCHEMA types FROM SERVER aws INTO public");
is($rc, 0, 'import') or diag $err;

# --- quotes that the SerDe does not know ----------------------------------------------------------------------------
for my $t ('quoted', 'quoted_gz', 'quoted_part')
{
	like($err, qr/NOTICE:.*table "$t" has quotes in its first lines.*format 'csv'/s, "NOTICE for $t");
}
unlike($err, qr/table "(unquoted|arrays|opencsv)" has quotes/, 'and for no other');
unlike($err, qr/table "gone".*(denied|not exist)/, 'a look that fails is forgotten');

# --- nested values --------------------------------------------------------------------------------------------------
my $trino = trino_answers();

sub both
{
	my ($sql, $name, $want) = @_;
	my $direct = psql_value("SET pds.engine = direct; $sql");

	is($direct, $want, "$name: direct") if defined $want;
  SKIP:
	{
		skip 'not Trino behind the Athena service', 1 unless $trino;
		is(psql_value("SET pds.engine = athena; $sql"), $direct, "$name: Athena gives the same");
	}
	return;
}
is(psql_value("SELECT string_agg(format_type(atttypid, atttypmod), ' ' ORDER BY attnum) FROM pg_attribute"
	  . " WHERE attrelid = 'arrays'::regclass AND attnum > 0 AND attname !~ '^[\$]'"),
	'integer text[] integer[] numeric(5,2)[] real[] double precision[] timestamp(3) without time zone[] date[] bytea[]'
	  . ' character(3)[] character varying(2)[] boolean[]', 'arrays of scalars are arrays');
is(psql_value("SELECT string_agg(DISTINCT format_type(atttypid, atttypmod), ' ') FROM pg_attribute"
	  . " WHERE attrelid = 'jsons'::regclass AND attnum > 1 AND attname !~ '^[\$]'"), 'jsonb text', 'others are jsonb, a union text');
my $columns = psql_value("SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'arrays'::regclass AND attnum > 0 AND attname !~ '^[\$]'");
both("SELECT $columns FROM arrays", 'arrays');
both('SELECT s, cardinality(s), i FROM arrays WHERE id < 5', 'elements',
	"{a,b|c,NULL,\"\"}|4|{1,NULL,NULL,3}\n{}|0|{}\n||\n||");
both('SELECT n, f, d, t, y FROM arrays WHERE id = 1', 'numbers and times',
	'{1.01,1.00,-0.50}|{1.6777216e+07,0.1,NaN}|{9.999999999999999e+22,-0,0.0001}|{"2024-01-31 10:11:12.124",NULL}|{2024-03-01,NULL}');
both('SELECT b, c, v, o FROM arrays WHERE id = 1', 'bytes and characters',
	'{"\\\\x68656c6c6f","\\\\xff"}|{"a  ",abc}|{ab,é日}|{t,f,NULL}');
both('SELECT t, y FROM arrays WHERE id = 5', 'far years',
	'{"10000-01-01 00:00:00","0002-01-01 00:00:00 BC"}|{10000-01-01,"0002-01-01 BC"}');
$columns = psql_value("SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'jsons'::regclass AND attnum > 0 AND attname !~ '^[\$]'");
both("SELECT $columns FROM jsons", 'maps and structs');
both('SELECT m, s, a, n FROM jsons WHERE id = 1', 'jsonb',
	'{"a": 1, "b": null, "c": null}|{"a": 5, "b": ["p", "q\\\\", "r"], "c": {"d": "2024-01-31", "e": 10000000}}|'
	  . '[{"x": 1, "y": "x"}, {"x": 2, "y": null}]|[[1, 2], [null, null], [3]]');
both('SELECT k, f, c, u, q FROM jsons WHERE id = 1', 'keys, cut strings, a union',
	'{"2024-01-31": "2024-01-31 10:11:12.500"}|{"1.0": "a", "NaN": "d", "-0.0": "e", "1.0E10": "g"}|{"c": "a  ", "v": "é日"}|'
	  . '{"tag":0,"field0":7,"field1":"z"}|{"k": {"p": 1.3, "q": null}, "l": {}}');
both('SELECT m, s, a, n FROM jsons WHERE id = 2', 'empty ones', '{}|{"a": null, "b": null, "c": null}|[]|[]');
both('SELECT count(m), count(s), count(u) FROM jsons WHERE id = 3', 'NULL', '0|0|0');
both('SELECT m, s FROM jsons WHERE id IS NULL', 'an escape protects up to the length of the value only',
	'{"l": 2, "k\\\\": null}|{"a": 1, "b": ["p\\\\", "q", "r"], "c": null}');
both('SELECT v FROM deep', 'seven levels', '[[[[[[[1, null, null, 3], [2]]]]]], [[[[[[2]]]]]]]');
both('SELECT v FROM deeper_yes', 'eight, with the property');
is(psql_value('SET pds.engine = direct; SELECT id FROM deeper'), '1', 'too deep a column is left alone');
psql_fails('SET pds.engine = direct; SELECT v FROM deeper', qr/0A000.*separators for 8.*extend\.nesting\.levels/s, 'too deep');
is(psql_value('SET pds.engine = auto; SELECT s, i FROM inner_binary'), '{"b": "aGVsbG8=", "i": 3}|1', 'binary in a struct is base64');
psql_fails('SET pds.engine = athena; SELECT s FROM inner_binary', qr/0A000.*no JSON/s, 'for which Athena has no JSON');

# --- types that Athena does not take --------------------------------------------------------------------------------
is(psql_value('SET pds.engine = direct; SELECT id FROM hidden'), '1', 'beside a void column');
psql_fails('SET pds.engine = direct; SELECT v FROM hidden', qr/0A000.*does not offer/s, 'which cannot be selected');
psql_fails('SET pds.engine = direct; SELECT count(*) FROM refused', qr/0A000.*"long".*refuses the table/s, 'a name of a type that it refuses');
psql_ok("ALTER FOREIGN TABLE refused OPTIONS (ADD format 'lazysimple')", 'read here only');
is(psql_value('SELECT v FROM refused'), '2', 'it is read by its own rules');

# --- timestamp.formats ----------------------------------------------------------------------------------------------
both("SELECT id, t FROM formats ORDER BY id", 'timestamp.formats', join "\n",
	'0|2024-01-31 22:11:00', '1|2024-02-01 00:00:00', '2|2024-01-31 08:11:12', '3|2024-01-31 10:11:12',
	'4|2024-01-31 10:11:12.124', '5|2024-01-31 00:00:00', '6|2024-01-31 00:00:00', '7|', '8|2024-05-06 00:00:00', '9|');

# --- typed OpenCSV --------------------------------------------------------------------------------------------------
is(psql_value('SELECT i, b, d, o, t, y FROM opencsv'), '1|9223372036854775807|1000|t|2020-01-15 03:44:40|2020-01-15', 'typed OpenCSV');
for my $i (0 .. 6)
{
	psql_fails("SELECT v, n FROM bad$i", qr/22P02.*for column "v".*HIVE_BAD_DATA.*bad$i\/d\.csv, record 1/s, "bad data of OpenCSV ($i)");
	is(psql_value("SELECT v, n FROM badnull$i"), '|1', "use.null.for.invalid.data ($i)");
}

# --- malformed values -----------------------------------------------------------------------------------------------
sub with_options
{
	my ($table, $options, $sql) = @_;
	my @r = psql("SET pds.engine = direct; BEGIN; ALTER FOREIGN TABLE $table OPTIONS ($options); $sql; ROLLBACK");

	return @r;
}
($rc, $out, $err) = psql('SELECT id, n, d FROM malformed WHERE id < 5');
psql_fails('SELECT id, n, d FROM malformed', qr/22008.*"5881581-01-01" is out of range for column "d".*malformed\/d\.csv, record 5/s,
	'what the SerDe itself refuses');
is(psql_value('SELECT id, n FROM malformed'), "1|1\n2|\n3|\n4|\n5|5", "the SerDe's rule: NULL");
($rc, $out, $err) = psql('SELECT n FROM malformed');
like($err, qr/^[^\n]*WARNING:  01000: 2 values of "malformed" could not be read and are NULL/m, 'one WARNING');
is(() = $err =~ /WARNING/g, 1, 'and one only');
like(psql_value('EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT n FROM malformed'), qr/Malformed Values: 2/, 'counted');
($rc, $out, $err) = with_options('malformed', "ADD on_error 'null'", 'SELECT id, n, d FROM malformed');
is($out, "1|1|2024-01-01\n2||2024-01-01\n3||\n4||\n5|5|", 'on_error null');
like($err, qr/WARNING:  01000: 5 values of "malformed" were set to NULL \(on_error\)/, 'its WARNING');
($rc, $out, $err) = with_options('malformed', "ADD on_error 'skip'", 'SELECT id, n, d FROM malformed');
is($out, '1|1|2024-01-01', 'on_error skip');
like($err, qr/WARNING:  01000: 4 rows of "malformed" were skipped \(on_error\)/, 'its WARNING');
($rc, $out, $err) = with_options('malformed', "ADD on_error 'skip'",
	'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT id, n, d FROM malformed');
like($out, qr/Rejected: 4/, 'counted');
($rc, $out, $err) = with_options('malformed', "ADD on_error 'stop'", 'SELECT id, n FROM malformed');
like($err, qr/ERROR:  22P02: invalid value "x" for column "n".*record 2, column "n": "x"/s, 'on_error stop: object, record, column, value');
($rc, $out, $err) = with_options('malformed', "ADD on_error 'null', ADD reject_limit '5'", 'SELECT id, n, d FROM malformed');
is($rc, 0, 'as many as reject_limit');
($rc, $out, $err) = with_options('malformed', "ADD on_error 'null', ADD reject_limit '4'", 'SELECT id, n, d FROM malformed');
like($err, qr/ERROR:  22P02: more than 4 malformed values in "malformed" \(reject_limit\)/, 'one more');

# --- a type of a user, whose input function may do anything ---------------------------------------------------------
psql_ok(q{CREATE TYPE state AS ENUM ('open', 'shut');
CREATE FUNCTION checked(int) RETURNS boolean LANGUAGE plpgsql AS
	$$ BEGIN INSERT INTO seen VALUES ($1); IF $1 < 0 THEN RAISE EXCEPTION 'negative'; END IF; RETURN $1 < 5; END $$;
CREATE TABLE seen (n int);
CREATE DOMAIN small AS int CHECK (checked(VALUE));
CREATE FOREIGN TABLE hand (id int, s state, n small, d date) SERVER aws OPTIONS (location 's3://pds-types/hand/', format 'csv')},
	'a table with an enum and a domain');
psql_fails('SELECT * FROM hand', qr/22007.*hand\/a\.csv, record 2, column "d": "x"/s, 'csv: an error by default');
($rc, $out, $err) = with_options('hand', "ADD on_error 'null'", 'SELECT * FROM hand');
is($out, "1|open|1|2024-01-01\n2|shut|2|\n|||2024-01-03\n4|open||2024-01-04", 'on_error null: enum, check of a domain, exception of a function');
($rc, $out, $err) = with_options('hand', "ADD on_error 'skip'", 'SELECT * FROM hand; SELECT count(*), min(n) FROM seen');
is($out, "1|open|1|2024-01-01\n2|1", 'on_error skip; what the failed checks did is undone');
($rc, $out, $err) = with_options('hand', "ADD on_error 'null', ADD reject_limit '3'", 'SELECT * FROM hand');
like($err, qr/more than 3 malformed/, 'reject_limit for csv');
# a statement that is stopped is not a malformed value
psql_ok(q{CREATE FUNCTION slow(int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(5); RETURN true; END $$;
CREATE DOMAIN slowly AS int CHECK (slow(VALUE));
CREATE FOREIGN TABLE waiting (id slowly) SERVER aws OPTIONS (location 's3://pds-types/hand/', format 'csv', on_error 'null')}, 'a slow domain');
psql_fails("SET statement_timeout = '300ms'; SELECT * FROM waiting", qr/57014/, 'a cancel passes');

# --- bytes that are no text -----------------------------------------------------------------------------------------
psql_fails('SELECT * FROM bytes WHERE id = 2', qr/22021.*0x00.*bytes\/d\.csv, record 2, column "s"/s, 'a NUL');
psql_fails("SET pds.engine = direct; SELECT * FROM (SELECT * FROM bytes OFFSET 2) q", qr/22021/s, 'invalid UTF-8');
($rc, $out, $err) = with_options('bytes', "ADD on_error 'null'", 'SELECT id, s FROM bytes');
is($out, "1|ok\n2|\n3|\n4|é", 'on_error null');
($rc, $out, $err) = with_options('bytes', "ADD on_error 'skip'", 'SELECT id, s FROM bytes');
is($out, "1|ok\n4|é", 'on_error skip');
is(psql_value('SET pds.engine = direct; SELECT sum(id) FROM bytes'), '10', 'who does not look does not fail');

# --- other encodings ------------------------------------------------------------------------------------------------
psql_fails('SET pds.engine = direct; SELECT s FROM latin', qr/22021/, 'LATIN1 is not UTF-8');
($rc, $out, $err) = with_options('latin', "ADD encoding 'LATIN1'", 'SELECT s FROM latin');
is($out, 'é', 'encoding LATIN1');
psql_ok("CREATE FOREIGN TABLE sjis (id int, s text) SERVER aws OPTIONS (location 's3://pds-types/sjis/', format 'csv', encoding 'SJIS')", 'SJIS');
is(psql_value('SELECT s FROM sjis'), "表ソ\nok", 'a backslash within a character');
my $database = $ENV{PGDATABASE};
psql_ok("CREATE DATABASE pds_types_latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0", 'a database in LATIN1');
$ENV{PGDATABASE} = 'pds_types_latin1';
psql_ok('CREATE EXTENSION pds_fdw', 'extension');
create_server('aws');
psql_ok("CREATE FOREIGN TABLE euro (id int, s text) SERVER aws OPTIONS (location 's3://pds-types/euro/', format 'csv')", 'a character that is not there');
psql_fails('SELECT * FROM euro', qr/22P05.*record 1, column "s"/s, 'is an error');
($rc, $out, $err) = with_options('euro', "ADD on_error 'skip'", 'SELECT * FROM euro');
is($out, '2|ok', 'or a row less');
$ENV{PGDATABASE} = $database;
psql_ok('DROP DATABASE pds_types_latin1', 'no more of it');

done_testing();
