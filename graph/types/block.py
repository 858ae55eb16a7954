"""What every block has in common; each family of blocks has a type of its own beside it."""

from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from domain.ids import SubscriptionId
from graph.context import Info
from graph.permissions import Permission, requires
from graph.types.node import Node
from graph.types.scalars import Json

if TYPE_CHECKING:
    from graph.types.subscription import ProductSubscription


@strawberry.type(
    description="One value of a block, for readers that do not know its type.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class BlockValue:
    """One value of a block, for readers that do not know its type."""

    name: str = strawberry.field(description="The field of the block's type that holds the value.")
    value: Json = strawberry.field(description="The value as JSON.")


@strawberry.interface(
    description="A part of a subscription. Its type beside this has its values, typed.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class Block(Node):
    """A part of a subscription."""

    subscription_id: strawberry.Private[SubscriptionId]
    block_name: str = strawberry.field(description="The name of its model.")
    label: str | None = strawberry.field(description="A person's name for it.")
    parent_field: str = strawberry.field(description="The field of its parent that holds it.")
    parent_block: Optional["Block"] = strawberry.field(  # a forward reference cannot be joined by |
        description="The block it is a part of; null for a part of the subscription itself."
    )
    values: list[BlockValue] = strawberry.field(description="Its values without the blocks inside it.")

    @strawberry.field(description="The subscription that owns it.")
    async def owner_subscription(
        self, info: Info
    ) -> Annotated["ProductSubscription", strawberry.lazy("graph.types.subscription")] | None:
        """The subscription that owns it."""
        loader = info.context.loaders.subscriptions(info.context.families.columns(info))
        record = await loader.load(self.subscription_id)
        return None if record is None else info.context.families.subscription(record)


@strawberry.type(
    description="A block with all that an active one must have.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class StrictBlock:
    """What the strict types of blocks have in common. They have no id, so that a cache keeps a block once."""

    label: str | None = strawberry.field(description="A person's name for it.")
