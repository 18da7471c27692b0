"""Values of Trino's REST protocol and of PostgreSQL's row_to_json in one form, by Trino's type."""
import base64
import json
import re
import struct


class Mismatch(Exception):
    """The rows are not those of Trino."""


def split_arguments(text):
    """Top-level parts of "a, b(c, d)"."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        if c in "(<":
            depth += 1
        elif c in ")>":
            depth -= 1
        elif c == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    return parts + [text[start:].strip()]


def parse_type(text):
    """("row", [(name, type), ...]), ("array", [type]), ("char", [3]), ..."""
    found = re.fullmatch(r"\s*([a-z ]+?)\s*(?:\((.*)\))?\s*", text, re.S)
    if not found:
        raise ValueError(f"the type {text} is not understood")
    base, inside = found.group(1), found.group(2)
    if base == "row":
        fields = [re.fullmatch(r'("(?:[^"]|"")*"|\S+)\s+(.*)', f, re.S).groups() for f in split_arguments(inside)]
        return base, [(n.strip('"').replace('""', '"'), parse_type(t)) for n, t in fields]
    if base in ("array", "map"):
        return base, [parse_type(t) for t in split_arguments(inside)]
    return base, [int(a) for a in split_arguments(inside)] if inside else []


def number(value, kind):
    v = float(value)
    return struct.pack("<f", v).hex() if kind == "real" else struct.pack("<d", v).hex() if v == v else "NaN"


def date(text):
    """(year, month, day), year 0 is 1 BC; of "2024-01-31", "+10000-01-01", "-0001-01-01", "0002-01-01 BC"."""
    found = re.fullmatch(r"([+-]?)(\d+)-(\d\d)-(\d\d)(?: (BC))?", text)
    if not found:
        raise ValueError(f"the date {text} is not understood")
    sign, y, m, d, bc = found.groups()
    year = 1 - int(y) if bc else -int(y) if sign == "-" else int(y)
    return (year, int(m), int(d))


def timestamp(text):
    """Date and microseconds of the day.  More digits than six are rounded: PostgreSQL has no more."""
    found = re.fullmatch(r"(\S+)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d+))?( BC)?", text)
    if not found:
        raise ValueError(f"the timestamp {text} is not understood")
    day, hh, mm, ss, fraction, bc = found.groups()
    digits = ((fraction or "") + "000000000")[:9]
    us = (int(digits) + 500) // 1000
    return date(day + (bc or "")) + ((int(hh) * 3600 + int(mm) * 60 + int(ss)) * 1000000 + us,)


def beyond(base, v):
    """Is it a date or timestamp that PostgreSQL does not have?"""
    if base not in ("date", "timestamp") or v is None:
        return False
    year = int(re.match(r"[+-]?\d+", v).group())
    return year < -4711 or year > (5874897 if base == "date" else 294275)


def scalar(base, args, v):
    if base in ("tinyint", "smallint", "integer", "bigint"):
        return int(v)
    if base in ("double", "real"):
        return number(v, base)
    if base == "decimal":
        return str(v)
    if base == "boolean":
        if not isinstance(v, bool):
            raise ValueError(f"{v} is no boolean")
        return v
    if base == "char":
        return v.ljust(args[0])
    if base == "varchar":
        return v if isinstance(v, str) else str(v)
    if base == "date":
        return date(v)
    if base == "timestamp":
        return timestamp(v)
    raise ValueError(f"values of type {base} are not understood")


def canonical(kind, v, binary, mappings):
    """mappings: objects were read as lists of pairs."""
    base, args = kind
    if v is None:
        return None
    if base == "varbinary":
        return binary(v)
    if base == "array":
        return [canonical(args[0], e, binary, mappings) for e in v]
    if base == "map":
        pairs = dict(v if mappings else v.items())
        return sorted((number(k, "double") if args[0][0] in ("double", "real") else k,
                       canonical(args[1], e, binary, mappings)) for k, e in pairs.items())
    if base == "row":
        if mappings:
            # a union is text that holds JSON
            pairs = dict(json.loads(v, object_pairs_hook=list, parse_int=str, parse_float=str) if isinstance(v, str) else v)
            if set(pairs) != {n for n, _ in args}:
                raise Mismatch(f"fields {sorted(pairs)}, wanted {[n for n, _ in args]}")
            v = [pairs[n] for n, _ in args]
        return [canonical(t, e, binary, mappings) for (_, t), e in zip(args, v, strict=True)]
    return scalar(base, args, v)


def hex_bytes(v):
    if not v.startswith("\\x"):
        return base64.b64decode(v)      # inside JSON
    return bytes.fromhex(v[2:])


def of_postgres(kind, v):
    return canonical(parse_type(kind), v, hex_bytes, True)


def broken(v, base=""):
    """Does the value hold a string, or is it a date, that PostgreSQL cannot hold?"""
    if isinstance(v, str) and base in ("date", "timestamp"):
        return beyond(base, v)
    if isinstance(v, str):
        return "\0" in v or "\ufffd" in v
    if isinstance(v, dict):
        return any(broken(x) for pair in v.items() for x in pair)
    return isinstance(v, list) and any(broken(x) for x in v)


def of_trino(kind, v, nulls=False):
    """nulls: what cannot be held is NULL"""
    if nulls and broken(v, parse_type(kind)[0]):
        return None
    return canonical(parse_type(kind), v, base64.b64decode, False)


def unholdable(statement, files):
    """Are there strings among the rows that PostgreSQL cannot hold?"""
    rows = statement.get("rows") or []
    bases = [parse_type(t)[0] for _, t in statement.get("columns") or []]
    if any(beyond(b, v) for r in rows for b, v in zip(bases, r)):
        return True
    if any("\0" in json.dumps(r, ensure_ascii=False).replace("\\u0000", "\0") for r in rows):
        return True
    # a replacement character stands for invalid bytes, unless the data has it
    return any(broken(r) for r in rows) and not any(b"\xef\xbf\xbd" in f for f in files)
