# Partitions: projection by all its types, against Athena where the stack has the real engine; registered ones with
# their own location, SerDe and schema; typed and NULL keys; many of them.
use strict;
use warnings;
use File::Basename;
use HTTP::Tiny;
use IPC::Open2;
use JSON::PP;
use PdsTest;
use Test::More;
use Time::HiRes qw(time);

need_stack();
fresh_database('pds_partitions');

my $real = trino_answers();
my $setup = <<'PY';
import boto3, sys
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-partitions")
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN = "org.apache.hadoop.hive.serde2.OpenCSVSerde"

def sd(cols, location, serde=LAZY, serde_params=None):
    return {"Columns": [{"Name": n, "Type": t} for n, t in cols], "Location": location,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": serde,
                          "Parameters": serde_params or ({"field.delim": ","} if serde == LAZY else {})}}

def make(name, cols, keys, params=None, location=None, **more):
    glue.create_table(DatabaseName="parts", TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": params or {},
        "PartitionKeys": [{"Name": n, "Type": t} for n, t in keys],
        "StorageDescriptor": sd(cols, location or "s3://pds-partitions/%s/" % name, **more)})

def projected(name, keys, location=None, template=None, **props):
    params = {"projection.enabled": "true"}
    if template:
        params["storage.location.template"] = template
    for key, settings in props.items():
        for what, value in settings.items():
            params["projection.%s.%s" % (key, what)] = value
    make(name, [("a", "int")], keys, params, location)

def put(key, body):
    s3.put_object(Bucket="pds-partitions", Key=key, Body=body.encode() if isinstance(body, str) else body)

def partition(table, values, cols, location, **more):
    glue.create_partition(DatabaseName="parts", TableName=table, PartitionInput={
        "Values": values, "StorageDescriptor": sd(cols, location, **more)})
PY

sub stack_run { return run_python("$setup\n$_[0]") }

sub value { return psql_value("SET pds.engine = direct; $_[0]") }

sub explained
{
	my ($sql) = @_;
	return value("EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) $sql");
}

sub counter
{
	my ($name, $sql) = @_;
	return explained($sql) =~ /$name: (\d+)/ ? $1 : 'none';
}

# Queries, the rows that are expected, in any order, and a name: they are run later, by agree(), in few sessions.
my (@asked, @here);

# by both engines
sub both { push @asked, [@_]; return }

# by the direct engine only
sub here { push @here, [@_]; return }

sub session { my ($engine, @queries) = @_; return background(join "\n\\echo ----\n", "SET pds.engine = $engine;", map { "$_->[0];" } @queries) }

sub session_is
{
	my ($session, $engine, @queries) = @_;
	my ($rc, $out, $err) = finish($session);
	my (undef, @rows) = split /^----\n/m, $out, -1;

	is($rc, 0, "a session of $engine queries") or diag($err);
	for my $q (@queries)
	{
		my $rows = join "\n", sort split /\n/, shift(@rows) // 'no answer';
		is($rows, join("\n", sort split /\n/, $q->[1]), "$engine: $q->[2]") or diag($q->[0]);
	}
	return;
}

# Everything that was asked for; Athena where the stack has the real engine, in four sessions at once.
sub agree
{
	my @groups;

	push @{ $groups[$_ % 4] }, $asked[$_] for $real ? 0 .. $#asked : ();
	my @sessions = map { session('athena', @$_) } @groups;
	session_is(session('direct', @asked, @here), 'direct', @asked, @here);
	session_is($_, 'athena', @{ shift @groups }) for @sessions;
	@asked = @here = ();
	return;
}

stack_run(<<'PY');
try:
    glue.delete_database(Name="parts")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "parts"})

projected("enums", [("k", "string")], k={"type": "ENUM", "values": "a,b,c"})
put("enums/k=a/1.csv", "1\n2\n")
put("enums/k=c/1.csv", "3\n")
put("enums/k=x/1.csv", "99\n")                      # not among the values
partition("enums", ["x"], [("a", "int")], "s3://pds-partitions/enums/k=x/")     # Glue's do not count

