"""Requests answered by plans and by graphql-core alone, in turn, each pair of answers compared.

First the execution alone, of a list that is at hand; then whole requests on the seeded database: cached
document, gates, statements, execution, JSON. `python -m bench.graphql --rounds 100`
"""
# graphql-core types its executor by a position that only incremental delivery uses, and leaves it open.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeArgument=false

import asyncio
import enum
import gc
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from inspect import isawaitable
from operator import truediv
from statistics import median, quantiles
from typing import Annotated, Final

import strawberry
import typer
from graphql import ExecutionResult, parse

from bench.seeding.catalog import CATALOG
from bench.seeding.plan import FEWEST
from bench.seeding.populate import populate
from bench.seeding.workflows import REGISTRY
from bench.throughput import durable_postgres
from domain.json import JsonValue, encode
from domain.scope import Scope
from domain.storage.database import Database
from domain.storage.embedded import EmbeddedPostgres, ensure_database
from engine.run.bus import EventBus
from engine.run.commands import Commands
from engine.run.engine_watch import EngineWatch
from graph.app import context_factory
from graph.context import GraphDependencies
from graph.execution.executor import CountingExecutor
from graph.execution.fast.executor import PlannedExecutor
from graph.execution.fast.handover import Tally
from graph.execution.operations import Operations
from graph.execution.request import GraphQLRequest
from graph.permissions import Permission, Viewer
from graph.schema import build_schema
from graph.settings import GraphSettings

OBJECTS: Final = 100
"""How long a list is; each of its objects has ten fields."""

_TEN = "id customerId status description inSync version note noteVersion startAt modifiedAt"
_REQUESTS: Final = {
    "one field": "{ viewer { name } }",
    f"{OBJECTS} subscriptions x 10": f"{{ subscriptions(first: {OBJECTS}) {{ nodes {{ {_TEN} }} }} }}",
    f"{OBJECTS} processes x 10": (
        f"{{ processes(first: {OBJECTS}) {{ edges {{ cursor node {{ id workflowName target isTask status "
        "version createdBy startedAt modifiedAt endedAt } } } }"
    ),
    f"{OBJECTS} with a resolver each": (
        f"{{ subscriptions(first: {OBJECTS}) {{ nodes {{ {_TEN} product {{ id name }} }} }} }}"
    ),
    "a subscription and its tree": """
        query ($id: ID!) { subscription(id: $id) {
          __typename id customerId status description inSync version note
          product { id name description }
          blocks { __typename id ... on Block { label values { name kind value } } }
          blockTree { field position parent { id } block { id } }
          processes(first: 10) { nodes { id workflowName status startedAt steps { id name status } } }
          actions { workflow { name description } canStart { allowed blockedBy { code message } } }
        } }""",
    "the schema": "{ __schema { types { name kind fields { name type { name kind } } } } }",
}
_SUBSCRIPTION = "{ subscriptions(first: 1) { nodes { id } } }"

Work = Callable[[], Awaitable[tuple[str, Tally]]]


def main(rounds: Annotated[int, typer.Option(min=10)] = 100) -> None:
    """Print the medians of each request both ways, and how many of its fields plans have read."""
    with durable_postgres() as server:
        asyncio.run(measure(server, rounds=rounds))


async def measure(server: EmbeddedPostgres, *, rounds: int) -> None:
    """Take the times in turn and print them."""
    at_hand = Comparison(list_at_hand(PlannedExecutor), list_at_hand(CountingExecutor))
    await at_hand.run(rounds)
    at_hand.show(f"{OBJECTS} objects x 10, execution")
    await ensure_database(server.dsn(), "bench")
    dsn = server.dsn("bench")
    await populate(dsn, subscriptions=FEWEST)
    async with Database(dsn, read_pool_size=1, write_pool_size=1) as database:
        planned, plain = Requests(database, PlannedExecutor), Requests(database, CountingExecutor)
        first = await plain.first_subscription()
        for title, query in _REQUESTS.items():
            request = GraphQLRequest(query=query, variables={"id": first} if "$id" in query else {})
            comparison = Comparison(planned.work(request), plain.work(request))
            await comparison.run(rounds)
            comparison.show(title)


