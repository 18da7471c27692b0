# Conditions that a direct scan evaluates itself (src/fdw/rows/raw_filter.h): the same rows with and without, and as in a heap
# table, for every kind of condition, format and odd value; who may not be filtered so; what becomes of bad values.
use strict;
use warnings;
use File::Temp qw(tempdir);
use JSON::PP;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_raw');

my $dir = tempdir(CLEANUP => 1);
my $on = 'SET pds.raw_filters = on;';
my $off = 'SET pds.raw_filters = off;';

# ---- the rows: [canonical text, other texts of the same value that only PostgreSQL reads ...], undef: NULL ----

my @values = (
	['i2', 'smallint', undef, ['0', '-0', '00', ' 0'], ['5', '+5', '005'], ['-5'], ['32767'], ['-32768'], ['7', ' 7 ']],
	['i4', 'int', ['0'], undef, ['5', ' 5', '0005'], ['-17', ' -17'], ['2147483647'], ['-2147483648'], ['12345678'], ['123456789']],
	['i8', 'bigint', ['0'], ['99999999'], ['123456789012345678'], ['-1234567890123456789'], undef, ['9223372036854775807'],
		['-9223372036854775808'], ['5', '+5']],
	['n', 'numeric(10,2)', ['0.00', '0', '-0', '-0.00', '.0', '0.'], ['400.00', '400', '4e2', '400.0', '400.004'], ['400.01', '400.005', '400.009'],
		['-400.00', '-400'], ['0.05', '.05', '5e-2', '0.049'], ['99999999.99'], ['-99999999.99'], undef, ['12.30', '12.3'], ['10000.00'],
		['100000000.00', '100000000'] ],
	['w', 'numeric(30,10)', ['0.0000000000'], ['12345678901234567890.1234567890'], ['-0.0000000001'], ['1.5000000000', '1.5'], undef,
		['12345678.0000000001'], ['99999999.9999999999']],
	['d', 'date', ['2024-02-29', '2024-2-29', '20240229', 'Feb 29 2024'], ['1899-12-31'], ['1900-01-01'], ['2099-12-31'], ['2100-01-01'],
		undef, ['1970-01-01'], ['2024-03-01']],
	['ts', 'timestamp', ['2024-02-29 23:59:59'], ['2024-03-01 00:00:00', '2024-03-01'], ['2024-03-01 00:00:00.001', '2024-03-01 00:00:00.001000'],
		undef, ['1969-12-31 23:59:59.999'], ['1850-05-05 05:05:05'], ['2024-03-01 12:34:56.7', '2024-03-01T12:34:56.7']],
	['b', 'boolean', ['true', 't', 'yes', '1', 'TRUE'], ['false', 'f', 'off'], undef],
	['s', 'text', ['Kelvin'], ['İx'], ['Kilo'], ['a'], ['ab'], ['abc'], ['ABC'], ['é'], ['x' x 200], ['abc' . 'y' x 130], undef, ['b%c'], ['say "abc"'], ['"abc"'], ['ab,c'],
		["ab\nc"], ['a\\bc'], [''], ['abd'], ["x'y"]],
	['v', 'varchar(5)', ['a'], ['abc'], ['ééééé'], undef, ['abcde'], ['']],
	['f8', 'float8', ['0'], ['-0'], ['0.1', '.1', '1e-1', '0.10'], ['0.30000000000000004', '0.300000000000000044'], ['0.3'], ['NaN'], ['Infinity'], ['-Infinity'],
		undef, ['-1.5', ' -1.5'], ['9007199254740993', '9007199254740992'], ['1e300'], ['-1e-300'], ['123456.78901234567']],
	['f4', 'real', ['0'], ['-0'], ['0.1', '1e-1'], ['16777217', '16777216'], ['NaN'], ['Infinity'], ['-Infinity'], undef, ['-1.5'], ['1.17549435e-38'], ['3.14159274']]);
splice @{ $values[3] }, -1;    # 100000000.00 overflows numeric(10,2)
my $rows = 300;
my $random = 7;

sub pick
{
	$random = ($random * 1103515245 + 12345) % 2147483648;
	return int($random / 65536) % $_[0];
}

my (@table, @odd);
for my $id (1 .. $rows)
{
	my (@row, @other);
	for my $c (@values)
	{
		my $v = $c->[2 + pick(@$c - 2)];
		push @row, $v && $v->[0];
		push @other, $v && $v->[pick(scalar @$v)];
	}
	push @table, [ $id, @row ];
	push @odd, [ $id, @other ];
}

