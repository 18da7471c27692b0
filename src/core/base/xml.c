/*
 * xml.c
 *	  Walking small XML replies by expat.
 */
#include "core/base/xml.h"

#include <expat.h>
#include <string.h>

#include "core/base/strbuf.h"

#define MAX_XML_DEPTH	32

typedef struct XmlWalk
{
	XML_Parser	parser;
	PdsXmlFn	fn;
	void	   *arg;
	const char *root;
	PdsError   *err;
	PdsStr		path;
	PdsStr		text;
	int			depth;
	bool		refused;		/* too deep, or another root */
	bool		failed;			/* by fn, or memory */
} XmlWalk;

static void XMLCALL
on_start(void *arg, const XML_Char *name, const XML_Char **atts)
{
	XmlWalk    *w = arg;
	const char *colon = strrchr(name, ':');

	(void) atts;
	if (++w->depth > MAX_XML_DEPTH ||
		(w->depth == 1 && strcmp(colon ? colon + 1 : name, w->root) != 0))
	{
		w->refused = true;
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
	XmlWalk    *w = arg;

	pds_str_append_n(&w->text, text, (size_t) len);
}

static void XMLCALL
on_end(void *arg, const XML_Char *name)
{
	XmlWalk    *w = arg;
	char	   *slash;

	(void) name;
	/* expat still tells the end of an element without content */
	if (w->refused || w->failed)
		return;
	w->depth--;
	if (w->path.failed || w->text.failed ||
		(w->fn && !w->fn(w->arg, pds_str_text(&w->path), pds_str_text(&w->text), w->err)))
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
pds_xml_walk(const PdsXmlReply *reply, PdsXmlFn fn, void *arg, PdsError *err)
{
	XmlWalk		w = {.fn = fn, .arg = arg, .root = reply->root, .err = err};
	const char *data = reply->data ? reply->data : "";
	size_t		len = reply->data ? reply->len : 0;
	enum XML_Status status;

	w.parser = XML_ParserCreate("UTF-8");
	if (w.parser == NULL)
		return pds_error_oom(err);
	pds_error_clear(err);
	w.text.secret = reply->secret;
	XML_SetUserData(w.parser, &w);
	XML_SetElementHandler(w.parser, on_start, on_end);
	XML_SetCharacterDataHandler(w.parser, on_text);

	/*
	 * S3 keeps the connection of a slow reply alive by blanks before its
	 * prolog
	 */
	while (len > 0 && (*data == ' ' || *data == '\n' || *data == '\r' || *data == '\t'))
		data++, len--;
	status = XML_Parse(w.parser, data, (int) len, 1);
	XML_ParserFree(w.parser);
	pds_str_free(&w.path);
	pds_str_free(&w.text);
	if (w.failed && err->kind == PDS_ERR_NONE)
		return pds_error_oom(err);
	if (!w.failed && status != XML_STATUS_OK)
	{
		pds_error_set(err, PDS_ERR_PROTOCOL, "the reply to %s is not the XML it should be",
					  reply->operation);
		pds_error_received(err, reply->root, reply->secret ? NULL : data, len);
	}
	if (err->kind != PDS_ERR_NONE)
		pds_error_context(err, reply->service, reply->operation, reply->resource);
	return err->kind == PDS_ERR_NONE;
}
