"""Sessions, live and past, and decisions about them."""

from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Connection

from cloud.db.queries import bills as bill_rows
from cloud.db.queries import overview as rows
from cloud.db.queries import samples as sample_rows
from cloud.db.queries import sessions as session_rows
from cloud.db.queries import states as state_rows
from cloud.db.queries import tariffs as tariff_rows
from cloud.db.rows import Cut
from cloud.domain.corrections import Correction
from cloud.domain.people import Permission
from cloud.domain.pricing import Price
from cloud.domain.sessions import OPEN, SessionState
from cloud.domain.tags import masked
from cloud.domain.views import SessionRow
from cloud.services import reviews
from cloud.services.bell import Topic
from cloud.services.errors import NotNow
from cloud.services.pricing import price_shown
from cloud.web.api import own
from cloud.web.api.endpoints import Call, Endpoint, Handle, Kind, Struct
from cloud.web.api.shapes import charging as shapes
from cloud.web.api.shapes.office import Bill

LOOK, BILL = Permission.LOOK, Permission.BILL
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


def price(conn: Connection, call: Call) -> Price:
    found = session_rows.by_id(conn, own.session(conn, call).id)
    assert found is not None
    tariff = tariff_rows.version(conn, found.tariff_version_id) if found.tariff_version_id else None
    told = price_shown(conn, found, tariff, bill_rows.related(conn, found.id))
    if told is None:
        raise NotNow(f"session {found.id} has no price: it has no tariff, owes nothing, or cannot be priced")
    return told


def states(conn: Connection, call: Call) -> Any:
    found = session_rows.by_id(conn, own.session(conn, call).id)
    assert found is not None
    return state_rows.of_session(conn, found, found.unplugged_at or found.ended_at)


def review(conn: Connection, call: Call) -> Any:
    session_id, body = own.session(conn, call).id, call.body
    bill = body.decision == "bill"
    reviews.review(conn, session_id, bill=bill, user_id=call.user_id, now=call.now, reason=body.reason)
    return bill_rows.related(conn, session_id)


def correct(conn: Connection, call: Call) -> Any:
    session_id = own.session(conn, call).id
    reviews.correct(conn, session_id, Correction(**asdict(call.body)), call.user_id, call.now)
    return bill_rows.related(conn, session_id)


def credit(conn: Connection, call: Call) -> Any:
    session_id = own.session(conn, call).id
    reviews.credit(conn, session_id, call.body.reason, call.user_id, call.now)
    return bill_rows.related(conn, session_id)


def _decides(path: str, summary: str, handle: Handle, takes: type[Struct]) -> Endpoint:
    """An endpoint that decides about a session, and tells all its bills."""
    rung = (Topic.SESSIONS,)
    return Endpoint(
        "POST", f"{_SESSION}/{path}", summary, BILL, handle, Bill, Kind.ALL, takes=takes, once=True, topics=rung
    )


ENDPOINTS = (
    _decides("reviews", "End the review of a suspect session: bill it, or write it off", review, shapes.Decision),
    _decides(
        "corrections", "Give it other figures; its bill is credited and made anew", correct, shapes.CorrectionWish
    ),
    _decides("credits", "Undo what was billed for it by a credit note; it is written off", credit, shapes.CreditWish),
    Endpoint("GET", "/sessions", "List sessions", LOOK, listed, shapes.Session, Kind.PAGE, shapes.SessionQuery),
    Endpoint("GET", _SESSION, "Show a session", LOOK, one, shapes.Session),
    Endpoint("GET", f"{_SESSION}/price", "Show what it costs, billed or so far", LOOK, price, Price),
    Endpoint(
        "GET", f"{_SESSION}/states", "List what its connector showed", LOOK, states, shapes.ConnectorState, Kind.ALL
    ),
    Endpoint("GET", f"{_SESSION}/samples", "List what was measured in it", LOOK, samples, shapes.Sample, Kind.PAGE),
)
