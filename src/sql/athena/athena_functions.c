/*
 * athena_functions.c
 *	  SQL functions that run statements of one's own on Athena.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "core/aws/athena_sql.h"
#include "core/aws/sts.h"
#include "core/base/strbuf.h"
#include "core/base/utf8.h"
#include "core/s3/s3_write.h"
#include "fdw/athena/athena_result.h"
#include "fdw/athena/athena_run.h"
#include "fdw/base/error_map.h"
#include "fdw/base/no_memory.h"
#include "fdw/catalog/objects.h"
#include "fdw/base/on_reset.h"
#include "fdw/catalog/cache.h"
#include "fdw/rows/convert_nested.h"
#include "fdw/ship/deparse.h"
#include "sql/base/functions.h"
#include "sql/base/glue_args.h"
#include "sql/glue/glue_functions.h"

PG_FUNCTION_INFO_V1(pds_athena_query);
PG_FUNCTION_INFO_V1(pds_athena_query_json);
PG_FUNCTION_INFO_V1(pds_athena_execute);
PG_FUNCTION_INFO_V1(pds_athena_ctas);
PG_FUNCTION_INFO_V1(pds_athena_unload);
PG_FUNCTION_INFO_V1(pds_athena_executions);
PG_FUNCTION_INFO_V1(pds_create_athena_bucket);

#define PAGE_ROWS	1000
#define PARAM_CHARS 1024		/* of an execution parameter (doc/dev/aws.md
								 * §7.1) */

/* ---- parameters ---- */

/* a value as a literal of Athena, in UTF-8 */
static char *
param_literal(Datum value, bool isnull, Oid typid, int number)
{
	StringInfoData buf;
	Oid			base = getBaseType(typid);

	initStringInfo(&buf);
	if (base == BYTEAOID && !isnull)
	{
		bytea	   *b = DatumGetByteaPP(value);
		int			i;

		appendStringInfoString(&buf, "X'");
		for (i = 0; i < (int) VARSIZE_ANY_EXHDR(b); i++)
			appendStringInfo(&buf, "%02X", ((unsigned char *) VARDATA_ANY(b))[i]);
		appendStringInfoChar(&buf, '\'');
	}
	else if (base == UNKNOWNOID)	/* ROW('a'): a C string */
		pds_ship_literal(&buf, isnull ? (Datum) 0 : CStringGetTextDatum(DatumGetCString(value)),
						 isnull, TEXTOID);
	else if (!pds_ship_literal(&buf, value, isnull, base))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("parameter %d of type %s cannot be written as a literal of Athena", number,
						format_type_be(typid)),
				 errhint("Cast it to text, and in the statement: CAST(? AS timestamp).")));
	if (pds_utf8_count(buf.data, buf.len) > PARAM_CHARS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("parameter %d has more than the %d characters that Athena takes", number,
						PARAM_CHARS)));
	return buf.data;
}

/* the columns of a row, ROW(1, 'a'), for each ? */
static void
set_params(PdsAthenaStart *start, HeapTupleHeader row)
{
	TupleDesc	desc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row),
											  HeapTupleHeaderGetTypMod(row));
	HeapTupleData tuple;
	Datum	   *values = palloc(Max(desc->natts, 1) * sizeof(Datum));
	bool	   *nulls = palloc(Max(desc->natts, 1) * sizeof(bool));
	const char **params = palloc(Max(desc->natts, 1) * sizeof(char *));
	int			i;

	tuple.t_len = HeapTupleHeaderGetDatumLength(row);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = row;
	heap_deform_tuple(&tuple, desc, values, nulls);
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!att->attisdropped)
		{
			params[start->nparams] = param_literal(values[i], nulls[i], att->atttypid,
												   start->nparams + 1);
			start->nparams++;
		}
	}
	ReleaseTupleDesc(desc);
	start->params = params;
}

/* ---- running ---- */

/* of the arguments that functions have in common, those that they have */
typedef struct Request
{
	PdsConnection *conn;
	PdsAthenaStart start;
	PdsAthenaRun run;
	MemoryContext cxt;
	int64		rows;			/* given */
} Request;

