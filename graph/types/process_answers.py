"""What comes of skipping a step, and of commands to several processes at once."""

from typing import Annotated

import strawberry

from graph.permissions import Permission, requires
from graph.types.engine import Engine
from graph.types.refusals import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    ProcessResult,
    ProcessUpdated,
    Refused,
    WrongStatus,
)


@strawberry.type(description="The step cannot be left out.", directives=requires(Permission.CONNECT))
class StepNotSkippable(Refused):
    """The step cannot be left out."""

    missing: list[str] = strawberry.field(
        description="The values that later steps take and only this step would have given: "
        "send them along to leave it out. Empty if that is not why."
    )


@strawberry.type(
    description="The process is no task; only tasks can be deleted.", directives=requires(Permission.CONNECT)
)
class NotATask(Refused):
    """The process is no task."""


@strawberry.type(
    description="The process has ended and still holds subscriptions: put them in sync first.",
    directives=requires(Permission.CONNECT),
)
class HoldsSubscriptions(Refused):
    """The process still holds subscriptions."""


@strawberry.type(
    description="The record of the process is gone, with all its steps and events.",
    directives=requires(Permission.CONNECT),
)
class ProcessDeleted:
    """The record of the process is gone."""

    deleted_process_id: strawberry.ID = strawberry.field(description="The process that was.")


SkipStepResult = Annotated[
    ProcessUpdated | InvalidInput | NotAllowed | NotFound | WrongStatus | StepNotSkippable | Conflict,
    strawberry.union("SkipStepResult", description="What comes of leaving out a step."),
]
"""What comes of leaving out a step."""

DeleteProcessResult = Annotated[
    ProcessDeleted | NotAllowed | NotFound | WrongStatus | NotATask | HoldsSubscriptions | Conflict,
    strawberry.union("DeleteProcessResult", description="What comes of deleting a process."),
]
"""What comes of deleting a process."""


@strawberry.type(
    description="What became of one of several processes.", directives=requires(Permission.CONNECT)
)
class RetryItem:
    """What became of one of several processes."""

    process_id: strawberry.ID = strawberry.field(description="The process.")
    result: ProcessResult = strawberry.field(description="That it will be tried again, or why not.")


@strawberry.type(
    description="What became of several processes that were to be tried again.",
    directives=requires(Permission.CONNECT),
)
class RetriedProcesses:
    """What became of several processes that were to be tried again."""

    retried_count: int = strawberry.field(description="How many will be tried again.")
    refused_count: int = strawberry.field(description="How many will not.")
    items: list[RetryItem] = strawberry.field(
        description="Each process once, in the order in which they were named; "
        "the oldest first where none were."
    )


@strawberry.type(
    description="What became of one of several processes.", directives=requires(Permission.CONNECT)
)
class DeleteItem:
    """What became of one of several processes."""

    process_id: strawberry.ID = strawberry.field(description="The process.")
    result: DeleteProcessResult = strawberry.field(description="That it is gone, or why not.")


@strawberry.type(
    description="What became of several processes that were to be deleted.",
    directives=requires(Permission.CONNECT),
)
class DeletedProcesses:
    """What became of several processes that were to be deleted."""

    deleted_count: int = strawberry.field(description="How many are gone.")
    refused_count: int = strawberry.field(description="How many are not.")
    items: list[DeleteItem] = strawberry.field(
        description="Each process once, in the order in which they were named."
    )


@strawberry.type(
    description="The engine is, or will be, as it was asked to be.", directives=requires(Permission.CONNECT)
)
class EngineUpdated:
    """The engine is, or will be, as it was asked to be."""

    engine: Engine = strawberry.field(
        description="The engine as it is now: PAUSING as long as steps in flight have not ended."
    )


EngineResult = Annotated[
    EngineUpdated | NotAllowed,
    strawberry.union("EngineResult", description="What comes of a command to the engine."),
]
"""What comes of a command to the engine."""
