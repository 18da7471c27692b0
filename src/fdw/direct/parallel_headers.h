/*
 * parallel_headers.h
 *	  Headers of objects that several processes read parts of, in shared memory: each is fetched
 *	  once.
 */
#ifndef PDS_FDW_PARALLEL_HEADERS_H
#define PDS_FDW_PARALLEL_HEADERS_H

#include "utils/dsa.h"

/* Room for the headers of so many objects; freed with the headers that were kept. */
extern dsa_pointer pds_shared_headers_make(dsa_area *area, int nobjects);
extern void pds_shared_headers_free(dsa_area *area, dsa_pointer headers);

/*
 * The header of an object, palloc'd; another process that is about to fetch it is waited for.
 * False: nobody is, so the caller must fetch and keep it.
 */
extern bool pds_shared_header_find(dsa_area *area, dsa_pointer headers, int object, char **text,
								   Size *len);

/*
 * Keep it.  fetched: because find said so; otherwise the object's begin was read, and somebody may
 * have been faster.
 */
extern void pds_shared_header_keep(dsa_area *area, dsa_pointer headers, int object,
								   const char *text, Size len, bool fetched);

#endif							/* PDS_FDW_PARALLEL_HEADERS_H */
