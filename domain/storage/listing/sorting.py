"""The orders of lists, and the places in them: of any list, by what it may be sorted by.

Whatever a list is sorted by, equals are in the order of their ids, so that every row has one place. An order
by one column costs as little on the last page as on the first, because an index has it together with the id.
One by several columns is served by the index of the first: all its equals are read, so it needs a time limit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, literal, or_, tuple_
from sqlalchemy.types import TypeEngine

from domain.errors import DomainError
from domain.model.definition.stored_forms import is_instant
from domain.model.definition.texts import is_storable, shown
from domain.storage import tables
from domain.storage.listing.paging import InvalidPageRequest, PageRequest, SortKey
from domain.storage.listing.selection import AnySelect
from domain.storage.tables import Instant

Field = TypeVar("Field", bound=StrEnum)

MOST_SORT_FIELDS: Final = 3
"""How many fields one order may be made of."""


class InvalidOrder(DomainError):
    """A list was to be sorted in a way that makes no sense."""

    def __init__(self, *, found: str, expected: str) -> None:
        super().__init__(f"the order: found {found}, expected {expected}")
        self.found = found
        self.expected = expected


@dataclass(frozen=True, slots=True)
class OrderBy(Generic[Field]):
    """One field that a list is sorted by; an order is a sequence of these, the most important first."""

    field: Field
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SortColumn:
    """What a list may be sorted by.

    Attributes:
        attribute: of the records.
        expression: as an index has it, before the id.
        bind: the type of its values.
        characters: how much of a text counts; None for all of it.
        values: the texts that it may be; None for any.
        absent_last: whether a row may have none, which then comes after all.
    """

    attribute: str
    expression: ColumnElement[Any]
    bind: TypeEngine[Any]
    characters: int | None = None
    values: frozenset[str] | None = None
    absent_last: bool = False

    def of(self, record: object) -> object:
        """What counts of a record."""
        value: object = getattr(record, self.attribute)
        return value[: self.characters] if isinstance(value, str) else value

    def find_literal(self, value: object) -> ColumnElement[Any] | None:
        """A value of a place in SQL; None if it cannot be one."""
        match value:
            case None if self.absent_last:
                return tables.NEVER
            case datetime() as at if self.bind is Instant and is_instant(at):
                return literal(at.astimezone(UTC), Instant)
            case str() as text if self.bind is not Instant and is_storable(text):
                return literal(text, self.bind) if self.values is None or text in self.values else None
            case _:
                return None


_Part: TypeAlias = tuple[ColumnElement[Any], ColumnElement[Any], bool]
"""A column, the value of a place, and whether the rows beyond have more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorting(Generic[Field]):
    """The orders that a list may have.

    Attributes:
        by_id: the field that stands for the id alone.
        identifier: the column of the id.
    """

    by_id: Field
    identifier: ColumnElement[Any]
    columns: Mapping[Field, SortColumn]

    def checked(self, order: Sequence[OrderBy[Field]]) -> Sequence[OrderBy[Field]]:
        """The order itself.

        Raises:
            InvalidOrder: if it has no field, too many, one twice, or another one behind the id.
        """
        fields = [each.field for each in order]
        if not 1 <= len(fields) <= MOST_SORT_FIELDS:
            raise InvalidOrder(found=f"{len(fields)} fields", expected=f"1 to {MOST_SORT_FIELDS}")
        if len(set(fields)) < len(fields):
            twice = next(field for field in fields if fields.count(field) > 1)
            raise InvalidOrder(found=f"{twice.name} twice", expected="each field once")
        if self.by_id in fields[:-1]:
            raise InvalidOrder(
                found=f"a field behind {self.by_id.name}",
                expected=f"{self.by_id.name} last: it has no equals",
            )
        return order

    def attributes(self, order: Sequence[OrderBy[Field]]) -> frozenset[str]:
        """The attributes that a record must have for its place in the order to be known, beside its id."""
        return frozenset(self.columns[each.field].attribute for each in self._named(order))

    def sort_key(self, record: object, order: Sequence[OrderBy[Field]]) -> SortKey:
        """The place of a record in a list: what it is sorted by, and its id."""
        values = (self.columns[each.field].of(record) for each in self._named(order))
        identifier: object = getattr(record, "id")  # noqa: B009  # records have ids of several types
        return (*values, identifier)

    def paged(self, statement: AnySelect, request: PageRequest, order: Sequence[OrderBy[Field]]) -> AnySelect:
        """A statement kept to one page of a list, and one row more.

        Raises:
            InvalidPageRequest: if a sort key does not fit the order.
        """
        if request.after is not None:
            statement = statement.where(self._beyond(request.after, order, forth=True))
        if request.before is not None:
            statement = statement.where(self._beyond(request.before, order, forth=False))
        sorted_by = [
            column.desc() if downwards is not request.backward else column.asc()
            for column, downwards in self._sorted_by(order)
        ]
        return statement.order_by(*sorted_by).limit(request.size + 1).offset(request.offset or None)

    def without_the_fixed(
        self, order: Sequence[OrderBy[Field]], request: PageRequest, fixed: object
    ) -> tuple[Sequence[OrderBy[Field]], PageRequest]:
        """The same page of a list in which all have the same value of what it is sorted by first.

        PostgreSQL does not find a place by two columns in an index of which it is told the first.

        Args:
            order: with a field before the id.
            request: the page.
            fixed: the value that all have.
        """
        keys = [key for key in (request.after, request.before) if key is not None]
        if not all(len(key) > 1 and key[0] == fixed for key in keys):
            return order, request
        after = None if request.after is None else request.after[1:]
        before = None if request.before is None else request.before[1:]
        rest = order[1:] or [replace(order[0], field=self.by_id)]
        return rest, replace(request, after=after, before=before)

    def _named(self, order: Sequence[OrderBy[Field]]) -> Sequence[OrderBy[Field]]:
        return [each for each in order if each.field is not self.by_id]

    def _sorted_by(self, order: Sequence[OrderBy[Field]]) -> Sequence[tuple[ColumnElement[Any], bool]]:
        """The columns, the id last, and whether each goes downwards; the id goes as the field before it."""
        named = [(self.columns[each.field].expression, each.descending) for each in self._named(order)]
        return [*named, (self.identifier, order[-1].descending)]

    def _beyond(self, key: SortKey, order: Sequence[OrderBy[Field]], *, forth: bool) -> ColumnElement[bool]:
        """That a row stands behind a place, or before it.

        Raises:
            InvalidPageRequest: if the place is not one of the order.
        """
        columns = self._sorted_by(order)
        values = self._literals(key, order)
        return _beyond(
            [
                (column, value, forth is not downwards)
                for (column, downwards), value in zip(columns, values, strict=True)
            ]
        )

    def _literals(self, key: SortKey, order: Sequence[OrderBy[Field]]) -> Sequence[ColumnElement[Any]]:
        named = self._named(order)
        if len(key) == len(named) + 1 and isinstance(key[-1], UUID):
            values = [
                self.columns[each.field].find_literal(value)
                for each, value in zip(named, key[:-1], strict=True)
            ]
            found = [value for value in values if value is not None]
            if len(found) == len(values):
                return [*found, literal(key[-1], Uuid())]
        expected = ", ".join(each.field for each in order)
        raise InvalidPageRequest(
            f"found the sort key {shown(key)}, expected one of a list sorted by {expected}"
        )


def _beyond(parts: Sequence[_Part]) -> ColumnElement[bool]:
    (column, value, upwards), *rest = parts
    further = column > value if upwards else column < value
    if not rest:
        return further
    if upwards and value is tables.NEVER:
        # Nothing comes after it but its equals; told so, the planner expects as many rows as there are.
        return and_(column == value, _beyond(rest))
    if all(each is upwards for _, _, each in rest):
        row, place = tuple_(*(part[0] for part in parts)), tuple_(*(part[1] for part in parts))
        return row > place if upwards else row < place
    # What is told of the first column alone is what its index is entered by.
    not_before = column >= value if upwards else column <= value
    return and_(not_before, or_(further, _beyond(rest)))
