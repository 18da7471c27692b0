-- The session that demo/picture.py draws.  Its lines are short, so that the picture is readable on a phone.
IMPORT FOREIGN SCHEMA dsoaws FROM SERVER aws INTO lake;

SELECT product_category, count(*), round(avg(sentiment), 2) AS mood
  FROM lake.reviews GROUP BY 1 ORDER BY 2 DESC LIMIT 4;

CREATE FOREIGN TABLE lake.good (review_id bigint, review_body text)
  SERVER aws OPTIONS (location 's3://dsoaws-demo/good/', format 'csv');

INSERT INTO lake.good
  SELECT review_id, review_body FROM lake.reviews WHERE star_rating = 5;

SELECT count(*) AS objects, sum(size) AS bytes
  FROM pds.s3_list('aws', 's3://dsoaws-demo/good/');

SET pds.engine = athena;

EXPLAIN (VERBOSE, COSTS OFF) SELECT max(price) FROM lake.reviews;
