#!/usr/bin/env python3
"""A Glue catalog with one table of very many partitions, for tests.

    glue_server.py COUNT LOCATION

Prints its port. The table big.t (column a int; keys d int, h string) has COUNT partitions (d = 0 .. COUNT - 1, h = "x"),
at LOCATION/d=N/h=x/. Pages of at most 1,000; segments overlap: each also gives the first partition of the next one.
Expressions "d = N" are evaluated, others are not. GET /counts tells how often each operation was called, POST /quit ends it.
"""
import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

COUNT, LOCATION = int(sys.argv[1]), sys.argv[2].rstrip("/")
LAZY = {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}}
counts = {}


def descriptor(location, columns):
    d = {"Location": location, "InputFormat": "org.apache.hadoop.mapred.TextInputFormat", "SerdeInfo": LAZY,
         "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"}
    if columns:
        d["Columns"] = [{"Name": "a", "Type": "int"}]
    return d


def partition(n, columns=False):
    return {"Values": [str(n), "x"], "DatabaseName": "big", "TableName": "t", "Parameters": {"numRows": "1"},
            "StorageDescriptor": descriptor(f"{LOCATION}/d={n}/h=x/", columns)}


def get_partitions(q):
    found = re.search(r"\bd = (\d+)", q.get("Expression", ""))
    segment = q.get("Segment", {"SegmentNumber": 0, "TotalSegments": 1})
    number, total = segment["SegmentNumber"], segment["TotalSegments"]
    first, end = COUNT * number // total, min(COUNT * (number + 1) // total + 1, COUNT)
    if found:
        first, end = int(found.group(1)), min(int(found.group(1)) + 1, COUNT)
    start = int(q.get("NextToken", first))
    stop = min(start + min(q.get("MaxResults", 100), 1000), end)
    reply = {"Partitions": [partition(n, not q.get("ExcludeColumnSchema")) for n in range(start, stop)]}
    if stop < end:
        reply["NextToken"] = str(stop)
    return reply


def answer(operation, q):
    if operation == "GetDatabase":
        return {"Database": {"Name": "big"}}
    table = {"Name": "t", "DatabaseName": "big", "TableType": "EXTERNAL_TABLE", "Parameters": {},
             "PartitionKeys": [{"Name": "d", "Type": "int"}, {"Name": "h", "Type": "string"}],
             "StorageDescriptor": descriptor(LOCATION + "/", True)}
    if operation == "GetTable":
        return {"Table": table}
    if operation == "GetTables":
        return {"TableList": [table]}
    if operation == "GetPartitions":
        return get_partitions(q)
    if operation == "BatchGetPartition":
        return {"Partitions": [partition(int(p["Values"][0]), True) for p in q["PartitionsToGet"]]}
    raise KeyError(operation)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def reply(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.reply(counts)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/quit":
            self.reply({})
            Thread(target=server.shutdown).start()
            return
        operation = self.headers["X-Amz-Target"].split(".")[1]
        q = json.loads(body)
        name = operation + ("/segments" if "Segment" in q else "")
        counts[name] = counts.get(name, 0) + 1
        self.reply(answer(operation, q))


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
