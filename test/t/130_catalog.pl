# The Glue catalog from SQL: databases, tables as awswrangler makes them, partitions, repair, rights.
use strict;
use warnings;
use JSON::PP;
use PdsTest;
use Test::More;
use Time::HiRes qw(time);

# Strings here are bytes, as psql and objects have them.

need_stack();
fresh_database('pds_catalog');
create_server('aws');
psql_ok("SET client_min_messages = error; $_", $_) for ('DROP ROLE IF EXISTS pds_cat_none, pds_cat_user',
	'CREATE ROLE pds_cat_none', 'CREATE ROLE pds_cat_user', 'GRANT USAGE ON FOREIGN SERVER aws TO pds_cat_user',
	"CREATE USER MAPPING FOR pds_cat_user SERVER aws OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}')");

fresh_bucket('pds-catalog');
run_python(<<'PY');
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
for db in ("cat_t", "cat_new", "cat_wr", "cat_pds"):
    try:
        glue.delete_database(Name=db)
    except glue.exceptions.EntityNotFoundException:
        pass
PY

sub value { return psql_value(@_) }

# SQL text literal
sub lit { return "'" . ($_[0] =~ s/'/''/gr) . "'" }

# ---- databases ----

is(value("SELECT pds.create_database('aws', 'cat_t', description => 'd\xC3\xA9', location => 's3://pds-catalog/')"), 't', 'a new database');
is(value("SELECT description || ' ' || location FROM pds.databases('aws') WHERE name = 'cat_t'"), "d\xC3\xA9 s3://pds-catalog/", 'it is listed');
psql_fails("SELECT pds.create_database('aws', 'cat_t')", qr/42710.*exist_ok => true/s, 'a database that exists');
is(value("SELECT pds.create_database('aws', 'cat_t', exist_ok => true)"), 'f', 'exist_ok');
is(value("SELECT pds.create_database('aws', 'cat_t', 'other', exist_ok => true)"), 'f', 'exist_ok with another description');
is(value("SELECT description || ' ' || location FROM pds.databases('aws') WHERE name = 'cat_t'"), 'other s3://pds-catalog/', 'which is taken; the location stays');
psql_fails("SELECT pds.drop_database('aws', 'cat_nowhere')", qr/HV00R.*cat_nowhere/s, 'dropping what is not there');
is(value("SELECT pds.drop_database('aws', 'cat_nowhere', if_exists => true)"), 'f', 'if_exists');
psql_fails("SELECT pds.create_database('aws', NULL)", qr/22004.*"name" must not be null/s, 'no name');
psql_fails("SELECT pds.create_database('nowhere', 'x')", qr/42704.*"nowhere" does not exist/s, 'no such server');

# ---- tables: what is refused ----

my $create = "SELECT pds.create_csv_table('aws', 'cat_t', 't', 's3://pds-catalog/t/', ";
for (
	["'a foo'", qr/42704.*no type "foo" for column "a".*array<\.\.\.>/s, 'an unknown type'],
	["'a uuid'", qr/42704.*no type "uuid"/s, 'a type that CSV cannot have'],
	["'a decimal(50,2)'", qr/HV024/, 'a type out of range'],
	["'a'", qr/42601.*"a" has no type.*columns => 'a int, b string'/s, 'a column without a type'],
	["'a int, ,b int'", qr/42601.*has no name/s, 'a column without a name'],
	["'a int, A string'", qr/42701.*"a" is there twice/s, 'a column twice'],
	["'a int', 'a int'", qr/42701.*"a" is there twice/s, 'a key that is a column'],
	["''", qr/22023.*"columns" must not be empty/s, 'no columns'],
	["'a int', mode => 'append_it'", qr/22023.*no mode.*overwrite and append/s, 'no such mode'],
	["'a int', sep => '||'", qr/22023.*"sep" must be one byte/s, 'a separator of two bytes'],
	["'a int', sep => ''", qr/22023.*"sep" must be one byte/s, 'an empty separator'],
	["'a int', serde => 'csv'", qr/22023.*no SerDe is called "csv".*opencsv/s, 'no such SerDe'],
	["'a int', skip_header_line_count => -1", qr/22023.*negative/s, 'a negative header'],
	["'a int', parameters => '[1]'", qr/22023.*"parameters" is not a JSON object/s, 'parameters that are no object'],
	["'a int', parameters => '{\"k\": {}}'", qr/22023.*"parameters" is not a JSON object of texts/s, 'parameters that are nested'],
	["'a int', columns_comments => '{\"b\": \"x\"}'", qr/42703.*no column "b"/s, 'a comment on no column'],
	["'a int', 'k int', projection => '{\"a\": {\"type\": \"enum\"}}'", qr/42703.*"a" is not a partition key/s, 'a projection of no key'],
	["'a int', 'k int', projection => '{\"k\": {\"range\": \"1,2\"}}'", qr/22023.*"k" has no type/s, 'a projection without a type'],
	["'a int', 'k int', projection => '{\"k\": {\"type\": \"integer\", \"rnge\": \"1,2\"}}'", qr/22023.*no setting "rnge"/s, 'a misspelt setting'],
	["'a int', 'k int, l int', projection => '{\"k\": {\"type\": \"enum\", \"values\": \"1\"}}'", qr/22023.*leaves out a partition key/s, 'a key without projection'],
	["'a int', 'k int', projection => '{\"k\": 1}'", qr/22023.*JSON object of objects/s, 'a projection of another form'],
	["'a int', location_template => 's3://x/'", qr/22023.*goes with "projection"/s, 'a template alone'],
  )
{
	psql_fails("$create$_->[0])", $_->[1], $_->[2]);
}
psql_fails("SELECT pds.create_csv_table('aws', 'cat_t', 't', '/tmp/t', 'a int')", qr/22023.*s3:\/\/bucket\/prefix/s, 'a location that is none');
psql_fails("SELECT pds.create_csv_table('aws', 'cat_nowhere', 't', 's3://b/t/', 'a int')", qr/HV00R/, 'no such database');
is(value("SELECT count(*) FROM pds.tables('aws', 'cat_t')"), 0, 'nothing was made of all this');

# ---- tables: the same as awswrangler's ----

my $open = 'org.apache.hadoop.hive.serde2.OpenCSVSerde';
my @same = (
	['plain', { columns_types => { a => 'int', b => 'decimal(10,2)' } }, "'a int, b decimal(10,2)'"],
	["MiXed \xC3\x89t\xC3\xA9-1", { columns_types => { "Caf\xC3\xA9 cr\xC3\xA8me" => 'string', 'b.2' => 'bigint' } },
		"'\"Caf\xC3\xA9 cr\xC3\xA8me\" string, \"b.2\" bigint'"],
	['tabs', { columns_types => { a => 'array<string>', b => 'struct<x:int,y:string>' }, sep => "\t", skip_header_line_count => 1, compression => 'gzip' },
		"'a array<string>, b struct<x:int,y:string>', sep => '\\t', skip_header_line_count => 1, compression => 'gzip'"],
	['keys', { columns_types => { a => 'double' }, partitions_types => { y => 'int', m => 'string' }, description => "a \"d\xC3\xA9\"",
			columns_comments => { a => "it's", m => 'key' }, parameters => { source => 'here', delimiter => ';' } },
		"'a double COMMENT ''it''''s''', 'y int, m string COMMENT ''key''', description => 'a \"d\xC3\xA9\"', parameters => '{\"source\": \"here\", \"delimiter\": \";\"}'"],
	['comments', { columns_types => { a => 'double', b => 'int' }, columns_comments => { b => 'second' } }, "'a double, b int', columns_comments => '{\"b\": \"second\"}'"],
	['open', { columns_types => { a => 'string' }, serde_library => $open, serde_parameters => { separatorChar => ',', quoteChar => '"', escapeChar => '\\' } },
		"'a string', serde => 'opencsv'"],
	['open2', { columns_types => { a => 'string' }, serde_library => $open, serde_parameters => { separatorChar => '|' }, sep => '|' },
		"'a string', sep => '|', serde => '$open', serde_parameters => '{\"separatorChar\": \"|\"}'"],
	['projected', { columns_types => { a => 'int' }, partitions_types => { d => 'date', t => 'timestamp', n => 'int', e => 'string' },
			athena_partition_projection_settings => {
				projection_types => { d => 'date', t => 'date', n => 'integer', e => 'enum' },
				projection_ranges => { d => '2024-01-01,NOW', t => 'NOW-1DAYS,NOW', n => '1,12' }, projection_values => { e => 'x,y' },
				projection_intervals => { d => '2', n => '3' }, projection_digits => { n => '2' }, projection_formats => { d => 'yyyyMMdd' },
				projection_storage_location_template => 's3://pds-catalog/p/${d}/${t}/${n}/${e}/' } },
		q{'a int', 'd date, t timestamp, n int, e string', location_template => 's3://pds-catalog/p/${d}/${t}/${n}/${e}/', projection => '{
			"d": {"type": "date", "range": "2024-01-01,NOW", "interval": 2, "format": "yyyyMMdd"}, "t": {"type": "date", "range": "NOW-1DAYS,NOW"},
			"n": {"type": "integer", "range": "1,12", "interval": 3, "digits": 2}, "e": {"type": "enum", "values": "x,y"}}'}],
	# onto a table that exists
	['plain', { columns_types => { a => 'int', b => 'decimal(10,2)' }, mode => 'append', description => 'later', parameters => { k => 'v' } },
		"'a int, b decimal(10,2)', mode => 'append', description => 'later', parameters => '{\"k\": \"v\"}'"],
	['comments', { columns_types => { a => 'double', b => 'int', c => 'date' }, mode => 'append', schema_evolution => \1 },
		"'a double, b int, c date', mode => 'append', schema_evolution => true"],
	['keys', { columns_types => { z => 'string' } }, "'z string', mode => 'overwrite'"],
);
# awswrangler does all of it at once: in Python, dictionaries have an order that Perl's hashes lack
my @calls;
for my $case (@same)
{
	my ($name, $args, $sql) = @$case;
	my %a = %$args;
	my ($columns, $keys) = $sql =~ /^'((?:[^']|'')*)'(?:, '((?:[^']|'')*)')?/;
	for (['columns_types', $columns], ['partitions_types', $keys])
	{
		my ($which, $text) = @$_;
		next unless $a{$which};
		my %at = map { $text =~ /(?:^|, )"?\Q$_\E"? /; $_ => $-[0] } keys %{ $a{$which} };
		$a{$which} = [map { [$_, $a{$which}{$_}] } sort { $at{$a} <=> $at{$b} } keys %at];
	}
	push @calls, [$name, \%a];
}
my $wrangler = <<'PY';
import json, sys
import awswrangler as wr
wr.catalog.create_database("cat_wr", exist_ok=True)
for name, args in json.loads(sys.argv[1]):
    for which in ("columns_types", "partitions_types"):
        if which in args:
            args[which] = dict(args[which])
    wr.catalog.create_csv_table(database="cat_wr", table=name, path="s3://pds-catalog/%s/" % len(name), **args)
print(json.dumps(sorted(wr.catalog.tables(database="cat_wr")["Table"])))
wr.catalog.add_csv_partitions("cat_wr", "projected", {"s3://pds-catalog/9/d=2024-01-01/t=1/n=2/e=x/": ["2024-01-01", "1", "2", "x"]},
                              columns_types={"a": "int"})
PY
my $python = qx{test/stack/venv tests 2>/dev/null};
chomp $python;

# the same by Python of the test environment, where awswrangler is
sub run_wrangler
{
	my ($code, @args) = @_;
	local $ENV{PDS_STACK_PYTHON} = $python;
	return run_python($code, @args);
}
my $utf8 = JSON::PP->new->latin1;    # our strings are bytes already
SKIP:
{
	skip 'awswrangler is not there', 4 unless $python && -x $python;
	run_wrangler($wrangler, $utf8->encode(\@calls));
	value("SELECT pds.create_database('aws', 'cat_pds')");
	my @done;
	for my $case (@same)
	{
		my ($name, undef, $sql) = @$case;
		push @done, value("SET client_min_messages = error; SELECT pds.create_csv_table('aws', 'cat_pds', " . lit($name)
			  . ", 's3://pds-catalog/" . length_of($name) . "/', $sql)");
	}
	is("@done", ('created ' x 8) . 'changed changed overwritten', 'tables as awswrangler makes them');
	value("SELECT pds.add_partitions('aws', 'cat_pds', 'projected', ARRAY['2024-01-01', '1', '2', 'x'])");
	my $compared = run_python(<<'PY');
import boto3, json
glue = boto3.client("glue")
def tables(db):
    out = {}
    for t in glue.get_tables(DatabaseName=db)["TableList"]:
        out[t["Name"]] = {k: v for k, v in t.items() if k not in ("DatabaseName", "CreateTime", "UpdateTime", "VersionId")}
    return out
a, b = tables("cat_wr"), tables("cat_pds")
assert len(a) == 8
for name in sorted(set(a) | set(b)):
    if a.get(name) != b.get(name):
        print(name, json.dumps(a.get(name), sort_keys=True), json.dumps(b.get(name), sort_keys=True), sep="\n")
parts = [[{k: v for k, v in p.items() if k in ("Values", "StorageDescriptor", "Parameters")} for p in
          glue.get_partitions(DatabaseName=db, TableName="projected")["Partitions"]] for db in ("cat_wr", "cat_pds")]
if parts[0] != parts[1]:
    print(json.dumps(parts[0], sort_keys=True), json.dumps(parts[1], sort_keys=True), sep="\n")
PY
	is($compared, '', 'GetTable and GetPartitions say the same of both');
	is(value("SELECT string_agg(name || ' ' || type, ', ' ORDER BY ordinal) FROM pds.table_columns('aws', 'cat_wr', 'mixed_ete_1')"),
		'cafe_creme string, b_2 bigint', 'names as awswrangler cleans them');
	is(value("SELECT pds.create_csv_table('aws', 'cat_wr', 'plain', 's3://pds-catalog/5/', 'a int, b decimal(10,2)', mode => 'append')"), 'unchanged',
		'appending to one of awswrangler\'s');
}

sub length_of { my ($s) = @_; utf8::decode($s); return length $s }

# ---- append and overwrite ----

is(value("${create}'a int, b string', 'k string')"), 'created', 'a table');
is(value("SELECT pds.add_partitions('aws', 'cat_t', 't', ARRAY['x', 'y'])"), 2, 'partitions of one key: a list');
psql_fails("${create}'b string, a int', 'k string', mode => 'append')", qr/42804.*column 1 of the table is "a int", not "b string"/s, 'append in another order');
psql_fails("${create}'a int, b string, c int', 'k string', mode => 'append')", qr/42804.*schema_evolution => true/s, 'append with a new column');
is(value("${create}'a int', mode => 'append')"), 'unchanged', 'append with fewer columns');
is(value("${create}'A int, b string', 'k string', mode => 'append')"), 'unchanged', 'append of the same');
is(value("SELECT count(*) FROM pds.partitions('aws', 'cat_t', 't')"), 2, 'which keeps partitions');
is(value("${create}'a int, b string', 'k string')"), 'overwritten', 'overwrite');
is(value("SELECT count(*) FROM pds.partitions('aws', 'cat_t', 't')"), 0, 'which forgets them');
run_python(<<'PY');
import boto3
glue = boto3.client("glue")
for name, kind, parameters in (("v", "VIRTUAL_VIEW", {"presto_view": "true"}), ("ice", "EXTERNAL_TABLE", {"table_type": "ICEBERG"})):
    glue.create_table(DatabaseName="cat_t", TableInput={"Name": name, "TableType": kind, "Parameters": parameters, "PartitionKeys": [],
        "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}], "Location": "", "SerdeInfo": {}}})
PY
psql_fails("SELECT pds.create_csv_table('aws', 'cat_t', 'v', 's3://b/v/', 'a int')", qr/42809.*is a view.*pds\.drop_table/s, 'a view is not overwritten');
psql_fails("SELECT pds.create_csv_table('aws', 'cat_t', 'ice', 's3://b/v/', 'a int')", qr/42809.*Iceberg/s, 'nor an Iceberg table');

# ---- listings ----

value("SELECT pds.comment_table('aws', 'cat_t', 't', 'All the WORDS', '{\"b\": \"needle \xC3\xA9\", \"k\": \"key\"}')");
is(value("SELECT string_agg(table_name || ':' || format, ' ' ORDER BY table_name) FROM pds.tables('aws', 'cat_t')"), 'ice:iceberg t:csv v:view', 'tables of a database');
is(value("SELECT database_name || '.' || table_name || columns::text || partition_keys::text FROM pds.tables('aws', search => 'NEEDLE')"), 'cat_t.t{a,b}{k}', 'search in comments of all databases');
is(value("SELECT table_name FROM pds.tables('aws', 'cat_t', search => 'words')"), 't', 'search in descriptions');
is(value("SELECT count(*) FROM pds.tables('aws', 'cat_t', name_prefix => 'I', name_suffix => 'e', name_contains => 'c')"), 1, 'prefix, suffix and part of a name');
is(value("SELECT string_agg(table_name, ' ') FROM pds.tables('aws', 'cat_t', $_)"), 'ice', $_) for ("name_prefix => 'ic'", "name_suffix => 'ce'", "name_contains => 'c'");
is(value("SELECT count(*) FROM pds.tables('aws', 'cat_t', name_prefix => '.')"), 0, 'no regular expressions');
psql_fails("SELECT * FROM pds.tables('aws', 'cat_nowhere')", qr/HV00R/, 'tables of no database');
psql_fails("SELECT * FROM pds.table_columns('aws', 'cat_t', 'nowhere')", qr/HV00R.*cat_t\.nowhere/s, 'columns of no table');
is(value("SELECT string_agg(concat_ws('/', ordinal, name, type, partition_key, comment, sql_type), ' ') FROM pds.table_columns('aws', 'cat_t', 't')"),
	"1/a/int/f/integer 2/b/string/f/needle \xC3\xA9/text 3/k/string/t/key/text", 'columns');

# ---- parameters, columns ----

is(value("SELECT pds.upsert_table_parameters('aws', 'cat_t', 't', '{\"n\": 5, \"t\": true, \"delimiter\": null}') ?& ARRAY['n', 't', 'classification']"), 't', 'upsert');
is(value("SELECT (p ->> 'n') || (p ->> 't') || (p ? 'delimiter') FROM pds.table_parameters('aws', 'cat_t', 't') p"), '5truefalse', 'is there afterwards, and null removed one');
is(value("SELECT description FROM pds.tables('aws', 'cat_t') WHERE table_name = 't'"), 'All the WORDS', 'the rest stays');
is(value("SELECT pds.overwrite_table_parameters('aws', 'cat_t', 't', '{\"classification\": \"csv\"}')"), '{"classification": "csv"}', 'overwrite');
value("SELECT pds.add_column('aws', 'cat_t', 't', 'Dr\xC3\xA9i', 'Decimal( 5 , 1 )', 'third')");
is(value("SELECT string_agg(concat_ws('/', name, type, comment), ' ') FROM pds.table_columns('aws', 'cat_t', 't') WHERE ordinal > 1"), "b/string/needle \xC3\xA9 drei/decimal(5,1)/third k/string/key", 'a column more');
psql_fails("SELECT pds.add_column('aws', 'cat_t', 't', 'K', 'int')", qr/42701/, 'a name that a key has');
value("SELECT pds.drop_column('aws', 'cat_t', 't', 'B')");
is(value("SELECT string_agg(name, ' ') FROM pds.table_columns('aws', 'cat_t', 't')"), 'a drei k', 'a column less');
psql_fails("SELECT pds.drop_column('aws', 'cat_t', 't', 'k')", qr/42703.*partition key/s, 'a key cannot go');
psql_fails("SELECT pds.drop_column('aws', 'cat_t', 't', 'zz')", qr/42703.*pds\.table_columns/s, 'nor what is not there');

# ---- partitions ----

psql_fails("SELECT pds.add_partitions('aws', 'cat_t', 'v', ARRAY['1'])", qr/42809.*not partitioned/s, 'partitions of a table without keys');
value("SELECT pds.create_csv_table('aws', 'cat_t', 'p', 's3://pds-catalog/p', 'v int', 'y int, city string')");
psql_fails("SELECT pds.add_partitions('aws', 'cat_t', 'p', ARRAY['1'])", qr/2202E: argument "partition_values" does not hold 2 values for each partition/, 'too few values');
psql_fails("SELECT pds.add_partitions('aws', 'cat_t', 'p', ARRAY['1','2','3','4'])", qr/2202E/, 'two partitions in one row');
psql_fails("SELECT pds.add_partitions('aws', 'cat_t', 'p', ARRAY[['1','2','3','4']])", qr/2202E/, 'rows of another width');
psql_fails("SELECT pds.add_partitions('aws', 'cat_t', 'p', ARRAY[['1','2']], ARRAY['s3://a/', 's3://b/'])", qr/2202E: argument "locations" holds 2 locations, and the number of partitions is 1/, 'other than one location each');
psql_fails("SELECT pds.add_partitions('aws', 'cat_t', 'p', ARRAY[['1','2']], ARRAY['nowhere'])", qr/22023/, 'a location that is none');
is(value("SELECT pds.add_partitions('aws', 'cat_t', 'p', ARRAY[['2024', 'K\xC3\xB6ln/a:b'], ['2024', NULL], ['2023', 'x']], ARRAY[NULL, NULL, 's3://pds-catalog/else/'])"), 3, 'partitions');
is(value("SELECT pds.add_partitions('aws', 'cat_t', 'p', ARRAY['2024', ''])"), 0, 'one that is there');
is(value("SELECT string_agg(partition || ' ' || location, E'\\n') FROM pds.partitions('aws', 'cat_t', 'p')"),
	"y=2024/city=K\xC3\xB6ln%2Fa%3Ab s3://pds-catalog/p/y=2024/city=K\xC3\xB6ln%2Fa%3Ab/\n"
	  . "y=2024/city=__HIVE_DEFAULT_PARTITION__ s3://pds-catalog/p/y=2024/city=__HIVE_DEFAULT_PARTITION__/\n"
	  . 'y=2023/city=x s3://pds-catalog/else/', 'with the folders that Hive gives them');
is(value("SELECT partition_values::text FROM pds.partitions('aws', 'cat_t', 'p', 'y < 2024')"), '{2023,x}', 'an expression');
psql_fails("SELECT * FROM pds.partitions('aws', 'cat_t', 'p', 'y <<< 1')", qr/HV000.*comparisons of keys/s, 'one that Glue does not take');
is(value("SELECT pds.drop_partitions('aws', 'cat_t', 'p', ARRAY[['2023', 'x'], ['1999', 'x']])"), 1, 'dropping one of two');

# ---- repair ----

run_python(<<'PY');
import boto3
s3 = boto3.client("s3")
for key in ("y=2024/city=K\u00f6ln%2Fa%3Ab/a.csv", "y=2025/city=a b+c%25/a.csv", "y=2025/city=__HIVE_DEFAULT_PARTITION__/a.csv", "y=2025/City=upper/a.csv",
            "y=2025/a.csv", "_tmp/city=1/a.csv", "loose.csv", "y=2025/city=deep/er/a.csv", "y=/city=none/a.csv"):
    s3.put_object(Bucket="pds-catalog", Key="p/" + key, Body=b"1\n")
for n in range(130):
    s3.put_object(Bucket="pds-catalog", Key="p/y=3000/city=%03d/a.csv" % n, Body=b"1\n")
PY
my ($rc, $out, $err) = psql("SELECT action || ' ' || partition FROM pds.repair_table('aws', 'cat_t', 'p') WHERE partition !~ '3000'");
is($out, "added y=2025/city=__HIVE_DEFAULT_PARTITION__\nadded y=2025/city=a b+c%25\nadded y=2025/city=deep", 'repair finds folders');
like($err, qr/NOTICE:.*2 folders are not of the form.*"(City=upper|y=)"/s, 'and says what it does not take');
is(value("SELECT count(*) FROM pds.partitions('aws', 'cat_t', 'p')"), 135, 'more than one batch of them');
is(value("SELECT count(*) FROM pds.repair_table('aws', 'cat_t', 'p')"), 0, 'once');
is(value("SELECT count(*) FROM pds.partitions('aws', 'cat_t', 'p') WHERE partition = 'y=2024/city=__HIVE_DEFAULT_PARTITION__'"), 1, 'what has no folder stays');
is(value("SELECT pds.add_partitions('aws', 'cat_t', 'p', ARRAY['1990', 'elsewhere'], ARRAY['s3://pds-catalog/else/'])"), 1, 'a partition elsewhere');
is(value("SELECT string_agg(action || ' ' || partition, ' ') FROM pds.repair_table('aws', 'cat_t', 'p', drop => true)"),
	'dropped y=2024/city=__HIVE_DEFAULT_PARTITION__', 'unless it is to be dropped; one elsewhere is not');
psql_ok("CREATE SCHEMA cat_t; IMPORT FOREIGN SCHEMA cat_t LIMIT TO (p) FROM SERVER aws INTO cat_t", 'import');
is(value("SELECT string_agg(coalesce(city, 'NULL'), ' ' ORDER BY city COLLATE \"C\") FROM cat_t.p WHERE y < 3000 AND v = 1"), "K\xC3\xB6ln/a:b a b+c% deep NULL", 'the direct scan reads them');
psql_fails("SELECT * FROM pds.repair_table('aws', 'cat_t', 't2')", qr/HV00R/, 'repair of no table');

# ---- read by others ----

value("SELECT pds.create_csv_table('aws', 'cat_t', 'sales', 's3://pds-catalog/sales/', 'id int, name string, price decimal(6,2), sold date', 'region string', "
	  . "sep => '|', skip_header_line_count => 1)");
run_python(<<'PY');
import boto3
s3 = boto3.client("s3")
s3.put_object(Bucket="pds-catalog", Key="sales/region=eu/a.csv", Body="id|name|price|sold\n1|caf\u00e9|1.50|2024-01-31\n2|\\N||2024-02-29\n".encode())
s3.put_object(Bucket="pds-catalog", Key="sales/region=us/a.csv", Body=b"id|name|price|sold\n3||9999.99|\\N\n")
PY
value("SELECT count(*) FROM pds.repair_table('aws', 'cat_t', 'sales')");
my $want = "1,caf\xC3\xA9,1.50,2024-01-31,eu\n2,NULL,NULL,2024-02-29,eu\n3,,9999.99,NULL,us";
my $row = "concat_ws(',', id, coalesce(name, 'NULL'), coalesce(price::text, 'NULL'), coalesce(sold::text, 'NULL'), region)";
psql_ok("IMPORT FOREIGN SCHEMA cat_t LIMIT TO (sales) FROM SERVER aws INTO cat_t", 'import');
is(value("SET pds.engine = direct; SELECT $row FROM cat_t.sales ORDER BY id"), $want, 'read here');
psql_ok("ALTER SERVER aws OPTIONS (ADD output_location 's3://pds-catalog/results/')", 'results');
is(value("SET pds.engine = athena; SELECT $row FROM cat_t.sales ORDER BY id"), $want, 'read by the engine of the stack');
SKIP:
{
	skip 'awswrangler is not there', 1 unless $python && -x $python;
	# which makes NULL of an empty string by itself
	is(run_wrangler(<<'PY'), $want =~ s/3,,/3,NULL,/r, 'read by awswrangler');
import sys
import awswrangler as wr
df = wr.athena.read_sql_query("SELECT id, name, price, sold, region FROM sales ORDER BY id", database="cat_t", ctas_approach=False,
                              s3_output="s3://pds-catalog/results/", athena_query_wait_polling_delay=0.1)
for r in df.itertuples(index=False):
    sys.stdout.buffer.write((",".join("NULL" if str(v) in ("<NA>", "NaT", "None", "nan") else str(v) for v in r) + "\n").encode())
PY
}

# ---- after a relation ----

psql_ok(<<'SQL', 'a relation');
CREATE DOMAIN price AS numeric(8,2);
CREATE TABLE "Like Me" (id bigint PRIMARY KEY, "Old" int, n price, t text, v varchar(20), vv varchar, c char(3), b boolean, s smallint, f real, d double precision,
  dt date, ts timestamp, bin bytea, arr int[], y int, m text);
ALTER TABLE "Like Me" DROP COLUMN "Old";
CREATE TABLE odd (a int, j jsonb, n numeric, tz timestamptz);
SQL
is(value("SET client_min_messages = error; SELECT pds.create_csv_table_like('aws', '\"Like Me\"', 'cat_t', 's3://pds-catalog/like/', partition_columns => ARRAY['m', 'y'], sep => ';')"), 'created', 'like a table');
is(value("SELECT string_agg(name || ' ' || type, ', ' ORDER BY ordinal) FROM pds.table_columns('aws', 'cat_t', 'like_me')"),
	'id bigint, n decimal(8,2), t string, v varchar(20), vv string, c char(3), b boolean, s smallint, f float, d double, dt date, ts timestamp, bin binary, arr array<int>, m string, y int', 'its columns');
($rc, $out, $err) = psql("SELECT pds.create_csv_table_like('aws', 'odd', 'cat_t', 's3://pds-catalog/odd/', table_name => 'other')");
like($err, qr/"j" of type jsonb becomes a string.*"n" of type numeric becomes.*"tz" of type timestamp with time zone becomes/s, 'types without a counterpart are named');
is(value("SELECT pds.create_csv_table_like('aws', 'cat_t.sales', 'cat_t', 's3://pds-catalog/sales2/', table_name => 'sales2')"), 'created', 'like a foreign table');
is(value("SELECT count(*) FROM pds.table_columns('aws', 'cat_t', 'sales') a JOIN pds.table_columns('aws', 'cat_t', 'sales2') b USING (ordinal, name, type, partition_key)"), 5, 'with the catalog\'s own types and keys');
psql_fails("SELECT pds.create_csv_table_like('aws', 'odd', 'cat_t', 's3://b/', partition_columns => ARRAY['zz'])", qr/42703.*no column "zz"/s, 'a key that is no column');
psql_fails("SELECT pds.create_csv_table_like('aws', 'odd', 'cat_t', 's3://b/', partition_columns => ARRAY['a', 'j', 'n', 'tz'])", qr/22023: .*no partition key/, 'nothing but keys');

# ---- who may ----

my @reading = ("pds.databases('aws')", "pds.tables('aws', 'cat_t')", "pds.table_columns('aws', 'cat_t', 't')", "pds.table_parameters('aws', 'cat_t', 't')", "pds.partitions('aws', 'cat_t', 'p')");
for my $f (@reading)
{
	psql_fails("SET ROLE pds_cat_none; SELECT * FROM $f", qr/42501.*foreign server aws/s, "$f without USAGE");
	is(value("SET ROLE pds_cat_user; BEGIN READ ONLY; SELECT count(*) > 0 FROM $f"), 't', "$f with it, and read only");
}
my @writing = ("create_database('aws', 'cat_new')", "drop_database('aws', 'cat_new')", "create_csv_table('aws', 'cat_t', 'n', 's3://b/n/', 'a int')",
	"create_csv_table_like('aws', 'odd', 'cat_t', 's3://b/n/')", "drop_table('aws', 'cat_t', 'n')", "upsert_table_parameters('aws', 'cat_t', 't', '{}')",
	"overwrite_table_parameters('aws', 'cat_t', 't', '{}')", "comment_table('aws', 'cat_t', 't')", "add_column('aws', 'cat_t', 't', 'n', 'int')",
	"drop_column('aws', 'cat_t', 't', 'a')", "add_partitions('aws', 'cat_t', 'p', ARRAY['1', '2'])", "drop_partitions('aws', 'cat_t', 'p', ARRAY['1', '2'])",
	"repair_table('aws', 'cat_t', 'p')");
for my $f (@writing)
{
	my ($name) = $f =~ /^(\w+)/;
	psql_fails("SET ROLE pds_cat_user; SELECT pds.$f", qr/42501.*permission denied for function $name/s, "$name is not for everybody");
	psql_fails("BEGIN READ ONLY; SELECT pds.$f", qr/25006.*pds\.$name/s, "$name in a read-only transaction");
}
psql_ok('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pds TO pds_cat_none', 'rights on functions alone');
psql_fails("SET ROLE pds_cat_none; SELECT pds.create_database('aws', 'cat_new')", qr/42501.*foreign server aws/s, 'are not enough');

# ---- a cancel; a service that says no ----

my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
create_server('slow', endpoint_url => $proxy->{url}, s3_endpoint_url => undef);
proxy_rules($proxy, { target => 'GetPartitions|CreateTable', action => 'delay', seconds => 2 });
for my $f ("count(*) FROM pds.partitions('slow', 'cat_t', 'p')", "pds.create_csv_table('slow', 'cat_t', 'late', 's3://b/l/', 'a int')")
{
	my $start = time;
	psql_fails("SET statement_timeout = 300; SELECT $f", qr/57014/, "cancelled: $f");
	cmp_ok(time - $start, '<', 1.5, 'at once');
}
proxy_rules($proxy, { target => 'CreateDatabase', action => 'status', status => 400, body => '{"__type":"AccessDeniedException","Message":"no"}' });
psql_fails("SELECT pds.create_database('slow', 'cat_new')", qr/42501.*glue:CreateDatabase/s, 'what Glue does not allow');
proxy_rules($proxy, { target => 'CreateDatabase', action => 'close', after => 0 });
psql_fails("SELECT pds.create_database('slow', 'cat_new')", qr/08006: the connection to \S+ broke: /, 'a reply that is lost');
is(scalar(grep { ($_->{headers}{'x-amz-target'} // '') =~ /CreateDatabase/ } proxy_log($proxy)), 1, 'is not asked for again');
stop_proxy($proxy);

# ---- the end ----

is(value("SELECT pds.drop_table('aws', 'cat_t', 'v') AND NOT pds.drop_table('aws', 'cat_t', 'v', if_exists => true)"), 't', 'drop_table');
psql_fails("SELECT pds.drop_table('aws', 'cat_t', 'v')", qr/HV00R.*cat_t\.v/s, 'twice');
psql_fails("SELECT pds.drop_database('aws', 'cat_t')", qr/2BP01.*holds tables.*cascade => true/s, 'a database with tables');
is(value("SELECT pds.drop_database('aws', 'cat_t', cascade => true)"), 't', 'with them');
is(value("SELECT count(*) FROM pds.databases('aws') WHERE name = 'cat_t'"), 0, 'gone');

done_testing();
