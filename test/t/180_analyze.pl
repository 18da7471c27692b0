# ANALYZE of foreign tables: samples of every kind of object, what planning makes of them and of Glue's statistics, and
# which engine the costs choose at both ends.
use strict;
use warnings;
use File::Basename;
use HTTP::Tiny;
use IPC::Open2;
use JSON::PP;
use PdsTest;
use Test::More;
use Time::HiRes qw(time sleep);

need_stack();
fresh_database('pds_analyze');

fresh_bucket('pds-analyze');
run_python(<<'PY');
import boto3, gzip, random
s3, glue = boto3.client("s3"), boto3.client("glue")
put = lambda key, body: s3.put_object(Bucket="pds-analyze", Key=key, Body=body if isinstance(body, bytes) else body.encode())
random.seed(1)
# small: 3 objects, 3,000 rows, every tenth w NULL, five values of w
put("grown/a.csv", "".join("%d,%s\n" % (i, r"\N" if i % 10 == 0 else "abcde"[i % 5]) for i in range(1000)))
for k in range(3):
    put("small/%d.csv" % k, "id,w\n" + "".join("%d,%s\n" % (k * 1000 + i, r"\N" if i % 10 == 0 else "abcde"[i % 5]) for i in range(1000)))
# large: rows of very different lengths, long ones at the end; 2 objects of 3 MB
rows = ["%d,%s,%s" % (i, "odd" if i % 2 else "even", "x" * (10 + (i * 7919) % 50 + (40 if i > 45000 else 0))) for i in range(120000)]
put("large/a.csv", "\n".join(rows[:50000]) + "\n")
put("large/b.csv", "\n".join(rows[50000:]) + "\n")
put("zipped/a.csv.gz", gzip.compress(("\n".join(rows[:50000]) + "\n").encode()))
put("zipped/b.csv.gz", gzip.compress(("\n".join(rows[50000:]) + "\n").encode()))
# quoted text with line ends: a range cannot begin anywhere
put("quoted/a.csv", "id,w,t\n" + "".join('%d,%s,"one\ntwo, ""three""\n%s"\n' % (i, "odd" if i % 2 else "even", "y" * (i % 40)) for i in range(60000)))
put("bad/a.csv", "1,one\nx,two\n3,three\n,four\n5,five\n")
put("bad/b.csv", "6,six\n7,\"open\n")
put("lost/a.csv", "1\nx\n3\n")
put("empty/README", "")
put("footed/a.csv", "".join("%d,x\n" % i for i in range(1000)) + "sum,1000\nend,\n")
for k, n in (("a", 1000), ("b", 3000), ("c", 0)):
    put("keyed/k=%s/1.csv" % k, "".join("%d,%d\n" % (i, i % 7) for i in range(n)))
put("parts/1/a.csv", "".join("%d,one\n" % i for i in range(1000)))
put("parts/2/a.csv", "".join("%d,two\n" % (1000 + i) for i in range(3000)))
try:
    glue.delete_database(Name="stats")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "stats"})
