"""The test's side of the worker processes: hiring, stopping, freezing and killing them."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from domain.json import encode
from tests.faults.worker import WorkerOrder

_PATIENCE_S = 30


@dataclass(slots=True)
class WorkerProcess:
    """A worker in a process of its own.

    Attributes:
        gone: Set when the process has ended.
    """

    process_id: int
    log: Path
    gone: asyncio.Event

    async def kill(self) -> None:
        """End it as the kernel does when memory is short, and wait until it is gone."""
        self.send(signal.SIGKILL)
        await asyncio.wait_for(self.gone.wait(), _PATIENCE_S)

    def freeze(self) -> None:
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self.send(signal.SIGCONT)

    def send(self, number: signal.Signals) -> None:
        # The nursery waits for nobody before its end, so the id is not given to another process.
        os.kill(self.process_id, number)


class Nursery:
    """Where workers come from: see `tests.faults.nursery`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def raise_worker(self, order: WorkerOrder) -> int:
        """The process id of a new worker."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(encode(asdict(order)).encode() + b"\n")
        return int(await asyncio.wait_for(self._process.stdout.readline(), _PATIENCE_S))


@asynccontextmanager
async def nursery() -> AsyncGenerator[Nursery]:
    """A nursery; its workers end with it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.faults.nursery",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Nursery(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@dataclass(frozen=True, slots=True)
class Visitor:
    """A step that waits for the test's word."""

    place: str
    _writer: asyncio.StreamWriter

    def go_on(self) -> None:
        self._writer.write(b"go on\n")


class Door:
    """Where worker processes report, and where their steps stop."""

    def __init__(self) -> None:
        self._visitors: asyncio.Queue[Visitor] = asyncio.Queue()
        self._workers: dict[int, asyncio.Event] = {}
        self._news = asyncio.Condition()
        self._writers: list[asyncio.StreamWriter] = []

    async def life_line(self, process_id: int) -> asyncio.Event:
        """Wait for the worker to report; the event is set when its process has ended."""
        async with asyncio.timeout(_PATIENCE_S), self._news:
            await self._news.wait_for(lambda: process_id in self._workers)
        return self._workers[process_id]

    async def visitor(self, place: str) -> Visitor:
        """The next step that stops; it is the one at this place."""
        visitor = await asyncio.wait_for(self._visitors.get(), _PATIENCE_S)
        assert visitor.place == place
        return visitor

    @asynccontextmanager
    async def opened(self, socket: Path) -> AsyncGenerator["Door"]:
        server = await asyncio.start_unix_server(self._welcome, socket)
        try:
            yield self
        finally:
            server.close()
            for writer in self._writers:
                writer.transport.abort()
            await server.wait_closed()

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        said = (await reader.readline()).decode().strip()
        if not said.startswith("worker "):
            self._visitors.put_nowait(Visitor(said, writer))
            return
        gone = self._workers[int(said.removeprefix("worker "))] = asyncio.Event()
        async with self._news:
            self._news.notify_all()
        try:
            await reader.read()
        except ConnectionError:
            pass
        finally:
            gone.set()
