"""The types of subscriptions: for each family one for any status, and one as strict as an active one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import new_class

import strawberry
from strawberry.types.field import StrawberryField

from domain.model.catalog import Catalog
from domain.model.families import ModelFamily
from domain.model.lifecycle import ACTIVE
from domain.model.subscriptions import SubscriptionModel
from graph.context import Info
from graph.generate.blocks import BlockTypes, add_fields, generate_block_types
from graph.generate.enums import EnumTypes
from graph.generate.fields import (
    PlannedField,
    annotation_of,
    loose_fields,
    resolved_field,
    strict_fields,
)
from graph.names import require_free, type_name
from graph.permissions import Permission, requires
from graph.types.subscription import ProductSubscription

SubscriptionFamily = ModelFamily[SubscriptionModel]

COMMON = (
    "id", "product", "customerId", "status", "description", "inSync", "version", "note", "startAt", "endAt",
    "createdAt", "modifiedAt", "heldBy", "processes", "blocks", "active",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyType:
    """The generated types of one family of subscriptions, and the fields each has of its models."""

    loose: type[ProductSubscription]
    loose_fields: tuple[PlannedField, ...]
    active: type
    active_fields: tuple[PlannedField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyTypes:
    """The generated types of all families, of subscriptions and of blocks."""

    subscriptions: Mapping[SubscriptionFamily, FamilyType]
    blocks: BlockTypes

    @property
    def every(self) -> Sequence[type]:
        """Every generated type: some can only be reached through an interface."""
        return [
            *(types.loose for types in self.subscriptions.values()),
            *(types.active for types in self.subscriptions.values()),
            *(block.graphql_type for block in self.blocks.loose.values()),
            *(block.graphql_type for block in self.blocks.active.values()),
        ]


def generate_family_types(catalog: Catalog, enums: EnumTypes) -> FamilyTypes:
    """Gives the types of all families of a catalogue.

    Raises:
        SchemaDefinitionError: Names clash.
    """
    blocks = generate_block_types(catalog.block_families, enums)
    subscriptions = {family: _generate(family, blocks, enums) for family in catalog.families}
    return FamilyTypes(subscriptions=subscriptions, blocks=blocks)


def block_fields(fields: tuple[PlannedField, ...]) -> tuple[PlannedField, ...]:
    """Gives those fields that hold blocks."""
    return tuple(planned for planned in fields if isinstance(planned.value, ModelFamily))


def fixed_inputs(fields: tuple[PlannedField, ...]) -> tuple[PlannedField, ...]:
    """Gives those fields of a subscription that are constants of its product."""
    return tuple(planned for planned in fields if not isinstance(planned.value, ModelFamily))


def _generate(family: SubscriptionFamily, blocks: BlockTypes, enums: EnumTypes) -> FamilyType:
    structures = tuple(member.structure() for member in family.members)
    loose = loose_fields(family.name, family.base.structure(), structures)
    active = strict_fields(family.name, family.class_for(ACTIVE).structure())
    names = [field.graphql_name for field in loose]
    require_free(names, COMMON, of=f"subscription {family.name}", taken_by="every subscription")
    active_type = _active_type(family, active, blocks, enums)
    return FamilyType(
        loose=_loose_type(family, loose, blocks, enums, active_type),
        loose_fields=loose,
        active=active_type,
        active_fields=active,
    )


def _active_type(
    family: SubscriptionFamily, fields: tuple[PlannedField, ...], blocks: BlockTypes, enums: EnumTypes
) -> type:
    cls = new_class(f"Active{type_name(family.name)}")
    classes = {block: types.graphql_type for block, types in blocks.active.items()}
    add_fields(cls, fields, classes, enums)
    return strawberry.type(
        cls,
        description=f"What a subscription of a product {family.name} must have to be active.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )


def _loose_type(
    family: SubscriptionFamily,
    fields: tuple[PlannedField, ...],
    blocks: BlockTypes,
    enums: EnumTypes,
    active: type,
) -> type[ProductSubscription]:
    """Fixed inputs are plain attributes; what takes the tree is read when it is selected."""
    cls: type[ProductSubscription] = new_class(
        f"{type_name(family.name)}Subscription", (ProductSubscription,)
    )
    classes = {block: types.graphql_type for block, types in blocks.loose.items()}
    add_fields(cls, fixed_inputs(fields), classes, enums)
    for planned in block_fields(fields):
        setattr(cls, planned.attribute, _block_field(planned, annotation_of(planned, classes, enums)))
    cls.active = _active_field(family, active)  # pyright: ignore[reportAttributeAccessIssue]  # the class is being made
    return strawberry.type(
        cls,
        description=f"A subscription of a product {family.name}, in whatever status it is.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )


def _block_field(planned: PlannedField, graphql_type: object) -> StrawberryField:
    async def resolve(root: ProductSubscription, info: Info) -> object:
        tree = await info.context.loaders.trees.load(root.record.id)
        return None if tree is None else info.context.families.nested_blocks(tree, planned)

    return resolved_field(planned.graphql_name, resolve, graphql_type, planned.description)


def _active_field(family: SubscriptionFamily, active: type) -> StrawberryField:
    async def resolve(root: ProductSubscription, info: Info) -> object:
        tree = await info.context.loaders.trees.load(root.record.id)
        return None if tree is None else info.context.families.active(tree, family)

    return resolved_field(
        "active",
        resolve,
        active | None,
        "The same blocks as an active subscription must have them: null unless they are all there.",
    )
