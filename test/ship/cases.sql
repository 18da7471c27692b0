-- Expressions for each row of pds.shippable, under a heading that is the row: "## kind names: arguments".
-- @ is each of the names in turn.  What the row says is sent is compared with the heap; what it says is never
-- sent must stay here.  The columns are those of run.py.

## operator = <> < <= > >=: integer, integer | boolean, boolean | date, date | timestamp, timestamp | timestamptz, timestamptz
i @ 12
ti @ si
si @ i
i @ bi
bi @ 9223372036854775807
i @ -2147483648
b @ true
dt @ DATE '2000-02-29'
dt @ DATE '0001-01-01'
ts @ TIMESTAMP '1969-12-31 23:59:59.999'
ts @ TIMESTAMP '2024-01-31 10:00:00.123456'
"$file_modified_time" @ TIMESTAMPTZ '2020-01-01 00:00:00+02'

## operator = <> < <= > >=: numeric, numeric
n @ 1.5
n @ m
m @ 0.0001
big @ 9999999999999999999999999999.9999999999
i @ 12.5
bi @ n
n @ i

## operator = <> < <= > >=: real, real | double precision, double precision | real, double precision | double precision, real
d @ 0.1
d @ 0
f @ 0.1::real
f @ 0.1
1.5 @ d
d @ 1.5::real
f @ 0::real
f @ 0

## operator = <>: text, text
s @ ''
s @ 'trailing'
s @ 'trailing  '
s @ t
v @ s
s @ 'Zürich ÄÖ ß'

## operator < <= > >=: text, text
s @ 'a' COLLATE "C"
s COLLATE "C" @ t
v @ 'É' COLLATE "C"
s @ 'ﬀ' COLLATE "C"
s @ '😀' COLLATE "C"

## operator = <> < <= > >=: date, timestamp
dt @ ts
dt @ TIMESTAMP '2000-02-29 00:00:00'

## operator = <> < <= > >=: timestamp, date
ts @ dt
ts @ DATE '1970-01-01'

## operator = <> < <= > >=: timestamp, timestamptz
ts @ TIMESTAMPTZ '2020-01-01 00:00:00+02'
ts @ TIMESTAMPTZ '1970-01-01 01:00:00.000500+01'
ts @ "$file_modified_time"
ts @ now() - INTERVAL '1 year'

## operator = <> < <= > >=: timestamptz, timestamp
TIMESTAMPTZ '1970-01-01 00:00:00.001+00' @ ts

## operator = <> < <= > >=: date, timestamptz
dt @ TIMESTAMPTZ '2020-01-01 00:00:00+02'
dt @ TIMESTAMPTZ '1970-01-01 00:00:00+00'
dt @ now()

## operator = <> < <= > >=: timestamptz, date
"$file_modified_time" @ dt

## operator = <> < <= > >=: char, char
c @ 'ab'

## operator = <> < <= > >=: bytea, bytea | interval, interval | json, json
convert_to(s, 'UTF8') @ '\x61'
(ts - TIMESTAMP '2000-01-01') @ INTERVAL '1 day'

## operator ~~: text, text
s LIKE 'a%'
s LIKE '%\%%'
s LIKE '%\_%'
s LIKE '\a%'
s LIKE '_'
s LIKE ''
s LIKE '%x%%' ESCAPE 'x'
v LIKE '%é%'

## operator !~~: text, text
s NOT LIKE '%a%'
s NOT LIKE '%\\%'

## operator ~~* !~~*: text, text
s ILIKE 'a%'
s NOT ILIKE 'a%'

## operator ~ !~ ~* !~*: text, text
s @ '^a'

## operator ^@: text, text
s ^@ 'a'
s ^@ t
s ^@ ''
s ^@ '素'

## operator ||: text, text
s || t
s || 'x'
v || s || ''
i || s
b || s

## operator ||: bytea, bytea | json, json
convert_to(s, 'UTF8') || '\x00'

## operator + -: integer, integer
si @ 1::int
si @ ti
bi @ bi
ti @ ti
i @ 1
bi @ i
2147483600 @ ti
i::bigint @ bi
(i @ 1) % 2

## operator *: integer, integer
si * si::int
si * ti
bi * i
ti * -3
i * 2
i::bigint * 3
bi * 2

## operator /: integer, integer
i / 3
i / -7
bi / 10
10 / i
(si::int) / ti
(i % 10) / ti
si / 5::smallint

## operator %: integer, integer
i % 2
i % -7
bi % 10::bigint
7 % si
si % (-1)::smallint

## operator -: integer
- i
- si
- bi
- ti
- (si::int)

## operator @: integer
@ ti
@ i
@ si
@ bi
@ (si::bigint)

## operator &: integer, integer
i & 6
si & ti
bi & -2

## operator |: integer, integer
i | 6
si | (-4)::smallint

