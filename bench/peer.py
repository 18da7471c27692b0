#!/usr/bin/env python3
"""A peer that is no server: runs a query by name for each line of its input, and prints the seconds it took.

    peer.py duckdb|polars|awswrangler THREADS s3://BUCKET/PREFIX/

All read from versitygw, by their own readers of S3.  Types are given, so that none has to guess them.
"""
import glob
import os
import sys
import time

KIND, THREADS, URI = sys.argv[1], int(sys.argv[2]), sys.argv[3]
URL, KEY, SECRET = (os.environ["PDS_VERSITYGW_" + n] for n in ("URL", "ACCESS_KEY", "SECRET_KEY"))
os.environ.update(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET, AWS_DEFAULT_REGION="us-east-1",
                  POLARS_MAX_THREADS=str(THREADS))
for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_SESSION_TOKEN"):
    os.environ.pop(name, None)


def duckdb_queries():
    import duckdb
    import duckdb_extension_httpfs
    found = glob.glob(os.path.dirname(duckdb_extension_httpfs.__file__) + "/extensions/*/httpfs.duckdb_extension")
    c = duckdb.connect(config={"threads": THREADS})
    c.execute(f"LOAD '{found[0]}'")
    c.execute(f"CREATE SECRET (TYPE s3, KEY_ID '{KEY}', SECRET '{SECRET}', REGION 'us-east-1', URL_STYLE 'path', "
              f"USE_SSL false, ENDPOINT '{URL.split('//')[1]}')")
    table = (f"read_csv('{URI}*.csv', header=true, quote='\"', escape='\"', columns={{'id':'BIGINT','category':'VARCHAR',"
             "'rating':'INTEGER','price':'DECIMAL(10,2)','votes':'INTEGER','sold_at':'TIMESTAMP','title':'VARCHAR','body':'VARCHAR'})")
    sql = {"count": "SELECT count(*) FROM {}", "filter": "SELECT count(*) FROM {} WHERE rating = 5 AND price > 400",
           "group": "SELECT category, count(*), avg(rating) FROM {} GROUP BY category",
           "three": "SELECT count(body), sum(price), max(sold_at) FROM {}"}
    queries = {q: (lambda s=s: c.execute(s.format(table)).fetchall()) for q, s in sql.items()}
    queries["all"] = lambda: c.execute(f"SELECT * FROM {table}").to_arrow_table().num_rows
    return queries


def polars_queries():
    import polars as pl
    schema = {"id": pl.Int64, "category": pl.String, "rating": pl.Int32, "price": pl.Decimal(10, 2), "votes": pl.Int32,
              "sold_at": pl.Datetime("us"), "title": pl.String, "body": pl.String}
    options = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "aws_endpoint_url": URL, "aws_region": "us-east-1",
               "aws_allow_http": "true"}
    scan = lambda: pl.scan_csv(URI + "*.csv", schema=schema, storage_options=options)
    return {
        "count": lambda: scan().select(pl.len()).collect(),
        "filter": lambda: scan().filter((pl.col("rating") == 5) & (pl.col("price") > 400)).select(pl.len()).collect(),
        "group": lambda: scan().group_by("category").agg(pl.len(), pl.col("rating").mean()).collect(),
        "three": lambda: scan().select(pl.col("body").count(), pl.col("price").sum(), pl.col("sold_at").max()).collect(),
        "all": lambda: scan().collect(),
    }


def awswrangler_queries():
    import awswrangler as wr
    wr.config.s3_endpoint_url = URL
    read = lambda columns=None, dates=None: wr.s3.read_csv(URI, use_threads=THREADS if THREADS > 1 else False,
                                                            usecols=columns, parse_dates=dates)
    def filtered():
        d = read(["rating", "price"])
        return ((d.rating == 5) & (d.price > 400)).sum()
    def three():
        d = read(["body", "price", "sold_at"], ["sold_at"])
        return d.body.count(), d.price.sum(), d.sold_at.max()
    return {"count": lambda: len(read(["id"])), "filter": filtered,
            "group": lambda: read(["category", "rating"]).groupby("category").rating.agg(["count", "mean"]),
            "three": three, "all": lambda: read(None, ["sold_at"])}


queries = {"duckdb": duckdb_queries, "polars": polars_queries, "awswrangler": awswrangler_queries}[KIND]()
print("ready", flush=True)
for line in sys.stdin:
    begin = time.monotonic()
    try:
        queries[line.strip()]()
        print(time.monotonic() - begin, flush=True)
    except Exception as e:          # the peer's failure is a result, too
        print("failed " + str(e).split("\n")[0][:200], flush=True)
