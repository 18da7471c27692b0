"""Rows of writing: uploads, their completion, deletes; and whatever stands in S3's place at all: other ports, TLS, DNS, the clock, credentials."""
import threading

from faults import ABSENT, CLOSE, FOR_EVER, PEERS, RESET, Fault, blanks, body, both, cut, header, raw, replace, says, setting, status
from table import ALL, HTML, LIST, either, fails, on, row, rows

SMALL = "INSERT INTO d VALUES (7, 'seven')"
# above the size of a part, so in several
LARGE = "INSERT INTO w SELECT g, repeat('x', 1000) FROM generate_series(1, 14000) g"
PUT = "SELECT pds.s3_put('$h', 's3://b/put/x', 'abc')"
COPY = "SELECT pds.s3_copy('$h', 's3://b/d/a.csv', 's3://b/copy/a.csv')"


def refuse(operation, do, times=-1):
    """Nothing was done by the server, whatever it says."""
    return Fault(operation, do, times, instead=True)


def late_uploads(seconds):
    """S3 begins an upload so long after it was asked to."""
    def furnish(w):
        create = w.CreateMultipartUpload

        def created(r):
            before = set(w.uploads)
            reply = create(r)
            name = (set(w.uploads) - before).pop()
            threading.Timer(seconds, w.uploads.__setitem__, (name, w.uploads.pop(name))).start()
            return reply
        w.CreateMultipartUpload = created
    return furnish


