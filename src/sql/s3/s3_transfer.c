/*
 * s3_transfer.c
 *	  SQL functions that move objects: copy and sync between S3 locations,
 *	  upload and download of files of the database server.
 *
 * One loop serves all: a sorted walk over what there is at the source, one
 * over the target where that matters, and one action for each pair.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <unistd.h>

#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "core/base/glob.h"
#include "core/base/uri.h"
#include "fdw/base/error_map.h"
#include "fdw/base/types.h"
#include "sql/s3/s3_common.h"
#include "sql/s3/s3_transfer.h"
#include "sql/s3/server_files.h"

#define READ_BYTES	(1024 * 1024)

PG_FUNCTION_INFO_V1(pds_s3_copy_rows);
PG_FUNCTION_INFO_V1(pds_s3_sync_rows);
PG_FUNCTION_INFO_V1(pds_s3_upload_rows);
PG_FUNCTION_INFO_V1(pds_s3_download_rows);

/* ---- one object or file ---- */

/* what one transfer is made of; names are whole */
typedef struct Transfer
{
	PdsS3Work  *work;
	PdsS3Uri	from;			/* an object, or */
	const char *from_path;		/* a file, not NULL */
	PdsS3Uri	to;
	const char *to_path;
	const PdsObject *known;		/* the source as a listing saw it, or NULL */
	const char *content_type;	/* of an upload; NULL: of the name */
	int64		bytes;			/* done */
} Transfer;

static void
copy_object(void *arg)
{
	Transfer   *t = arg;
	PdsError	err;
	int64_t		bytes = 0;

	pds_error_clear(&err);
	if (!pds_s3_copy(t->work->aws, t->from.bucket, t->from.key, t->known, t->to.bucket, t->to.key,
					 &bytes, &t->work->upload, &err))
		/* which of the two is missing, the failed operation tells */
		pds_s3_raise(t->work,
					 strcmp(err.operation, "HeadObject") == 0 ? t->from.bucket : t->to.bucket,
					 strcmp(err.operation, "HeadObject") == 0 ? t->from.key : t->to.key, &err);
	t->bytes = bytes;
}

static void
upload_file(void *arg)
{
	Transfer   *t = arg;
	PdsS3Work  *w = t->work;
	PdsUploadOptions opt;
	struct stat st;
	char	   *buf = palloc(READ_BYTES);
	int			fd = pds_server_open(t->from_path, &st);
	PdsError	err;
	bool		ok;

	pds_error_clear(&err);
	pds_s3_upload_options(w, &opt);
	opt.put.content_type = t->content_type ? t->content_type : pds_s3_content_type(t->to.key);
	opt.expected = st.st_size;
	w->upload = pds_upload_new(w->aws, t->to.bucket, t->to.key, &opt, &err);
	ok = w->upload != NULL;
	while (ok)
	{
		ssize_t		n = read(fd, buf, READ_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not read file \"%s\": %m", t->from_path)));
		if (n == 0)
			break;
		CHECK_FOR_INTERRUPTS();
		ok = pds_upload_write(w->upload, buf, (size_t) n, &err);
	}
	if (!ok || !pds_upload_finish(w->upload, &err) || !pds_upload_complete(w->upload, &err))
		pds_s3_raise(w, t->to.bucket, t->to.key, &err);
	CloseTransientFile(fd);
	t->bytes = pds_upload_bytes(w->upload);
	pds_upload_free(w->upload);
	w->upload = NULL;
	pfree(buf);
}

typedef struct FileSink
{
	int			fd;
	const char *path;
} FileSink;

static void
write_file(void *arg, const char *data, size_t len)
{
	FileSink   *s = arg;

	pds_server_write(s->fd, s->path, data, len);
}

static void
download_object(void *arg)
{
	Transfer   *t = arg;
	PdsS3Work  *w = t->work;
	PdsObject	o;
	FileSink	sink;

	if (t->known)
		o = *t->known;
	else
		pds_s3_must_find(w, &t->from, &o);
	sink.path = t->to_path;
	sink.fd = pds_server_create(t->to_path, &w->temp_file);
	pds_s3_read(w, &t->from, &o, 0, o.size, write_file, &sink);
	pds_server_finish(sink.fd, w->temp_file, t->to_path);
	w->temp_file = NULL;
	t->bytes = o.size;
}

