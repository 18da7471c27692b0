/*
 * convert_internal.h
 *	  What the files that convert share: memory, and Datums of plain values.
 */
#ifndef PDS_FDW_CONVERT_INTERNAL_H
#define PDS_FDW_CONVERT_INTERNAL_H

#include "core/serde/plain_values.h"
#include "fdw/rows/convert.h"

PDS_NORETURN extern void pds_convert_no_memory(void);

/* memcpy of what may be long: a cancel ends it */
extern void pds_convert_copy(char *to, const char *from, size_t n);

/* n bytes that live until the arena's reset */
static inline char *
pds_convert_arena(const PdsConverter *c, size_t n)
{
	char	   *p = pds_arena_alloc(c->arena, n);

	if (p == NULL)
		pds_convert_no_memory();
	return p;
}

/* bytes of a text or bytea value, in place where there is room for a header */
extern Datum pds_convert_varlena(PdsConverter *c, PdsField *f);

/*
 * Make the bytes valid text of the server's encoding.  False: they are not
 * and cannot be (only when errors are soft).
 */
extern bool pds_convert_verify(PdsConverter *c, PdsField *f);

/* In PG_CATCH: what the error says, which is not thrown on, to c->why. */
extern void pds_convert_keep_error(PdsConverter *c);

/* text of any length; a PdsConvertFn */
extern PdsConvertResult pds_convert_text(PdsConverter *c, PdsField *f, Datum *value, bool *isnull);

/* the same before it is used: escapes dropped, then verified unless its batch was */
static inline bool
pds_convert_prepare(PdsConverter *c, PdsField *f)
{
	if (f->escaped && !pds_lazy_unescape(c->dialect, f, c->arena))
		pds_convert_no_memory();
	return c->text_verified || pds_convert_verify(c, f);
}

/* Is d, whose scale becomes the column's, a value of it without rounding? */
static inline bool
pds_plain_fits(const PdsConverter *c, PdsPlainDecimal *d)
{
	if (d->whole >= c->plain_limit || (c->plain_scale >= 0 && d->scale > c->plain_scale))
		return false;
	if (c->plain_scale > d->scale)
	{
		d->fraction *= pds_powers_of_ten[c->plain_scale - d->scale];
		d->scale = c->plain_scale;
	}
	return true;
}

/*
 * A plain value as a number: integers, booleans as 0 and 1, days and microseconds
 * since 1970.  False: it is not plain, or of another kind.
 */
static inline __attribute__((always_inline))
bool
pds_plain_units(const PdsConverter *c, const PdsPlainKind kind, const char *p, uint32 n, int64 *v)
{
	int32		days;
	bool		b;

	switch (kind)
	{
		case PDS_PLAIN_INT:
			return pds_plain_int(p, n, v) && *v >= c->int_min && *v <= c->int_max;
		case PDS_PLAIN_BOOL:
			if (!pds_plain_bool(p, n, &b))
				return false;
			*v = b;
			return true;
		case PDS_PLAIN_DATE:
			if (!pds_plain_date_days(p, n, &days))
				return false;
			*v = days;
			return true;
		case PDS_PLAIN_TIMESTAMP:
			return pds_plain_timestamp(p, n, c->digits, v);
		default:
			return false;
	}
}

/* days and microseconds since 1970; false: out of PostgreSQL's range */
extern bool pds_convert_date(int64 days, Datum *value);
extern bool pds_convert_timestamp(int64 us, Datum *value);

#endif							/* PDS_FDW_CONVERT_INTERNAL_H */