projected("ints", [("y", "int"), ("m", "string")], y={"type": "integer", "range": "2020,2030"},
          m={"type": "integer", "range": "1,12", "digits": "2"})
for y in range(2019, 2032):
    for m in range(1, 13):
        put("ints/y=%d/m=%02d/a.csv" % (y, m), "%d\n" % (y * 100 + m))
put("ints/y=2025/m=1/a.csv", "99\n")                # digits say 01

projected("bigints", [("n", "int")], n={"type": "integer", "range": "0,1000000000", "interval": "10"})
put("bigints/n=500/a.csv", "500\n")
put("bigints/n=505/a.csv", "505\n")                 # not at a step
put("bigints/n=1000000000/a.csv", "1000000000\n")
projected("texts", [("n", "string")], n={"type": "integer", "range": "0,1000000000"})
put("texts/n=7/a.csv", "7\n")
put("texts/n=1000000000/a.csv", "1000000000\n")

projected("days", [("d", "date")], d={"type": "date", "range": "2020-01-01,2024-12-31", "format": "yyyy-MM-dd"})
projected("slashes", [("d", "string")], template="s3://pds-partitions/bydate/${d}/",
          d={"type": "date", "range": "2020/01/01,2024/12/31", "format": "yyyy/MM/dd"})
projected("compact", [("d", "date")], template="s3://pds-partitions/compact/${d}",
          d={"type": "date", "range": "20200101,20241231", "format": "yyyyMMdd", "interval": "2", "interval.unit": "DAYS"})
for d in ("2019-12-31", "2020-01-01", "2020-01-02", "2024-02-29", "2024-12-31", "2025-01-01"):
    put("days/d=%s/a.csv" % d, d[:4] + "\n")
    put("bydate/%s/a.csv" % d.replace("-", "/"), d[:4] + "\n")
    put("compact/%s/a.csv" % d.replace("-", ""), d[:4] + "\n")
projected("seconds", [("t", "string")], t={"type": "date", "range": "2014-01-01-00-00-00,NOW+1DAY",
          "format": "yyyy-MM-dd-HH-mm-ss", "interval": "1", "interval.unit": "SECONDS"})
put("seconds/t=2020-02-29-12-30-59/a.csv", "1\n")
put("seconds/t=2020-02-29-12-31-00/a.csv", "2\n")
projected("stamps", [("t", "timestamp")], template="s3://pds-partitions/stamps/${t}/",
          t={"type": "date", "range": "2024-01-01/00,2024-12-31/23", "format": "yyyy-MM-dd/HH", "interval": "1", "interval.unit": "HOURS"})
put("stamps/2024-03-01/05/a.csv", "5\n")
put("stamps/2024-03-01/06/a.csv", "6\n")
import datetime
today = datetime.datetime.now(datetime.timezone.utc).date()
projected("recent", [("d", "string")], d={"type": "date", "range": "NOW-3DAYS,NOW", "format": "yyyy-MM-dd"})
for back in range(0, 6):
    put("recent/d=%s/a.csv" % (today - datetime.timedelta(days=back)), "%d\n" % back)
projected("months", [("m", "string")], m={"type": "date", "range": "2023-11,2024-03", "format": "yyyy-MM"})
for m in ("2023-10", "2023-11", "2023-12", "2024-01", "2024-03", "2024-04"):
    put("months/m=%s/a.csv" % m, m[5:] + "\n")
projected("months2", [("m", "string")], m={"type": "date", "range": "11-2023,03-2024", "format": "MM-yyyy", "interval.unit": "months"})
put("months2/m=12-2023/a.csv", "12\n")

projected("inj", [("customer", "string"), ("y", "int")], template="s3://pds-partitions/inj/${customer}/${y}/",
          customer={"type": "injected"}, y={"type": "integer", "range": "2020,2024"})
