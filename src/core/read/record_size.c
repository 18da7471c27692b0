/*
 * record_size.c
 *	  Stored bytes of a record, measured at an object's begin.
 */
#include "core/read/record_size.h"

#include "core/base/clock.h"
#include "core/read/fetch_cache.h"

/* decoded bytes of them, at most */
#define MOST_DECODED	(32 * (size_t) PDS_RECORD_SIZE_BYTES)

/*
 * Count the records of a text.  *last: where the last of them begins, of *all bytes.
 */
static bool
count_records(const PdsReadUnit *unit, const char *text, size_t len, int64_t *records,
			  int64_t *last, int64_t *all, PdsError *err)
{
	PdsReadUnit plain = *unit;
	PdsReaderOptions opt = {.max_record = MOST_DECODED};
	PdsReader  *reader;
	PdsBatch	b;

	plain.codec = PDS_CODEC_NONE;
	*records = *last = *all = 0;
	reader = pds_reader_from_memory(text, len, &plain, &opt, err);
	if (reader == NULL)
		return false;
	while (pds_reader_next(reader, &b, err))
	{
		if (b.header != PDS_HEADER_NOT_HERE || b.nrec == b.first_record)
			continue;
		*records += (int64_t) (b.nrec - b.first_record);
		*last = b.offset + pds_record_start(b.ix, b.nrec - 1);
	}
	*all = (int64_t) pds_reader_bytes(reader);
	pds_reader_free(reader);
	return err->kind == PDS_ERR_NONE;
}

/* Of the first len bytes of an object. */
static bool
size_in_bytes(const PdsReadUnit *unit, const char *data, size_t len, bool complete, double *size,
			  PdsError *err)
{
	PdsStr		decoded;
	size_t		stored = len;
	bool		whole = complete;
	int64_t		records;
	int64_t		last;
	int64_t		all;
	bool		ok = true;

	*size = 0;
	pds_str_init(&decoded);
	if (unit->codec != PDS_CODEC_NONE)
	{
		ok = pds_decode_beginning(unit->codec, data, len, complete, MOST_DECODED, &decoded, &stored,
								  &whole, err);
		data = pds_str_text(&decoded);
		len = decoded.len;
	}
	ok = ok && count_records(unit, data, len, &records, &last, &all, err);
	pds_str_free(&decoded);
	if (!ok)
		return false;
	if (whole && records > 0)
		*size = (double) stored / records;
	else if (records > 1)
		/* the last one is cut */
		*size = (double) stored * last / all / (records - 1);
	else if (records == 1)
		*size = stored;
	return true;
}

/* the bytes as they come */
typedef struct FirstBytes
{
	PdsStr		bytes;
	PdsTransfer *transfer;
} FirstBytes;

/* PdsRangeSink */
static bool
take_first_bytes(void *arg, const char *data, size_t n)
{
	FirstBytes *f = arg;
	size_t		room = PDS_RECORD_SIZE_BYTES - f->bytes.len;

	/* whoever sends more than was asked for is found out at the end */
	pds_str_append_n(&f->bytes, data, n < room ? n : room);
	return true;
}

/* Wait until the request has ended, or so long. */
static bool
await_first_bytes(PdsAws *aws, const PdsSplit *object, FirstBytes *f, long patience_ms,
				  PdsError *err)
{
	int64_t		until = pds_now_ms() + patience_ms;
	PdsResponse resp;
	bool		ok;

	while (!pds_transfer_done(f->transfer))
	{
		int64_t		left = until - pds_now_ms();

		if (left <= 0)
			return pds_error_set(err, PDS_ERR_TIMEOUT, "no bytes came in time");
		if (!pds_http_wait(pds_aws_http(aws), (long) left, PDS_WAIT_S3_DATA, err))
			return false;
	}
	pds_response_init(&resp);
	ok = pds_s3_get_finish(aws, object->bucket, f->transfer, &resp, err);
	pds_response_free(&resp);
	return ok && (!f->bytes.failed || pds_error_oom(err));
}

/* What an earlier scan has kept of it on disk.  False: nothing. */
static bool
cached_first_bytes(const PdsSplit *object, PdsDiskCache *cache, const char *identity, FirstBytes *f)
{
	PdsFetchCache c;
	PdsCacheFile *file = NULL;
	char		unit[PDS_CACHE_UNIT];
	size_t		n;
	bool		found;

	if (pds_fetch_cache_init(&c, cache, identity))
		file = pds_fetch_cache_open(&c, object, object->etag ? object->etag : "", 0);
	found = file != NULL && pds_cache_file_read(file, 0, unit, &n) && take_first_bytes(f, unit, n);
	if (file)
		pds_cache_file_close(file);
	pds_fetch_cache_free(&c);
	return found && !f->bytes.failed;
}

static bool
fetch_first_bytes(PdsAws *aws, const PdsSplit *object, FirstBytes *f, long patience_ms,
				  PdsError *err)
{
	int64_t		end = object->object_size < PDS_RECORD_SIZE_BYTES ? object->object_size
		: PDS_RECORD_SIZE_BYTES;
	bool		ok;

	f->transfer = pds_s3_get_start(aws, object->bucket, object->key, object->version_id, 0, end - 1,
								   object->etag, take_first_bytes, f, err);
	ok = f->transfer != NULL && await_first_bytes(aws, object, f, patience_ms, err);
	pds_transfer_free(f->transfer);
	return ok;
}

bool
pds_record_size(PdsAws *aws, const PdsSplit *object, PdsDiskCache *cache, const char *identity,
				long patience_ms, double *size, PdsError *err)
{
	FirstBytes	f;
	bool		ok;

	*size = 0;
	pds_str_init(&f.bytes);
	ok = cached_first_bytes(object, cache, identity, &f) ||
		fetch_first_bytes(aws, object, &f, patience_ms, err);
	ok = ok && size_in_bytes(object->user, pds_str_text(&f.bytes), f.bytes.len,
							 (int64_t) f.bytes.len == object->object_size, size, err);
	pds_str_free(&f.bytes);
	return ok;
}