def write_rows():
    yield row("write: as it is", SMALL + "; SELECT count(*) FROM d", rows("3"))
    yield row("write: in parts, as it is", LARGE + "; SELECT count(*) FROM w", rows("14000"), within=10)
    for name, do in (("HTML", body(HTML)), ("an <Error> with 200", body("<Error><Code>InternalError</Code><Message>no</Message></Error>")), ("no ETag", header(ETag=None))):
        yield row(f"PutObject: 200 with {name}", SMALL, fails("08P01|08006"), refuse("PutObject", do)) if name != "no ETag" else row(
            "PutObject: no ETag", PUT, either("", "08P01"), on("PutObject", do))
        yield row(f"CompleteMultipartUpload: 200 with {name}", LARGE, fails("08P01|08006"), refuse("CompleteMultipartUpload", do), within=10)
        yield row(f"CreateMultipartUpload: 200 with {name}", LARGE, fails("08P01|08006"), refuse("CreateMultipartUpload", do), within=10)
        yield row(f"CopyObject: 200 with {name}", COPY, fails("08P01|08006"), refuse("CopyObject", do))
    for operation, sql in (("PutObject", SMALL), ("CreateMultipartUpload", LARGE), ("UploadPart", LARGE), ("CompleteMultipartUpload", LARGE), ("CopyObject", COPY)):
        for name, do, state in (("denied", says(403, "AccessDenied"), "42501"), ("500", says(500, "InternalError"), "08006"), ("SlowDown", says(503, "SlowDown"), "53000"),
                                ("a reset", raw(RESET), "08006"), ("closed", raw(CLOSE), "08006"), ("403 with HTML", status(403, HTML), "42501"),
                                ("404", says(404, "NoSuchUpload"), "42704"), ("redirected", status(307, "", Location="http://127.0.0.1:1/"), "HV000|08P01"),
                                ("no space", says(507, "InsufficientStorage"), "08006|HV000|53")):
            yield row(f"{operation}: {name}", sql, fails(f"({state}): "), refuse(operation, do), within=10)
        # S3 may take its time to complete an upload or to copy: that ends with the user's patience
        yield row(f"{operation}: silence", sql, None if operation[:2] == "Co" else fails("08006|57014"), refuse(operation, raw(FOR_EVER)), within=5,
                  blocks=True, cancel=2600)
    yield row("CompleteMultipartUpload: the reply is lost, and it is there", LARGE + "; SELECT count(*) FROM w", rows("14000"),
              on("CompleteMultipartUpload", raw(RESET)), within=10)
    yield row("PutObject: the reply is lost once", SMALL + "; SELECT count(*) FROM d", rows("3"), on("PutObject", raw(RESET), times=1), again=True, within=8)
    # what was begun and not heard of is found by its key, which nobody else writes
    for name, do in (("a reset", raw(RESET)), ("HTML", body(HTML)), ("half a reply", cut(0.5))):
        yield row(f"CreateMultipartUpload: there is one, and the reply is {name}", LARGE, fails("08006|08P01"), on("CreateMultipartUpload", do), within=10)
    yield row("CreateMultipartUpload: there is one, and silence", LARGE, fails("57014|08006"), on("CreateMultipartUpload", raw(FOR_EVER)), within=10, blocks=True, ended=True,
              cancel=2600)
    yield row("UploadPart: no ETag", LARGE, fails("08P01"), on("UploadPart", header(ETag=None)), within=10)
    yield row("UploadPart: an ETag with a quote and XML", LARGE, either("", "08P01|08006|HV000"), on("UploadPart", header(ETag='"</ETag><x>"')), within=10)
    yield row("CreateMultipartUpload: no UploadId", LARGE, fails("08P01"), on("CreateMultipartUpload", replace("UploadId", "Upload", 2)), within=10)
    yield row("CreateMultipartUpload: an UploadId of 20 kB", LARGE, fails("08P01|08006|HV000|42704|54000"), on("CreateMultipartUpload", replace("upload-", "u" * 20000)), within=10,
              left={"uploads": 1})
    # which S3 may make after it was looked for: it is looked for again
    for end in ("transaction", "session"):
        yield row(f"CreateMultipartUpload: there is one half a second after the statement, and the {end} ends", LARGE, fails("08006"), on("CreateMultipartUpload", raw(FOR_EVER)), within=10,
                  world=late_uploads(2.5), later=end)
        yield row(f"AbortMultipartUpload: no answer, and the {end} ends", "BEGIN; " + LARGE + "; ROLLBACK", rows(""), refuse("AbortMultipartUpload", raw(FOR_EVER)), within=10,
                  left={"uploads": 1}, later=end)
    yield row("CreateMultipartUpload: there is one after the backend was terminated", LARGE, None, on("CreateMultipartUpload", raw(FOR_EVER)), world=late_uploads(0.8), ended=True)
    errors = "<DeleteResult><Error><Key>d/a.csv</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>"
    for name, do, pattern in (("an error of one key", body(errors), "42501"), ("HTML", body(HTML), "08P01"), ("nothing", body(""), "08P01"),
                              ("another root", body("<ListBucketResult/>"), "08P01"), ("silence", raw(FOR_EVER), "08006"), ("cut", cut(0.5), "08006|08P01"),
                              ("an error of a key that was not asked for", body(errors.replace("d/a.csv", "x\x1b")), "08P01|42501"),
                              ("501", says(501, "NotImplemented"), "08006|HV000|0A000")):
        yield row(f"TRUNCATE: DeleteObjects says {name}", "TRUNCATE d", fails(pattern), refuse("DeleteObjects", do), within=6)
    yield row("TRUNCATE: as it is", "TRUNCATE d; SELECT count(*) FROM d", rows("0"))


def slow_rows():
    """What S3 works at before it answers.  The server `brief` waits for 0.4 s, so for these 4 s of silence and 6 s in all."""
    large = LARGE.replace("INTO w", "INTO brief.w")
    failed = body("<Error><Code>InternalError</Code><Message>no</Message></Error>")
    for operation, sql, after, there in (("CompleteMultipartUpload", large, "; SELECT count(*) FROM brief.w", "14000"),
                                         ("CopyObject", COPY.replace("$h", "brief"), "", "(copy,s3://b/d/a.csv,s3://b/copy/a.csv,8)")):
        late = rf"08006: the reply to {operation} of s3://\S+ did not end within 6 s"
        yield row(f"{operation}: blanks for ever", sql, fails(late), refuse(operation, blanks()), within=9, blocks=True)
        yield row(f"{operation}: silence, bounded", sql, fails(r"08006: no answer from \S+: nothing came for 4000 ms"), refuse(operation, raw(FOR_EVER)), within=8)
        # the second try ends with the time of both
        yield row(f"{operation}: silence, tried again", sql.replace("brief", "brief_again"), fails(late), refuse(operation, raw(FOR_EVER)), within=9, blocks=True)
        yield row(f"{operation}: blanks, then the reply", sql + after, rows(there), on(operation, blanks(15)), within=8)
        yield row(f"{operation}: blanks, then an <Error>", sql, fails(r"08006: \S+ of s3://\S+ failed: InternalError"), refuse(operation, both(failed, blanks(15))), within=8)
        yield row(f"{operation}: blanks, then the end", sql, fails("08006|08P01"), refuse(operation, both(body(""), blanks(5))), within=8)
    yield row("CompleteMultipartUpload: blanks for ever, and it is there", large + "; SELECT count(*) FROM brief.w", rows("14000"), on("CompleteMultipartUpload", blanks()),
              within=10)


