"""The application's own say in who may do what: its interface, and what it is told.

The settings turn a token into permissions and a scope, which is all that most need. An application whose
rules are elsewhere, in a directory or a policy server, gives an access policy: it answers what the caller is
granted, and may decide on each operation. How it is asked, and what becomes of one that fails, is in
`admission`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from domain.json import JsonValue
from domain.scope import Scope
from graph.permissions import Permission, Viewer


class AccessDenied(Exception):
    """The access policy says no.

    Attributes:
        reason: Why; the caller reads it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, as the token says whose signature was checked.

    Attributes:
        name: The name in records.
        claims: All that the token says; nothing where nobody signs in.
        expires_at: When the token is over, in seconds since 1970; None for never.
    """

    name: str
    claims: Mapping[str, JsonValue] = field(repr=False)
    expires_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a caller may do, and whose data they may see."""

    permissions: frozenset[Permission]
    scope: Scope


class OperationKind(StrEnum):
    """What kind of operation is asked for."""

    QUERY = "QUERY"
    MUTATION = "MUTATION"
    SUBSCRIPTION = "SUBSCRIPTION"


@dataclass(frozen=True, slots=True, kw_only=True)
class RootField:
    """A field of the root type that an operation selects, whether or not `@skip` leaves it out.

    Attributes:
        name: Its name in the schema.
        arguments: Those that are given, as JSON with the variables put in. A single value that stands for a
            list is a list here; what is left out is left out.
    """

    name: str
    arguments: Mapping[str, JsonValue] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOperation:
    """An operation that fits the schema and the caller's permissions, and has not begun.

    Attributes:
        kind: What kind it is.
        name: Its name in the document; None for one without.
        fields: Its root fields, in the document's order.
    """

    kind: OperationKind
    name: str | None
    fields: tuple[RootField, ...]


class AccessPolicy(Protocol):
    """Says what callers are granted, and which of their operations are carried out.

    A class that inherits from it gives the methods it needs; one that is not given agrees.
    """

    async def grant(self, caller: Caller, granted: Grant) -> Grant:
        """What the caller is granted.

        Asked for each request and each greeting of a socket, and again for what stays open.

        Args:
            caller: Who asks.
            granted: What the settings grant.

        Raises:
            AccessDenied: If the caller is not let in at all.
        """
        del caller
        return granted

    async def permit(self, viewer: Viewer, operation: AskedOperation) -> None:
        """Returns if the operation may be carried out; asked once, before anything of it is.

        Args:
            viewer: Who asks, with what they are granted.
            operation: What they ask for.

        Raises:
            AccessDenied: If it may not.
        """
        del viewer, operation
