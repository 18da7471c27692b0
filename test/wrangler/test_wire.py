"""What awswrangler does not look at: states, tokens, work groups, faults, Glue's paging. Plain boto3."""

import time
import uuid

import botocore.exceptions
import pytest

# names no table: a database that another suite left behind would count as read
SLOW = ("SELECT count(*) FROM UNNEST(sequence(1, 10000)) t(a) CROSS JOIN UNNEST(sequence(1, 10000)) u(b)"
        " CROSS JOIN UNNEST(sequence(1, 10000)) v(c) WHERE a + b + c < 0")


def refused(call, code="InvalidRequestException"):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call()
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response


@pytest.fixture
def group(athena):
    made = []

    def make(**configuration):
        name = f"group-{uuid.uuid4().hex[:8]}"
        athena.client.create_work_group(Name=name, Configuration=configuration)
        made.append(name)
        return name
    yield make
    for name in made:
        athena.client.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)


def test_states_over_time(athena, control):
    control("next-execution", {"queued_seconds": 0.5, "running_seconds": 0.5})
    identifier = athena.start("SELECT 1")
    seen = []
    while not seen or seen[-1] not in ("SUCCEEDED", "FAILED"):
        state = athena.get(identifier)["Status"]["State"]
        if not seen or seen[-1] != state:
            seen.append(state)
        time.sleep(0.05)
    assert seen == ["QUEUED", "RUNNING", "SUCCEEDED"]
    statistics = athena.get(identifier)["Statistics"]
    assert statistics["QueryQueueTimeInMillis"] >= 500 and statistics["TotalExecutionTimeInMillis"] >= 1000


def test_stop_cancels_in_the_engine(athena):
    identifier = athena.start(SLOW)
    athena.wait(identifier, ("RUNNING",))
    time.sleep(1)
    assert athena.get(identifier)["Status"]["State"] == "RUNNING"
    athena.client.stop_query_execution(QueryExecutionId=identifier)
    status = athena.wait(identifier, seconds=5)["Status"]
    assert status["State"] == "CANCELLED" and status["AthenaError"]["ErrorType"] == 1011
    athena.client.stop_query_execution(QueryExecutionId=identifier)          # idempotent
    refused(lambda: athena.client.get_query_results(QueryExecutionId=identifier))
    began = time.monotonic()
    athena.run("SELECT 1")
    assert time.monotonic() - began < 5                                       # the engine is free again


def test_stop_while_queued(athena, control):
    control("next-execution", {"queued_seconds": 30})
    identifier = athena.start("SELECT 1")
    athena.client.stop_query_execution(QueryExecutionId=identifier)
    assert athena.wait(identifier, seconds=2)["Status"]["State"] == "CANCELLED"


def test_token_is_idempotent(athena):
    token = uuid.uuid4().hex
    first = athena.start("SELECT 1", ClientRequestToken=token)
    assert athena.start("SELECT 1", ClientRequestToken=token) == first
    assert athena.start("SELECT 1") != first
    refused(lambda: athena.start("SELECT 2", ClientRequestToken=token))


