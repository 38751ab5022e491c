"""Stops whose session nobody knows: an operator says which open session of the station each one ends."""

from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import orphans as rows
from cloud.db.queries import session_lists
from cloud.domain.orphans import Orphan
from cloud.domain.people import Permission
from cloud.domain.views import SessionRow
from cloud.domain.words import N_
from cloud.services import orphans
from cloud.services.bell import Topic
from cloud.web.forms import Field, Form, Words, filled
from cloud.web.pages import Action, Done, Look, Page

STOP = "/stops/{orphan_stop_id:int}"
FIELDS = (Field("session", N_("The session that it ends"), "choice", required=True),)


def stop(conn: Connection, look: Look) -> dict[str, Any]:
    orphan, open_ = _own(conn, look), _candidates(conn, look)
    form = Form(
        "join", f"/stops/{orphan.id}/join", FIELDS, N_("End this session with it"), "stop", None, _offered(open_)
    )
    return {"orphan": orphan, "candidates": open_, "shown": form}


def join(conn: Connection, look: Look, form: FormData) -> Done:
    """Ends the chosen session with the stop; it waits for a review then."""
    orphan, offered = _own(conn, look), _offered(_candidates(conn, look))
    session_id = int(filled(form, FIELDS, choices=offered)["session"])
    orphans.join(conn, orphan.id, session_id, look.me.user.id, look.now)
    return Done(f"/sessions/{session_id}", (Topic.SESSIONS, Topic.INCIDENTS, Topic.STATIONS))


def _own(conn: Connection, look: Look) -> Orphan:
    """The stop that the path names; HTTPException 404 when it is not one of theirs."""
    found = rows.seen_by_id(conn, look.scope, look.params["orphan_stop_id"])
    if found is None:
        raise HTTPException(404)
    return found


def _candidates(conn: Connection, look: Look) -> list[SessionRow]:
    return session_lists.open_at(conn, _own(conn, look).station_id)


def _offered(open_: list[SessionRow]) -> dict[str, dict[str, Words]]:
    words = N_("Session %(number)s at connector %(connector)s")
    return {"session": {str(row.id): (words, {"number": row.id, "connector": row.connector}) for row in open_}}


PAGES = (Page(STOP, "stop", stop, needs=Permission.BILL),)
ACTIONS = (Action(f"{STOP}/join", join, Permission.BILL, page=STOP),)
