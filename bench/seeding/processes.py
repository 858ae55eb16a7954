"""The processes: one with each subscription, about it or about an earlier one, most of them completed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from random import Random
from typing import Final, assert_never
from uuid import UUID

from bench.seeding import catalog
from bench.seeding.copies import FilledTable, Row, marked
from bench.seeding.drafts import Ids, SeededSubscription
from bench.seeding.plan import PlannedSubscription
from bench.seeding.workflows import ENGINEERS, REGISTRY, compare_inventory
from domain.ids import ProcessId
from domain.json import JsonValue, encode
from domain.model.lifecycle import ACTIVE, TERMINATED
from engine.states import FailureKind, ProcessStatus, StepKind, StepStatus
from engine.steps import Step
from engine.workflows import Workflow

PEOPLE: Final = ("ada", "developer", "grace-hopper", "linus", "nightly checks")
"""Who starts processes; a server that nobody signs in to takes everybody for the second one."""

WORKERS: Final = (UUID(int=1), UUID(int=2))

TABLES = (
    FilledTable(
        name="process",
        columns=(
            "id", "workflow", "target", "is_task", "fingerprint", "steps", "customers", "created_by",
            "run_by", "status", "epoch", "checkpoint_no", "version", "current_step", "state", "wake_at",
            "assignee", "failure_kind", "failure_reason", "note", "note_version", "start_digest",
            "started_at", "modified_at", "ended_at",
        ),
    ),
    FilledTable(
        name="process_step",
        columns=(
            "process_id", "key", "position", "name", "kind", "status", "parked_as", "assignee", "attempts",
            "started_at", "finished_at", "delta",
        ),
    ),
    FilledTable(
        name="step_attempt",
        columns=(
            "process_id", "step_key", "number", "epoch", "status", "actor", "worker_id", "started_at",
            "finished_at", "error", "error_kind", "traceback",
        ),
    ),
    FilledTable(name="process_subscription", columns=("process_id", "subscription_id")),
)  # fmt: skip
"""The tables of processes, each after those it refers to."""


class Part(Enum):
    """What a process has done to the subscription that it was made with."""

    NONE = auto()
    MADE = auto()
    CHANGED = auto()
    HOLDS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeProcess:
    """A process, as far as its subscription tells of it.

    Attributes:
        ended_at: when it was last heard of.
    """

    id: ProcessId
    part: Part
    first_step: str
    actor: str
    ended_at: datetime


class _Subject(Enum):
    """What a process is about."""

    OWN = auto()
    NODE = auto()
    FIRST_NODE = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deed:
    """What is told of a process.

    Attributes:
        share: its weight among those that might have been.
        verb: what its workflow does, the first word of its name.
        at: the step at which it stands, or stood when it was aborted.
    """

    share: float = 1
    verb: str
    status: ProcessStatus = ProcessStatus.COMPLETED
    part: Part = Part.NONE
    at: int = 0
    subject: _Subject = _Subject.OWN


_IN_SYNC: Final = (
    _Deed(share=40, verb="create", part=Part.MADE),
    _Deed(share=20, verb="validate"),
    _Deed(share=16, verb="validate", subject=_Subject.NODE),
    _Deed(share=2, verb="validate", subject=_Subject.FIRST_NODE),
    _Deed(share=16, verb="modify", part=Part.CHANGED),
    _Deed(share=2, verb="modify", status=ProcessStatus.ABORTED, at=1),
    _Deed(share=3.5, verb="compare", subject=_Subject.NOTHING),
    _Deed(share=0.5, verb="compare", subject=_Subject.NOTHING, status=ProcessStatus.FAILED),
)
_OUT_OF_SYNC: Final = (
    _Deed(share=50, verb="validate", part=Part.HOLDS, status=ProcessStatus.FAILED),
    _Deed(share=20, verb="modify", part=Part.HOLDS, status=ProcessStatus.SUSPENDED, at=2),
    _Deed(share=10, verb="modify", part=Part.HOLDS, status=ProcessStatus.AWAITING_CALLBACK, at=1),
    _Deed(share=12, verb="modify", part=Part.HOLDS, status=ProcessStatus.FAILED, at=1),
    _Deed(share=4, verb="modify", part=Part.HOLDS, status=ProcessStatus.WAITING),
    _Deed(share=2, verb="modify", part=Part.HOLDS, status=ProcessStatus.RUNNING),
    _Deed(share=2, verb="modify", part=Part.HOLDS, status=ProcessStatus.QUEUED),
)
_GIVEN_UP: Final = _Deed(verb="create", status=ProcessStatus.ABORTED)
_STUCK: Final = _Deed(verb="create", part=Part.HOLDS, status=ProcessStatus.FAILED)
_ENDED: Final = _Deed(verb="terminate")
_NOTED_SHARE: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A process before its rows are made."""

    id: ProcessId
    deed: _Deed
    workflow: Workflow
    subject: SeededSubscription | None
    plan: PlannedSubscription
    actor: str

    @property
    def begun(self) -> Sequence[tuple[Step, StepStatus]]:
        """The steps that began, each with its status."""
        steps, at = self.workflow.steps, self.deed.at
        if self.deed.status is ProcessStatus.COMPLETED:
            return [(step, StepStatus.SUCCESS) for step in steps]
        done = [(step, StepStatus.SUCCESS) for step in steps[:at]]
        status = _STEP_STATUSES[self.deed.status]
        return done if status is StepStatus.PENDING else [*done, (steps[at], status)]

    @property
    def modified_at(self) -> datetime:
        """When it was last heard of."""
        return self.plan.created_at + _PACE * max(len(self.begun), 1)

    @property
    def version(self) -> int:
        """One for the start, one for the claim, one for each step that it has been through."""
        match self.deed.status:
            case ProcessStatus.QUEUED:
                return 1
            case ProcessStatus.RUNNING:
                return 1 + len(self.begun)
            case _:
                return 2 + len(self.begun)


