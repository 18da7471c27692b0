-- Collations of the server itself: they order by code points, which are the bytes of UTF-8 in order, so
-- that texts are ordered there.  17 has the first of them (pushdown_builtin_1.out), 18 the second.
SELECT count(*) = 0 AS none, coalesce(max(collname) FILTER (WHERE collname = 'pg_unicode_fast'), 'pg_c_utf8') AS second
FROM pg_collation WHERE collname IN ('pg_c_utf8', 'pg_unicode_fast') AND collprovider = 'b' \gset
\if :none
\quit
\endif
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION pds_fdw;
CREATE SERVER lake FOREIGN DATA WRAPPER pds_fdw
	OPTIONS (region 'us-east-1', endpoint_url 'http://127.0.0.1:1', engine 'athena', max_attempts '1');
CREATE USER MAPPING FOR CURRENT_USER SERVER lake OPTIONS (access_key_id 'AKIAEXAMPLE', secret_access_key 'hush');
CREATE FOREIGN TABLE t (i4 integer OPTIONS (glue_type 'int'), s text OPTIONS (glue_type 'string'))
	SERVER lake OPTIONS (database 'db', table_name 'T1');
CREATE FUNCTION show(condition text, OUT sent text, OUT here text) LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON, COSTS OFF) SELECT 1 FROM t WHERE ' || condition INTO plan;
	plan := plan->0->'Plan';
	sent := coalesce(substr(plan->>'Remote SQL', nullif(strpos(plan->>'Remote SQL', ' WHERE '), 0) + 7), '-');
	here := coalesce(plan->>'Filter', '-');
END $$;
\pset format unaligned
\pset fieldsep ' | '

SELECT n, replace(q, c, 'builtin') AS q, sent FROM unnest(ARRAY['pg_c_utf8', :'second']) WITH ORDINALITY AS u (c, n),
	LATERAL unnest(ARRAY[format('s < ''x'' COLLATE %I', c), format('s >= ''x'' COLLATE %I', c), format('s = ''x'' COLLATE %I', c),
						 format('s LIKE ''x%%'' COLLATE %I', c), format('lower(s COLLATE %I) = ''x''', c)]) AS q, show(q);
EXPLAIN (COSTS OFF) SELECT max(s COLLATE pg_c_utf8), min(s COLLATE :"second") FROM t;
EXPLAIN (COSTS OFF) SELECT s FROM t ORDER BY s COLLATE pg_c_utf8 LIMIT 3;

DROP FUNCTION show(text);
DROP SERVER lake CASCADE;
DROP EXTENSION pds_fdw;
