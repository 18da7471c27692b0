# Whose credentials are used, what is shown where, which names are refused, what a view hides.
use strict;
use warnings;
use JSON::PP;
use PdsTest;
use Test::More;

need_stack();
my @roles = qw(pds_sec_keys pds_sec_public pds_sec_none pds_sec_group pds_sec_owner);
# roles outlive databases: those of a run that broke off
psql_quiet("DROP DATABASE IF EXISTS pds_security");
psql_quiet("DROP ROLE IF EXISTS $_") for @roles;
fresh_database('pds_security');

sub psql_quiet { local $ENV{PGDATABASE} = 'postgres'; return psql($_[0]) }

run_python(<<'PY');
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-security")
s3.put_object(Bucket="pds-security", Key="people/a.csv", Body=b"1,ann,red\n2,bob,blue\n3,ann,green\n4,eve,black\n")
try:
    glue.delete_database(Name="security")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "security"})
glue.create_table(DatabaseName="security", TableInput={
    "Name": "people", "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"}, "PartitionKeys": [],
    "StorageDescriptor": {
        "Columns": [{"Name": "id", "Type": "int"}, {"Name": "name", "Type": "string"}, {"Name": "secret", "Type": "string"}],
        "Location": "s3://pds-security/people/", "NumberOfBuckets": -1,
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                      "Parameters": {"field.delim": ","}}}})
PY

# Every request goes through a proxy, whose log says which key signed it.
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
my $through = "region 'us-east-1', endpoint_url '$proxy->{url}', output_location 's3://pds-security/results/', cache_ttl '0'";
my $rows = "1|ann\n2|bob\n3|ann\n4|eve";
my $question = 'SELECT id, name FROM people ORDER BY id';

psql_ok("CREATE ROLE $_ LOGIN", "role $_") for @roles;
psql_ok("CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw OPTIONS ($through); GRANT USAGE ON FOREIGN SERVER aws TO pds_sec_keys, pds_sec_owner;"
	  . 'GRANT CREATE, USAGE ON SCHEMA public TO pds_sec_keys, pds_sec_owner', 'a server without options for credentials');
psql_ok("CREATE FOREIGN TABLE people (id int, name text, secret text) SERVER aws OPTIONS (database 'security'); GRANT SELECT ON people TO PUBLIC", 'a table for all');

