#!/usr/bin/env python3
"""The law: direct scan, Athena and a heap copy return the same rows; and Athena does of each query what is expected.

    run.py [--expect] [REGEX]     (on a running stack: its env is in the environment)

Prints TAP.  Rows are compared as multisets of their text under fixed settings.  Each line of queries.sql begins with
what EXPLAIN says of it: [whole], or the steps that are done here.  What stands there behind a semicolon is done inside
the direct scan: [whole; aggregates].  Such a query is also run where the scan is sure to be taken for it, and by workers.
--expect writes all that anew: look at the difference.  REGEX: only queries that match.
"""
import os
import re
import sys

import plans
import tables
import ways

DATABASE = "pds_law"
HEAP = ways.Way("heap", "")
DIRECT, ATHENA = ways.Way("direct", "SET pds.engine = direct;"), ways.Way("athena", "SET pds.engine = athena;")
# As operators would cost nothing: else few rows are no work for the scan.
SCAN = ways.Way("in the scan", DIRECT.settings + "SET max_parallel_workers_per_gather = 0; SET cpu_operator_cost = 0; SET cpu_tuple_cost = 0;")
WORKERS = ways.Way("in scans of workers", DIRECT.settings + "SET cpu_operator_cost = 0; SET cpu_tuple_cost = 0; SET parallel_setup_cost = 0;"
                   "SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET pds.split_size = 20000;")
# Trino waits more than it works
BATCH, CONNECTIONS = 8, 6
QUERIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "queries.sql")


def queries():
    """(line number, expectation, what the scan does or None, query)"""
    with open(QUERIES, encoding="utf-8") as f:
        for number, line in enumerate(f):
            if line.strip() and not line.startswith("--"):
                found = re.fullmatch(r"(?:\[([^];]*)(?:; ([^]]*))?\] )?(.*)", line.strip())
                yield number, *found.groups()


def steps(plan):
    """A plan in the words of an expectation."""
    if plan is None:
        return "no plan"
    share = plans.share_of(plan)
    return "nobody is asked" if share is None else "whole" if share == "whole" else ", ".join(plans.steps_of(plan)) or "several"


def in_scan(plan):
    """What the direct scan does of it, in words."""
    return "no plan" if plan is None else ", ".join(plans.in_scan_of(plan)) or "rows alone"


def write(wanted, found, scans):
    with open(QUERIES, encoding="utf-8") as f:
        lines = f.readlines()
    for (number, _, inside, sql), answer, scan in zip(wanted, found, scans):
        also = f"; {in_scan(scan.plan)}" if inside is not None else ""
        lines[number] = f"[{steps(answer.plan)}{also}] {sql}\n"
    with open(QUERIES, "w", encoding="utf-8") as f:
        f.writelines(lines)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--expect"]
    ways.begin_suite("law")
    tables.set_up(DATABASE)
    # what the scan does comes first, so that an answer of the ways of the scan has the number of its query
    wanted = sorted((q for q in queries() if not arguments or re.search(arguments[0], q[3])), key=lambda q: q[2] is None)
    inside = sum(q[2] is not None for q in wanted)
    of_scan = {SCAN: {"plans": True}, WORKERS: {}}

    def statements(way):
        found = [q.replace("{}.", "heap." if way is HEAP else "lake.") for *_, q in wanted]
        # few groups are sorted as cheaply; where aggregates with DISTINCT stand alone, what is left must be
        alone = [bool(re.search(r"\(DISTINCT", q) and not re.search(r"FILTER|(count|sum|avg)\((?!DISTINCT)", q)) for q in found]
        return [f"SET enable_sort = {alone[i]};\n{found[i]}" for i in range(inside)] if way in of_scan else found

    found = ways.answers(statements, {HEAP: {}, DIRECT: {}, ATHENA: {"plans": True}, **of_scan}, DATABASE, BATCH, CONNECTIONS)
    if "--expect" in sys.argv:
        write(wanted, found[ATHENA], found[SCAN] + [None] * (len(wanted) - inside))
        return 0
    number = failed = 0

    def ok(good, name, lines=()):
        nonlocal number, failed
        number += 1
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {name}".replace("#", "\\#"), flush=True)
        for line in () if good else lines:
            print("#   " + line.replace("\n", "\n#   "), flush=True)

    def same(what, expected, query, answer, way):
        lines = () if answer == expected else [
            f"{answer} (run.py --expect writes that)", ways.explain(query.replace("{}.", "lake."), way, DATABASE)]
        ok(not lines, f"{what}: {expected}: {query}", lines)

    for i, (_, expected, scan, query) in enumerate(wanted):
        for way in (DIRECT, ATHENA) + (tuple(of_scan) if i < inside else ()):
            lines = ways.difference(way.name, found[way][i], found[HEAP][i])
            ok(not lines, f"{way.name}: {query}", lines)
        same("done here", expected, query, steps(found[ATHENA][i].plan), ATHENA)
        if i < inside:
            same("done in the scan", scan, query, in_scan(found[SCAN][i].plan), SCAN)
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
