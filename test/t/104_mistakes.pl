# The commonest mistakes: message, SQLSTATE and hint of each.
use strict;
use warnings;
use JSON::PP;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_mistakes');

run_python(<<'PY');
import boto3, gzip
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-mistakes")
put = lambda key, body: s3.put_object(Bucket="pds-mistakes", Key=key, Body=body if isinstance(body, bytes) else body.encode())
put("header.csv", "id,name,amount\n1,one,1.5\n")
put("spaced.csv", "Order ID,Name\n1,one\n")
put("semi.csv", "1;one;1.5\n2;two;2.5\n")
put("semihead.csv", "id;name;amount\n1;one;1.5\n")
put("tab.csv", "1\tone\t1.5\n")
put("pipe.csv", "1|one|1.5\n")
put("quoted.csv", '"1;2";one;1.5\n')
put("comma.csv", "1;one;1,5\n")
put("thousands.csv", "1;one;1.234,50\n")
put("day.csv", "31.12.2024\n")
put("slash.csv", "31/12/2024\n")
put("stamp.csv", "31.12.2024 10:11:12\n")
put("latin.csv", "1,caf\u00e9\n".encode("latin-1"))
put("utf16.csv", "1,one\n".encode("utf-16"))
put("utf16be.csv", b"\xfe\xff" + "1,one\n".encode("utf-16-be"))
put("nul.csv", b"1,o\0ne\n")
put("gzip.csv", gzip.compress(b"1,one\n" * 50, mtime=0))
put("zip.csv", b"PK\x03\x04" + b"\x14\0\0\0" * 10 + b"\n")
put("parquet.csv", b"PAR1" + b"\x15\x04\xc3\xff" * 10 + b"\n")
put("notgzip.csv.gz", "1,one\n")
put("letters.csv", "abc,one\n")
put("few.csv", "1,one,1.5\n2,two\n")
put("many.csv", "1,one,1.5,x\n")
put("open.csv", '1,"one\n')
put("big.csv", "99999999999,one\n")
put("empty/_hidden.csv", "1,one\n")
for name, value in (("group", '"1,234.50"'), ("groups", '"1,234,567"'), ("either", '"1,234"'), ("blank", "1 234"), ("swiss", "1'234.50"),
                    ("na", "NA"), ("na2", "n/a"), ("dash", "-"), ("hive", "\\N"), ("quotes", '""'), ("epoch", "1704067200"), ("ms", "1704067200000"),
                    ("percent", "12.5%"), ("dollar", "$1.50"), ("euro", "1.50 \u20ac"), ("code", "EUR 3"), ("yes", "yes"), ("oui", "oui"), ("hash", "12#")):
    put("v/%s.csv" % name, "%s\n" % value)
try:
    glue.delete_database(Name="mistakes")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "mistakes"})
