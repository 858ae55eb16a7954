"""From rows of the engine's tables to the records that readers get."""

from typing import Any

from sqlalchemy import Row

from domain.ids import CustomerId, ProcessId
from domain.json import JsonValue
from engine.states import FailureKind, ProcessStatus, StepKind, StepStatus, Target
from engine.store.json_edge import as_list, text_of
from engine.store.records import (
    AttemptRecord,
    EventKind,
    EventRecord,
    PlannedStep,
    ProcessRecord,
    StepProgress,
    StepRecord,
)


def process_record(row: Row[Any]) -> ProcessRecord:
    """A process; the heavy columns are null where they were not asked for."""
    return ProcessRecord(
        id=ProcessId(row.id),
        workflow=row.workflow,
        target=Target(row.target),
        is_task=row.is_task,
        status=ProcessStatus(row.status),
        version=row.version,
        current_step=row.current_step,
        customers=tuple(CustomerId(customer) for customer in row.customers),
        created_by=row.created_by,
        run_by=row.run_by,
        assignee=row.assignee,
        failure_kind=None if row.failure_kind is None else FailureKind(row.failure_kind),
        failure_reason=row.failure_reason,
        note=row.note,
        note_version=row.note_version,
        started_at=row.started_at,
        modified_at=row.modified_at,
        ended_at=row.ended_at,
        planned_steps=tuple(_planned_step(step) for step in as_list(row.planned_steps)),
        state=row.state,
    )


def _planned_step(value: JsonValue) -> PlannedStep:
    key, name, kind, assignee = as_list(value)
    return PlannedStep(
        key=text_of(key),
        name=text_of(name),
        kind=StepKind(text_of(kind)),
        assignee=None if assignee is None else text_of(assignee),
    )


_IN_FLIGHT = frozenset({StepStatus.RUNNING, StepStatus.AWAITING_CALLBACK})


def step_record(row: Row[Any]) -> StepRecord:
    """A step that began."""
    status = StepStatus(row.step_status)
    return StepRecord(
        process_id=ProcessId(row.process_id),
        key=row.key,
        position=row.position,
        name=row.name,
        kind=StepKind(row.kind),
        status=status,
        assignee=row.step_assignee,
        attempts=row.attempts,
        started_at=row.step_started_at,
        finished_at=row.finished_at,
        delta=row.delta,
        skipped_by=row.skipped_by,
        skip_reason=row.skip_reason,
        progress=_step_progress(row) if status in _IN_FLIGHT else None,
    )


def _step_progress(row: Row[Any]) -> StepProgress | None:
    if row.progress_at is None:
        return None
    return StepProgress(percent=row.progress_percent, message=row.progress_message, at=row.progress_at)


def attempt_record(row: Row[Any]) -> AttemptRecord:
    """An attempt."""
    return AttemptRecord(
        process_id=ProcessId(row.process_id),
        step_key=row.step_key,
        number=row.number,
        status=StepStatus(row.status),
        actor=row.actor,
        worker_id=row.worker_id,
        started_at=row.started_at,
        finished_at=row.finished_at,
        error=row.error,
        error_kind=None if row.error_kind is None else FailureKind(row.error_kind),
        traceback=row.traceback,
    )


def event_record(row: Row[Any]) -> EventRecord:
    """An event."""
    return EventRecord(
        process_id=ProcessId(row.process_id),
        version=row.version,
        ordinal=row.ordinal,
        kind=EventKind(row.kind),
        payload=row.payload,
        at=row.at,
    )
