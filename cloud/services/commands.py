"""Commands: rows that travel from whoever asks to the process that holds the station's socket.

The rules: commands to one station are sent in the order in which they were asked, one at a time, and never after they
expired. One that was claimed but not sent is sent after a restart; one that was sent, and whose answer can never come
any more, is told as unknown. Nothing is ever repeated by itself.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bollard.wire.errors import CallError
from bollard.wire.schemas import check_request
from bollard.wire.times import render
from cloud.db.queries import commands as rows
from cloud.db.queries import places, sessions
from cloud.domain.catalogue import COMMANDS, may_be_sent
from cloud.domain.commands import FINAL, Command, CommandKind, Step, TimelineEntry, advance, without_secrets
from cloud.domain.stations import HELD
from cloud.domain.words import N_
from cloud.services import audit
from cloud.services.errors import Malformed, NotFound, NotNow

LARGEST_INT = 2**31 - 1
SHORTENED_AT_ONCE = 200
_OVERDUE: Mapping[Step, str] = {
    Step.ASKED: "it could not be sent in time: the station was not connected, or not accepted",
    Step.SENT: "no answer was noted",
    Step.ACCEPTED: "the station accepted it, but nothing came of it: it waited for {awaited}",
}


class Unfit(Malformed):
    """A payload that no station may be sent; `objection` begins with the name of its field and a colon."""

    def __init__(self, text: str, objection: str) -> None:
        super().__init__(text)
        self.objection = objection


def ask(
    conn: Connection,
    kind: CommandKind,
    station_id: int,
    parameters: Mapping[str, Any],
    user_id: int | None,
    now: datetime,
    expires_in_s: int | None = None,
) -> Command:
    """Writes a command; `parameters` is the OCPP payload, in which moments may stand.

    Raises NotFound, Malformed, or NotNow for what is not for a station that the operator has not accepted.
    """
    payload, station = _checked(kind, parameters, now), places.station_by_id(conn, station_id)
    if station and station.registration in HELD and not may_be_sent(kind, station.registration):
        told = station.registration.words
        raise NotNow(f"the station is {told}; `bollard cloud accept-station` comes before {kind}")
    return put(conn, kind, station_id, payload, user_id, now, expires_in_s)


def put(
    conn: Connection,
    kind: CommandKind,
    station_id: int,
    payload: Mapping[str, Any],
    user_id: int | None,
    now: datetime,
    expires_in_s: int | None = None,
    why: str = "",
) -> Command:
    """As `ask`, for what we ask by ourselves: it needs no check, and waits where it may not be sent yet."""
    station = places.station_by_id(conn, station_id)
    if station is None:
        raise NotFound(f"there is no station number {station_id}")
    lasts = COMMANDS[kind].lasts if expires_in_s is None else timedelta(seconds=expires_in_s)
    values = {"kind": kind, "station_id": station_id, "parameters": payload, "user_id": user_id}
    id = rows.insert(conn, {**values, "asked_at": now, "expires_at": now + lasts})
    rows.add_step(conn, id, TimelineEntry(Step.ASKED, why, now))
    audit.note(conn, station.organisation_id, user_id, N_(f"{kind} asked"), station.identity, {"command": id}, now)
    return by_id(conn, id)


def ask_stop(conn: Connection, session_id: int, user_id: int | None, now: datetime, why: str = "") -> Command:
    """Asks for a remote stop of an open session; `why` stands in its timeline. Raises NotFound, NotNow."""
    session = sessions.by_id(conn, session_id)
    if session is None:
        raise NotFound(f"there is no session {session_id}")
    if not session.open:
        raise NotNow(f"session {session_id} has ended already")
    parameters = {"transactionId": int(session.transaction_id)}
    return put(conn, CommandKind.REMOTE_STOP, session.station_id, parameters, user_id, now, why=why)


def stations_waiting(conn: Connection, now: datetime) -> set[int]:
    """The stations for which there are commands to send."""
    return rows.stations_waiting(conn, now)


def claim(
    conn: Connection, station_ids: Collection[int], now: datetime, kinds: Collection[CommandKind] = tuple(CommandKind)
) -> list[Command]:
    """The oldest command of these kinds to each of these stations that nobody has claimed and that has not expired."""
    found = rows.unclaimed(conn, station_ids, now, kinds)
    rows.claim(conn, [command.id for command in found], now)
    return found


def release(conn: Connection, command_id: int) -> None:
    """Gives back a claimed command that was not sent."""
    rows.claim(conn, [command_id], None)


def note(
    conn: Connection,
    command_id: int,
    step: Step,
    detail: str,
    now: datetime,
    *,
    answer: Mapping[str, Any] | None = None,
    session_id: int | None = None,
) -> None:
    """Adds a step to the timeline; the state moves only as `domain.commands.FOLLOWS` says."""
    known = by_id(conn, command_id)
    places.lock_station(conn, known.station_id)
    command = by_id(conn, command_id, lock=True)
    rows.add_step(conn, command_id, TimelineEntry(step, detail, now))
    state = advance(command.state, step)
    values: dict[str, Any] = {"state": state} | _left(command, step)
    if state in FINAL:
        values["expires_at"] = now
    if answer is not None:
        values["answer"] = dict(answer)
    if session_id is not None:
        values["session_id"] = session_id
    rows.update(conn, command_id, values)


def interrupted(conn: Connection, now: datetime) -> None:
    """No socket is held any more: what was not sent is to be sent again, answers still owed can never come."""
    rows.release_unsent(conn)
    for command in rows.in_state(conn, Step.SENT):
        note(conn, command.id, Step.UNKNOWN, "the central system was interrupted before the answer came", now)


def expire(conn: Connection, now: datetime) -> list[Command]:
    """Ends commands that were not sent in time, or that were accepted and without effect; returns them."""
    overdue = rows.overdue(conn, now)
    for command in overdue:
        words = _OVERDUE[command.state].format(awaited=COMMANDS[command.kind].awaits)
        note(conn, command.id, Step.EXPIRED, words, now)
    return overdue


def shorten(conn: Connection, organisation_id: int, days: int, now: datetime) -> bool:
    """Drops a batch of the organisation's commands that are over and too old; whether there may be more to drop."""
    return rows.shorten(conn, organisation_id, now - timedelta(days=days), now, SHORTENED_AT_ONCE) > 0


