# pds.crawl on tables that are there already, rights, crawlers of the service that end, cancelled calls.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_crawl');
fresh_bucket('pds-crawl-t');
run_python(<<'PY');
import boto3, zlib
s3, glue = boto3.client("s3"), boto3.client("glue")
def put(k, b):
    s3.put_object(Bucket="pds-crawl-t", Key=k, Body=b.encode() if isinstance(b, str) else b)
put("plain/a.csv", "id,price,at\n" + "".join("%d,%d.50,2024-01-%02d\n" % (i, i, i) for i in range(1, 21)))
put("log/a.csv", "id,name\n1,x\n2,y\n")
put("parts/day=1/a.csv", "id,name\n1,x\n")
put("parts/day=2/a.csv.gz", zlib.compress(b"id,name\n2,y\n", 9, 31))
put("quoted/a.csv", 'id,ok,v,text\n1,true,1.5,"a, b"\n22,false,2.25,"C:\\t"\n')
put("zipped/k=a/x.csv.gz", zlib.compress(b'id,text\n1,"a, b"\n2,""\n', 9, 31))
put("zipped/k=b/y.csv", 'id,text\n3,"say ""x"""\n4,plain\n')
put("lines/a.csv", 'id,text\n1,"two\nlines"\n2,x\n')
put("ragged/a=1/x.csv", "id\n1\n")
put("ragged/b=1/x.csv", "id\n1\n")
try:
    glue.delete_database(Name="crawl_t")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "crawl_t"})
PY
create_server('aws', output_location => 's3://pds-crawl-t/out/');

sub put
{
	my ($key, $body) = @_;
	run_python(<<'PY', $key, $body);
import boto3, sys
boto3.client("s3").put_object(Bucket="pds-crawl-t", Key=sys.argv[1], Body=sys.argv[2].encode())
PY
	return;
}

sub crawl
{
	my ($table, $options) = @_;
	return psql_value("SELECT action, object, detail FROM pds.crawl('aws', 'crawl_t', '$table', 's3://pds-crawl-t/$table/'"
		  . ($options ? ", $options" : '') . ')');
}

sub types
{
	my ($table) = @_;
	return psql_value("SELECT string_agg(name || ' ' || type, ',' ORDER BY ordinal) FROM pds.table_columns('aws', 'crawl_t', '$table')");
}

# the same rows by both engines
sub both
{
	my ($table, $rows) = @_;
	psql_ok("DROP SCHEMA IF EXISTS g CASCADE; CREATE SCHEMA g; IMPORT FOREIGN SCHEMA crawl_t LIMIT TO ($table) FROM SERVER aws INTO g", "import of $table");
	is(psql_value("SET pds.engine = $_; SELECT * FROM g.$table ORDER BY 1"), $rows, "$table by $_") for qw(direct athena);
	return;
}

# --- a table that is there already ---
is(crawl('plain'), 'created|table|LazySimpleSerDe, 3 columns', 'a new table');
is(types('plain'), 'id int,price decimal(18,2),at date', 'its types');
put('plain/b.csv', "id,price,at\n5000000000,0.125,2024-02-01\n1,x,never\n");
my $differs = crawl('plain', "update_behavior => 'LOG'");
like($differs, qr/^differs\|column\|int to bigint$/m, 'LOG says how it differs');
unlike($differs, qr/^(changed|added|created)/m, 'LOG changes nothing, it says');
is(types('plain'), 'id int,price decimal(18,2),at date', 'LOG changes nothing');
is(crawl('plain'), "changed|column|int to bigint\nchanged|column|decimal(18,2) to string\nchanged|column|date to string",
	'types are widened');
is(types('plain'), 'id bigint,price string,at string', 'and are so in Glue');
run_python(q{import boto3; boto3.client("s3").delete_object(Bucket="pds-crawl-t", Key="plain/b.csv")});
unlike(crawl('plain'), qr/\|column\|/, 'and never narrowed');
is(types('plain'), 'id bigint,price string,at string', 'not in Glue either');
put('plain/a.csv', "id,at,new\n1,2024-01-01,7\n");
is(crawl('plain'), "moved|column|to place 2\nadded|column|int\nremoved|column|it is not in the objects",
	'columns moved, added, removed');
is(types('plain'), 'id bigint,at string,new int', 'with their types');
is(crawl('log', "update_behavior => 'log'"), 'created|table|LazySimpleSerDe, 2 columns', 'LOG creates a table that is not there');
psql_fails("SELECT pds.crawl('aws', 'crawl_t', 'log', 's3://pds-crawl-t/log/', update_behavior => 'NEVER')",
	qr/22023.*UPDATE_IN_DATABASE or LOG/s, 'another behaviour');

both('plain', '1|2024-01-01|7');

