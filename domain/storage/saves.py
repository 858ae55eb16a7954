"""Writing changed subscriptions, any number at once, with a number of statements that does not grow."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import asyncpg

from domain.errors import ProductNotFound, StaleSubscription, SubscriptionLocked
from domain.ids import BlockId, ProcessId, SubscriptionId
from domain.json import encode
from domain.model.errors import ForeignBlock
from domain.model.patch import SubscriptionPatch

SaveOutcome: TypeAlias = int | StaleSubscription | SubscriptionLocked | ProductNotFound
"""The new version of a subscription, or why nothing of its patch was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAuthor:
    """Who changes subscriptions.

    Attributes:
        process_id: the process that does it; it may write what it holds, and holds what it creates.
    """

    actor: str
    process_id: ProcessId | None = None
    step_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoredPatch:
    """One change and who makes it."""

    patch: SubscriptionPatch
    author: ChangeAuthor


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

    Runs inside the caller's transaction, in at most three statements. A patch that changes nothing is
    answered with the version it was made against, unchecked.

    Locks: the rows of the subscriptions, in the order of their ids.

    Raises:
        ValueError: if two patches are for one subscription.
        UnrepresentableValue: if a value cannot be stored.
        ForeignBlock: if a block that is written belongs to another subscription; roll back then.
    """
    outcomes: dict[SubscriptionId, SaveOutcome] = {
        change.patch.subscription_id: change.patch.base_version for change in changes
    }
    if len(outcomes) != len(changes):
        raise ValueError("found two patches for one subscription, expected one for each")
    effective = [change for change in changes if not change.patch.is_empty]
    if effective:
        outcomes |= await _write_subscriptions(connection, effective, now=now)
        patches = [change.patch for change in effective]
        written = [patch for patch in patches if isinstance(outcomes[patch.subscription_id], int)]
        await _write_blocks(connection, written)
        await _write_relations(connection, written)
    return outcomes


_WRITE_SUBSCRIPTIONS = """
WITH incoming AS MATERIALIZED (
    SELECT incoming.*, product.id AS product_id
    FROM unnest(
        $1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
        $8::timestamptz[], $9::text[], $10::text[], $11::uuid[], $12::text[], $13::text[]
    ) AS incoming (
        id, base_version, product, customer_id, status, description, start_at, end_at, before, after,
        process_id, step_key, actor
    )
    LEFT JOIN product ON product.name = incoming.product
), locked AS MATERIALIZED (
    SELECT id, version, in_sync, held_by
    FROM subscription
    WHERE id = ANY ($1::uuid[])
    ORDER BY id
    FOR UPDATE
), created AS (
    INSERT INTO subscription (
        id, product_id, customer_id, status, description, in_sync, held_by, version, start_at, end_at,
        created_at, modified_at
    )
    SELECT
        id, product_id, customer_id, status, description, process_id IS NULL, process_id, 1, start_at, end_at,
        coalesce($14::timestamptz, now()), coalesce($14::timestamptz, now())
    FROM incoming
    WHERE base_version = 0 AND product_id IS NOT NULL AND id NOT IN (SELECT id FROM locked)
    ON CONFLICT (id) DO NOTHING
    RETURNING id, version
), updated AS (
    UPDATE subscription
    SET product_id = incoming.product_id, customer_id = incoming.customer_id, status = incoming.status,
        description = incoming.description, start_at = incoming.start_at, end_at = incoming.end_at,
        version = locked.version + 1, modified_at = coalesce($14::timestamptz, now())
    FROM incoming JOIN locked ON locked.id = incoming.id
    WHERE subscription.id = incoming.id
        AND incoming.product_id IS NOT NULL
        AND incoming.base_version > 0
        AND incoming.base_version = locked.version
        AND (locked.in_sync OR locked.held_by = incoming.process_id)
    RETURNING subscription.id, subscription.version
), written AS (
    SELECT id, version FROM created UNION ALL SELECT id, version FROM updated
), recorded AS (
    INSERT INTO subscription_change (subscription_id, version, process_id, step_key, actor, at, before, after)
    SELECT
        written.id, written.version, incoming.process_id, incoming.step_key, incoming.actor,
        coalesce($14::timestamptz, now()), incoming.before::jsonb, incoming.after::jsonb
    FROM written JOIN incoming ON incoming.id = written.id
)
SELECT
    incoming.id, incoming.base_version, incoming.product, incoming.product_id IS NOT NULL AS product_found,
    written.version AS written_version,
    coalesce(locked.version, 0) AS found_version,
    coalesce(locked.in_sync OR locked.held_by = incoming.process_id, locked.id IS NULL) AS writable,
    locked.held_by
