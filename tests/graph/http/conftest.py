import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
import strawberry
import structlog
from graphql import GraphQLError
from starlette.applications import Starlette
from strawberry.dataloader import DataLoader
from strawberry.scalars import JSON
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from domain.scope import Scope
from graph.authentication.authenticator import Identity
from graph.errors import GraphError
from graph.execution.operations import Operations
from graph.http.open_streams import OpenStreams
from graph.http.routes import graphql_routes
from graph.permissions import Permission, Viewer, requires
from graph.settings import GraphSettings
from tests.graph.serving import serving

SETTINGS = GraphSettings(
    max_body_bytes=2_000, socket_init_timeout_s=0.3, operations_per_socket=2, stream_keep_alive_s=0.2
)


@dataclass(kw_only=True)
class Signals:
    """What the small schema's fields wait for, and what its tests can see of them."""

    tick: asyncio.Event = field(default_factory=asyncio.Event)
    closed_sources: int = 0
    bumped: int = 0
    contexts: int = 0
    flooded: int = 0
    source_closed: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    contexts_break: bool = False
    callers_break: bool = False


@dataclass(frozen=True)
class Everybody:
    """Takes every caller for the same one."""

    identity: Identity
    signals: Signals

    async def identify(self, token: str | None) -> Identity:
        del token
        if self.signals.callers_break:
            raise RuntimeError(SECRET)
        return self.identity


SECRET = "the password is hunter2"  # noqa: S105  # what no answer may hold


class TooFar(GraphError):
    code = "TOO_FAR"


@strawberry.type(directives=requires(Permission.CONNECT))
class Item:
    """One of many, which fails."""

    number: int

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError(SECRET)


@strawberry.type(directives=requires(Permission.CONNECT))
class SlowEvent:
    """An event whose answer takes for ever."""

    @strawberry.field
    async def value(self) -> str | None:
        await asyncio.Event().wait()


async def broken_load(keys: list[int]) -> list[str]:
    del keys
    raise RuntimeError(SECRET)


def small_schema(signals: Signals) -> strawberry.Schema:  # noqa: C901  # a list of small fields
    @strawberry.type(directives=requires(Permission.CONNECT))
    class Query:
        @strawberry.field
        def hello(self) -> str:
            return "world"

        @strawberry.field
        def context(self, info: strawberry.Info[int, None]) -> int:
            return info.context

        @strawberry.field
        def echo(self, text: str) -> str:
            return text

        @strawberry.field
        def crash(self) -> str | None:
            raise RuntimeError(SECRET)

        @strawberry.field
        def crash_root(self) -> str:
            raise RuntimeError(SECRET)

        @strawberry.field
        def typed(self) -> str | None:
            raise TooFar("2 is too far: at most 1.")

        @strawberry.field
        def deliberate(self) -> str | None:
            raise GraphQLError("said on purpose", extensions={"code": "ON_PURPOSE"})

        @strawberry.field(directives=requires(Permission.ABORT_PROCESS))
        def secret(self) -> str:
            return "secret"

        @strawberry.field
        def number(self) -> float:
            return 0.5

        @strawberry.field
        def total(self, of: list[int]) -> int:
            return sum(of)

        @strawberry.field
        async def slow(self) -> str:
            signals.begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                signals.cancelled.set()
            return "never"

        @strawberry.field
        def items(self, first: int | None = None) -> list[Item]:
            return [Item(number=number) for number in range(first or 3)]

        @strawberry.field
        async def loaded(self) -> str | None:
            return await DataLoader(load_fn=broken_load).load(1)

        @strawberry.field
        def whole(self) -> int | None:
            return SECRET  # pyright: ignore[reportReturnType]  # no number, which only its serialization finds

        @strawberry.field
        def endless(self) -> JSON | None:
            return {"password": SECRET, "number": float("nan")}  # pyright: ignore[reportReturnType]  # the scalar takes any value

        @strawberry.field
        def absent(self) -> str:
            return None  # pyright: ignore[reportReturnType]  # a mistake that only the executor finds

    @strawberry.type(directives=requires(Permission.CONNECT))
    class Mutation:
        @strawberry.mutation
        def bump(self) -> int:
            signals.bumped += 1
            return signals.bumped

        @strawberry.mutation
        async def bump_slowly(self) -> int:
            signals.begun.set()
            await signals.tick.wait()
            signals.bumped += 1
            return signals.bumped

    @strawberry.type(directives=requires(Permission.CONNECT))
    class Subscription:
        @strawberry.subscription
        async def count(self, to: int) -> AsyncGenerator[int]:
            for number in range(1, to + 1):
                yield number

        @strawberry.subscription
        async def forever(self) -> AsyncGenerator[int]:
            try:
                yield 1
                await asyncio.Event().wait()
            finally:
                signals.closed_sources += 1
                signals.source_closed.set()

        @strawberry.subscription
        async def ticks(self) -> AsyncGenerator[int]:
            yield 1
            await signals.tick.wait()
            yield 2

        @strawberry.subscription
        async def flood(self) -> AsyncGenerator[str]:
            while True:
                signals.flooded += 1
                yield "water" * 2_000
                await asyncio.sleep(0)  # as every source does that waits for something

        @strawberry.subscription
        async def broken(self) -> AsyncGenerator[int]:
            yield 1
            raise RuntimeError(SECRET)

        @strawberry.subscription
        async def slow_events(self) -> AsyncGenerator[SlowEvent]:
            yield SlowEvent()
            yield SlowEvent()

        @strawberry.subscription
        async def not_numbers(self) -> AsyncGenerator[int]:
            yield SECRET  # pyright: ignore[reportReturnType]  # as above

        @strawberry.subscription
        async def refused(self) -> AsyncGenerator[int]:
            raise TooFar("nothing to count")
            yield 1

    return strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)


