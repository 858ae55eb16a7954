"""The server of one application, as an ASGI app."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from domain.model.catalog import Catalog
from domain.storage.database import Database
from engine.registry import Registry
from engine.run.bus import EventBus
from engine.run.commands import Commands
from engine.run.engine_watch import EngineWatch
from engine.settings import EngineSettings
from graph.authentication.authenticator import Authenticator, OpenDevelopment
from graph.authentication.keys import ProviderKeys
from graph.authentication.loopback import require_loopback
from graph.authentication.tokens import BearerTokens
from graph.context import GraphDependencies, OperationContext
from graph.execution.executor import CountingExecutor
from graph.execution.operations import Operations
from graph.http.open_streams import OpenStreams
from graph.http.routes import graphql_routes
from graph.loaders import Loaders
from graph.permissions import Viewer
from graph.plain.callbacks import callback_routes
from graph.plain.graphiql import graphiql_routes
from graph.plain.health import health_routes
from graph.schema import ApplicationSchema, build_schema
from graph.settings import GraphSettings

GRAPHQL_PATH = "/graphql"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphServer:
    """A server that is not running yet.

    Attributes:
        asgi: What answers.
        started: Set once it is ready to answer.
        streams: Its open streams.
        bus: Wakes those who follow processes.
    """

    asgi: Starlette
    started: asyncio.Event
    streams: OpenStreams
    bus: EventBus
    close_timeout_s: float

    async def end_streams(self) -> None:
        """Ends every socket and event stream in good order, before the server stops taking requests."""
        await self.streams.close(timeout_s=self.close_timeout_s)


def create_server(
    *,
    database: Database,
    catalog: Catalog,
    registry: Registry,
    settings: EngineSettings,
    graph_settings: GraphSettings,
    schema: ApplicationSchema | None = None,
) -> GraphServer:
    """Builds the server of an application on an open database.

    Args:
        database: Open.
        catalog: What is sold.
        registry: What is carried out.
        settings: Of the engine.
        graph_settings: Of the server.
        schema: That of this catalogue and registry, if it was built before; it can serve several servers.

    Raises:
        NotLoopback: Other machines could reach it, and nobody has to sign in.
        SchemaDefinitionError: Names of the application clash.
    """
    dependencies = GraphDependencies(
        database=database,
        catalog=catalog,
        registry=registry,
        commands=Commands(database, catalog=catalog, registry=registry, settings=settings),
        bus=EventBus(database),
        engine_watch=EngineWatch(database),
        settings=graph_settings,
    )
    return create_app(dependencies, schema=schema)


def create_app(dependencies: GraphDependencies, *, schema: ApplicationSchema | None = None) -> GraphServer:
    """Builds the server from its parts; the bus runs as long as the server does.

    Raises:
        NotLoopback: Other machines could reach it, and nobody has to sign in.
        SchemaDefinitionError: Names of the application clash.
    """
    settings = dependencies.settings
    client = httpx.AsyncClient()
    authenticator = _authenticator(settings, client)
    streams = OpenStreams()
    started = asyncio.Event()
    schema = schema or build_schema(dependencies.catalog, dependencies.registry)
    operations = Operations(
        schema.core,
        executor_class=CountingExecutor,
        new_context=context_factory(dependencies, schema),
        limits=settings.document,
    )
    routes = [
        *graphql_routes(
            GRAPHQL_PATH, operations, authenticator=authenticator, streams=streams, settings=settings
        ),
        *callback_routes(dependencies.commands, max_body_bytes=settings.max_body_bytes),
        *health_routes(dependencies.database),
        *graphiql_routes(),
    ]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        async with client, asyncio.TaskGroup() as group:
            running = group.create_task(dependencies.bus.run(), name="event-bus")
            started.set()
            yield
            await streams.close(timeout_s=settings.stream_close_timeout_s)
            running.cancel()

    return GraphServer(
        asgi=Starlette(routes=routes, middleware=_middleware(settings), lifespan=lifespan),
        started=started,
        streams=streams,
        bus=dependencies.bus,
        close_timeout_s=settings.stream_close_timeout_s,
    )


def _authenticator(settings: GraphSettings, client: httpx.AsyncClient) -> Authenticator:
    if settings.oidc is None:
        require_loopback(settings.host)
        return OpenDevelopment()
    return BearerTokens(settings.oidc, ProviderKeys(settings.oidc, client))


def _middleware(settings: GraphSettings) -> list[Middleware]:
    """Lets the pages of the listed origins read answers: browsers ask the server whether they may."""
    if not settings.allowed_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=sorted(settings.allowed_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
            max_age=600,
        )
    ]


def context_factory(
    dependencies: GraphDependencies, schema: ApplicationSchema
) -> Callable[[Viewer], OperationContext]:
    """Gives what makes the context of one operation or one event."""

    def new_context(viewer: Viewer) -> OperationContext:
        return OperationContext(
            dependencies=dependencies,
            families=schema.families,
            viewer=viewer,
            new_loaders=lambda: Loaders(dependencies.database, commands=dependencies.commands, viewer=viewer),
        )

    return new_context
