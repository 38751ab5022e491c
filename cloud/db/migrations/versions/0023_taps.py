"""Unknown tags that were held to readers, and sessions found by their time."""

from alembic import op
from sqlalchemy import ForeignKey, Integer, UniqueConstraint

from cloud.db.types import BigId, Utc, Words, col, own_id

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unknown_tap",
        own_id(),
        col("station_id", BigId, ForeignKey("station.id")),
        col("id_tag", Words),
        col("tag_key", Words),
        col("first_at", Utc),
        col("last_at", Utc),
        col("count", Integer),
        UniqueConstraint("station_id", "tag_key"),
    )
    op.create_index("ix_session_started_at", "session", ["started_at"])


def downgrade() -> None:
    op.drop_index("ix_session_started_at", "session")
    op.drop_table("unknown_tap")
