"""Keys of programs, and what they were answered."""

from alembic import op
from sqlalchemy import JSON, Column, ForeignKey, Integer, LargeBinary

from cloud.db.types import BigId, Utc, Words, col, opt, own_id

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        own_id(),
        col("public_id", Words, unique=True),
        col("secret_hash", LargeBinary),
        col("user_id", BigId, ForeignKey("user.id")),
        col("name", Words),
        col("permissions", JSON),
        col("created_at", Utc),
        opt("expires_at", Utc),
        opt("last_used_at", Utc),
        opt("revoked_at", Utc),
    )
    op.create_index("ix_api_key_user_id", "api_key", ["user_id"])
    op.create_table(
        "api_key_site",
        Column("api_key_id", BigId, ForeignKey("api_key.id"), primary_key=True),
        Column("site_id", BigId, ForeignKey("site.id"), primary_key=True),
    )
    op.create_table(
        "api_answer",
        Column("api_key_id", BigId, ForeignKey("api_key.id"), primary_key=True),
        Column("idempotency_key", Words, primary_key=True),
        col("request_hash", LargeBinary),
        col("status", Integer),
        col("body", LargeBinary),
        col("at", Utc),
    )
    op.create_index("ix_api_answer_at", "api_answer", ["at"])


def downgrade() -> None:
    for table in ("api_answer", "api_key_site", "api_key"):
        op.drop_table(table)