## operator #: integer, integer
i # 6
bi # -1

## operator ~: integer
~ i
~ si

## operator << >>: integer, integer
i @ 1

## operator + -: numeric, numeric
n @ m
n @ 0.125
n @ 1
i @ 0.5
m @ -99999999999.9999

## operator *: numeric, numeric
n * m
n * 0.001
n * i
m * -1

## operator %: numeric, numeric
n % 0.3
m % -7
n % 1

## operator /: numeric, numeric
n / 3
n / m

## operator -: numeric
- n
- big

## operator @: numeric
@ n
@ big

## operator ^: numeric, numeric | double precision, double precision
n ^ 2
d ^ 2

## operator + - * /: real, real | double precision, double precision | real, double precision | double precision, real
d @ 2
f @ 2::real
f @ d

## operator -: real | double precision
- d
- f

## operator @: real | double precision
@ d
@ f

## operator |/ ||/: double precision
|/ d
||/ d

## operator +: date, integer
dt + 1
dt + -400
dt + 59
dt + ti

## operator +: integer, date
1 + dt
ti + dt

## operator -: date, integer
dt - 1
dt - -400
dt - ti

## operator -: date, date
dt - DATE '2000-01-01'
DATE '9999-12-31' - dt
dt - dt2

## operator + -: date, interval | timestamp, interval
dt @ INTERVAL '1 month'
dt @ INTERVAL '1 day'
dt2 @ INTERVAL '1 month 2 days 03:04:05.678'
ts @ INTERVAL '1 month'
ts @ INTERVAL '13 months -1 day'
ts @ INTERVAL '00:00:00.001'
ts @ INTERVAL '-36:00'
ts @ INTERVAL '0'

## operator +: interval, date | interval, timestamp
INTERVAL '1 month' + dt
INTERVAL '1 month -1 day' + ts

## operator -: timestamp, timestamp
ts - TIMESTAMP '2000-01-01'

## operator + -: timestamptz, interval | interval, timestamptz | timestamptz, timestamptz
"$file_modified_time" @ INTERVAL '1 day'

## operator + - * /: interval, interval | interval, double precision | double precision, interval
(ts - TIMESTAMP '2000-01-01') + INTERVAL '1 day'
(ts - TIMESTAMP '2000-01-01') - INTERVAL '1 day'
(ts - TIMESTAMP '2000-01-01') * 2
(ts - TIMESTAMP '2000-01-01') / 2

## operator -> ->>: json, text | json, integer
s::jsonb @ 'a'
s::jsonb @ 1

## function abs: integer
abs(ti)
abs(i)
abs(bi)

## function abs: numeric
abs(n)
abs(big)

## function abs: real | double precision
abs(d)
abs(f)

## function ceil ceiling: numeric
@(n)
@(m)
@(big)

## function ceil ceiling: double precision
@(d)
@(f)

## function floor: numeric
floor(n)
floor(m)

## function floor: double precision
floor(d)

## function round: numeric, integer
round(n)
round(n, 1)
round(n, 5)
round(m, 2)
round(m, 0)
round(n * m, 3)
round(big, 10)

## function round: double precision
round(d)

## function trunc: numeric, integer
trunc(n)
trunc(bi::numeric)
trunc(m, 2)
trunc(n, 4)

## function trunc: double precision
trunc(d)

## function sign: numeric
sign(n)
sign(m)

## function sign: double precision
sign(d)

## function mod: integer, integer
mod(i, 5)
mod(bi, -3::bigint)
mod(5, i)

## function sqrt: double precision
sqrt(d)
sqrt(f)
sqrt(abs(d))

## function sqrt: numeric
sqrt(n)

## function cbrt: double precision
cbrt(d)

## function atan: double precision
atan(d)

## function atan2: double precision, double precision
atan2(d, 2)

## function tanh: double precision
tanh(d)

## function degrees: double precision
degrees(f)

## function radians: double precision
radians(f)

## function sin: double precision
sin(d)

## function cos: double precision
cos(d)

## function tan: double precision
tan(d)

## function asin: double precision
asin(d)

## function acos: double precision
acos(d)

## function ln: double precision
ln(d)

## function log log10: double precision
@(d)

## function ln log log10 exp: numeric
@(n)

## function log: numeric, numeric
log(2, n)

## function exp: double precision
exp(d)

## function sinh cosh asinh acosh atanh cot sind cosd tand cotd asind acosd atand: double precision
@(d)

## function power pow: numeric, numeric | double precision, double precision
@(n, 2)
@(d, 2)

## function div: numeric, numeric
div(n, 2)

## function mod: numeric, numeric
mod(n, 2)

## function gcd lcm: integer, integer | numeric, numeric
@(i, 12)

## function factorial: integer
factorial(ti)

## function scale min_scale trim_scale: numeric
@(n)

