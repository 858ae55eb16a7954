"""The engine's errors: refusals of commands, errors a step may raise to be understood, and wrong definitions.

The definition errors one by one are in `engine.definition_errors`, what can go wrong between a step and its
process's state in `engine.step_errors`.
"""

from collections.abc import Collection
from dataclasses import dataclass

from domain.ids import ProcessId, SubscriptionId
from engine.blockers import Blocker
from engine.pages import FormPageView
from engine.states import FailureKind, ProcessStatus


class EngineError(Exception):
    """The root of everything the engine raises on purpose."""


class DefinitionError(EngineError):
    """A step, workflow or registry is declared in a way that cannot work. Raised before anything runs."""


class WorkflowChanged(EngineError):
    """The step at which the process stands is gone from its workflow, or the workflow itself is gone.

    Attributes:
        key: The step; None if the workflow is gone.
        keys: Those that the workflow has now, in order.
    """

    def __init__(self, workflow: str, *, key: str | None = None, keys: Collection[str] = ()) -> None:
        if key is None:
            gone = f"workflow {workflow!r} is gone"
        else:
            found = ", ".join(keys) or "no steps"
            lost = f"workflow {workflow!r} has no step {key!r} any more"
            gone = f"{lost}, and nothing that replaces it; found {found}"
        super().__init__(gone)
        self.workflow = workflow
        self.key = key
        self.keys = tuple(keys)


class Refusal(EngineError):
    """A command was refused for a reason its caller can understand; nothing changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One thing wrong with an input.

    Attributes:
        path: Where: field names and list positions from the outside in; a page is ("pages", its index).
        message: What, in plain words.
        code: What, for programs: pydantic's error type.
    """

    path: tuple[str | int, ...]
    message: str
    code: str

    def __str__(self) -> str:
        return f"{'.'.join(str(part) for part in self.path) or 'input'}: {self.message}"


class InvalidInput(Refusal):
    """What was sent does not fit what was asked for.

    Attributes:
        page: The page of a form that is to be shown again, as the pages before it make it now.
    """

    def __init__(self, errors: Collection[FieldError], *, page: FormPageView | None = None) -> None:
        super().__init__("; ".join(str(error) for error in errors))
        self.errors = tuple(errors)
        self.page = page

    @property
    def page_index(self) -> int | None:
        """The place of the first page on which something is wrong; None if it is none of them."""
        pages = [error.path[1] for error in self.errors if error.path[:1] == ("pages",) and error.path[1:]]
        return min((page for page in pages if isinstance(page, int)), default=None)


class FormPageNeeded(Refusal):
    """The form asks for one more page than was sent."""

    def __init__(self, page: FormPageView) -> None:
        super().__init__(f"page {page.page_index} ({page.title}) is needed")
        self.page = page


class NotAllowed(Refusal):
    """The caller may not do this.

    Attributes:
        code: Why, for programs: OUT_OF_SCOPE, or NOT_AUTHORIZED if an authorizer of the application says no.
    """

    def __init__(self, reason: str, *, code: str = "OUT_OF_SCOPE") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class ProcessNotFound(Refusal):
    """There is no such process among those the caller may see."""

    def __init__(self, process_id: ProcessId) -> None:
        super().__init__(f"there is no process {process_id}")
        self.process_id = process_id


class SubjectNotFound(Refusal):
    """There is no such subscription among those the caller may see."""

    def __init__(self, subscription_id: SubscriptionId) -> None:
        super().__init__(f"there is no subscription {subscription_id}")
        self.subscription_id = subscription_id


class WorkflowNotFound(Refusal):
    """The registry holds no workflow of that name."""

    def __init__(self, name: str, *, close_matches: Collection[str] = ()) -> None:
        hint = f"; did you mean {' or '.join(close_matches)}?" if close_matches else ""
        super().__init__(f"there is no workflow {name!r}{hint}")
        self.name = name


class WrongStatus(Refusal):
    """The process's status does not admit the command."""

    def __init__(
        self, process_id: ProcessId, *, found: ProcessStatus, expected: Collection[ProcessStatus]
    ) -> None:
        wanted = " or ".join(sorted(expected))
        super().__init__(f"process {process_id} is {found}, expected {wanted}")
        self.process_id = process_id
        self.found = found
        self.expected = frozenset(expected)


class Conflict(Refusal):
    """Something else happened first: look again and repeat."""


class StaleSubject(Conflict):
    """The subscription has changed since its caller has seen it."""

    def __init__(self, subscription_id: SubscriptionId, *, expected: int, found: int) -> None:
        super().__init__(f"subscription {subscription_id} has version {found}, expected version {expected}")
        self.subscription_id = subscription_id
        self.expected = expected
        self.found = found


class SubjectChanged(Conflict):
    """What a subscription refers to, or who holds it, changed while a command waited for it."""

    def __init__(self, subscription_id: SubscriptionId) -> None:
        super().__init__(f"subscription {subscription_id} changed at the same moment; repeat the request")
        self.subscription_id = subscription_id


class EngineChanged(Conflict):
    """The engine was paused, or let go on, while a command was carried out."""

    def __init__(self) -> None:
        super().__init__("the engine's status changed at the same moment; repeat the request")


class StateUnusable(Conflict):
    """What a process holds does not fit its workflow any more."""


