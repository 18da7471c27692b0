#!/usr/bin/env python3
"""What a run of the benchmark says: text, SVG, and the section of README.md that it rewrites.

    bench/report.py            README.md's section and results.svg anew, from results.json beside them
    bench/report.py --check    says which of them are not what results.json gives; exits with 1 then
"""
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- results: written by bench/report.py -->", "<!-- end of results -->"

# in the order of tables; an engine that is not here comes after them, by its own name
TITLES = {"pds": "pds_fdw", "pds_w2": "pds_fdw, 2 workers", "pds_lines": "pds_fdw, no newlines", "heap": "heap", "heap_w2": "heap, 2 workers",
          "file_fdw": "file_fdw", "duckdb1": "DuckDB, 1", "duckdb2": "DuckDB, 2", "polars1": "Polars, 1", "polars2": "Polars, 2",
          "awswrangler1": "awswrangler, 1", "awswrangler2": "awswrangler, 2"}
# what a row measures beside the seconds
METRICS = {"wall": "Seconds", "cpu": "Seconds of CPU", "rss": "Peak of memory, MB"}

# the picture: works and engines that tell most, each engine with all of the machine it can use
PICTURE_WORKS = {"filter": "count(*) WHERE rating = 5 AND price > 400", "group": "count(*), avg(rating) GROUP BY category",
                 "all": "SELECT *, all eight columns"}
PICTURE_ENGINES = {"pds": ("us", "pds_fdw, 1 process"), "duckdb2": ("s3", "DuckDB, 2 threads"), "awswrangler2": ("s3", "awswrangler, 2 threads"),
                   "polars2": ("disk", "Polars, 2 threads"), "heap": ("disk", "heap, 1 process"), "file_fdw": ("disk", "file_fdw")}
KINDS = {"us": "pds_fdw, from S3", "s3": "others, from S3", "disk": "from a copy on the local disk"}


def put(results, work, engine, wall, cpu=None, rss=None):
    """A row of results["measured"], in the place of the one of the same work and engine."""
    rows = results.setdefault("measured", [])
    row = {"work": work, "engine": engine, "wall": wall, "cpu": cpu, "rss": rss}
    for i, old in enumerate(rows):
        if (old["work"], old["engine"]) == (work, engine):
            rows[i] = row
            return
    rows.append(row)


def by_work(results, metric="wall"):
    """{work: {engine: value}}, without what was not measured."""
    found = {}
    for row in results.get("measured", []):
        if row.get(metric) is not None:
            found.setdefault(row["work"], {})[row["engine"]] = row[metric]
    return found


def title(engine):
    return TITLES.get(engine, engine)


def in_order(engines):
    return sorted(dict.fromkeys(engines), key=lambda e: list(TITLES).index(e) if e in TITLES else len(TITLES))


def ratios(s):
    """pds/heap is how many times the heap's time we take; the others how many times ours the peer takes."""
    r = {}
    if not s.get("pds"):
        return r
    if s.get("heap"):
        r["pds/heap"] = s["pds"] / s["heap"]
    if s.get("pds_w2"):
        r["pds/pds_w2"] = s["pds"] / s["pds_w2"]
    for peer in in_order(s):
        if not peer.startswith(("pds", "heap")):
            r[f"{peer}/pds"] = s[peer] / s["pds"]
    return r


def machine():
    cpu = "unknown"
    with open("/proc/cpuinfo") as f:
        found = re.search(r"model name\s*:\s*(.*)", f.read())
        cpu = found.group(1) if found else cpu
    version = subprocess.run(["psql", "-XAtc", "SHOW server_version"], capture_output=True, text=True).stdout.split()
    return {"cpus": os.cpu_count(), "cpu": cpu, "postgresql": version[0] if version else "?", "load": round(os.getloadavg()[0], 1)}


def cell(v, form=".2f"):
    return "-" if v is None else format(v, form)


def tables(results):
    """(title, rows of cells): a table for the works that the same engines did; of the seconds their ratios, too."""
    out = []
    engines_of = {}
    for row in results.get("measured", []):
        engines_of.setdefault(row["work"], []).append(row["engine"])
    for metric, name in METRICS.items():
        found = by_work(results, metric)
        for engines, works in itertools.groupby(found, key=lambda w: in_order(engines_of[w])):
            works = list(works)
            form = ".0f" if metric == "rss" else ".2f"
            out.append((f"{name}:", [["work", *map(title, engines)]] +
                        [[w, *(cell(found[w].get(e), form) for e in engines)] for w in works]))
            times = {w: ratios(found[w]) for w in works} if metric == "wall" else {}
            names = list(dict.fromkeys(n for r in times.values() for n in r))
            if names:
                out.append(("Ratios (a/b: how many times b's seconds a takes):",
                            [["work", *names]] + [[w, *(cell(times[w].get(n), ".2g") for n in names)] for w in works]))
    return out


def when_and_where(results):
    m = results["machine"]
    return f"{results['time']}, {m['cpus']} cores ({m['cpu']}), PostgreSQL {m['postgresql']}"


def headline(results):
    return (f"{results['rows']:,} rows, {results['objects']} objects, {results['bytes'] / 1e6:.0f} MB; medians of {results['runs']}, "
            f"interleaved. {when_and_where(results)}, load {results['machine']['load']} before. {results['note']}.")


def text(results):
    out = [headline(results)]
    for name, rows in tables(results):
        width = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
        out += ["", name]
        out += ["  ".join(c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(r, width))) for r in rows]
    return "\n".join(out)


# ---- the picture ----

