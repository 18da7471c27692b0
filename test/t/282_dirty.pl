# Objects that are not as they should be: lines that are no records, other encodings.  Every way of reading them gives the same rows.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_dirty');
fresh_bucket('pds-dirty');
run_python(<<'PY');
import boto3, gzip
s3 = boto3.client("s3")
def put(key, body):
    s3.put_object(Bucket="pds-dirty", Key=key, Body=body if isinstance(body, bytes) else body.encode())
# comments with quotes that are none, before, among and behind the records
lines = ['# it\'s 5" wide', 'a,b', '#"', '1,x', '# "balanced"', '2,"y', '# no comment', 'z"', '#', '#"a', '# b" c', '3,#', '"#4",w', '# the "end']
put("comment/lf/a.csv", "\n".join(lines) + "\n")
put("comment/crlf/a.csv", "\r\n".join(lines))
put("comment/zip/a.csv.gz", gzip.compress("\n".join(lines).encode(), mtime=0))
put("title/a.csv", "\xef\xbb\xbfReport \"x\n\n of 2024, \"draft\r\na,b\n1,x\n2,\"y\nz\"\n".encode("latin-1"))
put("mixed/a.csv", "Report \"x\n# one\na,b\n# two\n1,x\n")
put("among/a.csv", "title\n# one\na,b\n# two\n1,x\n")
put("short/a.csv", "only one line")
rows = ['# a " here' if i % 7 == 3 else '%d,"v %d, ""q""\n#%d"' % (i, i, i) for i in range(20000)]
put("many/a.csv", 'Title "\n' + "\n".join(rows) + "\n")
put("lines/a.csv", "Title\n" + "".join("# %d\n" % i if i % 5 == 0 else "%d,v%d\n" % (i, i) for i in range(20000)))
put("long/a.csv", "x" * 70000 + "\n" + "".join("%d,v\n" % i for i in range(30000)))
text = "n,t\n1,größe\n2,\"日本\n😀\"\n"
put("utf16/a.csv", text.encode("utf-16"))
put("utf16be/a.csv", text.encode("utf-16-be"))
put("utf16zip/a.csv.gz", gzip.compress(text.encode("utf-16"), mtime=0))
put("utf16many/a.csv", "".join("%d,é%d\r\n" % (i, i) for i in range(30000)).encode("utf-16-le"))
put("utf16bad/a.csv", "1,a\n2,".encode("utf-16-le") + b"\x00\xdc" + "b\n3,c\n".encode("utf-16-le"))
put("cp1252/a.csv", "1,€ für “x”\n".encode("cp1252"))
put("cp437/a.csv", "1,é░\n".encode("cp437"))
put("maclike/a.csv", "1,Ä†\n".encode("mac-roman"))
glue = boto3.client("glue")
try:
    glue.delete_database(Name="dirty")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "dirty"})