class ProcessMovedOn(Conflict):
    """The process has changed since its caller has looked at it, or filled in its form."""

    def __init__(self, process_id: ProcessId, *, since: str = "its form was filled in") -> None:
        super().__init__(f"process {process_id} has moved on since {since}")
        self.process_id = process_id


class IdempotencyKeyUsed(Conflict):
    """The idempotency key belongs to a process that was started with something else.

    Attributes:
        process_id: The process; None if the caller may not see it.
    """

    def __init__(self, *, process_id: ProcessId | None) -> None:
        owner = "a process" if process_id is None else f"process {process_id}"
        super().__init__(
            f"the idempotency key was used for {owner}, "
            "which was started with another workflow or other values"
        )
        self.process_id = process_id


class ActionBlocked(Refusal):
    """The workflow cannot be started on the subscription as things stand.

    Attributes:
        blockers: Everything that stands in the way; what they list is cut to the caller's scope.
    """

    def __init__(
        self, workflow: str, *, subscription_id: SubscriptionId, blockers: Collection[Blocker]
    ) -> None:
        reasons = "; ".join(blocker.message for blocker in blockers)
        super().__init__(
            f"workflow {workflow!r} cannot be started on subscription {subscription_id}: {reasons}"
        )
        self.workflow = workflow
        self.subscription_id = subscription_id
        self.blockers = tuple(blockers)


class PredicateFailed(Conflict):
    """The workflow's run predicate does not let it start now.

    Attributes:
        reason: Why, as the predicate says.
        code: Why, for programs.
    """

    def __init__(self, workflow: str, *, reason: str, code: str) -> None:
        super().__init__(f"workflow {workflow!r} cannot be started now: {reason}")
        self.workflow = workflow
        self.reason = reason
        self.code = code


class StepNotCurrent(Conflict):
    """The process is not at the step that the command is about."""

    def __init__(self, process_id: ProcessId, *, found: str | None, expected: str) -> None:
        where = "behind its last step" if found is None else f"at step {found!r}"
        super().__init__(f"process {process_id} is {where}, expected it at step {expected!r}")
        self.process_id = process_id
        self.found = found
        self.expected = expected


class StepGone(Conflict):
    """The process stands at a step that its workflow has no more, or its workflow is gone.

    Attributes:
        workflow: The workflow.
        key: The step; None if the workflow is gone.
        keys: Those that the workflow has now, in order.
    """

    def __init__(self, process_id: ProcessId, change: WorkflowChanged) -> None:
        super().__init__(f"process {process_id} cannot go on: {change}")
        self.process_id = process_id
        self.workflow = change.workflow
        self.key = change.key
        self.keys = change.keys


class StepNotSkippable(Refusal):
    """The step cannot be left out.

    Attributes:
        missing: What later steps take and only this step would have given, if that is why.
    """

    def __init__(self, step_key: str, *, reason: str, missing: Collection[str] = ()) -> None:
        super().__init__(f"step {step_key!r} cannot be skipped: {reason}")
        self.step_key = step_key
        self.reason = reason
        self.missing = tuple(missing)


class NotATask(Refusal):
    """The process is no task; only tasks can be deleted."""

    def __init__(self, process_id: ProcessId) -> None:
        super().__init__(f"process {process_id} is no task, expected one")
        self.process_id = process_id


class HoldsSubscriptions(Refusal):
    """The process has ended and still holds subscriptions, which have to be put in sync first."""

    def __init__(self, process_id: ProcessId) -> None:
        super().__init__(f"process {process_id} holds subscriptions, expected them to be released")
        self.process_id = process_id


class StaleNote(Refusal):
    """The note of a process has another version than its caller has seen."""

    def __init__(self, process_id: ProcessId, *, expected: int, found: int) -> None:
        super().__init__(f"the note of process {process_id} has version {found}, expected version {expected}")
        self.process_id = process_id
        self.expected = expected
        self.found = found


class EnginePaused(Refusal):
    """The engine is paused and takes no work."""

    def __init__(self) -> None:
        super().__init__("the engine is paused")


class CallbackUnknown(Refusal):
    """No callback waits under that token."""

    def __init__(self) -> None:
        super().__init__("no callback waits under this token")


class CallbackUsed(Refusal):
    """The callback's token was used before, or its time is over."""

    def __init__(self) -> None:
        super().__init__("this callback was used before or its time is over")


class InconsistentData(Exception):
    """Raised by a step: what is recorded here and what is found out there do not agree."""


class ApiUnavailable(Exception):
    """Raised by a step: a system it needs cannot be reached; trying again later may help."""


_FAILURE_KINDS: tuple[tuple[type[BaseException], FailureKind], ...] = (
    (InconsistentData, FailureKind.INCONSISTENT_DATA),
    (AssertionError, FailureKind.INCONSISTENT_DATA),
    (ApiUnavailable, FailureKind.API_UNAVAILABLE),
    (TimeoutError, FailureKind.TIMEOUT),
    (WorkflowChanged, FailureKind.WORKFLOW_CHANGED),
)


def failure_kind(error: BaseException) -> FailureKind:
    """The kind of failure an error stands for, by its class and its classes' bases alone."""
    for error_type, kind in _FAILURE_KINDS:
        if isinstance(error, error_type):
            return kind
    return FailureKind.ERROR
