"""How a session ends: by its stop, by a stop that comes late or twice, or without one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import bills, places, samples, tariffs
from cloud.db.queries import sessions as rows
from cloud.domain.bills import Bill
from cloud.domain.clocks import dated
from cloud.domain.incidents import IncidentKind
from cloud.domain.pricing import Usage, price
from cloud.domain.reports import StopReport
from cloud.domain.sessions import Session, SessionState, Stop, end
from cloud.services import billing, effects, incidents


def stop(conn: Connection, session: Session, report: StopReport, now: datetime) -> Bill | None:
    """What a stop does to its session, open or not; returns the bill if one is issued by it."""
    if not session.open and rows.stop_raw(conn, session.id) is not None:
        _note_repeat(conn, session, report, now)
        return None
    ended_at, clock_doubts = dated("stop", report.at, now)
    doubts = (*report.doubts, *clock_doubts)
    reported = Stop(ended_at, report.meter_stop_wh, report.reason, report.id_tag, doubts)
    if session.open:
        return _closed(conn, session, reported, report.raw, now)
    return _correct(conn, session, reported, report.raw, now)


def close(
    conn: Connection, session: Session, stop: Stop | None, raw: Mapping[str, Any] | None, now: datetime
) -> Session:
    """Ends a session, prices it, and bills it unless it is suspect."""
    ended = priced(conn, _ended(conn, session, stop))
    rows.save(conn, ended, stop_raw=raw)
    if stop is not None:
        effects.session_stopped(conn, ended, now)
    billing.issue(conn, ended.id, now)
    return ended


def priced(conn: Connection, session: Session) -> Session:
    """The session with what its energy so far costs."""
    if session.tariff_version_id is None:
        return session
    tariff = tariffs.version(conn, session.tariff_version_id)
    return replace(session, cost_minor=price(tariff, Usage(session.energy_wh)).gross_minor)


def _closed(conn: Connection, session: Session, stop: Stop, raw: Mapping[str, Any], now: datetime) -> Bill | None:
    close(conn, session, stop, raw, now)
    return bills.of_session(conn, session.id)


def _correct(conn: Connection, session: Session, stop: Stop, raw: Mapping[str, Any], now: datetime) -> Bill | None:
    """A stop after the session was closed without one: it counts, unless a bill or a review came first."""
    text = f"the stop of session {session.id} arrived after it had been closed from its last meter value"
    incidents.record(conn, session.station_id, session.identity, IncidentKind.LATE_STOP, text, raw, now)
    billed = bills.of_session(conn, session.id)
    if billed is None and session.state is SessionState.SUSPECT:
        return _closed(conn, session, stop, raw, now)
    rows.save(conn, _compared(session, _ended(conn, session, stop)), stop_raw=raw)
    return None


def _compared(session: Session, corrected: Session) -> Session:
    """The billed session, suspect now if its late stop says otherwise."""
    if corrected.energy_wh == session.energy_wh or session.state is SessionState.WRITTEN_OFF:
        return session
    finding = f"a late stop says {corrected.energy_wh} Wh, but {session.energy_wh} Wh were billed"
    return replace(session, state=SessionState.SUSPECT, findings=(*session.findings, finding))


def _ended(conn: Connection, session: Session, stop: Stop | None) -> Session:
    place = places.find_connector(conn, session.station_id, session.connector)
    registers = samples.registers(conn, session.id)
    return end(session, registers, stop, place.max_power_w if place else None)


def _note_repeat(conn: Connection, session: Session, report: StopReport, now: datetime) -> None:
    if report.meter_stop_wh in (None, session.meter_stop_wh):
        return
    text = f"another stop of session {session.id} says {report.meter_stop_wh} Wh; the first data were kept"
    incidents.record(conn, session.station_id, session.identity, IncidentKind.REPEATED_STOP, text, report.raw, now)