FROM incoming
LEFT JOIN written ON written.id = incoming.id
LEFT JOIN locked ON locked.id = incoming.id
"""


async def _write_subscriptions(
    connection: asyncpg.Connection,
    changes: Sequence[AuthoredPatch],
    *,
    now: datetime | None,
) -> dict[SubscriptionId, SaveOutcome]:
    patches = [change.patch for change in changes]
    authors = [change.author for change in changes]
    rows = await connection.fetch(
        _WRITE_SUBSCRIPTIONS,
        [patch.subscription_id for patch in patches],
        [patch.base_version for patch in patches],
        [patch.product for patch in patches],
        [patch.customer_id for patch in patches],
        [patch.status for patch in patches],
        [patch.description for patch in patches],
        [patch.start_at for patch in patches],
        [patch.end_at for patch in patches],
        [None if patch.before is None else encode(patch.before) for patch in patches],
        [encode(patch.after) for patch in patches],
        [author.process_id for author in authors],
        [author.step_key for author in authors],
        [author.actor for author in authors],
        now,
    )
    return {SubscriptionId(row["id"]): _outcome(row) for row in rows}


def _outcome(row: asyncpg.Record) -> SaveOutcome:
    if row["written_version"] is not None:
        return row["written_version"]
    if not row["product_found"]:
        return ProductNotFound(row["product"])
    subscription_id = SubscriptionId(row["id"])
    if not row["writable"]:
        return SubscriptionLocked(subscription_id, held_by=row["held_by"])
    return StaleSubscription(subscription_id, expected=row["base_version"], found=row["found_version"])


_WRITE_BLOCKS = """
INSERT INTO block (id, subscription_id, block, label, values)
SELECT id, subscription_id, block, label, stored::jsonb
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])
    AS incoming (id, subscription_id, block, label, stored)
ORDER BY id
ON CONFLICT (id) DO UPDATE
SET block = excluded.block, label = excluded.label, values = excluded.values
WHERE block.subscription_id = excluded.subscription_id
RETURNING id
"""


async def _write_blocks(connection: asyncpg.Connection, patches: Iterable[SubscriptionPatch]) -> None:
    blocks = [block for patch in patches for block in patch.blocks_written]
    if not blocks:
        return
    rows = await connection.fetch(
        _WRITE_BLOCKS,
        [block.id for block in blocks],
        [block.subscription_id for block in blocks],
        [block.block for block in blocks],
        [block.label for block in blocks],
        [encode(dict(block.values)) for block in blocks],
    )
    written = {BlockId(row["id"]) for row in rows}
    for block in blocks:
        if block.id not in written:
            raise ForeignBlock(block.id, owner=None, subscription_id=block.subscription_id)


_WRITE_RELATIONS = """
WITH incoming AS MATERIALIZED (
    SELECT *
    FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::uuid[])
        AS incoming (subscription_id, parent_id, attribute, position, child_id)
), written AS (
    INSERT INTO block_relation (subscription_id, parent_id, attribute, position, child_id)
    SELECT subscription_id, parent_id, attribute, position, child_id
    FROM incoming
    ON CONFLICT (subscription_id, parent_id, attribute, position) DO UPDATE
    SET child_id = excluded.child_id
    WHERE block_relation.child_id <> excluded.child_id
), removed AS (
    DELETE FROM block_relation
    WHERE subscription_id = ANY ($1::uuid[])
        AND NOT EXISTS (
            SELECT
            FROM incoming
            WHERE incoming.subscription_id = block_relation.subscription_id
                AND incoming.parent_id IS NOT DISTINCT FROM block_relation.parent_id
                AND incoming.attribute = block_relation.attribute
                AND incoming.position = block_relation.position
        )
)
DELETE FROM block
WHERE id = ANY ($7::uuid[]) AND subscription_id = ANY ($1::uuid[])
"""


async def _write_relations(connection: asyncpg.Connection, patches: Iterable[SubscriptionPatch]) -> None:
    rearranged = [(patch, patch.relations) for patch in patches if patch.relations is not None]
    if not rearranged:
        return
    relations = [
        (patch.subscription_id, relation) for patch, relations in rearranged for relation in relations
    ]
    await connection.execute(
        _WRITE_RELATIONS,
        [patch.subscription_id for patch, _ in rearranged],
        [subscription_id for subscription_id, _ in relations],
        [relation.parent_id for _, relation in relations],
        [relation.attribute for _, relation in relations],
        [relation.position for _, relation in relations],
        [relation.child_id for _, relation in relations],
        [block_id for patch, _ in rearranged for block_id in patch.blocks_removed],
    )
