-- The queries of the law.  {} is the schema: lake (direct, then Athena) or heap.
-- One a line; the comparison is between multisets of rows.  A line that begins with "--" is a comment.

-- whole tables, every column
SELECT * FROM {}.reviews
SELECT * FROM {}.hurt
SELECT * FROM {}.quoted
SELECT * FROM {}.parts
SELECT count(*) FROM {}.reviews
SELECT count(*) FROM {}.hurt
SELECT count(*) FROM {}.quoted
SELECT count(*) FROM {}.parts
SELECT s, id FROM {}.hurt
SELECT tableoid::regclass::text <> '' FROM {}.parts

-- integers
SELECT id FROM {}.hurt WHERE i = 1
SELECT id FROM {}.hurt WHERE i <> 1
SELECT id FROM {}.hurt WHERE ti < 0 OR si > 100
SELECT id FROM {}.hurt WHERE bi = 9223372036854775807
SELECT id FROM {}.hurt WHERE bi <= -9223372036854775808
SELECT id FROM {}.hurt WHERE i BETWEEN 0 AND 12
SELECT id FROM {}.hurt WHERE i NOT BETWEEN 0 AND 12
SELECT id FROM {}.hurt WHERE i IN (1, 5, 12)
SELECT id FROM {}.hurt WHERE i NOT IN (1, 5, 12)
SELECT id FROM {}.hurt WHERE i IN (1, NULL)
SELECT id FROM {}.hurt WHERE i NOT IN (1, NULL)
SELECT id FROM {}.hurt WHERE i = ANY ('{1,5,NULL}'::int[])
SELECT id FROM {}.hurt WHERE i = ANY ('{}'::int[])
SELECT id FROM {}.hurt WHERE i <> ALL ('{}'::int[])
SELECT id FROM {}.hurt WHERE i <> ALL ('{1,5}'::int[])
SELECT id FROM {}.hurt WHERE i > ANY ('{1,5}'::int[])
SELECT id FROM {}.hurt WHERE ti = si AND si = i
SELECT id FROM {}.hurt WHERE ti = i OR bi = i
SELECT id FROM {}.hurt WHERE i = 5::bigint
SELECT id FROM {}.hurt WHERE i = 5.0
SELECT id FROM {}.hurt WHERE i < 12.5

-- decimals
SELECT id FROM {}.hurt WHERE n = 1.50
SELECT id FROM {}.hurt WHERE n = 1.5
SELECT id, n FROM {}.hurt WHERE n > -1 AND n < 2
SELECT id FROM {}.hurt WHERE big = 9999999999999999999999999999.9999999999
SELECT id FROM {}.hurt WHERE big > 0.5
SELECT id FROM {}.hurt WHERE n IN (1.50, 0, 12.5)
SELECT id FROM {}.hurt WHERE n < 1e40
SELECT id FROM {}.hurt WHERE n = 'NaN'::numeric

-- floating point: NaN, infinities, negative zero
SELECT id, f, d FROM {}.hurt WHERE d = 'NaN'
SELECT id, f, d FROM {}.hurt WHERE d > 1
SELECT id, f, d FROM {}.hurt WHERE d <= 12.5
SELECT id, f, d FROM {}.hurt WHERE d <> 12.5
SELECT id, f, d FROM {}.hurt WHERE d = 0
SELECT id, f, d FROM {}.hurt WHERE f = 0.1
SELECT id, f, d FROM {}.hurt WHERE f = 0.1::real
SELECT id, f, d FROM {}.hurt WHERE d < 'Infinity'
SELECT id, f, d FROM {}.hurt WHERE f >= '-Infinity'
SELECT id, f, d FROM {}.hurt WHERE d BETWEEN -1 AND 1
SELECT id, f, d FROM {}.hurt WHERE d IN (0.1, 'NaN')
SELECT id, f, d FROM {}.hurt WHERE d IS DISTINCT FROM 12.5
SELECT id, f, d FROM {}.hurt WHERE f = d

