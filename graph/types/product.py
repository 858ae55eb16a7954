"""Products as the catalogue's tables have them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.storage.products import ProductRecord
from graph.context import Info
from graph.ids import IdKind, encode_id
from graph.permissions import Permission, requires
from graph.types.enums import ProductStatus
from graph.types.node import Node
from graph.types.scalars import Json

if TYPE_CHECKING:
    from graph.types.workflow import Workflow


@strawberry.type(description="Something that can be sold.", directives=requires(Permission.READ_CATALOG))
class Product(Node):
    """Something that can be sold."""

    name: str = strawberry.field(description="Its name, unique in the catalogue.")
    tag: str = strawberry.field(description="A short name for people.")
    product_type: str = strawberry.field(description="What kind of product it is.")
    description: str = strawberry.field(description="What it is.")
    status: ProductStatus = strawberry.field(description="Whether it may be sold and kept.")
    model: str = strawberry.field(description="The name of the model its subscriptions have.")
    fixed_inputs: Json = strawberry.field(
        description="The constants that tell it from other products of its model."
    )
    created_at: datetime = strawberry.field(description="When it came into the catalogue.")
    ended_at: datetime | None = strawberry.field(description="When it was taken out of the catalogue.")

    @strawberry.field(description="The workflows about subscriptions of its model.")
    def workflows(self, info: Info) -> list[Annotated["Workflow", strawberry.lazy("graph.types.workflow")]]:
        """The workflows about subscriptions of its model."""
        return info.context.families.workflows_of_model(self.model)


def product(record: ProductRecord) -> Product:
    """Gives a product as a result."""
    return Product(
        id=strawberry.ID(encode_id(IdKind.PRODUCT, record.id)),
        name=record.name,
        tag=record.tag,
        product_type=record.product_type,
        description=record.description,
        status=record.status,
        model=record.model,
        fixed_inputs=Json(dict(record.fixed_inputs)),
        created_at=record.created_at,
        ended_at=record.ended_at,
    )
