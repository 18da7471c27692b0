# Direct scans: the bytes of objects in S3 against the rows they mean, partitions, what EXPLAIN says, limits, memory.
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;
use PdsTest;
use Test::More;

# This file has no "use utf8": every string in it is bytes, as objects and psql have them.

need_stack();
fresh_database('pds_direct');

my $setup = <<'PY';
import base64, boto3, bz2, gzip, json, random, sys
s3, glue = boto3.client("s3"), boto3.client("glue")
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN = "org.apache.hadoop.hive.serde2.OpenCSVSerde"

def columns(spec):
    return [dict(zip(("Name", "Type"), c.split(" ", 1))) for c in spec]

def storage(cols, location, serde=LAZY, params=None):
    return {"Columns": columns(cols), "Location": location, "NumberOfBuckets": -1,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": {"field.delim": ","} if params is None else params}}

def make(name, cols, keys=(), location=None, serde=LAZY, params=None, properties=None):
    glue.create_table(DatabaseName="direct", TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": dict(properties or {}, classification="csv"),
        "PartitionKeys": columns(keys),
        "StorageDescriptor": storage(cols, location or "s3://pds-direct/%s/" % name, serde, params)})

def partition(table, values, location, cols, params=None, serde=LAZY):
    glue.create_partition(DatabaseName="direct", TableName=table,
                          PartitionInput={"Values": values, "StorageDescriptor": storage(cols, location, serde, params)})

def put(key, body):
    s3.put_object(Bucket="pds-direct", Key=key, Body=body.encode() if isinstance(body, str) else body)
PY

