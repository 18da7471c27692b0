"""Virtual environments in the cache, one for each requirements file and Python version."""

import hashlib
import subprocess
import sys

from .paths import STACK_SOURCE, StackError, cache_dir, cache_lock, fresh_directory, say

REQUIREMENTS = {
    "services": ["requirements.txt"],
    "tests": ["requirements-tests.txt", "requirements.txt"],
    "jdk": ["requirements-jdk.txt"],
    "ministack": ["requirements-ministack.txt"],
}


def python_of(kind):
    """The python of the wanted environment, which is made first where it is missing."""
    files = REQUIREMENTS[kind] + ["constraints.txt"]
    digest = hashlib.sha256(sys.version.encode())
    for name in files:
        digest.update((STACK_SOURCE / name).read_bytes())
    venv = cache_dir() / f"venv-{kind}-{digest.hexdigest()[:12]}"
    python, complete = venv / "bin" / "python", venv / ".complete"
    if complete.exists():
        return python
    with cache_lock(f"venv-{kind}"):
        if complete.exists():
            return python
        say(f"installing Python packages ({files[0]})")
        fresh_directory(venv)
        run([sys.executable, "-m", "venv", venv])
        run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "-r", STACK_SOURCE / files[0]])
        complete.touch()
    return python


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise StackError(f"`{' '.join(map(str, command))}` failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout
