"""S3, Glue, Athena, STS and the sources of credentials, as far as the rows need them, in memory and well-behaved.

World.answer() takes a Request and gives a Reply.  What is left behind is asked of World.left(): uploads, executions that run,
results of Athena.
"""
import hashlib
import itertools
import json
import re
import time
from email.utils import formatdate
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
KEYS = {"AccessKeyId": "ASIAHOSTILE", "SecretAccessKey": "hush", "Token": "token", "Expiration": "2099-01-01T00:00:00Z"}
EXECUTIONS = itertools.count()
RESULT = b'"a","b"\n"1","x"\n"2","y"\n'


class Request:
    def __init__(self, method, target, headers, body):
        url = urlsplit(target)
        self.method, self.headers, self.body = method, headers, body
        self.path, self.query = unquote(url.path), parse_qs(url.query, keep_blank_values=True)
        self.bucket, _, self.key = self.path[1:].partition("/")
        self.json = {}
        self.operation = self.operation_of()

    def operation_of(self):
        """S3's, Glue's, ... own name of what is asked for."""
        q, m = self.query, self.method
        if "x-amz-target" in self.headers:
            self.json = json.loads(self.body or b"{}")
            return self.headers["x-amz-target"].split(".")[1]
        if m == "POST" and self.path == "/" and b"Action=" in self.body:
            return parse_qs(self.body.decode())["Action"][0]
        metadata = {"/latest/api/token": "ImdsToken", "/latest/meta-data/iam/security-credentials/": "ImdsRole",
                    "/creds": "Container", "/token": "SsoToken", "/federation/credentials": "SsoCredentials"}
        if self.path in metadata:
            return metadata[self.path]
        if self.path.startswith("/latest/"):
            return "ImdsCredentials"
        if not self.key:
            if not self.bucket:
                return "ListBuckets"
            return {"GET": "ListMultipartUploads" if "uploads" in q else "GetBucketLocation" if "location" in q else "ListObjectsV2",
                    "HEAD": "HeadBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket",
                    "POST": "DeleteObjects"}[m]
        if m == "POST":
            return "CreateMultipartUpload" if "uploads" in q else "CompleteMultipartUpload"
        if "uploadId" in q:
            return {"PUT": "UploadPart", "DELETE": "AbortMultipartUpload", "GET": "ListParts"}[m]
        if m == "PUT" and "x-amz-copy-source" in self.headers:
            return "CopyObject"
        return {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}[m]

    def signer(self):
        m = re.search(r"Credential=([^/]*)/", self.headers.get("authorization", ""))
        return m[1] if m else ""

    def shown(self):
        return " ".join([self.operation, self.path, self.headers.get("range", "")]).strip()


class Reply:
    """What is sent, and how: a misbehaviour changes any of it.  wire: pieces instead of head and body (server.py)."""

    def __init__(self, status=200, body=b"", headers=()):
        self.status, self.body, self.reason = status, body, "OK"
        self.headers = dict(headers)
        self.wire = None
        self.length = None      # instead of the body's

    def head(self):
        headers = {"Date": formatdate(usegmt=True), "x-amz-request-id": "HOSTILE0000000", **self.headers}
        if "Transfer-Encoding" not in headers and "Content-Length" not in headers:
            headers["Content-Length"] = str(len(self.body) if self.length is None else self.length)
        lines = [f"HTTP/1.1 {self.status} {self.reason}"]
        lines += [f"{n}: {v}" for n, v in headers.items() if v is not None]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "surrogateescape")


def xml(root, inner):
    text = inner if isinstance(inner, str) else "".join(inner)
    return Reply(200, ('<?xml version="1.0" encoding="UTF-8"?>\n'
                       f'<{root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{text}</{root}>').encode("utf-8", "surrogateescape"),
                 {"Content-Type": "application/xml"})


def of_json(value, status=200):
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/x-amz-json-1.1"})


def error(request, status, code, message="no"):
    """An error in the words of the service that was asked."""
    if "x-amz-target" in request.headers:
        return of_json({"__type": code, "message": message}, status)
    body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>".encode()
    if request.operation in ("AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"):
        body = b"<ErrorResponse>" + body + b"</ErrorResponse>"
    r = Reply(status, body, {"Content-Type": "application/xml"})
    if request.method == "HEAD":
        r.length, r.body = len(body), b""
    return r


def etag_of(data):
    return '"' + hashlib.md5(data).hexdigest() + '"'


