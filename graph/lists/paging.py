"""Relay connections over the repositories' pages: opaque cursors, bounded pages, a total on demand.

Source: GraphQL Cursor Connections Specification.
"""

import base64
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar
from uuid import UUID

import strawberry

from domain.json import JsonValue, decode, encode
from domain.storage.listing.paging import InvalidPageRequest, Page, PageRequest, SortKey, id_key
from graph.errors import GraphError
from graph.limits import PaidEntries, ReadBudget
from graph.permissions import Permission, requires
from graph.settings import GraphSettings

NodeType = TypeVar("NodeType")
Row = TypeVar("Row")
Id = TypeVar("Id", bound=UUID)


First = Annotated[
    int | None, strawberry.argument(description="How many to give at most, from the start or after `after`.")
]
After = Annotated[str | None, strawberry.argument(description="Give what follows this cursor.")]
Last = Annotated[
    int | None, strawberry.argument(description="How many to give at most, up to the end or before `before`.")
]
Before = Annotated[str | None, strawberry.argument(description="Give what precedes this cursor.")]

Offset = Annotated[
    int | None,
    strawberry.argument(
        description="How many to leave out before the first, for numbered pages; with `first` alone."
    ),
]
PlaceReader = Callable[[JsonValue], SortKey]
"""Reads the sort key from what a cursor tells; raises ValueError if it is not one of the list."""


class InvalidPage(GraphError):
    """The paging arguments contradict each other, or a cursor is not one."""

    code = "INVALID_PAGE"


class PageTooLarge(GraphError):
    """More was asked for than one page may hold."""

    code = "PAGE_TOO_LARGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageArguments:
    """The arguments of a connection, as they came."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    offset: int | None = None

    def request(self, settings: GraphSettings, *, place: PlaceReader) -> PageRequest:
        """Gives the page that is asked for; without a size, the first page of the default size.

        Args:
            settings: The limits.
            place: Reads what a cursor tells.

        Raises:
            PageTooLarge: It asks for more than the limit.
            InvalidPage: The arguments contradict each other, or a cursor is not one.
        """
        for name, size in (("first", self.first), ("last", self.last)):
            if size is not None and size < 0:
                raise InvalidPage(f"'{name}' is {size}: expected at least 0.")
            if size is not None and size > settings.max_page_size:
                raise PageTooLarge(
                    f"'{name}' is {size}: at most {settings.max_page_size} are given at a time."
                )
        if self.offset is not None and self.offset < 0:
            raise InvalidPage(f"'offset' is {self.offset}: expected at least 0.")
        first = settings.default_page_size if self.first is None and self.last is None else self.first
        try:
            return PageRequest(
                first=first,
                after=_decode(self.after, place),
                last=self.last,
                before=_decode(self.before, place),
                offset=self.offset or 0,
            )
        except InvalidPageRequest:
            raise InvalidPage(
                f"These paging arguments do not fit together: found {self._given()}, expected 'first', with "
                "'after' or 'before' or both, or 'offset' alone; or 'last', with 'before' alone."
            ) from None

    def _given(self) -> str:
        given = (
            ("first", self.first),
            ("after", self.after),
            ("last", self.last),
            ("before", self.before),
            ("offset", self.offset),
        )
        return " and ".join(f"'{name}'" for name, value in given if value is not None)


@strawberry.type(description="Where a page stands in its list.", directives=requires(Permission.CONNECT))
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool = strawberry.field(description="Whether more follows the page.")
    has_previous_page: bool = strawberry.field(description="Whether something precedes the page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last edge.")


@strawberry.type(description="One place in a list.", directives=requires(Permission.CONNECT))
class Edge(Generic[NodeType]):
    """One place in a list."""

    cursor: str = strawberry.field(description="Stands for this place in `after` and `before`.")
    node: NodeType = strawberry.field(description="What is at this place.")


@strawberry.type(description="A page of a list.", directives=requires(Permission.CONNECT))
class Connection(Generic[NodeType]):
    """A page of a list."""

    edges: list[Edge[NodeType]] = strawberry.field(description="What is on the page, with cursors.")
    nodes: list[NodeType] = strawberry.field(description="What is on the page.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in its list.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="How long the whole list is. Counted only if selected.")
    async def total_count(self) -> int:
        """Counts the list."""
        return await self.count()


def connection(
    page: Page[Row],
    budget: ReadBudget,
    *,
    node: Callable[[Row], NodeType],
    key: Callable[[Row], list[JsonValue]],
    count: Callable[[], Awaitable[int]],
) -> Connection[NodeType]:
    """Makes a connection of a page.

    Args:
        page: The rows, in order.
        budget: Pays for the rows.
        node: Gives the node of a row.
        key: Gives what the cursor of a row tells.
        count: Counts the whole list.

    Raises:
        TooMuchRead: The operation has had its share.
    """
    budget.take(len(page.rows))
    edges = PaidEntries(Edge(cursor=encode_cursor(key(row)), node=node(row)) for row in page.rows)
    return Connection(
        edges=edges,
        nodes=PaidEntries(edge.node for edge in edges),
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        count=count,
    )


def page_of_ids(ids: Sequence[Id], request: PageRequest) -> Page[Id]:
    """Gives a page of a list of ids that is at hand as a whole, the newest first."""
    return page_of_keyed(ids, request, key=lambda each: each)


def page_of_keyed(rows: Iterable[Row], request: PageRequest, *, key: Callable[[Row], UUID]) -> Page[Row]:
    """Gives a page of a list that is at hand as a whole, the newest key first."""
    after = None if request.after is None else id_key(request.after)
    before = None if request.before is None else id_key(request.before)
    wanted = sorted(
        (
            row
            for row in rows
            if (after is None or key(row) < after) and (before is None or key(row) > before)
        ),
        key=key,
        reverse=not request.backward,
    )
    return request.page_of(wanted)


def encode_cursor(told: list[JsonValue]) -> str:
    """Gives the cursor of a place, which clients must not read anything into."""
    return base64.urlsafe_b64encode(encode(told).encode()).decode().rstrip("=")


def no_cursor(cursor: str | None) -> InvalidPage:
    """Gives the error for what is no cursor of a list."""
    return InvalidPage(f"'{(cursor or '')[:80]}' is no cursor of this list.")


def _decode(cursor: str | None, read: PlaceReader) -> SortKey | None:
    if cursor is None:
        return None
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        return read(decode(base64.b64decode(padded, altchars=b"-_", validate=True)))
    except ValueError:
        raise no_cursor(cursor) from None
