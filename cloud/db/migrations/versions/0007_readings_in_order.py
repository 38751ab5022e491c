"""What a session's readings add up to while they come in order, and the energy of intervals."""

from alembic import op
from sqlalchemy import BigInteger, Integer

from cloud.db.types import Utc, col, opt

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("session", opt("meter_last_at", Utc))
    op.add_column("session", opt("odd_since", Utc))
    op.execute("UPDATE session SET odd_since = started_at")
    op.add_column("session", col("vouched_ws", BigInteger, server_default="0"))
    op.create_index("ix_session_connector_id_started_at", "session", ["connector_id", "started_at"])
    op.add_column("meter_sample", opt("interval_wh", Integer))


def downgrade() -> None:
    op.drop_column("meter_sample", "interval_wh")
    op.drop_index("ix_session_connector_id_started_at", "session")
    for name in ("vouched_ws", "odd_since", "meter_last_at"):
        op.drop_column("session", name)
