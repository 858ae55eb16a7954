"""Reading blocks without the trees around them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Uuid, select

from domain.ids import BlockId, SubscriptionId
from domain.model.trees.tree import BlockRecord
from domain.scope import Scope
from domain.storage import tables
from domain.storage.database import Database
from domain.storage.listing.selection import AnySelect, among, in_scope

_block = tables.block.c


class BlockRepository:
    """The reads of blocks. Each is one statement; what is out of scope is not found."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_ids(self, scope: Scope, ids: Iterable[BlockId]) -> Mapping[BlockId, BlockRecord]:
        """The blocks of these ids."""
        rows = await self._database.fetch(_blocks(scope).where(among(_block.id, list(ids), Uuid())))
        return {BlockId(row.id): _record(row) for row in rows}

    async def of_subscriptions(
        self, scope: Scope, ids: Iterable[SubscriptionId]
    ) -> Mapping[SubscriptionId, Sequence[BlockRecord]]:
        """The blocks that belong to each of these subscriptions, the oldest first; no references."""
        wanted = _blocks(scope).where(among(_block.subscription_id, list(ids), Uuid()))
        found: dict[SubscriptionId, list[BlockRecord]] = defaultdict(list)
        for row in await self._database.fetch(wanted.order_by(_block.subscription_id, _block.id)):
            found[SubscriptionId(row.subscription_id)].append(_record(row))
        return dict(found)


def _blocks(scope: Scope) -> AnySelect:
    return (
        select(tables.block)
        .join(tables.subscription)
        .where(*in_scope(tables.subscription.c.customer_id, scope))
    )


def _record(row: Row[Any]) -> BlockRecord:
    return BlockRecord(
        id=BlockId(row.id),
        subscription_id=SubscriptionId(row.subscription_id),
        block=row.block,
        label=row.label,
        values=row.values,
    )
