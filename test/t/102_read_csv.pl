# pds.read_csv: malformed data, limits, memory, cancel; and files of others, as Python's csv module reads them.
use strict;
use warnings;
use PdsTest;
use File::Basename;
use Test::More;
use Time::HiRes 'time';

need_stack();
fresh_database('pds_read_csv');
run_python(<<'PY');
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="pds-read-t")
def put(k, b):
    s3.put_object(Bucket="pds-read-t", Key=k, Body=b if isinstance(b, bytes) else b.encode())
put("bad/a.csv", "id,at\n1,2024-01-01\nx,2024-01-02\n3,2024-13-45\n4,2024-01-04\ny,z\n")
put("wide/a.csv", "id,v\n" + "1,2\n" * 3 + "4\n" + "5,6,7\n")
put("latin/a.csv", "größe,straße\n1,Köln\n2,Weiß\n".encode("latin-1"))
put("huge/a.csv", b"".join(b"%09d,%s\n" % (i, b"abcdefghij" * 9) for i in range(10000)) * 60)
put("lines/a.csv", b"made by hand\nlast week, so\nid,v,w\n% 1,2\n1,x,2\n% a comment\n3,y\n")
put("far/a.csv", ("id," + ",".join("column_%d" % i for i in range(300)) + "\n1" + ",x" * 300 + "\n").encode())
PY
create_server('aws');
my $bad = "pds.read_csv('aws', 's3://pds-read-t/bad/'%s) AS t (id int, at date)";
my $t = sub { return 'SELECT * FROM ' . sprintf($bad, $_[0]) };

# --- skip, comment, null_padding, sample_bytes: the words of tables, for all functions and IMPORT ---
my $odd = "'aws', 's3://pds-read-t/lines/', skip => 2, comment => '%'";
is(psql_value("SELECT * FROM pds.read_csv($odd, null_padding => true) AS t (id int, v text, w int)"), "1|x|2\n3|y|", 'read_csv: skip, comment, null_padding');
psql_fails("SELECT * FROM pds.read_csv($odd) AS t (id int, v text, w int)", qr{22P04.*lines/a\.csv, record \d+: 2 fields where 3}s, 'read_csv: without null_padding');
is(psql_value("SELECT pds.read_csv_json($odd, null_padding => true)->>'v'"), "x\ny", 'read_csv_json');
is(psql_value("SELECT string_agg(column_name || ' ' || postgres_type, ', ') FROM pds.infer_schema($odd)"), 'id integer, v text, w integer', 'infer_schema');
is(psql_value("SELECT header_count, ragged_records, note FROM pds.infer_format($odd)"), '1|1|Records with another number of fields: 1.', 'infer_format');
is(psql_value("SELECT note IS NULL FROM pds.infer_format($odd, null_padding => true)"), 't', 'infer_format: null_padding');
psql_ok(q{CREATE SCHEMA lines; IMPORT FOREIGN SCHEMA "s3://pds-read-t/lines/" FROM SERVER aws INTO lines OPTIONS (skip '2', comment '%', null_padding 'true')}, 'IMPORT');
is(psql_value('SELECT * FROM lines.a'), "1|x|2\n3|y|", 'IMPORT: rows');
is(psql_value(q{SELECT array_to_string(ftoptions[2:], ' ') FROM pg_foreign_table WHERE ftrelid = 'lines.a'::regclass}), 'header=true skip=2 null_padding=true comment=%', 'IMPORT: options');
psql_fails("SELECT * FROM pds.read_csv('aws', 's3://pds-read-t/far/', sample_bytes => '1kB') AS t (id int)", qr/HV000.*longer than the sample.*HINT:[^\n]*sample_bytes/s, 'read_csv: sample_bytes');
is(psql_value("SELECT id FROM pds.read_csv('aws', 's3://pds-read-t/far/', sample_bytes => '8kB') AS t (id int)"), '1', 'read_csv: which its hint names');
psql_fails("SELECT * FROM pds.read_csv('aws', 's3://pds-read-t/lines/', skip => -1) AS t (id int)", qr/HV024: invalid value for option "skip": "-1"/, 'checked as options are');

