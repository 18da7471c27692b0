"""The process: moto's server with our Athena, Glue's missing parts, and the test control in front."""

import argparse
import functools
import logging
import os
import signal
import sys
from pathlib import Path

import moto.settings
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

from . import athena_api, faults, glue_extras
from .executions import Executions


def make_engine(name, trino_url, recordings):
    # Imported here: the demo has no Trino, the tests do not need DuckDB.
    if name == "replay":
        from .engine_replay import ReplayEngine
        return ReplayEngine(recordings)
    if name == "trino" and recordings:
        from .engine_replay import RecordingEngine
        return RecordingEngine(trino_url, recordings)
    if name == "trino":
        from .engine_trino import TrinoEngine
        return TrinoEngine(trino_url)
    from .engine_duckdb import DuckdbEngine
    return DuckdbEngine()


def require_signatures(access_key, secret_key):
    """From now on moto checks SigV4. One user who may do everything, with a key that is known beforehand."""
    iam = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    iam.create_user(region_name="us-east-1", user_name="pds-stack")
    iam.put_user_policy("pds-stack", "everything", '{"Version": "2012-10-17", "Statement": '
                        '[{"Effect": "Allow", "Action": "*", "Resource": "*"}]}')
    key = iam.create_access_key("pds-stack")
    iam.access_keys[access_key] = iam.access_keys.pop(key.access_key_id)
    key.access_key_id, key.secret_access_key = access_key, secret_key
    moto.settings.INITIAL_NO_AUTH_ACTION_COUNT = 0


def backend_app(service):
    app = create_backend_app(service)
    # Flask looks twice at each request while it is debugged
    app.debug = False
    return app


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--engine", choices=("trino", "replay", "duckdb"), required=True)
    parser.add_argument("--trino-url")
    parser.add_argument("--recordings", type=Path, help="directory that trino records to, or replay reads")
    parser.add_argument("--spool", type=Path, required=True, help="directory for results on local disk")
    parser.add_argument("--verify-signatures", action="store_true")
    options = parser.parse_args()

    engine = make_engine(options.engine, options.trino_url, options.recordings)
    executions = Executions(engine, options.spool)
    athena_api.install(athena_api.AthenaApi(executions, engine))
    glue_extras.install()
    if options.verify_signatures:
        require_signatures(os.environ["PDS_STACK_ACCESS_KEY"], os.environ["PDS_STACK_SECRET_KEY"])

    recordings = getattr(engine, "recordings", None)
    # a line for each request is a sixth of the work of one
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # moto looks through its folders and a thousand patterns at each request
    DomainDispatcherApplication.get_backend_for_host = functools.lru_cache(maxsize=1000)(DomainDispatcherApplication.get_backend_for_host)
    application = faults.ControlApplication(DomainDispatcherApplication(backend_app), executions.summaries, recordings)
    try:
        run_simple("127.0.0.1", options.port, application, threaded=True, request_handler=MotoRequestHandler)
    finally:
        if recordings:
            recordings.close()


if __name__ == "__main__":
    main()
