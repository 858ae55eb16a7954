"""Starting a process."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from domain.errors import StaleSubscription, SubscriptionLocked, SubscriptionNotFound
from domain.ids import CustomerId, ProcessId, SubscriptionId, new_uuid7
from domain.json import JsonValue, encode
from domain.model.mapping import to_model
from domain.model.subscriptions import SubscriptionModel
from domain.scope import Scope
from domain.storage.locks import lock_subscriptions
from engine.errors import (
    Conflict,
    EnginePaused,
    FieldError,
    IdempotencyKeyUsed,
    InvalidInput,
    NotAllowed,
    SubjectNotFound,
)
from engine.run.commands.context import CommandContext, refusal_of
from engine.run.runs import Run, RunRequest
from engine.start_input import StartValues, parse_start, parse_values
from engine.states import EngineStatus, Target
from engine.store import starts
from engine.store.records import PlannedStep
from engine.store.starts import NewProcess
from engine.workflows import Workflow

LONGEST_KEY = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """What a caller asks to be started.

    Attributes:
        pages: The form's pages filled in; exactly one of `pages` and `values` is given.
        values: The workflow's input as one object.
        expected_version: The subject's version the caller has seen.
        idempotency_key: A repetition under the same key is answered with the same process.
    """

    workflow: str
    pages: Sequence[JsonValue] | None = None
    values: JsonValue = None
    subscription_id: SubscriptionId | None = None
    expected_version: int | None = None
    idempotency_key: str | None = None
    actor: str
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedProcess:
    """The process, and whether this very call created it."""

    process_id: ProcessId
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    id: SubscriptionId
    customer_id: CustomerId
    model: SubscriptionModel | None


async def start(context: CommandContext, request: StartRequest) -> StartedProcess:
    """Start a process: its row, the lock on its subject, its first event and its job are one transaction.

    Forms are carried out before it, with no transaction open.

    Raises:
        WorkflowNotFound: if the registry has no such workflow.
        InvalidInput: if the pages or values do not fit.
        FormPageNeeded: if the form asks for another page.
        SubjectNotFound: if the subscription is not there, out of scope, or not of the workflow's kind.
        SubjectLocked: if the subscription is out of sync.
        Conflict: if the subject has another version, or the idempotency key was used for something else.
        EnginePaused: if the engine takes no work.
        NotAllowed: if the process would be for a customer out of scope.
    """
    _check_key(request.idempotency_key)
    workflow = context.registry.workflow(request.workflow)
    subject = await _find_subject(context, workflow, request)
    given = await _parse(context, workflow, request, subject)
    customers = _customers(given, subject, request.scope)
    process = _new_process(workflow, request, given=given, subject=subject, customers=customers)
    if request.idempotency_key is not None:
        earlier = await _find_earlier(context, process)
        if earlier is not None:
            return earlier
    try:
        async with context.database.write() as connection:
            await _lock_subject(connection, process, request)
            await _insert(connection, process)
            run = Run(process_id=process.id, run_no=1)
            await context.dispatcher.enqueue(connection, [RunRequest(run=run)])
    except (SubscriptionNotFound, SubscriptionLocked, StaleSubscription) as error:
        return await _earlier_or_raise(context, process, refusal_of(error))
    except _NotInserted:
        return await _earlier_or_raise(context, process, await _why_not_inserted(context))
    return StartedProcess(process_id=process.id, created=True)


class _NotInserted(Exception):  # rolls the transaction back, and is not an error
    """The process could not be written: the engine is paused, or its key is taken."""


def _check_key(key: str | None) -> None:
    if key is None or 1 <= len(key) <= LONGEST_KEY:
        return
    message = f"Expected 1 to {LONGEST_KEY} characters, found {len(key)}"
    raise InvalidInput([FieldError(path=("idempotency_key",), message=message, code="key_length")])


async def _find_subject(
    context: CommandContext, workflow: Workflow, request: StartRequest
) -> _Subject | None:
    """The subscription the workflow is about, with its model if a form may want to read it."""
    if not _needs_subject(workflow):
        if request.subscription_id is not None:
            raise InvalidInput([_subscription_error("takes no subscription", code="unexpected_subject")])
        return None
    if request.subscription_id is None:
        raise InvalidInput([_subscription_error("needs a subscription", code="missing")])
    trees = await context.subscriptions.trees(request.scope, [request.subscription_id])
    tree = trees.get(request.subscription_id)
    if tree is None:
        raise SubjectNotFound(request.subscription_id)
    product = context.catalog.by_name.get(tree.subscription.product_name)
    if product is None:
        message = f"is about products of the catalogue, which {tree.subscription.product_name} has left"
        raise InvalidInput([_subscription_error(message, code="retired_product")])
    if product.model.family() is not workflow.model:
        raise InvalidInput(
            [_subscription_error(f"is about {product.name}, not for this workflow", code="wrong_subject")]
        )
    return _Subject(
        id=request.subscription_id,
        customer_id=tree.subscription.customer_id,
        model=to_model(context.catalog, tree) if workflow.form is not None else None,
    )


def _needs_subject(workflow: Workflow) -> bool:
    return workflow.target not in (Target.CREATE, Target.SYSTEM)


def _subscription_error(message: str, *, code: str) -> FieldError:
    return FieldError(path=("subscription",), message=f"The workflow {message}", code=code)


async def _parse(
    context: CommandContext, workflow: Workflow, request: StartRequest, subject: _Subject | None
) -> StartValues:
    if request.pages is None:
        return parse_values(workflow, context.catalog, request.values)
    return await parse_start(
        workflow, context.catalog, request.pages, subject=subject.model if subject else None
    )


def _customers(given: StartValues, subject: _Subject | None, scope: Scope) -> list[CustomerId]:
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
    subject: _Subject | None,
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
    text = encode(state)
    digest = hashlib.sha256(f"{workflow.name}\n{encode(dict(sorted(state.items())))}".encode()).digest()
    return NewProcess(
        id=ProcessId(new_uuid7()),
        workflow=workflow.name,
        target=workflow.target,
        is_task=workflow.is_task,
        fingerprint=workflow.fingerprint,
        steps=steps,
        state=text,
        customers=customers,
        actor=request.actor,
        idempotency_key=request.idempotency_key,
        start_digest=digest,
        subscriptions=[subject.id] if subject else [],
    )


async def _lock_subject(connection: asyncpg.Connection, process: NewProcess, request: StartRequest) -> None:
    if not process.subscriptions:
        return
    versions = await lock_subscriptions(connection, process.subscriptions, process.id, request.scope)
    for subscription_id, found in versions.items():
        if request.expected_version is not None and found != request.expected_version:
            raise StaleSubscription(subscription_id, expected=request.expected_version, found=found)


async def _insert(connection: asyncpg.Connection, process: NewProcess) -> None:
    if not await starts.insert(connection, process):
        raise _NotInserted


async def _find_earlier(context: CommandContext, process: NewProcess) -> StartedProcess | None:
    """The process that was started under the same key.

    Raises:
        Conflict: if it was started for something else.
    """
    if process.idempotency_key is None:
        return None
    async with context.database.writer() as connection:
        earlier = await starts.find_earlier(connection, process.idempotency_key)
    if earlier is None:
        return None
    if earlier.start_digest != process.start_digest:
        raise IdempotencyKeyUsed(process.idempotency_key, process_id=earlier.process_id)
    return StartedProcess(process_id=earlier.process_id, created=False)


async def _earlier_or_raise(
    context: CommandContext, process: NewProcess, refusal: Exception
) -> StartedProcess:
    """A repetition that lost the race to the first call is answered like any other repetition."""
    earlier = await _find_earlier(context, process)
    if earlier is None:
        raise refusal
    return earlier


async def _why_not_inserted(context: CommandContext) -> Exception:
    async with context.database.writer() as connection:
        status = await starts.engine_status(connection)
    if status is EngineStatus.RUNNING:
        return Conflict("the engine's status changed at the same moment; repeat the request")
    return EnginePaused()