def date_rows():
    for date in ("Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 99 Foo 99999 99:99:99 GMT", "", "-1", "x" * 5000, "Tue, 31 Feb 2026 12:00:00 GMT",
                 "Mon, 01 Jan 292277026596 00:00:00 GMT", "2024-01-01T00:00:00Z"):
        yield row(f"Date: {date[:24]!r}", ALL + "; " + LIST, rows("1|x\n2|y\n1"), on("*", header(Date=date)))
        yield row(f"Last-Modified: {date[:24]!r}", "SELECT count(*) FROM pds.s3_head('$h', 's3://b/d/a.csv')", either("1", "08P01"), on("HeadObject", header(Last_Modified=date)))
        yield row(f"LastModified of a listing: {date[:24]!r}", LIST, either("1", "08P01"), on("ListObjectsV2", replace("2024-01-01T00:00:00.000Z", date)))
    for code in ("RequestTimeTooSkewed", "RequestExpired", "SignatureDoesNotMatch"):
        yield row(f"refused as {code}, with a Date of 1970", ALL, fails("28000"), on("GetObject", says(403, code, Date="Thu, 01 Jan 1970 00:00:00 GMT")))
    yield row("refused as too skewed once, with a Date three days on", ALL, rows("1|x\n2|y"), on("GetObject", skewed, times=1))
    for name, value in (("none", None), ("negative", "-1"), ("text", "abc"), ("huge", "99999999999999999999")):
        yield row(f"HeadObject: Content-Length {name}", "SELECT size FROM pds.s3_head('$h', 's3://b/d/a.csv')", either("8", "08P01|08006"), on("HeadObject", header(Content_Length=value)))
    yield row("HeadObject: no ETag", "SELECT size FROM pds.s3_head('$h', 's3://b/d/a.csv')", fails("08P01"), on("HeadObject", header(ETag=None)))


def skewed(reply, request):
    from email.utils import formatdate
    from time import time
    says(403, "RequestTimeTooSkewed", Date=formatdate(time() + 3 * 86400, usegmt=True))(reply, request)


def peer_rows():
    """Foreign servers whose endpoint is another port, by http and https (run.py makes them of PEERS)."""
    for name in PEERS:
        yield row(f"peer: {name}", f"SELECT count(*) FROM pds.s3_list('http_{name}', 's3://b/d/')", fails("08P01|08006|08001"), within=6, blocks=name == "silent")
        yield row(f"peer by TLS: {name}", f"SELECT count(*) FROM pds.s3_list('https_{name}', 's3://b/d/')", fails("08P01|08006|08001"), within=6, blocks=name in ("silent", "half_hello"))
    yield row("peer: nobody listens", "SELECT count(*) FROM pds.s3_list('http_closed', 's3://b/d/')", fails("08001: could not connect"))
    yield row("peer: a name that does not resolve", "SELECT count(*) FROM pds.s3_list('nowhere', 's3://b/d/')", fails("08001: could not resolve"), within=12)
    yield row("peer: plain HTTP where TLS is expected", "SELECT count(*) FROM pds.s3_list('tls_on_http', 's3://b/d/')", fails("08001|08006"))


