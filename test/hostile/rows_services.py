"""Rows of Glue and Athena: what their JSON says, results, executions that do not end."""
import json

from faults import ABSENT, FOR_EVER, RESET, Fault, body, both, cut, edited, raw, says, setting
from table import ATHENA, HTML, IMPORT, SILENT, fails, on, row, rows

# an error that a user can act on: no internal error (XX), no want of memory
ANY = r"^(08P01|HV...|42...|22...|0A000|54000|40001): "
DIRECT = "SELECT a, b FROM g ORDER BY a"
PARTS = "SELECT a, b, k FROM gp ORDER BY a"
RESULT = "08P01: the result of the query is not whole"
DATABASES = "SELECT name FROM pds.databases('once') ORDER BY 1"
NAMELESS = "08P01: the reply to Get(Tables|Databases) lists something without a Name"
IMPORTED = "BEGIN; " + IMPORT + "; SELECT count(*) FROM pg_class WHERE relnamespace = 'imported'::regnamespace; ROLLBACK"


def glue_rows():
    yield row("table: as it is", DIRECT, rows("1|x\n2|y"))
    yield row("partitions: as they are", PARTS, rows("1|x|1\n2|y|1"))
    for name, text in (("nothing", ""), ("HTML", HTML), ("XML", "<a/>"), ("half", '{"Table":{"Name":"t"'), ("an array", "[]"), ("null", "null"), ("a number", "1e999"),
                       ("text behind it", '{"Table":{}} x'), ("100,000 arrays", "[" * 100000), ("100,000 objects", '{"Table":' * 100000),
                       ("bad UTF-8", b'{"Table":"\xff\xfe"}'), ("a lone surrogate", '{"Table":"\\ud800"}'), ("NULs", b"\0" * 64), ("{}", "{}"),
                       ("another member", '{"Tables":{}}'), ("Table: null", '{"Table":null}'), ("Table: []", '{"Table":[]}'), ("Table: 1", '{"Table":1}'), ("Table: {}", '{"Table":{}}')):
        yield row(f"table: {name}", DIRECT, fails(ANY), on("GetTable", body(text)))
        yield row(f"tables: {name}", IMPORT, fails(ANY), on("GetTables", body(text.replace("Table", "TableList") if isinstance(text, str) else text))) \
            if name != "Table: []" else row("tables: none", IMPORTED, rows("0"), on("GetTables", body('{"TableList":[]}')))
    at = "Table/StorageDescriptor"
    wrong = {"null": None, "absent": ABSENT, "a number": 7, "a text": "text", "an array": [1, None, "x"], "an object": {"a": 1}}
    for member in ("", "/Location", "/Columns", "/SerdeInfo", "/SerdeInfo/SerializationLibrary", "/InputFormat"):
        for name, value in wrong.items():
            yield row(f"table: StorageDescriptor{member} is {name}", DIRECT, SANE, on("GetTable", setting(at + member, value)))
    for name, value in wrong.items():
        yield row(f"table: PartitionKeys are {name}", DIRECT, SANE, on("GetTable", setting("Table/PartitionKeys", value)))
        yield row(f"table: Parameters are {name}", DIRECT, SANE, on("GetTable", setting("Table/Parameters", value)))
        yield row(f"table: SerdeInfo/Parameters are {name}", DIRECT, SANE, on("GetTable", setting(at + "/SerdeInfo/Parameters", value)))
        yield row(f"table: a column is {name}", DIRECT, SANE, on("GetTable", setting(at + "/Columns/0", value))) if value is not ABSENT else row(
            "table: no column is there", DIRECT, SANE, on("GetTable", setting(at + "/Columns", [])))
        yield row(f"partitions: they are {name}", PARTS, SANE, on("GetPartitions", setting("Partitions", value)))
        yield row(f"partitions: Values are {name}", PARTS, SANE, on("GetPartitions", setting("Partitions/0/Values", value)))
        yield row(f"partitions: StorageDescriptor is {name}", PARTS, SANE, on("GetPartitions", setting("Partitions/0/StorageDescriptor", value)))
        yield row(f"tables: one is {name}", IMPORT, fails(NAMELESS), on("GetTables", setting("TableList/0", value))) if value is not ABSENT else row(
            "tables: the list is empty", IMPORTED, rows("0"), on("GetTables", setting("TableList", [])))
        yield row(f"databases: one is {name}", DATABASES, fails(NAMELESS), on("GetDatabases", setting("DatabaseList/0", value))) if value is not ABSENT else row(
            "databases: the list is empty", DATABASES, rows(""), on("GetDatabases", setting("DatabaseList", [])))
        if name != "a text":
            yield row(f"tables: a Name is {name}", IMPORT, fails(NAMELESS), on("GetTables", setting("TableList/0/Name", value)))
            yield row(f"databases: a Name is {name}", DATABASES, fails(NAMELESS), on("GetDatabases", setting("DatabaseList/0/Name", value)))
    for place in ("s3://", "s3:///", "s3://b", "file:///etc/passwd", "http://127.0.0.1:1/x", "s3://b/../../etc/", "s3://B_A D/x/", "s3://b/\r\nX: 1/", "s3://b/" + "k" * 5000,
                  "s3://b@evil.example/x/", "s3://b:80/x/", "s3://127.0.0.1/x/", "s3://b/d/#x", "s3://b/d/?x=1", "s3://b/%00/", "S3://b/d/", "x", "hdfs://b/d/"):
        yield row(f"table: Location {place[:24]!r}", DIRECT, SANE, on("GetTable", setting(at + "/Location", place)))
        yield row(f"partitions: Location {place[:24]!r}", PARTS, SANE, on("GetPartitions", setting("Partitions/0/StorageDescriptor/Location", place)))
    for name, value in (("-1", "-1"), ("1e9", "1e9"), ("99999999999999999999", "99999999999999999999"), ("text", "x"), ("empty", "")):
        yield row(f"table: skip.header.line.count {name}", DIRECT, SANE, on("GetTable", setting("Table/Parameters/skip.header.line.count", value)))
    for delimiter in ("", "\0", "ab", "\u00e9", "\ud800", "-1", "256", "9999999999", "\n", "\\"):
        yield row(f"table: field.delim {delimiter!r}", DIRECT, SANE, on("GetTable", setting(at + "/SerdeInfo/Parameters/field.delim", delimiter)))
    for kind in ("", "int(", "array<" * 20000, "struct<" * 3000 + ">" * 3000, "decimal(99999999999,1)", "decimal(-1)", "varchar(0)", "map<int>", "int\0", "int; DROP", "\u0130NT", "x" * 100000):
        yield row(f"tables: a column of type {kind[:20]!r}", IMPORTED, SANE, on("GetTables", setting("TableList/0/StorageDescriptor/Columns/0/Type", kind)), memory=96)
    for name in ("", '"; DROP TABLE x; --', "a\nb", "a\0b", "\ud800", "x" * 100000, "tableoid", "a" * 64, "\u202e", "'", "$1", "%s%n"):
        yield row(f"tables: a table called {name[:20]!r}", IMPORTED, SANE, on("GetTables", setting("TableList/0/Name", name)), memory=96)
        yield row(f"tables: a column called {name[:20]!r}", IMPORTED, SANE, on("GetTables", setting("TableList/0/StorageDescriptor/Columns/0/Name", name)), memory=96)
        yield row(f"partitions: a value {name[:20]!r}", PARTS, SANE, on("GetPartitions", setting("Partitions/0/Values/0", name)))
    yield row("tables: 20,000 columns", IMPORTED, SANE, on("GetTables", setting(
        "TableList/0/StorageDescriptor/Columns", [{"Name": f"c{i}", "Type": "int"} for i in range(20000)])), memory=160, within=10)
    yield row("tables: two of one name", IMPORTED, SANE, on("GetTables", edited(lambda v: {"TableList": v["TableList"] * 2})))
    yield row("tables: the same token", IMPORT, fails("08P01: .*same token"), on("GetTables", setting("NextToken", "A")))
    yield row("partitions: the same token", PARTS, fails("08P01: .*same token"), on("GetPartitions", setting("NextToken", "A")))
    for name, value in wrong.items():
        if value not in (None, ABSENT):
            yield row(f"tables: NextToken is {name}", IMPORTED, SANE, on("GetTables", setting("NextToken", value)))
    yield row("partitions: more values than keys", PARTS, fails(ANY), on("GetPartitions", setting("Partitions/0/Values", ["1", "2"])))
    yield row("partitions: none of the values", PARTS, fails(ANY), on("GetPartitions", setting("Partitions/0/Values", [])))
    yield row("database: a link to itself", IMPORTED, SANE, on("GetDatabase", setting("Database/TargetDatabase", {"CatalogId": "1", "DatabaseName": "db"})))
    yield row("table: a link to itself", DIRECT, SANE, on("GetTable", setting("Table/TargetTable", {"CatalogId": "1", "DatabaseName": "db", "Name": "t"})))
    yield row("table: a view that is no JSON", DIRECT, SANE, on("GetTable", both(setting("Table/TableType", "VIRTUAL_VIEW"), setting("Table/ViewOriginalText", "/* Presto View: !!! */"))))


