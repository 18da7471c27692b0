/*
 * disk_cache.c
 *	  Blocks of objects on local disk: names, files, the limit.
 *
 * In the directory:
 *		b.HEX		a block: header, then its bytes from DATA_AT on
 *		t.PID.N		a block being written
 *		usage		bytes of all blocks, as text; locked (flock) while it is changed
 */
#include "core/read/disk_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "core/base/assert.h"
#include "core/base/clock.h"
#include "core/net/sigv4.h"
#include "core/base/strbuf.h"

#define MAGIC		"PDSBLK1\n"
#define DATA_AT		4096
/* a use is noted when the last one was noted so long ago, s */
#define USE_AGE		10
/* what nobody writes to any more, although its process seems to live, s */
#define STALE_AGE	3600

struct PdsDiskCache
{
	int			dir;
	int64_t		limit;
	unsigned int written;		/* files begun by this process */
};

typedef struct Header
{
	char		magic[8];
	char		hex[64];
	uint64_t	len;
	uint32_t	sums[PDS_CACHE_UNITS];	/* CRC-32 of each unit */
	uint32_t	check;			/* of all before */
} Header;

struct PdsCacheFile
{
	PdsDiskCache *cache;
	int			fd;
	char		name[80];
	Header		head;
};

struct PdsCacheWriter
{
	PdsDiskCache *cache;
	int			fd;
	char		temp[80];
	char		name[80];
	size_t		have;
	bool		failed;
	Header		head;
};

static int64_t account(PdsDiskCache *c, int64_t more);

/* ---- the cache ---- */

PdsDiskCache *
pds_disk_cache_open(const char *directory, int64_t limit, PdsError *err)
{
	PdsDiskCache *c;
	struct stat st;
	int			dir;

	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
	{
		pds_error_set(err, PDS_ERR_CONFIG, "could not make the cache directory \"%s\": %s",
					  directory, strerror(errno));
		return NULL;
	}
	dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || fstat(dir, &st) != 0)
	{
		pds_error_set(err, PDS_ERR_CONFIG, "could not open the cache directory \"%s\": %s",
					  directory, strerror(errno));
		if (dir >= 0)
			close(dir);
		return NULL;
	}
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
	{
		close(dir);
		pds_error_set(err, PDS_ERR_CONFIG, "others may write to the cache directory \"%s\"",
					  directory);
		pds_error_hint(err, "It must belong to the user that the server runs as, with mode 0700.");
		return NULL;
	}
	c = calloc(1, sizeof(PdsDiskCache));
	if (c == NULL)
	{
		close(dir);
		pds_error_oom(err);
		return NULL;
	}
	c->dir = dir;
	c->limit = limit;
	/* the limit may have been lowered */
	(void) account(c, 0);
	return c;
}

void
pds_disk_cache_close(PdsDiskCache *c)
{
	if (c == NULL)
		return;
	close(c->dir);
	free(c);
}

bool
pds_block_key(PdsBlockKey *k, const char *identity, const char *bucket, const char *key,
			  const char *etag, const char *version, int64_t size, int64_t block)
{
	const char *parts[5] = {identity, bucket, key, etag, version ? version : ""};
	PdsStr		s;
	bool		ok;
	int			i;

	pds_str_init(&s);
	/* with lengths, so that no two lists of parts are one text */
	for (i = 0; i < 5; i++)
		pds_str_appendf(&s, "%zu:%s\n", strlen(parts[i]), parts[i]);
	pds_str_appendf(&s, "%" PRId64 " %" PRId64, size, block);
	ok = !s.failed && pds_sha256_hex(s.data, s.len, k->hex);
	pds_str_free(&s);
	return ok;
}

static void
name_of(const PdsBlockKey *k, char name[80])
{
	snprintf(name, 80, "b.%s", k->hex);
}

/* ---- the limit ---- */

typedef struct StoredFile
{
	char		name[80];
	int64_t		bytes;
	struct timespec used;
} StoredFile;