static void
count_request(void *arg, PdsStatCounts *counts)
{
	const Request *r = arg;

	counts->rows = r->rows;
	pds_athena_run_count(&r->run, counts);
}

/* before the run, whose memory goes first */
static PdsActivity *
begin_activity_of_request(Request *r, FunctionCallInfo fcinfo)
{
	PdsActivityOptions o = {
		.kind = PDS_STAT_ATHENA,
		.conn = r->conn,
		.name = psprintf("pds.%s", get_func_name(fcinfo->flinfo->fn_oid)),
		.count = count_request,
		.arg = r
	};

	return pds_activity_begin(&o, r->cxt);
}

static Request *
new_request(FunctionCallInfo fcinfo)
{
	PdsConnection *conn = pds_catalog_reader(fcinfo);
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "pds_fdw Athena statement",
											  ALLOCSET_DEFAULT_SIZES);
	Request    *r = MemoryContextAllocZero(cxt, sizeof(Request));
	PdsActivity *activity;

	r->conn = conn;
	r->cxt = cxt;
	activity = begin_activity_of_request(r, fcinfo);
	pds_athena_run_init(&r->run, conn, cxt);
	r->run.activity = activity;
	return r;
}

/* Argument "sql" as it is sent: text and why are palloc'd or static. */
typedef struct Statement
{
	char	   *text;
	PdsSqlKind	kind;
	bool		balanced;
	const char *why;
} Statement;

static void
read_statement(FunctionCallInfo fcinfo, Statement *s)
{
	PdsAthenaSql read;
	bool		ok = pds_athena_sql_read(pds_required_arg(fcinfo, 1, "sql"), &read);

	if (ok)
		s->text = MemoryContextAllocExtended(CurrentMemoryContext, read.text.len + 1,
											 MCXT_ALLOC_NO_OOM | MCXT_ALLOC_HUGE);
	if (!ok || s->text == NULL)
	{
		pds_athena_sql_free(&read);
		pds_raise_no_memory();
	}
	memcpy(s->text, pds_str_text(&read.text), read.text.len + 1);
	s->kind = read.kind;
	s->balanced = read.balanced;
	s->why = read.why;
	pds_athena_sql_free(&read);
}

/*
 * Does the path have a part "." or ".."?  To S3 these are names, to file systems
 * over it they are not.
 */
static bool
has_dot_segment(const char *path)
{
	const char *p = path;

	while ((p = strstr(p, "/.")) != NULL)
	{
		p += p[2] == '.' ? 3 : 2;
		if (*p == '/' || *p == '\0')
			return true;
	}
	return false;
}

/* Is the place the server's own, or below it? */
static bool
is_below(const char *place, const char *own)
{
	size_t		n = own ? strlen(own) : 0;

	while (n > 0 && own[n - 1] == '/')
		n--;
	return n > 0 && strncmp(place, own, n) == 0 && (place[n] == '/' || place[n] == '\0') &&
		!has_dot_segment(place + n);
}

/*
 * A work group has limits of its own and says where results go, so who does not own the server
 * keeps to the owner's.
 */
static void
set_workgroup_and_place(Request *r, FunctionCallInfo fcinfo, int workgroup_arg, int location_arg)
{
	const PdsServerOptions *o = &r->conn->options;
	const char *own = o->workgroup ? o->workgroup : "primary";

	r->start.workgroup = pds_text_arg(fcinfo, workgroup_arg);
	r->start.output_location = pds_text_arg(fcinfo, location_arg);
	if (pds_owns_server(r->conn->serverid))
		return;
	if (r->start.workgroup && strcmp(r->start.workgroup, own) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("work group \"%s\" is not that of the server",
						pds_from_utf8(r->start.workgroup)),
				 errdetail("Only the owner of a server may take another one: limits belong to a work group."),
				 errhint("Leave the argument out, or ask for a server with that work group.")));
	if (r->start.output_location && !is_below(r->start.output_location, o->output_location))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" is not below the server's output_location",
						pds_from_utf8(r->start.output_location)),
				 errdetail("Only the owner of a server may have results written elsewhere."),
				 errhint("Leave the argument out, or ask for a server with that output_location.")));
}

