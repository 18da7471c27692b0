/*
 * convert_internal.h
 *	  What the files that convert share: memory, and Datums of plain values.
 */
#ifndef PDS_FDW_CONVERT_INTERNAL_H
#define PDS_FDW_CONVERT_INTERNAL_H

#include "core/serde/plain_values.h"
#include "fdw/rows/convert.h"

PDS_NORETURN extern void pds_convert_no_memory(void);

/* n bytes that live until the arena's reset */
static inline char *
pds_convert_arena(const PdsConverter *c, size_t n)
{
	char	   *p = pds_arena_alloc(c->arena, n);

	if (p == NULL)
		pds_convert_no_memory();
	return p;
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

/* smallint, integer or bigint */
extern Datum pds_convert_int_datum(Oid typid, int64 v);

/* days and microseconds since 1970; false: out of PostgreSQL's range */
extern bool pds_convert_date(int64 days, Datum *value);
extern bool pds_convert_timestamp(int64 us, Datum *value);

#endif							/* PDS_FDW_CONVERT_INTERNAL_H */
