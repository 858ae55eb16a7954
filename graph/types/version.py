"""The versions of a subscription: what made each, and the whole of one as it was."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import strawberry

from domain.ids import BlockId, SubscriptionId
from domain.json import JsonValue
from domain.model.trees.change_form import ChangeSide, decode_side
from domain.model.trees.history import TreeVersion
from domain.model.trees.tree import BlockRecord, RelationRecord
from domain.storage.changes import ChangeRecord
from graph.context import Info, OperationContext
from graph.ids import IdKind, encode_id
from graph.names import field_name
from graph.permissions import Permission, requires
from graph.types.block import BlockRelation, BlockValue, block_relation
from graph.types.enums import SubscriptionStatus
from graph.types.process import Process, process, process_columns
from graph.types.scalars import Json

_VERSIONS_END = 2**31
"""No version is as great as this."""


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


@strawberry.type(
    description="What made one version of a subscription.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class SubscriptionChange:
    """What made one version of a subscription."""

    record: strawberry.Private[ChangeRecord]
    version: int = strawberry.field(description="The version.")
    at: datetime = strawberry.field(description="When it was made.")
    actor: str = strawberry.field(description="Who made it happen.")
    step_key: str | None = strawberry.field(description="The step of the process that made it.")
    override: str | None = strawberry.field(
        description="Why a change of status was made although related subscriptions did not admit it."
    )

    @strawberry.field(
        description="The process that made it; null if none did, or the viewer may not see it.",
        directives=requires(Permission.READ_PROCESSES),
    )
    async def process(self, info: Info) -> Process | None:
        """The process that made it."""
        if self.record.process_id is None:
            return None
        read = await info.context.loaders.processes(process_columns(info)).load(self.record.process_id)
        return None if read is None else process(read)

    @strawberry.field(description="Every value that it changed; all of them for the first version.")
    def changes(self, info: Info) -> list[ValueChange]:
        """Every value that it changed."""
        return list(_changes(self.record, info.context))


@strawberry.type(
    description="A block as it was. It has no id of its own: the block of that id is what it is now.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class BlockVersion:
    """A block as it was."""

    block_id: strawberry.ID = strawberry.field(description="The block.")
    block_name: str = strawberry.field(description="The name of its model.")
    label: str | None = strawberry.field(description="A person's name for it.")
    values: list[BlockValue] = strawberry.field(description="Its values without the blocks inside it.")


@strawberry.type(
    description="A subscription as it was. It has no id of its own: the subscription of that id is as it is "
    "now.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class SubscriptionVersion:
    """A subscription as it was."""

    subscription_id: strawberry.ID = strawberry.field(description="The subscription.")
    version: int = strawberry.field(description="The version.")
    at: datetime = strawberry.field(description="When the version was made.")
    product_name: str = strawberry.field(description="The name of the product it was of.")
    customer_id: str = strawberry.field(description="Who held it.")
    status: SubscriptionStatus = strawberry.field(description="Where it was in its life.")
    description: str = strawberry.field(description="What it was, for people.")
    start_at: datetime | None = strawberry.field(description="When it had first become active.")
    end_at: datetime | None = strawberry.field(description="When it had been terminated.")
    blocks: list[BlockVersion] = strawberry.field(description="The blocks that it owned.")
    relations: list[BlockRelation] = strawberry.field(
        description="Which block stood in which field, blocks of others that it referred to included."
    )


def version_number(text: str) -> int:
    """Reads a version from a cursor.

    Raises:
        ValueError: The cursor is of another list.
    """
    number = int(text)
    if not 0 < number < _VERSIONS_END:
        raise ValueError(text)
    return number


def subscription_change(record: ChangeRecord) -> SubscriptionChange:
    """Gives a change as a result."""
    return SubscriptionChange(
        record=record,
        version=record.version,
        at=record.at,
        actor=record.actor,
        step_key=record.step_key,
        override=record.override,
    )


def subscription_version(tree: TreeVersion, context: OperationContext) -> SubscriptionVersion:
    """Gives an earlier version as a result."""
    own = {record.id for record in tree.blocks}
    return SubscriptionVersion(
        subscription_id=strawberry.ID(encode_id(IdKind.SUBSCRIPTION, tree.subscription_id)),
        version=tree.version,
        at=tree.at,
        product_name=tree.product,
        customer_id=tree.customer_id,
        status=tree.status,
        description=tree.description,
        start_at=tree.start_at,
        end_at=tree.end_at,
        blocks=[_block(record, context) for record in tree.blocks],
        relations=[
            block_relation(relation, hidden=relation.child_id not in own) for relation in tree.relations
        ],
    )


def _block(record: BlockRecord, context: OperationContext) -> BlockVersion:
    return BlockVersion(
        block_id=_block_id(record.id),
        block_name=record.block,
        label=record.label,
        values=context.families.earlier_values(record),
    )


def _changes(record: ChangeRecord, context: OperationContext) -> Iterator[ValueChange]:
    """The differences of both sides, value by value; who owns a block that is referred to is not told."""
    subscription_id: SubscriptionId = record.subscription_id
    before, after = decode_side(record.before, subscription_id), decode_side(record.after, subscription_id)
    for name in dict.fromkeys((*before.columns, *after.columns)):
        yield ValueChange(
            block_id=None,
            block_name=None,
            field=field_name(name),
            before=Json(before.columns.get(name)),
            after=Json(after.columns.get(name)),
        )
    for block_id in dict.fromkeys((*before.blocks, *after.blocks)):
        yield from _block_changes(before.blocks.get(block_id), after.blocks.get(block_id), context)
    yield from _moves(before, after)


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
