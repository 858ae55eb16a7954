"""Many copies of what is made once: rows have a mark where one copy differs from another.

Making rows takes longer than writing them, so a part is made, and the database fills in the mark for each
copy of it. Where it stands in identifiers of version 7, it shifts their time; times are shifted alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

MARK: Final = "~"
"""Stands for the digit of the copy in every text that differs from copy to copy."""

MOST_COPIES: Final = 10

SHIFT: Final = timedelta(milliseconds=16**7)
"""How much later each copy is than the one before it."""

CYCLE: Final = 16 * SHIFT
"""Identifiers are made in the first part of a cycle; the copies fill the parts behind it."""

_MARKED_DIGIT = 4
"""Which digit of an identifier changes by one after each shift."""

Cell = str | int | float | bool | datetime | bytes | list[str] | None
Row = tuple[Cell, ...]


def marked(identifier: UUID) -> str:
    """An identifier that differs from copy to copy."""
    text = str(identifier)
    assert text[_MARKED_DIGIT] == "0", f"{text} was not made in the first part of a cycle"
    return f"{text[:_MARKED_DIGIT]}{MARK}{text[_MARKED_DIGIT + 1 :]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledTable:
    """A table that gets rows.

    Attributes:
        columns: those that get values.
        fixed: those that are the same in all copies although they hold times.
    """

    name: str
    columns: Sequence[str]
    fixed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    name: str
    type: str

    @property
    def staged_type(self) -> str:
        return "text" if self.type in _MARKED_TYPES else self.type


_MARKED_TYPES = frozenset({"uuid", "json", "jsonb", "text", "character varying"})
_TIME = "timestamp with time zone"

_TYPES = """
SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
WHERE attrelid = $1::regclass AND attname = ANY ($2::text[])
ORDER BY array_position($2::text[], attname::text)
"""


class Copier:
    """Keeps rows aside as they were made, and writes them as often as there are copies."""

    def __init__(self, connection: asyncpg.Connection, tables: Iterable[FilledTable]) -> None:
        self._connection = connection
        self._tables = {table.name: table for table in tables}
        self._columns: dict[str, list[_Column]] = {}

    async def prepare(self) -> None:
        """Make the tables that hold the rows, for as long as the transaction lasts."""
        for table in self._tables.values():
            rows = await self._connection.fetch(_TYPES, table.name, table.columns)
            columns = [_Column(name=row["name"], type=row["type"]) for row in rows]
            self._columns[table.name] = columns
            listed = ", ".join(f'"{column.name}" {column.staged_type}' for column in columns)
            await self._connection.execute(
                f"CREATE TEMP TABLE {_staged(table.name)} ({listed}) ON COMMIT DROP"
            )

    async def keep(self, tables: Mapping[str, Sequence[Row]]) -> None:
        """Keep more rows aside."""
        for table, rows in tables.items():
            columns = self._tables[table].columns
            await self._connection.copy_records_to_table(_staged(table), records=rows, columns=columns)

    async def write(self, copies: int) -> dict[str, int]:
        """Write all rows that were kept, once for each copy; gives how many, by table."""
        written = dict.fromkeys(self._tables, 0)
        for copy in range(copies):
            for table in self._tables.values():
                status = await self._connection.execute(self._insert(table), str(copy), copy * SHIFT)
                written[table.name] += int(status.rpartition(" ")[2])
        return written

    def _insert(self, table: FilledTable) -> str:
        columns = self._columns[table.name]
        names = ", ".join(f'"{column.name}"' for column in columns)
        values = ", ".join(_value(column, fixed=column.name in table.fixed) for column in columns)
        # A table may need one of the parameters only; each is named so that its type is known.
        return (
            f'INSERT INTO "{table.name}" ({names}) SELECT {values} FROM {_staged(table.name)}'  # noqa: S608  # names of our tables
            " WHERE $1::text IS NOT NULL AND $2::interval IS NOT NULL"
        )


def _staged(table: str) -> str:
    return f"made_{table}"


def _value(column: _Column, *, fixed: bool) -> str:
    if column.type in _MARKED_TYPES:
        return f"replace(\"{column.name}\", '{MARK}', $1)::{column.type}"
    if column.type == _TIME and not fixed:
        return f'"{column.name}" + $2'
    return f'"{column.name}"'
