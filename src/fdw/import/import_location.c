/*
 * import_location.c
 *	  IMPORT FOREIGN SCHEMA "s3://bucket/prefix/": tables from what lies there.
 *
 * A file directly below the prefix is a table.  A folder is a table when everything below
 * it is of one kind (core/infer: the same columns and delimiter), however deep; else its
 * files and folders are looked at one by one.  Folders key=value are partition keys of
 * the table of the folder they lie in.  What is left out gives a NOTICE.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/htup_details.h"
#include "foreign/fdwapi.h"
#include "foreign/foreign.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "core/infer/names.h"
#include "fdw/base/no_memory.h"
#include "fdw/catalog/objects.h"
#include "fdw/import/infer_files.h"
#include "fdw/import/import.h"
#include "fdw/import/import_comments.h"
#include "fdw/import/import_names.h"
#include "fdw/base/error_map.h"
#include "fdw/base/types.h"

/* objects compared to find out whether a folder is one table, and bytes of each */
#define COMPARED 8
#define COMPARED_BYTES (128 * 1024)

typedef struct Location
{
	ImportForeignSchemaStmt *stmt;
	PdsConnection *conn;
	const PdsFiles *all;
	PdsTableOptions dialect;
	PdsImportOptions sampling;
	List	   *commands;
	char	  **names;			/* of the tables made */
	int			nnames;
	List	   *seen;			/* names of all tables there could be, for
								 * LIMIT TO */
} Location;

/* ---- names ---- */

static char *
from_utf8(const char *s, size_t len)
{
	return pg_any_to_server(pnstrdup(s, len), len, PG_UTF8);
}

/* a file's name without what says its format */
static size_t
stem_length(const char *name, size_t len)
{
	static const char *const suffixes[] = {
		".gz", ".bz2", ".zst", ".zstd", ".deflate", ".snappy", ".lz4", ".csv", ".tsv", ".txt",
		".tab", ".psv", ".dat"
	};
	bool		again = true;

	while (again)
	{
		int			i;

		again = false;
		for (i = 0; i < lengthof(suffixes); i++)
		{
			size_t		n = strlen(suffixes[i]);

			if (len > n && pg_strncasecmp(name + len - n, suffixes[i], n) == 0)
			{
				len -= n;
				again = true;
			}
		}
	}
	return len;
}

/* palloc'd copy of what the core has malloc'd */
static char *
take_option(char *s)
{
	char	   *copy;

	if (s == NULL)
		pds_raise_no_memory();
	copy = pstrdup(s);
	free(s);
	return copy;
}

/*
 * A name that an object or a header has; sanitized, unless its letters are to stay.  UTF-8.
 */
static char *
cased_name(const Location *loc, const char *raw, size_t len, const char *sanitized)
{
	char	   *name;

	if (loc->sampling.name_case == PDS_CASE_LOWER || len == 0 ||
		!pds_encoding_valid(PG_UTF8, raw, len))
		return pstrdup(sanitized);
	name = pds_case_name(from_utf8(raw, len), loc->sampling.name_case);
	return pg_server_to_any(name, strlen(name), PG_UTF8);
}

/* name of the table for path (below the location), or for the location itself */
static char *
table_name(const Location *loc, const char *path, size_t len)
{
	char	   *name;

	while (len > 0 && path[len - 1] == '/')
		len--;
	if (len == 0)
	{
		/* the location itself: its last folder, else the bucket */
		len = strlen(loc->all->base);
		path = pnstrdup(loc->all->base, len > 0 ? len - 1 : 0);
		if (strrchr(path, '/'))
			path = strrchr(path, '/') + 1;
		len = strlen(path);
		if (len == 0)
		{
			path = loc->all->bucket;
			len = strlen(path);
		}
	}
	name = cased_name(loc, path, len, take_option(pds_sanitize_name(path, len)));
	if (strspn(name, "_") == strlen(name))
		name = "files";
	return take_option(pds_unique_name(name, loc->names, loc->nnames, NAMEDATALEN - 1));
}

/* ---- the command ---- */

