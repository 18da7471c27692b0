# Services that answer wrongly, or on purpose: what is refused, what is said, and that nothing goes on for
# ever.  A proxy answers in a service's place (test/faults/proxy.py).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use PdsTest;
use Test::More;
use Time::HiRes qw(time);

need_stack();
fresh_database('hostile_replies');
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});

# a server, a mapping, a table on it
psql_ok(<<"SQL", 'a server that answers wrongly');
CREATE SERVER h FOREIGN DATA WRAPPER pds_fdw
	OPTIONS (region 'us-east-1', endpoint_url '$proxy->{url}', cache_ttl '0', max_attempts '2', request_timeout '5',
		output_location 's3://b/results/');
CREATE USER MAPPING FOR CURRENT_USER SERVER h OPTIONS (access_key_id 'AKIAEXAMPLE', secret_access_key 'hush');
CREATE FOREIGN TABLE t (a int, b text) SERVER h OPTIONS (location 's3://b/d/', format 'csv');
SQL

sub listing
{
	return "<?xml version='1.0'?><ListBucketResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>"
	  . join('', @_) . '</ListBucketResult>';
}

sub contents
{
	my ($key, $size, $etag) = @_;

	return "<Contents><Key>$key</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified><ETag>$etag</ETag>"
	  . "<Size>$size</Size></Contents>";
}

# every request is answered by this
sub answer_all
{
	my ($status, $body, %headers) = @_;

	proxy_rules($proxy, { action => 'status', status => $status, body => $body, headers => \%headers });
	return;
}

# ---- header values ----

psql_ok(<<'SQL', 'an ordinary user');
DROP ROLE IF EXISTS hostile_user;
CREATE ROLE hostile_user;
GRANT USAGE ON FOREIGN SERVER h TO hostile_user;
SQL
answer_all(200, listing('<IsTruncated>false</IsTruncated>'));
for my $bad ("access_key_id E'AK\\r\\n\\r\\nDELETE /b/k HTTP/1.1\\r\\nHost: internal\\r\\nX: ', secret_access_key 's'",
	"access_key_id 'AK', secret_access_key 's', session_token E'tok\\nX-Evil: 2'")
{
	psql_fails("SET ROLE hostile_user; CREATE USER MAPPING FOR hostile_user SERVER h OPTIONS ($bad)",
		qr/ERROR:  HV024: invalid value for option "(access_key_id|session_token)"\nHINT:  It holds a line break\./,
		'a line break in a credential');
}
psql_fails("ALTER USER MAPPING FOR CURRENT_USER SERVER h OPTIONS (SET access_key_id E'AK\\n')",
	qr/HV024.*\nHINT:  It ends in a line break/, 'a line break at the end of a credential');
for my $bad ("access_key_id 'AK ', secret_access_key 's'", "access_key_id 'AK', secret_access_key E's\\t'", "access_key_id 'AK', secret_access_key 's', session_token 'tok '")
{
	psql_fails("SET ROLE hostile_user; CREATE USER MAPPING FOR hostile_user SERVER h OPTIONS ($bad)",
		qr/ERROR:  HV024: invalid value for option "\w+"\nHINT:  It ends in a blank\./, 'a blank at the end of a credential');
}
psql_fails("ALTER USER MAPPING FOR CURRENT_USER SERVER h OPTIONS (SET secret_access_key ' s')",
	qr/HV024.*\nHINT:  It begins with a blank/, 'a blank in front of a credential');
is(scalar(my @none = proxy_log($proxy)), 0, 'nothing was sent');

# ---- replies that are something else ----

my %pages = (
	'a list of buckets' => "<?xml version='1.0'?><ListAllMyBucketsResult><Owner><ID>x</ID></Owner></ListAllMyBucketsResult>",
	'an error' => "<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>",
	'a page of HTML' => "<html><body>Login\npage\e[2J</body></html>",
	'a policy' => "<?xml version='1.0'?><AccessControlPolicy><Owner/></AccessControlPolicy>",
	'nothing' => '',
	'JSON' => '{"message":"ok"}');

for my $what (sort keys %pages)
{
	answer_all(200, $pages{$what});
	for my $sql ('SELECT count(*) FROM t', "SELECT count(*) FROM pds.s3_list('h', 's3://b/d/')",
		'IMPORT FOREIGN SCHEMA "s3://b/d/" FROM SERVER h INTO public', 'TRUNCATE t')
	{
		my $err = psql_fails("SET statement_timeout = '20s'; $sql",
			qr/ERROR:  08P01: the reply to ListObjectsV2 is not the XML it should be\nDETAIL:  It should be ListBucketResult.*\nService.*\nHINT:  Check that endpoint_url/,
			"$what: $sql");
		unlike($err, qr/\e|Login\npage/, 'control characters are shown as such');
	}
}
answer_all(200, $pages{'a page of HTML'});
for my $sql ("SELECT * FROM pds.databases('h')", "SELECT * FROM pds.tables('h', 'd')",
	"SELECT * FROM pds.athena_query('h', 'select 1') AS t(a int)", "SELECT pds.s3_put('h', 's3://b/x', 'abc')",
	"SELECT pds.s3_delete('h', 's3://b/x')", "SELECT * FROM pds.s3_head('h', 's3://b/x')", "INSERT INTO t VALUES (1, 'x')")
{
	psql_fails("SET statement_timeout = '20s'; $sql", qr/ERROR:  08P01: the reply to /, $sql);
}
answer_all(200, '{"message":"ok"}');
psql_fails($_, qr/ERROR:  08P01: the reply to \w+ is not the JSON it should be\nDETAIL:  It should be JSON with a member/, $_)
  for "SELECT * FROM pds.databases('h')", "SELECT * FROM pds.tables('h', 'd')",
  "SELECT * FROM pds.athena_query('h', 'select 1') AS t(a int)", "SELECT * FROM pds.crawlers('h')";

