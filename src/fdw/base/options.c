/*
 * options.c
 *	  Every option: names, checks, parsed form.
 *
 * The table below is the single list; doc/options.md shows it to the user.
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
#include "utils/lsyscache.h"
#include "utils/syscache.h"

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
	OPT_TEXT, OPT_BOOL, OPT_INT, OPT_REAL, OPT_BYTES, OPT_SECONDS,
	OPT_LABEL,					/* part of a host name */
	OPT_URL,					/* http(s)://host[:port] */
	OPT_S3_URI,
	OPT_ENUM,
	OPT_CHAR,					/* one byte: delimiter, quote, escape */
	OPT_HEADER,					/* bool or number of lines */
	OPT_ENCODING,
	OPT_GLUE_TYPE
} OptionKind;

typedef struct OptionDef
{
	const char *name;
	int			where;
	OptionKind	kind;
	bool		superuser;		/* only a superuser may set it */
	int64		min;
	int64		max;
	const char *values;			/* OPT_ENUM: separated by blanks */
} OptionDef;

static const OptionDef option_defs[] = {
	{"region", ON_SERVER, OPT_LABEL, false, 0, 0, NULL},
	{"profile", ON_SERVER | ON_MAPPING, OPT_TEXT, true, 0, 0, NULL},
	{"endpoint_url", ON_SERVER, OPT_URL, true, 0, 0, NULL},
	{"s3_endpoint_url", ON_SERVER, OPT_URL, true, 0, 0, NULL},
	{"glue_endpoint_url", ON_SERVER, OPT_URL, true, 0, 0, NULL},
	{"athena_endpoint_url", ON_SERVER, OPT_URL, true, 0, 0, NULL},
	{"sts_endpoint_url", ON_SERVER, OPT_URL, true, 0, 0, NULL},
	{"addressing_style", ON_SERVER, OPT_ENUM, false, 0, 0, "auto path virtual"},
	{"ca_bundle", ON_SERVER, OPT_TEXT, true, 0, 0, NULL},
	{"anonymous", ON_SERVER, OPT_BOOL, false, 0, 0, NULL},
	{"role_arn", ON_SERVER | ON_MAPPING, OPT_TEXT, false, 0, 0, NULL},
	{"external_id", ON_SERVER, OPT_TEXT, false, 0, 0, NULL},
	{"role_session_name", ON_SERVER, OPT_TEXT, false, 0, 0, NULL},
	{"catalog_id", ON_SERVER, OPT_TEXT, false, 0, 0, NULL},
	{"athena_catalog", ON_SERVER, OPT_TEXT, false, 0, 0, NULL},
	{"workgroup", ON_SERVER, OPT_TEXT, false, 0, 0, NULL},
	{"output_location", ON_SERVER, OPT_S3_URI, false, 0, 0, NULL},
	{"engine", ON_SERVER | ON_TABLE, OPT_ENUM, false, 0, 0, "auto direct athena"},
	{"result_reuse_minutes", ON_SERVER, OPT_INT, false, 0, 10080, NULL},
	{"max_scan_bytes", ON_SERVER | ON_TABLE, OPT_BYTES, false, 0, 0, NULL},
	{"max_attempts", ON_SERVER, OPT_INT, false, 1, 20, NULL},
	{"connect_timeout", ON_SERVER, OPT_SECONDS, false, 0, 3600, NULL},
	{"request_timeout", ON_SERVER, OPT_SECONDS, false, 0, 86400, NULL},
	{"start_timeout", ON_SERVER, OPT_SECONDS, false, 0, 86400, NULL},
	{"fetch_concurrency", ON_SERVER, OPT_INT, false, 1, 64, NULL},
	{"fetch_part_size", ON_SERVER, OPT_BYTES, false, 64 * 1024, 256 * 1024 * 1024, NULL},
	{"use_fips", ON_SERVER, OPT_BOOL, false, 0, 0, NULL},
	{"use_dualstack", ON_SERVER, OPT_BOOL, false, 0, 0, NULL},
	{"use_instance_region", ON_SERVER, OPT_BOOL, false, 0, 0, NULL},
	{"requester_pays", ON_SERVER, OPT_BOOL, false, 0, 0, NULL},
	{"archived_objects", ON_SERVER | ON_TABLE, OPT_ENUM, false, 0, 0, "refuse skip"},
	{"cache_ttl", ON_SERVER, OPT_SECONDS, false, 0, 86400, NULL},
	{"keep_results", ON_SERVER, OPT_BOOL, false, 0, 0, NULL},
	{"allow_inexact", ON_SERVER, OPT_BOOL, false, 0, 0, NULL},
	{"async_capable", ON_SERVER, OPT_BOOL, false, 0, 0, NULL},
	{"fdw_startup_cost", ON_SERVER, OPT_REAL, false, 0, 0, NULL},
	{"fdw_tuple_cost", ON_SERVER, OPT_REAL, false, 0, 0, NULL},
	{"use_ambient_credentials", ON_SERVER, OPT_BOOL, true, 0, 0, NULL},

	{"access_key_id", ON_MAPPING, OPT_TEXT, false, 0, 0, NULL},
	{"secret_access_key", ON_MAPPING, OPT_TEXT, false, 0, 0, NULL},
	{"session_token", ON_MAPPING, OPT_TEXT, false, 0, 0, NULL},

	{"database", ON_TABLE, OPT_TEXT, false, 0, 0, NULL},
	{"table_name", ON_TABLE, OPT_TEXT, false, 0, 0, NULL},
	{"location", ON_TABLE, OPT_S3_URI, false, 0, 0, NULL},
	{"format", ON_TABLE, OPT_ENUM, false, 0, 0, "lazysimple opencsv csv"},
	{"delimiter", ON_TABLE | ON_IMPORT, OPT_CHAR, false, 0, 0, NULL},
	{"quote", ON_TABLE | ON_IMPORT, OPT_CHAR, false, 0, 0, NULL},
	{"escape", ON_TABLE | ON_IMPORT, OPT_CHAR, false, 0, 0, NULL},
	{"null", ON_TABLE | ON_IMPORT, OPT_TEXT, false, 0, 0, NULL},
	{"header", ON_TABLE | ON_IMPORT, OPT_HEADER, false, 0, 0, NULL},
	{"encoding", ON_TABLE | ON_IMPORT, OPT_ENCODING, false, 0, 0, NULL},
	{"compression", ON_TABLE | ON_IMPORT, OPT_ENUM, false, 0, 0, "none gzip zstd bzip2 deflate lz4 snappy"},
	{"version_id", ON_TABLE, OPT_TEXT, false, 0, 0, NULL},
	{"on_error", ON_TABLE, OPT_ENUM, false, 0, 0, "null stop skip"},
	{"reject_limit", ON_TABLE, OPT_INT, false, 0, PG_INT32_MAX, NULL},
	{"write_mode", ON_TABLE, OPT_ENUM, false, 0, 0, "append overwrite overwrite_partitions"},
	{"write_compression", ON_TABLE, OPT_ENUM, false, 0, 0, "none gzip zstd"},
	{"max_rows_per_file", ON_TABLE, OPT_INT, false, 1, PG_INT32_MAX, NULL},
	{"max_bytes_per_file", ON_TABLE, OPT_BYTES, false, 1024, INT64CONST(5) << 40, NULL},
	{"updatable", ON_TABLE, OPT_BOOL, false, 0, 0, NULL},

	{"sample_bytes", ON_IMPORT, OPT_BYTES, false, 1024, 1024 * 1024 * 1024, NULL},
	{"sample_objects", ON_IMPORT, OPT_INT, false, 1, 1000, NULL},
	{"all_text", ON_IMPORT, OPT_BOOL, false, 0, 0, NULL},

	{"column_name", ON_COLUMN, OPT_TEXT, false, 0, 0, NULL},
	{"partition_key", ON_COLUMN, OPT_BOOL, false, 0, 0, NULL},
	{"glue_type", ON_COLUMN, OPT_GLUE_TYPE, false, 0, 0, NULL}
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

static bool
parse_header(const char *text, int *lines)
{
	bool		b;
	char	   *end;
	long		n = strtol(text, &end, 10);

	if (end != text && *end == '\0')
	{
		*lines = (int) n;
		return n >= 0 && n <= 1000000;
	}
	if (!parse_bool(text, &b))
		return false;
	*lines = b ? 1 : 0;
	return true;
}

/* word in a list separated by blanks; *pos its number */
static bool
in_list(const char *word, const char *list, int *pos)
{
	size_t		n = strlen(word);
	const char *p = list;
	int			i;

	for (i = 0; *p; i++)
	{
		size_t		len = strcspn(p, " ");

		if (len == n && strncmp(p, word, n) == 0)
		{
			if (pos)
				*pos = i;
			return true;
		}
		p += len;
		p += strspn(p, " ");
	}
	return false;
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

/* Levenshtein distance of short names */
static int
distance(const char *a, const char *b)
{
	int			row[64];
	int			la = strlen(a);
	int			lb = strlen(b);
	int			i,
				j;

	if (la > 40 || lb > 40)
		return 100;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++)
	{
		int			diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= lb; j++)
		{
			int			cost = diagonal + (pg_tolower((unsigned char) a[i - 1]) != b[j - 1]);

			diagonal = row[j];
			row[j] = Min(cost, Min(row[j], row[j - 1]) + 1);
		}
	}
	return row[lb];
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

PDS_NORETURN static void unknown_option(const char *name, int where);

static void
unknown_option(const char *name, int where)
{
	const char *best = NULL;
	int			best_distance = 100;
	int			elsewhere = 0;
	StringInfoData all;
	int			i;

	initStringInfo(&all);
	for (i = 0; i < NOPTIONS; i++)
	{
		const OptionDef *o = &option_defs[i];
		int			d;

		if (strcmp(o->name, name) == 0)
			elsewhere = o->where;
		if (!(o->where & where))
			continue;
		appendStringInfo(&all, "%s%s", all.len ? ", " : "", o->name);
		d = distance(name, o->name);
		/* a part of the name is near, too: "endpoint" */
		if (strlen(name) >= 4 && strstr(o->name, name))
			d = Min(d, 1);
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
			 best && best_distance <= Max(2, (int) strlen(name) / 3)
			 ? errhint("Perhaps you meant the option \"%s\".", best)
			 : all.len ? errhint("Valid options here are: %s.", all.data)
			 : errhint("There are no valid options here.")));
}

