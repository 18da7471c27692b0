"""The judge: awswrangler's own calls, unmodified. The stand-in Athena is believed only where these pass."""

import re

import awswrangler as wr
import pytest
from conftest import TRINO_ANSWERS, trino_only

OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
COLUMNS = {"id": "int", "name": "string", "price": "double", "sold": "date", "at": "timestamp", "ok": "boolean"}
ROWS = (b"id,name,price,sold,at,ok\n"
        b"1,plain,1.5,2024-01-31,2024-01-31 10:11:12.345,true\n"
        b"2,,1e10,,,\n"
        b"3,\\N,x,2024-02-30,2024-01-31 10:11:12,FALSE\n")


@pytest.fixture
def table(s3, bucket, database):
    prefix = f"{database}/sales/"
    s3.put_object(Bucket=bucket, Key=prefix + "part-0.csv", Body=ROWS)
    s3.put_object(Bucket=bucket, Key=prefix + "_hidden.csv", Body=b"id\n99,hidden\n")
    wr.catalog.create_csv_table(database=database, table="Sales", path=f"s3://{bucket}/{prefix}",
                                columns_types=COLUMNS, skip_header_line_count=1)
    return "sales"


def read(sql, database, output, **arguments):
    return wr.athena.read_sql_query(sql, database=database, ctas_approach=False, s3_output=output,
                                    athena_query_wait_polling_delay=0.1, **arguments)


def test_read_csv_table(database, table, output):
    frame = read("SELECT * FROM sales ORDER BY id", database, output)
    assert frame["id"].tolist() == [1, 2, 3]
    assert frame["price"].tolist()[:2] == [1.5, 1e10] and frame["price"].isna().tolist() == [False, False, True]
    assert str(frame["at"][0]) == "2024-01-31 10:11:12.345000"
    assert str(frame["sold"][2]) == "2024-03-01"
    assert frame["ok"].tolist()[0] and not frame["ok"].tolist()[2]
    assert frame.query_metadata["StatementType"] == "DML"


def test_raw_bytes_tell_null_from_empty(athena, database, table):
    assert athena.bytes_of('SELECT id, name, price, "at" FROM sales ORDER BY id', database) == (
        b'"id","name","price","at"\n'
        b'"1","plain","1.5","2024-01-31 10:11:12.345"\n'
        b'"2","","1.0E10",\n'
        b'"3",,,"2024-01-31 10:11:12.000"\n')
    assert athena.bytes_of("SELECT name FROM sales WHERE id = 3", database) == b'"name"\n\n'


def test_bytes_scanned_are_the_objects(athena, database, table):
    execution = athena.run("SELECT count(*) FROM sales", database)
    assert execution["Statistics"]["DataScannedInBytes"] == len(ROWS)


def test_aggregate_and_text_of_values(athena):
    sql = ("SELECT 1e10, -0.0e0, REAL '1.1', 123456789.25e0, 1.0e-5, DECIMAL '1.50', DATE '2020-01-01', "
           "TIMESTAMP '2020-01-01 00:00:00.123', true, CAST(NULL AS varchar), 'a\"b', ''")
    header, line = athena.bytes_of(sql).decode().splitlines()
    assert header == ",".join(f'"_col{n}"' for n in range(12))
    assert line == ('"1.0E10","-0.0","1.1","1.2345678925E8","1.0E-5","1.50","2020-01-01","2020-01-01 00:00:00.123",'
                    '"true",,"a""b",""')


def test_partitions(s3, bucket, database, output):
    base = f"s3://{bucket}/{database}/by_day/"
    wr.catalog.create_csv_table(database=database, table="by_day", path=base, columns_types={"v": "bigint"},
                                partitions_types={"day": "string", "hour": "int"})
    folders = {}
    for day, hour in (("2024-01-01", 1), ("2024-01-01", 2), ("2024-01-02", 1)):
        key = f"{database}/by_day/day={day}/hour={hour}/"
        s3.put_object(Bucket=bucket, Key=key + "x.csv", Body=f"{hour}\n{hour * 10}\n".encode())
        folders[f"s3://{bucket}/{key}"] = [day, str(hour)]
    wr.catalog.add_csv_partitions(database=database, table="by_day", partitions_values=folders)
    assert wr.catalog.get_csv_partitions(database=database, table="by_day") == folders
    only = wr.catalog.get_csv_partitions(database=database, table="by_day", expression="day='2024-01-02' AND hour < 2")
    assert list(only.values()) == [["2024-01-02", "1"]]
    frame = read("SELECT day, sum(v) AS total FROM by_day WHERE hour = 1 GROUP BY day ORDER BY day", database, output)
    assert frame["total"].tolist() == [11, 11] and frame["day"].tolist() == ["2024-01-01", "2024-01-02"]


