"""Groups of tags, when and where tags may charge, and tariffs of tags, groups and connectors."""

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer, UniqueConstraint

from cloud.db.types import BigId, Utc, Words, col, opt, own_id

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tag_group",
        own_id(),
        col("organisation_id", BigId, ForeignKey("organisation.id")),
        col("name", Words),
        opt("tariff_id", BigId, ForeignKey("tariff.id")),
        opt("valid_from", Utc),
        opt("expires_at", Utc),
        opt("most_sessions", Integer),
        col("created_at", Utc),
        UniqueConstraint("organisation_id", "name"),
    )
    op.create_table(
        "tag_group_site",
        Column("group_id", BigId, ForeignKey("tag_group.id"), primary_key=True),
        Column("site_id", BigId, ForeignKey("site.id"), primary_key=True),
    )
    op.add_column("tag", opt("group_id", BigId, ForeignKey("tag_group.id")), inline_references=True)
    op.create_index("ix_tag_group_id", "tag", ["group_id"])
    op.add_column("tag", opt("tariff_id", BigId, ForeignKey("tariff.id")), inline_references=True)
    op.add_column("tag", opt("valid_from", Utc))
    op.add_column("tag", col("most_sessions", Integer, server_default="1"))
    op.add_column("connector", opt("tariff_id", BigId, ForeignKey("tariff.id")), inline_references=True)
    op.add_column("session", opt("start_why", Words))


def downgrade() -> None:
    op.drop_column("session", "start_why")
    op.drop_column("connector", "tariff_id")
    op.drop_index("ix_tag_group_id", "tag")
    for name in ("most_sessions", "valid_from", "tariff_id", "group_id"):
        op.drop_column("tag", name)
    op.drop_table("tag_group_site")
    op.drop_table("tag_group")
