"""The subscriptions a start depends on: what it finds before it acts, and what holds while it does."""

from collections.abc import Mapping, Sequence

import asyncpg

from domain.ids import ProcessId, SubscriptionId
from domain.scope import Scope
from engine.actions import SubjectFacts, blockers_of
from engine.errors import (
    ActionBlocked,
    FieldError,
    InvalidInput,
    StaleSubject,
    SubjectChanged,
    SubjectNotFound,
)
from engine.named_subscriptions import NamedSubscription, refuse_unusable
from engine.run.commands.context import CommandContext
from engine.store import subjects
from engine.workflows import Workflow


async def find(
    context: CommandContext, workflow: Workflow, subscription_id: SubscriptionId | None, *, scope: Scope
) -> SubjectFacts | None:
    """The subscription the workflow is about, as it is at this moment; None if it is about none.

    Raises:
        InvalidInput: if a subscription is missing, or one too many, or not of the workflow's kind.
        SubjectNotFound: if it is not there or out of scope.
    """
    if workflow.rules is None:
        if subscription_id is not None:
            raise InvalidInput([_error("takes no subscription", code="unexpected_subject")])
        return None
    if subscription_id is None:
        raise InvalidInput([_error("needs a subscription", code="missing")])
    async with context.database.writer() as connection:
        found = await subjects.facts(connection, [subscription_id], catalog=context.catalog, scope=scope)
    return of_kind(workflow, found.get(subscription_id), subscription_id)


def refuse_blocked(workflow: Workflow, facts: SubjectFacts, scope: Scope) -> None:
    """Check the rules of starts.

    Raises:
        ActionBlocked: with everything that stands in the way.
    """
    blockers = blockers_of(workflow, facts, scope)
    if blockers:
        raise ActionBlocked(workflow.name, subscription_id=facts.id, blockers=blockers)


async def check_named(
    context: CommandContext,
    named: Sequence[NamedSubscription],
    *,
    scope: Scope,
    holder: ProcessId | None = None,
) -> None:
    """Let nobody fill in another page for nothing. What decides is asked in the transaction that acts.

    Raises:
        InvalidInput: if one cannot be used now; what the holder holds can.
    """
    ids = {each.id for each in named}
    async with context.database.writer() as connection:
        found = await subjects.facts(connection, sorted(ids), catalog=context.catalog, scope=scope)
    refuse_unusable(named, found, holder=holder)


async def admit(
    connection: asyncpg.Connection,
    context: CommandContext,
    workflow: Workflow,
    *,
    subject: SubscriptionId | None,
    expected_version: int | None,
    named: Sequence[NamedSubscription],
    scope: Scope,
) -> SubjectFacts | None:
    """Check all that a start depends on, in the transaction that acts; it holds until that ends.

    Two statements, or none if no subscription is concerned.

    Locks: the rows of the subject, of those whose blocks it uses, and of those that the input names.

    Returns:
        The subject.

    Raises:
        SubjectNotFound: if the subject is not there or out of scope.
        ActionBlocked: if the rules do not let the workflow start on it.
        StaleSubject: if it has another version.
        InvalidInput: if it is of another kind by now, or the input names a subscription that cannot be used.
        SubjectChanged: if its references changed at the same moment.
    """
    if subject is None and not named:
        return None
    locked = await subjects.locked_facts(
        connection,
        [] if subject is None else [subject],
        beside=[each.id for each in named],
        catalog=context.catalog,
        scope=scope,
    )
    if locked.changed:
        raise SubjectChanged(next(iter(locked.changed)))
    return judge(workflow, subject, locked.found, expected_version=expected_version, named=named, scope=scope)


def judge(
    workflow: Workflow,
    subject: SubscriptionId | None,
    found: Mapping[SubscriptionId, SubjectFacts],
    *,
    expected_version: int | None,
    named: Sequence[NamedSubscription],
    scope: Scope,
) -> SubjectFacts | None:
    """Check what was found of the subscriptions that a start depends on; the subject, if there is one.

    Raises:
        Refusal: as `admit`.
    """
    facts = None
    if subject is not None:
        facts = of_kind(workflow, found.get(subject), subject)
        refuse_blocked(workflow, facts, scope)
        if expected_version is not None and facts.version != expected_version:
            raise StaleSubject(subject, expected=expected_version, found=facts.version)
    refuse_unusable(named, found)
    return facts


async def admit_named(
    connection: asyncpg.Connection,
    context: CommandContext,
    named: Sequence[NamedSubscription],
    *,
    scope: Scope,
    holder: ProcessId,
) -> None:
    """Check the subscriptions that a form names, in the transaction that acts: two statements if any.

    Locks: the rows of these subscriptions.

    Raises:
        InvalidInput: if one cannot be used; what the process itself holds can.
    """
    if named:
        ids = [each.id for each in named]
        locked = await subjects.locked_facts(connection, [], beside=ids, catalog=context.catalog, scope=scope)
        refuse_unusable(named, locked.found, holder=holder)


def of_kind(workflow: Workflow, facts: SubjectFacts | None, subscription_id: SubscriptionId) -> SubjectFacts:
    """The subject, if it is there and of the workflow's kind.

    Raises:
        SubjectNotFound: if it is not there.
        InvalidInput: if it is of another kind.
    """
    if facts is None:
        raise SubjectNotFound(subscription_id)
    if facts.family is None:
        message = f"is about products of the catalogue, which {facts.product} has left"
        raise InvalidInput([_error(message, code="retired_product")])
    if facts.family is not workflow.model:
        assert workflow.model is not None, "it has rules"
        found = f"found a subscription of product {facts.product}"
        raise InvalidInput([_error(f"is about {workflow.model.name}; {found}", code="wrong_subject")])
    return facts


def _error(message: str, *, code: str) -> FieldError:
    return FieldError(path=("subscription",), message=f"The workflow {message}", code=code)
