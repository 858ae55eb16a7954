"""Authorizers: the application's own say in who may start, resume, retry, skip, abort and delete.

Permissions and scopes say what a caller may do at all; an authorizer looks at the workflow, the step and the
process. Which ones are asked is in `engine.policy`.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from domain.ids import CustomerId, ProcessId, SubscriptionId
from domain.json import JsonValue
from engine.definition_errors import FunctionNotAsync
from engine.states import ProcessStatus


class AuthorizedAction(StrEnum):
    """What somebody wants to do."""

    START = "START"
    RESUME = "RESUME"
    RETRY = "RETRY"
    SKIP = "SKIP"
    ABORT = "ABORT"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFacts:
    """A process as its authorizers see it, as of one moment."""

    id: ProcessId
    workflow: str
    is_task: bool
    status: ProcessStatus
    version: int
    current_step: str | None
    created_by: str
    customers: tuple[CustomerId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """Who wants to do what.

    Attributes:
        actor: The caller's name.
        claims: What else is known of the caller, as whoever admitted it says: roles, groups, permissions.
        action: What the caller wants to do.
        workflow: The workflow's name.
        step: The key of the step it is about; None for a start.
        process: The process; None for a start.
        subscription_id: The subject of a start, if it has one.
        customers: Whom it concerns, as far as that is known yet.
    """

    actor: str
    claims: Mapping[str, JsonValue]
    action: AuthorizedAction
    workflow: str
    step: str | None = None
    process: ProcessFacts | None = None
    subscription_id: SubscriptionId | None = None
    customers: tuple[CustomerId, ...] = ()


Authorizer: TypeAlias = Callable[[Authorization], Awaitable[bool]]
"""Says whether somebody may: True and nothing else is a yes. It runs with no transaction open."""


def check_authorizer(owner: str, authorizer: Authorizer | None) -> Authorizer | None:
    """The authorizer, if it is one, or none.

    Raises:
        FunctionNotAsync: if it is a plain function, whose answer nobody would wait for.
    """
    if authorizer is not None and not is_async(authorizer):
        raise FunctionNotAsync(owner, role="an authorizer")
    return authorizer


def is_async(function: object) -> bool:
    """Whether calling it gives something to await."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  # what its call is, not whether it has one
    )
