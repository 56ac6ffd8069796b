"""What a hold took from a token, what it may have to grow to, and what a charge was beyond it."""

from alembic import op

from oneapi.adapters.database.schema.completion import complete
from oneapi.adapters.database.schema.tables import holds, ledger

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    complete(op.get_bind(), (holds, ledger))