static const char *
action_of(const Transfer *t)
{
	return t->from_path ? "upload" : t->to_path ? "download" : "copy";
}

static void
run_transfer(Transfer *t, PdsResult *result, bool dry_run)
{
	char	   *from = t->from_path ? pstrdup(t->from_path)
		: pds_s3_uri_string(t->from.bucket, t->from.key);
	char	   *to = t->to_path ? pstrdup(t->to_path) : pds_s3_uri_string(t->to.bucket, t->to.key);

	if (!dry_run)
		pds_s3_guarded(t->work, t->from_path ? upload_file : t->to_path ? download_object : copy_object,
					   t);
	if (result)
		pds_s3_action_row(result, action_of(t), from, to, t->bytes);
}

/* ---- a place: what is below a prefix or a folder, in the order of names ---- */

typedef struct Place
{
	PdsS3Work  *work;			/* of its listing */
	PdsS3Uri	uri;			/* the key is a prefix: "" or ending in '/' */
	const char *path;			/* a folder of the server; NULL: S3 */
	PdsServerFile *files;
	size_t		nfiles;
	size_t		next;			/* of the page or the files */
	/* where we are */
	bool		ended;
	const char *name;			/* relative */
	int64		size;
	int64		modified_us;
	const PdsObject *object;
} Place;

static void
advance_transfer(Place *p)
{
	PdsObjectList *page;

	if (p->path)
	{
		p->ended = p->next == p->nfiles;
		if (p->ended)
			return;
		p->name = p->files[p->next].relative;
		p->size = p->files[p->next].size;
		p->modified_us = p->files[p->next++].modified_us;
		return;
	}
	page = &p->work->list;
	while (p->next >= page->n)
	{
		p->next = 0;
		if (!pds_s3_next_page(p->work, p->uri.bucket, p->uri.key, NULL, 0))
		{
			p->ended = true;
			return;
		}
	}
	p->object = &page->objects[p->next++];
	p->name = p->object->key + strlen(p->uri.key);
	p->size = p->object->size;
	p->modified_us = p->object->modified_us;
}

static void
open_s3_place(Place *p, const char *server, PdsS3Uri uri)
{
	memset(p, 0, sizeof(*p));
	p->uri.bucket = uri.bucket;
	p->uri.key = pds_s3_folder(uri.key);
	p->work = pds_s3_work(server);
	advance_transfer(p);
}

