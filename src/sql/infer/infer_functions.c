/*
 * infer_functions.c
 *	  SQL functions that say what objects hold: pds.infer_schema,
 *	  pds.infer_format.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "fdw/base/error_map.h"
#include "fdw/base/types.h"
#include "sql/base/functions.h"
#include "sql/glue/glue_functions.h"
#include "sql/infer/infer_arguments.h"

PG_FUNCTION_INFO_V1(pds_infer_schema);
PG_FUNCTION_INFO_V1(pds_infer_format);

/* ---- arguments ---- */

char *
pds_uri_argument(FunctionCallInfo fcinfo, int arg, const char *name)
{
	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name)));
	return text_to_cstring(PG_GETARG_TEXT_PP(arg));
}

/* the option that each is; the same words for all functions */
static const char *const read_arguments[][2] = {
	{"delimiter", "delimiter"}, {"quote", "quote"}, {"escape", "escape"},
	{"header", "header"}, {"header_lines", "header"}, {"null", "null"}, {"encoding", "encoding"},
	{"compression", "compression"}, {"skip", "skip"}, {"comment", "comment"},
	{"null_padding", "null_padding"}, {"on_error", "on_error"}, {"reject_limit", "reject_limit"},
	{"all_text", "all_text"}, {"sample_bytes", "sample_bytes"}, {"sample_objects", "sample_objects"}
};

static char *
argument_text(FunctionCallInfo fcinfo, int i)
{
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, i);
	Oid			output;
	bool		is_varlena;

	if (type == BOOLOID)
		return PG_GETARG_BOOL(i) ? "true" : "false";
	getTypeOutputInfo(type, &output, &is_varlena);
	return OidOutputFunctionCall(output, PG_GETARG_DATUM(i));
}

List *
pds_read_arguments(FunctionCallInfo fcinfo)
{
	HeapTuple	proc = SearchSysCache1(PROCOID, ObjectIdGetDatum(fcinfo->flinfo->fn_oid));
	List	   *options = NIL;
	bool		header = false;
	Oid		   *types;
	char	  **names;
	char	   *modes;
	int			i;
	int			k;

	if (!HeapTupleIsValid(proc))
		elog(ERROR, "cache lookup failed for function %u", fcinfo->flinfo->fn_oid);
	get_func_arg_info(proc, &types, &names, &modes);
	for (i = 0; i < PG_NARGS(); i++)
	{
		if (PG_ARGISNULL(i))
			continue;
		for (k = 0; k < lengthof(read_arguments); k++)
			if (strcmp(names[i], read_arguments[k][0]) == 0)
				break;
		if (k == lengthof(read_arguments))
			continue;
		if (strcmp(read_arguments[k][1], "header") == 0)
		{
			if (header)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("header and header_lines say the same: give one of them")));
			header = true;
		}
		options = lappend(options, makeDefElem((char *) read_arguments[k][1],
											   (Node *) makeString(argument_text(fcinfo, i)), -1));
	}
	ReleaseSysCache(proc);
	return options;
}

typedef struct Inferred
{
	PdsFiles   *files;
	PdsInferredTable *found;
	PdsTableOptions dialect;
} Inferred;

/* (server, uri, arguments as above) to what was found; an error when that is no CSV */
static void
infer_location(FunctionCallInfo fcinfo, Inferred *out)
{
	PdsConnection *conn;
	PdsImportOptions sampling;
	char	   *uri = pds_uri_argument(fcinfo, 1, "uri");

	conn = pds_catalog_reader(fcinfo);
	pds_get_import_options(pds_read_arguments(fcinfo), &out->dialect, &sampling);
	out->files = pds_files_find(conn, uri, CurrentMemoryContext);
	pds_files_check(out->files, uri);
	out->found = pds_infer_files(conn, out->files, &out->dialect, &sampling,
								 CurrentMemoryContext);
	pds_inferred_check(out->files, out->found);
	if (out->dialect.delimiter == NULL)
		pds_inferred_warn_of_text(out->files, out->found);
}

/* ---- rows ---- */

static void
set_inferred_text(Datum *values, bool *nulls, int i, const char *text)
{
	nulls[i] = text == NULL;
	if (text)
		values[i] = CStringGetTextDatum(text);
}

/* bytes of the objects as text of the database, as far as they are valid; NULL: not */
static char *
object_text(const Inferred *in, const char *s)
{
	const char *encoding = pds_inferred_encoding(in->found, &in->dialect);
	int			from = encoding && !in->found->recode ? pg_char_to_encoding(encoding) : PG_UTF8;

	if (s == NULL || !pds_encoding_valid(from, s, strlen(s)))
		return NULL;
	return pg_any_to_server(s, strlen(s), from);
}

