#!/usr/bin/env python3
"""TPC-H's 22 queries: direct, by Athena and over a heap copy, row sets equal; and doc/tpch.md, what of each was pushed.

    run.py [--page] [number ...]     (on a running stack: its env is in the environment)

Prints TAP.  --page writes the page anew; without it the test compares it with the plans.
"""
import json
import os
import re
import sys
import threading
import time

import generate
import load
import plans
import ways

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, "..", "..", "doc", "tpch.md")
DATABASE = "pds_tpch"
HEAP = ways.Way("heap", "SET search_path = tpch_heap, pds;")
DIRECT = ways.Way("direct", "SET search_path = tpch, pds; SET pds.engine = direct; SET max_parallel_workers_per_gather = 0;")
# workers at no cost would also be started anew for each row of a nested loop
WORKERS = ways.Way("direct, workers", "SET search_path = tpch, pds; SET pds.engine = direct; SET enable_nestloop = off;"
                   "SET min_parallel_table_scan_size = 0;"
                   "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET max_parallel_workers_per_gather = 2;")
ATHENA = ways.Way("athena", "SET search_path = tpch, pds; SET pds.engine = athena;")
# the output columns of each ORDER BY
ORDER = {1: [0, 1], 2: [0, 2, 1, 3], 3: [1, 2], 4: [0], 5: [1], 7: [0, 1, 2], 8: [0], 9: [0, 1], 10: [2], 11: [1], 12: [0],
         13: [1, 0], 15: [0], 16: [3, 0, 1, 2], 18: [4, 3], 20: [0], 21: [1, 0], 22: [0]}


def queries():
    """(number, title, SQL) of queries.sql"""
    with open(os.path.join(HERE, "queries.sql"), encoding="utf-8") as f:
        parts = re.split(r"^-- (\d+): (.*)\n", f.read(), flags=re.M)[1:]
    for number, title, sql in zip(parts[::3], parts[1::3], parts[2::3]):
        yield int(number), title, sql.strip().rstrip(";")


def setup():
    ways.begin_suite("tpch")
    # the collation C, in which ORDER BY of a text is Athena's, too
    ways.create_database(DATABASE, "TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'")
    ways.create_server(DATABASE, load.BUCKET)
    rows = generate.generate()
    load.load(rows, DATABASE)
    return rows


def plan_of(sql):
    out, err = ways.psql(ways.SETTINGS + ATHENA.settings + "SET jit = off;\n"
                         f"EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) {sql};\n", DATABASE)
    if err:
        raise RuntimeError(err)
    return json.loads(out.replace("\0", ""))[0]["Plan"]


def here_of(plan):
    """What is evaluated here, each kind once."""
    found = plans.here_of(plan, ("Hash", "Materialize", "Result"))
    return ", ".join(k if n == 1 else f"{n} {k}" for k, n in found.items()) or "nothing"


def outline(plan):
    """The plan's tree: nodes, what they compare, and the statements by number."""
    lines, statements = [], []
    for depth, n in plans.walk(plan):
        text = plans.name_of(n)
        if "Remote SQL" in n:
            statements.append(n["Remote SQL"])
            text += f" [{len(statements)}]"
        if n.get("Subplan Name"):
            text = f"{n['Subplan Name']}: {text}"
        for key in plans.CONDITIONS:
            if key in n:
                text += f", {key}: {n[key]}"
        for key in ("Sort Key", "Group Key"):
            if key in n:
                text += f", {key}: {', '.join(n[key])}"
        lines.append("  " * depth + text)
    return lines, statements


