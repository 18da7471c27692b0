/*
 * options.c
 *	  Every option: names, checks, parsed form.
 *
 * The table below is the single list: what is checked, where it goes, what it is when it is not
 * set.  doc/options.md shows it to the user.
 * Validators do no I/O and run at restore, too (doc/dev/pitfalls.md §4).
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/reloptions.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "core/auth/credentials.h"
#include "core/base/uri.h"
#include "core/read/reader.h"
#include "core/serde/text_format.h"
#include "fdw/base/option_values.h"
#include "fdw/base/options.h"
#include "fdw/base/units.h"

/* where an option may stand */
#define ON_SERVER	1
#define ON_MAPPING	2
#define ON_TABLE	4
#define ON_COLUMN	8
#define ON_IMPORT	16

typedef enum OptionKind
{
	/* fields of char * */
	OPT_TEXT,
	OPT_LABEL,					/* part of a host name */
	OPT_URL,					/* http(s)://host[:port] */
	OPT_S3_URI,
	OPT_PLACES,					/* s3_places.h */
	OPT_CHAR,					/* one byte: delimiter, quote, escape */
	OPT_SEPARATOR,				/* one byte within numbers */
	OPT_TIME_FORMAT,
	OPT_NULL,					/* a text, or a JSON array of texts */
	OPT_ENCODING,
	OPT_GLUE_TYPE,
	OPT_WORD,					/* one of .words, kept as text */

	OPT_ENUM,					/* an enum or int, by .words */
	OPT_BOOL,					/* bool */
	OPT_SWITCH,					/* PdsSwitch */
	OPT_INT,					/* int */
	OPT_HEADER,					/* int, lines: a bool, their number, match,
								 * names (PdsHeaderMode) */
	OPT_SECONDS,				/* int, seconds */
	OPT_MS,						/* long, milliseconds: of seconds */
	OPT_COUNT,					/* int64 */
	OPT_BYTES,					/* int64 */
	OPT_REAL					/* double */
} OptionKind;

/* One row an option and struct that holds it.  A value that is not set has that of .missing. */
typedef struct OptionDef
{
	const char *name;
	int			where;
	OptionKind	kind;
	int			field;			/* offset in the struct of the place; -1: read
								 * by hand */
	int64		missing;
	int64		min;
	int64		max;
	const struct config_enum_entry *words;
	bool		superuser;		/* only a superuser may set it */
	bool		secret;			/* values are not shown in errors */
	bool		dialect;		/* Athena may read the objects otherwise */
} OptionDef;

#define SERVER(n, k, f) .name = n, .where = ON_SERVER, .kind = k, .field = offsetof(PdsServerOptions, f)
#define MAPPING(n, k, f) .name = n, .where = ON_MAPPING, .kind = k, .field = offsetof(PdsMappingOptions, f)
#define TABLE(n, k, f) .name = n, .where = ON_TABLE, .kind = k, .field = offsetof(PdsTableOptions, f)
/* of a table, and of the tables that IMPORT FOREIGN SCHEMA makes of objects */
#define DIALECT(n, k, f) \
	.name = n, .where = ON_TABLE | ON_IMPORT, .kind = k, .field = offsetof(PdsTableOptions, f), .dialect = true
#define COLUMN(n, k, f) .name = n, .where = ON_COLUMN, .kind = k, .field = offsetof(PdsColumnOptions, f)
#define IMPORT(n, k, f) .name = n, .where = ON_IMPORT, .kind = k, .field = offsetof(PdsImportOptions, f)

