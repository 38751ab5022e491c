"""One session: what was measured and what it costs; and what an operator decides about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import accounts, bills, places, samples, sessions, states, tariffs
from cloud.documents.receipt import TITLES
from cloud.domain.bills import Bill, BillKind
from cloud.domain.corrections import LONGEST_REASON, Correction
from cloud.domain.decimals import typed
from cloud.domain.people import Permission
from cloud.domain.pricing import Price
from cloud.domain.reports import Sample
from cloud.domain.sessions import Session
from cloud.domain.tariffs import TariffVersion
from cloud.services import commands, overview, reviews
from cloud.services.bell import Topic
from cloud.services.pricing import UNPRICEABLE, price_of
from cloud.web.chart import Chart, chart
from cloud.web.forms import text
from cloud.web.pages import Action, Done, Look, Page

MOST_SAMPLES = 2000
MOST_SHOWN = 100
MOST_STATES = 50


def session(conn: Connection, look: Look) -> dict[str, Any]:
    row = overview.session(conn, look.params["session_id"], look.scope)
    detail = sessions.by_id(conn, look.params["session_id"])
    if row is None or detail is None:
        raise HTTPException(404)
    zone, measured = places.time_zone(conn, detail.station_id), samples.listed(conn, row.id, MOST_SAMPLES)
    related = bills.related(conn, row.id)
    version = tariffs.version(conn, detail.tariff_version_id) if detail.tariff_version_id else None
    return {
        "row": row,
        "detail": detail,
        "zone": zone,
        "chart": _chart(detail, measured, look.now, zone),
        "samples": measured[::-1][:MOST_SHOWN],
        "states": states.of_session(conn, detail, detail.unplugged_at or detail.ended_at)[-MOST_STATES:],
        "version": version,
        "price": _price(conn, detail, version, related),
        "bills": related,
        "titles": TITLES,
        "account": accounts.by_id(conn, detail.account_id) if detail.account_id else None,
        "longest": LONGEST_REASON,
    }


def _chart(of: Session, measured: Sequence[Sample], now: datetime, zone: ZoneInfo) -> Chart | None:
    power = [(each.at, each.power_w) for each in measured if each.power_w is not None]
    start_wh = of.meter_start_wh
    energy = [
        (each.at, each.energy_wh - start_wh)
        for each in measured
        if each.energy_wh is not None and start_wh is not None and each.energy_wh >= start_wh
    ]
    return chart(power, [(of.started_at, 0), *energy] if energy else [], of.started_at, of.ended_at or now, zone)


def _price(conn: Connection, of: Session, version: TariffVersion | None, related: Sequence[Bill]) -> Price | None:
    """As it was billed last, or so far; None while it cannot be told."""
    invoices = [bill for bill in related if bill.kind is BillKind.INVOICE]
    if invoices:
        return invoices[-1].document.price
    if version is None or of.owes_nothing:
        return None
    try:
        return price_of(conn, of, version)
    except UNPRICEABLE:
        return None


def correct_form(conn: Connection, look: Look) -> dict[str, Any]:
    row = overview.session(conn, own_session(conn, look))
    zone = places.default_time_zone(conn, look.organisation_id)
    assert row is not None
    return {"row": row, "zone": zone, "bills": bills.related(conn, row.id), "titles": TITLES}


def stop(conn: Connection, look: Look, form: FormData) -> Done:
    """Asks for a remote stop."""
    asked = commands.ask_stop(conn, own_session(conn, look), look.me.user.id, look.now)
    return Done(f"/commands/{asked.id}", (Topic.COMMANDS,))


def review(conn: Connection, look: Look, form: FormData) -> Done:
    """Ends a review: the session is billed as it is, or written off."""
    decision = form.get("decision")
    if decision not in {"bill", "write_off"}:
        raise HTTPException(400, "Please choose one of the two buttons.")
    session_id = own_session(conn, look)
    as_it_is, reason = decision == "bill", text(form, "reason")
    billed = reviews.review(conn, session_id, bill=as_it_is, user_id=look.me.user.id, now=look.now, reason=reason)
    return Done(_bill_or(billed, session_id), (Topic.SESSIONS,))


def credit(conn: Connection, look: Look, form: FormData) -> Done:
    """Undoes what was billed by a credit note."""
    session_id = own_session(conn, look)
    note = reviews.credit(conn, session_id, text(form, "reason"), look.me.user.id, look.now)
    return Done(_bill_or(note, session_id), (Topic.SESSIONS,))


def correct(conn: Connection, look: Look, form: FormData) -> Done:
    """Gives an ended session other figures; what was billed is credited and billed anew."""
    session_id = own_session(conn, look)
    zone = places.default_time_zone(conn, look.organisation_id)
    correction = Correction(
        reason=text(form, "reason"),
        energy_wh=_energy_wh(text(form, "kwh")),
        started_at=_moment(text(form, "began"), zone),
        ended_at=_moment(text(form, "ended"), zone),
    )
    issued = reviews.correct(conn, session_id, correction, look.me.user.id, look.now)
    return Done(f"/bills/{issued[-1].number}" if issued else f"/sessions/{session_id}", (Topic.SESSIONS,))


def own_session(conn: Connection, look: Look) -> int:
    """The session that the path names; HTTPException 404 when there is none that one sees."""
    session_id = int(look.params["session_id"])
    if overview.session(conn, session_id, look.scope) is None:
        raise HTTPException(404)
    return session_id


def _bill_or(bill: Bill | None, session_id: int) -> str:
    """To the credit note if there is one, else back to the session, which shows its bill."""
    return f"/bills/{bill.number}" if bill and bill.kind is BillKind.CREDIT_NOTE else f"/sessions/{session_id}"


def _energy_wh(kwh: str) -> int | None:
    given = typed(kwh)
    if kwh and given is None:
        raise HTTPException(400, "Give the energy in kWh, such as 12.345.")
    return None if given is None else int(given.scaleb(3))


def _moment(local: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.fromisoformat(local).replace(tzinfo=zone) if local else None
    except ValueError as error:
        raise HTTPException(400, "Give the time with its day, such as 2026-11-21 10:32.") from error


SESSION = "/sessions/{session_id:int}"
PAGES = (
    Page(SESSION, "session", session, frozenset({Topic.SESSIONS})),
    Page(f"{SESSION}/correct", "correct", correct_form, needs=Permission.BILL),
)
ACTIONS = (
    Action(f"{SESSION}/stop", stop, Permission.COMMAND),
    Action(f"{SESSION}/review", review, Permission.BILL),
    Action(f"{SESSION}/correct", correct, Permission.BILL),
    Action(f"{SESSION}/credit", credit, Permission.BILL),
)
