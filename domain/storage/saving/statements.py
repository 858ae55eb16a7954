"""The statements that write patches: the subscriptions with their change records, then the trees."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import asyncpg

from domain.errors import StaleSubscription
from domain.ids import BlockId, ProcessId, SubscriptionId
from domain.json import encode
from domain.model.errors import ForeignBlock
from domain.model.lifecycle import ProductStatus, SubscriptionStatus
from domain.model.trees.patch import SubscriptionPatch
from domain.model.trees.tree import BlockRecord
from domain.storage.saving.outcomes import SOLD, AuthoredPatch, SaveOutcome, StoredSubscription, refusal

_WRITE_SUBSCRIPTIONS = """
WITH incoming AS MATERIALIZED (
    SELECT incoming.*, product.id AS product_id, product.status AS product_status
    FROM unnest(
        $1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
        $8::timestamptz[], $9::text[], $10::text[], $11::uuid[], $12::text[], $13::text[], $14::text[]
    ) AS incoming (
        id, base_version, product, customer_id, status, description, start_at, end_at, before, after,
        process_id, step_key, actor, override
    )
    LEFT JOIN product ON product.name = incoming.product
), locked AS MATERIALIZED (
    SELECT id, version, status, in_sync, held_by, product_id
    FROM subscription
    WHERE id = ANY ($1::uuid[])
    ORDER BY id
    FOR NO KEY UPDATE
), entered AS MATERIALIZED (
    SELECT id, status
    FROM product
    WHERE id IN (
        SELECT incoming.product_id
        FROM incoming LEFT JOIN locked ON locked.id = incoming.id
        WHERE locked.product_id IS DISTINCT FROM incoming.product_id
    )
    ORDER BY id
    FOR KEY SHARE
), admitted AS MATERIALIZED (
    SELECT
        incoming.*, locked.id IS NOT NULL AS stored,
        locked.product_id IS NOT DISTINCT FROM incoming.product_id
            OR coalesce(entered.status = ANY ($15::text[]), false) AS sold
    FROM incoming
    LEFT JOIN locked ON locked.id = incoming.id
    LEFT JOIN entered ON entered.id = incoming.product_id
    WHERE incoming.product_id IS NOT NULL
        AND incoming.base_version = coalesce(locked.version, 0)
        AND coalesce(locked.in_sync OR locked.held_by = incoming.process_id, locked.id IS NULL)
), created AS (
    INSERT INTO subscription (
        id, product_id, customer_id, status, description, in_sync, held_by, version, start_at, end_at,
        created_at, modified_at
    )
    SELECT
        id, product_id, customer_id, status, description, process_id IS NULL, process_id, 1, start_at, end_at,
        coalesce($16::timestamptz, now()), coalesce($16::timestamptz, now())
    FROM admitted
    WHERE sold AND NOT stored
    ON CONFLICT (id) DO NOTHING
    RETURNING id, version
), updated AS (
    UPDATE subscription
    SET product_id = admitted.product_id, customer_id = admitted.customer_id, status = admitted.status,
        description = admitted.description, start_at = admitted.start_at, end_at = admitted.end_at,
        version = admitted.base_version + 1, modified_at = coalesce($16::timestamptz, now())
    FROM admitted
    WHERE subscription.id = admitted.id AND sold AND stored
    RETURNING subscription.id, subscription.version
), written AS (
    SELECT id, version FROM created UNION ALL SELECT id, version FROM updated
), recorded AS (
    INSERT INTO subscription_change (
        subscription_id, version, process_id, step_key, actor, at, before, after, override
    )
    SELECT
        written.id, written.version, incoming.process_id, incoming.step_key, incoming.actor,
        coalesce($16::timestamptz, now()), incoming.before::jsonb, incoming.after::jsonb, incoming.override
    FROM written JOIN incoming ON incoming.id = written.id
)
SELECT
    incoming.id, written.version AS written_version,
    coalesce(entered.status, incoming.product_status) AS product_status,
    locked.version, locked.status, locked.in_sync, locked.held_by, product.name AS product
