"""bench/run wide: many kinds of work, one process and thread each; wall and CPU seconds, peak memory.

Rows {work, engine, wall, cpu, rss, note} go to wide.json: wall and cpu in seconds (of one execution), rss in MB.
"""
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time

import scenarios
import wide_data

HERE = os.path.dirname(os.path.abspath(__file__))
ENGINES = ["pds", "heap", "duckdb", "polars", "chdb", "awswrangler"]
TITLES = {"pds": "pds_fdw", "heap": "heap", "duckdb": "DuckDB", "polars": "Polars", "chdb": "ClickHouse (chdb)", "awswrangler": "awswrangler",
          "curl": "curl", "direct": "direct scan"}
RANKS = [(c, i) for i, c in enumerate(["Books", "Music", "Garden", "Toys", "Dresses", "Knits", "Jeans", "Shoes"])]
GROUP = "SELECT category, count(*), avg(rating) FROM {t} GROUP BY category"
# work: (set, SQL); of "all" all columns are given out
READS = {
    "count": ("sales", "SELECT count(*) FROM {t}"),
    "filter": ("sales", "SELECT count(*) FROM {t} WHERE rating = 5 AND price > 400"),
    "group": ("sales", GROUP),
    "LIKE '%x%'": ("sales", "SELECT count(*) FROM {t} WHERE body LIKE '%perfect%'"),
    "ILIKE '%x%'": ("sales", "SELECT count(*) FROM {t} WHERE body ILIKE '%PERFECT%'"),
    "IN list": ("sales", "SELECT count(*) FROM {t} WHERE category IN ('Books', 'Toys', 'Jeans', 'Pets') AND votes IN (1, 2, 3, 5, 8, 13)"),
    "group by month": ("sales", "SELECT date_trunc('month', sold_at), count(*) FROM {t} GROUP BY 1"),
    "top ten rows": ("sales", "SELECT * FROM {t} ORDER BY price DESC, id LIMIT 10"),
    "count(DISTINCT)": ("sales", "SELECT count(DISTINCT category), count(DISTINCT votes) FROM {t}"),
    "sum of products": ("sales", "SELECT sum(price * votes), avg(length(body)) FROM {t}"),
    "join with a local table": ("sales", "SELECT l.rank, count(*) FROM {t} t JOIN {local} l ON t.category = l.category GROUP BY 1"),
    "gzip, count": ("gzip", "SELECT count(*) FROM {t}"),
    "gzip, group": ("gzip", GROUP),
    "zstd, group": ("zstd", GROUP),
    "lazysimple, group": ("lines", GROUP),
    "opencsv, group": ("opencsv", GROUP),
    "doubles": ("numbers", "SELECT sum(a), avg(b), max(c), count(*) FROM {t} WHERE c > 0.25"),
    "decimals": ("numbers", "SELECT sum(price), sum(amount), max(amount) FROM {t}"),
    "dates": ("numbers", "SELECT min(day), max(day), count(*) FROM {t} WHERE day >= DATE '2024-06-01'"),
    "timestamps with zones": ("numbers", "SELECT max(seen), count(*) FROM {t} WHERE seen >= TIMESTAMP '2024-06-01 00:00:00+00'"),
    "100 columns of text, two": ("text100", "SELECT count(c50) FROM {t} WHERE c99 > 'm'"),
    "small objects, group": ("small", GROUP),
    "all columns": ("sales", None),
    "all of 100 columns": ("text100", None),
}
TINY = "one object of 1 kB"
WRITES = {"write csv": None, "write gzip": "gzip", "write zstd": "zstd"}
OTHERS = [TINY, *WRITES, "COPY FROM", "result of Athena", "bytes alone"]
WORKS = [*READS, *OTHERS]


