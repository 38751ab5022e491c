"""Other programs: their keys, what they were answered, and whom we call when something happens."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, LargeBinary, Table

from cloud.db.tables.base import metadata
from cloud.db.types import BigId, Utc, Words, col, opt, own_id

api_key = Table(
    "api_key",
    metadata,
    own_id(),
    col("public_id", Words, unique=True),
    col("secret_hash", LargeBinary),
    col("user_id", BigId, ForeignKey("user.id"), index=True),
    col("name", Words),
    col("permissions", JSON),
    col("created_at", Utc),
    opt("expires_at", Utc),
    opt("last_used_at", Utc),
    opt("revoked_at", Utc),
)

api_key_site = Table(
    "api_key_site",
    metadata,
    Column("api_key_id", BigId, ForeignKey("api_key.id"), primary_key=True),
    Column("site_id", BigId, ForeignKey("site.id"), primary_key=True),
)

api_answer = Table(
    "api_answer",
    metadata,
    Column("api_key_id", BigId, ForeignKey("api_key.id"), primary_key=True),
    Column("idempotency_key", Words, primary_key=True),
    col("request_hash", LargeBinary),
    col("status", Integer),
    col("body", LargeBinary),
    col("at", Utc),
    Index("ix_api_answer_at", "at"),
)

webhook = Table(
    "webhook",
    metadata,
    own_id(),
    col("organisation_id", BigId, ForeignKey("organisation.id"), index=True),
    col("url", Words),
    col("events", JSON),
    col("secret", Words),
    col("created_at", Utc),
    opt("failing_since", Utc),
    opt("delivered_at", Utc),
    col("failures", Integer, server_default="0"),
    opt("disabled_at", Utc),
    opt("disabled_why", Words),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
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
    Index("ix_webhook_delivery_webhook_id_id", "webhook_id", "id"),
    Index("ix_webhook_delivery_state_due_at", "state", "due_at"),
    Index("ix_webhook_delivery_webhook_id_state_due_at", "webhook_id", "state", "due_at"),
)
