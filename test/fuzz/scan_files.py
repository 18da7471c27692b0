"""Tables for the fuzzed scans: texts that hurt, written as objects in every SerDe's ways, and what the columns are.

Of `csv` every text may be a value: PostgreSQL's input functions judge it, in the heap as in the scan (and NULL, with
on_error).  The SerDes' own grammars are the serde suite's business; here their values are plain, or certainly wrong.
"""
import bz2
import gzip
import subprocess
import zlib

INTEGERS = {"i2": (-32768, 32767), "i4": (-2147483648, 2147483647), "i8": (-9223372036854775808, 9223372036854775807)}
# name, type, kind
COLUMNS = [("id", "int", "id"), ("i2", "smallint", "i2"), ("i4", "int", "i4"), ("i8", "bigint", "i8"), ("n", "numeric(10,2)", "n"),
           ("w", "numeric(30,10)", "w"), ("u", "numeric", "u"), ("f4", "real", "f4"), ("f8", "double precision", "f8"), ("d", "date", "d"),
           ("ts", "timestamp", "ts"), ("tz", "timestamptz", "tz"), ("b", "boolean", "b"), ("s", "text", "s"), ("v", "varchar(5)", "v"),
           ("c", "char(4)", "c"), ("g", "text", "g")]
CSV_ONLY = ("u", "tz", "c")
OPENCSV = [("id", "text", "id"), ("s", "text", "s"), ("v", "text", "v"), ("g", "text", "g")]
TEXTS = ["", "a", "A", "ab", "abc", "abd", "é", "日本", "😀", "x" * 126, "x" * 127, "x" * 128, "y" * 3000, "NULL", "\\N", "NA", "null", " blank ", "  ", "b%c",
         "b_c", 'say "abc"', '"abc"', "it's", "a,b", "a|b", "a\tb", "a\\b", "\\", "\\\\", "ab\nc", "ab\r\nc", "\n", "12", "-0", "true", "a;b", '""', '"', "'"]
SHORT = ["", "a", "abc", "ééééé", "abcde", "abcdef", "ab   ", "ab      ", " a", "A", "z"]
ODD = {
    "i": ["0", "-0", "+5", "5", "05", "0005", " 5", "5 ", "\t5", "-5", "+0", "00", "x", "", "5x", "5.0", "1e1", "--5", "+-5", "+", "-", "0x10", "1_000", "٣"],
    "n": ["0", "-0", "0.00", ".5", "5.", "-.5", "+1.50", " 1.5 ", "00001.10", "1e2", "1E-2", "1.005", "1.004999", "-1.005", "99999999.99", "-99999999.99",
          "99999999.995", "99999999.994", "100000000", "NaN", "nan", "Infinity", "-inf", "x", "", ".", "1.5.5", "1e400", "0.000000000000000000001",
          "12345678901234567890.1234567890", "-0.0000000001", "4e2", "400.00"],
    "f": ["0", "-0", "0.1", "1.5", "-1.5", "1e10", "1e-10", "NaN", "nan", "Infinity", "-Infinity", "inf", "-inf", "1e39", "1e309", "1e-46", "1e-400", "4.9e-324",
          "1.7976931348623157e308", "3.4028235e38", "1.17549435e-38", " 2.5", "2.5 ", "+2.5", "x", "", "0x1p3", "1,5", ".5", "5.", "16777217", "0.3", "1.4e-45"],
    "d": ["2024-02-29", "2023-02-29", "2024-2-29", "20240229", "Feb 29 2024", "2024-02-30", "1970-01-01", "1969-12-31", "1899-12-31", "1900-01-01", "2099-12-31",
          "2100-01-01", "0001-01-01", "0000-01-01", "9999-12-31", "10000-01-01", "5874897-12-31", "5874898-01-01", "4713-01-01 BC", "0001-12-31 BC", "infinity",
          "-infinity", "epoch", "2024-060", "J2451187", "2024-01-31 10:00", "x", "", "2024-13-01", "2024-00-10", " 2024-02-29", "2024-02-29 ", "24-02-29", "2024/02/29"],
    "ts": ["2024-02-29 23:59:59", "2024-03-01 00:00:00", "2024-03-01", "2024-02-29 24:00:00", "2024-02-29 23:59:60", "2024-02-29T10:00:00", "2024-02-29 10:00",
           "2024-02-29 10:00:00.5", "2024-02-29 10:00:00.123456", "2024-02-29 10:00:00.1234565", "2024-02-29 10:00:00.9999999", "1969-12-31 23:59:59.999999",
           "1970-01-01 00:00:00", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "294276-12-31 23:59:59.999999", "294277-01-01 00:00:00",
           "4713-01-01 00:00:00 BC", "infinity", "-infinity", "2024-02-29 25:00:00", "2024-02-30 00:00:00", "x", "", "2024-02-29 10:00:00Z",
           "2024-02-29 10:00:00+02", "1850-05-05 05:05:05", "2024-02-29  10:00:00", "2024-02-29 1:2:3", "2024-02-29 10:00:00."],
    "b": ["true", "false", "t", "f", "yes", "no", "on", "off", "1", "0", "TRUE", "False", " true", "tr", "o", "2", "x", ""],
}
# of lazysimple
PLAIN = {
    "n": ["0.00", "1.50", "-1.50", "99999999.99", "-99999999.99", "0.05", "400.00", "x"], "w": ["0.0000000000", "12345678901234567890.1234567890", "-0.0000000001", "1.5000000000", "x"],
    "f": ["0.0", "-0.0", "0.1", "1.5", "-1.5", "NaN", "Infinity", "-Infinity", "1.0E10", "16777217", "0.3", "x"],
    "d": ["2024-02-29", "1970-01-01", "1969-12-31", "1899-12-31", "2100-01-01", "9999-12-31", "1600-02-29", "x"],
    "ts": ["2024-02-29 23:59:59", "2024-03-01 00:00:00", "2024-02-29 10:00:00.5", "1969-12-31 23:59:59.999", "2024-02-29 10:00:00.123", "x"],
    "b": ["true", "false", "TRUE", "False", "x"],
}
FAMILY = {"i2": "i", "i4": "i", "i8": "i", "n": "n", "w": "n", "u": "n", "f4": "f", "f8": "f", "d": "d", "ts": "ts", "tz": "ts", "b": "b"}


