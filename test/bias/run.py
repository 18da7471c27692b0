#!/usr/bin/env python3
"""Bias metrics against vectors made by running smclarify.

    run.py      (on a running stack: its env is in the environment)

Walks test/vectors/bias_vectors.json, or the file of that form named by PDS_BIAS_VECTORS.  Each case is worked out by
pds.bias_report, by the aggregate over the rows, and by the aggregate over rows grouped first; with strict => true it must
give the file's textbook_union_of_labels.  Data sets are looked for beside the vectors and in ../shared/data (absent: SKIP)
and read from S3 through a foreign table.  Prints TAP.
"""
import collections
import csv
import hashlib
import json
import math
import os
import re
import subprocess
import sys

import boto3

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SHARED = os.environ.get("PDS_SHARED", os.path.join(TOP, "..", "shared"))
VECTORS = os.environ.get("PDS_BIAS_VECTORS") or os.path.join(TOP, "test", "vectors", "bias_vectors.json")
BUCKET, DATABASE = "pds-bias", "pds_bias"
AGGREGATES = {"CI": "class_imbalance", "DPL": "positive_proportions_difference", "KL": "kl_divergence",
              "JS": "js_divergence", "LP": "lp_norm", "TVD": "total_variation_distance", "KS": "kolmogorov_smirnov",
              "CDDL": "conditional_demographic_disparity"}