for c in ("one", "two", "it's"):
    for y in (2020, 2024):
        put("inj/%s/%d/a.csv" % (c, y), "%d\n" % (len(c) * 10000 + y))

for name, props in (("bad_type", {"type": "list"}), ("bad_range", {"type": "integer", "range": "b,a"}),
                    ("bad_format", {"type": "date", "range": "2020-01-01,NOW", "format": "YYYY-ww"}), ("bad_none", {})):
    projected(name, [("k", "string")], k=props)
projected("bad_template", [("k", "string")], template="s3://pds-partitions/x/", k={"type": "enum", "values": "a"})
make("switched_off", [("a", "int")], [("k", "string")], {"projection.enabled": "false", "projection.k.type": "nonsense"})
partition("switched_off", ["a"], [("a", "int")], "s3://pds-partitions/enums/k=a/")
PY
create_server('lake', output_location => 's3://pds-partitions/results/', cache_ttl => '0');
my ($rc, undef, $err) = psql('CREATE SCHEMA p; IMPORT FOREIGN SCHEMA parts FROM SERVER lake INTO p');
is($rc, 0, 'import of projected tables') or diag($err);
unlike($err, qr/"(enums|ints|days|inj)".*Athena only/, 'they can be read directly');
like($err, qr/"bad_format" can be read by Athena only: .*projection\.k\.format.*YYYY-ww/, 'a format that is not supported here is told at import');
like($err, qr/WARNING:.*"bad_type" cannot be read as it is: .*projection\.k\.type/, 'so is a wrong property');

# --- enum -------------------------------------------------------------------------------------------------------
both('SELECT k, a FROM p.enums', "a|1\na|2\nc|3", 'enum: its values, and no others');
both(q{SELECT a FROM p.enums WHERE k = 'c'}, '3', 'enum: one value');
both(q{SELECT a FROM p.enums WHERE k = 'x'}, '', 'enum: a value that is not among them gives no rows');
both(q{SELECT a FROM p.enums WHERE k LIKE '%b' OR k > 'b'}, '3', 'enum: other conditions');
like(explained(q{SELECT a FROM p.enums WHERE k <> 'a'}), qr/Partitions: 2\n *Partitions Pruned: 1/, 'enum: partitions pruned');
here('SELECT k, a FROM p.switched_off', "a|1\na|2", 'projection.enabled = false: the registered ones');

# --- integer ----------------------------------------------------------------------------------------------------
here('SELECT count(*), min(a), max(a) FROM p.ints', '132|202001|203012', 'integer: the range, digits');
both(q{SELECT a FROM p.ints WHERE y = 2025 AND m = '01'}, '202501', 'integer: both keys');
both(q{SELECT a FROM p.ints WHERE y = 2025 AND m = '1'}, '', 'integer: no value without the digits');
both(q{SELECT a FROM p.ints WHERE y = 2019}, '', 'integer: out of the range');
both(q{SELECT a FROM p.ints WHERE y BETWEEN 2029 AND 2040 AND m IN ('11', '12', '13')}, "202911\n202912\n203011\n203012",
	'integer: ranges and lists');
both(q{SELECT a FROM p.ints WHERE (y = 2020 AND m = '03') OR (y = 2021 AND m = '04')}, "202003\n202104", 'integer: OR over both keys');
like(explained(q{SELECT a FROM p.ints WHERE y = 2025 AND m < '04'}), qr/Partitions: 3\n *Partitions Pruned: 129\n *Objects: 3\n/, 'integer: only its partitions');
here('SELECT a FROM p.bigints WHERE n = 500', '500', 'a range of a hundred million: =');
here('SELECT a FROM p.bigints WHERE n = 505', '', 'a value between two steps');
here('SELECT a FROM p.bigints WHERE n IN (500, 505, 1000000000)', "500\n1000000000", 'a list');
here('SELECT a FROM p.bigints WHERE n > 400 AND n <= 600', '500', 'a range');
here('SELECT a FROM p.bigints WHERE n >= 999999990', '1000000000', 'its end');
here('SELECT a FROM p.bigints WHERE 500 = n OR n > 999999999', "500\n1000000000", 'the constant first, OR');
here('SELECT a FROM p.bigints WHERE n < 0 OR n > 2000000000', '', 'out of the range');
here('SELECT a FROM p.bigints WHERE n = 500::bigint AND n < 1e3', '500', 'other types of integers, and a cast that is evaluated here');
psql_fails('SET pds.engine = direct; SELECT a FROM p.bigints WHERE n % 10 = 0', qr/54000.*"n" has 100000001 values.*HINT: .*conditions/s,
	'a condition that would need a walk through all of them');
