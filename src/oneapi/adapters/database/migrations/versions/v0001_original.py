"""The original's tables: created, or completed if an older release of the original wrote the database."""

from alembic import op
from sqlalchemy import inspect

from oneapi.adapters.database.schema.completion import complete
from oneapi.adapters.database.schema.tables import ORIGINAL

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "mysql":
        found = inspect(connection)
        # the column became text, which MySQL cannot index in full; the original drops the index at every start
        if found.has_table("channels") and found.has_index("channels", "idx_channels_key"):
            op.drop_index("idx_channels_key", "channels")
    complete(connection, ORIGINAL)
