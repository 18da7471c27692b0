/*
 * serde_internal.h
 *	  What serde.c and opencsv.c share.  Private to them.
 */
#ifndef PDS_CORE_SERDE_INTERNAL_H
#define PDS_CORE_SERDE_INTERNAL_H

#include "core/serde/serde.h"

/* pds_record_fields for one line of opencsv, without its line end */
extern bool pds_opencsv_fields(const PdsDialect *d, const char *line, size_t len,
							   const int *wanted, int nwanted, PdsField *out, PdsArena *arena);

#endif							/* PDS_CORE_SERDE_INTERNAL_H */
