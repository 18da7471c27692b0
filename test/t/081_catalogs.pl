# Tables that lie in other catalogs and regions: resource links, catalog_id; tables whose columns are elsewhere
# alone: plans take milliseconds
# (Schema Registry, federated, views); very many tables; a partition of a thousand.
use strict;
use warnings;
use File::Basename;
use File::Temp;
use HTTP::Tiny;
use IPC::Open2;
use JSON::PP;
use PdsTest;
use Test::More;
use Time::HiRes qw(time);

need_stack();
fresh_database('pds_catalogs');

# --- a scripted Glue --------------------------------------------------------------------------------------------
sub descriptor
{
	my ($location, @columns) = @_;
	return {
		Location => $location, Columns => [ map { { Name => $_->[0], Type => $_->[1] } } @columns ],
		InputFormat => 'org.apache.hadoop.mapred.TextInputFormat',
		OutputFormat => 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
		SerdeInfo => { SerializationLibrary => 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe', Parameters => { 'field.delim' => ',' } } };
}

sub table
{
	my ($name, $location, %more) = @_;
	return { Name => $name, TableType => 'EXTERNAL_TABLE', Parameters => {}, PartitionKeys => [],
		StorageDescriptor => descriptor($location, [ 'a', 'int' ], [ 'b', 'string' ]), %more };
}

sub link_to { my ($name, %target) = @_; return { Name => $name, TargetTable => \%target } }

my @there = (CatalogId => '222222222222', Region => 'eu-west-1');
my $registry = table('registry', 's3://pds-catalogs/x/');
delete $registry->{StorageDescriptor}{Columns};
$registry->{StorageDescriptor}{SchemaReference} = { SchemaId => { SchemaName => 's' } };
my %catalogs = (
	'own/us-east-1/home' => { tables => [
		link_to('near', CatalogId => '111111111111', DatabaseName => 'shared', Name => 'plain'),
		link_to('far', @there, DatabaseName => 'shared', Name => 'parts'),
		link_to('twice', CatalogId => '111111111111', DatabaseName => 'shared', Name => 'onward'),
		link_to('gone', @there, DatabaseName => 'shared', Name => 'nosuch'),
		link_to('circle', CatalogId => '111111111111', DatabaseName => 'shared', Name => 'circle'),
		$registry,
		table('mine', 's3://pds-catalogs/own/'),
		table('federated', '', FederatedTable => { Identifier => 'x', ConnectionName => 'c' }),
		table('pq', 's3://pds-catalogs/pq/', Parameters => { table_type => 'ICEBERG' }) ] },
	'own/us-east-1/link' => { link => { @there, DatabaseName => 'shared' } },
	'own/us-east-1/badlink' => { link => { @there, DatabaseName => 'nosuch' } },
	'own/us-east-1/thousand' => { tables => [ map { table(sprintf('t%04d', $_), "s3://pds-catalogs/$_/", Description => "table $_") } 1 .. 1000 ] },
	'own/us-east-1/parts' => {
		tables => [ table('k', 's3://pds-catalogs/k/', PartitionKeys => [ { Name => 'd', Type => 'int' } ]) ],
		partitions => { k => [ map { { Values => ["$_"], StorageDescriptor => descriptor("s3://pds-catalogs/k/d=$_/", [ 'a', 'int' ], [ 'b', 'string' ]) } } 1 .. 1000 ] } },
	'111111111111/us-east-1/shared' => { tables => [
		table('plain', 's3://pds-catalogs/near/'),
		link_to('onward', @there, DatabaseName => 'shared', Name => 'plain'),
		link_to('circle', CatalogId => '111111111111', DatabaseName => 'shared', Name => 'circle') ] },
	'222222222222/eu-west-1/shared' => {
		tables => [ table('plain', 's3://pds-catalogs-eu/plain/'),
			table('parts', 's3://pds-catalogs-eu/parts/', PartitionKeys => [ { Name => 'k', Type => 'string' } ]) ],
		partitions => { parts => [ map { { Values => [$_], StorageDescriptor => descriptor("s3://pds-catalogs-eu/parts/k=$_/", [ 'a', 'int' ], [ 'b', 'string' ]) } } qw(x y) ] } },
	'333333333333/us-east-1/home' => { tables => [ table('mine', 's3://pds-catalogs/theirs/'), table('pq', 's3://pds-catalogs/pq/', Parameters => { table_type => 'ICEBERG' }) ] });

my $file = File::Temp->new(SUFFIX => '.json');
print $file encode_json(\%catalogs);
close $file;
my $pid = open2(my $out, my $in, 'python3', dirname(__FILE__) . '/../lib/catalogs_server.py', $file->filename);
my $glue = 'http://127.0.0.1:' . (<$out> + 0);
sub asked { return @{ decode_json(HTTP::Tiny->new->get("$glue/log")->{content}) } }

run_python(<<'PY');
import boto3
s3, eu = boto3.client("s3"), boto3.client("s3", region_name="eu-west-1")
s3.create_bucket(Bucket="pds-catalogs")
if "pds-catalogs-eu" not in [b["Name"] for b in eu.list_buckets()["Buckets"]]:
    eu.create_bucket(Bucket="pds-catalogs-eu", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
for key, body in {"near/a": "1,near\n", "own/a": "2,own\n", "theirs/a": "3,theirs\n", "k/d=500/a": "500,k\n"}.items():
    s3.put_object(Bucket="pds-catalogs", Key=key, Body=body.encode())
for key, body in {"plain/a": "4,far\n", "parts/k=x/a": "5,x\n", "parts/k=y/a": "6,y\n"}.items():
    eu.put_object(Bucket="pds-catalogs-eu", Key=key, Body=body.encode())
PY
sub value { return psql_value("SET pds.engine = direct; $_[0]") }

my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
proxy_rules($proxy);
create_server('scripted', glue_endpoint_url => $glue, s3_endpoint_url => $proxy->{url});

# --- links of tables --------------------------------------------------------------------------------------------
my ($rc, undef, $err) = psql('CREATE SCHEMA home; IMPORT FOREIGN SCHEMA home FROM SERVER scripted INTO home');
is($rc, 0, 'import of links') or diag($err);
is(value('SELECT * FROM home.near'), '1|near', 'a link into another account');
is(value('SELECT k, a, b FROM home.far ORDER BY 1'), "x|5|x\ny|6|y", 'a link into another region, with partitions');
is(value(q{SELECT a FROM home.far WHERE k = 'y'}), '6', 'one of them');
is(value('SELECT * FROM home.twice'), '4|far', 'a link to a link');
is(value(q{SELECT string_agg(array_to_string(ftoptions, ' '), ', ' ORDER BY ftoptions) FROM pg_foreign_table
	WHERE ftrelid IN ('home.near'::regclass, 'home.far'::regclass)}), 'database=home table_name=far, database=home table_name=near',
	'the foreign tables keep the names of the links');
my %asked = map { $_ => 1 } asked();
ok($asked{"$_->[0] $_->[1]"}, "$_->[0] asked of $_->[1]")
  for ['GetTable', '111111111111 us-east-1'], ['GetTable', '222222222222 eu-west-1'], ['GetPartitions', '222222222222 eu-west-1'],
	['BatchGetPartition', '222222222222 eu-west-1'];
my %scope = map { $_->{headers}{authorization} =~ m{/([a-z0-9-]+)/s3/} ? ($1 => 1) : () } grep { $_->{path} =~ /pds-catalogs-eu/ } proxy_log($proxy);
is(join(' ', sort keys %scope), 'eu-west-1', 'objects of the other region: each request is signed for it, the first one, too');
like($err, qr/WARNING:.*"gone" was not imported: it is a link.*DETAIL:.*nosuch/s, 'a link to nothing');
like($err, qr/WARNING:.*"circle" was not imported: it is a link.*DETAIL:.*circle/s, 'a link in a circle');
like($err, qr/NOTICE:.*"registry" was not imported.*DETAIL:.*Schema Registry/s, 'columns in the Schema Registry');
like($err, qr/NOTICE:.*"federated" can be read by Athena only: .*federated/, 'a federated table');
psql_fails('SET pds.engine = direct; SELECT * FROM home.federated', qr/0A000.*federated.*HINT/s, 'which is not read here');

# --- links of databases -----------------------------------------------------------------------------------------
psql_ok('CREATE SCHEMA linked; IMPORT FOREIGN SCHEMA link FROM SERVER scripted INTO linked', 'import through a link of a database');
is(value('SELECT * FROM linked.plain'), '4|far', 'its tables');
is(value('SELECT k, a FROM linked.parts ORDER BY 1'), "x|5\ny|6", 'and partitions');
psql_ok('CREATE SCHEMA lim; IMPORT FOREIGN SCHEMA link LIMIT TO (plain) FROM SERVER scripted INTO lim', 'LIMIT TO');
is(value('SELECT * FROM lim.plain'), '4|far', 'one of them');
psql_fails('IMPORT FOREIGN SCHEMA badlink FROM SERVER scripted INTO lim', qr/HV00R: .*nosuch/, 'a link to a database that is not there');

# --- catalog_id -------------------------------------------------------------------------------------------------
create_server('theirs', glue_endpoint_url => $glue, catalog_id => '333333333333');
($rc, undef, $err) = psql('CREATE SCHEMA theirs; IMPORT FOREIGN SCHEMA home FROM SERVER theirs INTO theirs');
is($rc, 0, 'import from another catalog') or diag($err);
is(value('SELECT * FROM theirs.mine'), '3|theirs', 'is that catalog\'s table');
is(value('SELECT * FROM home.mine'), '2|own', 'not that of the same name in the own one');
psql_fails('SET pds.engine = athena; SELECT * FROM theirs.mine', qr/0A000.*"mine" cannot be read by Athena: .*catalog_id.*HINT:.*athena_catalog/s,
	'Athena is not asked: it would read the own one');
like(psql_value('EXPLAIN SELECT * FROM theirs.mine'), qr/Engine: direct/, 'nor with engine auto');
like(psql_value('EXPLAIN SELECT count(*) FROM theirs.mine'), qr/Engine: direct/, 'nor for an aggregate');
like($err, qr/"pq" can be read by Athena only.*HINT:.*athena_catalog/s, 'what only Athena reads: the hint at import');
psql_fails('SELECT * FROM theirs.pq', qr/0A000.*"pq" cannot be scanned directly.*DETAIL:.*catalog_id.*HINT:.*athena_catalog/s, 'and when it is read');
psql_ok(q{ALTER SERVER theirs OPTIONS (ADD athena_catalog 'theirs')}, 'with athena_catalog');
like(psql_value('SET pds.engine = athena; EXPLAIN SELECT * FROM theirs.mine'), qr/Engine: athena/, 'Athena is asked');

# --- many -------------------------------------------------------------------------------------------------------
my $t0 = time;
psql_ok('CREATE SCHEMA thousand; IMPORT FOREIGN SCHEMA thousand FROM SERVER scripted INTO thousand', 'import of 1,000 tables');
my $import = time - $t0;
is(value(q{SELECT count(*), count(obj_description(oid)) FROM pg_class WHERE relnamespace = 'thousand'::regnamespace}), '1000|1000',
	'all of them, with their comments');
is(scalar(grep { $_ eq 'GetTables own us-east-1' } asked()), 11, 'in ten requests');		# and one for "home"
psql_ok('CREATE SCHEMA k; IMPORT FOREIGN SCHEMA parts FROM SERVER scripted INTO k', 'a table with 1,000 partitions');
my $ms = psql_value(<<'SQL');
SET pds.engine = direct;
SELECT a FROM k.k WHERE d = 500;
EXPLAIN SELECT * FROM k.k WHERE d = 500;
CREATE FUNCTION ms(q text) RETURNS float LANGUAGE plpgsql AS $$
DECLARE t timestamptz := clock_timestamp(); BEGIN EXECUTE q; RETURN 1000 * extract(epoch FROM clock_timestamp() - t); END $$;
SELECT 'ms ' || min(ms('EXPLAIN SELECT * FROM k.k WHERE d = 500')) FROM generate_series(1, 20);
SQL
like($ms, qr/^500\n.*Partitions: 1\n *Partitions Pruned: 999\n/s, 'one of them is planned and read');
my ($plan) = $ms =~ /^ms ([\d.]+)/m;
diag(sprintf 'import of 1,000 tables: %.1f s; plan of one partition of 1,000, remembered: %.1f ms', $import, $plan);
cmp_ok($plan, '<', 50, 'within 50 ms when they are remembered');
cmp_ok($import, '<', 30, 'an import of 1,000 tables ends soon');
HTTP::Tiny->new->post("$glue/quit");
waitpid $pid, 0;
stop_proxy($proxy);

# --- a view of Athena's own making ------------------------------------------------------------------------------
my $setup = <<'PY';
import boto3
glue = boto3.client("glue")
LAZY = {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}}
def table(name, cols, keys=()):
    return {"Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": {}, "PartitionKeys": [{"Name": n, "Type": t} for n, t in keys],
            "StorageDescriptor": {"Columns": [{"Name": n, "Type": t} for n, t in cols], "Location": "s3://pds-catalogs/%s/" % name,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat", "SerdeInfo": LAZY,
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"}}
PY
run_python("$setup\n" . <<'PY');
try:
    glue.delete_database(Name="cats")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "cats"})
glue.create_table(DatabaseName="cats", TableInput=table("own", [("a", "int"), ("b", "string")]))
glue.create_table(DatabaseName="cats", TableInput=table("keyed", [("a", "int"), ("k", "string")]))
PY
create_server('lake', output_location => 's3://pds-catalogs/results/');

# --- a column that becomes a partition key ----------------------------------------------------------------------
psql_ok('CREATE SCHEMA cats; IMPORT FOREIGN SCHEMA cats FROM SERVER lake INTO cats', 'import of a table');
my $change = 'glue.update_table(DatabaseName="cats", TableInput=table("keyed", ';
run_python("$setup\n" . $change . <<'PY');
[("a", "int")], [("k", "string")]))
import boto3
boto3.client("s3").put_object(Bucket="pds-catalogs", Key="keyed/one/a.csv", Body=b"7\n")
glue.create_partition(DatabaseName="cats", TableName="keyed", PartitionInput={"Values": ["one"],
    "StorageDescriptor": dict(table("keyed", [("a", "int")])["StorageDescriptor"], Location="s3://pds-catalogs/keyed/one/")})
