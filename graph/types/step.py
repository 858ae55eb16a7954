"""The steps of a process, planned and executed alike."""

from datetime import datetime

import strawberry

from domain.ids import ProcessId
from engine.store.records import AttemptRecord, StepRecord
from engine.store.records import StepProgress as StepProgressRecord
from graph.context import Info
from graph.ids import step_id
from graph.loaders import StepsKey
from graph.permissions import Permission, requires
from graph.types.enums import FailureKind, StepKind, StepStatus
from graph.types.node import Node
from graph.types.process_change import ProcessChange, process_changes
from graph.types.scalars import Json


@strawberry.type(
    description="One attempt at carrying out a step.", directives=requires(Permission.READ_PROCESSES)
)
class StepAttempt:
    """One attempt at carrying out a step."""

    number: int = strawberry.field(description="1 for the first attempt.")
    status: StepStatus = strawberry.field(description="How it stands or ended.")
    actor: str = strawberry.field(description="Who made it happen: started, resumed or retried the process.")
    started_at: datetime = strawberry.field(description="When it began.")
    finished_at: datetime | None = strawberry.field(description="When it ended.")
    error: str | None = strawberry.field(description="What went wrong.")
    failure_kind: FailureKind | None = strawberry.field(
        description="What went wrong, as far as a reader can act on it."
    )
    traceback: str | None = strawberry.field(description="Where in the code it went wrong.")


@strawberry.type(
    description="How far a step is, as it or the outside world has said last. What was not said is null.",
    directives=requires(Permission.READ_PROCESSES),
)
class StepProgress:
    """How far a step is."""

    percent: float | None = strawberry.field(description="From 0 to 100.")
    message: str | None = strawberry.field(description="What it is at, in words.")
    at: datetime = strawberry.field(description="When that was said.")


@strawberry.type(
    description="A step of a process, whether it has begun or not.",
    directives=requires(Permission.READ_PROCESSES),
)
class Step(Node):
    """A step of a process, whether it has begun or not."""

    process_id: strawberry.Private[ProcessId]
    known_delta: strawberry.Private[Json | None]
    delta_read: strawberry.Private[bool]
    key: str = strawberry.field(description="Its identity in the workflow.")
    name: str = strawberry.field(description="What people read.")
    kind: StepKind = strawberry.field(description="What carrying it out means.")
    position: int = strawberry.field(description="Its place among the steps, from 0.")
    status: StepStatus = strawberry.field(description="Where it stands.")
    assignee: str | None = strawberry.field(description="Who is to fill in its form.")
    attempt_count: int = strawberry.field(description="How often it was attempted.")
    started_at: datetime | None = strawberry.field(description="When it was first attempted.")
    finished_at: datetime | None = strawberry.field(description="When it ended.")
    skipped_by: str | None = strawberry.field(
        description="Who left it out; null unless a person did. A step whose condition does not hold is "
        "left out by nobody."
    )
    skip_reason: str | None = strawberry.field(description="Why that person left it out.")
    progress: StepProgress | None = strawberry.field(
        description="How far it is while it is carried out or awaits its callback; null if nobody has said."
    )

    @strawberry.field(
        description="What it put into the state of its process, as it keeps it: ids in it are bare UUIDs. "
        "`changes` has what it made of subscriptions."
    )
    async def delta(self, info: Info) -> Json | None:
        """What it put into the state of its process."""
        if self.delta_read or self.status is StepStatus.PENDING:
            return self.known_delta
        wanted = StepsKey(process_id=self.process_id, deltas=True)
        records = await info.context.loaders.steps.load(wanted) or []
        found = [record.delta for record in records if record.key == self.key]
        return Json(found[0]) if found and found[0] is not None else None

    @strawberry.field(
        description="What it made of the subscriptions that it changed, before and after.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )
    async def changes(self, info: Info) -> list[ProcessChange]:
        """What it made of the subscriptions that it changed."""
        if self.status is StepStatus.PENDING:
            return []
        records = await info.context.loaders.changes_of_process.load(self.process_id)
        return process_changes((each for each in records or () if each.step_key == self.key), info)

    @strawberry.field(description="Every attempt at it, in order.")
    async def attempts(self, info: Info) -> list[StepAttempt]:
        """Every attempt at it."""
        if self.attempt_count == 0:
            return []
        records = await info.context.loaders.attempts.load((self.process_id, self.key))
        return [_attempt(record) for record in records or []]


def step(record: StepRecord, *, delta_read: bool) -> Step:
    """Gives a step as a result; a delta that was not read with it is loaded if it is asked for."""
    return Step(
        id=strawberry.ID(step_id(record.process_id, record.key)),
        process_id=record.process_id,
        key=record.key,
        name=record.name,
        kind=record.kind,
        position=record.position,
        status=record.status,
        assignee=record.assignee,
        attempt_count=record.attempts,
        started_at=record.started_at,
        finished_at=record.finished_at,
        skipped_by=record.skipped_by,
        skip_reason=record.skip_reason,
        progress=_progress(record.progress),
        known_delta=None if record.delta is None else Json(record.delta),
        delta_read=delta_read,
    )


def _progress(record: StepProgressRecord | None) -> StepProgress | None:
    if record is None:
        return None
    return StepProgress(percent=record.percent, message=record.message, at=record.at)


def _attempt(record: AttemptRecord) -> StepAttempt:
    return StepAttempt(
        number=record.number,
        status=record.status,
        actor=record.actor,
        started_at=record.started_at,
        finished_at=record.finished_at,
        error=record.error,
        failure_kind=record.error_kind,
        traceback=record.traceback,
    )
