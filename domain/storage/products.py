"""Reading the products that were ever sold; they belong to no customer, so there is no scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Row

from domain.ids import ProductId
from domain.json import JsonValue
from domain.model.lifecycle import ProductStatus
from domain.storage import tables
from domain.storage.catalog_filters import (
    CatalogFields,
    enum_field,
    id_field,
    key_field,
    text_field,
    time_field,
)
from domain.storage.catalog_rows import CatalogRows, CatalogTable, by_creation, by_description, by_end, by_key
from domain.storage.database import Database
from domain.storage.listing.sorting import OrderBy, Sorting

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
            ProductOrder.NAME: by_key(_product.name, "name"),
            ProductOrder.TAG: by_key(_product.tag, "tag"),
            ProductOrder.PRODUCT_TYPE: by_key(_product.product_type, "product_type"),
            ProductOrder.DESCRIPTION: by_description(_product.description),
            ProductOrder.STATUS: by_key(_product.status, "status"),
            ProductOrder.MODEL: by_key(_product.model, "model"),
            ProductOrder.CREATED_AT: by_creation(_product.created_at),
            ProductOrder.ENDED_AT: by_end(_product.ended_at),
        }
    ),
)
NEWEST_PRODUCTS: Final[Sequence[OrderBy[ProductOrder]]] = (OrderBy(ProductOrder.ID, descending=True),)


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


_TABLE: Final = CatalogTable(
    rows=tables.product,
    columns=tuple(_product),
    record=_record,
    fields=PRODUCT_FIELDS,
    sorting=PRODUCT_SORTING,
    order=NEWEST_PRODUCTS,
)


class ProductRepository(CatalogRows[ProductId, ProductRecord, ProductOrder]):
    """The reads of products."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, _TABLE)
