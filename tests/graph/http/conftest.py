import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import httpx
import pytest
import strawberry
from graphql import GraphQLError
from starlette.applications import Starlette
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


@dataclass(frozen=True)
class Everybody:
    """Takes every caller for the same one."""

    identity: Identity

    async def identify(self, token: str | None) -> Identity:
        del token
        return self.identity


class TooFar(GraphError):
    code = "TOO_FAR"


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
            raise RuntimeError("the password is hunter2")

        @strawberry.field
        def crash_root(self) -> str:
            raise RuntimeError("the password is hunter2")

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

    @strawberry.type(directives=requires(Permission.CONNECT))
    class Mutation:
        @strawberry.mutation
        def bump(self) -> int:
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
        async def flood(self) -> AsyncGenerator[str]:
            while True:
                signals.flooded += 1
                yield "water" * 2_000
                await asyncio.sleep(0)  # as every source does that waits for something

        @strawberry.subscription
        async def broken(self) -> AsyncGenerator[int]:
            yield 1
            raise RuntimeError("the password is hunter2")

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


@pytest.fixture
async def server() -> AsyncGenerator[SmallServer]:
    signals = Signals()
    streams = OpenStreams()

    def new_context(_: Viewer) -> int:
        signals.contexts += 1
        return signals.contexts

    operations = Operations(
        small_schema(signals)._schema,  # pyright: ignore[reportPrivateUsage]  # executed by graphql-core
        executor_class=StrawberryGraphQLCoreExecutionContext,
        new_context=new_context,
    )
    viewer = Viewer(name="tester", permissions=frozenset({Permission.CONNECT}), scope=Scope.all())
    authenticator = Everybody(Identity(viewer=viewer))
    application = Starlette(
        routes=graphql_routes(
            "/graphql", operations, authenticator=authenticator, streams=streams, settings=SETTINGS
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