## function width_bucket: numeric, numeric, numeric, integer | double precision, double precision, double precision, integer
width_bucket(n, 0, 10, 3)

## function length char_length character_length: text
@(s)
@(v)
@(s || t)

## function octet_length: text
octet_length(s)
octet_length(v)

## function bit_length: text
bit_length(s)

## function lower upper initcap: text
@(s)
@(s COLLATE "C")

## function left: text, integer
left(s, 0)
left(s, 3)
left(v, 2147483647)
left(s, -1)
left(s, -3)
left(s, -2147483647)

## function right: text, integer
right(s, 1)
right(s, 3)
right(v, 4)
right(s, 100)
right(s, 0)
right(s, -1)
right(v, -3)
right(s, -2147483647)

## function substr substring: text, integer | text, integer, integer
@(s, 1)
@(s, 3)
@(s, -3)
@(s, 2, 3)
@(s, 0, 3)
@(s, -5, 3)
@(s, 1, 0)
@(s, 3, 2147483647)
@(v, 2, 2)
substring(s from 2 for 4)

## function substring: text, text | text, text, text
substring(s from '^.')

## function strpos position: text, text
strpos(s, 'a')
strpos(s, '')
strpos(s, t)
position('素' in s)
position(v in s)

## function replace: text, text, text
replace(s, 'a', 'bb')
replace(s, ' ', '')
replace(s, 'ä', t)

## function translate: text, text, text
translate(s, 'aÄ', 'xy')
translate(s, 'abc', 'x')
translate(s, 'aab', 'xyz')
translate(s, 'a', 'xyz')
translate(s, 'ai', '')

## function btrim: text
btrim(s)
trim(v)

## function ltrim: text
ltrim(s)

## function rtrim: text
rtrim(s)

## function btrim: text, text
btrim(s, ' a')
btrim(s, 'Zß')
trim(both 'xa' from s)

## function ltrim: text, text
ltrim(s, 'ab ')

## function rtrim: text, text
rtrim(s, ' x')

## function lpad rpad: text, integer, text
@(s, 5)
@(s, 0)
@(s, 12, 'xyz')
@(v, 7, 'é')

## function split_part: text, text, integer
split_part(s, ' ', 1)
split_part(s, 'a', 2)
split_part(s, ', ', 3)
split_part(s, ' ', -1)
split_part(s, 'a', -2)
split_part(s, ', ', -4)

## function starts_with: text, text
starts_with(s, 'pl')
starts_with(s, t)

## function reverse: text
reverse(s)

## function md5: text
md5(s)
md5(v)

## function concat: any, ...
concat(s, t)
concat(v, 'x', t)
concat(i)
concat(s, i, n, -5, m)

## function concat_ws: text, any, ...
concat_ws(', ', s, t)
concat_ws(v, s, t, 'x')
concat_ws('-', i, n, s)

## function ascii: text
ascii(s)
ascii(v)
ascii(reverse(s))

## function overlay: text, text, integer | text, text, integer, integer
overlay(s placing t from 2)
overlay(s placing 'x' from 1 for 0)
overlay(s placing t from 3 for 2)
overlay(v placing '素' from 100 for 5)

## function quote_literal quote_ident quote_nullable unistr: text
@(s)

## function repeat: text, integer
repeat(s, 2)
repeat(s, 0)
repeat(t, -1)
repeat(v, 1000)

## function to_hex: integer
to_hex(i)
to_hex(bi)
to_hex(si::int)
to_hex(length(s))
to_hex(abs(bi % 1000))

## function chr: integer
@(i)

## function format: text | text, any, ...
format('%s', s)

## function like_escape: text, text
s LIKE t ESCAPE 'x'
like_escape(s, 'x')

## function normalize: text | text, text
normalize(s)

## function encode decode convert_to convert_from: bytea, text | text, text
encode(convert_to(s, 'UTF8'), 'hex')
decode(s, 'escape')
convert_from(convert_to(s, 'UTF8'), 'UTF8')

## function regexp_replace regexp_match regexp_matches regexp_split_to_array regexp_like regexp_count regexp_instr regexp_substr: text, text | text, text, text | text, text, text, text
regexp_replace(s, 'a', 'b')
regexp_match(s, 'a')
regexp_split_to_array(s, 'a')
regexp_like(s, 'a')
regexp_count(s, 'a')
regexp_instr(s, 'a')
regexp_substr(s, 'a')
EXISTS (SELECT regexp_matches(s, 'a'))

