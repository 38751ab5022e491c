"""Sessions: found, opened and saved whole."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, literal, select, tuple_

from cloud.db.rows import every, number, one
from cloud.db.tables import connection, connector, session, station, tag
from cloud.db.types import Utc
from cloud.domain.endings import Neighbours
from cloud.domain.reports import StartReport, start_key
from cloud.domain.sessions import OPEN, EndedBy, Session, SessionState
from cloud.domain.stations import Connector
from cloud.domain.tags import TagStatus, tag_key

_SAVED_AS_THEY_ARE = (
    "energy_wh",
    "power_w",
    "cost_minor",
    "meter_last_wh",
    "meter_last_at",
    "last_sample_at",
    "odd_since",
    "vouched_ws",
    "waiting_since",
    "ended_at",
    "meter_stop_wh",
    "stop_reason",
    "stop_id_tag",
    "state",
    "ended_by",
    "unplugged_at",
)


def by_id(conn: Connection, id: int) -> Session | None:
    return one(conn, _sessions().where(session.c.id == id), whole)


def by_transaction(conn: Connection, station_id: int, transaction_id: str) -> Session | None:
    """A transaction id means something only together with the station that owns it."""
    mine = (session.c.transaction_id == transaction_id) & (session.c.station_id == station_id)
    return one(conn, _sessions().where(mine), whole)


def owner(conn: Connection, transaction_id: str) -> str | None:
    """The identity of a station that has this transaction id."""
    query = select(station.c.identity).join(session, session.c.station_id == station.c.id)
    return conn.execute(query.where(session.c.transaction_id == transaction_id).limit(1)).scalar()


def by_start(conn: Connection, place: Connector, report: StartReport) -> Session | None:
    """The session that this very report has opened before."""
    query = _sessions().where(
        session.c.connector_id == place.id,
        session.c.tag_key == tag_key(report.id_tag),
        session.c.start_key == start_key(report),
    )
    return one(conn, query, whole)


def running_on(conn: Connection, station_id: int, place: int | None = None) -> list[Session]:
    """The running sessions of a station, or of one connector of it."""
    query = _sessions().where(session.c.station_id == station_id, session.c.state == SessionState.RUNNING)
    return every(conn, query if place is None else query.where(connector.c.number == place), whole)


def open_at(conn: Connection, station_id: int) -> list[Session]:
    """The open sessions of a station."""
    return every(conn, _sessions().where(session.c.station_id == station_id, session.c.state.in_(OPEN)), whole)


def begun_on(conn: Connection, station_id: int, place: int, at: datetime) -> Session | None:
    """The last session that began on a connector until a time."""
    mine = (session.c.station_id == station_id) & (connector.c.number == place) & (session.c.started_at <= at)
    latest = _sessions().order_by(None).order_by(session.c.started_at.desc(), session.c.id.desc())
    return one(conn, latest.where(mine).limit(1), whole)


def plugged(conn: Connection, station_id: int, place: int) -> list[Session]:
    """The sessions that wait for their car to leave one connector."""
    here = (session.c.station_id == station_id) & (connector.c.number == place)
    return every(conn, _sessions().where(session.c.state == SessionState.AWAITING_UNPLUG, here), whole)


def plugged_until(conn: Connection, organisation_id: int, until: datetime) -> list[Session]:
    """The organisation's sessions that wait for their car to leave and ended until a time."""
    theirs = (station.c.organisation_id == organisation_id) & (session.c.ended_at <= until)
    return every(conn, _sessions().where(session.c.state == SessionState.AWAITING_UNPLUG, theirs), whole)


def latest_on(conn: Connection, station_id: int, place: int) -> int | None:
    """The id of the session that began last on a connector."""
    query = select(func.max(session.c.id)).join(connector, connector.c.id == session.c.connector_id)
    return conn.execute(query.where(connector.c.station_id == station_id, connector.c.number == place)).scalar()


def neighbours(conn: Connection, of: Session) -> Neighbours:
    """The sessions that began before and after it on its connector."""
    place = select(session.c.connector_id).where(session.c.id == of.id).scalar_subquery()
    when, here = tuple_(session.c.started_at, session.c.id), tuple_(literal(of.started_at, Utc), literal(of.id))
    near = _sessions().order_by(None).where(session.c.connector_id == place).limit(1)
    earlier = near.where(when < here).order_by(session.c.started_at.desc(), session.c.id.desc())
    later = near.where(when > here).order_by(session.c.started_at, session.c.id)
    return Neighbours(one(conn, earlier, whole), one(conn, later, whole))


