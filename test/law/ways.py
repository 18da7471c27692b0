"""Run statements several ways, and tell whether they agree (PITFALLS: multisets of row text).

A way is a name and what a session sets before: the schema on the search path, the engine, the workers. A batch of
statements goes through one psql, so that a thousand of them cost few connections.
"""
import collections
import concurrent.futures
import json
import math
import os
import re
import subprocess
import urllib.request

SETTINGS = ("SET TimeZone = 'UTC'; SET DateStyle = ISO; SET IntervalStyle = postgres; SET extra_float_digits = 1;"
            "SET client_min_messages = warning; SET statement_timeout = '120s';")
# Where now() is sent, the time is always the same (test/pg/clock.c).
CLOCK = "SET application_name = 'clock 1782909296.789012';"
FIELD, MARK, NULL = "\x1f", "\x1d", "\x1a"

Way = collections.namedtuple("Way", "name settings")
Answer = collections.namedtuple("Answer", "rows sqlstate message executions plan", defaults=(None,))


def psql(script, database):
    """Output and messages of a script."""
    done = subprocess.run(["psql", "-XqAt", "-0", "-F", FIELD, "-P", "null=" + NULL, "-d", database, "-f", "-"],
                          input=script, capture_output=True, text=True)
    return done.stdout, done.stderr


def last_of(statement):
    """What comes before (settings, PREPARE) and the statement that answers."""
    before, between, last = statement.rpartition(";\n") if statement.startswith("SET ") else ("", "", statement)
    return before + between, last


def run(statements, way, database, count=False, plans=False):
    """An Answer for each statement; count: also how many executions by Athena it took; plans: also its plan, of JSON."""
    executions = "SELECT count(*) FROM pds.athena_executions WHERE source = 'scan';\n" if count else ""
    clock = CLOCK if any("now()" in s for s in statements) else ""
    script = [SETTINGS + clock + way.settings + "\n"]
    for s in statements:
        explain = f"EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) {last_of(s)[1]};\n" if plans else ""
        script.append(f"{s};\n\\echo '{MARK}' :SQLSTATE :LAST_ERROR_MESSAGE\n{executions}\\echo '{MARK}'\n{explain}\\echo '{MARK}'\n")
    out, err = psql("".join(script), database)
    parts = out.split(MARK)
    answers, before = [], 0
    for i in range(len(statements)):
        if 3 * i + 3 >= len(parts):
            # the server closed the connection: nobody else's statements can be told from this one
            answers.append(Answer(None, "08006", err[-1000:], 0, None))
            continue
        rows = [tuple(r.split(FIELD)) for r in parts[3 * i].removeprefix("\n").split("\0")[:-1]]
        sqlstate, _, tail = parts[3 * i + 1].lstrip().partition(" ")
        # the message and the count of executions are separated by the line's end
        message, _, number = tail.partition("\n")
        now = int(number.rstrip("\0\n") or 0) if count else 0
        text = parts[3 * i + 2].strip("\0\n")
        plan = json.loads(text)[0]["Plan"] if text else None
        if sqlstate == "00000":
            answers.append(Answer(rows, sqlstate, "", now - before, plan))
        else:
            answers.append(Answer(None, sqlstate, message, now - before, plan))
        before = now
    return answers


def answers(statements, ways_of, database, batch, connections):
    """For each way the Answers to its statements: batches over several connections at once.

    statements: a function of the way; ways_of: for each way what else run() is told.
    """
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        found = {w: [pool.submit(run, statements(w)[at:at + batch], w, database, **how) for at in range(0, len(statements(w)), batch)]
                 for w, how in ways_of.items()}
        return {w: [a for f in parts for a in f.result()] for w, parts in found.items()}


def same_value(a, b):
    """Equal, or doubles with a relative difference of at most 1e-9."""
    if a == b:
        return True
    try:
        return math.isclose(float(a), float(b), rel_tol=1e-9, abs_tol=1e-300)
    except ValueError:
        return False


def same_rows(got, want, floats):
    """Multisets of rows, the columns in floats compared with tolerance."""
    if collections.Counter(got) == collections.Counter(want):
        return True
    if not floats or len(got) != len(want):
        return False

    def key(row):
        return [v for i, v in enumerate(row) if i not in floats] + [
            float(v) if re.fullmatch(r"-?[0-9.]+(e[-+]?[0-9]+)?", v) else math.inf for v in
            (row[i] for i in sorted(floats))]

    return all(len(a) == len(b) and all(same_value(x, y) if i in floats else x == y for i, (x, y) in enumerate(zip(a, b)))
               for a, b in zip(sorted(got, key=key), sorted(want, key=key)))


def difference(name, got, want, floats=(), order=None):
    """What two answers differ in, as lines; none: they agree.  order: the output columns of a final ORDER BY."""
    if got.sqlstate[:2] == want.sqlstate[:2] and got.rows is None and want.rows is None and got.sqlstate != "08006":
        return []
    if got.rows is None or want.rows is None:
        return [f"{n}: {len(a.rows)} rows" if a.rows is not None else f"{n}: {a.sqlstate} {a.message}"
                for n, a in ((name, got), ("heap", want))]
    if same_rows(got.rows, want.rows, floats):
        if order is None:
            return []
        for at, (a, b) in enumerate(zip(got.rows, want.rows)):
            if any(not same_value(a[i], b[i]) if i in floats else a[i] != b[i] for i in order):
                return [f"{name}: another order from row {at + 1}: {show(a)}", f"heap: {show(b)}"]
        return []
    a, b = collections.Counter(got.rows), collections.Counter(want.rows)
    lines = [f"{name} has, heap has not: {show(r)} ({n})" for r, n in (a - b).items()][:4]
    lines += [f"heap has, {name} has not: {show(r)} ({n})" for r, n in (b - a).items()][:4]
    return lines


def show(row):
    return " | ".join("NULL" if v == NULL else v for v in row)


def explain(statement, way, database):
    """The plan as text; of a prepared statement that of its last line."""
    before, last = last_of(statement)
    out, err = psql(SETTINGS + way.settings + f"\n\\set QUIET on\n{before}\nEXPLAIN (VERBOSE, COSTS OFF) {last};\n", database)
    return (out + err).replace("\0", "\n")


def begin_suite(name):
    """The stack replays, or records, the answers of this suite from now on."""
    control("suite", name=name)


def control(what, **values):
    """The stack's test control (test/stack/README.md)."""
    request = urllib.request.Request(f"{os.environ['AWS_ENDPOINT_URL']}/pds-test/{what}", json.dumps(values).encode())
    urllib.request.urlopen(request).close()


def create_database(name, options=""):
    """A fresh database with the extension."""
    for sql in (f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} {options}"):
        must(sql, "postgres")
    must("CREATE EXTENSION pds_fdw", name)


def create_server(database, bucket):
    """Server aws on the stack, with results in the bucket."""
    env = os.environ
    must(f"""CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw OPTIONS (region '{env["AWS_REGION"]}',
            endpoint_url '{env["AWS_ENDPOINT_URL"]}', output_location 's3://{bucket}/results/');
        CREATE USER MAPPING FOR CURRENT_USER SERVER aws OPTIONS (access_key_id '{env["AWS_ACCESS_KEY_ID"]}',
            secret_access_key '{env["AWS_SECRET_ACCESS_KEY"]}')""", database)


def must(sql, database):
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return done.stdout
