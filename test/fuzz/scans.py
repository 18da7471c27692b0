#!/usr/bin/env python3
"""Random tables and queries of direct scans against a heap: formats, values, conditions, aggregates, workers.

    scans.py     (on a running stack, of either engine: its env is in the environment)

PDS_SEED (printed; else from the clock) and PDS_CASES (300) say which and how many; PDS_FUZZ_ONLY=17 runs the
seventeenth alone and shows it.  Prints TAP, a line a table; of a difference the case, the looks of its table and the plan.
The heap has what PostgreSQL's input functions make of the generator's texts, never what our own scan makes of objects.
"""
import concurrent.futures
import json
import os
import random
import re
import sys
import time

import boto3
import scan_files

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "law"))
import plans  # noqa: E402
import tables  # noqa: E402
import ways  # noqa: E402

DATABASE, BUCKET = "pds_fuzz", "pds-fuzz"
ROWS, CASES_A_TABLE, CONNECTIONS = 300, 25, 3
HEAP = ways.Way("heap", "SET search_path = heap;")
LAKE = ways.Way("scan", "SET search_path = lake; SET pds.engine = direct; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;"
                "SET min_parallel_table_scan_size = 0;")
TYPES = {kind: name for _, name, kind in scan_files.COLUMNS}
FLOATS = ("f4", "f8")
TEXTS = ("s", "v", "g", "c")
SUMMED = ("i2", "i4", "i8", "n", "w", "u")
# equal values look alike
KEYS = ("i2", "i4", "i8", "n", "w", "d", "ts", "tz", "b", "s", "v", "g", "c")
# expressions of a column of a kind, and the kind of what they give; none of them fails
OF_TEXT = [("length({})", "i4"), ("({} || 'x')", "s"), ("left({}, 2)", "s"), ("upper({})", "s")]
OF_TIMES = [("date_trunc('hour', {})", "ts"), ("date_trunc('day', {})", "ts"), ("date_trunc('month', {})", "ts")]
EXPRESSIONS = {"i2": [("({} % 7)", "i2"), ("({}::int8 * 3)", "i8"), ("({} + 1000000)", "i4")],
               "i4": [("({} % 7)", "i4"), ("({}::int8 * 3)", "i8"), ("({} / 2)", "i4")], "i8": [("({} % 7)", "i8"), ("({} * 0.5)", "n"), ("({} / 3)", "i8")],
               "n": [("({} * 2)", "n"), ("({} + 1.5)", "n"), ("({0} * {0})", "n")],
               "w": [("({} - 1)", "w")], "ts": OF_TIMES, "s": OF_TEXT, "v": OF_TEXT, "g": OF_TEXT, "c": [("length({})", "i4")], "b": [("(NOT {})", "b")]}
EDGES = {"i2": ["0", "5", "-32768", "32767"], "i4": ["0", "5", "-17", "2147483647", "-2147483648"], "i8": ["0", "5", "9223372036854775807", "-9223372036854775808"],
         "n": ["0", "400", "0.05", "99999999.99", "NaN"], "w": ["0", "1.5", "-0.0000000001"], "u": ["0", "1.5", "NaN", "Infinity", "1e30"],
         "f4": ["0", "0.1", "NaN", "Infinity"], "f8": ["0", "0.1", "NaN", "-Infinity", "1e300"],
         "d": ["1970-01-01", "2024-02-29", "infinity", "-infinity", "0001-01-01", "9999-12-31"], "ts": ["1970-01-01", "2024-03-01", "infinity", "294276-12-31 23:59:59.999999"],
         "tz": ["1970-01-01 00:00:00+00", "infinity"], "b": ["true", "false"], "s": ["", "abc", "é", "NULL", "y" * 3000], "v": ["", "abc", "abcde"], "g": ["red", "grün", ""],
         "c": ["ab", ""], "id": ["1", "100"]}
# shares of the cases that must be what this is about; of 200 cases or more
LEAST = {"conditions in the scan": 0.15, "aggregates in the scan": 0.10, "DISTINCT in the scan": 0.04, "DISTINCT beside others": 0.02,
         "Top-N in the scan": 0.04, "workers": 0.30, "rows": 0.60}


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


# ---- tables ----

