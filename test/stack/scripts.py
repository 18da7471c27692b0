"""Runs the Python of tests: boto3 and the models of its services are loaded once for a stack, not once for a script.

    scripts.py SOCKET       in a folder that nobody else may enter, and that goes with it

A request is one JSON object {"code", "args", "env", "cwd"}, and its end; the reply is {"status", "out", "err"}. Texts
are bytes, a character each. A script has a process of its own, forked from this one.
"""

import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import traceback

import boto3
import botocore.session

SERVICES = ("s3", "glue", "athena", "sts")


def loaded_models():
    """What botocore keeps of the services' descriptions."""
    session = boto3.session.Session(region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
    for service in SERVICES:
        session.client(service, endpoint_url="http://127.0.0.1:1")
    return session._session.get_component("data_loader")


def as_bytes(text):
    return text.encode("latin-1")


def run(request, models, out, err):
    """The script itself, in a process that ends with it."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    os.environb.clear()
    os.environb.update({as_bytes(name): as_bytes(value) for name, value in request["env"].items()})
    os.chdir(as_bytes(request["cwd"]))
    sys.argv = ["-", *(os.fsdecode(as_bytes(arg)) for arg in request["args"])]
    sys.path[0] = ""
    # a session of this environment, with the models that are there
    session = botocore.session.Session()
    session.register_component("data_loader", models)
    boto3.DEFAULT_SESSION = boto3.session.Session(botocore_session=session)
    status = 0
    try:
        exec(compile(as_bytes(request["code"]), "<script>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        if end.code is not None and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
        status = 1 if end.code is not None and not isinstance(end.code, int) else end.code or 0
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def answer(connection, models):
    with connection, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        text = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        pid = os.fork()
        if pid == 0:
            connection.close()
            run(json.loads(text), models, out, err)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        reply = {"status": status}
        for name, file in (("out", out), ("err", err)):
            file.seek(0)
            reply[name] = file.read().decode("latin-1")
        connection.sendall(json.dumps(reply).encode())


def serve(path):
    def end(*_):
        shutil.rmtree(os.path.dirname(path), ignore_errors=True)
        os._exit(0)

    models = loaded_models()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    signal.signal(signal.SIGTERM, end)
    # whoever was asked ends by itself
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            answer(connection, models)
            os._exit(0)
        connection.close()


if __name__ == "__main__":
    serve(sys.argv[1])
