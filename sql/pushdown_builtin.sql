-- Collations of the server itself: they order by code points, which are the bytes of UTF-8 in order, so
-- that texts are ordered there.  17 has the first of them (pushdown_builtin_1.out), 18 the second.
SELECT count(*) = 0 AS none, coalesce(max(collname) FILTER (WHERE collname = 'pg_unicode_fast'), 'pg_c_utf8') AS second
FROM pg_collation WHERE collname IN ('pg_c_utf8', 'pg_unicode_fast') AND collprovider = 'b' \gset
\if :none
\quit
\endif
\i sql/sent.psql

SELECT n, replace(q, c, 'builtin') AS q, sent FROM unnest(ARRAY['pg_c_utf8', :'second']) WITH ORDINALITY AS u (c, n),
	LATERAL unnest(ARRAY[format('s < ''x'' COLLATE %I', c), format('s >= ''x'' COLLATE %I', c), format('s = ''x'' COLLATE %I', c),
						 format('s LIKE ''x%%'' COLLATE %I', c), format('lower(s COLLATE %I) = ''x''', c)]) AS q, show(q);
EXPLAIN (COSTS OFF) SELECT max(s COLLATE pg_c_utf8), min(s COLLATE :"second") FROM t;
EXPLAIN (COSTS OFF) SELECT s FROM t ORDER BY s COLLATE pg_c_utf8 LIMIT 3;

DROP FUNCTION show(text);
DROP SERVER lake CASCADE;
DROP EXTENSION pds_fdw;
