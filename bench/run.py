#!/usr/bin/env python3
"""Measure pds_fdw against its peers, side by side in one run; see README.md.  bench/run prepares what this needs."""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import report  # noqa: E402
import scenarios  # noqa: E402
import wide  # noqa: E402

BUCKET = "pds-bench"
TYPES = ("id bigint, category text, rating int, price numeric(10,2), votes int, sold_at timestamp, "
         "title text, body text")
QUERIES = {  # {} is the table
    "count": "SELECT count(*) FROM {}",
    "filter": "SELECT count(*) FROM {} WHERE rating = 5 AND price > 400",
    "group": "SELECT category, count(*), avg(rating) FROM {} GROUP BY category",
    "three": "SELECT count(body), sum(price), max(sold_at) FROM {}",
    "all": "COPY (SELECT * FROM {}) TO '/dev/null'",
}
# name: (kind, table or threads); of a table's, _w2 has two workers
PEERS = {
    "pds": ("pg", "sales", 0), "pds_w2": ("pg", "sales", 2),
    "pds_lines": ("pg", "lines", 0), "heap": ("pg", "heap_sales", 0), "heap_w2": ("pg", "heap_sales", 2),
    "file_fdw": ("pg", "file_sales", 0),
    "duckdb1": ("duckdb", None, 1), "duckdb2": ("duckdb", None, 2), "polars1": ("polars", None, 1),
    "polars2": ("polars", None, 2), "awswrangler1": ("awswrangler", None, 1), "awswrangler2": ("awswrangler", None, 2),
}
SLOW = 6.0      # seconds: what takes longer is measured once
NOTE = ("pds_fdw, DuckDB (httpfs) and awswrangler read S3 (versitygw on loopback); file_fdw and the heap table read the local disk, and so "
        "does Polars after the round that is not counted, in which it copies the objects")


