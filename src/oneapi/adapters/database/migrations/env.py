"""Alembic's entry: runs on the connection, and inside the transaction, that ``migrate`` holds."""

from alembic import context

from oneapi.adapters.database.schema.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
