"""An organisation may choose its time zone; the server's is the one of who has chosen none."""

from alembic import op

from cloud.db.types import Words, opt

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE organisation RENAME COLUMN time_zone TO default_time_zone")
    op.add_column("organisation", opt("time_zone", Words))


def downgrade() -> None:
    op.drop_column("organisation", "time_zone")
    op.execute("ALTER TABLE organisation RENAME COLUMN default_time_zone TO time_zone")
