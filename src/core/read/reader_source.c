/*
 * reader_source.c
 *	  Slices for the reader: from a fetch or from memory, decompressed.
 *
 * Decompressed bytes go into one buffer that is reused.  Records are found by
 * reader.c; which part of an object is read is fetch.c's business.
 */
#include "core/read/reader_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/read/split_states.h"

/* output of one decompression step: stays in the L2 cache with its index */
#define OUT_BYTES		((size_t) 256 * 1024)
/* with so much decoded, do not wait for more input before handing it out */
#define OUT_ENOUGH		((size_t) 64 * 1024)

void
pds_source_init_fetch(PdsSource *src, PdsFetch *fetch)
{
	memset(src, 0, sizeof(*src));
	src->fetch = fetch;
}

bool
pds_source_init_memory(PdsSource *src, const char *data, size_t len,
					   const PdsReadUnit *unit, PdsError *err)
{
	memset(src, 0, sizeof(*src));
	src->mem = malloc(PDS_BUFFER_FRONT + len + PDS_SLICE_PADDING);
	if (src->mem == NULL)
		return pds_error_oom(err);
	memset(src->mem, '\n', PDS_BUFFER_FRONT);
	if (len > 0)
		memcpy(src->mem + PDS_BUFFER_FRONT, data, len);
	memset(src->mem + PDS_BUFFER_FRONT + len, 0, PDS_SLICE_PADDING);
	src->mem_len = len;
	src->mem_split.bucket = "";
	src->mem_split.key = "";
	src->mem_split.end = src->mem_split.object_size = (int64_t) len;
	src->mem_split.user = (void *) unit;
	return true;
}

void
pds_source_free(PdsSource *src)
{
	pds_decoder_free(src->decoder);
	pds_recoder_free(src->recoder);
	free(src->mem);
	free(src->out);
	free(src->utf8);
	memset(src, 0, sizeof(*src));
}

/* a buffer for what is made of slices */
static char *
output_buffer(PdsError *err)
{
	char	   *out = malloc(PDS_BUFFER_FRONT + OUT_BYTES + PDS_SLICE_PADDING);

	if (out == NULL)
	{
		pds_error_oom(err);
		return NULL;
	}
	memset(out, '\n', PDS_BUFFER_FRONT);
	memset(out + PDS_BUFFER_FRONT + OUT_BYTES, 0, PDS_SLICE_PADDING);
	return out;
}

/* Prepare for the encoding of the split's unit. */
static bool
begin_recoding(PdsSource *src, const char *encoding, PdsError *err)
{
	pds_recoder_free(src->recoder);
	src->recoder = NULL;
	src->text = NULL;
	src->text_len = src->text_pos = 0;
	src->text_end = src->recoded = false;
	if (encoding[0] == '\0')
		return true;
	src->recoder = pds_recoder_new(encoding, err);
	if (src->recoder && src->utf8 == NULL)
		src->utf8 = output_buffer(err);
	return src->recoder && src->utf8;
}

bool
pds_source_next_split(PdsSource *src, PdsSplit *split, PdsError *err)
{
	const PdsReadUnit *unit;

	pds_error_clear(err);
	pds_decoder_free(src->decoder);
	src->decoder = NULL;
	src->in = NULL;
	src->in_len = src->in_pos = 0;
	src->in_end = src->finished = false;
	if (src->fetch)
	{
		if (!pds_fetch_next_split(src->fetch, split, err))
			return false;
	}
	else
	{
		if (src->mem_given)
			return false;
		src->mem_given = true;
		*split = src->mem_split;
	}
	unit = split->user;
	if (!begin_recoding(src, unit->dialect->recode, err))
		return false;
	if (unit->codec == PDS_CODEC_NONE)
		return true;
	if (unit->codec == PDS_CODEC_UNSUPPORTED)
	{
		pds_error_set(err, PDS_ERR_UNSUPPORTED, "the compression of s3://%s/%s is not supported",
					  split->bucket, split->key);
		pds_error_advise(err, PDS_ADVICE_CODEC);
		return false;
	}
	src->decoder = pds_decoder_new(unit->codec, err);
	if (src->decoder == NULL)
	{
		char		object[sizeof(err->resource)];

		snprintf(object, sizeof(object), "s3://%s/%s", split->bucket, split->key);
		pds_error_context(err, NULL, NULL, object);
		return false;
	}
	if (src->out == NULL)
		src->out = output_buffer(err);
	return src->out != NULL;
}

/* The bytes as they are stored. */
static bool
raw_slice(PdsSource *src, char **data, size_t *len, PdsError *err)
{
	if (src->fetch)
		return pds_fetch_slice(src->fetch, data, len, err);
	*data = src->mem + PDS_BUFFER_FRONT;
	*len = src->mem_read ? 0 : src->mem_len;
	src->mem_read = true;
	return true;
}

static bool
decoded_slice(PdsSource *src, char **data, size_t *len, PdsError *err)
{
	char	   *out = src->out + PDS_BUFFER_FRONT;
	size_t		have = 0;

	while (!src->finished && have < OUT_BYTES)
	{
		size_t		made = 0;

		if (src->in_pos == src->in_len && !src->in_end)
		{
			char	   *in;

			if (have >= OUT_ENOUGH)
				break;
			if (!raw_slice(src, &in, &src->in_len, err))
				return false;
			src->in = in;
			src->in_pos = 0;
			src->in_end = (src->in_len == 0);
		}
		PDS_ASSERT(src->in_pos <= src->in_len);
		if (!pds_decoder_run(src->decoder, src->in, src->in_len, &src->in_pos, src->in_end,
							 out + have, OUT_BYTES - have, &made, &src->finished, err))
			return false;
		have += made;
		PDS_ASSERT(have <= OUT_BYTES);
	}
	*data = out;
	*len = have;
	return true;
}

static bool
text_slice(PdsSource *src, char **data, size_t *len, PdsError *err)
{
	if (src->decoder)
		return decoded_slice(src, data, len, err);
	return raw_slice(src, data, len, err);
}

static bool
recoded_slice(PdsSource *src, char **data, size_t *len, PdsError *err)
{
	*data = src->utf8 + PDS_BUFFER_FRONT;
	*len = 0;
	/* the bytes that have come may be no whole character */
	while (*len == 0 && !src->recoded)
	{
		if (src->text_pos == src->text_len && !src->text_end)
		{
			char	   *text;

			if (!text_slice(src, &text, &src->text_len, err))
				return false;
			src->text = text;
			src->text_pos = 0;
			src->text_end = (src->text_len == 0);
		}
		pds_recoder_run(src->recoder, src->text, src->text_len, &src->text_pos, src->text_end,
						*data, OUT_BYTES, len, &src->recoded);
	}
	return true;
}

bool
pds_source_slice(PdsSource *src, char **data, size_t *len, PdsError *err)
{
	return src->recoder ? recoded_slice(src, data, len, err) : text_slice(src, data, len, err);
}

void
pds_source_read_past_end(PdsSource *src)
{
	if (src->fetch)
		pds_fetch_read_past_end(src->fetch);
}

bool
pds_source_gather(PdsSource *src, PdsError *err)
{
	return pds_fetch_gather(src->fetch, err);
}

bool
pds_source_wait(PdsSource *src, long timeout_ms, PdsError *err)
{
	return pds_fetch_wait(src->fetch, timeout_ms, err);
}

bool
pds_source_make_map(PdsSource *src, const PdsSplit *split, int number, PdsError *err)
{
	return pds_states_fetch(pds_fetch_aws(src->fetch), split, number, err);
}
