"""What can be started on subscriptions as they are."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from domain.ids import SubscriptionId
from domain.json import JsonValue
from domain.scope import Scope
from engine.actions import Action, SubjectFacts, actions_of
from engine.errors import NotAllowed
from engine.run.commands.context import CommandContext
from engine.run.commands.permits import ask_to_start
from engine.store import subjects


async def find_actions(
    context: CommandContext,
    subscription_ids: Collection[SubscriptionId],
    *,
    scope: Scope,
    actor: str | None,
    claims: Mapping[str, JsonValue],
) -> dict[SubscriptionId, tuple[Action, ...]]:
    """For each subscription in scope the workflows made for it, with what blocks each, in one statement.

    Authorizers are asked about a caller who is named.
    """
    async with context.database.writer() as connection:
        found = await subjects.facts(connection, subscription_ids, catalog=context.catalog, scope=scope)
    workflows = context.registry.workflows
    actions = {
        subscription_id: actions_of(workflows, facts, scope) for subscription_id, facts in found.items()
    }
    if actor is None:
        return actions
    return {
        subscription_id: tuple(
            [await _asked(each, found[subscription_id], actor=actor, claims=claims) for each in some]
        )
        for subscription_id, some in actions.items()
    }


async def _asked(
    action: Action, facts: SubjectFacts, *, actor: str, claims: Mapping[str, JsonValue]
) -> Action:
    try:
        await ask_to_start(action.workflow, facts, actor=actor, claims=claims)
    except NotAllowed:
        return replace(action, allowed=False)
    return action
