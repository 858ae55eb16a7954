import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from domain.storage.database import new_engine
from domain.storage.embedded import create_database, drop_database
from domain.storage.tables import metadata
from engine.store import tables as engine_tables
from orchestrion.migrations import upgrade
from tests.postgres import PostgresServer

assert engine_tables

# SQLAlchemy knows the type only as we declare it.
pytestmark = pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")


def differences(connection: Connection) -> list[str]:
    def is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        # Indexes are compared below as PostgreSQL prints them: what is reflected of an expression differs.
        return kind != "index" and not (
            kind == "table" and name is not None and name.startswith(("pgqueuer", "alembic"))
        )

    context = MigrationContext.configure(connection, opts={"include_object": is_ours, "compare_type": True})
    return [str(difference) for difference in compare_metadata(context, metadata)]


async def test_migrations_give_the_tables_that_the_code_expects(database_dsn: str) -> None:
    engine = new_engine(database_dsn)
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()

    assert found == []


@pytest.mark.parametrize(
    "catalogued",
    [
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' ORDER BY 1",
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename !~ '^(pg|alembic)' ORDER BY 1",
        "SELECT relname, reloptions FROM pg_class WHERE reloptions IS NOT NULL AND relkind = 'r' ORDER BY 1",
    ],
    ids=["checks", "indexes", "storage"],
)
async def test_code_and_migrations_agree(
    catalogued: str, database_dsn: str, postgres_server: PostgresServer
) -> None:
    checks = text(catalogued)
    await create_database(postgres_server.address, "from_metadata")
    migrated, created = new_engine(database_dsn), new_engine(postgres_server.dsn("from_metadata"))
    async with migrated.connect() as one, created.connect() as other:
        await other.run_sync(metadata.create_all)

        by_migrations = (await one.execute(checks)).all()
        by_metadata = (await other.execute(checks)).all()

    await migrated.dispose()
    await created.dispose()
    await drop_database(postgres_server.address, "from_metadata")
    assert by_migrations == by_metadata


async def test_upgrading_again_changes_nothing(database_dsn: str) -> None:
    await upgrade(database_dsn)

    await test_migrations_give_the_tables_that_the_code_expects(database_dsn)


async def test_several_may_upgrade_at_once(postgres_server: PostgresServer) -> None:
    await create_database(postgres_server.address, "upgraded_at_once")
    dsn = postgres_server.dsn("upgraded_at_once")

    await asyncio.gather(*(upgrade(dsn) for _ in range(4)))

    await test_migrations_give_the_tables_that_the_code_expects(dsn)
    await drop_database(postgres_server.address, "upgraded_at_once", force=True)
