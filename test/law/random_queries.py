#!/usr/bin/env python3
"""Random queries, several ways: a heap copy, read directly (without and with workers), and by Athena.

    random_queries.py     (on a running stack: its env is in the environment)

PDS_SEED (a fixed one, whose answers are recorded; date +%s gives others) and PDS_QUERIES (100) say which and how many; PDS_RANDOM_ONLY=17 runs the
seventeenth alone and shows it, PDS_RANDOM_WAYS=direct only the ways whose names begin so, PDS_RANDOM_KEEP takes the
tables that lie there, PDS_RANDOM_ERRORS shows the queries that are errors.  With an even seed the database has
collation C, where Athena orders texts, too.  Prints TAP.  Of a query with a difference the smallest that still differs is shown, with its plan.
Of all together it is tested how many have rows, and how much of them Athena did.
"""
import collections
import concurrent.futures
import os
import random
import sys

import columns
import grammar
import plans
import tables
import ways

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tpch"))
import generate  # noqa: E402
import load  # noqa: E402

DATABASE, LAW, TPCH = "pds_random", ("law_random", "pds-law-random"), ("tpch_random", "pds-tpch-random")
FOREIGN, LOCAL = "SET search_path = lake, tpch, pds;", "SET search_path = heap, tpch_heap, pds;"
PARALLEL = ("SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 50; SET parallel_tuple_cost = 0;"
            "SET pds.split_size = 20000; SET max_parallel_workers_per_gather = ")
HEAP = ways.Way("heap", LOCAL)
ATHENA = ways.Way("athena", FOREIGN + "SET pds.engine = athena;")
WAYS = [ways.Way("direct", FOREIGN + "SET pds.engine = direct; SET max_parallel_workers_per_gather = 0;"),
        ways.Way("direct, workers", FOREIGN + "SET pds.engine = direct;" + PARALLEL + "2;"), ATHENA]
WAYS = [w for w in WAYS if w.name.startswith(os.environ.get("PDS_RANDOM_WAYS", ""))]
SEED = 1764547201
BATCH = 10
CONNECTIONS = int(os.environ.get("PDS_RANDOM_CONNECTIONS") or 6)
SMALLEST_TRIES = 60
# a query that costs more, or has more rows, is another one's turn; so is one without rows, mostly
MOST_COST, MOST_ROWS, TRIES, EMPTY_KEPT = 40000, 20000, 6, 0.1
# shares that the run must reach, of a hundred queries or more
MOST_EMPTY, LEAST_WHOLE, LEAST_SENT, MOST_ERRORS = 0.10, 0.15, 0.80, 0.02
# Answers were recorded on this release; the plans of another send a few other statements
RECORDED_ON, MOST_UNRECORDED = 15, 0.10


def setup(seed):
    tables.set_up(DATABASE, "" if seed % 2 else "TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'", LAW)
    load.load(generate.generate(scale=0.0002), DATABASE, *TPCH)


def compare(query, way, got, want):
    return ways.difference(way.name, got, want, query.floats(), query.ordered if query.order else None)


class Chosen:
    """A query of a number, and what the heap answered."""
    def __init__(self, query, name, heap):
        self.query, self.sql, self.heap = query, query.statement(name), heap


def choose(seed, numbers, values):
    """For each number a query: the first of some that has rows and is no trouble to run."""
    chosen = {}
    for attempt in range(TRIES):
        left = [n for n in numbers if n not in chosen]
        if not left:
            break
        found = [Chosen(grammar.Grammar(f"{seed}/{n}/{attempt}", values).query(), f"q{n}", None) for n in left]
        costs = ways.run([f"EXPLAIN (FORMAT JSON) {c.query.render()}" for c in found], HEAP, DATABASE)
        last = attempt == TRIES - 1
        cheap = []
        for n, c, cost in zip(left, found, costs):
            if cost.rows is None:
                # not legal, or a bad constant: shown as what it is
                c.heap = cost
                chosen[n] = c
            elif last or float(cost.rows[0][0].split('"Total Cost": ')[1].split(",")[0]) <= MOST_COST:
                cheap.append((n, c))
        for (n, c), answer in zip(cheap, ways.run([c.sql for _, c in cheap], HEAP, DATABASE)):
            c.heap = answer
            keep = random.Random(f"{seed}/{n}/{attempt}/empty").random() < EMPTY_KEPT
            if last or answer.rows is None or (keep if not answer.rows else len(answer.rows) <= MOST_ROWS):
                chosen[n] = c
    return [chosen[n] for n in numbers]