SANE = fails(ANY)
SANE.sane = True


# ---- Athena ----

STATE = "QueryExecution/Status/State"


def for_ever(w):
    """Executions that run until they are stopped."""
    start = w.StartQueryExecution

    def started(r):
        reply = start(r)
        w.executions[json.loads(reply.body)["QueryExecutionId"]]["for_ever"] = True
        return reply
    w.StartQueryExecution = started


def athena_rows():
    yield row("athena: as it is", ATHENA, rows("1|x\n2|y"))
    yield row("execution: runs for ever", ATHENA, fails("57014"), world=for_ever, timeout=1500, blocks=True)
    yield row("execution: queued for ever", ATHENA, fails("57014"), on("GetQueryExecution", setting(STATE, "QUEUED")), world=for_ever, timeout=1500, blocks=True)
    yield row("athena_query: runs for ever", "SELECT * FROM pds.athena_query('$h', 'select 1') AS t(a int)", fails("57014"), world=for_ever, timeout=1500, blocks=True)
    for name, value in (("unknown", "THINKING"), ("empty", ""), ("a number", 3), ("null", None), ("absent", ABSENT), ("small letters", "succeeded")):
        yield row(f"execution: state {name}", ATHENA, fails("08P01: .*state"), on("GetQueryExecution", setting(STATE, value)), world=for_ever)
    for name, reason, pattern in (("with a reason", "SYNTAX_ERROR: line 1:1: no", "HV\\w\\w\\w: Athena failed the query: SYNTAX_ERROR"), ("without one", ABSENT, "no reason given"),
                                  ("with a long one", "x" * 100000, "Athena failed the query: x"), ("with control characters", "a\x1b[2J\x07\nb", "Athena failed the query: a"),
                                  ("with a number", 7, "no reason given")):
        yield row(f"execution: FAILED {name}", ATHENA, fails(pattern), on("GetQueryExecution", both(
            setting(STATE, "FAILED"), setting("QueryExecution/Status/StateChangeReason", "x"), setting("QueryExecution/Status/StateChangeReason", reason))),
            left={"results": 2})
    yield row("execution: CANCELLED by somebody", ATHENA, fails("Athena cancelled the query"), on("GetQueryExecution", setting(STATE, "CANCELLED")), left={"results": 2})
    yield row("execution: lost", ATHENA, fails("HV000|42704"), on("GetQueryExecution", says(400, "InvalidRequestException", "QueryExecution was not found")))
    yield row("execution: denied", ATHENA, fails("42501"), on("GetQueryExecution", says(400, "AccessDeniedException")))
    yield row("execution: throttled for ever", ATHENA, fails("57014"), on("GetQueryExecution", says(400, "ThrottlingException")), timeout=1500, blocks=True)
    yield row("execution: throttled three times", ATHENA, rows("1|x\n2|y"), on("GetQueryExecution", says(400, "ThrottlingException"), times=3), within=12)
    yield row("execution: too many requests, for ever", ATHENA, fails("57014|53000"), Fault("StartQueryExecution", says(400, "TooManyRequestsException"), instead=True),
              timeout=1500, blocks=True)
    for place, pattern in (("s3://elsewhere/x.csv", "HV000|42704"), ("s3://", ANY), ("file:///etc/passwd", ANY), ("", ANY), ("s3://b/results/\r\nX: 1", ANY),
                           ("s3://b/" + "k" * 3000, "42704|08P01|HV")):
        yield row(f"result: it is at {place[:30]!r}", ATHENA, fails(pattern), on("GetQueryExecution", setting("QueryExecution/ResultConfiguration/OutputLocation", place)),
                  on("GetQueryResults", says(400, "InvalidRequestException", "no")), left={"results": 2})
    yield row("result: nobody says where", ATHENA, rows("1|x\n2|y"), on("GetQueryExecution", setting("QueryExecution/ResultConfiguration", ABSENT)), left={"results": 2})
    yield row("result: it is missing", ATHENA, rows("1|x\n2|y"), on("GetObject results", says(404, "NoSuchKey")))
    yield row("result: denied, pages instead", ATHENA, rows("1|x\n2|y"), on("GetObject results", says(403, "AccessDenied")))
    yield row("result: denied, and the pages, too", ATHENA, fails("42501"), on("GetObject results", says(403, "AccessDenied")), on("GetQueryResults", says(400, "AccessDeniedException")))
    for name, text in (("empty", b""), ("cut in a value", b'"a","b"\n"1","x"\n"2","y'), ("without its end", b'"a","b"\n"1","x"\n"2","y"'), ("half a line of labels", b'"a","b'),
                       ("one label", b'"a"\n"1"\n'), ("three labels", b'"a","b","c"\n"1","x","z"\n'), ("too few fields", b'"a","b"\n"1","x"\n"2"\n'),
                       ("too many fields", b'"a","b"\n"1","x","z"\n'), ("HTML", HTML.encode() + b"\n"), ("NULs", b"\0" * 100), ("a quote that stays open", b'"a","b"\n"1","x\n')):
        yield row(f"result: {name}", ATHENA, fails(RESULT), world=lambda w, t=text: setattr(w, "result", t))
    yield row("result: no rows", ATHENA, rows(""), world=lambda w: setattr(w, "result", b'"a","b"\n'))
    yield row("result: a value of another type", ATHENA, fails("22P02"), world=lambda w: setattr(w, "result", b'"a","b"\n"one","x"\n'))
    yield row("result: invalid UTF-8", ATHENA, fails("22021"), world=lambda w: setattr(w, "result", b'"a","b"\n"1","\xff"\n'))
    yield row("result: a NUL in a value", ATHENA, fails("22021"), world=lambda w: setattr(w, "result", b'"a","b"\n"1","x\0y"\n'))
    big = b'"a","b"\n' + b"".join(b'"%d","%s"\n' % (i, b"abcdefghij" * 5) for i in range(30000))
    yield row("result: another version from the second range", "SELECT count(x::text) FROM (SELECT a, b FROM r OFFSET 0) x", fails("40001"), on("GetObject results", changed(), skip=1),
              world=lambda w: setattr(w, "result", big))
    yield row("result: 1.5 MB as it is", "SELECT count(x::text) FROM (SELECT a, b FROM r OFFSET 0) x", rows("30000"), world=lambda w: setattr(w, "result", big))
    yield row("result: half a body, then silence", ATHENA, fails(SILENT), on("GetObject results", cut(0.5, FOR_EVER)), blocks=True)
    for name, do in (("pages of no rows and a token", setting("NextToken", "A")), ("no ResultSet", setting("ResultSet", ABSENT)), ("Rows are null", setting("ResultSet/Rows", None)),
                     ("a row without data", setting("ResultSet/Rows/1", {})), ("a field too few", setting("ResultSet/Rows/1/Data", [{"VarCharValue": "1"}])),
                     ("a value that is a number", setting("ResultSet/Rows/1/Data/0", {"VarCharValue": 1})), ("no columns", setting("ResultSet/ResultSetMetadata", ABSENT)),
                     ("HTML", body(HTML)), ("cut", cut(0.5)), ("nothing", body(""))):
        yield row(f"pages: {name}", ATHENA, fails("08P01|08006"), on("GetObject results", says(403, "AccessDenied")), on("GetQueryResults", do))
    # what was started is stopped, whatever became of the reply
    for name, do in (("silence", raw(FOR_EVER)), ("half a reply", cut(0.5, FOR_EVER)), ("a reset", raw(RESET)), ("HTML", body(HTML)), ("no id", body("{}")), ("an id that is a number",
                     body('{"QueryExecutionId":7}')), ("an id of 10 kB", body(json.dumps({"QueryExecutionId": "x" * 10000})))):
        silent = name in ("silence", "half a reply")
        yield row(f"start: {name}, once", ATHENA, fails("08006|08P01" if name != "a reset" else "57014|08006"), on("StartQueryExecution", do, times=1), world=for_ever, within=6,
                  blocks=silent, ended=silent, timeout=4000)
    # nor does asking again get an answer at first
    silent = Fault("StartQueryExecution", raw(FOR_EVER), times=2)
    for end in ("transaction", "session"):
        yield row(f"start: silence twice, and the {end} ends", ATHENA, None, silent, world=for_ever, blocks=True, left={"executions": 1}, later=end)
        yield row(f"stop: silence, and the {end} ends", ATHENA, fails("57014"), Fault("StopQueryExecution", raw(FOR_EVER), instead=True), world=for_ever, timeout=800,
                  left={"executions": 1}, later=end)
        yield row(f"delete of a result: silence, and the {end} ends", ATHENA, rows("1|x\n2|y"), Fault("DeleteObjects", raw(FOR_EVER), instead=True), left={"results": 2}, later=end)
    yield row("start: silence, then refused", ATHENA, None, Fault("StartQueryExecution", raw(FOR_EVER), times=1, instead=True),
              Fault("StartQueryExecution", says(400, "AccessDeniedException"), instead=True), blocks=True, later="session")
    yield row("start: an id with a line break", ATHENA, fails(ANY), on("StartQueryExecution", body(json.dumps({"QueryExecutionId": "a\r\nX: 1"}))), left={"executions": 1})
    yield row("start: no answer for ever", ATHENA, fails("57014"), Fault("StartQueryExecution", raw(FOR_EVER), instead=True), timeout=1000, blocks=True, later="session")
    yield row("stop: refused", ATHENA, fails("57014"), on("StopQueryExecution", says(400, "AccessDeniedException")), world=for_ever, timeout=800)
    yield row("delete of a result: no answer", ATHENA, rows("1|x\n2|y"), on("DeleteObjects", raw(FOR_EVER)))
    yield row("delete of a result: denied", ATHENA, rows("1|x\n2|y"), Fault("DeleteObjects", says(403, "AccessDenied"), instead=True), left={"results": 2})
    yield row("numbers: absurd statistics", ATHENA, rows("1|x\n2|y"), on("GetQueryExecution", both(
        setting("QueryExecution/Statistics/DataScannedInBytes", 1e300), setting("QueryExecution/Statistics/EngineExecutionTimeInMillis", -1e300))))


