"""From what a command says to what a mutation answers.

Each kind of mutation expects its own refusals, and its union in the schema has a member for each; a refusal
that is not expected is a mistake in the engine and reaches the client as an internal error.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias, assert_never

import strawberry

from domain.ids import ProcessId
from domain.json import JsonValue, UnrepresentableValue, encode
from engine.errors import (
    ActionBlocked,
    Conflict,
    EngineChanged,
    EnginePaused,
    FormPageNeeded,
    IdempotencyKeyUsed,
    InvalidInput,
    NotAllowed,
    PredicateFailed,
    ProcessMovedOn,
    ProcessNotFound,
    StaleSubject,
    StateUnusable,
    StepGone,
    StepNotCurrent,
    SubjectChanged,
    SubjectNotFound,
    WorkflowNotFound,
    WrongStatus,
)
from engine.run.commands import StartedProcess
from graph.context import Info
from graph.ids import LONGEST_SHOWN, IdKind, encode_id, workflow_id
from graph.types import refusals
from graph.types.action import blocker
from graph.types.command import step_gone_message, wrong_status_message
from graph.types.enums import ProcessStatus
from graph.types.form import FormPage, form_page
from graph.types.process import Process, process, process_columns
from graph.types.scalars import shown

PROCESS_REFUSALS = (NotAllowed, Conflict, ProcessNotFound, WrongStatus)
ABORT_REFUSALS = (*PROCESS_REFUSALS, InvalidInput)
RESUME_REFUSALS = (*ABORT_REFUSALS, FormPageNeeded)
START_REFUSALS = (
    NotAllowed,
    Conflict,
    EnginePaused,
    InvalidInput,
    SubjectNotFound,
    ActionBlocked,
    WorkflowNotFound,
    PredicateFailed,
)
FORM_START_REFUSALS = (*START_REFUSALS, FormPageNeeded)

ProcessRefusal: TypeAlias = NotAllowed | Conflict | ProcessNotFound | WrongStatus
AbortRefusal: TypeAlias = ProcessRefusal | InvalidInput
ResumeRefusal: TypeAlias = AbortRefusal | FormPageNeeded
StartRefusal: TypeAlias = (
    NotAllowed
    | Conflict
    | EnginePaused
    | InvalidInput
    | SubjectNotFound
    | ActionBlocked
    | WorkflowNotFound
    | PredicateFailed
)
FormStartRefusal: TypeAlias = StartRefusal | FormPageNeeded

ProcessAnswer: TypeAlias = refusals.NotAllowed | refusals.Conflict | refusals.NotFound | refusals.WrongStatus
AbortAnswer: TypeAlias = ProcessAnswer | refusals.InvalidInput
ResumeAnswer: TypeAlias = AbortAnswer | FormPage
StartAnswer: TypeAlias = (
    refusals.NotAllowed
    | refusals.Conflict
    | refusals.EnginePaused
    | refusals.InvalidInput
    | refusals.NotFound
    | refusals.ActionBlocked
    | refusals.PredicateFailed
)
FormStartAnswer: TypeAlias = StartAnswer | FormPage

Path: TypeAlias = tuple[str | int, ...]

_KEY_PATH: Path = ("idempotency_key",)
_KEY_ARGUMENT = "idempotencyKey"


def pages_path(path: Path) -> list[str]:
    """Gives where an error is among the arguments of a mutation that takes pages: as the command says it."""
    if path == _KEY_PATH:
        return [_KEY_ARGUMENT]
    return [str(part) for part in path]


def input_path(path: Path, *, inside: Callable[[Path], list[str]]) -> list[str]:
    """Gives where an error is among the arguments of a typed mutation: in `input`, as `inside` tells it."""
    return [_KEY_ARGUMENT] if path == _KEY_PATH else ["input", *inside(path)]


def answer_form_start(
    refusal: FormStartRefusal,
    *,
    pages: Sequence[JsonValue],
    path_of: Callable[[Path], list[str]] = pages_path,
) -> FormStartAnswer:
    """Gives the answer to a start by these pages that was refused."""
    match refusal:
        case FormPageNeeded():
            return form_page(refusal.page)
        case InvalidInput():
            return invalid_input(refusal, path_of, pages=pages)
        case _:
            return answer_start(refusal, path_of=path_of)


def answer_start(  # noqa: PLR0911  # a member of the union for each
    refusal: StartRefusal, *, path_of: Callable[[Path], list[str]]
) -> StartAnswer:
    """Gives the answer to a start that was refused.

    Args:
        refusal: What the command said.
        path_of: Gives the path of an error in terms of the mutation's arguments.
    """
    match refusal:
        case InvalidInput():
            return invalid_input(refusal, path_of)
        case SubjectNotFound():
            return not_found(encode_id(IdKind.SUBSCRIPTION, refusal.subscription_id))
        case ActionBlocked():
            return _blocked(refusal)
        case WorkflowNotFound():
            return _no_workflow(refusal)
        case PredicateFailed():
            return refusals.PredicateFailed(
                message=_sentence(refusal), reason=refusal.reason, predicate_code=refusal.code
            )
        case NotAllowed():
            return not_allowed(refusal)
        case Conflict():
            return conflict(refusal)
        case EnginePaused():
            return refusals.EnginePaused(message=_sentence(refusal))
        case _:
            assert_never(refusal)


def answer_resume(refusal: ResumeRefusal, *, pages: Sequence[JsonValue]) -> ResumeAnswer:
    """Gives the answer to a resume by these pages that was refused."""
    match refusal:
        case FormPageNeeded():
            return form_page(refusal.page)
        case InvalidInput():
            return invalid_input(refusal, pages_path, pages=pages)
        case _:
            return answer_command(refusal)


def answer_abort(refusal: AbortRefusal) -> AbortAnswer:
    """Gives the answer to an abort that was refused."""
    if isinstance(refusal, InvalidInput):
        return invalid_input(refusal, pages_path)
    return answer_command(refusal)


def answer_command(refusal: ProcessRefusal) -> ProcessAnswer:
    """Gives the answer to a command to a process that was refused."""
    match refusal:
        case ProcessNotFound():
            return not_found(encode_id(IdKind.PROCESS, refusal.process_id))
        case WrongStatus():
            return wrong_status(refusal)
        case NotAllowed():
            return not_allowed(refusal)
        case Conflict():
            return conflict(refusal)
        case _:
            assert_never(refusal)


async def process_started(info: Info, started: StartedProcess) -> refusals.ProcessStarted | refusals.NotFound:
    """Gives the answer to a start, with what is selected of the process."""
    read = await _read_process(info, started.process_id)
    if read is None:
        return _gone(started.process_id)
    return refusals.ProcessStarted(process=read, created=started.created)


async def process_updated(info: Info, process_id: ProcessId) -> refusals.ProcessUpdated | refusals.NotFound:
    """Gives the answer to a command that was taken, with what is selected of the process."""
    read = await _read_process(info, process_id)
    return _gone(process_id) if read is None else refusals.ProcessUpdated(process=read)


async def _read_process(info: Info, process_id: ProcessId) -> Process | None:
    info.context.forget()
    columns = process_columns(info, "process") | process_columns(info, "currentProcess")
    read = await info.context.loaders.processes(columns).load(process_id)
    return None if read is None else process(read)


def _gone(process_id: ProcessId) -> refusals.NotFound:
    """The answer about a process that took the command and was then deleted by somebody else."""
    return not_found(encode_id(IdKind.PROCESS, process_id))


def not_allowed(refusal: NotAllowed) -> refusals.NotAllowed:
    """Gives the answer to a caller who may not."""
    return refusals.NotAllowed(
        message=f"Not allowed: {refusal.reason.removesuffix('.')}.",
        reason=refusal.reason,
        code=refusals.NotAllowedCode(refusal.code),
    )


def not_found(identifier: str) -> refusals.NotFound:
    """Gives the answer to a caller who named what is not there, as clients write its id."""
    return refusals.NotFound(message=f"There is no {identifier}.", missing_id=strawberry.ID(identifier))


def wrong_status(refusal: WrongStatus) -> refusals.WrongStatus:
    """Gives the answer to a command that the process's status does not admit."""
    return refusals.WrongStatus(
        message=wrong_status_message(refusal),
        found_status=refusal.found,
        expected_statuses=[status for status in ProcessStatus if status in refusal.expected],
    )


