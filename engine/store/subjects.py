"""Subscriptions as the rules of starts look at them, with those they are related to."""

from collections.abc import Collection
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


class ReferencesChanged(Exception):  # named by the fact
    """The subject has come to refer to another subscription while its row was waited for."""


async def facts(
    connection: asyncpg.Connection, ids: Collection[SubscriptionId], *, catalog: Catalog, scope: Scope
) -> dict[SubscriptionId, SubjectFacts]:
    """The facts of the subscriptions in scope, as of one moment, in one statement for any number.

    Of the related ones only those that may be in the way are among them, and at most so many of a kind.
    """
    rows = await connection.fetch(_FACTS, list(ids), customers_of(scope), [])
    return {SubscriptionId(row["id"]): _subject(row, catalog) for row in rows}


async def locked_facts(
    connection: asyncpg.Connection,
    subject: SubscriptionId | None,
    *,
    beside: Collection[SubscriptionId] = (),
    catalog: Catalog,
    scope: Scope,
) -> dict[SubscriptionId, SubjectFacts]:
    """The facts of the subject, and of others beside it, which hold until the transaction ends.

    Of two related subscriptions, one uses the other, and whoever decides about either of them holds the row
    of the used one: so the second to decide sees what the first has committed. It takes two statements, as
    one that waits for rows reads what it joins as of before it waited, and would let both pass.

    Locks: the rows of the subject, of those whose blocks it uses, and of those beside it, in the order of
    their ids.

    Raises:
        ReferencesChanged: if the subject came to refer to yet another one meanwhile; roll back then.
    """
    subjects = [] if subject is None else [subject]
    locked = await lock_related(connection, subjects, beside=beside)
    rows = await connection.fetch(_FACTS, [*subjects, *beside], customers_of(scope), locked)
    if any(row["uses_more"] and row["id"] == subject for row in rows):
        raise ReferencesChanged
    return {SubscriptionId(row["id"]): _subject(row, catalog) for row in rows}


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
