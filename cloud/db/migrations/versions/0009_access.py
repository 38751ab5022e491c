"""Stations that need no key from one network, disabled stations, and keys that are renewed."""

from alembic import op
from sqlalchemy import Boolean, Integer, false

from cloud.db.types import Words, col, opt

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("station", opt("network", Words))
    op.add_column("station", col("disabled", Boolean, server_default=false()))
    op.add_column("station", col("access", Integer, server_default="0"))


def downgrade() -> None:
    for name in ("access", "disabled", "network"):
        op.drop_column("station", name)
