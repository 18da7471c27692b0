#!/usr/bin/env python3
"""Whole CSV files, read through `format 'csv'` and by Python's csv module: the same rows in the same order.

    run.py      (on a running stack: its env is in the environment)

Reads every .csv and .tsv below PDS_CSV_CORPUS, by default the files of ../shared/data where they are present
(else it says SKIP).  The first record is the header.  Python's reader does not tell NULL from '', so the comparison
is after coalesce(column, ''); csv-spectrum's expected JSON is compared as well where it stands beside the file.
"""
import csv
import io
import json
import os
import subprocess
import sys

import boto3

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SHARED = os.environ.get("PDS_SHARED", os.path.join(TOP, "..", "shared"))
BUCKET, DATABASE = "pds-corpus", "pds_corpus"
csv.field_size_limit(1 << 30)


def psql(sql, database=DATABASE):
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-"],
                          input=sql.encode(), capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace").strip())
    return done.stdout.decode()


def files():
    folders = [os.environ["PDS_CSV_CORPUS"]] if os.environ.get("PDS_CSV_CORPUS") else [
        os.path.join(SHARED, "data", "real"), os.path.join(SHARED, "data", "csv-spectrum", "csvs")]
    for folder in folders:
        for where, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                if name.lower().endswith((".csv", ".tsv")):
                    yield os.path.join(where, name)


def expected(text, delimiter):
    """Header and rows as Python reads them; a blank line is no record of a table of several columns."""
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    header, rest = records[0], records[1:]
    n = len(header)
    rows = [(r + [""] * n)[:n] for r in rest if r or n == 1]
    return header, rows


def read_here(key, columns, delimiter):
    names = ", ".join(f"c{i} text" for i in range(columns))
    # A schema a file: nothing of the last one is left.
    return psql(f"""
        DROP FOREIGN TABLE IF EXISTS corpus;
        CREATE FOREIGN TABLE corpus ({names}) SERVER aws
            OPTIONS (location 's3://{BUCKET}/{key}', format 'csv', header 'true', delimiter E'{delimiter}');
        COPY (SELECT {", ".join(f"coalesce(c{i}, '')" for i in range(columns))} FROM corpus)
            TO STDOUT (FORMAT csv, FORCE_QUOTE *)""".replace("\t'", "\\t'"))


# csv-spectrum's answer to this one holds another telephone number than its file
WRONG_JUDGES = {"location_coordinates.json"}
# quotes inside fields that do not begin with one: they open and close there as in COPY, Python keeps them
QUOTES_INSIDE = {"location_coordinates.csv"}


def check(s3, path, number):
    """None when the file reads the same both ways, a text that says what differs, or ("skip", why)."""
    with open(path, "rb") as f:
        raw = f.read()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ("skip", "not UTF-8")
    if not text.strip():
        return ("skip", "empty")
    delimiter = "\t" if path.lower().endswith(".tsv") else ","
    header, rows = expected(text, delimiter)
    if os.path.basename(path) in QUOTES_INSIDE:
        rows = [[value.replace('"', "") for value in row] for row in rows]
    if not 1 <= len(header) <= 1600:
        return ("skip", f"{len(header)} columns")
    if "\0" in text:
        return ("skip", "NUL bytes")
    key = f"{number}/data.csv"
    s3.put_object(Bucket=BUCKET, Key=key, Body=raw)
    got = list(csv.reader(io.StringIO(read_here(f"{number}/", len(header), delimiter), newline="")))
    if got != rows:
        for i, (g, w) in enumerate(zip(got, rows)):
            if g != w:
                return f"record {i + 1}: got {g!r}, want {w!r}"[:1000]
        return f"{len(got)} rows, want {len(rows)}"
    judge = os.path.join(os.path.dirname(path), "..", "json", os.path.basename(path)[:-4] + ".json")
    if os.path.exists(judge):
        with open(judge, encoding="utf-8") as f:
            found = json.load(f)
        # a file of one record may hold it without a list
        want = [[str(v) for v in r.values()] for r in (found if isinstance(found, list) else [found])]
        # line ends may have been normalised in one of the two files
        unified = [[v.replace("\r\n", "\n") for v in r] for r in want]
        if [[v.replace("\r\n", "\n") for v in r] for r in got] != unified and os.path.basename(judge) not in WRONG_JUDGES:
            return f"differs from {os.path.basename(judge)}"
    return None


def main():
    paths = list(files())
    if not paths:
        print("1..0 # SKIP no CSV files (set PDS_CSV_CORPUS)")
        return 0
    env = os.environ
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    psql(f"DROP DATABASE IF EXISTS {DATABASE}", "postgres")
    psql(f"CREATE DATABASE {DATABASE}", "postgres")
    psql(f"""CREATE EXTENSION pds_fdw;
        CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw
            OPTIONS (region '{env["AWS_REGION"]}', endpoint_url '{env["AWS_ENDPOINT_URL"]}');
        CREATE USER MAPPING FOR CURRENT_USER SERVER aws OPTIONS (access_key_id '{env["AWS_ACCESS_KEY_ID"]}',
            secret_access_key '{env["AWS_SECRET_ACCESS_KEY"]}')""")
    failed = 0
    for number, path in enumerate(paths, 1):
        try:
            found = check(s3, path, number)
        except RuntimeError as e:
            found = str(e)
        name = os.path.basename(path)
        if isinstance(found, tuple):
            print(f"ok {number} - {name} # SKIP {found[1]}")
        elif found:
            failed += 1
            print(f"not ok {number} - {name}\n#   " + found.replace("\n", "\n#   "))
        else:
            print(f"ok {number} - {name}")
    print(f"1..{len(paths)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
