# Objects: codecs by other writers, pseudo-columns and what they prune, archived objects, requester pays, versions, odd keys.
use strict;
use warnings;
use File::Temp 'tempdir';
use PdsTest;
use Test::More;
use Time::HiRes qw(sleep);

# Strings here are bytes, as objects and psql have them.

need_stack();
fresh_database('pds_objects');

my $setup = <<'PY';
import boto3, bz2, json, os, struct, sys, time, urllib.request, zlib
s3, glue, athena = boto3.client("s3"), boto3.client("glue"), boto3.client("athena")
BUCKET, DB = "pds-objects", "objects_t"

def columns(spec):
    return [dict(zip(("Name", "Type"), c.split(" ", 1))) for c in spec]

def make(name, cols=("id int", "s string"), keys=(), location=None, **properties):
    glue.create_table(DatabaseName=DB, TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": dict(properties, classification="csv"),
        "PartitionKeys": columns(keys), "StorageDescriptor": storage(cols, location or "s3://%s/%s/" % (BUCKET, name))})

def storage(cols, location):
    return {"Columns": columns(cols), "Location": location, "NumberOfBuckets": -1,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                          "Parameters": {"field.delim": ","}}}

def put(key, body, bucket=BUCKET, **more):
    return s3.put_object(Bucket=bucket, Key=key, Body=body.encode() if isinstance(body, str) else body, **more)

def empty(bucket):
    try:
        s3.create_bucket(Bucket=bucket)
    except s3.exceptions.BucketAlreadyOwnedByYou:
        pass
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        old = [{"Key": o["Key"], "VersionId": o["VersionId"]} for o in page.get("Versions", []) + page.get("DeleteMarkers", [])]
        if old:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": old, "Quiet": True})

