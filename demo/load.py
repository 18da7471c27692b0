#!/usr/bin/env python3
"""Load the demo's data as its owner would: objects with S3's API, tables with Glue's.

    load.py DIR     (the folder that make_reviews.py wrote; endpoints and keys come from the environment)

Bucket dsoaws-demo, Glue database dsoaws with the tables reviews (lazysimple, TAB, typed) and
reviews_by_year (the same, partitioned); s3://dsoaws-demo/raw/ holds the shop's own export, which no Glue
table describes. Bucket dsoaws-public is what anybody may read: the export without the sentiment, an object a
year, which demo/notebook.sql begins with.
"""
import csv
import io
import os
import sys

import boto3
import make_reviews

BUCKET, DATABASE, PUBLIC = "dsoaws-demo", "dsoaws", "dsoaws-public"
COMMENTS = {
    "review_id": "number of the review", "sentiment": "-1 bad, 0 neutral, 1 good, from the stars",
    "helpful_votes": "readers who found it helpful; missing when nobody was asked",
    "price": "US dollars", "reviewed_at": "UTC", "review_body": "text of the review",
}


def storage(columns, location):
    return {
        "Columns": columns,
        "Location": location,
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "NumberOfBuckets": -1,
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
            "Parameters": {"field.delim": "\t", "serialization.format": "\t"},
        },
    }


def table(name, description, columns, location, keys=(), rows=None):
    parameters = {"classification": "csv", "skip.header.line.count": "1", "typeOfData": "file"}
    if rows:
        parameters["recordCount"] = str(rows)
    return {"Name": name, "Description": description, "TableType": "EXTERNAL_TABLE", "Parameters": parameters,
            "PartitionKeys": list(keys), "StorageDescriptor": storage(columns, location)}


def bucket(s3, name, acl="private"):
    try:
        s3.create_bucket(Bucket=name, ACL=acl)
    except (s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
        pass


def publish(s3, folder):
    """The public bucket: data/reviews_YEAR.csv, RFC 4180, without the column sentiment."""
    bucket(s3, PUBLIC, "public-read")
    years = {}
    with open(os.path.join(folder, "raw.csv"), encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            del row["sentiment"]
            years.setdefault(row["review_date"][:4], []).append(row)
    for year, rows in years.items():
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        s3.put_object(Bucket=PUBLIC, Key=f"data/reviews_{year}.csv", Body=out.getvalue().encode(),
                      ContentType="text/csv", ACL="public-read")
    s3.put_object(Bucket=PUBLIC, Key="README.txt", ContentType="text/plain", ACL="public-read",
                  Body=b"Product reviews of a shop, made up. Take what you like.\n")


def load(folder):
    s3, glue = boto3.client("s3"), boto3.client("glue")
    publish(s3, folder)
    bucket(s3, BUCKET)
    columns = [{"Name": n, "Type": t, **({"Comment": COMMENTS[n]} if n in COMMENTS else {})}
               for n, t in zip(make_reviews.COLUMNS, make_reviews.TYPES)]
    base = f"s3://{BUCKET}"

    with open(os.path.join(folder, "reviews.tsv"), "rb") as f:
        tsv = f.read()
    s3.put_object(Bucket=BUCKET, Key="reviews/reviews.tsv", Body=tsv)
    with open(os.path.join(folder, "raw.csv"), "rb") as f:
        s3.put_object(Bucket=BUCKET, Key="raw/raw.csv", Body=f.read())

    header, *lines = tsv.decode().splitlines(keepends=True)
    by_year = {}
    date = make_reviews.COLUMNS.index("review_date")
    for line in lines:
        by_year.setdefault(line.split("\t")[date][:4], []).append(line)
    for year, part in by_year.items():
        s3.put_object(Bucket=BUCKET, Key=f"reviews_by_year/year={year}/part-0.tsv",
                      Body=(header + "".join(part)).encode())

    try:
        glue.create_database(DatabaseInput={"Name": DATABASE, "Description": "Product reviews of a shop"})
    except glue.exceptions.AlreadyExistsException:
        pass
    for t in (table("reviews", "Product reviews, one line each", columns, f"{base}/reviews/", rows=len(lines)),
              table("reviews_by_year", "The same reviews, a folder a year", columns, f"{base}/reviews_by_year/",
                    keys=[{"Name": "year", "Type": "int", "Comment": "of review_date"}], rows=len(lines))):
        try:
            glue.delete_table(DatabaseName=DATABASE, Name=t["Name"])
        except glue.exceptions.EntityNotFoundException:
            pass
        glue.create_table(DatabaseName=DATABASE, TableInput=t)
    glue.batch_create_partition(
        DatabaseName=DATABASE, TableName="reviews_by_year",
        PartitionInputList=[{"Values": [y], "StorageDescriptor":
                             storage(columns, f"{base}/reviews_by_year/year={y}/")} for y in sorted(by_year)])


if __name__ == "__main__":
    load(sys.argv[1])
