"""What waits for one webhook is found beside the long queue of another."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

NAME = "ix_webhook_delivery_webhook_id_state_due_at"


def upgrade() -> None:
    op.create_index(NAME, "webhook_delivery", ["webhook_id", "state", "due_at"])


def downgrade() -> None:
    op.drop_index(NAME, "webhook_delivery")
