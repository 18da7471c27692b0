/*
 * record_bytes.h
 *	  Bytes of a record where neither ANALYZE nor the catalog tells, measured.
 */
#ifndef PDS_FDW_RECORD_BYTES_H
#define PDS_FDW_RECORD_BYTES_H

#include "fdw/catalog/catalog.h"

/* what a compressed object holds, in multiples of its size, where nothing else is known */
#define PDS_COMPRESSED_RATIO	4

/* Bytes of an object, so many times more where it is compressed. */
extern double pds_plain_bytes(const PdsDataObject *o);

/*
 * Bytes of a record of the objects in such bytes: of the first bytes of one of them.  That is a
 * request, made once in a session and table.  0: they do not tell.
 */
extern double pds_measured_record_bytes(PdsConnection *conn, const PdsTable *table,
										const PdsObjectSet *set);

#endif							/* PDS_FDW_RECORD_BYTES_H */
