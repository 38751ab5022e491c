"""What sites draw, slice by slice; sessions by their end; connections in the log of messages."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, text

from cloud.db.types import BigId, Utc, col

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_power",
        Column("at", Utc, primary_key=True),
        Column("site_id", BigId, ForeignKey("site.id"), primary_key=True),
        col("power_w", BigInteger),
    )
    op.create_index("ix_session_ended_at", "session", ["ended_at"])
    of_connections = text("kind IN ('opened', 'closed')")
    op.create_index(
        "ix_message_connections",
        "message",
        ["station_id", "id"],
        sqlite_where=of_connections,
        postgresql_where=of_connections,
    )


def downgrade() -> None:
    op.drop_index("ix_message_connections", "message")
    op.drop_index("ix_session_ended_at", "session")
    op.drop_table("site_power")
