"""Product blocks as the catalogue's tables and the models have them."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.model.catalog import Catalog
from domain.model.catalog_relations import relations_of
from domain.model.definition.scalars import Scalar
from domain.storage.product_blocks import ProductBlockRecord
from graph.context import Info
from graph.generate.fields import BlockChoice, BlockFamily, FieldPlanner, PlannedField
from graph.ids import IdKind, encode_id
from graph.names import type_name
from graph.permissions import Permission, requires
from graph.types.enums import ProductStatus, SubscriptionStatus
from graph.types.node import Node
from graph.types.value_kind import ValueKind, kind_of_scalar

if TYPE_CHECKING:
    from graph.types.product import Product


@strawberry.type(
    description="A field of a product block's models, for readers that do not know its type.",
    directives=requires(Permission.READ_CATALOG),
)
class ProductBlockField:
    """A field of a product block's models."""

    block_names: strawberry.Private[tuple[str, ...]]
    name: str = strawberry.field(description="Its name in the block's type.")
    description: str = strawberry.field(description="What it holds.")
    kind: ValueKind = strawberry.field(description="What kind of values it holds.")
    type_name: str = strawberry.field(
        description="The name of its values' type in this schema: a scalar, an enum, an object or a union."
    )
    is_list: bool = strawberry.field(description="Whether it holds a list of values.")
    required_in: list[SubscriptionStatus] = strawberry.field(
        description="The statuses of a subscription in which it is never null; a list may be empty."
    )
    choices: list[str] | None = strawberry.field(
        description="All values that it may have, as text; null if they are no closed set."
    )
    is_indexed: bool = strawberry.field(
        description="Whether filtering lists by its values costs the same however long they are."
    )
    is_computed: bool = strawberry.field(description="Whether the model computes it, and nothing is stored.")
    is_reference: bool = strawberry.field(description="Whether it may hold blocks of other subscriptions.")

    @strawberry.field(description="The product blocks that it takes; none if it holds values.")
    async def blocks(self, info: Info) -> list["ProductBlock"]:
        """The product blocks that it takes."""
        return await load_product_blocks(info, self.block_names)


@strawberry.type(
    description="A kind of blocks, of which products are made.", directives=requires(Permission.READ_CATALOG)
)
class ProductBlock(Node):
    """A kind of blocks, of which products are made."""

    record: strawberry.Private[ProductBlockRecord]
    name: str = strawberry.field(description="Its name, unique in the catalogue: `blockName` of its blocks.")
    description: str = strawberry.field(description="What it is.")
    status: ProductStatus = strawberry.field(
        description="Whether it is in use; END_OF_LIFE once it has left the catalogue."
    )
    created_at: datetime = strawberry.field(description="When it came into the catalogue.")
    ended_at: datetime | None = strawberry.field(description="When it was taken out of the catalogue.")

    @strawberry.field(
        description="The fields of its models, in any status; none once it has left the catalogue."
    )
    def fields(self, info: Info) -> list[ProductBlockField]:
        """The fields of its models."""
        return list(product_block_fields(info.context.dependencies.catalog, self.name))

    @strawberry.field(
        description="The products whose subscriptions may hold it, at any depth or by reference."
    )
    async def products(
        self, info: Info
    ) -> list[Annotated["Product", strawberry.lazy("graph.types.product")]]:
        """The products whose subscriptions may hold it."""
        relations = relations_of(info.context.dependencies.catalog)
        return await info.context.families.products_named(relations.products.get(self.name, ()), info.context)

    @strawberry.field(description="The product blocks that stand in its fields, or that these refer to.")
    async def depends_on(self, info: Info) -> list["ProductBlock"]:
        """The product blocks that stand in its fields."""
        relations = relations_of(info.context.dependencies.catalog)
        return await load_product_blocks(info, relations.depends_on.get(self.name, ()))

    @strawberry.field(
        description="The product blocks in whose fields it stands, or whose fields refer to it."
    )
    async def in_use_by(self, info: Info) -> list["ProductBlock"]:
        """The product blocks in whose fields it stands."""
        relations = relations_of(info.context.dependencies.catalog)
        return await load_product_blocks(info, relations.in_use_by.get(self.name, ()))


def product_block(record: ProductBlockRecord) -> ProductBlock:
    """Gives a product block as a result."""
    return ProductBlock(
        id=strawberry.ID(encode_id(IdKind.PRODUCT_BLOCK, record.id)),
        record=record,
        name=record.name,
        description=record.description,
        status=record.status,
        created_at=record.created_at,
        ended_at=record.ended_at,
    )


async def load_product_blocks(info: Info, names: Iterable[str]) -> list[ProductBlock]:
    """Gives product blocks in the given order; those that are not stored yet are left out."""
    records = await info.context.loaders.product_blocks_by_name.load_many(list(names))
    return [product_block(record) for record in records if record is not None]


@lru_cache(maxsize=1024)
def product_block_fields(catalog: Catalog, block: str) -> tuple[ProductBlockField, ...]:
    """Gives a product block's fields in the order of its models; none if it has left the catalogue."""
    family = next((each for each in catalog.block_families if each.name == block), None)
    if family is None:
        return ()
    planner = FieldPlanner(families_of=catalog.block_families_of)
    structures = tuple(member.structure() for member in family.members)
    required = _required(planner, family)
    indexed = {each.name for each in catalog.indexed_fields if each.family is family}
    return tuple(
        _field(
            planned,
            required_in=[status for status in SubscriptionStatus if planned.attribute in required[status]],
            indexed=planned.attribute in indexed,
        )
        for planned in planner.loose(family.name, family.base.structure(), structures)
    )


def _required(planner: FieldPlanner, family: BlockFamily) -> dict[SubscriptionStatus, frozenset[str]]:
    return {
        status: frozenset(
            planned.attribute
            for planned in planner.strict(family.name, family.class_for(status).structure())
            if planned.required
        )
        for status in SubscriptionStatus
    }


def _field(
    planned: PlannedField, *, required_in: list[SubscriptionStatus], indexed: bool
) -> ProductBlockField:
    value = planned.value
    blocks = value.names if isinstance(value, BlockChoice) else ()
    return ProductBlockField(
        block_names=blocks,
        name=planned.graphql_name,
        description=planned.description,
        kind=ValueKind.BLOCK if isinstance(value, BlockChoice) else kind_of_scalar(value),
        type_name=_type_name(value),
        is_list=planned.many,
        required_in=required_in,
        choices=_choices(value),
        is_indexed=indexed,
        is_computed=planned.compute is not None,
        is_reference=planned.refers,
    )


def _type_name(value: Scalar | BlockChoice | None) -> str:
    match value:
        case None:
            return "JSON"
        case BlockChoice():
            return type_name(value.names[0]) if len(value.names) == 1 else value.union
        case Scalar() if value.fields is not None:
            return type_name(value.python_type.__name__)
        case Scalar():
            return value.graphql_name


def _choices(value: Scalar | BlockChoice | None) -> list[str] | None:
    if not isinstance(value, Scalar) or value.choices is None:
        return None
    python_type: type[object] = value.python_type
    if issubclass(python_type, Enum):
        return [member.name for member in python_type]
    return [str(choice) for choice in value.choices]
