"""Bills: issued inside the unit of work that closes the session, credited and replaced, never changed."""

from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from cloud.db.queries import accounts, bills, places, sessions, tariffs
from cloud.domain import ocpi_tariffs
from cloud.domain.bills import (
    Bill,
    BillKind,
    Buyer,
    Delivery,
    Document,
    Parties,
    credited,
    series,
)
from cloud.domain.sessions import Session, SessionState
from cloud.domain.stations import Station
from cloud.services import wallets, webhooks
from cloud.services.pricing import price_of

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
MOST_AT_ONCE = 50
_OF_THIS_BILL = (IntegrityError, DataError, ProgrammingError)


def issue(conn: Connection, session_id: int, now: datetime) -> Bill | None:
    """The session's bill, issued now unless it has one; None when it has no tariff, is not finished or owes nothing.

    Whatever fails in it is undone and put off, and the unit of work it belongs to goes on: a station's report must
    not be refused for it. `retry` tries again.
    """
    for last in (False, True):  # a rival may have written the same key; the second time its row is there to be seen
        try:
            with conn.begin_nested():
                return issue_now(conn, session_id, now)
        except Exception as error:
            if isinstance(error, DBAPIError) and not isinstance(error, _OF_THIS_BILL):
                raise
            if last or not isinstance(error, IntegrityError):
                _put_off(conn, session_id, error, now)
                break
    return None


def _put_off(conn: Connection, session_id: int, error: Exception, now: datetime) -> None:
    wait = min(FIRST_WAIT * 2 ** min(bills.attempts(conn, session_id), 20), LONGEST_WAIT)
    bills.put_off(conn, session_id, f"{type(error).__name__}: {error}"[:500], now, wait)


def issue_now(conn: Connection, session_id: int, now: datetime) -> Bill | None:
    """As `issue`, but raises what fails."""
    issued = bills.of_session(conn, session_id)
    session = sessions.by_id(conn, session_id)
    if session is not None and session.state is SessionState.SUSPECT:
        wallets.keep_the_price(conn, session, now)
    if issued or session is None or session.state is not SessionState.FINISHED:
        return issued
    if session.tariff_version_id is None or session.owes_nothing:
        wallets.release(conn, session, now)
        return None
    station = places.lock_station(conn, session.station_id)
    return write(conn, station, session, drafted(conn, station, session, now), now)


def retry(conn: Connection, session_id: int, now: datetime) -> Bill | None:
    """Tries again to issue a bill that failed; the bill if there is one now."""
    found = sessions.by_id(conn, session_id)
    if found is None:
        return None
    places.lock_station(conn, found.station_id)
    failed = bills.attempts(conn, session_id)
    issued = issue(conn, session_id, now)
    if bills.attempts(conn, session_id) == failed:
        bills.settled(conn, session_id)
    return issued


def due(conn: Connection, now: datetime) -> list[int]:
    """Sessions whose bill is to be tried again now, at most `MOST_AT_ONCE`."""
    return bills.due(conn, now, MOST_AT_ONCE)


def write(conn: Connection, station: Station, session: Session, document: Document, now: datetime) -> Bill:
    """Issues the session's next invoice."""
    revision = 1 + sum(each.kind is BillKind.INVOICE for each in bills.related(conn, session.id))
    return _numbered(conn, station, BillKind.INVOICE, session.id, revision, now, document)


def credit(conn: Connection, station: Station, invoice: Bill, reason: str, now: datetime) -> Bill:
    """Issues the credit note that undoes an invoice; the database refuses a second one."""
    undoing = (invoice.session_id, invoice.revision, now, credited(invoice, reason))
    return _numbered(conn, station, BillKind.CREDIT_NOTE, *undoing)


def drafted(conn: Connection, station: Station, session: Session, now: datetime) -> Document:
    """What the session's invoice says. Needs a session with a tariff."""
    assert session.tariff_version_id is not None
    tariff = tariffs.version(conn, session.tariff_version_id)
    return Document(
        parties=Parties(
            seller=places.seller(conn, station.organisation_id),
            id_tag=session.id_tag,
            site=places.site_name(conn, station.site_id),
            station=session.identity,
            connector=session.connector,
            buyer=_buyer(conn, session),
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
        tariff_ocpi=ocpi_tariffs.write(tariff),
        time_zone=places.time_zone(conn, station.id).key,
    )


def _buyer(conn: Connection, session: Session) -> Buyer:
    account = accounts.by_id(conn, session.account_id) if session.account_id is not None else None
    return Buyer(account.name, account.id) if account else Buyer()


def _numbered(
    conn: Connection,
    station: Station,
    kind: BillKind,
    session_id: int,
    revision: int,
    now: datetime,
    document: Document,
) -> Bill:
    """Issues a bill in the series of its kind and year, by the organisation's calendar, and posts it to the ledger."""
    organisation_id = station.organisation_id
    year = now.astimezone(places.default_time_zone(conn, organisation_id))
    issued = bills.insert(conn, organisation_id, series(kind, year), session_id, kind, revision, now, document)
    wallets.settle(conn, organisation_id, issued, now)
    webhooks.tell_bill(conn, station, issued, now)
    return issued
