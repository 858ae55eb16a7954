"""What a mutation answers: that it did what was asked, or why not, in terms its caller can act on."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from graph.permissions import Permission, requires
from graph.types.action import Blocker
from graph.types.enums import ProcessStatus, define_enum
from graph.types.form import FormPage
from graph.types.process import Process

if TYPE_CHECKING:
    from graph.types.subscription import ProductSubscription


class ConflictCause(Enum):
    """What happened first."""

    SUBSCRIPTION_CHANGED = "SUBSCRIPTION_CHANGED"
    PROCESS_MOVED_ON = "PROCESS_MOVED_ON"
    WORKFLOW_CHANGED = "WORKFLOW_CHANGED"
    IDEMPOTENCY_KEY_USED = "IDEMPOTENCY_KEY_USED"
    ENGINE_CHANGED = "ENGINE_CHANGED"


define_enum(
    ConflictCause,
    description="What happened first, so that a command was refused.",
    values={
        "SUBSCRIPTION_CHANGED": "The subscription, or who holds it, has changed: read it and decide again.",
        "PROCESS_MOVED_ON": "The process has changed since the viewer looked at it: read it again.",
        "WORKFLOW_CHANGED": "The workflow, or the step at which the process stands, is gone, or does not fit "
        "what the process holds any more.",
        "IDEMPOTENCY_KEY_USED": "The viewer has used the key to start something else: use another one.",
        "ENGINE_CHANGED": "The engine was paused or let go on at the same moment: repeat the request.",
    },
)


class NotAllowedCode(Enum):
    """Who says that the viewer may not."""

    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    NOT_AUTHORIZED = "NOT_AUTHORIZED"


define_enum(
    NotAllowedCode,
    description="Who says that the viewer may not.",
    values={
        "OUT_OF_SCOPE": "It concerns customers whose data the viewer does not see.",
        "NOT_AUTHORIZED": "An authorizer of the application says no to this viewer.",
    },
)


@strawberry.interface(
    description="The mutation was refused; nothing changed.", directives=requires(Permission.CONNECT)
)
class Refused:
    """The mutation was refused; nothing changed."""

    message: str = strawberry.field(description="Why, for people.")


@strawberry.type(description="One thing wrong with an input.", directives=requires(Permission.CONNECT))
class InputProblem:
    """One thing wrong with an input."""

    path: list[str] = strawberry.field(
        description="Where: the names of arguments and fields, and positions in lists, from the outside in: "
        '["input", "ports", "0", "speed"].'
    )
    message: str = strawberry.field(description="What, for people.")
    code: str = strawberry.field(
        description="What, for programs: a lower-case word, such as `missing` or `greater_than_equal`. "
        "Applications may have words of their own."
    )


@strawberry.type(
    description="What was sent does not fit what was asked for.", directives=requires(Permission.CONNECT)
)
class InvalidInput(Refused):
    """What was sent does not fit what was asked for."""

    errors: list[InputProblem] = strawberry.field(description="Everything that is wrong.")
    page: FormPage | None = strawberry.field(
        default=None,
        description="The page of a form that the first of them is on, as it is now, with what was filled in: "
        "to be shown again. Null where no page is to blame.",
    )


@strawberry.type(description="The viewer may not do this.", directives=requires(Permission.CONNECT))
class NotAllowed(Refused):
    """The viewer may not do this."""

    reason: str = strawberry.field(description="Which rule says so.")
    code: NotAllowedCode = strawberry.field(description="Who says so, for programs.")


@strawberry.type(
    description="Something that was named does not exist, or not for this viewer.",
    directives=requires(Permission.CONNECT),
)
class NotFound(Refused):
    """Something that was named does not exist, or not for this viewer."""

    missing_id: strawberry.ID = strawberry.field(description="What was not found, as it was named.")


@strawberry.type(
    description="The status of the process does not admit this.", directives=requires(Permission.CONNECT)
)
class WrongStatus(Refused):
    """The status of the process does not admit this."""

    found_status: ProcessStatus = strawberry.field(description="The status it has.")
    expected_statuses: list[ProcessStatus] = strawberry.field(description="The statuses that would admit it.")


@strawberry.type(
    description="Something else happened first: look again and repeat.",
    directives=requires(Permission.CONNECT),
)
class Conflict(Refused):
    """Something else happened first."""

    cause: ConflictCause = strawberry.field(description="What happened, for programs.")
    version: int | None = strawberry.field(
        description="The version that the subscription has now, if it has changed."
    )
    process_id: strawberry.ID | None = strawberry.field(
        description="The process that was faster, or was started with the same key, if it is about one."
    )


@strawberry.type(
    description="What was to be replaced has another version by now: read it and decide again.",
    directives=requires(Permission.CONNECT),
)
class StaleVersion(Refused):
    """What was to be replaced has another version by now."""

    found_version: int = strawberry.field(description="The version it has; 0 means that there is nothing.")
    expected_version: int = strawberry.field(description="The version that was named.")
    current_subscription: (
        Annotated["ProductSubscription", strawberry.lazy("graph.types.subscription")] | None
    ) = strawberry.field(
        default=None,
        description="The subscription that it belongs to, as it is now; null if it is a process's.",
    )
    current_process: Process | None = strawberry.field(
        default=None,
        description="The process that it belongs to, as it is now; null if it is a subscription's.",
    )


@strawberry.type(
    description="The workflow cannot be started on the subscription as things stand.",
    directives=requires(Permission.CONNECT),
)
class ActionBlocked(Refused):
    """The workflow cannot be started on the subscription as things stand."""

    subscription_id: strawberry.ID = strawberry.field(description="The subscription.")
    blocked_by: list[Blocker] = strawberry.field(description="Everything that stands in the way.")


@strawberry.type(
    description="The run predicate of the workflow does not let it start now.",
    directives=requires(Permission.CONNECT),
)
class PredicateFailed(Refused):
    """The run predicate of the workflow does not let it start now."""

    reason: str = strawberry.field(description="Why, as the predicate says.")
    predicate_code: str = strawberry.field(description="Why, for programs, as the predicate says.")


@strawberry.type(
    description="The engine is paused and takes no work.", directives=requires(Permission.CONNECT)
)
class EnginePaused(Refused):
    """The engine is paused and takes no work."""


@strawberry.type(description="A process was started.", directives=requires(Permission.CONNECT))
class ProcessStarted:
    """A process was started."""

    process: Process = strawberry.field(description="The process.")
    created: bool = strawberry.field(
        description="False if an earlier request with the same idempotency key had started it."
    )


@strawberry.type(description="The process took the command.", directives=requires(Permission.CONNECT))
class ProcessUpdated:
    """The process took the command."""

    process: Process = strawberry.field(description="The process as it is now.")


StartResult = Annotated[
    ProcessStarted
    | InvalidInput
    | NotAllowed
    | NotFound
    | Conflict
    | ActionBlocked
    | PredicateFailed
    | EnginePaused,
    strawberry.union("StartResult", description="What comes of starting a workflow by its typed mutation."),
]
"""What comes of starting a workflow by its typed mutation."""

StartWorkflowResult = Annotated[
    ProcessStarted
    | FormPage
    | InvalidInput
    | NotAllowed
    | NotFound
    | Conflict
    | ActionBlocked
    | PredicateFailed
    | EnginePaused,
    strawberry.union("StartWorkflowResult", description="What comes of starting a workflow by its pages."),
]
"""What comes of starting a workflow by its pages."""

ResumeProcessResult = Annotated[
    ProcessUpdated | FormPage | InvalidInput | NotAllowed | NotFound | WrongStatus | Conflict,
    strawberry.union("ResumeProcessResult", description="What comes of filling in a process's form."),
]
"""What comes of filling in a process's form."""

RetryProcessResult = Annotated[
    ProcessUpdated | NotAllowed | NotFound | WrongStatus | Conflict,
    strawberry.union("RetryProcessResult", description="What comes of trying a process again."),
]
"""What comes of trying a process again."""

AbortProcessResult = Annotated[
    ProcessUpdated | InvalidInput | NotAllowed | NotFound | WrongStatus | Conflict,
    strawberry.union("AbortProcessResult", description="What comes of ending a process."),
]
"""What comes of ending a process."""
