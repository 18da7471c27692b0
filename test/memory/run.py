#!/usr/bin/env python3
"""How much memory one long record takes, and how soon a cancel is obeyed within it: by codec, dialect and shape.

    run.py [MB ...]     sizes of the record; 64 without any, and PDS_RECORD_MB="64 1023" says which, too

On a running stack (its env is in the environment). Prints TAP, a line a case: the peak of the backend beyond what it had
before, in records. Nothing is stored: an S3 in this process makes the objects of blocks that repeat. What must hold: a peak below
three records and what is fetched ahead; a record over max_record_size is 54000 and named; a cancel ends the statement
within 100 ms (300 here: other work goes on), while it decompresses, indexes or converts.
"""
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from packing import PACK  # noqa: E402

DATABASE = "pds_memory"
MB = 1 << 20
UNIT = 1 << 20
# what a backend fetches ahead, and what every scan needs
WINDOW_MB = 48
CANCEL_S = 0.3


# ---- codecs: a block compressed by itself, which may follow others ----

CODECS = {"none": ("", lambda d: d), "gzip": (".gz", PACK["gz"]), "zstd": (".zst", PACK["zst"]), "bzip2": (".bz2", PACK["bz2"]), "deflate": (".deflate", None),
          "lz4": (".lz4", PACK["lz4"]), "snappy": (".snappy", PACK["snappy"])}


def deflated(pieces):
    """One stream: blocks end at a byte, so what a full flush gives may be repeated."""
    out = [(b"\x78\x9c", 1)]
    for data, times in pieces:
        c = zlib.compressobj(6, zlib.DEFLATED, -15)
        out.append((c.compress(data) + c.flush(zlib.Z_FULL_FLUSH), times))
    # the end of the stream, without its checksum's check: adler is what zlib compares, so it is computed
    a = 1
    for data, times in pieces:
        for _ in range(times):
            a = zlib.adler32(data, a)
    return out + [(b"\x03\x00" + struct.pack(">I", a), 1)]


# ---- objects ----

class Thing:
    """(bytes, times) one behind the other."""
    def __init__(self, pieces):
        self.pieces = [(p, n) for p, n in pieces if p and n]
        self.size = sum(len(p) * n for p, n in self.pieces)

    def write(self, first, last, write):
        at = 0
        for data, times in self.pieces:
            n = len(data) * times
            if first < at + n and last >= at:
                lo, hi = max(first - at, 0), min(last + 1 - at, n)
                while lo < hi:
                    k = lo % len(data)
                    part = data[k:k + min(hi - lo, len(data) - k)]
                    write(part)
                    lo += len(part)
            at += n


