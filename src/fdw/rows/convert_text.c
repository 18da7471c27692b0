/*
 * convert_text.c
 *	  Text of a field as a text Datum: made valid in the server's encoding, in
 *	  place where there is room for its header.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "fdw/base/connection.h"
#include "fdw/base/no_memory.h"
#include "fdw/base/types.h"
#include "fdw/rows/convert_internal.h"

/* a cancel is looked for each so many bytes */
#define COPY_STEP	((size_t) 4 << 20)

void
pds_convert_no_memory(void)
{
	/* work on a long value ends so when it is cancelled, too (arena.h) */
	pds_rethrow_interrupt();
	pds_raise_no_memory();
}

void
pds_convert_keep_error(PdsConverter *c)
{
	ErrorData  *e = CopyErrorData();
	int			n = (int) strlen(e->message);

	n = pg_mbcliplen(e->message, n, Min(n, (int) sizeof(c->why) - 1));
	memcpy(c->why, e->message, n);
	c->why[n] = '\0';
	FreeErrorData(e);
}

void
pds_convert_copy(char *to, const char *from, size_t n)
{
	for (; n > COPY_STEP; to += COPY_STEP, from += COPY_STEP, n -= COPY_STEP)
	{
		memcpy(to, from, COPY_STEP);
		CHECK_FOR_INTERRUPTS();
	}
	memcpy(to, from, n);
}

Datum
pds_convert_varlena(PdsConverter *c, PdsField *f)
{
	char	   *p;

	if (f->len < VARATT_SHORT_MAX - VARHDRSZ_SHORT + 1 && f->room > 0)
	{
		p = f->data - 1;
		SET_VARSIZE_SHORT(p, f->len + VARHDRSZ_SHORT);
		return PointerGetDatum(p);
	}
	if (f->len > MaxAllocSize - VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a value of column \"%s\" has %u bytes, PostgreSQL allows 1 GB",
						c->column_name, f->len)));
	if (f->room >= VARHDRSZ)
	{
		p = f->data - VARHDRSZ;
		SET_VARSIZE(p, f->len + VARHDRSZ);
		return PointerGetDatum(p);
	}
	p = pds_convert_arena(c, f->len + VARHDRSZ);
	SET_VARSIZE(p, f->len + VARHDRSZ);
	pds_convert_copy(p + VARHDRSZ, f->data, f->len);
	return PointerGetDatum(p);
}

/*
 * verified bytes of the file's encoding in the server's; an error when there is
 * no such character
 */
static void
recode_field(PdsConverter *c, PdsField *f, int encoding)
{
	char	   *s = pg_any_to_server(f->data, f->len, encoding);

	if (s != f->data)
	{
		size_t		n = strlen(s);
		char	   *p = pds_convert_arena(c, n + VARHDRSZ + 1);

		memcpy(p + VARHDRSZ, s, n + 1);
		f->data = p + VARHDRSZ;
		f->len = n;
		f->room = VARHDRSZ;
		pfree(s);
	}
}

bool
pds_convert_verify(PdsConverter *c, PdsField *f)
{
	int			encoding = c->file_encoding >= 0 ? c->file_encoding : PG_UTF8;
	char	   *nul = memchr(f->data, '\0', f->len);
	MemoryContext old = CurrentMemoryContext;
	volatile bool ok = true;

	if (!c->soft)
	{
		if (nul)
			report_invalid_encoding(encoding, nul, 1);
		/* verifies, raising 22021 with the bytes in question */
		recode_field(c, f, encoding);
		return true;
	}
	if (nul || !pds_encoding_valid(encoding, f->data, f->len))
	{
		snprintf(c->why, sizeof(c->why), "invalid byte sequence for encoding \"%s\"",
				 pg_encoding_to_char(encoding));
		return false;
	}
	/* conversions hold nothing that an error would leave behind */
	PG_TRY();
	{
		recode_field(c, f, encoding);
	}
	PG_CATCH();
	{
		if (ERRCODE_TO_CATEGORY(geterrcode()) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		MemoryContextSwitchTo(old);
		pds_convert_keep_error(c);
		FlushErrorState();
		ok = false;
	}
	PG_END_TRY();
	return ok;
}

PdsConvertResult
pds_convert_text(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	if (!pds_convert_prepare(c, f))
		return PDS_CONVERT_BAD;
	*value = pds_convert_varlena(c, f);
	*isnull = false;
	return PDS_CONVERT_OK;
}
