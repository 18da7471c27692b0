-- The same question, answered by reading S3 here and by Athena.
\echo
\echo '--------------------------------------------------------------------------------'
\echo ' 2. The same question both ways'
\echo '--------------------------------------------------------------------------------'
\echo 'Reviews and mean sentiment by category, read directly from S3:'
SET search_path = lake, public;
\set ECHO queries
SET pds.engine = direct;
SELECT product_category, count(*) AS reviews, round(avg(sentiment), 3) AS sentiment
  FROM reviews GROUP BY 1 ORDER BY 2 DESC;

\set ECHO none
\echo 'And by Athena:'
\set ECHO queries
SET pds.engine = athena;
SELECT product_category, count(*) AS reviews, round(avg(sentiment), 3) AS sentiment
  FROM reviews GROUP BY 1 ORDER BY 2 DESC;
RESET pds.engine;