psql_fails('SET pds.engine = direct; SELECT a FROM p.bigints', qr/54000.*"n" has 100000001 values/s, 'no condition');
here(q{SELECT a FROM p.texts WHERE n = '7'}, '7', 'as a string: =');
here(q{SELECT a FROM p.texts WHERE n IN ('007', '1000000000', 'x')}, '1000000000', 'as a string: IN');
psql_fails(q{SET pds.engine = direct; SELECT a FROM p.texts WHERE n > '7'}, qr/54000.*HINT/s, 'as strings numbers have another order');
is(psql_value('SET pds.engine = direct; PREPARE q(int) AS SELECT a FROM p.bigints WHERE n = $1; SET plan_cache_mode = force_generic_plan;'
	  . ' EXECUTE q(500); EXECUTE q(1000000000); EXECUTE q(3)'), "500\n1000000000", 'a parameter');
here('SELECT a FROM p.bigints WHERE n = (SELECT 500)', '500', 'a subquery that is run once');

# --- date -------------------------------------------------------------------------------------------------------
# few partitions for Athena, which lists each
here('SELECT d, a FROM p.days', "2020-01-01|2020\n2020-01-02|2020\n2024-02-29|2024\n2024-12-31|2024", 'date: the range');
here(q{SELECT d FROM p.days WHERE d >= '2024-01-01'}, "2024-02-29\n2024-12-31", 'date: a part of it');
both(q{SELECT d, a FROM p.days WHERE d >= '2024-12-25' OR d < '2020-01-05'}, "2020-01-01|2020\n2020-01-02|2020\n2024-12-31|2024", 'date: both ends of the range');
both(q{SELECT d FROM p.days WHERE d = '2025-01-01'}, '', 'date: out of the range');
here(q{SELECT d, a FROM p.slashes WHERE d < '2024/03'}, "2020/01/01|2020\n2020/01/02|2020\n2024/02/29|2024", 'a string, a template');
both(q{SELECT d, a FROM p.slashes WHERE d > '2024/02/25' AND d < '2024/03'}, '2024/02/29|2024', 'a string, a template: some days');
like(explained(q{SELECT * FROM p.slashes WHERE d BETWEEN '2024/02/01' AND '2024/02/29'}), qr/Partitions: 29\n *Partitions Pruned: 1798\n *Objects: 1\n/,
	'29 days of them');
here('SELECT d, a FROM p.compact', "2020-01-01|2020\n2024-02-29|2024\n2024-12-31|2024", 'every second day, another format than the type\'s');
here(q{SELECT a FROM p.seconds WHERE t = '2020-02-29-12-30-59'}, '1', 'seconds over years: =');
here(q{SELECT a FROM p.seconds WHERE t > '2020-02-29-12-30' AND t < '2020-02-29-12-32'}, "1\n2", 'seconds over years: a range');
here(q{SELECT t, a FROM p.stamps WHERE t >= '2024-03-01 05:30:00' AND t < '2024-03-02'}, '2024-03-01 06:00:00|6', 'timestamps');
both('SELECT a FROM p.recent', "0\n1\n2\n3", 'NOW-3DAYS,NOW');
here('SELECT m FROM p.months', "2023-11\n2023-12\n2024-01\n2024-03", 'months');
here(q{SELECT m FROM p.months2 WHERE m = '12-2023'}, '12-2023', 'months, in an order that is not that of time');

