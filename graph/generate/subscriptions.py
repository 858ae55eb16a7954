"""The types of subscriptions: for each family one for any status, and one as strict as an active one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import new_class

import strawberry
from pydantic import BaseModel
from strawberry.types.field import StrawberryField

from domain.model.catalog import Catalog
from domain.model.definition.families import ModelFamily
from domain.model.lifecycle import ACTIVE
from domain.model.subscriptions import SubscriptionModel
from graph.context import Info
from graph.generate.blocks import BlockTypes, FieldTypes, active_computed, generate_block_types, plain_fields
from graph.generate.enums import EnumTypes
from graph.generate.fields import (
    FieldPlanner,
    PlannedField,
    block_fields,
    computed_fields,
    stored_fields,
)
from graph.generate.values import ValueTypes, declare, resolved_field
from graph.names import fields_of, require_free, type_name
from graph.permissions import Permission, requires
from graph.types.subscription import ProductSubscription

SubscriptionFamily = ModelFamily[SubscriptionModel]

COMMON = (*fields_of(ProductSubscription), "active")

HIDDEN = ("record", "typedModel")
"""What results hold beside their fields."""


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
    planner = FieldPlanner(families_of=catalog.block_families_of)
    blocks = generate_block_types(catalog.block_families, planner, ValueTypes(enums))
    subscriptions = {family: _generate(family, planner, blocks) for family in catalog.families}
    return FamilyTypes(subscriptions=subscriptions, blocks=blocks)


def _generate(family: SubscriptionFamily, planner: FieldPlanner, blocks: BlockTypes) -> FamilyType:
    structures = tuple(member.structure() for member in family.members)
    loose = planner.loose(family.name, family.base.structure(), structures)
    active = planner.strict(family.name, family.class_for(ACTIVE).structure())
    names = [field.graphql_name for field in loose]
    require_free(names, (*COMMON, *HIDDEN), of=f"subscription {family.name}", taken_by="every subscription")
    active_type = _active_type(family, active, blocks.active_fields)
    return FamilyType(
        loose=_loose_type(family, loose, blocks.loose_fields, active_type),
        loose_fields=loose,
        active=active_type,
        active_fields=active,
    )


def _active_type(family: SubscriptionFamily, fields: tuple[PlannedField, ...], types: FieldTypes) -> type:
    cls = new_class(f"Active{type_name(family.name)}")
    declare(cls, plain_fields(fields, types))
    cls.__annotations__["typed_model"] = strawberry.Private[BaseModel]
    for planned in computed_fields(fields):
        setattr(cls, planned.attribute, active_computed(planned, types))
    return strawberry.type(
        cls,
        description=f"What a subscription of a product {family.name} must have to be active.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )


def _loose_type(
    family: SubscriptionFamily, fields: tuple[PlannedField, ...], types: FieldTypes, active: type
) -> type[ProductSubscription]:
    """Fixed inputs are plain attributes; what takes the tree is read when it is selected."""
    cls: type[ProductSubscription] = new_class(
        f"{type_name(family.name)}Subscription", (ProductSubscription,)
    )
    declare(cls, plain_fields(stored_fields(fields), types))
    for planned in block_fields(fields):
        setattr(cls, planned.attribute, _block_field(planned, types))
    for planned in computed_fields(fields):
        setattr(cls, planned.attribute, _computed_field(planned, types))
    cls.active = _active_field(family, active)  # pyright: ignore[reportAttributeAccessIssue]  # the class is being made
    return strawberry.type(
        cls,
        description=f"A subscription of a product {family.name}, in whatever status it is.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )


def _block_field(planned: PlannedField, types: FieldTypes) -> StrawberryField:
    """Null if its blocks do not fit their models any more, so that this costs a list no other entry."""

    async def resolve(root: ProductSubscription, info: Info) -> object:
        tree = await info.context.loaders.trees.load(root.record.id)
        return None if tree is None else info.context.families.nested_blocks(tree, planned)

    return resolved_field(planned, resolve, types.annotation_of(replace(planned, required=False)))


def _computed_field(planned: PlannedField, types: FieldTypes) -> StrawberryField:
    async def resolve(root: ProductSubscription, info: Info) -> object:
        tree = await info.context.loaders.trees.load(root.record.id)
        return None if tree is None else info.context.families.computed(tree, planned, info.context)

    return resolved_field(planned, resolve, types.annotation_of(planned))


def _active_field(family: SubscriptionFamily, active: type) -> StrawberryField:
    async def resolve(root: ProductSubscription, info: Info) -> object:
        tree = await info.context.loaders.trees.load(root.record.id)
        return None if tree is None else info.context.families.active(tree, family)

    field = strawberry.field(
        name="active",
        resolver=resolve,
        graphql_type=active | None,
        description="The same blocks as an active subscription must have them: null unless they are all "
        "there, and the viewer may see them.",
    )
    assert isinstance(field, StrawberryField)
    return field
