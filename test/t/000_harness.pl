# What the other files lean on: psql_fails wants an SQLSTATE and compares it; psql may say and hear any amount; the stack knows its services.
use strict;
use warnings;
use HTTP::Tiny;
use PdsTest;
use Test::Builder::Tester;
use Test::More;

need_stack();
fresh_database('pds_harness');

# --- more than a pipe holds, in both directions --------------------------------------------------------------
my $long = 'x' x 1000;
my $notices = "DO \$\$ BEGIN FOR i IN 1..2000 LOOP RAISE NOTICE '$long'; END LOOP; END \$\$;";
my ($rc, $out, $err) = psql("$notices SELECT repeat('$long', 500) FROM generate_series(1, 4); $notices");
is($rc, 0, '8 MB of notices and rows are heard');
cmp_ok(length $err, '>', 4_000_000, 'all notices');
is(length $out, 4 * 500_000 + 3, 'all rows');
($rc, $out) = psql(join("\n", map { "SELECT '$long';" } 1 .. 2000));
is(length $out, 2000 * 1001 - 1, '2 MB of SQL with as many answers');
my $b = background($notices);
is((finish($b))[0], 0, 'so in the background');

# --- psql_fails ----------------------------------------------------------------------------------------------
my $err1 = 'SELECT 1/0';
psql_fails($err1, qr/22012: division by zero/, 'an error as it was asked for');
ok(!eval { psql_fails($err1, qr/division by zero/, 'none'); 1 }, 'a pattern without an SQLSTATE is refused');
like($@, qr/no SQLSTATE in/, 'which it says');
for my $case ([ $err1, qr/22003: division by zero/, '22012' ], [ 'SELECT 1', qr/22012: /, 'no error' ])
{
	my ($sql, $pattern, $got) = @$case;

	test_out('not ok 1 - wrong (fails)', 'not ok 2 - wrong (message)');
	test_err(qr/(?s:.*)/);
	psql_fails($sql, $pattern, 'wrong');
	test_test(title => "it does not pass where there was: $got", skip_err => 1);
}

# --- services of the stack -----------------------------------------------------------------------------------
is(run_python(<<'PY'), 'False False True', 'one that is gone is not alive, even if nobody knows when it began');
import os, pathlib, sys, tempfile
sys.path.insert(0, "test/stack")
from launcher.process import State, start_ticks
state = State(pathlib.Path(tempfile.mkdtemp()))
child = os.fork() or os._exit(0)
os.waitpid(child, 0)
state.services = {"unknown": {"pid": child, "start_ticks": None}, "gone": {"pid": child, "start_ticks": 1},
    "here": {"pid": os.getpid(), "start_ticks": start_ticks(os.getpid())}}
print(*map(state.alive, state.services))
PY

# --- the fault proxy in front of the scripted server: one connection, as many requests as are wanted ------------
my $world = start_world('tables');
my $proxy = start_proxy($world->{url});
my $client = HTTP::Tiny->new(keep_alive => 1, timeout => 10);
is($client->get("$proxy->{url}/b/?list-type=2")->{status}, 200, "request $_ through the proxy") for 1 .. 3;
proxy_rules($proxy, { action => 'close', after => 1_000_000 });
is($client->get("$proxy->{url}/b/?list-type=2")->{status}, 200, 'a reply that ends before the rule does');
stop_proxy($proxy);
stop_world($world);
done_testing();
