"""A real `orchestrion serve` in a process of its own, and what tests do to it."""

import os
import pwd
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import psutil

from tests.domain.storage.embedded.accounts import python_for

ROOT = Path(__file__).resolve().parents[2]
READY = "ready "


class Served:
    """A running `orchestrion serve`.

    Attributes:
        url: The GraphQL URL it announced.
        process: The process.
    """

    def __init__(self, process: "subprocess.Popen[str]", *, url: str, log: Path) -> None:
        self.process = process
        self.url = url
        self.log = log

    @property
    def base(self) -> str:
        """The URL without a path."""
        return self.url.removesuffix("/graphql")

    def children(self, *, module: str) -> list[psutil.Process]:
        """The processes that it runs for a Python module."""
        return [child for child in self.descendants() if module in child.cmdline()]

    def descendants(self) -> list[psutil.Process]:
        """All processes it started, and theirs."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, *, number: int = signal.SIGINT, within_s: float = 30) -> int:
        """Tell it to stop and wait; gives the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=within_s)


@contextmanager
def served(
    data: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
    ready_within_s: float = 90,
) -> Generator[Served]:
    """Run `orchestrion serve` on a free port until the block ends; kills what is left of it."""
    with tempfile.NamedTemporaryFile("w+", suffix=".log", delete=False) as log:
        process = spawn(
            ["serve", "--port", "0", *arguments],
            # It ends with us, also when we are killed.
            environment={
                "ORCHESTRION_DATA": str(data),
                "ORCHESTRION_PARENT_PIPE": "true",
                **(environment or {}),
            },
            stderr=log.fileno(),
            user=user,
        )
    try:
        url = _wait_until_ready(process, Path(log.name), within_s=ready_within_s)
        yield Served(process, url=url, log=Path(log.name))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.stdout.close()
        Path(log.name).unlink(missing_ok=True)


def postmaster(data: Path) -> psutil.Process:
    """The main process of the embedded PostgreSQL under a data folder."""
    return psutil.Process(int((data / "postgres" / "data" / "postmaster.pid").read_text().split()[0]))


def spawn(
    arguments: Sequence[str], *, environment: Mapping[str, str], stderr: int, user: str | None = None
) -> "subprocess.Popen[str]":
    """Start the command line as a user would."""
    if user is None:
        interpreter = sys.executable
        inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    else:
        interpreter, inherited = python_for(user)
    return subprocess.Popen(
        [interpreter, "-m", "orchestrion", *arguments],
        cwd=ROOT,
        env={**inherited, **environment},
        stdout=subprocess.PIPE,
        stderr=stderr,
        stdin=subprocess.PIPE,
        text=True,
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        extra_groups=None if user is None else [],
        start_new_session=True,
    )


def _wait_until_ready(process: "subprocess.Popen[str]", log: Path, *, within_s: float) -> str:
    found: list[str] = []

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(READY):
                found.append(line.removeprefix(READY).strip())
                return

    reader = Thread(target=read, name="announcement", daemon=True)
    reader.start()
    reader.join(timeout=within_s)
    if not found:
        process.kill()
        raise AssertionError(f"serve announced nothing; its log:\n{log.read_text()[-4000:]}")
    return found[0]