# what lazysimple cannot hold without escapes
sub flat
{
	return map { defined $_ ? s/[\n|\\]/ /gr : undef } @_;
}

sub csv_line
{
	my ($all, $escape, $end, @row) = @_;
	return join(',', map { !defined $_ ? '' : $all || /[",\n\r\\]/ || $_ eq '' ? '"' . (s/(["\\])/$1 eq '"' || $escape eq '\\' ? "$escape$1" : $1/ger) . '"' : $_ } @row) . $end;
}

my %file = (
	'csv/plain' => join('', map { csv_line(0, '"', "\n", @$_) . ($_->[0] % 50 ? '' : "\n") } @odd),
	'csv/quoted' => join('', map { csv_line(1, '"', "\r\n", @$_) } @odd),
	'csv/escaped' => join('', map { csv_line(1, '\\', "\n", @$_) } @odd),
	'lazy/plain' => join('', map { join('|', map { $_ // '\N' } flat(@$_)) . "\n" } @table),
	'lazy/crlf' => join('', map { join('|', map { $_ // '\N' } flat(@$_)) . "\r\n" } @table),
	'lazy/escaped' => join('', map { join('|', map { defined $_ ? s/([|\\])/\\$1/gr : '\N' } map { defined $_ ? s/\n/ /gr : undef } @$_) . "\n" } @table));

sub put
{
	my (%objects) = @_;
	my $n = 0;
	my $list = '';

	for my $key (sort keys %objects)
	{
		my $name = "$dir/" . $n++;
		open my $f, '>:raw', $name or die $!;
		my $body = $objects{$key};
		utf8::is_utf8($body) and utf8::encode($body);
		print {$f} $body;
		close $f;
		$list .= "s3.upload_file('$name', 'pds-raw', '$key')\n";
	}
	run_python("import boto3\ns3 = boto3.client('s3')\ns3.create_bucket(Bucket='pds-raw')\n$list");
	return;
}

put(map { ("$_/a.csv" => $file{$_}) } keys %file);
create_server('aws', engine => 'direct');

my $types = 'id int, ' . join ', ', map { "$_->[0] $_->[1]" } @values;
my %options = (
	'csv/plain' => "format 'csv'", 'csv/quoted' => "format 'csv'", 'csv/escaped' => "format 'csv', escape E'\\\\'",
	'lazy/plain' => "format 'lazysimple', delimiter '|'", 'lazy/crlf' => "format 'lazysimple', delimiter '|'",
	'lazy/escaped' => "format 'lazysimple', delimiter '|', escape E'\\\\'");

sub name_of { return $_[0] =~ s/\//_/r }

sub literal { return defined $_[0] ? "'" . ($_[0] =~ s/'/''/gr) . "'" : 'NULL' }

for my $heap (['heap_csv', sub { @_ }], ['heap_flat', \&flat], ['heap_escaped', sub { map { defined $_ ? s/\n/ /gr : undef } @_ }])
{
	psql_ok("CREATE TABLE $heap->[0] ($types); INSERT INTO $heap->[0] VALUES "
		  . join(',', map { '(' . join(',', map { literal($_) } $heap->[1]->(@$_)) . ')' } @table), $heap->[0]);
}
my %heap = ('csv/plain' => 'heap_csv', 'csv/quoted' => 'heap_csv', 'csv/escaped' => 'heap_csv',
	'lazy/plain' => 'heap_flat', 'lazy/crlf' => 'heap_flat', 'lazy/escaped' => 'heap_escaped');
psql_ok(join(';', map { "CREATE FOREIGN TABLE " . name_of($_) . " ($types) SERVER aws OPTIONS (location 's3://pds-raw/$_/', $options{$_})" } sort keys %options), 'tables');

# ---- the same rows ----

my $long = join ',', map { $_ * 3 } 1 .. 20;
my @filtered = (
	'i4 = 5', 'i4 <> 5', 'i4 < 5', 'i4 <= 5', 'i4 > 5', 'i4 >= 5', '5 < i4', 'i4 BETWEEN -17 AND 5', 'i4 IN (5, -17, 12345678)',
	'i4 NOT IN (5, -17)', 'i4 NOT IN (5, NULL)', 'i4 IN (5, NULL)', "i4 = ANY ('{}')", "i4 <> ALL ('{}')", "i4 IN (5, $long)", 'i4 IS NULL',
	'i4 IS NOT NULL', 'i4 = 123456789::bigint', 'i4 = 5::smallint', 'i4 < 9223372036854775807',
	'i2 = 5', 'i2 > -32768', 'i2 IN (0, 7)', 'i2 < 100000', 'i8 = 123456789012345678', 'i8 > 99999999', 'i8 = -9223372036854775808',
	'i8 >= 9223372036854775807', 'i8 IS NULL', "i8 NOT IN ($long)",
	'n = 400', 'n > 400', 'n >= 400.00', 'n < 400.001', 'n <> 400.01', 'n <= -400', 'n = 0', 'n < 0.05', 'n IN (0.05, 12.3, 400.000)',
	'n NOT IN (0.05, 12.3)', "n < 'NaN'", "n = 'NaN'", 'n > 123456789012345678901234567890', 'n < 0.0000000000000000000001', 'n IS NULL', 'n IS NOT NULL',
	'w = 1.5', 'w > 12345678', 'w >= 12345678901234567890.123456789', 'w < 0', 'w IN (1.5, 12345678901234567890.1234567890)',
	"d = '2024-02-29'", "d < '1900-01-01'", "d >= '2099-12-31'", "d BETWEEN '1970-01-01' AND '2024-02-29'", "d IN ('2024-02-29', '1899-12-31')",
	"d < 'infinity'", "d > '-infinity'", 'd IS NULL', 'd < CURRENT_DATE',
	"ts = '2024-03-01'", "ts >= '2024-03-01'", "ts < '2024-03-01 00:00:00.001'", "ts > '1969-12-31 23:59:59.998'", "ts IS NOT NULL",
	"ts IN ('2024-02-29 23:59:59', '2024-03-01 00:00:00.001')", "ts < 'infinity'", "ts < date '2024-03-01'", "ts >= date '2024-03-01'",
	"ts < date '5874897-01-01'", "ts < LOCALTIMESTAMP",
	'b', 'NOT b', 'b = true', 'b IS NULL', 'b IS NOT NULL',
	"s = 'abc'", "s <> 'abc'", "s = ''", "s = 'say \"abc\"'", "s = 'é'", "s IN ('abc', 'é', '')", "s NOT IN ('abc', 'x')", 's IS NULL', 's IS NOT NULL',
	"s LIKE '%c'", "s LIKE '%b%'", "s LIKE 'a%c'", "s LIKE '%a%b%'", "s LIKE '%aa%aa%'", "s LIKE 'ab%bc'", "s LIKE '%é%'", "s LIKE '%%'", "s NOT LIKE '%b%'", "s NOT LIKE 'abc'", "s LIKE '%\"%'",
	"s ILIKE 'AB%'", "s ILIKE '%B%'", "s ILIKE 'ABC'", "s NOT ILIKE '%bC'", "s ILIKE '%k%'", "s ILIKE '%i%'", "s ILIKE ''", "v ILIKE '%C'", "s ILIKE '%B%' COLLATE \"C\"", "s NOT ILIKE 'A%' COLLATE \"C\"",
	"s LIKE 'ab%'", "s LIKE 'abc'", "s LIKE '%'", "s LIKE ''", "s = repeat('x', 200)", "s LIKE 'abcyyyyy%%'", "s IN (" . join(',', map { "'abc', 'n$_'" } 1 .. 9) . ')',
	"'abc' = s", 's < \'abc\' COLLATE "C"', 's >= \'ab\' COLLATE "C"', "v = 'abc'", "v <> 'ééééé'", "v IN ('a', 'abcde')", "v LIKE 'abc%'", "v = ''",
	'f8 = 0', 'f8 > 0', 'f8 >= 0', 'f8 < 0', 'f8 <> 0.1', 'f8 = 0.1', 'f8 = 0.3', 'f8 < 0.3', 'f8 <= 0.30000000000000004', "f8 = 'NaN'", "f8 < 'NaN'",
	"f8 >= 'NaN'", "f8 < 'Infinity'", "f8 >= 'Infinity'", "f8 > '-Infinity'", "f8 = '-0'", "f8 IN (0.1, 0.3, '-0')", "f8 NOT IN (0.1, 'NaN')", 'f8 = 0.1::real',
	'f8 = 9007199254740992', 'f8 IS NULL', 'f8 IS NOT NULL', '0.1 > f8', 'f8 BETWEEN -1.5 AND 0.1', 'f8 IN (' . join(',', map { $_ / 10 } 1 .. 12) . ')',
	'f4 = 0', 'f4 > 0', 'f4 <= 0', 'f4 = 0.1', 'f4 = 0.1::real', 'f4 < 0.1', 'f4 < 0.1::real', "f4 = 'NaN'::real", "f4 >= 'NaN'", 'f4 = 16777216', "f4 IN (0.1::real, '-0')",
	"f4 < 'Infinity'", 'f4 IS NULL', 'f4 > 1e-38', 'f4 > 1e-39',
	'i4 = 5 OR i4 IS NULL', "i4 = 5 OR s = 'abc'", "s LIKE 'a%' OR b OR n < 0", "i4 IS NULL OR d IS NULL OR ts IS NULL OR s IS NULL", 'NOT b OR f8 > 0 OR f4 > 0', 'i4 = NULL::int OR i8 > 5',
	"n = 400 OR n = '1e50' OR w > 1", "s ILIKE 'B%' COLLATE \"C\" OR v = 'abc'", 'i4 IN (5, -17) OR i8 NOT IN (5, 0)', '(i4 = 5 OR i2 = 5) AND (b OR s IS NOT NULL)', 'i4 = 5 OR i4 = 5', 'i4 > 5 OR i4 <= 5', 'NOT (i4 = 5 AND s IS NULL)',
	"(i4 = 5 AND b) OR (i4 = 5 AND n > 0)", "i4 IN (1, NULL) OR i4 = ANY ('{}') OR b",
	(map { my $unit = $_; map { ("date_trunc('$unit', ts) $_ '2024-03-01'", "date_trunc('$unit', ts) $_ '2024-02-29 23:59:59'") } '=', '<>', '<', '<=', '>', '>=' } qw(second minute hour day week month quarter year)),
	"date_trunc('week', ts) = '2024-02-26'", "date_trunc('quarter', ts) = '2024-01-01'", "date_trunc('year', ts) = '2024-01-01'", "date_trunc('year', ts) = '1969-01-01'", "'2024-02-01' = date_trunc('month', ts)", "'2024-02-01' > date_trunc('month', ts)",
	"date_trunc('month', ts) < 'infinity'", "date_trunc('month', ts) > '-infinity'", "date_trunc('month', ts) = 'infinity'", "date_trunc('month', ts) <> '294276-12-01'", "date_trunc('month', ts) > '4713-01-01 BC'",
	"date_trunc('month', ts) = '2024-03-01' OR ts IS NULL", "date_trunc('day', ts) BETWEEN '1900-01-01' AND '2024-02-29'",
	"i4 = 5 AND n > 0", "i4 >= 0 AND s LIKE 'a%' AND b AND d IS NOT NULL");
# these stay with the executor
my @left = (
	'i4 - 0 = 5', 'i4 = i2', "s LIKE 'a_c'", "s LIKE 'a\\%%'", "s ILIKE 'É%'", "'abc' LIKE s", "lower(s) = 'abc'", 'i4 = 5 OR i4 = i2', '(i4 = 5 AND b) OR n > 0', "date_trunc('month', d) = '2024-02-01'", "date_trunc('decade', ts) = '2020-01-01'", "date_trunc('month', ts) IN ('2024-02-01', '2024-03-01')", "date_trunc('month', ts) = date '2024-03-01'", 'b IS TRUE', 'b IS NOT TRUE',
	'i4::numeric = 5.0', 'i4 = 5.0', 'i4::float8 < 5', "n = ANY (ARRAY[n, 0.05])", "s ~ '^ab'", 'i4 < ANY (ARRAY[5, 6])', "d > timestamp '2024-02-28 12:00'");

sub ids
{
	my ($setting, $table, @conditions) = @_;
	return split /\n/, psql_value($setting . join '', map { "SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), '-') FROM $table WHERE $_;" } @conditions);
}

for my $t (sort keys %options)
{
	my @conditions = (@filtered, @left);
	my @want = ids('', $heap{$t}, @conditions);
	my @got = ids($on, name_of($t), @conditions);
	my @plain = ids($off, name_of($t), @conditions);
	my @differ = grep { $got[$_] ne $want[$_] || $plain[$_] ne $want[$_] } 0 .. $#want;

	is(scalar @got, scalar @conditions, "$t: all conditions were asked");
	is(join('; ', map { "$conditions[$_]: $got[$_] / $plain[$_] / $want[$_]" } @differ), '', "$t: the rows of the heap, filtered in the scan and not");
	my @all = map { psql_value("$_ SELECT md5(string_agg(r::text, E'\\n' ORDER BY id)) FROM (SELECT * FROM " . name_of($t) . " WHERE id > 100) r") } $on, $off;
	is($all[0], psql_value("SELECT md5(string_agg(r::text, E'\\n' ORDER BY id)) FROM (SELECT * FROM $heap{$t} WHERE id > 100) r"), "$t: whole rows");
	is($all[0], $all[1], "$t: whole rows without");
}

# ---- who is filtered so ----

sub scan_of
{
	my ($plan) = @_;
	return $plan if ($plan->{'Node Type'} // '') eq 'Foreign Scan';
	for my $p (@{ $plan->{Plans} // [] })
	{
		my $s = scan_of($p);
		return $s if $s;
	}
	return;
}

# [condition in the scan, condition left] by JSON
sub filters
{
	my ($sql, $before) = @_;
	my $out = psql_value(($before // '') . "EXPLAIN (FORMAT json, COSTS off) $sql");
	my $scan = scan_of(decode_json($out)->[0]{Plan});
	return ($scan->{'Filter in Scan'} // '', $scan->{Filter} // '');
}

my @wrong;
for my $c (@filtered)
{
	my ($raw, $rest) = filters("SELECT id FROM csv_plain WHERE $c");
	push @wrong, "$c ($rest)" if $rest ne '' || $raw eq '';
}
is(join('; ', @wrong), '', 'conditions that are evaluated in the scan');
@wrong = ();
for my $c (@left)
{
	my ($raw, $rest) = filters("SELECT id FROM csv_plain WHERE $c");
	push @wrong, "$c ($raw)" if $raw ne '';
}
is(join('; ', @wrong), '', 'conditions that are not');
is_deeply([ filters('SELECT id FROM csv_plain WHERE i4 = 5 AND i4 * i2 = 10') ], [ '(i4 = 5)', '((i4 * i2) = 10)' ], 'one of two');
is_deeply([ filters('SELECT id FROM csv_plain WHERE i4 = 5', $off) ], [ '', '(i4 = 5)' ], 'pds.raw_filters = off');

psql_ok(<<'SQL', 'domain, char, OpenCSV, collation');
CREATE DOMAIN small AS int CHECK (VALUE < 100);
CREATE FOREIGN TABLE other (d small, c char(3), s text) SERVER aws OPTIONS (location 's3://pds-raw/none/', format 'csv');
CREATE FOREIGN TABLE open (i int, s text) SERVER aws OPTIONS (location 's3://pds-raw/none/', format 'opencsv');
SQL
psql_ok("CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)", 'without case') if has_icu();
for my $c ('d = 5', "c = 'a'", 'd IS NULL', has_icu() ? ("s = 'ABC' COLLATE ci", "s IN ('ABC' COLLATE ci)", 's < \'b\' COLLATE "en-x-icu"') : ())
{
	is((filters("SELECT 1 FROM other WHERE $c"))[0], '', "not in the scan: $c");
}
is((filters("SELECT 1 FROM open WHERE s = 'a'"))[0], '', 'nor of OpenCSV');

# security: what the user asks for sees only rows that the policy shows, unless it cannot tell of others
psql_ok(<<"SQL", 'a policy of a parent');
CREATE FUNCTION mine(int) RETURNS boolean LANGUAGE plpgsql COST 10000 AS 'BEGIN RETURN \$1 % 2 = 0; END';
CREATE TABLE parent (id int, a int, b numeric);
CREATE FOREIGN TABLE child () INHERITS (parent) SERVER aws OPTIONS (location 's3://pds-raw/none/', format 'csv');
ALTER TABLE parent ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON parent USING (mine(id));
DO 'BEGIN CREATE ROLE pds_raw_reader; EXCEPTION WHEN duplicate_object THEN NULL; END';
GRANT SELECT ON parent, child TO pds_raw_reader;
CREATE USER MAPPING FOR pds_raw_reader SERVER aws OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}');
SQL
my ($raw, $rest) = filters('SELECT id FROM parent WHERE b > 400 AND a = 5', 'SET ROLE pds_raw_reader;');
like($raw, qr/^\(\w+\.a = 5\)$/, 'a leakproof operator may go below a policy');
like($rest, qr/mine\(.*id\) AND \(.*b > /, 'another may not');
($raw, $rest) = filters('SELECT id FROM parent WHERE b > 400 AND a = 5');
like($raw, qr/a = 5.*b > |b > .*a = 5/, 'who sees all rows has both');

psql_ok('DROP OWNED BY pds_raw_reader; DROP ROLE pds_raw_reader', 'the role goes');

# ---- parameters, rescans, EvalPlanQual ----

my $generic = 'SET plan_cache_mode = force_generic_plan;';
is(psql_value("$generic PREPARE p(int, numeric, text) AS SELECT count(*) FROM csv_plain WHERE i4 = \$1 AND n <> \$2 AND s <> \$3;"
	  . "EXECUTE p(5, 400, 'abc'); EXECUTE p(-17, 0, ''); EXECUTE p(NULL, 0, ''); EXECUTE p(5, 'NaN', 'abc')"),
	psql_value("PREPARE p(int, numeric, text) AS SELECT count(*) FROM heap_csv WHERE i4 = \$1 AND n <> \$2 AND s <> \$3;"
	  . "EXECUTE p(5, 400, 'abc'); EXECUTE p(-17, 0, ''); EXECUTE p(NULL, 0, ''); EXECUTE p(5, 'NaN', 'abc')"), 'parameters of a generic plan');
($raw, $rest) = filters('EXECUTE p(5)', "$generic PREPARE p(int) AS SELECT id FROM csv_plain WHERE i4 = \$1;");
is("$raw$rest", '(i4 = $1)', 'they are shown');
is(psql_value("$generic PREPARE a(int[]) AS SELECT count(*) FROM csv_plain WHERE i4 = ANY (\$1); EXECUTE a('{5,0}'); EXECUTE a(NULL); EXECUTE a('{NULL,5}'); EXECUTE a('{}')"),
	psql_value("PREPARE a(int[]) AS SELECT count(*) FROM heap_csv WHERE i4 = ANY (\$1); EXECUTE a('{5,0}'); EXECUTE a(NULL); EXECUTE a('{NULL,5}'); EXECUTE a('{}')"), 'an array');
for my $sql ('SELECT count(*) FROM %s WHERE i4 = (SELECT max(i4) FROM heap_csv)',
	'SELECT string_agg(x::text, \' \' ORDER BY id) FROM (SELECT h.id, (SELECT count(*) FROM %s f WHERE f.i4 = h.i4) AS x FROM heap_csv h WHERE h.id < 12) q',
	'SELECT count(*) FROM heap_csv h, LATERAL (SELECT * FROM %s f WHERE f.i2 = h.i2 AND f.b LIMIT 3) q WHERE h.id < 10')
{
	is(psql_value(sprintf $sql, 'csv_plain'), psql_value(sprintf $sql, 'heap_csv'), "$sql");
}
psql_ok('SET pds.raw_filters = on; PREPARE c AS SELECT count(*) FROM csv_plain WHERE i4 = 5; EXECUTE c; SET pds.raw_filters = off; EXECUTE c', 'a cached plan and the setting');

psql_ok('CREATE TABLE locked AS SELECT 1 AS k, 0 AS x', 'a table to lock');
my $first = background("BEGIN; UPDATE locked SET x = 1; SELECT pg_sleep(1); COMMIT");
select undef, undef, undef, 0.4;
is(psql_value('SELECT count(*), min(x) FROM (SELECT x FROM locked JOIN csv_plain f ON f.id > k WHERE f.id = 7 AND f.i8 IS NULL = (f.i8 IS NULL) FOR UPDATE OF locked) q'),
	'1|1', 'a row that changed meanwhile is checked again');
finish($first);

# ---- EXPLAIN ANALYZE ----

my $plan = psql_value("EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT id FROM csv_plain WHERE i4 = 5");
my $want = psql_value('SELECT count(*) FROM heap_csv WHERE i4 IS DISTINCT FROM 5');
like($plan, qr/Filter in Scan: \(i4 = 5\)\n\s+Rows Removed in Scan: $want\n/, 'EXPLAIN ANALYZE counts the rows removed');

# ---- bad values ----

my $bad = "1,5,x\n2,x,5\n3,6,x\n4,5,5\n5,x,x\n6,,y\n";
put('bad/csv/a.csv' => $bad, 'bad/lazy/a.csv' => $bad =~ s/,,/,\\N,/r, 'bad/utf8/a.csv' => "1,5,ok\n2,5,\xff\n3,6,\xfe\n");
for my $t (['stop', ", on_error 'stop'"], ['null', ", on_error 'null'"], ['skip', ", on_error 'skip'"], ['plain', ''])
{
	psql_ok("CREATE FOREIGN TABLE bad_$t->[0] (id int, a int, b int) SERVER aws OPTIONS (location 's3://pds-raw/bad/csv/', format 'csv'$t->[1]);"
		  . "CREATE FOREIGN TABLE badlazy_$t->[0] (id int, a int, b int) SERVER aws OPTIONS (location 's3://pds-raw/bad/lazy/', format 'lazysimple', delimiter ','$t->[1])", "on_error $t->[0]");
}

# rows and warnings
sub answer
{
	my ($setting, $sql) = @_;
	my ($rc, $out, $err) = psql("$setting $sql");
	$err = join ' ', map { s/^psql:<stdin>:\d+: //r =~ s/(WARNING|ERROR):\s+\w+: /$1: /r } grep { /WARNING:|ERROR:/ } split /\n/, $err;
	return join ' ', grep { $_ ne '' } (split /\n/, $out), $err;
}
my $select = "SELECT string_agg(format('%s/%s/%s', id, a, b), ' ' ORDER BY id) FROM";

# a bad value that a condition looks at is one whether or not the scan evaluates it
for my $t ('bad_stop', 'bad_plain')
{
	like(answer($on, "SELECT count(*) FROM $t WHERE a = 5"), qr/ERROR: invalid input syntax for type integer: "x"|ERROR: invalid value "x"/, "$t: a bad value in the condition's column");
}
is(answer($on, "SELECT count(*) FROM bad_null WHERE a = 5"), '2 WARNING: 2 values of "bad_null" were set to NULL (on_error)', 'null');
is(answer($off, "SELECT count(*) FROM bad_null WHERE a = 5"), '2 WARNING: 2 values of "bad_null" were set to NULL (on_error)', 'null, by the executor');
is(answer($on, "SELECT count(*) FROM bad_null WHERE a IS NULL"), '3 WARNING: 2 values of "bad_null" were set to NULL (on_error)', 'a bad value is NULL');
is(answer($on, "SELECT count(*) FROM bad_skip WHERE a = 5"), '2 WARNING: 2 rows of "bad_skip" were skipped (on_error)', 'skip');
is(answer($on, "SELECT count(*) FROM bad_skip WHERE a IS NULL"), '1 WARNING: 2 rows of "bad_skip" were skipped (on_error)', 'a row skipped has no value');
is(answer($on, "SELECT count(*) FROM badlazy_plain WHERE a IS NULL"), '3 WARNING: 2 values of "badlazy_plain" could not be read and are NULL, by the rules of its SerDe', 'lazysimple');
is(answer($on, "SELECT count(*) FROM badlazy_plain WHERE a = 5"), answer($off, "SELECT count(*) FROM badlazy_plain WHERE a = 5"), 'lazysimple: counts of the condition\'s column');

# all columns of an OR are looked at
for my $c ('id = 1 OR b = 5', 'b = 5 OR id = 1', 'id = 1 OR b IS NULL OR a = 7', 'a = 5 OR a IS NULL')
{
	is(answer($on, "SELECT count(*) FROM bad_$_ WHERE $c"), answer($off, "SELECT count(*) FROM bad_$_ WHERE $c"), "$_: $c") for qw(null skip);
	like(answer($on, "SELECT count(*) FROM bad_stop WHERE $c"), qr/ERROR.*"x"/, "stop: $c");
}
is(answer($on, 'SELECT count(*) FROM bad_skip WHERE id = 1 OR b = 5'), '2 WARNING: 4 rows of "bad_skip" were skipped (on_error)', 'a record that passes by the other column is skipped all the same');

# what a record holds besides counts only when its conditions hold
like(answer($off, "$select bad_stop WHERE id IN (3, 4)"), qr/ERROR/, 'by the executor all columns are converted first');
is(answer($on, "$select bad_stop WHERE id = 4"), '4/5/5', 'a bad value of a record that is not in the answer is no error');
like(answer($on, "$select bad_stop WHERE id = 3"), qr/ERROR/, 'one that is in the answer is');
is(answer($on, "$select bad_null WHERE a = 5"), '1/5/ 4/5/5 WARNING: 3 values of "bad_null" were set to NULL (on_error)', 'null: of records returned');
is(answer($on, "$select bad_skip WHERE a = 5"), '4/5/5 WARNING: 3 rows of "bad_skip" were skipped (on_error)', 'skip: of records returned');
is(answer($on, "$select badlazy_plain WHERE id < 3"), '1/5/ 2//5 WARNING: 2 values of "badlazy_plain" could not be read and are NULL, by the rules of its SerDe', 'lazysimple: of records returned');
# in the order of the plan
is(answer($on, "SELECT count(*) FROM bad_stop WHERE id = 4 AND a = 5"), '1', 'a record that fails one condition is not looked at by the next');
like(answer($on, "SELECT count(*) FROM bad_stop WHERE a = 5 AND id = 4"), qr/ERROR/, 'but by those before');
like(answer($on, "SELECT count(*) FROM bad_stop WHERE a = 77 AND b = 5"), qr/ERROR.*"x"/, 'even if another fails');
is(answer($generic, 'PREPARE p(int) AS SELECT count(*) FROM bad_stop WHERE a = $1; EXECUTE p(NULL)'), '0', 'a condition that holds for no value looks at none');
psql_ok("CREATE FOREIGN TABLE bad_limit (id int, a int, b int) SERVER aws OPTIONS (location 's3://pds-raw/bad/csv/', format 'csv', on_error 'null', reject_limit '1')", 'reject_limit');
like(answer($on, "SELECT count(*) FROM bad_limit WHERE a = 5"), qr/ERROR: more than 1 malformed value/, 'reject_limit counts values of conditions');

psql_ok("CREATE FOREIGN TABLE bytes (id int, a int, s text) SERVER aws OPTIONS (location 's3://pds-raw/bad/utf8/', format 'csv')", 'bytes that are no text');
like(answer($on, "SELECT count(*) FROM bytes WHERE s = 'ok'"), qr/ERROR: invalid byte sequence/, 'a condition on them');
is(answer($on, "SELECT s FROM bytes WHERE id = 1"), 'ok', 'not on them');

# ---- conversions: random texts against the input functions ----

my @texts;
for (1 .. 3000)
{
	my $digits = join '', map { pick(10) } 1 .. 1 + pick(20);
	my $number = (pick(3) ? '' : '-') . (pick(2) ? $digits : $digits . '.' . join '', map { pick(10) } 1 .. 1 + pick(14));
	my $int = (pick(2) ? '' : '-') . join '', map { pick(10) } 1 .. 1 + pick(9);
	my $day = sprintf '%04d-%02d-%02d', (pick(3) ? 1890 + pick(220) : 1 + pick(9999)), 1 + pick(12), 1 + pick(28);
	my $time = sprintf '%02d:%02d:%02d', pick(24), pick(60), pick(60);
	$time .= '.' . join '', map { pick(10) } 1 .. 1 + pick(6) if pick(2);
	push @texts, [ $int, $number, substr($number, 0, 12), $day, "$day $time", 'z' x pick(140) . (pick(4) ? '' : '"') . 'é' x pick(3) ];
}
put('random/a.csv' => join '', map { my @r = @$_; csv_line(0, '"', "\n", map { ($_, $_) } @r) } @texts);
my @pairs = (['i', 'bigint'], ['n', 'numeric'], ['p', 'numeric(20,5)'], ['d', 'date'], ['t', 'timestamp'], ['s', 'text']);
psql_ok("CREATE FOREIGN TABLE random (" . join(', ', map { "$_->[0]_text text, $_->[0] $_->[1]" } @pairs) . ") SERVER aws OPTIONS (location 's3://pds-raw/random/', format 'csv');"
	  . "CREATE FOREIGN TABLE floats (" . join(', ', map { "$_->[0]_text text, $_->[0] " . ($_->[0] eq 'n' ? 'float8' : $_->[0] eq 'p' ? 'float4' : 'text') } @pairs) . ") SERVER aws OPTIONS (location 's3://pds-raw/random/', format 'csv')", 'random values');
my %send = (i => 'int8send', n => 'numeric_send', p => 'numeric_send', d => 'date_send', t => 'timestamp_send', s => 'textsend');
for my $p (@pairs)
{
	my ($c, $type) = @$p;
	is(psql_value("SELECT count(*), count(*) FILTER (WHERE $send{$c}($c) = $send{$c}($c\_text::$type) AND pg_column_size($c) <= pg_column_size($c\_text::$type)) FROM random"), '3000|3000', "$type as its input function makes it");
}
is(psql_value("SELECT count(*), count(*) FILTER (WHERE float8send(n) = float8send(n_text::float8)) FROM floats"), '3000|3000', 'float8');
is(psql_value("SELECT count(*), count(*) FILTER (WHERE float4send(p) = float4send(p_text::float4)) FROM floats"), '3000|3000', 'float4');

done_testing();
