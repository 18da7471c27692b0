/*
 * xml.h
 *	  Reading small XML replies by expat.
 */
#ifndef PDS_CORE_XML_H
#define PDS_CORE_XML_H

#include "core/base/error.h"

/* a reply, and what it should be; all borrowed */
typedef struct PdsXmlReply
{
	const char *data;
	size_t		len;
	const char *root;			/* local name of the element it has to be */
	const char *service;		/* for the error */
	const char *operation;
	const char *resource;		/* may be NULL */
	bool		secret;			/* nothing of it is shown */
} PdsXmlReply;

/*
 * Called at the end of every element: path is the local names from the root
 * ("ListBucketResult/Contents/Key"), text the character data directly in the
 * element.  False: stop, with *err filled, or untouched for want of memory.
 */
typedef bool (*PdsXmlFn) (void *arg, const char *path, const char *text, PdsError *err);

/*
 * fn NULL: only the root is looked at.  PDS_ERR_PROTOCOL, with what was received,
 * when it is not XML, or has another root
 */
extern bool pds_xml_walk(const PdsXmlReply *reply, PdsXmlFn fn, void *arg, PdsError *err);

#endif							/* PDS_CORE_XML_H */