/* the words of an enum; values of OPT_WORD are not looked at */
static const struct config_enum_entry engine_words[] = {
	{"auto", PDS_ENGINE_AUTO, false},
	{"direct", PDS_ENGINE_DIRECT, false},
	{"athena", PDS_ENGINE_ATHENA, false},
	{NULL, 0, false}
};
static const struct config_enum_entry archived_words[] = {
	{"refuse", false, false}, {"skip", true, false}, {NULL, 0, false}
};
static const struct config_enum_entry addressing_words[] = {
	{"auto", PDS_ADDRESS_AUTO, false},
	{"path", PDS_ADDRESS_PATH, false},
	{"virtual", PDS_ADDRESS_VIRTUAL, false},
	{NULL, 0, false}
};
static const struct config_enum_entry format_words[] = {
	{"lazysimple", PDS_FORMAT_LAZYSIMPLE, false},
	{"opencsv", PDS_FORMAT_OPENCSV, false},
	{"csv", PDS_FORMAT_CSV, false},
	{NULL, 0, false}
};
static const struct config_enum_entry case_words[] = {
	{"lower", PDS_CASE_LOWER, false},
	{"keep", PDS_CASE_KEEP, false},
	{"smart", PDS_CASE_SMART, false},
	{NULL, 0, false}
};
static const struct config_enum_entry on_error_words[] = {
	{"null", PDS_ON_ERROR_NULL, false},
	{"stop", PDS_ON_ERROR_STOP, false},
	{"skip", PDS_ON_ERROR_SKIP, false},
	/* COPY's words; those that are hidden are not offered in hints */
	{"set_null", PDS_ON_ERROR_NULL, true},
	{"ignore", PDS_ON_ERROR_SKIP, true},
	{NULL, 0, false}
};
static const struct config_enum_entry verbosity_words[] = {
	{"default", PDS_VERBOSITY_DEFAULT, false},
	{"verbose", PDS_VERBOSITY_VERBOSE, false},
	{"silent", PDS_VERBOSITY_SILENT, false},
	{NULL, 0, false}
};
static const struct config_enum_entry analyze_from_words[] = {
	{"sample", PDS_ANALYZE_SAMPLE, false},
	{"catalog", PDS_ANALYZE_CATALOG, false},
	{NULL, 0, false}
};
static const struct config_enum_entry compression_words[] = {
	{"none", 0, false}, {"gzip", 0, false}, {"zstd", 0, false}, {"bzip2", 0, false},
	{"deflate", 0, false}, {"lz4", 0, false}, {"snappy", 0, false}, {NULL, 0, false}
};
static const struct config_enum_entry write_compression_words[] = {
	{"none", 0, false}, {"gzip", 0, false}, {"zstd", 0, false}, {NULL, 0, false}
};
static const struct config_enum_entry write_mode_words[] = {
	{"append", 0, false}, {"overwrite", 0, false}, {"overwrite_partitions", 0, false}, {NULL, 0, false}
};

/* enums are filled as ints */
StaticAssertDecl(sizeof(PdsEngine) == sizeof(int) && sizeof(PdsAddressing) == sizeof(int) &&
				 sizeof(PdsOnError) == sizeof(int) && sizeof(PdsFormat) == sizeof(int) &&
				 sizeof(PdsVerbosity) == sizeof(int) && sizeof(PdsAnalyzeFrom) == sizeof(int) &&
				 sizeof(PdsNameCase) == sizeof(int),
				 "an enum of options is no int");

