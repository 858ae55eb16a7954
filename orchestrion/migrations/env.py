"""What Alembic runs for each command: on the connection it is given, in its open transaction."""

from alembic import context

from domain.storage.tables import metadata
from engine.store import tables as engine_tables

assert engine_tables  # imported for the tables it adds to the metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
