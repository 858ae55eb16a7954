"""Putting a subscription back in sync by a person's decision."""

from domain.ids import SubscriptionId
from domain.scope import Scope
from domain.storage.saving.locks import set_in_sync
from engine.errors import SubjectNotFound, WrongStatus
from engine.run.commands.context import CommandContext
from engine.states import TERMINAL
from engine.store import locking, subjects


async def repair(
    context: CommandContext, subscription_id: SubscriptionId, *, actor: str, scope: Scope
) -> bool:
    """Put a subscription back in sync that no process will give back: its holder has ended, or it has none.

    One that is in sync stays as it is.

    Locks: the subscription, then its holder.

    Returns:
        Whether it was out of sync.

    Raises:
        SubjectNotFound: if there is no such subscription in scope.
        WrongStatus: if the process that holds it may still go on; one that failed has to be aborted first.
    """
    async with context.database.write() as connection:
        found = await subjects.locked_facts(
            connection, None, beside=[subscription_id], catalog=context.catalog, scope=scope
        )
        if subscription_id not in found:
            raise SubjectNotFound(subscription_id)
        holder = found[subscription_id].held_by
        if holder is not None:
            process = await locking.lock(connection, holder, scope=Scope.all())
            if process is not None and process.status not in TERMINAL:
                raise WrongStatus(holder, found=process.status, expected=TERMINAL)
        return await set_in_sync(connection, scope, subscription_id, actor=actor, expected_holder=holder)
