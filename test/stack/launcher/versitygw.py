"""versitygw, the strict and fast S3 server: built by the Go tool into the cache when asked for."""

import urllib.error
import urllib.request

from . import go_program

MODULE = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"


def binary(build=True):
    return go_program.find("versitygw", MODULE, build)


def command(directory, port, access_key, secret_key, build=True):
    """(arguments, environment).  Buckets are the folders of DIR/versitygw/data: tests may place objects there as files."""
    data, iam = directory / "versitygw" / "data", directory / "versitygw" / "iam"
    data.mkdir(parents=True, exist_ok=True)
    iam.mkdir(exist_ok=True)
    return ([binary(build), "--port", f"127.0.0.1:{port}", "--quiet", "--keep-alive", "--iam-dir", iam,
             "--virtual-domain", f"localhost:{port}", "--health", "/health", "posix", data],
            {"ROOT_ACCESS_KEY": access_key, "ROOT_SECRET_KEY": secret_key})


def start(state, directory, port, access_key, secret_key):
    arguments, environment = command(directory, port, access_key, secret_key)
    state.start("versitygw", arguments, port, environment)


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as reply:
            return reply.status == 200
    except (OSError, urllib.error.URLError):
        return False