static const OptionDef option_defs[] = {
	{SERVER("region", OPT_LABEL, region)},
	{SERVER("profile", OPT_TEXT, profile), .superuser = true},
	{MAPPING("profile", OPT_TEXT, profile), .superuser = true},
	{.name = "endpoint_url", .where = ON_SERVER, .kind = OPT_URL, .field = -1, .superuser = true,
	.secret = true},
	{SERVER("s3_endpoint_url", OPT_URL, endpoint[PDS_S3]), .superuser = true, .secret = true},
	{SERVER("glue_endpoint_url", OPT_URL, endpoint[PDS_GLUE]), .superuser = true, .secret = true},
	{SERVER("athena_endpoint_url", OPT_URL, endpoint[PDS_ATHENA]), .superuser = true,
	.secret = true},
	{SERVER("sts_endpoint_url", OPT_URL, endpoint[PDS_STS]), .superuser = true, .secret = true},
	{SERVER("addressing_style", OPT_ENUM, addressing), .missing = PDS_ADDRESS_AUTO,
	.words = addressing_words},
	{SERVER("ca_bundle", OPT_TEXT, ca_bundle), .superuser = true},
	{SERVER("anonymous", OPT_BOOL, anonymous)},
	{SERVER("role_arn", OPT_TEXT, role_arn)},
	{MAPPING("role_arn", OPT_TEXT, role_arn)},
	{SERVER("external_id", OPT_TEXT, external_id)},
	{SERVER("role_session_name", OPT_TEXT, role_session_name)},
	{SERVER("catalog_id", OPT_TEXT, catalog_id)},
	{SERVER("athena_catalog", OPT_TEXT, athena_catalog)},
	{SERVER("workgroup", OPT_TEXT, workgroup)},
	{SERVER("output_location", OPT_S3_URI, output_location)},
	{SERVER("engine", OPT_ENUM, engine), .missing = PDS_ENGINE_AUTO, .words = engine_words},
	{TABLE("engine", OPT_ENUM, engine), .missing = PDS_ENGINE_DEFAULT, .words = engine_words},
	{SERVER("result_reuse_minutes", OPT_INT, result_reuse_minutes), .max = 10080},
	{SERVER("max_scan_bytes", OPT_BYTES, max_scan_bytes), .missing = -1},
	{TABLE("max_scan_bytes", OPT_BYTES, max_scan_bytes), .missing = -1},
	{TABLE("max_record_size", OPT_BYTES, max_record_size), .missing = -1, .min = 64 * 1024,
	.max = PDS_MOST_RECORD},
	{SERVER("max_attempts", OPT_INT, max_attempts), .missing = 3, .min = 1, .max = 20},
	{SERVER("connect_timeout", OPT_MS, connect_timeout_ms), .missing = 10000, .max = 3600},
	{SERVER("request_timeout", OPT_MS, request_timeout_ms), .missing = 60000, .max = 86400},
	{SERVER("start_timeout", OPT_MS, start_timeout_ms), .missing = 60000, .max = 86400},
	{SERVER("fetch_concurrency", OPT_INT, fetch_concurrency), .missing = 8, .min = 1, .max = 64},
	{SERVER("max_record_size", OPT_BYTES, max_record_size), .missing = -1, .min = 64 * 1024,
	.max = PDS_MOST_RECORD},
	{SERVER("fetch_part_size", OPT_BYTES, fetch_part_size), .missing = 16 * 1024 * 1024,
		.min = 64 * 1024,
	.max = 256 * 1024 * 1024},
	{SERVER("use_fips", OPT_SWITCH, use_fips)},
	{SERVER("use_dualstack", OPT_SWITCH, use_dualstack)},
	{SERVER("use_instance_region", OPT_BOOL, use_instance_region)},
	{SERVER("requester_pays", OPT_BOOL, requester_pays)},
	{SERVER("archived_objects", OPT_ENUM, skip_archived), .missing = -1, .words = archived_words},
	{TABLE("archived_objects", OPT_ENUM, skip_archived), .missing = -1, .words = archived_words},
	{SERVER("cache_ttl", OPT_SECONDS, cache_ttl), .missing = 60, .max = 86400},
	{SERVER("keep_results", OPT_BOOL, keep_results)},
	{SERVER("allow_inexact", OPT_BOOL, allow_inexact)},
	{SERVER("async_capable", OPT_BOOL, async_capable), .missing = true},
	{SERVER("fdw_startup_cost", OPT_REAL, startup_cost), .missing = -1},
	{SERVER("fdw_tuple_cost", OPT_REAL, tuple_cost), .missing = -1},
	{SERVER("use_ambient_credentials", OPT_BOOL, use_ambient_credentials), .superuser = true},

	{MAPPING("access_key_id", OPT_TEXT, access_key_id), .secret = true},
	{MAPPING("secret_access_key", OPT_TEXT, secret_access_key), .secret = true},
	{MAPPING("session_token", OPT_TEXT, session_token), .secret = true},

	{TABLE("database", OPT_TEXT, database)},
	{TABLE("table_name", OPT_TEXT, table_name)},
	{TABLE("location", OPT_PLACES, location), .dialect = true},
	{TABLE("format", OPT_ENUM, format), .missing = PDS_FORMAT_CSV, .dialect = true,
	.words = format_words},
	{DIALECT("delimiter", OPT_CHAR, delimiter), .min = 1},
	{DIALECT("quote", OPT_CHAR, quote)},
	{DIALECT("escape", OPT_CHAR, escape)},
	{DIALECT("null", OPT_NULL, null)},
	{TABLE("force_null", OPT_BOOL, force_null), .dialect = true},
	{TABLE("force_not_null", OPT_BOOL, force_not_null), .dialect = true},
	{TABLE("trim", OPT_BOOL, trim), .dialect = true},
	{TABLE("decimal_separator", OPT_SEPARATOR, decimal_separator), .dialect = true},
	{TABLE("thousands", OPT_SEPARATOR, thousands), .dialect = true},
	{TABLE("date_format", OPT_TIME_FORMAT, date_format), .dialect = true},
	{TABLE("timestamp_format", OPT_TIME_FORMAT, timestamp_format), .dialect = true},
	{TABLE("default", OPT_TEXT, default_text), .dialect = true},
	{DIALECT("header", OPT_HEADER, header), .missing = -1},
	{DIALECT("encoding", OPT_ENCODING, encoding)},
	{DIALECT("comment", OPT_CHAR, comment)},
	{DIALECT("skip", OPT_INT, skip), .max = 1000000},
	{DIALECT("compression", OPT_WORD, compression),
	.words = compression_words},
	{TABLE("version_id", OPT_TEXT, version_id)},
	{TABLE("on_error", OPT_ENUM, on_error), .missing = PDS_ON_ERROR_SERDE, .dialect = true,
	.words = on_error_words},
	{TABLE("log_verbosity", OPT_ENUM, log_verbosity), .missing = PDS_VERBOSITY_DEFAULT,
	.words = verbosity_words},
	{TABLE("analyze_from", OPT_ENUM, analyze_from), .missing = PDS_ANALYZE_SAMPLE,
	.words = analyze_from_words},
	{DIALECT("null_padding", OPT_BOOL, null_padding)},
	{TABLE("reject_limit", OPT_COUNT, reject_limit), .missing = -1, .min = 1, .max = PG_INT32_MAX},
	{TABLE("write_mode", OPT_WORD, write_mode),
	.words = write_mode_words},
	{TABLE("write_compression", OPT_WORD, write_compression), .words = write_compression_words},
	{TABLE("write_compression_level", OPT_INT, write_compression_level), .min = 1, .max = 19},
	{TABLE("max_rows_per_file", OPT_COUNT, max_rows_per_file), .min = 1, .max = PG_INT32_MAX},
	{TABLE("max_bytes_per_file", OPT_BYTES, max_bytes_per_file), .min = 1024,
	.max = INT64CONST(5) << 40},
	{TABLE("updatable", OPT_BOOL, updatable), .missing = true},

	{IMPORT("sample_bytes", OPT_BYTES, sample_bytes), .missing = PDS_SAMPLE_BYTES, .min = 1024,
	.max = 1024 * 1024 * 1024},
	{IMPORT("sample_objects", OPT_INT, sample_objects), .missing = PDS_SAMPLE_OBJECTS, .min = 1,
	.max = 1000},
	{IMPORT("all_text", OPT_BOOL, all_text)},
	{IMPORT("case", OPT_ENUM, name_case), .missing = PDS_CASE_LOWER, .words = case_words},

	{COLUMN("column_name", OPT_TEXT, column_name)},
	{COLUMN("partition_key", OPT_BOOL, partition_key)},
	{COLUMN("glue_type", OPT_GLUE_TYPE, glue_type)},
	{COLUMN("null", OPT_NULL, null), .dialect = true},
	{COLUMN("force_null", OPT_SWITCH, force_null), .dialect = true},
	{COLUMN("force_not_null", OPT_SWITCH, force_not_null), .dialect = true},
	{COLUMN("trim", OPT_SWITCH, trim), .dialect = true},
	{COLUMN("decimal_separator", OPT_SEPARATOR, decimal_separator), .dialect = true},
	{COLUMN("thousands", OPT_SEPARATOR, thousands), .dialect = true},
	{COLUMN("date_format", OPT_TIME_FORMAT, date_format), .dialect = true},
	{COLUMN("timestamp_format", OPT_TIME_FORMAT, timestamp_format), .dialect = true}
};