def psql(sql, database=DATABASE):
    done = subprocess.run(["psql", "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-"],
                          input=sql.encode(), capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace").strip())
    return done.stdout.decode()


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"'{value!r}'"
    return "'" + value.replace("'", "''") + "'"


def sql_type(values):
    kinds = {type(v) for v in values if v is not None}
    if kinds == {bool}:
        return "boolean"
    if kinds == {int}:
        return "bigint"
    if kinds and kinds <= {int, float}:
        return "double precision"
    return "text"


def array(values):
    return "ARRAY[" + ", ".join(literal(v) for v in values) + "]"


def conditions(params):
    """What pds.bias_report is told, and the boolean expressions that the aggregates get."""
    told = []
    facet = positive = None
    if "facet_in" in params:
        told.append(f"facet_values => {array(params['facet_in'])}")
        facet = f"facet IN ({', '.join(literal(v) for v in params['facet_in'])})"
    if "facet_gt" in params:
        told.append(f"facet_above => {params['facet_gt']}")
        facet = f"facet > {params['facet_gt']}"
    if "positive_in" in params:
        told.append(f"positive_values => {array(params['positive_in'])}")
        positive = f"label IN ({', '.join(literal(v) for v in params['positive_in'])})"
    if "positive_gt" in params:
        told.append(f"positive_above => {params['positive_gt']}")
        positive = f"label > {params['positive_gt']}"
    return told, facet, positive


def queries(case, relation, columns, rows):
    """(what, SQL) of each way to the metric; rows is where facet, label and grp are columns."""
    metric, (told, facet, positive) = case["metric"], conditions(case["params"])
    if columns.get("group"):
        told.append(f"group_by => '{columns['group']}'")
    report = (f"SELECT value FROM pds.bias_report('{relation}', '{columns['facet']}', '{columns['label']}', {{}}) "
              f"WHERE metric = '{metric}'")
    args = [facet] if metric == "CI" and positive is None else [facet, positive or "label"]
    if metric == "CDDL":
        args.append("grp")
    name, args = "pds." + AGGREGATES[metric], ", ".join(args)
    grouped = f"(SELECT facet, label, grp, count(*) AS n FROM {rows} GROUP BY 1, 2, 3) g"
    yield "report", report.format(", ".join(told)), "expected"
    yield "aggregate", f"SELECT {name}({args}) FROM {rows}", "expected"
    weighted = f"{args}, n" if "," in args else f"{args}, 0, n"
    yield "weighted", f"SELECT {name}({weighted}) FROM {grouped}", "expected"
    if "textbook_union_of_labels" in case:
        yield "strict report", report.format(", ".join(told + ["strict => true"])), "textbook_union_of_labels"
        yield "strict aggregate", f"SELECT {name}({weighted}, true) FROM {grouped}", "textbook_union_of_labels"


def agrees(got, expected, tolerance):
    if expected is None or got in ("", None):
        return expected is None and got in ("", None)
    return math.isclose(float(got), float(expected), rel_tol=tolerance["rel"], abs_tol=tolerance["abs"]) or \
        float(got) == float(expected)


class Tap:
    def __init__(self):
        self.number = self.failed = 0

    def result(self, name, ok, lines=()):
        self.number += 1
        self.failed += not ok
        print(f"{'ok' if ok else 'not ok'} {self.number} - {name}".replace("#", "\\#"), flush=True)
        for line in lines if not ok else ():
            print("#   " + line.replace("\n", "\n#   "))

    def skip(self, name, why):
        self.number += 1
        print(f"ok {self.number} - {name} # SKIP {why}")


def find(dataset):
    for folder in (os.path.dirname(os.path.abspath(VECTORS)), os.path.join(SHARED, "data")):
        if os.path.exists(os.path.join(folder, dataset)):
            return os.path.join(folder, dataset)
    return None


def load(dataset, about, s3):
    """A foreign table over the data set in S3, and its copy in the heap; the name of both, or None."""
    path = find(dataset)
    if path is None:
        return None
    with open(path, "rb") as f:
        data = f.read()
    if about.get("sha256") and hashlib.sha256(data).hexdigest() != about["sha256"]:
        raise RuntimeError(f"{path} is another file than the one the vectors were made of")
    name = re.sub(r"\W", "_", dataset)
    s3.put_object(Bucket=BUCKET, Key=f"{name}/{dataset}", Body=data)
    with open(path, newline="", encoding="utf-8") as f:
        records = list(csv.DictReader(f))

    def kind(column):
        values = {r[column] for r in records if r[column] != ""}
        for t, pattern in (("bigint", r"[+-]?\d{1,18}"), ("double precision", r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")):
            if values and all(re.fullmatch(pattern, v) for v in values):
                return t
        return "text"

    columns = ", ".join(f'"{c}" {kind(c)}' for c in records[0])
    psql(f"""CREATE FOREIGN TABLE lake.{name} ({columns}) SERVER aws
                 OPTIONS (location 's3://{BUCKET}/{name}/', format 'csv', header 'true');
             CREATE TABLE heap.{name} AS SELECT * FROM lake.{name};""")
    return name


def inline(case):
    """SQL that makes the case's rows a table."""
    n = len(case["facet"])
    columns = {k: case.get(k, [None] * n) for k in ("facet", "label", "group")}
    types = {k: sql_type(v) for k, v in columns.items()}
    values = ", ".join("(" + ", ".join(literal(v[i]) for v in columns.values()) + ")" for i in range(n))
    return (f"CREATE TEMP TABLE c (facet {types['facet']}, label {types['label']}, grp {types['group']});"
            f"INSERT INTO c VALUES {values};")


def check(tap, name, before, asked, case, tolerance):
    try:
        out = psql(before + ";".join(sql for _, sql, _ in asked) + ";").split("\n")
    except RuntimeError as e:
        tap.result(name, False, [str(e)])
        return
    lines = [f"{what}: {out[i] or 'NULL'}, expected {case[key]}" for i, (what, _, key) in enumerate(asked)
             if not agrees(out[i], case[key], tolerance)]
    tap.result(name, not lines, lines)


def run_case(tap, case, datasets, tolerance):
    name = case["id"] + " " + case["metric"]
    if "dataset" not in case:
        group = {"group": "grp"} if "group" in case else {}
        check(tap, name, inline(case),
              list(queries(case, "c", {"facet": "facet", "label": "label", **group}, "c")), case, tolerance)
        return
    relation = datasets[case["dataset"]]
    if relation is None:
        tap.skip(name, f"{case['dataset']} is not here")
        return
    columns = case["columns"]
    for schema in ("heap", "lake"):
        rows = (f"(SELECT \"{columns['facet']}\" AS facet, \"{columns['label']}\" AS label, "
                f"{json.dumps(columns['group']) if columns.get('group') else 'NULL::text'} AS grp FROM {schema}.{relation}) r")
        check(tap, f"{name} ({schema})", "", list(queries(case, f"{schema}.{relation}", columns, rows)), case, tolerance)


def report_arguments(report):
    """A report's facet and label in our words; a threshold's name looks like an interval."""
    told, facet, label = [], report["facet"], report["label"]
    threshold = [e["value_or_threshold"] for e in report["expected"] if re.match(r"\(.*\]$", str(e["value_or_threshold"]))]
    if facet["values_or_threshold"]:
        told.append(f"facet_above => {facet['values_or_threshold'][0]}" if threshold
                    else f"facet_values => {array(facet['values_or_threshold'])}")
    told.append(f"positive_values => {array(label['positive_values_or_threshold'])}")
    if report.get("group"):
        told.append(f"group_by => '{report['group']}'")
    return told, bool(threshold)


def run_report(tap, report, datasets, tolerance):
    name = "report " + report["id"]
    relation = datasets.get(report.get("dataset") or next(iter(datasets), None))
    if relation is None:
        tap.skip(name, "its data set is not here")
        return
    told, threshold = report_arguments(report)
    # The call on integers without missing ones was made on the rows that have a value.
    where = f'"{report["facet"]["name"]}" IS NOT NULL' if "without_missing" in report["id"] else "true"
    for schema in ("heap", "lake"):
        view = f'CREATE TEMP VIEW v AS SELECT * FROM {schema}.{relation} WHERE {where};'
        call = f"'v', '{report['facet']['name']}', '{report['label']['name']}', {', '.join(told)}"
        try:
            got = json.loads(psql(view + f"SELECT pds.bias_json({call})").strip())
            rows = psql(view + f"SELECT facet_value, metric, value FROM pds.bias_report({call})")
        except RuntimeError as e:
            tap.result(f"{name} ({schema})", False, [str(e)])
            continue
        facets = got["pre_training_bias_metrics"]["facets"][report["facet"]["name"]]
        lines = compare_report(report["expected"], facets, threshold, tolerance)
        table = collections.defaultdict(dict)
        for facet, metric, value in (line.split("\t") for line in rows.strip("\n").split("\n")):
            table[facet][metric] = value
        for facet in facets:
            for m in facet["metrics"]:
                if not agrees(table[facet["value_or_threshold"]].get(m["name"]), m["value"], tolerance):
                    lines.append(f"{facet['value_or_threshold']} {m['name']}: bias_json and bias_report differ")
        tap.result(f"{name} ({schema})", not lines, lines)


def compare_report(expected, facets, threshold, tolerance):
    if threshold:
        by_value = {e["value_or_threshold"]: facets[0] for e in expected}
    else:
        by_value = {f["value_or_threshold"]: f for f in facets}
    lines = [f"facets {sorted(by_value)}"] if len(expected) != len(facets) else []
    for e in expected:
        f = by_value.get(str(e["value_or_threshold"]))
        if f is None:
            lines.append(f"no facet {e['value_or_threshold']}")
            continue
        metrics = {m["name"]: m for m in f["metrics"]}
        for m in e["metrics"]:
            got = metrics.get(m["name"])
            if got is None or not agrees(got["value"], m["value"], tolerance) or got["description"] != m["description"]:
                lines.append(f"{e['value_or_threshold']} {m['name']}: {got}, expected {m}")
    return lines


def main():
    with open(VECTORS, encoding="utf-8") as f:
        vectors = json.load(f)
    env = os.environ
    s3 = boto3.client("s3", endpoint_url=env["AWS_ENDPOINT_URL"], region_name=env["AWS_REGION"])
    s3.create_bucket(Bucket=BUCKET)
    psql(f"DROP DATABASE IF EXISTS {DATABASE}", database="postgres")
    psql(f"CREATE DATABASE {DATABASE}", database="postgres")
    psql(f"""
        CREATE EXTENSION pds_fdw; CREATE SCHEMA lake; CREATE SCHEMA heap;
        CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw OPTIONS (region '{env["AWS_REGION"]}',
            endpoint_url '{env["AWS_ENDPOINT_URL"]}');
        CREATE USER MAPPING FOR CURRENT_USER SERVER aws OPTIONS (access_key_id '{env["AWS_ACCESS_KEY_ID"]}',
            secret_access_key '{env["AWS_SECRET_ACCESS_KEY"]}')""")
    names = set(vectors.get("datasets", {})) | {c["dataset"] for c in vectors["cases"] if "dataset" in c}
    datasets = {d: load(d, vectors.get("datasets", {}).get(d, {}), s3) for d in sorted(names)}
    tap = Tap()
    for case in vectors["cases"]:
        run_case(tap, case, datasets, vectors["tolerance"])
    for report in vectors.get("reports", []):
        run_report(tap, report, datasets, vectors["tolerance"])
    print(f"1..{tap.number}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