_PACE = timedelta(seconds=3)
_REASON = "found 3 differences, expected none"
_TRACEBACK = "Traceback (most recent call last):\n  ...\nInconsistentData: found 3 differences, expected none"
_STEP_STATUSES: Final[Mapping[ProcessStatus, StepStatus]] = {
    ProcessStatus.QUEUED: StepStatus.PENDING,
    ProcessStatus.RUNNING: StepStatus.RUNNING,
    ProcessStatus.WAITING: StepStatus.WAITING,
    ProcessStatus.AWAITING_CALLBACK: StepStatus.AWAITING_CALLBACK,
    ProcessStatus.SUSPENDED: StepStatus.SUSPENDED,
    ProcessStatus.FAILED: StepStatus.FAILED,
    ProcessStatus.ABORTED: StepStatus.ABORTED,
}
_ENDED_STEPS = frozenset({StepStatus.SUCCESS, StepStatus.FAILED, StepStatus.ABORTED})
_PARKED = {StepStatus.SUSPENDED, StepStatus.AWAITING_CALLBACK}


class ProcessWriter:
    """Makes one process with each subscription, and writes its rows."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._ids = Ids(random)
        self._nodes: list[SeededSubscription] = []

    def write(self, subscription: SeededSubscription, tables: Mapping[str, list[Row]]) -> MadeProcess:
        """Append a process's rows to those of each table; gives what the subscription tells of it."""
        told = self._tell(subscription)
        identifier = marked(told.id)
        tables["process"].append(_process_row(told, noted=self._random.random() < _NOTED_SHARE))
        for position, (step, status) in enumerate(told.begun):
            started_at = told.plan.created_at + _PACE * position
            tables["process_step"].append(_step_row(identifier, step, status, position, started_at))
            tables["step_attempt"].extend(_attempts(identifier, step, status, told.actor, started_at))
        if told.subject is not None:
            tables["process_subscription"].append((identifier, marked(told.subject.id)))
        return MadeProcess(
            id=told.id,
            part=told.deed.part,
            first_step=told.workflow.steps[0].key,
            actor=told.actor,
            ended_at=told.modified_at,
        )

    def _tell(self, subscription: SeededSubscription) -> _Told:
        plan = subscription.plan
        if plan.product.model is catalog.Node and plan.status is ACTIVE and plan.in_sync:
            self._nodes.append(subscription)
        deed = self._deed(subscription)
        subject = self._subject(subscription, deed)
        workflow = compare_inventory
        if subject is not None:
            workflow = REGISTRY.workflow(f"{deed.verb}_{subject.plan.product.model.family().key}")
        return _Told(
            id=ProcessId(self._ids.next(plan)),
            deed=deed,
            workflow=workflow,
            subject=subject,
            plan=plan,
            actor=self._random.choice(PEOPLE),
        )

    def _deed(self, subscription: SeededSubscription) -> _Deed:
        plan = subscription.plan
        if not subscription.complete:
            return _GIVEN_UP if plan.in_sync else _STUCK
        if plan.status is TERMINATED and plan.in_sync:
            return _ENDED
        deeds = _IN_SYNC if plan.in_sync else _OUT_OF_SYNC
        (deed,) = self._random.choices(deeds, weights=[deed.share for deed in deeds])
        return deed

    def _subject(self, subscription: SeededSubscription, deed: _Deed) -> SeededSubscription | None:
        match deed.subject:
            case _Subject.OWN:
                return subscription
            case _Subject.NODE:
                return self._random.choice(self._nodes) if self._nodes else subscription
            case _Subject.FIRST_NODE:
                return self._nodes[0] if self._nodes else subscription
            case _Subject.NOTHING:
                return None
            case _:
                assert_never(deed.subject)


