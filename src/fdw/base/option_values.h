/*
 * option_values.h
 *	  Values of options that are more than a word: for options.c.
 */
#ifndef PDS_FDW_OPTION_VALUES_H
#define PDS_FDW_OPTION_VALUES_H

#include "fdw/base/options.h"

/* PostgreSQL's number of cp1252 and the like, which it calls WIN1252; -1: it has none */
extern int	pds_windows_encoding(const char *name);

/* Is it an encoding that iconv knows, by a name that a dialect can hold? */
extern bool pds_recodable(const char *name);

/* A JSON array of strings, or one text; palloc'd. */
extern PdsWords *pds_parse_words(const char *text);

/* a location: one, a pattern, or a list of these */
extern bool pds_are_places(const char *text);

/* Can it be one object only?  Not a folder, written with its slash, a pattern or a list. */
extern bool pds_names_one_object(const char *location);

/* what a value of the option header makes of the header's names */
extern PdsHeaderMode pds_header_mode(const char *text);

/* ... and how many lines it has: one where it names columns.  False: it is no such value. */
extern bool pds_parse_header(const char *text, int *lines);

/* Our name of an option, or of an option's value, that other tools call so; NULL: none is known. */
extern const char *pds_option_alias(const char *name);
extern const char *pds_word_alias(const char *word);

#endif							/* PDS_FDW_OPTION_VALUES_H */
