"""What happens: sessions, meter samples, bills, commands."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from cloud.db.tables.base import metadata
from cloud.db.types import BigId, Utc, Words, col, opt, own_id

session = Table(
    "session",
    metadata,
    own_id(),
    col("station_id", BigId, ForeignKey("station.id")),
    col("connector_id", BigId, ForeignKey("connector.id")),
    col("transaction_id", Words),
    col("id_tag", Words),
    col("tag_key", Words),
    col("start_key", Words),
    col("start_status", Words),
    col("state", Words),
    opt("tariff_version_id", BigId, ForeignKey("tariff_version.id")),
    col("started_at", Utc),
    opt("meter_start_wh", BigInteger),
    opt("meter_last_wh", BigInteger),
    opt("meter_last_at", Utc),
    opt("meter_stop_wh", BigInteger),
    col("energy_wh", BigInteger),
    opt("odd_since", Utc),
    col("vouched_ws", BigInteger, server_default="0"),
    opt("power_w", Integer),
    opt("cost_minor", BigInteger),
    opt("last_sample_at", Utc),
    opt("waiting_since", Utc),
    opt("ended_at", Utc),
    opt("ended_by", Words),
    opt("stop_reason", Words),
    opt("stop_id_tag", Words),
    col("doubts", JSON),
    col("findings", JSON),
    col("start_raw", JSON),
    opt("stop_raw", JSON),
    UniqueConstraint("connector_id", "tag_key", "start_key"),
    UniqueConstraint("transaction_id", "station_id"),
    Index("ix_session_tag_key_state", "tag_key", "state"),
    Index("ix_session_station_id_state", "station_id", "state"),
    Index("ix_session_connector_id_started_at", "connector_id", "started_at"),
)
Index(
    "uq_session_running",
    session.c.connector_id,
    unique=True,
    sqlite_where=text("state = 'running'"),
    postgresql_where=text("state = 'running'"),
)

meter_sample = Table(
    "meter_sample",
    metadata,
    own_id(),
    col("station_id", BigId, ForeignKey("station.id")),
    col("connector", Integer),
    opt("session_id", BigId, ForeignKey("session.id")),
    col("at", Utc),
    col("context", Words),
    col("received_at", Utc),
    opt("energy_wh", BigInteger),
    opt("power_w", Integer),
    opt("current_ma", Integer),
    opt("voltage_mv", Integer),
    opt("soc_percent", Integer),
    opt("interval_wh", Integer),
    opt("rest", JSON),
    Index("uq_meter_sample_session", "session_id", "connector", "at", "context", unique=True),
)
Index(
    "uq_meter_sample_station",
    meter_sample.c.station_id,
    meter_sample.c.connector,
    meter_sample.c["at"],
    meter_sample.c.context,
    unique=True,
    sqlite_where=text("session_id IS NULL"),
    postgresql_where=text("session_id IS NULL"),
)

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
    col("session_id", BigId, ForeignKey("session.id"), unique=True),
    col("issued_at", Utc),
    col("currency", String(3)),
    col("gross_minor", BigInteger),
    col("document", JSON),
    UniqueConstraint("organisation_id", "series", "series_number"),
    UniqueConstraint("organisation_id", "number"),
)

command = Table(
    "command",
    metadata,
    own_id(),
    col("station_id", BigId, ForeignKey("station.id")),
    col("kind", Words),
    col("parameters", JSON),
    col("state", Words),
    col("asked_at", Utc),
    col("expires_at", Utc),
    opt("claimed_at", Utc),
    opt("user_id", BigId, ForeignKey("user.id")),
    opt("session_id", BigId, ForeignKey("session.id")),
    opt("answer", JSON),
    Index("ix_command_state_station_id", "state", "station_id"),
    Index("ix_command_station_id_expires_at", "station_id", "expires_at"),
)

command_step = Table(
    "command_step",
    metadata,
    own_id(),
    col("command_id", BigId, ForeignKey("command.id"), index=True),
    col("step", Words),
    col("detail", Words),
    col("at", Utc),
)
