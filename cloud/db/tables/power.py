"""What each site draws, slice by slice of time."""

from sqlalchemy import BigInteger, Column, ForeignKey, Table

from cloud.db.tables.base import metadata
from cloud.db.types import BigId, Utc, col

site_power = Table(
    "site_power",
    metadata,
    Column("at", Utc, primary_key=True),
    Column("site_id", BigId, ForeignKey("site.id"), primary_key=True),
    col("power_w", BigInteger),
)
