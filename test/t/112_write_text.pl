# What INSERT writes in format csv is byte for byte what COPY ... TO writes of the same rows: random values of every type
# (PDS_SEED), in zones and styles of the session that the text does not depend on, or does.
use strict;
use warnings;
use Encode;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_write_text');
my $seed = $ENV{PDS_SEED} // 1112;
diag("PDS_SEED=$seed");

# name, type, an expression of random values; r() is another one in each place
my @columns = (
	['i2', 'int2', '(r() * 65535 - 32768)::int2'],
	['i4', 'int4', 'pick(ARRAY[(r() * 4294967295 - 2147483648)::int4, (r() * 2000 - 1000)::int4, 0, -2147483648, 2147483647])'],
	['i8', 'int8', 'pick(ARRAY[((r() - 0.5) * 10 ^ (r() * 18))::int8, -9223372036854775808, 9223372036854775807, 0])'],
	['b', 'bool', 'r() < 0.5'],
	['n', 'numeric', q{CASE WHEN r() < 0.02 THEN pick(ARRAY['NaN', 'Infinity', '-Infinity']::numeric[])
		ELSE (pick(ARRAY['', '-']) || digits(45) || '.' || digits(45) || '0')::numeric END}],
	['n0', 'numeric', q{(pick(ARRAY['', '-']) || '0.' || repeat('0', (r() * 60)::int) || digits(4))::numeric}],
	['d10', 'numeric(10,2)', '((r() - 0.5) * 10 ^ (r() * 8))::numeric(10,2)'],
	['d38', 'numeric(38,12)', '((r() - 0.5) * 10 ^ (r() * 24))::numeric(38,12)'],
	['f4', 'float4', q{pick(ARRAY[((r() - 0.5) * 10 ^ (r() * 70 - 35))::float4, (r() * 100)::int::float4, 'NaN', '-Infinity', '-0', 1.17549435e-38])}],
	['f8', 'float8', q{pick(ARRAY[(r() - 0.5) * 10 ^ (r() * 600 - 300), (r() * 1e6)::int / 100.0::float8, 'Infinity', 'NaN', '-0', 5e-324, 1e22, 1e23])}],
	['d', 'date', q{pick(ARRAY['2000-01-01'::date + (r() * 40000 - 20000)::int, '2000-01-01'::date + (r() * 2000000)::int,
		'0001-01-05'::date - (r() * 9)::int, '4713-01-01 BC', 'infinity', '-infinity', '5874897-12-31', '9999-12-31', '10000-01-01'])}],
	['ts', 'timestamp', q{pick(ARRAY['2000-01-01'::timestamp + (r() * 1e9 - 5e8)::int8 * '1 s'::interval, '2000-01-01'::timestamp + (r() * 1e15 - 5e14)::int8 * '1 us'::interval,
		'0001-01-05'::timestamp - r() * '9 days'::interval, '1999-12-31 23:59:59.999999', 'infinity', '-infinity', '294276-12-31 23:59:59.999999', '4713-01-01 00:00:00 BC'])}],
	['ts3', 'timestamp(3)', q{('2024-02-29'::timestamp + r() * '400 days'::interval)::timestamp(3)}],
	['tz', 'timestamptz', q{pick(ARRAY['2000-01-01'::timestamptz + (r() * 1e15 - 5e14)::int8 * '1 us'::interval, '1880-01-01'::timestamptz + r() * '20 years'::interval,
		'0001-01-05'::timestamptz - r() * '9 days'::interval, 'infinity', '-infinity'])}],
	['t', 'text', 'words()'],
	['v', 'varchar(40)', 'left(words(), 40)'],
	['c', 'char(12)', 'left(words(), 12)'],
	['j', 'json', q{('{"a": ' || (r() * 9)::int || ',  "b":"x\"y"}')::json}],
	['jb', 'jsonb', q{jsonb_build_object('k', words(), 'n', r())}],
	['u', 'uuid', q{md5(r()::text)::uuid}],
	['y', 'bytea', q{decode(left(md5(r()::text), 2 * (r() * 16)::int), 'hex')}],
	['iv', 'interval', q{r() * '1000 days'::interval - '3 years 2 months'::interval * (r() * 3)::int}],
	['tm', 'time', q{'00:00'::time + r() * '1 day'::interval}],
	['tmz', 'timetz', q{('00:00'::time + r() * '1 day'::interval)::timetz}],
	['ia', 'int[]', 'ARRAY[(r() * 9)::int, NULL, 3]'],
	['ta', 'text[]', 'ARRAY[words(), NULL, words()]'],
);
my $defs = join(', ', map { "$_->[0] $_->[1]" } @columns);
psql_ok(<<'SQL', 'functions of random values');
CREATE FUNCTION r() RETURNS float8 VOLATILE LANGUAGE sql AS 'SELECT random()';
CREATE FUNCTION pick(anyarray) RETURNS anyelement VOLATILE LANGUAGE sql AS 'SELECT $1[1 + floor(random() * cardinality($1))::int]';
CREATE FUNCTION digits(int) RETURNS text VOLATILE LANGUAGE sql AS
	$$SELECT coalesce(nullif(string_agg(floor(random() * 10)::int::text, ''), ''), '0') FROM generate_series(1, 1 + floor(random() * random() * $1)::int)$$;
