# What on_error passes over is to be seen: pds.rejects, log_verbosity, the warnings; by whom, and what stays hidden.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
sub psql_quiet { local $ENV{PGDATABASE} = 'postgres'; return psql($_[0]) }
my @roles = qw(pds_rej_reader pds_rej_other pds_rej_owner);
psql_quiet('DROP DATABASE IF EXISTS pds_rejects');
psql_quiet("DROP ROLE IF EXISTS $_") for @roles;
fresh_database('pds_rejects');
run_python(<<'PY');
import boto3, gzip
s3 = boto3.client("s3")
s3.create_bucket(Bucket="pds-rejects")
def put(key, body):
    s3.put_object(Bucket="pds-rejects", Key=key, Body=body if isinstance(body, bytes) else body.encode())
put("dirty/a.csv", "n,t\n1,a\nx,b\n3\n4,d,e\n5,é\n")
put("zip/a.csv.gz", gzip.compress(b"n,t\n1,a\nx,b\n3,c\n", mtime=0))
put("one/a.csv", "1\nx\n")
put("lazy/a.csv", "1,2024-01-01\nx,2024-02-30\n3,2024-01-02\n")
put("latin/a.csv", b"1,a\n2,\xff\n")
put("long/a.csv", "%s,a\n" % ("y" * 500))
put("many/a.csv", "".join("%s,%d\n" % ("bad" if i % 2 else i, i) for i in range(6000)))
put("parts/a.csv", "".join("%s,%d\n" % ("bad" if i % 500 == 7 else i, i) for i in range(20000)))
put("secret/a.csv", "1,public\nhidden-value,secret\n3,public\n")
put("open/a.csv", '1,a\n2,"b\n')
put("deep/%s/a.csv" % ("x" * 900), "x,a\n" * 2000)
put("ragged/a.csv", "1\n" * 500000 + "1,2\n")
PY
create_server('aws');

sub table
{
	my ($name, $columns, $options, $folder) = @_;
	$folder //= $name;
	psql_ok("CREATE FOREIGN TABLE $name ($columns) SERVER aws OPTIONS (location 's3://pds-rejects/$folder/', format 'csv', $options)", "table $name");
	return;
}
my $all = 'SELECT relation, object, record, byte, column_name, value, message FROM pds.rejects';
my $place = 's3://pds-rejects';

# --- what is shown -----------------------------------------------------------------------------------------------
table('dirty', 'n int, t text', "header 'true', on_error 'null'");
table('dirty_skip', 'n int, t text', "header 'true', on_error 'ignore'", 'dirty');
my $bad = 'invalid input syntax for type integer: "x"';
is(psql_value("SELECT count(n) FROM dirty; $all"),
	"4\ndirty|$place/dirty/a.csv|3|8|n|x|$bad\n"
	  . "dirty|$place/dirty/a.csv|4|12|||1 field where 2 are expected\ndirty|$place/dirty/a.csv|5|14|||3 fields where 2 are expected",
	'null: object, record, byte, column, value, message');
is(psql_value("SELECT * FROM dirty_skip; $all"),
	"1|a\n5|é\ndirty_skip|$place/dirty/a.csv|3|8|n|x|$bad\n"
	  . "dirty_skip|$place/dirty/a.csv|4|12|||1 field where 2 are expected\ndirty_skip|$place/dirty/a.csv|5|14|||3 fields where 2 are expected",
	"COPY's word ignore is skip");
is(psql_value("SELECT t FROM dirty_skip; SELECT count(*) FROM dirty; SELECT scan, count(*) FROM pds.rejects GROUP BY 1 ORDER BY 1"),
	"a\nb\né\n5\n1|2\n2|2", 'scans are told apart; values that are not read are not looked at');
is(psql_value('SELECT count(*) FROM pds.rejects'), '0', 'another session has none');
table('zip', 'n int, t text', "header 'true', on_error 'set_null'");
is(psql_value("SELECT n FROM zip; SELECT record, byte, value FROM pds.rejects"), "1\n\n3\n3|8|x", 'gzip: bytes of the text; set_null is null');
table('lazy', 'n int, d date', "on_error 'null', delimiter ','");
psql_value("ALTER FOREIGN TABLE lazy OPTIONS (SET format 'lazysimple')");
is(psql_value("SELECT count(n), count(d) FROM lazy; SELECT record, column_name, value, message FROM pds.rejects"),
	"2|3\n2|n|x|invalid value \"x\" for column \"n\"", 'lazysimple');
