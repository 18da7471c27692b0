"""DuckDB as the engine, for the demo: statements translated by sqlglot, tables loaded by the SerDe's rules.

Good enough to show, not to prove: where its answers differ from Trino's, Trino is right.
"""

import hashlib
import re
import tempfile
import threading
from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp

from . import storage
from .errors import QueryCancelled, QueryFailed, engine_failure, invalid_request
from .results import Column, csv_line, encode, hex_bytes, java_double, java_real
from .serde_text import converter, duck_type, line_count, lines, make_parser
from .statements import without_terminator

BATCH = 2000
NAMES = {"HUGEINT": "bigint", "UBIGINT": "bigint", "FLOAT": "float", "BLOB": "varbinary", '"NULL"': "unknown",
         "INTEGER": "integer", "BIGINT": "bigint", "SMALLINT": "smallint", "TINYINT": "tinyint", "DOUBLE": "double",
         "BOOLEAN": "boolean", "DATE": "date", "TIME": "time", "VARCHAR": "varchar", "JSON": "json", "UUID": "uuid",
         "TIMESTAMP WITH TIME ZONE": "timestamp with time zone"}


# Division by zero is NULL in DuckDB; Trino has an error, and Infinity or NaN for floating point.
DIVISOR = """CREATE MACRO pds_divisor(x) AS CASE
    WHEN x <> 0 OR x IS NULL THEN x
    WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN error('NOT_SUPPORTED: division by 0e0')
    ELSE error('DIVISION_BY_ZERO') END"""


class DuckdbEngine:
    can_write = False                      # no CTAS, UNLOAD, INSERT

    def __init__(self):
        self.database = duckdb.connect(":memory:")
        # GLOBAL: what is set without it holds for this connection, and queries have cursors, which are others.
        self.database.execute(
            "SET GLOBAL integer_division = true; SET GLOBAL TimeZone = 'UTC'; SET GLOBAL default_null_order = 'nulls_last';"
            "SET GLOBAL autoinstall_known_extensions = false; SET GLOBAL memory_limit = '2GB'")
        self.database.execute(DIVISOR)
        self.loaded = {}                   # (database, table): fingerprint of what was loaded
        self.lock = threading.Lock()

    def check(self, sql, database, parameters):
        parse(without_explain(sql))

    def execute(self, job, sink):
        sql = without_terminator(job.query)
        bare = without_explain(sql)
        explain = bare != sql
        tree = parse(bare)
        refuse(tree)
        tree = tree.transform(without_trino_constants).transform(with_checked_divisor)
        fill_parameters(tree, job.parameters)
        connection = self.database.cursor()
        job.on_stop(connection.interrupt)
        try:
            bytes_read = 0
            for table in real_tables(tree):
                bytes_read += self.load(job, table, job.database)
                job.scanned(0 if explain else bytes_read)
            name_columns(tree)
            text = tree.sql(dialect="duckdb")
            if explain:
                plan = connection.execute("EXPLAIN " + text).fetchall()
                sink.start([Column("Query Plan", "varchar")])
                sink.add([[line] for line in plan[0][1].splitlines()])
                return
            self.stream(job, connection, text, sink)
        except duckdb.InterruptException:
            raise QueryCancelled() from None
        except duckdb.Error as error:
            if job.cancelled:
                raise QueryCancelled() from None
            raise athena_words(error) from None
        finally:
            connection.close()

    def stream(self, job, connection, text, sink):
        text, zoned = zones_as_text(connection, text)
        described = connection.execute(text).description
        types = [str(column[1]) for column in described]
        sink.start([column_info(column[0], "TIMESTAMP WITH TIME ZONE" if column[0] in zoned else kind)
                    for column, kind in zip(described, types)])
        renderers = [renderer(kind) for kind in types]
        while rows := connection.fetchmany(BATCH):
            if job.cancelled:
                raise QueryCancelled()
            sink.add([[None if value is None else render(value) for render, value in zip(renderers, row)]
                      for row in rows])

    def load(self, job, node, default):
        """Have the table of this node of the tree in DuckDB, point the node at it. Bytes of its objects."""
        database, name = (node.db or default or "").lower(), node.name.lower()
        table = glue_table(job.query, node, database, name)
        glue = table.as_dict()
        if (glue.get("Parameters") or {}).get("presto_view") or glue.get("TableType") == "VIRTUAL_VIEW":
            raise not_supported(f"views ({database}.{name})")
        if (glue.get("Parameters") or {}).get("projection.enabled", "").lower() == "true":
            raise not_supported(f"partition projection ({database}.{name})")
        parts = [TablePart(glue, partition.as_dict()) for partition in table.partitions.values()] if (
            glue.get("PartitionKeys")) else [TablePart(glue)]
        fingerprint = hashlib.sha256(repr([glue, [part.fingerprint() for part in parts]]).encode()).digest()
        with self.lock:
            if self.loaded.get((database, name)) != fingerprint:
                self.create(database, name, glue, parts)
                self.loaded[database, name] = fingerprint
        node.set("catalog", None)
        node.set("db", exp.to_identifier(database, quoted=True))
        node.set("this", exp.to_identifier(name, quoted=True))
        return sum(key.size for part in parts for key in part.objects)

    def create(self, database, name, glue, parts):
        """By way of a CSV file in a form that has no doubts: quoted or NULL, nothing else."""
        columns = glue["StorageDescriptor"]["Columns"] + (glue.get("PartitionKeys") or [])
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "rows.csv"
            with open(path, "wb") as out:
                for part in parts:
                    for row in part.rows():
                        # The leading constant: DuckDB skips the empty line that a lone NULL would be.
                        out.write(encode(csv_line(["x"] + row)))
            texts = {"x": "VARCHAR", **{f"c{number}": "VARCHAR" for number in range(len(columns))}}
            casts = ", ".join(f"CAST(c{number} AS {duck_type(column['Type'])}) AS {quoted(column['Name'].lower())}"
                              for number, column in enumerate(columns))
            connection = self.database.cursor()
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(database)}")
            connection.execute(
                f"CREATE OR REPLACE TABLE {quoted(database)}.{quoted(name)} AS SELECT {casts} FROM read_csv(?, "
                f"columns = {texts!r}, auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', "
                "nullstr = '', allow_quoted_nulls = false, max_line_size = 33554432)", [str(path)])


