# Which engine answers: options of server and table, the session's setting, costs; limits on bytes; plans kept.
use strict;
use warnings;
use JSON::PP;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_choice');

fresh_bucket('pds-choice');
run_python(<<'PY');
import boto3, gzip
s3, glue = boto3.client("s3"), boto3.client("glue")
try:
    glue.delete_database(Name="choice")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "choice"})
def make(name, keys=(), kind="EXTERNAL_TABLE"):
    sd = {"Columns": [{"Name": "id", "Type": "int"}, {"Name": "word", "Type": "string"}],
          "Location": "s3://pds-choice/%s/" % name, "NumberOfBuckets": -1,
          "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
          "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
          "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                        "Parameters": {"field.delim": ","}}}
    glue.create_table(DatabaseName="choice", TableInput={
        "Name": name, "TableType": kind, "Parameters": {"classification": "csv"}, "StorageDescriptor": sd,
        "PartitionKeys": [{"Name": k, "Type": "int"} for k in keys]})
    return sd
make("small")
s3.put_object(Bucket="pds-choice", Key="small/a.csv", Body=b"1,one\n2,two\n3,three\n")        # 20 bytes
make("large")
line = "%07d," + "x" * 991 + "\n"
body = "".join(line % i for i in range(20000)).encode()                                        # 20,000,000 bytes
s3.put_object(Bucket="pds-choice", Key="large/a.csv", Body=body)
sd = make("parts", ("y",))
for y in (1, 2, 3):
    location = "s3://pds-choice/parts/y=%d/" % y
    glue.create_partition(DatabaseName="choice", TableName="parts",
                          PartitionInput={"Values": [str(y)], "StorageDescriptor": dict(sd, Location=location)})
    s3.put_object(Bucket="pds-choice", Key="parts/y=%d/a.csv" % y, Body=("%d,p\n" % y).encode() * 10 * y)   # 40, 80, 120 bytes
PY

# two servers on the same data; nothing is listening behind the third
create_server('aws', output_location => 's3://pds-choice/results/');
create_server('cheap', output_location => 's3://pds-choice/results/', fdw_startup_cost => '0');
for my $s (qw(aws cheap))
{
	psql_ok("CREATE SCHEMA $s; IMPORT FOREIGN SCHEMA choice FROM SERVER $s INTO $s", "import through $s");
}

# the engines that EXPLAIN names in the output of some SQL, in order
sub engines
{
	my ($sql) = @_;
	my $out = psql_value($sql);
	return join ' ', $out =~ /Engine: (\w+)/g;
}
my $e = 'EXPLAIN (COSTS OFF) SELECT id FROM aws.small';
my $t = 'EXPLAIN (COSTS OFF) SELECT id FROM tabled';
psql_ok("CREATE FOREIGN TABLE tabled (id int, word text) SERVER aws OPTIONS (database 'choice', table_name 'small')", 'one more table');

# --- precedence ------------------------------------------------------------------------------------------------
is(engines($e), 'direct', 'auto: a small table is read directly');
psql_ok("ALTER SERVER aws OPTIONS (ADD engine 'athena')", 'engine athena on the server');
is(engines("$e; $t"), 'athena athena', "the server's option holds for its tables");
psql_ok("ALTER FOREIGN TABLE tabled OPTIONS (ADD engine 'direct')", 'engine direct on the table');
is(engines("$e; $t"), 'athena direct', 'the table goes before the server');
is(engines("SET pds.engine = direct; $e; $t"), 'direct direct', 'the session goes before both: direct');
is(engines("SET pds.engine = athena; $e; $t"), 'athena athena', 'the session goes before both: athena');
is(engines("SET pds.engine = auto; $e; $t"), 'direct direct', 'auto in the session: the cheaper one');
is(engines("SET pds.engine = athena; $t; SET pds.engine = default; $t; $e"), 'athena direct athena', 'default gives way to the options');
is(engines("SET pds.engine = athena; $t; RESET pds.engine; $t; $e"), 'athena direct athena', 'RESET, too');
is(engines("BEGIN; SET LOCAL pds.engine = athena; $t; COMMIT; $t"), 'athena direct', 'SET LOCAL ends with the transaction');
is(engines("BEGIN; SET pds.engine = athena; $t; ROLLBACK; $t"), 'athena direct', 'ROLLBACK takes the setting back');
psql_ok("ALTER FOREIGN TABLE tabled OPTIONS (SET engine 'auto')", 'engine auto on the table');
is(engines("$e; $t"), 'athena direct', 'auto on the table goes before athena on the server');
psql_ok("ALTER FOREIGN TABLE tabled OPTIONS (DROP engine); ALTER SERVER aws OPTIONS (SET engine 'direct')", 'direct on the server');
is(engines("$e; $t"), 'direct direct', 'direct on the server');
psql_ok('ALTER SERVER aws OPTIONS (DROP engine)', 'none on the server');
psql_fails("LOAD 'pds_fdw'; SET pds.engine = trino", qr/22023.*HINT.*auto, direct, athena/s, 'an engine that is not there');
is(engines("ALTER ROLE CURRENT_USER SET pds.engine = athena; \\c\n$e; ALTER ROLE CURRENT_USER RESET pds.engine; \\c\n$e"), 'athena direct', "a role's setting");
is(engines("DO \$\$ BEGIN PERFORM set_config('pds.engine', 'athena', true); END \$\$; $e"), 'direct', 'set_config, local, is over with its statement');

# --- plans that are kept ---------------------------------------------------------------------------------------
for my $mode (qw(force_generic_plan force_custom_plan auto))
{
	is(engines("SET plan_cache_mode = $mode; SET pds.engine = direct; PREPARE q (int) AS SELECT id FROM aws.small WHERE id = \$1;"
			  . 'EXPLAIN (COSTS OFF) EXECUTE q (1); SET pds.engine = athena; EXPLAIN (COSTS OFF) EXECUTE q (1); EXPLAIN (COSTS OFF) EXECUTE q (2);'
			  . 'RESET pds.engine; EXPLAIN (COSTS OFF) EXECUTE q (1)'),
		'direct athena athena direct', "$mode: a prepared plan follows SET pds.engine");
}
is(engines("PREPARE q AS SELECT id FROM aws.small; EXPLAIN (COSTS OFF) EXECUTE q; ALTER SERVER aws OPTIONS (ADD engine 'athena');"
		  . "EXPLAIN (COSTS OFF) EXECUTE q; ALTER FOREIGN TABLE aws.small OPTIONS (ADD engine 'direct'); EXPLAIN (COSTS OFF) EXECUTE q;"
		  . 'ALTER FOREIGN TABLE aws.small OPTIONS (DROP engine); ALTER SERVER aws OPTIONS (DROP engine); EXPLAIN (COSTS OFF) EXECUTE q'),
	'direct athena direct direct', 'and the options');
is(psql_value(<<'SQL'), "3\n3\n3", 'and so does a plan in PL/pgSQL');
CREATE FUNCTION counted() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM aws.small WHERE id > 0); END $$;
SET pds.engine = direct; SELECT counted(); SET pds.engine = athena; SELECT counted(); RESET pds.engine; SELECT counted();
SQL