def ask(seed, numbers, values):
    """The queries of these numbers, and for each the lines of its differences, by way, and Athena's plan."""
    chosen = choose(seed, numbers, values)
    out, shown = [{} for _ in chosen], [None] * len(chosen)
    for way in WAYS:
        sql = [c.sql for c in chosen]
        found = ways.run(sql, way, DATABASE, plans=way is ATHENA)
        # the server's end takes the rest of a batch along: those are asked again, one by one
        for i, a in enumerate(found):
            if a.sqlstate == "08006" and len(sql) > 1:
                found[i] = ways.run([sql[i]], way, DATABASE, plans=way is ATHENA)[0]
        for i, c in enumerate(chosen):
            lines = compare(c.query, way, found[i], c.heap)
            if lines:
                out[i][way] = lines
            if way is ATHENA:
                shown[i] = found[i].plan
    return chosen, out, shown


def smallest(query, way):
    """The smallest query that differs by this way, as far as leaving things out leads."""
    tries = SMALLEST_TRIES
    again = True
    while again and tries > 0:
        again = False
        for q in query.smaller():
            tries -= 1
            q.generic = query.generic
            sql = q.statement("q")
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
        sql = q.statement("q")
        want = ways.run([sql], HEAP, DATABASE)[0]
        lines = compare(q, way, ways.run([sql], way, DATABASE)[0], want) or lines
        yield f"PDS_SEED={seed}, query {number}: {query.statement('q')}"
        yield f"smallest: {sql}"
        yield from lines
        yield from ways.explain(sql, way, DATABASE).splitlines()


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


def unrecorded(differences):
    """Is all that is wrong that Trino was not asked?"""
    return set(differences) == {ATHENA} and "NOT_RECORDED" in "".join(differences[ATHENA])


def share_tests(number, empty, errors, shares):
    """Are the queries worth running?"""
    asked = sum(shares.values()) or 1
    sent = {k: n / asked for k, n in shares.items()}
    print(f"# by Athena whole: {sent.get('whole', 0):.0%}, in part: {sent.get('part', 0):.0%}, the columns alone: {sent.get('none', 0):.0%}",
          flush=True)
    yield f"at most {MOST_EMPTY:.0%} of the queries have no rows", empty <= MOST_EMPTY * number
    yield f"at most {MOST_ERRORS:.0%} are errors", errors <= MOST_ERRORS * number
    if shares:
        yield f"at least {LEAST_WHOLE:.0%} are done by Athena as a whole", sent.get("whole", 0) >= LEAST_WHOLE
        yield f"at least {LEAST_SENT:.0%} are done by it in part, at least", sent.get("whole", 0) + sent.get("part", 0) >= LEAST_SENT


def main():
    seed = int(os.environ.get("PDS_SEED") or SEED)
    number = int(os.environ.get("PDS_QUERIES") or 100)
    only = int(os.environ.get("PDS_RANDOM_ONLY") or 0)
    print(f"# PDS_SEED={seed} PDS_QUERIES={number}", flush=True)
    ways.begin_suite("random")
    if not os.environ.get("PDS_RANDOM_KEEP"):
        setup(seed)
    values = columns.values_of(lambda sql: ways.run([sql], HEAP, DATABASE)[0].rows)
    wanted = [i for i in range(1, number + 1) if not only or i == only]
    batches = [wanted[i:i + BATCH] for i in range(0, len(wanted), BATCH)]
    another = int(ways.run(["SHOW server_version_num"], HEAP, DATABASE)[0].rows[0][0]) // 10000 != RECORDED_ON
    failed = errors = empty = unasked = 0
    shares = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        for batch, (chosen, differences, shown) in zip(batches, pool.map(lambda b: ask(seed, b, values), batches)):
            for i, c, d, plan in zip(batch, chosen, differences, shown):
                if another and unrecorded(d):
                    unasked += 1
                    print(f"ok {i} - a query # SKIP what this release sends for it was not recorded", flush=True)
                    print("#   " + c.sql + "\n#   " + " ".join(d[ATHENA]).replace("\n", " "), flush=True)
                    continue
                failed += bool(d)
                errors += c.heap.rows is None
                empty += c.heap.rows == []
                shares += collections.Counter([plans.share_of(plan)] if plan and plans.share_of(plan) else [])
                print(f"{'not ok' if d else 'ok'} {i} - {', '.join(w.name for w in d) or 'the same rows'}", flush=True)
                if only:
                    print("# " + c.sql)
                for line in report(i, seed, c.query, d):
                    print("#   " + line.replace("\n", "\n#   "), flush=True)
                if c.heap.rows is None and os.environ.get("PDS_RANDOM_ERRORS"):
                    print(f"# {c.heap.sqlstate} {c.heap.message}: {c.query.render()}", flush=True)
    print(f"# {len(wanted)} queries, {len(wanted) - errors - empty} with rows, {empty} without, {errors} errors", flush=True)
    checks = list(judge_tests())
    if another:
        checks.append((f"at most {MOST_UNRECORDED:.0%} were not recorded", unasked <= MOST_UNRECORDED * len(wanted)))
    if len(wanted) >= 100:
        checks += share_tests(len(wanted), empty, errors, shares)
    for at, (name, good) in enumerate(checks, number + 1):
        failed += not good
        print(f"{'ok' if good else 'not ok'} {at} - {name}")
    print(f"1..{len(wanted) + len(checks)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
