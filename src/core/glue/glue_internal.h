/*
 * glue_internal.h
 *	  What glue.c and glue_partitions.c share.
 */
#ifndef PDS_CORE_GLUE_INTERNAL_H
#define PDS_CORE_GLUE_INTERNAL_H

#include "core/base/json.h"
#include "core/glue/glue.h"

/* begins an input, with the CatalogId if there is one */
extern void pds_glue_input(PdsJson *in, const char *catalog_id);

/* NULL: memory is short */
extern PdsGluePartition *pds_glue_partition_of_json(const cJSON *obj);

#endif							/* PDS_CORE_GLUE_INTERNAL_H */
