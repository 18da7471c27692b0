/*
 * test_glue.c
 *	  Glue's tables, databases and partitions against a scripted server: what is
 *	  sent, what is made of the replies, what errors become.
 */
#include "unit.h"

#include "core/glue/glue.h"
#include "services.h"

typedef struct Seen
{
	int			n;
	int			stop_at;
	PdsGlueTable *tables[8];
	PdsGluePartition *partitions[8];
	PdsGlueDatabase *databases[8];
} Seen;

static bool
see_table(void *arg, PdsGlueTable *t)
{
	Seen	   *s = arg;

	s->tables[s->n++] = t;
	return s->n != s->stop_at;
}

static bool
see_partition(void *arg, PdsGluePartition *p)
{
	Seen	   *s = arg;

	s->partitions[s->n++] = p;
	return s->n != s->stop_at;
}

static bool
see_database(void *arg, PdsGlueDatabase *d)
{
	Seen	   *s = arg;

	s->databases[s->n++] = d;
	return s->n != s->stop_at;
}

static void
forget(Seen *s)
{
	int			i;

	for (i = 0; i < 8; i++)
	{
		pds_glue_table_free(s->tables[i]);
		pds_glue_partition_free(s->partitions[i]);
		pds_glue_database_free(s->databases[i]);
	}
	memset(s, 0, sizeof(*s));
}

