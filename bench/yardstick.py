"""The yardstick: how many single rows a number of connections commit, each in a transaction of its own."""

import asyncio
import time
from contextlib import AsyncExitStack

import asyncpg

CONNECTIONS = 32


async def single_row_commits_per_s(dsn: str, *, rows: int) -> float:
    """Rows per second that the connections commit together, as fast as they can."""
    numbers = iter(range(rows))

    async def commit_some(connection: asyncpg.Connection) -> None:
        for number in numbers:
            await connection.execute("INSERT INTO yardstick (number) VALUES ($1)", number)

    async with AsyncExitStack() as stack:
        connections = [await asyncpg.connect(dsn) for _ in range(CONNECTIONS)]
        for connection in connections:
            stack.push_async_callback(connection.close)
        await connections[0].execute("DROP TABLE IF EXISTS yardstick")
        await connections[0].execute("CREATE TABLE yardstick (number int PRIMARY KEY)")
        began = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for connection in connections:
                tasks.create_task(commit_some(connection), name="commits")
        return rows / (time.perf_counter() - began)


async def durability(dsn: str) -> dict[str, str]:
    """What the server says of how it commits."""
    connection = await asyncpg.connect(dsn)
    try:
        return {
            name: await connection.fetchval(f"SHOW {name}")
            for name in ("server_version", "fsync", "synchronous_commit", "full_page_writes")
        }
    finally:
        await connection.close()
