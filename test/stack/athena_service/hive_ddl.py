"""Hive DDL, carried out on Glue: what Athena runs on its DDL engine rather than on Trino."""

import re
import urllib.parse

from moto.core.exceptions import JsonRESTError

from . import storage
from .ddl_tokens import Cursor
from .errors import QueryFailed, invalid_request
from .results import Column

LAZY_SIMPLE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
STORED_AS = {
    "TEXTFILE": (TEXT_INPUT, TEXT_OUTPUT, LAZY_SIMPLE),
    "PARQUET": ("org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"),
    "ORC": ("org.apache.hadoop.hive.ql.io.orc.OrcInputFormat", "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
            "org.apache.hadoop.hive.ql.io.orc.OrcSerde"),
}


def check(sql):
    """Syntax errors are refused at StartQueryExecution, as for any other statement."""
    try:
        parse(sql, "")
    except QueryFailed as failure:
        if failure.error_type == 1006:
            raise invalid_request(failure.reason, "MALFORMED_QUERY") from None


def execute(sql, database):
    """(columns, rows) of the statement's text result."""
    action = parse(sql, database)
    try:
        return action()
    except JsonRESTError as error:
        raise ddl_failure(error) from None


def ddl_failure(error):
    """Hive's own words around Glue's."""
    message = error.message if hasattr(error, "message") else str(error)
    if getattr(error, "error_type", "") == "EntityNotFoundException" or "not found" in message:
        return QueryFailed(f"FAILED: SemanticException [Error 10001]: {message}", 2, 1110)
    return QueryFailed("FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
                       f"{message}", 2, 1003)


def parse(sql, database):
    """The statement as a function without arguments."""
    cursor = Cursor(sql)
    for words, parser in PARSERS:
        if cursor.accept(*words):
            action = parser(cursor, database)
            if not cursor.at_end:
                cursor.fail()
            return action
    return cursor.fail()


def done(action):
    """A statement without a result."""
    def run():
        action()
        return [], []
    return run


def strings(name, rows):
    return [Column(name, "string")], [[row] for row in rows]


# Databases.

def create_database(cursor, _):
    lenient = cursor.accept("IF", "NOT", "EXISTS")
    name, description, location, parameters = cursor.name(), "", None, {}
    while not cursor.at_end:
        if cursor.accept("COMMENT"):
            description = cursor.string()
        elif cursor.accept("LOCATION"):
            location = cursor.string()
        elif cursor.accept("WITH", "DBPROPERTIES"):
            parameters = cursor.properties()
        else:
            cursor.fail()

    def action():
        if lenient and name in storage.glue().databases:
            return
        storage.glue().create_database(name, {"Name": name, "Description": description, "Parameters": parameters,
                                              **({"LocationUri": location} if location else {})})
    return done(action)


def drop_database(cursor, _):
    lenient, name = cursor.accept("IF", "EXISTS"), cursor.name()
    cascade = cursor.accept("CASCADE")
    cursor.accept("RESTRICT")

    def action():
        known = storage.glue().databases.get(name)
        if known is None and lenient:
            return
        if known is not None and known.tables and not cascade:
            raise QueryFailed("FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
                              f"InvalidOperationException(message:Database {name} is not empty. One or more tables "
                              "exist.)", 2, 1003)
        storage.glue().delete_database(name)
    return done(action)


def show_databases(cursor, _):
    cursor.accept("LIKE")
    pattern = None if cursor.at_end else cursor.string()
    return lambda: strings("database_name", sorted(
        name for name in storage.glue().databases if matches(pattern, name)))


# Tables.

def create_table(cursor, default):
    lenient = cursor.accept("IF", "NOT", "EXISTS")
    database, name = cursor.qualified_name(default)
    columns = cursor.columns()
    table = {"Name": name, "TableType": "EXTERNAL_TABLE", "PartitionKeys": [], "Parameters": {"EXTERNAL": "TRUE"}}
    serde = {"SerializationLibrary": LAZY_SIMPLE, "Parameters": {"serialization.format": "1"}}
    descriptor = {"Columns": columns, "InputFormat": TEXT_INPUT, "OutputFormat": TEXT_OUTPUT, "Compressed": False,
                  "NumberOfBuckets": -1, "SerdeInfo": serde, "BucketColumns": [], "SortColumns": [], "Parameters": {},
                  "StoredAsSubDirectories": False}
    table["StorageDescriptor"] = descriptor
    while not cursor.at_end:
        table_clause(cursor, table, descriptor, serde)
    if not descriptor.get("Location"):
        raise QueryFailed("FAILED: SemanticException no LOCATION given for the external table", 2, 1004)

    def action():
        known = storage.glue().get_database(database).tables
        if lenient and name in known:
            return
        storage.glue().create_table(database, name, table)
    return done(action)


