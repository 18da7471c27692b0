/*
 * fuzz.h
 *	  What the targets share: taking an input apart, and saying what must hold.
 *
 * A target is a function fuzz_NAME over one input; targets.h lists them.  The same
 * functions are run by libFuzzer (make fuzz) and over the inputs that are kept
 * (test/unit/test_fuzz_inputs.c).  The first bytes of an input choose, the rest is what
 * the parser reads, so that kept inputs can be read and written by hand.
 */
#ifndef PDS_FUZZ_H
#define PDS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/aws/aws.h"
#include "core/base/error.h"
#include "core/base/strbuf.h"
#include "core/csv/csv_scan.h"
#include "fnv.h"

/* what is left of the input */
typedef struct FuzzInput
{
	const char *p;
	size_t		n;
} FuzzInput;

#define X(name)	extern void fuzz_##name(FuzzInput *in);
#include "targets.h"
#undef X

/* the target of that name, or NULL */
typedef void (*FuzzTarget) (FuzzInput *in);
extern FuzzTarget fuzz_target(const char *name);

/* '0' gives 0, 'A' 17; 0 where there is none */
extern unsigned int fuzz_byte(FuzzInput *in, unsigned int below);

/* up to the next line feed, which goes; a string of its own */
extern char *fuzz_line(FuzzInput *in);

/* all that is left; a string of its own, which may hold zero bytes */
extern char *fuzz_rest(FuzzInput *in, size_t *n);

/* where the text begins in p[0..n), or NULL */
extern const char *fuzz_find(const char *p, size_t n, const char *what);

/* What must hold.  Prints and aborts. */
#define FUZZ_CHECK(what) \
	((what) ? (void) 0 : fuzz_fail(__FILE__, __LINE__, #what, NULL))
#define FUZZ_SAY(what, text) \
	((what) ? (void) 0 : fuzz_fail(__FILE__, __LINE__, #what, text))
extern void fuzz_fail(const char *file, int line, const char *what, const char *text)
			__attribute__((noreturn));

/* valid UTF-8 without control bytes; breaks: line feeds and TABs may be */
extern void fuzz_check_text(const char *text, bool breaks);

/* an error that can be shown to somebody: a kind, a message, and what the strings hold */
extern void fuzz_check_error(const PdsError *err);

/* of a call: it is true, or it has an error */
extern bool fuzz_check_call(bool ok, const PdsError *err);

/* A folder for this process, gone at its exit. */
extern const char *fuzz_folder(void);

/*
 * ---- a client whose network is the input (fake_curl.c) ----
 *
 * The replies stand one behind the other, with "\n----\n" between them: status line,
 * headers, an empty line, the body.  "curl 28" in the place of a status line: curl
 * ends with that code.  X-Wait: so many seconds pass before the body.
 * Behind the last one nobody answers.
 */
extern void fuzz_serve(const char *replies, size_t n, size_t slice);

/* a client and, signing with fixed keys, a session; freed by fuzz_client_free */
extern PdsHttp *fuzz_client(void);
extern PdsAws *fuzz_aws(void);
extern void fuzz_client_free(void);

/* how many times something was sent since fuzz_serve */
extern int	fuzz_requests(void);

#endif							/* PDS_FUZZ_H */
