/*
 * test_csv_write.c
 *	  What is written is what is read: random records through the writer and the
 *	  reader of every dialect, the engine's own bytes, scalars there and back.
 */
#include "unit.h"

#include <cjson/cJSON.h>
#include <math.h>

#include "core/base/calendar.h"
#include "core/serde/csv_write.h"
#include "core/read/reader.h"
#include "core/serde/serde_nested.h"

#define MAX_FIELDS 5
#define MAX_ROWS 400

static unsigned int seed = 7;

static unsigned int
rnd(unsigned int n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 8) % n;
}

typedef struct Value
{
	bool		null;
	size_t		len;
	char		text[24];
} Value;

static Value rows[MAX_ROWS][MAX_FIELDS];
static int	nrows;

/* ---- reading back ---- */

/* the records of text are rows[0..nrows) */
static bool
reads_as_rows(const PdsDialect *d, const PdsStr *text, int nfields)
{
	static const int wanted[MAX_FIELDS] = {0, 1, 2, 3, 4};
	PdsReadUnit unit = {.dialect = d, .codec = PDS_CODEC_NONE, .partition = -1};
	PdsReaderOptions opt = {.ncolumns = nfields};
	PdsReader  *r;
	PdsBatch	b;
	PdsArena	arena;
	PdsError	err;
	int			n = 0;
	bool		ok = true;

	pds_error_clear(&err);
	pds_arena_init(&arena);
	r = pds_reader_from_memory(pds_str_text(text), text->len, &unit, &opt, &err);
	while (ok && pds_reader_next(r, &b, &err))
	{
		size_t		i;

		for (i = b.first_record; ok && i < b.nrec; i++)
		{
			PdsField	f[MAX_FIELDS];
			int			k;

			if (pds_record_skipped(d, b.ix, b.buf, i, nfields))
				continue;
			pds_arena_reset(&arena);
			ok = n < nrows && pds_record_fields(d, b.ix, b.buf, i, wanted, nfields, f, &arena);
			for (k = 0; ok && k < nfields; k++)
			{
				const Value *v = &rows[n][k];

				if (f[k].data && f[k].escaped)
					pds_lazy_unescape(d, &f[k], &arena);
				ok = v->null ? f[k].data == NULL
					: f[k].data && f[k].len == v->len && memcmp(f[k].data, v->text, v->len) == 0;
				if (!ok)
					printf("# row %d field %d: want %s<%.*s>, got %s<%.*s>\n", n, k,
						   v->null ? "NULL" : "", (int) v->len, v->text,
						   f[k].data ? "" : "NULL", f[k].data ? (int) f[k].len : 0,
						   f[k].data ? f[k].data : "");
			}
			n++;
		}
	}
	if (ok && (err.kind != PDS_ERR_NONE || n != nrows))
	{
		printf("# %d rows of %d, %s\n", n, nrows, err.message);
		ok = false;
	}
	pds_reader_free(r);
	pds_arena_free(&arena);
	return ok;
}

/* ---- random records ---- */

static void
random_value(Value *v, const PdsDialect *d)
{
	const char	pool[] = {d->delimiter, d->quote ? d->quote : '"', d->escape ? d->escape : '\\',
	'a', 'b', ' ', ',', '"', '\\', 'N', '\n', '\r', '\t', '\xC3', '\xA9', '\001'};
	unsigned int kind = rnd(12);

	memset(v, 0, sizeof(*v));
	if (kind == 0)
		v->null = true;
	else if (kind == 1)
		v->len = d->null_len;
	else if (kind == 2)
		v->len = (size_t) snprintf(v->text, sizeof(v->text), "\xEF\xBB\xBFx");
	else if (kind > 3)
		for (v->len = 0; v->len < 1 + rnd(6);)
			v->text[v->len++] = pool[rnd(kind > 8 ? 9 : sizeof(pool))];
	if (kind == 1)
		memcpy(v->text, d->null_text, v->len);
}

static bool
has(const Value *v, char c)
{
	return !v->null && c != 0 && memchr(v->text, c, v->len) != NULL;
}

static bool
same(const Value *v, const char *text, size_t n)
{
	return !v->null && v->len == n && memcmp(v->text, text, n) == 0;
}

