"""The table: what a server does, the statement that meets it, and what must come of it.

A row is row(name, sql, want, *faults): want is rows("...") as psql prints them, fails(pattern of SQLSTATE and message), or None: it is cancelled only.
  within   seconds
  again    the foreign server's max_attempts are 3 instead of 1
  blocks   it waits: the row runs a second time and is cancelled, which takes 300 ms at most
  memory   MB that the backend may grow by at most while it runs
  world    a function that furnishes the server's World beforehand
  left     what may be left behind (none)
  later    what is left is gone with the session's next transaction, a second later, or with its end ("transaction", "session")
  ended    the session is terminated in it, too, and nothing is left
  timeout  statement_timeout in ms
In a statement $h is the foreign server's name.  The tables are those of run.py.
"""
import sys
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import services  # noqa: E402
from faults import Fault  # noqa: E402
from packing import PACK  # noqa: E402

TEXT = b"1,x\n2,y\n"
LINES = b"".join(b"%d,%s\n" % (i, b"abcdefghij" * 6) for i in range(60000))      # 4 MB, several ranges
BIG = "60000|1799970000|60"
ALL = "SELECT a, b FROM d ORDER BY a"
SUM = "SELECT count(*), sum(a), max(length(b)) FROM big"
LIST = "SELECT count(*) FROM pds.s3_list('$h', 's3://b/d/')"
ATHENA = "SELECT a, b FROM r ORDER BY a"
IMPORT = "IMPORT FOREIGN SCHEMA db FROM SERVER $h INTO imported"
GONE = r"08006: the connection to \S+ broke"
SILENT = r"08006: no answer from \S+"
HTML = "<html><head><title>Sign in</title></head><body>\x1b[2JLogin</body></html>"
XML = "08P01: the reply to ListObjectsV2 is not the XML it should be"


def row(name, sql, want, *faults, within=4.0, again=False, blocks=False, cancel=300, memory=48, world=None, left=None, later=None, ended=False, timeout=60000, group=""):
    return SimpleNamespace(name=name, sql=sql, want=want, faults=faults, within=within, again=again, blocks=blocks, cancel=cancel,
                           memory=memory, world=world, left=left or {}, later=later, ended=ended, timeout=timeout, group=group)


def rows(text):
    return SimpleNamespace(rows=text, pattern=None)


def fails(pattern):
    """SQLSTATE and the beginning of the message; both are looked for anywhere in it."""
    return SimpleNamespace(rows=None, pattern=pattern)


def either(text, pattern):
    """What a server says may be more than is needed."""
    return SimpleNamespace(rows=text, pattern=pattern)


# ---- what there is ----

@lru_cache(None)
def packed(kind, data):
    return PACK[kind](data)


CODECS = list(PACK)


def furnish(w):
    """What every row finds."""
    w.put("b/d/a.csv", TEXT)
    w.put("b/big/a.csv", LINES)
    w.put("b/other/x.csv", b"3,z\n")
    for kind in CODECS:
        w.put(f"b/{kind}/a.csv.{kind}", packed(kind, TEXT))
    w.tables["t"] = services.table("t", "s3://b/d/")
    w.tables["p"] = services.table("p", "s3://b/p/", [("k", "string")])
    w.partitions["p"] = [{"Values": ["1"], "DatabaseName": "db", "TableName": "p", "Parameters": {},
                          "StorageDescriptor": services.descriptor("s3://b/d/")}]


def on(operation, do, times=-1, skip=0):
    return Fault(operation, do, times, skip)


@lru_cache(None)
def rows_of():
    """All rows by name."""
    import rows_http
    import rows_limits
    import rows_s3
    import rows_services
    import rows_writes
    made = {}
    for module in (rows_http, rows_s3, rows_services, rows_writes, rows_limits):
        for group, make in module.GROUPS.items():
            for r in make():
                r.group = group
                assert r.name not in made, r.name
                made[r.name] = r
    return made
