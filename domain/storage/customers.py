"""The customers that hold subscriptions: of others the database knows nothing."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, FromClause, Row, column, exists, func, literal, select

from domain.ids import CustomerId
from domain.model.definition.texts import shown
from domain.scope import Scope
from domain.storage import tables
from domain.storage.database import Database
from domain.storage.listing.paging import InvalidPageRequest, Page, PageRequest, SortKey
from domain.storage.listing.selection import AnySelect
from domain.storage.listing.time_limits import VALUE_FILTER_LIMIT_S, fetch_within
from domain.storage.tables import Key

_holder = tables.subscription.c.customer_id
_customer = column("customer_id", Key)
_ESCAPED: Final = str.maketrans({sign: f"\\{sign}" for sign in "\\%_"})


class CustomerRepository:
    """The reads of customers, by their ids. Each is one statement; who is out of scope is not found.

    There is no table of customers: their ids are read off an index, one look for each, so that what a page
    costs does not grow with the subscriptions.
    """

    def __init__(self, database: Database, *, filter_limit_s: float = VALUE_FILTER_LIMIT_S) -> None:
        self._database = database
        self._filter_limit_s = filter_limit_s

    async def holding(self, scope: Scope, ids: Collection[CustomerId]) -> frozenset[CustomerId]:
        """Those of these customers who hold subscriptions."""
        asked = [customer for customer in ids if scope.allows(customer)]
        if not asked:
            return frozenset()
        rows = await self._database.fetch(select(_customer).select_from(_those_of(asked)))
        return frozenset(CustomerId(row.customer_id) for row in rows)

    async def page(
        self, scope: Scope, *, request: PageRequest, search: str | None = None
    ) -> Page[CustomerId]:
        """A page of the customers, by their ids; the last part of a sort key is the id.

        Args:
            scope: Whom the caller may see.
            request: Which page.
            search: Text that their ids have in them, whether the letters A to Z are large or small.

        Raises:
            InvalidPageRequest: if a sort key is none of this list.
            FilterTooSlow: if the search took too long.
        """
        after, before = _id_of(request.after), _id_of(request.before)
        holders = _holders(scope, beyond=before if request.backward else after, backward=request.backward)
        wanted = select(_customer).select_from(holders).where(*_matching(search))
        if after is not None:
            wanted = wanted.where(_customer > literal(after, Key))
        if before is not None:
            wanted = wanted.where(_customer < literal(before, Key))
        if scope.customers is not None:
            # Those of the index come in its order as they are asked for; to sort them would be to read all.
            wanted = wanted.order_by(_customer.desc() if request.backward else _customer.asc())
        rows = await self._fetch(wanted.limit(request.size + 1).offset(request.offset))
        return request.page_of([CustomerId(row.customer_id) for row in rows])

    async def count(self, scope: Scope, *, search: str | None = None) -> int:
        """How many customers hold subscriptions.

        Raises:
            FilterTooSlow: if there are too many to count in time.
        """
        holders = _holders(scope, beyond=None, backward=False)
        counted = select(func.count().label("number")).select_from(holders).where(*_matching(search))
        (row,) = await self._fetch(counted)
        return row.number

    async def _fetch(self, statement: AnySelect) -> Sequence[Row[Any]]:
        return await fetch_within(self._database, statement, limit_s=self._filter_limit_s)


def _holders(scope: Scope, *, beyond: str | None, backward: bool) -> FromClause:
    """The holders of subscriptions, without repetition; those of the index from a place on, in its order."""
    if scope.customers is not None:
        return _those_of(sorted(scope.customers))
    return _along_the_index(beyond, backward=backward)


def _those_of(customers: Sequence[CustomerId]) -> FromClause:
    """Those among some customers who hold subscriptions."""
    listed = (
        func.unnest(literal(list(customers), ARRAY(Key)))
        .table_valued(column("customer_id", Key), name="listed")
        .render_derived()
    )
    holds = exists().where(_holder == listed.c.customer_id)
    return select(listed.c.customer_id).where(holds).subquery("holder")


def _along_the_index(beyond: str | None, *, backward: bool) -> FromClause:
    """Each holder as the next in the index after the one before; null after the last.

    A parent that stops asking stops the recursion, so that a page costs as many looks as it has rows.

    Source: PostgreSQL, "WITH Queries"; PostgreSQL wiki, "Loose indexscan".
    """
    order = _holder.desc() if backward else _holder.asc()

    def next_holder(place: ColumnElement[str] | None) -> ColumnElement[str]:
        wanted = select(_holder).order_by(order).limit(1)
        if place is not None:
            wanted = wanted.where(_holder < place if backward else _holder > place)
        return wanted.correlate_except(tables.subscription).scalar_subquery()

    start = None if beyond is None else literal(beyond, Key)
    holder = select(next_holder(start).label("customer_id")).cte("holder", recursive=True)
    reached = holder.c.customer_id
    return holder.union_all(select(next_holder(reached)).where(reached.is_not(None)))


def _matching(search: str | None) -> tuple[ColumnElement[bool], ...]:
    present = _customer.is_not(None)
    if search is None:
        return (present,)
    return (present, _customer.ilike(f"%{search.translate(_ESCAPED)}%", escape="\\"))


def _id_of(key: SortKey | None) -> str | None:
    match key:
        case None:
            return None
        case (*_, str() as customer):
            return customer
        case _:
            raise InvalidPageRequest(f"found the sort key {shown(key)}, expected the id of a customer last")
