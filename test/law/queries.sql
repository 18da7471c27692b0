-- The queries of the law.  {} is the schema: lake (direct, then Athena) or heap.
-- One a line; the comparison is between multisets of rows.  A line that begins with "--" is a comment.

-- whole tables, every column
[whole] SELECT * FROM {}.reviews
[whole] SELECT * FROM {}.hurt
[whole] SELECT * FROM {}.quoted
[whole] SELECT * FROM {}.parts
[whole] SELECT count(*) FROM {}.reviews
[whole] SELECT count(*) FROM {}.hurt
[whole] SELECT count(*) FROM {}.quoted
[whole] SELECT count(*) FROM {}.parts
[whole] SELECT s, id FROM {}.hurt
[whole] SELECT tableoid::regclass::text <> '' FROM {}.parts

-- integers
[whole] SELECT id FROM {}.hurt WHERE i = 1
[whole] SELECT id FROM {}.hurt WHERE i <> 1
[whole] SELECT id FROM {}.hurt WHERE ti < 0 OR si > 100
[whole] SELECT id FROM {}.hurt WHERE bi = 9223372036854775807
[whole] SELECT id FROM {}.hurt WHERE bi <= -9223372036854775808
[whole] SELECT id FROM {}.hurt WHERE i BETWEEN 0 AND 12
[whole] SELECT id FROM {}.hurt WHERE i NOT BETWEEN 0 AND 12
[whole] SELECT id FROM {}.hurt WHERE i IN (1, 5, 12)
[whole] SELECT id FROM {}.hurt WHERE i NOT IN (1, 5, 12)
[whole] SELECT id FROM {}.hurt WHERE i IN (1, NULL)
[whole] SELECT id FROM {}.hurt WHERE i NOT IN (1, NULL)
[whole] SELECT id FROM {}.hurt WHERE i = ANY ('{1,5,NULL}'::int[])
[whole] SELECT id FROM {}.hurt WHERE i = ANY ('{}'::int[])
[whole] SELECT id FROM {}.hurt WHERE i <> ALL ('{}'::int[])
[whole] SELECT id FROM {}.hurt WHERE i <> ALL ('{1,5}'::int[])
[whole] SELECT id FROM {}.hurt WHERE i > ANY ('{1,5}'::int[])
[whole] SELECT id FROM {}.hurt WHERE ti = si AND si = i
[whole] SELECT id FROM {}.hurt WHERE ti = i OR bi = i
[whole] SELECT id FROM {}.hurt WHERE i = 5::bigint
[whole] SELECT id FROM {}.hurt WHERE i = 5.0
[whole] SELECT id FROM {}.hurt WHERE i < 12.5

-- decimals
[whole] SELECT id FROM {}.hurt WHERE n = 1.50
[whole] SELECT id FROM {}.hurt WHERE n = 1.5
[whole] SELECT id, n FROM {}.hurt WHERE n > -1 AND n < 2
[whole] SELECT id FROM {}.hurt WHERE big = 9999999999999999999999999999.9999999999
[whole] SELECT id FROM {}.hurt WHERE big > 0.5
[whole] SELECT id FROM {}.hurt WHERE n IN (1.50, 0, 12.5)
[filter] SELECT id FROM {}.hurt WHERE n < 1e40
[filter] SELECT id FROM {}.hurt WHERE n = 'NaN'::numeric

-- floating point: NaN, infinities, negative zero
[filter] SELECT id, f, d FROM {}.hurt WHERE d = 'NaN'
[whole] SELECT id, f, d FROM {}.hurt WHERE d > 1
[whole] SELECT id, f, d FROM {}.hurt WHERE d <= 12.5
[whole] SELECT id, f, d FROM {}.hurt WHERE d <> 12.5
[whole] SELECT id, f, d FROM {}.hurt WHERE d = 0
[whole] SELECT id, f, d FROM {}.hurt WHERE f = 0.1
[whole] SELECT id, f, d FROM {}.hurt WHERE f = 0.1::real
[filter] SELECT id, f, d FROM {}.hurt WHERE d < 'Infinity'
[filter] SELECT id, f, d FROM {}.hurt WHERE f >= '-Infinity'
[whole] SELECT id, f, d FROM {}.hurt WHERE d BETWEEN -1 AND 1
[filter] SELECT id, f, d FROM {}.hurt WHERE d IN (0.1, 'NaN')
[filter] SELECT id, f, d FROM {}.hurt WHERE d IS DISTINCT FROM 12.5
[filter] SELECT id, f, d FROM {}.hurt WHERE f = d
-- 0 and -0 are equal, NaN is equal to itself: in lists, ranges, CASE, joins and groups
[whole] SELECT id FROM {}.hurt WHERE f IN (0, 1.5)
[whole] SELECT id FROM {}.hurt WHERE f IN ('0'::real, '0'::real, '12.5'::real)
[whole] SELECT id FROM {}.hurt WHERE coalesce(f, f) IN ('-0'::real, '0'::real, '1.5'::real)
[whole] SELECT id FROM {}.hurt WHERE f NOT IN ('-0'::real, '1.5'::real)
[whole] SELECT id FROM {}.hurt WHERE f IN (1, 2, 3, 4, 5, 6, 7, 8, 9, -0.0)
[whole] SELECT id FROM {}.hurt WHERE d IN (0, 12.5) OR d = '-0'
[whole] SELECT id FROM {}.hurt WHERE f = '-0'::real OR f = 1.5::real
[whole] SELECT id FROM {}.hurt WHERE (f >= 0 AND f <= '-0'::real) OR f = 1.5::real
[whole] SELECT id FROM {}.hurt WHERE f BETWEEN '-1e-60'::float8 AND 1e-60 OR f = 1
[whole] SELECT id FROM {}.hurt WHERE f::float8 IN (0, 1.5)
[whole] SELECT id FROM {}.hurt WHERE coalesce(f::float8, d) IN ('-0', 1.5)
[whole] SELECT id FROM {}.hurt WHERE f <> 0 AND f <> 1.5 AND d <> '-0'
[whole] SELECT id, CASE f WHEN 0 THEN 'zero' WHEN 1.5 THEN 'more' END AS c FROM {}.hurt
[whole] SELECT id FROM {}.hurt WHERE CASE f WHEN 0 THEN true WHEN 1.5 THEN true END
[whole] SELECT id FROM {}.hurt WHERE i = 0 AND (f = i::real OR f = 1)
[whole] SELECT a.id AS a, b.id AS b FROM {}.hurt a JOIN {}.hurt b ON a.f = b.ti::real
[filter] SELECT a.id AS a, b.id AS b FROM {}.hurt a JOIN {}.hurt b ON a.d = b.f
[append] SELECT id FROM (SELECT id, f::float8 AS x FROM {}.hurt UNION ALL SELECT id, d FROM {}.hurt) u WHERE x IN (0, 1.5)
[aggregate] SELECT f + 0 AS f, count(*) AS n FROM {}.hurt GROUP BY 1
[aggregate] SELECT count(DISTINCT f) AS f, count(DISTINCT d) AS d FROM {}.hurt
[window] SELECT id, count(*) OVER (PARTITION BY f) AS n, rank() OVER (ORDER BY d) AS r FROM {}.hurt
[join] SELECT id FROM {}.hurt WHERE f IN (SELECT d FROM {}.hurt WHERE d = 0)
[whole] SELECT f = 0 AS z, d > 0 AS p, count(*) AS n FROM {}.hurt GROUP BY 1, 2
[whole] SELECT count(*) FILTER (WHERE f IN (0, 1.5)) AS n, max(CASE WHEN f = 0 OR f = 1.5 THEN id END) AS m FROM {}.hurt
[append, set operation] SELECT d + 0 AS d FROM {}.hurt EXCEPT SELECT f FROM {}.hurt WHERE f IN (0, 1.5)

