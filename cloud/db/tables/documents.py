"""What is issued for sessions: bills and their numbers, what is still to be billed, and what meters signed."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from cloud.db.tables.base import metadata
from cloud.db.types import BigId, Utc, Words, col, opt, own_id

bill_series = Table(
    "bill_series",
    metadata,
    Column("organisation_id", BigId, ForeignKey("organisation.id"), primary_key=True),
    Column("series", Words, primary_key=True),
    col("last_number", Integer),
)

bill = Table(
    "bill",
    metadata,
    own_id(),
    col("organisation_id", BigId, ForeignKey("organisation.id")),
    col("series", Words),
    col("series_number", Integer),
    col("number", Words),
    col("session_id", BigId, ForeignKey("session.id")),
    col("issued_at", Utc),
    col("currency", String(3)),
    col("gross_minor", BigInteger),
    col("document", JSON),
    col("kind", Words, server_default="invoice"),
    col("revision", Integer, server_default="1"),
    opt("corrects", Words),
    UniqueConstraint("organisation_id", "series", "series_number"),
    UniqueConstraint("organisation_id", "number"),
    UniqueConstraint("session_id", "kind", "revision"),
    Index("ix_bill_issued_at_id", "issued_at", "id"),
    Index("ix_bill_kind_id", "kind", "id"),
)

billing_task = Table(
    "billing_task",
    metadata,
    Column("session_id", BigId, ForeignKey("session.id"), primary_key=True),
    col("attempts", Integer),
    col("error", Words),
    col("failed_at", Utc),
    col("due_at", Utc, index=True),
)

signed_value = Table(
    "signed_value",
    metadata,
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