FROM incoming
LEFT JOIN written ON written.id = incoming.id
LEFT JOIN locked ON locked.id = incoming.id
LEFT JOIN product ON product.id = locked.product_id
LEFT JOIN entered ON entered.id = incoming.product_id
"""


async def write_subscriptions(
    connection: asyncpg.Connection, changes: Sequence[AuthoredPatch], *, now: datetime | None
) -> dict[SubscriptionId, SaveOutcome]:
    """Write the subscriptions' rows and their change records, in one statement; what became of each.

    Locks: the rows of the subscriptions, in the order of their ids; the products of new ones against their
    end of life.
    """
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
        [patch.override for patch in patches],
        sorted(SOLD),
        now,
    )
    by_id = {SubscriptionId(row["id"]): row for row in rows}
    return {change.id: _outcome(change, by_id[change.id]) for change in changes}


def _outcome(change: AuthoredPatch, row: asyncpg.Record) -> SaveOutcome:
    if row["written_version"] is not None:
        return row["written_version"]
    status = row["product_status"]
    found = _stored(change.id, row)
    refused = refusal(change, found, None if status is None else ProductStatus(status))
    # Somebody created it after the statement had begun: it has a version that is not seen yet.
    return refused or StaleSubscription(change.id, expected=change.patch.base_version, found=1)


def _stored(subscription_id: SubscriptionId, row: asyncpg.Record) -> StoredSubscription | None:
    if row["version"] is None:
        return None
    return StoredSubscription(
        id=subscription_id,
        version=row["version"],
        status=SubscriptionStatus(row["status"]),
        in_sync=row["in_sync"],
        held_by=None if row["held_by"] is None else ProcessId(row["held_by"]),
        product=row["product"],
    )


_WRITE_TREES = """
WITH incoming_block AS MATERIALIZED (
    SELECT *
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])
        AS incoming (id, subscription_id, block, label, stored)
), incoming_relation AS MATERIALIZED (
    SELECT
        incoming.*,
        child_written OR EXISTS (
            SELECT
            FROM block
            WHERE block.id = incoming.child_id
                AND block.subscription_id = coalesce(incoming.owner_id, incoming.subscription_id)
                AND block.id <> ALL ($7::uuid[])
        ) AS whole
    FROM unnest($8::uuid[], $9::uuid[], $10::text[], $11::int[], $12::uuid[], $13::uuid[], $14::boolean[])
        AS incoming (subscription_id, parent_id, attribute, position, child_id, owner_id, child_written)
), written_block AS (
    INSERT INTO block (id, subscription_id, block, label, values)
    SELECT id, subscription_id, block, label, stored::jsonb
    FROM incoming_block
    ORDER BY id
    ON CONFLICT (id) DO UPDATE
    SET block = excluded.block, label = excluded.label, values = excluded.values
    WHERE block.subscription_id = excluded.subscription_id
    RETURNING id
), written_relation AS (
    INSERT INTO block_relation (subscription_id, parent_id, attribute, position, child_id, owner_id)
    SELECT subscription_id, parent_id, attribute, position, child_id, owner_id
    FROM incoming_relation
    WHERE whole
    ON CONFLICT (subscription_id, parent_id, attribute, position) DO UPDATE
    SET child_id = excluded.child_id, owner_id = excluded.owner_id
    WHERE block_relation.child_id <> excluded.child_id
        OR block_relation.owner_id IS DISTINCT FROM excluded.owner_id
), removed_relation AS (
    DELETE FROM block_relation
    WHERE subscription_id = ANY ($6::uuid[])
        AND NOT EXISTS (
            SELECT
            FROM incoming_relation AS incoming
            WHERE incoming.subscription_id = block_relation.subscription_id
                AND incoming.parent_id IS NOT DISTINCT FROM block_relation.parent_id
                AND incoming.attribute = block_relation.attribute
                AND incoming.position = block_relation.position
        )
), removed_block AS (
    DELETE FROM block
    WHERE id = ANY ($7::uuid[]) AND subscription_id = ANY ($6::uuid[])
)
SELECT id, subscription_id FROM incoming_block WHERE id NOT IN (SELECT id FROM written_block)
UNION ALL
SELECT child_id, subscription_id FROM incoming_relation WHERE NOT whole
"""


async def write_trees(connection: asyncpg.Connection, patches: Sequence[SubscriptionPatch]) -> None:
    """Write the blocks and relations of patches whose subscriptions are written, in one statement or none.

    Raises:
        ForeignBlock: if a block that is written belongs to another subscription, or the block in a field is
            neither the subscription's own nor the named owner's; roll back then.
    """
    blocks = [block for patch in patches for block in patch.blocks_written]
    rearranged = [(patch, patch.relations) for patch in patches if patch.relations is not None]
    if not blocks and not rearranged:
        return
    removed = [block_id for patch, _ in rearranged for block_id in patch.blocks_removed]
    owners = _owners(blocks, removed=frozenset(removed))
    relations = [
        (patch.subscription_id, relation) for patch, relations in rearranged for relation in relations
    ]
    strays = await connection.fetch(
        _WRITE_TREES,
        [block.id for block in blocks],
        [block.subscription_id for block in blocks],
        [block.block for block in blocks],
        [block.label for block in blocks],
        [encode(dict(block.values)) for block in blocks],
        [patch.subscription_id for patch, _ in rearranged],
        removed,
        [subscription_id for subscription_id, _ in relations],
        [relation.parent_id for _, relation in relations],
        [relation.attribute for _, relation in relations],
        [relation.position for _, relation in relations],
        [relation.child_id for _, relation in relations],
        [relation.owner_id for _, relation in relations],
        [
            owners.get(relation.child_id) == (relation.owner_id or subscription_id)
            for subscription_id, relation in relations
        ],
    )
    for row in strays:
        subscription_id = SubscriptionId(row["subscription_id"])
        raise ForeignBlock(BlockId(row["id"]), owner=None, subscription_id=subscription_id)


def _owners(blocks: Iterable[BlockRecord], *, removed: frozenset[BlockId]) -> dict[BlockId, SubscriptionId]:
    """The owners of blocks that are written; a block has one, and cannot be handed over."""
    owners: dict[BlockId, SubscriptionId] = {}
    for block in blocks:
        if block.id in removed or owners.setdefault(block.id, block.subscription_id) != block.subscription_id:
            raise ForeignBlock(block.id, owner=None, subscription_id=block.subscription_id)
    return owners
