"""Writing changed subscriptions, any number at once, with a number of statements that does not grow.

A save is a patch against a version that somebody has read. It is written if that is still the stored version
and nobody else holds the subscription; otherwise nothing of it is, and its author is told both versions. So
the last writer never wins unseen.

**What a row lock protects.** A relation between two subscriptions is decided about from both ends: the used
one may not get a status in which its users cannot be, nor lose a block that is referred to, and a user may
not get a status, or refer to a block, that the used one does not admit. Each end reads what the other has
committed, and two that read at the same moment would both pass. Therefore **whoever makes a decision that
depends on a relation holds the row of the used subscription, and its own**: the two ends always share one
row, and the second to come sees what the first has committed.

- All rows are locked by one statement, in the order of their ids, before anything is written: a batch that
  decides something locks those of all of its patches at once. Two saves never wait for each other.
- What is decided is read by the next statement. The one that waits for a row reads everything else as of
  before it waited.
- The lock is ``FOR NO KEY UPDATE``: foreign keys are checked beside it, so who inserts a relation to a block
  does not wait for who changes the values of the block's subscription.
- A process that starts takes the same rows (``domain.storage.locks.lock_related``) before it takes the
  in-sync lock, and the same rule makes starts and saves on related subscriptions take turns.
- The products of new subscriptions are locked against their end of life (``domain.storage.catalog_sync``).

**Steps side by side.** Of two steps of one process that changed the same version of a subscription, the
second is written upon the first if they changed different things; else it is refused as ``ConflictingEdit``.
Changes of anybody else in between make it stale.

Statements: two for patches that change values or make new subscriptions. Two more if one of the batch changes
a status, removes a block, or moves blocks in a tree that refers to another subscription. At most three more
if one was made beside another one of its process.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import asyncpg

from domain.errors import ConflictingEdit, StaleSubscription
from domain.ids import SubscriptionId
from domain.model.trees.patch import SubscriptionPatch
from domain.storage.saving.decisions import decide
from domain.storage.saving.facts import is_checked, is_decision, new_references, save_facts
from domain.storage.saving.locks import lock_related
from domain.storage.saving.outcomes import AuthoredPatch, ChangeAuthor, SaveOutcome, SaveRefusal
from domain.storage.saving.siblings import may_have_siblings, rebase_on_siblings
from domain.storage.saving.statements import write_subscriptions, write_trees


async def save(
    connection: asyncpg.Connection,
    patches: Sequence[SubscriptionPatch],
    *,
    author: ChangeAuthor,
    now: datetime | None = None,
) -> dict[SubscriptionId, SaveOutcome]:
    """Write what one author changed; as ``save_all``."""
    changes = [AuthoredPatch(patch=patch, author=author) for patch in patches]
    return await save_all(connection, changes, now=now)


async def save_all(
    connection: asyncpg.Connection, changes: Sequence[AuthoredPatch], *, now: datetime | None = None
) -> dict[SubscriptionId, SaveOutcome]:
    """Write what changed, each patch for itself: one that is refused writes nothing, the others go on.

    Runs inside the caller's transaction. A patch that changes nothing is answered with the version it was
    made against, unchecked.

    Locks: the rows of the subscriptions, and of those whose blocks they use where that is decided about, in
    the order of their ids.

    Raises:
        ValueError: if two patches are for one subscription.
        UnrepresentableValue: if a value cannot be stored.
        ForeignBlock: if a patch takes a block of another subscription for its own, or the other way round;
            roll back then.
    """
    outcomes: dict[SubscriptionId, SaveOutcome] = {change.id: change.patch.base_version for change in changes}
    if len(outcomes) != len(changes):
        raise ValueError("found two patches for one subscription, expected one for each")
    effective = [change for change in changes if not change.patch.is_empty]
    if any(is_decision(change.patch) for change in effective):
        return outcomes | await _decide_and_write(connection, effective, now=now)
    outcomes |= await _write(connection, effective, now=now)
    stale = [each for each in effective if isinstance(outcomes[each.id], StaleSubscription)]
    rebased, conflicts = await _beside_siblings(connection, stale)
    return outcomes | conflicts | await _write(connection, list(rebased.values()), now=now)


async def _decide_and_write(
    connection: asyncpg.Connection, changes: Sequence[AuthoredPatch], *, now: datetime | None
) -> dict[SubscriptionId, SaveOutcome]:
    """Write patches of which some depend on what is stored around their subscriptions."""
    locked = await _lock(connection, [change.patch for change in changes])
    facts = await save_facts(connection, [change.patch for change in changes])
    versions = {each.id: each.version for each in facts.subscriptions}
    # What it came to use while its row was waited for is not locked, so nothing can be decided about that.
    unlocked = {use.user for use in facts.uses if use.used not in locked}
    stale = [
        change
        for change in changes
        if versions.get(change.id, 0) > change.patch.base_version and change.id not in unlocked
    ]
    rebased, conflicts = await _beside_siblings(connection, stale)
    changes = [rebased.get(change.id, change) for change in changes]
    refused = decide(changes, facts, refused=conflicts)
    return refused | await _write(connection, [each for each in changes if each.id not in refused], now=now)


async def _lock(
    connection: asyncpg.Connection, patches: Sequence[SubscriptionPatch]
) -> frozenset[SubscriptionId]:
    ids = [patch.subscription_id for patch in patches]
    referred = [relation.owner_id for patch in patches for relation in new_references(patch)]
    return await lock_related(
        connection,
        [patch.subscription_id for patch in patches if is_checked(patch)],
        beside=[*ids, *(each for each in referred if each is not None)],
    )


async def _beside_siblings(
    connection: asyncpg.Connection, stale: Iterable[AuthoredPatch]
) -> tuple[dict[SubscriptionId, AuthoredPatch], dict[SubscriptionId, SaveRefusal]]:
    """The stale changes that can be written upon those of siblings, and those that conflict with them."""
    candidates = [change for change in stale if may_have_siblings(change)]
    if not candidates:
        return {}, {}
    rebased = await rebase_on_siblings(connection, candidates)
    conflicts: dict[SubscriptionId, SaveRefusal] = {}
    going: dict[SubscriptionId, AuthoredPatch] = {}
    for subscription_id, outcome in rebased.items():
        match outcome:
            case ConflictingEdit():
                conflicts[subscription_id] = outcome
            case AuthoredPatch():
                going[subscription_id] = outcome
    return going, conflicts


async def _write(
    connection: asyncpg.Connection, changes: Sequence[AuthoredPatch], *, now: datetime | None
) -> dict[SubscriptionId, SaveOutcome]:
    """Write what depends on nothing but its own subscription; what siblings have written already is there."""
    outcomes: dict[SubscriptionId, SaveOutcome] = {change.id: change.patch.base_version for change in changes}
    effective = [change for change in changes if not change.patch.is_empty]
    if effective:
        outcomes |= await write_subscriptions(connection, effective, now=now)
        patches = [change.patch for change in effective]
        await write_trees(
            connection, [each for each in patches if isinstance(outcomes[each.subscription_id], int)]
        )
    return outcomes
