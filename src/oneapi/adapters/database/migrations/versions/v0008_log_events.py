"""What rows of the log tell, beside their words."""

from alembic import op

from oneapi.adapters.database.schema.completion import complete
from oneapi.adapters.database.schema.tables import logs

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    complete(op.get_bind(), (logs,))
