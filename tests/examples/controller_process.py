"""The network controller as a process of its own."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY = "ready "


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerProcess:
    """A running controller that ends when its standard input is closed."""

    process: "subprocess.Popen[str]"
    url: str

    def close_input(self) -> int:
        """Close its standard input as the death of its parent would; gives the exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(timeout=10)

    def stop(self, number: int) -> int:
        """Send a signal; gives the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=10)


@contextmanager
def running_controller(*arguments: str) -> Generator[ControllerProcess]:
    """Run a controller on a free port until the block ends."""
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "examples.network.controller",
            "--port",
            "0",
            "--exit-with-parent",
            *arguments,
        ],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            announcement = process.stdout.readline()
            assert announcement.startswith(READY), announcement
            yield ControllerProcess(process=process, url=announcement.removeprefix(READY).strip())
        finally:
            process.kill()