class TablePart:
    """A partition, or the whole of a table without partitions: its objects and how to read them."""

    def __init__(self, glue, partition=None):
        own = (partition or glue).get("StorageDescriptor") or {}
        self.columns = glue["StorageDescriptor"]["Columns"]
        self.serde = own.get("SerdeInfo") or glue["StorageDescriptor"]["SerdeInfo"]
        self.table_parameters = {**(glue.get("Parameters") or {}), **((partition or {}).get("Parameters") or {})}
        self.parameters = {**(glue.get("Parameters") or {}), **(self.serde.get("Parameters") or {})}
        self.objects = [key for key in storage.list_objects(own["Location"]) if key.size and not key.name.endswith("/")]
        self.keys = [partition_text(key, value) for key, value in zip(
            glue.get("PartitionKeys") or [], (partition or {}).get("Values", []))]

    def fingerprint(self):
        return [self.serde, self.parameters, self.keys, [(key.name, key.etag, key.size) for key in self.objects]]

    def rows(self):
        counted = {**self.parameters, **self.table_parameters}
        skipped = line_count(counted, "skip.header.line.count")
        footer = line_count(counted, "skip.footer.line.count")
        parse_line = make_parser(self.serde["SerializationLibrary"], self.parameters,
                                 [column["Type"] for column in self.columns], self.table_parameters)
        for key in self.objects:
            for line in lines(key.name, key.value, skipped, footer):
                yield parse_line(line) + self.keys


def partition_text(key, value):
    if value == "__HIVE_DEFAULT_PARTITION__" or (value == "\\N" and key["Type"] == "string"):
        return None
    text = converter(key["Type"])(value)
    if text is None:
        raise QueryFailed(f"HIVE_INVALID_PARTITION_VALUE: Invalid partition value '{value}' for {key['Type']} partition "
                          f"key: {key['Name']}", 2, 1002)
    return text


