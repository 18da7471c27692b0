/*
 * write_rules.h
 *	  Fields of columns with rules (field_rules.h), so that they read back the same.
 */
#ifndef PDS_FDW_WRITE_RULES_H
#define PDS_FDW_WRITE_RULES_H

#include "fdw/write/write_row.h"

/* NULL, by the column's own text for it; refused where none is read as NULL. */
extern void pds_out_null(PdsRowWriter *w, const PdsOutColumn *c);

/*
 * The text in w->scratch, which is that of value, as the rules of c read it.  True: it needs
 * quotes.  Refused where it cannot be read back.
 */
extern bool pds_out_by_rules(PdsRowWriter *w, const PdsOutColumn *c, Datum value);

#endif							/* PDS_FDW_WRITE_RULES_H */
