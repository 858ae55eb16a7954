"""The versions of a subscription: what made each, and the whole of one as it was."""

from datetime import datetime

import strawberry

from domain.ids import BlockId
from domain.model.trees.history import TreeVersion, sides_of
from domain.model.trees.tree import BlockRecord
from domain.storage.changes import ChangeRecord
from graph.context import Info, OperationContext
from graph.ids import IdKind, encode_id
from graph.permissions import Permission, requires
from graph.types.block import BlockRelation, BlockValue, block_relation
from graph.types.enums import SubscriptionStatus
from graph.types.process import Process, process, process_columns
from graph.types.value_change import ValueChange, value_changes

_VERSIONS_END = 2**31
"""No version is as great as this."""


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
        return value_changes(*sides_of([self.record]), info.context)


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


def _block_id(block_id: BlockId) -> strawberry.ID:
    return strawberry.ID(encode_id(IdKind.BLOCK, block_id))