CREATE FUNCTION words() RETURNS text VOLATILE LANGUAGE sql AS
	$$SELECT coalesce(string_agg(pick(ARRAY['a', 'Zoë', ' ', ',', '"', E'\n', E'\r\n', ';', '|', '\', '''', 'word', 'longer text', '0', 'NULL', '日本', E'\t', '{', '}']), ''), '')
		FROM generate_series(1, floor(random() * 12)::int)$$;
SQL
my $values = join(', ', map { "CASE WHEN r() < 0.05 THEN NULL ELSE $_->[2] END" } @columns);
psql_ok("CREATE TABLE here ($defs); SELECT setseed(0.${seed}); INSERT INTO here SELECT $values FROM generate_series(1, 1500)", "seed $seed: 1,500 rows");
create_server('aws');
psql_ok("SELECT pds.s3_create_bucket('aws', 'pds-write-text')", 'a bucket');

# COPY has t and f for booleans, and we true and false, which both sides read
my $names = join(', ', map { $_->[1] eq 'bool' ? "$_->[0]::text" : $_->[0] } @columns);
my $fixed = 'SET datestyle = ISO; SET intervalstyle = postgres; SET extra_float_digits = 1; SET bytea_output = hex';

sub copied
{
	my ($settings, $select, $options) = @_;
	my $out = psql_value("$settings; COPY ($select) TO STDOUT (FORMAT csv $options)");
	return "$out\n";
}

# options of the table, of COPY, settings of the session that writes
my @runs = (
	['', '', ''],
	["delimiter '|', null 'NULL'", "DELIMITER '|', NULL 'NULL'", "SET datestyle = 'SQL, DMY'; SET timezone = 'Asia/Kolkata'; SET extra_float_digits = -5"],
	["delimiter ';', quote ''''", "DELIMITER ';', QUOTE ''''", "SET datestyle = German; SET timezone = 'America/St_Johns'; SET intervalstyle = iso_8601"],
	["delimiter '-'", "DELIMITER '-'", "SET timezone = 'Europe/Amsterdam'; SET bytea_output = escape"],
	["delimiter '0'", "DELIMITER '0'", ''],
	["delimiter ':', null '7'", "DELIMITER ':', NULL '7'", ''],
	["null 'false'", "NULL 'false'", "SET timezone = 'Pacific/Apia'"],
	["write_compression 'gzip'", '', ''],
);
my $n = 0;
for my $run (@runs)
{
	my ($ours, $copys, $settings) = @$run;
	my $name = 't' . ++$n;
	my $zone = $settings =~ /(SET timezone = '[^']*')/ ? "$1; $fixed" : $fixed;
	my $options = join(', ', "location 's3://pds-write-text/$name/', format 'csv'", $ours || ());
	psql_ok("CREATE FOREIGN TABLE $name ($defs) SERVER aws OPTIONS ($options)", "table $name: $options");
	psql_ok("$settings; INSERT INTO $name SELECT * FROM here", "... is written, $settings");
	my $key = psql_value("SELECT uri FROM pds.s3_list('aws', 's3://pds-write-text/$name/')");
	my $got = $key =~ /\.gz$/
	  ? run_python("import boto3, gzip, sys; sys.stdout.buffer.write(gzip.decompress(boto3.client('s3').get_object(Bucket='pds-write-text', Key='$name/' + '$key'.rsplit('/', 1)[1])['Body'].read()))")
	  : psql_value("SELECT pds.s3_get_text('aws', '$key')");
	my $want = copied($zone, "SELECT $names FROM here", $copys ? ", $copys" : '');
	s/\n*\z/\n/ for $got, $want;
	if (!ok($got eq $want, '... byte for byte as COPY writes it'))
	{
		my @g = split(/\n/, $got);
		my @w = split(/\n/, $want);
		for my $i (0 .. $#w)
		{
			next if ($g[$i] // '') eq $w[$i];
			diag("line $i\n  got  ", $g[$i] // '(none)', "\n  want $w[$i]");
			last;
		}
	}
}

done_testing();
