# IMPORT FOREIGN SCHEMA: every Glue type, names that PostgreSQL cannot hold, tables that only Athena reads,
# comments, LIMIT TO and EXCEPT, paging, and tables that change in Glue after the import.
use strict;
use warnings;
use utf8;
use PdsTest;
use Test::More;

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output todo_output);

need_stack();
fresh_database('pds_import');

my $long = 'l' . ('o' x 68) . 'ng';		# 71 bytes
my $accents = ('é' x 35) . 'x';			# 71 bytes in 36 characters: byte 63 is in mid-character
my $setup = <<'PY';
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-import")
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
TEXT = ("org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat")

def columns(spec):
    out = []
    for c in spec:
        d = {"Name": c[0], "Type": c[1]}
        if len(c) > 2:
            d["Comment"] = c[2]
        out.append(d)
    return out

def table(name, cols, keys=(), serde=LAZY, formats=TEXT, params=None, serde_params=None, kind="EXTERNAL_TABLE",
          description=None, location=None):
    t = {"Name": name, "TableType": kind, "Parameters": params if params is not None else {"classification": "csv"},
         "PartitionKeys": columns(keys), "StorageDescriptor": {
             "Columns": columns(cols), "Location": location or "s3://pds-import/%s/" % name, "NumberOfBuckets": -1,
             "InputFormat": formats[0], "OutputFormat": formats[1],
             "SerdeInfo": {"SerializationLibrary": serde, "Parameters": serde_params or {"field.delim": ","}}}}
    if description:
        t["Description"] = description
    return t

def database(name):
    try:
        glue.delete_database(Name=name)
    except glue.exceptions.EntityNotFoundException:
        pass
    glue.create_database(DatabaseInput={"Name": name})

def make(db, *args, **more):
    glue.create_table(DatabaseName=db, TableInput=table(*args, **more))

def put(key, body):
    s3.put_object(Bucket="pds-import", Key=key, Body=body.encode() if isinstance(body, str) else body)
PY

sub stack_run
{
	my $code = "$setup\n$_[0]";
	utf8::encode($code);
	return run_python($code);
}

sub imported
{
	my ($sql, $name) = @_;
	utf8::encode($sql);
	my ($rc, $out, $err) = psql($sql);

	ok($rc == 0, $name) or diag($err);
	utf8::decode($err);
	return $err;
}

# psql speaks bytes; so do these
sub value { my ($sql) = @_; utf8::encode($sql); my $v = psql_value($sql); utf8::decode($v); return $v }

sub columns_of
{
	my ($table) = @_;

	return { map { split /\t/, $_, 2 } split /\n/, value(
			"SELECT attname || E'\\t' || format_type(atttypid, atttypmod) FROM pg_attribute"
			  . " WHERE attrelid = '$table'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum") };
}

create_server('lake');

# --- types -------------------------------------------------------------------------------------------------
stack_run(<<'PY');
types = ["boolean", "tinyint", "smallint", "int", "integer", "bigint", "float", "double", "decimal(10,2)", "decimal(38,18)",
         "decimal", "decimal(5)", "string", "varchar(10)", "varchar", "char(3)", "char(1)", "date", "timestamp", "binary",
         "array<int>", "array<string>", "array<decimal(5,2)>", "array<varchar(7)>", "array<timestamp>", "array<boolean>",
         "array<date>", "array<double>", "array<bigint>",
         "array<array<int>>", "array<struct<a:int>>", "array<map<string,int>>", "map<string,int>",
         "struct<a:int,b:struct<c:string>>", "BIGINT", "Decimal(12,3)", "ARRAY<String>", "interval_day_time"]
database("types")
make("types", "every", [("c%d" % i, t) for i, t in enumerate(types)])
make("types", "parts", [("v", "string")],
     keys=[("year", "int"), ("month", "string"), ("day", "date"), ("grp", "varchar(4)"), ("n", "decimal(6,2)")])
print(len(types))
PY
psql_ok('CREATE SCHEMA types', 'a schema');
my $err = imported('IMPORT FOREIGN SCHEMA types FROM SERVER lake INTO types', 'import of all types');
my @want = (
	'boolean', 'smallint', 'smallint', 'integer', 'integer', 'bigint', 'real', 'double precision', 'numeric(10,2)',
	'numeric(38,18)', 'numeric(10,0)', 'numeric(5,0)', 'text', 'character varying(10)', 'text', 'character(3)',
	'character(1)', 'date', 'timestamp(3) without time zone', 'bytea', 'integer[]', 'text[]', 'numeric(5,2)[]',
	'character varying(7)[]', 'timestamp(3) without time zone[]', 'boolean[]', 'date[]', 'double precision[]', 'bigint[]',
	'jsonb', 'jsonb', 'jsonb', 'jsonb', 'jsonb', 'bigint', 'numeric(12,3)', 'text[]', 'text');
