"""Sessions, meter samples, bills that the database itself keeps unaltered, commands."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, UniqueConstraint, text

from cloud.db.types import BigId, Utc, Words, col, opt, own_id

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_FINAL = {
    "sqlite": [
        f"CREATE TRIGGER bill_is_final_{event} BEFORE {event} ON bill "
        "BEGIN SELECT RAISE(ABORT, 'a bill is never changed'); END"
        for event in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE FUNCTION bill_is_final() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'a bill is never changed' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        "CREATE TRIGGER bill_is_final BEFORE UPDATE OR DELETE ON bill FOR EACH ROW EXECUTE FUNCTION bill_is_final()",
    ],
}


def upgrade() -> None:
    op.create_table(
        "session",
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
        opt("meter_stop_wh", BigInteger),
        col("energy_wh", BigInteger),
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
    )
    op.create_index(
        "uq_session_running",
        "session",
        ["connector_id"],
        unique=True,
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    )
    op.create_table(
        "meter_sample",
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
        opt("rest", JSON),
        Index("uq_meter_sample_session", "session_id", "connector", "at", "context", unique=True),
    )
    op.create_index(
        "uq_meter_sample_station",
        "meter_sample",
        ["station_id", "connector", "at", "context"],
        unique=True,
        sqlite_where=text("session_id IS NULL"),
        postgresql_where=text("session_id IS NULL"),
    )
    op.create_table(
        "bill_series",
        Column("organisation_id", BigId, ForeignKey("organisation.id"), primary_key=True),
        Column("series", Words, primary_key=True),
        col("last_number", Integer),
    )
    op.create_table(
        "bill",
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
    op.create_table(
        "command",
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
        Index("ix_command_state_station_id", "state", "station_id"),
        Index("ix_command_station_id", "station_id"),
    )
    op.create_table(
        "command_step",
        own_id(),
        col("command_id", BigId, ForeignKey("command.id"), index=True),
        col("step", Words),
        col("detail", Words),
        col("at", Utc),
    )
    for statement in _FINAL[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("command_step")
    op.drop_table("command")
    op.drop_table("bill")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION bill_is_final()")
    op.drop_table("bill_series")
    op.drop_table("meter_sample")
    op.drop_table("session")