def table_clause(cursor, table, descriptor, serde):
    if cursor.accept("COMMENT"):
        table["Parameters"]["comment"] = cursor.string()
    elif cursor.accept("PARTITIONED", "BY"):
        table["PartitionKeys"] = cursor.columns()
    elif cursor.accept("CLUSTERED", "BY"):
        cursor.expect("(")
        while not cursor.accept(")"):
            descriptor["BucketColumns"].append(cursor.name())
            cursor.accept(",")
        cursor.expect("INTO")
        descriptor["NumberOfBuckets"] = int(cursor.next())
        cursor.expect("BUCKETS")
    elif cursor.accept("ROW", "FORMAT", "SERDE"):
        serde["SerializationLibrary"] = cursor.string()
        if cursor.accept("WITH", "SERDEPROPERTIES"):
            serde["Parameters"] |= cursor.properties()
    elif cursor.accept("ROW", "FORMAT", "DELIMITED"):
        delimited(cursor, serde["Parameters"])
    elif cursor.accept("STORED", "AS", "INPUTFORMAT"):
        descriptor["InputFormat"] = cursor.string()
        cursor.expect("OUTPUTFORMAT")
        descriptor["OutputFormat"] = cursor.string()
    elif cursor.accept("STORED", "AS"):
        wanted = STORED_AS.get(cursor.next().upper())
        if not wanted:
            raise QueryFailed("NOT_SUPPORTED: this stand-in knows STORED AS TEXTFILE, PARQUET and ORC", 2, 1200)
        descriptor["InputFormat"], descriptor["OutputFormat"], library = wanted
        if serde["SerializationLibrary"] == LAZY_SIMPLE:
            serde["SerializationLibrary"] = library
    elif cursor.accept("LOCATION"):
        descriptor["Location"] = cursor.string()
    elif cursor.accept("TBLPROPERTIES"):
        table["Parameters"] |= cursor.properties()
    else:
        cursor.fail()


def delimited(cursor, parameters):
    while True:
        if cursor.accept("FIELDS", "TERMINATED", "BY"):
            parameters["field.delim"] = parameters["serialization.format"] = cursor.string()
        elif cursor.accept("ESCAPED", "BY"):
            parameters["escape.delim"] = cursor.string()
        elif cursor.accept("COLLECTION", "ITEMS", "TERMINATED", "BY"):
            parameters["collection.delim"] = cursor.string()
        elif cursor.accept("MAP", "KEYS", "TERMINATED", "BY"):
            parameters["mapkey.delim"] = cursor.string()
        elif cursor.accept("LINES", "TERMINATED", "BY"):
            parameters["line.delim"] = cursor.string()
        elif cursor.accept("NULL", "DEFINED", "AS"):
            parameters["serialization.null.format"] = cursor.string()
        else:
            return


def drop_table(cursor, default):
    lenient = cursor.accept("IF", "EXISTS")
    database, name = cursor.qualified_name(default)
    cursor.accept("PURGE")

    def action():
        known = storage.glue().databases.get(database)
        if lenient and (known is None or name not in known.tables):
            return
        storage.glue().delete_table(database, name)
    return done(action)


def show_tables(cursor, default):
    database = cursor.name() if cursor.accept("IN") or cursor.accept("FROM") else default
    cursor.accept("LIKE")
    pattern = None if cursor.at_end else cursor.string()
    return lambda: strings("tab_name", sorted(
        name for name in storage.glue().get_database(database).tables if matches(pattern, name)))


def matches(pattern, name):
    """Hive's patterns: a regular expression where * stands for anything and | for or."""
    return pattern is None or re.fullmatch(pattern.replace(".*", "*").replace("*", ".*"), name) is not None