def test_unknown_names(athena):
    nobody = str(uuid.uuid4())
    for call in (athena.client.get_query_execution, athena.client.stop_query_execution,
                 athena.client.get_query_results):
        refused(lambda call=call: call(QueryExecutionId=nobody))
    refused(lambda: athena.client.get_work_group(WorkGroup="nobody"))
    refused(lambda: athena.start("SELECT 1", WorkGroup="nobody"))
    refused(lambda: athena.client.start_query_execution(QueryString="SELECT 1"))
    refused(lambda: athena.start("SELECT 1", ResultConfiguration={"OutputLocation": "s3://no-such-bucket-here/"}))
    batch = athena.client.batch_get_query_execution(QueryExecutionIds=[nobody])
    assert batch["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == nobody


def test_syntax_is_refused_at_start(athena):
    answer = refused(lambda: athena.start("SELEC 1"))
    assert answer["Error"]["Message"].startswith("line 1:")
    refused(lambda: athena.start("MSCK REPAIR"))


def test_enforced_work_group(athena, group, bucket):
    place = f"s3://{bucket}/enforced/"
    name = group(ResultConfiguration={"OutputLocation": place}, EnforceWorkGroupConfiguration=True)
    execution = athena.run("SELECT 1 AS one", WorkGroup=name)
    assert execution["ResultConfiguration"]["OutputLocation"] == f"{place}{execution['QueryExecutionId']}.csv"
    assert athena.raw(execution) == b'"one"\n"1"\n'
    assert athena.client.list_query_executions(WorkGroup=name)["QueryExecutionIds"] == [execution["QueryExecutionId"]]
    athena.client.update_work_group(WorkGroup=name, ConfigurationUpdates={"EnforceWorkGroupConfiguration": False})
    assert athena.run("SELECT 1", WorkGroup=name)["ResultConfiguration"]["OutputLocation"].startswith(athena.output)
    athena.client.update_work_group(WorkGroup=name, State="DISABLED")
    refused(lambda: athena.start("SELECT 1", WorkGroup=name))


def test_managed_results(athena, group):
    name = group(ManagedQueryResultsConfiguration={"Enabled": True})
    refused(lambda: athena.start("SELECT 1", WorkGroup=name))
    identifier = athena.client.start_query_execution(QueryString="SELECT 1 AS one", WorkGroup=name)["QueryExecutionId"]
    assert "OutputLocation" not in athena.wait(identifier).get("ResultConfiguration", {})
    rows = athena.client.get_query_results(QueryExecutionId=identifier)["ResultSet"]["Rows"]
    assert rows == [{"Data": [{"VarCharValue": "one"}]}, {"Data": [{"VarCharValue": "1"}]}]


def test_cutoff(athena, group, s3, glue, bucket, database):
    line = b"x" * 99 + b"\n"
    s3.put_object(Bucket=bucket, Key=f"{database}/big/a.csv", Body=line * 120_000)
    make_table(glue, database, "big", f"s3://{bucket}/{database}/big/")
    name = group(BytesScannedCutoffPerQuery=10_000_000, EnforceWorkGroupConfiguration=False)
    status = athena.run("SELECT count(*) FROM big WHERE c = 'y'", database, WorkGroup=name)["Status"]
    assert status["State"] == "CANCELLED" and "Bytes scanned limit was exceeded" in status["StateChangeReason"]
    assert athena.run("SELECT count(*) FROM big", database)["Status"]["State"] == "SUCCEEDED"


def test_faults_on_command(athena, control):
    control("next-execution", {"state": "FAILED", "category": 1, "type": 401, "reason": "injected", "retryable": True})
    status = athena.run("SELECT 1")["Status"]
    assert status["State"] == "FAILED" and status["StateChangeReason"] == "injected"
    assert status["AthenaError"] == {"ErrorCategory": 1, "ErrorType": 401, "Retryable": True, "ErrorMessage": "injected"}
    control("refuse", {"action": "StartQueryExecution", "error": "TooManyRequestsException", "times": 1})
    athena.start("SELECT 1")                                                  # boto3 retries it
    assert control("calls")["StartQueryExecution"] == 3
    control("next-execution", {"lose_result": True})
    execution = athena.run("SELECT 1")
    with pytest.raises(botocore.exceptions.ClientError):
        athena.raw(execution)


def make_table(glue, database, name, location="s3://nowhere/", keys=()):
    glue.create_table(DatabaseName=database, TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "PartitionKeys": [{"Name": k, "Type": "string"} for k in keys],
        "StorageDescriptor": {
            "Columns": [{"Name": "c", "Type": "string"}], "Location": location, "NumberOfBuckets": -1,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                          "Parameters": {"field.delim": ","}}}})


