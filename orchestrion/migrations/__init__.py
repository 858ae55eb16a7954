"""The schema of the database, migration by migration (Alembic), and bringing a database up to it."""

from orchestrion.migrations.upgrading import upgrade

__all__ = ["upgrade"]
