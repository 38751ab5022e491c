"""Sessions: opened, fed and closed by what stations report. Reports are facts: always answered, never refused."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from cloud.db.queries import places, tags
from cloud.db.queries import sessions as rows
from cloud.domain import reasons
from cloud.domain.bills import StopAnswer
from cloud.domain.clocks import dated
from cloud.domain.incidents import IncidentKind
from cloud.domain.reports import (
    MeterReport,
    StartAnswer,
    StartReport,
    StopReport,
    salvaged,
    storable_start,
    storable_stop,
)
from cloud.domain.sessions import Session, miss_stop
from cloud.domain.stations import Connector, Station
from cloud.domain.tags import TagVerdict, masked, same_group, tag_key, verdict
from cloud.domain.webhooks import Event
from cloud.domain.words import N_
from cloud.services import (
    closing,
    effects,
    incidents,
    metering,
    orphans,
    parking,
    stations,
    taps,
    verdicts,
    wallets,
    webhooks,
)
from cloud.services.verdicts import Admission

LOST_AFTER = timedelta(days=7)
MOST_AT_ONCE = 50
Placed = TypeVar("Placed", StartReport, MeterReport)
_LARGEST_TRANSACTION_ID = 2**31 - 1


def started(
    conn: Connection, station_id: int, report: StartReport, now: datetime, *, doubts: tuple[str, ...] = ()
) -> StartAnswer:
    """Opens a session, whatever the verdict; the same report again gets the same transaction id.

    An open session on the same connector has missed its stop and begins to wait for it.
    A connector number that cannot be is kept as connector 0, with a doubt.
    """
    report = _placed(storable_start(report))
    report = replace(report, doubts=(*report.doubts, *doubts))
    station = places.lock_station(conn, station_id)
    place = stations.connector(conn, station_id, report.connector, lowest=0)
    known = rows.by_start(conn, place, report)
    if known is None:
        _miss_stops(conn, station, place, now)
    begun = dated("start", report.at, now)
    admission = verdicts.start(conn, station, place.number, report.id_tag, begun[0], now, known)
    session = known or _open(conn, place, report, begun, admission)
    if known is None:
        if admission.verdict.unknown:
            taps.note(conn, station_id, report.id_tag, now)
        wallets.begin(conn, session, now)
        _end_waits(conn, session, now)
        webhooks.tell_session(conn, Event.SESSION_STARTED, session, now)
        effects.session_started(conn, session, report.reservation_id, now)
        orphans.adopt(conn, session, now)
    elif known.open:
        orphans.adopt_readings(conn, known, now)
    return StartAnswer(int(session.transaction_id), admission.verdict, session.id, replayed=known is not None)


def metered(conn: Connection, station_id: int, report: MeterReport, now: datetime) -> Session | None:
    """Stores samples once and moves the running aggregate; returns the session they belong to, if any.

    Samples for an unknown session or another station's are kept without a session, with an incident.
    Those that arrive after the end of their session still count.
    """
    report = _placed(report)
    station = places.lock_station(conn, station_id)
    session = _metered_session(conn, station, report, now)
    orphan_of = None if session else _unknown(conn, report.transaction_id)
    readings = metering.keep(conn, station_id, report.connector, session, report.samples, now, orphan_of)
    if odd := salvaged(report):
        text = f"a meter value needed salvaging: {odd}"
        incidents.record(conn, station_id, station.identity, IncidentKind.SALVAGED, text, report.raw, now)
    if session is None or not readings:
        return session
    if not session.open:
        return closing.count_late(conn, session, readings, now)
    fed = metering.resumed(conn, closing.priced(conn, metering.fed(conn, session, readings)))
    rows.save(conn, fed)
    if fed.last_sample_at is not None:
        wallets.watch(conn, fed, fed.last_sample_at - (session.last_sample_at or session.started_at), now)
    return fed


def stopped(conn: Connection, station_id: int, report: StopReport, now: datetime) -> StopAnswer:
    """Closes the session, prices it and issues its bill, all in this unit of work.

    Unknown, -1 or another station's transaction id: kept as an orphan, with an incident. A repeat keeps the first data.
    A session with reasons for doubt becomes suspect and is not billed.
    """
    report = storable_stop(report)
    station = places.lock_station(conn, station_id)
    said = _stop_verdict(conn, station, report, now)
    session = rows.by_transaction(conn, station_id, str(report.transaction_id))
    if session is None:
        whose = _whose(conn, station, report.transaction_id)
        text = f"a stop arrived for {whose}"
        incidents.record(conn, station_id, station.identity, IncidentKind.ORPHAN_STOP, text, report.raw, now)
        found = orphans.keep(conn, station_id, report, now)
        return StopAnswer(said, found.id if found else None)
    _note_stranger(conn, station, session, report, now)
    readings = metering.keep(conn, station_id, session.connector, session, report.samples, now)
    bill = closing.stop(conn, session, report, readings, now)
    return StopAnswer(said, session.id, bill)


def close_overdue(conn: Connection, now: datetime, *, grace_s: int = 3600) -> list[Session]:
    """Closes, from their last sample, sessions whose stop will not come; returns them.

    Their stop was due for `grace_s` while the station was connected, or the station is lost for a week.
    At most `MOST_AT_ONCE`: the next look closes more.
    """
    until, lost_until = now - timedelta(seconds=grace_s), now - LOST_AFTER
    for station_id in sorted({session.station_id for session in rows.overdue(conn, until, lost_until, MOST_AT_ONCE)}):
        places.lock_station(conn, station_id)
    overdue = rows.overdue(conn, until, lost_until, MOST_AT_ONCE)
    return [closing.close(conn, session, None, None, now) for session in overdue]


def end_long_waits(conn: Connection, now: datetime) -> list[Session]:
    """Prices the sessions whose car has stayed as long as anybody waits; returns them."""
    for station_id in sorted({session.station_id for session in parking.overdue(conn, now)}):
        places.lock_station(conn, station_id)
    return [closing.reconsidered(conn, session, "", now) for session in parking.overdue(conn, now)[:MOST_AT_ONCE]]


def _end_waits(conn: Connection, following: Session, now: datetime) -> None:
    """Whoever waited at the connector for a car to leave waits no more."""
    for session in rows.plugged(conn, following.station_id, following.connector):
        closing.reconsidered(conn, session, "", now)


def _placed(report: Placed) -> Placed:
    """The report, at connector 0 if its number cannot be: a station's mistake must not cost its energy."""
    if 0 < report.connector <= stations.MOST_CONNECTORS or (isinstance(report, MeterReport) and report.connector == 0):
        return report
    doubts = (*report.doubts, reasons.impossible_connector(report.connector))
    return replace(report, connector=0, doubts=doubts)


