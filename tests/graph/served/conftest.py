"""The test application served over HTTP, on a database of the test's own, with or without a worker."""

from collections.abc import AsyncGenerator
from uuid import uuid4

import asyncpg
import httpx
import pytest_asyncio

from domain.storage.catalog_sync import sync
from domain.storage.database import Database
from domain.storage.embedded import create_database, drop_database
from engine.run.dispatcher import install_queue
from engine.store import tables as engine_tables
from graph.app import create_server
from graph.settings import GraphSettings
from tests.graph.application import CATALOG, REGISTRY
from tests.graph.served.house import READS_STATUS, SCHEMA, SETTINGS, House
from tests.graph.serving import serving
from tests.postgres import PostgresServer, build_template

assert engine_tables.process.name  # the engine's tables join the metadata that the template is made of


@pytest_asyncio.fixture(scope="session")
async def graph_template(postgres_server: PostgresServer) -> AsyncGenerator[str]:
    """The name of a database with all tables, the queue and the catalogue, to copy."""
    name = f"template_{uuid4().hex}"
    await create_database(postgres_server.address, name)
    dsn = postgres_server.dsn(name)
    await build_template(dsn)
    connection = await asyncpg.connect(dsn)
    try:
        await install_queue(connection)
    finally:
        await connection.close()
    async with Database(dsn, read_pool_size=1, write_pool_size=1) as database:
        await sync(database, CATALOG)
    yield name
    await drop_database(postgres_server.address, name, force=True)


@pytest_asyncio.fixture
async def database_dsn(postgres_server: PostgresServer, graph_template: str) -> AsyncGenerator[str]:
    async with postgres_server.copy_of(graph_template) as dsn:
        yield dsn


@pytest_asyncio.fixture
async def house(database: Database) -> AsyncGenerator[House]:
    """The served application, without a worker."""
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
        httpx.AsyncClient(base_url=url, timeout=20, headers=READS_STATUS) as client,
    ):
        yield House(database=database, client=client, url=url, server=server)


@pytest_asyncio.fixture
async def working_house(house: House) -> AsyncGenerator[House]:
    """The served application, with a worker."""
    async with house.working():
        yield house
