# A server that may open few files: scans work with fewer connections.  It has a server of its own.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use File::Temp 'tempdir';
use PdsTest;
use Test::More;

need_stack();
my $bucket = 'few-descriptors';
make_tables($bucket, 'few', <<'PY');
for i in range(40):
    s3.put_object(Bucket=BUCKET, Key="d/%02d.csv" % i, Body=b"1,x\n" * 1000)
PY

my $top = "$FindBin::RealBin/../..";
my $dir = tempdir(CLEANUP => 1);
my %stack = map { $_ => $ENV{$_} } qw(PGHOST PGPORT PGUSER PGDATABASE);
my $env = `$top/test/pg/start --dir $dir`;
$ENV{$1} = $2 while $env =~ /^export (PG\w+)=(.*)$/mg;
my $where = slurp("$dir/where");
chomp $where;
psql_ok('ALTER SYSTEM SET max_files_per_process = 64', 'few files');
my $bin = `\${PG_CONFIG:-pg_config} --bindir`;
chomp $bin;
my $as = $> == 0 ? 'setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/tmp' : '';
system("cd $where && $as $bin/pg_ctl -D $where/data -l $where/server.log -w restart >$dir/log 2>&1") == 0
  or BAIL_OUT(slurp("$dir/log"));
is(psql_value('SHOW max_files_per_process'), 64, 'they are few');

fresh_database('few_descriptors');
create_server('few', fetch_concurrency => 64);
psql_ok("CREATE FOREIGN TABLE t (a int, b text) SERVER few OPTIONS (location 's3://$bucket/d/', format 'csv')", 'a table');
is(psql_value('SELECT count(*), sum(a), max(b) FROM t'), '40000|40000|x', 'a scan with fewer connections');
is(psql_value('SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM t u WHERE b = \'x\')'), 80000, 'two scans of one statement');
# three servers in one session: connections that nobody uses give way
create_server("few$_", fetch_concurrency => 16) for 2, 3;
psql_ok("CREATE FOREIGN TABLE t$_ (a int, b text) SERVER few$_ OPTIONS (location 's3://$bucket/d/', format 'csv')", "table $_") for 2, 3;
is(psql_value('SELECT count(*) FROM t2; SELECT count(*) FROM t3'), "40000\n40000", 'two servers, one after the other');
psql_value('SELECT 1');

system("$top/test/pg/stop --dir $dir >/dev/null 2>&1");
@ENV{ keys %stack } = values %stack;
done_testing();