@dataclass(frozen=True, kw_only=True)
class SmallServer:
    url: str
    client: httpx.AsyncClient
    signals: Signals
    streams: OpenStreams

    @property
    def socket_url(self) -> str:
        return self.url.replace("http://", "ws://")


@pytest.fixture(autouse=True)
def plain_logs() -> Generator[None]:
    """Write failures as Python does: the values beside them take half a second to show."""
    before = structlog.get_config()
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, renderer])
    yield
    structlog.configure(**before)


@pytest.fixture
async def server() -> AsyncGenerator[SmallServer]:
    async with serving_small(SETTINGS) as server:
        yield server


@asynccontextmanager
async def serving_small(settings: GraphSettings) -> AsyncGenerator[SmallServer]:
    signals = Signals()
    streams = OpenStreams(most=settings.max_streams, most_of_caller=settings.max_streams_of_caller)

    def new_context(_: Viewer) -> int:
        if signals.contexts_break:
            raise RuntimeError(SECRET)
        signals.contexts += 1
        return signals.contexts

    operations = Operations(
        small_schema(signals)._schema,  # pyright: ignore[reportPrivateUsage]  # executed by graphql-core
        executor_class=StrawberryGraphQLCoreExecutionContext,
        new_context=new_context,
        settings=settings,
    )
    viewer = Viewer(name="tester", permissions=frozenset({Permission.CONNECT}), scope=Scope.all())
    authenticator = Everybody(Identity(viewer=viewer), signals)
    application = Starlette(
        routes=graphql_routes(
            "/graphql", operations, authenticator=authenticator, streams=streams, settings=settings
        )
    )
    end_streams = lambda: streams.close(timeout_s=2)  # noqa: E731
    async with (
        serving(application, end_streams=end_streams) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        yield SmallServer(url=f"{url}/graphql", client=client, signals=signals, streams=streams)


async def settled(server: SmallServer) -> int:
    """How many floods there were once there are no more for a while."""
    before = -1
    async with asyncio.timeout(10):
        while before != server.signals.flooded:
            before = server.signals.flooded
            await asyncio.sleep(0.3)
    assert before > 0
    return before
