"""What sites draw and deliver: now, today, and slice by slice."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Subquery, case, func, literal, literal_column, select

from cloud.db.queries.scoping import seen
from cloud.db.rows import every, insert_if_new
from cloud.db.tables import connection, connector, meter_sample, session, site, site_power, station
from cloud.domain.people import EVERYTHING, Scope
from cloud.domain.sessions import SessionState
from cloud.domain.stations import ConnectorStatus
from cloud.domain.views import SiteRow

# Spelt out, so that SQLite uses the index over running sessions alone.
RUNNING: ColumnElement[bool] = session.c.state == literal_column("'running'")


def sites(conn: Connection, since: datetime, scope: Scope = EVERYTHING) -> list[SiteRow]:
    """Sites by name: their stations, what they draw now and what they delivered since a moment."""
    counted, drawn, delivered = _counted(scope), _drawn(scope), _delivered(scope, since)
    columns = (
        *(counted.c[name] for name in ("stations", "online", "faulted")),
        *(drawn.c[name] for name in ("charging", "power_w")),
        delivered.c.delivered_wh,
    )
    joined = site
    for each in (counted, drawn, delivered):
        joined = joined.outerjoin(each, each.c.site_id == site.c.id)  # type: ignore[assignment]  # a Table becomes a Join
    filled = (func.coalesce(column, 0).label(column.name) for column in columns)
    query = select(site.c.id, site.c.name, *filled).select_from(joined).where(_seen_site(scope)).order_by(site.c.name)
    return every(conn, query, lambda row: SiteRow(row.id, row.name, *map(int, row[2:])))


def site_names(conn: Connection, scope: Scope) -> dict[int, str]:
    """The sites that are seen, by id, in the order of their names."""
    query = select(site.c.id, site.c.name).where(_seen_site(scope)).order_by(site.c.name)
    return {row.id: row.name for row in conn.execute(query)}


def note(conn: Connection, at: datetime) -> bool:
    """Keeps what every site draws at a moment; False when that is known already."""
    if conn.execute(select(site_power.c.site_id).where(site_power.c["at"] == at).limit(1)).first():
        return False
    drawn = _drawn(EVERYTHING)
    amount = func.coalesce(drawn.c.power_w, 0)
    now = select(literal(at, site_power.c["at"].type), site.c.id, amount)
    rows = now.select_from(site.outerjoin(drawn, drawn.c.site_id == site.c.id))
    conn.execute(insert_if_new(conn, site_power).from_select(["at", "site_id", "power_w"], rows.where(literal(True))))
    return True


def forget(conn: Connection, before: datetime) -> None:
    """Drops what was drawn long ago."""
    conn.execute(site_power.delete().where(site_power.c["at"] < before))


def power(
    conn: Connection, since: datetime, scope: Scope = EVERYTHING, site_id: int | None = None
) -> list[tuple[datetime, int]]:
    """(moment, W) of a site, or of all that are seen, in order of time."""
    query = select(site_power.c["at"], func.sum(site_power.c.power_w)).join(site, site.c.id == site_power.c.site_id)
    wanted = query.where(site_power.c["at"] >= since, _seen_site(scope))
    chosen = wanted if site_id is None else wanted.where(site.c.id == site_id)
    rows = conn.execute(chosen.group_by(site_power.c["at"]).order_by(site_power.c["at"]))
    return [(at, int(power_w)) for at, power_w in rows]


def _seen_site(scope: Scope) -> ColumnElement[bool]:
    own = literal(True) if scope.organisation_id is None else site.c.organisation_id == scope.organisation_id
    return own if scope.site_ids is None else own & site.c.id.in_(scope.site_ids)


def _counted(scope: Scope) -> Subquery:
    """Stations of each site: how many, online, with a fault of their own or of a connector."""
    online = connection.c.station_id.is_not(None) & connection.c.ended_at.is_(None)
    broken = select(connector.c.station_id).where(connector.c.status == ConnectorStatus.FAULTED)
    faulted = (station.c.status == ConnectorStatus.FAULTED) | station.c.id.in_(broken)
    query = select(
        station.c.site_id,
        func.count().label("stations"),
        func.sum(case((online, 1), else_=0)).label("online"),
        func.sum(case((faulted, 1), else_=0)).label("faulted"),
    ).outerjoin(connection, connection.c.station_id == station.c.id)
    return query.where(seen(scope)).group_by(station.c.site_id).subquery("counted")


def _drawn(scope: Scope) -> Subquery:
    """Running sessions of each site and their power."""
    power_w = func.coalesce(func.sum(session.c.power_w), 0).label("power_w")
    query = select(station.c.site_id, func.count().label("charging"), power_w)
    joined = query.join(station, station.c.id == session.c.station_id)
    return joined.where(RUNNING, seen(scope)).group_by(station.c.site_id).subquery("drawn")


def _delivered(scope: Scope, since: datetime) -> Subquery:
    """Energy of the sessions that are open or ended since, less what they had before; none that is in doubt."""
    at, register = meter_sample.c["at"], meter_sample.c.energy_wh
    own = (meter_sample.c.session_id == session.c.id) & (meter_sample.c.connector == connector.c.number)
    last = select(register).where(own, at <= since, register.is_not(None)).order_by(at.desc()).limit(1)
    before = last.scalar_subquery() - session.c.meter_start_wh
    earlier = case((session.c.started_at < since, func.coalesce(before, 0)), else_=0)
    kept = case((earlier > session.c.energy_wh, session.c.energy_wh), (earlier < 0, 0), else_=earlier)
    delivered = func.sum(session.c.energy_wh - kept).label("delivered_wh")
    query = (
        select(station.c.site_id, delivered)
        .join_from(session, station, station.c.id == session.c.station_id)
        .join(connector, connector.c.id == session.c.connector_id)
    )
    touched = session.c.ended_at.is_(None) | (session.c.ended_at >= since)
    believed = session.c.state.not_in((SessionState.SUSPECT, SessionState.WRITTEN_OFF))
    return query.where(touched, believed, seen(scope)).group_by(station.c.site_id).subquery("delivered")
