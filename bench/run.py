#!/usr/bin/env python3
"""Measure one process of pds_fdw against its peers in the same run; see bench/README.md.

    run.py DIR      (by bench/run: the stack's env is in the environment)
"""
import json
import os
import statistics
import subprocess
import sys
import time

ROWS = int(os.environ.get("PDS_BENCH_ROWS", 2_000_000))
RUNS = int(os.environ.get("PDS_BENCH_RUNS", 3))
BUCKET = "pds-bench"
TYPES = ("id bigint, category text, rating int, price numeric(10,2), votes int, sold_at timestamp, "
         "title text, body text")
QUERIES = {  # name: SQL for PostgreSQL and DuckDB; {} is the table
    "count": "SELECT count(*) FROM {}",
    "filter": "SELECT count(*) FROM {} WHERE rating = 5 AND price > 400",
    "group": "SELECT category, count(*), avg(rating) FROM {} GROUP BY category",
    "three": "SELECT count(body), sum(price), max(sold_at) FROM {}",
    "all": "SELECT * FROM {}",
}


def psql(sql):
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-f", "-"], input=sql, text=True,
                          capture_output=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def pg_seconds(query, table, prefix):
    """Median of several runs in one session, after one that is not counted."""
    text = "COPY (SELECT * FROM {}) TO '/dev/null'".format(table) if query == "all" else QUERIES[query].format(table)
    script = f"SET max_parallel_workers_per_gather = 0; SET jit = off; {prefix}\n"
    script += f"{text};\n\\timing on\n" + f"{text};\n" * RUNS
    out = psql(script)
    times = [float(line.split()[1]) / 1000 for line in out.splitlines() if line.startswith("Time:")]
    return statistics.median(times)


def child_seconds(code, threads):
    env = dict(os.environ, POLARS_MAX_THREADS=str(threads))
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    if out.returncode:
        return None
    return statistics.median(float(x) for x in out.stdout.split())


def duckdb_seconds(query, files, threads):
    if query == "all":
        return None
    # the same types as the tables here: sniffing them would not be a fair comparison
    table = (f"read_csv('{files}', header=true, quote='\"', escape='\"', parallel={'true' if threads > 1 else 'false'},"
             " columns={'id':'BIGINT','category':'VARCHAR','rating':'INTEGER','price':'DECIMAL(10,2)',"
             "'votes':'INTEGER','sold_at':'TIMESTAMP','title':'VARCHAR','body':'VARCHAR'})")
    sql = QUERIES[query].format(table)
    return child_seconds(f"""
import duckdb, time
c = duckdb.connect(); c.execute("SET threads={threads}")
for i in range({RUNS + 1}):
    t = time.time(); c.execute({sql!r}).fetchall()
    if i: print(time.time() - t)
""", threads)


def polars_seconds(query, files, threads):
    work = {
        "count": "pl.scan_csv(f, schema=s, quote_char='\"').select(pl.len()).collect()",
        "filter": "pl.scan_csv(f, schema=s).filter((pl.col('rating') == 5) & (pl.col('price') > 400)).select(pl.len()).collect()",
        "group": "pl.scan_csv(f, schema=s).group_by('category').agg(pl.len(), pl.col('rating').mean()).collect()",
        "three": "pl.scan_csv(f, schema=s).select(pl.col('body').count(), pl.col('price').sum(), pl.col('sold_at').max()).collect()",
        "all": "pl.read_csv(f, schema=s)",
    }[query]
    return child_seconds(f"""
import polars as pl, time
f = {files!r}
s = {{'id': pl.Int64, 'category': pl.String, 'rating': pl.Int32, 'price': pl.Float64, 'votes': pl.Int32,
     'sold_at': pl.String, 'title': pl.String, 'body': pl.String}}
for i in range({RUNS + 1}):
    t = time.time(); {work}
    if i: print(time.time() - t)
""", threads)