_OVER = frozenset({ProcessStatus.COMPLETED, ProcessStatus.ABORTED})


def _process_row(told: _Told, *, noted: bool) -> Row:
    workflow, status, at = told.workflow, told.deed.status, told.modified_at
    failed = status is ProcessStatus.FAILED
    return (
        marked(told.id),
        workflow.name,
        str(workflow.target),
        workflow.is_task,
        workflow.fingerprint,
        encode([[step.key, step.name, str(step.kind), step.assignee] for step in workflow.steps]),
        [] if told.subject is None else [told.subject.plan.customer_id],
        told.actor,
        told.actor,
        str(status),
        0 if status is ProcessStatus.QUEUED else 1,
        len(told.begun),
        told.version,
        None if status is ProcessStatus.COMPLETED else workflow.steps[told.deed.at].key,
        encode(_state(told)),
        at + timedelta(minutes=1) if status is ProcessStatus.WAITING else None,
        ENGINEERS if status is ProcessStatus.SUSPENDED else None,
        str(FailureKind.INCONSISTENT_DATA) if failed else None,
        _REASON if failed else None,
        "Ask the network engineers" if noted else None,
        int(noted),
        b"",
        told.plan.created_at,
        at,
        at if status in _OVER else None,
    )


def _state(told: _Told) -> dict[str, JsonValue]:
    state: dict[str, JsonValue] = {"ticket": f"T{told.plan.number:05}"}
    if told.subject is not None and told.workflow.model is not None:
        state[told.workflow.model.key] = marked(told.subject.id)
    return state


def _step_row(identifier: str, step: Step, status: StepStatus, position: int, started_at: datetime) -> Row:
    suspended = status is StepStatus.SUSPENDED
    return (
        identifier,
        step.key,
        position,
        step.name,
        str(step.kind),
        str(status),
        str(status) if status in _PARKED else None,
        step.assignee if suspended else None,
        2 if status in _TRIED_AGAIN else 1,
        started_at,
        started_at + _PACE if status in _ENDED_STEPS else None,
        encode({"differences": 0}) if status is StepStatus.SUCCESS and step.kind is StepKind.STEP else None,
    )


_TRIED_AGAIN = frozenset({StepStatus.FAILED, StepStatus.WAITING})


def _attempts(
    identifier: str, step: Step, status: StepStatus, actor: str, started_at: datetime
) -> Iterator[Row]:
    worker = str(WORKERS[0])
    failure = (_REASON, str(FailureKind.INCONSISTENT_DATA), _TRACEBACK)
    if status in _TRIED_AGAIN:
        ended_at = started_at + _PACE / 2
        for number, (begun_at, over_at) in enumerate(
            [(started_at, ended_at), (ended_at, started_at + _PACE)], start=1
        ):
            yield (
                *(identifier, step.key, number, 1, str(StepStatus.FAILED), actor, worker),
                *(begun_at, over_at, *failure),
            )
        return
    over_at = started_at + _PACE if status in _ENDED_STEPS else None
    yield (
        *(identifier, step.key, 1, 1, str(status), actor, worker),
        *(started_at, over_at, None, None, None),
    )
