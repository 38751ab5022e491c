"""One session: what was measured and what it costs; and what an operator decides about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import bills, places, samples, states, tariffs
from cloud.db.queries.overview import whole_session
from cloud.domain.bills import Bill, BillKind
from cloud.domain.corrections import LONGEST_REASON, Correction
from cloud.domain.people import Permission
from cloud.domain.reports import Sample
from cloud.domain.sessions import Session
from cloud.domain.wallets import for_everyone
from cloud.domain.words import N_
from cloud.services import commands, overview, reviews
from cloud.services.bell import Topic
from cloud.services.pricing import price_shown
from cloud.web.chart import Chart, chart
from cloud.web.forms import Field, Form, Press, filled
from cloud.web.pages import Action, Done, Look, Page

MOST_SAMPLES = 2000
MOST_SHOWN = 100
MOST_STATES = 50
SESSION = "/sessions/{session_id:int}"
REVIEW = (Field("reason", N_("Why you decide so"), longest=LONGEST_REASON),)
DECISIONS = (
    Press(N_("Bill it as it is"), "receipt", name="decision", value="bill", id="review-bill"),
    Press(N_("Write it off"), "ban", "quiet", "decision", "write_off", "review-off"),
)
UNDO = (Field("reason", N_("Why; this stands on the credit note"), required=True, longest=LONGEST_REASON),)
CREDIT = (Press(N_("Issue the credit note"), "back", "danger", id="credit"),)
CORRECTION = (
    Field("kwh", N_("Energy in kWh"), "number", also=("energy_wh",)),
    Field("began", N_("Began"), "moment", also=("started_at",)),
    Field("ended", N_("Ended"), "moment", also=("ended_at",)),
    Field("reason", N_("Why; this stands on the bill"), required=True, longest=LONGEST_REASON),
)


def session(conn: Connection, look: Look) -> dict[str, Any]:
    found = whole_session(conn, look.params["session_id"], look.scope)
    if found is None:
        raise HTTPException(404)
    row, detail, zone = found.row, found.detail, found.zone
    measured, why = samples.listed(conn, row.id, MOST_SAMPLES), detail.start_why or ""
    related = [] if detail.open else bills.related(conn, row.id)
    version = tariffs.version(conn, detail.tariff_version_id) if detail.tariff_version_id else None
    told = states.of_session(conn, detail, detail.unplugged_at or detail.ended_at)
    return {
        "row": row,
        "detail": detail,
        "start_why": why if look.me.user.may(Permission.OFFICE_LOOK) else for_everyone(why),
        "zone": zone,
        "chart": _chart(detail, measured, look.now, zone),
        "samples": measured[::-1][:MOST_SHOWN],
        "states": told[-MOST_STATES:],
        "version": version,
        "price": price_shown(conn, detail, version, related, zone, told),
        "bills": related,
        "driver": found.driver,
        "review": Form("review", f"/sessions/{row.id}/review", REVIEW, presses=DECISIONS),
        "undo": Form("credit", f"/sessions/{row.id}/credit", UNDO, presses=CREDIT),
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


def correct_form(conn: Connection, look: Look) -> dict[str, Any]:
    row = overview.session(conn, own_session(conn, look), look.scope)
    zone = places.default_time_zone(conn, look.organisation_id)
    assert row is not None
    note = (N_("What you leave empty stays as it is. Times are those of %(zone)s."), {"zone": zone.key})
    form = Form(
        "correct",
        f"/sessions/{row.id}/correct",
        CORRECTION,
        N_("Correct and bill"),
        back=f"/sessions/{row.id}",
        note=note,
    )
    return {"row": row, "zone": zone, "shown": form}


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
    as_it_is, reason = decision == "bill", filled(form, REVIEW)["reason"]
    billed = reviews.review(conn, session_id, bill=as_it_is, user_id=look.me.user.id, now=look.now, reason=reason)
    return Done(_bill_or(billed, session_id), (Topic.SESSIONS,))


def credit(conn: Connection, look: Look, form: FormData) -> Done:
    """Undoes what was billed by a credit note."""
    session_id = own_session(conn, look)
    note = reviews.credit(conn, session_id, filled(form, UNDO)["reason"], look.me.user.id, look.now)
    return Done(_bill_or(note, session_id), (Topic.SESSIONS,))


def correct(conn: Connection, look: Look, form: FormData) -> Done:
    """Gives an ended session other figures; what was billed is credited and billed anew."""
    session_id = own_session(conn, look)
    zone = places.default_time_zone(conn, look.organisation_id)
    given = filled(form, CORRECTION, zone)
    energy_wh = None if given["kwh"] is None else int(given["kwh"].scaleb(3))
    correction = Correction(given["reason"], energy_wh, given["began"], given["ended"])
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


PAGES = (
    Page(SESSION, "session", session, frozenset({Topic.SESSIONS})),
    Page(f"{SESSION}/correct", "correct", correct_form, needs=Permission.BILL),
)
ACTIONS = (
    Action(f"{SESSION}/stop", stop, Permission.COMMAND, page=SESSION),
    Action(f"{SESSION}/review", review, Permission.BILL, page=SESSION),
    Action(f"{SESSION}/correct", correct, Permission.BILL),
    Action(f"{SESSION}/credit", credit, Permission.BILL, page=SESSION),
)
