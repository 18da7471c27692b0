"""The table: what a server does, the statement that meets it, and what must come of it.

A row is row(name, sql, want, *faults): want is rows("...") as psql prints them, or fails(SQLSTATE, pattern of the whole message).
  within   seconds
  again    the foreign server's max_attempts are 3 instead of 1
  blocks   it waits: the row runs a second time and is cancelled, which takes 300 ms at most
  memory   MB that the backend may grow by at most while it runs
  world    a function that furnishes the server's World beforehand
  left     what may be left behind (none)
  timeout  statement_timeout in ms
In a statement $h is the foreign server's name.  The tables are those of run.py.
"""
import bz2
import gzip
import json
import struct
import subprocess
import zlib
from functools import lru_cache
from types import SimpleNamespace

import services
from faults import (
    ABSENT,
    CLOSE,
    FOR_EVER,
    RESET,
    Fault,
    body,
    both,
    by_turns,
    chunked,
    chunks,
    cut,
    edited,
    flood,
    header,
    length,
    pour,
    raw,
    replace,
    says,
    setting,
    stall,
    status,
    trickle,
)

TEXT = b"1,x\n2,y\n"
LINES = b"".join(b"%d,%s\n" % (i, b"abcdefghij" * 6) for i in range(60000))      # 4 MB, several ranges
BIG = "60000|1799970000|60"
ALL = "SELECT a, b FROM d ORDER BY a"
SUM = "SELECT count(*), sum(a), max(length(b)) FROM big"
LIST = "SELECT count(*) FROM pds.s3_list('$h', 's3://b/d/')"
ATHENA = "SELECT a, b FROM r ORDER BY a"
IMPORT = "IMPORT FOREIGN SCHEMA db FROM SERVER $h INTO imported"
GONE = r"08006: the connection to \S+ broke"
SILENT = r"08006: no answer from \S+"
XML = "08P01: the reply to ListObjectsV2 is not the XML it should be"


def row(name, sql, want, *faults, within=4.0, again=False, blocks=False, cancel=300, memory=48, world=None, left=None, timeout=60000, group=""):
    return SimpleNamespace(name=name, sql=sql, want=want, faults=faults, within=within, again=again, blocks=blocks, cancel=cancel,
                           memory=memory, world=world, left=left or {}, timeout=timeout, group=group)


def rows(text):
    return SimpleNamespace(rows=text, pattern=None)


def fails(pattern):
    """SQLSTATE and the beginning of the message; both are looked for anywhere in it."""
    return SimpleNamespace(rows=None, pattern=pattern)


def either(text, pattern):
    """What a server says may be more than is needed."""
    return SimpleNamespace(rows=text, pattern=pattern)


# ---- what there is ----

def lz4_block(data):
    """LZ4 and Snappy without a match, in Hadoop's framing."""
    n, out = len(data), bytearray()
    out.append(min(n, 15) << 4)
    rest = n - 15
    while rest >= 255:
        out.append(255)
        rest -= 255
    if n >= 15:
        out.append(rest)
    return bytes(out) + data


def snappy_block(data):
    n, out = len(data), bytearray()
    while n >= 128:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out) + struct.pack("<BH", 61 << 2, len(data) - 1) + data


def hadoop(block, data):
    return struct.pack(">II", len(data), len(block)) + block


@lru_cache(None)
def packed(kind, data):
    if kind == "gz":
        return gzip.compress(data, mtime=0)
    if kind == "bz2":
        return bz2.compress(data)
    if kind == "deflate":
        return zlib.compress(data)
    if kind == "zst":
        return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return hadoop(lz4_block(data) if kind == "lz4" else snappy_block(data), data)


CODECS = ["gz", "bz2", "deflate", "zst", "lz4", "snappy"]


