#!/usr/bin/env python3
"""Glue catalogs of several accounts and regions, for tests.

    catalogs_server.py FILE

Prints its port. FILE is JSON: {"CATALOG/REGION/DATABASE": {"link": {...}, "tables": [...], "partitions": {"TABLE": [...]}}},
where link is a TargetDatabase and tables are as GetTable gives them. The region is that of the signature, the catalog the
request's CatalogId, else "own". What is not there is an EntityNotFoundException. GET /log is the list of the requests, as
"OPERATION CATALOG REGION"; POST /quit ends it.
"""
import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

catalogs = json.load(open(sys.argv[1]))
log = []


class Missing(Exception):
    pass


def find_table(database, name):
    for table in database.get("tables", []):
        if table["Name"] == name:
            return table
    raise Missing(name)


def answer(operation, place, q):
    name = q["Name"] if operation == "GetDatabase" else q["DatabaseName"]
    database = catalogs.get(f"{place}/{name}")
    if database is None:
        raise Missing(f"{name} in {place}")
    if operation == "GetDatabase":
        return {"Database": {"Name": name, **({"TargetDatabase": database["link"]} if "link" in database else {})}}
    if operation == "GetTable":
        return {"Table": {"DatabaseName": name, **find_table(database, q["Name"])}}
    if operation == "GetTables":
        first = int(q.get("NextToken", 0))
        page = [{"DatabaseName": name, **t} for t in database.get("tables", [])[first:first + 100]]
        more = first + 100 < len(database.get("tables", []))
        return {"TableList": page, **({"NextToken": str(first + 100)} if more else {})}
    partitions = database.get("partitions", {}).get(q["TableName"], [])
    if operation == "GetPartitions":
        return {"Partitions": partitions}
    if operation == "BatchGetPartition":
        wanted = [p["Values"] for p in q["PartitionsToGet"]]
        return {"Partitions": [p for p in partitions if p["Values"] in wanted]}
    raise KeyError(operation)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def reply(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.reply(log)

    def do_POST(self):
        q = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if self.path == "/quit":
            self.reply({})
            Thread(target=server.shutdown).start()
            return
        operation = self.headers["X-Amz-Target"].split(".")[1]
        region = re.search(r"Credential=[^/]+/\d+/([^/]+)/glue/", self.headers["Authorization"]).group(1)
        catalog = q.get("CatalogId", "own")
        log.append(f"{operation} {catalog} {region}")
        try:
            self.reply(answer(operation, f"{catalog}/{region}", q))
        except Missing as e:
            self.reply({"__type": "EntityNotFoundException", "Message": f"{e} not found."}, 400)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