sub stack_run { return run_python("$setup\n$_[0]", @_[ 1 .. $#_ ]) }

stack_run(<<'PY');
try:
    glue.delete_database(Name="direct")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "direct"})
s3.create_bucket(Bucket="pds-direct")
for page in s3.get_paginator("list_objects_v2").paginate(Bucket="pds-direct"):
    for o in page.get("Contents", []):
        s3.delete_object(Bucket="pds-direct", Key=o["Key"])
PY
create_server('aws');

my $before = "\\pset null [null]\nSET pds.engine = direct;\n";
sub rows { return psql_value($before . $_[0]) }

sub fails
{
	my ($sql, $pattern, $name) = @_;
	return psql_fails($before . $sql, $pattern, $name);
}

# --- one table, its objects, its rows ------------------------------------------------------------------------
# name, kind (lazy, open: a Glue table; csv: by hand), columns, properties or options, objects, rows
my @cases;
sub a_case { my %c = @_; $c{files} = { 'a.csv' => $c{data} } if exists $c{data}; push @cases, \%c; return }

my @abc = ('a string', 'b string', 'c string');
a_case(name => 'lz_default', kind => 'lazy', params => {}, data => "a\001b\001c\n1,2\0013\n", want => "a|b|c\n1,2|3|[null]");
a_case(name => 'lz_tab', kind => 'lazy', params => { 'field.delim' => "\t" }, data => "a\tb\tc\nd, e\t\tf\n", want => "a|b|c\nd, e||f");
a_case(name => 'lz_code', kind => 'lazy', params => { 'field.delim' => '9' }, data => "a\tb9\tc\n", want => 'a|b9|c');
a_case(name => 'lz_format', kind => 'lazy', params => { 'serialization.format' => ';' }, data => "a;b;c\n", want => 'a|b|c');
a_case(name => 'lz_escape', kind => 'lazy', params => { 'field.delim' => ',', 'escape.delim' => '\\' },
	data => "a\\,b,c\\\\,d\n\\N,x,y\\,\n", want => "a,b|c\\|d\n[null]|x|y,");
a_case(name => 'lz_noescape', kind => 'lazy', data => "a\\,b,c\n\\\\,x,\\\\N\n", want => "a\\|b|c\n\\\\|x|\\\\N");
a_case(name => 'lz_null', kind => 'lazy', data => "a,,c\n,\\N,\nNULL,NA,null\n", want => "a||c\n|[null]|\nNULL|NA|null");
a_case(name => 'lz_nullformat', kind => 'lazy', params => { 'field.delim' => ',', 'serialization.null.format' => 'NA' },
	data => "NA,NAN,xNA\n\\N,,NA\n", want => "[null]|NAN|xNA\n\\N||[null]");
a_case(name => 'lz_nullempty', kind => 'lazy', params => { 'field.delim' => ',', 'serialization.null.format' => '' },
	data => "a,,\\N\n", want => 'a|[null]|\N');
a_case(name => 'lz_fields', kind => 'lazy', data => "a\na,b\na,b,c\na,b,c,d,e\n,,,\n", want => "a|[null]|[null]\na|b|[null]\na|b|c\na|b|c\n||");
a_case(name => 'lz_rest', kind => 'lazy', params => { 'field.delim' => ',', 'serialization.last.column.takes.rest' => 'true' },
	data => "1,2,3,4,5\n1,2\n", want => "1|2|3,4,5\n1|2|[null]");
a_case(name => 'lz_blank', kind => 'lazy', data => "a,b,c\n\nd,e,f\n\n", want => "a|b|c\n|[null]|[null]\nd|e|f\n|[null]|[null]");
a_case(name => 'lz_crlf', kind => 'lazy', data => "a,b,c\r\nd,e,f\r\n", want => "a|b|c\nd|e|f");
a_case(name => 'lz_cr', kind => 'lazy', data => "a,b,c\rd,e,f\r", want => "a|b|c\nd|e|f");
a_case(name => 'lz_mixed', kind => 'lazy', data => "a,b,c\r\nd,e,f\ng,h,i\rj,k,l\n\rm,n,o", want => "a|b|c\nd|e|f\ng|h|i\nj|k|l\n|[null]|[null]\nm|n|o");
a_case(name => 'lz_noend', kind => 'lazy', data => "a,b,c\nd,e,f", want => "a|b|c\nd|e|f");
a_case(name => 'lz_endcr', kind => 'lazy', data => "a,b,c\nd,e,f\r", want => "a|b|c\nd|e|f");
a_case(name => 'lz_bom', kind => 'lazy', data => "\xEF\xBB\xBFa,b,c\nd,\xEF\xBB\xBFe,f\n", want => "a|b|c\nd|\xEF\xBB\xBFe|f");
a_case(name => 'lz_bomonly', kind => 'lazy', data => "\xEF\xBB\xBF", want => '');
a_case(name => 'lz_quotes', kind => 'lazy', data => "\"a,b\",c\n", want => '"a|b"|c');
a_case(name => 'lz_unicode', kind => 'lazy', data => "\xC3\xA9,\xE6\x97\xA5\xE6\x9C\xAC,\xF0\x9F\x98\x80\n", want => "\xC3\xA9|\xE6\x97\xA5\xE6\x9C\xAC|\xF0\x9F\x98\x80");
a_case(name => 'lz_header', kind => 'lazy', properties => { 'skip.header.line.count' => '1' },
	files => { 'a.csv' => "h,h,h\na,b,c\n", 'b.csv' => "\xEF\xBB\xBFh,h,h\r\nd,e,f", 'c.csv' => "h,h,h", 'd.csv' => "h\n" },
	want => "a|b|c\nd|e|f");
a_case(name => 'lz_header3', kind => 'lazy', properties => { 'skip.header.line.count' => '3' },
	files => { 'a.csv' => "h\n\nh\na,b,c\n", 'b.csv' => "h\nh\n", 'c.csv' => "1\n2\n3\nd,e,f\n" }, want => "a|b|c\nd|e|f");
a_case(name => 'lz_footer', kind => 'lazy', properties => { 'skip.footer.line.count' => '1', 'skip.header.line.count' => '1' },
	files => { 'a.csv' => "h\na,b,c\nTOTAL\n", 'b.csv' => "h\nd,e,f\nTOTAL" }, want => "a|b|c\nd|e|f");

a_case(name => 'oc_quotes', kind => 'open', data => qq{"a,b",c,"d"\n"","x ",\n' , 'b,c\n}, want => "a,b|c|d\n|x |\n' | 'b|c");
a_case(name => 'oc_escape', kind => 'open', data => qq{"a\\"b",c,d\nx\\"y,"\\\\",d\n\\N,"\\N",x\n}, want => "a\"b|c|d\nx\"y|\\|d\nN|N|x");
a_case(name => 'oc_doubled', kind => 'open', data => qq{"g""h",i,j\n""""a,b,c\n}, want => "g\"h|i|j\n\"\"a|b|c");
a_case(name => 'oc_unterminated', kind => 'open', data => qq{a,b,"c\na,"b,c\n"a,b,c\nd,e,f\n}, want => "a|b|[null]\na|[null]|[null]\n[null]|[null]|[null]\nd|e|f");
a_case(name => 'oc_newline', kind => 'open', data => qq{1,"x\r\ny",3\r\n4,5,6\r\n}, want => "1|[null]|[null]\n[null]|[null]|[null]\n4|5|6");
a_case(name => 'oc_blank', kind => 'open', data => qq{a,b,c\n\nd\n,\n}, want => "a|b|c\n[null]|[null]|[null]\nd|[null]|[null]\n||[null]");
a_case(name => 'oc_middle', kind => 'open', data => qq{"ab"cd,e,f\nx"ab",e,f\n1,  "a,b",f\n}, want => "ab\"cd|e|f\nxab|e|f\n1|a,b|f");
a_case(name => 'oc_params', kind => 'open', params => { separatorChar => ';', quoteChar => "'", escapeChar => '!' },
	data => qq{'a;b';c!;'d!'e'\n"f;g\\;h\n}, want => "a;b|c|d'e\n\"f|g\\|h");
a_case(name => 'oc_header', kind => 'open', properties => { 'skip.header.line.count' => '1' },
	files => { 'a.csv' => qq{"x\na,b,c\n}, 'b.csv' => qq{h\nd,e,f} }, want => "a|b|c\nd|e|f");

a_case(name => 'csv_plain', kind => 'csv', data => qq{a,b,c\n1,,"",\n}, want => "a|b|c\n1|[null]|");
a_case(name => 'csv_newlines', kind => 'csv', data => qq{1,"x\ny\r\n\nz",3\n4,"\n",6}, want => "1|x\ny\r\n\nz|3\n4|\n|6");
a_case(name => 'csv_doubled', kind => 'csv', data => qq{"a""b","""",""""""\n"say ""hi"", Bob",c,d\n}, want => "a\"b|\"|\"\"\nsay \"hi\", Bob|c|d");
a_case(name => 'csv_header', kind => 'csv', options => "header 'true'", files => { 'a.csv' => qq{"h\nh",h,h\na,b,c\n}, 'b.csv' => "h\nd,e,f" }, want => "a|b|c\nd|e|f");
a_case(name => 'csv_header2', kind => 'csv', options => "header '2'", files => { 'a.csv' => "h\nh\na,b,c\n", 'b.csv' => "h\n" }, want => 'a|b|c');
a_case(name => 'csv_options', kind => 'csv', options => q{delimiter ';', quote '''', escape '\\', null 'NA'},
	data => qq{'a;b';NA;'NA'\n'it\\'s';;"x"\n}, want => "a;b|[null]|NA\nit's||\"x\"");
a_case(name => 'csv_tab', kind => 'csv', options => q{delimiter '\t'}, data => qq{a\t"b\tc"\t\n}, want => "a|b\tc|[null]");
a_case(name => 'csv_noquote', kind => 'csv', options => q{quote ''}, data => qq{"a,b",c\n}, want => '"a|b"|c');
a_case(name => 'csv_blank', kind => 'csv', data => qq{a,b,c\n\n\r\nd,e,f\n\n}, want => "a|b|c\nd|e|f");
a_case(name => 'csv_blank1', kind => 'csv', cols => ['a string'], data => qq{a\n\n"b"\n""\n}, want => "a\n[null]\nb\n");
a_case(name => 'csv_missing', kind => 'csv', data => qq{a\na,b\n}, want => "a|[null]|[null]\na|b|[null]");
a_case(name => 'csv_bomcrlf', kind => 'csv', data => qq{\xEF\xBB\xBF"a",b,c\r\nd,e,"f"\r\n}, want => "a|b|c\nd|e|f");
a_case(name => 'csv_cr', kind => 'csv', data => qq{a,b,c\rd,"e\rf",g\r}, want => "a|b|c\nd|e\rf|g");


# Objects go to Python as base64, so that bytes stay bytes.
my @specs;
for my $c (@cases)
{
	my %files = map { $_ => encode_base64($c->{files}{$_}, '') } keys %{ $c->{files} };
	push @specs, { name => $c->{name}, kind => $c->{kind}, cols => $c->{cols} // \@abc,
		params => $c->{params} // ($c->{kind} eq 'lazy' ? { 'field.delim' => ',' } : {}),
		properties => $c->{properties} // {}, files => \%files };
}
stack_run(<<'PY', encode_json(\@specs));
for c in json.loads(sys.argv[1]):
    if c["kind"] != "csv":
        make(c["name"], c["cols"], serde=OPEN if c["kind"] == "open" else LAZY, params=c["params"], properties=c["properties"])
    for f, body in c["files"].items():
        put("%s/%s" % (c["name"], f), base64.b64decode(body))
PY
psql_ok('IMPORT FOREIGN SCHEMA direct FROM SERVER aws INTO public', 'import');

sub by_hand
{
	my ($name, $columns, $options, $folder) = @_;
	$folder //= "$name/";
	return psql_value("CREATE FOREIGN TABLE $name ($columns) SERVER aws OPTIONS (location 's3://pds-direct/$folder'"
		  . ($options ? ", $options" : '') . ')');
}

# Many questions in one session: [name, SQL, rows].
sub many
{
	my @asked = @_;
	my ($rc, $out, $err) = psql(join '', "\\unset ON_ERROR_STOP\n", $before,
		map { "\\echo -=*=-\n$_->[1];\n" } @asked);
	my @got = split /^-=\*=-\n/m, "$out\n", -1;

	shift @got;
	is(scalar @got, scalar @asked, 'an answer to each') or return;
	for my $i (0 .. $#asked)
	{
		chomp $got[$i];
		is($got[$i], $asked[$i][2], $asked[$i][0]) or diag($err);
	}
	return;
}

my @asked;
for my $c (@cases)
{
	my $t = $c->{name};
	my $columns = join ', ', map { s/ string/ text/r } @{ $c->{cols} // \@abc };
	by_hand($t, $columns, "format 'csv'" . ($c->{options} ? ", $c->{options}" : '')) if $c->{kind} eq 'csv';
	push @asked, [ "$t: rows", "SELECT * FROM $t", $c->{want} ],
	  [ "$t: count(*) without columns", "SELECT count(*) = (SELECT count(*) FROM (SELECT * FROM $t OFFSET 0) x) FROM $t", 't' ];
	push @asked, [ "$t: one column alone", "SELECT array_agg(b) IS NOT DISTINCT FROM"
		  . " (SELECT array_agg(b) FROM (SELECT a, b, c FROM $t OFFSET 0) x) FROM $t", 't' ] if !$c->{cols};
}
many(@asked);

# --- types ---------------------------------------------------------------------------------------------------
# column, type, text => value or NULL
my @matrix = (
	[ 'boolean', 'boolean', true => 't', FALSE => 'f', TrUe => 't', 1 => undef, yes => undef, '' => undef ],
	[ 'tinyint', 'smallint', 127 => 127, -128 => -128, 128 => undef, x => undef ],
	[ 'smallint', 'smallint', 32767 => 32767, 32768 => undef, '1.9' => 1 ],
	[ 'int', 'integer', 1 => 1, '-2147483648' => '-2147483648', 2147483648 => undef, ' 1' => undef, '1.9' => 1, '.5' => 0,
		'+1' => 1, '1e3' => undef, abc => undef, '' => undef ],
	[ 'bigint', 'bigint', '9223372036854775807' => '9223372036854775807', '-9223372036854775808' => '-9223372036854775808',
		'9223372036854775808' => undef, '0007' => 7 ],
	[ 'float', 'real', '1.5' => '1.5', ' 2.5 ' => '2.5', NaN => 'NaN', Infinity => 'Infinity', nan => undef, '1e40' => 'Infinity' ],
	[ 'double', 'double precision', '1.5f' => '1.5', '1.5d' => '1.5', '1e400' => 'Infinity', '-Infinity' => '-Infinity',
		'0.1' => '0.1', '1,5' => undef, '0x1p3' => 8, x => undef ],
	[ 'decimal(5,2)', 'numeric', '1.235' => '1.24', '-1.235' => '-1.24', '999.994' => '999.99', '999.995' => undef, '1e2' => '100.00',
		'1' => '1.00', ' 1' => undef, x => undef ],
	[ 'date', 'date', '2024-02-29' => '2024-02-29', ' 2024-01-01 ' => '2024-01-01', '2024-01-01 x' => '2024-01-01',
		'2024-02-30' => '2024-03-01', '2024-01-01T00:00:00' => undef, 'x' => undef, '' => undef ],
	[ 'timestamp', 'timestamp', '2024-01-02 03:04:05.678' => '2024-01-02 03:04:05.678', '2024-01-02T03:04:05' => '2024-01-02 03:04:05',
		'2024-01-02 03:04:05.6789' => '2024-01-02 03:04:05.679', '2024-01-02' => undef, '1700000000' => undef,
		'2024-01-02 03:04:05+01' => undef, x => undef ],
	[ 'varchar(3)', 'varchar', abcdef => 'abc', "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9" => "\xC3\xA9\xC3\xA9\xC3\xA9", '' => '' ],
	[ 'char(3)', 'bpchar', abcdef => 'abc', a => 'a  ' ],
	[ 'binary', 'bytea', 'AAECAw==' => '\\x00010203' ],
	[ 'string', 'text', ' a ' => ' a ', '' => '' ]);
@asked = ();
my @made;
for my $i (0 .. $#matrix)
{
	my ($hive, $sql, @pairs) = @{ $matrix[$i] };
	my ($data, @want) = ('');

	while (my ($in, $out) = splice @pairs, 0, 2)
	{
		$data .= "$in|x\n";
		# char(3) loses its blanks as text
		push @want, $sql eq 'bpchar' ? '<' . $out . '>' : defined $out ? $out : '[null]';
	}
	push @made, { name => "ty_$i", type => $hive, data => encode_base64($data, '') };
	push @asked, [ "lazysimple: $hive", $sql eq 'bpchar' ? "SELECT format('<%s>', v) FROM ty_$i" : "SELECT v FROM ty_$i", join "\n", @want ];
}
stack_run(<<'PY', encode_json(\@made));
for t in json.loads(sys.argv[1]):
    make(t["name"], ["v " + t["type"], "x string"], params={"field.delim": "|"})
    put(t["name"] + "/a.csv", base64.b64decode(t["data"]))
cols = ["id int", "flag boolean", "big bigint", "amount double", "d date", "at timestamp", "s string"]
make("oc_types", cols, serde=OPEN, params={})
put("oc_types/a.csv", '"1","true","10000000000","1.5","19782","1704164645678","x"\n')
make("oc_bad", cols, serde=OPEN, params={})
put("oc_bad/a.csv", '"1","true","1","1","1","1","x"\n"one","true","1","1","1","1","x"\n')
make("extreme", ["a timestamp"])
put("extreme/a.csv", "2024-01-01 00:00:00\n")
put("csv_bad/1.csv", "1,a,2024-01-01\n2,b,2024-01-02\n")
put("csv_bad/2.csv", "3,c,2024-01-03\n4,d,2024-13-01\nfive,e,2024-01-05\n6,f,2024-01-06\n")
put("csv_types/a.csv", 't,32767,2147483647,9223372036854775807,1.5,1e300,12345.678,abc,"x ",2024-02-29,2024-01-02 03:04:05.123456,2024-01-02 03:04:05+02,\\x0102,"{""a"": 1}","{1,2}",00000000-0000-0000-0000-00000000000a\n')
PY
psql_ok('IMPORT FOREIGN SCHEMA direct LIMIT TO (' . join(', ', map { $_->{name} } @made) . ', oc_types, oc_bad, extreme) FROM SERVER aws INTO public',
	'import of tables of types');
by_hand('csv_types', 'a bool, b smallint, c int, d bigint, e real, f float8, g numeric(8,2), h varchar(3), i char(3), j date, k timestamp,'
	  . ' l timestamptz, m bytea, n jsonb, o int[], p uuid', "format 'csv'");
by_hand('csv_bad', 'id int, name text, day date', "format 'csv'");
by_hand('csv_bad_null', 'id int, name text, day date', "format 'csv', on_error 'null'", 'csv_bad/');
by_hand('csv_bad_skip', 'id int, name text, day date', "format 'csv', on_error 'skip'", 'csv_bad/');
by_hand('csv_bad_limit', 'id int, name text, day date', "format 'csv', on_error 'skip', reject_limit '1'", 'csv_bad/');
many(@asked,
	[ 'opencsv: types', 'SELECT * FROM oc_types', '1|t|10000000000|1.5|2024-02-29|2024-01-02 03:04:05.678|x' ],
	[ 'csv: types', "SET timezone = 'UTC'; SELECT * FROM csv_types",
		't|32767|2147483647|9223372036854775807|1.5|1e+300|12345.68|abc|x  |2024-02-29|2024-01-02 03:04:05.123456|2024-01-02 01:04:05+00|\x0102|{"a": 1}|{1,2}|00000000-0000-0000-0000-00000000000a' ],
	[ 'csv: columns that are not asked for may be bad', 'SELECT count(name), string_agg(name, \'\') FROM csv_bad', '6|abcdef' ]);
my $err = fails('SELECT day FROM csv_bad', qr/22007.*2024-13-01|22008.*2024-13-01|22P02.*2024-13-01/s, 'csv: a bad date');
like($err, qr{s3://pds-direct/csv_bad/2\.csv}, 'csv: the error names the object');
like($err, qr{record 2\b}, 'csv: and the record');
like($err, qr{column "day"}, 'csv: and the column');
$err = fails('SELECT id FROM csv_bad', qr/22P02.*"five"/s, 'csv: a bad int');
like($err, qr{csv_bad/2\.csv, record 3, column "id"}, 'csv: object, record, column');
$err = fails('SELECT id FROM oc_bad', qr/"one"/, 'opencsv: a bad int is an error');
like($err, qr{oc_bad/a\.csv.*record 2|record 2.*oc_bad/a\.csv}s, 'opencsv: object and record');
my ($rc, $out);
($rc, $out, $err) = psql("${before}SELECT * FROM csv_bad_null");
is($out, "1|a|2024-01-01\n2|b|2024-01-02\n3|c|2024-01-03\n4|d|[null]\n[null]|e|2024-01-05\n6|f|2024-01-06", 'on_error null: rows');
like($err, qr/WARNING:.*2 values of "csv_bad_null"/, 'on_error null: WARNING');
($rc, $out, $err) = psql("${before}SELECT * FROM csv_bad_skip");
is($out, "1|a|2024-01-01\n2|b|2024-01-02\n3|c|2024-01-03\n6|f|2024-01-06", 'on_error skip: rows');
like($err, qr/WARNING:.*2 rows of "csv_bad_skip"/, 'on_error skip: WARNING');
($rc, $out, $err) = psql("${before}SELECT name FROM csv_bad_skip");
unlike($err, qr/WARNING/, 'on_error skip: no WARNING without a bad value');
fails('SELECT * FROM csv_bad_limit', qr/22P02.*reject_limit/s, 'reject_limit');

# --- bytes that are no text -------------------------------------------------------------------------------------
stack_run(<<'PY');
put("utf/ok.csv", "1,fine\n")
put("utf/z.csv", b"2,caf\xe9\n3,x\n")
put("nul/a.csv", b"1,x\n2,a\0b\n")
put("latin/a.csv", b"1,caf\xe9\n2,\xdc\n")
for n in ("utf", "nul"):
    make("lz_" + n, ["id int", "s string"], location="s3://pds-direct/%s/" % n)
PY
psql_ok('IMPORT FOREIGN SCHEMA direct LIMIT TO (lz_utf, lz_nul) FROM SERVER aws INTO public', 'import of tables that are no text');
by_hand("csv_$_", 'id int, s text', "format 'csv'", "$_/") for qw(utf nul);
by_hand('latin', 'id int, s text', "format 'csv', encoding 'LATIN1'");
by_hand('latin_lz', 'id int, s text', "format 'lazysimple', delimiter ',', encoding 'LATIN1'", 'latin/');
for my $t (qw(lz_utf csv_utf lz_nul csv_nul))
{
	$err = fails("SELECT s FROM $t", qr/22021/, "$t: invalid text is 22021");
	like($err, qr{s3://pds-direct/(utf/z|nul/a)\.csv.*column "s"}s, "$t: the object is named");
}
by_hand('csv_utf_skip', 'id int, s text', "format 'csv', on_error 'skip'", 'utf/');
by_hand('csv_nul_null', 'id int, s text', "format 'csv', on_error 'null'", 'nul/');
many(
	[ 'invalid text in a column that is not asked for', 'SELECT sum(id) FROM csv_utf', '6' ],
	[ 'invalid text: skip', 'SELECT * FROM csv_utf_skip', "1|fine\n3|x" ],
	[ 'NUL byte: null', 'SELECT * FROM csv_nul_null', "1|x\n2|[null]" ],
	[ 'LATIN1', 'SELECT * FROM latin', "1|caf\xC3\xA9\n2|\xC3\x9C" ],
	[ 'LATIN1, lazysimple', 'SELECT * FROM latin_lz', "1|caf\xC3\xA9\n2|\xC3\x9C" ]);

# --- codecs, keys ------------------------------------------------------------------------------------------------
stack_run(<<'PY');
def member(text):
    return gzip.compress(text.encode())
put("gz/a.csv.gz", member("1,o") + member("ne\n2,two\n") + member("") + member("3,three"))
put("gz/b.csv", "4,four\n")
put("bom/a.csv.gz", gzip.compress(b"\xef\xbb\xbf1,one\n"))
put("bz/a.csv.bz2", bz2.compress(b"1,one\n") + bz2.compress(b"2,two\n"))
put("notgz/a.csv.gz", "1,one\n2,two\n")
put("cutgz/a.csv.gz", gzip.compress(("".join("%d,%d\n" % (i, i * 7919 % 1000003) for i in range(20000))).encode())[:-2000])
bad = bytearray(gzip.compress(b"1,one\n")); bad[-5] ^= 0xff
put("crcgz/a.csv.gz", bytes(bad))
put("upper/a.csv.GZ", "1,one\n")
put("upper/b.gzip", "2,two\n")
put("forced/a.dat", gzip.compress(b"1,one\n"))
# zstd: one raw block of one frame (RFC 8878), written by hand: no library needed
body = b"1,one\n2,two\n"
put("zst/a.csv.zst", b"\x28\xb5\x2f\xfd\x20" + bytes([len(body)]) + ((len(body) << 3) | 1).to_bytes(3, "little") + body)
for k in ("_SUCCESS", ".hidden", "_tmp/x.csv", ".staging/y.csv", "sub/_z.csv", "sub/.z.csv", "a/_t/b/c.csv"):
    put("hidden/" + k, "99,hidden\n")
put("hidden/a.csv", "1,one\n")
put("hidden/sub/b_.csv", "2,two\n")
put("hidden/c._x.csv", "3,three\n")
put("_top/a.csv", "5,five\n")
put("marks/", "")
put("marks/sub/", "")
put("marks/empty.csv", "")
put("marks/sub_$folder$", "")
put("marks/a.csv", "1,one\n")
for i, k in enumerate(["a b.csv", "a+b.csv", "100%.csv", "a%20b.csv", "\u00fcn\u00efcode/\u65e5\u672c.csv", "q?x=1&y#z.csv", "it's \"q\".csv",
                       "x=1/y.csv", "deep//double.csv", "[a]*{b}|~^`<>;:@$,!().csv", "back\\slash.csv"]):
    put("odd/" + k, "%d,x\n" % (1 << i))
put("data/a.csv", "1,data\n")
put("data2/a.csv", "2,data2\n")
put("data.csv", "3,file\n")
put("data.csv.bak", "4,bak\n")
put("onegz/a.csv.gz", gzip.compress(b"7,gz\n"))
put("odd loc/a+b %/x.csv", "8,loc\n")
put("empty_loc/_SUCCESS", "")
for n in ("gz", "bz", "zst", "bom", "notgz", "cutgz", "crcgz", "upper", "hidden", "marks", "odd", "empty_loc", "no_objects"):
    make(n, ["id int", "s string"])
make("noslash", ["id int", "s string"], location="s3://pds-direct/data")
make("s3n", ["id int", "s string"], location="s3a://pds-direct/data/")
make("odd_location", ["id int", "s string"], location="s3://pds-direct/odd loc/a+b %/")
make("top", ["id int", "s string"], location="s3://pds-direct/_top/")
PY
psql_ok('IMPORT FOREIGN SCHEMA direct LIMIT TO (gz, bz, zst, bom, notgz, cutgz, crcgz, upper, hidden, marks, odd, empty_loc, no_objects,'
	  . ' noslash, s3n, odd_location, "top") FROM SERVER aws INTO public', 'import of tables of codecs and keys');
by_hand('forced', 'id int, s text', "format 'csv', compression 'gzip'");
by_hand('hand_noslash', 'id int, s text', "format 'csv'", 'data');
by_hand('hand_file', 'id int, s text', "format 'csv'", 'data.csv');
by_hand('hand_gz', 'id int, s text', "format 'csv'", 'onegz/a.csv.gz');
many(
	[ 'gzip of several members, one cut in mid-record; and text', 'SELECT * FROM gz', "1|one\n2|two\n3|three\n4|four" ],
	[ 'bzip2 of several streams', 'SELECT * FROM bz', "1|one\n2|two" ],
	[ 'zstd', 'SELECT * FROM zst', "1|one\n2|two" ],
	[ 'a byte order mark in gzip', 'SELECT * FROM bom', '1|one' ],
	[ 'gzip: count(*)', 'SELECT count(*) FROM gz', '4' ],
	[ '.GZ and .gzip are text', 'SELECT * FROM upper', "1|one\n2|two" ],
	[ 'compression by option', 'SELECT * FROM forced', '1|one' ],
	[ 'hidden objects and folders', 'SELECT * FROM hidden ORDER BY id', "1|one\n2|two\n3|three" ],
	[ 'a location that begins with _ is read', 'SELECT * FROM "top"', '5|five' ],
	[ 'markers and empty objects', 'SELECT * FROM marks', '1|one' ],
	[ 'odd keys', 'SELECT count(*), sum(id) FROM odd', '11|2047' ],
	[ 'an odd location', 'SELECT * FROM odd_location', '8|loc' ],
	[ 'data is not data2', 'SELECT * FROM noslash', '1|data' ],
	[ 's3a:', 'SELECT * FROM s3n', '1|data' ],
	[ 'by hand: data is not data2', 'SELECT * FROM hand_noslash', '1|data' ],
	[ 'by hand: one object', 'SELECT * FROM hand_file', '3|file' ],
	[ 'by hand: one compressed object', 'SELECT * FROM hand_gz', '7|gz' ],
	[ 'only hidden objects', 'SELECT count(*) FROM empty_loc', '0' ],
	[ 'no objects', 'SELECT count(*), sum(id) FROM no_objects', '0|[null]' ]);
for my $t (qw(notgz cutgz crcgz))
{
	$err = fails("SELECT count(id) FROM $t", qr{s3://pds-direct/$t/a\.csv\.gz}, "$t: error names the object");
	like($err, qr/ERROR:  (22|58|XX001|HV)\w*: .*gzip/s, "$t: and says what is wrong");
	fails("SELECT count(*) FROM $t", qr{$t/a\.csv\.gz}, "$t: count(*), too");
}
#__PART3__
done_testing();
