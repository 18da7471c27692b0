#!/usr/bin/env python3
"""Where the credential tests get keys from, and a gate that looks at them.

    gate.py --upstream http://127.0.0.1:5000 [--certificates DIR]

Prints one line of JSON when ready: {"url": ..., "tls": {"good": url, "expired": url, ...}, "ca": file}.

  any AWS request      is passed on to the service, unless it is signed with a key of the form
                       ASIAEXP<unix time>... whose time is over: that is answered with ExpiredToken
  /creds               a container's credentials: a new such key that holds for --life seconds
  /token               CreateToken of SSO; /federation/credentials: keys for a bearer of ours
  /gate/log            [[key, method, path, status], ...]; PUT /gate/delay?SECONDS slows GetObject down
With --certificates the same is served by TLS with certificates that are good, expired, signed by
themselves, and made for another host.
"""
import argparse
import datetime
import http.client
import ipaddress
import json
import re
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

EXPIRED = b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"


class Gate(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream, life, delay, log, issued = None, 3.0, 0.0, [], 0

    def log_message(self, *_):
        pass

    def answer(self, status, body, content_type="application/json", headers=()):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return status

    def keys(self):
        Gate.issued += 1
        expires = time.time() + Gate.life
        return f"ASIAEXP{int(expires)}N{Gate.issued}", "gate-secret", "gate-token", expires

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        signer = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", ""))
        key = signer.group(1) if signer else "-"
        path = urlsplit(self.path).path
        if path.startswith("/gate/"):
            self.control(path)
            return
        if path == "/creds":
            access_key, secret, token, expires = self.keys()
            text = {"AccessKeyId": access_key, "SecretAccessKey": secret, "Token": token, "AccountId": "111122223333",
                    "Expiration": datetime.datetime.fromtimestamp(expires, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")}
            ok = self.headers.get("Authorization") == "Bearer of the container"
            status = self.answer(200, json.dumps(text).encode()) if ok else self.answer(403, b'{"message": "who?"}')
        elif path == "/token":
            status = self.answer(200, json.dumps({"accessToken": "renewed-" + json.loads(body)["refreshToken"],
                                                  "expiresIn": 3600, "refreshToken": "again"}).encode())
        elif path == "/federation/credentials":
            bearer = self.headers.get("x-amz-sso_bearer_token", "")
            keys = {"accessKeyId": "ASIASSO", "secretAccessKey": "s", "sessionToken": "t",
                    "expiration": int((time.time() + 3600) * 1000)}
            status = (self.answer(200, json.dumps({"roleCredentials": keys}).encode()) if bearer == "renewed-once"
                      else self.answer(401, b'{"message": "invalid"}'))
        elif (limit := re.match(r"ASIAEXP(\d+)", key)) and time.time() > int(limit.group(1)) + 1:
            status = self.answer(400, EXPIRED, "application/xml")
        else:
            if self.headers.get("Range"):
                time.sleep(Gate.delay)
            status = self.forward(body)
        Gate.log.append([key, self.command, self.path, status])

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any

    def forward(self, body):
        connection = http.client.HTTPConnection(Gate.upstream, timeout=60)
        connection.request(self.command, self.path, body or None, dict(self.headers))
        reply = connection.getresponse()
        data = reply.read()
        headers = [(n, v) for n, v in reply.getheaders()
                   if n.lower() not in ("content-length", "content-type", "transfer-encoding", "connection")]
        if self.command == "HEAD" and reply.getheader("Content-Length"):
            self.send_response(reply.status)
            for name, value in reply.getheaders():
                self.send_header(name, value)
            self.end_headers()
            return reply.status
        return self.answer(reply.status, data, reply.getheader("Content-Type") or "", headers)

    def control(self, path):
        value = urlsplit(self.path).query
        if path == "/gate/delay":
            Gate.delay = float(value)
        elif path == "/gate/life":
            Gate.life = float(value)
        elif path == "/gate/clear":
            Gate.log.clear()
        self.answer(200, json.dumps(Gate.log).encode())


def make_certificates(folder):
    """PEM files NAME.pem with key and chain, for each kind; ca.pem."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)

    def make(name, issuer=None, issuer_key=None, until=now + day, address="127.0.0.1", ca=False):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        names = [x509.IPAddress(ipaddress.ip_address(address))] if address else [x509.DNSName("elsewhere.test")]
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer or subject)
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now - 10 * day).not_valid_after(until)
                   .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True))
        if not ca:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(issuer_key or key, hashes.SHA256())
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                   serialization.NoEncryption())
        (folder / f"{name}.pem").write_bytes(pem if ca else secret + pem)
        return subject, key

    issuer, issuer_key = make("ca", ca=True)
    make("good", issuer, issuer_key)
    make("expired", issuer, issuer_key, until=now - day)
    make("elsewhere", issuer, issuer_key, address=None)
    make("self", None, None)
    (folder / "ca.pem").chmod(0o644)
    return ["good", "expired", "elsewhere", "self"]


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that does not trust the certificate: what it says is looked at, and TAP is written meanwhile."""


def serve(context=None):
    server = Server(("127.0.0.1", 0), Gate)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--certificates", type=Path)
    parser.add_argument("--life", type=float, default=3.0)
    options = parser.parse_args()
    Gate.upstream, Gate.life = urlsplit(options.upstream).netloc, options.life
    ready = {"url": f"http://127.0.0.1:{serve()}"}
    if options.certificates:
        ready["tls"], ready["ca"] = {}, str(options.certificates / "ca.pem")
        for name in make_certificates(options.certificates):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(options.certificates / f"{name}.pem")
            ready["tls"][name] = f"https://127.0.0.1:{serve(context)}"
    print(json.dumps(ready), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
