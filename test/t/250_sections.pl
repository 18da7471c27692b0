# Sections of postgres_fdw's regression test that no other file has (the table in doc/internals.md): references to whole rows and
# system columns, columns that went, functions and operators of users, PL/pgSQL, cursors, constraints, inherited tables and partitions
# beside local ones, policies, triggers, materialized views, MERGE, and what a foreign table refuses.  By both engines; the rows are
# those of local tables.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_sections');

run_python(<<'PY');
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-sections")
try:
    glue.delete_database(Name="sections")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "sections"})

def make(name, cols, lines):
    glue.create_table(DatabaseName="sections", TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"}, "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [dict(zip(("Name", "Type"), c.split(" "))) for c in cols],
            "Location": "s3://pds-sections/%s/" % name, "NumberOfBuckets": -1,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}}}})
    s3.put_object(Bucket="pds-sections", Key=name + "/a.csv", Body=("\n".join(lines) + "\n").encode())

make("t", ["id int", "k int", "s string", "n decimal(10,2)", "d date"],
     ["%d,%s,%s,%d.%02d,2024-01-%02d" % (i, i % 5 or "\\N", "abc"[i % 3] * (i % 4), i % 5, i % 100, i % 28 + 1) for i in range(1, 31)])
make("u", ["id int", "w string"], ["%d,w%d" % (i * 2, i % 4) for i in range(1, 13)])
make("p1", ["id int", "k int", "v string"], ["%d,1,x%d" % (i, i) for i in range(1, 6)])
make("p2", ["id int", "k int", "v string"], ["%d,2,y%d" % (i, i) for i in range(1, 6)])
PY
create_server('aws', output_location => 's3://pds-sections/results/');
psql_ok(<<'SQL', 'tables');
CREATE SCHEMA f; IMPORT FOREIGN SCHEMA sections FROM SERVER aws INTO f;
CREATE SCHEMA h;
CREATE TABLE h.t AS SELECT id, nullif(id % 5, 0) AS k, repeat(substr('abc', id % 3 + 1, 1), id % 4) AS s, (id % 5 + (id % 100) / 100.0)::numeric(10,2) AS n,
	DATE '2024-01-01' + id % 28 AS d FROM generate_series(1, 30) id;
CREATE TABLE h.u AS SELECT i * 2 AS id, 'w' || i % 4 AS w FROM generate_series(1, 12) i;
CREATE TABLE h.p1 AS SELECT i AS id, 1 AS k, 'x' || i AS v FROM generate_series(1, 5) i;
CREATE TABLE h.p2 AS SELECT i AS id, 2 AS k, 'y' || i AS v FROM generate_series(1, 5) i;
CREATE TABLE local AS SELECT g AS id, g % 3 AS c FROM generate_series(1, 9) g;
SQL

my %set = (
	heap => 'SET search_path = h, public, pds;',
	direct => 'SET search_path = f, public, pds; SET pds.engine = direct;',
	athena => 'SET search_path = f, public, pds; SET pds.engine = athena;');

# Answers of many statements by one way in one session: rows, or the SQLSTATE.
sub answers
{
	my ($way, @sql) = @_;
	return collect(ask($way, @sql));
}

sub ask
{
	my ($way, @sql) = @_;
	return background("\\set ON_ERROR_STOP off\n\\pset null [null]\n$set{$way}\n"
		  . join '', map { "\\echo <<<\n$_;\n\\if :ERROR\n\\echo ERROR :SQLSTATE\n\\endif\n" } @sql);
}

sub collect
{
	my ($rc, $out) = finish($_[0]);
	my (undef, @parts) = split /^<<<\n/m, "$out\n";
	s/\n+\z// for @parts;
	return @parts;
}

