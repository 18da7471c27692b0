#!/usr/bin/env python3
"""A peer of bench/run wide: one line of JSON a work, one line of JSON back {wall, cpu, rss} or {error}.

    wide_peer.py duckdb|polars|awswrangler|chdb THREADS SETS.json

All read from versitygw by their own readers of S3, with types given.
"""
import glob
import json
import os
import sys
import time

KIND, THREADS = sys.argv[1], int(sys.argv[2])
with open(sys.argv[3]) as f:
    SETS = json.load(f)
URL, KEY, SECRET = (os.environ["PDS_VERSITYGW_" + n] for n in ("URL", "ACCESS_KEY", "SECRET_KEY"))
os.environ.update(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET, AWS_DEFAULT_REGION="us-east-1", POLARS_MAX_THREADS=str(THREADS))
for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_SESSION_TOKEN"):
    os.environ.pop(name, None)


class DuckDB:
    TYPES = {"int8": "BIGINT", "int4": "INTEGER", "text": "VARCHAR", "float8": "DOUBLE", "date": "DATE", "timestamp": "TIMESTAMP",
             "timestamptz": "TIMESTAMPTZ", "dec10.2": "DECIMAL(10,2)", "dec12.4": "DECIMAL(12,4)", "dec18.2": "DECIMAL(18,2)"}

    def __init__(self):
        import duckdb
        import duckdb_extension_httpfs
        found = glob.glob(os.path.dirname(duckdb_extension_httpfs.__file__) + "/extensions/*/httpfs.duckdb_extension")
        self.c = duckdb.connect(config={"threads": THREADS})
        self.c.execute(f"LOAD '{found[0]}'")
        self.c.execute(f"CREATE SECRET (TYPE s3, KEY_ID '{KEY}', SECRET '{SECRET}', REGION 'us-east-1', URL_STYLE 'path', "
                       f"USE_SSL false, ENDPOINT '{URL.split('//')[1]}')")

    def table(self, name):
        s = SETS[name]
        columns = ",".join(f"'{n}':'{self.TYPES[t]}'" for n, t in s["columns"])
        return f"read_csv('{s['uri']}*', header=true, quote='\"', escape='\"', columns={{{columns}}})"

    def sql(self, name, sql):
        return self.c.execute(sql.replace("{t}", self.table(name)).replace("{local}", "local_ranks")).to_arrow_table()

    def all(self, name):
        return self.c.execute(f"SELECT * FROM {self.table(name)}").to_arrow_table().num_rows

    def local(self, ranks):
        self.c.execute("CREATE TABLE local_ranks (category VARCHAR, rank INTEGER)")
        self.c.executemany("INSERT INTO local_ranks VALUES (?, ?)", ranks)

    def load(self, name):
        self.c.execute(f"CREATE OR REPLACE TABLE loaded AS SELECT * FROM {self.table(name)}")

    def write(self, uri, codec):
        more = f", COMPRESSION {codec}" if codec else ""
        self.c.execute(f"COPY loaded TO '{uri}' (FORMAT csv{more})")


class ChDB:
    TYPES = {"int8": "Int64", "int4": "Int32", "text": "String", "float8": "Float64", "date": "Date32", "timestamp": "DateTime64(6)",
             "timestamptz": "DateTime64(6)", "dec10.2": "Decimal(10,2)", "dec12.4": "Decimal(12,4)", "dec18.2": "Decimal(18,2)"}

    def __init__(self):
        from chdb import session
        self.s = session.Session()
        self.s.query(f"SET max_threads = {THREADS}")
        self.s.query("SET date_time_input_format = 'best_effort'")

    def table(self, name):
        s = SETS[name]
        columns = ", ".join(f"{n} {self.TYPES[t]}" for n, t in s["columns"])
        path = s["uri"].replace("s3://", URL + "/") + "*"
        return f"s3('{path}', '{KEY}', '{SECRET}', 'CSVWithNames', '{columns}')"

    def sql(self, name, sql):
        sql = sql.replace("date_trunc('month', sold_at)", "toStartOfMonth(sold_at)").replace("TIMESTAMP '", "toDateTime64('").replace(
            "+00'", "', 6, 'UTC')")
        return str(self.s.query(sql.replace("{t}", self.table(name)).replace("{local}", "local_ranks"), "CSV"))

    def all(self, name):
        return len(self.s.query(f"SELECT * FROM {self.table(name)}", "Arrow").bytes())

    def local(self, ranks):
        self.s.query("CREATE TABLE local_ranks (category String, rank Int32) ENGINE = Memory")
        self.s.query("INSERT INTO local_ranks VALUES " + ", ".join(f"('{c}', {r})" for c, r in ranks))

    def load(self, name):
        columns = ", ".join(f"{n} {self.TYPES[t]}" for n, t in SETS[name]["columns"])
        self.s.query("DROP TABLE IF EXISTS loaded")
        self.s.query(f"CREATE TABLE loaded ({columns}) ENGINE = Memory")
        self.s.query(f"INSERT INTO loaded SELECT * FROM {self.table(name)}")

    def write(self, uri, codec):
        path = uri.replace("s3://", URL + "/")
        self.s.query(f"INSERT INTO FUNCTION s3('{path}', '{KEY}', '{SECRET}', 'CSV', 'auto', '{codec or 'none'}') "
                     "SETTINGS s3_truncate_on_insert = 1 SELECT * FROM loaded")


