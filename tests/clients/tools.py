"""The tools of those who write clients, as `make clients` installs them."""

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SCHEMA = ROOT / "schema.graphql"
PACKAGES = HERE / "node_modules"
ENVIRONMENT = HERE / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"


def _needs(installation: Path, *, lock: str) -> pytest.MarkDecorator:
    """Skips a test unless what the lock file says is installed there."""
    stamp = installation / ".installed"
    installed = stamp.is_file() and stamp.read_text() == (HERE / lock).read_text()
    return pytest.mark.skipif(
        not installed, reason=f"needs what tests/clients/{lock} says: `make clients` installs it"
    )


needs_packages = _needs(PACKAGES, lock="package-lock.json")
needs_environment = _needs(ENVIRONMENT, lock="requirements.lock")


def find_node() -> str:
    """The path of Node.js."""
    node = shutil.which("node")
    assert node is not None, "found no node, expected Node.js 20 or newer on the PATH"
    return node


def program(name: str) -> Path:
    """The path of a package's program."""
    return PACKAGES / ".bin" / name


def run(*command: str | Path, folder: Path) -> str:
    """What a command prints that must succeed."""
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    said = f"{finished.stdout}{finished.stderr}"
    assert finished.returncode == 0, f"{command[0]} ended with {finished.returncode}:\n{said}"
    return finished.stdout
