"""Commands: rows that travel from whoever asks to the process that holds the station's socket."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import commands as rows
from cloud.db.queries import places, sessions
from cloud.domain.commands import Command, CommandKind, Step, TimelineEntry, advance
from cloud.domain.sessions import Session
from cloud.domain.tags import masked, tag_key
from cloud.services import audit
from cloud.services.errors import NotFound, NotNow

EFFECT_WITHIN = timedelta(minutes=10)
_RECENT = 20


def ask(
    conn: Connection,
    kind: CommandKind,
    station_id: int,
    parameters: Mapping[str, Any],
    user_id: int | None,
    now: datetime,
    expires_in_s: int = 60,
) -> Command:
    """Writes a command; `parameters` is the OCPP payload. Raises NotFound."""
    station = places.station_by_id(conn, station_id)
    if station is None:
        raise NotFound(f"there is no station number {station_id}")
    values = {"kind": kind, "station_id": station_id, "parameters": dict(parameters), "user_id": user_id}
    expires_at = now + timedelta(seconds=expires_in_s)
    id = rows.insert(conn, {**values, "asked_at": now, "expires_at": expires_at})
    note(conn, id, Step.ASKED, "", now)
    audit.note(conn, user_id, f"{kind} asked", station.identity, {"command": id}, now)
    return _command(conn, id)


def ask_start(
    conn: Connection, station_id: int, connector: int, id_tag: str, user_id: int | None, now: datetime
) -> Command:
    """Asks for a remote start. Raises NotFound, or NotNow when a session runs there."""
    if places.find_connector(conn, station_id, connector) is None:
        raise NotFound(f"the station has no connector {connector}")
    if sessions.running_on(conn, station_id, connector):
        raise NotNow(f"a session is running on connector {connector} already")
    parameters = {"connectorId": connector, "idTag": id_tag}
    return ask(conn, CommandKind.REMOTE_START, station_id, parameters, user_id, now)


def ask_stop(conn: Connection, session_id: int, user_id: int | None, now: datetime) -> Command:
    """Asks for a remote stop of an open session. Raises NotFound, NotNow."""
    session = sessions.by_id(conn, session_id)
    if session is None:
        raise NotFound(f"there is no session {session_id}")
    if not session.open:
        raise NotNow(f"session {session_id} has ended already")
    parameters = {"transactionId": int(session.transaction_id)}
    return ask(conn, CommandKind.REMOTE_STOP, session.station_id, parameters, user_id, now)


def claim(conn: Connection, station_ids: Collection[int], now: datetime) -> list[Command]:
    """Commands for these stations that nobody has claimed and that have not expired, the oldest first."""
    found = rows.unclaimed(conn, station_ids, now)
    rows.claim(conn, [command.id for command in found], now)
    return found


def note(conn: Connection, command_id: int, step: Step, detail: str, now: datetime) -> None:
    """Adds a step to the timeline; the state moves only as `domain.commands.FOLLOWS` says."""
    _note(conn, command_id, step, detail, now, session_id=None)


def expire(conn: Connection, now: datetime) -> list[Command]:
    """Ends commands that were not sent in time, or were accepted minutes ago without effect; returns them."""
    unsent = rows.in_state(conn, Step.ASKED, now)
    unanswered = rows.in_state(conn, Step.SENT, now - EFFECT_WITHIN)
    without_effect = rows.in_state(conn, Step.ACCEPTED, now - EFFECT_WITHIN)
    for command in unsent:
        note(conn, command.id, Step.EXPIRED, "it could not be sent in time: the station was not connected", now)
    for command in unanswered:
        note(conn, command.id, Step.EXPIRED, "no answer was noted", now)
    for command in without_effect:
        note(conn, command.id, Step.EXPIRED, "the station accepted it, but nothing came of it", now)
    return [*unsent, *unanswered, *without_effect]


def timeline(conn: Connection, command_id: int) -> list[TimelineEntry]:
    """The command's steps in order."""
    return rows.timelines(conn, [command_id])[command_id]


def session_started(conn: Connection, session: Session, now: datetime) -> None:
    """Completes the remote start that this session is the effect of, if there is one."""
    for command in rows.of_station(conn, session.station_id, _RECENT, CommandKind.REMOTE_START):
        if _could_have_started(command, session, now):
            detail = f"session {session.id} of {masked(session.id_tag)} on connector {session.connector}"
            _note(conn, command.id, Step.SESSION_STARTED, detail, now, session_id=session.id)
            return


def session_stopped(conn: Connection, session: Session, now: datetime) -> None:
    """Completes the remote stop that ended this session, if there is one."""
    for command in rows.of_station(conn, session.station_id, _RECENT, CommandKind.REMOTE_STOP):
        asked_for = str(command.parameters.get("transactionId")) == session.transaction_id
        if asked_for and advance(command.state, Step.SESSION_STOPPED) is Step.SESSION_STOPPED:
            detail = f"session {session.id} ended after {session.energy_wh / 1000:.3f} kWh"
            _note(conn, command.id, Step.SESSION_STOPPED, detail, now, session_id=session.id)
            return


def _could_have_started(command: Command, session: Session, now: datetime) -> bool:
    asked = command.parameters
    same_tag = tag_key(str(asked.get("idTag"))) == tag_key(session.id_tag)
    same_place = asked.get("connectorId") in (None, session.connector)
    recent = now - command.asked_at <= EFFECT_WITHIN
    waiting = command.state not in (Step.SESSION_STARTED, Step.REJECTED, Step.ASKED)
    return same_tag and same_place and recent and waiting


def _note(conn: Connection, command_id: int, step: Step, detail: str, now: datetime, *, session_id: int | None) -> None:
    command = _command(conn, command_id, lock=True)
    rows.add_step(conn, command_id, TimelineEntry(step, detail, now))
    rows.update(conn, command_id, advance(command.state, step), session_id or command.session_id)


def _command(conn: Connection, id: int, *, lock: bool = False) -> Command:
    command = rows.by_id(conn, id, lock=lock)
    if command is None:
        raise NotFound(f"there is no command {id}")
    return command
