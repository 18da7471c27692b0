/*
 * glue_statistics.h
 *	  What the catalog says of a column's values (doc/dev/aws.md §5).
 */
#ifndef PDS_CORE_GLUE_STATISTICS_H
#define PDS_CORE_GLUE_STATISTICS_H

#include "core/aws/aws.h"

/* digits of a decimal(38), a sign and a point; dates; the shortest text of a double */
#define PDS_STATISTICS_VALUE 64

/* A number that is not said is -1, a text "". */
typedef struct PdsGlueStatistics
{
	const char *column;
	double		nulls;
	double		distinct;
	double		average_length; /* bytes of texts and binaries */
	double		trues;			/* booleans */
	double		falses;
	/* numbers as text, dates as 2024-01-31 */
	char		minimum[PDS_STATISTICS_VALUE];
	char		maximum[PDS_STATISTICS_VALUE];
} PdsGlueStatistics;

/* s and what it points to are the caller's to copy */
typedef void (*PdsGlueStatisticsFn) (void *arg, const PdsGlueStatistics *s);

/*
 * GetColumnStatisticsForTable, or with values (nvalues of them) ForPartition,
 * for n columns by their names.  Columns without statistics are not given.
 */
extern bool pds_glue_get_statistics(PdsAws *aws, const char *catalog_id, const char *database,
									const char *table, char *const *values, int nvalues,
									const char *const *columns, int n, PdsGlueStatisticsFn fn,
									void *arg, PdsError *err);

#endif							/* PDS_CORE_GLUE_STATISTICS_H */