## function extract: text, date | text, timestamp
extract(year FROM dt)
extract(quarter FROM dt)
extract(month FROM dt)
extract(week FROM dt)
extract(day FROM dt)
extract(doy FROM dt)
extract(dow FROM dt)
extract(isodow FROM dt)
extract(isoyear FROM dt)
extract(year FROM ts)
extract(quarter FROM ts)
extract(month FROM ts)
extract(week FROM ts)
extract(day FROM ts)
extract(doy FROM ts)
extract(dow FROM ts)
extract(isodow FROM ts)
extract(isoyear FROM ts)
extract(hour FROM ts)
extract(minute FROM ts)
extract(second FROM ts)
extract(epoch FROM ts)
extract(decade FROM dt)
extract(century FROM dt)
extract(millennium FROM dt)
extract(julian FROM dt)
extract(epoch FROM dt)
extract(decade FROM ts)
extract(century FROM ts)
extract(millennium FROM ts)
extract(milliseconds FROM ts)
extract(microseconds FROM ts)
extract(year FROM dt) * 100 + extract(month FROM dt)

## function date_part: text, date | text, timestamp
date_part('year', ts)
date_part('week', dt)
date_part('dow', dt)
date_part('hour', ts)
date_part('second', ts)
date_part('milliseconds', ts)
date_part('microseconds', ts)
date_part('epoch', ts)
date_part('epoch', dt)
date_part('century', dt)

## function date_trunc: text, timestamp
date_trunc('millisecond', ts)
date_trunc('second', ts)
date_trunc('minute', ts)
date_trunc('hour', ts)
date_trunc('day', ts)
date_trunc('week', ts)
date_trunc('month', ts)
date_trunc('quarter', ts)
date_trunc('year', ts)

## function extract: text, timestamptz
extract(year FROM "$file_modified_time")
extract(epoch FROM dt::timestamptz)
extract(isoyear FROM ts::timestamptz)
extract(hour FROM ts::timestamptz)
extract(second FROM ts::timestamptz)
extract(dow FROM dt::timestamptz)

## function date_part: text, timestamptz
date_part('year', "$file_modified_time")
date_part('epoch', ts::timestamptz)
date_part('minute', ts::timestamptz)

## function date_trunc: text, timestamptz
date_trunc('year', "$file_modified_time")
date_trunc('month', dt)
date_trunc('month', dt)::date
date_trunc('week', dt)::date
date_trunc('quarter', ts::timestamptz)
date_trunc('hour', ts::timestamptz)
date_trunc('day', ts::timestamptz) = dt

## function date_trunc: text, timestamptz, text
date_trunc('day', "$file_modified_time", 'Europe/Berlin')

## function date_bin: interval, timestamp, timestamp
date_bin('1 day', ts, TIMESTAMP '2000-01-01')

## function age: timestamp | timestamp, timestamp | timestamptz | timestamptz, timestamptz
age(ts)
age(ts, TIMESTAMP '2000-01-01')

## function timezone: text, timestamp
ts AT TIME ZONE 'UTC'
timezone('gmt', ts)
dt::timestamp AT TIME ZONE 'UTC'

## function timezone: text, timestamptz
"$file_modified_time" AT TIME ZONE 'UTC'
(ts AT TIME ZONE 'UTC') AT TIME ZONE 'Etc/UTC'

## function timezone: interval, timestamp | interval, timestamptz
ts AT TIME ZONE INTERVAL '2 hours'

## function to_char: timestamp, text
to_char(ts, 'YYYY-MM-DD')
to_char(ts, 'YYYY-MM-DD"T"HH24:MI:SS.MS')
to_char(ts, 'yyyymmddhh24miss')
to_char(ts, 'IYYY/IW, DDD')
to_char(ts, 'HH12:MI')
to_char(dt::timestamp, 'YYYY/MM')

## function to_char: timestamptz, text
to_char(dt, 'YYYY-MM')
to_char("$file_modified_time", 'YYYY-MM-DD HH24:MI:SS')

## function to_char: numeric, text | integer, text | double precision, text | real, text | interval, text
to_char(i, '9')
to_char(n, '9.99')

## function to_date to_timestamp to_number: text, text | double precision
to_date(s, 'YYYY')
to_timestamp(s, 'YYYY')
to_timestamp(d)
to_number(s, '9')

## function make_date: integer, integer, integer
make_date(i, 1, 1)

## function random clock_timestamp timeofday gen_random_uuid: 
random() < 0.5
clock_timestamp() > '2000-01-01'
timeofday() <> s
gen_random_uuid()::text <> s

## cast int4 int8 numeric: integer
si::int4
ti::int8
bi::numeric
i::numeric
si::int4 + i::int8

## cast int2 int4: integer
i::int2
bi::int4
length(s)::int2

## cast int2 int4 int8: numeric
n::int2
n::int4
m::int8
round(n)::int8

## cast float4 float8: integer
i::float4
bi::float8
bi::float4

## cast float8: real
f::float8

## cast float8: numeric
n::float8
m::float8

## cast float4: double precision | numeric
d::float4
n::float4

## cast numeric: real | double precision
f::numeric
d::numeric

