"""The fields of models as fields of GraphQL types: their types, nullability and descriptions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

import strawberry
from strawberry.types.field import StrawberryField

from domain.model.blocks import ProductBlockModel
from domain.model.families import ModelFamily
from domain.model.fields import BlockField, ModelFields, ScalarField
from domain.model.scalars import Scalar
from domain.model.shapes import Shape
from graph.generate.enums import EnumTypes
from graph.names import field_name
from graph.types.scalars import BigInt


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedField:
    """A field of a generated type.

    Attributes:
        attribute: Its name in the model.
        required: Whether it is never null.
        many: Whether it is a list.
        value: The scalar it holds, or the family of the blocks it holds.
    """

    attribute: str
    required: bool
    many: bool
    description: str
    value: Scalar | ModelFamily[ProductBlockModel]

    @property
    def graphql_name(self) -> str:
        """Its name in GraphQL."""
        return field_name(self.attribute)


def strict_fields(owner: str, fields: ModelFields[ProductBlockModel]) -> tuple[PlannedField, ...]:
    """Gives the fields of one class of a family, with its own nullability."""
    every: list[ScalarField | BlockField[ProductBlockModel]] = [
        *fields.scalars.values(),
        *fields.blocks.values(),
    ]
    return tuple(_planned(owner, field, required=not field.shape.optional) for field in every)


def loose_fields(
    owner: str, base: ModelFields[ProductBlockModel], members: tuple[ModelFields[ProductBlockModel], ...]
) -> tuple[PlannedField, ...]:
    """Gives every field that any class of a family has; one is required if no class can be without it.

    The base serves the loosest statuses and every other class only tightens it, so the base decides; what
    it does not have is absent in its statuses.
    """
    required = {planned.attribute: planned for planned in strict_fields(owner, base)}
    found: dict[str, PlannedField] = dict(required)
    for member in members:
        for name, field in (*member.scalars.items(), *member.blocks.items()):
            if name not in found:
                found[name] = _planned(owner, field, required=field.shape.many)
    return tuple(found.values())


def annotation_of(
    planned: PlannedField, blocks: Mapping[ModelFamily[ProductBlockModel], type], enums: EnumTypes
) -> object:
    """Gives the type of a field as Strawberry reads it."""
    if isinstance(planned.value, ModelFamily):
        item: object = blocks[planned.value]
    else:
        item = scalar_annotation(planned.value, enums)
    wrapped: object = list[item] if planned.many else item  # pyright: ignore[reportInvalidTypeForm]  # the item is known at run time only
    return wrapped if planned.required else wrapped | None  # pyright: ignore[reportOperatorIssue, reportUnknownVariableType]  # both are types


def scalar_annotation(scalar: Scalar, enums: EnumTypes) -> object:
    """Gives the type of one value."""
    python_type: type[object] = scalar.python_type
    if issubclass(python_type, Enum):
        return enums.define(python_type)
    return BigInt if python_type is int else python_type


def graphql_field(planned: PlannedField) -> StrawberryField:
    """Gives the Strawberry field for a planned one whose value is a plain attribute."""
    field = strawberry.field(name=planned.graphql_name, description=planned.description)
    assert isinstance(field, StrawberryField)
    return field


def resolved_field(
    name: str, resolver: Callable[..., object], graphql_type: object, description: str
) -> StrawberryField:
    """Gives the Strawberry field for one whose value a function gives."""
    field = strawberry.field(name=name, resolver=resolver, graphql_type=graphql_type, description=description)
    assert isinstance(field, StrawberryField)
    return field


def _planned(
    owner: str, field: ScalarField | BlockField[ProductBlockModel], *, required: bool
) -> PlannedField:
    value = field.scalar if isinstance(field, ScalarField) else field.blocks[0].family()
    return PlannedField(
        attribute=field.name,
        required=required,
        many=field.shape.many,
        description=field.description or _plain_description(owner, field.name, field.shape, value),
        value=value,
    )


def _plain_description(
    owner: str, name: str, shape: Shape, value: Scalar | ModelFamily[ProductBlockModel]
) -> str:
    words = name.replace("_", " ")
    if isinstance(value, Scalar):
        if value.choices is not None and not issubclass(value.python_type, Enum):
            choices = ", ".join(str(choice) for choice in value.choices)
            return f"The {words} of the {owner}. One of: {choices}."
        return f"The {words} of the {owner}."
    kind = f"blocks {value.name}" if shape.many else f"block {value.name}"
    return f"The {words} of the {owner}: {kind}."