PY
my $marked = q{SELECT 'partition_key=true' = ANY (attfdwoptions) FROM pg_attribute WHERE attrelid = 'cats.keyed'::regclass AND attname = 'k'};
(undef, my $n, $err) = psql(q{SELECT pds.refresh_table('cats.keyed')});
is($n, 1, 'a column became a partition key: refresh_table changes one thing');
like($err, qr/NOTICE:.*"k" is a partition key now/, 'and says so');
is(value($marked), 't', 'the column is marked');
is(value('SELECT a, k FROM cats.keyed'), '7|one', 'and read as one');
is(value(q{SELECT pds.refresh_table('cats.keyed')}), '0', 'once');
run_python("$setup\n$change" . '[("a", "int"), ("k", "string")]))');
is(value(q{SELECT pds.refresh_table('cats.keyed')}), '1', 'and back');
is(value($marked), 'f', 'no mark is left');

SKIP:
{
	skip 'the stack runs without the real engine', 5 unless trino_answers();
	psql_ok(q{SELECT pds.athena_execute('lake', $$CREATE OR REPLACE VIEW cats.v AS SELECT a, b AS "B c", CAST(a AS decimal(12,3)) d,
		CAST(a AS varchar(5)) v, ARRAY[a] l, CAST(ROW(a, b) AS ROW(x integer, y varchar)) r, a > 1 t, TIMESTAMP '2024-01-02 03:04:05' ts, DATE '2024-01-02' dt
		FROM cats.own$$)}, 'a view by Athena');
	($rc, undef, $err) = psql('CREATE SCHEMA v; IMPORT FOREIGN SCHEMA cats LIMIT TO (v) FROM SERVER lake INTO v');
	like($err, qr/"v" can be read by Athena only: it is a view/, 'its import');
	is(psql_value(q{SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = 'v.v'::regclass AND attnum > 0}),
		'a integer, b c text, d numeric(12,3), v character varying(5), l integer[], r jsonb, t boolean, ts timestamp(3) without time zone, dt date',
		'its columns have the types of its definition');
	is(psql_value('SELECT a, "b c", d, v, l, r, t, ts, dt FROM v.v'),
		'2|own|2.000|2|{2}|{"x": 2, "y": "own"}|t|2024-01-02 03:04:05|2024-01-02', 'its rows');
	psql_fails('SET pds.engine = direct; SELECT * FROM v.v', qr/0A000.*it is a view/s, 'not read here');
}

done_testing();