table('latin', 'n int, t text', "on_error 'skip'");
is(psql_value("SELECT t FROM latin; SELECT column_name, message FROM pds.rejects"), "a\nt|invalid byte sequence for encoding \"UTF8\"", 'bytes that are no text');
table('long', 'n int, t text', "on_error 'null'");
is(psql_value("SELECT n FROM long; SELECT value, length(message) < 200 FROM pds.rejects"), "\n" . 'y' x 100 . '...|t', 'values are cut');
table('open', 'n int, t text', "on_error 'skip'");
is(psql_value("SELECT n FROM open; SELECT record, byte, message FROM pds.rejects"), "1\n2|4|it ends inside a quoted field", 'a quote that is not closed');
is(psql_value("SELECT count(n) FROM pds.read_csv('aws', 's3://pds-rejects/dirty/', header => true, on_error => 'null') AS t(n int, t text); $all LIMIT 1"),
	"4\n|$place/dirty/a.csv|3|8|n|x|$bad", 'read_csv');
like(psql_value("\\set ON_ERROR_STOP 0\nALTER FOREIGN TABLE dirty OPTIONS (ADD reject_limit '1'); SELECT n FROM dirty; $all"),
	qr/\|3\|8\|n\|x\|/, 'they outlive the error of reject_limit');
is(psql_value("BEGIN; SELECT count(n) FROM dirty_skip; ROLLBACK; SELECT count(*) FROM pds.rejects"), "2\n3", 'and a rollback');
psql_value("ALTER FOREIGN TABLE dirty OPTIONS (DROP reject_limit)");

# --- bounds ------------------------------------------------------------------------------------------------------
table('many', 'a int, b int', "on_error 'skip'");
is(psql_value("SELECT count(n) FROM dirty; SELECT count(a) FROM many; SELECT scan, count(*), min(record), max(record) FROM pds.rejects GROUP BY 1"),
	"4\n3000\n2|1000|2|2000", 'the first 1,000 of a scan, instead of those before it');
is(psql_value("SELECT count(a) FROM many; SELECT count(n) FROM dirty; SELECT scan, count(*) FROM pds.rejects GROUP BY 1 ORDER BY 1"),
	"3000\n4\n1|997\n2|3", 'the oldest go first');
table('deep', 'n int, t text', "on_error 'null'");
my ($number, $bytes) = split /\|/,
  psql_value("SELECT FROM deep WHERE n = 1; SELECT count(*), sum(octet_length(object || column_name || value || message)) FROM pds.rejects");
ok($number > 500 && $number < 1000, "$number whose texts are long");
cmp_ok($bytes, '<=', 1 << 20, 'a megabyte at most');

# --- several processes -------------------------------------------------------------------------------------------
table('parts', 'a int, b int', "on_error 'null'");
my $where = "SELECT count(*), count(DISTINCT scan), count(DISTINCT byte), sum(byte), min(value) FROM pds.rejects";
my $alone = psql_value("SELECT count(a) FROM parts; $where");
like($alone, qr/^19960\n40\|1\|40\|/, 'one process');
for my $way ([1, 'on'], [2, 'off'], [4, 'on'])
{
	my ($workers, $leader) = @$way;
	my $set = in_parts($workers, 5000, $leader);
	is(psql_value("$set SELECT count(a) FROM parts; $where"), $alone, "@$way: those of workers, too");
	is(psql_value("$set SET pds.scan_aggregates = off; SELECT count(a) FROM parts; $where"), $alone, "@$way: without aggregates in the scan");
	is(psql_value("$set SELECT FROM parts WHERE a = 3; SELECT count(*) > 0 FROM pds.rejects"), "t", "@$way: a condition");
}
my $out = psql_value(in_parts(2, 5000, 'off') . "ALTER FOREIGN TABLE parts OPTIONS (ADD reject_limit '20');\n\\set ON_ERROR_STOP 0\nSELECT count(a) FROM parts;\nSELECT count(*) BETWEEN 1 AND 40 FROM pds.rejects");
is($out, 't', 'reject_limit met by workers: what they left');
psql_fails('SELECT count(a) FROM parts', qr/22P02: more than 20 malformed values in "parts" \(reject_limit\)\nHINT:  SELECT \* FROM pds\.rejects shows them/, 'it names the table, and where they are shown');
psql_fails("ALTER FOREIGN TABLE parts OPTIONS (SET reject_limit '0')", qr/22023: reject_limit \(0\) must be greater than zero/, 'zero, in the words of COPY');
psql_fails('ALTER FOREIGN TABLE parts OPTIONS (DROP on_error)', qr/22023: reject_limit requires on_error to be set to skip or null/, 'nor without on_error');
psql_fails("ALTER FOREIGN TABLE parts OPTIONS (SET on_error 'stop')", qr/22023: reject_limit requires on_error/, 'nor with stop');
psql_value("ALTER FOREIGN TABLE parts OPTIONS (DROP reject_limit)");

