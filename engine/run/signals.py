"""Signals of what a service has just done, which tests arm and await; unheard, they cost nothing."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from domain.ids import ProcessId

Value = TypeVar("Value")


class Signal(Generic[Value]):
    """One point in a service, where a value passes by."""

    def __init__(self) -> None:
        self._armed: list[asyncio.Queue[Value]] = []

    def emit(self, value: Value) -> None:
        """Tell everyone who is listening."""
        for queue in self._armed:
            queue.put_nowait(value)

    @contextmanager
    def armed(self) -> Generator[asyncio.Queue[Value]]:
        """What passes by from now on, in order."""
        queue: asyncio.Queue[Value] = asyncio.Queue()
        self._armed.append(queue)
        try:
            yield queue
        finally:
            self._armed.remove(queue)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSignals:
    """The points of a worker.

    Attributes:
        claimed: It has become the owner of this process.
        released: It is through with this process, for now or for good.
        listening: It hears of arrivals from now on.
        reconciled: It has looked for neglected processes, and asked for this many new runs.
    """

    claimed: Signal[ProcessId] = field(default_factory=Signal[ProcessId])
    released: Signal[ProcessId] = field(default_factory=Signal[ProcessId])
    listening: Signal[None] = field(default_factory=Signal[None])
    reconciled: Signal[int] = field(default_factory=Signal[int])
