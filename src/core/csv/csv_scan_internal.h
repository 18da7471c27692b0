/*
 * csv_scan_internal.h
 *	  What the kernels of csv_scan share.  Private to csv_scan*.c.
 */
#ifndef PDS_CORE_CSV_SCAN_INTERNAL_H
#define PDS_CORE_CSV_SCAN_INTERNAL_H

#include "core/csv/csv_scan.h"

/*
 * A kernel indexes (count false) or counts (count true: *nrec instead of
 * ix->rec and ends) as many complete records as it finds; sets ix->consumed.
 * False: out of memory.  ix->nends and nrec are 0 at entry.
 */
typedef bool (*PdsScanKernel) (PdsIndex *ix, const PdsScanDialect *d, const char *buf,
							   size_t len, bool at_end, bool count);

extern bool pds_scan_scalar(PdsIndex *ix, const PdsScanDialect *d, const char *buf,
							size_t len, bool at_end, bool count);
#if defined(__x86_64__)
extern bool pds_scan_sse2(PdsIndex *ix, const PdsScanDialect *d, const char *buf,
						  size_t len, bool at_end, bool count);
extern bool pds_scan_avx2(PdsIndex *ix, const PdsScanDialect *d, const char *buf,
						  size_t len, bool at_end, bool count);
#elif defined(__aarch64__)
extern bool pds_scan_neon(PdsIndex *ix, const PdsScanDialect *d, const char *buf,
						  size_t len, bool at_end, bool count);
#endif

/*
 * The reference: one record that begins at pos.  Writes its ends unless count.
 * *next is the offset after it, or 0 when it is not complete.
 */
extern bool pds_scan_record(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t pos,
							size_t len, bool at_end, bool count, size_t *next);

/* set any_quote, any_escape, non_ascii, any_nul for these bytes too */
extern void pds_scan_note(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len);

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
