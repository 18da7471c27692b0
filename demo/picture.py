#!/usr/bin/env python3
"""Draw demo/session.svg, the picture in README.md: what psql says to the statements of demo/picture.sql.

    . build/demo/env; demo/picture.py [--check]

It needs a stack with the demo's data (demo/load.py).  --check changes nothing, and exits with 1 if the picture is
not what psql says now.
"""
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
COLUMNS = 72
FONT, CHAR, LINE, MARGIN = 13, 7.83, 18, 16
PREPARE = """
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pds_fdw;
DROP SERVER IF EXISTS aws CASCADE;
DROP SCHEMA IF EXISTS lake CASCADE;
CREATE SCHEMA lake;
CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw
    OPTIONS (region :'region', endpoint_url :'endpoint', output_location 's3://dsoaws-demo/athena-results/');
CREATE USER MAPPING FOR CURRENT_USER SERVER aws OPTIONS (access_key_id :'key', secret_access_key :'secret');
SELECT FROM pds.s3_delete('aws', 's3://dsoaws-demo/good/', recursive => true);
RESET client_min_messages;
"""
STYLE = f"""text{{font:{FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#57606a;white-space:pre}}
.in{{fill:#1f2328;font-weight:600}}.at{{fill:#0969da}}.ground{{fill:#f6f8fa;stroke:#d0d7de}}
@media(prefers-color-scheme:dark){{text{{fill:#9198a1}}.in{{fill:#f0f6fc}}.at{{fill:#4493f8}}.ground{{fill:#151b23;stroke:#3d444d}}}}"""


def session():
    """[(statement, what psql said)], in one session."""
    statements = [s.strip() + ";" for s in re.sub(r"^--.*\n", "", (HERE / "picture.sql").read_text(), flags=re.M).split(";") if s.strip()]
    script = PREPARE + f"\\pset format wrapped\n\\pset columns {COLUMNS}\n\\set QUIET off\n"
    script += "".join(f"\\echo <next>\n{s}\n" for s in statements)
    variables = {"region": "AWS_REGION", "endpoint": "AWS_ENDPOINT_URL", "key": "AWS_ACCESS_KEY_ID", "secret": "AWS_SECRET_ACCESS_KEY"}
    out = subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", *(f"-v{k}={os.environ[v]}" for k, v in variables.items()), "-f", "-"],
                         input=script, capture_output=True, text=True)
    if out.returncode or out.stderr:
        raise SystemExit(out.stderr or "psql failed")
    return list(zip(statements, (said.strip("\n") for said in out.stdout.split("<next>\n")[1:])))


def lines(said):
    """[(class, text)]"""
    for statement, answer in said:
        for i, line in enumerate(statement.split("\n")):
            yield "in", ("=> " if i == 0 else "-> ") + line
        for line in answer.split("\n"):
            yield "out", line.rstrip()
        if "\n" in answer:
            yield "out", ""


def svg(said):
    rows = list(lines(said))
    while not rows[-1][1]:
        rows.pop()
    width = round((COLUMNS + 3) * CHAR + 2 * MARGIN)
    height = len(rows) * LINE + 2 * MARGIN
    out = []
    for i, (kind, line) in enumerate(rows):
        y = MARGIN + i * LINE + FONT
        text = escape(line)
        if kind == "in":
            text = f'<tspan class="at">{escape(line[:3])}</tspan>{escape(line[3:])}'
        if line:
            out.append(f'<text class="{kind}" xml:space="preserve" x="{MARGIN}" y="{y}">{text}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">\n'
            f'<title>A session of psql: the tables of a Glue database are imported, queried, written, and a query is explained</title>\n'
            f'<style>{STYLE}</style>\n<rect class="ground" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8"/>\n'
            + "\n".join(out) + "\n</svg>\n")


def main():
    picture = svg(session())
    path = HERE / "session.svg"
    if sys.argv[1:] == ["--check"]:
        same = path.exists() and path.read_text() == picture
        print("the same" if same else picture)
        return 0 if same else 1
    path.write_text(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
