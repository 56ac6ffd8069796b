"""Columns for encrypted token keys and access tokens: a hash and the sealed text."""

from alembic import op

from oneapi.adapters.database.schema.completion import complete
from oneapi.adapters.database.schema.tables import tokens, users

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    complete(op.get_bind(), (tokens, users))