static void
run_statement(Request *r, bool keep, const char *source)
{
	PdsTableOptions none;

	memset(&none, 0, sizeof(none));
	none.max_scan_bytes = -1;
	pds_athena_run(&r->run, &r->start,
				   pds_effective_max_scan_bytes(&r->conn->options, &none), keep, source);
}

static void
finish_execution(Request *r)
{
	pds_athena_run_finish(&r->run);
	pds_activity_end(r->run.activity, false);
	MemoryContextDelete(r->cxt);
}

/* the first page of the API, freed with the request */
static void
free_page(void *arg)
{
	pds_athena_page_free(arg);
}

static PdsAthenaPage *
first_page(Request *r)
{
	PdsAthenaPage *page = MemoryContextAllocZero(r->cxt, sizeof(PdsAthenaPage));
	PdsError	err;

	pds_error_clear(&err);
	if (!pds_athena_results(r->conn->aws, r->run.exec.id, NULL, PAGE_ROWS, page, &err))
		pds_raise(&err);
	pds_on_reset(r->cxt, free_page, page);
	return page;
}

/* ---- athena_query ---- */

/*
 * Arguments: server, sql, database, params, workgroup, output_location.  Runs the statement,
 * which must not change anything, and asks for the first page: it tells the columns, and holds
 * all rows of a small result.
 */
static PdsAthenaPage *
run_athena_query(FunctionCallInfo fcinfo, Request *r, const char *source)
{
	Statement	s;

	read_statement(fcinfo, &s);
	r->start.sql = s.text;
	r->start.database = pds_text_arg(fcinfo, 2);
	if (!PG_ARGISNULL(3))
		set_params(&r->start, PG_GETARG_HEAPTUPLEHEADER(3));
	set_workgroup_and_place(r, fcinfo, 4, 5);
	if (s.kind == PDS_SQL_OTHER)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s runs queries only", source),
				 errdetail("%s", s.why ? s.why : "A query is SELECT, VALUES, TABLE, WITH ... SELECT, SHOW, DESCRIBE, or EXPLAIN [ANALYZE] of one."),
				 errhint("pds.athena_execute runs any statement.")));
	if (s.kind == PDS_SQL_QUERY)
		r->start.reuse_minutes = r->conn->options.result_reuse_minutes;
	run_statement(r, false, source);
	return first_page(r);
}

static PdsAthenaResult *
open_function_result(Request *r, const PdsAthenaPage *page, int natts,
					 const PdsResultColumn *columns)
{
	PdsResultOptions opt;

	memset(&opt, 0, sizeof(opt));
	opt.natts = natts;
	opt.ncolumns = page->ncolumns;
	opt.columns = columns;
	/* SHOW, DESCRIBE and EXPLAIN: no labels, and an object of another form */
	opt.no_labels = strcmp(r->run.exec.statement_type, "DML") != 0;
	opt.by_api = opt.no_labels || page->next_token == NULL;
	opt.labels = page->names;
	opt.first_page = page;
	return pds_athena_result_open(r->cxt, r->conn, &r->run.exec, &opt);
}

/* "a integer, b varchar" */
static char *
shown_columns(const PdsAthenaPage *page)
{
	StringInfoData buf;
	int			i;

	initStringInfo(&buf);
	for (i = 0; i < page->ncolumns; i++)
		appendStringInfo(&buf, "%s%s %s", i ? ", " : "",
						 pds_from_utf8(page->names[i] ? page->names[i] : ""),
						 page->types[i] ? page->types[i] : "");
	return buf.data;
}

static void
check_result_columns(const PdsAthenaPage *page, TupleDesc desc)
{
	if (page->ncolumns == desc->natts)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg_plural("the result has %d column, the column list %d",
						   "the result has %d columns, the column list %d", page->ncolumns,
						   page->ncolumns, desc->natts),
			 page->ncolumns > 0 ? errdetail("The result: %s.", shown_columns(page)) : 0,
			 errhint("pds.athena_query_json needs no column list.")));
}

/*
 * Athena prints an array as [1, null, 3], without quotes.  What is in it cannot hold commas or
 * brackets of its own (array_column sees to that), so that it is PostgreSQL's with other brackets.
 */