static void
open_folder(Place *p, const char *path, bool must_exist)
{
	PdsPathKind kind = pds_server_path_kind(path);

	memset(p, 0, sizeof(*p));
	p->path = path;
	if (kind == PDS_PATH_DIRECTORY)
		p->files = pds_server_walk(path, &p->nfiles);
	else if (kind != PDS_PATH_NONE || must_exist)
		ereport(ERROR,
				(errcode(kind == PDS_PATH_NONE ? ERRCODE_UNDEFINED_FILE
						 : ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a folder of the server", path)));
	advance_transfer(p);
}

/* name of an object in the encoding of the server's file names, and the reverse */
static char *
file_name(const char *key)
{
	return pds_s3_from_utf8(key);
}

static char *
key_name(const char *file)
{
	if (!pds_encoding_valid(GetDatabaseEncoding(), file, (int) strlen(file)))
		ereport(ERROR,
				(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				 errmsg("the name of a file is not valid in the encoding of the database")));
	return pg_server_to_any(file, (int) strlen(file), PG_UTF8);
}

/* ---- many ---- */

typedef struct Many
{
	PdsS3Work  *work;			/* that acts */
	PdsResult  *result;			/* NULL: no rows wanted */
	Place		source;
	Place		target;
	const char *pattern;
	const char *content_type;
	bool		compare;		/* sync: only what is new or changed */
	bool		delete_extra;
	bool		dry_run;
	char	  **doomed;			/* keys at the target, to be deleted together */
	size_t		ndoomed;
	MemoryContext row;
	MemoryContext keep;
} Many;

static void
transfer_item(Many *m)
{
	Transfer	t;
	const char *name = m->source.name;
	size_t		n = strlen(name);

	memset(&t, 0, sizeof(t));
	t.work = m->work;
	t.content_type = m->content_type;
	t.bytes = m->source.size;
	if (m->source.path)
		t.from_path = psprintf("%s/%s", m->source.path, name);
	else
	{
		t.known = m->source.object;
		t.from.bucket = m->source.uri.bucket;
		t.from.key = m->source.object->key;
	}
	if (m->target.path)
	{
		/* the marker of an empty folder is no file */
		if (m->source.size == 0 && (n == 0 || name[n - 1] == '/'))
			return;
		pds_server_check_relative(name, pds_s3_uri_string(t.from.bucket, t.from.key));
		name = file_name(name);
		t.to_path = psprintf("%s/%s", m->target.path, name);
		if (strlen(t.to_path) >= MAXPGPATH - 32)
			ereport(ERROR,
					(errcode(ERRCODE_NAME_TOO_LONG),
					 errmsg("\"%s\" is too long for a path", t.to_path)));
		if (!m->dry_run)
			pds_server_make_folders(m->target.path, name);
	}
	else
	{
		t.to.bucket = m->target.uri.bucket;
		t.to.key = psprintf("%s%s", m->target.uri.key, m->source.path ? key_name(name) : name);
	}
	run_transfer(&t, m->result, m->dry_run);
}

static void
flush_doomed(Many *m)
{
	PdsError	err;
	size_t		i;

	pds_error_clear(&err);
	if (m->ndoomed > 0 && !m->dry_run &&
		!pds_s3_delete_many(m->work->aws, m->target.uri.bucket, m->doomed, m->ndoomed, NULL, &err))
		pds_s3_raise(m->work, m->target.uri.bucket, "", &err);
	for (i = 0; i < m->ndoomed; i++)
		pfree(m->doomed[i]);
	m->ndoomed = 0;
}

/* the target has what the source has not */
static void
delete_item(Many *m)
{
	Place	   *p = &m->target;

	if (p->path)
	{
		char	   *path = psprintf("%s/%s", p->path, p->name);

		if (!m->dry_run && unlink(path) != 0 && errno != ENOENT)
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not remove file \"%s\": %m", path)));
		pds_s3_action_row(m->result, "delete", NULL, path, p->size);
		return;
	}
	if (m->doomed == NULL)
		m->doomed = MemoryContextAlloc(m->keep, sizeof(char *) * PDS_S3_MAX_DELETE);
	m->doomed[m->ndoomed++] = MemoryContextStrdup(m->keep, p->object->key);
	pds_s3_action_row(m->result, "delete", NULL, pds_s3_uri_string(p->uri.bucket, p->object->key),
					  p->size);
	if (m->ndoomed == PDS_S3_MAX_DELETE)
		flush_doomed(m);
}

/* names are compared as keys are sorted: bytes of UTF-8 */
static int
compare_names(const Place *a, const Place *b)
{
	const char *x = a->path ? key_name(a->name) : a->name;
	const char *y = b->path ? key_name(b->name) : b->name;

	return strcmp(x, y);
}

static bool
wanted_key(const Many *m, const Place *p)
{
	return m->pattern == NULL ||
		pds_glob_match(m->pattern, p->path ? key_name(p->name) : p->name);
}

/* Walk both sides side by side. */
static void
run_many(Many *m)
{
	Place	   *s = &m->source;
	Place	   *t = &m->target;

	m->keep = CurrentMemoryContext;
	m->row = AllocSetContextCreate(CurrentMemoryContext, "pds_fdw transfer",
								   ALLOCSET_DEFAULT_SIZES);
	while (!s->ended || (m->delete_extra && !t->ended))
	{
		MemoryContext old = MemoryContextSwitchTo(m->row);
		int			c = s->ended ? 1 : !m->compare || t->ended ? -1 : compare_names(s, t);
		bool		step_source = c <= 0;
		bool		step_target = c >= 0;

		if (c > 0)
		{
			if (m->delete_extra && wanted_key(m, t))
				delete_item(m);
		}
		else if (wanted_key(m, s) &&
				 (c < 0 || s->size != t->size || s->modified_us > t->modified_us))
			transfer_item(m);
		MemoryContextSwitchTo(old);
		MemoryContextReset(m->row);
		CHECK_FOR_INTERRUPTS();
		if (step_source)
			advance_transfer(s);
		if (step_target)
			advance_transfer(t);
	}
	flush_doomed(m);
}

