#!/usr/bin/env python3
"""A scripted HTTP proxy in front of a stand-in service: faults and slow links on command.

    proxy.py --upstream http://127.0.0.1:5000 [--port 0] [--latency-ms 30] [--rate 90e6]

Prints one line `PORT CONTROL_PORT` when ready.  Clients use PORT as if it were the service (the Host
header is passed on unchanged, so signatures stay valid).  Rules are set on CONTROL_PORT:

    PUT  /rules   JSON list of rules (replaces the old ones, clears the log)
    GET  /log     JSON list of requests seen: method, path, headers, rule applied
    GET  /quit    ends the proxy

A rule: {"method": "GET", "path": "regex on path?query", "target": "regex on X-Amz-Target",
         "lacks": "name of a header that is not there",
         "times": n (default: always), "skip": n (let the first n matches pass), "action": ...}

    status      answer "status" with "body" and "headers" instead of asking the service
    reset       pass "after" bytes of the reply's body, then reset the connection
    close       the same with an orderly close
    stall       pass "after" bytes (0: not even the head), then send nothing for "seconds"
    cut         drop the last "bytes" of the body but say Content-Length as it was, then close
    etag        pass the reply with its ETag replaced by "etag"
    refuse      close the connection without reading a reply
    delay       wait "seconds", then pass the reply
    header      pass the reply with "headers" added or replaced
"""
import argparse
import asyncio
import json
import re
import socket
import struct
import time


class Rules:
    def __init__(self):
        self.rules = []
        self.log = []

    def replace(self, rules):
        self.rules = [dict(r, left=r.get("times", -1), skip=r.get("skip", 0)) for r in rules]
        self.log = []

    def pick(self, method, path, headers):
        """The first rule that matches and still has applications left."""
        for rule in self.rules:
            if rule["left"] == 0:
                continue
            if "method" in rule and rule["method"] != method:
                continue
            if "path" in rule and not re.search(rule["path"], path):
                continue
            if "target" in rule and not re.search(rule["target"], headers.get("x-amz-target", "")):
                continue
            if "range" in rule and not re.search(rule["range"], headers.get("range", "")):
                continue
            if rule.get("lacks", "").lower() in headers:
                continue
            if rule["skip"] > 0:
                rule["skip"] -= 1
                continue
            if rule["left"] > 0:
                rule["left"] -= 1
            return rule
        return None


