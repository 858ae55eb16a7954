"""Reading the products that were ever sold; they belong to no customer, so there is no scope."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Row, Uuid, func, literal_column, select

from domain.ids import ProductId
from domain.json import JsonValue
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

_product = tables.product.c


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRecord:
    """A stored product.

    Attributes:
        model: the name of the family of its subscriptions.
        ended_at: since when the catalogue no longer has it.
        synced_at: when its row was last brought in line with the catalogue.
    """

    id: ProductId
    name: str
    tag: str
    product_type: str
    description: str
    status: ProductStatus
    model: str
    fixed_inputs: Mapping[str, JsonValue]
    created_at: datetime
    ended_at: datetime | None
    synced_at: datetime


class ProductOrder(StrEnum):
    """What a list of products may be sorted by."""

    ID = auto()
    """By age."""
    NAME = auto()
    TAG = auto()
    PRODUCT_TYPE = auto()
    DESCRIPTION = auto()
    STATUS = auto()
    MODEL = auto()
    CREATED_AT = auto()
    ENDED_AT = auto()
    """What has not ended comes after all."""


PRODUCT_FIELDS: Final[CatalogFields] = MappingProxyType(
    {
        "id": id_field(_product.id),
        "name": key_field(_product.name),
        "tag": key_field(_product.tag),
        "product_type": key_field(_product.product_type),
        "description": text_field(_product.description),
        "status": enum_field(_product.status, ProductStatus),
        "model": key_field(_product.model),
        "created_at": time_field(_product.created_at),
        "ended_at": time_field(_product.ended_at),
    }
)
"""What lists of products can be filtered by."""

PRODUCT_SORTING: Final = Sorting(
    by_id=ProductOrder.ID,
    identifier=_product.id,
    columns=MappingProxyType(
        {
            ProductOrder.NAME: SortColumn(attribute="name", expression=_product.name, bind=Key),
            ProductOrder.TAG: SortColumn(attribute="tag", expression=_product.tag, bind=Key),
            ProductOrder.PRODUCT_TYPE: SortColumn(
                attribute="product_type", expression=_product.product_type, bind=Key
            ),
            ProductOrder.DESCRIPTION: SortColumn(
                attribute="description",
                expression=func.left(_product.description, literal_column(str(SORTED_CHARACTERS))).collate(
                    "C"
                ),
                bind=Key,
                characters=SORTED_CHARACTERS,
            ),
            ProductOrder.STATUS: SortColumn(attribute="status", expression=_product.status, bind=Key),
            ProductOrder.MODEL: SortColumn(attribute="model", expression=_product.model, bind=Key),
            ProductOrder.CREATED_AT: SortColumn(
                attribute="created_at", expression=_product.created_at, bind=Instant
            ),
            ProductOrder.ENDED_AT: SortColumn(
                attribute="ended_at",
                expression=func.coalesce(_product.ended_at, NEVER),
                bind=Instant,
                absent_last=True,
            ),
        }
    ),
)
NEWEST_PRODUCTS: Final[Sequence[OrderBy[ProductOrder]]] = (OrderBy(ProductOrder.ID, descending=True),)


class ProductRepository:
    """The reads of products. Each is one statement."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        *,
        request: PageRequest,
        where: CatalogWhere | None = None,
        order: Sequence[OrderBy[ProductOrder]] = NEWEST_PRODUCTS,
    ) -> Page[ProductRecord]:
        """A page of products; the sort key of a record is `PRODUCT_SORTING.sort_key`.

        Raises:
            InvalidFilter: if the filter does not fit.
            InvalidPageRequest: if a sort key is not one of this order.
        """
        listed = _filtered(select(tables.product), where)
        wanted = PRODUCT_SORTING.paged(listed, request, order)
        return request.page_of(await self._records(wanted))

    async def by_ids(self, ids: Iterable[ProductId]) -> dict[ProductId, ProductRecord]:
        """The products of these ids."""
        wanted = select(tables.product).where(among(_product.id, list(ids), Uuid()))
        return {record.id: record for record in await self._records(wanted)}

    async def by_names(self, names: Iterable[str]) -> dict[str, ProductRecord]:
        """The products of these names."""
        wanted = select(tables.product).where(among(_product.name, list(names), Key))
        return {record.name: record for record in await self._records(wanted)}

    async def count(self, where: CatalogWhere | None = None) -> int:
        """How many products there are.

        Raises:
            InvalidFilter: if the filter does not fit.
        """
        counted = select(func.count().label("number")).select_from(tables.product)
        (row,) = await self._database.fetch(_filtered(counted, where))
        return row.number

    async def _records(self, statement: AnySelect) -> list[ProductRecord]:
        return [_record(row) for row in await self._database.fetch(statement)]


def _filtered(statement: AnySelect, where: CatalogWhere | None) -> AnySelect:
    return statement if where is None else statement.where(compile_catalog_filter(where, PRODUCT_FIELDS))


def _record(row: Row[Any]) -> ProductRecord:
    return ProductRecord(
        id=ProductId(row.id),
        name=row.name,
        tag=row.tag,
        product_type=row.product_type,
        description=row.description,
        status=ProductStatus(row.status),
        model=row.model,
        fixed_inputs=row.fixed_inputs,
        created_at=row.created_at,
        ended_at=row.ended_at,
        synced_at=row.synced_at,
    )
