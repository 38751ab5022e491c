"""What the central system knows of what stations keep themselves: configuration, lists, profiles, reservations."""

from sqlalchemy import Boolean, Column, ForeignKey, Table

from cloud.db.tables.base import metadata
from cloud.db.types import BigId, Utc, Words, col, opt

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
