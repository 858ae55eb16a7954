"""What can be started on subscriptions as they are."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from domain.ids import SubscriptionId
from domain.json import JsonValue
from domain.scope import Scope
from engine.actions import Action, actions_of
from engine.run.commands.context import CommandContext
from engine.run.commands.start_outlook import find_refusal
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

    Of a caller who is named, authorizers and predicates are asked too, as a start asks them.
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
            [
                replace(
                    each,
                    refusal=await find_refusal(
                        context,
                        each.workflow,
                        found[subscription_id],
                        actor=actor,
                        scope=scope,
                        claims=claims,
                    ),
                )
                for each in some
            ]
        )
        for subscription_id, some in actions.items()
    }
