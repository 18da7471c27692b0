/*
 * xml.c
 *	  Walking small XML replies by expat.
 */
#include "core/base/xml.h"

#include <expat.h>
#include <string.h>

#include "core/base/strbuf.h"

#define MAX_XML_DEPTH	32

typedef struct Walk
{
	XML_Parser	parser;
	PdsXmlFn	fn;
	void	   *arg;
	PdsStr		path;
	PdsStr		text;
	int			depth;
	bool		failed;
} Walk;

static void XMLCALL
on_start(void *arg, const XML_Char *name, const XML_Char **atts)
{
	Walk	   *w = arg;
	const char *colon = strrchr(name, ':');

	(void) atts;
	if (++w->depth > MAX_XML_DEPTH)
	{
		XML_StopParser(w->parser, XML_FALSE);
		return;
	}
	if (w->path.len > 0)
		pds_str_append_c(&w->path, '/');
	pds_str_append(&w->path, colon ? colon + 1 : name);
	pds_str_reset(&w->text);
}

static void XMLCALL
on_text(void *arg, const XML_Char *text, int len)
{
	Walk	   *w = arg;

	pds_str_append_n(&w->text, text, (size_t) len);
}

static void XMLCALL
on_end(void *arg, const XML_Char *name)
{
	Walk	   *w = arg;
	char	   *slash;

	(void) name;
	w->depth--;
	if (w->path.failed || w->text.failed || !w->fn(w->arg, pds_str_text(&w->path),
												   pds_str_text(&w->text)))
	{
		w->failed = true;
		XML_StopParser(w->parser, XML_FALSE);
		return;
	}
	slash = strrchr(w->path.data, '/');
	w->path.len = slash ? (size_t) (slash - w->path.data) : 0;
	w->path.data[w->path.len] = '\0';
	pds_str_reset(&w->text);
}

bool
pds_xml_walk(const char *data, size_t len, PdsXmlFn fn, void *arg,
			 const char *operation, PdsError *err)
{
	Walk		w = {.fn = fn, .arg = arg};
	enum XML_Status status;

	w.parser = XML_ParserCreate("UTF-8");
	if (w.parser == NULL)
		return pds_error_oom(err);
	XML_SetUserData(w.parser, &w);
	XML_SetElementHandler(w.parser, on_start, on_end);
	XML_SetCharacterDataHandler(w.parser, on_text);

	/*
	 * S3 keeps the connection of a slow reply alive by blanks before its
	 * prolog
	 */
	while (len > 0 && (*data == ' ' || *data == '\n' || *data == '\r' || *data == '\t'))
		data++, len--;
	status = XML_Parse(w.parser, data ? data : "", (int) len, 1);
	XML_ParserFree(w.parser);
	pds_str_free(&w.path);
	pds_str_free(&w.text);
	if (w.failed)
		return pds_error_oom(err);
	if (status != XML_STATUS_OK)
	{
		pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to %s is not the XML it should be", operation);
		pds_error_hint(err, "Check that endpoint_url names the service it should.");
		return false;
	}
	return true;
}