-- booleans and NULL tests
[whole] SELECT id FROM {}.hurt WHERE b
[whole] SELECT id FROM {}.hurt WHERE NOT b
[whole] SELECT id FROM {}.hurt WHERE b IS TRUE
[whole] SELECT id FROM {}.hurt WHERE b IS NOT TRUE
[whole] SELECT id FROM {}.hurt WHERE b IS FALSE
[whole] SELECT id FROM {}.hurt WHERE b IS NOT FALSE
[whole] SELECT id FROM {}.hurt WHERE b IS UNKNOWN
[whole] SELECT id FROM {}.hurt WHERE b IS NOT UNKNOWN
[whole] SELECT id FROM {}.hurt WHERE b = true
[whole] SELECT id FROM {}.hurt WHERE b IS NULL
[whole] SELECT id FROM {}.hurt WHERE s IS NOT NULL AND n IS NULL
[whole] SELECT id FROM {}.hurt WHERE i IS DISTINCT FROM 12
[whole] SELECT id FROM {}.hurt WHERE i IS NOT DISTINCT FROM 12
[whole] SELECT id FROM {}.hurt WHERE s IS NOT DISTINCT FROM NULL
[whole] SELECT id FROM {}.hurt WHERE (b AND i > 1) OR (NOT b AND s IS NULL)
[whole] SELECT id FROM {}.hurt WHERE NOT (i > 1 AND s = 'a')
[whole] SELECT id FROM {}.hurt WHERE (i > 1) IS UNKNOWN

-- text: bytes, NULL and '', blanks, quotes, non-ASCII, collations
[whole] SELECT id, s FROM {}.hurt WHERE s = ''
[whole] SELECT id, s FROM {}.hurt WHERE s <> ''
[whole] SELECT id, s FROM {}.hurt WHERE s = 'trailing'
[whole] SELECT id, s FROM {}.hurt WHERE s = 'trailing  '
[whole] SELECT id, s FROM {}.hurt WHERE s = 'Zürich ÄÖ ß'
[whole] SELECT id, s FROM {}.hurt WHERE s IN ('a', 'A', '素敵な色です', '')
[whole] SELECT id, s FROM {}.hurt WHERE s LIKE '%''%'
[whole] SELECT id, s FROM {}.hurt WHERE s LIKE 'Z%'
[whole] SELECT id, s FROM {}.hurt WHERE s LIKE '素_な%'
[whole] SELECT id, s FROM {}.hurt WHERE s LIKE '%\%%'
[whole] SELECT id, s FROM {}.hurt WHERE s LIKE '%\_%'
[whole] SELECT id, s FROM {}.hurt WHERE s LIKE '%\\%'
[whole] SELECT id, s FROM {}.hurt WHERE s LIKE '%x%%' ESCAPE 'x'
[whole] SELECT id, s FROM {}.hurt WHERE s LIKE '%\%' ESCAPE ''
[whole] SELECT id, s FROM {}.hurt WHERE s LIKE '\t%'
[whole] SELECT id, s FROM {}.hurt WHERE s NOT LIKE '%a%'
[whole] SELECT id, s FROM {}.hurt WHERE s LIKE ''
[filter] SELECT id, s FROM {}.hurt WHERE s ILIKE 'a'
[filter] SELECT id, s FROM {}.hurt WHERE s > 'A'
[whole] SELECT id, s FROM {}.hurt WHERE s COLLATE "C" > 'A'
[whole] SELECT id, s FROM {}.hurt WHERE s COLLATE "C" BETWEEN 'A' AND 'a'
[whole] SELECT id, s FROM {}.hurt WHERE s COLLATE "C" >= 'Z'
[whole] SELECT id, v FROM {}.hurt WHERE v = 'abcde'
[whole] SELECT id, v FROM {}.hurt WHERE v LIKE 'abc__'
[whole] SELECT id FROM {}.hurt WHERE s = v
[whole] SELECT id FROM {}.quoted WHERE a = ''
[whole] SELECT id, a FROM {}.quoted WHERE a IS NULL
[whole] SELECT id, b FROM {}.quoted WHERE b LIKE '%,%'
[whole] SELECT id, a FROM {}.quoted WHERE a LIKE '%"%'

-- dates and timestamps
[whole] SELECT id, dt FROM {}.hurt WHERE dt = DATE '2024-01-31'
[whole] SELECT id, dt FROM {}.hurt WHERE dt < DATE '1970-01-01'
[whole] SELECT id, dt FROM {}.hurt WHERE dt > DATE '2024-02-28' AND dt < DATE '2024-03-02'
[whole] SELECT id, dt FROM {}.hurt WHERE dt IN ('2024-12-31', '0001-01-01')
[filter] SELECT id, dt FROM {}.hurt WHERE dt < 'infinity'
[filter] SELECT id, dt FROM {}.hurt WHERE dt > '4713-01-01 BC'
[whole] SELECT id, ts FROM {}.hurt WHERE ts = '2024-01-31 10:00:00.123'
[whole] SELECT id, ts FROM {}.hurt WHERE ts > '2024-01-31 10:00:00'
[whole] SELECT id, ts FROM {}.hurt WHERE ts < '2024-12-31 23:59:59.9999'
[whole] SELECT id, ts FROM {}.hurt WHERE ts BETWEEN '2024-01-01' AND '2024-01-31 10:00:00'
[whole] SELECT id, ts FROM {}.hurt WHERE ts >= '2024-01-31 10:00:00.0004'
[whole] SELECT id, ts FROM {}.hurt WHERE ts::date = '2024-01-31'
[whole] SELECT id, ts FROM {}.hurt WHERE ts < now() - interval '10 days'

-- expressions that stay here or go there, whichever: the rows are the same
[whole] SELECT id, i + 1 FROM {}.hurt WHERE i % 2 = 1
[whole] SELECT id FROM {}.hurt WHERE length(s) = 1
[whole] SELECT id FROM {}.hurt WHERE length(s) > 5
[filter] SELECT id FROM {}.hurt WHERE upper(s) = 'A'
[whole] SELECT id FROM {}.hurt WHERE coalesce(i, -1) = -1
[whole] SELECT id FROM {}.hurt WHERE s || 'x' = 'ax'
[whole] SELECT id FROM {}.hurt WHERE CASE WHEN i > 0 THEN s ELSE v END = 'a'
[whole] SELECT id FROM {}.hurt WHERE abs(si) = 32767
[filter] SELECT id FROM {}.hurt WHERE s ~ '^[A-Z]$'
[whole] SELECT h.id, r.review_id FROM {}.hurt h JOIN {}.reviews r ON r.review_id = h.i
[whole] SELECT id FROM {}.hurt h WHERE EXISTS (SELECT 1 FROM {}.parts p WHERE p.id = h.i)
[aggregate, filter, subplan] SELECT id, (SELECT max(p.id) FROM {}.parts p WHERE p.id < h.i) FROM {}.hurt h

-- partition keys
[whole] SELECT id FROM {}.parts WHERE year = 2023
[whole] SELECT id FROM {}.parts WHERE year >= 2023 AND region = 'us'
[whole] SELECT id FROM {}.parts WHERE region IN ('eu', 'us') AND day = DATE '2024-06-30'
[whole] SELECT id, year, day FROM {}.parts WHERE day > '2024-03-01' OR region = 'eu'
[whole] SELECT count(*), min(id), max(id) FROM {}.parts WHERE year = 2022
[whole] SELECT count(*) FROM {}.parts WHERE year = 1999
[whole] SELECT id FROM {}.parts WHERE year <> 2023 AND word = ''
[whole] SELECT id FROM {}.parts WHERE year IS NULL
[whole] SELECT year, region, count(*) FROM {}.parts GROUP BY 1, 2
[whole] SELECT id FROM {}.parts WHERE year = id + 2000

-- aggregates and order over the scan
[whole] SELECT product_category, count(*), avg(sentiment), sum(price), min(reviewed_at), max(review_date) FROM {}.reviews GROUP BY 1
[whole] SELECT star_rating, count(DISTINCT product_category), sum(helpful_votes) FROM {}.reviews WHERE verified_purchase GROUP BY 1
[whole] SELECT count(*) FROM {}.reviews WHERE review_body LIKE '%"%' AND review_body LIKE '%,%'
[whole] SELECT review_id, review_headline FROM {}.reviews WHERE review_headline = '' AND star_rating < 3
[whole] SELECT review_id FROM {}.reviews WHERE product_category = 'Café & Home' AND price > 100
[whole] SELECT count(*) FROM {}.reviews WHERE helpful_votes IS NULL OR price IS NULL
[whole] SELECT review_id, price FROM {}.reviews WHERE price BETWEEN 100 AND 101.5
[whole] SELECT review_id FROM {}.reviews WHERE reviewed_at >= '2024-12-31' AND NOT verified_purchase

