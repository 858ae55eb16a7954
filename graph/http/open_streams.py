"""The streams a server has open, and how they end when it stops."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager


class OpenStreams:
    """Counts the open sockets and event streams of one server and tells them all to end."""

    def __init__(self) -> None:
        self._closing = asyncio.Event()
        self._none_open = asyncio.Event()
        self._none_open.set()
        self._count = 0

    @property
    def count(self) -> int:
        """How many are open now."""
        return self._count

    @property
    def closing(self) -> bool:
        """Whether the server is stopping: what opens now must end at once."""
        return self._closing.is_set()

    @contextmanager
    def opened(self) -> Generator[None]:
        """Counts one stream in, until the block is left."""
        self._count += 1
        self._none_open.clear()
        try:
            yield
        finally:
            self._count -= 1
            if self._count == 0:
                self._none_open.set()

    async def wait_closing(self) -> None:
        """Returns when the server begins to stop."""
        await self._closing.wait()

    async def close(self, *, timeout_s: float) -> bool:
        """Tells every stream to end and waits for the last; safe to call again.

        Returns:
            Whether all of them ended in time.
        """
        self._closing.set()
        try:
            async with asyncio.timeout(timeout_s):
                await self._none_open.wait()
        except TimeoutError:
            return False
        return True
