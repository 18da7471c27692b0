"""What a run of the benchmark says: text, SVG, and the section of README.md that it rewrites."""
import os
import re
import subprocess

TITLES = {"pds": "pds_fdw", "pds_w2": "pds_fdw, 2 workers", "pds_lines": "pds_fdw, no newlines", "heap": "heap", "heap_w2": "heap, 2 workers",
          "file_fdw": "file_fdw", "duckdb1": "DuckDB, 1", "duckdb2": "DuckDB, 2", "polars1": "Polars, 1", "polars2": "Polars, 2",
          "awswrangler1": "awswrangler, 1", "awswrangler2": "awswrangler, 2"}
BEGIN, END = "<!-- results: written by bench/run -->", "<!-- end of results -->"


def ratios(s):
    """pds_over_heap is how many times the heap's time we take; the others how many times ours the peer takes."""
    r = {}
    if not s.get("pds"):
        return r
    if s.get("heap"):
        r["pds_over_heap"] = s["pds"] / s["heap"]
    if s.get("pds_w2"):
        r["pds_over_pds_w2"] = s["pds"] / s["pds_w2"]
    for peer in s:
        if s[peer] and not peer.startswith(("pds", "heap")):
            r[f"{peer}_over_pds"] = s[peer] / s["pds"]
    return r


def machine():
    cpu = "unknown"
    with open("/proc/cpuinfo") as f:
        found = re.search(r"model name\s*:\s*(.*)", f.read())
        cpu = found.group(1) if found else cpu
    version = subprocess.run(["psql", "-XAtc", "SHOW server_version"], capture_output=True, text=True).stdout.split()
    return {"cpus": os.cpu_count(), "cpu": cpu, "postgresql": version[0] if version else "?", "load": round(os.getloadavg()[0], 1)}


def cell(v):
    return f"{v:.2f}" if v else "-"


def table(results):
    """Rows of cells: seconds, then ratios."""
    peers = [p for p in TITLES if any(p in s for s in results["seconds"].values())]
    names = []
    for r in results["ratios"].values():
        names += [n for n in r if n not in names]
    seconds = [["query"] + [TITLES[p] for p in peers]]
    times = [["query"] + [n.replace("_over_", "/") for n in names]]
    for q, s in results["seconds"].items():
        seconds.append([q] + [cell(s.get(p)) for p in peers])
        times.append([q] + [cell(results["ratios"][q].get(n)) for n in names])
    return seconds, times


def headline(results):
    m = results["machine"]
    return (f"{results['rows']:,} rows, {results['objects']} objects, {results['bytes'] / 1e6:.0f} MB; medians of {results['runs']}, "
            f"interleaved, seconds. {results['time']}, {m['cpus']} cores ({m['cpu']}), PostgreSQL {m['postgresql']}, load {m['load']} before. "
            f"{results['note']}.")


def text(results):
    out = [headline(results)]
    for rows in table(results):
        width = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
        out.append("")
        out += ["  ".join(c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(r, width))) for r in rows]
    return "\n".join(out)


def svg(results):
    """Bars by query, on the log scale of seconds; readable on light and dark grounds."""
    import math
    peers = [p for p in TITLES if any(s.get(p) for s in results["seconds"].values())]
    values = [v for s in results["seconds"].values() for v in s.values() if v]
    low, high = math.log10(min(values) / 1.5), math.log10(max(values) * 1.1)
    left, wide, bar, gap = 190, 520, 15, 34
    out, y = [], 40
    for q, s in results["seconds"].items():
        out.append(f'<text class="q" x="10" y="{y + 12}">{q}</text>')
        y += 18
        for p in peers:
            if not s.get(p):
                continue
            w = max(2, (math.log10(s[p]) - low) / (high - low) * wide)
            kind = "us" if p.startswith("pds") else "them"
            out.append(f'<text x="{left - 8}" y="{y + 11}" text-anchor="end">{TITLES[p]}</text>'
                       f'<rect class="{kind}" x="{left}" y="{y}" width="{w:.0f}" height="{bar - 3}" rx="2"/>'
                       f'<text x="{left + w + 6:.0f}" y="{y + 11}">{s[p]:.2f} s</text>')
            y += bar
        y += gap - 18
    head = f"{results['rows']:,} rows, {results['bytes'] / 1e6:.0f} MB of CSV in S3: seconds (log scale), less is better"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + wide + 90} {y}" width="{left + wide + 90}" height="{y}" role="img">'
            f'<title>{head}</title><style>text{{font:11px sans-serif;fill:#24292f}}.q,.h{{font-weight:bold;font-size:13px}}'
            '.us{fill:#1f6feb}.them{fill:#8c959f}@media (prefers-color-scheme:dark){text{fill:#e6edf3}.us{fill:#58a6ff}.them{fill:#6e7681}}'
            f'</style><text class="h" x="10" y="20">{head}</text>' + "\n".join(out) + "</svg>\n")


def markdown(results):
    out = [headline(results), "", "![Results](results.svg)", ""]
    for title, rows in zip(("Seconds:", "Ratios (a/b: how many times b's time a takes):"), table(results)):
        out += [title, "", "| " + " | ".join(rows[0]) + " |", "| " + " | ".join(["---"] * len(rows[0])) + " |"]
        out += ["| " + " | ".join(r) + " |" for r in rows[1:]] + [""]
    out += ["| scenario | figure | |", "| --- | --- | --- |"]
    for name, figures in results["scenarios"].items():
        out += [f"| {name} | {k} | {v} |" for k, v in figures.items()]
    return "\n".join(out)


def record(results, directory):
    path = os.path.join(directory, "README.md")
    with open(path) as f:
        page = f.read()
    begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    with open(path, "w") as f:
        f.write(page[:begin] + "\n" + markdown(results) + "\n" + page[end:])
    with open(os.path.join(directory, "results.svg"), "w") as f:
        f.write(svg(results))
