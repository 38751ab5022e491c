"""What the central system knows of what stations keep themselves: configuration, lists, profiles, reservations."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, Table, UniqueConstraint

from cloud.db.tables.base import metadata
from cloud.db.types import BigId, Utc, Words, col, opt, own_id

station_configuration = Table(
    "station_configuration",
    metadata,
    Column("station_id", BigId, ForeignKey("station.id"), primary_key=True),
    Column("name_key", Words, primary_key=True),
    col("key", Words),
    opt("value", Words),
    col("readonly", Boolean),
    col("read_at", Utc),
)

reservation = Table(
    "reservation",
    metadata,
    own_id(),
    col("station_id", BigId, ForeignKey("station.id")),
    col("number", Integer),
    col("connector", Integer),
    col("id_tag", Words),
    opt("parent", Words),
    col("expires_at", Utc),
    col("state", Words, index=True),
    opt("session_id", BigId, ForeignKey("session.id")),
    UniqueConstraint("station_id", "number"),
)

charging_profile = Table(
    "charging_profile",
    metadata,
    own_id(),
    col("station_id", BigId, ForeignKey("station.id"), index=True),
    col("connector", Integer),
    col("profile_id", Integer),
    col("purpose", Words),
    opt("transaction_id", Words),
    col("profile", JSON),
    col("installed_at", Utc),
    opt("ended_at", Utc),
    opt("ended_why", Words),
)

local_list = Table(
    "local_list",
    metadata,
    Column("station_id", BigId, ForeignKey("station.id"), primary_key=True),
    col("kept", Boolean),
    col("stage", Words),
    col("version", Integer),
    col("asked", Integer),
    opt("held", JSON),
    opt("revision", Integer),
    opt("command_id", BigId, ForeignKey("command.id")),
    col("fulls", Integer),
    col("left_out", Integer),
    opt("trouble", Words),
    opt("retry_at", Utc),
)
