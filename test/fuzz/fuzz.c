/*
 * fuzz.c
 *	  Taking inputs apart, and what must hold of errors: see fuzz.h.
 */
#define _XOPEN_SOURCE 700
#include "fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

FuzzTarget
fuzz_target(const char *name)
{
	static const struct
	{
		const char *name;
		FuzzTarget	target;
	}			targets[] = {
#define X(name) {#name, fuzz_##name},
#include "targets.h"
#undef X
	};
	size_t		i;

	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (strcmp(targets[i].name, name) == 0)
			return targets[i].target;
	return NULL;
}

unsigned int
fuzz_byte(FuzzInput *in, unsigned int below)
{
	unsigned char c;

	if (in->n == 0)
		return 0;
	c = (unsigned char) *in->p;
	in->p++;
	in->n--;
	return (unsigned char) (c - '0') % below;
}

static char *
copy(const char *p, size_t n)
{
	char	   *text = malloc(n + 1);

	if (text == NULL)
		abort();
	if (n > 0)
		memcpy(text, p, n);
	text[n] = '\0';
	return text;
}

char *
fuzz_line(FuzzInput *in)
{
	const char *end = in->n > 0 ? memchr(in->p, '\n', in->n) : NULL;
	size_t		n = end ? (size_t) (end - in->p) : in->n;
	char	   *text = copy(in->p, n);

	in->p += n + (end != NULL);
	in->n -= n + (end != NULL);
	return text;
}

char *
fuzz_rest(FuzzInput *in, size_t *n)
{
	char	   *text = copy(in->p, in->n);

	if (n)
		*n = in->n;
	in->p += in->n;
	in->n = 0;
	return text;
}

const char *
fuzz_find(const char *p, size_t n, const char *what)
{
	size_t		len = strlen(what);

	for (; n >= len; p++, n--)
		if (memcmp(p, what, len) == 0)
			return p;
	return NULL;
}

void
fuzz_fail(const char *file, int line, const char *what, const char *text)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	if (text)
		fprintf(stderr, "%s\n", text);
	abort();
}

void
fuzz_check_text(const char *text, bool breaks)
{
	const unsigned char *p;

	FUZZ_SAY(pds_utf8_valid(text, strlen(text)), text);
	for (p = (const unsigned char *) text; *p; p++)
	{
		if (breaks && (*p == '\n' || *p == '\t'))
			continue;
		FUZZ_SAY(*p >= 0x20 && *p != 0x7f, text);
		FUZZ_SAY(!(p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0), text);
	}
}

void
fuzz_check_error(const PdsError *err)
{
	FUZZ_CHECK(err->kind != PDS_ERR_NONE);
	FUZZ_CHECK(err->message[0] != '\0');
	fuzz_check_text(err->message, true);
	fuzz_check_text(err->detail, true);
	fuzz_check_text(err->hint, true);
	fuzz_check_text(err->service, false);
	fuzz_check_text(err->operation, false);
	fuzz_check_text(err->resource, false);
	fuzz_check_text(err->aws_code, false);
	fuzz_check_text(err->request_id, false);
	fuzz_check_text(err->host_id, false);
	fuzz_check_text(err->execution_id, false);
}

bool
fuzz_check_call(bool ok, const PdsError *err)
{
	if (!ok)
		fuzz_check_error(err);
	return ok;
}

static char folder[] = "/tmp/pds_fuzz.XXXXXX";
static pid_t folder_of;

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void) st;
	(void) type;
	(void) at;
	return remove(path);
}

/* not by a child that this process has started */
static void
remove_folder(void)
{
	if (getpid() == folder_of)
		(void) nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *
fuzz_folder(void)
{
	if (folder_of == 0)
	{
		FUZZ_CHECK(mkdtemp(folder) != NULL);
		folder_of = getpid();
		atexit(remove_folder);
	}
	return folder;
}
