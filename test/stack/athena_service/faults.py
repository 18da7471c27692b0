"""Test-only control of the service: /pds-test/… (see ../README.md). No signature needed, loopback only."""

import collections
import json
import threading

from . import storage

LOCK = threading.Lock()
NEXT_EXECUTIONS = collections.deque()      # one dict for each coming StartQueryExecution
REFUSALS = collections.deque()             # {"action", "times", "error", "message", "status"}
CALLS = collections.Counter()              # calls answered, by action


def next_execution(query):
    """What is meant for this query: the first entry that has no mark, or one that stands in the query."""
    with LOCK:
        for entry in NEXT_EXECUTIONS:
            if entry.get("mark", "") in query:
                NEXT_EXECUTIONS.remove(entry)
                return entry
    return {}


def count_and_refuse(action):
    """Count a call; the error (body, status) to answer it with instead, or None."""
    with LOCK:
        CALLS[action] += 1
        for refusal in REFUSALS:
            if refusal["action"] in (action, "*") and refusal["times"] > 0:
                refusal["times"] -= 1
                break
        else:
            return None
        for spent in [r for r in REFUSALS if r["times"] <= 0]:
            REFUSALS.remove(spent)
    error = refusal.get("error", "ThrottlingException")
    body = {"__type": error, "Message": refusal.get("message", "Rate exceeded")}
    if error == "TooManyRequestsException":
        body["Reason"] = "CONCURRENT_QUERY_LIMIT_EXCEEDED"
    return body, int(refusal.get("status", 500 if error.startswith("Internal") else 400))


def reset():
    with LOCK:
        NEXT_EXECUTIONS.clear()
        REFUSALS.clear()
        CALLS.clear()


class ControlApplication:
    """WSGI: answers /pds-test/…, hands everything else to moto."""

    def __init__(self, application, executions, recordings=None):
        self.application = application
        self.executions = executions       # callable: summaries of all executions
        self.recordings = recordings       # what records or replays, if the engine does

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        if not path.startswith("/pds-test/"):
            return self.application(environ, start_response)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        try:
            body = json.loads(environ["wsgi.input"].read(length) or b"{}") if length else {}
            status, answer = self.answer(path.removeprefix("/pds-test/"), body)
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            status, answer = "400 Bad Request", {"error": f"{type(problem).__name__}: {problem}"}
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def answer(self, what, body):
        ok = "200 OK"
        if what == "health":
            return ok, {"status": "ok"}
        if what == "next-execution":
            entries = body if isinstance(body, list) else [body]
            with LOCK:
                NEXT_EXECUTIONS.extend(dict(entry) for entry in entries)
            return ok, {"queued": len(NEXT_EXECUTIONS)}
        if what == "refuse":
            with LOCK:
                REFUSALS.append({"action": body["action"], "times": int(body.get("times", 1)), **{
                    name: body[name] for name in ("error", "message", "status") if name in body}})
            return ok, {"pending": len(REFUSALS)}
        if what == "modified":
            storage.set_modified(body["bucket"], body["time"])
            return ok, {}
        if what == "suite":
            if self.recordings and body.get("name"):
                self.recordings.begin(body["name"])
            elif self.recordings:
                self.recordings.end()
            return ok, {}
        if what == "reset":
            reset()
            return ok, {}
        if what == "calls":
            return ok, dict(CALLS)
        if what == "executions":
            return ok, self.executions()
        return "404 Not Found", {"error": f"unknown control {what}"}