def glue_table(query, node, database, name):
    start = node.this.meta.get("start", 0) if not node.args.get("db") else node.args["db"].meta.get("start", 0)
    where = f"line {query.count(chr(10), 0, start) + 1}:{start - query.rfind(chr(10), 0, start)}"
    known = storage.glue().databases.get(database)
    if known is None:
        raise engine_failure("SCHEMA_NOT_FOUND", f"{where}: Schema '{database}' does not exist")
    if name not in known.tables:
        raise engine_failure("TABLE_NOT_FOUND", f"{where}: Table 'awsdatacatalog.{database}.{name}' does not exist")
    return known.tables[name]


def real_tables(tree):
    """Tables of the catalog: not the names that WITH gives, nor functions in FROM."""
    common = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    return [table for table in tree.find_all(exp.Table)
            if isinstance(table.this, exp.Identifier) and (table.db or table.name.lower() not in common)]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def without_explain(sql):
    return re.sub(r"\A\s*EXPLAIN\b", "", sql, flags=re.IGNORECASE)


def without_trino_constants(node):
    """nan() and infinity() exist in DuckDB only as casts; DECIMAL '1.50' has the scale that is written."""
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and node.this.is_string and (
            node.to.this is exp.DType.DECIMAL and not node.to.expressions):
        whole, _, fraction = node.this.name.lstrip("+-").partition(".")
        return exp.cast(node.this, f"DECIMAL({max(1, len(whole) + len(fraction))}, {len(fraction)})")
    if isinstance(node, exp.Anonymous) and node.name.lower() in ("nan", "infinity"):
        return exp.cast(exp.Literal.string(node.name.lower()), "double")
    return node


def with_checked_divisor(node):
    if isinstance(node, (exp.Div, exp.Mod)) and not (
            isinstance(node.expression, exp.Literal) and float(node.expression.name) != 0):
        node.set("expression", exp.func("pds_divisor", node.expression))
    return node


def parse(sql):
    """The syntax tree, or InvalidRequestException in the form of Trino's parser."""
    try:
        trees = sqlglot.parse(sql, read="trino")
    except sqlglot.errors.SqlglotError as error:
        first = (getattr(error, "errors", None) or [{}])[0]
        where = f"line {first.get('line', 1)}:{first.get('col', 1)}"
        raise invalid_request(f"{where}: mismatched input '{first.get('highlight', '')}'", "MALFORMED_QUERY") from None
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise invalid_request("line 1:1: Only one sql statement is allowed", "MALFORMED_QUERY")
    return trees[0]


CLOCKS = (exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.Localtime, exp.Localtimestamp)
CLOCK_NAMES = {"now", "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"}


def refuse(tree):
    """What DuckDB, or the way to it, would answer differently from Trino."""
    if any(fetch.args.get("limit_options") and fetch.args["limit_options"].args.get("with_ties")
           for fetch in tree.find_all(exp.Fetch)):
        raise not_supported("FETCH FIRST WITH TIES")
    for node in tree.find_all(*CLOCKS, exp.Anonymous):
        clock = isinstance(node, CLOCKS) or node.name.lower() in CLOCK_NAMES
        if clock and node.find_ancestor(exp.Where, exp.Having, exp.Join, exp.Predicate, exp.Case, exp.If, exp.Filter):
            raise not_supported("conditions with the current time")


def not_supported(what):
    return QueryFailed(f"NOT_SUPPORTED: the demo's stand-in for Athena cannot answer as Trino does: {what}", 2, 1200)


def fill_parameters(tree, parameters):
    marks = list(tree.find_all(exp.Placeholder))
    if len(marks) != len(parameters or []):
        raise QueryFailed(f"INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected {len(marks)} "
                          f"but found {len(parameters or [])}", 2, 1100)
    for mark, literal in zip(marks, parameters or []):
        mark.replace(sqlglot.parse_one(literal, read="trino"))


