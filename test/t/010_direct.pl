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
for my $c (@cases)
{
	my $columns = join ', ', map { s/ string/ text/r } @{ $c->{cols} // \@abc };
	by_hand($c->{name}, $columns, "format 'csv'" . ($c->{options} ? ", $c->{options}" : '')) if $c->{kind} eq 'csv';
	is(rows("SELECT * FROM $c->{name}"), $c->{want}, "$c->{name}: rows");
	my $n = $c->{want} eq '' && $c->{name} =~ /bomonly/ ? 0 : rows("SELECT count(*) FROM (SELECT * FROM $c->{name} OFFSET 0) x");
	is(rows("SELECT count(*) FROM $c->{name}"), $n, "$c->{name}: count(*) without columns is $n");
	is(rows("SELECT array_agg(b) FROM $c->{name}"), rows("SELECT array_agg(b) FROM (SELECT a, b, c FROM $c->{name} OFFSET 0) x"),
		"$c->{name}: one column alone") if !$c->{cols};
}
done_testing();