def set_up(seed, number):
    os.environ["PGDATABASE"] = DATABASE
    ways.create_database(DATABASE)
    ways.create_server(DATABASE, BUCKET)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for o in page.get("Contents", []):
            s3.delete_object(Bucket=BUCKET, Key=o["Key"])
    tries = "".join(f"""CREATE FUNCTION try_{kind}(t text) RETURNS {name} LANGUAGE plpgsql AS $$ DECLARE v {name}; BEGIN v := t; RETURN v;
        EXCEPTION WHEN others THEN RETURN NULL; END $$;""" for kind, name in TYPES.items())
    ways.must(f"CREATE SCHEMA heap; CREATE SCHEMA lake; {tries}", DATABASE)
    formats = ["csv", "csv", "csv", "lazysimple", "lazysimple", "opencsv"]
    made = []
    for i in range(number):
        r = random.Random(f"{seed}/table {i}")
        made.append(scan_files.Table(r, f"{formats[i % len(formats)]}{i}", ROWS))
    for table in made:
        for key, data in table.objects():
            s3.put_object(Bucket=BUCKET, Key=key, Body=data)
        load(table)
    return made


def load(table):
    names = [n for n, _, _ in table.columns]
    rows = [[None if v is scan_files.Missing else v for v in row] for row in table.rows]
    raw = ", ".join(f"{n} text" for n in names)
    typed = ", ".join([f"try_{k}({n}) AS {n}" if k != "id" or table.format != "opencsv" else n for n, _, k in table.columns]
                      + [f"({n} IS NOT NULL AND try_{k}({n}) IS NULL) AS bad_{n}" for n, _, k in table.columns if k != "id"])
    columns = ", ".join(f"{n} {t}" for n, t, _ in table.columns)
    tables.psql(f"CREATE TABLE heap.raw ({raw})")
    tables.psql("COPY heap.raw FROM STDIN", tables.copy_text(rows))
    tables.psql(f"CREATE TABLE heap.{table.name} AS SELECT {typed} FROM heap.raw; DROP TABLE heap.raw;"
                f"CREATE FOREIGN TABLE lake.{table.name} ({columns}) SERVER aws OPTIONS ({table.options(BUCKET)})")
    sample = ", ".join(f"'{n}', (SELECT json_agg(v ORDER BY v COLLATE \"C\") FROM (SELECT DISTINCT {n}::text AS v FROM heap.{table.name} WHERE {n} IS NOT NULL) x)"
                       for n, _, _ in table.columns)
    settings = "SET TimeZone = 'UTC'; SET DateStyle = ISO; SET extra_float_digits = 1;"
    table.values = {n: v or [] for n, v in json.loads(tables.psql(f"{settings} SELECT json_build_object({sample})")).items()}


# ---- queries ----

