"""Organisation, site, station, evse, connector, tariffs, tags, users, audit log; one organisation to begin with."""

from alembic import op
from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint

from cloud.db.types import BigId, Utc, Words, col, opt, own_id

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("organisation", own_id(), col("name", Words), col("created_at", Utc))
    op.create_table(
        "tariff",
        own_id(),
        col("organisation_id", BigId, ForeignKey("organisation.id")),
        col("name", Words),
        UniqueConstraint("organisation_id", "name"),
    )
    op.create_table(
        "tariff_version",
        own_id(),
        col("tariff_id", BigId, ForeignKey("tariff.id")),
        col("number", Integer),
        col("currency", String(3)),
        col("elements", JSON),
        col("valid_from", Utc),
        UniqueConstraint("tariff_id", "number"),
    )
    op.create_table(
        "site",
        own_id(),
        col("organisation_id", BigId, ForeignKey("organisation.id")),
        col("name", Words),
        opt("tariff_id", BigId, ForeignKey("tariff.id")),
        UniqueConstraint("organisation_id", "name"),
    )
    op.create_table(
        "station",
        own_id(),
        col("organisation_id", BigId, ForeignKey("organisation.id")),
        col("site_id", BigId, ForeignKey("site.id")),
        opt("tariff_id", BigId, ForeignKey("tariff.id")),
        col("identity", Words, unique=True),
        col("name", Words),
        col("key_salt", LargeBinary),
        col("key_hash", LargeBinary),
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
    op.create_table(
        "evse",
        own_id(),
        col("station_id", BigId, ForeignKey("station.id")),
        col("number", Integer),
        UniqueConstraint("station_id", "number"),
    )
    op.create_table(
        "connector",
        own_id(),
        col("station_id", BigId, ForeignKey("station.id")),
        col("evse_id", BigId, ForeignKey("evse.id")),
        col("number", Integer),
        opt("max_power_w", Integer),
        col("status", Words),
        col("error_code", Words),
        opt("info", Words),
        opt("status_at", Utc),
        UniqueConstraint("station_id", "number"),
    )
    op.create_table(
        "connection",
        Column("station_id", BigId, ForeignKey("station.id"), primary_key=True),
        col("epoch", Words),
        col("connected_at", Utc),
        opt("ended_at", Utc),
    )
    op.create_table(
        "pending_station",
        own_id(),
        col("identity", Words, unique=True),
        col("remote", Words),
        col("first_at", Utc),
        col("last_at", Utc),
        col("count", Integer),
    )
    op.create_table(
        "tag",
        own_id(),
        col("organisation_id", BigId, ForeignKey("organisation.id")),
        col("id_tag", Words),
        col("tag_key", Words),
        opt("parent", Words),
        opt("expires_at", Utc),
        col("blocked", Boolean),
        col("note", Words),
        col("created_at", Utc),
        UniqueConstraint("organisation_id", "tag_key"),
    )
    op.create_table(
        "user",
        own_id(),
        col("organisation_id", BigId, ForeignKey("organisation.id")),
        col("name", Words),
        col("name_key", Words, unique=True),
        col("password_hash", Words),
        col("created_at", Utc),
    )
    op.create_table(
        "sign_in",
        own_id(),
        col("user_id", BigId, ForeignKey("user.id")),
        col("token_hash", LargeBinary, unique=True),
        col("created_at", Utc),
        col("expires_at", Utc),
    )
    op.create_table(
        "sign_in_failure",
        own_id(),
        col("name_key", Words, unique=True),
        col("count", Integer),
        col("last_at", Utc),
    )
    op.create_table(
        "audit_log",
        own_id(),
        col("at", Utc),
        opt("user_id", BigId, ForeignKey("user.id")),
        col("action", Words),
        col("subject", Words),
        col("detail", JSON),
    )
    op.create_table(
        "incident",
        own_id(),
        opt("station_id", BigId, ForeignKey("station.id")),
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
    op.create_table("probe", own_id(), col("at", Utc))
    _begin()


def _begin() -> None:
    """One organisation with one site, and the row that `Database.probe` touches."""
    op.execute("INSERT INTO organisation (id, name, created_at) VALUES (1, 'Operator', CURRENT_TIMESTAMP)")
    op.execute("INSERT INTO site (organisation_id, name) VALUES (1, 'Main site')")
    op.execute("INSERT INTO probe (id, at) VALUES (1, CURRENT_TIMESTAMP)")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT setval('organisation_id_seq', 1)")


def downgrade() -> None:
    op.drop_table("probe")
    op.drop_table("incident")
    op.drop_table("audit_log")
    op.drop_table("sign_in_failure")
    op.drop_table("sign_in")
    op.drop_table("user")
    op.drop_table("tag")
    op.drop_table("pending_station")
    op.drop_table("connection")
    op.drop_table("connector")
    op.drop_table("evse")
    op.drop_table("station")
    op.drop_table("site")
    op.drop_table("tariff_version")
    op.drop_table("tariff")
    op.drop_table("organisation")
