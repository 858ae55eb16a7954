"""Waking those who watch processes: one listening connection for any number of watchers."""

import asyncio
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress

from domain.ids import ProcessId
from domain.storage.database import Database
from engine.run.listener import Listener
from engine.run.signals import Signal
from engine.store.channels import EVENT_CHANNEL, NOTE_CHANNEL, PROGRESS_CHANNEL

_PROBE_S = 3.0


class Watch:
    """One watcher of one process. It holds three flags, however much happens meanwhile."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()
        self._further = False
        self._noted = False

    def wake(self) -> None:
        """Say that there may be something new."""
        self._woken.set()

    def tell_progress(self) -> None:
        """Say that its step in flight may have come further."""
        self._further = True
        self._woken.set()

    def take_progress(self) -> bool:
        """Whether the step in flight may have come further since this was asked last."""
        further, self._further = self._further, False
        return further

    def tell_note(self) -> None:
        """Say that somebody may have noted something about it."""
        self._noted = True
        self._woken.set()

    def take_note(self) -> bool:
        """Whether somebody may have noted something since this was asked last."""
        noted, self._noted = self._noted, False
        return noted

    async def wait(self, timeout_s: float) -> bool:
        """Wait until there may be something new since the last wait; False if nobody said so in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        woken = self._woken.is_set()
        self._woken.clear()
        return woken


class EventBus:
    """Wakes watchers when events of their process are committed.

    A wake-up is a hint: it may come for nothing, and one may be missed while the connection is lost. A
    watcher reads the rows behind its cursor, and looks every few seconds by itself. How far a step is, and
    what somebody notes, it learns only this way.

    Args:
        database: Where to listen.
        probe_s: How often the connection is checked to be alive.
    """

    def __init__(self, database: Database, *, probe_s: float = _PROBE_S) -> None:
        self.listening: Signal[None] = Signal()
        self._listener = Listener(
            database.dsn,
            EVENT_CHANNEL,
            on_notice=self._wake,
            others={PROGRESS_CHANNEL: self._tell_progress, NOTE_CHANNEL: self._tell_note},
            probe_s=probe_s,
        )
        self._watches: defaultdict[ProcessId, set[Watch]] = defaultdict(set)

    async def run(self) -> None:
        """Listen until cancelled."""
        await self._listener.run()

    @property
    def watched(self) -> int:
        """How many processes are being watched."""
        return len(self._watches)

    @contextmanager
    def watch(self, process_id: ProcessId) -> Generator[Watch]:
        """Be woken by this process's events while the block lasts."""
        watch = Watch()
        self._watches[process_id].add(watch)
        try:
            yield watch
        finally:
            self._watches[process_id].discard(watch)
            if not self._watches[process_id]:
                del self._watches[process_id]

    def _wake(self, named: frozenset[ProcessId] | None) -> None:
        if named is None:
            self.listening.emit(None)
        for watch in self._watches_of(named):
            watch.wake()

    def _tell_progress(self, named: frozenset[ProcessId] | None) -> None:
        for watch in self._watches_of(named):
            watch.tell_progress()

    def _tell_note(self, named: frozenset[ProcessId] | None) -> None:
        for watch in self._watches_of(named):
            watch.tell_note()

    def _watches_of(self, named: frozenset[ProcessId] | None) -> Iterator[Watch]:
        for process_id in self._watches.keys() if named is None else named & self._watches.keys():
            yield from self._watches[process_id]
