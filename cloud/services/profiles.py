"""Charging profiles: what was set and cleared, and so what each station holds as far as is known."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import places, sessions
from cloud.db.queries import profiles as rows
from cloud.domain.commands import Command, CommandKind, Step
from cloud.domain.profiles import FOR_SESSION, Installed, clears, replaces
from cloud.domain.sessions import Session
from cloud.services import commands
from cloud.services.errors import NotFound, NotNow

Payload = Mapping[str, Any]


def installed(conn: Connection, station_id: int) -> list[Installed]:
    """The profiles that the station holds as far as is known; a session's profile ends with its session."""
    return rows.installed(conn, station_id)


def ask(
    conn: Connection, station_id: int, connector: int, profile: Payload, user_id: int | None, now: datetime
) -> Command:
    """Asks for a profile; one without an id gets its own, a TxProfile is for the session that runs there.

    Raises NotFound, Malformed, or NotNow without such a session.
    """
    if places.station_by_id(conn, station_id) is None:
        raise NotFound(f"there is no station number {station_id}")
    places.lock_station(conn, station_id)
    whole = {"chargingProfileId": rows.next_id(conn, station_id), **profile}
    if whole["chargingProfilePurpose"] == FOR_SESSION and "transactionId" not in whole:
        whole["transactionId"] = _running(conn, station_id, connector)
    payload = {"connectorId": connector, "csChargingProfiles": whole}
    return commands.ask(conn, CommandKind.SET_CHARGING_PROFILE, station_id, payload, user_id, now)


def set_answered(conn: Connection, command: Command, step: Step, answer: Payload, now: datetime) -> None:
    """SetChargingProfile's answer."""
    if step is Step.DONE:
        asked = command.parameters
        _install(conn, command.station_id, asked["connectorId"], asked["csChargingProfiles"], now)


def clear_answered(conn: Connection, command: Command, step: Step, answer: Payload, now: datetime) -> None:
    """ClearChargingProfile's answer; `Unknown` means that the station holds none of these either."""
    if step is Step.DONE or answer.get("status") == "Unknown":
        for each in rows.installed(conn, command.station_id):
            if clears(command.parameters, each):
                rows.end(conn, each.id, "cleared", now)


def session_started(conn: Connection, command: Command, session: Session, now: datetime) -> None:
    """The profile that a remote start brought along becomes its session's."""
    if profile := command.parameters.get("chargingProfile"):
        own = {**profile, "transactionId": int(session.transaction_id)}
        _install(conn, session.station_id, session.connector, own, now)


def _install(conn: Connection, station_id: int, connector: int, profile: Payload, now: datetime) -> None:
    for old in rows.installed(conn, station_id):
        if replaces(connector, profile, old):
            rows.end(conn, old.id, "replaced", now)
    rows.insert(conn, station_id, connector, profile, now)


def _running(conn: Connection, station_id: int, connector: int) -> int:
    running = sessions.running_on(conn, station_id, connector)
    if not running:
        raise NotNow(f"no session runs on connector {connector}; a TxProfile is for a running session")
    return int(running[0].transaction_id)