def make(name, params, **more):
    glue.create_table(DatabaseName="stats", TableInput=dict({
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": dict(params, classification="csv"), "StorageDescriptor": {
            "Columns": [{"Name": "id", "Type": "int"}, {"Name": "w", "Type": "string"}],
            "Location": "s3://pds-analyze/large/", "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}}}}, **more))
size = sum(o["Size"] for o in s3.list_objects_v2(Bucket="pds-analyze", Prefix="large/")["Contents"])
make("crawled", {"recordCount": "70000", "averageRecordSize": "5", "sizeKey": str(size)})
make("half_crawled", {"recordCount": "35000", "sizeKey": str(size // 2)})
make("hive", {"numRows": "50000", "totalSize": str(size)})
make("average", {"averageRecordSize": "1000"})
def storage(location, input_format, serde, parameters):
    return {"Columns": [{"Name": "id", "Type": "int"}, {"Name": "w", "Type": "string"}], "Location": "s3://pds-analyze/%s/" % location,
            "InputFormat": input_format, "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters}}
make("footed", {"skip.footer.line.count": "2"}, StorageDescriptor=storage("footed", "org.apache.hadoop.mapred.TextInputFormat",
     "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", {"field.delim": ","}))
make("columnar", {"classification": "parquet"}, StorageDescriptor=storage("columnar", "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
     "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", {}))
make("nonsense", {"recordCount": "-1", "sizeKey": "x", "averageRecordSize": "nan", "numRows": "0", "totalSize": "0"})
PY

create_server('aws', engine => 'direct', cache_ttl => '0');
create_server('either', output_location => 's3://pds-analyze/results/');
my $made = "format 'lazysimple', delimiter ','";
psql_ok(<<"SQL", 'tables');
CREATE FOREIGN TABLE small (id int, w text) SERVER aws OPTIONS (location 's3://pds-analyze/small/', $made, header 'true');
CREATE FOREIGN TABLE grown (id int, w text) SERVER aws OPTIONS (location 's3://pds-analyze/grown/', $made);
CREATE FOREIGN TABLE whole (id int, w text, t text) SERVER aws OPTIONS (location 's3://pds-analyze/large/', $made);
CREATE FOREIGN TABLE large (id int, w text, t text, path text OPTIONS (column_name '\$path')) SERVER aws
	OPTIONS (location 's3://pds-analyze/large/', $made, max_scan_bytes '2MB');
CREATE FOREIGN TABLE zipped (id int, w text, t text) SERVER aws OPTIONS (location 's3://pds-analyze/zipped/', $made);
CREATE FOREIGN TABLE quoted (id int, w text, t text) SERVER aws OPTIONS (location 's3://pds-analyze/quoted/', format 'csv', header 'true', max_scan_bytes '1MB');
CREATE FOREIGN TABLE bad (id int, w text) SERVER aws OPTIONS (location 's3://pds-analyze/bad/', format 'csv', on_error 'stop');
CREATE FOREIGN TABLE lost (id int) SERVER aws OPTIONS (location 's3://pds-analyze/lost/', $made, on_error 'stop');
CREATE FOREIGN TABLE empty (id int) SERVER aws OPTIONS (location 's3://pds-analyze/empty/', $made);
CREATE FOREIGN TABLE keyed (id int, v int, k text OPTIONS (partition_key 'true')) SERVER aws OPTIONS (location 's3://pds-analyze/keyed/', $made);
CREATE TABLE parent (id int, w text) PARTITION BY RANGE (id);
CREATE FOREIGN TABLE p1 PARTITION OF parent FOR VALUES FROM (0) TO (1000) SERVER aws OPTIONS (location 's3://pds-analyze/parts/1/', $made);
CREATE FOREIGN TABLE p2 PARTITION OF parent FOR VALUES FROM (1000) TO (9000) SERVER aws OPTIONS (location 's3://pds-analyze/parts/2/', $made);
SQL

sub rows { return psql_value("SELECT reltuples::bigint FROM pg_class WHERE oid = '$_[0]'::regclass") }

sub pgstat { return psql_value("SELECT $_[2] FROM pg_stats WHERE tablename = '$_[0]' AND attname = '$_[1]'") }

sub estimate
{
	my ($sql, $before) = @_;
	my $plan = decode_json(psql_value(($before // '') . "EXPLAIN (FORMAT JSON) $sql"))->[0]{Plan};
	return $plan->{'Plan Rows'};
}

# ANALYZE VERBOSE: bytes, rows read, rows in the sample, rows estimated
sub analyze
{
	my ($table) = @_;
	my ($rc, $out, $err) = psql("ANALYZE VERBOSE $table");
	is($rc, 0, "ANALYZE $table") or diag($err);
	return $err =~ /read (\d+) of \d+ bytes in \d+ objects, containing (\d+) rows; (\d+) rows in sample, (\d+) estimated/;
}

sub within
{
	my ($got, $true, $share, $name) = @_;
	ok(abs($got - $true) <= $share * $true, "$name ($got, in truth $true)");
	return;
}

# --- small tables are read whole ---------------------------------------------------------------------------------
cmp_ok(abs(estimate('SELECT * FROM small') - 3000), '>', 0, 'before ANALYZE the estimate is a guess');
my @seen = analyze('small');
is("@seen[1, 2, 3]", '3000 3000 3000', 'a small table is read whole, without its headers');
is(rows('small'), 3000, 'reltuples');
is(pgstat('small', 'w', "round(null_frac::numeric, 2) || ' ' || n_distinct"), '0.10 5', 'NULLs and distinct values');
is(pgstat('small', 'id', 'n_distinct'), -1, 'a unique column');
is(estimate('SELECT * FROM small'), 3000, 'and the planner knows');
within(estimate("SELECT * FROM small WHERE w = 'b'"), 600, 0.05, 'with a condition');
within(estimate('SELECT * FROM small WHERE w IS NULL'), 300, 0.05, 'NULLs');
analyze('empty');
is(rows('empty'), 0, 'no objects, no rows');

# --- samples -------------------------------------------------------------------------------------------------------
@seen = analyze('large');
cmp_ok($seen[0], '<=', 2 * 1024 * 1024 + 256 * 1024, 'ranges: no more bytes than max_scan_bytes allows');
cmp_ok($seen[0], '>', 512 * 1024, 'and not much less');
cmp_ok($seen[1], '<', 60000, 'not all rows');
within(rows('large'), 120000, 0.25, 'ranges: estimated rows');
within(pgstat('large', 'w', 'most_common_freqs[1]'), 0.5, 0.1, 'ranges: frequencies');
is(pgstat('large', 'path', 'n_distinct'), 2, 'pseudo-columns');
@seen = analyze('whole');
is("$seen[1] $seen[3]", '120000 120000', 'all ranges of two objects: every row once');
is($seen[2], 30000, 'and 30,000 in the sample');
within(pgstat('whole', 'id', '(histogram_bounds::text::int[])[51]'), 60000, 0.1, 'all parts of the table have the same chance');
psql_ok('SET default_statistics_target = 10; ANALYZE whole', 'a smaller target');
@seen = analyze('zipped');
is("$seen[1] $seen[3]", '120000 120000', 'compressed: small ones are read whole');
psql_ok("ALTER FOREIGN TABLE zipped OPTIONS (ADD max_scan_bytes '200000')", 'a limit');
@seen = analyze('zipped');
cmp_ok($seen[1], '<', 120000, 'compressed: beginnings');
within($seen[3], 120000, 0.6, 'compressed: estimated rows');
@seen = analyze('quoted');
cmp_ok($seen[1], '<', 40000, 'csv: the beginning');
within(rows('quoted'), 60000, 0.1, 'csv: estimated rows');
is(pgstat('quoted', 'w', 'n_distinct'), 2, 'csv: no value is cut');

# --- bad records ---------------------------------------------------------------------------------------------------
psql_fails('SELECT * FROM bad', qr/22P02/, 'a scan stops at a bad record');
@seen = analyze('bad');
is($seen[1], 5, 'ANALYZE goes on: bad values and a record whose end was lost are left out');
analyze('lost');
is(pgstat('lost', 'id', 'round(null_frac::numeric, 2)'), '0.33', 'lazysimple: a bad value is NULL');
psql_fails('SELECT * FROM lost', qr/22P02/, 'and the option of the table stays what it was');

# --- partitions ----------------------------------------------------------------------------------------------------
analyze('keyed');
is(rows('keyed'), 4000, 'partitions: all of them');
is(pgstat('keyed', 'k', "array_to_string(most_common_vals::text::text[], ',') || ' ' || array_to_string(most_common_freqs, ',')"), 'b,a 0.75,0.25', 'statistics of a key');
cmp_ok(estimate(q{SELECT * FROM keyed WHERE k = 'a'}), '<', 4000, 'a pruned partition does not count');
psql_ok('ANALYZE parent', 'a partitioned parent');
is(rows('p1') . ' ' . rows('p2'), '1000 3000', 'its partitions');
is(psql_value("SELECT array_to_string(most_common_freqs, ',') FROM pg_stats WHERE tablename = 'parent' AND attname = 'w' AND inherited"), '0.75,0.25', 'and rows of all of them for the parent');

# --- what planning makes of it -------------------------------------------------------------------------------------
analyze('grown');
run_python(<<'PY');
import boto3
s3 = boto3.client("s3")
body = s3.get_object(Bucket="pds-analyze", Key="grown/a.csv")["Body"].read()
for k in range(39):
    s3.put_object(Bucket="pds-analyze", Key="grown/b%d.csv" % k, Body=body)
PY
is(rows('grown'), 1000, 'objects were added since ANALYZE');
within(estimate('SELECT * FROM grown'), 40000, 0.6, 'the estimate grows with them');
psql_ok('CREATE SCHEMA stats; IMPORT FOREIGN SCHEMA stats FROM SERVER aws INTO stats', 'tables of Glue');
is(estimate('SELECT * FROM stats.crawled'), 70000, 'recordCount of sizeKey bytes go before averageRecordSize');
within(estimate('SELECT * FROM stats.half_crawled'), 70000, 0.01, 'recordCount of half the bytes');
is(estimate('SELECT * FROM stats.hive'), 50000, 'numRows and totalSize');
cmp_ok(estimate('SELECT * FROM stats.average'), '<', 10000, 'averageRecordSize goes before a guess by types');
my $guess = estimate('SELECT * FROM stats.nonsense');
cmp_ok($guess, '>', 10000, 'nonsense in the catalog is not believed');
analyze('stats.crawled');
is(estimate('SELECT * FROM stats.crawled'), 120000, 'ANALYZE goes before the catalog');
@seen = analyze('stats.footed');
is($seen[1], 1000, 'footer lines are no rows');
is(pgstat('footed', 'id', 'null_frac'), 0, 'of statistics neither');
my ($rc, undef, $warning) = psql('ANALYZE stats.columnar');
is($rc, 0, 'a table that only Athena reads is no error');
like($warning, qr/WARNING: .*"columnar" cannot be sampled, because .*\n.*WARNING: .*skipping "columnar"/s, 'it is skipped, with the reason');

# --- what cannot be sampled; waits --------------------------------------------------------------------------------
{
	my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
	create_server('slow', endpoint_url => $proxy->{url}, engine => 'direct');
	psql_ok("CREATE FOREIGN TABLE slow (id int, w text, t text) SERVER slow OPTIONS (location 's3://pds-analyze/large/', $made)", 'a table behind a proxy');
	proxy_rules($proxy, { method => 'GET', path => 'large/a.csv', action => 'stall', after => 100, seconds => 20 });
	my $b = background("SET statement_timeout = '2s'; ANALYZE slow");
	sleep 1;
	like(psql_value("SELECT phase || ' ' || (sample_blks_total > 100) FROM pg_stat_progress_analyze WHERE datname = current_database()"), qr/^acquiring sample rows true$/, 'its progress is shown');
	my ($rc, $out, $err, $seconds) = finish($b);
	like($err, qr/ERROR:  57014: canceling statement due to statement timeout/, 'a cancel ends it');
	cmp_ok($seconds, '<', 4, 'at once');
	proxy_rules($proxy, { method => 'GET', path => 'large/a.csv', action => 'status', status => 403, body => '<Error><Code>AccessDenied</Code></Error>' });
	psql_fails('ANALYZE slow', qr/42501: GetObject of .* failed: AccessDenied/, 'an object that may not be read');
	stop_proxy($proxy);
}

# --- both ends: small tables directly, aggregates of huge ones by Athena -------------------------------------------
{
	my $world = start_world('sizes');
	create_server('sizes', s3_endpoint_url => $world->{url}, output_location => 's3://pds-analyze/results/');
	my %wanted = (
		'count(*)' => [ 'direct', 'direct', 'athena', 'athena' ],
		'w, count(*), avg(id)' => [ 'direct', 'direct', 'athena', 'athena' ]);
	my @sizes = (10_000, 10_000_000, 100_000_000_000, 10_000_000_000_000);
	for my $i (0 .. $#sizes)
	{
		run_python(sprintf <<'PY', $sizes[$i], $sizes[$i]);
import boto3
glue = boto3.client("glue")
glue.create_table(DatabaseName="stats", TableInput={
    "Name": "s%d", "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"}, "StorageDescriptor": {
        "Columns": [{"Name": "id", "Type": "int"}, {"Name": "w", "Type": "string"}], "Location": "s3://pds-analyze/%d/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat", "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}}}})
PY
		psql_ok("IMPORT FOREIGN SCHEMA stats LIMIT TO (s$sizes[$i]) FROM SERVER sizes INTO public", "a table of $sizes[$i] bytes");
		# 200 bytes a row, as the data of bench/; fifteen categories
		psql_ok("UPDATE pg_class SET reltuples = $sizes[$i] / 200, relpages = ($sizes[$i] + 8191) / 8192 WHERE relname = 's$sizes[$i]'", 'with statistics by hand');
		for my $select (sort keys %wanted)
		{
			my $sql = "SELECT $select FROM s$sizes[$i]" . ($select =~ /^w/ ? ' GROUP BY w' : '');
			my ($engine) = psql_value("SET pds.engine = auto; EXPLAIN $sql") =~ /Engine: (\w+)/;
			is($engine, $wanted{$select}[$i], "auto: $sql");
		}
	}
	# estimates of parts of a table
	my $all = estimate('SELECT * FROM s10000000', 'SET pds.engine = direct;');
	is($all, 50000, 'rows by hand');
	my $cost = sub { return decode_json(psql_value("SET pds.engine = direct; EXPLAIN (FORMAT JSON) $_[0]"))->[0]{Plan}{'Total Cost'} };
	cmp_ok($cost->('SELECT id FROM s10000000'), '<', $cost->('SELECT id, w FROM s10000000'), 'a column less costs less');
	cmp_ok($cost->('SELECT id FROM s10000000'), '<', $cost->('SELECT id FROM s10000000 WHERE length(w) = id'), 'a condition costs');
	stop_world($world);
}

# --- one partition of 1,000 ----------------------------------------------------------------------------------------
{
	my $world = start_world('partitions', 1000, 's3://pds-analyze/big');
	run_python('import boto3; [boto3.client("s3").put_object(Bucket="pds-analyze", Key="big/d=%d/h=x/a.csv" % d, Body=b"%d\n" % d) for d in (69, 70, 71)]');
	create_server('big', glue_endpoint_url => $world->{url}, engine => 'direct', cache_ttl => '600');
	psql_ok('CREATE SCHEMA big; IMPORT FOREIGN SCHEMA big FROM SERVER big INTO big', '1,000 partitions');
	my $query = 'SELECT a FROM big.t WHERE d = 70';
	my $text = psql_value("EXPLAIN (ANALYZE) $query; " . "EXPLAIN (ANALYZE) $query; " x 5);
	my @plans = split /(?=Foreign Scan on)/, $text;
	is(scalar @plans, 6, 'six plans');
	like($plans[1], qr/Objects: 1\n *Objects Read: 1\n/, 'only its object is read');
	like($plans[1], qr/ Requests: 1\n/, 'warm: with one request, the object itself');
	my ($least) = sort { $a <=> $b } map { /Planning Time: ([\d.]+)/ ? $1 : 1e9 } @plans[1 .. 5];
	cmp_ok($least, '<', 50, "planned in under 50 ms when the catalog is known ($least ms)");
	is(world_counts($world)->{GetPartitions}, 1, 'Glue was asked once');
	stop_world($world);
}

done_testing();
