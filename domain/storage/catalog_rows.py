"""What products and product blocks have in common as rows: found by id or name, in lists, counted.

They belong to no customer, so there is no scope.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, FromClause, Row, Uuid, func, literal_column, select

from domain.storage.catalog_filters import CatalogFields, CatalogWhere, compile_catalog_filter
from domain.storage.database import Database
from domain.storage.listing.orders import SORTED_CHARACTERS
from domain.storage.listing.paging import Page, PageRequest
from domain.storage.listing.selection import AnySelect, among
from domain.storage.listing.sorting import Field, OrderBy, SortColumn, Sorting
from domain.storage.tables import NEVER, Instant, Key

Identifier = TypeVar("Identifier")
Identifier_co = TypeVar("Identifier_co", covariant=True)


class CatalogRecord(Protocol[Identifier_co]):
    """A row of the catalogue."""

    @property
    def id(self) -> Identifier_co:
        """Its id."""
        ...

    @property
    def name(self) -> str:
        """Its name, unique among its kind."""
        ...


Record = TypeVar("Record", bound=CatalogRecord[Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogTable(Generic[Record, Field]):
    """One kind of rows of the catalogue.

    Attributes:
        rows: the table.
        columns: those that are read.
        record: makes a record of a row.
        fields: what lists can be filtered by.
        sorting: what they can be sorted by.
        order: how they are sorted unless told otherwise.
    """

    rows: FromClause
    columns: Sequence[ColumnElement[Any]]
    record: Callable[[Row[Any]], Record]
    fields: CatalogFields
    sorting: Sorting[Field]
    order: Sequence[OrderBy[Field]]


class CatalogRows(Generic[Identifier, Record, Field]):
    """The reads of one kind of rows. Each is one statement."""

    def __init__(self, database: Database, table: CatalogTable[Record, Field]) -> None:
        self._database = database
        self._table = table

    async def page(
        self,
        *,
        request: PageRequest,
        where: CatalogWhere | None = None,
        order: Sequence[OrderBy[Field]] | None = None,
    ) -> Page[Record]:
        """A page of them; the sort key of a record is the sorting's `sort_key`.

        Raises:
            InvalidFilter: if the filter does not fit.
            InvalidPageRequest: if a sort key is not one of this order.
        """
        listed = self._filtered(select(*self._table.columns), where)
        wanted = self._table.sorting.paged(listed, request, self._table.order if order is None else order)
        return request.page_of(await self._records(wanted))

    async def count(self, where: CatalogWhere | None = None) -> int:
        """How many there are.

        Raises:
            InvalidFilter: if the filter does not fit.
        """
        counted = select(func.count().label("number")).select_from(self._table.rows)
        (row,) = await self._database.fetch(self._filtered(counted, where))
        return row.number

    async def by_ids(self, ids: Iterable[Identifier]) -> dict[Identifier, Record]:
        """Those of these ids."""
        wanted = select(*self._table.columns).where(among(self._table.rows.c.id, list(ids), Uuid()))
        return {record.id: record for record in await self._records(wanted)}

    async def by_names(self, names: Iterable[str]) -> dict[str, Record]:
        """Those of these names."""
        wanted = select(*self._table.columns).where(among(self._table.rows.c.name, list(names), Key))
        return {record.name: record for record in await self._records(wanted)}

    def _filtered(self, statement: AnySelect, where: CatalogWhere | None) -> AnySelect:
        return (
            statement if where is None else statement.where(compile_catalog_filter(where, self._table.fields))
        )

    async def _records(self, statement: AnySelect) -> list[Record]:
        return [self._table.record(row) for row in await self._database.fetch(statement)]


def by_key(column: ColumnElement[str], attribute: str) -> SortColumn:
    """An order by a short text, byte by byte."""
    return SortColumn(attribute=attribute, expression=column, bind=Key)


def by_description(column: ColumnElement[str]) -> SortColumn:
    """An order by the first characters of a description, byte by byte."""
    return SortColumn(
        attribute="description",
        expression=func.left(column, literal_column(str(SORTED_CHARACTERS))).collate("C"),
        bind=Key,
        characters=SORTED_CHARACTERS,
    )


def by_creation(column: ColumnElement[datetime]) -> SortColumn:
    """An order by when they came into the catalogue."""
    return SortColumn(attribute="created_at", expression=column, bind=Instant)


def by_end(column: ColumnElement[datetime | None]) -> SortColumn:
    """An order by when they were taken out of the catalogue; what was not comes after all."""
    return SortColumn(
        attribute="ended_at", expression=func.coalesce(column, NEVER), bind=Instant, absent_last=True
    )