glue.create_table(DatabaseName="dirty", TableInput={"Name": "glued", "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"}, "PartitionKeys": [],
    "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "string"}, {"Name": "b", "Type": "string"}], "Location": "s3://pds-dirty/lines/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat", "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}}}})
PY
create_server('aws', output_location => 's3://pds-dirty/athena/');

sub table
{
	my ($name, $columns, $options, $folder) = @_;
	$folder //= $name;
	psql_ok("CREATE FOREIGN TABLE $name ($columns) SERVER aws OPTIONS (location 's3://pds-dirty/$folder/', $options)", "table $name");
	return;
}

# --- comment -----------------------------------------------------------------------------------------------------
for my $kind (qw(lf crlf zip))
{
	my $end = $kind eq 'crlf' ? "\r\n" : "\n";
	table("comment_$kind", 'a text, b text', "format 'csv', header 'true', comment '#'", "comment/$kind");
	same_everywhere("SELECT a, replace(b, E'\\r', '') FROM comment_$kind ORDER BY a COLLATE \"C\"", "#4|w\n1|x\n2|y\n# no comment\nz\n3|#", "comment, $kind");
	same_everywhere("SELECT count(*), count(b) FROM comment_$kind", '4|4', "comment, $kind: counted");
	same_everywhere("SELECT a FROM comment_$kind WHERE b = 'w'", '#4', "comment, $kind: a condition");
	is(psql_value("ANALYZE comment_$kind; SELECT reltuples FROM pg_class WHERE relname = 'comment_$kind'"), '4', "comment, $kind: ANALYZE");
}
table('lines', 'a text, b text', "format 'lazysimple', delimiter ',', comment '#', skip '1'");
same_everywhere('SELECT count(*), min(b COLLATE "C"), max(b COLLATE "C"), count(DISTINCT a) FROM lines', '16000|v1|v9999|16000', 'comment, lazysimple');
same_everywhere("SELECT b FROM lines WHERE a = '19999'", 'v19999', 'comment, lazysimple: a condition');
table('lines_opencsv', 'a text, b text', "format 'opencsv', comment '#', skip '1'", 'lines');
same_everywhere('SELECT count(*), min(b COLLATE "C") FROM lines_opencsv', '16000|v1', 'comment, opencsv');
table('lines_unquoted', 'a int, b text', "format 'csv', quote '', comment '#', skip '1'", 'lines');
same_everywhere('SELECT count(*), sum(a) FROM lines_unquoted', '16000|160000000', 'comment, csv without quotes');
table('many', 'a int, b text', "format 'csv', comment '#', skip '1'");
same_everywhere('SELECT count(*), sum(a), min(length(b)) FROM many', '17143|171422857|11', 'comment, in parts: quotes within them count nowhere');
is(psql_value("SELECT record, byte FROM pds.rejects; SET pds.engine = direct; CREATE FOREIGN TABLE wrong (a int, b int) SERVER aws OPTIONS (location 's3://pds-dirty/comment/lf/', format 'csv', header 'true', comment '#', on_error 'null'); SELECT count(b) FROM wrong; SELECT record, byte FROM pds.rejects LIMIT 2"),
	"0\n4|22\n6|39", 'records are counted with comments, as blank lines are');

# --- skip --------------------------------------------------------------------------------------------------------
table('title', 'a text, b text', "format 'csv', header 'true', skip '3'");
same_everywhere('SELECT * FROM title', "1|x\n2|y\nz", 'skip');
same_everywhere('SELECT count(*) FROM title', '2', 'skip: counted');
is(psql_value(q(ALTER FOREIGN TABLE title ADD COLUMN "$row_number" bigint; SELECT a, "$row_number" FROM title)), "1|1\n2|2", 'skip: numbers of rows');
table('mixed', 'a text, b text', "format 'csv', header 'true', skip '1', comment '#'");
same_everywhere('SELECT * FROM mixed', '1|x', 'skip and comment');
table("among_$_->[0]", 'a text, b text', "$_->[1], header '2', comment '#'", 'among') for [ csv => "format 'csv'" ], [ lazy => "format 'lazysimple', delimiter ','" ];
same_everywhere("SELECT * FROM among_$_", '1|x', "$_: comments among the lines of the header are none of them") for qw(csv lazy);
table('short', 'a text', "format 'csv', skip '3'");
same_everywhere('SELECT count(*) FROM short', '0', 'fewer lines than are skipped');
table('long', 'a int, b text', "format 'csv', skip '1'");
is(psql_value('SELECT count(*), sum(a) FROM long'), '30000|449985000', 'a long line is skipped');
psql_fails(in_parts(2, 100000) . 'SELECT count(a) FROM long', qr{54000.*1 lines before the header of s3://pds-dirty/long/a.csv do not end in its first 65536 bytes}s, 'not in parts: an error, no other rows');

# --- names in the header -----------------------------------------------------------------------------------------
table("names_$_", 'b text, a text', "format 'csv', header 'names', comment '#'", "comment/$_") for qw(lf zip);
same_everywhere("SELECT a, b FROM names_$_ ORDER BY a COLLATE \"C\"", "#4|w\n1|x\n2|y\n# no comment\nz\n3|#", "names behind comments, $_") for qw(lf zip);
table('names_title', 'b text, a text', "format 'csv', header 'names', skip '3'", 'title');
same_everywhere('SELECT a, b FROM names_title', "1|x\n2|y\nz", 'names behind a title');
table('names_utf16', 't text, n int', "format 'csv', header 'names', encoding 'UTF-16'", 'utf16');
same_everywhere('SELECT n, t FROM names_utf16', "1|größe\n2|日本\n😀", 'names in UTF-16');
table('match_title', 'a text, b text', "format 'csv', header 'match', skip '3'", 'title');
is(psql_value('SELECT count(*) FROM match_title'), '2', 'match behind a title');

# --- encoding ----------------------------------------------------------------------------------------------------
for my $case ([ 'utf16', 'UTF-16' ], [ 'utf16be', 'utf-16be' ], [ 'utf16zip', 'UTF-16' ])
{
	my ($folder, $encoding) = @$case;
	table($folder, 'n int, t text', "format 'csv', header 'true', encoding '$encoding'");
	same_everywhere("SELECT * FROM $folder", "1|größe\n2|日本\n😀", $encoding);
	same_everywhere("SELECT count(*) FROM $folder WHERE t = 'größe'", '1', "$encoding: a condition");
}
table('utf16many', 'n int, t text', "format 'csv', encoding 'UTF-16LE'");
same_everywhere('SELECT count(*), sum(n), max(length(t)) FROM utf16many', '30000|449985000|6', 'UTF-16 of many records');
table('utf16bad', 'n int, t text', "format 'csv', encoding 'UTF-16LE'");
psql_fails('SELECT * FROM utf16bad', qr/22021.*column "t"/s, 'what is no text is an error of its value');
is(psql_value("ALTER FOREIGN TABLE utf16bad OPTIONS (ADD on_error 'null'); SELECT * FROM utf16bad"), "1|a\n2|\n3|c", 'on_error takes it');
table('cp1252', 'n int, t text', "format 'csv', encoding 'cp1252'");
is(psql_value('SELECT t FROM cp1252'), '€ für “x”', "cp1252 is PostgreSQL's WIN1252");
table('cp437', 'n int, t text', "format 'csv', encoding 'CP437'");
is(psql_value('SELECT t FROM cp437'), 'é░', 'CP437, by iconv');
table('maclike', 'n int, t text', "format 'csv', encoding 'macintosh'");
is(psql_value('SELECT t FROM maclike'), 'Ä†', 'macintosh, by iconv');
is(psql_value("SELECT * FROM pds.read_csv('aws', 's3://pds-dirty/utf16/', encoding => 'UTF-16') AS t (n int, t text)"), "1|größe\n2|日本\n😀", 'read_csv');
is(psql_value("CREATE SCHEMA imported; IMPORT FOREIGN SCHEMA \"s3://pds-dirty/utf16/\" FROM SERVER aws INTO imported OPTIONS (encoding 'UTF-16'); SELECT n, t FROM imported.a"), "1|größe\n2|日本\n😀", 'IMPORT');
psql_fails("CREATE FOREIGN TABLE x (a int) SERVER aws OPTIONS (location 's3://pds-dirty/x/', encoding '$_')", qr/HV024.*iconv/s, "encoding $_") for 'nonsense', 'LATIN1//TRANSLIT';

# --- who reads it ------------------------------------------------------------------------------------------------
psql_ok("CREATE FOREIGN TABLE glued (a text OPTIONS (glue_type 'string'), b text OPTIONS (glue_type 'string')) SERVER aws OPTIONS (database 'dirty', table_name 'glued', comment '#', skip '1')", 'a table of Glue');
is(psql_value('SELECT count(*) FROM glued'), '16000', 'is read directly');
like(psql_value('EXPLAIN SELECT * FROM glued'), qr/Not by Athena: its options say how to read it here/, 'EXPLAIN says why');
psql_fails('SET pds.engine = athena; SELECT * FROM glued', qr/0A000.*cannot be read by Athena: its options/s, 'Athena is not asked');

# --- writing -----------------------------------------------------------------------------------------------------
table('out', 'a text, b text', "format 'csv', comment '#'", 'out');
is(psql_value(q(INSERT INTO out VALUES ('#x', '#'), (NULL, 'y'), ('z', E'1\n#2'); SELECT * FROM out)), "#x|#\n|y\nz|1\n#2", 'what begins as a comment is quoted');
table('out_lazy', 'a text, b text', "format 'lazysimple', delimiter ',', comment '#'", 'out_lazy');
psql_fails(q(INSERT INTO out_lazy VALUES ('#x', 'y')), qr/22023.*begins as a comment does/s, 'or refused');
is(psql_value(q(INSERT INTO out_lazy VALUES ('x', '#y'); SELECT * FROM out_lazy)), 'x|#y', 'elsewhere it is a value');
table('out_null', 'a text', "format 'csv', comment '#', null '#N'", 'out_null');
psql_fails(q(INSERT INTO out_null VALUES (NULL)), qr/0A000.*stands for NULL begins as a comment does/s, 'a null text that is a comment');
psql_fails(q(INSERT INTO title VALUES ('a', 'b')), qr/0A000.*lines before the header are declared/s, 'skip: not written');
psql_fails(q(INSERT INTO utf16 VALUES (1, 'b')), qr/0A000.*encoding, UTF-16, is only read/s, 'UTF-16: not written');
is(psql_value(q(INSERT INTO cp1252 VALUES (2, '„€'); SELECT t FROM cp1252 WHERE n = 2)), '„€', 'cp1252: written');
psql_fails("CREATE FOREIGN TABLE x (a int) SERVER aws OPTIONS (location 's3://pds-dirty/x/', format 'csv', comment ','); SELECT * FROM x", qr/HV024.*comment must differ/s, 'comment and delimiter');
done_testing();
