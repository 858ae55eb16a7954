"""Reading whole trees: a subscription, its blocks, and what it refers to in the trees of others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Row,
    ScalarSelect,
    bindparam,
    column,
    func,
    literal_column,
    select,
    text,
)

from domain.ids import BlockId, SubscriptionId
from domain.json import JsonValue
from domain.model.trees.tree import BlockRecord, BlockStub, RelationRecord, SubscriptionRecord, Tree
from domain.scope import Scope
from domain.storage import tables
from domain.storage.listing.selection import AnySelect
from domain.storage.tables import Key

_subscription = tables.subscription.c
_block = tables.block.c
_relation = tables.block_relation.c

# Starts at the few relations that lead out of a tree, and follows the places below what it finds. Each row is
# looked up by itself: a join could be carried out by reading a whole table, and most trees have no rows here.
# UNION ends where blocks are inside each other, and a way that comes back to the tree itself goes no further.
_REACHED: Final = """
WITH RECURSIVE reached (owner_id, block_id, visible) AS (
    SELECT relation.owner_id, relation.child_id, {owner_is_visible}
    FROM block_relation AS relation
    WHERE relation.subscription_id = subscription.id AND relation.owner_id IS NOT NULL
    UNION
    SELECT place.owner_id, place.block_id, place.visible
    FROM reached
    CROSS JOIN LATERAL (
        SELECT coalesce(relation.owner_id, reached.owner_id), relation.child_id,
            CASE WHEN relation.owner_id IS NULL THEN true ELSE {owner_is_visible} END
        FROM block_relation AS relation
        WHERE relation.subscription_id = reached.owner_id AND relation.parent_id = reached.block_id
        OFFSET 0
    ) AS place (owner_id, block_id, visible)
    WHERE reached.visible AND reached.owner_id <> subscription.id
), beyond AS MATERIALIZED (
    SELECT owner_id, block_id, visible FROM reached WHERE owner_id <> subscription.id
)
SELECT CASE WHEN EXISTS (SELECT FROM beyond) THEN json_build_array(
    (
        SELECT json_agg((
            SELECT CASE WHEN beyond.visible
                THEN json_build_array(block.id, block.block, beyond.owner_id, block.label, block."values")
                ELSE json_build_array(block.id, block.block)
            END
            FROM block
            WHERE block.id = beyond.block_id
        ))
        FROM beyond
    ),
    (
        SELECT json_agg((
            SELECT json_agg(json_build_array(
                relation.parent_id, relation.attribute, relation.position, relation.child_id,
                relation.owner_id
            ))
            FROM block_relation AS relation
            WHERE relation.subscription_id = beyond.owner_id AND relation.parent_id = beyond.block_id
        ))
        FROM beyond
        WHERE beyond.visible
    )
) END AS elsewhere
"""
_ANY_OWNER: Final = "true"
_OWNER_IN_SCOPE: Final = """EXISTS (
    SELECT FROM subscription AS owner
    WHERE owner.id = relation.owner_id AND owner.customer_id = ANY (:customers)
)"""


def tree_columns(scope: Scope) -> tuple[ColumnElement[Any], ...]:
    """What a statement on subscriptions must select, beside their records, for `tree_of`."""
    return (_blocks().label("blocks"), _relations().label("relations"), _elsewhere(scope).label("elsewhere"))


def tree_of(record: SubscriptionRecord, row: Row[Any]) -> Tree:
    """The tree of a subscription, from a row with those columns."""
    ids = _Ids()
    own = [
        BlockRecord(
            id=BlockId(ids[block_id]), subscription_id=record.id, block=block, label=label, values=values
        )
        for block_id, block, label, values in row.blocks
    ]
    found, places = row.elsewhere or ((), ())
    foreign = [_foreign(*item) for item in found if len(item) > _STUB_LENGTH]
    stubs = [
        BlockStub(id=BlockId(ids[item[0]]), block=item[1]) for item in found if len(item) == _STUB_LENGTH
    ]
    rows = sorted([*row.relations, *_below(places)], key=_place)
    relations = _relation_records(rows, ids, hidden={stub.id for stub in stubs})
    return Tree(
        subscription=record,
        blocks=(*own, *sorted(foreign, key=lambda block: block.id)),
        relations=tuple(relations),
        stubs=tuple(sorted(stubs, key=lambda stub: stub.id)),
    )


_STUB_LENGTH: Final = 2


class _Ids(dict[str, UUID]):
    """The ids in one row by their texts. Most stand there several times, and each is made once."""

    def __missing__(self, text: str) -> UUID:
        self[text] = made = UUID(text)
        return made


def _blocks() -> ScalarSelect[Any]:
    block = func.json_build_array(_block.id, _block.block, _block.label, _block["values"])
    return _gathered(block).where(_block.subscription_id == _subscription.id).scalar_subquery()


def _relations() -> ScalarSelect[Any]:
    relation = func.json_build_array(
        _relation.parent_id, _relation.attribute, _relation.position, _relation.child_id, _relation.owner_id
    )
    return _gathered(relation).where(_relation.subscription_id == _subscription.id).scalar_subquery()


def _gathered(item: ColumnElement[Any]) -> AnySelect:
    return select(func.coalesce(func.json_agg(item), literal_column("'[]'::json")))


def _elsewhere(scope: Scope) -> ScalarSelect[Any]:
    if scope.customers is None:
        statement = text(_REACHED.format(owner_is_visible=_ANY_OWNER))
    else:
        statement = text(_REACHED.format(owner_is_visible=_OWNER_IN_SCOPE)).bindparams(
            bindparam("customers", sorted(scope.customers), ARRAY(Key))
        )
    return statement.columns(column("elsewhere", JSON())).scalar_subquery()


def _foreign(
    block_id: str, block: str, owner: str, label: str | None, values: Mapping[str, JsonValue]
) -> BlockRecord:
    return BlockRecord(
        id=BlockId(UUID(block_id)),
        subscription_id=SubscriptionId(UUID(owner)),
        block=block,
        label=label,
        values=values,
    )


def _below(places: Iterable[Any]) -> Iterator[Any]:
    for group in places or ():
        yield from group or ()


def _relation_records(rows: Iterable[Any], ids: _Ids, *, hidden: set[BlockId]) -> Iterator[RelationRecord]:
    for parent, attribute, position, child, owner in rows:
        child_id = BlockId(ids[child])
        yield RelationRecord(
            parent_id=None if parent is None else BlockId(ids[parent]),
            attribute=attribute,
            position=position,
            child_id=child_id,
            # Whose block it is stays hidden with the block.
            owner_id=None if owner is None or child_id in hidden else SubscriptionId(ids[owner]),
        )


def _place(row: Sequence[Any]) -> tuple[str, str, int]:
    parent, attribute, position, *_ = row
    return parent or "", attribute, position
