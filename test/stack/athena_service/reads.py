"""What a statement reads: the catalog entries and objects of every table that its text names, as a digest.

Names count wherever they stand: a column that is called like a table makes the digest depend on more than it must,
never on less.
"""

import base64
import binascii
import gzip
import hashlib
import json
import re
import zlib

from . import storage

# What packed objects hold, by their ETag and size: content().
UNPACKED = {}
TOKEN = re.compile(r"""
    \s+ | --[^\n]* | /\*.*?\*/ | '(?:[^']|'')*'
  | "(?P<quoted>(?:[^"]|"")*)" | (?P<word>[A-Za-z_][A-Za-z_0-9$]*) | (?P<dot>\.) | .
""", re.VERBOSE | re.DOTALL)
# What Glue, the clock and Trino's query ids put into an entry.
VOLATILE = {"CreateTime", "UpdateTime", "CreationTime", "LastAccessTime", "LastAnalyzedTime", "VersionId", "CatalogId",
            "CreatedBy", "DatabaseName", "TableName", "IsRegisteredWithLakeFormation"}
VOLATILE_PARAMETERS = {"trino_query_id", "presto_query_id", "trino_version", "presto_version", "transient_lastDdlTime"}


def digest(sql, database):
    """The digest of what sql reads in this database; sixteen hexadecimal digits."""
    seen = {}
    collect(sql, database, seen)
    text = json.dumps(sorted(seen.items()), sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def collect(sql, database, seen):
    databases = storage.glue().databases
    for chain in chains(sql):
        for schema, name in [(database, chain[0])] + list(zip(chain, chain[1:])):
            known = databases.get(schema)
            table = known.tables.get(name) if known else None
            if known and schema != database:
                seen.setdefault(f"database {schema}", None)
            if table is None or f"{schema}.{name}" in seen:
                continue
            entry = steady(table.as_dict())
            seen[f"{schema}.{name}"] = [entry, contents(table, '"$' in sql)]
            view = view_of(entry)
            if view:
                collect(view.get("originalSql", ""), view.get("schema"), seen)


def chains(sql):
    """Names that dots join, in lower case."""
    out, chain, joined = [], [], False
    for found in TOKEN.finditer(sql):
        name = found["quoted"].replace('""', '"') if found["quoted"] is not None else found["word"]
        if name is not None:
            if not joined and chain:
                out.append(chain)
                chain = []
            chain.append(name.lower())
            joined = False
        elif found["dot"]:
            joined = bool(chain)
        elif chain and found.group().strip():
            out.append(chain)
            chain, joined = [], False
    return out + ([chain] if chain else [])


def steady(value):
    """A catalog entry without what differs from run to run."""
    if isinstance(value, dict):
        return {k: {n: v for n, v in value[k].items() if n not in VOLATILE_PARAMETERS} if k == "Parameters" and value[k]
                else steady(value[k]) for k in value if k not in VOLATILE and value[k] not in (None, {}, [])}
    if isinstance(value, list):
        return [steady(v) for v in value]
    return value


def contents(table, with_names):
    """Partitions and objects of a table; what the objects are called matters only where "$path" is asked for."""
    partitions = [steady(p.as_dict()) for p in table.partitions.values()]
    places = {(e.get("StorageDescriptor") or {}).get("Location") for e in [table.as_dict()] + partitions}
    return [sorted(partitions, key=lambda p: p["Values"]), [objects(place, with_names) for place in sorted(filter(None, places))]]


def objects(location, with_names):
    found = storage.LOCATION.fullmatch(location)
    if not found or not storage.bucket_exists(found[1]):
        return [location]
    below = found[2].rstrip("/")
    return [location] + sorted([key.name if with_names else None, *content(key)] for name, key in storage.entries(found[1])
                               if name.startswith(below) and name[len(below):][:1] in ("", "/"))


def content(key):
    """What tells an object's content: of gzip the bytes that come out, since what a library packs differs from processor
    to processor."""
    if not key.name.endswith(".gz"):
        return key.etag, key.size
    known = key.etag, key.size
    if known not in UNPACKED:
        try:
            plain = gzip.decompress(key.value)
            UNPACKED[known] = hashlib.md5(plain, usedforsecurity=False).hexdigest(), len(plain)
        except (OSError, EOFError, zlib.error):
            UNPACKED[known] = known
    return UNPACKED[known]


def view_of(entry):
    """The definition of a view that Trino made, else None."""
    text = re.fullmatch(r"/\* Presto View: (.*) \*/", entry.get("ViewOriginalText") or "", re.DOTALL)
    try:
        return json.loads(base64.b64decode(text[1])) if text else None
    except (ValueError, binascii.Error):
        return None