static int
by_use(const void *a, const void *b)
{
	const struct timespec *x = &((const StoredFile *) a)->used;
	const struct timespec *y = &((const StoredFile *) b)->used;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

/* Remove what a process that died was writing. */
static void
sweep(PdsDiskCache *c, const char *name, const struct stat *st)
{
	long		pid = strtol(name + 2, NULL, 10);

	if (pid <= 0 || (kill((pid_t) pid, 0) != 0 && errno == ESRCH) ||
		pds_wall_time() - st->st_mtime > STALE_AGE)
		(void) unlinkat(c->dir, name, 0);
}

/* All blocks into *list; their bytes, or -1. */
static int64_t
look_around(PdsDiskCache *c, StoredFile **list, size_t *n)
{
	int			fd = openat(c->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR		   *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	size_t		cap = 0;
	int64_t		sum = 0;

	*list = NULL;
	*n = 0;
	if (d == NULL)
	{
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while ((e = readdir(d)) != NULL)
	{
		struct stat st;

		if (strlen(e->d_name) >= sizeof((*list)->name) ||
			fstatat(c->dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (strncmp(e->d_name, "t.", 2) == 0)
			sweep(c, e->d_name, &st);
		if (strncmp(e->d_name, "b.", 2) != 0)
			continue;
		if (*n == cap)
		{
			StoredFile *grown = realloc(*list, (cap ? cap * 2 : 256) * sizeof(StoredFile));

			if (grown == NULL)
			{
				closedir(d);
				return -1;
			}
			*list = grown;
			cap = cap ? cap * 2 : 256;
		}
		strcpy((*list)[*n].name, e->d_name);
		(*list)[*n].bytes = st.st_size;
		(*list)[(*n)++].used = st.st_mtim;
		sum += st.st_size;
	}
	closedir(d);
	return sum;
}

/* Count anew and go below nine tenths of the limit.  The bytes that are left. */
static int64_t
evict(PdsDiskCache *c)
{
	StoredFile *list;
	size_t		n;
	size_t		i;
	int64_t		sum = look_around(c, &list, &n);

	if (sum > c->limit)
	{
		qsort(list, n, sizeof(StoredFile), by_use);
		for (i = 0; i < n && sum > c->limit - c->limit / 10; i++)
			if (unlinkat(c->dir, list[i].name, 0) == 0 || errno == ENOENT)
				sum -= list[i].bytes;
	}
	free(list);
	return sum;
}

/*
 * Count more bytes (negative: fewer).  Without a count, as after it was lost,
 * the files are counted.
 */
static int64_t
account(PdsDiskCache *c, int64_t more)
{
	int			fd = openat(c->dir, "usage", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char		text[32] = "";
	int64_t		used = -1;
	ssize_t		n;

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX) != 0)
	{
		close(fd);
		return -1;
	}
	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n > 0 && text[n - 1] == '\n')
		used = strtoll(text, NULL, 10) + more;
	if (used < 0 || used > c->limit)
		used = evict(c);
	if (used >= 0)
	{
		snprintf(text, sizeof(text), "%020" PRId64 "\n", used);
		if (pwrite(fd, text, strlen(text), 0) < 0)
			used = -1;
	}
	close(fd);
	return used;
}

int64_t
pds_disk_cache_used(PdsDiskCache *c)
{
	return account(c, 0);
}

/* ---- reading ---- */

static uint32_t
header_check(const Header *h)
{
	return (uint32_t) crc32(0, (const Bytef *) h, offsetof(Header, check));
}

static void
remove_block(PdsDiskCache *c, const char *name, size_t len)
{
	if (unlinkat(c->dir, name, 0) == 0)
		(void) account(c, -(int64_t) (len + DATA_AT));
}

bool
pds_cache_has(PdsDiskCache *c, const PdsBlockKey *k)
{
	char		name[80];

	name_of(k, name);
	return faccessat(c->dir, name, F_OK, 0) == 0;
}

PdsCacheFile *
pds_cache_file_open(PdsDiskCache *c, const PdsBlockKey *k, size_t len)
{
	PdsCacheFile *f = calloc(1, sizeof(PdsCacheFile));
	struct stat st;
	bool		good;

	if (f == NULL)
		return NULL;
	f->cache = c;
	name_of(k, f->name);
	f->fd = openat(c->dir, f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (f->fd < 0 || fstat(f->fd, &st) != 0)
	{
		pds_cache_file_close(f);
		return NULL;
	}
	good = st.st_size == (off_t) (len + DATA_AT) &&
		pread(f->fd, &f->head, sizeof(Header), 0) == (ssize_t) sizeof(Header) &&
		memcmp(f->head.magic, MAGIC, 8) == 0 && f->head.check == header_check(&f->head) &&
		memcmp(f->head.hex, k->hex, 64) == 0 && f->head.len == len;
	if (!good)
	{
		remove_block(c, f->name, (size_t) st.st_size > DATA_AT ? (size_t) st.st_size - DATA_AT : 0);
		pds_cache_file_close(f);
		return NULL;
	}
	if (pds_wall_time() - st.st_mtime >= USE_AGE)
		(void) futimens(f->fd, NULL);
	return f;
}

bool
pds_cache_file_read(PdsCacheFile *f, int unit, char *buf, size_t *len)
{
	size_t		at = (size_t) unit * PDS_CACHE_UNIT;
	size_t		want = at < f->head.len ? f->head.len - at : 0;

	PDS_ASSERT(unit >= 0 && unit < PDS_CACHE_UNITS && f->fd >= 0);
	if (want > PDS_CACHE_UNIT)
		want = PDS_CACHE_UNIT;
	*len = want;
	if (want > 0 && pread(f->fd, buf, want, (off_t) (DATA_AT + at)) == (ssize_t) want &&
		crc32(0, (const Bytef *) buf, (uInt) want) == f->head.sums[unit])
		return true;
	remove_block(f->cache, f->name, f->head.len);
	return false;
}

void
pds_cache_file_close(PdsCacheFile *f)
{
	if (f == NULL)
		return;
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

/* ---- writing ---- */

PdsCacheWriter *
pds_cache_writer_open(PdsDiskCache *c, const PdsBlockKey *k, size_t len)
{
	PdsCacheWriter *w;

	if ((int64_t) len + DATA_AT > c->limit)
		return NULL;
	w = calloc(1, sizeof(PdsCacheWriter));
	if (w == NULL)
		return NULL;
	w->cache = c;
	name_of(k, w->name);
	snprintf(w->temp, sizeof(w->temp), "t.%ld.%u", (long) getpid(), c->written++);
	memcpy(w->head.magic, MAGIC, 8);
	memcpy(w->head.hex, k->hex, 64);
	w->head.len = len;

	/*
	 * what is there under this name, an earlier process with our number has
	 * left
	 */
	(void) unlinkat(c->dir, w->temp, 0);
	w->fd = openat(c->dir, w->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (w->fd < 0)
	{
		free(w);
		return NULL;
	}
	return w;
}

bool
pds_cache_writer_add(PdsCacheWriter *w, const char *data, size_t n)
{
	if (w->failed || w->have + n > w->head.len)
		return false;
	while (n > 0)
	{
		int			unit = (int) (w->have / PDS_CACHE_UNIT);
		size_t		some = PDS_CACHE_UNIT - w->have % PDS_CACHE_UNIT;

		PDS_ASSERT(unit < PDS_CACHE_UNITS);
		if (some > n)
			some = n;
		if (pwrite(w->fd, data, some, (off_t) (DATA_AT + w->have)) != (ssize_t) some)
		{
			w->failed = true;
			return false;
		}
		w->head.sums[unit] = (uint32_t) crc32(w->head.sums[unit], (const Bytef *) data,
											  (uInt) some);
		w->have += some;
		data += some;
		n -= some;
	}
	return true;
}

size_t
pds_cache_writer_len(const PdsCacheWriter *w)
{
	return w->have;
}

bool
pds_cache_writer_close(PdsCacheWriter *w)
{
	PdsDiskCache *c;
	bool		ok;
	bool		there;

	if (w == NULL)
		return false;
	c = w->cache;
	ok = !w->failed && w->have == w->head.len;
	if (ok)
	{
		w->head.check = header_check(&w->head);
		ok = pwrite(w->fd, &w->head, sizeof(Header), 0) == (ssize_t) sizeof(Header);
	}
	close(w->fd);
	there = ok && faccessat(c->dir, w->name, F_OK, 0) == 0;
	if (ok)
		ok = renameat(c->dir, w->temp, c->dir, w->name) == 0;
	if (!ok)
		(void) unlinkat(c->dir, w->temp, 0);
	else if (!there)
		(void) account(c, (int64_t) w->head.len + DATA_AT);
	free(w);
	return ok;
}
