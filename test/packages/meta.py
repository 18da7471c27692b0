"""META.json against PGXN's specification (pgxn.org/spec, version 1.0.0), and each rule against a META.json that breaks it; prints TAP."""

import copy
import json
import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SEMVER = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
RANGE = re.compile(rf"0|{SEMVER}|(==|!=|<=|>=|<|>)\s*{SEMVER}(\s*,\s*(==|!=|<=|>=|<|>)\s*{SEMVER})*")
TERM = re.compile(r"[^\x00-\x1f\x7f\s/\\:]{2,}")
URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/]+(/\S*)?")
MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
LICENSES = {"agpl_3", "apache_1_1", "apache_2_0", "artistic_1", "artistic_2", "bsd", "freebsd", "gfdl_1_2", "gfdl_1_3", "gpl_1", "gpl_2",
            "gpl_3", "lgpl_2_1", "lgpl_3_0", "mit", "mozilla_1_0", "mozilla_1_1", "openssl", "perl_5", "postgresql", "qpl_1_0",
            "ssleay", "sun", "zlib", "open_source", "restricted", "unrestricted", "unknown"}
KNOWN = {"name", "version", "abstract", "maintainer", "license", "provides", "meta-spec", "description", "generated_by", "no_index",
         "prereqs", "release_status", "resources", "tags"}
PHASES = {"configure", "runtime", "build", "test", "develop"}
RELATIONS = {"requires", "recommends", "suggests", "conflicts"}


def text(value):
    return isinstance(value, str) and value.strip() != ""


def problems_of_provides(provides, files):
    if not isinstance(provides, dict) or not provides:
        yield "provides names no extension"
        return
    for name, extension in provides.items():
        if not TERM.fullmatch(name):
            yield f"provides: {name} is no term"
        if not re.fullmatch(SEMVER, str(extension.get("version"))):
            yield f"provides {name}: its version is no semantic one"
        for key in ("file", "docfile"):
            if (key == "file" or key in extension) and extension.get(key) not in files:
                yield f"provides {name}: its {key} is not in the distribution"


def problems_of_prereqs(prereqs):
    for phase, relations in prereqs.items():
        if phase not in PHASES and not phase.lower().startswith("x_"):
            yield f"prereqs: there is no phase {phase}"
        for relation, wanted in relations.items():
            if relation not in RELATIONS and not relation.lower().startswith("x_"):
                yield f"prereqs: there is no relation {relation}"
            for name, version in wanted.items():
                if not TERM.fullmatch(name) or not RANGE.fullmatch(str(version)):
                    yield f"prereqs: {name} {version} is no term and range"


def problems_of_resources(resources):
    tracker, repository = resources.get("bugtracker", {}), resources.get("repository", {})
    for where, url in (("homepage", resources.get("homepage")), ("bugtracker", tracker.get("web")),
                       ("repository", repository.get("url")), ("repository", repository.get("web"))):
        if not (text(url) and URL.fullmatch(url)):
            yield f"resources: {where} has no URL"
    if "mailto" in tracker and not MAIL.fullmatch(tracker["mailto"]):
        yield "resources: bugtracker's mailto is no address"
    if repository and not re.fullmatch(r"[a-z]+", repository.get("type", "")):
        yield "resources: repository's type is not in small letters"


def problems(meta, files):
    for key in ("name", "version", "abstract", "maintainer", "license", "provides", "meta-spec"):
        if key not in meta:
            yield f"{key} is missing"
    for key in meta:
        if key not in KNOWN and not key.lower().startswith("x_"):
            yield f"there is no {key}"
    if not TERM.fullmatch(meta.get("name", "")):
        yield "name is no term"
    if not re.fullmatch(SEMVER, str(meta.get("version"))):
        yield "version is no semantic one"
    for key in ("abstract", "description", "generated_by"):
        if key in meta and not text(meta[key]):
            yield f"{key} says nothing"
    maintainers = meta.get("maintainer")
    for one in maintainers if isinstance(maintainers, list) and maintainers else [maintainers]:
        if not text(one) or not re.search(r"<[^\s@]+@[^\s@]+>", one):
            yield "maintainer has no name and address"
    if meta.get("license") not in LICENSES:
        yield "license is none of the specification's"
    if meta.get("release_status") not in ("stable", "testing", "unstable"):
        yield "release_status is not stable, testing or unstable"
    if meta.get("meta-spec", {}).get("version") != "1.0.0" or not URL.fullmatch(meta.get("meta-spec", {}).get("url", "")):
        yield "meta-spec is not that of 1.0.0"
    for tag in meta.get("tags", []):
        if not (text(tag) and len(tag) <= 255 and not re.search(r"[\x00-\x1f\x7f/\\]", tag)):
            yield f"tag {tag!r} is empty, too long or has a character that it may not have"
    yield from problems_of_provides(meta.get("provides"), files)
    yield from problems_of_prereqs(meta.get("prereqs", {}))
    yield from problems_of_resources(meta.get("resources", {}))


def broken(meta):
    """(what was done to it, META.json)"""
    cases = [("no maintainer", lambda m: m.pop("maintainer")), ("a version of two numbers", lambda m: m.update(version="1.0")),
             ("another license", lambda m: m.update(license="PostgreSQL")), ("an unknown key", lambda m: m.update(homepage="x")),
             ("an empty abstract", lambda m: m.update(abstract=" ")), ("a name with a space", lambda m: m.update(name="pds fdw")),
             ("a status of its own", lambda m: m.update(release_status="beta")),
             ("a tag with a slash", lambda m: m["tags"].append("a/b")),
             ("a maintainer without an address", lambda m: m.update(maintainer="us")),
             ("nothing provided", lambda m: m.update(provides={})),
             ("a script that is not there", lambda m: m["provides"]["pds_fdw"].update(file="sql/other.sql")),
             ("a phase of its own", lambda m: m["prereqs"].update(install={})),
             ("a range that is none", lambda m: m["prereqs"]["runtime"]["requires"].update(PostgreSQL="15+")),
             ("a repository of type Git", lambda m: m["resources"]["repository"].update(type="Git")),
             ("no resources", lambda m: m.pop("resources")),
             ("another specification", lambda m: m["meta-spec"].update(version="2.0.0"))]
    for what, change in cases:
        case = copy.deepcopy(meta)
        change(case)
        yield what, case


def main():
    meta = json.loads((TOP / "META.json").read_text())
    tracked = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True, check=False)
    files = set(tracked.stdout.split()) or {str(p.relative_to(TOP)) for p in TOP.rglob("*")}
    n = failed = 0
    found = list(problems(meta, files))
    results = [(not found, "META.json obeys PGXN's specification", found)]
    results += [(bool(list(problems(case, files))), f"{what} is found", []) for what, case in broken(meta)]
    for n, (ok, what, notes) in enumerate(results, 1):
        failed += not ok
        print(f"{'ok' if ok else 'not ok'} {n} - {what}")
        for note in notes:
            print(f"# {note}")
    print(f"1..{n}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