glue.create_table(DatabaseName="mistakes", TableInput={
    "Name": "asked", "TableType": "EXTERNAL_TABLE", "Parameters": {}, "StorageDescriptor": {
        "Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://pds-mistakes/asked/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}}}})
PY
create_server('aws', cache_ttl => '0');
my $b = 's3://pds-mistakes';
my $three = 'id int, name text, amount numeric';

# what is done, the SQLSTATE, the message, the hint; a table is [columns, object, options]
my @mistakes = (
	# headers
	[ [ $three, 'header.csv' ], '22P02', qr/invalid .*"id"/, qr/The first record holds the names of the columns: the table option header 'true'/ ],
	[ [ '"order_id" int, name text', 'spaced.csv' ], '22P02', qr/"Order ID"/, qr/option header 'true'/ ],
	[ [ $three, 'header.csv', "format 'lazysimple', delimiter ',', on_error 'stop'" ], '22P02', qr/"id"/, qr/option header 'true'/ ],
	[ [ 'id int, name text', 'letters.csv' ], '22P02', qr/"abc"/, qr/option on_error reads on: null or skip.*inferred from a sample, all_text or a larger sample_bytes/ ],
	# delimiters
	[ [ $three, 'semi.csv' ], '22P04', qr/1 field where 3 are expected/, qr/delimiter ';' it would have 3 fields/ ],
	[ [ $three, 'semihead.csv', "header 'match'" ], '22P04', qr/got "id;name;amount"/, qr/delimiter ';' it would have 3 fields/ ],
	[ [ $three, 'tab.csv' ], '22P04', qr/1 field where 3/, qr/delimiter '\\t' it would have 3 fields/ ],
	[ [ $three, 'pipe.csv' ], '22P04', qr/1 field where 3/, qr/delimiter '\|' it would have 3 fields/ ],
	[ [ $three, 'quoted.csv' ], '22P04', qr/1 field where 3/, qr/delimiter ';' it would have 3 fields/ ],
	[ [ $three, 'header.csv', "delimiter ';', header 'true'" ], '22P04', qr/1 field where 3/, qr/delimiter ',' it would have 3 fields/ ],
	[ [ $three, 'semi.csv', "format 'lazysimple', delimiter ',', on_error 'stop'" ], '22P02', qr/"1;one;1.5"/, qr/delimiter ';' it would have 3 fields/ ],
	[ [ 'a int, b int', 'semi.csv' ], '22P04', qr/1 field where 2/, qr/on_error reads on.*null_padding/ ],
	[ [ $three, 'few.csv' ], '22P04', qr/record 2: 2 fields where 3/, qr/on_error reads on.*null_padding/ ],
	[ [ $three, 'many.csv' ], '22P04', qr/4 fields where 3/, qr/on_error reads on/ ],
	# numbers and dates
	[ [ $three, 'comma.csv', "delimiter ';'" ], '22P02', qr/1,5/, qr/decimal comma: .*decimal_separator ',' reads it/ ],
	[ [ $three, 'thousands.csv', "delimiter ';'" ], '22P02', qr/1\.234,50/, qr/decimal_separator ',', with thousands '\.', reads it/ ],
	[ [ 'id int, name text, amount float8', 'comma.csv', "delimiter ';'" ], '22P02', qr/1,5/, qr/decimal comma/ ],
	[ [ 'd date', 'day.csv' ], '22008', qr/31\.12\.2024/, qr/The day comes first: .*date_format '%d\.%m\.%Y'/ ],
	[ [ 'd date', 'slash.csv' ], '22008', qr/31\/12\/2024/, qr/date_format '%d\/%m\/%Y'/ ],
	[ [ 'd timestamp', 'stamp.csv' ], '22008', qr/31\.12\.2024/, qr/timestamp_format/ ],
	[ [ 'id int, name text', 'big.csv' ], '22003', qr/out of range for type integer/, qr/inferred from a sample, all_text or a larger sample_bytes/ ],
	[ [ 'a numeric', 'v/group.csv' ], '22P02', qr/"1,234\.50"/, qr/separators of thousands: the table or column option thousands ',' reads it/ ],
	[ [ 'a int', 'v/groups.csv' ], '22P02', qr/"1,234,567"/, qr/option thousands ',' reads it/ ],
	[ [ 'a int', 'v/either.csv' ], '22P02', qr/"1,234"/, qr/thousands ',' takes it for a separator of thousands, decimal_separator ',' for a decimal comma/ ],
	[ [ 'a int', 'v/blank.csv' ], '22P02', qr/"1 234"/, qr/option thousands ' ' reads it/ ],
	[ [ 'a float8', 'v/swiss.csv' ], '22P02', qr/"1'234\.50"/, qr/option thousands '''' reads it/ ],
	[ [ 'a int', 'v/percent.csv' ], '22P02', qr/"12\.5%"/, qr/percent sign: declare the column text, and compute replace\(a, '%', ''\)::numeric \/ 100/ ],
	[ [ '"A" numeric', 'v/dollar.csv' ], '22P02', qr/"\$1\.50"/, qr/currency sign: .*regexp_replace\("A", '\[\^-0-9\.\]', '', 'g'\)::numeric/ ],
	[ [ 'a numeric', 'v/euro.csv' ], '22P02', qr/"1\.50 \xe2\x82\xac"/, qr/currency sign/ ],
	[ [ 'a int', 'v/code.csv' ], '22P02', qr/"EUR 3"/, qr/currency sign/ ],
	[ [ 'a int', 'v/hash.csv' ], '22P02', qr/"12#"/, qr/option on_error/ ],
	# NULL, times and booleans
	[ [ 'a int', 'v/na.csv' ], '22P02', qr/"NA"/, qr/"NA" stands for no value, it seems: the table or column option null '\["", "NA"\]' reads it as NULL/ ],
	[ [ 'a date', 'v/na2.csv' ], '22007', qr/"n\/a"/, qr/null '\["", "n\/a"\]'/ ],
	[ [ 'a numeric', 'v/dash.csv', "null 'x'" ], '22P02', qr/"-"/, qr/null '\["-"\]'/ ],
	[ [ 'a int', 'v/hive.csv' ], '22P02', qr/"\\N"/, qr/null '\["", "\\\\N"\]'/ ],
	[ [ 'a int', 'v/quotes.csv' ], '22P02', qr/""/, qr/empty text in quotes .*option force_null 'true' reads it as NULL/ ],
	[ [ 'a timestamp', 'v/epoch.csv' ], '22008', qr/1704067200/, qr/number of seconds since 1970, it seems: declare the column bigint, and compute to_timestamp\(a\)/ ],
	[ [ 'a timestamptz', 'v/ms.csv' ], '22008', qr/1704067200000/, qr/milliseconds since 1970.*to_timestamp\(a \/ 1000\.0\)/ ],
	[ [ 'a boolean', 'v/yes.csv', "format 'lazysimple', on_error 'stop'" ], '22P02', qr/"yes"/, qr/"yes" is no boolean there: declare the column text, and compare a = 'yes'/ ],
	[ [ 'a boolean', 'v/oui.csv' ], '22P02', qr/"oui"/, qr/compare a = 'oui'/ ],
	# encodings and other formats
	[ [ 'id int, name text', 'latin.csv' ], '22021', qr/invalid byte sequence/, qr/not UTF-8: the table option encoding .*'WIN1252'/ ],
	[ [ 'id text, name text', 'utf16.csv' ], '22P04|22021', qr/./, qr/begins as UTF-16 does: the table option encoding 'UTF-16'/ ],
	[ [ 'id text, name text', 'utf16be.csv' ], '22P04|22021', qr/./, qr/begins as UTF-16 does/ ],
	[ [ 'id int, name text', 'nul.csv' ], '22021', qr/invalid byte sequence/, qr/NUL bytes/ ],
	[ [ 'id text, name text', 'gzip.csv' ], '22P04|22021', qr/./, qr/begins as gzip does: the table option compression 'gzip'/ ],
	[ [ 'id text, name text', 'zip.csv' ], '22P04|22021', qr/./, qr/begins as a ZIP archive does: unpack it/ ],
	[ [ 'id text, name text', 'parquet.csv' ], '22P04|22021', qr/./, qr/begins as Parquet does: Athena/ ],
	[ [ 'id int, name text', 'notgzip.csv.gz' ], 'XX001', qr/s3:\/\/pds-mistakes\/notgzip\.csv\.gz/, undef ],
	[ [ 'id int, name text', 'open.csv' ], '22P04', qr/open\.csv ends inside a quoted field/, qr/on_error 'skip'/ ],
	# names of things
	[ qq{CREATE FOREIGN TABLE u (id int) SERVER aws OPTIONS (location '/data/x.csv')}, 'HV024', qr/option "location"/, qr/written s3:\/\/bucket\/prefix\// ],
	[ q{CREATE FOREIGN TABLE u (id int) SERVER aws}, 'HV\w+', qr/needs the option "location" or "database"/, qr/OPTIONS \(location/ ],
	[ qq{CREATE FOREIGN TABLE u (id int) SERVER aws OPTIONS (location '$b/', delimiters ',')}, 'HV00D', qr/"delimiters"/, qr/delimiter/ ],
	(map { [ qq{CREATE FOREIGN TABLE u (id int) SERVER aws OPTIONS (location '$b/', $_->[0] 'x')}, 'HV00D', qr/invalid option "$_->[0]"/, qr/^That option is called "$_->[1]" here\.$/ ] }
		[ null_str => 'null' ], [ nullstr => 'null' ], [ skip_rows => 'skip' ], [ skiprows => 'skip' ], [ skip_header => 'header' ], [ header_row => 'header' ],
		[ type => 'format' ], [ dbname => 'database' ], [ quotechar => 'quote' ], [ escapechar => 'escape' ], [ sep => 'delimiter' ], [ bucket => 'location' ], [ codec => 'compression' ]),
	[ qq{CREATE FOREIGN TABLE u (id int) SERVER aws OPTIONS (location '$b/', dtype 'int')}, 'HV00D', qr/"dtype"/, qr/^Types are those of the columns/ ],
	[ qq{CREATE FOREIGN TABLE u (id int OPTIONS (dtype 'int')) SERVER aws OPTIONS (location '$b/')}, 'HV00D', qr/"dtype"/, qr/"glue_type"/ ],
	(map { [ qq{CREATE FOREIGN TABLE u (id int) SERVER aws OPTIONS (location '$b/', compression '$_->[0]')}, 'HV024', qr/"compression": "$_->[0]"/, qr/^That is called "$_->[1]" here\. It is one of: none, gzip/ ] }
		[ gz => 'gzip' ], [ bz2 => 'bzip2' ], [ zst => 'zstd' ], [ zlib => 'deflate' ], [ uncompressed => 'none' ]),
	[ q{SELECT * FROM pds.s3_list('aws', 'http://pds-mistakes/x')}, '22023', qr/http:\/\/pds-mistakes\/x/, qr/./ ],
	[ q{SELECT * FROM pds.infer_schema('aws', 'pds-mistakes/x')}, '22023', qr/pds-mistakes\/x/, qr/./ ],
	[ q{SELECT * FROM pds.read_csv('aws', '/tmp/x.csv') AS t (a int)}, '22023', qr/\/tmp\/x\.csv/, qr/./ ],
	[ qq{SELECT * FROM pds.infer_schema('aws', '$b/none/')}, 'HV00R', qr/nothing to read/, qr/one object, a folder, or a pattern/ ],
	[ q{SELECT * FROM pds.infer_schema('aws', 's3://pds-mistakes-none/')}, '42704', qr/pds-mistakes-none/, qr/bucket's name/ ],
	[ q{SELECT * FROM pds.infer_schema('none', 's3://pds-mistakes/')}, '42704', qr/server "none" does not exist/, undef ],
	[ q{IMPORT FOREIGN SCHEMA none FROM SERVER aws INTO public}, 'HV00R', qr/none/, qr/region/ ],
);

for my $m (@mistakes)
{
	my ($what, $state, $message, $hint) = @$m;
	my $sql = ref $what
	  ? "DROP FOREIGN TABLE IF EXISTS t; CREATE FOREIGN TABLE t ($what->[0]) SERVER aws OPTIONS (location '$b/$what->[1]'" . ($what->[2] ? ", $what->[2]" : '') . '); SELECT * FROM t'
	  : $what;
	my $name = ref $what ? "$what->[1] as ($what->[0]) " . ($what->[2] // '') : $what;
	my ($rc, $out, $err) = psql($sql);
	my ($got, $text) = $err =~ /ERROR:  (\w{5}): (.*)/;
	my ($told) = $err =~ /^HINT:  (.*)/m;

	ok($rc != 0 && ($got // '') =~ /^(?:$state)$/ && ($text // '') =~ $message && (!defined $hint || ($told // '') =~ $hint), $name)
	  or diag($err);
}
# --- what the engine says of a statement, by a service that says it -------------------------------------------------------
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
create_server('far', endpoint_url => $proxy->{url}, s3_endpoint_url => undef, output_location => "$b/results/", engine => 'athena', cache_ttl => '0');
psql_ok('IMPORT FOREIGN SCHEMA mistakes FROM SERVER far INTO public', 'import');
for my $m ([ COLUMN_NOT_FOUND => 1301, "line 1:8: Column 'b' cannot be resolved", qr/IMPORT FOREIGN SCHEMA again, or run pds\.refresh_table/ ],
	[ COLUMN_NOT_FOUND => 1006, "line 1:8: Column 'b' cannot be resolved", qr/IMPORT FOREIGN SCHEMA again, or run pds\.refresh_table/ ],
	[ FUNCTION_NOT_FOUND => 1303, "line 1:8: Function 'f' not registered", qr/lacks the function: .*'direct'/ ],
	[ TABLE_NOT_FOUND => 1110, "line 1:15: Table 'x' does not exist", qr/pds\.refresh_table/ ],
	[ SYNTAX_ERROR => 1000, 'line 1:1: mismatched input', qr/EXPLAIN VERBOSE shows the query/ ])
{
	my ($code, $type, $reason, $hint) = @$m;
	my $reply = encode_json({ QueryExecution => { QueryExecutionId => 'x', Status => { State => 'FAILED', StateChangeReason => "$code: $reason",
		AthenaError => { ErrorCategory => 2, ErrorType => $type, ErrorMessage => "$code: $reason" } } } });
	proxy_rules($proxy, { target => 'GetQueryExecution', action => 'status', status => 200, body => $reply });
	psql_fails('SELECT a FROM asked', qr/HV00L.*$code.*HINT:[^\n]*$hint/s, $code);
	push @mistakes, $m;
}
proxy_rules($proxy);
stop_proxy($proxy);
cmp_ok(@mistakes, '>=', 40, scalar(@mistakes) . ' mistakes');
done_testing();
