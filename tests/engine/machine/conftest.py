"""A database with the engine's tables."""

from tests.engine.run.conftest import database_dsn, engine_template

__all__ = ["database_dsn", "engine_template"]
