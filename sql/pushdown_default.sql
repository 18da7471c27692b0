-- The database's own collation: texts are ordered there where it orders by bytes (C: pushdown_default_1.out).
\i sql/sent.psql

SELECT q, sent, here FROM unnest(ARRAY['s < ''x''', 's >= ''x''', 's = ''x''', 's BETWEEN ''a'' AND ''b'' COLLATE "C"', 's LIKE ''a%''']) AS q, show(q);
PREPARE p(text) AS SELECT 1 FROM t WHERE s < $1 AND i4 = 1;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p('x');
EXPLAIN (COSTS OFF) SELECT max(s) FROM t;
-- from 18 on a window has a line of its own
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF line !~ '^ *Window: ' THEN
			RETURN NEXT line;
		END IF;
	END LOOP;
END $$;
SELECT plan('SELECT row_number() OVER (ORDER BY s COLLATE "default") FROM t') AS "QUERY PLAN";
EXPLAIN (COSTS OFF) SELECT s FROM t ORDER BY s LIMIT 3;
DROP FUNCTION show(text), plan(text);
DROP SERVER lake CASCADE;
DROP EXTENSION pds_fdw;
