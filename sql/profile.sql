-- pds.profile over a heap table, and charts.  Malformed values of direct scans: test/t/150_profile.pl.
\set VERBOSITY terse
CREATE EXTENSION pds_fdw;
CREATE SCHEMA prof;
SET search_path = prof;
SET extra_float_digits = 0;
CREATE TABLE t (a int, b text, "C d" numeric, e date, f bool, j json, k jsonb, m float8, z int[], u uuid, c char(3));
INSERT INTO t VALUES (1, 'x', 1.5, '2024-01-01', true, '{}', '{"a":1}', 'NaN', '{1}', NULL, 'a'), (1, '', 2.50, '2024-01-02', false, '{}', NULL, 1, '{1}', NULL, 'a'),
	(2, NULL, NULL, NULL, true, NULL, NULL, 2, '{2}', NULL, 'b'), (2, 'x', 1.5, 'infinity', true, NULL, NULL, 2, NULL, NULL, '');
ALTER TABLE t ADD gone int, ADD long text;
UPDATE t SET long = repeat('é', 300);
ALTER TABLE t DROP gone;
SELECT column_name, data_type, row_count AS rows, missing, empty, invalid, distinct_values AS "distinct", duplicates AS dup, left(top, 10) AS top, top_count FROM pds.profile('t');
SELECT column_name, length(minimum) AS shown, left(minimum, 10) AS minimum, left(maximum, 10) AS maximum, mean, stddev FROM pds.profile('t');
-- the columns asked for, in that order
SELECT column_name, mean FROM pds.profile('t', '{C d,a}');
SELECT column_name FROM pds.profile('t', '{}');
SELECT column_name FROM pds.profile('t', '{nope}');
SELECT column_name FROM pds.profile('t', ARRAY[NULL::name]);
SELECT column_name FROM pds.profile('t', '{ctid}');
SELECT * FROM pds.profile(NULL);
-- no rows, no columns
CREATE VIEW empty AS SELECT a, b FROM t WHERE false;
SELECT * FROM pds.profile('empty');
CREATE TABLE no_columns ();
SELECT * FROM pds.profile('no_columns');
-- the most frequent value: the smallest text of those; none where no value comes again
CREATE TABLE ties AS SELECT unnest(ARRAY['b', 'a', 'b', 'a', 'c']) AS v, generate_series(1, 5) AS n;
SELECT column_name, top, top_count FROM pds.profile('ties');
-- more columns than one query takes
DO $$ BEGIN EXECUTE 'CREATE TABLE wide (' || (SELECT string_agg(format('c%s int', i), ', ') FROM generate_series(1, 450) i) || ')'; END $$;
INSERT INTO wide SELECT FROM generate_series(1, 3);
SELECT count(*), sum(missing), min(row_count) FROM pds.profile('wide');
-- the caller's rights
CREATE ROLE regress_pds_analyst;
GRANT USAGE ON SCHEMA prof TO regress_pds_analyst;
SET ROLE regress_pds_analyst;
SELECT * FROM pds.profile('t');
RESET ROLE;

-- charts
SELECT pds.bar('Dresses', 0.4), pds.bar('ünïcode <', 5, 10, 8), pds.bar(3, 4), pds.bar(-3, 4, 10);
SELECT pds.bar(1, 0, 4) = '' AS no_scale, pds.bar(9, 3, 4), pds.bar(0.0001, 1, 4) AS at_least_a_line, pds.bar('NaN', 1, 4) = '' AS nan;
SELECT pds.bar_chart(l, v ORDER BY l COLLATE "C") FROM (VALUES ('Dresses', 5375::float8), ('Knits ünïcode', 4089), ('b', 1), ('nul', NULL), ('inf', 'Infinity'), ('nan', 'NaN'), (NULL, 0)) t (l, v);
SELECT pds.bar_chart(l, v, 30 ORDER BY l) FROM (VALUES ('a', -0.2::float8), ('b', 0.5), ('c', -0.0001), (E'd\te', 0)) t (l, v);
SELECT pds.bar_chart(l, v, 4 ORDER BY l) FROM (VALUES ('a', 12345678), ('b', 1234567.8), ('c', '-0'::float8)) t (l, v);
SELECT pds.bar_chart(repeat('é', 60), 1.5);
SELECT pds.bar_chart(l, v) FROM (VALUES ('a', 0::float8)) t (l, v) WHERE false;
SELECT pds.bar_chart('a', 1, 0);
SELECT pds.bar_chart('a', 1, 501);
SELECT pds.bar_chart(i::text, i) FROM generate_series(1, 10001) i;
SELECT pds.svg_bar_chart(l, v, 'A <title> & "more"' ORDER BY l) FROM (VALUES ('a & b', 2::float8), ('<c>', -1), ('d', NULL), ('e', 'Infinity')) t (l, v);
SELECT pds.svg_bar_chart('x', 0) LIKE '<svg %</svg>_' AS no_scale;

SET client_min_messages = warning;
DROP SCHEMA prof CASCADE;
DROP EXTENSION pds_fdw CASCADE;
DROP ROLE regress_pds_analyst;
