"""From what a command says to what a mutation answers.

Each kind of mutation expects its own refusals, and its union in the schema has a member for each; a refusal
that is not expected is a mistake in the engine and reaches the client as an internal error.
"""

from collections.abc import Callable
from typing import TypeAlias, assert_never

import strawberry

from domain.ids import ProcessId
from engine.errors import (
    ActionBlocked,
    Conflict,
    EnginePaused,
    FormPageNeeded,
    IdempotencyKeyUsed,
    InvalidInput,
    NotAllowed,
    ProcessMovedOn,
    ProcessNotFound,
    StaleSubject,
    SubjectNotFound,
    WorkflowNotFound,
    WrongStatus,
)
from graph.context import Info
from graph.ids import IdKind, encode_id, workflow_id
from graph.names import field_name
from graph.types import refusals
from graph.types.action import blocker
from graph.types.enums import ProcessStatus
from graph.types.form import FormPage, form_page
from graph.types.process import Process, process, process_columns

PROCESS_REFUSALS = (NotAllowed, Conflict, EnginePaused, ProcessNotFound, WrongStatus)
RESUME_REFUSALS = (*PROCESS_REFUSALS, FormPageNeeded, InvalidInput)
START_REFUSALS = (
    NotAllowed,
    Conflict,
    EnginePaused,
    InvalidInput,
    SubjectNotFound,
    ActionBlocked,
    WorkflowNotFound,
)
FORM_START_REFUSALS = (*START_REFUSALS, FormPageNeeded)

CommonRefusal: TypeAlias = NotAllowed | Conflict | EnginePaused
ProcessRefusal: TypeAlias = CommonRefusal | ProcessNotFound | WrongStatus
ResumeRefusal: TypeAlias = ProcessRefusal | FormPageNeeded | InvalidInput
StartRefusal: TypeAlias = CommonRefusal | InvalidInput | SubjectNotFound | ActionBlocked | WorkflowNotFound
FormStartRefusal: TypeAlias = StartRefusal | FormPageNeeded

CommonAnswer: TypeAlias = refusals.NotAllowed | refusals.Conflict | refusals.EnginePaused
ProcessAnswer: TypeAlias = CommonAnswer | refusals.NotFound | refusals.WrongStatus
ResumeAnswer: TypeAlias = ProcessAnswer | FormPage | refusals.InvalidInput
StartAnswer: TypeAlias = CommonAnswer | refusals.InvalidInput | refusals.NotFound | refusals.ActionBlocked
FormStartAnswer: TypeAlias = StartAnswer | FormPage

Path: TypeAlias = tuple[str | int, ...]

_KEY_PATH: Path = ("idempotency_key",)
_KEY_ARGUMENT = "idempotencyKey"


def pages_path(path: Path) -> list[str]:
    """Gives where an error is among the arguments of a mutation that takes pages: as the command says it."""
    if path == _KEY_PATH:
        return [_KEY_ARGUMENT]
    return [str(part) for part in path]


def input_path(path: Path) -> list[str]:
    """Gives where an error is among the arguments of a typed mutation: in `input`, by its type's names."""
    if path == _KEY_PATH:
        return [_KEY_ARGUMENT]
    return ["input", *(field_name(part) if isinstance(part, str) else str(part) for part in path)]


def answer_form_start(refusal: FormStartRefusal) -> FormStartAnswer:
    """Gives the answer to a start by pages that was refused."""
    if isinstance(refusal, FormPageNeeded):
        return form_page(refusal.page)
    return answer_start(refusal, path_of=pages_path)


def answer_start(refusal: StartRefusal, *, path_of: Callable[[Path], list[str]]) -> StartAnswer:
    """Gives the answer to a start that was refused.

    Args:
        refusal: What the command said.
        path_of: Gives the path of an error in terms of the mutation's arguments.
    """
    match refusal:
        case InvalidInput():
            return _invalid_input(refusal, path_of)
        case SubjectNotFound():
            return _not_found(encode_id(IdKind.SUBSCRIPTION, refusal.subscription_id))
        case ActionBlocked():
            return _blocked(refusal)
        case WorkflowNotFound():
            return refusals.NotFound(message=_sentence(refusal), id=strawberry.ID(workflow_id(refusal.name)))
        case _:
            return _answer_common(refusal)


