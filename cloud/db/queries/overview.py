"""What pages and the command line list; whole lists in one query each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from cloud.db.queries import zones
from cloud.db.queries.bills import in_force
from cloud.db.queries.holders import holder
from cloud.db.queries.narrowing import narrowed, within
from cloud.db.queries.scoping import seen
from cloud.db.queries.sessions import whole
from cloud.db.rows import Cut, every, one, page
from cloud.db.tables import account, bill, connection, connector, organisation, session, site, station, tariff_version
from cloud.domain.people import EVERYTHING, Scope
from cloud.domain.sessions import OPEN, Session, SessionState
from cloud.domain.stations import ConnectorStatus, RegistrationStatus
from cloud.domain.views import ConnectorRow, SessionRow, StationRow


def sessions(
    conn: Connection,
    states: Sequence[SessionState],
    *,
    limit: int | None = None,
    before_id: int | None = None,
    station_ids: Collection[int] | None = None,
    scope: Scope = EVERYTHING,
) -> list[SessionRow]:
    """Sessions in these states, the newest first."""
    wanted = session_query().where(_in(states), seen(scope))
    query = wanted.order_by(session.c.id.desc()).limit(limit)
    query = query if before_id is None else query.where(session.c.id < before_id)
    query = query if station_ids is None else query.where(session.c.station_id.in_(station_ids))
    return every(conn, query, session_row)


def sessions_page(
    conn: Connection,
    scope: Scope,
    cut: Cut,
    *,
    states: Collection[SessionState] = tuple(SessionState),
    station_id: int | None = None,
    site_name: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[SessionRow]:
    """Sessions that began in [since, until), the newest first."""
    query = session_query().where(seen(scope), _in(states), *within(session.c.id, session.c.started_at, since, until))
    query = query if station_id is None else query.where(session.c.station_id == station_id)
    if site_name is not None:
        there = station.c.site_id.in_(_named(site_name))
        at = session.c.station_id.in_(select(station.c.id).where(there, seen(scope)))
        query = query.where(narrowed(conn, session.c.id, select(session.c.id).where(at), there))
    return every(conn, page(query, session.c.id, cut), session_row)


def stations_page(
    conn: Connection, scope: Scope, cut: Cut, *, site_name: str | None = None, online: bool | None = None
) -> list[StationRow]:
    """Stations in the order in which they were added, each with its connectors, in three queries."""
    query = station_query(scope)
    query = query if site_name is None else query.where(station.c.site_id.in_(_named(site_name)))
    here = connection.c.epoch.is_not(None) & connection.c.ended_at.is_(None)
    query = query if online is None else query.where(here if online else ~here)
    rows = conn.execute(page(query, station.c.id, cut, newest=False)).all()
    ids = [row.id for row in rows]
    running = session_query().where(session.c.station_id.in_(ids), session.c.state.in_(OPEN)).order_by(session.c.id)
    on = {(row.station_id, row.place): session_row(row) for row in conn.execute(running)}
    places = select(connector).where(connector.c.number > 0, connector.c.station_id.in_(ids))
    found: dict[int, tuple[ConnectorRow, ...]] = {}
    for row in conn.execute(places.order_by(connector.c.station_id, connector.c.number)):
        shown = connector_row(row, on.get((row.station_id, row.number)))
        found[row.station_id] = (*found.get(row.station_id, ()), shown)
    return [station_row(row, found.get(row.id, ())) for row in rows]


def _named(site_name: str) -> Select[Any]:
    return select(site.c.id).where(site.c.name == site_name)


def _in(states: Collection[SessionState]) -> ColumnElement[bool]:
    """Few states are found by their index; of those with finished ones nearly all fit, and few are passed over."""
    if SessionState.FINISHED not in states:
        return session.c.state.in_(states)
    return session.c.state.not_in(set(SessionState).difference(states))


def session_rows(conn: Connection, id: int, scope: Scope = EVERYTHING) -> list[SessionRow]:
    """The session with that id, in a list."""
    return every(conn, session_query().where(session.c.id == id, seen(scope)), session_row)


@dataclass(frozen=True, slots=True)
class WholeSession:
    """A session as lists show it, with all that is known of it, its site's clock and who pays."""

    row: SessionRow
    detail: Session
    zone: ZoneInfo
    driver: str | None


