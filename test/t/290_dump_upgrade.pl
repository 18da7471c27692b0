# What pg_dump, pg_restore and pg_upgrade make of the extension and of what was made with it.
use strict;
use warnings;
use PdsTest;
use Test::More;
use File::Temp 'tempdir';

need_stack();
fresh_database('pds_dump');
my $dir = tempdir(CLEANUP => 1);
chmod 0755, $dir;

psql(q{DROP DATABASE IF EXISTS pds_restored});
psql_ok("SET client_min_messages = error; DROP ROLE IF EXISTS pds_dump_user; CREATE ROLE pds_dump_user", 'a role');
my $objects = <<"SQL";
CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1', endpoint_url '$ENV{AWS_ENDPOINT_URL}', max_scan_bytes '1GB');
CREATE USER MAPPING FOR CURRENT_USER SERVER aws OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}');
GRANT USAGE ON FOREIGN SERVER aws TO pds_dump_user;
CREATE SCHEMA lake;
CREATE FOREIGN TABLE lake.t (id int OPTIONS (column_name 'Id'), word text) SERVER aws OPTIONS (location 's3://pds-dump/t/', format 'csv', header 'names');
COMMENT ON FOREIGN TABLE lake.t IS 'a table';
CREATE VIEW lake.v AS SELECT count(*) AS n, pds.class_imbalance(id > 1) AS ci FROM lake.t;
CREATE VIEW lake.executions AS SELECT execution_id, sql FROM pds.athena_executions;
CREATE FUNCTION lake.f() RETURNS bigint LANGUAGE sql AS \$\$SELECT count(*) FROM pds.s3_list('aws', 's3://pds-dump/')\$\$;
GRANT EXECUTE ON FUNCTION pds.athena_execute TO pds_dump_user;
REVOKE EXECUTE ON FUNCTION pds.s3_presign FROM PUBLIC;
SQL
run_python(<<'PY');
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="pds-dump")
s3.put_object(Bucket="pds-dump", Key="t/a.csv", Body=b"Id,word\n1,a\n2,b\n3,c\n")
PY
psql_ok($objects, 'objects');

# what a database holds and does, as text
sub state_of
{
	return psql_value(<<'SQL');
SELECT extversion, extnamespace::regnamespace FROM pg_extension WHERE extname = 'pds_fdw';
SELECT classid::regclass, count(*) FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pds_fdw') AND deptype = 'e' GROUP BY 1 ORDER BY 1::text;
SELECT pg_describe_object(classid, objid, 0) FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pds_fdw') AND classid = 'pg_namespace'::regclass;
SELECT oid::regprocedure, proacl, procost, provolatile, proparallel, obj_description(oid, 'pg_proc') FROM pg_proc WHERE pronamespace = 'pds'::regnamespace ORDER BY oid::regprocedure::text;
SELECT nspname, nspacl FROM pg_namespace WHERE nspname IN ('pds', 'lake') ORDER BY 1;
SELECT srvname, ARRAY(SELECT o FROM unnest(srvoptions) o ORDER BY 1), srvacl FROM pg_foreign_server;
SELECT usename, ARRAY(SELECT o FROM unnest(umoptions) o ORDER BY 1) FROM pg_user_mappings;
SELECT ftrelid::regclass, ARRAY(SELECT o FROM unnest(ftoptions) o ORDER BY 1), obj_description(ftrelid, 'pg_class') FROM pg_foreign_table;
SELECT attname, ARRAY(SELECT o FROM unnest(attfdwoptions) o ORDER BY 1) FROM pg_attribute WHERE attrelid = 'lake.t'::regclass AND attnum > 0 ORDER BY attnum;
SELECT * FROM lake.t;
SELECT * FROM lake.v;
SELECT lake.f(), (SELECT count(*) FROM lake.executions);
SELECT has_function_privilege('pds_dump_user', 'pds.athena_execute(name,text,text,record,text,text)', 'execute'), has_function_privilege('pds_dump_user', 'pds.s3_presign(name,text,interval)', 'execute');
SQL
}
my $before = state_of();
like($before, qr/^1\.0\|pg_catalog\n.*\nschema pds\n.*\n1\|a\n2\|b\n3\|c\n3\|-?0\.33\d+\n1\|0\nt\|f$/s, 'it works');

# the lines that differ, none
sub same_state
{
	my ($want, $name) = @_;
	my ($got, %in) = (state_of());
	$in{$_} |= 1 for split /\n/, $want;
	$in{$_} |= 2 for split /\n/, $got;
	is(join("\n", map { ($in{$_} == 1 ? '- ' : '+ ') . $_ } grep { $in{$_} != 3 } sort keys %in), '', $name);
	return;
}

