"""Stations held at the door, keys being renewed, meter values that came before their start."""

from alembic import op
from sqlalchemy import LargeBinary

from cloud.db.types import Utc, Words, col, opt

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("station", col("admission", Words, server_default="Accepted"))
    op.add_column("station", opt("next_key_salt", LargeBinary))
    op.add_column("station", opt("next_key_hash", LargeBinary))
    op.add_column("station", opt("next_key_at", Utc))
    op.add_column("meter_sample", opt("orphan_of", Words))


def downgrade() -> None:
    op.drop_column("meter_sample", "orphan_of")
    for name in ("next_key_at", "next_key_hash", "next_key_salt", "admission"):
        op.drop_column("station", name)
