"""A station's key changed by OCPP (AuthorizationKey): made up when it is sent, and told to nobody else.

Until the station has signed in with its new key the old one lets it in too, so that a lost answer locks nobody out.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import commands as rows
from cloud.db.queries import places
from cloud.domain.commands import UNDER_WAY, Command, CommandKind, Step, renews_key
from cloud.domain.secrets import HIDDEN
from cloud.services import access, commands, stations
from cloud.services.errors import NotNow


def ask(conn: Connection, organisation_id: int, identity: str, user_id: int | None, now: datetime) -> Command:
    """Asks the station to take a new key. Raises NotFound, or NotNow while it has one to take."""
    station_id = stations.find(conn, organisation_id, identity).id
    places.lock_station(conn, station_id)
    asked = rows.in_states(conn, station_id, CommandKind.CHANGE_CONFIGURATION, UNDER_WAY)
    if any(renews_key(command.kind, command.parameters) for command in asked):
        raise NotNow("a new key is on its way to this station already; `bollard cloud commands` shows it")
    if places.next_key_at(conn, station_id) is not None:
        raise NotNow(
            "this station was told a new key and has not signed in with it yet: `bollard cloud reset` makes it "
            "connect anew; or set a key in the station itself with `bollard cloud new-key`"
        )
    parameters = {"key": "AuthorizationKey", "value": HIDDEN}
    return commands.put(conn, CommandKind.CHANGE_CONFIGURATION, station_id, parameters, user_id, now)


def sent(conn: Connection, command: Command, now: datetime) -> Mapping[str, Any]:
    """Notes that a command goes out; its payload as the station gets it, with a key made up now if it is to be one."""
    commands.note(conn, command.id, Step.SENT, "", now)
    if not renews_key(command.kind, command.parameters):
        return command.parameters
    key, kept = access.fresh()
    values = {f"next_{name}": value for name, value in kept.items()}
    places.update_station(conn, command.station_id, {**values, "next_key_at": now})
    return {**command.parameters, "value": key.hex()}


def answered(conn: Connection, command: Command, step: Step, now: datetime) -> None:
    """A station that says no keeps its old key; one that says nothing may have taken the new one."""
    if step is Step.REJECTED:
        places.drop_next_key(conn, command.station_id, now)