def table_action(work):
    """Parser of statements that name one table and nothing else."""
    def parser(cursor, default):
        cursor.accept("TABLE")
        cursor.accept("EXTENDED") or cursor.accept("FORMATTED")
        database, name = cursor.qualified_name(default)
        return lambda: work(storage.glue().get_table(database, name))
    return parser


def describe(table):
    glue = table.as_dict()
    keys = glue.get("PartitionKeys") or []

    def line(column):
        return [column["Name"].ljust(20), column["Type"].ljust(20), (column.get("Comment") or "").ljust(20)]
    rows = [line(column) for column in glue["StorageDescriptor"]["Columns"] + keys]
    if keys:
        rows += [["", "", ""], ["# Partition Information", "", ""], ["# col_name".ljust(24), "data_type".ljust(20),
                                                                     "comment".ljust(20)], ["", "", ""]]
        rows += [line(column) for column in keys]
    return [Column(name, "string") for name in ("col_name", "data_type", "comment")], rows


def show_columns(table):
    glue = table.as_dict()
    return strings("field", [c["Name"] for c in glue["StorageDescriptor"]["Columns"] + (glue.get("PartitionKeys") or [])])


def show_partitions(table):
    keys = [key["Name"] for key in table.as_dict().get("PartitionKeys") or []]
    return strings("partition", ["/".join(f"{k}={v}" for k, v in zip(keys, p.values)) for p in table.partitions.values()])


def show_properties(table):
    return [Column("prpt_name", "string"), Column("prpt_value", "string")], [
        [name, str(value)] for name, value in sorted((table.as_dict().get("Parameters") or {}).items())]


def show_create(table):
    glue = table.as_dict()
    descriptor, serde = glue["StorageDescriptor"], glue["StorageDescriptor"]["SerdeInfo"]

    def columns(found):
        return ", \n".join(f"  `{c['Name']}` {c['Type']}" + (f" COMMENT '{c['Comment']}'" if c.get("Comment") else "")
                           for c in found) + ")"

    def properties(found):
        return ", \n".join(f"  '{name}'='{escaped(value)}'" for name, value in found.items()) + ") "
    text = f"CREATE EXTERNAL TABLE `{table.database_name}.{table.name}`(\n" + columns(descriptor["Columns"])
    if glue.get("PartitionKeys"):
        text += "\nPARTITIONED BY ( \n" + columns(glue["PartitionKeys"])
    text += f"\nROW FORMAT SERDE \n  '{serde['SerializationLibrary']}' "
    if serde.get("Parameters"):
        text += "\nWITH SERDEPROPERTIES ( \n" + properties(serde["Parameters"])
    text += (f"\nSTORED AS INPUTFORMAT \n  '{descriptor['InputFormat']}' \nOUTPUTFORMAT \n  "
             f"'{descriptor['OutputFormat']}'\nLOCATION\n  '{descriptor['Location']}'")
    if glue.get("Parameters"):
        text += "\nTBLPROPERTIES (\n" + properties(glue["Parameters"]).rstrip()
    return strings("createtab_stmt", text.split("\n"))


def escaped(value):
    """As Hive prints it: a TAB in the text would look like a column's end."""
    for char, shown in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), ("'", "\\'")):
        value = value.replace(char, shown)
    return "".join(char if char >= " " else f"\\u{ord(char):04X}" for char in value)


def alter_table(cursor, default):
    database, name = cursor.qualified_name(default)

    def table():
        return storage.glue().get_table(database, name)
    if cursor.accept("ADD", "COLUMNS"):
        added = cursor.columns()
        return done(lambda: change(table(), lambda t: t["StorageDescriptor"]["Columns"].extend(added)))
    if cursor.accept("SET", "TBLPROPERTIES"):
        properties = cursor.properties()
        return done(lambda: change(table(), lambda t: t.setdefault("Parameters", {}).update(properties)))
    if cursor.accept("SET", "LOCATION"):
        location = cursor.string()
        return done(lambda: change(table(), lambda t: t["StorageDescriptor"].update(Location=location)))
    if cursor.accept("ADD"):
        lenient, partitions = cursor.accept("IF", "NOT", "EXISTS"), []
        while cursor.accept("PARTITION"):
            partitions.append((cursor.partition(), cursor.string() if cursor.accept("LOCATION") else None))
        return done(lambda: [add_partition(table(), values, location, lenient) for values, location in partitions])
    cursor.expect("DROP")
    lenient, partitions = cursor.accept("IF", "EXISTS"), []
    while cursor.accept("PARTITION"):
        partitions.append(cursor.partition())
        cursor.accept(",")
    return done(lambda: [drop_partition(table(), values, lenient) for values in partitions])