/* The reasons a record may be refused for, told in another way than the writer's. */
static bool
may_refuse(const PdsDialect *d, const Value *v, int n)
{
	bool		seen_null = false;
	int			i;

	for (i = 0; i < n; i++)
	{
		bool		line_end = has(&v[i], '\n') || has(&v[i], '\r');
		bool		bom = i == 0 && d->header_lines == 0 && v[i].len >= 3 && !v[i].null &&
			memcmp(v[i].text, "\xEF\xBB\xBF", 3) == 0;
		bool		null_text = same(&v[i], d->null_text, d->null_len);

		if (d->format == PDS_FORMAT_CSV)
		{
			if (d->quote == 0 && (line_end || bom || null_text || has(&v[i], d->delimiter)))
				return true;
			continue;
		}
		if (line_end)
			return true;
		if (d->format == PDS_FORMAT_LAZYSIMPLE)
		{
			if (d->escape ? null_text && v[i].len == 0
				: bom || null_text || has(&v[i], d->delimiter))
				return true;
			continue;
		}
		if (!v[i].null && seen_null)
			return true;
		seen_null = seen_null || v[i].null;
		if (d->quote == 0 && (bom || has(&v[i], d->delimiter) || same(&v[0], "", 0) ||
							  (d->escape && v[i].len > 0 && v[i].text[0] == d->escape)))
			return true;
	}
	return false;
}

static bool
write_row(PdsCsvWriter *w, PdsStr *out, const Value *v, PdsError *err)
{
	int			i;

	pds_csv_begin(w, out);
	for (i = 0; i < w->nfields; i++)
		if (v[i].null)
			pds_csv_null(w);
		else if (!pds_csv_field(w, v[i].text, v[i].len, true, err))
			return false;
	return pds_csv_end(w, err);
}

static void
round_trip(const PdsDialect *d, const char *what)
{
	char		name[400];
	bool		ok = true;
	int			refused = 0;
	int			accepted = 0;
	int			nfields;

	for (nfields = 1; nfields <= 4 && ok; nfields++)
	{
		PdsCsvWriter w;
		PdsStr		out;
		PdsError	err;
		int			i;

		pds_str_init(&out);
		ok = pds_csv_writer_init(&w, d, nfields, &err);
		if (ok && d->header_lines)
		{
			const char *const names[] = {"one", "two", "three", "four"};

			ok = pds_csv_header(&w, &out, names, &err);
		}
		nrows = 0;
		for (i = 0; i < MAX_ROWS && ok; i++)
		{
			size_t		before = out.len;
			int			k;

			for (k = 0; k < nfields; k++)
				random_value(&rows[nrows][k], d);
			if (write_row(&w, &out, rows[nrows], &err))
				nrows++;
			else
			{
				refused++;
				ok = out.len == before && err.kind == PDS_ERR_UNSUPPORTED && err.hint[0] &&
					w.bad_field >= 0 && w.bad_field < nfields &&
					may_refuse(d, rows[nrows], nfields);
				if (!ok)
					printf("# refused without reason: %s\n", err.message);
			}
		}
		accepted += nrows;
		ok = ok && reads_as_rows(d, &out, nfields);
		pds_str_free(&out);
	}
	snprintf(name, sizeof(name), "%s%s: %d records as they were, %d refused", what,
			 d->header_lines ? ", header" : "", accepted, refused);
	CHECK_MSG(ok && accepted > 100, name);
}

static void
set_null(PdsDialect *d, const char *text)
{
	d->null_len = strlen(text);
	memcpy(d->null_text, text, d->null_len + 1);
	d->has_null = true;
}

static void
all_dialects(void)
{
	static const char delimiters[] = {',', '\t', '\001', ';', '|', 'a'};
	static const char *const nulls[] = {"\\N", "", "NULL", "b"};
	static const char quotes[][2] = {{'"', '\\'}, {'\'', '\\'}, {'"', 0}, {0, '\\'}, {0, 0}, {'"', '"'}, {'"', '^'}};
	PdsDialect	d;
	char		what[200];
	size_t		i;
	size_t		k;
	int			h;

	for (h = 0; h < 2; h++)
		for (i = 0; i < sizeof(delimiters); i++)
		{
			for (k = 0; k < 8; k++)
			{
				pds_dialect_init(&d, PDS_FORMAT_LAZYSIMPLE);
				d.delimiter = delimiters[i];
				d.escape = k >= 4 ? '\\' : 0;
				d.header_lines = h;
				set_null(&d, nulls[k % 4]);
				snprintf(what, sizeof(what), "lazysimple, delimiter \\x%02x, escape %d, null \"%s\"",
						 d.delimiter, d.escape, d.null_text);
				round_trip(&d, what);
			}
			for (k = 0; k < sizeof(quotes) / sizeof(quotes[0]); k++)
			{
				if (quotes[k][0] != quotes[k][1] || quotes[k][0] == 0)
				{
					pds_dialect_init(&d, PDS_FORMAT_OPENCSV);
					d.delimiter = delimiters[i];
					d.quote = quotes[k][0];
					d.escape = quotes[k][1];
					d.header_lines = h;
					snprintf(what, sizeof(what), "opencsv, delimiter \\x%02x, quote %d, escape %d",
							 d.delimiter, d.quote, d.escape);
					round_trip(&d, what);
				}
				pds_dialect_init(&d, PDS_FORMAT_CSV);
				d.delimiter = delimiters[i];
				d.quote = quotes[k][0];
				d.escape = quotes[k][1];
				d.header_lines = h;
				set_null(&d, k % 2 ? "" : "NULL");
				snprintf(what, sizeof(what), "csv, delimiter \\x%02x, quote %d, escape %d, null \"%s\"",
						 d.delimiter, d.quote, d.escape, d.null_text);
				round_trip(&d, what);
			}
		}
}

