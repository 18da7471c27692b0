# Where credentials come from, end to end: a server of the test's own, whose environment it chooses.
# Every request passes the gate (test/lib/gate.py), which tells who signed it and refuses keys that are over.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename;
use File::Temp 'tempdir';
use HTTP::Tiny;
use JSON::PP;
use PdsTest;
use Test::More;
use Time::HiRes qw(time sleep);

need_stack();
my $test = abs_path(dirname(__FILE__) . '/..');
my $start = "$test/pg/start";
my $root = $> == 0;
my @as = $root ? qw(setpriv --reuid=postgres --regid=postgres --init-groups) : ();
my $dir = tempdir('pds_090.XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $home = "$dir/home";

sub put_file
{
	my ($name, $text, $mode) = @_;
	open my $fh, '>', $name or die "$name: $!";
	print {$fh} $text;
	close $fh;
	chmod $mode // 0644, $name;
	return $name;
}

# --- the gate ----------------------------------------------------------------------------------------------------
mkdir "$dir/certificates";
open(my $gate_out, '-|', 'sh', '-c', "echo \$\$; exec '" . stack_python() . "' '$test/lib/gate.py' --upstream $ENV{AWS_ENDPOINT_URL} --certificates $dir/certificates")
  or die "gate: $!";
my $gate_pid = <$gate_out> + 0;
my $gate = decode_json(scalar <$gate_out>);

sub gate { my ($what) = @_; return decode_json(HTTP::Tiny->new->put("$gate->{url}/gate/$what")->{content}) }

# keys that have signed something since the last call
sub signers
{
	my %seen;
	$seen{ $_->[0] } = 1 for @{ gate('log') };
	gate('clear');
	return sort keys %seen;
}

run_python(<<'PY');
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="pds-credentials")
s3.put_object(Bucket="pds-credentials", Key="t/a.csv", Body=b"1,one\n2,two\n")
s3.put_object(Bucket="pds-credentials", Key="long/a.csv", Body=b"".join(b"%d,%s\n" % (i, b"x" * 90) for i in range(20000)))
PY

# --- a server ------------------------------------------------------------------------------------------------------
chmod 0755, $dir;
put_file("$dir/env", join '', map { "unset $_\n" } grep { /^AWS_/ } keys %ENV);
my $lines = `$start --dir $dir/pg`;
die('no server of its own') if $?;
chomp(my $where = slurp("$dir/pg/where"));
my $bin = `\${PG_CONFIG:-pg_config} --bindir`;
chomp $bin;
my %shell = map { /^export (\w+)=(.*)$/ ? ($1 => $2) : () } split /\n/, $lines;
@ENV{ keys %shell } = values %shell;

# Start it anew with nothing but this in its environment.
sub server_with
{
	my (%env) = @_;
	my @env = ('env', '-i', "PATH=$ENV{PATH}", "HOME=$home", 'LC_ALL=C', map { "$_=$env{$_}" } sort keys %env);

	system("cd $where; @as $bin/pg_ctl -D $where/data -m fast -w stop >/dev/null 2>&1") if -e "$where/data/postmaster.pid";
	chdir $where;
	my $rc = system { $root ? 'setpriv' : 'env' } @as, @env, "$bin/pg_ctl", '-D', "$where/data", '-l', "$where/server.log",
	  '-w', '-s', 'start';
	die('the server does not start') if $rc;
	gate('clear');
	return;
}

my $table = "(id int, word text) SERVER %s OPTIONS (location 's3://pds-credentials/%s', format 'csv')";
sub server_and_table
{
	my ($name, %o) = @_;
	my %options = (region => 'us-east-1', endpoint_url => $gate->{url}, cache_ttl => 0, %o);
	my $list = join ', ', map { "$_ '$options{$_}'" } grep { defined $options{$_} } sort keys %options;

	psql_ok("CREATE SERVER $name FOREIGN DATA WRAPPER pds_fdw OPTIONS ($list);"
		  . sprintf("CREATE FOREIGN TABLE t_$name $table", $name, 't/'), "server and table $name");
	return;
}
sub source { return psql_value("SELECT concat_ws('|', source, profile, role_arn, account_id, refreshable) FROM pds.credentials_source('$_[0]')") }
my $rows = "1|one\n2|two";
sub rows { return psql_value("SELECT * FROM t_$_[0] ORDER BY id") }

