# Columns bound by each object's header: header 'match' and 'names', in whole objects, splits and several processes.
use strict;
use warnings;
use JSON::PP;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_names');
run_python(<<'PY');
import boto3, gzip
s3 = boto3.client("s3")
s3.create_bucket(Bucket="pds-names-t")
for o in s3.list_objects_v2(Bucket="pds-names-t", Prefix="new/").get("Contents", []):
    s3.delete_object(Bucket="pds-names-t", Key=o["Key"])
def put(k, b):
    s3.put_object(Bucket="pds-names-t", Key=k, Body=b if isinstance(b, bytes) else b.encode())
put("mix/a.csv", "id,qty\n1,10\n")
put("mix/b.csv", "\ufeffqty,id,other\n20,2,x\n")
put("mix/c.csv.gz", gzip.compress(b'\r\n\r\n"Extra ""Col""",ID,qty\r\nhello,3,30\r\n', mtime=0))
put("mix/d.csv", "qty,id\n")
put("mix/e.csv", "id")
put("mix/f.csv", "")
put("same/a.csv", "id,qty\n1,10\n")
put("same/b.csv", "id,qty\n2,20")
put("order/a.csv", "id,qty\n1,10\n")
put("order/b.csv", "qty,id\n")
put("fewer/a.csv", "id\n1\n")
put("case/a.csv", "ID,qty\n1,10\n")
put("dup/a.csv", 'id,id,,"a\nb",Name,NAME\n1,2,3,4,5,6\n')
put("none/a.csv", "x,y\n1,2\n")
put("ragged/a.csv", "b,a\n1,2\n3\n")
put("ragged/b.csv", "a,b,c\n4,5,6\n7,8\n9,10,11,12\n")
put("latin/a.csv", "straße,größe\nx,1\n".encode("latin-1"))
put("open/a.csv", 'id,"qty\n1,2\n')
put("long/a.csv", "id," + ",".join('"%s%d"' % ("n" * 50, i) for i in range(3000)) + ",qty\n1," + "," * 3000 + "10\n")
put("sw/a.csv", "id,qty\n1,10\n")
put("sw/b.csv", "qty,id\n20,2\n")
put("names/a.csv", "First Name,last_name\nAnna,Schmidt\n")
put("names/b.csv", "last_name,First Name\nJones,Bob\n")
put("grow/y=1/a.csv", "\n\nid,at,Unit Price\n1,2024-01-31,2.50\n2,2024-02-01,3.00\n")
put("grow/y=2/b.csv", "Unit Price,note,id\n4.00,hi,3\n")
put("grow/y=3/c.csv", "id\n5\n")
put("apart/a.csv", "a,b,c\n1,2,3\n")
put("apart/b.csv", "c,d,e,f\n7,8,9,0\n")
put("bare/a.csv", "id,qty\n1,10\n3,30\n")
put("bare/b.csv", "2,20\n4,40\n")
put("bare/c.csv", "id,qty\n5,50\n")
put("odd/half.csv", "a,b\n" + "".join("%d,%d%s\n" % (i, i, ",x" if i > 4 else "") for i in range(1, 9)))
put("odd/texts.csv", "first_name,last_name,e-mail\nAnna,Schmidt,a@x.example\nBob,Jones,b@x.example\n")
put("odd/titles.csv", "Report of May\n\nid,name\n1,x\n2,y\n")
put("odd/speaks.csv", "Report, of all stores, May\nid,name,price\n1,x,2.5\n2,y,3.5\n3,z,1.5\n")
put("odd/remarks.csv", "id,name\n1,x\n# moved, see there, too\n2,y\n#\n3,z\n")
put("remarked/a.csv", "id,name\n1,x\n# moved, see there, too\n2,y\n#\n3,z\n")
put("odd/total.csv", "id,name,price,qty\n1,x,2.5\n2,y,3.5,4\n3,z\n4,z,1.5\nTotal\n")
put("odd/le.txt", "\ufeffid;straße\n1;Köln\n2;Weiß\n".encode("utf-16-le"))
put("odd/be.txt", "\ufeffid;straße\n1;Köln\n2;Weiß\n".encode("utf-16-be"))
put("odd/bare.txt", "id;straße\n1;Köln\n2;Weiß\n".encode("utf-16-le"))
put("odd/zipped.csv", gzip.compress(b"id\n7\n", mtime=0))
put("odd/euro.csv", "article;price;day;either;zip;temp\nScrew;1.234,50;31.01.2024;01/02/2024;01234;12\nNut;0,99;01.02.2024;03/04/2024;04567;NA\nNail;12,00;15.03.2024;05/06/2024;10115;N/A\n")
put("odd/gaps.csv", "id,,name,,\n1,,x,,\n2,,y,,\n")
put("named.csv.gz", "id,name\n1,x\n")
put("odd/lines.txt", "one line\nanother one\nand a third\n")
put("odd/later.csv", "n,m\n" + "".join("%d,%d\n" % (i, i) for i in range(1000)) + "many,1\n")
put("odd/moved/a.csv", "A title\nid,v\n1,2\n")
put("odd/moved/b.csv", "Another title\nv,id\n4,3\n")
for k in range(3):
    order = (["a", "b", "c"], ["c", "a", "b"], ["b", "c", "a", "d"])[k]
    rows = [{"a": str(i), "b": '"x,\n%d"' % i if i % 7 == 0 else "x%d" % i, "c": str(2 * i), "d": "z"} for i in range(3000)]
    put("big/%d.csv" % k, ",".join(order) + "\n" + "".join(",".join(r[c] for c in order) + "\n" for r in rows))
    put("plain/%d.csv" % k, ",".join(order) + "\n" + "".join(",".join(r[c].replace(",\n", "").strip('"') for c in order) + "\n" for r in rows))
