-- What is sent to Athena and what is evaluated here.  Planning with engine
-- athena needs no network: the end point is one where nobody listens.
\set SHOW_CONTEXT never
CREATE EXTENSION pds_fdw;
CREATE SCHEMA push;
SET search_path = push;
CREATE SERVER lake FOREIGN DATA WRAPPER pds_fdw
	OPTIONS (region 'us-east-1', endpoint_url 'http://127.0.0.1:1', engine 'athena', max_attempts '1');
CREATE USER MAPPING FOR CURRENT_USER SERVER lake OPTIONS (access_key_id 'AKIAEXAMPLE', secret_access_key 'hush');

CREATE FOREIGN TABLE t (
	b boolean OPTIONS (glue_type 'boolean'),
	i1 smallint OPTIONS (glue_type 'tinyint'),
	i2 smallint OPTIONS (glue_type 'smallint'),
	i4 integer OPTIONS (glue_type 'int'),
	i8 bigint OPTIONS (glue_type 'bigint'),
	f4 real OPTIONS (glue_type 'float'),
	f8 double precision OPTIONS (glue_type 'double'),
	n numeric(10,2) OPTIONS (glue_type 'decimal(10,2)'),
	w numeric(38,10) OPTIONS (glue_type 'decimal(38,10)'),
	s text OPTIONS (glue_type 'string'),
	v varchar(20) OPTIONS (glue_type 'varchar(20)'),
	c char(5) OPTIONS (glue_type 'char(5)'),
	d date OPTIONS (glue_type 'date'),
	ts timestamp(3) OPTIONS (glue_type 'timestamp'),
	x bytea OPTIONS (glue_type 'binary'),
	arr integer[] OPTIONS (glue_type 'array<int>'),
	m jsonb OPTIONS (glue_type 'map<string,int>'),
	"Odd ""name" integer OPTIONS (column_name 'Odd "name', glue_type 'int'),
	year integer OPTIONS (glue_type 'int', partition_key 'true'),
	region text OPTIONS (glue_type 'string', partition_key 'true')
) SERVER lake OPTIONS (database 'db', table_name 'T1');

-- show(condition): what is sent, what is filtered here
CREATE FUNCTION show(condition text, OUT sent text, OUT here text) LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON, COSTS OFF) SELECT 1 FROM push.t WHERE ' || condition INTO plan;
	plan := plan->0->'Plan';
	WHILE plan->'Plans' IS NOT NULL AND plan->>'Node Type' <> 'Foreign Scan' LOOP
		here := concat_ws(', ', here, plan->>'Node Type', 'one-time: ' || (plan->>'One-Time Filter'));
		plan := plan->'Plans'->0;
	END LOOP;
	sent := coalesce(substr(plan->>'Remote SQL', nullif(strpos(plan->>'Remote SQL', ' WHERE '), 0) + 7), '-');
	here := coalesce(concat_ws(', ', here, plan->>'Filter',
							   CASE WHEN plan->>'Node Type' <> 'Foreign Scan' THEN plan->>'Node Type' END,
							   'one-time: ' || (plan->>'One-Time Filter')), '');
	IF here = '' THEN here := '-'; END IF;
