"""Which subscriptions and blocks use which: the references between trees, in both directions."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Integer,
    Row,
    Uuid,
    bindparam,
    column,
    exists,
    func,
    select,
    text,
)

from domain.errors import DomainError
from domain.ids import BlockId, SubscriptionId
from domain.model.lifecycle import SubscriptionStatus
from domain.scope import Scope
from domain.storage import tables
from domain.storage.database import Database
from domain.storage.listing.selection import AnySelect, among, in_scope
from domain.storage.tables import Key

DEFAULT_DEPTH: Final = 10
"""How far those who ask for all that is related are followed."""
MAX_DEPTH: Final = 100
"""The farthest that anybody is followed."""

_block = tables.block.c
_relation = tables.block_relation.c


class InvalidDepth(DomainError):
    """Relations were to be followed farther than anybody is, or not at all."""

    def __init__(self, depth: int) -> None:
        super().__init__(f"found the depth {depth}, expected 1 to {MAX_DEPTH}")
        self.depth = depth


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A subscription that another one uses, or is used by.

    Attributes:
        depth: 1 for what is used directly, 2 for what that uses, and so on; the smallest of several.
    """

    subscription_id: SubscriptionId
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockUse:
    """A place in which a block stands.

    Attributes:
        block_id: the block that stands there.
        subscription_id: the subscription whose tree has the place.
        parent_id: the block that holds it; None for a field of the subscription itself.
        attribute: the field that holds it.
        position: the index in a list; 0 in a single field.
    """

    block_id: BlockId
    subscription_id: SubscriptionId
    parent_id: BlockId | None
    attribute: str
    position: int


