-- Expressions that may raise errors: where they are sent, and in which order conditions are
-- evaluated; numerics of several scales.  Planning needs no network.
CREATE EXTENSION pds_fdw;
CREATE SCHEMA raises;
SET search_path = raises;
-- plans of the same nodes with any settings of the server
SET work_mem = '32MB';
CREATE SERVER lake FOREIGN DATA WRAPPER pds_fdw
	OPTIONS (region 'us-east-1', endpoint_url 'http://127.0.0.1:1', engine 'athena', max_attempts '1');
CREATE USER MAPPING FOR CURRENT_USER SERVER lake OPTIONS (access_key_id 'AKIAEXAMPLE', secret_access_key 'hush');
CREATE FOREIGN TABLE t (
	i integer OPTIONS (glue_type 'int'),
	j bigint OPTIONS (glue_type 'bigint'),
	k smallint OPTIONS (glue_type 'smallint'),
	n numeric(10,2) OPTIONS (glue_type 'decimal(10,2)'),
	f double precision OPTIONS (glue_type 'double'),
	s text OPTIONS (glue_type 'string') COLLATE "C",
	b boolean OPTIONS (glue_type 'boolean')
) SERVER lake OPTIONS (database 'db', table_name 't');
CREATE FOREIGN TABLE u (
	i integer OPTIONS (glue_type 'int'),
	k smallint OPTIONS (glue_type 'smallint')
) SERVER lake OPTIONS (database 'db', table_name 'u');

-- what each scan asks Athena for, and what it filters
CREATE FUNCTION nodes(plan json) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN NEXT CASE WHEN plan->>'Node Type' = 'Foreign Scan'
		THEN (plan->>'Remote SQL') || coalesce('  -- here: ' || (plan->>'Filter'), '')
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
\t on
\pset format unaligned
\pset fieldsep '\n    '

SELECT q, string_agg(p, E'\n    ' ORDER BY o) FROM unnest(ARRAY[
	-- above conditions: as they are
	'SELECT i + 1 FROM t WHERE b',
	'SELECT i / k FROM t WHERE k <> 0',
	'SELECT i + 1 AS x, sum(i * j), min(i::smallint) FROM t GROUP BY 1',
	'SELECT DISTINCT i % k FROM t',
	'SELECT i FROM t ORDER BY i + 1 LIMIT 3',
	'SELECT i, sum(i * 2) OVER (PARTITION BY b) FROM t',
	-- FILTER leaves rows out, which are computed there
	'SELECT sum(i / k) FILTER (WHERE k <> 0), count(*) FILTER (WHERE i / k > 1) FROM t',
	-- over groups and windows, where HAVING and the like leave rows out here
	'SELECT 10 / count(b) FROM t GROUP BY i HAVING lower(min(s)) > ''a''',
	'SELECT i + 1, row_number() OVER (ORDER BY i) FROM t',
	'SELECT count(*) FROM t GROUP BY i HAVING 10 / count(b) > 1',
	-- conditions
	'SELECT count(*) FROM t WHERE i + 1 > 3',
	'SELECT count(*) FROM t WHERE i / k > 2 AND k <> 0 AND b',
	'SELECT count(*) FROM t WHERE i + 1 > 3 AND 10 / (i + 1) > 1',
	'SELECT count(*) FROM t WHERE b AND i + 1 > 3 AND 10 / (i + 1) > 1',
	'SELECT count(*) FROM t WHERE b OR i / k > 2',
	-- what is evaluated here leaves rows out, too
	'SELECT count(*) FROM t WHERE i / k > 2 AND lower(s) = ''a''',
	'SELECT count(*) FROM t WHERE i / k > 2 AND s = current_user',
	-- another error there
	'SELECT count(*) FROM t WHERE sqrt(f) > 2',
	'SELECT sqrt(f) FROM t',
	-- joins: each behind the conditions of its own table
	'SELECT sum(t.i * u.i) FROM t JOIN u ON t.j = u.i WHERE t.i / t.k > 2 AND t.k <> 0 AND u.i + u.k > 1 AND t.b',
	'SELECT t.i FROM t LEFT JOIN u ON t.j = u.i AND u.k <> 0 AND 10 / u.k > 1',
	'SELECT t.i FROM t WHERE EXISTS (SELECT FROM u WHERE u.i = t.i AND u.k + 1::smallint > 2 AND u.k > 0)',
	'SELECT t.s, u.k FROM t FULL JOIN (SELECT * FROM u WHERE i + 1 > 2 AND k > 0) u ON t.i = u.k',
	-- a column equal to one of another table, on whose rows engines evaluate the condition, too
	'SELECT count(*) FROM t JOIN u ON t.i = u.i WHERE 10 / t.i > 2',
	'SELECT count(*) FROM t LEFT JOIN u ON t.i = u.i WHERE 10 / t.i > 2',
	-- numerics of several scales: sums, not what is a value of one of them
	'SELECT sum(CASE WHEN b THEN n ELSE 0 END), avg(coalesce(n, 0)) FROM t',
	'SELECT sum(coalesce(n, 0)) FROM t HAVING sum(coalesce(n, 0)) > 1 ORDER BY 1',
	'SELECT sum(coalesce(n, 0)) + 1 FROM t',
	'SELECT min(coalesce(n, 0)) FROM t',
	'SELECT count(*) FROM t GROUP BY coalesce(n, 0)',
	'SELECT sum(greatest(n, 0)) FROM t',
	'SELECT sum(nullif(coalesce(n, 0), 1)) FROM t',
	-- LIMIT alone: rows behind those it gives are never looked at; a sort looks at all
	'SELECT i / k AS q FROM t LIMIT 3',
	'SELECT i FROM t WHERE i / k > 1 LIMIT 3',
	'SELECT i / k AS q, i FROM t WHERE i / k > 1 ORDER BY i LIMIT 3',
	-- a clause over both sides is evaluated on joined rows, here
	'SELECT t.i FROM t JOIN u ON t.i = u.i AND t.k + u.k > 2'
]) WITH ORDINALITY q(q, n), LATERAL show(q) WITH ORDINALITY p(p, o) GROUP BY n, q ORDER BY n;

-- a parameter whose value may not be sendable is evaluated here: so is what may raise
SET plan_cache_mode = force_generic_plan;
PREPARE ints(int) AS SELECT count(*) FROM t WHERE i / k > $1 AND k <> $1;
PREPARE texts(text) AS SELECT count(*) FROM t WHERE i / k > 1 AND s > $1;
PREPARE numbers(numeric) AS SELECT count(*) FROM t WHERE i / k > 1 AND i::numeric > $1;
SELECT show('EXECUTE ints(1)');
SELECT show('EXECUTE texts(''a'')');
SELECT show('EXECUTE numbers(1.5)');
DEALLOCATE ALL;

-- a security barrier: what may tell of its rows is evaluated above it
CREATE VIEW few WITH (security_barrier) AS SELECT * FROM t WHERE k <> 0;
SELECT show('SELECT i FROM few WHERE i / k > 1');

\t off
SET client_min_messages = warning;
DROP SCHEMA raises CASCADE;
DROP EXTENSION pds_fdw CASCADE;