class Table:
    """How a table's objects look, and its rows as texts (None: NULL)."""
    def __init__(self, random, name, rows):
        r = self.random = random
        self.name = name
        self.format = name.rstrip("0123456789")
        self.columns = OPENCSV if self.format == "opencsv" else [
            c for c in COLUMNS if self.format == "csv" or c[0] not in CSV_ONLY]
        self.on_error = r.choice(["null", "null", "skip"]) if self.format == "csv" else None
        self.delimiter = r.choice([",", ",", "|", "\t", ";"]) if self.format != "lazysimple" else r.choice(["|", "\x01", "\t"])
        self.quote = r.choice(['"', '"', "'"]) if self.format != "lazysimple" else None
        self.escape = (r.choice([self.quote, self.quote, "\\"]) if self.format == "csv" else "\\" if self.format == "opencsv"
                       else r.choice([None, "\\"]))
        self.null = (r.choice(["", "", "\\N", "NA"]) if self.format == "csv" else "\\N" if self.format == "lazysimple" else None)
        self.header = r.random() < 0.3
        self.end = r.choice(["\n", "\n", "\r\n"]) if self.format != "csv" else r.choice(["\n", "\r\n", "\r", None])
        self.codec = r.choice(["", "", "", "gzip", "bzip2", "zstd", "lz4", "deflate", "snappy"])
        # how often a field is quoted that need not be
        self.quoted = r.choice([0, 0.2, 1])
        self.rows = [[str(i)] + [self.text(kind) for _, _, kind in self.columns[1:]] for i in range(1, rows + 1)]
        if self.format == "lazysimple" and self.codec in ("", "gzip"):
            # records that end early: the rest is NULL
            for row in r.sample(self.rows, 5):
                keep = r.randint(1, len(row))
                row[keep:] = [Missing] * (len(row) - keep)

    def text(self, kind):
        r = self.random
        if r.random() < 0.1:
            return None if self.null is not None else ""
        if kind == "g":
            return r.choice(["red", "green", "blue", "grün", "a longer name of a colour", ""])
        if kind in ("s", "v", "c"):
            texts = TEXTS if kind == "s" else SHORT
            if self.format == "lazysimple":
                # a line is a record, whatever it holds; and what is not escaped ends the field
                texts = [t for t in texts if not set(t) & set("\r\n") and (self.escape or (self.delimiter not in t and "\\" not in t))]
                return r.choice([t for t in texts if t != self.null and (kind == "s" or len(t) <= 5)])
            # OpenCSV reads lines, too, and what it makes of a text that is too long is not settled
            return r.choice([t for t in texts if self.format == "csv" or (not set(t) & set("\r\n") and (kind == "s" or len(t) <= 5))])
        if self.format == "lazysimple":
            if kind in INTEGERS:
                return "x" if r.random() < 0.05 else str(self.integer(kind))
            return r.choice(PLAIN[{"f4": "f", "f8": "f"}.get(kind, kind)])
        if kind in INTEGERS and r.random() < 0.6:
            return str(self.integer(kind) + (r.choice([0, 0, 0, 1, -1]) if r.random() < 0.2 else 0))
        if kind in ("n", "w", "u") and r.random() < 0.5:
            return f"{r.randint(-10 ** r.randint(1, 7), 10 ** r.randint(1, 7))}.{r.randint(0, 99):02d}"
        if kind in ("f4", "f8") and r.random() < 0.5:
            return repr(r.uniform(-10, 10) * 10 ** r.randint(-5, 5))
        if kind in ("d", "ts", "tz") and r.random() < 0.6:
            day = f"{r.choice([r.randint(1890, 2110), r.randint(1, 9999)]):04d}-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}"
            return day if kind == "d" else f"{day} {r.randint(0, 23):02d}:{r.randint(0, 59):02d}:{r.randint(0, 59):02d}" + r.choice(["", f".{r.randint(0, 999999):06d}"])
        return r.choice(ODD[FAMILY[kind]])

    def integer(self, kind):
        low, high = INTEGERS[kind]
        r = self.random
        return r.choice([low, high, 0, 5, -17, r.randint(low, high), r.randint(-50, 50), r.randint(-9999, 9999)])

    # ---- objects ----

    def field(self, text):
        r = self.random
        if self.format == "lazysimple":
            if text is None:
                return self.null
            for c in ("\\", self.delimiter) if self.escape else ():
                text = text.replace(c, self.escape + c)
            return text
        if text is None:
            return self.null
        must = (set(text) & {self.delimiter, self.quote, self.escape, "\n", "\r"} or text == self.null
                or (self.format == "opencsv" and (" " in text or text == "")))
        if not must and r.random() >= self.quoted:
            return text
        if self.escape != self.quote:
            text = text.replace(self.escape, self.escape * 2)
        return self.quote + text.replace(self.quote, self.escape + self.quote) + self.quote

    def objects(self):
        """(key, bytes)"""
        r, at = self.random, 0
        number = r.choice([1, 1, 2, 3])
        for part in range(number):
            end = len(self.rows) if part == number - 1 else at + r.randint(0, (len(self.rows) - at))
            lines = [self.delimiter.join(n for n, _, _ in self.columns)] * self.header
            lines += [self.delimiter.join(self.field(v) for v in row if v is not Missing) for row in self.rows[at:end]]
            at = end
            ends = [self.end or r.choice(["\n", "\r\n"]) for _ in lines]
            if ends and r.random() < 0.3:
                # the last line need not end
                ends[-1] = ""
            body = "".join(line + end for line, end in zip(lines, ends))
            data = body.encode()
            if self.format == "csv" and r.random() < 0.2:
                data = b"\xef\xbb\xbf" + data
            yield f"{self.name}/part-{part}.csv" + SUFFIX[self.codec], pack(self.codec, data)

    def options(self, bucket):
        def text(v):
            return "E'" + v.replace("\\", "\\\\").replace("'", "''").replace("\t", "\\t").replace("\x01", "\\x01") + "'"
        found = {"location": f"s3://{bucket}/{self.name}/", "format": self.format, "delimiter": self.delimiter, "quote": self.quote,
                 "escape": self.escape if self.escape != self.quote else None, "null": self.null or None, "on_error": self.on_error,
                 "header": "true" if self.header else None}
        return ", ".join(f"{k} {text(v)}" for k, v in found.items() if v is not None)

    def looks(self):
        return f"{self.options('b')}, {self.codec or 'plain'}, end {self.end!r}, quoted {self.quoted}"


class Missing:
    """A field that its record does not reach."""


SUFFIX = {"": "", "gzip": ".gz", "bzip2": ".bz2", "zstd": ".zst", "lz4": ".lz4", "deflate": ".deflate", "snappy": ".snappy"}


def pack(codec, data):
    if codec == "gzip":
        return gzip.compress(data)
    if codec == "bzip2":
        return bz2.compress(data)
    if codec == "deflate":
        return zlib.compress(data)
    if codec == "zstd":
        return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout
    if codec in ("lz4", "snappy"):
        return hadoop_blocks(codec, data)
    return data


def hadoop_blocks(codec, data):
    """Blocks as Hadoop writes them: the length unpacked, then of each chunk its length and bytes."""
    import pyarrow
    out = b""
    for at in range(0, len(data), 65536):
        block = data[at:at + 65536]
        packed = pyarrow.compress(block, codec="lz4_raw" if codec == "lz4" else codec, asbytes=True)
        out += len(block).to_bytes(4, "big") + len(packed).to_bytes(4, "big") + packed
    return out
