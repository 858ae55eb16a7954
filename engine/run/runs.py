"""The port to the queue: asking for runs of processes, and being given them.

A job is a hint that a process can be run; the process's row decides. So a job may be lost, late or given
twice.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import asyncpg

from domain.ids import ProcessId


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a process: from where it stands until it ends or parks.

    Attributes:
        run_no: Which of the process's runs; a claim under an older number finds nothing.
    """

    process_id: ProcessId
    run_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """A run, and how long to wait before it."""

    run: Run
    after_s: float = 0.0


RunHandler: TypeAlias = Callable[[Run], Coroutine[object, None, bool]]
"""Carries out a run; False if it did not take it, and somebody else should."""


class Dispatcher(Protocol):
    """Distributes runs over the workers."""

    async def enqueue(self, connection: asyncpg.Connection, requests: Sequence[RunRequest]) -> None:
        """Ask for runs in the connection's transaction; one that was asked for before is left as it is."""
        ...

    async def find_queued(self, connection: asyncpg.Connection, runs: Sequence[Run]) -> frozenset[Run]:
        """Those of the runs that still wait for a worker."""
        ...

    async def run(self, handler: RunHandler, *, stop: asyncio.Event) -> None:
        """Hand runs to the handler until `stop` is set and every handler has returned.

        The handler must not raise. The database may come and go meanwhile.
        """
        ...
