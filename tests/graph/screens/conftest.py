"""The seeded application served over HTTP: one server for all tests of the screens."""

from collections.abc import AsyncGenerator

import httpx
import pytest
import pytest_asyncio

from bench.seeding.catalog import CATALOG
from bench.seeding.workflows import REGISTRY
from graph.app import create_server
from graph.settings import GraphSettings
from tests.explaining import ExplainingDatabase
from tests.graph.screens.house import SCHEMA, ScreensHouse
from tests.graph.screens.sights import Sights, find_sights
from tests.graph.served.house import SETTINGS
from tests.graph.serving import serving
from tests.postgres import PostgresServer, StatementLog, statement_log

# Commands take locks even where they refuse, and no test here gives one that is not refused.
_MAY_LOCK = "options=-c%20default_transaction_read_only%3Doff"


@pytest_asyncio.fixture(scope="session")
async def screens(seeded_dsn: str) -> AsyncGenerator[ScreensHouse]:
    """The served application on the seeded database, without a worker."""
    joint = "&" if "?" in seeded_dsn else "?"
    async with ExplainingDatabase(f"{seeded_dsn}{joint}{_MAY_LOCK}") as database:
        server = create_server(
            database=database,
            catalog=CATALOG,
            registry=REGISTRY,
            schema=SCHEMA,
            settings=SETTINGS,
            graph_settings=GraphSettings(),
        )
        async with (
            serving(server.asgi, end_streams=server.end_streams) as url,
            httpx.AsyncClient(base_url=url, timeout=60) as client,
        ):
            yield ScreensHouse(database=database, client=client, url=url, server=server, explained=database)


@pytest_asyncio.fixture(scope="session")
async def sights(screens: ScreensHouse) -> Sights:
    """What there is to look at."""
    return await find_sights(screens)


@pytest.fixture
def statements(postgres_server: PostgresServer, seeded_dsn: str) -> StatementLog:
    """The record of the statements that the seeded database executes."""
    return statement_log(postgres_server, seeded_dsn)