PDS_NORETURN static void invalid_option_value(const OptionDef *o, const char *value, const char *hint);

static void
invalid_option_value(const OptionDef *o, const char *value, const char *hint)
{
	/* a URL may hold a password */
	bool		secret = o->where == ON_MAPPING || o->kind == OPT_URL;

	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
			 secret ? errmsg("invalid value for option \"%s\"", o->name)
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
	const char *host;
	size_t		n;

	if (pg_strncasecmp(s, "http://", 7) == 0)
		host = s + 7;
	else if (pg_strncasecmp(s, "https://", 8) == 0)
		host = s + 8;
	else
		return false;
	n = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]");
	return n > 0 && (host[n] == '\0' || strcmp(host + n, "/") == 0);
}

/* The best of the allowed words, for a hint. */
static char *
words_hint(const char *values)
{
	StringInfoData buf;
	const char *p = values;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "It is one of: ");
	while (*p)
	{
		size_t		n = strcspn(p, " ");

		appendBinaryStringInfo(&buf, p, n);
		p += n;
		p += strspn(p, " ");
		if (*p)
			appendStringInfoString(&buf, ", ");
	}
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
	if (end == v || *end != '\0' || errno != 0 || n < o->min || n > o->max)
		invalid_option_value(o, v, psprintf("It is a whole number from " INT64_FORMAT " to " INT64_FORMAT ".",
											o->min, o->max));
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
	char	   *bucket;
	char	   *key;
	bool		ok;

	switch (o->kind)
	{
		case OPT_TEXT:
			if (v[0] == '\0' && strcmp(o->name, "null") != 0)
				invalid_option_value(o, v, "It must not be empty.");

			/*
			 * what a server or a mapping says is sent in headers, or is a
			 * name on this machine
			 */
			if ((o->where & (ON_SERVER | ON_MAPPING)) && pds_header_fault(v))
				invalid_option_value(o, v, psprintf("It %s.", pds_header_fault(v)));
			break;
		case OPT_BOOL:
			if (!parse_bool(v, &b))
				invalid_option_value(o, v, "It is true or false.");
			break;
		case OPT_INT:
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
		case OPT_ENUM:
			if (!in_list(v, o->values, NULL))
				invalid_option_value(o, v, words_hint(o->values));
			break;
		case OPT_CHAR:
			if (!pds_parse_char(v, &c) || (c == 0 && strcmp(o->name, "delimiter") == 0))
				invalid_option_value(o, v, "It is one ASCII character, or \\t for a TAB.");
			break;
		case OPT_HEADER:
			if (!parse_header(v, &lines))
				invalid_option_value(o, v, "It is true, false or a number of lines.");
			break;
		case OPT_ENCODING:
			if (pg_char_to_encoding(v) < 0)
				invalid_option_value(o, v, "It is a name of an encoding that PostgreSQL knows.");
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
	char	   *bucket;
	char	   *key;
	PdsError	err;
	bool		ok;

	if (location == NULL)
		missing_with("version_id", "location");
	ok = pds_s3_parse_uri(location, &bucket, &key, &err) && key[0] != '\0' &&
		key[strlen(key) - 1] != '/';
	free(bucket);
	free(key);
	if (!ok)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("option \"version_id\" needs a location that names one object"),
				 errhint("OPTIONS (location 's3://bucket/folder/file.csv', version_id '...') reads one version of it.")));
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