def changed():
    def do(reply, request):
        reply.headers["ETag"] = '"f"'
    return do


# ---- pages without end ----

def ever_new(listed):
    """A good page each time, whose token was never given before."""
    n = iter(range(10 ** 9))

    def do(reply, request):
        def change(value):
            value["NextToken"] = f"t{next(n)}"
            listed(value, next(n))
        edited(change)(reply, request)
    return do


def other_buckets():
    n = iter(range(10 ** 9))
    return body(lambda b: f"<ListAllMyBucketsResult><Buckets><Bucket><Name>b{next(n)}</Name></Bucket></Buckets><ContinuationToken>t{next(n)}</ContinuationToken>"
                "</ListAllMyBucketsResult>")


def pager_rows():
    """Each pager: a cancel is heeded at once and memory stays, however many pages came (their number is bounded: test_replies.c)."""
    def other_table(v, n):
        v["TableList"][0]["Name"] = f"t{n}"

    def other_partition(v, n):
        v["Partitions"][0]["Values"] = [str(n)]

    def other_database(v, n):
        v["DatabaseList"][0]["Name"] = f"db{n}"

    def other_page(v, n):
        # the labels are on the first alone
        if n > 1:
            del v["ResultSet"]["Rows"][0]

    denied = on("GetObject results", says(403, "AccessDenied"))
    for name, sql, faults in (
            ("GetTables", IMPORT, [on("GetTables", ever_new(other_table))]), ("GetPartitions", PARTS, [on("GetPartitions", ever_new(other_partition))]),
            ("GetDatabases", DATABASES, [on("GetDatabases", ever_new(other_database))]), ("GetCrawlers", "SELECT count(*) FROM pds.crawlers('$h')", [on("GetCrawlers", ever_new(
                lambda v, n: v.update(Crawlers=[{"Name": f"c{n}"}])))]),
            ("GetQueryResults", ATHENA, [denied, on("GetQueryResults", ever_new(other_page))]), ("ListBuckets", "SELECT count(*) FROM pds.s3_list('$h', 's3://')", [on("ListBuckets", other_buckets())])):
        yield row(f"{name}: always a new token", sql, fails("57014"), *faults, timeout=1500, blocks=True)


GROUPS = {"glue": glue_rows, "athena": athena_rows, "pagers": pager_rows}
