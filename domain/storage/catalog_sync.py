"""Bringing the catalogue's tables in line with the code, which is the source of truth."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import asyncpg

from domain.errors import ProductInUse
from domain.ids import new_uuid7
from domain.json import JsonValue, encode
from domain.model.catalog import Catalog
from domain.model.lifecycle import ProductStatus
from domain.storage.database import Database
from domain.storage.value_indexes import IndexDifference, index_difference

# One sync at a time in a database; the number is ours alone.
SYNC_LOCK: Final = 0x0C_4E57_2101


class CatalogNoun(StrEnum):
    """What a row of the catalogue stands for."""

    PRODUCT = "product"
    PRODUCT_BLOCK = "product block"
    VALUE_INDEX = "value index"
    """An index on a field of blocks; not a row, and made by `value_indexes` after the rows."""


class CatalogVerb(StrEnum):
    """What happens to a row of the catalogue."""

    ADDED = "added"
    CHANGED = "changed"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogChange:
    """One row in which tables and code differ.

    Attributes:
        fields: what differs, each with the stored and the declared value; empty unless the row is changed.
    """

    noun: CatalogNoun
    verb: CatalogVerb
    name: str
    fields: Mapping[str, tuple[JsonValue, JsonValue]]

    def __str__(self) -> str:
        details = "; ".join(
            f"{field}: {encode(stored)} -> {encode(declared)}"
            for field, (stored, declared) in self.fields.items()
        )
        return f"{self.noun} {self.name!r} {self.verb}" + (f" ({details})" if details else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogDiff:
    """Where tables and code differ, in the order of the catalogue; retired rows last."""

    changes: Sequence[CatalogChange]

    @property
    def is_empty(self) -> bool:
        """Whether the tables are in line with the code."""
        return not self.changes


_ROW_NOUNS: Final = (CatalogNoun.PRODUCT, CatalogNoun.PRODUCT_BLOCK)

Row = Mapping[str, JsonValue]
Rows = Mapping[CatalogNoun, Mapping[str, Row]]


async def diff(database: Database, catalog: Catalog) -> CatalogDiff:
    """Where the tables differ from the code; changes nothing."""
    async with database.writer() as connection:
        rows = _difference(await _stored(connection), _declared(catalog))
        indexes = await index_difference(connection, catalog)
    return CatalogDiff(changes=(*rows.changes, *_index_changes(indexes)))


def _index_changes(difference: IndexDifference) -> Iterator[CatalogChange]:
    for index in difference.missing:
        yield CatalogChange(noun=CatalogNoun.VALUE_INDEX, verb=CatalogVerb.ADDED, name=index.field, fields={})
    for name in difference.undeclared:
        yield CatalogChange(noun=CatalogNoun.VALUE_INDEX, verb=CatalogVerb.RETIRED, name=name, fields={})


async def sync(database: Database, catalog: Catalog) -> CatalogDiff:
    """Bring the tables in line with the code, in one transaction; what the code no longer has is retired.

    Indexes on values are not made here: `value_indexes.sync_value_indexes` cannot run in a transaction.

    Locks: an advisory lock of the database until the commit, so that those who start at once take turns.

    Returns:
        What was changed.
    """
    declared = _declared(catalog)
    async with database.write() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", SYNC_LOCK)
        difference = _difference(await _stored(connection), declared)
        await _refuse_ends_in_use(connection, _ended_products(difference, declared))
        await _apply(connection, difference, declared)
    return difference


def _ended_products(difference: CatalogDiff, declared: Rows) -> list[str]:
    """The products that are declared to be at their end of life and were not."""
    return [
        change.name
        for change in difference.changes
        if change.noun is CatalogNoun.PRODUCT
        and change.verb is CatalogVerb.CHANGED
        and declared[change.noun][change.name]["status"] == ProductStatus.END_OF_LIFE
    ]


_LOCK_PRODUCTS = "SELECT id FROM product WHERE name = ANY ($1::text[]) ORDER BY id FOR UPDATE"

_FIND_IN_USE = """
SELECT product.name, count(*) AS number
FROM product JOIN subscription ON subscription.product_id = product.id
WHERE product.name = ANY ($1::text[]) AND subscription.status <> 'TERMINATED'
GROUP BY product.name
ORDER BY product.name
LIMIT 1
"""


async def _refuse_ends_in_use(connection: asyncpg.Connection, names: Sequence[str]) -> None:
    if not names:
        return
    await connection.execute(_LOCK_PRODUCTS, names)
    in_use = await connection.fetchrow(_FIND_IN_USE, names)
    if in_use is not None:
        raise ProductInUse(in_use["name"], number=in_use["number"])


def _declared(catalog: Catalog) -> Rows:
    return {
        CatalogNoun.PRODUCT: {
            product.name: {
                "tag": product.tag,
                "product_type": product.product_type,
                "description": product.description,
                "status": str(product.status),
                "model": product.model.family().name,
                "fixed_inputs": dict(product.fixed_inputs),
            }
            for product in catalog.products
        },
        CatalogNoun.PRODUCT_BLOCK: {
            family.name: {"description": family.description, "status": str(ProductStatus.ACTIVE)}
            for family in catalog.block_families
        },
    }


_STORED = """
SELECT 'product' AS noun, name, ended_at IS NOT NULL AS ended, jsonb_build_object(
    'tag', tag, 'product_type', product_type, 'description', description, 'status', status, 'model', model,
    'fixed_inputs', fixed_inputs
) AS declared
FROM product
UNION ALL
SELECT 'product block', name, ended_at IS NOT NULL, jsonb_build_object(
    'description', description, 'status', status
)
FROM product_block
ORDER BY noun, name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredRow:
    ended: bool
    values: Row