static bool
get_bool(List *options, const char *name, bool missing)
{
	const char *v = find_def(options, name);
	bool		b;

	return v && parse_bool(v, &b) ? b : missing;
}

static PdsSwitch
get_switch(List *options, const char *name)
{
	const char *v = find_def(options, name);
	bool		b;

	return !v || !parse_bool(v, &b) ? PDS_UNSET : b ? PDS_ON : PDS_OFF;
}

static char *
option_text(List *options, const char *name)
{
	const char *v = find_def(options, name);

	return v ? pstrdup(v) : NULL;
}

static int
option_int(List *options, const char *name, int missing)
{
	const char *v = find_def(options, name);

	return v ? atoi(v) : missing;
}

static int64
get_bytes(List *options, const char *name, int64 missing)
{
	const char *v = find_def(options, name);
	int64		n;

	return v && pds_parse_bytes(v, &n) ? n : missing;
}

static long
get_ms(List *options, const char *name, long missing)
{
	const char *v = find_def(options, name);
	long		ms;

	return v && pds_parse_seconds(v, &ms) ? ms : missing;
}

static PdsEngine
get_engine(List *options, PdsEngine missing)
{
	const char *v = find_def(options, "engine");
	int			pos;

	if (v && in_list(v, "auto direct athena", &pos))
		return (PdsEngine) (PDS_ENGINE_AUTO + pos);
	return missing;
}

