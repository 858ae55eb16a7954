"""The types of blocks: for each family one for any status, and one as strict as an active block is.

The strict ones have no id: the same block must not stand in a client's cache under two types.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import new_class
from typing import Annotated, Union

import strawberry
from strawberry.types.field import StrawberryField

from domain.model.blocks import ProductBlockModel
from domain.model.definition.fields import ModelFields
from domain.model.lifecycle import ACTIVE
from graph.context import Info
from graph.errors import SchemaDefinitionError
from graph.generate.fields import BlockChoice, BlockFamily, FieldPlanner, PlannedField, computed_fields
from graph.generate.results.computed import HasTypedModel, computed_result
from graph.generate.values import ValueTypes, declare, resolved_field, wrapped
from graph.names import fields_of, require_free, type_name
from graph.permissions import Permission, requires
from graph.types.block import Block, StrictBlock

COMMON = fields_of(Block)
HIDDEN = ("blockRecord", "typedModel")
"""What results hold beside their fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockType:
    """A generated type of blocks, and the fields it has of its model."""

    family: BlockFamily
    graphql_type: type
    fields: tuple[PlannedField, ...]

    @property
    def has_identity(self) -> bool:
        """Whether its instances have ids, and stand for the blocks wherever they appear."""
        return issubclass(self.graphql_type, Block)


class FieldTypes:
    """The types of fields in one strictness: values, blocks, and a union where there is a choice of blocks.

    Args:
        blocks: The types of blocks of this strictness.
        values: The types of values.
        prefix: What stands before the names of unions.
    """

    def __init__(self, blocks: Mapping[BlockFamily, type], values: ValueTypes, *, prefix: str) -> None:
        self._blocks = blocks
        self._values = values
        self._prefix = prefix
        self._unions: dict[str, BlockChoice] = {}
        self._taken = frozenset(cls.__name__ for cls in blocks.values())

    def annotation_of(self, planned: PlannedField) -> object:
        """Gives the type of a field as Strawberry reads it.

        Raises:
            SchemaDefinitionError: Two things of the application have one name.
        """
        if not isinstance(planned.value, BlockChoice):
            return self._values.annotation_of(planned)
        types = [self._blocks[family] for family in planned.value.families]
        return wrapped(planned, types[0] if len(types) == 1 else self._union(planned.value, types))

    def _union(self, choice: BlockChoice, types: Sequence[type]) -> object:
        name = f"{self._prefix}{choice.union}"
        if name in self._taken:
            raise SchemaDefinitionError(
                f"found a block and a union of {', '.join(choice.names)} named {name}: "
                "expected another name for one of them."
            )
        known = self._unions.setdefault(name, choice)
        if known is not choice:
            raise SchemaDefinitionError(
                f"found two unions {name}, of {', '.join(known.names)} and of {', '.join(choice.names)}: "
                "expected another name for one of the fields."
            )
        return Annotated[
            Union[tuple(types)],  # noqa: UP007  # the members are known at run time only
            strawberry.union(name, description=f"One of the blocks {' or '.join(choice.names)}."),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTypes:
    """The types of every family: `loose` for any status, `active` for active subscriptions."""

    loose: Mapping[BlockFamily, BlockType]
    active: Mapping[BlockFamily, BlockType]
    loose_fields: FieldTypes
    active_fields: FieldTypes
    values: ValueTypes


def generate_block_types(
    families: Sequence[BlockFamily], planner: FieldPlanner, values: ValueTypes
) -> BlockTypes:
    """Gives the types of all families.

    Raises:
        SchemaDefinitionError: A name clashes with one that every block has, or another of the application.
    """
    loose_classes = {family: new_class(type_name(family.name), (Block,)) for family in families}
    active_classes = {
        family: new_class(f"Active{type_name(family.name)}", (StrictBlock,)) for family in families
    }
    loose_fields = FieldTypes(loose_classes, values, prefix="")
    active_fields = FieldTypes(active_classes, values, prefix="Active")
    return BlockTypes(
        loose={
            family: _loose_type(cls, family, planner.loose(family.name, *_structures(family)), loose_fields)
            for family, cls in loose_classes.items()
        },
        active={
            family: _active_type(
                cls, family, planner.strict(family.name, family.class_for(ACTIVE).structure()), active_fields
            )
            for family, cls in active_classes.items()
        },
        loose_fields=loose_fields,
        active_fields=active_fields,
        values=values,
    )


def plain_fields(fields: Iterable[PlannedField], types: FieldTypes) -> list[tuple[PlannedField, object]]:
    """Gives the fields whose values are plain attributes, with their types."""
    return [(planned, types.annotation_of(planned)) for planned in fields if planned.compute is None]


def _structures(
    family: BlockFamily,
) -> tuple[ModelFields[ProductBlockModel], tuple[ModelFields[ProductBlockModel], ...]]:
    return family.base.structure(), tuple(member.structure() for member in family.members)


def _loose_type(
    cls: type, family: BlockFamily, fields: tuple[PlannedField, ...], types: FieldTypes
) -> BlockType:
    names = [field.graphql_name for field in fields]
    require_free(names, (*COMMON, *HIDDEN), of=f"block {family.name}", taken_by="every block")
    declare(cls, plain_fields(fields, types))
    for planned in computed_fields(fields):
        setattr(cls, planned.attribute, _loose_computed(planned, types))
    graphql_type = strawberry.type(
        cls,
        description=f"A block {family.name}, in whatever status it is.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )
    return BlockType(family=family, graphql_type=graphql_type, fields=fields)


def _active_type(
    cls: type, family: BlockFamily, fields: tuple[PlannedField, ...], types: FieldTypes
) -> BlockType:
    declare(cls, plain_fields(fields, types))
    for planned in computed_fields(fields):
        setattr(cls, planned.attribute, active_computed(planned, types))
    graphql_type = strawberry.type(
        cls,
        description=f"What a block {family.name} must have to be active.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )
    return BlockType(family=family, graphql_type=graphql_type, fields=fields)


def _loose_computed(planned: PlannedField, types: FieldTypes) -> StrawberryField:
    async def resolve(root: Block, info: Info) -> object:
        # In its owner's status, wherever it was reached: a cache keeps one value per block.
        tree = await info.context.loaders.trees.load(root.block_record.subscription_id)
        if tree is None:
            return None
        return info.context.families.computed(tree, planned, info.context, block_id=root.block_record.id)

    return resolved_field(planned, resolve, types.annotation_of(planned))


def active_computed(planned: PlannedField, types: FieldTypes) -> StrawberryField:
    """Gives the field of a strict type that its model computes."""

    def resolve(root: HasTypedModel, info: Info) -> object:
        return computed_result(root.typed_model, planned, info.context.families.values)

    return resolved_field(planned, resolve, types.annotation_of(planned))
