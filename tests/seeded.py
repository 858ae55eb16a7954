"""A large database to read from, filled once for the tests that ask for it; nobody writes to it."""

from collections.abc import AsyncGenerator
from uuid import uuid4

import asyncpg
import pytest_asyncio

from bench.seeding.populate import populate
from domain.storage.database import Database
from domain.storage.embedded import create_database, drop_database
from tests.postgres import PostgresServer


@pytest_asyncio.fixture(scope="session")
async def seeded_dsn(postgres_server: PostgresServer) -> AsyncGenerator[str]:
    """The address of a database with `bench.seeding` in it: 100,000 subscriptions, and as many processes.

    Its sessions only read, unless they ask for more.
    """
    name = f"seeded_{uuid4().hex}"
    await create_database(postgres_server.address, name)
    try:
        await populate(postgres_server.dsn(name))
        await _let_sessions_only_read(postgres_server.dsn(name), name)
        yield postgres_server.dsn(name)
    finally:
        await drop_database(postgres_server.address, name, force=True)


@pytest_asyncio.fixture(scope="session")
async def seeded_database(seeded_dsn: str) -> AsyncGenerator[Database]:
    """Open pools on the seeded database."""
    async with Database(seeded_dsn, read_pool_size=2, write_pool_size=2) as database:
        yield database


async def _let_sessions_only_read(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    finally:
        await connection.close()
