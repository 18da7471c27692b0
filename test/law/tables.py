"""The tables of the law: each exists three times, with the same rows.

As a Glue table over S3 objects (read directly and by Athena) and as a heap table, which is filled from the
values here or from what the engine itself returns, never through our own scan.
"""
import os
import subprocess
import sys
import time

import boto3

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "demo"))
import make_reviews  # noqa: E402
import ways  # noqa: E402

BUCKET, GLUE = "pds-law", "law"
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPENCSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"

# Values that hurt, as text of a lazysimple file; \N is NULL.  Every row is legal or malformed by intention.
HURT_COLUMNS = [("id", "int"), ("b", "boolean"), ("ti", "tinyint"), ("si", "smallint"), ("i", "int"), ("bi", "bigint"),
                ("f", "float"), ("d", "double"), ("n", "decimal(10,2)"), ("big", "decimal(38,10)"), ("s", "string"),
                ("v", "varchar(5)"), ("dt", "date"), ("ts", "timestamp")]
HURT = [
    "1|true|1|1|1|1|1.5|1.5|1.50|1.5|plain|abc|2024-01-31|2024-01-31 10:00:00.123",
    "2|FALSE|-128|-32768|-2147483648|-9223372036854775808|-0.0|-0.0|-99999999.99|-1.0000000001||abcdefg|1970-01-01|1970-01-01 00:00:00",
    "3|\\N|127|32767|2147483647|9223372036854775807|NaN|NaN|99999999.99|9999999999999999999999999999.9999999999|\\N|\\N|\\N|\\N",
    "4|yes|128|32768|2147483648|9223372036854775808|Infinity|-Infinity|100000000.00|1e3|  blanks  | a |2024-02-30|2024-02-30 25:00:00",
    "5|True|1.9|+1| 1|1e3|1e400|1e-400|1.005|.5|trailing  |é|1582-10-15|2024-01-31T10:00:00",
    "6|t|||||||||\"quoted\"||0001-01-01|2024-01-31 10:00:00.0004996",
    "7|false|0|0|0|0|0|0|0|0|O'Reilly % _ \\\\ |'|9999-12-31|9999-12-31 23:59:59.999",
    "8|false|-0|00|007|00|3.4028235e38|1.7976931348623157E308|-0.00|-0|Zürich ÄÖ ß|ÄÖ|2024-12-31|2024-12-31 23:59:59.9996",
    "9|true|5|5|5|5|0.1|0.1|0.1|0.1|素敵な色です|素敵|2000-02-29|2000-02-29 12:34:56.789",
    "10|true",
    "",
    "12|true|1|1|1|1|1|1|1|1|extra|x|2024-01-01|2024-01-01 00:00:00|beyond|more",
    "13|true|12|12|12|12|12.5|12.5|12.50|12.5|A|a|2024-01-02|2024-01-02 00:00:00.001",
    "14|true|12|12|12|12|12.5|12.5|12.50|12.5|a|A|2024-01-02|2024-01-02 00:00:00.002",
    "15|true|12|12|12|12|12.5|12.5|12.50|12.5|Z|z|2024-01-02|2024-01-02 00:00:00.003",
    # both zeros, NaN and the infinities, of real and of double, with each other
    "16|false|0|0|0|0|-0.0|0.0|0.00|0|a|a|2024-01-02|2024-01-02 00:00:00",
    "17|true|-1|0|0|1|0.0|-0.0|-1.00|0.5|-0|0|2024-01-31|1970-01-01 00:00:00",
    "18|false|1|1|1|0|NaN|-0.0|0.00|1|NaN|NaN|1970-01-01|2024-01-02 00:00:00",
    "19|\\N|0|5|12|-1|-0.0|NaN|1.50|0|plain|abc|2024-01-01|\\N",
    "20|true|5|0|1|5|-Infinity|Infinity|0.10|0.1|\\N|a|\\N|2024-01-31 10:00:00",
]
QUOTED_COLUMNS = [("id", "string"), ("a", "string"), ("b", "string")]
QUOTED = [
    '"1","plain","with, comma"', '"2","","empty"', '3,unquoted,', '"4","say ""hi""","back\\slash"',
    '"5","half', "6,\\N,null text", '"7"', "", '"9","a","b","extra"', '"10","ünï","日本"', "11, blanks ,x ",
    '12,mid"quote,"x"y"', '"13","esc\\"aped","z"',
]
# texts that are nearly the same: by case, by blanks at an end, by accents; NULL and ''; keys with both
ALIKE_COLUMNS = [("id", "int"), ("k", "string"), ("t", "string"), ("v", "varchar(5)"), ("n", "decimal(8,2)"), ("ts", "timestamp")]
ALIKE = [
    "1|x|a|a|1.50|2024-01-31 23:59:59.999", "2|x|A|a |1.50|2024-02-01 00:00:00", "3|x|a |A|2.00|2024-02-01 00:00:00.001",
    "4|x| a| a|\\N|2024-02-29 12:00:00", "5|X|a  |a|-1.50|1969-12-31 23:59:59.999", "6|X|a||1.50|1970-01-01 00:00:00",
    "7|X||\\N|0.00|1970-01-01 00:00:00.001", "8|X|\\N||0.00|\\N", "9|x |ä|ä|100000.25|2024-12-31 23:00:00",
    "10|x |a\u0308|a\u0308|100000.25|2025-01-01 00:00:00", "11|\\N|a|a|\\N|2024-01-31 00:00:00", "12|\\N|\\N|\\N|\\N|\\N",
    "13||a%|_|-0.01|2024-01-01 00:00:00", "14||\ta|\t|7.00|2023-12-31 23:59:59", "15|x|ab|abcde|7.00|2024-02-29 12:00:00",
]
PARTS_COLUMNS = [("id", "int"), ("word", "string")]
PARTS_KEYS = [("year", "int"), ("region", "string"), ("day", "date")]


