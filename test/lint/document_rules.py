"""Rules of what is written about the source: sections that are cited exist, links lead somewhere, one version number."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

from c_source import line_at, tracked

TOP = Path(__file__).resolve().parents[2]
SECTION = r"§\d+(?:\.\d+)*"
CITED = re.compile(rf"(doc/dev/\w+\.md)((?:(?:,| and| to| -)? *{SECTION})*)")
HEADING = re.compile(r"^#+ (\d+(?:\.\d+)*)\.? ", re.M)
LINK = re.compile(r"(?<!!)\[[^]\n]*\]\(([^)\s]+)\)")


def words_of(path):
    """Text as it is, and with blanks where comments go from line to line."""
    text = (TOP / path).read_text(errors="replace")
    return re.sub(r"\n[ \t]*(?:\*|#|--)?[ \t]+", lambda m: " " * len(m.group(0)), text), text


@cache
def sections(page):
    path = TOP / page
    return set(HEADING.findall(path.read_text())) if path.exists() else None


def citations(findings):
    for path in tracked(TOP, "src", "test", "demo", "bench", "sql", "doc", "*.md"):
        if path.endswith((".json", ".out", ".png")) or path.startswith("test/lint/"):
            continue
        flat, text = words_of(path)
        cited = 0
        for m in CITED.finditer(flat):
            line = line_at(text, m.start())
            if sections(m.group(1)) is None:
                findings.append((path, line, "section", f"there is no {m.group(1)}"))
                continue
            for number in re.findall(r"§([\d.]*\d)", m.group(2)):
                cited += 1
                if number not in sections(m.group(1)):
                    findings.append((path, line, "section", f"{m.group(1)} has no section {number}"))
        if path.startswith("src/") and len(re.findall(SECTION, flat)) != cited:
            findings.append((path, line_at(text, text.find("§")), "section", "a section of which document?"))
        for m in re.finditer(r"\b(AWS|SERDES|PITFALLS|DESIGN)\.md\b", text):
            findings.append((path, line_at(text, m.start()), "section", f"{m.group(0)} is not in the repository"))


def anchors(path):
    found = set()
    for heading in re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S), re.M):
        slug = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()).strip().replace(" ", "-")
        found.add(slug)
        found |= {f"{slug}-{n}" for n in range(1, 4)}
    return found


def links(findings):
    for page in tracked(TOP, "*.md"):
        text = (TOP / page).read_text()
        for m in LINK.finditer(re.sub(r"`[^`\n]*`", lambda c: " " * len(c.group(0)), text)):
            target, _, anchor = m.group(1).partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            path = (TOP / page).parent / target if target else TOP / page
            if not path.exists():
                findings.append((page, line_at(text, m.start()), "link", f"there is no {target}"))
            elif anchor and path.suffix == ".md" and anchor not in anchors(path):
                findings.append((page, line_at(text, m.start()), "link", f"{target or page} has no heading #{anchor}"))


def promises(findings):
    """Each section of doc/security.md names the tests that hold it to its words, and they exist."""
    page = "doc/security.md"
    text = (TOP / page).read_text()
    for m in re.finditer(r"^## (.*)\n((?:(?!## ).*\n?)*)", text, re.MULTILINE):
        tests = [name for said in re.findall(r"\(Tests?: ([^)]*)\)", m.group(2)) for name in re.findall(r"`([^`]+)`", said)]
        if not tests:
            findings.append((page, line_at(text, m.start()), "promise", f"no test holds “{m.group(1)}” to its words"))
        findings += [(page, line_at(text, m.start()), "promise", f"there is no {name}") for name in tests if not (TOP / name).exists()]


def version(findings):
    """src/core/base/version.h has the version; whatever else says it says the same."""
    place = "src/core/base/version.h"
    release = re.search(r'#define PDS_VERSION "(\d+\.\d+\.\d+)"', (TOP / place).read_text()).group(1)
    # releases that correct only have the same script
    ours = release.rpartition(".")[0]
    meta = json.loads((TOP / "META.json").read_text())
    provided = meta["provides"]["pds_fdw"]
    said = [("META.json", meta["version"], release), ("META.json", provided["version"], release),
            ("META.json", provided["file"], f"sql/pds_fdw--{ours}.sql")]
    for path, pattern, wanted in (("pds_fdw.control", r"^default_version = '(.*)'", ours),
                                  ("CHANGELOG.md", r"^## (\S+)", release),
                                  ("debian/changelog", r"^pds-fdw \((.*)-\d+\)", release),
                                  ("rpm/pds_fdw.spec", r"^Version: +(.*)", release)):
        found = re.search(pattern, (TOP / path).read_text(), re.MULTILINE)
        said.append((path, found.group(1) if found else "none", wanted))
    for path, what, wanted in said:
        if what != wanted:
            findings.append((path, 1, "version", f"it says {what}, {place} {wanted}"))
    if not (TOP / f"sql/pds_fdw--{ours}.sql").exists():
        findings.append((place, 1, "version", f"there is no sql/pds_fdw--{ours}.sql"))
    for path in tracked(TOP, "src/*.[ch]"):
        text = (TOP / path).read_text()
        for m in re.finditer(rf'"(?:pds_fdw/)?{re.escape(ours)}(?:\.\d+)?"', text):
            start = text.rfind("\n", 0, m.start()) + 1
            line = text[start:text.find("\n", m.end())]
            if path != place and re.search(r"version\b(?!\\)|user_agent|cstring_to_text", line):
                findings.append((path, line_at(text, m.start()), "version", "PDS_VERSION of core/base/version.h, not the number"))


def scripts(findings):
    """What CI, Docker and compose call exists: scripts, make's targets, the parts of a suite, the stages of the Dockerfile."""
    made = "\n".join((TOP / p).read_text() for p in ("Makefile", "packaging.mk"))
    targets = {t for names in re.findall(r"^([\w -]+):(?!=)", made, re.M) for t in names.split()}
    docker = (TOP / "Dockerfile").read_text()
    known = {"part": set(re.search(r"^\[ \$# -gt 0 \] \|\| set -- (.*)", (TOP / "test/packages/run").read_text(), re.M).group(1).split()),
             "target": set(re.findall(r"^FROM \S+ AS (\S+)", docker, re.M))}
    there = set(tracked(TOP))
    for path in (".ci/run", "Dockerfile", "compose.yaml", *tracked(TOP, "docker/*", ".github/workflows/*")):
        text = re.sub(r"^ *#.*", "", (TOP / path).read_text(), flags=re.M)
        for m in re.finditer(r"(?<![\w/.$-])(?:/srv/pds_fdw/)?((?:\.ci|test|demo|docker)/[\w./-]+)", text):
            if m.group(1) not in there:
                findings.append((path, line_at(text, m.start()), "script", f"there is no {m.group(1)}"))
        for m in re.finditer(r"\bmake (?:-\w+ )*([a-z][\w-]*)", re.sub(r"apt-get install[^&\n]*|command -v make", lambda c: " " * len(c.group(0)), text)):
            if m.group(1) not in targets:
                findings.append((path, line_at(text, m.start()), "script", f"make has no target {m.group(1)}"))
        for m in re.finditer(r"\b(part|target): \[?([\w, -]+)", text):
            for name in set(re.split(r"[, ]+", m.group(2).strip())) - known[m.group(1)]:
                findings.append((path, line_at(text, m.start()), "script", f"there is no {m.group(1)} {name}"))


def suites(findings):
    """test/README.md names each folder of test/, and each part of test/all."""
    page = "test/README.md"
    text = (TOP / page).read_text()
    folders = {Path(p).parts[1] for p in tracked(TOP, "test/*") if len(Path(p).parts) > 2}
    parts = re.search(r"^order='(.*)'", (TOP / "test/all").read_text(), re.M).group(1).split()
    for name in sorted(folders):
        if f"`{name}/" not in text and f"({name}/" not in text:
            findings.append((page, 1, "suite", f"the folder {name}/ is not in it"))
    for name in parts:
        if not re.search(rf"^\|.*`{name}`", text, re.M):
            findings.append((page, 1, "suite", f"the part {name} of test/all is not in it"))


def pictures(findings):
    """What is drawn and written from recorded figures is what the script makes of them."""
    stale = subprocess.run([sys.executable, TOP / "bench/report.py", "--check"], capture_output=True, text=True)
    for name in stale.stdout.split() or (["report.py"] if stale.returncode else []):
        findings.append((f"bench/{name}", 1, "figure", "it is not what bench/report.py writes of bench/results.json"))


def run():
    findings = []
    for rule in (citations, links, promises, version, scripts, suites, pictures):
        rule(findings)
    return sorted(set(findings))
