"""Filling in the form of a suspended process."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.ids import ProcessId
from domain.json import JsonValue
from domain.model.mapping import to_model
from domain.scope import Scope
from engine.errors import Conflict, FormPageNeeded, ProcessNotFound, WorkflowChanged, WrongStatus
from engine.forms import FormPageView, run_form
from engine.injection import bind, collect, subscription_ids
from engine.run.commands.context import CommandContext
from engine.run.runs import Run, RunRequest
from engine.states import ProcessStatus
from engine.steps import Step
from engine.store import inbox, locking
from engine.store.locking import ProcessNow


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    process: ProcessNow
    step: Step
    inputs: dict[str, object]


async def resume(
    context: CommandContext,
    process_id: ProcessId,
    *,
    pages: Sequence[JsonValue],
    actor: str,
    scope: Scope,
) -> None:
    """Give a suspended process its input and queue it.

    The form is carried out with no transaction open; the transaction checks that nothing has changed since.

    Raises:
        ProcessNotFound: if there is no such process in scope.
        WrongStatus: if it is not suspended.
        FormPageNeeded: if the form asks for another page.
        InvalidInput: if a page does not fit.
        Conflict: if somebody else was faster.
    """
    form = await _open_form(context, process_id, scope=scope)
    result = await run_form(form.step.function, pages, form.inputs)
    values: JsonValue = dict(collect(form.step, result).values)
    async with context.database.write() as connection:
        run_no = await inbox.add_input(
            connection,
            process_id,
            step_key=form.step.key,
            version=form.process.version,
            values=values,
            actor=actor,
        )
        if run_no is None:
            raise Conflict(f"process {process_id} has moved on since its form was filled in")
        run = Run(process_id=process_id, run_no=run_no)
        await context.dispatcher.enqueue(connection, [RunRequest(run=run)])


async def view_form(context: CommandContext, process_id: ProcessId, *, scope: Scope) -> FormPageView:
    """The first page of a suspended process's form.

    Raises:
        ProcessNotFound: if there is no such process in scope.
        WrongStatus: if it is not suspended.
        Conflict: if its form asks for nothing.
    """
    form = await _open_form(context, process_id, scope=scope)
    try:
        await run_form(form.step.function, [], form.inputs)
    except FormPageNeeded as needed:
        return needed.page
    raise Conflict(f"the form of step {form.step.key!r} has no pages")


async def _open_form(context: CommandContext, process_id: ProcessId, *, scope: Scope) -> _Form:
    async with context.database.writer() as connection:
        process = await locking.find(connection, process_id, scope=scope)
    if process is None:
        raise ProcessNotFound(process_id)
    if process.status is not ProcessStatus.SUSPENDED or process.current_step is None:
        raise WrongStatus(process_id, found=process.status, expected={ProcessStatus.SUSPENDED})
    try:
        step = context.registry.workflow(process.workflow).step(process.current_step)
    except WorkflowChanged as error:
        raise Conflict(str(error)) from error
    ids = subscription_ids(step, process.state)
    trees = await context.subscriptions.trees(scope, ids) if ids else {}
    inputs = bind(
        step,
        process.state,
        context=None,
        services={},
        catalog=context.catalog,
        subscriptions={
            subscription_id: to_model(context.catalog, tree) for subscription_id, tree in trees.items()
        },
    )
    return _Form(process=process, step=step, inputs=inputs)
