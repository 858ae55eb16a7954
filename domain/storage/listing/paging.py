"""Pages of ordered rows, by keyset or by offset."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar
from uuid import UUID

from domain.errors import DomainError
from domain.model.definition.texts import shown

Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)

MOST_ROWS: Final = 2**31 - 1
"""The largest page and the largest offset that can be asked for at all."""

SortKey: TypeAlias = tuple[object, ...]
"""The values of a row's sort columns, in order; the last one is the id, which breaks ties."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Row_co]):
    """Rows of one page, always in the list's own order."""

    rows: Sequence[Row_co]
    has_next: bool
    has_previous: bool


class InvalidPageRequest(DomainError):
    """A page was asked for in a way that contradicts itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which part of an ordered list is wanted: the first rows after a key, or the last rows before one.

    Raises:
        InvalidPageRequest: unless exactly one of ``first`` and ``last`` is given, neither is negative nor
            beyond `MOST_ROWS`, ``offset`` comes with ``first`` alone, and ``last`` is not mixed with
            ``after``.
    """

    first: int | None = None
    after: SortKey | None = None
    last: int | None = None
    before: SortKey | None = None
    offset: int = 0

    def __post_init__(self) -> None:
        if (self.first is None) == (self.last is None):
            raise InvalidPageRequest(
                f"found first={self.first} and last={self.last}, expected exactly one of them"
            )
        if not (0 <= self.size <= MOST_ROWS and 0 <= self.offset <= MOST_ROWS):
            raise InvalidPageRequest(
                f"found size {shown(self.size)} and offset {shown(self.offset)}, expected both from 0 to"
                f" {MOST_ROWS}"
            )
        if self.backward and (self.after is not None or self.offset):
            raise InvalidPageRequest("found last with after or offset, expected last with before alone")
        if self.offset and (self.after is not None or self.before is not None):
            raise InvalidPageRequest("found offset with after or before, expected offset alone")

    @property
    def size(self) -> int:
        """The most rows the page may hold."""
        return self.first if self.first is not None else self.last or 0

    @property
    def backward(self) -> bool:
        """Whether the page is cut from the end of the list."""
        return self.last is not None

    def page_of(self, rows: Sequence[Row]) -> Page[Row]:
        """The page that a statement's rows make.

        Args:
            rows: one more than the page's size if there are so many; for a page from the end, last row first.
        """
        shown, more = rows[: self.size], len(rows) > self.size
        if self.backward:
            return Page(rows=shown[::-1], has_next=self.before is not None, has_previous=more)
        return Page(rows=shown, has_next=more, has_previous=self.after is not None or self.offset > 0)


def id_key(key: SortKey) -> UUID:
    """The id of a key that sorts by the id alone.

    Raises:
        InvalidPageRequest: if the key holds anything else.
    """
    match key:
        case (UUID() as identifier,):
            return identifier
        case _:
            raise InvalidPageRequest(f"found the sort key {shown(key)}, expected one id")
