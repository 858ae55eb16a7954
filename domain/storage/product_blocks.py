"""Reading the product blocks that there ever were; they belong to no customer, so there is no scope."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Row, Uuid, func, literal_column, select

from domain.ids import ProductBlockId
from domain.model.lifecycle import ProductStatus
from domain.storage import tables
from domain.storage.catalog_filters import (
    CatalogFields,
    CatalogWhere,
    compile_catalog_filter,
    enum_field,
    id_field,
    key_field,
    text_field,
    time_field,
)
from domain.storage.database import Database
from domain.storage.listing.orders import SORTED_CHARACTERS
from domain.storage.listing.paging import Page, PageRequest
from domain.storage.listing.selection import AnySelect, among
from domain.storage.listing.sorting import OrderBy, SortColumn, Sorting
from domain.storage.tables import NEVER, Instant, Key

_block = tables.product_block.c


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductBlockRecord:
    """A stored product block.

    Attributes:
        ended_at: since when the catalogue no longer has it.
    """

    id: ProductBlockId
    name: str
    description: str
    status: ProductStatus
    created_at: datetime
    ended_at: datetime | None


class ProductBlockOrder(StrEnum):
    """What a list of product blocks may be sorted by."""

    ID = auto()
    """By age."""
    NAME = auto()
    DESCRIPTION = auto()
    STATUS = auto()
    CREATED_AT = auto()
    ENDED_AT = auto()
    """What has not ended comes after all."""


PRODUCT_BLOCK_FIELDS: Final[CatalogFields] = MappingProxyType(
    {
        "id": id_field(_block.id),
        "name": key_field(_block.name),
        "description": text_field(_block.description),
        "status": enum_field(_block.status, ProductStatus),
        "created_at": time_field(_block.created_at),
        "ended_at": time_field(_block.ended_at),
    }
)
"""What lists of product blocks can be filtered by."""

PRODUCT_BLOCK_SORTING: Final = Sorting(
    by_id=ProductBlockOrder.ID,
    identifier=_block.id,
    columns=MappingProxyType(
        {
            ProductBlockOrder.NAME: SortColumn(attribute="name", expression=_block.name, bind=Key),
            ProductBlockOrder.DESCRIPTION: SortColumn(
                attribute="description",
                expression=func.left(_block.description, literal_column(str(SORTED_CHARACTERS))).collate("C"),
                bind=Key,
                characters=SORTED_CHARACTERS,
            ),
            ProductBlockOrder.STATUS: SortColumn(attribute="status", expression=_block.status, bind=Key),
            ProductBlockOrder.CREATED_AT: SortColumn(
                attribute="created_at", expression=_block.created_at, bind=Instant
            ),
            ProductBlockOrder.ENDED_AT: SortColumn(
                attribute="ended_at",
                expression=func.coalesce(_block.ended_at, NEVER),
                bind=Instant,
                absent_last=True,
            ),
        }
    ),
)
BLOCKS_BY_NAME: Final[Sequence[OrderBy[ProductBlockOrder]]] = (OrderBy(ProductBlockOrder.NAME),)

_COLUMNS: Final = (
    _block.id,
    _block.name,
    _block.description,
    _block.status,
    _block.created_at,
    _block.ended_at,
)


class ProductBlockRepository:
    """The reads of product blocks. Each is one statement."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        *,
        request: PageRequest,
        where: CatalogWhere | None = None,
        order: Sequence[OrderBy[ProductBlockOrder]] = BLOCKS_BY_NAME,
    ) -> Page[ProductBlockRecord]:
        """A page of product blocks; the sort key of a record is `PRODUCT_BLOCK_SORTING.sort_key`.

        Raises:
            InvalidFilter: if the filter does not fit.
            InvalidPageRequest: if a sort key is not one of this order.
        """
        listed = _filtered(select(*_COLUMNS), where)
        wanted = PRODUCT_BLOCK_SORTING.paged(listed, request, order)
        return request.page_of(await self._records(wanted))

    async def count(self, where: CatalogWhere | None = None) -> int:
        """How many product blocks there are.

        Raises:
            InvalidFilter: if the filter does not fit.
        """
        counted = select(func.count().label("number")).select_from(tables.product_block)
        (row,) = await self._database.fetch(_filtered(counted, where))
        return row.number

    async def by_ids(self, ids: Iterable[ProductBlockId]) -> Mapping[ProductBlockId, ProductBlockRecord]:
        """The product blocks of these ids."""
        wanted = select(*_COLUMNS).where(among(_block.id, list(ids), Uuid()))
        return {record.id: record for record in await self._records(wanted)}

    async def by_names(self, names: Iterable[str]) -> Mapping[str, ProductBlockRecord]:
        """The product blocks of these names."""
        wanted = select(*_COLUMNS).where(among(_block.name, list(names), Key))
        return {record.name: record for record in await self._records(wanted)}

    async def _records(self, statement: AnySelect) -> list[ProductBlockRecord]:
        return [_record(row) for row in await self._database.fetch(statement)]


def _filtered(statement: AnySelect, where: CatalogWhere | None) -> AnySelect:
    if where is None:
        return statement
    return statement.where(compile_catalog_filter(where, PRODUCT_BLOCK_FIELDS))


def _record(row: Row[Any]) -> ProductBlockRecord:
    return ProductBlockRecord(
        id=ProductBlockId(row.id),
        name=row.name,
        description=row.description,
        status=ProductStatus(row.status),
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
