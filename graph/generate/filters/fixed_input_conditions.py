"""What products can be filtered by of their fixed inputs: typed, by model, as the models have them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.json import JsonValue
from domain.model.catalog import Catalog
from domain.model.definition.families import ModelFamily
from domain.model.definition.scalars import Scalar
from domain.model.subscriptions import SubscriptionModel
from domain.storage.catalog_filters import OneOfNames
from domain.storage.in_memory import matches
from domain.storage.listing.filters import ValueFilter
from domain.storage.listing.values import comparable, operators_of
from domain.storage.saving.checks import checked_operand, checked_scalar
from graph.generate.filters.conditions import ValueCondition
from graph.generate.filters.operators import FilterNames, OperatorTypes, input_class
from graph.lists.filters import InvalidWhere, Path, given_fields
from graph.names import member_name, type_name
from graph.types.fixed_input import planned_fixed_inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedInputsOfModel:
    """Conditions on the fixed inputs of one model's products.

    Attributes:
        conditions: By attribute of the type.
        products: The stored forms of the fixed inputs by name of the product.
    """

    graphql_name: str
    graphql_type: type
    conditions: Mapping[str, ValueCondition]
    products: Mapping[str, Mapping[str, JsonValue]]

    def read(self, value: object, path: Path, depth: int) -> OneOfNames:
        """Gives the products of which all conditions hold.

        Raises:
            InvalidWhere: There is none.
        """
        names = {attribute: condition.graphql_name for attribute, condition in self.conditions.items()}
        filters = [
            (self.conditions[attribute].scalar, each)
            for attribute, given, below in given_fields(value, names, path)
            for each in self.conditions[attribute].read(given, below, depth)
            if isinstance(each, ValueFilter)
        ]
        if not filters:
            raise InvalidWhere.expecting(
                path, found="nothing", expected=f"at least one of {', '.join(names.values())}"
            )
        return OneOfNames(
            frozenset(
                name
                for name, stored in self.products.items()
                if all(_value_matches(scalar, each, stored.get(each.field)) for scalar, each in filters)
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedInputsCondition:
    """On the fixed inputs of products, as their models have them.

    Attributes:
        models: By attribute of the type.
    """

    attribute: str
    graphql_name: str
    description: str
    graphql_type: type
    models: Mapping[str, FixedInputsOfModel]

    @property
    def annotation(self) -> object:
        """Its type as Strawberry reads it, without null."""
        return self.graphql_type

    def read(self, value: object, path: Path, depth: int) -> Sequence[OneOfNames]:
        """Gives the products of which the conditions on a model's fixed inputs hold.

        Raises:
            InvalidWhere: There is no condition.
        """
        names = {attribute: model.graphql_name for attribute, model in self.models.items()}
        found = [
            self.models[attribute].read(given, below, depth)
            for attribute, given, below in given_fields(value, names, path)
        ]
        if not found:
            raise InvalidWhere.expecting(
                path, found="nothing", expected=f"at least one of {', '.join(names.values())}"
            )
        return found


def fixed_input_conditions(
    catalog: Catalog, operators: OperatorTypes, names: FilterNames
) -> Sequence[FixedInputsCondition]:
    """Gives the condition on fixed inputs, if products have any.

    Raises:
        SchemaDefinitionError: A name is taken.
    """
    found = [_of_model(catalog, family, operators, names) for family in catalog.families]
    models = {f"of_{index}": each for index, each in enumerate(found) if each is not None}
    if not models:
        return []
    fields: dict[str, tuple[str, object, str]] = {
        attribute: (each.graphql_name, each.graphql_type, "Those of products of this model.")
        for attribute, each in models.items()
    }
    name = names.claim("FixedInputsWhere", of="fixed inputs")
    return [
        FixedInputsCondition(
            attribute="fixed_inputs",
            graphql_name="fixedInputs",
            description="Its fixed inputs. Products that have left the catalogue have none.",
            graphql_type=input_class(name, fields, "Conditions on fixed inputs, all of which must hold."),
            models=models,
        )
    ]


def _of_model(
    catalog: Catalog, family: ModelFamily[SubscriptionModel], operators: OperatorTypes, names: FilterNames
) -> FixedInputsOfModel | None:
    products = catalog.products_of(family)
    conditions = {
        f"field_{planned.attribute}": ValueCondition(
            attribute=f"field_{planned.attribute}",
            graphql_name=planned.graphql_name,
            description=planned.description,
            field=planned.attribute,
            scalar=planned.value,
            operators=operators.of_scalar(planned.value),
        )
        for planned in planned_fixed_inputs(catalog, products[0].name)
        if isinstance(planned.value, Scalar) and planned.value.fields is None and not planned.many
    }
    if not conditions:
        return None
    fields = {
        attribute: (each.graphql_name, each.annotation, each.description)
        for attribute, each in conditions.items()
    }
    name = names.claim(f"{type_name(family.name)}FixedInputsWhere", of=f"fixed inputs of {family.name}")
    text = f"Conditions on the fixed inputs of a product {family.name}, all of which must hold."
    return FixedInputsOfModel(
        graphql_name=member_name(family.name),
        graphql_type=input_class(name, fields, text),
        conditions=conditions,
        products={product.name: product.fixed_inputs for product in products},
    )


def _value_matches(scalar: Scalar, where: ValueFilter, stored: JsonValue) -> bool:
    given = checked_operand(
        where.operator,
        where.value,
        path=where.field,
        offered=operators_of(scalar),
        one=lambda item: checked_scalar(scalar, item, where.field),
    )
    return matches(where.operator, None if stored is None else comparable(scalar, stored), given)