def furnish(w):
    """What every row finds."""
    w.put("b/d/a.csv", TEXT)
    w.put("b/big/a.csv", LINES)
    w.put("b/other/x.csv", b"3,z\n")
    for kind in CODECS:
        w.put(f"b/{kind}/a.csv.{kind}", packed(kind, TEXT))
    w.tables["t"] = services.table("t", "s3://b/d/")
    w.tables["p"] = services.table("p", "s3://b/p/", [("k", "string")])
    w.partitions["p"] = [{"Values": ["1"], "DatabaseName": "db", "TableName": "p", "Parameters": {},
                          "StorageDescriptor": services.descriptor("s3://b/d/")}]


def on(operation, do, times=-1, skip=0):
    return Fault(operation, do, times, skip)


# ---- replies that are cut ----

def cut_rows():
    for where, end in (("reset", RESET), ("close", CLOSE)):
        for part, at in (("head", 0), ("head", 1), ("head", 12), ("head", 0.5), ("head", -1)):
            yield row(f"listing: head cut at {at}, {where}", ALL, fails("08006|08P01"), on("ListObjectsV2", cut(at, end, part)))
            yield row(f"object: head cut at {at}, {where}", ALL, fails("08006|08P01"), on("GetObject", cut(at, end, part)))
        for at in (0, 1, 0.5, -1):
            yield row(f"listing: body cut at {at}, {where}", ALL, fails(GONE), on("ListObjectsV2", cut(at, end)))
            yield row(f"object: body cut at {at}, {where}", ALL, fails(GONE), on("GetObject", cut(at, end)))
            yield row(f"object: body cut once at {at}, {where}: resumed", ALL, rows("1|x\n2|y"), on("GetObject", cut(at, end), times=1),
                      again=True)
            yield row(f"big object: body cut once at {at}, {where}: resumed", SUM, rows(BIG), on("GetObject", cut(at, end), times=1),
                      again=True)
    for service, sql, times in (("GetTables", IMPORT, -1), ("GetQueryExecution", ATHENA, -1), ("StartQueryExecution", ATHENA, 1),
                                ("GetObject results", ATHENA, -1)):
        for part, at in (("head", 0), ("head", 9), ("body", 1), ("body", -1)):
            # what was started and not heard of is found by its token, and stopped
            yield row(f"{service}: {part} cut at {at}", sql, either("1|x\n2|y", "08006|08P01"), on(service, cut(at, CLOSE, part), times), within=6)


# ---- lengths, ranges, versions ----

