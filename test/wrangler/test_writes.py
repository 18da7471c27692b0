"""Round trips: what pds_fdw writes is what awswrangler reads, and the reverse."""

import json
import os
import subprocess

import awswrangler as wr
import pandas as pd
import pytest

DATABASE = "pds_wrangler_writes"


def psql(sql, database=DATABASE):
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-"], input=sql, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def server(bucket):
    env = os.environ
    psql(f"DROP DATABASE IF EXISTS {DATABASE}", "postgres")
    psql(f"CREATE DATABASE {DATABASE}", "postgres")
    psql(f"""CREATE EXTENSION pds_fdw;
        CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw OPTIONS (region '{env["AWS_REGION"]}', endpoint_url '{env["AWS_ENDPOINT_URL"]}');
        CREATE USER MAPPING FOR CURRENT_USER SERVER aws OPTIONS (access_key_id '{env["AWS_ACCESS_KEY_ID"]}',
            secret_access_key '{env["AWS_SECRET_ACCESS_KEY"]}')""")
    return bucket


WORDS = ["plain", 'with "quotes", and comma', "line\nbreak", "", "ünï 日本", "NULL", "\\N", " blanks "]


@pytest.mark.parametrize("compression, suffix", [("none", ""), ("gzip", ".gz"), ("zstd", ".zst")])
def test_write_csv_is_read(server, compression, suffix):
    key = f"s3://{server}/out/{compression}.csv{suffix}"
    values = ", ".join("(%d, %s)" % (i, "E'" + w.replace("\\", "\\\\").replace("\n", "\\n") + "'") for i, w in enumerate(WORDS))
    psql(f"SELECT * FROM pds.write_csv('aws', $q$ SELECT * FROM (VALUES {values}, (99, NULL)) v(id, word) $q$, '{key}')")
    if compression == "zstd":
        pytest.importorskip("zstandard")
    df = wr.s3.read_csv(key, keep_default_na=False, na_values=[])
    assert list(df.columns) == ["id", "word"]
    # pandas does not tell "" from an empty field
    assert list(df.word) == WORDS + [""]


def test_partitions_are_read(server):
    psql(f"SELECT * FROM pds.write_csv('aws', 'SELECT g AS id, g % 3 AS k FROM generate_series(1, 30) g', 's3://{server}/parts/', partition_by => '{{k}}')")
    df = wr.s3.read_csv(f"s3://{server}/parts/", dataset=True)
    assert sorted(df.id) == list(range(1, 31))
    assert all(int(k) == i % 3 for i, k in zip(df.id, df.k))


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_to_csv_is_read(server, compression):
    suffix = ".gz" if compression else ""
    key = f"s3://{server}/in/a.csv{suffix}"
    wr.s3.to_csv(pd.DataFrame({"id": range(len(WORDS)), "word": WORDS}), key, index=False, compression=compression)
    name = "back_gz" if compression else "back"
    psql(f"CREATE FOREIGN TABLE {name} (id int, word text) SERVER aws OPTIONS (location '{key}', format 'csv', header 'true')")
    got = psql(f"SELECT jsonb_agg(coalesce(word, '') ORDER BY id) = $j${json.dumps(WORDS)}$j$::jsonb FROM {name}")
    assert got == "t"


def test_catalog_table(server, glue):
    """A table that awswrangler made: written here, read there, appended there, read here."""
    name = "wrangler_writes"
    if name not in list(wr.catalog.databases().Database):
        wr.catalog.create_database(name)
    wr.s3.to_csv(pd.DataFrame({"id": [1], "word": ["there"], "k": ["a"]}), f"s3://{server}/cat/", dataset=True, database=name,
                 table="t", partition_cols=["k"], index=False, mode="overwrite")
    psql(f"IMPORT FOREIGN SCHEMA {name} FROM SERVER aws INTO public; INSERT INTO t VALUES (2, 'here', 'a'), (3, 'new', 'b')")
    wr.s3.to_csv(pd.DataFrame({"id": [4], "word": ["again"], "k": ["b"]}), f"s3://{server}/cat/", dataset=True, database=name,
                 table="t", partition_cols=["k"], index=False, mode="append")
    assert psql("SELECT string_agg(id || word || k, ',' ORDER BY id) FROM t") == "1therea,2herea,3newb,4againb"
    df = wr.s3.read_csv(f"s3://{server}/cat/", dataset=True, header=None, names=["id", "word"])
    assert sorted(df.id) == [1, 2, 3, 4]
    assert sorted(wr.catalog.get_partitions(name, "t").values()) == [["a"], ["b"]]
