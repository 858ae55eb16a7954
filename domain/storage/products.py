"""Reading the products that were ever sold; they belong to no customer, so there is no scope."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Uuid, func, select

from domain.ids import ProductId
from domain.json import JsonValue
from domain.model.lifecycle import ProductStatus
from domain.storage import tables
from domain.storage.database import Database
from domain.storage.listing.paging import Page, PageRequest, id_key
from domain.storage.listing.selection import AnySelect, among
from domain.storage.tables import Key

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


class ProductRepository:
    """The reads of products. Each is one statement."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, *, request: PageRequest, statuses: Collection[ProductStatus] | None = None
    ) -> Page[ProductRecord]:
        """A page of products, the newest first; its sort key is the id."""
        wanted = _filtered(select(tables.product), statuses)
        if request.after is not None:
            wanted = wanted.where(_product.id < id_key(request.after))
        if request.before is not None:
            wanted = wanted.where(_product.id > id_key(request.before))
        order = _product.id.asc() if request.backward else _product.id.desc()
        wanted = wanted.order_by(order).limit(request.size + 1).offset(request.offset)
        return request.page_of(await self._records(wanted))

    async def by_ids(self, ids: Iterable[ProductId]) -> dict[ProductId, ProductRecord]:
        """The products of these ids."""
        wanted = select(tables.product).where(among(_product.id, list(ids), Uuid()))
        return {record.id: record for record in await self._records(wanted)}

    async def by_names(self, names: Iterable[str]) -> dict[str, ProductRecord]:
        """The products of these names."""
        wanted = select(tables.product).where(among(_product.name, list(names), Key))
        return {record.name: record for record in await self._records(wanted)}

    async def count(self, *, statuses: Collection[ProductStatus] | None = None) -> int:
        """How many products there are."""
        counted = select(func.count()).select_from(tables.product)
        (row,) = await self._database.fetch(_filtered(counted, statuses))
        return row[0]

    async def _records(self, statement: AnySelect) -> list[ProductRecord]:
        return [_record(row) for row in await self._database.fetch(statement)]


def _filtered(statement: AnySelect, statuses: Collection[ProductStatus] | None) -> AnySelect:
    return statement if statuses is None else statement.where(among(_product.status, sorted(statuses), Key))


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
