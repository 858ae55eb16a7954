"""Carrying out what users wrote, in tasks and in threads, and leaving it behind when it does not end."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import structlog

from engine.run.waiting import first_of

_MOST_LOST_THREADS = 100

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """It came to its end and gave this."""

    value: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """It ended in this error."""

    error: BaseException


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """It was cut short because its run is to end.

    Attributes:
        given_up: Whether it goes on nevertheless, and nobody waits for it any more.
    """

    given_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfTime:
    """It was cut short because its time was over.

    Attributes:
        given_up: Whether it goes on nevertheless, and nobody waits for it any more.
    """

    given_up: bool = False


CallEnd: TypeAlias = Returned | Raised | Cut | OutOfTime


class Calls:
    """Carries out functions: an async one in a task, where it can be cancelled, a plain one in a thread.

    A function that is cut short is waited for, and what it comes to counts; only after `patience_s` it is
    given up. A thread that is given up is lost until it ends: another may take its place, so that the
    functions of other steps find one.

    Args:
        threads: How many plain functions are carried out at the same time.
        patience_s: How long a function that is to end may go on.
    """

    def __init__(self, *, threads: int, patience_s: float) -> None:
        self._threads = ThreadPoolExecutor(threads + _MOST_LOST_THREADS, thread_name_prefix="step")
        self._slots = asyncio.Semaphore(threads)
        self._patience_s = patience_s
        self._calls: set[_Call] = set()

    @property
    def lost_threads(self) -> int:
        """How many threads were given up and go on."""
        return sum(call.given_up and call.in_thread for call in self._calls)

    async def carry_out(
        self,
        function: Callable[..., object],
        arguments: Mapping[str, object],
        *,
        name: str,
        cut: asyncio.Future[None],
        timeout_s: float | None = None,
    ) -> CallEnd:
        """What the function came to.

        Args:
            function: Async or plain.
            arguments: What it is called with.
            name: Whose it is, for the log.
            cut: Done when the function is to be cut short.
            timeout_s: How long it may take, the wait for a thread not counted; None is for ever.
        """
        call = self._begin(function, arguments, name=name)
        try:
            if not call.begun.done():
                await first_of(call.begun, cut)
            await first_of(call.task, cut, timeout_s=timeout_s)
            if call.task.done():
                return _end(call.task) or Raised(error=RuntimeError("the step cancelled itself"))
            interrupted = cut.done()
            call.cut_short()
            await asyncio.wait({call.task}, timeout=self._patience_s)
        except asyncio.CancelledError:
            call.cut_short()
            raise
        if not call.task.done():
            self._give_up(call)
        end = None if call.given_up else _end(call.task)
        if isinstance(end, Returned) or (interrupted and end is not None):
            return end
        return Cut(given_up=call.given_up) if interrupted else OutOfTime(given_up=call.given_up)

    async def close(self) -> None:
        """Cancel what is still carried out; what does not end is left behind."""
        for call in self._calls:
            call.task.cancel()
        if self._calls:
            await asyncio.wait({call.task for call in self._calls}, timeout=1.0)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _begin(
        self, function: Callable[..., object], arguments: Mapping[str, object], *, name: str
    ) -> "_Call":
        # No task group: it would wait for a function that has been given up.
        call = _Call(name=name)
        if inspect.iscoroutinefunction(function):
            call.begin()
            carried_out = _awaited(function, arguments)
        else:
            carried_out = self._threaded(call, function, arguments)
        call.task = asyncio.get_running_loop().create_task(carried_out, name=f"step {name}")
        self._calls.add(call)
        call.task.add_done_callback(lambda _task: self._end(call))
        return call

    def _end(self, call: "_Call") -> None:
        self._calls.discard(call)
        call.begin()

    async def _threaded(
        self, call: "_Call", function: Callable[..., object], arguments: Mapping[str, object]
    ) -> Returned | Raised:
        await self._slots.acquire()
        call.in_thread = True
        call.begin()
        try:
            return await asyncio.wrap_future(self._threads.submit(_call_plainly, function, arguments))
        finally:
            if not call.replaced:
                self._slots.release()
            if call.given_up:
                _log.info("step.thread_ended", step=call.name, lost_threads=self.lost_threads - 1)

    def _give_up(self, call: "_Call") -> None:
        call.given_up = True
        if not call.in_thread:
            _log.error("step.given_up", step=call.name)
            return
        call.replaced = self.lost_threads <= _MOST_LOST_THREADS
        if call.replaced:
            self._slots.release()
        _log.error("step.thread_lost", step=call.name, lost_threads=self.lost_threads)


class _Call:
    """A function that is carried out.

    Attributes:
        begun: Done when it is carried out, or will not be.
        in_thread: Whether it has begun in a thread, where nobody can cancel it.
        given_up: Whether nobody waits for it any more.
        replaced: Whether another thread may run in place of its own.
    """

    task: asyncio.Task[Returned | Raised]

    def __init__(self, *, name: str) -> None:
        self.name = name
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.in_thread = False
        self.given_up = False
        self.replaced = False

    def begin(self) -> None:
        if not self.begun.done():
            self.begun.set_result(None)

    def cut_short(self) -> None:
        if not self.in_thread:
            self.task.cancel()


def _end(task: asyncio.Task[Returned | Raised]) -> Returned | Raised | None:
    """What a task that is done came to; None if it was cancelled."""
    return None if task.cancelled() else task.result()


async def _awaited(function: Callable[..., object], arguments: Mapping[str, object]) -> Returned | Raised:
    """What the function came to; so nothing that users wrote reaches the worker's own tasks."""
    try:
        return Returned(value=await _awaitable(function(**arguments)))
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001  # the step's edge: KeyboardInterrupt would end the worker
        return Raised(error=error)


def _call_plainly(function: Callable[..., object], arguments: Mapping[str, object]) -> Returned | Raised:
    """As above: a future cannot carry a StopIteration, and would never be done."""
    try:
        return Returned(value=function(**arguments))
    except BaseException as error:  # noqa: BLE001  # the step's edge
        return Raised(error=error)


def _awaitable(coroutine: object) -> Awaitable[object]:
    assert inspect.isawaitable(coroutine), "an async function gives an awaitable"
    return coroutine
