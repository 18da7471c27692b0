/*
 * test_split_states.c
 *	  Processes that read parts of one object of csv:
 *	  each record once, whoever reads what, whoever is away.
 */
#include <dirent.h>

#include "../fuzz/fnv.h"
#include "core/aws/aws.h"
#include "core/read/reader.h"
#include "core/read/split_states.h"
#include "range_server.h"
#include "unit.h"

#define PROCESSES	3
#define MAX_SPLITS	20000
#define KB			1024

static unsigned int seed = 7;

static unsigned int
rnd(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

static const char *const alphabets[] = {
	"\"\n,a", "\"\"\",\n\r", "ab,\n", "\"\\\n,ab\r", "aaaaaaaaaaaaaaaa\",\n", "a,\n\r", "\"\n", "aaaaaaaaaaaaa\\\""
};

#define NALPHABETS	8

static PdsDialect
dialect(int kind)
{
	PdsDialect	d;

	pds_dialect_init(&d, PDS_FORMAT_CSV);
	if (kind % 3 == 1)
		d.escape = '\\';
	if (kind % 4 == 1)
		d.comment = 'a';
	if (kind % 8 == 3)
		d.skip_lines = 2;
	return d;
}

/* ---- processes ---- */

typedef struct Found
{
	int			nrec;
	uint64_t	hash;			/* sum over the records: their order does not
								 * count */
	int			splits;
	int			failed;
	char		message[sizeof(((PdsError *) 0)->message)];
} Found;

typedef struct Shared
{
	int			next;			/* split to be taken */
	int			done;			/* processes */
	int			waited_in_vain;
	uint32_t	presence[PROCESSES];
	uint32_t	maps[MAX_SPLITS];
	Found		found[PROCESSES];
} Shared;

static Shared *shared;

/* how it is read */
typedef struct Way
{
	int64_t		step;
	size_t		part;
	size_t		batch;
	bool		blocked;		/* the first process goes on only when the
								 * others have ended */
	bool		archived;
	const char *cache;			/* directory */
} Way;

typedef struct Queue
{
	const Way  *way;
	PdsSplit	split;
	int			nsplits;
	int			taken;
} Queue;

static bool
take_split(void *arg, PdsSplit *split)
{
	Queue	   *q = arg;
	int			n = __atomic_fetch_add(&shared->next, 1, __ATOMIC_ACQ_REL);

	if (n >= q->nsplits)
		return false;
	*split = q->split;
	split->first = n * q->way->step;
	split->end = split->first + q->way->step;
	if (split->end > split->object_size)
		split->end = split->object_size;
	pds_states_claim(split->states, n);
	q->taken++;
	return true;
}

static void
count_record(const char *s, const char *end, Found *found)
{
	found->nrec++;
	found->hash += fnv_bytes(FNV_BASIS, s, (size_t) (end - s));
}

static void
count_batch(const PdsBatch *b, Found *found)
{
	size_t		r;

	for (r = b->first_record; r < b->nrec; r++)
	{
		uint32_t	start = pds_record_start(b->ix, r);

		if (!pds_record_comment(b->unit->dialect, b->ix, b->buf, r))
			count_record(b->buf + start, b->buf + pds_record_end(b->ix, b->buf, r), found);
	}
}

/* The same by steps of the grammar, without an index. */
static Found
stepped(const PdsDialect *d, const char *s, size_t len)
{
	const char *end = s + len;
	const char *start = s;
	PdsScanDialect scan;
	PdsCsvState state = PDS_CSV_RECORD;
	Found		found = {0};
	int			skip = d->skip_lines;

	pds_dialect_scan(d, &scan);
	if (len >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0)
		s += 3;
	for (; skip > 0 && s < end; s++)
		if (*s == '\n' || *s == '\r')
		{
			skip--;
			s += *s == '\r' && s + 1 < end && s[1] == '\n';
		}
	for (; s < end; s++)
	{
		bool		begins = state == PDS_CSV_RECORD || state == PDS_CSV_CR;
		bool		comment = state == PDS_CSV_COMMENT;

		if (state == PDS_CSV_CR && *s == '\n')
		{
			state = PDS_CSV_RECORD;
			continue;
		}
		if (begins)
			start = s;
		state = pds_csv_step(&scan, state, *s);
		if ((state == PDS_CSV_RECORD || state == PDS_CSV_CR) && !comment)
			count_record(start, s, &found);
	}
	if (state != PDS_CSV_RECORD && state != PDS_CSV_CR && state != PDS_CSV_COMMENT)
		count_record(start, end, &found);
	return found;
}

/* As somebody whose rows nobody takes. */
static void
block(void)
{
	int			i;

	for (i = 0; i < 1000; i++)
	{
		if (__atomic_load_n(&shared->done, __ATOMIC_ACQUIRE) == PROCESSES - 1)
			return;
		usleep(10000);
	}
	shared->waited_in_vain = 1;
}

/* One process: what it reads of the object.  step 0: all of it, alone. */
static void
read_splits(const PdsDialect *d, const Way *way, const RsObject *o, int process, Found *found)
{
	PdsReadUnit unit = {d, PDS_CODEC_NONE, -1, 0};
	PdsFetchOptions fopt = {
		.concurrency = 3,
		.part_first = way->part,
		.part_max = way->part,
		.skip_archived = way->archived,
		.identity = "me",
	};
	PdsReaderOptions ropt = {.batch_bytes = way->batch};
	PdsScanDialect scan;
	PdsSplitStates states = {shared->maps, shared->presence, process, &scan};
	Queue		q = {.way = way};
	PdsHttp    *http;
	PdsAws	   *aws;
	PdsFetch   *f;
	PdsReader  *r;
	PdsBatch	b;
	PdsError	err;
	bool		first = true;
	Way			whole = {.step = (int64_t) o->len + 1};

	http = pds_http_new(NULL, &pds_plain_hooks, &err);
	aws = rs_aws(http);
	pds_dialect_scan(d, &scan);
	if (way->step == 0)
		q.way = &whole;
	else
		ropt.presence = &shared->presence[process];
	q.split.bucket = RS_BUCKET;
	q.split.key = o->key;
	q.split.etag = o->etag;
	q.split.object_size = (int64_t) o->len;
	q.split.step = way->step;
	q.split.states = &states;
	q.split.user = &unit;
	q.nsplits = (int) (((int64_t) o->len + q.way->step - 1) / q.way->step);
	if (way->cache)
		fopt.cache = pds_disk_cache_open(way->cache, 100 * KB * KB, &err);
	f = pds_fetch_new(aws, &fopt, take_split, &q, &err);
	r = pds_reader_new(f, &ropt, &pds_plain_hooks, &err);
	while (pds_reader_next(r, &b, &err))
	{
		count_batch(&b, found);
		if (way->blocked && process == 0 && first)
			block();
		first = false;
	}
	found->splits = q.taken;
	found->failed = err.kind != PDS_ERR_NONE;
	snprintf(found->message, sizeof(found->message), "%s", err.message);
	pds_reader_free(r);
	pds_fetch_free(f);
	if (fopt.cache)
		pds_disk_cache_close(fopt.cache);
	pds_aws_free(aws);
	pds_http_free(http);
}

/* All processes: the sum of what they found. */
static Found
read_together(const PdsDialect *d, const Way *way, const RsObject *o)
{
	Found		sum = {0};
	pid_t		pids[PROCESSES];
	int			p;

	memset(shared, 0, sizeof(*shared));
	for (p = 0; p < PROCESSES; p++)
	{
		pids[p] = fork();
		if (pids[p] == 0)
		{
			read_splits(d, way, o, p, &shared->found[p]);
			__atomic_add_fetch(&shared->done, 1, __ATOMIC_ACQ_REL);
			_exit(0);
		}
	}
	for (p = 0; p < PROCESSES; p++)
	{
		const Found *f = &shared->found[p];
		int			status = 1;

		waitpid(pids[p], &status, 0);
		sum.nrec += f->nrec;
		sum.hash += f->hash;
		sum.splits += f->splits > 0;
		sum.failed += status != 0 || f->failed;
		if (f->failed)
			memcpy(sum.message, f->message, sizeof(sum.message));
	}
	return sum;
}

static bool
alike(const PdsDialect *d, const Way *way, const char *key, const char *data, size_t len, Found *got)
{
	const RsObject *o = rs_put(key, data, len);
	Way			alone = {0};
	Found		want = {0};
	bool		same;

	memset(shared, 0, sizeof(*shared));
	read_splits(d, &alone, o, 0, &want);
	*got = read_together(d, way, o);
	same = want.nrec == got->nrec && want.hash == got->hash && !want.failed && !got->failed;
	if (same && d->header_lines == 0)
	{
		Found		steps = stepped(d, data, len);

		same = want.nrec == steps.nrec && want.hash == steps.hash;
	}
	if (!same)
		printf("# %zu bytes, step %d, part %zu: %d records, %d wanted; %s %s\n", len, (int) way->step,
			   way->part, got->nrec, want.nrec, want.message, got->message);
	return same;
}

static char data[6 * KB * KB];

/* Bytes of an object; quotes are rare, or there are none. */
static size_t
fill(size_t len, const char *alphabet, unsigned int quotes)
{
	size_t		letters = strlen(alphabet);
	size_t		i;

	for (i = 0; i < len; i++)
		data[i] = quotes && rnd(quotes) == 0 ? '"' : alphabet[rnd((unsigned int) letters)];
	return len;
}

static void
test_small(void)
{
	int			round;
	int			bad = 0;
	Found		got;

	for (round = 0; round < 120; round++)
	{
		PdsDialect	d = dialect(round);
		size_t		len = fill(rnd(round % 10 == 0 ? 6000 : 300) + 1, alphabets[round % NALPHABETS],
							   round % 4 == 0 ? 40 : 0);
		Way			way = {.step = 4 + rnd(round % 10 == 0 ? 700 : 40), .part = round & 1 ? 1 + rnd(50) : 0};

		if (round % 5 == 0)
			memcpy(data, "\xEF\xBB\xBF", len < 3 ? len : 3);
		/* what lies in front of the records ends in the first part */
		if (d.comment || d.skip_lines)
			way.part = 0;
		if (d.skip_lines && len > 20)
		{
			memcpy(data + 3, "a\"b\r\n,\"\n", 9);
			way.step += 12;
		}
		else
			d.skip_lines = 0;
		bad += !alike(&d, &way, "small", data, len, &got);
	}
	CHECK_MSG(bad == 0, "small objects in tiny splits by three processes");
}

static void
test_large(void)
{
	static const unsigned int quotes[] = {0, 0, 300000, 3000};
	int			bad = 0;
	int			idle = 0;
	int			round;
	Found		got;

	for (round = 0; round < 8; round++)
	{
		PdsDialect	d = dialect(round);
		size_t		len = fill(sizeof(data) - rnd(100000), "abcdefghijklmnopqrst,\n", quotes[round % 4]);
		Way			way = {.step = 100 * KB + rnd(400 * KB), .part = round & 1 ? 40000 : 0};

		d.header_lines = round & 1;
		rs->reply_delay_us = round < 4 ? 0 : 5000;
		if (d.skip_lines)
			memcpy(data, "no \"\nnor \"\n", 11);
		bad += !alike(&d, &way, "large", data, len, &got);
		idle += got.splits < 2;
	}
	rs->reply_delay_us = 0;
	CHECK_MSG(bad == 0, "large objects by three processes");
	CHECK_MSG(idle == 0, "which share them");
}

static void
test_blocked(void)
{
	PdsDialect	d = dialect(0);

	/* so far away that splits are taken ahead of the one that is read */
	Way			way = {.step = 200 * KB, .part = 50000, .batch = 1000, .blocked = true};
	size_t		len = fill(sizeof(data), "abcdefghijklmnopqrst,\n", 0);
	Found		got;
	bool		same;

	rs->reply_delay_us = 20000;
	same = alike(&d, &way, "blocked", data, len, &got);
	rs->reply_delay_us = 0;
	CHECK_MSG(same && shared->found[0].splits > 1,
			  "one process is not read from, and others need maps of splits it has taken");
	CHECK_MSG(!shared->waited_in_vain, "they do not wait for it");
}

static void
test_archived(void)
{
	PdsDialect	d = dialect(0);
	Way			way = {.step = 100 * KB, .archived = true};
	const RsObject *o = rs_put("archived/states", data, fill(900 * KB, "abc,\n", 0));
	Found		got = read_together(&d, &way, o);

	CHECK_MSG(!got.failed && got.nrec == 0, "an archived object that is left out has no records");
}

static void
remove_directory(const char *path)
{
	DIR		   *dir = opendir(path);
	struct dirent *e;
	char		name[600];

	while (dir && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
		{
			snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
			if (unlink(name) != 0)
				remove_directory(name);
		}
	if (dir)
		closedir(dir);
	rmdir(path);
}

static void
test_cached(void)
{
	PdsDialect	d = dialect(0);
	char		top[] = "/tmp/pds_states.XXXXXX";
	char		dir[100];
	Way			way = {.step = 150 * KB};
	size_t		len = fill(sizeof(data), "abcdefghijklmnopqrst,\n", 2000000);
	const RsObject *o = rs_put("cached", data, len);
	Way			alone = {0};
	Found		want = {0};
	Found		got;
	long long	before;

	snprintf(dir, sizeof(dir), "%s/cache", mkdtemp(top));
	way.cache = alone.cache = dir;
	memset(shared, 0, sizeof(*shared));
	read_splits(&d, &alone, o, 0, &want);
	before = rs->body_bytes;
	got = read_together(&d, &way, o);
	CHECK_MSG(!got.failed && got.nrec == want.nrec && got.hash == want.hash, "from the disk cache the same");
	CHECK_MSG(rs->body_bytes == before && before >= (long long) len, "maps are made from the cache, too");
	remove_directory(top);
}

int
main(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	rs_start();
	test_small();
	test_large();
	test_blocked();
	test_archived();
	test_cached();
	rs_stop();
	return unit_done();
}