# --- injected ---------------------------------------------------------------------------------------------------
both(q{SELECT customer, y, a FROM p.inj WHERE customer = 'one'}, "one|2020|32020\none|2024|32024", 'injected: =');
both(q{SELECT a FROM p.inj WHERE customer IN ('two', 'it''s', 'none') AND y = 2020}, "32020\n42020", 'injected: IN');
psql_fails('SET pds.engine = direct; SELECT * FROM p.inj', qr/54000.*"customer" is injected.*HINT: .*customer = constant/s, 'injected: no value');
psql_fails(q{SET pds.engine = direct; SELECT * FROM p.inj WHERE customer > 'a'}, qr/54000.*"customer" is injected/s, 'injected: no constant');
here(q{SELECT count(*) FROM p.inj WHERE customer = 'one' AND customer = 'two'}, '0', 'injected: none is left');
is(psql_value(q{SET pds.engine = direct; PREPARE q(text) AS SELECT y FROM p.inj WHERE customer = $1; SET plan_cache_mode = force_generic_plan; EXECUTE q('one')}),
	"2020\n2024", 'injected: a parameter');

# --- what is wrong with it --------------------------------------------------------------------------------------
psql_fails("SET pds.engine = direct; SELECT * FROM p.$_->[0]", qr/0A000.*"$_->[0]" cannot be scanned directly: .*$_->[1]/s, $_->[0])
  for (['bad_type', 'projection\.k\.type is "list"'], ['bad_range', 'projection\.k\.range'], ['bad_format', 'YYYY'],
	['bad_none', 'projection\.k\.type is missing'], ['bad_template', 'storage\.location\.template']);

# --- limits, and the choice of the engine -----------------------------------------------------------------------
psql_fails("SET pds.engine = direct; SET pds.max_scan_bytes = '10'; SELECT * FROM p.ints", qr/54000.*max_scan_bytes/s, 'max_scan_bytes of a projected table');
is(value("SET pds.max_scan_bytes = '10'; SELECT a FROM p.ints WHERE y = 2020 AND m = '01'"), '202001', 'and of one partition of it');
like(psql_value('EXPLAIN SELECT * FROM p.bigints'), qr/Engine: athena/, 'engine auto: too many partitions to look at are Athena\'s');
like(psql_value('EXPLAIN SELECT * FROM p.bigints WHERE n = 500'), qr/Engine: direct/, 'and one is not');

agree();

# --- registered partitions --------------------------------------------------------------------------------------
stack_run(<<'PY');
glue.delete_database(Name="parts")
glue.create_database(DatabaseInput={"Name": "parts"})
AB = [("a", "int"), ("b", "string")]
make("reg", AB, [("k", "string")])
partition("reg", ["here"], AB, "s3://pds-partitions/reg/k=here/")
partition("reg", ["far"], AB, "s3://pds-partitions/elsewhere/x")
partition("reg", ["quoted"], AB, "s3://pds-partitions/reg/quoted/", serde=OPEN, serde_params={"separatorChar": ";", "quoteChar": "'"})
partition("reg", ["bars"], AB, "s3://pds-partitions/reg/bars/", serde_params={"field.delim": "|"})
partition("reg", ["names"], [("x", "int"), ("y", "string")], "s3://pds-partitions/reg/names/")
partition("reg", ["fewer"], [("a", "int")], "s3://pds-partitions/reg/fewer/")
partition("reg", ["more"], AB + [("c", "date")], "s3://pds-partitions/reg/more/")
put("reg/k=here/a.csv", "1,here\n")
put("elsewhere/x/a.csv", "2,far\n")
put("elsewhere/xx/a.csv", "99,not in it\n")
put("reg/quoted/a.csv", "'3';'qu;oted'\n")
put("reg/bars/a.csv", "4|ba,rs\n")
put("reg/names/a.csv", "5,names\n")
put("reg/fewer/a.csv", "6,fewer\n")
put("reg/more/a.csv", "7,more,2024-01-01\n")

