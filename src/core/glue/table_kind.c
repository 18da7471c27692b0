/*
 * table_kind.c
 *	  What kind of table Glue describes: text that can be read here, and its
 *	  dialect, or something that only Athena reads (doc/dev/aws.md §5.2).
 */
#include "core/glue/table_kind.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/strbuf.h"
#include "core/base/utf8.h"
#include "core/glue/projection.h"

/* ---- why it is not text ---- */

/* a part of the name of an input format, or of a SerDe, and what it stands for */
typedef struct Sign
{
	const char *part;
	const char *reason;
} Sign;

static const Sign input_formats[] = {
	{"hudi", "it is a Hudi table"},
	{"Parquet", "its objects are Parquet"},
	{"Orc", "its objects are ORC"},
	{"Avro", "its objects are Avro"},
	{"RCFile", "its objects are RCFiles"},
	{"SequenceFile", "its objects are sequence files"},
	{"Symlink", "its location holds lists of paths (symlink)"},
	{"CloudTrail", "its objects are CloudTrail logs"},
	{"Ion", "its objects are Ion"},
	{"Xml", "its objects are XML"}
};

static const Sign serdes[] = {
	{"Json", "its objects are JSON"},
	{"JSON", "its objects are JSON"},
	{"RegexSerDe", "its records are taken apart by a regular expression (RegexSerDe)"},
	{"Grok", "its records are taken apart by a Grok pattern (GrokSerDe)"},
	{"Parquet", "its objects are Parquet"},
	{"Orc", "its objects are ORC"},
	{"Avro", "its objects are Avro"},
	{"Ion", "its objects are Ion"},
	{"CloudTrail", "its objects are CloudTrail logs"}
};

#define NSIGNS(signs) ((int) (sizeof(signs) / sizeof(Sign)))

static const char *
find_sign(const Sign *signs, int n, const char *name)
{
	int			i;

	for (i = 0; name && i < n; i++)
		if (strstr(name, signs[i].part))
			return signs[i].reason;
	return NULL;
}

static bool
property_is(const PdsProperties *p, const char *key, const char *value)
{
	const char *v = pds_property(p, key);

	return v && pds_strcasecmp(v, value) == 0;
}

const char *
pds_not_text(const PdsProperties *p, const PdsStorageDescriptor *sd, const char *table_type)
{
	const char *reason;

	if (table_type && pds_strcasecmp(table_type, "VIRTUAL_VIEW") == 0)
		return "it is a view";
	if (property_is(p, "table_type", "ICEBERG"))
		return "it is an Iceberg table";
	if (property_is(p, "table_type", "DELTA") ||
		property_is(p, "spark.sql.sources.provider", "delta"))
		return "it is a Delta table";
	if (property_is(p, "table_type", "HUDI") ||
		property_is(p, "spark.sql.sources.provider", "hudi"))
		return "it is a Hudi table";
	if (property_is(p, "has_encrypted_data", "true"))
		return "its data is encrypted by the client (CSE-KMS)";
	reason = find_sign(input_formats, NSIGNS(input_formats), sd->input_format);
	if (reason == NULL)
		reason = find_sign(serdes, NSIGNS(serdes), sd->serde);
	if (reason == NULL && (sd->input_format == NULL || sd->input_format[0] == '\0'))
		reason = "it has no input format";
	if (reason == NULL &&
		strcmp(sd->input_format, "org.apache.hadoop.mapred.TextInputFormat") != 0)
		reason = sd->input_format;
	return reason;
}

/* ---- the dialect of its properties ---- */

/* the two places a property may stand in */
typedef struct Merged
{
	const PdsProperties *serde;
	const PdsProperties *table;
} Merged;

/* *value NULL when absent; different values in both places are an error */
static bool
merged(const Merged *m, const char *key, const char **value, PdsError *err)
{
	const char *a = pds_property(m->serde, key);
	const char *b = pds_property(m->table, key);

	if (a && b && strcmp(a, b) != 0)
	{
		pds_error_set(err, PDS_ERR_CONFIG,
					  "the property %s has different values in the SerDe (\"%s\") and in the table (\"%s\")",
					  key, a, b);
		pds_error_hint(err, "Athena refuses such a table too: make them equal in Glue.");
		return false;
	}
	*value = a ? a : b;
	return true;
}

