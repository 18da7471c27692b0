/*
 * utf8.h
 *	  Is a stretch of bytes valid UTF-8, and where do characters begin?
 *
 * Which of the two checks a machine can run is csv_scan.c's choice: callers
 * ask pds_utf8_valid there.
 */
#ifndef PDS_CORE_UTF8_H
#define PDS_CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* the reference */
extern bool pds_utf8_scalar(const char *buf, size_t len);
#if defined(__x86_64__)
/* the same; the machine must have AVX2 */
extern bool pds_utf8_avx2(const char *buf, size_t len);
#endif

/* bytes of the character at s[0..n), n > 0; 0: none begins there that is valid */
extern int	pds_utf8_length(const char *s, size_t n);

/* characters (code points) of s[0..n) */
extern size_t pds_utf8_count(const char *s, size_t n);

/* bytes of the first `chars` code points of s[0..n) (varchar(n) truncation) */
extern size_t pds_utf8_prefix(const char *s, size_t n, int chars);

#endif							/* PDS_CORE_UTF8_H */
