"""Following the engine: whether it is paused, and which workers there are.

That a pause is complete is read, never stored, and a worker is lost without a word: so nobody could notify of
it, and who follows the engine looks again and again. All who do share one look.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

from domain.storage.database import Database
from engine.run.outage import through_outages
from engine.store.pauses import EngineView, engine_view

_POLL_S = 1.0


class EngineWatch:
    """Looks at the engine for any number of followers: one statement in `poll_s`, and none without any.

    Args:
        database: Where to look.
        poll_s: How often.
    """

    def __init__(self, database: Database, *, poll_s: float = _POLL_S) -> None:
        self._database = database
        self._poll_s = poll_s
        self._looking = asyncio.Lock()
        self._seen: EngineView | None = None
        self._seen_at = 0.0

    async def follow(self) -> AsyncGenerator[EngineView]:
        """The engine as it is, and again whenever that has changed; without an end.

        A change is another status, a worker that came, went, was lost or found, or one that acknowledged a
        pause. How much they have to do is told with these, and is no change by itself.
        """
        told: EngineView | None = None
        while True:
            view = await self._look()
            if told is None or _lasting(view) != _lasting(told):
                told = view
                yield view
            await asyncio.sleep(self._poll_s)

    async def _look(self) -> EngineView:
        """The engine as it was a moment ago at most; the first to ask looks, the others wait for it."""
        async with self._looking:
            now = asyncio.get_running_loop().time()
            if self._seen is None or now - self._seen_at >= self._poll_s:
                self._seen = await self._read()
                self._seen_at = now
            return self._seen

    async def _read(self) -> EngineView:
        async for trial in through_outages():
            with trial:
                async with self._database.writer() as connection:
                    return await engine_view(connection)
        raise AssertionError("the trials go on until one succeeds")


def _lasting(view: EngineView) -> EngineView:
    """What does not change from moment to moment while everybody goes on as before."""
    workers = tuple(replace(worker, seen_at=worker.started_at, running_steps=0) for worker in view.workers)
    return replace(view, running_processes=0, workers=workers)