#define NOPTIONS lengthof(option_defs)

/* ---- parsing ---- */

bool
pds_parse_char(const char *text, char *out)
{
	if (text[0] == '\0')
	{
		*out = 0;
		return true;
	}
	return pds_delimiter_of_text(text, false, out) && *out != '\n' && *out != '\r' &&
		(unsigned char) *out < 0x80;
}

static const struct config_enum_entry *
find_word(const char *word, const struct config_enum_entry *words)
{
	for (; words->name; words++)
		if (strcmp(words->name, word) == 0)
			return words;
	return NULL;
}

/* ---- validation ---- */

static int
context_of(Oid catalog)
{
	switch (catalog)
	{
		case ForeignServerRelationId:
			return ON_SERVER;
		case UserMappingRelationId:
			return ON_MAPPING;
		case ForeignTableRelationId:
			return ON_TABLE;
		case AttributeRelationId:
			return ON_COLUMN;
		default:
			return 0;
	}
}

static const char *
context_name(int where)
{
	switch (where)
	{
		case ON_SERVER:
			return "a server";
		case ON_MAPPING:
			return "a user mapping";
		case ON_TABLE:
			return "a foreign table";
		case ON_COLUMN:
			return "a column of a foreign table";
		case ON_IMPORT:
			return "IMPORT FOREIGN SCHEMA";
		default:
			return "the foreign-data wrapper";
	}
}

/* how far the name of an option is from what was written; a part of it is near, too: "endpoint" */
static int
name_distance(const char *name, const char *option, int limit)
{
	char	   *lower = pstrdup(name);
	char	   *p;
	int			d;

	for (p = lower; *p; p++)
		*p = pg_tolower((unsigned char) *p);
	if (strlen(name) >= 4 && strstr(option, name))
		d = 1;
	else
		d = varstr_levenshtein_less_equal(lower, strlen(lower), option, strlen(option), 1, 1, 1,
										  limit, true);
	pfree(lower);
	return d;
}

/* "a server or a foreign table" */
static char *
places(int where)
{
	StringInfoData buf;
	int			bit;

	initStringInfo(&buf);
	for (bit = ON_SERVER; bit <= ON_IMPORT; bit *= 2)
		if (where & bit)
			appendStringInfo(&buf, "%s%s", buf.len ? " or " : "", context_name(bit));
	return buf.data;
}

/* our name of an option that stands there; NULL: none is known by that one */
static const char *
aliased_option(const char *name, int where)
{
	const char *ours = pds_option_alias(name);
	int			k;

	for (k = 0; ours && k < NOPTIONS; k++)
		if ((option_defs[k].where & where) && strcmp(option_defs[k].name, ours) == 0)
			return ours;
	return NULL;
}

PDS_NORETURN static void unknown_option(const char *name, int where);

