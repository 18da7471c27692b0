/*
 * endpoints.h
 *	  Regions and partitions of AWS: where their hosts live (doc/dev/aws.md §1.4).
 */
#ifndef PDS_CORE_ENDPOINTS_H
#define PDS_CORE_ENDPOINTS_H

#include "core/base/error.h"

/* A region becomes part of a host name: nothing else may get in. */
extern bool pds_region_valid(const char *region);

/* "aws", "aws-cn", ... */
extern const char *pds_region_partition(const char *region);

/* what stands behind the region in a host name; dual: of the dual-stack endpoints */
extern const char *pds_region_suffix(const char *region, bool dual);

/* the region in the name of one of S3's hosts, into out[cap]; false when there is none */
extern bool pds_region_of_s3_host(const char *host, char *out, size_t cap);

/*
 * A host of AWS in a region that it is not known to have: the region into out[cap], and the known
 * one that is written most like it, or NULL.  False: it is none of these hosts, or a known region.
 */
extern bool pds_region_unknown(const char *host, char *out, size_t cap, const char **like);

/* is it one of the regions that "sts_regional_endpoints = legacy" serves by the global host? */
extern bool pds_region_sts_legacy(const char *region);

#endif							/* PDS_CORE_ENDPOINTS_H */
