"""versitygw, the strict and fast S3 server: built by the Go tool into the cache when asked for."""

import os
import shutil
import subprocess
import urllib.error
import urllib.request

from .paths import StackError, cache_dir, cache_lock, say

MODULE = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"


def binary():
    path = cache_dir() / "bin" / "versitygw"
    if path.exists():
        return path
    if shutil.which("versitygw"):
        return shutil.which("versitygw")
    if not shutil.which("go"):
        raise StackError("--versitygw needs the Go tool (apt-get install golang-go), or versitygw on PATH")
    with cache_lock("versitygw"):
        if not path.exists():
            say(f"building {MODULE} (once, several minutes)")
            done = subprocess.run(["go", "install", MODULE], capture_output=True, text=True, cwd=cache_dir(),
                                  env={**os.environ, "GOBIN": str(path.parent)})
            if done.returncode:
                raise StackError(f"go install {MODULE} failed:\n{done.stderr[-2000:]}")
    return path


def start(state, directory, port, access_key, secret_key):
    """Buckets are the folders of DIR/versitygw/data: tests may place objects there as files."""
    data, iam = directory / "versitygw" / "data", directory / "versitygw" / "iam"
    data.mkdir(parents=True, exist_ok=True)
    iam.mkdir(exist_ok=True)
    command = [binary(), "--port", f"127.0.0.1:{port}", "--quiet", "--keep-alive", "--iam-dir", iam,
               "--virtual-domain", f"localhost:{port}", "--health", "/health", "posix", data]
    state.start("versitygw", command, port, {"ROOT_ACCESS_KEY": access_key, "ROOT_SECRET_KEY": secret_key})


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as reply:
            return reply.status == 200
    except (OSError, urllib.error.URLError):
        return False