class Case:
    """A statement over {} and what is set before; floats: output columns compared with tolerance; limit: rows of no order."""
    def __init__(self, number, table, seed):
        self.r = random.Random(f"{seed}/case {number}")
        self.number, self.table = number, table
        self.floats, self.limit, self.parameters = set(), None, []
        self.prepared = self.chance(0.15)
        where = [self.condition(2) for _ in range(self.r.choice([0, 1, 1, 1, 2, 3]))]
        select = self.select()
        if self.limit is not None:
            self.everything = select.replace("{where}", self.where(where))
        self.sql = select.replace("{where}", self.where(where)) + (f" LIMIT {self.limit}" if self.limit is not None else "")
        self.settings = self.choose_settings()

    def where(self, conditions):
        return " WHERE " + " AND ".join(conditions) if conditions else ""

    def chance(self, p):
        return self.r.random() < p

    def column(self, kinds=None):
        found = [c for c in self.table.columns if kinds is None or c[2] in kinds]
        if not found:
            return None
        name, _, kind = self.r.choice(found)
        return name, kind

    def kind_type(self, name, kind):
        return "text" if kind == "id" and self.table.format == "opencsv" else TYPES[kind] if kind not in ("v", "c") else "text" if kind == "v" else "char(4)"

    def value(self, name, kind):
        pool = self.table.values[name]
        if not pool or self.chance(0.15):
            pool = EDGES[kind]
        return self.r.choice(pool)

    def constant(self, name, kind):
        r, text = self.r, self.value(name, kind)
        sql = f"{quoted(text)}::{self.kind_type(name, kind)}"
        if kind in ("i2", "i4", "i8") and self.chance(0.3):
            sql = f"({text})::{r.choice(['int8', 'int4', 'numeric'] if abs(int(text)) < 2 ** 31 else ['int8', 'numeric'])}"
        elif kind == "ts" and self.chance(0.2):
            sql = f"{quoted(self.r.choice(EDGES['d']))}::date"
        if self.prepared and self.chance(0.5):
            self.parameters.append(sql)
            return f"\x02{len(self.parameters)}\x03"
        return sql

    def condition(self, depth):
        r = self.r
        if depth and self.chance(0.15):
            a, b = self.condition(depth - 1), self.condition(depth - 1)
            return r.choice([f"({a} OR {b})", f"(NOT {a})", f"(({a}) IS NOT TRUE)"])
        name, kind = self.column()
        form = r.randrange(12)
        c = self.constant
        if kind == "b" and self.chance(0.5):
            return r.choice([name, f"NOT {name}", f"{name} IS TRUE", f"{name} IS NOT TRUE"])
        if form < 4:
            collate = ' COLLATE "C"' if kind in TEXTS and self.chance(0.5) else ""
            op = r.choice(["=", "<>", "<", "<=", ">", ">="])
            return f"{name} {op} {c(name, kind)}{collate}" if self.chance(0.8) else f"{c(name, kind)}{collate} {op} {name}"
        if form < 6:
            values = [c(name, kind) for _ in range(r.choice([1, 2, 3, 12]))] + ["NULL"] * self.chance(0.1)
            return f"{name} {r.choice(['', '', 'NOT '])}IN ({', '.join(values)})"
        if form == 6:
            return f"{name} IS {r.choice(['', 'NOT '])}NULL"
        if form == 7:
            values = ", ".join(quoted(self.value(name, kind)) for _ in range(r.randint(0, 4)))
            return f"{name} {r.choice(['= ANY', '<> ALL', '< ANY', '>= ALL'])} (ARRAY[{values}]::{self.kind_type(name, kind)}[])"
        if form == 8 and kind in ("s", "v", "g"):
            return f"{name} {r.choice(['', 'NOT '])}{r.choice(['LIKE', 'LIKE', 'ILIKE'])} {self.pattern(name, kind)}"
        if form == 9:
            return f"{name} IS {r.choice(['', 'NOT '])}DISTINCT FROM {c(name, kind)}"
        if form == 10 and kind == "ts":
            unit, op = r.choice(["second", "hour", "day", "month", "year"]), r.choice(["=", "<>", "<", "<=", ">", ">="])
            return f"date_trunc('{unit}', {name}) {op} {quoted(self.value(name, kind))}::timestamp"
        if form == 10 and kind in ("i4", "i8", "n") and self.chance(0.5):
            return f"{name} % 2 = {r.choice('01')}"
        return f"{name} {r.choice(['', '', 'NOT '])}BETWEEN {c(name, kind)} AND {c(name, kind)}"

    def pattern(self, name, kind):
        text = self.value(name, kind)
        start = text[:self.r.randint(0, 4)].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        inner = text[1:self.r.randint(1, 4)].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return quoted(self.r.choice([start + "%", start + "%", start + "%%", start, "%" + start, start + "_%", "%" + inner + "%", "%" + inner + "%", start[:1] + "%" + inner + "%",
                                     "%" + start[:1] + "%" + inner, start.swapcase() + "%", "%" + inner.swapcase() + "%"]))

    def argument(self, kinds=None):
        """A column or an expression, and its kind."""
        name, kind = self.column(kinds) or ("id", "id")
        if kind not in EXPRESSIONS or self.chance(0.65):
            return name, kind
        sql, kind = self.r.choice(EXPRESSIONS[kind])
        return sql.format(name), kind

    def aggregate(self):
        r = self.r
        sql, kind = self.argument()
        numeric = ["sum", "avg"] if kind in SUMMED else []
        name_of = r.choice(["count"] + numeric * 2 + (["bool_and", "bool_or"] if kind == "b" else [] if kind == "u" else ["min", "max"]))
        only = f" FILTER (WHERE {self.condition(1)})" if self.chance(0.2) else ""
        if self.chance(0.2):
            return "count(*)" + only, False
        # which of equal values is left would show in a sum
        distinct = "DISTINCT " if self.chance(0.25) and (kind in KEYS or name_of == "count") else ""
        return f"{name_of}({distinct}{sql}){only}", kind in FLOATS and name_of in ("min", "max")

    def select(self):
        r = self.r
        shape = r.random()
        if shape < 0.45:
            keys = []
            for _ in range(r.choice([0, 0, 1, 1, 2])):
                name, _ = self.argument(["g", "b", "i2"] if self.chance(0.4) else KEYS)
                if name not in keys:
                    keys.append(name)
            found = [self.aggregate() for _ in range(r.randint(1, 4))]
            self.floats = {len(keys) + i for i, (_, f) in enumerate(found) if f}
            sql = f"SELECT {', '.join(keys + [a for a, _ in found])} FROM {{}}{{where}}"
            return sql + (f" GROUP BY {', '.join(keys)}" if keys else "") + (" HAVING count(*) > 1" if keys and self.chance(0.15) else "")
        if shape < 0.55:
            return "SELECT count(*) FROM {}{where}"
        if shape < 0.65:
            name, _ = self.column(KEYS)
            return f"SELECT DISTINCT {name} FROM {{}}{{where}}"
        if shape < 0.72:
            name, kind = self.column(["i2", "i4", "i8", "d", "s", "g"])
            values = ", ".join(f"({self.constant(name, kind)})" for _ in range(3))
            return f"SELECT k, (SELECT count(*) FROM {{}}{{where}}{{and}} {name} = k) FROM (VALUES {values}) x(k)"
        if shape < 0.80:
            self.limit = r.choice([0, 1, 10, 100])
        elif shape < 0.92:
            return self.first_rows()
        names = ["id"] + [self.column()[0] for _ in range(r.randint(0, 5))]
        if self.chance(0.1):
            names = [n for n, _, _ in self.table.columns]
        return f"SELECT {', '.join(names)} FROM {{}}{{where}}"

    def first_rows(self):
        """The first rows in an order that id makes one of all rows, numbered so that their order is compared, too."""
        r = self.r
        keys = []
        for _ in range(r.choice([1, 1, 2])):
            name, kind = self.column()
            collate = ' COLLATE "C"' if kind in TEXTS and self.chance(0.5) else ""
            keys.append(f"{name}{collate}{r.choice(['', ' DESC'])}{r.choice(['', '', ' NULLS FIRST', ' NULLS LAST'])}")
        names = ["id"] + [self.column()[0] for _ in range(r.randint(0, 4))]
        end = f" LIMIT {r.choice([1, 3, 10, 40])}" + (f" OFFSET {r.choice([1, 5, 250])}" if self.chance(0.3) else "")
        return (f"SELECT row_number() OVER (), x.* FROM (SELECT {', '.join(dict.fromkeys(names))} FROM {{}}{{where}} ORDER BY {', '.join(keys)}, id"
                + r.choice(["", " DESC"]) + f"{end}) x")

    # ---- statements ----

    def statement(self, sql, relation, settings=""):
        sql = sql.replace("{and}", " AND" if " WHERE " in sql.split("{and}")[0].rpartition("(SELECT")[2] else " WHERE")
        sql = sql.replace("{}", relation)
        parts = sql.split("\x02")
        if not self.parameters:
            return settings + sql
        name = f"p{self.number}"
        sql = "".join("$" + p.replace("\x03", "", 1) if i else p for i, p in enumerate(parts))
        types = ", ".join(p.rpartition("::")[2] for p in self.parameters)
        return f"{settings or 'SET jit = off;' + chr(10)}PREPARE {name} ({types}) AS {sql};\nEXECUTE {name} ({', '.join(self.parameters)})"

    def choose_settings(self):
        r = self.r
        return {"pds.raw_filters": r.choice(["on", "on", "on", "off"]), "pds.scan_aggregates": r.choice(["on", "on", "off"]),
                "pds.scan_top_n": r.choice(["on", "on", "on", "off"]),
                "max_parallel_workers_per_gather": r.choice([0, 1, 2, 4]), "pds.split_size": r.choice([0, 1000, 3000, 10000, 30000] + [300] * self.chance(0.2)),
                "parallel_leader_participation": r.choice(["on", "on", "off"]), "cpu_operator_cost": r.choice([0, 0, 0.0025]),
                "cpu_tuple_cost": r.choice([0, 0.01]), "plan_cache_mode": r.choice(["auto", "force_generic_plan"]),
                "work_mem": r.choice(["'64kB'", "'4MB'"]), "enable_sort": r.choice(["on", "off", "off"])}

    def scan(self):
        return self.statement(self.sql, self.table.name, "".join(f"SET {k} = {v};\n" for k, v in self.settings.items()))

    def heap(self):
        relation = self.table.name
        if self.table.on_error == "skip":
            # a record with a value that is bad, where the query looks at it, is none
            words = set(re.findall(r"\w+", re.sub("'([^']|'')*'", "", self.sql)))
            bad = " OR ".join(f"bad_{n}" for n, _, _ in self.table.columns if n in words and n != "id")
            relation = f"(SELECT * FROM {relation} WHERE NOT ({bad or 'false'})) {relation}"
        return self.statement(self.everything if self.limit is not None else self.sql, relation)

    def differences(self, got, want):
        if self.limit is None or got.rows is None or want.rows is None:
            return ways.difference("scan", got, want, self.floats)
        left = list(want.rows)
        if len(got.rows) != min(self.limit, len(left)):
            return [f"{len(got.rows)} rows, of {len(left)}, with LIMIT {self.limit}"]
        for row in got.rows:
            if row not in left:
                return [f"scan has, heap has not: {ways.show(row)}"]
            left.remove(row)
        return []


