#!/usr/bin/env python3
"""Whole tables, as an engine behind Athena read them, against the extension.

    run.py [cases.json]     (on a running stack: its env is in the environment)

A file of cases says what lay in S3 and in Glue, and what rows or error each
statement gave on Trino; its key "format" explains the fields.  Every case is
made on the stack, imported, and read by engine direct.  Prints TAP, a line a
case: agreeing, differing (other rows, or rows instead of an error), failing
(an error instead of rows, or something in the case that is not understood).

What PostgreSQL cannot hold, NUL bytes and invalid UTF-8 in strings or dates out
of its range, must be error 22021 or 22008, and with on_error 'null' a NULL
beside values that agree.
"""
import json
import os
import re
import subprocess
import sys
import traceback

import boto3
from values import Mismatch, broken, of_postgres, of_trino, unholdable

DATABASE = "pds_serde"
BUCKET = "pds-serde"
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPENCSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
FIELDS = {"name", "group", "serde", "serde_params", "table_properties", "columns", "partition_keys", "partitions",
          "location_style", "session", "note", "files", "values", "value_differences", "agree"}
# Trino's functions that PostgreSQL has not, or has with another meaning; its search_path puts them first
FUNCTIONS = """
CREATE SCHEMA trino;
CREATE FUNCTION trino.to_utf8(text) RETURNS bytea LANGUAGE sql AS $$ SELECT pg_catalog.convert_to($1, 'UTF8') $$;
CREATE FUNCTION trino.to_hex(bytea) RETURNS text LANGUAGE sql AS $$ SELECT pg_catalog.upper(pg_catalog.encode($1, 'hex')) $$;
CREATE FUNCTION trino.padded(bpchar) RETURNS text LANGUAGE sql
	AS $$ SELECT pg_catalog.convert_from(pg_catalog.bpcharsend($1), 'UTF8') $$;
CREATE FUNCTION trino.padded(text) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$;
CREATE FUNCTION trino.length(bpchar) RETURNS bigint LANGUAGE sql AS $$ SELECT pg_catalog.length(trino.padded($1)) $$;
CREATE FUNCTION trino.concat(VARIADIC text[]) RETURNS text LANGUAGE sql
	AS $$ SELECT CASE WHEN pg_catalog.array_position($1, NULL) IS NULL THEN pg_catalog.array_to_string($1, '') END $$;
CREATE TABLE trino.partitions (prefix text, name text);
CREATE FUNCTION trino.partition_of(text) RETURNS text LANGUAGE sql
	AS $$ SELECT name FROM trino.partitions WHERE pg_catalog.starts_with($1, prefix) $$;
"""


class Failing(Exception):
    """The case cannot be made or read."""


class Psql:
    """One session; every statement gives its lines, or the SQLSTATE and message of its error."""

    def __init__(self, database):
        self.p = subprocess.Popen(["psql", "-XqAt", "-v", "VERBOSITY=verbose", "-d", database], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                                  errors="surrogateescape")
        self.n = 0

    def run(self, sql):
        """(lines, None) or (lines so far, (sqlstate, message)); notices are among the lines."""
        self.n += 1
        mark = f"<end of statement {self.n}>"
        self.p.stdin.write(f"{sql};\n\\echo '{mark}' :ERROR :SQLSTATE\n\\echo :LAST_ERROR_MESSAGE\n\\echo '{mark}'\n")
        self.p.stdin.flush()
        lines = []
        while True:
            line = self.p.stdout.readline()
            if not line:
                raise Failing("the session is gone: " + " ".join(lines[-3:]))
            if line.startswith(mark):
                break
            lines.append(line.rstrip("\n"))
        _, error, state = line[len(mark):].rstrip("\n").split(" ")
        message = []
        while not (line := self.p.stdout.readline()).startswith(mark):
            message.append(line.rstrip("\n"))
        return lines, (state, " ".join(message)) if error == "true" else None

    def must(self, sql):
        lines, error = self.run(sql)
        if error:
            raise Failing(f"{error[0]}: {error[1]}: {sql[:200]}")
        return lines


def literal(text):
    return "'" + str(text).replace("'", "''") + "'"


def name(text):
    return '"' + text.replace('"', '""') + '"'


def bytes_of(f):
    import base64
    if "base64" in f:
        return base64.b64decode(f["base64"])
    return f["text"].encode()


def escaped(text):
    """A partition's value in "$partition": as Hive writes it in a path."""
    return "".join(f"%{ord(c):02X}" if ord(c) < 32 or c in "\x7f\"#%'*/:=?\\{[]^" else c for c in text)


