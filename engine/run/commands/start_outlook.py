"""What would come of starting workflows, before anybody does: why not, and the first page that is asked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from domain.ids import SubscriptionId
from domain.json import JsonValue
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.mapping import to_model
from domain.scope import Scope
from engine.actions import SubjectFacts
from engine.errors import FieldError, FormPageNeeded, InvalidInput, NotAllowed, Refusal
from engine.forms import FormPageView
from engine.run.commands import predicates, subjects
from engine.run.commands.context import CommandContext
from engine.run.commands.permits import ask_to_start
from engine.start_input import parse_start
from engine.states import Target
from engine.store import subjects as stored_subjects
from engine.workflows import Workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class StartProspect:
    """A start that somebody might ask for."""

    workflow: str
    subscription_id: SubscriptionId | None = None


async def find_start_refusals(
    context: CommandContext,
    prospects: Collection[StartProspect],
    *,
    actor: str,
    scope: Scope,
    claims: Mapping[str, JsonValue],
) -> dict[StartProspect, Refusal]:
    """Why starts would be refused now, whatever their input; of one that would not, there is no entry.

    One statement if any has a subject, for any number of them. Authorizers are asked about those that have
    their subject, predicates about those that nothing else stands in the way of; whether the engine is paused
    is not looked at.
    """
    ids = {each.subscription_id for each in prospects if each.subscription_id is not None}
    found: Mapping[SubscriptionId, SubjectFacts] = {}
    if ids:
        async with context.database.writer() as connection:
            found = await stored_subjects.facts(connection, sorted(ids), catalog=context.catalog, scope=scope)
    refusals: dict[StartProspect, Refusal] = {}
    for prospect in prospects:
        workflow = context.registry.workflow(prospect.workflow)
        try:
            subject = _subject(workflow, prospect, found)
        except Refusal as refusal:
            refusals[prospect] = refusal
            continue
        refused = await find_refusal(context, workflow, subject, actor=actor, scope=scope, claims=claims)
        if refused is not None:
            refusals[prospect] = refused
    return refusals


async def find_refusal(
    context: CommandContext,
    workflow: Workflow,
    subject: SubjectFacts | None,
    *,
    actor: str,
    scope: Scope,
    claims: Mapping[str, JsonValue],
) -> Refusal | None:
    """Why a start on a subject, or without one, would be refused now; None if it would not."""
    subscription_id = None if subject is None else subject.id
    question = predicates.Question(
        workflow=workflow.name, actor=actor, claims=claims, subscription_id=subscription_id
    )
    try:
        await ask_to_start(workflow, subject, actor=actor, claims=claims)
        _check_scope(workflow, scope)
        if subject is not None:
            subjects.refuse_blocked(workflow, subject, scope)
        await predicates.check_early(context, workflow, question)
    except Refusal as refusal:
        return refusal
    return None


async def view_start_forms(
    context: CommandContext, prospects: Collection[StartProspect], *, scope: Scope
) -> dict[StartProspect, FormPageView]:
    """The first pages of what starts would ask for; of one that asks for nothing, there is no entry.

    Starts nothing, and does not look at what stands in the way. One statement if wizards read their subjects;
    a wizard without its subject asks for nothing.
    """
    models = await _load_models(context, prospects, scope=scope)
    pages: dict[StartProspect, FormPageView] = {}
    for prospect in prospects:
        workflow = context.registry.workflow(prospect.workflow)
        subject = None if prospect.subscription_id is None else models.get(prospect.subscription_id)
        reads_subject = workflow.form is not None and workflow.rules is not None
        if reads_subject and (subject is None or type(subject).family() is not workflow.model):
            continue
        try:
            await parse_start(
                workflow,
                context.catalog,
                (),
                subject=subject,
                check_named=partial(subjects.check_named, context, scope=scope),
            )
        except FormPageNeeded as needed:
            pages[prospect] = needed.page
        except InvalidInput:
            # A form that asks for nothing and cannot do with what it finds: starting says so.
            continue
    return pages


def _subject(
    workflow: Workflow, prospect: StartProspect, found: Mapping[SubscriptionId, SubjectFacts]
) -> SubjectFacts | None:
    """The subject of a start.

    Raises:
        Refusal: as `subjects.find`.
    """
    if workflow.rules is None:
        if prospect.subscription_id is not None:
            raise _invalid(f"The workflow {workflow.name!r} takes no subscription", code="unexpected_subject")
        return None
    if prospect.subscription_id is None:
        raise _invalid(f"The workflow {workflow.name!r} needs a subscription", code="missing")
    return subjects.of_kind(workflow, found.get(prospect.subscription_id), prospect.subscription_id)


def _check_scope(workflow: Workflow, scope: Scope) -> None:
    """Check what a process without any customer needs.

    Raises:
        NotAllowed: if the scope is not of all customers.
    """
    if workflow.rules is None and workflow.target is not Target.CREATE and scope.customers is not None:
        raise NotAllowed("a process that concerns no customer needs a scope of all customers")


def _invalid(message: str, *, code: str) -> InvalidInput:
    return InvalidInput([FieldError(path=("subscription",), message=message, code=code)])


async def _load_models(
    context: CommandContext, prospects: Collection[StartProspect], *, scope: Scope
) -> Mapping[SubscriptionId, SubscriptionModel]:
    ids = {
        each.subscription_id
        for each in prospects
        if each.subscription_id is not None and context.registry.workflow(each.workflow).form is not None
    }
    if not ids:
        return {}
    trees = await context.subscriptions.trees(scope, sorted(ids))
    return {subscription_id: to_model(context.catalog, tree) for subscription_id, tree in trees.items()}
