/*
 * test_serde.c
 *	  Whole tables against what Trino read of the same bytes: the cases of
 *	  test/vectors/serde_cases.json that the core alone can answer.  All of
 *	  them go through the extension in test/serde.
 *
 * A table becomes a list of lines, one per row, in a canonical form; Trino's
 * rows are brought into the same form and compared without regard to order.
 */
#include <math.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "core/base/calendar.h"
#include "core/base/utf8.h"
#include "core/codec/codec.h"
#include "core/glue/table_kind.h"
#include "core/serde/hive_type.h"
#include "core/read/reader.h"
#include "core/serde/serde.h"
#include "core/base/strbuf.h"
#include "unit.h"

#define MAX_COLUMNS 16
#define NUL_SIGN "\xE2\x90\x80" /* stands for a NUL in the vectors as read */
#define REPLACEMENT "\xEF\xBF\xBD"
#define LAZYSIMPLE "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"

typedef struct Rows
{
	char	  **line;
	int			n;
	int			cap;
} Rows;

typedef struct Table
{
	const cJSON *json;
	bool		lazy;
	int			ncolumns;
	PdsHiveType types[MAX_COLUMNS];
	PdsProperties parameters;
	PdsStorageDescriptor sd;
	PdsDialect	dialect;
	size_t		batch;			/* bytes of a batch */
	Rows		rows;
	PdsError	err;
} Table;

static void *
must(void *p)
{
	if (p == NULL)
	{
		printf("Bail out! out of memory\n");
		exit(2);
	}
	return p;
}

static char *
dup_text(const char *s)
{
	return must(strdup(s));
}

static void
add_row(Rows *r, char *line)
{
	if (r->n == r->cap)
	{
		r->cap = r->cap ? r->cap * 2 : 16;
		r->line = must(realloc(r->line, (size_t) r->cap * sizeof(char *)));
	}
	r->line[r->n++] = line;
}

static void
free_rows(Rows *r)
{
	while (r->n > 0)
		free(r->line[--r->n]);
	free(r->line);
	memset(r, 0, sizeof(*r));
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static void
sort_rows(Rows *r)
{
	if (r->n > 1)
		qsort(r->line, (size_t) r->n, sizeof(char *), compare_lines);
}

/* ---- the canonical form ---- */

typedef struct Text
{
	char	   *p;
	size_t		n;
	size_t		cap;
} Text;

static void
put(Text *t, const char *s, size_t n)
{
	if (t->n + n + 1 > t->cap)
	{
		t->cap = (t->n + n + 1) * 2;
		t->p = must(realloc(t->p, t->cap));
	}
	memcpy(t->p + t->n, s, n);
	t->n += n;
	t->p[t->n] = '\0';
}

static void
puts_text(Text *t, const char *s)
{
	put(t, s, strlen(s));
}

/* bytes that are no UTF-8, and what stands for them in JSON, are left out */
static void
put_string(Text *t, const char *s, size_t n)
{
	size_t		i = 0;

	puts_text(t, "'");
	while (i < n)
	{
		size_t		k = 1;

		while (k <= 4 && (i + k > n || !pds_utf8_valid(s + i, k)))
			k++;
		if (k > 4)
			k = 1;				/* a stray byte */
		else if (s[i] == '\0')
			puts_text(t, NUL_SIGN);
		else if (k != 3 || memcmp(s + i, REPLACEMENT, 3) != 0)
			put(t, s + i, k);
		i += k;
	}
	puts_text(t, "'");
}

static void
put_number(Text *t, PdsHiveKind kind, double v)
{
	char		buf[64];

	if (isnan(v))
		snprintf(buf, sizeof(buf), "NaN");
	else if (isinf(v))
		snprintf(buf, sizeof(buf), v < 0 ? "-Infinity" : "Infinity");
	else if (kind == PDS_HIVE_FLOAT)
		snprintf(buf, sizeof(buf), "%.9g", (double) (float) v);
	else
		snprintf(buf, sizeof(buf), "%.17g", v);
	puts_text(t, buf);
}

static bool
is_text(PdsHiveKind kind)
{
	return kind == PDS_HIVE_STRING || kind == PDS_HIVE_VARCHAR || kind == PDS_HIVE_CHAR;
}

static void
put_json(Text *t, PdsHiveKind kind, const cJSON *v)
{
	if (cJSON_IsNull(v))
		puts_text(t, "NULL");
	else if (cJSON_IsBool(v))
		puts_text(t, cJSON_IsTrue(v) ? "true" : "false");
	else if (cJSON_IsNumber(v))
		put_number(t, kind, v->valuedouble);
	else if (!cJSON_IsString(v))
		puts_text(t, "?");
	else if (is_text(kind))
		put_string(t, v->valuestring, strlen(v->valuestring));
	else
		puts_text(t, v->valuestring);
}

/* ---- values in Trino's way ---- */

static void
put_date(Text *t, int64_t days)
{
	char		buf[32];

	pds_iso_date(days, buf);
	puts_text(t, buf);
}

static void
put_timestamp(Text *t, int64_t us)
{
	char		buf[64];
	int64_t		days = us / 86400000000;
	int64_t		ms = us % 86400000000;

	if (ms < 0)
	{
		ms += 86400000000;
		days--;
	}
	ms /= 1000;
	put_date(t, days);
	snprintf(buf, sizeof(buf), " %02d:%02d:%02d.%03d", (int) (ms / 3600000),
			 (int) (ms / 60000 % 60), (int) (ms / 1000 % 60), (int) (ms % 1000));
	puts_text(t, buf);
}

static PdsValueResult
put_bytes(Text *t, const PdsField *f)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char *b = must(malloc(f->len + 3));
	size_t		n;
	size_t		i;

	if (pds_lazy_binary(f->data, f->len, (char *) b, &n) != PDS_VALUE_OK)
	{
		free(b);
		return PDS_VALUE_ERROR;
	}
	memset(b + n, 0, 3);
	for (i = 0; i < n; i += 3)
	{
		char		four[4];

		four[0] = digits[b[i] >> 2];
		four[1] = digits[(b[i] & 3) << 4 | b[i + 1] >> 4];
		four[2] = i + 1 < n ? digits[(b[i + 1] & 15) << 2 | b[i + 2] >> 6] : '=';
		four[3] = i + 2 < n ? digits[b[i + 2] & 63] : '=';
		put(t, four, 4);
	}
	free(b);
	return PDS_VALUE_OK;
}

