"""Commands: asked for, listed, told with their timeline."""

from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import commands as rows
from cloud.db.rows import Cut
from cloud.domain.commands import Command, without_secrets
from cloud.domain.people import Permission
from cloud.domain.tags import masked
from cloud.web.api import own
from cloud.web.api.endpoints import Call, Endpoint, Kind
from cloud.web.api.shapes import charging as shapes
from cloud.web.api.shapes.places import OfStation

LOOK, COMMAND = Permission.LOOK, Permission.COMMAND


def shown(command: Command) -> dict[str, Any]:
    """A command as it is told: without secrets, its tag masked."""
    told = {name: getattr(command, name) for name in shapes.Command.__struct_fields__}
    parameters = without_secrets(command.parameters)
    tags = {name: masked(value) for name, value in parameters.items() if name in ("idTag", "parentIdTag")}
    return told | {"parameters": parameters | tags}


def listed(conn: Connection, call: Call) -> list[dict[str, Any]]:
    station_id = own.asked_station(conn, call)
    return [shown(each) for each in rows.listed(conn, call.scope, Cut(call.limit, call.after), station_id)]


def one(conn: Connection, call: Call) -> dict[str, Any]:
    found = own.command(conn, call)
    return {"command": shown(found), "timeline": rows.timelines(conn, [found.id])[found.id]}


ENDPOINTS = (
    Endpoint("GET", "/commands", "List commands", LOOK, listed, shapes.Command, Kind.PAGE, OfStation),
    Endpoint("GET", "/commands/{command_id:int}", "Show a command with its timeline", LOOK, one, shapes.CommandTold),
)
