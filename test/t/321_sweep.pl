# What a session holds (pds.connections), and what is left behind and swept (pds.sweep).
use strict;
use warnings;
use HTTP::Tiny;
use PdsTest;
use Test::More;

need_stack();
my @roles = qw(pds_sweep_one pds_sweep_two);
{ local $ENV{PGDATABASE} = 'postgres'; psql('DROP DATABASE IF EXISTS pds_sweep'); psql("DROP ROLE IF EXISTS $_") for @roles; }
fresh_database('pds_sweep');
my $world = start_world('tables');
my $id = '0a1b2c3d-0000-4000-8000-00000000000';
run_python(<<"PY");
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="pds-sweep")
for key in ["results/${id}1.csv", "results/${id}1.csv.metadata", "results/${id}2.csv", "results/data.csv", "results/${id}3.csv.gz", "results/deeper/${id}4.csv", "elsewhere/${id}5.csv", "t/a.csv"]:
    s3.put_object(Bucket="pds-sweep", Key=key, Body=b"1,a\\n")
PY
create_server('aws', output_location => 's3://pds-sweep/results/');
create_server('plain');
create_server('scripted', endpoint_url => $world->{url}, s3_endpoint_url => $world->{url}, output_location => 's3://b/results/');
psql_ok("CREATE FOREIGN TABLE t (a int, b text) SERVER aws OPTIONS (location 's3://pds-sweep/t/', format 'csv')", 'a table');

# --- connections -------------------------------------------------------------------------------------------------------

is(psql_value('SELECT count(*) FROM pds.connections()'), 0, 'a new session holds none');
my $shown = 'server, role, user_mapping, credentials_source, expiration, region, s3_endpoint, glue_endpoint, athena_endpoint';
is(psql_value("SELECT count(*) FROM t; SELECT $shown FROM pds.connections()"),
	"1\naws|postgres|postgres|user mapping||us-east-1|" . join('|', ($ENV{AWS_ENDPOINT_URL}) x 3), 'one of a server and a user: whose credentials, where to');
is(psql_value("SELECT count(*) FROM t; SELECT requests, retries, bytes_received > 4 FROM pds.connections()"), "1\n3|0|t", 'requests so far: the listing, the length of records, the object');
is(psql_value("SELECT pds.s3_exists('scripted', 's3://b/d/a.csv'); SELECT open_connections FROM pds.connections()"), "t\n1", 'a connection that is kept for the next one is open');
is(psql_value("SELECT count(*) FROM t; SELECT pds.s3_exists('plain', 's3://pds-sweep/t/a.csv'); SELECT server FROM pds.connections() ORDER BY 1"), "1\nt\naws\nplain", 'each server');
is(psql_value('SELECT count(*) FROM t; SELECT pds.refresh(); SELECT count(*) FROM pds.connections()'), "1\n\n0", 'those that are forgotten are none');
my $row = psql_value('SELECT count(*) FROM t; SELECT c::text FROM pds.connections() c');
unlike($row, qr/\Q$_\E/, 'no secret') for $ENV{AWS_SECRET_ACCESS_KEY}, $ENV{AWS_ACCESS_KEY_ID};
psql_ok("SET client_min_messages = error; $_", $_)
  for ((map { "CREATE ROLE $_" } @roles), (map { "GRANT USAGE ON FOREIGN SERVER aws TO $_; GRANT SELECT ON t TO $_" } @roles),
	"CREATE USER MAPPING FOR PUBLIC SERVER aws OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}')");
is(psql_value('SET ROLE pds_sweep_one; SELECT count(*) FROM t; SELECT role, user_mapping FROM pds.connections(); SET ROLE pds_sweep_two; SELECT count(*) FROM pds.connections(); RESET ROLE; SELECT role FROM pds.connections()'),
	"1\npds_sweep_one|public\n0\npds_sweep_one", 'whose privileges one has not, his are not shown');

# --- sweep: results ----------------------------------------------------------------------------------------------------

