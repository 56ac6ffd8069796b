"""What the original has: created, or completed where an older release of it wrote the database."""

from alembic import op

from oneapi.adapters.database.completion import complete
from oneapi.adapters.database.tables import ORIGINAL, channels

revision = "0001"
down_revision = None


def upgrade() -> None:
    complete(op.get_bind(), ORIGINAL, drop_indexes=((channels, "idx_channels_key"),))