class Listed:
    """An object as a listing and a GET show it; either can be made to lie."""

    def __init__(self, data, **said):
        self.data, self.etag, self.size, self.modified = data, etag_of(data), len(data), 1704067200
        self.__dict__.update(said)


def contents(key, o):
    etag = f"<ETag>{escape(o.etag)}</ETag>" if o.etag is not None else ""
    return (f"<Contents><Key>{quote(key, safe='/')}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>{etag}"
            f"<Size>{o.size}</Size><StorageClass>STANDARD</StorageClass></Contents>")


def descriptor(location, columns=(("a", "int"), ("b", "string"))):
    return {"Columns": [{"Name": n, "Type": t} for n, t in columns], "Location": location, "NumberOfBuckets": -1,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat", "Parameters": {},
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": LAZY, "Parameters": {"field.delim": ","}}}


def table(name, location, keys=(), **more):
    return {"Name": name, "DatabaseName": "db", "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"},
            "PartitionKeys": [{"Name": n, "Type": t} for n, t in keys], "StorageDescriptor": descriptor(location), **more}


class World:
    def __init__(self):
        self.objects, self.uploads, self.executions, self.partitions = {}, {}, {}, {}
        self.tables, self.databases, self.log, self.keys = {}, ["db"], [], []
        self.counts, self.result, self.tokens, self.keys_of = {}, RESULT, {}, {}

    def put(self, name, data, **said):
        self.objects[name] = Listed(data, **said)

    def left(self):
        running = [e for e, x in self.executions.items() if x["state"] in ("QUEUED", "RUNNING")]
        return {"uploads": len(self.uploads), "executions": len(running),
                "results": sum(k.startswith("b/results/") for k in self.objects)}

    def answer(self, r):
        f = getattr(self, r.operation, None)
        return f(r) if f else error(r, 400, "UnknownOperationException", r.operation)

    # ---- S3 ----

    def ListBuckets(self, r):
        names = sorted({k.split("/")[0] for k in self.objects})
        return xml("ListAllMyBucketsResult", ["<Buckets>", *(f"<Bucket><Name>{n}</Name></Bucket>" for n in names), "</Buckets>"])

    def HeadBucket(self, r):
        return Reply(200, b"", {"x-amz-bucket-region": "us-east-1"})

    def GetBucketLocation(self, r):
        return xml("LocationConstraint", "us-east-1")

    CreateBucket = HeadBucket

    def ListObjectsV2(self, r):
        prefix, delimiter = r.query.get("prefix", [""])[0], r.query.get("delimiter", [""])[0]
        after = r.query.get("continuation-token", r.query.get("start-after", [""]))[0]
        most = int(r.query.get("max-keys", ["1000"])[0])
        found, folders = [], []
        for name in sorted(self.objects):
            bucket, _, key = name.partition("/")
            if bucket != r.bucket or not key.startswith(prefix) or key <= after:
                continue
            rest = key[len(prefix):]
            if delimiter and delimiter in rest:
                folder = prefix + rest.split(delimiter)[0] + delimiter
                if folder not in folders:
                    folders.append(folder)
            else:
                found.append(key)
        page, more = found[:most], len(found) > most
        return xml("ListBucketResult", [
            f"<Name>{r.bucket}</Name><Prefix>{quote(prefix)}</Prefix><KeyCount>{len(page)}</KeyCount><EncodingType>url</EncodingType>",
            f"<IsTruncated>{str(more).lower()}</IsTruncated>",
            f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else "",
            *(contents(k, self.objects[f"{r.bucket}/{k}"]) for k in page),
            *(f"<CommonPrefixes><Prefix>{quote(f)}</Prefix></CommonPrefixes>" for f in folders)])

    def GetObject(self, r):
        o = self.objects.get(f"{r.bucket}/{r.key}")
        if o is None:
            return error(r, 404, "NoSuchKey", "The specified key does not exist.")
        headers = {"ETag": o.etag, "Last-Modified": formatdate(o.modified, usegmt=True), "Content-Type": "text/csv"}
        if r.headers.get("if-match", o.etag) != o.etag:
            return error(r, 412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        m = re.fullmatch(r"bytes=(\d+)-(\d+)", r.headers.get("range", ""))
        if not m:
            return Reply(200, o.data, headers)
        first, last = int(m[1]), min(int(m[2]), len(o.data) - 1)
        if first > last:
            return error(r, 416, "InvalidRange", "The requested range is not satisfiable")
        headers["Content-Range"] = f"bytes {first}-{last}/{len(o.data)}"
        return Reply(206, o.data[first:last + 1], headers)

    def HeadObject(self, r):
        reply = self.GetObject(r)
        if reply.length is None:
            reply.length = len(reply.body)
        reply.body = b""
        return reply

    def PutObject(self, r):
        self.put(f"{r.bucket}/{r.key}", r.body, modified=time.time())
        return Reply(200, b"", {"ETag": etag_of(r.body)})

    def CopyObject(self, r):
        source = self.objects.get(unquote(r.headers["x-amz-copy-source"]).lstrip("/"))
        if source is None:
            return error(r, 404, "NoSuchKey")
        self.put(f"{r.bucket}/{r.key}", source.data)
        return xml("CopyObjectResult", f"<ETag>{source.etag}</ETag><LastModified>2024-01-01T00:00:00.000Z</LastModified>")

    def DeleteObject(self, r):
        self.objects.pop(f"{r.bucket}/{r.key}", None)
        return Reply(204)

    def DeleteObjects(self, r):
        keys = [unescape(k) for k in re.findall(rb"<Key>(.*?)</Key>", r.body, re.S)]
        for k in keys:
            self.objects.pop(f"{r.bucket}/{k}", None)
        return xml("DeleteResult", "")

    def CreateMultipartUpload(self, r):
        upload = f"upload-{len(self.log)}"
        self.uploads[upload], self.keys_of[upload] = {}, r.key
        return xml("InitiateMultipartUploadResult", f"<Bucket>{r.bucket}</Bucket><Key>{escape(r.key)}</Key><UploadId>{upload}</UploadId>")

    def UploadPart(self, r):
        parts = self.uploads.get(r.query["uploadId"][0])
        if parts is None:
            return error(r, 404, "NoSuchUpload")
        parts[int(r.query["partNumber"][0])] = r.body
        return Reply(200, b"", {"ETag": etag_of(r.body)})

    def ListParts(self, r):
        parts = self.uploads.get(r.query["uploadId"][0])
        if parts is None:
            return error(r, 404, "NoSuchUpload")
        return xml("ListPartsResult", ["<IsTruncated>false</IsTruncated>", *(
            f"<Part><PartNumber>{n}</PartNumber><ETag>{etag_of(d)}</ETag><Size>{len(d)}</Size></Part>" for n, d in sorted(parts.items()))])

    def ListMultipartUploads(self, r):
        prefix = r.query.get("prefix", [""])[0]
        return xml("ListMultipartUploadsResult", ["<IsTruncated>false</IsTruncated>", *(
            f"<Upload><Key>{escape(self.keys_of[u])}</Key><UploadId>{u}</UploadId></Upload>" for u in self.uploads if self.keys_of[u].startswith(prefix))])

    def CompleteMultipartUpload(self, r):
        parts = self.uploads.pop(r.query["uploadId"][0], None)
        if parts is None:
            return error(r, 404, "NoSuchUpload")
        data = b"".join(d for _, d in sorted(parts.items()))
        self.put(f"{r.bucket}/{r.key}", data, modified=time.time())
        return xml("CompleteMultipartUploadResult", f"<Location>x</Location><ETag>{etag_of(data)}</ETag>")

    def AbortMultipartUpload(self, r):
        return Reply(204) if self.uploads.pop(r.query["uploadId"][0], None) is not None else error(r, 404, "NoSuchUpload")

    # ---- Glue ----

    def GetDatabase(self, r):
        if r.json["Name"] not in self.databases:
            return error(r, 400, "EntityNotFoundException", "Database not found.")
        return of_json({"Database": {"Name": r.json["Name"]}})

    def GetDatabases(self, r):
        return of_json({"DatabaseList": [{"Name": n} for n in self.databases]})

    def GetTable(self, r):
        t = self.tables.get(r.json["Name"])
        return of_json({"Table": t}) if t else error(r, 400, "EntityNotFoundException", "Table not found.")

    def GetTables(self, r):
        return of_json({"TableList": list(self.tables.values())})

    def GetPartitions(self, r):
        return of_json({"Partitions": self.partitions.get(r.json["TableName"], [])})

    def BatchGetPartition(self, r):
        wanted = [p["Values"] for p in r.json["PartitionsToGet"]]
        return of_json({"Partitions": [p for p in self.partitions.get(r.json["TableName"], []) if p["Values"] in wanted],
                        "UnprocessedKeys": []})

    def BatchCreatePartition(self, r):
        return of_json({"Errors": []})

    def GetCrawlers(self, r):
        return of_json({"Crawlers": []})

    def CreateTable(self, r):
        return of_json({})

    CreateDatabase = DeleteTable = UpdateTable = CreateTable

    # ---- Athena ----

    def StartQueryExecution(self, r):
        token = r.json["ClientRequestToken"]
        if token in self.tokens:
            return of_json({"QueryExecutionId": self.tokens[token]})
        # of all worlds: a session may still end, or delete, what it left in the one before
        name = self.tokens[token] = f"{next(EXECUTIONS):08x}-0000-4000-8000-000000000000"
        location = r.json.get("ResultConfiguration", {}).get("OutputLocation", "s3://b/results/")
        self.executions[name] = {"state": "RUNNING", "sql": r.json["QueryString"], "at": location + name + ".csv", "polls": 0}
        return of_json({"QueryExecutionId": name})

    def GetQueryExecution(self, r):
        e = self.executions.get(r.json["QueryExecutionId"])
        if e is None:
            return error(r, 400, "InvalidRequestException", "QueryExecution was not found")
        e["polls"] += 1
        if e["state"] == "RUNNING" and not e.get("for_ever"):
            e["state"] = "SUCCEEDED"
            self.put(e["at"].replace("s3://", ""), self.result)
            self.put(e["at"].replace("s3://", "") + ".metadata", b"\x08\x00")
        return of_json({"QueryExecution": {
            "QueryExecutionId": r.json["QueryExecutionId"], "Query": e["sql"], "StatementType": "DML", "WorkGroup": "primary",
            "ResultConfiguration": {"OutputLocation": e["at"]}, "Status": {"State": e["state"]},
            "Statistics": {"DataScannedInBytes": 8, "EngineExecutionTimeInMillis": 1, "TotalExecutionTimeInMillis": 1}}})

    def StopQueryExecution(self, r):
        e = self.executions.get(r.json["QueryExecutionId"])
        if e and e["state"] in ("QUEUED", "RUNNING"):
            e["state"] = "CANCELLED"
        return of_json({})

    def GetQueryResults(self, r):
        rows = [[json.loads(v) for v in line.split(",")] for line in self.result.decode().splitlines()]
        return of_json({"ResultSet": {
            "Rows": [{"Data": [{"VarCharValue": v} for v in row]} for row in rows],
            "ResultSetMetadata": {"ColumnInfo": [{"Name": "a", "Type": "integer", "CaseSensitive": False, "CatalogName": "hive"},
                                                 {"Name": "b", "Type": "varchar"}]}}, "UpdateCount": 0})

    def GetWorkGroup(self, r):
        return of_json({"WorkGroup": {"Name": "primary", "State": "ENABLED", "Configuration": {}}})

    # ---- who one is ----

    def AssumeRole(self, r):
        keys = dict(KEYS, SessionToken=KEYS["Token"])
        inner = "".join(f"<{n}>{keys[n]}</{n}>" for n in ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"))
        name = r.operation
        return xml(name + "Response", f"<{name}Result><Credentials>{inner}</Credentials><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s"
                   f"</Arn><AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser></{name}Result>")

    AssumeRoleWithWebIdentity = AssumeRole

    def GetCallerIdentity(self, r):
        return xml("GetCallerIdentityResponse", "<GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/u</Arn><UserId>U</UserId>"
                   "<Account>111122223333</Account></GetCallerIdentityResult>")

    def ImdsToken(self, r):
        return Reply(200, b"imds-token")

    def ImdsRole(self, r):
        return Reply(200, b"role")

    def ImdsCredentials(self, r):
        return of_json({"Code": "Success", **KEYS})

    Container = ImdsCredentials

    def SsoToken(self, r):
        return of_json({"accessToken": "renewed", "expiresIn": 3600, "refreshToken": "again"})

    def SsoCredentials(self, r):
        return of_json({"roleCredentials": {"accessKeyId": "ASIASSO", "secretAccessKey": "hush", "sessionToken": "t",
                                            "expiration": int((time.time() + 3600) * 1000)}})


def unescape(text):
    return (text.decode("utf-8", "surrogateescape").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&"))