def supersede(conn: Connection, command: Command, now: datetime) -> None:
    """Earlier commands of its kind about the same connector are no longer waited for."""
    about = command.parameters.get("connectorId")
    for earlier in rows.accepted_before(conn, command):
        if earlier.parameters.get("connectorId") == about:
            note(conn, earlier.id, Step.EXPIRED, f"command {command.id} took its place", now)


def timeline(conn: Connection, command_id: int) -> list[TimelineEntry]:
    """The command's steps in order."""
    return rows.timelines(conn, [command_id])[command_id]


def by_id(conn: Connection, id: int, *, lock: bool = False) -> Command:
    """One command. Raises NotFound."""
    command = rows.by_id(conn, id, lock=lock)
    if command is None:
        raise NotFound(f"there is no command {id}; `bollard cloud commands` lists them")
    return command


def _left(command: Command, step: Step) -> dict[str, Any]:
    """What changes once a command need not be sent any more: secrets go, and its effect has its time."""
    if command.state is not Step.ASKED:
        return {}
    within = COMMANDS[command.kind].within if step is Step.SENT else timedelta()
    return {"parameters": without_secrets(command.parameters), "expires_at": command.expires_at + within}


def _checked(kind: CommandKind, parameters: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    payload: dict[str, Any] = _rendered(parameters)
    try:
        check_request(kind, payload)
    except CallError as error:
        raise Unfit(f"{kind} cannot be asked like this: {error.text}", error.text) from error
    if objection := _too_large(payload) or COMMANDS[kind].check(payload, now):
        raise Unfit(f"{kind} cannot be asked like this: {objection}", objection)
    return payload


def _too_large(value: Any) -> str | None:
    """OCPP's integers have 32 bits; its schemas do not say so."""
    match value:
        case dict() | list():
            inside = value.values() if isinstance(value, dict) else value
            return next((found for each in inside if (found := _too_large(each))), None)
        case int() if abs(value) > LARGEST_INT:
            return f"{value} is too large a number"
        case _:
            return None


def _rendered(value: Any) -> Any:
    """The payload with its moments as OCPP writes them."""
    match value:
        case datetime():
            return render(value)
        case Mapping():
            return {name: _rendered(each) for name, each in value.items()}
        case list():
            return [_rendered(each) for each in value]
        case _:
            return value
