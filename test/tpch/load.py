"""TPC-H on the stack: objects in S3, tables in Glue, foreign tables, and heap copies from the generator."""
import os
import sys
import zlib

import boto3
import generate

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "law"))
import tables  # noqa: E402
import ways  # noqa: E402

BUCKET, GLUE = "pds-tpch", "tpch"
# what the objects of a table look like: field delimiter, header lines, number of objects, packed
SHAPES = {"lineitem": ("|", 0, 4, False), "orders": ("|", 0, 2, True), "part": ("\t", 1, 1, False),
          "customer": ("\x01", 0, 1, False)}


def objects(name, rows):
    """(key, bytes) of a table's objects."""
    delimiter, header, number, packed = SHAPES.get(name, ("|", 0, 1, False))
    for part in range(number):
        lines = [delimiter.join(c for c, _ in generate.columns(name))] * header
        lines += [delimiter.join(r) for r in rows[part::number]]
        body = ("\n".join(lines) + "\n").encode()
        yield f"{name}/part-{part}.csv" + (".gz" if packed else ""), zlib.compress(body, 9, 31) if packed else body


def load(rows, database, glue_database=GLUE, bucket=BUCKET):
    """Schemas tpch (foreign tables of server aws) and tpch_heap in a database."""
    s3, glue = boto3.client("s3"), boto3.client("glue")
    s3.create_bucket(Bucket=bucket)
    try:
        glue.create_database(DatabaseInput={"Name": glue_database})
    except glue.exceptions.AlreadyExistsException:
        pass
    for name in rows:
        for key, body in objects(name, rows[name]):
            s3.put_object(Bucket=bucket, Key=key, Body=body)
        delimiter, header = SHAPES.get(name, ("|", 0))[:2]
        tables.glue_table(glue, name, generate.columns(name), f"s3://{bucket}/{name}/", tables.LAZY,
                          {"field.delim": delimiter}, header=header, database=glue_database)
    ways.must(f"CREATE SCHEMA tpch; CREATE SCHEMA tpch_heap; IMPORT FOREIGN SCHEMA {glue_database} FROM SERVER aws INTO tpch",
              database)
    for name in rows:
        ways.must(f"ANALYZE tpch.{name}", database)
        tables.heap(name, generate.columns(name), rows[name], schema="tpch_heap", database=database,
                    key=generate.KEYS[name])
