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

CREATE FUNCTION @extschema@.credentials_source(server name) RETURNS text
AS 'MODULE_PATHNAME', 'pds_credentials_source_of' LANGUAGE C STRICT VOLATILE;

COMMENT ON FUNCTION @extschema@.credentials_source(name) IS
    'where the AWS credentials for a server come from (never what they are)';

-- ---- credentials and session ----

CREATE TYPE @extschema@.session_info AS (
    account_id text, arn text, user_id text, region text, partition text, credentials_source text,
    s3_endpoint text, glue_endpoint text, athena_endpoint text);

COMMENT ON TYPE @extschema@.session_info IS 'whom and where the credentials of a server are';

CREATE FUNCTION @extschema@.session(server name) RETURNS @extschema@.session_info
AS 'MODULE_PATHNAME', 'pds_aws_session' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION @extschema@.session(name) IS
    'whose credentials a server is used with (STS GetCallerIdentity), where they come from, and the region and end points that are asked';

CREATE FUNCTION @extschema@.default_bucket(server name, prefix text DEFAULT 'sagemaker') RETURNS text
AS 'MODULE_PATHNAME', 'pds_default_bucket' LANGUAGE C STRICT VOLATILE;

REVOKE EXECUTE ON FUNCTION @extschema@.default_bucket(name, text) FROM PUBLIC;

COMMENT ON FUNCTION @extschema@.default_bucket(name, text) IS
    'name of the bucket that the SageMaker SDK uses when none is given, PREFIX-REGION-ACCOUNT; it is made if there is none (with a NOTICE), and an error if it belongs to another account. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION @extschema@.upload_data(
    server name, path text, bucket text DEFAULT NULL, key_prefix text DEFAULT 'data') RETURNS text
AS 'MODULE_PATHNAME', 'pds_upload_data_path' LANGUAGE C VOLATILE;

REVOKE EXECUTE ON FUNCTION @extschema@.upload_data(name, text, text, text) FROM PUBLIC;

COMMENT ON FUNCTION @extschema@.upload_data(name, text, text, text) IS
    'put a file of the database server, or all files below a folder, into a bucket under key_prefix, as upload_data of a SageMaker session does: the location. Without a bucket the default one (pds.default_bucket) is used. Only for members of pg_read_server_files. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION @extschema@.upload_data(
    server name, content bytea, name text, bucket text DEFAULT NULL, key_prefix text DEFAULT 'data') RETURNS text
AS 'MODULE_PATHNAME', 'pds_upload_data_bytes' LANGUAGE C VOLATILE;

REVOKE EXECUTE ON FUNCTION @extschema@.upload_data(name, bytea, text, text, text) FROM PUBLIC;

COMMENT ON FUNCTION @extschema@.upload_data(name, bytea, text, text, text) IS
    'put these bytes into a bucket as key_prefix/name: the location. Without a bucket the default one (pds.default_bucket) is used. Done at once and not undone by ROLLBACK.';

-- ---- S3 objects ----

CREATE TYPE @extschema@.s3_object AS (
    uri text, name text, size bigint, modified timestamptz, etag text, storage_class text, is_prefix boolean);

COMMENT ON TYPE @extschema@.s3_object IS 'an object, a folder (is_prefix) or a bucket of S3; name is the part below the location that was listed';

CREATE TYPE @extschema@.s3_head_info AS (
    uri text, size bigint, modified timestamptz, etag text, content_type text, storage_class text,
    version_id text, metadata jsonb);

COMMENT ON TYPE @extschema@.s3_head_info IS 'what S3 tells of one object without its content';

CREATE TYPE @extschema@.s3_action AS (action text, source text, target text, bytes bigint);

COMMENT ON TYPE @extschema@.s3_action IS 'what was done to one object: copy, upload, download or delete';

CREATE FUNCTION @extschema@.s3_list(
    server name, uri text DEFAULT 's3://', recursive boolean DEFAULT false, pattern text DEFAULT NULL,
    modified_after timestamptz DEFAULT NULL, modified_before timestamptz DEFAULT NULL, max_results bigint DEFAULT NULL) RETURNS SETOF @extschema@.s3_object
AS 'MODULE_PATHNAME', 'pds_s3_list_rows' LANGUAGE C VOLATILE PARALLEL RESTRICTED ROWS 1000;

