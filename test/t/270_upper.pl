# What lies above scans, with EXPLAIN as the witness: partitions (whole and partial aggregates, joins, mixed with local tables
# and with a table that Athena cannot read), statements that are one SELECT, LIMIT of parameters, and rows that are looked at
# again.  The rows are those of local tables; executions are counted where one too many would hide.
use strict;
use warnings;
use JSON::PP;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_upper');

make_tables('pds-upper', 'upper', <<'PY');
cols = ["id int", "k int", "i int", "b bigint", "n decimal(10,2)", "d double", "s string", "t boolean"]
def line(p, i):
    null = "\\N"
    return ",".join(str(v) for v in (i, p, null if i % 7 == 0 else i * p - 9, (9223372036854775807 - i if p == 2 else -i * 10**12), null if i % 5 == 0 else "%d.%02d" % (i * p, i * 7 % 100), i / 4, "wort"[:i % 5] + "é" * (i % 2), "true" if i % 3 else "false"))
for p in (1, 2, 3):
    make("p%d" % p, cols, [line(p, i) for i in range(p, 25 * p + 1, p)])
    make("q%d" % p, ["id int", "k int", "w string"], ["%d,%d,w%d" % (i, p, i % 4) for i in range(1, 20, p + 1)])
PY

create_server('aws', output_location => 's3://pds-upper/results/');
psql_ok(<<'SQL', 'tables');
CREATE SCHEMA f; IMPORT FOREIGN SCHEMA upper FROM SERVER aws INTO f;
CREATE SCHEMA h; CREATE SCHEMA m; CREATE SCHEMA o;
SQL
# heap copies, of the generator's values
for my $p (1, 2, 3)
{
	psql_ok(<<"SQL", "copies of partition $p");
CREATE TABLE h.p$p (LIKE f.p$p); CREATE TABLE h.q$p (LIKE f.q$p);
INSERT INTO h.p$p SELECT i, $p, CASE WHEN i % 7 <> 0 THEN i * $p - 9 END, CASE WHEN $p = 2 THEN 9223372036854775807 - i ELSE -i * 1000000000000 END,
	CASE WHEN i % 5 <> 0 THEN i * $p + (i * 7 % 100) / 100.0 END, i / 4.0, left('wort', i % 5) || repeat('é', i % 2), i % 3 <> 0
	FROM generate_series($p, 25 * $p, $p) i;
INSERT INTO h.q$p SELECT i, $p, 'w' || i % 4 FROM generate_series(1, 19, $p + 1) i;
SQL
}
my $columns = 'id int, k int, i int, b bigint, n numeric(10,2), d float8, s text, t boolean';
psql_ok(<<"SQL", 'partitioned tables: foreign, local, mixed with a local partition, with one that Athena cannot read');
CREATE TABLE f.p ($columns) PARTITION BY LIST (k); CREATE TABLE f.q (id int, k int, w text) PARTITION BY LIST (k);
CREATE TABLE h.p ($columns) PARTITION BY LIST (k); CREATE TABLE h.q (id int, k int, w text) PARTITION BY LIST (k);
CREATE TABLE m.p ($columns) PARTITION BY LIST (k); CREATE TABLE m.q (id int, k int, w text) PARTITION BY LIST (k);
CREATE TABLE o.p ($columns) PARTITION BY LIST (k);
CREATE FOREIGN TABLE m.p1 PARTITION OF m.p FOR VALUES IN (1) SERVER aws OPTIONS (database 'upper', table_name 'p1');
CREATE FOREIGN TABLE m.p3 PARTITION OF m.p FOR VALUES IN (3) SERVER aws OPTIONS (database 'upper', table_name 'p3');
CREATE FOREIGN TABLE m.q1 PARTITION OF m.q FOR VALUES IN (1) SERVER aws OPTIONS (database 'upper', table_name 'q1');
CREATE FOREIGN TABLE m.q3 PARTITION OF m.q FOR VALUES IN (3) SERVER aws OPTIONS (database 'upper', table_name 'q3');
CREATE TABLE m.p2 PARTITION OF m.p FOR VALUES IN (2); INSERT INTO m.p2 SELECT * FROM h.p2;
CREATE TABLE m.q2 PARTITION OF m.q FOR VALUES IN (2); INSERT INTO m.q2 SELECT * FROM h.q2;
CREATE FOREIGN TABLE o.p1 PARTITION OF o.p FOR VALUES IN (1) SERVER aws OPTIONS (database 'upper', table_name 'p1', engine 'athena');
CREATE FOREIGN TABLE o.p2 PARTITION OF o.p FOR VALUES IN (2) SERVER aws OPTIONS (database 'upper', table_name 'p2', engine 'athena');
CREATE FOREIGN TABLE o.p3 PARTITION OF o.p FOR VALUES IN (3) SERVER aws OPTIONS (location 's3://pds-upper/p3/', format 'lazysimple', delimiter ',', engine 'direct');
CREATE TABLE public.target (id int PRIMARY KEY, w text, n bigint); INSERT INTO target SELECT g, 'old', 0 FROM generate_series(1, 6) g;
SQL
for my $p (1, 2, 3)
{
	psql_ok("ALTER TABLE $_.p ATTACH PARTITION $_.p$p FOR VALUES IN ($p); ALTER TABLE $_.q ATTACH PARTITION $_.q$p FOR VALUES IN ($p)", "partition $p of $_")
	  for 'f', 'h';
}

