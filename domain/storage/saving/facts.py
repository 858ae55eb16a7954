"""What is stored around the subscriptions that a save changes: who uses them, and what they use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg
from pydantic import TypeAdapter

from domain.ids import BlockId, SubscriptionId
from domain.model.lifecycle import SAFE_USER_STATUSES, ProductStatus, SubscriptionStatus
from domain.model.trees.change_form import decode_side
from domain.model.trees.patch import SubscriptionPatch
from domain.model.trees.tree import RelationRecord
from domain.storage.saving.outcomes import StoredSubscription


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredUse:
    """That one subscription uses blocks of another one, as stored, and their statuses."""

    used: SubscriptionId
    user: SubscriptionId
    used_status: SubscriptionStatus
    user_status: SubscriptionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFact:
    """A block and a subscription: that owns it, or that refers to it."""

    block_id: BlockId
    subscription_id: SubscriptionId


@dataclass(frozen=True, slots=True, kw_only=True)
class NestingFact:
    """That a block of a subscription that is changed is somewhere below another one, as stored.

    Attributes:
        owner_id: whose the one above is.
    """

    above: BlockId
    owner_id: SubscriptionId
    below: BlockId


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveFacts:
    """What is stored when a save is decided.

    Attributes:
        subscriptions: those that are changed or newly referred to, if they exist.
        products: the statuses of the products that the changed subscriptions are to have, by name.
        uses: of those that change their status: by each other, by others in whose way the new status is, and
            of others by them.
        owned: the blocks that are newly referred to, if they exist.
        referred: the blocks that are to be removed, and who else refers to them.
        nested: what is below the blocks that the changed subscriptions are to refer to, and below each other;
            empty where no way from there leads back to one of these subscriptions.
    """

    subscriptions: Sequence[StoredSubscription]
    products: Mapping[str, ProductStatus]
    uses: Sequence[StoredUse]
    owned: Sequence[BlockFact]
    referred: Sequence[BlockFact]
    nested: Sequence[NestingFact]


def is_decision(patch: SubscriptionPatch) -> bool:
    """Whether a patch may only be written if the subscriptions around its own admit it."""
    return patch.status_changed or bool(patch.blocks_removed) or bool(references(patch))


def is_checked(patch: SubscriptionPatch) -> bool:
    """Whether the new status of a patch must go together with those of the subscriptions around it."""
    return patch.status_changed and patch.override is None


def references(patch: SubscriptionPatch) -> tuple[RelationRecord, ...]:
    """The places of blocks of others in the relations that a patch writes."""
    return tuple(each for each in patch.relations or () if each.owner_id is not None)


def new_references(patch: SubscriptionPatch) -> tuple[RelationRecord, ...]:
    """The places of blocks of others that the stored tree does not refer to."""
    written = references(patch)
    if not written:
        return ()
    before = decode_side(patch.before, patch.subscription_id).relations or ()
    known = {each.child_id for each in before}
    return tuple(each for each in written if each.child_id not in known)


# A circle of blocks is one of subscriptions as well, which is seldom and soon found. Each row is looked up by
# itself: a join could be carried out by reading a whole table. UNION ends where blocks are inside each other.
_FACTS = """
WITH RECURSIVE changed AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::boolean[]) AS changed (id, status, checked)
), safe AS MATERIALIZED (
    SELECT * FROM unnest($4::text[], $5::text[]) AS safe (used_status, user_status)
), uses AS (
    SELECT DISTINCT relation.owner_id AS used, relation.subscription_id AS user
    FROM block_relation AS relation
    JOIN changed ON changed.id = relation.owner_id AND changed.checked
    JOIN subscription ON subscription.id = relation.subscription_id
    WHERE relation.subscription_id IN (SELECT id FROM changed)
        OR (changed.status, subscription.status) NOT IN (SELECT used_status, user_status FROM safe)
    UNION
    SELECT relation.owner_id, relation.subscription_id
    FROM block_relation AS relation
    JOIN changed ON changed.id = relation.subscription_id AND changed.checked
    WHERE relation.owner_id IS NOT NULL
), reached (id) AS (
    SELECT unnest($10::uuid[])
    UNION
    SELECT used.id
    FROM reached
    CROSS JOIN LATERAL (
        SELECT relation.owner_id
        FROM block_relation AS relation
        WHERE relation.subscription_id = reached.id AND relation.owner_id IS NOT NULL
        OFFSET 0
    ) AS used (id)
), nested (above, above_owner_id, block_id, owner_id) AS (
    SELECT referred.block_id, referred.owner_id, referred.block_id, referred.owner_id
    FROM unnest($11::uuid[], $10::uuid[]) AS referred (block_id, owner_id)
    WHERE EXISTS (SELECT FROM reached WHERE id = ANY ($12::uuid[]))
    UNION
    SELECT
        CASE WHEN nested.owner_id = ANY ($1::uuid[]) THEN nested.block_id ELSE nested.above END,
        CASE WHEN nested.owner_id = ANY ($1::uuid[]) THEN nested.owner_id ELSE nested.above_owner_id END,
        child.block_id, child.owner_id
    FROM nested
    CROSS JOIN LATERAL (
        SELECT relation.child_id, coalesce(relation.owner_id, nested.owner_id)
        FROM block_relation AS relation
        WHERE relation.subscription_id = nested.owner_id AND relation.parent_id = nested.block_id
        OFFSET 0
    ) AS child (block_id, owner_id)
)
SELECT
    (
        SELECT json_agg(json_build_object(
            'id', s.id, 'version', s.version, 'status', s.status, 'in_sync', s.in_sync, 'held_by', s.held_by,
            'product', product.name
        ))
        FROM subscription AS s JOIN product ON product.id = s.product_id
        WHERE s.id = ANY ($1::uuid[] || $6::uuid[])
    ) AS subscriptions,
    (SELECT json_object_agg(name, status) FROM product WHERE name = ANY ($7::text[])) AS products,
    (
        SELECT json_agg(json_build_object(
            'used', uses.used, 'user', uses.user, 'used_status', used.status, 'user_status', "user".status
        ) ORDER BY uses.used, uses.user)
        FROM uses
        JOIN subscription AS used ON used.id = uses.used
        JOIN subscription AS "user" ON "user".id = uses.user
    ) AS uses,
    (
        SELECT json_agg(json_build_object('block_id', id, 'subscription_id', subscription_id))
        FROM block
        WHERE id = ANY ($8::uuid[])
    ) AS owned,
    (
        SELECT json_agg(json_build_object('block_id', child_id, 'subscription_id', subscription_id))
        FROM (
            SELECT DISTINCT child_id, subscription_id
            FROM block_relation
            WHERE child_id = ANY ($9::uuid[]) AND owner_id IS NOT NULL
            ORDER BY child_id, subscription_id
        ) AS referring
    ) AS referred,
    (
        SELECT json_agg(json_build_object('above', above, 'owner_id', above_owner_id, 'below', block_id))
        FROM nested
        WHERE owner_id = ANY ($1::uuid[]) AND above <> block_id
    ) AS nested
