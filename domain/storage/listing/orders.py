"""The orders that lists of subscriptions may have, and the places in them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum, auto
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, literal, tuple_

from domain.model.definition.stored_forms import is_instant
from domain.model.definition.texts import is_storable, shown
from domain.model.lifecycle import SubscriptionStatus
from domain.model.trees.tree import SubscriptionRecord
from domain.storage import tables
from domain.storage.listing.paging import InvalidPageRequest, PageRequest, SortKey, id_key
from domain.storage.listing.selection import AnySelect
from domain.storage.tables import DESCRIPTION_ORDER, END_ORDER, START_ORDER, Instant, Key

SORTED_CHARACTERS: Final = 100
"""How much of a description counts in its order."""

_LENGTH: Final = 2

_subscription = tables.subscription.c


class SubscriptionOrder(StrEnum):
    """What a list of subscriptions may be sorted by. Equals are in the order of their ids."""

    ID = auto()
    """By age."""
    DESCRIPTION = auto()
    """By bytes; only the first characters count."""
    CUSTOMER = auto()
    STATUS = auto()
    """By the letters of its name."""
    START_AT = auto()
    """What has none comes after all."""
    END_AT = auto()
    """What has none comes after all."""


@dataclass(frozen=True, slots=True)
class OrderBy:
    """An order of a list of subscriptions."""

    order: SubscriptionOrder
    descending: bool = False

    @property
    def column(self) -> str:
        """The attribute of a record that it is sorted by."""
        return _COLUMNS[self.order]


NEWEST_FIRST: Final = OrderBy(SubscriptionOrder.ID, descending=True)

_COLUMNS: Final[Mapping[SubscriptionOrder, str]] = MappingProxyType(
    {
        SubscriptionOrder.ID: "id",
        SubscriptionOrder.DESCRIPTION: "description",
        SubscriptionOrder.CUSTOMER: "customer_id",
        SubscriptionOrder.STATUS: "status",
        SubscriptionOrder.START_AT: "start_at",
        SubscriptionOrder.END_AT: "end_at",
    }
)
_EXPRESSIONS: Final[Mapping[SubscriptionOrder, ColumnElement[Any]]] = MappingProxyType(
    {
        SubscriptionOrder.DESCRIPTION: DESCRIPTION_ORDER,
        SubscriptionOrder.CUSTOMER: _subscription.customer_id,
        SubscriptionOrder.STATUS: _subscription.status,
        SubscriptionOrder.START_AT: START_ORDER,
        SubscriptionOrder.END_AT: END_ORDER,
    }
)


def sort_key(record: SubscriptionRecord, order: OrderBy) -> SortKey:
    """The place of a subscription in a list: what it is sorted by, and its id."""
    if order.order is SubscriptionOrder.ID:
        return (record.id,)
    value: object = getattr(record, order.column)
    if order.order is SubscriptionOrder.DESCRIPTION:
        value = record.description[:SORTED_CHARACTERS]
    return (value, record.id)


def without_the_fixed(order: OrderBy, request: PageRequest, fixed: object) -> tuple[OrderBy, PageRequest]:
    """The same page of a list in which all have the same value of what it is sorted by: it is sorted by id.

    PostgreSQL does not find a place by two columns in an index of which it is told the first.

    Args:
        order: by customer or by status.
        request: the page.
        fixed: the value that all have.
    """
    keys = [key for key in (request.after, request.before) if key is not None]
    if not all(len(key) == _LENGTH and key[0] == fixed for key in keys):
        return order, request
    after = None if request.after is None else request.after[1:]
    before = None if request.before is None else request.before[1:]
    return replace(order, order=SubscriptionOrder.ID), replace(request, after=after, before=before)


def paged(statement: AnySelect, request: PageRequest, order: OrderBy) -> AnySelect:
    """A statement kept to one page of a list, and one row more.

    Raises:
        InvalidPageRequest: if a sort key does not fit the order.
    """
    for key, comes_after in ((request.after, True), (request.before, False)):
        if key is not None:
            statement = statement.where(_beyond(key, order, upwards=comes_after is not order.descending))
    downwards = order.descending is not request.backward
    columns = (
        [_subscription.id]
        if order.order is SubscriptionOrder.ID
        else [_EXPRESSIONS[order.order], _subscription.id]
    )
    sorted_by = [column.desc() if downwards else column.asc() for column in columns]
    return statement.order_by(*sorted_by).limit(request.size + 1).offset(request.offset or None)


def _beyond(key: SortKey, order: OrderBy, *, upwards: bool) -> ColumnElement[bool]:
    """That a row stands above a place, or below it."""
    if order.order is SubscriptionOrder.ID:
        identifier = id_key(key)
        return _subscription.id > identifier if upwards else _subscription.id < identifier
    value, identifier = _place(key, order.order)
    if upwards and value is tables.NEVER:
        # Nothing comes after it but its equals; told so, the planner expects as many rows as there are.
        return and_(_EXPRESSIONS[order.order] == value, _subscription.id > identifier)
    row, place = tuple_(_EXPRESSIONS[order.order], _subscription.id), tuple_(value, identifier)
    return row > place if upwards else row < place


def _place(key: SortKey, order: SubscriptionOrder) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    match order, key:
        case ((SubscriptionOrder.START_AT | SubscriptionOrder.END_AT), (None, UUID() as identifier)):
            return tables.NEVER, literal(identifier, Uuid())
        case (
            (SubscriptionOrder.START_AT | SubscriptionOrder.END_AT),
            (datetime() as at, UUID() as identifier),
        ) if is_instant(at):
            return literal(at.astimezone(UTC), Instant), literal(identifier, Uuid())
        case ((SubscriptionOrder.STATUS), (str() as status, UUID() as identifier)) if status in set(
            SubscriptionStatus
        ):
            return literal(str(status), Key), literal(identifier, Uuid())
        case (
            (SubscriptionOrder.DESCRIPTION | SubscriptionOrder.CUSTOMER),
            (str() as text, UUID() as identifier),
        ) if is_storable(text):
            return literal(text, Key), literal(identifier, Uuid())
        case _:
            raise InvalidPageRequest(
                f"found the sort key {shown(key)}, expected one of a list sorted by {order}"
            )
