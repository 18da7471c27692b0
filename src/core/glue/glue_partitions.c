/*
 * glue_partitions.c
 *	  Partitions of the Glue Data Catalog, many at a time (AWS.md 5.1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/glue/glue_internal.h"

/* pages that are read one after the other before segments are worth it */
#define SEQUENTIAL_PAGES	2
#define MAX_SEGMENTS		10
/* partitions of a page, and of a BatchGetPartition */
#define PAGE_SIZE			1000
#define MAX_PARALLEL		10

/* what is done with the partitions of a reply */
typedef struct Sink
{
	PdsGluePartitionFn fn;
	void	   *arg;
	int			given;			/* partitions handed over */
	bool		enough;			/* fn wants no more */
} Sink;

/* one of several calls of an operation that are under way at once */
typedef struct Slot
{
	cJSON	   *in;				/* NULL: no further call */
	PdsJsonCall call;
} Slot;

/* Takes a reply and makes slot->in the input of the next call, or NULL. */
typedef bool (*ReplyFn) (void *state, Slot *slot, const cJSON *reply, PdsError *err);

static bool
hand_over(Sink *s, const cJSON *reply, PdsError *err)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(reply, "Partitions");
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		PdsGluePartition *p = pds_glue_partition_of_json(item);

		if (p == NULL)
			return pds_error_oom(err);
		s->given++;
		if (!s->fn(s->arg, p))
		{
			s->enough = true;
			return true;
		}
	}
	return true;
}

/* Put the token of a reply into the input of the next call; *more: there is one. */
static bool
follow_token(cJSON *in, const cJSON *reply, bool *more, PdsError *err)
{
	const cJSON *token = cJSON_GetObjectItemCaseSensitive(reply, "NextToken");

	*more = cJSON_IsString(token) && token->valuestring[0] != '\0';
	cJSON_DeleteItemFromObjectCaseSensitive(in, "NextToken");
	if (*more && cJSON_AddStringToObject(in, "NextToken", token->valuestring) == NULL)
		return pds_error_oom(err);
	return true;
}

/* ---- several calls at once ---- */

/* Calls of an operation in every slot until none has a further input. */
static bool
run(PdsAws *aws, const char *operation, const char *resource, Slot *slots, int n,
	ReplyFn on_reply, void *state, PdsError *err)
{
	bool		ok = true;
	bool		any = true;
	int			i;

	for (i = 0; i < n && ok; i++)
		if (slots[i].in)
			ok = pds_aws_json_start(aws, PDS_GLUE, operation, slots[i].in, false, resource,
									&slots[i].call, err);
	while (ok && any)
	{
		any = false;
		for (i = 0; i < n && ok; i++)
		{
			cJSON	   *reply = NULL;

			if (slots[i].call.transfer == NULL)
				continue;
			any = true;
			/* the others go on while this one is waited for */
			ok = pds_aws_json_finish(aws, &slots[i].call, &reply, err) &&
				on_reply(state, &slots[i], reply, err);
			cJSON_Delete(reply);
			if (ok && slots[i].in)
				ok = pds_aws_json_start(aws, PDS_GLUE, operation, slots[i].in, false, resource,
										&slots[i].call, err);
		}
	}
	for (i = 0; i < n; i++)
	{
		pds_aws_json_drop(&slots[i].call);
		cJSON_Delete(slots[i].in);
		slots[i].in = NULL;
	}
	return ok;
}

/* ---- GetPartitions ---- */

static cJSON *
partitions_input(const char *catalog_id, const char *database, const char *table,
				 const char *expression)
{
	cJSON	   *in = pds_glue_input(catalog_id);

	if (in)
	{
		cJSON_AddStringToObject(in, "DatabaseName", database);
		cJSON_AddStringToObject(in, "TableName", table);
		cJSON_AddBoolToObject(in, "ExcludeColumnSchema", true);
		cJSON_AddNumberToObject(in, "MaxResults", PAGE_SIZE);
		if (expression && expression[0])
			cJSON_AddStringToObject(in, "Expression", expression);
	}
	return in;
}

