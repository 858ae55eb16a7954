"""Reading subscriptions: pages, records by id, and whole trees."""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, ScalarSelect, Uuid, func, literal_column, select

from domain.ids import BlockId, SubscriptionId
from domain.model.lifecycle import SubscriptionStatus
from domain.model.tree import BlockRecord, RelationRecord, SubscriptionRecord, Tree
from domain.scope import Scope
from domain.storage import tables
from domain.storage.database import Database
from domain.storage.paging import Page, PageRequest, id_key
from domain.storage.selection import AnySelect, among, in_scope, partial_record
from domain.storage.tables import Key

_subscription = tables.subscription.c
_product = tables.product.c
_block = tables.block.c
_relation = tables.block_relation.c

COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = MappingProxyType(
    {
        "id": _subscription.id,
        "product_id": _subscription.product_id,
        "product_name": _product.name.label("product_name"),
        "customer_id": _subscription.customer_id,
        "status": _subscription.status,
        "description": _subscription.description,
        "in_sync": _subscription.in_sync,
        "held_by": _subscription.held_by,
        "version": _subscription.version,
        "note": _subscription.note,
        "note_version": _subscription.note_version,
        "start_at": _subscription.start_at,
        "end_at": _subscription.end_at,
        "created_at": _subscription.created_at,
        "modified_at": _subscription.modified_at,
    }
)
"""What a subscription's record is made of, by attribute."""


class SubscriptionRepository:
    """The reads of subscriptions. Each is one statement; what is out of scope is not found.

    Where ``columns`` are given, the records have those attributes and the id, and no others.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        scope: Scope,
        *,
        request: PageRequest,
        statuses: Collection[SubscriptionStatus] | None = None,
        columns: frozenset[str] | None = None,
    ) -> Page[SubscriptionRecord]:
        """A page of the subscriptions in scope, the newest first; its sort key is the id."""
        wanted = _filtered(_select(columns), scope, statuses)
        if request.after is not None:
            wanted = wanted.where(_subscription.id < id_key(request.after))
        if request.before is not None:
            wanted = wanted.where(_subscription.id > id_key(request.before))
        order = _subscription.id.asc() if request.backward else _subscription.id.desc()
        wanted = wanted.order_by(order).limit(request.size + 1).offset(request.offset)
        return request.page_of([_record(row, columns) for row in await self._database.fetch(wanted)])

    async def by_ids(
        self, scope: Scope, ids: Iterable[SubscriptionId], columns: frozenset[str] | None = None
    ) -> dict[SubscriptionId, SubscriptionRecord]:
        """The subscriptions of these ids that are in scope."""
        wanted = _filtered(_select(columns), scope).where(among(_subscription.id, list(ids), Uuid()))
        return {SubscriptionId(row.id): _record(row, columns) for row in await self._database.fetch(wanted)}

    async def count(self, scope: Scope, *, statuses: Collection[SubscriptionStatus] | None = None) -> int:
        """How many subscriptions in scope there are."""
        counted = select(func.count().label("subscriptions")).select_from(tables.subscription)
        (row,) = await self._database.fetch(_filtered(counted, scope, statuses))
        return row.subscriptions

    async def trees(self, scope: Scope, ids: Iterable[SubscriptionId]) -> dict[SubscriptionId, Tree]:
        """The subscriptions of these ids that are in scope, with all of their blocks, as of one moment."""
        wanted = _filtered(
            _select(None).add_columns(_blocks().label("blocks"), _relations().label("relations")), scope
        ).where(among(_subscription.id, list(ids), Uuid()))
        return {SubscriptionId(row.id): _tree(row) for row in await self._database.fetch(wanted)}

    async def owners_of(self, scope: Scope, block_ids: Iterable[BlockId]) -> dict[BlockId, SubscriptionId]:
        """The subscriptions in scope that own the blocks of these ids."""
        owned = select(_block.id, _block.subscription_id).join_from(tables.block, tables.subscription)
        wanted = _filtered(owned, scope).where(among(_block.id, list(block_ids), Uuid()))
        rows = await self._database.fetch(wanted)
        return {BlockId(row.id): SubscriptionId(row.subscription_id) for row in rows}


def _select(columns: frozenset[str] | None) -> AnySelect:
    names = _names(columns)
    selected = select(*(COLUMNS[name] for name in names))
    if "product_name" in names:
        return selected.join_from(tables.subscription, tables.product)
    return selected.select_from(tables.subscription)


def _names(columns: frozenset[str] | None) -> list[str]:
    return [name for name in COLUMNS if columns is None or name == "id" or name in columns]


def _filtered(
    statement: AnySelect, scope: Scope, statuses: Collection[SubscriptionStatus] | None = None
) -> AnySelect:
    statement = statement.where(*in_scope(_subscription.customer_id, scope))
    if statuses is not None:
        statement = statement.where(among(_subscription.status, sorted(statuses), Key))
    return statement


def _blocks() -> ScalarSelect[Any]:
    block = func.json_build_array(_block.id, _block.block, _block.label, _block["values"])
    return _gathered(block).where(_block.subscription_id == _subscription.id).scalar_subquery()


def _relations() -> ScalarSelect[Any]:
    relation = func.json_build_array(
        _relation.parent_id, _relation.attribute, _relation.position, _relation.child_id
    )
    return _gathered(relation).where(_relation.subscription_id == _subscription.id).scalar_subquery()


def _gathered(item: ColumnElement[Any]) -> AnySelect:
    return select(func.coalesce(func.json_agg(item), literal_column("'[]'::json")))


def _record(row: Row[Any], columns: frozenset[str] | None) -> SubscriptionRecord:
    values = {name: getattr(row, name) for name in _names(columns)}
    if "status" in values:
        values["status"] = SubscriptionStatus(values["status"])
    return partial_record(SubscriptionRecord, values)


def _tree(row: Row[Any]) -> Tree:
    record = _record(row, None)
    blocks = tuple(
        BlockRecord(
            id=BlockId(UUID(block_id)), subscription_id=record.id, block=block, label=label, values=values
        )
        for block_id, block, label, values in row.blocks
    )
    relations = (
        RelationRecord(
            parent_id=None if parent_id is None else BlockId(UUID(parent_id)),
            attribute=attribute,
            position=position,
            child_id=BlockId(UUID(child_id)),
        )
        for parent_id, attribute, position, child_id in row.relations
    )
    return Tree(subscription=record, blocks=blocks, relations=tuple(sorted(relations, key=_place)))


def _place(relation: RelationRecord) -> tuple[str, str, int]:
    return str(relation.parent_id or ""), relation.attribute, relation.position
