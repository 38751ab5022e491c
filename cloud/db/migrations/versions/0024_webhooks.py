"""Webhooks and what was told through them."""

from alembic import op
from sqlalchemy import JSON, ForeignKey, Integer

from cloud.db.types import BigId, Utc, Words, col, opt, own_id

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook",
        own_id(),
        col("organisation_id", BigId, ForeignKey("organisation.id")),
        col("url", Words),
        col("events", JSON),
        col("secret", Words),
        col("created_at", Utc),
        opt("failing_since", Utc),
        opt("disabled_at", Utc),
        opt("disabled_why", Words),
    )
    op.create_index("ix_webhook_organisation_id", "webhook", ["organisation_id"])
    op.create_table(
        "webhook_delivery",
        own_id(),
        col("webhook_id", BigId, ForeignKey("webhook.id")),
        col("event", Words),
        col("body", Words),
        col("created_at", Utc),
        col("due_at", Utc),
        col("attempts", Integer),
        col("state", Words),
        opt("status", Integer),
        opt("error", Words),
        opt("ended_at", Utc),
    )
    op.create_index("ix_webhook_delivery_webhook_id_id", "webhook_delivery", ["webhook_id", "id"])
    op.create_index("ix_webhook_delivery_state_due_at", "webhook_delivery", ["state", "due_at"])


def downgrade() -> None:
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")