# --- profiles ------------------------------------------------------------------------------------------------------
system "mkdir -p $home/.aws/sso/cache";
put_file("$dir/give", <<'SH', 0755);
#!/bin/sh
# a key that holds for $1 seconds; says so unless $2
n=$(($(date +%s) + $1))
if [ -n "$2" ]; then end=; else end=", \"Expiration\": \"$(date -u -d @$n +%Y-%m-%dT%H:%M:%SZ)\""; fi
echo "called" >>$HOME/calls
echo "{\"Version\": 1, \"AccessKeyId\": \"ASIAEXP${n}N\", \"SecretAccessKey\": \"hush-secret\", \"SessionToken\": \"hush-token\"$end}"
SH
put_file("$dir/broken", "#!/bin/sh\necho hush-secret\necho 'please log in' >&2\nexit 7\n", 0755);
put_file("$dir/slow", "#!/bin/sh\necho \$\$ >$home/slow.pid\nexec sleep 60\n", 0755);
put_file("$dir/jwt", "json.web.token\n");
put_file("$home/.aws/config", <<INI);
[profile process]
credential_process = "$dir/give" 3600
[profile rotating]
credential_process = $dir/give 4
[profile silent]
credential_process = $dir/give 2 silent
[profile broken]
credential_process = $dir/broken
[profile slow]
credential_process = $dir/slow
[profile role]
role_arn = arn:aws:iam::123456789012:role/outer
source_profile = inner
external_id = x
duration_seconds = 900
[profile inner]
role_arn = arn:aws:iam::123456789012:role/inner
source_profile = process
[profile web]
role_arn = arn:aws:iam::123456789012:role/web
web_identity_token_file = $dir/jwt
[profile sso]
sso_session = s
sso_account_id = 444455556666
sso_role_name = reader
[sso-session s]
sso_start_url = https://x.awsapps.com/start
sso_region = us-east-1
[profile circle]
role_arn = arn:aws:iam::123456789012:role/a
source_profile = circle2
[profile circle2]
role_arn = arn:aws:iam::123456789012:role/b
source_profile = circle
INI
put_file("$home/.aws/credentials", "[static]\naws_access_key_id = AKSTATIC\naws_secret_access_key = hush-secret\n");
chomp(my $sha1 = `printf s | sha1sum | cut -d' ' -f1`);
my $token = put_file("$home/.aws/sso/cache/$sha1.json", <<'JSON', 0600);
{"accessToken": "over", "expiresAt": "2020-01-01T00:00:00Z", "refreshToken": "once", "clientId": "c", "clientSecret": "s", "registrationExpiresAt": "2099-01-01T00:00:00Z"}
JSON
system "chown -R postgres $home" if $root;

server_with(AWS_ENDPOINT_URL => $gate->{url}, AWS_PROFILE => 'static');
fresh_database('pds_credentials');
server_and_table($_, profile => $_) for qw(process rotating silent broken slow role web sso circle);
server_and_table('plain');

is(source('plain'), 'profile static (credentials file)|static|f', 'AWS_PROFILE: keys of the credentials file');
is(rows('plain'), $rows, 'are read with');
is(join(' ', signers()), 'AKSTATIC', 'and sign every request');
is(source('process'), 'profile process (credential_process)|process|t', 'credential_process');
is(rows('process'), $rows, 'gives keys that read');
like(join(' ', signers()), qr/^ASIAEXP\d+N$/, 'by themselves');
is(source('role'), 'profile role (assumed role)|role|arn:aws:iam::123456789012:role/outer|123456789012|t', 'a role over a role over a program');
is(rows('role'), $rows, 'reads');
is(source('web'), 'profile web (web identity)|web|arn:aws:iam::123456789012:role/web|123456789012|t', 'a web identity of a profile');
is(rows('web'), $rows, 'reads');
is(source('sso'), 'profile sso (single sign-on)|sso|444455556666|t', 'single sign-on');
is(rows('sso'), $rows, 'reads');
like(join(' ', signers()), qr/\bASIASSO\b/, 'with the keys of the role');
like(slurp($token), qr/renewed-once/, 'its token was renewed and written back');
like(psql_value("SELECT expiration - now() FROM pds.credentials_source('sso')"), qr/^00:59:|^01:00:/, 'expiration is told');

my $err = psql_fails('SELECT * FROM t_broken', qr/28000.*credential_process of profile "broken" failed: its exit code was 7.*please log in/s, 'a program that fails');
unlike($err, qr/hush/, 'what it printed is not shown');
psql_fails('SELECT * FROM t_circle', qr/HV024.*leads back/s, 'a circle of profiles');
psql_fails("CREATE SERVER lost FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1', profile 'lost'); SELECT * FROM pds.credentials_source('lost')",
	qr/HV024.*profile "lost" does not exist/s, 'a profile that is not there');