-- aggregates and groups
[whole] SELECT count(*) AS n, count(i) AS i, count(s) AS s, count(b) AS b, count(f) AS f, count(ts) AS ts FROM {}.hurt
[aggregate] SELECT sum(ti) AS ti, sum(si) AS si, sum(i) AS i, sum(bi) AS bi, sum(n) AS n, sum(big) AS big FROM {}.hurt
[whole] SELECT min(i) AS i, max(i) AS i2, min(bi) AS bi, max(bi) AS bi2, min(n) AS n, max(n) AS n2, min(big) AS big, max(big) AS big2, min(dt) AS dt, max(dt) AS dt2, min(ts) AS ts, max(ts) AS ts2 FROM {}.hurt
[whole] SELECT min(s COLLATE "C") AS s, max(s COLLATE "C") AS s2, min(v COLLATE "C") AS v, max(v COLLATE "C") AS v2 FROM {}.hurt
[aggregate] SELECT min(s) AS s, max(f) AS f, min(d) AS d, sum(f) FILTER (WHERE f < 1000) AS sf FROM {}.hurt
[aggregate] SELECT avg(ti) AS ti, avg(si) AS si, avg(i) AS i, avg(bi) AS bi, avg(n) AS n, avg(big) AS big FROM {}.hurt
[whole] SELECT avg(i) AS none, sum(i) AS s, count(i) AS c, min(i) AS m FROM {}.hurt WHERE id = 999
[whole] SELECT bool_and(b) AS a, bool_or(b) AS o, every(b) AS e FROM {}.hurt
[aggregate] SELECT count(DISTINCT i) AS i, count(DISTINCT s) AS s, count(DISTINCT n) AS n, count(DISTINCT dt) AS dt, count(DISTINCT b) AS b, count(DISTINCT f) AS f FROM {}.hurt
[whole] SELECT count(*) FILTER (WHERE i > 5) AS a, sum(n) FILTER (WHERE b) AS s, avg(n) FILTER (WHERE i = 12) AS v, max(i) FILTER (WHERE s = 'nothing') AS m FROM {}.hurt
[whole] SELECT b, count(*) AS n, sum(i) AS s, avg(n) AS a FROM {}.hurt GROUP BY b
[whole] SELECT s, v, count(*) AS n FROM {}.hurt GROUP BY s, v
[whole] SELECT dt, ts, max(i) AS m FROM {}.hurt GROUP BY dt, ts
[whole] SELECT n, count(*) AS c FROM {}.hurt GROUP BY n
[aggregate] SELECT f + 0 AS f, count(*) AS c FROM {}.hurt GROUP BY 1
[aggregate] SELECT d + 0 AS d, count(*) AS c FROM {}.hurt GROUP BY 1
[whole] SELECT i + 1 AS k, count(*) AS c FROM {}.hurt GROUP BY 1
[whole] SELECT s COLLATE "C" AS s, count(*) AS n FROM {}.hurt GROUP BY s COLLATE "C" ORDER BY 1
[filter] SELECT i, count(*) * 2 + 1 AS c, round(avg(n), 1) AS a FROM {}.hurt GROUP BY i HAVING count(*) > 1 AND avg(n) > 1
[whole] SELECT 'x' AS x, i FROM {}.hurt GROUP BY i HAVING max(dt) > '2024-01-01'
[whole] SELECT i, i AS again, b FROM {}.hurt WHERE id < 10 GROUP BY i, b
[whole] SELECT DISTINCT i, b FROM {}.hurt
[whole] SELECT product_category, count(*) AS n, avg(sentiment) AS a, min(review_id) AS m FROM {}.reviews GROUP BY 1
[whole] SELECT region, year, count(*) AS n, max(day) AS d, min(word COLLATE "C") AS w FROM {}.parts GROUP BY region, year
[whole] SELECT year, sum(id) AS s FROM {}.parts WHERE region = 'eu' GROUP BY year HAVING sum(id) > 0
[whole] SELECT a, count(*) AS n, max(b COLLATE "C") AS b FROM {}.quoted GROUP BY a
[whole] SELECT i, count(*) AS n FROM {}.hurt GROUP BY GROUPING SETS ((i), ())
[several] SELECT (SELECT max(i) FROM {}.hurt) AS m, (SELECT count(*) FROM {}.parts WHERE year = 2024) AS c
[whole] SELECT x.n FROM (SELECT i, count(*) AS n FROM {}.hurt GROUP BY i) x WHERE x.n > 1
[aggregate, filter] SELECT count(*) AS n FROM {}.hurt WHERE lower(s) = 'a'

-- joins
[whole] SELECT a.id, b.id AS id2, b.s FROM {}.hurt a JOIN {}.hurt b ON a.i = b.i
[whole] SELECT a.id, b.id AS id2 FROM {}.hurt a JOIN {}.hurt b ON a.s = b.s AND a.id < b.id WHERE b.b
[whole] SELECT a.*, p.* FROM {}.hurt a JOIN {}.parts p ON a.id = p.id
[whole] SELECT a.id, p.word, p.day FROM {}.hurt a LEFT JOIN {}.parts p ON a.id = p.id AND p.year = 2024 WHERE a.id < 10
[join] SELECT a.id, p.word FROM {}.hurt a LEFT JOIN {}.parts p ON a.id = p.id WHERE p.id IS NULL
[whole] SELECT a.id, p.word FROM {}.parts p RIGHT JOIN {}.hurt a ON a.id = p.id AND a.b WHERE a.id > 2
[whole] SELECT a.id, p.id AS pid FROM {}.hurt a FULL JOIN {}.parts p ON a.id = p.id
[whole] SELECT a.id, b.id AS id2, p.word FROM {}.hurt a JOIN {}.hurt b ON a.n = b.n JOIN {}.parts p ON p.id = b.id WHERE p.region = 'eu'
[whole] SELECT a.id, b.id AS id2, p.word FROM {}.hurt a LEFT JOIN ({}.hurt b JOIN {}.parts p ON p.id = b.id) ON a.i = b.i AND p.year = 2024
[whole] SELECT a.id, b.id AS id2 FROM {}.hurt a LEFT JOIN {}.hurt b ON a.dt = b.dt AND a.id <> b.id LEFT JOIN {}.parts p ON p.day = b.dt
[filter] SELECT a.id, b.id AS id2 FROM {}.hurt a JOIN {}.hurt b ON lower(a.s) = lower(b.s)
[whole] SELECT a.id, coalesce(p.word, '-') AS w FROM {}.hurt a LEFT JOIN {}.parts p ON a.id = p.id
[join] SELECT a.id, x.w FROM {}.hurt a LEFT JOIN (SELECT id, coalesce(word, '-') AS w FROM {}.parts) x ON a.id = x.id
[whole] SELECT a.id FROM {}.hurt a WHERE EXISTS (SELECT 1 FROM {}.parts p WHERE p.id = a.id)
[filter, subplan] SELECT a.id FROM {}.hurt a WHERE a.id NOT IN (SELECT id FROM {}.parts WHERE id IS NOT NULL)
[whole] SELECT a.id FROM {}.hurt a WHERE NOT EXISTS (SELECT 1 FROM {}.parts p WHERE p.id = a.id)
[whole] SELECT a.id, count(*) AS n FROM {}.hurt a CROSS JOIN {}.parts p WHERE a.id < 3 GROUP BY a.id
[whole] SELECT p.region, count(*) AS n, sum(a.n) AS s, avg(a.i) AS v FROM {}.hurt a JOIN {}.parts p ON a.id = p.id GROUP BY p.region
[filter] SELECT a.f, b.d FROM {}.hurt a JOIN {}.hurt b ON a.f = b.f
[filter] SELECT a.id, b.id AS id2 FROM {}.hurt a JOIN {}.hurt b USING (bi) WHERE a.id + b.id > 10
[whole] SELECT a FROM {}.hurt a JOIN {}.parts p ON a.id = p.id
[aggregate, filter, subplan] SELECT a.id, (SELECT count(*) FROM {}.parts p WHERE p.id = a.id) AS n FROM {}.hurt a

