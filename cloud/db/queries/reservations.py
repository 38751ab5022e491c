"""Reservations by station and number."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from cloud.db.queries.scoping import seen
from cloud.db.rows import Cut, every, number, page
from cloud.db.tables import reservation, station
from cloud.domain.people import Scope
from cloud.domain.reservations import OPEN, Reservation, ReservationState

_c = reservation.c
# Numbers that others chose may be large; ours stay below, so that they never run out.
_OURS = 1_000_000_000


def next_number(conn: Connection, station_id: int) -> int:
    """A number that the station has not seen from us."""
    highest = func.coalesce(func.max(_c.number), 0)
    return 1 + number(conn, select(highest).where(_c.station_id == station_id, _c.number < _OURS))


def put(conn: Connection, station_id: int, place: int, values: Mapping[str, Any]) -> None:
    """The reservation of that number, replacing another."""
    conn.execute(reservation.delete().where(_c.station_id == station_id, _c.number == place))
    conn.execute(reservation.insert().values(station_id=station_id, number=place, **values))


def move(conn: Connection, station_id: int, place: int, state: ReservationState, session_id: int | None = None) -> None:
    """An open one ends, or is accepted."""
    mine = (_c.station_id == station_id) & (_c.number == place) & _c.state.in_(OPEN)
    conn.execute(reservation.update().where(mine).values(state=state, session_id=session_id))


def lose(conn: Connection, station_id: int, connector: int) -> None:
    mine = (_c.station_id == station_id) & (_c.connector == connector) & (_c.state == ReservationState.ACTIVE)
    conn.execute(reservation.update().where(mine).values(state=ReservationState.LOST))


def expire(conn: Connection, now: datetime) -> bool:
    """Whether any did."""
    due = _c.state.in_(OPEN) & (_c.expires_at <= now)
    return conn.execute(reservation.update().where(due).values(state=ReservationState.EXPIRED)).rowcount > 0


def listed(
    conn: Connection, scope: Scope, station_id: int | None, states: Collection[ReservationState], limit: int
) -> list[Reservation]:
    """The newest first."""
    query = select(reservation, station.c.identity).join(station, station.c.id == _c.station_id)
    query = query.where(seen(scope), _c.state.in_(states)).order_by(_c.id.desc()).limit(limit)
    return every(conn, query if station_id is None else query.where(_c.station_id == station_id), _reservation)


def seen_page(
    conn: Connection, scope: Scope, cut: Cut, states: Collection[ReservationState], station_id: int | None = None
) -> list[tuple[int, Reservation]]:
    """A page of those in these states, the newest first, each with its row's number."""
    query = select(reservation, station.c.identity).join(station, station.c.id == _c.station_id)
    query = page(query.where(seen(scope), _c.state.in_(states)), _c.id, cut)
    mine = query if station_id is None else query.where(_c.station_id == station_id)
    return every(conn, mine, lambda row: (row.id, _reservation(row)))


def _reservation(row: Row[Any]) -> Reservation:
    return Reservation(
        station_id=row.station_id,
        identity=row.identity,
        number=row.number,
        connector=row.connector,
        id_tag=row.id_tag,
        parent=row.parent,
        expires_at=row.expires_at,
        state=ReservationState(row.state),
        session_id=row.session_id,
    )
