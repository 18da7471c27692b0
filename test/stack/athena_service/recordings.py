"""Recorded answers of Trino: one file a suite, made by `make record`, never by hand.

An entry is a line of JSON that says what was asked, of what (reads.py), and what came: columns, bytes scanned, or the
error; a line for each row follows. Entries are sorted by what was asked.
"""

import base64
import gzip
import io
import json
import math
import os
import re
import threading
from collections import Counter

KEY = ("sql", "database", "parameters", "reads", "call")
UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
FLOATS = ("double", "float")
# Names of relations, outside of texts and of quoted names.
ALIAS = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\b(?P<alias>r\d+)\b""")
# What Trino calls the table of an UNLOAD, and what the engine that records puts into names of objects (engine_replay.py).
OWN_NAME = re.compile(r"unload_[0-9a-f]{32}|\d{5}_[0-9a-f]{12}")


def key_of(entry):
    return tuple(json.dumps(entry.get(name)) for name in KEY)


def numbered(sql):
    """The statement with its relations' names, which are numbers of the planner's range table, in order: these differ
    between releases of PostgreSQL."""
    names = {}

    def name(found):
        alias = found.group("alias")
        return found.group() if alias is None else names.setdefault(alias, f"r{len(names) + 1}")
    return ALIAS.sub(name, sql)


def line(value):
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text) + "\n"


def load(path):
    """{key: entry} of a suite's file, {} where there is none."""
    entries, entry = {}, None
    try:
        with open(path, encoding="utf-8") as source:
            for text in source:
                value = json.loads(text)
                if isinstance(value, dict):
                    entry = value
                    entries[key_of(entry)] = entry
                else:
                    entry.setdefault("rows", []).append(value)
    except FileNotFoundError:
        pass
    return entries


def save(path, entries):
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    with open(temporary, "w", encoding="utf-8") as out:
        for key in sorted(entries):
            entry = entries[key]
            out.write(line({name: entry[name] for name in entry if name != "rows"}))
            out.writelines(line(row) for row in entry.get("rows", []))
    temporary.replace(path)


def same(old, new):
    """Whether Trino gave the same twice: rows come in any order, and floats are summed in any.

    A statement that is stopped may end before: which of both comes first is chance.
    """
    if "stopped" in old or "stopped" in new:
        return True
    if any(old.get(name) != new.get(name) for name in ("columns", "error", "refused")):
        return False
    if old.get("writes") != new.get("writes") and written(old) != written(new):
        return False
    before, now = old.get("rows", []), new.get("rows", [])
    if before == now or Counter(map(tuple, before)) == Counter(map(tuple, now)):
        return True
    if len(before) != len(now):
        return False
    sql = re.sub(r"\s+", " ", old["sql"]).upper()
    if " LIMIT " in sql and " ORDER BY " not in sql:
        return True                        # any of the rows
    floats = [number for number, column in enumerate(old["columns"]) if column[1] in FLOATS]
    return bool(floats) and all(alike(a, b, floats) for a, b in zip(
        sorted(before, key=lambda row: rounded(row, floats)), sorted(now, key=lambda row: rounded(row, floats))))


def written(entry):
    """What a statement changed, without its own names and the order of rows and of partitions: the catalog, and rows by
    folder."""
    writes = entry.get("writes", {})
    found = Counter()
    for name, content in writes.get("objects", []):
        found.update((OWN_NAME.sub("", name), row) for row in rows_of(name, base64.b64decode(content)))
    tables = {name: change | {"partitions": sorted(change.get("partitions", []), key=lambda p: p["Values"])}
              for name, change in writes.get("tables", {}).items()}
    catalog = json.dumps(tables, sort_keys=True)
    return re.sub(r'"totalSize": "\d+"', "", OWN_NAME.sub("", catalog)), found


def rows_of(name, data):
    """Lines, or what Parquet holds: its bytes differ from run to run."""
    if data.startswith(b"PAR1"):
        import pyarrow.parquet  # where recordings are made, it is there
        table = pyarrow.parquet.read_table(io.BytesIO(data))
        return [str(table.schema)] + [json.dumps(row, default=str) for row in table.to_pylist()]
    return (gzip.decompress(data) if name.endswith(".gz") else data).splitlines(keepends=True)


def rounded(row, floats):
    return [f"{float(v):.6g}" if number in floats and v is not None else str(v) for number, v in enumerate(row)]


def alike(a, b, floats):
    return all(x == y or (number in floats and x is not None and y is not None
                          and math.isclose(float(x), float(y), rel_tol=1e-9)) for number, (x, y) in enumerate(zip(a, b)))


class Recorder:
    """Keeps what a suite asked, until it ends: what it did not ask for any more goes only if it ran to its end."""

    def __init__(self, directory):
        self.directory = directory
        self.lock = threading.Lock()
        self.suite, self.entries = None, {}

    def begin(self, suite):
        with self.lock:
            self.flush()
            self.suite, self.entries = suite, {}

    def add(self, entry):
        entry = {name: value for name, value in entry.items() if value not in (None, [], {})}
        with self.lock:
            known = self.entries.get(key_of(entry))
            # a statement that was stopped once and not another time has an answer
            if not (known and "stopped" in entry and "stopped" not in known):
                self.entries[key_of(entry)] = entry

    def end(self):
        with self.lock:
            self.flush(complete=True)
            self.suite, self.entries = None, {}

    def flush(self, complete=False):
        """A recording whose meaning has not changed keeps its text."""
        if self.suite is None:
            return
        path = self.directory / f"{self.suite}.jsonl"
        old = load(path)
        kept = {} if complete else dict(old)
        kept |= {key: old[key] if key in old and same(old[key], entry) else entry for key, entry in self.entries.items()}
        if kept:
            save(path, kept)
        else:
            path.unlink(missing_ok=True)

    def close(self):
        self.begin(None)


class Player:
    """Finds what was recorded for the suite that runs."""

    def __init__(self, directory):
        self.directory = directory
        self.lock = threading.Lock()
        self.suite, self.entries, self.numbered = None, {}, {}

    def begin(self, suite):
        with self.lock:
            self.suite, self.entries = suite, load(self.directory / f"{suite}.jsonl") if suite else {}
            self.numbered = {key_of(e | {"sql": numbered(e["sql"])}): e for e in self.entries.values()}

    def end(self):
        self.begin(None)

    def find(self, asked):
        return self.entries.get(key_of(asked)) or self.numbered.get(key_of(asked | {"sql": numbered(asked["sql"])}))

    def others(self, asked):
        """What was recorded for the same text, with other tables or objects."""
        return [e["reads"] for e in self.entries.values()
                if numbered(e["sql"]) == numbered(asked["sql"]) and e.get("call") == asked.get("call") and "reads" in e]

    def close(self):
        pass