my $t0 = time;
my $b = background("SET statement_timeout = '700ms'; SELECT * FROM t_slow");
my ($rc, undef, $said, $took) = finish($b);
ok($rc != 0 && $said =~ /57014/, 'a program that hangs is cancelled');
cmp_ok($took, '<', 2.5, 'at once');
sleep 0.2;
ok(!kill(0, slurp("$home/slow.pid")), 'and is gone');

# --- in a parallel worker ------------------------------------------------------------------------------------------------
my $parallel = psql_value("SELECT current_setting('server_version_num')::int >= 160000") eq 't' ? 'debug_parallel_query' : 'force_parallel_mode';
like(psql_value("SET $parallel = on; EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT source FROM pds.credentials_source('process')"), qr/Workers Launched: 1/, 'a worker');
is(psql_value("SET $parallel = on; SELECT source FROM pds.credentials_source('process')"), 'profile process (credential_process)',
	'makes a session of its own');
psql_ok("CREATE ROLE pds_cred_user; GRANT USAGE ON FOREIGN SERVER process, plain TO pds_cred_user; GRANT SELECT ON t_process, t_plain TO pds_cred_user", 'an ordinary user');
psql_fails("SET ROLE pds_cred_user; SET $parallel = on; SELECT source FROM pds.credentials_source('process')", qr/28000.*no credentials/s, 'there, too, as the right user');

# --- ordinary users ------------------------------------------------------------------------------------------------------
unlink "$home/calls";
for my $name (qw(process plain))
{
	psql_fails("SET ROLE pds_cred_user; SELECT * FROM t_$name", qr/28000.*no credentials for server "$name"/s, "an ordinary user on $name");
	psql_fails("SET ROLE pds_cred_user; SELECT * FROM pds.credentials_source('$name')", qr/28000.*no credentials/s, "... asks where they come from");
}
ok(!-e "$home/calls", 'no program was run for him');
psql_ok("CREATE USER MAPPING FOR pds_cred_user SERVER process OPTIONS (profile 'process')", 'a superuser gives him the profile');
is(psql_value('SET ROLE pds_cred_user; SELECT * FROM t_process ORDER BY id'), $rows, 'and he reads');
is(psql_value("SET ROLE pds_cred_user; SELECT source FROM pds.credentials_source('process')"), 'profile process (credential_process)', 'by it');

# --- changes in a session ------------------------------------------------------------------------------------------------
is(psql_ok("SELECT source FROM pds.credentials_source('plain');"
	  . " CREATE USER MAPPING FOR CURRENT_USER SERVER plain OPTIONS (access_key_id 'AKMAPPED', secret_access_key 's');"
	  . " SELECT source FROM pds.credentials_source('plain');"
	  . " DROP USER MAPPING FOR CURRENT_USER SERVER plain; ALTER SERVER plain OPTIONS (ADD profile 'process');"
	  . " SELECT source FROM pds.credentials_source('plain')", 'the mapping and the server change in a session'),
	"profile static (credentials file)\nuser mapping\nprofile process (credential_process)", 'and its credentials with them');

# --- refresh in the middle of a scan -----------------------------------------------------------------------------------
my $count = 'SELECT count(*), min(id), max(id), sum(length(word)) FROM long';
my $whole = '20000|0|19999|1800000';
# longer than a key holds, on a fast machine, too
gate('delay?0.4');
for my $case ([ 'rotating', 'keys that are renewed before they expire', 0 ], [ 'silent', 'keys that expire without a word', 1 ])
{
	my ($name, $what, $refused) = @$case;

	psql_ok("ALTER SERVER $name OPTIONS (ADD fetch_part_size '64kB', ADD fetch_concurrency '2');"
		  . sprintf("CREATE FOREIGN TABLE long_$name $table", $name, 'long/'), "a long table on $name");
	unlink "$home/calls";
	signers();
	(my $sql = $count) =~ s/long/long_$name/;
	$t0 = time;
	is(psql_value($sql), $whole, $what);
	my $log = gate('log');
	my @keys = signers();
	my $told = grep { $_->[3] == 400 } @$log;
	cmp_ok(scalar @keys, '>=', 2, 'more than one key was used (' . scalar(@keys) . ' in ' . sprintf('%.1f', time - $t0) . ' s)');
	ok($refused ? $told > 0 : $told == 0, $refused ? "$told requests were refused and sent again" : 'no request was refused');
	my $calls = () = slurp("$home/calls") =~ /called/g;
	cmp_ok($calls, '<=', @keys + 1, 'and the program ran once for each');
}
gate('delay?0');

