/*
 * glue_partitions.c
 *	  Partitions of the Glue Data Catalog, many at a time (doc/dev/aws.md §5.1).
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
typedef struct PartitionSink
{
	PdsGluePartitionFn fn;
	void	   *arg;
	int			given;			/* partitions handed over */
	bool		enough;			/* fn wants no more */
} PartitionSink;

/* one of several calls of an operation that are under way at once */
typedef struct Slot
{
	PdsJson		in;
	PdsPager	pager;
	bool		wanted;			/* in is the input of a further call */
	PdsJsonCall call;
} Slot;

/* Takes a reply and makes slot->in the input of the next call, if one is wanted. */
typedef bool (*ReplyFn) (void *state, Slot *slot, const cJSON *reply, PdsError *err);

static bool
hand_over(PartitionSink *s, const cJSON *reply, PdsError *err)
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

/* ---- several calls at once ---- */

/* Calls of an operation in every slot until none wants another; inputs are freed. */
static bool
run_segments(PdsAws *aws, const char *operation, const char *resource, Slot *slots, int n,
			 ReplyFn on_reply, void *state, PdsError *err)
{
	bool		ok = true;
	bool		any = true;
	int			i;

	for (i = 0; i < n && ok; i++)
		if (slots[i].wanted)
			ok = pds_aws_json_start(aws, PDS_GLUE, operation, &slots[i].in, false, resource,
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
			if (ok && slots[i].wanted)
				ok = pds_aws_json_start(aws, PDS_GLUE, operation, &slots[i].in, false, resource,
										&slots[i].call, err);
		}
	}
	for (i = 0; i < n; i++)
	{
		pds_aws_json_drop(&slots[i].call);
		pds_pager_free(&slots[i].pager);
		pds_json_free(&slots[i].in);
	}
	return ok;
}

/* ---- GetPartitions ---- */

