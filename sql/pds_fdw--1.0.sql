/* pds_fdw--1.0.sql */

\echo Use "CREATE EXTENSION pds_fdw" to load this file. \quit

-- functions that change nothing but the session's caches, or need rights of their own
GRANT USAGE ON SCHEMA @extschema@ TO PUBLIC;

CREATE FUNCTION @extschema@.pds_fdw_handler() RETURNS fdw_handler
AS 'MODULE_PATHNAME' LANGUAGE C STRICT;

CREATE FUNCTION @extschema@.pds_fdw_validator(text[], oid) RETURNS void
AS 'MODULE_PATHNAME' LANGUAGE C STRICT;

CREATE FOREIGN DATA WRAPPER pds_fdw
    HANDLER @extschema@.pds_fdw_handler
    VALIDATOR @extschema@.pds_fdw_validator;

COMMENT ON FOREIGN DATA WRAPPER pds_fdw IS
    'CSV tables of the AWS Glue Data Catalog, read from S3 directly or by Athena';

CREATE FUNCTION @extschema@.version() RETURNS text
AS 'MODULE_PATHNAME', 'pds_version' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION @extschema@.version() IS 'version of pds_fdw';

CREATE FUNCTION @extschema@.refresh() RETURNS void
AS 'MODULE_PATHNAME', 'pds_refresh' LANGUAGE C STRICT VOLATILE;

COMMENT ON FUNCTION @extschema@.refresh() IS
    'forget what this session has cached of Glue, of S3 listings and of credentials';

CREATE FUNCTION @extschema@.refresh_table(foreign_table regclass) RETURNS integer
AS 'MODULE_PATHNAME', 'pds_refresh_table' LANGUAGE C STRICT VOLATILE;

COMMENT ON FUNCTION @extschema@.refresh_table(regclass) IS
    'make a foreign table follow its Glue table: number of columns added, dropped or changed';

-- ---- credentials and session ----

CREATE FUNCTION @extschema@.credentials_source(server name,
    OUT source text, OUT profile text, OUT role_arn text, OUT account_id text,
    OUT expiration timestamptz, OUT refreshable boolean)
AS 'MODULE_PATHNAME', 'pds_credentials_source_of' LANGUAGE C STRICT VOLATILE PARALLEL SAFE;

COMMENT ON FUNCTION @extschema@.credentials_source(name) IS
    'where the caller''s AWS credentials for a server come from, never what they are: source, profile, the role assumed, the account where it is known, when they expire, and whether fresh ones are then fetched; may have to ask AWS';

-- ---- S3 objects ----

-- ---- the Glue catalog ----

-- ---- schema inference and crawling ----

-- ---- Athena ----

-- ---- writing CSV ----

-- ---- profile and pictures ----

-- ---- bias ----