static bool
line_count(const Merged *m, const char *key, int *out, PdsError *err)
{
	const char *text;
	char	   *end;
	long		n;

	*out = 0;
	if (!merged(m, key, &text, err))
		return false;
	if (text == NULL)
		return true;
	n = strtol(text, &end, 10);
	if (text[0] == '\0' || text[0] == ' ' || *end != '\0' || n < 0 || n > 2147483647)
	{
		pds_error_set(err, PDS_ERR_CONFIG,
					  "the property %s is \"%s\", which is not a number of lines", key, text);
		pds_error_hint(err, "Correct it in Glue: Athena refuses such a table too.");
		return false;
	}
	*out = (int) n;
	return true;
}

/* a property that is "true" in any case, or else false */
static bool
flag(const Merged *m, const char *key, bool *out, PdsError *err)
{
	const char *text;

	if (!merged(m, key, &text, err))
		return false;
	*out = text && pds_strcasecmp(text, "true") == 0;
	return true;
}

/* a delimiter of lazysimple; unchanged when the property is absent */
static bool
lazy_delimiter(const Merged *m, const char *key, char *out, bool *found, PdsError *err)
{
	const char *text;

	if (!merged(m, key, &text, err))
		return false;
	if (text && pds_delimiter_of_text(text, true, out) && found)
		*found = true;
	return true;
}

static bool
lazysimple_of_glue(PdsDialect *d, const Merged *m, PdsError *err)
{
	const char *text;
	bool		found = false;

	pds_dialect_init(d, PDS_FORMAT_LAZYSIMPLE);
	if (!lazy_delimiter(m, "field.delim", &d->delimiter, &found, err))
		return false;
	if (!found && !lazy_delimiter(m, "serialization.format", &d->delimiter, &found, err))
		return false;
	found = false;
	if (!lazy_delimiter(m, "collection.delim", &d->collection_delim, &found, err))
		return false;
	if (!found && !lazy_delimiter(m, "colelction.delim", &d->collection_delim, &found, err))
		return false;
	if (!lazy_delimiter(m, "mapkey.delim", &d->mapkey_delim, NULL, err) ||
		!merged(m, "escape.delim", &text, err))
		return false;
	if (text && !pds_delimiter_of_text(text, true, &d->escape))
		d->escape = '\\';
	if (!merged(m, "serialization.null.format", &text, err))
		return false;
	if (text)
	{
		if (strlen(text) >= sizeof(d->null_text))
			return pds_error_set(err, PDS_ERR_UNSUPPORTED,
								 "its serialization.null.format is longer than %zu bytes",
								 sizeof(d->null_text) - 1);
		pds_dialect_set_null(d, text);
	}
	if (!flag(m, "serialization.last.column.takes.rest", &d->last_takes_rest, err))
		return false;
	if (!merged(m, "timestamp.formats", &text, err))
		return false;
	if (text && text[0])
	{
		if (!pds_timestamp_formats_check(text, err))
			return false;
		d->timestamp_formats = text;
	}
	if (!flag(m, "hive.serialization.extend.additional.nesting.levels", &found, err))
		return false;
	if (found)
		d->nesting = PDS_NESTING_ADDITIONAL;
	else
	{
		if (!flag(m, "hive.serialization.extend.nesting.levels", &found, err))
			return false;
		d->nesting = found ? PDS_NESTING_EXTENDED : PDS_NESTING_PLAIN;
	}
	if (d->delimiter == '\n' || d->delimiter == '\r' || d->escape == '\n' || d->escape == '\r' ||
		(d->escape != 0 && d->delimiter == d->escape))
		return pds_error_set(err, PDS_ERR_CONFIG, "its delimiter and escape contradict each other");
	return true;
}

/*
 * The first character.  One that is not ASCII goes to wide[which] and has a
 * byte that no UTF-8 text holds as its stand-in.  A NUL switches it off.
 */
