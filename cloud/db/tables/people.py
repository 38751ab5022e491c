"""Who may sign in, what they did, and what went oddly."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    false,
)

from cloud.db.tables.base import metadata
from cloud.db.types import BigId, Utc, Words, col, opt, own_id

user = Table(
    "user",
    metadata,
    own_id(),
    col("organisation_id", BigId, ForeignKey("organisation.id")),
    col("name", Words),
    col("name_key", Words, unique=True),
    col("password_hash", Words),
    col("created_at", Utc),
    col("role", Words, server_default="owner"),
    opt("email", Words),
    col("disabled", Boolean, server_default=false()),
)

user_site = Table(
    "user_site",
    metadata,
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True),
    Column("site_id", BigId, ForeignKey("site.id"), primary_key=True),
)

sign_in = Table(
    "sign_in",
    metadata,
    own_id(),
    col("user_id", BigId, ForeignKey("user.id")),
    col("token_hash", LargeBinary, unique=True),
    col("created_at", Utc),
    col("expires_at", Utc),
    opt("used_at", Utc),
    col("browser", Words, server_default=""),
    col("address", Words, server_default=""),
    col("halfway", Boolean, server_default=false()),
    col("tries", Integer, server_default="0"),
)

password_token = Table(
    "password_token",
    metadata,
    own_id(),
    col("user_id", BigId, ForeignKey("user.id"), index=True),
    col("token_hash", LargeBinary, unique=True),
    col("created_at", Utc),
    col("expires_at", Utc),
)

second_factor = Table(
    "second_factor",
    metadata,
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True),
    col("secret", LargeBinary),
    col("created_at", Utc),
    opt("confirmed_at", Utc),
    col("last_step", BigInteger, server_default="0"),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    own_id(),
    col("user_id", BigId, ForeignKey("user.id"), index=True),
    col("code_hash", LargeBinary, unique=True),
)

sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    own_id(),
    col("name_key", Words, unique=True),
    col("count", Integer),
    col("last_at", Utc),
)

audit_log = Table(
    "audit_log",
    metadata,
    own_id(),
    col("at", Utc),
    opt("organisation_id", BigId, ForeignKey("organisation.id")),
    opt("user_id", BigId, ForeignKey("user.id")),
    col("action", Words),
    col("subject", Words),
    col("detail", JSON),
)

incident = Table(
    "incident",
    metadata,
    own_id(),
    opt("station_id", BigId, ForeignKey("station.id")),
    opt("organisation_id", BigId, ForeignKey("organisation.id")),
    col("identity", Words),
    col("kind", Words),
    col("summary", Words),
    col("raw", Words),
    col("first_at", Utc),
    col("last_at", Utc),
    col("count", Integer),
    UniqueConstraint("identity", "kind", "summary"),
    Index("ix_incident_last_at", "last_at"),
)

probe = Table("probe", metadata, own_id(), col("at", Utc))
