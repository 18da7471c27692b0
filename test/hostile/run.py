#!/usr/bin/env python3
# no stack: it has servers of its own
"""Each row of table.py against a server of its own: TAP, a line a row.

    run.py [pattern ...]     rows whose name or group matches
    PDS_HOSTILE_SLOW=3       the bounds of time times three
"""
import hashlib
import json
import os
import queue
import re
import subprocess
import sys
import threading
import time

import table
from session import Dead, Hostile, Psql, Server, descriptors, forget_peak, memory, segments, temporary_files

SLOW = float(os.environ.get("PDS_HOSTILE_SLOW", "1"))
TABLES = ["d", "big", "other", "w", *table.CODECS]
SETUP = """
CREATE EXTENSION pds_fdw;
CREATE FUNCTION cancelled(int, out ms float) LANGUAGE plpgsql AS $$
-- how long the statement of a backend lives after its cancel, told by the server's own clock
DECLARE since timestamptz := clock_timestamp();
BEGIN
	PERFORM pg_cancel_backend($1);
	LOOP
		PERFORM pg_stat_clear_snapshot();
		EXIT WHEN (SELECT state FROM pg_stat_activity WHERE pid = $1) IS DISTINCT FROM 'active';
		EXIT WHEN clock_timestamp() - since > '10s';
		PERFORM pg_sleep(0.002);
	END LOOP;
	ms := extract(epoch FROM clock_timestamp() - since) * 1000;
END $$;
"""


def setup(hostile, psql):
    psql.value(SETUP)
    for name, attempts, seconds in (("once", 1, 2), ("again", 3, 2), ("brief", 1, 0.4), ("brief_again", 3, 0.4)):
        psql.value(f"""CREATE SCHEMA {name}; SET search_path = {name};
            CREATE SERVER {name} FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1', endpoint_url '{hostile.url}', cache_ttl '0',
                max_attempts '{attempts}', connect_timeout '1', request_timeout '{seconds}', output_location 's3://b/results/');
            CREATE USER MAPPING FOR CURRENT_USER SERVER {name} OPTIONS (access_key_id 'AKIAEXAMPLE', secret_access_key 'hush')""")
        for t in TABLES:
            psql.value(f"CREATE FOREIGN TABLE {t} (a int, b text) SERVER {name} OPTIONS (location 's3://b/{t}/', format 'csv')")
        psql.value(f"CREATE FOREIGN TABLE r (a int, b text) SERVER {name} OPTIONS (database 'db', table_name 't', engine 'athena')")
        psql.value(f"""CREATE FOREIGN TABLE g (a int, b text) SERVER {name} OPTIONS (database 'db', table_name 't', engine 'direct');
            CREATE FOREIGN TABLE gp (a int, b text, k text) SERVER {name} OPTIONS (database 'db', table_name 'p', engine 'direct')""")
    psql.value("CREATE SCHEMA imported")
    common = "region 'us-east-1', cache_ttl '0', max_attempts '1', connect_timeout '1', request_timeout '2'"
    peers = {f"{scheme}_{name}": f"{scheme}://127.0.0.1:{port}" for name, port in hostile.ports.items() for scheme in ("http", "https")}
    for name, url in {**peers, "nowhere": "https://nowhere.invalid", "tls_on_http": hostile.url.replace("http:", "https:")}.items():
        psql.value(f"""CREATE SERVER {name} FOREIGN DATA WRAPPER pds_fdw OPTIONS ({common}, endpoint_url '{url}');
            CREATE USER MAPPING FOR CURRENT_USER SERVER {name} OPTIONS (access_key_id 'AKIAEXAMPLE', secret_access_key 'hush')""")
    for name in PROFILES:
        psql.value(f"CREATE SERVER {name} FOREIGN DATA WRAPPER pds_fdw OPTIONS ({common}, endpoint_url '{hostile.url}', profile '{name}')")


# sources of credentials, a profile each
PROFILES = {
    "sts": "role_arn = arn:aws:iam::111122223333:role/r\nsource_profile = keys",
    "web": "role_arn = arn:aws:iam::111122223333:role/r\nweb_identity_token_file = {dir}/token",
    "imds": "role_arn = arn:aws:iam::111122223333:role/r\ncredential_source = Ec2InstanceMetadata",
    "container": "role_arn = arn:aws:iam::111122223333:role/r\ncredential_source = EcsContainer",
    "sso": "sso_start_url = https://x.example/start\nsso_region = us-east-1\nsso_account_id = 111122223333\nsso_role_name = r",
}


