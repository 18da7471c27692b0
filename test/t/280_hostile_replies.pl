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
is(scalar(my @none = proxy_log($proxy)), 0, 'nothing was sent');

stop_proxy($proxy);
psql_ok('DROP OWNED BY hostile_user; DROP ROLE hostile_user', 'the role is gone');
done_testing();