def query(sql):
    e = athena.start_query_execution(QueryString=sql, QueryExecutionContext={"Database": DB},
                                     ResultConfiguration={"OutputLocation": "s3://%s/results/" % BUCKET})["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=e)["QueryExecution"]["Status"]
        if status["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
            break
        time.sleep(0.05)
    if status["State"] != "SUCCEEDED":
        raise SystemExit("%s: %s" % (sql, status))

# Hadoop's framing around blocks of literals only, made without a library
def be32(n):
    return struct.pack(">I", n)

def hadoop_lz4(plain):
    n = len(plain)
    token = bytes([n << 4]) if n < 15 else b"\xf0" + b"\xff" * ((n - 15) // 255) + bytes([(n - 15) % 255])
    block = token + plain
    return be32(n) + be32(len(block)) + block

def hadoop_snappy(plain):
    assert len(plain) <= 60
    block = bytes([len(plain), (len(plain) - 1) << 2]) + plain
    return be32(len(plain)) + be32(len(block)) + block
PY

sub stack_run { return run_python("$setup\n$_[0]", @_[ 1 .. $#_ ]) }

stack_run(<<'PY');
try:
    glue.delete_database(Name=DB)
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": DB})
empty(BUCKET)
PY
create_server('aws', output_location => 's3://pds-objects/results/');
my $trino = trino_answers();
my $before = "\\pset null [null]\nSET TimeZone = 'UTC';\n";
sub rows { return psql_value("${before}SET pds.engine = direct;\n$_[0]") }

sub fails
{
	my ($sql, $pattern, $name) = @_;
	return psql_fails("${before}SET pds.engine = direct;\n$sql", $pattern, $name);
}

# each [name, SQL, rows], in one session
sub many
{
	my (@cases) = @_;
	my $sql = join '', map { "\\echo ==\n$_->[1];\n" } @cases;
	my (undef, @got) = split /^==\n/m, rows($sql) . "\n", -1;

	for my $i (0 .. $#cases)
	{
		chomp(my $got = $got[$i] // 'nothing');
		is($got, $cases[$i][2], $cases[$i][0]);
	}
	return;
}

# the same rows by both engines (order does not count); without Trino only direct
sub both
{
	my ($name, $sql, $want) = @_;
	my $direct = join "\n", sort split /\n/, rows($sql);

	is($direct, $want, "$name: direct");
	return unless $trino;
	is(join("\n", sort split /\n/, psql_value("${before}SET pds.engine = athena;\n$sql")), $direct, "$name: Athena");
	return;
}

sub by_hand
{
	my ($name, $cols, $options, $location) = @_;
	psql_ok("CREATE FOREIGN TABLE $name ($cols) SERVER aws OPTIONS (location 's3://pds-objects/$location', $options)", "table $name");
	return;
}

# --- codecs -----------------------------------------------------------------------------------------------------
stack_run(<<'PY');
plain = b"id,name\n1,one\n2,two\n3,three\n1,one\n2,two\n3,three\n"
put("frames/a.csv.lz4", bytes.fromhex("04224d185440ae24000000fd0b69642c6e616d650a312c6f6e650a322c74776f0a332c7468726514"
                                      "0050687265650a919d1d8300000000823ded8a"))
put("frames/b.csv.snappy", bytes.fromhex("ff060000734e615070590023000051d83d9a306469642c6e616d650a312c6f6e650a322c74776f0a332c74"
                                         "687265561400"))
raw = zlib.compressobj(9, zlib.DEFLATED, -15)
put("frames/c.csv.deflate", raw.compress(plain) + raw.flush())
put("frames/d.csv.deflate", zlib.compress(plain))
put("frames/e.csv.zst", bytes.fromhex("28b52ffd200949000069642c6e616d650a3128b52ffd2027d50000a02c6f6e650a322c74776f0a332c74687265650a"
                                      "3101002e994c"))
bom = b"\xef\xbb\xbf7,seven\n"
put("boms/a.lz4", hadoop_lz4(bom)); put("boms/b.snappy", hadoop_snappy(bom)); put("boms/c.gz", zlib.compress(bom, 9, 31))
put("boms/d.bz2", bz2.compress(bom)); put("boms/e.deflate", zlib.compress(bom)); put("boms/f.csv", bom)
put("boms/g.zst", b"\x28\xb5\x2f\xfd\x20" + bytes([len(bom)]) + ((len(bom) << 3) | 1).to_bytes(3, "little") + bom)
make("boms")
for suffix, whole in (("lz4", hadoop_lz4(b"1,one\n2,two\n")), ("snappy", hadoop_snappy(b"1,one\n2,two\n")),
                      ("deflate", zlib.compress(b"1,one\n2,two\n"))):
    put("bad/%s_cut/a.%s" % (suffix, suffix), whole[:-3])
    put("bad/%s_text/a.%s" % (suffix, suffix), "1,one\n2,two\n")
put("bad/lzo/a.lzo", "x")
for n in ("lz4", "snappy"):
    put("forced/%s.dat" % n, {"lz4": hadoop_lz4, "snappy": hadoop_snappy}[n](b"8,eight\n"))
PY
by_hand('frames', 'id int, name text', "format 'csv', header 'true'", 'frames/');
psql_ok('IMPORT FOREIGN SCHEMA objects_t FROM SERVER aws INTO public', 'import');
is(rows('SELECT name, count(*), sum(id) FROM frames GROUP BY 1 ORDER BY 1'), "one|10|10\nthree|10|30\ntwo|10|20",
	'LZ4 frames, Snappy frames, raw and zlib deflate, two zstd frames');
both('a byte order mark within each codec', 'SELECT id, s FROM boms', join("\n", ('7|seven') x 7));
for my $codec (qw(lz4 snappy deflate))
{
	for my $how (qw(cut text))
	{
		by_hand("${codec}_$how", 'id int, s text', "format 'csv'", "bad/${codec}_$how/");
		my $err = fails("SELECT id FROM ${codec}_$how", qr{ERROR:  XX001: .*s3://pds-objects/bad/${codec}_$how/a\.$codec}, "$codec, $how");
		like($err, $how eq 'cut' ? qr/is cut short.*HINT/s : qr/is corrupt.*HINT/s, "$codec, $how: says what is wrong");
	}
	next if $codec eq 'deflate';
	by_hand("forced_$codec", 'id int, s text', "format 'csv', compression '$codec'", "forced/$codec.dat");
	is(rows("SELECT * FROM forced_$codec"), '8|eight', "$codec by option");
}
by_hand('lzo', 'id int, s text', "format 'csv'", 'bad/lzo/');
fails('SELECT count(*) FROM lzo', qr{ERROR:  0A000: .*s3://pds-objects/bad/lzo/a\.lzo.*HINT:.*snappy}s, 'lzo');
SKIP:
{
	skip 'the engine is not Trino: nothing writes Hadoop\'s blocks', 8 unless $trino;
	stack_run(<<'PY');
for c in ("LZ4", "SNAPPY", "ZSTD", "GZIP"):
    query("CREATE TABLE by_%s WITH (format = 'TEXTFILE', field_delimiter = ',', write_compression = '%s', "
          "external_location = 's3://%s/by_%s/') AS SELECT i AS id, cast(i * 7919 %% 1009 AS varchar) AS s "
          "FROM UNNEST(sequence(1, 10000)) AS t(i), UNNEST(sequence(1, 5)) AS u(j)" % (c, c, BUCKET, c.lower()))
PY
	psql_ok('IMPORT FOREIGN SCHEMA objects_t LIMIT TO (by_lz4, by_snappy, by_zstd, by_gzip) FROM SERVER aws INTO public', 'import of what Trino wrote');
	both("$_ as Trino writes it", "SELECT count(*), sum(id), sum(s::int), count(DISTINCT s), max(s) FROM by_$_", '50000|250025000|' . 5 * sum_s() . '|1009|999')
	  for qw(lz4 snappy zstd gzip);
}

sub sum_s
{
	my $sum = 0;

	$sum += $_ * 7919 % 1009 for 1 .. 10000;
	return $sum;
}

# --- pseudo-columns -----------------------------------------------------------------------------------------------
my $modified = stack_run(<<'PY');
make("p", **{"skip.header.line.count": "1"})
put("p/a.csv", "id,s\n1,one\n2,two\n")
put("p/sub/b c+d%.csv", "id,s\n3,three\n")
put("p/sub/\u00fc.csv.gz", zlib.compress(b"id,s\n4,four\n5,five\n6,six\n", 9, 31))
put("p/_hidden.csv", "id,s\n99,hidden\n")
make("k", ["v int"], keys=["year int"])
for y in (2022, 2023):
    where = "k/year=%d/" % y
    glue.create_partition(DatabaseName=DB, TableName="k", PartitionInput={
        "Values": [str(y)], "StorageDescriptor": storage(["v int"], "s3://%s/%s" % (BUCKET, where))})
    for i in range(2):
        put("%s%d.csv" % (where, i), "%d\n" % (y * 10 + i))
put("blanks/a.csv", "h,i\n\n1,x\n\n\n\"2\n3\",y\n4,z\n")
urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/pds-test/modified",
    json.dumps({"bucket": BUCKET, "time": 1780000000}).encode()).read()
o = s3.head_object(Bucket=BUCKET, Key="p/a.csv")["LastModified"]
gz = s3.head_object(Bucket=BUCKET, Key="p/sub/\u00fc.csv.gz")["ContentLength"]
print(o.strftime("%Y-%m-%d %H:%M:%S"), gz, sep="|")
PY
my ($time, $gz) = split /\|/, $modified;
my $pseudo = '"$path" text, size bigint OPTIONS (column_name \'$file_size\'), "$file_modified_time" timestamptz, n bigint OPTIONS (column_name \'$row_number\')';
psql_ok("CREATE FOREIGN TABLE p (id int, s text, $pseudo) SERVER aws OPTIONS (database 'objects_t');\n"
	  . "CREATE FOREIGN TABLE k (v int, year int, \"\$path\" text, \"\$file_size\" bigint) SERVER aws OPTIONS (database 'objects_t')", 'tables with pseudo-columns');
by_hand('blanks', "h text, i text, $pseudo", "format 'csv', header 'true'", 'blanks/');
by_hand('folders', 'v int, year int OPTIONS (partition_key \'true\'), "$path" text', "format 'csv'", 'k/');
my ($p, $s) = ('s3://pds-objects/p', 's3://pds-objects/p/sub');
both('$path and $file_size', 'SELECT id, s, "$path", size FROM p',
	"1|one|$p/a.csv|17\n2|two|$p/a.csv|17\n3|three|$s/b c+d%.csv|13\n4|four|$s/\xC3\xBC.csv.gz|$gz\n5|five|$s/\xC3\xBC.csv.gz|$gz\n6|six|$s/\xC3\xBC.csv.gz|$gz");
both('$file_modified_time', "SELECT \"\$file_modified_time\"::timestamptz(0) - timestamptz '$time+00' < '1 s', count(*) FROM p WHERE id < 3 GROUP BY 1", 't|2');
both('$file_modified_time is the same', 'SELECT DISTINCT "$path", to_char("$file_modified_time", \'YYYY-MM-DD HH24:MI:SS.US TZ\') FROM p WHERE "$path" LIKE \'%a.csv\'',
	rows('SELECT "$path", to_char("$file_modified_time", \'YYYY-MM-DD HH24:MI:SS.US TZ\') FROM p WHERE id = 1'));
both('conditions on all three',
	"SELECT id FROM p WHERE \"\$path\" LIKE '%/sub/%' AND size BETWEEN 10 AND 1000 AND \"\$file_modified_time\" > '2020-01-01 00:00:00.123456+02' AND \"\$file_modified_time\" < '2100-01-01'",
	"3\n4\n5\n6");
both('= and <> on $path', "SELECT id FROM p WHERE \"\$path\" = '$s/b c+d%.csv' UNION ALL SELECT -id FROM p WHERE \"\$path\" <> '$s/b c+d%.csv' AND size = 17", "-1\n-2\n3");
both('IN, NOT, IS NULL', "SELECT id FROM p WHERE size IN (17, 13) AND NOT size = 13 AND \"\$path\" IS NOT NULL AND \"\$file_modified_time\" IS NOT NULL", "1\n2");
both('keys with pseudo-columns', 'SELECT v, "$path", "$file_size" FROM k WHERE year = 2023 AND "$path" LIKE \'%/1.csv\'', '20231|s3://pds-objects/k/year=2023/1.csv|6');
like(rows('EXPLAIN (VERBOSE, COSTS OFF) SELECT v FROM k WHERE "$path" LIKE \'%/1.csv\' AND year = 2023'),
	qr/Partition Filter: \(k\.year = 2023\)\s+Glue Expression: year = 2023\s+Object Filter: \(k\."\$path" ~~ '%\/1\.csv'::text\)/, 'EXPLAIN: Object Filter');
like(psql_value("SET pds.engine = athena;\nEXPLAIN (VERBOSE, COSTS OFF) SELECT id FROM p WHERE \"\$path\" = 'x' AND size > 5 AND \"\$file_modified_time\" > '2024-02-29 12:00:00+02'"),
	qr/SELECT "id" FROM "objects_t"\."p" WHERE \("\$file_size" > 5\) AND \("\$file_modified_time" > TIMESTAMP '2024-02-29 10:00:00\.000 UTC'\) AND \("\$path" = 'x'\)/,
	'EXPLAIN: what Athena gets');

# what is fetched: nothing of an object that is pruned
sub counts
{
	my ($sql, %want) = @_;
	my $text = rows("SELECT pds.refresh();\nEXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $sql");
	my %got = map { /^\s*(.+?): (\d+)/ ? ($1 => $2) : () } split /\n/, $text;

	is_deeply({ map { $_ => $got{$_} } keys %want }, \%want, $sql) or diag($text);
	return;
}
counts('SELECT * FROM p WHERE size = 13', 'Objects' => 1, 'Objects Pruned' => 2, 'Objects Read' => 1, 'Objects Skipped' => 1, 'Bytes Received' => 13);
counts('SELECT * FROM p WHERE "$file_modified_time" < \'2000-01-01\'', 'Objects' => 0, 'Objects Pruned' => 3, 'Objects Read' => 0, 'Requests' => 0);
counts('SELECT * FROM p WHERE "$path" LIKE \'s3://pds-objects/p/sub/b%\' AND n > 0', 'Objects' => 1, 'Objects Pruned' => 0, 'Bytes Received' => 13);
counts('SELECT * FROM p WHERE "$path" LIKE \'s3://pds-objects/p/su\\_b/%\'', 'Objects' => 0, 'Requests' => 0);
counts('SELECT * FROM p WHERE \'s3://pds-objects/p/a.csv\' = "$path"', 'Objects' => 1, 'Objects Pruned' => 0, 'Bytes Received' => 17);
counts('SELECT * FROM p WHERE "$path" = \'s3://pds-objects/q/a.csv\'', 'Objects' => 0, 'Requests' => 0);
counts('SELECT * FROM p WHERE "$path" LIKE \'%four%\' OR id = 4', 'Objects' => 3);
counts('SELECT v FROM k WHERE year = 2022 AND length("$path") = 34 AND "$path" ~ \'0\\.csv$\'', 'Partitions' => 1, 'Objects' => 1, 'Objects Pruned' => 1);
counts('SELECT v FROM k WHERE year::text || "$file_size" = \'20226\' AND "$path" LIKE \'%/1.csv\'', 'Objects' => 1, 'Objects Pruned' => 3);
counts('SELECT v FROM folders WHERE "$path" LIKE \'s3://pds-objects/k/year=2023/%\'', 'Partitions' => 1, 'Objects' => 2);

many(
	[ 'record numbers, without header lines', 'SELECT id, n FROM p ORDER BY id', "1|1\n2|2\n3|1\n4|1\n5|2\n6|3" ],
	[ 'only record numbers', 'SELECT n FROM p WHERE size = 17', "1\n2" ],
	[ 'count(*)', 'SELECT count(*) FROM p WHERE size > 13', '5' ],
	[ 'only paths', 'SELECT "$path", count(*) FROM p GROUP BY 1 ORDER BY 2', "$s/b c+d%.csv|1\n$p/a.csv|2\n$s/\xC3\xBC.csv.gz|3" ],
	[ 'blank lines and line ends in quotes', 'SELECT n, replace(h, E\'\n\', \'+\') FROM blanks', "2|1\n5|2+3\n6|4" ],
	[ 'blank lines without a column', 'SELECT n FROM blanks', "2\n5\n6" ],
	[ 'a whole row', 'SELECT to_jsonb(p) - \'$file_modified_time\' FROM p WHERE id = 3', qq({"n": 1, "s": "three", "id": 3, "size": 13, "\$path": "$s/b c+d%.csv"}) ],
	[ 'rows kept over the next object', 'SELECT string_agg(n || right("$path", 3), \',\' ORDER BY id) FROM (SELECT * FROM p OFFSET 0) x', '1csv,2csv,1csv,1.gz,2.gz,3.gz' ],
	[ 'ordered by record', 'SELECT id FROM p ORDER BY "$path" COLLATE "C", n DESC', "2\n1\n3\n6\n5\n4" ],
	[ 'parameters', "SET plan_cache_mode = force_generic_plan; PREPARE q(text, bigint) AS SELECT id FROM p WHERE \"\$path\" = \$1 AND size < \$2;\n"
		  . "EXECUTE q('$p/a.csv', 100); EXECUTE q('$p/a.csv', 1); EXECUTE q('$s/b c+d%.csv', 100); EXECUTE q(NULL, 100)", "1\n2\n3" ],
	[ 'a subquery', 'SELECT id FROM p WHERE "$path" = (SELECT max("$path" COLLATE "C") FROM p)', "4\n5\n6" ],
	[ 'an outer row', 'SELECT x.id, (SELECT count(*) FROM p y WHERE y."$path" = x."$path") FROM p x WHERE id IN (1, 3) ORDER BY 1', "1|2\n3|1" ]);
psql_fails("SET pds.engine = athena;\nSELECT n FROM p", qr/ERROR:  0A000: .*"n" is \$row_number.*HINT:.*direct/s, 'Athena has no record numbers');
like(psql_value("SET pds.engine = auto;\nEXPLAIN (COSTS OFF) SELECT * FROM p"), qr/Engine: direct/, 'auto: direct');
psql_ok('CREATE FOREIGN TABLE p_wrong (id int, "$path" varchar(10)) SERVER aws OPTIONS (database \'objects_t\', table_name \'p\')', 'a wrong type');
fails('SELECT id FROM p_wrong', qr/ERROR:  HV004: .*"\$path" of foreign table "p_wrong".*text.*HINT/s, 'a pseudo-column of another type');
is(rows("SELECT pds.refresh_table('p')"), '0', 'refresh_table leaves pseudo-columns alone');

psql_ok('CREATE SCHEMA imported; IMPORT FOREIGN SCHEMA objects_t LIMIT TO (p, k) FROM SERVER aws INTO imported OPTIONS (pseudo_columns \'true\')', 'import with pseudo-columns');
is(rows('SELECT string_agg(attname || \' \' || format_type(atttypid, atttypmod), \', \' ORDER BY attnum) FROM pg_attribute WHERE attrelid = \'imported.k\'::regclass AND attnum > 0'),
	'v integer, year integer, $path text, $file_size bigint, $file_modified_time timestamp(3) with time zone, $row_number bigint', 'and their types');
is(rows('SELECT v, year, "$path", "$file_size", "$row_number" FROM imported.k WHERE year = 2022 AND "$path" LIKE \'%1.csv\''), '20221|2022|s3://pds-objects/k/year=2022/1.csv|6|1', 'all of them');
is(rows("SELECT pds.refresh_table('imported.k')"), '0', 'nothing to refresh');

# --- archived objects -----------------------------------------------------------------------------------------
stack_run(<<'PY');
for n, c in (("a", "STANDARD"), ("b", "GLACIER"), ("c", "DEEP_ARCHIVE"), ("d", "GLACIER_IR"), ("e", "INTELLIGENT_TIERING")):
    put("cold/%s.csv" % n, "%d,%s\n" % (ord(n) - 96, n), StorageClass=c)
put("back/a.csv", "1,back\n")
PY
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
create_server('cold', s3_endpoint_url => $proxy->{url}, endpoint_url => undef);
psql_ok(<<'SQL', 'tables with archived objects');
CREATE FOREIGN TABLE cold (id int, s text, "$path" text) SERVER cold OPTIONS (location 's3://pds-objects/cold/');
CREATE FOREIGN TABLE cold_skip (id int, s text) SERVER cold OPTIONS (location 's3://pds-objects/cold/', archived_objects 'skip');
CREATE FOREIGN TABLE back (id int, s text) SERVER cold OPTIONS (location 's3://pds-objects/back/');
SQL
my $err = fails('SELECT * FROM cold', qr{ERROR:  55000: s3://pds-objects/cold/b\.csv is archived \(storage class GLACIER\)}, 'archived objects are refused');
like($err, qr/HINT:.*restore-object.*archived_objects 'skip'/, 'with both ways out');
is(rows('SELECT id FROM cold WHERE "$path" LIKE \'%/a.csv\' OR "$path" LIKE \'%/d.csv\''), "1\n4", 'those that conditions drop do not matter');
is(rows('SELECT id FROM cold_skip'), "1\n4\n5", 'skip');
like(rows('EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT id FROM cold_skip'), qr/Objects: 3\b.*Objects Archived: 2\b/s, 'skip: EXPLAIN ANALYZE counts them');
# an archive tier shows only at the GET
proxy_rules($proxy, { method => 'GET', path => '/cold/e\.csv', action => 'status', status => 403,
		body => '<Error><Code>InvalidObjectState</Code><Message>no</Message><StorageClass>INTELLIGENT_TIERING</StorageClass></Error>' });
is(rows('SELECT id FROM cold_skip'), "1\n4", 'an archive tier: skip');
like(rows('EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT id FROM cold_skip'), qr/Objects Archived: 3\b/s, 'an archive tier: counted');
fails('SELECT id FROM cold WHERE "$path" LIKE \'%/e.csv\'', qr{ERROR:  55000: .*s3://pds-objects/cold/e\.csv.*HINT:.*archived_objects}s, 'an archive tier: refused');
psql_ok("ALTER SERVER cold OPTIONS (ADD archived_objects 'skip'); ALTER FOREIGN TABLE cold_skip OPTIONS (SET archived_objects 'refuse')", 'by the server');
is(rows('SELECT id FROM cold'), "1\n4", 'skip by the server');
fails('SELECT * FROM cold_skip', qr{55000: s3://pds-objects/cold/b\.csv is archived}, 'the table overrules it');
# restored copies are in the listing when it is asked for them
my $page = '<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>back/a.csv</Key><Size>7</Size><StorageClass>GLACIER</StorageClass>%s</Contents></ListBucketResult>';
my @listing = (method => 'GET', path => 'list-type=2.*prefix=back', action => 'status', status => 200);
psql_ok("ALTER SERVER cold OPTIONS (SET archived_objects 'refuse')", 'refuse by the server');
proxy_rules($proxy, { @listing, lacks => 'x-amz-optional-object-attributes', body => sprintf $page, '' },
	{ @listing, body => sprintf $page, '<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2099-01-01T00:00:00Z</RestoreExpiryDate></RestoreStatus>' });
is(rows('SELECT * FROM back'), '1|back', 'a restored copy is read');
proxy_rules($proxy, { @listing, lacks => 'x-amz-optional-object-attributes', body => sprintf $page, '' },
	{ @listing, body => sprintf $page, '<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus>' });
fails('SELECT * FROM back', qr/55000: .*has not been restored/, 'one that is not ready is not');

# --- requester pays -----------------------------------------------------------------------------------------------
psql_ok('CREATE FOREIGN TABLE paid (id int, s text) SERVER cold OPTIONS (location \'s3://pds-objects/back/\');', 'a table of a requester-pays bucket');
my @deny = (action => 'status', status => 403, lacks => 'x-amz-request-payer', body => '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
proxy_rules($proxy, {@deny});
fails('SELECT * FROM paid', qr/ERROR:  42501: .*HINT:.*server option requester_pays/s, 'requester pays: refused, with a hint');
psql_ok('ALTER SERVER cold OPTIONS (ADD requester_pays \'true\')', 'agree to pay');
is(rows('SELECT * FROM paid'), '1|back', 'requester pays: listing and object');
my @sent = grep { !$_->{action} } proxy_log($proxy);
# listing, the planner's first bytes, object
ok(@sent == 3 && !(grep { $_->{headers}{'x-amz-request-payer'} ne 'requester' } @sent), 'every request says so');

# --- versions ----------------------------------------------------------------------------------------------------
my ($v1, $v2, $marker) = split /\|/, stack_run(<<'PY');
empty("pds-versions")
s3.put_bucket_versioning(Bucket="pds-versions", VersioningConfiguration={"Status": "Enabled"})
v = [put("dir/doc.csv", b, bucket="pds-versions")["VersionId"] for b in ("1,old\n", "2,newer\n")]
gone = put("gone.csv", "3,gone\n", bucket="pds-versions")["VersionId"]
print(*v, s3.delete_object(Bucket="pds-versions", Key="gone.csv")["VersionId"], gone, sep="|")
PY
sub version_table
{
	my ($name, $key, $version) = @_;

	return "CREATE FOREIGN TABLE $name (id int, s text, size bigint OPTIONS (column_name '\$file_size')) SERVER cold"
	  . " OPTIONS (location 's3://pds-versions/$key'" . ($version ? ", version_id '$version'" : '') . ");\n";
}
proxy_rules($proxy);
psql_ok(version_table('current', 'dir/doc.csv') . version_table('v1', 'dir/doc.csv', $v1) . version_table('v2', 'dir/doc.csv', $v2)
	  . version_table('absent', 'dir/doc.csv', '00000000-0000-0000-0000-000000000000') . version_table('marker', 'gone.csv', $marker)
	  . version_table('deleted', 'gone.csv'), 'tables of versions');
many([ 'the current version', 'SELECT * FROM current', '2|newer|8' ], [ 'an old version', 'SELECT * FROM v1', '1|old|6' ],
	[ 'the newest by id', 'SELECT * FROM v2', '2|newer|8' ], [ 'an old version, counted', 'SELECT count(*) FROM v1 WHERE size = 6', '1' ],
	[ 'a deleted object has no rows', 'SELECT count(*) FROM deleted', '0' ]);
ok((grep { $_->{path} =~ /versionId=\Q$v1\E/ && $_->{method} eq 'GET' && $_->{headers}{'if-match'} } proxy_log($proxy)), 'the version with If-Match');
fails('SELECT * FROM absent', qr{ERROR:  42704: s3://pds-versions/dir/doc\.csv has no version "00000000.*HINT:.*list-object-versions}s, 'a version that is not there');
proxy_rules($proxy, { method => 'HEAD', path => 'gone\.csv\?versionId', action => 'status', status => 405, headers => { 'x-amz-delete-marker' => 'true' } });
fails('SELECT * FROM marker', qr{ERROR:  42704: version "\Q$marker\E" of s3://pds-versions/gone\.csv is a delete marker.*HINT}s, 'a delete marker');
psql_ok("CREATE FOREIGN TABLE keyed (id int, y int OPTIONS (partition_key 'true')) SERVER cold OPTIONS (location 's3://pds-versions/dir/doc.csv', version_id '$v1')", 'a version with keys');
fails('SELECT * FROM keyed', qr/HV024: foreign table "keyed" has a version_id and partition keys/, 'a version lies in no partition');
stop_proxy($proxy);

# --- keys, on every S3 there is -------------------------------------------------------------------------------
my $put_keys = <<'PY';
import boto3, sys
url, access, secret, double = sys.argv[1:5]
s3 = boto3.client("s3", endpoint_url=url, aws_access_key_id=access, aws_secret_access_key=secret,
                  config=__import__("botocore").config.Config(s3={"addressing_style": "path"}))
try:
    s3.create_bucket(Bucket="pds-keys")
except (s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
    pass
keys = ["a b.csv", "a+b.csv", "100%.csv", "a%20b.csv", "a%2Fb.csv", "\u00fcn\u00efc\u00f6de/\u65e5\u672c \U0001f600.csv", "q?x=1&y#z.csv",
        "it's \"q\".csv", "~!*'();:@&=$,[].csv", "x=1/y.csv", "trailing.csv "]
if double == "1":
    keys.append("deep//double.csv")
# 1,024 bytes; a file name has 255 at most where objects are files
long = "keys/" + "/".join(["\u20ac" * 80] * 4)
keys.append(long[5:] + "/" + "x" * (1024 - len(long.encode()) - 5) + ".csv")
for i, k in enumerate(keys):
    s3.put_object(Bucket="pds-keys", Key="keys/" + k, Body="%d\n" % (1 << i))
assert max(len(("keys/" + k).encode()) for k in keys) == 1024
sys.stdout.buffer.write("\n".join("%d|s3://pds-keys/keys/%s" % (1 << i, k) for i, k in enumerate(keys)).encode())
PY

sub keys_on
{
	my ($name, $url, $access, $secret, $double) = @_;
	my $want = run_python($put_keys, $url, $access, $secret, $double);
	my ($first) = $want =~ /^1\|(.*)$/m;
	my ($last) = $want =~ /\|(.*)\z/;

	psql_ok("CREATE SERVER $name FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1', endpoint_url '$url');\n"
		  . "CREATE USER MAPPING FOR CURRENT_USER SERVER $name OPTIONS (access_key_id '$access', secret_access_key '$secret');\n"
		  . "CREATE FOREIGN TABLE keys_$name (id int, \"\$path\" text) SERVER $name OPTIONS (location 's3://pds-keys/keys/')", "$name: table");
	is(rows("SELECT id, \"\$path\" FROM keys_$name ORDER BY id"), $want, "$name: every key");
	is(rows("SELECT id FROM keys_$name WHERE \"\$path\" = '$first' OR \"\$path\" = '$last' ORDER BY id LIMIT 1"), '1', "$name: chosen by path");
	is(rows("SELECT count(*) FROM keys_$name WHERE \"\$path\" = '$last'"), '1', "$name: 1,024 bytes, listed alone");
	return $want;
}

sub start_s3
{
	my ($program, @args) = @_;
	my $cache = ($ENV{PDS_CACHE} // ($ENV{XDG_CACHE_HOME} // "$ENV{HOME}/.cache") . '/pds_fdw') . "/bin/$program";
	my ($path) = grep { -x } $cache, map { "$_/$program" } split /:/, $ENV{PATH};
	my $pid;

	return unless $path;
	$pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', '/dev/null';
		exec $path, @args or exit 127;
	}
	return $pid;
}

my $moto = keys_on('moto', $ENV{AWS_ENDPOINT_URL}, $ENV{AWS_ACCESS_KEY_ID}, $ENV{AWS_SECRET_ACCESS_KEY}, 1);
for my $s3 (qw(versitygw minio))
{
  SKIP:
	{
		my $dir = tempdir(CLEANUP => 1);
		my $port = free_port();
		my ($access, $secret) = ('AKIDKEYSEXAMPLE', 'not-a-secret-for-tests-only');

		local @ENV{qw(ROOT_ACCESS_KEY ROOT_SECRET_KEY MINIO_ROOT_USER MINIO_ROOT_PASSWORD MINIO_SITE_REGION)} = ($access, $secret, $access, $secret, 'us-east-1');
		mkdir "$dir/$_" for qw(data iam);
		my $pid = start_s3($s3, $s3 eq 'minio'
			? ('server', '--quiet', '--address', "127.0.0.1:$port", '--console-address', '127.0.0.1:' . free_port(), "$dir/data")
			: ('--port', "127.0.0.1:$port", '--quiet', '--iam-dir', "$dir/iam", 'posix', "$dir/data"));
		skip "$s3 is not installed", 4 unless $pid;
		for (1 .. 100)
		{
			last if IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
			sleep 0.1;
		}
		# a key with // is one with / where objects are files
		keys_on($s3, "http://127.0.0.1:$port", $access, $secret, 0);
		kill 'TERM', $pid;
		waitpid $pid, 0;
	}
}
SKIP:
{
	skip 'the engine is not Trino', 2 unless $trino;
	stack_run('make("keys", ["id int"], location="s3://pds-keys/keys/")');
	psql_ok("CREATE FOREIGN TABLE keys_athena (id int, \"\$path\" text) SERVER aws OPTIONS (database 'objects_t', table_name 'keys')", 'the keys, for Athena');
	is(psql_value("SET pds.engine = athena;\nSELECT id, \"\$path\" FROM keys_athena ORDER BY id"), $moto, 'Athena names them alike');
}

done_testing();
