"""CTAS, UNLOAD and INSERT on Trino: Athena's properties translated, locations injected, a manifest written."""

import uuid

from . import storage
from .ddl_tokens import tokenize
from .errors import QueryFailed
from .results import Column, TextResult, metadata_object
from .statements import without_terminator

PASSED_ON = {"partitioned_by", "bucketed_by", "bucket_count"}
COMPRESSIONS = {"write_compression", "parquet_compression", "orc_compression", "compression"}


def write(engine, job):
    """Run the statement; the objects it made are listed in <location>/<id>-manifest.csv."""
    sql = without_terminator(job.query)
    if job.kind.substatement == "UNLOAD":
        made = unload(engine, job, sql)
    elif job.kind.substatement == "INSERT":
        made = insert(engine, job, sql)
    else:
        made = create_table_as(engine, job, sql)
    job.result = TextResult([Column("rows", "bigint")])
    if job.output_location:
        job.manifest = job.output_location + "-manifest.csv"
        storage.put(job.manifest, "".join(location + "\n" for location in made).encode())
        storage.put(job.output_location + ".metadata", metadata_object(job.id, job.result.columns))


def create_table_as(engine, job, sql):
    head, properties, query = split_ctas(sql)
    if properties.get("table_type", "'HIVE'").upper() != "'HIVE'":
        raise QueryFailed("NOT_SUPPORTED: only Hive tables can be made by this stand-in", 2, 1200)
    if job.output_location is None and "external_location" not in properties:
        raise QueryFailed("NOT_SUPPORTED: CTAS in a work group with managed results needs external_location", 2, 1200)
    location = properties.get("external_location", "")[1:-1].replace("''", "'") or (
        job.output_location.rpartition("/")[0] + f"/tables/{job.id}/")
    write_table(engine, job, head, properties, location, query, job.database)
    return written(location)


def unload(engine, job, sql):
    """A CTAS into a database of its own that is dropped again: the files stay. An empty result writes none."""
    query, location, properties = split_unload(sql)
    text = properties.get("format", "'PARQUET'").upper() in ("'TEXTFILE'", "'JSON'")
    if text or not COMPRESSIONS & set(properties):
        properties["compression"] = "'GZIP'"
    scratch = f"unload_{uuid.uuid4().hex}"
    storage.glue().create_database(scratch, {"Name": scratch})
    try:
        write_table(engine, job, f'CREATE TABLE "{scratch}"."t"', properties, location, query, job.database)
    finally:
        storage.glue().delete_database(scratch)
    return written(location)


def insert(engine, job, sql):
    location = location_of_target(job, sql)
    before = set(written(location)) if location else set()
    engine.run(sql, job.database, job, job.parameters, location=location)
    return sorted(set(written(location)) - before) if location else []


def location_of_target(job, sql):
    """The location of the table that INSERT INTO names; None where there is no such table."""
    names, after_dot = [], False
    for token in tokenize(sql)[2:]:
        if token != "." and names and not after_dot:
            break
        after_dot = token == "."
        if not after_dot:
            names.append(token.lower())
    database = names[-2] if len(names) > 1 else job.database
    known = storage.glue().databases.get(database)
    table = known.tables.get(names[-1]) if known and names else None
    return table.as_dict()["StorageDescriptor"]["Location"] if table else None


def write_table(engine, job, head, properties, location, query, database):
    if not location.endswith("/"):
        location += "/"
    if storage.list_objects(location):
        raise QueryFailed(f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{location}' already exists", 2, 1107)
    quoted = location.replace("'", "''")
    options, session = {"external_location": f"'{quoted}'", "format": properties.get("format", "'PARQUET'")}, {}
    for name, value in properties.items():
        if name in PASSED_ON:
            options[name] = value
        elif name == "field_delimiter":
            options["textfile_field_separator"] = value
        elif name in COMPRESSIONS:
            session["compression_codec"] = value.strip("'").upper()
    shown = ", ".join(f"{name} = {value}" for name, value in options.items())
    engine.run(f"{head} WITH ({shown}) AS {query}", database, job, job.parameters, session, location)


def written(location):
    bucket, _ = storage.split_location(location)
    return [f"s3://{bucket}/{key.name}" for key in storage.list_objects(location) if key.size]


def split_ctas(sql):
    """(CREATE TABLE name, {property: SQL of its value}, query)."""
    tokens = tokenize(sql)
    position = next(n for n, token in enumerate(tokens) if token.kind == "word" and token.upper() in ("WITH", "AS"))
    head, properties = sql[:tokens[position].start], {}
    if tokens[position].upper() == "WITH":
        properties, position = properties_at(sql, tokens, position + 1)
    if position >= len(tokens) or tokens[position].upper() != "AS":
        raise QueryFailed("line 1:1: mismatched input. Expecting: 'AS'", 2, 1006)
    return head.rstrip(), properties, sql[tokens[position].end:].strip()


def split_unload(sql):
    """(query, location, properties) of UNLOAD (query) TO 'location' WITH (…)."""
    tokens = tokenize(sql)
    close = matching(tokens, 1)
    if len(tokens) < close + 3 or tokens[close + 1].upper() != "TO" or tokens[close + 2].kind != "string":
        raise QueryFailed("line 1:1: mismatched input. Expecting: UNLOAD (SELECT …) TO 's3://…'", 2, 1006)
    properties = {}
    if len(tokens) > close + 3:
        if tokens[close + 3].upper() != "WITH":
            raise QueryFailed(f"line 1:1: mismatched input '{tokens[close + 3]}'. Expecting: 'WITH'", 2, 1006)
        properties, _ = properties_at(sql, tokens, close + 4)
    return sql[tokens[1].start:tokens[close].end], str(tokens[close + 2]), properties


def matching(tokens, opening):
    depth = 0
    for position in range(opening, len(tokens)):
        if tokens[position].kind == "other":
            depth += (tokens[position] in ("(", "[")) - (tokens[position] in (")", "]"))
        if depth == 0:
            return position
    raise QueryFailed("line 1:1: mismatched input '<EOF>'. Expecting: ')'", 2, 1006)


def properties_at(sql, tokens, opening):
    """The list that starts with the parenthesis at this token; also the position after it."""
    close = matching(tokens, opening)
    properties, position = {}, opening + 1
    while position < close:
        end = position + 2
        while end < close and (tokens[end] != "," or tokens[end].kind != "other"):
            end = matching(tokens, end) + 1 if tokens[end] in ("(", "[") and tokens[end].kind == "other" else end + 1
        properties[tokens[position].lower()] = sql[tokens[position + 2].start:tokens[end - 1].end]
        position = end + 1
    return properties, close + 1
