/*
 * test_glue_write.c
 *	  What is sent to Glue to change it, and what is made of the replies.
 */
#include "unit.h"

#include "core/glue/glue_write.h"
#include "core/glue/hive_path.h"
#include "script_server.h"

static PdsHttp *http;
static PdsAws *aws;

static void
begin(void)
{
	PdsAwsConfig c;
	PdsError	err;
	int			i;

	ss_clear();
	pds_aws_free(aws);
	memset(&c, 0, sizeof(c));
	c.region = "us-east-1";
	for (i = 0; i < PDS_NSERVICES; i++)
		c.endpoint[i] = ss_url;
	c.credentials.access_key_id = "AKTEST";
	c.credentials.secret_access_key = "SKTEST";
	aws = pds_aws_new(http, &c, &err);
	if (aws == NULL)
	{
		printf("Bail out! %s\n", err.message);
		exit(2);
	}
}

/* ---- a table to write ---- */

static PdsGlueColumn columns[] = {{"a", "int", NULL}, {"b", "decimal(10,2)", "the \"b\""}};
static PdsGlueColumn keys[] = {{"year", "int", NULL}, {"month", "string", "m"}};
static PdsKeyValue parameters[] = {{"classification", "csv"}, {"compressionType", "none"}};
static PdsKeyValue serde_parameters[] = {{"field.delim", ","}, {"escape.delim", "\\"}};

static PdsGlueTable
table(void)
{
	PdsGlueTable t;

	memset(&t, 0, sizeof(t));
	t.database = "db";
	t.name = "t";
	t.sd.location = "s3://b/t/";
	t.sd.columns = columns;
	t.sd.ncolumns = 2;
	t.sd.serde_parameters.items = serde_parameters;
	t.sd.serde_parameters.n = 2;
	t.sd.parameters.items = parameters;
	t.sd.parameters.n = 2;
	t.parameters = t.sd.parameters;
	t.partition_keys = keys;
	t.npartition_keys = 2;
	return t;
}

#define FORMAT(compressed) "\"InputFormat\":\"org.apache.hadoop.mapred.TextInputFormat\"," \
	"\"OutputFormat\":\"org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat\"," \
	"\"Compressed\":" compressed ",\"NumberOfBuckets\":-1," \
	"\"SerdeInfo\":{\"SerializationLibrary\":\"org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe\"," \
	"\"Parameters\":{\"field.delim\":\",\",\"escape.delim\":\"\\\\\"}}," \
	"\"BucketColumns\":[],\"StoredAsSubDirectories\":false"
#define PARAMETERS "{\"classification\":\"csv\",\"compressionType\":\"none\"}"
#define TABLE_INPUT "{\"Name\":\"t\",\"PartitionKeys\":[{\"Name\":\"year\",\"Type\":\"int\"}," \
	"{\"Name\":\"month\",\"Type\":\"string\",\"Comment\":\"m\"}],\"TableType\":\"EXTERNAL_TABLE\"," \
	"\"Parameters\":" PARAMETERS ",\"StorageDescriptor\":{\"Columns\":[{\"Name\":\"a\",\"Type\":\"int\"}," \
	"{\"Name\":\"b\",\"Type\":\"decimal(10,2)\",\"Comment\":\"the \\\"b\\\"\"}]," \
	"\"Location\":\"s3://b/t/\"," FORMAT("false") ",\"SortColumns\":[],\"Parameters\":" PARAMETERS "}}"

