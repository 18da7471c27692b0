# Partitions whose columns have other types than the table's: what is coerced, how, and what is refused, by both engines.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_coercions');

# A table for each type of a partition: its values once for each of the table's types, a field each.  Partition "good"
# holds what can be coerced to all of them, each other one a value that some type refuses.
my $made = run_python(<<'PY');
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
s3.create_bucket(Bucket="pds-coercions")
try:
    glue.create_database(DatabaseInput={"Name": "coercions"})
except glue.exceptions.AlreadyExistsException:
    for t in glue.get_tables(DatabaseName="coercions", MaxResults=100)["TableList"]:
        glue.delete_table(DatabaseName="coercions", Name=t["Name"])
SEP = "\x01"
STRINGS = ["0", "1", "-1", "+1", "007", " 7", "7 ", "1.5", "1e2", "128", "-129", "32768", "4294967296", "9223372036854775808",
           "no", "OFF", "False", "n", "00", "NaN", "inf", "Infinity", "1e39", "1f", "0x1p3", "", "\\N", "abc", "ab ", "a  b", "éàü日",
           "2024-01-31 10:11:12.12359", "2024-01-31 10:11", "2024-01-31 10:11:12.", "2024-01-31", "2024-02-30 00:00:00",
           "+10000-01-01 00:00:00", "1900-01-01 00:00:00", "2024-01-31 10:11:12.1234567891"]
NUMBERS = ["0", "-0", "0.1", "1.005", "2.675", "-0.125", "123456.789", "99999990", "5e-11", "1e-5", "9.999e-4", "0.3333333333333333",
           "1e7", "abc", "", "\\N"]
INTS = ["0", "-1", "007", "127", "128", "-129", "32768", "2147483647", "2147483648", "-4503599627370496", "4503599627370495", "abc", "", "\\N", "1.5", "+3"]
DECIMALS = ["0", "1.25", "-1.35", "99.995", "0.04", "-0.05", "127.5", "128", "-128.5", "999.94", "abc", "", "\\N", "1e2"]
TO_NUMBERS = ["double", "decimal(5,1)", "decimal(38,10)"]
# type of the partition: types of the table, values, {value: the only type of the table that takes it not}
CASES = {
    "boolean": (["string", "varchar(5)"], ["true", "FALSE", "1", "", "\\N"], {}),
    "tinyint": (["smallint", "int", "bigint", "string", "varchar(4)"] + TO_NUMBERS, INTS, {}),
    "smallint": (["int", "bigint", "string", "varchar(6)"] + TO_NUMBERS, INTS, {}),
    "int": (["bigint", "string", "varchar(10)"] + TO_NUMBERS, INTS, {"-2147483648": "varchar(10)"}),
    "bigint": (["string", "varchar(20)"] + TO_NUMBERS, INTS, {"4503599627370496": "double", "-4503599627370497": "double"}),
    "float": (["double", "decimal(10,2)", "decimal(38,10)", "string", "varchar(12)"], NUMBERS, {"1e8": "decimal(10,2)", "-1.1234567e-10": "varchar(12)"}),
    "double": (["float", "decimal(10,2)", "decimal(38,10)", "string", "varchar(22)"], NUMBERS + ["4.9e-324", "123456.7890123"],
               {"99999999.995": "decimal(10,2)", "NaN": "decimal(10,2)"}),
    "decimal(10,2)": (["tinyint", "smallint", "int", "bigint", "float", "double", "decimal(5,1)", "decimal(38,10)", "string", "varchar(7)"],
                      DECIMALS, {"9999.95": "decimal(5,1)", "-12345.0": "varchar(7)"}),
    "decimal(38,10)": (["smallint", "bigint", "float", "double", "decimal(22,2)", "string"], DECIMALS + ["32767.5", "9223372036854775807.5", "0.3333333333", "1.0049999999"], {"123456789012345678901.5": "decimal(22,2)"}),
    "string": (["boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "timestamp", "varchar(3)", "char(3)"], STRINGS,
               {"1899-12-31 23:59:59": "timestamp"}),
    "varchar(4)": (["boolean", "tinyint", "bigint", "double", "timestamp", "varchar(3)", "char(6)", "string"], STRINGS, {}),
    "char(4)": (["string", "varchar(3)", "char(6)"], STRINGS, {}),
    "date": (["string", "varchar(12)"], ["2024-01-31", "1900-01-01", "1969-12-31", "+10000-01-01", "2024-1-3", "bad", "", "\\N"], {"1899-12-31": "string"}),
    "timestamp": (["string", "varchar(10)", "date"], ["2024-01-31 10:11:12", "2024-01-31 10:11:12.123456789", "1969-12-31 23:59:59.9995",
                  "2024-01-31 10:11:12.120", "1900-01-01 00:00:00", "+10000-01-01 00:00:00", "bad", "", "\\N"], {"1899-12-31 23:59:59": "date"}),
    "binary": (["string", "varchar(3)"], ["aGVsbG8=", "_w==", "4oKswyg=", "8J+YgA==", "wIA=", "7aCA", "4oI=", "9JCAgA==", "", "\\N", "not base64!"], {}),
}
# others, a column each: partition, table, value
REFUSED = [("int", "tinyint"), ("int", "float"), ("bigint", "int"), ("string", "decimal(10,2)"), ("string", "binary"), ("char(3)", "int"),
           ("double", "int"), ("date", "timestamp"), ("int", "char(3)"), ("binary", "char(3)"), ("boolean", "int"), ("string", "array<int>"), ("timestamp", "bigint")]

def name(t):
    return t.replace("(", "_").replace(")", "").replace(",", "_").replace("<", "_").replace(">", "")

def sd(columns, place):
    return {"Columns": [{"Name": n, "Type": t} for n, t in columns], "Location": f"s3://pds-coercions/{place}/",
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {}}}

