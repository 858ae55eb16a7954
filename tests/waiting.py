"""Waiting for something to become true, without guessing how long it takes."""

import asyncio
from collections.abc import Awaitable, Callable

_INTERVAL_S = 0.01


async def eventually(condition: Callable[[], Awaitable[bool]], *, deadline_s: float = 10) -> None:
    """Return as soon as the condition holds.

    Raises:
        TimeoutError: if it does not within the deadline.
    """
    async with asyncio.timeout(deadline_s):
        while not await condition():  # noqa: ASYNC110  # what is awaited has no event: it is elsewhere
            await asyncio.sleep(_INTERVAL_S)