static PdsValueResult
put_decimal(Text *t, const PdsHiveType *type, const PdsField *f)
{
	char		out[64];
	size_t		n;
	int64_t		scaled;
	bool		fits;
	PdsValueResult res;

	res = pds_lazy_decimal(f->data, f->len, type->precision, type->scale, out, &n, &scaled, &fits);
	if (res == PDS_VALUE_OK)
		put(t, out, n);
	return res;
}

static void
put_text(Text *t, const PdsHiveType *type, const PdsField *f)
{
	size_t		n = f->len;
	size_t		chars = 0;
	size_t		i;
	char	   *padded;

	if (type->kind != PDS_HIVE_STRING && type->precision > 0)
		n = pds_utf8_prefix(f->data, n, type->precision);
	if (type->kind != PDS_HIVE_CHAR)
	{
		put_string(t, f->data, n);
		return;
	}
	for (i = 0; i < n; i++)
		chars += ((unsigned char) f->data[i] & 0xC0) != 0x80;
	padded = must(malloc(n + (size_t) type->precision + 1));
	memcpy(padded, f->data, n);
	for (; chars < (size_t) type->precision; chars++)
		padded[n++] = ' ';
	put_string(t, padded, n);
	free(padded);
}

static PdsValueResult
put_integer(Text *t, PdsHiveKind kind, const PdsField *f)
{
	int64_t		min = kind == PDS_HIVE_TINYINT ? INT8_MIN : kind == PDS_HIVE_SMALLINT ? INT16_MIN :
		kind == PDS_HIVE_INT ? INT32_MIN : INT64_MIN;
	int64_t		v;
	PdsValueResult res = pds_lazy_int(f->data, f->len, min, -(min + 1), &v);

	/* JSON's numbers are doubles: larger ones are tested in test_values.c */
	if (res == PDS_VALUE_OK)
		put_number(t, kind, (double) v);
	return res;
}

static PdsValueResult
put_scalar(Text *t, const PdsDialect *dialect, const PdsHiveType *type, const PdsField *f)
{
	PdsValueResult res = PDS_VALUE_ERROR;
	double		d;
	float		f4;
	bool		b;
	int32_t		days;
	int64_t		us;

	switch (type->kind)
	{
		case PDS_HIVE_FLOAT:
			if ((res = pds_lazy_float(f->data, f->len, &f4)) == PDS_VALUE_OK)
				put_number(t, type->kind, (double) f4);
			break;
		case PDS_HIVE_DOUBLE:
			if ((res = pds_lazy_double(f->data, f->len, &d)) == PDS_VALUE_OK)
				put_number(t, type->kind, d);
			break;
		case PDS_HIVE_BOOLEAN:
			if ((res = pds_lazy_bool(f->data, f->len, &b)) == PDS_VALUE_OK)
				puts_text(t, b ? "true" : "false");
			break;
		case PDS_HIVE_DATE:
			if ((res = pds_lazy_date(f->data, f->len, &days)) == PDS_VALUE_OK)
				put_date(t, days);
			break;
		case PDS_HIVE_TIMESTAMP:
			if ((res = pds_dialect_timestamp(dialect, f->data, f->len, 3, &us)) == PDS_VALUE_OK)
				put_timestamp(t, us);
			break;
		default:
			res = put_integer(t, type->kind, f);
			break;
	}
	return res;
}

