"""The types of blocks: for each family one for any status, and one as strict as an active block is.

The strict ones have no id: the same block must not stand in a client's cache under two types.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import new_class

import strawberry

from domain.model.blocks import ProductBlockModel
from domain.model.families import ModelFamily
from domain.model.fields import ModelFields
from domain.model.lifecycle import ACTIVE
from graph.generate.enums import EnumTypes
from graph.generate.fields import PlannedField, annotation_of, graphql_field, loose_fields, strict_fields
from graph.names import require_free, type_name
from graph.permissions import Permission, requires
from graph.types.block import Block, StrictBlock

BlockFamily = ModelFamily[ProductBlockModel]

COMMON = ("id", "blockName", "label", "parentField", "parentBlock", "values", "ownerSubscription")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTypes:
    """The types of every family: `loose` for any status, `active` for active subscriptions."""

    loose: Mapping[BlockFamily, BlockType]
    active: Mapping[BlockFamily, BlockType]


def generate_block_types(families: Sequence[BlockFamily], enums: EnumTypes) -> BlockTypes:
    """Gives the types of all families.

    Raises:
        SchemaDefinitionError: A name clashes with one that every block has, or another enum's.
    """
    loose = {family: loose_fields(family.name, *_structures(family)) for family in families}
    active = {family: strict_fields(family.name, family.class_for(ACTIVE).structure()) for family in families}
    return BlockTypes(
        loose=_generate(
            {family: new_class(type_name(family.name), (Block,)) for family in families},
            loose,
            enums,
            description="A block {name}, in whatever status it is.",
        ),
        active=_generate(
            {family: new_class(f"Active{type_name(family.name)}", (StrictBlock,)) for family in families},
            active,
            enums,
            description="What a block {name} must have to be active.",
        ),
    )


def _structures(
    family: BlockFamily,
) -> tuple[ModelFields[ProductBlockModel], tuple[ModelFields[ProductBlockModel], ...]]:
    return family.base.structure(), tuple(member.structure() for member in family.members)


def _generate(
    classes: Mapping[BlockFamily, type],
    fields: Mapping[BlockFamily, tuple[PlannedField, ...]],
    enums: EnumTypes,
    *,
    description: str,
) -> Mapping[BlockFamily, BlockType]:
    """Makes types of classes that are all there already, because blocks may contain each other."""
    for family, planned in fields.items():
        names = [field.graphql_name for field in planned]
        require_free(names, COMMON, of=f"block {family.name}", taken_by="every block")
        add_fields(classes[family], planned, classes, enums)
        strawberry.type(
            classes[family],
            description=description.format(name=family.name),
            directives=requires(Permission.READ_SUBSCRIPTIONS),
        )
    return {
        family: BlockType(family=family, graphql_type=classes[family], fields=planned)
        for family, planned in fields.items()
    }


def add_fields(
    cls: type, fields: Iterable[PlannedField], blocks: Mapping[BlockFamily, type], enums: EnumTypes
) -> None:
    """Declares planned fields on a class that is to become a type."""
    annotations: dict[str, object] = {}
    for planned in fields:
        annotations[planned.attribute] = annotation_of(planned, blocks, enums)
        setattr(cls, planned.attribute, graphql_field(planned))
    cls.__annotations__ = annotations
