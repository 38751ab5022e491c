"""What connectors showed, and when."""

from datetime import datetime

from sqlalchemy import Connection, Row, func, select

from cloud.db.rows import every, insert_if_new
from cloud.db.tables import connection, connector, connector_state, session
from cloud.domain.parking import State
from cloud.domain.sessions import Session
from cloud.domain.stations import ConnectorStatus

_c = connector_state.c


def insert(
    conn: Connection, station_id: int, place: int, status: ConnectorStatus, at: datetime, received_at: datetime
) -> None:
    """Keeps a state; one that is known already is left as it is."""
    values = {"station_id": station_id, "connector": place, "status": status, "at": at, "received_at": received_at}
    since = connected_at(conn, station_id)
    conn.execute(insert_if_new(conn, connector_state).values(**values, connected_at=since))


def of_session(conn: Connection, of: Session, until: datetime | None = None) -> list[State]:
    """The states of the session's connector from its start on."""
    mine = (_c.station_id == of.station_id) & (_c.connector == of.connector) & (_c["at"] >= of.started_at)
    query = select(connector_state).where(mine)
    return every(conn, query if until is None else query.where(_c["at"] <= until), _state)


def connected_at(conn: Connection, station_id: int) -> datetime | None:
    """Since when the station has been connected; None if it is not."""
    query = select(connection.c.connected_at).where(connection.c.station_id == station_id)
    since: datetime | None = conn.execute(query.where(connection.c.ended_at.is_(None))).scalar()
    return since


def shorten(conn: Connection, before: datetime, most: int) -> int:
    """Drops old states that belong to no session, at most so many; how many were dropped."""
    lasted = func.coalesce(session.c.unplugged_at, session.c.ended_at, _c["at"])
    priced = (
        select(session.c.id)
        .join(connector, connector.c.id == session.c.connector_id)
        .where(session.c.station_id == _c.station_id, connector.c.number == _c.connector)
        .where(session.c.started_at <= _c["at"], lasted >= _c["at"])
    )
    old = select(_c.id).where(_c.received_at < before, ~priced.exists()).limit(most)
    return conn.execute(connector_state.delete().where(_c.id.in_(old))).rowcount


def _state(row: Row[tuple[object, ...]]) -> State:
    return State(row.at, ConnectorStatus(row.status), row.connected_at)