static void
test_create_table(void)
{
	PdsGlueTable t = table();
	PdsKeyValue gzip = {"compressionType", "gzip"};
	PdsError	err;

	begin();
	ss_on("POST /", 200, "", "{}");
	ss_on("POST /", 200, "", "");
	ss_on("POST /", 200, "", "{}");
	CHECK(pds_glue_create_table(aws, NULL, &t, &err));
	CHECK_STR(ss_request_header(0, "X-Amz-Target"), "AWSGlue.CreateTable");
	CHECK_STR(ss_request_body(0), "{\"DatabaseName\":\"db\",\"TableInput\":" TABLE_INPUT "}");
	CHECK(pds_glue_replace_table(aws, "123456789012", &t, &err));
	CHECK_STR(ss_request_header(1, "X-Amz-Target"), "AWSGlue.UpdateTable");
	CHECK_STR(ss_request_body(1), "{\"CatalogId\":\"123456789012\",\"DatabaseName\":\"db\","
			  "\"TableInput\":" TABLE_INPUT ",\"SkipArchive\":true}");

	/* what follows from other things; nothing where there is nothing */
	t.parameters.items = &gzip;
	t.parameters.n = 1;
	t.npartition_keys = 0;
	t.sd.input_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat";
	t.sd.serde = "lib";
	t.description = "d\303\251";
	t.table_type = "GOVERNED";
	CHECK(pds_glue_create_table(aws, "", &t, &err));
	CHECK(strstr(ss_request_body(2), "\"Compressed\":true") != NULL);
	CHECK(strstr(ss_request_body(2), "\"PartitionKeys\":[]") != NULL);
	CHECK(strstr(ss_request_body(2), "ql.io.parquet.MapredParquetOutputFormat\"") != NULL);
	CHECK(strstr(ss_request_body(2), "\"SerializationLibrary\":\"lib\"") != NULL);
	CHECK(strstr(ss_request_body(2), "\"Description\":\"d\303\251\"") != NULL);
	CHECK(strstr(ss_request_body(2), "\"TableType\":\"GOVERNED\"") != NULL);
	CHECK(strstr(ss_request_body(2), "CatalogId") == NULL);
}

/* What was created may not be created again: no repetition; what is said says what it is. */
static void
test_not_repeated(void)
{
	PdsGlueTable t = table();
	PdsError	err;

	begin();
	ss_on("POST /", 400, "", "{\"__type\":\"AlreadyExistsException\",\"Message\":\"Table already exists.\"}");
	CHECK(!pds_glue_create_table(aws, NULL, &t, &err));
	CHECK_INT(err.kind, PDS_ERR_ALREADY_EXISTS);
	CHECK_STR(err.resource, "db.t");

	begin();
	ss_on("POST /", 500, "", "{\"__type\":\"InternalServiceException\"}")->times = SS_ALWAYS;
	CHECK(!pds_glue_create_table(aws, NULL, &t, &err));
	CHECK_INT(err.kind, PDS_ERR_SERVICE);
	CHECK(!pds_glue_create_database(aws, NULL, "d", NULL, NULL, &err));
	CHECK(!pds_glue_delete_database(aws, NULL, "d", &err));
	CHECK(!pds_glue_delete_table(aws, NULL, "d", "t", &err));
	CHECK_INT(ss->requests, 4);

	/* a reply that was lost: the same */
	begin();
	ss_on("POST /", 200, "", "{}")->drop = 1;
	ss_on("POST /", 200, "", "{}");
	CHECK(!pds_glue_create_table(aws, NULL, &t, &err));
	CHECK_INT(err.kind, PDS_ERR_BROKEN);
	CHECK_INT(ss->requests, 1);

	/* throttled is not received, and an update may be repeated */
	begin();
	ss_on("POST /", 400, "", "{\"__type\":\"ThrottlingException\"}");
	ss_on("POST /", 200, "", "{}");
	CHECK(pds_glue_create_table(aws, NULL, &t, &err));
	ss_on("POST /", 500, "", "{}");
	ss_on("POST /", 200, "", "{}");
	CHECK(pds_glue_replace_table(aws, NULL, &t, &err));
	CHECK_INT(ss->requests, 4);

	begin();
	ss_on("POST /", 400, "", "{\"__type\":\"AccessDeniedException\",\"Message\":\"no\"}");
	CHECK(!pds_glue_create_table(aws, NULL, &t, &err));
	CHECK_INT(err.kind, PDS_ERR_ACCESS_DENIED);
	CHECK(strstr(err.hint, "glue:CreateTable") != NULL);
}

