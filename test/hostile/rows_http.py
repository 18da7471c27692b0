"""Rows of what any service may do: replies that are cut, lengths and versions that lie, bodies without end, statuses."""
from faults import CLOSE, FOR_EVER, RESET, Fault, body, both, by_turns, chunked, chunks, cut, flood, header, length, pour, raw, says, stall, status, trickle
from table import ALL, ATHENA, BIG, GONE, HTML, IMPORT, LINES, LIST, SILENT, SUM, TEXT, either, fails, on, row, rows

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
    yield row("object: 416", ALL, fails("^(08P01|08006|HV000|40001): "), on("GetObject", says(416, "InvalidRange")))
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
        b"<a/>" * 16384, b"HTTP/1.1 500 no\r\nTransfer-Encoding: chunked\r\n\r\n")), memory=24)
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
    for line in (b"HTTP/1.1 abc OK\r\n", b"HTTP/9.9 200 OK\r\n", b"HTTP/1.1 99 x\r\n", b"HTTP/1.1 1000 x\r\n", b"HTTP/1.1 200x OK\r\n", b"HTTP/1.1x 200 OK\r\n", b"HTTP/1.1 102 Processing\r\n",
                 b"NOPE\r\n", b"\r\n\r\n", b"\x00\x00\x00\x00"):
        yield row(f"listing: status line {line!r}", ALL, fails("08006|08P01"), on("ListObjectsV2", raw(line + b"Content-Length: 0\r\n\r\n", CLOSE)))
    yield row("listing: a NUL in a header", ALL, fails("08006|08P01"), on("ListObjectsV2", header(X_A="a\0b")))
    yield row("listing: encoded as gzip that it is not, unasked", ALL, rows("1|x\n2|y"), on("ListObjectsV2", header(Content_Encoding="gzip")))


def endless(r):
    head = (b"HTTP/1.1 206 Partial Content\r\nETag: " + r.headers["ETag"].encode() + b"\r\nContent-Range: bytes 0-7/8\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n")
    r.wire = (piece for source in ([head, b"8\r\n" + TEXT + b"\r\n"], iter(lambda: b"4\r\nabcd\r\n", 0)) for piece in source)


# ---- statuses ----



def status_rows():
    for code, name, state in (
            (400, "ExpiredToken", "28000|28P01"), (400, "InvalidToken", "28000|28P01"), (403, "InvalidAccessKeyId", "28000|28P01"),
            (403, "SignatureDoesNotMatch", "28000|28P01"), (403, "RequestTimeTooSkewed", "28000|28P01"), (403, "AccessDenied", "42501"),
            (400, "AuthorizationHeaderMalformed", "HV000"), (404, "NoSuchBucket", "42704"), (404, "NoSuchKey", "42704"),
            (400, "InvalidRequest", "HV000"), (400, "KeyTooLongError", "HV000"), (503, "SlowDown", "53000"), (429, "TooManyRequests", "53000"),
            (500, "InternalError", "08006"), (503, "ServiceUnavailable", "08006"), (400, "RequestTimeout", "08006"), (501, "NotImplemented", "08006|HV000"),
            (405, "MethodNotAllowed", "HV000"), (409, "OperationAborted", "HV000"), (403, "InvalidObjectState", "55000")):
        yield row(f"object: {code} {name}", ALL, fails(f"^({state}): "), on("GetObject", says(code, name)))
        yield row(f"listing: {code} {name}", LIST, fails(f"^({state}): "), on("ListObjectsV2", says(code, name)))
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


GROUPS = {"cut": cut_rows, "lengths": length_rows, "transport": transport_rows, "statuses": status_rows}