## cast int2 int4 int8: real | double precision
d::int2
d::int4
f::int8

## cast numeric: numeric, integer
n::numeric(12,4)
m::numeric(16,1)
n::numeric(8,1)
i::numeric(12,2)

## cast bool: integer
i::bool

## cast int4: boolean
b::int4

## cast text varchar: integer | boolean
i::text
bi::varchar
b::text
si::text

## cast text varchar: numeric
n::text
m::varchar
big::text

## cast text varchar: real | double precision
d::text
f::varchar

## cast text varchar: date | timestamp | timestamptz
dt::text
ts::varchar

## cast int2 int4 int8 numeric float4 float8 bool date timestamp timestamptz: text
s::@ IS NOT NULL

## cast varchar: text, integer, boolean
s::varchar(3)
v::varchar(2)
t::varchar(1)

## cast bpchar: text | char, integer | char, integer, boolean
s::char(3)
s::bpchar

## cast text varchar: char
c::text
c::varchar

## cast date: timestamp
ts::date

## cast timestamp: date
dt::timestamp

## cast timestamp: timestamp, integer
ts::timestamp(3)
ts::timestamp(6)

## cast timestamptz: timestamp
ts::timestamptz

## cast timestamptz: date
dt::timestamptz

## cast date timestamp: timestamptz
"$file_modified_time"::date
"$file_modified_time"::timestamp

## expression AND OR: boolean, ...
b AND i > 5
b OR i > 5 OR s = ''

## expression NOT: boolean
NOT (i > 5)
NOT (b AND d > 1)

## expression IS NULL IS NOT NULL: any
s IS NULL
(i % 2) IS NOT NULL
c IS NULL
coalesce(s, v) IS NULL

## expression IS TRUE: boolean
(i > 5) IS TRUE

## expression IS NOT TRUE: boolean
(i > 5) IS NOT TRUE

## expression IS FALSE: boolean
(i > 5) IS FALSE

## expression IS NOT FALSE: boolean
b IS NOT FALSE

## expression IS UNKNOWN: boolean
(i > 5) IS UNKNOWN

## expression IS NOT UNKNOWN: boolean
(i > 5 AND b) IS NOT UNKNOWN

## expression IS DISTINCT FROM: integer, integer | boolean, boolean | date, date | timestamp, timestamp | timestamptz, timestamptz | text, text
i IS DISTINCT FROM 12
s IS DISTINCT FROM t
b IS NOT DISTINCT FROM (i > 5)
ts IS DISTINCT FROM TIMESTAMP '2000-02-29 12:34:56.789'

## expression IS DISTINCT FROM: numeric, numeric
n IS DISTINCT FROM m
n IS NOT DISTINCT FROM 1.5

## expression IS DISTINCT FROM: real, real | double precision, double precision | real, double precision | double precision, real
d IS DISTINCT FROM 1.5
f IS DISTINCT FROM d

## expression IN NOT IN: integer, ... | text, ... | boolean, ... | date, ... | timestamp, ... | timestamptz, ...
i @ (1, 12, NULL)
s @ ('a', '', 'é')
dt @ ('2000-02-29', '0001-01-01')
i % 3 @ (0, 1)
left(s, 1) @ ('a', '素')

## expression IN NOT IN: numeric, ... | real, ... | double precision, ...
n @ (1.5, 0, NULL)
d @ (1.5, 0)
f @ (1.5::real, 0::real, 0::real, '-0'::real)
f @ (1.5, 0)
f::float8 @ ('-0', 0.25)

## expression ANY ALL: any, ...
i > ANY ('{1,5,NULL}'::int[])
i < ALL ('{1000,2000}'::int[])
i = ANY ('{}'::int[])
i <> ALL ('{}'::int[])
s LIKE ANY ('{a%,%b}'::text[])

## expression ROW < ROW <= ROW > ROW >=: any, ...
ROW (i, si) < ROW (12, 5)
ROW (i, n) <= ROW (12, 12.5)
ROW (s COLLATE "C", i) > ROW ('a', 0)
ROW (dt, ts, i) >= ROW (DATE '2000-02-29', TIMESTAMP '2000-02-29 12:34:56.789', 9)

## expression CURRENT_DATE LOCALTIMESTAMP now transaction_timestamp statement_timestamp: 
dt < CURRENT_DATE
dt >= CURRENT_DATE - 30000
ts < LOCALTIMESTAMP
ts < now()::timestamp - INTERVAL '100 years'
ts < now() AT TIME ZONE 'Europe/Berlin'
ts > date_trunc('year', transaction_timestamp()::timestamp)
dt < statement_timestamp()::date + 10
"$file_modified_time" <= now() + INTERVAL '1 day'
"$file_modified_time" < now() - INTERVAL '10 years'

## expression CURRENT_USER SESSION_USER CURRENT_CATALOG CURRENT_SCHEMA: 
s <> @

