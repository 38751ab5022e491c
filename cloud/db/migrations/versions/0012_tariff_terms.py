"""Terms of tariffs: limits, grace, validity; versions are final; time zones of organisations and sites."""

from typing import Any

from alembic import op
from sqlalchemy import JSON, Column, Integer

from cloud.db.types import Utc, Words, col, opt

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_FINAL = {
    "sqlite": [
        f"CREATE TRIGGER tariff_version_is_final_{event} BEFORE {event} ON tariff_version "
        "BEGIN SELECT RAISE(ABORT, 'a tariff version is never changed'); END"
        for event in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE FUNCTION tariff_version_is_final() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'a tariff version is never changed' "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$",
        "CREATE TRIGGER tariff_version_is_final BEFORE UPDATE OR DELETE ON tariff_version "
        "FOR EACH ROW EXECUTE FUNCTION tariff_version_is_final()",
    ],
}
_UNDONE = {
    "sqlite": ["DROP TRIGGER tariff_version_is_final_UPDATE", "DROP TRIGGER tariff_version_is_final_DELETE"],
    "postgresql": [
        "DROP TRIGGER tariff_version_is_final ON tariff_version",
        "DROP FUNCTION tariff_version_is_final()",
    ],
}


def _columns() -> list[tuple[str, Column[Any]]]:
    return [
        ("tariff_version", opt("min_price", JSON(none_as_null=True))),
        ("tariff_version", opt("max_price", JSON(none_as_null=True))),
        ("tariff_version", col("parking_grace_s", Integer, server_default="0")),
        ("tariff_version", opt("valid_until", Utc)),
        ("organisation", col("time_zone", Words, server_default="UTC")),
        ("site", opt("time_zone", Words)),
    ]


def upgrade() -> None:
    for table, column in _columns():
        op.add_column(table, column)
    for statement in _FINAL[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for statement in _UNDONE[op.get_bind().dialect.name]:
        op.execute(statement)
    for table, column in _columns():
        op.drop_column(table, column.name)
