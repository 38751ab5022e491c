"""Bills and movements by their time and kind, messages by their time, action and failure."""

from alembic import op
from sqlalchemy import text

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_FAILED = text("outcome NOT IN ('', 'answered')")
_INDEXES = (
    ("bill", "issued_at"),
    ("bill", "kind"),
    ("movement", "at"),
    ("movement", "kind"),
    ("message", "at"),
    ("message", "action"),
)


def upgrade() -> None:
    for table, column in _INDEXES:
        op.create_index(f"ix_{table}_{column}_id", table, [column, "id"])
    op.create_index("ix_message_failed", "message", ["id"], sqlite_where=_FAILED, postgresql_where=_FAILED)


def downgrade() -> None:
    op.drop_index("ix_message_failed", "message")
    for table, column in _INDEXES:
        op.drop_index(f"ix_{table}_{column}_id", table)
