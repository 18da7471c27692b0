"""Clients, a bucket and a database for the judges; everything is reached through the stack's environment."""

import json
import os
import re
import time
import urllib.request

import awswrangler as wr
import boto3
import pytest

TERMINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
TRINO_ANSWERS = os.environ["PDS_STACK_ENGINE"] != "duckdb"     # itself, or as it was recorded
trino_only = pytest.mark.skipif(not TRINO_ANSWERS, reason="needs Trino's answers")


def ask_control(what, body=None):
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + "/pds-test/" + what,
                                     data=None if body is None else json.dumps(body).encode())
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


def pytest_sessionstart(session):
    """Names are the same in each run, so that what Trino answers can be recorded."""
    ask_control("suite", {"name": "wrangler"})


@pytest.fixture(scope="session")
def s3():
    return boto3.client("s3")


@pytest.fixture(scope="session")
def glue():
    return boto3.client("glue")


@pytest.fixture(scope="session")
def bucket(s3):
    name = "pds-judge"
    s3.create_bucket(Bucket=name)
    wr.s3.delete_objects(f"s3://{name}/")      # of a run before on the same stack
    return name


@pytest.fixture(scope="session")
def output(bucket):
    return f"s3://{bucket}/results/"


@pytest.fixture
def database(request):
    name = "judge_" + re.sub(r"\W+", "_", request.node.name.removeprefix("test_")).strip("_").lower()
    wr.catalog.create_database(name)
    yield name
    wr.catalog.delete_database(name)


class Athena:
    """boto3's client with the waiting that every test needs."""

    def __init__(self, output):
        self.client = boto3.client("athena")
        self.output = output

    def start(self, sql, database=None, **arguments):
        if database:
            arguments["QueryExecutionContext"] = {"Database": database}
        arguments.setdefault("ResultConfiguration", {"OutputLocation": self.output})
        return self.client.start_query_execution(QueryString=sql, **arguments)["QueryExecutionId"]

    def get(self, identifier):
        return self.client.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]

    def wait(self, identifier, states=TERMINAL, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            execution = self.get(identifier)
            if execution["Status"]["State"] in states:
                return execution
            time.sleep(0.05)
        raise AssertionError(f"{identifier} did not reach {states}: {execution['Status']}")

    def run(self, sql, database=None, **arguments):
        return self.wait(self.start(sql, database, **arguments))

    def raw(self, execution):
        """The bytes of the result object."""
        bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
        return boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()

    def bytes_of(self, sql, database=None, **arguments):
        execution = self.run(sql, database, **arguments)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        return self.raw(execution)


@pytest.fixture(scope="session")
def athena(output):
    return Athena(output)


@pytest.fixture
def control():
    """The test-only control of the service; what a test leaves behind is cleared."""
    ask_control("reset", {})
    yield ask_control
    ask_control("reset", {})
