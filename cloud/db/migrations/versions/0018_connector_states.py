"""What connectors showed, and until when cars stayed plugged."""

from alembic import op
from sqlalchemy import ForeignKey, Integer, UniqueConstraint

from cloud.db.types import BigId, Utc, Words, col, opt, own_id

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connector_state",
        own_id(),
        col("station_id", BigId, ForeignKey("station.id")),
        col("connector", Integer),
        col("at", Utc),
        col("status", Words),
        col("received_at", Utc, index=True),
        opt("connected_at", Utc),
        UniqueConstraint("station_id", "connector", "at", "status"),
    )
    op.add_column("session", opt("unplugged_at", Utc))
    op.add_column("organisation", col("unplug_limit_s", Integer, server_default="86400"))


def downgrade() -> None:
    op.drop_column("organisation", "unplug_limit_s")
    op.drop_column("session", "unplugged_at")
    op.drop_table("connector_state")
