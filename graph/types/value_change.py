"""The values that changes of subscriptions changed, told one by one."""

from collections.abc import Iterator, Mapping

import strawberry

from domain.ids import BlockId
from domain.json import JsonValue
from domain.model.trees.change_form import ChangeSide
from domain.model.trees.tree import BlockRecord, RelationRecord
from graph.context import OperationContext
from graph.ids import IdKind, encode_id
from graph.names import field_name
from graph.permissions import Permission, requires
from graph.types.scalars import Json


@strawberry.type(
    description="One value that a change of a subscription changed.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class ValueChange:
    """One value that a change of a subscription changed."""

    block_id: strawberry.ID | None = strawberry.field(
        description="The block whose value it is; null for one of the subscription itself."
    )
    block_name: str | None = strawberry.field(description="The name of the block's model.")
    field: str = strawberry.field(description="The field that holds it.")
    before: Json | None = strawberry.field(
        description="What it was; for a field of blocks, their ids in order. Null if it was not there."
    )
    after: Json | None = strawberry.field(description="What it became; null if it is not there any more.")


def value_changes(before: ChangeSide, after: ChangeSide, context: OperationContext) -> list[ValueChange]:
    """Gives the differences of both sides, value by value; who owns a block that is referred to stays out."""
    return [*_column_changes(before, after), *_blocks_changes(before, after, context), *_moves(before, after)]


def _column_changes(before: ChangeSide, after: ChangeSide) -> Iterator[ValueChange]:
    for name in dict.fromkeys((*before.columns, *after.columns)):
        old, new = before.columns.get(name), after.columns.get(name)
        if name not in before.columns or old != new:
            yield ValueChange(
                block_id=None, block_name=None, field=field_name(name), before=Json(old), after=Json(new)
            )


def _blocks_changes(
    before: ChangeSide, after: ChangeSide, context: OperationContext
) -> Iterator[ValueChange]:
    for block_id in dict.fromkeys((*before.blocks, *after.blocks)):
        yield from _block_changes(before.blocks.get(block_id), after.blocks.get(block_id), context)


def _block_changes(
    before: BlockRecord | None, after: BlockRecord | None, context: OperationContext
) -> Iterator[ValueChange]:
    known = after or before
    if known is None:
        return
    old, new = (_values(record, context) for record in (before, after))
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield ValueChange(
                block_id=_block_id(known.id),
                block_name=known.block,
                field=name,
                before=Json(old.get(name)),
                after=Json(new.get(name)),
            )


def _values(record: BlockRecord | None, context: OperationContext) -> dict[str, object]:
    if record is None:
        return {}
    values: dict[str, object] = {"label": record.label}
    return values | {value.name: value.value for value in context.families.earlier_values(record)}


def _moves(before: ChangeSide, after: ChangeSide) -> Iterator[ValueChange]:
    """The fields whose blocks are not the same any more."""
    old, new = _held(before.relations), _held(after.relations)
    for parent_id, attribute in dict.fromkeys((*old, *new)):
        place = parent_id, attribute
        if old.get(place) != new.get(place):
            yield ValueChange(
                block_id=None if parent_id is None else _block_id(parent_id),
                block_name=None,
                field=field_name(attribute),
                before=Json(old.get(place)),
                after=Json(new.get(place)),
            )


def _held(
    relations: tuple[RelationRecord, ...] | None,
) -> Mapping[tuple[BlockId | None, str], list[JsonValue]]:
    held: dict[tuple[BlockId | None, str], list[JsonValue]] = {}
    for relation in relations or ():
        held.setdefault((relation.parent_id, relation.attribute), []).append(_block_id(relation.child_id))
    return held


def _block_id(block_id: BlockId) -> strawberry.ID:
    return strawberry.ID(encode_id(IdKind.BLOCK, block_id))