class Case:
    """One case on the stack: objects, Glue table, foreign table."""

    def __init__(self, case, number, services, psql):
        self.case, self.psql = case, psql
        self.s3, self.glue = services
        self.table = f"c{number:04}x"
        unknown = [k for k in case if k not in FIELDS and not re.fullmatch(r"trino\d+", k)]
        if unknown:
            raise Failing("fields that are not known: " + ", ".join(unknown))
        self.keys = [k for k, _ in case["partition_keys"]]
        self.answers = case["trino476"]

    # -- S3 and Glue

    def descriptor(self, location, serde, serde_params, columns):
        tp = self.case["table_properties"]
        return {"Columns": [{"Name": n, "Type": t} for n, t in columns], "Location": location,
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "Parameters": {k[len("__sd__"):]: v for k, v in tp.items() if k.startswith("__sd__")},
                "SerdeInfo": {"SerializationLibrary": serde, "Parameters": serde_params}}

    def make(self, table, files):
        c = self.case
        if c["location_style"] not in ("dir/", "noslash"):
            raise Failing(f"location_style {c['location_style']} is not known")
        location = f"s3://{BUCKET}/{table}" + ("/" if c["location_style"] == "dir/" else "")
        for key, data in files:
            path = f"{table}/{key.replace('{n}', table)}"
            path = re.sub(r"(^|/)[^/]+/\.\./", r"\1", path)
            self.s3.put_object(Bucket=BUCKET, Key=path, Body=data)
        self.glue.create_table(DatabaseName=DATABASE, TableInput={
            "Name": table, "TableType": "EXTERNAL_TABLE",
            "Parameters": {k: v for k, v in c["table_properties"].items() if not k.startswith("__sd__")},
            "PartitionKeys": [{"Name": n, "Type": t} for n, t in c["partition_keys"]],
            "StorageDescriptor": self.descriptor(location, c["serde"], c["serde_params"], c["columns"])})
        self.partition_names = []
        for p in c["partitions"]:
            over = p["overrides"]
            unknown = set(over) - {"sp", "pp", "serde", "cols"}
            if unknown:
                raise Failing("overrides that are not known: " + ", ".join(sorted(unknown)))
            place = f"s3://{BUCKET}/{table}/{p['location_suffix']}"
            self.glue.create_partition(DatabaseName=DATABASE, TableName=table, PartitionInput={
                "Values": p["values"], "Parameters": over.get("pp", {}),
                "StorageDescriptor": self.descriptor(place, over.get("serde", c["serde"]),
                                                     over.get("sp", c["serde_params"]), over.get("cols", c["columns"]))})
            named = "/".join(f"{k}={escaped(v)}" for k, v in zip(self.keys, p["values"]))
            self.partition_names.append((place, named))

    # -- the foreign table

    def import_table(self, table):
        """Import it; a table that import leaves out must have been named in a message."""
        c = self.case
        said, error = self.psql.run(f"IMPORT FOREIGN SCHEMA {DATABASE} LIMIT TO ({name(table)}) FROM SERVER aws INTO public")
        if error:
            return error
        if not self.psql.must(f"SELECT 1 FROM pg_foreign_table WHERE ftrelid = to_regclass({literal(table)})"):
            if not any(table in line for line in said):
                raise Failing("the table was left out without a word")
            if c["columns"] or c["partition_keys"]:
                return ("42P01", " ".join(said))
            # a table without columns has rows all the same
            self.psql.must(f"CREATE FOREIGN TABLE {name(table)} () SERVER aws OPTIONS (database '{DATABASE}', table_name '{table}')")
        if c["serde"] == OPENCSV:
            # Trino gives every column of it as varchar; Athena's own types are not in these files (doc/dev/aws.md §6.4)
            for n, t in c["columns"]:
                if t != "string":
                    column = f"ALTER FOREIGN TABLE {name(table)} ALTER COLUMN {name(n.lower())}"
                    self.psql.must(f"{column} OPTIONS (DROP glue_type); {column} TYPE text")
        self.session(table)
        for statement in self.answers:
            if re.search(r'"\$pa(th|rtition)"', statement["sql"]):
                self.psql.must(f'ALTER FOREIGN TABLE {name(table)} ADD COLUMN "$path" text')
                self.psql.must("TRUNCATE trino.partitions")
                for place, named in self.partition_names:
                    self.psql.must(f"INSERT INTO trino.partitions VALUES ({literal(place)}, {literal(named)})")
                break
        return None

    def session(self, table):
        """Trino's session properties: what they mean for a foreign table."""
        for setting in (self.case["session"] or "").split(","):
            key, _, value = setting.partition("=")
            if key in ("", "hive.max_split_size", "hive.max_initial_split_size"):
                continue            # results do not depend on splits
            if key != "hive.timestamp_precision" or value not in ("MICROSECONDS", "NANOSECONDS", "MILLISECONDS"):
                raise Failing(f"the session property {setting} is not known")
            if value == "MILLISECONDS":
                continue
            for n, t in self.case["columns"]:
                if t == "timestamp":
                    self.psql.must(f"ALTER FOREIGN TABLE {name(table)} ALTER COLUMN {name(n.lower())} TYPE timestamp(6)")

    # -- statements

    def query(self, table, sql):
        """(rows as lists of JSON texts, None) or (None, error)"""
        sql = re.sub(r"\bT\b", name(table), sql)
        sql = sql.replace('"$partition"', 'trino.partition_of("$path")')
        sql = re.sub(r"cast\((\w+) as varchar\)", r"trino.padded(\1)", sql, flags=re.I)
        if re.match(r"select \* ", sql, re.I):
            hidden = self.psql.must("SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
                                    f" WHERE attrelid = {literal(table)}::regclass AND attnum > 0 AND attname <> '$path'")
            sql = re.sub(r"select \* ", lambda m: f"select {hidden[0]} ", sql, count=1, flags=re.I)
        lines, error = self.psql.run(f"SELECT row_to_json(q) FROM ({sql}) q")
        if error:
            return None, error
        keep = {"parse_int": str, "parse_float": str, "parse_constant": str}
        return [json.loads(line, object_pairs_hook=list, **keep) for line in lines if line.startswith("{")], None

    def compare(self, table, statement, nulls=False):
        """Raise Mismatch or Failing when the statement does not give what it gave on Trino."""
        rows, error = self.query(table, statement["sql"])
        types = [t for _, t in statement.get("columns") or []]
        if "error" in statement:
            if error is None:
                if "has no columns" in statement["error"]["message"] and all(not r for r in rows):
                    return          # such a table gives rows without columns here
                raise Mismatch(f"{statement['sql']}: {len(rows)} rows, on Trino: {statement['error']['message']}")
            if error[0] == "XX000" or error[0][:2] in ("57", "08"):
                raise Failing(f"{statement['sql']}: {error[0]}: {error[1]}")
            return
        if error:
            raise Failing(f"{statement['sql']}: {error[0]}: {error[1]}")
        want = sorted(repr(tuple(of_trino(t, v, nulls) for t, v in zip(types, row, strict=True)))
                      for row in self.moved(table, statement))
        got = sorted(repr(tuple(of_postgres(t, v) for t, (_, v) in zip(types, row, strict=True))) for row in rows)
        if got != want:
            extra = [g for g in got if g not in want][:3]
            missing = [w for w in want if w not in got][:3]
            raise Mismatch(f"{statement['sql']}: {len(got)} rows, {len(want)} wanted; got {extra}, wanted {missing}")

    @staticmethod
    def moved(table, statement):
        """The expected rows, "$path" as it is here: the cases had a folder each, s3://bucket/folder/key."""
        paths = [i for i, (n, _) in enumerate(statement.get("columns") or []) if n == "$path"]
        return [[re.sub(r"^s3://[^/]+/[^/]+", f"s3://{BUCKET}/{table}", v) if i in paths else v
                 for i, v in enumerate(row)] for row in statement["rows"]]

    def compare_unholdable(self, statement):
        """Strings that PostgreSQL cannot hold: error 22021, and NULL with on_error 'null'."""
        rows, error = self.query(self.table, statement["sql"])
        if error is None and re.match(r"select count\(\*\) from", statement["sql"], re.I):
            return self.compare(self.table, statement)
        if error is None or error[0] not in ("22021", "22008"):
            raise Mismatch(f"{statement['sql']}: {error or f'{len(rows)} rows'}, not error 22021 or 22008")
        if not re.match(r"select \* ", statement["sql"], re.I):
            return None
        self.psql.must(f"ALTER FOREIGN TABLE {name(self.table)} OPTIONS (ADD on_error 'null')")
        try:
            self.compare(self.table, statement, nulls=True)
        finally:
            self.psql.must(f"ALTER FOREIGN TABLE {name(self.table)} OPTIONS (DROP on_error)")
        return None

    # -- value matrices

    def compare_values(self):
        """One value a line: those that Trino refused one by one, the others together."""
        c = self.case
        lines = bytes_of(c["files"][0]).split(b"\n")[:-1]
        if len(c["files"]) != 1 or len(lines) != len(c["values"]):
            raise Failing("values and lines of the file do not go together")
        types = self.value_types()
        bad = [i for i, v in enumerate(c["values"]) if refused(types[1], v["trino476"])]
        good = b"".join(lines[i] + b"\n" for i in range(len(lines)) if i not in bad)
        key = c["files"][0]["key"]
        groups = [(f"{self.table}g", good)] + [(f"{self.table}e{i}", lines[i] + b"\n") for i in bad]
        for table, data in groups:
            self.make(table, [(key, data)])
            error = self.import_table(table)
            if error:
                raise Failing(f"{table}: {error[1]}")
            statement = {"sql": "select * from T", "columns": list(zip("kv", types))}
            if table.endswith("g"):
                statement["rows"] = [[i, v["trino476"]] for i, v in enumerate(c["values"]) if i not in bad]
            else:
                statement["error"] = {"message": "the value is refused"}
            self.compare(table, statement)

    def value_types(self):
        for statement in self.answers:
            if re.match(r"select \* ", statement["sql"], re.I) and statement.get("columns"):
                return [t for _, t in statement["columns"]]
        hive = self.case["columns"][1][1]
        return ["integer", {"int": "integer", "float": "real", "string": "varchar", "binary": "varbinary",
                            "timestamp": "timestamp(3)"}.get(hive, hive)]

    def check(self):
        c = self.case
        if c["serde"] not in (LAZY, OPENCSV):
            raise Failing(f"SerDe {c['serde']} is not known")
        if not self.answers:
            raise Failing("there are no statements")
        self.make(self.table, [(f["key"], bytes_of(f)) for f in c["files"]])
        error = self.import_table(self.table)
        if error:
            wanted = [s for s in self.answers if "error" not in s]
            if wanted:
                raise Failing(f"{wanted[0]['sql']}: the table was not imported: {error[1]}")
            return
        unheld = any(unholdable(s, [bytes_of(f) for f in c["files"]]) for s in self.answers)
        for statement in self.answers:
            if unheld:
                self.compare_unholdable(statement)
            else:
                self.compare(self.table, statement)
        if c.get("values") and not unheld:
            self.compare_values()


