/*
 * types.h
 *	  Glue types as PostgreSQL types, and back.
 */
#ifndef PDS_FDW_TYPES_H
#define PDS_FDW_TYPES_H

#include "core/glue/glue.h"
#include "core/serde/hive_type.h"
#include "core/serde/serde.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

/*
 * SQL type text for a column definition: "numeric(10,2)", "integer[]", "jsonb"
 * (doc/dev/aws.md §5.4)
 */
extern void pds_sql_type_of_hive(const PdsHiveType *t, StringInfo out);

/* that name as it stands in a statement: pg_catalog.text; palloc'd, or shown itself */
extern const char *pds_qualified_type(const char *shown);

/* type and typmod of a scalar; false for nested types */
extern bool pds_scalar_type_of_hive(const PdsHiveType *t, Oid *typid, int32 *typmod);

/* Is typid/typmod exactly what import would declare for this Glue type? */
extern bool pds_type_matches_hive(const PdsHiveType *t, Oid typid, int32 typmod);

/* Can Athena give a column of this type in a form that is read here (deparse.c)? */
extern bool pds_athena_gives(const PdsHiveType *t);

/*
 * Why Athena refuses the whole table for its columns, palloc'd; NULL: it does
 * not.  Rows that it does not give are not to be given here either.
 */
extern const char *pds_refused_by_athena(const PdsGlueTable *g, PdsFormat format);

/* Glue type for a PostgreSQL column made by hand; false when there is none */
extern bool pds_hive_type_of_sql(Oid typid, int32 typmod, PdsHiveType *out);

/* The elements of an array value, and their type; returns how many.  *values and *nulls are
 * palloc'd, the values may lie in the array. */
extern int	pds_array_elements(Datum array, Oid *type, Datum **values, bool **nulls);

/* Are all bytes valid in the encoding? */
static inline bool
pds_encoding_valid(int encoding, const char *s, int len)
{
	return pg_encoding_verifymbstr(encoding, s, len) == len;
}

#endif							/* PDS_FDW_TYPES_H */