-- booleans and NULL tests
SELECT id FROM {}.hurt WHERE b
SELECT id FROM {}.hurt WHERE NOT b
SELECT id FROM {}.hurt WHERE b IS TRUE
SELECT id FROM {}.hurt WHERE b IS NOT TRUE
SELECT id FROM {}.hurt WHERE b IS FALSE
SELECT id FROM {}.hurt WHERE b IS NOT FALSE
SELECT id FROM {}.hurt WHERE b IS UNKNOWN
SELECT id FROM {}.hurt WHERE b IS NOT UNKNOWN
SELECT id FROM {}.hurt WHERE b = true
SELECT id FROM {}.hurt WHERE b IS NULL
SELECT id FROM {}.hurt WHERE s IS NOT NULL AND n IS NULL
SELECT id FROM {}.hurt WHERE i IS DISTINCT FROM 12
SELECT id FROM {}.hurt WHERE i IS NOT DISTINCT FROM 12
SELECT id FROM {}.hurt WHERE s IS NOT DISTINCT FROM NULL
SELECT id FROM {}.hurt WHERE (b AND i > 1) OR (NOT b AND s IS NULL)
SELECT id FROM {}.hurt WHERE NOT (i > 1 AND s = 'a')
SELECT id FROM {}.hurt WHERE (i > 1) IS UNKNOWN

-- text: bytes, NULL and '', blanks, quotes, non-ASCII, collations
SELECT id, s FROM {}.hurt WHERE s = ''
SELECT id, s FROM {}.hurt WHERE s <> ''
SELECT id, s FROM {}.hurt WHERE s = 'trailing'
SELECT id, s FROM {}.hurt WHERE s = 'trailing  '
SELECT id, s FROM {}.hurt WHERE s = 'Zürich ÄÖ ß'
SELECT id, s FROM {}.hurt WHERE s IN ('a', 'A', '素敵な色です', '')
SELECT id, s FROM {}.hurt WHERE s LIKE '%''%'
SELECT id, s FROM {}.hurt WHERE s LIKE 'Z%'
SELECT id, s FROM {}.hurt WHERE s LIKE '素_な%'
SELECT id, s FROM {}.hurt WHERE s LIKE '%\%%'
SELECT id, s FROM {}.hurt WHERE s LIKE '%\_%'
SELECT id, s FROM {}.hurt WHERE s LIKE '%\\%'
SELECT id, s FROM {}.hurt WHERE s LIKE '%x%%' ESCAPE 'x'
SELECT id, s FROM {}.hurt WHERE s LIKE '%\%' ESCAPE ''
SELECT id, s FROM {}.hurt WHERE s LIKE '\t%'
SELECT id, s FROM {}.hurt WHERE s NOT LIKE '%a%'
SELECT id, s FROM {}.hurt WHERE s LIKE ''
SELECT id, s FROM {}.hurt WHERE s ILIKE 'a'
SELECT id, s FROM {}.hurt WHERE s > 'A'
SELECT id, s FROM {}.hurt WHERE s COLLATE "C" > 'A'
SELECT id, s FROM {}.hurt WHERE s COLLATE "C" BETWEEN 'A' AND 'a'
SELECT id, s FROM {}.hurt WHERE s COLLATE "C" >= 'Z'
SELECT id, v FROM {}.hurt WHERE v = 'abcde'
SELECT id, v FROM {}.hurt WHERE v LIKE 'abc__'
SELECT id FROM {}.hurt WHERE s = v
SELECT id FROM {}.quoted WHERE a = ''
SELECT id, a FROM {}.quoted WHERE a IS NULL
SELECT id, b FROM {}.quoted WHERE b LIKE '%,%'
SELECT id, a FROM {}.quoted WHERE a LIKE '%"%'

