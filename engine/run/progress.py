"""Passing on how far steps are, seldom enough to cost nothing."""

import asyncio
import threading
from contextlib import suppress
from dataclasses import replace

import structlog

from domain.storage.database import Database
from engine.run.outage import is_outage
from engine.store import progress
from engine.store.progress import ReportedProgress

_log = structlog.get_logger(__name__)


class ProgressReports:
    """How far the steps of one worker are.

    What steps say is kept in memory, the last word of each, and written with that of all others in one
    statement: the first at once, the next half a second later at the earliest. What cannot be written is
    dropped, as a later word will be.

    Args:
        database: Where to write.
        interval_s: How long to wait between two writes.
    """

    def __init__(self, database: Database, *, interval_s: float) -> None:
        self._database = database
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._pending: dict[tuple[object, int, str], ReportedProgress] = {}
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def report(self, latest: ReportedProgress) -> None:
        """Take a step's word, from any thread; what it leaves out stays as it was."""
        key = (latest.process_id, latest.epoch, latest.step_key)
        with self._lock:
            wakes = not self._pending
            earlier = self._pending.get(key, latest)
            self._pending[key] = replace(
                latest,
                percent=earlier.percent if latest.percent is None else latest.percent,
                message=earlier.message if latest.message is None else latest.message,
            )
        if wakes and self._loop is not None:
            # A thread that was given up may outlive the loop.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._news.set)

    async def run(self) -> None:
        """Write what is reported until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            await self._news.wait()
            self._news.clear()
            with self._lock:
                reports, self._pending = list(self._pending.values()), {}
            await self._write(reports)
            await asyncio.sleep(self._interval_s)

    async def _write(self, reports: list[ReportedProgress]) -> None:
        try:
            async with self._database.writer() as connection:
                await progress.record(connection, reports)
        except Exception as error:  # noqa: BLE001  # the worker loop's edge
            if is_outage(error):
                _log.warning("progress.dropped", error=str(error), steps=len(reports))
            else:
                _log.exception("progress.dropped", steps=len(reports))
