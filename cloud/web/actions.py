"""What an operator can do; each a unit of work of the services, asked for by a form."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import places
from cloud.domain.corrections import Correction
from cloud.services import commands, remote, reviews, verdicts
from cloud.services.bell import Topic
from cloud.web.pages import Done, Look, whole
from cloud.web.views import own_session, place


def start(conn: Connection, look: Look, form: FormData) -> Done:
    """Asks for a remote start with one of the tags offered."""
    station, connector = place(conn, look)
    wanted = whole(form, "tag")
    usable = verdicts.usable(conn, station.id, connector.number, look.now)
    tag = next((tag for tag in usable if tag.id == wanted), None)
    if tag is None:
        raise HTTPException(409, "This tag cannot charge any more. Go back and choose another.")
    asked = remote.ask_start(conn, station.id, connector.number, tag.id_tag, look.me.user.id, look.now)
    return Done(f"/commands/{asked.id}", (Topic.COMMANDS,))


def stop(conn: Connection, look: Look, form: FormData) -> Done:
    """Asks for a remote stop."""
    asked = commands.ask_stop(conn, own_session(conn, look), look.me.user.id, look.now)
    return Done(f"/commands/{asked.id}", (Topic.COMMANDS,))


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


def review(conn: Connection, look: Look, form: FormData) -> Done:
    """Ends a review: the session is billed as it is, or written off."""
    decision = form.get("decision")
    if decision not in {"bill", "write_off"}:
        raise HTTPException(400, "Please choose one of the two buttons.")
    session_id = own_session(conn, look)
    reviews.review(conn, session_id, bill=decision == "bill", user_id=look.me.user.id, now=look.now)
    return Done(f"/sessions/{session_id}", (Topic.SESSIONS,))
