#!/usr/bin/env python3
"""How often inference is right: delimiter, header and types of files whose truth is known.

    run.py [--files N] [--seed S] [--show]       (builds test/unit/infer_check; needs no server)

Files are made here, as people make them: several delimiters, ways to write names, quotes, NULLs, titles before the
header, ragged ends.  Public files below PDS_SHARED (../shared) are looked at where they are, with their truth in
public.json.  The last line is `right: N.NN %` of all that was looked at; --show lists what was wrong.
"""
import argparse
import datetime
import json
import os
import random
import string
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, "..", ".."))
SHARED = os.environ.get("PDS_SHARED", os.path.join(TOP, "..", "shared"))
BUILD = os.environ.get("BUILD", os.path.join(TOP, "build", "unit"))

FIRST = "Anna Bob Carla Dmitri Élodie Fritz Grete Hiro Ines Jan Kofi Lena Mário Nora Omar Petra Quinn Rosa Sven Tara".split()
LAST = "Schmidt Jones García Müller O'Brien Rossi Novák Kim Nguyen Silva Haddad Kowalski van-Dijk Smith Lee".split()
CITIES = "Berlin Paris London Oslo Roma Köln Zürich Kraków Lagos Lima Quito Delhi Tokyo Seoul Cairo".split()
WORDS = "the order was late and box came in a small green bag with two labels but no note of what it holds".split()
COLOURS = "red green blue black white grey".split()
STREETS = "Main Street;High Road;Lange Gasse;Rue de Lyon;Via Roma;Market Square".split(";")


def sentence(r):
    text = " ".join(r.choice(WORDS) for _ in range(r.randint(3, 14)))
    return text.capitalize() + r.choice([".", "", "!", ", " + r.choice(WORDS) + "."])


def day(r):
    return datetime.date(2000, 1, 1) + datetime.timedelta(days=r.randrange(9000))


def moment(r):
    return "%s %02d:%02d:%02d" % (day(r), r.randrange(24), r.randrange(60), r.randrange(60))


# kind: (type, names it goes by, a value)
KINDS = {
    "int": ("int", ["id", "quantity", "age", "year", "count", "rank", "store number", "items"], lambda r, row: str(r.randrange(-50, 100000))),
    "counter": ("int", ["id", "row", "no", "index", "key"], lambda r, row: str(row + 1)),
    "bigint": ("bigint", ["account", "epoch ms", "population", "bytes"], lambda r, row: str(r.randrange(3 * 10 ** 9, 10 ** 15))),
    "money": ("decimal(18,2)", ["price", "amount", "total due", "net", "salary"], lambda r, row: "%.2f" % (r.random() * 10 ** r.randint(1, 5))),
    "double": ("double", ["ratio", "latitude", "score", "weight kg", "temperature"],
               lambda r, row: repr(round(r.uniform(-500, 500), r.choice([1, 3, 4, 5])))),
    "date": ("date", ["date", "birth date", "ordered on", "due"], lambda r, row: str(day(r))),
    "timestamp": ("timestamp", ["created at", "time", "updated", "last seen"], lambda r, row: moment(r)),
    "boolean": ("boolean", ["active", "is member", "flag", "in stock"], lambda r, row: r.choice(["true", "false"])),
    "person": ("string", ["name", "customer name", "contact", "employee"], lambda r, row: r.choice(FIRST) + " " + r.choice(LAST)),
    "first": ("string", ["first name", "given name"], lambda r, row: r.choice(FIRST)),
    "city": ("string", ["city", "town", "place", "destination"], lambda r, row: r.choice(CITIES)),
    "colour": ("string", ["colour", "category", "kind", "status"], lambda r, row: r.choice(COLOURS)),
    "email": ("string", ["e-mail", "email", "mail address"], lambda r, row: "%s%d@mail.example" % (r.choice(FIRST).lower().replace("é", "e").replace("á", "a"), r.randrange(99))),
    "text": ("string", ["comment", "description", "review text", "remarks"], lambda r, row: sentence(r)),
    "address": ("string", ["address", "street"], lambda r, row: "%s %d, %s" % (r.choice(STREETS), r.randrange(1, 99), r.choice(CITIES))),
    "sku": ("string", ["sku", "code", "product code"], lambda r, row: "%s-%04d" % ("".join(r.choices(string.ascii_uppercase, k=3)), r.randrange(10000))),
    "zip": ("string", ["zip", "postcode", "plz"], lambda r, row: "%05d" % r.randrange(0, 9999)),
    "uuid": ("string", ["uuid", "session", "token"], lambda r, row: "%08x-%04x-%04x" % (r.getrandbits(32), r.getrandbits(16), r.getrandbits(16))),
    "country": ("string", ["country", "iso"], lambda r, row: r.choice("DE FR GB NO IT CH PL NG PE EC IN JP KR EG".split())),
    "german number": ("string", ["betrag", "umsatz"], lambda r, row: ("%.2f" % (r.random() * 1000)).replace(".", ",")),
    "german date": ("string", ["datum"], lambda r, row: day(r).strftime("%d.%m.%Y")),
}
STYLES = [
    lambda n: n.replace(" ", "_").replace("-", "_"), lambda n: n.title(), lambda n: n.upper(), lambda n: n.capitalize(),
    lambda n: n.title().replace(" ", ""), lambda n: (n.title().replace(" ", "")[0].lower() + n.title().replace(" ", "")[1:]), lambda n: n]


