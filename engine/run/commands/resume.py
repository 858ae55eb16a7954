"""Filling in the form of a suspended process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from domain.errors import ProductNotFound
from domain.ids import ProcessId, SubscriptionId
from domain.json import JsonValue
from domain.model.errors import ModelMismatch
from domain.model.trees.mapping import to_model
from domain.model.trees.tree import Tree
from domain.scope import Scope
from engine.authorizers import AuthorizedAction
from engine.errors import (
    FormPageNeeded,
    InvalidInput,
    ProcessMovedOn,
    ProcessNotFound,
    Refusal,
    StateUnusable,
    StepGone,
    WrongStatus,
)
from engine.focus import placed
from engine.forms import FormPageView, run_form
from engine.injection import bind, collect, subscription_ids
from engine.named_subscriptions import named_in
from engine.replacements import form_without_fields
from engine.run.commands import subjects
from engine.run.commands.changed import step_of
from engine.run.commands.checks import fitting
from engine.run.commands.context import CommandContext
from engine.run.commands.permits import permit
from engine.run.runs import Run, RunRequest
from engine.states import ProcessStatus, StepKind
from engine.step_errors import FocusUnusable, InputUnusable, WrongLifecycle
from engine.steps import Step
from engine.store import inbox, locking
from engine.store.locking import ProcessNow


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingForm:
    """A form that a process waits for, with all that carrying it out takes."""

    process: ProcessNow
    step: Step
    trees: Sequence[Tree]


async def resume(
    context: CommandContext,
    process_id: ProcessId,
    *,
    pages: Sequence[JsonValue],
    actor: str,
    scope: Scope,
    claims: Mapping[str, JsonValue],
) -> None:
    """Give a suspended process its input and queue it.

    The form is carried out with no transaction open; the transaction checks that nothing has changed since,
    and that the subscriptions that the pages name can be used.

    Locks: the rows of those subscriptions, then the process.

    Raises:
        ProcessNotFound: if there is no such process in scope.
        NotAllowed: if an authorizer says no.
        WrongStatus: if it is not suspended.
        FormPageNeeded: if the form asks for another page.
        InvalidInput: if a page does not fit, names a subscription that cannot be used, or makes the state too
            large; with the page to show again.
        StepGone: if its workflow has lost the step, and has nothing that replaces it.
        Conflict: if somebody else was faster, or the form does not fit what the process holds now.
    """
    form = await _find_form(context, process_id, scope=scope)
    # The process cannot change unseen: what is written names the version that the authorizers were shown.
    await permit(context.registry, form.process.facts, AuthorizedAction.RESUME, actor=actor, claims=claims)
    try:
        await _take(context, form, pages=pages, actor=actor, scope=scope)
    except InvalidInput as refusal:
        raise await _with_page(context, form, refusal, pages=pages) from None


async def _take(
    context: CommandContext, form: WaitingForm, *, pages: Sequence[JsonValue], actor: str, scope: Scope
) -> None:
    process_id = form.process.id
    check_named = partial(subjects.check_named, context, scope=scope, holder=process_id)
    result = await run_form(form.step.function, pages, _inputs(context, form), check_named=check_named)
    values = collect(form.step, result).values
    state = form.process.state
    fitting(context, state | placed(form.step.focus, state, values), path=("pages",))
    named = named_in(form.step.outputs, values, pages=pages)
    async with context.database.write() as connection:
        await subjects.admit_named(connection, context, named, scope=scope, holder=process_id)
        run_no = await inbox.add_input(
            connection,
            process_id,
            step_key=form.step.key,
            version=form.process.facts.version,
            values=values,
            actor=actor,
        )
        if run_no is None:
            raise ProcessMovedOn(process_id)
        run = Run(process_id=process_id, run_no=run_no)
        await context.dispatcher.enqueue(connection, [RunRequest(run=run)])


async def _with_page(
    context: CommandContext, form: WaitingForm, refusal: InvalidInput, *, pages: Sequence[JsonValue]
) -> InvalidInput:
    """The refusal with the page to show again, if it is about one: what the pages before it lead to."""
    if refusal.page_index is None:
        return refusal
    try:
        await run_form(form.step.function, pages[: refusal.page_index], _inputs(context, form))
    except FormPageNeeded as needed:
        return InvalidInput(refusal.errors, page=needed.page)
    except Refusal:
        return refusal
    return refusal


async def view_form(context: CommandContext, process_id: ProcessId, *, scope: Scope) -> FormPageView:
    """The first page of a suspended process's form.

    Raises:
        ProcessNotFound: if there is no such process in scope.
        WrongStatus: if it is not suspended.
        StepGone: as `resume`.
        StateUnusable: if its form asks for nothing, or cannot be carried out on what the process holds now.
    """
    return await view_waiting_form(context, await _find_form(context, process_id, scope=scope))


async def view_waiting_form(context: CommandContext, form: WaitingForm) -> FormPageView:
    """The first page of a form that `find_forms` has read; reads nothing itself.

    Raises:
        StateUnusable: as `view_form`.
    """
    try:
        await run_form(form.step.function, [], _inputs(context, form))
    except FormPageNeeded as needed:
        return needed.page
    raise StateUnusable(f"the form of step {form.step.key!r} has no pages")


async def find_forms(
    context: CommandContext, process_ids: Sequence[ProcessId], *, scope: Scope
) -> dict[ProcessId, WaitingForm]:
    """What the forms of those of these processes need that are in scope and suspended, in two statements."""
    async with context.database.writer() as connection:
        found = await locking.find_all(connection, process_ids, scope=scope)
    waiting = {process.id: step for process in found if (step := _waiting_step(context, process)) is not None}
    suspended = [process for process in found if process.id in waiting]
    wanted = {process.id: _subjects(waiting[process.id], process) for process in suspended}
    every = {subscription_id for ids in wanted.values() for subscription_id in ids}
    trees = await context.subscriptions.trees(scope, sorted(every)) if every else {}
    return {
        process.id: WaitingForm(
            process=process,
            step=waiting[process.id],
            trees=[
                trees[subscription_id] for subscription_id in wanted[process.id] if subscription_id in trees
            ],
        )
        for process in suspended
    }


async def _find_form(context: CommandContext, process_id: ProcessId, *, scope: Scope) -> WaitingForm:
    async with context.database.writer() as connection:
        process = await locking.find(connection, process_id, scope=scope)
    if process is None:
        raise ProcessNotFound(process_id)
    if process.facts.status is not ProcessStatus.SUSPENDED or process.facts.current_step is None:
        raise WrongStatus(process_id, found=process.facts.status, expected={ProcessStatus.SUSPENDED})
    step = _form_step(context, process, process.facts.current_step)
    ids = _subjects(step, process)
    trees = await context.subscriptions.trees(scope, ids) if ids else {}
    return WaitingForm(process=process, step=step, trees=list(trees.values()))


def _waiting_step(context: CommandContext, process: ProcessNow) -> Step | None:
    """The step whose form a process waits for; None unless it is suspended and its workflow has the step."""
    if process.facts.status is not ProcessStatus.SUSPENDED or process.facts.current_step is None:
        return None
    try:
        return _form_step(context, process, process.facts.current_step)
    except StepGone:
        return None


def _form_step(context: CommandContext, process: ProcessNow, key: str) -> Step:
    """The step whose form is to be filled in; it has no fields if what stands there now needs no input.

    Raises:
        StepGone: if the workflow has nothing there any more.
    """
    step = step_of(context.registry, process.id, workflow=process.facts.workflow, key=key)
    return step if step.kind is StepKind.INPUT else form_without_fields(key)


def _subjects(step: Step, process: ProcessNow) -> tuple[SubscriptionId, ...]:
    """The subscriptions the form reads; of a state that names none where it should, `_inputs` complains."""
    try:
        return subscription_ids(step, process.state)
    except (FocusUnusable, InputUnusable):
        return ()


def _inputs(context: CommandContext, form: WaitingForm) -> dict[str, object]:
    """What the form's function takes.

    Raises:
        StateUnusable: if the process does not hold it any more, as the application has changed meanwhile.
    """
    try:
        return bind(
            form.step,
            form.process.state,
            context=None,
            services={},
            catalog=context.catalog,
            subscriptions={tree.subscription.id: to_model(context.catalog, tree) for tree in form.trees},
        )
    except (FocusUnusable, InputUnusable, WrongLifecycle, ModelMismatch, ProductNotFound) as error:
        raise StateUnusable(
            f"the form of step {form.step.key!r} does not fit what the process holds any more"
        ) from error
