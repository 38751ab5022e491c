"""Who pays, and the ledger: rows that are only ever added."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from cloud.db.tables.base import metadata
from cloud.db.types import BigId, Utc, Words, col, opt, own_id

account = Table(
    "account",
    metadata,
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

ledger_account = Table(
    "ledger_account",
    metadata,
    own_id(),
    col("organisation_id", BigId, ForeignKey("organisation.id")),
    col("kind", Words),
    col("currency", String(3)),
    opt("account_id", BigId, ForeignKey("account.id"), index=True),
    col("detail", Words),
)
Index(
    "uq_ledger_account_detail",
    ledger_account.c.organisation_id,
    ledger_account.c.kind,
    ledger_account.c.currency,
    ledger_account.c.detail,
    unique=True,
    sqlite_where=text("account_id IS NULL"),
    postgresql_where=text("account_id IS NULL"),
)
Index(
    "uq_ledger_account_owned",
    ledger_account.c.account_id,
    ledger_account.c.kind,
    ledger_account.c.currency,
    unique=True,
    sqlite_where=text("account_id IS NOT NULL"),
    postgresql_where=text("account_id IS NOT NULL"),
)

# A movement says how many transfers it has. Their lines follow each other without gaps, so once the last one is there
# they all are; that key is looked up at the commit.
movement = Table(
    "movement",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    col("organisation_id", BigId, ForeignKey("organisation.id")),
    col("key", Words),
    col("kind", Words),
    col("at", Utc),
    opt("session_id", BigId, ForeignKey("session.id"), index=True),
    col("transfers", Integer),
    UniqueConstraint("organisation_id", "key"),
    Index("ix_movement_at_id", "at", "id"),
    Index("ix_movement_kind_id", "kind", "id"),
    ForeignKeyConstraint(
        ["id", "transfers"],
        ["transfer.movement_id", "transfer.line"],
        name="fk_movement_last_transfer",
        deferrable=True,
        initially="DEFERRED",
        use_alter=True,
    ),
)

transfer = Table(
    "transfer",
    metadata,
    own_id(),
    col("movement_id", BigId, ForeignKey("movement.id")),
    col("line", Integer),
    col("debit_id", BigId, ForeignKey("ledger_account.id")),
    col("credit_id", BigId, ForeignKey("ledger_account.id")),
    col("amount_minor", BigInteger),
    UniqueConstraint("movement_id", "line"),
    CheckConstraint("amount_minor > 0 AND debit_id <> credit_id", name="moves_something"),
    Index("ix_transfer_debit_id_id", "debit_id", "id", "amount_minor"),
    Index("ix_transfer_credit_id_id", "credit_id", "id", "amount_minor"),
)

# `ledger_sum` holds what the transfers up to `through_id` come to. At `seen_at` the last was `seen_id`: once that is
# long ago, whoever had taken a lower number by then has committed it or never will.
ledger_mark = Table(
    "ledger_mark",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=False),
    col("through_id", BigId),
    col("seen_id", BigId),
    col("seen_at", Utc),
)
ledger_sum = Table(
    "ledger_sum",
    metadata,
    Column("ledger_account_id", BigId, ForeignKey("ledger_account.id"), primary_key=True, autoincrement=False),
    col("credit_minor", BigInteger),
)

books_check = Table(
    "books_check",
    metadata,
    Column("organisation_id", BigId, ForeignKey("organisation.id"), primary_key=True, autoincrement=False),
    col("asked_at", Utc),
    opt("beat_at", Utc),
    opt("ended_at", Utc),
    col("percent", Integer),
    col("wrong", JSON),
    col("more", Boolean),
)