def length_rows():
    yield row("object: Content-Length longer", ALL, rows("1|x\n2|y"), on("GetObject", length(lambda n: n + 10)))
    yield row("object: Content-Length shorter", ALL, fails(GONE + "|08P01"), on("GetObject", length(lambda n: n - 3)))
    for said in ("-1", "abc", "99999999999999999999999", "1e9", ""):
        yield row(f"object: Content-Length {said!r}", ALL, either("1|x\n2|y", "08006|08P01"), on("GetObject", length(said)))
        yield row(f"listing: Content-Length {said!r}", ALL, either("1|x\n2|y", "08006|08P01"), on("ListObjectsV2", length(said)))
    yield row("object: Content-Length of 1 TB, then silence", ALL, fails("08006"), on("GetObject", both(length(1 << 40), lambda r, q:
              setattr(r, "wire", [r.wire[0][:-1], FOR_EVER]))), blocks=True)
    for name, value in (("none", None), ("another", "bytes 4-7/8"), ("another total", "bytes 0-7/4"), ("backwards", "bytes 7-0/8"),
                        ("text", "bytes a-b/c"), ("unit", "lines 0-7/8"), ("huge", "bytes 0-7/99999999999999999999"),
                        ("negative", "bytes -1-6/8"), ("unknown total", "bytes 0-7/*"), ("trailing", "bytes 0-7/8 bytes"),
                        ("empty", "")):
        yield row(f"object: Content-Range {name}", ALL, fails("08P01: .*Content-Range"), on("GetObject", header(Content_Range=value)))
    yield row("object: 200 instead of 206", ALL, rows("1|x\n2|y"), on("GetObject", lambda r, q: setattr(r, "status", 200)))
    yield row("big object: 200 and the whole of it each time", SUM, rows(BIG), on("GetObject", lambda r, q: whole(r)))
    yield row("object: 204", ALL, fails("08P01|08006"), on("GetObject", status(204)))
    yield row("object: 304", ALL, fails("08P01|08006|40001"), on("GetObject", status(304)))
    yield row("object: 206 of more than was asked for", ALL, rows("1|x\n2|y"), on("GetObject", body(TEXT + b"3,z\n")))
    yield row("object: 416", ALL, fails("08|HV000|40001"), on("GetObject", says(416, "InvalidRange")))
    yield row("object: 412", ALL, fails("40001"), on("GetObject", says(412, "PreconditionFailed")))
    yield row("object: no ETag", ALL, fails("08P01: .*ETag"), on("GetObject", header(ETag=None)))
    yield row("object: another ETag", ALL, fails("40001: .*changed"), on("GetObject", header(ETag='"f"')))
    yield row("big object: another ETag from the second part", SUM, fails("40001: .*changed"), on("GetObject", header(ETag='"f"'), skip=1))
    yield row("object: two ETags", ALL, fails("40001|08P01"), on("GetObject", lambda r, q: r.headers.update({"ETag": '"f"', "etag": r.headers["ETag"]})))
    yield row("object: an ETag of 60 kB", ALL, fails("40001|08P01"), on("GetObject", header(ETag='"' + "e" * 60000 + '"')))
    yield row("listing: no ETag", ALL, rows("1|x\n2|y"), on("ListObjectsV2", body(lambda b: b.replace(b"<ETag>", b"<E>").replace(b"</ETag>", b"</E>"))))


def whole(r):
    r.status, r.body = 200, LINES
    r.headers.pop("Content-Range", None)


# ---- bodies and heads ----