/* A target within the source would grow while it is copied. */
static void
check_apart(const Place *source, const Place *target, bool both_ways)
{
	const char *a;
	const char *b;

	if ((source->path == NULL) != (target->path == NULL))
		return;
	if (source->path)
		return;
	if (strcmp(source->uri.bucket, target->uri.bucket) != 0)
		return;
	a = source->uri.key;
	b = target->uri.key;
	if (strncmp(a, b, strlen(a)) == 0 || (both_ways && strncmp(a, b, strlen(b)) == 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("source and target overlap"),
				 errdetail("%s and %s share objects.",
						   pds_s3_uri_string(source->uri.bucket, a),
						   pds_s3_uri_string(target->uri.bucket, b))));
}

/* an object for a folder, as the AWS CLI names it */
static void
name_after(PdsS3Uri *to, const char *name)
{
	if (to->key[0] == '\0' || pds_str_has_suffix(to->key, "/"))
		to->key = psprintf("%s%s", to->key, name);
}

/* ---- the functions ---- */

static bool
flag_arg(FunctionCallInfo fcinfo, int n)
{
	return !PG_ARGISNULL(n) && PG_GETARG_BOOL(n);
}

static const char *
pattern_arg(FunctionCallInfo fcinfo, int n, bool recursive)
{
	if (PG_ARGISNULL(n))
		return NULL;
	if (!recursive)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("pattern needs recursive")));
	return pds_s3_to_utf8(PG_GETARG_TEXT_PP(n));
}

static bool
is_s3(const text *arg)
{
	return pds_uri_has_scheme(text_to_cstring(arg));
}

/* (server, source, target, recursive, pattern, dry_run) */
Datum
pds_s3_copy_rows(PG_FUNCTION_ARGS)
{
	bool		recursive = flag_arg(fcinfo, 3);
	bool		dry_run = flag_arg(fcinfo, 5);
	text	   *source = pds_s3_text_arg(fcinfo, 1, "source");
	PdsS3Uri	from = recursive ? pds_s3_uri(source) : pds_s3_object_uri(source);
	PdsS3Uri	to = pds_s3_uri(pds_s3_text_arg(fcinfo, 2, "target"));
	PdsS3Work  *work = pds_s3_write_work(fcinfo, "pds.s3_copy()");
	PdsResult	result;

	pds_result_begin(fcinfo, &result);
	if (recursive)
	{
		Many		m = {.work = work, .result = &result, .dry_run = dry_run};

		m.pattern = pattern_arg(fcinfo, 4, recursive);
		m.target.uri.bucket = to.bucket;
		m.target.uri.key = pds_s3_folder(to.key);
		open_s3_place(&m.source, pds_s3_server_arg(fcinfo), from);
		check_apart(&m.source, &m.target, false);
		run_many(&m);
	}
	else
	{
		Transfer	t = {.work = work, .from = from, .to = to};
		PdsObject	o;

		(void) pattern_arg(fcinfo, 4, recursive);
		name_after(&t.to, pds_s3_basename(from.key));
		if (dry_run)
		{
			pds_s3_must_find(work, &from, &o);
			t.bytes = o.size;
		}
		run_transfer(&t, &result, dry_run);
	}
	return (Datum) 0;
}

/* (server, source, target, delete_extra, pattern, dry_run) */
Datum
pds_s3_sync_rows(PG_FUNCTION_ARGS)
{
	const char *server = pds_s3_server_arg(fcinfo);
	text	   *source = pds_s3_text_arg(fcinfo, 1, "source");
	text	   *target = pds_s3_text_arg(fcinfo, 2, "target");
	PdsResult	result;
	Many		m = {.compare = true};

	if (!is_s3(source) && !is_s3(target))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("source or target must be an S3 location")));
	m.work = pds_s3_write_work(fcinfo, "pds.s3_sync()");
	m.delete_extra = flag_arg(fcinfo, 3);
	m.pattern = pattern_arg(fcinfo, 4, true);
	m.dry_run = flag_arg(fcinfo, 5);
	pds_result_begin(fcinfo, &result);
	m.result = &result;
	/* rights first, then the network */
	m.source.path = is_s3(source) ? NULL : pds_server_path(source, false);
	m.target.path = is_s3(target) ? NULL : pds_server_path(target, true);
	if (m.source.path)
		open_folder(&m.source, m.source.path, true);
	else
		open_s3_place(&m.source, server, pds_s3_uri(source));
	if (m.target.path)
		open_folder(&m.target, m.target.path, false);
	else
		open_s3_place(&m.target, server, pds_s3_uri(target));
	check_apart(&m.source, &m.target, true);
	run_many(&m);
	return (Datum) 0;
}