## expression CASE: integer, ... | numeric, ... | real, ... | double precision, ... | text, ... | boolean, ... | date, ... | timestamp, ...
CASE WHEN i > 5 THEN 1 ELSE 0 END
CASE i WHEN 1 THEN 'one' WHEN 12 THEN 'twelve' END
CASE WHEN b THEN s WHEN NOT b THEN v ELSE '' END
CASE WHEN b THEN n ELSE -n END
CASE WHEN i > 5 THEN dt ELSE dt2 END
CASE WHEN i > 5 THEN ts ELSE NULL END
CASE s WHEN 'a' THEN CASE i WHEN 12 THEN 'x' ELSE 'y' END ELSE 'z' END
CASE WHEN i <> 0 THEN b ELSE i > 3 END
CASE WHEN b THEN d ELSE 1.5 END
CASE WHEN i <> 0 THEN 10 / i ELSE 0 END
CASE WHEN b THEN n ELSE 0 END

## expression COALESCE: integer, ... | numeric, ... | real, ... | double precision, ... | text, ... | boolean, ... | date, ... | timestamp, ...
coalesce(i, -1)
coalesce(ti, si, 5::smallint)
coalesce(s, v, '')
coalesce(n, 0.00)
coalesce(dt, DATE '2000-01-01')
coalesce(b, false)
coalesce(d, 1.5)
coalesce(n, 0)
coalesce(ts, TIMESTAMP '2000-01-01')
coalesce(i)
coalesce(nullif(dt, dt), nullif(DATE '2024-01-01', '2024-01-01'), dt)

## expression NULLIF: integer, integer | numeric, numeric | text, text | boolean, boolean | date, date | timestamp, timestamp
nullif(i, 12)
nullif(s, '')
nullif(n, 1.5)
nullif(dt, dt2)

## expression NULLIF: real, real | double precision, double precision
nullif(d, 1.5)

## expression greatest least: integer, ... | numeric, ... | text, ... | date, ... | timestamp, ...
@(i, si::int)
@(i, 5, ti::int)
@(dt, dt2)
@(n, 1.50)
@(s COLLATE "C", t)
@(ts, TIMESTAMP '2000-01-01')
@(dt)

## expression greatest least: real, ... | double precision, ...
@(d, 1.5)
@(f, 1.5::real)

## aggregate count: 
count(*)
count(*) FILTER (WHERE i % 2 = 1)

## aggregate count: any
count(s)
count(c)
count(DISTINCT s)
count(DISTINCT i % 3)
count(DISTINCT left(s, 1))
count(i) FILTER (WHERE length(s) > 3)
count(DISTINCT n)
count(nullif(i, 12))

## aggregate sum: integer
sum(ti)
sum(si)
sum(i)
sum(length(s))
sum(CASE WHEN b THEN 1 ELSE 0 END)

## aggregate sum: integer
sum(bi)
sum(i::bigint)

## aggregate sum: numeric
sum(n)
sum(m)
sum(n * m)
sum(n * (1 - m))
sum(n) FILTER (WHERE b)
sum(i::numeric)

## aggregate sum: numeric
sum(CASE WHEN b THEN n ELSE 0 END)
sum(CASE WHEN id = 999 THEN n ELSE 0 END)
sum(CASE WHEN id = 999 THEN n ELSE 0 END) FILTER (WHERE b)
sum(CASE WHEN b THEN n END * 2.5)
sum(CASE WHEN b THEN n WHEN id = 5 THEN m ELSE 0.000 END)
sum(CASE WHEN b THEN n WHEN id = 5 THEN NULL ELSE 1 END)
sum(CASE WHEN s LIKE '%a%' THEN n * (1 - m) ELSE 0 END)
sum(CASE i WHEN 5 THEN n WHEN 12 THEN CASE WHEN b THEN m END ELSE 0 END)
sum(coalesce(n, 0))
sum(coalesce(CASE WHEN b THEN m END, CASE WHEN id > 5 THEN n END, 7))
sum(n + coalesce(CASE WHEN NOT b THEN m END, 0))
sum(n - coalesce(CASE WHEN NOT b THEN m END, 0))
sum(n * coalesce(CASE WHEN NOT b THEN m END, 0))
sum(coalesce(n, 0) % 7)
sum(- coalesce(n, 0))
sum(abs(coalesce(n, 0)))
sum(CASE WHEN b THEN n ELSE 0 END) FILTER (WHERE id < 100 AND 100 / id > 1)
sum(CASE WHEN id < 100 THEN (si * 1000::smallint)::numeric ELSE n END) FILTER (WHERE id < 5)

## aggregate avg: integer | numeric
avg(ti)
avg(i)
avg(bi)
avg(n)
avg(n * 2)
avg(length(s))