def prepare(directory):
    data = os.path.join(os.environ["PDS_VERSITYGW_DATA"], BUCKET, "sales")
    mark = os.path.join(directory, f"rows-{ROWS}")
    if not os.path.exists(mark):
        subprocess.run([sys.executable, os.path.join(os.path.dirname(__file__), "make_data.py"), "--rows", str(ROWS),
                        "--out", data], check=True)
        open(mark, "w").close()
    subprocess.run(["chmod", "-R", "a+rX", os.path.dirname(data)], check=True)
    files = sorted(os.path.join(data, f) for f in os.listdir(data))
    e = os.environ
    psql(f"""
        SET client_min_messages = warning;
        CREATE EXTENSION IF NOT EXISTS pds_fdw; CREATE EXTENSION IF NOT EXISTS file_fdw;
        DROP SERVER IF EXISTS aws CASCADE; DROP SERVER IF EXISTS files CASCADE;
        CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
        CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw
            OPTIONS (region 'us-east-1', endpoint_url '{e["PDS_VERSITYGW_URL"]}', engine 'direct');
        CREATE USER MAPPING FOR CURRENT_USER SERVER aws OPTIONS
            (access_key_id '{e["PDS_VERSITYGW_ACCESS_KEY"]}', secret_access_key '{e["PDS_VERSITYGW_SECRET_KEY"]}');
        CREATE FOREIGN TABLE sales ({TYPES}) SERVER aws
            OPTIONS (location 's3://{BUCKET}/sales/', format 'csv', header 'true');""")
    union = []
    for i, f in enumerate(files):
        psql(f"CREATE FOREIGN TABLE f{i} ({TYPES}) SERVER files OPTIONS "
             f"(program 'cat {f}', format 'csv', header 'true')")
        union.append(f"SELECT * FROM f{i}")
    psql(f"CREATE OR REPLACE VIEW file_sales AS {' UNION ALL '.join(union)}")
    if psql("SELECT to_regclass('heap_sales') IS NULL").strip() == "t" or \
            int(psql("SELECT count(*) FROM heap_sales")) != ROWS:
        psql(f"DROP TABLE IF EXISTS heap_sales; CREATE TABLE heap_sales ({TYPES});"
             "INSERT INTO heap_sales SELECT * FROM file_sales; VACUUM (ANALYZE, FREEZE) heap_sales")
    return files


def main():
    directory = sys.argv[1]
    files = prepare(directory)
    size = sum(os.path.getsize(f) for f in files)
    print(f"{ROWS:,} rows, {len(files)} objects, {size / 1e6:.0f} MB; medians of {RUNS}, seconds; "
          "S3 is versitygw on loopback, peers read local files")
    results = {"rows": ROWS, "bytes": size, "runs": RUNS, "seconds": {}, "ratios": {}}
    head = ["pds_fdw", "heap", "file_fdw", "duckdb1", "duckdb2", "polars1", "polars2"]
    print(f"{'query':8s}" + "".join(f"{h:>10s}" for h in head) + "   pds_fdw/heap  duckdb1/pds  file_fdw/pds")
    for q in QUERIES:
        s = {"pds_fdw": pg_seconds(q, "sales", ""), "heap": pg_seconds(q, "heap_sales", ""),
             "file_fdw": pg_seconds(q, "file_sales", ""),
             "duckdb1": duckdb_seconds(q, os.path.dirname(files[0]) + "/*.csv", 1),
             "duckdb2": duckdb_seconds(q, os.path.dirname(files[0]) + "/*.csv", 2),
             "polars1": polars_seconds(q, os.path.dirname(files[0]) + "/*.csv", 1),
             "polars2": polars_seconds(q, os.path.dirname(files[0]) + "/*.csv", 2)}
        results["seconds"][q] = s
        ratios = {"heap": s["pds_fdw"] / s["heap"]}
        for peer in head[2:]:
            if s[peer]:
                ratios[f"{peer}_over_pds"] = s[peer] / s["pds_fdw"]
        results["ratios"][q] = ratios
        print(f"{q:8s}" + "".join(f"{s[h]:10.2f}" if s[h] else f"{'-':>10s}" for h in head)
              + f"{ratios['heap']:15.2f}{ratios.get('duckdb1_over_pds', 0):13.1f}{ratios['file_fdw_over_pds']:14.1f}",
              flush=True)
    results["time"] = time.strftime("%Y-%m-%d %H:%M")
    with open(os.path.join(directory, "results.json"), "w") as f:
        json.dump(results, f, indent=1)


if __name__ == "__main__":
    main()
