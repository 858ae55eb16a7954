"""Following one process."""

import re
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, TypeAlias, assert_never

import strawberry
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from domain.ids import ProcessId
from engine.run.follow import follow
from engine.states import TERMINAL
from engine.store.processes import ProcessRepository
from engine.store.records import EventKind, EventRecord, NoteRecord, StepRecord
from graph.context import Info
from graph.errors import GraphError
from graph.ids import IdKind, encode_id, parse_process_id, step_id
from graph.loaders import ProcessRead, StepsRead
from graph.permissions import Permission, requires
from graph.types.enums import FailureKind, ProcessStatus, StepKind, StepStatus
from graph.types.event import (
    ProcessEvent,
    ProcessNoted,
    ProcessSnapshot,
    ProcessStatusChanged,
    StepFinished,
    StepProgressed,
    StepStarted,
)
from graph.types.process import process as process_result
from graph.types.step import step

_CURSOR = re.compile(r"(.+)\.v([0-9]{1,18})(?:\.([0-9]{1,9}))?", re.ASCII)
_END_OF_VERSION = sys.maxsize

Position: TypeAlias = tuple[int, int]
"""A place among a process's events: a version, and an ordinal within it."""


class UnknownProcess(GraphError):
    """There is no such process for this viewer."""

    code = "NOT_FOUND"


class InvalidEventCursor(GraphError):
    """What was given as `after` is no cursor of this process."""

    code = "INVALID_CURSOR"


@strawberry.type
class ProcessEvents:
    """Following one process."""

    @strawberry.subscription(
        description="Every change of a process in order: first the process as it is, or, after a cursor, "
        "what followed it. Completes when the process has been completed or aborted.",
        directives=requires(Permission.READ_PROCESSES),
    )
    async def process_events(
        self,
        info: Info,
        process: Annotated[strawberry.ID, strawberry.argument(description="The process.")],
        after: Annotated[
            str | None,
            strawberry.argument(
                description="The cursor of the last event that was received, to go on behind it."
            ),
        ] = None,
    ) -> AsyncGenerator[ProcessEvent]:
        """Every change of a process in order."""
        process_id = parse_process_id(process)
        if after is None:
            snapshot = await _snapshot(info, process_id)
            yield snapshot
            position, over = (snapshot.version, _END_OF_VERSION), snapshot.process.status in TERMINAL
        else:
            position = _parse_cursor(after, process_id)
            over = await _is_over(info, process_id, position)
        if over:
            return
        async with aclosing(_events(info, process_id, position)) as events:
            async for event in events:
                yield event


async def _snapshot(info: Info, process_id: ProcessId) -> ProcessSnapshot:
    repository = ProcessRepository(info.context.dependencies.database)
    found = await repository.snapshot(info.context.viewer.scope, process_id)
    if found is None:
        raise _unknown(process_id)
    record, steps = found
    read = ProcessRead(record=record, steps=StepsRead(records=steps, deltas=True))
    return ProcessSnapshot(
        cursor=_cursor(process_id, (record.version, _END_OF_VERSION)),
        version=record.version,
        process=process_result(read),
    )


async def _is_over(info: Info, process_id: ProcessId, position: Position) -> bool:
    """Whether nothing will ever follow the position.

    Raises:
        UnknownProcess: There is no such process for this viewer.
        InvalidEventCursor: The process has never been there.
    """
    read = await info.context.loaders.processes(frozenset()).load(process_id)
    if read is None:
        raise _unknown(process_id)
    if position[0] > read.record.version:
        raise InvalidEventCursor(
            f"Found the version {position[0]} in the cursor: the process is at version {read.record.version}."
        )
    return read.record.status in TERMINAL and position >= (read.record.version, _END_OF_VERSION)


async def _events(info: Info, process_id: ProcessId, position: Position) -> AsyncGenerator[ProcessEvent]:
    """What follows a position, which may be within a version: all of that version is read again then."""
    version, ordinal = position
    dependencies = info.context.dependencies
    after = version if ordinal == _END_OF_VERSION else version - 1
    batches = follow(
        dependencies.database, dependencies.bus, process_id, scope=info.context.viewer.scope, after=after
    )
    async with aclosing(batches):
        async for told in batches:
            if isinstance(told, NoteRecord):
                yield _noted(told, position)
                continue
            if isinstance(told, StepRecord):
                progressed = _progressed(told, position)
                if progressed is not None:
                    yield progressed
                continue
            for record in told:
                if (record.version, record.ordinal) > position:
                    position = record.version, record.ordinal
                    yield _event(record)


