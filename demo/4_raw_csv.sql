-- Files that no catalog describes, with line breaks inside quotes.
\echo
\echo '--------------------------------------------------------------------------------'
\echo ' 4. Raw files: quoted text with line breaks, which no SerDe of Athena reads'
\echo '--------------------------------------------------------------------------------'
SET search_path = lake, public;
\set ECHO queries
CREATE FOREIGN TABLE raw_reviews (
	review_id bigint, product_category text, star_rating int, sentiment int, helpful_votes int,
	price numeric(8,2), verified_purchase boolean, review_date date, reviewed_at timestamp(3),
	review_headline text, review_body text
) SERVER aws OPTIONS (location 's3://dsoaws-demo/raw/', format 'csv', header 'true');

SELECT count(*) AS reviews,
       count(*) FILTER (WHERE review_body LIKE E'%\n%') AS with_line_breaks,
       max(length(review_body)) AS longest
  FROM raw_reviews;

SELECT review_id, review_headline, review_body FROM raw_reviews
 WHERE review_body LIKE E'%\n%' ORDER BY review_id LIMIT 2;
