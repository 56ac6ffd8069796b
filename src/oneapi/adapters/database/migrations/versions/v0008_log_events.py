"""The event of a log row, as data beside its text."""

from alembic import op

from oneapi.adapters.database.schema.completion import complete
from oneapi.adapters.database.schema.tables import logs

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    complete(op.get_bind(), (logs,))
