"""Our additions: the ledger, holds and versions, and the end cause on log rows."""

from alembic import op
from sqlalchemy import insert, select

from oneapi.adapters.database.repositories.versions import TOPICS
from oneapi.adapters.database.schema.completion import complete
from oneapi.adapters.database.schema.tables import OURS, versions

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    connection = op.get_bind()
    complete(connection, OURS)
    there = set(connection.execute(select(versions.c.topic)).scalars())
    rows = [{"topic": topic, "version": 1} for topic in TOPICS if topic not in there]
    if rows:
        connection.execute(insert(versions), rows)
