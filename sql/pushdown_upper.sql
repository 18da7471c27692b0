-- What Athena is asked for above scans: select lists, groups, windows, joins after
-- semi-joins.  Planning needs no network: the end point is one where nobody listens.
\set SHOW_CONTEXT never
CREATE EXTENSION pds_fdw;
CREATE SCHEMA push;
SET search_path = push;
CREATE SERVER lake FOREIGN DATA WRAPPER pds_fdw
	OPTIONS (region 'us-east-1', endpoint_url 'http://127.0.0.1:1', engine 'athena', max_attempts '1');
CREATE USER MAPPING FOR CURRENT_USER SERVER lake OPTIONS (access_key_id 'AKIAEXAMPLE', secret_access_key 'hush');
CREATE FOREIGN TABLE t (
	i integer OPTIONS (glue_type 'int'),
	j bigint OPTIONS (glue_type 'bigint'),
	n numeric(10,2) OPTIONS (glue_type 'decimal(10,2)'),
	f double precision OPTIONS (glue_type 'double'),
	s text OPTIONS (glue_type 'string') COLLATE "C",
	b boolean OPTIONS (glue_type 'boolean'),
	d date OPTIONS (glue_type 'date'),
	arr integer[] OPTIONS (glue_type 'array<int>'),
	year integer OPTIONS (glue_type 'int', partition_key 'true')
) SERVER lake OPTIONS (database 'db', table_name 't');
CREATE FOREIGN TABLE u (
	i integer OPTIONS (glue_type 'int'),
	s text OPTIONS (glue_type 'string') COLLATE "C",
	n numeric(10,2) OPTIONS (glue_type 'decimal(10,2)')
) SERVER lake OPTIONS (database 'db', table_name 'u');
CREATE FOREIGN TABLE w (i integer OPTIONS (glue_type 'int')) SERVER lake OPTIONS (database 'db', table_name 'w');