# --- costs -------------------------------------------------------------------------------------------------------
sub plan
{
	my ($before, $sql) = @_;
	my $json = decode_json(psql_value("$before EXPLAIN (VERBOSE, FORMAT JSON) $sql"))->[0]{Plan};
	$json = $json->{Plans}[0] while $json->{Plans} && !$json->{Engine};
	return $json;
}
is(plan('', 'SELECT word FROM aws.small')->{Engine}, 'direct', 'small table, all of it: direct');
is(plan('', 'SELECT word FROM cheap.large WHERE id = 7')->{Engine}, 'athena', 'large table, one row, Athena starts for nothing: Athena');
is(plan('', 'SELECT word FROM aws.large WHERE id = 7')->{Engine}, 'direct', '20 MB do not outweigh the start of Athena');
is(plan('', 'SELECT word FROM cheap.large')->{Engine}, 'direct', 'large table, all of it, Athena starts for nothing: direct, a result has its cost');
is(plan('', "SELECT id FROM cheap.large WHERE lower(word) = 'abc' OR id = 7")->{Engine}, 'direct', 'a condition that stays here selects nothing there, and its column has to be fetched');
for my $table (qw(aws.small aws.large cheap.small cheap.large))
{
	for my $rest ('', ' WHERE id = 7', ' WHERE length(word) = 7')
	{
		my $sql = "SELECT word FROM $table$rest";
		my $auto = plan('SET pds.engine = auto;', $sql);
		my %cost = ($auto->{Engine} => $auto->{'Total Cost'});
		ok($auto->{Engine} && $auto->{'Total Cost'} > 0, "auto: $sql has an engine and a cost");
		my $direct = plan('SET pds.engine = direct;', $sql);
		cmp_ok($auto->{'Total Cost'}, '<=', $direct->{'Total Cost'}, "auto: $sql is not dearer than direct");
	}
}
my $one = psql_value("SET pds.engine = athena; SELECT id, length(word) FROM cheap.large WHERE id = 7");
is($one, '7|991', 'one row of the large table by Athena');
is(psql_value("SET pds.engine = direct; SELECT id, length(word) FROM cheap.large WHERE id = 7"), $one, 'and directly');
is(psql_value("SELECT id, length(word) FROM cheap.large WHERE id = 7"), $one, 'and as auto has it');
# the break-even point moves with the option
my $direct_cost = plan('SET pds.engine = direct;', 'SELECT word FROM cheap.large WHERE id = 7')->{'Total Cost'};
my $athena_cost = plan('SET pds.engine = auto;', 'SELECT word FROM cheap.large WHERE id = 7')->{'Total Cost'};
cmp_ok($athena_cost, '<', $direct_cost, 'Athena was the cheaper one');
my $gap = $direct_cost - $athena_cost;
for my $case ([ 0.95, 'athena' ], [ 1.05, 'direct' ])
{
	psql_ok(sprintf("ALTER SERVER cheap OPTIONS (SET fdw_startup_cost '%.2f')", $gap * $case->[0]), "fdw_startup_cost $case->[0] of the gap");
	is(plan('', 'SELECT word FROM cheap.large WHERE id = 7')->{Engine}, $case->[1], "then $case->[1] is chosen");
}
psql_ok("ALTER SERVER cheap OPTIONS (SET fdw_startup_cost '0', ADD fdw_tuple_cost '1000')", 'fdw_tuple_cost');
is(plan('', 'SELECT word FROM cheap.large WHERE id = 7')->{Engine}, 'athena', 'dear rows: Athena sends fewer');
psql_ok('ALTER SERVER cheap OPTIONS (DROP fdw_tuple_cost)', 'fdw_tuple_cost dropped');

