"""The scenarios beside the matrix: each gives figures by name."""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

LATENCY_MS, RATE, CONNECTIONS = 30, 90_000_000, 8
LINE = b"%07d,word,1234567,12.50,some text that is neither long nor short\n"


def counters(plan):
    """EXPLAIN (ANALYZE) in JSON: its direct scan, and the time that planning took."""
    top = json.loads(plan)[0]
    node = top["Plan"]
    while "Engine" not in node:
        node = node["Plans"][0]
    return node, top["Planning Time"]


def explain(db, sql):
    return counters(db.run(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}"))


def slow_link(a, bench):
    """A scan over connections of 30 ms to the first byte and 90 MB/s each."""
    files = bench.make_set(a.dir, "sales", a.rows)
    size = sum(os.path.getsize(f) for f in files)
    port = re.search(r":(\d+)", os.environ["PDS_VERSITYGW_URL"]).group(1)
    link = subprocess.Popen([os.path.join(a.dir, "slow_link"), port, str(LATENCY_MS), str(RATE)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)
    url = f"http://127.0.0.1:{link.stdout.readline().strip()}"
    db = bench.Psql("SET max_parallel_workers_per_gather = 0")
    out = {}
    try:
        for n in (1, 2, 4, CONNECTIONS):
            db.run(f"CREATE EXTENSION IF NOT EXISTS pds_fdw; DROP SERVER IF EXISTS slow CASCADE; "
                   f"{bench.server('slow', url, fetch_concurrency=n)}"
                   f"CREATE FOREIGN TABLE slow_sales ({bench.TYPES}) SERVER slow OPTIONS (location 's3://{bench.BUCKET}/sales/', format 'csv', header 'true')")
            times = [db.seconds("SELECT count(*) FROM slow_sales") for _ in range(1 + a.runs)][1:]
            best = size / (n * RATE) + LATENCY_MS / 1000
            out[f"seconds with {n} connections"] = round(statistics.median(times), 3)
            out[f"times what {n} connections can carry"] = round(statistics.median(times) / best, 2)
    finally:
        db.close()
        link.stdin.close()
        link.wait()
    return out


def status(db):
    """kB of the backend: its peak, and what of it lies in files and in shared memory now."""
    text = db.run("SELECT pg_read_file('/proc/self/status')")
    return {k: int(re.search(rf"^{k}:\s+(\d+)", text, re.M).group(1)) for k in ("VmHWM", "RssFile", "RssShmem")}


def lines_file(path, size):
    """About so many bytes of lines, on disk in full."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    block = b"".join(LINE % i for i in range(20_000))
    with open(path, "wb") as f:
        for _ in range(max(1, size // len(block))):
            f.write(block)
    return os.path.getsize(path)


def repeated(folder, size, objects):
    """So many objects of together `size` bytes: one file on disk, the others are links to it."""
    first = os.path.join(folder, "0.csv")
    lines = max(1, size // objects // len(LINE % 0))
    os.makedirs(folder, exist_ok=True)
    with open(first, "wb") as f:
        f.write(b"".join(LINE % i for i in range(lines)))
    for i in range(1, objects):
        os.link(first, os.path.join(folder, f"{i}.csv"))


def big_table(a, bench, db, name, size, objects):
    folder = os.path.join(bench.data_dir(), name)
    shutil.rmtree(folder, ignore_errors=True)
    if objects == 1:
        lines_file(os.path.join(folder, "0.csv"), size)
    else:
        repeated(folder, size, objects)
    subprocess.run(["chmod", "-R", "a+rX", bench.data_dir()], check=True)
    db.run(f"DROP FOREIGN TABLE IF EXISTS {name}; CREATE FOREIGN TABLE {name} (id int, word text, n bigint, price numeric(10,2), t text) "
           f"SERVER aws OPTIONS (location 's3://{bench.BUCKET}/{name}/', format 'csv')")
    return folder


def big_size(a, bench):
    """5 GB, or as much of it as the disk has room for twice over."""
    free = shutil.disk_usage(os.path.dirname(bench.data_dir())).free
    return min(500_000_000 if a.quick else 5_000_000_000, free // 2)


def ready_server(bench):
    db = bench.Psql("SET max_parallel_workers_per_gather = 0")
    db.run("CREATE EXTENSION IF NOT EXISTS pds_fdw; DROP SERVER IF EXISTS aws CASCADE; "
           + bench.server("aws", os.environ["PDS_VERSITYGW_URL"]))
    return db


def own_memory(pid):
    """kB of a process's own memory, 0 when it has ended."""
    try:
        with open(f"/proc/{pid}/status") as f:
            return int((re.search(r"^RssAnon:\s+(\d+)", f.read(), re.M) or [0, 0])[1])
    except OSError:
        return 0


def workers_of(pid):
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and f"parallel worker for PID {pid}" in open(f"/proc/{name}/cmdline").read():
                found.append(int(name))
        except OSError:
            pass
    return found


def together(db, sql):
    """MB of leader and workers together at the peak, beyond what the leader has before; and how many workers were seen."""
    leader = int(db.run("SELECT pg_backend_pid()"))
    before, most, seen = own_memory(leader), 0, set()
    query = threading.Thread(target=db.run, args=(sql,))
    query.start()
    while query.is_alive():
        workers = workers_of(leader)
        seen.update(workers)
        most = max(most, sum(own_memory(p) for p in [leader, *workers]) - before)
        time.sleep(0.005)
    query.join()
    return round(most / 1024, 1), len(seen)


def memory(a, bench):
    """Peak memory of a backend, beyond what it has before its first scan."""
    out = {}
    big = big_size(a, bench)
    for size, objects in ((100_000_000, 1), (100_000_000, 5000), (big, 1), (big, 5000)):
        setup = ready_server(bench)
        folder = big_table(a, bench, setup, "memory", size, objects)
        setup.close()
        try:
            db = bench.Psql("SET max_parallel_workers_per_gather = 0")
            before = status(db)
            db.run("SELECT count(t), sum(n) FROM memory")
            after = status(db)
            db.close()
            db = bench.Psql("SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0")
            shared, workers = together(db, "SELECT count(t), sum(n) FROM memory")
            db.close()
        finally:
            shutil.rmtree(folder)
        files = sum(after[k] - before[k] for k in ("RssFile", "RssShmem"))
        out[f"{size / 1e6:.0f} MB in {objects} objects: MB at the peak, without files and shared memory"] = \
            round((after["VmHWM"] - before["VmHWM"] - max(files, 0)) / 1024, 1)
        out[f"{size / 1e6:.0f} MB in {objects} objects: MB of leader and {workers} workers together"] = shared
    return out


def limit(a, bench):
    db = ready_server(bench)
    size = big_size(a, bench)
    folder = big_table(a, bench, db, "limited", size, 1)
    try:
        db.run("SELECT 1 FROM limited LIMIT 1")
        node, _ = explain(db, "SELECT * FROM limited LIMIT 10")
        received = node.get("Bytes Received", node.get("Received"))
        return {"bytes of the object": os.path.getsize(os.path.join(folder, "0.csv")), "requests": node["Requests"],
                "bytes read": node["Bytes Read"], **({"bytes received": received} if received is not None else {})}
    finally:
        shutil.rmtree(folder)
        db.close()


def world(*arguments):
    """Services of which nothing is stored (test/hostile/worlds.py): the process, which ends with its input, and its URL."""
    here = os.path.dirname(os.path.abspath(__file__))
    process = subprocess.Popen([sys.executable, "-B", os.path.join(here, "../test/hostile/server.py"), *map(str, arguments)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process, f"http://127.0.0.1:{process.stdout.readline().strip()}"


def counted(url):
    """How many requests of each operation it had."""
    with urllib.request.urlopen(f"{url}/hostile/left") as reply:
        return json.load(reply)["counts"]


def partitions(a, bench):
    """One of 1,000 partitions in Glue, its catalog known."""
    glue, url = world("partitions", 1000, f"s3://{bench.BUCKET}/big")
    for d in (69, 70, 71):
        folder = os.path.join(bench.data_dir(), f"big/d={d}/h=x")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "a.csv"), "w") as f:
            f.write(f"{d}\n")
    subprocess.run(["chmod", "-R", "a+rX", bench.data_dir()], check=True)
    db = bench.Psql()
    try:
        db.run("CREATE EXTENSION IF NOT EXISTS pds_fdw; DROP SERVER IF EXISTS big CASCADE; DROP SCHEMA IF EXISTS big CASCADE; CREATE SCHEMA big;"
               + bench.server("big", os.environ["PDS_VERSITYGW_URL"], glue_endpoint_url=url)
               + "IMPORT FOREIGN SCHEMA big FROM SERVER big INTO big")
        sql = "SELECT a FROM big.t WHERE d = 70"
        cold, first = explain(db, sql)
        plans = [explain(db, sql) for _ in range(5)]
        return {"objects read": plans[-1][0]["Objects Read"], "requests of a scan, warm": plans[-1][0]["Requests"],
                "planning ms, cold": round(first, 2), "planning ms, warm": round(statistics.median(p[1] for p in plans), 2)}
    finally:
        db.close()
        glue.stdin.close()
        glue.wait()


def scale(a, bench):
    """A million objects in 10,000 partitions, and a database of 5,000 tables, of which nothing is stored; sessions that know nothing yet."""
    parts, tables = (1000, 500) if a.quick else (10_000, 5_000)
    lake, url = world("lake", parts, 100, tables)
    setup = bench.Psql()
    setup.run("CREATE EXTENSION IF NOT EXISTS pds_fdw; DROP SERVER IF EXISTS lake CASCADE; DROP SCHEMA IF EXISTS lake CASCADE; "
              "DROP SCHEMA IF EXISTS many CASCADE; CREATE SCHEMA lake; CREATE SCHEMA many;" + bench.server("lake", url, cache_ttl=600))
    setup.run("IMPORT FOREIGN SCHEMA big FROM SERVER lake INTO lake")
    seen, out = counted(url), {}
    try:
        for name, sql in (("one partition", "SELECT a FROM lake.t WHERE d = 77"), ("a hundred", "SELECT a FROM lake.t WHERE d >= 100 AND d < 200"),
                          ("all", "SELECT a FROM lake.t")):
            db = bench.Psql("SET max_parallel_workers_per_gather = 0; SET pds.engine = direct")
            db.run("SELECT pds.version()")
            before = status(db)
            cold = json.loads(db.run(f"EXPLAIN (SUMMARY, FORMAT JSON) {sql}"))[0]["Planning Time"]
            warm = json.loads(db.run(f"EXPLAIN (SUMMARY, FORMAT JSON) {sql}"))[0]["Planning Time"]
            after, now = status(db), counted(url)
            out[f"{name}: planning ms, cold"], out[f"{name}: planning ms, warm"] = round(cold, 1), round(warm, 1)
            out[f"{name}: MB of the session"] = round((after["VmHWM"] - before["VmHWM"]) / 1024, 1)
            out[f"{name}: requests"] = ", ".join(f"{n - seen.get(o, 0)} {o}" for o, n in now.items() if n > seen.get(o, 0)) or "none"
            # what is read of all is one row: the list of its objects is made for it all the same
            seen, begin = now, time.monotonic()
            if name != "a hundred":
                db.run(f"SELECT count(*) FROM ({sql}{' LIMIT 1' if name == 'all' else ''}) q")
                seconds, seen = time.monotonic() - begin, counted(url)
                out[f"{name}{', LIMIT 1' if name == 'all' else ''}: seconds of its execution"] = round(seconds, 2)
                out[f"{name}: requests of its execution"] = ", ".join(f"{n - now.get(o, 0)} {o}" for o, n in seen.items() if n > now.get(o, 0))
                out[f"{name}: MB of the session, executed"] = round((status(db)["VmHWM"] - before["VmHWM"]) / 1024, 1)
            db.close()
        begin = time.monotonic()
        # in two statements: each new table is a lock, and PostgreSQL holds some 4,000 with its defaults
        for half in (range(tables // 2), range(tables // 2, tables)):
            setup.run(f"IMPORT FOREIGN SCHEMA many LIMIT TO ({', '.join(f't{i}' for i in half)}) FROM SERVER lake INTO many")
        out[f"IMPORT of {tables} tables: seconds"] = round(time.monotonic() - begin, 2)
        now = counted(url)
        out[f"IMPORT of {tables} tables: requests"] = ", ".join(f"{n - seen.get(o, 0)} {o}" for o, n in now.items() if n > seen.get(o, 0))
        return out
    finally:
        setup.run("DROP SCHEMA IF EXISTS lake CASCADE")
        setup.close()
        lake.stdin.close()
        lake.wait()


ALL = {"slow-link": slow_link, "memory": memory, "limit": limit, "partitions": partitions, "scale": scale}