def name_columns(tree):
    """Unnamed expressions are _colN in Trino; after a star N is unknown, DuckDB's own name stays then."""
    first = tree
    while isinstance(first, (exp.SetOperation, exp.Subquery)):
        first = first.this
    if not isinstance(first, exp.Select):
        return
    for number, expression in enumerate(first.expressions):
        if expression.is_star:
            return
        if not isinstance(expression, (exp.Alias, exp.Column, exp.Dot)):
            expression.replace(exp.alias_(expression.copy(), f"_col{number}"))


def zones_as_text(connection, text):
    """Python cannot fetch zoned timestamps without further packages: let DuckDB print those columns."""
    described = connection.execute("DESCRIBE " + text).fetchall()
    zoned = [row[0] for row in described if row[1] == "TIMESTAMP WITH TIME ZONE"]
    if not zoned:
        return text, []
    shown = ", ".join(f"strftime(timezone('UTC', {quoted(n)}), '%Y-%m-%d %H:%M:%S.%g') || ' UTC' AS {quoted(n)}"
                      for n in zoned)
    return f"SELECT * REPLACE ({shown}) FROM ({text})", zoned


def column_info(name, kind):
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind)
    if decimal:
        return Column(name, "decimal", int(decimal.group(1)), int(decimal.group(2)))
    if kind.endswith("]"):
        return Column(name, "array")
    for prefix, shown in (("STRUCT", "row"), ("MAP", "map"), ("TIMESTAMP WITH", "timestamp with time zone"),
                          ("TIMESTAMP", "timestamp"), ("INTERVAL", "interval day to second")):
        if kind.startswith(prefix):
            return Column(name, shown)
    return Column(name, NAMES.get(kind, "varchar"))


def renderer(kind):
    """Function from DuckDB's Python value to Athena's text."""
    if kind.endswith("]"):
        element = nullable(renderer(kind[:kind.rindex("[")]))
        return lambda value: "[" + ", ".join([element(item) for item in value]) + "]"
    if kind.startswith(("STRUCT", "MAP")):
        return lambda value: "{" + ", ".join(f"{k}={plain(v)}" for k, v in value.items()) + "}"
    if kind.startswith("TIMESTAMP"):
        return lambda value: value.isoformat(" ", "milliseconds")
    if kind == "TIME":
        return lambda value: value.isoformat("milliseconds")
    return {"BOOLEAN": lambda value: "true" if value else "false", "DOUBLE": java_double, "FLOAT": java_real,
            "BLOB": hex_bytes}.get(kind, lambda value: f"{value:f}" if kind.startswith("DECIMAL") else str(value))


def nullable(render):
    return lambda value: "null" if value is None else render(value)


def plain(value):
    """A member of a map or row, whose type we do not know any more."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return java_double(value)
    if isinstance(value, list):
        return "[" + ", ".join(plain(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}={plain(v)}" for k, v in value.items()) + "}"
    return str(value)


def athena_words(error):
    """DuckDB's complaint under the name that Trino has for it."""
    text = str(error)
    if "DIVISION_BY_ZERO" in text:
        return engine_failure("DIVISION_BY_ZERO", "Division by zero")
    if "NOT_SUPPORTED: division" in text:
        return not_supported("division of floating point by zero")
    column = re.search(r'Referenced column "([^"]+)" not found', text) or re.search(
        r'does not have a column named "([^"]+)"', text)
    if column:
        return engine_failure("COLUMN_NOT_FOUND", f"line 1:1: Column '{column.group(1)}' cannot be resolved")
    function = re.search(r"Scalar Function with name \"?(\w+)\"? does not exist", text)
    if function:
        return engine_failure("FUNCTION_NOT_FOUND", f"line 1:1: Function '{function.group(1)}' not registered")
    names = {duckdb.BinderException: "TYPE_MISMATCH", duckdb.ConversionException: "INVALID_CAST_ARGUMENT",
             duckdb.OutOfRangeException: "NUMERIC_VALUE_OUT_OF_RANGE", duckdb.ParserException: "SYNTAX_ERROR",
             duckdb.OutOfMemoryException: "EXCEEDED_LOCAL_MEMORY_LIMIT"}
    return engine_failure(names.get(type(error), "GENERIC_USER_ERROR"), text.splitlines()[0])
