-- Options: accepted with a good value, refused with a bad one, and what is
-- said about misspelt and misplaced ones.  Nothing here needs a network.
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_pds_admin;
RESET client_min_messages;
CREATE ROLE regress_pds_admin SUPERUSER;
SET ROLE regress_pds_admin;
CREATE EXTENSION pds_fdw;
SELECT extname, extversion, extnamespace::regnamespace, obj_description(oid, 'pg_extension') FROM pg_extension WHERE extname = 'pds_fdw';
SELECT version, substring(postgresql, '^\d+') = substring(current_setting('server_version'), '^\d+') AS this_server, codecs ? 'libzstd' AS codecs FROM pds.version();

-- ask(statement): what PostgreSQL says, in one row
CREATE FUNCTION ask(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text;
	hint text;
BEGIN
	EXECUTE statement;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
	RETURN message || CASE WHEN hint <> '' THEN ' / ' || hint ELSE '' END;
END $$;

CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1');

-- ask(option, value): the same for one option of a kind of object; undone at once
CREATE FUNCTION ask(kind text, option text, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text;
	hint text;
	pair text := format('%I %L', option, value);
BEGIN
	CASE kind
		WHEN 'server' THEN
			EXECUTE format('CREATE SERVER probe FOREIGN DATA WRAPPER pds_fdw OPTIONS (%s)', pair);
		WHEN 'mapping' THEN
			EXECUTE format('CREATE USER MAPPING FOR PUBLIC SERVER aws OPTIONS (%s%s)', pair,
						   CASE option WHEN 'access_key_id' THEN ', secret_access_key ''x'''
									   WHEN 'secret_access_key' THEN ', access_key_id ''x'''
									   WHEN 'session_token' THEN ', access_key_id ''x'', secret_access_key ''x'''
									   ELSE '' END);
		WHEN 'table' THEN
			EXECUTE format('CREATE FOREIGN TABLE probe (a int) SERVER aws OPTIONS (%s%s)', pair,
						   CASE option WHEN 'location' THEN '' WHEN 'database' THEN ''
									   WHEN 'table_name' THEN ', database ''d'''
									   ELSE ', location ''s3://bucket/prefix/''' END);
		WHEN 'column' THEN
			EXECUTE format('CREATE FOREIGN TABLE probe (a int OPTIONS (%s)) SERVER aws OPTIONS (location ''s3://bucket/prefix/'')', pair);
	END CASE;
	RAISE EXCEPTION USING ERRCODE = 'PDS00';
EXCEPTION
	WHEN SQLSTATE 'PDS00' THEN
		RETURN 'accepted';
	WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
		RETURN message || CASE WHEN hint <> '' THEN ' / ' || hint ELSE '' END;
END $$;

-- one line a value: accepted, or why not
\t on
\pset format unaligned

-- server: text
SELECT o, v, ask('server', o, v) FROM (VALUES
	('profile', 'analytics'), ('profile', ''),
	('ca_bundle', '/etc/ssl/ca.pem'), ('ca_bundle', ''),
	('role_arn', 'arn:aws:iam::123456789012:role/reader'), ('role_arn', ''),
	('external_id', 'x-1'), ('external_id', ''),
	('role_session_name', 'nightly'), ('role_session_name', ''),
	('catalog_id', '123456789012'), ('catalog_id', ''),
	('athena_catalog', 'AwsDataCatalog'), ('athena_catalog', ''),
	('workgroup', 'primary'), ('workgroup', '')) AS t(o, v);

-- server: names that become part of a host name
SELECT o, v, ask('server', o, v) FROM (VALUES
	('region', 'eu-central-1'), ('region', 'us-gov-west-1'), ('region', ''), ('region', 'US-EAST-1'),
	('region', 'us-east-1.evil.example'), ('region', 'us-east-1/'), ('region', 'us-east-1#'),
	('region', 'us-east-1@x'), ('region', '-us'), ('region', 'us-'), ('region', 'us east'),
	('region', repeat('a', 63)), ('region', repeat('a', 64))) AS t(o, v);

-- server: end points
SELECT o, v, ask('server', o, v)
FROM unnest('{endpoint_url,s3_endpoint_url,glue_endpoint_url,athena_endpoint_url,sts_endpoint_url}'::text[]) AS o,
	 unnest('{http://127.0.0.1:9000,localhost:9000}'::text[]) AS v;
SELECT 'endpoint_url', v, ask('server', 'endpoint_url', v) FROM (VALUES
	('https://s3.example.com'), ('https://s3.example.com/'), ('HTTPS://S3.EXAMPLE.COM'), ('http://[::1]:9000'),
	('https://s3.example.com/path'), ('https://s3.example.com?x=1'), ('https://'), ('http:///'),
	('ftp://s3.example.com'), ('file:///etc/passwd'), ('https://a b'), (''),
	('http://h:65536'), ('http://h:80:80'), ('http://[::1'), ('http://u:p@h'), ('http://h%2e')) AS t(v);

-- server: words
SELECT o, v, ask('server', o, v) FROM (VALUES
	('addressing_style', 'auto'), ('addressing_style', 'path'), ('addressing_style', 'virtual'),
	('addressing_style', 'Path'), ('addressing_style', ''), ('addressing_style', 'auto path'),
	('engine', 'auto'), ('engine', 'direct'), ('engine', 'athena'), ('engine', 'default'),
	('engine', 'trino'), ('engine', '')) AS t(o, v);

-- server: true or false
SELECT o, v, ask('server', o, v)
FROM unnest('{anonymous,use_fips,use_dualstack,use_instance_region,requester_pays,keep_results,allow_inexact,async_capable,use_ambient_credentials}'::text[]) AS o,
	 unnest('{true,maybe}'::text[]) AS v;
SELECT 'anonymous', v, ask('server', 'anonymous', v)
FROM unnest('{false,on,off,yes,no,1,0,t,f,TRUE,2,""}'::text[]) AS v;

-- server: numbers
SELECT o, v, ask('server', o, v) FROM (VALUES
	('result_reuse_minutes', '0'), ('result_reuse_minutes', '10080'), ('result_reuse_minutes', '10081'),
	('result_reuse_minutes', '-1'), ('result_reuse_minutes', '1.5'), ('result_reuse_minutes', 'x'),
	('result_reuse_minutes', ''), ('result_reuse_minutes', '99999999999999999999'),
	('max_attempts', '1'), ('max_attempts', '20'), ('max_attempts', '0'), ('max_attempts', '21'),
	('fetch_concurrency', '1'), ('fetch_concurrency', '64'), ('fetch_concurrency', '0'), ('fetch_concurrency', '65'),
	('fdw_startup_cost', '0'), ('fdw_startup_cost', '1e3'), ('fdw_startup_cost', '-1'), ('fdw_startup_cost', 'nan'),
	('fdw_startup_cost', 'inf'), ('fdw_startup_cost', '1x'), ('fdw_startup_cost', ''),
	('fdw_tuple_cost', '0.01'), ('fdw_tuple_cost', 'x')) AS t(o, v);

-- server: bytes
SELECT o, v, ask('server', o, v) FROM (VALUES
	('max_scan_bytes', '0'), ('max_scan_bytes', '1048576'), ('max_scan_bytes', '500 MB'), ('max_scan_bytes', '1.5gb'),
	('max_scan_bytes', '10TB'), ('max_scan_bytes', '10B'), ('max_scan_bytes', '-1'), ('max_scan_bytes', '10 potatoes'),
	('max_scan_bytes', 'MB'), ('max_scan_bytes', 'nan'), ('max_scan_bytes', 'inf'), ('max_scan_bytes', '1e30'),
	('max_scan_bytes', ''),
	('fetch_part_size', '64kB'), ('fetch_part_size', '256MB'), ('fetch_part_size', '65535'), ('fetch_part_size', '257MB')) AS t(o, v);

-- server: times
SELECT o, v, ask('server', o, v) FROM (VALUES
	('connect_timeout', '10'), ('connect_timeout', '500ms'), ('connect_timeout', '3600'), ('connect_timeout', '3601'),
	('connect_timeout', '1 h'), ('connect_timeout', '-1'), ('connect_timeout', ''),
	('start_timeout', '0'), ('start_timeout', '10min'), ('start_timeout', '-1'), ('request_timeout', '2min'), ('request_timeout', '86400s'), ('request_timeout', '86401'), ('request_timeout', 'nan'),
	('cache_ttl', '0'), ('cache_ttl', '86400'), ('cache_ttl', '86401'), ('cache_ttl', 'long')) AS t(o, v);

-- server: a location
SELECT o, v, ask('server', o, v) FROM (VALUES
	('output_location', 's3://my-bucket/results/'), ('output_location', 's3://my-bucket'),
	('output_location', 's3:///results/'), ('output_location', 'my-bucket/results/'),
	('output_location', 'https://my-bucket.s3.amazonaws.com/'), ('output_location', 's3://evil.example#/x'),
	('output_location', '')) AS t(o, v);

-- user mapping: no value is ever repeated
SELECT o, v, ask('mapping', o, v) FROM (VALUES
	('access_key_id', 'AKIAEXAMPLE'), ('access_key_id', ''),
	('secret_access_key', 'hush'), ('secret_access_key', ''),
	('session_token', 'hush'), ('session_token', ''),
	('profile', 'analytics'), ('profile', ''),
	('role_arn', 'arn:aws:iam::123456789012:role/reader'), ('role_arn', '')) AS t(o, v);

-- what no header can hold: neither in a mapping nor in a server
SELECT k, o, regexp_replace(ask(k, o, v), '[\x01-\x1f\x7f]+', '.', 'g') FROM (VALUES
	('mapping', 'access_key_id', E'AK\r\n\r\nDELETE /b/k HTTP/1.1\r\nX: '), ('mapping', 'access_key_id', E'AK\n'),
	('mapping', 'secret_access_key', E'hush\r'), ('mapping', 'session_token', E'hush\nX-Evil: 1'), ('mapping', 'session_token', E'hush\x01'),
	('mapping', 'role_arn', E'arn\x7f'), ('server', 'role_session_name', E'me\n'), ('server', 'external_id', E'a\x1fb')) AS t(k, o, v);

-- table
SELECT o, v, ask('table', o, v) FROM (VALUES
	('database', 'dsoaws'), ('database', ''),
	('table_name', 'reviews'), ('table_name', ''),
	('location', 's3://bucket/prefix/'), ('location', 's3://bucket'), ('location', 'bucket/prefix/'),
	('location', 's3://Bad_Bucket@host/x'), ('location', ''),
	('format', 'lazysimple'), ('format', 'opencsv'), ('format', 'csv'), ('format', 'CSV'), ('format', 'parquet'), ('format', ''),
	('delimiter', ','), ('delimiter', '\t'), ('delimiter', E'\t'), ('delimiter', E'\x01'), ('delimiter', '||'), ('delimiter', ''),
	('delimiter', E'\n'), ('delimiter', E'\r'), ('delimiter', U&'\00E9'),
	('quote', '"'), ('quote', ''), ('quote', '""'), ('quote', U&'\00E9'),
	('escape', '\'), ('escape', ''), ('escape', '\\'),
	('null', ''), ('null', '\N'), ('null', 'NULL'),
	('header', 'true'), ('header', 'false'), ('header', '2'), ('header', '1000000'), ('header', '1000001'), ('header', '-1'),
	('header', 'x'), ('header', ''),
	('encoding', 'latin1'), ('encoding', 'UTF8'), ('encoding', 'SJIS'), ('encoding', 'utf-9'), ('encoding', ''),
	('compression', 'none'), ('compression', 'gzip'), ('compression', 'zstd'), ('compression', 'bzip2'), ('compression', 'deflate'), ('compression', 'lz4'),
	('compression', 'snappy'), ('compression', 'lzo'), ('compression', ''),
	('archived_objects', 'skip'), ('archived_objects', 'refuse'), ('archived_objects', 'ignore'),
	('on_error', 'null'), ('on_error', 'stop'), ('on_error', 'skip'), ('on_error', 'ignore'), ('on_error', ''),
	('reject_limit', '0'), ('reject_limit', '2147483647'), ('reject_limit', '2147483648'), ('reject_limit', '-1'), ('reject_limit', 'x'),
	('engine', 'auto'), ('engine', 'direct'), ('engine', 'athena'), ('engine', 'hive'),
	('max_scan_bytes', '1GB'), ('max_scan_bytes', 'lots'),
	('write_mode', 'append'), ('write_mode', 'overwrite'), ('write_mode', 'overwrite_partitions'), ('write_mode', 'merge'),
	('updatable', 'false'), ('updatable', 'sure'), ('write_compression', 'zstd'), ('write_compression', 'bzip2'), ('write_compression_level', '19'), ('write_compression_level', '20'),
	('max_rows_per_file', '1000'), ('max_rows_per_file', '0'), ('max_bytes_per_file', '64MB'), ('max_bytes_per_file', '1')) AS t(o, v);

-- column
SELECT o, v, ask('column', o, v) FROM (VALUES
	('column_name', 'Review Body'), ('column_name', ''),
	('partition_key', 'true'), ('partition_key', 'perhaps'),
	('glue_type', 'string'), ('glue_type', 'int'), ('glue_type', 'varchar(20)'), ('glue_type', 'char(3)'), ('glue_type', 'decimal(10,2)'),
	('glue_type', 'timestamp'), ('glue_type', 'array<int>'), ('glue_type', 'map<string,double>'),
	('glue_type', 'struct<a:int,b:array<string>>'),
	('glue_type', 'decimal(39,2)'), ('glue_type', 'decimal(10,11)'), ('glue_type', 'array<int'), ('glue_type', 'struct<a>'), ('glue_type', '')) AS t(o, v);

-- misspelt: the nearest is named
SELECT k, o, ask(k, o, 'x') FROM (VALUES
	('server', 'regoin'), ('server', 'Region'), ('server', 'endpoint'), ('server', 's3_endpoint'), ('server', 'work_group'),
	('server', 'output_loction'), ('server', 'max_scan_byte'), ('server', 'use_ambient_credential'),
	('mapping', 'acces_key_id'), ('mapping', 'secret_key'), ('mapping', 'aws_secret_access_key'), ('mapping', 'token'),
	('table', 'delimeter'), ('table', 'formatt'), ('table', 'tablename'), ('table', 'on_eror'),
	('column', 'colum_name'), ('column', 'gluetype'),
	-- nothing near: all are listed
	('server', 'warehouse'), ('mapping', 'password'), ('table', 'separator_char'), ('column', 'x')) AS t(k, o);
-- longer than anything
SELECT ask('server', repeat('x', 63), 'x') LIKE 'invalid option "xxx%Valid options here are: region, %';

-- in the wrong place: the right one is named
SELECT k, o, ask(k, o, 'x') FROM (VALUES
	('server', 'access_key_id'), ('server', 'secret_access_key'), ('server', 'location'), ('server', 'glue_type'),
	('mapping', 'region'), ('mapping', 'engine'), ('mapping', 'database'), ('mapping', 'partition_key'),
	('table', 'region'), ('table', 'secret_access_key'), ('table', 'column_name'),
	('column', 'engine'), ('column', 'format'), ('column', 'access_key_id'), ('column', 'use_ambient_credentials')) AS t(k, o);
SELECT ask('ALTER FOREIGN DATA WRAPPER pds_fdw OPTIONS (ADD region ''us-east-1'')');
SELECT ask('ALTER FOREIGN DATA WRAPPER pds_fdw OPTIONS (ADD nonsense ''x'')');

-- what belongs together
SELECT ask('CREATE USER MAPPING FOR PUBLIC SERVER aws OPTIONS (access_key_id ''AKIAEXAMPLE'')');
SELECT ask('CREATE USER MAPPING FOR PUBLIC SERVER aws OPTIONS (secret_access_key ''hush'')');
SELECT ask('CREATE USER MAPPING FOR PUBLIC SERVER aws OPTIONS (session_token ''hush'')');
SELECT ask('CREATE FOREIGN TABLE probe (a int) SERVER aws');
SELECT ask('CREATE FOREIGN TABLE probe (a int) SERVER aws OPTIONS (table_name ''t'')');
SELECT ask('CREATE FOREIGN TABLE probe (a int) SERVER aws OPTIONS (table_name ''t'', location ''s3://b/p/'')');
SELECT ask('CREATE FOREIGN TABLE probe (a int) SERVER aws OPTIONS (format ''csv'')');
SELECT ask('CREATE FOREIGN TABLE probe (a int) SERVER aws OPTIONS (location ''s3://b/p/'', location ''s3://b/q/'')');
SELECT ask('CREATE FOREIGN TABLE probe (a int) SERVER aws OPTIONS (database ''d'', version_id ''3/L4kqt'')');
SELECT ask('CREATE FOREIGN TABLE probe (a int) SERVER aws OPTIONS (location ''s3://b/p/'', version_id ''3/L4kqt'')');
SELECT ask('CREATE FOREIGN TABLE probe (a int) SERVER aws OPTIONS (location ''s3://b'', version_id ''null'')');
SELECT ask('CREATE FOREIGN TABLE probe (a int) SERVER aws OPTIONS (location ''s3://b/p.csv'', version_id '''')');
SELECT ask('CREATE FOREIGN TABLE one_version (a int) SERVER aws OPTIONS (location ''s3://b/p.csv'', version_id ''null'')');

-- no secret in an error, whatever is wrong with it
SELECT ask('CREATE USER MAPPING FOR PUBLIC SERVER aws OPTIONS (access_key_id ''AKIAEXAMPLE'', secret_acces_key ''hush'')');
SELECT ask('CREATE USER MAPPING FOR PUBLIC SERVER aws OPTIONS (access_key_id ''AKIAEXAMPLE'', secret_access_key ''hush'', secret_access_key ''hush'')');
SELECT ask('CREATE SERVER probe FOREIGN DATA WRAPPER pds_fdw OPTIONS (secret_access_key ''hush'')');

-- IMPORT FOREIGN SCHEMA: one option for Glue's tables, others for locations
SELECT ask('CREATE USER MAPPING FOR regress_pds_admin SERVER aws OPTIONS (access_key_id ''AKIAEXAMPLE'', secret_access_key ''hush'', session_token ''hush-hush'')');
SELECT ask('IMPORT FOREIGN SCHEMA d FROM SERVER aws INTO public OPTIONS (case_sensitive ''true'')');
SELECT ask('IMPORT FOREIGN SCHEMA d FROM SERVER aws INTO public OPTIONS (pseudo_columns ''perhaps'')');
SELECT ask('IMPORT FOREIGN SCHEMA "s3://bucket/*.csv" FROM SERVER aws INTO public');
SELECT ask(format('IMPORT FOREIGN SCHEMA "s3://bucket/prefix/" FROM SERVER aws INTO public OPTIONS (%s %L)', o, v))
FROM (VALUES ('sample_size', '1MB'), ('sample_bytes', 'much'), ('sample_bytes', '10'), ('sample_objects', '0'),
             ('all_text', 'perhaps'), ('delimiter', 'ab'), ('header', 'some'), ('location', 's3://b/p/'),
             ('encoding', 'klingon'), ('compression', 'rar')) AS t (o, v);
SELECT ask('CREATE FOREIGN TABLE ft_sample (a int) SERVER aws OPTIONS (location ''s3://b/p/'', sample_bytes ''1MB'')');

-- changing what is there
SELECT ask('ALTER SERVER aws OPTIONS (ADD workgroup ''primary'', SET region ''eu-west-1'')');
SELECT ask('ALTER SERVER aws OPTIONS (ADD region ''eu-west-1'')');
SELECT ask('ALTER SERVER aws OPTIONS (SET engine ''direct'')');
SELECT ask('ALTER SERVER aws OPTIONS (SET region ''Nowhere!'')');
SELECT ask('ALTER SERVER aws OPTIONS (DROP region)');
SELECT ask('ALTER USER MAPPING FOR regress_pds_admin SERVER aws OPTIONS (DROP secret_access_key)');
SELECT ask('ALTER USER MAPPING FOR regress_pds_admin SERVER aws OPTIONS (DROP access_key_id, DROP secret_access_key)');
SELECT ask('ALTER USER MAPPING FOR regress_pds_admin SERVER aws OPTIONS (SET secret_access_key ''hush2'')');
SELECT ask('CREATE FOREIGN TABLE t (a int OPTIONS (column_name ''Alpha'', glue_type ''int''), p text OPTIONS (partition_key ''true'', glue_type ''string'')) SERVER aws OPTIONS (database ''d'', table_name ''t'', engine ''athena'')');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (DROP database)');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (DROP database, DROP table_name)');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (DROP table_name)');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (ADD table_name ''t'', SET engine ''auto'')');
SELECT ask('ALTER FOREIGN TABLE t ALTER COLUMN a OPTIONS (SET glue_type ''nonsense('')');
SELECT ask('ALTER FOREIGN TABLE t ALTER COLUMN a OPTIONS (DROP column_name)');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (ADD on_error ''ignore'', ADD log_verbosity ''verbose'', ADD reject_limit ''3'')');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (SET on_error ''set_null'', SET log_verbosity ''loud'')');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (DROP on_error, DROP log_verbosity, DROP reject_limit)');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (ADD skip ''2'', ADD comment ''#'', ADD encoding ''UTF-16'')');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (SET skip ''-1'')');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (SET comment ''//'')');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (SET encoding ''nonsense'')');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (SET encoding ''cp1252'')');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (DROP skip, DROP comment, DROP encoding)');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (ADD null ''["NA", ""]'', ADD trim ''true'', ADD default ''\D'', ADD date_format ''%d.%m.%Y'')');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (SET null ''[]'')');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (SET date_format ''%d.%m'')');
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (DROP null, DROP trim, DROP default, DROP date_format)');
SELECT ask('ALTER FOREIGN TABLE t ALTER COLUMN a OPTIONS (ADD thousands ''7'')');
SELECT ask('ALTER FOREIGN TABLE t ALTER COLUMN a OPTIONS (ADD decimal_separator '','', ADD thousands ''.'', ADD null ''-'', ADD force_null ''no'')');
SELECT ask('ALTER FOREIGN TABLE t ALTER COLUMN a OPTIONS (DROP decimal_separator, DROP thousands, DROP null, DROP force_null)');
-- names that other tools have
SELECT ask('ALTER FOREIGN TABLE t OPTIONS (ADD ' || alias || ' ''x'')')
FROM unnest(ARRAY['sep', 'delim', 'has_header', 'path', 'uri', 'bucket', 'schema_name', '"Sep"']) WITH ORDINALITY AS a (alias, n) ORDER BY n;
SELECT ask('CREATE FOREIGN TABLE by_hand (a int) SERVER aws OPTIONS (location ''s3://bucket/prefix/'', format ''csv'', delimiter '';'', quote '''', header ''true'')');
\t off
\pset format aligned

-- as psql shows it
\dew+ pds_fdw
\des+ aws
\deu+ aws
\det+
\d+ t
\d+ by_hand

-- settings
SHOW pds.engine;
SHOW pds.max_scan_bytes;
SHOW pds.log_remote_sql;
SHOW pds.raw_filters;
SHOW pds.scan_aggregates;
SHOW pds.scan_top_n;
SHOW pds.progress;
SHOW pds.cache_directory;
SHOW pds.cache_size;
SET pds.cache_directory = '/tmp';
SET pds.cache_size = '2GB';
SET pds.engine = direct;
SET pds.engine = 'Athena';
SHOW pds.engine;
SET pds.engine = fast;
SET pds.max_scan_bytes = '500 MB';
SHOW pds.max_scan_bytes;
SET pds.max_scan_bytes = 'plenty';
SET pds.max_scan_bytes = '-1';
SET pds.max_scan_bytes = '';
SET pds.log_remote_sql = on;
SET pds.no_such_setting = 1;
RESET pds.engine;
RESET pds.log_remote_sql;

-- every function that a user may call has a comment: this lists those that have none
SELECT p.oid::regprocedure
FROM pg_proc p WHERE pronamespace = 'pds'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL AND proname NOT LIKE 'pds_fdw%'
	AND NOT 'internal'::regtype = ANY (proargtypes) ORDER BY 1;

DROP EXTENSION pds_fdw;
DROP EXTENSION pds_fdw CASCADE;
DROP FUNCTION ask(text);
DROP FUNCTION ask(text, text, text);
RESET ROLE;
DROP OWNED BY regress_pds_admin;
DROP ROLE regress_pds_admin;
