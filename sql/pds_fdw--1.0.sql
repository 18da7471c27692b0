/* pds_fdw--1.0.sql */

\echo Use "CREATE EXTENSION pds_fdw" to load this file. \quit

-- A schema of that name which is there already is an error: its owner could put functions of his own beside
-- ours.  Every name below is qualified, and the script runs with search_path pg_catalog.
CREATE SCHEMA pds;

COMMENT ON SCHEMA pds IS 'functions of pds_fdw';

GRANT USAGE ON SCHEMA pds TO PUBLIC;

CREATE FUNCTION pds.pds_fdw_handler() RETURNS fdw_handler
AS 'MODULE_PATHNAME' LANGUAGE C STRICT;

CREATE FUNCTION pds.pds_fdw_validator(text[], oid) RETURNS void
AS 'MODULE_PATHNAME' LANGUAGE C STRICT;

CREATE FOREIGN DATA WRAPPER pds_fdw
    HANDLER pds.pds_fdw_handler
    VALIDATOR pds.pds_fdw_validator;

COMMENT ON FOREIGN DATA WRAPPER pds_fdw IS
    'CSV tables of the AWS Glue Data Catalog, read from S3 directly or by Athena';

CREATE FUNCTION pds.infer_columns() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'pds_infer_columns' LANGUAGE C;

COMMENT ON FUNCTION pds.infer_columns() IS
    'gives a foreign table of pds_fdw that was created without columns those of the objects at its location';

REVOKE EXECUTE ON FUNCTION pds.infer_columns() FROM PUBLIC;

CREATE EVENT TRIGGER pds_infer_columns ON ddl_command_end WHEN TAG IN ('CREATE FOREIGN TABLE')
    EXECUTE FUNCTION pds.infer_columns();

COMMENT ON EVENT TRIGGER pds_infer_columns IS
    'CREATE FOREIGN TABLE t () SERVER ... OPTIONS (location ...) takes columns and format from the objects';

CREATE FUNCTION pds.version(
    OUT version text, OUT revision text, OUT postgresql text, OUT libcurl text, OUT openssl text, OUT codecs jsonb)
AS 'MODULE_PATHNAME', 'pds_version' LANGUAGE C STRICT STABLE PARALLEL SAFE;

COMMENT ON FUNCTION pds.version() IS
    'version of the library of pds_fdw that is loaded, the revision it was built from, the PostgreSQL it was built against, and the libraries it uses; codecs: null where the build lacks one';

CREATE FUNCTION pds.refresh() RETURNS void
AS 'MODULE_PATHNAME', 'pds_refresh' LANGUAGE C STRICT VOLATILE;

COMMENT ON FUNCTION pds.refresh() IS
    'forget what this session has cached of Glue, of S3 listings and of credentials';

CREATE FUNCTION pds.refresh_table(foreign_table regclass) RETURNS integer
AS 'MODULE_PATHNAME', 'pds_refresh_table' LANGUAGE C STRICT VOLATILE COST 100000;

COMMENT ON FUNCTION pds.refresh_table(regclass) IS
    'make a foreign table follow its Glue table: number of columns added, dropped or changed';

CREATE FUNCTION pds.create_views(schema name, into_schema name, OUT view text, OUT action text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_create_views' LANGUAGE C STRICT VOLATILE COST 1000
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION pds.create_views(name, name) IS
    'make or refresh a view of each foreign table of pds_fdw in a schema, with its comments and grants and the rights of whoever reads it, for clients that list only tables and views';

-- ---- credentials and session ----

CREATE FUNCTION pds.credentials_source(server name,
    OUT source text, OUT profile text, OUT role_arn text, OUT account_id text,
    OUT expiration timestamptz, OUT refreshable boolean)
AS 'MODULE_PATHNAME', 'pds_credentials_source_of' LANGUAGE C STRICT VOLATILE PARALLEL SAFE COST 100000;

COMMENT ON FUNCTION pds.credentials_source(name) IS
    'where the caller''s AWS credentials for a server come from, never what they are: source, profile, the role assumed, the account where it is known, when they expire, and whether fresh ones are then fetched; may have to ask AWS';

CREATE TYPE pds.session_info AS (
    account_id text, arn text, user_id text, region text, partition text, credentials_source text,
    s3_endpoint text, glue_endpoint text, athena_endpoint text);

COMMENT ON TYPE pds.session_info IS 'whom and where the credentials of a server are';

CREATE FUNCTION pds.session(server name) RETURNS pds.session_info
AS 'MODULE_PATHNAME', 'pds_aws_session' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED COST 100000;

COMMENT ON FUNCTION pds.session(name) IS
    'whose credentials a server is used with (STS GetCallerIdentity), where they come from, and the region and end points that are asked';

CREATE FUNCTION pds.default_bucket(server name, prefix text DEFAULT 'sagemaker') RETURNS text
AS 'MODULE_PATHNAME', 'pds_default_bucket' LANGUAGE C STRICT VOLATILE COST 100000;

REVOKE EXECUTE ON FUNCTION pds.default_bucket(name, text) FROM PUBLIC;

COMMENT ON FUNCTION pds.default_bucket(name, text) IS
    'name of the bucket that the SageMaker SDK uses when none is given, PREFIX-REGION-ACCOUNT; it is made if there is none (with a NOTICE), and an error if it belongs to another account. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION pds.upload_data(
    server name, path text, bucket text DEFAULT NULL, key_prefix text DEFAULT 'data') RETURNS text
AS 'MODULE_PATHNAME', 'pds_upload_data_path' LANGUAGE C VOLATILE COST 100000;

REVOKE EXECUTE ON FUNCTION pds.upload_data(name, text, text, text) FROM PUBLIC;

COMMENT ON FUNCTION pds.upload_data(name, text, text, text) IS
    'put a file of the database server, or all files below a folder, into a bucket under key_prefix, as upload_data of a SageMaker session does: the location. Without a bucket the default one (pds.default_bucket) is used. Only for members of pg_read_server_files. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION pds.upload_data(
    server name, content bytea, name text, bucket text DEFAULT NULL, key_prefix text DEFAULT 'data') RETURNS text
AS 'MODULE_PATHNAME', 'pds_upload_data_bytes' LANGUAGE C VOLATILE COST 100000;

REVOKE EXECUTE ON FUNCTION pds.upload_data(name, bytea, text, text, text) FROM PUBLIC;

COMMENT ON FUNCTION pds.upload_data(name, bytea, text, text, text) IS
    'put these bytes into a bucket as key_prefix/name: the location. Without a bucket the default one (pds.default_bucket) is used. Done at once and not undone by ROLLBACK.';

-- ---- S3 objects ----

CREATE TYPE pds.s3_object AS (
    uri text, name text, size bigint, modified timestamptz, etag text, storage_class text, is_prefix boolean);

COMMENT ON TYPE pds.s3_object IS 'an object, a folder (is_prefix) or a bucket of S3; name is the part below the location that was listed';

CREATE TYPE pds.s3_head_info AS (
    uri text, size bigint, modified timestamptz, etag text, content_type text, storage_class text,
    version_id text, metadata jsonb);

COMMENT ON TYPE pds.s3_head_info IS 'what S3 tells of one object without its content';

CREATE TYPE pds.s3_action AS (action text, source text, target text, bytes bigint);

COMMENT ON TYPE pds.s3_action IS 'what was done to one object: copy, upload, download or delete';

CREATE FUNCTION pds.s3_list(
    server name, uri text DEFAULT 's3://', recursive boolean DEFAULT false, pattern text DEFAULT NULL,
    modified_after timestamptz DEFAULT NULL, modified_before timestamptz DEFAULT NULL, max_results bigint DEFAULT NULL) RETURNS SETOF pds.s3_object
AS 'MODULE_PATHNAME', 'pds_s3_list_rows' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 100000 ROWS 1000;

COMMENT ON FUNCTION pds.s3_list(name, text, boolean, text, timestamptz, timestamptz, bigint) IS
    'objects whose keys begin as uri says, with folders (is_prefix) for what lies deeper unless recursive; the buckets for s3://. pattern is a glob on the name (* takes / along, ?, [a-z], [!a-z]); modified_after and modified_before are exclusive and leave folders out. No more than max_results rows are looked for';

CREATE FUNCTION pds.s3_head(server name, uri text) RETURNS pds.s3_head_info
AS 'MODULE_PATHNAME', 'pds_s3_head_row' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED COST 100000;

COMMENT ON FUNCTION pds.s3_head(name, text) IS
    'size, time, ETag, content type, storage class, version and metadata of one object; an error when there is none';

CREATE FUNCTION pds.s3_exists(server name, uri text) RETURNS boolean
AS 'MODULE_PATHNAME', 'pds_s3_exists' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED COST 100000;

COMMENT ON FUNCTION pds.s3_exists(name, text) IS
    'is there an object of that name? With a last / : anything below it. Of s3://bucket: the bucket';

CREATE FUNCTION pds.s3_get(server name, uri text, first_byte bigint DEFAULT 0, bytes bigint DEFAULT NULL) RETURNS bytea
AS 'MODULE_PATHNAME', 'pds_s3_get_bytea' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 100000;