/* not about who asks or how often, but about what is asked */
static bool
refuses_expression(const PdsError *err)
{
	return err->http_status == 400 && err->kind != PDS_ERR_AUTH &&
		err->kind != PDS_ERR_ACCESS_DENIED && err->kind != PDS_ERR_NOT_FOUND &&
		err->kind != PDS_ERR_THROTTLED;
}

/* the first pages; *more: there are others */
static bool
first_pages(PdsAws *aws, cJSON *in, const char *resource, int pages, Sink *s, bool *more,
			PdsError *err)
{
	bool		ok = in != NULL || pds_error_oom(err);

	*more = true;
	while (ok && *more && pages-- != 0)
	{
		cJSON	   *reply;

		ok = pds_aws_json_call(aws, PDS_GLUE, "GetPartitions", in, false, resource, &reply, err) &&
			hand_over(s, reply, err) && follow_token(in, reply, more, err);
		*more = *more && !s->enough;
		cJSON_Delete(reply);
	}
	cJSON_Delete(in);
	return ok;
}

static bool
segment_page(void *state, Slot *slot, const cJSON *reply, PdsError *err)
{
	Sink	   *s = state;
	bool		more;

	if (!hand_over(s, reply, err) || !follow_token(slot->in, reply, &more, err))
		return false;
	if (!more || s->enough)
	{
		cJSON_Delete(slot->in);
		slot->in = NULL;
	}
	return true;
}

static bool
in_segments(PdsAws *aws, const cJSON *in, const char *resource, int n, Sink *s, PdsError *err)
{
	Slot		slots[MAX_SEGMENTS];
	bool		ok = true;
	int			i;

	memset(slots, 0, sizeof(slots));
	for (i = 0; i < n && ok; i++)
	{
		cJSON	   *segment;

		slots[i].in = cJSON_Duplicate(in, true);
		segment = slots[i].in ? cJSON_AddObjectToObject(slots[i].in, "Segment") : NULL;
		ok = segment && cJSON_AddNumberToObject(segment, "SegmentNumber", i) &&
			cJSON_AddNumberToObject(segment, "TotalSegments", n);
	}
	if (!ok)
	{
		for (i = 0; i < n; i++)
			cJSON_Delete(slots[i].in);
		return pds_error_oom(err);
	}
	return run(aws, "GetPartitions", resource, slots, n, segment_page, s, err);
}

/* one expression, or none */
static bool
list_partitions(PdsAws *aws, const char *catalog_id, const char *database, const char *table,
				const char *expression, const char *resource, int segments, Sink *s,
				PdsError *err)
{
	bool		more;
	cJSON	   *in;
	bool		ok;

	if (segments > MAX_SEGMENTS)
		segments = MAX_SEGMENTS;
	if (!first_pages(aws, partitions_input(catalog_id, database, table, expression), resource,
					 segments > 1 ? SEQUENTIAL_PAGES : -1, s, &more, err))
		return false;
	if (!more)
		return true;
	in = partitions_input(catalog_id, database, table, expression);
	ok = in ? in_segments(aws, in, resource, segments, s, err) : pds_error_oom(err);
	cJSON_Delete(in);
	return ok;
}

bool
pds_glue_get_partitions(PdsAws *aws, const char *catalog_id, const char *database,
						const char *table, const char *expression, int max_segments,
						PdsGluePartitionFn fn, void *arg, PdsError *err)
{
	Sink		s = {.fn = fn, .arg = arg};
	char		resource[512];
	bool		ok;

	snprintf(resource, sizeof(resource), "%s.%s", database, table);
	ok = list_partitions(aws, catalog_id, database, table, expression, resource, max_segments,
						 &s, err);
	/* an expression the service does not take is refused on the first page */
	if (!ok && s.given == 0 && expression && expression[0] && refuses_expression(err))
	{
		pds_error_clear(err);
		ok = list_partitions(aws, catalog_id, database, table, NULL, resource, max_segments, &s,
							 err);
	}
	return ok;
}