-- ORDER BY, LIMIT, conditions as groups
[whole] SELECT id, i FROM {}.hurt ORDER BY id LIMIT 3
[whole] SELECT id, i FROM {}.hurt ORDER BY i DESC, id LIMIT 4
[whole] SELECT id, i FROM {}.hurt ORDER BY i DESC NULLS LAST, id DESC OFFSET 2 LIMIT 5
[whole] SELECT id FROM {}.hurt WHERE i > 0 ORDER BY dt NULLS FIRST, ts DESC, n, id NULLS FIRST LIMIT 7
[whole] SELECT id, s FROM {}.hurt ORDER BY s COLLATE "C", id LIMIT 6
[limit, sort] SELECT id, s FROM {}.hurt ORDER BY f, id LIMIT 6
[whole] SELECT id + 1 AS k, b FROM {}.hurt ORDER BY id OFFSET 3
[whole] SELECT id FROM {}.hurt ORDER BY id LIMIT 0
[whole] SELECT id FROM {}.hurt ORDER BY id LIMIT NULL
[aggregate] SELECT count(*) AS n FROM (SELECT id FROM {}.hurt LIMIT 5) x
[whole] SELECT i, count(*) AS n, avg(n) AS a FROM {}.hurt GROUP BY i ORDER BY count(*) DESC, i LIMIT 2
[limit, sort] SELECT i, avg(n) AS a FROM {}.hurt GROUP BY i ORDER BY avg(n) DESC NULLS LAST, i LIMIT 2
[whole] SELECT i, count(*) AS n FROM {}.hurt GROUP BY i HAVING count(*) > 1 ORDER BY i LIMIT 1
[whole] SELECT product_category, count(*) AS n FROM {}.reviews GROUP BY 1 ORDER BY 2 DESC, product_category COLLATE "C" LIMIT 3
[whole] SELECT year, sum(year) AS s, max(id) AS m FROM {}.parts GROUP BY year ORDER BY 1, 2 DESC, 3 LIMIT 2
[whole] SELECT i > 5 AS big, count(*) AS n FROM {}.hurt GROUP BY 1
[whole] SELECT s = 'plain' AS p, b, sum(i) AS t FROM {}.hurt GROUP BY 1, 2
[whole] SELECT d > 1 AS g, count(*) AS n FROM {}.hurt GROUP BY 1
[whole] SELECT a.id, p.word FROM {}.hurt a JOIN {}.parts p ON a.id = p.id ORDER BY p.day DESC, a.id, p.word COLLATE "C" LIMIT 3
[whole] SELECT max(id) AS m FROM {}.hurt ORDER BY 1 LIMIT 1
[whole] SELECT (SELECT id FROM {}.hurt ORDER BY id DESC LIMIT 1) AS top

-- DISTINCT, full, semi- and anti-joins
[whole] SELECT DISTINCT b FROM {}.hurt
[whole] SELECT DISTINCT s, v FROM {}.hurt WHERE id > 3
[whole] SELECT DISTINCT i, n FROM {}.hurt ORDER BY i DESC, n LIMIT 3
[aggregate] SELECT DISTINCT f FROM {}.hurt WHERE f > 1
[whole] SELECT DISTINCT i + 1 AS k FROM {}.hurt
[whole] SELECT DISTINCT count(*) AS n FROM {}.hurt GROUP BY i
[whole] SELECT DISTINCT ON (b) b, id FROM {}.hurt ORDER BY b, id
[aggregate] SELECT count(*) AS n FROM (SELECT DISTINCT i FROM {}.hurt) x
[whole] SELECT DISTINCT a.b, p.region FROM {}.hurt a JOIN {}.parts p ON a.id = p.id
[whole] SELECT a.id, p.id AS pid, p.word FROM {}.hurt a FULL JOIN {}.parts p ON a.id = p.id AND a.i = p.year
[whole] SELECT a.id, p.id AS pid FROM {}.hurt a FULL JOIN {}.parts p ON a.id = p.id WHERE p.id IS NULL OR a.id < 5
[whole] SELECT a.id, p.id AS pid FROM (SELECT * FROM {}.hurt WHERE id < 5) a FULL JOIN {}.parts p ON a.id = p.id
[whole] SELECT id, s FROM {}.hurt a WHERE id IN (SELECT id FROM {}.parts WHERE year = 2024)
[whole] SELECT id, s FROM {}.hurt a WHERE EXISTS (SELECT 1 FROM {}.parts p WHERE p.id = a.id AND p.region = 'eu') AND b
[join] SELECT id FROM {}.hurt a WHERE EXISTS (SELECT 1 FROM {}.parts p WHERE p.id > a.id)
[whole] SELECT id FROM {}.hurt a WHERE NOT EXISTS (SELECT 1 FROM {}.parts p WHERE p.id = a.id AND p.year = 2024) AND i IS NOT NULL
[join] SELECT id FROM {}.hurt a WHERE NOT EXISTS (SELECT 1 FROM {}.hurt h WHERE h.i = a.bi AND h.id <> a.id)
[whole] SELECT b, count(*) AS n FROM {}.hurt a WHERE EXISTS (SELECT 1 FROM {}.parts p WHERE p.id = a.id) GROUP BY b
[whole] SELECT a.id FROM {}.hurt a JOIN {}.hurt c ON a.i = c.i WHERE a.id IN (SELECT id FROM {}.parts) ORDER BY a.id LIMIT 4
[whole] SELECT a.id FROM {}.hurt a LEFT JOIN {}.parts p ON a.id = p.id WHERE EXISTS (SELECT 1 FROM {}.hurt h WHERE h.id = a.id AND h.b)
[whole] SELECT id FROM {}.hurt WHERE s IN (SELECT v FROM {}.hurt)
[whole] SELECT id FROM {}.hurt WHERE (i, bi) IN (SELECT i, bi FROM {}.hurt WHERE id > 5)