my $got = columns_of('types.every');
is($got->{"c$_"}, $want[$_], "column c$_ is $want[$_]") for 0 .. $#want;
is(scalar keys %$got, scalar @want, 'no more columns than that');
like($err, qr/NOTICE:.*column "c37" of table "every" has type interval_day_time and is read as text/,
	'a type that nobody knows has a NOTICE');
is_deeply([ $err =~ /is read as text/g ], ['is read as text'], 'and only that');
is_deeply(columns_of('types.parts'),
	{ v => 'text', year => 'integer', month => 'text', day => 'date', grp => 'character varying(4)', n => 'numeric(6,2)' },
	'types of partition keys');
is(value("SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'types.parts'::regclass"
		  . " AND 'partition_key=true' = ANY (attfdwoptions)"),
	'year month day grp n', 'partition keys are marked');
is(value("SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'types.parts'::regclass AND attnum > 0"),
	'v year month day grp n', 'partition keys come after the columns, in their order');
is(value("SELECT attfdwoptions FROM pg_attribute WHERE attrelid = 'types.every'::regclass AND attname = 'c9'"),
	'{"glue_type=decimal(38,18)"}', 'the type in Glue is kept');
is(value("SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = 'types.every'::regclass"),
	'{database=types,table_name=every}', 'options of the table');

# --- comments ----------------------------------------------------------------------------------------------
stack_run(<<'PY');
database("comments")
make("comments", "told", [("a", "int", "it's the \"first\" one; DROP TABLE x"), ("b", "string"), ("c", "string", "naïve 日本")],
     keys=[("k", "string", "the key")], description="Table's own comment — ünïcode")
make("comments", "silent", [("a", "int")])
# Glue makes names of tables lower case
make("comments", "Odd Name", [("A b", "int", "odd")], description="of the odd one")
PY
psql_ok('CREATE SCHEMA "Com ments"', 'a schema with an odd name');
imported('IMPORT FOREIGN SCHEMA comments FROM SERVER lake INTO "Com ments"', 'import with comments');
is(value(q{SELECT obj_description('"Com ments".told'::regclass)}), 'Table\'s own comment — ünïcode', 'comment on a table');
is(value(q{SELECT col_description('"Com ments".told'::regclass, 1)}), 'it\'s the "first" one; DROP TABLE x',
	'comment on a column with quotes');
is(value(q{SELECT col_description('"Com ments".told'::regclass, 2) IS NULL}), 't', 'no comment where there is none');
is(value(q{SELECT col_description('"Com ments".told'::regclass, 3)}), 'naïve 日本', 'comment that is not ASCII');
is(value(q{SELECT col_description('"Com ments".told'::regclass, 4)}), 'the key', 'comment on a partition key');
is(value(q{SELECT obj_description('"Com ments".silent'::regclass) IS NULL}), 't', 'no comment on the other table');
is(value(q{SELECT obj_description('"Com ments"."odd name"'::regclass) || '/' || col_description('"Com ments"."odd name"'::regclass, 1)}),
	'of the odd one/odd', 'comments of names that need quotes');
imported('CREATE SCHEMA again; DO $$ BEGIN IMPORT FOREIGN SCHEMA comments LIMIT TO (told) FROM SERVER lake INTO again; END $$',
	'import in a DO block');
is(value(q{SELECT obj_description('again.told'::regclass)}), 'Table\'s own comment — ünïcode', 'comments from a DO block');
imported('CREATE SCHEMA gone; BEGIN; IMPORT FOREIGN SCHEMA comments FROM SERVER lake INTO gone; ROLLBACK', 'import rolled back');
is(value(q{SELECT count(*) FROM pg_class WHERE relnamespace = 'gone'::regnamespace}), '0', 'nothing stays of it');

# --- LIMIT TO, EXCEPT --------------------------------------------------------------------------------------
stack_run(<<'PY');
database("many")
for i in range(230):
    make("many", "t%03d" % i, [("a", "int")])
