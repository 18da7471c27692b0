# The SQL of README.md and doc/ runs as it is written there, and the functions that they name exist.
# What a page takes for granted (tables, files) is made in %before; placeholders are those of %of.
use strict;
use warnings;
use File::Temp 'tempdir';
use PdsTest;
use Test::More;

need_stack();
my $dir = tempdir(CLEANUP => 1);
chmod 0755, $dir;

# doc/tpch.md is written by the suite of that name, which runs its queries
my @pages = ('README.md', grep { !/tpch\.md$/ } glob 'doc/*.md');

system(stack_python(), 'demo/make_reviews.py', '--rows', '400', '--out', $dir) == 0 or die 'demo/make_reviews.py failed';
system(stack_python(), 'demo/load.py', $dir) == 0 or die 'demo/load.py failed';
run_python(<<'PY', $dir);
import sys
import boto3
s3, glue = boto3.client("s3"), boto3.client("glue")
try:
    glue.delete_database(Name="examples")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "examples"})
for bucket in ("my-bucket", "examples-bucket"):
    s3.create_bucket(Bucket=bucket)
s3.put_object(Bucket="my-bucket", Key="raw/a.csv", Body=b"review_id,stars,body\n1,5,good\n2,1,\"bad, really\"\n")
s3.put_object(Bucket="examples-bucket", Key="logs/2024-01-01.log", Body=b"one\ntwo\n")
PY

my %of = (
	'AKIA…' => $ENV{AWS_ACCESS_KEY_ID},
	"secret_access_key '…'" => "secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}'",
	"access_key_id '…'" => "access_key_id '$ENV{AWS_ACCESS_KEY_ID}'",
	my_glue_database => 'examples',
	"OPTIONS (region 'us-east-1'" => "OPTIONS (region 'us-east-1', endpoint_url '$ENV{AWS_ENDPOINT_URL}'",
	's3://bucket/' => 's3://examples-bucket/',
	'/data/reviews.csv' => "$dir/reviews.csv");

my $server = "CREATE EXTENSION pds_fdw; CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1');
	CREATE USER MAPPING FOR CURRENT_USER SERVER aws
		OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}');
	CREATE SCHEMA lake;";
my %before = (
	'doc/clients.md' => $server,
	'doc/functions.md' => "$server CREATE FOREIGN TABLE lake.raw (id int, body text) SERVER aws OPTIONS (location 's3://my-bucket/raw/', format 'csv');",
	'doc/bias.md' => "$server IMPORT FOREIGN SCHEMA dsoaws LIMIT TO (reviews) FROM SERVER aws INTO lake;",
	'doc/operations.md' => 'CREATE ROLE analyst;',
	'doc/pushdown.md' => $server,
	'doc/types.md' => "$server CREATE FOREIGN TABLE lake.orders (id int, body text) SERVER aws
		OPTIONS (location 's3://my-bucket/raw/', format 'csv', header 'true', on_error 'null', null_padding 'true');",
	'doc/writing.md' => "$server
		CREATE TABLE staging (id int, body text); INSERT INTO staging VALUES (1, 'a'), (2, 'b');
		CREATE TABLE cleaned (product_category text, id int); INSERT INTO cleaned VALUES ('Dresses', 1), ('Knits', 2);
		CREATE FOREIGN TABLE reviews (id int, body text) SERVER aws OPTIONS (location 's3://my-bucket/written/', format 'csv');
");

open my $csv, '>', "$dir/reviews.csv" or die "$dir: $!";
print {$csv} "3,c\n4,\"d, quoted\"\n";
close $csv;

# those that the pages make: they outlive the database that they were made for
sub drop_roles { return psql_ok('DROP DATABASE IF EXISTS pds_examples; DROP ROLE IF EXISTS analyst, reader', 'no role is left') }

drop_roles();
my $ran = 0;
for my $page (@pages)
{
	# README shows first what is set up below
	my @examples = sort { ($b =~ /CREATE EXTENSION/) <=> ($a =~ /CREATE EXTENSION/) } slurp($page) =~ /^```sql\n(.*?)^```$/msg;
	my $what = join '|', map { quotemeta } sort { length $b <=> length $a } keys %of;
	my @sql = ($before{$page} // '', @examples);

	next if !@examples;
	s/($what)/$of{$1}/g for @sql[ 1 .. $#sql ];
	psql_ok('DROP DATABASE IF EXISTS pds_examples', "$page: none before");
	psql_ok('CREATE DATABASE pds_examples', "$page: a database");
	local $ENV{PGDATABASE} = 'pds_examples';
	psql_ok($sql[0], "$page: what it takes for granted") if $sql[0];
	for my $n (1 .. $#sql)
	{
		# each block is for whoever reads the page from the top
		my ($before) = join "\n", grep { /^SET ROLE/ } map { split /\n/ } @sql[ 1 .. $n - 1 ];
		psql_ok("$before\n$sql[$n]", "$page: example $n");
		$ran++;
	}
}
cmp_ok($ran, '>=', 10, 'there are examples');

fresh_database('pds_examples_names');
my %known = map { $_ => 1 } split /\n/, psql_ok(<<'SQL', 'what the extension has');
LOAD 'pds_fdw';
SELECT proname FROM pg_proc WHERE pronamespace = 'pds'::regnamespace
UNION SELECT relname FROM pg_class WHERE relnamespace = 'pds'::regnamespace
UNION SELECT substr(name, 5) FROM pg_settings WHERE name LIKE 'pds.%'
UNION SELECT typname FROM pg_type WHERE typnamespace = 'pds'::regnamespace
SQL
for my $page (@pages)
{
	my $text = slurp($page);
	my %named = map { $_ => 1 } $text =~ /\bpds\.([a-z_0-9]+)\b(?![.*])/g;

	# README's table of functions leaves the schema out
	if ($page eq 'README.md')
	{
		my ($table) = $text =~ /^\| for \| functions \| page \|\n(.*?)\n\n/ms or die 'README has no table of functions';
		$named{$_} = 1 for grep { !/^[A-Z]/ } $table =~ /`(\w+)`/g;
	}
	# those for tests are not shown
	my @unknown = grep { !$known{$_} && psql_value("LOAD 'pds_fdw'; SELECT current_setting('pds.$_', true) IS NULL") eq 't' } sort keys %named;
	is(join(' ', @unknown), '', "$page names what there is");
}

# and the picture of README is what psql says
fresh_database('pds_picture');
for my $step ([ 'demo/make_reviews.py', '--rows', '20000', '--out', $dir ], [ 'demo/load.py', $dir ], [ 'demo/picture.py', '--check' ])
{
	is(system(stack_python(), @$step), 0, $step->[0]);
}

drop_roles();
done_testing();
