/*
 * target_catalog.c
 *	  Properties of tables: views, dialects, projection, patterns of dates.
 */
#include "fuzz.h"

#include <stdio.h>

#include "core/base/glob.h"
#include "core/base/uri.h"
#include "core/glue/date_pattern.h"
#include "core/glue/hive_path.h"
#include "core/glue/presto_view.h"
#include "core/glue/projection.h"
#include "core/glue/table_kind.h"
#include "core/serde/csv_write.h"
#include "core/serde/hive_type.h"

#define NOW_MS		INT64_C(1709211909042)
#define MOST		40

/* "key=value" each line; freed by pds_properties_free */
static void
properties(FuzzInput *in, PdsProperties *p)
{
	p->items = calloc(MOST, sizeof(PdsKeyValue));
	p->n = 0;
	while (in->n > 0 && p->n < MOST)
	{
		char	   *line = fuzz_line(in);
		char	   *equals = strchr(line, '=');

		if (line[0] == '\0' || equals == NULL)
		{
			free(line);
			if (equals == NULL)
				break;
			continue;
		}
		*equals = '\0';
		p->items[p->n].key = line;
		p->items[p->n++].value = pds_strdup(equals + 1);
	}
}

/* the view's text; columns that are understood have types that are */
void
fuzz_view(FuzzInput *in)
{
	PdsGlueTable *t = calloc(1, sizeof(PdsGlueTable));
	PdsHiveType type;
	PdsError	err;
	int			i;

	t->name = pds_strdup("v");
	t->table_type = pds_strdup("VIRTUAL_VIEW");
	t->view_original_text = fuzz_rest(in, NULL);
	FUZZ_CHECK(pds_view_columns(t));
	for (i = 0; i < t->sd.ncolumns; i++)
	{
		FUZZ_CHECK(t->sd.columns[i].name != NULL);
		FUZZ_SAY(pds_hive_type_parse(t->sd.columns[i].type, &type, &err), t->sd.columns[i].type);
		pds_hive_type_clear(&type);
	}
	pds_glue_table_free(t);
}

static void
check_dialect(const PdsDialect *d)
{
	PdsScanDialect scan;

	FUZZ_CHECK(d->format <= PDS_FORMAT_ATHENA_RESULT);
	FUZZ_CHECK(d->null_len < sizeof(d->null_text));
	FUZZ_CHECK(d->header_lines >= 0 && d->footer_lines >= 0);
	pds_dialect_scan(d, &scan);
	FUZZ_CHECK(scan.grammar <= PDS_GRAMMAR_QUOTED);
}

/* SerDe, SerDe parameters, an empty line, table parameters */
void
fuzz_dialect(FuzzInput *in)
{
	static const char *const serdes[] = {
		"org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
		"org.apache.hadoop.hive.serde2.OpenCSVSerde",
		"org.apache.hadoop.hive.contrib.serde2.MultiDelimitSerDe",
	};
	PdsStorageDescriptor sd;
	PdsProperties table;
	PdsDialect	d;
	PdsError	err;
	char		delimiter;

	memset(&sd, 0, sizeof(sd));
	sd.location = (char *) "s3://b/p/";
	sd.input_format = (char *) "org.apache.hadoop.mapred.TextInputFormat";
	sd.serde = (char *) serdes[fuzz_byte(in, 3)];
	properties(in, &sd.serde_parameters);
	properties(in, &table);
	if (sd.serde_parameters.n > 0)
		(void) pds_delimiter_of_text(sd.serde_parameters.items[0].value, true, &delimiter);
	if (fuzz_check_call(pds_dialect_from_glue(&d, &table, &sd, "EXTERNAL_TABLE", &err), &err))
	{
		PdsCsvWriter w;

		check_dialect(&d);
		fuzz_check_call(pds_csv_writer_init(&w, &d, 3, &err), &err);
	}
	pds_properties_free(&sd.serde_parameters);
	pds_properties_free(&table);
}