class Requests:
    """Requests as the server answers them, without its transports."""

    def __init__(self, database: Database, executor_class: type[CountingExecutor]) -> None:
        schema = build_schema(CATALOG, REGISTRY)
        dependencies = GraphDependencies(
            database=database,
            catalog=CATALOG,
            registry=REGISTRY,
            commands=Commands(database, catalog=CATALOG, registry=REGISTRY),
            bus=EventBus(database),
            engine_watch=EngineWatch(database),
            settings=GraphSettings(),
        )
        new_context = context_factory(dependencies, schema)
        self._viewer = Viewer(name="bench", permissions=frozenset(Permission), scope=Scope.all())
        self._operations = Operations(schema.core, executor_class=executor_class, new_context=new_context)

    async def first_subscription(self) -> str:
        """The id of a subscription."""
        prepared = self._operations.prepare(GraphQLRequest(query=_SUBSCRIPTION), self._viewer)
        match await self._operations.execute(prepared):
            case {"data": {"subscriptions": {"nodes": [{"id": str(found)}]}}}:
                return found
            case other:
                raise AssertionError(other)

    def work(self, request: GraphQLRequest) -> Work:
        """What answers a request."""

        async def answer() -> tuple[str, Tally]:
            prepared = self._operations.prepare(request, self._viewer)
            text = encode(await self._operations.execute(prepared))
            return text, _tally(prepared.executor)

        return answer


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds on the clock, and seconds of this process: statements and other programs are not in them."""

    wall_s: list[float] = field(default_factory=list[float])
    cpu_s: list[float] = field(default_factory=list[float])


@dataclass(frozen=True, slots=True)
class Comparison:
    """Times of plans and of graphql-core alone, taken in turn, and how many fields went which way."""

    planned: Work
    plain: Work
    planned_times: Times = field(default_factory=Times)
    plain_times: Times = field(default_factory=Times)
    tallies: list[Tally] = field(default_factory=list[Tally])

    async def run(self, rounds: int) -> None:
        """Time both; who begins alternates. The first answers, for which caches are filled, do not count."""
        gc.collect()
        for round_ in range(rounds + 1):
            order = [(self.planned, self.planned_times), (self.plain, self.plain_times)]
            answers = [await self._time(*each) for each in (order if round_ % 2 else reversed(order))]
            assert answers[0] == answers[1], "plans answer something else"
        for times in (self.planned_times, self.plain_times):
            del times.wall_s[0], times.cpu_s[0]

    async def _time(self, work: Work, times: Times) -> str:
        wall, cpu = time.perf_counter(), time.process_time()
        answer, tally = await work()
        times.cpu_s.append(time.process_time() - cpu)
        times.wall_s.append(time.perf_counter() - wall)
        if work is self.planned:
            self.tallies.append(tally)
        return answer

    def show(self, title: str) -> None:
        """Print medians, and the median of the ratios pair by pair with its quartiles."""
        plain, planned = self.plain_times, self.planned_times
        low, middle, high = quantiles(map(truediv, plain.cpu_s, planned.cpu_s), n=4)
        wall = median(map(truediv, plain.wall_s, planned.wall_s))
        tally = self.tallies[-1]
        print(
            f"{title:30} plain {median(plain.cpu_s) * 1000:6.2f} ms,"
            f" plans {median(planned.cpu_s) * 1000:6.2f} ms, ratio {middle:5.2f} ({low:.2f}-{high:.2f});"
            f" on the clock {median(plain.wall_s) * 1000:6.2f} and {median(planned.wall_s) * 1000:6.2f} ms,"
            f" ratio {wall:5.2f};"
            f" {tally.planned} of {tally.planned + tally.handed} fields by plans"
        )


@strawberry.enum
class Colour(enum.StrEnum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


@strawberry.type
class Row:
    """An object with ten fields."""

    id: strawberry.ID
    name: str
    note: str | None
    count: int
    real: float
    flag: bool
    colour: Colour
    at: datetime
    first: str
    second: str


@strawberry.type
class Query:
    """A list of them."""

    @strawberry.field
    def rows(self) -> list[Row]:
        return _ROWS


_ROWS: Final = [
    Row(
        id=strawberry.ID(str(number)),
        name=f"row {number}",
        note=None if number % 2 else "noted",
        count=number,
        real=number / 7,
        flag=number % 3 == 0,
        colour=Colour.RED if number % 2 else Colour.BLUE,
        at=datetime(2026, 1, 31, tzinfo=UTC),
        first="first",
        second="second",
    )
    for number in range(OBJECTS)
]
_LIST_SCHEMA: Final = strawberry.Schema(Query)._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # graphql-core executes it
_LIST: Final = parse("{ rows { id name note count real flag colour at first second } }")


def list_at_hand(executor_class: type[CountingExecutor]) -> Work:
    """What executes a query for a list whose fields are plain attributes."""

    async def answer() -> tuple[str, Tally]:
        executor = executor_class.build(_LIST_SCHEMA, _LIST)
        assert isinstance(executor, CountingExecutor)
        result = executor.execute_operation()
        assert not isawaitable(result)
        assert isinstance(result, ExecutionResult)
        data: JsonValue = result.data
        return encode(data), _tally(executor)

    return answer


def _tally(executor: object) -> Tally:
    return executor.tally if isinstance(executor, PlannedExecutor) else Tally()


if __name__ == "__main__":
    typer.run(main)
