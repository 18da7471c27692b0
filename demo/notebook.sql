-- The first week of a practical data-science course, from psql: data is fetched, described, cleaned, stored, queried,
-- looked at for bias, and drawn.  demo/run starts it, after the other files of this folder; it can be run again.
--
-- Variables: endpoint, region, key, secret; html: the page to write (demo/notebook.html); athena_writes: on where the
-- engine behind Athena runs CREATE TABLE AS and UNLOAD (the demo's engine does not).
\if :{?html} \else \set html demo/notebook.html \endif
\if :{?athena_writes} \else \set athena_writes off \endif
\set ECHO none
\encoding UTF8
\pset null '(null)'
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pds_fdw;
DROP SERVER IF EXISTS my_aws, open_data CASCADE;
DROP SCHEMA IF EXISTS notebook CASCADE;
CREATE SCHEMA notebook;
-- what is longer than n characters ends in an ellipsis, or begins with one
CREATE FUNCTION notebook.short(t text, n int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN length(t) > n THEN rtrim(left(t, n - 1)) || '…' ELSE t END $$;
CREATE FUNCTION notebook.short_end(t text, n int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN length(t) > n THEN '…' || ltrim(right(t, n - 1)) ELSE t END $$;
CREATE SERVER my_aws FOREIGN DATA WRAPPER pds_fdw OPTIONS (region :'region', endpoint_url :'endpoint');
CREATE USER MAPPING FOR CURRENT_USER SERVER my_aws OPTIONS (access_key_id :'key', secret_access_key :'secret');
CREATE SERVER open_data FOREIGN DATA WRAPPER pds_fdw
	OPTIONS (region :'region', endpoint_url :'endpoint', anonymous 'true');
SET search_path = notebook, public;

\echo
\echo '--------------------------------------------------------------------------------'
\echo ' Notebook 1. Who am I, and where is my bucket?'
\echo '--------------------------------------------------------------------------------'
\echo 'Server my_aws has your keys; server open_data has none (anonymous ''true'').'
\set ECHO queries
SELECT account_id, region, credentials_source FROM pds.session('my_aws');

SELECT pds.default_bucket('my_aws') AS bucket;
\set ECHO none
SELECT 's3://' || pds.default_bucket('my_aws') || '/notebook/' AS base \gset
\set landing :base 'landing/'
\set reviews :landing 'reviews/'
\set clean :base 'clean/'
\set departments :base 'departments/'
\set train :base 'train/'
\set summary :base 'summary/'
\echo Everything goes below :base
\echo

\echo '--------------------------------------------------------------------------------'
\echo ' Notebook 2. aws s3 ls, cp, sync'
\echo '--------------------------------------------------------------------------------'
\echo 'What is public, without keys:'
\set ECHO queries
SELECT name, size, is_prefix FROM pds.s3_list('open_data', 's3://dsoaws-public/');

SELECT name, size FROM pds.s3_list('open_data', 's3://dsoaws-public/', recursive => true, pattern => '*.csv');

SELECT pds.s3_get_text('open_data', 's3://dsoaws-public/data/reviews_2024.csv', bytes => 293);

\set ECHO none
\echo 'Into the own bucket: one object, then what is missing of the others (said first, then done):'
\set ECHO queries
SELECT action, target, bytes
  FROM pds.s3_copy('my_aws', 's3://dsoaws-public/data/reviews_2023.csv', :'reviews');

SELECT action, target, bytes
  FROM pds.s3_sync('my_aws', 's3://dsoaws-public/data/', :'reviews', dry_run => true);

SELECT count(*) AS copied FROM pds.s3_sync('my_aws', 's3://dsoaws-public/data/', :'reviews');

\set ECHO none
\echo '--------------------------------------------------------------------------------'
\echo ' Notebook 3. read_csv: what is in the files?'
\echo '--------------------------------------------------------------------------------'
\set ECHO queries
SELECT field_delimiter, quote_character, header_count, character_encoding, estimated_rows, serde, note
  FROM pds.infer_format('my_aws', :'reviews');

SELECT column_name, glue_type, postgres_type, null_count, short(example, 30) AS example
  FROM pds.infer_schema('my_aws', :'reviews');

SELECT count(*), round(avg(price), 2) AS mean_price
  FROM pds.read_csv('my_aws', :'reviews') AS t (star_rating int, price numeric);

\set ECHO none
\echo 'Or as a foreign table: every folder below the location becomes one, with the columns inferred.'
\set ECHO queries
IMPORT FOREIGN SCHEMA :"landing" FROM SERVER my_aws INTO notebook;

SELECT product_category, count(*) AS reviews, count(*) FILTER (WHERE review_body LIKE E'%\n%') AS line_breaks
  FROM reviews GROUP BY 1 ORDER BY 2 DESC LIMIT 4;

\set ECHO none
\echo '--------------------------------------------------------------------------------'
\echo ' Notebook 4. The catalog: a database, and a table for the clean reviews'
\echo '--------------------------------------------------------------------------------'
\set ECHO queries
SELECT pds.create_database('my_aws', 'notebook', 'Reviews, cleaned', exist_ok => true) AS is_new;

SELECT pds.create_csv_table('my_aws', 'notebook', 'clean_reviews', :'clean',
           columns => 'review_id int, sentiment int COMMENT ''-1 bad, 0 neutral, 1 good'', review_body string,
                       price decimal(8,2), verified_purchase boolean, review_date date',
           partitions => 'product_category string',
           sep => '\t', description => 'Reviews with a sentiment');

SELECT name, type, partition_key, comment FROM pds.table_columns('my_aws', 'notebook', 'clean_reviews');

\set ECHO none
\echo '--------------------------------------------------------------------------------'
\echo ' Notebook 5. Sentiment from the stars; the clean rows are written back'
\echo '--------------------------------------------------------------------------------'
\echo 'Four and five stars are good (1), three neutral (0), fewer bad (-1); line breaks become blanks.'
\echo 'INSERT writes objects as the SerDe of the table reads them, and registers the partitions:'
\set ECHO queries
IMPORT FOREIGN SCHEMA notebook LIMIT TO (clean_reviews) FROM SERVER my_aws INTO notebook;
ALTER FOREIGN TABLE clean_reviews OPTIONS (ADD write_mode 'overwrite', ADD write_compression 'gzip');

INSERT INTO clean_reviews
SELECT review_id, CASE WHEN star_rating >= 4 THEN 1 WHEN star_rating = 3 THEN 0 ELSE -1 END,
       regexp_replace(review_body, '\s+', ' ', 'g'), price, verified_purchase, review_date, product_category
  FROM reviews WHERE review_body IS NOT NULL;

SELECT partition, short_end(location, 40) AS location FROM pds.partitions('my_aws', 'notebook', 'clean_reviews') LIMIT 3;

SELECT count(*) AS objects, sum(size) AS bytes
  FROM pds.s3_list('my_aws', :'clean', recursive => true, pattern => '*.gz');

SELECT sentiment, count(*), count(DISTINCT product_category) AS categories FROM clean_reviews GROUP BY 1 ORDER BY 1;

\set ECHO none
\echo 'COPY works too.  A small table of one''s own, its definition taken from a local one:'
\set ECHO queries
CREATE TABLE local_departments (product_category text, department text);
SELECT pds.create_csv_table_like('my_aws', 'local_departments', 'notebook', :'departments', 'departments');
IMPORT FOREIGN SCHEMA notebook LIMIT TO (departments) FROM SERVER my_aws INTO notebook;
ALTER FOREIGN TABLE departments OPTIONS (ADD write_mode 'overwrite');
COPY departments FROM stdin WITH (FORMAT csv);
Dresses,Dresses
Knits,Tops
Blouses,Tops
Pants,Bottoms
Jeans,Bottoms
Jackets,Jackets
Sleep,Intimate
Swim,Intimate
Shoes,Accessories
Trend,Trend
Café & Home,Home
\.
\set ECHO none
\echo '--------------------------------------------------------------------------------'
\echo ' Notebook 6. to_csv: any query as objects, then a table for them'
\echo '--------------------------------------------------------------------------------'
\echo 'What a model would be trained with: folders by year, gzip, at most 6,000 rows an object.'
\set ECHO queries
SELECT replace(object, :'base', '…') AS object, rows, bytes
  FROM pds.write_csv('my_aws',
           'SELECT sentiment, review_body, product_category, extract(year FROM review_date)::int AS year
              FROM notebook.clean_reviews',
           :'train', format => 'opencsv', compression => 'gzip', mode => 'overwrite',
           partition_by => '{year}', max_rows_per_file => 6000);

\set ECHO none
\echo 'A table made by hand knows no partitions until repair_table has looked for folders:'
\set ECHO queries
SELECT pds.create_csv_table('my_aws', 'notebook', 'train', :'train',
           'sentiment string, review_body string, product_category string', partitions => 'year int',
           serde => 'opencsv', skip_header_line_count => 1);
SELECT count(*) AS partitions FROM pds.partitions('my_aws', 'notebook', 'train');
SELECT action, partition FROM pds.repair_table('my_aws', 'notebook', 'train');

\set ECHO none
\echo 'Or a crawler of one''s own finds columns, types and partitions:'
\set ECHO queries
SELECT sum(rows) AS rows_written FROM pds.write_csv('my_aws',
           'SELECT product_category, sentiment, count(*) AS reviews, round(avg(price), 2) AS mean_price
              FROM notebook.clean_reviews GROUP BY 1, 2',
           :'summary', mode => 'overwrite', partition_by => '{sentiment}');
SELECT action, object, name, detail FROM pds.crawl('my_aws', 'notebook', 'summary', :'summary');

SELECT table_name, format, columns, partition_keys FROM pds.tables('my_aws', 'notebook') ORDER BY 1;

IMPORT FOREIGN SCHEMA notebook LIMIT TO (train, summary) FROM SERVER my_aws INTO notebook;

SELECT (SELECT count(*) FROM train) AS train, (SELECT count(*) FROM clean_reviews) AS clean_reviews,
       (SELECT sum(reviews) FROM summary) AS in_summary;

\set ECHO none
\echo '--------------------------------------------------------------------------------'
\echo ' Notebook 7. Athena'
\echo '--------------------------------------------------------------------------------'
\set ECHO queries
SELECT pds.create_athena_bucket('my_aws') AS results \gset
ALTER SERVER my_aws OPTIONS (ADD output_location :'results');

SELECT * FROM pds.athena_query('my_aws',
           'SELECT d.department, count(*), avg(r.sentiment) FROM clean_reviews r
              JOIN departments d ON r.product_category = d.product_category GROUP BY 1 ORDER BY 2 DESC',
           database => 'notebook') AS t (department text, reviews bigint, sentiment double precision);

SELECT pds.athena_query_json('my_aws',
           'SELECT product_category, count(*) AS n FROM clean_reviews WHERE sentiment = ? GROUP BY 1 ORDER BY 2 DESC LIMIT 3',
           database => 'notebook', params => ROW(-1));

\set ECHO none
\echo 'A foreign table goes to Athena as well; here join and GROUP BY are sent together:'
\set ECHO queries
SET pds.engine = athena;
EXPLAIN (VERBOSE, COSTS OFF)
SELECT d.department, count(*) FROM clean_reviews r JOIN departments d USING (product_category) GROUP BY 1;
SELECT d.department, count(*) FROM clean_reviews r JOIN departments d USING (product_category)
 GROUP BY 1 ORDER BY 2 DESC LIMIT 3;
RESET pds.engine;

SELECT source, statement_type, state, bytes_scanned, round(price, 6) AS dollars,
       short(regexp_replace(sql, '\s+', ' ', 'g'), 40) AS sql
  FROM pds.athena_executions;

\set ECHO none
\if :athena_writes
\echo 'CREATE TABLE AS and UNLOAD:'
\set bad :base 'bad/'
\set unload :base 'unload/'
SELECT count(*) AS "deleted of the last run" FROM pds.s3_delete('my_aws', :'bad', recursive => true);
SELECT count(*) AS "deleted of the last run" FROM pds.s3_delete('my_aws', :'unload', recursive => true);
SELECT pds.drop_table('my_aws', 'notebook', 'bad_reviews', if_exists => true);
\set ECHO queries
SELECT row_count, bytes_scanned FROM pds.athena_ctas('my_aws',
           'SELECT review_id, review_body, product_category FROM clean_reviews WHERE sentiment = -1',
           'bad_reviews', 'notebook', location => :'bad', field_delimiter => E'\t');
IMPORT FOREIGN SCHEMA notebook LIMIT TO (bad_reviews) FROM SERVER my_aws INTO notebook;
SELECT product_category, count(*) FROM bad_reviews GROUP BY 1 ORDER BY 2 DESC LIMIT 3;

SELECT count(*) AS objects FROM pds.athena_unload('my_aws',
           'SELECT review_id, price FROM clean_reviews WHERE price > 200', :'unload', database => 'notebook',
           field_delimiter => ',');
SELECT count(*), min(price) FROM pds.read_csv('my_aws', :'unload', delimiter => ',') AS t (review_id int, price numeric);
\set ECHO none
\else
-- pds.athena_ctas and pds.athena_unload need Athena's real engine; test/t/170_notebook.pl runs them on Trino.
\endif

\echo '--------------------------------------------------------------------------------'
\echo ' Notebook 8. Is the data good?  A profile of every column in one pass'
\echo '--------------------------------------------------------------------------------'
\set ECHO queries
CREATE TABLE profile AS SELECT * FROM pds.profile('clean_reviews');
SELECT column_name, row_count, missing, empty, distinct_values, short(top, 16) AS top, top_count,
       short(minimum, 12) AS minimum, short(maximum, 12) AS maximum, round(mean::numeric, 2) AS mean
  FROM profile;

\set ECHO none
\echo '--------------------------------------------------------------------------------'
\echo ' Notebook 9. Is the data fair?  Clarify''s pre-training bias metrics'
\echo '--------------------------------------------------------------------------------'
\echo 'Facet: the product category; label: the sentiment, 1 is the good one.'
\set ECHO queries
CREATE TABLE bias AS SELECT * FROM pds.bias_report('clean_reviews', 'product_category', 'sentiment',
           positive_values => 1, group_by => 'verified_purchase');
SELECT metric, round(value::numeric, 4) AS value, description FROM bias WHERE facet_value = 'Trend';

SELECT pds.bar_chart(facet_value, value ORDER BY value DESC) AS "Class imbalance: 1 is rare, 0 balanced"
  FROM bias WHERE metric = 'CI';

SELECT pds.bar_chart(facet_value, value ORDER BY value DESC) AS "DPL: above 0, fewer good reviews than the others"
  FROM bias WHERE metric = 'DPL';

\set ECHO none
\echo 'As aggregates, for any condition and any GROUP BY; and as Clarify''s analysis.json:'
\set ECHO queries
SELECT verified_purchase,
       pds.class_imbalance(price > 100) AS ci,
       pds.positive_proportions_difference(price > 100, sentiment = 1) AS dpl,
       pds.kolmogorov_smirnov(price > 100, sentiment) AS ks
  FROM clean_reviews GROUP BY 1;

SELECT short(jsonb_pretty(pds.bias_json('clean_reviews', 'product_category', 'sentiment',
           positive_values => 1, facet_values => 'Trend')), 400) AS "analysis.json, the beginning";

SELECT pds.upload_data('my_aws',
           convert_to(pds.bias_json('clean_reviews', 'product_category', 'sentiment',
                                    positive_values => 1, facet_values => 'Trend')::text, 'UTF8'),
           'analysis.json', key_prefix => 'notebook') AS analysis \gset
SELECT pds.s3_get_text('my_aws', :'analysis')::jsonb ->> 'version' AS "version of analysis.json in the bucket";

\set ECHO none
\echo '--------------------------------------------------------------------------------'
\echo ' Notebook 10. Pictures: a page written by SQL, kept in the bucket'
\echo '--------------------------------------------------------------------------------'
\echo 'Bars in psql:'
\set ECHO queries
SELECT pds.bar_chart(product_category, reviews ORDER BY reviews DESC) AS "Reviews by category"
  FROM (SELECT product_category, sum(reviews) AS reviews FROM summary GROUP BY 1) s;

\set ECHO none
\echo 'And the page: charts and tables, each with the query that made it.'
-- A query's rows as a table, a query's SVG as a figure; both show the query.
CREATE FUNCTION html(t text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT replace(replace(replace(t, '&', '&amp;'), '<', '&lt;'), '>', '&gt;') $$;

CREATE FUNCTION made_by(query text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT format(E'<details><summary>The query</summary><pre>%s</pre></details>', html(query)) $$;

CREATE FUNCTION figure(query text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	svg text;
BEGIN
	EXECUTE query INTO STRICT svg;
	RETURN format(E'<figure>\n%s%s</figure>', svg, made_by(query));
END
$$;

-- A column of numbers has as many decimals in each row as one of them needs.  data-label: what a narrow screen shows
-- before the value, where a row is a card.
CREATE FUNCTION html_table(query text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	result json;
	lines text;
BEGIN
	EXECUTE format('SELECT json_agg(q) FROM (%s) q', query) INTO result;
	WITH value AS (
		SELECT r.n AS line, c.n AS col, html(c.key) AS name, c.value #>> '{}' AS value,
		       CASE WHEN json_typeof(c.value) = 'number' THEN (c.value #>> '{}')::numeric END AS number
		  FROM json_array_elements(result) WITH ORDINALITY AS r (line, n),
		       json_each(r.line) WITH ORDINALITY AS c (key, value, n)),
	cell AS (
		SELECT line, col, name,
		       coalesce(round(number, max(scale(number)) OVER (PARTITION BY col))::text, html(value), '–') AS value,
		       CASE WHEN bool_or(number IS NOT NULL) OVER (PARTITION BY col) THEN ' class="n"' END AS class
		  FROM value),
	line AS (
		SELECT line, string_agg(format('<th scope="col"%s>%s</th>', class, name), '' ORDER BY col) AS head,
		       string_agg(CASE col WHEN 1 THEN format('<th scope="row"%s>%s</th>', class, value)
		                  ELSE format('<td%s data-label="%s">%s</td>', class, name, value) END, '' ORDER BY col) AS body
		  FROM cell GROUP BY line)
	SELECT format(E'<thead><tr>%s</tr></thead>\n<tbody>\n%s\n</tbody>', min(head),
	              string_agg(format('<tr>%s</tr>', body), E'\n' ORDER BY line))
	  INTO lines FROM line;
	RETURN format(E'<table>\n%s\n</table>%s', lines, made_by(query));
END
$$;

CREATE TABLE page (part int GENERATED ALWAYS AS IDENTITY, html text NOT NULL);
INSERT INTO page (html) VALUES (
$$<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Product reviews: counts, profile, bias</title>
<style>
:root { color-scheme: light dark; --ink: #1d2329; --soft: #5b6670; --page: #fafaf8; --line: #dcdfe2; --card: #fff; --bar: #2f6f9f; --minus: #b85c38; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7ea; --soft: #9aa5af; --page: #15181b; --line: #333a41; --card: #1c2024; --bar: #5b9bd0; --minus: #d98560; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2.5rem 1.25rem 4rem; background: var(--page); color: var(--ink);
       font: 16px/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 3rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
p { max-width: 44rem; }
.soft, summary { color: var(--soft); font-size: .875rem; }
figure { margin: 1.25rem 0; max-width: 44rem; padding: .75rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
/* the bars take the width there is; labels and values keep their size */
figure > svg { display: block; width: 100%; fill: var(--ink); font-family: inherit; }
figure > svg > rect:first-child { fill: none; }
figure svg line { stroke: var(--soft); }
figure svg [fill="#2f6f9f"] { fill: var(--bar); }
figure svg [fill="#b85c38"] { fill: var(--minus); }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; width: 100%; margin: 1.25rem 0 0; }
th, td { padding: .35rem .5rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 600; }
.n { text-align: right; white-space: nowrap; }
thead .n { white-space: normal; }
details { margin: .5rem 0 0; }
summary { cursor: pointer; }
pre { overflow-x: auto; margin: .5rem 0 0; padding: .75rem; background: var(--page); border: 1px solid var(--line);
      border-radius: 6px; font-size: .8125rem; }
/* where a row has no room it is a card, a value beside its name */
@media (max-width: 54rem) {
  body { padding: 1.5rem 1rem 3rem; }
  figure { padding: .5rem; }
  thead { display: none; }
  table, tbody { display: block; }
  tr { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); column-gap: 1.25rem; padding: .6rem 0;
       border-bottom: 1px solid var(--line); }
  th, td { display: block; padding: .1rem 0; border: 0; }
  tbody th { grid-column: 1 / -1; font-size: 1rem; text-align: left; }
  td { display: flex; flex-wrap: wrap; justify-content: space-between; column-gap: .75rem; overflow-wrap: anywhere; }
  td::before { content: attr(data-label); color: var(--soft); white-space: nowrap; }
}
</style>
</head>
<body>
<h1>Product reviews</h1>$$);

INSERT INTO page (html)
SELECT format(E'<p>%s reviews of %s categories, %s to %s. A sentiment is 1 (good: four or five stars), 0 or -1.</p>\n'
              '<p class="soft">Written by SQL from a foreign table on %s.</p>',
              count(*), count(DISTINCT product_category), min(review_date), max(review_date),
              html(:'clean'))
  FROM clean_reviews;

INSERT INTO page (html) VALUES ('<h2>How many reviews there are</h2>'),
	(figure($$SELECT pds.svg_bar_chart(product_category, n, 'Reviews by category' ORDER BY n DESC)
  FROM (SELECT product_category, count(*) AS n FROM clean_reviews GROUP BY 1) g$$)),
	(figure($$SELECT pds.svg_bar_chart(CASE sentiment WHEN 1 THEN 'good' WHEN 0 THEN 'neutral' ELSE 'bad' END, n,
                         'Reviews by sentiment' ORDER BY sentiment DESC)
  FROM (SELECT sentiment, count(*) AS n FROM clean_reviews GROUP BY 1) g$$)),
	('<h2>Bias before training</h2>'
	 '<p>Is a category rare, and are its reviews as good as those of all others? CI near 1: rare. DPL above 0: it has '
	 'fewer good reviews than the others.</p>'),
	(figure($$SELECT pds.svg_bar_chart(facet_value, round(value::numeric, 4), 'Class imbalance (CI)' ORDER BY value DESC)
  FROM bias WHERE metric = 'CI'$$)),
	(figure($$SELECT pds.svg_bar_chart(facet_value, round(value::numeric, 4),
                         'Difference in proportions (DPL)' ORDER BY value DESC)
  FROM bias WHERE metric = 'DPL'$$)),
	(figure($$SELECT pds.svg_bar_chart(metric, round(value::numeric, 4), 'All metrics of Trend' ORDER BY metric)
  FROM bias WHERE facet_value = 'Trend'$$)),
	(html_table($$SELECT facet_value AS "Category",
       round(max(value) FILTER (WHERE metric = 'CI')::numeric, 4) AS "CI",
       round(max(value) FILTER (WHERE metric = 'DPL')::numeric, 4) AS "DPL",
       round(max(value) FILTER (WHERE metric = 'CDDL')::numeric, 4) AS "CDDL",
       round(max(value) FILTER (WHERE metric = 'KL')::numeric, 4) AS "KL",
       round(max(value) FILTER (WHERE metric = 'JS')::numeric, 4) AS "JS",
       round(max(value) FILTER (WHERE metric = 'LP')::numeric, 4) AS "LP",
       round(max(value) FILTER (WHERE metric = 'TVD')::numeric, 4) AS "TVD",
       round(max(value) FILTER (WHERE metric = 'KS')::numeric, 4) AS "KS"
  FROM bias GROUP BY facet_value ORDER BY "DPL" DESC$$)),
	('<p class="soft">The table bias is pds.bias_report(''clean_reviews'', ''product_category'', ''sentiment'', '
	 'positive_values =&gt; 1, group_by =&gt; ''verified_purchase'').</p>'),
	('<h2>Profile of the columns</h2>'),
	(html_table($$SELECT column_name AS "Column", data_type AS "Type", missing AS "Missing", distinct_values AS "Distinct",
       short(top, 20) AS "Most frequent", short(minimum, 20) AS "Minimum", short(maximum, 20) AS "Maximum",
       round(mean::numeric, 2) AS "Mean", round(stddev::numeric, 2) AS "Std. dev."
  FROM profile$$)),
	('<p class="soft">The table profile is pds.profile(''clean_reviews'').</p>'),
	(E'</body>\n</html>');

\o :html
\pset format unaligned
\pset tuples_only on
SELECT html FROM page ORDER BY part;
\o
\pset format aligned
\pset tuples_only off
\set picture :base 'notebook.html'
\set ECHO queries
SELECT pds.s3_put('my_aws', :'picture', string_agg(html, E'\n' ORDER BY part), content_type => 'text/html') AS bytes
  FROM page;
SELECT content_type, size, modified IS NOT NULL AS is_there FROM pds.s3_head('my_aws', :'picture');
SELECT short(pds.s3_presign('my_aws', :'picture', '10 minutes'), 90) AS "a link for ten minutes";
\set ECHO none
\echo The page is in :html and :picture
\echo

\echo '--------------------------------------------------------------------------------'
\echo ' Notebook 11. Cleaning up: first see what would go'
\echo '--------------------------------------------------------------------------------'
\set ECHO queries
SELECT action, count(*) AS objects, sum(bytes) AS bytes
  FROM pds.s3_delete('my_aws', :'base', recursive => true, dry_run => true) GROUP BY 1;

SELECT count(*) AS deleted FROM pds.s3_delete('my_aws', :'landing', recursive => true);
\set ECHO none
\echo 'All of it: pds.s3_delete without dry_run, and pds.drop_database(''my_aws'', ''notebook'', cascade => true).'
