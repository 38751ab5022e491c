"""What holds in every case, whatever its script: of the frames that passed, and of what the database says of them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from cloud.domain.commands import WAITING, Command
from cloud.domain.incidents import Incident
from cloud.domain.sessions import SessionState
from cloud.domain.stations import ConnectorStatus
from cloud.domain.views import SessionRow, StationRow
from cloud.services import overview
from tests.edge.conformance.transcript import Line, Transcript, calls, confirmation

LONGEST_ID = 36


@dataclass(frozen=True)
class Books:
    """What an operator can look up of one station."""

    station: StationRow
    sessions: tuple[SessionRow, ...]
    commands: tuple[Command, ...]
    incidents: tuple[Incident, ...]


@dataclass
class Foreseen:
    """What a case did on the operator's side.

    `asked`: its commands in order; `states`: by transaction id, the sessions that are neither running nor finished;
    `incidents`: the kinds of incident that it is about.
    """

    asked: list[Command] = field(default_factory=list)
    states: dict[int, SessionState] = field(default_factory=dict)
    incidents: set[str] = field(default_factory=set)


def books(conn: Connection, station_id: int) -> Books:
    station = overview.station(conn, station_id)
    assert station is not None
    everybodys = [*overview.open_sessions(conn), *overview.ended_sessions(conn)]
    sessions = [session for session in everybodys if session.station_id == station_id]
    asked = [command for command, _steps in overview.commands(conn, station_id, limit=100)]
    return Books(station, tuple(sessions), tuple(asked), tuple(overview.incidents(conn, station_id=station_id)))


# --- of the frames


def one_call_at_a_time(lines: Transcript) -> Iterator[str]:
    """The central system has one CALL outstanding on a connection."""
    waiting: dict[int, Line] = {}
    for line in lines:
        if line.is_call == line.by_station:
            continue
        if line.by_station:
            waiting.pop(line.connection, None)
        elif line.connection in waiting:
            yield f"{line} was sent before {waiting[line.connection]} was answered"
        else:
            waiting[line.connection] = line


def every_call_is_answered(lines: Transcript) -> Iterator[str]:
    """The central system answers every CALL, once."""
    answers = Counter((line.connection, line.frame.message_id) for line in lines if _is_answer(line))
    for call in calls(lines):
        if answers[call.connection, call.frame.message_id] != 1:
            yield f"{call} was answered {answers[call.connection, call.frame.message_id]} times"


def message_ids(lines: Transcript) -> Iterator[str]:
    """The central system's are text of at most 36 characters and are never used twice."""
    used = Counter(line.frame.message_id for line in calls(lines, by_station=False))
    yield from (f"message id {one} was used {times} times" for one, times in used.items() if times > 1)
    good = (isinstance(one, str) and 0 < len(one) <= LONGEST_ID for one in used)
    yield from (f"message id {one!r} is none" for one, is_good in zip(used, good, strict=True) if not is_good)


def no_refusals(lines: Transcript) -> Iterator[str]:
    """What the tool says is always in order, so the central system refuses nothing."""
    yield from (f"{line} with {line.frame}" for line in lines if _is_answer(line) and line.is_error)


def same_word_on_a_tag(lines: Transcript) -> Iterator[str]:
    """Authorize, StartTransaction and StopTransaction tell the same of a tag, its parent included."""
    told: dict[str, Any] = {}
    for call in calls(lines, "Authorize", "StartTransaction", "StopTransaction"):
        tag, answer = call.payload.get("idTag"), confirmation(lines, call)
        info = answer and answer.payload.get("idTagInfo")
        if tag and told.setdefault(tag, info) != info:
            yield f"{call}: {info} after {told[tag]}"


def _is_answer(line: Line) -> bool:
    return not line.is_call and not line.by_station


# --- of the books, beside the frames


def every_session_is_there(lines: Transcript, said: Books, foreseen: Foreseen) -> Iterator[str]:
    """One for each transaction id that was given, with the tag and the connector of its start."""
    kept = {session.transaction_id: (session.connector, session.id_tag) for session in said.sessions}
    told = {number: (start["connectorId"], start["idTag"]) for number, start in _starts(lines).items()}
    if kept != told:
        yield f"sessions {kept}, but the transactions were {told}"