# --- limits on bytes ---------------------------------------------------------------------------------------------
my $limit = qr/54000.*max_scan_bytes/s;
for my $engine (qw(direct athena))
{
	my $set = "SET pds.engine = $engine;";
	my $q = 'SELECT count(*) FROM aws.small';

	is(psql_value("$set $q"), '3', "$engine: no limit");
	psql_fails("$set SET pds.max_scan_bytes = '19'; $q", $limit, "$engine: limit of the session");
	is(psql_value("$set SET pds.max_scan_bytes = '20'; $q"), '3', "$engine: limit of the session, just enough");
	is(psql_value("$set SET pds.max_scan_bytes = '1 kB'; $q"), '3', "$engine: limit of the session with a unit");
	my $err = psql_fails("$set SET pds.max_scan_bytes = '0'; $q", $limit, "$engine: nothing at all may be read");
	like($err, qr/\b20 bytes/, "$engine: it says how much it would be");
	like($err, qr/HINT:  Add conditions on partition keys, or raise the limit/, "$engine: and what to do");
	psql_ok("ALTER SERVER aws OPTIONS (ADD max_scan_bytes '19B')", "$engine: limit on the server");
	psql_fails("$set $q", $limit, "$engine: the server's limit holds");
	psql_fails("$set SET pds.max_scan_bytes = '1GB'; $q", $limit, "$engine: the session cannot raise it");
	psql_fails("$set SET pds.max_scan_bytes = ''; $q", $limit, "$engine: nor take it away");
	psql_ok("ALTER FOREIGN TABLE aws.small OPTIONS (ADD max_scan_bytes '1MB')", "$engine: a higher limit on the table");
	psql_fails("$set $q", $limit, "$engine: nor can the table raise it");
	psql_ok("ALTER SERVER aws OPTIONS (SET max_scan_bytes '1GB'); ALTER FOREIGN TABLE aws.small OPTIONS (SET max_scan_bytes '19')", "$engine: limit on the table");
	psql_fails("$set $q", $limit, "$engine: the table's limit holds");
	is(psql_value("$set SELECT count(*) FROM aws.parts"), '60', "$engine: for that table only");
	psql_ok("ALTER FOREIGN TABLE aws.small OPTIONS (SET max_scan_bytes '1MB')", "$engine: enough on the table");
	is(psql_value("$set $q"), '3', "$engine: now it is read");
	psql_fails("$set SET pds.max_scan_bytes = '19'; $q", $limit, "$engine: the session can lower both");
	psql_ok('ALTER FOREIGN TABLE aws.small OPTIONS (DROP max_scan_bytes); ALTER SERVER aws OPTIONS (DROP max_scan_bytes)', "$engine: no limits");
	# partitions that are not read do not count
	psql_fails("$set SET pds.max_scan_bytes = '40'; SELECT count(*) FROM aws.parts", $limit, "$engine: all partitions are too much");
	is(psql_value("$set SET pds.max_scan_bytes = '40'; SELECT count(*) FROM aws.parts WHERE y = 1"), '10', "$engine: one partition is not");
	psql_fails("$set SET pds.max_scan_bytes = '40'; SELECT count(*) FROM aws.parts WHERE y = 2", $limit, "$engine: another is");
	# a plan made before the limit was set
	for my $mode (qw(force_generic_plan force_custom_plan))
	{
		psql_fails("$set SET plan_cache_mode = $mode; PREPARE q AS $q; EXECUTE q; SET pds.max_scan_bytes = '19'; EXECUTE q", $limit,
			"$engine, $mode: a limit set after PREPARE");
		is(psql_value("$set SET plan_cache_mode = $mode; SET pds.max_scan_bytes = '20'; PREPARE q AS $q; EXECUTE q; RESET pds.max_scan_bytes; EXECUTE q"), "3\n3",
			"$engine, $mode: and taken away again");
	}
	is(engines("$set SET pds.max_scan_bytes = '0'; $e"), $engine, "$engine: EXPLAIN is not refused");
	psql_fails("$set SET pds.max_scan_bytes = '19'; EXPLAIN ANALYZE $q", $limit, "$engine: EXPLAIN ANALYZE is");
}
psql_fails("SET pds.engine = auto; SET pds.max_scan_bytes = '19'; SELECT count(*) FROM aws.small", $limit, 'auto: limit of the session');
psql_fails("LOAD 'pds_fdw'; SET pds.max_scan_bytes = 'much'", qr/22023.*much/s, 'a limit that is no number');
is(psql_value("LOAD 'pds_fdw'; SET pds.max_scan_bytes = '5GB'; SHOW pds.max_scan_bytes"), '5GB', 'SHOW');

