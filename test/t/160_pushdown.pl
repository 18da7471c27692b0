# What postgres_fdw's regression test asks of a wrapper that pushes down, asked of both engines: joins in statements that
# write or lock, placeholders, lateral references, parameters of joins and groups, conversion errors, subtransactions, pairs of
# collations, cursors, partitionwise plans, rights, cancel, rescans.  The rows are those of local tables.
use strict;
use warnings;
use JSON::PP;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_pushdown');

make_tables('pds-pushdown', 'pushdown', <<'PY');
number = lambda n: "%d" % n if n % 7 else "\\N"
make("a", ["id int", "k int", "s string", "n decimal(10,2)"],
     ["%d,%s,%s,%d.%02d" % (i, number(i % 10), "abc"[i % 3] * (i % 4), i % 5, i % 100) for i in range(1, 41)])
make("b", ["id int", "k int", "w string"], ["%d,%s,w%d" % (i * 3, number(i % 6), i % 4) for i in range(1, 21)])
for p in (1, 2):
    make("a%d" % p, ["id int", "k int", "v int"], ["%d,%d,%d" % (i * 2 - p % 2, p, i * p) for i in range(1, 11)])
    make("b%d" % p, ["id int", "k int", "x int"], ["%d,%d,%d" % (i, p, i + p) for i in range(1, 6)])
PY

create_server('aws', output_location => 's3://pds-pushdown/results/');
create_server('other', output_location => 's3://pds-pushdown/results/');
psql_ok(<<'SQL', 'tables');
CREATE SCHEMA f; IMPORT FOREIGN SCHEMA pushdown FROM SERVER aws INTO f;
CREATE SCHEMA o; IMPORT FOREIGN SCHEMA pushdown LIMIT TO (b) FROM SERVER other INTO o;
CREATE SCHEMA h;
CREATE TABLE h.a AS SELECT id, CASE WHEN id % 10 % 7 <> 0 THEN id % 10 END::int AS k, repeat(substr('abc', id % 3 + 1, 1), id % 4) AS s,
	(id % 5 + (id % 100) / 100.0)::numeric(10,2) AS n FROM generate_series(1, 40) id;
CREATE TABLE h.b AS SELECT i * 3 AS id, CASE WHEN i % 6 <> 0 THEN i % 6 END::int AS k, 'w' || i % 4 AS w FROM generate_series(1, 20) i;
CREATE TABLE local AS SELECT g AS id, g % 3 AS c FROM generate_series(1, 9) g;
CREATE TABLE target (id int PRIMARY KEY, w text, n bigint);
INSERT INTO target SELECT g, 'old', 0 FROM generate_series(1, 6) g;
SQL
for my $t ('a', 'b')
{
	for my $p (1, 2)
	{
		my ($value, $id) = $t eq 'a' ? ("v int", "i * 2 - $p % 2") : ("x int", "i");
		my $rows = $t eq 'a' ? 10 : 5;
		my $last = $t eq 'a' ? "i * $p" : "i + $p";
		psql_ok("CREATE TABLE h.$t$p AS SELECT ($id)::int AS id, $p AS k, ($last)::int AS \"" . (split ' ', $value)[0] . "\" FROM generate_series(1, $rows) i", "copy of $t$p");
	}
	my $last = $t eq 'a' ? 'v int' : 'x int';
	for my $s ('f', 'h')
	{
		psql_ok("CREATE TABLE $s.p$t (id int, k int, $last) PARTITION BY LIST (k);"
			  . " ALTER TABLE $s.p$t ATTACH PARTITION $s.${t}1 FOR VALUES IN (1); ALTER TABLE $s.p$t ATTACH PARTITION $s.${t}2 FOR VALUES IN (2)", "partitions of $s.p$t");
	}
}

my %set = (
	heap => 'SET search_path = h, public, pds;',
	direct => 'SET search_path = f, public, pds; SET pds.engine = direct;',
	athena => 'SET search_path = f, public, pds; SET pds.engine = athena;');

sub rows
{
	my ($way, $sql) = @_;
	my ($rc, $out, $err) = psql("\\pset null [null]\n$set{$way}\n$sql");
	return $rc ? "ERROR: $err" : $out;
}

