/*
 * hive_path.h
 *	  Folders of partitions: "year=2024/month=01/".
 */
#ifndef PDS_CORE_HIVE_PATH_H
#define PDS_CORE_HIVE_PATH_H

#include "core/glue/glue_types.h"
#include "core/base/strbuf.h"

/* as Hive writes a key or a value into a path: %XX for what is special there */
extern void pds_hive_escape(PdsStr *out, const char *text);

/* "key=value/" for each key, with Hive's escapes (%XX) in keys and values */
extern void pds_hive_path_append(PdsStr *out, const PdsGlueColumn *keys, int n,
								 char *const *values);

/*
 * The value in a folder's name (len bytes, without its slash) when that is key=value,
 * unescaped and malloc'd.  False: memory is short; *value NULL: another name, or no value.
 */
extern bool pds_hive_path_value(const char *folder, size_t len, const char *key, char **value);

#endif							/* PDS_CORE_HIVE_PATH_H */