class Polars:
    def __init__(self):
        import polars as pl
        self.pl = pl
        self.types = {"int8": pl.Int64, "int4": pl.Int32, "text": pl.String, "float8": pl.Float64, "date": pl.Date, "timestamp": pl.Datetime("us"),
                      "timestamptz": pl.String, "dec10.2": pl.Decimal(10, 2), "dec12.4": pl.Decimal(12, 4), "dec18.2": pl.Decimal(18, 2)}
        self.options = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "aws_endpoint_url": URL, "aws_region": "us-east-1",
                        "aws_allow_http": "true"}

    def scan(self, name):
        pl, s = self.pl, SETS[name]
        frame = pl.scan_csv(s["uri"] + "*", schema={n: self.types[t] for n, t in s["columns"]}, storage_options=self.options)
        zones = [n for n, t in s["columns"] if t == "timestamptz"]
        return frame.with_columns(pl.col(zones).str.to_datetime("%Y-%m-%dT%H:%M:%S%#z", time_zone="UTC")) if zones else frame

    def sql(self, name, sql):
        pl = self.pl
        # what its SQL has not, in its own words
        if "date_trunc" in sql:
            return self.scan(name).group_by(pl.col("sold_at").dt.truncate("1mo")).agg(pl.len()).collect()
        if "TIMESTAMP '" in sql:
            at = pl.datetime(2024, 6, 1, time_zone="UTC")
            return self.scan(name).filter(pl.col("seen") >= at).select(pl.col("seen").max(), pl.len()).collect()
        frames = {"t": self.scan(name)}
        if "{local}" in sql:
            frames["l"] = self.ranks.lazy()
        return pl.SQLContext(frames=frames).execute(sql.replace("{t}", "t").replace("{local}", "l")).collect()

    def all(self, name):
        return self.scan(name).collect().height

    def local(self, ranks):
        self.ranks = self.pl.DataFrame(ranks, schema={"category": self.pl.String, "rank": self.pl.Int32}, orient="row")

    def load(self, name):
        self.loaded = self.scan(name).collect()

    def write(self, uri, codec):
        if codec:
            raise NotImplementedError("not asked")
        self.loaded.lazy().sink_csv(uri, storage_options=self.options)


class Wrangler:
    def __init__(self):
        import awswrangler as wr
        self.wr = wr
        wr.config.s3_endpoint_url = URL

    def read(self, name, columns=None, **more):
        return self.wr.s3.read_csv(SETS[name]["uri"], use_threads=THREADS if THREADS > 1 else False, usecols=columns, **more)

    def sql(self, name, sql):
        """By the work's words: pandas has no SQL."""
        if "GROUP BY category" in sql:
            return self.read(name, ["category", "rating"]).groupby("category").rating.agg(["count", "mean"])
        if sql == "SELECT count(*) FROM {t}":
            return len(self.read(name, [SETS[name]["columns"][0][0]]))
        if "LIKE '%perfect%'" in sql and "ILIKE" not in sql:
            return self.read(name, ["body"]).body.str.contains("perfect", regex=False).sum()
        raise NotImplementedError("not asked")

    def all(self, name):
        return len(self.read(name))

    def local(self, ranks):
        pass

    def load(self, name):
        self.loaded = self.read(name)

    def write(self, uri, codec):
        self.wr.s3.to_csv(self.loaded, uri, index=False, compression=codec)


def reset_peak():
    try:
        with open("/proc/self/clear_refs", "w") as f:
            f.write("5")
    except OSError:
        pass


def peak():
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM")) / 1024


engine = {"duckdb": DuckDB, "chdb": ChDB, "polars": Polars, "awswrangler": Wrangler}[KIND]()
print("ready", flush=True)
for line in sys.stdin:
    q = json.loads(line)
    reset_peak()
    wall, cpu = time.monotonic(), time.process_time()
    try:
        times = q.get("times", 1)
        for _ in range(times):
            getattr(engine, q["do"])(*q["args"])
        answer = {"wall": (time.monotonic() - wall) / times, "cpu": (time.process_time() - cpu) / times, "rss": round(peak(), 1)}
    except Exception as e:          # the peer's failure is a result, too
        answer = {"error": str(e).split("\n")[0][:200] or type(e).__name__}
    print(json.dumps(answer), flush=True)
