# Direct scans by several processes: the same rows whoever reads what, plans they take part in, whose
# credentials workers use, errors, cancels and counters of workers.
use strict;
use warnings;
use File::Basename;
use JSON::PP;
use MIME::Base64;
use PdsTest;
use Test::More;

need_stack();
sub psql_quiet { local $ENV{PGDATABASE} = 'postgres'; return psql($_[0]) }
my @roles = qw(pds_par_reader pds_par_owner);
psql_quiet('DROP DATABASE IF EXISTS pds_parallel');
psql_quiet("DROP ROLE IF EXISTS $_") for @roles;
fresh_database('pds_parallel');

# --- objects -------------------------------------------------------------------------------------------------
# Files that are hard to cut: key => bytes.  All of them lie in one folder and are read in every format.
my %files = (
	lf => join('', map { "a$_,b,c\n" } 1 .. 60),
	crlf => join('', map { "a$_,\"b\",c\r\n" } 1 .. 60),
	cr => join('', map { "a$_,b,c\r" } 1 .. 60),
	mixed => join('', map { "a$_,b,c" . ("\n", "\r\n", "\r", "\n\n", "\r\r\n")[$_ % 5] } 1 .. 80),
	noend => join("\n", map { "a$_,b,c" } 1 .. 40),
	bom => "\xEF\xBB\xBF" . join('', map { "\"a$_\",b,c\r\n" } 1 .. 40),
	newlines => join('', map { "$_,\"x\ny" . ("\n" x ($_ % 7)) . "\",\"\r\n\"\n" } 1 .. 60),
	onequoted => '1,"' . ("line, of text\n" x 60) . "\",2\n3,4,5\n",
	records_in_quotes => join('', map { "$_,\"\n5,\"\"x\"\",6\n7,\"\"\n\"\"8,9\n\",z\n" } 1 .. 30),
	doubled => join('', map { "\"a\"\"\"\"$_\",\"\"\"\",\"\"\n" } 1 .. 60),
	backslashes => join('', map { "\"a\\\"$_\n,\",\"\\\\\",b\\\n" } 1 .. 60),
	stray => join('', map { "a\"$_,b\"\"c\",d\"\n\"x\"y,z\n" } 1 .. 60),
	open => join('', map { "a$_,b,c\n" } 1 .. 40) . "d,\"e,f\n" . join('', map { "g$_,h,i\n" } 1 .. 40),
	multibyte => join('', map { "\xE6\x97\xA5\xF0\x9F\x98\x80$_,\xC3\xA9,\"\xE6\x97\xA5\n\"\n" } 1 .. 50),
	blank => "\n" x 50 . "a,b,c\n" . "\r\n" x 50 . "d,e,f\n",
	delimiters => ",,,\n" x 60,
	quotes => '"' x 301 . "\n" . '"' x 300 . "\n",
	long => 'x' x 700 . ",b,c\n" . 'y' x 900 . "\nshort\n",
	empty => '',
	one => 'a');
# what the files of the vectors hold that are long enough to be cut, each once, and csv-spectrum's
my %seen;
my $vectors = decode_json(slurp(dirname(__FILE__) . '/../vectors/serde_cases.json'));
for my $case (@{ $vectors->{cases} })
{
	my $n = 0;
	for my $f (@{ $case->{files} })
	{
		my $bytes = $f->{base64} ? decode_base64($f->{base64}) : $f->{text} // '';
		utf8::encode($bytes) if utf8::is_utf8($bytes);
		$files{ "v_" . $case->{name} =~ s/\W+/_/gr . '_' . $n++ } = $bytes if length($bytes) > 100 && length($bytes) < 900 && !$seen{$bytes}++;
	}
}
my $spectrum = ($ENV{PDS_SHARED} // dirname(__FILE__) . '/../../../shared') . '/data/csv-spectrum/csvs';
SKIP:
{
	skip 'csv-spectrum is not here', 1 unless -d $spectrum;
	$files{ 's_' . basename($_, '.csv') } = slurp($_) for glob "$spectrum/*.csv";
	ok(grep({ /^s_/ } keys %files), 'csv-spectrum is read, too');
}

fresh_bucket('pds-parallel');
run_python(<<'PY', encode_json({ map { $_ => encode_base64($files{$_}, '') } keys %files }));
import base64, boto3, concurrent.futures, gzip, json, random, sys
s3 = boto3.client("s3")
put = lambda key, body: s3.put_object(Bucket="pds-parallel", Key=key, Body=body if isinstance(body, bytes) else body.encode())
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda f: put("nasty/%s.csv" % f[0], base64.b64decode(f[1])), json.loads(sys.argv[1]).items()))
rng = random.Random(3)
# not to be cut, and of so many bytes that four workers are planned
put("nasty/zipped.csv.gz", gzip.compress("".join("%064x,%d\n" % (rng.getrandbits(256), i) for i in range(6500)).encode(), 6))
# one large object and many small ones, in two partitions
for k in range(30):
    n = 30000 if k == 7 else 100
    put("facts/k=%d/f%02d.csv" % (k % 2, k), "".join("%d,%d,%s\n" % (k * 100000 + i, i % 50, rng.choice(("red", "green", "blue"))) for i in range(n)))
