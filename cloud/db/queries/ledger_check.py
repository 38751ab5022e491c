"""What the ledger's check recomputes from its rows."""

from sqlalchemy import Connection, case, exists, func, literal, or_, select

from cloud.db.queries.bills import in_force
from cloud.db.rows import number
from cloud.db.tables import bill, billing_task, ledger_account, movement, session, transfer
from cloud.domain.ledger import LedgerKind, MovementKind
from cloud.domain.sessions import SessionState
from cloud.domain.tags import TagStatus

_EITHER_SIDE = or_(transfer.c.debit_id == ledger_account.c.id, transfer.c.credit_id == ledger_account.c.id)
_PUT_OFF = exists().where(billing_task.c.session_id == session.c.id)
_CREDITED = case((ledger_account.c.id == transfer.c.credit_id, 1), else_=-1) * transfer.c.amount_minor


def broken(conn: Connection) -> list[tuple[str, str]]:
    """Movements, by key, that the database should never have taken, and what is wrong with each."""
    debit, credit = ledger_account.alias(), ledger_account.alias()
    lines = func.count(transfer.c.id)
    odd = (debit.c.currency != credit.c.currency) | (debit.c.organisation_id != credit.c.organisation_id)
    odd |= (transfer.c.amount_minor <= 0) | (transfer.c.debit_id == transfer.c.credit_id) | debit.c.id.is_(None)
    query = (
        select(movement.c.key, movement.c.transfers, lines, func.sum(case((odd, 1), else_=0)))
        .outerjoin(transfer, transfer.c.movement_id == movement.c.id)
        .outerjoin(debit, debit.c.id == transfer.c.debit_id)
        .outerjoin(credit, credit.c.id == transfer.c.credit_id)
        .group_by(movement.c.id, movement.c.key, movement.c.transfers)
        .order_by(movement.c.id)
    )
    rows = conn.execute(query).all()
    stray = number(conn, select(func.count()).where(transfer.c.movement_id.not_in(select(movement.c.id))))
    return [
        *((key, f"has {has} of {wants} transfers") for key, wants, has, _odd in rows if has != wants),
        *((key, "moves nothing, or between two currencies") for key, _wants, has, odd in rows if has and odd),
        *[("", f"is missing for {stray} transfers")][: stray > 0],
    ]


def misposted(conn: Connection) -> list[tuple[str, int, int]]:
    """Bills whose movement does not come to their total: number, total and what was posted, in minor units."""
    ours = ledger_account.c.kind.in_((LedgerKind.REVENUE, LedgerKind.VAT))
    posted = (
        select(movement.c.organisation_id, movement.c.key, func.sum(_CREDITED).label("minor"))
        .join(transfer, transfer.c.movement_id == movement.c.id)
        .join(ledger_account, _EITHER_SIDE)
        .where(ours, movement.c.kind == MovementKind.BILL)
        .group_by(movement.c.organisation_id, movement.c.key)
        .subquery()
    )
    same = (posted.c.key == literal("bill ") + bill.c.number) & (posted.c.organisation_id == bill.c.organisation_id)
    amount = func.coalesce(posted.c.minor, 0)
    query = (
        select(bill.c.number, bill.c.gross_minor, amount).outerjoin(posted, same).where(amount != bill.c.gross_minor)
    )
    return [(row[0], int(row[1]), int(row[2])) for row in conn.execute(query.order_by(bill.c.id))]


def forgotten_holds(conn: Connection) -> list[int]:
    """Sessions that are finished or written off, wait for no bill, and for which money is still put aside."""
    query = (
        select(session.c.id)
        .join(movement, movement.c.session_id == session.c.id)
        .join(transfer, transfer.c.movement_id == movement.c.id)
        .join(ledger_account, _EITHER_SIDE)
        .where(ledger_account.c.kind == LedgerKind.HELD)
        .where(session.c.state.in_((SessionState.FINISHED, SessionState.WRITTEN_OFF)), ~_PUT_OFF)
        .group_by(session.c.id)
        .having(func.sum(_CREDITED) != 0)
    )
    return list(conn.execute(query.order_by(session.c.id)).scalars())


def unbilled(conn: Connection) -> list[int]:
    """Finished sessions with a tariff that have no invoice in force and wait for none."""
    owes = (session.c.start_status == TagStatus.ACCEPTED) | (session.c.energy_wh != 0)
    billed = exists().where(bill.c.session_id == session.c.id, in_force())
    finished = (session.c.state == SessionState.FINISHED) & session.c.tariff_version_id.is_not(None)
    query = select(session.c.id).where(finished, owes, ~billed, ~_PUT_OFF)
    return list(conn.execute(query.order_by(session.c.id)).scalars())
