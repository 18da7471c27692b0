"""Detached processes, known by pid and start time so that a reused pid is never mistaken for ours."""

import json
import os
import random
import signal
import socket
import subprocess
import threading
import time

from .paths import StackError


def free_port(taken=()):
    """A port below the ephemeral range, so that no outgoing connection grabs it before the server binds."""
    for _ in range(200):
        port = random.randint(20000, 31999)
        if port in taken:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise StackError("no free port found on 127.0.0.1 between 20000 and 31999")


def start_ticks(pid):
    """Kernel start time of a process, or None where it is gone (or a zombie)."""
    try:
        with open(f"/proc/{pid}/stat") as handle:
            fields = handle.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


class State:
    """DIR/state.json: which services run, on which ports, with which options."""

    def __init__(self, directory):
        self.path = directory / "state.json"
        self.directory = directory
        self.services = {}
        self.options = {}
        self.lock = threading.Lock()    # services start side by side
        if self.path.exists():
            try:
                saved = json.loads(self.path.read_text())
                self.services, self.options = saved["services"], saved["options"]
            except (ValueError, KeyError):
                pass

    def save(self):
        temporary = self.path.with_suffix(".tmp")
        with self.lock:
            temporary.write_text(json.dumps({"services": dict(self.services), "options": self.options}, indent=1))
            temporary.replace(self.path)

    def alive(self, name):
        service = self.services.get(name)
        ticks = start_ticks(service["pid"]) if service else None
        return ticks is not None and ticks == service["start_ticks"]

    def port(self, name):
        return self.services[name]["port"]

    def start(self, name, command, port, environment=None, cwd=None):
        """Start detached (its own session, no terminal); output goes to log/NAME.log."""
        log_path = self.directory / "log" / f"{name}.log"
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with open(log_path, "ab") as log:
            child = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, cwd=cwd, env={**os.environ, **(environment or {})})
        self.services[name] = {"pid": child.pid, "start_ticks": start_ticks(child.pid), "port": port}
        (self.directory / f"{name}.pid").write_text(f"{child.pid}\n")
        self.save()
        child.returncode = 0  # ours to signal later, not to reap: keeps Popen from warning at exit

    def stop(self, name, patience=10.0):
        """TERM, then KILL, only the very process we started."""
        if self.alive(name):
            pid = self.services[name]["pid"]
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + patience
            while self.alive(name) and time.monotonic() < deadline:
                reap(pid)
                time.sleep(0.05)
            if self.alive(name):
                os.kill(pid, signal.SIGKILL)
        self.services.pop(name, None)
        (self.directory / f"{name}.pid").unlink(missing_ok=True)
        self.save()

    def wait_ready(self, name, probe, seconds):
        """Poll until probe() is true; a process that died says so with the end of its log."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if probe():
                return
            reap(self.services[name]["pid"])
            if not self.alive(name):
                raise StackError(f"{name} ended while starting:\n{self.log_tail(name)}")
            time.sleep(0.1)
        raise StackError(f"{name} was not ready after {seconds} s:\n{self.log_tail(name)}")

    def log_tail(self, name, lines=15):
        log_path = self.directory / "log" / f"{name}.log"
        text = log_path.read_text(errors="replace").splitlines() if log_path.exists() else []
        return "\n".join(text[-lines:]) + f"\n(log: {log_path})"


def reap(pid):
    """Collect a child that ended, where it is ours, so that it is not seen as alive."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