static PdsValueResult
put_value(Text *t, const PdsDialect *d, const PdsHiveType *type, PdsField *f, PdsArena *arena)
{
	PdsValueResult res = PDS_VALUE_OK;

	if (f->data == NULL)
		res = PDS_VALUE_NULL;
	else if (is_text(type->kind))
	{
		if (f->escaped && !pds_lazy_unescape(d, f, arena))
			return PDS_VALUE_ERROR;
		put_text(t, type, f);
	}
	else if (type->kind == PDS_HIVE_BINARY)
		res = put_bytes(t, f);
	else if (type->kind == PDS_HIVE_DECIMAL)
		res = put_decimal(t, type, f);
	else
		res = put_scalar(t, d, type, f);
	if (res == PDS_VALUE_NULL)
		puts_text(t, "NULL");
	return res;
}

/* ---- the table read by the core ---- */

static bool
read_record(Table *tb, PdsBatch *b, size_t r, PdsArena *arena)
{
	int			wanted[MAX_COLUMNS];
	PdsField	f[MAX_COLUMNS];
	Text		t = {0};
	int			i;

	if (tb->dialect.unusable)
		return pds_error_set(&tb->err, PDS_ERR_CONFIG, "%s", tb->dialect.unusable);
	for (i = 0; i < tb->ncolumns; i++)
		wanted[i] = i;
	pds_arena_reset(arena);
	if (!pds_record_fields(&tb->dialect, b->ix, b->buf, r, wanted, tb->ncolumns, f, arena))
		return pds_error_oom(&tb->err);
	put(&t, "", 0);
	for (i = 0; i < tb->ncolumns; i++)
	{
		if (i > 0)
			puts_text(&t, " | ");
		if (put_value(&t, &tb->dialect, &tb->types[i], &f[i], arena) == PDS_VALUE_ERROR)
		{
			puts_text(&t, "ERROR");
			pds_error_set(&tb->err, PDS_ERR_DATA, "a value is refused");
		}
	}
	add_row(&tb->rows, t.p);
	return true;
}

static char *
decode_base64(const char *in, size_t *n)
{
	char	   *out = must(malloc(strlen(in) + 1));

	/* the core's own decoder: checked by test_values.c */
	pds_lazy_binary(in, strlen(in), out, n);
	return out;
}

static bool
read_file(Table *tb, const cJSON *file)
{
	const char *key = cJSON_GetObjectItem(file, "key")->valuestring;
	PdsReadUnit unit = {&tb->dialect, pds_codec_of_key(key), -1, 0};
	PdsReaderOptions opt = {.ncolumns = tb->ncolumns, .batch_bytes = tb->batch};
	PdsArena	arena;
	PdsBatch	b;
	PdsReader  *r;
	size_t		n;
	size_t		i;
	char	   *data = decode_base64(cJSON_GetObjectItem(file, "base64")->valuestring, &n);
	PdsError	err;

	pds_error_clear(&err);
	/* an empty object is never fetched */
	r = n > 0 ? pds_reader_from_memory(data, n, &unit, &opt, &err) : NULL;
	free(data);
	pds_arena_init(&arena);
	while (r && pds_reader_next(r, &b, &err))
		for (i = b.first_record; i < b.nrec; i++)
			if (!read_record(tb, &b, i, &arena))
				break;
	if (err.kind != PDS_ERR_NONE)
		tb->err = err;
	pds_reader_free(r);
	pds_arena_free(&arena);
	return tb->err.kind == PDS_ERR_NONE;
}

static void
add_property(PdsProperties *p, const cJSON *v)
{
	char	   *value = dup_text(v->valuestring);

	/* as the catalog's reader has it */
	if (strcmp(value, NUL_SIGN) == 0)
		strcpy(value, PDS_PROPERTY_NUL);
	p->items = must(realloc(p->items, (size_t) (p->n + 1) * sizeof(*p->items)));
	p->items[p->n].key = dup_text(v->string);
	p->items[p->n++].value = value;
}