static int
get_skip_archived(List *options)
{
	const char *v = find_def(options, "archived_objects");
	int			pos;

	return v && in_list(v, "refuse skip", &pos) ? pos : -1;
}

void
pds_get_server_options(ForeignServer *server, PdsServerOptions *out)
{
	static const char *const names[PDS_NSERVICES] = {
		"s3_endpoint_url", "glue_endpoint_url", "athena_endpoint_url", "sts_endpoint_url"
	};
	List	   *o = server->options;
	const char *style = find_def(o, "addressing_style");
	const char *cost;
	int			pos = 0;
	int			i;

	memset(out, 0, sizeof(*out));
	out->region = option_text(o, "region");
	out->profile = option_text(o, "profile");
	for (i = 0; i < PDS_NSERVICES; i++)
	{
		out->endpoint[i] = option_text(o, names[i]);
		if (out->endpoint[i] == NULL)
			out->endpoint[i] = option_text(o, "endpoint_url");
	}
	if (style && in_list(style, "auto path virtual", &pos))
		out->addressing = (PdsAddressing) pos;
	out->ca_bundle = option_text(o, "ca_bundle");
	out->anonymous = get_bool(o, "anonymous", false);
	out->role_arn = option_text(o, "role_arn");
	out->external_id = option_text(o, "external_id");
	out->role_session_name = option_text(o, "role_session_name");
	out->catalog_id = option_text(o, "catalog_id");
	out->athena_catalog = option_text(o, "athena_catalog");
	out->workgroup = option_text(o, "workgroup");
	out->output_location = option_text(o, "output_location");
	out->engine = get_engine(o, PDS_ENGINE_AUTO);
	out->result_reuse_minutes = option_int(o, "result_reuse_minutes", 0);
	out->max_scan_bytes = get_bytes(o, "max_scan_bytes", -1);
	out->max_attempts = option_int(o, "max_attempts", 3);
	out->connect_timeout_ms = get_ms(o, "connect_timeout", 10000);
	out->request_timeout_ms = get_ms(o, "request_timeout", 60000);
	out->start_timeout_ms = get_ms(o, "start_timeout", 60000);
	out->fetch_concurrency = option_int(o, "fetch_concurrency", 8);
	out->fetch_part_size = get_bytes(o, "fetch_part_size", 16 * 1024 * 1024);
	out->use_fips = get_switch(o, "use_fips");
	out->use_dualstack = get_switch(o, "use_dualstack");
	out->use_instance_region = get_bool(o, "use_instance_region", false);
	out->requester_pays = get_bool(o, "requester_pays", false);
	out->skip_archived = get_skip_archived(o);
	out->cache_ttl = (int) (get_ms(o, "cache_ttl", 60000) / 1000);
	out->keep_results = get_bool(o, "keep_results", false);
	out->allow_inexact = get_bool(o, "allow_inexact", false);
	out->async_capable = get_bool(o, "async_capable", true);
	cost = find_def(o, "fdw_startup_cost");
	out->startup_cost = cost ? strtod(cost, NULL) : -1;
	cost = find_def(o, "fdw_tuple_cost");
	out->tuple_cost = cost ? strtod(cost, NULL) : -1;
	out->use_ambient_credentials = get_bool(o, "use_ambient_credentials", false);
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
	out->access_key_id = option_text(o, "access_key_id");
	out->secret_access_key = option_text(o, "secret_access_key");
	out->session_token = option_text(o, "session_token");
	out->profile = option_text(o, "profile");
	out->role_arn = option_text(o, "role_arn");
	/* the caller overwrites its copies of secrets; these are nobody's */
	foreach(lc, o)
	{
		char	   *v = defGetString(lfirst(lc));

		pds_secure_zero(v, strlen(v));
	}
}

