"""What the reads of a database cost: their plans, as PostgreSQL carried them out."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select
from sqlalchemy.event import listen
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement, Executable

from domain.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan that was carried out.

    Attributes:
        buffers: how many pages of the server's memory it looked at, each time that it did.
        nodes: what it was made of, the outermost first: the kind of a node, and the table or index it read.
    """

    buffers: int
    nodes: tuple[str, ...] = field(repr=False)
    uses: tuple["IndexUse", ...] = field(repr=False)

    def index_uses(self, index: str) -> tuple[int, int]:
        """How often an index was looked into, and the pages that this took."""
        uses = [use for use in self.uses if use.index == index]
        return sum(use.times for use in uses), sum(use.buffers for use in uses)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexUse:
    """One node of a plan that reads an index."""

    index: str
    times: int
    buffers: int


class ExplainingDatabase(Database):
    """A database that keeps its selects, so that they can be explained afterwards."""

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn, read_pool_size=1, write_pool_size=1)
        self._selects: list[Select[*tuple[Any, ...]]] = []

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        async with super().read() as connection:
            listen(connection.sync_connection, "before_execute", self._keep)
            yield connection

    def _keep(self, _connection: object, statement: object, *_: object) -> None:
        if isinstance(statement, Select):
            self._selects.append(statement)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # narrowed from object

    def forget(self) -> None:
        """Keep nothing of the selects so far."""
        self._selects.clear()

    async def plan(self) -> Plan:
        """The plan of the only select since the last time."""
        (plan,) = await self.plans()
        return plan

    async def plans(self) -> list[Plan]:
        """The plans of the selects since the last time; each carried out twice, the first to warm up."""
        statements, plans = list(self._selects), list[Plan]()
        self.forget()
        async with super().read() as connection:
            for statement in statements:
                await connection.execute(_Explain(statement))
                rows = (await connection.execute(_Explain(statement))).scalars().all()
                plans.append(_read(rows[0]))
        return plans


class _Explain(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self.statement = statement


@compiles(_Explain)
def _explain(element: _Explain, compiler: SQLCompiler, **options: Any) -> str:
    return "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + compiler.process(element.statement, **options)


def _read(document: Any) -> Plan:
    root = document[0]["Plan"]
    return Plan(
        buffers=_buffers(root),
        nodes=tuple(_name(node) for node in _nodes(root)),
        uses=tuple(
            IndexUse(index=node["Index Name"], times=node["Actual Loops"], buffers=_buffers(node))
            for node in _nodes(root)
            if "Index Name" in node
        ),
    )


def _buffers(node: Any) -> int:
    return node["Shared Hit Blocks"] + node["Shared Read Blocks"]


def _name(node: Any) -> str:
    place = node.get("Index Name") or node.get("Relation Name")
    return f"{node['Node Type']} on {place}" if place else node["Node Type"]


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)