static void
append_location_option(StringInfo buf, const char *name, const char *value)
{
	appendStringInfo(buf, ", %s %s", name, quote_literal_cstr(value));
}

static char *
option_char(char c)
{
	if (c == 0)
		return "";
	return c == '\t' ? "\\t" : pnstrdup(&c, 1);
}

/* Do the columns go by the header of each object?  Where these differ, or it was asked for. */
static bool
bound_by_name(const Location *loc, const PdsInferredTable *found)
{
	return found->inf.names_differ ||
		(found->inf.named && loc->dialect.header_mode != PDS_HEADER_SKIPPED);
}

/* what a table needs beyond its location, to be read as inferred */
static void
append_dialect(const Location *loc, StringInfo buf, const PdsInferredTable *found)
{
	const PdsDialect *d = &found->inf.dialect;
	const char *encoding = pds_inferred_encoding(found, &loc->dialect);
	int			skip = loc->dialect.skip;
	PdsDialect	usual;

	pds_dialect_init(&usual, d->format);
	if (d->format != PDS_FORMAT_CSV)
		append_location_option(buf, "format", pds_format_name(d->format));
	if (d->delimiter != usual.delimiter)
		append_location_option(buf, "delimiter", option_char(d->delimiter));
	if (d->quote != usual.quote)
		append_location_option(buf, "quote", option_char(d->quote));
	if (d->escape != (d->format == PDS_FORMAT_CSV ? d->quote : usual.escape))
		append_location_option(buf, "escape", option_char(d->escape));
	if (strcmp(d->null_text, usual.null_text) != 0)
		append_location_option(buf, "null", d->null_text);
	if (found->inf.named && loc->dialect.header_mode == PDS_HEADER_MATCH)
		append_location_option(buf, "header", "match");
	else if (bound_by_name(loc, found))
	{
		append_location_option(buf, "header", "names");
		if (found->inf.preamble > 0 && !found->inf.blank_preamble)
			skip += found->inf.preamble_lines;
	}
	else if (d->header_lines > 0)
		append_location_option(buf, "header", d->header_lines == 1 ? "true"
							   : psprintf("%d", d->header_lines));
	if (skip > 0)
		append_location_option(buf, "skip", psprintf("%d", skip));
	if (pds_inferred_padding(found) || loc->dialect.null_padding)
		append_location_option(buf, "null_padding", "true");
	if (loc->dialect.comment)
		append_location_option(buf, "comment", loc->dialect.comment);
	else if (found->inf.comments > 0)
		append_location_option(buf, "comment", option_char(d->comment));
	if (encoding)
		append_location_option(buf, "encoding", encoding);
	if (loc->dialect.compression)
		append_location_option(buf, "compression", loc->dialect.compression);
	else if (found->codec != PDS_CODEC_NONE)
		append_location_option(buf, "compression", pds_codec_name(found->codec));
}

