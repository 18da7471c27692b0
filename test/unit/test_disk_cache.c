/*
 * test_disk_cache.c
 *	  Blocks on local disk: what is kept and what is believed, the limit,
 *	  processes at once, a crash; and a fetch that reads them.
 */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <utime.h>

#include "core/read/disk_cache.h"
#include "core/read/fetch.h"
#include "range_server.h"
#include "split_queue.h"

#define KB ((size_t) 1024)
#define MB (1024 * KB)

static char dir[100];

static char *
path_of(const char *name)
{
	static char path[400];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* files whose names begin so */
static int
count_files(const char *prefix, char *first, size_t cap)
{
	DIR		   *d = opendir(dir);
	struct dirent *e;
	int			n = 0;

	while (d && (e = readdir(d)) != NULL)
		if (strncmp(e->d_name, prefix, strlen(prefix)) == 0)
		{
			if (n++ == 0 && first)
				snprintf(first, cap, "%s", e->d_name);
		}
	if (d)
		closedir(d);
	return n;
}

static void
empty_directory(void)
{
	DIR		   *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			unlink(path_of(e->d_name));
	if (d)
		closedir(d);
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

static PdsBlockKey
key_number(int n)
{
	PdsBlockKey k;

	CHECK(pds_block_key(&k, "me", "bucket", "key", "\"e\"", NULL, 1000, n));
	return k;
}

static bool
put(PdsDiskCache *c, int n, const char *data, size_t len)
{
	PdsBlockKey k = key_number(n);
	PdsCacheWriter *w = pds_cache_writer_open(c, &k, len);
	size_t		half = len / 3;

	return w && pds_cache_writer_add(w, data, half) &&
		pds_cache_writer_add(w, data + half, len - half) && pds_cache_writer_close(w);
}

/* is all of the block there, as it was put? */
static bool
get(PdsDiskCache *c, int n, const char *data, size_t len)
{
	static char buf[128 * 1024];
	PdsBlockKey k = key_number(n);
	PdsCacheFile *f = pds_cache_file_open(c, &k, len);
	size_t		at;
	size_t		some = 0;
	bool		ok = f != NULL;

	for (at = 0; ok && at < len; at += some)
		ok = pds_cache_file_read(f, (int) (at / PDS_CACHE_UNIT), buf, &some) && some > 0 &&
			memcmp(buf, data + at, some) == 0;
	pds_cache_file_close(f);
	return ok;
}

static void
test_blocks(void)
{
	PdsError	err;
	PdsDiskCache *c = pds_disk_cache_open(dir, 100 * (int64_t) MB, &err);
	char	   *data = pattern(MB, 1);
	PdsBlockKey a;
	PdsBlockKey b;
	PdsCacheWriter *w;
	struct stat st;
	char		name[256];

	CHECK(c != NULL);
	CHECK(!get(c, 1, data, MB));
	CHECK(put(c, 1, data, MB) && put(c, 2, data + 5, 300 * KB + 7) && put(c, 3, data, 1));
	CHECK(get(c, 1, data, MB) && get(c, 2, data + 5, 300 * KB + 7) && get(c, 3, data, 1));
	CHECK_INT(count_files("b.", name, sizeof(name)), 3);
	CHECK(stat(path_of(name), &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(stat(dir, &st) == 0 && (st.st_mode & 0777) == 0700);
	CHECK_INT(pds_disk_cache_used(c), MB + 300 * KB + 7 + 1 + 3 * 4096);
	/* a block that is not complete is none */
	a = key_number(4);
	w = pds_cache_writer_open(c, &a, MB);
	CHECK(pds_cache_writer_add(w, data, MB - 1));
	CHECK_INT(pds_cache_writer_len(w), MB - 1);
	CHECK_INT(count_files("t.", NULL, 0), 1);
	CHECK(!pds_cache_has(c, &a) && !pds_cache_writer_close(w) && !pds_cache_has(c, &a));
	CHECK_INT(count_files("t.", NULL, 0), 0);
	/* everything tells blocks apart */
	pds_block_key(&a, "me", "b", "k", "e", NULL, 10, 0);
	pds_block_key(&b, "me", "b", "k", "e", NULL, 10, 1);
	CHECK(strcmp(a.hex, b.hex) != 0);
	pds_block_key(&b, "you", "b", "k", "e", NULL, 10, 0);
	CHECK(strcmp(a.hex, b.hex) != 0);
	pds_block_key(&b, "me", "b", "k", "f", NULL, 10, 0);
	CHECK(strcmp(a.hex, b.hex) != 0);
	pds_block_key(&b, "me", "b", "k", "e", "v", 10, 0);
	CHECK(strcmp(a.hex, b.hex) != 0);
	pds_block_key(&b, "me", "bk", "", "e", NULL, 10, 0);
	CHECK(strcmp(a.hex, b.hex) != 0);
	pds_disk_cache_close(c);
	/* others see it after a restart */
	c = pds_disk_cache_open(dir, 100 * (int64_t) MB, &err);
	CHECK(get(c, 1, data, MB));
	pds_disk_cache_close(c);
	chmod(dir, 0777);
	CHECK(pds_disk_cache_open(dir, MB, &err) == NULL && err.kind == PDS_ERR_CONFIG);
	chmod(dir, 0700);
	CHECK(pds_disk_cache_open("/nowhere/at/all", MB, &err) == NULL);
	free(data);
}

static void
damage(const char *name, off_t at, const char *bytes)
{
	int			fd = open(path_of(name), O_WRONLY);

	CHECK(fd >= 0 && pwrite(fd, bytes, strlen(bytes), at) > 0);
	close(fd);
}

static void
test_damage(void)
{
	PdsError	err;
	PdsDiskCache *c;
	char	   *data = pattern(MB, 2);
	char		name[256];
	int			i;

	for (i = 0; i < 5; i++)
	{
		int64_t		used;

		empty_directory();
		c = pds_disk_cache_open(dir, 100 * (int64_t) MB, &err);
		CHECK(put(c, 1, data, MB));
		CHECK_INT(count_files("b.", name, sizeof(name)), 1);
		if (i == 0)
			damage(name, 4096 + 700 * 1024, "xyz");
		else if (i == 1)
			damage(name, 20, "xyz");
		else if (i == 2)
			CHECK(truncate(path_of(name), 4096 + 1000) == 0);
		else if (i == 3)
			CHECK(truncate(path_of(name), 0) == 0);
		else
		{
			/* a whole block under the name of another */
			PdsBlockKey k = key_number(2);
			char		other[256];
			char		from[400];

			snprintf(other, sizeof(other), "b.%s", k.hex);
			snprintf(from, sizeof(from), "%s", path_of(name));
			CHECK(rename(from, path_of(other)) == 0);
		}
		CHECK_MSG(!get(c, i == 4 ? 2 : 1, data, MB), "what was changed is not believed");
		CHECK_MSG(count_files("b.", NULL, 0) == 0, "but removed");
		used = pds_disk_cache_used(c);
		CHECK(used >= 0 && used <= (int64_t) (MB + 4096));
		CHECK(put(c, 1, data, MB) && get(c, 1, data, MB));
		pds_disk_cache_close(c);
	}
	free(data);
}

static void
test_limit(void)
{
	PdsError	err;
	PdsDiskCache *c;
	char	   *data = pattern(MB, 3);
	char		name[256];
	int			i;
	FILE	   *f;

	empty_directory();
	/* left by processes that are gone */
	f = fopen(path_of("t.2147483646.0"), "w");
	CHECK(f != NULL);
	fclose(f);
	c = pds_disk_cache_open(dir, 10 * (int64_t) MB, &err);
	for (i = 0; i < 9; i++)
	{
		struct utimbuf long_ago = {1000000000 + i, 1000000000 + i};
		PdsBlockKey k = key_number(i);

		CHECK(put(c, i, data, MB));
		snprintf(name, sizeof(name), "b.%s", k.hex);
		CHECK(utime(path_of(name), &long_ago) == 0);
	}
	CHECK_INT(count_files("b.", NULL, 0), 9);
	CHECK_MSG(get(c, 0, data, MB), "the oldest is used again");
	CHECK(put(c, 9, data, MB));
	CHECK(count_files("b.", NULL, 0) < 10 && pds_disk_cache_used(c) <= 10 * (int64_t) MB);
	CHECK_MSG(get(c, 0, data, MB) && get(c, 9, data, MB) && !get(c, 1, data, MB),
			  "what was used longest ago has gone");
	CHECK_MSG(count_files("t.", NULL, 0) == 0, "what dead processes left, too");
	for (i = 10; i < 60; i++)
		CHECK(put(c, i, data, MB));
	CHECK(count_files("b.", NULL, 0) <= 10);
	/* a count that is lost or nonsense is made anew */
	CHECK(truncate(path_of("usage"), 3) == 0);
	CHECK_INT(pds_disk_cache_used(c), count_files("b.", NULL, 0) * (int64_t) (MB + 4096));
	pds_disk_cache_close(c);
	/* what can never fit is not begun */
	c = pds_disk_cache_open(dir, (int64_t) MB / 2, &err);
	CHECK(!put(c, 1, data, MB));
	pds_disk_cache_close(c);
	free(data);
}

/* several processes that write, read and evict; one is killed again and again */
static void
test_processes(void)
{
	char	   *data = pattern(MB, 4);
	pid_t		pids[4];
	PdsError	err;
	PdsDiskCache *c;
	int			i;
	int			bad = 0;
	int			files;

	empty_directory();
	/* what children count belongs to nobody's plan: their exit code tells */
	fflush(stdout);
	for (i = 0; i < 4; i++)
		if ((pids[i] = fork()) == 0)
		{
			PdsDiskCache *own = pds_disk_cache_open(dir, 4 * (int64_t) MB, &err);
			int			n;

			if (!freopen("/dev/null", "w", stdout))
				_exit(4);
			for (n = 0; n < 120 || i == 3; n++)
			{
				int			k = (n * 7 + i) % 20;
				size_t		len = 200 * KB + (size_t) k;

				if (n % 2 == 0)
					put(own, k, data + k, len);
				else
				{
					PdsBlockKey key = key_number(k);
					bool		there = pds_cache_has(own, &key);

					/* it may be evicted meanwhile, but is never wrong */
					if (!get(own, k, data + k, len) && there && pds_cache_has(own, &key) &&
						!get(own, k, data + k, len) && pds_cache_has(own, &key))
						_exit(3);
				}
			}
			_exit(0);
		}
	usleep(100000);
	kill(pids[3], SIGKILL);
	for (i = 0; i < 4; i++)
	{
		int			status;

		waitpid(pids[i], &status, 0);
		bad += i < 3 && status != 0;
	}
	CHECK_MSG(bad == 0, "four processes at once, one of them killed");
	c = pds_disk_cache_open(dir, 4 * (int64_t) MB, &err);
	CHECK(put(c, 50, data, MB) && put(c, 51, data, MB) && put(c, 52, data, MB) && put(c, 53, data, MB));
	files = count_files("b.", NULL, 0);
	CHECK_MSG(files > 0 && pds_disk_cache_used(c) <= 4 * (int64_t) MB, "within the limit");
	CHECK_MSG(count_files("t.", NULL, 0) == 0, "nothing is left of it");
	pds_disk_cache_close(c);
	free(data);
}

/* ---- a fetch ---- */

/* Read all splits; are the bytes right?  Scribbles over them. */
static bool
read_all(PdsAws *aws, PdsDiskCache *c, const char *identity, PdsSplit *s, int n, const char *data,
		 bool past)
{
	Queue		q = {s, n, 0};
	PdsFetchOptions opt = {.cache = c, .identity = identity};
	PdsError	err;
	PdsSplit	got;
	PdsFetch   *f = pds_fetch_new(aws, &opt, next_of_queue, &q, &err);
	bool		right = true;

	while (right && pds_fetch_next_split(f, &got, &err))
	{
		int64_t		at = got.first - got.lead;
		int64_t		end = got.end;
		int			round;

		for (round = 0; round < (past ? 2 : 1); round++)
		{
			char	   *slice;
			size_t		len = 1;

			if (round == 1)
				pds_fetch_read_past_end(f);
			while (right && len > 0)
			{
				right = pds_fetch_slice(f, &slice, &len, &err) && pds_fetch_offset(f) <= at &&
					memcmp(slice, data + at, len) == 0;
				if (right && len > 0)
				{
					memset(slice - PDS_SLICE_HEADROOM, 0x55, PDS_SLICE_HEADROOM);
					memset(slice, 0x66, len);
				}
				at += (int64_t) len;
			}
			right = right && at == (round == 1 ? got.object_size : end);
		}
	}
	right = right && err.kind == PDS_ERR_NONE;
	pds_fetch_free(f);
	return right;
}

static void
test_fetch(void)
{
	PdsError	err;
	PdsHttp    *http;
	PdsAws	   *aws;
	size_t		len = 13 * MB + 77;
	char	   *data = pattern(len, 5);
	const RsObject *o;
	PdsSplit	whole;
	PdsSplit	parts[3];
	PdsDiskCache *c;
	char		name[256];
	int			i;

	rs_start();
	http = pds_http_new(NULL, &pds_plain_hooks, &err);
	aws = rs_aws(http);
	o = rs_put("big", data, len);
	memset(&whole, 0, sizeof(whole));
	whole.bucket = RS_BUCKET;
	whole.key = o->key;
	whole.etag = o->etag;
	whole.end = whole.object_size = (int64_t) len;
	for (i = 0; i < 3; i++)
	{
		parts[i] = whole;
		parts[i].first = i * (int64_t) (5 * MB);
		parts[i].lead = i > 0;
		parts[i].end = i == 2 ? (int64_t) len : (i + 1) * (int64_t) (5 * MB);
	}
	empty_directory();
	c = pds_disk_cache_open(dir, 100 * (int64_t) MB, &err);
	rs_reset();
	CHECK(read_all(aws, c, "me", &whole, 1, data, false));
	CHECK(rs->requests > 0);
	CHECK_INT(count_files("b.", NULL, 0), 4);
	CHECK_INT(pds_http_counters(http)->bytes_cached, 0);
	rs_reset();
	CHECK(read_all(aws, c, "me", &whole, 1, data, false));
	CHECK_MSG(rs->requests == 0, "what is on disk needs no request");
	CHECK_INT(pds_http_counters(http)->bytes_cached, len);
	CHECK(read_all(aws, c, "me", parts, 3, data, true));
	CHECK_MSG(rs->requests == 0, "in whatever parts it is read");
	CHECK(read_all(aws, c, "you", &whole, 1, data, false));
	CHECK_MSG(rs->requests > 0, "another identity asks S3");
	rs_reset();
	rs->deny = 1000;
	CHECK_MSG(!read_all(aws, c, "somebody", &whole, 1, data, false), "and may be refused");
	rs_reset();
	/* some blocks are gone, one is bad */
	for (i = 0; i < 3; i++)
	{
		count_files("b.", name, sizeof(name));
		if (i < 2)
			unlink(path_of(name));
		else
			damage(name, 4096 + 300 * 1024, "xyz");
		CHECK(read_all(aws, c, "me", &whole, 1, data, false));
		CHECK(read_all(aws, c, "you", parts, 3, data, true));
	}
	CHECK(rs->requests > 0);
	/* another version, and none that is known */
	o = rs_put("big", data + 1, len - 1);
	whole.etag = o->etag;
	whole.end = whole.object_size = (int64_t) len - 1;
	rs_reset();
	CHECK(read_all(aws, c, "me", &whole, 1, data + 1, false));
	CHECK_MSG(rs->requests > 0, "another version is not what is on disk");
	empty_directory();

	/*
	 * splits that do not end with blocks, in order: the blocks are whole all
	 * the same
	 */
	for (i = 0; i < 3; i++)
	{
		parts[i].etag = o->etag;
		parts[i].object_size = (int64_t) len - 1;
	}
	parts[2].end = (int64_t) len - 1;
	CHECK(read_all(aws, c, "me", parts, 3, data + 1, false));
	CHECK_INT(count_files("b.", NULL, 0), 4);
	/* a disk that cannot be written to does no harm */
	empty_directory();
	chmod(dir, 0500);
	CHECK(read_all(aws, c, "me", &whole, 1, data + 1, false));
	chmod(dir, 0700);
	pds_disk_cache_close(c);
	pds_aws_free(aws);
	pds_http_free(http);
	rs_stop();
	free(data);
}

int
main(void)
{
	snprintf(dir, sizeof(dir), "/tmp/pds_cache_test.%ld", (long) getpid());
	test_blocks();
	test_damage();
	test_limit();
	test_processes();
	test_fetch();
	empty_directory();
	rmdir(dir);
	return unit_done();
}