/* ---- what cannot be written ---- */

static bool
refused(const PdsDialect *d, const char *what)
{
	PdsCsvWriter w;
	PdsError	err;

	pds_error_clear(&err);
	return !pds_csv_writer_init(&w, d, 2, &err) && err.kind == PDS_ERR_UNSUPPORTED &&
		strstr(err.message, what) != NULL;
}

static bool
value_refused(const PdsDialect *d, const char *text, bool string, const char *what)
{
	PdsCsvWriter w;
	PdsStr		out;
	PdsError	err;
	bool		ok;

	pds_str_init(&out);
	pds_error_clear(&err);
	ok = pds_csv_writer_init(&w, d, 2, &err);
	pds_csv_begin(&w, &out);
	ok = ok && !pds_csv_field(&w, text, strlen(text), string, &err) &&
		strstr(err.message, what) != NULL;
	if (!ok)
		printf("# \"%s\": %s\n", text, err.message);
	pds_str_free(&out);
	return ok;
}

static void
refusals(void)
{
	PdsDialect	d;

	pds_dialect_init(&d, PDS_FORMAT_LAZYSIMPLE);
	d.delimiter = ',';
	CHECK(value_refused(&d, "a\nb", true, "line break"));
	CHECK(value_refused(&d, "a\rb", true, "line break"));
	CHECK(value_refused(&d, "a,b", true, "separator"));
	CHECK(value_refused(&d, "\\N", true, "stands for NULL"));
	CHECK(value_refused(&d, "\xEF\xBB\xBF", true, "byte order mark"));
	d.escape = '\\';
	CHECK(value_refused(&d, "1,5", false, "separator"));
	CHECK(value_refused(&d, "a\nb", true, "line break"));
	set_null(&d, "0");
	CHECK(value_refused(&d, "0", false, "stands for NULL"));
	set_null(&d, "a,b");
	CHECK(refused(&d, "stands for NULL"));
	set_null(&d, "\\N");
	d.header_lines = 2;
	CHECK(refused(&d, "2 header lines"));
	d.header_lines = 1;
	d.footer_lines = 1;
	CHECK(refused(&d, "footer"));
	pds_dialect_init(&d, PDS_FORMAT_OPENCSV);
	CHECK(value_refused(&d, "a\nb", true, "line break"));
	d.wide[0][0] = '\xC3';
	CHECK(refused(&d, "no ASCII"));
	pds_dialect_init(&d, PDS_FORMAT_OPENCSV);
	d.unusable = "its characters must differ";
	CHECK(refused(&d, "must differ"));
	pds_dialect_init(&d, PDS_FORMAT_ATHENA_RESULT);
	CHECK(refused(&d, "read only"));
}

/* ---- the engine's own bytes (serde_writes.json) ---- */

typedef struct Typed
{
	const char *i;
	const char *s;
	const char *d;
	const char *b;
	const char *dt;
	const char *ts;
	const char *de;
} Typed;

/* the rows of the statements in the file; numbers as PostgreSQL prints them */
static const Typed typed[] = {
	{"1", "plain", "1.5", "true", "2024-01-31", "2024-01-31 10:11:12.120", "1.50"},
	{"2", "a,b \"q\" 's' \\ x", "NaN", "false", "0001-01-01", "0001-01-01 00:00:00.000", "-0.05"},
	{"3", "", "-Infinity", NULL, NULL, NULL, NULL},
	{"4", NULL, "1e+300", NULL, NULL, "2024-01-31 10:11:12.000", "100.00"},
	{"5", "line1\nline2", "0.1", "true", "9999-12-31", "9999-12-31 23:59:59.999", NULL},
	{"6", "\\N", "-0", "true", NULL, NULL, NULL}
};

