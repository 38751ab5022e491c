"""Sessions that ended, one session, and what an operator decides about it."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import bills, places, screens, sessions
from cloud.documents.receipt import TITLES
from cloud.domain.corrections import Correction
from cloud.domain.people import Permission
from cloud.services import commands, overview, reviews
from cloud.services.bell import Topic
from cloud.web.pages import Action, Done, Look, Page
from cloud.web.sparkline import sparkline

A_PAGE = 50


def ended(conn: Connection, look: Look) -> dict[str, Any]:
    rows = overview.ended_sessions(conn, limit=A_PAGE + 1, before_id=_before(look), scope=look.scope)
    older = rows[A_PAGE - 1].id if len(rows) > A_PAGE else None
    return {"rows": rows[:A_PAGE], "older": older, "first": _before(look) is None}


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


def _before(look: Look) -> int | None:
    before = look.query.get("before", "")
    return int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None


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
    Page("/sessions", "sessions", ended, frozenset({Topic.SESSIONS})),
    Page(_SESSION, "session", session, frozenset({Topic.SESSIONS})),
    Page(f"{_SESSION}/correct", "correct", correct_form, needs=Permission.BILL),
)
ACTIONS = (
    Action(f"{_SESSION}/stop", stop, Permission.COMMAND),
    Action(f"{_SESSION}/review", review, Permission.BILL),
    Action(f"{_SESSION}/correct", correct, Permission.BILL),
)