def table(t, columns):
    glue.create_table(DatabaseName="coercions", TableInput={"Name": t, "TableType": "EXTERNAL_TABLE", "Parameters": {},
        "PartitionKeys": [{"Name": "p", "Type": "string"}], "StorageDescriptor": sd(columns, t)})

def partition(t, p, columns, data):
    s3.put_object(Bucket="pds-coercions", Key=f"{t}/{p}/d.csv", Body=data.encode())
    glue.create_partition(DatabaseName="coercions", TableName=t, PartitionInput={"Values": [p], "StorageDescriptor": sd(columns, f"{t}/{p}")})

for source, (targets, values, bad) in CASES.items():
    t = "from_" + name(source)
    columns = [("id", "int")] + [("c_" + name(x), x) for x in targets]
    theirs = [("id", "int")] + [(n, source) for n, _ in columns[1:]]
    table(t, columns)
    partition(t, "good", theirs, "".join(SEP.join([str(i)] + [v] * len(targets)) + "\n" for i, v in enumerate(values)))
    partition(t, "same", columns, SEP.join(["-1"] + ["\\N"] * len(targets)) + "\n")
    print("pair", t, ",".join(n for n, _ in columns))
    for i, (v, column) in enumerate(bad.items()):
        partition(t, f"bad{i}", theirs, SEP.join(["0"] + [v] * len(targets)) + "\n")
        print("bad", t, f"bad{i}", "c_" + name(column))
columns = [(f"c{i}", target) for i, (_, target) in enumerate(REFUSED)] + [("fine", "string")]
table("refused", columns)
partition("refused", "x", [(f"c{i}", source) for i, (source, _) in enumerate(REFUSED)] + [("fine", "int")], SEP.join(["1"] * len(columns)) + "\n")
for i, (source, target) in enumerate(REFUSED):
    print("refused", f"c{i}", source, "to", target)
for t, serde, p in ("opencsv", "OpenCSVSerde", "double"), ("lists", "lazy.LazySimpleSerDe", "array<int>"):
    types = ("bigint", p) if t == "opencsv" else ("array<bigint>", p)
    one, two = sd([("a", types[0]), ("b", "string")], t), sd([("a", types[1]), ("b", "string")], f"{t}/x")
    one["SerdeInfo"]["SerializationLibrary"] = two["SerdeInfo"]["SerializationLibrary"] = "org.apache.hadoop.hive.serde2." + serde
    glue.create_table(DatabaseName="coercions", TableInput={"Name": t, "TableType": "EXTERNAL_TABLE", "Parameters": {},
        "PartitionKeys": [{"Name": "p", "Type": "string"}], "StorageDescriptor": one})
    s3.put_object(Bucket="pds-coercions", Key=f"{t}/x/d.csv", Body=b'"7","x"\n' if t == "opencsv" else b"1\x0299999999999\x01x\n")
    glue.create_partition(DatabaseName="coercions", TableName=t, PartitionInput={"Values": ["x"], "StorageDescriptor": two})
PY

create_server('aws', output_location => 's3://pds-coercions/results/');
psql_ok('IMPORT FOREIGN SCHEMA coercions FROM SERVER aws INTO public', 'import');
my $trino = trino_answers();
my $direct = 'SET pds.engine = direct;';
my $athena = 'SET pds.engine = athena;';

# --- what the rules of the engine gave when they were found out; without it, these alone are looked at --------------
is(psql_value("$direct SELECT c_bigint, c_string, c_decimal_5_1 FROM from_int WHERE p = 'good' AND id IN (2, 7, 8) ORDER BY id"),
	"7|7|7.0\n2147483647|2147483647|\n||", 'from int');
is(psql_value("$direct SELECT c_tinyint, c_smallint, c_int, c_boolean FROM from_string WHERE p = 'good' AND id IN (7, 9, 10, 11, 14, 25) ORDER BY id"),
	"|||t\n-128|128|128|t\n127|-129|-129|t\n0|-32768|32768|t\n|||f\n|||f", 'from string: integers are cut to their bits');
