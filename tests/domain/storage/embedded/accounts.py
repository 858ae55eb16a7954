"""The ordinary account that root's tests use beside root, and a Python that it can run."""

import os
import pwd
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = os.geteuid() == 0
NEEDS_ROOT = pytest.mark.skipif(not ROOT, reason="only root can be another account")
REPOSITORY = Path(__file__).parents[4]


def python_for(account: str) -> tuple[str, dict[str, str]]:
    """An interpreter of this version that the account can run, and the environment with our packages."""
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": f"{REPOSITORY}:{sysconfig.get_path('platlib')}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for interpreter in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        try:
            answer = subprocess.run(
                [interpreter, "-c", "import asyncpg, domain, structlog"],
                env=environment,
                cwd="/",
                user=account,
                group=pwd.getpwnam(account).pw_gid,
                extra_groups=[],
                capture_output=True,
                check=False,
            )
        except OSError:
            continue
        if answer.returncode == 0:
            return interpreter, environment
    pytest.skip(f"{account} can run no {version} with our packages")
