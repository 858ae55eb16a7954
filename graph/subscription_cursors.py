"""The cursors of lists of subscriptions: each says of which list and in which order it is a place."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.json import JsonValue
from domain.model.trees.tree import SubscriptionRecord
from domain.storage.listing.orders import OrderBy, SubscriptionOrder, sort_key
from domain.storage.listing.paging import SortKey

_TIMES = frozenset({SubscriptionOrder.START_AT, SubscriptionOrder.END_AT})


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionCursors:
    """The cursors of one list in one order.

    Attributes:
        list_name: The name of the list's field.
    """

    list_name: str
    order: OrderBy

    def place(self, record: SubscriptionRecord) -> list[JsonValue]:
        """Gives what a cursor tells of the place of a subscription."""
        values = [value.isoformat() if isinstance(value, datetime) else value for value in self._key(record)]
        return [self._name, *(None if value is None else str(value) for value in values)]

    def key(self, place: JsonValue) -> SortKey:
        """Reads the sort key from what a cursor tells.

        Raises:
            ValueError: It is a cursor of another list, of another order, or none at all.
        """
        match place:
            case [self._name, str() as identifier] if not self._has_value:
                return (UUID(identifier),)
            case [self._name, (str() | None) as value, str() as identifier] if self._has_value:
                return (self._value(value), UUID(identifier))
            case _:
                raise ValueError("found a cursor of another list, expected one of this")

    @property
    def _name(self) -> str:
        return f"{self.list_name} {self.order.order} {'desc' if self.order.descending else 'asc'}"

    @property
    def _has_value(self) -> bool:
        return self.order.order is not SubscriptionOrder.ID

    def _key(self, record: SubscriptionRecord) -> SortKey:
        return sort_key(record, self.order)

    def _value(self, text: str | None) -> object:
        return datetime.fromisoformat(text) if text is not None and self.order.order in _TIMES else text
