"""From a request to start a workflow to the process that is to be written; no transaction is open."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from domain.ids import CustomerId, ProcessId, SubscriptionId, new_uuid7
from domain.json import JsonValue, encode
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.mapping import to_model
from domain.scope import Scope
from engine.actions import SubjectFacts
from engine.errors import FormPageNeeded, InvalidInput, NotAllowed, Refusal, SubjectNotFound
from engine.forms import CheckNamed
from engine.run.commands import subjects
from engine.run.commands.checks import fitting
from engine.run.commands.context import CommandContext
from engine.run.commands.permits import NO_CLAIMS
from engine.start_input import StartValues, parse_start, parse_values
from engine.store.records import PlannedStep
from engine.store.starts import NewProcess
from engine.workflows import Workflow

Models = Mapping[SubscriptionId, SubscriptionModel]
"""Subjects as forms read them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """What a caller asks to be started.

    Attributes:
        pages: The form's pages filled in; exactly one of `pages` and `values` is given.
        values: The workflow's input as one object.
        expected_version: The subject's version the caller has seen.
        idempotency_key: A repetition by the same caller under the same key is answered with the same process.
        key_part: Which of several requests under one key this is.
        claims: What else is known of the caller.
    """

    workflow: str
    pages: Sequence[JsonValue] | None = None
    values: JsonValue = None
    subscription_id: SubscriptionId | None = None
    expected_version: int | None = None
    idempotency_key: str | None = None
    key_part: str = ""
    actor: str
    scope: Scope
    claims: Mapping[str, JsonValue] = field(default_factory=lambda: NO_CLAIMS)


async def load_models(
    context: CommandContext, workflow: Workflow, found: Collection[SubjectFacts], *, scope: Scope
) -> Models:
    """The subjects that a wizard reads, as models; none if the workflow has no wizard."""
    if workflow.form is None or not found:
        return {}
    trees = await context.subscriptions.trees(scope, [subject.id for subject in found])
    return {subscription_id: to_model(context.catalog, tree) for subscription_id, tree in trees.items()}


async def prepare(
    context: CommandContext,
    workflow: Workflow,
    request: StartRequest,
    *,
    subject: SubjectFacts | None,
    models: Models,
) -> NewProcess:
    """The process that a request asks for.

    Raises:
        FormPageNeeded: if the form asks for another page.
        InvalidInput: if the pages or values do not fit, or are too much for a state; with the page to show
            again.
        SubjectNotFound: if the wizard's subject is gone.
        NotAllowed: if the process would be for a customer out of scope.
    """
    check_named = partial(subjects.check_named, context, scope=request.scope)
    try:
        given = await _parse(context, workflow, request, subject, models, check_named=check_named)
    except InvalidInput as refusal:
        raise await with_page(context, workflow, request, refusal, subject=subject, models=models) from None
    process = _new_process(workflow, request, given=given, subject=subject)
    fitting(context, process.values, path=() if request.pages is None else ("pages",))
    return process


async def with_page(
    context: CommandContext,
    workflow: Workflow,
    request: StartRequest,
    refusal: InvalidInput,
    *,
    subject: SubjectFacts | None,
    models: Models,
) -> InvalidInput:
    """The refusal with the page to show again, if it is about one: what the pages before it lead to."""
    if request.pages is None or refusal.page_index is None or refusal.page is not None:
        return refusal
    before = replace(request, pages=request.pages[: refusal.page_index])
    try:
        await _parse(context, workflow, before, subject, models, check_named=None)
    except FormPageNeeded as needed:
        return InvalidInput(refusal.errors, page=needed.page)
    except Refusal:
        return refusal
    return refusal


async def _parse(
    context: CommandContext,
    workflow: Workflow,
    request: StartRequest,
    subject: SubjectFacts | None,
    models: Models,
    *,
    check_named: CheckNamed | None,
) -> StartValues:
    if request.pages is None:
        return parse_values(workflow, context.catalog, request.values)
    model = None
    if subject is not None and workflow.form is not None:
        model = models.get(subject.id)
        if model is None:
            raise SubjectNotFound(subject.id)
    return await parse_start(workflow, context.catalog, request.pages, subject=model, check_named=check_named)


def stored_key(request: StartRequest) -> str | None:
    """What stands for an idempotency key in the tables: whose it is, is part of it.

    So what one caller has used as a key tells nothing to another, and stands in nobody's way.
    """
    if request.idempotency_key is None:
        return None
    parts: list[JsonValue] = [request.actor, request.idempotency_key, request.key_part]
    return hashlib.sha256(encode(parts).encode()).hexdigest()


def _customer(given: StartValues, subject: SubjectFacts | None, scope: Scope) -> CustomerId | None:
    customer_id = subject.customer_id if subject else given.customer_id
    if customer_id is None:
        if scope.customers is not None:
            raise NotAllowed("a process that concerns no customer needs a scope of all customers")
        return None
    if not scope.allows(customer_id):
        raise NotAllowed(f"customer {customer_id} is out of scope")
    return customer_id


def _new_process(
    workflow: Workflow, request: StartRequest, *, given: StartValues, subject: SubjectFacts | None
) -> NewProcess:
    customer = _customer(given, subject, request.scope)
    state = dict(given.values)
    if given.product is not None:
        state["product"] = given.product
    if customer is not None:
        state["customer_id"] = customer
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
        customer=customer,
        actor=request.actor,
        key=stored_key(request),
        start_digest=digest,
        subject=None if subject is None else subject.id,
    )
