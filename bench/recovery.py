"""How long a process lies idle whose worker was killed."""

import asyncio
import random
from contextlib import AsyncExitStack

from bench.backlog import Backlog, worker
from domain.ids import ProcessId
from domain.storage.database import Database

_LOOK_EVERY_S = 0.02


async def recovery_times_s(
    backlog: Backlog, database: Database, dsn: str, *, kills: int, lease_s: float
) -> list[float]:
    """Seconds from each kill of the worker that carries a step out until another one begins it anew.

    Two workers are there; the moment of the kill is chosen at random, as the lease is renewed from time to
    time. Both moments are the database server's clock's.
    """
    times_s: list[float] = []
    async with AsyncExitStack() as stack:
        owner = await stack.enter_async_context(worker(dsn, lease_s=lease_s))
        process_id = await backlog.start("lingering")
        await _until_attempt(backlog, process_id, 1)
        for number in range(kills):
            heir = await stack.enter_async_context(worker(dsn, lease_s=lease_s))
            await backlog.until("SELECT EXISTS (SELECT FROM worker WHERE pid = $1)", heir.pid)
            await asyncio.sleep(random.uniform(0, lease_s))  # noqa: S311  # spreads the kills, keeps no secret
            async with database.writer() as connection:
                killed_at = await connection.fetchval("SELECT clock_timestamp()")
            owner.kill()
            await _until_attempt(backlog, process_id, number + 2)
            async with database.writer() as connection:
                begun_at = await connection.fetchval(
                    "SELECT started_at FROM step_attempt WHERE process_id = $1 AND number = $2",
                    process_id,
                    number + 2,
                )
            times_s.append((begun_at - killed_at).total_seconds())
            owner = heir
        owner.kill()
    return times_s


async def _until_attempt(backlog: Backlog, process_id: ProcessId, number: int) -> None:
    await backlog.until(
        "SELECT EXISTS (SELECT FROM step_attempt WHERE process_id = $1 AND number = $2)",
        process_id,
        number,
        every_s=_LOOK_EVERY_S,
    )
