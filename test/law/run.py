#!/usr/bin/env python3
"""The law: direct scan, Athena and a heap copy return the same rows.

    run.py [queries.sql]     (on a running stack: its env is in the environment)

Prints TAP.  Rows are compared as multisets of their text under fixed settings.
"""
import os
import sys

import tables
import ways

DATABASE = "pds_law"
HEAP = ways.Way("heap", "")
WAYS = [ways.Way("direct", "SET pds.engine = direct;"), ways.Way("athena", "SET pds.engine = athena;")]
BATCH = 25


def queries(path):
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("--"):
                yield line.strip()


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    tables.set_up(DATABASE)
    number = failed = 0
    wanted = list(queries(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "queries.sql")))
    for at in range(0, len(wanted), BATCH):
        batch = wanted[at:at + BATCH]
        heap = ways.run([q.replace("{}.", "heap.") for q in batch], HEAP, DATABASE)
        found = [ways.run([q.replace("{}.", "lake.") for q in batch], w, DATABASE) for w in WAYS]
        for i, query in enumerate(batch):
            for way, answers in zip(WAYS, found):
                number += 1
                lines = ways.difference(way.name, answers[i], heap[i])
                bad = bool(lines)
                failed += bad
                print(f"{'not ok' if bad else 'ok'} {number} - {way.name}: {query}".replace("#", "\\#"), flush=True)
                for line in lines:
                    print("#   " + line.replace("\n", "\n#   "), flush=True)
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