make("drift", [("a", "int"), ("b", "bigint"), ("c", "decimal(10,2)")], [("k", "string")])
SAME = [("a", "int"), ("b", "bigint"), ("c", "decimal(10,2)")]
partition("drift", ["same"], SAME, "s3://pds-partitions/drift/k=same/")
partition("drift", ["date"], [("a", "date")] + SAME[1:], "s3://pds-partitions/drift/k=date/")
partition("drift", ["narrow"], [SAME[0], ("b", "int"), SAME[2]], "s3://pds-partitions/drift/k=narrow/")
for k in ("same", "date", "narrow"):
    put("drift/k=%s/a.csv" % k, "1,2,3.50\n")
partition("drift", ["gone"], SAME, "s3://pds-partitions/drift/k=gone/")

KEYS = [("s", "string"), ("i", "int"), ("t", "tinyint"), ("l", "bigint"), ("d", "date"), ("ts", "timestamp"), ("n", "decimal(10,2)")]
make("typed", [("a", "int")], KEYS)
def typed(n, *values):
    partition("typed", list(values), [("a", "int")], "s3://pds-partitions/typed/%d/" % n)
    put("typed/%d/a.csv" % n, "%d\n" % n)
NULL = "__HIVE_DEFAULT_PARTITION__"
typed(1, "x", "-5", "127", "9000000000", "2024-02-29", "2024-02-29 01:02:03.004", "1.50")
typed(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
typed(3, "\\N", "0", "0", "0", "1970-01-01", "1970-01-01 00:00:00", "0")
make("badkey", [("a", "int")], [("i", "int")])
partition("badkey", ["five"], [("a", "int")], "s3://pds-partitions/typed/1/")
PY
psql_ok('DROP SCHEMA p CASCADE; CREATE SCHEMA p; IMPORT FOREIGN SCHEMA parts FROM SERVER lake INTO p', 'import of tables with registered partitions');
both('SELECT k, a, b FROM p.reg', "bars|4|ba,rs\nfar|2|far\nfewer|6|fewer\nhere|1|here\nmore|7|more\nnames|5|names\nquoted|3|qu;oted",
	'partitions with a location, a SerDe, names and a number of columns of their own');
both(q{SELECT b FROM p.reg WHERE k IN ('far', 'quoted')}, "far\nqu;oted", 'some of them');
both(q{SELECT a, b, c FROM p.drift WHERE k = 'same'}, '1|2|3.50', 'types that are the same');
psql_fails('SET pds.engine = direct; SELECT a FROM p.drift', qr/HV004.*drift\/k=date\/.*"a" as date, .*parts\.drift as int.*HINT/s, 'a type that differs');
psql_fails(q{SET pds.engine = athena; SELECT a FROM p.drift}, qr/HV00L: Athena failed the query: HIVE_PARTITION_SCHEMA_MISMATCH/, 'Athena refuses it, too') if $real;
both(q{SELECT b, k FROM p.drift WHERE k <> 'date'}, "2|narrow\n2|same", 'a type that is coerced');
both(q{SELECT c, k FROM p.drift}, "3.50|date\n3.50|narrow\n3.50|same", 'columns that are declared alike are read');
both('SELECT count(*) FROM p.drift', '3', 'and so is none');
both(q{SELECT a FROM p.drift WHERE k <> 'date'}, "1\n1", 'a pruned partition does not matter');
my $keys = 's, i, t, l, d, ts, n';
both("SELECT a, $keys FROM p.typed", "1|x|-5|127|9000000000|2024-02-29|2024-02-29 01:02:03.004|1.50\n2|||||||\n"
	  . "3||0|0|0|1970-01-01|1970-01-01 00:00:00|0.00", 'typed keys, and NULLs');
here("SELECT a FROM p.typed WHERE $_->[0]", $_->[1], "keys: $_->[0]")
  for (["s = 'x'", 1], ['s IS NULL AND i IS NOT NULL', 3], ['i < 0', 1], ['t = 127', 1], ['l > 5', 1], ["d >= '2024-01-01'", 1],
	["ts < '2000-01-01'", 3], ['n = 1.5', 1], ['n IS NULL', 2], ['i IS DISTINCT FROM 0 AND s IS DISTINCT FROM NULL', 1]);
agree();
is(counter('Objects', 'SELECT a FROM p.typed WHERE d IS NULL OR n > 1'), 2, 'only their objects');
psql_fails('SET pds.engine = direct; SELECT * FROM p.badkey', qr/22P02.*"five" of partition key "i"/, 'a key that does not parse');

# --- a hundred thousand ------------------------------------------------------------------------------------------
{
	my $many = 100_000;
	my $world = start_world('partitions', $many, 's3://pds-partitions/big');

	stack_run('put("big/d=70000/h=x/a.csv", "7\n"); put("big/d=99999/h=x/a.csv", "9\n")');
	create_server('big', glue_endpoint_url => $world->{url});
	my $t0 = time;
	psql_ok('CREATE SCHEMA big; IMPORT FOREIGN SCHEMA big FROM SERVER big INTO big', '100,000 partitions: import');
	cmp_ok(time - $t0, '<', 2, 'which does not ask for them');
	is(psql_value('SET pds.engine = direct; SELECT a, d FROM big.t WHERE d = 70000'), '7|70000', 'one of them');
	is(world_counts($world)->{GetPartitions}, 1, 'with one request');
	is(world_counts($world)->{'GetPartitions/segments'}, undef, 'and no segments');
	my $log = psql_value(<<'SQL');
SET pds.engine = direct;
CREATE FUNCTION ms(q text) RETURNS float LANGUAGE plpgsql AS $$
DECLARE t timestamptz := clock_timestamp(); BEGIN EXECUTE q; RETURN 1000 * extract(epoch FROM clock_timestamp() - t); END $$;
CREATE FUNCTION mb() RETURNS float LANGUAGE sql AS $$
SELECT split_part(regexp_replace(pg_read_file('/proc/self/status'), '.*VmHWM:\s+(\d+).*', '\1'), ' ', 1)::float / 1024 $$;
SELECT a FROM big.t WHERE d = 1;
SELECT 'before: ' || mb();
SELECT 'cold: ' || ms('SELECT a, d FROM big.t WHERE d + 0 = 99999');
SELECT 'warm: ' || ms('EXPLAIN SELECT * FROM big.t WHERE d + 0 = 70000');
SELECT 'after: ' || mb();
SELECT a, d FROM big.t WHERE d + 0 = 99999;
SELECT 'all: ' || ms('SELECT count(*) FROM big.t');
SELECT 'after all: ' || mb();
EXPLAIN SELECT * FROM big.t WHERE d + 0 = 70000;
SQL
	my %figure = $log =~ /^([a-z ]+): ([\d.]+)$/mg;
	diag(sprintf 'a list of 100,000 partitions: %.1f s, %.0f MB; a plan with them cached: %.0f ms; a scan of them all: %.1f s, %.0f MB in all',
		$figure{cold} / 1000, $figure{after} - $figure{before}, $figure{warm}, $figure{all} / 1000, $figure{'after all'});
	cmp_ok($figure{after} - $figure{before}, '<', 80, 'memory for them is bounded');
	cmp_ok($figure{warm}, '<', 1500, 'and a plan is quick');
	my $c = world_counts($world);
	cmp_ok($c->{'GetPartitions/segments'}, '>=', 100, 'all of them, in segments');
	like($log, qr/Partitions: 1\n *Partitions Pruned: 99999\n/, 'each once, though the segments overlap');
	stop_world($world);
}

done_testing();
