"""The `where` types of lists: of any subscriptions, of those of one model, and of the blocks below."""

from collections.abc import Mapping, Sequence
from types import new_class
from typing import Final

from domain.model.definition.scalars import SCALARS, Scalar
from domain.storage.listing.filters import And, Not, Or, ValueWhere, Where
from graph.generate.fields import BlockChoice, BlockFamily, PlannedField, block_fields, stored_fields
from graph.generate.filters.block_conditions import (
    BlockCondition,
    BlocksOfFamily,
    ChoiceCondition,
    OwnedBlockCondition,
)
from graph.generate.filters.conditions import FixedInputCondition, MetadataCondition, ValueCondition
from graph.generate.filters.operators import QUANTIFIED, FilterNames, OperatorTypes, input_class
from graph.generate.filters.record_conditions import subscription_conditions
from graph.generate.subscriptions import FamilyTypes, SubscriptionFamily
from graph.lists.filters import Condition, Item, Joins, WhereType
from graph.names import member_name, require_free, type_name
from graph.types.scalars import Json

JOINED: Final = ("and", "or", "not")
"""Names that every `where` type needs itself."""

SUBSCRIPTION_JOINS: Final[Joins[Where]] = Joins(all_of=And, any_of=Or, negated=Not)
BLOCK_JOINS: Final[Joins[ValueWhere]] = Joins(all_of=And, any_of=Or, negated=Not)


