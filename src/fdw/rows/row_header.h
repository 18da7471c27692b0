/*
 * row_header.h
 *	  Columns bound by the names in the header of each object (PdsHeaderMode).
 */
#ifndef PDS_FDW_ROW_HEADER_H
#define PDS_FDW_ROW_HEADER_H

#include "core/serde/serde.h"

struct PdsRowSource;

typedef struct PdsRowHeader PdsRowHeader;

/*
 * Where the processes of a scan keep the headers of objects that several of them read.  find: true
 * with the record in *text, palloc'd; false: the caller fetches it, and keeps it for the others
 * (fetched), as it does with a header that it comes by.
 */
typedef struct PdsHeaderStore
{
	void	   *arg;
	bool		(*find) (void *arg, int object, char **text, Size *len);
	void		(*keep) (void *arg, int object, const char *text, Size len, bool fetched);
} PdsHeaderStore;

/* what headers are compared with */
typedef struct PdsHeaderNames
{
	int			n;				/* fields of the table; src->wanted are among
								 * them */
	const char **names;			/* by field, UTF-8 */
	int			unnamed;		/* NAMES: the last of them are no names, but
								 * fields behind those that this header names */
	bool		any_case;		/* MATCH: the catalog has lower case only */
	bool		some_needed;	/* NAMES: a header with none of the names is
								 * an error, not a WARNING */
	const PdsHeaderStore *store;	/* NULL: one process reads an object */
} PdsHeaderNames;

/*
 * Makes src look at headers where its batches have some; before the first row.  What names points
 * to lives as long as src.
 */
extern void pds_rows_set_names(struct PdsRowSource *src, const PdsHeaderNames *names);

/* src->batch is a header, or says that it is elsewhere: check it, or bind src's columns by it. */
extern void pds_rows_take_header(struct PdsRowSource *src);

/* fields of the record at hand of format opencsv, which wants them in their order */
extern bool pds_rows_cut_in_order(struct PdsRowSource *src, size_t r);

#endif							/* PDS_FDW_ROW_HEADER_H */
