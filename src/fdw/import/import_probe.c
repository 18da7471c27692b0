/*
 * import_probe.c
 *	  A look at the data of tables being imported: quotes that the SerDe does
 *	  not know.
 *
 * It must not make an import slow, nor fail it: the looks of one import take a
 * few seconds together, then no more begin.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "miscadmin.h"

#include "core/codec/codec.h"
#include "core/glue/table_kind.h"
#include "core/s3/s3.h"
#include "core/serde/serde.h"
#include "fdw/catalog/catalog.h"
#include "fdw/base/error_map.h"
#include "fdw/import/import_probe.h"
#include "fdw/catalog/objects.h"

#define BUDGET_MS		2000
#define MAX_LOOKS		200
#define LISTED_OBJECTS	20		/* hidden ones are passed over */
#define RANGE_BYTES		4096
#define TEXT_BYTES		16384

/* Does a field of the line begin with a quote and one end with it? */
static bool
line_is_quoted(const char *line, size_t n, char delimiter)
{
	bool		opens = false;
	bool		closes = false;
	size_t		i;

	for (i = 0; i < n; i++)
	{
		if (line[i] != '"')
			continue;
		opens = opens || i == 0 || line[i - 1] == delimiter;
		closes = closes || (i > 0 && (i + 1 == n || line[i + 1] == delimiter));
	}
	return opens && closes;
}

/* a header, named in Glue or not, and the line after it */
static bool
text_is_quoted(const PdsDialect *d, const char *text, size_t n)
{
	const char *end = text + n;
	int			lines = Max(Min(d->header_lines, 100), 1) + 1;

	if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		text += 3;
	for (; text < end && lines > 0; lines--)
	{
		const char *stop = text;

		while (stop < end && *stop != '\n' && *stop != '\r')
			stop++;
		if (line_is_quoted(text, stop - text, d->delimiter))
			return true;
		text = stop < end ? stop + 1 : end;
		if (text < end && *stop == '\r' && *text == '\n')
			text++;
	}
	return false;
}

/* the first bytes of an object, decompressed; 0 when they cannot be had */
static size_t
read_head(PdsConnection *conn, const char *bucket, const PdsObject *o, char *text, PdsError *err)
{
	PdsCodec	codec = pds_codec_of_key(o->key);
	PdsResponse resp;
	PdsDecoder *decoder;
	size_t		n = 0;
	size_t		at = 0;
	bool		finished;

	if (codec == PDS_CODEC_UNSUPPORTED)
		return 0;
	if (pds_s3_get(conn->aws, bucket, o->key, 0, Min(o->size, RANGE_BYTES) - 1, o->etag, &resp,
				   err))
	{
		if (codec == PDS_CODEC_NONE)
		{
			n = Min(resp.body.len, TEXT_BYTES);
			memcpy(text, pds_str_text(&resp.body), n);
		}
		else if ((decoder = pds_decoder_new(codec, err)) != NULL)
		{
			/* what follows the range is not there: it ends in the middle */
			if (!pds_decoder_run(decoder, resp.body.data, resp.body.len, &at, false, text,
								 TEXT_BYTES, &n, &finished, err))
				n = 0;
			pds_decoder_free(decoder);
		}
	}
	pds_response_free(&resp);
	return n;
}

/* Is there an object below the location, and does it begin with quotes? */
static bool
location_is_quoted(PdsConnection *conn, const PdsDialect *d, const PdsGlueTable *t,
				   const char *location, bool *found, PdsError *err)
{
	PdsObjectList list;
	char	   *bucket;
	char	   *prefix;
	char	   *text = palloc(TEXT_BYTES);
	bool		quoted = false;
	size_t		i;
	size_t		n;

	*found = false;
	if (!pds_s3_parse_uri(location, &bucket, &prefix, err))
		return false;
	if (t->region)
		pds_aws_suggest_bucket_region(conn->aws, bucket, t->region);
	memset(&list, 0, sizeof(list));
	if (pds_s3_list(conn->aws, bucket, pds_as_folder(prefix), NULL, NULL, LISTED_OBJECTS, &list,
					err))
		for (i = 0; i < list.n && !*found; i++)
		{
			const PdsObject *o = &list.objects[i];

			if (o->size == 0 || pds_object_archived(o) || pds_object_hidden(o->key, strlen(prefix)))
				continue;
			*found = true;
			n = read_head(conn, bucket, o, text, err);
			quoted = text_is_quoted(d, text, n);
		}
	pds_object_list_free(&list);
	free(bucket);
	free(prefix);
	pfree(text);
	return quoted;
}

typedef struct FirstPartition
{
	PdsGluePartition *p;
} FirstPartition;

static bool
keep_first(void *arg, PdsGluePartition *p)
{
	((FirstPartition *) arg)->p = p;
	return false;
}

/* at the table's location, else at that of its first partition, which may lie elsewhere */
static bool
table_is_quoted(PdsConnection *conn, const PdsDialect *d, const PdsGlueTable *t, PdsError *err)
{
	FirstPartition first = {NULL};
	PdsAws	   *aws = pds_aws_in_region(conn->aws, t->region, err);
	bool		found;
	bool		quoted = aws && location_is_quoted(conn, d, t, t->sd.location, &found, err);

	if (aws == NULL || found || err->kind != PDS_ERR_NONE || t->npartition_keys == 0)
		return quoted;
	if (pds_glue_get_partitions(aws, t->catalog_id ? t->catalog_id : conn->options.catalog_id,
								t->database, t->name, NULL, 1, keep_first, &first, err) &&
		first.p && first.p->sd.location)
		quoted = location_is_quoted(conn, d, t, first.p->sd.location, &found, err);
	pds_glue_partition_free(first.p);
	return quoted;
}

/* milliseconds that are left for looks, 0: none */
static long
probe_time_left(PdsImportProbe *p)
{
	TimestampTz now = GetCurrentTimestamp();

	if (p->stop == 0)
		p->stop = TimestampTzPlusMilliseconds(now, BUDGET_MS);
	return now < p->stop && p->looks++ < MAX_LOOKS ? (long) ((p->stop - now) / 1000) + 1 : 0;
}

void
pds_import_probe(PdsImportProbe *p, PdsConnection *conn, const PdsGlueTable *t)
{
	PdsDialect	d;
	PdsError	err;
	volatile bool quoted = false;
	long		left;

	pds_error_clear(&err);
	if (!pds_dialect_from_glue(&d, &t->parameters, &t->sd, t->table_type, &err) ||
		d.format != PDS_FORMAT_LAZYSIMPLE || t->sd.location == NULL ||
		(left = probe_time_left(p)) == 0)
		return;
	pds_set_deadline(left);
	PG_TRY();
	{
		quoted = table_is_quoted(conn, &d, t, &err);
	}
	PG_FINALLY();
	{
		pds_set_deadline(0);
	}
	PG_END_TRY();
	if (err.kind == PDS_ERR_CANCELLED)
		pds_rethrow_interrupt();
	/* something is slow or does not let us in: the next would be no better */
	if (err.kind != PDS_ERR_NONE)
		p->looks = MAX_LOOKS;
	if (quoted)
		ereport(NOTICE,
				(errmsg("table \"%s\" has quotes in its first lines, and its SerDe knows none",
						t->name),
				 errdetail("A quoted delimiter splits the field, here as in Athena, and the quotes are part of the values."),
				 errhint("ALTER FOREIGN TABLE ... OPTIONS (ADD format 'csv') reads it with quotes, here only; OpenCSVSerde in Glue does for both.")));
}