static void
check_values(const PdsProjection *p, int key, PdsStr *folders)
{
	int64_t		count = pds_projection_count(p, key);
	int64_t		at[] = {0, 1, count / 2, count - 1};
	PdsStr		value;
	PdsStr		folder;
	size_t		i;

	FUZZ_CHECK(count >= 0);
	pds_str_init(&value);
	pds_str_init(&folder);
	for (i = 0; i < 4; i++)
	{
		int64_t		found;

		if (at[i] < 0 || at[i] >= count)
			continue;
		pds_projection_value(p, key, at[i], &value, &folder);
		found = pds_projection_find(p, key, pds_str_text(&value));
		/* several numbers may have the same text: the first is found */
		FUZZ_SAY(found == -2 || (found >= 0 && found <= at[i]), pds_str_text(&value));
		if (found >= 0 && found < at[i])
		{
			PdsStr		other;

			pds_str_init(&other);
			pds_projection_value(p, key, found, &other, &folder);
			FUZZ_SAY(strcmp(pds_str_text(&other), pds_str_text(&value)) == 0, pds_str_text(&value));
			pds_str_free(&other);
		}
	}
	pds_str_append(folders, pds_str_text(&folder));
	pds_str_free(&value);
	pds_str_free(&folder);
	(void) pds_projection_ordered(p, key);
}

/* type of the key, location, then properties of the table */
void
fuzz_projection(FuzzInput *in)
{
	PdsGlueTable t;
	PdsGlueColumn key = {.name = (char *) "k"};
	PdsProjection *p;
	PdsError	err;

	memset(&t, 0, sizeof(t));
	key.type = fuzz_line(in);
	t.name = (char *) "t";
	t.partition_keys = &key;
	t.npartition_keys = 1;
	t.sd.location = fuzz_line(in);
	properties(in, &t.parameters);
	p = pds_projection_new(&t, NOW_MS, &err);
	if (fuzz_check_call(p != NULL, &err))
	{
		PdsStr		folders;
		PdsStr		where;
		const char *folder;

		pds_str_init(&folders);
		pds_str_init(&where);
		if (pds_projection_kind(p, 0) != PDS_PROJECTION_INJECTED)
			check_values(p, 0, &folders);
		else
			FUZZ_CHECK(pds_projection_count(p, 0) == 0);
		folder = pds_str_text(&folders);
		pds_projection_location(p, &folder, &where);
		pds_str_free(&folders);
		pds_str_free(&where);
	}
	pds_projection_free(p);
	pds_properties_free(&t.parameters);
	free(key.type);
	free(t.sd.location);
}

/* pattern, then a text: what is printed of a time is read as that time, or printed as the same again */
void
fuzz_date_pattern(FuzzInput *in)
{
	char	   *pattern = fuzz_line(in);
	char	   *text = fuzz_rest(in, NULL);
	PdsError	err;
	PdsDatePattern *p = pds_date_pattern_new(pattern, &err);
	int64_t		ms;
	int64_t		ms2;
	PdsStr		out;
	PdsStr		again;

	if (fuzz_check_call(p != NULL, &err) && pds_date_pattern_parse(p, text, &ms))
	{
		/* years 1 to 9999 */
		FUZZ_CHECK(ms >= INT64_C(-62135596800000) && ms < INT64_C(253402300800000));
		pds_str_init(&out);
		pds_str_init(&again);
		pds_date_pattern_format(p, ms, &out);
		if (pds_date_pattern_parse(p, pds_str_text(&out), &ms2))
		{
			pds_date_pattern_format(p, ms2, &again);
			FUZZ_SAY(strcmp(pds_str_text(&out), pds_str_text(&again)) == 0, pds_str_text(&again));
		}
		pds_str_free(&out);
		pds_str_free(&again);
	}
	pds_date_pattern_free(p);
	free(text);
	free(pattern);
}

