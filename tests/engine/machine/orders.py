"""Commands as a test gives them, and what each does to a process of the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from hypothesis import strategies as st

from domain.json import JsonValue
from engine.errors import (
    CallbackUnknown,
    CallbackUsed,
    InvalidInput,
    Refusal,
    StepNotSkippable,
    WrongStatus,
)
from engine.states import ProcessStatus, StepStatus
from tests.engine.machine.model import ENDED_ATTEMPTS, ModelProcess
from tests.engine.machine.plans import Deed

Answer: TypeAlias = type[Refusal] | None
"""What a command is answered: the class of the refusal, or None if it was accepted."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Fill in the form; None is a page that does not fit."""

    answer: str | None = "yes"


@dataclass(frozen=True, slots=True)
class Callback:
    """Post to a callback's address.

    Attributes:
        token: Which of those that the step gave away; None is one that nobody gave away.
        parcel: What is posted; None does not fit.
        step: The step, of the process's last that gave addresses away.
    """

    token: int | None = -1
    parcel: str | None = "P-1"
    step: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Leave out the step at which the process stands when the order is given, with a value or without."""

    gives: bool = False


@dataclass(frozen=True, slots=True)
class Abort:
    """End it."""


@dataclass(frozen=True, slots=True)
class Release:
    """Let the step in flight come to its end."""


@dataclass(frozen=True, slots=True)
class LetTimePass:
    """Until the process's next attempt, or its callback's deadline."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Pause the engine."""


Order: TypeAlias = Resume | Callback | Retry | Skip | Abort | Release | LetTimePass | Pause

COMMANDS: st.SearchStrategy[Order] = st.one_of(
    st.builds(Resume, st.sampled_from(["yes", "no", None])),
    st.builds(Callback, st.sampled_from([-1, 0]), st.sampled_from(["P-1", "P-2", None])),
    st.just(Retry()),
    st.builds(Skip, st.booleans()),
    st.just(Release()),
    st.just(Abort()),
)
RACING: st.SearchStrategy[Order] = st.one_of(COMMANDS, st.just(Pause()))

_NATURAL: Mapping[ProcessStatus, Order] = {
    ProcessStatus.SUSPENDED: Resume(),
    ProcessStatus.AWAITING_CALLBACK: Callback(),
    ProcessStatus.FAILED: Retry(),
    ProcessStatus.WAITING: LetTimePass(),
    ProcessStatus.RUNNING: Release(),
}
_SKIPPABLE = (
    ProcessStatus.FAILED,
    ProcessStatus.WAITING,
    ProcessStatus.SUSPENDED,
    ProcessStatus.AWAITING_CALLBACK,
)


def natural(process: ModelProcess, *, early: bool = False) -> Order | None:
    """What lets the process go on; None if nothing does.

    Args:
        process: The process, at rest.
        early: Whether a callback comes before its step is through, if it can.
    """
    if early and process.held and process.step_plan.deed is Deed.CALLBACK and process.arrived is None:
        return Callback()
    return _NATURAL.get(process.status)


def carry_out(order: Order, process: ModelProcess, *, stood_at: str) -> Answer:
    """Do to the process what the order says, if it can be done.

    Args:
        order: The order.
        process: It is changed.
        stood_at: The step at which the process stood when the order was given.
    """
    match order:
        case Resume():
            answer = _resume(order, process)
        case Callback():
            answer = _arrive(order, process)
        case Retry():
            answer = _retry(process)
        case Skip():
            answer = _skip(order, process, stood_at=stood_at)
        case Abort():
            answer = _abort(process)
        case Release():
            answer = _release(process, stood_at=stood_at)
        case LetTimePass():
            answer = _let_time_pass(process)
        case Pause():
            answer = None
    return answer


def _resume(order: Resume, process: ModelProcess) -> Answer:
    if process.status is not ProcessStatus.SUSPENDED:
        return WrongStatus
    if order.answer is None:
        return InvalidInput
    _take_in(process, {"trail": [*process.trail, order.answer]})
    process.status = ProcessStatus.QUEUED
    return None


def _arrive(order: Callback, process: ModelProcess) -> Answer:
    step = process.steps.get(order.step)
    if step is None or order.token is None:
        return CallbackUnknown
    if not step.tokens[order.token]:
        return CallbackUsed
    if order.parcel is None:
        return InvalidInput
    awaited = (
        ProcessStatus.QUEUED,
        ProcessStatus.RUNNING,
        ProcessStatus.WAITING,
        ProcessStatus.AWAITING_CALLBACK,
    )
    if process.key != order.step or process.status not in awaited:
        return WrongStatus
    _take_in(process, {"parcel": order.parcel})
    step.close_tokens()
    if process.status is ProcessStatus.AWAITING_CALLBACK:
        process.status = ProcessStatus.QUEUED
    return None


def _take_in(process: ModelProcess, values: dict[str, JsonValue]) -> None:
    process.arrived = values
    process.arrivals += 1
    # A step that waits for its next attempt waits on, and then takes in what has arrived.
    process.due = process.due and process.status is ProcessStatus.WAITING


def _retry(process: ModelProcess) -> Answer:
    if process.status not in (ProcessStatus.FAILED, ProcessStatus.WAITING):
        return WrongStatus
    process.status, process.failure, process.due = ProcessStatus.QUEUED, None, False
    process.step.status = StepStatus.PENDING
    process.step.first_attempt = len(process.step.attempts) + 1
    return None


def _skip(order: Skip, process: ModelProcess, *, stood_at: str) -> Answer:
    if process.status not in _SKIPPABLE:
        return WrongStatus
    if process.key != stood_at:
        return WrongStatus
    if process.step_plan.deed is Deed.CONSTRUCT:
        return StepNotSkippable
    step = process.step
    step.status, step.parked = StepStatus.SKIPPED, False
    step.attempts = [StepStatus.SKIPPED if each in ENDED_ATTEMPTS else each for each in step.attempts]
    step.close_tokens()
    if order.gives and process.step_plan.deed is not Deed.CHANGE:
        process.put({"trail": ["left out"]})
    process.due = False
    process.go_behind(paused=True)
    return None


def _abort(process: ModelProcess) -> Answer:
    if process.ended or process.status is ProcessStatus.ABORTING:
        return WrongStatus
    process.failure, process.due = None, False
    if process.status is ProcessStatus.RUNNING:
        process.status = ProcessStatus.ABORTING
    else:
        process.end_abort()
    return None


def _release(process: ModelProcess, *, stood_at: str) -> Answer:
    process.released.add(stood_at)


def _let_time_pass(process: ModelProcess) -> Answer:
    process.due = process.status in (ProcessStatus.WAITING, ProcessStatus.AWAITING_CALLBACK)
