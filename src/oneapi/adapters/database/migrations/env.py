"""Alembic's entry point: runs on the connection of ``migrate``, inside its transaction."""

from alembic import context

from oneapi.adapters.database.schema.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
