#!/usr/bin/env python3
"""Rules that no compiler checks: of the source here, of documents in document_rules.py.  A finding is a line "file:line: rule: what is wrong".

rooms.ini has the rooms and their arrows.
"""

import fnmatch
import re
import sys
from collections import defaultdict
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import document_rules  # noqa: E402
from c_source import read_all, tracked  # noqa: E402

TOP = Path(__file__).resolve().parents[2]
MOST_LINES = 1000
MOST_LINES_OF_README = 15


class Table:
    """rooms.ini"""

    def __init__(self, path):
        self.sections = defaultdict(list)
        section = None
        for line in path.read_text().splitlines():
            line = line.split("#")[0].strip()
            if line.startswith("["):
                section = line.strip("[]")
            elif line:
                self.sections[section].append(line)
        self.below = {}
        self.arrows = [line.split(":") for line in self.sections["arrows"]]
        self.circles = [frozenset(line.split(":")[1].split()) for line in self.sections["circles"]]
        self.core_headers = " ".join(self.sections["headers of core"]).split()
        self.forms = set(" ".join(self.sections["types in several forms"]).split())
        self.foreign_files = set(" ".join(self.sections["files of others"]).split())

    def knows(self, room):
        return any(room == left.strip() for left, _ in self.arrows) or \
            any("*" in left and fnmatch.fnmatch(room, left.strip()) for left, _ in self.arrows)

    def allows(self, room, other):
        return any(fnmatch.fnmatchcase(room, left.strip()) and any(fnmatch.fnmatchcase(other, r) for r in right.split())
                   for left, right in self.arrows)

    def reaches(self, room, other, rooms):
        """By one arrow or several: the type of a room below may have a field of a room below that."""
        if room not in self.below:
            seen, left = set(), [room]
            while left:
                at = left.pop()
                more = {r for r in rooms if r not in seen and self.allows(at, r)}
                seen |= more
                left += more
            self.below[room] = seen
        return other in self.below[room]


def components(graph):
    """Sets of more than one node that reach each other (Tarjan)."""
    index, low, stack, on, found = {}, {}, [], set(), []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        on.add(v)
        for w in sorted(graph.get(v, ())):
            if w not in index:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in on:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            part = set()
            while True:
                w = stack.pop()
                on.remove(w)
                part.add(w)
                if w == v:
                    break
            if len(part) > 1:
                found.append(part)

    for v in sorted(graph):
        if v not in index:
            visit(v)
    return found