/* Columns and keys, of a table that is made, or (relname NULL) that is altered. */
static void
append_inferred_columns(Location *loc, StringInfo buf, const PdsFiles *f,
						const PdsInferredTable *found, const char *relname)
{
	const PdsInference *inf = &found->inf;
	const char *add = relname ? "" : "ADD COLUMN ";
	char	  **names = palloc0((inf->ncolumns + f->nkeys + 1) * sizeof(char *));
	char	   *attname;
	bool		changed;
	int			i;

	Assert(found->binding != NULL || !bound_by_name(loc, found));
	/* keys first: they must keep their names, columns bind by their place */
	for (i = 0; i < f->nkeys; i++)
		names[i] = take_option(pds_unique_name(pds_column_name(found->key_names[i], &changed),
											   names, i, NAMEDATALEN - 1));
	for (i = 0; i < inf->ncolumns; i++)
	{
		const PdsInferredColumn *c = &inf->columns[i];

		attname = cased_name(loc, c->header ? c->header : "", c->header ? strlen(c->header) : 0, c->name);
		attname = take_option(pds_unique_name(pds_column_name(attname, &changed), names,
											  f->nkeys + i, NAMEDATALEN - 1));
		names[f->nkeys + i] = attname;
		appendStringInfo(buf, "%s\n  %s%s %s", i > 0 ? "," : "", add, quote_identifier(attname),
						 pds_qualified_type(pds_inferred_sql_type(c)));
		if (bound_by_name(loc, found) &&
			strcmp(found->binding[i], pg_server_to_any(attname, strlen(attname), PG_UTF8)) != 0)
			appendStringInfo(buf, " OPTIONS (column_name %s)",
							 quote_literal_cstr(from_utf8(found->binding[i],
														  strlen(found->binding[i]))));
		if (relname && c->header && strcmp(c->header, attname) != 0 &&
			pds_encoding_valid(PG_UTF8, c->header, strlen(c->header)))
			pds_import_comment(relname, attname,
							   psprintf("\"%s\" in the header",
										from_utf8(c->header, strlen(c->header))));
	}
	for (i = 0; i < f->nkeys; i++)
	{
		StringInfoData shown;

		initStringInfo(&shown);
		pds_sql_type_of_hive(&found->key_types[i], &shown);
		appendStringInfo(buf, "%s\n  %s%s %s OPTIONS (partition_key 'true'",
						 inf->ncolumns + i > 0 ? "," : "", add, quote_identifier(names[i]),
						 pds_qualified_type(shown.data));
		if (pg_strcasecmp(names[i], f->keys[i]) != 0)
			append_location_option(buf, "column_name", from_utf8(f->keys[i], strlen(f->keys[i])));
		appendStringInfoChar(buf, ')');
	}
}

static char *
dialect_words(const PdsInference *inf)
{
	const PdsDialect *d = &inf->dialect;
	const char *delimiter = d->delimiter == '\t' ? "TAB" : d->delimiter == '\001' ? "the byte 1"
		: psprintf("\"%c\"", d->delimiter);

	return psprintf("%s, delimiter %s, %s header", pds_format_name(d->format), delimiter,
					inf->named ? "with" : "without");
}

/* False: it is not importable, a NOTICE said why. */
static bool
can_import(const PdsInferredTable *found, const PdsFiles *f, const char *what)
{
	const PdsInference *inf = &found->inf;

	if (found->reason)
		ereport(NOTICE, (errmsg("%s was not imported: %s", what, found->reason)));
	else if (f->odd)
		ereport(NOTICE,
				(errmsg("%s was not imported: s3://%s/%s does not lie in the key=value folders of the others",
						what, f->bucket, from_utf8(f->odd, strlen(f->odd)))));
	else if (inf->ncolumns == 0 && found->everything)
		ereport(NOTICE, (errmsg("%s was not imported: it has no records", what)));
	else if (inf->ncolumns == 0)
		ereport(NOTICE,
				(errmsg("%s was not imported: its first record is longer than the sample", what),
				 errhint("The option sample_bytes asks for more.")));
	else if (inf->ncolumns + f->nkeys > MaxHeapAttributeNumber)
		ereport(NOTICE,
				(errmsg("%s was not imported: it has %d columns, PostgreSQL allows %d", what,
						inf->ncolumns + f->nkeys, MaxHeapAttributeNumber)));
	else
		return true;
	return false;
}