class Psql:
    """One session."""

    def __init__(self, settings=""):
        self.process = subprocess.Popen(["psql", "-XqAt", "-f", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, bufsize=1)
        self.run("SET jit = off; SET client_min_messages = warning; " + settings)

    def run(self, sql):
        self.process.stdin.write(sql + ";\n\\echo <end>\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line == "<end>\n":
                break
            lines.append(line.rstrip("\n"))
        out = "\n".join(lines)
        if "ERROR:" in out:
            raise SystemExit(f"{sql[:300]}\n{out}")
        return out

    def seconds(self, sql):
        out = self.run("\\timing on\n" + sql + ";\n\\timing off\n")
        return float(re.findall(r"^Time: ([\d.]+) ms", out, re.M)[-1]) / 1000

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class PgPeer(Psql):
    def __init__(self, table, workers):
        super().__init__(f"SET max_parallel_workers_per_gather = {workers}; SET pds.engine = direct")
        self.table = table

    def query(self, name):
        return self.seconds(QUERIES[name].format(self.table))


class OtherPeer:
    def __init__(self, kind, threads, uri):
        env = dict(os.environ, POLARS_MAX_THREADS=str(threads))
        self.process = subprocess.Popen([sys.executable, os.path.join(os.path.dirname(__file__), "peer.py"), kind, str(threads), uri],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=env)
        self.works = self.process.stdout.readline() == "ready\n"

    def query(self, name):
        if not self.works:
            return None
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if answer.startswith("failed") or not answer:
            print(f"  {name}: {answer.strip() or 'the peer ended'}", file=sys.stderr)
            self.works = bool(answer)
            return None
        return float(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def data_dir():
    return os.path.join(os.environ["PDS_VERSITYGW_DATA"], BUCKET)


def server(name, url, **options):
    e = os.environ
    more = "".join(f", {k} '{v}'" for k, v in options.items())
    return f"""CREATE SERVER {name} FOREIGN DATA WRAPPER pds_fdw
            OPTIONS (region 'us-east-1', endpoint_url '{url}', engine 'direct'{more});
        CREATE USER MAPPING FOR CURRENT_USER SERVER {name} OPTIONS
            (access_key_id '{e["PDS_VERSITYGW_ACCESS_KEY"]}', secret_access_key '{e["PDS_VERSITYGW_SECRET_KEY"]}');"""


def put(folder, prefix):
    """Files that lie in versitygw's folder have no ETag, as objects in S3 always do, until they are put there."""
    import boto3
    s3 = boto3.client("s3", region_name="us-east-1", endpoint_url=os.environ["PDS_VERSITYGW_URL"],
                      aws_access_key_id=os.environ["PDS_VERSITYGW_ACCESS_KEY"],
                      aws_secret_access_key=os.environ["PDS_VERSITYGW_SECRET_KEY"])
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as f:
            body = f.read()
        s3.put_object(Bucket=BUCKET, Key=f"{prefix}/{name}", Body=body)


def make_set(directory, name, rows, *more):
    """A folder of objects in S3, made once for each number of rows."""
    mark = os.path.join(directory, f"data-{name}")
    target = os.path.join(data_dir(), name)
    if not os.path.exists(mark) or open(mark).read() != str(rows) or not os.path.isdir(target):
        subprocess.run([sys.executable, os.path.join(os.path.dirname(__file__), "make_data.py"), "--rows", str(rows),
                        "--out", target, *more], check=True)
        put(target, name)
        with open(mark, "w") as f:
            f.write(str(rows))
    subprocess.run(["chmod", "-R", "a+rX", data_dir()], check=True)
    return sorted(os.path.join(target, f) for f in os.listdir(target))


def prepare(a):
    files = make_set(a.dir, "sales", a.rows)
    make_set(a.dir, "lines", a.rows, "--no-newlines")
    url = os.environ["PDS_VERSITYGW_URL"]
    db = Psql()
    db.run(f"""
        CREATE EXTENSION IF NOT EXISTS pds_fdw; CREATE EXTENSION IF NOT EXISTS file_fdw;
        DROP SERVER IF EXISTS aws CASCADE; DROP SERVER IF EXISTS files CASCADE;
        CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
        {server("aws", url)}
        CREATE FOREIGN TABLE sales ({TYPES}) SERVER aws
            OPTIONS (location 's3://{BUCKET}/sales/', format 'csv', header 'true');
        CREATE FOREIGN TABLE lines ({TYPES}) SERVER aws
            OPTIONS (location 's3://{BUCKET}/lines/', format 'lazysimple', delimiter ',', header 'true')""")
    union = []
    for i, f in enumerate(files):
        db.run(f"CREATE FOREIGN TABLE f{i} ({TYPES}) SERVER files OPTIONS (filename '{f}', format 'csv', header 'true')")
        union.append(f"SELECT * FROM f{i}")
    db.run(f"CREATE OR REPLACE VIEW file_sales AS {' UNION ALL '.join(union)}")
    if db.run("SELECT to_regclass('heap_sales') IS NULL") == "t" or int(db.run("SELECT count(*) FROM heap_sales")) != a.rows:
        db.run(f"DROP TABLE IF EXISTS heap_sales; CREATE TABLE heap_sales ({TYPES});"
               "INSERT INTO heap_sales SELECT * FROM file_sales")
        db.run("VACUUM (ANALYZE, FREEZE) heap_sales")
    db.run("ANALYZE sales; ANALYZE lines")
    check_equal(db, a.queries)
    db.close()
    return files


def check_equal(db, queries):
    """What is measured must give the same rows."""
    for q in queries:
        if q != "all":
            here, there = (db.run(f"SELECT * FROM ({QUERIES[q].format(t)}) q ORDER BY 1") for t in ("sales", "heap_sales"))
            if here != there:
                raise SystemExit(f"{q}: the scan and the heap table differ\n{here[:500]}\n{there[:500]}")


def open_peer(name):
    kind, table, n = PEERS[name]
    return PgPeer(table, n) if kind == "pg" else OtherPeer(kind, n, f"s3://{BUCKET}/sales/")


def matrix(a, results):
    files = prepare(a)
    peers = {name: open_peer(name) for name in a.peers}
    size = sum(os.path.getsize(f) for f in files)
    results.update(rows=a.rows, bytes=size, objects=len(files), runs=a.runs, measured=[])
    results["note"] = NOTE
    for q in a.queries:
        times = {name: [] for name in peers}
        for run in range(a.runs + 1):           # the first is not counted, unless it is slow
            for name, peer in peers.items():
                if run > 0 and (times[name] == [None] or times[name] and times[name][0] > SLOW):
                    continue
                t = peer.query(q)
                if run == 1:
                    times[name] = []
                times[name].append(t)
        for name, t in times.items():
            report.put(results, q, name, None if None in t else round(statistics.median(t), 4))
        s = report.by_work(results).get(q, {})
        print("  " + q + ": " + ", ".join(f"{n} {v:.2f}" for n, v in s.items()), file=sys.stderr, flush=True)
    for peer in peers.values():
        peer.close()
    print(report.text(results))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("what", nargs="?", default="everything", choices=["everything", "matrix", "wide", *scenarios.ALL])
    p.add_argument("--dir", default="build/bench", help=argparse.SUPPRESS)
    p.add_argument("--quick", action="store_true", help="a tenth of the rows, one run, scenarios of a tenth of the size")
    p.add_argument("--rows", type=int, default=int(os.environ.get("PDS_BENCH_ROWS", "0")))
    p.add_argument("--runs", type=int, default=int(os.environ.get("PDS_BENCH_RUNS", "0")))
    p.add_argument("--queries", default=",".join(QUERIES))
    p.add_argument("--peers", default=",".join(PEERS))
    p.add_argument("--works", default="", help="of wide: those whose names contain one of these words")
    p.add_argument("--engines", default="", help=f"of wide: some of {','.join(wide.ENGINES)}")
    p.add_argument("--no-record", action="store_true", help="leave bench/README.md, results.json and results.svg as they are")
    a = p.parse_args()
    a.rows = a.rows or (200_000 if a.quick else 2_000_000)
    a.runs = a.runs or (1 if a.quick else 3)
    a.queries, a.peers = a.queries.split(","), a.peers.split(",")
    for given, known in ((a.queries, QUERIES), (a.peers, PEERS)):
        for name in given:
            if name not in known:
                p.error(f"{name}: one of {', '.join(known)}")
    if a.what == "wide":
        wide.run(a, sys.modules[__name__], report.machine())
        return
    path = os.path.join(a.dir, "results.json")
    results = {}
    if a.what != "everything" and os.path.exists(path):
        with open(path) as f:
            results = json.load(f)
    results["time"] = time.strftime("%Y-%m-%d %H:%M")
    results["machine"] = report.machine()
    results.setdefault("scenarios", {})
    try:
        if a.what in ("everything", "matrix"):
            matrix(a, results)
        for name, run in scenarios.ALL.items():
            if a.what in ("everything", name):
                print(f"\n{name}:", flush=True)
                figures = run(a, sys.modules[__name__])
                results["scenarios"][name] = figures
                for k, v in figures.items():
                    print(f"  {k}: {v}", flush=True)
    finally:
        report.dump(results, path)
    full = a.what == "everything" and not a.quick and set(a.queries) == set(QUERIES) and set(a.peers) == set(PEERS)
    if full and not a.no_record and a.rows >= 2_000_000:
        report.record(results)
    elif report.by_work(results):
        with open(os.path.join(a.dir, "results.svg"), "w") as f:
            f.write(report.svg(results))


if __name__ == "__main__":
    main()
