"""Stops and meter values of sessions that are not known: kept, and joined to their session once that is found."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from cloud.db.queries import orphans as rows
from cloud.db.queries import places
from cloud.db.queries import sessions as session_rows
from cloud.domain.clocks import FARTHEST_AHEAD, believable
from cloud.domain.energy import Register
from cloud.domain.orphans import Orphan, as_stop, fits, shown_energy_wh
from cloud.domain.people import EVERYTHING, Scope
from cloud.domain.reports import StopReport
from cloud.domain.sessions import Session
from cloud.services import audit, closing, metering
from cloud.services.errors import NotFound, NotNow

MOST_OF_ONE_STATION = 200
SHOWN_FOR = timedelta(days=14)
"""So long a stop without a session stands among what needs attention."""


def keep(conn: Connection, station_id: int, report: StopReport, now: datetime) -> Session | None:
    """Keeps a stop, once and at most 200 of a station; returns its session if it can be only one of those open.

    Only a station that has no transaction id to tell (0 or less, OCPP 1.6 errata) means a session it runs now.
    """
    if rows.count(conn, station_id) >= MOST_OF_ONE_STATION:
        return None
    orphan = rows.insert(conn, _values(station_id, report, now))
    if orphan is None or (report.transaction_id or 0) > 0:
        return None
    candidates = [session for session in session_rows.open_at(conn, station_id) if _fits(conn, orphan, session)]
    return _join(conn, orphan, candidates[0], now) if len(candidates) == 1 else None


def adopt(conn: Connection, session: Session, now: datetime) -> None:
    """What overtook its start: its meter values, and the stop that ends it if exactly one can be meant."""
    stop = _stop_of(conn, session)
    session = adopt_readings(conn, session, now, stop.at if stop else None)
    if stop:
        _join(conn, stop, session, now)


def adopt_readings(conn: Connection, session: Session, now: datetime, until: datetime | None = None) -> Session:
    """Meter values that came before the start was answered join its session, up to its end or the next session."""
    fed = metering.adopted(conn, session, until or now + FARTHEST_AHEAD)
    if fed is not session:
        fed = closing.priced(conn, fed)
        session_rows.save(conn, fed)
    return fed


def _stop_of(conn: Connection, session: Session) -> Orphan | None:
    waiting = [orphan for orphan in rows.waiting(conn, session.station_id) if _fits(conn, orphan, session)]
    unowned = [orphan for orphan in waiting if session_rows.owner(conn, orphan.transaction_id) is None]
    return unowned[0] if len(unowned) == 1 else None


def listed(conn: Connection, *, limit: int = 50, scope: Scope = EVERYTHING) -> list[Orphan]:
    """Stops of unknown sessions, those that still have none first."""
    return rows.latest(conn, limit, scope)


def join(conn: Connection, orphan_id: int, session_id: int, user_id: int | None, now: datetime) -> Session:
    """The operator says which open session a stop belongs to. Raises NotFound, NotNow."""
    orphan, session = rows.by_id(conn, orphan_id), session_rows.by_id(conn, session_id)
    if orphan is None or session is None or orphan.station_id != session.station_id:
        raise NotFound(
            f"no station has both a stop {orphan_id} and a session {session_id}; see `bollard cloud orphans`"
        )
    station = places.lock_station(conn, orphan.station_id)
    if orphan.session_id is not None or not session.open:
        raise NotNow(f"stop {orphan_id} must be without a session, and session {session_id} without a stop")
    before, after = {"stop": None}, {"stop": orphan_id}
    audit.change(conn, station.organisation_id, user_id, "stop joined", str(session_id), before, after, now)
    return _join(conn, orphan, session, now)


def _join(conn: Connection, orphan: Orphan, session: Session, now: datetime) -> Session:
    """Its raw stop is not the session's: should the session's own arrive, that counts."""
    rows.join(conn, orphan.id, session.id)
    return closing.close(conn, session, as_stop(orphan), None, now)


def _fits(conn: Connection, orphan: Orphan, session: Session) -> bool:
    return fits(orphan, session, metering.max_power_w(conn, session))


def _values(station_id: int, report: StopReport, now: datetime) -> dict[str, object]:
    at = report.at if report.at and believable(report.at, now) else None
    readings = [Register(sample.at, sample.energy_wh) for sample in report.samples]
    told = str(report.raw.get("timestamp"))[:64]
    return {
        "station_id": station_id,
        "transaction_id": str(report.transaction_id),
        "id_tag": report.id_tag,
        "at": at,
        "received_at": now,
        "meter_stop_wh": report.meter_stop_wh,
        "energy_wh": shown_energy_wh(readings, Register(at or now, report.meter_stop_wh)),
        "reason": report.reason,
        "stop_key": f"{report.transaction_id} {at or told} {report.meter_stop_wh}",
        "raw": dict(report.raw),
    }
