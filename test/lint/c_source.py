"""The C source as the rules of make lint look at it.

No parser: the source is as pgindent leaves it, so that the name of a function that is defined begins a line, and
what is indented is inside of something.
"""

import re
import subprocess
from functools import cached_property
from pathlib import Path

PIECES = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
WORD = re.compile(r"\b[A-Za-z_]\w*\b")
INCLUDE = re.compile(r"^\s*#\s*include\s+([\"<])([^\">]+)[\">]", re.M)
PROTOTYPE = re.compile(r"^extern\s[^;{]*?\b(\w+)\s*\([^;{]*\)[^;{()]*(?:\([^;{]*\)[^;{]*)?;", re.M)
EXTERN = re.compile(r"^extern\s[^;{]*;", re.M)
NAME_OF_MACRO = re.compile(r"^#\s*define\s+[A-Z]\w*\s+(pds_\w+)\s*$", re.M)
VARIABLE = re.compile(r"^(?!static|typedef|extern|return|goto|else|case|struct \w+;|enum|union)(?:\w+[ \t]+)+\**"
                      r"(?:const )?(\w+)(?:\[[^\]]*\])*\s*[=;]", re.M)
TYPE = re.compile(r"\b(?:struct|union|enum)\s+(\w+)\s*\{")
SQL_CALLABLE = re.compile(r"^PG_FUNCTION_INFO_V1\((\w+)\)", re.M)


def line_at(text, offset):
    return text.count("\n", 0, offset) + 1


class Source:
    """One file: its text, its code without comments and strings, its comments, what it defines and uses."""

    def __init__(self, top, path):
        self.path = path
        self.text = (top / path).read_text()
        self.is_header = path.endswith(".h")
        parts = path.split("/")[1:]
        self.room = "/".join(parts[:-1]) or parts[0]

    @cached_property
    def _split(self):
        comments = []

        def blank(piece):
            s = piece.group(0)
            if s.startswith("/"):
                comments.append((line_at(self.text, piece.start()), s))
                return re.sub(r"[^\n]", " ", s)
            return s[0] + " " * (len(s) - 2) + s[-1]

        return PIECES.sub(blank, self.text), comments

    @property
    def code(self):
        return self._split[0]

    @property
    def comments(self):
        """(line, text) of each comment."""
        return self._split[1]

    @cached_property
    def includes(self):
        """(line, quote, name); strings are blank in the code, so the text is searched, less its comments."""
        found = []
        for m in INCLUDE.finditer(self.text):
            if self.code[m.start():m.end()].strip().startswith("#"):
                found.append((line_at(self.text, m.start(1)), m.group(1), m.group(2)))
        return found

    @cached_property
    def functions(self):
        """name -> (line, kind) of each function that is defined here: "static", "inline" (always), or "" """
        found = {}
        kinds = []
        for kind, word in (("inline", "always_inline"), ("static", "static")):
            macros = re.findall(rf"^#\s*define\s+(\w+)\s[^\n]*\b{word}\b", self.code, re.M)
            kinds.append((kind, re.compile(r"\b(?:" + "|".join([word, *macros]) + r")\b")))
        for m in re.finditer(r"^(\w+)\(", self.code, re.M):
            depth, at = 1, m.end()
            while depth and at < len(self.code):
                depth += {"(": 1, ")": -1}.get(self.code[at], 0)
                at += 1
            if not re.match(r"\s*\{", self.code[at:]):
                continue
            before = re.split(r"[;}]|\n\n", self.code[:m.start()])[-1]
            before = re.sub(r"^\s*#.*$", "", before, flags=re.M)
            found[m.group(1)] = (line_at(self.code, m.start()), next((kind for kind, words in kinds if words.search(before)), ""))
        return found

    @cached_property
    def exported(self):
        """name -> line of functions and variables that other files see."""
        if self.is_header:
            return {}
        found = {n: line for n, (line, kind) in self.functions.items() if not kind and n != n.upper()}
        for m in VARIABLE.finditer(self.code):
            found.setdefault(m.group(1), line_at(self.code, m.start()))
        for m in NAME_OF_MACRO.finditer(self.code):
            found.setdefault(m.group(1), line_at(self.code, m.start()))
        return found

    @cached_property
    def declared(self):
        """(line, name) of each function a header says to be defined elsewhere."""
        return [(line_at(self.code, m.start()), m.group(1)) for m in PROTOTYPE.finditer(self.code)]

    @cached_property
    def types(self):
        """(line, name) of each struct, union, enum and typedef whose members are written here."""
        found = {m.group(1): line_at(self.code, m.start()) for m in TYPE.finditer(self.code)}
        for m in re.finditer(r"^\} (\w+);", self.code, re.M):
            if "typedef" in self.code[:m.start()].rsplit("\n{\n", 1)[0].rsplit("\n\n", 1)[-1]:
                found.setdefault(m.group(1), line_at(self.code, m.start()))
        return [(line, name) for name, line in found.items()]

    @cached_property
    def sql_callable(self):
        return set(SQL_CALLABLE.findall(self.code))

    @cached_property
    def words(self):
        """Every name the code has."""
        return set(WORD.findall(self.code))

    @cached_property
    def used(self):
        """Names that are used; declaring one is no use of it."""
        return set(WORD.findall(EXTERN.sub("", self.code)))


def tracked(top, *patterns):
    """Files of the repository, new ones that are not added yet as well."""
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", *patterns], cwd=top, capture_output=True, text=True,
                         check=True)
    return [p for p in sorted(set(out.stdout.split("\n"))) if p and (top / p).exists()]


def read_all(top, *patterns):
    return [Source(Path(top), p) for p in tracked(top, *patterns)]
