"""How a session ends: by its stop, by a stop that comes late or twice, or without one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import bills, samples, tariffs
from cloud.db.queries import sessions as rows
from cloud.domain import reasons
from cloud.domain.bills import Bill
from cloud.domain.clocks import dated
from cloud.domain.endings import Stop, end, reported_stop, surprising, unsettled_since
from cloud.domain.energy import Register
from cloud.domain.incidents import IncidentKind
from cloud.domain.money import format_minor
from cloud.domain.reports import StopReport
from cloud.domain.sessions import EndedBy, Session, SessionState, odd
from cloud.domain.webhooks import Event
from cloud.services import billing, effects, incidents, metering, parking, webhooks
from cloud.services.pricing import UNPRICEABLE, price_of


def stop(
    conn: Connection, session: Session, report: StopReport, readings: Sequence[Register], now: datetime
) -> Bill | None:
    """What a stop, with the new readings that came in it, does to its session, open or not.

    Returns the bill if one is issued by it.
    """
    if not session.open and rows.stop_raw(conn, session.id) is not None:
        _note_repeat(conn, session, report, now)
        count_late(conn, session, readings, now)
        return None
    seen = metering.fed(conn, session, readings)
    ended_at, clock_doubts = dated("stop", report.at, now)
    doubts = (*report.doubts, *clock_doubts)
    reported = Stop(ended_at, report.meter_stop_wh, report.reason, report.id_tag, doubts)
    if session.open:
        return _closed(conn, seen, reported, report.raw, now)[1]
    return _correct(conn, session, seen, reported, report.raw, now)


def close(
    conn: Connection, session: Session, stop: Stop | None, raw: Mapping[str, Any] | None, now: datetime
) -> Session:
    """Ends a session, prices it, and bills it unless it is suspect."""
    return _closed(conn, session, stop, raw, now)[0]


def _closed(
    conn: Connection, session: Session, stop: Stop | None, raw: Mapping[str, Any] | None, now: datetime
) -> tuple[Session, Bill | None]:
    ended = priced(conn, _ended(conn, session, stop, now))
    rows.save(conn, ended, stop_raw=raw)
    if stop is not None:
        effects.session_stopped(conn, ended, now)
    webhooks.tell_session(conn, Event.SESSION_STOPPED, ended, now)
    return ended, billing.issue(conn, ended.id, now)


def priced(conn: Connection, session: Session) -> Session:
    """The session with what its energy so far costs; without a price when that fails, and its bill tells why."""
    if session.tariff_version_id is None:
        return session
    if session.owes_nothing:
        return replace(session, cost_minor=0)
    tariff = tariffs.version(conn, session.tariff_version_id)
    try:
        return replace(session, cost_minor=price_of(conn, session, tariff).gross_minor)
    except UNPRICEABLE:
        return replace(session, cost_minor=None)


def count_late(conn: Connection, session: Session, readings: Sequence[Register], now: datetime) -> Session:
    """New readings of a session that has ended: they count, unless a bill or a review came first."""
    if not any(surprising(session, reading) for reading in readings):
        return reconsidered(conn, session, "a meter value that came late", now) if readings else session
    session = reduce(odd, (reading for reading in readings if surprising(session, reading)), session)
    seen = metering.fed(conn, session, readings) if session.ended_by is EndedBy.GRACE else session
    corrected = priced(conn, _ended(conn, seen, reported_stop(session), now))
    if session.state is SessionState.WRITTEN_OFF or bills.of_session(conn, session.id):
        corrected = _compared(session, corrected, "a meter value that came late")
    rows.save(conn, corrected)
    billing.issue(conn, session.id, now)
    return corrected


def reconsidered(conn: Connection, session: Session, what: str, now: datetime) -> Session:
    """An ended session of which something was told late: priced again; suspect if its bill says otherwise."""
    if session.state is SessionState.WRITTEN_OFF or session.tariff_version_id is None or session.corrected_at:
        return session
    terms = tariffs.version(conn, session.tariff_version_id).terms
    if not (terms.needs_readings or terms.needs_states):
        return session
    again = priced(conn, parking.settled(conn, session, now))
    if bills.of_session(conn, session.id):
        again = _repriced(session, again, what, terms.currency)
    rows.save(conn, again)
    billing.issue(conn, session.id, now)
    return again


def _repriced(session: Session, again: Session, what: str, currency: str) -> Session:
    if again.cost_minor == session.cost_minor:
        return session
    prices = (format_minor(minor or 0, currency) for minor in (again.cost_minor, session.cost_minor))
    findings = tuple(dict.fromkeys((*session.findings, reasons.repriced_late(what, *prices))))
    return replace(again, state=SessionState.SUSPECT, findings=findings)


def _correct(
    conn: Connection, session: Session, seen: Session, stop: Stop, raw: Mapping[str, Any], now: datetime
) -> Bill | None:
    """A stop after the session was closed without one: it counts, unless a bill or a review came first."""
    text = f"the stop of session {session.id} arrived after it had been closed from its last meter value"
    incidents.record(conn, session.station_id, session.identity, IncidentKind.LATE_STOP, text, raw, now)
    billed = bills.of_session(conn, session.id)
    if billed is None and session.state in (SessionState.SUSPECT, SessionState.AWAITING_UNPLUG):
        return _closed(conn, seen, stop, raw, now)[1]
    rows.save(conn, _compared(session, priced(conn, _ended(conn, seen, stop, now)), "a late stop"), stop_raw=raw)
    return None


def _compared(session: Session, corrected: Session, what: str) -> Session:
    """The billed session as it is known now, suspect if that is not what was billed; an operator's figures stand."""
    if corrected.energy_wh == session.energy_wh or session.state is SessionState.WRITTEN_OFF:
        return session
    finding = reasons.corrected_late(what, corrected.energy_wh, session.energy_wh)
    findings = tuple(dict.fromkeys((*session.findings, finding)))
    known = session if session.corrected_at else corrected
    return replace(known, state=SessionState.SUSPECT, findings=findings)


def _ended(conn: Connection, session: Session, stop: Stop | None, now: datetime) -> Session:
    since = unsettled_since(session, stop)
    readings = samples.registers(conn, session, since) if since else None
    rating_w, neighbours = metering.max_power_w(conn, session), rows.neighbours(conn, session)
    return parking.settled(conn, end(session, readings, stop, rating_w, neighbours, since), now)


def _note_repeat(conn: Connection, session: Session, report: StopReport, now: datetime) -> None:
    if report.meter_stop_wh in (None, session.meter_stop_wh):
        return
    text = f"another stop of session {session.id} says {report.meter_stop_wh} Wh; the first data were kept"
    incidents.record(conn, session.station_id, session.identity, IncidentKind.REPEATED_STOP, text, report.raw, now)
