/*
 * glue_crawler.h
 *	  Glue's own crawlers: create, start, stop, look at (doc/dev/aws.md §5.1).
 */
#ifndef PDS_CORE_GLUE_CRAWLER_H
#define PDS_CORE_GLUE_CRAWLER_H

#include "core/aws/aws.h"

typedef struct PdsCrawler
{
	char	   *name;
	char	   *state;			/* READY, RUNNING, STOPPING */
	char	   *role;
	char	   *database;		/* NULL: none */
	char	   *table_prefix;	/* NULL: none */
	char	   *description;	/* NULL: none */
	char	   *schedule;		/* NULL: none */
	char	  **paths;			/* of its S3 targets */
	int			npaths;
	char	   *last_status;	/* SUCCEEDED, CANCELLED, FAILED; NULL: it
								 * never ran */
	char	   *last_error;		/* NULL: none */
	double		last_start;		/* seconds since 1970; 0: unknown */
} PdsCrawler;

extern void pds_crawler_free(PdsCrawler *c);	/* NULL is fine */

/* NULL with PDS_ERR_NOT_FOUND when there is no such crawler */
extern PdsCrawler *pds_glue_get_crawler(PdsAws *aws, const char *name, PdsError *err);

/* All of them; the callback owns what it is given, and returns false to stop early. */
typedef bool (*PdsCrawlerFn) (void *arg, PdsCrawler *c);
extern bool pds_glue_get_crawlers(PdsAws *aws, PdsCrawlerFn fn, void *arg, PdsError *err);

/* table_prefix and description may be NULL; one S3 target */
extern bool pds_glue_create_crawler(PdsAws *aws, const char *name, const char *role,
									const char *database, const char *path,
									const char *table_prefix, const char *description,
									PdsError *err);

/* *running: it ran already (that is no error) */
extern bool pds_glue_start_crawler(PdsAws *aws, const char *name, bool *running, PdsError *err);

/* *running false: there was nothing to stop */
extern bool pds_glue_stop_crawler(PdsAws *aws, const char *name, bool *running, PdsError *err);
extern bool pds_glue_delete_crawler(PdsAws *aws, const char *name, PdsError *err);

#endif							/* PDS_CORE_GLUE_CRAWLER_H */
