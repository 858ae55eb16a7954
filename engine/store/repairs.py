"""Subscriptions that are put back in sync by a person's decision."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import asyncpg

from domain.ids import ProcessId, SubscriptionId
from domain.scope import Scope
from engine.store.scoping import customers_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """Whether a subscription is in sync, and which process holds it."""

    in_sync: bool
    held_by: ProcessId | None


_FIND = """
SELECT s.id, s.in_sync, s.held_by FROM subscription AS s
WHERE s.id = ANY ($1::uuid[]) AND ($2::varchar[] IS NULL OR s.customer_id = ANY ($2))
"""

_REPAIR = """
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS t(id, holder)
),
subject AS MATERIALIZED (
    SELECT s.id, s.in_sync, s.held_by, a.holder
    FROM asked AS a JOIN subscription AS s ON s.id = a.id
    ORDER BY s.id
    FOR NO KEY UPDATE OF s
),
repaired AS (
    UPDATE subscription AS s SET in_sync = true, held_by = NULL
    FROM subject AS f
    WHERE s.id = f.id AND NOT f.in_sync AND f.held_by IS NOT DISTINCT FROM f.holder
)
SELECT f.id, f.in_sync, f.held_by FROM subject AS f
"""


async def find(
    connection: asyncpg.Connection, ids: Collection[SubscriptionId], *, scope: Scope
) -> dict[SubscriptionId, Sync]:
    """Those of the subscriptions that are in scope, as they are at this moment."""
    return _by_id(await connection.fetch(_FIND, list(ids), customers_of(scope)))


async def repair(
    connection: asyncpg.Connection, holders: Mapping[SubscriptionId, ProcessId | None]
) -> dict[SubscriptionId, Sync]:
    """Put subscriptions back in sync that are held by whom the caller expects; how each was before.

    The caller has locked these holders: whoever gives a subscription back locks the process first, too.

    Locks: the rows of the subscriptions, in the order of their ids.
    """
    rows = await connection.fetch(_REPAIR, list(holders), list(holders.values()))
    return _by_id(rows)


def _by_id(rows: Collection[asyncpg.Record]) -> dict[SubscriptionId, Sync]:
    return {
        SubscriptionId(row["id"]): Sync(
            in_sync=row["in_sync"], held_by=row["held_by"] and ProcessId(row["held_by"])
        )
        for row in rows
    }