# --- partitions ---
is(crawl('parts'), "created|table|LazySimpleSerDe, 2 columns\nadded|partitions|2 new of 2", 'partitions');
both('parts', "1|x|1\n2|y|2");
put('parts/day=3/a.csv', "id,name\n3,z\n");
run_python(q{import boto3; boto3.client("s3").delete_object(Bucket="pds-crawl-t", Key="parts/day=1/a.csv")});
my $partitions = "SELECT string_agg(array_to_string(partition_values, '/'), ' ' ORDER BY partition_values) FROM pds.partitions('aws', 'crawl_t', 'parts')";
my $log = crawl('parts', "update_behavior => 'LOG'");
like($log, qr/^stale\|partition\|/m, 'LOG: a partition without objects is named');
is(psql_value($partitions), '1 2', 'LOG registers none');
like(crawl('parts'), qr/^added\|partitions\|1 new of 2\nstale\|partition\|/m, 'a new folder is registered, the stale partition stays');
is(psql_value($partitions), '1 2 3', 'in Glue, too');
like(crawl('parts', "delete_behavior => 'DELETE_FROM_DATABASE'"), qr/removed\|partition\|/, 'DELETE_FROM_DATABASE');
is(psql_value($partitions), '2 3', 'it is gone');
both('parts', "2|y|2\n3|z|3");
psql_fails("SELECT pds.crawl('aws', 'crawl_t', 'r', 's3://pds-crawl-t/ragged/')", qr{HV000: s3://pds-crawl-t/ragged/b=1/x\.csv does not lie in the key=value folders}, 'keys that differ');
psql_fails("SELECT pds.crawl('aws', 'crawl_t', 'log', 's3://pds-crawl-t/parts/')", qr/HV000: table crawl_t\.log has other partition keys/, 'a table with other keys');

# --- SerDes ---
is(crawl('quoted'), 'created|table|OpenCSVSerde, 4 columns', 'OpenCSV');
is(types('quoted'), 'id string,ok string,v string,text string', 'columns of OpenCSV are strings');
both('quoted', "1|true|1.5|a, b\n22|false|2.25|C:\\t");
like(crawl('zipped'), qr/^created\|table\|OpenCSVSerde/, 'OpenCSV, gzip and partitions');
both('zipped', "1|a, b|a\n2||a\n3|say \"x\"|b\n4|plain|b");
psql_ok("SELECT pds.drop_table('aws', 'crawl_t', 'quoted')", 'drop');
crawl('quoted', 'typed_opencsv => true');
is(types('quoted'), 'id int,ok boolean,v double,text string', 'typed_opencsv');
my (undef, undef, $err) = psql("SELECT pds.crawl('aws', 'crawl_t', 'lines', 's3://pds-crawl-t/lines/', allow_newlines => true)");
like($err, qr/WARNING:.*line breaks in quotes/, 'allow_newlines warns');
like(types('lines'), qr/^id \w+,text string$/, 'and makes the table');

# --- rights ---
psql_ok(<<'SQL', 'users');
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'crawl_none') THEN DROP OWNED BY crawl_none, crawl_user; DROP ROLE crawl_none, crawl_user; END IF;
END $$;
CREATE ROLE crawl_none; CREATE ROLE crawl_user;
GRANT USAGE ON FOREIGN SERVER aws TO crawl_user;
SQL
psql_ok("CREATE USER MAPPING FOR $_ SERVER aws OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}')",
	"mapping for $_") for qw(crawl_none crawl_user);
my %reads = (
	infer_schema => "pds.infer_schema('aws', 's3://pds-crawl-t/log/')",
	infer_format => "pds.infer_format('aws', 's3://pds-crawl-t/log/')",
	read_csv => "pds.read_csv('aws', 's3://pds-crawl-t/log/') AS t (id int, name text)",
	read_csv_json => "pds.read_csv_json('aws', 's3://pds-crawl-t/log/')",
	crawlers => "pds.crawlers('aws')");
my %writes = (
	crawl => "pds.crawl('aws', 'crawl_t', 'log', 's3://pds-crawl-t/log/')",
	create_crawler => "pds.create_crawler('aws', 'c', 'r', 'crawl_t', 's3://pds-crawl-t/')",
	start_crawler => "pds.start_crawler('aws', 'c')",
	stop_crawler => "pds.stop_crawler('aws', 'c')",
	drop_crawler => "pds.drop_crawler('aws', 'c')");
for my $f (sort keys %reads)
{
	psql_ok("SET ROLE crawl_user; SELECT count(*) FROM $reads{$f}", "$f by one who may use the server");
	psql_fails("SET ROLE crawl_none; SELECT * FROM $reads{$f}", qr/42501.*foreign server/s, "$f without USAGE");
}
psql_fails("SET ROLE crawl_user; SELECT * FROM $writes{$_}", qr/42501.*function $_/s, "$_ is not for all") for sort keys %writes;
my $crawl_args = 'name, text, text, text, text, text, text, boolean, integer, text, text, text, boolean, text, integer, text, text, boolean, boolean, text';
psql_ok("GRANT EXECUTE ON FUNCTION pds.crawl($crawl_args) TO crawl_user, crawl_none", 'grant');
psql_ok("SET ROLE crawl_user; SELECT count(*) FROM $writes{crawl}", 'crawl by one who may');
psql_fails("SET ROLE crawl_none; SELECT count(*) FROM $writes{crawl}", qr/42501.*foreign server/s, 'USAGE is asked for all the same');
psql_fails("SET ROLE crawl_user; IMPORT FOREIGN SCHEMA \"s3://pds-crawl-t/log/\" FROM SERVER aws INTO public", qr/42501/, 'import needs CREATE on the schema');

# --- crawlers of the service that end ---
my $glue = free_port();
my $script = <<'PY';
import http.server, json, sys
runs = {}
class Glue(http.server.BaseHTTPRequestHandler):
    def log_message(self, *a):
        pass
    def do_POST(self):
        call = self.headers["X-Amz-Target"].split(".")[-1]
        name = json.loads(self.rfile.read(int(self.headers["Content-Length"]))).get("Name")
        out, status = {}, 200
        if call == "StartCrawler":
            if runs.get(name, 9) < 3:
                out, status = {"__type": "CrawlerRunningException", "Message": "it runs"}, 400
            else:
                runs[name] = 0
        elif name == "none":
            out, status = {"__type": "EntityNotFoundException", "Message": "no crawler"}, 400
        else:
            runs[name] = runs.get(name, 8) + 1
            n = runs[name]
            out = {"Crawler": {"Name": name, "State": ["READY", "RUNNING", "STOPPING", "READY"][min(n, 3)]}}
            if n >= 3 and n != 9:
                out["Crawler"]["LastCrawl"] = {"Status": "FAILED" if name == "bad" else "SUCCEEDED", "StartTime": 1.7e9}
            if n >= 3 and name == "bad":
                out["Crawler"]["LastCrawl"] = {"Status": "FAILED", "ErrorMessage": "no rights on the bucket", "StartTime": 1.7e9}
        body = json.dumps(out).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Glue).serve_forever()
