"""Taking and releasing subscriptions for a process: the in-sync lock."""

from collections.abc import Collection

import asyncpg
import structlog

from domain.errors import SubscriptionLocked, SubscriptionNotFound, UnexpectedHolder
from domain.ids import ProcessId, SubscriptionId
from domain.scope import Scope

_log = structlog.stdlib.get_logger(__name__)

_LOCK = """
WITH wanted AS MATERIALIZED (
    SELECT id, version, held_by, in_sync OR coalesce(held_by = $2, false) AS free
    FROM subscription
    WHERE id = ANY ($1::uuid[]) AND ($3::text[] IS NULL OR customer_id = ANY ($3::text[]))
    ORDER BY id
    FOR NO KEY UPDATE
), taken AS (
    UPDATE subscription
    SET in_sync = false, held_by = $2
    FROM wanted
    WHERE subscription.id = wanted.id
        AND (SELECT count(*) FROM wanted WHERE free) = $4
)
SELECT id, version, held_by, free FROM wanted ORDER BY id
"""

_RELEASE = """
WITH held AS MATERIALIZED (
    SELECT id
    FROM subscription
    WHERE id = ANY ($1::uuid[]) AND held_by = $2
    ORDER BY id
    FOR NO KEY UPDATE
)
UPDATE subscription
SET in_sync = true, held_by = NULL
FROM held
WHERE subscription.id = held.id
RETURNING subscription.id
"""


async def lock_subscriptions(
    connection: asyncpg.Connection, ids: Collection[SubscriptionId], holder: ProcessId, scope: Scope
) -> dict[SubscriptionId, int]:
    """Take subscriptions for a process, all or none of them; those that it holds already stay its own.

    Runs inside the caller's transaction, in one statement.

    Locks: the rows of the subscriptions, in the order of their ids.

    Returns:
        The version of each.

    Raises:
        SubscriptionNotFound: if one does not exist or is out of scope.
        SubscriptionLocked: if one is out of sync and not held by this process.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    customers = None if scope.customers is None else sorted(scope.customers)
    rows = await connection.fetch(_LOCK, wanted, holder, customers, len(wanted))
    versions = {SubscriptionId(row["id"]): int(row["version"]) for row in rows}
    for subscription_id in wanted:
        if subscription_id not in versions:
            raise SubscriptionNotFound(subscription_id)
    for row in rows:
        if not row["free"]:
            raise SubscriptionLocked(SubscriptionId(row["id"]), held_by=row["held_by"])
    return versions


async def release_subscriptions(
    connection: asyncpg.Connection, holder: ProcessId, ids: Collection[SubscriptionId]
) -> frozenset[SubscriptionId]:
    """Put subscriptions back in sync that a process holds; others are left alone.

    Runs inside the caller's transaction, in one statement.

    Locks: the rows of the subscriptions, in the order of their ids.

    Returns:
        Those that were released.
    """
    if not ids:
        return frozenset()
    rows = await connection.fetch(_RELEASE, sorted(set(ids)), holder)
    return frozenset(SubscriptionId(row["id"]) for row in rows)


_LOCK_RELATED = """
SELECT id
FROM subscription
WHERE id IN (
    SELECT unnest($1::uuid[] || $2::uuid[])
    UNION ALL
    SELECT owner_id FROM block_relation WHERE subscription_id = ANY ($1::uuid[]) AND owner_id IS NOT NULL
)
ORDER BY id
FOR NO KEY UPDATE
"""


async def lock_related(
    connection: asyncpg.Connection,
    subjects: Collection[SubscriptionId],
    *,
    beside: Collection[SubscriptionId] = (),
) -> frozenset[SubscriptionId]:
    """Lock the rows of subjects and of those whose blocks they use, and rows beside them.

    The in-sync lock is not taken. Whoever decides about a relation holds the row of the used subscription, so
    the next to decide waits for the caller's commit; what the caller then reads, in another statement, holds
    until it.

    Runs inside the caller's transaction, in one statement.

    Locks: the rows, in the order of their ids.

    Returns:
        Those that exist. A subscription that the subject came to use while its row was waited for is not
        among them: compare, where that matters.
    """
    if not subjects and not beside:
        return frozenset()
    rows = await connection.fetch(_LOCK_RELATED, sorted(set(subjects)), sorted(set(beside)))
    return frozenset(SubscriptionId(row["id"]) for row in rows)


_SET_IN_SYNC = """
WITH subject AS MATERIALIZED (
    SELECT id, in_sync, held_by
    FROM subscription
    WHERE id = $1 AND ($2::text[] IS NULL OR customer_id = ANY ($2::text[]))
    FOR NO KEY UPDATE
), repaired AS (
    UPDATE subscription
    SET in_sync = true, held_by = NULL
    FROM subject
    WHERE subscription.id = subject.id AND subject.held_by IS NOT DISTINCT FROM $3::uuid
)
SELECT in_sync, held_by FROM subject
"""


async def set_in_sync(
    connection: asyncpg.Connection,
    scope: Scope,
    subscription_id: SubscriptionId,
    *,
    actor: str,
    expected_holder: ProcessId | None,
) -> bool:
    """Put a subscription back in sync by hand, if nobody else holds it than the caller has found.

    That the holder is not at work any more is for the caller to know; what it still saves is written as if
    nobody held the subscription. Runs inside the caller's transaction, in one statement.

    Locks: the row of the subscription.

    Returns:
        Whether it was out of sync.

    Raises:
        SubscriptionNotFound: if there is none in scope.
        UnexpectedHolder: if another process holds it, or none although one was expected.
    """
    customers = None if scope.customers is None else sorted(scope.customers)
    row = await connection.fetchrow(_SET_IN_SYNC, subscription_id, customers, expected_holder)
    if row is None:
        raise SubscriptionNotFound(subscription_id)
    if row["held_by"] != expected_holder:
        raise UnexpectedHolder(subscription_id, expected=expected_holder, found=row["held_by"])
    if not row["in_sync"]:
        holder = None if expected_holder is None else str(expected_holder)
        _log.warning(
            "subscription.set_in_sync", subscription_id=str(subscription_id), actor=actor, held_by=holder
        )
    return not row["in_sync"]