static PdsConvertResult
convert_array(PdsConverter *c, PdsField *f, Datum *value, bool *isnull)
{
	PdsField	field = *f;
	char	   *text = MemoryContextAlloc(c->value_cxt, f->len + 1);
	uint32		i;

	for (i = 0; i < f->len; i++)
		text[i] = f->data[i] == '[' ? '{' : f->data[i] == ']' ? '}' : f->data[i];
	text[f->len] = '\0';
	field.data = text;
	return pds_convert_by_input(c, &field, value, isnull);
}

/* a column that is to be an array of PostgreSQL, of a type of Athena */
static void
array_column(PdsResultColumn *column, const char *athena_type)
{
	static const PdsHiveType json = {.kind = PDS_HIVE_ARRAY};
	Oid			element = getBaseType(get_element_type(column->typid));
	char		category;
	bool		preferred;

	get_type_category_preferred(element, &category, &preferred);
	if (athena_type == NULL || strcmp(athena_type, "array") != 0)
		column->hive = &json;	/* the text of one */
	else if (category == TYPCATEGORY_NUMERIC || category == TYPCATEGORY_BOOLEAN ||
			 category == TYPCATEGORY_DATETIME || element == UUIDOID)
		column->fn = convert_array;
	else
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" is an array whose values Athena writes without quotes",
						column->name),
				 errhint("Select json_format(CAST(... AS JSON)) instead.")));
}

Datum
pds_athena_query(PG_FUNCTION_ARGS)
{
	Request    *r = new_request(fcinfo);
	PdsResult	result;
	PdsAthenaPage *page;
	PdsResultColumn *columns;
	PdsAthenaResult *rows;
	TupleTableSlot *slot;
	int			i;

	pds_result_begin(fcinfo, &result);
	page = run_athena_query(fcinfo, r, "pds.athena_query");
	check_result_columns(page, result.desc);
	columns = palloc0(Max(page->ncolumns, 1) * sizeof(PdsResultColumn));
	for (i = 0; i < page->ncolumns; i++)
	{
		Form_pg_attribute att = TupleDescAttr(result.desc, i);

		columns[i].attno = i;
		columns[i].typid = att->atttypid;
		columns[i].typmod = att->atttypmod;
		columns[i].name = NameStr(att->attname);
		if (OidIsValid(get_element_type(att->atttypid)))
			array_column(&columns[i], page->types[i]);
	}
	rows = open_function_result(r, page, result.desc->natts, columns);
	slot = MakeSingleTupleTableSlot(result.desc, &TTSOpsVirtual);
	memset(slot->tts_isnull, true, result.desc->natts * sizeof(bool));
	while (pds_athena_result_next(rows, ExecClearTuple(slot)))
	{
		CHECK_FOR_INTERRUPTS();
		tuplestore_puttupleslot(result.store, ExecStoreVirtualTuple(slot));
		r->rows++;
	}
	ExecDropSingleTupleTableSlot(slot);
	finish_execution(r);
	return (Datum) 0;
}

/* a value as JSON: numbers and booleans as such, where JSON can say them */
static void
append_row_json(StringInfo buf, const char *type, const char *text)
{
	static const char *const bare[] = {
		"boolean", "tinyint", "smallint", "integer", "bigint", "decimal", "json", NULL
	};
	static const char *const floats[] = {"double", "float", NULL};

	if (type && (pds_str_is_one_of(type, bare) ||
				 (pds_str_is_one_of(type, floats) &&
				  strspn(text, "-+.eE0123456789") == strlen(text))))
		appendStringInfoString(buf, text);
	else
		escape_json(buf, text);
}

static void
check_names(const PdsAthenaPage *page)
{
	int			i;
	int			k;

	for (i = 0; i < page->ncolumns; i++)
		for (k = 0; k < i; k++)
			if (page->names[i] && page->names[k] && strcmp(page->names[i], page->names[k]) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("two columns of the result are named \"%s\"",
								pds_from_utf8(page->names[i])),
						 errhint("Give one of them another name with AS.")));
}

