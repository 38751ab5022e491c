"""The log of messages."""

from sqlalchemy import Float, ForeignKey, Index, Table, text

from cloud.db.tables.base import metadata
from cloud.db.types import BigId, Utc, Words, col, opt, own_id

message = Table(
    "message",
    metadata,
    own_id(),
    col("station_id", BigId, ForeignKey("station.id")),
    col("at", Utc),
    col("direction", Words),
    col("kind", Words),
    col("action", Words),
    col("message_id", Words),
    col("text", Words),
    col("outcome", Words),
    opt("latency_ms", Float),
    Index("ix_message_station_id_id", "station_id", "id"),
    Index("ix_message_at_id", "at", "id"),
    Index("ix_message_action_id", "action", "id"),
)
_IS_CONNECTION = text("kind IN ('opened', 'closed')")
Index(
    "ix_message_connections",
    message.c.station_id,
    message.c.id,
    sqlite_where=_IS_CONNECTION,
    postgresql_where=_IS_CONNECTION,
)
_FAILED = text("outcome NOT IN ('', 'answered')")
Index("ix_message_failed", message.c.id, sqlite_where=_FAILED, postgresql_where=_FAILED)
