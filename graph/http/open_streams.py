"""The streams a server has open: how many there may be, and how they end when it stops."""

import asyncio
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager


class OpenStreams:
    """Counts the open sockets and event streams of one server and tells them all to end.

    Args:
        most: How many may be open at a time.
        most_of_caller: How many of them one caller may have.
    """

    def __init__(self, *, most: int = 2_000, most_of_caller: int = 500) -> None:
        self.most = most
        self.most_of_caller = most_of_caller
        self._closing = asyncio.Event()
        self._none_open = asyncio.Event()
        self._none_open.set()
        self._count = 0
        self._callers: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many are open now."""
        return self._count

    @property
    def closing(self) -> bool:
        """Whether the server is stopping: what opens now must end at once."""
        return self._closing.is_set()

    @property
    def full(self) -> bool:
        """Whether no more may be opened."""
        return self._count >= self.most

    def is_full_for(self, caller: str) -> bool:
        """Whether one caller may open no more."""
        return self._callers[caller] >= self.most_of_caller

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

    @contextmanager
    def held_by(self, caller: str) -> Generator[None]:
        """Counts one of the streams as a caller's, until the block is left."""
        self._callers[caller] += 1
        try:
            yield
        finally:
            self._callers[caller] -= 1
            if not self._callers[caller]:
                del self._callers[caller]

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