def page(found, version):
    """found: (number, title, plan, executions, rows) of each query"""
    out = [
        "# TPC-H by Athena: what is pushed", "",
        "This page is made by the tests (`make test-tpch-page`), from `EXPLAIN (VERBOSE, COSTS OFF)` with `pds.engine = 'athena'` on PostgreSQL "
        f"{version}. Every query also runs read directly and over local tables; the rows are the same (`test/tpch`).",
        "",
        f"The tables have TPC-H's columns at SF {generate.SCALE}, in CSV objects: numbers `bigint`, `int` and `decimal(15,2)`, texts "
        "`varchar(n)`, fixed and variable ones alike. The database's collation is `C`: with another one, ORDER BY of a text is done here.", "",
        "| query | executions | rows | done here |", "| --- | --- | --- | --- |",
    ]
    for number, title, plan, executions, rows in found:
        out.append(f"| [{number}](#query-{number}) {title} | {executions} | {rows} | {here_of(plan)} |")
    for number, title, plan, _, _ in found:
        lines, statements = outline(plan)
        out += ["", f"## Query {number}", "", f"{title[0].upper()}{title[1:]}. What PostgreSQL does, with the statements' numbers:",
                "", "```", *lines, "```", ""]
        out += [line for i, s in enumerate(statements) for line in ("```sql", f"-- [{i + 1}]", s, "```")]
    return "\n".join(out) + "\n"


class Tap:
    def __init__(self):
        self.number = self.failed = 0

    def ok(self, good, name, lines=()):
        self.number += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.number} - {name}", flush=True)
        if not good:
            for line in lines:
                print("#   " + str(line).replace("\n", "\n#   "), flush=True)


def answers(wanted):
    """What each way answers to each query, the ways side by side."""
    found = {}

    def work(way):
        for number, _, sql in wanted:
            started = time.time()
            found[way.name, number] = ways.run([sql], way, DATABASE, count=way is ATHENA)[0]
            if os.environ.get("PDS_TPCH_TIMES"):
                print(f"# {way.name} {number}: {time.time() - started:.1f} s", flush=True)

    threads = [threading.Thread(target=work, args=(w,)) for w in (HEAP, DIRECT, WORKERS, ATHENA)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return found


def main():
    arguments = sys.argv[1:]
    write = "--page" in arguments or bool(os.environ.get("PDS_TPCH_PAGE"))
    numbers = {int(a) for a in arguments if a.isdigit()}
    wanted = [q for q in queries() if not numbers or q[0] in numbers]
    tap = Tap()
    rows = setup()
    broken = generate.violations(rows)
    tap.ok(not broken, "the rows keep TPC-H's rules", broken)
    again = generate.generate()
    tap.ok(again == rows, "the same seed gives the same rows")
    found = answers(wanted)
    shown = []
    for number, title, sql in wanted:
        want, athena = found["heap", number], found["athena", number]
        plan = plan_of(sql)
        statements = outline(plan)[1]
        tap.ok(want.rows and any(v not in (ways.NULL, "0") for v in want.rows[0]), f"query {number} has an answer", [want])
        for way in (DIRECT, WORKERS, ATHENA):
            lines = ways.difference(way.name, found[way.name, number], want, order=ORDER.get(number))
            tap.ok(not lines, f"query {number}, {way.name}", lines)
        tap.ok(0 < athena.executions <= len(statements),
               f"query {number}: no more executions than statements in its plan", [f"{athena.executions}, of {len(statements)}"])
        shown.append((number, title, plan, athena.executions, len(want.rows or ())))
    if not numbers:
        check_page(tap, write, shown)
    print(f"1..{tap.number}")
    return 1 if tap.failed else 0


def check_page(tap, write, shown):
    version = ways.must("SHOW server_version_num", "postgres")[:2]
    text = page(shown, version)
    if write:
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(text)
    with open(PAGE, encoding="utf-8") as f:
        old = f.read()
    if f"PostgreSQL {version}." not in old:
        print(f"ok {tap.number + 1} - doc/tpch.md # SKIP it is of another PostgreSQL than {version}")
        tap.number += 1
        return
    differ = [f"- {a}\n+ {b}" for a, b in zip(old.splitlines(), text.splitlines()) if a != b][:6]
    tap.ok(old == text, "doc/tpch.md is up to date (make test-tpch-page writes it)", differ)


if __name__ == "__main__":
    sys.exit(main())
