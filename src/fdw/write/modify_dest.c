/*
 * modify_dest.c
 *	  A destination that rows of a table go to, with what writes rows in its dialect.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "mb/pg_wchar.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "fdw/base/on_reset.h"
#include "fdw/write/modify.h"

/* rows as text in one dialect */
typedef struct Writer
{
	struct Writer *next;
	PdsDialect	dialect;
	PdsRowWriter *writer;
	PdsStr		header;
} Writer;

static void
field_column(const PdsModify *m, int field, PdsOutColumn *out)
{
	const PdsTable *t = m->table;
	int			i;

	for (i = 0; i < t->natts; i++)
	{
		const PdsColumn *c = &t->columns[i];

		if (c->name == NULL || c->field != field)
			continue;
		pds_out_column_init(out, t->dialect.format, c->typid, c->typmod,
							c->hive_known ? &c->hive : NULL, c->attname, i);
		out->rules = c->rules;
		out->header = t->in_catalog ? c->name : c->header_name;
		return;
	}
	/* Glue has it, this table has not */
	memset(out, 0, sizeof(*out));
	out->kind = PDS_OUT_NULL;
	out->name = out->header = t->glue->sd.columns[field].name;
}

static void
free_writer(void *arg)
{
	pds_str_free(&((Writer *) arg)->header);
}

static Writer *
writer_of(PdsModify *m, const PdsDialect *dialect)
{
	const PdsTable *t = m->table;
	PdsOutColumn *columns;
	Writer	   *w;
	int			i;

	for (w = m->writers; w; w = w->next)
		if (memcmp(&w->dialect, dialect, sizeof(*dialect)) == 0)
			return w;
	w = palloc0(sizeof(Writer));
	w->dialect = *dialect;
	columns = palloc(Max(t->nfields, 1) * sizeof(PdsOutColumn));
	for (i = 0; i < t->nfields; i++)
		field_column(m, i, &columns[i]);
	w->writer = pds_row_writer_create(dialect, t->nfields, columns,
									  t->options.encoding
									  ? pg_char_to_encoding(t->options.encoding) : PG_UTF8,
									  OidIsValid(t->relid)
									  ? psprintf("foreign table \"%s\"", get_rel_name(t->relid))
									  : t->location);
	pds_str_init(&w->header);
	pds_on_reset(m->cxt, free_writer, w);
	pds_row_write_header(w->writer, &w->header);
	w->next = m->writers;
	m->writers = w;
	return w;
}

void
pds_modify_dest(PdsModify *m, const PdsDialect *dialect, const PdsWriteDestOptions *o,
				PdsRowDest *dest)
{
	MemoryContext old = MemoryContextSwitchTo(m->cxt);
	Writer	   *w = writer_of(m, dialect);
	PdsWriteDestOptions copy = *o;

	copy.header = &w->header;
	dest->dest = pds_target_dest(m->target, &copy);
	dest->writer = w->writer;
	if (m->replace_dests)
		pds_dest_replace(dest->dest);
	MemoryContextSwitchTo(old);
}