def change(table, edit):
    changed = dict(table.versions[str(table._current_version)])
    edit(changed)
    table.update(changed)


def add_partition(table, values, location, lenient):
    glue = table.as_dict()
    keys = [key["Name"] for key in glue.get("PartitionKeys") or []]
    if set(values) != set(keys):
        raise QueryFailed(f"FAILED: SemanticException partition spec {values} doesn't match the keys {keys}", 2, 1004)
    ordered = [values[key] for key in keys]
    if str(ordered) in table.partitions and lenient:
        return
    base = glue["StorageDescriptor"]["Location"].rstrip("/")
    default = "/".join([base] + [f"{key}={urllib.parse.quote(values[key], safe=' ')}" for key in keys]) + "/"
    table.create_partition({"Values": ordered, "Parameters": {},
                            "StorageDescriptor": {**glue["StorageDescriptor"], "Location": location or default}})


def drop_partition(table, values, lenient):
    keys = [key["Name"] for key in table.as_dict().get("PartitionKeys") or []]
    found = [p.values for p in table.partitions.values()
             if all(dict(zip(keys, p.values)).get(key) == value for key, value in values.items())]
    if not found and not lenient:
        raise QueryFailed(f"FAILED: SemanticException [Error 10006]: Partition not found {values}", 2, 1110)
    for partition in found:
        table.delete_partition(partition)


def repair(table):
    """MSCK: every key=value folder below the location that Glue does not know becomes a partition."""
    glue = table.as_dict()
    keys = [key["Name"] for key in glue.get("PartitionKeys") or []]
    location = glue["StorageDescriptor"]["Location"].rstrip("/")
    _, prefix = storage.split_location(location + "/")
    found = {}
    for key in storage.list_objects(location):
        folders = key.name[len(prefix):].split("/")[:len(keys)]
        pairs = [folder.partition("=") for folder in folders]
        if len(pairs) == len(keys) and all(p[0].lower() == k and p[1] for p, k in zip(pairs, keys)):
            values = [urllib.parse.unquote(p[2]) for p in pairs]
            found.setdefault(str(values), (values, f"{location}/{'/'.join(folders)}/"))
    rows = []
    for known, (values, place) in found.items():
        if known not in table.partitions:
            table.create_partition({"Values": values, "Parameters": {},
                                    "StorageDescriptor": {**glue["StorageDescriptor"], "Location": place}})
            rows.append(f"Repair: Added partition to metastore {table.name}:"
                        + "/".join(f"{k}={v}" for k, v in zip(keys, values)))
    return strings("result", rows)


PARSERS = [
    (("CREATE", "DATABASE"), create_database), (("CREATE", "SCHEMA"), create_database),
    (("DROP", "DATABASE"), drop_database), (("DROP", "SCHEMA"), drop_database),
    (("CREATE", "EXTERNAL", "TABLE"), create_table), (("CREATE", "TABLE"), create_table),
    (("DROP", "TABLE"), drop_table), (("ALTER", "TABLE"), alter_table),
    (("MSCK", "REPAIR", "TABLE"), table_action(repair)),
    (("SHOW", "DATABASES"), show_databases), (("SHOW", "SCHEMAS"), show_databases),
    (("SHOW", "TABLES"), show_tables), (("SHOW", "PARTITIONS"), table_action(show_partitions)),
    (("SHOW", "COLUMNS", "IN"), table_action(show_columns)), (("SHOW", "COLUMNS", "FROM"), table_action(show_columns)),
    (("SHOW", "TBLPROPERTIES"), table_action(show_properties)),
    (("SHOW", "CREATE", "TABLE"), table_action(show_create)),
    (("DESCRIBE",), table_action(describe)), (("DESC",), table_action(describe)),
]
