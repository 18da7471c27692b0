/*
 * strbuf.h
 *	  A growing byte string on malloc, and the few text helpers of the core.
 *
 * A failed allocation sets ->failed and keeps what was there; callers append
 * freely and check once at the end.  The data is always NUL-terminated.
 */
#ifndef PDS_CORE_STRBUF_H
#define PDS_CORE_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct PdsStr
{
	char	   *data;			/* NULL until the first append */
	size_t		len;			/* bytes, without the NUL */
	size_t		cap;
	bool		failed;			/* an allocation failed */
	bool		secret;			/* overwritten before it is freed or moved */
} PdsStr;

extern void pds_str_init(PdsStr *s);
extern void pds_str_init_secret(PdsStr *s);
extern void pds_str_free(PdsStr *s);
extern void pds_str_wipe(PdsStr *s);	/* free what held a secret:
										 * overwritten first */
extern void pds_str_reset(PdsStr *s);	/* len = 0, keeps the memory */
extern bool pds_str_reserve(PdsStr *s, size_t extra);
extern bool pds_str_append(PdsStr *s, const char *text);
extern bool pds_str_append_n(PdsStr *s, const char *data, size_t n);
extern bool pds_str_append_c(PdsStr *s, char c);
extern bool pds_str_appendf(PdsStr *s, const char *fmt,...)
			__attribute__((format(printf, 2, 3)));
extern const char *pds_str_text(const PdsStr *s);	/* never NULL */

/* %XX, upper case hex; unreserved bytes stay; '/' stays when keep_slash */
extern bool pds_str_append_uri(PdsStr *s, const char *data, size_t n, bool keep_slash);

/* lower-case hex */
extern bool pds_str_append_hex(PdsStr *s, const unsigned char *data, size_t n);

/* decode in place; plus_is_space for form encoding.  Returns the new length. */
extern size_t pds_uri_decode(char *data, size_t n, bool plus_is_space);

extern char *pds_strdup(const char *s); /* NULL in, NULL out */
extern char *pds_strndup(const char *s, size_t n);
extern bool pds_str_has_prefix(const char *s, const char *prefix);

/*
 * A number of bytes as services write it: 1 to 18 digits and nothing else; else
 * false and *size is 0.
 */
extern bool pds_size_of_text(const char *text, size_t len, int64_t *size);
extern bool pds_str_has_suffix(const char *s, const char *suffix);
extern int	pds_strcasecmp(const char *a, const char *b);	/* ASCII only */

/* Is the word in the list, which ends with NULL? */
extern bool pds_str_is_one_of(const char *word, const char *const *list);
extern bool pds_str_is_one_of_any_case(const char *word, const char *const *list);	/* ASCII only */
extern void pds_free_secret(char *s);	/* overwritten, then freed; NULL is
										 * fine */

/* overwrite a secret so that the compiler cannot drop it */
extern void pds_secure_zero(void *p, size_t n);

#endif							/* PDS_CORE_STRBUF_H */