def credential_rows():
    """Foreign servers whose profile asks STS, metadata, a container, single sign-on or a program (run.py writes them)."""
    ask = {"sts": "AssumeRole", "web": "AssumeRoleWithWebIdentity", "imds": "ImdsCredentials", "sso": "SsoCredentials", "container": "Container"}
    for name, operation in ask.items():
        sql = f"SELECT count(*) FROM pds.s3_list('{name}', 's3://b/d/')"
        yield row(f"{name}: as it is", sql, rows("1"))
        wrong = "28000|08P01|08006|42501|42704|HV...|08001"
        for what, do in (("HTML", body(HTML)), ("nothing", body("")), ("{}", body("{}")), ("[]", body("[]")), ("denied", says(403, "AccessDenied")), ("500", says(500, "InternalError")),
                         ("a reset", raw(RESET)), ("cut", cut(0.5)), ("10 MB", body("x" * 10_000_000)), ("deep", body("[" * 100000)), ("404", status(404, HTML)),
                         ("301 elsewhere", status(301, "", Location="http://127.0.0.1:1/"))):
            yield row(f"{name}: {what}", sql, fails(wrong), on(operation, do), within=8)
        yield row(f"{name}: silence", sql, fails(wrong), on(operation, raw(FOR_EVER)), within=14, blocks=True)
        for what, until in (("of 1970", "1970-01-01T00:00:00Z"), ("of 9999", "9999-12-31T23:59:59Z"), ("that is no time", "soon"), ("empty", ""), ("with a line break", "2099-01-01\n"),
                            ("far beyond", "99999999999-01-01T00:00:00Z"), ("negative", "-2099-01-01T00:00:00Z"), ("long", "2" * 10000)):
            yield row(f"{name}: an Expiration {what}", sql, either("1", "28000|HV...|08P01"), on(operation, expiration(name, until)))
        for what, key in (("with a line break", "AKIA\r\nX-Evil: 1"), ("with a blank behind it", "AKIAEXAMPLE "), ("of a blank", " "), ("empty", "")):
            yield row(f"{name}: an access key {what}", sql, fails("28000|HV...|08P01"), on(operation, access_key(name, key)))
        for what, key in (("of 100 kB", "A" * 100000), ("with a NUL", "AK\0IA")):
            yield row(f"{name}: an access key {what}", sql, either("1", "28000|HV...|08P01"), on(operation, access_key(name, key)))
    for what, do in (("a number beyond", setting("roleCredentials/expiration", 1e300)), ("a negative number", setting("roleCredentials/expiration", -1e17)), ("a text", setting("roleCredentials/expiration", "x")),
                     ("nothing", setting("roleCredentials/expiration", ABSENT))):
        yield row(f"sso: expiration {what}", "SELECT count(*) FROM pds.s3_list('sso', 's3://b/d/')", either("1", "28000|HV...|08P01"), on("SsoCredentials", do))
    sql = "SELECT count(*) FROM pds.s3_list('imds', 's3://b/d/')"
    for what, do in (("of 100 kB", body("t" * 100000)), ("with a NUL", body("a\0b")), ("that is HTML", body(HTML)), ("that is refused", status(403, "")), ("that is not given", raw(RESET))):
        yield row(f"imds: a token {what}", sql, either("1", "28000|08...|HV024"), on("ImdsToken", do), within=8)
    for what, do in (("that is empty", body("")), ("of many lines", body("a\nb\n" * 100)), ("of 100 kB", body("r" * 100000)), ("that leads elsewhere", body("../../../x")), ("that is HTML", body(HTML))):
        yield row(f"imds: a role {what}", sql, either("1", "28000|08..."), on("ImdsRole", do), within=8)


def expiration(name, until):
    if name in ("sts", "web"):
        return replace("2099-01-01T00:00:00Z", until)
    return setting("roleCredentials/expiration" if name == "sso" else "Expiration", until)


def access_key(name, key):
    if name in ("sts", "web"):
        return replace("ASIAHOSTILE", key.replace("\r\n", "&#13;&#10;").replace("\0", "&#0;"))
    return setting("roleCredentials/accessKeyId" if name == "sso" else "AccessKeyId", key)


GROUPS = {"writes": write_rows, "slow": slow_rows, "dates": date_rows, "peers": peer_rows, "credentials": credential_rows}
