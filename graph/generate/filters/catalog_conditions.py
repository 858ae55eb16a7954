"""What products, product blocks and workflows can be filtered by.

What the code knows of them, such as which blocks a product is made of, is looked at when the filter is read:
it becomes the names of the rows of which the condition holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Final

from domain.model.catalog import Catalog
from domain.model.catalog_relations import relations_of
from domain.model.definition.scalars import SCALARS
from domain.model.lifecycle import ProductStatus as ProductStatusValue
from domain.storage.catalog_filters import (
    CatalogField,
    CatalogFields,
    CatalogWhere,
    OneOfNames,
    check_catalog_operand,
)
from domain.storage.in_memory import matches
from domain.storage.listing.filters import And, FieldFilter, Not, Or
from domain.storage.listing.values import EQUALITY_OPERATORS, TEXT_OPERATORS
from domain.storage.product_blocks import PRODUCT_BLOCK_FIELDS
from domain.storage.products import PRODUCT_FIELDS
from engine.registry import Registry
from engine.states import Target as TargetValue
from graph.generate.filters.conditions import FieldCondition, GroupCondition
from graph.generate.filters.fixed_input_conditions import fixed_input_conditions
from graph.generate.filters.operators import FilterNames, OperatorTypes, enum_words, input_class
from graph.generate.filters.record_conditions import id_operators
from graph.ids import parse_product_block_id, parse_product_id
from graph.lists.filters import Condition, Joins, Path
from graph.types.enums import ProductStatus, Target
from graph.types.product_block import product_block_fields
from graph.types.value_kind import ValueKind

CATALOG_JOINS: Final[Joins[CatalogWhere]] = Joins(all_of=And, any_of=Or, negated=Not)


def _text() -> CatalogField:
    return CatalogField(python_type=str, operators=TEXT_OPERATORS)


def _choice(members: type) -> CatalogField:
    return CatalogField(python_type=members, operators=EQUALITY_OPERATORS)


WORKFLOW_FIELDS: Final[CatalogFields] = MappingProxyType(
    {
        "name": _text(),
        "description": _text(),
        "target": _choice(TargetValue),
        "is_task": _choice(bool),
        "has_wizard": _choice(bool),
    }
)
"""What lists of workflows can be filtered by."""

_PRODUCT_OF_OTHERS: Final[CatalogFields] = MappingProxyType(
    {
        "name": _text(),
        "tag": _text(),
        "product_type": _text(),
        "model": _text(),
        "status": _choice(ProductStatusValue),
    }
)
_BLOCK_OF_OTHERS: Final[CatalogFields] = MappingProxyType({"name": _text(), "field": _text()})
_FIELD_OF_BLOCKS: Final[CatalogFields] = MappingProxyType({"name": _text(), "kind": _choice(ValueKind)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Something in the catalogue that rows are related to.

    Attributes:
        facts: what is known of it, by field, in the form that it is compared in.
        rows: the names of the rows.
    """

    facts: Mapping[str, object]
    rows: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedCondition:
    """On what rows are related to: that for one such thing all conditions hold."""

    group: GroupCondition
    fields: CatalogFields
    related: Sequence[Related]

    @property
    def attribute(self) -> str:
        """Its name in the generated class."""
        return self.group.attribute

    @property
    def graphql_name(self) -> str:
        """Its name in GraphQL."""
        return self.group.graphql_name

    @property
    def description(self) -> str:
        """What it is a condition on."""
        return self.group.description

    @property
    def annotation(self) -> object:
        """Its type as Strawberry reads it, without null."""
        return self.group.annotation

    def read(self, value: object, path: Path, depth: int) -> Sequence[OneOfNames]:
        """Gives the rows of which it holds.

        Raises:
            InvalidWhere: There is no condition.
        """
        filters = self.group.read(value, path, depth)
        found = (each.rows for each in self.related if self._holds(filters, each.facts))
        return [OneOfNames(frozenset[str]().union(*found))]

    def _holds(self, filters: Iterable[FieldFilter], facts: Mapping[str, object]) -> bool:
        return all(
            matches(
                each.operator,
                facts[each.field],
                check_catalog_operand(self.fields, each.operator, each.value, each.field),
            )
            for each in filters
        )


