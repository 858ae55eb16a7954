"""What every subscription can be filtered by, whatever its product."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import strawberry

from domain.model.definition.scalars import SCALARS
from domain.storage.listing.filters import Operator
from domain.storage.listing.list_fields import FIELDS, FilterField
from domain.storage.saving.checks import checked_operand
from graph.generate.filters.conditions import FieldCondition, GroupCondition
from graph.generate.filters.operators import FilterNames, OperatorTypes, enum_words, input_class, value_words
from graph.ids import parse_process_id, parse_product_id, parse_subscription_id
from graph.lists.filters import OperatorType
from graph.permissions import Permission
from graph.types.enums import ProductStatus, SubscriptionStatus

_ID_OPERATORS: Final = frozenset({Operator.EQ, Operator.IN, Operator.IS_NULL})


def subscription_conditions(
    operators: OperatorTypes, names: FilterNames
) -> Sequence[FieldCondition | GroupCondition]:
    """Gives the conditions on what every subscription has, in the order of its fields.

    Raises:
        SchemaDefinitionError: A name is taken.
    """
    ids = id_operators(operators)
    texts, flags, times = (operators.of_scalar(SCALARS[each]) for each in (str, bool, datetime))
    statuses = operators.of(
        "SubscriptionStatus",
        SubscriptionStatus,
        FIELDS["status"].operators,
        words=enum_words("SubscriptionStatus"),
    )
    holders = operators.of(
        "ProcessID",
        strawberry.ID,
        _ID_OPERATORS,
        words="the id of a process",
        permission=Permission.READ_PROCESSES,
    )
    numbers = operators.of("Int", int, FIELDS["version"].operators, words=value_words("Int"))
    return [
        _condition("id", ids, "Its id.", parse=parse_subscription_id),
        _product(operators, names),
        _condition("customer_id", texts, "Who holds it."),
        _condition("status", statuses, "Where it is in its life."),
        _condition("description", texts, "What it is, for people."),
        _condition("in_sync", flags, "Whether no process works on it and the outside world agrees with it."),
        _condition("held_by", holders, "The process that works on it now.", parse=parse_process_id),
        _condition("version", numbers, "Raised by one with every change."),
        _condition("note", texts, "What people have noted about it."),
        _condition("start_at", times, "When it first became active."),
        _condition("end_at", times, "When it was terminated."),
        _condition("created_at", times, "When it was made."),
        _condition("modified_at", times, "When it last changed."),
    ]


def id_operators(operators: OperatorTypes) -> OperatorType:
    """Gives the operators of ids as clients know them."""
    return operators.of("ID", strawberry.ID, _ID_OPERATORS, words=value_words("ID"))


def _product(operators: OperatorTypes, names: FilterNames) -> GroupCondition:
    texts = operators.of_scalar(SCALARS[str])
    statuses = operators.of(
        "ProductStatus",
        ProductStatus,
        FIELDS["product_status"].operators,
        words=enum_words("ProductStatus"),
    )
    conditions = {
        "id": _condition("product_id", id_operators(operators), "Its id.", name="id", parse=parse_product_id),
        "name": _condition("product_name", texts, "Its name.", name="name"),
        "tag": _condition("product_tag", texts, "Its short name.", name="tag"),
        "product_type": _condition("product_type", texts, "What kind of product it is.", name="product_type"),
        "status": _condition("product_status", statuses, "Whether it may be sold and kept.", name="status"),
    }
    fields = {
        attribute: (condition.graphql_name, condition.annotation, condition.description)
        for attribute, condition in conditions.items()
    }
    name = names.claim("SubscriptionProductWhere", of="the products of subscriptions")
    return GroupCondition(
        attribute="product",
        graphql_name="product",
        description="The product it is of.",
        graphql_type=input_class(
            name,
            fields,
            "Conditions on the product of a subscription, all of which must hold.",
            permission=Permission.READ_CATALOG,
        ),
        conditions=conditions,
    )


def _condition(
    field: str,
    operators: OperatorType,
    description: str,
    *,
    name: str | None = None,
    parse: Callable[[str], object] | None = None,
) -> FieldCondition:
    check = _checking(FIELDS[field])
    return FieldCondition.of(field, operators, description, check=check, name=name, parse=parse)


def _checking(field: FilterField) -> Callable[[Operator, object, str], object]:
    def check(operator: Operator, value: object, path: str) -> object:
        return checked_operand(
            operator,
            value,
            path=path,
            offered=field.operators,
            one=lambda item: field.checked(item, path),
        )

    return check