def every_session_ends_well(lines: Transcript, said: Books, foreseen: Foreseen) -> Iterator[str]:
    """Without a stop it runs; with one it has the energy from meterStart to meterStop, is finished and billed.

    A tag that was refused and got nothing pays nothing.
    """
    starts, refused = _starts(lines), _refused(lines)
    stops = {str(line.payload["transactionId"]): line.payload for line in calls(lines, "StopTransaction")}
    for session in said.sessions:
        start, stop = starts.get(session.transaction_id, {}), stops.get(session.transaction_id)
        usual = SessionState.FINISHED if stop else SessionState.RUNNING
        state = foreseen.states.get(int(session.transaction_id), usual)
        energy_wh = stop["meterStop"] - start.get("meterStart", 0) if stop else 0
        billed = state is SessionState.FINISHED and not (energy_wh == 0 and session.transaction_id in refused)
        if (session.state, session.energy_wh, session.bill is not None) != (state, energy_wh, billed):
            yield f"{energy_wh} Wh and {state} are expected of {session}"


def every_status_is_shown(lines: Transcript, said: Books, foreseen: Foreseen) -> Iterator[str]:
    """The last one that was told of each connector, with its error; connector 0 is the station."""
    told = {line.payload["connectorId"]: line.payload for line in calls(lines, "StatusNotification")}
    shown: dict[int, Any] = {connector.number: connector for connector in said.station.connectors}
    for number, place in {**shown, 0: said.station}.items():
        wanted = told.get(number, {"status": ConnectorStatus.UNKNOWN, "errorCode": place.error_code})
        if (wanted["status"], wanted["errorCode"]) != (place.status, place.error_code):
            yield f"connector {number} is shown as {place.status} {place.error_code} after {wanted}"


def nothing_is_sent_unasked(lines: Transcript, said: Books, foreseen: Foreseen) -> Iterator[str]:
    """The central system's CALLs are the commands that the case asked for, in order, and none is open any more."""
    asked = [(command.kind, command.parameters) for command in foreseen.asked]
    sent = [(line.action, line.payload) for line in calls(lines, by_station=False)]
    if sent != asked:
        yield f"{sent} was sent, {asked} was asked for"
    own = {command.id for command in foreseen.asked}
    yield from (f"nobody asked for {command}" for command in said.commands if command.id not in own)
    yield from (f"{command} waits" for command in said.commands if command.state in WAITING)


def nothing_was_odd(lines: Transcript, said: Books, foreseen: Foreseen) -> Iterator[str]:
    """Nothing else that the tool does is worth an operator's attention."""
    odd = (incident for incident in said.incidents if incident.kind not in foreseen.incidents)
    yield from (f"incident {incident.kind}: {incident.summary}" for incident in odd)


def _answered_starts(lines: Transcript) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for call in calls(lines, "StartTransaction"):
        if answer := confirmation(lines, call):
            yield call.payload, answer.payload


def _starts(lines: Transcript) -> dict[str, Mapping[str, Any]]:
    """What was started, by transaction id."""
    return {str(answer["transactionId"]): start for start, answer in _answered_starts(lines)}


def _refused(lines: Transcript) -> set[str]:
    """The transactions whose tag was not accepted."""
    answers = [answer for _start, answer in _answered_starts(lines)]
    return {str(answer["transactionId"]) for answer in answers if answer["idTagInfo"]["status"] != "Accepted"}


OF_FRAMES: tuple[Callable[[Transcript], Iterator[str]], ...] = (
    one_call_at_a_time,
    every_call_is_answered,
    message_ids,
    no_refusals,
    same_word_on_a_tag,
)
OF_BOOKS: tuple[Callable[[Transcript, Books, Foreseen], Iterator[str]], ...] = (
    every_session_is_there,
    every_session_ends_well,
    every_status_is_shown,
    nothing_is_sent_unasked,
    nothing_was_odd,
)


def complaints(lines: Transcript, said: Books, foreseen: Foreseen) -> list[str]:
    """Everything that the judges object to."""
    frames = [f"{judge.__name__}: {found}" for judge in OF_FRAMES for found in judge(lines)]
    return frames + [f"{judge.__name__}: {found}" for judge in OF_BOOKS for found in judge(lines, said, foreseen)]