static void
unknown_option(const char *name, int where)
{
	const char *alias = aliased_option(name, where);
	const char *best = NULL;
	int			limit = Max(2, (int) strlen(name) / 3);
	int			best_distance = limit + 1;
	int			elsewhere = 0;
	StringInfoData all;
	int			i;

	initStringInfo(&all);
	for (i = 0; i < NOPTIONS; i++)
	{
		const OptionDef *o = &option_defs[i];
		int			d;

		if (strcmp(o->name, name) == 0)
			elsewhere |= o->where;
		if (!(o->where & where))
			continue;
		appendStringInfo(&all, "%s%s", all.len ? ", " : "", o->name);
		d = strlen(name) < NAMEDATALEN ? name_distance(name, o->name, limit) : limit + 1;
		if (d < best_distance)
		{
			best_distance = d;
			best = o->name;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("invalid option \"%s\" for %s of pds_fdw", name, context_name(where)),
			 elsewhere ? errhint("It is an option of %s.", places(elsewhere)) :
			 alias ? errhint("That option is called \"%s\" here.", alias) :
			 pg_strcasecmp(name, "dtype") == 0 ? errhint("Types are those of the columns: CREATE FOREIGN TABLE t (a integer, b text) ...") :
			 best ? errhint("Perhaps you meant the option \"%s\".", best)
			 : all.len ? errhint("Valid options here are: %s.", all.data)
			 : errhint("There are no valid options here.")));
}

PDS_NORETURN static void invalid_option_value(const OptionDef *o, const char *value,
											  const char *hint);

static void
invalid_option_value(const OptionDef *o, const char *value, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
			 o->secret ? errmsg("invalid value for option \"%s\"", o->name)
			 : errmsg("invalid value for option \"%s\": \"%s\"", o->name, value),
			 errhint("%s", hint)));
}

/* a label of a host name: it must not be able to name another host */
static bool
is_host_label(const char *s)
{
	size_t		n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n <= 63 && s[n] == '\0' && s[0] != '-' && s[n - 1] != '-';
}

static bool
is_endpoint_url(const char *s)
{
	PdsUri		u;

	pds_uri_parse(s, &u);
	return pds_uri_is_http_origin(&u) && (*u.rest == '\0' || strcmp(u.rest, "/") == 0);
}

/* the allowed words, for a hint to who wrote v */
static char *
words_hint(const char *v, const struct config_enum_entry *words)
{
	const char *alias = pds_word_alias(v);
	StringInfoData buf;

	initStringInfo(&buf);
	if (alias && find_word(alias, words))
		appendStringInfo(&buf, "That is called \"%s\" here. ", alias);
	appendStringInfo(&buf, "It is one of: %s", words->name);
	while ((++words)->name)
		if (!words->hidden)
			appendStringInfo(&buf, ", %s", words->name);
	appendStringInfoChar(&buf, '.');
	return buf.data;
}

static void
check_number(const OptionDef *o, const char *v)
{
	char	   *end;
	long long	n;
	double		r;

	if (o->kind == OPT_REAL)
	{
		r = strtod(v, &end);
		if (end == v || *end != '\0' || !(r >= 0) || r > 1e300)
			invalid_option_value(o, v, "It is a number that is not negative.");
		return;
	}
	errno = 0;
	n = strtoll(v, &end, 10);
	/* in COPY's words */
	if (end != v && *end == '\0' && n <= 0 && strcmp(o->name, "reject_limit") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("reject_limit (%s) must be greater than zero", v),
				 errhint("Without on_error the first malformed value is an error; without reject_limit any number is taken.")));
	if (end == v || *end != '\0' || errno != 0 || n < o->min || n > o->max)
		invalid_option_value(o, v, psprintf("It is a whole number from " INT64_FORMAT " to " INT64_FORMAT ".",
											o->min, o->max));
}

static void
check_nulls(const OptionDef *o, const char *v)
{
	PdsWords   *words = pds_parse_words(v);
	int			i;

	if (words->n == 0)
		invalid_option_value(o, v, "The list must not be empty.");
	for (i = 0; i < words->n; i++)
		if (strlen(words->words[i]) >= sizeof(((PdsDialect *) NULL)->null_text))
			invalid_option_value(o, v, psprintf("A text for NULL has at most %zu bytes.",
												sizeof(((PdsDialect *) NULL)->null_text) - 1));
}

