"""What the ledger's accounts came to at a mark, kept so that no reader adds up years.

On PostgreSQL a transfer may be committed after one with a higher number; so the mark moves only up to where somebody
looked an hour ago, when a unit of work takes seconds.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, literal, select, union_all

from cloud.db.rows import insert_if_new, inserting, number
from cloud.db.tables import ledger_account, ledger_mark, ledger_sum, transfer

SETTLED = timedelta(hours=1)
AT_ONCE = 20_000
_id = transfer.c.id


def through() -> ColumnElement[int]:
    """The last transfer that is in the sums."""
    return func.coalesce(select(ledger_mark.c.through_id).scalar_subquery(), 0)


def credit_minor() -> ColumnElement[int]:
    """Credits less debits of a row of `ledger_account`: its sum and what came since, right within one statement."""
    kept = select(ledger_sum.c.credit_minor).where(ledger_sum.c.ledger_account_id == ledger_account.c.id)
    return _or_zero(kept) + _since(transfer.c.credit_id) - _since(transfer.c.debit_id)


def advance(conn: Connection, now: datetime, at_once: int = AT_ONCE) -> bool:
    """Takes some settled transfers into the sums; whether there are more of them."""
    mark = _locked(conn, now)
    if mark.through_id == mark.seen_id:
        newest = number(conn, select(func.coalesce(func.max(_id), 0)))
        if newest > mark.seen_id:
            conn.execute(ledger_mark.update().values(seen_id=newest, seen_at=now))
        return False
    if now - mark.seen_at < SETTLED:
        return False
    upto = min(mark.seen_id, mark.through_id + at_once)
    _add(conn, mark.through_id, upto)
    conn.execute(ledger_mark.update().values(through_id=upto))
    return bool(upto < mark.seen_id)


def credits_within(after: int, upto: int) -> Select[Any]:
    """(ledger account, credits less debits) of the transfers after one and up to another."""
    within, amount = (_id > after) & (_id <= upto), transfer.c.amount_minor
    sides = union_all(
        select(transfer.c.credit_id.label("account"), amount.label("minor")).where(within),
        select(transfer.c.debit_id, -amount).where(within),
    ).subquery()
    return select(sides.c.account, func.sum(sides.c.minor)).where(literal(True)).group_by(sides.c.account)


def _locked(conn: Connection, now: datetime) -> Row[Any]:
    """The mark; of two processes that would move it, one comes second."""
    query = select(ledger_mark).with_for_update()
    if conn.execute(query).one_or_none() is None:
        first = {"id": 1, "through_id": 0, "seen_id": 0, "seen_at": now}
        conn.execute(insert_if_new(conn, ledger_mark).values(**first))
    return conn.execute(query).one()


def _add(conn: Connection, after: int, upto: int) -> None:
    added = inserting(conn, ledger_sum).from_select(["ledger_account_id", "credit_minor"], credits_within(after, upto))
    together = ledger_sum.c.credit_minor + added.excluded.credit_minor
    conn.execute(added.on_conflict_do_update(index_elements=["ledger_account_id"], set_={"credit_minor": together}))


def _since(side: ColumnElement[int]) -> ColumnElement[int]:
    return _or_zero(
        select(func.sum(transfer.c.amount_minor))
        .where(side == ledger_account.c.id, _id > through())
        .correlate(ledger_account)
    )


def _or_zero(query: Select[Any]) -> ColumnElement[int]:
    return func.coalesce(query.scalar_subquery(), 0)
