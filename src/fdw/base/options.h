/*
 * options.h
 *	  Every option of server, user mapping, table and column: names, checks,
 *	  parsed form.  The table in options.c is the single list; doc/options.md
 *	  shows it to the user.
 */
#ifndef PDS_FDW_OPTIONS_H
#define PDS_FDW_OPTIONS_H

#include "foreign/foreign.h"
#include "nodes/pg_list.h"

#include "core/aws/aws.h"
#include "core/codec/codec.h"
#include "core/serde/hive_type.h"
#include "core/serde/serde.h"
#include "fdw/base/guc.h"

typedef enum PdsOnError
{
	PDS_ON_ERROR_SERDE,			/* not set: the SerDe's own rule */
	PDS_ON_ERROR_NULL, PDS_ON_ERROR_STOP, PDS_ON_ERROR_SKIP
} PdsOnError;

/* where ANALYZE has statistics from */
typedef enum PdsAnalyzeFrom
{
	PDS_ANALYZE_SAMPLE, PDS_ANALYZE_CATALOG
} PdsAnalyzeFrom;

/* what is said of values and rows that on_error passes over (log_verbosity) */
typedef enum PdsVerbosity
{
	PDS_VERBOSITY_DEFAULT,		/* one WARNING at the end */
	PDS_VERBOSITY_VERBOSE,		/* a NOTICE each besides */
	PDS_VERBOSITY_SILENT
} PdsVerbosity;

/* one or several texts */
typedef struct PdsWords
{
	int			n;
	char	  **words;
} PdsWords;

/* Strings are palloc'd in the caller's context, NULL when not set. */
typedef struct PdsServerOptions
{
	char	   *region;
	char	   *profile;
	char	   *endpoint[PDS_NSERVICES];	/* specific one, else endpoint_url */
	PdsAddressing addressing;
	char	   *ca_bundle;
	bool		anonymous;
	char	   *role_arn;
	char	   *external_id;
	char	   *role_session_name;
	char	   *catalog_id;
	char	   *athena_catalog;
	char	   *workgroup;
	char	   *output_location;
	PdsEngine	engine;			/* AUTO when not set */
	int			result_reuse_minutes;
	int64		max_scan_bytes; /* -1: no limit */
	int64		max_record_size;	/* -1 when not set */
	int			max_attempts;
	long		connect_timeout_ms;
	long		request_timeout_ms;
	long		start_timeout_ms;
	int			fetch_concurrency;
	int64		fetch_part_size;
	PdsSwitch	use_fips;
	PdsSwitch	use_dualstack;
	bool		use_instance_region;
	bool		requester_pays;
	int			skip_archived;	/* of archived_objects; -1 when not set */
	int			cache_ttl;		/* seconds; default 60, 0: no cache */
	bool		keep_results;
	bool		allow_inexact;
	bool		async_capable;
	double		startup_cost;	/* fdw_startup_cost; -1: built in */
	double		tuple_cost;		/* fdw_tuple_cost; -1: built in */
	bool		use_ambient_credentials;
} PdsServerOptions;

typedef struct PdsMappingOptions
{
	bool		exists;			/* is there a user mapping? */
	char	   *access_key_id;
	char	   *secret_access_key;
	char	   *session_token;
	char	   *profile;
	char	   *role_arn;
} PdsMappingOptions;