# --- what is said ------------------------------------------------------------------------------------------------
my ($rc, $err);
sub said { my ($r, $o, $e) = psql($_[0]); return join "\n", $e =~ /((?:NOTICE|WARNING):.*)$/mg }
table('loud', 'n int, t text', "header 'true', on_error 'null', log_verbosity 'verbose'", 'dirty');
is(said('SELECT n FROM loud'),
	"NOTICE:  00000: column \"n\" set to NULL: $place/dirty/a.csv, record 3: $bad\n"
	  . "NOTICE:  00000: record padded or cut: $place/dirty/a.csv, record 4: 1 field where 2 are expected\n"
	  . "NOTICE:  00000: record padded or cut: $place/dirty/a.csv, record 5: 3 fields where 2 are expected\n"
	  . 'WARNING:  01000: 1 value of "loud" was set to NULL, 2 records padded or cut (on_error)',
	'verbose: a NOTICE each');
psql_value("ALTER FOREIGN TABLE loud OPTIONS (SET on_error 'skip')");
like(said('SELECT n FROM loud'), qr{^NOTICE:  00000: row skipped: \Q$place\E/dirty/a\.csv, record 3, column "n": \Q$bad\E\n}, 'verbose: a row skipped for a value, and its column');
is(said('SELECT t FROM loud'),
	"NOTICE:  00000: row skipped: $place/dirty/a.csv, record 4: 1 field where 2 are expected\n"
	  . "NOTICE:  00000: row skipped: $place/dirty/a.csv, record 5: 3 fields where 2 are expected\n"
	  . 'WARNING:  01000: 2 rows of "loud" were skipped (on_error)', 'verbose: rows');
psql_value("ALTER FOREIGN TABLE loud OPTIONS (SET log_verbosity 'silent')");
is(said('SELECT n FROM loud'), '', 'silent');
psql_value("ALTER FOREIGN TABLE parts OPTIONS (ADD log_verbosity 'verbose')");
is(scalar(() = said(in_parts(2, 5000, 'off') . 'SELECT count(a) FROM parts') =~ /NOTICE:  00000: column "a" set to NULL: \S+, record (?:at byte )?\d+: /g), 40, 'verbose: those of workers');
psql_fails("ALTER FOREIGN TABLE parts OPTIONS (SET log_verbosity 'quiet')", qr/HV024.*default, verbose, silent/s, 'other words');
table('one', 'n int', "on_error 'skip'");
is(said('SELECT n FROM one'), 'WARNING:  01000: 1 row of "one" was skipped (on_error)', 'one row');
psql_value("ALTER FOREIGN TABLE one OPTIONS (SET on_error 'null')");
is(said('SELECT n FROM one'), 'WARNING:  01000: 1 value of "one" was set to NULL (on_error)', 'one value');
is(said("SELECT * FROM dirty WHERE t = 'x'"), 'WARNING:  01000: 2 records of "dirty" were padded or cut (on_error)', 'no value, two records');
psql_value("ALTER FOREIGN TABLE one OPTIONS (DROP on_error, SET format 'lazysimple')");
is(said('SELECT n FROM one'), 'WARNING:  01000: 1 value of "one" could not be read and is NULL, by the rules of its SerDe', "one value by the SerDe's rules");

