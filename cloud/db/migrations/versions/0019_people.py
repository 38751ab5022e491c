"""What pages about people need: disabled users, idle sign-ins, new passwords, codes, and whose log an entry is."""

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, String, false, func, select, table
from sqlalchemy import column as named

from cloud.db.types import BigId, Utc, Words, col, opt, own_id

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, columns in _added().items():
        for column in columns:
            op.add_column(name, column)
    owner = opt("organisation_id", BigId, ForeignKey("organisation.id"))
    op.add_column("audit_log", owner, inline_references=True)
    log, organisation = table("audit_log", named("organisation_id")), table("organisation", named("id"))
    first = select(func.min(organisation.c.id)).scalar_subquery()
    op.execute(log.update().values(organisation_id=first))
    op.create_table(
        "password_token",
        own_id(),
        col("user_id", BigId, ForeignKey("user.id"), index=True),
        col("token_hash", LargeBinary, unique=True),
        col("created_at", Utc),
        col("expires_at", Utc),
    )
    op.create_table(
        "second_factor",
        Column("user_id", BigId, ForeignKey("user.id"), primary_key=True),
        col("secret", LargeBinary),
        col("created_at", Utc),
        opt("confirmed_at", Utc),
        col("last_step", BigInteger, server_default="0"),
    )
    op.create_table(
        "recovery_code",
        own_id(),
        col("user_id", BigId, ForeignKey("user.id"), index=True),
        col("code_hash", LargeBinary, unique=True),
    )


def downgrade() -> None:
    for name in ("recovery_code", "second_factor", "password_token"):
        op.drop_table(name)
    with op.batch_alter_table("audit_log") as log:
        log.drop_column("organisation_id")
    for name, columns in _added().items():
        for column in reversed(columns):
            op.drop_column(name, column.name)


def _added() -> dict[str, list[Column[Any]]]:
    return {
        "user": [col("disabled", Boolean, server_default=false())],
        "sign_in": [
            opt("used_at", Utc),
            col("browser", Words, server_default=""),
            col("address", Words, server_default=""),
            col("halfway", Boolean, server_default=false()),
            col("tries", Integer, server_default="0"),
        ],
        "organisation": [
            opt("currency", String(3)),
            opt("language", String(8)),
            opt("message_days", Integer),
            opt("command_days", Integer),
        ],
    }
