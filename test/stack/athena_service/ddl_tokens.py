"""Tokens of Hive DDL, and a cursor over them. Quotes are Hive's: '…' and "…" strings, `…` names."""

import re

from .errors import QueryFailed

TOKEN = re.compile(r"""
    (?P<blank>\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)
  | '(?P<single>(?:[^'\\]|\\.|'')*)'
  | "(?P<double>(?:[^"\\]|\\.|"")*)"
  | `(?P<name>(?:[^`]|``)*)`
  | (?P<word>[A-Za-z_0-9$]+)
  | (?P<other><>|<=|>=|!=|.)
""", re.VERBOSE | re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}


def unescape(text):
    """Hive's string escapes: \\n, \\t, \\001 (octal), \\u0001."""
    def replace(found):
        code = found.group(1)
        if code[0] == "u" and len(code) == 5:
            return chr(int(code[1:], 16))
        if len(code) == 3 and code.isdigit():
            return chr(int(code, 8))
        return ESCAPES.get(code, code)
    return re.sub(r"\\(u[0-9A-Fa-f]{4}|[0-3][0-7]{2}|.)", replace, text, flags=re.DOTALL)


class Token(str):
    """The text; kind is word, name or string. Punctuation is kind other."""

    def __new__(cls, text, kind, start, end):
        token = super().__new__(cls, text)
        token.kind, token.start, token.end = kind, start, end
        return token


def tokenize(sql):
    tokens = []
    for found in TOKEN.finditer(sql):
        kind = found.lastgroup
        if kind == "blank":
            continue
        text = found.group(kind)
        if kind in ("single", "double"):
            quote = "'" if kind == "single" else '"'
            text, kind = unescape(text.replace(quote * 2, quote)), "string"
        elif kind == "name":
            text = text.replace("``", "`")
        tokens.append(Token(text, kind, found.start(), found.end()))
    while tokens and tokens[-1] == ";" and tokens[-1].kind == "other":
        tokens.pop()
    return tokens


class Cursor:
    def __init__(self, sql):
        self.sql, self.tokens, self.position = sql, tokenize(sql), 0

    @property
    def at_end(self):
        return self.position >= len(self.tokens)

    def peek(self):
        return None if self.at_end else self.tokens[self.position]

    def fail(self):
        token = self.peek()
        where = token.start if token is not None else len(self.sql)
        line = self.sql.count("\n", 0, where) + 1
        column = where - (self.sql.rfind("\n", 0, where) + 1)
        what = f"mismatched input '{token}'" if token is not None else "missing input at '<EOF>'"
        raise QueryFailed(f"line {line}:{column + 1}: {what}", 2, 1006)

    def next(self):
        if self.at_end:
            self.fail()
        self.position += 1
        return self.tokens[self.position - 1]

    def accept(self, *words):
        """True, and past them, where exactly these words or signs come next."""
        following = self.tokens[self.position:self.position + len(words)]
        if len(following) == len(words) and all(
                token.kind in ("word", "other") and token.upper() == word for token, word in zip(following, words)):
            self.position += len(words)
            return True
        return False

    def expect(self, *words):
        if not self.accept(*words):
            self.fail()

    def name(self):
        token = self.next()
        if token.kind in ("word", "name"):
            return token.lower()
        self.position -= 1
        return self.fail()

    def string(self):
        token = self.next()
        if token.kind == "string":
            return str(token)
        self.position -= 1
        return self.fail()

    def qualified_name(self, default):
        """(database, table)."""
        first = self.name()
        if self.accept("."):
            second = self.name()
            if self.accept("."):
                return second, self.name()
            return first, second
        return default, first

    def type_text(self):
        """A Hive type up to the comma, parenthesis or COMMENT that ends it; blanks dropped, lower case."""
        start, depth = self.peek(), 0
        text = ""
        while not self.at_end:
            token = self.peek()
            if depth == 0 and token.kind != "name" and (token in (",", ")") or (token.upper() == "COMMENT" and text)):
                break
            depth += (token in ("<", "(")) - (token in (">", ")"))
            text += self.next().lower()
        if not text or start is None:
            self.fail()
        return text

    def columns(self):
        """( name type [COMMENT '…'], … )"""
        self.expect("(")
        found = []
        while not self.accept(")"):
            column = {"Name": self.name(), "Type": self.type_text()}
            if self.accept("COMMENT"):
                column["Comment"] = self.string()
            found.append(column)
            if self.peek() != ")":
                self.expect(",")
        return found

    def properties(self):
        """( 'key' = 'value', … )"""
        self.expect("(")
        found = {}
        while not self.accept(")"):
            key = self.next()
            self.expect("=")
            found[str(key)] = str(self.next())
            if self.peek() != ")":
                self.expect(",")
        return found

    def partition(self):
        """( key = value, … ) as {key: text}."""
        self.expect("(")
        found = {}
        while not self.accept(")"):
            key = self.name()
            self.expect("=")
            sign = "-" if self.accept("-") else ""
            if self.peek() is not None and self.peek().upper() in ("DATE", "TIMESTAMP") and self.peek().kind == "word":
                self.next()
            found[key] = sign + str(self.next())
            if self.peek() != ")":
                self.expect(",")
        return found
