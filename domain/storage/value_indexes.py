"""The indexes on values of blocks that models declare: making and dropping them while everybody works on.

An index is built CONCURRENTLY, which waits for every snapshot that is older than it. So those who want to
build at once take turns by a lock of their own that is tried for and never waited for: who waits for a lock
holds a snapshot, and would be waited for in turn. An index whose building was interrupted is left invalid by
PostgreSQL; it is dropped and built again.

Source: PostgreSQL, CREATE INDEX, "Building Indexes Concurrently".
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg

from domain.model.catalog import Catalog, IndexedField
from domain.storage.database import Database
from domain.storage.listing.values import is_block, key_expression

# One builder at a time in a database; the number is ours alone.
INDEX_LOCK: Final = 0x0C_4E57_2102

TURN_INTERVAL_S: Final = 0.2

_PREFIX: Final = "block_value_"
_DIGEST_CHARACTERS: Final = 10
_LONGEST_NAME: Final = 63
_UNNAMEABLE: Final = re.compile("[^a-z0-9_]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueIndex:
    """An index that the models declare.

    Attributes:
        name: the same as long as family, field and the way of comparing are.
        field: the family and the field, for people.
        definition: the SQL behind `CREATE INDEX CONCURRENTLY`.
    """

    name: str
    field: str
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexDifference:
    """Where the indexes of the database differ from those that the models declare.

    Attributes:
        missing: declared and not there, or there and not usable.
        undeclared: the names of those that are there and not declared.
        unusable: the names of those that are there, and that their builder left unfinished.
    """

    missing: Sequence[ValueIndex]
    undeclared: Sequence[str]
    unusable: Sequence[str]

    @property
    def is_empty(self) -> bool:
        """Whether the indexes are in line with the models."""
        return not (self.missing or self.undeclared)


def declared_indexes(catalog: Catalog) -> Sequence[ValueIndex]:
    """The indexes that the models declare, in the order of the catalogue."""
    return tuple(_declared(field) for field in catalog.indexed_fields)


async def index_difference(connection: asyncpg.Connection, catalog: Catalog) -> IndexDifference:
    """Where the indexes differ from the models; changes nothing."""
    stored: Mapping[str, bool] = {
        row["name"]: row["valid"] for row in await connection.fetch(_STORED, _PREFIX)
    }
    declared = {index.name: index for index in declared_indexes(catalog)}
    return IndexDifference(
        missing=tuple(index for name, index in declared.items() if not stored.get(name, False)),
        undeclared=tuple(name for name in stored if name not in declared),
        unusable=tuple(name for name, valid in stored.items() if name in declared and not valid),
    )


async def sync_value_indexes(database: Database, catalog: Catalog) -> IndexDifference:
    """Build the indexes that are missing, and drop those that are not declared any more.

    Nobody is kept from reading and writing meanwhile. Runs outside of transactions; what is done when it is
    interrupted stays done.

    Locks: an advisory lock of the database until it is done, if there is anything to do.

    Returns:
        What was changed.
    """
    async with database.writer() as connection:
        difference = await index_difference(connection, catalog)
        if difference.is_empty:
            return difference
        async with _turn(connection):
            difference = await index_difference(connection, catalog)
            for name in (*difference.undeclared, *difference.unusable):
                await connection.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"')
            for index in difference.missing:
                await connection.execute(f"CREATE INDEX CONCURRENTLY {index.definition}")
    return difference


@asynccontextmanager
async def _turn(connection: asyncpg.Connection) -> AsyncGenerator[None]:
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", INDEX_LOCK):  # noqa: ASYNC110  # another process ends it
        await asyncio.sleep(TURN_INTERVAL_S)
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock($1)", INDEX_LOCK)


_STORED: Final = """
SELECT relation.relname AS name, index.indisvalid AND index.indisready AS valid
FROM pg_index AS index
JOIN pg_class AS relation ON relation.oid = index.indexrelid
WHERE index.indrelid = 'block'::regclass AND starts_with(relation.relname, $1)
ORDER BY relation.relname
"""


def _declared(field: IndexedField) -> ValueIndex:
    expression = key_expression(field.scalar, field.name)
    condition = is_block(field.family.name)
    digest = hashlib.sha256(f"{condition} {expression}".encode()).hexdigest()[:_DIGEST_CHARACTERS]
    room = _LONGEST_NAME - len(_PREFIX) - len(digest) - len("__index")
    field_name = _UNNAMEABLE.sub("", f"{field.family.key}_{field.name}".lower())
    name = f"{_PREFIX}{field_name[:room]}_{digest}_index"
    return ValueIndex(
        name=name,
        field=f"{field.family.name}.{field.name}",
        definition=f'"{name}" ON block ({expression}, subscription_id) WHERE {condition}',
    )
