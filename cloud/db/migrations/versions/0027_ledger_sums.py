"""What the ledger's accounts came to is kept; transfers in their order by account; the last check of the books."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Integer

from cloud.db.types import BigId, Utc, col, opt

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_SIDES = ("debit_id", "credit_id")


def upgrade() -> None:
    op.create_table(
        "ledger_mark",
        Column("id", BigId, primary_key=True, autoincrement=False),
        col("through_id", BigId),
        col("seen_id", BigId),
        col("seen_at", Utc),
    )
    op.create_table(
        "ledger_sum",
        Column("ledger_account_id", BigId, ForeignKey("ledger_account.id"), primary_key=True, autoincrement=False),
        col("credit_minor", BigInteger),
    )
    op.create_table(
        "books_check",
        Column("organisation_id", BigId, ForeignKey("organisation.id"), primary_key=True, autoincrement=False),
        col("asked_at", Utc),
        opt("beat_at", Utc),
        opt("ended_at", Utc),
        col("percent", Integer),
        col("wrong", JSON),
        col("more", Boolean),
    )
    op.execute("INSERT INTO ledger_mark (id, through_id, seen_id, seen_at) VALUES (1, 0, 0, CURRENT_TIMESTAMP)")
    for side in _SIDES:
        op.drop_index(f"ix_transfer_{side}_amount_minor", "transfer")
        op.create_index(f"ix_transfer_{side}_id", "transfer", [side, "id", "amount_minor"])


def downgrade() -> None:
    for side in _SIDES:
        op.drop_index(f"ix_transfer_{side}_id", "transfer")
        op.create_index(f"ix_transfer_{side}_amount_minor", "transfer", [side, "amount_minor"])
    for table in ("books_check", "ledger_sum", "ledger_mark"):
        op.drop_table(table)