def ask(table, numbers, seed):
    cases = [Case(n, table, seed) for n in numbers]
    return cases, ways.run([c.scan() for c in cases], LAKE, DATABASE, plans=True), ways.run([c.heap() for c in cases], HEAP, DATABASE)


def note(plan, counts):
    nodes = [n for _, n in plans.walk(plan)]
    counts["conditions in the scan"] += any("Filter in Scan" in n for n in nodes)
    counts["aggregates in the scan"] += any("Aggregates in Scan" in n for n in nodes)
    counts["DISTINCT in the scan"] += any("Distinct in Scan" in n for n in nodes)
    counts["DISTINCT beside others"] += any("Distinct" in n for n in nodes)
    counts["Top-N in the scan"] += any("Top-N" in n for n in nodes)
    counts["workers"] += any(n["Node Type"].startswith("Gather") for n in nodes)


def main():
    seed = int(os.environ.get("PDS_SEED") or time.time())
    number = int(os.environ.get("PDS_CASES") or 300)
    only = int(os.environ.get("PDS_FUZZ_ONLY") or 0)
    print(f"# PDS_SEED={seed} PDS_CASES={number}", flush=True)
    of_tables = -(-number // CASES_A_TABLE)
    made = set_up(seed, of_tables)
    counts = dict.fromkeys(LEAST, 0)
    failed = asked = 0
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        numbers = [[n for n in range(i * CASES_A_TABLE + 1, min(number, (i + 1) * CASES_A_TABLE) + 1) if not only or n == only] for i in range(of_tables)]
        for i, (table, (cases, got, want)) in enumerate(zip(made, pool.map(lambda t: ask(made[t], numbers[t], seed), range(of_tables)))):
            lines = []
            for c, g, w in zip(cases, got, want):
                asked += 1
                counts["rows"] += bool(w.rows)
                if g.plan:
                    note(g.plan, counts)
                found = c.differences(g, w)
                if w.rows is None:
                    found = found or [f"{w.sqlstate} {w.message}"]
                if found or only:
                    lines += [f"case {c.number}: {c.scan()}", f"heap: {c.heap()}", *found, *ways.explain(c.scan(), LAKE, DATABASE).splitlines()]
            bad = bool(lines) and not only
            failed += bad
            print(f"{'not ok' if bad else 'ok'} {i + 1} - {len(cases)} cases of {table.name}: {table.looks()}".replace("#", "\\#"), flush=True)
            for line in lines:
                print("#   " + line.replace("\n", "\n#   "), flush=True)
    print(f"# {asked} cases: " + ", ".join(f"{n} with {k}" for k, n in counts.items()), flush=True)
    checks = [(f"{least:.0%} of the cases have {k}", counts[k] >= least * asked) for k, least in LEAST.items()] if asked >= 200 else []
    for at, (name, good) in enumerate(checks, of_tables + 1):
        failed += not good
        print(f"{'ok' if good else 'not ok'} {at} - {name}")
    print(f"1..{of_tables + len(checks)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
