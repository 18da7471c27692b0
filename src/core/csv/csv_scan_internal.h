/*
 * csv_scan_internal.h
 *	  What the kernels of csv_scan share.  Private to csv_scan*.c.
 */
#ifndef PDS_CORE_CSV_SCAN_INTERNAL_H
#define PDS_CORE_CSV_SCAN_INTERNAL_H

#include "core/csv/csv_scan.h"

/* what is written */
typedef enum PdsScanMode
{
	PDS_SCAN_COUNT,				/* nothing but nrec */
	PDS_SCAN_RECORDS,			/* rec, as if ends were written */
	PDS_SCAN_INDEX				/* rec and ends */
} PdsScanMode;

/*
 * A kernel goes on at ix->scanned with ix->carry and finds as many complete records
 * as there are; sets ix->consumed.  With none, scanned and carry are such that it can go on
 * with more bytes.  False: out of memory.
 */
typedef bool (*PdsScanKernel) (PdsIndex *ix, const PdsScanDialect *d, const char *buf,
							   size_t len, bool at_end, PdsScanMode mode);

extern bool pds_scan_scalar(PdsIndex *ix, const PdsScanDialect *d, const char *buf,
							size_t len, bool at_end, PdsScanMode mode);
#if defined(__x86_64__)
extern bool pds_scan_sse2(PdsIndex *ix, const PdsScanDialect *d, const char *buf,
						  size_t len, bool at_end, PdsScanMode mode);
extern bool pds_scan_avx2(PdsIndex *ix, const PdsScanDialect *d, const char *buf,
						  size_t len, bool at_end, PdsScanMode mode);
#elif defined(__aarch64__)
extern bool pds_scan_neon(PdsIndex *ix, const PdsScanDialect *d, const char *buf,
						  size_t len, bool at_end, PdsScanMode mode);
#endif

/* bytes after which a kernel looks at the room in the index, and at what need not be kept */
#define PDS_SCAN_SEGMENT 4096

/*
 * Between segments: the ends that are not wanted of the record that is not complete go.  nends and
 * nrec of the index are those of now; before is nrec a segment ago.  False: out of memory.
 */
extern bool pds_index_trim(PdsIndex *ix, size_t before);

/* a record of which ends were dropped is complete; false: out of memory */
extern bool pds_index_note_cut(PdsIndex *ix, size_t record);

/* what is written of a structural byte at `at`; there is room */
extern void pds_index_put(PdsIndex *ix, size_t at, bool is_record, PdsScanMode mode);

/* room for n more entries */
extern bool pds_index_grow_ends(PdsIndex *ix, size_t n);
extern bool pds_index_grow_rec(PdsIndex *ix, size_t n);

static inline bool
pds_index_room(PdsIndex *ix, size_t ends, size_t rec)
{
	return (ix->nends + ends <= ix->ends_cap || pds_index_grow_ends(ix, ends)) &&
		(ix->nrec + rec <= ix->rec_cap || pds_index_grow_rec(ix, rec));
}

#endif							/* PDS_CORE_CSV_SCAN_INTERNAL_H */
