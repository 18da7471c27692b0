"""A server of one's own, sessions on it by psql, and what a backend holds: memory, descriptors, files, segments."""
import glob
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]


class Dead(Exception):
    """The session is gone."""


class Outcome:
    def __init__(self, rows, sqlstate, message, seconds):
        self.rows, self.sqlstate, self.message, self.seconds = rows, sqlstate, message, seconds

    def __str__(self):
        what = f"{self.sqlstate} {self.message}" if self.sqlstate != "00000" else "rows " + repr(self.rows[:300])
        return f"{what} after {self.seconds:.2f} s"


class Psql:
    """One session.  Statements end with their rows as text, or with SQLSTATE and the whole error."""

    def __init__(self, database, user="postgres"):
        self.p = subprocess.Popen(["psql", "-XqAt", "-v", "VERBOSITY=verbose", "-U", user, "-d", database], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="surrogateescape")
        self.n, self.lines = 0, queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.pid = int(self.value("SELECT pg_backend_pid()"))

    def read(self):
        for line in self.p.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def send(self, sql):
        self.n += 1
        self.began = time.monotonic()
        try:
            self.p.stdin.write(f"{sql};\n\\echo '<end {self.n}>' :SQLSTATE\n")
            self.p.stdin.flush()
        except OSError:
            raise Dead("psql is gone") from None

    def receive(self, timeout=60):
        lines = []
        while True:
            try:
                line = self.lines.get(timeout=timeout)
            except queue.Empty:
                raise Dead(f"no answer for {timeout} s") from None
            if line is None:
                raise Dead("the session ended: " + " ".join(lines[-4:]))
            if line.startswith(f"<end {self.n}>"):
                break
            lines.append(line)
        state = line.split()[-1]
        text = "\n".join(lines)
        if state == "00000":
            return Outcome(text, state, "", time.monotonic() - self.began)
        at = re.search(r"^(psql:.*?: )?(ERROR|FATAL|PANIC): +", text, re.M)
        return Outcome(text[:at.start()] if at else "", state, text[at.end():] if at else text, time.monotonic() - self.began)

    def run(self, sql, timeout=60):
        self.send(sql)
        return self.receive(timeout)

    def value(self, sql):
        o = self.run(sql)
        if o.sqlstate != "00000" or re.search("^(psql:.*?: )?ERROR:", o.rows, re.M):
            raise RuntimeError(f"{sql[:300]}: {o.message or o.rows}")
        return o.rows

    def close(self):
        try:
            self.p.stdin.close()
            self.p.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.p.kill()
            self.p.wait()


class Server:
    """A throw-away PostgreSQL; settings go into its configuration, environment into its process."""

    def __init__(self, settings="", **environment):
        self.dir = Path(tempfile.mkdtemp(prefix="pds_hostile."))
        self.dir.chmod(0o755)
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "AWS_"))}
        if "PG_CONFIG" in os.environ:
            keep["PG_CONFIG"] = os.environ["PG_CONFIG"]
        self.environment = {**keep, "HOME": str(self.dir), "AWS_SHARED_CREDENTIALS_FILE": str(self.dir / "credentials"),
                            "AWS_CONFIG_FILE": str(self.dir / "config"), **environment}
        self.start()
        if settings:
            with open(self.data / "postgresql.conf", "a") as f:
                f.write(settings)
            self.ctl("restart")

    def start(self):
        out = subprocess.run([TOP / "test/pg/start", "--dir", self.dir / "pg"], env=self.environment, check=True,
                             capture_output=True, text=True).stdout
        os.environ.update(re.findall(r"^export (PG\w+)=(.*)$", out, re.M))
        self.where = Path((self.dir / "pg/where").read_text().strip())
        self.data = self.where / "data"

    def ctl(self, *words):
        bin = subprocess.run([self.environment.get("PG_CONFIG", "pg_config"), "--bindir"], capture_output=True, text=True).stdout.strip()
        run = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "env", f"HOME={self.dir}"] if os.getuid() == 0 else []
        preload = {"LD_PRELOAD": str(self.where / "clock.so")} if words[0] != "stop" else {}
        return subprocess.run([*run, "env", *(f"{k}={v}" for k, v in preload.items()), f"{bin}/pg_ctl", "-D", self.data, "-l", self.where / "server.log",
                               "-w", *words], env=self.environment, cwd=self.where, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def log(self):
        return (self.where / "server.log").read_text(errors="replace")

    def stop(self):
        subprocess.run([TOP / "test/pg/stop", "--dir", self.dir / "pg"], env=self.environment, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        subprocess.run(["rm", "-rf", self.dir])


class Hostile:
    """The scripted server (server.py) in a process of its own."""

    def __init__(self):
        self.p = subprocess.Popen([sys.executable, "-B", HERE / "server.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ports = json.loads(self.p.stdout.readline())
        self.url = f"http://127.0.0.1:{self.ports['port']}"

    def ask(self, what, data=None):
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/hostile/{what}", data=data), timeout=30) as r:
            return json.loads(r.read())

    def row(self, name):
        self.ask("row", name.encode("utf-8", "surrogatepass"))

    def behave(self):
        self.ask("behave", b"")

    def chaos(self, share):
        self.ask("chaos", str(share).encode())

    def left(self):
        """Counts of what is left behind."""
        return {k: v for k, v in self.ask("left").items() if k not in ("log", "keys", "counts")}

    def keys(self):
        """Access keys that the last 400 requests since the row began were signed with."""
        return self.ask("left")["keys"]

    def stop(self):
        self.p.stdin.close()
        self.p.wait()


def descriptors(pid, server):
    """What /proc shows of a process: sockets, files and the rest, but the server's own files."""
    names = []
    for f in glob.glob(f"/proc/{pid}/fd/*"):
        try:
            name = os.readlink(f)
            if not name.startswith(str(server.data)):
                names.append(name)
        except OSError:
            pass
    return names


def memory(pid, what="VmRSS"):
    """MB"""
    m = re.search(what + r":\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(m[1]) / 1024


def forget_peak(pid):
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def segments(server):
    """With dynamic_shared_memory_type = mmap they are files."""
    return len(os.listdir(server.data / "pg_dynshmem"))


def temporary_files(server):
    return sum(len(files) for _, _, files in os.walk(server.data / "base/pgsql_tmp"))
