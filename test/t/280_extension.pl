# What the extension is made of: its schema, who may execute what, what a READ ONLY transaction refuses, costs, comments.
use strict;
use warnings;
use PdsTest;
use Test::More;

need_stack();
fresh_database('pds_extension');
sub value { return psql_value(@_) }

# ---- schema pds ----

is(value("SELECT string_agg(DISTINCT n.nspname, ',') FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
	JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
	JOIN pg_extension e ON d.refobjid = e.oid WHERE extname = 'pds_fdw'"), 'pds', 'all functions are in schema pds');
is(value("SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'pds_fdw'"), 'pg_catalog', 'which belongs to the extension, not the extension to it');
psql_fails('DROP SCHEMA pds', qr/2BP01.*extension pds_fdw requires it/s, 'it cannot be dropped alone');
psql_fails('ALTER EXTENSION pds_fdw SET SCHEMA public', qr/0A000.*does not support SET SCHEMA/s, 'nor the extension be moved');
psql_ok('DROP EXTENSION pds_fdw', 'DROP EXTENSION');
is(value("SELECT count(*) FROM pg_namespace WHERE nspname = 'pds'"), 0, 'takes it along');
psql_fails('CREATE EXTENSION pds_fdw SCHEMA public', qr/0A000: .*must be installed in schema "pg_catalog"/, 'there is no other place');

# somebody else's functions must not become those that people call as pds.*
psql_ok("SET client_min_messages = error; $_", $_)
  for ('DROP ROLE IF EXISTS pds_ext_other', 'CREATE ROLE pds_ext_other', 'GRANT CREATE ON DATABASE pds_extension TO pds_ext_other',
	"SET ROLE pds_ext_other; CREATE SCHEMA pds; CREATE FUNCTION pds.s3_list(text, text) RETURNS text LANGUAGE sql AS \$\$SELECT 'run as ' || current_user\$\$;
	 CREATE OPERATOR pds.= (LEFTARG = text, RIGHTARG = text, FUNCTION = pds.s3_list); GRANT USAGE ON SCHEMA pds TO PUBLIC");
psql_fails('CREATE EXTENSION pds_fdw', qr/42P06.*schema "pds" already exists/s, 'a schema pds that is there is an error');
psql_fails('CREATE EXTENSION pds_fdw CASCADE', qr/42P06/, 'whatever is asked');
psql_ok('DROP SCHEMA pds CASCADE; CREATE EXTENSION pds_fdw', 'without it it works');
psql_fails('SET ROLE pds_ext_other; CREATE FUNCTION pds.s3_list(text, text) RETURNS text LANGUAGE sql AS $$SELECT 1$$', qr/42501.*schema pds/s, 'nobody else puts anything there');
psql_ok("DROP EXTENSION pds_fdw; CREATE SCHEMA mine; CREATE DOMAIN mine.text AS pg_catalog.int4; CREATE DOMAIN mine.name AS pg_catalog.int4; SET search_path = mine, pg_catalog; CREATE EXTENSION pds_fdw", 'another search_path');
is(value("SELECT count(*) FROM pg_proc p, unnest(p.proargtypes) t WHERE pronamespace = 'pds'::regnamespace AND t IN ('mine.text'::regtype, 'mine.name'::regtype)"), 0, 'makes no other functions');
psql_ok('DROP OWNED BY pds_ext_other; DROP ROLE pds_ext_other', 'tidy');

# ---- the document ----

# of each function name: yes or no for PUBLIC
my %said;
my $doc = slurp('doc/functions.md');
$doc =~ /^## Who may execute what\n(.*?)^## /ms or die('no section');
for (split /\n/, $1)
{
	my ($names, $public) = /^\| (`.*`) \| (yes|no) \|/ or next;
	for my $name ($names =~ /`(\w+)`/g)
	{
		ok(!$said{$name}, "$name is said once");
		$said{$name} = $public;
	}
}
my %is = map { split /\|/ } split /\n/, value("SELECT proname, string_agg(DISTINCT CASE WHEN has_function_privilege('public', oid, 'execute') THEN 'yes' ELSE 'no' END, ' and ')
	FROM pg_proc WHERE pronamespace = 'pds'::regnamespace GROUP BY 1");
is_deeply(\%said, \%is, 'doc/functions.md says who may execute what');
is(value("SELECT string_agg(relname, ' ' ORDER BY 1) FROM pg_class WHERE relnamespace = 'pds'::regnamespace AND relkind = 'v' AND NOT has_table_privilege('public', oid, 'select')"), '', 'views are for all');
is(value("SELECT count(*) FROM pg_class WHERE relnamespace = 'pds'::regnamespace AND (has_table_privilege('public', oid, 'insert') OR has_table_privilege('public', oid, 'trigger'))"), 0, 'to look at');
is(value("SELECT has_schema_privilege('public', 'pds', 'usage'), has_schema_privilege('public', 'pds', 'create')"), 't|f', 'the schema');
is(value("SELECT string_agg(oid::regprocedure::text, ' ') FROM pg_proc WHERE pronamespace = 'pds'::regnamespace AND prosecdef"), '', 'none runs with its owner\'s rights');

# ---- READ ONLY ----

create_server('aws');
my %values = (name => "'x'", text => "'x'", 'text[]' => "'{x}'", bytea => "'x'", jsonb => "'{}'", boolean => 'false', integer => '1', bigint => '1', record => 'NULL', interval => "'1 hour'", regclass => "'pg_class'",
	'timestamp with time zone' => 'now()', 'name[]' => 'NULL');
my $calls = value("SELECT proname || '|' || string_agg(coalesce(n.name, '') || ':' || format_type(t.oid, NULL), ';' ORDER BY ord) FROM pg_proc p, unnest(p.proargtypes) WITH ORDINALITY AS t (oid, ord),
	LATERAL (SELECT p.proargnames[ord]) n (name) WHERE pronamespace = 'pds'::regnamespace AND prokind = 'f' AND NOT has_function_privilege('public', p.oid, 'execute') AND proname <> 'stat_reset' GROUP BY p.oid");
my $none = 0;
for (split /\n/, $calls)
{
	my ($function, $arguments) = split /\|/;
	my @arguments = map { my ($n, $t) = split /:/; $n eq 'server' ? "'aws'" : $n eq 'sql' || $n eq 'query' ? "'SELECT 1 AS a'" : $n eq 'path' ? "'/tmp/x'" : $n eq 'pattern' ? 'NULL' : $n =~ /uri|location|source|target/ && $t eq 'text' ? "'s3://pds-ext/x/'::text" : ($values{$t} // die("no value of $t")) . "::$t" } split /;/, $arguments;
	psql_fails("BEGIN READ ONLY; SELECT * FROM pds.$function(" . join(', ', @arguments) . ')', qr/25006.*$function/s, "READ ONLY: $function");
	$none++;
}
cmp_ok($none, '>', 30, 'all that are revoked');
psql_ok("CREATE FOREIGN TABLE t (a int) SERVER aws OPTIONS (location 's3://pds-ext/t/', format 'csv')", 'a table');
psql_fails("BEGIN READ ONLY; $_", qr/25006/, "READ ONLY: $_") for ('INSERT INTO t VALUES (1)', 'TRUNCATE t', "COPY t FROM PROGRAM 'echo 1'");

# ---- costs ----

is(value("SELECT string_agg(oid::regprocedure::text, ' ') FROM pg_proc WHERE pronamespace = 'pds'::regnamespace AND procost < 100000 AND proname <> 'connections' AND
	(proargnames[1] = 'server' OR proname IN ('profile', 'bias_report', 'bias_json', 'refresh_table'))"), '', 'what asks AWS costs');
run_python('import boto3; boto3.client("s3").create_bucket(Bucket="pds-ext")');
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
create_server('counted', s3_endpoint_url => $proxy->{url});
psql_ok("CREATE TABLE letters AS SELECT g AS id, repeat('x', g) AS body FROM generate_series(1, 110) g", 'letters');
is(value("SELECT count(*) FROM letters WHERE NOT pds.s3_exists('counted', 's3://pds-ext/' || id) AND length(body) > 100"), 10, 'a cheap condition behind a dear one');
my %asked = map { ($_->{path} => 1) } grep { $_->{path} =~ m{^/pds-ext/\d+$} } proxy_log($proxy);
is(scalar(keys %asked), 10, 'runs first');
stop_proxy($proxy);

# ---- casts and types of others ----

# Who looks at a table must not run what its owner has hung on a type: here a cast that makes a row of who ran it.
psql_ok("SET client_min_messages = error; $_", substr($_, 0, 60))
  for ('DROP ROLE IF EXISTS pds_ext_owner', 'CREATE ROLE pds_ext_owner', 'CREATE SCHEMA AUTHORIZATION pds_ext_owner', 'CREATE TABLE ran (who text, what text)', 'GRANT INSERT ON ran TO PUBLIC',
	q{SET ROLE pds_ext_owner; SET search_path = pds_ext_owner;
	CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE TYPE pair AS (a int, b text);
	CREATE FUNCTION spy(mood) RETURNS pg_catalog.text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ran VALUES (current_user, 'mood'); RETURN 'x'; END $$;
	CREATE FUNCTION spy(pair) RETURNS pg_catalog.text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ran VALUES (current_user, 'pair'); RETURN 'x'; END $$;
	CREATE FUNCTION spy_time(mood) RETURNS timestamp LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ran VALUES (current_user, 'time'); RETURN now(); END $$;
	CREATE CAST (mood AS pg_catalog.text) WITH FUNCTION spy(mood) AS IMPLICIT; CREATE CAST (pair AS pg_catalog.text) WITH FUNCTION spy(pair) AS IMPLICIT;
	CREATE CAST (mood AS timestamp) WITH FUNCTION spy_time(mood) AS IMPLICIT;
	CREATE FUNCTION eq(mood, mood) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ran VALUES (current_user, 'eq'); RETURN true; END $$;
	CREATE OPERATOR = (LEFTARG = mood, RIGHTARG = mood, FUNCTION = eq);
	CREATE TABLE t (m mood, p pair, ms mood[], label int);
	INSERT INTO t SELECT m, (i, 'x')::pair, ARRAY[m], i FROM unnest(enum_range(NULL::mood)) m, generate_series(0, 1) i;
	GRANT USAGE ON SCHEMA pds_ext_owner TO PUBLIC});
is(value('SELECT column_name, distinct_values, top, top_count FROM pds.profile(\'pds_ext_owner.t\')'), "m|3|happy|2\np|2|(0,x)|3\nms|3|{happy}|2\nlabel|2|0|3", 'profile shows what output functions give');
is(value("SELECT string_agg(DISTINCT facet_value, ',') FROM pds.bias_report('pds_ext_owner.t', 'm', 'label', positive_values => 1)"), 'happy,ok,sad', 'bias_report, too');
is(value("SELECT facet_value, value FROM pds.bias_report('pds_ext_owner.t', 'm', 'm', facet_values => '{happy,ok}', positive_values => 'sad', group_by => 'p') WHERE metric = 'CI'"), 'happy,ok|-0.3333333333333333', 'and compares with values of the type');
psql_fails("SELECT * FROM pds.bias_report('pds_ext_owner.t', 'm', 'label', facet_values => 'glad')", qr/22P02.*mood: "glad"/s, 'a value that is none');
is(value('SELECT string_agg(DISTINCT what, \',\') FROM ran'), '', 'nothing of theirs ran');
psql_ok("SET client_min_messages = error; DROP OWNED BY pds_ext_owner CASCADE; DROP ROLE pds_ext_owner", 'tidy');

run_python(<<'PY');
import boto3
boto3.client("s3").put_object(Bucket="pds-ext", Key="types/t/a.csv", Body=b"id,word,day\n1,a b,2024-01-31\n2,c,2024-02-01\n")
glue = boto3.client("glue")
try:
    glue.delete_database(Name="pds_ext")
except glue.exceptions.EntityNotFoundException:
    pass
glue.create_database(DatabaseInput={"Name": "pds_ext"})
PY
psql_ok("SELECT pds.create_csv_table('aws', 'pds_ext', 'kinds', 's3://pds-ext/kinds/', 'a string, b date, c array<string>, d struct<x:int>, e binary, f varchar(3), g timestamp', 'k date')", 'a table in Glue');
psql_ok('CREATE SCHEMA others; ' . join('; ', map { "CREATE DOMAIN others.$_ AS pg_catalog.int4" } qw(text date bytea jsonb timestamptz int4)), 'types of the same names');
my $columns = "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_catalog.pg_attribute WHERE attrelid = '%s'::regclass AND attnum > 0 AND NOT attisdropped";
my $other_path = 'SET search_path = others, pg_catalog; SET client_min_messages = error';
psql_ok("$other_path; IMPORT FOREIGN SCHEMA pds_ext FROM SERVER aws INTO others", 'IMPORT with them in search_path');
is(value(sprintf $columns, 'others.kinds'), 'a text, b date, c text[], d jsonb, e bytea, f character varying(3), g timestamp(3) without time zone, k date', 'takes the server\'s own');
psql_ok("$other_path; SELECT pds.add_column('aws', 'pds_ext', 'kinds', 'h', 'string'); SELECT pds.refresh_table('others.kinds')", 'a new column');
like(value(sprintf $columns, 'others.kinds'), qr/, h text/, 'the same of refresh_table');
psql_ok("$other_path; IMPORT FOREIGN SCHEMA \"s3://pds-ext/types/\" FROM SERVER aws INTO others", 'IMPORT from a location');
is(value(sprintf $columns, 'others.t'), 'id integer, word text, day date', 'the same');

# ---- what USAGE gives (doc/security.md says so) ----

psql_ok("SET client_min_messages = error; $_", $_) for ('DROP ROLE IF EXISTS pds_ext_user', 'CREATE ROLE pds_ext_user', "ALTER SERVER aws OPTIONS (ADD use_ambient_credentials 'true')", 'GRANT USAGE ON FOREIGN SERVER aws TO pds_ext_user',
	'GRANT CREATE, USAGE ON SCHEMA public TO pds_ext_user');
my $made = "(a int) SERVER aws OPTIONS (location 's3://pds-ext/mine/', format 'csv', updatable 'true')";
psql_ok("SET ROLE pds_ext_user; CREATE FOREIGN TABLE pg_temp.t $made; INSERT INTO pg_temp.t VALUES (1)", 'a temporary foreign table is enough to write');
psql_ok("SET ROLE pds_ext_user; CREATE FOREIGN TABLE public.kept $made", 'one that stays');
psql_ok('REVOKE USAGE ON FOREIGN SERVER aws FROM pds_ext_user', 'REVOKE USAGE');
psql_fails("SET ROLE pds_ext_user; CREATE FOREIGN TABLE pg_temp.t $made", qr/42501.*foreign server aws/s, 'no new one');
is(value('SET ROLE pds_ext_user; INSERT INTO public.kept VALUES (2); SELECT count(*) FROM public.kept'), 2, 'the other goes on');
psql_ok("ALTER FOREIGN TABLE public.kept OPTIONS (ADD write_mode 'overwrite'); GRANT INSERT ON public.kept TO pds_ext_user", 'overwrite');
psql_ok('SET ROLE pds_ext_user; INSERT INTO public.kept SELECT 1 WHERE false', 'an INSERT of nothing');
is(value('SELECT count(*) FROM public.kept'), 0, 'empties it');
psql_ok("DROP OWNED BY pds_ext_user; DROP ROLE pds_ext_user", 'tidy');

# ---- comments ----

# on newer releases arrays and the rows of relations are members, too
is(value("SELECT string_agg(pg_describe_object(classid, objid, 0), ', ') FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pds_fdw')
	AND deptype = 'e' AND coalesce(obj_description(objid, classid::regclass::text::name), '') = ''
	AND NOT EXISTS (SELECT FROM pg_type t LEFT JOIN pg_class c ON c.oid = typrelid WHERE classid = 'pg_type'::regclass AND t.oid = objid AND (typcategory = 'A' OR c.relkind <> 'c'))"), '', 'every object has a comment');
is(psql_value("SELECT string_agg(attrelid::regclass || '.' || attname, ', ') FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
	WHERE relnamespace = 'pds'::regnamespace AND attnum > 0 AND coalesce(col_description(attrelid, attnum), '') = ''"), '', 'and so has every column of views and types');

done_testing();