STYLE = """text{font:14px system-ui,sans-serif;fill:#24292f}.b{font-weight:600}.s{font-size:12px;fill:#57606a}
.ground{fill:#fff}.us{fill:#0969da}.s3{fill:#6e7781}.disk{fill:#b6bdc5}.grid{stroke:#d8dee4}.zero{stroke:#57606a}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9198a1}.ground{fill:#0d1117}.us{fill:#4493f8}.s3{fill:#8b949e}
.disk{fill:#4d5560}.grid{stroke:#30363d}.zero{stroke:#9198a1}}"""
LABELS, BARS, VALUES, STEP, BAR = 184, 320, 64, 22, 14


def axis_step(most):
    """1, 2 or 5 times a power of ten, so that there are at most eight of them."""
    for step in (m * 10 ** p for p in range(-3, 9) for m in (1, 2, 5)):
        if most / step <= 8:
            return step
    return most


def picture_values(results):
    """{work: {engine: seconds}}: what the picture shows, or everything where a run measured nothing of that."""
    found = by_work(results)
    chosen = {w: {e: found[w][e] for e in PICTURE_ENGINES if e in found[w]} for w in PICTURE_WORKS if w in found}
    return {w: s for w, s in chosen.items() if s} or found


def svg(results):
    """Bars from zero on one linear axis of seconds, in groups by work; readable on light and dark grounds."""
    shown = picture_values(results)
    most = max(v for s in shown.values() for v in s.values())
    step = axis_step(most)
    ticks = -(-most // step)
    scale = BARS / (ticks * step)
    width = LABELS + BARS + VALUES
    out, y = [], 62
    x = 12
    for kind, words in KINDS.items():
        out.append(f'<rect class="{kind}" x="{x}" y="{y - 10}" width="12" height="12" rx="2"/><text class="s" x="{x + 17}" y="{y}">{words}</text>')
        x += 42 + len(words) * 6.2
    y += 28
    for work, s in shown.items():
        out.append(f'<text class="b" x="12" y="{y}">{escape(PICTURE_WORKS.get(work, work))}</text>')
        y += 10
        top = y
        bars = []
        for engine, v in s.items():
            kind, name = PICTURE_ENGINES.get(engine, ("us" if engine.startswith("pds") else "s3", title(engine)))
            bars.append(f'<text class="{"b" if kind == "us" else "n"}" x="{LABELS - 8}" y="{y + 12}" text-anchor="end">{escape(name)}</text>'
                        f'<rect class="{kind}" x="{LABELS}" y="{y + 1}" width="{v * scale:.1f}" height="{BAR}"/>'
                        f'<text x="{LABELS + v * scale + 6:.1f}" y="{y + 12}">{v:.2f}</text>')
            y += STEP
        for i in range(int(ticks) + 1):
            at = f"{LABELS + i * step * scale:.1f}"
            out.append(f'<line class="{"grid" if i else "zero"}" x1="{at}" x2="{at}" y1="{top - 2}" y2="{y}"/>')
            unit = " s" if i == ticks else ""
            bars.append(f'<text class="s" x="{at}" y="{y + 14}" text-anchor="middle">{i * step:g}{unit}</text>')
        out += bars
        y += 48
    y -= 10
    head = f"Seconds for {results['rows']:,} rows, {results['bytes'] / 1e6:.0f} MB of CSV"
    foot = [f"Less is better; medians of {results['runs']}. {when_and_where(results)}.",
            "S3 is versitygw on the same machine. All figures: bench/README.md."]
    for line in foot:
        out.append(f'<text class="s" x="12" y="{y}">{escape(line)}</text>')
        y += 17
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" width="{width}" height="{y}" role="img">\n'
            f'<title>{head}</title>\n<style>{STYLE}</style>\n<rect class="ground" width="{width}" height="{y}" rx="6"/>\n'
            f'<text class="b" x="12" y="26" style="font-size:16px">{head}</text>\n' + "\n".join(out) + "\n</svg>\n")


# ---- the page ----


def markdown(results):
    out = [headline(results), "", "![Seconds of pds_fdw and its peers, as bars](results.svg)", ""]
    for name, rows in tables(results):
        out += [name, "", "| " + " | ".join(rows[0]) + " |", "| " + " | ".join(["---"] * len(rows[0])) + " |"]
        out += ["| " + " | ".join(r) + " |" for r in rows[1:]] + [""]
    out += ["| scenario | figure | |", "| --- | --- | --- |"]
    for name, figures in results["scenarios"].items():
        out += [f"| {name} | {k} | {v} |" for k, v in figures.items()]
    return "\n".join(out)


def written(results):
    """{file: text}: what is written from the results."""
    page = (HERE / "README.md").read_text()
    begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    return {HERE / "README.md": page[:begin] + "\n" + markdown(results) + "\n" + page[end:], HERE / "results.svg": svg(results)}


def dump(results, path):
    """A row of figures is a line, so that a difference shows what changed."""
    rows = ",\n  ".join(json.dumps(r) for r in results.get("measured", []))
    rest = json.dumps({**results, "measured": ["ROWS"]}, indent=1)
    Path(path).write_text(re.sub(r'"measured": \[\s*"ROWS"\s*\]', lambda _: f'"measured": [\n  {rows}\n ]', rest) + "\n")


def record(results):
    dump(results, HERE / "results.json")
    for path, text in written(results).items():
        path.write_text(text)


def main():
    results = json.loads((HERE / "results.json").read_text())
    if sys.argv[1:] == ["--check"]:
        stale = [path.name for path, text in written(results).items() if path.read_text() != text]
        print("\n".join(stale), end="\n" if stale else "")
        return 1 if stale else 0
    record(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