"""

_SAFE = [(used, user) for used, users in SAFE_USER_STATUSES.items() for user in sorted(users)]
_SUBSCRIPTIONS = TypeAdapter(list[StoredSubscription])
_PRODUCTS = TypeAdapter(dict[str, ProductStatus])
_USES = TypeAdapter(list[StoredUse])
_BLOCKS = TypeAdapter(list[BlockFact])
_NESTED = TypeAdapter(list[NestingFact])


async def save_facts(connection: asyncpg.Connection, patches: Sequence[SubscriptionPatch]) -> SaveFacts:
    """What is stored around the subscriptions of these patches, in one statement.

    The rows of these subscriptions, of those whose blocks they use, and of those whose blocks are referred to
    must be locked: so it holds until the transaction ends.
    """
    added = [relation for patch in patches for relation in new_references(patch)]
    written = [relation for patch in patches for relation in references(patch)]
    row = await connection.fetchrow(
        _FACTS,
        [patch.subscription_id for patch in patches],
        [patch.status for patch in patches],
        [is_checked(patch) for patch in patches],
        [used for used, _ in _SAFE],
        [user for _, user in _SAFE],
        sorted({relation.owner_id for relation in added if relation.owner_id is not None}),
        sorted({patch.product for patch in patches}),
        sorted({relation.child_id for relation in added}),
        [block_id for patch in patches for block_id in patch.blocks_removed],
        [relation.owner_id for relation in written],
        [relation.child_id for relation in written],
        [patch.subscription_id for patch in patches if references(patch)],
    )
    assert row is not None, "the statement has one row"
    return SaveFacts(
        subscriptions=_SUBSCRIPTIONS.validate_python(row["subscriptions"] or []),
        products=_PRODUCTS.validate_python(row["products"] or {}),
        uses=_USES.validate_python(row["uses"] or []),
        owned=_BLOCKS.validate_python(row["owned"] or []),
        referred=_BLOCKS.validate_python(row["referred"] or []),
        nested=_NESTED.validate_python(row["nested"] or []),
    )