class WhereTypes:
    """The `where` types of one schema.

    Attributes:
        any_subscription: Of lists of subscriptions of any product.
        by_family: Of lists of the subscriptions of one model.

    Raises:
        SchemaDefinitionError: Names clash.
    """

    def __init__(self, types: FamilyTypes, operators: OperatorTypes, names: FilterNames) -> None:
        self._operators = operators
        self._names = names
        self._lists: dict[BlockFamily, type] = {}
        # All classes are there before any of them is completed: blocks may hold blocks of their own family.
        self._blocks = {
            family: begun(type_name(family.name), f"the block {family.name}", BLOCK_JOINS, names=names)
            for family in types.blocks.loose
        }
        for family, block_type in types.blocks.loose.items():
            self._complete_block(family, block_type.fields)
        common: list[Condition[Where]] = [
            *subscription_conditions(operators, names),
            self._metadata(),
            *self._owned(),
        ]
        self.any_subscription = begun("Subscription", "subscriptions", SUBSCRIPTION_JOINS, names=self._names)
        complete(
            self.any_subscription,
            common,
            "Conditions on a subscription, all of which must hold. {} holds of any.",
        )
        self.by_family: Mapping[SubscriptionFamily, WhereType[Where]] = {
            family: self._family(family, each.loose_fields, common)
            for family, each in types.subscriptions.items()
        }

    def _complete_block(self, family: BlockFamily, fields: tuple[PlannedField, ...]) -> None:
        names = [planned.graphql_name for planned in fields]
        require_free(names, JOINED, of=f"block {family.name}", taken_by="every filter")
        complete(
            self._blocks[family],
            [self._label(), *self._values(fields), *self._nested(fields)],
            f"Conditions on a block {family.name}, all of which must hold. {{}} holds of any.",
        )

    def _family(
        self,
        family: SubscriptionFamily,
        fields: tuple[PlannedField, ...],
        common: Sequence[Condition[Where]],
    ) -> WhereType[Where]:
        names = [planned.graphql_name for planned in (*stored_fields(fields), *block_fields(fields))]
        taken = (*JOINED, *(condition.graphql_name for condition in common))
        require_free(names, taken, of=f"subscription {family.name}", taken_by="every filter")
        where = begun(
            f"{type_name(family.name)}Subscription",
            f"subscriptions {family.name}",
            SUBSCRIPTION_JOINS,
            names=self._names,
        )
        complete(
            where,
            [*common, *self._fixed_inputs(fields), *self._nested(fields)],
            f"Conditions on a subscription of a product {family.name}, all of which must hold. "
            "{} holds of any.",
        )
        return where

    def _label(self) -> ValueCondition:
        return ValueCondition(
            attribute="label_",
            graphql_name="label",
            description="Its label.",
            field="label",
            scalar=SCALARS[str],
            operators=self._operators.of_scalar(SCALARS[str]),
        )

    def _metadata(self) -> MetadataCondition:
        name = self._names.claim("SubscriptionMetadataFilter", of="the metadata of subscriptions")
        fields: dict[str, tuple[str, object, str]] = {
            "contains": (
                "contains",
                Json,
                "It has this JSON object in it: its objects have these fields, its arrays these items.",
            ),
            "is_null": ("isNull", bool, "There is none (true), or there is some (false)."),
        }
        words = "Conditions on the metadata of a subscription; all that are given must hold."
        return MetadataCondition(graphql_type=input_class(name, fields, words))

    def _owned(self) -> Sequence[OwnedBlockCondition]:
        """That on blocks of any family; none where there are no blocks: a type needs a field."""
        if not self._blocks:
            return ()
        families = {
            f"of_{index}": (member_name(family.name), family, where)
            for index, (family, where) in enumerate(self._blocks.items())
        }
        fields: dict[str, tuple[str, object, str]] = {
            attribute: (name, where.graphql_type, f"It owns a block {family.name} like this.")
            for attribute, (name, family, where) in families.items()
        }
        name = self._names.claim("OwnedBlockWhere", of="blocks that a subscription owns")
        graphql_type = input_class(
            name, fields, "Conditions on the blocks that a subscription owns, all of which must hold."
        )
        return [OwnedBlockCondition(graphql_type=graphql_type, families=families)]

    def _fixed_inputs(self, fields: tuple[PlannedField, ...]) -> Sequence[FixedInputCondition]:
        return [
            FixedInputCondition(
                attribute=_attribute(planned),
                graphql_name=planned.graphql_name,
                description=planned.description,
                field=planned.attribute,
                scalar=planned.value,
                operators=self._operators.of_scalar(planned.value),
            )
            for planned in stored_fields(fields)
            if isinstance(planned.value, Scalar) and planned.value.fields is None and not planned.many
        ]

    def _values(self, fields: tuple[PlannedField, ...]) -> Sequence[ValueCondition]:
        found: list[ValueCondition] = []
        for planned in stored_fields(fields):
            scalar = planned.value
            assert isinstance(scalar, Scalar), "a stored field"
            found.append(
                ValueCondition(
                    attribute=_attribute(planned),
                    graphql_name=planned.graphql_name,
                    description=planned.description,
                    field=planned.attribute,
                    scalar=scalar,
                    operators=self._operators.of_value(scalar),
                    list_type=self._operators.of_list(scalar) if planned.many else None,
                )
            )
        return found

    def _nested(self, fields: tuple[PlannedField, ...]) -> Sequence[BlockCondition | ChoiceCondition]:
        return [
            self._choice(planned, planned.value)
            for planned in block_fields(fields)
            if isinstance(planned.value, BlockChoice)
        ]

    def _choice(self, planned: PlannedField, choice: BlockChoice) -> BlockCondition | ChoiceCondition:
        blocks = [self._blocks_of(family, many=planned.many) for family in choice.families]
        if len(blocks) == 1:
            return BlockCondition(
                attribute=_attribute(planned),
                graphql_name=planned.graphql_name,
                description=planned.description,
                field=planned.attribute,
                blocks=blocks[0],
            )
        members = {f"of_{index}": (member_name(each.family.name), each) for index, each in enumerate(blocks)}
        return ChoiceCondition(
            attribute=_attribute(planned),
            graphql_name=planned.graphql_name,
            description=planned.description,
            field=planned.attribute,
            graphql_type=self._choice_type(choice, members, many=planned.many),
            choices=members,
        )

    def _choice_type(
        self, choice: BlockChoice, members: Mapping[str, tuple[str, BlocksOfFamily]], *, many: bool
    ) -> type:
        name = self._names.claim(
            f"{choice.union}{'List' if many else ''}Where", of=f"the choice {choice.union}"
        )
        fields = {
            attribute: (member, blocks.annotation, f"That it is a block {blocks.family.name}, and more.")
            for attribute, (member, blocks) in members.items()
        }
        if many:
            fields = {
                attribute: (member, annotation, f"On those of the blocks that are {family}.")
                for (attribute, (member, annotation, _)), family in zip(
                    fields.items(), choice.names, strict=True
                )
            }
        return input_class(
            name, fields, f"Conditions on blocks {' or '.join(choice.names)}, all of which must hold."
        )

    def _blocks_of(self, family: BlockFamily, *, many: bool) -> BlocksOfFamily:
        return BlocksOfFamily(
            family=family,
            where=self._blocks[family],
            list_type=self._list_of(family) if many else None,
        )

    def _list_of(self, family: BlockFamily) -> type:
        if family not in self._lists:
            name = self._names.claim(
                f"{type_name(family.name)}ListWhere", of=f"lists of the block {family.name}"
            )
            where = self._blocks[family].graphql_type
            fields: dict[str, tuple[str, object, str]] = {
                quantifier: (quantifier, where, text) for quantifier, text in QUANTIFIED.items()
            }
            self._lists[family] = input_class(
                name, fields, f"Conditions on a list of blocks {family.name}, all of which must hold."
            )
        return self._lists[family]


def begun(name: str, of: str, joins: Joins[Item], *, names: FilterNames) -> WhereType[Item]:
    """Gives a `where` type without its fields: others may hold it, and so may it itself.

    Raises:
        SchemaDefinitionError: The name is taken.
    """
    return WhereType(graphql_type=new_class(names.claim(f"{name}Where", of=of)), joins=joins)


def complete(where: WhereType[Item], conditions: Sequence[Condition[Item]], description: str) -> None:
    """Makes the class of a `where` type the input type that it is to be."""
    cls = where.graphql_type
    every: object = list[cls]  # pyright: ignore[reportInvalidTypeForm]  # a type known at run time only
    fields: dict[str, tuple[str, object, str]] = {
        "all_of": ("and", every, "All of these hold; of none, it does."),
        "any_of": ("or", every, "At least one of these holds; of none, it does not."),
        "negated": ("not", cls, "This does not hold."),
    }
    for condition in conditions:
        fields[condition.attribute] = condition.graphql_name, condition.annotation, condition.description
    input_class(cls.__name__, fields, description, made=cls)
    where.complete(conditions)


def _attribute(planned: PlannedField) -> str:
    """Its name in the class: one that no other attribute has."""
    return f"field_{planned.attribute}"