static void
check_option_value(const OptionDef *o, const char *v)
{
	int64		bytes;
	long		ms;
	int			lines;
	bool		b;
	char		c;
	PdsHiveType type;
	PdsError	err;
	const char *fault;
	char	   *bucket;
	char	   *key;
	bool		ok;

	switch (o->kind)
	{
		case OPT_TEXT:
			if (v[0] == '\0')
				invalid_option_value(o, v, "It must not be empty.");

			/*
			 * what a server or a mapping says is sent in headers, or is a
			 * name on this machine
			 */
			fault = o->secret ? pds_key_fault(v)
				: o->where & (ON_SERVER | ON_MAPPING) ? pds_header_fault(v) : NULL;
			if (fault)
				invalid_option_value(o, v, psprintf("It %s.", fault));
			break;
		case OPT_BOOL:
		case OPT_SWITCH:
			if (!parse_bool(v, &b))
				invalid_option_value(o, v, "It is true or false.");
			break;
		case OPT_INT:
		case OPT_COUNT:
		case OPT_REAL:
			check_number(o, v);
			break;
		case OPT_BYTES:
			if (!pds_parse_bytes(v, &bytes))
				invalid_option_value(o, v, "It is a number of bytes, for example 8MB or 10GB.");
			if (o->max > 0 && (bytes < o->min || bytes > o->max))
				invalid_option_value(o, v, psprintf("It is from " INT64_FORMAT "kB to " INT64_FORMAT "MB.",
													o->min / 1024, o->max / (1024 * 1024)));
			break;
		case OPT_SECONDS:
		case OPT_MS:
			if (!pds_parse_seconds(v, &ms) || ms > o->max * 1000)
				invalid_option_value(o, v, psprintf("It is a number of seconds, at most " INT64_FORMAT ".",
													o->max));
			break;
		case OPT_LABEL:
			if (!is_host_label(v))
				invalid_option_value(o, v, "It is a name like us-east-1.");
			break;
		case OPT_URL:
			if (!is_endpoint_url(v))
				invalid_option_value(o, v, "It is written http://host:port or https://host, without a path.");
			break;
		case OPT_S3_URI:
			ok = pds_s3_parse_uri(v, &bucket, &key, &err) &&
				(strncmp(bucket, "arn:", 4) == 0 || pds_s3_valid_bucket(bucket));
			free(bucket);
			free(key);
			if (!ok)
				invalid_option_value(o, v, "It is written s3://bucket/prefix/.");
			break;
		case OPT_PLACES:
			if (!pds_are_places(v))
				invalid_option_value(o, v, "It is written s3://bucket/prefix/, or is a pattern such as s3://bucket/*.csv, or a JSON array of these.");
			break;
		case OPT_WORD:
		case OPT_ENUM:
			if (find_word(v, o->words) == NULL)
				invalid_option_value(o, v, words_hint(v, o->words));
			break;
		case OPT_CHAR:
			if (!pds_parse_char(v, &c) || (c == 0 && o->min > 0))
				invalid_option_value(o, v, "It is one ASCII character, or \\t for a TAB.");
			break;
		case OPT_SEPARATOR:
			if (!pds_parse_char(v, &c) || c == 0 || isalnum((unsigned char) c) || strchr("+-", c))
				invalid_option_value(o, v, "It is one ASCII character that is no digit, letter or sign.");
			break;
		case OPT_TIME_FORMAT:
			if (pds_time_format_fault(v))
				invalid_option_value(o, v, psprintf("It is written with strptime's specifiers, such as %%d.%%m.%%Y; %s.",
													pds_time_format_fault(v)));
			break;
		case OPT_NULL:
			check_nulls(o, v);
			break;
		case OPT_HEADER:
			if (!pds_parse_header(v, &lines))
				invalid_option_value(o, v, "It is true, false, match, names or a number of lines.");
			break;
		case OPT_ENCODING:
			if (pg_char_to_encoding(v) < 0 && pds_windows_encoding(v) < 0 && !pds_recodable(v))
				invalid_option_value(o, v, "It is a name of an encoding that PostgreSQL or iconv knows, such as LATIN1, cp1252 or UTF-16.");
			break;
		case OPT_GLUE_TYPE:
			if (!pds_hive_type_parse(v, &type, &err))
				invalid_option_value(o, v, "It is a column type of the Glue catalog, such as decimal(10,2).");
			pds_hive_type_clear(&type);
			break;
	}
}

static const char *
find_def(List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *def = lfirst(lc);

		if (strcmp(def->defname, name) == 0)
			return defGetString(def);
	}
	return NULL;
}

static void
missing_with(const char *one, const char *other)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
			 errmsg("option \"%s\" needs option \"%s\" too", one, other)));
}

/* a version is one of an object: the location must name one */
static void
check_version(const char *location)
{
	if (location == NULL)
		missing_with("version_id", "location");
	if (!pds_names_one_object(location))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("option \"version_id\" needs a location that names one object"),
				 errhint("OPTIONS (location 's3://bucket/folder/file.csv', version_id '...') reads one version of it.")));
}

/* as COPY has it */
static void
check_reject_limit(List *options)
{
	const char *on_error = find_def(options, "on_error");
	const struct config_enum_entry *word = on_error ? find_word(on_error, on_error_words) : NULL;

	if (find_def(options, "reject_limit") && (word == NULL || word->val == PDS_ON_ERROR_STOP))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("reject_limit requires on_error to be set to skip or null")));
}

