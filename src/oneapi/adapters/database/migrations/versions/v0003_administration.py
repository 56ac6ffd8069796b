"""Administration: the audit log, one-time codes, leases of jobs, who redeemed a code, and users' GitHub ids."""

from alembic import op

from oneapi.adapters.database.schema.completion import complete
from oneapi.adapters.database.schema.tables import ADMINISTRATION, redemptions, users

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    complete(op.get_bind(), (*ADMINISTRATION, redemptions, users))
