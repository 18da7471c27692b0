/*
 * serde_nested.h
 *	  Arrays, maps and structs in the text of lazysimple (doc/dev/aws.md §6.3).
 *
 * Trino 476 is followed to the letter, its oddities included: inside arrays
 * and maps an escape only protects while its offset in the line is below the
 * length of the value.  That is why everything here asks for the line.
 */
#ifndef PDS_CORE_SERDE_NESTED_H
#define PDS_CORE_SERDE_NESTED_H

#include "core/serde/hive_type.h"
#include "core/serde/serde.h"
#include "core/base/strbuf.h"

/* Separators that a value of this type needs: more than the dialect has, and nobody reads it. */
extern int	pds_nested_levels(const PdsHiveType *t);
extern int	pds_dialect_levels(const PdsDialect *d);

/*
 * The elements of a top-level array, one a call; *at begins at 0.  False after
 * the last one.  e->data is NULL for the null text; e->escaped as in PdsField.
 */
extern bool pds_lazy_next_element(const PdsDialect *d, const char *line, const PdsField *array,
								  size_t *at, PdsField *e);

/*
 * The value as JSON, as Athena's CAST(... AS JSON) writes it: numbers in
 * Java's form, dates and timestamps as strings, structs as objects with names
 * in lower case, the first of several equal keys.  Where Athena has no cast:
 * char padded, binary as base64, keys of other types by their text.  Bytes of
 * strings are those of the data, not validated.  PDS_VALUE_ERROR: a value that
 * is refused.  out->failed: out of memory.
 */
extern PdsValueResult pds_lazy_json(const PdsDialect *d, const PdsHiveType *t, const char *line,
									const char *s, size_t n, PdsStr *out);

/* Java's text of a floating point number: "1.0", "1.0E10", "NaN", "-Infinity" */
extern size_t pds_java_double(double v, char out[40]);
extern size_t pds_java_float(float v, char out[40]);

#endif							/* PDS_CORE_SERDE_NESTED_H */