COMMENT ON FUNCTION pds.s3_get(name, text, bigint, bigint) IS
    'content of an object, or bytes of it from first_byte on (0 is the first; -100: the last hundred). Values hold less than 1 GB: a larger object needs a range, or pds.s3_download';

CREATE FUNCTION pds.s3_get_text(
    server name, uri text, first_byte bigint DEFAULT 0, bytes bigint DEFAULT NULL, encoding name DEFAULT 'UTF8') RETURNS text
AS 'MODULE_PATHNAME', 'pds_s3_get_text' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 100000;

COMMENT ON FUNCTION pds.s3_get_text(name, text, bigint, bigint, name) IS
    'content of an object as text, converted from the encoding; what is not valid in it is an error. A byte order mark is dropped. A range that cuts a character in two is not valid either';

CREATE FUNCTION pds.s3_put(
    server name, uri text, content text, content_type text DEFAULT NULL, metadata jsonb DEFAULT NULL,
    storage_class text DEFAULT NULL, overwrite boolean DEFAULT true) RETURNS bigint
AS 'MODULE_PATHNAME', 'pds_s3_put_text' LANGUAGE C VOLATILE COST 100000;

REVOKE EXECUTE ON FUNCTION pds.s3_put(name, text, text, text, jsonb, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION pds.s3_put(name, text, text, text, jsonb, text, boolean) IS
    'write an object of this text (in UTF-8): the bytes written. content_type follows the suffix unless given; metadata is a JSON object of ASCII values; with overwrite => false an object that is there is an error. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION pds.s3_put(
    server name, uri text, content bytea, content_type text DEFAULT NULL, metadata jsonb DEFAULT NULL,
    storage_class text DEFAULT NULL, overwrite boolean DEFAULT true) RETURNS bigint
AS 'MODULE_PATHNAME', 'pds_s3_put_bytea' LANGUAGE C VOLATILE COST 100000;

REVOKE EXECUTE ON FUNCTION pds.s3_put(name, text, bytea, text, jsonb, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION pds.s3_put(name, text, bytea, text, jsonb, text, boolean) IS
    'write an object of these bytes: how many. content_type follows the suffix unless given; metadata is a JSON object of ASCII values; with overwrite => false an object that is there is an error. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION pds.s3_copy(
    server name, source text, target text, recursive boolean DEFAULT false, pattern text DEFAULT NULL,
    dry_run boolean DEFAULT false) RETURNS SETOF pds.s3_action
AS 'MODULE_PATHNAME', 'pds_s3_copy_rows' LANGUAGE C VOLATILE COST 100000 ROWS 100;

REVOKE EXECUTE ON FUNCTION pds.s3_copy(name, text, text, boolean, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION pds.s3_copy(name, text, text, boolean, text, boolean) IS
    'copy an object within S3, of any size and between buckets and regions; a target that ends in / takes it under its own name. recursive copies all below source (those whose name matches the glob pattern) to below target. dry_run only says what would be done. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION pds.s3_sync(
    server name, source text, target text, delete_extra boolean DEFAULT false, pattern text DEFAULT NULL,
    dry_run boolean DEFAULT false) RETURNS SETOF pds.s3_action
AS 'MODULE_PATHNAME', 'pds_s3_sync_rows' LANGUAGE C VOLATILE COST 100000 ROWS 100;

REVOKE EXECUTE ON FUNCTION pds.s3_sync(name, text, text, boolean, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION pds.s3_sync(name, text, text, boolean, text, boolean) IS
    'make target like source: what is missing there, of another size or older is copied; with delete_extra, what source does not have is deleted. Source and target are S3 locations, or one is a folder of the database server (absolute path; members of pg_read_server_files or pg_write_server_files). pattern limits both sides. dry_run only says what would be done. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION pds.s3_upload(
    server name, path text, uri text, recursive boolean DEFAULT false, pattern text DEFAULT NULL,
    dry_run boolean DEFAULT false) RETURNS SETOF pds.s3_action
AS 'MODULE_PATHNAME', 'pds_s3_upload_rows' LANGUAGE C VOLATILE COST 100000 ROWS 100;

REVOKE EXECUTE ON FUNCTION pds.s3_upload(name, text, text, boolean, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION pds.s3_upload(name, text, text, boolean, text, boolean) IS
    'put a file of the database server into S3; a uri that ends in / takes it under its own name. recursive puts all files below a folder. Only for members of pg_read_server_files; links are not followed, and nothing of the data directory is read. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION pds.s3_download(
    server name, uri text, path text, recursive boolean DEFAULT false, pattern text DEFAULT NULL,
    dry_run boolean DEFAULT false) RETURNS SETOF pds.s3_action
AS 'MODULE_PATHNAME', 'pds_s3_download_rows' LANGUAGE C VOLATILE COST 100000 ROWS 100;

REVOKE EXECUTE ON FUNCTION pds.s3_download(name, text, text, boolean, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION pds.s3_download(name, text, text, boolean, text, boolean) IS
    'write an object to a file of the database server, which appears when it is complete; a folder takes it under its own name. recursive writes all objects below uri, making folders. Only for members of pg_write_server_files; folders and links are not replaced, and nothing is written into the data directory. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION pds.s3_delete(
    server name, uri text, recursive boolean DEFAULT false, pattern text DEFAULT NULL, dry_run boolean DEFAULT false) RETURNS SETOF pds.s3_action
AS 'MODULE_PATHNAME', 'pds_s3_delete_one' LANGUAGE C VOLATILE COST 100000 ROWS 100;

REVOKE EXECUTE ON FUNCTION pds.s3_delete(name, text, boolean, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION pds.s3_delete(name, text, boolean, text, boolean) IS
    'delete an object (no row when there was none); recursive deletes all whose keys begin as uri says and whose name matches the glob pattern. dry_run only says what would be done. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION pds.s3_delete(server name, uris text[], dry_run boolean DEFAULT false) RETURNS SETOF pds.s3_action
AS 'MODULE_PATHNAME', 'pds_s3_delete_array' LANGUAGE C VOLATILE COST 100000 ROWS 100;

REVOKE EXECUTE ON FUNCTION pds.s3_delete(name, text[], boolean) FROM PUBLIC;

COMMENT ON FUNCTION pds.s3_delete(name, text[], boolean) IS
    'delete these objects, 1,000 a request; whether they were there is not asked. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION pds.s3_create_bucket(
    server name, bucket text, region text DEFAULT NULL, exist_ok boolean DEFAULT false) RETURNS boolean
AS 'MODULE_PATHNAME', 'pds_s3_create_bucket_sql' LANGUAGE C VOLATILE COST 100000;