static void
partitions_input(PdsJson *in, const char *catalog_id, const char *database, const char *table,
				 const char *expression)
{
	pds_glue_input(in, catalog_id);
	pds_json_put_text(in, in->root, "DatabaseName", database);
	pds_json_put_text(in, in->root, "TableName", table);
	pds_json_put_bool(in, in->root, "ExcludeColumnSchema", true);
	pds_json_put_number(in, in->root, "MaxResults", PAGE_SIZE);
	if (expression && expression[0])
		pds_json_put_text(in, in->root, "Expression", expression);
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
first_pages(PdsAws *aws, PdsJson *in, const char *resource, int pages, PartitionSink *s, bool *more,
			PdsError *err)
{
	PdsPager	pager;
	bool		ok = true;

	pds_pager_init(&pager);
	*more = true;
	while (ok && *more && pages-- != 0)
	{
		cJSON	   *reply;

		ok = pds_aws_json_call(aws, PDS_GLUE, "GetPartitions", in, false, resource, &reply, err) &&
			hand_over(s, reply, err) &&
			pds_aws_next_page(&pager, "GetPartitions", resource, reply, in, err);
		*more = ok && pds_pager_more(&pager) && !s->enough;
		cJSON_Delete(reply);
	}
	pds_pager_free(&pager);
	return ok;
}

static bool
segment_page(void *state, Slot *slot, const cJSON *reply, PdsError *err)
{
	PartitionSink *s = state;

	if (!hand_over(s, reply, err) ||
		!pds_aws_next_page(&slot->pager, "GetPartitions", slot->call.resource, reply, &slot->in,
						   err))
		return false;
	slot->wanted = pds_pager_more(&slot->pager) && !s->enough;
	return true;
}

static bool
in_segments(PdsAws *aws, const PdsJson *in, const char *resource, int n, PartitionSink *s,
			PdsError *err)
{
	Slot		slots[MAX_SEGMENTS];
	int			i;

	memset(slots, 0, sizeof(slots));
	for (i = 0; i < n; i++)
	{
		cJSON	   *segment;

		pds_json_copy(&slots[i].in, in);
		segment = pds_json_put_object(&slots[i].in, slots[i].in.root, "Segment");
		pds_json_put_number(&slots[i].in, segment, "SegmentNumber", i);
		pds_json_put_number(&slots[i].in, segment, "TotalSegments", n);
		slots[i].wanted = true;
	}
	return run_segments(aws, "GetPartitions", resource, slots, n, segment_page, s, err);
}

/* one expression, or none */
static bool
list_partitions(PdsAws *aws, const char *catalog_id, const char *database, const char *table,
				const char *expression, const char *resource, int segments, PartitionSink *s,
				PdsError *err)
{
	bool		more;
	PdsJson		in;
	bool		ok;

	if (segments > MAX_SEGMENTS)
		segments = MAX_SEGMENTS;
	partitions_input(&in, catalog_id, database, table, expression);
	ok = first_pages(aws, &in, resource, segments > 1 ? SEQUENTIAL_PAGES : -1, s, &more, err);
	pds_json_free(&in);
	if (!ok || !more)
		return ok;
	partitions_input(&in, catalog_id, database, table, expression);
	ok = in_segments(aws, &in, resource, segments, s, err);
	pds_json_free(&in);
	return ok;
}

bool
pds_glue_get_partitions(PdsAws *aws, const char *catalog_id, const char *database,
						const char *table, const char *expression, int max_segments,
						PdsGluePartitionFn fn, void *arg, PdsError *err)
{
	PartitionSink s = {.fn = fn, .arg = arg};
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
	PartitionSink s = {.fn = fn, .arg = arg};
	char		resource[512];

	snprintf(resource, sizeof(resource), "%s.%s", database, table);
	return list_partitions(aws, catalog_id, database, table, expression, resource, 1, &s, err);
}

/* ---- BatchGetPartition ---- */

typedef struct PartitionBatch
{
	PartitionSink sink;
	const char *catalog_id;
	const char *database;
	const char *table;
	char	   *const *const *values;
	int			nvalues;
	int			n;
	int			next;			/* the first that was not asked for */
	const char *resource;
} PartitionBatch;

/* the input for the next thousand into slot, if there are any */
static void
next_partition_batch(PartitionBatch *b, Slot *slot)
{
	PdsJson    *in = &slot->in;
	cJSON	   *list;
	int			end = b->next + PAGE_SIZE < b->n ? b->next + PAGE_SIZE : b->n;
	int			i;

	slot->wanted = b->next < b->n;
	if (!slot->wanted)
		return;
	pds_glue_input(in, b->catalog_id);
	pds_json_put_text(in, in->root, "DatabaseName", b->database);
	pds_json_put_text(in, in->root, "TableName", b->table);
	list = pds_json_put_array(in, in->root, "PartitionsToGet");
	for (; b->next < end; b->next++)
	{
		cJSON	   *values = pds_json_put_array(in, pds_json_push_object(in, list), "Values");

		for (i = 0; i < b->nvalues; i++)
			pds_json_push_text(in, values, b->values[b->next][i]);
	}
}

static bool
batch_reply(void *state, Slot *slot, const cJSON *reply, PdsError *err)
{
	PartitionBatch *b = state;
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
	pds_json_free(&slot->in);
	slot->wanted = false;
	if (!b->sink.enough)
		next_partition_batch(b, slot);
	return true;
}

bool
pds_glue_batch_get_partition(PdsAws *aws, const char *catalog_id, const char *database,
							 const char *table, char *const *const *values, int nvalues, int n,
							 int max_parallel, PdsGluePartitionFn fn, void *arg, PdsError *err)
{
	char		resource[512];
	Slot		slots[MAX_PARALLEL];
	PartitionBatch b = {
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
	for (i = 0; i < max_parallel; i++)
		next_partition_batch(&b, &slots[i]);
	return run_segments(aws, "BatchGetPartition", resource, slots, max_parallel, batch_reply, &b,
						err);
}
