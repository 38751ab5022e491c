"""Bills: issued inside the unit of work that closes the session, numbered without gaps."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from cloud.db.queries import bills, places, sessions, tariffs
from cloud.domain.bills import Bill, Delivery, Document, Parties
from cloud.domain.sessions import Session, SessionState
from cloud.services import audit, wallets
from cloud.services.errors import NotFound, NotNow
from cloud.services.pricing import price_of


def issue(conn: Connection, session_id: int, now: datetime) -> Bill | None:
    """The session's bill, issued now unless it has one; None when it has no tariff, is not finished or owes nothing."""
    issued = bills.of_session(conn, session_id)
    session = sessions.by_id(conn, session_id)
    if issued or session is None or session.state is not SessionState.FINISHED:
        return issued
    if session.tariff_version_id is None or session.owes_nothing:
        wallets.release(conn, session, now)
        return None
    return _write(conn, session, session.tariff_version_id, now)


def review(conn: Connection, session_id: int, *, bill: bool, user_id: int | None, now: datetime) -> Bill | None:
    """Ends a suspect session's review: billed as it is, or written off. Raises NotFound, NotNow."""
    session = _suspect(conn, session_id)
    if bill and session.tariff_version_id is None:
        raise NotNow(f"session {session_id} has no tariff, so it has no price; it can only be written off")
    if not bill and bills.of_session(conn, session_id):
        raise NotNow(f"session {session_id} is billed already; a bill cannot be written off")
    state = SessionState.FINISHED if bill else SessionState.WRITTEN_OFF
    sessions.save(conn, replace(session, state=state))
    audit.note(conn, user_id, f"session {state}", str(session_id), {"reasons": session.reasons}, now)
    if not bill:
        wallets.release(conn, session, now)
    return issue(conn, session_id, now)


def _suspect(conn: Connection, session_id: int) -> Session:
    found = sessions.by_id(conn, session_id)
    if found is None:
        raise NotFound(f"there is no session {session_id}; `bollard cloud sessions` lists them")
    places.lock_station(conn, found.station_id)
    session = sessions.by_id(conn, session_id)
    if session is None or session.state is not SessionState.SUSPECT:
        raise NotNow(f"session {session_id} is {found.state}; only a suspect session needs a review")
    return session


def _write(conn: Connection, session: Session, tariff_version_id: int, now: datetime) -> Bill:
    station = places.lock_station(conn, session.station_id)
    tariff = tariffs.version(conn, tariff_version_id)
    document = Document(
        parties=Parties(
            seller=places.organisation_name(conn, station.organisation_id),
            id_tag=session.id_tag,
            site=places.site_name(conn, station.site_id),
            station=session.identity,
            connector=session.connector,
        ),
        delivery=Delivery(
            energy_wh=session.energy_wh,
            meter_start_wh=session.meter_start_wh,
            meter_stop_wh=session.meter_stop_wh,
            started_at=session.started_at,
            ended_at=session.ended_at or now,
        ),
        tariff=tariff.name,
        tariff_version=tariff.number,
        price=price_of(conn, session, tariff),
    )
    series = f"{now.astimezone(UTC):%Y}"
    number = bills.next_number(conn, station.organisation_id, series)
    bill = bills.insert(conn, station.organisation_id, series, number, session.id, now, document)
    wallets.settle(conn, bill, now)
    return bill