/* The table of objects from..to-1: those of the folder base, or one file. */
static void
import_table_at(Location *loc, const char *base, int from, int to, bool file)
{
	PdsFiles   *f = pds_files_part(loc->all, base, from, to);
	const char *key = file ? f->objects[0]->key : base;
	const char *path = key + strlen(loc->all->base);
	char	   *relname = table_name(loc, path,
									 file ? stem_length(path, strlen(path)) : strlen(path));
	char	   *location = psprintf("s3://%s/%s", f->bucket, from_utf8(key, strlen(key)));
	MemoryContext cxt;
	PdsInferredTable *found;
	StringInfoData buf;

	loc->seen = lappend(loc->seen, relname);
	if (!IsImportableForeignTable(relname, loc->stmt))
		return;
	/* samples are large, and there may be many tables */
	cxt = AllocSetContextCreate(CurrentMemoryContext, "pds_fdw samples", ALLOCSET_DEFAULT_SIZES);
	found = pds_infer_files(loc->conn, f, &loc->dialect, &loc->sampling, cxt);
	if (!can_import(found, f, location))
	{
		MemoryContextDelete(cxt);
		return;
	}
	pds_inferred_report(NOTICE, f, found, relname, true);
	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE FOREIGN TABLE %s (", quote_identifier(relname));
	append_inferred_columns(loc, &buf, f, found, relname);
	appendStringInfo(&buf, "\n) SERVER %s OPTIONS (location %s",
					 quote_identifier(loc->stmt->server_name), quote_literal_cstr(location));
	append_dialect(loc, &buf, found);
	appendStringInfoChar(&buf, ')');
	pds_import_comment(relname, NULL,
					   psprintf("inferred from %s: %s; %s; %s%.0f rows", location,
								pds_inferred_sampled(f, found), dialect_words(&found->inf),
								found->everything ? "" : "about ", found->rows));
	loc->names[loc->nnames++] = relname;
	loc->commands = lappend(loc->commands, buf.data);
	MemoryContextDelete(cxt);
}

char *
pds_inferred_alter(const char *table, const PdsFiles *f, const PdsInferredTable *found,
				   const PdsTableOptions *dialect)
{
	Location	loc = {.all = f, .dialect = *dialect};
	StringInfoData buf;
	StringInfoData options;

	initStringInfo(&buf);
	initStringInfo(&options);
	appendStringInfo(&buf, "ALTER FOREIGN TABLE %s", table);
	append_inferred_columns(&loc, &buf, f, found, NULL);
	append_dialect(&loc, &options, found);
	/* without the comma in front of the first */
	if (options.len > 0)
		appendStringInfo(&buf, ", OPTIONS (%s)", options.data + strlen(", "));
	return buf.data;
}

char *
pds_inferred_words(const PdsFiles *f, const PdsInferredTable *found)
{
	return psprintf("%s: %s", pds_inferred_sampled(f, found), dialect_words(&found->inf));
}

/* ---- folders ---- */

/* Is everything in from..to-1 of one kind? */
static bool
one_kind(Location *loc, const char *base, int from, int to)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "pds_fdw comparison",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	PdsImportOptions sampling = loc->sampling;
	PdsInferredTable *first = NULL;
	int			n = Min(to - from, COMPARED);
	bool		same = pds_files_part(loc->all, base, from, to)->odd == NULL;
	int			i;

	sampling.sample_bytes = Min(sampling.sample_bytes, COMPARED_BYTES);
	for (i = 0; i < n && same && to - from > 1; i++)
	{
		int			at = from + (int) ((int64) i * (to - from) / n);
		PdsInferredTable *found = pds_infer_files(loc->conn,
												  pds_files_part(loc->all, base, at, at + 1),
												  &loc->dialect, &sampling, cxt);

		if (first == NULL)
			first = found;

		/*
		 * objects that are no CSV are together, too: one NOTICE for the
		 * folder
		 */
		same = (first->reason == NULL) == (found->reason == NULL) &&
			(found->reason || pds_inference_same(&first->inf, &found->inf));
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
	return same;
}

/* one past the last object in the same folder (or file) as `from` directly below base */
static int
group_end(const Location *loc, size_t base_len, int from, int to, bool *folder)
{
	const char *key = loc->all->objects[from]->key;
	const char *slash = strchr(key + base_len, '/');
	int			i = from + 1;

	*folder = slash != NULL;
	if (slash)
		while (i < to && strncmp(loc->all->objects[i]->key, key, slash + 1 - key) == 0)
			i++;
	return i;
}

/* what lies directly below base */
typedef struct Children
{
	int			files;
	int			folders;
	int			keys;			/* folders key=value */
	const char *odd;			/* one that is not */
} Children;

/* is the folder at name (up to its slash) key=value? */
static bool
is_key_folder(const char *name)
{
	size_t		n = strcspn(name, "=/");

	return n > 0 && name[n] == '=' && strchr(name, '/') != NULL;
}

static Children
count_children(const Location *loc, const char *base, int from, int to)
{
	Children	c = {0, 0, 0, NULL};
	size_t		n = strlen(base);
	int			i;
	int			next;

	for (i = from; i < to; i = next)
	{
		const char *name = loc->all->objects[i]->key + n;
		bool		folder;
		bool		key;

		next = group_end(loc, n, i, to, &folder);
		key = folder && is_key_folder(name);
		c.files += !folder;
		c.folders += folder;
		c.keys += key;
		if (!key)
			c.odd = loc->all->objects[i]->key;
	}
	return c;
}

static void
import_folder(Location *loc, const char *base, int from, int to)
{
	size_t		n = strlen(base);
	bool		top = n == strlen(loc->all->base);
	Children	c = count_children(loc, base, from, to);
	bool		folder;
	int			i;
	int			next;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if ((c.keys > 0 && c.odd == NULL) ||
		(c.keys == 0 && !top && one_kind(loc, base, from, to)))
	{
		import_table_at(loc, base, from, to, false);
		return;
	}
	if (c.keys > 0)
		ereport(NOTICE,
				(errmsg("the key=value folders of s3://%s/%s were not imported: s3://%s/%s lies beside them",
						loc->all->bucket, base, loc->all->bucket, from_utf8(c.odd, strlen(c.odd))),
				 errhint("All objects of a partitioned table lie in such folders.")));
	for (i = from; i < to; i = next)
	{
		const char *key = loc->all->objects[i]->key;

		next = group_end(loc, n, i, to, &folder);
		if (!folder)
			import_table_at(loc, base, i, next, true);
		else if (!is_key_folder(key + n))
			import_folder(loc, pnstrdup(key, strchr(key + n, '/') + 1 - key), i, next);
	}
}

/* LIMIT TO names that are none of the tables there could be */
static void
warn_of_missing_locations(const Location *loc)
{
	ListCell   *lc;
	ListCell   *lc2;

	if (loc->stmt->list_type != FDW_IMPORT_SCHEMA_LIMIT_TO)
		return;
	foreach(lc, loc->stmt->table_list)
	{
		char	   *name = ((RangeVar *) lfirst(lc))->relname;
		bool		found = false;

		foreach(lc2, loc->seen)
			found = found || strcmp(lfirst(lc2), name) == 0;
		if (!found)
			ereport(WARNING,
					(errmsg("there is no table \"%s\" below %s", name, loc->stmt->remote_schema)));
	}
}

static bool
names_folder(const char *location)
{
	PdsPlaces  *places = palloc0(sizeof(PdsPlaces));
	PdsError	err;

	if (!pds_places_open(location, places, CurrentMemoryContext, &err))
		pds_raise(&err);
	return places->n == 1 && places->items[0].pattern == NULL;
}

List *
pds_import_location(ImportForeignSchemaStmt *stmt, PdsConnection *conn)
{
	Location	loc;
	PdsFiles   *all;

	memset(&loc, 0, sizeof(loc));
	loc.stmt = stmt;
	loc.conn = conn;
	pds_get_import_options(stmt->options, &loc.dialect, &loc.sampling);
	if (!names_folder(stmt->remote_schema))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
				 errmsg("\"%s\" is a pattern or a list, not a folder", stmt->remote_schema),
				 errhint("Tables are made of folders and files below s3://bucket/prefix/; LIMIT TO and EXCEPT choose among them.")));
	loc.all = all = pds_files_find(conn, stmt->remote_schema, CurrentMemoryContext);
	loc.names = palloc0((all->n + 1) * sizeof(char *));
	if (all->nskipped > 0)
		ereport(NOTICE,
				(errmsg_plural("%d of the objects below %s is left out: its name hides it, or it is empty%s",
							   "%d of the objects below %s are left out: their names hide them, or they are empty%s",
							   all->nskipped, all->nskipped, stmt->remote_schema,
							   all->narchived > 0 ? " or archived" : "")));
	if (all->n == 0)
		ereport(WARNING, (errmsg("there is nothing to read below %s", stmt->remote_schema)));
	else
		import_folder(&loc, all->base, 0, all->n);
	warn_of_missing_locations(&loc);
	return loc.commands;
}
