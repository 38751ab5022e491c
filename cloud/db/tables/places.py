"""Who owns what, and where: organisations, sites, stations, connectors, tariffs, tags."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, LargeBinary, String, Table, UniqueConstraint, false

from cloud.db.tables.base import metadata
from cloud.db.types import BigId, Utc, Words, col, opt, own_id

organisation = Table(
    "organisation",
    metadata,
    own_id(),
    col("name", Words),
    col("created_at", Utc),
    col("tag_revision", Integer, server_default="0"),
    col("default_time_zone", Words, server_default="UTC"),
    opt("time_zone", Words),
    col("unplug_limit_s", Integer, server_default="86400"),
    col("address", Words, server_default=""),
    col("vat_id", Words, server_default=""),
    col("footer", Words, server_default=""),
    col("country_code", Words, server_default=""),
    col("party_id", Words, server_default=""),
    opt("currency", String(3)),
    opt("language", String(8)),
    opt("message_days", Integer),
    opt("command_days", Integer),
)

tariff = Table(
    "tariff",
    metadata,
    own_id(),
    col("organisation_id", BigId, ForeignKey("organisation.id")),
    col("name", Words),
    UniqueConstraint("organisation_id", "name"),
)

tariff_version = Table(
    "tariff_version",
    metadata,
    own_id(),
    col("tariff_id", BigId, ForeignKey("tariff.id")),
    col("number", Integer),
    col("currency", String(3)),
    col("elements", JSON),
    col("valid_from", Utc),
    opt("valid_until", Utc),
    opt("min_price", JSON(none_as_null=True)),
    opt("max_price", JSON(none_as_null=True)),
    col("parking_grace_s", Integer, server_default="0"),
    UniqueConstraint("tariff_id", "number"),
)

site = Table(
    "site",
    metadata,
    own_id(),
    col("organisation_id", BigId, ForeignKey("organisation.id")),
    col("name", Words),
    opt("tariff_id", BigId, ForeignKey("tariff.id")),
    opt("time_zone", Words),
    UniqueConstraint("organisation_id", "name"),
)

station = Table(
    "station",
    metadata,
    own_id(),
    col("organisation_id", BigId, ForeignKey("organisation.id")),
    col("site_id", BigId, ForeignKey("site.id")),
    opt("tariff_id", BigId, ForeignKey("tariff.id")),
    col("identity", Words, unique=True),
    col("name", Words),
    col("key_salt", LargeBinary),
    col("key_hash", LargeBinary),
    opt("network", Words),
    col("disabled", Boolean, server_default=false()),
    col("access", Integer, server_default="0"),
    opt("next_key_salt", LargeBinary),
    opt("next_key_hash", LargeBinary),
    opt("next_key_at", Utc),
    col("admission", Words, server_default="Accepted"),
    opt("registration", Words),
    opt("vendor", Words),
    opt("model", Words),
    opt("firmware", Words),
    opt("boot", JSON),
    opt("booted_at", Utc),
    opt("last_seen_at", Utc),
    col("status", Words),
    col("error_code", Words),
    opt("info", Words),
    opt("status_at", Utc),
    col("created_at", Utc),
)

evse = Table(
    "evse",
    metadata,
    own_id(),
    col("station_id", BigId, ForeignKey("station.id")),
    col("number", Integer),
    UniqueConstraint("station_id", "number"),
)

connector = Table(
    "connector",
    metadata,
    own_id(),
    col("station_id", BigId, ForeignKey("station.id")),
    col("evse_id", BigId, ForeignKey("evse.id")),
    col("number", Integer),
    opt("max_power_w", Integer),
    opt("tariff_id", BigId, ForeignKey("tariff.id")),
    col("status", Words),
    col("error_code", Words),
    opt("info", Words),
    opt("status_at", Utc),
    UniqueConstraint("station_id", "number"),
)

connection = Table(
    "connection",
    metadata,
    Column("station_id", BigId, ForeignKey("station.id"), primary_key=True),
    col("epoch", Words),
    col("connected_at", Utc),
    opt("ended_at", Utc),
    opt("offline_due_at", Utc),
)

pending_station = Table(
    "pending_station",
    metadata,
    own_id(),
    col("identity", Words, unique=True),
    col("remote", Words),
    col("first_at", Utc),
    col("last_at", Utc),
    col("count", Integer),
)

tag_group = Table(
    "tag_group",
    metadata,
    own_id(),
    col("organisation_id", BigId, ForeignKey("organisation.id")),
    col("name", Words),
    opt("tariff_id", BigId, ForeignKey("tariff.id")),
    opt("valid_from", Utc),
    opt("expires_at", Utc),
    opt("most_sessions", Integer),
    col("created_at", Utc),
    UniqueConstraint("organisation_id", "name"),
)

tag_group_site = Table(
    "tag_group_site",
    metadata,
    Column("group_id", BigId, ForeignKey("tag_group.id"), primary_key=True),
    Column("site_id", BigId, ForeignKey("site.id"), primary_key=True),
)

tag = Table(
    "tag",
    metadata,
    own_id(),
    col("organisation_id", BigId, ForeignKey("organisation.id")),
    col("id_tag", Words),
    col("tag_key", Words),
    opt("parent", Words),
    opt("group_id", BigId, ForeignKey("tag_group.id"), index=True),
    opt("tariff_id", BigId, ForeignKey("tariff.id")),
    opt("valid_from", Utc),
    opt("expires_at", Utc),
    col("most_sessions", Integer, server_default="1"),
    col("blocked", Boolean),
    col("note", Words),
    opt("account_id", BigId, ForeignKey("account.id"), index=True),
    col("created_at", Utc),
    UniqueConstraint("organisation_id", "tag_key"),
)

unknown_tap = Table(
    "unknown_tap",
    metadata,
    own_id(),
    col("station_id", BigId, ForeignKey("station.id")),
    col("id_tag", Words),
    col("tag_key", Words),
    col("first_at", Utc),
    col("last_at", Utc),
    col("count", Integer),
    UniqueConstraint("station_id", "tag_key"),
)