sub run { my ($name, @command) = @_; my $log = `@command 2>&1`; is($?, 0, $name) or diag($log); return $log }

for (['p', 'psql -Xq -v ON_ERROR_STOP=1 -d pds_restored -f'], ['c', 'pg_restore --exit-on-error -d pds_restored'], ['d', 'pg_restore -j 2 -d pds_restored'])
{
	my ($format, $restore) = @$_;
	run("pg_dump -F$format", "pg_dump -F$format -f $dir/dump.$format pds_dump");
	psql_ok('DROP DATABASE IF EXISTS pds_restored', 'drop');
	psql_ok('CREATE DATABASE pds_restored', 'create');
	run("restore -F$format", "$restore $dir/dump.$format");
	local $ENV{PGDATABASE} = 'pds_restored';
	same_state($before, "the same after pg_dump -F$format");
}
my $dump = slurp("$dir/dump.p");
like($dump, qr/^CREATE EXTENSION IF NOT EXISTS pds_fdw WITH SCHEMA pg_catalog;$/m, 'the dump makes the extension');
unlike($dump, qr/CREATE SCHEMA pds/, 'and leaves the schema to it');

# into a database where somebody else has made schema pds, nothing is restored under false names
psql_ok('DROP DATABASE pds_restored', 'drop');
psql_ok('CREATE DATABASE pds_restored', 'create');
{
	local $ENV{PGDATABASE} = 'pds_restored';
	psql_ok('CREATE SCHEMA pds', 'a schema pds');
	isnt(system("psql -Xq -v ON_ERROR_STOP=1 -d pds_restored -f $dir/dump.p >$dir/log 2>&1"), 0, 'refused');
	like(slurp("$dir/log"), qr/schema "pds" already exists/, 'with a reason');
}
psql_ok('DROP DATABASE pds_restored', 'drop');

# ---- pg_upgrade, to a new cluster of the same release ----

my $libraries = psql_value('SHOW dynamic_library_path');
my $bin = `\${PG_CONFIG:-pg_config} --bindir`;
chomp $bin;
my %env = map { ($_ => $ENV{$_}) } qw(PGHOST PGPORT PGUSER PGDATABASE);
my $as = $> == 0 ? 'setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/tmp' : '';
my %where;
for my $cluster ('old', 'new')
{
	mkdir "$dir/$cluster";
	run("cluster $cluster", "test/pg/start --dir $dir/$cluster");
	$where{$cluster} = slurp("$dir/$cluster/where");
	chomp $where{$cluster};
}
sub enter { my ($cluster) = @_; ($ENV{PGHOST}, $ENV{PGPORT}, $ENV{PGDATABASE}) = ("$where{$cluster}/socket", 5432, 'pds'); return }
sub control { my ($cluster, $what) = @_; return run("$what $cluster", "cd $where{$cluster} && $as $bin/pg_ctl -D $where{$cluster}/data -l $where{$cluster}/server.log -w $what") }

enter('old');
psql_ok("ALTER SYSTEM SET dynamic_library_path = '$libraries'", 'where libraries are');
psql_ok('SELECT pg_reload_conf()', 'reload');
psql_ok('CREATE ROLE pds_dump_user', 'a role');
psql_ok("CREATE EXTENSION pds_fdw; $objects", 'objects');
my $old = state_of();
enter('new');
psql_ok("ALTER SYSTEM SET dynamic_library_path = '$libraries'", 'where libraries are');
{
	local $ENV{PGDATABASE} = 'postgres';
	psql_ok('DROP DATABASE pds', 'an empty cluster');
}
control($_, 'stop') for 'old', 'new';
my $log = run('pg_upgrade', "cd $where{new} && $as $bin/pg_upgrade -b $bin -B $bin -d $where{old}/data -D $where{new}/data -U postgres -s $where{new}/socket");
like($log, qr/Upgrade Complete/, 'complete') or diag(`cat $where{new}/data/pg_upgrade_output.d/*/log/*.log 2>/dev/null | tail -40`);
control('new', 'start');
enter('new');
same_state($old, 'the same after pg_upgrade');
psql_ok('DROP EXTENSION pds_fdw CASCADE', 'and it can be dropped');
is(psql_value("SELECT count(*) FROM pg_namespace WHERE nspname = 'pds'"), 0, 'with its schema');
@ENV{ keys %env } = values %env;
run("stop $_", "test/pg/stop --dir $dir/$_") for 'old', 'new';

$ENV{PGDATABASE} = 'postgres';
psql_ok('DROP DATABASE pds_dump', 'tidy');
psql_ok('DROP ROLE pds_dump_user', 'tidy');
done_testing();