COMMENT ON FUNCTION @extschema@.s3_list(name, text, boolean, text, timestamptz, timestamptz, bigint) IS
    'objects whose keys begin as uri says, with folders (is_prefix) for what lies deeper unless recursive; the buckets for s3://. pattern is a glob on the name (* takes / along, ?, [a-z], [!a-z]); modified_after and modified_before are exclusive and leave folders out. No more than max_results rows are looked for';

CREATE FUNCTION @extschema@.s3_head(server name, uri text) RETURNS @extschema@.s3_head_info
AS 'MODULE_PATHNAME', 'pds_s3_head_row' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION @extschema@.s3_head(name, text) IS
    'size, time, ETag, content type, storage class, version and metadata of one object; an error when there is none';

CREATE FUNCTION @extschema@.s3_exists(server name, uri text) RETURNS boolean
AS 'MODULE_PATHNAME', 'pds_s3_exists' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION @extschema@.s3_exists(name, text) IS
    'is there an object of that name? With a last / : anything below it. Of s3://bucket: the bucket';

CREATE FUNCTION @extschema@.s3_get(server name, uri text, first_byte bigint DEFAULT 0, bytes bigint DEFAULT NULL) RETURNS bytea
AS 'MODULE_PATHNAME', 'pds_s3_get_bytea' LANGUAGE C VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION @extschema@.s3_get(name, text, bigint, bigint) IS
    'content of an object, or bytes of it from first_byte on (0 is the first; -100: the last hundred). Values hold less than 1 GB: a larger object needs a range, or pds.s3_download';

CREATE FUNCTION @extschema@.s3_get_text(
    server name, uri text, first_byte bigint DEFAULT 0, bytes bigint DEFAULT NULL, encoding name DEFAULT 'UTF8') RETURNS text
AS 'MODULE_PATHNAME', 'pds_s3_get_text' LANGUAGE C VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION @extschema@.s3_get_text(name, text, bigint, bigint, name) IS
    'content of an object as text, converted from the encoding; what is not valid in it is an error. A byte order mark is dropped. A range that cuts a character in two is not valid either';

CREATE FUNCTION @extschema@.s3_put(
    server name, uri text, content text, content_type text DEFAULT NULL, metadata jsonb DEFAULT NULL,
    storage_class text DEFAULT NULL, overwrite boolean DEFAULT true) RETURNS bigint
AS 'MODULE_PATHNAME', 'pds_s3_put_text' LANGUAGE C VOLATILE;

REVOKE EXECUTE ON FUNCTION @extschema@.s3_put(name, text, text, text, jsonb, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION @extschema@.s3_put(name, text, text, text, jsonb, text, boolean) IS
    'write an object of this text (in UTF-8): the bytes written. content_type follows the suffix unless given; metadata is a JSON object of ASCII values; with overwrite => false an object that is there is an error. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION @extschema@.s3_put(
    server name, uri text, content bytea, content_type text DEFAULT NULL, metadata jsonb DEFAULT NULL,
    storage_class text DEFAULT NULL, overwrite boolean DEFAULT true) RETURNS bigint
AS 'MODULE_PATHNAME', 'pds_s3_put_bytea' LANGUAGE C VOLATILE;

REVOKE EXECUTE ON FUNCTION @extschema@.s3_put(name, text, bytea, text, jsonb, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION @extschema@.s3_put(name, text, bytea, text, jsonb, text, boolean) IS
    'write an object of these bytes: how many. content_type follows the suffix unless given; metadata is a JSON object of ASCII values; with overwrite => false an object that is there is an error. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION @extschema@.s3_copy(
    server name, source text, target text, recursive boolean DEFAULT false, pattern text DEFAULT NULL,
    dry_run boolean DEFAULT false) RETURNS SETOF @extschema@.s3_action
AS 'MODULE_PATHNAME', 'pds_s3_copy_rows' LANGUAGE C VOLATILE ROWS 100;

REVOKE EXECUTE ON FUNCTION @extschema@.s3_copy(name, text, text, boolean, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION @extschema@.s3_copy(name, text, text, boolean, text, boolean) IS
    'copy an object within S3, of any size and between buckets and regions; a target that ends in / takes it under its own name. recursive copies all below source (those whose name matches the glob pattern) to below target. dry_run only says what would be done. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION @extschema@.s3_sync(
    server name, source text, target text, delete_extra boolean DEFAULT false, pattern text DEFAULT NULL,
    dry_run boolean DEFAULT false) RETURNS SETOF @extschema@.s3_action