# name => statement: the same answers three ways
sub three_ways
{
	my @pairs = @_;
	my (@names, @sql);
	while (my ($name, $sql) = splice @pairs, 0, 2) { push @names, $name; push @sql, $sql; }
	my $half = int(@sql / 2);
	# a query by Athena is mostly waiting
	my %asked = (heap => [ ask('heap', @sql) ], direct => [ ask('direct', @sql) ],
		athena => [ ask('athena', @sql[0 .. $half - 1]), ask('athena', @sql[$half .. $#sql]) ]);
	my %got = map { $_ => [ map { collect($_) } @{ $asked{$_} } ] } keys %asked;
	my @want = @{ $got{heap} };

	for my $way ('direct', 'athena')
	{
		is($got{$way}[$_], $want[$_], "$names[$_]: $way") for 0 .. $#sql;
	}
	isnt($want[$_], '', "$names[$_]: there is an answer") for 0 .. $#sql;
	return;
}

sub plan_of { return psql_value("$set{$_[0]} EXPLAIN (VERBOSE, COSTS OFF) $_[1]") }

# --- single tables, whole rows, system columns -----------------------------------------------------------------
three_ways(
	'an alias' => 'SELECT x.id, x.s FROM t x WHERE x.k = 3 ORDER BY x.id OFFSET 1 LIMIT 2',
	'whole rows' => 'SELECT x FROM t x WHERE id < 4 ORDER BY id',
	'whole rows of a join' => 'SELECT x, y FROM t x LEFT JOIN u y USING (id) WHERE id < 5 ORDER BY id',
	'a whole row that is NULL' => 'SELECT y IS NULL, count(*) FROM t x LEFT JOIN u y USING (id) GROUP BY 1 ORDER BY 1',
	'whole rows grouped' => 'SELECT count(DISTINCT x), max(x.id) FROM t x',
	'a field of a whole row' => 'SELECT (x).s, row_to_json(x)->>\'n\' FROM t x WHERE id = 7',
	'no rows' => 'SELECT count(*), max(s) FROM t WHERE false',
	'no columns' => 'SELECT count(*) FROM (SELECT FROM t WHERE k = 1) q',
	'VALUES and constants' => 'SELECT 1, \'x\', t.id FROM t, (VALUES (3), (5)) v(i) WHERE t.id = v.i ORDER BY id',
	'set-returning functions' => 'SELECT id, generate_series(1, k) FROM t WHERE id < 4 ORDER BY 1, 2',
	'a CTE used twice' => 'WITH q AS (SELECT * FROM t WHERE k = 2) SELECT a.id, b.id FROM q a JOIN q b ON a.id < b.id ORDER BY 1, 2',
	'a recursive CTE' => 'WITH RECURSIVE r(id, n) AS (SELECT id, 1 FROM t WHERE id = 1 UNION ALL SELECT t.id, n + 1 FROM r JOIN t ON t.id = r.id * 2) SELECT * FROM r ORDER BY n',
	'ordered sets' => 'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY n), mode() WITHIN GROUP (ORDER BY k), rank(5) WITHIN GROUP (ORDER BY id) FROM t',
	'FOR SHARE' => 'SELECT id FROM t WHERE id < 3 ORDER BY id FOR SHARE',
	'FOR UPDATE SKIP LOCKED of a join' => 'SELECT t.id, local.c FROM t JOIN local USING (id) WHERE id < 4 ORDER BY 1 FOR UPDATE SKIP LOCKED');
for my $way ('direct', 'athena')
{
	is_deeply([ answers($way, 'SELECT DISTINCT tableoid::regclass::text FROM t', 'SELECT tableoid = (SELECT \'t\'::regclass) FROM t x WHERE id = 1',
				'SELECT t.tableoid::regclass, u.tableoid::regclass FROM t JOIN u USING (id) WHERE id = 2', 'SELECT xmin FROM t') ],
		[ 't', 't', 't|u', 'ERROR 0A000' ], "$way: system columns");
}

# --- functions and operators of users: nobody knows them there ---------------------------------------------------
psql_ok(<<'SQL', 'functions and operators');
CREATE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1 * 2; END';
CREATE FUNCTION thrice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 3';
CREATE FUNCTION same(int, int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1 = $2; END';
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = same, COMMUTATOR = ===);
CREATE SCHEMA mine; CREATE FUNCTION mine.length(text) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 42; END';
CREATE AGGREGATE product(int) (SFUNC = int4mul, STYPE = int, INITCOND = 1);
SQL
three_ways(
	'a function in WHERE' => 'SELECT id FROM t WHERE twice(id) = 8 OR thrice(id) = 9 ORDER BY 1',
	'an operator' => 'SELECT id FROM t WHERE k === 4 AND id > 10 ORDER BY 1',
	'an operator that joins' => 'SELECT t.id, u.w FROM t JOIN u ON t.id === u.id WHERE t.k = 2 ORDER BY 1',
	'an aggregate' => 'SELECT product(id) FROM t WHERE id < 6',
	'a function named like one that is sent' => 'SELECT id FROM t WHERE mine.length(s) = 42 AND length(s) = 3 ORDER BY 1',
	'ORDER BY one' => 'SELECT id FROM t WHERE id < 6 ORDER BY - twice(id)');
unlike(plan_of('athena', 'SELECT id FROM t WHERE mine.length(s) = 42'), qr/Remote SQL:.*length/, 'a function of another schema is not sent');
unlike(plan_of('athena', 'SELECT id FROM t WHERE k === 4'), qr/Remote SQL:.*WHERE/, 'nor an operator');
like(plan_of('athena', 'SELECT id FROM t WHERE thrice(id) % 4 = 3'), qr/Remote SQL:.*\* 3/, 'an SQL function is what it is made of');

# --- PL/pgSQL, prepared statements, changes of the table -----------------------------------------------------------
psql_ok(<<'SQL', 'PL/pgSQL');
CREATE FUNCTION names(a int) RETURNS text LANGUAGE plpgsql AS $$ DECLARE r text := ''; x record; BEGIN
	FOR x IN SELECT id, s FROM t WHERE k = a ORDER BY id LIMIT 3 LOOP r := r || x.id || x.s || ' '; END LOOP; RETURN r; END $$;
CREATE FUNCTION caught() RETURNS text LANGUAGE plpgsql AS $$ DECLARE n int := 0; BEGIN
	FOR i IN 1 .. 3 LOOP BEGIN PERFORM 1 / (id - 3) FROM t WHERE id > i ORDER BY id; EXCEPTION WHEN division_by_zero THEN n := n + 1; END; END LOOP;
	RETURN n || ' ' || (SELECT count(*) FROM t); END $$;
CREATE FUNCTION by_cursor() RETURNS text LANGUAGE plpgsql AS $$ DECLARE c CURSOR (a int) FOR SELECT id FROM t WHERE id > a ORDER BY id; v int; r text := ''; BEGIN
	OPEN c(27); LOOP FETCH c INTO v; EXIT WHEN NOT FOUND; r := r || v || ','; END LOOP; CLOSE c; RETURN r; END $$;
SQL
three_ways(
	'a function seven times: its plan becomes generic' => 'SELECT string_agg(names(i), \'/\' ORDER BY i) FROM generate_series(1, 7) i',
	'errors that are caught' => 'SELECT caught()',
	'a cursor of PL/pgSQL' => 'SELECT by_cursor()',
	'a prepared join' => "PREPARE q(int, text) AS SELECT t.id, u.w FROM t JOIN u USING (id) WHERE t.k = \$1 AND u.w <> \$2 ORDER BY 1;\n"
	  . join(";\n", map { "EXECUTE q($_, 'w1')" } 1 .. 7) . ";\nEXECUTE q(NULL, 'w1')");
for my $way ('direct', 'athena')
{
	is(join(';', answers($way, 'PREPARE q AS SELECT count(*), max(id) FROM t', 'EXECUTE q', 'ALTER FOREIGN TABLE f.t OPTIONS (SET table_name \'u\')', 'EXECUTE q',
				'ALTER FOREIGN TABLE f.t OPTIONS (SET table_name \'t\')', 'EXECUTE q')), ';30|30;;12|24;;30|30', "$way: an option of the table counts for plans made before");
	is((answers($way, 'ALTER SERVER aws OPTIONS (ADD max_scan_bytes \'1\')', 'SELECT count(*) FROM t', 'ALTER SERVER aws OPTIONS (DROP max_scan_bytes)'))[1],
		'ERROR 54000', "$way: an option of the server counts at once");
}
psql_ok('CREATE FOREIGN TABLE f.gone (k int, s text, gone int, d date, id int) SERVER aws OPTIONS (database \'sections\', table_name \'t\');'
	  . 'ALTER FOREIGN TABLE f.gone DROP COLUMN gone; ALTER FOREIGN TABLE f.gone DROP COLUMN k; ALTER FOREIGN TABLE f.gone ADD COLUMN n numeric(10,2);'
	  . 'CREATE VIEW h.gone AS SELECT s, d, id, n FROM h.t', 'columns that went and came');
three_ways(
	'dropped columns' => 'SELECT * FROM gone WHERE id < 6 ORDER BY id',
	'dropped columns, whole rows' => 'SELECT g, g.id FROM gone g WHERE n > 4 ORDER BY id',
	'dropped columns, grouped' => 'SELECT s, sum(n), max(d) FROM gone GROUP BY s ORDER BY s',
	'dropped columns, joined' => 'SELECT g.*, u.w FROM gone g JOIN u USING (id) WHERE id < 9 ORDER BY id');

# --- cursors -------------------------------------------------------------------------------------------------------
three_ways(
	'a scrollable cursor' => 'BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id FROM t ORDER BY id; FETCH 2 FROM c; MOVE 3 FROM c; FETCH c; FETCH BACKWARD 2 FROM c; FETCH LAST FROM c; FETCH ABSOLUTE 2 FROM c; COMMIT',
	'a holdable cursor' => 'BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT id, w FROM u ORDER BY id; COMMIT; FETCH 2 FROM c; CLOSE c',
	'two cursors at once' => 'BEGIN; DECLARE a CURSOR FOR SELECT id FROM t ORDER BY id; DECLARE b CURSOR FOR SELECT id FROM u ORDER BY id; FETCH a; FETCH b; FETCH a; CLOSE a; FETCH b; COMMIT',
	'a cursor of a savepoint that is rolled back' => 'BEGIN; SAVEPOINT s; DECLARE c CURSOR FOR SELECT id FROM t ORDER BY id; FETCH c; ROLLBACK TO s; SELECT count(*) FROM t; COMMIT');
like((answers('direct', 'BEGIN; DECLARE c CURSOR FOR SELECT id FROM t; FETCH c; DELETE FROM t WHERE CURRENT OF c', 'ROLLBACK'))[0], qr/ERROR/, 'WHERE CURRENT OF is refused');

# --- constraints, inherited tables, partitions beside local ones -------------------------------------------------------
for my $s ('f', 'h')
{
	my $attach = "ALTER TABLE $s.parts ATTACH PARTITION $s";
	psql_ok("CREATE TABLE $s.parts (id int, k int, v text) PARTITION BY LIST (k); $attach.p1 FOR VALUES IN (1); $attach.p2 FOR VALUES IN (2);"
		  . "CREATE TABLE $s.p3 PARTITION OF $s.parts FOR VALUES IN (3); INSERT INTO $s.parts SELECT i, 3, 'z' || i FROM generate_series(1, 3) i;"
		  . "CREATE TABLE $s.parent (id int, k int); INSERT INTO $s.parent SELECT i + 100, i FROM generate_series(1, 3) i", "parents in $s");
}
psql_ok('CREATE FOREIGN TABLE f.kid (s text, n numeric(10,2), d date) INHERITS (f.parent) SERVER aws OPTIONS (database \'sections\', table_name \'t\');'
	  . 'CREATE TABLE h.kid (s text, n numeric(10,2), d date) INHERITS (h.parent); INSERT INTO h.kid (id, k, s, n, d) SELECT id, k, s, n, d FROM h.t;'
	  . 'ALTER TABLE f.kid ADD CHECK (id < 100) NO INHERIT', 'children');
three_ways(
	'partitions' => 'SELECT tableoid::regclass::text, * FROM parts ORDER BY k, id',
	'pruned while planning' => 'SELECT count(*), min(v) FROM parts WHERE k = 2',
	'pruned when executed' => "SET plan_cache_mode = force_generic_plan; PREPARE q(int) AS SELECT count(*), min(v) FROM parts WHERE k = \$1; EXECUTE q(1); EXECUTE q(3); EXECUTE q(9)",
	'pruned by a subquery' => 'SELECT count(*) FROM parts WHERE k = (SELECT max(c) FROM local)',
	'partitions joined with a table' => 'SELECT p.v, t.s FROM parts p JOIN t USING (id) WHERE p.k < 3 ORDER BY 1',
	'partitions grouped' => 'SELECT k, count(*), max(id) FROM parts GROUP BY k ORDER BY k',
	'inherited' => 'SELECT tableoid::regclass::text, count(*), sum(id) FROM parent GROUP BY 1 ORDER BY 1',
	'ONLY the parent' => 'SELECT id FROM ONLY parent ORDER BY id',
	'inherited, with conditions' => 'SELECT id, k FROM parent WHERE k = 2 AND id > 20 ORDER BY id',
	'inherited, whole rows' => 'SELECT p FROM parent p WHERE id IN (3, 101) ORDER BY id',
	'a local table updated from a join with it' => 'BEGIN; UPDATE local SET c = t.k FROM t WHERE t.id = local.id RETURNING local.id, c; ROLLBACK',
	'a constraint that excludes' => 'SET constraint_exclusion = on; SELECT count(*) FROM kid WHERE id > 200');
unlike(psql_value("$set{athena} SET constraint_exclusion = on; EXPLAIN SELECT count(*) FROM kid WHERE id > 200"), qr/Foreign Scan/, 'nothing is asked');
like(plan_of('athena', 'SELECT * FROM parts WHERE k = 2'), qr/\A(?!.*\bp1\b).*Foreign Scan on f\.p2/s, 'other partitions are not asked');
for my $sql ('SELECT count(*) FROM t TABLESAMPLE SYSTEM (50)', 'SELECT count(*) FROM parts TABLESAMPLE BERNOULLI (50)', 'SELECT count(*) FROM parent TABLESAMPLE SYSTEM (10)')
{
	for my $way ('direct', 'athena')
	{
		like((answers($way, $sql))[0], qr/^ERROR (0A|42|HV)/, "$way refuses: $sql");
	}
}

# --- policies ----------------------------------------------------------------------------------------------------------
psql_ok(<<"SQL", 'a policy with a function that leaks');
CREATE FUNCTION tell(int) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS 'BEGIN RAISE NOTICE ''tell %'', \$1; RETURN true; END';
DO 'BEGIN CREATE ROLE pds_sections_reader; EXCEPTION WHEN duplicate_object THEN NULL; END';
ALTER TABLE f.parent ENABLE ROW LEVEL SECURITY; CREATE POLICY even ON f.parent USING (id % 2 = 0);
GRANT USAGE ON SCHEMA f TO pds_sections_reader; GRANT SELECT ON f.parent TO pds_sections_reader;
CREATE USER MAPPING FOR pds_sections_reader SERVER aws OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}');
SQL
for my $way ('direct', 'athena')
{
	my (undef, $out, $err) = psql("$set{$way} SET ROLE pds_sections_reader; SELECT count(*) FROM parent WHERE tell(id) AND k > 0; SELECT count(*) FROM parent WHERE 1 / (id - 3) < 5");
	is($out, "13\n16", "$way: rows that the policy shows, and no error of another");
	unlike($err, qr/tell \d*[13579]\b/, "$way: the function sees no other");
	like($err, qr/tell 4\b/, "$way: it sees those");
}
psql_ok('DROP OWNED BY pds_sections_reader; DROP ROLE pds_sections_reader', 'he is gone');

# --- what is made of it, and what is refused -----------------------------------------------------------------------------
psql_ok('CREATE MATERIALIZED VIEW f.m AS SELECT k, count(*) AS c FROM f.t GROUP BY k; CREATE UNIQUE INDEX ON f.m (k);'
	  . 'CREATE MATERIALIZED VIEW h.m AS SELECT k, count(*) AS c FROM h.t GROUP BY k; CREATE UNIQUE INDEX ON h.m (k);'
	  . 'CREATE TABLE merged (id int PRIMARY KEY, w text); INSERT INTO merged SELECT g, \'old\' FROM generate_series(1, 5) g', 'views and a target');
three_ways(
	'a materialized view' => 'REFRESH MATERIALIZED VIEW CONCURRENTLY m; SELECT * FROM m ORDER BY k',
	'CREATE TABLE AS' => 'BEGIN; CREATE TEMP TABLE x ON COMMIT DROP AS SELECT t.*, u.w FROM t JOIN u USING (id); SELECT count(*), sum(n), max(w) FROM x; ROLLBACK',
	'INSERT … SELECT, ON CONFLICT' => 'BEGIN; INSERT INTO merged SELECT id, w FROM u WHERE id < 9 ON CONFLICT (id) DO UPDATE SET w = excluded.w RETURNING *; ROLLBACK',
	'DELETE USING' => 'BEGIN; DELETE FROM merged USING u WHERE u.id = merged.id RETURNING merged.id, u.w; ROLLBACK',
	'COPY TO' => 'COPY (SELECT id, s FROM t WHERE id < 4 ORDER BY id) TO STDOUT');
SKIP:
{
	skip 'MERGE came with PostgreSQL 15', 6 if psql_value('SHOW server_version_num') < 150000;
	three_ways('MERGE' => 'BEGIN; MERGE INTO merged m USING u ON u.id = m.id WHEN MATCHED THEN UPDATE SET w = u.w WHEN NOT MATCHED THEN INSERT VALUES (u.id, u.w); SELECT * FROM merged ORDER BY id; ROLLBACK',
		'MERGE with a join' => 'BEGIN; MERGE INTO merged m USING (SELECT t.id, u.w FROM t JOIN u USING (id) WHERE t.k = 2) q ON q.id = m.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (q.id, q.w); SELECT * FROM merged ORDER BY id; ROLLBACK');
}
my @refused = ('CREATE INDEX ON f.t (id)', 'REINDEX TABLE f.t', 'CLUSTER f.t', 'ALTER TABLE f.t ADD PRIMARY KEY (id)',
	'CREATE TRIGGER x AFTER INSERT ON f.t REFERENCING NEW TABLE AS n FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
	'CREATE PUBLICATION x FOR TABLE f.t', 'UPDATE f.t SET k = 1', 'DELETE FROM f.t', 'UPDATE f.parent SET k = 1', 'COPY f.t TO STDOUT', 'SELECT * FROM f.t WHERE nosuch = 1');
my @said = answers('direct', @refused);
like($said[$_], qr/^ERROR (42|0A|22|55|HV)/, "refused: $refused[$_]") for 0 .. $#refused;
psql_ok('CREATE STATISTICS f.st (dependencies) ON k, s FROM f.t; ANALYZE f.t', 'extended statistics may be declared');
is(psql_value("$set{athena} SELECT count(*) FROM t; $set{direct} SELECT count(*) FROM t"), "30\n30", 'and the session is well');

done_testing();