def transport_rows():
    yield row("listing: an endless body", ALL, fails("08P01: .*longer"), on("ListObjectsV2", pour(b"x" * 65536)), memory=64, within=8)
    yield row("listing: endless elements", ALL, fails("08P01: .*longer"), on("ListObjectsV2", pour(b"<a/>" * 16384)), memory=64, within=8)
    yield row("object: an endless body", ALL, rows("1|x\n2|y"), on("GetObject", lambda r, q: endless(r)))
    yield row("tables: an endless body", IMPORT, fails("08P01: .*longer"), on("GetTables", pour(b" " * 65536)), memory=160, within=15)
    yield row("execution: an endless body", ATHENA, fails("08P01: .*longer"), on("GetQueryExecution", pour(b" " * 65536)), memory=160, within=15)
    yield row("listing: an error body without end", ALL, fails("08006|08P01|42501|53000"), on("ListObjectsV2", pour(
        b"<a/>" * 16384, b"HTTP/1.1 500 no\r\nTransfer-Encoding: chunked\r\n\r\n")), within=12, blocks=True)
    yield row("listing: a byte a second", ALL, fails("08006"), on("ListObjectsV2", trickle(1)), within=14, blocks=True)
    yield row("listing: a head of a byte a second", ALL, fails("08006"), on("ListObjectsV2", trickle(1, "head")), within=14, blocks=True)
    yield row("object: a head of a byte a second", ALL, fails("08006"), on("GetObject", trickle(1, "head")), within=14, blocks=True)
    yield row("object: a byte every 50 ms", ALL, rows("1|x\n2|y"), on("GetObject", trickle(0.05)))
    yield row("execution: a byte a second", ATHENA, fails("08006"), on("GetQueryExecution", trickle(1)), within=14, blocks=True)
    for what, op, sql in (("listing", "ListObjectsV2", ALL), ("object", "GetObject", ALL), ("tables", "GetTables", IMPORT)):
        yield row(f"{what}: silence", sql, fails(SILENT), on(op, raw(FOR_EVER)), blocks=True)
        yield row(f"{what}: half a head, then silence", sql, fails(SILENT), on(op, stall(0.5, "head")), blocks=True)
        yield row(f"{what}: half a body, then silence", sql, fails(SILENT + "|" + GONE), on(op, stall(0.5)), blocks=True)
        yield row(f"{what}: a reset", sql, fails("08006"), on(op, raw(RESET)))
        yield row(f"{what}: closed", sql, fails("08006"), on(op, raw(CLOSE)))
        yield row(f"{what}: 1,000 headers", sql, fails("08P01: .*headers"), on(op, flood(3000)))
        yield row(f"{what}: a header of 200 kB", sql, fails("08P01: .*headers"), on(op, header(X_Long="x" * 200000)))
        yield row(f"{what}: endless headers", sql, fails("08P01: .*headers"), on(op, pour(b"X-A: b\r\n" * 4096, b"HTTP/1.1 200 OK\r\n", chunked=False)))
        yield row(f"{what}: a thousand times 100 Continue", sql, fails("08P01|08006"),
                  on(op, pour(b"HTTP/1.1 100 Continue\r\n\r\n" * 512, b"", chunked=False)))
    for size in (b"zz\r\n", b"-5\r\n", b"\r\n", b"ffffffffffffffffff\r\n", b"5" * 5000 + b"\r\n"):
        yield row(f"listing: chunk size {size[:12]!r}", ALL, fails("08006|08P01"), on("ListObjectsV2", chunked(size=lambda n, s=size: s)))
        yield row(f"object: chunk size {size[:12]!r}", ALL, fails("08006|08P01"), on("GetObject", chunked(size=lambda n, s=size: s)))
    yield row("listing: chunks without their end", ALL, fails(GONE), on("ListObjectsV2", chunked(last=b"")))
    yield row("listing: in chunks", ALL, rows("1|x\n2|y"), on("ListObjectsV2", chunked()))
    yield row("object: in chunks", ALL, rows("1|x\n2|y"), on("GetObject", chunked()))
    yield row("object: chunks of a byte with extensions", ALL, rows("1|x\n2|y"),
              on("GetObject", chunks(*(b"1;a=b\r\n" + bytes([c]) + b"\r\n" for c in TEXT), b"0\r\nX-Trailer: t\r\n\r\n")))
    for line in (b"HTTP/1.1 abc OK\r\n", b"HTTP/9.9 200 OK\r\n", b"HTTP/1.1 99 x\r\n", b"HTTP/1.1 1000 x\r\n", b"NOPE\r\n", b"\r\n\r\n", b"\x00\x00\x00\x00"):
        yield row(f"listing: status line {line!r}", ALL, fails("08006|08P01"), on("ListObjectsV2", raw(line + b"Content-Length: 0\r\n\r\n", CLOSE)))
    yield row("listing: a NUL in a header", ALL, fails("08006|08P01"), on("ListObjectsV2", header(X_A="a\0b")))
    yield row("listing: encoded as gzip that it is not, unasked", ALL, rows("1|x\n2|y"), on("ListObjectsV2", header(Content_Encoding="gzip")))


def endless(r):
    head = (b"HTTP/1.1 206 Partial Content\r\nETag: " + r.headers["ETag"].encode() + b"\r\nContent-Range: bytes 0-7/8\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n")
    r.wire = (piece for source in ([head, b"8\r\n" + TEXT + b"\r\n"], iter(lambda: b"4\r\nabcd\r\n", 0)) for piece in source)


# ---- statuses ----

HTML = "<html><head><title>Sign in</title></head><body>\x1b[2JLogin</body></html>"