def whole_session(conn: Connection, id: int, scope: Scope) -> WholeSession | None:
    """The session with that id, if it is seen."""
    query = (
        session_query()
        .join(site, site.c.id == station.c.site_id)
        .join(organisation, organisation.c.id == site.c.organisation_id)
        .outerjoin(account, account.c.id == session.c.account_id)
        .add_columns(zones.OF_SITE.label("zone"), account.c.name.label("driver"))
    )
    return one(
        conn,
        query.where(session.c.id == id, seen(scope)),
        lambda row: WholeSession(session_row(row), whole(row), ZoneInfo(row.zone), row.driver),
    )


def sessions_where(conn: Connection, wanted: ColumnElement[bool], limit: int) -> list[SessionRow]:
    """Sessions for which a condition on session and station holds, the newest first."""
    return every(conn, session_query().where(wanted).order_by(session.c.id.desc()).limit(limit), session_row)


def connectors(
    conn: Connection, open_sessions: Sequence[SessionRow], station_ids: Collection[int] | None = None
) -> dict[int, tuple[ConnectorRow, ...]]:
    """The connectors of each station id, each with the newest of these sessions that is on it."""
    on = {(row.station_id, row.connector): row for row in reversed(open_sessions)}
    query = select(connector).where(connector.c.number > 0).order_by(connector.c.station_id, connector.c.number)
    query = query if station_ids is None else query.where(connector.c.station_id.in_(station_ids))
    found: dict[int, tuple[ConnectorRow, ...]] = {}
    for row in conn.execute(query):
        shown = connector_row(row, on.get((row.station_id, row.number)))
        found[row.station_id] = (*found.get(row.station_id, ()), shown)
    return found


def stations(conn: Connection, station_id: int | None = None, scope: Scope = EVERYTHING) -> list[StationRow]:
    """Stations by identity, still without their connectors."""
    query = station_query(scope).order_by(station.c.identity)
    query = query if station_id is None else query.where(station.c.id == station_id)
    return every(conn, query, lambda row: station_row(row, ()))


def station_query(scope: Scope) -> Select[Any]:
    """Rows for `station_row`."""
    return (
        select(station, site.c.name.label("site"), connection.c.connected_at, connection.c.ended_at)
        .join(site, site.c.id == station.c.site_id)
        .outerjoin(connection, connection.c.station_id == station.c.id)
        .where(seen(scope))
    )


def session_query() -> Select[Any]:
    """Rows for `session_row`."""
    return (
        select(
            session,
            station.c.identity,
            connector.c.number.label("place"),
            tariff_version.c.currency,
            bill.c.number.label("bill"),
            holder(),
        )
        .join(station, station.c.id == session.c.station_id)
        .join(connector, connector.c.id == session.c.connector_id)
        .outerjoin(tariff_version, tariff_version.c.id == session.c.tariff_version_id)
        .outerjoin(bill, (bill.c.session_id == session.c.id) & in_force())
    )


def session_row(row: Row[Any]) -> SessionRow:
    """As `session_query` gives it."""
    return SessionRow(
        id=row.id,
        station_id=row.station_id,
        identity=row.identity,
        connector=row.place,
        transaction_id=row.transaction_id,
        id_tag=row.id_tag,
        state=SessionState(row.state),
        started_at=row.started_at,
        ended_at=row.ended_at,
        energy_wh=row.energy_wh,
        power_w=row.power_w,
        cost_minor=row.cost_minor,
        currency=row.currency,
        reasons=(*row.doubts, *row.findings),
        bill=row.bill,
        holder=row.holder,
    )


def connector_row(row: Row[Any], running: SessionRow | None) -> ConnectorRow:
    """A row of `connector`, and the session on it."""
    status = ConnectorStatus(row.status)
    return ConnectorRow(row.number, status, row.error_code, row.info, row.status_at, running)


def station_row(row: Row[Any], connectors: tuple[ConnectorRow, ...]) -> StationRow:
    """As `station_query` gives it."""
    return StationRow(
        id=row.id,
        identity=row.identity,
        name=row.name,
        site=row.site,
        online=row.connected_at is not None and row.ended_at is None,
        last_seen_at=row.last_seen_at,
        vendor=row.vendor,
        model=row.model,
        firmware=row.firmware,
        status=ConnectorStatus(row.status),
        error_code=row.error_code,
        connectors=connectors,
        connected_at=row.connected_at,
        disconnected_at=row.ended_at,
        network=row.network,
        disabled=row.disabled,
        admission=RegistrationStatus(row.admission),
        info=row.info,
    )