/* what belongs together */
static void
check_together(int where, List *options)
{
	bool		id = find_def(options, "access_key_id") != NULL;
	bool		key = find_def(options, "secret_access_key") != NULL;

	if (where == ON_MAPPING && id && !key)
		missing_with("access_key_id", "secret_access_key");
	if (where == ON_MAPPING && key && !id)
		missing_with("secret_access_key", "access_key_id");
	if (where == ON_MAPPING && find_def(options, "session_token") && !id)
		missing_with("session_token", "access_key_id");
	if (where == ON_TABLE)
	{
		check_reject_limit(options);
		if (find_def(options, "table_name") && !find_def(options, "database"))
			missing_with("table_name", "database");
		if (find_def(options, "version_id"))
			check_version(find_def(options, "location"));
		if (!find_def(options, "database") && !find_def(options, "location"))
			ereport(ERROR,
					(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
					 errmsg("a foreign table of pds_fdw needs the option \"location\" or \"database\""),
					 errhint("OPTIONS (location 's3://bucket/prefix/', format 'csv') reads objects; OPTIONS (database 'db', table_name 't') a table of the Glue catalog.")));
	}
}

/* each option by itself */
static void
check_each(List *options, int where)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *def = lfirst(lc);
		const OptionDef *o = NULL;
		int			i;

		for (i = 0; i < NOPTIONS; i++)
			if ((option_defs[i].where & where) && strcmp(option_defs[i].name, def->defname) == 0)
				o = &option_defs[i];
		if (o == NULL)
			unknown_option(def->defname, where);
		if (o->superuser && !superuser())
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("only a superuser may set option \"%s\"", o->name),
					 errhint("It would let a user reach what belongs to the server: see doc/security.md.")));
		check_option_value(o, defGetString(def));
	}
}

PG_FUNCTION_INFO_V1(pds_fdw_validator);

Datum
pds_fdw_validator(PG_FUNCTION_ARGS)
{
	List	   *options = untransformRelOptions(PG_GETARG_DATUM(0));
	int			where = context_of(PG_GETARG_OID(1));

	check_each(options, where);
	check_together(where, options);
	PG_RETURN_VOID();
}

/* ---- parsed form ---- */

/* What cannot be parsed was refused when it was set: it counts as missing. */
static void
set_option_field(const OptionDef *o, const char *v, char *field)
{
	const struct config_enum_entry *word;
	bool		b;
	long		ms;

	switch (o->kind)
	{
		case OPT_TEXT:
		case OPT_LABEL:
		case OPT_URL:
		case OPT_S3_URI:
		case OPT_PLACES:
		case OPT_CHAR:
		case OPT_SEPARATOR:
		case OPT_TIME_FORMAT:
		case OPT_NULL:
		case OPT_ENCODING:
		case OPT_GLUE_TYPE:
		case OPT_WORD:
			*(char **) field = v ? pstrdup(v) : NULL;
			break;
		case OPT_ENUM:
			word = v ? find_word(v, o->words) : NULL;
			*(int *) field = word ? word->val : (int) o->missing;
			break;
		case OPT_BOOL:
			*(bool *) field = v && parse_bool(v, &b) ? b : o->missing != 0;
			break;
		case OPT_SWITCH:
			*(PdsSwitch *) field = v && parse_bool(v, &b) ? (b ? PDS_ON : PDS_OFF) : PDS_UNSET;
			break;
		case OPT_INT:
			*(int *) field = v ? atoi(v) : (int) o->missing;
			break;
		case OPT_HEADER:
			*(int *) field = (int) o->missing;
			if (v)
				pds_parse_header(v, (int *) field);
			break;
		case OPT_SECONDS:
			*(int *) field = v && pds_parse_seconds(v, &ms) ? (int) (ms / 1000) : (int) o->missing;
			break;
		case OPT_MS:
			*(long *) field = v && pds_parse_seconds(v, &ms) ? ms : (long) o->missing;
			break;
		case OPT_COUNT:
			*(int64 *) field = v ? atoll(v) : o->missing;
			break;
		case OPT_BYTES:
			if (v == NULL || !pds_parse_bytes(v, (int64 *) field))
				*(int64 *) field = o->missing;
			break;
		case OPT_REAL:
			*(double *) field = v ? strtod(v, NULL) : (double) o->missing;
			break;
	}
}

/* out: the struct of that place, zeroed */
static void
fill_options(List *options, int where, void *out)
{
	int			i;

	for (i = 0; i < NOPTIONS; i++)
	{
		const OptionDef *o = &option_defs[i];

		/* what tables and IMPORT have in common is in the struct of tables */
		if ((where == ON_IMPORT ? o->where == ON_IMPORT : (o->where & where) != 0) && o->field >= 0)
			set_option_field(o, find_def(options, o->name), (char *) out + o->field);
	}
}

void
pds_get_server_options(ForeignServer *server, PdsServerOptions *out)
{
	const char *url = find_def(server->options, "endpoint_url");
	int			i;

	memset(out, 0, sizeof(*out));
	fill_options(server->options, ON_SERVER, out);
	for (i = 0; i < PDS_NSERVICES && url; i++)
		if (out->endpoint[i] == NULL)
			out->endpoint[i] = pstrdup(url);
}