class CatalogConditions:
    """The conditions of the catalogue's lists, in one schema.

    Args:
        catalog: What is related to what.
        operators: The types of operators.
        names: The names of all filters.
    """

    def __init__(self, catalog: Catalog, operators: OperatorTypes, names: FilterNames) -> None:
        self._catalog = catalog
        self._operators = operators
        self._names = names
        self._texts, self._flags, self._times = (
            operators.of_scalar(SCALARS[each]) for each in (str, bool, datetime)
        )
        self._statuses, self._targets, self._kinds = (
            operators.of(each.__name__, each, EQUALITY_OPERATORS, words=enum_words(each.__name__))
            for each in (ProductStatus, Target, ValueKind)
        )
        self._product_group = self._product_of_others()

    def of_products(self) -> Sequence[Condition[CatalogWhere]]:
        """Gives those on products.

        Raises:
            SchemaDefinitionError: A name is taken.
        """
        condition = partial(FieldCondition.of, check=partial(check_catalog_operand, PRODUCT_FIELDS))
        relations = relations_of(self._catalog)
        blocks = [
            Related(facts={"name": block, "field": name}, rows=frozenset(relations.products[block]))
            for block in relations.products
            for name in self._field_names(block)
        ]
        return [
            condition("id", id_operators(self._operators), "Its id.", parse=parse_product_id),
            condition("name", self._texts, "Its name."),
            condition("tag", self._texts, "Its short name."),
            condition("product_type", self._texts, "What kind of product it is."),
            condition("description", self._texts, "What it is."),
            condition("status", self._statuses, "Whether it may be sold and kept."),
            condition("model", self._texts, "The name of the model its subscriptions have."),
            condition("created_at", self._times, "When it came into the catalogue."),
            condition("ended_at", self._times, "When it was taken out of the catalogue."),
            *fixed_input_conditions(self._catalog, self._operators, self._names),
            RelatedCondition(group=self._block_of_others(), fields=_BLOCK_OF_OTHERS, related=blocks),
        ]

    def of_product_blocks(self) -> Sequence[Condition[CatalogWhere]]:
        """Gives those on product blocks.

        Raises:
            SchemaDefinitionError: A name is taken.
        """
        condition = partial(FieldCondition.of, check=partial(check_catalog_operand, PRODUCT_BLOCK_FIELDS))
        relations = relations_of(self._catalog)
        products = [
            Related(facts=facts, rows=frozenset(relations.blocks[name]))
            for name, facts in self._product_facts().items()
        ]
        fields = [
            Related(facts={"name": field.name, "kind": field.kind}, rows=frozenset({block}))
            for block in relations.products
            for field in product_block_fields(self._catalog, block)
        ]
        return [
            condition("id", id_operators(self._operators), "Its id.", parse=parse_product_block_id),
            condition("name", self._texts, "Its name."),
            condition("description", self._texts, "What it is."),
            condition("status", self._statuses, "Whether it is in use."),
            condition("created_at", self._times, "When it came into the catalogue."),
            condition("ended_at", self._times, "When it was taken out of the catalogue."),
            RelatedCondition(group=self._field_of_blocks(), fields=_FIELD_OF_BLOCKS, related=fields),
            RelatedCondition(group=self._product_group, fields=_PRODUCT_OF_OTHERS, related=products),
        ]

    def of_workflows(self, registry: Registry) -> Sequence[Condition[CatalogWhere]]:
        """Gives those on workflows."""
        condition = partial(FieldCondition.of, check=partial(check_catalog_operand, WORKFLOW_FIELDS))
        workflows: dict[str, frozenset[str]] = {
            product.name: frozenset(
                each.name for each in registry.workflows if each.model is product.model.family()
            )
            for product in self._catalog.products
        }
        products = [
            Related(facts=facts, rows=workflows[name]) for name, facts in self._product_facts().items()
        ]
        return [
            condition("name", self._texts, "What programs call it."),
            condition("description", self._texts, "What it is for."),
            condition("target", self._targets, "What it does to its subject."),
            condition("is_task", self._flags, "Whether it looks after things and sells nothing."),
            condition("has_wizard", self._flags, "Whether a form of several pages asks for its input."),
            RelatedCondition(group=self._product_group, fields=_PRODUCT_OF_OTHERS, related=products),
        ]

    def _product_facts(self) -> Mapping[str, Mapping[str, object]]:
        return {
            product.name: {
                "name": product.name,
                "tag": product.tag,
                "product_type": product.product_type,
                "model": product.model.family().name,
                "status": product.status.value,
            }
            for product in self._catalog.products
        }

    def _field_names(self, block: str) -> Sequence[str | None]:
        return [field.name for field in product_block_fields(self._catalog, block)] or [None]

    def _product_of_others(self) -> GroupCondition:
        condition = partial(FieldCondition.of, check=partial(check_catalog_operand, _PRODUCT_OF_OTHERS))
        return self._group(
            "product",
            "CatalogProductWhere",
            "A product of the catalogue that it has to do with.",
            [
                condition("name", self._texts, "Its name."),
                condition("tag", self._texts, "Its short name."),
                condition("product_type", self._texts, "What kind of product it is."),
                condition("model", self._texts, "The name of the model its subscriptions have."),
                condition("status", self._statuses, "Whether it may be sold and kept."),
            ],
        )

    def _block_of_others(self) -> GroupCondition:
        condition = partial(FieldCondition.of, check=partial(check_catalog_operand, _BLOCK_OF_OTHERS))
        return self._group(
            "block",
            "CatalogBlockWhere",
            "A product block that its subscriptions may hold, at any depth or by reference.",
            [
                condition("name", self._texts, "Its name."),
                condition("field", self._texts, "The name of a field that it has."),
            ],
        )

    def _field_of_blocks(self) -> GroupCondition:
        condition = partial(FieldCondition.of, check=partial(check_catalog_operand, _FIELD_OF_BLOCKS))
        return self._group(
            "field",
            "ProductBlockFieldWhere",
            "A field that it has.",
            [
                condition("name", self._texts, "Its name."),
                condition("kind", self._kinds, "What kind of values it holds."),
            ],
        )

    def _group(
        self, attribute: str, name: str, description: str, conditions: Sequence[FieldCondition]
    ) -> GroupCondition:
        fields = {
            each.attribute: (each.graphql_name, each.annotation, each.description) for each in conditions
        }
        claimed = self._names.claim(name, of=description)
        return GroupCondition(
            attribute=attribute,
            graphql_name=attribute,
            description=description,
            graphql_type=input_class(
                claimed, fields, f"{description} All conditions must hold of the same one."
            ),
            conditions={each.attribute: each for each in conditions},
        )
