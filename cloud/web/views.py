"""What each page reads, all in one unit on one connection."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from cloud.db.queries import bills, commands, places, screens, sessions, signed
from cloud.documents.receipt import TITLES, Receipt
from cloud.documents.receipt import receipt as laid_out
from cloud.domain.bills import Bill
from cloud.domain.views import ConnectorRow, StationRow
from cloud.services import overview, stations, verdicts
from cloud.web.pages import Look
from cloud.web.sparkline import sparkline

A_PAGE = 50
SPARKLINE_SPAN = timedelta(hours=2)
INCIDENTS_SPAN = timedelta(days=1)


def home(conn: Connection, look: Look) -> dict[str, Any]:
    rows = overview.stations(conn, look.scope)
    running = [connector.session for row in rows for connector in row.connectors if connector.session]
    shown = {session.id for session in running}
    points = screens.power(conn, shown, look.now - SPARKLINE_SPAN)
    return {
        "stations": rows,
        "running": running,
        "waiting": [session for session in overview.open_sessions(conn, look.scope) if session.id not in shown],
        "sparklines": {id: sparkline(of_session) for id, of_session in points.items()},
        "connected": screens.connected(conn),
        "attention": screens.attention(conn, look.now - INCIDENTS_SPAN, look.scope),
    }


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


def bill(conn: Connection, look: Look) -> dict[str, Any]:
    found, shown = receipt(conn, look)
    related = [other for other in bills.related(conn, found.session_id) if other.id != found.id]
    has_signed = bool(signed.of_session(conn, found.session_id))
    return {"bill": found, "shown": shown, "related": related, "signed": has_signed, "titles": TITLES}


def receipt(conn: Connection, look: Look) -> tuple[Bill, Receipt]:
    """The bill that the path names, and what its reader sees; HTTPException 404 when there is none."""
    found = overview.bill(conn, look.params["number"], look.scope)
    if found is None:
        raise HTTPException(404)
    zone = places.default_time_zone(conn, look.me.user.organisation_id)
    return found, laid_out(found, zone.key)


def correct_form(conn: Connection, look: Look) -> dict[str, Any]:
    row = overview.session(conn, own_session(conn, look))
    zone = places.default_time_zone(conn, look.me.user.organisation_id)
    assert row is not None
    return {"row": row, "zone": zone, "bills": bills.related(conn, row.id), "titles": TITLES}


def start_form(conn: Connection, look: Look) -> dict[str, Any]:
    station, connector = place(conn, look)
    usable = verdicts.usable(conn, station.id, connector.number, look.now)
    return {"station": station, "connector": connector, "tags": usable}


def command(conn: Connection, look: Look) -> dict[str, Any]:
    found = commands.by_id(conn, look.params["command_id"], scope=look.scope)
    if found is None:
        raise HTTPException(404)
    return {
        "command": found,
        "timeline": commands.timelines(conn, [found.id])[found.id],
        "asked_by": screens.user_name(conn, found.user_id),
    }


def attention(conn: Connection, look: Look) -> dict[str, Any]:
    return {
        "pending": stations.pending(conn) if look.scope.site_ids is None else [],
        "suspect": overview.suspect_sessions(conn, look.scope),
        "put_off": overview.bills_put_off(conn) if look.scope.site_ids is None else [],
        "incidents": overview.incidents(conn, limit=A_PAGE, scope=look.scope),
    }


def place(conn: Connection, look: Look) -> tuple[StationRow, ConnectorRow]:
    """The station and connector that the path names; HTTPException 404 when there is none."""
    station = overview.station(conn, look.params["station_id"], look.scope)
    for connector in station.connectors if station else ():
        if station and connector.number == look.params["connector"]:
            return station, connector
    raise HTTPException(404)


def own_session(conn: Connection, look: Look) -> int:
    """The session that the path names; HTTPException 404 when there is none that one sees."""
    session_id = int(look.params["session_id"])
    if overview.session(conn, session_id, look.scope) is None:
        raise HTTPException(404)
    return session_id


def _before(look: Look) -> int | None:
    before = look.query.get("before", "")
    return int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
