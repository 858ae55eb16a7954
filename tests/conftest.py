"""What every test may ask for: a fresh database, the pools on it, and a record of its statements."""

from collections.abc import AsyncGenerator
from uuid import uuid4

import pytest
import pytest_asyncio
import structlog

from domain.storage.database import Database
from domain.storage.embedded import create_database, drop_database
from tests.postgres import PostgresServer, StatementLog, build_template, running_server, statement_log
from tests.seeded import seeded_database, seeded_dsn

__all__ = ["seeded_database", "seeded_dsn"]


@pytest_asyncio.fixture(scope="session")
async def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[PostgresServer]:
    """A server for the session; with several test processes, each has its own."""
    async with running_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest_asyncio.fixture(scope="session")
async def template_database(postgres_server: PostgresServer) -> AsyncGenerator[str]:
    """The name of a database with the application's tables, to copy."""
    name = f"template_{uuid4().hex}"
    await create_database(postgres_server.address, name)
    await build_template(postgres_server.dsn(name))
    yield name
    await drop_database(postgres_server.address, name, force=True)


@pytest_asyncio.fixture
async def database_dsn(postgres_server: PostgresServer, template_database: str) -> AsyncGenerator[str]:
    """The address of a database of this test's own, with empty tables."""
    async with postgres_server.copy_of(template_database) as dsn:
        yield dsn


@pytest_asyncio.fixture
async def database(database_dsn: str) -> AsyncGenerator[Database]:
    """Open pools on the test's database."""
    async with Database(database_dsn, read_pool_size=4, write_pool_size=4) as database:
        yield database


@pytest.fixture
def statements(postgres_server: PostgresServer, database_dsn: str) -> StatementLog:
    """The record of the statements that the test's database executes."""
    return statement_log(postgres_server, database_dsn)


def pytest_configure() -> None:
    """Let what is logged show tracebacks as Python does: with every local variable they take seconds each."""
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, renderer])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one of several test processes fill the large database, and run all that read it.

    First of all, as what spreads the tests over the processes reads the marks in this hook too.
    """
    for item in items:
        if isinstance(item, pytest.Function) and "seeded_dsn" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("seeded"))
