"""Starting a process."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from domain.ids import CustomerId, ProcessId, SubscriptionId, new_uuid7
from domain.json import JsonValue, encode
from domain.model.trees.mapping import to_model
from domain.scope import Scope
from engine.actions import SubjectFacts
from engine.errors import (
    ActionBlocked,
    Conflict,
    EnginePaused,
    FieldError,
    IdempotencyKeyUsed,
    InvalidInput,
    NotAllowed,
    PredicateFailed,
    SubjectNotFound,
)
from engine.named_subscriptions import named_in
from engine.run.commands import predicates, subjects
from engine.run.commands.checks import check_key, fitting
from engine.run.commands.context import CommandContext
from engine.run.commands.permits import NO_CLAIMS, ask_to_start
from engine.run.runs import Run, RunRequest
from engine.start_input import StartValues, parse_start, parse_values
from engine.states import EngineStatus
from engine.store import pauses, starts
from engine.store.records import PlannedStep
from engine.store.starts import NewProcess
from engine.workflows import Workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """What a caller asks to be started.

    Attributes:
        pages: The form's pages filled in; exactly one of `pages` and `values` is given.
        values: The workflow's input as one object.
        expected_version: The subject's version the caller has seen.
        idempotency_key: A repetition under the same key is answered with the same process.
        claims: What else is known of the caller.
    """

    workflow: str
    pages: Sequence[JsonValue] | None = None
    values: JsonValue = None
    subscription_id: SubscriptionId | None = None
    expected_version: int | None = None
    idempotency_key: str | None = None
    actor: str
    scope: Scope
    claims: Mapping[str, JsonValue] = field(default_factory=lambda: NO_CLAIMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedProcess:
    """The process, and whether this very call created it."""

    process_id: ProcessId
    created: bool


async def start(context: CommandContext, request: StartRequest) -> StartedProcess:
    """Start a process: its row, the lock on its subject, its first event and its job are one transaction.

    Forms are carried out before it, with no transaction open.

    Raises:
        WorkflowNotFound: if the registry has no such workflow.
        InvalidInput: if the pages or values do not fit, are too much for a state, or name a subscription that
            cannot be used; or if a version is given without a subscription.
        FormPageNeeded: if the form asks for another page.
        SubjectNotFound: if the subscription is not there, out of scope, or not of the workflow's kind.
        ActionBlocked: if the workflow cannot be started on the subscription as it, and what is related to it,
            is now.
        Conflict: if the subject has another version, or the idempotency key was used for something else.
        EnginePaused: if the engine takes no work.
        NotAllowed: if the process would be for a customer out of scope, or the workflow's authorizer says no.
        PredicateFailed: if the workflow's run predicate says no.
    """
    check_key(request.idempotency_key)
    _check_version(request)
    workflow = context.registry.workflow(request.workflow)
    subject = await subjects.find(context, workflow, request.subscription_id, scope=request.scope)
    await ask_to_start(workflow, subject, actor=request.actor, claims=request.claims)
    await _refuse_early(context, workflow, request, subject)
    given = await _parse(context, workflow, request, subject)
    customers = _customers(given, subject, request.scope)
    process = _new_process(workflow, request, given=given, subject=subject, customers=customers)
    fitting(context, process.values, path=() if request.pages is None else ("pages",))
    if request.idempotency_key is not None:
        earlier = await _find_earlier(context, process, scope=request.scope)
        if earlier is not None:
            return earlier
    try:
        await _carry_out(context, workflow, request, process=process)
    except (SubjectNotFound, ActionBlocked, Conflict, InvalidInput) as refusal:
        return await _earlier_or_raise(context, process, refusal, scope=request.scope)
    except _NotInserted:
        refusal = await _why_not_inserted(context)
        return await _earlier_or_raise(context, process, refusal, scope=request.scope)
    return StartedProcess(process_id=process.id, created=True)


async def _carry_out(
    context: CommandContext, workflow: Workflow, request: StartRequest, *, process: NewProcess
) -> None:
    async with context.database.write() as connection:
        await predicates.check_locked(connection, context, workflow, _question(workflow, request))
        subject = await subjects.admit(
            connection,
            context,
            workflow,
            subject=request.subscription_id,
            expected_version=request.expected_version,
            named=named_in(workflow.inputs, process.values, pages=request.pages),
            scope=request.scope,
        )
        # One that starts out of sync does not hold its subject: whoever does goes on undisturbed.
        holds = subject is not None and subject.in_sync
        if not await starts.insert(connection, process, holds=holds):
            raise _NotInserted
        run = Run(process_id=process.id, run_no=1)
        await context.dispatcher.enqueue(connection, [RunRequest(run=run)])


class _NotInserted(Exception):  # rolls the transaction back, and is not an error
    """The process could not be written: the engine is paused, or its key is taken."""


def _check_version(request: StartRequest) -> None:
    if request.expected_version is None or request.subscription_id is not None:
        return
    message = f"Found version {request.expected_version} of a subscription, but no subscription"
    raise InvalidInput([FieldError(path=("version",), message=message, code="unexpected_version")])


def _question(workflow: Workflow, request: StartRequest) -> predicates.Question:
    return predicates.Question(
        workflow=workflow.name,
        actor=request.actor,
        claims=request.claims,
        subscription_id=request.subscription_id,
    )


async def _refuse_early(
    context: CommandContext, workflow: Workflow, request: StartRequest, subject: SubjectFacts | None
) -> None:
    """Let nobody fill in a form for nothing. What decides is asked in the transaction."""
    try:
        await predicates.check_early(context, workflow, _question(workflow, request))
        if subject is not None:
            subjects.refuse_blocked(workflow, subject, request.scope)
    except (ActionBlocked, PredicateFailed):
        if not await _is_repetition(context, request):
            raise


async def _is_repetition(context: CommandContext, request: StartRequest) -> bool:
    """Whether something was started under the key before, which is then what the request is answered with."""
    if request.idempotency_key is None:
        return False
    async with context.database.writer() as connection:
        earlier = await starts.find_earlier(connection, request.idempotency_key, scope=request.scope)
    return earlier is not None


async def _parse(
    context: CommandContext, workflow: Workflow, request: StartRequest, subject: SubjectFacts | None
) -> StartValues:
    if request.pages is None:
        return parse_values(workflow, context.catalog, request.values)
    model = None
    if subject is not None and workflow.form is not None:
        trees = await context.subscriptions.trees(request.scope, [subject.id])
        if subject.id not in trees:
            raise SubjectNotFound(subject.id)
        model = to_model(context.catalog, trees[subject.id])
    check_named = partial(subjects.check_named, context, scope=request.scope)
    return await parse_start(workflow, context.catalog, request.pages, subject=model, check_named=check_named)


def _customers(given: StartValues, subject: SubjectFacts | None, scope: Scope) -> list[CustomerId]:
    customer_id = subject.customer_id if subject else given.customer_id
    if customer_id is None:
        if scope.customers is not None:
            raise NotAllowed("a process that concerns no customer needs a scope of all customers")
        return []
    if not scope.allows(customer_id):
        raise NotAllowed(f"customer {customer_id} is out of scope")
    return [customer_id]


def _new_process(
    workflow: Workflow,
    request: StartRequest,
    *,
    given: StartValues,
    subject: SubjectFacts | None,
    customers: list[CustomerId],
) -> NewProcess:
    state = dict(given.values)
    if given.product is not None:
        state["product"] = given.product
    if customers:
        state["customer_id"] = customers[0]
    if subject is not None and workflow.model is not None:
        state[workflow.model.key] = str(subject.id)
    steps = [
        PlannedStep(key=step.key, name=step.name, kind=step.kind, assignee=step.assignee)
        for step in workflow.steps
    ]
    digest = hashlib.sha256(f"{workflow.name}\n{encode(dict(sorted(state.items())))}".encode()).digest()
    return NewProcess(
        id=ProcessId(new_uuid7()),
        workflow=workflow.name,
        target=workflow.target,
        is_task=workflow.is_task,
        fingerprint=workflow.fingerprint,
        steps=steps,
        values=state,
        customers=customers,
        actor=request.actor,
        idempotency_key=request.idempotency_key,
        start_digest=digest,
        subscriptions=[subject.id] if subject else [],
    )


async def _find_earlier(
    context: CommandContext, process: NewProcess, *, scope: Scope
) -> StartedProcess | None:
    """The process that was started under the same key.

    Raises:
        Conflict: if it was started for something else.
    """
    if process.idempotency_key is None:
        return None
    async with context.database.writer() as connection:
        earlier = await starts.find_earlier(connection, process.idempotency_key, scope=scope)
    if earlier is None:
        return None
    if earlier.start_digest != process.start_digest:
        shown = earlier.process_id if earlier.in_scope else None
        raise IdempotencyKeyUsed(process.idempotency_key, process_id=shown)
    return StartedProcess(process_id=earlier.process_id, created=False)


async def _earlier_or_raise(
    context: CommandContext, process: NewProcess, refusal: Exception, *, scope: Scope
) -> StartedProcess:
    """A repetition that lost the race to the first call is answered like any other repetition."""
    earlier = await _find_earlier(context, process, scope=scope)
    if earlier is None:
        raise refusal
    return earlier


async def _why_not_inserted(context: CommandContext) -> Exception:
    async with context.database.writer() as connection:
        status = await pauses.engine_status(connection)
    if status is EngineStatus.RUNNING:
        return Conflict("the engine's status changed at the same moment; repeat the request")
    return EnginePaused()