class RelatedRepository:
    """The reads of relations between subscriptions. Each is one statement.

    What is out of scope is not found, and nothing is found through it. A key without anything related to it
    has no entry in the answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def depends_on(
        self,
        scope: Scope,
        ids: Iterable[SubscriptionId],
        *,
        depth: int = 1,
        statuses: Collection[SubscriptionStatus] | None = None,
        product_types: Collection[str] | None = None,
    ) -> Mapping[SubscriptionId, Sequence[Related]]:
        """The subscriptions whose blocks each of these uses, the nearest first; never itself.

        Args:
            scope: the caller's.
            ids: where to begin.
            depth: how far to follow; 1 for what is used directly.
            statuses: give only those in one of these; they are followed all the same.
            product_types: follow only what is of one of these; None follows all.

        Raises:
            InvalidDepth: if the depth is not 1 to 100.
        """
        walk = _Walk(this="subscription_id", other="owner_id", scope=scope, depth=depth)
        return await self._walked(walk, ids, statuses=statuses, product_types=product_types)

    async def in_use_by(
        self,
        scope: Scope,
        ids: Iterable[SubscriptionId],
        *,
        depth: int = 1,
        statuses: Collection[SubscriptionStatus] | None = None,
        product_types: Collection[str] | None = None,
    ) -> Mapping[SubscriptionId, Sequence[Related]]:
        """The subscriptions that use blocks of each of these, the nearest first; never itself.

        Takes what `depends_on` takes.

        Raises:
            InvalidDepth: if the depth is not 1 to 100.
        """
        walk = _Walk(this="owner_id", other="subscription_id", scope=scope, depth=depth)
        return await self._walked(walk, ids, statuses=statuses, product_types=product_types)

    async def blocks_in_use_by(
        self, scope: Scope, block_ids: Iterable[BlockId]
    ) -> Mapping[BlockId, Sequence[BlockUse]]:
        """The places in which each of these blocks stands: in the tree of its subscription and in others."""
        wanted = (
            _uses(_relation.child_id)
            .join(tables.block, _block.id == _relation.child_id)
            .where(
                among(_relation.child_id, list(block_ids), Uuid()),
                *_visible(_relation.subscription_id, scope),
                *_visible(_block.subscription_id, scope),
            )
        )
        return _by_key(await self._database.fetch(wanted))

    async def blocks_used_by(
        self, scope: Scope, block_ids: Iterable[BlockId]
    ) -> Mapping[BlockId, Sequence[BlockUse]]:
        """The places that each of these blocks has below it, with the blocks that stand there."""
        wanted = (
            _uses(_relation.parent_id)
            .join(
                tables.block,
                (_block.id == _relation.parent_id) & (_block.subscription_id == _relation.subscription_id),
            )
            .where(
                among(_block.id, list(block_ids), Uuid()),
                *_visible(_relation.subscription_id, scope),
                *_visible(func.coalesce(_relation.owner_id, _relation.subscription_id), scope),
            )
        )
        return _by_key(await self._database.fetch(wanted))

    async def _walked(
        self,
        walk: "_Walk",
        ids: Iterable[SubscriptionId],
        *,
        statuses: Collection[SubscriptionStatus] | None,
        product_types: Collection[str] | None,
    ) -> Mapping[SubscriptionId, Sequence[Related]]:
        rows = await self._database.fetch(_walk_statement(walk, ids, statuses, product_types))
        found: dict[SubscriptionId, list[Related]] = defaultdict(list)
        for row in rows:
            related = Related(subscription_id=SubscriptionId(row.id), depth=row.depth)
            found[SubscriptionId(row.root_id)].append(related)
        return dict(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """A way through the relations.

    Attributes:
        this: the column of a relation that names where one stands.
        other: the column that names where it leads.

    Raises:
        InvalidDepth: if the depth is not 1 to 100.
    """

    this: str
    other: str
    scope: Scope
    depth: int

    def __post_init__(self) -> None:
        if not 1 <= self.depth <= MAX_DEPTH:
            raise InvalidDepth(self.depth)


# A way is as long as its depth at most, so it also ends where subscriptions use each other.
_WALK: Final = """
WITH RECURSIVE walked (root_id, id, depth, status, is_followed) AS (
    SELECT subscription.id, subscription.id, 0, subscription.status::text COLLATE "C", true
    FROM subscription
    WHERE subscription.id = ANY (:ids) {in_scope}
    UNION
    SELECT walked.root_id, found.id, walked.depth + 1, found.status, found.is_followed
    FROM walked
    CROSS JOIN LATERAL (
        SELECT DISTINCT subscription.id, subscription.status::text COLLATE "C", {is_followed}
        FROM block_relation AS relation
        JOIN subscription ON subscription.id = relation.{other} {in_scope}
        WHERE relation.{this} = walked.id AND relation.owner_id IS NOT NULL
    ) AS found (id, status, is_followed)
    WHERE walked.is_followed AND walked.depth < :depth
)
SELECT root_id, id, min(depth) AS depth
FROM walked
WHERE id <> root_id {in_status}
GROUP BY root_id, id
"""
_IN_SCOPE: Final = "AND subscription.customer_id = ANY (:customers)"
_IN_STATUS: Final = "AND status = ANY (:statuses)"
_IS_OF_TYPE: Final = """EXISTS (
    SELECT FROM product
    WHERE product.id = subscription.product_id AND product.product_type = ANY (:product_types)
)"""


def _walk_statement(
    walk: _Walk,
    ids: Iterable[SubscriptionId],
    statuses: Collection[SubscriptionStatus] | None,
    product_types: Collection[str] | None,
) -> AnySelect:
    customers = walk.scope.customers
    statement = _WALK.format(
        this=walk.this,
        other=walk.other,
        in_scope="" if customers is None else _IN_SCOPE,
        in_status="" if statuses is None else _IN_STATUS,
        is_followed="true" if product_types is None else _IS_OF_TYPE,
    )
    parameters: list[BindParameter[Any]] = [
        bindparam("ids", list(ids), ARRAY(Uuid())),
        bindparam("depth", walk.depth, Integer()),
    ]
    for name, values in (("customers", customers), ("statuses", statuses), ("product_types", product_types)):
        if values is not None:
            parameters.append(bindparam(name, sorted(values), ARRAY(Key)))
    walked = (
        text(statement)
        .bindparams(*parameters)
        .columns(column("root_id", Uuid()), column("id", Uuid()), column("depth", Integer()))
        .subquery("walked")
    )
    return select(walked).order_by(walked.c.root_id, walked.c.depth, walked.c.id)


def _uses(key: ColumnElement[Any]) -> AnySelect:
    return (
        select(
            key.label("key"),
            _relation.child_id,
            _relation.subscription_id,
            _relation.parent_id,
            _relation.attribute,
            _relation.position,
        )
        .select_from(tables.block_relation)
        .order_by(
            key, _relation.subscription_id, _relation.parent_id, _relation.attribute, _relation.position
        )
    )


def _visible(subscription_id: ColumnElement[Any], scope: Scope) -> Iterable[ColumnElement[bool]]:
    if scope.customers is None:
        return ()
    owner = tables.subscription.alias()
    return (exists().where(owner.c.id == subscription_id, *in_scope(owner.c.customer_id, scope)),)


def _by_key(rows: Iterable[Row[Any]]) -> Mapping[BlockId, Sequence[BlockUse]]:
    found: dict[BlockId, list[BlockUse]] = defaultdict(list)
    for row in rows:
        found[BlockId(row.key)].append(
            BlockUse(
                block_id=BlockId(row.child_id),
                subscription_id=SubscriptionId(row.subscription_id),
                parent_id=None if row.parent_id is None else BlockId(row.parent_id),
                attribute=row.attribute,
                position=row.position,
            )
        )
    return dict(found)