def sql_type(hive):
    """PostgreSQL's type for a Glue type, as import declares it (doc/dev/aws.md §5.4)."""
    simple = {"tinyint": "smallint", "smallint": "smallint", "int": "integer", "bigint": "bigint", "float": "real",
              "double": "double precision", "string": "text", "timestamp": "timestamp(3)", "boolean": "boolean",
              "date": "date"}
    return simple.get(hive, hive.replace("decimal", "numeric"))


def glue_table(glue, name, columns, location, serde, parameters, keys=(), header=0, database=GLUE):
    properties = {"classification": "csv"}
    if header:
        properties["skip.header.line.count"] = str(header)
    sd = {"Columns": [{"Name": n, "Type": t} for n, t in columns], "Location": location, "NumberOfBuckets": -1,
          "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
          "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
          "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters}}
    try:
        glue.delete_table(DatabaseName=database, Name=name)
    except glue.exceptions.EntityNotFoundException:
        pass
    glue.create_table(DatabaseName=database, TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": properties, "StorageDescriptor": sd,
        "PartitionKeys": [{"Name": n, "Type": t} for n, t in keys]})
    return sd


def engine_rows(sql, database, bucket):
    """Rows of the engine itself, by Athena's own API: the reference where values are malformed."""
    athena = boto3.client("athena")
    started = athena.start_query_execution(
        QueryString=sql, QueryExecutionContext={"Database": database},
        ResultConfiguration={"OutputLocation": f"s3://{bucket}/reference/"})["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            break
        if status["State"] in ("FAILED", "CANCELLED"):
            raise RuntimeError(status.get("StateChangeReason"))
        time.sleep(0.1)
    rows = []
    for page in athena.get_paginator("get_query_results").paginate(QueryExecutionId=started):
        rows += [[d.get("VarCharValue") for d in r["Data"]] for r in page["ResultSet"]["Rows"]]
    return rows[1:]


def copy_text(rows):
    """Rows as the input of COPY's text format."""
    def field(v):
        if v is None:
            return "\\N"
        return v.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return "".join("\t".join(field(v) for v in r) + "\n" for r in rows)


def psql(sql, data=None, database=None):
    command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database or os.environ["PGDATABASE"], "-c", sql]
    done = subprocess.run(command, input=data, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return done.stdout


def heap(name, columns, rows, schema="heap", database=None, key=()):
    psql(f"DROP TABLE IF EXISTS {schema}.{name}; CREATE TABLE {schema}.{name} ("
         + ", ".join([f'"{n}" {sql_type(t)}' for n, t in columns] + [f"PRIMARY KEY ({', '.join(key)})"] * bool(key))
         + ")", database=database)
    psql(f"COPY {schema}.{name} FROM STDIN; ANALYZE {schema}.{name}", copy_text(rows), database)


def set_up(database, options="", place=(GLUE, BUCKET)):
    """A database with the law's tables: schemas heap and lake.

    place: database of Glue and bucket; who has others can run beside this.
    """
    os.environ["PGDATABASE"] = database
    ways.create_database(database, options)
    load(*place)
    ways.create_server(database, place[1])
    ways.must(f"CREATE SCHEMA lake; IMPORT FOREIGN SCHEMA {place[0]} FROM SERVER aws INTO lake", database)


def load(database, bucket):
    s3, glue = boto3.client("s3"), boto3.client("glue")
    s3.create_bucket(Bucket=bucket)
    try:
        glue.create_database(DatabaseInput={"Name": database})
    except glue.exceptions.AlreadyExistsException:
        pass
    psql("DROP SCHEMA IF EXISTS heap CASCADE; CREATE SCHEMA heap")

    # reviews: the generator's values
    columns = list(zip(make_reviews.COLUMNS, make_reviews.TYPES))
    rows = [[make_reviews.text(dict(r, review_body=" ".join(r["sentences"]))[c], None)
             for c in make_reviews.COLUMNS] for r in make_reviews.reviews(3000, 7)]
    text = "\t".join(make_reviews.COLUMNS) + "\n" + "".join(
        "\t".join("\\N" if v is None else v for v in r) + "\n" for r in rows)
    s3.put_object(Bucket=bucket, Key="reviews/part-0.tsv", Body=text.encode())
    glue_table(glue, "reviews", columns, f"s3://{bucket}/reviews/", LAZY,
               {"field.delim": "\t", "serialization.format": "\t"}, header=1, database=database)
    heap("reviews", columns, rows)

    # values that hurt: what the engine makes of them
    s3.put_object(Bucket=bucket, Key="hurt/a.csv", Body=("\n".join(HURT) + "\n").encode())
    glue_table(glue, "hurt", HURT_COLUMNS, f"s3://{bucket}/hurt/", LAZY, {"field.delim": "|"}, database=database)
    heap("hurt", HURT_COLUMNS, engine_rows("SELECT * FROM hurt", database, bucket))

    # quoted text in the OpenCSV SerDe: what the engine makes of it
    s3.put_object(Bucket=bucket, Key="quoted/a.csv", Body=("\n".join(QUOTED) + "\n").encode())
    glue_table(glue, "quoted", QUOTED_COLUMNS, f"s3://{bucket}/quoted/", OPENCSV, {}, database=database)
    heap("quoted", QUOTED_COLUMNS, engine_rows("SELECT * FROM quoted", database, bucket))

    # texts that are nearly the same; and the same columns without a row
    for name, lines in (("alike", ALIKE), ("nothing", [])):
        s3.put_object(Bucket=bucket, Key=f"{name}/a.csv", Body="".join(line + "\n" for line in lines).encode())
        glue_table(glue, name, ALIKE_COLUMNS, f"s3://{bucket}/{name}/", LAZY, {"field.delim": "|"}, database=database)
        heap(name, ALIKE_COLUMNS, [[None if v == "\\N" else v for v in line.split("|")] for line in lines])

    # partitions by three keys; one has a folder of its own choosing, one is empty
    sd = glue_table(glue, "parts", PARTS_COLUMNS, f"s3://{bucket}/parts/", LAZY, {"field.delim": ","}, PARTS_KEYS, database=database)
    rows, number, partitions = [], 0, []
    for year in (2022, 2023, 2024):
        for region in ("eu", "us", "it's"):
            for day in ("2024-01-01", "2024-06-30"):
                place = f"parts/year={year}/region={region}/day={day}/" if region != "us" else f"other/{year}-{day}/"
                lines = []
                for word in ("one", "two", ""):
                    number += 1
                    rows.append([str(number), word, str(year), region, day])
                    lines.append(f"{number},{word}\n")
                if (year, region) == (2022, "eu"):
                    rows = rows[:-3]
                else:
                    s3.put_object(Bucket=bucket, Key=place + "x.csv", Body="".join(lines).encode())
                    s3.put_object(Bucket=bucket, Key=place + "_SUCCESS", Body=b"99,hidden\n")
                partitions.append({"Values": [str(year), region, day],
                                   "StorageDescriptor": dict(sd, Location=f"s3://{bucket}/{place}")})
    glue.batch_create_partition(DatabaseName=database, TableName="parts", PartitionInputList=partitions)
    heap("parts", PARTS_COLUMNS + PARTS_KEYS, rows)