def test_glue_pages_tables(glue, database):
    names = [f"t{number:03}" for number in range(130)]
    for name in names:
        make_table(glue, database, name.upper())
    first = glue.get_tables(DatabaseName=database)
    assert len(first["TableList"]) == 100 and first["NextToken"]
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database, PaginationConfig={"PageSize": 30})
    assert [table["Name"] for page in pages for table in page["TableList"]] == names
    refused(lambda: glue.get_tables(DatabaseName=database, MaxResults=101), "ValidationException")
    refused(lambda: glue.get_tables(DatabaseName=database, NextToken="nonsense"), "InvalidInputException")
    assert glue.get_table(DatabaseName=database.upper(), Name="T007")["Table"]["Name"] == "t007"
    refused(lambda: glue.get_table(DatabaseName=database, Name="t999"), "EntityNotFoundException")


def test_glue_pages_databases(glue):
    prefix = f"many_{uuid.uuid4().hex[:6]}"
    for number in range(105):
        glue.create_database(DatabaseInput={"Name": f"{prefix}_{number:03}"})
    assert len(glue.get_databases()["DatabaseList"]) == 100
    pages = glue.get_paginator("get_databases").paginate(PaginationConfig={"PageSize": 17})
    found = [d["Name"] for page in pages for d in page["DatabaseList"] if d["Name"].startswith(prefix)]
    assert found == [f"{prefix}_{number:03}" for number in range(105)]
    for name in found:
        glue.delete_database(Name=name.upper())


def test_glue_pages_and_segments_of_partitions(glue, database):
    make_table(glue, database, "p", keys=("k",))
    descriptor = glue.get_table(DatabaseName=database, Name="p")["Table"]["StorageDescriptor"]
    values = [f"v{number:04}" for number in range(1250)]
    for start in range(0, len(values), 100):
        made = glue.batch_create_partition(DatabaseName=database, TableName="p", PartitionInputList=[
            {"Values": [value], "StorageDescriptor": descriptor} for value in values[start:start + 100]])
        assert not made.get("Errors")
    first = glue.get_partitions(DatabaseName=database, TableName="p", ExcludeColumnSchema=True)
    assert len(first["Partitions"]) == 1000 and first["NextToken"]
    assert "Columns" not in first["Partitions"][0]["StorageDescriptor"]
    found = []
    for segment in range(4):
        pages = glue.get_paginator("get_partitions").paginate(
            DatabaseName=database, TableName="p", Segment={"SegmentNumber": segment, "TotalSegments": 4},
            PaginationConfig={"PageSize": 100})
        found += [partition["Values"][0] for page in pages for partition in page["Partitions"]]
    assert sorted(found) == values
    some = glue.get_partitions(DatabaseName=database, TableName="p", Expression="k >= 'v1240' AND k <> 'v1249'")
    assert len(some["Partitions"]) == 9


def test_glue_column_statistics(glue, database):
    make_table(glue, database, "s", keys=("k",))
    number = {"ColumnName": "c", "ColumnType": "string", "AnalyzedTime": 1, "StatisticsData": {
        "Type": "STRING", "StringColumnStatisticsData": {
            "MaximumLength": 3, "AverageLength": 2.0, "NumberOfNulls": 1, "NumberOfDistinctValues": 5}}}
    where = {"DatabaseName": database, "TableName": "s"}
    glue.update_column_statistics_for_table(**where, ColumnStatisticsList=[number])
    got = glue.get_column_statistics_for_table(**where, ColumnNames=["c", "d"])["ColumnStatisticsList"]
    assert got[0]["StatisticsData"] == number["StatisticsData"] and len(got) == 1
    glue.delete_column_statistics_for_table(**where, ColumnName="c")
    assert not glue.get_column_statistics_for_table(**where, ColumnNames=["c"])["ColumnStatisticsList"]
    descriptor = glue.get_table(DatabaseName=database, Name="s")["Table"]["StorageDescriptor"]
    glue.create_partition(**where, PartitionInput={"Values": ["1"], "StorageDescriptor": descriptor})
    glue.update_column_statistics_for_partition(**where, PartitionValues=["1"], ColumnStatisticsList=[number])
    assert glue.get_column_statistics_for_partition(
        **where, PartitionValues=["1"], ColumnNames=["c"])["ColumnStatisticsList"]
    glue.delete_column_statistics_for_partition(**where, PartitionValues=["1"], ColumnName="c")
