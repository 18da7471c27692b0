"""Query executions: from StartQueryExecution through the engine to the result object, over real time."""

import hashlib
import json
import threading
import time
import traceback
import uuid

from . import faults, hive_ddl, statements, storage
from .errors import QueryCancelled, QueryFailed
from .results import ResultFile, TextResult, metadata_object

CONCURRENT = threading.Semaphore(20)       # further ones stay QUEUED, as over Athena's quota
TERMINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
STOPPED = ("Query cancelled by user", 1011)
OVER_LIMIT = ("Query cancelled! : Bytes scanned limit was exceeded", 1014)


class Execution:
    """One execution; also the job that an engine works on (cancelled, scanned, the result)."""

    def __init__(self, query, database, catalog, group, configuration, managed, parameters, reuse):
        self.id = str(uuid.uuid4())
        self.query, self.database, self.catalog = query, database, catalog
        self.group_name = group.name
        self.kind = statements.classify(query)
        self.configuration, self.managed = configuration, managed
        self.parameters, self.reuse = parameters, reuse
        self.cutoff = group.configuration.get("BytesScannedCutoffPerQuery")
        self.engine_version = group.configuration.get("EngineVersion", {})
        self.fault = faults.next_execution(query)
        self.state, self.reason, self.error = "QUEUED", None, None
        self.submitted, self.started, self.completed = time.time(), None, None
        self.scanned_bytes = 0
        self.planning_millis = 0
        self.manifest = None
        self.reused_from = None
        self.result = None
        self.update_count = None
        self.output_location = self._location()
        self._lock = threading.Lock()
        self._stop_engine = None
        self._cancelled = threading.Event()

    def _location(self):
        if self.managed:
            return None
        suffix = ".csv" if self.kind.writes_csv else ".txt"
        if self.kind.executor == "write":
            suffix = ""
        return self.configuration["OutputLocation"].rstrip("/") + f"/{self.id}{suffix}"

    # For the engine.

    @property
    def cancelled(self):
        return self._cancelled.is_set()

    def on_stop(self, callback):
        """The engine says how to interrupt it; called at once where the stop came first."""
        with self._lock:
            self._stop_engine = callback
        if self.cancelled:
            callback()

    def scanned(self, total_bytes):
        """Bytes of objects really read so far; past the work group's cut-off the execution is cancelled."""
        self.scanned_bytes = max(self.scanned_bytes, total_bytes)
        if self.cutoff and self.scanned_bytes > self.cutoff:
            self.cancel(*OVER_LIMIT)
            raise QueryCancelled()

    # State.

    def cancel(self, reason, error_type):
        """CANCELLED at once, the engine interrupted; nothing where the execution has already ended."""
        with self._lock:
            if self.state in TERMINAL:
                return
            self._cancelled.set()
            self._finish("CANCELLED", reason, {"ErrorCategory": 2, "ErrorType": error_type, "Retryable": False,
                                               "ErrorMessage": reason})
            callback = self._stop_engine
        if callback:
            callback()

    def finish(self, state, reason=None, error=None):
        with self._lock:
            if self.state not in TERMINAL:
                self._finish(state, reason, error)

    def _finish(self, state, reason, error):
        self.state, self.reason, self.error, self.completed = state, reason, error, time.time()

    def fail(self, failure):
        self.finish("FAILED", failure.reason, {
            "ErrorCategory": failure.category, "ErrorType": failure.error_type, "Retryable": failure.retryable,
            "ErrorMessage": failure.reason})

    def run(self):
        with self._lock:
            if self.state == "QUEUED":
                self.state, self.started = "RUNNING", time.time()

    def pause(self, seconds):
        """Wait, unless stopped meanwhile."""
        if seconds and self._cancelled.wait(float(seconds)):
            raise QueryCancelled()

    # What GetQueryExecution says.

    def described(self):
        now = self.completed or time.time()
        millis = [int(1000 * span) for span in (
            now - self.submitted, (self.started or now) - self.submitted, now - (self.started or now))]
        total, queued, engine = millis
        status = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.completed:
            status["CompletionDateTime"] = self.completed
        if self.reason:
            status["StateChangeReason"] = self.reason
        if self.error:
            status["AthenaError"] = self.error
        configuration = {name: value for name, value in self.configuration.items() if name != "OutputLocation"}
        if self.output_location:
            configuration["OutputLocation"] = self.output_location
        answer = {
            "QueryExecutionId": self.id, "Query": self.query, "StatementType": self.kind.statement_type,
            "SubstatementType": self.kind.substatement, "ResultConfiguration": configuration,
            "ResultReuseConfiguration": self.reuse or {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            "QueryExecutionContext": {"Catalog": self.catalog, **({"Database": self.database} if self.database else {})},
            "Status": status, "WorkGroup": self.group_name,
            "EngineVersion": self.engine_version,
            "Statistics": {
                "EngineExecutionTimeInMillis": engine, "DataScannedInBytes": self.scanned_bytes,
                "TotalExecutionTimeInMillis": total, "QueryQueueTimeInMillis": queued,
                "ServicePreProcessingTimeInMillis": 0, "QueryPlanningTimeInMillis": self.planning_millis,
                "ServiceProcessingTimeInMillis": 0,
                "ResultReuseInformation": {"ReusedPreviousResult": self.reused_from is not None}},
        }
        if self.manifest:
            answer["Statistics"]["DataManifestLocation"] = self.manifest
        if self.managed:
            answer["ManagedQueryResultsConfiguration"] = {"Enabled": True}
        if self.parameters:
            answer["ExecutionParameters"] = self.parameters
        return answer


class Executions:
    """All executions of the service, and the thread that drives each."""

    def __init__(self, engine, spool):
        self.engine, self.spool = engine, spool
        self.by_id = {}
        self._tokens = {}
        self._lock = threading.Lock()

    def start(self, token, fingerprint, make):
        """The execution of this token: an earlier one, or the one that make() returns. None on a mismatch."""
        digest = hashlib.sha256(json.dumps(fingerprint, sort_keys=True).encode()).hexdigest()
        with self._lock:
            if token in self._tokens:
                known, execution = self._tokens[token]
                return execution if known == digest else None
            execution = make()
            self._tokens[token] = (digest, execution)
            self.by_id[execution.id] = execution
        threading.Thread(target=self._drive, args=(execution,), daemon=True, name=execution.id).start()
        return execution

    def _drive(self, execution):
        fault = execution.fault
        try:
            with CONCURRENT:
                execution.pause(fault.get("queued_seconds", 0))
                execution.run()
                execution.pause(fault.get("running_seconds", 0))
                if fault.get("state") == "FAILED":
                    raise QueryFailed(fault.get("reason", "GENERIC_INTERNAL_ERROR: injected"), fault.get("category", 2),
                                      fault.get("type", 1001), bool(fault.get("retryable")))
                if fault.get("state") == "CANCELLED":
                    execution.cancel(fault.get("reason", STOPPED[0]), fault.get("type", STOPPED[1]))
                    raise QueryCancelled()
                if not self._reuse(execution):
                    self._execute(execution)
                    self._write(execution)
            execution.finish("SUCCEEDED")
        except QueryCancelled:
            execution.cancel(*STOPPED)
        except QueryFailed as failure:
            execution.fail(failure)
        except Exception as problem:       # a bug of ours: show it in the log and to the client
            traceback.print_exc()
            execution.fail(QueryFailed(f"GENERIC_INTERNAL_ERROR: {type(problem).__name__}: {problem}", 1, 300))

    def _execute(self, execution):
        executor = execution.kind.executor
        if executor == "hive":
            execution.result = TextResult(*hive_ddl.execute(execution.query, execution.database))
            return
        if executor == "unsupported" or (executor == "write" and not self.engine.can_write):
            raise QueryFailed(f"NOT_SUPPORTED: {execution.kind.substatement} is not supported by this stand-in",
                              2, 1200)
        if executor == "write":
            self.engine.write(execution)
            return
        sink = ResultFile(self.spool / f"{execution.id}.csv")
        try:
            self.engine.execute(execution, sink)
        finally:
            sink.close()
        execution.result = sink
        if not execution.kind.writes_csv:
            rows = [[datum.get("VarCharValue") for datum in row] for row in sink.page(execution.id, None, 1 << 30)[0]]
            execution.result = TextResult(sink.columns, rows[1:])

    def _write(self, execution):
        """The result object and its .metadata, unless the service keeps the results."""
        fault = execution.fault
        if execution.cancelled:
            raise QueryCancelled()
        if execution.kind.executor == "write":     # has written its manifest itself
            return
        if execution.output_location and execution.result is not None and not fault.get("lose_result"):
            storage.put(execution.output_location, execution.result.content())
            storage.put(execution.output_location + ".metadata",
                        metadata_object(execution.id, execution.result.columns))

    def _reuse(self, execution):
        """An earlier result of the very same question, young enough and still there."""
        wish = (execution.reuse or {}).get("ResultReuseByAgeConfiguration", {})
        if not wish.get("Enabled") or execution.kind.substatement != "SELECT" or execution.managed:
            return False
        youngest = time.time() - 60 * wish.get("MaxAgeInMinutes", 60)
        for earlier in reversed(list(self.by_id.values())):
            if (earlier is not execution and earlier.state == "SUCCEEDED" and earlier.completed >= youngest
                    and reuse_key(earlier) == reuse_key(execution) and earlier.reused_from is None
                    and storage.object_exists(earlier.output_location)):
                execution.reused_from = earlier.id
                execution.result = earlier.result
                execution.output_location = earlier.output_location
                return True
        return False

    def summaries(self):
        return [{"id": e.id, "state": e.state, "query": e.query, "scanned_bytes": e.scanned_bytes,
                 "reused_from": e.reused_from, "group": e.group_name, "submitted": e.submitted,
                 "completed": e.completed} for e in self.by_id.values()]


def reuse_key(execution):
    return (execution.query, execution.group_name, execution.catalog, execution.database, execution.managed,
            json.dumps([execution.configuration, execution.parameters], sort_keys=True))
