/*
 * convert_nested.h
 *	  Arrays, maps and structs of lazysimple to Datum.
 */
#ifndef PDS_FDW_CONVERT_NESTED_H
#define PDS_FDW_CONVERT_NESTED_H

#include "fdw/rows/convert.h"

/*
 * The converter of a nested type, or NULL where typid is neither what import
 * declares for it nor json.  What it needs besides is allocated in the current
 * context, which must live as long as c.
 */
extern PdsConvertFn pds_nested_fn(PdsConverter *c);

/* the same for an array of scalars in Athena's results: a JSON array (deparse_nested.c) */
extern PdsConvertFn pds_result_array_fn(PdsConverter *c);

/* in convert.c: the type's own input function, for a text of ours */
extern PdsConvertResult pds_convert_by_input(PdsConverter *c, PdsField *f, Datum *value,
											 bool *isnull);

#endif							/* PDS_FDW_CONVERT_NESTED_H */
