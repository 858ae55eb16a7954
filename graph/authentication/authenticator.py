"""What the transports ask: who a token stands for, and until when."""

import asyncio
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from domain.scope import Scope
from graph.permissions import Permission, Viewer


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who asks.

    Attributes:
        viewer: Their name, and what they may do and see.
        expires_at: When that is over, in seconds since 1970; None for never.
    """

    viewer: Viewer
    expires_at: float | None = None


class Authenticator(Protocol):
    """Knows callers by their bearer token."""

    async def identify(self, token: str | None) -> Identity:
        """Who the token stands for; None is a caller without one.

        Raises:
            NotAuthenticated: if it stands for nobody.
            ProviderUnavailable: if that cannot be found out now.
        """
        ...


async def wait_expired(expires_at: float | None) -> None:
    """Returns when that moment has come, in seconds since 1970; never without one."""
    if expires_at is None:
        await asyncio.Event().wait()
        return
    await asyncio.sleep(max(0.0, expires_at - time.time()))


class OpenDevelopment:
    """Lets everybody do everything, whatever token they have; for a server that only this machine reaches."""

    _IDENTITY = Identity(
        viewer=Viewer(name="developer", permissions=frozenset(Permission), scope=Scope.all())
    )

    async def identify(self, token: str | None) -> Identity:
        """Who the token stands for: always the developer."""
        del token
        return self._IDENTITY