def status_rows():
    for code, name, state in (
            (400, "ExpiredToken", "28000|28P01"), (400, "InvalidToken", "28000|28P01"), (403, "InvalidAccessKeyId", "28000|28P01"),
            (403, "SignatureDoesNotMatch", "28000|28P01"), (403, "RequestTimeTooSkewed", "28000|28P01"), (403, "AccessDenied", "42501"),
            (400, "AuthorizationHeaderMalformed", "HV000"), (404, "NoSuchBucket", "42704"), (404, "NoSuchKey", "42704"),
            (400, "InvalidRequest", "HV000"), (400, "KeyTooLongError", "HV000"), (503, "SlowDown", "53000"), (429, "TooManyRequests", "53000"),
            (500, "InternalError", "08006"), (503, "ServiceUnavailable", "08006"), (400, "RequestTimeout", "08006"), (501, "NotImplemented", "08006|HV000"),
            (405, "MethodNotAllowed", "HV000"), (409, "OperationAborted", "HV000"), (403, "InvalidObjectState", "55000")):
        yield row(f"object: {code} {name}", ALL, fails(f"({state}): .*{name}|({state})"), on("GetObject", says(code, name)))
        yield row(f"listing: {code} {name}", LIST, fails(f"({state})"), on("ListObjectsV2", says(code, name)))
    for code, name, state in (
            (400, "AccessDeniedException", "42501"), (400, "EntityNotFoundException", "HV00R|42704"), (400, "ThrottlingException", "53000"),
            (400, "InvalidInputException", "HV000"), (500, "InternalServiceException", "08006"), (400, "OperationTimeoutException", "08006"),
            (400, "GlueEncryptionException", "HV000"), (400, "UnrecognizedClientException", "28000|28P01"), (400, "", "HV000|08P01"),
            (400, "A" * 5000, "HV000")):
        yield row(f"tables: {code} {name[:40]}", IMPORT, fails(state), on("GetTables", says(code, name)))
    for code in (403, 500, 502, 404, 400):
        for op, sql in (("GetObject", ALL), ("ListObjectsV2", LIST), ("GetTables", IMPORT), ("StartQueryExecution", ATHENA)):
            yield row(f"{op}: {code} with HTML", sql, fails("42501|08006|42704|HV000|53000"),
                      Fault(op, status(code, HTML, Content_Type="text/html"), instead=True))
    yield row("SlowDown twice", ALL, rows("1|x\n2|y"), on("GetObject", says(503, "SlowDown"), times=2), again=True, within=8)
    yield row("SlowDown for ever", ALL, fails("53000: .*SlowDown"), on("GetObject", says(503, "SlowDown")), again=True, within=8)
    yield row("500 twice", LIST, rows("1"), on("ListObjectsV2", says(500, "InternalError"), times=2), again=True, within=8)
    for said, within in (("1", 4), ("-5", 8), ("abc", 8), ("99999999999999999999", 25), ("Mon, 01 Jan 2029 00:00:00 GMT", 8), ("0", 8)):
        yield row(f"SlowDown once, Retry-After {said}", ALL, rows("1|x\n2|y"), on("GetObject", says(503, "SlowDown", Retry_After=said), times=1),
                  again=True, within=within, blocks=within > 20)
    for code in (301, 302, 303, 307, 308):
        for name, to in (("elsewhere", "http://127.0.0.1:1/x"), ("a file", "file:///etc/passwd"), ("itself", "/"), ("nowhere", None), ("gopher", "gopher://127.0.0.1:1/")):
            yield row(f"listing: {code} to {name}", LIST, fails("HV000|08P01|42704"), on("ListObjectsV2", status(code, "", Location=to)))
    yield row("object: 301 without a region", ALL, fails("HV000"), on("GetObject", says(301, "PermanentRedirect")))
    yield row("listing: 301 from region to region", LIST, fails("HV000"), on("ListObjectsV2", by_turns(
        *(says(301, "PermanentRedirect", x_amz_bucket_region=r) for r in ("eu-west-1", "us-west-2") * 20))))
    yield row("listing: 301 to a region with a line break", LIST, fails("HV000|08P01"), on("ListObjectsV2", status(
        301, "<Error><Code>PermanentRedirect</Code><Region>a&#13;&#10;X-Evil: 1</Region></Error>")))
    yield row("listing: 301 to a host of somebody else", LIST, fails("HV000|08P01"), on("ListObjectsV2", status(
        301, "<Error><Code>PermanentRedirect</Code><Endpoint>127.0.0.1:1</Endpoint><Region>evil.example/#</Region></Error>")))


