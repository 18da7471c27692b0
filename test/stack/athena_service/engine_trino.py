"""Trino as the engine: its REST protocol, its values in Athena's text."""

import base64
import http.client
import json
import time
import urllib.parse

from . import trino_writes
from .errors import QueryCancelled, engine_failure, invalid_request
from .results import Column, hex_bytes
from .statements import without_terminator

USER, CATALOG = "athena", "awsdatacatalog"
PREFIX = "PREPARE chk FROM "
ATHENA_NAMES = {"real": "float"}


class TrinoEngine:
    can_write = True

    def __init__(self, url):
        self.address = urllib.parse.urlsplit(url).netloc

    def check(self, sql, database, parameters):
        """Syntax is an error of StartQueryExecution already; PREPARE parses without analysing."""
        try:
            for _ in Statement(self.address, PREFIX + sql, database).pages():
                pass
        except EngineError as error:
            if error.name == "SYNTAX_ERROR":
                raise invalid_request(shift_first_line(error.message), "MALFORMED_QUERY") from None

    def execute(self, job, sink):
        """Run job.query, stream the rows into sink as text."""
        sql, headers = prepared(without_terminator(job.query), job.parameters)
        statement = Statement(self.address, sql, job.database, headers)
        job.on_stop(statement.cancel)
        renderers = None
        try:
            for page in statement.pages():
                stats = page.get("stats", {})
                job.scanned(stats.get("physicalInputBytes", 0))
                job.planning_millis = stats.get("planningTimeMillis", job.planning_millis)
                if job.cancelled:
                    raise QueryCancelled()
                if renderers is None and "columns" in page:
                    columns = page["columns"]
                    sink.start([column_info(column) for column in columns])
                    renderers = [renderer(column["typeSignature"]) for column in columns]
                if page.get("data"):
                    sink.add([[None if value is None else render(value) for render, value in zip(renderers, row)]
                              for row in page["data"]])
            if renderers is None:
                sink.start([])
        except QueryCancelled:
            statement.cancel()
            raise
        except EngineError as error:
            if job.cancelled or error.name == "USER_CANCELED":
                raise QueryCancelled() from None
            raise engine_failure(error.name, error.message, error.kind) from None

    def write(self, job):
        """CTAS, UNLOAD, INSERT."""
        trino_writes.write(self, job)

    def run(self, sql, database, job, parameters=None, session=None, location=None):
        """Run a statement that writes below location; session holds properties of the catalog."""
        sql, headers = prepared(sql, parameters)
        if session:
            headers["X-Trino-Session"] = ",".join(f"{CATALOG}.{name}={value}" for name, value in session.items())
        statement = Statement(self.address, sql, database, headers)
        job.on_stop(statement.cancel)
        try:
            for page in statement.pages():
                job.scanned(page.get("stats", {}).get("physicalInputBytes", 0))
                job.update_count = page.get("updateCount", job.update_count)
        except QueryCancelled:
            statement.cancel()
            raise
        except EngineError as error:
            if job.cancelled:
                raise QueryCancelled() from None
            raise engine_failure(error.name, error.message, error.kind) from None


def prepared(sql, parameters):
    """(SQL, headers): with parameters the text travels as a prepared statement."""
    if not parameters:
        return sql, {}
    return (f"EXECUTE athena USING {', '.join(parameters)}",
            {"X-Trino-Prepared-Statement": "athena=" + urllib.parse.quote_plus(sql)})


class EngineError(Exception):
    def __init__(self, error):
        super().__init__(error.get("message"))
        self.name, self.message = error.get("errorName", "GENERIC_INTERNAL_ERROR"), error.get("message", "")
        self.kind = error.get("errorType", "INTERNAL_ERROR")