-- dates and timestamps
SELECT id, dt FROM {}.hurt WHERE dt = DATE '2024-01-31'
SELECT id, dt FROM {}.hurt WHERE dt < DATE '1970-01-01'
SELECT id, dt FROM {}.hurt WHERE dt > DATE '2024-02-28' AND dt < DATE '2024-03-02'
SELECT id, dt FROM {}.hurt WHERE dt IN ('2024-12-31', '0001-01-01')
SELECT id, dt FROM {}.hurt WHERE dt < 'infinity'
SELECT id, dt FROM {}.hurt WHERE dt > '4713-01-01 BC'
SELECT id, ts FROM {}.hurt WHERE ts = '2024-01-31 10:00:00.123'
SELECT id, ts FROM {}.hurt WHERE ts > '2024-01-31 10:00:00'
SELECT id, ts FROM {}.hurt WHERE ts < '2024-12-31 23:59:59.9999'
SELECT id, ts FROM {}.hurt WHERE ts BETWEEN '2024-01-01' AND '2024-01-31 10:00:00'
SELECT id, ts FROM {}.hurt WHERE ts >= '2024-01-31 10:00:00.0004'
SELECT id, ts FROM {}.hurt WHERE ts::date = '2024-01-31'
SELECT id, ts FROM {}.hurt WHERE ts < now() - interval '10 days'

-- expressions that stay here or go there, whichever: the rows are the same
SELECT id, i + 1 FROM {}.hurt WHERE i % 2 = 1
SELECT id FROM {}.hurt WHERE length(s) = 1
SELECT id FROM {}.hurt WHERE length(s) > 5
SELECT id FROM {}.hurt WHERE upper(s) = 'A'
SELECT id FROM {}.hurt WHERE coalesce(i, -1) = -1
SELECT id FROM {}.hurt WHERE s || 'x' = 'ax'
SELECT id FROM {}.hurt WHERE CASE WHEN i > 0 THEN s ELSE v END = 'a'
SELECT id FROM {}.hurt WHERE abs(si) = 32767
SELECT id FROM {}.hurt WHERE s ~ '^[A-Z]$'
SELECT h.id, r.review_id FROM {}.hurt h JOIN {}.reviews r ON r.review_id = h.i
SELECT id FROM {}.hurt h WHERE EXISTS (SELECT 1 FROM {}.parts p WHERE p.id = h.i)
SELECT id, (SELECT max(p.id) FROM {}.parts p WHERE p.id < h.i) FROM {}.hurt h

-- partition keys
SELECT id FROM {}.parts WHERE year = 2023
SELECT id FROM {}.parts WHERE year >= 2023 AND region = 'us'
SELECT id FROM {}.parts WHERE region IN ('eu', 'us') AND day = DATE '2024-06-30'
SELECT id, year, day FROM {}.parts WHERE day > '2024-03-01' OR region = 'eu'
SELECT count(*), min(id), max(id) FROM {}.parts WHERE year = 2022
SELECT count(*) FROM {}.parts WHERE year = 1999
SELECT id FROM {}.parts WHERE year <> 2023 AND word = ''
SELECT id FROM {}.parts WHERE year IS NULL
SELECT year, region, count(*) FROM {}.parts GROUP BY 1, 2
SELECT id FROM {}.parts WHERE year = id + 2000

-- aggregates and order over the scan
SELECT product_category, count(*), avg(sentiment), sum(price), min(reviewed_at), max(review_date) FROM {}.reviews GROUP BY 1
SELECT star_rating, count(DISTINCT product_category), sum(helpful_votes) FROM {}.reviews WHERE verified_purchase GROUP BY 1
SELECT count(*) FROM {}.reviews WHERE review_body LIKE '%"%' AND review_body LIKE '%,%'
SELECT review_id, review_headline FROM {}.reviews WHERE review_headline = '' AND star_rating < 3
SELECT review_id FROM {}.reviews WHERE product_category = 'Café & Home' AND price > 100
SELECT count(*) FROM {}.reviews WHERE helpful_votes IS NULL OR price IS NULL
SELECT review_id, price FROM {}.reviews WHERE price BETWEEN 100 AND 101.5
SELECT review_id FROM {}.reviews WHERE reviewed_at >= '2024-12-31' AND NOT verified_purchase
