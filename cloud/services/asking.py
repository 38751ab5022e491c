"""Any command of the catalogue as a form: its fields, and the service that asks for it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection

from bollard.wire.schemas import request_schema
from cloud.domain.asking import Field, fields
from cloud.domain.commands import Command, CommandKind
from cloud.services import commands, profiles, remote, reservations

Payload = Mapping[str, Any]
Asks = Callable[[Connection, int, Payload, int | None, datetime], Command]

MADE_UP_HERE: Mapping[CommandKind, tuple[str, ...]] = {
    CommandKind.REMOTE_START: ("chargingProfile",),
    CommandKind.RESERVE_NOW: ("reservationId", "parentIdTag"),
    CommandKind.SET_CHARGING_PROFILE: ("csChargingProfiles.chargingProfileId", "csChargingProfiles.transactionId"),
}
"""What nobody is asked for: numbers that we give, and a profile that a session gets once it runs."""


@cache
def form(kind: CommandKind) -> tuple[Field, ...]:
    """The fields of a command, as its schema has them."""
    left_out = MADE_UP_HERE.get(kind, ())
    return tuple(field for field in fields(request_schema(kind)) if not field.name.startswith(left_out or ("\0",)))


def ask(
    conn: Connection, kind: CommandKind, station_id: int, payload: Payload, user_id: int | None, now: datetime
) -> Command:
    """Asks for what a form says. Raises NotFound, Malformed, NotNow."""
    if kind in _ASKS:
        return _ASKS[kind](conn, station_id, payload, user_id, now)
    return commands.ask(conn, kind, station_id, payload, user_id, now)


def _start(conn: Connection, station_id: int, payload: Payload, user_id: int | None, now: datetime) -> Command:
    if "connectorId" in payload:
        return remote.ask_start(conn, station_id, payload["connectorId"], payload["idTag"], user_id, now)
    remote.check(conn, station_id, None, payload["idTag"], now)
    return commands.ask(conn, CommandKind.REMOTE_START, station_id, payload, user_id, now)


def _reserve(conn: Connection, station_id: int, payload: Payload, user_id: int | None, now: datetime) -> Command:
    until = payload["expiryDate"]
    return reservations.reserve(conn, station_id, payload["connectorId"], payload["idTag"], until, user_id, now)[1]


def _profile(conn: Connection, station_id: int, payload: Payload, user_id: int | None, now: datetime) -> Command:
    return profiles.ask(conn, station_id, payload["connectorId"], payload["csChargingProfiles"], user_id, now)


_ASKS: Mapping[CommandKind, Asks] = {
    CommandKind.REMOTE_START: _start,
    CommandKind.RESERVE_NOW: _reserve,
    CommandKind.SET_CHARGING_PROFILE: _profile,
}