class Statement:
    """One statement on Trino's REST interface."""

    def __init__(self, address, sql, database, headers=None):
        self.address, self.sql = address, sql
        # Without PARAMETRIC_DATETIME timestamps come with three decimals, as Athena prints them.
        self.headers = {"X-Trino-User": USER, "X-Trino-Catalog": CATALOG, "X-Trino-Time-Zone": "UTC",
                        "X-Trino-Source": "athena", **(headers or {})}
        if database:
            self.headers["X-Trino-Schema"] = database
        self.next_path = None
        self.stopped = False

    def pages(self):
        connection = http.client.HTTPConnection(self.address, timeout=300)
        try:
            page = self._call(connection, "POST", "/v1/statement", self.sql.encode())
            while True:
                if page.get("error"):
                    raise EngineError(page["error"])
                yield page
                if "nextUri" not in page:
                    return
                self.next_path = urllib.parse.urlsplit(page["nextUri"]).path
                if self.stopped:
                    raise QueryCancelled()
                page = self._call(connection, "GET", self.next_path)
        finally:
            connection.close()

    def _call(self, connection, method, path, body=None):
        for attempt in range(20):
            connection.request(method, path, body, self.headers)
            reply = connection.getresponse()
            content = reply.read()
            if reply.status == 200:
                # Floats stay as the text that Java wrote; bytes that are not UTF-8 pass through.
                return json.loads(content.decode("utf-8", "surrogateescape"), parse_float=str)
            if reply.status not in (502, 503, 504):
                break
            time.sleep(0.05 * (attempt + 1))
        raise EngineError({"message": f"Trino answered {reply.status}: {content[:300]!r}"})

    def cancel(self):
        """Also from another thread, while that of pages() waits: so a connection of its own."""
        self.stopped = True
        if self.next_path:
            connection = http.client.HTTPConnection(self.address, timeout=10)
            try:
                connection.request("DELETE", self.next_path, headers=self.headers)
                connection.getresponse().read()
            except OSError:
                pass
            finally:
                connection.close()


def shift_first_line(message):
    """`line 1:25: …` counted with our PREPARE in front: give the position in the client's own text."""
    where, separator, rest = message.partition(": ")
    line, colon, column = where.removeprefix("line ").partition(":")
    if separator and colon and line == "1" and column.isdigit():
        return f"line 1:{max(1, int(column) - len(PREFIX))}: {rest}"
    return message


def column_info(column):
    signature = column["typeSignature"]
    raw, arguments = signature["rawType"], signature.get("arguments", [])
    numbers = [a["value"] for a in arguments if a.get("kind") == "LONG"]
    name = ATHENA_NAMES.get(raw, raw)
    if raw == "decimal":
        return Column(column["name"], name, numbers[0], numbers[1])
    if raw in ("varchar", "char"):
        return Column(column["name"], name, numbers[0] if numbers else None)
    return Column(column["name"], name)


def renderer(signature):
    """Function from a JSON value (not null) to Athena's text."""
    raw, arguments = signature["rawType"], signature.get("arguments", [])
    if raw == "boolean":
        return lambda value: "true" if value else "false"
    if raw == "varbinary":
        return lambda value: hex_bytes(base64.b64decode(value))
    if raw == "array":
        element = nullable(renderer(arguments[0]["value"]))
        return lambda value: "[" + ", ".join([element(item) for item in value]) + "]"
    if raw == "map":
        # Keys of the JSON object are already text, whatever their type.
        element = nullable(renderer(arguments[1]["value"]))
        return lambda value: "{" + ", ".join([f"{k}={element(v)}" for k, v in value.items()]) + "}"
    if raw == "row":
        fields = [(((a["value"].get("fieldName") or {}).get("name") or f"field{number}"),
                   nullable(renderer(a["value"]["typeSignature"]))) for number, a in enumerate(arguments)]
        return lambda value: "{" + ", ".join([f"{name}={render(v)}" for (name, render), v in zip(fields, value)]) + "}"
    return str


def nullable(render):
    return lambda value: "null" if value is None else render(value)