things = {}


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that went away: a cancel."""


class S3(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def reply(self, status, body=b"", headers=()):
        self.send_response(status)
        for k, v in headers:
            self.send_header(k, v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        url = urlsplit(self.path)
        key = unquote(url.path).removeprefix("/b").lstrip("/")
        if key == "":
            prefix = parse_qs(url.query).get("prefix", [""])[0]
            found = "".join(f'<Contents><Key>{k}</Key><Size>{t.size}</Size><ETag>"e"</ETag></Contents>' for k, t in sorted(things.items())
                            if k.startswith(prefix))
            return self.reply(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>".encode())
        t = things[key]
        m = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", f"bytes=0-{t.size - 1}"))
        first, last = int(m[1]), min(int(m[2]), t.size - 1)
        self.send_response(206)
        for k, v in (("ETag", '"e"'), ("Content-Range", f"bytes {first}-{last}/{t.size}"), ("Content-Length", str(last - first + 1))):
            self.send_header(k, v)
        self.end_headers()
        try:
            t.write(first, last, self.wfile.write)
        except OSError:
            self.close_connection = True

    do_HEAD = do_GET


# ---- cases ----

def record(shape, mb, delimiter, quoted):
    """Pieces of one record of about so many MB: its first field is 1, its last "end"; and one short record behind it."""
    d = delimiter
    long = mb * MB // UNIT
    if shape == "fields":
        return [(b"1" + d, 1), (d * UNIT, long), (b"end\n2" + d + b"b\n", 1)]
    if shape == "value":
        return [(b"1" + d, 1), (b"x" * UNIT, long), (d + b"end\n2" + d + b"b" + d + b"end\n", 1)]
    if shape == "quotes":
        return [(b"1" + d + quoted, 1), (quoted * UNIT, long), (quoted + d + b"end\n2" + d + b"b" + d + b"end\n", 1)]
    if shape == "escapes":
        return [(b"1" + d, 1), (b"\\" * UNIT, long), (d + b"end\n2" + d + b"b" + d + b"end\n", 1)]
    if shape == "elements":
        return [(b"1" + d, 1), (b"|" * UNIT, long), (d + b"end\n2" + d + b"b" + d + b"end\n", 1)]
    raise KeyError(shape)


def put(folder, codec, pieces):
    suffix, compress = CODECS[codec]
    things[f"{folder}/a.csv{suffix}"] = Thing(deflated(pieces) if compress is None else [(compress(p), n) for p, n in pieces])


def psql(script):
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-c", "SET client_min_messages = warning",
                           "-d", DATABASE, "-f", "-"], input=script,
                          capture_output=True, text=True)
    return done.stdout, done.stderr


def must(script):
    out, err = psql(script)
    if err:
        sys.exit("Bail out! " + err)
    return out


HWM = "SELECT (regexp_match(pg_read_file('/proc/self/status'), 'VmHWM:\\s+(\\d+)'))[1];\n"
SETTINGS = "SET jit = off; SET max_parallel_workers_per_gather = 0; SET pds.engine = direct;\n"
tests = 0


def ok(good, what, *more):
    global tests
    tests += 1
    print(("ok" if good else "not ok"), tests, "-", what, flush=True)
    if not good:
        print("\n".join("#   " + str(m) for m in more), flush=True)


def table(name, folder, columns, options):
    must(f"DROP FOREIGN TABLE IF EXISTS {name}; CREATE FOREIGN TABLE {name} ({columns}) SERVER memory OPTIONS (location 's3://b/{folder}/', {options})")


def measure(mb, what, query, want, most=3.0):
    began = time.monotonic()
    out, err = psql(f"{SETTINGS}SELECT 1 FROM small;\n{HWM}{query};\n{HWM}")
    lines = out.split("\n")
    seconds = time.monotonic() - began
    if err or len(lines) < 4:
        return ok(False, f"{what}: {query}", err[:600])
    peak = (int(lines[-2]) - int(lines[1])) / 1024
    got = "\n".join(lines[2:-2])
    ok(got == want and peak <= most * mb + WINDOW_MB, f"{what}: {query}: {peak / mb:.2f} records, {seconds:.1f} s",
       f"peak {peak:.0f} MB", f"got {got[:200]}", f"want {want}")


def cancelled(query, after):
    """How long the backend goes on behind a cancel so many seconds into the statement; None: it had ended."""
    with subprocess.Popen(["psql", "-XqAt", "-d", DATABASE, "-c", SETTINGS.replace("\n", ""), "-c", "SELECT 1 FROM small", "-c", query],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        p.stdout.readline()
        time.sleep(after)
        began = time.monotonic()
        p.send_signal(signal.SIGINT)
        err = p.stderr.read()
        took = time.monotonic() - began
    return took if "canceling statement" in err else None


DIALECTS = (  # format, options, delimiter, quote, shapes
    ("csv", "format 'csv', null_padding 'true'", b",", b'"', ("fields", "value", "quotes")),
    ("csv |", "format 'csv', null_padding 'true', delimiter '|', quote '!', escape '\\'", b"|", b"!", ("fields", "value")),
    ("opencsv", "format 'opencsv'", b",", b'"', ("fields", "value", "quotes")),
    ("lazysimple", "format 'lazysimple', delimiter ',', escape '\\'", b",", b'"', ("fields", "value", "escapes")),
    ("lazysimple ^A", "format 'lazysimple'", b"\x01", b'"', ("fields",)),
)
# PostgreSQL's aggregates keep two copies more of the first row; so values are looked at below them
LENGTH = "max(l) FROM (SELECT octet_length(b) AS l FROM t OFFSET 0) x"


def queries(format_, shape, mb):
    if shape == "fields":
        return ("count(*) FROM t", "2"), ("count(b) FROM t", "1" if format_.startswith("csv") else "2"), ("max(a) FROM t", "2")
    if shape == "elements":
        return (("max(l) FROM (SELECT cardinality(b) AS l FROM t OFFSET 0) x", str(mb * MB + 1)),)
    return ("count(*) FROM t", "2"), ("count(b) FROM t", "2"), (LENGTH, str(mb * MB if shape == "value" else mb * MB // 2)), ("max(c) FROM t", "end")


def make(name, mb, codec, dialect, shape):
    format_, options, delimiter, quote = dialect[:4]
    folder = re.sub(r"\W", "_", f"{codec}_{format_}_{shape}_{mb}")
    put(folder, codec, record(shape, mb, delimiter, quote))
    table(name, folder, "a text, b text, c text", options + ", max_record_size '1GB'")


def dialect_cases(mb, codec, every):
    for dialect in DIALECTS:
        format_, shapes = dialect[0], dialect[4]
        if not every and format_ not in ("csv", "lazysimple"):
            continue
        for shape in shapes:
            if not every and shape not in ("fields", "value"):
                continue
            make("t", mb, codec, dialect, shape)
            for what, want in queries(format_, shape, mb):
                measure(mb, f"{mb} MB, {codec}, {format_}, {shape}", f"SELECT {what}", want)


# name, a character of it, the bytes that it has here
ENCODINGS = (("latin1", "x", 1), ("latin1", "\u00e9", 2), ("windows-1252", "\u20ac", 3), ("utf-16le", "x", 1), ("utf-16le", "\u00e9", 2))


def encodings(mb):
    """One long value in another encoding; records are counted by their bytes here, which may be more than those of the object."""
    for name, c, width in ENCODINGS:
        unit = (c * UNIT).encode(name)
        many = mb * MB // len(unit)
        folder = re.sub(r"\W", "_", f"{name}_{width}_{mb}")
        put(folder, "none", [("1,".encode(name), 1), (unit, many), (",end\n2,b,end\n".encode(name), 1)])
        table("t", folder, "a text, b text, c text", f"format 'csv', encoding '{name}', max_record_size '1GB'")
        here = many * UNIT * width
        about = f"{mb} MB, {name}, {width} bytes a character"
        for what, want in (("count(*) FROM t", "2"), (LENGTH, str(here)), ("max(c) FROM t", "end")):
            if what == LENGTH and here >= 1 << 30:
                out, err = psql(f"{SETTINGS}SELECT {what}")
                ok("54000" in err, f"{about}: no value of PostgreSQL is so long", out, err)
            else:
                measure(max(here / MB, mb), about, f"SELECT {what}", want)


def over_the_limit(mb):
    for codec in CODECS:
        for dialect in DIALECTS:
            if codec != "none" and dialect[0] != "csv":
                continue
            make("t", mb, codec, dialect, "value")
            must("ALTER FOREIGN TABLE t OPTIONS (SET max_record_size '16MB')")
            for what in ("count(*)", "max(a)"):
                out, err = psql(f"{SETTINGS}SELECT 1 FROM small;\n{HWM}SELECT {what} FROM t")
                ok("54000" in err and re.search(r"byte 0 of s3://b/\S+ is longer than 16777216 bytes \(max_record_size\)", err),
                   f"{mb} MB, {codec}, {dialect[0]}: {what} of a record over max_record_size", out, err)


def by_name(format_):
    return next(d for d in DIALECTS if d[0] == format_)


def cancels(mb):
    """At several moments of each statement."""
    for codec, format_, shape, what in (
            ("none", "csv", "fields", "count(*) FROM t"), ("none", "csv", "fields", "max(c) FROM t"), ("none", "lazysimple", "fields", "max(b) FROM t"),
            ("gzip", "csv", "value", "count(*) FROM t"), ("bzip2", "csv", "value", "count(*) FROM t"), ("zstd", "csv", "value", "max(c) FROM t"),
            ("lz4", "csv", "value", "max(c) FROM t"), ("snappy", "csv", "value", "max(c) FROM t"), ("deflate", "csv", "value", "max(c) FROM t"),
            ("none", "csv", "quotes", LENGTH), ("none", "opencsv", "quotes", LENGTH), ("none", "lazysimple", "escapes", LENGTH)):
        make("t", mb, codec, by_name(format_), shape)
        began = time.monotonic()
        out, err = psql(f"{SETTINGS}SELECT {what}")
        whole = time.monotonic() - began
        if err:
            ok(False, f"{codec}, {format_}, {shape}: {what}", err)
            continue
        # none to cancel: the one that was measured was the slowest; late three times is no other work beside
        for share in (1, 0.5, 0.25):
            took = [cancelled(f"SELECT {what}", whole * part * share) for part in (0.3, 0.5, 0.7, 0.85)]
            took = [t for t in took if t is not None]
            if took and max(took) < CANCEL_S:
                break
        ok(took and max(took) < CANCEL_S, f"{mb} MB, {codec}, {format_}, {shape}: {what}: cancelled {len(took)} times in {whole:.1f} s,"
           f" within {max(took, default=0) * 1000:.0f} ms", took)


def main():
    sizes = [int(s) for s in sys.argv[1:] or os.environ.get("PDS_RECORD_MB", "64").split()]
    server = Server(("127.0.0.1", 0), S3)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    subprocess.run(["psql", "-Xq", "-d", "postgres", "-c", f"DROP DATABASE IF EXISTS {DATABASE}", "-c", f"CREATE DATABASE {DATABASE}"], check=True,
                   stderr=subprocess.DEVNULL)
    must(f"CREATE EXTENSION pds_fdw; CREATE SERVER memory FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1', endpoint_url '{url}');"
         "CREATE USER MAPPING FOR CURRENT_USER SERVER memory OPTIONS (access_key_id 'k', secret_access_key 's')")
    put("small", "none", [(b"1,2\n", 1)])
    table("small", "small", "a text, b text", "format 'csv'")
    for mb in sizes:
        for codec in CODECS:
            dialect_cases(mb, codec, codec == "none" and mb <= 256)
        encodings(mb)
    over_the_limit(min(sizes))
    cancels(max(sizes))
    print(f"1..{tests}")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
