/*
 * xml.h
 *	  Walking small XML replies by expat.
 */
#ifndef PDS_CORE_XML_H
#define PDS_CORE_XML_H

#include "core/base/error.h"

/*
 * Called at the end of every element: path is the local names from the root
 * ("ListBucketResult/Contents/Key"), text the character data directly in the
 * element.  Returns false to stop with PDS_ERR_OUT_OF_MEMORY.
 */
typedef bool (*PdsXmlFn) (void *arg, const char *path, const char *text);

/* operation is named in the error when the reply is not XML */
extern bool pds_xml_walk(const char *data, size_t len, PdsXmlFn fn, void *arg,
						 const char *operation, PdsError *err);

#endif							/* PDS_CORE_XML_H */
