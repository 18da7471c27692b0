/*
 * key_value.h
 *	  Texts of partition keys, by the rules of the engine behind Athena.
 */
#ifndef PDS_CORE_KEY_VALUE_H
#define PDS_CORE_KEY_VALUE_H

#include "core/serde/hive_type.h"

/* stands for NULL and for '' in folders and in Glue's Values (doc/dev/aws.md §5.1) */
#define PDS_HIVE_NULL_PARTITION "__HIVE_DEFAULT_PARTITION__"

/*
 * Can a key of the type have this text?  If so, values of types other than dates and timestamps
 * are parsed as fields are; of a decimal only the bytes that pds_key_decimal_len says.
 */
extern bool pds_key_holds(const PdsHiveType *t, const char *s, size_t n);
extern bool pds_key_date(const char *s, size_t n, int32_t *days);
extern bool pds_key_timestamp(const char *s, size_t n, int64_t *us);
extern size_t pds_key_decimal_len(const char *s, size_t n);

#endif							/* PDS_CORE_KEY_VALUE_H */
