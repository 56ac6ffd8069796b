"""Whether answers of the Responses API are stored for a token."""

from alembic import op

from oneapi.adapters.database.schema.completion import complete
from oneapi.adapters.database.schema.tables import tokens

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    complete(op.get_bind(), (tokens,))
