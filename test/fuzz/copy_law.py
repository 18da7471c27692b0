#!/usr/bin/env python3
"""What a direct scan of format csv makes of random bytes is what COPY ... (FORMAT csv) makes of them, in the same database.

    copy_law.py     (on a running stack, of either engine: its env is in the environment)

PDS_SEED (printed; else from the clock) and PDS_RECORDS (3000) say which and how many records.  Every object is read
by no worker and by one, two and four, in parts of some hundred bytes.  The exceptions of doc/types.md: the bytes have no byte
order mark and no `\\.`, and COPY gets them without blank lines, where the table has several columns.
Prints TAP, a line for so many objects; of a difference the bytes, the options and both answers.
"""
import concurrent.futures
import os
import random
import shutil
import sys
import tempfile
import time

import boto3

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "law"))
import ways  # noqa: E402

DATABASE, BUCKET = "pds_copy_law", "pds-copy-law"
OBJECTS_A_BATCH, CONNECTIONS = 50, 2
WORKERS = (0, 1, 2, 4)
DIRECT = ("SET search_path = lake; SET pds.engine = direct; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;"
          "SET jit = off;")
HEAP = ways.Way("COPY", "SET search_path = heap;")
# of 22P04 and 22P02 COPY gives the first it meets, a scan the first of a batch
CLASS = 2
LOADER = """CREATE FUNCTION public.load(name text, file text, options text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN EXECUTE format('COPY heap.%I FROM %L WITH (FORMAT csv, %s)', name, file, options); RETURN '00000';
EXCEPTION WHEN others THEN RETURN SQLSTATE; END $$"""
ENDS = [b"\n", b"\n", b"\n", b"\r\n", b"\r"]
# COPY's name, the table's, Python's
ENCODINGS = [("UTF8", "utf-8", "utf-8")] * 3 + [("LATIN1", "LATIN1", "latin-1"), ("WIN1252", "cp1252", "cp1252"), ("WIN1252", "WIN1252", "cp1252")]
PIECES = ["a", "b c", "", "", "é", "xyz", "1", "-7", "N", "NULL", " ", "x" * 40, "y" * 300]


def literal(text):
    return "'" + text.replace("'", "''") + "'"