class Session:
    """A session of psql, with what its backend spent."""

    def __init__(self, bench):
        self.db = bench.Psql("SET max_parallel_workers_per_gather = 0; SET timezone = 'UTC'")
        self.run = self.db.run
        self.pid = int(self.run("SELECT pg_backend_pid()"))

    def cpu(self):
        with open(f"/proc/{self.pid}/schedstat") as f:
            return int(f.read().split()[0]) / 1e9

    def status(self, name):
        with open(f"/proc/{self.pid}/status") as f:
            found = re.search(rf"^{name}:\s+(\d+)", f.read(), re.M)
        return int(found.group(1)) / 1024 if found else 0

    def measure(self, sql, times=1):
        try:
            with open(f"/proc/{self.pid}/clear_refs", "w") as f:
                f.write("5")
        except OSError:
            pass
        wall, cpu = time.monotonic(), self.cpu()
        for _ in range(times):
            self.run(sql)
        # the peak without shared buffers, which are not the query's own
        return {"wall": (time.monotonic() - wall) / times, "cpu": (self.cpu() - cpu) / times,
                "rss": round(max(0.0, self.status("VmHWM") - self.status("RssShmem")), 1)}

    def close(self):
        self.db.close()


class Peer:
    def __init__(self, kind, sets):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "wide_peer.py"), kind, "1", sets], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1, env=dict(os.environ, POLARS_MAX_THREADS="1"))
        self.works = self.process.stdout.readline() == "ready\n"

    def ask(self, do, *args, times=1):
        if not self.works:
            return {"error": "the peer did not start"}
        self.process.stdin.write(json.dumps({"do": do, "args": args, "times": times}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        self.works = bool(line)
        return json.loads(line) if line else {"error": "the peer ended"}

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Wide:
    def __init__(self, a, bench):
        self.a, self.bench, self.rows = a, bench, []
        self.times = 20 if a.quick else 200
        self.sets = os.path.join(a.dir, "wide-sets.json")
        self.data()
        self.tables()

    # ---- what is read ----

    def data(self):
        a, bench = self.a, self.bench
        sources = {"sales": bench.make_set(a.dir, "sales", a.rows), "lines": bench.make_set(a.dir, "lines", a.rows, "--no-newlines")}
        told = {}
        for name, (columns, _, more) in wide_data.SETS.items():
            folder = name if name in sources else f"wide-{name}"
            if name not in sources:
                mark, target = os.path.join(a.dir, f"data-{folder}"), os.path.join(bench.data_dir(), folder)
                if not os.path.exists(mark) or open(mark).read() != str(a.rows) or not os.path.isdir(target):
                    shutil.rmtree(target, ignore_errors=True)
                    wide_data.make(name, target, a.rows, sources["sales"], sources["lines"])
                    bench.put(target, folder)
                    with open(mark, "w") as f:
                        f.write(str(a.rows))
            told[name] = {"uri": f"s3://{bench.BUCKET}/{folder}/", "columns": columns, **more}
        subprocess.run(["chmod", "-R", "a+rX", bench.data_dir()], check=True)
        with open(self.sets, "w") as f:
            json.dump(told, f)
        self.told = told
        self.bytes = {n: sum(e.stat().st_size for e in os.scandir(os.path.join(bench.data_dir(), t["uri"].split("/")[3])) if e.is_file())
                      for n, t in told.items()}

    def tables(self):
        db = Session(self.bench)
        db.run("CREATE EXTENSION IF NOT EXISTS pds_fdw; DROP SERVER IF EXISTS wide CASCADE;"
               + self.bench.server("wide", os.environ["PDS_VERSITYGW_URL"]))
        for name, (_, options, _) in wide_data.SETS.items():
            columns = wide_data.postgres_columns(name)
            db.run(f"CREATE FOREIGN TABLE wide_{name} ({columns}) SERVER wide OPTIONS (location '{self.told[name]['uri']}', {options})")
            if name in ("sales", "numbers", "text100", "small"):
                db.run(f"DROP TABLE IF EXISTS heap_wide_{name}; CREATE TABLE heap_wide_{name} ({columns}); "
                       f"INSERT INTO heap_wide_{name} SELECT * FROM wide_{name}")
                db.run(f"VACUUM (ANALYZE, FREEZE) heap_wide_{name}")
            db.run(f"ANALYZE wide_{name}")
        db.run("DROP TABLE IF EXISTS wide_ranks; CREATE TABLE wide_ranks (category text, rank int)")
        db.run("INSERT INTO wide_ranks VALUES " + ", ".join(f"('{c}', {r})" for c, r in RANKS) + "; ANALYZE wide_ranks")
        types = wide_data.postgres_columns("sales")
        for work, codec in WRITES.items():
            more = f", write_compression '{codec}'" if codec else ""
            db.run(f"CREATE FOREIGN TABLE wide_{work.replace(' ', '_')} ({types}) SERVER wide OPTIONS "
                   f"(location 's3://{self.bench.BUCKET}/out-{codec or 'csv'}/', format 'csv'{more}, write_mode 'overwrite')")
        db.close()

    # ---- measuring ----

    def add(self, work, engine, run):
        """The first run is not counted (a peer that then answers from a cache of its own is said to); the median of the others."""
        first = run()
        if "error" in first:
            if first["error"] != "not asked":
                print(f"  {work}: {engine}: {first['error']}", file=sys.stderr, flush=True)
            self.rows.append({"work": work, "engine": engine, "wall": None, "cpu": None, "rss": None, "note": first["error"]})
            return
        runs = [first] if first["wall"] > 6 else [run() for _ in range(self.a.runs)]
        row = {"work": work, "engine": engine, **{k: round(statistics.median(r[k] for r in runs), 5) for k in ("wall", "cpu")},
               "rss": max(r["rss"] for r in [first, *runs])}
        if engine not in ("pds", "heap") and row["cpu"] < first["cpu"] / 5:
            row["note"] = f"from a cache of its own: {first['cpu']:.2f} s at first"
        self.rows.append(row)
        print(f"  {work}: {engine} {row['wall']:.4f} s, cpu {row['cpu']:.4f} s, {row['rss']:.0f} MB", file=sys.stderr, flush=True)

    def reads(self, works, engine, session, peer):
        for work in [w for w in works if w in READS]:
            self.read(work, engine, session, peer)

    def read(self, work, engine, session, peer):
        name, sql = READS[work]
        if peer:
            self.add(work, engine, lambda: peer.ask("sql", name, sql) if sql else peer.ask("all", name))
            return
        table = f"wide_{name}"
        if engine == "heap":
            table = "heap_wide_" + (name if name in ("numbers", "text100", "small") else "sales")
        text = (sql or "").replace("{t}", table).replace("{local}", "wide_ranks").replace("TIMESTAMP '", "TIMESTAMPTZ '")
        self.add(work, engine, lambda: session.measure(text or f"COPY (SELECT * FROM {table}) TO '/dev/null'"))

    def tiny(self, engine, session, peer):
        sql = "SELECT count(*) FROM {t}"
        if peer:
            self.add(TINY, engine, lambda: peer.ask("sql", "tiny", sql, times=self.times))
        elif engine == "pds":
            self.add(TINY, engine, lambda: session.measure(sql.replace("{t}", "wide_tiny"), self.times))
            plan = json.loads(session.run("EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM wide_tiny"))[0]["Plan"]
            self.rows[-1]["note"] = f"{plan['Requests']} request a query"

    def writes(self, works, engine, session, peer):
        works = [w for w in works if w in WRITES]
        if works and peer:
            peer.ask("load", "sales")
        for work in works:
            self.write(work, engine, session, peer)

    def write(self, work, engine, session, peer):
        codec = WRITES[work]
        if peer:
            suffix = {"gzip": ".csv.gz", "zstd": ".csv.zst", None: ".csv"}[codec]
            self.add(work, engine, lambda: peer.ask("write", f"s3://{self.bench.BUCKET}/out-{engine}/part{suffix}", codec))
        elif engine == "pds":
            self.add(work, engine, lambda: session.measure(f"INSERT INTO wide_{work.replace(' ', '_')} SELECT * FROM heap_wide_sales"))
        elif codec is None:
            self.add(work, engine, lambda: session.measure(f"COPY heap_wide_sales TO '{self.file()}' (FORMAT csv)"))
            self.rows[-1]["note"] = "COPY to a local file"

    def file(self):
        """A file that the server may write to."""
        return session_dir() + "/pds_bench_wide.csv"

    def copy_from(self, engine, session):
        session.run(f"COPY heap_wide_sales TO '{self.file()}' (FORMAT csv)")
        if engine == "pds":
            self.add("COPY FROM", engine, lambda: session.measure(f"COPY wide_write_csv FROM '{self.file()}' (FORMAT csv)"))
        else:
            session.run("DROP TABLE IF EXISTS heap_wide_copy; CREATE TABLE heap_wide_copy (LIKE heap_wide_sales)")

            def once():
                session.run("TRUNCATE heap_wide_copy")
                return session.measure(f"COPY heap_wide_copy FROM '{self.file()}' (FORMAT csv)")
            self.add("COPY FROM", engine, once)
            session.run("DROP TABLE heap_wide_copy")

    def athena(self, session):
        """A result object of Athena's, and a direct scan of the same bytes from the same server."""
        path = os.path.join(self.a.dir, "wide-result.csv")
        with open(path, "w") as f:
            f.write('"id","word","price","day","n"\n')
            for i in range(self.a.rows):
                f.write(f'"{i}","word {i % 1000}","{i % 100000 / 100:.2f}","2024-{1 + i % 12:02d}-{1 + i % 28:02d}","{i * 7919 % 1000003}"\n')
        world, url = scenarios.world("results", path)
        columns = [("id", "bigint", "bigint"), ("word", "text", "string"), ("price", "numeric(10,2)", "decimal(10,2)"), ("day", "date", "date"),
                   ("n", "bigint", "bigint")]
        try:
            session.run("DROP SERVER IF EXISTS wide_athena CASCADE;" + self.bench.server(
                "wide_athena", url, glue_endpoint_url=url, athena_endpoint_url=url, output_location="s3://b/results/"))
            typed = ", ".join(f"{n} {p} OPTIONS (glue_type '{g}')" for n, p, g in columns)
            session.run(f"CREATE FOREIGN TABLE wide_result ({typed}) SERVER wide_athena OPTIONS (database 'db', table_name 't', engine 'athena')")
            session.run(f"CREATE FOREIGN TABLE wide_same ({', '.join(f'{n} {p}' for n, p, _ in columns)}) SERVER wide_athena OPTIONS "
                        "(location 's3://b/same/', format 'csv', header 'true')")
            sql = "SELECT count(id), count(word), sum(price), max(day), sum(n) FROM (SELECT *, random() FROM {} OFFSET 0) q"
            self.add("result of Athena", "pds", lambda: session.measure(sql.format("wide_result")))
            self.add("result of Athena", "direct", lambda: session.measure(sql.format("wide_same")))
        finally:
            world.stdin.close()
            world.wait()

    def curl(self):
        """The objects of `sales` by curl, eight connections: what the transport alone takes."""
        import boto3
        from botocore.config import Config
        s3 = boto3.client("s3", config=Config(signature_version="s3v4"), region_name="us-east-1", endpoint_url=os.environ["PDS_VERSITYGW_URL"],
                          aws_access_key_id=os.environ["PDS_VERSITYGW_ACCESS_KEY"], aws_secret_access_key=os.environ["PDS_VERSITYGW_SECRET_KEY"])
        keys = [o["Key"] for o in s3.list_objects_v2(Bucket=self.bench.BUCKET, Prefix="sales/")["Contents"]]
        urls = [s3.generate_presigned_url("get_object", Params={"Bucket": self.bench.BUCKET, "Key": k}) for k in keys]
        call = ["curl", "-sS", "--fail", "--parallel", "--parallel-max", "8"]
        for u in urls:
            call += ["-o", "/dev/null", u]

        def once():
            before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            subprocess.run(call, check=True, stderr=subprocess.DEVNULL)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return {"wall": time.monotonic() - wall, "rss": 0.0,
                    "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}
        self.add("bytes alone", "curl", once)
        # who counts in less than that did not read them
        for row in self.rows:
            if row["work"] == "count" and row["engine"] not in ("pds", "heap") and row["cpu"] and row["cpu"] < self.rows[-1]["cpu"]:
                row.setdefault("note", "from a cache of its own: less than the bytes take")

    def run(self, works, engines):
        for engine in engines:
            pg = engine in ("pds", "heap")
            session, peer = (Session(self.bench), None) if pg else (None, Peer(engine, self.sets))
            if peer:
                peer.ask("local", RANKS)
            elif engine == "pds":
                session.run("SET pds.engine = direct")
            self.reads(works, engine, session, peer)
            if TINY in works and engine != "heap":
                self.tiny(engine, session, peer)
            self.writes(works, engine, session, peer)
            if pg and "COPY FROM" in works:
                self.copy_from(engine, session)
            if engine == "pds" and "result of Athena" in works:
                session.run("RESET pds.engine")
                self.athena(session)
            (session or peer).close()
        if "bytes alone" in works:
            self.curl()


def session_dir():
    """Where the server's own user may write."""
    return os.path.dirname(os.environ["PGHOST"]) if os.environ.get("PGHOST", "").startswith("/") else "/tmp"


def cell(row):
    return f"{row['wall']:.3f} / {row['cpu']:.3f} / {row['rss']:.0f}" if row and row["wall"] is not None else "-"


def markdown(result):
    by = {(r["work"], r["engine"]): r for r in result["rows"]}
    works = list(dict.fromkeys(r["work"] for r in result["rows"]))
    engines = [e for e in TITLES if any(r["engine"] == e for r in result["rows"])]
    out = [f"{result['count']:,} rows (100 columns: a tenth), {result['bytes'] / 1e6:.0f} MB; one process and thread each; medians of {result['runs']}. "
           f"{result['time']}, {result['machine']['cpus']} cores ({result['machine']['cpu']}), load {result['machine']['load']} before.", "",
           "Seconds, CPU seconds of the reader, MB at its peak:", "",
           "| work | " + " | ".join(TITLES[e] for e in engines) + " |", "| --- |" + " --- |" * len(engines)]
    out += [f"| {w} | " + " | ".join(cell(by.get((w, e))) for e in engines) + " |" for w in works]
    out += ["", "CPU seconds as ratios (a/b: how many times b's CPU a takes):", "",
            "| work | pds/heap | " + " | ".join(f"{TITLES[e]}/pds" for e in engines if e not in ("pds", "heap")) + " |",
            "| --- |" + " --- |" * (1 + len([e for e in engines if e not in ("pds", "heap")]))]
    for w in works:
        ours = by.get((w, "pds"))
        if ours and ours["cpu"]:
            times = {e: by[w, e]["cpu"] / ours["cpu"] for e in engines if by.get((w, e)) and by[w, e]["cpu"]}
            heap = f"{1 / times['heap']:.2f}" if "heap" in times else "-"
            out.append(f"| {w} | {heap} | " + " | ".join(f"{times[e]:.2f}" if e in times else "-" for e in engines if e not in ("pds", "heap")) + " |")
    notes = [f"- {r['work']}, {TITLES[r['engine']]}: {r['note']}" for r in result["rows"] if r.get("note") and r["wall"] is not None]
    return "\n".join(out + ([""] + notes if notes else []))


def run(a, bench, machine):
    works = [w for w in WORKS if not a.works or any(x in w for x in a.works.split(","))]
    engines = [e for e in ENGINES if not a.engines or e in a.engines.split(",")]
    w = Wide(a, bench)
    w.run(works, engines)
    result = {"time": time.strftime("%Y-%m-%d %H:%M"), "machine": machine, "count": a.rows, "bytes": w.bytes["sales"], "runs": a.runs, "rows": w.rows}
    with open(os.path.join(a.dir, "wide.json"), "w") as f:
        json.dump(result, f, indent=1)
    with open(os.path.join(a.dir, "wide.md"), "w") as f:
        f.write(markdown(result) + "\n")
    print(markdown(result))