def invalid_input(
    refusal: InvalidInput, path_of: Callable[[Path], list[str]], *, pages: Sequence[JsonValue] = ()
) -> refusals.InvalidInput:
    """Gives the answer to a caller whose input does not fit; of pages, with the one to show again."""
    problems = [
        refusals.InputProblem(path=path_of(error.path), message=error.message, code=error.code)
        for error in refusal.errors
    ]
    return refusals.InvalidInput(
        message="The input does not fit what is asked for.", errors=problems, page=_shown(refusal, pages)
    )


def _shown(refusal: InvalidInput, pages: Sequence[JsonValue]) -> FormPage | None:
    if refusal.page is None:
        return None
    index = refusal.page.page_index
    return form_page(refusal.page, given=_writable(pages[index]) if index < len(pages) else None)


def _writable(given: JsonValue) -> JsonValue:
    """What was sent, if it can be sent back: a client may write numbers that no answer has room for."""
    try:
        encode(given)
    except UnrepresentableValue:
        return None
    return given


def conflict(refusal: Conflict) -> refusals.Conflict:
    """Gives the answer to a caller to whom something else came first.

    Ids are written as clients know them, so the engine's own words are only used where there are none.
    """
    process_id, version = None, None
    match refusal:
        case StaleSubject():
            cause, version = refusals.ConflictCause.SUBSCRIPTION_CHANGED, refusal.found
            subscription_id = encode_id(IdKind.SUBSCRIPTION, refusal.subscription_id)
            message = f"{subscription_id} has version {refusal.found}, expected version {refusal.expected}."
        case SubjectChanged():
            cause = refusals.ConflictCause.SUBSCRIPTION_CHANGED
            subscription_id = encode_id(IdKind.SUBSCRIPTION, refusal.subscription_id)
            message = f"{subscription_id} changed at the same moment."
        case ProcessMovedOn():
            cause = refusals.ConflictCause.PROCESS_MOVED_ON
            process_id = encode_id(IdKind.PROCESS, refusal.process_id)
            message = f"{process_id} has changed since it was looked at."
        case StepNotCurrent():
            cause = refusals.ConflictCause.PROCESS_MOVED_ON
            process_id = encode_id(IdKind.PROCESS, refusal.process_id)
            at = "behind its last step" if refusal.found is None else f"at step {refusal.found!r}"
            message = f"{process_id} is {at}, expected it at step {refusal.expected!r}."
        case StepGone():
            cause = refusals.ConflictCause.WORKFLOW_CHANGED
            process_id = encode_id(IdKind.PROCESS, refusal.process_id)
            message = step_gone_message(refusal)
        case StateUnusable():
            cause, message = refusals.ConflictCause.WORKFLOW_CHANGED, _sentence(refusal)
        case IdempotencyKeyUsed():
            cause = refusals.ConflictCause.IDEMPOTENCY_KEY_USED
            if refusal.process_id is not None:
                process_id = encode_id(IdKind.PROCESS, refusal.process_id)
            owner = process_id or "a process"
            message = f"The idempotency key was used for {owner}, which was started with something else."
        case EngineChanged():
            cause, message = refusals.ConflictCause.ENGINE_CHANGED, _sentence(refusal)
        case _:
            raise refusal
    return refusals.Conflict(
        message=message,
        cause=cause,
        version=version,
        process_id=None if process_id is None else strawberry.ID(process_id),
    )


def _no_workflow(refusal: WorkflowNotFound) -> refusals.NotFound:
    """Names what was asked for, with the engine's suggestions; not at any length."""
    name = refusal.name
    long = len(name) > LONGEST_SHOWN
    return refusals.NotFound(
        message=f"There is no workflow {shown(name)}." if long else _sentence(refusal),
        missing_id=strawberry.ID(workflow_id(name[:LONGEST_SHOWN])),
    )


def _blocked(refusal: ActionBlocked) -> refusals.ActionBlocked:
    reasons = " ".join(f"{each.message}." for each in refusal.blockers)
    return refusals.ActionBlocked(
        message=reasons,
        subscription_id=strawberry.ID(encode_id(IdKind.SUBSCRIPTION, refusal.subscription_id)),
        blocked_by=[blocker(each) for each in refusal.blockers],
    )


def _sentence(refusal: Exception) -> str:
    text = str(refusal)
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?")) else ".")
