"""Local lists, and how often an organisation's tags have changed."""

from alembic import op
from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer

from cloud.db.types import BigId, Utc, Words, col, opt

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organisation", col("tag_revision", Integer, server_default="0"))
    op.create_table(
        "local_list",
        Column("station_id", BigId, ForeignKey("station.id"), primary_key=True),
        col("kept", Boolean),
        col("stage", Words),
        col("version", Integer),
        col("asked", Integer),
        opt("held", JSON),
        opt("revision", Integer),
        opt("command_id", BigId, ForeignKey("command.id")),
        col("fulls", Integer),
        col("left_out", Integer),
        opt("trouble", Words),
        opt("retry_at", Utc),
    )


def downgrade() -> None:
    op.drop_table("local_list")
    op.drop_column("organisation", "tag_revision")