my $wise = 'SET enable_partitionwise_join = on; SET enable_partitionwise_aggregate = on; SET client_min_messages = warning;';

sub rows
{
	my ($schema, $sql, $engine) = @_;
	my ($rc, $out, $err) = psql("\\pset null [null]\n$wise " . ($schema eq 'o' ? '' : 'SET pds.engine = ' . ($engine // 'athena') . ';') . " SET search_path = $schema, public, pds;\n$sql");
	return $rc ? "ERROR: $err" : $out;
}

sub foreign_nodes
{
	my ($node, $found) = @_;
	push @$found, $node if $node->{'Node Type'} eq 'Foreign Scan';
	foreign_nodes($_, $found) for @{ $node->{Plans} // [] };
	return;
}

# statements for Athena in a plan
sub remote
{
	my ($schema, $sql, $engine) = @_;
	my @found;
	foreign_nodes(decode_json(rows($schema, "EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) $sql", $engine))->[0]{Plan}, \@found);
	return map { $_->{'Remote SQL'} // () } @found;
}

sub same
{
	my ($name, $sql, @schemas) = @_;
	my $want = rows('h', $sql);

	unlike($want, qr/^ERROR|^$/, "$name: there is an answer") or diag($want);
	is(rows($_, $sql), $want, "$name: $_") for @schemas;
	return;
}

# --- partitions ------------------------------------------------------------------------------------------------------------
my $aggregates = "count(*), count(i), sum(i), avg(i), min(n), max(n), sum(b), avg(b), sum(n), avg(n), bool_and(t), bool_or(t), min(s COLLATE \"C\"), bit_or(i), "
  . "sum(n) FILTER (WHERE t), avg(b) FILTER (WHERE i > 5), count(s) FILTER (WHERE s = 'w')";
same('by the partition key', "SELECT k, $aggregates FROM p GROUP BY k ORDER BY k", 'f', 'm', 'o');
same('not by the partition key', "SELECT id % 4 AS g, $aggregates FROM p GROUP BY 1 ORDER BY 1", 'f', 'm', 'o');
same('over all', "SELECT $aggregates FROM p", 'f', 'm', 'o');
same('over none', "SELECT $aggregates FROM p WHERE id > 1000", 'f', 'm', 'o');
same('groups of partitions without rows', "SELECT t, $aggregates FROM p WHERE id < 3 OR k = 3 GROUP BY t ORDER BY t", 'f', 'm', 'o');
same('HAVING over partial groups', 'SELECT id % 4 AS g, sum(n) FROM p GROUP BY 1 HAVING avg(b) < 0 OR count(*) > 12 ORDER BY 1', 'f', 'm', 'o');
same('doubles are added up here', 'SELECT k, sum(d), avg(d) FROM p GROUP BY k ORDER BY k', 'f', 'm');
same('a join of partitions', 'SELECT p.id, p.k, w, n FROM p JOIN q ON p.id = q.id AND p.k = q.k ORDER BY 1, 2', 'f', 'm');
same('an outer join of partitions', 'SELECT p.id, p.k, w FROM p LEFT JOIN q ON p.id = q.id AND p.k = q.k AND q.id < 9 WHERE p.id < 15 ORDER BY 1, 2', 'f', 'm');
same('groups of joins of partitions', "SELECT p.k, count(*), sum(n), avg(b) FROM p JOIN q ON p.id = q.id AND p.k = q.k GROUP BY p.k ORDER BY 1", 'f', 'm');
same('partial groups of joins', "SELECT w, count(*), sum(n), avg(b) FROM p JOIN q ON p.id = q.id AND p.k = q.k GROUP BY w ORDER BY 1", 'f', 'm');

my @sql = remote('f', "SELECT k, $aggregates FROM p GROUP BY k");
is(scalar(grep { /GROUP BY "k"$/ && /max\("n"\)/ } @sql), 3, 'by the key: one whole aggregate a partition') or diag(join "\n", @sql);
@sql = remote('f', "SELECT id % 4, $aggregates FROM p GROUP BY 1");
is(scalar(grep { /GROUP BY \("id" % 4\)$/ && /bool_or/ } @sql), 3, 'not by the key: a partial aggregate a partition') or diag(join "\n", @sql);
is(scalar(grep { /count\("b"\)/ } @sql), 3, 'sums of bigint with their count, of which the state is made');
like(rows('f', 'EXPLAIN (VERBOSE, COSTS OFF) SELECT id % 4, sum(b) FROM p GROUP BY 1'), qr/Finalize.*Partial Aggregate on \(f\.p2 p\)/s, 'EXPLAIN says what is partial');
@sql = remote('f', 'SELECT id % 4, sum(d) FROM p GROUP BY 1');
is(scalar(grep { /sum|GROUP/ } @sql), 0, 'partial sums of doubles stay here') or diag(join "\n", @sql);
@sql = remote('f', 'SELECT id % 4, count(DISTINCT s) FROM p GROUP BY 1');
is(scalar(grep { /count|GROUP/ } @sql), 0, 'partial DISTINCT, too') or diag(join "\n", @sql);
@sql = remote('m', 'SELECT id % 4, sum(n) FROM p GROUP BY 1');
is(scalar(grep { /GROUP BY/ } @sql), 2, 'beside a local partition the foreign ones are grouped there') or diag(join "\n", @sql);
@sql = remote('o', 'SELECT id % 4, sum(n), avg(b) FROM p GROUP BY 1');
is(scalar(grep { /GROUP BY/ } @sql), 2, 'beside a partition that Athena cannot read, too') or diag(join "\n", @sql);
@sql = remote('f', 'SELECT p.id, w FROM p JOIN q ON p.id = q.id AND p.k = q.k');
is(scalar(grep { / INNER JOIN / } @sql), 3, 'a join a pair of partitions') or diag(join "\n", @sql);
@sql = remote('m', 'SELECT p.id, w FROM p JOIN q ON p.id = q.id AND p.k = q.k');
is(scalar(grep { / INNER JOIN / } @sql), 2, 'but not of the local pair') or diag(join "\n", @sql);
@sql = remote('f', 'SELECT w, sum(n) FROM p JOIN q ON p.id = q.id AND p.k = q.k GROUP BY w');
is(scalar(grep { / INNER JOIN .* GROUP BY / } @sql), 3, 'a partial aggregate of each join') or diag(join "\n", @sql);
is(rows('f', "SELECT id % 4, sum(b) FROM p GROUP BY 1; SELECT 'n=' || count(*) FROM athena_executions") =~ /n=(\d+)/ ? $1 : -1, 3, 'one execution a partition');

# --- one statement -----------------------------------------------------------------------------------------------------------
for my $c (
	[ 'groups, windows, DISTINCT, order and limit',
		'SELECT DISTINCT t, count(*) AS c, sum(count(*)) OVER (ORDER BY t) AS r FROM p1 WHERE id > 2 GROUP BY t HAVING count(*) > 3 ORDER BY r DESC, t LIMIT 5',
		qr/^SELECT DISTINCT r\d+\."t", count\(\*\), sum\(CAST\(count\(\*\) AS decimal\(38,0\)\)\) OVER \(ORDER BY r\d+\."t" ASC NULLS LAST\) FROM "upper"\."p1" r\d+ WHERE .* GROUP BY r\d+\."t" HAVING .* ORDER BY .* LIMIT 5$/ ],
	[ 'DISTINCT ON', 'SELECT DISTINCT ON (t) t, id, s FROM p1 ORDER BY t, id DESC LIMIT 2', qr/^SELECT c1, c2, c3 FROM \(SELECT .* AS c1, .* row_number\(\) OVER \(PARTITION BY "t" ORDER BY .*\) AS c4 FROM .*\) w WHERE \(c4 = 1\) ORDER BY c1 .* LIMIT 2$/ ],
	[ 'DISTINCT ON over groups', 'SELECT DISTINCT ON (t) t, k, count(*) FROM p1 GROUP BY t, k ORDER BY t, k', qr/GROUP BY "t", "k"\) w WHERE \(c4 = 1\)/ ],
	[ 'windows over a join', 'SELECT p1.id, rank() OVER (PARTITION BY w COLLATE "C" ORDER BY p1.id) FROM p1 JOIN q1 ON p1.id = q1.id ORDER BY 2, 1', qr/JOIN.*ORDER BY rank\(\) OVER/ ],
	[ 'a condition on a window', 'SELECT * FROM (SELECT id, t, row_number() OVER (PARTITION BY t ORDER BY id) AS r FROM p1 ORDER BY t, id) x WHERE r <= 2', qr/\) w WHERE \(c3 <= 2\) ORDER BY c2/ ],
	[ 'WITH TIES', 'SELECT * FROM (SELECT i, id FROM p1 ORDER BY t DESC, i NULLS FIRST FETCH FIRST 1 ROWS WITH TIES) x ORDER BY id', qr/ FETCH FIRST 1 ROWS WITH TIES$/ ],
	[ 'keys that are constants', "SELECT 'x', t, count(*) FROM p1 GROUP BY 'x'::text, t ORDER BY t", qr/GROUP BY "t"/ ],
	[ 'no key but constants', "SELECT 'x', count(*) FROM p1 GROUP BY 'x'::text", qr/HAVING count\(\*\) > 0$/ ],
	[ 'string_agg by other keys', q{SELECT t, string_agg(s, ', ' ORDER BY id DESC, s COLLATE "C") FROM p1 GROUP BY t ORDER BY t}, qr/array_agg\(r\d+\."s" ORDER BY r\d+\."id" DESC NULLS FIRST, r\d+\."s"|array_agg\("s" ORDER BY "id" DESC NULLS FIRST, "s"/ ],
	[ 'sets of keys', 'SELECT t, k, count(*), grouping(t, k) + 1, coalesce(k, -1) FROM p1 GROUP BY CUBE (t, k) HAVING grouping(t) = 0 OR count(*) > 3 ORDER BY 4, t, k', qr/GROUPING SETS .* HAVING .*grouping.* ORDER BY/ ])
{
	my ($name, $sql, $like) = @$c;
	my @found = remote('f', $sql);

	like($found[0], $like, "$name: one statement");
	is(scalar(@found), 1, "$name: and no other");
	same($name, $sql, 'f');
}
same('nothing left of an empty table', "SELECT 'x', count(*) FROM p1 WHERE id > 1000 GROUP BY 'x'::text UNION ALL SELECT 'end', 0", 'f');
unlike((remote('f', 'SELECT DISTINCT avg(i) FROM p1 GROUP BY t'))[0], qr/DISTINCT/, 'averages are told apart here');
unlike((remote('f', 'SELECT DISTINCT ON (d) d, id FROM p1 ORDER BY d, id'))[0], qr/row_number/, 'doubles, too');

# --- LIMIT of parameters: as many rows, and not more than that -------------------------------------------------------------------
my $generic = 'SET plan_cache_mode = force_generic_plan; PREPARE l (bigint, int) AS SELECT id FROM p1 ORDER BY id LIMIT $1 OFFSET $2;';
like(rows('f', "$generic EXPLAIN (VERBOSE, COSTS OFF) EXECUTE l (3, 2)"), qr/^Limit.*Remote SQL: .*LIMIT \$1 \+/s, 'the bound is their sum');
like(rows('f', "$generic EXPLAIN (ANALYZE, VERBOSE, COSTS OFF) EXECUTE l (3, 2)"), qr/Remote SQL: .* LIMIT 5$/m, 'as it was sent');
same('LIMIT of parameters', "$generic EXECUTE l (3, 2); EXECUTE l (NULL, 20); EXECUTE l (2, NULL); EXECUTE l (0, 0); EXECUTE l (9000000000000000000, 22);", 'f');
like(rows('f', "$generic EXECUTE l (-1, 0)"), qr/2201W/, 'a negative LIMIT is refused');
like(rows('f', "$generic EXECUTE l (1, -1)"), qr/2201X/, 'a negative OFFSET, too');
same('HAVING with the value of a subquery', 'SELECT t, sum(n) FROM p1 GROUP BY t HAVING count(*) > (SELECT min(id) FROM q1) AND sum(n) > (SELECT avg(id) FROM q1) ORDER BY t', 'f');

# --- rows that are looked at again --------------------------------------------------------------------------------------------------
psql_ok("ANALYZE f.p1; ANALYZE f.q1; ANALYZE target", 'the sizes are known');
my $locked = 'SELECT t.id, b.w FROM target t JOIN p1 a ON a.id = t.id JOIN q1 b ON b.id = a.id ORDER BY 1 FOR UPDATE OF t';
like(join(' ', remote('f', $locked)), qr/ INNER JOIN /, 'a join is sent though a row is locked');
same('a locked row beside a join', $locked, 'f');
same('foreign rows are not locked, but read', 'SELECT a.id, b.w FROM p1 a JOIN q1 b ON b.id = a.id ORDER BY 1 FOR SHARE', 'f');
same('the side that an outer join keeps', 'SELECT t.id, b.w FROM target t JOIN (p1 a LEFT JOIN q1 b ON b.id = a.id) ON a.id = t.id ORDER BY 1 FOR UPDATE OF t', 'f');
same('MERGE from a join', "BEGIN; MERGE INTO target t USING (SELECT a.id, b.w FROM p1 a JOIN q1 b ON a.id = b.id WHERE a.id < 8) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET w = s.w WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'new', 1); SELECT * FROM target ORDER BY id; ROLLBACK", 'f')
  if psql_value('SHOW server_version_num') >= 150000;

# each statement waits for another session's change of row 3, and evaluates its conditions on what it finds then
my %again = (
	'UPDATE' => [ 'UPDATE target t SET w = b.w, n = t.n + 1 FROM p1 a JOIN q1 b ON a.id = b.id WHERE t.id = a.id AND t.n < 1000', 'n = n + 100' ],
	'UPDATE of a row that matches no more' => [ 'UPDATE target t SET w = b.w, n = t.n + 1 FROM p1 a JOIN q1 b ON a.id = b.id WHERE t.id = a.id AND t.n < 50', 'n = n + 100' ],
	'DELETE of a row with another key' => [ 'DELETE FROM target t USING p1 a JOIN q1 b ON a.id = b.id WHERE t.n + 3 = a.id AND t.id = 3', 'n = n + 2' ],
	'a condition of the join on the changed value' => [ 'UPDATE target t SET w = b.w FROM p1 a JOIN q1 b ON a.id = b.id WHERE t.id = a.id AND t.n + a.id < 50 AND length(b.w) > t.n', 'n = n + 1' ],
	'SELECT FOR UPDATE' => [ 'SELECT t.id, t.n, a.n, b.w FROM target t JOIN p1 a ON a.id = t.id JOIN q1 b ON b.id = a.id ORDER BY t.id FOR UPDATE OF t', 'n = n + 7' ]);
for my $name (sort keys %again)
{
	my ($sql, $change) = @{ $again{$name} };
	my %got;

	for my $way ([ 'h', 'athena' ], [ 'f', 'athena' ], [ 'f', 'direct' ])
	{
		psql_value("DELETE FROM target; INSERT INTO target SELECT g, 'old', 0 FROM generate_series(1, 6) g");
		my $first = background("BEGIN; UPDATE target SET $change WHERE id = 3; SELECT pg_sleep(1.2); COMMIT;");
		select undef, undef, undef, 0.4;
		my ($rc, $out, $err) = finish(background("SET pds.engine = $way->[1]; SET search_path = $way->[0], public; $sql;"));
		finish($first);
		$got{ join ' ', @$way } = ($rc ? $err : $out) . "\n" . psql_value('SELECT string_agg(t::text, chr(10) ORDER BY id) FROM target t');
	}
	is($got{'f athena'}, $got{'h athena'}, "$name: by Athena");
	is($got{'f direct'}, $got{'h athena'}, "$name: directly");
}

# --- cursors -----------------------------------------------------------------------------------------------------------------------
same('a held cursor over a window', 'BEGIN; DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT id, rank() OVER (ORDER BY id) FROM p1 ORDER BY id; FETCH 3 FROM c; COMMIT; FETCH BACKWARD 2 FROM c; FETCH LAST FROM c; FETCH ABSOLUTE 2 FROM c', 'f');
same('backward through partial groups', 'BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id % 4 AS g, sum(b) FROM p GROUP BY 1 ORDER BY 1; FETCH ALL FROM c; FETCH BACKWARD ALL FROM c; COMMIT', 'f');
like(rows('f', "BEGIN; DECLARE c SCROLL CURSOR FOR SELECT a.id FROM p1 a JOIN q1 b ON a.id = b.id ORDER BY 1; MOVE ALL FROM c; MOVE BACKWARD ALL FROM c; FETCH 1 FROM c; COMMIT; SELECT 'n=' || count(*) FROM athena_executions"),
	qr/^n=1$/m, 'a cursor that goes back and forth executes once');
same('a savepoint under an open cursor', 'BEGIN; DECLARE c CURSOR FOR SELECT DISTINCT t, count(*) FROM p1 GROUP BY t, k ORDER BY t; FETCH 1 FROM c; SAVEPOINT a; SELECT sum(i) FROM p2; ROLLBACK TO a; FETCH ALL FROM c; COMMIT', 'f');
same('an error in a subtransaction beside an open cursor', <<'SQL', 'f');
BEGIN;
DECLARE c CURSOR FOR SELECT id, row_number() OVER (ORDER BY id) FROM p1 ORDER BY id;
FETCH 2 FROM c;
DO $$ BEGIN PERFORM 1 / count(*) FROM p1 WHERE id > 1000; EXCEPTION WHEN division_by_zero THEN NULL; END $$;
FETCH 2 FROM c;
COMMIT;
SQL

done_testing();
