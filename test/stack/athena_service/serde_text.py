"""The SerDes' rules on text objects, for the DuckDB engine: each value becomes canonical text or NULL.

Canonical text is what DuckDB's own CAST accepts without loss, so that no cast can fail afterwards.
"""

import base64
import bz2
import datetime
import decimal
import gzip
import re
import zlib

from .errors import QueryFailed
from .hive_ddl import LAZY_SIMPLE, OPEN_CSV

LINE_END = re.compile(rb"\r\n|\n|\r")
INTEGER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d*)", re.ASCII)
FLOAT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[fFdD]?", re.ASCII)
HEX_FLOAT = re.compile(r"([+-]?0[xX][0-9a-fA-F]*\.?[0-9a-fA-F]*[pP][+-]?\d+)[fFdD]?")
DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
DATE = re.compile(r"(\d{1,9})-(\d{1,2})-(\d{1,2})", re.ASCII)
TIMESTAMP = re.compile(r"(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?)?", re.ASCII)
LIMITS = {"tinyint": 7, "smallint": 15, "int": 31, "integer": 31, "bigint": 63, "long": 63}
DUCK_TYPES = {"string": "VARCHAR", "int": "INTEGER", "integer": "INTEGER", "long": "BIGINT", "float": "REAL",
              "real": "REAL", "binary": "BLOB", "decimal": "DECIMAL(10,0)", "boolean": "BOOLEAN", "double": "DOUBLE",
              "tinyint": "TINYINT", "smallint": "SMALLINT", "bigint": "BIGINT", "date": "DATE",
              "timestamp": "TIMESTAMP"}


def duck_type(hive_type):
    name = hive_type.lower().replace(" ", "")
    if name in DUCK_TYPES:
        return DUCK_TYPES[name]
    if name.startswith(("varchar", "char")):
        return "VARCHAR"
    if name.startswith("decimal("):
        return name.upper()
    raise QueryFailed(f"NOT_SUPPORTED: columns of type {hive_type} need the Trino engine", 2, 1200)


# Objects and lines.

def decompressed(key, data):
    """By the key's suffix only, and case-sensitive."""
    try:
        if key.endswith(".gz"):
            return gzip.decompress(data)
        if key.endswith(".bz2"):
            return bz2.decompress(data)
        if key.endswith(".deflate"):
            return zlib.decompress(data)
    except (OSError, EOFError, zlib.error, ValueError) as problem:
        raise QueryFailed(f"HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split {key}: {problem}", 2, 1001) from None
    if key.endswith((".zst", ".zstd", ".snappy", ".lz4", ".lzo")):
        raise QueryFailed(f"NOT_SUPPORTED: compression of {key} needs the Trino engine", 2, 1200)
    return data


def lines(key, data, skipped, footer):
    """Records of an object; header lines are physical lines of each object."""
    data = decompressed(key, data).removeprefix(b"\xef\xbb\xbf")
    found = LINE_END.split(data)
    if not found[-1]:
        found.pop()
    return found[skipped:len(found) - footer if footer else None]


def line_count(parameters, name):
    value = parameters.get(name, "0")
    if not re.fullmatch(r"\+?\d+", value):
        raise QueryFailed(f"HIVE_INVALID_METADATA: Invalid value for {name} property: {value}", 2, 1004)
    return int(value)


def make_parser(serde, parameters, types, table_parameters):
    """Function from a line to a list of canonical texts, one for each of types."""
    if serde == LAZY_SIMPLE:
        return lazy_simple(parameters, types)
    if serde == OPEN_CSV:
        return open_csv(parameters, types, table_parameters.get("use.null.for.invalid.data", "").lower() == "true")
    raise QueryFailed(f"NOT_SUPPORTED: SerDe {serde} needs the Trino engine", 2, 1200)


# LazySimpleSerDe.

def delimiter(text, default):
    if not text:
        return default
    if re.fullmatch(r"-?\d+", text) and -128 <= int(text) <= 127:
        return bytes([int(text) & 0xFF])
    return text.encode()[:1]


