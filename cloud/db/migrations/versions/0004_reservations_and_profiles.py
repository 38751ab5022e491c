"""Reservations, and the charging profiles that stations hold."""

from alembic import op
from sqlalchemy import JSON, ForeignKey, Integer, UniqueConstraint

from cloud.db.types import BigId, Utc, Words, col, opt, own_id

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reservation",
        own_id(),
        col("station_id", BigId, ForeignKey("station.id")),
        col("number", Integer),
        col("connector", Integer),
        col("id_tag", Words),
        opt("parent", Words),
        col("expires_at", Utc),
        col("state", Words, index=True),
        opt("session_id", BigId, ForeignKey("session.id")),
        UniqueConstraint("station_id", "number"),
    )
    op.create_table(
        "charging_profile",
        own_id(),
        col("station_id", BigId, ForeignKey("station.id"), index=True),
        col("connector", Integer),
        col("profile_id", Integer),
        col("purpose", Words),
        opt("transaction_id", Words),
        col("profile", JSON),
        col("installed_at", Utc),
        opt("ended_at", Utc),
        opt("ended_why", Words),
    )


def downgrade() -> None:
    op.drop_table("charging_profile")
    op.drop_table("reservation")
