-- Collations of ICU: what is sent of texts.  A server may be built without it (pushdown_icu_1.out).
SELECT count(*) = 0 AS no_icu FROM pg_collation WHERE collname = 'en-x-icu' \gset
\if :no_icu
\quit
\endif
\i sql/sent.psql
CREATE COLLATION nd (provider = icu, locale = 'und', deterministic = false);
CREATE COLLATION icu (provider = icu, locale = 'en-US');

SELECT q, sent, here FROM unnest(ARRAY[
	's < ''x'' COLLATE icu', 's >= ''x'' COLLATE icu', 's = ''x'' COLLATE icu', 's <> ''x'' COLLATE icu',
	's = ''x'' COLLATE nd', 's <> ''x'' COLLATE nd', 's < ''x'' COLLATE nd', 's COLLATE nd IN (''x'', ''y'')',
	's COLLATE icu IN (''x'', ''y'')', 's COLLATE icu < ANY (''{a,b}'')', 's LIKE ''a%'' COLLATE icu', '(s < ''x'' COLLATE icu) IS TRUE',
	's IS DISTINCT FROM ''x'' COLLATE nd', 's BETWEEN (''a'' COLLATE icu) AND (''b'' COLLATE icu)']) AS q, show(q);
PREPARE p(text) AS SELECT 1 FROM t WHERE s < $1 COLLATE icu AND s = $1 COLLATE nd;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p('x');
EXPLAIN (COSTS OFF) SELECT s COLLATE nd, count(*) FROM t GROUP BY 1;
EXPLAIN (COSTS OFF) SELECT max(s COLLATE icu) FROM t;
DROP COLLATION nd;
DROP COLLATION icu;
DROP FUNCTION show(text);
DROP SERVER lake CASCADE;
DROP EXTENSION pds_fdw;
