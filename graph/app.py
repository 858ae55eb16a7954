"""The server of one application, as an ASGI app."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute

from domain.model.catalog import Catalog
from domain.storage.database import Database
from engine.registry import Registry
from engine.run.bus import EventBus
from engine.run.commands import Commands
from engine.run.engine_watch import EngineWatch
from engine.settings import EngineSettings
from graph.authentication.access_policy import AccessPolicy
from graph.authentication.admission import Admission, AdmittedCallers
from graph.authentication.authenticator import Authenticator, OpenDevelopment
from graph.authentication.keys import ProviderKeys
from graph.authentication.loopback import require_loopback
from graph.authentication.tokens import BearerTokens
from graph.context import GraphDependencies, OperationContext
from graph.customers import CustomerDirectory
from graph.execution.fast.executor import PlannedExecutor
from graph.execution.operations import Operations
from graph.extending.extension import NO_EXTENSION, GraphExtension
from graph.extending.viewer_access import ServedContext
from graph.http.open_streams import OpenStreams
from graph.http.own_machine import OwnMachineOnly
from graph.http.routes import graphql_routes
from graph.loaders import Loaders
from graph.permissions import Viewer
from graph.plain.callbacks import callback_routes
from graph.plain.graphiql import graphiql_routes
from graph.plain.health import health_routes
from graph.schema import ApplicationSchema, build_schema
from graph.settings import GraphSettings

GRAPHQL_PATH = "/graphql"
CALLBACKS_PATH = "/callbacks/"


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
    extension: GraphExtension = NO_EXTENSION,
    access_policy: AccessPolicy | None = None,
) -> GraphServer:
    """Builds the server of an application on an open database.

    Args:
        database: Open.
        catalog: What is sold.
        registry: What is carried out.
        settings: Of the engine.
        graph_settings: Of the server.
        schema: That of this catalogue, registry and extension, if it was built before; it can serve several
            servers.
        extension: What the application adds, and puts in the place of the server's own.
        access_policy: The application's say in who may do what; the extension's if left out.

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
        customers=extension.customers,
    )
    return create_app(
        dependencies,
        schema=schema or build_schema(catalog, registry, extension=extension),
        access_policy=access_policy or extension.access_policy,
    )


def create_app(
    dependencies: GraphDependencies,
    *,
    schema: ApplicationSchema | None = None,
    access_policy: AccessPolicy | None = None,
) -> GraphServer:
    """Builds the server from its parts; the bus runs as long as the server does.

    Raises:
        NotLoopback: Other machines could reach it, and nobody has to sign in.
        SchemaDefinitionError: Names of the application clash.
    """
    settings = dependencies.settings
    schema = schema or build_schema(dependencies.catalog, dependencies.registry)
    admission = (
        None if access_policy is None else Admission(access_policy, limit_s=settings.access_policy_limit_s)
    )
    operations = Operations(
        schema.core,
        executor_class=PlannedExecutor,
        new_context=context_factory(dependencies, schema),
        settings=settings,
        admission=admission,
    )
    client = httpx.AsyncClient()
    authenticator = _authenticator(settings, client)
    if admission is not None:
        authenticator = AdmittedCallers(authenticator, admission, again_s=settings.access_policy_again_s)
    streams = OpenStreams(most=settings.max_streams, most_of_caller=settings.max_streams_of_caller)
    started = asyncio.Event()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        async with client, _opened(dependencies.customers), asyncio.TaskGroup() as group:
            running = group.create_task(dependencies.bus.run(), name="event-bus")
            started.set()
            yield
            await streams.close(timeout_s=settings.stream_close_timeout_s)
            running.cancel()

    graphql = graphql_routes(
        GRAPHQL_PATH, operations, authenticator=authenticator, streams=streams, settings=settings
    )
    return GraphServer(
        asgi=Starlette(
            routes=[*graphql, *_plain_routes(dependencies)],
            middleware=_middleware(settings),
            lifespan=lifespan,
        ),
        started=started,
        streams=streams,
        bus=dependencies.bus,
        close_timeout_s=settings.stream_close_timeout_s,
    )


def _plain_routes(dependencies: GraphDependencies) -> list[BaseRoute]:
    """What is not GraphQL: callbacks, health, and the page to try queries on."""
    settings = dependencies.settings
    return [
        *callback_routes(
            dependencies.commands,
            max_body_bytes=settings.max_body_bytes,
            body_timeout_s=settings.body_timeout_s,
        ),
        *health_routes(dependencies.database),
        *(graphiql_routes() if settings.graphiql else ()),
    ]


def _authenticator(settings: GraphSettings, client: httpx.AsyncClient) -> Authenticator:
    if settings.oidc is None:
        require_loopback(settings.host)
        return OpenDevelopment()
    return BearerTokens(settings.oidc, ProviderKeys(settings.oidc, client))


def _opened(directory: CustomerDirectory | None) -> AbstractAsyncContextManager[object]:
    """Lets a directory that holds connections have them for as long as the server runs."""
    return directory if isinstance(directory, AbstractAsyncContextManager) else nullcontext()


def _middleware(settings: GraphSettings) -> list[Middleware]:
    """Keeps an open server to this machine, and lets the pages of the listed origins read answers."""
    found: list[Middleware] = []
    if settings.oidc is None:
        # GraphQL refuses in its own words; who calls back shows the token in the address.
        found.append(Middleware(OwnMachineOnly, except_below=[GRAPHQL_PATH, CALLBACKS_PATH]))
    if settings.allowed_origins:
        found.append(
            Middleware(
                CORSMiddleware,
                allow_origins=sorted(settings.allowed_origins),
                allow_methods=["GET", "POST"],
                allow_headers=["authorization", "content-type"],
                max_age=600,
            )
        )
    return found


def context_factory(
    dependencies: GraphDependencies, schema: ApplicationSchema
) -> Callable[[Viewer], OperationContext]:
    """Gives what makes the context of one operation or one event."""

    def new_context(viewer: Viewer) -> OperationContext:
        return ServedContext(
            dependencies=dependencies,
            families=schema.families,
            viewer=viewer,
            new_loaders=lambda: Loaders(
                dependencies.database,
                commands=dependencies.commands,
                viewer=viewer,
                customers=dependencies.customers_for(viewer),
            ),
        )

    return new_context