/* key, then a folder: a value that is written is read back */
void
fuzz_hive_path(FuzzInput *in)
{
	char	   *name = fuzz_line(in);
	size_t		n;
	char	   *text = fuzz_rest(in, &n);
	PdsGlueColumn key = {.name = name};
	PdsStr		path;
	char	   *value;
	char	   *again;

	FUZZ_CHECK(pds_hive_path_value(text, n, name, &value));
	if (value)
		FUZZ_CHECK(strlen(value) <= n);
	free(value);
	value = pds_strdup(text);
	pds_str_init(&path);
	pds_hive_path_append(&path, &key, 1, &value);
	FUZZ_CHECK(path.len > 0 && path.data[path.len - 1] == '/');
	FUZZ_CHECK(memchr(path.data, '/', path.len - 1) == NULL);
	FUZZ_CHECK(pds_hive_path_value(path.data, path.len - 1, name, &again));
	if (value[0] && name[0])
		FUZZ_SAY(again && strcmp(again, value) == 0, path.data);
	pds_str_free(&path);
	free(value);
	free(again);
	free(text);
	free(name);
}

/* pattern, then a text */
void
fuzz_glob(FuzzInput *in)
{
	char	   *pattern = fuzz_line(in);
	char	   *text = fuzz_rest(in, NULL);
	size_t		prefix = strcspn(pattern, "*?[");
	bool		matches = pds_glob_match(pattern, text);
	PdsStr		any;

	if (matches)
		FUZZ_CHECK(strncmp(pattern, text, prefix) == 0);
	if (pattern[prefix] == '\0')
		FUZZ_CHECK(matches == (strcmp(pattern, text) == 0));
	/* more is matched by more */
	pds_str_init(&any);
	pds_str_appendf(&any, "*%s", pattern);
	if (matches)
		FUZZ_CHECK(pds_glob_match(pds_str_text(&any), text));
	pds_str_free(&any);
	free(pattern);
	free(text);
}

/* any URI; what is written of it is read as the same */
void
fuzz_uri(FuzzInput *in)
{
	size_t		n;
	char	   *text = fuzz_rest(in, &n);
	char	   *bucket = NULL;
	char	   *key = NULL;
	char		shown[300];
	PdsUri		u;
	PdsStr		uri;
	PdsError	err;
	char	   *b2 = NULL;
	char	   *k2 = NULL;
	size_t		len;

	n = strlen(text);
	pds_uri_parse(text, &u);
	FUZZ_CHECK(u.rest >= text && u.rest <= text + n);
	FUZZ_CHECK(u.authority.n == 0 ||
			   (u.authority.s >= text && u.authority.s + u.authority.n <= u.rest));
	FUZZ_CHECK(u.host.n <= u.host_port.n && u.host_port.n <= u.authority.n);
	FUZZ_CHECK(u.userinfo.n + u.host_port.n <= u.authority.n);
	pds_uri_shown(text, shown, sizeof(shown));
	FUZZ_CHECK(u.userinfo.n == 0 || memchr(shown, '@', strlen(shown)) == NULL ||
			   memchr(u.host.s, '@', u.host.n) != NULL);
	if (pds_uri_is_http_origin(&u))
		FUZZ_CHECK(u.userinfo.n == 0 && u.host.n > 0);
	pds_http_host(text, shown, sizeof(shown));
	if (fuzz_check_call(pds_s3_parse_uri(text, &bucket, &key, &err), &err))
	{
		pds_str_init(&uri);
		pds_str_appendf(&uri, "s3://%s/%s", bucket, key);
		FUZZ_CHECK(pds_s3_parse_uri(pds_str_text(&uri), &b2, &k2, &err));
		FUZZ_SAY(strcmp(bucket, b2) == 0 && strcmp(key, k2) == 0, pds_str_text(&uri));
		pds_str_reset(&uri);
		/* encoded and decoded again */
		pds_str_append_uri(&uri, key, strlen(key), true);
		len = pds_uri_decode(uri.data ? uri.data : k2, uri.len, false);
		FUZZ_CHECK(len == strlen(key) && memcmp(pds_str_text(&uri), key, len) == 0);
		pds_str_free(&uri);
		free(b2);
		free(k2);
	}
	free(bucket);
	free(key);
	len = pds_uri_decode(text, n, true);
	FUZZ_CHECK(len <= n);
	free(text);
}
