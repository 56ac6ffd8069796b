"""A hold's share of a token's quota, the most that it may have to grow to, and the overrun of a charge."""

from alembic import op

from oneapi.adapters.database.schema.completion import complete
from oneapi.adapters.database.schema.tables import holds, ledger

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    complete(op.get_bind(), (holds, ledger))