def _miss_stops(conn: Connection, station: Station, place: Connector, now: datetime) -> None:
    for session in rows.running_on(conn, station.id, place.number):
        rows.save(conn, miss_stop(session, now))
        text = f"session {session.id} was still running on connector {place.number} when another began"
        incidents.record(conn, station.id, station.identity, IncidentKind.MISSED_STOP, text, {}, now)


def _stop_verdict(conn: Connection, station: Station, report: StopReport, now: datetime) -> TagVerdict | None:
    if report.id_tag is None:
        return None
    return verdict(tags.find(conn, station.organisation_id, report.id_tag), now)


def _open(
    conn: Connection,
    place: Connector,
    report: StartReport,
    begun: tuple[datetime, tuple[str, ...]],
    admission: Admission,
) -> Session:
    started_at, clock_doubts = begun
    values = {
        "transaction_id": _fresh_transaction_id(conn),
        "start_status": admission.verdict.status,
        "start_why": admission.verdict.why or None,
        "started_at": started_at,
        "odd_since": started_at if report.meter_start_wh is None else None,
        "doubts": [*report.doubts, *clock_doubts],
        "account_id": admission.account_id,
        "tariff_version_id": admission.tariff_version_id,
    }
    opened = rows.by_id(conn, rows.insert(conn, place, report, values))
    assert opened is not None
    session = closing.priced(conn, opened)
    rows.save(conn, session)
    return session


def _fresh_transaction_id(conn: Connection) -> str:
    """Random, so that no station can guess another's; never from the clock, never taken."""
    while True:
        drawn = str(1 + secrets.randbelow(_LARGEST_TRANSACTION_ID))
        if not rows.is_taken(conn, drawn):
            return drawn


def _metered_session(conn: Connection, station: Station, report: MeterReport, now: datetime) -> Session | None:
    if report.transaction_id is None:
        return None
    session = rows.by_transaction(conn, station.id, str(report.transaction_id))
    if session is not None and session.connector == report.connector:
        return session
    elsewhere = rows.owner(conn, str(report.transaction_id)) not in (None, station.identity)
    kind = IncidentKind.FOREIGN_SESSION if elsewhere else IncidentKind.ORPHAN_METER
    whose = _whose(conn, station, report.transaction_id)
    text = f"a meter value of connector {report.connector} arrived for {whose}"
    incidents.record(conn, station.id, station.identity, kind, text, report.raw, now)
    return None


def _unknown(conn: Connection, transaction_id: int | None) -> str | None:
    """The transaction that a meter value names if it is nobody's: its start may still come."""
    named = None if transaction_id is None else str(transaction_id)
    return named if named and rows.owner(conn, named) is None else None


def _note_stranger(conn: Connection, station: Station, session: Session, report: StopReport, now: datetime) -> None:
    """Who may stop a session is the station's decision; the operator sees when it was nobody of the driver's group."""
    told = report.id_tag
    if not session.open or told is None or tag_key(told) == tag_key(session.id_tag):
        return
    if not same_group(*(tags.find(conn, station.organisation_id, each) for each in (session.id_tag, told))):
        text = (
            f"session {session.id} of {masked(session.id_tag)} was stopped with {masked(told)}, "
            "which is not of its group; it is billed as usual"
        )
        incidents.record(conn, station.id, station.identity, IncidentKind.STRANGERS_STOP, text, report.raw, now)


def _whose(conn: Connection, station: Station, transaction_id: int | None) -> str:
    """A transaction in words; what another organisation has is not known here."""
    owner = None if transaction_id is None else rows.owner(conn, str(transaction_id))
    known = None if owner is None else places.find_station(conn, owner)
    named = N_(f"session {transaction_id}")
    ours = known is not None and known.organisation_id == station.organisation_id
    return f"{named}, which belongs to {owner}" if ours else f"{named}, which is not known"