static void
put(PdsCsvWriter *w, const char *s, bool string, bool *ok)
{
	PdsError	err;

	if (*ok && s == NULL)
		pds_csv_null(w);
	else if (*ok)
		*ok = pds_csv_field(w, s, strlen(s), string, &err);
}

static bool
put_typed(PdsCsvWriter *w, PdsStr *out, const Typed *t, int nfields)
{
	PdsStr		scratch;
	PdsError	err;
	int32_t		days;
	int64_t		us;
	bool		ok = true;

	pds_str_init(&scratch);
	pds_csv_begin(w, out);
	put(w, t->i, false, &ok);
	put(w, t->s, true, &ok);
	if (nfields > 2)
	{
		char		number[40];

		pds_java_double(strtod(t->d, NULL), number);
		put(w, number, false, &ok);
	}
	if (nfields > 3)
	{
		put(w, t->b, false, &ok);
		pds_str_reset(&scratch);
		if (t->dt && pds_lazy_date(t->dt, strlen(t->dt), &days) == PDS_VALUE_OK)
			pds_write_date(days, &scratch);
		put(w, t->dt ? pds_str_text(&scratch) : NULL, false, &ok);
		pds_str_reset(&scratch);
		if (t->ts && pds_lazy_timestamp(t->ts, strlen(t->ts), &us) == PDS_VALUE_OK)
			pds_write_timestamp(us, &scratch);
		put(w, t->ts ? pds_str_text(&scratch) : NULL, false, &ok);
		put(w, t->de, false, &ok);
	}
	ok = ok && pds_csv_end(w, &err);
	pds_str_free(&scratch);
	return ok;
}

/* the engine writes the first year without its zeros: it reads the same */
static void
with_zeros(const char *in, PdsStr *out)
{
	for (; *in; in++)
		if (strncmp(in, "1-01-01", 7) == 0 && in[-1] != '0' && in[-1] != '-')
		{
			pds_str_append(out, "0001-01-01");
			in += 6;
		}
		else
			pds_str_append_c(out, *in);
}

/* skip[]: numbers of rows that cannot be written in this dialect */
static void
engine_case(const cJSON *json, const char *name, const PdsDialect *d, int nfields,
			const char *skip)
{
	const cJSON *c;
	const char *bytes = NULL;
	PdsCsvWriter w;
	PdsStr		want;
	PdsStr		out;
	PdsError	err;
	size_t		i;
	bool		ok;

	cJSON_ArrayForEach(c, json)
	{
		if (strcmp(cJSON_GetObjectItem(c, "name")->valuestring, name) == 0)
			bytes = cJSON_GetObjectItem(cJSON_GetObjectItem(c, "objects")->child, "bytes")->valuestring;
	}
	pds_str_init(&want);
	pds_str_init(&out);
	ok = bytes && pds_csv_writer_init(&w, d, nfields, &err);
	if (ok && d->header_lines)
	{
		const char *const names[] = {"i", "s", "d", "b", "dt", "ts", "de"};

		ok = pds_csv_header(&w, &out, names, &err);
	}
	with_zeros(bytes ? bytes : "", &want);
	if (d->format == PDS_FORMAT_OPENCSV)
	{
		char	   *empty = strstr(want.data, "\"4\";\n");

		ok = ok && empty;
		if (empty)
			memmove(empty + 3, empty + 4, strlen(empty + 4) + 1);
	}
	for (i = 0; ok && i < sizeof(typed) / sizeof(typed[0]); i++)
		if (put_typed(&w, &out, &typed[i], nfields) == (strchr(skip, typed[i].i[0]) != NULL))
			ok = false;
	/* the line of a row that we refuse is not compared */
	for (i = 1; ok && i <= sizeof(typed) / sizeof(typed[0]); i++)
	{
		char		start[8];
		char	   *at;

		if (strchr(skip, '0' + (int) i) == NULL)
			continue;
		snprintf(start, sizeof(start), d->quote ? "\n\"%d\"" : "\n%d", (int) i);
		at = strstr(want.data, start);
		if (at)
		{
			char	   *next = strchr(at + 1, '\n');

			if (i == 5)
				next = strchr(next + 1, '\n');
			memmove(at, next, strlen(next) + 1);
		}
	}
	if (ok && strcmp(want.data, out.data) != 0)
	{
		printf("# want: %s\n# got:  %s\n", want.data, out.data);
		ok = false;
	}
	CHECK_MSG(ok, name);
	pds_str_free(&want);
	pds_str_free(&out);
}