class Object:
    """An object, the options of its table, and its columns."""
    def __init__(self, number, seed):
        r = self.random = random.Random(f"{seed}/object {number}")
        self.name = f"o{number}"
        self.delimiter = r.choice([",", ",", ",", ";", "\t", "|", "a"])
        self.quote = r.choice(['"', '"', '"', "'", "1"])
        self.escape = r.choice([self.quote, self.quote, "\\", "x", "%"])
        self.null = r.choice(["", "", "N", "NULL"])
        self.header = r.random() < 0.2
        self.columns = r.choice([1, 1, 2, 2, 3, 4])
        self.types = [r.choice(["text", "text", "text", "text", "varchar", "int"]) for _ in range(self.columns)]
        self.end = r.choice(ENDS)
        # by column: the texts for NULL are so between quotes, too; are never so
        self.force_null = [r.random() < 0.15 for _ in self.types]
        self.force_not_null = [r.random() < 0.15 for _ in self.types]
        self.encoding, self.table_encoding, self.codec = r.choice(ENCODINGS)
        # how often it is not what it should be
        self.odd = r.choice([0, 0, 0, 0, 0, 0, 0.002, 0.01, 0.3])
        self.data = self.noise() if r.random() < 0.15 else self.records()

    def field(self, kind):
        r = self.random
        text = str(r.randrange(-99, 10 ** r.randrange(1, 9))) if kind == "int" else r.choice(PIECES)
        if kind != "int" and r.random() < 0.3:
            text += r.choice(PIECES)
        quote, escape, style = self.quote, self.escape, r.random()
        # in a number a quote or an escape stays what it is, too
        special = {self.delimiter, quote, "\n", "\r"} & set(text) or text == self.null
        if style < 0.45 and not special:
            return text
        if style > 0.8 and kind != "int":
            text += r.choice([self.delimiter, "\n", "\r\n", "\r", quote, escape, self.delimiter * 3])
        inner = "".join(escape + c if c in (quote, escape) else c for c in text)
        if escape != quote and quote not in text and r.random() < 0.2:
            # an escape before anything else is data
            inner = text if escape not in text else inner
        whole = quote + inner + quote
        if style > 0.9:
            whole = quote + quote + whole           # opens and closes before it
        elif style > 0.85 and inner:
            at = r.randrange(len(text) + 1)         # in two pieces
            one, two = ("".join(escape + c if c in (quote, escape) else c for c in t) for t in (text[:at], text[at:]))
            whole = quote + one + quote + (quote + two + quote if escape != quote else two if not {self.delimiter, quote, escape, "\n", "\r"} & set(two) else "")
        return whole

    def records(self):
        r, out = self.random, []
        for _ in range(r.choice([3, 40, 150, 400])):
            fields = [self.field(t) for t in self.types]
            record = self.delimiter.join(fields).encode(self.codec)
            end = self.end
            if r.random() < self.odd:
                record, end = self.spoil(record, end)
            out.append(record + end)
        if self.header:
            out.insert(0, self.delimiter.join(r.choice(["h", '"h"', "id"]).replace('"', self.quote) for _ in self.types).encode() + self.end)
        data = b"".join(out)
        return data[:-len(self.end)] if r.random() < 0.3 and data.endswith(self.end) else data

    def spoil(self, record, end):
        r = self.random
        what = r.randrange(6)
        if what == 0:
            return record + self.delimiter.encode() + b"z", end
        if what == 1:
            return record[:r.randrange(len(record) + 1)], end
        if what == 2:
            return record, r.choice(ENDS)
        if what == 3:
            return record + self.quote.encode(), end
        if what == 4:
            return b"", end
        at = r.randrange(len(record) + 1)
        return record[:at] + r.choice([self.quote, self.escape, self.delimiter, "\r", "\n"]).encode() + record[at:], end

    def noise(self):
        r = self.random
        letters = [self.delimiter, self.quote, self.escape, "\n", "z"] + r.choice([[], ["\r"], ["y"] * 20, ["\r", "\n", "é"]])
        return "".join(r.choice(letters) for _ in range(r.randrange(1, 600))).encode(self.codec)

    def lines(self):
        """(bytes with its end, blank) of each record, as COPY finds them, and whether their ends differ."""
        d, out, ends = self.data, [], set()
        quote, escape = ord(self.quote), ord(self.escape) if self.escape != self.quote else -1
        inside = escaped = False
        start = i = 0
        while i < len(d):
            c, at = d[i], i
            i += 1
            if inside and c == escape:
                escaped = not escaped
            if c == quote and not escaped:
                inside = not inside
            if c != escape:
                escaped = False
            if inside or c not in b"\r\n":
                continue
            if c == 13 and i < len(d) and d[i] == 10:
                i += 1
            ends.add(d[at:i])
            out.append((d[start:i], at == start))
            start = i
        if start < len(d):
            out.append((d[start:], False))
        return out, len(ends) > 1

    def for_copy(self):
        """What COPY gets, and whether it is told only half of it: line ends that differ are an error beside it."""
        lines, mixed = self.lines()
        if self.columns == 1:
            return self.data, mixed
        return b"".join(line for n, (line, blank) in enumerate(lines) if not blank or (n == 0 and self.header)), mixed

    def column_list(self, options=False):
        columns = []
        for i, t in enumerate(self.types):
            forced = [f"{name} 'true'" for name, chosen in (("force_null", self.force_null[i]), ("force_not_null", self.force_not_null[i])) if chosen]
            columns.append(f"c{i} {t}" + (f" OPTIONS ({', '.join(forced)})" if options and forced else ""))
        return ", ".join(columns)

    def copy_options(self):
        forced = ""
        for name, chosen in (("FORCE_NULL", self.force_null), ("FORCE_NOT_NULL", self.force_not_null)):
            if any(chosen):
                forced += f", {name} ({', '.join(f'c{i}' for i, yes in enumerate(chosen) if yes)})"
        return (f"DELIMITER {literal(self.delimiter)}, QUOTE {literal(self.quote)}, ESCAPE {literal(self.escape)}, NULL {literal(self.null)}, "
                f"HEADER {str(self.header).lower()}, ENCODING {literal(self.encoding)}{forced}")

    def table(self):
        delimiter = "\\t" if self.delimiter == "\t" else self.delimiter
        options = {"format": "csv", "location": f"s3://{BUCKET}/{self.name}.csv", "delimiter": delimiter, "quote": self.quote,
                   "escape": self.escape, "null": self.null, "header": str(self.header).lower(), "encoding": self.table_encoding}
        return f"CREATE FOREIGN TABLE lake.{self.name} ({self.column_list(True)}) SERVER aws OPTIONS ({', '.join(f'{k} {literal(v)}' for k, v in options.items())});"