void
pds_get_mapping_options(Oid serverid, Oid userid, PdsMappingOptions *out)
{
	HeapTuple	tup;
	Datum		datum;
	bool		isnull;
	List	   *o = NIL;
	ListCell   *lc;

	memset(out, 0, sizeof(*out));
	tup = SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(userid),
						  ObjectIdGetDatum(serverid));
	if (!HeapTupleIsValid(tup))
		tup = SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid),
							  ObjectIdGetDatum(serverid));
	if (!HeapTupleIsValid(tup))
		return;
	out->exists = true;
	datum = SysCacheGetAttr(USERMAPPINGUSERSERVER, tup, Anum_pg_user_mapping_umoptions, &isnull);
	if (!isnull)
		o = untransformRelOptions(datum);
	ReleaseSysCache(tup);
	fill_options(o, ON_MAPPING, out);
	/* the caller overwrites its copies of secrets; these are nobody's */
	foreach(lc, o)
	{
		char	   *v = defGetString(lfirst(lc));

		pds_secure_zero(v, strlen(v));
	}
}

/* is one set there that says how objects are read? */
static bool
has_dialect_option(List *options, int where)
{
	int			i;

	for (i = 0; i < NOPTIONS; i++)
		if ((option_defs[i].where & where) && option_defs[i].dialect &&
			find_def(options, option_defs[i].name))
			return true;
	return false;
}

static void
table_options(List *options, PdsTableOptions *out)
{
	const char *header = find_def(options, "header");

	memset(out, 0, sizeof(*out));
	fill_options(options, ON_TABLE, out);
	if (header)
		out->header_mode = pds_header_mode(header);
	out->format_set = find_def(options, "format") != NULL;
	if (out->null)
	{
		out->nulls = pds_parse_words(out->null);
		out->null = out->nulls->n > 0 ? out->nulls->words[0] : NULL;
	}
	if (out->encoding && pg_char_to_encoding(out->encoding) < 0)
	{
		int			windows = pds_windows_encoding(out->encoding);

		out->recode = windows < 0 ? out->encoding : NULL;
		out->encoding = windows < 0 ? NULL : pstrdup(pg_encoding_to_char(windows));
	}
	out->any_dialect_option = has_dialect_option(options, ON_TABLE);
}

void
pds_get_table_options(Oid relid, PdsTableOptions *out)
{
	table_options(GetForeignTable(relid)->options, out);
	if (out->database && out->table_name == NULL)
		out->table_name = get_rel_name(relid);
}

void
pds_get_read_options(List *options, PdsTableOptions *out, PdsImportOptions *sampling)
{
	check_each(options, ON_TABLE | ON_IMPORT);
	check_reject_limit(options);
	table_options(options, out);
	fill_options(options, ON_IMPORT, sampling);
}

void
pds_get_import_options(List *options, PdsTableOptions *dialect, PdsImportOptions *out)
{
	check_each(options, ON_IMPORT);
	table_options(options, dialect);
	if (dialect->nulls && dialect->nulls->n > 1)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("IMPORT FOREIGN SCHEMA takes one text for NULL"),
				 errhint("ALTER FOREIGN TABLE ... OPTIONS (SET null ...) gives the table several.")));
	fill_options(options, ON_IMPORT, out);
}

void
pds_get_column_options(Oid relid, AttrNumber attnum, PdsColumnOptions *out)
{
	List	   *options = GetForeignColumnOptions(relid, attnum);

	memset(out, 0, sizeof(*out));
	fill_options(options, ON_COLUMN, out);
	if (out->null)
		out->nulls = pds_parse_words(out->null);
	out->any_dialect_option = has_dialect_option(options, ON_COLUMN);
}

PdsEngine
pds_effective_engine(const PdsServerOptions *s, const PdsTableOptions *t)
{
	if (pds_engine != PDS_ENGINE_DEFAULT)
		return (PdsEngine) pds_engine;
	if (t->engine != PDS_ENGINE_DEFAULT)
		return t->engine;
	return s->engine;
}

bool
pds_skip_archived(const PdsServerOptions *s, const PdsTableOptions *t)
{
	return (t->skip_archived >= 0 ? t->skip_archived : s->skip_archived) > 0;
}

static int64
lower_limit(int64 a, int64 b)
{
	if (a < 0)
		return b;
	return b < 0 ? a : Min(a, b);
}

int64
pds_effective_max_scan_bytes(const PdsServerOptions *s, const PdsTableOptions *t)
{
	return lower_limit(lower_limit(s->max_scan_bytes, t->max_scan_bytes), pds_max_scan_bytes);
}

size_t
pds_effective_max_record(const PdsServerOptions *s, const PdsTableOptions *t)
{
	int64		bytes = t->max_record_size >= 0 ? t->max_record_size : s->max_record_size;

	return bytes >= 0 ? (size_t) bytes : PDS_MAX_RECORD;
}
