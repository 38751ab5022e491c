"""Credit notes and bills that replace others, what is still to be billed, what meters signed, who sells."""

from alembic import op
from sqlalchemy import JSON, Column, ForeignKey, Integer

from cloud.db.types import BigId, Utc, Words, col, opt, own_id

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_SELLER = ("address", "vat_id", "footer", "country_code", "party_id")
_FINAL_ON_SQLITE = [
    f"CREATE TRIGGER bill_is_final_{event} BEFORE {event} ON bill "
    "BEGIN SELECT RAISE(ABORT, 'a bill is never changed'); END"
    for event in ("UPDATE", "DELETE")
]


def upgrade() -> None:
    for name in _SELLER:
        op.add_column("organisation", col(name, Words, server_default=""))
    op.add_column("session", opt("corrected_at", Utc))
    with op.batch_alter_table("bill") as bill:
        bill.add_column(col("kind", Words, server_default="invoice"))
        bill.add_column(col("revision", Integer, server_default="1"))
        bill.add_column(opt("corrects", Words))
        bill.drop_constraint("uq_bill_session_id")
        bill.create_unique_constraint("uq_bill_session_id_kind_revision", ["session_id", "kind", "revision"])
    _keep_final()
    op.create_table(
        "billing_task",
        Column("session_id", BigId, ForeignKey("session.id"), primary_key=True),
        col("attempts", Integer),
        col("error", Words),
        col("failed_at", Utc),
        col("due_at", Utc, index=True),
    )
    op.create_table(
        "signed_value",
        own_id(),
        col("digest", Words, unique=True),
        col("station_id", BigId, ForeignKey("station.id")),
        col("connector", Integer),
        opt("session_id", BigId, ForeignKey("session.id"), index=True),
        col("at", Utc),
        col("context", Words),
        col("received_at", Utc),
        col("value", JSON),
    )


def downgrade() -> None:
    op.drop_table("signed_value")
    op.drop_table("billing_task")
    with op.batch_alter_table("bill") as bill:
        bill.drop_constraint("uq_bill_session_id_kind_revision")
        bill.create_unique_constraint("uq_bill_session_id", ["session_id"])
        for name in ("corrects", "revision", "kind"):
            bill.drop_column(name)
    _keep_final()
    op.drop_column("session", "corrected_at")
    for name in reversed(_SELLER):
        op.drop_column("organisation", name)


def _keep_final() -> None:
    """SQLite rebuilds the table for other constraints, and its triggers go with the old one."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in _FINAL_ON_SQLITE:
            op.execute(statement)