AS 'MODULE_PATHNAME', 'pds_s3_sync_rows' LANGUAGE C VOLATILE ROWS 100;

REVOKE EXECUTE ON FUNCTION @extschema@.s3_sync(name, text, text, boolean, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION @extschema@.s3_sync(name, text, text, boolean, text, boolean) IS
    'make target like source: what is missing there, of another size or older is copied; with delete_extra, what source does not have is deleted. Source and target are S3 locations, or one is a folder of the database server (absolute path; members of pg_read_server_files or pg_write_server_files). pattern limits both sides. dry_run only says what would be done. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION @extschema@.s3_upload(
    server name, path text, uri text, recursive boolean DEFAULT false, pattern text DEFAULT NULL,
    dry_run boolean DEFAULT false) RETURNS SETOF @extschema@.s3_action
AS 'MODULE_PATHNAME', 'pds_s3_upload_rows' LANGUAGE C VOLATILE ROWS 100;

REVOKE EXECUTE ON FUNCTION @extschema@.s3_upload(name, text, text, boolean, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION @extschema@.s3_upload(name, text, text, boolean, text, boolean) IS
    'put a file of the database server into S3; a uri that ends in / takes it under its own name. recursive puts all files below a folder. Only for members of pg_read_server_files; links are not followed, and nothing of the data directory is read. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION @extschema@.s3_download(
    server name, uri text, path text, recursive boolean DEFAULT false, pattern text DEFAULT NULL,
    dry_run boolean DEFAULT false) RETURNS SETOF @extschema@.s3_action
AS 'MODULE_PATHNAME', 'pds_s3_download_rows' LANGUAGE C VOLATILE ROWS 100;

REVOKE EXECUTE ON FUNCTION @extschema@.s3_download(name, text, text, boolean, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION @extschema@.s3_download(name, text, text, boolean, text, boolean) IS
    'write an object to a file of the database server, which appears when it is complete; a folder takes it under its own name. recursive writes all objects below uri, making folders. Only for members of pg_write_server_files; folders and links are not replaced, and nothing is written into the data directory. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION @extschema@.s3_delete(
    server name, uri text, recursive boolean DEFAULT false, pattern text DEFAULT NULL, dry_run boolean DEFAULT false) RETURNS SETOF @extschema@.s3_action
AS 'MODULE_PATHNAME', 'pds_s3_delete_one' LANGUAGE C VOLATILE ROWS 100;

REVOKE EXECUTE ON FUNCTION @extschema@.s3_delete(name, text, boolean, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION @extschema@.s3_delete(name, text, boolean, text, boolean) IS
    'delete an object (no row when there was none); recursive deletes all whose keys begin as uri says and whose name matches the glob pattern. dry_run only says what would be done. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION @extschema@.s3_delete(server name, uris text[], dry_run boolean DEFAULT false) RETURNS SETOF @extschema@.s3_action
AS 'MODULE_PATHNAME', 'pds_s3_delete_array' LANGUAGE C VOLATILE ROWS 100;

REVOKE EXECUTE ON FUNCTION @extschema@.s3_delete(name, text[], boolean) FROM PUBLIC;

COMMENT ON FUNCTION @extschema@.s3_delete(name, text[], boolean) IS
    'delete these objects, 1,000 a request; whether they were there is not asked. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION @extschema@.s3_create_bucket(
    server name, bucket text, region text DEFAULT NULL, exist_ok boolean DEFAULT false) RETURNS boolean
AS 'MODULE_PATHNAME', 'pds_s3_create_bucket_sql' LANGUAGE C VOLATILE;

