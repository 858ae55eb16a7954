"""Putting subscriptions back in sync by a person's decision."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import structlog

from domain.ids import ProcessId, SubscriptionId
from domain.scope import Scope
from engine.authorizers import ProcessFacts
from engine.errors import Refusal, SubjectChanged, SubjectNotFound, WrongStatus
from engine.run.commands.context import CommandContext
from engine.states import TERMINAL
from engine.store import locking, repairs
from engine.store.repairs import Sync

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class InSync:
    """The subscription is in sync.

    Attributes:
        repaired: Whether it was out of sync before.
    """

    subscription_id: SubscriptionId
    repaired: bool


RepairResult: TypeAlias = InSync | Refusal


async def repair(
    context: CommandContext, subscription_id: SubscriptionId, *, actor: str, scope: Scope
) -> bool:
    """Put a subscription back in sync that no process will give back: its holder has ended, or it has none.

    One that is in sync stays as it is.

    Returns:
        Whether it was out of sync.

    Raises:
        SubjectNotFound: if there is no such subscription in scope.
        WrongStatus: if the process that holds it may still go on; one that failed has to be aborted first.
        SubjectChanged: if another process came to hold it at the same moment.
    """
    result = (await repair_many(context, [subscription_id], actor=actor, scope=scope))[subscription_id]
    if isinstance(result, Refusal):
        raise result
    return result.repaired


async def repair_many(
    context: CommandContext, subscription_ids: Collection[SubscriptionId], *, actor: str, scope: Scope
) -> dict[SubscriptionId, RepairResult]:
    """Put those of the subscriptions in sync that can be, each as `repair` does; what became of each.

    Three statements for any number, two of them in one transaction.

    Locks: the processes that hold them, then the subscriptions, each in the order of their ids. So does
    everybody who gives subscriptions back.
    """
    async with context.database.writer() as connection:
        found = await repairs.find(connection, subscription_ids, scope=scope)
    results: dict[SubscriptionId, RepairResult] = {each: SubjectNotFound(each) for each in subscription_ids}
    out = {each: sync.held_by for each, sync in found.items() if not sync.in_sync}
    results |= {each: InSync(subscription_id=each, repaired=False) for each in found if each not in out}
    if out:
        results |= await _carry_out(context, out)
    for subscription_id, result in results.items():
        if isinstance(result, InSync) and result.repaired:
            holder = out[subscription_id]
            _log.warning(
                "subscription.set_in_sync",
                subscription_id=str(subscription_id),
                actor=actor,
                held_by=None if holder is None else str(holder),
            )
    return results


async def _carry_out(
    context: CommandContext, holders: Mapping[SubscriptionId, ProcessId | None]
) -> dict[SubscriptionId, RepairResult]:
    async with context.database.write() as connection:
        named = sorted({holder for holder in holders.values() if holder is not None})
        locked = await locking.lock_all(connection, named, scope=Scope.all()) if named else {}
        results: dict[SubscriptionId, RepairResult] = {
            subscription_id: refusal
            for subscription_id, holder in holders.items()
            if holder is not None and (refusal := _refusal(locked.get(holder))) is not None
        }
        going = {each: holder for each, holder in holders.items() if each not in results}
        before = await repairs.repair(connection, going) if going else {}
    return results | {
        subscription_id: _result(subscription_id, sync, expected=going[subscription_id])
        for subscription_id, sync in before.items()
    }


def _refusal(holder: ProcessFacts | None) -> WrongStatus | None:
    """Why what a locked process holds cannot be taken from it; a process that is gone holds nothing."""
    if holder is None or holder.status in TERMINAL:
        return None
    return WrongStatus(holder.id, found=holder.status, expected=TERMINAL)


def _result(subscription_id: SubscriptionId, before: Sync, *, expected: ProcessId | None) -> RepairResult:
    if not before.in_sync and before.held_by != expected:
        return SubjectChanged(subscription_id)
    return InSync(subscription_id=subscription_id, repaired=not before.in_sync)
