import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from domain.storage.embedded import (
    EmbeddedPostgres,
    PostgresOptions,
    create_database,
    drop_database,
    ensure_database,
)


@pytest.fixture
async def server(folder: Path) -> AsyncGenerator[EmbeddedPostgres]:
    started = await asyncio.to_thread(EmbeddedPostgres.start, folder, options=PostgresOptions(durable=False))
    yield started
    await asyncio.to_thread(started.close)


async def value(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_a_database_is_ensured_once(server: EmbeddedPostgres) -> None:
    made = [await ensure_database(server.dsn(), "orchestrion") for _ in range(2)]

    assert made == [True, False]
    assert await value(server.dsn(), "SELECT current_database()") == "orchestrion"


async def test_of_many_who_ensure_a_database_at_once_one_makes_it(server: EmbeddedPostgres) -> None:
    made = await asyncio.gather(*(ensure_database(server.dsn(), "orchestrion") for _ in range(5)))

    assert sorted(made) == [False, False, False, False, True]


async def test_a_database_is_a_copy_of_its_template(server: EmbeddedPostgres) -> None:
    await create_database(server.dsn(), "template")
    await value(server.dsn("template"), "CREATE TABLE kept AS SELECT 7 AS id")

    await create_database(server.dsn(), 'a "copy"', template="template")

    assert await value(server.dsn('a "copy"'), "SELECT id FROM kept") == 7


async def test_a_database_in_use_is_dropped_by_force(server: EmbeddedPostgres) -> None:
    await create_database(server.dsn(), "used")
    session = await asyncpg.connect(server.dsn("used"))

    await drop_database(server.dsn(), "used", force=True)
    await drop_database(server.dsn(), "used")

    session.terminate()
    names = await value(server.dsn("postgres"), "SELECT array_agg(datname ORDER BY datname) FROM pg_database")
    assert names == ["postgres", "template0", "template1"]


async def test_sqlalchemy_takes_the_dsn(server: EmbeddedPostgres) -> None:
    engine = create_async_engine(server.dsn("postgres").replace("postgresql:", "postgresql+asyncpg:", 1))

    async with engine.connect() as connection:
        found = (await connection.execute(text("SELECT current_database()"))).scalar_one()
    await engine.dispose()

    assert found == "postgres"