# --- on_error, reject_limit ---
my $err = psql_fails($t->(''), qr/22P02/, 'a value of another type');
like($err, qr{s3://pds-read-t/bad/a\.csv.*record 3, column "id"}s, 'the error names object, record and column');
like($err, qr/"x"/, 'and the value');
psql_fails($t->(", on_error => 'stop'"), qr/22P02/, 'stop');
my ($rc, $out, $e) = psql($t->(", on_error => 'null'"));
is($out, "1|2024-01-01\n|2024-01-02\n3|\n4|2024-01-04\n|", 'null');
like($e, qr/WARNING:.*4 values were set to NULL/, 'null: one warning');
($rc, $out, $e) = psql($t->(", on_error => 'skip'"));
is($out, "1|2024-01-01\n4|2024-01-04", 'skip');
like($e, qr/WARNING:.*3 rows were skipped/, 'skip: one warning');
is(() = $e =~ /WARNING/g, 1, 'only one');
psql_ok($t->(", on_error => 'skip', reject_limit => 3"), 'as many as reject_limit');
psql_fails($t->(", on_error => 'skip', reject_limit => 2"), qr/22P02: more than 2 malformed values \(reject_limit\)\nHINT:  SELECT \* FROM pds\.rejects shows them/, 'more than reject_limit');
psql_fails($t->(", on_error => 'no'"), qr/HV024: invalid value for option "on_error": "no".*HINT:/s, 'no such on_error');
psql_fails($t->(", on_error => 'skip', reject_limit => -7"), qr/22023: reject_limit \(-7\) must be greater than zero/, 'no such reject_limit');
psql_fails($t->(", on_error => 'skip', reject_limit => 0"), qr/22023: reject_limit \(0\) must be greater than zero/, 'nor zero');
psql_fails($t->(", reject_limit => 1"), qr/22023: reject_limit requires on_error to be set to skip or null/, 'nor any without on_error');
psql_fails("SELECT * FROM pds.read_csv('aws', 's3://pds-read-t/wide/') AS t (id int, v int)", qr{22P04.*wide/a\.csv, record \d+: \d fields?}s, 'too few fields, too many');
is(psql_value("SELECT * FROM pds.read_csv('aws', 's3://pds-read-t/wide/', on_error => 'null') AS t (id int, v int)"),
	"1|2\n1|2\n1|2\n4|\n5|6", 'padded and cut');
is(psql_value("SELECT pds.read_csv_json('aws', 's3://pds-read-t/bad/', on_error => 'skip')->>'id'"), "1\nx\n3\n4\ny", 'as JSON nothing is malformed');

# --- other encodings ---
is(psql_value("SELECT column_name, header_name FROM pds.infer_schema('aws', 's3://pds-read-t/latin/')"),
	"gro_e|größe\nstra_e|straße", 'a header in Latin-1');
is(psql_value("SELECT * FROM pds.read_csv('aws', 's3://pds-read-t/latin/') AS t (straße text)"), "Köln\nWeiß", 'columns by its names');
is(psql_value("SELECT string_agg(j::text, ' ') FROM pds.read_csv_json('aws', 's3://pds-read-t/latin/') j"),
	'{"gro_e": 1, "stra_e": "Köln"} {"gro_e": 2, "stra_e": "Weiß"}', 'JSON with its names');
psql_ok('CREATE SCHEMA l; IMPORT FOREIGN SCHEMA "s3://pds-read-t/latin/" FROM SERVER aws INTO l', 'import');
is(psql_value('SELECT gro_e FROM l.a WHERE stra_e = \'Weiß\''), '2', 'a table with its names');

# --- max_scan_bytes ---
my $huge = "pds.read_csv('aws', 's3://pds-read-t/huge/'%s) AS t (a int, b text)";
psql_fails("SET pds.max_scan_bytes = '1MB'; SELECT count(*) FROM " . sprintf($huge, ''), qr/54000.*max_scan_bytes.*HINT/s, 'max_scan_bytes of the session');
psql_ok("SET pds.max_scan_bytes = '1MB'; " . $t->(", on_error => 'skip'"), 'what is within it is read');
create_server('small', max_scan_bytes => '1MB');
psql_fails('SELECT count(*) FROM ' . sprintf($huge, '') =~ s/'aws'/'small'/r, qr/54000.*max_scan_bytes.*HINT/s, '... of the server');
psql_fails("SET pds.max_scan_bytes = '100kB'; SELECT * FROM pds.read_csv_json('aws', 's3://pds-read-t/huge/')", qr/54000/, '... as JSON');
psql_ok("SET pds.max_scan_bytes = '1MB'; SELECT * FROM pds.infer_schema('aws', 's3://pds-read-t/huge/')", 'samples are no scan');

# --- memory, cancel ---
create_server('lean', fetch_part_size => '1MB', fetch_concurrency => 2);
my $hwm = "SELECT (regexp_match(pg_read_file('/proc/self/status'), 'VmHWM:\\s+(\\d+)'))[1]";
my $start = time;
my ($low, $answer, $high) = split /\n/, psql_value($t->(", on_error => 'skip' \\g /dev/null\n") =~ s/ \\g.*\n(.*)/$1 \\g \/dev\/null/r
	  . "\n$hwm; SELECT count(*), sum(a::bigint), sum(length(b)) FROM " . sprintf($huge, '') =~ s/'aws'/'lean'/r . "; $hwm");
is($answer, '600000|' . (60 * 49995000) . '|54000000', '60 MB');
cmp_ok($high - $low, '<', 50 * 1024, 'memory of the backend (kB more)') or diag("$low $high");
cmp_ok($high - $low, '>', 0, 'memory was measured');
note(sprintf '60 MB in %.1f s, %d kB more', time - $start, $high - $low);
my $b = background("SET statement_timeout = '800ms'; SELECT count(*) FROM " . sprintf($huge, ''));
my (undef, undef, $late, $seconds) = finish($b);
SKIP:
{
	skip 'it was over before', 2 unless $late;
	like($late, qr/ERROR:  57014: canceling statement due to statement timeout/, 'cancelled while rows are read');
	cmp_ok($seconds, '<', 4, 'at once');
}

# --- files of others ---
my $data = dirname(__FILE__) . '/../../../shared/data';
SKIP:
{
	skip "no files in $data", 1 unless -d $data;
	my $differ = run_python(<<'PY', $data, $ENV{PGDATABASE});
import boto3, csv, glob, io, json, os, subprocess, sys
data, db = sys.argv[1:]
s3 = boto3.client("s3")
files = sorted(glob.glob(data + "/csv-spectrum/csvs/*.csv")) + [data + "/real/womens_clothing_1000.csv", data + "/reviews_20k.csv"]
for f in files:
    s3.put_object(Bucket="pds-read-t", Key="others/" + os.path.basename(f), Body=open(f, "rb").read())
def sql(text):
    return subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", db, "-c", text], check=True, capture_output=True).stdout.decode()
sql('CREATE SCHEMA others; SET client_min_messages = error; '
    'IMPORT FOREIGN SCHEMA "s3://pds-read-t/others/" FROM SERVER aws INTO others')
def alike(text, value):
    "a value of PostgreSQL, as JSON, against the text in the file"
    if value is None:
        return text == ""
    if isinstance(value, bool):
        return text.lower() == str(value).lower()
    if isinstance(value, (int, float)):
        return float(text) == float(value) and (not isinstance(value, int) or str(value) == text)
    return text == value
bad = []
for f in files:
    raw = open(f, "rb").read()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    rows = [r for r in csv.reader(io.StringIO(text, newline="")) if r]
    table = os.path.basename(f)[:-4]
    if table == "location_coordinates":  # quotes inside fields open and close there, as in COPY; Python keeps them
        rows = [[v.replace('"', "") for v in r] for r in rows]
    for engine, query in (("table", 'SELECT json_build_array(t.*) FROM others."%s" t' % table),
                          ("json", "SELECT pds.read_csv_json('aws', 's3://pds-read-t/others/%s.csv')" % table)):
        if engine == "table":
            names = sql("SELECT string_agg(quote_ident(attname), ',' ORDER BY attnum) FROM pg_attribute "
                        "WHERE attrelid = 'others.\"%s\"'::regclass AND attnum > 0" % table).strip()
            got = [[x for x in r.values()] for r in map(json.loads, sql("SELECT row_to_json(t) FROM others.\"%s\" t" % table).splitlines())]
        else:
            order = sql("SELECT column_name FROM pds.infer_schema('aws', 's3://pds-read-t/others/%s.csv')" % table).splitlines()
            got = [[r[c] for c in order] for r in map(json.loads, sql(query).splitlines())]
        want = rows[1:]
        if len(got) != len(want):
            bad.append("%s by %s: %d rows, not %d" % (table, engine, len(got), len(want)))
            continue
        for i, (g, w) in enumerate(zip(got, want)):
            if len(g) != len(w) or not all(map(alike, w, g)):
                bad.append("%s by %s, row %d: %r, not %r" % (table, engine, i + 1, g, w))
                break
print("\n".join(bad) or "all alike: %d" % len(files))
PY
	like($differ, qr/^all alike: 14$/, 'files of others');
}
done_testing();
