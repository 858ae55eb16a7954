"""The cursors of lists: each says of which list, and in which of its orders, it is a place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic
from uuid import UUID

from domain.json import JsonValue
from domain.storage.listing.paging import SortKey
from domain.storage.listing.sorting import Field, OrderBy, Sorting
from domain.storage.tables import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCursors(Generic[Field]):
    """The cursors of one list in one order.

    Attributes:
        list_name: The name of the list's field.
        read_id: Reads the id of a row; raises ValueError if it is none.
    """

    list_name: str
    sorting: Sorting[Field]
    order: Sequence[OrderBy[Field]]
    read_id: Callable[[str], object] = UUID
    _name: str = field(init=False)

    def __post_init__(self) -> None:
        told = (f"{each.field} {'desc' if each.descending else 'asc'}" for each in self.order)
        object.__setattr__(self, "_name", f"{self.list_name} {', '.join(told)}")

    def place(self, record: object) -> list[JsonValue]:
        """Gives what a cursor tells of the place of a record."""
        values = self.sorting.sort_key(record, self.order)
        return [self._name, *(_told(value) for value in values)]

    def key(self, place: JsonValue) -> SortKey:
        """Reads the sort key from what a cursor tells.

        Raises:
            ValueError: It is a cursor of another list, of another order, or none at all.
        """
        columns = [each.field for each in self.order if each.field is not self.sorting.by_id]
        match place:
            case [self._name, *values, str() as identifier] if len(values) == len(columns):
                texts = [value for value in values if isinstance(value, str | None)]
                read = [self._read(field, text) for field, text in zip(columns, texts, strict=True)]
                return (*read, self.read_id(identifier))
            case _:
                raise ValueError("found a cursor of another list, expected one of this")

    def _read(self, field: Field, text: str | None) -> object:
        is_time = self.sorting.columns[field].bind is Instant
        return datetime.fromisoformat(text) if text is not None and is_time else text


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainCursors:
    """The cursors of a list with one order, which one value of each row tells.

    Attributes:
        list_name: The name of the list's field, with that of the type that has it.
        read: Reads the value; raises ValueError if it is none.
    """

    list_name: str
    read: Callable[[str], object] = UUID

    def place(self, value: object) -> list[JsonValue]:
        """Gives what a cursor tells of the place of a row with this value."""
        return [self.list_name, str(value)]

    def key(self, place: JsonValue) -> SortKey:
        """Reads the sort key from what a cursor tells.

        Raises:
            ValueError: It is a cursor of another list, or none at all.
        """
        match place:
            case [self.list_name, str() as value]:
                return (self.read(value),)
            case _:
                raise ValueError("found a cursor of another list, expected one of this")


def _told(value: object) -> JsonValue:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)
