"""Leaving out the step at which a process is parked or has failed."""

from collections.abc import Mapping

from domain.ids import ProcessId
from domain.json import JsonValue, encode
from domain.scope import Scope
from engine.authorizers import AuthorizedAction
from engine.errors import (
    ProcessMovedOn,
    ProcessNotFound,
    StateUnusable,
    StepNotCurrent,
    StepNotSkippable,
    WorkflowChanged,
    WrongStatus,
)
from engine.focus import nested, placed
from engine.replacements import unneeded_step
from engine.run.commands.changed import workflow_of
from engine.run.commands.checks import check_reason, fitting
from engine.run.commands.context import CommandContext
from engine.run.commands.permits import permit
from engine.run.planning import next_step
from engine.run.runs import Run, RunRequest
from engine.skipping import missing_without, read_values
from engine.states import ProcessStatus
from engine.step_errors import FocusUnusable
from engine.steps import Step
from engine.store import locking, skips
from engine.store.locking import Past, ProcessNow
from engine.store.skips import SkippedStep
from engine.workflows import Workflow

SKIPPABLE = frozenset(
    {
        ProcessStatus.FAILED,
        ProcessStatus.WAITING,
        ProcessStatus.SUSPENDED,
        ProcessStatus.AWAITING_CALLBACK,
    }
)
"""The statuses in which the step at which a process stands can be left out."""
NOT_SKIPPABLE = "without it the subscription would not be let go as it is due"
"""Why a step of the workflow's own bookkeeping cannot be."""


async def skip(
    context: CommandContext,
    process_id: ProcessId,
    step_key: str,
    *,
    reason: str,
    values: Mapping[str, JsonValue],
    actor: str,
    scope: Scope,
    claims: Mapping[str, JsonValue],
) -> None:
    """Record a process's current step as SKIPPED, with who and why; the process goes on behind it.

    Nothing is undone of what the step did. Its callbacks become void. A step that its workflow has no more
    can be left out too: so a person mends a process by hand.

    Args:
        context: What every command needs.
        process_id: The process.
        step_key: The step that the caller has seen as the current one.
        reason: Why, for the record.
        values: What later steps take of the step's outputs, by name.
        actor: Who wants it.
        scope: What the caller may see.
        claims: What else is known of the caller.

    Raises:
        InvalidInput: if the reason is blank, too long or cannot be stored, or a value is not what the step
            declares.
        ProcessNotFound: if there is no such process in scope.
        NotAllowed: if an authorizer says no.
        WrongStatus: if it is neither parked nor has failed.
        StepNotCurrent: if it is at another step.
        StepNotSkippable: if the workflow's own bookkeeping is the step, or later steps take what neither the
            state nor the values hold.
        StepGone: if its workflow is gone.
        ProcessMovedOn: if it has changed at the same moment.
    """
    check_reason(reason)
    process = await _find(context, process_id, step_key, scope=scope)
    allowed = await permit(context.registry, process.facts, AuthorizedAction.SKIP, actor=actor, claims=claims)
    workflow, step = _find_step(context, process, step_key)
    given = read_values(step, values)
    async with context.database.write() as connection:
        found = await locking.lock(connection, process_id, scope=scope)
        if found is None:
            raise ProcessNotFound(process_id)
        allowed.check(context.registry, found)
        past = await locking.past(connection, process_id)
        planned = _plan(context, process, workflow, step, given=given, reason=reason, past=past)
        run_no = await skips.skip(connection, process_id, planned, version=process.facts.version, actor=actor)
        if run_no is None:
            raise ProcessMovedOn(process_id, since="it was looked at")
        if planned.following is not None:
            run = Run(process_id=process_id, run_no=run_no)
            await context.dispatcher.enqueue(connection, [RunRequest(run=run)])


async def _find(context: CommandContext, process_id: ProcessId, step_key: str, *, scope: Scope) -> ProcessNow:
    async with context.database.writer() as connection:
        process = await locking.find(connection, process_id, scope=scope)
    if process is None:
        raise ProcessNotFound(process_id)
    if process.facts.status not in SKIPPABLE:
        raise WrongStatus(process_id, found=process.facts.status, expected=SKIPPABLE)
    if process.facts.current_step != step_key:
        raise StepNotCurrent(process_id, found=process.facts.current_step, expected=step_key)
    return process


def _find_step(context: CommandContext, process: ProcessNow, step_key: str) -> tuple[Workflow, Step]:
    workflow = workflow_of(context.registry, process.id, workflow=process.facts.workflow)
    try:
        step = workflow.step(step_key)
    except WorkflowChanged:
        step = unneeded_step(step_key)
    if not step.skippable:
        raise StepNotSkippable(step_key, reason=NOT_SKIPPABLE)
    return workflow, step


def _plan(
    context: CommandContext,
    process: ProcessNow,
    workflow: Workflow,
    step: Step,
    *,
    given: dict[str, JsonValue],
    reason: str,
    past: Past,
) -> SkippedStep:
    """What is written.

    Raises:
        StepNotSkippable: if something is missing for later steps.
        InvalidInput: if the values make the state too large.
        StateUnusable: if the state has no room for them where the step works.
    """
    left = workflow.left_after(step.key, done=past.done, planned=past.planned)
    try:
        state = process.state | placed(step.focus, process.state, given)
        missing = missing_without(step, state, following=left)
    except FocusUnusable as error:
        raise StateUnusable(str(error)) from error
    if missing:
        names = ", ".join(missing)
        raise StepNotSkippable(
            step.key, reason=f"later steps take {names}, expected values for that", missing=missing
        )
    return SkippedStep(
        key=step.key,
        reason=reason,
        delta=encode(nested(step.focus, given)) if given else None,
        state=fitting(context, state, path=("values",)) if given else None,
        following=next_step(left[0], done=past.done) if left else None,
    )
