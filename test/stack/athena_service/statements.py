"""What kind of statement a query string is: decides who executes it and how its result is written."""

import re
from dataclasses import dataclass

BLANK_OR_COMMENT = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)
WORD = re.compile(r"[A-Za-z_]+|\(|\S")


@dataclass(frozen=True)
class Kind:
    statement_type: str       # DML, DDL or UTILITY, as GetQueryExecution says
    substatement: str         # SELECT, CREATE_TABLE, …
    executor: str             # engine, hive, write or unsupported

    @property
    def writes_csv(self):
        return self.statement_type == "DML"


def first_words(sql, count=4):
    words, position = [], 0
    while len(words) < count:
        blank = BLANK_OR_COMMENT.match(sql, position)
        position = blank.end() if blank else position
        found = WORD.match(sql, position)
        if not found:
            break
        words.append(found.group().upper())
        position = found.end()
    return words + [""] * (count - len(words))


def without_terminator(sql):
    return re.sub(r"[\s;]+\Z", "", sql)


def classify(sql):
    """Kind of the statement; anything unknown goes to the engine, which then complains in its own words."""
    first, second, third, fourth = first_words(sql)
    if first == "(" or first in ("SELECT", "WITH", "VALUES", "TABLE"):
        return Kind("DML", "SELECT", "engine")
    if first == "EXPLAIN":
        return Kind("UTILITY", "EXPLAIN", "engine")
    if first in ("INSERT", "UNLOAD"):
        return Kind("DML", first, "write")
    if first in ("UPDATE", "DELETE", "MERGE"):
        return Kind("DML", first, "unsupported")
    if first == "CREATE":
        if second in ("VIEW", "OR"):
            return Kind("DDL", "CREATE_VIEW", "engine")
        if second == "TABLE" and re.search(r"\bAS\s*\(?\s*(SELECT|WITH|VALUES|TABLE)\b", sql, re.IGNORECASE):
            return Kind("DDL", "CREATE_TABLE_AS_SELECT", "write")
        return Kind("DDL", f"CREATE_{'DATABASE' if second == 'SCHEMA' else 'TABLE' if second == 'EXTERNAL' else second}",
                    "hive")
    if first == "DROP":
        return Kind("DDL", f"DROP_{second}", "engine" if second == "VIEW" else "hive")
    if first in ("ALTER", "MSCK"):
        return Kind("DDL", f"{first}_TABLE" if first == "ALTER" else "MSCK_REPAIR_TABLE", "hive")
    if first == "SHOW" and (second, third) == ("CREATE", "VIEW"):
        return Kind("UTILITY", "SHOW_CREATE_VIEW", "engine")
    if first == "SHOW":
        return Kind("UTILITY", f"SHOW_{second}" + (f"_{third}" if second == "CREATE" else ""), "hive")
    if first in ("DESCRIBE", "DESC"):
        return Kind("UTILITY", "DESCRIBE_TABLE", "hive")
    return Kind("DML", "SELECT", "engine")