int64
pds_s3_upload_path(PdsS3Work *work, const char *path, PdsS3Uri to, const char *content_type)
{
	Transfer	t = {.work = work, .from_path = path, .to = to, .content_type = content_type};

	run_transfer(&t, NULL, false);
	return t.bytes;
}

void
pds_s3_upload_folder(PdsS3Work *work, const char *path, PdsS3Uri to, const char *pattern,
					 bool dry_run, PdsResult *result)
{
	Many		m = {.work = work, .result = result, .pattern = pattern, .dry_run = dry_run};

	m.target.uri.bucket = to.bucket;
	m.target.uri.key = pds_s3_folder(to.key);
	open_folder(&m.source, path, true);
	run_many(&m);
}

/* (server, path, uri, recursive, pattern, dry_run) */
Datum
pds_s3_upload_rows(PG_FUNCTION_ARGS)
{
	bool		recursive = flag_arg(fcinfo, 3);
	bool		dry_run = flag_arg(fcinfo, 5);
	char	   *path = pds_server_path(pds_s3_text_arg(fcinfo, 1, "path"), false);
	PdsS3Uri	to = pds_s3_uri(pds_s3_text_arg(fcinfo, 2, "uri"));
	const char *pattern = pattern_arg(fcinfo, 4, recursive);
	PdsS3Work  *work = pds_s3_write_work(fcinfo, "pds.s3_upload()");
	PdsResult	result;

	pds_result_begin(fcinfo, &result);
	if (recursive)
		pds_s3_upload_folder(work, path, to, pattern, dry_run, &result);
	else
	{
		Transfer	t = {.work = work, .from_path = path, .to = to};
		struct stat st;

		name_after(&t.to, key_name(strrchr(path, '/') + 1));
		/* what cannot be read is found here, in a dry run, too */
		CloseTransientFile(pds_server_open(path, &st));
		t.bytes = st.st_size;
		run_transfer(&t, &result, dry_run);
	}
	return (Datum) 0;
}

/* (server, uri, path, recursive, pattern, dry_run) */
Datum
pds_s3_download_rows(PG_FUNCTION_ARGS)
{
	bool		recursive = flag_arg(fcinfo, 3);
	bool		dry_run = flag_arg(fcinfo, 5);
	text	   *source = pds_s3_text_arg(fcinfo, 1, "uri");
	PdsS3Uri	from = recursive ? pds_s3_uri(source) : pds_s3_object_uri(source);
	text	   *target = pds_s3_text_arg(fcinfo, 2, "path");
	char	   *path = pds_server_path(target, true);
	const char *pattern = pattern_arg(fcinfo, 4, recursive);
	PdsS3Work  *work = pds_s3_write_work(fcinfo, "pds.s3_download()");
	PdsResult	result;

	pds_result_begin(fcinfo, &result);
	if (recursive)
	{
		Many		m = {.work = work, .result = &result, .pattern = pattern, .dry_run = dry_run};

		m.target.path = path;
		open_s3_place(&m.source, pds_s3_server_arg(fcinfo), from);
		run_many(&m);
	}
	else
	{
		Transfer	t = {.work = work, .from = from, .to_path = path};
		PdsObject	o;

		/* a folder takes it under its own name */
		if (pds_str_has_suffix(text_to_cstring(target), "/") ||
			pds_server_path_kind(path) == PDS_PATH_DIRECTORY)
		{
			const char *name = pds_s3_basename(from.key);

			pds_server_check_relative(name, text_to_cstring(source));
			t.to_path = psprintf("%s/%s", path, file_name(name));
		}
		if (dry_run)
		{
			pds_s3_must_find(work, &from, &o);
			t.bytes = o.size;
		}
		run_transfer(&t, &result, dry_run);
	}
	return (Datum) 0;
}
