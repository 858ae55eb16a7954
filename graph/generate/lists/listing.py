"""What all filtered lists have in common: how their fields are made, and how a page becomes a connection."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import strawberry
from strawberry.types.field import StrawberryField

from domain.storage.listing.paging import InvalidPageRequest, Page, PageRequest
from domain.storage.listing.sorting import Field
from graph.context import Info
from graph.lists.cursors import ListCursors
from graph.lists.filters import WHERE, Path, WhereType, filtered, set_where
from graph.lists.paging import Connection, PageArguments, connection, no_cursor
from graph.permissions import Permission, requires

Row = TypeVar("Row")
Node = TypeVar("Node")
Filter = TypeVar("Filter")


def filtered_field(
    name: str,
    resolve: Callable[..., object],
    where_type: WhereType[Filter],
    *,
    graphql_type: object,
    description: str,
    permission: Permission,
) -> StrawberryField:
    """Gives a field whose argument `where` has a type that was generated."""
    set_where(resolve, where_type)
    field = strawberry.field(
        name=name,
        resolver=resolve,
        graphql_type=graphql_type,
        description=description,
        directives=requires(permission),
    )
    assert isinstance(field, StrawberryField)
    return field


async def filtered_page(
    info: Info,
    arguments: PageArguments,
    cursors: ListCursors[Field],
    *,
    read: Callable[[PageRequest], Awaitable[Page[Row]]],
    count: Callable[[], Awaitable[int]],
    node: Callable[[Row], Node],
    slow: Path = WHERE,
) -> Connection[Node]:
    """Gives the page that is asked for, as a connection.

    Args:
        info: Of the field.
        arguments: Which page.
        cursors: Those of this list in this order.
        read: Reads a page.
        count: Reads how long the whole list is; asked only if that is selected.
        node: Makes a result of a row.
        slow: The path of what makes the read slow if it is.

    Raises:
        InvalidPage: There is no such page, or a cursor is of another list or order.
        InvalidWhere: The filter does not fit.
        WhereTooSlow: It took too long.
    """
    request = arguments.request(info.context.dependencies.settings, place=cursors.key)
    try:
        page = await filtered(read(request), slow)
    except InvalidPageRequest:
        raise no_cursor(arguments.after or arguments.before) from None
    return connection(
        page, info.context.budget, node=node, key=cursors.place, count=lambda: filtered(count())
    )
