#!/usr/bin/env python3
"""The law: direct scan, Athena and a heap copy return the same rows; and Athena does of each query what is expected.

    run.py [--expect] [REGEX]     (on a running stack: its env is in the environment)

Prints TAP.  Rows are compared as multisets of their text under fixed settings.  Each line of queries.sql begins with
what EXPLAIN says of it: [whole], or the steps that are done here.  --expect writes that anew: look at the difference.
REGEX: only queries that match.
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
# Trino waits more than it works
BATCH, CONNECTIONS = 8, 6
QUERIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "queries.sql")


def queries():
    """(line number, expectation, query)"""
    with open(QUERIES, encoding="utf-8") as f:
        for number, line in enumerate(f):
            if line.strip() and not line.startswith("--"):
                found = re.fullmatch(r"(?:\[([^]]*)\] )?(.*)", line.strip())
                yield number, found[1], found[2]


def steps(plan):
    """A plan in the words of an expectation."""
    if plan is None:
        return "no plan"
    share = plans.share_of(plan)
    return "nobody is asked" if share is None else "whole" if share == "whole" else ", ".join(plans.steps_of(plan)) or "several"


def write(wanted, found):
    with open(QUERIES, encoding="utf-8") as f:
        lines = f.readlines()
    for (number, _, sql), answer in zip(wanted, found):
        lines[number] = f"[{steps(answer.plan)}] {sql}\n"
    with open(QUERIES, "w", encoding="utf-8") as f:
        f.writelines(lines)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--expect"]
    ways.begin_suite("law")
    tables.set_up(DATABASE)
    wanted = [q for q in queries() if not arguments or re.search(arguments[0], q[2])]
    schema = {HEAP: "heap.", DIRECT: "lake.", ATHENA: "lake."}
    found = ways.answers(lambda way: [q.replace("{}.", schema[way]) for _, _, q in wanted], {HEAP: {}, DIRECT: {}, ATHENA: {"plans": True}},
                         DATABASE, BATCH, CONNECTIONS)
    if "--expect" in sys.argv:
        write(wanted, found[ATHENA])
        return 0
    number = failed = 0

    def ok(good, name, lines=()):
        nonlocal number, failed
        number += 1
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {name}".replace("#", "\\#"), flush=True)
        for line in () if good else lines:
            print("#   " + line.replace("\n", "\n#   "), flush=True)

    for i, (_, expected, query) in enumerate(wanted):
        for way in (DIRECT, ATHENA):
            lines = ways.difference(way.name, found[way][i], found[HEAP][i])
            ok(not lines, f"{way.name}: {query}", lines)
        here = steps(found[ATHENA][i].plan)
        if here != expected:
            ok(False, f"done here: {expected}: {query}",
               [f"{here} (run.py --expect writes that)", ways.explain(query.replace("{}.", "lake."), ATHENA, DATABASE)])
        else:
            ok(True, f"done here: {expected}: {query}")
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
