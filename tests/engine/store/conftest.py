"""The same database as the tests of the runs have."""

from tests.engine.run.conftest import database_dsn, engine_template, house

__all__ = ["database_dsn", "engine_template", "house"]
