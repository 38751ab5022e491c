"""Bills and their numbers, and the sessions whose bill could not be issued yet."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, exists, func, select

from cloud.db.queries.narrowing import unindexed, within
from cloud.db.queries.scoping import seen
from cloud.db.rows import Cut, every, insert_or, number, one, page
from cloud.db.tables import bill, bill_series, billing_task, organisation, session, station
from cloud.domain.bills import Bill, BillingTask, BillKind, Document, label, read_document
from cloud.domain.people import EVERYTHING, Scope


def of_session(conn: Connection, session_id: int) -> Bill | None:
    """The session's invoice that is in force: the latest, unless a credit note undoes it."""
    return one(conn, select(bill).where(bill.c.session_id == session_id, in_force()), _bill)


def related(conn: Connection, session_id: int) -> list[Bill]:
    """All bills of a session in the order in which they were issued."""
    return every(conn, select(bill).where(bill.c.session_id == session_id).order_by(bill.c.id), _bill)


def in_force() -> ColumnElement[bool]:
    """Whether a row of `bill` is an invoice that no credit note undoes; a session has one such at most."""
    note = bill.alias()
    same = (note.c.session_id == bill.c.session_id) & (note.c.revision == bill.c.revision)
    return (bill.c.kind == BillKind.INVOICE) & ~exists().where(same, note.c.kind == BillKind.CREDIT_NOTE)


def by_number(conn: Connection, label: str, scope: Scope = EVERYTHING) -> Bill | None:
    placed = select(bill).join(session, session.c.id == bill.c.session_id)
    ours = select(organisation.c.id) if scope.organisation_id is None else [scope.organisation_id]
    named = (bill.c.organisation_id.in_(ours)) & (bill.c.number == label)
    query = placed.join(station, station.c.id == session.c.station_id).where(named, seen(scope))
    return one(conn, query.limit(1), _bill)


def latest(conn: Connection, limit: int, scope: Scope) -> Sequence[Bill]:
    query = select(bill).join(session, session.c.id == bill.c.session_id)
    query = query.join(station, station.c.id == session.c.station_id).where(seen(scope))
    return every(conn, query.order_by(bill.c.id.desc()).limit(limit), _bill)


def listed(
    conn: Connection,
    scope: Scope,
    cut: Cut,
    *,
    session_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Bill]:
    """A page of bills issued in [since, until), the newest first."""
    query = select(bill).join(session, session.c.id == bill.c.session_id)
    query = query.join(station, station.c.id == session.c.station_id).where(seen(scope))
    query = query.where(*within(bill.c.id, bill.c.issued_at, since, until))
    query = query if session_id is None else query.where(bill.c.session_id == session_id)
    return every(conn, page(query, bill.c.id, cut), _bill)


def issued_between(conn: Connection, account_id: int, begin: datetime, end: datetime) -> list[Bill]:
    """An account's bills issued in [begin, end), the earliest first."""
    query = select(bill).join(session, session.c.id == bill.c.session_id).where(session.c.account_id == account_id)
    return every(
        conn, query.where(bill.c.issued_at >= begin, bill.c.issued_at < end).order_by(unindexed(bill.c.id)), _bill
    )


def numbers_between(conn: Connection, begin: datetime, end: datetime) -> tuple[int, int]:
    """The first and the last row's number of the bills issued in [begin, end); of none, a stretch without any."""
    bounds = select(func.min(unindexed(bill.c.id)), func.max(unindexed(bill.c.id)))
    first, last = conn.execute(bounds.where(bill.c.issued_at >= begin, bill.c.issued_at < end)).one()
    return first or 0, last or -1


def issued_from(
    conn: Connection, organisation_id: int, first: int, last: int, begin: datetime, end: datetime, limit: int
) -> list[Bill]:
    """A page of the organisation's bills issued in [begin, end), from one row's number on and up to another's."""
    own = (unindexed(bill.c.organisation_id) == organisation_id) & bill.c.id.between(first, last)
    query = select(bill).where(own, bill.c.issued_at >= begin, bill.c.issued_at < end)
    return every(conn, query.order_by(bill.c.id).limit(limit), _bill)


def next_number(conn: Connection, organisation_id: int, series: str) -> int:
    """Takes the next number of the series; given back if the unit of work fails, so there are no gaps."""
    first = {"organisation_id": organisation_id, "series": series, "last_number": 1}
    following = {"last_number": bill_series.c.last_number + 1}
    return number(conn, insert_or(conn, bill_series, first, following).returning(bill_series.c.last_number))


def insert(
    conn: Connection,
    organisation_id: int,
    series: str,
    session_id: int,
    kind: BillKind,
    revision: int,
    issued_at: datetime,
    document: Document,
) -> Bill:
    """Issues a bill under the series' next number."""
    series_number = next_number(conn, organisation_id, series)
    named = label(series, series_number)
    values = bill.insert().values(
        organisation_id=organisation_id,
        series=series,
        series_number=series_number,
        number=named,
        session_id=session_id,
        issued_at=issued_at,
        currency=document.price.currency,
        gross_minor=document.price.gross_minor,
        document=msgspec.to_builtins(document),
        kind=kind,
        revision=revision,
        corrects=document.corrects,
    )
    return Bill(number(conn, values.returning(bill.c.id)), named, session_id, issued_at, document, kind, revision)


def put_off(conn: Connection, session_id: int, error: str, now: datetime, wait: timedelta) -> None:
    """Notes that a session's bill could not be issued, and when to try again."""
    failed = {"error": error, "failed_at": now, "due_at": now + wait}
    first = {"session_id": session_id, "attempts": 1, **failed}
    conn.execute(insert_or(conn, billing_task, first, {"attempts": billing_task.c.attempts + 1, **failed}))


def attempts(conn: Connection, session_id: int) -> int:
    """How often issuing the session's bill has failed."""
    query = select(billing_task.c.attempts).where(billing_task.c.session_id == session_id)
    return conn.execute(query).scalar() or 0


def settled(conn: Connection, session_id: int) -> None:
    """The session waits for its bill no more."""
    conn.execute(billing_task.delete().where(billing_task.c.session_id == session_id))


def due(conn: Connection, now: datetime, most: int) -> list[int]:
    """Sessions whose bill is to be tried again, those that wait longest first."""
    query = select(billing_task.c.session_id).where(billing_task.c.due_at <= now).order_by(billing_task.c.due_at)
    return every(conn, query.limit(most), lambda row: int(row.session_id))


def tasks(conn: Connection, scope: Scope = EVERYTHING) -> list[BillingTask]:
    """Every session whose bill could not be issued yet."""
    query = (
        select(billing_task, station.c.identity, session.c.id_tag)
        .join(session, session.c.id == billing_task.c.session_id)
        .join(station, station.c.id == session.c.station_id)
        .where(seen(scope))
        .order_by(billing_task.c.session_id)
    )
    return every(conn, query, _task)


def _task(row: Row[Any]) -> BillingTask:
    return BillingTask(row.session_id, row.identity, row.id_tag, row.attempts, row.error, row.failed_at, row.due_at)


def _bill(row: Row[Any]) -> Bill:
    return Bill(
        id=row.id,
        number=row.number,
        session_id=row.session_id,
        issued_at=row.issued_at,
        document=read_document(row.document),
        kind=BillKind(row.kind),
        revision=row.revision,
    )
