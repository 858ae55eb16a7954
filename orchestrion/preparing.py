"""A database that is ready for this release: reached or started, migrated, with the catalogue in it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog

from domain.model.catalog import Catalog
from domain.storage.catalog_sync import sync
from domain.storage.database import Database
from domain.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError, ensure_database
from domain.storage.listing.reaching import require_usable
from domain.storage.value_indexes import sync_value_indexes
from orchestrion.migrations import upgrade
from orchestrion.settings import Settings

EMBEDDED_DATABASE = "orchestrion"
REVIVAL_INTERVAL_S = 1.0

logger = structlog.get_logger(__name__)


@asynccontextmanager
async def reachable_database(settings: Settings) -> AsyncGenerator[str]:
    """The address of the database: that of the settings, or of the embedded one, kept running meanwhile.

    Raises:
        DatabaseUnusable: If that of the settings cannot be used.
        EmbeddedPostgresError: If the embedded PostgreSQL cannot be started.
    """
    if settings.database_url is not None:
        await require_usable(settings.database_url)
        yield settings.database_url
        return
    folder = settings.data / "postgres"
    server = await asyncio.to_thread(EmbeddedPostgres.start, folder, bin_folder=settings.pg_bin)
    try:
        await ensure_database(server.dsn(), EMBEDDED_DATABASE)
        async with asyncio.TaskGroup() as tasks:
            revival = tasks.create_task(_revive(server), name="embedded PostgreSQL watch")
            try:
                yield server.dsn(EMBEDDED_DATABASE)
            finally:
                revival.cancel()
    finally:
        await asyncio.to_thread(server.close)


async def _revive(server: EmbeddedPostgres) -> None:
    """Start the embedded PostgreSQL again when it was killed; nobody else would."""
    while True:
        await asyncio.sleep(REVIVAL_INTERVAL_S)
        try:
            await asyncio.to_thread(server.ensure_running)
        except EmbeddedPostgresError as error:
            logger.error("postgres.revival_failed", reason=str(error))  # noqa: TRY400  # the next try tells as much


async def prepare_database(dsn: str, catalog: Catalog) -> None:
    """Migrate the schema and sync the catalogue; any number of processes may do so at once."""
    await upgrade(dsn)
    async with Database(dsn, read_pool_size=1, write_pool_size=2) as database:
        difference = await sync(database, catalog)
        indexes = await sync_value_indexes(database, catalog)
    logger.info(
        "database.ready",
        catalog_changes=len(difference.changes),
        index_changes=len(indexes.missing) + len(indexes.undeclared),
    )
