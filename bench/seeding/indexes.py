"""Leaving indexes out while rows are written, and making them anew: that takes a fraction of the time."""

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

# Those that a foreign key leads to stay: they could not be dropped without it.
_INDEXES = """
SELECT quote_ident(class.relname) AS name, quote_ident(of.relname) AS table,
       pg_get_indexdef(index.indexrelid) AS definition, pg_get_constraintdef(keeper.oid) AS key
FROM pg_index AS index
JOIN pg_class AS class ON class.oid = index.indexrelid
JOIN pg_class AS of ON of.oid = index.indrelid
LEFT JOIN pg_constraint AS keeper ON keeper.conindid = index.indexrelid AND keeper.contype IN ('p', 'u')
WHERE of.relnamespace = 'public'::regnamespace AND of.relname = ANY ($1::text[])
  AND NOT EXISTS (
      SELECT FROM pg_constraint AS user_of
      WHERE user_of.conindid = index.indexrelid AND user_of.contype = 'f'
  )
ORDER BY 2, 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """An index; `key` is the definition of the key that it keeps, if it does."""

    name: str
    table: str
    definition: str
    key: str | None

    @property
    def drop(self) -> str:
        if self.key is None:
            return f"DROP INDEX {self.name}"
        return f"ALTER TABLE {self.table} DROP CONSTRAINT {self.name}"

    @property
    def make(self) -> str:
        if self.key is None:
            return self.definition
        return f"ALTER TABLE {self.table} ADD CONSTRAINT {self.name} {self.key}"


@asynccontextmanager
async def without_indexes(connection: asyncpg.Connection, tables: Collection[str]) -> AsyncGenerator[None]:
    """Drop the indexes and keys of tables, and make the same ones again behind the block.

    In the transaction of the connection: if something fails, they have never been away.
    """
    indexes = [_Index(**row) for row in await connection.fetch(_INDEXES, list(tables))]
    for index in indexes:
        await connection.execute(index.drop)
    yield
    await connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
    for index in indexes:
        await connection.execute(index.make)
