/*
 * test_table_kind.c
 *	  Trino's types as Hive's, columns of views, what is not text.
 */
#include "unit.h"

#include "core/glue/presto_view.h"
#include "core/glue/table_kind.h"

static const char *
hive(const char *trino)
{
	static char out[256];
	PdsStr		s;
	bool		ok;

	pds_str_init(&s);
	ok = pds_hive_of_trino_type(trino, &s);
	snprintf(out, sizeof(out), "%s", ok ? pds_str_text(&s) : "(not understood)");
	pds_str_free(&s);
	return out;
}

static const char *
kind(const char *input_format, const char *serde, const char *key, const char *value)
{
	PdsKeyValue kv = {(char *) key, (char *) value};
	PdsProperties p = {&kv, key ? 1 : 0};
	PdsStorageDescriptor sd = {.input_format = (char *) input_format, .serde = (char *) serde};

	return pds_not_text(&p, &sd, "EXTERNAL_TABLE");
}

#define TEXT "org.apache.hadoop.mapred.TextInputFormat"

int
main(void)
{
	PdsGlueTable *t = calloc(1, sizeof(PdsGlueTable));

	CHECK_STR(hive("integer"), "int");
	CHECK_STR(hive("varchar"), "string");
	CHECK_STR(hive("varchar(10)"), "varchar(10)");
	CHECK_STR(hive("decimal(10, 2)"), "decimal(10,2)");
	CHECK_STR(hive("timestamp(3)"), "timestamp");
	CHECK_STR(hive("timestamp(3) with time zone"), "timestamp with time zone");
	CHECK_STR(hive("row(a bigint, \"b c\" array(varchar))"), "struct<a:bigint,b c:array<string>>");
	CHECK_STR(hive("map(varchar, real)"), "map<string,float>");
	CHECK_STR(hive("interval day to second"), "interval day to second");
	CHECK_STR(hive("array(varchar"), "(not understood)");
	CHECK_STR(hive(""), "(not understood)");

	CHECK(kind(TEXT, "org.apache.hadoop.hive.serde2.OpenCSVSerde", NULL, NULL) == NULL);
	CHECK_STR(kind("org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat", "x", NULL, NULL), "its objects are Parquet");
	CHECK_STR(kind(TEXT, "org.openx.data.jsonserde.JsonSerDe", NULL, NULL), "its objects are JSON");
	CHECK_STR(kind("org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat", "x", NULL, NULL), "its location holds lists of paths (symlink)");
	CHECK_STR(kind(TEXT, "x", "table_type", "iceberg"), "it is an Iceberg table");
	CHECK_STR(kind(TEXT, "x", "spark.sql.sources.provider", "delta"), "it is a Delta table");
	CHECK_STR(kind(TEXT, "x", "has_encrypted_data", "true"), "its data is encrypted by the client (CSE-KMS)");
	CHECK_STR(kind(NULL, "x", NULL, NULL), "it has no input format");

	/* the columns a integer, b varchar */
	t->view_original_text = pds_strdup("/* Presto View: eyJjb2x1bW5zIjpbeyJuYW1lIjoiYSIsInR5cGUiOiJpbnRlZ2VyIn0seyJuYW1lIjoiYiIsInR5cGUiOiJ2YXJjaGFyIn1dfQ== */");
	CHECK(pds_view_columns(t));
	CHECK_INT(t->sd.ncolumns, 2);
	if (t->sd.ncolumns == 2)
	{
		CHECK_STR(t->sd.columns[0].type, "int");
		CHECK_STR(t->sd.columns[1].name, "b");
		CHECK_STR(t->sd.columns[1].type, "string");
	}
	free(t->view_original_text);
	t->view_original_text = pds_strdup("/* Presto View: !!! */");
	CHECK(pds_view_columns(t));
	CHECK_INT(t->sd.ncolumns, 2);
	pds_glue_table_free(t);
	return unit_done();
}
