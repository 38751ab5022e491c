"""What the check of the books recomputes: each a stretch of a table by its numbers, after one and up to another."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, case, exists, func, literal, or_, select

from cloud.db.queries.bills import in_force
from cloud.db.queries.ledger_sums import through
from cloud.db.queries.narrowing import unindexed
from cloud.db.rows import number
from cloud.db.tables import bill, billing_task, ledger_account, ledger_sum, movement, session, station, transfer
from cloud.domain.ledger import LedgerKind, MovementKind
from cloud.domain.sessions import SessionState
from cloud.domain.tags import TagStatus

MOST = 100
"""So many findings of a stretch are told."""
_Row = Row[*tuple[Any, ...]]
WALKED = (ledger_account, movement, transfer, bill, session)
_EITHER_SIDE = or_(transfer.c.debit_id == ledger_account.c.id, transfer.c.credit_id == ledger_account.c.id)
_PUT_OFF = exists().where(billing_task.c.session_id == session.c.id)
_CREDITED = case((ledger_account.c.id == transfer.c.credit_id, 1), else_=-1) * transfer.c.amount_minor


def newest(conn: Connection) -> dict[str, int]:
    """The highest number in each table that is walked, by its name."""
    queries = (select(func.max(table.c.id)).scalar_subquery().label(table.name) for table in WALKED)
    return {name: last or 0 for name, last in conn.execute(select(*queries)).one()._mapping.items()}


def missummed(conn: Connection, organisation_id: int, after: int, upto: int) -> list[tuple[int, int, int]]:
    """Ledger accounts whose kept sum is not that of their transfers: number, kept and true, in minor units."""
    kept = select(ledger_sum.c.credit_minor).where(ledger_sum.c.ledger_account_id == ledger_account.c.id)
    credit, debit = (
        select(func.sum(transfer.c.amount_minor)).where(side == ledger_account.c.id, transfer.c.id <= through())
        for side in (transfer.c.credit_id, transfer.c.debit_id)
    )
    told, true = _or_zero(kept), _or_zero(credit) - _or_zero(debit)
    query = select(ledger_account.c.id, told, true).where(told != true)
    mine = unindexed(ledger_account.c.organisation_id) == organisation_id
    return [(row[0], int(row[1]), int(row[2])) for row in _found(conn, query.where(mine), ledger_account, after, upto)]


def broken(conn: Connection, organisation_id: int, after: int, upto: int) -> list[tuple[str, str]]:
    """Movements, by key, that the database should never have taken, and what is wrong with each."""
    debit, credit = ledger_account.alias(), ledger_account.alias()
    lines = func.count(transfer.c.id)
    odd = (debit.c.currency != credit.c.currency) | (debit.c.organisation_id != credit.c.organisation_id)
    odd |= (transfer.c.amount_minor <= 0) | (transfer.c.debit_id == transfer.c.credit_id) | debit.c.id.is_(None)
    odds = func.coalesce(func.sum(case((odd, 1), else_=0)), 0)
    query = (
        select(movement.c.key, movement.c.transfers, lines)
        .outerjoin(transfer, transfer.c.movement_id == movement.c.id)
        .outerjoin(debit, debit.c.id == transfer.c.debit_id)
        .outerjoin(credit, credit.c.id == transfer.c.credit_id)
        .where(unindexed(movement.c.organisation_id) == organisation_id)
        .group_by(movement.c.id)
        .having((lines != movement.c.transfers) | ((lines > 0) & (odds > 0)))
    )
    return [
        (key, f"has {has} of {wants} transfers" if has != wants else "moves nothing, or between two currencies")
        for key, wants, has in _found(conn, query, movement, after, upto)
    ]


def stray(conn: Connection, after: int, upto: int) -> int:
    """How many transfers belong to no movement."""
    lost = ~exists().where(movement.c.id == transfer.c.movement_id)
    return number(conn, select(func.count()).where(_within(transfer, after, upto), lost))


def misposted(conn: Connection, organisation_id: int, after: int, upto: int) -> list[tuple[str, int, int]]:
    """Bills whose movement does not come to their total: number, total and what was posted, in minor units."""
    debit, credit = ledger_account.alias(), ledger_account.alias()
    sold, undone = (
        case((side.c.kind.in_((LedgerKind.REVENUE, LedgerKind.VAT)), transfer.c.amount_minor), else_=0)
        for side in (credit, debit)
    )
    same = (movement.c.key == literal("bill ") + bill.c.number) & (movement.c.kind == MovementKind.BILL)
    posted = func.coalesce(func.sum(sold - undone), 0)
    query = (
        select(bill.c.number, bill.c.gross_minor, posted)
        .outerjoin(movement, same & (movement.c.organisation_id == bill.c.organisation_id))
        .outerjoin(transfer, transfer.c.movement_id == movement.c.id)
        .outerjoin(debit, debit.c.id == transfer.c.debit_id)
        .outerjoin(credit, credit.c.id == transfer.c.credit_id)
        .where(unindexed(bill.c.organisation_id) == organisation_id)
        .group_by(bill.c.id)
        .having(posted != bill.c.gross_minor)
    )
    return [(row[0], int(row[1]), int(row[2])) for row in _found(conn, query, bill, after, upto)]


def forgotten_holds(conn: Connection, organisation_id: int, after: int, upto: int) -> list[int]:
    """Sessions that are finished or written off, wait for no bill, and for which money is still put aside."""
    query = (
        _sessions(organisation_id)
        .join(movement, movement.c.session_id == session.c.id)
        .join(transfer, transfer.c.movement_id == movement.c.id)
        .join(ledger_account, _EITHER_SIDE)
        .where(ledger_account.c.kind == LedgerKind.HELD)
        .where(session.c.state.in_((SessionState.FINISHED, SessionState.WRITTEN_OFF)), ~_PUT_OFF)
        .group_by(session.c.id)
        .having(func.sum(_CREDITED) != 0)
    )
    return [row.id for row in _found(conn, query, session, after, upto)]


def unbilled(conn: Connection, organisation_id: int, after: int, upto: int) -> list[int]:
    """Finished sessions with a tariff that have no invoice in force and wait for none."""
    owes = (session.c.start_status == TagStatus.ACCEPTED) | (session.c.energy_wh != 0)
    billed = exists().where(bill.c.session_id == session.c.id, in_force())
    finished = (session.c.state == SessionState.FINISHED) & session.c.tariff_version_id.is_not(None)
    query = _sessions(organisation_id).where(finished, owes, ~billed, ~_PUT_OFF)
    return [row.id for row in _found(conn, query, session, after, upto)]


def _sessions(organisation_id: int) -> Select[Any]:
    ours = select(session.c.id).join(station, station.c.id == session.c.station_id)
    return ours.where(station.c.organisation_id == organisation_id)


def _found(conn: Connection, query: Select[Any], walked: Table, after: int, upto: int) -> Sequence[_Row]:
    return conn.execute(query.where(_within(walked, after, upto)).order_by(walked.c.id).limit(MOST)).all()


def _within(walked: Table, after: int, upto: int) -> ColumnElement[bool]:
    return (walked.c.id > after) & (walked.c.id <= upto)


def _or_zero(query: Select[Any]) -> ColumnElement[int]:
    return func.coalesce(query.scalar_subquery(), 0)
