"""Sessions that run or wait are found among a million that ended."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_session_state_id", "session", ["state", "id"])


def downgrade() -> None:
    op.drop_index("ix_session_state_id", "session")