-- show(query): the nodes above the foreign scans, what each scan asks Athena for, and what it filters
-- aliases are positions in the range table, in which 18 has groups, too: r1, r2, ... in the order of the text
CREATE FUNCTION numbered(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	alias text;
	n int := 0;
BEGIN
	FOR alias IN SELECT a FROM (SELECT m[1] AS a, min(o) AS o FROM regexp_matches(sql, '\mr([0-9]+)\M', 'g') WITH ORDINALITY x (m, o) GROUP BY 1) y ORDER BY o LOOP
		n := n + 1;
		sql := regexp_replace(sql, '\mr' || alias || '\M', 'R' || n, 'g');
	END LOOP;
	RETURN regexp_replace(sql, '\mR([0-9]+)\M', 'r\1', 'g');
END $$;
CREATE FUNCTION nodes(plan json) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN NEXT CASE WHEN plan->>'Node Type' = 'Foreign Scan'
		THEN numbered(plan->>'Remote SQL') || coalesce('  -- here: ' || (plan->>'Filter'), '')
		ELSE plan->>'Node Type' || coalesce(' ' || (plan->>'Filter'), '') END;
	RETURN QUERY SELECT nodes(p) FROM json_array_elements(coalesce(plan->'Plans', '[]')) p;
END $$;
CREATE FUNCTION show(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON, COSTS OFF) ' || query INTO plan;
	RETURN QUERY SELECT nodes(plan->0->'Plan');
END $$;
-- up to 17 a window is shown as OVER (?), from 18 on not at all where there is no WindowAgg
CREATE FUNCTION verbose(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || query LOOP
		RETURN NEXT replace(line, ' OVER (?)', '');
	END LOOP;
END $$;
\t on
\pset format unaligned
\pset fieldsep '\n    '

-- ---- as EXPLAIN says it ----
EXPLAIN (VERBOSE, COSTS OFF) SELECT length(s) FROM t WHERE i > 1;
SELECT * FROM verbose('SELECT s, row_number() OVER (PARTITION BY s ORDER BY i DESC) FROM t');
SELECT * FROM verbose('SELECT i, count(*) OVER w + sum(j) FILTER (WHERE b) OVER w, lag(s, 2) OVER w FROM t WINDOW w AS (PARTITION BY b ORDER BY d) ORDER BY 1, 2');
EXPLAIN (VERBOSE, COSTS OFF) SELECT s, count(*) FROM t GROUP BY ROLLUP (s) HAVING count(*) > 1;

-- ---- select lists ----
SELECT q, string_agg(p, E'\n    ' ORDER BY o) FROM unnest(ARRAY[
	'SELECT length(s) FROM t',
	'SELECT coalesce(i, 0) FROM t',
	'SELECT i IS NULL, b FROM t',
	'SELECT CASE WHEN b THEN 1 ELSE 0 END FROM t',
	-- wider than its column; more than one of it; what may raise; what is not sent; a constant; a parameter's like
	'SELECT s || ''xxxxxxxxxxxxxxxx'', s FROM t',
	'SELECT i + 1 FROM t',
	'SELECT lower(s) FROM t',
	'SELECT lower(s), length(s) FROM t',
	'SELECT 1, ''x'' FROM t',
	'SELECT random(), length(s) FROM t',
	'SELECT arr, length(s) FROM t',
	'SELECT t, length(s) FROM t',
	'SELECT length(t.s), u.i IS NULL FROM t JOIN u USING (i)',
	-- not where rows are filtered here, locked, or written
	'SELECT length(s) FROM t WHERE lower(s) = ''x''',
	'SELECT length(s) FROM t FOR UPDATE',
	-- with ORDER BY, LIMIT and DISTINCT
	'SELECT length(s) FROM t ORDER BY length(s)',
	'SELECT length(s) FROM t ORDER BY i, d DESC',
	'SELECT s FROM t ORDER BY coalesce(i, 0) LIMIT 3',
	'SELECT length(s), lower(s) FROM t LIMIT 3',
	'SELECT DISTINCT length(s) FROM t',
	'SELECT DISTINCT length(s) FROM t ORDER BY 1 DESC LIMIT 2',
	'SELECT DISTINCT lower(s) FROM t',
	'SELECT DISTINCT f FROM t',
	'SELECT DISTINCT ON (i) i, s FROM t ORDER BY i, s']) q, show(q) WITH ORDINALITY AS x(p, o) GROUP BY q ORDER BY q COLLATE "C";

-- ---- groups ----
SELECT q, string_agg(p, E'\n    ' ORDER BY o) FROM unnest(ARRAY[
	'SELECT length(s), count(*) FROM t GROUP BY 1',
	'SELECT length(s) AS l, count(*) FROM t GROUP BY length(s) ORDER BY l',
	'SELECT i, i IS NULL, count(*) FROM t GROUP BY i',
	'SELECT i, count(*) > 5 FROM t GROUP BY i',
	'SELECT i, sum(i) = count(*), avg(n) FROM t GROUP BY i',
	'SELECT i, avg(n) * 2 FROM t GROUP BY i',
	'SELECT i, lower(max(s)) FROM t GROUP BY i',
	'SELECT i, sum(f) FROM t GROUP BY i',
	'SELECT f, count(*) FROM t GROUP BY f',
	'SELECT string_agg(s, '','' ORDER BY s) FROM t',
	'SELECT count(*) FILTER (WHERE length(s) > 2) FROM t',
	-- HAVING: exact ones there
	'SELECT i FROM t GROUP BY i HAVING count(*) > 1',
	'SELECT i FROM t GROUP BY i HAVING count(*) > 1 AND avg(n) > 1',
	'SELECT i FROM t GROUP BY i HAVING count(*) > 1 ORDER BY i LIMIT 2',
	'SELECT i FROM t GROUP BY i HAVING avg(n) > 1 ORDER BY i LIMIT 2',
	'SELECT i FROM t GROUP BY i HAVING count(*) > i',
	'SELECT i FROM t GROUP BY i HAVING lower(max(s)) = ''x''',
	'SELECT i, count(*) FROM t GROUP BY i ORDER BY count(*) DESC, i LIMIT 2',
	'SELECT i FROM t GROUP BY i ORDER BY sum(n) DESC',
	-- several sets: of columns
	'SELECT i, s, count(*) FROM t GROUP BY GROUPING SETS ((i, s), (i), ())',
	'SELECT i, s, grouping(i, s), grouping(s), count(*) FROM t GROUP BY CUBE (i, s)',
	'SELECT i, coalesce(i, 0), count(*) > 1 FROM t GROUP BY ROLLUP (i)',
	'SELECT i, count(*) FROM t GROUP BY ROLLUP (i) HAVING i > 1 AND count(*) > 1',
	'SELECT i, count(*) FROM t GROUP BY ROLLUP (i) ORDER BY i LIMIT 1',
	'SELECT length(s), count(*) FROM t GROUP BY ROLLUP (length(s))',
	'SELECT count(*) FROM t GROUP BY GROUPING SETS ((), ())',
	-- partitions are conditions
	'SELECT count(*) FROM t WHERE year = 2024']) q, show(q) WITH ORDINALITY AS x(p, o) GROUP BY q ORDER BY q COLLATE "C";

-- ---- windows ----
SELECT q, string_agg(p, E'\n    ' ORDER BY o) FROM unnest(ARRAY[
	'SELECT row_number() OVER (ORDER BY i) FROM t',
	'SELECT rank() OVER w, dense_rank() OVER w, percent_rank() OVER w, cume_dist() OVER w FROM t WINDOW w AS (PARTITION BY b ORDER BY s DESC)',
	'SELECT ntile(4) OVER (ORDER BY i) FROM t',
	'SELECT ntile(i) OVER (ORDER BY i) FROM t',
	'SELECT lag(i) OVER (ORDER BY d), lead(s, 2) OVER (ORDER BY d), lag(i, 1, 0) OVER (ORDER BY d) FROM t',
	'SELECT lag(i, -1) OVER (ORDER BY d) FROM t',
	'SELECT lag(i) OVER () FROM t',
	'SELECT lag(n, 1, 0) OVER (ORDER BY d) FROM t',
	'SELECT first_value(s) OVER w, last_value(s) OVER w, nth_value(s, 2) OVER w FROM t WINDOW w AS (ORDER BY i ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)',
	'SELECT count(*) OVER (), sum(i) OVER (PARTITION BY b), sum(j) OVER (PARTITION BY b), sum(n) OVER (PARTITION BY b), min(d) OVER (PARTITION BY b) FROM t',
	'SELECT sum(i) OVER (ORDER BY d ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING) FROM t',
	'SELECT sum(i) OVER (ORDER BY d ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING) FROM t',
	'SELECT sum(i) OVER (ORDER BY d ROWS BETWEEN 3 FOLLOWING AND 1 FOLLOWING) FROM t',
	'SELECT sum(i) OVER (ORDER BY d RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM t',
	'SELECT sum(i) OVER (ORDER BY i RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t',
	'SELECT sum(i) OVER (ORDER BY d GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t',
	'SELECT sum(i) OVER (ORDER BY d ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) FROM t',
	'SELECT avg(i) OVER (PARTITION BY b) FROM t',
	'SELECT sum(f) OVER (PARTITION BY b) FROM t',
	'SELECT count(*) FILTER (WHERE b) OVER () FROM t',
	'SELECT row_number() OVER (ORDER BY f) FROM t',
	'SELECT row_number() OVER (ORDER BY i) + 1, lower(s) FROM t',
	'SELECT i, row_number() OVER (ORDER BY i) AS r FROM t ORDER BY r LIMIT 3',
	'SELECT i, count(*), rank() OVER (ORDER BY count(*) DESC) FROM t GROUP BY i',
	'SELECT i, count(*), rank() OVER (ORDER BY avg(n)) FROM t GROUP BY i',
	'SELECT i, rank() OVER (ORDER BY i) FROM t GROUP BY i HAVING avg(n) > 1',
	'SELECT row_number() OVER (ORDER BY t.i) FROM t JOIN u USING (i)',
	'SELECT DISTINCT row_number() OVER (ORDER BY i) FROM t',
	-- conditions that end a window early live in it alone
	'SELECT * FROM (SELECT i, row_number() OVER (PARTITION BY b ORDER BY i) AS r FROM t) x WHERE r <= 3',
	'SELECT * FROM (SELECT i, rank() OVER (ORDER BY i) AS r FROM t) x WHERE 3 > r ORDER BY r LIMIT 2',
	'SELECT * FROM (SELECT i, dense_rank() OVER (ORDER BY i) AS r FROM t) x WHERE r = 2',
	'SELECT * FROM (SELECT i, count(*), row_number() OVER (ORDER BY count(*) DESC) AS r FROM t GROUP BY i) x WHERE r <= 2',
	'SELECT * FROM (SELECT i, row_number() OVER (PARTITION BY b ORDER BY i) AS r FROM t ORDER BY i LIMIT 9) x WHERE r <= 3']) q, show(q) WITH ORDINALITY AS x(p, o) GROUP BY q ORDER BY q COLLATE "C";

-- ---- joins after semi- and anti-joins, conditions below a full join ----
SELECT q, string_agg(p, E'\n    ' ORDER BY o) FROM unnest(ARRAY[
	'SELECT i FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.i = t.i) AND NOT EXISTS (SELECT 1 FROM w WHERE w.i = t.i)',
	'SELECT t.i, count(*) FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.s = t.s AND u.n > 1) AND EXISTS (SELECT 1 FROM w WHERE w.i = t.i) GROUP BY t.i',
	'SELECT t.i, u.n FROM t JOIN u ON u.s = t.s WHERE NOT EXISTS (SELECT 1 FROM w WHERE w.i = t.i)',
	'SELECT x.i, y.i FROM (SELECT i FROM t WHERE b) x FULL JOIN (SELECT i FROM u WHERE n > 1) y ON x.i = y.i']) q, show(q) WITH ORDINALITY AS x(p, o) GROUP BY q ORDER BY q COLLATE "C";

-- ---- parameters, in what is asked for and in HAVING ----
SET plan_cache_mode = force_generic_plan;
PREPARE p1(int) AS SELECT i, count(*) FROM t GROUP BY i HAVING count(*) > $1;
SELECT show('EXECUTE p1(1)');
PREPARE p2(numeric) AS SELECT i, count(*) FROM t GROUP BY i HAVING sum(n) > $1;
SELECT show('EXECUTE p2(1)');
RESET plan_cache_mode;
-- the sixth execution has a plan for all values
PREPARE p3(int) AS SELECT s FROM t WHERE i = $1;
DO $$ BEGIN FOR k IN 1..5 LOOP PERFORM show('EXECUTE p3(1)'); END LOOP; END $$;
SELECT show('EXECUTE p3(1)');
PREPARE p4(int) AS SELECT * FROM (SELECT i, row_number() OVER (ORDER BY i) AS r FROM t) x WHERE r <= $1;
SET plan_cache_mode = force_generic_plan;
SELECT show('EXECUTE p4(1)');
RESET plan_cache_mode;
DEALLOCATE ALL;

SET client_min_messages = warning;
DROP SCHEMA push CASCADE;
DROP EXTENSION pds_fdw CASCADE;
