"""Five-step processes per second of some workers, on an embedded PostgreSQL with full durability.

The backlog is started first; what is measured is the time from the first claim to the last completion, by
the database's clock. The yardstick, measured in the same run on the same server: connections that each commit
single rows as fast as they can. `python -m bench.throughput --processes 2000 --workers 1`
"""

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from bench.five_steps import app
from domain.scope import Scope
from domain.storage.database import Database
from domain.storage.embedded import EmbeddedPostgres, ensure_database
from engine.run.commands import Commands
from orchestrion.preparing import prepare_database
from orchestrion.settings import Settings, child_environment

STARTS_AT_ONCE = 8
YARDSTICK_CONNECTIONS = 32
YARDSTICK_ROWS = 8000
DEADLINE_S = 600.0

_MEASURED = """
SELECT count(*) FILTER (WHERE p.status = 'COMPLETED') AS completed,
       extract(epoch FROM max(p.ended_at) - (SELECT min(s.started_at) FROM process_step AS s))::float8
           AS seconds
FROM process AS p
"""


def main(
    processes: Annotated[int, typer.Option(min=1)] = 2000, workers: Annotated[int, typer.Option(min=1)] = 1
) -> None:
    """Print the rate of starting and the rate of carrying out."""
    with durable_postgres() as server:
        asyncio.run(measure(server, processes=processes, workers=workers))


async def measure(server: EmbeddedPostgres, *, processes: int, workers: int) -> None:
    """Start a backlog, let the workers carry it out, print both rates."""
    await ensure_database(server.dsn(), "bench")
    dsn = server.dsn("bench")
    await prepare_database(dsn, app.catalog)
    async with Database(dsn, read_pool_size=2, write_pool_size=STARTS_AT_ONCE) as database:
        started_s = await start_backlog(database, processes)
        async with AsyncExitStack() as stack:
            for _ in range(workers):
                await stack.enter_async_context(worker(dsn))
            seconds = await until_completed(database, processes)
    commits = await single_row_commits(dsn)
    steps = processes * 5 / seconds
    print(f"started:      {processes / started_s:8,.0f} processes per second")
    print(f"{workers} worker(s):  {processes / seconds:8,.0f} five-step processes per second")
    print(f"              {steps:8,.0f} durable steps per second")
    print(
        f"yardstick:    {commits:8,.0f} single-row commits per second of {YARDSTICK_CONNECTIONS} connections"
    )
    print(f"ratio:        {steps / commits:8.2f} durable steps per single-row commit")


async def start_backlog(database: Database, processes: int) -> float:
    """Start the processes, some at a time; gives the seconds it took."""
    commands = Commands(database, catalog=app.catalog, registry=app.registry)
    numbers = iter(range(processes))

    async def start_some() -> None:
        for _ in numbers:
            await commands.start("five_steps", values={}, actor="bench", scope=Scope.all())

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(STARTS_AT_ONCE):
            tasks.create_task(start_some())
    return time.perf_counter() - began


async def single_row_commits(dsn: str) -> float:
    """How many rows per second the connections commit, each row in a transaction of its own."""
    numbers = iter(range(YARDSTICK_ROWS))

    async def commit_some(connection: asyncpg.Connection) -> None:
        for number in numbers:
            await connection.execute("INSERT INTO yardstick (number) VALUES ($1)", number)

    async with AsyncExitStack() as stack:
        connections = [await asyncpg.connect(dsn) for _ in range(YARDSTICK_CONNECTIONS)]
        for connection in connections:
            stack.push_async_callback(connection.close)
        await connections[0].execute("CREATE TABLE yardstick (number int PRIMARY KEY)")
        began = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for connection in connections:
                tasks.create_task(commit_some(connection))
        return YARDSTICK_ROWS / (time.perf_counter() - began)


async def until_completed(database: Database, processes: int) -> float:
    """Wait until all are completed; gives the seconds from the first claim to the last completion."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            async with database.writer() as connection:
                row = await connection.fetchrow(_MEASURED)
            assert row is not None
            if row["completed"] == processes:
                return row["seconds"]
            await asyncio.sleep(0.2)


@asynccontextmanager
async def worker(dsn: str) -> AsyncGenerator[None]:
    """A worker process on the database."""
    environment: Mapping[str, str] = {
        **child_environment(Settings(app="bench.five_steps:app"), dsn),
        "ORCHESTRION_LOG_LEVEL": "error",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "orchestrion.worker", stdin=asyncio.subprocess.PIPE, env=dict(environment)
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


@contextmanager
def durable_postgres() -> Generator[EmbeddedPostgres]:
    """An embedded PostgreSQL that commits to disk, deleted afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="orchestrion-bench-", dir="/var/tmp"))
    folder.chmod(0o755)
    server = EmbeddedPostgres.start(folder / "postgres")
    try:
        yield server
    finally:
        server.delete()
        shutil.rmtree(folder)


if __name__ == "__main__":
    typer.run(main)
