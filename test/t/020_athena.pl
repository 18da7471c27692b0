# Scans by Athena: values, filters, parameters, rescans, what is left behind, results by the API, errors.
use strict;
use warnings;
use JSON::PP;
use PdsTest;
use Test::More;

# Strings here are bytes, as psql and objects have them.

need_stack();
fresh_database('pds_athena');

my $proxy;
my $setup = <<'PY';
import boto3, json, sys, time
s3, glue, athena = boto3.client("s3"), boto3.client("glue"), boto3.client("athena")
BUCKET, DB = "pds-athena", "athena_t"
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN = "org.apache.hadoop.hive.serde2.OpenCSVSerde"

def make(name, cols, body=None, serde=LAZY, params=None):
    glue.create_table(DatabaseName=DB, TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"}, "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [dict(zip(("Name", "Type"), c.split(" ", 1))) for c in cols],
            "Location": "s3://%s/%s/" % (BUCKET, name), "NumberOfBuckets": -1,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": params or {"field.delim": "|"}}}})
    if body is not None:
        s3.put_object(Bucket=BUCKET, Key=name + "/a.csv", Body=body if isinstance(body, bytes) else body.encode())

def query(sql):
    e = athena.start_query_execution(QueryString=sql, QueryExecutionContext={"Database": DB},
                                     ResultConfiguration={"OutputLocation": "s3://%s/ddl/" % BUCKET})["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=e)["QueryExecution"]["Status"]
        if status["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
            break
        time.sleep(0.05)
    if status["State"] != "SUCCEEDED":
        raise SystemExit("%s: %s" % (sql, status))

def view(name, columns, sql):
    query("CREATE OR REPLACE VIEW %s AS %s" % (name, sql))
    # the engine puts a dummy column into Glue, Athena the view's own
    t = glue.get_table(DatabaseName=DB, Name=name)["Table"]
    t["StorageDescriptor"]["Columns"] = [dict(zip(("Name", "Type"), c.split(" ", 1))) for c in columns]
    glue.update_table(DatabaseName=DB, TableInput={k: t[k] for k in (
        "Name", "StorageDescriptor", "PartitionKeys", "ViewOriginalText", "ViewExpandedText", "TableType", "Parameters")})

def keys(prefix):
    return [o["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
            for o in page.get("Contents", [])]
PY

sub stack_run { return run_python("$setup\n$_[0]", @_[ 1 .. $#_ ]) }

# every: values that are easy to get wrong, one column of each type, '|' between them
my @every = (
	'1|true|1|1|100|5000000000|1.5|2.5|12.30|1.000000000000000001|plain|abc|ab|2024-01-31|2024-01-31 10:20:30.123|AAEC/w==',
	'2|false|-128|-32768|-2147483648|-9223372036854775808|-0.0|-0.0|-0.01|-1.5||||0001-01-01|1969-12-31 23:59:59.999|',
	'3|true|127|32767|2147483647|9223372036854775807|NaN|NaN|99999999.99|12345678901234567890.123456789012345678|it\'s "quoted", with, commas|x,"y|"|9999-12-31|9999-12-31 23:59:59|AA==',
	"4|false|0|0|0|0|Infinity|Infinity|0.00|0|\xC3\xA9\xE6\x97\xA5\xE6\x9C\xAC\xF0\x9F\x98\x80|\xC3\xA9\xC3\xA9|\xC3\xA9|2024-02-29|2024-02-29 00:00:00|Jw==",
	'5|true|5|5|5|5|-Infinity|-Infinity|5|5|NULL|\N|\N|\N|\N|\N',
	'\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N',
	'7|false|7|7|7|7|0.1|0.1|7.70|7.7| blank |\\x|b|2000-01-01|2000-01-01 00:00:00.001|//79',
	'8|true|8|8|8|8|3.4028235e38|1.7976931348623157e308|8.8|8.8|100%_\\done|a|c|1970-01-01|1970-01-01 00:00:00|');
my @columns = ('id int', 'b boolean', 'ti tinyint', 'si smallint', 'i int', 'bi bigint', 'f float', 'd double',
	'n decimal(10,2)', 'n38 decimal(38,18)', 's string', 'v varchar(5)', 'c char(4)', 'dt date', 'ts timestamp', 'bin binary');
stack_run(<<'PY', join("\n", @every) . "\n", encode_json(\@columns));
for p in ("ddl/", "results/", "wg/", "every/", "one/", "small/", "big/", "typed/", "strings/"):
    try:
        for k in keys(p):
            s3.delete_object(Bucket=BUCKET, Key=k)
    except s3.exceptions.NoSuchBucket:
        s3.create_bucket(Bucket=BUCKET)
try:
    glue.delete_database(Name=DB)
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": DB})
make("every", json.loads(sys.argv[2]), sys.argv[1].encode("utf-8", "surrogateescape"))
make("one", ["a string"], "x\n\\N\n\n\\N\ny\n\\N\n")
make("small", ["id int", "word string"], "".join("%d|w%d\n" % (i, i % 3) for i in range(1, 11)))
make("big", ["id int", "word string"], "".join("%d|%s\n" % (i, "word %d, \"%d\"" % (i * 7, i) if i % 10 else "\\N") for i in range(2500)))
make("typed", ["id int", "word string"], '"1","a"\n"2","b"\n', OPEN, {"separatorChar": ","})
make("strings", ["id string", "word string"], '"1","a"\n"2","b"\n', OPEN, {"separatorChar": ","})
view("nasty", ["id int", "x string", "y string"], """SELECT * FROM (VALUES
  (1, 'a' || chr(10) || 'b', CAST(NULL AS varchar)), (2, 'c' || chr(13) || chr(10) || '"d", e', ''),
  (3, chr(10), chr(13)), (4, '"', '""'), (5, ',', '\\N'), (6, CAST(NULL AS varchar), 'last')) AS t (id, x, y)""")
view("many", ["id bigint", "pad string"], "SELECT x AS id, rpad('x', 100, 'x') AS pad FROM UNNEST(sequence(1, 10000)) AS t (x)")
# hours of work, unless it is stopped
view("slow", ["n bigint"], """SELECT count(*) AS n FROM UNNEST(sequence(1, 10000)) AS a (x)
  CROSS JOIN UNNEST(sequence(1, 10000)) AS b (y) CROSS JOIN UNNEST(sequence(1, 10000)) AS c (z) WHERE (x * y + z) % 7 = 3""")
PY

create_server('aws', output_location => 's3://pds-athena/results/');
psql_ok('IMPORT FOREIGN SCHEMA athena_t FROM SERVER aws INTO public', 'import');
psql_ok('CREATE TABLE outer_rows AS SELECT g AS k, g % 3 AS m FROM generate_series(1, 6) g; ANALYZE outer_rows', 'a local table');

my $athena = "\\pset null [null]\nSET pds.engine = athena;\n";
my $direct = "\\pset null [null]\nSET pds.engine = direct;\n";
sub rows { return psql_value($athena . $_[0]) }

# Many questions, some at a time: a query by Athena is mostly waiting.
sub many
{
	my @sql = @_;
	my @answers;

	while (@sql)
	{
		my @running = map { background($_) } splice @sql, 0, 6;
		for my $r (@running)
		{
			my ($rc, $out, $err) = finish($r);
			chomp $out;
			push @answers, $rc ? "ERROR: $err" : $out;
		}
	}
	return @answers;
}

# executions of the service whose statement matches
sub executions
{
	my ($pattern) = @_;

	return grep { $_->{query} =~ $pattern } @{ stack_control('executions') };
}

sub result_objects { return scalar split /\n/, stack_run('print("\n".join(keys(sys.argv[1])))', $_[0] // 'results/') }

# the properties of the one foreign scan in a plan
sub scan_of
{
	my ($plan) = @_;
	return $plan if ($plan->{'Node Type'} // '') eq 'Foreign Scan';
	for my $p (@{ $plan->{Plans} // [] })
	{
		my $found = scan_of($p);
		return $found if $found;
	}
	return;
}

sub explained
{
	my ($sql, $before, $options) = @_;
	my $out = psql_value(($before // $athena) . 'EXPLAIN (' . ($options // 'ANALYZE') . ", FORMAT JSON) $sql");
	my $json = $out eq '' ? [ { Plan => { 'Node Type' => 'Foreign Scan' } } ] : decode_json($out);
	return wantarray ? ($json->[0], scan_of($json->[0]{Plan})) : scan_of($json->[0]{Plan});
}

# --- values ------------------------------------------------------------------------------------------------
my $all = 'SELECT id, b, ti, si, i, bi, f, d, n, n38, s, v, c, dt, ts, bin FROM every ORDER BY id NULLS LAST';
my ($by_athena, $by_direct) = many($athena . $all, $direct . $all);
my @want = (
	'1|t|1|1|100|5000000000|1.5|2.5|12.30|1.000000000000000001|plain|abc|ab  |2024-01-31|2024-01-31 10:20:30.123|\x000102ff',
	'2|f|-128|-32768|-2147483648|-9223372036854775808|-0|-0|-0.01|-1.500000000000000000|||    |0001-01-01|1969-12-31 23:59:59.999|\x',
	'3|t|127|32767|2147483647|9223372036854775807|NaN|NaN|99999999.99|12345678901234567890.123456789012345678|it\'s "quoted", with, commas|x,"y|"   |9999-12-31|9999-12-31 23:59:59|\x00',
	"4|f|0|0|0|0|Infinity|Infinity|0.00|0.000000000000000000|\xC3\xA9\xE6\x97\xA5\xE6\x9C\xAC\xF0\x9F\x98\x80|\xC3\xA9\xC3\xA9|\xC3\xA9   |2024-02-29|2024-02-29 00:00:00|\\x27",
	'5|t|5|5|5|5|-Infinity|-Infinity|5.00|5.000000000000000000|NULL|[null]|[null]|[null]|[null]|[null]',
	'7|f|7|7|7|7|0.1|0.1|7.70|7.700000000000000000| blank |\x|b   |2000-01-01|2000-01-01 00:00:00.001|\xfffefd',
	'8|t|8|8|8|8|3.4028235e+38|1.7976931348623157e+308|8.80|8.800000000000000000|100%_\done|a|c   |1970-01-01|1970-01-01 00:00:00|\x',
	join('|', ('[null]') x 16));
is($by_athena, join("\n", @want), 'every type by Athena');
is($by_direct, join("\n", @want), 'every type directly');

my $null = '[null]';
my @cases = (
	[ 'line breaks, quotes, commas', 'SELECT id, quote_nullable(x), quote_nullable(y) FROM nasty ORDER BY id',
		"1|'a\nb'|NULL\n2|'c\r\n\"d\", e'|''\n3|'\n'|'\r'\n4|'\"'|'\"\"'\n5|','|E'\\\\N'\n6|NULL|'last'" ],
	[ 'a single column with NULLs', "SELECT coalesce('<' || a || '>', 'NULL') FROM one", "<x>\nNULL\n<>\nNULL\n<y>\nNULL" ],
	[ 'a single column, only NULLs', 'SELECT count(*), count(a) FROM (SELECT a FROM one WHERE a IS NULL OFFSET 0) x', '3|0' ],
	[ 'no column', 'SELECT count(*) FROM one', '6' ],
	[ 'no column, no row', 'SELECT count(*) FROM small WHERE id > 100', '0' ],
	[ 'no row', 'SELECT * FROM small WHERE id > 100', '' ],
	[ 'a constant for each row', 'SELECT 1 FROM small LIMIT 3', "1\n1\n1" ],
	[ 'whole row', 'SELECT e FROM every e WHERE id = 5', '(5,t,5,5,5,5,-Infinity,-Infinity,5.00,5.000000000000000000,NULL,,,,,)' ],
	[ 'tableoid', 'SELECT DISTINCT tableoid::regclass FROM small', 'small' ],
	[ 'columns twice and out of order', 'SELECT word, id, word FROM small WHERE id = 4', 'w1|4|w1' ],
	[ 'the sign of -0', 'SELECT 1 / nullif(f, 1), d::text FROM every WHERE id = 4', '0|Infinity' ],
	[ 'join of two scans', 'SELECT count(*) FROM small a JOIN small b USING (id)', '10' ],
	[ 'UNION of engines', 'SELECT sum(id) FROM (SELECT id FROM small UNION ALL SELECT id FROM every WHERE id IS NOT NULL) u', '85' ],
	[ 'LIMIT', 'SELECT count(*) FROM (SELECT * FROM big LIMIT 7) l', '7' ],
	[ 'FOR UPDATE is a row mark without rowid', 'SELECT id FROM small WHERE id = 1 FOR UPDATE', '1' ]);
my @got = many(map { $athena . $_->[1] } @cases);
is($got[$_], $cases[$_][2], $cases[$_][0]) for 0 .. $#cases;

# --- filters: shipped or not, the rows are those of direct --------------------------------------------------
my @filters = (
	# condition, what Remote SQL must have after WHERE (undef: nothing shipped)
	[ 'id = 3', qr/"id" = 3/ ],
	[ 'b', qr/"b"/ ],
	[ 'NOT b', qr/NOT "b"/ ],
	[ 'b IS NOT TRUE', qr/coalesce\("b", false\)/ ],
	[ 'b IS UNKNOWN', qr/IS NULL/ ],
	[ 'ti < 0 OR si > 100', qr/ OR / ],
	[ 'bi = -9223372036854775808', qr/BIGINT '-9223372036854775808'/ ],
	[ 'bi > i', qr/"bi" > "i"/ ],
	[ 'd > 2', qr/is_nan/ ],
	[ 'd >= 2.5 AND d <> 3', qr/is_nan/ ],
	[ 'd < 1', qr/"d" < DOUBLE/ ],
	[ 'NOT d > 1', qr/"d" <= DOUBLE/ ],
	[ 'd = 0', qr/"d" = DOUBLE/ ],
	[ "d = 'NaN'", undef ],
	[ "d < 'Infinity'", undef ],
	[ "f = 0.1::real", qr/REAL/ ],
	[ 'f > 0.1', qr/CAST\("f" AS double\)/ ],
	[ 'd IN (0.1, 2.5)', qr/OR/ ],
	[ 'f > d', undef ],
	[ 'n = 12.3', qr/DECIMAL '12.3'/ ],
	[ 'n > 5 AND n < 99999999.995', qr/DECIMAL/ ],
	[ 'n38 > 12345678901234567890', qr/DECIMAL/ ],
	[ 'n38 = 1.000000000000000001', qr/DECIMAL/ ],
	[ "s = ''", qr/"s" = ''/ ],
	[ "s = 'it''s \"quoted\", with, commas'", qr/'it''s "quoted", with, commas'/ ],
	[ "s = '\xC3\xA9\xE6\x97\xA5\xE6\x9C\xAC\xF0\x9F\x98\x80'", qr/\xC3\xA9/ ],
	[ "s LIKE '%\\%\\_\\\\done'", qr/ESCAPE/ ],
	[ "s NOT LIKE '%a%'", qr/NOT LIKE/ ],
	[ "s LIKE '_____'", qr/LIKE/ ],
	[ "s < 'b' COLLATE \"C\"", qr/"s" < 'b'/ ],
	[ "s IN ('plain', 'NULL', 'x''y')", qr/IN \('plain', 'NULL', 'x''y'\)/ ],
	[ "s NOT IN ('plain', NULL)", qr/NOT IN/ ],
	[ "v = 'a'", qr/"v" = 'a'/ ],
	[ "v > 'a' COLLATE \"C\"", qr/"v" > 'a'/ ],
	[ "c = 'ab'", undef ],
	[ "dt >= '2024-01-01'", qr/DATE '2024-01-01'/ ],
	[ "dt < 'infinity'", undef ],
	[ "ts = '1969-12-31 23:59:59.999'", qr/TIMESTAMP '1969-12-31 23:59:59.999'/ ],
	[ "ts > '2024-01-31 10:20:30.1229'", qr/TIMESTAMP/ ],
	[ 'bin IS NULL', qr/"bin" IS NULL/ ],
	[ "bin = '\\x00'", undef ],
	[ 's IS DISTINCT FROM \'plain\'', qr/IS DISTINCT FROM/ ],
	[ 'i IN (5, 7, NULL)', qr/IN \(5, 7/ ],
	[ 'length(s) > 4', qr/length\("s"\) > 4/ ],
	[ 'lower(s) = \'plain\'', undef ],
	[ 'id > 2 AND length(s) > 4', qr/"id" > 2/ ],
	[ 'NULL::boolean', undef ],
	[ 'id + 1 = 4', qr/\("id" \+ 1\) = 4/ ]);
my $explain = psql_value($athena . join '', map { "EXPLAIN (VERBOSE, COSTS OFF) SELECT id FROM every WHERE $_->[0];\n\\echo ====\n" } @filters);
my @plans = split /====\n?/, $explain;
for my $i (0 .. $#filters)
{
	my ($where, $shipped) = @{ $filters[$i] };
	my ($remote) = $plans[$i] =~ /Remote SQL: (.*)/;
	if (!defined $shipped) { unlike($remote // '', qr/WHERE/, "$where: stays here") }
	else { like($remote // '', qr/WHERE .*$shipped/, "$where: shipped") }
}
my $select = 'SELECT string_agg(id::text, \' \' ORDER BY id) FROM every WHERE';
my $together = 6;			# conditions of one psql
my @groups;
push @groups, [ splice @{ [@filters] }, $_ * $together, $together ] for 0 .. int($#filters / $together);
my $ask = sub { my ($engine, $g) = @_; return $engine . join '', map { "$select $_->[0];\n" } @$g };
my @mine = map { split /\n/, $_ } many(map { $ask->($athena, $_) } @groups);
my @truth = map { split /\n/, $_ } many(map { $ask->($direct, $_) } @groups);
is(scalar @truth, scalar @filters, 'an answer to each');
is($mine[$_], $truth[$_], "$filters[$_][0]: the rows of direct") for 0 .. $#filters;
ok((grep { $_ ne $null } @truth) > 35, 'most of them find rows');

# --- EXPLAIN -------------------------------------------------------------------------------------------------
my $text = psql_value($athena . 'EXPLAIN (VERBOSE) SELECT word FROM small WHERE id = 3');
like($text, qr/Engine: athena/, 'EXPLAIN VERBOSE: engine');
like($text, qr/Remote SQL: SELECT "word" FROM "athena_t"\."small" WHERE \("id" = 3\)/, 'EXPLAIN VERBOSE: Remote SQL');
my $scan = explained('SELECT word FROM small WHERE id < 3');
is($scan->{Engine}, 'athena', 'JSON: Engine');
is($scan->{'Remote SQL'}, 'SELECT "word" FROM "athena_t"."small" WHERE ("id" < 3)', 'JSON: Remote SQL');
like($scan->{'Execution ID'}, qr/^[0-9a-f]{8}-[0-9a-f-]{27}$/, 'JSON: Execution ID');
is((grep { $_->{id} eq $scan->{'Execution ID'} } executions(qr/small/))[0]{query} // '', $scan->{'Remote SQL'}, 'it is the execution of that statement');
ok(exists $scan->{$_} && $scan->{$_} =~ /^\d+$/, "JSON: $_ is a number") for 'Queue Time', 'Engine Time', 'Bytes Scanned', 'Requests', 'Retries';
cmp_ok($scan->{'Engine Time'}, '>', 0, 'JSON: Engine Time is not 0');
cmp_ok($scan->{'Bytes Scanned'}, '>', 0, 'JSON: Bytes Scanned is not 0');
cmp_ok($scan->{Requests}, '>=', 3, 'JSON: Requests: start, poll, get');
is($scan->{Retries}, 0, 'JSON: Retries');
my $price = $scan->{Price} =~ s/^\$//r;
ok($price > 0.000047 && $price < 0.000051, 'JSON: Price of 10 MB, the least there is') or diag($scan->{Price});
is($scan->{Result}, 'S3', 'JSON: Result');
is($scan->{'Actual Rows'}, 2, 'JSON: two rows came');
$text = psql_value($athena . 'EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) SELECT word FROM small WHERE id < 3');
unlike($text, qr/Queue Time|Engine Time/, 'TIMING OFF: no times');
$text = psql_value($athena . 'EXPLAIN (ANALYZE) SELECT * FROM outer_rows o WHERE false AND EXISTS (SELECT FROM small s WHERE s.id = o.k)');
unlike($text, qr/Execution ID/, 'a scan that was never asked has no execution');
my ($whole) = explained("SELECT upper(word) FROM small WHERE upper(word) <> ''", "SET jit = on;\n$athena");
ok(!exists $whole->{JIT}, 'ten rows by Athena do not start the JIT compiler') or diag("total cost $whole->{Plan}{'Total Cost'}");
my ($jitted) = explained("SELECT upper(word) FROM small WHERE upper(word) <> ''", "SET jit = on; SET jit_above_cost = 0;\n$athena");
SKIP:
{
	skip 'this PostgreSQL has no JIT', 1 if psql_value('SELECT pg_jit_available()') ne 't';
	ok(exists $jitted->{JIT}, 'but jit_above_cost = 0 does: the check can fail');
}

# --- never in a worker ---------------------------------------------------------------------------------------
my $force = psql_value("SELECT name FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query')");
my $eager = "SET $force = on; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;"
  . " SET max_parallel_workers_per_gather = 4; SET enable_parallel_append = on;\n";
psql_ok('CREATE TABLE wide AS SELECT g AS id FROM generate_series(1, 20000) g; ANALYZE wide', 'a table for workers');
sub under_gather
{
	my ($plan, $below) = @_;
	return 1 if $below && $plan->{'Node Type'} eq 'Foreign Scan';
	$below ||= $plan->{'Node Type'} =~ /^Gather/;
	return !!grep { under_gather($_, $below) } @{ $plan->{Plans} // [] };
}
for my $sql ('SELECT * FROM small', 'SELECT count(*) FROM small',
	'SELECT count(*) FROM (SELECT id FROM small UNION ALL SELECT id FROM wide) u',
	'SELECT count(*) FROM wide JOIN small USING (id)')
{
	my ($json) = explained($sql, $eager . $athena, 'COSTS OFF');
	ok(!under_gather($json->{Plan}), "not under Gather: $sql");
}
is(rows("$eager SELECT count(*), sum(id) FROM wide JOIN small USING (id)"), '10|55', 'and the rows are right');
my ($gathered) = explained('SELECT count(*) FROM wide', $eager, 'COSTS OFF');
like(encode_json($gathered), qr/Gather/, 'PostgreSQL would have used workers');

# --- parameters ----------------------------------------------------------------------------------------------
my @prepared = (
	# types, condition, argument lists
	[ 'int', 'id = $1', '3', 'NULL', '99' ],
	[ 'bigint', 'bi >= $1', '-9223372036854775808', '9223372036854775807', 'NULL' ],
	[ 'text', 's = $1', q{'it''s "quoted", with, commas'}, q{''}, q{'\x'' OR 1=1 --'}, q{E'\n'}, q{E'\x02\x01'}, 'NULL' ],
	[ 'text, text', 's = $2 OR s = $1', q{'plain', 'NULL'}, q{NULL, ''} ],
	[ 'float8', 'd > $1', q{'NaN'}, q{'Infinity'}, q{'-Infinity'}, '0.1', q{'-0'}, 'NULL' ],
	[ 'float8', 'd = $1', q{'NaN'}, q{'-Infinity'}, '0', '0.1' ],
	[ 'float8', 'd <= $1', q{'NaN'}, q{'Infinity'}, '2.5' ],
	[ 'float8', 'NOT (d < $1)', q{'NaN'}, '0.1' ],
	[ 'real', 'f < $1', q{'NaN'}, '0.1', '1e38' ],
	[ 'numeric', 'n >= $1', '12.3', q{'NaN'}, '12.300000000000000000000000000000000000000001', '1e30', 'NULL' ],
	[ 'numeric', 'n38 <> $1', '1.000000000000000001', '0.00000000000000000000001', '12345678901234567890.123456789012345678' ],
	[ 'numeric', 'n38 > $1', '0.00000000000000000000001', '-12345678901234567890123.5' ],
	[ 'date', 'dt < $1', q{'infinity'}, q{'-infinity'}, q{'2024-02-29'}, q{'0044-03-15 BC'}, q{'10000-01-01'} ],
	[ 'timestamp', 'ts >= $1', q{'infinity'}, q{'-infinity'}, q{'2024-01-31 10:20:30.122999'}, 'NULL' ],
	[ 'boolean', 'b = $1', 'true', 'false', 'NULL' ],
	[ 'boolean', 'b IS NOT TRUE OR $1', 'true', 'false', 'NULL' ],
	[ 'int', 'id IS DISTINCT FROM $1', '3', 'NULL' ],
	[ 'text', 'v LIKE $1', q{'a%'}, q{'%'}, q{'_%b'}, q{E'%\\\\_%'}, q{E'\\\\a%'}, q{''}, 'NULL' ],
	[ 'text', 's NOT LIKE $1', q{'%,%'}, q{E'%\n%'}, q{E'%\x03'}, 'NULL' ],
	[ 'text[]', 's = ANY ($1)', q{ARRAY['plain', NULL]}, q{ARRAY['', 'it''s "quoted", with, commas']}, q{'{}'}, 'NULL' ],
	[ 'text[]', 's <> ALL ($1)', q{ARRAY['plain', '']}, q{ARRAY['plain', NULL]}, q{'{}'} ],
	[ 'date[]', 'dt = ANY ($1)', q{'{2024-02-29,2024-01-31}'}, q{'{2024-02-29,infinity}'} ],
	[ 'int[]', 'id <> ALL ($1)', q{'{1,2}'}, q{'{3,NULL}'}, q{'{}'}, 'NULL' ],
	[ 'numeric[]', 'n = ANY ($1)', q{'{12.30,NaN}'} ],
	[ 'text', 's < $1 COLLATE "C"', q{'b'}, q{''} ],
	[ 'int[]', 'id = ANY ($1)', q{'{1,3,NULL}'}, q{'{}'}, 'NULL' ]);
my $prepared_sql = sub {
	my ($engine, $mode, $p) = @_;
	my ($types, $where, @args) = @$p;
	return $engine . "SET plan_cache_mode = $mode;\nPREPARE q ($types) AS $select $where;\n"
	  . join '', map { "EXECUTE q ($_);\n" } @args;
};
my @d = many(map { $prepared_sql->($direct, 'force_custom_plan', $_) } @prepared);
my @c = many(map { $prepared_sql->($athena, 'force_custom_plan', $_) } @prepared);
my @g = many(map { $prepared_sql->($athena, 'force_generic_plan', $_) } @prepared);
for my $i (0 .. $#prepared)
{
	my $name = "($prepared[$i][0]) $prepared[$i][1]";
	unlike($d[$i], qr/ERROR/, "$name: direct has no error");
	is($c[$i], $d[$i], "$name: custom plan");
	is($g[$i], $d[$i], "$name: generic plan");
}
$text = psql_value("${athena}SET plan_cache_mode = force_generic_plan; PREPARE q (int, text) AS SELECT id FROM small WHERE word = \$2 AND id > \$1;"
	  . "EXPLAIN (VERBOSE, COSTS OFF) EXECUTE q (4, 'it''s'); EXPLAIN (ANALYZE, VERBOSE, COSTS OFF) EXECUTE q (4, 'it''s')");
like($text, qr/Remote SQL: (?=.*"word" = \$\d\))(?=.*"id" > \$\d\))/, 'generic plan: placeholders in Remote SQL');
like($text, qr/Remote SQL: (?=.*"word" = 'it''s'\))(?=.*"id" > 4\))/, 'ANALYZE: the values that were sent');
$text = psql_value("${athena}SET plan_cache_mode = force_generic_plan; PREPARE q (int[], text) AS SELECT id FROM small WHERE word LIKE \$2 AND id = ANY (\$1);"
	  . "EXPLAIN (VERBOSE, COSTS OFF) EXECUTE q ('{1,2,3}', '%'); EXPLAIN (ANALYZE, VERBOSE, COSTS OFF) EXECUTE q ('{1,2,3}', '%')");
like($text, qr/Remote SQL: (?=.*"word" LIKE \$\d\))(?=.*"id" = ANY \(\$\d\)\))/, 'generic plan: a pattern and a list in Remote SQL');
like($text, qr/Remote SQL: (?=.*"word" LIKE '%'\))(?=.*"id" IN \(1, 2, 3\)\))/, 'ANALYZE: the pattern and the list that were sent');
my $long = 'SELECT count(*) FROM every WHERE id = ANY ((SELECT array_agg(g) FROM generate_series(2, 40000) g)::int[])';
is(psql_value($athena . $long), psql_value($direct . $long), 'a list that is too long for a statement is looked at here');
$text = psql_value("${athena}SET plan_cache_mode = force_generic_plan; PREPARE q (float8) AS SELECT id FROM every WHERE d > \$1 AND id < 3;"
	  . "EXPLAIN (ANALYZE, VERBOSE, COSTS OFF) EXECUTE q ('NaN')");
like($text, qr/Remote SQL: .*WHERE (?=.*\btrue\b)(?=.*"id" < 3)/, 'a value that cannot be sent takes its condition away, no other');

# initplans
is(rows('SELECT id FROM small WHERE id = (SELECT max(k) FROM outer_rows)'), '6', 'initplan parameter');
$scan = explained('SELECT id FROM small WHERE id = (SELECT max(k) FROM outer_rows)');
like($scan->{'Remote SQL'}, qr/"id" = 6/, 'its value was sent');
is(rows('SELECT count(*) FROM small WHERE id = (SELECT k FROM outer_rows WHERE k > 100)'), '0', 'initplan without a row: NULL');
my $changing = 'SELECT k, (SELECT count(*) FROM small s WHERE s.id <= (SELECT max(o2.m) FROM outer_rows o2 WHERE o2.k = o.k)) FROM outer_rows o ORDER BY k';
is(rows($changing), "1|1\n2|2\n3|0\n4|1\n5|2\n6|0", 'an initplan that depends on the outer row is asked again');

# --- rescans: one execution ----------------------------------------------------------------------------------
sub count_executions
{
	my ($pattern, $sql) = @_;
	my %before = map { $_->{id} => 1 } executions($pattern);
	my $answer = rows($sql);
	return ($answer, scalar grep { !$before{ $_->{id} } } executions($pattern));
}
my $on_small = qr/"athena_t"\."small"/;
my ($answer, $n) = count_executions($on_small, 'SELECT k, (SELECT count(*) FROM small s WHERE s.id <= o.k) FROM outer_rows o ORDER BY k');
is($answer, "1|1\n2|2\n3|3\n4|4\n5|5\n6|6", 'correlated subquery: rows');
is($n, 1, 'correlated subquery: one execution');
($answer, $n) = count_executions($on_small, 'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;'
	  . ' SELECT o.k, s.id, s.word FROM outer_rows o LEFT JOIN small s ON s.id = o.k + 7 ORDER BY 1');
is($answer, "1|8|w2\n2|9|w0\n3|10|w1\n4|[null]|[null]\n5|[null]|[null]\n6|[null]|[null]", 'nested loop: rows');
is($n, 1, 'nested loop: one execution');
($answer, $n) = count_executions($on_small, 'SELECT o.k, x.id FROM outer_rows o, LATERAL (SELECT id FROM small s WHERE s.id >= o.k LIMIT 1) x ORDER BY 1');
is($answer, "1|1\n2|2\n3|3\n4|4\n5|5\n6|6", 'rescans that stop early: rows');
is($n, 1, 'rescans that stop early: one execution');
($answer, $n) = count_executions($on_small, 'SELECT o.k, (SELECT count(*) FROM every e, small s WHERE s.id = o.k AND e.id = s.id) FROM outer_rows o ORDER BY 1');
is($answer, "1|1\n2|1\n3|1\n4|1\n5|1\n6|0", 'a join that is rescanned: rows');
is($n, 1, 'a join that is rescanned: one execution');
($answer, $n) = count_executions($on_small, 'SELECT k, (SELECT word FROM small s WHERE length(s.word) = 2 AND o.k = s.id AND s.id > (SELECT 0)) FROM outer_rows o ORDER BY k');
is($answer, "1|w1\n2|w2\n3|w0\n4|w1\n5|w2\n6|w0", 'initplan that does not change, in a rescan: rows');
is($n, 1, 'initplan that does not change, in a rescan: one execution');
($answer, $n) = count_executions($on_small, "SET work_mem = '64kB'; SET enable_material = off; SET enable_hashjoin = off; SET enable_mergejoin = off;"
	  . ' SELECT count(*), sum(s.id) FROM outer_rows o JOIN small s ON s.id + 0 < o.k');
is("$answer in $n", '15|35 in 1', 'little memory: rows and one execution');
($answer, $n) = count_executions($on_small, 'BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id FROM small ORDER BY id + 0;'
	  . ' FETCH 2 FROM c; MOVE BACKWARD ALL FROM c; FETCH 1 FROM c; FETCH LAST FROM c; COMMIT');
is($answer, "1\n2\n1\n10", 'scroll cursor: rows');
is($n, 1, 'scroll cursor: one execution');

# --- what is left behind ---------------------------------------------------------------------------------------
is(result_objects(), 0, 'no result object is left so far');
psql_value($athena . 'SELECT count(*) FROM small');
is(result_objects(), 0, 'nor after one more query');
my $held = psql_value("${athena}BEGIN; DECLARE c CURSOR FOR SELECT id, word FROM big; FETCH 2 FROM c;\n"
	  . "\\! " . stack_python() . " -c 'import boto3; print(len(boto3.client(\"s3\").list_objects_v2(Bucket=\"pds-athena\", Prefix=\"results/\").get(\"Contents\", [])))'\n"
	  . "CLOSE c;\n"
	  . "\\! " . stack_python() . " -c 'import boto3; print(len(boto3.client(\"s3\").list_objects_v2(Bucket=\"pds-athena\", Prefix=\"results/\").get(\"Contents\", [])))'\n"
	  . "COMMIT;");
is($held, "0|[null]\n1|word 7, \"1\"\n2\n0", 'cursor closed early: result and .metadata go with it');
is(psql_value("${athena}BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT id FROM big WHERE id < 3 ORDER BY id; FETCH 1 FROM c; COMMIT; FETCH ALL FROM c"),
	"0\n1\n2", 'a cursor WITH HOLD goes on after the transaction');
psql_fails("${athena}SELECT 1 / CASE WHEN upper(word) <> '' THEN id - 5 END FROM small", qr/22012: division by zero/, 'an error here, in mid-scan');
is(result_objects(), 0, 'no result object is left after it');
is(psql_value("${athena}BEGIN; SAVEPOINT s; DECLARE c CURSOR FOR SELECT id FROM small ORDER BY id; FETCH 1 FROM c; ROLLBACK TO s; SELECT count(*) FROM small; COMMIT"),
	"1\n10", 'a cursor of a savepoint rolled back');
is(result_objects(), 0, 'no result object is left after it');

# a statement that is still running in Athena when its subtransaction is aborted
my $on_slow = qr/"athena_t"\."slow"/;
my %before = map { $_->{id} => 1 } executions($on_slow);
my ($rc, $out, $e, $seconds) = finish(background(<<"SQL"));
$athena SET statement_timeout = '1500ms';
DO \$\$ DECLARE x bigint; BEGIN
	BEGIN SELECT n INTO x FROM slow; EXCEPTION WHEN query_canceled THEN RAISE NOTICE 'caught'; END;
	PERFORM set_config('statement_timeout', '0', false);
END \$\$;
SELECT count(*) FROM small;
SQL
like($e, qr/caught/, 'a cancelled statement in a subtransaction') or diag($e);
is($out, "10\n", 'the session goes on') or diag($e);
cmp_ok($seconds, '<', 8, 'at once');
my @slow = grep { !$before{ $_->{id} } } executions($on_slow);
is(scalar @slow, 1, 'one execution had been started');
is($slow[0]{state}, 'CANCELLED', 'and was stopped');
%before = map { $_->{id} => 1 } executions($on_slow);
(undef, undef, $e) = finish(background("$athena SET statement_timeout = '1500ms'; SELECT n FROM slow"));
like($e, qr/ERROR:  57014: canceling statement due to statement timeout/, 'a cancelled statement');
@slow = grep { !$before{ $_->{id} } } executions($on_slow);
is(join(' ', map { $_->{state} } @slow), 'CANCELLED', 'its execution was stopped');
stack_run(<<'PY') if grep { $_->{state} =~ /RUNNING|QUEUED/ } executions($on_slow);
import urllib.request, os
for e in json.load(urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/pds-test/executions")):
    if '"athena_t"."slow"' in e["query"] and e["state"] in ("RUNNING", "QUEUED"):
        athena.stop_query_execution(QueryExecutionId=e["id"])
PY

# a cursor opened outside, first asked in a subtransaction that is then rolled back
create_server('slices', output_location => 's3://pds-athena/results/', fetch_concurrency => '1', fetch_part_size => '64kB');
psql_ok("CREATE FOREIGN TABLE sliced (id bigint, pad text) SERVER slices OPTIONS (database 'athena_t', table_name 'many')", 'read in slices');
is(rows('SELECT count(*), sum(id), sum(length(pad)) FROM sliced'), '10000|50005000|1000000', 'all of it');
($rc, $out, $e) = psql("${athena}BEGIN; DECLARE c CURSOR FOR SELECT id, pad FROM sliced; SAVEPOINT s; FETCH 1 FROM c; ROLLBACK TO s; MOVE ALL FROM c; COMMIT");
is($rc, 0, 'a cursor outlives the subtransaction that first fetched from it') or diag($e);
is(result_objects(), 0, 'and its result goes in the end');

# keep_results
create_server('keep', output_location => 's3://pds-athena/kept/', keep_results => 'true');
psql_ok("CREATE FOREIGN TABLE kept (id int, word text) SERVER keep OPTIONS (database 'athena_t', table_name 'small')", 'table on a server that keeps results');
$scan = explained('SELECT id FROM kept');
is(stack_run('print(" ".join(sorted(keys("kept/" + sys.argv[1]))))', $scan->{'Execution ID'}),
	"kept/$scan->{'Execution ID'}.csv kept/$scan->{'Execution ID'}.csv.metadata", 'keep_results keeps them');

# result_reuse_minutes
create_server('reuse', output_location => 's3://pds-athena/reused/', result_reuse_minutes => '60');
psql_ok("CREATE FOREIGN TABLE reused (id int, word text) SERVER reuse OPTIONS (database 'athena_t', table_name 'small')", 'table on a server that reuses results');
my $marker = 104711;
my @reuse = map { scalar explained("SELECT id FROM reused WHERE id < $marker") } 1, 2;
ok(!$reuse[0]{'Result Reused'}, 'the first time it is computed');
ok($reuse[1]{'Result Reused'}, 'the second time the result is reused');
is($reuse[1]{'Actual Rows'}, 10, 'with the same rows');
is((grep { $_->{id} eq $reuse[1]{'Execution ID'} } executions(qr/$marker/))[0]{reused_from}, $reuse[0]{'Execution ID'}, 'says the service, too');
is($reuse[1]{'Bytes Scanned'}, 0, 'nothing was scanned for it');
$scan = explained("SELECT id FROM small WHERE id < $marker");
ok(!$scan->{'Result Reused'}, 'without the option nothing is reused');

# --- output location and work group ------------------------------------------------------------------------------
create_server('nowhere');
psql_ok("CREATE FOREIGN TABLE lost (id int, word text) SERVER nowhere OPTIONS (database 'athena_t', table_name 'small')", 'a server without output_location');
my $err = psql_fails("$athena SELECT * FROM lost", qr/HV000: StartQueryExecution of athena_t failed: InvalidRequestException: No output location provided/, 'no output location anywhere');
like($err, qr/HINT:.*output_location/, 'no output location: hint');
stack_run(<<'PY');
for name, configuration in (
        ("pds-plain", {"ResultConfiguration": {"OutputLocation": "s3://pds-athena/wg/"}}),
        ("pds-forced", {"ResultConfiguration": {"OutputLocation": "s3://pds-athena/forced/"}, "EnforceWorkGroupConfiguration": True}),
        ("pds-managed", {"ManagedQueryResultsConfiguration": {"Enabled": True}})):
    try:
        athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)
    except athena.exceptions.InvalidRequestException:
        pass
    athena.create_work_group(Name=name, Configuration=configuration)
PY
sub group_table
{
	my ($table, %options) = @_;
	create_server("s_$table", %options);
	psql_ok("CREATE FOREIGN TABLE $table (id int, word text) SERVER s_$table OPTIONS (database 'athena_t', table_name 'big')", "table $table");
	return;
}
group_table('grouped', workgroup => 'pds-plain', keep_results => 'true');
group_table('forced', workgroup => 'pds-forced', keep_results => 'true', output_location => 's3://pds-athena/ignored/');
group_table('managed', workgroup => 'pds-managed');
group_table('nogroup', workgroup => 'pds-no-such-group');
$scan = explained('SELECT id FROM grouped');
is((grep { $_->{id} eq $scan->{'Execution ID'} } executions(qr/big/))[0]{group}, 'pds-plain', 'the work group ran it');
is(stack_run('print(len(keys("wg/" + sys.argv[1])))', $scan->{'Execution ID'}), 2, 'its output location was used');
$scan = explained('SELECT id FROM forced');
is($scan->{'Actual Rows'}, 2500, 'a work group that enforces its own location: rows');
is(stack_run('print(len(keys("forced/" + sys.argv[1])), len(keys("ignored/")))', $scan->{'Execution ID'}), '2 0', 'and that location was used');
$scan = explained('SELECT id, word FROM managed');
is("$scan->{Result} $scan->{'Actual Rows'}", 'API 2500', 'managed results are read by the API');
psql_fails("$athena SELECT * FROM nogroup", qr/HV000: StartQueryExecution of athena_t failed: InvalidRequestException: WorkGroup pds-no-such-group is not found/, 'a work group that is not there');

# --- the result by the API -----------------------------------------------------------------------------------
$proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
create_server('far', endpoint_url => $proxy->{url}, s3_endpoint_url => $proxy->{url}, output_location => 's3://pds-athena/denied/');
psql_ok('CREATE SCHEMA far; IMPORT FOREIGN SCHEMA athena_t FROM SERVER far INTO far', 'import through the proxy');
my @deny = ({ path => 'denied/', action => 'status', status => 403, body => '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>' });
my $digest = sub { return "SELECT count(*), count(word), md5(string_agg(id || ':' || coalesce(word, 'NULL'), ',' ORDER BY id)) FROM $_[0]" };
proxy_rules($proxy);
my $by_s3 = rows($digest->('far.big'));
my @s3_answers = many(map { $athena . ($_->[1] =~ s/FROM (nasty|one|small|every)\b/FROM far.$1/gr) } @cases[ 0 .. 7 ]);
proxy_rules($proxy, @deny);
is(rows($digest->('far.big')), $by_s3, '2,500 rows by the API are those by S3');
like($by_s3, qr/^2500\|2250\|/, 'and they are what was stored');
my @pages = grep { ($_->{headers}{'x-amz-target'} // '') =~ /GetQueryResults/ } proxy_log($proxy);
is(scalar @pages, 3, 'in three pages');
is(rows($digest->('far.big') . ' WHERE id < 999'), rows($digest->('big') . ' WHERE id < 999'), '999 rows and the labels: one full page');
is(rows($digest->('far.big') . ' WHERE id < 1000'), rows($digest->('big') . ' WHERE id < 1000'), '1,000 rows: a second page of one row');
my @api_answers = many(map { $athena . ($_->[1] =~ s/FROM (nasty|one|small|every)\b/FROM far.$1/gr) } @cases[ 0 .. 7 ]);
is($api_answers[$_], $cases[$_][2], "by the API: $cases[$_][0]") for 0 .. 7;
is($s3_answers[$_], $cases[$_][2], "by the proxy: $cases[$_][0]") for 0 .. 7;
is(rows('SELECT ' . join(', ', map { /^(\w+)/ } @columns) . ' FROM far.every ORDER BY id NULLS LAST'), join("\n", @want), 'by the API: every type');
is(rows('SELECT k, (SELECT count(*) FROM far.big WHERE id + 0 <> o.k) FROM outer_rows o ORDER BY k'), join("\n", map { "$_|2499" } 1 .. 6), 'by the API: rescans');
$scan = explained('SELECT id FROM far.big');
is($scan->{Result}, 'API', 'EXPLAIN says API');
proxy_rules($proxy, @deny, { target => 'GetQueryResults', skip => 1, action => 'status', status => 400,
		body => { __type => 'AccessDeniedException', Message => 'not you' } });
$err = psql_fails("$athena SELECT * FROM far.big", qr/42501/, 'neither S3 nor the API');
like($err, qr/GetQueryResults/, 'neither: the operation is named');

# --- errors ----------------------------------------------------------------------------------------------------
psql_ok("CREATE FOREIGN TABLE wrong (id int OPTIONS (glue_type 'int')) SERVER aws OPTIONS (database 'athena_t', table_name 'wrong_name')", 'a table with a wrong name');
$err = psql_fails("$athena SELECT * FROM wrong", qr/HV00L: Athena failed the query: TABLE_NOT_FOUND: .*athena_t\.wrong_name/, 'wrong name');
like($err, qr/TABLE_NOT_FOUND/, "wrong name: Athena's own words");
like($err, qr/category 2 \(/, 'wrong name: category');
like($err, qr/DETAIL:.*[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/s, 'wrong name: execution id');
like($err, qr/HINT:  The table in Glue may have changed: IMPORT FOREIGN SCHEMA again, or run pds\.refresh_table/, 'wrong name: hint');

# --- which tables Athena can answer ------------------------------------------------------------------------------
psql_ok("CREATE FOREIGN TABLE by_hand (a text) SERVER aws OPTIONS (location 's3://pds-athena/one/', format 'csv')", 'a csv table');
psql_ok("CREATE FOREIGN TABLE csv_of_glue (a text) SERVER aws OPTIONS (database 'athena_t', table_name 'one', format 'csv')", 'a Glue table read as csv');
psql_ok("CREATE FOREIGN TABLE other_delimiter (a text) SERVER aws OPTIONS (database 'athena_t', table_name 'one', delimiter ';')", 'a Glue table with an option');
psql_ok("CREATE FOREIGN TABLE other_type (id text OPTIONS (glue_type 'int'), word text) SERVER aws OPTIONS (database 'athena_t', table_name 'small')", 'another type, with glue_type');
psql_ok("CREATE FOREIGN TABLE undeclared (id text, word text) SERVER aws OPTIONS (database 'athena_t', table_name 'small')", 'another type, without glue_type');
$err = psql_fails("$athena SELECT * FROM by_hand", qr/0A000.*"by_hand" cannot be read by Athena: it is not a table of the Glue catalog/s, 'csv table by Athena');
like($err, qr/HINT:.*direct/, 'csv table by Athena: hint');
psql_fails("$athena SELECT * FROM csv_of_glue", qr/0A000: .*cannot be read by Athena: format csv has no counterpart/, 'csv over a Glue table by Athena');
psql_fails("$athena SELECT * FROM other_delimiter", qr/0A000: .*cannot be read by Athena: its options/, 'another delimiter by Athena');
psql_fails("$athena SELECT * FROM other_type", qr/0A000: .*cannot be read by Athena: column "id" is declared as text, in Glue it is int/, 'another type by Athena');
psql_fails("$athena SELECT * FROM undeclared", qr/0A000: .*cannot be read by Athena: column "id" is declared as text, in Glue it is int/, 'another type by Athena, known from Glue only');
is(explained("SELECT * FROM $_", "SET pds.engine = auto;\n", 'VERBOSE')->{Engine}, 'direct', "auto: $_ goes direct") for qw(by_hand csv_of_glue other_delimiter other_type undeclared);
psql_fails("$direct SELECT * FROM nasty", qr/0A000: foreign table "nasty" cannot be scanned directly: it is a view/, 'a view directly');
is(explained('SELECT id FROM nasty', "SET pds.engine = auto;\n", 'VERBOSE')->{Engine}, 'athena', 'auto: a view goes to Athena');

create_server('cheap', output_location => 's3://pds-athena/results/', fdw_startup_cost => '0');
psql_ok('CREATE SCHEMA cheap; IMPORT FOREIGN SCHEMA athena_t LIMIT TO (typed, strings) FROM SERVER cheap INTO cheap', 'a server where Athena costs nothing');
is(explained('SELECT word FROM cheap.typed', "SET pds.engine = auto;\n", 'VERBOSE')->{Engine}, 'direct', 'typed OpenCSV goes direct under auto');
is(explained("SELECT word FROM cheap.strings WHERE id = '1'", "SET pds.engine = auto;\n", 'VERBOSE')->{Engine}, 'athena', 'OpenCSV of strings does not have to');
is(rows('SELECT * FROM strings ORDER BY id'), "1|a\n2|b", 'OpenCSV by Athena');

# --- log_remote_sql ----------------------------------------------------------------------------------------------
SKIP:
{
	my $log = "$ENV{PGHOST}/../server.log";
	my ($failed, $size) = psql("SELECT size FROM pg_stat_file('$log')");
	skip 'the log of the server is not where the stack has it', 3 if $failed;
	rows("SET pds.log_remote_sql = on; SELECT count(*) FROM small WHERE id < $marker + 1 AND word <> 'logged'");
	rows("SELECT count(*) FROM small WHERE id < $marker + 1 AND word <> 'silent'");
	my $lines = psql_value("SELECT pg_read_file('$log', $size, 10000000)");
	like($lines, qr/LOG: .*SELECT count\(\*\) FROM "athena_t"\."small" WHERE [^\n]*'logged'/, 'pds.log_remote_sql logs the statement');
	unlike($lines, qr/'silent'/, 'and nothing is logged without it');
	psql_fails("LOAD 'pds_fdw'; CREATE ROLE pds_athena_plain; SET ROLE pds_athena_plain; SET pds.log_remote_sql = on", qr/42501: permission denied to set parameter "pds\.log_remote_sql"/, 'others may not set it');
	psql('DROP ROLE pds_athena_plain');
}

# --- rescans whose rows go to a file: last, because it once took the server down ----------------------------
($answer, $n) = count_executions(qr/"athena_t"\."big"/, "SET work_mem = '64kB';"
	  . ' SELECT k, (SELECT count(*) || \' \' || count(word) FROM big WHERE id + 0 <> o.k) FROM outer_rows o ORDER BY k');
is($answer, join("\n", map { "$_|2499 2249" } 1 .. 6), 'rescans of more than fits in memory: rows');
is($n, 1, 'rescans of more than fits in memory: one execution');

is(result_objects(), 0, 'no result object is left at the end');
is(join(' ', grep { /RUNNING|QUEUED/ } map { "$_->{state}: $_->{query}" } executions(qr/"athena_t"\./)), '', 'no execution is running at the end');
stop_proxy($proxy);
done_testing();