REVOKE EXECUTE ON FUNCTION pds.s3_create_bucket(name, text, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION pds.s3_create_bucket(name, text, text, boolean) IS
    'make a bucket, in the region of the server unless another is named: true when it was made, false when exist_ok and it was ours already. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION pds.s3_delete_bucket(server name, bucket text, missing_ok boolean DEFAULT false) RETURNS boolean
AS 'MODULE_PATHNAME', 'pds_s3_delete_bucket_sql' LANGUAGE C VOLATILE COST 100000;

REVOKE EXECUTE ON FUNCTION pds.s3_delete_bucket(name, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION pds.s3_delete_bucket(name, text, boolean) IS
    'delete an empty bucket: true, or false when missing_ok and there was none. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION pds.s3_presign(server name, uri text, expires interval DEFAULT '1 hour') RETURNS text
AS 'MODULE_PATHNAME', 'pds_s3_presign_url' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED COST 100000;

COMMENT ON FUNCTION pds.s3_presign(name, text, interval) IS
    'a URL by which anybody can read the object until it expires (at most seven days, and not longer than temporary credentials live). It carries a signature: treat it as a password';

CREATE FUNCTION pds.sweep(server name, location text DEFAULT NULL, older_than interval DEFAULT '1 day',
    dry_run boolean DEFAULT true, OUT action text, OUT target text, OUT bytes bigint, OUT since timestamptz) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_sweep' LANGUAGE C VOLATILE COST 100000 ROWS 100;

REVOKE EXECUTE ON FUNCTION pds.sweep(name, text, interval, boolean) FROM PUBLIC;

COMMENT ON FUNCTION pds.sweep(name, text, interval, boolean) IS
    'abort multipart uploads that writing transactions left under a location (the server''s output_location unless given), and delete results of Athena that lie in output_location, when they were begun longer ago than older_than: a row for each. dry_run, which is the default, only says what would be done. older_than must be longer than any transaction or query may take. Done at once and not undone by ROLLBACK.';

-- ---- the Glue catalog ----

CREATE FUNCTION pds.create_database(server name, name text, description text DEFAULT NULL,
    location text DEFAULT NULL, exist_ok boolean DEFAULT false) RETURNS boolean
AS 'MODULE_PATHNAME', 'pds_create_database' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.create_database(name, text, text, text, boolean) IS
    'create a database in the Glue catalog: true when it is new. exist_ok => true takes one that exists, and gives it description and location where they differ';

CREATE FUNCTION pds.databases(server name, OUT name text, OUT description text, OUT location text,
    OUT link_to text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_databases' LANGUAGE C STRICT VOLATILE COST 100000;

COMMENT ON FUNCTION pds.databases(name) IS
    'databases of the Glue catalog; link_to: where a resource link points';

CREATE FUNCTION pds.drop_database(server name, name text, if_exists boolean DEFAULT false,
    cascade boolean DEFAULT false) RETURNS boolean
AS 'MODULE_PATHNAME', 'pds_drop_database' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.drop_database(name, text, boolean, boolean) IS
    'drop a database of the Glue catalog: true when it was there. One that holds tables is refused unless cascade => true. Data in S3 stays';

CREATE FUNCTION pds.tables(server name, database text DEFAULT NULL, search text DEFAULT NULL,
    name_contains text DEFAULT NULL, name_prefix text DEFAULT NULL, name_suffix text DEFAULT NULL,
    OUT database_name text, OUT table_name text, OUT description text, OUT table_type text, OUT format text,
    OUT location text, OUT columns text[], OUT partition_keys text[], OUT link_to text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_tables' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.tables(name, text, text, text, text, text) IS
    'tables of a database of the Glue catalog, or of all. search: a text in names, descriptions or comments of table or columns, in whatever case';

CREATE FUNCTION pds.table_columns(server name, database text, table_name text, OUT ordinal integer,
    OUT name text, OUT type text, OUT partition_key boolean, OUT comment text, OUT sql_type text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_table_columns' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.table_columns(name, text, text) IS
    'columns of a table of the Glue catalog, partition keys last, with the type that IMPORT FOREIGN SCHEMA gives each';

CREATE FUNCTION pds.table_parameters(server name, database text, table_name text) RETURNS jsonb
AS 'MODULE_PATHNAME', 'pds_table_parameters' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.table_parameters(name, text, text) IS
    'parameters (table properties) of a table of the Glue catalog';

CREATE FUNCTION pds.create_csv_table(server name, database text, table_name text, location text,
    columns text, partitions text DEFAULT NULL, mode text DEFAULT 'overwrite', sep text DEFAULT ',',
    skip_header_line_count integer DEFAULT NULL, serde text DEFAULT 'lazysimple',
    serde_parameters jsonb DEFAULT NULL, compression text DEFAULT NULL, description text DEFAULT NULL,
    columns_comments jsonb DEFAULT NULL, parameters jsonb DEFAULT NULL, projection jsonb DEFAULT NULL,
    location_template text DEFAULT NULL, schema_evolution boolean DEFAULT false) RETURNS text
AS 'MODULE_PATHNAME', 'pds_create_csv_table' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.create_csv_table(name, text, text, text, text, text, text, text, integer, text, jsonb, text, text, jsonb, jsonb, jsonb, text, boolean) IS
    'make a CSV table in the Glue catalog, as awswrangler does: created, overwritten, changed or unchanged. columns and partitions as in CREATE TABLE: ''a int, b decimal(10,2) COMMENT text'', types are Glue''s. mode overwrite replaces the definition of a table that exists and forgets its partitions, append keeps it (schema_evolution => true adds columns at the end). serde: lazysimple, opencsv or a class. projection: {"key": {"type": "integer", "range": "1,12"}} for every partition key. No data is written or deleted';

CREATE FUNCTION pds.create_csv_table_like(server name, relation regclass, database text, location text,
    table_name text DEFAULT NULL, partition_columns text[] DEFAULT NULL, mode text DEFAULT 'overwrite',
    sep text DEFAULT ',', skip_header_line_count integer DEFAULT NULL, serde text DEFAULT 'lazysimple',
    serde_parameters jsonb DEFAULT NULL, compression text DEFAULT NULL, description text DEFAULT NULL,
    columns_comments jsonb DEFAULT NULL, parameters jsonb DEFAULT NULL, projection jsonb DEFAULT NULL,
    location_template text DEFAULT NULL, schema_evolution boolean DEFAULT false) RETURNS text
AS 'MODULE_PATHNAME', 'pds_create_csv_table_like' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.create_csv_table_like(name, regclass, text, text, text, text[], text, text, integer, text, jsonb, text, text, jsonb, jsonb, jsonb, text, boolean) IS
    'create_csv_table with the columns of a relation: its name and types, or those that a foreign table keeps of the catalog. partition_columns become partition keys, in that order. A type that the catalog lacks becomes string, with a NOTICE';

CREATE FUNCTION pds.drop_table(server name, database text, table_name text,
    if_exists boolean DEFAULT false) RETURNS boolean
AS 'MODULE_PATHNAME', 'pds_drop_table' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.drop_table(name, text, text, boolean) IS
    'drop a table of the Glue catalog: true when it was there. Data in S3 stays';

CREATE FUNCTION pds.upsert_table_parameters(server name, database text, table_name text,
    parameters jsonb) RETURNS jsonb
AS 'MODULE_PATHNAME', 'pds_upsert_table_parameters' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.upsert_table_parameters(name, text, text, jsonb) IS
    'set parameters of a table of the Glue catalog, null removes one; the others stay. Gives all of them';

CREATE FUNCTION pds.overwrite_table_parameters(server name, database text, table_name text,
    parameters jsonb) RETURNS jsonb
AS 'MODULE_PATHNAME', 'pds_overwrite_table_parameters' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.overwrite_table_parameters(name, text, text, jsonb) IS
    'replace all parameters of a table of the Glue catalog';

CREATE FUNCTION pds.comment_table(server name, database text, table_name text,
    description text DEFAULT NULL, columns_comments jsonb DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'pds_comment_table' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.comment_table(name, text, text, text, jsonb) IS
    'set description and comments of columns ({"column": "comment"}, null removes one) of a table of the Glue catalog';

CREATE FUNCTION pds.add_column(server name, database text, table_name text, column_name text,
    column_type text, comment text DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'pds_add_column' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.add_column(name, text, text, text, text, text) IS
    'add a column behind the others of a table of the Glue catalog; CSV lines that end before it give NULL';

CREATE FUNCTION pds.drop_column(server name, database text, table_name text, column_name text) RETURNS void
AS 'MODULE_PATHNAME', 'pds_drop_column' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.drop_column(name, text, text, text) IS
    'drop a column of a table of the Glue catalog. CSV is read by position: the columns behind it move forward';

CREATE FUNCTION pds.partitions(server name, database text, table_name text,
    expression text DEFAULT NULL, OUT partition text, OUT partition_values text[], OUT location text,
    OUT parameters jsonb) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_partitions' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.partitions(name, text, text, text) IS
    'partitions of a table in the Glue catalog. expression is Glue''s own: year = ''2024'' AND month IN (''01'', ''02'')';

CREATE FUNCTION pds.add_partitions(server name, database text, table_name text,
    partition_values text[], locations text[] DEFAULT NULL) RETURNS integer
AS 'MODULE_PATHNAME', 'pds_add_partitions' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.add_partitions(name, text, text, text[], text[]) IS
    'register partitions in the Glue catalog: how many are new. One row of values a partition, ARRAY[[''2024'', ''01''], [''2024'', ''02'']]; with one key a list. locations (one each): else key=value/ below the table''s. NULL is Hive''s default partition';

CREATE FUNCTION pds.drop_partitions(server name, database text, table_name text,
    partition_values text[]) RETURNS integer
AS 'MODULE_PATHNAME', 'pds_drop_partitions' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.drop_partitions(name, text, text, text[]) IS
    'remove partitions from the Glue catalog: how many there were. Data in S3 stays';

CREATE FUNCTION pds.repair_table(server name, database text, table_name text,
    add boolean DEFAULT true, drop boolean DEFAULT false, OUT action text, OUT partition text,
    OUT location text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_repair_table' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.repair_table(name, text, text, boolean, boolean) IS
    'register the partitions whose folders key=value/ are in S3 and which the Glue catalog lacks, as MSCK REPAIR TABLE does, from here and without Athena. drop => true also removes those below the table''s location whose folders are gone';

REVOKE EXECUTE ON FUNCTION
    pds.create_database(name, text, text, text, boolean),
    pds.drop_database(name, text, boolean, boolean),
    pds.create_csv_table(name, text, text, text, text, text, text, text, integer, text, jsonb, text, text, jsonb, jsonb, jsonb, text, boolean),
    pds.create_csv_table_like(name, regclass, text, text, text, text[], text, text, integer, text, jsonb, text, text, jsonb, jsonb, jsonb, text, boolean),
    pds.drop_table(name, text, text, boolean),
    pds.upsert_table_parameters(name, text, text, jsonb),
    pds.overwrite_table_parameters(name, text, text, jsonb),
    pds.comment_table(name, text, text, text, jsonb),
    pds.add_column(name, text, text, text, text, text),
    pds.drop_column(name, text, text, text),
    pds.add_partitions(name, text, text, text[], text[]),
    pds.drop_partitions(name, text, text, text[]),
    pds.repair_table(name, text, text, boolean, boolean)
    FROM PUBLIC;

-- ---- schema inference and crawling ----

CREATE FUNCTION pds.infer_schema(server name, uri text, delimiter text DEFAULT NULL, quote text DEFAULT NULL,
    escape text DEFAULT NULL, header boolean DEFAULT NULL, header_lines integer DEFAULT NULL,
    "null" text DEFAULT NULL, encoding text DEFAULT NULL, compression text DEFAULT NULL,
    all_text boolean DEFAULT false, sample_bytes text DEFAULT '1MB', sample_objects integer DEFAULT 10,
    skip integer DEFAULT NULL, comment text DEFAULT NULL, null_padding boolean DEFAULT NULL,
    OUT ordinal integer, OUT column_name text, OUT glue_type text, OUT postgres_type text,
    OUT partition_key boolean, OUT value_count bigint, OUT null_count bigint, OUT example text,
    OUT header_name text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_infer_schema' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 100000;

COMMENT ON FUNCTION pds.infer_schema(name, text, text, text, text, boolean, integer, text, text, text, boolean, text, integer, integer, text, boolean) IS
    'columns of the CSV objects at uri (an object, a folder, a pattern), from samples: sample_bytes from the start of at most sample_objects of them. What is null is inferred; counts are of the samples';

CREATE FUNCTION pds.infer_format(server name, uri text, delimiter text DEFAULT NULL, quote text DEFAULT NULL,
    escape text DEFAULT NULL, header boolean DEFAULT NULL, header_lines integer DEFAULT NULL,
    "null" text DEFAULT NULL, encoding text DEFAULT NULL, compression text DEFAULT NULL,
    all_text boolean DEFAULT false, sample_bytes text DEFAULT '1MB', sample_objects integer DEFAULT 10,
    skip integer DEFAULT NULL, comment text DEFAULT NULL, null_padding boolean DEFAULT NULL,
    OUT format text, OUT field_delimiter text, OUT quote_character text, OUT escape_character text,
    OUT header_count integer, OUT null_text text, OUT character_encoding text, OUT byte_order_mark boolean,
    OUT codec text, OUT line_end text, OUT quoted boolean, OUT newlines_in_quotes boolean, OUT serde text,
    OUT objects integer, OUT bytes bigint, OUT sampled_objects integer, OUT sampled_bytes bigint,
    OUT sampled_records bigint, OUT ragged_records bigint, OUT estimated_rows bigint,
    OUT confidence real, OUT note text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_infer_format' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 100000 ROWS 1;

COMMENT ON FUNCTION pds.infer_format(name, text, text, text, text, boolean, integer, text, text, text, boolean, text, integer, integer, text, boolean) IS
    'format of the CSV objects at uri, from samples: one row. serde is the SerDe of Athena that reads the same values, null when none does; confidence is 0 to 1';

CREATE FUNCTION pds.read_csv(server name, uri text, delimiter text DEFAULT NULL, quote text DEFAULT NULL,
    escape text DEFAULT NULL, header boolean DEFAULT NULL, header_lines integer DEFAULT NULL,
    "null" text DEFAULT NULL, encoding text DEFAULT NULL, compression text DEFAULT NULL,
    on_error text DEFAULT NULL, reject_limit integer DEFAULT NULL,
    skip integer DEFAULT NULL, comment text DEFAULT NULL, null_padding boolean DEFAULT NULL, sample_bytes text DEFAULT NULL) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_read_csv' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 100000 ROWS 10000;

COMMENT ON FUNCTION pds.read_csv(name, text, text, text, text, boolean, integer, text, text, text, text, integer, integer, text, boolean, text) IS
    'rows of the CSV objects at uri (an object, a folder, a pattern): SELECT * FROM pds.read_csv(...) AS t (a integer, b text). Columns bind by the names of each object''s header and of partition keys when all are there, else by place. Options are those of a foreign table; what is null is inferred';

CREATE FUNCTION pds.read_csv_json(server name, uri text, delimiter text DEFAULT NULL, quote text DEFAULT NULL,
    escape text DEFAULT NULL, header boolean DEFAULT NULL, header_lines integer DEFAULT NULL,
    "null" text DEFAULT NULL, encoding text DEFAULT NULL, compression text DEFAULT NULL,
    on_error text DEFAULT NULL, reject_limit integer DEFAULT NULL,
    skip integer DEFAULT NULL, comment text DEFAULT NULL, null_padding boolean DEFAULT NULL, sample_bytes text DEFAULT NULL) RETURNS SETOF jsonb
AS 'MODULE_PATHNAME', 'pds_read_csv_json' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 100000 ROWS 10000;

COMMENT ON FUNCTION pds.read_csv_json(name, text, text, text, text, boolean, integer, text, text, text, text, integer, integer, text, boolean, text) IS
    'rows of the CSV objects at uri as jsonb objects: pds.read_csv without a column list. Names, numbers and booleans as pds.infer_schema infers them; other values are strings';

CREATE FUNCTION pds.crawl(server name, database text, table_name text, uri text, delimiter text DEFAULT NULL, quote text DEFAULT NULL,
    escape text DEFAULT NULL, header boolean DEFAULT NULL, header_lines integer DEFAULT NULL,
    "null" text DEFAULT NULL, encoding text DEFAULT NULL, compression text DEFAULT NULL,
    all_text boolean DEFAULT false, sample_bytes text DEFAULT '1MB', sample_objects integer DEFAULT 10,
    update_behavior text DEFAULT 'UPDATE_IN_DATABASE', delete_behavior text DEFAULT 'LOG',
    typed_opencsv boolean DEFAULT false, allow_newlines boolean DEFAULT false, description text DEFAULT NULL)
RETURNS TABLE (action text, object text, name text, detail text)
AS 'MODULE_PATHNAME', 'pds_crawl' LANGUAGE C VOLATILE COST 100000 PARALLEL UNSAFE ROWS 10;

COMMENT ON FUNCTION pds.crawl(name, text, text, text, text, text, text, boolean, integer, text, text, text, boolean, text, integer, text, text, boolean, boolean, text) IS
    'create the Glue table database.table_name (null: named after the folder) for the CSV objects below uri, or make it follow them, and register its partitions: what was done, one row each. update_behavior LOG only says how a table differs, delete_behavior DELETE_FROM_DATABASE removes partitions without objects. A type is only ever widened';

CREATE FUNCTION pds.crawlers(server name)
RETURNS TABLE (name text, state text, paths text[], database text, table_prefix text, role text, schedule text,
    description text, last_status text, last_error text, last_start timestamptz)
AS 'MODULE_PATHNAME', 'pds_crawlers' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 100000 ROWS 10;

COMMENT ON FUNCTION pds.crawlers(name) IS 'the crawlers of Glue, and how their last runs ended';

CREATE FUNCTION pds.create_crawler(server name, name text, role text, database text, uri text,
    table_prefix text DEFAULT NULL, description text DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'pds_create_crawler' LANGUAGE C VOLATILE COST 100000 PARALLEL UNSAFE;

COMMENT ON FUNCTION pds.create_crawler(name, text, text, text, text, text, text) IS
    'create a crawler of Glue for the objects below uri; it runs with the rights of role';

CREATE FUNCTION pds.start_crawler(server name, name text, wait boolean DEFAULT false) RETURNS text
AS 'MODULE_PATHNAME', 'pds_start_crawler' LANGUAGE C VOLATILE COST 100000 PARALLEL UNSAFE;

COMMENT ON FUNCTION pds.start_crawler(name, text, boolean) IS
    'start a crawler of Glue: RUNNING; with wait, its status once it has run (an error when it FAILED)';

CREATE FUNCTION pds.stop_crawler(server name, name text) RETURNS boolean
AS 'MODULE_PATHNAME', 'pds_stop_crawler' LANGUAGE C VOLATILE COST 100000 PARALLEL UNSAFE;

COMMENT ON FUNCTION pds.stop_crawler(name, text) IS 'stop a crawler of Glue; false when it did not run';

CREATE FUNCTION pds.drop_crawler(server name, name text) RETURNS void
AS 'MODULE_PATHNAME', 'pds_drop_crawler' LANGUAGE C VOLATILE COST 100000 PARALLEL UNSAFE;

COMMENT ON FUNCTION pds.drop_crawler(name, text) IS 'delete a crawler of Glue; tables it made stay';

REVOKE EXECUTE ON FUNCTION
    pds.crawl(name, text, text, text, text, text, text, boolean, integer, text, text, text, boolean, text, integer, text, text, boolean, boolean, text),
    pds.create_crawler(name, text, text, text, text, text, text),
    pds.start_crawler(name, text, boolean),
    pds.stop_crawler(name, text),
    pds.drop_crawler(name, text)
FROM PUBLIC;

-- ---- Athena ----

CREATE FUNCTION pds.create_athena_bucket(server name) RETURNS text
AS 'MODULE_PATHNAME', 'pds_create_athena_bucket' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.create_athena_bucket(name) IS
    'make the bucket aws-athena-query-results-ACCOUNT-REGION for Athena''s results unless it is there, as awswrangler does: its location, for the option output_location';

CREATE FUNCTION pds.athena_query(server name, sql text, database text DEFAULT NULL,
    params record DEFAULT NULL, workgroup text DEFAULT NULL, output_location text DEFAULT NULL) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_athena_query' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.athena_query(name, text, text, record, text, text) IS
    'rows of a query run by Athena, with a column list: FROM pds.athena_query(...) AS t (a integer, b text). Queries only (SELECT, WITH, VALUES, TABLE, SHOW, DESCRIBE, EXPLAIN). params: ROW(1, ''a'', date ''2024-01-31'') for the question marks. Arrays of numbers, booleans, times come as such; of texts as json_format(CAST(... AS JSON)). What is not given is the server''s. The result is deleted afterwards unless the server has keep_results';

CREATE FUNCTION pds.athena_query_json(server name, sql text, database text DEFAULT NULL,
    params record DEFAULT NULL, workgroup text DEFAULT NULL, output_location text DEFAULT NULL) RETURNS SETOF jsonb
AS 'MODULE_PATHNAME', 'pds_athena_query_json' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.athena_query_json(name, text, text, record, text, text) IS
    'athena_query without a column list: each row an object of its columns, numbers and booleans as such';

CREATE FUNCTION pds.athena_execute(server name, sql text, database text DEFAULT NULL,
    params record DEFAULT NULL, workgroup text DEFAULT NULL, output_location text DEFAULT NULL,
    OUT execution_id text, OUT state text, OUT statement_type text, OUT substatement_type text,
    OUT bytes_scanned bigint, OUT queue_ms bigint, OUT engine_ms bigint, OUT total_ms bigint,
    OUT price numeric, OUT update_count bigint, OUT output text, OUT result_location text) RETURNS record
AS 'MODULE_PATHNAME', 'pds_athena_execute' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.athena_execute(name, text, text, record, text, text) IS
    'run any one statement on Athena (DDL, INSERT INTO, CREATE TABLE AS, UNLOAD, ...) and wait for its end. output: what DDL and utility statements say. price in US dollars. The result in S3 stays';

CREATE FUNCTION pds.athena_ctas(server name, sql text, table_name text, database text,
    location text DEFAULT NULL, format text DEFAULT 'TEXTFILE', field_delimiter text DEFAULT NULL,
    compression text DEFAULT NULL, partitioned_by text[] DEFAULT NULL, params record DEFAULT NULL,
    workgroup text DEFAULT NULL, output_location text DEFAULT NULL,
    OUT execution_id text, OUT table_location text, OUT row_count bigint, OUT bytes_scanned bigint,
    OUT price numeric) RETURNS record
AS 'MODULE_PATHNAME', 'pds_athena_ctas' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.athena_ctas(name, text, text, text, text, text, text, text, text[], record, text, text) IS
    'CREATE TABLE AS on Athena: the query''s rows become a table of the catalog. location must be empty, else one below the results is taken. format TEXTFILE (which is read here, too), PARQUET, ORC, AVRO, JSON; partitioned_by: the query''s last columns';

CREATE FUNCTION pds.athena_unload(server name, sql text, uri text, format text DEFAULT 'TEXTFILE',
    compression text DEFAULT NULL, field_delimiter text DEFAULT NULL, partitioned_by text[] DEFAULT NULL,
    database text DEFAULT NULL, params record DEFAULT NULL, workgroup text DEFAULT NULL,
    output_location text DEFAULT NULL, OUT file text, OUT size bigint) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_athena_unload' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION pds.athena_unload(name, text, text, text, text, text, text[], text, record, text, text) IS
    'UNLOAD on Athena: the query''s rows as objects below uri, which must be empty; the objects written. format TEXTFILE, JSON, PARQUET, ORC or AVRO; the engine packs TEXTFILE and JSON with gzip, and separates fields by \001 unless field_delimiter is given';

CREATE FUNCTION pds.athena_executions(OUT execution_id text, OUT source text, OUT server text,
    OUT database text, OUT workgroup text, OUT sql text, OUT state text, OUT reason text, OUT statement_type text,
    OUT substatement_type text, OUT submitted timestamptz, OUT completed timestamptz, OUT queue_ms bigint,
    OUT planning_ms bigint, OUT engine_ms bigint, OUT total_ms bigint, OUT bytes_scanned bigint,
    OUT result_reused boolean, OUT price numeric, OUT role text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_athena_executions' LANGUAGE C VOLATILE;

COMMENT ON FUNCTION pds.athena_executions() IS 'what the view pds.athena_executions shows';

CREATE VIEW pds.athena_executions AS SELECT * FROM pds.athena_executions();

COMMENT ON VIEW pds.athena_executions IS
    'the last 1,000 executions by Athena of this session, of foreign scans and of functions, oldest first; those of roles whose privileges one has';

GRANT SELECT ON pds.athena_executions TO PUBLIC;

CREATE FUNCTION pds.shippable(OUT kind text, OUT names text[], OUT arguments text[], OUT sent boolean,
    OUT athena text, OUT condition text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_shippable' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION pds.shippable() IS 'what the view pds.shippable shows';

CREATE VIEW pds.shippable AS SELECT * FROM pds.shippable();

COMMENT ON VIEW pds.shippable IS
    'operators, functions, casts, aggregates and expressions, and how Athena is asked for them. What is not listed is evaluated here';

GRANT SELECT ON pds.shippable TO PUBLIC;

CREATE FUNCTION pds.rejects(OUT scan bigint, OUT relation regclass, OUT object text, OUT record bigint, OUT byte bigint,
    OUT column_name text, OUT value text, OUT message text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_rejects' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 10 ROWS 100;

COMMENT ON FUNCTION pds.rejects() IS 'what the view pds.rejects shows';

CREATE VIEW pds.rejects AS SELECT * FROM pds.rejects();

COMMENT ON VIEW pds.rejects IS
    'values and records that on_error passed over in this session''s last direct scans, 1,000 at most, oldest first; those of scans that the current user has run, of tables that he may read';

GRANT SELECT ON pds.rejects TO PUBLIC;

-- ---- what goes on, and went on ----

CREATE FUNCTION pds.stat_scans(OUT role text, OUT database text, OUT server text, OUT relation text, OUT queryid bigint,
    OUT kind text, OUT scans bigint, OUT failed bigint, OUT rows bigint, OUT objects bigint, OUT bytes bigint,
    OUT requests bigint, OUT retries bigint, OUT bytes_received bigint, OUT bytes_sent bigint, OUT memory_hits bigint,
    OUT disk_hits bigint, OUT disk_bytes bigint, OUT rejected bigint, OUT athena_executions bigint,
    OUT athena_bytes_scanned bigint, OUT athena_price numeric, OUT network_time double precision,
    OUT total_time double precision, OUT stats_since timestamptz) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_stat_scans' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 10 ROWS 100;

COMMENT ON FUNCTION pds.stat_scans() IS 'what the view pds.stat_scans shows';

CREATE VIEW pds.stat_scans AS SELECT * FROM pds.stat_scans();

COMMENT ON VIEW pds.stat_scans IS
    'what scans, statements of Athena, writes, planning, ANALYZE and IMPORT have done, by role, database, server, relation, query and kind (direct, athena, write, planning, analyze, import), since the server began or pds.stat_reset(): of all roles for members of pg_read_all_stats, else of roles whose privileges one has; without shared_preload_libraries, on PostgreSQL 15 and 16 of this session only';

GRANT SELECT ON pds.stat_scans TO PUBLIC;

CREATE FUNCTION pds.stat_reset() RETURNS void
AS 'MODULE_PATHNAME', 'pds_stat_reset' LANGUAGE C STRICT VOLATILE PARALLEL SAFE;

COMMENT ON FUNCTION pds.stat_reset() IS 'empty pds.stat_scans, of all databases';

REVOKE EXECUTE ON FUNCTION pds.stat_reset() FROM PUBLIC;

CREATE FUNCTION pds.stat_progress(OUT pid integer, OUT leader_pid integer, OUT role text, OUT database text,
    OUT server text, OUT relation text, OUT queryid bigint, OUT kind text, OUT phase text, OUT objects_done bigint,
    OUT objects_total bigint, OUT bytes_done bigint, OUT bytes_total bigint, OUT rows bigint, OUT execution_id text,
    OUT execution_state text, OUT athena_bytes_scanned bigint, OUT started timestamptz) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_stat_progress' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 10 ROWS 10;

COMMENT ON FUNCTION pds.stat_progress() IS 'what the view pds.stat_progress shows';

CREATE VIEW pds.stat_progress AS SELECT * FROM pds.stat_progress();

COMMENT ON VIEW pds.stat_progress IS
    'what each process reads or writes now, and how far it is: of all roles for members of pg_read_all_stats, else of roles whose privileges one has; without shared_preload_libraries, on PostgreSQL 15 and 16 of this session only';

GRANT SELECT ON pds.stat_progress TO PUBLIC;

CREATE FUNCTION pds.connections(OUT server text, OUT role text, OUT user_mapping text, OUT credentials_source text,
    OUT role_arn text, OUT expiration timestamptz, OUT region text, OUT s3_endpoint text, OUT glue_endpoint text,
    OUT athena_endpoint text, OUT open_connections integer, OUT requests bigint, OUT retries bigint,
    OUT bytes_received bigint, OUT bytes_sent bigint) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_connections' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 10 ROWS 5;

COMMENT ON FUNCTION pds.connections() IS
    'the AWS sessions that this session holds, of roles whose privileges one has: server, user mapping (public, or NULL: none), where the credentials come from and until when (NULL: not asked for yet; they do not expire), never what they are; region, end points, HTTP connections that are open, requests and bytes so far';

REVOKE EXECUTE ON FUNCTION
    pds.create_athena_bucket(name),
    pds.athena_execute(name, text, text, record, text, text),
    pds.athena_ctas(name, text, text, text, text, text, text, text, text[], record, text, text),
    pds.athena_unload(name, text, text, text, text, text, text[], text, record, text, text)
    FROM PUBLIC;

-- ---- writing CSV ----

CREATE FUNCTION pds.write_csv(server name, query text, uri text,
    format text DEFAULT 'csv', delimiter text DEFAULT NULL, quote text DEFAULT NULL,
    escape text DEFAULT NULL, null_text text DEFAULT NULL, header boolean DEFAULT true,
    encoding text DEFAULT NULL, compression text DEFAULT NULL, mode text DEFAULT 'append',
    partition_by text[] DEFAULT NULL, max_rows_per_file bigint DEFAULT NULL,
    max_bytes_per_file bigint DEFAULT NULL,
    OUT object text, OUT rows bigint, OUT bytes bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_write_csv' LANGUAGE C VOLATILE COST 100000;

REVOKE EXECUTE ON FUNCTION pds.write_csv(name, text, text, text, text, text, text, text,
    boolean, text, text, text, text[], bigint, bigint) FROM PUBLIC;

COMMENT ON FUNCTION pds.write_csv(name, text, text, text, text, text, text, text,
    boolean, text, text, text, text[], bigint, bigint) IS
'Write the rows of a query to S3 as CSV; the objects written, their rows and their bytes as stored.
They become visible when the transaction commits, and never when it is rolled back.
server: whose credentials; needs USAGE on it.
query: run with the rights of the caller.
uri: s3://bucket/folder/ for objects with names of their own, s3://bucket/name.csv for exactly that object.
format: csv (RFC 4180), lazysimple or opencsv; delimiter, quote, escape, null_text as in the options of a foreign table.
header: a first line with the names of the columns.
encoding: of the objects; UTF8 unless given.
compression: none, gzip or zstd; by the name of the object unless given.
mode: append adds objects (and refuses a name that exists), overwrite deletes what is in the folder when the transaction commits,
overwrite_partitions only what is in the key=value folders written to.
partition_by: columns whose values become key=value folders instead of fields.
max_rows_per_file, max_bytes_per_file: begin another object there; bytes are counted before compression.';

-- ---- profile and pictures ----

CREATE FUNCTION pds.bar(value double precision, maximum double precision, width integer DEFAULT 40) RETURNS text
AS 'MODULE_PATHNAME', 'pds_bar' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION pds.bar(double precision, double precision, integer) IS
    'a bar of text, width characters long where value is maximum';

CREATE FUNCTION pds.bar(label text, value double precision, maximum double precision DEFAULT 1, width integer DEFAULT 40) RETURNS text
AS 'MODULE_PATHNAME', 'pds_bar_labelled' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION pds.bar(text, double precision, double precision, integer) IS
    'a line of a bar chart: label, bar on the scale from 0 to maximum, value';

CREATE FUNCTION pds.chart_step(internal, text, double precision) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_chart_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.chart_step(internal, text, double precision, integer) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_chart_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.chart_step(internal, text, double precision, text) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_chart_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bar_chart_final(internal) RETURNS text
AS 'MODULE_PATHNAME', 'pds_bar_chart_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.svg_chart_final(internal) RETURNS text
AS 'MODULE_PATHNAME', 'pds_svg_chart_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE pds.bar_chart(label text, value double precision) (
    SFUNC = pds.chart_step, STYPE = internal, FINALFUNC = pds.bar_chart_final);

COMMENT ON AGGREGATE pds.bar_chart(text, double precision) IS
    'a bar chart of text: a line a row, in the order of ORDER BY in the call';

CREATE AGGREGATE pds.bar_chart(label text, value double precision, width integer) (
    SFUNC = pds.chart_step, STYPE = internal, FINALFUNC = pds.bar_chart_final);

COMMENT ON AGGREGATE pds.bar_chart(text, double precision, integer) IS
    'a bar chart of text: a line a row, in the order of ORDER BY in the call; width in characters';

CREATE AGGREGATE pds.svg_bar_chart(label text, value double precision) (
    SFUNC = pds.chart_step, STYPE = internal, FINALFUNC = pds.svg_chart_final);

COMMENT ON AGGREGATE pds.svg_bar_chart(text, double precision) IS
    'a bar chart as an SVG document: a bar a row, in the order of ORDER BY in the call';

CREATE AGGREGATE pds.svg_bar_chart(label text, value double precision, title text) (
    SFUNC = pds.chart_step, STYPE = internal, FINALFUNC = pds.svg_chart_final);

COMMENT ON AGGREGATE pds.svg_bar_chart(text, double precision, text) IS
    'a bar chart as an SVG document with a title: a bar a row, in the order of ORDER BY in the call';

CREATE FUNCTION pds.profile(relation regclass, columns name[] DEFAULT NULL,
    OUT column_name name, OUT data_type text, OUT row_count bigint, OUT missing bigint, OUT empty bigint,
    OUT invalid bigint, OUT distinct_values bigint, OUT duplicates bigint, OUT top text, OUT top_count bigint,
    OUT minimum text, OUT maximum text, OUT mean double precision, OUT stddev double precision)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_profile' LANGUAGE C STABLE COST 100000 PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION pds.profile(regclass, name[]) IS
    'data quality of a table, a row a column: rows, missing (NULL), empty, invalid (malformed text, of direct scans), distinct, duplicates, most frequent value, minimum, maximum, mean, standard deviation';

-- ---- bias ----

CREATE FUNCTION pds.bias_label_step(internal, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_label_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_label_step(internal, boolean, anyelement) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_label_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_label_step(internal, boolean, anyelement, bigint) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_label_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_label_step(internal, boolean, anyelement, bigint, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_label_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_group_step(internal, boolean, boolean, anyelement) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_group_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_group_step(internal, boolean, boolean, anyelement, bigint) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_group_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_serialize(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'pds_bias_serialize' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_deserialize(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_deserialize' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_ci_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_ci_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_dpl_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_dpl_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_kl_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_kl_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_js_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_js_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_lp_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_lp_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_tvd_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_tvd_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_ks_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_ks_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION pds.bias_cddl_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_cddl_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE pds.class_imbalance(facet boolean) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_ci_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.class_imbalance(boolean) IS 'class imbalance (CI): (rows outside the facet - rows in it) / all rows';

CREATE AGGREGATE pds.class_imbalance(facet boolean, label anyelement) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_ci_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.class_imbalance(boolean, anyelement) IS 'class imbalance (CI): (rows outside the facet - rows in it) / all rows';

CREATE AGGREGATE pds.class_imbalance(facet boolean, label anyelement, weight bigint) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_ci_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.class_imbalance(boolean, anyelement, bigint) IS 'class imbalance (CI): (rows outside the facet - rows in it) / all rows: a row stands for weight rows';

CREATE AGGREGATE pds.positive_proportions_difference(facet boolean, positive boolean) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_dpl_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.positive_proportions_difference(boolean, boolean) IS 'difference in positive proportions in labels (DPL): share of positive labels outside the facet - share in it';

CREATE AGGREGATE pds.positive_proportions_difference(facet boolean, positive boolean, weight bigint) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_dpl_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.positive_proportions_difference(boolean, boolean, bigint) IS 'difference in positive proportions in labels (DPL): share of positive labels outside the facet - share in it: a row stands for weight rows';

CREATE AGGREGATE pds.kl_divergence(facet boolean, label anyelement) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_kl_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.kl_divergence(boolean, anyelement) IS 'Kullback-Leibler divergence (KL) of the labels outside the facet from those in it';

CREATE AGGREGATE pds.kl_divergence(facet boolean, label anyelement, weight bigint) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_kl_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.kl_divergence(boolean, anyelement, bigint) IS 'Kullback-Leibler divergence (KL) of the labels outside the facet from those in it: a row stands for weight rows';

CREATE AGGREGATE pds.kl_divergence(facet boolean, label anyelement, weight bigint, strict boolean) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_kl_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.kl_divergence(boolean, anyelement, bigint, boolean) IS 'Kullback-Leibler divergence (KL) of the labels outside the facet from those in it: a row stands for weight rows; strict: over the union of the labels of both sides';

CREATE AGGREGATE pds.js_divergence(facet boolean, label anyelement) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_js_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.js_divergence(boolean, anyelement) IS 'Jensen-Shannon divergence (JS) of the labels outside the facet and in it';

CREATE AGGREGATE pds.js_divergence(facet boolean, label anyelement, weight bigint) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_js_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.js_divergence(boolean, anyelement, bigint) IS 'Jensen-Shannon divergence (JS) of the labels outside the facet and in it: a row stands for weight rows';

CREATE AGGREGATE pds.js_divergence(facet boolean, label anyelement, weight bigint, strict boolean) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_js_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.js_divergence(boolean, anyelement, bigint, boolean) IS 'Jensen-Shannon divergence (JS) of the labels outside the facet and in it: a row stands for weight rows; strict: over the union of the labels of both sides';

CREATE AGGREGATE pds.lp_norm(facet boolean, label anyelement) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_lp_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.lp_norm(boolean, anyelement) IS 'L2 norm (LP) of the difference between the distributions of labels outside the facet and in it';

CREATE AGGREGATE pds.lp_norm(facet boolean, label anyelement, weight bigint) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_lp_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.lp_norm(boolean, anyelement, bigint) IS 'L2 norm (LP) of the difference between the distributions of labels outside the facet and in it: a row stands for weight rows';

CREATE AGGREGATE pds.lp_norm(facet boolean, label anyelement, weight bigint, strict boolean) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_lp_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.lp_norm(boolean, anyelement, bigint, boolean) IS 'L2 norm (LP) of the difference between the distributions of labels outside the facet and in it: a row stands for weight rows; strict: over the union of the labels of both sides';

CREATE AGGREGATE pds.total_variation_distance(facet boolean, label anyelement) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_tvd_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.total_variation_distance(boolean, anyelement) IS 'total variation distance (TVD) of the labels outside the facet and in it';

CREATE AGGREGATE pds.total_variation_distance(facet boolean, label anyelement, weight bigint) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_tvd_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.total_variation_distance(boolean, anyelement, bigint) IS 'total variation distance (TVD) of the labels outside the facet and in it: a row stands for weight rows';

CREATE AGGREGATE pds.total_variation_distance(facet boolean, label anyelement, weight bigint, strict boolean) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_tvd_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.total_variation_distance(boolean, anyelement, bigint, boolean) IS 'total variation distance (TVD) of the labels outside the facet and in it: a row stands for weight rows; strict: over the union of the labels of both sides';

CREATE AGGREGATE pds.kolmogorov_smirnov(facet boolean, label anyelement) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_ks_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.kolmogorov_smirnov(boolean, anyelement) IS 'Kolmogorov-Smirnov distance (KS): largest difference of a label''s share outside the facet and in it';

CREATE AGGREGATE pds.kolmogorov_smirnov(facet boolean, label anyelement, weight bigint) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_ks_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.kolmogorov_smirnov(boolean, anyelement, bigint) IS 'Kolmogorov-Smirnov distance (KS): largest difference of a label''s share outside the facet and in it: a row stands for weight rows';

CREATE AGGREGATE pds.kolmogorov_smirnov(facet boolean, label anyelement, weight bigint, strict boolean) (
    SFUNC = pds.bias_label_step, STYPE = internal, FINALFUNC = pds.bias_ks_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.kolmogorov_smirnov(boolean, anyelement, bigint, boolean) IS 'Kolmogorov-Smirnov distance (KS): largest difference of a label''s share outside the facet and in it: a row stands for weight rows; strict: over the union of the labels of both sides';

CREATE AGGREGATE pds.conditional_demographic_disparity(facet boolean, positive boolean, group_by anyelement) (
    SFUNC = pds.bias_group_step, STYPE = internal, FINALFUNC = pds.bias_cddl_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.conditional_demographic_disparity(boolean, boolean, anyelement) IS 'conditional demographic disparity in labels (CDDL): mean over the groups of the facet''s share of rejections - its share of acceptances';

CREATE AGGREGATE pds.conditional_demographic_disparity(facet boolean, positive boolean, group_by anyelement, weight bigint) (
    SFUNC = pds.bias_group_step, STYPE = internal, FINALFUNC = pds.bias_cddl_final,
    COMBINEFUNC = pds.bias_combine, SERIALFUNC = pds.bias_serialize, DESERIALFUNC = pds.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pds.conditional_demographic_disparity(boolean, boolean, anyelement, bigint) IS 'conditional demographic disparity in labels (CDDL): mean over the groups of the facet''s share of rejections - its share of acceptances: a row stands for weight rows';

CREATE FUNCTION pds.bias_report(rel regclass, facet name, label name,
    positive_values "any" DEFAULT NULL, positive_above numeric DEFAULT NULL,
    facet_values "any" DEFAULT NULL, facet_above numeric DEFAULT NULL,
    group_by name DEFAULT NULL, strict boolean DEFAULT false,
    OUT facet_value text, OUT metric text, OUT value double precision, OUT description text, OUT note text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_bias_report' LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION pds.bias_report(regclass, name, name, "any", numeric, "any", numeric, name, boolean) IS
    'pre-training bias metrics (CI, DPL, KL, JS, LP, TVD, KS, CDDL) of a facet column by a label column, for the facet values given, those above a threshold, or each value against the rest';

CREATE FUNCTION pds.bias_json(rel regclass, facet name, label name,
    positive_values "any" DEFAULT NULL, positive_above numeric DEFAULT NULL,
    facet_values "any" DEFAULT NULL, facet_above numeric DEFAULT NULL,
    group_by name DEFAULT NULL, strict boolean DEFAULT false)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'pds_bias_json' LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION pds.bias_json(regclass, name, name, "any", numeric, "any", numeric, name, boolean) IS
    'bias_report in the shape of SageMaker Clarify''s analysis.json';

-- ---- what is not called by hand ----

COMMENT ON FUNCTION pds.pds_fdw_handler() IS 'handler of the foreign-data wrapper pds_fdw';
COMMENT ON FUNCTION pds.pds_fdw_validator(text[], oid) IS 'checks options of pds_fdw''s servers, user mappings, tables and columns';
COMMENT ON FUNCTION pds.chart_step(internal, text, double precision) IS 'transition of chart aggregates';
COMMENT ON FUNCTION pds.chart_step(internal, text, double precision, integer) IS 'transition of pds.bar_chart';
COMMENT ON FUNCTION pds.chart_step(internal, text, double precision, text) IS 'transition of pds.svg_bar_chart';
COMMENT ON FUNCTION pds.bar_chart_final(internal) IS 'end of pds.bar_chart';
COMMENT ON FUNCTION pds.svg_chart_final(internal) IS 'end of pds.svg_bar_chart';
COMMENT ON FUNCTION pds.bias_label_step(internal, boolean) IS 'transition of pds.class_imbalance';
COMMENT ON FUNCTION pds.bias_label_step(internal, boolean, anyelement) IS 'transition of bias aggregates';
COMMENT ON FUNCTION pds.bias_label_step(internal, boolean, anyelement, bigint) IS 'transition of weighted bias aggregates';
COMMENT ON FUNCTION pds.bias_label_step(internal, boolean, anyelement, bigint, boolean) IS 'transition of strict bias aggregates';
COMMENT ON FUNCTION pds.bias_group_step(internal, boolean, boolean, anyelement) IS 'transition of pds.conditional_demographic_disparity';
COMMENT ON FUNCTION pds.bias_group_step(internal, boolean, boolean, anyelement, bigint) IS 'transition of the weighted pds.conditional_demographic_disparity';
COMMENT ON FUNCTION pds.bias_combine(internal, internal) IS 'adds two states of a bias aggregate';
COMMENT ON FUNCTION pds.bias_serialize(internal) IS 'state of a bias aggregate for another process';
COMMENT ON FUNCTION pds.bias_deserialize(bytea, internal) IS 'state of a bias aggregate from another process';
COMMENT ON FUNCTION pds.bias_ci_final(internal) IS 'end of pds.class_imbalance';
COMMENT ON FUNCTION pds.bias_dpl_final(internal) IS 'end of pds.positive_proportions_difference';
COMMENT ON FUNCTION pds.bias_kl_final(internal) IS 'end of pds.kl_divergence';
COMMENT ON FUNCTION pds.bias_js_final(internal) IS 'end of pds.js_divergence';
COMMENT ON FUNCTION pds.bias_lp_final(internal) IS 'end of pds.lp_norm';
COMMENT ON FUNCTION pds.bias_tvd_final(internal) IS 'end of pds.total_variation_distance';
COMMENT ON FUNCTION pds.bias_ks_final(internal) IS 'end of pds.kolmogorov_smirnov';
COMMENT ON FUNCTION pds.bias_cddl_final(internal) IS 'end of pds.conditional_demographic_disparity';

-- ---- columns of views and types ----

COMMENT ON COLUMN pds.session_info.account_id IS 'AWS account of the credentials';
COMMENT ON COLUMN pds.session_info.arn IS 'whom they are';
COMMENT ON COLUMN pds.session_info.user_id IS 'unique id of the same';
COMMENT ON COLUMN pds.session_info.region IS 'the server''s region';
COMMENT ON COLUMN pds.session_info.partition IS 'aws, aws-cn, aws-us-gov ...';
COMMENT ON COLUMN pds.session_info.credentials_source IS 'where the credentials come from';
COMMENT ON COLUMN pds.session_info.s3_endpoint IS 'URL that S3 is asked at';
COMMENT ON COLUMN pds.session_info.glue_endpoint IS 'URL that Glue is asked at';
COMMENT ON COLUMN pds.session_info.athena_endpoint IS 'URL that Athena is asked at';
COMMENT ON COLUMN pds.s3_object.uri IS 's3://bucket/key';
COMMENT ON COLUMN pds.s3_object.name IS 'the part below the location that was listed';
COMMENT ON COLUMN pds.s3_object.size IS 'bytes; null of folders and buckets';
COMMENT ON COLUMN pds.s3_object.modified IS 'when it was last written; of a bucket, when it was made';
COMMENT ON COLUMN pds.s3_object.etag IS 'changes with the content';
COMMENT ON COLUMN pds.s3_object.storage_class IS 'STANDARD, GLACIER ...';
COMMENT ON COLUMN pds.s3_object.is_prefix IS 'a folder or a bucket, no object';
COMMENT ON COLUMN pds.s3_head_info.uri IS 's3://bucket/key';
COMMENT ON COLUMN pds.s3_head_info.size IS 'bytes';
COMMENT ON COLUMN pds.s3_head_info.modified IS 'when it was last written';
COMMENT ON COLUMN pds.s3_head_info.etag IS 'changes with the content';
COMMENT ON COLUMN pds.s3_head_info.content_type IS 'as it was stored with';
COMMENT ON COLUMN pds.s3_head_info.storage_class IS 'STANDARD, GLACIER ...';
COMMENT ON COLUMN pds.s3_head_info.version_id IS 'in a bucket with versions';
COMMENT ON COLUMN pds.s3_head_info.metadata IS 'user metadata, names in lower case';
COMMENT ON COLUMN pds.s3_action.action IS 'copy, upload, download or delete';
COMMENT ON COLUMN pds.s3_action.source IS 'what was read: s3:// or a path of the database server';
COMMENT ON COLUMN pds.s3_action.target IS 'what was written or deleted';
COMMENT ON COLUMN pds.s3_action.bytes IS 'size of the object';
COMMENT ON COLUMN pds.athena_executions.execution_id IS 'Athena''s id of the execution';
COMMENT ON COLUMN pds.athena_executions.source IS 'scan, or the function that ran it';
COMMENT ON COLUMN pds.athena_executions.server IS 'foreign server';
COMMENT ON COLUMN pds.athena_executions.database IS 'database of the catalog that it was run in';
COMMENT ON COLUMN pds.athena_executions.workgroup IS 'Athena''s work group';
COMMENT ON COLUMN pds.athena_executions.sql IS 'the statement, cut after 8 kB';
COMMENT ON COLUMN pds.athena_executions.state IS 'QUEUED, RUNNING, SUCCEEDED, FAILED or CANCELLED';
COMMENT ON COLUMN pds.athena_executions.reason IS 'why it is in this state, in Athena''s words';
COMMENT ON COLUMN pds.athena_executions.statement_type IS 'DML, DDL or UTILITY';
COMMENT ON COLUMN pds.athena_executions.substatement_type IS 'SELECT, INSERT ...';
COMMENT ON COLUMN pds.athena_executions.submitted IS 'when it was sent, by this server''s clock';
COMMENT ON COLUMN pds.athena_executions.completed IS 'when its end was seen, by this server''s clock';
COMMENT ON COLUMN pds.athena_executions.queue_ms IS 'milliseconds in Athena''s queue';
COMMENT ON COLUMN pds.athena_executions.planning_ms IS 'milliseconds of Athena''s planning';
COMMENT ON COLUMN pds.athena_executions.engine_ms IS 'milliseconds of Athena''s engine';
COMMENT ON COLUMN pds.athena_executions.total_ms IS 'milliseconds of all of it, by Athena';
COMMENT ON COLUMN pds.athena_executions.bytes_scanned IS 'what Athena read';
COMMENT ON COLUMN pds.athena_executions.result_reused IS 'an earlier result was taken';
COMMENT ON COLUMN pds.athena_executions.price IS 'US dollars: 5 per TB, 10 MB at least; DDL and failures nothing';
COMMENT ON COLUMN pds.athena_executions.role IS 'role that ran it';
COMMENT ON COLUMN pds.shippable.kind IS 'operator, function, cast, aggregate, window or expression';
COMMENT ON COLUMN pds.shippable.names IS 'in pg_catalog';
COMMENT ON COLUMN pds.shippable.arguments IS 'families of types, one element for each list that is meant';
COMMENT ON COLUMN pds.shippable.sent IS 'false: never';
COMMENT ON COLUMN pds.shippable.athena IS 'its SQL; $1 and %1 are the arguments';
COMMENT ON COLUMN pds.shippable.condition IS 'on which it is sent, or why never';
COMMENT ON COLUMN pds.rejects.scan IS 'number of the scan in this session';
COMMENT ON COLUMN pds.rejects.relation IS 'foreign table';
COMMENT ON COLUMN pds.rejects.object IS 'where the record is';
COMMENT ON COLUMN pds.rejects.record IS 'number in its object, from 1; null where the object was read in parts';
COMMENT ON COLUMN pds.rejects.byte IS 'where the record begins, decompressed';
COMMENT ON COLUMN pds.rejects.column_name IS 'null: the whole record';
COMMENT ON COLUMN pds.rejects.value IS 'what could not be read, cut after 100 bytes';
COMMENT ON COLUMN pds.rejects.message IS 'why';
COMMENT ON COLUMN pds.stat_scans.role IS 'role that ran them';
COMMENT ON COLUMN pds.stat_scans.database IS 'database they ran in';
COMMENT ON COLUMN pds.stat_scans.server IS 'foreign server';
COMMENT ON COLUMN pds.stat_scans.relation IS 'foreign table, by its name at the first scan; of a join its tables; of an import the database or location';
COMMENT ON COLUMN pds.stat_scans.queryid IS 'as pg_stat_statements has it; null where compute_query_id is off';
COMMENT ON COLUMN pds.stat_scans.kind IS 'direct, athena or write; planning (where it asked AWS), analyze or import';
COMMENT ON COLUMN pds.stat_scans.scans IS 'scans; of write, transactions; of others, how often it was done';
COMMENT ON COLUMN pds.stat_scans.failed IS 'those of them that failed';
COMMENT ON COLUMN pds.stat_scans.rows IS 'rows read or written';
COMMENT ON COLUMN pds.stat_scans.objects IS 'objects read or written';
COMMENT ON COLUMN pds.stat_scans.bytes IS 'their bytes, as stored';
COMMENT ON COLUMN pds.stat_scans.requests IS 'to AWS';
COMMENT ON COLUMN pds.stat_scans.retries IS 'those of them that were sent again';
COMMENT ON COLUMN pds.stat_scans.bytes_received IS 'from AWS';
COMMENT ON COLUMN pds.stat_scans.bytes_sent IS 'to AWS';
COMMENT ON COLUMN pds.stat_scans.memory_hits IS 'answers of Glue and S3 that were kept by the session';
COMMENT ON COLUMN pds.stat_scans.disk_hits IS 'blocks from pds.cache_directory';
COMMENT ON COLUMN pds.stat_scans.disk_bytes IS 'bytes from pds.cache_directory';
COMMENT ON COLUMN pds.stat_scans.rejected IS 'values and records that on_error passed over';
COMMENT ON COLUMN pds.stat_scans.athena_executions IS 'executions by Athena';
COMMENT ON COLUMN pds.stat_scans.athena_bytes_scanned IS 'what Athena read';
COMMENT ON COLUMN pds.stat_scans.athena_price IS 'US dollars';
COMMENT ON COLUMN pds.stat_scans.network_time IS 'milliseconds of waiting for AWS';
COMMENT ON COLUMN pds.stat_scans.total_time IS 'milliseconds from begin to end, with what the query did between its rows';
COMMENT ON COLUMN pds.stat_scans.stats_since IS 'when the row was begun';
COMMENT ON COLUMN pds.stat_progress.pid IS 'process';
COMMENT ON COLUMN pds.stat_progress.leader_pid IS 'of a parallel worker, its leader';
COMMENT ON COLUMN pds.stat_progress.role IS 'role that runs it';
COMMENT ON COLUMN pds.stat_progress.database IS 'database it runs in';
COMMENT ON COLUMN pds.stat_progress.server IS 'foreign server';
COMMENT ON COLUMN pds.stat_progress.relation IS 'foreign table; of a join its tables; of an import the database or location';
COMMENT ON COLUMN pds.stat_progress.queryid IS 'as pg_stat_activity has it; null where compute_query_id is off';
COMMENT ON COLUMN pds.stat_progress.kind IS 'direct, athena, write, planning, analyze or import';
COMMENT ON COLUMN pds.stat_progress.phase IS 'planning, listing, reading, waiting for Athena, writing, uploading or committing';
COMMENT ON COLUMN pds.stat_progress.objects_done IS 'objects read or written to their end';
COMMENT ON COLUMN pds.stat_progress.objects_total IS 'objects to be read; NULL while they are being listed';
COMMENT ON COLUMN pds.stat_progress.bytes_done IS 'of the objects, as stored';
COMMENT ON COLUMN pds.stat_progress.bytes_total IS 'of the objects to be read; NULL while they are being listed';
COMMENT ON COLUMN pds.stat_progress.rows IS 'rows handed out';
COMMENT ON COLUMN pds.stat_progress.execution_id IS 'Athena''s id of the execution';
COMMENT ON COLUMN pds.stat_progress.execution_state IS 'QUEUED, RUNNING ...';
COMMENT ON COLUMN pds.stat_progress.athena_bytes_scanned IS 'what Athena has read by its last answer';
COMMENT ON COLUMN pds.stat_progress.started IS 'when it began';