def write_profiles(server):
    """The files that the server process reads."""
    text = "[profile keys]\naws_access_key_id = AKIAKEYS\naws_secret_access_key = hush\n"
    for name, lines in PROFILES.items():
        text += f"[profile {name}]\n{lines.format(dir=server.dir)}\n"
    files = {"config": text, "credentials": "", "token": "web-token",
             ".aws/sso/cache/" + hashlib.sha1(b"https://x.example/start").hexdigest() + ".json": json.dumps(
                 {"accessToken": "sso-token", "expiresAt": "2099-01-01T00:00:00Z", "region": "us-east-1", "startUrl": "https://x.example/start"})}
    for name, content in files.items():
        path = server.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


class Slow(str):
    """A bound of time that was passed."""


class Run:
    def __init__(self, server, hostile):
        self.server, self.hostile, self.n, self.failed = server, hostile, 0, 0
        self.control = Psql("hostile")
        self.psql = None

    def open(self):
        self.hostile.row("")
        self.psql = Psql("hostile")
        self.psql.value("SET max_parallel_workers_per_gather = 0; SELECT pds.refresh()")
        self.psql.run("SET client_min_messages = error")
        self.psql.value("SET search_path = once; SELECT count(*) FROM pds.s3_list('once', 's3://b/d/')")
        self.files = len(descriptors(self.psql.pid, self.server))
        self.segments = segments(self.server)

    def report(self, problems, name):
        self.n += 1
        print(f"{'not ' if problems else ''}ok {self.n} - {name.replace('#', '')}", flush=True)
        for p in problems:
            print("#   " + p.replace("\n", "\n#   "))
        self.failed += bool(problems)

    def look(self, row, o, problems):
        """Rows or error, and what the statement leaves."""
        if hasattr(row.want, "sane"):
            # whatever it says, it is no internal error and takes nobody's data for anything else
            if o.sqlstate[:2] in ("XX", "53", "57", "58") or re.search(r"[\x00-\x08\x0b-\x1f\x7f]|root:x", o.message + o.rows):
                problems.append(f"got {o}")
        elif row.want.pattern and not (row.want.rows is not None and o.sqlstate == "00000"):
            if o.sqlstate == "00000" or not re.search(row.want.pattern, o.message):
                problems.append(f"wanted {row.want.pattern}, got {o}")
            elif re.search(r"[\x00-\x08\x0b-\x1f\x7f]|hush", o.message):
                problems.append(f"control characters or secrets are shown: {o.message!r}")
            elif o.sqlstate[:2] in ("08", "HV", "28", "40", "54") and not re.search(r"^(HINT|DETAIL):", o.message, re.M):
                problems.append(f"neither hint nor detail: {o}")
        elif o.sqlstate != "00000" or o.rows.replace("\\x1B", "\x1b") != row.want.rows:
            problems.append(f"wanted {row.want.rows!r}, got {o}")
        self.leaves(row, problems)

    def leaves(self, row, problems):
        pid = self.psql.pid
        left = {k: v for k, v in self.hostile.left().items() if v != row.left.get(k, 0)}
        if left:
            problems.append(f"left behind: {left}")
        if (n := temporary_files(self.server)):
            problems.append(f"{n} temporary files")
        if (n := segments(self.server)) > self.segments:
            problems.append(f"{n - self.segments} shared memory segments")
        now = descriptors(pid, self.server)
        # connections that are kept for the next statement
        if len(now) > self.files + 12:
            problems.append(f"{len(now)} descriptors, {self.files} at first: {now}")

    def first(self, row, sql, before, problems):
        p = self.psql
        o = p.run(sql)
        grown = memory(p.pid, "VmHWM") - before
        if o.seconds > row.within * SLOW:
            problems.append(Slow(f"it took {o.seconds:.1f} s"))
        if grown > row.memory:
            problems.append(f"it took {grown:.0f} MB")
        self.look(row, o, problems)
        if o.sqlstate != "00000":
            p.run("ROLLBACK")

    def row(self, row):
        """A machine that is busy stops anybody for a second: who is slow three times is slow."""
        for _ in range(3):
            problems = self.once(row)
            if not problems or not all(isinstance(p, Slow) for p in problems):
                break
        self.report(problems, row.name)

    def once(self, row):
        problems = []
        p = self.psql
        self.hostile.row(row.name)
        name = "again" if row.again else "once"
        sql = row.sql.replace("$h", name)
        p.value(f"SET search_path = {name}; SET statement_timeout = {row.timeout}")
        if row.group in ("credentials", "dates", "limits", "peers", "slow"):
            p.value("SELECT pds.refresh()")
        forget_peak(p.pid)
        before = memory(p.pid)
        if row.want:
            self.first(row, sql, before, problems)
        if row.blocks:
            self.hostile.row(row.name)
            p.send(sql)
            time.sleep(0.4)
            ms = float(self.control.value(f"SELECT cancelled({p.pid})"))
            o = p.receive()
            if not o.message.startswith("57014"):
                problems.append(f"cancelled: {o}")
            elif ms > row.cancel * SLOW:
                problems.append(Slow(f"the cancel took {ms:.0f} ms"))
            self.leaves(row, problems)
        if row.later:
            self.later(row, problems)
        if row.ended:
            self.ended(row, sql, problems)
        return problems

    def later(self, row, problems):
        """The server behaves again, and what it gave no answer to is brought to an end."""
        self.hostile.behave()
        if row.later == "transaction":
            time.sleep(1.1)
            self.psql.value("SELECT 1")
        else:
            self.psql.close()
            self.gone(self.psql.pid)
        if (left := {k: v for k, v in self.hostile.left().items() if v}):
            problems.append(f"left behind by the end of the {row.later}: {left}")
        if row.later == "session":
            self.open()

    def ended(self, row, sql, problems):
        self.hostile.row(row.name)
        self.psql.send(sql)
        time.sleep(0.4)
        self.control.value(f"SELECT pg_terminate_backend({self.psql.pid})")
        self.gone(self.psql.pid)
        if (left := {k: v for k, v in self.hostile.left().items() if v}):
            problems.append(f"left behind by a session that was terminated: {left}")
        self.psql.close()
        self.open()

    def gone(self, pid):
        began = time.monotonic()
        while self.control.value(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}") != "0":
            if time.monotonic() - began > 10:
                raise Dead("the session does not end")
            time.sleep(0.02)

    def group(self, name, found):
        self.open()
        begin = memory(self.psql.pid)
        for row in found:
            try:
                self.row(row)
            except Dead as e:
                self.report([str(e)], row.name)
                self.psql.close()
                self.open()
        self.hostile.row("")
        pid = self.psql.pid
        problems = []
        self.psql.value("SELECT pds.refresh()")
        if (n := len(descriptors(pid, self.server))) > self.files:
            problems.append(f"{n} descriptors, {self.files} at first: {descriptors(pid, self.server)}")
        if memory(pid) - begin > 64:
            problems.append(f"{memory(pid):.0f} MB at the end, {begin:.0f} MB at first")
        self.report(problems, f"{name}: what the session holds at its end")
        self.psql.close()