static void
engine_bytes(void)
{
	const char *top = getenv("PDS_TOP");
	char		path[4096];
	static char data[1 << 16];
	FILE	   *f;
	cJSON	   *json;
	PdsDialect	d;

	snprintf(path, sizeof(path), "%s/test/vectors/serde_writes.json", top ? top : "../..");
	f = fopen(path, "rb");
	if (f == NULL || fread(data, 1, sizeof(data) - 1, f) == 0)
	{
		CHECK_MSG(false, "serde_writes.json can be read");
		return;
	}
	fclose(f);
	json = cJSON_Parse(data);
	pds_dialect_init(&d, PDS_FORMAT_LAZYSIMPLE);
	engine_case(json, "t_ctrla", &d, 7, "56");
	d.delimiter = ',';
	engine_case(json, "t_comma", &d, 7, "256");
	d.escape = '\\';
	engine_case(json, "t_comma_esc", &d, 7, "5");
	d.escape = 0;
	d.header_lines = 1;
	engine_case(json, "t_header", &d, 7, "256");
	d.header_lines = 0;
	set_null(&d, "");
	engine_case(json, "t_nullempty", &d, 7, "235");

	/*
	 * NULL: the engine writes an empty field, which reads ''; ours is
	 * missing, which reads NULL
	 */
	pds_dialect_init(&d, PDS_FORMAT_OPENCSV);
	d.delimiter = ';';
	d.header_lines = 1;
	engine_case(json, "c_header", &d, 2, "5");
	cJSON_Delete(json);
}

/* ---- nested ---- */

static void
nested(void)
{
	PdsDialect	d;
	PdsCsvWriter w;
	PdsStr		buf;
	PdsStr		out;
	PdsError	err;

	pds_dialect_init(&d, PDS_FORMAT_LAZYSIMPLE);
	d.delimiter = ',';
	pds_str_init(&buf);
	pds_str_init(&out);
	CHECK(pds_csv_writer_init(&w, &d, 3, &err));
	/* t_complex of serde_writes.json: [1,null,3], {x:1,y:null}, {1,q} */
	pds_csv_begin(&w, &out);
	pds_csv_nested_scalar(&w, 1, "1", 1, &buf, &err);
	pds_csv_separator(&w, 1, &buf, &err);
	pds_csv_nested_scalar(&w, 1, NULL, 0, &buf, &err);
	pds_csv_separator(&w, 1, &buf, &err);
	pds_csv_nested_scalar(&w, 1, "3", 1, &buf, &err);
	CHECK(pds_csv_nested_check(&w, &buf, 0, 3, &err));
	CHECK(pds_csv_nested(&w, &buf, &err));
	pds_str_reset(&buf);
	pds_csv_nested_scalar(&w, 2, "x", 1, &buf, &err);
	pds_csv_separator(&w, 2, &buf, &err);
	pds_csv_nested_scalar(&w, 2, "1", 1, &buf, &err);
	pds_csv_separator(&w, 1, &buf, &err);
	pds_csv_nested_scalar(&w, 2, "y", 1, &buf, &err);
	pds_csv_separator(&w, 2, &buf, &err);
	pds_csv_nested_scalar(&w, 2, NULL, 0, &buf, &err);
	CHECK(pds_csv_nested(&w, &buf, &err));
	pds_str_reset(&buf);
	CHECK(pds_csv_nested(&w, &buf, &err));
	CHECK(pds_csv_end(&w, &err));
	CHECK_STR(out.data, "1\002\\N\0023,x\0031\002y\003\\N,\n");
	/* separators in elements */
	CHECK(!pds_csv_nested_scalar(&w, 1, "a\002b", 3, &buf, &err));
	CHECK(pds_csv_nested_scalar(&w, 1, "a\003b", 3, &buf, &err));
	CHECK(!pds_csv_nested_scalar(&w, 2, "a\003b", 3, &buf, &err));
	CHECK(!pds_csv_nested_scalar(&w, 1, "\\N", 2, &buf, &err));
	CHECK(!pds_csv_nested_scalar(&w, 8, "a", 1, &buf, &err));
	pds_str_reset(&buf);
	/* one element that is '' or NULL cannot be told from none or NULL */
	CHECK(!pds_csv_nested_check(&w, &buf, 0, 1, &err));
	CHECK(pds_csv_nested_check(&w, &buf, 0, 0, &err));
	pds_str_append(&buf, "\\N");
	CHECK(!pds_csv_nested_check(&w, &buf, 0, 1, &err));
	/* an escape helps strings, not what is nested */
	d.escape = '\\';
	CHECK(pds_csv_writer_init(&w, &d, 3, &err));
	pds_str_reset(&buf);
	pds_csv_begin(&w, &out);
	CHECK(!pds_csv_nested_scalar(&w, 1, "a,b", 3, &buf, &err));
	CHECK(!pds_csv_nested_scalar(&w, 1, "a\\b", 3, &buf, &err));
	CHECK(!pds_csv_nested_scalar(&w, 1, "\\N", 2, &buf, &err));
	pds_str_free(&buf);
	pds_str_free(&out);
}

