"""Which commands a process would take from the viewer, and why not the others."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

import strawberry

from engine.authorizers import AuthorizedAction, ProcessFacts
from engine.errors import (
    HoldsSubscriptions,
    NotAllowed,
    NotATask,
    Refusal,
    StepGone,
    StepNotSkippable,
    WrongStatus,
)
from engine.run.commands import Prospect
from engine.store.records import ProcessRecord
from graph.context import Info
from graph.permissions import Permission, requires
from graph.types.enums import ProcessStatus, define_enum


class CommandRefusalCode(Enum):
    """Why a command would be refused."""

    NOT_PERMITTED = "NOT_PERMITTED"
    NOT_AUTHORIZED = "NOT_AUTHORIZED"
    WRONG_STATUS = "WRONG_STATUS"
    WORKFLOW_CHANGED = "WORKFLOW_CHANGED"
    STEP_NOT_SKIPPABLE = "STEP_NOT_SKIPPABLE"
    NOT_A_TASK = "NOT_A_TASK"
    HOLDS_SUBSCRIPTIONS = "HOLDS_SUBSCRIPTIONS"


define_enum(
    CommandRefusalCode,
    description="Why a command would be refused.",
    values={
        "NOT_PERMITTED": "The viewer lacks the permission.",
        "NOT_AUTHORIZED": "An authorizer of the workflow or the step says no to this viewer.",
        "WRONG_STATUS": "The status of the process does not admit it.",
        "WORKFLOW_CHANGED": "The workflow, or the step at which the process stands, is gone.",
        "STEP_NOT_SKIPPABLE": "The step is the workflow's own bookkeeping.",
        "NOT_A_TASK": "Only tasks can be deleted.",
        "HOLDS_SUBSCRIPTIONS": "It still holds subscriptions, which have to be put in sync first.",
    },
)

_PERMISSIONS: Mapping[AuthorizedAction, Permission] = MappingProxyType(
    {
        AuthorizedAction.RESUME: Permission.RESUME_PROCESS,
        AuthorizedAction.RETRY: Permission.RETRY_PROCESS,
        AuthorizedAction.ABORT: Permission.ABORT_PROCESS,
        AuthorizedAction.SKIP: Permission.SKIP_STEP,
        AuthorizedAction.DELETE: Permission.DELETE_PROCESS,
    }
)


@strawberry.type(
    description="Whether a command would be taken from the viewer, as things stand.",
    directives=requires(Permission.READ_PROCESSES),
)
class CommandCheck:
    """Whether a command would be taken from the viewer."""

    allowed: bool = strawberry.field(description="Whether nothing stands in its way.")
    code: CommandRefusalCode | None = strawberry.field(description="What does, for programs.")
    reason: str | None = strawberry.field(description="What does, for people.")


@strawberry.type(
    description="The commands to a process, and whether it would take them from the viewer.",
    directives=requires(Permission.READ_PROCESSES),
)
class ProcessCommands:
    """The commands to a process."""

    facts: strawberry.Private[ProcessFacts]

    @strawberry.field(description="Filling in the form it waits for.")
    async def resume(self, info: Info) -> CommandCheck:
        """Filling in the form it waits for."""
        return await _check(info, self.facts, AuthorizedAction.RESUME)

    @strawberry.field(description="Trying its failed step again.")
    async def retry(self, info: Info) -> CommandCheck:
        """Trying its failed step again."""
        return await _check(info, self.facts, AuthorizedAction.RETRY)

    @strawberry.field(description="Ending it.")
    async def abort(self, info: Info) -> CommandCheck:
        """Ending it."""
        return await _check(info, self.facts, AuthorizedAction.ABORT)

    @strawberry.field(
        description="Leaving out the step it is at. Later steps may need values in place of that step's."
    )
    async def skip(self, info: Info) -> CommandCheck:
        """Leaving out the step it is at."""
        return await _check(info, self.facts, AuthorizedAction.SKIP)

    @strawberry.field(description="Deleting its record.")
    async def delete(self, info: Info) -> CommandCheck:
        """Deleting its record."""
        return await _check(info, self.facts, AuthorizedAction.DELETE)


def process_commands(record: ProcessRecord) -> ProcessCommands:
    """Gives the commands to a process as a result."""
    return ProcessCommands(
        facts=ProcessFacts(
            id=record.id,
            workflow=record.workflow,
            is_task=record.is_task,
            status=record.status,
            version=record.version,
            current_step=record.current_step,
            created_by=record.created_by,
            customers=record.customers,
        )
    )


def wrong_status_message(refusal: WrongStatus) -> str:
    """Gives the words for a status that does not admit a command; they name no process."""
    expected = [status for status in ProcessStatus if status in refusal.expected]
    return f"The process is {refusal.found}: expected {' or '.join(expected)}."


def step_gone_message(refusal: StepGone) -> str:
    """Gives the words for a process that cannot go on; they name no process."""
    if refusal.key is None:
        return f"Workflow {refusal.workflow!r} is gone."
    keys = ", ".join(refusal.keys) or "no steps"
    return f"Workflow {refusal.workflow!r} has no step {refusal.key!r} any more: found {keys}."


async def _check(info: Info, facts: ProcessFacts, action: AuthorizedAction) -> CommandCheck:
    needed = _PERMISSIONS[action]
    if needed not in info.context.viewer.permissions:
        return CommandCheck(
            allowed=False,
            code=CommandRefusalCode.NOT_PERMITTED,
            reason=f"It needs the permission {needed.name}.",
        )
    read = await info.context.loaders.refusals.load(Prospect(process=facts, action=action))
    if read is None:
        return CommandCheck(allowed=True, code=None, reason=None)
    code, reason = _explain(read.refusal)
    return CommandCheck(allowed=False, code=code, reason=reason)


def _explain(refusal: Refusal) -> tuple[CommandRefusalCode, str]:
    match refusal:
        case NotAllowed():
            return CommandRefusalCode.NOT_AUTHORIZED, f"{refusal.reason.removesuffix('.')}."
        case WrongStatus():
            return CommandRefusalCode.WRONG_STATUS, wrong_status_message(refusal)
        case StepGone():
            return CommandRefusalCode.WORKFLOW_CHANGED, step_gone_message(refusal)
        case StepNotSkippable():
            return CommandRefusalCode.STEP_NOT_SKIPPABLE, f"Step {refusal.step_key!r}: {refusal.reason}."
        case NotATask():
            return CommandRefusalCode.NOT_A_TASK, "The process is no task: only tasks can be deleted."
        case HoldsSubscriptions():
            return (
                CommandRefusalCode.HOLDS_SUBSCRIPTIONS,
                "The process still holds subscriptions: put them in sync first.",
            )
        case _:
            raise TypeError(f"no command to a process is refused so: {refusal}")