def halves():
    """All groups in two processes, each with servers of its own; one TAP of theirs."""
    groups = list(dict.fromkeys(r.group for r in table.rows_of().values()))
    both = [subprocess.Popen([sys.executable, "-B", __file__, *part], stdout=subprocess.PIPE, text=True) for part in (groups[::2], groups[1::2])]
    lines, n = queue.Queue(), 0
    # each has a reader of its own: a pipe that is full would stop it
    for process in both:
        threading.Thread(target=lambda p: [*map(lines.put, p.stdout), lines.put(None)], args=(process,), daemon=True).start()
    planned = ended = 0
    while ended < len(both):
        if (line := lines.get()) is None:
            ended += 1
        elif line.startswith("1.."):
            planned += 1
        else:
            if re.match(r"(not )?ok ", line):
                n += 1
                line = re.sub(r"ok \d+", f"ok {n}", line, count=1)
            print(line, end="", flush=True)
    ends = [process.wait() for process in both]
    if planned < len(both) or any(end < 0 for end in ends):
        n += 1
        print(f"not ok {n} - both halves come to their end\n#   statuses {ends}, {planned} plans")
    print(f"1..{n}")
    return 0 if planned == len(both) and ends == [0] * len(both) else 1


def main():
    patterns = sys.argv[1:]
    if not patterns:
        return halves()
    groups = {r.group for r in table.rows_of().values()}
    found = [r for r in table.rows_of().values() if any(p == r.group or p not in groups and re.search(p, r.name) for p in patterns)]
    hostile = Hostile()
    server = Server("log_min_messages = log\ndynamic_shared_memory_type = mmap\n", AWS_ENDPOINT_URL_SSO=hostile.url,
                    AWS_EC2_METADATA_SERVICE_ENDPOINT=hostile.url, AWS_CONTAINER_CREDENTIALS_FULL_URI=hostile.url + "/creds")
    write_profiles(server)
    try:
        postgres = Psql("postgres")
        postgres.value("CREATE DATABASE hostile")
        postgres.close()
        psql = Psql("hostile")
        setup(hostile, psql)
        psql.close()
        run = Run(server, hostile)
        began = time.monotonic()
        for name in dict.fromkeys(r.group for r in found):
            run.group(name, [r for r in found if r.group == name])
        crashes = re.findall(r".*(?:terminated by signal|PANIC|TRAP).*", server.log())
        run.report(crashes, "the server has not crashed")
        print(f"1..{run.n}")
        print(f"# {len(found)} rows, {run.failed} failed, {time.monotonic() - began:.0f} s")
        run.control.close()
    finally:
        server.stop()
        hostile.stop()
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
