"""`up` and `down`: the order in which things are prepared, started, checked and stopped."""

import argparse
import concurrent.futures
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from . import trino, versitygw
from .paths import REPO_ROOT, STACK_SOURCE, StackError, directory_lock, say
from .process import State, free_port
from .python_env import python_of

REGION = "us-east-1"
# With signature checks on, this key is the only one that is accepted; without, any is.
ACCESS_KEY, SECRET_KEY = "AKIAPDSSTACKEXAMPLE1", "pdsStackSecretKey/EXAMPLEonly+1234567890"
RECORDINGS = REPO_ROOT / "test" / "recorded"
DEFAULT_DIRECTORY = REPO_ROOT / "build" / "stack"


def parse_up(arguments):
    parser = argparse.ArgumentParser(prog="up", description="Start the stand-in AWS services.")
    parser.add_argument("--engine", choices=("trino", "replay", "duckdb"), default=None,
                        help="what executes Athena's statements (default: trino)")
    parser.add_argument("--record", type=Path, default=None, metavar="DIR",
                        help="with trino: its answers are written to DIR, a file for each suite")
    parser.add_argument("--dir", type=Path, default=DEFAULT_DIRECTORY, help="state, logs and env of this stack")
    parser.add_argument("--auth", action="store_true", help="verify SigV4 signatures")
    parser.add_argument("--no-pg", action="store_true", help="leave PostgreSQL alone")
    parser.add_argument("--versitygw", action="store_true",
                        help="also the strict and fast S3 server (built once, several minutes)")
    return parser.parse_args(arguments)


def up(arguments):
    options = parse_up(arguments)
    began = time.monotonic()
    directory = options.dir.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    with directory_lock(directory):
        bring_up(options, directory)
    say(f"ready in {time.monotonic() - began:.1f} s; source {directory / 'env'}")


def bring_up(options, directory):
    state = State(directory)
    engine = options.engine or state.options.get("engine") or "trino"
    record = str(options.record.resolve()) if options.record else None
    wanted = {"engine": engine, "auth": options.auth, "record": record}
    if state.services and any(state.options.get(name) != value for name, value in wanted.items()):
        say("other options than the running stack's: stopping it first")
        stop_postgres(directory)
        stop_services(state)
    state.options = {**state.options, **wanted}

    needed = ["aws", "scripts"] + (["trino"] if engine == "trino" else []) + (["versitygw"] if options.versitygw else [])
    missing = [name for name in needed if not healthy(state, name)]
    if not missing and (directory / "env").exists():
        say(f"already up ({', '.join(needed)}), {directory / 'env'}")
    else:
        start_missing(state, directory, missing, engine, options)
        write_env(state, directory, engine)
    if not options.no_pg:
        start_postgres(directory)


def start_missing(state, directory, missing, engine, options):
    # A half-dead stack: Trino's files hold the service's port and the other way round, so keep the ports.
    ports = {name: service["port"] for name, service in state.services.items() if service["port"]}
    for name in missing:
        state.stop(name)
        if name != "scripts":
            ports.setdefault(name, free_port(ports.values()))
    if "trino" in ports and "trino" not in missing and "aws" in missing:
        say("the AWS service had died: its catalog and objects are gone, Trino stays")

    with concurrent.futures.ThreadPoolExecutor() as pool:
        jobs = [pool.submit(python_of, "services" if engine == "duckdb" else "tests")]
        if "trino" in missing:
            jobs.append(pool.submit(start_trino, state, directory, ports))
        if "versitygw" in missing:
            jobs.append(pool.submit(versitygw.start, state, directory, ports["versitygw"], ACCESS_KEY, SECRET_KEY))
        python = jobs[0].result()
        if "aws" in missing:
            start_aws(state, directory, python, ports)
        if "scripts" in missing:
            start_scripts(state, python)
        for job in jobs[1:]:
            job.result()
    state.options["python"] = str(python)
    state.save()
    if "aws" in missing:
        state.wait_ready("aws", lambda: aws_answers(ports["aws"]), 60)
    if "scripts" in missing:
        state.wait_ready("scripts", lambda: scripts_answers(state), 60)
    if "trino" in missing:
        state.wait_ready("trino", lambda: trino.answers(ports["trino"]), 400)
    if "versitygw" in missing:
        state.wait_ready("versitygw", lambda: versitygw.answers(ports["versitygw"]), 20)


def start_trino(state, directory, ports):
    release, java_home = trino.choose()
    server = trino.server_directory(release)
    etc = trino.write_configuration(directory, release, ports["trino"], ports["aws"], ACCESS_KEY, SECRET_KEY)
    argv, environment = trino.command(server, directory, etc, java_home, release)
    say(f"starting Trino {release} on {java_home}")
    state.start("trino", argv, ports["trino"], environment)