def lazy_simple(parameters, types):
    separator = delimiter(parameters.get("field.delim") or parameters.get("serialization.format"), b"\x01")
    escape = delimiter(parameters.get("escape.delim"), None) if "escape.delim" in parameters else None
    null = parameters.get("serialization.null.format", "\\N").encode()
    rest = parameters.get("serialization.last.column.takes.rest", "").lower() == "true"
    convert = [converter(name) for name in types]
    count = len(types)

    def parse(line):
        fields = split_escaped(line, separator, escape, count if rest else 0)
        out = []
        for position, to_text in enumerate(convert):
            raw = fields[position] if position < len(fields) else None
            if raw is None or raw == null:
                out.append(None)
                continue
            if escape is not None and escape in raw:
                raw = unescaped(raw, escape)
            out.append(to_text(raw.decode("utf-8", "replace")))
        return out
    return parse


def split_escaped(line, separator, escape, at_most):
    if escape is None or escape not in line:
        return line.split(separator, at_most - 1) if at_most else line.split(separator)
    fields, start, position = [], 0, 0
    while position < len(line):
        byte = line[position:position + 1]
        if byte == escape:
            position += 2
            continue
        if byte == separator and not (at_most and len(fields) == at_most - 1):
            fields.append(line[start:position])
            start = position + 1
        position += 1
    return fields + [line[start:]]


def unescaped(raw, escape):
    """Drop each escape byte, keep what follows; a lone one at the end stays."""
    out, position = bytearray(), 0
    while position < len(raw):
        if raw[position:position + 1] == escape and position + 1 < len(raw):
            position += 1
        out.append(raw[position])
        position += 1
    return bytes(out)


def converter(hive_type):
    name = hive_type.lower().replace(" ", "")
    if name == "string" or name == "varchar":
        return lambda text: text
    if name in LIMITS:
        return lambda text: integer_text(text, LIMITS[name])
    if name in ("double", "float", "real"):
        return float_text
    if name == "boolean":
        return boolean_text
    if name.startswith("decimal"):
        precision, scale = [int(n) for n in re.findall(r"\d+", name)] or (10, 0)
        return lambda text: decimal_text(text, precision, scale)
    if name == "date":
        return date_text
    if name == "timestamp":
        return timestamp_text
    if name.startswith("varchar("):
        length = int(name[8:-1])
        return lambda text: text[:length]
    if name.startswith("char("):
        length = int(name[5:-1])
        return lambda text: text[:length].ljust(length)
    if name == "binary":
        return lambda text: "".join(f"\\x{byte:02X}" for byte in base64.b64decode(text))
    raise QueryFailed(f"NOT_SUPPORTED: columns of type {hive_type} need the Trino engine", 2, 1200)


def integer_text(text, bits):
    """Decimals truncate; blanks, exponents and overflow are NULL."""
    if not INTEGER.fullmatch(text):
        return None
    whole = text.partition(".")[0]
    value = int(whole) if whole not in ("", "+", "-") else 0
    return str(value) if -(1 << bits) <= value < (1 << bits) else None


def float_text(text):
    text = text.strip(" \t\r\n\f\v\0")
    if text.lstrip("+-") in ("NaN", "Infinity") and len(text) - len(text.lstrip("+-")) <= 1:
        bare = text.lstrip("+-")
        return "nan" if bare == "NaN" else ("-inf" if text[0] == "-" else "inf")
    found = FLOAT.fullmatch(text)
    if found:
        return found.group(1) if abs(float(found.group(1))) != float("inf") else (
            "-inf" if text.startswith("-") else "inf")
    found = HEX_FLOAT.fullmatch(text)
    return repr(float.fromhex(found.group(1))) if found else None


def boolean_text(text):
    return text.lower() if text.lower() in ("true", "false") else None


def decimal_text(text, precision, scale):
    if not DECIMAL.fullmatch(text):
        return None
    with decimal.localcontext() as context:
        context.prec, context.Emax, context.Emin = 2000, 999999, -999999
        try:
            value = decimal.Decimal(text).quantize(decimal.Decimal(1).scaleb(-scale), decimal.ROUND_HALF_UP)
        except decimal.InvalidOperation:
            return None
        if abs(value) >= decimal.Decimal(10) ** (precision - scale):
            return None
        return f"{value:f}"


