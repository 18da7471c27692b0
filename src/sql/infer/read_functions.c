/*
 * read_functions.c
 *	  SQL functions that read objects without a foreign table: pds.read_csv
 *	  (with a column list), pds.read_csv_json (without).
 *
 * What the caller does not say of the format is inferred from a few samples. Rows go to a
 * tuple store, one at a time.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "core/infer/names.h"
#include "fdw/base/no_memory.h"
#include "fdw/direct/file_scan.h"
#include "sql/base/functions.h"
#include "sql/glue/glue_functions.h"
#include "sql/infer/infer_arguments.h"

PG_FUNCTION_INFO_V1(pds_read_csv);
PG_FUNCTION_INFO_V1(pds_read_csv_json);

/* what is looked at before reading: the format is seen soon, types need more */
#define FORMAT_BYTES (256 * 1024)
#define FORMAT_OBJECTS 3

typedef struct Reading
{
	PdsConnection *conn;
	PdsFiles   *files;
	PdsInferredTable *found;
	PdsTableOptions options;
} Reading;

static void
prepare(FunctionCallInfo fcinfo, int64 bytes, int objects, Reading *r)
{
	char	   *uri = pds_uri_argument(fcinfo, 1, "uri");
	PdsImportOptions sampling;
	List	   *options = pds_read_arguments(fcinfo);
	bool		given = false;
	ListCell   *lc;

	foreach(lc, options)
		given = given || strcmp(lfirst_node(DefElem, lc)->defname, "sample_bytes") == 0;
	r->conn = pds_catalog_reader(fcinfo);
	pds_get_read_options(options, &r->options, &sampling);
	if (!given)
		sampling.sample_bytes = bytes;
	sampling.sample_objects = objects;
	r->files = pds_files_find(r->conn, uri, CurrentMemoryContext);
	pds_files_check(r->files, uri);
	if (r->files->odd)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("s3://%s/%s does not lie in the key=value folders of the others",
						r->files->bucket, r->files->odd),
				 errhint("Read them apart: each URI with objects that have the same partition keys.")));
	r->found = pds_infer_files(r->conn, r->files, &r->options, &sampling, CurrentMemoryContext);
	pds_inferred_check(r->files, r->found);
	if (r->options.delimiter == NULL)
		pds_inferred_warn_of_text(r->files, r->found);
}

/* What reads objects by the names of their headers; false: they have none. */
static bool
header_names(const Reading *r, PdsHeaderNames *names)
{
	const PdsInference *inf = &r->found->inf;

	memset(names, 0, sizeof(*names));
	names->n = inf->ncolumns;
	names->names = r->found->binding;
	names->some_needed = true;
	while (!inf->names_differ && names->unnamed < inf->ncolumns &&
		   inf->columns[inf->ncolumns - 1 - names->unnamed].header == NULL)
		names->unnamed++;
	return inf->named;
}

static PdsFileScan *
start_reading(Reading *r, TupleDesc desc, const int *fields)
{
	const PdsInference *inf = &r->found->inf;
	PdsDialect *dialect = palloc(sizeof(PdsDialect));
	PdsHeaderNames names;
	bool		by_name = header_names(r, &names);

	/* other objects may have their columns in another order */
	*dialect = inf->dialect;
	dialect->skip_lines = r->options.skip;
	if (r->options.comment)
		pds_parse_char(r->options.comment, &dialect->comment);
	if (by_name)
	{
		dialect->header_mode = PDS_HEADER_NAMES;
		dialect->last_takes_rest = false;
		/* blank lines are passed over anyway */
		if (inf->blank_preamble)
			dialect->header_lines = 1;
	}
	return pds_file_scan_begin(r->conn, r->files, dialect, r->found->codec, &r->options,
							   pds_inferred_encoding(r->found, &r->options), desc, fields,
							   inf->ncolumns, by_name ? &names : NULL, CurrentMemoryContext);
}

/* ---- with a column list ---- */

/* number of the field or key (-1 - k) that is called name; false: none */
static bool
find_read_column(const Reading *r, const char *name, int *field)
{
	const PdsInference *inf = &r->found->inf;
	char	   *plain = pds_sanitize_name(name, strlen(name));
	bool		found = false;
	int			i;

	if (plain == NULL)
		pds_raise_no_memory();
	for (i = 0; i < r->files->nkeys && !found; i++)
		if (strcmp(r->found->key_names[i], plain) == 0)
		{
			*field = -1 - i;
			found = true;
		}
	for (i = 0; i < inf->ncolumns && !found; i++)
		if (inf->named && strcmp(inf->columns[i].name, plain) == 0)
		{
			*field = i;
			found = true;
		}
	free(plain);
	return found;
}

/*
 * Columns of the list bind by name when the header and the partition keys have
 * all their names, else by place: then the list has all columns, with or without the keys.
 */
static int *
bind_columns(const Reading *r, TupleDesc desc)
{
	const PdsInference *inf = &r->found->inf;
	int		   *fields = palloc(desc->natts * sizeof(int));
	bool		by_name = true;
	const char *missing = NULL;
	int			i;
	int			k;

	for (i = 0; i < desc->natts && by_name; i++)
	{
		missing = NameStr(TupleDescAttr(desc, i)->attname);
		by_name = find_read_column(r, missing, &fields[i]);
		/* two columns cannot be one field */
		for (k = 0; k < i && by_name; k++)
			by_name = fields[k] != fields[i];
	}
	if (by_name)
		return fields;
	if (desc->natts != inf->ncolumns && desc->natts != inf->ncolumns + r->files->nkeys)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg_plural("the column list has %d column, the objects have %d",
							   "the column list has %d columns, the objects have %d", desc->natts,
							   desc->natts, inf->ncolumns + r->files->nkeys),
				 inf->named
				 ? errdetail("Column \"%s\" is not in the header.", missing) : 0,
				 errhint("Name all columns in their order, or some of them as the header has them: see pds.infer_schema.")));
	for (i = 0; i < desc->natts; i++)
		fields[i] = i < inf->ncolumns ? i : -1 - (i - inf->ncolumns);
	return fields;
}