# --- who sees them -----------------------------------------------------------------------------------------------
my $keys = "OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}')";
table('secret', 'n int, t text', "on_error 'null', log_verbosity 'verbose'");
psql_ok(<<"SQL", "role $_") for @roles;
CREATE ROLE $_; CREATE USER MAPPING FOR $_ SERVER aws $keys; GRANT USAGE ON FOREIGN SERVER aws TO $_;
SQL
psql_ok(<<'SQL', 'an owner');
ALTER FOREIGN TABLE secret OWNER TO pds_rej_owner;
SQL
psql_value('GRANT ALL ON SCHEMA public TO PUBLIC');
psql_ok(<<'SQL', 'a barrier view, a function, a partitioned table with a policy');
SET ROLE pds_rej_owner;
CREATE VIEW shown WITH (security_barrier) AS SELECT n, t FROM secret WHERE t = 'public' OR n IS NOT NULL;
GRANT SELECT ON shown TO pds_rej_reader;
CREATE FUNCTION sum_of_secret() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT sum(n) FROM public.secret';
CREATE TABLE parent (n int, t text) PARTITION BY LIST (t);
ALTER TABLE parent ATTACH PARTITION secret DEFAULT;
ALTER TABLE parent ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON parent USING (t = 'public');
GRANT SELECT ON parent TO pds_rej_reader;
SQL
my $see = 'SELECT value FROM pds.rejects';
my $as = 'SET SESSION AUTHORIZATION';
is(psql_value("$as pds_rej_owner; SELECT sum(n) FROM secret; $see"), "4\nhidden-value", 'who may read the table sees them');
($rc, $out, $err) = psql("$as pds_rej_reader; SELECT sum(n) FROM shown; $see");
is($out, '4', 'through a barrier view: nothing');
unlike($err, qr/NOTICE/, 'nor a NOTICE');
like($err, qr/1 value of "secret" was set to NULL/, 'only their number');
($rc, $out, $err) = psql("$as pds_rej_reader; SELECT sum(n) FROM parent; $see");
is($out, '4', 'below a policy: nothing');
unlike($err, qr/NOTICE|hidden/, 'nor a NOTICE');
is(psql_value("$as pds_rej_reader; SELECT sum_of_secret(); $see; RESET SESSION AUTHORIZATION; $see; $as pds_rej_owner; $see"), "4\nhidden-value", 'what a function of its owner has read is its owner\'s');
psql_value('GRANT SELECT (t) ON secret TO pds_rej_reader');
is(psql_value("$as pds_rej_reader; SELECT sum(n) FROM shown; $see"), '4', 'a column that may not be read');
psql_value('GRANT SELECT (n) ON secret TO pds_rej_reader');
is(psql_value("$as pds_rej_reader; SELECT sum(n) FROM shown; $see"), "4\nhidden-value", 'a column that may be read');
is(psql_value("SET ROLE pds_rej_owner; SELECT sum(n) FROM secret; SET ROLE pds_rej_other; $see; RESET ROLE; $see; SET ROLE pds_rej_owner; $see"), "4\nhidden-value", 'SET ROLE: neither another role nor the superuser');
is(psql_value("$as pds_rej_owner; SELECT sum(n) FROM secret; $as pds_rej_other; $see; RESET SESSION AUTHORIZATION; $see; $as pds_rej_owner; $see"), "4\nhidden-value", 'SET SESSION AUTHORIZATION');
is(psql_value("SELECT sum(n) FROM secret; $see;\nDISCARD ALL;\n$see"), "4\nhidden-value", 'DISCARD ALL forgets them');
is(psql_value("SELECT sum(n) FROM secret; ALTER TABLE parent DETACH PARTITION secret; DROP FOREIGN TABLE secret CASCADE; SELECT count(*) FROM pds.rejects"), "4\n0", 'a table that is gone');

psql_value("DROP OWNED BY $_ CASCADE; DROP USER MAPPING IF EXISTS FOR $_ SERVER aws") for @roles;
psql_value("DROP ROLE $_") for @roles;
# --- what is passed over is not kept ---------------------------------------------------------------------------
table('ragged', 'a int, b int', "on_error 'skip'");
my ($sum, $grown) = split /\n/, psql_value(<<'SQL');
SET max_parallel_workers_per_gather = 0;
CREATE FUNCTION pg_temp.peak() RETURNS int LANGUAGE sql AS
	$$SELECT (regexp_match(pg_read_file('/proc/' || pg_backend_pid() || '/status'), 'VmHWM:\s*(\d+)'))[1]::int$$;
SELECT pg_temp.peak() AS before \gset
SELECT sum(a) FROM ragged;
SELECT pg_temp.peak() - :before;
SQL
is($sum, 1, 'half a million records are skipped');
cmp_ok($grown, '<', 30000, 'in no memory of their own (kB)');

done_testing();
