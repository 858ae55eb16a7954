"""Taking and releasing subscriptions for a process: the in-sync lock."""

from collections.abc import Collection

import asyncpg

from domain.errors import SubscriptionLocked, SubscriptionNotFound
from domain.ids import ProcessId, SubscriptionId
from domain.scope import Scope

_LOCK = """
WITH wanted AS MATERIALIZED (
    SELECT id, version, held_by, in_sync OR coalesce(held_by = $2, false) AS free
    FROM subscription
    WHERE id = ANY ($1::uuid[]) AND ($3::text[] IS NULL OR customer_id = ANY ($3::text[]))
    ORDER BY id
    FOR UPDATE
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
    FOR UPDATE
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