static void
test_glue_tables(void)
{
	Seen		s = {0};
	PdsError	err;

	begin();
	ss_on("POST /", 200, "", "{\"TableList\":[{\"Name\":\"t1\",\"DatabaseName\":\"db\"},"
		  "{\"Name\":\"t2\"}],\"NextToken\":\"n1\"}");
	ss_on("POST /", 200, "", "{\"TableList\":[],\"NextToken\":\"n2\"}");
	ss_on("POST /", 200, "", "{\"TableList\":[{\"Name\":\"t3\",\"StorageDescriptor\":{},"
		  "\"Parameters\":{},\"PartitionKeys\":[]},{\"Name\":\"t4\"}],\"NextToken\":\"\"}");
	CHECK(pds_glue_get_tables(aws, "123456789012", "db", "t.*", see_table, &s, &err));
	CHECK_INT(s.n, 4);
	if (s.n == 4)
	{
		CHECK_STR(s.tables[0]->name, "t1");
		CHECK_STR(s.tables[1]->database, "db");
		CHECK_STR(s.tables[2]->name, "t3");
		CHECK_STR(s.tables[2]->sd.location, NULL);
		CHECK_INT(s.tables[2]->sd.ncolumns, 0);
		CHECK_INT(s.tables[2]->npartition_keys, 0);
		CHECK_STR(pds_property(&s.tables[2]->parameters, "x"), NULL);
		CHECK_STR(s.tables[3]->name, "t4");
		CHECK_STR(s.tables[3]->table_type, NULL);
	}
	CHECK_INT(ss->requests, 3);
	CHECK_STR(ss_request_header(0, "X-Amz-Target"), "AWSGlue.GetTables");
	CHECK_STR(ss_request_header(0, "Content-Type"), "application/x-amz-json-1.1");
	CHECK(strstr(ss_request_header(0, "Authorization"), "/us-east-1/glue/aws4_request") != NULL);
	CHECK_STR(ss_request_body(0),
			  "{\"CatalogId\":\"123456789012\",\"DatabaseName\":\"db\",\"Expression\":\"t.*\"}");
	CHECK(strstr(ss_request_body(1), "\"NextToken\":\"n1\"") != NULL);
	CHECK(strstr(ss_request_body(2), "\"NextToken\":\"n2\"") != NULL);
	CHECK(strstr(ss_request_body(2), "n1") == NULL);
	forget(&s);

	/* what has no name is no table */
	begin();
	ss_on("POST /", 200, "", "{\"TableList\":[{\"Name\":\"t1\"},{}]}");
	CHECK(!pds_glue_get_tables(aws, "123456789012", "db", "t.*", see_table, &s, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	forget(&s);

	/* stopping early is no error and asks for no more */
	begin();
	ss_on("POST /", 200, "", "{\"TableList\":[{\"Name\":\"t1\"},{\"Name\":\"t2\"}],\"NextToken\":\"n\"}");
	s.stop_at = 1;
	CHECK(pds_glue_get_tables(aws, NULL, "db", NULL, see_table, &s, &err));
	CHECK_INT(s.n, 1);
	CHECK_INT(ss->requests, 1);
	CHECK_STR(ss_request_body(0), "{\"DatabaseName\":\"db\"}");
	forget(&s);

	/* replies without what they should hold */
	begin();
	ss_on("POST /", 200, "", "{}");
	ss_on("POST /", 200, "", "");
	ss_on("POST /", 200, "", "[not JSON");
	ss_on("POST /", 400, "", "{\"__type\":\"EntityNotFoundException\",\"Message\":\"Database gone not found.\"}");
	CHECK(!pds_glue_get_tables(aws, NULL, "db", NULL, see_table, &s, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK(!pds_glue_get_tables(aws, NULL, "db", NULL, see_table, &s, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK_INT(s.n, 0);
	CHECK(!pds_glue_get_tables(aws, NULL, "db", NULL, see_table, &s, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK(!pds_glue_get_tables(aws, NULL, "gone", NULL, see_table, &s, &err));
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
	CHECK_STR(err.resource, "gone");
	forget(&s);
}

static void
test_glue_table(void)
{
	PdsGlueTable *t;
	PdsError	err;

	begin();
	ss_on("POST /", 200, "", "{\"Table\":{\"Name\":\"t\",\"DatabaseName\":\"db\",\"Description\":\"d\","
		  "\"TableType\":\"EXTERNAL_TABLE\",\"Retention\":0,\"CreateTime\":1.5E9,"
		  "\"PartitionKeys\":[{\"Name\":\"year\",\"Type\":\"int\",\"Comment\":\"c\"}],"
		  "\"Parameters\":{\"skip.header.line.count\":\"1\",\"n\":5,\"classification\":\"csv\"},"
		  "\"StorageDescriptor\":{\"Location\":\"s3://b/p/\",\"InputFormat\":\"in\","
		  "\"Columns\":[{\"Name\":\"a\",\"Type\":\"decimal(10,2)\"},{\"Name\":\"b\"},{}],"
		  "\"SerdeInfo\":{\"SerializationLibrary\":\"lib\",\"Parameters\":{\"field.delim\":\",\"}},"
		  "\"Parameters\":null},"
		  "\"TargetTable\":{\"CatalogId\":\"1\",\"DatabaseName\":\"td\",\"Name\":\"tn\",\"Region\":\"r\"}}}");
	ss_on("POST /", 200, "", "{\"Table\":{\"Name\":\"v\",\"TableType\":\"VIRTUAL_VIEW\","
		  "\"ViewOriginalText\":\"/* Presto View */\",\"StorageDescriptor\":null,\"PartitionKeys\":null}}");
	ss_on("POST /", 200, "", "{}");
	ss_on("POST /", 400, "x-amzn-requestid: RQ\r\n", "{\"__type\":\"EntityNotFoundException\","
		  "\"Message\":\"Table x not found.\"}");
	ss_on("POST /", 400, "", "{\"__type\":\"AccessDeniedException\",\"Message\":\"no\"}");
	t = pds_glue_get_table(aws, NULL, "db", "t", &err);
	if (CHECK(t != NULL))
	{
		CHECK_STR(t->description, "d");
		CHECK_STR(t->table_type, "EXTERNAL_TABLE");
		CHECK_INT(t->npartition_keys, 1);
		CHECK_STR(t->partition_keys[0].name, "year");
		CHECK_STR(t->partition_keys[0].comment, "c");
		CHECK_INT(t->parameters.n, 2);
		CHECK_STR(pds_property(&t->parameters, "classification"), "csv");
		CHECK_STR(pds_property(&t->parameters, "Classification"), NULL);
		CHECK_STR(t->sd.location, "s3://b/p/");
		CHECK_INT(t->sd.ncolumns, 3);
		CHECK_STR(t->sd.columns[0].type, "decimal(10,2)");
		CHECK_STR(t->sd.columns[1].type, "string");
		CHECK_STR(t->sd.columns[2].name, "");
		CHECK_STR(t->sd.serde, "lib");
		CHECK_STR(pds_property(&t->sd.serde_parameters, "field.delim"), ",");
		CHECK_INT(t->sd.parameters.n, 0);
		CHECK_STR(t->target_database, "td");
		CHECK_STR(t->target_region, "r");
	}
	pds_glue_table_free(t);
	CHECK_STR(ss_request_body(0), "{\"DatabaseName\":\"db\",\"Name\":\"t\"}");
	t = pds_glue_get_table(aws, NULL, "db", "v", &err);
	if (CHECK(t != NULL))
	{
		CHECK_STR(t->database, "db");
		CHECK_STR(t->view_original_text, "/* Presto View */");
		CHECK_STR(t->sd.location, NULL);
		CHECK_STR(t->target_name, NULL);
	}
	pds_glue_table_free(t);
	t = pds_glue_get_table(aws, NULL, "db", "t", &err);
	CHECK(t == NULL);
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK_STR(err.resource, "db.t");
	pds_glue_table_free(t);
	CHECK(pds_glue_get_table(aws, NULL, "db", "x", &err) == NULL);
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
	CHECK_STR(err.resource, "db.x");
	CHECK(strstr(err.message, "db.x") != NULL);
	CHECK_STR(err.service, "glue");
	CHECK_STR(err.operation, "GetTable");
	CHECK_STR(err.request_id, "RQ");
	CHECK(pds_glue_get_table(aws, NULL, "db", "x", &err) == NULL);
	CHECK_INT(err.kind, PDS_ERR_ACCESS_DENIED);
	CHECK(strstr(err.hint, "glue:") != NULL);
	pds_glue_table_free(NULL);
}

static void
test_glue_databases(void)
{
	Seen		s = {0};
	PdsGlueDatabase *d;
	PdsError	err;

	begin();
	ss_on("POST /", 200, "", "{\"DatabaseList\":[{\"Name\":\"d1\",\"LocationUri\":\"s3://b/\"}],\"NextToken\":\"n\"}");
	ss_on("POST /", 200, "", "{\"DatabaseList\":[{\"Name\":\"d2\",\"TargetDatabase\":{\"CatalogId\":\"1\","
		  "\"DatabaseName\":\"x\",\"Region\":\"eu-west-1\"}}]}");
	ss_on("POST /", 200, "", "{\"Database\":{\"Name\":\"d3\",\"Description\":\"text\"}}");
	ss_on("POST /", 200, "", "{\"Database\":null}");
	ss_on("POST /", 400, "", "{\"__type\":\"EntityNotFoundException\"}");
	CHECK(pds_glue_get_databases(aws, NULL, see_database, &s, &err));
	CHECK_INT(s.n, 2);
	if (s.n == 2)
	{
		CHECK_STR(s.databases[0]->location, "s3://b/");
		CHECK_STR(s.databases[1]->target_database, "x");
		CHECK_STR(s.databases[1]->target_region, "eu-west-1");
	}
	CHECK_STR(ss_request_body(0), "{}");
	forget(&s);
	d = pds_glue_get_database(aws, NULL, "d3", &err);
	CHECK(d != NULL);
	CHECK_STR(d ? d->description : NULL, "text");
	pds_glue_database_free(d);
	d = pds_glue_get_database(aws, NULL, "d4", &err);
	CHECK(d == NULL);
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	pds_glue_database_free(d);
	CHECK(pds_glue_get_database(aws, NULL, "d5", &err) == NULL);
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
	CHECK_STR(err.resource, "d5");
}

static void
test_glue_partitions(void)
{
	Seen		s = {0};
	PdsError	err;

	begin();
	ss_on("POST /", 200, "", "{\"Partitions\":[{\"Values\":[\"2024\",\"01\"],\"StorageDescriptor\":"
		  "{\"Location\":\"s3://b/2024/01/\"},\"Parameters\":{\"k\":\"v\"}}],\"NextToken\":\"n\"}");
	ss_on("POST /", 200, "", "{\"Partitions\":[],\"NextToken\":\"m\"}");
	ss_on("POST /", 200, "", "{\"Partitions\":[{\"Values\":[\"2024\",\"\"]},{}]}");
	CHECK(pds_glue_get_partitions(aws, NULL, "db", "t", "year = '2024'", 1, see_partition, &s, &err));
	CHECK_INT(s.n, 3);
	if (s.n == 3)
	{
		CHECK_INT(s.partitions[0]->nvalues, 2);
		CHECK_STR(s.partitions[0]->values[1], "01");
		CHECK_STR(s.partitions[0]->sd.location, "s3://b/2024/01/");
		CHECK_STR(pds_property(&s.partitions[0]->parameters, "k"), "v");
		CHECK_STR(s.partitions[1]->values[1], "");
		CHECK_STR(s.partitions[1]->sd.location, NULL);
		CHECK_INT(s.partitions[2]->nvalues, 0);
	}
	CHECK_STR(ss_request_body(0), "{\"DatabaseName\":\"db\",\"TableName\":\"t\","
			  "\"ExcludeColumnSchema\":true,\"MaxResults\":1000,\"Expression\":\"year = '2024'\"}");
	CHECK(strstr(ss_request_body(2), "\"NextToken\":\"m\"") != NULL);
	forget(&s);

	/* an expression that is refused: all partitions instead */
	begin();
	ss_on("POST /", 400, "", "{\"__type\":\"InvalidInputException\",\"Message\":\"Unsupported expression\"}");
	ss_on("POST /", 200, "", "{\"Partitions\":[{\"Values\":[\"1\"]}]}");
	CHECK(pds_glue_get_partitions(aws, NULL, "db", "t", "odd", 1, see_partition, &s, &err));
	CHECK_INT(s.n, 1);
	CHECK_INT(ss->requests, 2);
	CHECK(strstr(ss_request_body(0), "\"Expression\":\"odd\"") != NULL);
	CHECK(strstr(ss_request_body(1), "Expression") == NULL);
	forget(&s);

	/* strict: a refusal is an error at once */
	begin();
	ss_on("POST /", 400, "", "{\"__type\":\"InvalidInputException\",\"Message\":\"Unsupported expression\"}");
	CHECK(!pds_glue_get_partitions_strict(aws, NULL, "db", "t", "odd", see_partition, &s, &err));
	CHECK_INT(err.kind, PDS_ERR_INVALID_REQUEST);
	CHECK_INT(ss->requests, 1);

	/* without one it is an error, and other errors are errors */
	begin();
	ss_on("POST /", 400, "", "{\"__type\":\"InvalidInputException\",\"Message\":\"no\"}");
	ss_on("POST /", 400, "", "{\"__type\":\"EntityNotFoundException\",\"Message\":\"no\"}");
	CHECK(!pds_glue_get_partitions(aws, NULL, "db", "t", NULL, 1, see_partition, &s, &err));
	CHECK_INT(err.kind, PDS_ERR_INVALID_REQUEST);
	CHECK(!pds_glue_get_partitions(aws, NULL, "db", "t", "e", 1, see_partition, &s, &err));
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
	CHECK_STR(err.resource, "db.t");
	CHECK_INT(ss->requests, 2);
	forget(&s);

	/* a refusal on a later page: nothing is delivered twice */
	begin();
	ss_on("POST /", 200, "", "{\"Partitions\":[{\"Values\":[\"1\"]}],\"NextToken\":\"n\"}");
	ss_on("POST /", 400, "", "{\"__type\":\"InvalidInputException\",\"Message\":\"token\"}");
	ss_on("POST /", 200, "", "{\"Partitions\":[{\"Values\":[\"1\"]}]}");
	CHECK(!pds_glue_get_partitions(aws, NULL, "db", "t", "e", 1, see_partition, &s, &err));
	CHECK_INT(s.n, 1);
	forget(&s);
}

int
main(void)
{
	services_start();
	test_glue_tables();
	test_glue_table();
	test_glue_databases();
	test_glue_partitions();
	services_stop();
	return unit_done();
}
