"""Bills from before the ledger are posted to it: their tags owe them, as they would have."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from alembic import op
from sqlalchemy import JSON, Connection, Row, String, column, exists, literal, select, table
from sqlalchemy.sql.expression import TableClause

from cloud.db.types import Utc

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

Named = tuple[str, str]
_BILL = table(
    "bill",
    *(column(name) for name in ("id", "organisation_id", "session_id", "currency")),
    column("number", String),
    column("issued_at", Utc),
    column("document", JSON),
)
_SESSION = table("session", column("id"), column("tag_key"))
_LEDGER_ACCOUNT = table(
    "ledger_account", *map(column, ("id", "organisation_id", "kind", "currency", "account_id", "detail"))
)
_MOVEMENT = table(
    "movement",
    *map(column, ("id", "organisation_id", "kind", "session_id", "transfers")),
    column("key", String),
    column("at", Utc),
)
_TRANSFER = table("transfer", *map(column, ("movement_id", "line", "debit_id", "credit_id", "amount_minor")))


def upgrade() -> None:
    conn = op.get_bind()
    key = literal("bill ", String) + _BILL.c.number
    same = (_MOVEMENT.c.organisation_id == _BILL.c.organisation_id) & (_MOVEMENT.c.key == key)
    query = select(_BILL, _SESSION.c.tag_key).join_from(_BILL, _SESSION, _SESSION.c.id == _BILL.c.session_id)
    for row in conn.execute(query.where(~exists().where(same)).order_by(_BILL.c.id)).all():
        _post(conn, row)
    if conn.dialect.name == "postgresql":  # tables with checks that wait for the commit take no index
        conn.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        conn.exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")


def downgrade() -> None:
    """What is in the ledger stays there."""


def _post(conn: Connection, bill: Row[Any]) -> None:
    parts = [(named, minor) for named, minor in _parts(bill.document["price"]) if minor]
    if not parts:
        return
    values = {"organisation_id": bill.organisation_id, "kind": "bill", "session_id": bill.session_id}
    told = {"key": f"bill {bill.number}", "at": bill.issued_at, "transfers": len(parts)}
    movement_id = _insert(conn, _MOVEMENT, {**values, **told})
    owed = _opened(conn, bill, ("receivable", bill.tag_key))
    for line, (named, minor) in enumerate(parts, start=1):
        ours = _opened(conn, bill, named)
        debit, credit = (owed, ours) if minor > 0 else (ours, owed)
        sides = {"debit_id": debit, "credit_id": credit, "amount_minor": abs(minor)}
        conn.execute(_TRANSFER.insert().values(movement_id=movement_id, line=line, **sides))


def _parts(price: Mapping[str, Any]) -> Iterator[tuple[Named, int]]:
    """Revenue and VAT of a bill, by rate."""
    yield ("revenue", ""), price["net_minor"] - sum(group["net_minor"] for group in price["vat_groups"])
    for group in price["vat_groups"]:
        rate = f"{Decimal(group['percent']).normalize():f}"
        yield ("revenue", rate), group["net_minor"]
        yield ("vat", rate), group["vat_minor"]


def _opened(conn: Connection, bill: Row[Any], named: Named) -> int:
    wanted = {"organisation_id": bill.organisation_id, "currency": bill.currency, "kind": named[0], "detail": named[1]}
    mine = [_LEDGER_ACCOUNT.c[name] == value for name, value in wanted.items()]
    found = conn.execute(select(_LEDGER_ACCOUNT.c.id).where(_LEDGER_ACCOUNT.c.account_id.is_(None), *mine)).scalar()
    return int(found) if found is not None else _insert(conn, _LEDGER_ACCOUNT, wanted)


def _insert(conn: Connection, into: TableClause, values: Mapping[str, Any]) -> int:
    return int(conn.execute(into.insert().values(**values).returning(into.c.id)).scalar_one())