is(psql_value("$direct SELECT c_string, c_varchar_10, c_date FROM from_timestamp WHERE p = 'good' AND id IN (1, 2, 3) ORDER BY id"),
	"2024-01-31 10:11:12.123456789|2024-01-31|2024-01-31\n1969-12-31 23:59:59.9995|1969-12-31|1969-12-31\n"
	  . "2024-01-31 10:11:12.12|2024-01-31|2024-01-31", 'from timestamp: all digits of the second');
is(psql_value("$direct SELECT c_tinyint, c_decimal_5_1, c_string FROM from_decimal_10_2 WHERE p = 'good' AND id IN (1, 2, 6, 7) ORDER BY id"),
	"1|1.3|1.25\n-1|-1.4|-1.35\n127|127.5|127.50\n|128.0|128.00", 'from decimal: towards zero as an integer, half up as another decimal');

# --- both engines -----------------------------------------------------------------------------------------------------
for my $line (grep { /^pair/ } split /\n/, $made)
{
	my (undef, $t, $columns) = split / /, $line;
	# by their bytes: char with its blanks, float by its digits
	my $sql = "SELECT $columns FROM $t WHERE p IN ('good', 'same') ORDER BY id";
	my $here = psql_value("$direct $sql");

	ok(length $here, "$t: direct");
  SKIP:
	{
		skip 'not Trino behind the Athena service', 1 unless $trino;
		is(psql_value("$athena $sql"), $here, "$t: Athena gives the same");
	}
}
for my $line (grep { /^bad/ } split /\n/, $made)
{
	my (undef, $t, $p, $column) = split / /, $line;

	psql_fails("$direct SELECT $column FROM $t WHERE p = '$p'", $t =~ /^from_(?:string|timestamp)$/ ? qr/ERROR:  22008: ".*" is out of range for column "$column"/
		: qr/ERROR:  22P02: invalid value ".*" for column "$column"/, "$t, $p: direct");
	is(psql_value("$direct ALTER FOREIGN TABLE $t OPTIONS (ADD on_error 'null'); SELECT $column IS NULL FROM $t WHERE p = '$p';"
		  . " ALTER FOREIGN TABLE $t OPTIONS (DROP on_error)"), 't', "$t, $p: on_error");
  SKIP:
	{
		skip 'not Trino behind the Athena service', 1 unless $trino;
		my $why = "$t $p" =~ /^from_(?:double bad[01]|float bad0)$/ ? qr/22P02: Athena failed the query: INVALID_CAST_ARGUMENT/
		  : "$t $p" =~ /^from_(?:bigint bad[01]|decimal_10_2 bad0|decimal_38_10 bad0)$/ ? qr/22003: Athena failed the query: INVALID_CAST_ARGUMENT/
		  : qr/HV00L: Athena failed the query: (?:INVALID_ARGUMENTS|HIVE_INVALID_TIMESTAMP_COERCION)/;
		psql_fails("$athena SELECT $column FROM $t WHERE p = '$p'", $why, "$t, $p: Athena refuses it, too");
	}
}

# --- what is refused ----------------------------------------------------------------------------------------------------
for my $line (grep { /^refused/ } split /\n/, $made)
{
	my (undef, $column, $types) = split / /, $line, 3;

	psql_fails("$direct SELECT $column FROM refused", qr/ERROR:  HV004: partition s3:.* declares column "$column" as .*HINT/s, "$types: direct");
  SKIP:
	{
		skip 'not Trino behind the Athena service', 1 unless $trino;
		psql_fails("$athena SELECT $column FROM refused", qr/HV00L: Athena failed the query: .*(?:HIVE_PARTITION_SCHEMA_MISMATCH|mismatch between the table and partition)/is,
			"$types: Athena");
	}
}
is(psql_value("$direct SELECT fine FROM refused"), '1', 'a column that is not asked for does not matter');
is(psql_value("$direct SELECT a, b FROM opencsv"), '7|x', 'columns of OpenCSV have no types to differ in');

# --- declared otherwise here than in Glue -----------------------------------------------------------------------------
psql_ok('ALTER FOREIGN TABLE from_int ALTER c_bigint TYPE integer', 'the type of the partition');
is(psql_value("$direct SELECT c_bigint FROM from_int WHERE p = 'good' AND id IN (2, 8) ORDER BY id"), "7\n", 'is read as it is');
psql_ok("CREATE DOMAIN positive AS bigint CHECK (VALUE >= 0); ALTER FOREIGN TABLE from_int ALTER c_bigint TYPE positive", 'a domain');
psql_fails("$direct SELECT c_bigint FROM from_int WHERE p = 'good'", qr/HV004: partition s3:.* declares column "c_bigint"/, 'has no coercion');

# --- on_error, and the count of what became NULL ----------------------------------------------------------------------
psql_ok("ALTER FOREIGN TABLE from_int OPTIONS (ADD on_error 'skip')", 'on_error');
is(psql_value("$direct SELECT count(c_decimal_5_1) FROM from_int WHERE p = 'good'"), '8', 'what would be NULL is skipped');

done_testing();
