/*
 * units.h
 *	  Bytes and seconds as people write them.
 */
#ifndef PDS_FDW_UNITS_H
#define PDS_FDW_UNITS_H

/* "10GB", "500 MB", "1048576" to bytes; false when it does not parse */
extern bool pds_parse_bytes(const char *text, int64 *out);

/* "30", "30s", "500ms", "2min" to milliseconds */
extern bool pds_parse_seconds(const char *text, long *ms);

#endif							/* PDS_FDW_UNITS_H */
