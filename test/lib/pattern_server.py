#!/usr/bin/env python3
"""An S3 whose objects are as large as their names say, for tests of scans: nothing is stored.

    pattern_server.py

Prints its port. A bucket has any number of folders KIND-OBJECTS-BLOCKS-LINES/, in which ListObjectsV2 finds OBJECTS objects
of BLOCKS equal blocks of LINES lines of CSV: N,text (64 bytes a line; N is the number of the line in its block). KIND csv has the
text itself, gz and zst have each block compressed apart, which is how such files may be joined. HEAD, GET, Range and If-Match
work as in S3. GET /log gives the requests as a JSON list of [method, key, first, last, bytes sent] and forgets them. PUT /set with
a JSON object: delay (seconds before a reply), rate (bytes a second of a connection), tag (a part of all ETags: what is stored
changes), deny (an access key that may read no object). POST /quit ends it.
"""
import gzip
import json
import re
import subprocess
import time
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

log, knobs = [], {"delay": 0, "rate": 0, "tag": "", "deny": ""}
UNIT = 1 << 20


@lru_cache(None)
def block(kind, lines):
    text = b"".join(b"%08d," % n + b"abcdefghijklmnopqrstuvwxyz" * 2 + b"!!\n" for n in range(lines))
    if kind == "gz":
        return gzip.compress(text, 6, mtime=0)
    if kind == "zst":
        return subprocess.run(["zstd", "-q", "-c"], input=text, stdout=subprocess.PIPE, check=True).stdout
    return text


@lru_cache(None)
def repeated(kind, lines):
    b = block(kind, lines)
    return memoryview(b * (UNIT // len(b) + 2))


def parse(folder):
    m = re.fullmatch(r"(csv|gz|zst)-(\d+)-(\d+)-(\d+)", folder)
    if not m:
        return None
    kind, objects, blocks, lines = m[1], int(m[2]), int(m[3]), int(m[4])
    return kind, objects, blocks, lines, blocks * len(block(kind, lines))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 0

    def log_message(self, *args):
        pass

    def reply(self, status, body=b"", headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if body:
            self.wfile.write(body)

    def error(self, status, code):
        body = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
        self.reply(status, b"" if self.command == "HEAD" else body, length=len(body))

    def list(self, prefix, begin):
        found = parse(prefix.strip("/"))
        out = ["<ListBucketResult>"]
        end = min(begin + 1000, found[1]) if found else 0
        more = bool(found) and end < found[1]
        out.append(f"<IsTruncated>{str(more).lower()}</IsTruncated>")
        if more:
            out.append(f"<NextContinuationToken>{end}</NextContinuationToken>")
        if found:
            kind, _, _, _, size = found
            suffix = {"csv": "csv", "gz": "csv.gz", "zst": "csv.zst"}[kind]
            out += [f"<Contents><Key>{prefix.strip('/')}/{n:06d}.{suffix}</Key><Size>{size}</Size>"
                    f"<ETag>\"{knobs['tag']}{size:x}\"</ETag><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
                    "</Contents>" for n in range(begin, end)]
        out.append("</ListBucketResult>")
        self.reply(200, "".join(out).encode(), [("Content-Type", "application/xml")])
        log.append(["LIST", prefix, 0, 0, 0])

    def send(self, kind, lines, first, last):
        data, size, sent, began = repeated(kind, lines), len(block(kind, lines)), 0, time.monotonic()
        at = first
        while at <= last:
            n = min(last + 1 - at, UNIT if not knobs["rate"] else 65536)
            self.wfile.write(data[at % size:at % size + n])
            at += n
            sent += n
            if knobs["rate"]:
                ahead = sent / knobs["rate"] - (time.monotonic() - began)
                if ahead > 0:
                    time.sleep(ahead)

    def do_GET(self):
        url = urlsplit(self.path)
        path = [p for p in unquote(url.path).split("/") if p]
        query = parse_qs(url.query)
        if path == ["log"]:
            body = json.dumps(log).encode()
            log.clear()
            return self.reply(200, body)
        if knobs["delay"]:
            time.sleep(knobs["delay"])
        if "list-type" in query:
            return self.list(query.get("prefix", [""])[0], int(query.get("continuation-token", ["0"])[0]))
        found = parse(path[1]) if len(path) == 3 else None
        if not found:
            return self.error(404, "NoSuchKey")
        kind, _, _, lines, size = found
        etag = f"\"{knobs['tag']}{size:x}\""
        if knobs["deny"] and f"Credential={knobs['deny']}/" in self.headers.get("Authorization", ""):
            return self.error(403, "AccessDenied")
        if self.headers.get("If-Match", etag) != etag:
            return self.error(412, "PreconditionFailed")
        m = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        first, last = (int(m[1]), min(int(m[2]), size - 1)) if m else (0, size - 1)
        entry = [self.command, "/".join(path[1:]), first, last, 0]
        log.append(entry)
        headers = [("ETag", etag), ("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")]
        if m:
            headers.append(("Content-Range", f"bytes {first}-{last}/{size}"))
        self.reply(206 if m else 200, headers=headers, length=last - first + 1)
        if self.command == "GET":
            try:
                self.send(kind, lines, first, last)
                entry[4] = last - first + 1
            except OSError:
                entry[4] = -1
                self.close_connection = True

    do_HEAD = do_GET

    def do_PUT(self):
        knobs.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.reply(200)

    def do_POST(self):
        self.reply(200)
        Thread(target=self.server.shutdown).start()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
