"""Stations that are looked for: by site, state or name, page by page."""

from collections.abc import Iterator, Mapping

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from cloud.db.queries.overview import station_query, station_row
from cloud.db.rows import every
from cloud.db.tables import connection, connector, session, station
from cloud.domain.people import Scope
from cloud.domain.stations import ConnectorStatus, RegistrationStatus
from cloud.domain.views import StationRow, StationSearch, StationState

_ONLINE = connection.c.connected_at.is_not(None) & connection.c.ended_at.is_(None)


def stations(conn: Connection, scope: Scope, wanted: StationSearch, limit: int) -> list[StationRow]:
    """Stations by identity, still without their connectors."""
    query = station_query(scope).where(*_conditions(wanted)).order_by(station.c.identity)
    return every(conn, query.limit(limit), lambda row: station_row(row, ()))


def _conditions(wanted: StationSearch) -> Iterator[ColumnElement[bool]]:
    if wanted.site_id is not None:
        yield station.c.site_id == wanted.site_id
    if wanted.after is not None:
        yield station.c.identity > wanted.after
    if wanted.contains:
        columns = (station.c.identity, station.c.name)
        identity, name = (column.icontains(wanted.contains, autoescape=True) for column in columns)
        yield identity | name
    if wanted.state is not None:
        yield _STATES[wanted.state]


def _with(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return station.c.id.in_(select(connector.c.station_id).where(connector.c.number > 0, condition))


# Spelt out, so that SQLite uses the index over running sessions alone.
_BUSY = select(session.c.station_id).where(session.c.state == literal_column("'running'"))
_FAULTED = ConnectorStatus.FAULTED
_STATES: Mapping[StationState, ColumnElement[bool]] = {
    StationState.ONLINE: _ONLINE,
    StationState.OFFLINE: ~func.coalesce(_ONLINE, False),
    StationState.FREE: _ONLINE & _with(connector.c.status == ConnectorStatus.AVAILABLE),
    StationState.CHARGING: station.c.id.in_(_BUSY),
    StationState.FAULTED: (station.c.status == _FAULTED) | _with(connector.c.status == _FAULTED),
    StationState.HELD: station.c.disabled | (station.c.admission != RegistrationStatus.ACCEPTED),
}
