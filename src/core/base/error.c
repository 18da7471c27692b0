/*
 * error.c
 *	  Filling in a PdsError.  Turning one into an ereport is not done here but in
 *	  fdw/base/error_map.c.
 */
#include "core/base/error.h"

#include <stdio.h>
#include <string.h>

#include "core/base/utf8.h"

void
pds_copy_cut(char *dst, size_t cap, const char *src, size_t srclen)
{
	size_t		n = srclen;

	if (cap == 0)
		return;
	if (n > cap - 1)
	{
		n = cap - 1;
		/* src[n] is the first byte left out: it must not continue a character */
		while (n > 0 && ((unsigned char) src[n] & 0xC0) == 0x80)
			n--;
	}
	if (n > 0)
		memcpy(dst, src, n);
	dst[n] = '\0';
}

/*
 * Control characters, and bytes that are not UTF-8, become visible; keep_breaks: but
 * line feeds and TABs.  Cut at a character.
 */
static void
escape(char *out, size_t cap, const char *text, size_t len, bool keep_breaks)
{
	size_t		n = 0;
	size_t		i = 0;

	while (i < len)
	{
		unsigned char c = (unsigned char) text[i];
		int			bytes = pds_utf8_length(text + i, len - i);
		char		one[5];

		if (keep_breaks && (c == '\n' || c == '\t'))
			snprintf(one, sizeof(one), "%c", c);
		else if (c == '\n' || c == '\r' || c == '\t')
			snprintf(one, sizeof(one), "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
		else if (c < 0x20 || c == 0x7f || bytes == 0)
			snprintf(one, sizeof(one), "\\x%02x", c);
		/* U+0080 to U+009F: terminals obey them, too */
		else if (c == 0xC2 && (unsigned char) text[i + 1] < 0xA0)
			snprintf(one, sizeof(one), "\\x%02x", (unsigned char) text[i + 1]);
		else
			snprintf(one, sizeof(one), "%.*s", bytes, text + i);
		if (n + strlen(one) >= cap)
			break;
		memcpy(out + n, one, strlen(one));
		n += strlen(one);
		i += bytes > 0 ? (size_t) bytes : 1;
	}
	out[n] = '\0';
}

static void vformat_cut(char *dst, size_t cap, const char *fmt, va_list ap)
			__attribute__((format(printf, 3, 0)));

static void
vformat_cut(char *dst, size_t cap, const char *fmt, va_list ap)
{
	char		buf[4096];
	int			n = vsnprintf(buf, sizeof(buf), fmt, ap);

	if (n < 0)
		n = 0;
	if ((size_t) n >= sizeof(buf))
		n = (int) sizeof(buf) - 1;
	escape(dst, cap, buf, (size_t) n, true);
}

void
pds_error_clear(PdsError *err)
{
	memset(err, 0, sizeof(*err));
}

bool
pds_error_reply_lost(const PdsError *err)
{
	return err->kind == PDS_ERR_CANCELLED || err->kind == PDS_ERR_BROKEN ||
		err->kind == PDS_ERR_TIMEOUT || err->kind == PDS_ERR_PROTOCOL;
}

bool
pds_error_set(PdsError *err, PdsErrorKind kind, const char *fmt,...)
{
	va_list		ap;
	PdsError	fresh;

	/* the arguments may point into *err */
	memset(&fresh, 0, sizeof(fresh));
	fresh.kind = kind;
	va_start(ap, fmt);
	vformat_cut(fresh.message, sizeof(fresh.message), fmt, ap);
	va_end(ap);
	*err = fresh;
	return false;
}

void
pds_error_detail(PdsError *err, const char *fmt,...)
{
	va_list		ap;

	va_start(ap, fmt);
	vformat_cut(err->detail, sizeof(err->detail), fmt, ap);
	va_end(ap);
}

void
pds_error_hint(PdsError *err, const char *fmt,...)
{
	va_list		ap;

	err->advice = PDS_ADVICE_NONE;
	va_start(ap, fmt);
	vformat_cut(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
}

void
pds_error_advise(PdsError *err, PdsAdvice advice)
{
	err->hint[0] = '\0';
	err->advice = advice;
}

void
pds_error_context(PdsError *err, const char *service, const char *operation,
				  const char *resource)
{
	if (service)
		pds_escape_text(err->service, sizeof(err->service), service, strlen(service));
	if (operation)
		pds_escape_text(err->operation, sizeof(err->operation), operation, strlen(operation));
	if (resource)
		pds_escape_text(err->resource, sizeof(err->resource), resource, strlen(resource));
}

void
pds_escape_text(char *out, size_t cap, const char *text, size_t len)
{
	escape(out, cap, text, len, false);
}

void
pds_error_received(PdsError *err, const char *wanted, const char *data, size_t len)
{
	char		text[160];

	if (data == NULL)
		pds_error_detail(err, "It should be %s.", wanted);
	else if (len == 0)
		pds_error_detail(err, "It should be %s, and is empty.", wanted);
	else
	{
		pds_escape_text(text, sizeof(text), data, len);
		pds_error_detail(err, "It should be %s, and begins: %s", wanted, text);
	}
	pds_error_hint(err, "Check that endpoint_url names the service it should.");
}

bool
pds_error_oom(PdsError *err)
{
	return pds_error_set(err, PDS_ERR_OUT_OF_MEMORY, "out of memory");
}