def test_open_csv(s3, bucket, database, output, athena):
    key = f"{database}/quoted/a.csv"
    s3.put_object(Bucket=bucket, Key=key, Body=b'id,t\n1,"a, ""b"""\n2,\n3,"\\N"\n')
    wr.catalog.create_csv_table(database=database, table="quoted", path=f"s3://{bucket}/{database}/quoted/",
                                columns_types={"id": "string", "t": "string"}, skip_header_line_count=1,
                                serde_library=OPEN_CSV,
                                serde_parameters={"separatorChar": ",", "quoteChar": '"', "escapeChar": "\\"})
    assert athena.bytes_of("SELECT id, t FROM quoted ORDER BY id", database) == (
        b'"id","t"\n"1","a, ""b"""\n"2",""\n"3","N"\n')
    assert read("SELECT t FROM quoted WHERE id = '1'", database, output)["t"].tolist() == ['a, "b"']


def test_create_athena_bucket():
    location = wr.athena.create_athena_bucket()
    assert re.fullmatch(r"s3://aws-athena-query-results-\d{12}-us-east-1/", location)
    frame = wr.athena.read_sql_query("SELECT 1 AS one", database="default", ctas_approach=False)
    assert frame["one"].tolist() == [1]


def test_more_rows_than_a_page(s3, bucket, database, athena, output):
    body = "".join(f"{n},name {n}\n" if n % 7 else f"{n},\\N\n" for n in range(2500))
    s3.put_object(Bucket=bucket, Key=f"{database}/many/a.csv", Body=body.encode())
    wr.catalog.create_csv_table(database=database, table="many", path=f"s3://{bucket}/{database}/many/",
                                columns_types={"n": "int", "name": "string"})
    identifier = athena.run("SELECT n, name FROM many ORDER BY n", database)["QueryExecutionId"]
    pages = list(athena.client.get_paginator("get_query_results").paginate(QueryExecutionId=identifier))
    assert [len(page["ResultSet"]["Rows"]) for page in pages] == [1000, 1000, 501]
    rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
    assert rows[0] == [{"VarCharValue": "n"}, {"VarCharValue": "name"}]
    assert rows[1] == [{"VarCharValue": "0"}, {}]
    assert [row[0]["VarCharValue"] for row in rows[1:]] == [str(n) for n in range(2500)]
    frame = wr.athena.get_query_results(identifier)
    assert len(frame) == 2500 and int(frame["name"].isna().sum()) == 358
    chunks = list(read("SELECT n FROM many ORDER BY n", database, output, chunksize=1000))
    assert [len(chunk) for chunk in chunks] == [1000, 1000, 500]


def test_compressed_object(s3, bucket, database, athena):
    import gzip
    packed = gzip.compress(b"1\n", mtime=0) + gzip.compress(b"2\n", mtime=0)
    s3.put_object(Bucket=bucket, Key=f"{database}/gz/a.csv.gz", Body=packed)
    wr.catalog.create_csv_table(database=database, table="gz", path=f"s3://{bucket}/{database}/gz/",
                                columns_types={"n": "int"}, compression="gzip")
    execution = athena.run("SELECT sum(n) AS s FROM gz", database)
    assert athena.raw(execution) == b'"s"\n"3"\n'
    assert execution["Statistics"]["DataScannedInBytes"] == len(packed)


def test_failing_query(database, table, output):
    with pytest.raises(wr.exceptions.QueryFailed, match=re.escape(
            f"TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.{database}.nowhere' does not exist")):
        read("SELECT * FROM nowhere", database, output)
    with pytest.raises(wr.exceptions.QueryFailed, match="COLUMN_NOT_FOUND: line 1:.*'nothing' cannot be resolved"):
        read("SELECT nothing FROM sales", database, output)


def test_execution_parameters(database, table, output):
    frame = read("SELECT name FROM sales WHERE id = ? AND name = ?", database, output, params=["1", "'plain'"],
                 paramstyle="qmark")
    assert frame["name"].tolist() == ["plain"]