bool
pds_glue_get_partitions_strict(PdsAws *aws, const char *catalog_id, const char *database,
							   const char *table, const char *expression, PdsGluePartitionFn fn,
							   void *arg, PdsError *err)
{
	Sink		s = {.fn = fn, .arg = arg};
	char		resource[512];

	snprintf(resource, sizeof(resource), "%s.%s", database, table);
	return list_partitions(aws, catalog_id, database, table, expression, resource, 1, &s, err);
}

/* ---- BatchGetPartition ---- */

typedef struct Batch
{
	Sink		sink;
	const char *catalog_id;
	const char *database;
	const char *table;
	char	   *const *const *values;
	int			nvalues;
	int			n;
	int			next;			/* the first that was not asked for */
	const char *resource;
} Batch;

/* the input for the next thousand; NULL: there are none, or (err set) no memory */
static cJSON *
next_batch(Batch *b, PdsError *err)
{
	cJSON	   *in;
	cJSON	   *list;
	int			end = b->next + PAGE_SIZE < b->n ? b->next + PAGE_SIZE : b->n;

	if (b->next >= b->n)
		return NULL;
	in = pds_glue_input(b->catalog_id);
	if (in)
	{
		cJSON_AddStringToObject(in, "DatabaseName", b->database);
		cJSON_AddStringToObject(in, "TableName", b->table);
	}
	list = in ? cJSON_AddArrayToObject(in, "PartitionsToGet") : NULL;
	for (; list && b->next < end; b->next++)
	{
		cJSON	   *one = cJSON_CreateObject();
		cJSON	   *values = one ? cJSON_CreateStringArray((const char *const *) b->values[b->next],
														   b->nvalues) : NULL;

		if (one == NULL || !cJSON_AddItemToArray(list, one))
			list = NULL;
		else if (values == NULL || !cJSON_AddItemToObject(one, "Values", values))
			list = NULL;
	}
	if (list == NULL)
	{
		cJSON_Delete(in);
		pds_error_oom(err);
		return NULL;
	}
	return in;
}

static bool
batch_reply(void *state, Slot *slot, const cJSON *reply, PdsError *err)
{
	Batch	   *b = state;
	const cJSON *left = cJSON_GetObjectItemCaseSensitive(reply, "UnprocessedKeys");

	if (cJSON_GetArraySize(left) > 0)
	{
		pds_error_set(err, PDS_ERR_SERVICE, "Glue did not answer for all partitions of %s",
					  b->resource);
		pds_error_context(err, "glue", "BatchGetPartition", b->resource);
		pds_error_hint(err, "Try again.");
		return false;
	}
	if (!hand_over(&b->sink, reply, err))
		return false;
	cJSON_Delete(slot->in);
	pds_error_clear(err);
	slot->in = b->sink.enough ? NULL : next_batch(b, err);
	return err->kind == PDS_ERR_NONE;
}

bool
pds_glue_batch_get_partition(PdsAws *aws, const char *catalog_id, const char *database,
							 const char *table, char *const *const *values, int nvalues, int n,
							 int max_parallel, PdsGluePartitionFn fn, void *arg, PdsError *err)
{
	char		resource[512];
	Slot		slots[MAX_PARALLEL];
	Batch		b = {
		.sink = {.fn = fn, .arg = arg},
		.catalog_id = catalog_id,
		.database = database,
		.table = table,
		.values = values,
		.nvalues = nvalues,
		.n = n,
		.resource = resource,
	};
	int			i;

	snprintf(resource, sizeof(resource), "%s.%s", database, table);
	if (max_parallel > MAX_PARALLEL)
		max_parallel = MAX_PARALLEL;
	memset(slots, 0, sizeof(slots));
	pds_error_clear(err);
	for (i = 0; i < max_parallel && err->kind == PDS_ERR_NONE; i++)
		slots[i].in = next_batch(&b, err);
	if (err->kind != PDS_ERR_NONE)
	{
		for (i = 0; i < max_parallel; i++)
			cJSON_Delete(slots[i].in);
		return false;
	}
	return run(aws, "BatchGetPartition", resource, slots, max_parallel, batch_reply, &b, err);
}
