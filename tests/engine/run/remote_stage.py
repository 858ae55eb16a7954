"""Steps in another process meet the test over a socket: each says that it begins, and waits."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from engine.context import StepContext
from tests.engine.run.application import Stage


@dataclass(slots=True)
class RemoteStage(Stage):
    """The side of the steps."""

    socket: Path = field(kw_only=True)

    async def play(self, context: StepContext) -> None:
        reader, writer = await asyncio.open_unix_connection(self.socket)
        try:
            writer.write(json.dumps({"step": context.step_key, "attempt": context.attempt}).encode() + b"\n")
            await writer.drain()
            await reader.readline()
        finally:
            writer.close()


@dataclass(frozen=True, slots=True)
class Entry:
    """A step that waits for the word.

    Attributes:
        gone: Set when its process is gone.
    """

    step: str
    attempt: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def go_on(self) -> None:
        self.writer.write(b"\n")
        await self.writer.drain()

    async def until_gone(self) -> None:
        await self.reader.read()


@asynccontextmanager
async def entrance(socket: Path) -> AsyncGenerator[asyncio.Queue[Entry]]:
    """The side of the test: the steps, as they begin."""
    entries: asyncio.Queue[Entry] = asyncio.Queue()
    writers: list[asyncio.StreamWriter] = []

    async def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        said = json.loads(await reader.readline())
        entries.put_nowait(Entry(said["step"], said["attempt"], reader, writer))

    server = await asyncio.start_unix_server(enter, socket)
    try:
        yield entries
    finally:
        for writer in writers:
            writer.close()
        server.close()
        await server.wait_closed()
