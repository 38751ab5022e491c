"""When a station that a restart of ours cut off is told as offline, and how a webhook fares."""

from alembic import op
from sqlalchemy import Integer

from cloud.db.types import Utc, col, opt

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connection", opt("offline_due_at", Utc))
    op.add_column("webhook", opt("delivered_at", Utc))
    op.add_column("webhook", col("failures", Integer, server_default="0"))


def downgrade() -> None:
    op.drop_column("webhook", "failures")
    op.drop_column("webhook", "delivered_at")
    op.drop_column("connection", "offline_due_at")
