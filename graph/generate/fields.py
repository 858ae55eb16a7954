"""The fields of models as they are planned for GraphQL types: what they hold, whether they may be null."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from domain.json import JsonValue
from domain.model.blocks import ProductBlockModel
from domain.model.definition.definitions import DefinedModel
from domain.model.definition.families import ModelFamily
from domain.model.definition.fields import BlockField, ComputedField, ModelFields
from domain.model.definition.scalars import Scalar, ScalarField, find_scalar
from domain.model.definition.shapes import Shape, shape_of
from domain.model.definition.value_objects import read_value_object
from graph.names import field_name, require_attribute, type_name
from graph.types.scalars import narrowed

BlockFamily = ModelFamily[ProductBlockModel]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockChoice:
    """The blocks that a field may hold.

    Attributes:
        families: What they may be, in the catalogue's order.
        union: The name of the union of their types; not used for one family.
    """

    families: tuple[BlockFamily, ...]
    union: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the families."""
        return tuple(family.name for family in self.families)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedField:
    """A field of a generated type.

    Attributes:
        attribute: Its name in the model.
        required: Whether it is never null.
        many: Whether it is a list.
        optional_items: Whether null may stand among the items of the list.
        refers: Whether it may hold blocks of other subscriptions.
        value: The scalar it holds, or which blocks; None for any JSON, which only a computed one gives.
        compute: Gives its stored form of what the model's property gives; None unless it is computed.
    """

    attribute: str
    required: bool
    many: bool
    optional_items: bool
    description: str
    value: Scalar | BlockChoice | None
    refers: bool = False
    compute: Callable[[object], JsonValue] | None = None

    @property
    def graphql_name(self) -> str:
        """Its name in GraphQL."""
        return field_name(self.attribute)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPlanner:
    """Plans the fields of types.

    Attributes:
        families_of: Gives the families that a field of blocks takes.
    """

    families_of: Callable[[BlockField[ProductBlockModel]], tuple[BlockFamily, ...]]

    def strict(self, owner: str, fields: ModelFields[ProductBlockModel]) -> tuple[PlannedField, ...]:
        """Gives the fields of one class of a family, with its own nullability."""
        return (
            *(scalar_field(owner, field) for field in fields.scalars.values()),
            *(self._block_field(owner, field) for field in fields.blocks.values()),
            *(_computed_field(owner, field) for field in fields.computed.values()),
        )

    def loose(
        self,
        owner: str,
        base: ModelFields[ProductBlockModel],
        members: tuple[ModelFields[ProductBlockModel], ...],
    ) -> tuple[PlannedField, ...]:
        """Gives every field that any class of a family has; one is required if no class can be without it.

        The base serves the loosest statuses and every other class only tightens it, so the base decides; what
        it does not have is absent in its statuses. What may refer may be out of scope, and what is computed
        may fail, so neither is required.
        """
        found = {planned.attribute: planned for planned in self.strict(owner, base)}
        for member in members:
            for planned in self.strict(owner, member):
                if planned.attribute not in found:
                    found[planned.attribute] = replace(planned, required=planned.many)
        return tuple(_loosened(planned) for planned in found.values())

    def _block_field(self, owner: str, field: BlockField[ProductBlockModel]) -> PlannedField:
        require_attribute(field.name, of=owner)
        families = self.families_of(field)
        return PlannedField(
            attribute=field.name,
            required=not field.shape.optional,
            many=field.shape.many,
            optional_items=False,
            refers=field.refers,
            description=field.description or _plain_words_of_blocks(owner, field, families),
            value=BlockChoice(families=families, union=type_name(owner) + type_name(field.name)),
        )


def scalar_field(owner: str, field: ScalarField) -> PlannedField:
    """Gives a field of values, with its own nullability.

    Raises:
        SchemaDefinitionError: Its name is none for a field.
    """
    require_attribute(field.name, of=owner)
    return PlannedField(
        attribute=field.name,
        required=not field.shape.optional,
        many=field.shape.many,
        optional_items=field.shape.optional_items,
        description=field.description or _plain_words(owner, field.name, field.scalar),
        value=narrowed(field.scalar, field.shape),
    )


def block_fields(fields: tuple[PlannedField, ...]) -> tuple[PlannedField, ...]:
    """Gives those fields that hold blocks."""
    return tuple(planned for planned in fields if isinstance(planned.value, BlockChoice))


def stored_fields(fields: tuple[PlannedField, ...]) -> tuple[PlannedField, ...]:
    """Gives those fields that hold stored values; of a subscription, constants of its product."""
    return tuple(
        planned
        for planned in fields
        if planned.compute is None and not isinstance(planned.value, BlockChoice)
    )


def computed_fields(fields: tuple[PlannedField, ...]) -> tuple[PlannedField, ...]:
    """Gives those fields that the model computes."""
    return tuple(planned for planned in fields if planned.compute is not None)


def _loosened(planned: PlannedField) -> PlannedField:
    if planned.compute is not None:
        return replace(planned, required=False)
    if not planned.refers:
        return planned
    return replace(planned, required=planned.many, optional_items=planned.many)


def _computed_field(owner: str, field: ComputedField) -> PlannedField:
    require_attribute(field.name, of=owner)
    shape = shape_of(field.annotation, ())
    scalar = _find_value(shape)
    if scalar is None:
        shape = Shape(members=shape.members, optional=True)
        compute = to_jsonable_python
    else:
        compute = ScalarField(name=field.name, scalar=scalar, shape=shape, description=None).store
    return PlannedField(
        attribute=field.name,
        required=not shape.optional,
        many=shape.many,
        optional_items=shape.optional_items,
        description=field.description or _plain_words(owner, field.name, scalar),
        value=scalar,
        compute=compute,
    )


def _find_value(shape: Shape) -> Scalar | None:
    scalar = find_scalar(*shape.members)
    if scalar is not None or len(shape.members) != 1:
        return scalar
    (member,) = shape.members
    if isinstance(member, type) and issubclass(member, BaseModel) and not issubclass(member, DefinedModel):
        return read_value_object(member, excluded=DefinedModel)
    return None


def _plain_words(owner: str, name: str, scalar: Scalar | None) -> str:
    text = f"The {name.replace('_', ' ')} of the {owner}."
    if scalar is not None and scalar.choices is not None and not issubclass(scalar.python_type, Enum):
        text += f" One of: {', '.join(str(choice) for choice in scalar.choices)}."
    return text


def _plain_words_of_blocks(
    owner: str, field: BlockField[ProductBlockModel], families: tuple[BlockFamily, ...]
) -> str:
    kind = "blocks" if field.shape.many else "block"
    names = " or ".join(family.name for family in families)
    return f"The {field.name.replace('_', ' ')} of the {owner}: {kind} {names}."