class Rules:
    def __init__(self, top):
        self.top = top
        self.table = Table(top / "test/lint/rooms.ini")
        self.files = read_all(top, "src/*.[ch]")
        self.by_path = {f.path: f for f in self.files}
        self.units = read_all(top, "test/unit/*.[ch]", "test/fuzz/*.[ch]")
        self.findings = []
        # name -> the file that defines it
        self.definitions = {}
        for f in self.files:
            for name, line in f.exported.items():
                self.definitions[name] = (f, line)

    def found(self, path, line, rule, text):
        self.findings.append((path, line, rule, text))

    # ---- rooms ----

    def includes(self):
        """Includes are whole paths from src/, of rooms that the table allows."""
        for f in self.files:
            if not self.table.knows(f.room):
                self.found(f.path, 1, "room", f"rooms.ini has no room {f.room}")
            for line, quote, name in f.includes:
                other = self.by_path.get("src/" + name)
                if other:
                    if other.room != f.room and not self.table.allows(f.room, other.room):
                        self.found(f.path, line, "arrow", f"{f.room} must not include {other.room} ({name})")
                elif f.room.startswith("core/"):
                    if quote == '"' or not any(fnmatch.fnmatchcase(name, h) for h in self.table.core_headers):
                        self.found(f.path, line, "core-header", f"core must not include {name}")
                elif quote == '"' and (Path(self.top / f.path).parent / name).exists():
                    self.found(f.path, line, "include-path", f'"{name}" is not the whole path from src')

    def uses(self):
        """file -> files whose functions and variables it uses."""
        graph = defaultdict(lambda: defaultdict(set))
        for f in self.files:
            for name in f.used & self.definitions.keys():
                other, _ = self.definitions[name]
                if other is not f:
                    graph[f.path][other.path].add(name)
        return graph

    def calls(self):
        """What is used lies in a room that the table allows; no circles between rooms, none between files but the known."""
        rooms, files = defaultdict(set), defaultdict(set)
        for path, others in self.uses().items():
            f = self.by_path[path]
            for other_path, names in others.items():
                other = self.by_path[other_path]
                if other.room == f.room:
                    files[path].add(other_path)
                    continue
                rooms[f.room].add(other.room)
                if not self.table.reaches(f.room, other.room, {g.room for g in self.files}):
                    self.found(path, 1, "call", f"{f.room} must not use {other.room} ({', '.join(sorted(names))})")
        for part in components(rooms):
            self.found("src", 1, "room-circle", "rooms that use each other: " + " ".join(sorted(part)))
        circles = [frozenset(Path(p).stem for p in part) for part in components(files)]
        for stems in circles:
            if not any(stems <= known for known in self.table.circles):
                self.found("src", 1, "file-circle", "files that use each other: " + " ".join(sorted(stems)))
        for known in self.table.circles:
            if not any(stems <= known for stems in circles):
                self.found("test/lint/rooms.ini", 1, "file-circle", "no longer a circle: " + " ".join(sorted(known)))

    # ---- names ----

    def headers(self):
        """A header declares what its own room defines."""
        for f in self.files:
            for line, name in f.declared:
                if name not in self.definitions:
                    self.found(f.path, line, "header", f"{name} is defined nowhere")
                elif self.definitions[name][0].room != f.room:
                    self.found(f.path, line, "header", f"{name} is defined in another room ({self.definitions[name][0].path})")

    def exports(self):
        """What other files see is used by another file, called from SQL or tested."""
        used_by = defaultdict(set)
        for f in self.files:
            for name in f.used & self.definitions.keys():
                used_by[name].add(f.path)
        tested = set().union(*(u.words for u in self.units)) if self.units else set()
        for name, (f, line) in sorted(self.definitions.items()):
            if name.startswith("_PG_") or name in f.sql_callable or name in tested:
                continue
            others = used_by[name] - {f.path}
            if not others:
                self.found(f.path, line, "export", f"{name} is used in this file only")

    def static_names(self):
        """The name of a function tells its place, in a stack trace, too."""
        where = defaultdict(list)
        for f in self.files:
            for name, (line, kind) in f.functions.items():
                # what is always inlined has no frame in a stack trace
                if kind == "static":
                    where[name].append((f.path, line))
        for name, places in sorted(where.items()):
            for path, line in places[1:]:
                self.found(path, line, "static-name", f"{name} is the name of functions in several files")

    def type_names(self):
        """One name, one thing: what two files write down differently has two names."""
        where = defaultdict(list)
        for f in self.files:
            for line, name in f.types:
                where[name].append((f.path, line))
        for name, places in sorted(where.items()):
            for path, line in places[1:] if name not in self.table.forms else []:
                self.found(path, line, "type-name", f"{name} is the name of a type in {places[0][0]}, too")

    def versions(self):
        for f in self.files:
            if f.path == "src/pds_compat.h":
                continue
            for m in re.finditer(r"\bPG_VERSION(_NUM)?\b|\bPG_MAJORVERSION_NUM\b", f.code):
                self.found(f.path, f.code.count("\n", 0, m.start()) + 1, "release", "only pds_compat.h looks at PostgreSQL's release")

    def lengths(self):
        for f in self.files:
            n = f.text.count("\n")
            if n > MOST_LINES:
                self.found(f.path, n, "length", f"{n} lines; {MOST_LINES} are allowed")

    def readmes(self):
        """Each room says in a few lines what lives in it."""
        for folder in sorted({str(Path(f.path).parent) for f in self.files}):
            page = self.top / folder / "README.md"
            n = page.read_text().count("\n") if page.exists() else 0
            if n == 0 or n > MOST_LINES_OF_README:
                self.found(f"{folder}/README.md", 1, "readme", f"{n} lines; 1 to {MOST_LINES_OF_README} say what lives there")

    # ---- comments ----

    def comments(self):
        """Files and functions that comments name exist."""
        names = set().union(*(f.words for f in self.files + self.units))
        names |= {Path(f.path).stem for f in self.files}
        for path in tracked(self.top, "sql/*.sql", "Makefile", "test/*", "*.control"):
            if not path.endswith((".json", ".out")) and not path.startswith("test/lint/"):
                names |= set(re.findall(r"\bpds_\w+", (self.top / path).read_text(errors="replace")))
        paths = tracked(self.top)
        known = set(paths) | {"/".join(p.split("/")[n:]) for p in paths for n in range(p.count("/") + 1)} | self.table.foreign_files
        sources = [(f.path, f.comments) for f in self.files + self.units]
        pages = [(p, [(i + 1, line) for i, line in enumerate((self.top / p).read_text().split("\n"))])
                 for p in tracked(self.top, "src/*.md", "doc/internals.md", "doc/dev/*.md", "CONTRIBUTING.md", "test/*.md")]
        for path, comments in sources + pages:
            for line, text in comments:
                for m in re.finditer(r"(?<![\w./<$*-])([\w./-]*\w\.(?:c|h|pl|pm|py|md|sql|ini))\b(?![\w(])", text):
                    if m.group(1).lstrip("./") not in known:
                        self.found(path, line + text.count("\n", 0, m.start()), "comment-file", f"there is no file {m.group(1)}")
                for m in re.finditer(r"\bpds_\w+", text):
                    name = m.group(0)
                    if name in names or (name.endswith("_") and any(n.startswith(name) for n in names)):
                        continue
                    self.found(path, line + text.count("\n", 0, m.start()), "comment-name", f"nothing is called {name}")

    def run(self):
        for rule in (self.includes, self.calls, self.headers, self.exports, self.static_names, self.type_names, self.versions, self.lengths, self.readmes,
                     self.comments):
            rule()
        return self.findings


def main():
    findings = Rules(TOP).run() + document_rules.run()
    for path, line, rule, text in sorted(findings):
        print(f"{path}:{line}: {rule}: {text}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