def rolled_date(year, month, day):
    """Lenient: month 13 is January of the next year, 30 February is in March."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    try:
        return datetime.date(year, month, 1) + datetime.timedelta(days=day - 1)
    except (ValueError, OverflowError):
        return None


def date_text(text):
    found = DATE.fullmatch(text.strip().partition(" ")[0])
    value = rolled_date(*map(int, found.groups())) if found else None
    return value.isoformat() if value else None


def timestamp_text(text):
    text = text.strip()
    found = TIMESTAMP.fullmatch(text)
    if not found or found.group(4) is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    date = rolled_date(year, month, day)
    if date is None or hour > 23 or minute > 59 or second > 59:
        return None
    # Rounded once, from the digits, half up to milliseconds.
    millis = (int((found.group(7) or "").ljust(9, "0")) + 500_000) // 1_000_000
    moment = datetime.datetime(date.year, date.month, date.day, hour, minute, second)
    return (moment + datetime.timedelta(milliseconds=millis)).isoformat(" ", "milliseconds")


# OpenCSVSerde.

def open_csv(parameters, types, null_if_invalid):
    separator = (parameters.get("separatorChar") or ",")[0]
    quote = (parameters.get("quoteChar") or '"')[0]
    escape = (parameters.get("escapeChar") or "\\")[0]
    if escape == '"':
        escape = "\\"
    convert = [open_csv_converter(name, null_if_invalid) for name in types]

    def parse(line):
        fields = open_csv_fields(line.decode("utf-8", "replace"), separator, quote, escape)
        return [None if position >= len(fields) or fields[position] is None else to_text(fields[position], position)
                for position, to_text in enumerate(convert)]
    return parse


def open_csv_fields(line, separator, quote, escape):
    """The SerDe's own state machine, oddities included."""
    if not line:
        return []
    if quote not in line and escape not in line:
        return line.split(separator)
    fields, buffer, in_quotes, in_field, position = [], "", False, False, 0
    while position < len(line):
        char, following = line[position], line[position + 1:position + 2]
        if char == escape:
            if (in_quotes or in_field) and following in (quote, escape) and following:
                buffer += following
                position += 1
        elif char == quote:
            if (in_quotes or in_field) and following == quote:
                buffer += quote
                position += 1
            else:
                if position > 2 and line[position - 1] != separator and following and following != separator:
                    buffer = "" if buffer and buffer.isspace() else buffer + quote
                in_quotes = not in_quotes
            in_field = not in_field
        elif char == separator and not in_quotes:
            fields.append(buffer)
            buffer, in_field = "", False
        else:
            buffer += char
            in_field = True
        position += 1
    if not in_quotes:
        fields.append(buffer)
    return fields


def open_csv_converter(hive_type, null_if_invalid):
    """Athena's own typing of OpenCSV columns, as its documentation has it; Trino reads them all as varchar."""
    name = hive_type.lower().replace(" ", "")
    parsers = {"boolean": boolean_text, "double": float_text,
               "date": epoch_day, "timestamp": epoch_millis}
    parsers |= {kind: lambda text, bits=bits: integer_text(text, bits) for kind, bits in LIMITS.items()}
    if name not in parsers:
        convert = converter(name)
        return lambda text, _: convert(text)

    def typed(text, position):
        value = parsers[name](text) if text != "" else None
        if value is None and not null_if_invalid:
            raise QueryFailed(f"HIVE_BAD_DATA: Error parsing field value '{text}' for field {position}: "
                              f"For input string: \"{text}\"", 2, 1001)
        return value
    return typed


def epoch_day(text):
    days = integer_text(text, 31)
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=int(days))).isoformat() if days else None


def epoch_millis(text):
    millis = integer_text(text, 63)
    if not millis:
        return None
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=int(millis))).isoformat(" ", "milliseconds")