def answer_resume(refusal: ResumeRefusal) -> ResumeAnswer:
    """Gives the answer to a resume that was refused."""
    match refusal:
        case FormPageNeeded():
            return form_page(refusal.page)
        case InvalidInput():
            return _invalid_input(refusal, pages_path)
        case _:
            return answer_command(refusal)


def answer_command(refusal: ProcessRefusal) -> ProcessAnswer:
    """Gives the answer to a command to a process that was refused."""
    match refusal:
        case ProcessNotFound():
            return _not_found(encode_id(IdKind.PROCESS, refusal.process_id))
        case WrongStatus():
            return _wrong_status(refusal)
        case _:
            return _answer_common(refusal)


async def read_process(info: Info, process_id: ProcessId) -> Process:
    """Gives a process as it is after a command, with what is selected below `process` of the answer."""
    info.context.forget()
    columns = process_columns(info, "process")
    read = await info.context.loaders.processes(columns).load(process_id)
    assert read is not None, "the command has just found it in the same scope"
    return process(read)


def _answer_common(refusal: CommonRefusal) -> CommonAnswer:
    match refusal:
        case NotAllowed():
            return refusals.NotAllowed(
                message=f"Not allowed: {refusal.reason.removesuffix('.')}.", reason=refusal.reason
            )
        case Conflict():
            return _conflict(refusal)
        case EnginePaused():
            return refusals.EnginePaused(message=_sentence(refusal))
        case _:
            assert_never(refusal)


def _invalid_input(refusal: InvalidInput, path_of: Callable[[Path], list[str]]) -> refusals.InvalidInput:
    problems = [
        refusals.InputProblem(path=path_of(error.path), message=error.message, code=error.code)
        for error in refusal.errors
    ]
    return refusals.InvalidInput(message="The input does not fit what is asked for.", errors=problems)


def _conflict(refusal: Conflict) -> refusals.Conflict:
    """Ids are written as clients know them, so the engine's own words are only used where there are none."""
    cause, process_id, version = refusals.ConflictCause.OTHER, None, None
    match refusal:
        case StaleSubject():
            cause, version = refusals.ConflictCause.SUBSCRIPTION_CHANGED, refusal.found
            subscription_id = encode_id(IdKind.SUBSCRIPTION, refusal.subscription_id)
            message = f"{subscription_id} has version {refusal.found}, expected version {refusal.expected}."
        case ProcessMovedOn():
            cause = refusals.ConflictCause.PROCESS_MOVED_ON
            process_id = encode_id(IdKind.PROCESS, refusal.process_id)
            message = f"{process_id} has moved on since its form was filled in."
        case IdempotencyKeyUsed():
            cause = refusals.ConflictCause.IDEMPOTENCY_KEY_USED
            process_id = encode_id(IdKind.PROCESS, refusal.process_id)
            message = f"The idempotency key was used for {process_id}, which was started with something else."
        case _:
            message = _sentence(refusal)
    return refusals.Conflict(
        message=message,
        cause=cause,
        version=version,
        process_id=None if process_id is None else strawberry.ID(process_id),
    )


def _not_found(identifier: str) -> refusals.NotFound:
    return refusals.NotFound(message=f"There is no {identifier}.", id=strawberry.ID(identifier))


def _wrong_status(refusal: WrongStatus) -> refusals.WrongStatus:
    expected = [status for status in ProcessStatus if status in refusal.expected]
    return refusals.WrongStatus(
        message=f"The process is {refusal.found}: expected {' or '.join(expected)}.",
        found=refusal.found,
        expected=expected,
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
