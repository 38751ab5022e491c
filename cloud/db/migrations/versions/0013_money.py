"""Accounts, and the ledger that the database itself keeps balanced and unaltered."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)

from cloud.db.types import BigId, Utc, Words, col, opt, own_id

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_LAST = ("fk_movement_last_transfer", ["id", "transfers"], ["movement_id", "line"])
_TABLES = ("ledger_account", "movement", "transfer")

# The next line of a movement that is not complete, between two accounts in one currency of its organisation.
_FITS = """
SELECT 1 FROM movement m
JOIN ledger_account d ON d.id = NEW.debit_id AND d.organisation_id = m.organisation_id
JOIN ledger_account c ON c.id = NEW.credit_id AND c.organisation_id = m.organisation_id AND c.currency = d.currency
WHERE m.id = NEW.movement_id AND NEW.line <= m.transfers
AND NEW.line = 1 + (SELECT count(*) FROM transfer WHERE movement_id = m.id)
"""
_REFUSED = "a transfer must be the next of a movement that is not complete, in one currency of its organisation"
_FINAL = "the ledger is only ever added to"
_REPLACED = {
    "ledger_account": "SELECT 1 FROM ledger_account WHERE id = NEW.id",
    "movement": "SELECT 1 FROM movement WHERE id = NEW.id OR (organisation_id = NEW.organisation_id AND key = NEW.key)",
    "transfer": "SELECT 1 FROM transfer WHERE id = NEW.id",
}

# On SQLite, INSERT OR REPLACE deletes without asking the triggers of deletion.
_GUARDS = {
    "sqlite": [
        *(
            f"CREATE TRIGGER {table}_is_final_{event} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{_FINAL}'); END"
            for table in _TABLES
            for event in ("UPDATE", "DELETE")
        ),
        *(
            f"CREATE TRIGGER {table}_is_new BEFORE INSERT ON {table} "
            f"WHEN EXISTS ({there}) BEGIN SELECT RAISE(ABORT, '{_FINAL}'); END"
            for table, there in _REPLACED.items()
        ),
        f"CREATE TRIGGER transfer_fits BEFORE INSERT ON transfer WHEN NOT EXISTS ({_FITS}) "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION ledger_is_final() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_FINAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        *(
            f"CREATE TRIGGER {table}_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_final()"
            for table in _TABLES
        ),
        f"CREATE FUNCTION transfer_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS ({_FITS}) THEN "
        f"RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER transfer_fits BEFORE INSERT ON transfer FOR EACH ROW EXECUTE FUNCTION transfer_fits()",
    ],
}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    _accounts()
    _ledger(dialect)
    for statement in _GUARDS[dialect]:
        op.execute(statement)


def _accounts() -> None:
    op.create_table(
        "account",
        own_id(),
        col("organisation_id", BigId, ForeignKey("organisation.id")),
        col("name", Words),
        col("email", Words),
        col("language", Words),
        col("terms", Words),
        col("currency", String(3)),
        col("hold_minor", BigInteger),
        col("created_at", Utc),
        UniqueConstraint("organisation_id", "name"),
    )
    for table in ("tag", "session"):
        op.add_column(table, opt("account_id", BigId, ForeignKey("account.id")), inline_references=True)
        op.create_index(f"ix_{table}_account_id", table, ["account_id"])


def _ledger(dialect: str) -> None:
    op.create_table(
        "ledger_account",
        own_id(),
        col("organisation_id", BigId, ForeignKey("organisation.id")),
        col("kind", Words),
        col("currency", String(3)),
        opt("account_id", BigId, ForeignKey("account.id"), index=True),
        col("detail", Words),
    )
    _unique("uq_ledger_account_detail", ["organisation_id", "kind", "currency", "detail"], "account_id IS NULL")
    _unique("uq_ledger_account_owned", ["account_id", "kind", "currency"], "account_id IS NOT NULL")
    name, ours, theirs = _LAST
    last = ForeignKeyConstraint(
        ours, [f"transfer.{column}" for column in theirs], name=name, deferrable=True, initially="DEFERRED"
    )
    op.create_table(
        "movement",
        own_id(),
        col("organisation_id", BigId, ForeignKey("organisation.id")),
        col("key", Words),
        col("kind", Words),
        col("at", Utc),
        opt("session_id", BigId, ForeignKey("session.id"), index=True),
        col("transfers", Integer),
        UniqueConstraint("organisation_id", "key"),
        *([last] if dialect == "sqlite" else []),
    )
    op.create_table(
        "transfer",
        own_id(),
        col("movement_id", BigId, ForeignKey("movement.id")),
        col("line", Integer),
        col("debit_id", BigId, ForeignKey("ledger_account.id")),
        col("credit_id", BigId, ForeignKey("ledger_account.id")),
        col("amount_minor", BigInteger),
        UniqueConstraint("movement_id", "line"),
        CheckConstraint("amount_minor > 0 AND debit_id <> credit_id", name="moves_something"),
        Index("ix_transfer_debit_id_amount_minor", "debit_id", "amount_minor"),
        Index("ix_transfer_credit_id_amount_minor", "credit_id", "amount_minor"),
    )
    if dialect != "sqlite":
        op.create_foreign_key(name, "movement", "transfer", ours, theirs, deferrable=True, initially="DEFERRED")


def _unique(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, "ledger_account", columns, unique=True, sqlite_where=text(where), postgresql_where=text(where)
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(_LAST[0], "movement")
    op.drop_table("transfer")
    op.drop_table("movement")
    op.drop_table("ledger_account")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_is_final()")
        op.execute("DROP FUNCTION transfer_fits()")
    for table in ("session", "tag"):
        op.drop_index(f"ix_{table}_account_id", table)
        op.drop_column(table, "account_id")
    op.drop_table("account")
