/*
 * split_queue.h
 *	  A fetch's source of splits out of an array.
 */
#ifndef PDS_TEST_SPLIT_QUEUE_H
#define PDS_TEST_SPLIT_QUEUE_H

#include "core/read/fetch.h"

typedef struct Queue
{
	PdsSplit   *splits;
	int			n;
	int			at;
} Queue;

/* PdsNextSplitFn */
static bool
next_of_queue(void *arg, PdsSplit *split)
{
	Queue	   *q = arg;

	if (q->at == q->n)
		return false;
	*split = q->splits[q->at++];
	return true;
}

#endif							/* PDS_TEST_SPLIT_QUEUE_H */
