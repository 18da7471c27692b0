-- Collations of ICU: what is sent of texts.  A server may be built without it (pushdown_icu_1.out).
SELECT count(*) = 0 AS no_icu FROM pg_collation WHERE collname = 'en-x-icu' \gset
\if :no_icu
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
CREATE COLLATION nd (provider = icu, locale = 'und', deterministic = false);
CREATE COLLATION icu (provider = icu, locale = 'en-US');
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

SELECT q, sent, here FROM unnest(ARRAY[
	's < ''x'' COLLATE icu', 's >= ''x'' COLLATE icu', 's = ''x'' COLLATE icu', 's <> ''x'' COLLATE icu',
	's = ''x'' COLLATE nd', 's <> ''x'' COLLATE nd', 's < ''x'' COLLATE nd', 's COLLATE nd IN (''x'', ''y'')',
	's COLLATE icu IN (''x'', ''y'')', 's COLLATE icu < ANY (''{a,b}'')', 's LIKE ''a%'' COLLATE icu', '(s < ''x'' COLLATE icu) IS TRUE',
	's IS DISTINCT FROM ''x'' COLLATE nd', 's BETWEEN ''a'' AND ''b'' COLLATE icu']) AS q, show(q);
PREPARE p(text) AS SELECT 1 FROM t WHERE s < $1 COLLATE icu AND s = $1 COLLATE nd;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p('x');
EXPLAIN (COSTS OFF) SELECT s COLLATE nd, count(*) FROM t GROUP BY 1;
EXPLAIN (COSTS OFF) SELECT max(s COLLATE icu) FROM t;
DROP COLLATION nd;
DROP COLLATION icu;
DROP FUNCTION show(text);
DROP SERVER lake CASCADE;
DROP EXTENSION pds_fdw;