PY
my $pid = fork // die "fork: $!";
if ($pid == 0)
{
	exec 'python3', '-c', $script, $glue or die "python3: $!";
}
create_server('scripted', glue_endpoint_url => "http://127.0.0.1:$glue");
for (1 .. 50)
{
	last if IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $glue);
	select undef, undef, undef, 0.1;
}
is(psql_value("SELECT pds.start_crawler('scripted', 'good', wait => true)"), 'SUCCEEDED', 'a crawler that succeeds');
is(psql_value("SELECT pds.start_crawler('scripted', 'good', wait => true)"), 'SUCCEEDED', 'and once more, from the state READY');
my $failed = psql_fails("SELECT pds.start_crawler('scripted', 'bad', wait => true)", qr/HV000.*no rights on the bucket/s, 'one that fails');
like($failed, qr/HINT/, 'with a hint');
psql_ok("SELECT pds.start_crawler('scripted', 'twice')", 'started');
(undef, undef, $err) = psql("SELECT pds.start_crawler('scripted', 'twice', wait => true)");
like($err, qr/NOTICE:.*runs already/, 'one that runs is waited for');
psql_fails("SELECT pds.start_crawler('scripted', 'none')", qr/HV00R: GetCrawler of none failed: EntityNotFoundException/, 'one that is not there');
kill 'TERM', $pid;
waitpid $pid, 0;

# --- cancelled ---
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
create_server('slow', endpoint_url => $proxy->{url}, s3_endpoint_url => $proxy->{url});
for my $what ([ 'listing', 'list-type' ], [ 'samples', 'log/a.csv' ])
{
	for my $f (values %{ { %reads{qw(read_csv infer_schema)}, %writes{'crawl'} } })
	{
		proxy_rules($proxy, { path => $what->[1], method => 'GET', action => 'stall', after => 0, seconds => 20 });
		my $b = background("SET statement_timeout = '400ms'; SELECT * FROM " . $f =~ s/'aws'/'slow'/r);
		my ($rc, undef, $e, $seconds) = finish($b);
		like($e, qr/ERROR:  57014: canceling statement due to statement timeout/, "cancelled: $what->[0], $f");
		cmp_ok($seconds, '<', 3, 'at once');
	}
}
stop_proxy($proxy);
psql_ok('DROP OWNED BY crawl_none, crawl_user; DROP ROLE crawl_none, crawl_user', 'users dropped');
done_testing();