-- select lists, HAVING, sets of keys, windows, several semi- and anti-joins
[whole] SELECT length(s) AS l, i IS NULL AS n, coalesce(v, '-') AS v FROM {}.hurt
[whole] SELECT coalesce(i, 0) AS c, CASE WHEN b THEN 'yes' WHEN NOT b THEN 'no' END AS w FROM {}.hurt
[whole] SELECT length(s) AS l, n * 2 AS m FROM {}.hurt ORDER BY length(s) DESC NULLS LAST, id LIMIT 5
[whole] SELECT s || '|' || v AS c FROM {}.hurt WHERE id > 2
[whole] SELECT dt + 1 AS t, ts IS NULL AS n FROM {}.hurt WHERE id <> 7
[whole] SELECT DISTINCT length(s) AS l FROM {}.hurt
[whole] SELECT DISTINCT length(s) AS l FROM {}.hurt ORDER BY 1 DESC LIMIT 2
[whole] SELECT length(s) AS l, count(*) AS n, max(n) > 5 AS m FROM {}.hurt GROUP BY length(s) ORDER BY l
[whole] SELECT i, count(*) > 1 AS many, sum(n) = max(n) AS one, avg(n) AS a FROM {}.hurt GROUP BY i
[whole] SELECT length(a.s) AS l, p.word || '!' AS w FROM {}.hurt a JOIN {}.parts p ON a.id = p.id
[whole] SELECT i FROM {}.hurt GROUP BY i HAVING count(*) > 1
[whole] SELECT i FROM {}.hurt GROUP BY i HAVING count(*) > 1 AND sum(n) IS NOT NULL ORDER BY i LIMIT 1
[filter] SELECT i, sum(n) AS s FROM {}.hurt GROUP BY i HAVING avg(n) > 1 AND min(id) < 10
[whole] SELECT count(*) AS n FROM {}.hurt HAVING count(*) > 100
[whole] SELECT i, b, count(*) AS n, grouping(i, b) AS g FROM {}.hurt GROUP BY CUBE (i, b)
[whole] SELECT i, b, count(*) AS n, sum(n) AS s FROM {}.hurt GROUP BY ROLLUP (i, b) HAVING count(*) > 1
[whole] SELECT i, coalesce(i, -1) AS c, count(DISTINCT s) AS n, avg(n) AS a FROM {}.hurt GROUP BY GROUPING SETS ((i), (i), ())
[whole] SELECT i, count(*) AS n FROM {}.hurt WHERE id > 1000 GROUP BY GROUPING SETS ((i), ())
[whole] SELECT b, grouping(b) AS g, count(*) AS n FROM {}.hurt GROUP BY ROLLUP (b) ORDER BY b NULLS FIRST, 3 LIMIT 3
[whole] SELECT id, row_number() OVER (ORDER BY id NULLS FIRST, i) AS r FROM {}.hurt WHERE id IS NOT NULL
[whole] SELECT id, rank() OVER w AS r, dense_rank() OVER w AS d, percent_rank() OVER w AS p, cume_dist() OVER w AS c FROM {}.hurt WINDOW w AS (PARTITION BY b ORDER BY n DESC)
[whole] SELECT id, ntile(3) OVER (ORDER BY id) AS t FROM {}.hurt WHERE id IS NOT NULL
[whole] SELECT id, lag(s) OVER w AS l, lead(dt, 2) OVER w AS d, lag(i, 1, 0) OVER w AS z, lag(f) OVER w AS f, lag(n, 0) OVER w AS n FROM {}.hurt WHERE id IS NOT NULL WINDOW w AS (ORDER BY id)
[whole] SELECT id, first_value(s) OVER w AS f, last_value(ts) OVER w AS l, nth_value(d, 2) OVER w AS n FROM {}.hurt WHERE id IS NOT NULL WINDOW w AS (PARTITION BY b ORDER BY id)
[whole] SELECT id, last_value(s) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS l FROM {}.hurt WHERE id IS NOT NULL
[whole] SELECT id, count(*) OVER () AS c, sum(i) OVER (PARTITION BY b) AS si, sum(bi) OVER (PARTITION BY b) AS sb, sum(n) OVER (ORDER BY n) AS sn, min(dt) OVER (PARTITION BY i) AS m, max(s COLLATE "C") OVER (PARTITION BY b) AS x FROM {}.hurt
[whole] SELECT id, sum(i) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING) AS s, count(i) OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING) AS c, sum(n) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND 2 PRECEDING) AS p FROM {}.hurt WHERE id IS NOT NULL
[whole] SELECT id, sum(bi) OVER (ORDER BY i RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS s FROM {}.hurt
[whole] SELECT i, count(*) AS n, rank() OVER (ORDER BY count(*) DESC) AS r FROM {}.hurt GROUP BY i
[whole] SELECT id, row_number() OVER (ORDER BY id) AS r FROM {}.hurt WHERE id IS NOT NULL ORDER BY r DESC LIMIT 3
[whole] SELECT id, row_number() OVER (ORDER BY id) * 2 AS r, upper(s) AS u FROM {}.hurt WHERE id IS NOT NULL
[whole] SELECT * FROM (SELECT id, b, row_number() OVER (PARTITION BY b ORDER BY id) AS r FROM {}.hurt WHERE id IS NOT NULL) x WHERE r <= 2
[filter] SELECT * FROM (SELECT id, s, dense_rank() OVER (ORDER BY id) AS r FROM {}.hurt) x WHERE r = 2
[whole] SELECT * FROM (SELECT i, count(*) AS n, rank() OVER (ORDER BY count(*) DESC) AS r FROM {}.hurt GROUP BY i) x WHERE 3 > r
[whole] SELECT p.region, a.id, rank() OVER (PARTITION BY p.region ORDER BY a.id, p.year DESC) AS r FROM {}.hurt a JOIN {}.parts p ON a.id = p.id
[whole] SELECT id FROM {}.hurt a WHERE EXISTS (SELECT 1 FROM {}.parts p WHERE p.id = a.id) AND NOT EXISTS (SELECT 1 FROM {}.quoted q WHERE q.a = a.s)
[whole] SELECT b, count(*) AS n FROM {}.hurt a WHERE EXISTS (SELECT 1 FROM {}.parts p WHERE p.id = a.id AND p.year = 2024) AND EXISTS (SELECT 1 FROM {}.hurt h WHERE h.i = a.i AND h.b) GROUP BY b
[whole] SELECT a.id, h.id AS id2 FROM {}.hurt a JOIN {}.hurt h ON h.i = a.i WHERE NOT EXISTS (SELECT 1 FROM {}.parts p WHERE p.id = a.id) AND EXISTS (SELECT 1 FROM {}.hurt k WHERE k.bi = h.bi)
[whole] SELECT a.id, p.word FROM {}.hurt a LEFT JOIN {}.parts p ON a.id = p.id WHERE NOT EXISTS (SELECT 1 FROM {}.hurt h WHERE h.id = a.id AND h.i = 12)
[whole] SELECT x.id, y.id AS id2, y.word FROM (SELECT id FROM {}.hurt WHERE b) x FULL JOIN (SELECT id, word FROM {}.parts WHERE year = 2024) y ON x.id = y.id

-- what an outer join keeps together, over a partition key: planning evaluates it
[filter, join] SELECT a.id, x.id AS id2, x.c, p.word FROM {}.hurt a RIGHT JOIN (SELECT id, CASE WHEN year > 2022 THEN 1.5 END AS c FROM {}.parts) x ON a.id = x.id FULL JOIN {}.parts p ON x.id = p.id WHERE x.c >= 1

-- a group of all rows that nobody looks at
[aggregate] SELECT count(*) AS n FROM (SELECT sum(a.i) AS s FROM {}.hurt a JOIN {}.parts p ON a.id = p.id) x
[whole] SELECT 1 AS n FROM (SELECT max(i) AS s FROM {}.hurt HAVING count(*) > 3) x

-- a column twice
[whole] SELECT DISTINCT i AS a, i AS b, n FROM {}.hurt ORDER BY 1, 2, 3 LIMIT 4
[whole] SELECT i AS a, i AS b, count(*) AS n, count(*) AS m FROM {}.hurt GROUP BY 1, 2 ORDER BY 3, 1, 4 LIMIT 4
[whole] SELECT DISTINCT i AS a, max(n) AS b, max(n) AS c FROM {}.hurt GROUP BY i ORDER BY 2, 1, 3 LIMIT 4
-- groups, windows, DISTINCT, order and limit in one statement
[whole] SELECT DISTINCT b, count(*) AS n, sum(count(*)) OVER (ORDER BY b) AS t FROM {}.hurt WHERE id > 1 GROUP BY b ORDER BY n DESC, b NULLS FIRST LIMIT 3
[whole] SELECT DISTINCT i, rank() OVER (ORDER BY i) AS r FROM {}.hurt ORDER BY r DESC LIMIT 3
[whole] SELECT DISTINCT b, row_number() OVER (PARTITION BY b ORDER BY id) > 2 AS late FROM {}.hurt WHERE id IS NOT NULL ORDER BY 2, 1 NULLS FIRST
[limit, sort] SELECT * FROM (SELECT id, b, row_number() OVER (PARTITION BY b ORDER BY id) AS r FROM {}.hurt WHERE id IS NOT NULL) x WHERE r <= 2 ORDER BY id DESC LIMIT 3
[whole] SELECT DISTINCT ON (b) b, id, s FROM {}.hurt WHERE id IS NOT NULL ORDER BY b, id DESC
[whole] SELECT DISTINCT ON (b) b, id + 1 AS k FROM {}.hurt WHERE id IS NOT NULL ORDER BY b DESC, id LIMIT 2
[whole] SELECT DISTINCT ON (n) n, i, count(*) AS c FROM {}.hurt GROUP BY n, i ORDER BY n, i DESC NULLS LAST
[whole] SELECT id, avg(i) OVER (PARTITION BY b) AS a, avg(n) OVER (ORDER BY id) AS c, avg(bi) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS d FROM {}.hurt WHERE id IS NOT NULL
[whole] SELECT id, count(*) FILTER (WHERE i > 5) OVER w AS a, sum(n) FILTER (WHERE b) OVER w AS s, min(dt) FILTER (WHERE i = 12) OVER w AS m, avg(i) FILTER (WHERE b) OVER w AS v, count(s) FILTER (WHERE i = 1) OVER w AS cs FROM {}.hurt WHERE id IS NOT NULL WINDOW w AS (ORDER BY id)
[whole] SELECT b, sum(count(*)) OVER () AS s, count(*) - lag(count(*)) OVER (ORDER BY b) AS d, avg(sum(i)) OVER () AS a, rank() OVER (ORDER BY sum(n) DESC) AS r FROM {}.hurt GROUP BY b
[whole] SELECT id, sum(i) OVER (ORDER BY i GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS g, count(*) OVER (ORDER BY b GROUPS CURRENT ROW) AS h FROM {}.hurt
[whole] SELECT id, count(*) OVER (ORDER BY i RANGE BETWEEN 5 PRECEDING AND 7 FOLLOWING) AS a, count(*) OVER (ORDER BY bi DESC RANGE BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING) AS c, count(*) OVER (ORDER BY si NULLS FIRST RANGE 30000 PRECEDING) AS d FROM {}.hurt
[whole] SELECT id, count(*) OVER (ORDER BY n RANGE BETWEEN 1.5 PRECEDING AND 0.005 FOLLOWING) AS a, sum(i) OVER (ORDER BY n DESC RANGE BETWEEN CURRENT ROW AND 100 FOLLOWING) AS c FROM {}.hurt
[whole] SELECT id, count(*) OVER (ORDER BY dt RANGE BETWEEN '1 month' PRECEDING AND '2 days' FOLLOWING) AS a, count(*) OVER (ORDER BY ts RANGE BETWEEN '0.002' PRECEDING AND '1 day' FOLLOWING) AS b FROM {}.hurt
[window] SELECT id, count(*) OVER (ORDER BY dt RANGE BETWEEN '1 month 2 days' PRECEDING AND CURRENT ROW) AS a FROM {}.hurt
[whole] SELECT id, count(*) OVER (ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 1 FOLLOWING) AS a, sum(i) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 3 PRECEDING) AS s FROM {}.hurt
[window] SELECT id, sum(i) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) AS x FROM {}.hurt WHERE id IS NOT NULL
[window] SELECT id, count(*) OVER (ORDER BY d RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS x FROM {}.hurt
[window] SELECT id, bool_and(b) OVER (ORDER BY id) AS a, bit_or(i) OVER (ORDER BY id ROWS 1 PRECEDING) AS o, sum(d) OVER (ORDER BY id) AS d FROM {}.hurt WHERE id IS NOT NULL
[whole] SELECT id, bool_and(b) OVER (ORDER BY id) AS a, bit_or(i) OVER (ORDER BY id ROWS 1 PRECEDING) AS o FROM {}.hurt WHERE id IS NOT NULL
[whole] SELECT i, b, count(*) AS n, CASE WHEN grouping(i) = 1 THEN 'all' ELSE 'one' END AS g FROM {}.hurt GROUP BY ROLLUP (i, b) HAVING grouping(b) = 0 OR coalesce(i, 0) > 1 ORDER BY grouping(i), i, b NULLS FIRST, n
[whole] SELECT i, 'x' AS x, count(*) AS n FROM {}.hurt GROUP BY i, 'x'::text
[whole] SELECT 'x' AS x, count(*) AS n FROM {}.hurt WHERE id > 1000 GROUP BY 'x'::text
[whole] SELECT 'x' AS x, count(*) AS n FROM {}.hurt GROUP BY 'x'::text
[limit, sort] SELECT i, sum(n) - min(n) AS d FROM {}.hurt GROUP BY i ORDER BY sum(n) - min(n) DESC NULLS LAST, count(*) * 2, i LIMIT 4
[whole] SELECT id FROM {}.hurt ORDER BY id OFFSET 100
[whole] SELECT id, i FROM {}.hurt ORDER BY i NULLS LAST FETCH FIRST 3 ROWS WITH TIES
[whole] SELECT i FROM {}.hurt ORDER BY i NULLS LAST OFFSET 2 ROWS FETCH FIRST 2 ROWS WITH TIES
[filter] SELECT i, sum(n) AS s FROM {}.hurt GROUP BY i HAVING sum(n) > (SELECT avg(n) FROM {}.parts p, {}.hurt)
[filter] SELECT i, count(*) AS s FROM {}.hurt GROUP BY i HAVING count(*) > (SELECT min(id) FROM {}.parts) - 4
[aggregate] SELECT i, string_agg(s, ',' ORDER BY id) AS s FROM {}.hurt GROUP BY i
[whole] SELECT i, string_agg(s, ',' ORDER BY s COLLATE "C") AS s, string_agg(DISTINCT s COLLATE "C", ',' ORDER BY s COLLATE "C") AS t FROM {}.hurt GROUP BY i
[whole] SELECT b, count(*) AS n, dense_rank() OVER (ORDER BY count(*) DESC) + 1 AS r FROM {}.hurt GROUP BY b HAVING count(*) > 1 ORDER BY r, b LIMIT 2
[whole] SELECT DISTINCT count(*) OVER (PARTITION BY b) AS n FROM {}.hurt
[whole] SELECT DISTINCT 'x' AS x, b, NULL::int AS z FROM {}.hurt ORDER BY b
[distinct] SELECT DISTINCT avg(i) AS a FROM {}.hurt GROUP BY b
[distinct] SELECT DISTINCT ON (i) i, id FROM {}.hurt ORDER BY i, s, id
[distinct] SELECT DISTINCT ON (b) b, row_number() OVER (ORDER BY id) AS r FROM {}.hurt WHERE id IS NOT NULL ORDER BY b, r DESC
[distinct] SELECT DISTINCT ON (d) d, id FROM {}.hurt ORDER BY d, id
[whole] SELECT x.b, x.r FROM (SELECT b, rank() OVER (PARTITION BY b ORDER BY id) AS r FROM {}.hurt WHERE id IS NOT NULL ORDER BY b, id) x WHERE r < 3
[whole] SELECT p.region, max(p.day) AS d, rank() OVER (ORDER BY count(*) DESC, p.region COLLATE "C") AS r FROM {}.hurt a JOIN {}.parts p ON a.id = p.id GROUP BY p.region ORDER BY r
[sort] SELECT region, year, count(*) AS n, sum(count(*)) OVER (PARTITION BY region) AS t, grouping(year) AS g FROM {}.parts GROUP BY GROUPING SETS ((region, year), (region), ()) ORDER BY 5, 1, 2
[whole] SELECT region, string_agg(word, '-' ORDER BY id, word COLLATE "C") AS w FROM {}.parts WHERE year = 2024 GROUP BY region
[whole] SELECT i, count(*) AS n FROM {}.hurt GROUP BY GROUPING SETS ((i), ()) HAVING i IS NULL
[whole] SELECT coalesce(i, -1) + 0 AS c, count(*) AS n FROM {}.hurt GROUP BY ROLLUP (i)
[whole] SELECT id FROM {}.hurt ORDER BY id OFFSET 3 LIMIT 0
[filter] SELECT i, sum(n) AS s FROM {}.hurt GROUP BY i HAVING sum(n) > (SELECT 1.5)

-- what a direct scan does itself: behind the semicolon
-- aggregates over expressions
[whole; aggregates] SELECT sum(price * helpful_votes) AS s, avg(length(review_body)) AS a, count(price * helpful_votes) AS n FROM {}.reviews
[whole; aggregates, groups] SELECT product_category, sum(price * helpful_votes) AS s, avg(length(review_headline)) AS a, min(price - helpful_votes) AS d, max(star_rating * sentiment) AS m FROM {}.reviews GROUP BY product_category
[whole; aggregates, conditions] SELECT sum(price * (1 - price)) AS s, avg(price + star_rating) AS a, max(price * 1.5) AS m, sum(coalesce(helpful_votes, 0) + star_rating) AS c FROM {}.reviews WHERE star_rating > 2
[whole; aggregates, groups] SELECT verified_purchase, sum(CASE WHEN sentiment > 0 THEN price ELSE 0 END) AS s, avg(CASE WHEN star_rating > 3 THEN helpful_votes END) AS a, count(nullif(star_rating, 5)) AS n FROM {}.reviews GROUP BY verified_purchase
[aggregate; aggregates] SELECT min(review_date + 1) AS a, max(reviewed_at + interval '1 day') AS b, min(review_headline || '!') AS c, max(length(review_body) % 100) AS d FROM {}.reviews
[whole; aggregates] SELECT sum(id * 2.5) AS a, avg(n + 1) AS b, sum(n * n) AS c, sum(length(s)) AS l, sum(octet_length(s)) AS o, max(length(v)) AS m FROM {}.hurt
[whole; aggregates, conditions] SELECT sum(ti + si) AS a, avg(ti * 2) AS b, sum(si::bigint * si) AS c, min(ti - si) AS d FROM {}.hurt WHERE id <> 2
[whole; aggregates, groups] SELECT k, sum(length(t)) AS l, sum(octet_length(v)) AS o, sum(n * id) AS s, avg(n - id) AS a FROM {}.alike GROUP BY k
[whole; aggregates] SELECT bool_and(n > 0) AS a, bool_or(t = v) AS b, bit_or(id & 7) AS c FROM {}.alike
-- and out of range
[whole; aggregates] SELECT sum(i * i) AS s FROM {}.hurt
[whole; aggregates, conditions] SELECT sum(i * i) AS s FROM {}.hurt WHERE i BETWEEN -1000 AND 1000
[whole; aggregates, conditions] SELECT avg(i + i) AS s FROM {}.hurt WHERE id <> 7
[whole; aggregates] SELECT max(bi * 2) AS s FROM {}.hurt
[whole; aggregates] SELECT sum(i::bigint * i) AS s FROM {}.hurt
[whole; aggregates, groups] SELECT b, min(si * 2::smallint) AS s FROM {}.hurt GROUP BY b
[whole; aggregates] SELECT sum(100 / i) AS s FROM {}.hurt
[whole; aggregates, conditions] SELECT sum(100 / i) AS s FROM {}.hurt WHERE i <> 0
[aggregate; aggregates] SELECT sum(bi) AS s, avg(bi) AS a, sum(i) AS i, sum(big) AS b FROM {}.hurt
-- FILTER
[whole; aggregates] SELECT count(*) FILTER (WHERE verified_purchase) AS a, sum(price) FILTER (WHERE star_rating = 5) AS b, avg(helpful_votes) FILTER (WHERE NOT verified_purchase) AS c, count(price) FILTER (WHERE product_category LIKE '%ress%') AS d, max(price) FILTER (WHERE star_rating > 9) AS e FROM {}.reviews
[whole; aggregates, groups] SELECT product_category, count(*) FILTER (WHERE sentiment < 0) AS a, sum(price * helpful_votes) FILTER (WHERE star_rating < 3 OR helpful_votes IS NULL) AS b, count(*) AS n FROM {}.reviews GROUP BY product_category
[whole; aggregates, groups] SELECT k, count(*) FILTER (WHERE t = 'a') AS a, count(*) FILTER (WHERE t LIKE '%a%') AS b, sum(n) FILTER (WHERE n > 0) AS c, min(id) FILTER (WHERE v IS NULL) AS d FROM {}.alike GROUP BY k
[whole; aggregates] SELECT sum(100 / i) FILTER (WHERE i <> 0) AS s, count(*) FILTER (WHERE i = 0) AS z FROM {}.hurt
[whole; aggregates] SELECT count(*) FILTER (WHERE 100 / i > 1) AS n FROM {}.hurt
[whole; aggregates, groups] SELECT b, count(*) FILTER (WHERE b) AS n, count(b) FILTER (WHERE b IS NULL) AS z FROM {}.hurt GROUP BY b
-- GROUP BY expressions
[whole; aggregates, groups] SELECT date_trunc('month', reviewed_at) AS m, count(*) AS n, sum(price) AS s FROM {}.reviews GROUP BY 1
[whole; aggregates, groups] SELECT date_trunc('week', reviewed_at) AS w, verified_purchase, avg(price) AS a FROM {}.reviews GROUP BY 1, 2
[whole; distinct, groups] SELECT date_trunc('year', review_date::timestamp) AS y, count(DISTINCT product_category) AS n FROM {}.reviews GROUP BY 1
[whole; aggregates, groups] SELECT extract(year FROM review_date)::int AS y, extract(month FROM review_date)::int AS m, count(*) AS n FROM {}.reviews GROUP BY 1, 2
[whole; aggregates, groups] SELECT date_trunc('day', ts) AS d, count(*) AS n, min(ts) AS a, max(ts) AS z FROM {}.alike GROUP BY 1
[whole; aggregates, groups] SELECT date_trunc('hour', ts) AS d, count(*) AS n FROM {}.hurt GROUP BY 1
[whole; aggregates, groups] SELECT star_rating + 1 AS r, (star_rating + 1) * 2 AS t, count(*) AS n FROM {}.reviews GROUP BY star_rating + 1
[whole; aggregates, groups] SELECT length(t) AS l, count(*) AS n, sum(n) AS s FROM {}.alike GROUP BY 1
[whole; aggregates, groups] SELECT id % 3 AS r, n > 0 AS p, count(*) AS n, count(n) AS c FROM {}.alike GROUP BY 1, 2 HAVING count(*) > 1
[whole; aggregates, groups] SELECT coalesce(t, 'none') AS t, count(*) AS n FROM {}.alike GROUP BY 1
[whole; aggregates, groups] SELECT rtrim(t) AS t, count(*) AS n, count(k) AS k FROM {}.alike GROUP BY 1
[whole; aggregates, groups] SELECT CASE WHEN n > 1 THEN 'much' WHEN n IS NULL THEN k ELSE t END AS c, count(*) AS n FROM {}.alike GROUP BY 1
[whole; aggregates, groups] SELECT t, count(*) AS n FROM {}.alike GROUP BY t
[whole; aggregates, groups] SELECT n, count(*) AS c FROM {}.alike GROUP BY n
[aggregate; aggregates, groups] SELECT f::text, count(*) AS c FROM {}.hurt GROUP BY f::text
[whole; groups] SELECT k, v FROM {}.alike GROUP BY k, v
-- DISTINCT aggregates
[whole; distinct] SELECT count(DISTINCT product_category) AS n FROM {}.reviews
[aggregate; distinct] SELECT count(DISTINCT star_rating) AS a, count(DISTINCT price) AS b, sum(DISTINCT helpful_votes) AS c, avg(DISTINCT price) AS d FROM {}.reviews
[whole; distinct, groups] SELECT product_category, count(DISTINCT star_rating) AS n FROM {}.reviews GROUP BY product_category
[aggregate; distinct, groups] SELECT product_category, verified_purchase, count(DISTINCT star_rating) AS a, sum(DISTINCT price) AS b, max(review_date) AS c FROM {}.reviews GROUP BY 1, 2
[whole; distinct] SELECT count(DISTINCT t) AS t, count(DISTINCT v) AS v FROM {}.alike
[whole; distinct, groups] SELECT k, count(DISTINCT t) AS t, count(DISTINCT v) AS v, min(t COLLATE "C") AS m FROM {}.alike GROUP BY k
[aggregate; distinct] SELECT count(DISTINCT n) AS a, sum(DISTINCT n) AS b, avg(DISTINCT n) AS c FROM {}.alike
[aggregate; distinct, groups] SELECT k, sum(DISTINCT n) AS s FROM {}.alike GROUP BY k
[whole; groups] SELECT count(DISTINCT rtrim(t)) AS t FROM {}.alike
[whole; groups] SELECT v, count(DISTINCT length(t)) AS t FROM {}.alike GROUP BY v
[aggregate; distinct] SELECT count(DISTINCT b) AS b, count(DISTINCT n) AS n, sum(DISTINCT i) AS i, count(DISTINCT dt) AS d, count(DISTINCT ts) AS t, sum(DISTINCT bi) AS x FROM {}.hurt
[whole; distinct, groups] SELECT b, count(DISTINCT i) AS i, count(DISTINCT s) AS s FROM {}.hurt GROUP BY b HAVING count(DISTINCT i) > 1
[aggregate; distinct] SELECT count(DISTINCT f) AS f FROM {}.hurt
[aggregate; conditions, distinct] SELECT count(DISTINCT d) AS d FROM {}.hurt WHERE d > -1
[whole; distinct, groups] SELECT date_trunc('month', ts) AS m, count(DISTINCT t) AS t FROM {}.alike GROUP BY 1
[aggregate; distinct] SELECT count(DISTINCT word) AS w, count(DISTINCT region) AS r, sum(DISTINCT year) AS y FROM {}.parts
[whole; distinct, groups] SELECT region, count(DISTINCT word) AS w FROM {}.parts WHERE year > 2022 GROUP BY region
-- ... beside others
[whole; aggregates, distinct] SELECT count(*) AS n, count(DISTINCT t) AS t FROM {}.alike
[whole; aggregates, distinct, groups] SELECT k, count(*) AS n, sum(n) AS s, avg(n) AS a, count(DISTINCT t) AS t, count(v) AS v, min(ts) AS m FROM {}.alike GROUP BY k
[aggregate; aggregates, distinct, groups] SELECT product_category, count(*) AS n, count(DISTINCT star_rating) AS a, sum(DISTINCT price) AS b, sum(price) AS c, avg(helpful_votes) AS d FROM {}.reviews GROUP BY 1
[whole; aggregates, distinct] SELECT count(DISTINCT product_category) FILTER (WHERE star_rating = 1) AS a, count(*) FILTER (WHERE star_rating = 1) AS b, count(DISTINCT star_rating) AS c FROM {}.reviews
[whole; aggregates, distinct, groups] SELECT verified_purchase, sum(price * helpful_votes) AS s, count(DISTINCT review_headline) FILTER (WHERE price > 50) AS a, count(DISTINCT length(review_body)) AS b FROM {}.reviews GROUP BY 1
[whole; aggregates, distinct] SELECT sum(i * i) AS s, count(DISTINCT i) AS i FROM {}.hurt
[aggregate; aggregates, distinct] SELECT sum(DISTINCT 100 / i) FILTER (WHERE i <> 0) AS s, count(*) AS n FROM {}.hurt
[whole; aggregates, distinct] SELECT count(*) AS n, count(DISTINCT t) AS t, sum(n) AS s FROM {}.nothing
[whole; aggregates, distinct, groups] SELECT k, count(*) AS n, count(DISTINCT t) AS t FROM {}.nothing GROUP BY k
-- conditions on the bytes of records
[whole; conditions] SELECT id FROM {}.hurt WHERE i = 1 OR n > 50 OR s = 'plain'
[whole; conditions] SELECT id FROM {}.hurt WHERE i = 12 OR ti < 0 OR dt = DATE '1970-01-01' OR v IS NULL OR b
[whole; conditions] SELECT id FROM {}.hurt WHERE (i > 5 OR s LIKE '%a%') AND (d > 1 OR n IS NULL) AND id > 0
[whole; conditions] SELECT id FROM {}.hurt WHERE b OR d > 5
[whole; conditions] SELECT id FROM {}.hurt WHERE s IN ('a', 'A', 'Z') OR i IN (0, 5, 12) OR ts > TIMESTAMP '2024-12-01'
[whole; conditions] SELECT id FROM {}.hurt WHERE i NOT IN (1, 5) OR n NOT IN (1.50, 0)
[whole; conditions] SELECT review_id FROM {}.reviews WHERE star_rating = 1 OR product_category = 'Swim' OR price > 90 OR helpful_votes > 40
[whole; conditions] SELECT review_id FROM {}.reviews WHERE (star_rating = 5 OR star_rating IS NULL) AND (price < 20 OR price IS NULL OR review_headline LIKE '%s')
[whole; conditions] SELECT id FROM {}.alike WHERE t = 'a' OR t = 'A' OR v = 'a '
[whole; aggregates, conditions] SELECT count(*) AS n FROM {}.reviews WHERE date_trunc('month', reviewed_at) = TIMESTAMP '2024-03-01'
[whole; aggregates, conditions] SELECT count(*) AS n FROM {}.reviews WHERE date_trunc('month', reviewed_at) <> TIMESTAMP '2024-03-01'
[whole; conditions] SELECT id FROM {}.hurt WHERE date_trunc('year', ts) >= TIMESTAMP '2024-01-01'
[whole; conditions] SELECT id FROM {}.alike WHERE date_trunc('month', ts) < TIMESTAMP '2024-02-01'
[whole; conditions] SELECT id FROM {}.alike WHERE date_trunc('day', ts) <= TIMESTAMP '2024-02-01 00:00:00.001'
[whole; conditions] SELECT id FROM {}.alike WHERE date_trunc('second', ts) = TIMESTAMP '1969-12-31 23:59:59' OR date_trunc('hour', ts) > TIMESTAMP '2024-12-31 22:00:00'
[whole; conditions] SELECT id FROM {}.alike WHERE date_trunc('week', ts) = TIMESTAMP '2024-01-29'
[whole; conditions] SELECT id FROM {}.alike WHERE date_trunc('month', ts) = TIMESTAMP '2024-02-02'
[whole] SELECT review_id FROM {}.reviews WHERE star_rating + helpful_votes > 20
[whole; conditions] SELECT review_id FROM {}.reviews WHERE star_rating + sentiment + helpful_votes = 6 AND price > 50
[whole] SELECT id FROM {}.hurt WHERE ti + si > 10
[whole] SELECT id FROM {}.hurt WHERE i + i > 10
[whole; conditions] SELECT review_id FROM {}.reviews WHERE review_body LIKE '%pretty%'
[whole; conditions] SELECT review_id FROM {}.reviews WHERE review_headline LIKE '%,%' AND review_body NOT LIKE '%week%'
[whole; aggregates, conditions] SELECT count(*) AS n FROM {}.reviews WHERE review_body LIKE '%très%' OR review_body LIKE '%色%' OR review_body LIKE '%"%'
[whole; conditions] SELECT id FROM {}.alike WHERE t LIKE '%a%'
[whole; conditions] SELECT id FROM {}.alike WHERE t NOT LIKE '%a%'
[whole; conditions] SELECT id FROM {}.alike WHERE t LIKE '%a ' OR t LIKE ' %'
[whole; conditions] SELECT id FROM {}.alike WHERE t LIKE '%ä%'
[whole; conditions] SELECT id FROM {}.alike WHERE t LIKE '%' AND v LIKE '%%'
[whole; conditions] SELECT id FROM {}.alike WHERE t LIKE ''
[whole; conditions] SELECT id FROM {}.hurt WHERE s LIKE '%''R%' OR s LIKE '%ü%'
-- ORDER BY with LIMIT
[whole; top-n] SELECT i FROM {}.hurt ORDER BY i LIMIT 7
[whole; top-n] SELECT i FROM {}.hurt ORDER BY i DESC LIMIT 7
[whole; top-n] SELECT i FROM {}.hurt ORDER BY i NULLS FIRST LIMIT 5
[whole; top-n] SELECT i FROM {}.hurt ORDER BY i DESC NULLS LAST LIMIT 5
[whole; top-n] SELECT i, id FROM {}.hurt ORDER BY i DESC NULLS LAST, id LIMIT 6 OFFSET 2
[whole; top-n] SELECT n, id FROM {}.hurt ORDER BY n DESC NULLS LAST, id DESC LIMIT 4
[whole; top-n] SELECT dt FROM {}.hurt ORDER BY dt LIMIT 3
[whole; top-n] SELECT ts, id FROM {}.hurt ORDER BY ts DESC NULLS FIRST, id LIMIT 9
[whole; top-n] SELECT price FROM {}.reviews ORDER BY price DESC LIMIT 10
[whole; top-n] SELECT price, review_id, review_headline FROM {}.reviews ORDER BY price DESC NULLS LAST, review_id LIMIT 10
[whole; conditions, top-n] SELECT review_id, price FROM {}.reviews WHERE star_rating < 3 ORDER BY price NULLS FIRST, review_id DESC LIMIT 20 OFFSET 5
[whole; top-n] SELECT star_rating, helpful_votes FROM {}.reviews ORDER BY star_rating, helpful_votes DESC NULLS LAST LIMIT 100
[whole; top-n] SELECT t FROM {}.alike ORDER BY t COLLATE "C" LIMIT 5
[whole; top-n] SELECT t, id FROM {}.alike ORDER BY t COLLATE "C" DESC NULLS LAST, id LIMIT 6
[limit, sort; top-n] SELECT v, t, id FROM {}.alike ORDER BY v COLLATE "C" NULLS FIRST, t COLLATE "C" DESC, id LIMIT 4
[whole; top-n] SELECT review_headline, review_id FROM {}.reviews ORDER BY review_headline COLLATE "C", reviewed_at, review_id LIMIT 15
[whole; top-n] SELECT id FROM {}.alike ORDER BY id LIMIT 1000
[limit, sort; top-n] SELECT d FROM {}.hurt ORDER BY d DESC NULLS LAST LIMIT 3
[whole; top-n] SELECT word, id FROM {}.parts ORDER BY word COLLATE "C" DESC, id LIMIT 5
-- nothing to do it with
[whole; aggregates] SELECT count(*) AS n, sum(n * id) AS s, avg(length(t)) AS a, min(ts) AS m, count(*) FILTER (WHERE id > 1) AS f FROM {}.nothing
[whole; aggregates, groups] SELECT k, count(*) AS n, sum(n * id) AS s FROM {}.nothing GROUP BY k
[whole; aggregates, groups] SELECT date_trunc('month', ts) AS m, count(*) AS n FROM {}.nothing GROUP BY 1
[aggregate; distinct] SELECT count(DISTINCT t) AS t, count(DISTINCT v) AS v, sum(DISTINCT n) AS n FROM {}.nothing
[whole; distinct, groups] SELECT k, count(DISTINCT t) AS t FROM {}.nothing GROUP BY k
[whole; top-n] SELECT id, t FROM {}.nothing ORDER BY n DESC LIMIT 3
[whole; conditions] SELECT id FROM {}.nothing WHERE id = 1 OR t LIKE '%a%' OR date_trunc('month', ts) = TIMESTAMP '2024-02-01'
[whole; aggregates, conditions] SELECT count(*) AS n, sum(price * helpful_votes) AS s, count(*) FILTER (WHERE star_rating = 5) AS f FROM {}.reviews WHERE review_id < 0
[whole; aggregates, conditions, groups] SELECT product_category, sum(price * helpful_votes) AS s FROM {}.reviews WHERE star_rating > 9 GROUP BY product_category
[aggregate; conditions, distinct] SELECT count(DISTINCT product_category) AS a, sum(DISTINCT price) AS b FROM {}.reviews WHERE star_rating > 9 OR review_id < 0
[whole; conditions, top-n] SELECT price FROM {}.reviews WHERE star_rating > 9 ORDER BY price LIMIT 3
