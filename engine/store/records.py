"""Rows of the engine as its readers get them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.ids import CustomerId, ProcessId
from domain.json import JsonValue
from engine.states import FailureKind, ProcessStatus, StepKind, StepStatus, Target


class EventKind(StrEnum):
    """What an event row tells."""

    PROCESS_STATUS = "PROCESS_STATUS"
    STEP_STARTED = "STEP_STARTED"
    STEP_FINISHED = "STEP_FINISHED"


class InboxKind(StrEnum):
    """What arrived for a process."""

    INPUT = "INPUT"
    CALLBACK = "CALLBACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A step as the process's workflow listed it when the process started."""

    key: str
    name: str
    kind: StepKind
    assignee: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRecord:
    """One process.

    Attributes:
        version: The process's commit number, without gaps.
        run_by: Who last started, resumed, retried, skipped a step of, or aborted it.
        state: None when it was not asked for.
    """

    id: ProcessId
    workflow: str
    target: Target
    is_task: bool
    status: ProcessStatus
    version: int
    current_step: str | None
    customers: tuple[CustomerId, ...]
    created_by: str
    run_by: str
    assignee: str | None
    failure_kind: FailureKind | None
    failure_reason: str | None
    note: str | None
    note_version: int
    started_at: datetime
    modified_at: datetime
    ended_at: datetime | None
    planned_steps: tuple[PlannedStep, ...]
    state: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRecord:
    """What people have noted about a process.

    Attributes:
        version: That of the note, which is none of the process's.
    """

    process_id: ProcessId
    note: str | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProgress:
    """How far a step is, as it or the outside world has said last.

    Attributes:
        percent: From 0 to 100.
        at: When that was said.
    """

    percent: float | None
    message: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """One step of a process; a planned one has no times and no attempts.

    Attributes:
        progress: How far it is; None if nothing was said, and when it has ended.
        skipped_by: Who left it out; None if nobody did, or its condition.
        skip_reason: Why, as that person said.
    """

    process_id: ProcessId
    key: str
    position: int
    name: str
    kind: StepKind
    status: StepStatus
    assignee: str | None
    attempts: int
    started_at: datetime | None
    finished_at: datetime | None
    delta: JsonValue = None
    skipped_by: str | None = None
    skip_reason: str | None = None
    progress: StepProgress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One attempt at carrying out a step."""

    process_id: ProcessId
    step_key: str
    number: int
    status: StepStatus
    actor: str
    worker_id: UUID
    started_at: datetime
    finished_at: datetime | None
    error: str | None
    error_kind: FailureKind | None
    traceback: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One change of a process, in the order of (version, ordinal)."""

    process_id: ProcessId
    version: int
    ordinal: int
    kind: EventKind
    payload: JsonValue
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """Something that arrived for a process and was not taken in yet.

    Attributes:
        number: Its place in the order of arrival, from 1, without gaps.
    """

    number: int
    kind: InboxKind
    step_key: str
    payload: JsonValue
    actor: str
