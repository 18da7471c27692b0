#!/usr/bin/env python3
"""Each row of pds.shippable: what is sent gives the heap's values, what is never sent stays here.

    run.py [--page | REGEX]     (on a running stack with Trino: its env is in the environment)

Prints TAP; with --page the tables of doc/pushdown.md.  The cases are in cases.sql.  Expressions that Athena may
group by are compared value by value, many in one statement; others by conditions with them.  REGEX: only headings that match.
"""
import collections
import concurrent.futures
import math
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "law"))
import tables  # noqa: E402
import ways  # noqa: E402

DATABASE, BUCKET = "pds_ship", "pds-ship"
BATCH = 30
# Trino waits more than it works
CONNECTIONS = 6
COLUMNS = [("id", "int"), ("b", "boolean"), ("ti", "tinyint"), ("si", "smallint"), ("i", "int"), ("bi", "bigint"),
           ("f", "float"), ("d", "double"), ("d2", "double"), ("n", "decimal(10,2)"), ("m", "decimal(15,4)"),
           ("big", "decimal(38,10)"), ("s", "string"), ("v", "varchar(5)"), ("t", "string"), ("c", "char(4)"),
           ("dt", "date"), ("dt2", "date"), ("ts", "timestamp")]
N = None
# Below 100 nothing is out of range; from there on it hurts.
ROWS = [
    (1, "true", 1, 1, 1, 1, 1.5, 0.5, 1, "1.50", "1.5000", "1.5000000000", "plain", "abc", "pl", "ab", "2024-01-31", "2024-02-29", "2024-01-31 10:00:00.123"),
    (2, "false", 5, -5, 12, -12, 0.1, 0.1, 2.5, "-0.01", "0.0001", "-1.0000000001", "", "", "x", "", "2000-02-29", "1999-12-31", "2000-02-29 12:34:56.789"),
    (3, "true", 12, 5, 5, 1000000, 0.25, 1, 3, "2.25", "-7.1250", "0.0000000001", "a", "é", "a", "é", "2023-12-31", "2024-03-01", "1969-12-31 23:59:59.999"),
    (4, N, -3, 12, 6, 55, 1, 0.25, 1e10, "12.55", "12.5450", "12.5500000000", "aa bb, cc, a", "a b", "aa", " x", "2021-01-03", "2020-12-28", "2021-01-03 00:00:00"),
    (5, "false", 7, 100, 13, 7, 0.5, 0.75, -4, "-12.50", "0.0500", "-0.5000000000", "  blanks  ", " a ", " ", "a", "1970-01-01", "1970-01-01", "1970-01-01 00:00:00.001"),
    (6, "true", 9, 9, -9, 9, 0.75, 0.3, 0.1, "7.35", "7.3450", "7.3500000000", "Zürich ÄÖ ß", "ÄÖ", "Ä", "ÄÖ", "1582-10-15", "1582-10-04", "1582-10-15 01:02:03.004"),
    (7, "false", 3, -12, 5, 2147483648, 2.5, 0.9, 7, "0.05", "-0.0050", "100.0000000000", "素敵な色です😀", "素敵", "素", "素", "2024-12-30", "2023-01-01", "2024-12-30 23:59:59.999"),
    (100, "true", -128, -32768, -2147483648, -9223372036854775808, "-0.0", "-0.0", 0, "-99999999.99", "-99999999999.9999", "-9999999999999999999999999999.9999999999", "100% \\_done\\", "a%_", "%", "\\", "0001-01-01", "0001-12-31", "0001-01-01 00:00:00"),
    (101, "false", 127, 32767, 2147483647, 9223372036854775807, "NaN", "NaN", 8, "99999999.99", "99999999999.9999", "9999999999999999999999999999.9999999999", "trailing  ", "abcde", "ing", "z  ", "9999-12-31", "9999-01-01", "9999-12-31 23:59:59.999"),
    (102, N, 0, 0, 0, 0, "Infinity", "-Infinity", -1.5, "0.00", "0.0000", "0.0000000000", "aｂﬀ", "xxxax", "", "xa", "1600-02-29", "1900-02-28", "1600-02-29 12:00:00.500"),
    (103, "true", -1, -1, -1, -1, "-Infinity", "Infinity", 2, "-1.55", "-1.5550", "-1.5500000000", "e\u0301 ä", "e\u0301", "\u0301", "ä", "2100-02-28", "2024-05-31", "1900-03-31 23:59:59.500"),
    (104, "false", 2, 2, 2, 2, 3.4028234e38, 1.7976931348623157e308, 5, "0.50", "0.5000", "0.5000000000", "O'Reilly \"x\"", "'", "O'", "'", "2024-03-31", "2024-03-31", "2024-03-31 02:30:00"),
    (105, "true", 4, 4, 4, 4, 1.17549435e-38, 4.9e-324, 6, "-0.50", "-2.5000", "2.5000000000", "\ttab  a", "\t", "tab", "t", "2023-02-28", "2022-02-28", "1968-02-29 00:00:00.001"),
    (106, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N),
    (107, "true", 12, 12, 12, 12, 12.5, -2.5, 4, "12.50", "-0.5000", "12.5000000000", "ﬁn 🇩🇪 a", "\u200b", "a", "ab", "2020-12-31", "2021-01-01", "2020-12-31 12:00:00"),
]
PROBES = {"double precision": ["-1", "0", "0.5", "1", "12.5"],
          "real": ["0::real", "0.1::real", "1.5::real"],
          "numeric": ["0", "0.5", "1.5"],
          "timestamp without time zone": ["TIMESTAMP '2000-01-01'", "TIMESTAMP '2024-01-31 10:00:00.123'"]}
