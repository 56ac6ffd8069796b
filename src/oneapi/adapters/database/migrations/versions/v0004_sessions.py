"""Sessions that can be listed and ended."""

from alembic import op

from oneapi.adapters.database.schema.completion import complete
from oneapi.adapters.database.schema.tables import sessions

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    complete(op.get_bind(), (sessions,))