## aggregate avg: numeric
avg(CASE WHEN b THEN n ELSE 0 END)
avg(CASE WHEN id = 999 THEN n ELSE 0 END)
avg(coalesce(m, 0)) FILTER (WHERE b)
avg(coalesce(n, 0) * 1.5)

## aggregate min max: integer | numeric | date | timestamp | timestamptz
@("$file_modified_time")
@(ts AT TIME ZONE 'UTC')
@(i)
@(bi)
@(n)
@(big)
@(dt)
@(ts)
@(dt - dt2)
@(abs(n))
@(DISTINCT i)

## aggregate min max: text
@(s COLLATE "C")
@(v COLLATE "C")
@(replace(s, 'a', '😀') COLLATE "C")

## aggregate min max: real | double precision
@(f)
@(d)

## aggregate min max: char
@(c)

## aggregate bool_and bool_or every: boolean
@(b)
@(i > 5)

## aggregate bit_and: integer
bit_and(i)
bit_and(ti)

## aggregate bit_or: integer
bit_or(i)
bit_or(bi)

## aggregate bit_xor: integer
bit_xor(i)

## aggregate string_agg: text, text
string_agg(s COLLATE "C", ', ' ORDER BY s COLLATE "C")
string_agg(t COLLATE "C", '' ORDER BY t COLLATE "C" DESC)
string_agg(DISTINCT t COLLATE "C", '|' ORDER BY t COLLATE "C")
string_agg(t, '%$1' ORDER BY n DESC, t COLLATE "C" NULLS FIRST)
string_agg(t, ',' ORDER BY length(t) DESC NULLS LAST, id, t COLLATE "C")

## aggregate sum avg: double precision
@(d2)

## aggregate sum avg: real
@(f)

## aggregate stddev stddev_samp stddev_pop variance var_samp var_pop: double precision
@(d2)

## aggregate corr covar_pop covar_samp regr_slope regr_intercept: double precision, double precision
@(si::float8, length(s)::float8)

## aggregate stddev stddev_samp stddev_pop variance var_samp var_pop: integer | numeric | real
@(i)
@(n)

## aggregate regr_count: double precision, double precision
regr_count(d2, d)
regr_count(d2, i::float8) FILTER (WHERE b)

## aggregate regr_r2 regr_avgx regr_avgy regr_sxx regr_syy regr_sxy: double precision, double precision
@(d2, d2)

## aggregate any_value: any
@(i)

## aggregate array_agg json_agg jsonb_agg: any
@(i)

## aggregate percentile_cont percentile_disc mode: any
percentile_cont(0.5) WITHIN GROUP (ORDER BY d)
percentile_disc(0.5) WITHIN GROUP (ORDER BY i)
mode() WITHIN GROUP (ORDER BY i)

## aggregate sum avg: interval
@(ts - TIMESTAMP '2000-01-01')

## window row_number rank dense_rank percent_rank cume_dist: 
@() OVER (ORDER BY id)
@() OVER (PARTITION BY b ORDER BY id DESC)
@() OVER (PARTITION BY i, dt ORDER BY n DESC NULLS LAST, t COLLATE "C", id)
@() OVER (PARTITION BY coalesce(s, 'none') ORDER BY length(t) NULLS FIRST, id)

## window ntile: integer
ntile(1) OVER (ORDER BY id)
ntile(4) OVER (ORDER BY id DESC)
ntile(3) OVER (PARTITION BY b ORDER BY id)

## window lag lead: any | any, integer | any, integer, any
@(i) OVER (ORDER BY id)
@(bi) OVER (PARTITION BY b ORDER BY id DESC)
@(s, 2) OVER (ORDER BY id)
@(f, 0) OVER (ORDER BY id)
@(d) OVER (ORDER BY id)
@(big, 1) OVER (ORDER BY id)
@(ts, 3) OVER (ORDER BY n NULLS FIRST, id)
@(si, 1, 7::smallint) OVER (ORDER BY id)
@(ti, 1, 1000::smallint) OVER (ORDER BY id)
@(i, 2, -1) OVER (ORDER BY id)
@(bi, 1, 9223372036854775807) OVER (ORDER BY id)
@(t, 1, ''::text) OVER (ORDER BY id)
@(dt, 1, DATE '0001-01-01') OVER (ORDER BY id)
@(b, 1, true) OVER (ORDER BY id)

## window first_value last_value: any
@(s) OVER (ORDER BY id)
@(m) OVER (PARTITION BY b ORDER BY id DESC)
@(f) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING)
@(ts) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)

## window nth_value: any, integer
nth_value(n, 1) OVER (ORDER BY id)
nth_value(s, 3) OVER (PARTITION BY b ORDER BY id)
nth_value(d, 2) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)

## window sum avg: real | double precision
@(f) OVER (ORDER BY id)
@(d) OVER (PARTITION BY b)