def _progressed(record: StepRecord, position: Position) -> StepProgressed | None:
    """A step that has come further, at the place of the event before it; None if it has ended meanwhile."""
    if record.progress is None:
        return None
    return StepProgressed(
        cursor=_cursor(record.process_id, position),
        version=position[0],
        at=record.progress.at,
        step=step(record, delta_read=False),
    )


def _noted(record: NoteRecord, position: Position) -> ProcessNoted:
    """A note, at the place of the event before it."""
    return ProcessNoted(
        cursor=_cursor(record.process_id, position),
        version=position[0],
        process_id=strawberry.ID(encode_id(IdKind.PROCESS, record.process_id)),
        note=record.note,
        note_version=record.version,
    )


def _cursor(process_id: ProcessId, position: Position) -> str:
    version, ordinal = position
    whole = f"{encode_id(IdKind.PROCESS, process_id)}.v{version}"
    return whole if ordinal == _END_OF_VERSION else f"{whole}.{ordinal}"


class _StepPayload(BaseModel):
    """The payload of a step's event."""

    model_config = ConfigDict(alias_generator=to_camel)

    key: str
    position: int
    name: str
    kind: StepKind
    status: StepStatus
    assignee: str | None = None
    attempts: int
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: str | None = None


class _StatusPayload(BaseModel):
    """The payload of a status event."""

    model_config = ConfigDict(alias_generator=to_camel)

    status: ProcessStatus
    current_step: str | None = None
    failure_kind: FailureKind | None = None
    failure_reason: str | None = None


def _event(record: EventRecord) -> ProcessEvent:
    cursor = _cursor(record.process_id, (record.version, record.ordinal))
    version, at = record.version, record.at
    match record.kind:
        case EventKind.STEP_STARTED:
            payload = _StepPayload.model_validate(record.payload)
            return StepStarted(
                cursor=cursor,
                version=version,
                at=at,
                step=step(_step_record(record, payload), delta_read=False),
            )
        case EventKind.STEP_FINISHED:
            payload = _StepPayload.model_validate(record.payload)
            return StepFinished(
                cursor=cursor,
                version=version,
                at=at,
                step=step(_step_record(record, payload), delta_read=False),
                error=payload.error,
            )
        case EventKind.PROCESS_STATUS:
            change = _StatusPayload.model_validate(record.payload)
            return ProcessStatusChanged(
                cursor=cursor,
                version=version,
                at=at,
                process_id=strawberry.ID(encode_id(IdKind.PROCESS, record.process_id)),
                status=change.status,
                failure_kind=change.failure_kind,
                failure_reason=change.failure_reason,
                current_step_key=change.current_step,
                current_step_id=_step_id(record.process_id, change.current_step),
            )
        case _:
            assert_never(record.kind)


def _step_record(record: EventRecord, payload: _StepPayload) -> StepRecord:
    return StepRecord(
        process_id=record.process_id,
        key=payload.key,
        position=payload.position,
        name=payload.name,
        kind=payload.kind,
        status=payload.status,
        assignee=payload.assignee,
        attempts=payload.attempts,
        started_at=payload.started_at,
        finished_at=payload.finished_at,
    )


def _step_id(process_id: ProcessId, key: str | None) -> strawberry.ID | None:
    return None if key is None else strawberry.ID(step_id(process_id, key))


def _parse_cursor(text: str, process_id: ProcessId) -> Position:
    match = _CURSOR.fullmatch(text)
    if match is None or match[1] != encode_id(IdKind.PROCESS, process_id):
        raise InvalidEventCursor(
            f"'{text[:80]}' is no cursor of this process: expected one that an event of it had."
        )
    _, version, ordinal = match.groups()
    return int(version), _END_OF_VERSION if ordinal is None else int(ordinal)


def _unknown(process_id: ProcessId) -> UnknownProcess:
    return UnknownProcess(f"There is no {encode_id(IdKind.PROCESS, process_id)}.")
