-- Who may set what, whose credentials are used, what is shown of secrets.
-- Engine athena plans without a network: EXPLAIN is enough to see who may.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_pds_owner, regress_pds_reader, regress_pds_keyless;
RESET client_min_messages;
CREATE ROLE regress_pds_owner;
CREATE ROLE regress_pds_reader;
CREATE ROLE regress_pds_keyless;
CREATE EXTENSION pds_fdw;
GRANT USAGE ON SCHEMA pds TO PUBLIC;
CREATE SCHEMA sec;
GRANT ALL ON SCHEMA sec TO PUBLIC;
SET search_path = sec;

-- a user of the wrapper who is not superuser
GRANT USAGE ON FOREIGN DATA WRAPPER pds_fdw TO regress_pds_owner;
SET ROLE regress_pds_owner;
CREATE SERVER mine FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1', engine 'athena', workgroup 'primary');

-- what only a superuser may set: on the server
CREATE SERVER no FOREIGN DATA WRAPPER pds_fdw OPTIONS (use_ambient_credentials 'true');
CREATE SERVER no FOREIGN DATA WRAPPER pds_fdw OPTIONS (use_ambient_credentials 'false');
ALTER SERVER mine OPTIONS (ADD use_ambient_credentials 'true');
ALTER SERVER mine OPTIONS (ADD profile 'admin');
ALTER SERVER mine OPTIONS (ADD ca_bundle '/etc/passwd');
ALTER SERVER mine OPTIONS (ADD endpoint_url 'http://169.254.169.254');
ALTER SERVER mine OPTIONS (ADD s3_endpoint_url 'http://169.254.169.254');
ALTER SERVER mine OPTIONS (ADD glue_endpoint_url 'http://169.254.169.254');
ALTER SERVER mine OPTIONS (ADD athena_endpoint_url 'http://169.254.169.254');
ALTER SERVER mine OPTIONS (ADD sts_endpoint_url 'http://169.254.169.254');
-- ... and the right is asked before the value is looked at
ALTER SERVER mine OPTIONS (ADD endpoint_url 'no url');
-- ... on the mapping
CREATE USER MAPPING FOR CURRENT_USER SERVER mine OPTIONS (profile 'admin');
-- the rest is free
ALTER SERVER mine OPTIONS (ADD role_arn 'arn:aws:iam::123456789012:role/reader', ADD anonymous 'false', ADD max_scan_bytes '1GB');
ALTER SERVER mine OPTIONS (DROP role_arn, DROP max_scan_bytes);
-- a region cannot name another host
ALTER SERVER mine OPTIONS (SET region 'x.evil.example/');

-- the owner's own keys
CREATE FOREIGN TABLE t (a int OPTIONS (glue_type 'int')) SERVER mine OPTIONS (database 'd', table_name 't');
EXPLAIN (COSTS OFF) SELECT * FROM t;
SELECT * FROM pds.credentials_source('mine');
CREATE USER MAPPING FOR CURRENT_USER SERVER mine OPTIONS (access_key_id 'AKIAOWNER', secret_access_key 'hush-owner', session_token 'hush-token');
EXPLAIN (COSTS OFF) SELECT * FROM t;
SELECT * FROM pds.credentials_source('mine');

-- a mapping without keys gives none
RESET ROLE;
CREATE USER MAPPING FOR regress_pds_keyless SERVER mine;
GRANT USAGE ON FOREIGN SERVER mine TO regress_pds_keyless;
GRANT SELECT ON t TO regress_pds_keyless, regress_pds_reader;
SET ROLE regress_pds_keyless;
EXPLAIN (COSTS OFF) SELECT * FROM t;
SELECT * FROM pds.credentials_source('mine');
RESET ROLE;
ALTER USER MAPPING FOR regress_pds_keyless SERVER mine OPTIONS (ADD role_arn 'arn:aws:iam::123456789012:role/reader');
SET ROLE regress_pds_keyless;
EXPLAIN (COSTS OFF) SELECT * FROM t;
RESET ROLE;
-- the mapping for PUBLIC counts for those without one of their own
CREATE USER MAPPING FOR PUBLIC SERVER mine OPTIONS (access_key_id 'AKIAPUBLIC', secret_access_key 'hush-public');
SET ROLE regress_pds_reader;
EXPLAIN (COSTS OFF) SELECT * FROM t;
SET ROLE regress_pds_keyless;
EXPLAIN (COSTS OFF) SELECT * FROM t;
RESET ROLE;
DROP USER MAPPING FOR PUBLIC SERVER mine;
DROP USER MAPPING FOR regress_pds_keyless SERVER mine;

-- who has no mapping and is not superuser has no credentials
SET ROLE regress_pds_reader;
EXPLAIN (COSTS OFF) SELECT * FROM t;
-- through a view it is its owner who counts
RESET ROLE;
CREATE VIEW owners_view AS SELECT a FROM t;
ALTER VIEW owners_view OWNER TO regress_pds_owner;
GRANT SELECT ON owners_view TO regress_pds_reader;
CREATE VIEW readers_view AS SELECT a FROM t;
ALTER VIEW readers_view OWNER TO regress_pds_reader;
GRANT SELECT ON readers_view TO regress_pds_owner;
CREATE FUNCTION owners_function() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = sec
	AS $$ SELECT source FROM pds.credentials_source('mine') $$;
