"""The types of blocks: for each family one for any status, and one as strict as an active block is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from graph.types.block import Block

BlockFamily = ModelFamily[ProductBlockModel]

COMMON = ("id", "blockName", "label", "parentField", "parentBlock", "values", "ownerSubscription")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockType:
    """A generated type of blocks, and the fields it has beside those of every block."""

    family: BlockFamily
    graphql_type: type[Block]
    fields: tuple[PlannedField, ...]

    def make(self, **values: object) -> Block:
        """Gives a block of the type, whose fields are known at run time only."""
        return _call(self.graphql_type, values)


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
        loose=_generate(loose, enums, prefix="", description="A block {name}, in whatever status it is."),
        active=_generate(
            active,
            enums,
            prefix="Active",
            description="A block {name} with all that an active one must have.",
        ),
    )


def _structures(
    family: BlockFamily,
) -> tuple[ModelFields[ProductBlockModel], tuple[ModelFields[ProductBlockModel], ...]]:
    return family.base.structure(), tuple(member.structure() for member in family.members)


def _generate(
    fields: Mapping[BlockFamily, tuple[PlannedField, ...]], enums: EnumTypes, *, prefix: str, description: str
) -> Mapping[BlockFamily, BlockType]:
    """Classes first and fields second, because blocks may contain each other."""
    classes: dict[BlockFamily, type[Block]] = {
        family: new_class(f"{prefix}{type_name(family.name)}", (Block,)) for family in fields
    }
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


def _call(make: Callable[..., Block], values: Mapping[str, object]) -> Block:
    return make(**values)
