"""Decisions about sessions that are in doubt or were billed wrongly: bill, correct, write off; each is audited."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import bills, places, samples, sessions, tariffs
from cloud.domain.bills import Bill, BillingTask, says_the_same
from cloud.domain.corrections import LONGEST_REASON, Correction, corrected
from cloud.domain.money import format_minor
from cloud.domain.reports import Sample
from cloud.domain.sessions import Session, SessionState
from cloud.domain.stations import Station
from cloud.domain.views import SessionRow
from cloud.domain.words import N_
from cloud.services import audit, billing, overview, wallets
from cloud.services.errors import NotFound, NotNow
from cloud.services.tariffs import find as find_tariff

MOST_SAMPLES = 200


@dataclass(frozen=True, slots=True)
class Case:
    """A session with all that a decision about it needs; `samples` are the latest, `task` says why it has no bill."""

    session: SessionRow
    bills: tuple[Bill, ...]
    samples: tuple[Sample, ...]
    task: BillingTask | None


def case(conn: Connection, session_id: int) -> Case:
    """Raises NotFound."""
    row = overview.session(conn, session_id)
    if row is None:
        raise NotFound(f"there is no session {session_id}; `bollard cloud sessions` lists them")
    task = next((task for task in bills.tasks(conn) if task.session_id == session_id), None)
    told = tuple(samples.listed(conn, session_id, MOST_SAMPLES))
    return Case(row, tuple(bills.related(conn, session_id)), told, task)


def review(
    conn: Connection, session_id: int, *, bill: bool, user_id: int | None, now: datetime, reason: str = ""
) -> Bill | None:
    """Ends a suspect session's review: billed as it is, or written off.

    An invoice that it has stands if it is billed, and is credited if it is written off; returns the bill in force,
    or the credit note. Raises NotFound, NotNow.
    """
    station, session = _locked(conn, session_id)
    if session.state is not SessionState.SUSPECT:
        raise NotNow(f"session {session_id} is {session.state}; only a suspect session needs a review")
    if bill and session.tariff_version_id is None:
        raise NotNow(f"session {session_id} has no tariff, so it has no price; `correct --tariff` gives it one")
    state = SessionState.FINISHED if bill else SessionState.WRITTEN_OFF
    sessions.save(conn, replace(session, state=state))
    before = {"state": session.state, "reasons": list(session.reasons)}
    after = {**before, "state": state, "why": reason}
    audit.change(conn, station.organisation_id, user_id, N_(f"session {state}"), str(session_id), before, after, now)
    billed = bills.of_session(conn, session_id)
    if bill:
        return billing.issue_now(conn, session_id, now)
    if billed:
        return billing.credit(conn, station, billed, reason or "written off", now)
    wallets.release(conn, session, now)
    return None


def correct(
    conn: Connection, session_id: int, correction: Correction, user_id: int | None, now: datetime
) -> list[Bill]:
    """Gives an ended session other figures and bills it by them: what was billed is credited and billed anew.

    Returns the bills issued by it, none when everything was so already. Raises NotFound, NotNow, BadCorrection.
    """
    station, session = _locked(conn, session_id)
    if session.open:
        raise NotNow(f"session {session_id} is {session.state}; it can be corrected once it has ended")
    changed = corrected(_tariffed(conn, station.organisation_id, session, correction), correction, now)
    if changed.tariff_version_id is None:
        raise NotNow(f"session {session_id} has no tariff, so it has no price; give it one with --tariff")
    billed = bills.of_session(conn, session_id)
    draft = replace(billing.drafted(conn, station, changed, now), reason=correction.reason.strip())
    changed = replace(changed, cost_minor=draft.price.gross_minor)
    sessions.correct(conn, changed)
    before, after = _figures(conn, session), _figures(conn, changed) | {"why": correction.reason}
    audit.change(conn, station.organisation_id, user_id, "session corrected", str(session_id), before, after, now)
    if billed is not None and says_the_same(billed.document, draft):
        return []
    credits = [billing.credit(conn, station, billed, draft.reason, now)] if billed else []
    draft = replace(draft, corrects=billed.number if billed else None)
    return [*credits, billing.write(conn, station, changed, draft, now)]


def credit(conn: Connection, session_id: int, reason: str, user_id: int | None, now: datetime) -> Bill:
    """Undoes what was billed for a session by a credit note; the session is written off. Raises NotFound, NotNow."""
    station, session = _locked(conn, session_id)
    billed = bills.of_session(conn, session_id)
    if billed is None or session.open:
        raise NotNow(f"session {session_id} has no bill that could be undone")
    if not 0 < len(reason) <= LONGEST_REASON:
        raise NotNow(
            f"give the reason that shall stand on the credit note, in at most {LONGEST_REASON} characters", "reason"
        )
    sessions.save(conn, replace(session, state=SessionState.WRITTEN_OFF))
    before = {"state": session.state, "bill": billed.number}
    after = {"state": SessionState.WRITTEN_OFF, "bill": None, "why": reason}
    audit.change(conn, station.organisation_id, user_id, "session credited", str(session_id), before, after, now)
    return billing.credit(conn, station, billed, reason, now)


def _figures(conn: Connection, session: Session) -> dict[str, Any]:
    """What a correction can change, for the audit log."""
    figures = {name: getattr(session, name) for name in ("energy_wh", "started_at", "ended_at")}
    if session.cost_minor is None or session.tariff_version_id is None:
        return figures | {"cost": None}
    currency = tariffs.version(conn, session.tariff_version_id).terms.currency
    return figures | {"cost": format_minor(session.cost_minor, currency)}


def _tariffed(conn: Connection, organisation_id: int, session: Session, correction: Correction) -> Session:
    """The session, with the version of the tariff given that was valid when it began."""
    if correction.tariff is None:
        return session
    tariff = find_tariff(conn, organisation_id, correction.tariff)
    version = tariffs.version_at(conn, tariff.id, session.started_at)
    if version is None:
        raise NotNow(f"tariff {correction.tariff!r} was not valid when session {session.id} began")
    return replace(session, tariff_version_id=version.id)


def _locked(conn: Connection, session_id: int) -> tuple[Station, Session]:
    found = sessions.by_id(conn, session_id)
    if found is None:
        raise NotFound(f"there is no session {session_id}; `bollard cloud sessions` lists them")
    station = places.lock_station(conn, found.station_id)
    session = sessions.by_id(conn, session_id)
    assert session is not None
    return station, session
