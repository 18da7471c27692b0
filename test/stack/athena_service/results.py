"""Results: Athena's text of values, the CSV object, pages of GetQueryResults."""

import base64
import binascii
import re
import struct
from dataclasses import dataclass

from .errors import invalid_request

PRECISIONS = {"boolean": 0, "tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "float": 17, "double": 17,
              "date": 0, "time": 3, "timestamp": 3, "timestamp with time zone": 3, "varbinary": 1073741824,
              "varchar": 2147483647, "json": 2147483647}
CASE_SENSITIVE = {"varchar", "char", "json"}
FIELD = re.compile(rb'(?:"((?:[^"]|"")*)")?([,\n])')
PAGE_ROWS = 1000


@dataclass(frozen=True)
class Column:
    name: str
    type: str                     # as ColumnInfo.Type says it
    precision: int | None = None
    scale: int = 0

    def info(self):
        precision = PRECISIONS.get(self.type, 0) if self.precision is None else self.precision
        return {"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": self.name, "Label": self.name,
                "Type": self.type, "Precision": precision, "Scale": self.scale, "Nullable": "UNKNOWN",
                "CaseSensitive": self.type in CASE_SENSITIVE}


def hex_bytes(value):
    """varbinary as Athena prints it: `31 32 33`."""
    return value.hex(" ")


def java_double(value):
    """Double.toString: shortest digits that read back, in Java's layout."""
    return java_float_text(value, repr(value))


def java_real(value):
    """Float.toString of a value that came through a double."""
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if struct.pack("f", float(text)) == struct.pack("f", value):
            break
    return java_float_text(value, text)


def java_float_text(value, shortest):
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    sign = "-" if shortest.startswith("-") else ""
    mantissa, _, exponent = shortest.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return sign + "0.0"
    # value = 0.DIGITS * 10 ** point
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0") or "0"
    if -3 < point <= 7:
        if point <= 0:
            return f"{sign}0.{'0' * -point}{digits}"
        return f"{sign}{digits[:point].ljust(point, '0')}.{digits[point:] or '0'}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{point - 1}"


def csv_line(values):
    """Every non-NULL field quoted, NULL bare. Values are text or None."""
    return ",".join(['"' + value.replace('"', '""') + '"' if value is not None else "" for value in values]) + "\n"


class ResultFile:
    """A SELECT's result on local disk, in the very bytes of the CSV object; pages are cut from it."""

    def __init__(self, path):
        self.path = path
        self.columns = []
        self.row_count = 0
        self._out = open(path, "wb")

    def start(self, columns):
        self.columns = columns
        self._out.write(encode(csv_line([column.name for column in columns])))

    def add(self, rows):
        """Rows are sequences of text or None."""
        self.row_count += len(rows)
        self._out.write(encode("".join([csv_line(row) for row in rows])))

    def close(self):
        self._out.close()

    def content(self):
        return self.path.read_bytes()

    def page(self, execution_id, token, limit):
        """(rows of Datum lists, next token). The first page starts with the header row."""
        position = decode_token(execution_id, token) if token else 0
        rows = []
        with open(self.path, "rb") as source:
            source.seek(position)
            while len(rows) < limit:
                record = read_record(source)
                if not record:
                    return rows, None
                position += len(record)
                rows.append([{} if field is None else {"VarCharValue": field} for field in split_record(record)])
            more = source.read(1)
        return rows, encode_token(execution_id, position) if more else None


class TextResult:
    """A DDL or utility result: few rows, kept in memory, written as .txt without a header."""

    def __init__(self, columns=(), rows=()):
        self.columns = list(columns)
        self.rows = [list(row) for row in rows]

    @property
    def row_count(self):
        return len(self.rows)

    def content(self):
        return encode("".join("\t".join(value or "" for value in row) + "\n" for row in self.rows))

    def page(self, execution_id, token, limit):
        start = decode_token(execution_id, token) if token else 0
        rows = [[{} if value is None else {"VarCharValue": value} for value in row]
                for row in self.rows[start:start + limit]]
        end = start + limit
        return rows, encode_token(execution_id, end) if end < len(self.rows) else None


def encode(text):
    """Engines may hand on bytes that are not UTF-8; they travel as lone surrogates and come out unchanged."""
    return text.encode("utf-8", "surrogateescape")


def read_record(source):
    """One CSV record: lines until the quotes are even."""
    record = source.readline()
    while record.count(b'"') % 2:
        line = source.readline()
        if not line:
            break
        record += line
    return record


def split_record(record):
    return [None if quoted is None else quoted.replace(b'""', b'"').decode("utf-8", "replace")
            for quoted, _ in (match.groups() for match in FIELD.finditer(record))]


def encode_token(execution_id, position):
    return base64.urlsafe_b64encode(f"{execution_id}:{position}".encode()).decode()


def decode_token(execution_id, token):
    try:
        owner, _, position = base64.urlsafe_b64decode(token).decode().rpartition(":")
        if owner == execution_id:
            return int(position)
    except (ValueError, binascii.Error, UnicodeDecodeError):
        pass
    raise invalid_request("Invalid NextToken")


def metadata_object(execution_id, columns):
    """ID.csv.metadata is proprietary binary in Athena; ours only has the look of it."""
    out = bytearray(b"\x08\x02\x10\x00\x1a") + bytes([len(execution_id)]) + execution_id.encode()
    for column in columns:
        for text in (column.name, column.type):
            data = encode(text)[:127]
            out += b"\x22" + bytes([len(data)]) + data
    return bytes(out)
