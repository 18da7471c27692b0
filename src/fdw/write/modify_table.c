/*
 * modify_table.c
 *	  A foreign table as something to write to: its fields, its destination, its rows.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "core/codec/encode.h"
#include "fdw/base/on_reset.h"
#include "fdw/catalog/objects.h"
#include "fdw/write/modify.h"

/* ---- may it be written to? ---- */

static void
check_writable_columns(const PdsTable *t)
{
	Bitmapset  *all = bms_make_singleton(-FirstLowInvalidHeapAttributeNumber);

	pds_table_check_columns(t, all);
	bms_free(all);
}

PdsTable *
pds_writable_table(Relation rel, Oid userid, PdsConnection *conn, MemoryContext cxt)
{
	PdsTable   *t = pds_table_open(RelationGetRelid(rel), conn, cxt);
	const char *reason;

	pds_table_load_catalog(t, conn);
	reason = t->direct_reason;
	if (reason == NULL && (t->location == NULL || t->location[0] == '\0'))
		reason = "it has no location";
	if (reason == NULL && (t->places.n > 1 || (t->places.n == 1 && t->places.items[0].pattern)))
		reason = "its location is a pattern or a list";
	if (reason == NULL && t->options.version_id)
		reason = "its version_id is that of an object as it once was";
	if (reason)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("foreign table \"%s\" cannot be written to: %s",
						RelationGetRelationName(rel), reason),
				 t->direct_hint ? errhint("%s", t->direct_hint) : 0));
	check_writable_columns(t);
	return t;
}

/* ---- how objects are made ---- */

static PdsCodec
write_codec(const PdsTable *t)
{
	const PdsTableOptions *o = &t->options;
	PdsCodec	codec = PDS_CODEC_NONE;

	if (o->write_compression && o->compression &&
		strcmp(o->write_compression, o->compression) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("write_compression \"%s\" contradicts compression \"%s\", which is that of all objects",
						o->write_compression, o->compression)));
	if (o->write_compression)
		pds_codec_of_name(o->write_compression, &codec);
	else if (o->compression)
		pds_codec_of_name(o->compression, &codec);
	return codec;
}

static int
write_level(const PdsTable *t, PdsCodec codec)
{
	int			level = t->options.write_compression_level;

	if (level > pds_codec_max_level(codec))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 codec == PDS_CODEC_NONE
				 ? errmsg("write_compression_level needs a write_compression")
				 : errmsg("write_compression_level %d is above %d, the highest of %s", level,
						  pds_codec_max_level(codec), pds_codec_name(codec))));
	return level;
}

/* ---- a statement ---- */

static void
free_modify_text(void *arg)
{
	pds_str_free(&((PdsModify *) arg)->text);
}

static void
set_mode(PdsModify *m)
{
	const char *mode = m->table->options.write_mode;

	if (mode == NULL || strcmp(mode, "append") == 0)
		return;
	if (strcmp(mode, "overwrite") == 0)
		pds_target_replace(m->target);
	else if (m->table->nkeys > 0)
		m->replace_dests = true;
	else
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("write_mode \"overwrite_partitions\" needs partition keys, and foreign table \"%s\" has none",
						get_rel_name(m->table->relid)),
				 errhint("Use write_mode \"overwrite\".")));
}

PdsModify *
pds_modify_create(PdsTable *table, PdsWriteTarget *target, const PdsWriteDestOptions *options,
				  MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	PdsModify  *m = palloc0(sizeof(PdsModify));

	m->cxt = cxt;
	pds_str_init(&m->text);
	pds_on_reset(cxt, free_modify_text, m);
	m->table = table;
	m->target = target;
	m->options = *options;
	if (m->table->places.n > 0)
	{
		m->bucket = m->table->places.items[0].bucket;
		m->prefix = m->table->places.items[0].prefix;
	}
	else
		pds_parse_location(m->table->location, &m->bucket, &m->prefix);
	m->prefix = pds_as_folder(m->prefix);
	if (m->table->nkeys > 0)
		pds_modify_init_partitions(m);
	else
	{
		PdsWriteDestOptions o = m->options;

		o.bucket = m->bucket;
		o.prefix = m->prefix;
		pds_modify_dest(m, &m->table->dialect, &o, &m->whole);
	}
	MemoryContextSwitchTo(old);
	return m;
}

PdsModify *
pds_modify_begin(Relation rel, Oid userid, MemoryContext cxt)
{
	PdsWriteTarget *target = pds_target_of_table(RelationGetRelid(rel), userid);
	PdsTable   *t = pds_writable_table(rel, userid, pds_target_connection(target), cxt);
	PdsWriteDestOptions o;
	PdsModify  *m;

	memset(&o, 0, sizeof(o));
	o.codec = write_codec(t);
	o.level = write_level(t, o.codec);
	o.max_rows = t->options.max_rows_per_file;
	o.max_bytes = t->options.max_bytes_per_file;
	m = pds_modify_create(t, target, &o, cxt);
	set_mode(m);
	return m;
}

/* they tell where a row lies, and cannot be chosen */
static void
check_pseudo(const PdsModify *m, const bool *nulls)
{
	int			i;

	for (i = 0; i < m->table->natts; i++)
	{
		const PdsColumn *c = &m->table->columns[i];

		if (pds_is_pseudo(c) && !nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("column \"%s\" of row " INT64_FORMAT " is a pseudo-column, which cannot be written",
							c->attname, m->row),
					 errhint("Leave it out of the list of columns.")));
	}
}

void
pds_modify_row(PdsModify *m, const Datum *values, const bool *nulls)
{
	PdsRowDest *dest = &m->whole;

	m->row++;
	if (m->table->npseudo > 0)
		check_pseudo(m, nulls);
	if (m->table->nkeys > 0)
		dest = pds_modify_partition(m, values, nulls);
	pds_str_reset(&m->text);
	dest->writer->row = m->row - 1;
	pds_row_write(dest->writer, values, nulls, &m->text);
	pds_dest_add(dest->dest, pds_str_text(&m->text), m->text.len);
}