Datum
pds_athena_query_json(PG_FUNCTION_ARGS)
{
	Request    *r = new_request(fcinfo);
	PdsResult	result;
	PdsAthenaPage *page;
	PdsResultColumn *columns;
	char	  **labels;
	PdsAthenaResult *rows;
	TupleTableSlot *slot;
	TupleDesc	desc;
	MemoryContext row_cxt;
	MemoryContext old;
	StringInfoData buf;
	int			i;

	pds_result_begin(fcinfo, &result);
	page = run_athena_query(fcinfo, r, "pds.athena_query_json");
	check_names(page);
	columns = palloc0(Max(page->ncolumns, 1) * sizeof(PdsResultColumn));
	labels = palloc(Max(page->ncolumns, 1) * sizeof(char *));
	desc = CreateTemplateTupleDesc(page->ncolumns);
	for (i = 0; i < page->ncolumns; i++)
	{
		columns[i].attno = i;
		columns[i].typid = TEXTOID;
		columns[i].typmod = -1;
		columns[i].name = pds_from_utf8(page->names[i] ? page->names[i] : "");
		TupleDescInitEntry(desc, i + 1, NULL, TEXTOID, -1, 0);
		initStringInfo(&buf);
		escape_json(&buf, columns[i].name);
		labels[i] = buf.data;
	}
	PDS_FINISH_TUPLE_DESC(desc);
	rows = open_function_result(r, page, page->ncolumns, columns);
	slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	row_cxt = AllocSetContextCreate(r->cxt, "pds_fdw jsonb row", ALLOCSET_DEFAULT_SIZES);
	while (page->ncolumns > 0 && pds_athena_result_next(rows, ExecClearTuple(slot)))
	{
		Datum		value;
		bool		isnull = false;

		CHECK_FOR_INTERRUPTS();
		old = MemoryContextSwitchTo(row_cxt);
		initStringInfo(&buf);
		for (i = 0; i < page->ncolumns; i++)
		{
			appendStringInfo(&buf, "%s%s:", i ? "," : "{", labels[i]);
			if (slot->tts_isnull[i])
				appendStringInfoString(&buf, "null");
			else
				append_row_json(&buf, page->types[i], TextDatumGetCString(slot->tts_values[i]));
		}
		appendStringInfoChar(&buf, '}');
		value = DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
		pds_result_row(&result, 1, &value, &isnull);
		MemoryContextSwitchTo(old);
		MemoryContextReset(row_cxt);
		r->rows++;
	}
	ExecDropSingleTupleTableSlot(slot);
	finish_execution(r);
	return (Datum) 0;
}

/* ---- statements that change something ---- */

/* the rows of a DDL or utility result as lines of text */
static char *
output_text(const PdsAthenaPage *page)
{
	StringInfoData buf;
	int			i;
	int			c;

	initStringInfo(&buf);
	for (i = 0; i < page->nrows; i++)
		for (c = 0; c < page->ncolumns; c++)
		{
			const char *v = page->values[(size_t) i * page->ncolumns + c];

			appendStringInfo(&buf, "%s%s", c ? "\t" : i ? "\n" : "", v ? v : "");
		}
	return buf.data;
}

static Datum
bigint_datum(int64 value, bool *isnull)
{
	*isnull = value < 0;
	return Int64GetDatum(value);
}

/* US dollars; numeric shows small sums as they are written */
static Datum
price_datum(double price)
{
	return DirectFunctionCall1(float8_numeric, Float8GetDatum(price));
}