static void
test_databases(void)
{
	PdsError	err;

	begin();
	ss_on("POST /", 200, "", "{}");
	ss_on("POST /", 200, "", "{}");
	ss_on("POST /", 200, "", "{}");
	ss_on("POST /", 400, "", "{\"__type\":\"EntityNotFoundException\",\"Message\":\"Database gone not found.\"}");
	CHECK(pds_glue_create_database(aws, "1", "d", NULL, NULL, &err));
	CHECK_STR(ss_request_header(0, "X-Amz-Target"), "AWSGlue.CreateDatabase");
	CHECK_STR(ss_request_body(0), "{\"CatalogId\":\"1\",\"DatabaseInput\":{\"Name\":\"d\"}}");
	CHECK(pds_glue_create_database(aws, NULL, "d", "text", "s3://b/", &err));
	CHECK_STR(ss_request_body(1), "{\"DatabaseInput\":{\"Name\":\"d\",\"Description\":\"text\","
			  "\"LocationUri\":\"s3://b/\"}}");
	CHECK(pds_glue_delete_database(aws, NULL, "d", &err));
	CHECK_STR(ss_request_header(2, "X-Amz-Target"), "AWSGlue.DeleteDatabase");
	CHECK_STR(ss_request_body(2), "{\"Name\":\"d\"}");
	CHECK(!pds_glue_delete_database(aws, NULL, "gone", &err));
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
	CHECK_STR(err.resource, "gone");

	/* what is not given stays */
	begin();
	ss_on("POST /", 200, "", "{\"Database\":{\"Name\":\"d\",\"Description\":\"old\",\"LocationUri\":"
		  "\"s3://b/\",\"Parameters\":{\"k\":\"v\"},\"CreateTime\":1.5E9,\"CatalogId\":\"1\"}}");
	ss_on("POST /", 200, "", "{}");
	ss_on("POST /", 200, "", "{}");
	CHECK(pds_glue_update_database(aws, NULL, "d", "new", NULL, &err));
	CHECK_STR(ss_request_header(1, "X-Amz-Target"), "AWSGlue.UpdateDatabase");
	CHECK_STR(ss_request_body(1), "{\"Name\":\"d\",\"DatabaseInput\":{\"Name\":\"d\",\"LocationUri\":"
			  "\"s3://b/\",\"Parameters\":{\"k\":\"v\"},\"Description\":\"new\"}}");
	CHECK(!pds_glue_update_database(aws, NULL, "d", "new", NULL, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
}

static void
test_update_table(void)
{
	PdsGlueTable t = table();
	PdsError	err;

	begin();
	ss_on("POST /", 200, "", "{\"Table\":{\"Name\":\"t\",\"DatabaseName\":\"db\",\"Description\":\"old\","
		  "\"Owner\":\"o\",\"CreateTime\":1.5E9,\"UpdateTime\":1.5E9,\"CreatedBy\":\"arn\",\"Retention\":3,"
		  "\"IsRegisteredWithLakeFormation\":false,\"CatalogId\":\"1\",\"VersionId\":\"7\","
		  "\"ViewExpandedText\":null,\"TableType\":\"EXTERNAL_TABLE\",\"Parameters\":{\"gone\":\"x\"},"
		  "\"PartitionKeys\":[{\"Name\":\"year\",\"Type\":\"int\",\"Comment\":\"gone\","
		  "\"Parameters\":{\"p\":\"1\"}}],"
		  "\"StorageDescriptor\":{\"Location\":\"s3://b/old/\",\"InputFormat\":\"in\","
		  "\"OutputFormat\":\"out\",\"Columns\":[{\"Name\":\"B\",\"Type\":\"string\",\"Parameters\":"
		  "{\"q\":\"2\"}},{\"Name\":\"gone\",\"Type\":\"string\"}],\"NumberOfBuckets\":4,"
		  "\"BucketColumns\":[\"b\"],\"SerdeInfo\":{\"Name\":\"n\",\"SerializationLibrary\":\"lib\","
		  "\"Parameters\":{}},\"AdditionalLocations\":[\"s3://b/more/\"]}}}");
	ss_on("POST /", 200, "", "{}");
	t.sd.location = NULL;
	CHECK(pds_glue_update_table(aws, NULL, &t, &err));
	CHECK_STR(ss_request_body(0), "{\"DatabaseName\":\"db\",\"Name\":\"t\"}");
	CHECK_STR(ss_request_body(1), "{\"DatabaseName\":\"db\",\"TableInput\":{\"Name\":\"t\","
			  "\"Description\":\"old\",\"Owner\":\"o\",\"Retention\":3,\"TableType\":\"EXTERNAL_TABLE\","
			  "\"StorageDescriptor\":{\"Location\":\"s3://b/old/\",\"InputFormat\":\"in\","
			  "\"OutputFormat\":\"out\",\"NumberOfBuckets\":4,\"BucketColumns\":[\"b\"],"
			  "\"SerdeInfo\":{\"Name\":\"n\",\"SerializationLibrary\":\"lib\","
			  "\"Parameters\":{\"field.delim\":\",\",\"escape.delim\":\"\\\\\"}},"
			  "\"AdditionalLocations\":[\"s3://b/more/\"],"
			  "\"Columns\":[{\"Name\":\"a\",\"Type\":\"int\"},{\"Name\":\"b\",\"Type\":\"decimal(10,2)\","
			  "\"Comment\":\"the \\\"b\\\"\",\"Parameters\":{\"q\":\"2\"}}],\"Parameters\":" PARAMETERS "},"
			  "\"PartitionKeys\":[{\"Name\":\"year\",\"Type\":\"int\",\"Parameters\":{\"p\":\"1\"}},"
			  "{\"Name\":\"month\",\"Type\":\"string\",\"Comment\":\"m\"}],\"Parameters\":" PARAMETERS "},"
			  "\"SkipArchive\":true}");

	/* a table that is gone, a reply without one */
	begin();
	ss_on("POST /", 400, "", "{\"__type\":\"EntityNotFoundException\",\"Message\":\"no\"}");
	ss_on("POST /", 200, "", "{\"Table\":7}");
	CHECK(!pds_glue_update_table(aws, NULL, &t, &err));
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
	CHECK(!pds_glue_update_table(aws, NULL, &t, &err));
	CHECK_INT(err.kind, PDS_ERR_PROTOCOL);
	CHECK_INT(ss->requests, 2);

	/*
	 * a table without a descriptor gets none out of nothing, and one that is
	 * asked for
	 */
	begin();
	ss_on("POST /", 200, "", "{\"Table\":{\"Name\":\"t\"}}")->times = SS_ALWAYS;
	memset(&t.sd, 0, sizeof(t.sd));
	CHECK(pds_glue_update_table(aws, NULL, &t, &err));
	CHECK(strstr(ss_request_body(1), "StorageDescriptor") == NULL);
	t.sd.location = "s3://b/t/";
	CHECK(pds_glue_update_table(aws, NULL, &t, &err));
	CHECK(strstr(ss_request_body(3), "\"StorageDescriptor\":{\"Columns\":[],"
				 "\"Location\":\"s3://b/t/\",\"Parameters\":{}}") != NULL);
}

static void
test_partitions(void)
{
	PdsGlueTable t = table();
	PdsPartitionInput parts[230];
	char		years[230][8];
	char	   *values[230][2];
	PdsError	err;
	int			n = -1;
	int			i;

	for (i = 0; i < 230; i++)
	{
		snprintf(years[i], sizeof(years[i]), "%d", i);
		values[i][0] = years[i];
		values[i][1] = i == 0 ? "__HIVE_DEFAULT_PARTITION__" : "01";
		parts[i].values = values[i];
		parts[i].location = i == 0 ? "s3://b/t/0/" : "s3://b/t/x/";
	}
	begin();
	ss_on("POST /", 200, "", "{}");
	CHECK(pds_glue_create_partitions(aws, NULL, &t, parts, 1, &n, &err));
	CHECK_INT(n, 1);
	CHECK_STR(ss_request_header(0, "X-Amz-Target"), "AWSGlue.BatchCreatePartition");
	CHECK_STR(ss_request_body(0), "{\"DatabaseName\":\"db\",\"TableName\":\"t\",\"PartitionInputList\":"
			  "[{\"StorageDescriptor\":{\"Columns\":[{\"Name\":\"a\",\"Type\":\"int\"},"
			  "{\"Name\":\"b\",\"Type\":\"decimal(10,2)\"}],\"Location\":\"s3://b/t/0/\","
			  FORMAT("false") "},\"Values\":[\"0\",\"__HIVE_DEFAULT_PARTITION__\"],\"Parameters\":{}}]}");

	/*
	 * groups of 100; what exists is no error and is not counted; nothing at
	 * all asks nothing
	 */
	begin();
	ss_on("POST /", 200, "", "{}");
	ss_on("POST /", 500, "", "{}");
	ss_on("POST /", 200, "", "{\"Errors\":[{\"PartitionValues\":[\"1\",\"01\"],\"ErrorDetail\":"
		  "{\"ErrorCode\":\"AlreadyExistsException\",\"ErrorMessage\":\"Partition already exists.\"}}]}");
	ss_on("POST /", 200, "", "{\"Errors\":[]}");
	CHECK(pds_glue_create_partitions(aws, NULL, &t, parts, 230, &n, &err));
	CHECK_INT(n, 229);
	CHECK_INT(ss->requests, 4);
	CHECK(strstr(ss_request_body(0), "\"99\"") && !strstr(ss_request_body(0), "\"100\""));
	CHECK(strstr(ss_request_body(3), "\"200\"") && strstr(ss_request_body(3), "\"229\""));
	CHECK(pds_glue_create_partitions(aws, NULL, &t, parts, 0, &n, &err));
	CHECK_INT(n, 0);
	CHECK_INT(ss->requests, 4);

	/* another error of an item ends it; what was done before is counted */
	begin();
	ss_on("POST /", 200, "", "{}");
	ss_on("POST /", 200, "", "{\"Errors\":[{\"PartitionValues\":[\"1\",\"01\"],\"ErrorDetail\":"
		  "{\"ErrorCode\":\"AlreadyExistsException\"}},{\"PartitionValues\":[\"117\",\"01\"],"
		  "\"ErrorDetail\":{\"ErrorCode\":\"InvalidInputException\",\"ErrorMessage\":\"bad\"}},{}]}");
	CHECK(!pds_glue_create_partitions(aws, NULL, &t, parts, 230, &n, &err));
	CHECK_INT(n, 197);
	CHECK_INT(err.kind, PDS_ERR_INVALID_REQUEST);
	CHECK_STR(err.message, "BatchCreatePartition of db.t failed for the partition \"117, ...\": "
			  "InvalidInputException: bad");
	CHECK_STR(err.aws_code, "InvalidInputException");
	CHECK_INT(ss->requests, 2);

	/* deleting: groups of 25, absent ones are no error */
	begin();
	ss_on("POST /", 200, "", "{\"Errors\":[{\"PartitionValues\":[\"1\",\"01\"],\"ErrorDetail\":"
		  "{\"ErrorCode\":\"EntityNotFoundException\",\"ErrorMessage\":\"gone\"}}]}");
	ss_on("POST /", 200, "", "{}");
	CHECK(pds_glue_delete_partitions(aws, "1", "db", "t", 2, parts, 26, &n, &err));
	CHECK_INT(n, 25);
	CHECK_STR(ss_request_header(1, "X-Amz-Target"), "AWSGlue.BatchDeletePartition");
	CHECK_STR(ss_request_body(1), "{\"CatalogId\":\"1\",\"DatabaseName\":\"db\",\"TableName\":\"t\","
			  "\"PartitionsToDelete\":[{\"Values\":[\"25\",\"01\"]}]}");
	CHECK_INT(ss->requests, 2);
	ss_on("POST /", 400, "", "{\"__type\":\"EntityNotFoundException\",\"Message\":\"Table t not found.\"}");
	CHECK(!pds_glue_delete_partitions(aws, "1", "db", "t", 2, parts, 1, NULL, &err));
	CHECK_INT(err.kind, PDS_ERR_NOT_FOUND);
}

static void
check_value(const char *folder, const char *key, const char *want)
{
	char	   *value;

	CHECK_MSG(pds_hive_path_value(folder, strlen(folder), key, &value), folder);
	CHECK_STR(value, want);
	free(value);
}

static void
test_paths(void)
{
	PdsGlueColumn names[] = {{"year", "int", NULL}, {"a=b", "string", NULL}};
	char	   *values[] = {"2024", "10:00 %'\303\251/x\001"};
	char	   *value;
	PdsStr		s;

	pds_str_init(&s);
	pds_hive_path_append(&s, names, 2, values);
	CHECK_STR(pds_str_text(&s), "year=2024/a%3Db=10%3A00 %25%27\303\251%2Fx%01/");
	pds_str_free(&s);
	check_value("year=2024", "year", "2024");
	check_value("a%3Db=10%3A00 %25%27\303\251%2Fx%01", "a=b", values[1]);
	check_value("k=a=b", "k", "a=b");
	check_value("k=100%", "k", "100%");
	check_value("Year=2024", "year", NULL);
	check_value("year", "year", NULL);
	check_value("year=", "year", NULL);
	check_value("2024", "year", NULL);
	/* only so much of it */
	CHECK(pds_hive_path_value("year=2024/x", 9, "year", &value));
	CHECK_STR(value, "2024");
	free(value);
}

static void
test_escapes(void)
{
	PdsStr		s;
	char		all[200];
	int			i;

	pds_str_init(&s);
	pds_hive_escape(&s, "a b=c/d%e:\"\x7F\\[x]{y}^*?#'\x01\xC3\xA9");
	CHECK_STR(s.data, "a b%3Dc%2Fd%25e%3A%22%7F%5C%5Bx%5D%7By}%5E%2A%3F%23%27%01\xC3\xA9");
	s.data[pds_uri_decode(s.data, s.len, false)] = '\0';
	CHECK_STR(s.data, "a b=c/d%e:\"\x7F\\[x]{y}^*?#'\x01\xC3\xA9");
	for (i = 1; i < 200; i++)
		all[i - 1] = (char) (i < 128 ? i : 'x');
	all[199] = '\0';
	pds_str_reset(&s);
	pds_hive_escape(&s, all);
	s.data[pds_uri_decode(s.data, s.len, false)] = '\0';
	CHECK_STR(s.data, all);
	pds_str_free(&s);
}

int
main(void)
{
	PdsHttpOptions opt = {.max_attempts = 3};
	PdsError	err;

	unit_unused();
	ss_start();
	http = pds_http_new(&opt, &pds_plain_hooks, &err);
	if (http == NULL)
		return 2;
	test_create_table();
	test_not_repeated();
	test_databases();
	test_update_table();
	test_partitions();
	test_paths();
	test_escapes();
	pds_aws_free(aws);
	pds_http_free(http);
	ss_stop();
	return unit_done();
}
