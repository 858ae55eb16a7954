"""An access policy that tests tell what to say."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from graph.authentication.access_policy import AccessPolicy, AskedOperation, Caller, Grant
from graph.permissions import Viewer


async def agree(caller: Caller, granted: Grant) -> Grant:
    """What the settings grant."""
    del caller
    return granted


async def permit_all(viewer: Viewer, operation: AskedOperation) -> None:
    """Every operation."""
    del viewer, operation


@dataclass
class Rules(AccessPolicy):
    """Says what it is told to, and remembers what it was asked."""

    on_grant: Callable[[Caller, Grant], Awaitable[Grant]] = agree
    on_permit: Callable[[Viewer, AskedOperation], Awaitable[None]] = permit_all
    callers: list[tuple[Caller, Grant]] = field(default_factory=list[tuple[Caller, Grant]])
    operations: list[tuple[Viewer, AskedOperation]] = field(
        default_factory=list[tuple[Viewer, AskedOperation]]
    )
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def begin_anew(self) -> None:
        """Agrees to everything, and remembers nothing."""
        self.on_grant, self.on_permit = agree, permit_all
        self.callers, self.operations = [], []

    async def grant(self, caller: Caller, granted: Grant) -> Grant:
        self.callers.append((caller, granted))
        return await self.on_grant(caller, granted)

    async def permit(self, viewer: Viewer, operation: AskedOperation) -> None:
        self.operations.append((viewer, operation))
        await self.on_permit(viewer, operation)
