"""Subscriptions as the rules of starts look at them, with those they are related to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from domain.ids import CustomerId, ProcessId, SubscriptionId
from domain.json import JsonValue
from domain.model.catalog import Catalog
from domain.model.lifecycle import SubscriptionStatus
from domain.scope import Scope
from domain.storage.saving.locks import lock_related
from engine.actions import RelatedFacts, SubjectFacts
from engine.store.json_edge import as_list, text_of
from engine.store.scoping import customers_of

MOST_LISTED = 100
"""How many related subscriptions of each kind are read: one is enough to be in the way."""

_USERS = "SELECT r.subscription_id FROM block_relation AS r WHERE r.owner_id = s.id"
_USED = "SELECT r.owner_id FROM block_relation AS r WHERE r.subscription_id = s.id AND r.owner_id IS NOT NULL"


def _related(ids: str, condition: str) -> str:
    """The related subscriptions that meet the condition as JSON, those in scope before the others."""
    return f"""(
        SELECT json_agg(json_build_array(t.id, t.customer_id, t.status, t.in_sync, t.held_by))
        FROM (
            SELECT o.id, o.customer_id, o.status, o.in_sync, o.held_by
            FROM subscription AS o
            WHERE o.id IN ({ids}) AND {condition}
            ORDER BY ($2::varchar[] IS NULL OR o.customer_id = ANY ($2)) DESC, o.id
            LIMIT {MOST_LISTED}
        ) AS t
    )"""  # noqa: S608  # made of constants of this module


_FACTS = f"""
SELECT s.id, p.name AS product, s.customer_id, s.status, s.version, s.in_sync, s.held_by,
    {_related(_USERS, "NOT o.in_sync")} AS users_out_of_sync,
    {_related(_USERS, "o.status <> 'TERMINATED'")} AS users,
    {_related(_USED, "NOT o.in_sync")} AS used_out_of_sync,
    EXISTS ({_USED} AND r.owner_id <> ALL ($3::uuid[])) AS uses_more
FROM subscription AS s JOIN product AS p ON p.id = s.product_id
WHERE s.id = ANY ($1::uuid[]) AND ($2::varchar[] IS NULL OR s.customer_id = ANY ($2))
"""  # noqa: S608  # made of constants of this module

_USES_AMONG = """
SELECT DISTINCT subscription_id, owner_id FROM block_relation
WHERE subscription_id = ANY ($1::uuid[]) AND owner_id = ANY ($1::uuid[]) AND owner_id <> subscription_id
"""


async def facts(
    connection: asyncpg.Connection, ids: Collection[SubscriptionId], *, catalog: Catalog, scope: Scope
) -> dict[SubscriptionId, SubjectFacts]:
    """The facts of the subscriptions in scope, as of one moment, in one statement for any number.

    Of the related ones only those that may be in the way are among them, and at most so many of a kind.
    """
    rows = await connection.fetch(_FACTS, list(ids), customers_of(scope), [])
    return {SubscriptionId(row["id"]): _subject(row, catalog) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFacts:
    """Facts that hold until the transaction ends.

    Attributes:
        found: Those in scope.
        changed: The subjects that came to refer to yet other subscriptions while their rows were waited for:
            nothing holds of them.
    """

    found: Mapping[SubscriptionId, SubjectFacts]
    changed: frozenset[SubscriptionId]


async def locked_facts(
    connection: asyncpg.Connection,
    subjects: Collection[SubscriptionId],
    *,
    beside: Collection[SubscriptionId] = (),
    catalog: Catalog,
    scope: Scope,
) -> LockedFacts:
    """The facts of subjects, and of others beside them, which hold until the transaction ends.

    Of two related subscriptions, one uses the other, and whoever decides about either of them holds the row
    of the used one: so the second to decide sees what the first has committed. It takes two statements, as
    one that waits for rows reads what it joins as of before it waited, and would let both pass.

    Locks: the rows of the subjects, of those whose blocks they use, and of those beside them, in the order of
    their ids.
    """
    locked = await lock_related(connection, subjects, beside=beside)
    rows = await connection.fetch(_FACTS, [*subjects, *beside], customers_of(scope), locked)
    asked = frozenset(subjects)
    return LockedFacts(
        found={SubscriptionId(row["id"]): _subject(row, catalog) for row in rows},
        changed=frozenset(row["id"] for row in rows if row["uses_more"] and row["id"] in asked),
    )


async def uses_among(
    connection: asyncpg.Connection, ids: Collection[SubscriptionId]
) -> frozenset[tuple[SubscriptionId, SubscriptionId]]:
    """Which of the subscriptions refer to blocks of which others of them: the user, then the used one."""
    rows = await connection.fetch(_USES_AMONG, list(ids))
    return frozenset(
        (SubscriptionId(row["subscription_id"]), SubscriptionId(row["owner_id"])) for row in rows
    )


def _subject(row: asyncpg.Record, catalog: Catalog) -> SubjectFacts:
    product = catalog.by_name.get(row["product"])
    return SubjectFacts(
        id=SubscriptionId(row["id"]),
        product=row["product"],
        family=None if product is None else product.model.family(),
        customer_id=CustomerId(row["customer_id"]),
        status=SubscriptionStatus(row["status"]),
        version=row["version"],
        in_sync=row["in_sync"],
        held_by=row["held_by"] and ProcessId(row["held_by"]),
        users=_merged(row["users_out_of_sync"], row["users"]),
        used=_merged(row["used_out_of_sync"]),
    )


def _merged(*lists: JsonValue) -> tuple[RelatedFacts, ...]:
    found = {_related_facts(item) for listed in lists for item in as_list(listed)}
    return tuple(sorted(found, key=lambda related: related.id))


def _related_facts(item: JsonValue) -> RelatedFacts:
    related_id, customer_id, status, in_sync, held_by = as_list(item)
    return RelatedFacts(
        id=SubscriptionId(UUID(text_of(related_id))),
        customer_id=CustomerId(text_of(customer_id)),
        status=SubscriptionStatus(text_of(status)),
        in_sync=in_sync is True,
        held_by=None if held_by is None else ProcessId(UUID(text_of(held_by))),
    )
