"""Roles of users, their sites, and where to write to them; whoever there was is an owner."""

from alembic import op
from sqlalchemy import Column, ForeignKey

from cloud.db.types import BigId, Words, col, opt

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user", col("role", Words, server_default="owner"))
    op.add_column("user", opt("email", Words))
    op.create_table(
        "user_site",
        Column("user_id", BigId, ForeignKey("user.id"), primary_key=True),
        Column("site_id", BigId, ForeignKey("site.id"), primary_key=True),
    )


def downgrade() -> None:
    op.drop_table("user_site")
    for name in ("email", "role"):
        op.drop_column("user", name)
