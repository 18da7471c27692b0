/*
 * bench_read.c
 *	  Throughput of the core alone: fetch, decompress, index, without
 *	  PostgreSQL.  For profiling and for choosing sizes.
 *
 *		bench_read [options] BUCKET KEY...
 *		bench_read -L [options] FILE...		without a network: CPU time alone
 *
 *	-e URL		S3 endpoint (default: the environment's)
 *	-r REGION	(default: the environment's)
 *	-f FORMAT	lazysimple, opencsv, csv (default csv)
 *	-m MODE		fetch (bytes only), index, count, cut (index and fields), plain (index and plain
 *				values) (default index)
 *	-w FIELDS	for cut and plain: fields and what they are, like 2i,3n,5t,7s: integer, numeric,
 *				date, timestamp, s text
 *	-k KERNEL	of the index: avx2, sse2, neon, scalar
 *	-c N		transfers at once		-p KB	largest part
 *	-l MB		memory for buffers		-b KB	batch
 *	-s MB		splits of this size (line formats)
 *	-n N		repetitions (default 3)
 *
 * Credentials come from the environment or profile, by doc/dev/aws.md §2.  Build:
 *		cc -O2 -g -Isrc -o bench_read bench/bench_read.c $(find src/core -name '*.c') \
 *			-lcurl -lcrypto -lcjson -lexpat -lz -lzstd -lbz2 -llz4 -lsnappy -lm
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/serde/field_cut.h"
#include "core/serde/plain_values.h"
#include "core/read/reader.h"

typedef enum Mode
{
	MODE_FETCH, MODE_INDEX, MODE_COUNT, MODE_CUT, MODE_PLAIN
} Mode;

#define MAX_FIELDS 64

static int	wanted[MAX_FIELDS];
static char kinds[MAX_FIELDS];
static int	nwanted;
static PdsArena arena;
static uint64_t checksum;		/* so that nothing is optimised away */

typedef struct Bench
{
	const char *bucket;
	PdsObject  *objects;
	int			nobjects;
	PdsReadUnit *units;
	int64_t		split_bytes;
	int			object;			/* next split */
	int64_t		at;
} Bench;

static void
die(const PdsError *err)
{
	fprintf(stderr, "bench_read: %s\n", err->message);
	exit(1);
}

static double
seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static bool
next_split(void *arg, PdsSplit *split)
{
	Bench	   *b = arg;
	PdsObject  *o;

	if (b->object == b->nobjects)
		return false;
	o = &b->objects[b->object];
	memset(split, 0, sizeof(*split));
	split->bucket = b->bucket;
	split->key = o->key;
	split->etag = o->etag;
	split->object_size = o->size;
	split->user = &b->units[b->object];
	split->first = b->at;
	split->end = b->split_bytes && b->at + b->split_bytes < o->size ?
		b->at + b->split_bytes : o->size;
	b->at = split->end;
	if (b->at >= o->size)
	{
		b->object++;
		b->at = 0;
	}
	return true;
}

static void
cut_batch(const PdsBatch *b)
{
	PdsField	fields[MAX_FIELDS];
	size_t		r;
	int			i;

	for (r = b->first_record; r < b->nrec; r++)
	{
		pds_arena_reset(&arena);
		if (!pds_record_fields(b->unit->dialect, b->ix, b->buf, r, wanted, nwanted, fields, &arena))
			exit(1);
		for (i = 0; i < nwanted; i++)
			checksum += fields[i].len;
	}
}

static void
plain_batch(const PdsBatch *b)
{
	bool		quotes = b->unit->dialect->format != PDS_FORMAT_LAZYSIMPLE;
	size_t		r;
	int			i;

	pds_arena_reset(&arena);
	for (i = 0; i < nwanted; i++)
		for (r = b->first_record; r < b->nrec; r++)
		{
			PdsPlainDecimal d = {0};
			PdsField	f;
			char	   *p;
			uint32_t	n;
			int64_t		v = 0;
			int32_t		days = 0;

			if (pds_cut(b->unit->dialect, b->ix, b->buf, r, (uint32_t) wanted[i], quotes, &p, &n) ==
				PDS_CUT_NULL)
				continue;
			switch (kinds[i])
			{
				case 'n':
					checksum += pds_plain_decimal(p, n, &d);
					v = pds_plain_scaled(&d);
					break;
				case 'd':
					checksum += pds_plain_date_days(p, n, &days);
					v = days;
					break;
				case 't':
					checksum += pds_plain_timestamp(p, n, 6, &v);
					break;
				case 's':
					if (quotes && n > 0 && p > b->buf && p[-1] == b->unit->dialect->quote &&
						pds_has_byte(p, n, p[-1]) &&
						!pds_csv_unquote(b->unit->dialect, p - 1, n + 2, &f, &arena))
						exit(1);
					break;
				default:
					checksum += pds_plain_int(p, n, &v);
			}
			checksum += (uint64_t) v + n;
		}
}