# ---- listings ----

def listing(*inner, truncated="false", token=None):
    return body("".join(["<?xml version='1.0'?><ListBucketResult>", f"<IsTruncated>{truncated}</IsTruncated>",
                         f"<NextContinuationToken>{token}</NextContinuationToken>" if token else "", *inner, "</ListBucketResult>"]))


def entry(key="d/a.csv", size="8", etag="&quot;e&quot;", more=""):
    return f"<Contents><Key>{key}</Key><Size>{size}</Size><ETag>{etag}</ETag>{more}</Contents>"


def numbered(objects=True):
    n = iter(range(10 ** 9))

    def do(reply, request):
        listing(entry(f"d/{next(n)}.csv") if objects else "", truncated="true", token=f"t{next(n)}")(reply, request)
    return do


def listing_rows():
    for name, text in (("a list of buckets", "<ListAllMyBucketsResult/>"), ("an error", "<Error><Code>AccessDenied</Code></Error>"),
                       ("HTML", HTML), ("nothing", ""), ("JSON", '{"ok":true}'), ("blanks", " \n "), ("text", "ok"), ("NULs", "\0" * 100),
                       ("half a tag", "<ListBucketResult><Contents><Ke"), ("two roots", "<ListBucketResult/><ListBucketResult/>"),
                       ("UTF-16", b"\xff\xfe<\0a\0/\0>\0"), ("bad UTF-8", b"<ListBucketResult>\xff\xfe</ListBucketResult>")):
        yield row(f"listing: {name}", LIST, fails(XML), on("ListObjectsV2", body(text)))
        yield row(f"TRUNCATE: listing is {name}", "TRUNCATE d", fails(XML), on("ListObjectsV2", body(text)))
    yield row("listing: empty", ALL, rows(""), on("ListObjectsV2", listing()))
    yield row("listing: the same token", LIST, fails("08P01: .*same token"), on("ListObjectsV2", listing(entry(), truncated="true", token="A")))
    yield row("listing: two tokens by turns", LIST, fails("08P01: .*token"), on("ListObjectsV2", by_turns(*(
        listing(entry(f"d/{i}.csv"), truncated="true", token="AB"[i % 2]) for i in range(60)))), within=8)
    # nobody knows how long a list is: it ends with the user's patience
    yield row("listing: always a new token", LIST, fails("57014"), on("ListObjectsV2", numbered()), timeout=1500)
    yield row("listing: empty pages and always a new token", LIST, fails("57014"), on("ListObjectsV2", numbered(False)), timeout=1500)
    yield row("listing: goes on without a token", LIST, fails("08P01: .*goes on"), on("ListObjectsV2", listing(entry(), truncated="true")))
    yield row("listing: IsTruncated maybe", LIST, fails("08P01: .*IsTruncated"), on("ListObjectsV2", listing(entry(), truncated="maybe")))
    yield row("listing: a key twice", "SELECT count(*) FROM d", rows("2"), on("ListObjectsV2", body(
        lambda b: b.replace(b"</Contents>", b"</Contents>" + b[b.index(b"<Contents>"):b.index(b"</Contents>") + 11]))))
    for size in ("-1", "abc", "", "8.5", "0x8", "99999999999999999999", " 8", "1e3"):
        yield row(f"listing: size {size!r}", ALL, fails("08P01: .*size"), on("ListObjectsV2", listing(entry(size=size))))
    yield row("listing: no size", ALL, fails("08P01: .*size"), on("ListObjectsV2", listing("<Contents><Key>d/a.csv</Key></Contents>")))
    yield row("listing: no key", ALL, fails("08P01: .*key"), on("ListObjectsV2", listing("<Contents><Size>8</Size></Contents>")))
    yield row("listing: a size that is too small", ALL, fails("08P01|22P04|XX001|40001"), on("ListObjectsV2", replace("<Size>8<", "<Size>5<")))
    yield row("listing: a size that is too large", ALL, fails("08P01|40001|08006"), on("ListObjectsV2", replace("<Size>8<", "<Size>80<")))
    yield row("listing: 4 EB", ALL, fails("08P01|40001|08006|54000"), on("ListObjectsV2", replace("<Size>8<", "<Size>4611686018427387904<")), within=6)
    for name, key in (("outside of the prefix", "other/x.csv"), ("up and away", "../x.csv"), ("an empty key", ""), ("a key of bad UTF-8", "d/%FF%FE.csv")):
        yield row(f"listing: {name}", ALL, fails("08P01|22021|42704"), on("ListObjectsV2", replace("<Key>d/a.csv<", f"<Key>{key}<")))
    yield row("listing: a NUL in a key", ALL, fails("08P01: .*zero byte"), on("ListObjectsV2", replace("<Key>d/a.csv<", "<Key>d/%00.csv<")))
    yield row("listing: a line break in a key", ALL, fails("42704|08P01"), on("ListObjectsV2", replace("<Key>d/a.csv<", "<Key>d/%0D%0AX.csv<")))
    yield row("listing: a control character in a name shown", "SELECT l.uri FROM pds.s3_list('$h', 's3://b/d/') l", rows("s3://b/d/\x1b[2J.csv"),
              on("ListObjectsV2", replace("<Key>d/a.csv<", "<Key>d/%1B%5B2J.csv<")))
    yield row("listing: a key that is not encoded as it says", ALL, fails("42704|08P01"), on("ListObjectsV2", replace("<Key>d/a.csv<", "<Key>d/%zz%4.csv<")))
    yield row("listing: a key of 3 MB", ALL, fails("54000: the URL for GetObject would have"), on("ListObjectsV2", listing(entry("d/" + "k" * 3000000))), memory=96)
    yield row("listing: a bomb of entities", LIST, fails(XML), on("ListObjectsV2", body(
        "<!DOCTYPE a [<!ENTITY a '" + "x" * 1000 + "'>" + "".join(f"<!ENTITY {b} '&{a};&{a};&{a};&{a};&{a};&{a};&{a};&{a};&{a};&{a};'>"
                                                                for a, b in zip("abcdefgh", "bcdefghi")) + "]><ListBucketResult>&i;</ListBucketResult>")))
    yield row("listing: an entity of a file", LIST, fails(XML + "|08P01"), on("ListObjectsV2", body(
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><ListBucketResult><Contents><Key>&x;</Key></Contents></ListBucketResult>")))
    yield row("listing: a million elements deep", LIST, fails("08P01"), on("ListObjectsV2", body("<ListBucketResult>" + "<a>" * 1000000)), memory=128)
    yield row("listing: deep and well-formed", LIST, fails("08P01"), on("ListObjectsV2", listing("<a>" * 100000 + "</a>" * 100000)), memory=128)
    yield row("listing: a name of 1 MB", LIST, fails("08P01"), on("ListObjectsV2", body("<" + "a" * 1000000 + "/>")))
    yield row("listing: 100,000 attributes", LIST, fails("08P01"), on("ListObjectsV2", body(
        "<ListBucketResult " + " ".join(f"a{i}='1'" for i in range(100000)) + "><x>")), memory=96)
    yield row("listing: an encoding nobody knows", LIST, rows("0"), on("ListObjectsV2", body("<?xml version='1.0' encoding='x-nope'?><ListBucketResult/>")))
    yield row("listing: an ETag with a line break", ALL, fails("08P01: .*ETag"), on("ListObjectsV2", listing(entry(etag="&quot;e&quot;&#13;&#10;X: 1"))))
    yield row("listing: 200,000 objects on a page", LIST, rows("200000"), on("ListObjectsV2", listing(*(entry(f"d/{i:06d}") for i in range(100000, 300000)))),
              memory=200, within=10)


# ---- codecs ----

def codec_rows():
    for kind in CODECS:
        good = packed(kind, TEXT)
        sql = f"SELECT a, b FROM {kind} ORDER BY a"

        def replaced(data, kind=kind):
            return lambda w: w.put(f"b/{kind}/a.csv.{kind}", data)

        yield row(f"{kind}: as it is", sql, rows("1|x\n2|y"))
        bad = "XX001|22P04|08P01|54000"
        yield row(f"{kind}: cut in the middle", sql, fails(bad), world=replaced(good[:len(good) // 2]))
        yield row(f"{kind}: the last byte is missing", sql, fails(bad), world=replaced(good[:-1]))
        yield row(f"{kind}: the first byte only", sql, fails(bad), world=replaced(good[:1]))
        yield row(f"{kind}: plain text", sql, fails(bad), world=replaced(TEXT))
        yield row(f"{kind}: NULs", sql, fails(bad), world=replaced(b"\0" * 1000)) if kind not in ("lz4", "snappy") else None
        yield row(f"{kind}: a byte changed", sql, fails(bad), world=replaced(good[:len(good) // 2] + bytes([good[len(good) // 2] ^ 0x55]) + good[len(good) // 2 + 1:])) \
            if kind not in ("lz4", "snappy") else None
        # as gzip itself and Java's streams have it: what follows the last member counts when it is one
        yield row(f"{kind}: text behind it", sql, rows("1|x\n2|y") if kind == "gz" else fails(bad), world=replaced(good + b"junk behind it"))
        if kind != "deflate":
            yield row(f"{kind}: two joined", sql, rows("1|x\n1|x\n2|y\n2|y"), world=replaced(good + good))
        yield row(f"{kind}: a second one that is cut", sql, fails(bad), world=replaced(good + good[:len(good) // 2]))
    yield row("gzip: a bomb of one record", "SELECT count(b) FROM gz", fails("54000"), memory=330, within=20,
              world=lambda w: w.put("b/gz/a.csv.gz", bomb()))
    yield row("gzip: a bomb of many records", "SELECT count(b) FROM gz", rows("26214400"), memory=96, within=30,
              world=lambda w: w.put("b/gz/a.csv.gz", records()))
    for kind, claim in (("lz4", struct.pack(">II", 0xffffffff, 0xffffffff)), ("snappy", struct.pack(">II", 0x7fffffff, 0x7fffffff)),
                        ("lz4", struct.pack(">II", 1 << 27, 10) + b"\xff" * 10), ("snappy", struct.pack(">II", 1 << 27, 10) + b"\xff" * 10)):
        yield row(f"{kind}: claims {claim[:8].hex()}", f"SELECT a FROM {kind}", fails("XX001|22P04|08P01"), world=lambda w, k=kind, c=claim:
                  w.put(f"b/{k}/a.csv.{k}", c + b"x" * 64))
    yield row("zstd: a window of 2 GB", "SELECT a FROM zst", fails("XX001|54000"), world=lambda w: w.put(
        "b/zst/a.csv.zst", b"\x28\xb5\x2f\xfd\x00\xa8" + b"\x00" * 20))


@lru_cache(None)
def bomb():
    return gzip.compress(b"," * (128 << 20), 6, mtime=0)


@lru_cache(None)
def records():
    return gzip.compress(b"1,x\n" * (25 << 20), 6, mtime=0)


def groups():
    return {"cut": cut_rows, "lengths": length_rows, "transport": transport_rows, "statuses": status_rows, "listings": listing_rows, "codecs": codec_rows}


@lru_cache(None)
def rows_of():
    made = {}
    for group, make in groups().items():
        for r in make():
            if r:
                r.group = group
                assert r.name not in made, r.name
                made[r.name] = r
    return made


_ = (json, zlib, ABSENT, edited, setting)
