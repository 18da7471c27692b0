#!/usr/bin/env python3
"""One scripted server for the rows of table.py: S3, Glue, Athena, STS and metadata that behave, until a row says otherwise.

    server.py
    server.py WORLD [ARGUMENT ...]      a world of worlds.py: prints its port

Prints its ports as JSON when ready: {"port": ..., peer: ...}; the peers are ports that do something else than HTTP.
    POST /hostile/row NAME     forget everything, and behave as this row says (no name: well)
    POST /hostile/behave       forget the faults only
    POST /hostile/chaos SHARE  forget everything, and of all replies break this share (soak)
    GET /hostile/left          what is left behind, the requests since then and how many of each operation
It ends with its standard input.
"""
import json
import os
import random
import select
import socket
import struct
import sys
import threading
import time

import faults
import services
import table
import worlds


class Gone(Exception):
    """The client went away, or is to go."""


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Script:
    """How the server behaves now: the row's faults, each so many times."""

    def __init__(self):
        self.lock = threading.Lock()
        self.chaos = 0.0
        self.begin(None)

    def begin(self, row):
        world = services.World()
        table.furnish(world)
        if row and row.world:
            row.world(world)
        with self.lock:
            self.world = world
            self.faults = [[f, f.skip, f.times] for f in row.faults] if row else []

    def fault_for(self, request):
        if self.chaos and request.operation not in faults.SPARED:
            return faults.Fault(request.operation, random.choice(faults.CHAOS)) if random.random() < self.chaos else None
        for f in self.faults:
            if f[0].meets(request):
                if f[1] > 0:
                    f[1] -= 1
                elif f[2] != 0:
                    f[2] -= 1
                    return f[0]
        return None

    def answer(self, request):
        with self.lock:
            self.world.log.append(request.shown())
            name = request.operation + ("/segments" if "Segment" in request.json else "")
            self.world.counts[name] = self.world.counts.get(name, 0) + 1
            self.world.keys.append(request.signer())
            fault = self.fault_for(request)
            if fault and fault.instead:
                reply = services.Reply()
            else:
                reply = self.world.answer(request)
            if fault:
                fault.do(reply, request)
            return reply


script = Script()


class Connection:
    def __init__(self, s):
        self.s, self.buffer, self.last = s, b"", False
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive(self):
        data = self.s.recv(1 << 18)
        if not data:
            raise Gone
        self.buffer += data

    def request(self):
        while b"\r\n\r\n" not in self.buffer:
            self.receive()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = {n.strip().lower(): v.strip() for n, _, v in (line.partition(":") for line in lines[1:])}
        length = int(headers.get("content-length", 0))
        if headers.get("expect"):
            self.s.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        parts, have = [self.buffer], len(self.buffer)
        while have < length:
            parts.append(self.s.recv(1 << 18))
            have += len(parts[-1])
            if not parts[-1]:
                raise Gone
        body = b"".join(parts)
        body, self.buffer = body[:length], body[length:]
        self.last = headers.get("connection", "").lower() == "close"
        return services.Request(method, target, headers, body)

    def wait(self, seconds):
        """Say nothing for a while, but see when the client goes."""
        if select.select([self.s], [], [], seconds)[0] and not self.s.recv(1, socket.MSG_PEEK):
            raise Gone

    def send(self, reply, request):
        """False: the connection ends here."""
        if reply.wire is None:
            self.s.sendall(reply.head() + (b"" if request.method == "HEAD" else reply.body))
            return True
        for piece in reply.wire:
            if piece is faults.RESET:
                time.sleep(0.03)    # what was sent is to arrive first
                reset(self.s)
                return False
            if piece is faults.CLOSE:
                return False
            if isinstance(piece, (int, float)):
                self.wait(piece)
            else:
                self.s.sendall(piece)
        return True

    def control(self, what, value):
        answer = None
        if what == "/hostile/row":
            script.chaos = 0.0
            script.begin(table.rows_of()[value] if value else None)
        elif what == "/hostile/behave":
            script.faults = []
        elif what == "/hostile/chaos":
            script.begin(None)
            script.chaos = float(value)
        else:
            with script.lock:
                answer = {**script.world.left(), "counts": script.world.counts, "log": script.world.log[-400:], "keys": script.world.keys[-400:]}
        self.s.sendall(services.Reply(200, json.dumps(answer).encode()).head() + json.dumps(answer).encode())

    def serve(self):
        try:
            while not self.last:
                request = self.request()
                if request.path.startswith("/hostile/"):
                    self.control(request.path, request.body.decode())
                elif not self.send(script.answer(request), request):
                    break
        except (Gone, OSError):
            pass
        finally:
            self.s.close()


def listen(serve):
    """A port whose connections are served so, each in a thread."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)

    def accept():
        while True:
            s, _ = listener.accept()
            threading.Thread(target=serve, args=(s,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def peer(pieces):
    """What speaks as soon as somebody connects, whatever he says."""
    def serve(s):
        try:
            for piece in pieces:
                if piece is faults.RESET:
                    reset(s)
                elif isinstance(piece, (int, float)):
                    Connection(s).wait(piece)
                    time.sleep(0.02)
                    while select.select([s], [], [], piece)[0]:
                        if not s.recv(65536):
                            break
                else:
                    s.sendall(piece)
        except (Gone, OSError):
            pass
        finally:
            s.close()
    return serve


def main():
    threading.stack_size(1 << 20)
    ports = {"port": listen(lambda s: Connection(s).serve())}
    ports.update({name: listen(peer(pieces)) for name, pieces in faults.PEERS.items()})
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        ports["closed"] = nobody.getsockname()[1]
    if len(sys.argv) > 1:
        script.world = worlds.WORLDS[sys.argv[1]](*sys.argv[2:])
        print(ports["port"], flush=True)
    else:
        print(json.dumps(ports), flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