REVOKE EXECUTE ON FUNCTION @extschema@.s3_create_bucket(name, text, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION @extschema@.s3_create_bucket(name, text, text, boolean) IS
    'make a bucket, in the region of the server unless another is named: true when it was made, false when exist_ok and it was ours already. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION @extschema@.s3_delete_bucket(server name, bucket text, missing_ok boolean DEFAULT false) RETURNS boolean
AS 'MODULE_PATHNAME', 'pds_s3_delete_bucket_sql' LANGUAGE C VOLATILE;

REVOKE EXECUTE ON FUNCTION @extschema@.s3_delete_bucket(name, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION @extschema@.s3_delete_bucket(name, text, boolean) IS
    'delete an empty bucket: true, or false when missing_ok and there was none. Done at once and not undone by ROLLBACK.';

CREATE FUNCTION @extschema@.s3_presign(server name, uri text, expires interval DEFAULT '1 hour') RETURNS text
AS 'MODULE_PATHNAME', 'pds_s3_presign_url' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION @extschema@.s3_presign(name, text, interval) IS
    'a URL by which anybody can read the object until it expires (at most seven days, and not longer than temporary credentials live). It carries a signature: treat it as a password';

-- ---- the Glue catalog ----

-- ---- schema inference and crawling ----

-- ---- Athena ----

-- ---- writing CSV ----

-- ---- profile and pictures ----

CREATE FUNCTION @extschema@.bar(value double precision, maximum double precision, width integer DEFAULT 40) RETURNS text
AS 'MODULE_PATHNAME', 'pds_bar' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION @extschema@.bar(double precision, double precision, integer) IS
    'a bar of text, width characters long where value is maximum';

CREATE FUNCTION @extschema@.bar(label text, value double precision, maximum double precision DEFAULT 1, width integer DEFAULT 40) RETURNS text
AS 'MODULE_PATHNAME', 'pds_bar_labelled' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION @extschema@.bar(text, double precision, double precision, integer) IS
    'a line of a bar chart: label, bar on the scale from 0 to maximum, value';

CREATE FUNCTION @extschema@.chart_step(internal, text, double precision) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_chart_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.chart_step(internal, text, double precision, integer) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_chart_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.chart_step(internal, text, double precision, text) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_chart_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bar_chart_final(internal) RETURNS text
AS 'MODULE_PATHNAME', 'pds_bar_chart_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.svg_chart_final(internal) RETURNS text
AS 'MODULE_PATHNAME', 'pds_svg_chart_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE @extschema@.bar_chart(label text, value double precision) (
    SFUNC = @extschema@.chart_step, STYPE = internal, FINALFUNC = @extschema@.bar_chart_final);

COMMENT ON AGGREGATE @extschema@.bar_chart(text, double precision) IS
    'a bar chart of text: a line a row, in the order of ORDER BY in the call';

CREATE AGGREGATE @extschema@.bar_chart(label text, value double precision, width integer) (
    SFUNC = @extschema@.chart_step, STYPE = internal, FINALFUNC = @extschema@.bar_chart_final);

COMMENT ON AGGREGATE @extschema@.bar_chart(text, double precision, integer) IS
    'a bar chart of text: a line a row, in the order of ORDER BY in the call; width in characters';

CREATE AGGREGATE @extschema@.svg_bar_chart(label text, value double precision) (
    SFUNC = @extschema@.chart_step, STYPE = internal, FINALFUNC = @extschema@.svg_chart_final);

COMMENT ON AGGREGATE @extschema@.svg_bar_chart(text, double precision) IS
    'a bar chart as an SVG document: a bar a row, in the order of ORDER BY in the call';

CREATE AGGREGATE @extschema@.svg_bar_chart(label text, value double precision, title text) (
    SFUNC = @extschema@.chart_step, STYPE = internal, FINALFUNC = @extschema@.svg_chart_final);

COMMENT ON AGGREGATE @extschema@.svg_bar_chart(text, double precision, text) IS
    'a bar chart as an SVG document with a title: a bar a row, in the order of ORDER BY in the call';

CREATE FUNCTION @extschema@.profile(relation regclass, columns name[] DEFAULT NULL,
    OUT column_name name, OUT data_type text, OUT row_count bigint, OUT missing bigint, OUT empty bigint,
    OUT invalid bigint, OUT distinct_values bigint, OUT duplicates bigint, OUT top text, OUT top_count bigint,
    OUT minimum text, OUT maximum text, OUT mean double precision, OUT stddev double precision)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_profile' LANGUAGE C STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION @extschema@.profile(regclass, name[]) IS
    'data quality of a table, a row a column: rows, missing (NULL), empty, invalid (malformed text, of direct scans), distinct, duplicates, most frequent value, minimum, maximum, mean, standard deviation';

-- ---- bias ----

CREATE FUNCTION @extschema@.bias_label_step(internal, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_label_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_label_step(internal, boolean, anyelement) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_label_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_label_step(internal, boolean, anyelement, bigint) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_label_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_label_step(internal, boolean, anyelement, bigint, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_label_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_group_step(internal, boolean, boolean, anyelement) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_group_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_group_step(internal, boolean, boolean, anyelement, bigint) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_group_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_serialize(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'pds_bias_serialize' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_deserialize(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'pds_bias_deserialize' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_ci_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_ci_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_dpl_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_dpl_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_kl_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_kl_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_js_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_js_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_lp_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_lp_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_tvd_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_tvd_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_ks_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_ks_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION @extschema@.bias_cddl_final(internal) RETURNS double precision
AS 'MODULE_PATHNAME', 'pds_bias_cddl_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE @extschema@.class_imbalance(facet boolean) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_ci_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.class_imbalance(boolean) IS 'class imbalance (CI): (rows outside the facet - rows in it) / all rows';

CREATE AGGREGATE @extschema@.class_imbalance(facet boolean, label anyelement) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_ci_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.class_imbalance(boolean, anyelement) IS 'class imbalance (CI): (rows outside the facet - rows in it) / all rows';

CREATE AGGREGATE @extschema@.class_imbalance(facet boolean, label anyelement, weight bigint) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_ci_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.class_imbalance(boolean, anyelement, bigint) IS 'class imbalance (CI): (rows outside the facet - rows in it) / all rows: a row stands for weight rows';

CREATE AGGREGATE @extschema@.positive_proportions_difference(facet boolean, positive boolean) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_dpl_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.positive_proportions_difference(boolean, boolean) IS 'difference in positive proportions in labels (DPL): share of positive labels outside the facet - share in it';

CREATE AGGREGATE @extschema@.positive_proportions_difference(facet boolean, positive boolean, weight bigint) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_dpl_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.positive_proportions_difference(boolean, boolean, bigint) IS 'difference in positive proportions in labels (DPL): share of positive labels outside the facet - share in it: a row stands for weight rows';

CREATE AGGREGATE @extschema@.kl_divergence(facet boolean, label anyelement) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_kl_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.kl_divergence(boolean, anyelement) IS 'Kullback-Leibler divergence (KL) of the labels outside the facet from those in it';

CREATE AGGREGATE @extschema@.kl_divergence(facet boolean, label anyelement, weight bigint) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_kl_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.kl_divergence(boolean, anyelement, bigint) IS 'Kullback-Leibler divergence (KL) of the labels outside the facet from those in it: a row stands for weight rows';

CREATE AGGREGATE @extschema@.kl_divergence(facet boolean, label anyelement, weight bigint, strict boolean) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_kl_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.kl_divergence(boolean, anyelement, bigint, boolean) IS 'Kullback-Leibler divergence (KL) of the labels outside the facet from those in it: a row stands for weight rows; strict: over the union of the labels of both sides';

CREATE AGGREGATE @extschema@.js_divergence(facet boolean, label anyelement) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_js_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.js_divergence(boolean, anyelement) IS 'Jensen-Shannon divergence (JS) of the labels outside the facet and in it';

CREATE AGGREGATE @extschema@.js_divergence(facet boolean, label anyelement, weight bigint) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_js_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.js_divergence(boolean, anyelement, bigint) IS 'Jensen-Shannon divergence (JS) of the labels outside the facet and in it: a row stands for weight rows';

CREATE AGGREGATE @extschema@.js_divergence(facet boolean, label anyelement, weight bigint, strict boolean) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_js_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.js_divergence(boolean, anyelement, bigint, boolean) IS 'Jensen-Shannon divergence (JS) of the labels outside the facet and in it: a row stands for weight rows; strict: over the union of the labels of both sides';

CREATE AGGREGATE @extschema@.lp_norm(facet boolean, label anyelement) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_lp_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.lp_norm(boolean, anyelement) IS 'L2 norm (LP) of the difference between the distributions of labels outside the facet and in it';

CREATE AGGREGATE @extschema@.lp_norm(facet boolean, label anyelement, weight bigint) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_lp_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.lp_norm(boolean, anyelement, bigint) IS 'L2 norm (LP) of the difference between the distributions of labels outside the facet and in it: a row stands for weight rows';

CREATE AGGREGATE @extschema@.lp_norm(facet boolean, label anyelement, weight bigint, strict boolean) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_lp_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.lp_norm(boolean, anyelement, bigint, boolean) IS 'L2 norm (LP) of the difference between the distributions of labels outside the facet and in it: a row stands for weight rows; strict: over the union of the labels of both sides';

CREATE AGGREGATE @extschema@.total_variation_distance(facet boolean, label anyelement) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_tvd_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.total_variation_distance(boolean, anyelement) IS 'total variation distance (TVD) of the labels outside the facet and in it';

CREATE AGGREGATE @extschema@.total_variation_distance(facet boolean, label anyelement, weight bigint) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_tvd_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.total_variation_distance(boolean, anyelement, bigint) IS 'total variation distance (TVD) of the labels outside the facet and in it: a row stands for weight rows';

CREATE AGGREGATE @extschema@.total_variation_distance(facet boolean, label anyelement, weight bigint, strict boolean) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_tvd_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.total_variation_distance(boolean, anyelement, bigint, boolean) IS 'total variation distance (TVD) of the labels outside the facet and in it: a row stands for weight rows; strict: over the union of the labels of both sides';

CREATE AGGREGATE @extschema@.kolmogorov_smirnov(facet boolean, label anyelement) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_ks_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.kolmogorov_smirnov(boolean, anyelement) IS 'Kolmogorov-Smirnov distance (KS): largest difference of a label''s share outside the facet and in it';

CREATE AGGREGATE @extschema@.kolmogorov_smirnov(facet boolean, label anyelement, weight bigint) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_ks_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.kolmogorov_smirnov(boolean, anyelement, bigint) IS 'Kolmogorov-Smirnov distance (KS): largest difference of a label''s share outside the facet and in it: a row stands for weight rows';

CREATE AGGREGATE @extschema@.kolmogorov_smirnov(facet boolean, label anyelement, weight bigint, strict boolean) (
    SFUNC = @extschema@.bias_label_step, STYPE = internal, FINALFUNC = @extschema@.bias_ks_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.kolmogorov_smirnov(boolean, anyelement, bigint, boolean) IS 'Kolmogorov-Smirnov distance (KS): largest difference of a label''s share outside the facet and in it: a row stands for weight rows; strict: over the union of the labels of both sides';

CREATE AGGREGATE @extschema@.conditional_demographic_disparity(facet boolean, positive boolean, group_by anyelement) (
    SFUNC = @extschema@.bias_group_step, STYPE = internal, FINALFUNC = @extschema@.bias_cddl_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.conditional_demographic_disparity(boolean, boolean, anyelement) IS 'conditional demographic disparity in labels (CDDL): mean over the groups of the facet''s share of rejections - its share of acceptances';

CREATE AGGREGATE @extschema@.conditional_demographic_disparity(facet boolean, positive boolean, group_by anyelement, weight bigint) (
    SFUNC = @extschema@.bias_group_step, STYPE = internal, FINALFUNC = @extschema@.bias_cddl_final,
    COMBINEFUNC = @extschema@.bias_combine, SERIALFUNC = @extschema@.bias_serialize, DESERIALFUNC = @extschema@.bias_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE @extschema@.conditional_demographic_disparity(boolean, boolean, anyelement, bigint) IS 'conditional demographic disparity in labels (CDDL): mean over the groups of the facet''s share of rejections - its share of acceptances: a row stands for weight rows';

CREATE FUNCTION @extschema@.bias_report(relation regclass, facet name, label name,
    positive_values "any" DEFAULT NULL, positive_above numeric DEFAULT NULL,
    facet_values "any" DEFAULT NULL, facet_above numeric DEFAULT NULL,
    group_by name DEFAULT NULL, strict boolean DEFAULT false,
    OUT facet_value text, OUT metric text, OUT value double precision, OUT description text, OUT note text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pds_bias_report' LANGUAGE C STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION @extschema@.bias_report(regclass, name, name, "any", numeric, "any", numeric, name, boolean) IS
    'pre-training bias metrics (CI, DPL, KL, JS, LP, TVD, KS, CDDL) of a facet column by a label column, for the facet values given, those above a threshold, or each value against the rest';

CREATE FUNCTION @extschema@.bias_json(relation regclass, facet name, label name,
    positive_values "any" DEFAULT NULL, positive_above numeric DEFAULT NULL,
    facet_values "any" DEFAULT NULL, facet_above numeric DEFAULT NULL,
    group_by name DEFAULT NULL, strict boolean DEFAULT false)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'pds_bias_json' LANGUAGE C STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION @extschema@.bias_json(regclass, name, name, "any", numeric, "any", numeric, name, boolean) IS
    'bias_report in the shape of SageMaker Clarify''s analysis.json';