ALTER FUNCTION owners_function() OWNER TO regress_pds_owner;
SET ROLE regress_pds_reader;
EXPLAIN (COSTS OFF) SELECT * FROM owners_view;
EXPLAIN (COSTS OFF) SELECT * FROM readers_view;
EXPLAIN (COSTS OFF) SELECT * FROM owners_view, t;
SELECT owners_function();
SET ROLE regress_pds_owner;
EXPLAIN (COSTS OFF) SELECT * FROM owners_view;
EXPLAIN (COSTS OFF) SELECT * FROM readers_view;
RESET ROLE;
-- with a plan made by one, another gets no further than without it
PREPARE q AS SELECT * FROM t;
SET plan_cache_mode = force_generic_plan;
SET ROLE regress_pds_owner;
EXPLAIN (COSTS OFF) EXECUTE q;
SET ROLE regress_pds_reader;
EXECUTE q;
RESET ROLE;
RESET plan_cache_mode;
DEALLOCATE q;

-- a superuser allows the credentials of the server process, and takes that back
ALTER SERVER mine OPTIONS (ADD use_ambient_credentials 'true');
SET ROLE regress_pds_reader;
EXPLAIN (COSTS OFF) SELECT * FROM t;
RESET ROLE;
ALTER SERVER mine OPTIONS (SET use_ambient_credentials 'false');
SET ROLE regress_pds_reader;
EXPLAIN (COSTS OFF) SELECT * FROM t;
RESET ROLE;
-- with such an option on it, its owner can only take that option away
SET ROLE regress_pds_owner;
ALTER SERVER mine OPTIONS (SET workgroup 'other');
ALTER SERVER mine OPTIONS (DROP use_ambient_credentials);
ALTER SERVER mine OPTIONS (SET workgroup 'other');
RESET ROLE;
-- no credentials are needed where none are sent
ALTER SERVER mine OPTIONS (SET anonymous 'true');
SET ROLE regress_pds_reader;
EXPLAIN (COSTS OFF) SELECT * FROM t;
SELECT * FROM pds.credentials_source('mine');
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER mine TO regress_pds_reader;
SET ROLE regress_pds_reader;
SELECT * FROM pds.credentials_source('mine');
RESET ROLE;
REVOKE USAGE ON FOREIGN SERVER mine FROM regress_pds_reader;
ALTER SERVER mine OPTIONS (SET anonymous 'false');
-- a profile that a superuser put on a mapping is for that user
CREATE USER MAPPING FOR regress_pds_reader SERVER mine OPTIONS (profile 'reader');
SET ROLE regress_pds_reader;
EXPLAIN (COSTS OFF) SELECT * FROM t;
RESET ROLE;
DROP USER MAPPING FOR regress_pds_reader SERVER mine;

-- functions ask for USAGE on the server
SET ROLE regress_pds_reader;
SELECT * FROM pds.credentials_source('mine');
SELECT * FROM pds.credentials_source('no_such_server');
SELECT source IS NULL FROM pds.credentials_source(NULL);
SELECT pds.refresh_table('t');
SELECT pds.refresh_table('pg_class');
SELECT pds.refresh_table('owners_view');
SELECT pds.refresh_table(0);
SELECT pds.refresh();
SELECT version FROM pds.version();
-- ... and tables on it
CREATE FOREIGN TABLE mine_too (a int OPTIONS (glue_type 'int')) SERVER mine OPTIONS (database 'd');
IMPORT FOREIGN SCHEMA d FROM SERVER mine INTO sec;
CREATE USER MAPPING FOR CURRENT_USER SERVER mine OPTIONS (access_key_id 'AKIAREADER', secret_access_key 'hush-reader');
CREATE SERVER no FOREIGN DATA WRAPPER pds_fdw;
RESET ROLE;
-- a server of another wrapper
CREATE FOREIGN DATA WRAPPER other_fdw;
CREATE SERVER other FOREIGN DATA WRAPPER other_fdw;
CREATE FOREIGN TABLE elsewhere (a int) SERVER other;
SELECT * FROM pds.credentials_source('other');
SELECT pds.refresh_table('elsewhere');

-- settings: what goes to the log is a superuser's choice
SET ROLE regress_pds_owner;
SET pds.log_remote_sql = on;
SET pds.engine = direct;
RESET pds.engine;
SET pds.max_scan_bytes = '1GB';
RESET pds.max_scan_bytes;
RESET ROLE;

-- secrets: what PostgreSQL shows of a mapping, and to whom
SET ROLE regress_pds_owner;
SELECT srvname, usename, umoptions FROM pg_user_mappings WHERE srvname = 'mine';
SET ROLE regress_pds_reader;
SELECT srvname, usename, umoptions FROM pg_user_mappings WHERE srvname = 'mine';
SELECT umoptions FROM pg_user_mapping;
SET ROLE regress_pds_owner;
-- ... and in no error, EXPLAIN or function of ours
ALTER USER MAPPING FOR CURRENT_USER SERVER mine OPTIONS (DROP access_key_id);
ALTER USER MAPPING FOR CURRENT_USER SERVER mine OPTIONS (SET session_token '');
ALTER USER MAPPING FOR CURRENT_USER SERVER mine OPTIONS (ADD secret_access_key 'hush-again');
ALTER USER MAPPING FOR CURRENT_USER SERVER mine OPTIONS (ADD secret_acces_key 'hush-again');
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM t WHERE a = 1;
SELECT * FROM pds.credentials_source('mine');
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA sec CASCADE;
DROP FOREIGN DATA WRAPPER other_fdw CASCADE;
DROP EXTENSION pds_fdw CASCADE;
DROP ROLE regress_pds_owner, regress_pds_reader, regress_pds_keyless;
