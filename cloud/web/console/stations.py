"""Stations, and what one asks of them."""

from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import commands, screens
from cloud.domain.people import Permission
from cloud.domain.views import ConnectorRow, StationRow
from cloud.services import overview, remote, verdicts
from cloud.services.bell import Topic
from cloud.web.pages import Action, Done, Look, Page, whole

_PLACE = "/stations/{station_id:int}/connectors/{connector:int}"


def start_form(conn: Connection, look: Look) -> dict[str, Any]:
    station, connector = place(conn, look)
    usable = verdicts.usable(conn, station.id, connector.number, look.now)
    return {"station": station, "connector": connector, "tags": usable}


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


def command(conn: Connection, look: Look) -> dict[str, Any]:
    found = commands.by_id(conn, look.params["command_id"], scope=look.scope)
    if found is None:
        raise HTTPException(404)
    return {
        "command": found,
        "timeline": commands.timelines(conn, [found.id])[found.id],
        "asked_by": screens.user_name(conn, found.user_id),
    }


def place(conn: Connection, look: Look) -> tuple[StationRow, ConnectorRow]:
    """The station and connector that the path names; HTTPException 404 when there is none."""
    station = overview.station(conn, look.params["station_id"], look.scope)
    for connector in station.connectors if station else ():
        if station and connector.number == look.params["connector"]:
            return station, connector
    raise HTTPException(404)


PAGES = (
    Page(f"{_PLACE}/start", "start", start_form, needs=Permission.COMMAND),
    Page("/commands/{command_id:int}", "command", command, frozenset({Topic.COMMANDS, Topic.SESSIONS})),
)
ACTIONS = (Action(f"{_PLACE}/start", start, Permission.COMMAND),)
