"""What recordings take for the same: bytes that a library packs in another way are, other rows are not."""

import base64
import io
import sys
import types
import zlib
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "stack"))
from athena_service import reads, recordings  # noqa: E402

TEXT = b"".join(b"%d,row\n" % i for i in range(1000))


def key(name, value):
    return types.SimpleNamespace(name=name, value=value, etag=f'"{zlib.crc32(value):x}"', size=len(value))


def gz(data, level):
    return zlib.compress(data, level, 31)


def parquet(values, codec):
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"n": values}), out, compression=codec)
    return out.getvalue()


def wrote(*objects, partitions=()):
    return {"sql": "CREATE TABLE t AS SELECT 1", "updated": 1, "writes": {
        "tables": {"d.t": {"partitions": [{"Values": [p]} for p in partitions]}},
        "objects": [[name, base64.b64encode(data).decode()] for name, data in objects]}}


def test_gzip_counts_as_what_is_packed():
    assert gz(TEXT, 1) != gz(TEXT, 9)
    assert reads.content(key("a.gz", gz(TEXT, 1))) == reads.content(key("a.gz", gz(TEXT, 9)))
    assert reads.content(key("a.gz", gz(TEXT, 1))) != reads.content(key("a.gz", gz(TEXT[1:], 1)))


@pytest.mark.parametrize("name, data", [("a.gz", gz(TEXT, 1)[:-9]), ("a.gz", TEXT), ("a.csv", gz(TEXT, 1))])
def test_what_is_not_unpacked_counts_as_it_is(name, data):
    assert reads.content(key(name, data)) == (key(name, data).etag, len(data))


@pytest.mark.parametrize("old, new, same", [
    (wrote(("a.gz", gz(TEXT, 1))), wrote(("a.gz", gz(TEXT, 9))), True),
    (wrote(("a.gz", gz(b"1\n2\n", 1))), wrote(("a.gz", gz(b"2\n1\n", 1))), True),
    (wrote(("a.gz", gz(b"1\n2\n", 1))), wrote(("a.gz", gz(b"1\n3\n", 1))), False),
    (wrote(partitions="ab"), wrote(partitions="ba"), True),
    (wrote(partitions="ab"), wrote(partitions="ac"), False),
    (wrote(("a", parquet([1, 2], "snappy"))), wrote(("a", parquet([1, 2], "gzip"))), True),
    (wrote(("a", parquet([1, 2], "snappy"))), wrote(("a", parquet([1, 3], "snappy"))), False),
    (wrote(("a", parquet([1, 2], "snappy"))), wrote(("a", parquet([1.0, 2.0], "snappy"))), False),
])
def test_writes(old, new, same):
    assert recordings.same(old, new) is same
