"""What bench/run wide reads: sets of objects, seeded, each made once for a number of rows."""
import gzip
import os
import random
import subprocess
import sys

SALES = [("id", "int8"), ("category", "text"), ("rating", "int4"), ("price", "dec10.2"), ("votes", "int4"), ("sold_at", "timestamp"),
         ("title", "text"), ("body", "text")]
NUMBERS = [("id", "int8"), ("a", "float8"), ("b", "float8"), ("c", "float8"), ("price", "dec12.4"), ("amount", "dec18.2"),
           ("day", "date"), ("seen", "timestamptz")]
TEXT100 = [(f"c{i}", "text") for i in range(100)]
SMALL = [("id", "int8"), ("category", "text"), ("rating", "int4"), ("title", "text")]

# name: columns, options of the table, what the others are told of it
SETS = {
    "sales": (SALES, "format 'csv', header 'true'", {"header": True}),
    "gzip": (SALES, "format 'csv', header 'true'", {"header": True, "suffix": ".gz"}),
    "zstd": (SALES, "format 'csv', header 'true'", {"header": True, "suffix": ".zst"}),
    "lines": (SALES, "format 'lazysimple', delimiter ',', header 'true'", {"header": True}),
    "opencsv": (SALES, "format 'opencsv', header 'true'", {"header": True}),
    "numbers": (NUMBERS, "format 'csv', header 'true'", {"header": True}),
    "text100": (TEXT100, "format 'csv', header 'true'", {"header": True}),
    "small": (SMALL, "format 'csv', header 'true'", {"header": True}),
    "tiny": (SMALL, "format 'csv', header 'true'", {"header": True}),
}
POSTGRES = {"int8": "bigint", "int4": "int", "text": "text", "float8": "double precision", "date": "date", "timestamp": "timestamp",
            "timestamptz": "timestamptz", "dec10.2": "numeric(10,2)", "dec12.4": "numeric(12,4)", "dec18.2": "numeric(18,2)"}


def postgres_columns(name):
    return ", ".join(f"{n} {POSTGRES[t]}" for n, t in SETS[name][0])


def sales_lines(files):
    for f in files:
        with open(f, encoding="utf-8", newline="") as source:
            yield os.path.basename(f), source.read()


def make_numbers(rng, rows):
    yield ",".join(n for n, _ in NUMBERS) + "\n"
    for i in range(rows):
        month, day = 1 + int(rng.random() * 12), 1 + int(rng.random() * 28)
        yield (f"{i},{rng.random()!r},{rng.gauss(0, 1e4)!r},{round(rng.random(), 3)},{rng.random() * 1e4:.4f},{rng.random() * 1e9:.2f},"
               f"2024-{month:02d}-{day:02d},2024-{month:02d}-{day:02d}T{int(rng.random() * 24):02d}:{int(rng.random() * 60):02d}:00"
               f"{rng.choice(['Z', '+02:00', '-05:00'])}\n")


def make_text100(rng, rows):
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(3, 12))) for _ in range(5000)]
    yield ",".join(n for n, _ in TEXT100) + "\n"
    for _ in range(rows):
        yield ",".join(rng.choices(words, k=100)) + "\n"


def small_object(rng, first, rows):
    lines = [",".join(n for n, _ in SMALL) + "\n"]
    for i in range(rows):
        lines.append(f"{first + i},{rng.choice(['Books', 'Music', 'Garden', 'Toys'])},{rng.randint(1, 5)},title {rng.random():.9f} of some words\n")
    return "".join(lines)


def write(folder, name, pieces, objects=1):
    """Text in so many objects, each with the first piece as its header."""
    pieces = iter(pieces)
    header = next(pieces)
    files = [open(os.path.join(folder, f"{name}-{i}.csv"), "w", encoding="utf-8", newline="") for i in range(objects)]
    for f in files:
        f.write(header)
    for i, piece in enumerate(pieces):
        files[i % objects].write(piece)
    for f in files:
        f.close()


def quoted(text):
    """Every field between quotes, line breaks gone: what OpenCSVSerde is made for."""
    import csv
    import io
    out = io.StringIO()
    w = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for row in csv.reader(io.StringIO(text)):
        if len(row) > 5 and row[5] != "sold_at":
            # its timestamps are milliseconds since 1970
            row[5] = "17" + row[5][5:7] + row[5][8:10] + row[5][11:13] + row[5][14:16] + "000"
        w.writerow([f.replace("\\", "/") for f in row])
    return out.getvalue()


def make(name, folder, rows, sales_files, lines_files):
    os.makedirs(folder, exist_ok=True)
    rng = random.Random(7)
    if name == "gzip":
        for f, text in sales_lines(sales_files):
            with gzip.open(os.path.join(folder, f + ".gz"), "wb", 6) as out:
                out.write(text.encode())
    elif name == "zstd":
        for f in sales_files:
            subprocess.run(["zstd", "-q", "-f", f, "-o", os.path.join(folder, os.path.basename(f) + ".zst")], check=True)
    elif name == "opencsv":
        for f, text in sales_lines(lines_files):
            with open(os.path.join(folder, f), "w", encoding="utf-8") as out:
                out.write(quoted(text))
    elif name == "numbers":
        write(folder, name, make_numbers(rng, rows), 4)
    elif name == "text100":
        write(folder, name, make_text100(rng, max(1000, rows // 10)), 2)
    elif name in ("small", "tiny"):
        objects = max(20, rows // 500) if name == "small" else 1
        for i in range(objects):
            with open(os.path.join(folder, f"{i:05d}.csv"), "w") as out:
                out.write(small_object(rng, i * 1000, 800 if name == "small" else 20))
    else:
        sys.exit(f"no set {name}")
