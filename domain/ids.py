"""Typed identifiers, and the UUIDs behind them."""

import os
import time
from collections.abc import Callable
from typing import NewType
from uuid import UUID

SubscriptionId = NewType("SubscriptionId", UUID)
BlockId = NewType("BlockId", UUID)
ProductId = NewType("ProductId", UUID)
ProductBlockId = NewType("ProductBlockId", UUID)
ProcessId = NewType("ProcessId", UUID)
CustomerId = NewType("CustomerId", str)

_NANOSECONDS_PER_MILLISECOND = 1_000_000


def new_uuid7(
    *, clock_ns: Callable[[], int] = time.time_ns, random_bytes: Callable[[int], bytes] = os.urandom
) -> UUID:
    """A UUID of version 7, which sorts by the time it was made.

    The 12 bits after the milliseconds hold the fraction of the millisecond, so ids made one after the other
    by one process nearly always sort in that order.

    Source: RFC 9562, section 5.7 and section 6.2, method 3.
    """
    milliseconds, rest_ns = divmod(clock_ns(), _NANOSECONDS_PER_MILLISECOND)
    fraction = (rest_ns << 12) // _NANOSECONDS_PER_MILLISECOND
    tail = int.from_bytes(random_bytes(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (fraction << 64) | (0b10 << 62) | tail)
