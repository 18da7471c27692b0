"""Programs that the Go tool builds into the cache, once."""

import os
import shutil
import subprocess

from .paths import StackError, cache_dir, cache_lock, say


def find(name, module, build=True):
    """Path of a program: of the cache, else of PATH, else built (some minutes); None where that is not wanted."""
    path = cache_dir() / "bin" / name
    if path.exists():
        return path
    if shutil.which(name) or not build:
        return shutil.which(name)
    if not shutil.which("go"):
        raise StackError(f"{name} needs the Go tool (apt-get install golang-go), or {name} on PATH")
    with cache_lock(name):
        if not path.exists():
            say(f"building {module} (once, several minutes)")
            done = subprocess.run(["go", "install", "-p", "2", module], capture_output=True, text=True,
                                  cwd=cache_dir(), env={**os.environ, "GOBIN": str(path.parent)})
            if done.returncode:
                raise StackError(f"go install {module} failed:\n{done.stderr[-2000:]}")
    return path
