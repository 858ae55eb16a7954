#!/usr/bin/env python3
"""Installs one of the lock files, and the project itself in place, into `.venv`.

`make` runs this before most of its targets, so finding nothing to do must be quick: a stamp in `.venv`,
written last, holds a fingerprint of all that went into the last installation. A file lock lets several
`make` run at once: the first installs, the others wait and then find its stamp; the lock of a killed run
falls with it.
"""

import fcntl
import hashlib
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
SETS = ("runtime", "develop")


def main(arguments: list[str]) -> int:
    """Installs the named set; returns 2 on wrong usage, else the status of the command that failed, or 0."""
    if len(arguments) != 1 or arguments[0] not in SETS:
        _say(f"usage: install.py {'|'.join(SETS)}")
        return 2
    (name,) = arguments
    if _is_installed(name):
        return 0
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_installed(name):
            return 0
        try:
            _install(name)
        except subprocess.CalledProcessError as failure:
            _say(f"failed: {' '.join(map(str, failure.cmd))}")
            return failure.returncode
    return 0


def _is_installed(name: str) -> bool:
    stamp = _stamp(name)
    return stamp.is_file() and stamp.read_text() == _fingerprint(name)


def _install(name: str) -> None:
    started = time.monotonic()
    if not _has_usable_environment():
        _say(f"creating .venv with Python {sys.version.split()[0]}")
        _run(sys.executable, "-m", "venv", "--clear", VENV)
    _say(f"installing requirements/{name}.lock: once, and again when it changes")
    pip = (
        VENV / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    )
    _run(*pip, "--require-hashes", "--requirement", _lock_file(name))
    _run(*pip, "--no-deps", "--no-build-isolation", "--editable", PROJECT)
    _write_stamp(name)
    _say(f"installed in {time.monotonic() - started:.0f} s")


def _has_usable_environment() -> bool:
    """An environment that was moved, cut short in the making, or lost its interpreter is of no use."""
    python, pip = VENV / "bin" / "python", VENV / "bin" / "pip"
    if not python.is_file() or not pip.is_file() or str(VENV) not in pip.read_text():
        return False
    probe = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode == 0


def _write_stamp(name: str) -> None:
    """A reader sees the whole stamp or none."""
    draft = _stamp(name).with_suffix(".draft")
    draft.write_text(_fingerprint(name))
    draft.replace(_stamp(name))


def _fingerprint(name: str) -> str:
    """Changes with the lock file, the project's metadata, and the place of the environment."""
    metadata = (PROJECT / "pyproject.toml", PROJECT / "requirements" / "runtime.in")
    digest = hashlib.sha256(str(VENV).encode())
    for path in (_lock_file(name), *metadata, Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _lock_file(name: str) -> Path:
    return PROJECT / "requirements" / f"{name}.lock"


def _stamp(name: str) -> Path:
    return VENV / f".installed-{name}"


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, cwd=PROJECT, stdin=subprocess.DEVNULL)


def _say(text: str) -> None:
    sys.stderr.write(f"[install] {text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
