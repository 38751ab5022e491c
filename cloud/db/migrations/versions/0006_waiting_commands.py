"""Each report of a station asks for the commands that wait for it: found by when they stop waiting."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_command_station_id", "command")
    op.create_index("ix_command_station_id_expires_at", "command", ["station_id", "expires_at"])


def downgrade() -> None:
    op.drop_index("ix_command_station_id_expires_at", "command")
    op.create_index("ix_command_station_id", "command", ["station_id"])