/* one file, read before the clock starts */
static void
run_local(const char *path, const PdsReadUnit *unit, const PdsReaderOptions *ropt, Mode mode)
{
	FILE	   *f = fopen(path, "rb");
	char	   *data = NULL;
	size_t		len = 0;
	uint64_t	records = 0;
	double		cpu;
	PdsReader  *r;
	PdsBatch	batch;
	PdsError	err;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0)
	{
		perror(path);
		exit(1);
	}
	len = (size_t) ftell(f);
	rewind(f);
	data = malloc(len + 1);
	if (data == NULL || fread(data, 1, len, f) != len)
		exit(1);
	fclose(f);
	r = pds_reader_from_memory(data, len, unit, ropt, &err);
	if (r == NULL)
		die(&err);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	while (pds_reader_next(r, &batch, &err))
	{
		records += batch.nrec - batch.first_record;
		if (mode == MODE_CUT)
			cut_batch(&batch);
		else if (mode == MODE_PLAIN)
			plain_batch(&batch);
	}
	if (err.kind != PDS_ERR_NONE)
		die(&err);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("cpu %.4f s  %.2f GB/s  %.1f ns a record  %" PRIu64 " records\n", cpu,
		   (double) len / 1e9 / cpu, cpu * 1e9 / (double) (records ? records : 1), records);
	pds_reader_free(r);
	free(data);
}

static void
run(PdsAws *aws, Bench *b, const PdsFetchOptions *fopt, const PdsReaderOptions *ropt, Mode mode)
{
	PdsHttpCounters before = *pds_http_counters(pds_aws_http(aws));
	const PdsHttpCounters *after = pds_http_counters(pds_aws_http(aws));
	double		wall = seconds(CLOCK_MONOTONIC);
	double		cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	uint64_t	bytes = 0;
	uint64_t	records = 0;
	uint64_t	batches = 0;
	int64_t		total = 0;
	PdsError	err;
	PdsFetch   *f;
	int			i;

	b->object = 0;
	b->at = 0;
	f = pds_fetch_new(aws, fopt, next_split, b, &err);
	if (f == NULL)
		die(&err);
	for (i = 0; i < b->nobjects; i++)
		total += b->objects[i].size;
	pds_fetch_expect(f, total, true);
	if (mode == MODE_FETCH)
	{
		PdsSplit	split;
		char	   *data;
		size_t		len;

		while (pds_fetch_next_split(f, &split, &err))
		{
			while (pds_fetch_slice(f, &data, &len, &err) && len > 0)
			{
				bytes += len;
				batches++;
			}
			if (err.kind != PDS_ERR_NONE)
				break;
		}
	}
	else
	{
		PdsReader  *r = pds_reader_new(f, ropt, &pds_plain_hooks, &err);
		PdsBatch	batch;

		if (r == NULL)
			die(&err);
		while (pds_reader_next(r, &batch, &err))
		{
			records += batch.nrec - batch.first_record;
			batches++;
			if (mode == MODE_CUT)
				cut_batch(&batch);
			else if (mode == MODE_PLAIN)
				plain_batch(&batch);
		}
		bytes = pds_reader_bytes(r);
		pds_reader_free(r);
	}
	if (err.kind != PDS_ERR_NONE)
		die(&err);
	wall = seconds(CLOCK_MONOTONIC) - wall;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("%.3f s  cpu %.3f s  %.0f MB/s  %" PRIu64 " bytes  %" PRIu64 " records  %" PRIu64
		   " batches  %" PRIu64 " requests  waited %.3f s  peak %.1f MB\n",
		   wall, cpu, (double) bytes / 1e6 / wall, bytes, records, batches,
		   after->requests - before.requests, (double) (after->wait_us - before.wait_us) / 1e6,
		   (double) pds_fetch_memory_peak(f) / 1e6);
	pds_fetch_free(f);
}