def field(r, text, delimiter, quoting, is_text):
    special = any(c in text for c in (delimiter, '"', "\n", "\r"))
    if special or quoting == "all" or (quoting == "text" and is_text):
        return '"' + text.replace('"', '""') + '"'
    return text


def make(r):
    """A file and its truth."""
    delimiter = r.choices(",\t;|", weights=[60, 15, 20, 5])[0]
    ncolumns = r.randint(2, 14)
    kinds = r.choices(sorted(KINDS), k=ncolumns)
    nrows = r.choice([3, 5, 10, 30, 100, 400])
    # all text, and few rows: nobody could tell a header then
    header = r.random() < 0.85
    style = r.choice(STYLES)
    quoting = r.choices(["minimal", "text", "all"], weights=[70, 20, 10])[0]
    end = r.choices(["\n", "\r\n"], weights=[75, 25])[0]
    nulls = r.choice([0, 0, 0.05, 0.2])
    names = []
    for k in kinds:
        name = style(r.choice(KINDS[k][1]))
        while name in names:
            name += r.choice(["2", "_b", "x"])
        names.append(name)
    lines = []
    before = 0
    if header and r.random() < 0.1:
        lines += r.choice([["Report of %s" % day(r), ""], ["# exported by a tool"], [""], ["Sales of all stores"]])
        before = len(lines)
    if header:
        lines.append(delimiter.join(field(r, n, delimiter, quoting, True) for n in names))
    seen = [0] * ncolumns
    rows = []
    for row in range(nrows):
        values = []
        for i, k in enumerate(kinds):
            if row > 1 and r.random() < nulls:
                values.append("")
                continue
            seen[i] += 1
            values.append(field(r, KINDS[k][2](r, row), delimiter, quoting, KINDS[k][0] in ("string", "date", "timestamp")))
        # a record that would be a blank line is none
        rows.append(delimiter.join(values))
    if r.random() < 0.05 and header:
        # a field more in some of them
        rows = [x + delimiter + "1" if r.random() < 0.4 else x for x in rows]
    lines += rows
    text = end.join(lines) + (end if r.random() < 0.9 else "")
    bom = b"\xef\xbb\xbf" if r.random() < 0.1 else b""
    truth = {"delimiter": delimiter, "header": header, "lines": before + header, "types": [KINDS[k][0] for k in kinds],
             "names": names if header else None}
    return bom + text.encode(), truth


def field_lines(r, delimiter, kinds, nrows):
    return [delimiter.join(field(r, KINDS[k][2](r, row), delimiter, "minimal", False) for k in kinds) for row in range(nrows)]


