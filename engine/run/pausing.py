"""A worker's part in a pause of the engine."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager


class Pause:
    """Holds up runs while the engine is paused, and knows when the worker is idle.

    A run that waits here has its job in hand, so the queue stays as it is. What decides is in the statements
    that claim processes and begin steps; this saves asking them in vain, and is what a worker can say of
    itself: that none of its statements is under way that began before it knew of the pause.

    Args:
        on_news: Called when there is something to be said to the database.
    """

    def __init__(self, *, on_news: Callable[[], None]) -> None:
        self._on_news = on_news
        self._pause_no: int | None = None
        self._at_work = 0
        self._open = asyncio.Event()
        self._open.set()
        self._given_up = False

    @property
    def acknowledged(self) -> int | None:
        """The pause the worker is in and idle; None if it is in none, or not idle yet."""
        return self._pause_no if self._at_work == 0 else None

    def learn(self, pause_no: int | None) -> None:
        """Take over what the database says: which pause the engine is in, if any."""
        if pause_no == self._pause_no:
            return
        self._pause_no = pause_no
        if pause_no is None:
            self._open.set()
        elif not self._given_up:
            self._open.clear()
            self._on_news()

    def give_up(self) -> None:
        """Hold up nothing any more: the worker stops."""
        self._given_up = True
        self._open.set()

    @asynccontextmanager
    async def working(self) -> AsyncGenerator[None]:
        """The time in which a run may be carried out; it begins when the engine is not paused."""
        await self._open.wait()
        self._at_work += 1
        try:
            yield
        finally:
            self._at_work -= 1
            if self._pause_no is not None and self._at_work == 0:
                self._on_news()
