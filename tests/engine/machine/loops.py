"""An event loop in a thread: hypothesis' state machines are synchronous, what they drive goes on."""

import asyncio
import threading
from collections.abc import Coroutine, Generator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, TypeVar

Opened = TypeVar("Opened")
Result = TypeVar("Result")

_PATIENCE_S = 60.0


class BackgroundLoop:
    """Where coroutines are carried out, one call after the other."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def call(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """What the coroutine gives, or raises."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=_PATIENCE_S)


@contextmanager
def in_background(
    opened: AbstractAsyncContextManager[Opened],
) -> Generator[tuple[Opened, BackgroundLoop]]:
    """Open something in a loop of its own, and close it there at the end."""
    ready: Future[tuple[Opened, BackgroundLoop, asyncio.Event]] = Future()

    async def stay_open() -> None:
        closing = asyncio.Event()
        async with opened as value:
            ready.set_result((value, BackgroundLoop(asyncio.get_running_loop()), closing))
            await closing.wait()

    def work() -> None:
        try:
            asyncio.run(stay_open())
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = threading.Thread(target=work, name="background loop")
    thread.start()
    try:
        value, loop, closing = ready.result(timeout=_PATIENCE_S)
    except BaseException:
        thread.join(timeout=_PATIENCE_S)
        raise
    try:
        yield value, loop
    finally:
        loop.call(_set(closing))
        thread.join(timeout=_PATIENCE_S)


async def _set(event: asyncio.Event) -> None:
    event.set()
