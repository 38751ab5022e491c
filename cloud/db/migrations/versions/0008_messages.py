"""The log of messages."""

from alembic import op
from sqlalchemy import Float, ForeignKey

from cloud.db.types import BigId, Utc, Words, col, opt, own_id

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message",
        own_id(),
        col("station_id", BigId, ForeignKey("station.id")),
        col("at", Utc),
        col("direction", Words),
        col("kind", Words),
        col("action", Words),
        col("message_id", Words),
        col("text", Words),
        col("outcome", Words),
        opt("latency_ms", Float),
    )
    op.create_index("ix_message_station_id_id", "message", ["station_id", "id"])


def downgrade() -> None:
    op.drop_table("message")