ZONES = ["America/New_York", "Pacific/Kiritimati", "Asia/Kolkata"]

number = failed = 0
# of the sessions, where no other is said
session_zone = ZONES[0]


def ok(good, name, lines=()):
    global number, failed
    number += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {number} - {name}".replace("#", "\\#"), flush=True)
    if not good:
        for line in list(lines)[:40]:
            print("#   " + line.replace("\n", "\n#   "), flush=True)


# ---- psql ----

def script(statements, zone=None, batch=8):
    """Each statement's rows, as lists of fields (None: NULL), or its error as a text; several sessions at once."""
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        parts = [statements[at:at + batch] for at in range(0, len(statements), batch)]
        return [r for part in pool.map(lambda p: session(p, zone), parts) for r in part]


def session(statements, zone):
    """The same, in one session."""
    settings = f"{ways.CLOCK} SET TimeZone = '{zone or session_zone}'; SET DateStyle = ISO; SET extra_float_digits = 1; SET enable_hashagg = off; SET enable_sort = off;\n"
    text = settings + "".join(f"\\echo \x02\n{s};\n" for s in statements)
    done = subprocess.run(["psql", "-XqAt", "-F", "\x1f", "-P", "null=\x03", "-v", "VERBOSITY=verbose", "-d", DATABASE],
                          input="SET client_min_messages = error;\n" + text, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
    results = []
    for part in done.stdout.split("\x02\n")[1:]:
        if "ERROR:" in part:
            results.append(part.strip())
        else:
            results.append([[None if v == "\x03" else v for v in line.split("\x1f")] for line in part.split("\n")[:-1]])
    assert len(results) == len(statements), done.stdout[-2000:]
    return results


def explain(queries):
    """Plans as texts, or errors."""
    return [r if isinstance(r, str) else "\n".join(x[0] for x in r)
            for r in script([f"EXPLAIN (VERBOSE, COSTS OFF) {q}" for q in queries], batch=60)]


def remote_where(plan):
    found = re.search(r"Remote SQL: .* WHERE (.*)", plan)
    return found.group(1) if found else None


# ---- the table, the page, the cases ----

Row = collections.namedtuple("Row", "kind names args sent athena condition list")
Case = collections.namedtuple("Case", "row sql")


def shippable():
    rows = script(["SELECT kind, array_to_string(names, ' '), array_to_string(arguments, ' | '), sent, athena, condition, array_to_string(names, ',') FROM pds.shippable"])[0]
    return [Row(r[0], r[1], r[2], r[3] == "t", r[4], r[5], tuple(r[6].split(","))) for r in rows]


def heading(row):
    return f"{row.kind} {row.names}: {row.args}"


def page(rows):
    """The tables of doc/pushdown.md, by kind."""
    def code(text):
        return "`" + text.replace("|", "\\|") + "`"
    titles = {"operator": "Operators", "function": "Functions", "cast": "Casts", "expression": "Expressions",
              "aggregate": "Aggregates", "window": "Window functions"}
    lines = []
    for kind, title in titles.items():
        lines += [f"### {title}", "", "| PostgreSQL | of | sent as | when, or why not |", "| --- | --- | --- | --- |"]
        for r in rows:
            if r.kind == kind:
                lines.append(f"| {code(r.names)} | {r.args.replace(' | ', '; ')} | {code(r.athena) if r.sent else 'no'} | "
                             f"{(r.condition or '').replace('|', chr(92) + '|')} |".replace("|  |", "| |"))
        lines.append("")
    return lines


def read_cases(rows):
    """Cases by heading; each row must have them, and each of its names."""
    wanted = collections.Counter(heading(r) for r in rows)
    by_heading = {}
    for r in rows:
        by_heading.setdefault(heading(r), []).append(r)
    found, cases, texts, row = collections.Counter(), [], {}, None
    with open(os.path.join(HERE, "cases.sql"), encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n")
            if line.startswith("## "):
                name = line[3:]
                row = by_heading.get(name, [None])[min(found[name], len(by_heading.get(name, [None])) - 1)]
                found[name] += 1
            elif line and not line.startswith("--") and row:
                texts.setdefault(heading(row), []).append(line)
                for name in row.list:
                    cases.append(Case(row, line if "@" in row.names else line.replace("@", name)))
    ok(found == wanted, "each row has its cases, and each heading is a row",
       [f"no cases: {h}" for h in wanted - found] + [f"no such row: {h}" for h in found - wanted])
    bare = [h for h in wanted if h not in texts]
    ok(not bare, "no heading is empty", bare)
    return list(dict.fromkeys(cases))


# ---- setup ----

def setup():
    os.environ["PGDATABASE"] = DATABASE
    tables.psql(f"DROP DATABASE IF EXISTS {DATABASE}", database="postgres")
    tables.psql(f"CREATE DATABASE {DATABASE}", database="postgres")
    s3, glue = tables.boto3.client("s3"), tables.boto3.client("glue")
    s3.create_bucket(Bucket=BUCKET)
    try:
        glue.create_database(DatabaseInput={"Name": "ship"})
    except glue.exceptions.AlreadyExistsException:
        pass
    texts = [[None if v is None else str(v) for v in r] for r in ROWS]
    body = "".join("\x01".join("\\N" if v is None else v for v in r) + "\n" for r in texts)
    s3.put_object(Bucket=BUCKET, Key="hurt/a.csv", Body=body.encode())
    tables.glue_table(glue, "hurt", COLUMNS, f"s3://{BUCKET}/hurt/", tables.LAZY, {"field.delim": "\x01"},
                      database="ship")
    ways.control("modified", bucket=BUCKET, time=1780000000)
    modified = s3.head_object(Bucket=BUCKET, Key="hurt/a.csv")["LastModified"].isoformat()
    tables.psql("CREATE SCHEMA heap")
    tables.heap("hurt", COLUMNS, texts)
    env = os.environ
    servers = "".join(f"""
        CREATE SERVER {name} FOREIGN DATA WRAPPER pds_fdw OPTIONS (region '{env["AWS_REGION"]}', engine 'athena',
            allow_inexact '{inexact}', endpoint_url '{env["AWS_ENDPOINT_URL"]}', output_location 's3://{BUCKET}/results/');
        CREATE USER MAPPING FOR CURRENT_USER SERVER {name} OPTIONS (access_key_id '{env["AWS_ACCESS_KEY_ID"]}',
            secret_access_key '{env["AWS_SECRET_ACCESS_KEY"]}');
        CREATE SCHEMA {name};
        IMPORT FOREIGN SCHEMA ship FROM SERVER {name} INTO {name} OPTIONS (pseudo_columns 'true');"""
                      for name, inexact in (("lake", "false"), ("inexact", "true")))
    tables.psql(f"""CREATE EXTENSION pds_fdw; {servers}
        ALTER TABLE heap.hurt ADD COLUMN "$file_modified_time" timestamptz DEFAULT '{modified}'""")


# ---- comparisons ----

def schema_of(case):
    return "inexact" if (case.row.condition or "").startswith("allow_inexact") else "lake"


def same(a, b, exact):
    if a == b or exact or a is None or b is None:
        return a == b
    try:
        return math.isclose(float(a), float(b), rel_tol=1e-9, abs_tol=1e-300)
    except ValueError:
        return False


def compare(name, got, heap, exact=True):
    """Rows whose first field is a key."""
    if isinstance(got, str) or isinstance(heap, str):
        def sqlstate(x):
            return re.search(r"ERROR:\s+(\w\w)", x).group(1) if isinstance(x, str) else "rows"
        ok(sqlstate(got) == sqlstate(heap), name, [f"Athena: {str(got)[:600]}", f"heap: {str(heap)[:300]}"])
        return
    lines = []
    mine, theirs = sorted(got, key=str), sorted(heap, key=str)
    if len(mine) != len(theirs):
        lines.append(f"{len(mine)} rows, {len(theirs)} in the heap: {mine} {theirs}")
    for a, b in zip(mine, theirs):
        if len(a) != len(b) or not all(same(x, y, exact) for x, y in zip(a, b)):
            lines.append(f"Athena {a}, heap {b}")
    ok(not lines, name, lines)


def by_value(cases, zone=None, where=""):
    """Group keys, compared in batches; a batch that fails is taken apart."""
    batches = []
    for schema in ("lake", "inexact"):
        mine = [c for c in cases if schema_of(c) == schema]
        for at in range(0, len(mine), BATCH):
            part = mine[at:at + BATCH]
            keys = ", ".join(f"({c.sql}) AS k{i}" for i, c in enumerate(part))
            batches.append((schema, part, f"SELECT id, {keys} FROM {{}}.hurt {where} GROUP BY id, " + ", ".join(str(i + 2) for i in range(len(part)))))
    answers = script([sql.replace("{}.", schema + ".") for schema, _, sql in batches], zone, 1)
    heaps = script([sql.replace("{}.", "heap.") for _, _, sql in batches], zone)
    plans = explain([sql.replace("{}.", schema + ".") for schema, _, sql in batches])
    for (schema, part, _), got, heap, plan in zip(batches, answers, heaps, plans):
        ok("Relations: Aggregate on" in plan and "Filter:" not in plan, f"{len(part)} expressions are one statement", [plan])
        if isinstance(got, str):
            # which of them?
            one = [f"SELECT id, ({c.sql}) AS k FROM {{}}.hurt {where} GROUP BY 1, 2" for c in part]
            for c, a, h in zip(part, script([q.replace("{}.", schema + ".") for q in one], zone), script([q.replace("{}.", "heap.") for q in one], zone)):
                compare(f"{heading(c.row)}: {c.sql}", a, h)
            continue
        for i, c in enumerate(part):
            compare(f"{heading(c.row)}: {c.sql}", [[r[0], r[i + 1]] for r in got], [[r[0], r[i + 1]] for r in heap])


def by_condition(cases):
    """What is no group key: conditions with it, over all rows, and over those where nothing is out of range."""
    types = script([f"SELECT pg_typeof({c.sql}) FROM heap.hurt WHERE id = 1" for c in cases])
    keys, conditions = [], []
    for c, type_of in zip(cases, types):
        if isinstance(type_of, str):
            ok(False, f"{heading(c.row)}: {c.sql}", [type_of])
            continue
        raising = "try(" in (PLANS[c] or "")
        probes = PROBES.get(type_of[0][0])
        if type_of[0][0] == "boolean":
            found = [f"({c.sql})"]
        elif probes and not raising:
            found = [f"(({c.sql}) {op} {p})" for p in probes for op in ("<", ">=")] + [f"(({c.sql}) IS NULL)"]
        else:
            found = [f"({c.sql}) > {(probes or ['1'])[-3 if probes else 0]}" if type_of[0][0] != "text" else f"({c.sql}) > 'a'"]
        exact = schema_of(c) == "lake"
        if not raising and type_of[0][0] != "boolean" and exact:
            keys += [Case(c.row, p) for p in found]
        else:
            conditions += [(c, p) for p in found[:3]]
    by_value(keys)
    queries = [(c, f"SELECT id FROM {{}}.hurt WHERE {guard}({p})") for c, p in conditions for guard in ("", "id < 100 AND ")]
    got = script([q.replace("{}.", schema_of(c) + ".") for c, q in queries])
    heap = script([q.replace("{}.", "heap.") for _, q in queries])
    for (c, q), g, h in zip(queries, got, heap):
        compare(f"{heading(c.row)}: {q.replace('{}.', '')}", g, h)


def failing(cases):
    """What fails on some row fails alike in each place, and not where conditions leave such rows out."""
    by_value(cases, where="WHERE id < 100")
    places = ["SELECT id, ({}) AS k FROM {{}}.hurt", "SELECT ({}) AS k, count(*) FROM {{}}.hurt GROUP BY 1",
              "SELECT count({}) FROM {{}}.hurt", "SELECT id FROM {{}}.hurt WHERE ({}) IS NULL"]
    queries = [(c.row, places[i % len(places)].format(c.sql)) for i, c in enumerate(cases)]
    calm = [c for c, r in zip(cases, script([f"SELECT count({c.sql}) FROM heap.hurt WHERE id < 100" for c in cases]))
            if not isinstance(r, str)]
    some = list({c.row: c for c in calm}.values())
    for form, join in (("count({0}) FILTER (WHERE id < 100), max(CASE WHEN id < 100 THEN ({0})::text END COLLATE \"C\")", ", "),
                       ("({}) IS NOT NULL", " OR ")):
        what = join.join(form.format(c.sql) for c in some)
        queries.append((some[0].row, f"SELECT {what}, count(*) FROM {{}}.hurt" if join == ", " else
                        f"SELECT id FROM {{}}.hurt WHERE id < 100 AND ({what})"))
    plans = explain([q.replace("{}", "lake") for _, q in queries])
    got, heap = (script([q.replace("{}", schema) for _, q in queries]) for schema in ("lake", "heap"))
    for (row, q), plan, g, h in zip(queries, plans, got, heap):
        ok("try(" not in plan and "Filter:" not in plan and ("Aggregate on" in plan or "count(" not in q),
           f"{heading(row)}: {q} is sent whole", [plan])
        compare(f"{heading(row)}: {q}", g, h)
    ok([isinstance(h, str) for h in heap] == [True] * len(cases) + [False, False], "so they fail, and so they do not",
       [f"{q}: {str(h)[:60]}" for (_, q), h in zip(queries, heap)])


def aggregates(cases):
    for c, plan in zip(cases, explain([f"SELECT {c.sql} AS a FROM {schema_of(c)}.hurt" for c in cases])):
        ok("Relations: Aggregate on" in plan, f"{heading(c.row)}: {c.sql} is sent", [plan])
    batches = []
    for schema in ("lake", "inexact"):
        mine = [c for c in cases if schema_of(c) == schema]
        for at in range(0, len(mine), BATCH):
            part = mine[at:at + BATCH]
            for key in ("0", "b"):
                # of floats without NaN and infinities: those are no numbers to compare
                what = ", ".join(f"{c.sql} AS a{i}" for i, c in enumerate(part))
                group = "" if key == "0" else " GROUP BY b"
                batches.append((schema, part, group, f"SELECT {key} AS k, {what} FROM {{}}.hurt WHERE id < 1000{group}"))
    answers = script([sql.replace("{}.", schema + ".") for schema, _, _, sql in batches], batch=1)
    heaps = script([sql.replace("{}.", "heap.") for _, _, _, sql in batches])
    for (schema, part, group, _), got, heap in zip(batches, answers, heaps):
        for i, c in enumerate(part):
            if isinstance(got, str) or isinstance(heap, str):
                compare(f"{heading(c.row)}: {c.sql}", got, heap)
                break
            compare(f"{heading(c.row)}: {c.sql}{group}", [[r[0], r[i + 1]] for r in got],
                    [[r[0], r[i + 1]] for r in heap], schema == "lake")


def windows(cases):
    """Over the whole table, whose rows are told apart by id."""
    queries = [f"SELECT id, {c.sql} AS w FROM {{}}.hurt" for c in cases]
    for c, plan in zip(cases, explain([q.replace("{}.", "lake.") for q in queries])):
        ok(("Relations: Window of" in plan) == c.row.sent and "Remote SQL" in plan,
           f"{heading(c.row)}: {c.sql} {'is sent' if c.row.sent else 'stays here'}", [plan])
    sent = [(c, q) for c, q in zip(cases, queries) if c.row.sent]
    answers = script([q.replace("{}.", "lake.") for _, q in sent])
    heaps = script([q.replace("{}.", "heap.") for _, q in sent])
    for (c, _), got, heap in zip(sent, answers, heaps):
        compare(f"{heading(c.row)}: {c.sql}", got, heap)


def outputs(cases):
    """Expressions that are no group keys, in a select list."""
    queries = [f"SELECT id, ({c.sql}) AS v FROM {{}}.hurt ORDER BY id LIMIT 1000" for c in cases]
    sent = []
    for c, q, plan in zip(cases, queries, explain([q.replace("{}.", schema_of(c) + ".") for c, q in zip(cases, queries)])):
        found = re.search(r"Remote SQL: SELECT (.*?) FROM .* ORDER BY .* LIMIT 1000", plan)
        if found and not re.fullmatch(r"[^,(]*(, [^,(]*)*", found.group(1)):
            sent.append((c, q))
    answers = script([q.replace("{}.", schema_of(c) + ".") for c, q in sent])
    heaps = script([q.replace("{}.", "heap.") for _, q in sent])
    for (c, _), got, heap in zip(sent, answers, heaps):
        compare(f"{heading(c.row)}: {c.sql} in a select list", got, heap, schema_of(c) == "lake")
    ok(not cases or len(sent) > 0, f"{len(sent)} of {len(cases)} expressions that are no group keys are in a select list")


PLANS = {}


def scalars(cases):
    """Is it sent, and where may it stand?"""
    booleans = script([f"SELECT pg_typeof({c.sql}) FROM heap.hurt LIMIT 1" for c in cases])
    kinds = dict(zip(cases, booleans))

    def is_boolean(c):
        return not isinstance(kinds[c], str) and kinds[c] == [["boolean"]]
    missing = [c for c in cases if isinstance(kinds[c], str) and "42883" in kinds[c]]
    cases = [c for c in cases if c not in missing]
    for c in missing:
        ok(not c.row.sent, f"{heading(c.row)}: {c.sql} # SKIP not in this release", [str(kinds[c])])
    plans = explain([f"SELECT id FROM {schema_of(c)}.hurt WHERE " + (f"({c.sql})" if is_boolean(c) else f"({c.sql}) IS NULL")
                     for c in cases])
    sent = []
    for c, plan in zip(cases, plans):
        PLANS[c] = remote_where(plan)
        good = (PLANS[c] is not None) == c.row.sent and "Remote SQL" in plan
        ok(good, f"{heading(c.row)}: {c.sql} {'is sent' if c.row.sent else 'stays here'}", [plan])
        if good and c.row.sent:
            sent.append(c)
    strict = [c for c in sent if schema_of(c) == "inexact"]
    for c, plan in zip(strict, explain([f"SELECT id FROM lake.hurt WHERE ({c.sql}) IS NULL" for c in strict])):
        ok(remote_where(plan) is None, f"{c.sql} stays here without allow_inexact", [plan])
    bad = [c for c, r in zip(sent, script([f"SELECT count({c.sql}) FROM heap.hurt" for c in sent]))
           if isinstance(r, str) and "try(" not in PLANS[c]]
    if bad:
        failing(bad)
    sent = [c for c in sent if c not in bad]
    keys = []
    for c, plan in zip(sent, explain([f"SELECT id, ({c.sql}) AS k FROM {schema_of(c)}.hurt GROUP BY 1, 2" for c in sent])):
        if "Relations: Aggregate on" in plan:
            keys.append(c)
    by_value(keys)
    clock = [c for c in keys if c.row.names.startswith("CURRENT_DATE")]
    for zone in ZONES[1:]:
        by_value(clock, zone)
    rest = [c for c in sent if c not in keys]
    by_condition(rest)
    outputs([c for c in rest if "try(" not in PLANS[c]])


def in_utc(cases):
    """Rows that need UTC: elsewhere they stay here, also when a plan was made in UTC and is used again."""
    global session_zone
    for c, plan in zip(cases, explain([f"SELECT id FROM lake.hurt WHERE ({c.sql}) IS NULL" for c in cases])):
        ok(remote_where(plan) is None, f"{heading(c.row)}: {c.sql} stays here in {session_zone}", [plan])
    session_zone = "UTC"
    if cases:
        scalars(cases)
        again = "SET plan_cache_mode = force_generic_plan"
        query = "SELECT id FROM lake.hurt WHERE ts >= TIMESTAMPTZ '2024-01-31 00:00:00+00' ORDER BY id"
        for change, back in (("SET TimeZone = 'Asia/Kolkata'", "SET TimeZone = 'UTC'"),
                             ("SELECT set_config('TimeZone', 'Asia/Kolkata', false)", "RESET TimeZone"),
                             ("BEGIN; SET LOCAL TimeZone = 'Asia/Kolkata'", "ROLLBACK")):
            plans = session([again, f"PREPARE p AS {query}", "EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p", change,
                             "EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p", back, "EXPLAIN (VERBOSE, COSTS OFF) EXECUTE p"], "UTC")
            texts = ["\n".join(x[0] for x in p) for p in (plans[2], plans[4], plans[6])]
            ok("Filter:" not in texts[0] and "Filter:" in texts[1], f"{change}: a prepared statement is planned again", texts[:2])
            ok("RESET" in back or "Filter:" not in texts[2], f"{back}: and again", texts[2:])
    session_zone = ZONES[0]


def main():
    ways.begin_suite("ship")
    setup()
    rows = shippable()
    lines = page(rows)
    if "--page" in sys.argv:
        print("\n".join(lines))
        return 0
    with open(os.path.join(HERE, "..", "..", "doc", "pushdown.md"), encoding="utf-8") as f:
        shown = f.read().split("\n")
    begin = shown.index(lines[0]) if lines[0] in shown else 0
    there = shown[begin:begin + len(lines)]
    ok(there == lines, "doc/pushdown.md shows the rows of pds.shippable (test/ship/run.py --page)",
       [f"page: {a}\ntable: {b}" for a, b in zip(there, lines) if a != b])
    cases = read_cases(rows)
    if len(sys.argv) > 1:
        cases = [c for c in cases if re.search(sys.argv[1], heading(c.row))]
    # some are sent with another TimeZone than that of the other cases
    utc = [c for c in cases if "TimeZone" in (c.row.condition or "")]
    scalars([c for c in cases if c.row.kind not in ("aggregate", "window") and c not in utc])
    in_utc(utc)
    windows([c for c in cases if c.row.kind == "window"])
    sums = [c for c in cases if c.row.kind == "aggregate"]
    aggregates([c for c in sums if c.row.sent])
    never = [c for c in sums if not c.row.sent]
    for c, plan in zip(never, explain([f"SELECT {c.sql} AS a FROM lake.hurt" for c in never])):
        there = "Remote SQL" in plan and "Aggregate on" not in plan
        ok(there or "42883" in plan, f"{heading(c.row)}: {c.sql} {'stays here' if there else '# SKIP not in this release'}", [plan])
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
