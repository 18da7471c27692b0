"""Misbehaviours: functions that make of a good reply another one.  Fault says to which requests they are applied."""
import json
import random
import re

import services

RESET, CLOSE = object(), object()       # pieces of Reply.wire: end the connection so
FOR_EVER = 3600                         # seconds of silence

# what listens at a port of its own and does not speak HTTP: sent at once (a number: seconds of silence)
PEERS = {
    "silent": [FOR_EVER],
    "resets": [0.001, RESET],
    "closes": [0.001],
    "ssh": [b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", 1],
    "mysql": [b"\x4a\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00", 1],
    "smtp": [b"220 mail.example ESMTP\r\n", 1],
    "ftp": [b"220-welcome\r\n220 ready\r\n", 1],
    "http09": [b"<html>hello</html>", 0.01],
    "http2": [b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00" * 18, 1],
    "binary": [bytes(range(256)) * 8, 1],
    "icy": [b"ICY 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n", 1],
    "endless_line": [b"A" * (1 << 20)] * 8 + [1],
    "alert": [b"\x15\x03\x03\x00\x02\x02\x28", 0.01],
    "half_hello": [b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", FOR_EVER],
}


class Fault:
    """On each request of an operation (Operation or "Operation text", text a pattern of path and range), but the first skip ones."""

    def __init__(self, on, do, times=-1, skip=0, instead=False):
        self.operation, _, self.pattern = on.partition(" ")
        self.do, self.times, self.skip, self.instead = do, times, skip, instead

    def meets(self, request):
        return self.operation in ("*", request.operation) and re.search(self.pattern, request.shown())


# ---- how bytes are sent ----

def raw(*pieces):
    """These pieces instead of a reply."""
    def do(reply, request):
        reply.wire = list(pieces)
    return do


def cut(at, end=CLOSE, part="body"):
    """Only so many bytes of body or head (a fraction of them; negative: all but), then the end."""
    def do(reply, request):
        head = reply.head()
        data = head if part == "head" else reply.body
        n = int(len(data) * at) if isinstance(at, float) else at if at >= 0 else len(data) + at
        reply.wire = ([data[:n]] if part == "head" else [head + data[:n]]) + [end]
    return do


def stall(at=0, part="body"):
    return cut(at, FOR_EVER, part)


def trickle(pause, part="body", step=1):
    """A byte, then a pause."""
    def do(reply, request):
        head = reply.head()
        data = head + reply.body if part == "head" else reply.body
        reply.wire = [] if part == "head" else [head]
        for at in range(0, len(data), step):
            reply.wire += [data[at:at + step], pause]
    return do


def blanks(n=None, pause=0.1):
    """S3 keeps a connection alive by blanks while it works: so many in front of the reply, or for ever."""
    def do(reply, request):
        reply.headers["Transfer-Encoding"] = "chunked"

        def pieces():
            yield reply.head()
            for _ in range(n) if n else iter(int, 1):
                yield b"1\r\n \r\n"
                yield pause
            yield b"%x\r\n" % len(reply.body) + reply.body + b"\r\n0\r\n\r\n"
            yield CLOSE
        reply.wire = pieces()
    return do


class Endless:
    """The same bytes over and over."""

    def __init__(self, data):
        self.data = data

    def __iter__(self):
        while True:
            yield self.data


def pour(data, head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunked=True):
    """A body without end."""
    piece = b"%x\r\n" % len(data) + data + b"\r\n" if chunked else data

    def do(reply, request):
        def pieces():
            yield head
            yield from Endless(piece)
        reply.wire = pieces()
    return do


def chunks(*pieces, end=CLOSE):
    """The body in chunks, each as it is given: a size line and what follows."""
    def do(reply, request):
        del reply.headers["Content-Type"]
        reply.headers["Transfer-Encoding"] = "chunked"
        reply.wire = [reply.head(), *pieces, end]
    return do


def chunked(spoil=lambda b: b, size=lambda n: b"%x\r\n" % n, last=b"0\r\n\r\n"):
    """The reply's own body as one chunk, with its size and end as they are made here."""
    def do(reply, request):
        reply.headers["Transfer-Encoding"] = "chunked"
        reply.wire = [reply.head() + size(len(reply.body)) + spoil(reply.body) + b"\r\n" + last, CLOSE]
    return do


# ---- what is said ----

def header(**values):
    """Headers replaced, or left out (None); an underscore stands for a hyphen."""
    def do(reply, request):
        for name, value in values.items():
            name = name.replace("_", "-")
            reply.headers = {k: v for k, v in reply.headers.items() if k.lower() != name.lower()}
            reply.headers[name] = value(reply) if callable(value) else value
    return do


def length(of):
    """Content-Length as it is not."""
    def do(reply, request):
        reply.headers["Content-Length"] = str(of(len(reply.body)) if callable(of) else of)
        reply.wire = [reply.head() + reply.body, CLOSE]
    return do


def flood(n, width=60):
    def do(reply, request):
        reply.headers.update({f"X-Flood-{i}": "x" * width for i in range(n)})
    return do


def status(code, body=b"", **headers):
    """Another status and body."""
    def do(reply, request):
        reply.status, reply.length = code, None
        reply.body = b"" if request.method == "HEAD" else body.encode() if isinstance(body, str) else body
        reply.headers = {k.replace("_", "-"): v for k, v in headers.items()}
    return do


def says(code, name, message="no", **headers):
    """An error of the service asked."""
    def do(reply, request):
        r = services.error(request, code, name, message)
        reply.status, reply.body, reply.length = r.status, r.body, r.length
        reply.headers = {**r.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
    return do


def body(value, **headers):
    """This body (bytes, text, or what a function makes of the good one)."""
    def do(reply, request):
        made = value(reply.body) if callable(value) else value
        reply.body = made.encode("utf-8", "surrogateescape") if isinstance(made, str) else made
        reply.headers.update({k.replace("_", "-"): v for k, v in headers.items()})
    return do


def replace(old, new, count=1):
    return body(lambda b: b.replace(old.encode(), new.encode("utf-8", "surrogateescape") if isinstance(new, str) else new, count))


def edited(change):
    """The JSON of the reply, changed in place or replaced."""
    def do(reply, request):
        if reply.status >= 400:     # of an execution of the row before, say: it has no such member
            return
        value = json.loads(reply.body)
        reply.body = json.dumps(change(value) or value).encode()
    return do


def setting(path, value):
    """A member of the JSON: "Table/StorageDescriptor/Location"; value ABSENT: left out."""
    def change(top):
        *names, last = path.split("/")
        at = top
        for n in names:
            at = at[int(n)] if isinstance(at, list) else at[n]
        if value is ABSENT:
            at.pop(last)
        else:
            at[int(last) if isinstance(at, list) else last] = value
    return edited(change)


ABSENT = object()


def both(*all_of):
    def do(reply, request):
        for f in all_of:
            f(reply, request)
    return do


def by_turns(*dos):
    """One after the other; the last one stays."""
    left = list(dos)

    def do(reply, request):
        (left.pop(0) if len(left) > 1 else left[0])(reply, request)
    return do


# ---- for soak: what may happen to any reply ----

def _cut_anywhere(reply, request):
    data = reply.head() + reply.body
    reply.wire = [data[:random.randrange(len(data) + 1)], random.choice([RESET, CLOSE])]


def _late(reply, request):
    data = reply.head() + reply.body
    reply.wire = [random.random() / 4, data]


def _no_end(reply, request):
    reply.wire = [reply.head() + reply.body[:len(reply.body) // 2], FOR_EVER]


def _slow_down(reply, request):
    says(503, "SlowDown")(reply, request)


def _denied(reply, request):
    says(403, "AccessDenied")(reply, request)


# what starts and ends things that cost money: one that breaks may leave something behind
SPARED = ["StartQueryExecution", "StopQueryExecution", "CreateMultipartUpload", "AbortMultipartUpload", "DeleteObjects"]
CHAOS = [_cut_anywhere, _cut_anywhere, _late, _late, _no_end, _slow_down, _slow_down, _denied,
         says(500, "InternalError")]
