"""What an attempt at a step can come to."""

from dataclasses import dataclass
from typing import TypeAlias

from domain.ids import SubscriptionId
from domain.json import JsonValue
from domain.model.trees.patch import SubscriptionPatch
from engine.states import FailureKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the step gave.

    Attributes:
        values: What goes into the state, by name.
        focus: The keys of the part of the state it goes into.
        patches: Changes of subscriptions, to be committed with the step.
        subscriptions: The subscriptions it gave, changed or not.
    """

    values: dict[str, JsonValue]
    focus: tuple[str, ...] = ()
    patches: tuple[SubscriptionPatch, ...] = ()
    subscriptions: tuple[SubscriptionId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """The step is done."""

    given: Given


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """The step is left out.

    Attributes:
        reason: Why, for whoever reads the attempt.
    """

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsInput:
    """The step waits for a person."""

    assignee: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsCallback:
    """The step has begun something outside and waits for its result."""

    given: Given
    timeout_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The attempt failed.

    Attributes:
        retry_after_s: When the next attempt is due; None if there is none.
        begun: Whether anything was done for the step; if not, what arrived for it stays to be taken in.
        secret: What must not be recorded of the error's text: the callback token the attempt was given.
    """

    error: BaseException
    kind: FailureKind
    retry_after_s: float | None = None
    secret: str | None = None
    begun: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """The attempt was cut short because of an abort, a lost lease or the worker's stop.

    Attributes:
        lost: Whether the attempt itself found out that the lease is lost.
        given_up: Whether what the step does goes on nevertheless, and nobody waits for it any more.
    """

    lost: bool = False
    given_up: bool = False


AttemptOutcome: TypeAlias = Succeeded | Skipped | NeedsInput | NeedsCallback | Failed | Interrupted
