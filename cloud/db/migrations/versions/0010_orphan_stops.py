"""Stops of sessions that are not known."""

from alembic import op
from sqlalchemy import JSON, BigInteger, ForeignKey, UniqueConstraint

from cloud.db.types import BigId, Utc, Words, col, opt, own_id

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "orphan_stop",
        own_id(),
        col("station_id", BigId, ForeignKey("station.id")),
        col("stop_key", Words),
        col("transaction_id", Words),
        opt("id_tag", Words),
        opt("at", Utc),
        col("received_at", Utc),
        opt("meter_stop_wh", BigInteger),
        opt("energy_wh", BigInteger),
        col("reason", Words),
        opt("session_id", BigId, ForeignKey("session.id")),
        col("raw", JSON),
        UniqueConstraint("station_id", "stop_key"),
    )


def downgrade() -> None:
    op.drop_table("orphan_stop")