static char *
utf8_text(const char *s)
{
	return s && pds_encoding_valid(PG_UTF8, s, strlen(s))
		? pg_any_to_server(s, strlen(s), PG_UTF8) : NULL;
}

#define SCHEMA_COLUMNS 9

static void
column_row(PdsResult *result, const Inferred *in, int i)
{
	const PdsInferredColumn *c = &in->found->inf.columns[i];
	Datum		values[SCHEMA_COLUMNS];
	bool		nulls[SCHEMA_COLUMNS] = {0};
	PdsHiveType glue;
	char		type[64];

	pds_glue_type_of(&c->type, &glue);
	pds_hive_type_name(&glue, type, sizeof(type));
	values[0] = Int32GetDatum(i + 1);
	set_inferred_text(values, nulls, 1, c->name);
	set_inferred_text(values, nulls, 2, type);
	set_inferred_text(values, nulls, 3, pds_inferred_sql_type(c));
	values[4] = BoolGetDatum(false);
	values[5] = Int64GetDatum(c->values);
	values[6] = Int64GetDatum(c->nulls);
	set_inferred_text(values, nulls, 7, object_text(in, c->example));
	set_inferred_text(values, nulls, 8, utf8_text(c->header));
	pds_result_row(result, lengthof(values), values, nulls);
}

static void
key_row(PdsResult *result, const Inferred *in, int k)
{
	Datum		values[SCHEMA_COLUMNS];
	bool		nulls[SCHEMA_COLUMNS] = {0};
	StringInfoData sql;
	char		type[64];
	char	   *value = pds_file_key_value(in->files, 0, k);

	initStringInfo(&sql);
	pds_sql_type_of_hive(&in->found->key_types[k], &sql);
	pds_hive_type_name(&in->found->key_types[k], type, sizeof(type));
	values[0] = Int32GetDatum(in->found->inf.ncolumns + k + 1);
	set_inferred_text(values, nulls, 1, in->found->key_names[k]);
	set_inferred_text(values, nulls, 2, type);
	set_inferred_text(values, nulls, 3, sql.data);
	values[4] = BoolGetDatum(true);
	nulls[5] = nulls[6] = true;
	set_inferred_text(values, nulls, 7, utf8_text(value));
	nulls[8] = true;
	pds_result_row(result, lengthof(values), values, nulls);
}

Datum
pds_infer_schema(PG_FUNCTION_ARGS)
{
	PdsResult	result;
	Inferred	in;
	int			i;

	pds_result_begin(fcinfo, &result);
	infer_location(fcinfo, &in);
	for (i = 0; i < in.found->inf.ncolumns; i++)
		column_row(&result, &in, i);
	for (i = 0; i < in.files->nkeys; i++)
		key_row(&result, &in, i);
	return (Datum) 0;
}

/* ---- format ---- */

static char *
shown_char(char c)
{
	if (c == 0)
		return NULL;
	if (c == '\t')
		return "\\t";
	return (unsigned char) c < ' ' ? psprintf("\\x%02x", c) : pnstrdup(&c, 1);
}

