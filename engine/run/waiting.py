"""Waiting for the first of two futures."""

import asyncio
from typing import TypeVar

Result = TypeVar("Result")


async def first_of(
    one: asyncio.Future[Result], other: asyncio.Future[None], *, timeout_s: float | None = None
) -> None:
    """Return when one of both is done, or the time is over; neither is cancelled.

    As `asyncio.wait` does, at half its price: each step of each process comes by here.
    """
    loop = asyncio.get_running_loop()
    woken: asyncio.Future[None] = loop.create_future()

    def wake(_done: object = None) -> None:
        if not woken.done():
            woken.set_result(None)

    timer = None if timeout_s is None else loop.call_later(timeout_s, wake)
    one.add_done_callback(wake)
    other.add_done_callback(wake)
    try:
        await woken
    finally:
        one.remove_done_callback(wake)
        other.remove_done_callback(wake)
        if timer is not None:
            timer.cancel()
