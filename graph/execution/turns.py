"""Turns of callers: what one of them has asked for begins one by one, so that others come in between.

Looking a document through, and giving what was read, hold the event loop up to a second where they are large.
Of a hundred operations of one caller that are ready at the same time, all would hold it in a row. And all
would wait for connections to the database before anybody else's: so many run at once, and the rest waits.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Turns:
    """Lets each caller begin once in a round of the event loop, and run some operations at once.

    Args:
        at_once: How many operations of one caller.
    """

    def __init__(self, *, at_once: int) -> None:
        self._at_once = at_once
        self._held: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._places: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def running(self, caller: str) -> AsyncGenerator[None]:
        """Waits for one of the caller's places and for a turn, in order; holds the place meanwhile."""
        places = self._places.get(caller)
        if places is None:
            places = self._places[caller] = asyncio.Semaphore(self._at_once)
        async with places:
            await self.take(caller)
            yield

    async def take(self, caller: str) -> None:
        """Returns at once if the caller has begun nothing in this round, else in a later one, in order."""
        turn = self._held.get(caller)
        if turn is None:
            turn = self._held[caller] = asyncio.Lock()
        await turn.acquire()
        # In the next round; what is ready elsewhere comes before whoever waits for it.
        asyncio.get_running_loop().call_soon(turn.release)
