"""Commands: asked for, listed, told with their timeline."""

from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import commands as rows
from cloud.db.rows import Cut
from cloud.domain.commands import Command, CommandKind, without_secrets
from cloud.domain.people import Permission
from cloud.domain.tags import masked
from cloud.services import commands, profiles, remote, renewal, reservations
from cloud.services.bell import Topic
from cloud.services.errors import Malformed
from cloud.web.api import own
from cloud.web.api.endpoints import Call, Endpoint, Handle, Kind, Struct
from cloud.web.api.problems import Refused
from cloud.web.api.shapes import charging as shapes
from cloud.web.api.shapes import places
from cloud.web.api.shapes.places import OfStation

LOOK, COMMAND = Permission.LOOK, Permission.COMMAND
ACCEPTED = 202
EQUIPPING = frozenset(
    {
        CommandKind.CHANGE_CONFIGURATION,
        CommandKind.DATA_TRANSFER,
        CommandKind.GET_DIAGNOSTICS,
        CommandKind.SEND_LOCAL_LIST,
        CommandKind.UPDATE_FIRMWARE,
    }
)
"""What changes how a station works, or gives away what it knows, needs the permission to equip too."""


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


def ask(conn: Connection, call: Call) -> dict[str, Any]:
    """As `bollard cloud send`: what OCPP's schema allows; a start only for a tag that may charge there."""
    station, body = own.station(conn, call), call.body
    if body.kind in EQUIPPING and not call.key.may(Permission.EQUIP):
        raise Refused(403, f"{body.kind} needs the permission {Permission.EQUIP}.")
    asked = commands.ask(conn, body.kind, station.id, body.parameters, call.user_id, call.now, body.expires_in_s)
    if body.kind is CommandKind.REMOTE_START:
        place, id_tag = body.parameters.get("connectorId"), body.parameters["idTag"]
        remote.check(conn, station.id, place, id_tag, call.now)
    return shown(asked)


def start(conn: Connection, call: Call) -> dict[str, Any]:
    station, place = own.station(conn, call), call.params["connector"]
    if place not in [each.number for each in station.connectors]:
        raise Refused(404)
    return shown(remote.ask_start(conn, station.id, place, call.body.id_tag, call.user_id, call.now))


def stop(conn: Connection, call: Call) -> dict[str, Any]:
    return shown(commands.ask_stop(conn, own.session(conn, call).id, call.user_id, call.now))


def configure(conn: Connection, call: Call) -> dict[str, Any]:
    parameters = {"key": call.params["key"], "value": call.body.value}
    kind, station = CommandKind.CHANGE_CONFIGURATION, own.station(conn, call)
    return shown(commands.ask(conn, kind, station.id, parameters, call.user_id, call.now))


def renew_key(conn: Connection, call: Call) -> dict[str, Any]:
    return shown(renewal.ask(conn, call.organisation_id, own.station(conn, call).identity, call.user_id, call.now))


def set_profile(conn: Connection, call: Call) -> dict[str, Any]:
    station, profile = own.station(conn, call), call.body.profile
    if not isinstance(profile.get("chargingProfilePurpose"), str):
        raise Malformed("profile: chargingProfilePurpose is missing")
    return shown(profiles.ask(conn, station.id, call.body.connector, profile, call.user_id, call.now))


def reserve(conn: Connection, call: Call) -> dict[str, Any]:
    wish, station = call.body, own.station(conn, call)
    number, asked = reservations.reserve(
        conn, station.id, wish.connector, wish.id_tag, wish.until, call.user_id, call.now
    )
    return {"number": number, "command": shown(asked)}


def cancel(conn: Connection, call: Call) -> dict[str, Any]:
    station, number = own.station(conn, call), call.params["number"]
    return shown(reservations.cancel(conn, station.id, number, call.user_id, call.now))


def _asks(
    method: str,
    path: str,
    summary: str,
    needs: Permission,
    handle: Handle,
    takes: type[Struct] | None = None,
    gives: Any = shapes.Command,
) -> Endpoint:
    """An endpoint that asks a station for something: once, answered before the station has heard of it."""
    rung = (Topic.COMMANDS,)
    return Endpoint(method, path, summary, needs, handle, gives, takes=takes, status=ACCEPTED, once=True, topics=rung)


_STATION = "/stations/{station_id:int}"
EQUIP = Permission.EQUIP
ENDPOINTS = (
    _asks("POST", f"{_STATION}/commands", "Ask a station for anything that OCPP has", COMMAND, ask, shapes.NewCommand),
    _asks("POST", f"{_STATION}/connectors/{{connector:int}}/start", "Start charging", COMMAND, start, shapes.StartWish),
    _asks("POST", "/sessions/{session_id:int}/stop", "Stop charging", COMMAND, stop),
    _asks("PUT", f"{_STATION}/configuration/{{key}}", "Change a configuration key", EQUIP, configure, places.NewValue),
    _asks("POST", f"{_STATION}/key-renewals", "Have a station take a new key by itself", EQUIP, renew_key),
    _asks("POST", f"{_STATION}/profiles", "Set a charging profile", COMMAND, set_profile, places.NewProfile),
    _asks(
        "POST",
        f"{_STATION}/reservations",
        "Reserve a connector for a tag",
        COMMAND,
        reserve,
        places.NewReservation,
        shapes.Reserved,
    ),
    _asks("DELETE", f"{_STATION}/reservations/{{number:int}}", "Cancel a reservation", COMMAND, cancel),
    Endpoint("GET", "/commands", "List commands", LOOK, listed, shapes.Command, Kind.PAGE, OfStation),
    Endpoint("GET", "/commands/{command_id:int}", "Show a command with its timeline", LOOK, one, shapes.CommandTold),
)