# --- EXPLAIN without the network -----------------------------------------------------------------------------------
psql_ok("CREATE SERVER closed FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1', endpoint_url 'http://127.0.0.1:1', max_attempts '1', engine 'athena');"
	  . "CREATE USER MAPPING FOR CURRENT_USER SERVER closed OPTIONS (access_key_id 'a', secret_access_key 'b');"
	  . "CREATE FOREIGN TABLE unreachable (id int OPTIONS (glue_type 'int'), word text OPTIONS (glue_type 'string')) SERVER closed OPTIONS (database 'choice', table_name 'small')",
	'a server that nobody listens on');
my $out = psql_value('EXPLAIN (VERBOSE) SELECT word FROM unreachable WHERE id = 3');
like($out, qr/Engine: athena/, 'EXPLAIN by Athena needs no network');
like($out, qr/Remote SQL: SELECT "word" FROM "choice"\."small" WHERE \("id" = 3\)/, 'and shows the statement');
like(psql_value('EXPLAIN SELECT count(*) FROM unreachable a JOIN unreachable b USING (id)'), qr/Engine: athena.*INNER JOIN/s, 'a join neither');
psql_fails('SELECT word FROM unreachable', qr{08001: could not connect to http://127\.0\.0\.1:1\b.*operation: StartQueryExecution}s, 'but running it does');
psql_fails('SET pds.engine = direct; EXPLAIN SELECT word FROM unreachable', qr{08001: could not connect to http://127\.0\.0\.1:1\b.*operation: GetTable}s, 'and so does EXPLAIN of a direct scan, which looks at the catalog');

done_testing();
