"""Stored responses, which clients can fetch and continue later."""

from alembic import op

from oneapi.adapters.database.schema.completion import complete
from oneapi.adapters.database.schema.tables import STORED_RESPONSES

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    complete(op.get_bind(), STORED_RESPONSES)
