#!/usr/bin/env python3
"""The law: direct scan, Athena and a heap copy return the same rows.

    run.py [queries.sql]     (on a running stack: its env is in the environment)

Prints TAP.  Rows are compared as multisets of their text under fixed settings.
"""
import collections
import os
import re
import subprocess
import sys

import tables

SETTINGS = "SET TimeZone = 'UTC'; SET DateStyle = ISO; SET extra_float_digits = 1; SET statement_timeout = '120s';"
DATABASE = "pds_law"


def rows(sql, engine):
    """Rows of a query as a multiset of text, or the class of its error."""
    text = SETTINGS + (f"SET pds.engine = '{engine}';" if engine else "") + f" SELECT q::text FROM ({sql}) q"
    done = subprocess.run(["psql", "-XqAt", "-0", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-d", DATABASE,
                           "-c", text], capture_output=True)
    if done.returncode:
        return "error: " + done.stderr.decode(errors="replace").strip()
    return collections.Counter(done.stdout.split(b"\0")[:-1])


def error_class(text):
    """The class of an error's SQLSTATE: "22" of "ERROR:  22003: integer out of range"."""
    found = re.search(r"ERROR:\s+([0-9A-Z]{5}):", text)
    return found.group(1)[:2] if found else text


def difference(name, got, heap):
    if isinstance(got, str) and isinstance(heap, str) and error_class(got) == error_class(heap):
        return []
    if isinstance(got, str) or isinstance(heap, str):
        return [f"{name}: {got if isinstance(got, str) else 'rows'}", f"heap: {heap if isinstance(heap, str) else 'rows'}"]
    lines = [f"{name} has, heap has not: {r.decode(errors='replace')} ({n})" for r, n in (got - heap).items()]
    lines += [f"heap has, {name} has not: {r.decode(errors='replace')} ({n})" for r, n in (heap - got).items()]
    return lines[:8]


def setup():
    os.environ["PGDATABASE"] = DATABASE
    tables.psql(f"DROP DATABASE IF EXISTS {DATABASE}", database="postgres")
    tables.psql(f"CREATE DATABASE {DATABASE}", database="postgres")
    tables.load()
    env = os.environ
    tables.psql(f"""
        CREATE EXTENSION pds_fdw;
        CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw OPTIONS (region '{env["AWS_REGION"]}',
            endpoint_url '{env["AWS_ENDPOINT_URL"]}', output_location 's3://{tables.BUCKET}/results/');
        CREATE USER MAPPING FOR CURRENT_USER SERVER aws OPTIONS (access_key_id '{env["AWS_ACCESS_KEY_ID"]}',
            secret_access_key '{env["AWS_SECRET_ACCESS_KEY"]}');
        CREATE SCHEMA lake; IMPORT FOREIGN SCHEMA law FROM SERVER aws INTO lake""")


def queries(path):
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("--"):
                yield line.strip()


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    setup()
    number = failed = 0
    for query in queries(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "queries.sql")):
        heap = rows(query.replace("{}.", "heap."), None)
        for engine in ("direct", "athena"):
            number += 1
            got = rows(query.replace("{}.", "lake."), engine)
            lines = difference(engine, got, heap)
            bad = bool(lines)
            failed += bad
            print(f"{'not ok' if bad else 'ok'} {number} - {engine}: {query}".replace("#", "\\#"), flush=True)
            if bad:
                for line in lines:
                    print("#   " + line.replace("\n", "\n#   "), flush=True)
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
