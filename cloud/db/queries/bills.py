"""Bills and their numbers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from cloud.db.queries.scoping import seen
from cloud.db.rows import every, number, one
from cloud.db.tables import bill, bill_series, session, station
from cloud.domain.bills import Bill, Document
from cloud.domain.people import EVERYTHING, Scope


def of_session(conn: Connection, session_id: int) -> Bill | None:
    return one(conn, select(bill).where(bill.c.session_id == session_id), _bill)


def by_number(conn: Connection, label: str, scope: Scope = EVERYTHING) -> Bill | None:
    placed = select(bill).join(session, session.c.id == bill.c.session_id)
    query = placed.join(station, station.c.id == session.c.station_id).where(bill.c.number == label, seen(scope))
    return one(conn, query.limit(1), _bill)


def latest(conn: Connection, limit: int) -> Sequence[Bill]:
    return every(conn, select(bill).order_by(bill.c.id.desc()).limit(limit), _bill)


def next_number(conn: Connection, organisation_id: int, series: str) -> int:
    """Takes the next number of the series; given back if the unit of work fails, so there are no gaps."""
    mine = (bill_series.c.organisation_id == organisation_id) & (bill_series.c.series == series)
    taking = bill_series.update().where(mine).values(last_number=bill_series.c.last_number + 1)
    taken = one(conn, taking.returning(bill_series.c.last_number), lambda row: int(row[0]))
    if taken is not None:
        return taken
    conn.execute(bill_series.insert().values(organisation_id=organisation_id, series=series, last_number=1))
    return 1


def insert(
    conn: Connection,
    organisation_id: int,
    series: str,
    series_number: int,
    session_id: int,
    issued_at: datetime,
    document: Document,
) -> Bill:
    label = f"{series}-{series_number:04d}"
    values = bill.insert().values(
        organisation_id=organisation_id,
        series=series,
        series_number=series_number,
        number=label,
        session_id=session_id,
        issued_at=issued_at,
        currency=document.price.currency,
        gross_minor=document.price.gross_minor,
        document=msgspec.to_builtins(document),
    )
    id = number(conn, values.returning(bill.c.id))
    return Bill(id, label, session_id, issued_at, document)


def _bill(row: Row[Any]) -> Bill:
    document = msgspec.convert(row.document, Document)
    return Bill(row.id, row.number, row.session_id, row.issued_at, document)
