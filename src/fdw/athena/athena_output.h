/*
 * athena_output.h
 *	  Columns of a result that are made of what Athena knows exactly.
 */
#ifndef PDS_FDW_ATHENA_OUTPUT_H
#define PDS_FDW_ATHENA_OUTPUT_H

#include "fdw/rows/convert.h"
#include "fdw/plan/plan_private.h"

/* what reads a column of that kind; NULL: the type decides */
extern PdsConvertFn pds_output_convert(PdsOutputKind kind);

#endif							/* PDS_FDW_ATHENA_OUTPUT_H */