for k in range(3):
    put("half/k=0/h%d.csv" % k, "".join("%d,%d,grey\n" % (i * 3 + k, i % 9) for i in range(2000)))
glue = boto3.client("glue")
try:
    glue.delete_database(Name="parallel")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "parallel"})
glue.create_table(DatabaseName="parallel", TableInput={
    "Name": "glued", "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"}, "PartitionKeys": [],
    "StorageDescriptor": {
        "Columns": [{"Name": "n", "Type": "int"}, {"Name": "name", "Type": "string"}],
        "Location": "s3://pds-parallel/dim/", "NumberOfBuckets": -1,
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                      "Parameters": {"field.delim": ","}}}})
put("dim/d.csv", "".join("%d,name %d\n" % (i, i) for i in range(50)))
# no quotes, and hardly any
put("free/f.csv", "".join("%d,%d,%s\n" % (i, i % 50, "abcdefghij" * (i % 7)) for i in range(40000)))
put("rare/r.csv", "".join("%d,%d,%s\n" % (i, i % 50, '"x\ny\n%d,5,z"' % i if i % 7919 == 5 else "abcdefghij" * (i % 7)) for i in range(40000)))
for k in range(6):
    put("bad/b%d.csv" % k, "".join("%s,x\n" % ("bad" if i % 10 == 3 else i) for i in range(100)))
put("wrong/w.csv", "".join("%s,x\n" % ("oops" if i == 900 else i) for i in range(1000)))
PY

my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
create_server('aws', output_location => 's3://pds-parallel/results/');
create_server('far', endpoint_url => $proxy->{url}, s3_endpoint_url => $proxy->{url}, cache_ttl => '0', max_attempts => '1');
my $bucket = 's3://pds-parallel';
my $facts = 'id int, n int, colour text, k int OPTIONS (partition_key \'true\')';
psql_ok(<<"SQL", 'tables');
CREATE FOREIGN TABLE facts ($facts) SERVER aws OPTIONS (location '$bucket/facts/', format 'lazysimple', delimiter ',');
CREATE FOREIGN TABLE far_facts ($facts) SERVER far OPTIONS (location '$bucket/facts/', format 'lazysimple', delimiter ',');
CREATE FOREIGN TABLE dim (n int, name text) SERVER aws OPTIONS (location '$bucket/dim/', format 'csv');
CREATE FOREIGN TABLE bad (v int, t text) SERVER aws OPTIONS (location '$bucket/bad/', format 'csv', on_error 'skip');
CREATE FOREIGN TABLE bad_few (v int, t text) SERVER aws OPTIONS (location '$bucket/bad/', format 'csv', on_error 'skip', reject_limit '59');
CREATE FOREIGN TABLE bad_null (v int, t text) SERVER aws OPTIONS (location '$bucket/bad/', format 'csv', on_error 'null');
CREATE FOREIGN TABLE wrong (v int, t text) SERVER aws OPTIONS (location '$bucket/wrong/', format 'csv', on_error 'stop');
CREATE FOREIGN TABLE half ($facts) SERVER aws OPTIONS (location '$bucket/half/', format 'lazysimple', delimiter ',');
CREATE FOREIGN TABLE glued (n int, name text) SERVER aws OPTIONS (database 'parallel');
CREATE FOREIGN TABLE free (id int, n int, t text) SERVER aws OPTIONS (location '$bucket/free/', format 'csv');
CREATE FOREIGN TABLE rare (id int, n int, t text) SERVER aws OPTIONS (location '$bucket/rare/', format 'csv');
CREATE FOREIGN TABLE far_free (id int, n int, t text) SERVER far OPTIONS (location '$bucket/free/', format 'csv');
CREATE TABLE heap AS SELECT * FROM facts;
CREATE TABLE heap_dim AS SELECT * FROM dim;
ANALYZE heap; ANALYZE heap_dim;
SQL

