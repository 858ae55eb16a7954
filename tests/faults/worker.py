"""The worker that is made to suffer, and its steps: each leaves an effect, and stops where it is told to."""

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path

from domain.storage.database import Database
from engine.context import StepContext
from engine.errors import ApiUnavailable
from engine.run.worker import Worker
from engine.settings import EngineSettings
from tests.engine.run.application import CATALOG, Stage, new_registry
from tests.faults.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOrder:
    """What one worker process is told.

    Attributes:
        door: The socket at which the test waits: the worker's life line, and where its steps stop.
        stops: Where steps wait for the test's word: "second/before" its effect, or "second/after" it.
    """

    dsn: str
    door: str
    ledger: str
    log: str
    stops: list[str]
    lease_s: float
    heartbeat_s: float
    reconcile_s: float
    poll_s: float

    def settings(self) -> EngineSettings:
        """The worker's timings."""
        return EngineSettings(
            lease_s=self.lease_s,
            heartbeat_s=self.heartbeat_s,
            reconcile_s=self.reconcile_s,
            poll_s=self.poll_s,
            stop_grace_s=0.2,
            concurrent_runs=20,
        )


@dataclass(slots=True)
class LedgerStage(Stage):
    """What the application's steps do in a worker of this suite."""

    order: WorkerOrder = field(kw_only=True)

    async def play(self, context: StepContext) -> None:
        await self._stop_at("before", context)
        Ledger(Path(self.order.ledger)).append(context)
        await self._stop_at("after", context)
        if context.step_key == "flaky" and context.attempt == 1:
            raise ApiUnavailable("the outside world is away for a moment")

    async def _stop_at(self, point: str, context: StepContext) -> None:
        place = f"{context.step_key}/{point}"
        if place not in self.order.stops:
            return
        reader, writer = await asyncio.open_unix_connection(self.order.door)
        try:
            writer.write(f"{place}\n".encode())
            await reader.readline()
        finally:
            writer.close()


async def work(order: WorkerOrder) -> None:
    """Work until the test lets go of the life line."""
    reader, writer = await asyncio.open_unix_connection(order.door)
    writer.write(f"worker {os.getpid()}\n".encode())
    async with Database(order.dsn, read_pool_size=2, write_pool_size=3) as database:
        worker = Worker(
            database,
            catalog=CATALOG,
            registry=new_registry(LedgerStage(order=order)),
            settings=order.settings(),
            public_url="http://orchestrion.test",
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(worker.run(), name="worker")
            tasks.create_task(_watch(reader), name="life line")


async def _watch(reader: asyncio.StreamReader) -> None:
    await reader.read()
    os._exit(0)
