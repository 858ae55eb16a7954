"""The fixed inputs of products, said as the types of their subscriptions say them."""

from functools import lru_cache

import strawberry

from domain.json import JsonValue
from domain.model.catalog import Catalog
from domain.model.definition.scalars import Scalar
from domain.storage.products import ProductRecord
from graph.generate.fields import FieldPlanner, PlannedField, stored_fields
from graph.generate.values import printed_value
from graph.names import field_name
from graph.permissions import Permission, requires
from graph.types.scalars import Json
from graph.types.value_kind import ValueKind, kind_of_scalar


@strawberry.type(
    description="A constant that tells a product from others of its model.",
    directives=requires(Permission.READ_CATALOG),
)
class FixedInput:
    """A constant that tells a product from others of its model."""

    name: str = strawberry.field(description="The field of its subscriptions' type that has the value.")
    description: str | None = strawberry.field(
        description="What it is; null once the product has left the catalogue."
    )
    kind: ValueKind = strawberry.field(
        description="What kind of value it is; JSON once the product has left the catalogue."
    )
    is_list: bool = strawberry.field(description="Whether it is a list of values.")
    value: Json = strawberry.field(description="The value as JSON, as that field gives it.")


def fixed_inputs(catalog: Catalog, record: ProductRecord) -> list[FixedInput]:
    """Gives a product's fixed inputs in the order of its model; as stored if it has left the catalogue.

    As with blocks, what has no value is not among them.
    """
    if record.name not in catalog.by_name:
        given = record.fixed_inputs
        return [_unknown(name, stored) for name, stored in given.items() if stored is not None]
    # What the code says, as the subscriptions' own fields do, until the tables follow.
    given = catalog.by_name[record.name].fixed_inputs
    return [
        _fixed_input(planned, given[planned.attribute])
        for planned in planned_fixed_inputs(catalog, record.name)
        if given.get(planned.attribute) is not None
    ]


@lru_cache(maxsize=1024)
def planned_fixed_inputs(catalog: Catalog, product: str) -> tuple[PlannedField, ...]:
    """Gives the fields of a product's model that its fixed inputs fill; kept, as they never change."""
    family = catalog.product(product).model.family()
    planner = FieldPlanner(families_of=catalog.block_families_of)
    structures = tuple(member.structure() for member in family.members)
    return stored_fields(planner.loose(family.name, family.base.structure(), structures))


def _fixed_input(planned: PlannedField, stored: JsonValue) -> FixedInput:
    scalar = planned.value
    assert isinstance(scalar, Scalar), "a stored field"
    return FixedInput(
        name=planned.graphql_name,
        description=planned.description,
        kind=kind_of_scalar(scalar),
        is_list=planned.many,
        value=Json(printed_value(scalar, stored, many=planned.many)),
    )


def _unknown(name: str, stored: JsonValue) -> FixedInput:
    return FixedInput(
        name=field_name(name),
        description=None,
        kind=ValueKind.JSON,
        is_list=isinstance(stored, list),
        value=Json(stored),
    )
