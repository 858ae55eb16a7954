"""What can be started on subscriptions as they are."""

from collections.abc import Collection

from domain.ids import SubscriptionId
from domain.scope import Scope
from engine.actions import Action, actions_of
from engine.run.commands.context import CommandContext
from engine.store import subjects


async def find_actions(
    context: CommandContext, subscription_ids: Collection[SubscriptionId], *, scope: Scope
) -> dict[SubscriptionId, tuple[Action, ...]]:
    """For each subscription in scope the workflows made for it, with what blocks each, in one statement."""
    async with context.database.writer() as connection:
        found = await subjects.facts(connection, subscription_ids, catalog=context.catalog, scope=scope)
    workflows = context.registry.workflows
    return {subscription_id: actions_of(workflows, facts, scope) for subscription_id, facts in found.items()}