/* athena_execute(server, sql, database, params, workgroup, output_location) */
Datum
pds_athena_execute(PG_FUNCTION_ARGS)
{
	Request    *r;
	const PdsAthenaExecution *e;
	PdsAthenaPage *page = NULL;
	Statement	s;
	Datum		values[12];
	bool		nulls[12] = {false};
	Datum		row;

	PreventCommandIfReadOnly("pds.athena_execute");
	r = new_request(fcinfo);
	e = &r->run.exec;
	read_statement(fcinfo, &s);
	r->start.sql = s.text;
	r->start.database = pds_text_arg(fcinfo, 2);
	if (!PG_ARGISNULL(3))
		set_params(&r->start, PG_GETARG_HEAPTUPLEHEADER(3));
	set_workgroup_and_place(r, fcinfo, 4, 5);
	run_statement(r, true, "pds.athena_execute");
	pds_cache_forget();
	if (s.kind != PDS_SQL_QUERY)
		page = first_page(r);
	values[0] = pds_text_datum(e->id, &nulls[0]);
	values[1] = CStringGetTextDatum("SUCCEEDED");
	values[2] = pds_text_datum(e->statement_type, &nulls[2]);
	values[3] = pds_text_datum(e->substatement_type, &nulls[3]);
	values[4] = bigint_datum(e->bytes_scanned, &nulls[4]);
	values[5] = bigint_datum(e->queue_ms, &nulls[5]);
	values[6] = bigint_datum(e->engine_ms, &nulls[6]);
	values[7] = bigint_datum(e->total_ms, &nulls[7]);
	values[8] = price_datum(pds_execution_price(e));
	values[9] = bigint_datum(page ? page->update_count : -1, &nulls[9]);
	values[10] = pds_text_datum(page && page->nrows > 0 ? output_text(page) : NULL, &nulls[10]);
	values[11] = pds_text_datum(e->output_location, &nulls[11]);
	row = pds_row_datum(fcinfo, lengthof(values), values, nulls);
	finish_execution(r);
	PG_RETURN_DATUM(row);
}

static void
append_literal(StringInfo buf, const char *text)
{
	appendStringInfoChar(buf, '\'');
	for (; *text; text++)
	{
		if (*text == '\'')
			appendStringInfoChar(buf, '\'');
		appendStringInfoChar(buf, *text);
	}
	appendStringInfoChar(buf, '\'');
}

static void
append_property(StringInfo buf, const char *name, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	appendStringInfo(buf, "%s%s = ", buf->data[buf->len - 1] == '(' ? "" : ", ", name);
	append_literal(buf, value);
}

static void
append_values(StringInfo buf, const char *name, FunctionCallInfo fcinfo, int arg)
{
	char	  **items;
	int			n;
	int			i;

	if (PG_ARGISNULL(arg))
		return;
	items = pds_array_arg(PG_GETARG_ARRAYTYPE_P(arg), &n);
	if (n == 0)
		return;
	appendStringInfo(buf, "%s%s = ARRAY[", buf->data[buf->len - 1] == '(' ? "" : ", ", name);
	for (i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoString(buf, ", ");
		append_literal(buf, items[i] ? items[i] : "");
	}
	appendStringInfoChar(buf, ']');
}

static char *
inner_query(FunctionCallInfo fcinfo, const char *function)
{
	Statement	s;

	read_statement(fcinfo, &s);
	if (s.kind != PDS_SQL_QUERY || !s.balanced)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("argument \"sql\" of %s is not a query", function),
				 errdetail("%s", s.kind == PDS_SQL_QUERY ? "Its parentheses do not match."
						   : s.why ? s.why
						   : "A query is SELECT, VALUES, TABLE or WITH ... SELECT."),
				 errhint("Give it the SELECT alone.")));
	return s.text;
}

/*
 * athena_ctas(server, sql, table_name, database, location, format, field_delimiter, compression,
 * partitioned_by, params, workgroup, output_location)
 */