# --- what the environment gives ---------------------------------------------------------------------------------------
psql_ok("CREATE SERVER env FOREIGN DATA WRAPPER pds_fdw; " . sprintf("CREATE FOREIGN TABLE t_env $table", 'env', 't/'), 'a server without options');
my %endpoint = (AWS_ENDPOINT_URL => $gate->{url}, AWS_REGION => 'us-east-1', AWS_CONFIG_FILE => '/dev/null', AWS_SHARED_CREDENTIALS_FILE => '/dev/null');

put_file("$dir/container-token", "Bearer of the container\n");
gate('life?3600');
server_with(%endpoint, AWS_CONTAINER_CREDENTIALS_FULL_URI => "$gate->{url}/creds", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE => "$dir/container-token");
is(source('env'), 'container|111122223333|t', 'a container');
is(rows('env'), $rows, 'reads');
like(join(' ', signers()), qr/ASIAEXP\d+N\d+/, 'with its keys');
put_file("$dir/container-token", "Bearer of nobody\n");
psql_fails("SELECT * FROM t_env", qr/42501: container credentials of the service failed: who\?/, 'its failure is an error');

server_with(%endpoint, AWS_EC2_METADATA_SERVICE_ENDPOINT => $gate->{url});
is(source('env'), 'instance metadata|t', 'instance metadata');
is(rows('env'), $rows, 'reads');

server_with(%endpoint, AWS_WEB_IDENTITY_TOKEN_FILE => "$dir/jwt", AWS_ROLE_ARN => 'arn:aws:iam::123456789012:role/pod');
is(source('env'), 'web identity|arn:aws:iam::123456789012:role/pod|123456789012|t', 'a web identity of the environment');
is(rows('env'), $rows, 'reads');

server_with(%endpoint, AWS_EC2_METADATA_DISABLED => 'true');
psql_fails('SELECT * FROM t_env', qr/28000.*no credentials were found/s, 'nothing anywhere');

# --- certificates and proxies --------------------------------------------------------------------------------------------
server_with(AWS_ACCESS_KEY_ID => 'AKENV', AWS_SECRET_ACCESS_KEY => 's', HTTP_PROXY => $gate->{url});
server_and_table("tls_$_", endpoint_url => $gate->{tls}{$_}, ca_bundle => $gate->{ca}) for qw(good expired elsewhere);
server_and_table('tls_self', endpoint_url => $gate->{tls}{self});
server_and_table('tls_unknown', endpoint_url => $gate->{tls}{good});
is(rows('tls_good'), $rows, 'a certificate of a private authority in ca_bundle');
my %why = (expired => 'it has expired', elsewhere => 'it was made for another host', self => 'it is signed by itself', unknown => 'its authority is not known here');
psql_fails("SELECT * FROM t_tls_$_", qr/08001.*certificate of https:.*is not trusted: $why{$_}.*HINT:.*ca_bundle/s, "a certificate: $why{$_}") for sort keys %why;
server_and_table('proxied', endpoint_url => 'http://s3.example.test');
like(join(' ', psql('SELECT * FROM t_proxied')), qr/./, 'a host that only the proxy knows');
like((gate('log'))->[-1][2], qr{^http://s3\.example\.test/}, 'is asked through it');

server_with(AWS_ACCESS_KEY_ID => 'AKENV', AWS_SECRET_ACCESS_KEY => 's', AWS_CA_BUNDLE => $gate->{ca});
is(rows('tls_unknown'), $rows, 'AWS_CA_BUNDLE counts for every server');
psql_ok("CREATE USER MAPPING FOR pds_cred_user SERVER tls_unknown OPTIONS (access_key_id 'AKMINE', secret_access_key 's'); GRANT SELECT ON t_tls_unknown TO pds_cred_user", 'and for ordinary users');
is(psql_value('SET ROLE pds_cred_user; SELECT * FROM t_tls_unknown ORDER BY id'), $rows, 'with keys of their own');

# --- nothing secret ----------------------------------------------------------------------------------------------------
unlike(slurp("$where/server.log"), qr/hush-|gate-secret|json\.web\.token/, 'the log shows no secret');

done_testing();

END
{
	my $rc = $?;
	system("$test/pg/stop --dir $dir/pg >/dev/null 2>&1") if $dir && -d "$dir/pg";
	kill 'TERM', $gate_pid if $gate_pid;
	close $gate_out if $gate_out;	# not before: closing waits for it
	chdir '/';
	$? = $rc;
}
