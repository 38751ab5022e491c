"""Sessions, live and past, and decisions about them."""

from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import overview as rows
from cloud.db.queries import samples as sample_rows
from cloud.db.rows import Cut
from cloud.domain.people import Permission
from cloud.domain.sessions import OPEN, SessionState
from cloud.domain.tags import masked
from cloud.domain.views import SessionRow
from cloud.web.api import own
from cloud.web.api.endpoints import Call, Endpoint, Kind
from cloud.web.api.shapes import charging as shapes

LOOK = Permission.LOOK
_SESSION = "/sessions/{session_id:int}"


def shown(row: SessionRow) -> dict[str, Any]:
    """A session as it is told: its tag masked."""
    return {name: getattr(row, name) for name in shapes.Session.__struct_fields__} | {"id_tag": masked(row.id_tag)}


def listed(conn: Connection, call: Call) -> list[dict[str, Any]]:
    query = call.query
    states = {query.state} if query.state else set(SessionState)
    if query.live is not None:
        states &= OPEN if query.live else set(SessionState) - OPEN
    found = rows.sessions_page(
        conn,
        call.scope,
        Cut(call.limit, call.after),
        states=states,
        station_id=own.asked_station(conn, call),
        site_name=query.site,
        since=query.since,
        until=query.until,
    )
    return [shown(row) for row in found]


def one(conn: Connection, call: Call) -> dict[str, Any]:
    return shown(own.session(conn, call))


def samples(conn: Connection, call: Call) -> list[dict[str, Any]]:
    found = sample_rows.page_of(conn, own.session(conn, call).id, Cut(call.limit, call.after))
    return [{name: getattr(each, name) for name in shapes.Sample.__struct_fields__} | {"row": id} for id, each in found]


ENDPOINTS = (
    Endpoint("GET", "/sessions", "List sessions", LOOK, listed, shapes.Session, Kind.PAGE, shapes.SessionQuery),
    Endpoint("GET", _SESSION, "Show a session", LOOK, one, shapes.Session),
    Endpoint("GET", f"{_SESSION}/samples", "List what was measured in it", LOOK, samples, shapes.Sample, Kind.PAGE),
)
