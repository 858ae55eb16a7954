"""Bringing a database to this release's schema."""

from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from domain.storage.database import new_engine
from domain.storage.dsn import normalise_dsn
from engine.run.dispatcher import install_queue

UPGRADE_LOCK = 7_306_002_118
"""The advisory lock of whoever migrates; the number is ours alone."""


async def upgrade(dsn: str) -> None:
    """Apply every migration that is missing, and the queue's own; harmless on a database that has them all.

    Any number of processes may call it at once: one works, the others wait. Commits.

    Raises:
        PostgresError: If the database refuses; what a failed migration did is rolled back.
    """
    guard = await asyncpg.connect(normalise_dsn(dsn))
    try:
        # The lock belongs to the session: no transaction is open while the migrations run on theirs.
        await guard.execute("SELECT pg_advisory_lock($1)", UPGRADE_LOCK)
        await _migrate(dsn)
        await install_queue(guard)
    finally:
        await guard.close()


async def _migrate(dsn: str) -> None:
    engine = new_engine(dsn)
    try:
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="READ COMMITTED")
            async with connection.begin():
                await connection.run_sync(_run_migrations)
    finally:
        await engine.dispose()


def _run_migrations(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