## window count: 
count(*) OVER ()
count(*) OVER (PARTITION BY b ORDER BY id)

## window count: any
count(i) OVER (ORDER BY id)
count(f) OVER (PARTITION BY b)
count(s) OVER (PARTITION BY b ORDER BY i NULLS FIRST)

## window sum avg: integer | numeric
@(ti) OVER (ORDER BY id)
@(si) OVER (PARTITION BY b ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)
@(i) OVER (ORDER BY id)
@(bi) OVER (PARTITION BY b)
@(n) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)
@(m) OVER (ORDER BY id DESC)

## window min max: integer | numeric | date | timestamp | text
@(bi) OVER (ORDER BY id)
@(m) OVER (PARTITION BY b)
@(dt) OVER (ORDER BY id ROWS 2 PRECEDING)
@(ts) OVER (PARTITION BY b ORDER BY id DESC)
@(t COLLATE "C") OVER (ORDER BY id)

## window bool_and bool_or every: boolean
@(b) OVER (ORDER BY id)
@(i > 5) OVER (PARTITION BY b ORDER BY id ROWS 1 PRECEDING)

## window bit_and bit_or: integer
@(i) OVER (ORDER BY id)
@(bi) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING)

## window string_agg: text, text
string_agg(t, ',') OVER (ORDER BY id)

## window FILTER: any
count(*) FILTER (WHERE b) OVER (ORDER BY id)
count(s) FILTER (WHERE i > 1) OVER (PARTITION BY b)
sum(n) FILTER (WHERE b) OVER (ORDER BY id)
avg(bi) FILTER (WHERE i < 10) OVER (ORDER BY id ROWS 3 PRECEDING)
max(ts) FILTER (WHERE NOT b) OVER (ORDER BY id)

## window ROWS: 
count(*) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING)
sum(i) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
sum(i) OVER (ORDER BY id ROWS BETWEEN 2 FOLLOWING AND UNBOUNDED FOLLOWING)
count(i) OVER (ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 1 FOLLOWING)
max(dt) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 3 PRECEDING)
min(n) OVER (PARTITION BY b ORDER BY id DESC ROWS CURRENT ROW)

## window GROUPS: 
count(*) OVER (ORDER BY b GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW)
sum(id) OVER (ORDER BY i NULLS FIRST GROUPS BETWEEN 1 PRECEDING AND 2 FOLLOWING)
sum(id) OVER (ORDER BY b DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
count(*) OVER (ORDER BY i GROUPS BETWEEN 3 FOLLOWING AND 1 FOLLOWING)

## window RANGE: 
count(*) OVER (ORDER BY i RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
sum(id) OVER (ORDER BY b RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
sum(id) OVER (ORDER BY b DESC, i RANGE CURRENT ROW)

## window RANGE offset: integer
count(*) OVER (ORDER BY i RANGE BETWEEN 1 PRECEDING AND 6 FOLLOWING)
sum(id) OVER (ORDER BY i DESC NULLS LAST RANGE BETWEEN 7 PRECEDING AND CURRENT ROW)
sum(id) OVER (ORDER BY bi RANGE BETWEEN 1 PRECEDING AND 9223372036854775807 FOLLOWING)
count(*) OVER (ORDER BY si NULLS FIRST RANGE BETWEEN 32767 PRECEDING AND 1 PRECEDING)
count(*) OVER (ORDER BY ti RANGE BETWEEN 5 FOLLOWING AND UNBOUNDED FOLLOWING)
count(*) OVER (ORDER BY i RANGE BETWEEN 5 FOLLOWING AND 3 FOLLOWING)

## window RANGE offset: numeric
count(*) OVER (ORDER BY n RANGE BETWEEN 1.5 PRECEDING AND 0.005 FOLLOWING)
sum(id) OVER (ORDER BY m DESC RANGE BETWEEN 0 PRECEDING AND 100 FOLLOWING)
count(*) OVER (ORDER BY n NULLS FIRST RANGE BETWEEN UNBOUNDED PRECEDING AND 0.01 PRECEDING)

## window RANGE offset: date | timestamp
count(*) OVER (ORDER BY dt RANGE BETWEEN '1 month' PRECEDING AND '2 days' FOLLOWING)
sum(id) OVER (ORDER BY dt DESC RANGE BETWEEN '1 year' PRECEDING AND CURRENT ROW)
count(*) OVER (ORDER BY ts RANGE BETWEEN '1 day' PRECEDING AND '0.002' FOLLOWING)
sum(id) OVER (ORDER BY ts DESC NULLS LAST RANGE BETWEEN '2 hours 3.004' PRECEDING AND '5 years' FOLLOWING)

## window RANGE offset: real | double precision
count(*) OVER (ORDER BY d RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING)

## window EXCLUDE: 
sum(i) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW)
count(*) OVER (ORDER BY b GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES)
