/*
 * glue_args.h
 *	  Arguments of the catalog's SQL functions as what core/glue takes, and back.
 *
 * Glue's texts are UTF-8, whatever the database's encoding is.  Everything is
 * palloc'd in the current memory context.
 */
#ifndef PDS_SQL_GLUE_ARGS_H
#define PDS_SQL_GLUE_ARGS_H

#include "fmgr.h"
#include "utils/array.h"

#include "core/glue/glue.h"

/* text arguments in UTF-8; pds_text_arg: NULL when it is null, pds_required_arg: an error then */
extern char *pds_text_arg(FunctionCallInfo fcinfo, int n);
extern char *pds_required_arg(FunctionCallInfo fcinfo, int n, const char *name);
extern bool pds_bool_arg(FunctionCallInfo fcinfo, int n);	/* null is false */

/* UTF-8 of a text in the database's encoding, and back */
extern char *pds_to_utf8(const char *text);
extern char *pds_from_utf8(const char *text);

/* values of a result's row; *isnull when text is NULL */
extern Datum pds_text_datum(const char *utf8, bool *isnull);
extern Datum pds_text_array_datum(char *const *utf8, int n);
extern Datum pds_properties_datum(const PdsProperties *p);	/* jsonb */

/* the elements of a text[], NULL for null elements */
extern char **pds_array_arg(ArrayType *array, int *n);

/*
 * A jsonb object of scalars, {"name": "value"}: values as texts, JSON null as a NULL value.
 * what names the argument in errors.
 */
extern void pds_properties_of_jsonb(Datum jsonb, const char *what, PdsProperties *out);
struct JsonbContainer;
extern void pds_properties_of_container(struct JsonbContainer *container, const char *what,
										PdsProperties *out);
extern void pds_set_property(PdsProperties *p, const char *key, const char *value); /* NULL: remove */

/* Lower-case name as awswrangler writes it; a NOTICE says so when more than case was changed. */
extern char *pds_catalog_name(const char *name, const char *what);

/*
 * Columns written as in CREATE TABLE: "a int, b decimal(10,2) COMMENT 'text', c array<string>".
 * Names are made catalog names, types checked and written in lower case.
 */
extern void pds_columns_of_text(const char *text, const char *what, PdsGlueColumn **columns,
								int *n);
extern char *pds_checked_type(const char *type, const char *column);

/* 42701 when a name is twice in columns and keys together */
extern void pds_check_distinct(const PdsGlueColumn *columns, int n,
							   const PdsGlueColumn *keys, int nkeys);

#endif							/* PDS_SQL_GLUE_ARGS_H */