static void
free_properties(PdsProperties *p)
{
	while (p->n-- > 0)
	{
		free(p->items[p->n].key);
		free(p->items[p->n].value);
	}
	free(p->items);
}

static void
open_table(Table *tb, const cJSON *c)
{
	const cJSON *v;

	memset(tb, 0, sizeof(*tb));
	tb->json = c;
	tb->sd.input_format = dup_text("org.apache.hadoop.mapred.TextInputFormat");
	tb->sd.serde = dup_text(cJSON_GetObjectItem(c, "serde")->valuestring);
	tb->lazy = strcmp(tb->sd.serde, LAZYSIMPLE) == 0;
	cJSON_ArrayForEach(v, cJSON_GetObjectItem(c, "serde_params"))
		add_property(&tb->sd.serde_parameters, v);
	cJSON_ArrayForEach(v, cJSON_GetObjectItem(c, "table_properties"))
		add_property(strncmp(v->string, "__sd__", 6) ? &tb->parameters : &tb->sd.parameters, v);
	cJSON_ArrayForEach(v, cJSON_GetObjectItem(c, "columns"))
	{
		const char *type = cJSON_GetArrayItem(v, 1)->valuestring;

		if (tb->ncolumns < MAX_COLUMNS &&
			pds_hive_type_parse(tb->lazy ? type : "string", &tb->types[tb->ncolumns], &tb->err))
			tb->ncolumns++;
	}
	tb->sd.ncolumns = tb->ncolumns;
}

static void
close_table(Table *tb)
{
	int			i;

	for (i = 0; i < tb->ncolumns; i++)
		pds_hive_type_clear(&tb->types[i]);
	free(tb->sd.input_format);
	free(tb->sd.serde);
	free_properties(&tb->parameters);
	free_properties(&tb->sd.serde_parameters);
	free_properties(&tb->sd.parameters);
	free_rows(&tb->rows);
}

static void
read_table(Table *tb, size_t batch)
{
	const cJSON *file;

	free_rows(&tb->rows);
	pds_error_clear(&tb->err);
	tb->batch = batch;
	if (!pds_dialect_from_glue(&tb->dialect, &tb->parameters, &tb->sd, "EXTERNAL_TABLE", &tb->err))
		return;
	cJSON_ArrayForEach(file, cJSON_GetObjectItem(tb->json, "files"))
	{
		if (!read_file(tb, file))
			return;
	}
}

/* ---- comparing ---- */

static void
say(const char *what, const char *text)
{
	printf("#   %s", what);
	for (; *text; text++)
		if ((unsigned char) *text < ' ')
			printf("\\x%02X", (unsigned char) *text);
		else
			putchar(*text);
	putchar('\n');
}

static bool
same_rows(Rows *got, Rows *want)
{
	int			i;

	sort_rows(got);
	sort_rows(want);
	for (i = 0; i < got->n && i < want->n; i++)
		if (strcmp(got->line[i], want->line[i]) != 0)
			break;
	if (i == got->n && i == want->n)
		return true;
	printf("#   %d rows, not %d as wanted\n", got->n, want->n);
	say("got:  ", i < got->n ? got->line[i] : "(no more)");
	say("want: ", i < want->n ? want->line[i] : "(no more)");
	return false;
}

static void
expected_rows(const Table *tb, const cJSON *rows, Rows *out)
{
	const cJSON *row;
	const cJSON *v;

	cJSON_ArrayForEach(row, rows)
	{
		Text		t = {0};
		int			i = 0;

		put(&t, "", 0);
		cJSON_ArrayForEach(v, row)
		{
			if (i > 0)
				puts_text(&t, " | ");
			put_json(&t, i < tb->ncolumns ? tb->types[i].kind : PDS_HIVE_STRING, v);
			i++;
		}
		add_row(out, t.p);
	}
}

/* value matrices: row k is "k | value"; an error there is an error here */
static bool
same_values(const Table *tb, const cJSON *values)
{
	const cJSON *v;
	int			i = 0;
	int			bad = 0;

	cJSON_ArrayForEach(v, values)
	{
		Text		t = {0};
		const cJSON *want = cJSON_GetObjectItem(v, "trino476");
		char		number[32];

		snprintf(number, sizeof(number), "%d | ", i);
		puts_text(&t, number);
		if (cJSON_IsObject(want))
			puts_text(&t, "ERROR");
		else
			put_json(&t, tb->types[1].kind, want);
		if (i >= tb->rows.n || strcmp(tb->rows.line[i], t.p) != 0)
		{
			bad++;
			say("in:   ", cJSON_GetObjectItem(v, "in")->valuestring);
			say("got:  ", i < tb->rows.n ? tb->rows.line[i] : "(no more)");
			say("want: ", t.p);
		}
		free(t.p);
		i++;
	}
	return bad == 0;
}

