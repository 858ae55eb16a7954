import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.storage.embedded import EmbeddedPostgres, PostgresOptions
from domain.storage.embedded.postmaster import find_postmaster
from tests.domain.storage.embedded.accounts import ROOT, python_for

USER_PROGRAM = Path(__file__).with_name("user_program.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserProcess:
    """A running `user_program`."""

    process: subprocess.Popen[str]
    facts: dict[str, str | int]

    @property
    def dsn(self) -> str:
        return str(self.facts["dsn"])

    @property
    def server_process_id(self) -> int:
        return int(self.facts["process_id"])

    def close(self) -> None:
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


StartUser = Callable[..., UserProcess]


@pytest.fixture
def empty_folder() -> Generator[Path]:
    """A folder that every account can pass through, short enough for a socket; its servers are ended."""
    made = Path(tempfile.mkdtemp(prefix="orchestrion-", dir="/var/tmp"))
    made.chmod(0o755)
    yield made
    for entry in made.rglob("postmaster.pid"):
        postmaster = find_postmaster(entry.parent)
        if postmaster is not None and postmaster.answers():
            os.kill(postmaster.process_id, signal.SIGQUIT)
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def prepared() -> Generator[Path]:
    """A folder with a cluster, to be copied: that is faster than making one."""
    made = Path(tempfile.mkdtemp(prefix="orchestrion-", dir="/var/tmp"))
    made.chmod(0o755)
    EmbeddedPostgres.start(made, options=PostgresOptions(durable=False)).close()
    yield made
    shutil.rmtree(made)


@pytest.fixture
def folder(empty_folder: Path, prepared: Path) -> Path:
    """A folder with a cluster of its own."""
    subprocess.run(["/bin/cp", "-a", f"{prepared}/.", empty_folder], check=True)
    return empty_folder


@pytest.fixture
def start_user() -> Generator[StartUser]:
    """Starts user programs; `account` is another account than ours."""
    started: list[subprocess.Popen[str]] = []

    def start(folder: Path, *, rows: int = 0, account: str | None = None) -> UserProcess:
        interpreter, environment = sys.executable, {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        if account is not None:
            interpreter, environment = python_for(account)
        process = subprocess.Popen(
            [interpreter, str(USER_PROGRAM), str(folder), str(rows)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd="/",
            user=account,
            group=None if account is None else pwd.getpwnam(account).pw_gid,
            extra_groups=None if account is None else [],
        )
        started.append(process)
        assert process.stdout is not None
        return UserProcess(process=process, facts=json.loads(process.stdout.readline()))

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=60)


@pytest.fixture(params=["ourselves", "ordinary account"])
def account(request: pytest.FixtureRequest, folder: Path) -> str | None:
    """Who the user programs are; the folder is theirs."""
    if request.param == "ourselves":
        return None
    if not ROOT:
        pytest.skip("we are an ordinary account ourselves")
    shutil.chown(folder, "nobody")
    return "nobody"
