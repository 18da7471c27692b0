# Format csv as COPY reads it: quotes anywhere, line ends, records of too few and too many fields.
use strict;
use warnings;
use JSON::PP;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_csv');
run_python(<<'PY');
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="pds-csv")
def put(key, body):
    s3.put_object(Bucket="pds-csv", Key=key, Body=body.encode() if isinstance(body, str) else body)
put("blank/a.csv", 'Index, "Item", "Cost"\n6, "Banana Boat, 8 oz", 6.68\n7,"a" , 1\n8,a"b"c,"x"y\n')
put("escape/a.csv", "'it\\'s','a\\nb',x'\\\\'y\n'a''b',\\'c,d'e,\\\n")
put("rag/a.csv", "1,2\n3\n4,5,6\n7,8\n")
put("ragh/a.csv", "a,b\n1,2\n\n3\n4,5,6\n7,8\n")
put("one/a.csv", "1\n\n2\n3,4\n")
for name, data in dict(lf_crlf="1,a\n2,b\r\n", crlf_lf="1,a\r\n2,b\n", lf_cr="1,a\n2,b\r3,c\n", cr_crlf="1,a\r2,b\r\n", crlf='1,a\r\n2,"b\nc\rd"\r\n', cr='1,a\r2,"b\nc"\r').items():
    put(name + "/a.csv", data)
# one record of 200 MB
import gzip
put("commas/a.csv.gz", gzip.compress(b"," * (200 << 20) + b"\n1,2\n", 1))
# in parts: the first record that is wrong lies far behind
lines = ["%d,%s\n" % (i, "x" * 50) for i in range(20000)]
put("parts/a.csv", "".join(lines))
put("parts_rag/a.csv", "".join(lines[:15000] + ["15000\n", "15001,a,b\n"] + lines[15002:]))
put("parts_mixed/a.csv", "".join(lines[:19999] + ["19999,y\r\n"]))
put("parts_crlf/a.csv", "".join(lines).replace("\n", "\r\n"))
# records of ten bytes: each part has line ends of one kind
put("parts_halves/a.csv", "".join(["%06d,xx\n" % i for i in range(5000)] + ["%06d,x\r\n" % i for i in range(5000)]))
PY
create_server('aws');

sub table
{
	my ($name, $columns, $options, $folder) = @_;
	$folder //= $name;
	psql_ok("CREATE FOREIGN TABLE $name ($columns) SERVER aws OPTIONS (location 's3://pds-csv/$folder/', format 'csv'"
		  . ($options ? ", $options" : '') . ')', "table $name");
	return;
}

# the scan's node of a plan
sub scan_node
{
	my ($sql) = @_;
	my $plan = decode_json(psql_value("EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) $sql"))->[0]{Plan};

	$plan = $plan->{Plans}[0] while $plan->{Plans} && !$plan->{Engine};
	return $plan;
}

# --- quotes --------------------------------------------------------------------------------------------------------
table('blank', 'a text, b text, c text', "header 'true'");
is(psql_value('SELECT * FROM blank'), "6| Banana Boat, 8 oz| 6.68\n7|a | 1\n8|abc|xy", 'quotes open and close anywhere');
is(psql_value("SELECT a FROM blank WHERE b = 'abc'"), '8', 'a condition looks at the value without them');
is(psql_value("SELECT count(*), max(length(b)) FROM blank WHERE c LIKE ' %'"), '2|18', 'and an aggregate');
table('escape', 'a text, b text, c text', "quote '''', escape '\\', null_padding 'true'");
is(psql_value('SELECT * FROM escape'), "it's|a\\nb|x\\y\nab|\\c,de|\\", 'an escape protects quotes and escapes between quotes, and is data elsewhere');

# --- line ends -----------------------------------------------------------------------------------------------------
for my $name (qw(lf_crlf crlf_lf lf_cr cr_crlf))
{
	table($name, 'a int, b text');
	psql_fails("SELECT * FROM $name", qr{22P04.*pds-csv/$name/a\.csv do not all end in the same way.*on_error}s, "$name: line ends of two kinds");
	psql_fails("SELECT count(*) FROM $name", qr/22P04/, "$name: counted");
	psql_value("ALTER FOREIGN TABLE $name OPTIONS (ADD on_error 'skip')");
	is(psql_value("SELECT count(*) FROM $name"), $name eq 'lf_cr' ? 3 : 2, "$name: with on_error they are read");
}
for my $name (qw(crlf cr))
{
	table($name, 'a int, b text');
	is(psql_value("SELECT a, length(b) FROM $name"), $name eq 'cr' ? "1|1\n2|3" : "1|1\n2|5", "$name: line ends of one kind, others between quotes");
}

