"""What a follower of a process is told."""

from datetime import datetime

import strawberry

from graph.permissions import Permission, requires
from graph.types.enums import FailureKind, ProcessStatus
from graph.types.process import Process
from graph.types.step import Step


@strawberry.interface(
    description="Something a follower of a process is told, in the order in which it happened.",
    directives=requires(Permission.READ_PROCESSES),
)
class ProcessEvent:
    """Something a follower of a process is told."""

    cursor: str = strawberry.field(
        description="Stands for this place among the events; given as `after`, it makes one go on behind it."
    )
    version: int = strawberry.field(
        description="The version of the process that came of it. Several events may have come of one."
    )


@strawberry.type(
    description="The process as it is, told first to a follower without a cursor.",
    directives=requires(Permission.READ_PROCESSES),
)
class ProcessSnapshot(ProcessEvent):
    """The process as it is."""

    process: Process = strawberry.field(description="The process.")


@strawberry.type(description="A step began.", directives=requires(Permission.READ_PROCESSES))
class StepStarted(ProcessEvent):
    """A step began."""

    at: datetime = strawberry.field(description="When it was recorded.")
    step: Step = strawberry.field(description="The step.")


@strawberry.type(
    description="A step ended, or waits for something.", directives=requires(Permission.READ_PROCESSES)
)
class StepFinished(ProcessEvent):
    """A step ended, or waits for something."""

    at: datetime = strawberry.field(description="When it was recorded.")
    step: Step = strawberry.field(description="The step.")
    error: str | None = strawberry.field(description="What went wrong.")


@strawberry.type(
    description="A step in flight has come further, as it or the outside world says. It is told as it "
    "happens and never again; its cursor and version are those of the event before it.",
    directives=requires(Permission.READ_PROCESSES),
)
class StepProgressed(ProcessEvent):
    """A step in flight has come further."""

    at: datetime = strawberry.field(description="When it was said.")
    step: Step = strawberry.field(description="The step, with how far it is.")


@strawberry.type(
    description="Somebody has noted something about the process. It is told as it happens and never again; "
    "its cursor and version are those of the event before it.",
    directives=requires(Permission.READ_PROCESSES),
)
class ProcessNoted(ProcessEvent):
    """Somebody has noted something about the process."""

    process_id: strawberry.ID = strawberry.field(description="The process.")
    note: str | None = strawberry.field(description="The note as it is now.")
    note_version: int = strawberry.field(description="The note's version.")


@strawberry.type(
    description="The process came to another status.", directives=requires(Permission.READ_PROCESSES)
)
class ProcessStatusChanged(ProcessEvent):
    """The process came to another status."""

    at: datetime = strawberry.field(description="When it was recorded.")
    process_id: strawberry.ID = strawberry.field(description="The process.")
    status: ProcessStatus = strawberry.field(description="Its status.")
    failure_kind: FailureKind | None = strawberry.field(
        description="Why it failed, as far as a reader can act on it."
    )
    failure_reason: str | None = strawberry.field(description="Why it failed, in words.")
    current_step_key: str | None = strawberry.field(
        description="The key of the step it is at; null when it has ended."
    )
    current_step_id: strawberry.ID | None = strawberry.field(
        description="The step it is at; null when it has ended."
    )
