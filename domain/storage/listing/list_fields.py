"""What every subscription can be filtered by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, Numeric, Uuid
from sqlalchemy.types import TypeEngine

from domain.model.definition.stored_forms import is_instant
from domain.model.lifecycle import ProductStatus, SubscriptionStatus
from domain.storage import tables
from domain.storage.listing.filters import Operator
from domain.storage.listing.orders import SORTED_CHARACTERS
from domain.storage.listing.values import (
    EQUALITY_OPERATORS,
    ORDERED_OPERATORS,
    TEXT_OPERATORS,
    Operand,
    column_operand,
    instant_operand,
    text_operand,
)
from domain.storage.saving.checks import checked_text, ill_typed, is_a, wanted_of
from domain.storage.tables import DESCRIPTION_ORDER, END_ORDER, START_ORDER, Instant, Key

_subscription = tables.subscription.c
_product = tables.product.c


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterField:
    """What every subscription has and can be filtered by.

    Attributes:
        python_type: what its values are.
        of_product: whether it is the product's.
    """

    python_type: type
    operators: frozenset[Operator]
    operand: Operand
    of_product: bool = False

    def checked(self, value: object, path: str) -> object:
        """A single value in the form that the database compares with.

        Raises:
            InvalidFilter: if it is not one of the field.
        """
        if self.python_type is SubscriptionStatus:
            return _status(SubscriptionStatus, value, path)
        if self.python_type is ProductStatus:
            return _status(ProductStatus, value, path)
        if not is_a(value, self.python_type):
            raise ill_typed(path, value, wanted_of(self.python_type))
        if isinstance(value, datetime) and not is_instant(value):
            raise ill_typed(path, value, "a time with its zone (Z, or +01:00), which UTC can name")
        return checked_text(value, path) if isinstance(value, str) else value


def _text(column: ColumnElement[Any], *, of_product: bool = False) -> FilterField:
    return FilterField(
        python_type=str, operators=TEXT_OPERATORS, operand=column_operand(column, Key), of_product=of_product
    )


def _plain(
    column: ColumnElement[Any], python_type: type, bind: TypeEngine[Any], *, ordered: bool = False
) -> FilterField:
    return FilterField(
        python_type=python_type,
        operators=ORDERED_OPERATORS if ordered else EQUALITY_OPERATORS,
        operand=column_operand(column, bind),
    )


def _instant(column: ColumnElement[Any], key: ColumnElement[Any]) -> FilterField:
    return FilterField(
        python_type=datetime, operators=ORDERED_OPERATORS, operand=instant_operand(column, key)
    )


FIELDS: Final[Mapping[str, FilterField]] = MappingProxyType(
    {
        "id": _plain(_subscription.id, UUID, Uuid(), ordered=True),
        "product_id": _plain(_subscription.product_id, UUID, Uuid()),
        "product_name": _text(_product.name, of_product=True),
        "product_type": _text(_product.product_type, of_product=True),
        "product_tag": _text(_product.tag, of_product=True),
        "product_status": FilterField(
            python_type=ProductStatus,
            operators=EQUALITY_OPERATORS,
            operand=column_operand(_product.status, Key),
            of_product=True,
        ),
        "customer_id": _text(_subscription.customer_id),
        "status": _plain(_subscription.status, SubscriptionStatus, Key),
        "description": FilterField(
            python_type=str,
            operators=TEXT_OPERATORS,
            operand=text_operand(
                _subscription.description, key=DESCRIPTION_ORDER, key_characters=SORTED_CHARACTERS
            ),
        ),
        "note": FilterField(
            python_type=str, operators=TEXT_OPERATORS, operand=text_operand(_subscription.note)
        ),
        "in_sync": _plain(_subscription.in_sync, bool, Boolean()),
        "held_by": _plain(_subscription.held_by, UUID, Uuid()),
        "version": _plain(_subscription.version, int, Numeric(), ordered=True),
        "start_at": _instant(_subscription.start_at, START_ORDER),
        "end_at": _instant(_subscription.end_at, END_ORDER),
        "created_at": _plain(_subscription.created_at, datetime, Instant, ordered=True),
        "modified_at": _plain(_subscription.modified_at, datetime, Instant, ordered=True),
    }
)
"""What lists of subscriptions of any product can be filtered by, by attribute of their records."""


def _status(statuses: type[SubscriptionStatus | ProductStatus], value: object, path: str) -> str:
    for status in statuses:
        if value == status:
            return status.value
    raise ill_typed(path, value, "one of " + ", ".join(sorted(statuses)))