Datum
pds_read_csv(PG_FUNCTION_ARGS)
{
	PdsResult	result;
	Reading		r;
	PdsFileScan *scan;
	TupleTableSlot *slot;

	pds_result_begin(fcinfo, &result);
	prepare(fcinfo, FORMAT_BYTES, FORMAT_OBJECTS, &r);
	scan = start_reading(&r, result.desc, bind_columns(&r, result.desc));
	slot = MakeSingleTupleTableSlot(result.desc, &TTSOpsVirtual);
	memset(slot->tts_isnull, true, result.desc->natts * sizeof(bool));
	while (pds_file_scan_next(scan, slot))
	{
		CHECK_FOR_INTERRUPTS();
		pds_result_row(&result, slot->tts_tupleDescriptor->natts, slot->tts_values,
					   slot->tts_isnull);
	}
	pds_file_scan_end(scan);
	ExecDropSingleTupleTableSlot(slot);
	return (Datum) 0;
}

/* ---- as jsonb ---- */

static bool
is_number_argument(const PdsHiveType *t)
{
	return t->kind == PDS_HIVE_INT || t->kind == PDS_HIVE_BIGINT || t->kind == PDS_HIVE_DOUBLE ||
		t->kind == PDS_HIVE_DECIMAL;
}

/* A value of a column that is of type t by inference; text where the value is none. */
static void
append_value(StringInfo buf, Datum value, const PdsHiveType *t)
{
	text	   *v = (text *) DatumGetPointer(value);
	const char *s = VARDATA_ANY(v);
	int			n = VARSIZE_ANY_EXHDR(v);

	if (is_number_argument(t) && pds_cell_is_number(s, n))
		appendBinaryStringInfo(buf, s, n);
	else if (t->kind == PDS_HIVE_BOOLEAN && n == 4 && pg_strncasecmp(s, "true", 4) == 0)
		appendStringInfoString(buf, "true");
	else if (t->kind == PDS_HIVE_BOOLEAN && n == 5 && pg_strncasecmp(s, "false", 5) == 0)
		appendStringInfoString(buf, "false");
	else
		escape_json(buf, pnstrdup(s, n));
}

/* columns and keys, all as text; names[] as JSON: "name": */
static TupleDesc
text_columns(const Reading *r, int **fields, char ***names, PdsHiveType **types)
{
	const PdsInference *inf = &r->found->inf;
	int			n = inf->ncolumns + r->files->nkeys;
	TupleDesc	desc = CreateTemplateTupleDesc(n);
	int			i;

	if (n > MaxTupleAttributeNumber)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("the objects have %d columns, PostgreSQL allows %d", n,
						MaxTupleAttributeNumber)));
	*fields = palloc(n * sizeof(int));
	*names = palloc(n * sizeof(char *));
	*types = palloc(n * sizeof(PdsHiveType));
	for (i = 0; i < n; i++)
	{
		bool		key = i >= inf->ncolumns;
		const char *name = key ? r->found->key_names[i - inf->ncolumns] : inf->columns[i].name;
		StringInfoData buf;

		initStringInfo(&buf);
		escape_json(&buf, name);
		appendStringInfoString(&buf, ": ");
		(*names)[i] = buf.data;
		(*fields)[i] = key ? -1 - (i - inf->ncolumns) : i;
		(*types)[i] = key ? r->found->key_types[i - inf->ncolumns] : inf->columns[i].type;
		TupleDescInitEntry(desc, i + 1, name, TEXTOID, -1, 0);
	}
	PDS_FINISH_TUPLE_DESC(desc);
	return desc;
}

Datum
pds_read_csv_json(PG_FUNCTION_ARGS)
{
	PdsResult	result;
	Reading		r;
	TupleDesc	desc;
	PdsFileScan *scan;
	TupleTableSlot *slot;
	MemoryContext row_cxt;
	int		   *fields;
	char	  **names;
	PdsHiveType *types;

	pds_result_begin(fcinfo, &result);
	prepare(fcinfo, PDS_SAMPLE_BYTES, PDS_SAMPLE_OBJECTS, &r);
	desc = text_columns(&r, &fields, &names, &types);
	scan = start_reading(&r, desc, fields);
	slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	memset(slot->tts_isnull, true, desc->natts * sizeof(bool));
	row_cxt = AllocSetContextCreate(CurrentMemoryContext, "pds_fdw row", ALLOCSET_DEFAULT_SIZES);
	while (pds_file_scan_next(scan, slot))
	{
		MemoryContext old = MemoryContextSwitchTo(row_cxt);
		StringInfoData buf;
		Datum		value;
		bool		isnull = false;
		int			i;

		CHECK_FOR_INTERRUPTS();
		initStringInfo(&buf);
		for (i = 0; i < desc->natts; i++)
		{
			appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "{", names[i]);
			if (slot->tts_isnull[i])
				appendStringInfoString(&buf, "null");
			else
				append_value(&buf, slot->tts_values[i], &types[i]);
		}
		appendStringInfoChar(&buf, '}');
		value = DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
		pds_result_row(&result, 1, &value, &isnull);
		MemoryContextSwitchTo(old);
		MemoryContextReset(row_cxt);
	}
	pds_file_scan_end(scan);
	ExecDropSingleTupleTableSlot(slot);
	return (Datum) 0;
}
