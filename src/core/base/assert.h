/*
 * assert.h
 *	  What must hold, checked in builds for tests.
 *
 * PDS_CASSERT is set for the unit tests, and where the extension is built for
 * a server with --enable-cassert.
 */
#ifndef PDS_CORE_ASSERT_H
#define PDS_CORE_ASSERT_H

#ifdef PDS_CASSERT
/* says what and where on stderr, and aborts */
extern void pds_assert_failed(const char *condition, const char *file, int line)
			__attribute__((noreturn));

#define PDS_ASSERT(condition) \
	((condition) ? (void) 0 : pds_assert_failed(#condition, __FILE__, __LINE__))
#else
#define PDS_ASSERT(condition) ((void) 0)
#endif

/* an array that is indexed by an enum has an entry for each of its values */
#define PDS_ASSERT_ENTRIES(array, n) \
	_Static_assert(sizeof(array) / sizeof((array)[0]) == (n), #array " has " #n " entries")

#endif							/* PDS_CORE_ASSERT_H */