/* ---- scalars ---- */

static void
numbers(void)
{
	bool		ok = true;
	int			i;

	for (i = 0; i < 20000; i++)
	{
		union
		{
			uint64_t	bits;
			double		d;
		}			v;
		char		text[40];
		double		back = 0;
		size_t		n;

		v.bits = (uint64_t) rnd(1 << 16) << 48 | (uint64_t) rnd(1 << 24) << 24 | rnd(1 << 24);
		if (i % 2)
			v.d = (double) rnd(1 << 20) / (i % 4 == 1 ? 100 : 4096);
		if (isnan(v.d))
			continue;
		n = pds_java_double(v.d, text);
		if (pds_lazy_double(text, n, &back) != PDS_VALUE_OK || back != v.d ||
			signbit(back) != signbit(v.d))
		{
			printf("# %a -> %s\n", v.d, text);
			ok = false;
		}
	}
	CHECK_MSG(ok, "doubles come back bit for bit");
}

static void
times(void)
{
	PdsStr		s;
	bool		ok = true;
	int			i;

	pds_str_init(&s);
	for (i = 0; i < 50000; i++)
	{
		int64_t		days = (int64_t) rnd(3000000) - 2440000 + (i % 5 == 0 ? 100000000 : 0);
		int64_t		ms = (int64_t) rnd(86400000);
		int64_t		us = (days > 100000 ? rnd(100000) : days) * INT64_C(86400000000) +
			(i % 3 ? ms * 1000 : ms / 1000 * 1000000);
		int32_t		back_days = 0;
		int64_t		back_us = 0;

		pds_str_reset(&s);
		pds_write_date(days, &s);
		ok = ok && pds_lazy_date(s.data, s.len, &back_days) == PDS_VALUE_OK && back_days == days;
		pds_str_reset(&s);
		us += i % 7 == 0 ? rnd(1000) : 0;
		pds_write_timestamp(us, &s);
		ok = ok && pds_lazy_timestamp_rounded(s.data, s.len, 6, &back_us) == PDS_VALUE_OK &&
			back_us == us;
		if (!ok)
		{
			printf("# %lld, %lld: %s\n", (long long) days, (long long) us, s.data);
			break;
		}
	}
	CHECK_MSG(ok, "dates and timestamps come back");
	pds_str_reset(&s);
	pds_write_timestamp(-1000, &s);
	CHECK_STR(s.data, "1969-12-31 23:59:59.999");
	pds_str_reset(&s);
	pds_write_timestamp(100, &s);
	CHECK_STR(s.data, "1970-01-01 00:00:00.0001");
	pds_str_reset(&s);
	pds_write_date(-719529, &s);
	CHECK_STR(s.data, "-0001-12-31");
	pds_str_free(&s);
}

static void
binary(void)
{
	PdsStr		s;
	char		data[64];
	char		back[128];
	bool		ok = true;
	int			i;

	pds_str_init(&s);
	for (i = 0; i < 2000; i++)
	{
		size_t		n = rnd(sizeof(data));
		size_t		m;
		size_t		k;

		for (k = 0; k < n; k++)
			data[k] = (char) rnd(256);
		pds_str_reset(&s);
		pds_write_base64(data, n, &s);
		pds_lazy_binary(pds_str_text(&s), s.len, back, &m);
		ok = ok && m == n && memcmp(back, data, n) == 0;
	}
	CHECK_MSG(ok, "bytes come back through base64");
	pds_str_free(&s);
}

int
main(void)
{
	all_dialects();
	refusals();
	engine_bytes();
	nested();
	numbers();
	times();
	binary();
	return unit_done();
}