Datum
pds_athena_ctas(PG_FUNCTION_ARGS)
{
	Request    *r;
	char	   *sql = inner_query(fcinfo, "pds.athena_ctas");
	char	   *name = pds_catalog_name(pds_required_arg(fcinfo, 2, "table_name"), "table");
	char	   *database = pds_required_arg(fcinfo, 3, "database");
	PdsGlueTable *t;
	StringInfoData buf;
	Datum		values[5];
	bool		nulls[5] = {false};
	Datum		row;

	PreventCommandIfReadOnly("pds.athena_ctas");
	r = new_request(fcinfo);
	initStringInfo(&buf);
	appendStringInfoString(&buf, "CREATE TABLE ");
	pds_quote_athena_name(&buf, database);
	appendStringInfoChar(&buf, '.');
	pds_quote_athena_name(&buf, name);
	appendStringInfoString(&buf, " WITH (");
	append_property(&buf, "format", pds_text_arg(fcinfo, 5));
	append_property(&buf, "field_delimiter", pds_text_arg(fcinfo, 6));
	append_property(&buf, "external_location", pds_text_arg(fcinfo, 4));
	append_property(&buf, "write_compression", pds_text_arg(fcinfo, 7));
	append_values(&buf, "partitioned_by", fcinfo, 8);
	if (buf.data[buf.len - 1] == '(')
		buf.len -= strlen(" WITH (");
	else
		appendStringInfoChar(&buf, ')');
	appendStringInfo(&buf, " AS %s", sql);
	r->start.sql = buf.data;
	r->start.database = database;
	if (!PG_ARGISNULL(9))
		set_params(&r->start, PG_GETARG_HEAPTUPLEHEADER(9));
	set_workgroup_and_place(r, fcinfo, 10, 11);
	run_statement(r, true, "pds.athena_ctas");
	pds_cache_forget();
	t = pds_catalog_table(r->conn, database, name, true);
	values[0] = pds_text_datum(r->run.exec.id, &nulls[0]);
	values[1] = pds_text_datum(t ? t->sd.location : NULL, &nulls[1]);
	values[2] = bigint_datum(first_page(r)->update_count, &nulls[2]);
	values[3] = bigint_datum(r->run.exec.bytes_scanned, &nulls[3]);
	values[4] = price_datum(pds_execution_price(&r->run.exec));
	row = pds_row_datum(fcinfo, lengthof(values), values, nulls);
	finish_execution(r);
	PG_RETURN_DATUM(row);
}

static void
free_value_list(void *arg)
{
	pds_object_list_free(arg);
}

/* Athena asks for an empty place: all that is there afterwards is what it wrote */
static void
written_rows(PdsResult *result, Request *r, const char *uri)
{
	PdsObjectList *list = MemoryContextAllocZero(r->cxt, sizeof(PdsObjectList));
	const char *own = r->run.exec.output_location;
	PdsError	err;
	char	   *bucket;
	char	   *prefix;
	char	   *key;
	size_t		i;

	pds_on_reset(r->cxt, free_value_list, list);
	pds_location_arg(uri, &bucket, &key);
	prefix = pds_as_folder(key);
	if (!pds_s3_list(r->conn->aws, bucket, prefix, NULL, NULL, 0, list, &err))
		pds_raise(&err);
	for (i = 0; i < list->n; i++)
	{
		Datum		values[2];
		bool		nulls[2] = {false};
		char	   *file = psprintf("s3://%s/%s", bucket, list->objects[i].key);

		/* nor the manifest, where results go to the same place */
		if (list->objects[i].size == 0 || (own && pds_str_has_prefix(file, own)))
			continue;
		values[0] = pds_text_datum(file, &nulls[0]);
		values[1] = Int64GetDatum(list->objects[i].size);
		pds_result_row(result, lengthof(values), values, nulls);
	}
}

/*
 * athena_unload(server, sql, uri, format, compression, field_delimiter, partitioned_by, database,
 * params, workgroup, output_location)
 */
Datum
pds_athena_unload(PG_FUNCTION_ARGS)
{
	Request    *r;
	char	   *sql = inner_query(fcinfo, "pds.athena_unload");
	char	   *uri = pds_required_arg(fcinfo, 2, "uri");
	StringInfoData buf;
	PdsResult	result;

	PreventCommandIfReadOnly("pds.athena_unload");
	pds_result_begin(fcinfo, &result);
	r = new_request(fcinfo);
	initStringInfo(&buf);
	appendStringInfo(&buf, "UNLOAD (%s) TO ", sql);
	append_literal(&buf, uri);
	appendStringInfoString(&buf, " WITH (");
	append_property(&buf, "format", pds_required_arg(fcinfo, 3, "format"));
	append_property(&buf, "compression", pds_text_arg(fcinfo, 4));
	append_property(&buf, "field_delimiter", pds_text_arg(fcinfo, 5));
	append_values(&buf, "partitioned_by", fcinfo, 6);
	appendStringInfoChar(&buf, ')');
	r->start.sql = buf.data;
	r->start.database = pds_text_arg(fcinfo, 7);
	if (!PG_ARGISNULL(8))
		set_params(&r->start, PG_GETARG_HEAPTUPLEHEADER(8));
	set_workgroup_and_place(r, fcinfo, 9, 10);
	run_statement(r, true, "pds.athena_unload");
	pds_cache_forget();
	written_rows(&result, r, uri);
	finish_execution(r);
	return (Datum) 0;
}

