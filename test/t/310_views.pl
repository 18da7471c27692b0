# pds.create_views: views for clients that list no foreign tables.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_views');
run_python(<<'PY');
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="pds-views")
s3.put_object(Bucket="pds-views", Key="a/a.csv", Body=b"1,one,2.5\n2,two,3.5\n")
s3.put_object(Bucket="pds-views", Key="odd/a.csv", Body=b"7,x\n")
PY
create_server('aws', engine => 'direct');
psql_ok(<<"SQL", 'tables');
DROP ROLE IF EXISTS pds_views_reader; DROP ROLE IF EXISTS pds_views_other;
CREATE ROLE pds_views_reader; CREATE ROLE pds_views_other;
CREATE SCHEMA lake; CREATE SCHEMA reports;
GRANT USAGE ON SCHEMA lake, reports TO pds_views_reader, pds_views_other;
CREATE FOREIGN TABLE lake.a (id int, name text, price numeric(10,2)) SERVER aws OPTIONS (location 's3://pds-views/a/', format 'csv');
CREATE FOREIGN TABLE lake."Odd ""name" (id int, "A column, odd" text) SERVER aws OPTIONS (location 's3://pds-views/odd/', format 'csv');
CREATE TABLE lake.heap (id int);
COMMENT ON FOREIGN TABLE lake.a IS 'it''s the table';
COMMENT ON COLUMN lake.a.name IS 'what it is called';
GRANT SELECT ON lake.a TO pds_views_reader WITH GRANT OPTION;
GRANT SELECT (id), INSERT ON lake."Odd ""name" TO pds_views_reader;
GRANT SELECT ON lake."Odd ""name" TO PUBLIC;
CREATE USER MAPPING FOR pds_views_reader SERVER aws OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}');
SQL
my $make = "SELECT * FROM pds.create_views('lake', 'reports')";

sub rights
{
	return psql_value("SELECT string_agg(concat_ws(' ', attname, grantee::regrole, privilege_type, is_grantable), ', ' ORDER BY n, grantee::regrole::text, privilege_type)
		FROM (SELECT 0 AS n, NULL AS attname, relacl AS acl FROM pg_class WHERE oid = '$_[0]'::regclass
			UNION ALL SELECT attnum, attname, attacl FROM pg_attribute WHERE attrelid = '$_[0]'::regclass AND attnum > 0) x, aclexplode(acl)
		WHERE grantee <> 'postgres'::regrole");
}

is(psql_value($make), qq(reports."Odd ""name"|created\nreports.a|created), 'a view for each foreign table');
is(psql_value("SELECT count(*) FROM pg_views WHERE schemaname = 'reports'"), 2, 'and for nothing else');
is(psql_value('TABLE reports.a ORDER BY id'), "1|one|2.50\n2|two|3.50", 'its rows');
is(psql_value('TABLE reports."Odd ""name"'), '7|x', 'odd names');
is(psql_value("SELECT reloptions::text FROM pg_class WHERE oid = 'reports.a'::regclass"), '{security_invoker=true}', 'with the rights of its reader');
is(psql_value("SELECT obj_description('reports.a'::regclass) || '|' || col_description('reports.a'::regclass, 2)"), "it's the table|what it is called", 'comments');
is(rights("reports.$_"), rights("lake.$_"), "rights of $_")
  for 'a', '"Odd ""name"';
for my $query ('SELECT count(*), sum(price) FROM %s.a WHERE id > 1', 'SELECT name, count(*) FROM %s.a GROUP BY 1', 'SELECT id FROM %s.a ORDER BY 1 LIMIT 1')
{
	my ($view, $table) = map { psql_value('SET enable_hashagg = off; EXPLAIN (COSTS OFF) ' . sprintf $query, $_) } 'reports', 'lake';
	is($view =~ s/\ba\.//gr, $table =~ s/\ba\.//gr, "planned as over the table: $query");
}

# with whose rights
is(psql_value('SET ROLE pds_views_reader; SELECT sum(id) FROM reports.a'), 3, 'a reader with rights and a mapping of his own');
psql_fails('SET ROLE pds_views_other; SELECT * FROM reports.a', qr/42501: permission denied for view a/, 'one without');
psql_ok('GRANT SELECT ON reports.a TO pds_views_other', 'rights on the view alone');
psql_fails('SET ROLE pds_views_other; SELECT * FROM reports.a', qr/42501: permission denied for foreign table a/, 'are not enough');
psql_fails("SET ROLE pds_views_other; $make", qr/42501: permission denied for schema reports/, 'who may not create');
psql_ok('INSERT INTO reports."Odd ""name" VALUES (8, $$y$$)', 'INSERT passes through');
is(psql_value('SELECT count(*) FROM lake."Odd ""name"'), 2, 'into the table');

# again
psql_ok(<<'SQL', 'the tables change');
COMMENT ON FOREIGN TABLE lake.a IS NULL;
COMMENT ON COLUMN lake.a.id IS 'key';
REVOKE ALL ON lake.a FROM pds_views_reader;
ALTER FOREIGN TABLE lake.a ADD COLUMN note text;
SQL
is(psql_value($make), qq(reports."Odd ""name"|replaced\nreports.a|replaced), 'refreshed');
is(psql_value("SELECT coalesce(obj_description('reports.a'::regclass), '-') || '|' || col_description('reports.a'::regclass, 1)"), '-|key', 'comments follow');
is(rights('reports.a'), '', 'so do rights that were revoked, or were the view\'s alone');
is(psql_value("SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'reports.a'::regclass"), 'id,name,price,note', 'and columns');
psql_ok('ALTER FOREIGN TABLE lake.a DROP COLUMN name CASCADE', 'a column goes, and the view with it');
is(psql_value($make), qq(reports."Odd ""name"|replaced\nreports.a|created), 'made');
psql_ok('ALTER FOREIGN TABLE lake.a RENAME COLUMN note TO remark', 'a column has another name');
psql_ok('CREATE VIEW reports.above AS SELECT id FROM reports.a', 'a view above');
psql_fails($make, qr/2BP01: cannot drop view reports\.a because other objects depend on it/, 'is in the way');
is(psql_value('DROP VIEW reports.above;' . $make), qq(reports."Odd ""name"|replaced\nreports.a|made anew), 'made anew');
is(psql_value("SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'reports.a'::regclass"), 'id,price,remark', 'its columns');

# what is not ours stays
for my $other ('CREATE TABLE reports.a (id int)', 'CREATE VIEW reports.a AS SELECT * FROM lake.a WHERE id > 1', 'CREATE VIEW reports.a AS SELECT id + 1 AS id FROM lake.a',
	'CREATE VIEW reports.a AS SELECT DISTINCT id FROM lake.a', 'CREATE VIEW reports.a AS SELECT id FROM lake.heap')
{
	psql_fails("BEGIN; DROP VIEW reports.a; $other; $make", qr/42710: relation reports\.a exists, and is not a view of all rows of lake\.a.*HINT/s, $other);
}
psql_fails("SELECT pds.create_views('lake', 'lake')", qr/22023: views cannot be in the schema of their tables.*HINT/s, 'the same schema');
psql_fails("SELECT pds.create_views('lake', 'nowhere')", qr/3F000: schema "nowhere" does not exist/, 'no such schema');
psql_fails("SET default_transaction_read_only = on; $make", qr/25006: cannot execute (CREATE|DROP) VIEW in a read-only transaction/, 'read-only');

psql_ok('DROP OWNED BY pds_views_reader, pds_views_other; DROP ROLE pds_views_reader, pds_views_other', 'the roles');
done_testing();
