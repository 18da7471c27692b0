/*
 * test_fetch.c
 *	  The window of ranged GETs against a server on loopback: bytes, memory,
 *	  read-ahead, versions, faults.
 */
#include "unit.h"

#include <time.h>

#include "core/read/fetch.h"
#include "range_server.h"
#include "split_queue.h"

#define KB ((size_t) 1024)
#define MB (1024 * KB)

static PdsHttp *http;
static PdsAws *aws;

static PdsSplit
make_split(const RsObject *o, int64_t first, int64_t end)
{
	PdsSplit	s = {
		.bucket = RS_BUCKET, .key = o->key, .etag = o->etag, .first = first, .lead = first > 0,
		.end = end, .object_size = (int64_t) o->len
	};

	return s;
}

static char *
pattern(size_t len, unsigned int seed)
{
	char	   *data = malloc(len + 1);
	size_t		i;

	for (i = 0; i < len; i++)
		data[i] = (char) ((i * 2654435761u + seed + (i >> 9)) >> 7);
	return data;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

/* What happened while a split was read. */
typedef struct Seen
{
	size_t		bytes;
	int			slices;
	size_t		smallest;
	size_t		largest;
	bool		right;			/* bytes and offsets */
} Seen;

/*
 * Read the current split to its end and compare with data, which begins at
 * file offset `base`.  Scribbles over the headroom of every slice.
 */
static bool
drain(PdsFetch *f, const char *data, int64_t at, Seen *seen, PdsError *err)
{
	seen->right = true;
	for (;;)
	{
		char	   *slice;
		size_t		len;
		volatile char sum = 0;
		int			i;

		if (!pds_fetch_slice(f, &slice, &len, err))
			return false;
		if (len == 0)
			return true;
		seen->right = seen->right && pds_fetch_offset(f) == at &&
			memcmp(slice, data + at, len) == 0;
		memset(slice - PDS_SLICE_HEADROOM, 0x55, PDS_SLICE_HEADROOM);
		for (i = 0; i < PDS_SLICE_PADDING; i++)
			sum += slice[len + i];
		memset(slice, 0x66, len);
		if (seen->slices == 0 || len < seen->smallest)
			seen->smallest = len;
		if (len > seen->largest)
			seen->largest = len;
		seen->slices++;
		seen->bytes += len;
		at += (int64_t) len;
	}
}

static void
test_whole_object(void)
{
	size_t		len = 5 * MB + 12345;
	char	   *data = pattern(len, 1);
	const RsObject *o = rs_put("whole", data, len);
	PdsSplit	s = make_split(o, 0, (int64_t) len);
	Queue		q = {&s, 1, 0};
	Seen		seen = {0};
	PdsError	err;
	PdsSplit	got;
	PdsFetch   *f;
	char	   *slice = NULL;
	size_t		slice_len = 0;
	int			i;
	int			guarded = 0;

	rs_reset();
	f = pds_fetch_new(aws, NULL, next_of_queue, &q, &err);
	CHECK(pds_fetch_next_split(f, &got, &err));
	CHECK(got.key == o->key && got.end == (int64_t) len);
	CHECK_MSG(drain(f, data, 0, &seen, &err), "a whole object is read");
	CHECK_MSG(seen.right && seen.bytes == len, "its bytes and offsets are right");
	CHECK_MSG(seen.largest <= MB, "no slice is larger than 1 MB");
	for (i = 0; i < rs->requests; i++)
		guarded += strcmp(rs->log[i].if_match, o->etag) == 0;
	CHECK_MSG(rs->requests == 3 && guarded == 3, "1, 2 and 2+ MB, all with If-Match");
	CHECK_INT(rs->log[0].last, MB - 1);
	CHECK(!pds_fetch_next_split(f, &got, &err) && err.kind == PDS_ERR_NONE);
	CHECK(!pds_fetch_next_split(f, &got, &err) && err.kind == PDS_ERR_NONE);
	CHECK(!pds_fetch_slice(f, &slice, &slice_len, &err));
	pds_fetch_free(f);
	free(data);
}

/* LIMIT 10: nothing is read ahead before the second slice. */
static void
test_appetite(void)
{
	size_t		len = 20 * MB;
	char	   *data = pattern(len, 2);
	const RsObject *o = rs_put("appetite", data, len);
	PdsSplit	s[2] = {make_split(o, 0, (int64_t) len), make_split(o, 0, (int64_t) len)};
	Queue		q = {s, 2, 0};
	PdsError	err;
	PdsSplit	got;
	char	   *slice;
	size_t		n;
	PdsFetch   *f;
	int			i;

	rs_reset();
	f = pds_fetch_new(aws, NULL, next_of_queue, &q, &err);
	CHECK(pds_fetch_next_split(f, &got, &err));
	CHECK(pds_fetch_slice(f, &slice, &n, &err));
	pds_fetch_free(f);
	usleep(50000);
	CHECK_MSG(rs->requests == 1 && rs->body_bytes <= (long long) MB,
			  "a scan that stops after its first slice costs a megabyte");

	rs_reset();
	q.at = 0;
	f = pds_fetch_new(aws, NULL, next_of_queue, &q, &err);
	CHECK(pds_fetch_next_split(f, &got, &err));
	CHECK(pds_fetch_slice(f, &slice, &n, &err) && n >= 64 * KB);
	CHECK_INT(rs->requests, 1);
	CHECK_INT(rs->log[0].last, MB - 1);
	CHECK_INT(q.at, 1);
	CHECK(pds_fetch_slice(f, &slice, &n, &err) && n > 0);
	CHECK(pds_fetch_slice(f, &slice, &n, &err) && n > 0);

	/*
	 * where the first megabyte was there at once, nobody has waited for the
	 * others yet
	 */
	for (i = 0; i < 2000 && rs->requests < 2; i++)
	{
		pds_http_poke(pds_aws_http(aws), &err);
		usleep(1000);
	}
	CHECK_MSG(rs->requests > 1, "read-ahead begins with the second slice");
	pds_fetch_free(f);
	free(data);
}

static void
test_slices_while_running(void)
{
	size_t		len = MB;
	char	   *data = pattern(len, 3);
	const RsObject *o = rs_put("slow", data, len);
	PdsSplit	s = make_split(o, 0, (int64_t) len);
	Queue		q = {&s, 1, 0};
	PdsError	err;
	PdsSplit	got;
	char	   *slice;
	size_t		n;
	PdsFetch   *f;
	Seen		seen = {0};

	rs_reset();
	rs->chunk = 48 * KB;
	rs->chunk_delay_us = 20000;
	f = pds_fetch_new(aws, NULL, next_of_queue, &q, &err);
	CHECK(pds_fetch_next_split(f, &got, &err));
	CHECK(pds_fetch_slice(f, &slice, &n, &err));
	CHECK_MSG(n >= 64 * KB && n < 512 * KB && rs->body_bytes < 512 * (long long) KB,
			  "a slice is handed out while its transfer is running");
	CHECK(memcmp(slice, data, n) == 0);
	CHECK(drain(f, data, (int64_t) n, &seen, &err));
	CHECK(seen.right && seen.bytes + n == len && seen.slices > 3);
	pds_fetch_free(f);
	free(data);
}

static void
test_splits_and_past_end(void)
{
	size_t		len = 3 * MB + 77;
	char	   *data = pattern(len, 4);
	const RsObject *o = rs_put("split", data, len);
	PdsSplit	s[4] = {
		make_split(o, 0, MB), make_split(o, MB, 2 * MB),
		make_split(o, 2 * MB, (int64_t) len), make_split(o, 100, 200)
	};
	Queue		q = {s, 4, 0};
	PdsError	err;
	PdsSplit	got;
	PdsFetch   *f;
	Seen		seen = {0};
	int			before;

	rs_reset();
	f = pds_fetch_new(aws, NULL, next_of_queue, &q, &err);
	CHECK(pds_fetch_next_split(f, &got, &err));
	CHECK(drain(f, data, 0, &seen, &err));
	CHECK_MSG(seen.right && seen.bytes == MB, "a split ends at its end");
	pds_fetch_read_past_end(f);
	memset(&seen, 0, sizeof(seen));
	{
		char	   *slice;
		size_t		n;

		before = rs->requests;
		CHECK(pds_fetch_slice(f, &slice, &n, &err));
		CHECK_MSG(n == 16 * KB && memcmp(slice, data + MB, n) == 0,
				  "the first bytes after the end came along");
		CHECK(pds_fetch_slice(f, &slice, &n, &err));
		CHECK_MSG(n == 64 * KB && memcmp(slice, data + MB + 16 * KB, n) == 0,
				  "more come in a small range");
		CHECK(rs->requests > before);
		CHECK(drain(f, data, (int64_t) (MB + 80 * KB), &seen, &err));
		CHECK_MSG(seen.right && seen.bytes == len - MB - 80 * KB, "up to the object's end");
	}
	CHECK(pds_fetch_next_split(f, &got, &err) && got.first == (int64_t) MB);
	memset(&seen, 0, sizeof(seen));
	CHECK(drain(f, data, MB - 1, &seen, &err));
	CHECK_MSG(seen.right && seen.bytes == MB + 1, "a later split has one byte before it");
	CHECK(pds_fetch_next_split(f, &got, &err));
	pds_fetch_skip_rest(f);
	memset(&seen, 0, sizeof(seen));
	CHECK_MSG(drain(f, data, 0, &seen, &err) && seen.bytes == 0, "skip_rest");
	CHECK(pds_fetch_next_split(f, &got, &err) && got.first == 100);
	memset(&seen, 0, sizeof(seen));
	CHECK(drain(f, data, 99, &seen, &err) && seen.right && seen.bytes == 101);
	CHECK(!pds_fetch_next_split(f, &got, &err) && err.kind == PDS_ERR_NONE);
	pds_fetch_free(f);
	free(data);
}

static void
test_memory(size_t limit, int concurrency, bool past)
{
	size_t		len = 12 * MB;
	char	   *data = pattern(len, 5);
	const RsObject *o = rs_put("memory", data, len);
	PdsSplit	s[4];
	Queue		q = {s, 4, 0};
	PdsFetchOptions opt = {.concurrency = concurrency, .memory_limit = limit};
	PdsError	err;
	PdsSplit	got;
	PdsFetch   *f;
	int			i;
	bool		right = true;
	char		what[100];

	rs_reset();
	for (i = 0; i < 4; i++)
		s[i] = make_split(o, i * (int64_t) (3 * MB), (i + 1) * (int64_t) (3 * MB));
	f = pds_fetch_new(aws, &opt, next_of_queue, &q, &err);
	while (pds_fetch_next_split(f, &got, &err))
	{
		int64_t		at = got.first > 0 ? got.first - 1 : 0;
		Seen		seen = {0};

		right = right && drain(f, data, at, &seen, &err) && seen.right;
		if (past)
		{
			pds_fetch_read_past_end(f);
			right = right && drain(f, data, got.end, &seen, &err) && seen.right;
		}
	}
	snprintf(what, sizeof(what), "limit %zu KB, %d transfers%s: the bytes are right", limit / KB,
			 concurrency, past ? ", past the end" : "");
	CHECK_MSG(right && err.kind == PDS_ERR_NONE, what);
	printf("# peak %zu KB, %d at once, %d requests\n", pds_fetch_memory_peak(f) / KB,
		   rs->running_max, rs->requests);
	CHECK(pds_fetch_memory_peak(f) <= (limit > 2 * MB ? limit : 2 * MB));
	CHECK(pds_fetch_memory_peak(f) > 0);
	CHECK(rs->running_max <= concurrency + 1);
	pds_fetch_free(f);
	free(data);
}

/* A part may be larger than the memory: its transfer rests until there is room. */
static void
test_slow_reader(void)
{
	size_t		len = 12 * MB;
	char	   *data = pattern(len, 12);
	const RsObject *o = rs_put("patience", data, len);
	PdsSplit	s = make_split(o, 0, (int64_t) len);
	Queue		q = {&s, 1, 0};
	PdsFetchOptions opt = {.concurrency = 2, .part_first = 4 * MB, .memory_limit = 6 * MB};
	PdsError	err;
	PdsSplit	got;
	PdsFetch   *f;
	size_t		at = 0;
	bool		right = true;
	bool		whole = false;

	rs_reset();
	f = pds_fetch_new(aws, &opt, next_of_queue, &q, &err);
	CHECK(pds_fetch_next_split(f, &got, &err));
	while (right && !whole)
	{
		char	   *slice;
		size_t		n;

		right = pds_fetch_slice(f, &slice, &n, &err) && memcmp(slice, data + at, n) == 0;
		at += n;
		whole = n == 0;
		usleep(2000);
	}
	CHECK_MSG(right && at == len, "a reader slower than the server gets its bytes");
	CHECK_MSG(rs->requests <= 4, "in parts that are larger together than the memory");
	CHECK(pds_fetch_memory_peak(f) <= 6 * MB);
	pds_fetch_free(f);
	free(data);
}

/* Far away: the next part is asked for before the one before has ended. */
static void
test_far(void)
{
	size_t		len = 24 * MB;
	char	   *data = pattern(len, 13);
	const RsObject *o = rs_put("far", data, len);
	PdsSplit	s = make_split(o, 0, (int64_t) len);
	Queue		q = {&s, 1, 0};
	PdsFetchOptions opt = {.concurrency = 2, .part_max = 2 * MB};
	Seen		seen = {0};
	PdsError	err;
	PdsSplit	got;
	PdsFetch   *f;

	rs_reset();
	rs->reply_delay_us = 20000;
	rs->chunk = 64 * KB;
	rs->chunk_delay_us = 1000;
	f = pds_fetch_new(aws, &opt, next_of_queue, &q, &err);
	CHECK(pds_fetch_next_split(f, &got, &err));
	CHECK(drain(f, data, 0, &seen, &err) && seen.right && seen.bytes == len);
	CHECK_INT(rs->running_max, 2 + PDS_FETCH_EXTRA(2));
	CHECK_MSG(rs->connections <= 3, "over connections that are used again");
	pds_fetch_free(f);
	free(data);
}

static void
test_many_objects(void)
{
	enum
	{
		N = 300
	};
	static PdsSplit s[N];
	Queue		q = {s, N, 0};
	char	   *data = pattern(4 * KB, 6);
	PdsError	err;
	PdsSplit	got;
	PdsFetch   *f;
	int			n = 0;
	bool		right = true;
	int			i;

	rs_reset();
	rs->reply_delay_us = 1000;
	for (i = 0; i < N; i++)
	{
		char		key[32];

		snprintf(key, sizeof(key), "many/%d", i);
		/* every seventh is empty: no request */
		s[i] = make_split(rs_put(key, data, i % 7 == 0 ? 0 : (size_t) i * 13), 0,
						  i % 7 == 0 ? 0 : i * 13);
	}
	f = pds_fetch_new(aws, NULL, next_of_queue, &q, &err);
	while (pds_fetch_next_split(f, &got, &err))
	{
		Seen		seen = {0};

		right = right && got.key == s[n].key && drain(f, data, 0, &seen, &err) &&
			seen.right && (int64_t) seen.bytes == got.end;
		n++;
	}
	CHECK_MSG(right && n == N && err.kind == PDS_ERR_NONE, "many small objects, in order");
	CHECK_INT(rs->requests, N - (N + 6) / 7);
	CHECK_MSG(rs->running_max > 1 && rs->running_max <= 8, "several at once");
	CHECK_MSG(rs->connections <= 8, "connections are used again");
	CHECK_MSG(pds_fetch_memory_peak(f) < 8 * MB, "small buffers for small objects");
	pds_fetch_free(f);
	free(data);
}

static void
test_versions(void)
{
	size_t		len = 6 * MB;
	char	   *data = pattern(len, 7);
	const RsObject *o = rs_put("versions", data, len);
	PdsSplit	s = make_split(o, 0, (int64_t) len);
	Queue		q = {&s, 1, 0};
	Seen		seen = {0};
	PdsError	err;
	PdsSplit	got;
	char	   *slice;
	size_t		n;
	PdsFetch   *f;
	char		etag[64];
	int			i;
	int			guarded = 0;

	/* without an ETag the first reply tells it */
	rs_reset();
	s.etag = NULL;
	f = pds_fetch_new(aws, NULL, next_of_queue, &q, &err);
	CHECK(pds_fetch_next_split(f, &got, &err));
	CHECK(drain(f, data, 0, &seen, &err) && seen.right && seen.bytes == len);
	for (i = 1; i < rs->requests; i++)
		guarded += strcmp(rs->log[i].if_match, o->etag) == 0;
	CHECK_MSG(rs->log[0].if_match[0] == '\0' && guarded == rs->requests - 1 && guarded > 1,
			  "the ETag of the first reply guards the others");
	pds_fetch_free(f);

	/* replaced between listing and reading */
	snprintf(etag, sizeof(etag), "\"old\"");
	s.etag = etag;
	q.at = 0;
	f = pds_fetch_new(aws, NULL, next_of_queue, &q, &err);
	CHECK(pds_fetch_next_split(f, &got, &err));
	CHECK(!pds_fetch_slice(f, &slice, &n, &err));
	CHECK(err.kind == PDS_ERR_OBJECT_CHANGED);
	CHECK_STR(err.resource, "s3://bucket/versions");
	pds_fetch_free(f);

	/* replaced in the middle of the scan */
	snprintf(etag, sizeof(etag), "%s", o->etag);
	q.at = 0;
	f = pds_fetch_new(aws, NULL, next_of_queue, &q, &err);
	CHECK(pds_fetch_next_split(f, &got, &err));
	CHECK(pds_fetch_slice(f, &slice, &n, &err));
	rs_put("versions", data + 1, len - 1);
	CHECK(!drain(f, data, (int64_t) n, &seen, &err));
	CHECK_MSG(err.kind == PDS_ERR_OBJECT_CHANGED, "an object replaced in the middle is noticed");
	pds_fetch_free(f);

	/* no ETag known and another size than listed */
	s.etag = NULL;
	q.at = 0;
	f = pds_fetch_new(aws, NULL, next_of_queue, &q, &err);
	CHECK(pds_fetch_next_split(f, &got, &err));
	CHECK(!drain(f, data + 1, 0, &seen, &err));
	CHECK_MSG(err.kind == PDS_ERR_OBJECT_CHANGED, "an object of another size is noticed");
	pds_fetch_free(f);
	free(data);
}

/* A scan that must succeed in spite of the knobs that are set. */
static void
scan_in_spite(const char *what, PdsFetchOptions *opt)
{
	size_t		len = 8 * MB;
	char	   *data = pattern(len, 8);
	const RsObject *o = rs_put("faults", data, len);
	PdsSplit	s[2] = {make_split(o, 0, 5 * MB), make_split(o, 5 * MB, 8 * MB)};
	Queue		q = {s, 2, 0};
	PdsError	err;
	PdsSplit	got;
	bool		right = true;
	PdsFetch   *f = pds_fetch_new(aws, opt, next_of_queue, &q, &err);

	while (pds_fetch_next_split(f, &got, &err))
	{
		Seen		seen = {0};

		if (!drain(f, data, got.first > 0 ? got.first - 1 : 0, &seen, &err))
		{
			printf("# %s\n", err.message);
			right = false;
			break;
		}
		right = right && seen.right;
	}
	CHECK_MSG(right && err.kind == PDS_ERR_NONE, what);
	pds_fetch_free(f);
	free(data);
}

static void
test_faults(void)
{
	PdsFetchOptions one = {.concurrency = 1};
	char	   *data = pattern(100, 9);
	const RsObject *o = rs_put("denied", data, 100);
	PdsSplit	s = make_split(o, 0, 100);
	Queue		q = {&s, 1, 0};
	PdsError	err;
	PdsSplit	got;
	char	   *slice;
	size_t		n;
	PdsFetch   *f;

	rs_reset();
	rs->break_after = 300 * KB;
	rs->break_times = 5;
	scan_in_spite("connections that break in mid-body", NULL);
	CHECK(rs->break_times <= 0);
	rs_reset();
	rs->fail_requests = 2;
	scan_in_spite("503 SlowDown twice", NULL);
	rs_reset();
	rs->wrong_region = 1;
	scan_in_spite("a bucket in another region", &one);
	rs_reset();
	rs->chunk = 1000;
	scan_in_spite("small writes", NULL);

	rs_reset();
	rs->deny = 100;
	f = pds_fetch_new(aws, NULL, next_of_queue, &q, &err);
	CHECK(pds_fetch_next_split(f, &got, &err));
	CHECK(!pds_fetch_slice(f, &slice, &n, &err));
	CHECK(err.kind == PDS_ERR_ACCESS_DENIED);
	CHECK_STR(err.resource, "s3://bucket/denied");
	CHECK(rs->requests == 1);
	pds_fetch_free(f);
	rs_reset();
	s.key = "nothing";
	q.at = 0;
	f = pds_fetch_new(aws, NULL, next_of_queue, &q, &err);
	CHECK(pds_fetch_next_split(f, &got, &err));
	CHECK(!pds_fetch_slice(f, &slice, &n, &err));
	CHECK(err.kind == PDS_ERR_NOT_FOUND);
	pds_fetch_free(f);
	free(data);
}

/* free at every point of a scan */
static void
test_free_anywhere(void)
{
	size_t		len = 6 * MB;
	char	   *data = pattern(len, 10);
	const RsObject *o = rs_put("free", data, len);
	int			stop;

	rs_reset();
	for (stop = 0; stop < 12; stop++)
	{
		PdsSplit	s[2] = {make_split(o, 0, 3 * MB), make_split(o, 3 * MB, 6 * MB)};
		Queue		q = {s, 2, 0};
		PdsError	err;
		PdsSplit	got;
		char	   *slice;
		size_t		n;
		int			i;
		PdsFetch   *f = pds_fetch_new(aws, NULL, next_of_queue, &q, &err);

		if (stop > 0)
			pds_fetch_next_split(f, &got, &err);
		for (i = 1; i < stop; i++)
		{
			if (!pds_fetch_slice(f, &slice, &n, &err))
				break;
			if (n == 0 && !pds_fetch_next_split(f, &got, &err))
				break;
		}
		pds_fetch_free(f);
	}
	pds_fetch_free(NULL);
	CHECK_MSG(true, "freed at every point");
	scan_in_spite("the session is usable afterwards", NULL);
	free(data);
}

/* a hook that asks to stop after a while */
static double cancel_at;

static PdsWaitResult
cancel_wait(void *arg, int fd, long timeout_ms, PdsWaitFor what)
{
	double		left = cancel_at - now();

	if (left <= 0)
		return PDS_WAIT_CANCEL;
	if (timeout_ms < 0 || timeout_ms > (long) (left * 1000) + 1)
		timeout_ms = (long) (left * 1000) + 1;
	pds_plain_hooks.wait(arg, fd, timeout_ms, what);
	return now() >= cancel_at ? PDS_WAIT_CANCEL : PDS_WAIT_READY;
}

static bool
cancel_cancelled(void *arg)
{
	(void) arg;
	return now() >= cancel_at;
}

static void
test_cancel(void)
{
	PdsHooks	hooks = {cancel_wait, cancel_cancelled, NULL, NULL, NULL};
	char	   *data = pattern(MB, 11);
	const RsObject *o = rs_put("cancel", data, MB);
	PdsSplit	s = make_split(o, 0, MB);
	Queue		q = {&s, 1, 0};
	PdsError	err;
	PdsHttp    *h = pds_http_new(NULL, &hooks, &err);
	PdsAws	   *a = rs_aws(h);
	PdsSplit	got;
	char	   *slice;
	size_t		n;
	double		begin;
	PdsFetch   *f;

	rs_reset();
	rs->reply_delay_us = 3000000;
	begin = now();
	cancel_at = begin + 0.1;
	f = pds_fetch_new(a, NULL, next_of_queue, &q, &err);
	CHECK(pds_fetch_next_split(f, &got, &err));
	CHECK(!pds_fetch_slice(f, &slice, &n, &err));
	CHECK(err.kind == PDS_ERR_CANCELLED);
	CHECK_MSG(now() - begin < 0.3, "a cancel ends the wait");
	pds_fetch_free(f);
	CHECK_MSG(now() - begin < 0.3, "and freeing does not wait");
	pds_aws_free(a);
	pds_http_free(h);
	free(data);
}

/* all bytes of one split, or the error */
static bool
read_one(PdsAws *a, const PdsSplit *s, const PdsFetchOptions *opt, char *out, size_t *len,
		 int64_t *archived, PdsError *err)
{
	PdsSplit	splits[1] = {*s};
	Queue		q = {splits, 1, 0};
	PdsSplit	got;
	PdsFetch   *f = pds_fetch_new(a, opt, next_of_queue, &q, err);
	bool		ok = pds_fetch_next_split(f, &got, err);
	char	   *slice;
	size_t		n = 1;

	*len = 0;
	while (ok && n > 0)
	{
		ok = pds_fetch_slice(f, &slice, &n, err);
		if (ok)
			memcpy(out + *len, slice, n);
		*len += n;
	}
	*archived = pds_fetch_archived(f);
	pds_fetch_free(f);
	return ok;
}

static void
test_versions_by_id(void)
{
	const RsObject *old = rs_put("doc@v1%2B", "the old one", 11);
	PdsSplit	s = make_split(old, 0, 11);
	char		out[100];
	size_t		n;
	int64_t		archived;
	PdsError	err;

	rs_put("doc", "the new one, longer", 19);
	rs_reset();
	s.key = "doc";
	s.version_id = "v1+";
	CHECK(read_one(aws, &s, NULL, out, &n, &archived, &err));
	CHECK(n == 11 && memcmp(out, "the old one", 11) == 0);
	CHECK_STR(rs->log[0].key, "doc@v1%2B");
	CHECK_STR(rs->log[0].if_match, old->etag);
	s.version_id = "v2";
	CHECK(!read_one(aws, &s, NULL, out, &n, &archived, &err));
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
	CHECK_STR(err.resource, "s3://bucket/doc");
}

static void
test_archived(void)
{
	PdsFetchOptions opt = {.skip_archived = true};
	PdsSplit	s[3] = {
		make_split(rs_put("a1", "one", 3), 0, 3), make_split(rs_put("archived", "xxx", 3), 0, 3),
		make_split(rs_put("a2", "two", 3), 0, 3)
	};
	Queue		q = {s, 3, 0};
	PdsSplit	got;
	PdsFetch   *f;
	char		out[100];
	char	   *slice;
	size_t		n;
	size_t		all = 0;
	int64_t		archived;
	PdsError	err;

	rs_reset();
	CHECK(!read_one(aws, &s[1], NULL, out, &n, &archived, &err));
	CHECK_INT(err.kind, PDS_ERR_OBJECT_ARCHIVED);
	CHECK_STR(err.resource, "s3://bucket/archived");
	CHECK_INT(err.advice, PDS_ADVICE_ARCHIVED);
	CHECK_INT(archived, 0);
	/* with its neighbours, whose bytes are not lost */
	f = pds_fetch_new(aws, &opt, next_of_queue, &q, &err);
	while (pds_fetch_next_split(f, &got, &err))
		while (pds_fetch_slice(f, &slice, &n, &err) && n > 0)
		{
			memcpy(out + all, slice, n);
			all += n;
		}
	CHECK_INT(err.kind, PDS_ERR_NONE);
	CHECK(all == 6 && memcmp(out, "onetwo", 6) == 0);
	CHECK_INT(pds_fetch_archived(f), 1);
	pds_fetch_free(f);
}

static void
test_requester_pays(void)
{
	PdsAws	   *payer = rs_aws_payer(http, 1);
	PdsSplit	s = make_split(rs_put("costly", "text", 4), 0, 4);
	char		out[100];
	size_t		n;
	int64_t		archived;
	PdsError	err;

	rs_reset();
	rs->payer = 1;
	CHECK(!read_one(aws, &s, NULL, out, &n, &archived, &err));
	CHECK_INT(err.kind, PDS_ERR_ACCESS_DENIED);
	CHECK_INT(err.advice, PDS_ADVICE_REQUESTER_PAYS);
	CHECK(read_one(payer, &s, NULL, out, &n, &archived, &err) && n == 4);
	rs_reset();
	rs->deny = 1;
	CHECK(!read_one(payer, &s, NULL, out, &n, &archived, &err));
	CHECK_INT(err.advice, PDS_ADVICE_NONE);
	pds_aws_free(payer);
}

int
main(void)
{
	PdsError	err;

	rs_start();
	http = pds_http_new(NULL, &pds_plain_hooks, &err);
	aws = rs_aws(http);
	test_whole_object();
	test_appetite();
	test_slices_while_running();
	test_splits_and_past_end();
	test_memory(8 * MB, 8, false);
	test_memory(8 * MB, 8, true);
	test_memory(64 * MB, 4, true);
	test_memory(1, 8, true);
	test_memory(4 * MB, 1, false);
	test_slow_reader();
	test_far();
	test_many_objects();
	test_versions();
	test_versions_by_id();
	test_archived();
	test_requester_pays();
	test_faults();
	test_free_anywhere();
	test_cancel();
	pds_aws_free(aws);
	pds_http_free(http);
	rs_stop();
	return unit_done();
}