# SQL as a role, in a session of its own; RESET ROLE is not possible from there
sub as { my ($role, $sql) = @_; return "SET SESSION AUTHORIZATION $role; $sql" }
# keys that signed what the proxy has seen; '-' for none
sub signers
{
	my %seen;
	for my $r (proxy_log($proxy))
	{
		my ($key) = ($r->{headers}{authorization} // '') =~ m{Credential=([^/]+)/};
		$seen{ $key // '-' } = 1;
	}
	return join ' ', sort keys %seen;
}
sub signed
{
	my ($sql) = @_;
	proxy_rules($proxy);
	my $out = psql_value($sql);
	return ($out, signers());
}
my $server_key = $ENV{AWS_ACCESS_KEY_ID};

# --- whose credentials -------------------------------------------------------------------------------------------
my ($out, $who) = signed($question);
is($out, $rows, 'a superuser without a mapping');
is($who, $server_key, 'has the credentials of the server process');
is(psql_value("SELECT source FROM pds.credentials_source('aws')"), 'environment', 'their source: environment');

for my $engine (qw(direct athena))
{
	proxy_rules($proxy);
	my $err = psql_fails(as('pds_sec_none', "SET pds.engine = $engine; $question"), qr/28000.*no credentials for server "aws"/s, "$engine: another user without a mapping");
	like($err, qr/HINT:.*mapping for "pds_sec_none"/i, "$engine: the hint names him");
	is(scalar(proxy_log($proxy)), 0, "$engine: no request was made");
}
psql_fails(as('pds_sec_none', "EXPLAIN $question"), qr/28000.*no credentials/s, 'not even EXPLAIN');
psql_ok("CREATE USER MAPPING FOR pds_sec_none SERVER aws", 'an empty mapping');
psql_fails(as('pds_sec_none', $question), qr/28000.*no keys/s, 'with an empty mapping neither');
psql_ok("DROP USER MAPPING FOR pds_sec_none SERVER aws", 'it is dropped');

my $secret = 'S3cretOfKeys/+abcdefghijklmnopqrstuvwx';
psql_ok(as('pds_sec_keys', "CREATE USER MAPPING FOR pds_sec_keys SERVER aws OPTIONS (access_key_id 'AKIAOFKEYS', secret_access_key '$secret', session_token 'TokenOfKeys==')"), 'a user makes his own mapping');
for my $engine (qw(direct athena))
{
	($out, $who) = signed(as('pds_sec_keys', "SET pds.engine = $engine; $question"));
	is($out, $rows, "$engine: with keys it works");
	is($who, 'AKIAOFKEYS', "$engine: each request is signed with them");
	ok(!(grep { ($_->{headers}{'x-amz-security-token'} // '') ne 'TokenOfKeys==' } proxy_log($proxy)), "$engine: and has the session token");
}
psql_ok('GRANT USAGE ON SCHEMA pds TO PUBLIC', 'schema pds for all');
is(psql_value(as('pds_sec_keys', "SELECT source FROM pds.credentials_source('aws')")), 'user mapping', 'their source: user mapping');
psql_fails(as('pds_sec_none', $question), qr/28000.*no credentials/s, "one user's mapping is nobody else's");

# PUBLIC
psql_ok("CREATE USER MAPPING FOR PUBLIC SERVER aws OPTIONS (access_key_id 'AKIAOFPUBLIC', secret_access_key 'p')", 'a mapping for PUBLIC');
is((signed(as('pds_sec_public', $question)))[1], 'AKIAOFPUBLIC', 'PUBLIC is for those without their own');
is((signed(as('pds_sec_keys', $question)))[1], 'AKIAOFKEYS', 'and not for those with one');
is((signed($question))[1], 'AKIAOFPUBLIC', 'a superuser, too, has the keys of a mapping that is there');
psql_ok('DROP USER MAPPING FOR PUBLIC SERVER aws', 'it is dropped');
psql_fails(as('pds_sec_public', $question), qr/28000.*no credentials/s, 'then there is none');

# SET ROLE
($out, $who) = signed("SELECT count(*) FROM people; SET ROLE pds_sec_keys; SELECT count(*) FROM people");
is($who, join(' ', sort $server_key, 'AKIAOFKEYS'), 'SET ROLE changes the credentials within a session');
psql_fails('SELECT count(*) FROM people; SET ROLE pds_sec_none; SELECT count(*) FROM people', qr/28000.*no credentials/s, 'SET ROLE to one without: none, although the session has them');
psql_fails('SET plan_cache_mode = force_generic_plan; PREPARE q AS SELECT count(*) FROM people; EXECUTE q; SET ROLE pds_sec_none; EXECUTE q', qr/28000.*no credentials/s, 'nor by a plan that was kept');
($out, $who) = signed(as('pds_sec_keys', "SET plan_cache_mode = force_generic_plan; PREPARE q AS SELECT count(*) FROM people; EXECUTE q"));
is($who, 'AKIAOFKEYS', 'a prepared statement of his own');
psql_ok('GRANT pds_sec_keys TO pds_sec_group', 'a member of his role');
psql_fails(as('pds_sec_group', $question), qr/28000.*no credentials/s, 'members do not inherit a mapping');
is((signed(as('pds_sec_group', "SET ROLE pds_sec_keys; $question")))[1], 'AKIAOFKEYS', 'until they SET ROLE');

# views and functions
psql_ok(as('pds_sec_keys', 'CREATE VIEW shared AS SELECT id, name FROM people; GRANT SELECT ON shared TO PUBLIC'), 'a view of the user with keys');
for my $engine (qw(direct athena))
{
	($out, $who) = signed(as('pds_sec_none', "SET pds.engine = $engine; SELECT * FROM shared ORDER BY id"));
	is($out, $rows, "$engine: others read through the view");
	is($who, 'AKIAOFKEYS', "$engine: with its owner's mapping");
}
is((signed('SELECT * FROM shared'))[1], 'AKIAOFKEYS', 'a superuser, too, is its owner there');
psql_ok('CREATE VIEW by_superuser AS SELECT id FROM people; GRANT SELECT ON by_superuser TO PUBLIC', "a superuser's view");
is((signed(as('pds_sec_none', 'SELECT count(*) FROM by_superuser')))[1], $server_key, "through it the server's credentials are used");
psql_ok(as('pds_sec_none', 'CREATE TEMP VIEW mine AS SELECT id FROM people'), 'his own view is allowed');
psql_fails(as('pds_sec_none', 'CREATE TEMP VIEW mine AS SELECT id FROM people; SELECT * FROM mine'), qr/28000.*no credentials/s, 'but gives him nothing');
psql_fails(as('pds_sec_none', 'SELECT s.id FROM shared s JOIN people p USING (id)'), qr/28000.*no credentials/s, 'nor does a join with the view');
psql_ok(as('pds_sec_keys', 'CREATE FUNCTION definer() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$SELECT count(*) FROM people$$'), 'a SECURITY DEFINER function');
is((signed(as('pds_sec_none', 'SELECT definer()')))[1], 'AKIAOFKEYS', 'runs with its owner\'s mapping');
psql_fails(as('pds_sec_keys', 'SELECT definer()') . '; RESET SESSION AUTHORIZATION; SET ROLE pds_sec_none; SELECT definer(), count(*) FROM people', qr/28000.*no credentials/s, 'and only there');

# the server's credentials for others
psql_fails(as('pds_sec_owner', "CREATE SERVER theirs FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1')"), qr/42501/, 'others need USAGE to make a server');
psql_ok('GRANT USAGE ON FOREIGN DATA WRAPPER pds_fdw TO pds_sec_owner', 'it is granted');
psql_ok(as('pds_sec_owner', "CREATE SERVER theirs FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1')"), 'then they can');
for my $o ("use_ambient_credentials 'true'", "endpoint_url 'http://127.0.0.1:1'", "s3_endpoint_url 'http://127.0.0.1:1'", "glue_endpoint_url 'http://127.0.0.1:1'",
	"athena_endpoint_url 'http://127.0.0.1:1'", "sts_endpoint_url 'http://127.0.0.1:1'", "profile 'default'", "ca_bundle '/etc/passwd'")
{
	psql_fails(as('pds_sec_owner', "ALTER SERVER theirs OPTIONS (ADD $o)"), qr/42501.*only a superuser may set/s, "not for the owner of a server: $o");
}
psql_fails(as('pds_sec_owner', "CREATE USER MAPPING FOR pds_sec_owner SERVER theirs OPTIONS (profile 'default')"), qr/42501.*only a superuser/s, 'nor a profile in a mapping');
psql_ok("ALTER SERVER aws OPTIONS (ADD use_ambient_credentials 'true')", 'a superuser sets use_ambient_credentials');
($out, $who) = signed(as('pds_sec_none', $question));
is($out, $rows, 'then it works for the user without a mapping');
is($who, $server_key, "with the server's credentials");
is((signed(as('pds_sec_keys', $question)))[1], 'AKIAOFKEYS', 'and keys still go first');
psql_ok("ALTER SERVER aws OPTIONS (SET use_ambient_credentials 'false')", 'it is taken back');
psql_fails(as('pds_sec_none', $question), qr/28000.*no credentials/s, 'and is over');

# anonymous
psql_ok("CREATE SERVER public_data FOREIGN DATA WRAPPER pds_fdw OPTIONS ($through, anonymous 'true');"
	  . "CREATE FOREIGN TABLE open_people (id int, name text, secret text) SERVER public_data OPTIONS (location 's3://pds-security/people/', format 'csv');"
	  . 'GRANT SELECT ON open_people TO PUBLIC; GRANT USAGE ON FOREIGN SERVER public_data TO pds_sec_none', 'an anonymous server');
is(psql_value("SELECT source FROM pds.credentials_source('public_data')"), 'anonymous', 'source: anonymous');
is(psql_value(as('pds_sec_none', "SELECT source FROM pds.credentials_source('public_data')")), 'anonymous', 'source: anonymous for everyone');
proxy_rules($proxy);
($out) = psql(as('pds_sec_none', 'SELECT count(*) FROM open_people'));
is(join(' ', grep { $_ ne '-' } split / /, signers()), '', 'nothing is signed');
cmp_ok(scalar(proxy_log($proxy)), '>', 0, 'but something was asked');

# --- rights on functions -----------------------------------------------------------------------------------------
psql_fails(as('pds_sec_public', "SELECT source FROM pds.credentials_source('aws')"), qr/42501.*permission denied for foreign server aws/s, 'credentials_source needs USAGE on the server');
psql_fails(as('pds_sec_public', "SELECT pds.refresh_table('people')"), qr/42501/, 'refresh_table, too');
psql_ok('CREATE FOREIGN DATA WRAPPER other; CREATE SERVER foreigner FOREIGN DATA WRAPPER other', "another wrapper's server");
psql_fails("SELECT source FROM pds.credentials_source('foreigner')", qr/42809.*does not belong to pds_fdw/s, "another wrapper's server");
psql_fails("SELECT source FROM pds.credentials_source('none')", qr/42704/, 'a server that is not there');
psql_ok('GRANT USAGE ON FOREIGN SERVER aws TO pds_sec_public', 'USAGE for the next');
psql_fails(as('pds_sec_public', "SELECT source FROM pds.credentials_source('aws')"), qr/28000.*no credentials/s, 'with USAGE, without credentials');
psql_fails(as('pds_sec_public', "SELECT pds.refresh_table('people')"), qr/28000.*(?:no credentials|must be owner)/s, 'refresh_table with USAGE: not his table');
is(psql_value(as('pds_sec_public', 'SELECT pds.refresh()')), '', 'refresh() is for all');

# --- IMPORT ------------------------------------------------------------------------------------------------------
psql_ok("CREATE SCHEMA his AUTHORIZATION pds_sec_keys; CREATE SCHEMA hers AUTHORIZATION pds_sec_none", 'schemas');
($out, $who) = signed(as('pds_sec_keys', 'IMPORT FOREIGN SCHEMA security FROM SERVER aws INTO his; SELECT count(*) FROM his.people'));
is("$out $who", '4 AKIAOFKEYS', 'IMPORT by a user with USAGE and keys');
psql_fails(as('pds_sec_none', 'IMPORT FOREIGN SCHEMA security FROM SERVER aws INTO hers'), qr/42501.*permission denied for foreign server/s, 'IMPORT without USAGE');
psql_fails(as('pds_sec_public', 'IMPORT FOREIGN SCHEMA security FROM SERVER aws INTO his'), qr/42501|no credentials/, 'IMPORT into a schema of another');
psql_ok('GRANT USAGE ON FOREIGN SERVER aws TO pds_sec_none', 'USAGE');
psql_fails(as('pds_sec_none', 'IMPORT FOREIGN SCHEMA security FROM SERVER aws INTO hers'), qr/28000.*no credentials/s, 'IMPORT with USAGE, without credentials');

# --- changes take effect at once, in an open session -------------------------------------------------------------
my $switch = "CREATE USER MAPPING FOR pds_sec_owner SERVER aws OPTIONS (access_key_id 'AKIAONE', secret_access_key 'a');"
  . 'SET ROLE pds_sec_owner; SELECT count(*) FROM people; RESET ROLE;'
  . "ALTER USER MAPPING FOR pds_sec_owner SERVER aws OPTIONS (SET access_key_id 'AKIATWO');"
  . 'SET ROLE pds_sec_owner; SELECT count(*) FROM people; RESET ROLE;';
is((signed($switch))[1], 'AKIAONE AKIATWO', 'ALTER USER MAPPING');
psql_fails("SET ROLE pds_sec_owner; SELECT count(*) FROM people; RESET ROLE; DROP USER MAPPING FOR pds_sec_owner SERVER aws; SET ROLE pds_sec_owner; SELECT count(*) FROM people",
	qr/28000.*no credentials/s, 'DROP USER MAPPING');
my $psql = 'psql -XqAt -d pds_security -c';
($out, $who) = signed("CREATE USER MAPPING FOR pds_sec_owner SERVER aws OPTIONS (access_key_id 'AKIATHREE', secret_access_key 'a');"
	  . "SET ROLE pds_sec_owner; SELECT count(*) FROM people;\n\\! $psql \"ALTER USER MAPPING FOR pds_sec_owner SERVER aws OPTIONS (SET access_key_id 'AKIAFOUR')\"\n SELECT count(*) FROM people;");
is($who, 'AKIAFOUR AKIATHREE', 'ALTER USER MAPPING by another session');
psql_fails("SELECT count(*) FROM people;\n\\! $psql \"ALTER SERVER aws OPTIONS (SET endpoint_url 'http://127.0.0.1:1', ADD max_attempts '1')\"\nSELECT count(*) FROM people",
	qr/08001.*(?:127\.0\.0\.1:1\b|port 1\b)/s, 'ALTER SERVER by another session');
is(psql_value("ALTER SERVER aws OPTIONS (SET endpoint_url '$proxy->{url}', DROP max_attempts); SELECT count(*) FROM people"), '4', 'and back');
psql_fails("SELECT count(*) FROM people; CREATE ROLE pds_sec_super SUPERUSER; SET ROLE pds_sec_super; SELECT count(*) FROM people; RESET ROLE;"
	  . "ALTER ROLE pds_sec_super NOSUPERUSER; GRANT SELECT ON people TO pds_sec_super; SET ROLE pds_sec_super; SELECT count(*) FROM people", qr/28000.*no credentials/s, 'ALTER ROLE NOSUPERUSER');
psql('DROP OWNED BY pds_sec_super; DROP ROLE pds_sec_super');
psql_fails("CREATE USER MAPPING FOR pds_sec_none SERVER aws OPTIONS (access_key_id 'AKIANONE', secret_access_key 'a'); BEGIN; SET LOCAL ROLE pds_sec_none; SELECT count(*) FROM people; RESET ROLE;"
	  . 'DROP USER MAPPING FOR pds_sec_none SERVER aws; SET LOCAL ROLE pds_sec_none; SELECT count(*) FROM people', qr/28000.*no credentials/s, 'within one transaction');
psql('DROP USER MAPPING IF EXISTS FOR pds_sec_none SERVER aws');

# --- nothing secret is shown -------------------------------------------------------------------------------------
my $log = "$ENV{PGHOST}/../server.log";
my ($no_log, $log_size) = psql("SELECT size FROM pg_stat_file('$log')");
psql_ok("CREATE SERVER loud FOREIGN DATA WRAPPER pds_fdw OPTIONS ($through, role_arn 'arn:aws:iam::123456789012:role/loud', external_id 'ExternalOfLoud');"
	  . "CREATE FOREIGN TABLE loud_people (id int, name text, secret text) SERVER loud OPTIONS (database 'security', table_name 'people'); GRANT SELECT ON loud_people TO PUBLIC;"
	  . "GRANT USAGE ON FOREIGN SERVER loud TO pds_sec_keys", 'a server with a role');
psql_value("CREATE USER MAPPING FOR pds_sec_keys SERVER loud OPTIONS (access_key_id 'AKIAOFKEYS', secret_access_key '$secret', session_token 'TokenOfKeys==')");
my $noisy = "SET client_min_messages = debug2; SET log_min_messages = debug2; SET pds.log_remote_sql = on;";
my $everything = '';
my $seen = sub {
	my ($sql) = @_;
	my ($rc, $o, $err) = psql("$noisy SET SESSION AUTHORIZATION pds_sec_keys; $sql");
	$everything .= $o . $err;
	return $err;
};
for my $table (qw(people loud_people))
{
	for my $engine (qw(direct athena))
	{
		for my $format (qw(TEXT JSON XML YAML))
		{
			$seen->("SET pds.engine = $engine; EXPLAIN (ANALYZE, VERBOSE, SETTINGS, BUFFERS, FORMAT $format) SELECT * FROM $table WHERE id > 1")
			  if $format =~ /TEXT|JSON/ || $table eq 'people';
		}
		$seen->("SET pds.engine = $engine; SELECT id FROM $table; SELECT query, wait_event, application_name, backend_type FROM pg_stat_activity WHERE pid = pg_backend_pid()");
	}
}
like($everything, qr/Engine: direct.*"Engine": "athena"/s, 'EXPLAIN was seen');
like($everything, qr/DEBUG:.*pds_fdw: /, 'requests were seen in debug messages');
my $requests = () = $everything =~ /DEBUG:[^\n]*pds_fdw: /g;
cmp_ok($requests, '>', 20, 'many of them');
# errors of all services
for my $rule ({ path => 'people/a\.csv' }, { path => 'list-type=2' }, { target => 'GetTable' }, { target => 'StartQueryExecution' }, { target => 'GetQueryExecution' },
	{ path => 'results/' }, { path => '^/$', method => 'POST' })
{
	for my $answer ([ 403, 'AccessDenied' ], [ 403, 'SignatureDoesNotMatch' ], [ 400, 'ExpiredToken' ])
	{
		proxy_rules($proxy, { %$rule, action => 'status', status => $answer->[0],
				body => "<Error><Code>$answer->[1]</Code><Message>no</Message><StringToSign>AWS4-HMAC-SHA256 x</StringToSign></Error>" });
		$seen->($_) for 'SET pds.engine = direct; SELECT id FROM people', 'SET pds.engine = athena; SELECT id FROM people';
	}
}
proxy_rules($proxy, { target => 'GetTable', action => 'refuse' });
my $refused = $seen->('SET pds.engine = direct; SELECT id FROM people');
like($refused, qr/ERROR:  08006: the connection to \Q$proxy->{url}\E broke: /, 'errors were seen');
proxy_rules($proxy);
my $errors = () = $everything =~ /ERROR:/g;
cmp_ok($errors, '>=', 20, 'many of them');
if (!$no_log)
{
	my $lines = psql_value("SELECT pg_read_file('$log', $log_size, 50000000)");
	# what PostgreSQL itself logs of statements is not ours
	$lines = join "\n", grep { !/STATEMENT:|CREATE USER MAPPING|ALTER USER MAPPING/ } split /\n/, $lines;
	like($lines, qr/DEBUG:.*pds_fdw: /, 'the server log was seen');
	$everything .= $lines;
}
# a found secret is not to be printed by the test: only where
sub never
{
	my ($pattern, $name) = @_;
	my @found = grep { $_ =~ $pattern } split /\n/, $everything;
	is(scalar @found, 0, "nowhere: $name") or diag('in: ' . ($found[0] =~ s/$pattern/.../gr));
	return;
}
never(qr/\Q$secret\E/, 'secret_access_key');
never(qr/\Q$ENV{AWS_SECRET_ACCESS_KEY}\E/, "the server's secret");
never(qr/TokenOfKeys/, 'session_token');
never(qr/ExternalOfLoud/, 'external_id');
never(qr/Signature=/i, 'a signature');
never(qr/AWS4-HMAC-SHA256/, 'what was signed');
never(qr/X-Amz-Security-Token/i, 'the header of the token');
never(qr/list-type=2&|continuation-token=|[?&]prefix=/, 'a query string');
is(psql_value(as('pds_sec_none', "SELECT count(*) FROM pg_user_mappings WHERE srvname = 'aws' AND umoptions IS NOT NULL")), '0', 'others do not see options of mappings');
is(psql_value(as('pds_sec_owner', "SELECT count(*) FROM pg_foreign_server WHERE srvoptions::text LIKE '%secret%'")), '0', 'options of a server hold no secret');
my $bad = psql_fails(as('pds_sec_owner', "CREATE USER MAPPING FOR pds_sec_owner SERVER theirs OPTIONS (access_key_id '', secret_access_key 'HushHush')"), qr/HV024.*access_key_id/s, 'a bad mapping');
unlike($bad =~ s/^LINE.*$//mgr, qr/HushHush/, 'the error does not repeat the secret');

# --- names that would be hosts -------------------------------------------------------------------------------------
for my $region ('evil.example.com/x', 'us-east-1.evil.example.com', 'x@evil', 'a#b', 'a?b', 'a:80', 'us east', '', 'US-EAST-1', '..', "a\nb", '-a')
{
	psql_fails("CREATE SERVER evil FOREIGN DATA WRAPPER pds_fdw OPTIONS (region '$region')", qr/HV024: invalid value for option "region"/, 'region ' . ($region =~ s/\n/\\n/r));
}
for my $location ('s3://user@evil.example.com/x/', 's3://a@b/x/', 's3://a#b/x/', 's3://a?b/x/', 's3:///x/', 's3://a..b/x/', 's3://../x/', 's3://./x/', 's3://a b/x/', 's3://a:80/x/',
	's3://a%2fb/x/', 's3://evil.example.com./x/', 's3://-a/x/', 's3://a\\b/x/', "s3://a\nb/x/", 'http://bucket/x/', 'file:///etc/passwd', '/etc/passwd', 's3:bucket/x')
{
	my $name = 'location ' . ($location =~ s/\n/\\n/r);
	proxy_rules($proxy);
	# refused when it is written, or at the latest before anything is asked
	my ($rc, $o, $err) = psql("CREATE FOREIGN TABLE evil (a text) SERVER aws OPTIONS (location '$location'); SELECT * FROM evil; DROP FOREIGN TABLE evil");
	isnt($rc, 0, "$name: refused");
	unlike($err, qr/NoSuchBucket|HTTP status/, "$name: by us");
	is(scalar(proxy_log($proxy)), 0, "$name: nothing was asked");
	psql('DROP FOREIGN TABLE IF EXISTS evil');
	(undef, undef, $err) = psql("CREATE SERVER evil FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1', output_location '$location'); DROP SERVER evil");
	like($err, qr/output_location/, "output_$name: refused");
	psql('DROP SERVER IF EXISTS evil');
}
# the same names from Glue, which nobody validated
my @evil = ('s3://user@evil.example.com/x/', 's3://a#b/x/', 's3://../x/', 's3://a?b/x/', 's3://evil.example.com:80/x/', 'file:///etc/passwd', 'http://127.0.0.1/x/');
run_python(<<'PY', encode_json(\@evil));
import boto3, json, sys
glue = boto3.client("glue")
t = glue.get_table(DatabaseName="security", Name="people")["Table"]
for i, location in enumerate(json.loads(sys.argv[1])):
    glue.create_table(DatabaseName="security", TableInput={
        "Name": "evil%d" % i, "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"}, "PartitionKeys": [],
        "StorageDescriptor": dict(t["StorageDescriptor"], Location=location)})
PY
for my $i (0 .. $#evil)
{
	psql_ok("CREATE FOREIGN TABLE evil$i (id int) SERVER aws OPTIONS (database 'security')", "a Glue table at $evil[$i]");
	proxy_rules($proxy);
	my (undef, undef, $err) = psql("SET pds.engine = direct; SELECT * FROM evil$i");
	like($err, qr/ERROR:  HV024: .*(?:is not a bucket name|is not an S3 location|names a bucket that cannot be one)/, "Glue location $evil[$i]: refused");
	is(scalar(grep { ($_->{headers}{'x-amz-target'} // '') !~ /^AWSGlue/ } proxy_log($proxy)), 0, "Glue location $evil[$i]: S3 was not asked");
}
psql_ok("CREATE FOREIGN TABLE dots (a text, b text, c text) SERVER aws OPTIONS (location 's3://pds-security/people/../people/', format 'csv')", 'dots in a key are just a key');
is(psql_value('SELECT count(*) FROM dots'), '0', 'and lead to no other folder');

# --- what a view hides -------------------------------------------------------------------------------------------
psql_ok(<<'SQL', 'a security_barrier view and a leaky function');
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM people WHERE name = 'ann';
CREATE VIEW open_view AS SELECT * FROM people WHERE name = 'ann';
GRANT SELECT ON barrier, open_view TO PUBLIC;
CREATE FUNCTION leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'leak %', $1; RETURN true; END $$;
CREATE FUNCTION leak_int(int) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'leak %', $1; RETURN true; END $$;
SQL
for my $engine (qw(direct athena))
{
	my $set = as('pds_sec_none', "SET pds.engine = $engine;");
	my (undef, $o, $err) = psql("$set SELECT id FROM barrier WHERE leak(secret) ORDER BY id");
	is($o, "1\n3", "$engine, barrier: rows");
	is(join(' ', $err =~ /leak (\w+)/g), 'red green', "$engine, barrier: the function sees no hidden row");
	(undef, $o, $err) = psql("$set SELECT id FROM barrier WHERE leak_int(id) AND leak(name || secret) ORDER BY id");
	unlike($err, qr/leak (2|4|bob|eve)/, "$engine, barrier: two functions see none");
	(undef, $o, $err) = psql("$set SELECT id FROM barrier WHERE 1 / (id - 2) > -5 ORDER BY id");
	is($o, "1\n3", "$engine, barrier: a hidden row cannot make an error") or diag($err);
	(undef, $o, $err) = psql("$set SELECT count(*) FROM barrier b WHERE leak(b.secret) AND b.id IN (SELECT 1 UNION SELECT 2 UNION SELECT 4)");
	unlike($err, qr/leak (blue|black)/, "$engine, barrier: nor through a join");
}
my (undef, undef, $leaky) = psql(as('pds_sec_none', 'SET pds.engine = direct; SET pds.raw_filters = off; SELECT id FROM open_view WHERE leak(secret)'));
like($leaky, qr/leak (blue|black)/, 'without the barrier it does see them: the check can fail');
my $remote = psql_value("SET pds.engine = athena; EXPLAIN (VERBOSE, COSTS OFF) SELECT id FROM barrier WHERE secret LIKE 'b%' AND id > 0");
my ($sql) = $remote =~ /Remote SQL: (.*)/;
like($sql, qr/"name" = 'ann'/, "the view's own condition is shipped");
like($sql, qr/"id" > 0/, 'a leakproof condition, too');
unlike($sql, qr/LIKE/, 'one that is not leakproof is not');
($sql) = psql_value("SET pds.engine = athena; EXPLAIN (VERBOSE, COSTS OFF) SELECT id FROM open_view WHERE secret LIKE 'b%'") =~ /Remote SQL: (.*)/;
like($sql, qr/LIKE/, 'without the barrier it is: the check can fail');

stop_proxy($proxy);
{
	local $ENV{PGDATABASE} = 'postgres';
	psql('DROP DATABASE pds_security');
	psql("DROP ROLE IF EXISTS $_") for @roles;
	is(psql_value("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'pds\\_sec\\_%'"), '0', 'no role is left');
}
done_testing();