def make_odd(r):
    """A file with lines that are no records, or half of their fields, and its truth: the group's name says which."""
    delimiter = r.choices(",\t;|", weights=[60, 15, 20, 5])[0]
    kinds = r.choices(sorted(KINDS), k=r.randint(3, 9))
    # above texts nobody can tell a title from a header
    kinds[r.randrange(len(kinds))] = r.choice(["int", "counter", "bigint", "money", "date", "timestamp"])
    what = r.choice(["title", "comments", "half"])
    style = r.choice(STYLES)
    names = []
    for k in kinds:
        name = style(r.choice(KINDS[k][1]))
        while name in names:
            name += "2"
        names.append(name)
    rows = field_lines(r, delimiter, kinds, r.choice([5, 10, 30, 100, 400]))
    lines = [delimiter.join(field(r, n, delimiter, "minimal", True) for n in names)]
    before = 0
    if what == "title":
        words = ["Report", "generated %s" % day(r), "all stores", "by %s" % r.choice(FIRST), "draft", "2nd version"]
        title = (delimiter + " ").join(words[:r.randint(2, 6)])
        before = r.choice([[title], [title, ""], [title, "printed for %s%s %s" % (r.choice(FIRST), delimiter, r.choice(CITIES))]])
        lines, before = before + lines, len(before)
    elif what == "comments":
        for _ in range(r.randint(1, 4)):
            rows.insert(r.randint(1, len(rows)), r.choice(["# checked", "#", "# moved by %s%s see there" % (r.choice(FIRST), delimiter), "#" * 20]))
        # a first record of comments would be a title
    else:
        rows = [x if r.random() < 0.3 else delimiter.join(field_lines(r, delimiter, kinds[:r.randint((len(kinds) + 1) // 2, len(kinds))], 1)) for x in rows]
        rows.append(r.choice(["Total", "end of report", "(%d rows)" % len(rows)]))
    types = [KINDS[k][0] for k in kinds]
    if what == "half":
        types[0] = "string"  # of the last line
    end = r.choice(["\n", "\r\n"])
    return (end.join(lines + rows) + end).encode(), {"delimiter": delimiter, "header": True, "lines": before + 1, "types": types, "names": names}, what


def public():
    """Files of others and what is true of them."""
    listed = json.load(open(os.path.join(HERE, "public.json")))
    for name, truth in sorted(listed.items()):
        path = os.path.join(SHARED, "data", name)
        if os.path.exists(path):
            yield path, truth
        else:
            print("# SKIP %s is not here" % name)


def compare(path, line, truth):
    """(what, right, shown) of each thing that is known of the file"""
    cells = line.rstrip("\n").split("\t")
    if cells[0] == "-":
        yield "delimiter", False, cells[1]
        return
    types = [c.rsplit(":", 1)[1] for c in cells[4:]]
    if len(truth["types"]) > 1:
        yield "delimiter", chr(int(cells[0])) == truth["delimiter"] and len(types) == len(truth["types"]), \
            "%r, %d columns" % (chr(int(cells[0])), len(types))
    yield "header", (cells[2] == "1") == truth["header"] and ("lines" not in truth or int(cells[1]) == truth["lines"]), \
        "named %s, %s lines%s" % (cells[2], cells[1], ", doubtful" if cells[3] == "1" else "")
    for i, want in enumerate(truth["types"]):
        got = types[i] if i < len(types) else "missing"
        yield "types", got == want, "column %d is %s" % (i, got)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20260701)
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    program = os.path.join(BUILD, "infer_check")
    subprocess.run(["make", "-s", "-C", os.path.join(TOP, "test", "unit"), "BUILD=" + BUILD, program], check=True, stdout=sys.stderr)
    r = random.Random(args.seed)
    groups = {}
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for i in range(args.files):
            data, truth = make(r)
            path = os.path.join(folder, "%05d.csv" % i)
            open(path, "wb").write(data)
            files.append((path, truth, "made"))
        for i in range(args.files):
            data, truth, what = make_odd(r)
            path = os.path.join(folder, "odd%05d.csv" % i)
            open(path, "wb").write(data)
            files.append((path, truth, what))
        files += [(p, t, "public") for p, t in public()]
        done = subprocess.run([program], input="".join(p + "\n" for p, _, _ in files), capture_output=True, text=True, check=True)
        for (path, truth, group), line in zip(files, done.stdout.splitlines()):
            for what, right, shown in compare(path, line, truth):
                count = groups.setdefault((group, what), [0, 0])
                count[0] += right
                count[1] += 1
                if not right and args.show:
                    print("# %s: %s: %s; true: %s" % (path, what, shown, {k: v for k, v in truth.items() if k != "names"}))
                    print("#   " + open(path, "rb").read(400).decode(errors="replace").replace("\n", "\n#   "))
    print("%-8s %-10s %8s %8s %9s" % ("files", "what", "right", "of", "percent"))
    right = total = 0
    for (group, what), (a, b) in sorted(groups.items()):
        print("%-8s %-10s %8d %8d %8.2f" % (group, what, a, b, 100.0 * a / b))
        right += a
        total += b
    print("least: %.2f %%" % min(100.0 * a / b for a, b in groups.values()))
    print("right: %.2f %%" % (100.0 * right / total))


if __name__ == "__main__":
    main()
