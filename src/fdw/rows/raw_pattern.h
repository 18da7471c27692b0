/*
 * raw_pattern.h
 *	  LIKE and ILIKE on the bytes of a text, for constant patterns of literals and %.
 *
 * LIKE compares bytes where the collation is deterministic.  ILIKE compares what lower() makes of
 * both sides; of ASCII it makes ASCII in most locales, and what is not ASCII is left to PostgreSQL.
 */
#ifndef PDS_FDW_RAW_PATTERN_H
#define PDS_FDW_RAW_PATTERN_H

typedef struct PdsRawPattern PdsRawPattern;

/* Can the pattern be compared as bytes?  any_case: of ILIKE, in that collation. */
extern bool pds_raw_pattern_simple(const char *pattern, size_t n, bool any_case, Oid collation);

/* a simple pattern, in the current memory context */
extern PdsRawPattern *pds_raw_pattern_make(const char *pattern, size_t n, bool any_case,
										   Oid collation);

/* False: bytes do not tell.  Else *match. */
extern bool pds_raw_pattern_test(const PdsRawPattern *p, const char *text, uint32 n, bool *match);

#endif							/* PDS_FDW_RAW_PATTERN_H */
