"""Sessions that ended, one session, and what an operator decides about it."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import bills, places, screens, session_lists, sessions
from cloud.db.queries.session_lists import SessionSearch
from cloud.documents.receipt import TITLES
from cloud.domain.corrections import Correction
from cloud.domain.people import Permission
from cloud.domain.views import SessionRow
from cloud.services import commands, overview, reviews
from cloud.services.bell import Topic
from cloud.web.languages import N_
from cloud.web.listing import Chosen, Column, Filter, Listing, listed, number_after
from cloud.web.pages import Action, Done, Look, Page
from cloud.web.sparkline import sparkline
from cloud.web.words import SESSION, session_sign

SESSIONS = Listing(
    path="/sessions",
    title=N_("Sessions"),
    columns=(
        Column(
            N_("Began"),
            "near",
            lambda row: row.started_at,
            link=lambda row: f"/sessions/{row.id}",
            note=Column("", "duration", lambda row: row.ended_at and row.ended_at - row.started_at),
        ),
        Column(
            N_("Station"),
            "text",
            lambda row: row.identity,
            note=Column("", "phrase", lambda row: (N_("connector %(connector)s"), {"connector": row.connector})),
        ),
        Column(N_("Tag"), "tag", lambda row: row.id_tag),
        Column(N_("Energy"), "kwh", lambda row: row.energy_wh),
        Column(N_("Price"), "money", lambda row: (row.cost_minor, row.currency)),
        Column(N_("Bill"), "text", lambda row: row.bill, link=lambda row: bill_path(row.bill)),
        Column(
            N_("State"),
            "pill",
            lambda row: session_sign(row.state, row.bill),
            note=Column("", "reasons", lambda row: row.reasons),
        ),
    ),
    filters=(
        Filter("state", N_("State"), "choice", {str(state): sign.words for state, sign in SESSION.items()}),
        Filter("site", N_("Site"), "choice"),
        Filter("station", N_("Station")),
        Filter("tag", N_("Tag")),
        Filter("from", N_("From"), "day"),
        Filter("to", N_("Until"), "last_day"),
    ),
    empty=(N_("No sessions yet"), N_("Once a car charges, its session appears here, and afterwards its bill.")),
)


def listing(conn: Connection, look: Look) -> dict[str, Any]:
    def find(chosen: Chosen, after: str | None, limit: int) -> list[SessionRow]:
        site = chosen.get("site")
        wanted = SessionSearch(
            state=chosen.get("state"),
            station=chosen.get("station"),
            site_id=None if site is None else int(site),
            tag=chosen.get("tag"),
            begin=chosen.get("from"),
            end=chosen.get("to"),
        )
        return session_lists.search(conn, wanted, look.scope, limit=limit, before_id=number_after(after))

    zone = places.default_time_zone(conn, look.me.user.organisation_id)
    return listed(SESSIONS, look, zone, find, {"site": session_lists.site_names(conn, look.scope)})


def bill_path(number: str | None) -> str | None:
    return f"/bills/{quote(number)}" if number else None


def session(conn: Connection, look: Look) -> dict[str, Any]:
    row = overview.session(conn, look.params["session_id"], look.scope)
    detail = sessions.by_id(conn, look.params["session_id"])
    if row is None or detail is None:
        raise HTTPException(404)
    power = screens.power(conn, [row.id]).get(row.id, [])
    return {"row": row, "detail": detail, "sparkline": sparkline(power)}


def correct_form(conn: Connection, look: Look) -> dict[str, Any]:
    row = overview.session(conn, own_session(conn, look))
    zone = places.default_time_zone(conn, look.me.user.organisation_id)
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
    reviews.review(conn, session_id, bill=decision == "bill", user_id=look.me.user.id, now=look.now)
    return Done(f"/sessions/{session_id}", (Topic.SESSIONS,))


def correct(conn: Connection, look: Look, form: FormData) -> Done:
    """Gives an ended session other figures; what was billed is credited and billed anew."""
    session_id = own_session(conn, look)
    zone = places.default_time_zone(conn, look.me.user.organisation_id)
    correction = Correction(
        reason=_text(form, "reason"),
        energy_wh=_energy_wh(_text(form, "kwh")),
        started_at=_moment(_text(form, "began"), zone),
        ended_at=_moment(_text(form, "ended"), zone),
    )
    issued = reviews.correct(conn, session_id, correction, look.me.user.id, look.now)
    return Done(f"/bills/{issued[-1].number}" if issued else f"/sessions/{session_id}", (Topic.SESSIONS,))


def own_session(conn: Connection, look: Look) -> int:
    """The session that the path names; HTTPException 404 when there is none that one sees."""
    session_id = int(look.params["session_id"])
    if overview.session(conn, session_id, look.scope) is None:
        raise HTTPException(404)
    return session_id


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _energy_wh(kwh: str) -> int | None:
    try:
        return int(Decimal(kwh.replace(",", ".")).scaleb(3)) if kwh else None
    except (InvalidOperation, OverflowError, ValueError) as error:
        raise HTTPException(400, "Give the energy in kWh, such as 12.345.") from error


def _moment(local: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.fromisoformat(local).replace(tzinfo=zone) if local else None
    except ValueError as error:
        raise HTTPException(400, "Give the time with its day, such as 2026-11-21 10:32.") from error


_SESSION = "/sessions/{session_id:int}"
PAGES = (
    Page("/sessions", "listing", listing, frozenset({Topic.SESSIONS})),
    Page(_SESSION, "session", session, frozenset({Topic.SESSIONS})),
    Page(f"{_SESSION}/correct", "correct", correct_form, needs=Permission.BILL),
)
ACTIONS = (
    Action(f"{_SESSION}/stop", stop, Permission.COMMAND),
    Action(f"{_SESSION}/review", review, Permission.BILL),
    Action(f"{_SESSION}/correct", correct, Permission.BILL),
)
