"""The outcome of a channel's last test, and the reason if it failed."""

from alembic import op

from oneapi.adapters.database.schema.completion import complete
from oneapi.adapters.database.schema.tables import channels

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    complete(op.get_bind(), (channels,))