for i in (0, 99, 100, 199, 200, 229):
    put("t%03d/a.csv" % i, "%d\n" % (i * 10))
PY
sub tables_in
{
	my ($schema) = @_;
	return value("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'f'"
		  . " AND relnamespace = '$schema'::regnamespace");
}
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
create_server('seen', endpoint_url => $proxy->{url}, s3_endpoint_url => $proxy->{url});
proxy_rules($proxy);
imported('CREATE SCHEMA many; IMPORT FOREIGN SCHEMA many FROM SERVER seen INTO many', 'import of 230 tables');
is(tables_in('many'), join(' ', map { sprintf 't%03d', $_ } 0 .. 229), 'all 230 are there');
cmp_ok(scalar(grep { ($_->{headers}{'x-amz-target'} // '') =~ /GetTables$/ } proxy_log($proxy)), '>=', 3,
	'in pages of 100 at most');
is(value('SET pds.engine = direct; SELECT (SELECT a FROM many.t000), (SELECT a FROM many.t099), (SELECT a FROM many.t100),'
		  . ' (SELECT a FROM many.t199), (SELECT a FROM many.t200), (SELECT a FROM many.t229)'),
	'0|990|1000|1990|2000|2290', 'tables of each page are read');

proxy_rules($proxy);
$err = imported('CREATE SCHEMA lim; IMPORT FOREIGN SCHEMA many LIMIT TO (t005, t007, nosuch) FROM SERVER seen INTO lim', 'LIMIT TO');
is(tables_in('lim'), 't005 t007', 'only the tables asked for');
like($err, qr/WARNING:.*"nosuch"/, 'a missing table is named in a WARNING');
is(scalar(grep { ($_->{headers}{'x-amz-target'} // '') =~ /GetTables$/ } proxy_log($proxy)), 0,
	'without a list of the whole database');
my $names = join ', ', (map { sprintf 't%03d', $_ } 0 .. 29), 'nosuch2';
$err = imported("CREATE SCHEMA lim2; IMPORT FOREIGN SCHEMA many LIMIT TO ($names) FROM SERVER lake INTO lim2", 'LIMIT TO 31 tables');
is(tables_in('lim2'), join(' ', map { sprintf 't%03d', $_ } 0 .. 29), 'the 30 that there are');
like($err, qr/WARNING:.*"nosuch2"/, 'a missing one is named, too, when there are many');
$names = join ', ', map { sprintf 't%03d', $_ } 3 .. 229;
$err = imported("CREATE SCHEMA exc; IMPORT FOREIGN SCHEMA many EXCEPT ($names, nosuch) FROM SERVER lake INTO exc", 'EXCEPT');
is(tables_in('exc'), 't000 t001 t002', 'all but those');
psql_fails('IMPORT FOREIGN SCHEMA "no such db" FROM SERVER lake INTO public', qr/HV00R: GetDatabase of no such db failed: EntityNotFoundException/, 'missing database');
psql_fails('IMPORT FOREIGN SCHEMA nowhere2 LIMIT TO (x) FROM SERVER lake INTO public', qr/HV00R: GetDatabase of nowhere2 failed: EntityNotFoundException/, 'missing database, LIMIT TO');
psql_fails("IMPORT FOREIGN SCHEMA many FROM SERVER lake INTO public OPTIONS (colour 'blue')", qr/HV00D.*colour/, 'an option');
psql_fails('IMPORT FOREIGN SCHEMA many LIMIT TO (t001) FROM SERVER lake INTO lim2', qr/42P07/, 'a table that is there already');
stop_proxy($proxy);

# --- tables that are not CSV ---------------------------------------------------------------------------------
stack_run(<<'PY');
database("kinds")
make("kinds", "plain", [("a", "int"), ("b", "string")])
put("plain/a.csv", "1,x\n")
# quotes, but a SerDe that knows none
make("kinds", "halfquoted", [("a", "string"), ("b", "string")])
put("halfquoted/a.csv", '"1","x,y"\n')
make("kinds", "quoted", [("a", "string"), ("b", "string")], serde="org.apache.hadoop.hive.serde2.OpenCSVSerde",
     serde_params={"separatorChar": ";", "quoteChar": "'"})
put("quoted/a.csv", "'a;b';c\n")
make("kinds", "parquet", [("a", "int")], serde="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
     formats=("org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
              "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"), params={"classification": "parquet"})
make("kinds", "json", [("a", "int")], serde="org.openx.data.jsonserde.JsonSerDe", params={"classification": "json"})
t = table("vw", [("a", "int")], kind="VIRTUAL_VIEW", params={"presto_view": "true"})
t["StorageDescriptor"]["SerdeInfo"] = {}
t["StorageDescriptor"]["Location"] = ""
t["ViewOriginalText"] = "/* Presto View: e30= */"
t["ViewExpandedText"] = "/* Presto View */"
glue.create_table(DatabaseName="kinds", TableInput=t)
make("kinds", "iceberg", [("a", "int")], params={"table_type": "ICEBERG", "metadata_location": "s3://pds-import/iceberg/m.json"})
make("kinds", "regex", [("a", "string")], serde="org.apache.hadoop.hive.serde2.RegexSerDe", serde_params={"input.regex": "(.*)"})
make("kinds", "projected", [("a", "int")], keys=[("d", "int")],
     params={"projection.enabled": "true", "projection.d.type": "integer", "projection.d.range": "1,2"})
make("kinds", "badheader", [("a", "int")], params={"skip.header.line.count": "abc"})
make("kinds", "nocolumns", [])
make("kinds", "onlykeys", [], keys=[("k", "string")])
make("kinds", "wide", [("c%d" % i, "int") for i in range(1601)])
make("kinds", "widest", [("c%d" % i, "int") for i in range(1600)])
make("kinds", "broken", [("a", "int"), ("b", "decimal(99,2)")])
make("kinds", "twice", [("a", "int"), ("k", "string")], keys=[("k", "string")])
PY
$err = imported('CREATE SCHEMA kinds; IMPORT FOREIGN SCHEMA kinds FROM SERVER lake INTO kinds', 'import of all kinds of tables');
for my $name (qw(parquet json vw iceberg regex))
{
	like($err, qr/NOTICE:.*table "$name" can be read by Athena only/, "$name: a NOTICE says Athena only");
	is(value("SELECT count(*) FROM pg_foreign_table WHERE ftrelid = to_regclass('kinds.$name')"), '1', "$name: imported all the same");
	psql_fails("SET pds.engine = direct; SELECT * FROM kinds.$name", qr/0A000.*"$name" cannot be scanned directly.*HINT/s,
		"$name: no direct scan");
}
unlike($err, qr/"(plain|quoted)"/, 'no message for CSV tables');
like($err, qr/NOTICE:.*"nocolumns" was not imported/, 'no columns: not imported, with a NOTICE');
like($err, qr/NOTICE:.*"wide" was not imported.*1601/, '1601 columns: not imported, with a NOTICE');
like($err, qr/WARNING:.*"badheader".*abc/s, 'a property that is wrong: WARNING');
like($err, qr/WARNING:.*"broken"/, 'a type that is wrong: WARNING');
like($err, qr/WARNING:.*"twice" was not imported.*"k"/, 'a key named like a column: WARNING');
is(value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'kinds.widest'::regclass AND attnum > 0"), '1600', '1600 columns are imported');
is(tables_in('kinds'), 'badheader halfquoted iceberg json onlykeys parquet plain projected quoted regex vw widest', 'the tables there are');
is(value('SET pds.engine = direct; SELECT a, b FROM kinds.plain; SELECT a, b FROM kinds.quoted'), "1|x\na;b|c", 'the CSV tables are read');

# --- names ---------------------------------------------------------------------------------------------------
stack_run(<<"PY");
database("names")
make("names", "$long", [("$long", "int"), ("b", "string")])
put("$long/a.csv", "1,long\\n")
make("names", "$accents", [("${accents}c", "string")])
put("$accents/a.csv", "accents\\n")
make("names", "@{['n' x 63]}", [("a", "int")])
put("@{['n' x 63]}/a.csv", "63\\n")
make("names", "select", [("from", "int"), ("user", "string"), ("group", "string")], keys=[("order", "string")], location="s3://pds-import/reserved/")
put("reserved/order=a/a.csv", "1,u,g\\n")
glue.create_partition(DatabaseName="names", TableName="select", PartitionInput={
    "Values": ["a"], "StorageDescriptor": table("x", [("from", "int"), ("user", "string"), ("group", "string")],
                                                location="s3://pds-import/reserved/order=a/")["StorageDescriptor"]})
make("names", "Mixed Case", [("Camel", "int"), ("with blank", "string"), ('quo"te', "string"), ("it's", "string"), ("日本", "int")],
     location="s3://pds-import/mixed/")
put("mixed/a.csv", "1,b,q,s,5\\n")
make("names", "cases", [("UPPER", "int")])
put("cases/a.csv", "1\\n")
make("names", "system", [("ctid", "int"), ("xmin", "string"), ("tableoid", "int"), ("oid", "int")])
put("system/a.csv", "1,x,2,3\\n")
make("names", "clash", [("$long", "int"), ("@{[substr($long, 0, 63)]}_other", "int")])
put("clash/a.csv", "1,2\\n")
make("names", "clash_ctid", [("ctid", "int"), ("ctid_", "int")])
put("clash_ctid/a.csv", "1,2\\n")
for n in ("@{['e' x 63]}_one", "@{['e' x 63]}_two"):
    make("names", n, [("a", "string")])
    put(n + "/a.csv", n[-3:] + "\\n")
PY
$err = imported('CREATE SCHEMA names; IMPORT FOREIGN SCHEMA names FROM SERVER lake INTO names', 'import of odd names');
my $cut = substr($long, 0, 63);
my $acut = 'é' x 31;
like($err, qr/NOTICE:.*table "$long" is imported as "$cut"/, 'a long table name is cut with a NOTICE');
like($err, qr/NOTICE:.*column "$long" of table "$long" is imported as "$cut"/, 'a long column name, too');
is(value("SET pds.engine = direct; SELECT $cut, b FROM names.$cut"), '1|long', 'both can be read');
like($err, qr/NOTICE:.*"$accents" is imported as "$acut"/, 'a name is not cut in mid-character');
is(value("SET pds.engine = direct; SELECT \"$acut\" FROM names.\"$acut\""), 'accents', 'and can be read');
unlike($err, qr/NOTICE:.*"n{63}"/, '63 bytes are not cut');
is(value('SET pds.engine = direct; SELECT a FROM names.' . 'n' x 63), '63', 'and can be read');
is(value(q{SET pds.engine = direct; SELECT "from", "user", "group", "order" FROM names."select"}), '1|u|g|a', 'reserved words');
is(value(q{SET pds.engine = direct; SELECT camel, "with blank", "quo""te", "it's", "日本" FROM names."mixed case"}), '1|b|q|s|5',
	'letters in lower case, blanks, quotes, no ASCII');
unlike($err, qr/camel/, 'which is no news: Athena folds them, too');
for my $case ([ 'keep', 'Camel', 'UPPER' ], [ 'lower', 'camel', 'upper' ], [ 'smart', 'Camel', 'upper' ])
{
	my ($how, @names) = @$case;
	psql_ok(qq{DROP SCHEMA IF EXISTS cased CASCADE; CREATE SCHEMA cased;
		IMPORT FOREIGN SCHEMA names LIMIT TO ("mixed case", cases) FROM SERVER lake INTO cased OPTIONS ("case" '$how')}, "case $how");
	is(value("SET pds.engine = direct; SELECT \"$names[0]\" FROM cased.\"mixed case\""), '1', "$how: a column");
	is(value("SET pds.engine = direct; SELECT \"$names[1]\" FROM cased.cases"), '1', "$how: all capitals");
	is(value("SELECT pds.refresh_table('cased.\"mixed case\"')"), '0', "$how: refresh_table finds nothing to do");
}
psql_fails(q{IMPORT FOREIGN SCHEMA names FROM SERVER lake INTO cased OPTIONS ("case" 'upper')}, qr/HV024.*HINT.*lower.*keep.*smart/s, 'another case');
like($err, qr/NOTICE:.*column "ctid" of table "system" is imported as "ctid_"/, 'a column named like a system column has a NOTICE');
is(value('SET pds.engine = direct; SELECT ctid_, xmin_, tableoid_, oid FROM names.system'), '1|x|2|3', 'and can be read');
is(value('SET pds.engine = direct; SELECT tableoid::regclass FROM names.system'), 'names.system', 'tableoid itself is what it was');
my $cut1 = substr($long, 0, 61) . '_1';
like($err, qr/NOTICE:.*column "${cut}_other" of table "clash" is imported as "$cut1"/, 'two columns equal after cutting: one gets a number');
is(value("SET pds.engine = direct; SELECT $cut, $cut1 FROM names.clash"), '1|2', 'and both are read');
like($err, qr/NOTICE:.*column "ctid" of table "clash_ctid" is imported as "ctid__1"/, 'a renamed column equal to another one');
is(value('SET pds.engine = direct; SELECT ctid__1, ctid_ FROM names.clash_ctid'), '1|2', 'both are read, each in its place');
my $e63 = 'e' x 63;
my $e61 = 'e' x 61;
like($err, qr/NOTICE:.*"${e63}_two" is imported as "${e61}_1"/, 'two tables equal after cutting: one gets a number');
is(value("SET pds.engine = direct; SELECT a FROM names.${e61}_1"), 'two', 'and is read');
for (["LIMIT TO (${e61}_1, $cut)", "${e61}_1 $cut", 'LIMIT TO the names that the user sees'],
	["EXCEPT (${e61}_1, $cut, system, clash, \"clash_ctid\", \"mixed case\", cases)", undef, 'EXCEPT, too'])
{
	$err = imported("DROP SCHEMA IF EXISTS seen CASCADE; CREATE SCHEMA seen; IMPORT FOREIGN SCHEMA names $_->[0] FROM SERVER lake INTO seen", $_->[2]);
	unlike($err, qr/WARNING/, "$_->[2]: no warning");
	my $there = tables_in('seen');
	utf8::decode($there) unless utf8::is_utf8($there);
	is($there, $_->[1] // "$e63 " . 'n' x 63 . " select $acut", "$_->[2]: those");
}
$err = imported('DROP SCHEMA seen CASCADE; CREATE SCHEMA seen; IMPORT FOREIGN SCHEMA names LIMIT TO ("Mixed Case", nosuch) FROM SERVER lake INTO seen',
	'LIMIT TO a name in another case');
like($err, qr/WARNING:.*"Mixed Case" was not found.*HINT: .*"mixed case"/s, 'is told, with the name there is');
like($err, qr/WARNING:.*"nosuch" was not found/, 'and so is one that is not there');
is(value("SET pds.engine = direct; SELECT a FROM names.$e63"), 'one', 'the first of them is there');
$err = imported('CREATE SCHEMA names2; IMPORT FOREIGN SCHEMA names LIMIT TO ("mixed case", "select") FROM SERVER lake INTO names2',
	'LIMIT TO names with quotes');
is(tables_in('names2'), 'mixed case select', 'they are imported');

# --- awswrangler ---------------------------------------------------------------------------------------------
SKIP:
{
	my $has = run_python("try:\n    import awswrangler\n    print('yes')\nexcept ImportError:\n    print('no')\n");
	skip 'awswrangler is not installed', 6 if $has ne 'yes';
	stack_run(<<'PY');
import awswrangler as wr
database("wrangler")
wr.catalog.create_csv_table(database="wrangler", table="lazy", path="s3://pds-import/wr_lazy/",
    columns_types={"id": "bigint", "name": "string", "at": "timestamp"}, partitions_types={"day": "date"},
    description="by awswrangler", columns_comments={"id": "the id"}, skip_header_line_count=1)
wr.catalog.add_csv_partitions(database="wrangler", table="lazy",
    partitions_values={"s3://pds-import/wr_lazy/day=2024-01-02/": ["2024-01-02"]})
put("wr_lazy/day=2024-01-02/a.csv", "id,name,at\n1,one,2024-01-02 03:04:05.678\n2,\"q,r\",\n")
wr.catalog.create_csv_table(database="wrangler", table="open", path="s3://pds-import/wr_open/",
    columns_types={"id": "string", "name": "string"}, serde_library="org.apache.hadoop.hive.serde2.OpenCSVSerde",
    serde_parameters={"separatorChar": ",", "quoteChar": "\"", "escapeChar": "\\"})
put("wr_open/a.csv", "\"1\",\"q,r\"\n")
wr.catalog.create_parquet_table(database="wrangler", table="pq", path="s3://pds-import/wr_pq/", columns_types={"id": "bigint"})
PY
	$err = imported('CREATE SCHEMA wrangler; IMPORT FOREIGN SCHEMA wrangler FROM SERVER lake INTO wrangler', 'import of tables by awswrangler');
	is_deeply(columns_of('wrangler.lazy'),
		{ id => 'bigint', name => 'text', at => 'timestamp(3) without time zone', day => 'date' }, 'its types');
	is(value(q{SELECT obj_description('wrangler.lazy'::regclass) || '/' || col_description('wrangler.lazy'::regclass, 1)}),
		'by awswrangler/the id', 'its comments');
	is(value('SET pds.engine = direct; SELECT id, name, at, day FROM wrangler.lazy ORDER BY id'),
		"1|one|2024-01-02 03:04:05.678|2024-01-02\n2|\"q||2024-01-02", 'rows by LazySimpleSerDe, header skipped, no quotes known');
	is(value('SET pds.engine = direct; SELECT * FROM wrangler.open'), '1|q,r', 'rows by OpenCSVSerde');
	like($err, qr/NOTICE:.*"pq" can be read by Athena only/, 'its Parquet table');
}

# --- what changes in Glue afterwards ----------------------------------------------------------------------------
stack_run(<<"PY");
database("drift")
for n in ("dropped", "added", "retyped", "renamed", "widened", "newlong", "keyadded", "same", "moved"):
    make("drift", n, [("a", "int"), ("b", "string"), ("c", "int")])
    put(n + "/a.csv", "1,x,3\\n")
PY
imported('CREATE SCHEMA drift; IMPORT FOREIGN SCHEMA drift FROM SERVER lake INTO drift', 'import before the changes');
my $direct = 'SET pds.engine = direct;';
is(value("$direct SELECT * FROM drift.$_"), '1|x|3', "$_ before") for qw(dropped added retyped renamed widened);
stack_run(<<"PY");
def change(name, cols, keys=()):
    glue.update_table(DatabaseName="drift", TableInput=table(name, cols, keys))
change("dropped", [("a", "int"), ("b", "string")])
change("added", [("a", "int"), ("b", "string"), ("c", "int"), ("d", "date")])
put("added/a.csv", "1,x,3,2024-02-29\\n")
change("retyped", [("a", "int"), ("b", "string"), ("c", "date")])
put("retyped/a.csv", "1,x,2024-02-29\\n")
change("renamed", [("a", "int"), ("z", "string"), ("c", "int")])
change("widened", [("a", "bigint"), ("b", "string"), ("c", "int")])
put("widened/a.csv", "10000000000,x,3\\n")
change("newlong", [("a", "int"), ("b", "string"), ("c", "int"), ("$long", "int"), ("xmin", "int")])
put("newlong/a.csv", "1,x,3,4,5\\n")
change("moved", [("c", "int"), ("b", "string"), ("a", "int")])
PY
$err = psql_fails("$direct SELECT * FROM drift.dropped", qr/HV005.*"c".*HINT.*pds\.refresh_table\('drift\.dropped'\)/s, 'dropped');
is(value("$direct SELECT a, b FROM drift.dropped"), '1|x', 'dropped: the other columns are read');
is(value("$direct SELECT count(*) FROM drift.dropped"), '1', 'dropped: so is none');
psql_fails("$direct SELECT c FROM drift.retyped", qr/HV005.*"c".*HINT.*pds\.refresh_table/s, 'retyped');
is(value("$direct SELECT a FROM drift.retyped"), '1', 'retyped: the other columns are read');
psql_fails("$direct SELECT * FROM drift.renamed", qr/HV005.*"b".*HINT.*pds\.refresh_table/s, 'renamed');
psql_fails("$direct SELECT a FROM drift.widened", qr/HV005.*"a".*HINT.*pds\.refresh_table/s, 'int became bigint');
is(value("$direct SELECT a, b, c FROM drift.added"), '1|x|3', 'added: the columns there were are read');
is(value("$direct SELECT a, b, c FROM drift.moved"), '3|x|1', 'moved: columns bind by name');
is(value("SELECT pds.refresh_table('drift.dropped')"), '1', 'dropped: refresh_table changes one');
is(value("$direct SELECT * FROM drift.dropped"), '1|x', 'dropped: read again');
$err = imported("SELECT pds.refresh_table('drift.added')", 'added: refresh_table');
like($err, qr/NOTICE:.*"d" was added/, 'added: with a NOTICE');
is(value("$direct SELECT * FROM drift.added"), '1|x|3|2024-02-29', 'added: the new column is read');
is(columns_of('drift.added')->{d}, 'date', 'added: with its type');
is(value("SELECT pds.refresh_table('drift.retyped')"), '1', 'retyped: refresh_table changes one');
is(value("$direct SELECT * FROM drift.retyped"), '1|x|2024-02-29', 'retyped: read again');
is(value("SELECT pds.refresh_table('drift.renamed')"), '2', 'renamed: one dropped, one added');
is(value("$direct SELECT a, z, c FROM drift.renamed"), '1|x|3', 'renamed: read again');
is(value("SELECT pds.refresh_table('drift.widened')"), '1', 'widened: refresh_table');
is(value("$direct SELECT * FROM drift.widened"), '10000000000|x|3', 'widened: read again');
is(value("SELECT pds.refresh_table('drift.same')"), '0', 'nothing to do, nothing done');
is(value("SELECT pds.refresh_table('drift.added')"), '0', 'nor is there after a refresh');
my ($rc, $out, $e) = psql("SELECT pds.refresh_table('drift.newlong')");
is("$rc/$out", '0/2', 'refresh_table adds a long name and one of a system column') or diag($e);
is(value("$direct SELECT * FROM drift.newlong"), '1|x|3|4|5', 'which are read');
is(value("SELECT pds.refresh_table('drift.newlong')"), '0', 'and not added again');
stack_run('glue.delete_table(DatabaseName="drift", Name="same")');
psql_fails("$direct SELECT * FROM drift.same", qr/HV00R: GetTable of drift\.same failed: EntityNotFoundException/, 'the table went: the error names it');
psql_fails("SELECT pds.refresh_table('drift.same')", qr/HV00R: GetTable of drift\.same failed: EntityNotFoundException/, 'refresh_table says so, too');
psql_fails("SELECT pds.refresh_table('pg_class')", qr/42809.*foreign table/s, 'refresh_table of another relation');

# --- by hand -----------------------------------------------------------------------------------------------------
psql_ok("CREATE FOREIGN TABLE hand (b text, other int OPTIONS (column_name 'a')) SERVER lake"
	  . " OPTIONS (database 'kinds', table_name 'plain')", 'a table by hand on a Glue table, other order and name');
is(value("$direct SELECT b, other FROM hand"), 'x|1', 'is read by the names of columns');
psql_ok("CREATE FOREIGN TABLE hand2 (a text, b text) SERVER lake OPTIONS (database 'kinds', table_name 'plain')",
	'a table by hand with another type');
is(value("$direct SELECT a || 'x', b FROM hand2"), '1x|x', 'is read in that type');
psql_ok("CREATE FOREIGN TABLE hand3 (nosuch int) SERVER lake OPTIONS (database 'kinds', table_name 'plain')",
	'a table by hand with a column that Glue does not have');
psql_fails("$direct SELECT * FROM hand3", qr/HV005.*"nosuch"/s, 'which is an error when read');
psql_ok("CREATE FOREIGN TABLE hand4 (a int, b text) SERVER lake OPTIONS (location 's3://pds-import/plain/', format 'csv')",
	'a table by hand on a location');
is(value('SELECT * FROM hand4'), '1|x', 'is read');
is(value("SELECT pds.refresh_table('hand4')"), '0', 'refresh_table has nothing to do with it');
psql_fails('CREATE FOREIGN TABLE hand5 (a int) SERVER lake', qr/HV00J: a foreign table of pds_fdw needs the option "location" or "database"/, 'a table without database and location');
psql_fails("CREATE FOREIGN TABLE hand5 (a int) SERVER lake OPTIONS (table_name 'x')", qr/HV00J: option "table_name" needs option "database" too/, 'a table_name without database');
psql_fails("CREATE FOREIGN TABLE hand5 (a int) SERVER lake OPTIONS (locatoin 's3://a/b')", qr/HV00D.*locatoin.*HINT.*location/s,
	'a misspelt option');
psql_fails("CREATE FOREIGN TABLE hand5 (a int OPTIONS (column_nmae 'x')) SERVER lake OPTIONS (location 's3://a/b')",
	qr/HV00D.*HINT.*column_name/s, 'a misspelt option of a column');
psql_fails("CREATE FOREIGN TABLE hand5 (a int) SERVER lake OPTIONS (location 'http://a/b')", qr{HV024: invalid value for option "location": "http://a/b"}, 'a location that is none');
psql_fails("CREATE FOREIGN TABLE hand5 (a int) SERVER lake OPTIONS (location 's3://a/b', delimiter 'ab')", qr/HV024: invalid value for option "delimiter": "ab"/, 'a delimiter of two bytes');
psql_fails("CREATE FOREIGN TABLE hand5 (a int) SERVER lake OPTIONS (location 's3://a/b', format 'parquet')", qr/HV024: invalid value for option "format": "parquet"/, 'a format nobody reads');

done_testing();
