"""Blocking questions to a server: the launcher's tests have no event loop of their own."""

import asyncio

import asyncpg


def fetch(dsn: str, query: str) -> object:
    """The first value of a query's answer."""
    # With a factory of its own the runner leaves the event loops of other tests alone.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(_fetch(dsn, query))


def is_down(dsn: str) -> bool:
    """Whether no server takes connections there."""
    try:
        fetch(dsn, "SELECT 1")
    except OSError:
        return True
    return False


async def _fetch(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()