def start_aws(state, directory, python, ports):
    engine, record = state.options["engine"], state.options["record"]
    results = directory / "athena"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    command = [python, "-m", "athena_service.server", "--port", ports["aws"], "--engine", engine,
               "--spool", results]
    if engine == "trino":
        command += ["--trino-url", f"http://127.0.0.1:{ports['trino']}"]
    if engine == "replay" or record:
        command += ["--recordings", record or RECORDINGS]
    environment = {"PYTHONDONTWRITEBYTECODE": "1", "MOTO_PORT": str(ports["aws"])}
    if state.options["auth"]:
        command += ["--verify-signatures"]
        environment |= {"PDS_STACK_ACCESS_KEY": ACCESS_KEY, "PDS_STACK_SECRET_KEY": SECRET_KEY}
    state.start("aws", command, ports["aws"], environment, cwd=STACK_SOURCE)


def start_scripts(state, python):
    # a socket's path is short, and a stack's folder may not be
    state.options["scripts"] = f"{tempfile.mkdtemp(prefix='pds_scripts.')}/socket"
    state.start("scripts", [python, STACK_SOURCE / "scripts.py", state.options["scripts"]], None, {"PYTHONDONTWRITEBYTECODE": "1"})


def scripts_answers(state):
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(state.options["scripts"])
            probe.sendall(b'{"code": "", "args": [], "env": {}, "cwd": "/"}')
            probe.shutdown(socket.SHUT_WR)
            return json.loads(probe.recv(1000))["status"] == 0
        except (OSError, KeyError, ValueError):
            return False


def aws_answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/pds-test/health", timeout=5) as reply:
            return json.load(reply).get("status") == "ok"
    except (OSError, urllib.error.URLError, ValueError):
        return False


def healthy(state, name):
    if name == "scripts":
        return state.alive(name) and scripts_answers(state)
    probes = {"aws": aws_answers, "trino": trino.answers, "versitygw": versitygw.answers}
    return state.alive(name) and probes[name](state.port(name))


def write_env(state, directory, engine):
    """DIR/env: to be sourced; written whole, moved into place last, so its presence means ready."""
    endpoint = f"http://127.0.0.1:{state.port('aws')}"
    values = {"AWS_ENDPOINT_URL": endpoint}
    values |= {f"AWS_ENDPOINT_URL_{service}": endpoint for service in ("S3", "GLUE", "ATHENA", "STS")}
    values |= {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
        "PDS_STACK_ENGINE": engine, "PDS_STACK_DIR": str(directory), "PDS_STACK_PYTHON": state.options["python"],
        "PDS_STACK_SCRIPTS": state.options["scripts"],
    }
    if engine == "trino":
        values["PDS_TRINO_URL"] = f"http://127.0.0.1:{state.port('trino')}"
    if "versitygw" in state.services:
        values |= {"PDS_VERSITYGW_URL": f"http://127.0.0.1:{state.port('versitygw')}",
                   "PDS_VERSITYGW_ACCESS_KEY": ACCESS_KEY, "PDS_VERSITYGW_SECRET_KEY": SECRET_KEY,
                   "PDS_VERSITYGW_DATA": str(directory / "versitygw" / "data")}
    # A repair keeps what test/pg/start had added.
    kept = [line for line in (directory / "env").read_text().splitlines() if line.startswith("export PG")] if (
        directory / "env").exists() else []
    temporary = directory / "env.tmp"
    temporary.write_text("".join(f"export {name}='{value}'\n" for name, value in values.items())
                         + "".join(line + "\n" for line in kept))
    temporary.replace(directory / "env")


def postgres_script(name):
    script = REPO_ROOT / "test" / "pg" / name
    return script if os.access(script, os.X_OK) else None


def start_postgres(directory):
    """test/pg/start prints `export PGHOST=…` lines, which join DIR/env."""
    script = postgres_script("start")
    if not script:
        return
    done = subprocess.run([script, "--dir", directory / "pg"], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise StackError(f"{script} failed with status {done.returncode}")
    exports = [line for line in done.stdout.splitlines() if line.startswith("export ")]
    names = {line.split("=")[0] for line in exports}
    env = directory / "env"
    kept = [line for line in env.read_text().splitlines() if line.split("=")[0] not in names]
    env.write_text("\n".join(kept + exports) + "\n")


def stop_postgres(directory):
    script = postgres_script("stop")
    if script and (directory / "pg").exists():
        subprocess.run([script, "--dir", directory / "pg"])


def stop_services(state):
    (state.directory / "env").unlink(missing_ok=True)
    for name in list(state.services):
        state.stop(name)


def down(arguments):
    parser = argparse.ArgumentParser(prog="down", description="Stop the stand-in AWS services.")
    parser.add_argument("--dir", type=Path, default=DEFAULT_DIRECTORY)
    directory = parser.parse_args(arguments).dir.resolve()
    stop_postgres(directory)
    if not directory.exists():
        return
    state = State(directory)
    stopped = list(state.services)
    stop_services(state)
    say(f"stopped {', '.join(stopped)}" if stopped else "nothing was running")