PY
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
create_server('aws', cache_ttl => '0');
create_server('far', endpoint_url => $proxy->{url}, s3_endpoint_url => $proxy->{url}, cache_ttl => '0');
my $b = 's3://pds-names-t';
my $tables = 0;
# a table on $b/$where/; returns its name
sub table
{
	my ($columns, $where, $options, $server) = @_;
	my $name = 't' . $tables++;

	psql_ok("CREATE FOREIGN TABLE $name ($columns) SERVER " . ($server // 'aws') . " OPTIONS (location '$b/$where', $options)", "$name: $where $options");
	return $name;
}

# --- names -----------------------------------------------------------------------------------------------------
my $t = table(q{id int, qty int, extra text OPTIONS (column_name 'Extra "Col"'), nobody date}, 'mix/', "header 'names'");
is(psql_value("SELECT * FROM $t ORDER BY id"), "1|10||\n2|20||\n3|30|hello|", 'by name, whatever the order; what an object lacks is NULL');
is(psql_value("SELECT qty FROM $t WHERE id = 2"), '20', 'a raw filter and a projection');
is(psql_value("SELECT count(*) FROM $t"), '3', 'count(*): a header alone is no record');
is(psql_value("SELECT extra, count(*), sum(qty) FROM $t GROUP BY 1 ORDER BY 1"), "hello|1|30\n|2|30", 'an aggregate');
is(psql_value("SELECT id FROM $t WHERE extra IS NULL ORDER BY 1"), "1\n2", 'IS NULL of a column that some lack');
is(psql_value("SELECT id FROM $t WHERE nobody IS NOT NULL"), '', 'a column that nobody has');
psql_ok("ANALYZE $t", 'ANALYZE');
is(psql_value("SELECT \"id\" FROM " . table('"ID" int, id int, "Name" text, "NAME" text, name text, id_1 int, col2 int', 'dup/', "header 'names'")
	. ' WHERE "ID" IS NULL'), '1', 'a name in other case is no second one');
is(psql_value('SELECT * FROM ' . table(q{id int, id_1 int, col2 int, "a
b" int, "Name" int, "NAME" int}, 'dup/', "header 'names'")), '1|2|3|4|5|6', 'names that are there twice, empty ones, line breaks, case');
is(psql_value('SELECT * FROM ' . table('a_b int, name int', 'dup/', "header 'names'")), '4|5', 'a name as infer_schema shows it; the first of several');
is(psql_value('SELECT * FROM ' . table('größe int, straße text', 'latin/', "header 'names', encoding 'LATIN1'")), '1|x', 'another encoding');
is(psql_value('SELECT * FROM ' . table('qty int, id int', 'long/', "header 'names'")), '10|1', 'a header of 150 kB');
my ($rc, $out, $err) = psql('SELECT * FROM ' . table('id int', 'none/', "header 'names'"));
is($out, '', 'no column has its name');
like($err, qr{WARNING.*none/a\.csv: its header has none of the columns' names.*HINT}s, 'that is said');
for my $format ("format 'lazysimple', delimiter ','", "format 'opencsv'")
{
	is(psql_value('SELECT qty, extra, id FROM ' . table(q{id text, qty text, extra text OPTIONS (column_name 'other')}, 'mix/*a.csv' =~ s/\*a/b/r, "header 'names', $format")),
		'20|x|2', $format);
}
psql_fails('SELECT * FROM ' . table('id int', 'open/', "header 'names'"), qr{22P04.*open/a\.csv ends inside a quoted field}s, 'a header that ends inside quotes');

# --- the number of fields is that of each object's header -------------------------------------------------------
my $ragged = table('a int, b int', 'ragged/', "header 'names', on_error 'stop'");
psql_fails("SELECT * FROM $ragged", qr{22P04: s3://pds-names-t/ragged/a\.csv, record 3: 1 field where 2 are expected}, 'too few');
psql_ok("ALTER FOREIGN TABLE $ragged OPTIONS (SET on_error 'skip')", 'skip');
is(psql_value("SELECT * FROM $ragged ORDER BY 1"), "2|1\n4|5", 'malformed records are skipped');
is(psql_value("SELECT count(*) FROM $ragged"), '2', 'count(*) agrees');
psql_ok("ALTER FOREIGN TABLE $ragged OPTIONS (SET on_error 'null')", 'null');
is(psql_value("SELECT * FROM $ragged ORDER BY 1"), "2|1\n4|5\n7|8\n9|10\n|3", 'padded and cut');
psql_ok("ALTER FOREIGN TABLE $ragged OPTIONS (DROP on_error, ADD null_padding 'true')", 'null_padding');
is(psql_value("SELECT count(*), sum(a), sum(b) FROM $ragged"), '5|22|27', 'null_padding');

# --- match -----------------------------------------------------------------------------------------------------
is(psql_value('SELECT * FROM ' . table('id int, qty int', 'same/', "header 'match'") . ' ORDER BY 1'), "1|10\n2|20", 'match');
is(psql_value('SELECT * FROM ' . table(q{n int OPTIONS (column_name 'id'), qty int}, 'same/', "header 'match'") . ' ORDER BY 1'), "1|10\n2|20", 'match: column_name');
for (['order', 'field 1: got "qty", expected "id"', 'b'], ['fewer', 'wrong number of fields in header: got 1, expected 2', 'a'],
	['case', 'field 1: got "ID", expected "id"', 'a'])
{
	my ($where, $what, $file) = @$_;
	my $m = table('id int, qty int', "$where/", "header 'match'");
	psql_fails("SELECT $_ FROM $m", qr{22P04.*\Q$where/$file.csv: \E.*\Q$what\E.*HINT.*names}s, "match: $where, $_") for '*', 'qty', 'count(*)';
}

# --- splits, several processes ----------------------------------------------------------------------------------
sub parallel
{
	my ($workers, $split, $sql) = @_;
	return psql_value(in_parts($workers, $split) . $sql);
}
for my $format ([ 'big', "format 'csv'" ], [ 'plain', "format 'csv', quote ''" ], [ 'plain', "format 'lazysimple', delimiter ','" ], [ 'plain', "format 'opencsv'" ])
{
	my ($where, $options) = @$format;
	my $n = table('c text, a text, b text, nope text', "$where/", "$options, header 'names'");
	my @sql = ("SELECT count(*), sum(a::int), sum(c::int), max(b), max(nope), count(nope) FROM $n", "SELECT count(*) FROM $n",
		"SELECT count(*), sum(c::int) FROM $n WHERE a = '77'", "SELECT md5(string_agg(concat_ws('|', a, b, c), '/' ORDER BY a::int, b, c)) FROM $n");
	for my $sql (@sql)
	{
		my $one = parallel(0, 0, $sql);
		like($one, qr/^(9000|3\b|[0-9a-f]{32})/, "$options: alone") or diag($sql);
		is(parallel(@$_, $sql), $one, "$options: split at $$_[1]") for [ 2, 0 ], [ 2, 1000 ], [ 3, 1931 ];
	}
	like(parallel(2, 1000, "EXPLAIN (COSTS OFF) $sql[0]"), qr/Parallel Foreign Scan/, 'in parallel');
	psql_ok("SET pds.split_size = 1000; ANALYZE $n", 'ANALYZE');
}

# what the scan does itself goes by each object's header, too
my $own = table('c int, a int, b text, nope text', 'plain/', "format 'csv', header 'names'");
for my $case ([ 'raw filter' => "SELECT count(*), sum(a), sum(c) FROM $own WHERE c BETWEEN 100 AND 199 AND b LIKE 'x%'", '150|11175|22350', qr/Filter/ ],
	[ 'raw filter of a column that is nowhere' => "SELECT count(*) FROM $own WHERE nope = 'x'", '0', qr/Filter/ ],
	[ aggregates => "SELECT c % 4, count(*), sum(a), max(b), min(nope) FROM $own GROUP BY 1 ORDER BY 1", "0|4500|6745500|x998|\n2|4500|6750000|x999|", qr/Aggregates in Scan/ ],
	[ DISTINCT => "SELECT count(DISTINCT c), count(DISTINCT b), count(DISTINCT nope) FROM $own", '3000|3000|0', qr/Distinct in Scan/ ],
	[ 'Top-N' => "SELECT c, a, b, nope FROM $own ORDER BY c DESC, a LIMIT 4", "5998|2999|x2999|\n5998|2999|x2999|\n5998|2999|x2999|\n5996|2998|x2998|", qr/Top-N/ ])
{
	my ($name, $sql, $want, $plan) = @$case;
	my $cheap = 'SET cpu_operator_cost = 0; SET cpu_tuple_cost = 0; ';

	same_everywhere("$cheap$sql", $want, "$name: by name");
	like(psql_value("${cheap}EXPLAIN (COSTS OFF) $sql"), $plan, "$name: in the scan");
}

# each object's header is read once a scan, by a request of its own where a process needs it that has not the object's begin
my %gets;
for my $header ('true', 'names')
{
	my $n = table('a int, b text, c int', 'big/0.csv', "header '$header'", 'far');
	# who has the object's begin is late, and so is who fetches the header, so that all others ask for it meanwhile
	proxy_rules($proxy, { method => 'GET', path => '0\.csv', range => 'bytes=0-[0-9]{3,5}$', action => 'delay', seconds => 1 });
	is(parallel(3, 1000, "SELECT count(*), sum(a) FROM $n"), '3000|4498500', "rows: header '$header'");
	$gets{$header} = [ grep { $_->{method} eq 'GET' && $_->{path} =~ /0\.csv/ } proxy_log($proxy) ];
}
# what a scan asks for to know a header, and the planner for the length of records: the object's first 64 kB, here all of it
my ($whole, $more) = map { scalar grep { ($_->{headers}{range} // '') =~ /^bytes=0-([0-9]+)$/ && $1 > 40000 } @{ $gets{$_} } } 'true', 'names';
is($more - $whole, 1, "one request for the header, though all processes want it at once") or diag(encode_json([ map { $_->{headers}{range} } @{ $gets{names} } ]));
stop_proxy($proxy);

# --- column_name where it would do nothing, EXPLAIN, INSERT -------------------------------------------------------
psql_fails('SELECT * FROM ' . table(q{id int, qty int OPTIONS (column_name 'x')}, 'same/', "header 'true'"),
	qr/HV00D.*"column_name" of column "qty".*would do nothing.*HINT.*SET header 'names'/s, 'column_name without names');
psql_fails('CREATE FOREIGN TABLE x (id int) SERVER aws OPTIONS (location \'s3://b/x/\', header \'name\')', qr/HV024.*true, false, match, names/s, 'no such header');
my $w = table(q{id int, "Weight" numeric OPTIONS (column_name 'weight, kg')}, 'new/', "header 'names'");
psql_ok("INSERT INTO $w VALUES (1, 2.5); INSERT INTO $w VALUES (2, 3.5)", 'INSERT');
is(psql_value("SELECT * FROM $w ORDER BY 1"), "1|2.5\n2|3.5", 'what was written is read');
is(psql_value('SELECT * FROM ' . table(q{a text, b text}, 'new/', "header 'false'") . ' WHERE a !~ \'^\d\' LIMIT 1'), 'id|weight, kg', 'its header');

# --- without a table: read_csv, read_csv_json, infer_schema, IMPORT ------------------------------------------------
is(psql_value("SELECT * FROM pds.read_csv('aws', '$b/sw/') AS t(id int, qty int) ORDER BY 1"), "1|10\n2|20", 'read_csv');
is(psql_value("SELECT * FROM pds.read_csv('aws', '$b/sw/') AS t(qty int) ORDER BY 1"), "10\n20", 'read_csv: one column');
is(psql_value("SELECT * FROM pds.read_csv('aws', '$b/sw/', header => true) AS t(x int, y int) ORDER BY 1"), "1|10\n2|20", 'read_csv: by place of the columns that there are');
is(psql_value("SELECT string_agg(j::text, ' ' ORDER BY j::text) FROM pds.read_csv_json('aws', '$b/sw/') j"), '{"id": 1, "qty": 10} {"id": 2, "qty": 20}', 'read_csv_json');
is(psql_value("SELECT column_name, postgres_type FROM pds.infer_schema('aws', '$b/names/')"), "first_name|text\nlast_name|text", 'infer_schema: names in another order, all text');
is(psql_value("SELECT * FROM pds.read_csv('aws', '$b/names/') AS t(last_name text, first_name text) ORDER BY 1"), "Jones|Bob\nSchmidt|Anna", 'read_csv of it');
is(psql_value("SELECT column_name, postgres_type, value_count, null_count, header_name FROM pds.infer_schema('aws', '$b/grow/')"),
	"id|integer|4|0|id\nat|date|2|2|at\nunit_price|numeric(18,2)|3|1|Unit Price\nnote|text|1|3|note\ny|integer|||", 'infer_schema: the columns of all objects');
like(psql_value("SELECT note FROM pds.infer_format('aws', '$b/grow/')"), qr/bound by name/, 'infer_format says so');
is(psql_value("SELECT string_agg(j::text, ' ' ORDER BY j::text) FROM pds.read_csv_json('aws', '$b/grow/') j"),
	'{"y": 1, "at": "2024-01-31", "id": 1, "note": null, "unit_price": 2.50} {"y": 1, "at": "2024-02-01", "id": 2, "note": null, "unit_price": 3.00}'
	  . ' {"y": 2, "at": null, "id": 3, "note": "hi", "unit_price": 4.00} {"y": 3, "at": null, "id": 5, "note": null, "unit_price": null}', 'read_csv_json of it');
psql_fails("SELECT * FROM pds.read_csv('aws', '$b/bare/') AS t(id int, qty int)", qr{22P04.*bare/b\.csv: its header has none of the columns' names}s, 'an object without a header');
($rc, $out, $err) = psql(qq{CREATE SCHEMA i; IMPORT FOREIGN SCHEMA "$b/" LIMIT TO (sw, grow, names, apart_a, apart_b, same) FROM SERVER aws INTO i});
is($rc, 0, 'IMPORT') or diag($err);
like($err, qr/headers of table "grow" have other names.*header 'names'/, 'a NOTICE');
is(psql_value("SELECT relname, array_to_string(ftoptions, ' ') FROM pg_foreign_table JOIN pg_class c ON c.oid = ftrelid WHERE relnamespace = 'i'::regnamespace AND relname IN ('sw', 'same') ORDER BY 1")
	=~ s/location=\S+ //gr, "same|header=true\nsw|header=names", 'names where headers differ, only there');
is(psql_value('SELECT * FROM i.sw ORDER BY id'), "1|10\n2|20", 'its rows');
is(psql_value('SELECT y, id, at, unit_price, note FROM i.grow ORDER BY id'), "1|1|2024-01-31|2.50|\n1|2|2024-02-01|3.00|\n2|3||4.00|hi\n3|5|||", 'columns of all objects, column_name');
is(psql_value('SELECT first_name, last_name FROM i.names ORDER BY 1'), "Anna|Schmidt\nBob|Jones", 'all text');
is(psql_value("SELECT count(*) FROM pg_class WHERE relnamespace = 'i'::regnamespace AND relname ~ 'apart'"), '2', 'other columns: other tables');
(undef, undef, $err) = psql("SELECT pds.create_database('aws', 'names_t')");
(undef, undef, $err) = psql("SELECT pds.crawl('aws', 'names_t', 'sw', '$b/sw/')");
like($err, qr/WARNING.*headers of table "sw".*by place, values get under wrong names/, 'crawl: Athena takes columns by their place');
# --- what inference has to see through --------------------------------------------------------------------------
is(psql_value("SELECT column_name, postgres_type FROM pds.infer_schema('aws', '$b/odd/half.csv')"), "a|integer\nb|integer", 'half of the records have a field more');
is(psql_value("SELECT column_name FROM pds.infer_schema('aws', '$b/odd/texts.csv')"), "first_name\nlast_name\ne_mail", 'a header above texts');
like(psql_value("SELECT note FROM pds.infer_format('aws', '$b/odd/texts.csv')"), qr/first line is a header is a guess, header => false/, 'and the doubt');
is(psql_value("SELECT * FROM pds.read_csv('aws', '$b/odd/titles.csv') AS t(id int, name text)"), "1|x\n2|y", 'titles and blank lines before the header');
for (['le', 'UTF-16'], ['be', 'UTF-16'], ['bare', 'UTF-16LE'])
{
	my ($file, $encoding) = @$_;
	is(psql_value("SELECT * FROM pds.read_csv('aws', '$b/odd/$file.txt') AS t(id int, straße text)"), "1|Köln\n2|Weiß", "UTF-16: $file");
	is(psql_value("SELECT character_encoding FROM pds.infer_format('aws', '$b/odd/$file.txt')"), $encoding, 'its encoding');
}
is(psql_value("SELECT id FROM pds.read_csv('aws', '$b/odd/zipped.csv') AS t(id int)"), '7', 'gzip under another name');
(undef, undef, $err) = psql("SELECT * FROM pds.infer_schema('aws', '$b/odd/lines.txt')");
like($err, qr/NOTICE.*lines\.txt was taken for one column of text: no delimiter was found.*HINT.*delimiter/s, 'one column of text: a NOTICE');
($rc, $out, $err) = psql(qq{CREATE SCHEMA o; IMPORT FOREIGN SCHEMA "$b/odd/" FROM SERVER aws INTO o OPTIONS (sample_bytes '1kB')});
is($rc, 0, 'IMPORT of them') or diag($err);
like($err, qr/NOTICE.*"lines" has one column of text/, 'a NOTICE of one column of text');
like($err, qr/NOTICE.*"texts" has nothing but text: its first line was taken for a header.*HINT.*header 'true' or 'false'/s, 'a NOTICE of the doubt');
like($err, qr/NOTICE.*2 lines in front of table "titles" are left out/, 'a NOTICE of titles');
is(psql_value('SELECT * FROM o.le'), "1|Köln\n2|Weiß", 'UTF-16');
is(psql_value('SELECT * FROM o.titles'), "1|x\n2|y", 'titles');
is(psql_value('SELECT * FROM o.zipped'), '7', 'gzip');
is(psql_value('SELECT count(*), sum(a), sum(b) FROM o.half'), '8|36|36', 'ragged records are padded and cut');
like($err, qr/NOTICE.*8 records of table "half".*another number of fields.*HINT:[^\n]*the table has the option null_padding 'true'/s, 'which a NOTICE says');
is(psql_value('SELECT * FROM o.speaks'), "1|x|2.5\n2|y|3.5\n3|z|1.5", 'a title with delimiters');
like($err, qr/NOTICE.*1 line in front of table "speaks" is left out/, 'a NOTICE of it');
is(psql_value('SELECT sum(id), count(*) FROM o.remarks'), '6|3', 'comments between the records');
like($err, qr/NOTICE.*2 lines of table "remarks".*begin with "#" and are no records\n.*HINT:[^\n]*the option comment '#'/s, 'a NOTICE of them');
is(psql_value("SELECT sum(id), count(*) FROM pds.read_csv('aws', '$b/odd/remarks.csv') AS t(id int)"), '6|3', 'read_csv leaves them out, too');
like(psql_value("SELECT note FROM pds.infer_format('aws', '$b/odd/remarks.csv')"), qr/Lines that begin with "#" and are no records: 2/, 'infer_format says so');
(undef, undef, my $said) = psql("SELECT pds.crawl('aws', 'names_t', 'remarks', '$b/remarked/')");
like($said, qr/WARNING.*2 lines of table "remarks".*HINT:[^\n]*Athena reads them as rows/s, 'crawl, what Athena makes of them');
is(psql_value('SELECT string_agg(id, \' \' ORDER BY id), sum(price), sum(qty) FROM o.total'), '1 2 3 4 Total|7.5|4', 'half the fields, and a line of one');
my $read_by = q(price: decimal_separator ',', thousands '.'; day: date_format '%d.%m.%Y'; either: date_format '%d/%m/%Y' or date_format '%m/%d/%Y'; temp: null '["NA", "N/A"]');
like($err, qr/NOTICE.*some columns of table "euro" are text that options read as numbers or dates\n.*DETAIL:  \Q$read_by\E\nHINT:  ALTER FOREIGN TABLE/s, 'text that options read: a NOTICE names them');
like(psql_value("SELECT note FROM pds.infer_format('aws', '$b/odd/euro.csv')"), qr/Text that options read as numbers or dates: \Q$read_by\E\./, 'infer_format, too');
is(psql_value(q(ALTER FOREIGN TABLE o.euro ALTER price TYPE numeric, ALTER price OPTIONS (ADD decimal_separator ',', ADD thousands '.'), ALTER day TYPE date, ALTER day OPTIONS (ADD date_format '%d.%m.%Y'),
	ALTER temp TYPE int, ALTER temp OPTIONS (ADD null '["NA", "N/A"]'); SELECT sum(price), max(day), sum(temp) FROM o.euro)), '1247.49|2024-03-15|12', 'which is so');
is(psql_value('SELECT id, name FROM o.gaps'), "1|x\n2|y", 'columns that are empty with their names');
psql_fails("CREATE FOREIGN TABLE named () SERVER aws OPTIONS (location '$b/named.csv.gz')", qr{XX001.*named\.csv\.gz cannot be read: its name says gzip, and it is not compressed so; the option compression 'none'}, 'a name that says gzip');
psql_ok("CREATE FOREIGN TABLE named () SERVER aws OPTIONS (location '$b/named.csv.gz', compression 'none')", 'which the option overrules');
is(psql_value('SELECT * FROM named'), '1|x', 'its rows');
psql_fails('SELECT * FROM o.later', qr/22P02.*HINT.*on_error.*all_text.*sample_bytes/s, 'a type that does not hold beyond the sample');
is(psql_value("SELECT column_name, postgres_type FROM pds.infer_schema('aws', '$b/odd/later.csv')"), "n|text\nm|integer", 'nor with a larger sample');
is(psql_value('SELECT * FROM o.moved ORDER BY 1'), "1|2\n3|4", 'other order below titles: skip');
# a header longer than the sample
psql_fails("SELECT * FROM pds.infer_schema('aws', '$b/long/', sample_bytes => '1kB')", qr{HV000: the first record of s3://pds-names-t/long/a\.csv is longer than the sample.*HINT.*sample_bytes}s, 'a header longer than the sample');
(undef, undef, $err) = psql(qq{CREATE SCHEMA q; IMPORT FOREIGN SCHEMA "$b/long/" FROM SERVER aws INTO q OPTIONS (sample_bytes '1kB')});
like($err, qr/not imported: its first record is longer than the sample.*HINT.*sample_bytes/s, 'IMPORT of it');
psql_ok(qq{IMPORT FOREIGN SCHEMA "$b/" LIMIT TO (same, names) FROM SERVER aws INTO q OPTIONS (header 'match')}, 'match asked for');
is(psql_value('SELECT * FROM q.same ORDER BY 1'), "1|10\n2|20", 'its rows');
psql_fails('SELECT * FROM q.names', qr/22P04.*column name mismatch in header/s, 'headers that differ');
psql_ok(qq{DROP FOREIGN TABLE q.same; IMPORT FOREIGN SCHEMA "$b/" LIMIT TO (same) FROM SERVER aws INTO q OPTIONS (header 'names')}, 'names asked for');
is(psql_value("SELECT array_to_string(ftoptions, ' ') ~ 'header=names' FROM pg_foreign_table WHERE ftrelid = 'q.same'::regclass"), 't', 'though headers do not differ');
# a table in the catalog
psql_ok("SELECT pds.crawl('aws', 'names_t', 'same', '$b/same/'); CREATE SCHEMA g; IMPORT FOREIGN SCHEMA names_t LIMIT TO (same, sw) FROM SERVER aws INTO g;"
	  . " ALTER FOREIGN TABLE g.sw OPTIONS (ADD header 'names', ADD format 'csv', ADD delimiter ',')", 'tables of Glue');
is(psql_value('SELECT * FROM g.sw ORDER BY id'), "1|10\n2|20", 'header names on a table of Glue');
like(psql_value('EXPLAIN (COSTS OFF) SELECT * FROM g.sw'), qr/header of each object/, 'EXPLAIN says why it is read here');
psql_fails('SET pds.engine = athena; SELECT * FROM g.sw', qr/0A000.*header of each object/s, 'and so does Athena');
done_testing();
