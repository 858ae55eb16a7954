"""Lists of things in memory, filtered, sorted and cut as the database does it with rows."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from string import ascii_lowercase, ascii_uppercase
from types import MappingProxyType
from typing import Final, TypeVar, assert_never

from sqlalchemy import column

from domain.model.definition.texts import shown
from domain.storage.catalog_filters import CatalogWhere, OneOfNames
from domain.storage.listing.filters import And, FieldFilter, Not, Operator, Or
from domain.storage.listing.paging import InvalidPageRequest, Page, PageRequest, SortKey
from domain.storage.listing.sorting import Field, OrderBy, SortColumn, Sorting
from domain.storage.tables import Key

Item = TypeVar("Item")

_ORDERS: Final[Mapping[Operator, frozenset[int]]] = MappingProxyType(
    {
        Operator.LT: frozenset({-1}),
        Operator.LTE: frozenset({-1, 0}),
        Operator.GT: frozenset({1}),
        Operator.GTE: frozenset({0, 1}),
    }
)
_SMALL: Final = str.maketrans(ascii_uppercase, ascii_lowercase)


def holds(where: CatalogWhere, holds_one: Callable[[FieldFilter | OneOfNames], bool]) -> bool:
    """Whether a filter that was checked holds of something in memory.

    Args:
        where: the filter.
        holds_one: whether a single condition does.
    """
    match where:
        case And():
            return all(holds(item, holds_one) for item in where.items)
        case Or():
            return any(holds(item, holds_one) for item in where.items)
        case Not():
            return not holds(where.item, holds_one)
        case OneOfNames() | FieldFilter():
            return holds_one(where)
        case _:
            assert_never(where)


def matches(operator: Operator, value: object, given: Sequence[object]) -> bool:
    """Whether a condition holds of a value in memory, as `values.compare` has it of one in the database.

    Args:
        operator: how it is compared.
        value: in the form that the database would have it; None for one that is absent.
        given: what `IN` lists, or just what the operator takes; in the same form.
    """
    if operator is Operator.IS_NULL:
        return (value is None) is given[0]
    if value is None:
        return False
    match operator:
        case Operator.EQ | Operator.IN:
            found = value in given
        case Operator.LT | Operator.LTE | Operator.GT | Operator.GTE:
            found = _order(value, given[0]) in _ORDERS[operator]
        case Operator.CONTAINS:
            found = _folded(given[0]) in _folded(value)
        case Operator.STARTS_WITH:
            found = str(value).startswith(str(given[0]))
        case _:
            assert_never(operator)
    return found


def _order(value: object, other: object) -> int | None:
    """Which of two is the greater: -1, 0 or 1; None for what has no order together."""
    if isinstance(value, str) and isinstance(other, str):
        return (value > other) - (value < other)
    if isinstance(value, datetime) and isinstance(other, datetime):
        return (value > other) - (value < other)
    if isinstance(value, int | float | Decimal) and isinstance(other, int | float | Decimal):
        return (value > other) - (value < other)
    return None


def _folded(text: object) -> str:
    """A text in which the letters A to Z, and no others, are small."""
    return str(text).translate(_SMALL)


def sorting_of_texts(by_id: Field, attributes: Mapping[Field, str]) -> Sorting[Field]:
    """The orders that a list of things with texts may have, as of a table with these columns.

    Args:
        by_id: the order by what tells one from another, which is their `id`.
        attributes: of the things, for the other orders.
    """
    columns = {
        field: SortColumn(attribute=attribute, expression=column(attribute, Key), bind=Key)
        for field, attribute in attributes.items()
    }
    return Sorting(by_id=by_id, identifier=column("id", Key), columns=columns)


def page_in_memory(
    items: Sequence[Item], request: PageRequest, order: Sequence[OrderBy[Field]], sorting: Sorting[Field]
) -> Page[Item]:
    """A page of things in an order of texts; the sort key of each is `sorting.sort_key`.

    Raises:
        InvalidPageRequest: if a sort key is not one of the order.
    """
    downwards = [each.descending for each in order if each.field is not sorting.by_id]
    downwards.append(order[-1].descending)
    for cut in (request.after, request.before):
        _check_place(cut, length=len(downwards))
    keyed = [(sorting.sort_key(item, order), item) for item in items]
    for place in reversed(range(len(downwards))):
        keyed.sort(key=lambda each: str(each[0][place]), reverse=downwards[place] is not request.backward)
    wanted = [
        item
        for key, item in keyed
        if (request.after is None or _follows(key, request.after, downwards))
        and (request.before is None or _follows(request.before, key, downwards))
    ]
    return request.page_of(wanted[request.offset :])


def _check_place(key: SortKey | None, *, length: int) -> None:
    if key is not None and not (len(key) == length and all(isinstance(value, str) for value in key)):
        raise InvalidPageRequest(f"found the sort key {shown(key)}, expected {length} texts")


def _follows(key: SortKey, other: SortKey, downwards: Sequence[bool]) -> bool:
    """Whether one place comes after another."""
    for value, reference, down in zip(key, other, downwards, strict=True):
        if value != reference:
            return (str(value) < str(reference)) is down
    return False