/* what the user should know; NULL: nothing */
static char *
note(const Inferred *in, const PdsSerdeChoice *serde)
{
	const PdsInference *inf = &in->found->inf;
	char	   *options;
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	if (inf->newlines)
		appendStringInfoString(&buf, "Line breaks in quotes: no SerDe of Athena reads them.  ");
	else if (serde->differ > 0)
		appendStringInfo(&buf, "Athena's SerDe reads " INT64_FORMAT " of " INT64_FORMAT " values in the samples otherwise.  ",
						 (int64) serde->differ, (int64) serde->values);
	if (inf->headers_differ)
		appendStringInfoString(&buf, "Some objects have a header, others not.  ");
	if (inf->header_doubtful)
		appendStringInfo(&buf, "Nothing but text: that the first line is %s is a guess, header => %s says otherwise.  ",
						 inf->named ? "a header" : "data", inf->named ? "false" : "true");
	if (inf->names_differ)
		appendStringInfoString(&buf, "Headers have other names, or another order: here columns are bound by name, Athena takes them by their place.  ");
	if (inf->preamble > 0)
		appendStringInfo(&buf, "Lines in front of the table: %d.  ", inf->preamble);
	if (inf->comments > 0)
		appendStringInfo(&buf,
						 "Lines that begin with \"%c\" and are no records: " INT64_FORMAT ".  ",
						 inf->dialect.comment, (int64) inf->comments);
	if (inf->ragged > 0 && !in->dialect.null_padding)
		appendStringInfo(&buf, "Records with another number of fields: " INT64_FORMAT ".  ",
						 (int64) inf->ragged);
	options = pds_inferred_options_of_text(in->found);
	if (options)
		appendStringInfo(&buf, "Text that options read as numbers or dates: %s.  ", options);
	if (pds_inferred_one_text(in->found))
		appendStringInfoString(&buf, "One column of text: no delimiter was found.  ");
	if (in->found->recode && in->dialect.recode == NULL)
		appendStringInfo(&buf, "Encoding %s, by its bytes.  ", in->found->recode);
	if (inf->encoding)
		appendStringInfoString(&buf, "Not UTF-8: the encoding is a guess.  ");
	if (in->found->unlike)
		appendStringInfo(&buf, "s3://%s/%s has other columns than s3://%s/%s.  ",
						 in->files->bucket, in->found->unlike, in->files->bucket,
						 in->files->objects[0]->key);
	if (in->files->odd)
		appendStringInfo(&buf, "s3://%s/%s does not lie in the key=value folders of the others.  ",
						 in->files->bucket, in->files->odd);
	foreach(lc, in->found->others)
		appendStringInfo(&buf, "%s.  ", (char *) lfirst(lc));
	while (buf.len > 0 && buf.data[buf.len - 1] == ' ')
		buf.data[--buf.len] = '\0';
	return buf.len > 0 ? buf.data : NULL;
}

#define FORMAT_COLUMNS 22

Datum
pds_infer_format(PG_FUNCTION_ARGS)
{
	PdsResult	result;
	Inferred	in;
	const PdsInference *inf;
	const PdsDialect *d;
	PdsSerdeChoice serde;
	PdsError	err;
	Datum		values[FORMAT_COLUMNS];
	bool		nulls[FORMAT_COLUMNS] = {0};
	PdsCodec	codec;
	int			i = 0;

	pds_result_begin(fcinfo, &result);
	infer_location(fcinfo, &in);
	inf = &in.found->inf;
	d = &inf->dialect;
	pds_error_clear(&err);
	if (!pds_infer_serde(in.found->samples, in.found->nsamples, inf, &serde, &err))
		pds_raise(&err);
	codec = in.found->codec != PDS_CODEC_NONE ? in.found->codec
		: pds_codec_of_key(in.files->objects[0]->key);
	set_inferred_text(values, nulls, i++, pds_format_name(d->format));
	set_inferred_text(values, nulls, i++, shown_char(d->delimiter));
	set_inferred_text(values, nulls, i++, shown_char(d->quote));
	set_inferred_text(values, nulls, i++, shown_char(d->escape));
	values[i++] = Int32GetDatum(d->header_lines);
	set_inferred_text(values, nulls, i++, d->null_text);
	set_inferred_text(values, nulls, i++, pds_inferred_encoding(in.found, &in.dialect)
					  ? pds_inferred_encoding(in.found, &in.dialect) : "UTF8");
	values[i++] = BoolGetDatum(inf->bom);
	set_inferred_text(values, nulls, i++, in.dialect.compression ? in.dialect.compression
					  : pds_codec_name(codec));
	set_inferred_text(values, nulls, i++, inf->line_end[0] ? inf->line_end : NULL);
	values[i++] = BoolGetDatum(inf->quoted);
	values[i++] = BoolGetDatum(inf->newlines);
	set_inferred_text(values, nulls, i++, inf->newlines ? NULL
					  : serde.dialect.format == PDS_FORMAT_LAZYSIMPLE ? "LazySimpleSerDe"
					  : "OpenCSVSerde");
	values[i++] = Int32GetDatum(in.files->n);
	values[i++] = Int64GetDatum(in.files->bytes);
	values[i++] = Int32GetDatum(in.found->nsampled);
	values[i++] = Int64GetDatum(in.found->sampled_bytes);
	values[i++] = Int64GetDatum(inf->records);
	values[i++] = Int64GetDatum(inf->ragged);
	values[i++] = Int64GetDatum((int64) in.found->rows);
	values[i++] = Float4GetDatum((float4) inf->confidence);
	set_inferred_text(values, nulls, i++, note(&in, &serde));
	pds_result_row(&result, lengthof(values), values, nulls);
	return (Datum) 0;
}