typedef struct PdsTableOptions
{
	char	   *database;		/* Glue database */
	char	   *table_name;		/* Glue table; the relation's name when only
								 * database is set */
	char	   *location;		/* s3://... by hand; overrides the catalog's */
	bool		format_set;		/* format given: read here only */
	PdsFormat	format;
	char	   *delimiter;		/* raw option text, NULL when not set */
	char	   *quote;
	char	   *escape;
	char	   *null;			/* the first of them; NULL when not set */
	PdsWords   *nulls;			/* the same, all of them */
	bool		force_null;
	bool		force_not_null;
	bool		trim;
	char	   *decimal_separator;	/* raw option texts, NULL when not set */
	char	   *thousands;
	char	   *date_format;
	char	   *timestamp_format;
	char	   *default_text;	/* COPY's DEFAULT */
	int			header;			/* lines; -1 when not set; true = 1 */
	PdsHeaderMode header_mode;	/* what these lines are for */
	char	   *encoding;		/* PostgreSQL's name; NULL: UTF-8, or recode */
	char	   *recode;			/* iconv's name of an encoding that PostgreSQL
								 * does not know, or NULL */
	char	   *comment;		/* raw option text, NULL when not set */
	int			skip;			/* lines */
	char	   *compression;	/* NULL: by suffix */
	char	   *version_id;		/* of the one object that location names;
								 * NULL: the current one */
	int			skip_archived;	/* -1 when not set */
	PdsOnError	on_error;
	PdsVerbosity log_verbosity;
	PdsAnalyzeFrom analyze_from;
	bool		null_padding;
	int64		reject_limit;	/* -1: none */
	PdsEngine	engine;			/* DEFAULT when not set */
	int64		max_scan_bytes; /* -1 */
	int64		max_record_size;	/* -1 when not set */
	char	   *write_mode;		/* NULL: append */
	int			write_compression_level;	/* 0: the writer's own choice */
	char	   *write_compression;	/* of new objects; NULL: compression, else
									 * none */
	int64		max_rows_per_file;	/* 0: no limit */
	int64		max_bytes_per_file; /* of text; 0: no limit */
	bool		updatable;		/* default true */
	bool		any_dialect_option; /* one of format .. compression, location:
									 * Athena may differ */
} PdsTableOptions;

typedef struct PdsColumnOptions
{
	char	   *column_name;	/* Glue's name; the attribute's own when not
								 * set */
	bool		partition_key;
	char	   *glue_type;		/* Hive type text as imported, NULL by hand */

	/* as of a table, which they come before */
	char	   *null;
	PdsWords   *nulls;
	PdsSwitch	force_null;
	PdsSwitch	force_not_null;
	PdsSwitch	trim;
	char	   *decimal_separator;
	char	   *thousands;
	char	   *date_format;
	char	   *timestamp_format;
	bool		any_dialect_option; /* one of these is set */
} PdsColumnOptions;

/* how much is looked at to infer what objects hold, when nothing else is said */
#define PDS_SAMPLE_BYTES	(1024 * 1024)
#define PDS_SAMPLE_OBJECTS	10

/* letters of imported names (option case), as oracle_fdw has it */
typedef enum PdsNameCase
{
	PDS_CASE_LOWER, PDS_CASE_KEEP,
	PDS_CASE_SMART				/* lower: names without a letter in lower case */
} PdsNameCase;

typedef struct PdsImportOptions
{
	int64		sample_bytes;	/* of each object, from its start */
	int			sample_objects; /* of a table */
	bool		all_text;
	PdsNameCase name_case;
} PdsImportOptions;

extern void pds_get_server_options(ForeignServer *server, PdsServerOptions *out);

/* the mapping of userid, else PUBLIC's; exists = false when there is none (no error) */
extern void pds_get_mapping_options(Oid serverid, Oid userid, PdsMappingOptions *out);
extern void pds_get_table_options(Oid relid, PdsTableOptions *out);

/* Options of a table, or of IMPORT FOREIGN SCHEMA, that are no table's yet: checked, and parsed. */
extern void pds_get_read_options(List *options, PdsTableOptions *out, PdsImportOptions *sampling);
extern void pds_get_import_options(List *options, PdsTableOptions *dialect,
								   PdsImportOptions *out);
extern void pds_get_column_options(Oid relid, AttrNumber attnum, PdsColumnOptions *out);

/* session over table over server; never DEFAULT */
extern PdsEngine pds_effective_engine(const PdsServerOptions *s, const PdsTableOptions *t);

/* the smallest of session, table, server; -1: none */
extern int64 pds_effective_max_scan_bytes(const PdsServerOptions *s, const PdsTableOptions *t);

/* bytes of the longest record that is read: the table's option, else the server's */
extern size_t pds_effective_max_record(const PdsServerOptions *s, const PdsTableOptions *t);

/*
 * leave archived objects out?  Otherwise they are an error.  The table's option,
 * else the server's
 */
extern bool pds_skip_archived(const PdsServerOptions *s, const PdsTableOptions *t);

/* one byte, "\t" for a TAB; "" gives 0: switched off */
extern bool pds_parse_char(const char *text, char *out);

#endif							/* PDS_FDW_OPTIONS_H */