def test_result_reuse(database, table, output):
    again = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}}
    first = read("SELECT count(*) AS n FROM sales", database, output, keep_files=True)
    second = read("SELECT count(*) AS n FROM sales", database, output, keep_files=True,
                  result_reuse_configuration=again)
    reused = second.query_metadata["Statistics"]
    assert reused["ResultReuseInformation"]["ReusedPreviousResult"] and reused["DataScannedInBytes"] == 0
    assert first["n"].tolist() == second["n"].tolist() == [3]


def test_hive_ddl(s3, bucket, database, athena, output):
    s3.put_object(Bucket=bucket, Key=f"{database}/ddl/Y=1/a.csv", Body=b"1\tone\n")
    s3.put_object(Bucket=bucket, Key=f"{database}/ddl/y=2/a.csv", Body=b"2\t\\N\n")
    statements = [
        f"""CREATE EXTERNAL TABLE IF NOT EXISTS `{database}`.`Ddl` (
              `id` int COMMENT 'the key', name string) PARTITIONED BY (y int)
            ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' STORED AS TEXTFILE
            LOCATION 's3://{bucket}/{database}/ddl/' TBLPROPERTIES ('classification'='csv');""",
        "ALTER TABLE ddl ADD IF NOT EXISTS PARTITION (y=1) LOCATION "
        f"'s3://{bucket}/{database}/ddl/Y=1/'",
        "MSCK REPAIR TABLE ddl",
    ]
    for statement in statements:
        execution = athena.run(statement, database)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        assert execution["StatementType"] == "DDL"
    assert athena.bytes_of("SHOW PARTITIONS ddl", database) == b"y=1\ny=2\n"
    assert athena.bytes_of("SHOW TABLES", database) == b"ddl\n"
    assert athena.bytes_of("SHOW TABLES 'd*'", database) == b"ddl\n"
    assert wr.athena.describe_table("ddl", database, s3_output=output)["Column Name"].tolist()[:3] == ["id", "name", "y"]
    assert "PARTITIONED BY" in wr.athena.show_create_table("ddl", database, s3_output=output)
    assert read("SELECT id, name, y FROM ddl ORDER BY 1", database, output)["y"].tolist() == [1, 2]
    assert athena.run("DROP TABLE ddl", database)["Status"]["State"] == "SUCCEEDED"
    assert not wr.catalog.does_table_exist(database, "ddl")
    failed = athena.run("DROP TABLE ddl", database)["Status"]
    assert failed["State"] == "FAILED" and failed["AthenaError"]["ErrorCategory"] == 2


def test_database_ddl(athena):
    assert athena.run("CREATE DATABASE judged_by_ddl COMMENT 'c'")["Status"]["State"] == "SUCCEEDED"
    assert b"judged_by_ddl\n" in athena.bytes_of("SHOW DATABASES")
    assert athena.run("DROP DATABASE judged_by_ddl CASCADE")["Status"]["State"] == "SUCCEEDED"


@trino_only
def test_nested_values(athena):
    assert athena.bytes_of(
        "SELECT array[1,null] a, map(array['k'],array[2e0]) m, CAST(row(1,'x') AS row(p int, q varchar)) r, "
        "x'3132' b, nan() n, TIMESTAMP '2020-01-01 00:00:00 UTC' z").decode().splitlines()[1] == (
        '"[1, null]","{k=2.0}","{p=1, q=x}","31 32","NaN","2020-01-01 00:00:00.000 UTC"')


@trino_only
def test_ctas_approach(database, table, output):
    frame = wr.athena.read_sql_query("SELECT id, name FROM sales", database=database, s3_output=output,
                                     ctas_parameters={"temp_table_name": "temp"})
    assert sorted(frame["id"].tolist()) == [1, 2, 3]


@trino_only
def test_unload_approach(database, table, output, bucket):
    frame = wr.athena.read_sql_query("SELECT id, name FROM sales", database=database, ctas_approach=False,
                                     unload_approach=True, s3_output=f"s3://{bucket}/{database}/unloaded/")
    assert sorted(frame["id"].tolist()) == [1, 2, 3]


@trino_only
def test_ctas_table(s3, bucket, database, table, output, athena):
    """create_ctas_table: partitions, a location, a format, a name that is taken."""
    made = wr.athena.create_ctas_table(
        "SELECT id, price, name FROM sales", database=database, ctas_table="by_name", ctas_database=database,
        s3_output=f"s3://{bucket}/{database}/by_name/", storage_format="textfile", partitioning_info=["name"],
        write_compression="gzip", wait=True)
    assert made["ctas_query_metadata"].raw_payload["StatementType"] == "DDL"
    assert "plain" in [v[0] for v in wr.catalog.get_partitions(database=database, table="by_name").values()]
    frame = read("SELECT id FROM by_name WHERE name = 'plain'", database, output)
    assert frame["id"].tolist() == [1]
    with pytest.raises((wr.exceptions.QueryFailed, wr.exceptions.AlreadyExists)):
        wr.athena.create_ctas_table("SELECT 1 AS a", database=database, ctas_table="by_name", ctas_database=database,
                                    s3_output=f"s3://{bucket}/{database}/again/", wait=True)


