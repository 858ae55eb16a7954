"""What commands to processes would be refused for, before anybody gives them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import assert_never

from domain.ids import ProcessId
from domain.json import JsonValue
from engine.authorizers import AuthorizedAction, ProcessFacts
from engine.errors import (
    HoldsSubscriptions,
    NotAllowed,
    NotATask,
    Refusal,
    StepGone,
    StepNotSkippable,
    WorkflowChanged,
    WrongStatus,
)
from engine.run.commands.abort import ABORTABLE
from engine.run.commands.changed import find_change, workflow_of
from engine.run.commands.context import CommandContext
from engine.run.commands.permits import permit
from engine.run.commands.retry import RETRIABLE
from engine.run.commands.skip import NOT_SKIPPABLE, SKIPPABLE
from engine.states import TERMINAL, ProcessStatus
from engine.store import deletions

_RESUMABLE = frozenset({ProcessStatus.SUSPENDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """A command that might be given to a process, as it was found."""

    process: ProcessFacts
    action: AuthorizedAction


async def find_refusals(
    context: CommandContext,
    prospects: Collection[Prospect],
    *,
    actor: str,
    claims: Mapping[str, JsonValue],
) -> dict[Prospect, Refusal]:
    """Why commands would be refused; of one that would not, there is no entry.

    What the commands themselves are given is not looked at: a skip may need values, a resume its pages. No
    statement for any number of processes, and one if some could be deleted. Authorizers are asked about those
    that nothing else stands in the way of.
    """
    refusals: dict[Prospect, Refusal] = {}
    for prospect in prospects:
        refusal = _find_refusal(context, prospect) or await _ask(
            context, prospect, actor=actor, claims=claims
        )
        if refusal is not None:
            refusals[prospect] = refusal
    going = {
        prospect.process.id: prospect
        for prospect in prospects
        if prospect.action is AuthorizedAction.DELETE and prospect not in refusals
    }
    for process_id in await _holders(context, going):
        refusals[going[process_id]] = HoldsSubscriptions(process_id)
    return refusals


def _find_refusal(context: CommandContext, prospect: Prospect) -> Refusal | None:
    process = prospect.process
    match prospect.action:
        case AuthorizedAction.RESUME:
            return _unlike(process, _RESUMABLE) or find_change(context.registry, process)
        case AuthorizedAction.RETRY:
            return _unlike(process, RETRIABLE) or find_change(context.registry, process)
        case AuthorizedAction.SKIP:
            return _unlike(process, SKIPPABLE) or _not_skippable(context, process)
        case AuthorizedAction.ABORT:
            return _unlike(process, ABORTABLE)
        case AuthorizedAction.DELETE:
            return _unlike(process, TERMINAL) if process.is_task else NotATask(process.id)
        case AuthorizedAction.START:
            raise TypeError("a start is no command to a process")
        case _:
            assert_never(prospect.action)


def _unlike(process: ProcessFacts, expected: Collection[ProcessStatus]) -> WrongStatus | None:
    if process.status in expected:
        return None
    return WrongStatus(process.id, found=process.status, expected=expected)


def _not_skippable(context: CommandContext, process: ProcessFacts) -> Refusal | None:
    """A step that is gone from its workflow can be left out; one whose workflow is gone cannot."""
    assert process.current_step is not None, "it is parked or has failed"
    try:
        workflow = workflow_of(context.registry, process.id, workflow=process.workflow)
        step = workflow.step(process.current_step)
    except StepGone as gone:
        return gone
    except WorkflowChanged:
        return None
    return None if step.skippable else StepNotSkippable(step.key, reason=NOT_SKIPPABLE)


async def _ask(
    context: CommandContext, prospect: Prospect, *, actor: str, claims: Mapping[str, JsonValue]
) -> NotAllowed | None:
    try:
        await permit(context.registry, prospect.process, prospect.action, actor=actor, claims=claims)
    except NotAllowed as refusal:
        return refusal
    return None


async def _holders(context: CommandContext, process_ids: Collection[ProcessId]) -> frozenset[ProcessId]:
    if not process_ids:
        return frozenset()
    async with context.database.writer() as connection:
        return await deletions.holders(connection, process_ids)