def ways_of(r):
    return [ways.Way(f"scan, {n} workers", DIRECT + f"SET max_parallel_workers_per_gather = {n}; SET pds.split_size = {r.choice([1024, 1024, 1500, 3000])};"
                     f"SET parallel_leader_participation = {'off' if n and r.random() < 0.3 else 'on'};") for n in WORKERS]


def prepare(s3, folder, objects):
    """Load the heap's tables; the SQLSTATE of each."""
    loads, tables = [], []
    for o in objects:
        data, _ = o.for_copy()
        path = os.path.join(folder, o.name)
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, 0o644)
        s3.put_object(Bucket=BUCKET, Key=o.name + ".csv", Body=o.data)
        tables.append(f"CREATE TABLE heap.{o.name} ({o.column_list()});{o.table()}")
        loads.append(f"SELECT public.load({literal(o.name)}, {literal(path)}, {literal(o.copy_options())})")
    ways.must("".join(tables), DATABASE)
    return [a.rows[0][0] for a in ways.run(loads, HEAP, DATABASE)]


def shown(rows):
    return "; ".join(ways.show(r) for r in (rows or [])[:20])


def compare(o, state, heap, scans, counts):
    """Lines about what differs."""
    _, mixed = o.for_copy()
    out = []
    for way, rows, count in zip(WORKERS, scans, counts):
        if state == "00000" and not mixed:
            if rows.rows is None or sorted(rows.rows) != sorted(heap.rows):
                out.append(f"{way} workers: {rows.sqlstate} {rows.message} {shown(rows.rows)}")
            if count.rows is None or int(count.rows[0][0]) != len(heap.rows):
                out.append(f"{way} workers, count(*): {count.sqlstate} {count.message} {count.rows}")
        else:
            if rows.sqlstate[:CLASS] != "22":
                out.append(f"{way} workers: no error, but {shown(rows.rows) or rows.sqlstate}")
            if state == "22P04" and count.sqlstate != "22P04":
                out.append(f"{way} workers, count(*): no error, but {count.rows or count.sqlstate}")
    if out:
        out = [f"{o.table()}", f"bytes: {o.data!r}", f"COPY: {state}{' and mixed line ends' if mixed else ''} {shown(heap.rows)}", *out]
    return out


def run_batch(s3, folder, objects, seed):
    states = prepare(s3, folder, objects)
    everything = [f"SELECT * FROM {o.name}" for o in objects]
    heap = ways.run(everything, HEAP, DATABASE)
    chosen = ways_of(random.Random(f"{seed}/{objects[0].name}"))
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        scans = list(pool.map(lambda w: ways.run(everything, w, DATABASE), chosen))
        counts = list(pool.map(lambda w: ways.run([f"SELECT count(*) FROM {o.name}" for o in objects], w, DATABASE), chosen))
    lines = []
    for i, o in enumerate(objects):
        lines += compare(o, states[i], heap[i], [s[i] for s in scans], [c[i] for c in counts])
    ways.must("".join(f"DROP TABLE heap.{o.name}; DROP FOREIGN TABLE lake.{o.name};" for o in objects), DATABASE)
    for o in objects:
        os.unlink(os.path.join(folder, o.name))
    return lines, states


def main():
    seed = int(os.environ.get("PDS_SEED") or time.time())
    wanted = int(os.environ.get("PDS_RECORDS") or 3000)
    print(f"# PDS_SEED={seed} PDS_RECORDS={wanted}", flush=True)
    ways.create_database(DATABASE)
    ways.create_server(DATABASE, BUCKET)
    ways.must(f"CREATE SCHEMA heap; CREATE SCHEMA lake; {LOADER}", DATABASE)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    folder = tempfile.mkdtemp(prefix="pds_copy_law.")
    os.chmod(folder, 0o755)
    records = errors = objects = failed = batches = 0
    try:
        while records < wanted:
            batch = [Object(objects + i, seed) for i in range(OBJECTS_A_BATCH)]
            lines, states = run_batch(s3, folder, batch, seed)
            objects += len(batch)
            batches += 1
            here = sum(len(o.lines()[0]) for o in batch)
            records += here
            errors += sum(s != "00000" for s in states)
            failed += bool(lines)
            print(f"{'not ok' if lines else 'ok'} {batches} - {here} records of {len(batch)} objects, {sum(s != '00000' for s in states)} of which COPY refuses", flush=True)
            for line in lines[:60]:
                print("#   " + line.replace("\n", "\n#   "), flush=True)
    finally:
        shutil.rmtree(folder)
    print(f"# {records} records, {objects} objects, of which COPY refuses {errors}; each read by {', '.join(map(str, WORKERS))} workers")
    print(f"1..{batches}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