def overdue(conn: Connection, until: datetime, lost_until: datetime, most: int) -> list[Session]:
    """Open sessions whose stop will not come.

    They have waited since before `until` while the station was connected and could have sent it, or the station
    was last seen before `lost_until`.
    """
    waited = (session.c.waiting_since <= until) & (connection.c.connected_at <= until) & connection.c.ended_at.is_(None)
    lost = func.coalesce(station.c.last_seen_at, session.c.started_at) <= lost_until
    query = _sessions().outerjoin(connection, connection.c.station_id == station.c.id)
    return every(conn, query.where(session.c.state.in_(OPEN), waited | lost).limit(most), whole)


def count_running(
    conn: Connection, organisation_id: int, id_tag: str | None = None, group_id: int | None = None
) -> int:
    """How many sessions, which it may have, a tag or a group runs at stations that are online.

    A lost station locks nobody out.
    """
    query = (
        select(func.count())
        .select_from(session)
        .join(station, station.c.id == session.c.station_id)
        .join(connection, (connection.c.station_id == station.c.id) & connection.c.ended_at.is_(None))
    )
    runs = (session.c.state == SessionState.RUNNING) & (session.c.start_status == TagStatus.ACCEPTED)
    mine = station.c.organisation_id == organisation_id
    if id_tag is not None:
        return number(conn, query.where(mine, runs, session.c.tag_key == tag_key(id_tag)))
    members = select(tag.c.tag_key).where(tag.c.group_id == group_id, tag.c.organisation_id == organisation_id)
    return number(conn, query.where(mine, runs, session.c.tag_key.in_(members)))


def is_taken(conn: Connection, transaction_id: str) -> bool:
    query = select(session.c.id).where(session.c.transaction_id == transaction_id)
    return conn.execute(query.limit(1)).scalar() is not None


def insert(conn: Connection, place: Connector, report: StartReport, values: Mapping[str, Any]) -> int:
    """Opens a session; returns its id."""
    reported = {
        "station_id": place.station_id,
        "connector_id": place.id,
        "id_tag": report.id_tag,
        "tag_key": tag_key(report.id_tag),
        "start_key": start_key(report),
        "start_raw": dict(report.raw),
        "meter_start_wh": report.meter_start_wh,
    }
    opened = {"state": SessionState.RUNNING, "energy_wh": 0, "findings": [], **values}
    return number(conn, session.insert().values(**reported, **opened).returning(session.c.id))


def save(conn: Connection, changed: Session, *, stop_raw: Mapping[str, Any] | None = None) -> None:
    """Writes everything of a session that can change."""
    values: dict[str, Any] = {name: getattr(changed, name) for name in _SAVED_AS_THEY_ARE}
    values |= {"doubts": list(changed.doubts), "findings": list(changed.findings)}
    if stop_raw is not None:
        values["stop_raw"] = dict(stop_raw)
    conn.execute(session.update().where(session.c.id == changed.id).values(**values))


def correct(conn: Connection, changed: Session) -> None:
    """Writes what only an operator changes of a session, beside all that `save` writes."""
    save(conn, changed)
    by_operator = {name: getattr(changed, name) for name in ("started_at", "tariff_version_id", "corrected_at")}
    conn.execute(session.update().where(session.c.id == changed.id).values(**by_operator))


def stop_raw(conn: Connection, id: int) -> Mapping[str, Any] | None:
    """The stop as it was received first; None while none was."""
    raw: Mapping[str, Any] | None = conn.execute(select(session.c.stop_raw).where(session.c.id == id)).scalar()
    return raw


def _sessions() -> Select[Any]:
    return (
        select(session, station.c.identity, connector.c.number.label("place"))
        .join(station, station.c.id == session.c.station_id)
        .join(connector, connector.c.id == session.c.connector_id)
        .order_by(session.c.id)
    )


def whole(row: Row[Any]) -> Session:
    """A row of `session` with its station's `identity` and its connector's `place`."""
    return Session(
        id=row.id,
        station_id=row.station_id,
        identity=row.identity,
        connector=row.place,
        transaction_id=row.transaction_id,
        id_tag=row.id_tag,
        state=SessionState(row.state),
        started_at=row.started_at,
        meter_start_wh=row.meter_start_wh,
        energy_wh=row.energy_wh,
        power_w=row.power_w,
        cost_minor=row.cost_minor,
        tariff_version_id=row.tariff_version_id,
        meter_last_wh=row.meter_last_wh,
        last_sample_at=row.last_sample_at,
        waiting_since=row.waiting_since,
        ended_at=row.ended_at,
        ended_by=EndedBy(row.ended_by) if row.ended_by else None,
        meter_stop_wh=row.meter_stop_wh,
        stop_reason=row.stop_reason,
        stop_id_tag=row.stop_id_tag,
        doubts=tuple(row.doubts),
        findings=tuple(row.findings),
        start_status=TagStatus(row.start_status),
        start_why=row.start_why,
        meter_last_at=row.meter_last_at,
        odd_since=row.odd_since,
        vouched_ws=row.vouched_ws,
        account_id=row.account_id,
        corrected_at=row.corrected_at,
        unplugged_at=row.unplugged_at,
    )
