-- Bias metrics: arguments, rights, undefined values.  The values themselves: test/bias.
\set VERBOSITY terse
CREATE EXTENSION pds_fdw;
CREATE SCHEMA bias;
SET search_path = bias;
CREATE TABLE loans (sex text, age int, grade numeric, approved int, branch text, day date);
INSERT INTO loans SELECT CASE i % 3 WHEN 0 THEN 'f' WHEN 1 THEN 'm' END, i, 1.0 + i % 2, i % 5 % 2, chr(97 + i % 2), '2024-01-01'
	FROM generate_series(1, 24) i;
SET extra_float_digits = 0;

-- each value against the rest; rows without a facet value are in no facet, but among the others
SELECT facet_value, metric, round(value::numeric, 6) AS value, note FROM pds.bias_report('loans', 'sex', 'approved', positive_values => 1);
-- one facet: a value, several, a literal, a threshold
SELECT DISTINCT facet_value FROM pds.bias_report('loans', 'sex', 'approved', positive_values => 1, facet_values => 'f');
SELECT DISTINCT facet_value FROM pds.bias_report('loans', 'sex', 'approved', positive_values => 1, facet_values => '{f,m}');
SELECT DISTINCT facet_value FROM pds.bias_report('loans', 'grade', 'approved', positive_values => ARRAY[1], facet_values => ARRAY[1, 2.00]);
SELECT facet_value, metric, round(value::numeric, 6) AS value FROM pds.bias_report('loans', 'age', 'approved', positive_above => 0.5, facet_above => 12, group_by => 'branch') WHERE metric IN ('CDDL', 'CI', 'DPL');
-- equal values are one facet, however they are written
CREATE TABLE scales (x numeric, f float8, l int);
INSERT INTO scales VALUES (1.0, 0, 1), (1.00, '-0', 0), (2, 1, 1);
SELECT facet_value, value FROM pds.bias_report('scales', 'x', 'l', positive_values => 1) WHERE metric = 'CI';
SELECT facet_value, value FROM pds.bias_report('scales', 'f', 'l', positive_values => 1) WHERE metric = 'CI';
SELECT pds.js_divergence(l = 1, x), pds.js_divergence(l = 1, f) FROM scales;

-- without positive labels the distributions run over every label
SELECT metric, round(value::numeric, 6) AS value, note FROM pds.bias_report('loans', 'sex', 'grade', facet_values => 'f');
-- undefined: NULL with a note; strict takes all labels
CREATE TABLE apart (f text, l text, g text);
INSERT INTO apart VALUES ('a', 'p', 'x'), ('a', 'p', NULL), ('b', 'n', 'y');
SELECT metric, value, note FROM pds.bias_report('apart', 'f', 'l', positive_values => 'p', facet_values => 'a', group_by => 'g');
SELECT metric, value, note FROM pds.bias_report('apart', 'f', 'l', positive_values => 'p', facet_values => 'a', strict => true);
SELECT metric, note FROM pds.bias_report('apart', 'f', 'l', positive_values => 'zz', facet_values => 'none', group_by => 'f') WHERE metric IN ('CDDL', 'CI');
SELECT pds.bias_json('apart', 'f', 'l', positive_values => 'p', facet_values => 'a', strict => true);
-- no rows
SELECT * FROM pds.bias_report('scales', 'x', 'l', positive_values => 1, facet_values => 9) WHERE metric = 'CI';
TRUNCATE scales;
SELECT count(*) FROM pds.bias_report('scales', 'x', 'l', positive_values => 1);
SELECT metric, value, note FROM pds.bias_report('scales', 'x', 'l', positive_values => 1, facet_above => 1) WHERE metric = 'CI';
SELECT pds.class_imbalance(true) FROM scales;

