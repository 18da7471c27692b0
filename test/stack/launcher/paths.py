"""Where things are: the source tree, the cache outside it, the directory of one running stack."""

import contextlib
import fcntl
import os
import shutil
import sys
from pathlib import Path

STACK_SOURCE = Path(__file__).resolve().parents[1]
REPO_ROOT = STACK_SOURCE.parents[1]


def cache_dir():
    """Downloads and virtual environments survive the work tree, and are shared by all stacks."""
    explicit = os.environ.get("PDS_CACHE")
    base = Path(explicit) if explicit else Path(
        os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pds_fdw"
    base.mkdir(parents=True, exist_ok=True)
    return base


@contextlib.contextmanager
def cache_lock(name):
    """Two `up` at once must not unpack or install the same thing twice."""
    with locked(cache_dir() / f".{name}.lock"):
        yield


def directory_lock(directory):
    """Two `up` at once for one directory: the second waits, and then finds a live stack."""
    return locked(directory / ".lock")


@contextlib.contextmanager
def locked(path):
    # Python opens files close-on-exec: the services that `up` starts do not inherit the lock.
    with open(path, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def fresh_directory(path):
    """An empty directory; leftovers of an interrupted run are removed."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def say(message):
    print(f"stack: {message}", file=sys.stderr, flush=True)


class StackError(Exception):
    """Something the person who typed `up` must know; printed without a traceback."""
