"""A backlog of five-step processes, and the worker processes that carry it out."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bench.five_steps import app
from domain.ids import ProcessId
from domain.scope import Scope
from domain.storage.database import Database
from engine.run.commands import Commands
from orchestrion.settings import Settings, child_environment

STEPS = 5
_STARTS_AT_ONCE = 8
_LOOK_EVERY_S = 0.1
_DEADLINE_S = 600.0

# Counted from the moment at which the last of the workers made its first claim, so that the time in which a
# worker starts is nobody's.
_CARRIED_OUT = """
WITH joined AS (
    SELECT max(first) AS at, count(*) AS workers
    FROM (SELECT min(a.started_at) AS first FROM step_attempt AS a GROUP BY a.worker_id) AS each
)
SELECT j.workers, count(*) AS steps,
       extract(epoch FROM max(s.finished_at) - j.at)::float8 AS seconds
FROM process_step AS s CROSS JOIN joined AS j WHERE s.finished_at > j.at
GROUP BY j.workers, j.at
"""

_UNFINISHED = "SELECT EXISTS (SELECT FROM process WHERE status = ANY ('{QUEUED,RUNNING,WAITING}'))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What workers carried out together.

    Attributes:
        workers: How many took part.
        steps: Steps that ended while all of them took part.
        seconds: How long that was.
    """

    workers: int
    steps: int
    seconds: float

    @property
    def steps_per_s(self) -> float:
        """Durable steps per second."""
        return self.steps / self.seconds

    @property
    def processes_per_s(self) -> float:
        """Five-step processes per second."""
        return self.steps_per_s / STEPS


class Backlog:
    """Processes that are started, and waited for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._commands = Commands(database, catalog=app.catalog, registry=app.registry)

    async def start(self, workflow: str = "five_steps") -> ProcessId:
        """Start one process."""
        started = await self._commands.start(workflow, values={}, actor="bench", scope=Scope.all())
        return started.process_id

    async def start_many(self, processes: int) -> float:
        """Start five-step processes, some at a time; gives the seconds it took."""
        numbers = iter(range(processes))

        async def start_some() -> None:
            for _ in numbers:
                await self.start()

        began = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_STARTS_AT_ONCE):
                tasks.create_task(start_some(), name="starts")
        return time.perf_counter() - began

    async def carried_out(self) -> Carried:
        """Wait until all is completed; what the workers did for it."""
        await self.until(_UNFINISHED, found=False)
        async with self._database.writer() as connection:
            row = await connection.fetchrow(_CARRIED_OUT)
            incomplete = await connection.fetchval("SELECT count(*) FROM process WHERE status <> 'COMPLETED'")
        assert row is not None, "nothing was carried out"
        assert incomplete == 0, f"{incomplete} processes did not complete"
        return Carried(workers=row["workers"], steps=row["steps"], seconds=row["seconds"])

    async def until(
        self, question: str, *arguments: object, found: bool = True, every_s: float = _LOOK_EVERY_S
    ) -> None:
        """Wait until the answer to a question is this one."""
        async with asyncio.timeout(_DEADLINE_S):
            while True:
                async with self._database.writer() as connection:
                    if await connection.fetchval(question, *arguments) is found:
                        return
                await asyncio.sleep(every_s)


@asynccontextmanager
async def worker(dsn: str, *, lease_s: float) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A worker process on the database, with the settings of a worker beside a server."""
    environment = {
        **child_environment(Settings(app="bench.five_steps:app", lease_s=lease_s), dsn),
        "ORCHESTRION_LEASE_S": str(lease_s),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "orchestrion.worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@asynccontextmanager
async def workers(dsn: str, number: int, *, lease_s: float) -> AsyncGenerator[None]:
    """Some worker processes on the database."""
    async with AsyncExitStack() as stack:
        for _ in range(number):
            await stack.enter_async_context(worker(dsn, lease_s=lease_s))
        yield
