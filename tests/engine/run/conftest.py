"""A database with the engine's tables, its queue, and workers that are stopped after each test."""

from collections.abc import AsyncGenerator
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from domain.storage.catalog_sync import sync
from domain.storage.database import Database
from domain.storage.embedded import create_database, drop_database
from engine.run.dispatcher import install_queue
from engine.store import tables as engine_tables
from tests.engine.run.circuit_house import CircuitHouse
from tests.engine.run.circuits import CIRCUITS
from tests.engine.run.house import House
from tests.postgres import PostgresServer, build_template

assert engine_tables.process.name  # the engine's tables join the metadata that the template is made of


@pytest_asyncio.fixture(scope="session")
async def engine_template(postgres_server: PostgresServer) -> AsyncGenerator[str]:
    """The name of a database with all tables, the queue and the catalogue, to copy."""
    name = f"template_{uuid4().hex}"
    await create_database(postgres_server.address, name)
    dsn = postgres_server.dsn(name)
    await prepare(dsn)
    yield name
    await drop_database(postgres_server.address, name, force=True)


async def prepare(dsn: str) -> None:
    """Make everything the engine needs in an empty database."""
    await build_template(dsn)
    connection = await asyncpg.connect(dsn)
    try:
        await install_queue(connection)
    finally:
        await connection.close()
    async with Database(dsn, read_pool_size=1, write_pool_size=1) as database:
        await sync(database, CIRCUITS)


@pytest_asyncio.fixture
async def database_dsn(postgres_server: PostgresServer, engine_template: str) -> AsyncGenerator[str]:
    async with postgres_server.copy_of(engine_template) as dsn:
        yield dsn


@pytest.fixture
def house(database: Database) -> House:
    """An engine with the test's application."""
    return House(database)


@pytest.fixture
def circuits(database: Database) -> CircuitHouse:
    """An engine with the application whose subscriptions refer to blocks of others."""
    return CircuitHouse(database)
