/*
 * hive_type.h
 *	  The column types of the Glue catalog (doc/dev/aws.md §5.4).
 */
#ifndef PDS_CORE_HIVE_TYPE_H
#define PDS_CORE_HIVE_TYPE_H

#include "core/base/error.h"

typedef enum PdsHiveKind
{
	PDS_HIVE_BOOLEAN, PDS_HIVE_TINYINT, PDS_HIVE_SMALLINT, PDS_HIVE_INT, PDS_HIVE_BIGINT,
	PDS_HIVE_FLOAT, PDS_HIVE_DOUBLE, PDS_HIVE_DECIMAL,
	PDS_HIVE_STRING, PDS_HIVE_VARCHAR, PDS_HIVE_CHAR,
	PDS_HIVE_DATE, PDS_HIVE_TIMESTAMP, PDS_HIVE_TIMESTAMPTZ, PDS_HIVE_TIME,
	PDS_HIVE_BINARY, PDS_HIVE_ARRAY, PDS_HIVE_MAP, PDS_HIVE_STRUCT,
	PDS_HIVE_UNION,				/* read as struct<tag:tinyint,field0:...>,
								 * which its children are */
	PDS_HIVE_OTHER				/* void, interval, uuid, ...: text */
} PdsHiveKind;

typedef struct PdsHiveType
{
	PdsHiveKind kind;
	int			precision;		/* decimal; length of varchar (0: none) and
								 * char */
	int			scale;
	int			nchildren;		/* array 1, map 2, struct n, union 1 + n */
	struct PdsHiveType *children;
	char	  **names;			/* struct fields; of a union too */
} PdsHiveType;

/* False with PDS_ERR_CONFIG when the text is not a type. */
extern bool pds_hive_type_parse(const char *text, PdsHiveType *out, PdsError *err);
extern void pds_hive_type_clear(PdsHiveType *t);
extern bool pds_hive_type_equal(const PdsHiveType *a, const PdsHiveType *b);

/*
 * What the engine behind Athena makes of a type's text.  It takes far less
 * than pds_hive_type_parse: "integer" or a blank in "array <int>" and it
 * refuses the table; void or timestamp with local time zone cannot be selected.
 */
typedef enum PdsTypeVerdict
{
	PDS_TYPE_FINE, PDS_TYPE_NOT_SELECTED, PDS_TYPE_REFUSED
} PdsTypeVerdict;

extern PdsTypeVerdict pds_hive_type_verdict(const char *text);

#endif							/* PDS_CORE_HIVE_TYPE_H */
