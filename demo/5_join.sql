-- A join with a table of this database.
\echo
\echo '--------------------------------------------------------------------------------'
\echo ' 5. Joined with a local table'
\echo '--------------------------------------------------------------------------------'
SET search_path = lake, public;
\set ECHO queries
CREATE TABLE lake.buyers (product_category text PRIMARY KEY, buyer text NOT NULL);
INSERT INTO lake.buyers VALUES
	('Dresses', 'Ada'), ('Knits', 'Grace'), ('Blouses', 'Edsger'), ('Trend', 'Barbara');

SELECT b.buyer, count(*) AS bad_reviews, round(avg(r.price), 2) AS mean_price
  FROM reviews r JOIN buyers b USING (product_category)
 WHERE r.sentiment = -1
 GROUP BY b.buyer ORDER BY bad_reviews DESC;
