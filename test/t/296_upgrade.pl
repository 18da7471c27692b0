# ALTER EXTENSION UPDATE makes what CREATE EXTENSION makes: of every version that has been released, and shown on a
# made-up 1.1, whose upgrade script is right, and wrong in every way that was thought of.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
$ENV{PGDATABASE} = 'postgres';
my ($extensions) = map { "$_/extension" } `\${PG_CONFIG:-pg_config} --sharedir` =~ /(.*)/;

# ---- released versions ----

my ($current) = slurp('pds_fdw.control') =~ /^default_version = '(.*)'/m;
my @older = sort grep { $_ ne $current } map { m{pds_fdw--([^-]+)\.sql$} ? $1 : () } glob 'sql/pds_fdw--*.sql';

sub catalog_of
{
	my ($extension, @statements) = @_;

	psql_ok("SET client_min_messages = error; DROP DATABASE IF EXISTS pds_upgrade", 'no database');
	psql_ok('CREATE DATABASE pds_upgrade', 'a database');
	local $ENV{PGDATABASE} = 'pds_upgrade';
	psql_ok(join('; ', @statements), "@statements");
	my ($rc, $out, $err) = psql(slurp('test/lib/extension_catalog.sql'), '-v', "extension=$extension");
	is($rc, 0, "the catalog of $extension") or diag($err);
	return $out;
}

# the lines that differ
sub difference
{
	my ($fresh, $upgraded) = @_;
	my %in;

	$in{$_} |= 1 for split /\n/, $fresh;
	$in{$_} |= 2 for split /\n/, $upgraded;
	return join "\n", map { ($in{$_} == 1 ? '- ' : '+ ') . $_ } grep { $in{$_} != 3 } sort keys %in;
}

my $fresh = catalog_of('pds_fdw', 'CREATE EXTENSION pds_fdw');
cmp_ok(scalar(split /\n/, $fresh), '>', 500, 'a catalog of many lines');
like($fresh, qr/^function pds\.s3_list\(.*: comment /m, 'with comments');
for my $version (@older)
{
	my $upgraded = catalog_of('pds_fdw', "CREATE EXTENSION pds_fdw VERSION '$version'", 'ALTER EXTENSION pds_fdw UPDATE');
	is(difference($fresh, $upgraded), '', "$version becomes what $current is");
}
# the scripts of a version that has been released stay as they were
for my $tag (split /\s+/, `git tag --list 'v*' 2>/dev/null`)
{
	for my $script (split /\s+/, `git ls-tree --name-only $tag sql/ | grep pds_fdw--`)
	{
		is(slurp($script), scalar(`git show $tag:$script`), "$script is that of $tag");
	}
}

# ---- a made-up 1.1 ----

my @files;
sub extension_file
{
	my ($name, $text) = @_;
	open my $fh, '>', "$extensions/$name" or die "$name: $!";
	print {$fh} $text;
	close $fh;
	push @files, "$extensions/$name";
	return;
}
END { unlink @files }

# of a name of its own, beside the one that other tests use
my $control = slurp('pds_fdw.control');
my $script = slurp("sql/pds_fdw--$current.sql");
extension_file('pds_made_up.control', $control);
extension_file("pds_made_up--1.0.sql", $script);

my $change = <<'SQL';
CREATE FUNCTION pds.made_up(server name, how_many integer DEFAULT 7) RETURNS SETOF text
AS 'MODULE_PATHNAME', 'pds_refresh' LANGUAGE C STRICT VOLATILE PARALLEL SAFE COST 100000 ROWS 10;
COMMENT ON FUNCTION pds.made_up(name, integer) IS 'a function of 1.1';
REVOKE EXECUTE ON FUNCTION pds.made_up(name, integer) FROM PUBLIC;
CREATE TYPE pds.made_up_row AS (a integer, b text);
COMMENT ON COLUMN pds.made_up_row.b IS 'a column';
CREATE VIEW pds.made_up_view AS SELECT 1 AS a, 'x'::text AS b;
GRANT SELECT ON pds.made_up_view TO PUBLIC;
COMMENT ON FUNCTION pds.refresh() IS 'another comment';
SQL
extension_file('pds_made_up--1.1.sql', "$script\n$change");

sub upgraded
{
	my ($upgrade) = @_;

	extension_file('pds_made_up--1.0--1.1.sql', $upgrade);
	return catalog_of('pds_made_up', "CREATE EXTENSION pds_made_up VERSION '1.0'", "ALTER EXTENSION pds_made_up UPDATE TO '1.1'");
}

my $made_up = catalog_of('pds_made_up', "CREATE EXTENSION pds_made_up VERSION '1.1'");
is(difference($made_up, upgraded($change)), '', 'a right upgrade script');
my @wrong = (
	['a comment', sub { s/^COMMENT ON FUNCTION pds\.made_up.*\n//m }, qr/^- function pds\.made_up\(.*: comment a function of 1\.1$/m],
	['a comment that was', sub { s/^COMMENT ON FUNCTION pds\.refresh.*\n//m }, qr/^\+ function pds\.refresh\(\): comment forget/m],
	['a right that was taken', sub { s/^REVOKE.*\n//m }, qr/^- function pds\.made_up\(.*: right/m],
	['a right that was given', sub { s/^GRANT.*\n//m }, qr/^- view pds\.made_up_view: right =r/m],
	['a default', sub { s/ DEFAULT 7// }, qr/^- .*arguments server name, how_many integer DEFAULT 7$/m],
	['another default', sub { s/ DEFAULT 7/ DEFAULT 8/ }, qr/^\+ .*DEFAULT 8$/m],
	['volatility', sub { s/VOLATILE/STABLE/ }, qr/^- function pds\.made_up\(.*: language/m],
	['cost', sub { s/ COST 100000// }, qr/cost 1,/],
	['rows', sub { s/ ROWS 10// }, qr/rows 1000,/],
	['parallel', sub { s/ PARALLEL SAFE// }, qr/parallel u/],
	['the C function', sub { s/'pds_refresh'/'pds_version'/ }, qr/source pds_version/],
	['a function', sub { s/^CREATE FUNCTION.*?^COMMENT ON FUNCTION pds.made.*?\n.*?\n//ms }, qr/^- function pds\.made_up\(.*: is there$/m],
	['a column of a type', sub { s/a integer, b text\)/a bigint, b text)/ }, qr/attribute 1: a bigint/],
	['the order of columns', sub { s/1 AS a, 'x'::text AS b/'x'::text AS b, 1 AS a/ }, qr/column 1: b text/],
	['the comment of a column', sub { s/^COMMENT ON COLUMN.*\n//m }, qr/comment a column/],
	['one thing too many', sub { $_ .= 'CREATE TYPE pds.too_many AS (a integer);' }, qr/^\+ type pds\.too_many: is there$/m]);
for (@wrong)
{
	my ($what, $break, $pattern) = @$_;
	local $_ = $change;

	$break->();
	isnt($_, $change, "wrong: $what");
	like(difference($made_up, upgraded($_)), $pattern, "is found: $what");
}
psql_ok('DROP DATABASE pds_upgrade', 'tidy');
done_testing();