static void
table_options(List *o, PdsTableOptions *out)
{
	static const char *const dialect[] = {
		"location", "format", "delimiter", "quote", "escape", "null", "header", "encoding",
		"compression", "on_error"
	};
	const char *v;
	int			pos;
	int			i;

	memset(out, 0, sizeof(*out));
	out->database = option_text(o, "database");
	out->table_name = option_text(o, "table_name");
	out->location = option_text(o, "location");
	v = find_def(o, "format");
	out->format_set = v != NULL;
	out->format = PDS_FORMAT_CSV;
	if (v)
		pds_format_of_name(v, &out->format);
	out->delimiter = option_text(o, "delimiter");
	out->quote = option_text(o, "quote");
	out->escape = option_text(o, "escape");
	out->null = option_text(o, "null");
	out->header = -1;
	v = find_def(o, "header");
	if (v)
		parse_header(v, &out->header);
	out->encoding = option_text(o, "encoding");
	out->compression = option_text(o, "compression");
	out->version_id = option_text(o, "version_id");
	out->skip_archived = get_skip_archived(o);
	v = find_def(o, "on_error");
	if (v && in_list(v, "null stop skip", &pos))
		out->on_error = (PdsOnError) (PDS_ON_ERROR_NULL + pos);
	v = find_def(o, "reject_limit");
	out->reject_limit = v ? atoll(v) : -1;
	out->engine = get_engine(o, PDS_ENGINE_DEFAULT);
	out->max_scan_bytes = get_bytes(o, "max_scan_bytes", -1);
	out->write_mode = option_text(o, "write_mode");
	out->write_compression = option_text(o, "write_compression");
	v = find_def(o, "max_rows_per_file");
	out->max_rows_per_file = v ? atoll(v) : 0;
	out->max_bytes_per_file = get_bytes(o, "max_bytes_per_file", 0);
	out->updatable = get_bool(o, "updatable", true);
	for (i = 0; i < lengthof(dialect); i++)
		if (find_def(o, dialect[i]))
			out->any_dialect_option = true;
}

void
pds_get_table_options(Oid relid, PdsTableOptions *out)
{
	table_options(GetForeignTable(relid)->options, out);
	if (out->database && out->table_name == NULL)
		out->table_name = get_rel_name(relid);
}

void
pds_get_read_options(List *options, PdsTableOptions *out)
{
	check_each(options, ON_TABLE);
	table_options(options, out);
}

void
pds_get_import_options(List *options, PdsTableOptions *dialect, PdsImportOptions *out)
{
	check_each(options, ON_IMPORT);
	table_options(options, dialect);
	out->sample_bytes = get_bytes(options, "sample_bytes", PDS_SAMPLE_BYTES);
	out->sample_objects = option_int(options, "sample_objects", PDS_SAMPLE_OBJECTS);
	out->all_text = get_bool(options, "all_text", false);
}

void
pds_get_column_options(Oid relid, AttrNumber attnum, PdsColumnOptions *out)
{
	List	   *o = GetForeignColumnOptions(relid, attnum);

	memset(out, 0, sizeof(*out));
	out->column_name = option_text(o, "column_name");
	out->partition_key = get_bool(o, "partition_key", false);
	out->glue_type = option_text(o, "glue_type");
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