def refused(kind, v):
    """By Trino, or by PostgreSQL, which has no such date."""
    return "error" in v if isinstance(v, dict) else broken(v, kind.split("(")[0])


def prepare():
    s3, glue = boto3.client("s3"), boto3.client("glue")
    try:
        s3.create_bucket(Bucket=BUCKET)
    except s3.exceptions.BucketAlreadyOwnedByYou:
        pass
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for o in page.get("Contents", []):
            s3.delete_object(Bucket=BUCKET, Key=o["Key"])
    try:
        glue.delete_database(Name=DATABASE)
    except glue.exceptions.EntityNotFoundException:
        pass
    glue.create_database(DatabaseInput={"Name": DATABASE})
    first = Psql("postgres")
    first.must(f"DROP DATABASE IF EXISTS {DATABASE}")
    first.must(f"CREATE DATABASE {DATABASE} ENCODING 'UTF8' TEMPLATE template0")
    psql = Psql(DATABASE)
    env = os.environ
    psql.must("CREATE EXTENSION pds_fdw")
    psql.must("CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw OPTIONS ("
              f"region {literal(env['AWS_REGION'])}, endpoint_url {literal(env['AWS_ENDPOINT_URL'])}, engine 'direct')")
    psql.must(f"CREATE USER MAPPING FOR CURRENT_USER SERVER aws OPTIONS (access_key_id {literal(env['AWS_ACCESS_KEY_ID'])},"
              f" secret_access_key {literal(env['AWS_SECRET_ACCESS_KEY'])})")
    psql.must("SET TimeZone = 'UTC'; SET DateStyle = ISO; SET extra_float_digits = 1")
    psql.must(FUNCTIONS)
    psql.must("SET search_path = trino, public, pg_catalog")
    return (s3, glue), psql


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PDS_SERDE_CASES") or f"{TOP}/test/vectors/serde_cases.json"
    with open(path, encoding="utf-8") as f:
        cases = json.load(f)["cases"]
    services, psql = prepare()
    print(f"1..{len(cases)}")
    failed = 0
    for i, case in enumerate(cases, 1):
        try:
            label = f"{case.get('group', '')}/{case['name']}"
        except (KeyError, TypeError):
            label = f"case {i}"
        how, why = "agreeing", ""
        try:
            Case(case, i, services, psql).check()
        except Mismatch as e:
            how, why = "differing", str(e)
        except Failing as e:
            how, why = "failing", str(e)
        except Exception:       # whatever a case holds that was not foreseen
            how, why = "failing", traceback.format_exc()
        failed += how != "agreeing"
        print(f"{'ok' if how == 'agreeing' else 'not ok'} {i} - {how}: {label}".replace("#", "\\#"))
        for line in ascii_lines(why):
            print("#   " + line)
        sys.stdout.flush()
    return 1 if failed else 0


def ascii_lines(text):
    return text.encode("unicode_escape").decode().replace("\\n", "\n").splitlines()[:12]


if __name__ == "__main__":
    sys.exit(main())
