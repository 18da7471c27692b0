/*
 * file_scan.h
 *	  Rows of objects that belong to no foreign table: pds.read_csv.
 *
 * The engine is that of direct scans: fetch, reader, row source.
 */
#ifndef PDS_FDW_FILE_SCAN_H
#define PDS_FDW_FILE_SCAN_H

#include "executor/tuptable.h"

#include "fdw/catalog/files.h"
#include "fdw/rows/row_header.h"

typedef struct PdsFileScan PdsFileScan;

/*
 * fields[i]: number of the field for column i of desc, or -1 - k for partition key k of f.
 * nfields: of a record.  o: encoding, compression, on_error, reject_limit; codec: of all objects
 * whose options and names tell of none.  names: fields are those of the header of each object, by
 * them (dialect->header_mode); NULL: by their place.  Refuses what max_scan_bytes does not allow.
 * Everything lives in cxt; files and dialect are borrowed.
 */
extern PdsFileScan *pds_file_scan_begin(PdsConnection *conn, const PdsFiles *f,
										const PdsDialect *dialect, PdsCodec codec,
										const PdsTableOptions *o, const char *encoding,
										TupleDesc desc, const int *fields, int nfields,
										const PdsHeaderNames *names,
										MemoryContext cxt);

/* Next row as the slot's values, which are valid until the next call; false at the end. */
extern bool pds_file_scan_next(PdsFileScan *scan, TupleTableSlot *slot);

/* the WARNING about rows or values that on_error passed over */
extern void pds_file_scan_end(PdsFileScan *scan);

#endif							/* PDS_FDW_FILE_SCAN_H */