static bool
opencsv_char(const Merged *m, const char *key, PdsDialect *d, int which, char *out, PdsError *err)
{
	const char *text;
	size_t		n;

	if (!merged(m, key, &text, err))
		return false;
	if (text == NULL)
		return true;
	if (text[0] == '\0')
	{
		pds_error_set(err, PDS_ERR_CONFIG, "its %s is empty", key);
		pds_error_hint(err, "Athena refuses such a table too: give it a character in Glue.");
		return false;
	}
	if (strncmp(text, PDS_PROPERTY_NUL, strlen(PDS_PROPERTY_NUL)) == 0)
		*out = 0;
	else if ((unsigned char) text[0] < 0x80)
		*out = text[0];
	else
	{
		n = pds_utf8_prefix(text, strlen(text), 1);
		/* Java would take half of a character there */
		if (n > 3)
			return pds_error_set(err, PDS_ERR_UNSUPPORTED,
								 "its %s \"%s\" is no character of the basic plane: Athena only",
								 key, text);
		memcpy(d->wide[which], text, n);
		*out = (char) (PDS_WIDE_STANDIN + which);
	}
	return true;
}

static bool
same_char(const PdsDialect *d, char a, int which_a, char b, int which_b)
{
	if (d->wide[which_a][0] && d->wide[which_b][0])
		return strcmp(d->wide[which_a], d->wide[which_b]) == 0;
	return a == b;
}

static bool
opencsv_of_glue(PdsDialect *d, const Merged *m, PdsError *err)
{
	pds_dialect_init(d, PDS_FORMAT_OPENCSV);
	if (!opencsv_char(m, "separatorChar", d, 0, &d->delimiter, err) ||
		!opencsv_char(m, "quoteChar", d, 1, &d->quote, err) ||
		!opencsv_char(m, "escapeChar", d, 2, &d->escape, err))
		return false;
	if (!flag(m, "use.null.for.invalid.data", &d->null_for_invalid, err))
		return false;
	/* a bug of Hive that Trino keeps (doc/dev/aws.md §6.4) */
	if (d->escape == '"')
		d->escape = '\\';
	if (d->delimiter == 0 || same_char(d, d->delimiter, 0, d->quote, 1) ||
		same_char(d, d->delimiter, 0, d->escape, 2) ||
		(d->quote != 0 && same_char(d, d->quote, 1, d->escape, 2)))
		d->unusable = "its separatorChar, quoteChar and escapeChar must differ";
	return true;
}

bool
pds_dialect_from_glue(PdsDialect *d, const PdsProperties *table_parameters,
					  const PdsStorageDescriptor *sd, const char *table_type, PdsError *err)
{
	Merged		m = {&sd->serde_parameters, table_parameters};
	const char *why = pds_not_text(table_parameters, sd, table_type);
	const char *serde = sd->serde ? sd->serde : "";
	bool		ok;

	if (why)
		return pds_error_set(err, PDS_ERR_UNSUPPORTED, "%s", why);
	if (strcmp(serde, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe") == 0)
		ok = lazysimple_of_glue(d, &m, err);
	else if (strcmp(serde, "org.apache.hadoop.hive.serde2.OpenCSVSerde") == 0)
		ok = opencsv_of_glue(d, &m, err);
	else
		return pds_error_set(err, PDS_ERR_UNSUPPORTED, "its SerDe is %s",
							 serde[0] ? serde : "not given");
	d->last_field = sd->ncolumns > 0 ? sd->ncolumns - 1 : 0;
	if (!ok || !line_count(&m, "skip.footer.line.count", &d->footer_lines, err))
		return false;
	/* last: all else is known, for whoever knows the header better */
	if (line_count(&m, "skip.header.line.count", &d->header_lines, err))
		return true;
	pds_error_advise(err, PDS_ADVICE_HEADER);
	return false;
}

bool
pds_dialect_of_table(PdsDialect *d, const PdsGlueTable *t, int64_t now_ms, PdsError *err)
{
	PdsProjection *p;

	if (t->federated)
		return pds_error_set(err, PDS_ERR_UNSUPPORTED,
							 "it is a table of another data source (federated)");
	if (!pds_dialect_from_glue(d, &t->parameters, &t->sd, t->table_type, err))
		return false;
	if (!pds_projection_enabled(&t->parameters) || t->npartition_keys == 0)
		return true;
	p = pds_projection_new(t, now_ms, err);
	pds_projection_free(p);
	return p != NULL;
}
