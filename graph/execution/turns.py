"""Turns of callers: what one of them has asked for begins one by one, so that others come in between.

Looking a document through, and giving what was read, hold the event loop up to a second where they are large.
Of a hundred operations of one caller that are ready at the same time, all would hold it in a row.
"""

import asyncio
from weakref import WeakValueDictionary


class Turns:
    """Lets each caller begin once in a round of the event loop."""

    def __init__(self) -> None:
        self._held: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, caller: str) -> None:
        """Returns at once if the caller has begun nothing in this round, else in a later one, in order."""
        turn = self._held.get(caller)
        if turn is None:
            turn = self._held[caller] = asyncio.Lock()
        await turn.acquire()
        # In the next round; what is ready elsewhere comes before whoever waits for it.
        asyncio.get_running_loop().call_soon(turn.release)
