"""The command line. Exit codes: 0 done, 1 failed, 2 wrong usage."""

import os
import sys
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import typer
import uvloop

from domain.storage.catalog_sync import CatalogDiff, diff
from domain.storage.database import Database
from graph.errors import SchemaDefinitionError
from orchestrion.application import Application, load_application
from orchestrion.demo import run_demo
from orchestrion.extension import schema_text
from orchestrion.failures import EXPECTED_FAILURES, report_failure
from orchestrion.logs import configure_logs
from orchestrion.preparing import prepare_database, reachable_database
from orchestrion.serving.serve import serve as serve_until_stopped
from orchestrion.settings import Settings

Result = TypeVar("Result")

command_line = typer.Typer(
    name="orchestrion",
    help="Runs the life of products and services: catalogue, subscriptions, durable workflows, over GraphQL.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
database_commands = typer.Typer(help="The database's schema.", no_args_is_help=True)
catalog_commands = typer.Typer(
    help="The catalogue's tables, whose source is the application's code.", no_args_is_help=True
)
command_line.add_typer(database_commands, name="db")
command_line.add_typer(catalog_commands, name="catalog")


def main() -> None:
    """The console script."""
    try:
        command_line()
    except (*EXPECTED_FAILURES, SchemaDefinitionError) as failure:
        sys.exit(report_failure(failure))


@command_line.command()
def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to serve on; loopback only without authentication.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 for any free one.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=0, max=64, help="Worker processes beside the server.")
    ] = None,
) -> None:
    """Serve the API, with its database, workers and companions; prints `ready URL` when it takes requests."""
    given = {"host": host, "port": port, "workers": workers}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})  # pyright: ignore[reportArgumentType]  # values are checked by pydantic
    _start(settings, serve_until_stopped(settings, _application(settings)))


@command_line.command()
def worker() -> None:
    """Run a worker; any number, on any machine, work on the same database."""
    # A process of its own kind: a worker imports nothing of the graph floor, which this module does.
    os.execv(sys.executable, [sys.executable, "-m", "orchestrion.worker"])  # noqa: S606  # our own module


@command_line.command()
def demo(
    url: Annotated[str, typer.Argument(help="The server's GraphQL URL.")] = "http://127.0.0.1:8000/graphql",
    *,
    interactive: Annotated[bool, typer.Option(help="Ask before each confirmation.")] = False,
) -> None:
    """Play the sample's story against a running server, by its public API alone."""
    raise typer.Exit(run_demo(url, interactive=interactive))


@command_line.command()
def schema() -> None:
    """Print the GraphQL schema (SDL)."""
    sys.stdout.write(schema_text(_application(Settings())))


@database_commands.command("upgrade")
def upgrade_database() -> None:
    """Bring the schema and the catalogue to this release's."""
    settings = Settings()
    _start(settings, _upgrade(settings, _application(settings)))


@catalog_commands.command("sync")
def sync_catalog() -> None:
    """Bring the catalogue's tables in line with the code; retires, never deletes."""
    settings = Settings()
    _start(settings, _upgrade(settings, _application(settings)))


@catalog_commands.command("diff")
def diff_catalog() -> None:
    """Show where the catalogue's tables differ from the code; exit code 1 if they do."""
    settings = Settings()
    difference = _start(settings, _difference(settings, _application(settings)))
    for change in difference.changes:
        sys.stdout.write(f"{change}\n")
    raise typer.Exit(1 if difference.changes else 0)


async def _upgrade(settings: Settings, application: Application) -> None:
    async with reachable_database(settings) as dsn:
        await prepare_database(dsn, application.catalog)


async def _difference(settings: Settings, application: Application) -> CatalogDiff:
    async with (
        reachable_database(settings) as dsn,
        Database(dsn, read_pool_size=1, write_pool_size=2) as database,
    ):
        return await diff(database, application.catalog)


def _application(settings: Settings) -> Application:
    return load_application(settings.app)


def _start(settings: Settings, work: Coroutine[Any, Any, Result]) -> Result:
    configure_logs(form=settings.log_format, level=settings.log_level)
    return uvloop.run(work)
