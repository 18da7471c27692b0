/*
 * coerce.h
 *	  Columns that a partition declares otherwise than the table: read by the
 *	  partition's type, then made the table's, as the engine behind Athena does.
 */
#ifndef PDS_FDW_COERCE_H
#define PDS_FDW_COERCE_H

#include "fdw/rows/convert.h"

/* a column of a partition that is declared otherwise than the table's */
typedef struct PdsColumnOverride
{
	int			field;			/* number of the column; -1 ends the array */
	char	   *type;			/* in the partition */
} PdsColumnOverride;

/*
 * How a column of lazysimple text comes from the partition's type to the one
 * that c makes: NULL in *out where both are the same.  Allocated in the current
 * context; in force while c->coercion points to it and c->fn is pds_coerce.
 * False: there is no such coercion.
 */
extern bool pds_coercion_find(const PdsConverter *c, const char *type, struct PdsCoercion **out);

/* a PdsConvertFn */
extern PdsConvertResult pds_coerce(PdsConverter *c, PdsField *f, Datum *value, bool *isnull);

#endif							/* PDS_FDW_COERCE_H */