# --- too few fields, too many ------------------------------------------------------------------------------------
table('rag', 'a int, b int');
psql_fails('SELECT * FROM rag', qr{22P04: s3://pds-csv/rag/a\.csv, record 2: 1 field where 2 are expected.*null_padding}s, 'stop: the first record that is wrong');
psql_fails($_, qr{22P04: s3://pds-csv/rag/a\.csv, record 2: 1 field where 2}, "stop: $_")
  for 'SELECT count(*) FROM rag', 'SELECT a FROM rag', 'SELECT b FROM rag WHERE a = 7', 'SELECT max(a) FROM rag', 'SELECT count(*) FROM rag WHERE a > 100';
is(psql_value('SELECT a FROM rag LIMIT 1'), '1', 'what is not asked for is not looked at');
psql_value("ALTER FOREIGN TABLE rag OPTIONS (ADD on_error 'skip')");
my ($rc, $out, $err) = psql('SELECT * FROM rag');
is($out, "1|2\n7|8", 'skip');
like($err, qr/WARNING: .*2 rows of "rag" were skipped/, 'skip: a warning');
is(psql_value('SELECT count(*) FROM rag'), '2', 'skip: counted');
my $node = scan_node('SELECT count(*) FROM rag');
is($node->{'Ragged Records'}, 2, 'skip: EXPLAIN shows them');
is($node->{Rejected}, 2, 'skip: and all that is left out');
psql_value("ALTER FOREIGN TABLE rag OPTIONS (SET on_error 'null')");
($rc, $out, $err) = psql('SELECT * FROM rag');
is($out, "1|2\n3|\n4|5\n7|8", 'null pads and cuts');
like($err, qr/WARNING: .*2 records of "rag" were padded or cut/, 'null: a warning');
is(psql_value('SELECT count(*) FROM rag'), '4', 'null: counted');
psql_value("ALTER FOREIGN TABLE rag OPTIONS (ADD reject_limit '1')");
psql_fails('SELECT count(*) FROM rag', qr/22P02.*more than 1 malformed/s, 'reject_limit counts them');
table('padded', 'a int, b int', "null_padding 'true'", 'rag');
($rc, $out, $err) = psql('SELECT * FROM padded; SELECT count(*), count(b) FROM padded');
is($out, "1|2\n3|\n4|5\n7|8\n4|3", 'null_padding');
is($err, '', 'null_padding: in silence');
table('ragh', 'a int, b int', "header 'true'");
psql_fails('SELECT count(*) FROM ragh', qr{22P04: .*a\.csv, record 4: 1 field}s, 'behind a header and a blank line');
table('one', 'a int');
psql_fails('SELECT * FROM one', qr{22P04: .*a\.csv, record 4: 2 fields where 1 is expected}, 'a table of one column');
psql_value("ALTER FOREIGN TABLE one OPTIONS (ADD on_error 'skip')");
is(psql_value('SELECT * FROM one'), "1\n\n2", 'its blank line is a row');
psql_fails("CREATE FOREIGN TABLE lz (a int) SERVER aws OPTIONS (location 's3://pds-csv/rag/', format 'lazysimple', null_padding 'true'); SELECT * FROM lz",
	qr/HV024.*null_padding.*csv/s, 'null_padding is for csv');
is(psql_value("CREATE FOREIGN TABLE lz2 (a int, b int) SERVER aws OPTIONS (location 's3://pds-csv/rag/', format 'lazysimple', delimiter ','); SELECT * FROM lz2"),
	"1|2\n3|\n4|5\n7|8", 'lazysimple takes any number of fields');

# --- in parts, by several processes -------------------------------------------------------------------------------
table($_, 'a int, b text') for qw(parts parts_rag parts_mixed parts_crlf parts_halves);
table('parts_skip', 'a int, b text', "on_error 'skip'", 'parts_rag');
for my $n (1, 2, 4)
{
	my $set = in_parts($n, 5000);
	is(psql_value("$set SELECT count(*) FROM $_"), '20000', "$_, $n workers") for qw(parts parts_crlf);
	is(psql_value("$set SELECT count(*), sum(a) FROM $_"), '20000|199990000', "$_, $n workers, a column") for qw(parts parts_crlf);
	psql_fails("$set SELECT $_ FROM parts_rag", qr/22P04.*record at byte \d+: [13] fields?/s, "$_ of ragged records, $n workers") for 'count(*)', 'max(a)';
	psql_fails("$set SELECT count(*) FROM $_", qr/22P04.*do not all end/s, "$_: line ends differ, $n workers") for qw(parts_mixed parts_halves);
	($rc, $out, $err) = psql("$set SELECT count(*) FROM parts_skip");
	is($out, "19998", "skip, $n workers");
	like($err, qr/2 rows of "parts_skip"/, "skip, $n workers: the warning");
}

# --- memory: no more than a record and what is fetched ahead ------------------------------------------------------
my $hwm = "SELECT (regexp_match(pg_read_file('/proc/self/status'), 'VmHWM:\\s+(\\d+)'))[1]";
table('commas', 'a text, b text', "null_padding 'true'");
psql_fails("SELECT $_ FROM commas", qr{54000.*byte 0 of s3://pds-csv/commas/a\.csv\.gz is longer than 67108864 bytes \(max_record_size\)}s, "$_: a record over max_record_size")
  for 'count(*)', 'count(a)', 'count(b)';
psql_value("ALTER FOREIGN TABLE commas OPTIONS (ADD max_record_size '256MB')");
for my $what ('count(*)', 'count(a)', 'max(b)')
{
	my ($low, $got, $high) = split /\n/, psql_value("$hwm; SELECT $what FROM commas; $hwm");

	is($got, $what eq 'count(*)' ? 2 : $what eq 'count(a)' ? 1 : 2, "$what of a record of 200 MB");
	cmp_ok($high - $low, '<', (3 * 200 + 64) << 10, "$what: kB of memory") and note($high - $low);
}
done_testing();