END $$;
-- what releases write otherwise: an InitPlan's parameter up to 16; from 19 on names of subplans, what Result
-- replaces, columns that a scan need not leave out
CREATE FUNCTION explain_text(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || query LOOP
		CONTINUE WHEN line ~ '^ *Replaces: ';
		RETURN NEXT replace(regexp_replace(regexp_replace(line, ' \(returns .*\)', ''), 'Plan expr_', 'Plan '), 'local.k, local.name', 'local.k');
	END LOOP;
END $$;
-- without what 18 says of each node
CREATE FUNCTION explain_json(options text, query text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE format('EXPLAIN (FORMAT JSON, %s) %s', options, query) INTO plan;
	RETURN (plan->0->'Plan')::jsonb - 'Disabled';
END $$;
\pset fieldsep ' | '

-- ---- as EXPLAIN says it ----
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM t;
EXPLAIN (VERBOSE, COSTS OFF) SELECT count(*) FROM t;
EXPLAIN (VERBOSE, COSTS OFF) SELECT 1 FROM t;
EXPLAIN (VERBOSE, COSTS OFF) SELECT i4, "Odd ""name" FROM t WHERE i4 > 1 AND lower(s) = 'x';
EXPLAIN (VERBOSE, COSTS OFF) SELECT t FROM t WHERE i4 = 1;
EXPLAIN (VERBOSE, COSTS OFF) SELECT i4, tableoid::regclass FROM t WHERE s = 'x';
EXPLAIN (VERBOSE, COSTS OFF) SELECT x, arr, m FROM t WHERE i4 = 1;
SELECT jsonb_pretty(explain_json('COSTS OFF', 'SELECT i4 FROM t WHERE s = ''x'' AND c = ''y'''));
SELECT jsonb_pretty(explain_json('VERBOSE, COSTS OFF', 'SELECT i4 FROM t WHERE s = ''x'''));
-- without VERBOSE, and with everything filtered here
EXPLAIN (COSTS OFF) SELECT i4 FROM t WHERE c = 'y';
\t on
\pset format unaligned

-- ---- comparisons ----
SELECT q, sent, here FROM unnest(ARRAY[
	'i1 = 1', 'i2 = 1', 'i4 = 1', 'i8 = 1',
	'i4 <> 1', 'i4 < 1', 'i4 <= 1', 'i4 > 1', 'i4 >= 1', '1 < i4',
	'i2 = 1::smallint', 'i2 = 100000', 'i2 = 1::bigint', 'i4 = 5000000000', 'i8 = 9223372036854775807',
	'i4 = -1', 'i8 = -9223372036854775808', 'i4 = 0',
	'i2 = i4', 'i4 < i8', 'i1 >= i2', 'i4 = i4', 'i4::bigint = i8', '"Odd ""name" = 1', 'year = 2024', 'year = i4',
	'b', 'NOT b', 'b = true', 'b = false', 'b <> true', 'b > false', 'b = (i4 = 1)',
	'd = ''2024-02-29''', 'd < date ''0001-01-01''', 'd <> ''9999-12-31''', 'd >= date ''2024-01-31'' + 1',
	'ts = ''2024-02-29 12:34:56''', 'ts > ''2024-02-29 12:34:56.789''', 'ts > ''2024-02-29 12:34:56.789123''',
	'ts < ''9999-12-31 23:59:59.999999''', 'ts >= ''0001-01-01''',
	'd = d', 'ts < ts', 'd < ts', 'ts >= date ''2024-01-01''', 'ts = timestamptz ''2024-01-01 00:00+00''',
	'd = timestamptz ''2024-01-01 00:00+00''']) AS q, show(q);

-- numeric
SELECT q, sent, here FROM unnest(ARRAY[
	'n = 1', 'n = 1.5', 'n = 1.50', 'n = -1.5', 'n > 1e3', 'n < 0.001', 'n = i4', 'n = i8', 'n = n', 'n <> w',
	'i4 = 1.5', 'i8 > 1.5', 'i4::numeric = n', 'w = 1', 'w = 1.0000000000', 'w = 1.00000000001', 'w = i8',
	'n = 12345678901234567890123456789012345678', 'n = 123456789012345678901234567890123456789',
	'n = 123456789012345678901234567890123456', 'n = 1234567890123456789012345678901234567',
	'w = 1234567890123456789012345678', 'w = 12345678901234567890123456789',
	'n = ''NaN''', 'n < ''Infinity''', 'n > ''-Infinity''', 'n = f8', 'n > 1::real',
	'i4 = ''NaN''::numeric', 'i8 < 1e-40']) AS q, show(q);

-- real and double: NaN is the greatest here, and compares with nothing there
SELECT q, sent, here FROM unnest(ARRAY[
	'f8 = 1.5', 'f8 <> 1.5', 'f8 < 1.5', 'f8 <= 1.5', 'f8 > 1.5', 'f8 >= 1.5', '1.5 < f8', '1.5::float8 <= f8', '1.5::float8 > f8',
	'1.5::float8 = f8', '1.5::float8 <> f8', 'NOT f8 > 1.5', 'f8 = 0.1', 'f8 = ''-0''', 'f8 = 1e300', 'f8 = 5e-324', 'f8 = 1',
	'f4 = 0', 'f4 <> ''-0''', '0::real <= f4', 'f4 > 0::real', 'f4::float8 = 0', 'f8 = i4::real', 'f4 IN (0::real, 1)', 'f4 < 1e-60',
	'f4 = 1.5', 'f4 = 0.1', 'f4 = 0.1::real', 'f4 > 0.1::real', 'f4 > 0.1', 'f4 <= 0.1', 'f8 > 0.1::real', 'f4 = 1e300',
	'f8 = ''NaN''', 'f8 <> ''NaN''', 'f8 < ''NaN''', 'f8 > ''Infinity''', 'f8 < ''-Infinity''', 'f4 = ''NaN''', 'f4 < ''Infinity''',
	'f8 = f8', 'f4 = f8', 'f8 > f4', 'f8 = i4', 'f8 > n', 'i4 = 1.5::float8', 'f8 IN (1, 2.5)', 'f8 NOT IN (1, 2.5)', 'f8 IN (1, ''NaN'')',
	'f8 > ANY (ARRAY[1, 2]::float8[])', 'f8 >= ALL (ARRAY[1, 2]::float8[])', 'f8 BETWEEN 1 AND 2', 'f8 IS NULL', 'f8 IS NOT NULL',
	'f8 IS DISTINCT FROM 1.5', 'f8 IS NOT DISTINCT FROM 1.5', '(f8 > 1) IS TRUE', '(f8 > 1) IS NOT TRUE']) AS q, show(q);

-- text: equality under a deterministic collation, order under "C" only
SELECT q, sent, here FROM unnest(ARRAY[
	's = ''x''', 's <> ''x''', 's = ''''', 's = ''it''''s''', 's = E''back\\slash''', 's = E''line\nbreak''', 's = U&''\00E9\4E2D\+01F600''',
	's = E''\x01''', 's = E''\x04''', 's = E''\x05''', 's = ''x '' ', 's = s', 's = region', 'region = ''eu''',
	'v = ''x''', 'v <> ''x''', 'v = s', 'v::text = ''x''', 'v = ''longer than twenty characters''',
	's < ''x'' COLLATE "C"', 's <= ''x'' COLLATE "C"', 's > ''x'' COLLATE "C"', 's >= ''x'' COLLATE "C"', 's COLLATE "C" < ''x''',
	's < ''x'' COLLATE "POSIX"', 's < ''x'' COLLATE ucs_basic', 'v < ''x'' COLLATE "C"', 's < v COLLATE "C"', 's = ''x'' COLLATE "C"',
	's COLLATE "C" BETWEEN ''a'' AND ''b''',
	's IN (''x'', ''y'') ',
	's ~<~ ''x''', 's ^@ ''x''', 's ~ ''x''', 's ~* ''x''', 's = ''x''::name', 'v = ''x''::name', 's || ''a'' = ''xa''', 'lower(s) = ''x''', 'length(s) = 1']) AS q, show(q);

-- char(n): trailing blanks do not count here
SELECT q, sent, here FROM unnest(ARRAY[
	'c = ''x''', 'c <> ''x''', 'c < ''x'' COLLATE "C"', 'c IN (''x'', ''y'')', 'c = s', 'c::text = ''x''', 's = c::text', 'c LIKE ''x%''',
	's = ''x''::char(3)', 'v = ''x''::char(3)', 'c IS NULL', 'c IS NOT NULL', 'c IS DISTINCT FROM ''x''']) AS q, show(q);

-- other types: NULL or not is all that is asked of them
SELECT q, sent, here FROM unnest(ARRAY[
	'x = ''\x00''', 'x IS NULL', 'arr = ''{1}''', 'arr IS NOT NULL', 'arr[1] = 1', '1 = ANY (arr)', 'm = ''{}''', 'm IS NULL', 'm ? ''a''', '(m->>''a'') = ''1''']) AS q, show(q);

-- ---- lists and arrays ----
SELECT q, sent, here FROM unnest(ARRAY[
	'i4 IN (1)', 'i4 IN (1, 2, 3)', 'i4 NOT IN (1, 2, 3)', 'i4 IN (1, NULL)', 'i4 NOT IN (1, NULL)', 'i4 IN (NULL, NULL)', 'i4 IN (-1, 0)', 'i2 IN (1, 2)', 'i8 IN (1, 5000000000)',
	'i4 IN (1, i8)', 'i4 IN (1, 1.5)', 'n IN (1, 2.5)', 'n NOT IN (1, 2.5)', 'n IN (1, ''NaN'')', 'i8 IN (1.5, 2)',
	's IN (''a'', ''b'''''')', 's NOT IN (''a'', ''b'')', 's IN (''a'', NULL)', 's IN (''a'', E''\x02'')', 'v IN (''a'', ''b'')',
	'b IN (true, false)', 'd IN (''2024-01-01'', ''2024-01-02'')', 'd IN (''2024-01-01'', ''infinity'')', 'd IN (''2024-01-01'', ''0044-03-15 BC'')', 'ts IN (''2024-01-01'', ''2024-01-02 03:04:05.678901'')',
	'region IN (''eu'', ''us'')', 'year IN (2023, 2024)',
	'i4 = ANY (''{1,2}'')', 'i4 = ANY (''{}'')', 'i4 <> ALL (''{1,2}'')', 'i4 <> ALL (''{}'')', 'i4 = ANY (''{NULL}'')', 'i4 = ANY (NULL::int[])', 'i4 = ANY (''{{1,2},{3,4}}'')',
	'i4 = ALL (''{1,2}'')', 'i4 <> ANY (''{1,2}'')', 'i4 < ANY (''{1,2}'')', 'i4 > ALL (''{1,2}'')', 'i4 < ALL (''{}'')', 'i4 >= ANY (''{}'')', 'i4 < ANY (''{1,NULL}'')', 'NOT (i4 = ANY (''{}''))',
	's COLLATE "C" < ANY (''{a,b}'')', 's LIKE ANY (''{a%,b%}'')', 'n < ALL (''{1.5,2}'')', 'f8 = ANY (''{}'')', 'c = ANY (''{}'')', 'f8 <> ALL (''{NaN}'')',
	'(i4, s) = (1, ''x'')', '(i4, i8) < (1, 2)', '(i4, s) IN ((1, ''x''), (2, ''y''))']) AS q, show(q);

-- ---- LIKE ----
SELECT q, sent, here FROM unnest(ARRAY[
	's LIKE ''a%''', 's LIKE ''a_c''', 's LIKE ''''', 's LIKE ''plain''', 's LIKE ''it''''s%''', 's NOT LIKE ''a%''', 'NOT s LIKE ''a%''', 'v LIKE ''a%''', 'region LIKE ''e%''',
	's LIKE ''100\%''', 's LIKE ''a\_b%''', 's LIKE ''a\\b''', 's LIKE ''a\bc%''', 's LIKE ''a\b\%''', 's LIKE ''a\''', 's LIKE ''a\\''', 's NOT LIKE ''100\%''',
	's LIKE ''a!%b%'' ESCAPE ''!''', 's LIKE ''a!!%'' ESCAPE ''!''', 's LIKE ''a\%'' ESCAPE ''''', 's LIKE E''a\n%''', 's LIKE U&''\00E9%''', 's LIKE E''\x03%''',
	's LIKE v', 's LIKE NULL', 's LIKE ''a'' || ''%''', 's LIKE ''a%'' COLLATE "C"', 's ILIKE ''a%''', 's NOT ILIKE ''a%''', 's SIMILAR TO ''a%''', 'lower(s) LIKE ''a%''', 'x LIKE ''a%''']) AS q, show(q);

-- ---- NULL, IS TRUE, DISTINCT ----
SELECT q, sent, here FROM unnest(ARRAY[
	'i4 IS NULL', 's IS NOT NULL', 'v IS NULL', 'ts IS NULL', 'region IS NULL', 'b IS NULL', '(i4 = 1) IS NULL', '(i4 + 1) IS NULL', 'ROW(i4, s) IS NULL', 't IS NULL', 't IS NOT NULL', 'i4 = NULL',
	'b IS TRUE', 'b IS NOT TRUE', 'b IS FALSE', 'b IS NOT FALSE', 'b IS UNKNOWN', 'b IS NOT UNKNOWN', '(i4 > 1) IS TRUE', '(i4 > 1) IS NOT FALSE',
	'i4 IS DISTINCT FROM 1', 'i4 IS NOT DISTINCT FROM 1', 'i4 IS DISTINCT FROM NULL', 'i4 IS NOT DISTINCT FROM i8', 's IS DISTINCT FROM ''x''',
	'b IS DISTINCT FROM true', 'n IS DISTINCT FROM 1.5', 'd IS DISTINCT FROM ''infinity''']) AS q, show(q);

-- ---- AND, OR, NOT ----
SELECT q, sent, here FROM unnest(ARRAY[
	'i4 = 1 AND s = ''x''', 'i4 = 1 OR s = ''x''', 'NOT (i4 = 1 AND s = ''x'')', 'NOT (i4 = 1 OR s = ''x'')', 'i4 = 1 AND (s = ''x'' OR (d IS NULL AND b))', 'NOT (s LIKE ''a%'' OR b)',
	'i4 = 1 AND c = ''x''', 'i4 = 1 OR c = ''x''', '(i4 = 1 AND c = ''x'') OR (i4 = 2 AND c = ''y'')', 'NOT (i4 = 1 AND c = ''x'')', 'NOT (b IS TRUE)',
	'i4 BETWEEN 1 AND 2', 'i4 NOT BETWEEN 1 AND 2', 'i4 BETWEEN SYMMETRIC 2 AND 1', 'd BETWEEN ''2024-01-01'' AND ''2024-01-31''',
	'i4 = 1 AND false', 'i4 = 1 OR true', 'i4 = 1 AND NULL', 'b AND b IS NOT NULL']) AS q, show(q);

-- ---- constants that stay here ----
SELECT q, sent, here FROM unnest(ARRAY[
	'd < ''infinity''', 'd > ''-infinity''', 'd = ''0044-03-15 BC''', 'd < ''10000-01-01''', 'ts < ''infinity''', 'ts > ''-infinity''', 'ts > ''0044-03-15 BC''', 'ts < ''10000-01-01''',
	'd < ''infinity'' AND i4 = 1', 'd = ''0001-01-01 BC'' OR i4 = 1']) AS q, show(q);

-- ---- functions, casts, arithmetic: not sent in this version ----
SELECT q, sent, here FROM unnest(ARRAY[
	'i4 + 1 = 2', 'i4 = 1 + 1', '-i4 = 1', 'abs(i4) = 1', 'coalesce(i4, 0) = 0', 'CASE WHEN b THEN i4 ELSE 0 END = 1', 'i4::text = ''1''', 's::int = 1', 'i8::int = 1', 'i4::float8 = 1', 'd::timestamp = ts', 'ts::date = d',
	'd + 1 > ''2024-01-01''', 'date_trunc(''day'', ts) = ''2024-01-01''', 'extract(year FROM d) = 2024', 'd = current_date', 'ts < now()', 'ts < localtimestamp', 'greatest(i4, 1) = 1', 'nullif(i4, 1) IS NULL',
	'random() < 0.5', 'f8 > random()', 'i4 = (random() * 10)::int', 'i4 = 1 AND random() < 0.5', 's = current_user', 's = current_setting(''work_mem'')', 'ctid = ''(0,1)''', 'tableoid = 1']) AS q, show(q);
\t off
\pset format aligned

-- ---- parameters ----
SET plan_cache_mode = force_generic_plan;
PREPARE p1(int, text, numeric, date) AS SELECT i4 FROM t WHERE i4 = $1 AND s = $2 AND n > $3 AND d >= $4;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p1(1, 'x', 1.5, '2024-01-01');
PREPARE p2(float8, real, timestamp, bool) AS SELECT 1 FROM t WHERE f8 > $1 AND f4 <= $2 AND ts < $3 AND b = $4;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p2(1, 1, '2024-01-01', true);
-- the same one twice, beside a constant
PREPARE p3(int) AS SELECT 1 FROM t WHERE (i4 = $1 OR i8 = $1) AND s = 'x';
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p3(1);
-- sent, and evaluated here, too: patterns, arrays, what may raise; not sent: char(n)
PREPARE p4(text, int[], char(5), int) AS SELECT 1 FROM t WHERE s LIKE $1 AND i4 = ANY ($2) AND s = $3 AND i4 + $4 = 2;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p4('a%', '{1}', 'x', 1);
PREPARE p5(text) AS SELECT 1 FROM t WHERE v >= $1 COLLATE "C";
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p5('x');
-- a list of parameters, and a condition of nothing else
PREPARE p6(int, int) AS SELECT 1 FROM t WHERE i4 IN ($1, $2) AND $1 = 1;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p6(1, 2);
PREPARE p7(bool, int) AS SELECT 1 FROM t WHERE (b OR $1) AND i4 IS DISTINCT FROM $2 AND i4 BETWEEN $2 AND 10;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p7(true, 2);
-- nothing is left to be done here, so the aggregate and LIMIT go, too
PREPARE p8(text, text, int) AS SELECT count(*), max(i4) FROM t WHERE s IN ($1, 'y', $2) AND v <> $1 AND i4 NOT IN ($3, 7) AND s IS DISTINCT FROM $2;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p8('a', 'b', 1);
PREPARE p9(text) AS SELECT i4 FROM t WHERE s = $1 ORDER BY i4 LIMIT 3;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p9('a');
-- numerics and floats in a list: each as for the operator
PREPARE p10(numeric, float8) AS SELECT 1 FROM t WHERE n IN ($1, 1.5) AND f8 IN ($2, 1);
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p10(1, 1);
-- with the values at hand they are constants
SET plan_cache_mode = force_custom_plan;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p1(1, 'x', 1.5, '2024-01-01');
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p4('a%', '{1}', 'x', 1);
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p6(1, 2);
SELECT explain_text($$EXECUTE p6(2, 2)$$);
SELECT explain_text($$EXECUTE p1(NULL, 'x', 1.5, '2024-01-01')$$);
RESET plan_cache_mode;
DEALLOCATE ALL;

-- an initplan's value is a parameter, an outer row's is not
CREATE TABLE local (k int, name text);
SELECT explain_text('SELECT i4 FROM t WHERE i4 = (SELECT max(k) FROM local)');
SELECT explain_text($$SELECT k, (SELECT count(*) FROM t WHERE i4 = local.k AND s = 'x') FROM local$$);

-- ---- security barriers ----
CREATE FUNCTION leaky(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$;
CREATE VIEW guarded WITH (security_barrier) AS SELECT i4, s, c FROM t WHERE region = 'eu';
EXPLAIN (VERBOSE, COSTS OFF) SELECT i4 FROM guarded WHERE leaky(s);
-- equality cannot leak, and is sent with it
EXPLAIN (VERBOSE, COSTS OFF) SELECT i4 FROM guarded WHERE i4 = 1 AND leaky(s);
-- LIKE and a cast to numeric might
EXPLAIN (VERBOSE, COSTS OFF) SELECT i4 FROM guarded WHERE s LIKE 'a%';
EXPLAIN (VERBOSE, COSTS OFF) SELECT i4 FROM guarded WHERE i4 = 1.5;
-- what the barrier itself asks stays below when it is evaluated here
CREATE VIEW guarded_here WITH (security_barrier) AS SELECT i4, s FROM t WHERE c = 'x';
EXPLAIN (VERBOSE, COSTS OFF) SELECT i4 FROM guarded_here WHERE i4 = 1 AND leaky(s);

-- ---- above the scan: computed here ----
EXPLAIN (VERBOSE, COSTS OFF) SELECT s, count(*), max(i4) FROM t WHERE i4 > 1 GROUP BY s HAVING count(*) > 1 ORDER BY s COLLATE "C" LIMIT 3;
EXPLAIN (VERBOSE, COSTS OFF) SELECT i4 FROM t WHERE i4 > 1 LIMIT 10;
EXPLAIN (VERBOSE, COSTS OFF) SELECT DISTINCT i4 FROM t;
EXPLAIN (VERBOSE, COSTS OFF) SELECT a.i4 FROM t a JOIN t b ON a.i4 = b.i4 WHERE a.s = 'x' AND b.s = 'y';
SELECT explain_text($$SELECT i4 FROM t WHERE i4 IN (SELECT k FROM local)$$);
-- never parallel: each worker would start an execution
SELECT name AS parallel FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \gset
SET :parallel = on;
EXPLAIN (VERBOSE, COSTS OFF) SELECT i4 FROM t;
RESET :parallel;

-- ---- tables that Athena cannot read ----
CREATE FOREIGN TABLE by_hand (a int) SERVER lake OPTIONS (location 's3://bucket/prefix/', format 'csv');
EXPLAIN (COSTS OFF) SELECT * FROM by_hand;
CREATE FOREIGN TABLE other_way (a int) SERVER lake OPTIONS (database 'db', table_name 't', format 'csv');
EXPLAIN (COSTS OFF) SELECT * FROM other_way;
CREATE FOREIGN TABLE other_delimiter (a int) SERVER lake OPTIONS (database 'db', table_name 't', delimiter ';');
EXPLAIN (COSTS OFF) SELECT * FROM other_delimiter;
CREATE FOREIGN TABLE other_type (a text OPTIONS (glue_type 'int')) SERVER lake OPTIONS (database 'db', table_name 't');
EXPLAIN (COSTS OFF) SELECT * FROM other_type;
-- the setting comes before table and server
SET pds.engine = athena;
ALTER SERVER lake OPTIONS (SET engine 'direct');
EXPLAIN (COSTS OFF) SELECT i4 FROM t;
RESET pds.engine;
ALTER FOREIGN TABLE t OPTIONS (ADD engine 'athena');
EXPLAIN (COSTS OFF) SELECT i4 FROM t;

SET client_min_messages = warning;
DROP SCHEMA push CASCADE;
DROP EXTENSION pds_fdw CASCADE;
