"""Rows of replies without end: each kind that is collected has a limit, and so has the memory that it takes (LIMITS)."""
from faults import Fault, body, pour, says, status
from rows_services import DATABASES, DIRECT, PARTS
from rows_writes import COPY, LARGE, PUT
from table import ALL, ATHENA, IMPORT, either, fails, on, row

TOO_LONG = "08P01: .*longer than it may be"
SCAN = "SELECT count(*) FROM pds.s3_list('{}', 's3://b/d/')"

# kind: what its endless reply is made of, and the MB that a backend may grow by beyond the parts of an upload.  The limits in bytes: test_replies.c
LIMITS = {
    "xml": (b"<a/>" * 16384, 64),
    "json": (b" " * 65536, 160),
    "secret": (b" " * 65536, 24),
}

# operation, kind, the statement that meets it
REPLIES = [
    ("ListObjectsV2", "xml", ALL), ("ListBuckets", "xml", "SELECT count(*) FROM pds.s3_list('$h', 's3://')"), ("ListMultipartUploads", "xml", "SELECT count(*) FROM pds.sweep('$h', 's3://b/w/')"),
    ("PutObject", "xml", PUT), ("CopyObject", "xml", COPY), ("DeleteObjects", "xml", "TRUNCATE d"), ("CreateMultipartUpload", "xml", LARGE), ("UploadPart", "xml", LARGE),
    ("CompleteMultipartUpload", "xml", LARGE), ("CreateBucket", "xml", "SELECT pds.s3_create_bucket('$h', 'new')"), ("DeleteBucket", "xml", "SELECT pds.s3_delete_bucket('$h', 'new')"),
    ("GetCallerIdentity", "xml", "SELECT * FROM pds.session('$h')"),
    ("GetTable", "json", DIRECT), ("GetTables", "json", IMPORT), ("GetDatabases", "json", DATABASES), ("GetPartitions", "json", PARTS), ("GetCrawlers", "json", "SELECT count(*) FROM pds.crawlers('$h')"),
    ("StartQueryExecution", "json", ATHENA), ("GetQueryExecution", "json", ATHENA), ("GetQueryResults", "json", ATHENA),
    ("AssumeRole", "secret", SCAN.format("sts")), ("AssumeRoleWithWebIdentity", "secret", SCAN.format("web")), ("SsoCredentials", "secret", SCAN.format("sso")), ("Container", "secret", SCAN.format("container")),
    ("ImdsToken", "secret", SCAN.format("imds")), ("ImdsRole", "secret", SCAN.format("imds")), ("ImdsCredentials", "secret", SCAN.format("imds")),
]
# what has to be so before it is asked for
BEFORE = {
    "CreateBucket": [on("HeadBucket", status(404))],
    "GetQueryResults": [on("GetObject results", says(403, "AccessDenied"))],
}


def limit_rows():
    for operation, kind, sql in REPLIES:
        piece, memory = LIMITS[kind]
        parts = 48 if sql == LARGE else 0
        before = BEFORE.get(operation, [])
        # an execution of which nothing is known keeps its connection until it is
        later = "transaction" if operation in ("StartQueryExecution", "GetQueryExecution") else None

        def wanted(pattern, operation=operation):
            # metadata is asked without a token, too
            return either("1", pattern) if operation == "ImdsToken" else fails(pattern)

        yield row(f"{operation}: a reply without end", sql, wanted(TOO_LONG), *before, Fault(operation, pour(piece), instead=True), memory=memory + parts, within=15, later=later)
        if operation != "ListObjectsV2":    # rows_http.py
            yield row(f"{operation}: an error without end", sql, wanted("^(08006|08P01|28000|53000|HV...|42...): "), *before, Fault(
                operation, pour(piece, b"HTTP/1.1 500 no\r\nTransfer-Encoding: chunked\r\n\r\n"), instead=True), memory=24 + parts, within=8, later=later)
    yield row("GetTables: ten MB of five million values", IMPORT, fails("08P01: the reply to GetTables has more than 4000000 values"),
              on("GetTables", body(b'{"TableList":[' + b"0," * 5_000_000 + b"0]}")), memory=64)


GROUPS = {"limits": limit_rows}
