"""What the transports ask: who a token stands for, and until when."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from domain.scope import Scope
from graph.permissions import Permission, Viewer

_LOOK_AGAIN_S: Final = 30.0


class AuthenticationFault(StrEnum):
    """Why a caller is not known, for programs."""

    NO_TOKEN = "NO_TOKEN"  # noqa: S105  # the name of a fault
    MALFORMED_TOKEN = "MALFORMED_TOKEN"  # noqa: S105
    UNTRUSTED_TOKEN = "UNTRUSTED_TOKEN"  # noqa: S105
    EXPIRED_TOKEN = "EXPIRED_TOKEN"  # noqa: S105


class NotAuthenticated(Exception):
    """It is not known who asks.

    Attributes:
        fault: Why, for programs.
        message: Why, for people; it holds nothing of the token.
    """

    def __init__(self, fault: AuthenticationFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message


class ProviderUnavailable(Exception):
    """The identity provider's keys cannot be had now, so nobody new can be known."""


class IdentityEnd(StrEnum):
    """Why it is over that a caller is known, in words for the caller."""

    EXPIRED = "The token has expired."
    CHANGED = "What the caller may do has changed."
    UNKNOWN = "It cannot be found out now what the caller may do."


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """How to find out whether what a caller may do is still the same.

    Attributes:
        every_s: How often.
        find_end: Asks; None if all is as it was.
    """

    every_s: float
    find_end: Callable[[], Awaitable[IdentityEnd | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who asks.

    Attributes:
        viewer: Their name, and what they may do and see.
        expires_at: When that is over, in seconds since 1970; None for never.
        renewal: How to find out whether it is over before; None if only time ends it.
    """

    viewer: Viewer
    expires_at: float | None = None
    renewal: Renewal | None = None


class Authenticator(Protocol):
    """Knows callers by their bearer token."""

    async def identify(self, token: str | None) -> Identity:
        """Who the token stands for; None is a caller without one.

        Raises:
            NotAuthenticated: if it stands for nobody.
            ProviderUnavailable: if that cannot be found out now.
            AccessDenied: if the application's access policy does not let them in.
            AccessPolicyUnavailable: if that cannot be found out now.
        """
        ...


async def wait_ended(identity: Identity) -> IdentityEnd:
    """Returns why it is over, once it is: never, for what has no end.

    The clock on the wall is looked at again and again: a machine that slept has missed nothing of its own.
    """
    renewal = identity.renewal
    if identity.expires_at is None and renewal is None:
        await asyncio.Event().wait()
    expires_at = math.inf if identity.expires_at is None else identity.expires_at
    asked_at = time.monotonic()
    while True:
        left_s = expires_at - time.time()
        if left_s <= 0:
            return IdentityEnd.EXPIRED
        pause_s = min(left_s, _LOOK_AGAIN_S)
        if renewal is not None:
            pause_s = min(pause_s, max(0.0, asked_at + renewal.every_s - time.monotonic()))
        await asyncio.sleep(pause_s)
        if renewal is not None and time.monotonic() >= asked_at + renewal.every_s:
            end = await renewal.find_end()
            if end is not None:
                return end
            asked_at = time.monotonic()


class OpenDevelopment:
    """Lets everybody do everything, whatever token they have; for a server that only this machine reaches."""

    _IDENTITY = Identity(
        viewer=Viewer(name="developer", permissions=frozenset(Permission), scope=Scope.all())
    )

    async def identify(self, token: str | None) -> Identity:
        """Who the token stands for: always the developer."""
        del token
        return self._IDENTITY