async def _stored(
    connection: asyncpg.Connection,
) -> Mapping[CatalogNoun, Mapping[str, _StoredRow]]:
    stored: dict[CatalogNoun, dict[str, _StoredRow]] = {noun: {} for noun in _ROW_NOUNS}
    for row in await connection.fetch(_STORED):
        stored[CatalogNoun(row["noun"])][row["name"]] = _StoredRow(ended=row["ended"], values=row["declared"])
    return stored


def _difference(stored: Mapping[CatalogNoun, Mapping[str, _StoredRow]], declared: Rows) -> CatalogDiff:
    return CatalogDiff(
        changes=tuple(
            change for noun in _ROW_NOUNS for change in _changes(noun, stored[noun], declared[noun])
        )
    )


def _changes(
    noun: CatalogNoun, stored: Mapping[str, _StoredRow], declared: Mapping[str, Row]
) -> Iterator[CatalogChange]:
    for name, values in declared.items():
        row = stored.get(name)
        if row is None:
            yield CatalogChange(noun=noun, verb=CatalogVerb.ADDED, name=name, fields={})
            continue
        fields: dict[str, tuple[JsonValue, JsonValue]] = {
            field: (row.values[field], value) for field, value in values.items() if row.values[field] != value
        }
        if row.ended:
            fields["ended"] = (True, False)
        if fields:
            yield CatalogChange(noun=noun, verb=CatalogVerb.CHANGED, name=name, fields=fields)
    for name, row in stored.items():
        if name not in declared and not row.ended:
            yield CatalogChange(noun=noun, verb=CatalogVerb.RETIRED, name=name, fields={})


_WRITE: Final[Mapping[CatalogNoun, str]] = {
    CatalogNoun.PRODUCT: """
        INSERT INTO product (id, name, tag, product_type, description, status, model, fixed_inputs)
        SELECT id, name, tag, product_type, description, status, model, fixed_inputs
        FROM jsonb_to_recordset($1::jsonb) AS declared (
            id uuid, name text, tag text, product_type text, description text, status text, model text,
            fixed_inputs jsonb
        )
        ON CONFLICT (name) DO UPDATE
        SET tag = excluded.tag, product_type = excluded.product_type, description = excluded.description,
            status = excluded.status, model = excluded.model, fixed_inputs = excluded.fixed_inputs,
            ended_at = NULL, synced_at = now()
        """,
    CatalogNoun.PRODUCT_BLOCK: """
        INSERT INTO product_block (id, name, description, status)
        SELECT id, name, description, status
        FROM jsonb_to_recordset($1::jsonb) AS declared (id uuid, name text, description text, status text)
        ON CONFLICT (name) DO UPDATE
        SET description = excluded.description, status = excluded.status, ended_at = NULL
        """,
}
_RETIRE: Final[Mapping[CatalogNoun, str]] = {
    CatalogNoun.PRODUCT: """
        UPDATE product
        SET status = 'END_OF_LIFE', ended_at = now(), synced_at = now()
        WHERE name = ANY ($1::text[])
        """,
    CatalogNoun.PRODUCT_BLOCK: """
        UPDATE product_block
        SET status = 'END_OF_LIFE', ended_at = now()
        WHERE name = ANY ($1::text[])
        """,
}


async def _apply(connection: asyncpg.Connection, difference: CatalogDiff, declared: Rows) -> None:
    for noun in _ROW_NOUNS:
        changes = [change for change in difference.changes if change.noun is noun]
        written: list[JsonValue] = [
            {"id": str(new_uuid7()), "name": change.name, **declared[noun][change.name]}
            for change in changes
            if change.verb is not CatalogVerb.RETIRED
        ]
        retired = [change.name for change in changes if change.verb is CatalogVerb.RETIRED]
        if written:
            await connection.execute(_WRITE[noun], written)
        if retired:
            await connection.execute(_RETIRE[noun], retired)
