"""What stations answer to commands: noted in the timeline, and kept where it says something about the station."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import faults
from cloud.domain.commands import Command, CommandKind, Step, renews_key, without_secrets
from cloud.services import commands, configuration, effects, local_lists, profiles, renewal, reservations

Answer = Mapping[str, Any]
Keep = Callable[[Connection, Command, Step, Answer, datetime], None]


def answered(conn: Connection, command: Command, step: Step, detail: str, answer: Answer | None, now: datetime) -> None:
    """Notes what came back, or that nothing did, and does what follows from it; `command` as it was sent."""
    kept = None if answer is None else without_secrets(answer)
    refused = step is Step.REJECTED and command.kind is CommandKind.REMOTE_START
    told = _with_fault(conn, command, detail) if refused else detail
    commands.note(conn, command.id, step, told, now, answer=kept)
    if command.kind in KEPT:
        KEPT[command.kind](conn, command, step, kept or {}, now)


def _with_fault(conn: Connection, command: Command, detail: str) -> str:
    """Why a start may have been refused, as far as it is known here."""
    found = faults.keeping(conn, command.station_id, command.parameters.get("connectorId", 0))
    if not found:
        return detail
    fault, what = found[0], ", ".join(filter(None, (found[0].error_code, found[0].info)))
    if fault.connector == 0:
        return f"{detail}; the station had reported a fault: {what}"
    return f"{detail}; connector {fault.connector} had reported a fault: {what}"


def _availability(conn: Connection, command: Command, step: Step, answer: Answer, now: datetime) -> None:
    if step is Step.ACCEPTED:
        commands.supersede(conn, command, now)
        effects.already_seen(conn, command, now)


def _configuration(conn: Connection, command: Command, step: Step, answer: Answer, now: datetime) -> None:
    configuration.told(conn, command, step, answer, now)
    local_lists.configured(conn, command, step, answer, now)


def _changed(conn: Connection, command: Command, step: Step, answer: Answer, now: datetime) -> None:
    if renews_key(command.kind, command.parameters):
        renewal.answered(conn, command, step, now)
    else:
        configuration.changed(conn, command, step, answer, now)


KEPT: Mapping[CommandKind, Keep] = {
    CommandKind.CANCEL_RESERVATION: reservations.cancelled,
    CommandKind.CHANGE_AVAILABILITY: _availability,
    CommandKind.CHANGE_CONFIGURATION: _changed,
    CommandKind.CLEAR_CHARGING_PROFILE: profiles.clear_answered,
    CommandKind.GET_CONFIGURATION: _configuration,
    CommandKind.GET_LOCAL_LIST_VERSION: local_lists.version_told,
    CommandKind.RESERVE_NOW: reservations.answered,
    CommandKind.SEND_LOCAL_LIST: local_lists.answered,
    CommandKind.SET_CHARGING_PROFILE: profiles.set_answered,
}