# the same rows three ways, in the order of the statement
sub three_ways
{
	my ($name, $sql) = @_;
	my $want = rows('heap', $sql);

	unlike($want, qr/^ERROR|^$/, "$name: there is an answer") or diag($want);
	is(rows($_, $sql), $want, "$name: $_") for 'direct', 'athena';
	return;
}

sub foreign_nodes
{
	my ($node, $found) = @_;
	push @$found, $node if $node->{'Node Type'} eq 'Foreign Scan';
	foreign_nodes($_, $found) for @{ $node->{Plans} // [] };
	return;
}

# the statements for Athena in a plan
sub remote
{
	my ($sql, $sets) = @_;
	my $text = psql_value("$set{athena}" . ($sets // '') . " EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) $sql");
	my @found;
	foreign_nodes(decode_json($text)->[0]{Plan}, \@found);
	return map { $_->{'Remote SQL'} } @found;
}

# executions that the last of some statements took
sub executions_of
{
	my ($sql) = @_;
	my $out = psql_value("$set{athena} $sql; SELECT 'n=' || count(*) FROM pds.athena_executions");
	return $out =~ /n=(\d+)/ ? $1 : -1;
}

# --- joins -----------------------------------------------------------------------------------------------------
three_ways('whole rows of both sides', 'SELECT a, b FROM a JOIN b USING (id) ORDER BY a.id');
three_ways('a whole row that is NULL', 'SELECT a.id, b, b IS NULL FROM a LEFT JOIN b ON b.id = a.id AND b.k > 3 ORDER BY a.id');
three_ways('a placeholder', 'SELECT a.id, x.c, x.id FROM a LEFT JOIN (SELECT 13 AS c, id FROM b WHERE k = 2) x ON x.id = a.id ORDER BY 1');
three_ways('placeholders on both sides', "SELECT x.s, y.w FROM (SELECT id, 's' || s AS s FROM a WHERE k < 5) x FULL JOIN (SELECT id, 'w' || w AS w FROM b) y USING (id) ORDER BY id");
three_ways('full join of sides with conditions',
	'SELECT x.id, y.id FROM (SELECT id FROM a WHERE id BETWEEN 5 AND 12) x FULL JOIN (SELECT id FROM b WHERE id BETWEEN 6 AND 20) y ON x.id = y.id ORDER BY 1, 2');
three_ways('joins inside a join', 'SELECT a.id, b.w, c.id FROM a LEFT JOIN (b JOIN a c ON c.id = b.k) ON b.id = a.id WHERE a.id < 20 ORDER BY 1, 3');
three_ways('a join with itself under a group', 'SELECT x.k, count(*), sum(y.n) FROM a x JOIN a y ON x.k = y.k GROUP BY x.k ORDER BY 1');
three_ways('ON true', 'SELECT count(*), min(a.id + b.id) FROM a JOIN b ON true');
three_ways('a local table between', 'SELECT a.id, l.c, b.w FROM a JOIN local l ON l.id = a.id JOIN b ON b.id = l.id ORDER BY 1');
three_ways('lateral', 'SELECT l.id, q.n FROM local l, LATERAL (SELECT count(*) AS n FROM a JOIN b ON a.id = b.id WHERE a.k > l.c) q ORDER BY 1');
three_ways('an aggregate over a lateral reference', 'SELECT l.id, q.s FROM local l, LATERAL (SELECT sum(a.id + l.c) AS s FROM a WHERE a.k = l.id GROUP BY a.k) q ORDER BY 1');
three_ways('a subquery with a group joined', 'SELECT count(*), x.n FROM a JOIN (SELECT k, count(*) AS n FROM b GROUP BY k) x ON x.k = a.k GROUP BY x.n ORDER BY 2');
three_ways('NULL in HAVING of a full join', 'SELECT b.k, avg(a.n), count(b.id) FROM a FULL JOIN b ON a.id = b.id GROUP BY b.k HAVING avg(a.n) IS NULL OR count(b.id) > 1 ORDER BY 1');
three_ways('exists beside a pushed aggregate', 'SELECT EXISTS (SELECT 1 FROM local), sum(id) FROM a');
three_ways('NOT IN with NULLs', 'SELECT count(*) FROM a WHERE k NOT IN (SELECT k FROM b)');
three_ways('volatile conditions stay', 'SELECT count(*) FROM a JOIN b ON a.id = b.id AND random() >= 0');
is(scalar(my @one = remote('SELECT a.id FROM a JOIN b ON a.id = b.id JOIN a c ON c.id = b.k')), 1, 'three tables: one statement');
is(scalar(@one = remote('SELECT a.id, b.w FROM a JOIN o.b ON a.id = b.id')), 2, 'two servers: two statements');
is(rows('athena', 'SELECT count(*), sum(a.id) FROM a JOIN o.b ON a.id = b.id'), rows('heap', 'SELECT count(*), sum(a.id) FROM a JOIN b ON a.id = b.id'), 'and the right rows');
unlike(join(' ', remote('SELECT count(*) FROM a WHERE random() >= 0')), qr/count|random/, 'what is volatile is not sent, nor what is above it');

# --- statements that write or lock -----------------------------------------------------------------------------
for my $way ('direct', 'athena')
{
	is(rows($way, "BEGIN; UPDATE target t SET w = q.w, n = q.k FROM (SELECT a.id, b.w, a.k FROM a JOIN b ON a.id = b.id) q WHERE q.id = t.id RETURNING t.id, t.w, t.n; ROLLBACK"),
		"3|w1|3\n6|w2|6", "$way: UPDATE from a join");
	is(rows($way, 'BEGIN; DELETE FROM target t USING b WHERE b.id = t.id RETURNING t.id; ROLLBACK'), "3\n6", "$way: DELETE using a table");
	is(rows($way, "BEGIN; INSERT INTO target SELECT 100 + k, 'new', count(*) FROM b WHERE k < 3 GROUP BY k ON CONFLICT DO NOTHING; SELECT id, n FROM target WHERE id > 100 ORDER BY 1; ROLLBACK"),
		"101|4\n102|4", "$way: INSERT from a group");
	is(rows($way, 'SELECT t.id, a.k FROM target t JOIN a ON a.id = t.id JOIN b ON b.id = a.id ORDER BY 1 FOR UPDATE OF t'), "3|3\n6|6", "$way: a locked row beside a join");
	like(rows($way, "BEGIN; DECLARE c CURSOR FOR SELECT id FROM a; FETCH 1 FROM c; UPDATE a SET k = 1 WHERE CURRENT OF c"), qr/ERROR: +(0A000|55000|42809|HV)/, "$way: WHERE CURRENT OF is refused");
}

# a row that another transaction changed is looked at again, with the foreign rows it was joined to
for my $way ('direct', 'athena')
{
	psql_value("UPDATE target SET w = 'old', n = 0");
	my $first = background("BEGIN; UPDATE target SET n = n + 100 WHERE id = 3; SELECT pg_sleep(1.5); COMMIT;");
	select undef, undef, undef, 0.5;
	my $second = background("$set{$way} UPDATE target t SET w = b.w, n = t.n + 1 FROM a JOIN b ON a.id = b.id WHERE t.id = a.id AND t.n < 1000 RETURNING t.id, t.n;");
	finish($first);
	my ($rc, $out, $err) = finish($second);
	is(join(' ', sort split /\n/, $out), '3|101 6|1', "$way: a changed row is joined again") or diag($err);
}

# --- parameters of joins and groups -------------------------------------------------------------------------------
my $prepare = 'PREPARE q (int, text, numeric) AS SELECT a.id, b.w FROM a JOIN b ON a.id = b.id WHERE a.k > $1 AND b.w <> $2 AND a.n < $3 ORDER BY 1;'
  . 'PREPARE g (int) AS SELECT k, count(*), sum(n) FROM a WHERE id > $1 GROUP BY k ORDER BY k; PREPARE l (int) AS SELECT id FROM a WHERE k = $1 ORDER BY id LIMIT 2;';
my $execute = join ' ', map { "EXECUTE q ($_, 'w1', 4.2);" } 0 .. 6;
three_ways('prepared, custom and then generic plans', "$prepare $execute EXECUTE q (NULL, NULL, NULL); EXECUTE g (1000); EXECUTE q (0, '', 'NaN');");
three_ways('generic plans from the beginning', "SET plan_cache_mode = force_generic_plan; $prepare EXECUTE q (1, 'w1', 4.2); EXECUTE q (0, '', 'NaN'); EXECUTE g (5); EXECUTE g (30); EXECUTE l (2); EXECUTE l (NULL);");
three_ways('a parameter that is an outer value', 'SELECT l.id, (SELECT count(*) FROM a JOIN b ON a.id = b.id WHERE a.k = l.c) FROM local l ORDER BY 1');
three_ways('initplans in a join', 'SELECT a.id FROM a JOIN b ON a.id = b.id WHERE a.k < (SELECT max(c) FROM local) + (SELECT min(id) FROM local) ORDER BY 1');
three_ways('a plan that a function keeps',
	'CREATE OR REPLACE FUNCTION pg_temp.total(x int) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT sum(id) FROM a WHERE k = x); END $$;'
	  . ' SELECT g, pg_temp.total(g) FROM generate_series(0, 8) g');

# --- never a query per outer row -----------------------------------------------------------------------------------
for my $q (
	[ 'a correlated sum', 'SELECT l.id, (SELECT sum(id) FROM a WHERE k = l.id) FROM local l', 1 ],
	[ 'a correlated join', 'SELECT l.id, (SELECT count(*) FROM a JOIN b ON a.id = b.id WHERE a.k >= l.c) FROM local l', 2 ],
	[ 'NOT IN', 'SELECT id FROM local WHERE id NOT IN (SELECT k FROM a WHERE k IS NOT NULL)', 1 ],
	[ 'a nested loop', 'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SELECT l.id, a.k FROM local l JOIN a ON a.id = l.id', 1 ],
	[ 'a correlated EXISTS of more', 'SELECT l.id FROM local l WHERE EXISTS (SELECT 1 FROM a WHERE a.k = l.c OFFSET 1)', 1 ],
	[ 'lateral with LIMIT', 'SELECT l.id, q.id FROM local l, LATERAL (SELECT id FROM a WHERE k > l.c ORDER BY id LIMIT 1) q', 1 ])
{
	my ($name, $sql, $most) = @$q;
	my $n = executions_of($sql);
	ok($n >= 1 && $n <= $most, "$name: $n executions, at most $most");
}

# --- rescans of a direct scan read their objects twice in all ------------------------------------------------------------
sub objects_read
{
	my ($sql) = @_;
	my @found;
	foreign_nodes(decode_json(psql_value("$set{direct} SET pds.scan_aggregates = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;"
				. " EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, FORMAT JSON) $sql"))->[0]{Plan}, \@found);
	return join ' ', map { $_->{'Actual Loops'} . ':' . $_->{'Objects Read'} } @found;
}
is(objects_read('SELECT l.id, (SELECT sum(id) FROM a WHERE k = l.id) FROM local l'), '9:2', 'a correlated subquery: nine scans, an object twice');
is(objects_read('SELECT l.id, (SELECT id FROM a WHERE k > l.c LIMIT 1) FROM local l'), '9:2', 'scans that are left early');
is(objects_read('SELECT l.id FROM local l LEFT JOIN a ON a.id = l.id + 40'), '9:2', 'a nested loop');
is(objects_read('SELECT count(*) FROM a'), '1:1', 'one scan reads it once');
three_ways('rescans that go further than the last one', 'SELECT l.id, (SELECT count(*) FROM (SELECT id FROM a WHERE id > l.c LIMIT l.id * 4) x) FROM local l ORDER BY 1');
three_ways('rescans with little memory', "SET work_mem = '64kB'; SELECT count(*), sum(q.n) FROM generate_series(1, 20) g, LATERAL (SELECT count(*) AS n FROM a WHERE id > g) q");
three_ways('whole rows of a rescan', 'SELECT l.id, (SELECT a FROM a WHERE a.id = l.id) FROM local l ORDER BY 1');
three_ways('system columns of a rescan', 'SELECT l.id, (SELECT count(DISTINCT tableoid) FROM pa WHERE pa.id > l.id) FROM local l ORDER BY 1');

# --- conversion errors ---------------------------------------------------------------------------------------------------
psql_ok("CREATE FOREIGN TABLE f.wrong (id int, k int, s int, n numeric) SERVER aws OPTIONS (database 'pushdown', table_name 'a', format 'csv', location 's3://pds-pushdown/a/')", 'a table with a wrong type');
like(rows('direct', 'SELECT s FROM wrong'), qr/22P02.*invalid input syntax.*"s"/s, 'the error names the column');
like(rows('direct', 'SELECT count(s) FROM wrong'), qr/22P02/, 'in an aggregate, too');
like(rows('direct', 'SELECT w.s FROM b JOIN wrong w ON w.id = b.id'), qr/22P02/, 'in a join, too');
is(rows('direct', 'SELECT count(id) FROM wrong'), '40', 'a column that is not asked for does no harm');
like(rows('athena', 'SELECT s FROM wrong'), qr/ERROR: +0A000/, 'Athena is not asked about it');
for my $way ('heap', 'direct', 'athena')
{
	my $error = rows($way, 'SELECT 1 / (id - 3) FROM a');
	like($error, qr/22012: division by zero$/m, "$way: division by zero");
	like($error, qr/DETAIL:  Athena failed the query: DIVISION_BY_ZERO: Division by zero\.\nExecution /, "$way: in Athena's words, too") if $way eq 'athena';
	like(rows($way, 'SELECT id + 2147483647 FROM a'), qr/22003: integer out of range$/m, "$way: an integer out of range");
	like(rows($way, 'SELECT sum(id) + 9223372036854775807 FROM a'), qr/22003/, "$way: a sum out of range");
	like(rows($way, 'SELECT s::int FROM a'), qr/22P02/, "$way: text that is no integer");
	like(rows($way, 'SELECT (SELECT id FROM b) FROM a'), qr/21000/, "$way: more than one row from a scalar subquery");
}

# --- subtransactions -------------------------------------------------------------------------------------------------------
three_ways('an error in a subtransaction', <<'SQL');
DO $$ DECLARE n int; BEGIN
	FOR i IN 1..3 LOOP
		BEGIN
			SELECT sum(100 / (id - 3)) INTO n FROM a WHERE id < 2 + i;
			RAISE EXCEPTION 'went on';
		EXCEPTION WHEN division_by_zero THEN n := -1; WHEN raise_exception THEN n := 0;
		END;
	END LOOP;
END $$;
BEGIN; SAVEPOINT s; SELECT count(*) FROM a JOIN b USING (id); ROLLBACK TO s; SELECT count(*) FROM a JOIN b USING (id); RELEASE s; COMMIT;
SELECT count(*) FROM b;
SQL
three_ways('a cursor from before a savepoint', <<'SQL');
BEGIN;
DECLARE c CURSOR FOR SELECT a.id, b.w FROM a JOIN b ON a.id = b.id ORDER BY a.id;
FETCH 2 FROM c; SAVEPOINT s; FETCH 1 FROM c; ROLLBACK TO s; FETCH 1 FROM c; RELEASE s; FETCH ALL FROM c;
COMMIT;
SQL
three_ways('cursors side by side', <<'SQL');
BEGIN;
DECLARE c CURSOR FOR SELECT k, count(*) FROM a GROUP BY k ORDER BY k;
DECLARE d CURSOR FOR SELECT id FROM b ORDER BY id LIMIT 4;
FETCH 2 FROM c; FETCH 2 FROM d; FETCH 1 FROM c; CLOSE c; FETCH ALL FROM d;
COMMIT;
SQL
three_ways('a scrolling cursor over a join', 'BEGIN; DECLARE c SCROLL CURSOR FOR SELECT a.id FROM a JOIN b ON a.id = b.id ORDER BY a.id; FETCH LAST FROM c; FETCH FIRST FROM c; FETCH ABSOLUTE 3 FROM c; FETCH BACKWARD 1 FROM c; COMMIT');
three_ways('WITH HOLD over a group', 'BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT k, sum(n) FROM a GROUP BY k ORDER BY k; FETCH 1 FROM c; COMMIT; FETCH 2 FROM c; CLOSE c');

# --- pairs of collations -----------------------------------------------------------------------------------------------------
my $german = has_icu() ? q{provider = icu, locale = 'de'} : q{provider = libc, locale = 'C.UTF-8'};
psql_ok("CREATE COLLATION f.german ($german)", 'a collation that is not C');
psql_ok(<<'SQL', 'columns with collations');
CREATE FOREIGN TABLE f.ca (id int OPTIONS (glue_type 'int'), s text OPTIONS (glue_type 'string') COLLATE "C") SERVER aws OPTIONS (database 'pushdown', table_name 'a');
CREATE FOREIGN TABLE f.ga (id int OPTIONS (glue_type 'int'), s text OPTIONS (glue_type 'string') COLLATE f.german) SERVER aws OPTIONS (database 'pushdown', table_name 'a');
CREATE TABLE h.ca (id int, s text COLLATE "C"); CREATE TABLE h.ga (id int, s text COLLATE f.german);
INSERT INTO h.ca SELECT id, s FROM h.a; INSERT INTO h.ga SELECT id, s FROM h.a;
SQL
for my $c (
	# condition or clause, of which table, what is sent
	[ 'ca', "SELECT id FROM ca WHERE s > 'b' ORDER BY id", qr/"s" > 'b'/ ],
	[ 'ga', "SELECT id FROM ga WHERE s > 'b' ORDER BY id", undef ],
	[ 'ga', "SELECT id FROM ga WHERE s = 'bb' ORDER BY id", qr/"s" = 'bb'/ ],
	[ 'ga', "SELECT id FROM ga WHERE s > 'b' COLLATE \"C\" ORDER BY id", qr/"s" > 'b'/ ],
	[ 'ca', "SELECT id FROM ca WHERE s > 'b' COLLATE f.german ORDER BY id", undef ],
	[ 'ca', 'SELECT min(s), max(s) FROM ca', qr/min\("s"\)/ ],
	[ 'ga', 'SELECT min(s), max(s) FROM ga', undef ],
	[ 'ga', 'SELECT s, count(*) FROM ga GROUP BY s ORDER BY s', qr/GROUP BY "s"$/ ],
	[ 'ca', 'SELECT s, count(*) FROM ca GROUP BY s ORDER BY s', qr/GROUP BY "s" ORDER BY "s"/ ],
	[ 'ca, ga', 'SELECT ca.id FROM ca JOIN ga ON ca.s = ga.s COLLATE "C" AND ca.id = ga.id ORDER BY 1', qr/"s" = r\d+\."s"/ ])
{
	my ($tables, $sql, $sent) = @$c;
	my ($got) = remote($sql);

	three_ways($sql, $sql);
	if ($sent) { like($got, $sent, "$sql: sent") }
	else { unlike($got, qr/WHERE|min|ORDER/, "$sql: not sent") }
}
like(rows('athena', 'SELECT ca.id FROM ca JOIN ga ON ca.s < ga.s'), qr/42P22/, 'two collations and none said: PostgreSQL refuses');

# --- partitionwise -------------------------------------------------------------------------------------------------------------
my $wise = 'SET enable_partitionwise_join = on; SET enable_partitionwise_aggregate = on;';
my $join = 'FROM pa JOIN pb ON pa.id = pb.id AND pa.k = pb.k';
three_ways('a join of partitioned tables', "SELECT pa.id, pa.k, x $join ORDER BY 1, 2");
three_ways('an aggregate over partitions', 'SELECT k, count(*), sum(v) FROM pa GROUP BY k ORDER BY 1');
three_ways('a limit over partitions', 'SELECT id, k FROM pa ORDER BY id, k LIMIT 3 OFFSET 2');
three_ways('a partition pruned', 'SELECT count(*), sum(v) FROM pa WHERE k = 2');
three_ways('partitionwise join', "$wise SELECT pa.id, pa.k, x $join ORDER BY 1, 2");
three_ways('partitionwise left join', "$wise SELECT pa.id, pa.k, x FROM pa LEFT JOIN pb ON pa.id = pb.id AND pa.k = pb.k WHERE pa.id < 8 ORDER BY 1, 2");
three_ways('partitionwise aggregate by the key', "$wise SELECT k, count(*), sum(v), avg(v) FROM pa GROUP BY k ORDER BY 1");
three_ways('partitionwise aggregate not by the key', "$wise SELECT id % 3, count(*), max(v), avg(v) FROM pa GROUP BY 1 ORDER BY 1");
three_ways('partitionwise aggregate over a join', "$wise SELECT pa.k, sum(v * x) $join GROUP BY pa.k ORDER BY 1");
three_ways('whole rows of partitions', "$wise SELECT pa FROM pa WHERE id < 4 ORDER BY id");
my @wise = remote('SELECT pa.id, x FROM pa JOIN pb ON pa.id = pb.id AND pa.k = pb.k', $wise);
is(scalar(grep { / JOIN / } @wise), 2, 'a join of partitions is one statement a pair') or diag(join "\n", @wise);
@wise = remote('SELECT k, count(*) FROM pa GROUP BY k', $wise);
is(scalar(grep { /count/ } @wise), 2, 'an aggregate by the partition key is one statement a partition') or diag(join "\n", @wise);
is(scalar(@one = remote('SELECT count(*) FROM pa WHERE k = 2')), 1, 'a partition that cannot match is not asked for');

# --- rights -----------------------------------------------------------------------------------------------------------------------
psql_ok(<<'SQL', 'views of others');
DO $$ BEGIN CREATE ROLE pds_push_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE VIEW public.va AS SELECT * FROM f.a; CREATE VIEW public.vab AS SELECT a.id, b.w FROM f.a JOIN f.b USING (id);
GRANT SELECT ON va, vab TO pds_push_reader; GRANT USAGE ON SCHEMA f TO pds_push_reader; GRANT SELECT (id, w) ON f.b TO pds_push_reader;
SQL
my $as = 'SET SESSION AUTHORIZATION pds_push_reader;';
is(rows('athena', "$as SELECT count(*) FROM vab"), '13', "a view's join is its owner's");
like(rows('athena', "$as SELECT count(*) FROM a"), qr/42501/, 'the table itself is refused');
like(rows('athena', "$as SELECT count(*) FROM va JOIN b USING (id)"), qr/28000/, 'another side is another user, who has no mapping');
psql_ok("CREATE USER MAPPING FOR pds_push_reader SERVER aws OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}')", 'a mapping');
is(rows('athena', "$as SELECT count(*) FROM va JOIN b USING (id)"), '13', 'with one it works');
is(scalar(@one = remote('SELECT count(*) FROM va JOIN b USING (id)')), 1, 'for one user it is one statement');
psql_value("GRANT SELECT ON local TO pds_push_reader");
my @two = remote('SELECT count(*) FROM va JOIN b USING (id)', $as);
is(scalar(@two), 2, 'for two users it is two: each by its own credentials') or diag(join "\n", @two);
like(rows('athena', "$as SELECT k FROM b"), qr/ERROR:  42501: permission denied for (?:foreign )?table b/, 'a column that was not granted');
like(rows('athena', "$as SELECT max(k) FROM b"), qr/ERROR:  42501: permission denied for (?:foreign )?table b/, 'nor in an aggregate');
psql_ok('DROP OWNED BY pds_push_reader; DROP ROLE pds_push_reader', 'he is gone');

# --- cancel, and the session afterwards --------------------------------------------------------------------------------------------
stack_control('next-execution', { mark => 'count(*)', running_seconds => 20 });
my ($rc, $out, $err, $seconds) = finish(background("$set{athena} SET statement_timeout = '300ms'; SELECT a.k, count(*) FROM a, b, a c, a d, b e GROUP BY a.k;"));
isnt($rc, 0, 'a join that is too large');
like($err, qr/ERROR:  57014: canceling statement due to statement timeout/, 'is cancelled by the time-out');
cmp_ok($seconds, '<', 5, 'soon');
stack_control('next-execution', { mark => 'count(*)', running_seconds => 20 });
($rc, $out, $err) = psql("\\set ON_ERROR_STOP off\n$set{athena} SET statement_timeout = '250ms'; SELECT count(*) FROM a x, a y, a z, a w, b;\n SET statement_timeout = 0; SELECT count(*) FROM a;");
like($out, qr/^40$/m, 'the session goes on');

done_testing();
