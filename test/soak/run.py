#!/usr/bin/env python3
# no stack: it has servers of its own
"""A long life: thousands of statements, many backends, and what ends them; memory, descriptors, uploads, executions, segments stay flat.

    run.py           make soak: 10,000 statements, 40 backends for three minutes; some ten minutes
    run.py --short   make test-all: a minute
    run.py [part …]  some of its parts: one_backend, killed, …

TAP.  PDS_SOAK_STATEMENTS, PDS_SOAK_BACKENDS, PDS_SOAK_SECONDS and PDS_SOAK_SEED change what they say.
"""
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "hostile"))
import run as hostile_run  # noqa: E402
import table  # noqa: E402
from session import Dead, Hostile, Psql, Server, descriptors, memory, segments, temporary_files  # noqa: E402

SHORT = "--short" in sys.argv
PARTS = [word for word in sys.argv[1:] if word != "--short"]
STATEMENTS = int(os.environ.get("PDS_SOAK_STATEMENTS", "400" if SHORT else "10000"))
BACKENDS = int(os.environ.get("PDS_SOAK_BACKENDS", "8" if SHORT else "40"))
SECONDS = float(os.environ.get("PDS_SOAK_SECONDS", "8" if SHORT else "180"))
SEED = int(os.environ.get("PDS_SOAK_SEED", "1"))
SETTINGS = """log_min_messages = log
dynamic_shared_memory_type = mmap
max_connections = 100
work_mem = 1MB
"""
# what is right whatever the weather; each may fail, but not with other rows
GOOD = [
    (table.ALL, "1|x\n2|y"),
    ("SELECT a FROM d LIMIT 1", "1"),
    (table.SUM, table.BIG),
    ("SELECT count(*) FROM big x JOIN d y ON x.a = y.a", "2"),
    ("SELECT a, b FROM gz ORDER BY a", "1|x\n2|y"),
    ("SELECT a, b, k FROM gp ORDER BY a", "1|x|1\n2|y|1"),
    ("SELECT count(*) FROM pds.s3_list('again', 's3://b/d/')", "1"),
    ("SELECT pds.s3_get_text('again', 's3://b/d/a.csv')", "1,x\n2,y\n"),
    (table.ATHENA, "1|x\n2|y"),
    ("SELECT a FROM pds.athena_query('again', 'select a, b') AS t(a int, b text)", "1\n2"),
    ("BEGIN; INSERT INTO w VALUES (1, 'x'); ROLLBACK", ""),
    ("BEGIN; " + table.IMPORT.replace("$h", "again") + "; ROLLBACK", ""),
    ("BEGIN; DECLARE c CURSOR FOR SELECT a FROM big; FETCH 2 FROM c; CLOSE c; COMMIT", "0\n1"),
    ("SELECT (SELECT count(*) FROM big WHERE a >= s.a) FROM d s ORDER BY 1", "59998\n59999"),
    ("SELECT count(a || b) FROM (SELECT * FROM d UNION ALL SELECT * FROM other UNION ALL SELECT * FROM r) u", "5"),
]
WRITES = ["INSERT INTO w SELECT g, repeat('x', 1000) FROM generate_series(1, 9000) g",
          "INSERT INTO w VALUES (1, 'x'), (2, 'y')",
          "DO $$ BEGIN INSERT INTO w VALUES (3, 'z'); PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END $$",
          "TRUNCATE w"]


def calm(p):
    """No transaction and no time-out any more.  A time-out of some milliseconds may cancel the ROLLBACK itself."""
    for _ in range(20):
        p.run("ROLLBACK")
        if p.run("SET statement_timeout = 0").sqlstate == "00000":
            return
    raise RuntimeError("a session cannot get rid of its time-out")


