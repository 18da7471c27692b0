-- What EXPLAIN says.
\echo
\echo '--------------------------------------------------------------------------------'
\echo ' 3. EXPLAIN tells which way, what is sent, what is read and what it costs'
\echo '--------------------------------------------------------------------------------'
SET search_path = lake, public;
\set ECHO queries
SET pds.engine = athena;
EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF)
SELECT review_id, star_rating, review_headline FROM reviews
 WHERE product_category = 'Café & Home' AND sentiment = -1 AND price BETWEEN 50 AND 60;

\set ECHO none
\echo 'A filter on a partition key leaves out whole folders:'
\set ECHO queries
SET pds.engine = direct;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)
SELECT count(*) FROM reviews_by_year WHERE year = 2024 AND star_rating = 5;
RESET pds.engine;