@trino_only
def test_ctas_approach_in_chunks_and_empty(database, table, output):
    chunks = wr.athena.read_sql_query("SELECT id FROM sales", database=database, s3_output=output, chunksize=True,
                                      ctas_parameters={"temp_table_name": "temp_chunks"})
    assert sorted(n for chunk in chunks for n in chunk["id"].tolist()) == [1, 2, 3]
    empty = wr.athena.read_sql_query("SELECT id, name FROM sales WHERE id < 0", database=database, s3_output=output,
                                     ctas_parameters={"temp_table_name": "temp_empty"})
    assert len(empty) == 0
    assert wr.catalog.tables(database=database)["Table"].tolist() == ["sales"]    # the temporary tables are gone


@trino_only
@pytest.mark.parametrize("file_format, partitioned", [("PARQUET", False), ("TEXTFILE", False), ("PARQUET", True)])
def test_unload(s3, bucket, database, table, file_format, partitioned):
    place = f"s3://{bucket}/{database}/unload/"
    metadata = wr.athena.unload("SELECT id, price, name FROM sales WHERE id < ?", path=place, database=database,
                                file_format=file_format, compression="gzip" if file_format == "PARQUET" else None,
                                field_delimiter="|" if file_format == "TEXTFILE" else None, params=["3"],
                                paramstyle="qmark", partitioned_by=["name"] if partitioned else None)
    assert metadata.raw_payload["SubstatementType"] == "UNLOAD"
    manifest = wr.s3.read_csv(metadata.manifest_location, header=None)[0].tolist()
    # awswrangler has the manifest, too, written to that place
    assert sorted(manifest) == sorted(o for o in wr.s3.list_objects(place) if metadata.execution_id not in o) != []
    if file_format == "PARQUET":
        assert sorted(wr.s3.read_parquet(manifest, path_root=place, dataset=partitioned)["id"].tolist()) == [1, 2]
    with pytest.raises(wr.exceptions.QueryFailed, match="HIVE_PATH_ALREADY_EXISTS"):
        wr.athena.unload("SELECT 1 AS a", path=place, database=database)


@trino_only
def test_insert(database, athena, bucket, s3):
    place = f"s3://{bucket}/{database}/target/"
    assert athena.run(f"CREATE TABLE target WITH (format = 'TEXTFILE', field_delimiter = ',', external_location = "
                      f"'{place}') AS SELECT 1 AS n, 'a' AS t", database)["Status"]["State"] == "SUCCEEDED"
    execution = athena.run("INSERT INTO target VALUES (2, NULL), (3, '')", database)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "INSERT")
    bucket_name, _, key = execution["Statistics"]["DataManifestLocation"].removeprefix("s3://").partition("/")
    made = s3.get_object(Bucket=bucket_name, Key=key)["Body"].read().decode().splitlines()
    assert made and all(location.startswith(place) for location in made)
    assert athena.bytes_of("SELECT * FROM target ORDER BY n", database) == b'"n","t"\n"1","a"\n"2",\n"3",""\n'


@pytest.mark.skipif(TRINO_ANSWERS, reason="typed OpenCSV columns are varchar in Trino")
def test_open_csv_with_types(s3, bucket, database, athena):
    s3.put_object(Bucket=bucket, Key=f"{database}/typed/a.csv", Body=b'"1","18276","1579059880000"\n')
    s3.put_object(Bucket=bucket, Key=f"{database}/bad/a.csv", Body=b'"",,\n')
    for name in ("typed", "bad"):
        wr.catalog.create_csv_table(database=database, table=name, path=f"s3://{bucket}/{database}/{name}/",
                                    columns_types={"n": "int", "d": "date", "t": "timestamp"}, serde_library=OPEN_CSV)
    assert athena.bytes_of("SELECT * FROM typed", database).splitlines()[1] == (
        b'"1","2020-01-15","2020-01-15 03:44:40.000"')
    assert athena.run("SELECT * FROM bad", database)["Status"]["StateChangeReason"].startswith(
        "HIVE_BAD_DATA: Error parsing field value '' for field 0")
