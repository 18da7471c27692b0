/*
 * object_header.h
 *	  The header of an object: the record that names its fields.
 */
#ifndef PDS_CORE_OBJECT_HEADER_H
#define PDS_CORE_OBJECT_HEADER_H

#include "core/base/strbuf.h"
#include "core/read/reader.h"

typedef struct PdsObjectHeader
{
	char	  **names;			/* without quotes, in the encoding of the
								 * object; may be "" */
	int			n;
} PdsObjectHeader;

/* The bytes of the header that a batch has (PDS_HEADER_HERE); valid as long as the batch. */
extern void pds_object_header_of_batch(const PdsBatch *batch, const char **record, size_t *len);

/*
 * The same of the object that a split is of, by requests for its begin; "" where it has none.
 * Errors are those of reading the object.
 */
extern bool pds_object_header_fetch(PdsAws *aws, const PdsSplit *split, size_t max_record,
									PdsStr *record, PdsError *err);

/*
 * Cut a header's record into names.  False: out of memory.  *out is freed by
 * pds_object_header_free.
 */
extern bool pds_object_header_parse(const PdsDialect *d, const char *record, size_t len,
									PdsObjectHeader *out, PdsError *err);
extern void pds_object_header_free(PdsObjectHeader *h);

#endif							/* PDS_CORE_OBJECT_HEADER_H */
