/*
 * recode.c
 *	  Encodings by iconv.
 */
#include "core/codec/recode.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"

/* bytes of the longest character, with what shifts to its set */
#define MOST_BYTES 16

struct PdsRecoder
{
	iconv_t		cd;
	size_t		unit;			/* bytes of its shortest character */
	char		cut[2 * MOST_BYTES];	/* begin of a character whose end has
										 * not come */
	size_t		ncut;
};

bool
pds_recode_known(const char *encoding)
{
	iconv_t		cd = iconv_open("UTF-8", encoding);

	if (cd == (iconv_t) - 1)
		return false;
	iconv_close(cd);
	return true;
}

/* 2 for UTF-16, 4 for UTF-32, else mostly 1 */
static size_t
unit_of(const char *encoding)
{
	iconv_t		cd = iconv_open(encoding, "UTF-8");
	char		in[] = "aa";
	char		out[32];
	size_t		made[2] = {0, 0};
	size_t		n;

	if (cd == (iconv_t) - 1)
		return 1;
	/* the difference: there may be a byte order mark before them */
	for (n = 1; n <= 2; n++)
	{
		char	   *from = in;
		char	   *to = out;
		size_t		left = n;
		size_t		room = sizeof(out);

		iconv(cd, NULL, NULL, NULL, NULL);
		if (iconv(cd, &from, &left, &to, &room) != (size_t) -1)
			made[n - 1] = sizeof(out) - room;
	}
	iconv_close(cd);
	return made[1] > made[0] && made[1] - made[0] <= 4 ? made[1] - made[0] : 1;
}

PdsRecoder *
pds_recoder_new(const char *encoding, PdsError *err)
{
	PdsRecoder *r = calloc(1, sizeof(PdsRecoder));

	if (r == NULL)
	{
		pds_error_oom(err);
		return NULL;
	}
	r->cd = iconv_open("UTF-8", encoding);
	if (r->cd != (iconv_t) - 1)
	{
		r->unit = unit_of(encoding);
		return r;
	}
	free(r);
	pds_error_set(err, PDS_ERR_UNSUPPORTED, "there is no conversion from encoding \"%s\"",
				  encoding);
	return NULL;
}

void
pds_recoder_free(PdsRecoder *r)
{
	if (r == NULL)
		return;
	iconv_close(r->cd);
	free(r);
}

/* How one run of iconv ended. */
typedef enum Stop
{
	STOP_DONE,					/* no input is left */
	STOP_FULL,					/* the output is full */
	STOP_CUT					/* what is left is no whole character */
} Stop;

/* Recode *in .. end; what is invalid becomes one bad byte each. */
static Stop
recode_bytes(PdsRecoder *r, const char **in, const char *end, char **out, const char *limit)
{
	for (;;)
	{
		char	   *from = (char *) *in;
		size_t		left = (size_t) (end - *in);
		size_t		room = (size_t) (limit - *out);
		size_t		n = iconv(r->cd, &from, &left, out, &room);

		*in = from;
		if (n != (size_t) -1)
			return STOP_DONE;
		if (errno == EINVAL)
			return STOP_CUT;
		if (errno == E2BIG || *out == limit)
			return STOP_FULL;
		/* EILSEQ */
		*(*out)++ = PDS_RECODE_BAD;
		*in += r->unit < (size_t) (end - *in) ? r->unit : (size_t) (end - *in);
	}
}

/* The character that was cut, with the bytes that have come. */
static Stop
recode_cut(PdsRecoder *r, const char *in, size_t len, size_t *pos, char **out, const char *limit)
{
	size_t		had = r->ncut;
	size_t		take = len - *pos < MOST_BYTES ? len - *pos : MOST_BYTES;
	const char *at = r->cut;
	Stop		stop;

	PDS_ASSERT(had + take <= sizeof(r->cut));
	memcpy(r->cut + had, in + *pos, take);
	stop = recode_bytes(r, &at, r->cut + had + take, out, limit);
	if ((size_t) (at - r->cut) >= had)
	{
		/* what follows it is taken from in */
		*pos += (size_t) (at - r->cut) - had;
		r->ncut = 0;
		return stop == STOP_FULL ? STOP_FULL : STOP_DONE;
	}
	/* some of what was cut is left, and all that came with it */
	*pos += take;
	r->ncut = had + take - (size_t) (at - r->cut);
	memmove(r->cut, at, r->ncut);
	if (stop == STOP_CUT && r->ncut > MOST_BYTES)
	{
		r->ncut = 0;
		*(*out)++ = PDS_RECODE_BAD;
	}
	return stop;
}

void
pds_recoder_run(PdsRecoder *r, const char *in, size_t len, size_t *pos, bool at_end, char *out,
				size_t cap, size_t *made, bool *finished)
{
	const char *limit = out + cap - 1;	/* room for a bad byte at the end */
	char	   *to = out;
	Stop		stop = STOP_DONE;

	*finished = false;
	if (r->ncut > 0 && *pos < len)
		stop = recode_cut(r, in, len, pos, &to, limit);
	if (stop == STOP_DONE && r->ncut == 0 && *pos < len)
	{
		const char *at = in + *pos;

		stop = recode_bytes(r, &at, in + len, &to, limit);
		*pos = (size_t) (at - in);
		if (stop == STOP_CUT)
		{
			size_t		rest = len - *pos;

			if (rest > MOST_BYTES)
			{
				/* a sequence without an end */
				*to++ = PDS_RECODE_BAD;
				*pos += 1;
			}
			else
			{
				memcpy(r->cut, in + *pos, rest);
				r->ncut = rest;
				*pos = len;
			}
		}
	}
	if (at_end && *pos == len && stop != STOP_FULL)
	{
		if (r->ncut > 0)
			*to++ = PDS_RECODE_BAD;
		r->ncut = 0;
		*finished = true;
	}
	*made = (size_t) (to - out);
}

bool
pds_recode_all(const char *encoding, const char *s, size_t n, char **out, size_t *len,
			   PdsError *err)
{
	PdsRecoder *r = pds_recoder_new(encoding, err);
	size_t		cap = 4 * n + MOST_BYTES;	/* no byte becomes more than a
											 * character */
	size_t		pos = 0;
	bool		finished = false;

	*len = 0;
	*out = r ? malloc(cap) : NULL;
	if (r && *out == NULL)
		pds_error_oom(err);
	while (*out && !finished)
	{
		size_t		made;

		if (cap - *len < MOST_BYTES)
		{
			char	   *grown = realloc(*out, 2 * cap);

			if (grown == NULL)
			{
				free(*out);
				*out = NULL;
				pds_error_oom(err);
				break;
			}
			*out = grown;
			cap *= 2;
		}
		pds_recoder_run(r, s, n, &pos, true, *out + *len, cap - *len, &made, &finished);
		*len += made;
	}
	pds_recoder_free(r);
	return *out != NULL;
}