async def read_head(reader):
    """Start line and headers (lower-case names) of a request or reply; None at end of stream."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    lines = raw.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines[1:]:
        if ":" in line:
            name, value = line.split(":", 1)
            headers[name.strip().lower()] = value.strip()
    return lines[0], headers


def reset(writer):
    """Close with RST instead of FIN."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Proxy:
    def __init__(self, upstream, latency, rate):
        host, _, port = upstream.split("//", 1)[1].rstrip("/").partition(":")
        self.host, self.port = host, int(port or 80)
        self.latency, self.rate = latency, rate
        self.rules = Rules()
        self.done = asyncio.Event()

    async def client(self, reader, writer):
        try:
            while await self.exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def exchange(self, reader, writer):
        """One request and its reply; True when the connection may carry another."""
        head = await read_head(reader)
        if head is None:
            return False
        start, headers = head
        method, path, _ = start.split(" ", 2)
        if headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        rule = self.rules.pick(method, path, headers)
        action = rule["action"] if rule else None
        self.rules.log.append({"time": time.time(), "method": method, "path": path, "headers": headers,
                               "action": action})
        if action == "refuse":
            reset(writer)
            return False
        if action == "status":
            await self.canned(writer, rule, method)
            return True
        if action == "delay":
            await asyncio.sleep(rule["seconds"])
        if action == "stall" and rule.get("after", 0) == 0:
            await self.hold(reader, rule["seconds"])
            return False
        if self.latency:
            await asyncio.sleep(self.latency)
        return await self.forward(reader, writer, start, headers, body, rule)

    async def hold(self, reader, seconds):
        """Send nothing for a while, but notice when the client gives up."""
        try:
            await asyncio.wait_for(reader.read(1), seconds)
        except asyncio.TimeoutError:
            pass

    async def canned(self, writer, rule, method):
        body = rule.get("body", "")
        if not isinstance(body, str):
            body = json.dumps(body)
        body = body.encode()
        extra = "".join(f"{k}: {v}\r\n" for k, v in rule.get("headers", {}).items())
        writer.write(f"HTTP/1.1 {rule['status']} Scripted\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode())
        if method != "HEAD":
            writer.write(body)
        await writer.drain()

    async def forward(self, reader, writer, start, headers, body, rule):
        action = rule["action"] if rule else None
        up_reader, up_writer = await asyncio.open_connection(self.host, self.port, limit=1 << 20)
        try:
            names = [(k, v) for k, v in headers.items() if k not in ("connection", "expect")]
            text = start + "\r\n" + "".join(f"{k}: {v}\r\n" for k, v in names) + "Connection: close\r\n\r\n"
            up_writer.write(text.encode("latin-1") + body)
            await up_writer.drain()
            head = await read_head(up_reader)
            if head is None:
                reset(writer)
                return False
            status, reply = head
            if action == "etag":
                reply["etag"] = rule["etag"]
            if action == "header":
                reply.update({k.lower(): v for k, v in rule["headers"].items()})
            length = int(reply["content-length"]) if "content-length" in reply else None
            no_body = start.startswith("HEAD ") or status.split(" ")[1] in ("204", "304")
            keep = (length is not None or no_body) and action not in ("reset", "close", "stall", "cut")
            reply.pop("connection", None)
            lines = "".join(f"{k}: {v}\r\n" for k, v in reply.items())
            writer.write(f"{status}\r\n{lines}{'' if keep else 'Connection: close' + chr(13) + chr(10)}\r\n"
                         .encode("latin-1"))
            if no_body:
                await writer.drain()
                return keep
            # to its own end: a service may keep the connection though it was asked not to
            limit = length
            if action in ("reset", "close", "stall"):
                limit = min(rule.get("after", 0), limit if limit is not None else rule.get("after", 0))
            elif action == "cut" and length is not None:
                limit = max(0, length - rule["bytes"])
            await self.copy(up_reader, writer, limit)
            if action == "reset":
                await asyncio.sleep(0.05)  # let what was passed arrive first
                reset(writer)
            elif action == "stall":
                await self.hold(reader, rule["seconds"])
            return keep
        finally:
            up_writer.close()

    async def copy(self, source, writer, limit):
        sent, began = 0, time.monotonic()
        while limit is None or sent < limit:
            data = await source.read(65536 if limit is None else min(65536, limit - sent))
            if not data:
                break
            writer.write(data)
            await writer.drain()
            sent += len(data)
            if self.rate:
                ahead = sent / self.rate - (time.monotonic() - began)
                if ahead > 0.002:
                    await asyncio.sleep(ahead)
        await writer.drain()

    async def control(self, reader, writer):
        head = await read_head(reader)
        if head is None:
            writer.close()
            return
        start, headers = head
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        reply = b"ok"
        if start.startswith("PUT /rules"):
            self.rules.replace(json.loads(body))
        elif start.startswith("GET /log"):
            reply = json.dumps(self.rules.log).encode()
        elif start.startswith("GET /quit"):
            self.done.set()
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(reply)}\r\nConnection: close\r\n\r\n".encode() + reply)
        await writer.drain()
        writer.close()


async def main():
    p = argparse.ArgumentParser()
    p.add_argument("--upstream", required=True)
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--latency-ms", type=float, default=0)
    p.add_argument("--rate", type=float, default=0, help="bytes a second of one connection")
    a = p.parse_args()
    proxy = Proxy(a.upstream, a.latency_ms / 1000, a.rate)
    front = await asyncio.start_server(proxy.client, "127.0.0.1", a.port, limit=1 << 20)
    back = await asyncio.start_server(proxy.control, "127.0.0.1", 0)
    print(front.sockets[0].getsockname()[1], back.sockets[0].getsockname()[1], flush=True)
    await proxy.done.wait()


if __name__ == "__main__":
    asyncio.run(main())
