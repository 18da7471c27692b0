"""Trino's answers as they were recorded, and the engine that records them."""

import base64
import re

from . import reads, storage, trino_writes
from .engine_trino import TrinoEngine
from .errors import ApiError, QueryCancelled, QueryFailed, invalid_request
from .recordings import Player, Recorder
from .results import Column
from .statements import without_terminator

# What Trino calls the objects that it writes.
QUERY_NAME = re.compile(r"\d{8}_\d{6}_\d{5}_[a-z0-9]{5}(?:_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?")


def asked(job, call=None):
    sql = without_terminator(job.query)
    return {"sql": sql, "database": job.database or None, "parameters": job.parameters or None,
            "reads": reads.digest(sql, job.database), "call": call}


def column_fields(column):
    """A column as a recording has it."""
    fields = [column.name, column.type]
    return fields + [column.precision, column.scale] if column.scale else fields + (
        [] if column.precision is None else [column.precision])


class ReplayEngine:
    """Needs no JVM. A statement that was not recorded fails."""

    can_write = True

    def __init__(self, directory):
        self.recordings = Player(directory)

    def check(self, sql, database, parameters):
        known = self.recordings.find({"sql": sql, "database": database or None, "call": "check"})
        if known:
            raise invalid_request(known["refused"], "MALFORMED_QUERY")

    def execute(self, job, sink):
        known = self.answer(job)
        carry_out(known.get("writes"), None)
        sink.start([Column(*fields) for fields in known.get("columns", [])])
        sink.add(known.get("rows", []))

    def write(self, job):
        trino_writes.write(self, job)

    def run(self, sql, database, job, parameters=None, session=None, location=None):
        known = self.answer(job, "write")
        job.update_count = known.get("updated")
        carry_out(known.get("writes"), location)

    def answer(self, job, call=None):
        """The recorded answer, if it is none of errors and stops."""
        question = asked(job, call)
        known = self.recordings.find(question)
        if known is None:
            others = self.recordings.others(question)
            why = (f"; it was recorded with other tables or objects ({', '.join(others)}, now {question['reads']})"
                   if others else "")
            raise QueryFailed(f"NOT_RECORDED: Trino's answer is not in test/recorded/{self.recordings.suite}.jsonl: "
                              f"run make record{why}. Statement: {question['sql']}", 2, 1200)
        job.planning_millis = 1
        job.pause(0.005)                   # no execution takes no time
        job.scanned(known.get("scanned", 0))
        if "stopped" in known:
            job.pause(300)
            raise QueryCancelled()
        if "error" in known:
            raise QueryFailed(*known["error"])
        return known


class RecordingEngine(TrinoEngine):
    """Trino, whose answers are kept."""

    def __init__(self, url, directory):
        super().__init__(url)
        self.recordings = Recorder(directory)

    def check(self, sql, database, parameters):
        try:
            super().check(sql, database, parameters)
        except ApiError as refusal:
            self.recordings.add({"sql": sql, "database": database or None, "call": "check",
                                 "refused": refusal.body["Message"]})
            raise

    def execute(self, job, sink):
        changes = job.kind.substatement in ("CREATE_VIEW", "DROP_VIEW")
        before = catalog() if changes else None
        tee = Tee(sink)
        entry = asked(job)
        self.recorded(job, entry, lambda: super(RecordingEngine, self).execute(job, tee), lambda: {
            "columns": [column_fields(c) for c in tee.columns], "rows": tee.rows,
            "writes": changed(before, catalog()) if changes else None})

    def run(self, sql, database, job, parameters=None, session=None, location=None):
        before, there = catalog(), names(location)
        entry = asked(job, "write")

        def outcome():
            made = [key for key in storage.list_objects(location) if key.name not in there] if location else []
            return {"updated": job.update_count, "writes": changed(before, catalog()) | {"objects": kept(made, location)}}
        self.recorded(job, entry, lambda: super(RecordingEngine, self).run(
            sql, database, job, parameters, session, location), outcome)

    def recorded(self, job, entry, act, outcome):
        try:
            act()
        except QueryFailed as failure:
            self.recordings.add(entry | {"scanned": job.scanned_bytes, "error": [
                failure.reason, failure.category, failure.error_type, failure.retryable]})
            raise
        except QueryCancelled:
            self.recordings.add(entry | {"scanned": job.scanned_bytes, "stopped": True})
            raise
        self.recordings.add(entry | {"scanned": job.scanned_bytes} | outcome())


class Tee:
    def __init__(self, sink):
        self.sink, self.columns, self.rows = sink, [], []

    def start(self, columns):
        self.columns = columns
        self.sink.start(columns)

    def add(self, rows):
        self.rows += rows
        self.sink.add(rows)


# What a statement changes: entries of the catalog and objects below its location.

def catalog():
    """{"database.table": [entry, {partition: entry}]} of all tables."""
    return {f"{d.name}.{name}": [reads.steady(t.as_dict()), {
        "/".join(p.values): reads.steady(p.as_dict()) for p in t.partitions.values()}]
        for d in list(storage.glue().databases.values()) for name, t in list(d.tables.items())}


def changed(before, after):
    """What must be done to the catalog to come from one to the other."""
    out = {}
    for name in sorted(set(before) | set(after)):
        old, new = before.get(name, [None, {}]), after.get(name, [None, {}])
        if old == new:
            continue
        change = {}
        if new[0] is None:
            change["dropped"] = True
        elif old[0] != new[0]:
            change["table"] = new[0]
        added = [new[1][p] for p in new[1] if old[1].get(p) != new[1][p]]
        if added:
            change["partitions"] = added
        out[name] = change
    return {"tables": out} if out else {}


def names(location):
    return {key.name for key in storage.list_objects(location)} if location else set()


def kept(made, location):
    """The new objects as [name below the location, content]; their names lose what differs from run to run."""
    bucket, prefix = storage.split_location(location) if location else (None, "")
    prefix = prefix.rstrip("/") + "/"
    out = []
    for key in sorted(made, key=lambda k: (QUERY_NAME.sub("", k.name), k.value)):
        content = key.value
        name = QUERY_NAME.sub(f"{len(out):05d}_{key.etag.strip(chr(34))[:12]}", key.name[len(prefix):])
        storage.s3().delete_object(bucket, key.name)
        storage.s3().put_object(bucket_name=bucket, key_name=prefix + name, value=content)
        out.append([name, base64.b64encode(content).decode()])
    return out


def carry_out(writes, location):
    """Carry out what was recorded."""
    writes = writes or {}
    glue = storage.glue()
    for full, change in writes.get("tables", {}).items():
        database, _, name = full.partition(".")
        if database not in glue.databases:
            continue                       # UNLOAD's own, which is gone again
        tables = glue.databases[database].tables
        if change.get("dropped"):
            tables.pop(name, None)
            continue
        if "table" in change:
            # a recording has no empty members; Glue gives these always
            entry = {"PartitionKeys": [], "Parameters": {}, **change["table"]}
            if entry.get("StorageDescriptor", {}).get("SerdeInfo") == {}:
                entry["StorageDescriptor"]["SerdeInfo"] = {"Parameters": {}}
            if name in tables:
                glue.update_table(database, name, entry)
            else:
                glue.create_table(database, name, entry)
        for partition in change.get("partitions", []):
            table = glue.databases[database].tables[name]
            if str(partition["Values"]) in table.partitions:
                table.update_partition(partition["Values"], partition)
            else:
                table.create_partition(partition)
    for name, content in writes.get("objects", []):
        storage.put(location.rstrip("/") + "/" + name, base64.b64decode(content))