/* ---- the session's executions ---- */

Datum
pds_athena_executions(PG_FUNCTION_ARGS)
{
	PdsResult	result;
	const PdsLoggedExecution *e;
	int			i;

	pds_result_begin(fcinfo, &result);
	for (i = 0; (e = pds_log_get(i)) != NULL; i++)
	{
		Datum		values[20];
		bool		nulls[20] = {false};

		/*
		 * what a role ran in this session is not for the others that it may
		 * take
		 */
		if (!has_privs_of_role(GetUserId(), e->userid))
			continue;
		values[0] = pds_text_datum(e->id, &nulls[0]);
		values[1] = pds_text_datum(e->source, &nulls[1]);
		values[2] = pds_text_datum(e->server ? pds_to_utf8(e->server) : NULL, &nulls[2]);
		values[3] = pds_text_datum(e->database, &nulls[3]);
		values[4] = pds_text_datum(e->workgroup, &nulls[4]);
		values[5] = pds_text_datum(e->sql, &nulls[5]);
		values[6] = CStringGetTextDatum(pds_athena_state_name(e->state));
		values[7] = pds_text_datum(e->stopped ? "stopped from here" : e->reason, &nulls[7]);
		values[8] = pds_text_datum(e->statement_type[0] ? e->statement_type : NULL, &nulls[8]);
		values[9] = pds_text_datum(e->substatement_type[0] ? e->substatement_type : NULL,
								   &nulls[9]);
		values[10] = TimestampTzGetDatum(e->submitted);
		values[11] = TimestampTzGetDatum(e->completed);
		nulls[11] = !e->ended;
		values[12] = bigint_datum(e->ended && !e->stopped ? e->queue_ms : -1, &nulls[12]);
		values[13] = bigint_datum(e->ended && !e->stopped ? e->planning_ms : -1, &nulls[13]);
		values[14] = bigint_datum(e->ended && !e->stopped ? e->engine_ms : -1, &nulls[14]);
		values[15] = bigint_datum(e->ended && !e->stopped ? e->total_ms : -1, &nulls[15]);
		values[16] = bigint_datum(e->bytes_scanned, &nulls[16]);
		values[17] = BoolGetDatum(e->reused);
		values[18] = price_datum(e->price);
		nulls[18] = !e->ended;
		values[19] = CStringGetTextDatum(GetUserNameFromId(e->userid, true) ?
										 GetUserNameFromId(e->userid, true) : "");
		pds_result_row(&result, lengthof(values), values, nulls);
	}
	return (Datum) 0;
}

/* ---- a place for results ---- */

/* create_athena_bucket(server): the bucket that awswrangler takes, too; made unless it is there */
Datum
pds_create_athena_bucket(PG_FUNCTION_ARGS)
{
	PdsConnection *conn = pds_catalog_writer(fcinfo, "pds.create_athena_bucket");
	const char *region = pds_aws_region(conn->aws);
	PdsCallerIdentity who;
	PdsError	err;
	char	   *bucket;
	bool		exists;

	if (region[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("the name of the bucket needs a region"),
				 errhint("ALTER SERVER ... OPTIONS (ADD region 'us-east-1').")));
	pds_error_clear(&err);
	if (!pds_sts_caller_identity(conn->aws, &who, &err))
		pds_raise(&err);
	bucket = psprintf("aws-athena-query-results-%s-%s", who.account, region);
	/* its name can be guessed: somebody else may have taken it to read along */
	if (!pds_s3_bucket_is_ours(conn->aws, bucket, who.account, &exists, &err))
	{
		if (err.kind == PDS_ERR_ACCESS_DENIED)
			pds_error_hint(&err, "The bucket belongs to another account, or you may not look at it: use one of your own as output_location.");
		pds_raise(&err);
	}
	if (!exists && !pds_s3_create_bucket(conn->aws, bucket, NULL, NULL, &err))
		pds_raise(&err);
	PG_RETURN_TEXT_P(cstring_to_text(psprintf("s3://%s/", bucket)));
}