# ---- lists without end ----

answer_all(200, listing('<IsTruncated>true</IsTruncated><NextContinuationToken>AAA</NextContinuationToken>',
	contents('d/a.csv', 8, '"e"')));
for my $sql ('SELECT count(*) FROM t', "SELECT count(*) FROM pds.s3_list('h', 's3://b/d/')")
{
	psql_fails("SET statement_timeout = '20s'; $sql",
		qr/ERROR:  08P01: .*the same token was received twice\nDETAIL:  After 2 requests/, "the same page again: $sql");
}
answer_all(200, '{"DatabaseList":[{"Name":"db"}],"NextToken":"SAME"}');
psql_fails("SET statement_timeout = '20s'; SELECT count(*) FROM pds.databases('h')",
	qr/ERROR:  08P01: .*the same token was received twice/, 'the same page of databases again');

# ---- what a listing says ----

for my $size ('-1', '', 'abc')
{
	answer_all(200, listing('<IsTruncated>false</IsTruncated>', contents('d/a.csv', $size, '"e"')));
	psql_fails('SELECT count(*) FROM t', qr/ERROR:  08P01: the listing gives a size that is not a number/, "size '$size'");
}
answer_all(200, listing('<IsTruncated>false</IsTruncated>', contents('d/a.csv', 8, '&quot;e&quot;&#13;&#10;X-Evil: 1')));
psql_fails('SELECT count(*) FROM t', qr/ERROR:  08P01: the listing gives an ETag that cannot be one/, 'an ETag with a line break');
answer_all(200, listing('<IsTruncated>false</IsTruncated>', contents('other/a.csv', 8, '"e"')));
psql_fails('TRUNCATE t', qr/ERROR:  08P01: the listing gives a name outside of the prefix/, 'a name from elsewhere is not deleted');
# twice in the listing, once in the rows; and the version of the listing, or none
my @listed = (
	{ method => 'GET', path => 'list-type', action => 'status', status => 200,
		body => listing('<IsTruncated>false</IsTruncated>', (contents('d/a.csv', 8, '"e"')) x 2) });
proxy_rules($proxy, @listed, { action => 'status', status => 200, body => "1,x\n2,y\n", headers => { ETag => '"e"' } });
is(psql_value('SELECT count(*) FROM t'), 2, 'an object that is listed twice is read once');
proxy_rules($proxy, @listed, { action => 'status', status => 200, body => "1,x\n2,y\n", headers => { ETag => '"f"' } });
psql_fails('SELECT count(*) FROM t', qr/ERROR:  40001: .*has changed/, 'a server that does not heed If-Match');

# ---- results of Athena ----

my $bucket = 'hostile-bucket';
make_tables($bucket, 'hostile', 'make("r", ["a int", "b string"], ["1,x", "2,y"])');
proxy_rules($proxy);
psql_ok(<<"SQL", 'a table that Athena reads');
ALTER SERVER h OPTIONS (SET output_location 's3://$bucket/results/');
ALTER USER MAPPING FOR CURRENT_USER SERVER h OPTIONS (SET access_key_id '$ENV{AWS_ACCESS_KEY_ID}',
	SET secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}');
CREATE FOREIGN TABLE r (a int, b text) SERVER h OPTIONS (database 'hostile', table_name 'r', engine 'athena');
SQL
is(psql_value('SELECT * FROM r ORDER BY a'), "1|x\n2|y", 'as it is');
my %results = (
	'nothing' => ['', qr/it is empty/],
	'a line that is cut' => [qq("a","b"\n"1","x"\n"2","y), qr/its last record has no end/],
	'a line without its end' => [qq("a","b"\n"1","x"\n"2","y"), qr/its last record has no end/],
	'half a line of labels' => [qq("a","b), qr/its first line is not that of the columns/],
	'another number of labels' => [qq("a"\n"1"\n), qr/its first line is not that of the columns/],
	'more labels' => [qq("a","b","c"\n"1","x","z"\n), qr/its first line is not that of the columns/],
	'too few fields' => [qq("a","b"\n"1","x"\n"2"\n), qr/a record of it has 1 fields instead of 2/],
	'other labels' => [qq("b","a"\n"x","1"\n), qr/its first line is not that of the columns/],
	'too many fields' => [qq("a","b"\n"1","x","z"\n), qr/a record of it has 3 fields instead of 2/],
	'no result' => ["<html>Login</html>\n", qr/its first line is not that of the columns/]);
for my $what (sort keys %results)
{
	proxy_rules($proxy, { method => 'GET', path => 'results/.*csv', action => 'status', status => 200,
			body => $results{$what}[0], headers => { ETag => '"e"' } });
	psql_fails('SELECT * FROM r ORDER BY a', qr/ERROR:  08P01: the result of the query is not whole: $results{$what}[1]/, $what);
}
# a query that is cancelled before Athena was asked how it is leaves nothing behind
proxy_rules($proxy);
psql_ok("SELECT count(*) FROM pds.s3_list('h', 's3://$bucket/results/', recursive => true) l, pds.s3_delete('h', l.uri)",
	'what the replies above left');
for my $ms (map { 15 + 7 * $_ } 0 .. 15)
{
	psql("SET statement_timeout = '${ms}ms'; SELECT * FROM r");
}
sleep 1;
is(psql_value("SELECT count(*) FROM pds.s3_list('h', 's3://$bucket/results/', recursive => true)"), 0,
	'nothing is left of cancelled queries');

stop_proxy($proxy);
psql_ok('DROP OWNED BY hostile_user; DROP ROLE hostile_user', 'the role is gone');
done_testing();
