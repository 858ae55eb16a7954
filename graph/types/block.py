"""What every block has in common; each family of blocks has a type of its own beside it."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry
from pydantic import BaseModel

from domain.model.trees.tree import BlockRecord, RelationRecord
from domain.storage.related import BlockUse as BlockUseRecord
from graph.context import Info
from graph.ids import IdKind, encode_id
from graph.lists.cursors import PlainCursors
from graph.lists.paging import (
    After,
    Before,
    Connection,
    First,
    Last,
    PageArguments,
    connection,
    page_of_keyed,
)
from graph.names import field_name
from graph.permissions import Permission, requires
from graph.types.node import Node
from graph.types.scalars import Json
from graph.types.value_kind import ValueKind

if TYPE_CHECKING:
    from graph.types.subscription import ProductSubscription

_USES = PlainCursors(list_name="Block.inUseBy")


@strawberry.type(
    description="One value of a block, for readers that do not know its type.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class BlockValue:
    """One value of a block, for readers that do not know its type."""

    name: str = strawberry.field(description="The field of the block's type that holds the value.")
    description: str | None = strawberry.field(
        description="What that field is; null if the block's model does not have it any more."
    )
    kind: ValueKind = strawberry.field(description="What the value is, or each of them in a list.")
    is_list: bool = strawberry.field(description="Whether it is a list of values.")
    value: Json = strawberry.field(description="The value as JSON, as that field gives it.")


@strawberry.interface(
    description="A part of a subscription, whether the viewer may see it or not.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class AnyBlock(Node):
    """A part of a subscription, whether the viewer may see it or not."""

    block_name: str = strawberry.field(description="The name of its model.")


@strawberry.interface(
    description="A part of a subscription. Its type beside this has its values, typed. "
    "Where it stands is told by `blockTree` of the subscription, not here: it may stand in several places.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class Block(AnyBlock):
    """A part of a subscription; nothing in it depends on where it was reached."""

    block_record: strawberry.Private[BlockRecord]
    label: str | None = strawberry.field(description="A person's name for it.")
    values: list[BlockValue] = strawberry.field(description="Its values without the blocks inside it.")

    @strawberry.field(description="The subscription that owns it.")
    async def owner_subscription(
        self, info: Info
    ) -> Annotated["ProductSubscription", strawberry.lazy("graph.types.subscription")] | None:
        """The subscription that owns it."""
        loader = info.context.loaders.subscriptions(info.context.families.columns(info))
        record = await loader.load(self.block_record.subscription_id)
        return None if record is None else info.context.families.subscription(record)

    @strawberry.field(
        description="The places in which it stands, in its own subscription and in those that refer to it."
    )
    async def in_use_by(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection["BlockUse"]:
        """The places in which it stands."""
        context = info.context
        arguments = PageArguments(first=first, after=after, last=last, before=before)
        uses = await context.loaders.block_uses.load(self.block_record.id) or []

        async def count() -> int:
            return len(uses)

        return connection(
            page_of_keyed(
                uses, arguments.request(context.dependencies.settings, place=_USES.key), key=_holder
            ),
            context.budget,
            node=block_use,
            key=lambda use: _USES.place(_holder(use)),
            count=count,
        )


@strawberry.type(
    description="A place in which a block stands.", directives=requires(Permission.READ_SUBSCRIPTIONS)
)
class BlockUse:
    """A place in which a block stands."""

    record: strawberry.Private[BlockUseRecord]
    field: str = strawberry.field(description="The field that holds the block.")
    position: int = strawberry.field(description="The place in a list, from 0; 0 in a single field.")

    @strawberry.field(description="The subscription in whose tree the place is.")
    async def subscription(
        self, info: Info
    ) -> Annotated["ProductSubscription", strawberry.lazy("graph.types.subscription")] | None:
        """The subscription in whose tree the place is."""
        loader = info.context.loaders.subscriptions(info.context.families.columns(info))
        record = await loader.load(self.record.subscription_id)
        return None if record is None else info.context.families.subscription(record)

    @strawberry.field(description="The block whose field it is; null for a field of the subscription itself.")
    async def parent_block(self, info: Info) -> Block | None:
        """The block whose field it is."""
        if self.record.parent_id is None:
            return None
        tree = await info.context.loaders.trees.load(self.record.subscription_id)
        return None if tree is None else info.context.families.find_block(tree, self.record.parent_id)


@strawberry.type(
    description="A block that the subscription refers to and the viewer may not see: that it is there, "
    "and nothing of it.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class HiddenBlock(AnyBlock):
    """A block that the viewer may not see."""


@strawberry.type(
    description="A place in the tree of a subscription as it was: which block stood in which field.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class BlockRelation:
    """A place in a tree."""

    parent_id: strawberry.ID | None = strawberry.field(
        description="The block whose field it is; null for a field of the subscription itself."
    )
    field: str = strawberry.field(description="The field that holds the block.")
    position: int = strawberry.field(description="The place in a list, from 0; 0 in a single field.")
    block_id: strawberry.ID = strawberry.field(description="The block.")
    is_reference: bool = strawberry.field(
        description="Whether the block belongs to another subscription than the one whose field it is."
    )


@strawberry.type(
    description="A place in the tree of a subscription, and the block that stands there. A block may stand "
    "in several places, and is the same in all of them: so it is the place that has a depth and a parent.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class BlockPlace:
    """A place in the tree of a subscription, and the block that stands there."""

    depth: int = strawberry.field(
        description="How many blocks are above it: 0 for a field of the subscription itself."
    )
    field: str = strawberry.field(description="The field that holds the block.")
    position: int = strawberry.field(description="The place in a list, from 0; 0 in a single field.")
    is_reference: bool = strawberry.field(
        description="Whether the block belongs to another subscription than the one whose field it is."
    )
    is_repeated: bool = strawberry.field(
        description="Whether the block stands further up in the list as well: what is in it follows there, "
        "and not here."
    )
    parent: Block | None = strawberry.field(
        description="The block whose field it is; null for a field of the subscription itself."
    )
    block: AnyBlock = strawberry.field(description="The block.")


@strawberry.type(
    description="A block with all that an active one must have.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class StrictBlock:
    """What the strict types of blocks have in common. They have no id, so that a cache keeps a block once."""

    typed_model: strawberry.Private[BaseModel]
    label: str | None = strawberry.field(description="A person's name for it.")


def block_use(record: BlockUseRecord) -> BlockUse:
    """Gives a place of a block as a result."""
    return BlockUse(record=record, field=field_name(record.attribute), position=record.position)


def block_relation(record: RelationRecord, *, hidden: bool = False) -> BlockRelation:
    """Gives a relation as a result; who owns the block is not told, it may be out of scope.

    Args:
        record: The relation.
        hidden: Whether the block is out of scope; its owner, who is another one then, is not in the record.
    """
    return BlockRelation(
        parent_id=None
        if record.parent_id is None
        else strawberry.ID(encode_id(IdKind.BLOCK, record.parent_id)),
        field=field_name(record.attribute),
        position=record.position,
        block_id=strawberry.ID(encode_id(IdKind.BLOCK, record.child_id)),
        is_reference=hidden or record.owner_id is not None,
    )


def _holder(use: BlockUseRecord) -> UUID:
    """What tells the places of one block apart: it stands once in each parent."""
    return use.parent_id or use.subscription_id
