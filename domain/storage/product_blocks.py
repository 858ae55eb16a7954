"""Reading the product blocks that there ever were; they belong to no customer, so there is no scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Row

from domain.ids import ProductBlockId
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
            ProductBlockOrder.NAME: by_key(_block.name, "name"),
            ProductBlockOrder.DESCRIPTION: by_description(_block.description),
            ProductBlockOrder.STATUS: by_key(_block.status, "status"),
            ProductBlockOrder.CREATED_AT: by_creation(_block.created_at),
            ProductBlockOrder.ENDED_AT: by_end(_block.ended_at),
        }
    ),
)
BLOCKS_BY_NAME: Final[Sequence[OrderBy[ProductBlockOrder]]] = (OrderBy(ProductBlockOrder.NAME),)


def _record(row: Row[Any]) -> ProductBlockRecord:
    return ProductBlockRecord(
        id=ProductBlockId(row.id),
        name=row.name,
        description=row.description,
        status=ProductStatus(row.status),
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


_TABLE: Final = CatalogTable(
    rows=tables.product_block,
    columns=(_block.id, _block.name, _block.description, _block.status, _block.created_at, _block.ended_at),
    record=_record,
    fields=PRODUCT_BLOCK_FIELDS,
    sorting=PRODUCT_BLOCK_SORTING,
    order=BLOCKS_BY_NAME,
)


class ProductBlockRepository(CatalogRows[ProductBlockId, ProductBlockRecord, ProductBlockOrder]):
    """The reads of product blocks."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, _TABLE)