static PdsAws *
connect_to(const char *endpoint, const char *region)
{
	PdsAwsConfig config;
	PdsError	err;
	PdsHttp    *http = pds_http_new(NULL, &pds_plain_hooks, &err);
	PdsAws	   *aws;

	if (http == NULL)
		die(&err);
	memset(&config, 0, sizeof(config));
	config.region = region;
	config.endpoint[PDS_S3] = endpoint;
	config.credentials.allow_ambient = true;
	aws = pds_aws_new(http, &config, &err);
	if (aws == NULL)
		die(&err);
	return aws;
}

/* "2i,3n" */
static bool
parse_fields(char *text)
{
	char	   *item;

	for (item = strtok(text, ","); item; item = strtok(NULL, ","))
	{
		char	   *end;

		if (nwanted == MAX_FIELDS)
			return false;
		wanted[nwanted] = (int) strtol(item, &end, 10);
		kinds[nwanted++] = *end ? *end : 's';
	}
	return true;
}

static Mode
mode_of_name(const char *name)
{
	static const char *const names[] = {"fetch", "index", "count", "cut", "plain"};
	int			i;

	for (i = 0; i < 5; i++)
		if (strcmp(name, names[i]) == 0)
			return (Mode) i;
	fprintf(stderr, "no mode \"%s\"\n", name);
	exit(2);
}

int
main(int argc, char **argv)
{
	PdsFetchOptions fopt = {0};
	PdsReaderOptions ropt = {.ncolumns = 8};
	PdsFormat	format = PDS_FORMAT_CSV;
	PdsDialect	dialect;
	Mode		mode = MODE_INDEX;
	const char *endpoint = NULL;
	const char *region = NULL;
	int			times = 3;
	bool		local = false;
	Bench		b = {0};
	PdsError	err;
	PdsAws	   *aws;
	int			c;
	int			i;

	while ((c = getopt(argc, argv, "Le:r:f:m:c:p:l:b:s:n:w:k:")) != -1)
	{
		switch (c)
		{
			case 'e':
				endpoint = optarg;
				break;
			case 'r':
				region = optarg;
				break;
			case 'c':
				fopt.concurrency = atoi(optarg);
				break;
			case 'p':
				fopt.part_max = (size_t) atol(optarg) * 1024;
				break;
			case 'l':
				fopt.memory_limit = (size_t) atol(optarg) * 1024 * 1024;
				break;
			case 'b':
				ropt.batch_bytes = (size_t) atol(optarg) * 1024;
				break;
			case 's':
				b.split_bytes = (int64_t) atol(optarg) * 1024 * 1024;
				break;
			case 'n':
				times = atoi(optarg);
				break;
			case 'm':
				mode = mode_of_name(optarg);
				break;
			case 'L':
				local = true;
				break;
			case 'w':
				if (!parse_fields(optarg))
					return 2;
				break;
			case 'k':
				if (!pds_scan_set_kernel(optarg))
				{
					fprintf(stderr, "no kernel \"%s\" here\n", optarg);
					return 2;
				}
				break;
			case 'f':
				if (pds_format_of_name(optarg, &format))
					break;
				/* FALLTHROUGH */
			default:
				fprintf(stderr, "see the top of bench_read.c\n");
				return 2;
		}
	}
	if (argc - optind < (local ? 1 : 2))
	{
		fprintf(stderr, "usage: bench_read [options] BUCKET KEY...\n");
		return 2;
	}
	ropt.count_only = (mode == MODE_COUNT);
	pds_dialect_init(&dialect, format);
	dialect.header_lines = 1;
	pds_plain_init();
	if (local)
	{
		PdsReadUnit unit = {.dialect = &dialect, .codec = PDS_CODEC_NONE, .partition = -1};

		while (times-- > 0)
			for (i = optind; i < argc; i++)
				run_local(argv[i], &unit, &ropt, mode);
		return checksum == 1;
	}
	aws = connect_to(endpoint, region);
	b.bucket = argv[optind];
	b.nobjects = argc - optind - 1;
	b.objects = calloc((size_t) b.nobjects, sizeof(PdsObject));
	b.units = calloc((size_t) b.nobjects, sizeof(PdsReadUnit));
	if (b.objects == NULL || b.units == NULL)
		return 1;
	for (i = 0; i < b.nobjects; i++)
	{
		const char *key = argv[optind + 1 + i];

		if (!pds_s3_head(aws, b.bucket, key, &b.objects[i], &err))
			die(&err);
		b.units[i].dialect = &dialect;
		b.units[i].codec = pds_codec_of_key(key);
	}
	while (times-- > 0)
		run(aws, &b, &fopt, &ropt, mode);
	return 0;
}
