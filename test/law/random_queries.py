#!/usr/bin/env python3
"""Random queries, several ways: a heap copy, read directly (without and with workers), and by Athena.

    random_queries.py     (on a running stack: its env is in the environment)

PDS_SEED (printed; else from the clock) and PDS_QUERIES (100) say which and how many; PDS_RANDOM_ONLY=17 runs the
seventeenth alone and shows it, PDS_RANDOM_WAYS=direct only the ways whose names begin so, PDS_RANDOM_KEEP takes the
tables that lie there, PDS_RANDOM_ERRORS shows the queries that are errors.  Prints TAP.  Of a query with a difference the smallest that still differs is shown, with its plan.
"""
import concurrent.futures
import os
import sys
import time

import grammar
import tables
import ways

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tpch"))
import generate  # noqa: E402
import load  # noqa: E402

DATABASE, GLUE, BUCKET = "pds_random", "tpch_random", "pds-tpch-random"
FOREIGN, LOCAL = "SET search_path = lake, tpch, pds;", "SET search_path = heap, tpch_heap, pds;"
# workers at no cost would also be started anew for each row of a nested loop
PARALLEL = ("SET enable_nestloop = off; SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;"
            "SET max_parallel_workers_per_gather = ")
HEAP = ways.Way("heap", LOCAL)
WAYS = [ways.Way("direct", FOREIGN + "SET pds.engine = direct; SET max_parallel_workers_per_gather = 0;"),
        ways.Way("direct, workers", FOREIGN + "SET pds.engine = direct;" + PARALLEL + "2;"),
        ways.Way("athena", FOREIGN + "SET pds.engine = athena;")]
WAYS = [w for w in WAYS if w.name.startswith(os.environ.get("PDS_RANDOM_WAYS", ""))]
BATCH, CONNECTIONS = 10, 3
SMALLEST_TRIES = 60


def setup():
    tables.set_up(DATABASE)
    load.load(generate.generate(scale=0.0002), DATABASE, GLUE, BUCKET)


def compare(query, way, got, want):
    return ways.difference(way.name, got, want, query.floats(),
                           range(len(query.select)) if query.order else None)


def ask(queries):
    """For each query the lines of its differences, by way; and how the heap answered."""
    sql = [q.render() for q in queries]
    heap = ways.run(sql, HEAP, DATABASE)
    out = [{} for _ in queries]
    for way in WAYS:
        found = ways.run(sql, way, DATABASE)
        # the server's end takes the rest of a batch along: those are asked again, one by one
        for i, a in enumerate(found):
            if a.sqlstate == "08006" and len(sql) > 1:
                found[i] = ways.run([sql[i]], way, DATABASE)[0]
        for i, q in enumerate(queries):
            lines = compare(q, way, found[i], heap[i])
            if lines:
                out[i][way] = lines
    return out, heap


def smallest(query, way):
    """The smallest query that differs by this way, as far as leaving things out leads."""
    tries = SMALLEST_TRIES
    again = True
    while again and tries > 0:
        again = False
        for q in query.smaller():
            tries -= 1
            sql = q.render()
            want = ways.run([sql], HEAP, DATABASE)[0]
            if want.sqlstate == "00000" and compare(q, way, ways.run([sql], way, DATABASE)[0], want):
                query, again = q, True
                break
            if tries <= 0:
                break
    return query


def report(number, seed, query, differences):
    for way, lines in differences.items():
        q = smallest(query, way)
        want = ways.run([q.render()], HEAP, DATABASE)[0]
        lines = compare(q, way, ways.run([q.render()], way, DATABASE)[0], want) or lines
        yield f"PDS_SEED={seed}, query {number}: {query.render()}"
        yield f"smallest: {q.render()}"
        yield from lines
        yield from ways.explain(q.render(), way, DATABASE).splitlines()


def judge_tests():
    """The judge itself: what it must tell apart, and what not."""
    def answer(*rows, sqlstate="00000"):
        return ways.Answer(list(rows) if sqlstate == "00000" else None, sqlstate, "", 0)

    def differ(a, b, **how):
        return bool(ways.difference("x", a, b, **how))

    one, two = ("1", "a"), ("2", ways.NULL)
    yield "a row too few is a difference", differ(answer(one), answer(one, one))
    yield "NULL and '' differ", differ(answer(("",)), answer((ways.NULL,)))
    yield "scales differ", differ(answer(("1.5",)), answer(("1.50",)))
    yield "rows come in any order", not differ(answer(one, two), answer(two, one))
    yield "but not under ORDER BY", differ(answer(one, two), answer(two, one), order=range(2))
    yield "floats agree to 1e-9", not differ(answer(("0.30000000000000004",)), answer(("0.3",)), floats={0})
    yield "and no further", differ(answer(("0.3000001",)), answer(("0.3",)), floats={0})
    yield "NaN is no number", differ(answer(("NaN",)), answer(("0.3",)), floats={0})
    yield "errors of one class agree", not differ(answer(sqlstate="22012"), answer(sqlstate="22003"))
    yield "an error and rows do not", differ(answer(sqlstate="22012"), answer(one))
    yield "a lost connection is never right", differ(answer(sqlstate="08006"), answer(sqlstate="08006"))


def main():
    seed = int(os.environ.get("PDS_SEED") or time.time())
    number = int(os.environ.get("PDS_QUERIES") or 100)
    only = int(os.environ.get("PDS_RANDOM_ONLY") or 0)
    print(f"# PDS_SEED={seed} PDS_QUERIES={number}", flush=True)
    if not os.environ.get("PDS_RANDOM_KEEP"):
        setup()
    queries = [grammar.Grammar(f"{seed}/{i + 1}").query() for i in range(number)]
    wanted = [i for i in range(number) if not only or i + 1 == only]
    batches = [wanted[i:i + BATCH] for i in range(0, len(wanted), BATCH)]
    failed = errors = empty = 0
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        for batch, (differences, heap) in zip(batches, pool.map(lambda b: ask([queries[i] for i in b]), batches)):
            for i, d, h in zip(batch, differences, heap):
                failed += bool(d)
                errors += h.rows is None
                empty += h.rows == []
                print(f"{'not ok' if d else 'ok'} {i + 1} - {', '.join(w.name for w in d) or 'the same rows'}", flush=True)
                if only:
                    print("# " + queries[i].render())
                for line in report(i + 1, seed, queries[i], d):
                    print("#   " + line, flush=True)
                if h.rows is None and os.environ.get("PDS_RANDOM_ERRORS"):
                    print(f"# {h.sqlstate} {h.message}: {queries[i].render()}", flush=True)
    print(f"# {len(wanted)} queries, {len(wanted) - errors - empty} with rows, {empty} without, {errors} errors", flush=True)
    checks = list(judge_tests())
    if not only:
        checks.append(("half of the queries have rows", 2 * (len(wanted) - errors - empty) >= len(wanted)))
    for at, (name, good) in enumerate(checks, number + 1):
        failed += not good
        print(f"{'ok' if good else 'not ok'} {at} - {name}")
    print(f"1..{len(wanted) + len(checks)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