static bool
same_table(Table *tb)
{
	const cJSON *trino = cJSON_GetArrayItem(cJSON_GetObjectItem(tb->json, "trino476"), 0);
	const cJSON *rows = cJSON_GetObjectItem(trino, "rows");
	const cJSON *values = cJSON_GetObjectItem(tb->json, "values");
	Rows		want = {0};
	bool		ok;

	if (values && !same_values(tb, values))
		return false;
	if (rows == NULL)
	{
		if (tb->err.kind == PDS_ERR_NONE)
			printf("#   %d rows, but an error is wanted\n", tb->rows.n);
		return tb->err.kind != PDS_ERR_NONE;
	}
	if (tb->err.kind != PDS_ERR_NONE)
	{
		say("error: ", tb->err.message);
		return false;
	}
	expected_rows(tb, rows, &want);
	ok = same_rows(&tb->rows, &want);
	free_rows(&want);
	return ok;
}

/* ---- which cases ---- */

static bool
in_list(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

/* what concerns partitions, the catalog's columns and nested types needs more than the core */
static bool
beyond_core(const Table *tb, const char *name)
{
	static const char *const others[] = {"lazy_dup_columns", "lazy_no_columns",
	"lazy_bz2_multistream", NULL};
	int			i;

	if (cJSON_GetArraySize(cJSON_GetObjectItem(tb->json, "partitions")) > 0 ||
		cJSON_GetArraySize(cJSON_GetObjectItem(tb->json, "partition_keys")) > 0 ||
		cJSON_IsString(cJSON_GetObjectItem(tb->json, "session")) || in_list(name, others))
		return true;
	for (i = 0; i < tb->ncolumns; i++)
		if (tb->types[i].kind >= PDS_HIVE_ARRAY)
			return true;
	return false;
}

static void
run_case(const cJSON *c, const char *group)
{
	static const size_t batches[] = {0, 1, 16};
	const char *name = cJSON_GetObjectItem(c, "name")->valuestring;
	char		what[256];
	Table		tb;
	bool		ok = true;
	size_t		i;

	snprintf(what, sizeof(what), "%s/%s", group, name);
	open_table(&tb, c);
	if (!beyond_core(&tb, name))
	{
		for (i = 0; i < sizeof(batches) / sizeof(batches[0]) && ok; i++)
		{
			read_table(&tb, batches[i]);
			ok = same_table(&tb);
		}
		CHECK_MSG(ok, what);
	}
	close_table(&tb);
}

/* ---- the file ---- */

static char *
read_all(const char *path)
{
	FILE	   *f = fopen(path, "rb");
	char	   *data;
	long		n;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0)
		return NULL;
	rewind(f);
	data = must(malloc((size_t) n + 1));
	if (fread(data, 1, (size_t) n, f) != (size_t) n)
		n = 0;
	data[n] = '\0';
	fclose(f);
	return data;
}

/* \u0000 would end a C string: another sign of the same length takes its place */
static void
replace_nul(char *json)
{
	char	   *p;

	for (p = json; *p; p++)
	{
		if (*p != '\\')
			continue;
		if (strncmp(p + 1, "u0000", 5) == 0)
			memcpy(p + 2, "2400", 4);
		if (p[1])
			p++;
	}
}

static cJSON *
load(void)
{
	const char *top = getenv("PDS_TOP");
	char		path[4096];
	char	   *data;
	cJSON	   *json;

	snprintf(path, sizeof(path), "%s/test/vectors/serde_cases.json", top ? top : "../..");
	data = read_all(path);
	if (data == NULL)
		return NULL;
	replace_nul(data);
	json = cJSON_Parse(data);
	free(data);
	return json;
}

int
main(void)
{
	static const char *const groups[] = {"value_matrix", "delimiters", "null_format", "header",
		"opencsv_basic", "opencsv_params", "opencsv_types", "precedence", "structure", "encoding",
	"columns", "compression", NULL};
	cJSON	   *json = load();
	const cJSON *c;

	if (json == NULL)
	{
		printf("Bail out! the vectors cannot be read\n");
		return 2;
	}
	cJSON_ArrayForEach(c, cJSON_GetObjectItem(json, "cases"))
	{
		const char *group = cJSON_GetObjectItem(c, "group")->valuestring;

		if (in_list(group, groups))
			run_case(c, group);
	}
	cJSON_Delete(json);
	return unit_done();
}
