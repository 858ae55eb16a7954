"""`orchestrion serve`: everything a person needs, in one terminal, ended together."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import structlog

from domain.storage.database import Database
from graph.app import create_server
from graph.extending.extension import GraphExtension
from graph.settings import GraphSettings
from orchestrion.application import Application, Companion
from orchestrion.extension import load_extension
from orchestrion.parent import stop_with_parent
from orchestrion.preparing import prepare_database, reachable_database
from orchestrion.serving.access import graph_settings
from orchestrion.serving.address import bind, url_of
from orchestrion.serving.children import Program, announced, keep_running
from orchestrion.serving.server import serve_http
from orchestrion.serving.welcome import welcome
from orchestrion.settings import Settings, child_environment, is_set

COMPANION_START = timedelta(seconds=20)
SAME_WISH_S = 1.0
"""`make` passes on a signal that its whole process group got already: so close together, two are one."""

logger = structlog.get_logger(__name__)


async def serve(settings: Settings, application: Application) -> None:
    """Serve until SIGINT or SIGTERM; stops everything that was started here and nothing else.

    Raises:
        StartFailed: If the address is refused or a companion does not start.
        EmbeddedPostgresError: If the embedded PostgreSQL does not start.
        ExtensionNotFound: If what the application adds to the schema is not where it says.
        SchemaDefinitionError: If that does not fit the schema.
    """
    access = graph_settings(settings)
    extension = load_extension(application)
    bound = bind(settings.host, settings.port)
    settings = settings.model_copy(update={"public_url": settings.public_url or url_of(bound)})
    stop = _stop_on_signals()
    async with AsyncExitStack() as started:
        started.callback(bound.close)
        dsn = await started.enter_async_context(reachable_database(settings))
        await prepare_database(dsn, application.catalog)
        environment = child_environment(settings, dsn)
        for companion in application.companions:
            if not is_set(companion.url_setting):
                url = await started.enter_async_context(_companion(companion, environment, settings))
                environment = {**environment, companion.url_setting: url}
        database = await started.enter_async_context(
            Database(
                dsn, read_pool_size=settings.read_connections, write_pool_size=settings.write_connections
            )
        )
        if stop.is_set():
            return
        await _serve_on(
            bound,
            settings=settings,
            access=access,
            application=application,
            extension=extension,
            database=database,
            environment=environment,
            stop=stop,
        )


async def _serve_on(
    bound: socket.socket,
    *,
    settings: Settings,
    access: GraphSettings,
    application: Application,
    extension: GraphExtension,
    database: Database,
    environment: Mapping[str, str],
    stop: asyncio.Event,
) -> None:
    grace = timedelta(seconds=settings.shutdown_s)
    server = create_server(
        database=database,
        catalog=application.catalog,
        registry=application.registry,
        settings=settings.engine(),
        graph_settings=access,
        extension=extension,
    )
    worker = Program(name="worker", module="orchestrion.worker", environment=environment)
    url = url_of(bound)
    async with asyncio.TaskGroup() as tasks:
        children = [
            tasks.create_task(keep_running(worker, stop_within=grace), name=f"worker {number}")
            for number in range(1, settings.workers + 1)
        ]
        if settings.parent_pipe:
            children.append(tasks.create_task(stop_with_parent(stop), name="parent watch"))
        announcing = tasks.create_task(_announce(server.started, url, settings), name="announcement")
        await serve_http(
            server.asgi,
            bound,
            stop=stop,
            end_streams=server.end_streams,
            shutdown_within=grace,
            max_message_bytes=access.max_body_bytes,
        )
        announcing.cancel()
        for child in children:
            child.cancel()


async def _announce(started: asyncio.Event, url: str, settings: Settings) -> None:
    await started.wait()
    sys.stdout.write(f"ready {url}/graphql\n")
    sys.stdout.flush()
    logger.info("server.ready", url=f"{url}/graphql", workers=settings.workers, access=_access(settings))
    if settings.log_format == "console":
        sys.stderr.write(welcome(url, settings))


def _access(settings: Settings) -> str:
    if settings.oidc_issuer is None:
        return "open to this machine"
    return f"by tokens of {settings.oidc_issuer}"


@asynccontextmanager
async def _companion(
    companion: Companion, environment: Mapping[str, str], settings: Settings
) -> AsyncGenerator[str]:
    def program(port: int) -> Program:
        return Program(
            name=companion.name,
            module=companion.module,
            arguments=("--port", str(port), "--exit-with-parent", *companion.arguments_for(settings.data)),
            environment=environment,
        )

    async with announced(
        program(0),
        again=lambda url: program(urlsplit(url).port or 0),
        within=COMPANION_START,
        stop_within=timedelta(seconds=settings.shutdown_s),
    ) as url:
        logger.info("companion.ready", name=companion.name, url=url)
        yield url


def _stop_on_signals() -> asyncio.Event:
    """An event that the first SIGINT or SIGTERM sets; one more after a moment ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    told_at: float | None = None

    def told() -> None:
        nonlocal told_at
        if told_at is None:
            told_at = loop.time()
            stop.set()
        elif loop.time() - told_at > SAME_WISH_S:
            os._exit(1)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told)
    return stop
