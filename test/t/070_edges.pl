# Plans and rights at the edges: slots that are materialised, names and values with control characters, what planning may tell.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_edges');

run_python(<<'PY');
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-edges")
try:
    glue.create_database(DatabaseInput={"Name": "edges"})
except glue.exceptions.AlreadyExistsException:
    pass
try:
    glue.delete_table(DatabaseName="edges", Name="keyed")
except glue.exceptions.EntityNotFoundException:
    pass
sd = {"Columns": [{"Name": "a", "Type": "string"}], "Location": "s3://pds-edges/keyed/", "NumberOfBuckets": -1,
      "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
      "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
      "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                    "Parameters": {"field.delim": ","}}}
glue.create_table(DatabaseName="edges", TableInput={
    "Name": "keyed", "TableType": "EXTERNAL_TABLE", "Parameters": {}, "StorageDescriptor": sd,
    "PartitionKeys": [{"Name": "k", "Type": "string"}]})
try:
    glue.delete_table(DatabaseName="edges", Name="odd")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_table(DatabaseName="edges", TableInput={
    "Name": "odd", "TableType": "EXTERNAL_TABLE", "Parameters": {}, "PartitionKeys": [],
    "StorageDescriptor": dict(sd, Location="s3://pds-edges/odd/",
                              Columns=[{"Name": "fi\x01\x08rst", "Type": "string"}, {"Name": "se\x02cond", "Type": "int"}])})
s3.put_object(Bucket="pds-edges", Key="odd/a.csv", Body=b"a\x019\x02a,1\nb\x01\x02\x03\x04\x05\x06\x07\x08b,2\nc,3\n")
for k in ("one-partition-with-a-long-name", "another"):
    s3.put_object(Bucket="pds-edges", Key="keyed/k=%s/a.csv" % k,
                  Body="".join("%s value number %d of some length\n" % (k[:3], i) for i in range(40000)).encode())
    glue.create_partition(DatabaseName="edges", TableName="keyed", PartitionInput={
        "Values": [k], "StorageDescriptor": dict(sd, Location="s3://pds-edges/keyed/k=%s/" % k)})
PY
create_server('aws', output_location => 's3://pds-edges/results/');
psql_ok('IMPORT FOREIGN SCHEMA edges LIMIT TO (keyed) FROM SERVER aws INTO public', 'import');
psql_ok(q{CREATE FOREIGN TABLE odd ("first" text OPTIONS (column_name E'fi\\001\\brst', glue_type 'string'), "second" int OPTIONS (column_name E'se\\002cond', glue_type 'int'))}
	  . " SERVER aws OPTIONS (database 'edges', table_name 'odd')", 'a table whose columns have odd names');

# --- a slot that an executor node materialises -------------------------------------------------------------------
my $sets = 'SELECT k, count(*), sum(n) FROM (SELECT k, a, count(*) AS n FROM keyed GROUP BY GROUPING SETS ((a), (k))) g GROUP BY k ORDER BY k';
my $small = "SET pds.engine = direct; SET jit = off; SET work_mem = '64kB'; SET enable_sort = off;";
is(psql_value("$small $sets"), "another|1|40000\none-partition-with-a-long-name|1|40000\n|80000|80000",
	'keys stay right when the hash table spills');

# --- names and values with control characters -------------------------------------------------------------------------
my $odd = q{SELECT count(*), min("first" COLLATE "C"), max("second") FROM odd};
for my $engine ('direct', 'athena')
{
	my $set = "SET pds.engine = $engine; SET plan_cache_mode = force_generic_plan;";
	is(psql_value("$set SELECT \"second\" FROM odd WHERE \"first\" = E'b\\001\\002\\003\\004\\005\\006\\007\\bb'"), '2', "$engine: a constant");
	is(psql_value("$set PREPARE q (text, text) AS SELECT \"second\" FROM odd WHERE \"first\" = \$1 OR \"first\" = \$2; EXECUTE q (E'\\003\\004', E'a\\0019\\002a')"),
		'1', "$engine: parameters that look like others");
	is(psql_value("$set SELECT string_agg(o.\"first\", E'\\005, \\006' ORDER BY o.\"first\" COLLATE \"C\") = E'a\\0019\\002a\\005, \\006b\\001\\002\\003\\004\\005\\006\\007\\bb'"
			  . ' FROM odd o JOIN odd p ON o."first" = p."first" WHERE o."second" < 3'), 't', "$engine: above a join");
	is(psql_value("$set $odd"), psql_value("SET pds.engine = direct; $odd"), "$engine: names");
}
like(psql_value("SET pds.engine = athena; EXPLAIN (VERBOSE, COSTS OFF) SELECT \"second\" FROM odd WHERE \"first\" = E'\\001\\b'"),
	qr/Remote SQL: SELECT "se\\x02cond" FROM "edges"\."odd" WHERE \("fi\\x01\\x08rst" = '\\x01\\x08'\)|Remote SQL: SELECT "se\x02cond" FROM "edges"\."odd" WHERE \("fi\x01\x08rst" = '\x01\x08'\)/,
	'the statement has the bytes themselves');
psql_ok("CREATE FOREIGN TABLE twice (a text, b varchar(9) OPTIONS (column_name 'a'), k text OPTIONS (partition_key 'true'))"
	  . " SERVER aws OPTIONS (database 'edges', table_name 'keyed')", 'two columns of one');
psql_fails('SET pds.engine = direct; SELECT * FROM twice', qr/0A000.*same column in Glue/s, 'are refused together');
is(psql_value('SET pds.engine = direct; SELECT count(b) FROM twice'), '80000', 'each alone is read');

# --- what planning tells and spends ------------------------------------------------------------------------------
psql_value('DROP OWNED BY pds_edges_user') if psql_value("SELECT count(*) FROM pg_roles WHERE rolname = 'pds_edges_user'");
psql_value('DROP ROLE IF EXISTS pds_edges_user');
psql_ok('CREATE ROLE pds_edges_user; GRANT USAGE ON FOREIGN SERVER aws TO pds_edges_user;'
	  . "CREATE USER MAPPING FOR pds_edges_user SERVER aws OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}');"
	  . "CREATE FUNCTION leak(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS \$f\$ BEGIN RAISE NOTICE 'seen: %', \$1; RETURN true; END \$f\$",
	'a user without rights on the table');
my $err = psql_fails('SET ROLE pds_edges_user; EXPLAIN SELECT 1 FROM keyed WHERE leak(k)', qr/42501/, 'planning without SELECT');
unlike($err, qr/seen:/, 'tells no key');
psql_ok('GRANT SELECT (a) ON keyed TO pds_edges_user', 'SELECT on another column');
$err = psql_fails('SET ROLE pds_edges_user; EXPLAIN SELECT 1 FROM keyed WHERE leak(k)', qr/42501/, 'planning with SELECT on another column');
unlike($err, qr/seen:/, 'tells no key either');
is(psql_value('SET ROLE pds_edges_user; SET pds.engine = direct; SELECT count(a) FROM keyed'), '80000', 'and reads that column');

# --- whose credentials ------------------------------------------------------------------------------------------------
psql_ok("CREATE SERVER lent FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1', endpoint_url '$ENV{AWS_ENDPOINT_URL}', use_ambient_credentials 'true');"
	  . 'GRANT USAGE ON FOREIGN SERVER lent TO pds_edges_user', 'a server that lends its credentials');
is(psql_value("SET ROLE pds_edges_user; SELECT source FROM pds.credentials_source('lent')"), 'environment', 'they may be used');
psql_ok("SET ROLE pds_edges_user; CREATE USER MAPPING FOR pds_edges_user SERVER lent OPTIONS (role_arn 'arn:aws:iam::123456789012:role/admin')",
	'a mapping with only a role');
psql_fails("SET ROLE pds_edges_user; SELECT source FROM pds.credentials_source('lent')", qr/28000.*role_arn/s, 'which they do not assume');

psql_ok("CREATE SERVER others FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1'); ALTER SERVER others OWNER TO postgres;"
	  . 'GRANT USAGE ON FOREIGN DATA WRAPPER pds_fdw TO pds_edges_user; ALTER SERVER others OWNER TO pds_edges_user',
	'a server of somebody else');
psql_fails("SELECT source FROM pds.credentials_source('others')", qr/28000.*owner of the server/s, "gets no superuser's own credentials");

# --- many connections ------------------------------------------------------------------------------------------------------
my $many = join '', map {
	"CREATE SERVER m$_ FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1'); CREATE USER MAPPING FOR CURRENT_USER SERVER m$_ OPTIONS (access_key_id 'a', secret_access_key 'b');"
	  . " SELECT source FROM pds.credentials_source('m$_');"
} 1 .. 120;
like(psql_ok($many, '120 servers in one session'), qr/^(user mapping\n?){120}$/, 'each has its own');

psql_value('DROP OWNED BY pds_edges_user CASCADE; DROP ROLE pds_edges_user');
done_testing();