stack_control('modified', { bucket => 'pds-sweep', time => time - 7200 });
my $sweep = sub { return psql_value("SELECT action, target, bytes, since < now() - interval '1 hour' FROM pds.sweep('aws'$_[0]) ORDER BY target") };
my @results = map { "delete result|s3://pds-sweep/results/${id}$_|4|t" } '1.csv', '1.csv.metadata', '2.csv';
is($sweep->(''), '', 'nothing is older than a day');
is($sweep->(", older_than => '1 hour'"), join("\n", @results), 'results of the output location, by their names');
is($sweep->(", older_than => '1 hour'"), join("\n", @results), 'are only shown unless it is asked for');
is($sweep->(", 's3://pds-sweep/', older_than => '1 hour'"), join("\n", @results), 'of a larger place, those in the output location');
is($sweep->(", 's3://pds-sweep/elsewhere/', older_than => '1 hour'"), '', 'of another one, none: it may be data');
is($sweep->(", 's3://pds-sweep/results/deeper', older_than => '1 hour'"), "delete result|s3://pds-sweep/results/deeper/${id}4.csv|4|t", 'of a folder within, its own');
is($sweep->(", older_than => '1 hour', dry_run => false"), join("\n", @results), 'deleted');
is($sweep->(", older_than => '1 hour', dry_run => false"), '', 'once');
is(psql_value("SELECT count(*) FROM pds.s3_list('aws', 's3://pds-sweep/', recursive => true)"), 5, 'everything else is there');

# --- sweep: uploads ----------------------------------------------------------------------------------------------------

my $made = '20200101_010203_0123456789abcdef0123_0000';
HTTP::Tiny->new->post("$world->{url}/b/$_?uploads=") for "old/${made}1.csv", "old/${made}2.csv.gz", "old/other.csv", "new/${made}3.csv", "old/${made}x.csv";
my $uploads = sub { return psql_value("SELECT action, target, bytes, since FROM pds.sweep('scripted', 's3://b/'$_[0]) ORDER BY target") };
my @old = map { "abort upload|s3://b/old/$made$_||2020-01-01 00:00:00+00" } '1.csv', '2.csv.gz';
is($uploads->(''), join("\n", @old), 'uploads that a transaction has left, page by page; not those that are young, or of another name');
is(psql_value("SELECT count(*) FROM pds.sweep('scripted', 's3://b/new/')"), 0, 'of a folder');
is($uploads->(', dry_run => false'), join("\n", @old), 'aborted');
is($uploads->(''), '', 'they are gone');
is(world_counts($world)->{AbortMultipartUpload}, 2, 'and only they');

# --- who, and arguments ------------------------------------------------------------------------------------------------

psql_fails("SET ROLE pds_sweep_one; SELECT * FROM pds.sweep('aws')", qr/42501.*function sweep/s, 'not for everybody');
psql_ok('GRANT EXECUTE ON FUNCTION pds.sweep(name, text, interval, boolean) TO pds_sweep_one; REVOKE USAGE ON FOREIGN SERVER aws FROM pds_sweep_one', 'granted');
psql_fails("SET ROLE pds_sweep_one; SELECT * FROM pds.sweep('aws')", qr/42501.*foreign server aws/s, 'USAGE is needed, too');
psql_fails("SELECT * FROM pds.sweep('plain')", qr/22023.*has no output_location.*location =>/s, 'no place');
psql_fails("SELECT * FROM pds.sweep('aws', older_than => '-1 hour')", qr/22023.*must not be negative/s, 'a time to come');
psql_fails("SELECT * FROM pds.sweep('aws', older_than => NULL)", qr/22004.*older_than/s, 'no time');
psql_fails("SELECT * FROM pds.sweep('aws', 's3://pds-no-such-bucket/')", qr/42704.*pds-no-such-bucket/s, 'no bucket');
psql_ok("DROP OWNED BY $_; DROP ROLE $_", "tidy: $_") for @roles;
stop_world($world);
done_testing();