class Soak:
    def __init__(self):
        self.n = self.failed = 0
        self.random = random.Random(SEED)
        self.hostile = Hostile()
        self.server = None

    def ok(self, name, problems):
        self.n += 1
        self.failed += bool(problems)
        print(f"{'not ' if problems else ''}ok {self.n} - {name}", flush=True)
        for p in problems[:12]:
            print("#   " + str(p).replace("\n", "\n#   ")[:600], flush=True)

    def start(self, settings=""):
        self.server = Server(SETTINGS + settings, AWS_EC2_METADATA_DISABLED="true")
        hostile_run.write_profiles(self.server)
        p = Psql("postgres")
        p.value("CREATE DATABASE hostile")
        p.close()
        p = Psql("hostile")
        hostile_run.setup(self.hostile, p)
        p.close()

    def session(self, schema="again"):
        p = Psql("hostile")
        p.value(f"SET client_min_messages = error; SET search_path = {schema}, public")
        return p

    def left(self, **allowed):
        """What is there that should not be; results of Athena, too."""
        left = {k: v for k, v in self.hostile.left().items() if v > allowed.get(k, 0)}
        problems = [f"left behind: {left}"] if left else []
        if temporary_files(self.server):
            problems.append(f"{temporary_files(self.server)} temporary files")
        if segments(self.server) > self.segments:
            problems.append(f"{segments(self.server)} shared memory segments, {self.segments} at first")
        return problems

    # ---- one backend ----

    def one_backend(self):
        """All kinds of statements in one backend: what it holds after a tenth of them is what it holds at the end."""
        groups = ("cut", "lengths", "statuses", "listings", "glue", "athena", "codecs", "writes")
        rows = [r for r in table.rows_of().values() if r.want and not r.blocks and not r.again and not r.later and r.within < 5 and r.memory < 60
                and r.timeout == 60000 and r.group in groups and not re.search("bomb|silence|throttled|start: |lost", r.name)]
        p = self.session()
        marks, problems, done = [], [], 0
        # nothing that these statements ask for is late but for a machine that has other work
        patience = p.value("SELECT option_value FROM pg_foreign_server, pg_options_to_table(srvoptions) WHERE srvname = 'again' AND option_name = 'request_timeout'")
        p.value("ALTER SERVER again OPTIONS (SET request_timeout '60')")

        def held():
            p.value("ROLLBACK; SELECT pds.refresh()")
            contexts = int(p.value("SELECT sum(total_bytes) FROM pg_backend_memory_contexts"))
            # connections that are kept for the next request are not lost: as many as the last statements needed
            kept = int(p.value("SELECT coalesce(sum(open_connections), 0) FROM pds.connections()"))
            return memory(p.pid), len(descriptors(p.pid, self.server)) - kept, contexts / (1 << 20)

        while done < STATEMENTS and len(problems) < 10:
            kind = self.random.random()
            if kind < 0.75:
                self.hostile.row("")
                p.value("SET search_path = again, public")
            if kind < 0.55:
                sql, want = self.random.choice(GOOD)
                o = p.run(sql)
                if o.sqlstate != "00000" or o.rows != want:
                    problems.append(f"{sql}: {o}")
            elif kind < 0.65:
                o = p.run(self.random.choice(WRITES))
                if o.sqlstate != "00000":
                    problems.append(o)
            elif kind < 0.75:   # a cancel wherever it comes
                p.value(f"SET statement_timeout = {self.random.randrange(1, 40)}")
                o = p.run("BEGIN; " + self.random.choice(GOOD)[0] + "; " + self.random.choice(WRITES[:2]))
                calm(p)
            else:
                r = self.random.choice(rows)
                self.hostile.row(r.name)
                p.value(f"SET search_path = once, public; SET statement_timeout = {r.timeout}")
                o = p.run(r.sql.replace("$h", "once"))
                calm(p)
                if o.sqlstate[:2] in ("XX", "53") and o.sqlstate != "53000" and not o.sqlstate.startswith("XX001"):
                    problems.append(f"{r.name}: {o}")
            if o.sqlstate[:2] == "57" and o.sqlstate != "57014":
                problems.append(o)
            if done % 97 == 0:
                p.value("DISCARD ALL")
                p.value("SET client_min_messages = error")
            done += 1
            if done == STATEMENTS // 5:
                marks.append((done, *held()))
        marks.append((done, *held()))
        self.hostile.row("")
        p.value(f"ALTER SERVER again OPTIONS (SET request_timeout '{patience}')")
        self.ok(f"{done} statements of all kinds in one backend", problems)
        (n, rss, files, contexts), (n2, rss2, files2, contexts2) = marks[0], marks[-1]
        if n2 < 2 * n or len(marks) < 2:
            self.ok("it lived long enough to be compared", [f"{n2} statements"])
        print(f"# after {n} and {n2}: {rss:.1f} and {rss2:.1f} MB, {files} and {files2} descriptors beside kept connections, {contexts:.1f} and {contexts2:.1f} MB in contexts")
        self.ok("its memory is flat", [f"{rss:.1f} MB, then {rss2:.1f}; contexts {contexts:.1f} MB, then {contexts2:.1f}"] if rss2 > rss + 16 or contexts2 > contexts + 2 else [])
        self.ok("its descriptors are flat", [f"{files}, then {files2}", *sorted(descriptors(p.pid, self.server))] if files2 > files else [])
        self.ok("nothing is left behind", self.left())
        p.close()

    # ---- many backends ----

    def client(self, n, until, problems, counts):
        rnd = random.Random(SEED * 1000 + n)
        p = None
        while time.monotonic() < until:
            try:
                p = p or self.session()
                sql, want = rnd.choice(GOOD)
                if rnd.random() < 0.2:
                    sql, want = rnd.choice(WRITES[:3]), None
                if rnd.random() < 0.1:
                    p.value(f"SET statement_timeout = {rnd.randrange(1, 300)}")
                o = p.run(sql)
                calm(p)
                counts[o.sqlstate] = counts.get(o.sqlstate, 0) + 1
                # psql shows the rows of the statements before the one that failed
                if o.sqlstate == "00000" and want is not None and o.rows != want and "ERROR:" not in o.rows:
                    problems.append(f"other rows of {sql}: {o}")
                if o.sqlstate[:2] == "XX":
                    problems.append(f"{sql}: {o}")
            except (Dead, RuntimeError):
                # terminated by the test, or the server recovers
                counts["ended"] = counts.get("ended", 0) + 1
                if p:
                    p.close()
                p = None
                time.sleep(0.2)
        if p:
            p.close()

    def many_backends(self):
        self.hostile.chaos(0.03)
        problems, counts = [], {}
        until = time.monotonic() + SECONDS
        clients = [threading.Thread(target=self.client, args=(n, until, problems, counts)) for n in range(BACKENDS)]
        for c in clients:
            c.start()
        control = self.session()
        while time.monotonic() < until - 1:
            time.sleep(0.7)
            control.run("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE state = 'active' AND datname = 'hostile' AND pid <> pg_backend_pid() "
                        "ORDER BY random() LIMIT 1")
            if self.random.random() < 0.3:
                control.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'hostile' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1")
        for c in clients:
            c.join()
        control.close()
        if not counts.get("00000"):
            problems.append("nothing succeeded")
        print(f"# {BACKENDS} backends, {SECONDS:.0f} s: " + ", ".join(f"{n} {k}" for k, n in sorted(counts.items())))
        self.ok(f"{BACKENDS} backends while 3 % of all replies are broken: right rows or an error", problems)
        # what was given up is on its way to a busy server; an upload that it begins a second after the session's end stays
        self.until(lambda: not any(self.hostile.left().values()))
        few = 1 + (counts.get("57014", 0) + counts.get("ended", 0)) // 50
        self.ok("no execution, result, file or segment is left of them, and few uploads", self.left(uploads=few))
        self.hostile.row("")

    # ---- ends ----

    @staticmethod
    def until(true, seconds=15):
        end = time.monotonic() + seconds
        while not true() and time.monotonic() < end:
            time.sleep(0.2)

    def blocked(self, kinds, seconds=1.0):
        """Sessions in the middle of a scan, of an execution and of an upload."""
        found = []
        for sql in kinds:
            p = self.session()
            p.send(sql)
            found.append(p)
        time.sleep(seconds)
        return found

    SLOW = ["SELECT count(*) FROM big, pg_sleep(60)", "SELECT a, b, pg_sleep(60) FROM r",
            "BEGIN; INSERT INTO w SELECT g, repeat('x', 1000) FROM generate_series(1, 9000) g; SELECT pg_sleep(60)"]

    def terminated(self):
        for_ever = "execution: runs for ever"
        self.hostile.row(for_ever)
        sessions = self.blocked(["SELECT a FROM r", *self.SLOW[2:], self.SLOW[0]])
        self.until(lambda: self.hostile.left()["uploads"] and self.hostile.left()["executions"])
        before = self.hostile.left()
        control = self.session()
        for p in sessions:
            control.value(f"SELECT pg_terminate_backend({p.pid})")
        self.until(lambda: not any(self.hostile.left().values()))
        problems = self.left()
        if not before["uploads"] or not before["executions"]:
            problems.append(f"nothing was under way: {before}")
        self.ok("pg_terminate_backend in the middle of a scan, an execution and an upload: nothing is left", problems)
        for p in sessions:
            p.close()
        control.close()

    def killed(self):
        self.hostile.row("")
        victim, other = self.blocked(self.SLOW[:2])
        os.kill(victim.pid, signal.SIGKILL)
        problems = []
        for p in (victim, other):
            try:
                p.receive(20)
                problems.append("a session has survived")
            except Dead:
                p.close()
        for _ in range(100):
            try:
                p = self.session()
                break
            except (Dead, RuntimeError, ValueError):
                time.sleep(0.2)
        for sql, want in GOOD[:3]:
            o = p.run(sql)
            if o.rows != want:
                problems.append(o)
        p.close()
        # what had been started may go on: nobody is left who could stop it (doc/operations.md)
        self.hostile.row("")
        self.ok("kill -9 of a backend: the server recovers, no segment or temporary file is left", problems + self.left())

    def shut_down(self):
        self.hostile.row("execution: runs for ever")
        sessions = self.blocked(["SELECT a FROM r", *self.SLOW[2:], self.SLOW[0]])
        began = time.monotonic()
        problems = [] if self.server.ctl("stop", "-m", "fast") else ["it did not stop"]
        took = time.monotonic() - began
        if took > 10:
            problems.append(f"it took {took:.1f} s")
        left = {k: v for k, v in self.hostile.left().items() if v}
        if left:
            problems.append(f"left behind: {left}")
        for p in sessions:
            p.close()
        self.server.ctl("start")
        self.ok(f"a fast shutdown in mid-statement takes {took:.1f} s and leaves nothing", problems)

    # ---- want of room ----

    def full_disk(self):
        place = self.server.where / "small"
        place.mkdir()
        if os.getuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=0777", "tmpfs", place], stderr=subprocess.DEVNULL).returncode:
            self.ok("a full disk # SKIP a small file system cannot be mounted here", [])
            return
        try:
            self.hostile.row("")
            subprocess.run(["install", "-d", "-o", "postgres", "-m", "700", place / "cache", place / "space"], check=True)
            p = self.session()
            p.value(f"CREATE TABLESPACE small LOCATION '{place}/space'; SET temp_tablespaces = small; SET pds.cache_directory = '{place}/cache'; SET pds.cache_size = '1GB'")
            problems = []
            for _ in range(3):
                o = p.run(table.SUM)
                if o.rows != table.BIG:
                    problems.append(o)
            self.ok("a cache on a disk that is full: the rows are right", problems)
            problems = []
            before = len(descriptors(p.pid, self.server))
            for sql in ("SELECT (SELECT count(*) FROM big x WHERE x.a + s.a >= 0) FROM d s", "SELECT count(*) FROM (SELECT * FROM big ORDER BY b || a) x",
                        "BEGIN; INSERT INTO w SELECT g, repeat(md5(g::text), 9) FROM generate_series(1, 3000) g; SAVEPOINT s; "
                        "INSERT INTO w SELECT g, repeat(md5(g::text), 90) FROM generate_series(1, 3000) g; ROLLBACK TO s; COMMIT"):
                o = p.run(sql)
                p.run("ROLLBACK")
                if o.sqlstate not in ("00000", "53100"):
                    problems.append(f"{sql[:60]}: {o}")
            o = p.run(table.ALL)
            if o.rows != "1|x\n2|y":
                problems.append(o)
            p.value("SELECT pds.refresh()")
            if len(descriptors(p.pid, self.server)) > before:
                problems.append(f"{before} descriptors, then {descriptors(p.pid, self.server)}")
            self.ok("temporary files on a disk that is full: 53100 or rows, and the session goes on", problems + self.left())
            p.value("RESET temp_tablespaces; DROP TABLESPACE small")
            p.close()
        finally:
            subprocess.run(["umount", "-l", place])

    def few_descriptors(self):
        p = self.session()
        p.value("ALTER SYSTEM SET max_files_per_process = 64")
        p.close()
        self.server.ctl("restart")
        self.hostile.row("")
        p = self.session()
        problems = []
        for sql, want in GOOD * 2:
            o = p.run(sql)
            if o.sqlstate != "00000" or o.rows != want:
                problems.append(f"{sql}: {o}")
        self.ok("max_files_per_process = 64: all statements work", problems + self.left())
        p.value("ALTER SYSTEM RESET max_files_per_process")
        p.close()
        self.server.ctl("restart")

    # ---- a pool's backend ----

    def keys(self):
        """Keys that requests were signed with since the last look."""
        log = self.hostile.keys()
        self.hostile.row("")
        return set(log)

    def pooled(self):
        self.hostile.row("")
        p = self.session()
        p.value("CREATE ROLE one; CREATE ROLE two; CREATE ROLE three; GRANT USAGE ON FOREIGN SERVER again TO one, two, three; GRANT USAGE ON SCHEMA again, public TO PUBLIC;"
                "GRANT SELECT ON ALL TABLES IN SCHEMA again TO one, two, three")
        for role in ("one", "two"):
            p.value(f"CREATE USER MAPPING FOR {role} SERVER again OPTIONS (access_key_id 'AKIA{role.upper()}', secret_access_key 'hush')")
        problems = []
        for how, back in (("SET ROLE", "RESET ROLE"), ("SET SESSION AUTHORIZATION", "RESET SESSION AUTHORIZATION"), ("SET ROLE", "DISCARD ALL")):
            for role in ("one", "two", "one"):
                self.keys()
                p.value(f"SET search_path = again, public; {how} {role}")
                o = p.run(table.ALL + "; SELECT count(*) FROM big")
                used = self.keys()
                if o.rows != "1|x\n2|y\n60000" or used != {"AKIA" + role.upper()}:
                    problems.append(f"{how} {role}: {o}, signed by {used}")
                p.value(back)
            p.value(f"SET search_path = again, public; {how} three")
            o = p.run(table.ALL)
            if o.sqlstate != "28000":
                problems.append(f"{how} three, who has no keys: {o}")
            p.value(back)
        self.ok("SET ROLE and SET SESSION AUTHORIZATION between statements: each request is signed by the role's own key", problems)
        problems = []
        p.value("SET search_path = again, public; SET ROLE one")
        p.run("SELECT a FROM r")
        p.value("RESET ROLE; SET ROLE two")
        seen = p.value("SELECT count(*) FROM pds.athena_executions")
        if seen != "0":
            problems.append(f"the next role sees {seen} executions of the one before")
        p.value("RESET ROLE")
        query = "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE name LIKE 'pds.%'"
        p.value("DISCARD ALL")
        first = p.value(query)
        p.value("SET pds.engine = athena; SET pds.max_scan_bytes = '1kB'; SET pds.progress = on; SET pds.log_remote_sql = on;"
                " SET pds.raw_filters = off; SET pds.scan_aggregates = off")
        if p.value(query) == first:
            problems.append("the settings did not change")
        p.value("DISCARD ALL")
        if p.value(query) != first:
            problems.append(f"{p.value(query)}, {first} at first")
        p.value("SET search_path = again, public")
        if (o := p.run(table.ALL)).rows != "1|x\n2|y":
            problems.append(o)
        self.ok("DISCARD ALL: no setting and no execution of one client reaches the next", problems)
        self.rotated(p)
        p.close()

    def rotated(self, p):
        """Keys that change in the middle of a scan: its rows are right, and the next statement uses the new ones."""
        problems = []
        other = self.session()
        for change, key in (("ALTER USER MAPPING FOR one SERVER again OPTIONS (SET access_key_id 'AKIANEW')", "AKIANEW"),
                            ("DROP USER MAPPING FOR one SERVER again;"
                             " CREATE USER MAPPING FOR one SERVER again OPTIONS (access_key_id 'AKIANEWER', secret_access_key 'hush')", "AKIANEWER")):
            p.value("SET search_path = again, public; SET ROLE one; BEGIN; DECLARE c CURSOR FOR SELECT a FROM big")
            rows = p.value("FETCH 10 FROM c").count("\n") + 1
            other.value(change)
            rows += p.value("FETCH ALL FROM c").count("\n") + 1
            p.value("COMMIT")
            self.keys()
            o = p.run(table.ALL)
            used = self.keys()
            if rows != 60000 or o.rows != "1|x\n2|y" or used != {key}:
                problems.append(f"{rows} rows, then {o}, signed by {used}")
            p.value("RESET ROLE")
        other.close()
        self.ok("keys that are rotated in the middle of a scan", problems)

    def run(self):
        began = time.monotonic()
        self.start()
        self.segments = segments(self.server)
        for part in (self.pooled, self.one_backend, self.many_backends, self.terminated, self.shut_down, self.full_disk, self.few_descriptors, self.killed):
            if PARTS and part.__name__ not in PARTS:
                continue
            since = time.monotonic()
            try:
                part()
            except (Dead, RuntimeError) as e:
                self.ok(part.__name__, [repr(e)])
            print(f"# {part.__name__}: {time.monotonic() - since:.0f} s", flush=True)
        crashes = [c for c in re.findall(r".*(?:terminated by signal|PANIC|TRAP).*", self.server.log()) if "signal 9" not in c]
        self.ok("the server has crashed where it was killed, and nowhere else", crashes)
        print(f"1..{self.n}\n# {time.monotonic() - began:.0f} s, seed {SEED}")


def main():
    soak = Soak()
    try:
        soak.run()
    finally:
        if soak.server:
            soak.server.stop()
        soak.hostile.stop()
    return 1 if soak.failed else 0


if __name__ == "__main__":
    sys.exit(main())
