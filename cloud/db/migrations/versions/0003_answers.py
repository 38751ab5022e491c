"""What stations answer to commands, and their configuration as far as it is known."""

from alembic import op
from sqlalchemy import JSON, Boolean, Column, ForeignKey

from cloud.db.types import BigId, Utc, Words, col, opt

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("command", opt("answer", JSON))
    op.create_table(
        "station_configuration",
        Column("station_id", BigId, ForeignKey("station.id"), primary_key=True),
        Column("name_key", Words, primary_key=True),
        col("key", Words),
        opt("value", Words),
        col("readonly", Boolean),
        col("read_at", Utc),
    )


def downgrade() -> None:
    op.drop_table("station_configuration")
    op.drop_column("command", "answer")
