#!/usr/bin/env python3
"""S3 servers that verify signatures, with odd keys put there by boto3: what sign_check is to find.

    signing_servers.py DIR

Prints a line of JSON for each of moto, versitygw and minio: {"name": ..., "url": ..., "bucket": ...,
"access_key": ..., "secret_key": ..., "keys": file, "left_out": [keys the server itself refuses]},
or {"name": ..., "skip": why}.  Runs until its input ends.  Servers that were never built are not built.
"""
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import botocore.config
import botocore.exceptions

STACK = Path(__file__).resolve().parents[1] / "stack"
sys.dont_write_bytecode = True
sys.path.insert(0, str(STACK))
from launcher import minio, versitygw  # noqa: E402
from launcher.process import free_port  # noqa: E402

ACCESS, SECRET, BUCKET = "AKIASIGNINGEXAMPLE01", "signing/Secret+EXAMPLE=1234567890abcdef", "odd-keys"
KEYS = [
    "plain/a.csv", "blanks/ a b  c ", "plus+plus/a+b", "per%cent/%41%zz%%2F", "double//slash///x", "semi;colon/a;b",
    "equals=amp&/a=b&c=d", "query?mark#hash", "marks/!$'()*,:@\"<>[]{}|\\^~`", "unicode/\u00e9\u65e5\u672c\u8a9e\U0001f389",
    "unicode/e\u0301", "control/\x01\x1f\x7f", "control/tab\tnewline\nreturn\r", "dots/./a", "dots/../b", "...", "/leading",
    "trailing/", "-dash/_under.score", "1,024/" + "k" * 1018, "1,024/" + "/".join(["s" * 200] * 5) + "/" + "t" * 13,
    "1,024/" + "\u00e9" * 509,
]


def wait_for(url):
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=2)
            return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
    return False


def fill(url, file):
    """Put each key there and read it back; those the server does not keep are left out."""
    s3 = boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id=ACCESS, aws_secret_access_key=SECRET,
                      config=botocore.config.Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}))
    s3.create_bucket(Bucket=BUCKET)
    kept, left_out = [], []
    for key in KEYS:
        text = key.encode().hex()
        assert len(key.encode()) <= 1024
        try:
            s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())
            listed = [o["Key"] for o in s3.list_objects_v2(Bucket=BUCKET, Prefix=key).get("Contents", [])]
            same = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == text.encode() and key in listed
        except botocore.exceptions.BotoCoreError as problem:
            same, _ = False, problem
        except botocore.exceptions.ClientError:
            same = False
        (kept if same else left_out).append(text)
    file.write_text("".join(text + "\n" for text in kept))
    return left_out


def servers(directory):
    """(name, arguments, environment, port, path to ask) or (name, why not)."""
    port = free_port()
    spool = directory / "spool"
    spool.mkdir()
    yield ("moto", [sys.executable, "-m", "athena_service.server", "--port", str(port), "--engine", "duckdb", "--spool", spool,
                    "--verify-signatures"],
           {"MOTO_PORT": str(port), "PDS_STACK_ACCESS_KEY": ACCESS, "PDS_STACK_SECRET_KEY": SECRET,
            "PYTHONDONTWRITEBYTECODE": "1"}, port, "/pds-test/health")
    for name, module, path in (("versitygw", versitygw, "/health"), ("minio", minio, "/minio/health/live")):
        if not module.binary(build=False):
            yield name, f"{name} was not built: go install {module.MODULE}, with GOBIN in the stack's cache (test/stack/README.md)"
            continue
        port = free_port([port])
        more = [free_port([port])] if name == "minio" else []
        arguments, environment = module.command(directory, port, *more, ACCESS, SECRET, build=False)
        yield name, arguments, environment, port, path


def main():
    directory = Path(sys.argv[1])
    started = []
    try:
        for name, *rest in servers(directory):
            if len(rest) == 1:
                print(json.dumps({"name": name, "skip": rest[0]}), flush=True)
                continue
            arguments, environment, port, path = rest
            with open(directory / f"{name}.log", "wb") as log:
                started.append(subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                cwd=STACK, env={**os.environ, **environment}))
            url, keys = f"http://127.0.0.1:{port}", directory / f"{name}.keys"
            if not wait_for(url + path):
                raise SystemExit(f"{name} does not answer:\n" + (directory / f"{name}.log").read_text()[-2000:])
            left_out = fill(url, keys)
            print(json.dumps({"name": name, "url": url, "bucket": BUCKET, "access_key": ACCESS, "secret_key": SECRET,
                              "keys": str(keys), "left_out": left_out, "asked": len(KEYS)}), flush=True)
        print("{}", flush=True)
        sys.stdin.read()
    finally:
        for server in started:
            server.terminate()
        for server in started:
            server.wait()


if __name__ == "__main__":
    main()