-- aggregates: weights, NULLs, parallel states
SELECT pds.class_imbalance(sex = 'f'), pds.class_imbalance(sex = 'f', approved) FROM loans;
SELECT pds.class_imbalance(sex = 'f', approved, n) FROM (SELECT sex, approved, count(*) AS n FROM loans GROUP BY 1, 2) g;
SELECT pds.kl_divergence(f, l, w) FROM (VALUES (true, 1, 1::bigint), (false, 1, 1), (true, 2, NULL), (true, 2, 0)) v (f, l, w);
SELECT pds.kl_divergence(true, 1, -1::bigint);
SELECT pds.total_variation_distance(f, l, 1, true) AS strict, pds.total_variation_distance(f, l) AS shared FROM (VALUES (true, 'x'), (false, 'x'), (true, NULL)) v (f, l);
CREATE TABLE many AS SELECT i % 5 = 0 AS f, i % 7 AS l, i % 3 = 0 AS p, i % 11 AS g FROM generate_series(1, 100000) i;
ANALYZE many;
CREATE TEMP TABLE serial AS SELECT pds.class_imbalance(f) ci, pds.positive_proportions_difference(f, p) dpl, pds.kl_divergence(f, l) kl, pds.js_divergence(f, l) js, pds.lp_norm(f, l) lp, pds.total_variation_distance(f, l) tvd, pds.kolmogorov_smirnov(f, l) ks, pds.conditional_demographic_disparity(f, p, g) cddl FROM many;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT pds.kl_divergence(f, l) FROM many;
SELECT round(pds.kl_divergence(f, l)::numeric, 15) = round(max(serial.kl)::numeric, 15) AS kl, round(pds.conditional_demographic_disparity(f, p, g)::numeric, 15) = round(max(cddl)::numeric, 15) AS cddl, pds.class_imbalance(f) = max(ci) AS ci FROM many, serial;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

-- mistakes
SELECT pds.bias_json(NULL, 'sex', 'approved');
SELECT pds.bias_json('loans', 'sexx', 'approved');
SELECT pds.bias_json('loans', 'sex', 'approved', group_by => 'nowhere');
SELECT pds.bias_json('loans', 'sex', 'approved', positive_values => 'yes');
SELECT pds.bias_json('loans', 'sex', 'approved', positive_values => ARRAY[1, NULL]);
SELECT pds.bias_json('loans', 'sex', 'approved', positive_values => '{}');
SELECT pds.bias_json('loans', 'sex', 'approved', positive_values => 1, positive_above => 1);
SELECT pds.bias_json('loans', 'day', 'approved', facet_above => 1);
SELECT pds.bias_json('loans', 'age', 'approved', facet_above => 'NaN');
SELECT pds.bias_report('loans', 'sex', 'approved') IS NULL AS set_in_select_list LIMIT 1;
-- odd names are quoted
CREATE TABLE "o'dd ""t" ("Fa cet" text, "la""bel" int, "g'" int);
INSERT INTO "o'dd ""t" VALUES ('it''s', 1, 1), ('b,\"', 0, 1);
SELECT facet_value, value FROM pds.bias_report('"o''dd ""t"', 'Fa cet', 'la"bel', positive_values => 1, facet_values => ARRAY['it''s', 'b,\"'], group_by => 'g''') WHERE metric = 'CDDL';
-- the caller's rights
CREATE ROLE regress_pds_analyst;
GRANT USAGE ON SCHEMA bias TO regress_pds_analyst;
SET ROLE regress_pds_analyst;
SELECT pds.bias_json('loans', 'sex', 'approved');
RESET ROLE;
-- operators of another's schema are not called
CREATE FUNCTION evil(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'called'; END $$;
CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = evil);
SET search_path = bias, pg_catalog;
SELECT count(*) FROM pds.bias_report('loans', 'sex', 'approved', facet_values => 'f');

SET client_min_messages = warning;
DROP SCHEMA bias CASCADE;
DROP EXTENSION pds_fdw CASCADE;
DROP ROLE regress_pds_analyst;