# A session whose plans are parallel wherever they may be.
my $force = psql_value("SELECT name FROM pg_settings WHERE name IN ('debug_parallel_query', 'force_parallel_mode')");
sub setup
{
	my (%o) = @_;
	my $workers = $o{workers} // 2;
	return "SET pds.engine = direct; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;"
	  . " SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = $workers;"
	  . ' SET pds.split_size = ' . ($o{split} // 0) . ';'
	  . (defined $o{launched} ? " SET max_parallel_workers = $o{launched};" : '')
	  . ($o{set} ? " $o{set};" : '') . "\n";
}

sub plan_of
{
	my ($sql, %o) = @_;
	return psql_value(setup(%o) . "EXPLAIN (COSTS OFF) $sql");
}

# EXPLAIN ANALYZE's foreign scans of tables: the properties of each
sub scans_of
{
	my ($sql, %o) = @_;
	my $plan = decode_json(psql_value(setup(%o) . "EXPLAIN (ANALYZE, VERBOSE, FORMAT json) $sql"));
	my @left = ($plan->[0]{Plan});
	my @found;
	while (my $node = shift @left)
	{
		push @found, $node if $node->{'Node Type'} =~ /Foreign Scan/ && $node->{'Relation Name'};
		push @left, @{ $node->{Plans} // [] };
	}
	return @found;
}

# --- the same rows, whoever reads what -----------------------------------------------------------------------
my %formats = (
	lazy => "format 'lazysimple', delimiter ',', escape '\\'",
	lazy_header => "format 'lazysimple', delimiter ',', header 'true'",
	opencsv => "format 'opencsv'",
	csv => "format 'csv'",
	csv_escape => "format 'csv', escape '\\'",
	csv_noquote => "format 'csv', quote ''");
my @ways = ([ 0, { workers => 2, split => 211, launched => 0 } ], [ 1, { workers => 1, split => 0 } ],
	[ 2, { workers => 2, split => 97 } ], [ 4, { workers => 4, split => 401 } ]);
for my $name (sort keys %formats)
{
	psql_ok("CREATE FOREIGN TABLE n_$name (\"\$path\" text, a text, b text, c text) SERVER aws"
		  . " OPTIONS (location '$bucket/nasty/', $formats{$name}, on_error 'null')", "table $name");
	my $rows = "SELECT \"\$path\", count(*), md5(string_agg(concat_ws('|', a IS NULL, a, b IS NULL, b, c IS NULL, c), '/'"
	  . " ORDER BY a COLLATE \"C\", b COLLATE \"C\", c COLLATE \"C\")) FROM n_$name GROUP BY 1 ORDER BY 1";
	my $where = 'true';
	# its rows and what is said of values that could not be read
	my $read = sub {
		my ($rc, $out, $err) = psql($_[0] . "SELECT count(*) FROM n_$name WHERE $where; $rows");
		return join "\n", $out, sort grep { s/.*(WARNING|ERROR)/$1/ } split /\n/, $err;
	};
	if ($name =~ /^csv(?!_noquote)/)
	{
		# quotes that are not closed are an error: file by file
		my $each = sub {
			my ($rc, $out, $err) = psql("\\unset ON_ERROR_STOP\n$_[0]"
				  . join '', map { "SELECT '$_'; " . $rows =~ s{GROUP BY}{WHERE "\$path" = '$bucket/nasty/$_.csv' GROUP BY}r . ";\n" } sort keys %files);
			return ($out, join "\n", sort grep { s/.*(WARNING|ERROR)/$1/ } split /\n/, $err);
		};
		my @want = $each->(setup(workers => 0));
		for my $way ([ split => 97, launched => 0 ], [ split => 61 ])
		{
			my @got = $each->(setup(workers => 2, @$way));
			is($got[0], $want[0], "$name: each file the same (@$way)");
			is($got[1], $want[1], "$name: the same errors");
		}
		like($want[1], qr/ERROR/, "$name: there are some");
		my @bad = map { /(?:nasty\/)(\w+)\.csv/ ? $1 : () } split /\n/, $want[1];
		$where = join ' AND ', map { "\"\$path\" <> '$bucket/nasty/$_.csv'" } 'none', @bad;
		$rows =~ s{GROUP BY}{WHERE $where GROUP BY};
	}
	my $want = $read->(setup(workers => 0));
	cmp_ok(scalar(grep { /nasty/ } split /\n/, $want), '>', 20, "$name: rows of the files");
	for my $way (@ways)
	{
		my $got = $read->(setup(%{ $way->[1] }));
		ok($got eq $want, "$name: the same with $way->[0] workers, splits of $way->[1]{split}") or do
		{
			my %w = map { $_ => 1 } split /\n/, $want;
			diag(join "\n", grep { defined } (grep { !$w{$_} } split /\n/, $got)[0 .. 4]);
		};
		like(plan_of($rows, %{ $way->[1] }), qr/Workers Planned: @{[ $way->[0] || 2 ]}\n.*Parallel Foreign Scan/s, "$name: so many");
	}
}

# --- plans ---------------------------------------------------------------------------------------------------
# question, settings, what its plan must show
my @questions = (
	[ 'SELECT count(*), sum(id), max(n) FROM %s', 'SET pds.scan_aggregates = off', qr/Finalize Aggregate.*Partial Aggregate.*Parallel Foreign Scan/s ],
	[ 'SELECT colour, count(*), avg(n) FROM %s GROUP BY colour', 'SET pds.scan_aggregates = off', qr/Partial.*Parallel Foreign Scan/s ],
	[ 'SELECT colour, count(*), avg(n) FROM %s GROUP BY colour', '', qr/Finalize.*Gather.*Aggregates in Scan: PARTIAL/s ],
	[ 'SELECT name, count(*) FROM %s JOIN %d USING (n) GROUP BY name', 'SET enable_mergejoin = off; SET enable_nestloop = off',
		qr/Parallel Hash.*Parallel Foreign Scan/s ],
	[ 'SELECT name, count(*) FROM %s JOIN %d USING (n) GROUP BY name',
		'SET enable_parallel_hash = off; SET enable_mergejoin = off; SET enable_nestloop = off', qr/Hash Join.*Parallel Foreign Scan/s ],
	[ 'SELECT count(*) FROM (SELECT id FROM %s WHERE n < 5 UNION ALL SELECT id FROM %s WHERE n > 40) x', '',
		qr/Parallel Append.*Parallel Foreign Scan.*Parallel Foreign Scan/s ],
	[ 'SELECT id FROM %s WHERE n = 7 ORDER BY id', '', qr/Gather Merge.*Parallel Foreign Scan/s ],
	[ 'SELECT count(*) FROM %s WHERE k = (SELECT min(n) FROM %d WHERE n = 1)', 'SET enable_indexscan = on', qr/Parallel Foreign Scan/ ],
	[ 'SELECT d.n, (SELECT count(*) FROM %s f WHERE f.n = d.n) FROM %d d WHERE d.n < 3', '', qr/SubPlan/ ],
	[ 'SELECT d.n, x.c FROM %d d, LATERAL (SELECT count(*) AS c FROM %s f WHERE f.k = d.n) x WHERE d.n < 2', '', qr/Foreign Scan/ ],
	[ 'SELECT v.i, x.c FROM (VALUES (1), (2), (3)) v (i) LEFT JOIN (SELECT n, count(*) AS c FROM %s GROUP BY n OFFSET 0) x ON x.n >= v.i AND x.n < v.i + 2',
		'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off', qr/Nested Loop.*Parallel Foreign Scan/s ],
	[ 'SELECT a.id FROM %s a JOIN %s b USING (id) WHERE a.n = 3', 'SET enable_nestloop = off', qr/Parallel Foreign Scan/ ],
	[ 'SELECT DISTINCT k, colour FROM %s', '', qr/Parallel Foreign Scan/ ],
	[ 'SELECT count(*) FROM (SELECT * FROM %s LIMIT 31000) x', '', qr/Parallel Foreign Scan/ ]);
for my $q (@questions)
{
	my ($template, $set, $shape) = @$q;
	my $here = $template =~ s/%s/heap/gr =~ s/%d/heap_dim/gr;
	my $there = $template =~ s/%s/facts/gr =~ s/%d/dim/gr;
	my $sorted = sub { join "\n", sort split /\n/, $_[0] // '' };
	my $want = $sorted->(psql_value("SET max_parallel_workers_per_gather = 0; $here"));
	my %o = (split => 40000, set => $set);

	like(plan_of($there, %o), $shape, "plan: $there");
	is($sorted->(psql_value(setup(%o) . $there)), $want, 'by leader and workers');
	is($sorted->(psql_value(setup(%o, set => join '; ', grep { $_ } $set, 'SET parallel_leader_participation = off') . $there)),
		$want, 'by workers alone');
	is($sorted->(psql_value(setup(%o, launched => 0) . $there)), $want, 'by the leader where no worker starts');
}
is(psql_value(setup(split => 40000, set => "SET $force = on") . 'SELECT count(*) FROM facts'), '32900', "$force");
is(psql_value(setup(split => 40000) . "PREPARE p (int) AS SELECT count(*) FROM facts WHERE k = \$1;"
	  . " SET plan_cache_mode = force_generic_plan; EXECUTE p (0); EXECUTE p (1); EXECUTE p (2)"),
	psql_value("SELECT count(*) FROM heap WHERE k = 0 UNION ALL SELECT count(*) FROM heap WHERE k = 1 UNION ALL SELECT 0"),
	'a generic plan: partitions by the value of the parameter');
is(psql_value(setup(split => 40000) . "DO \$\$ DECLARE r record; s bigint := 0; BEGIN FOR r IN SELECT n FROM facts LOOP s := s + r.n; END LOOP;"
	  . " PERFORM set_config('my.sum', s::text, false); END \$\$; SELECT current_setting('my.sum')"),
	psql_value('SELECT sum(n) FROM heap'), 'a loop over a cursor, which is not parallel');
is(psql_value(setup(split => 40000) . "BEGIN; DECLARE c CURSOR FOR SELECT id FROM facts; MOVE 1000 IN c; CLOSE c; COMMIT; SELECT 1"), '1',
	'a cursor closed early');
psql_ok(<<"SQL", 'a partitioned table');
CREATE TABLE parted (id int, n int, colour text, k int) PARTITION BY LIST (k);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE heap_parted AS SELECT * FROM half UNION ALL SELECT * FROM heap WHERE k = 1;
INSERT INTO parted_1 SELECT * FROM heap WHERE k = 1;
ALTER TABLE parted ATTACH PARTITION half FOR VALUES IN (0);
SQL
for my $set ('', 'SET enable_partitionwise_aggregate = on', 'SET enable_partitionwise_join = on; SET enable_nestloop = off')
{
	for my $q ('SELECT k, count(*), sum(id) FROM %s GROUP BY k ORDER BY k',
		'SELECT a.k, count(*) FROM %s a JOIN %s b ON a.k = b.k AND a.id = b.id WHERE a.n < 3 GROUP BY a.k ORDER BY 1')
	{
		is(psql_value(setup(split => 9000, set => $set) . $q =~ s/%s/parted/gr), psql_value($q =~ s/%s/heap_parted/gr), "of partitions ($set): $q");
	}
}
like(plan_of('SELECT count(*) FROM parted WHERE n > 3'), qr/Parallel Append.*Parallel Foreign Scan/s, 'a partition is scanned by several');

# Athena's scan would start a query in each worker, alone and among others
my $athena = psql_value(setup() . 'SET pds.engine = athena; EXPLAIN (COSTS OFF) SELECT count(*) FROM glued WHERE n = 3;'
	  . ' EXPLAIN (COSTS OFF) SELECT count(*) FROM glued JOIN heap USING (n)');
like($athena, qr/Engine: athena.*Engine: athena/s, 'two scans by Athena');
unlike($athena, qr/Parallel Foreign|Gather[^\n]*\n(?:.*\n)*?.*Engine: athena/, 'are not run by workers');

# --- rescans -------------------------------------------------------------------------------------------------
# one outer row is expected, fifty come: what workers have read is kept
my $misjudged = 'SELECT count(f.id) FROM heap_dim d LEFT JOIN facts f ON f.id + 0 < d.n WHERE d.n % 1 = 0';
like(plan_of($misjudged, split => 40000), qr/Nested Loop.*Materialize\n\s+->\s+Gather\n.*?Parallel Foreign Scan on facts/s, 'rows of a Gather are kept for rescans');
is((scans_of($misjudged, split => 40000))[0]{'Objects Read'}, 30, 'each object is read once');
is(psql_value(setup(split => 40000) . $misjudged), psql_value($misjudged =~ s/facts/heap/r), 'the same rows');
# nor are workers started for each row of the query around
my $correlated = 'SELECT (SELECT count(*) FROM half h JOIN facts f ON f.id < h.id WHERE h.n = d.n) FROM heap_dim d WHERE d.n < 4';
like(plan_of('SELECT count(*) FROM half h JOIN facts f ON f.id < h.id'), qr/Gather.*Parallel Foreign Scan/s, 'alone it has workers');
unlike(plan_of($correlated), qr/SubPlan.*Gather/s, 'a correlated subquery has none');
is(psql_value(setup() . $correlated), psql_value($correlated =~ s/facts/heap/r =~ s/half/(SELECT * FROM heap_parted WHERE k = 0)/r), 'and the same rows');
# a scan that each process makes for itself, all of it: each warns
my ($rc, $joined, $warned) = psql(setup(split => 40000, set => 'SET enable_parallel_hash = off; SET enable_mergejoin = off; SET enable_nestloop = off')
	  . 'SELECT count(*) FROM facts f JOIN bad_null b ON b.v = f.n');
my @each = $warned =~ /WARNING:.*?(\d+) values of "bad_null" were set to NULL/g;
is(join(' ', $joined, map { $_ } grep { $_ != 60 } @each), psql_value('SELECT count(*) FROM heap f JOIN bad_null b ON b.v = f.n'), 'each of them counts all values');
cmp_ok(scalar(@each), '>=', 1, 'a warning of one process ...');
cmp_ok(scalar(@each), '<=', 3, '... or of each');

# --- how it is divided, what is told of it -------------------------------------------------------------------
my ($alone) = scans_of('SELECT count(n) FROM facts', workers => 0);
for my $way ([ 'leader and workers', '' ], [ 'workers alone', 'SET parallel_leader_participation = off' ])
{
	my ($scan) = scans_of('SELECT count(n) FROM facts', split => 40000, set => $way->[1]);
	is($scan->{$_}, $alone->{$_}, "$way->[0]: $_") for 'Objects', 'Objects Read', 'Bytes Read', 'Partitions';
	cmp_ok($scan->{Requests}, '>=', $alone->{Requests}, "$way->[0]: requests of all");
}
my ($limited) = scans_of('SELECT id, repeat(colour, 2000) FROM facts WHERE n % 2 = 0 LIMIT 200', split => 40000,
	set => 'SET parallel_leader_participation = off');
is($limited->{'Parallel Aware'} ? 1 : 0, 1, 'a parallel scan under LIMIT');
cmp_ok($limited->{'Objects Read'}, '>', 0, 'workers that LIMIT stops, their queues full, tell what they read');
cmp_ok($limited->{'Bytes Read'}, '>', 0, 'and how much');
# each worker is asked for its part
my ($shared) = scans_of('SELECT count(n) FROM far_facts', split => 40000, set => 'SET parallel_leader_participation = off');
is(scalar(grep { $_->{'Actual Rows'} > 0 } @{ $shared->{Workers} // [] }), 2, 'one large object is read by both workers');
like(plan_of('SELECT count(n) FROM facts') . plan_of('SELECT count(n) FROM facts', set => "SET min_parallel_table_scan_size = '1GB'"),
	qr/Parallel.*Aggregate\n(?!.*Parallel)/s, 'few bytes are no work for workers');

# --- csv whose borders are not certain: processes tell each other what is in front -----------------------------
my %whole = map { $_ => psql_value("SET pds.engine = direct; SET max_parallel_workers_per_gather = 0;"
	  . " SELECT count(*), sum(id), md5(string_agg(t, '' ORDER BY id)) FROM $_") } qw(free rare);
like($whole{$_}, qr/^40000\|/, "$_: rows") for qw(free rare);
for my $table (qw(free rare))
{
	for my $way ([ workers => 1, split => 20000 ], [ workers => 2, split => 50000 ], [ workers => 4, split => 7000 ],
		[ workers => 2, split => 30000, launched => 0 ],
		[ workers => 2, split => 30000, set => 'SET parallel_leader_participation = off' ])
	{
		# each row goes through a queue, more than it holds
		is(psql_value(setup(@$way) . "SELECT count(*), sum(id), md5(string_agg(t, '' ORDER BY id)) FROM (SELECT * FROM $table OFFSET 0) x"),
			$whole{$table}, "$table: the same (@$way)");
	}
	my ($scan) = scans_of("SELECT count(n) FROM $table WHERE n >= 0", split => 50000, set => 'SET parallel_leader_participation = off');
	is(scalar(grep { $_->{'Actual Rows'} > 1000 } @{ $scan->{Workers} // [] }), 2, "$table: one object is read by both workers");
	# no bytes twice, but for what finishes records at borders and three looks at borders
	cmp_ok($scan->{'Bytes Received'}, '<', 1.5 * $scan->{'Bytes Read'} + 3 * 65536, "$table: and its bytes once");
}
is(psql_value(setup(split => 20000) . 'SELECT count(*) FROM (SELECT id, repeat(t, 200) FROM free LIMIT 900) x'), '900', 'under LIMIT');
is(psql_value(setup(split => 20000, set => 'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off')
	  . 'SELECT sum(c) FROM (VALUES (1), (2), (3)) v (i), LATERAL (SELECT count(*) AS c FROM rare WHERE id % 3 = 0 OFFSET 0) x'),
	psql_value('SELECT 3 * count(*) FROM rare WHERE id % 3 = 0'), 'rescans begin with no states');

# --- rejects, errors, cancels --------------------------------------------------------------------------------
for my $way ([ workers => 0 ], [ workers => 2, split => 100 ], [ workers => 2, launched => 0 ],
	[ workers => 2, set => 'SET parallel_leader_participation = off' ])
{
	my ($rc, $out, $err) = psql(setup(@$way) . 'SELECT count(v) FROM bad');
	is($out, '540', "@$way: rows without those left out");
	is(join(' ', $err =~ /WARNING:.*?(\d+) rows of "bad" were skipped/g), '60', "@$way: one WARNING with the sum") or diag($err);
	psql_fails(setup(@$way) . 'SELECT count(v) FROM bad_few', qr/22P02.*reject_limit/s, "@$way: reject_limit is of all");
}
my ($told) = psql_fails(setup(split => 100, set => 'SET parallel_leader_participation = off') . 'SELECT sum(v) FROM wrong',
	qr/22P02.*oops/s, 'an error in a worker');
like($told, qr{s3://pds-parallel/wrong/w\.csv}, 'which names the object');
is(psql_value(setup(split => 100) . 'SELECT count(v) FROM dim, bad WHERE v = n'), psql_value('SELECT count(v) FROM dim, bad WHERE v = n'),
	'and the next query');
proxy_rules($proxy, { path => 'facts/.*f07', action => 'status', status => 403,
		body => '<Error><Code>AccessDenied</Code><Message>no</Message></Error>' });
psql_fails(setup(split => 40000, set => 'SET parallel_leader_participation = off') . 'SELECT count(n) FROM far_facts',
	qr/AccessDenied|42501/, 'S3 refuses a worker');
for my $by ('', 'SET parallel_leader_participation = off')
{
	proxy_rules($proxy, { path => 'facts/.*f07', action => 'stall', after => 0, seconds => 20 });
	my $start = time;
	psql_fails(setup(split => 40000, set => join '; ', grep { $_ } $by, "SET statement_timeout = '700ms'") . 'SELECT count(n) FROM far_facts',
		qr/57014/, "a time-out while workers wait ($by)");
	cmp_ok(time - $start, '<', 8, 'at once');
	is(psql_value("SELECT count(*) FROM (SELECT pg_sleep(0.3)) x, pg_stat_activity WHERE backend_type = 'parallel worker'"), '0', 'no worker is left');
}
# a worker is ended while others may need what it has taken
proxy_rules($proxy, { path => 'free/f', action => 'stall', after => 20000, seconds => 20, times => 1, skip => 6 });
my $victim = background(setup(split => 50000, set => 'SET parallel_leader_participation = off') . 'SELECT sum(n) FROM far_free');
is(psql_value("DO \$\$ BEGIN FOR i IN 1 .. 100 LOOP PERFORM pg_sleep(0.05);"
	  . " EXIT WHEN (SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE backend_type = 'parallel worker'"
	  . " AND datname = current_database() LIMIT 1) x) > 0; PERFORM pg_stat_clear_snapshot(); END LOOP; END \$\$; SELECT 1"), '1', 'a worker is ended');
my $killed = time;
my (undef, undef, $why) = finish($victim);
like($why, qr/57P01|terminating/, 'that ends the query');
cmp_ok(time - $killed, '<', 8, 'at once');
proxy_rules($proxy);

# --- a scan that each process runs whole ------------------------------------------------------------------------
run_python('import boto3; boto3.client("s3").put_object(Bucket="pds-parallel", Key="whole/a.csv", Body=b"".join(b"%d,x\\n" % i for i in range(100)))');
psql_ok("CREATE FOREIGN TABLE whole (id int, t text) SERVER aws OPTIONS (location 's3://pds-parallel/whole/', format 'csv');
	CREATE TABLE probe AS SELECT g % 100 AS id FROM generate_series(1, 20000) g; ANALYZE probe", 'a small table to hash');
for my $leader ('off', 'on')
{
	my $plan = psql_value("SET pds.engine = direct; SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
		SET min_parallel_table_scan_size = 0; SET enable_parallel_hash = off; SET enable_mergejoin = off; SET enable_nestloop = off;
		SET parallel_leader_participation = $leader;
		EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT count(*) FROM probe JOIN whole USING (id) JOIN whole w2 USING (id);
		SELECT 'left: [' || current_setting('pds.worker_totals') || ']'");
	my ($launched) = $plan =~ /Workers Launched: (\d+)/;
	my $processes = $launched + ($leader eq 'on');
	my @read = $plan =~ /Foreign Scan on whole.*?\n\s+Objects: (\d+)\n\s+Objects Read: (\d+)\n\s+Bytes Read: (\d+)/sg;

	is(scalar(@read), 6, "leader_participation $leader: two scans");
	while (my ($objects, $n, $bytes) = splice @read, 0, 3)
	{
		# one process may be done before another has begun
		ok($objects == 1 && $n >= 1 && $n <= $processes && $bytes == 490 * $n, 'what each process read is counted')
		  or diag("$n of $processes, $bytes bytes");
	}
	like($plan, qr/left: \[\]/, 'and nothing is left of it');
}
psql_fails("LOAD 'pds_fdw'; CREATE ROLE pds_par_nobody; SET ROLE pds_par_nobody; SET pds.worker_totals = '1:1'", qr/42501: permission denied to set parameter/, 'nobody names segments');
psql_ok("LOAD 'pds_fdw'; SET pds.worker_totals = '1:1 x'; SELECT count(*) FROM whole; DROP ROLE IF EXISTS pds_par_nobody", 'a segment that is none');

# --- whose credentials ---------------------------------------------------------------------------------------
psql_ok(<<"SQL", 'a view of somebody who has keys');
CREATE ROLE pds_par_reader; CREATE ROLE pds_par_owner;
GRANT USAGE ON FOREIGN SERVER far TO pds_par_owner;
GRANT SELECT ON far_facts TO pds_par_owner;
CREATE USER MAPPING FOR pds_par_owner SERVER far OPTIONS (access_key_id 'AKIAOWNERSKEYS000001', secret_access_key 'owners');
CREATE USER MAPPING FOR pds_par_reader SERVER far OPTIONS (access_key_id 'AKIAREADERSKEYS00001', secret_access_key 'readers');
CREATE VIEW owners AS SELECT * FROM far_facts;
ALTER VIEW owners OWNER TO pds_par_owner;
GRANT SELECT ON owners TO pds_par_reader;
SQL
for my $way ([ workers => 0 ], [ split => 40000, set => 'SET parallel_leader_participation = off' ])
{
	proxy_rules($proxy);
	is(psql_value(setup(@$way) . 'SET ROLE pds_par_reader; SELECT count(n) FROM owners'), '32900', "@$way: the view is read");
	my %keys = map { (($_->{headers}{authorization} // '') =~ m{Credential=([^/]+)/})[0] // '-' => 1 } proxy_log($proxy);
	is(join(' ', sort keys %keys), 'AKIAOWNERSKEYS000001', "@$way: with its owner's keys alone");
}

stop_proxy($proxy);
psql_ok('DROP VIEW owners; DROP USER MAPPING FOR pds_par_owner SERVER far; DROP USER MAPPING FOR pds_par_reader SERVER far;'
	  . ' REVOKE ALL ON FOREIGN SERVER far FROM pds_par_owner; REVOKE ALL ON far_facts FROM pds_par_owner; DROP ROLE pds_par_reader; DROP ROLE pds_par_owner', 'roles are gone');
done_testing;
