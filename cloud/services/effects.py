"""What came of commands: each report of a station completes the timelines of those that waited for it."""

from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import commands as rows
from cloud.db.queries import places
from cloud.domain.catalogue import COMMANDS, awaiting
from cloud.domain.commands import Command, CommandKind, Step
from cloud.domain.effects import BOOT, START, STATUS, STOP, Report
from cloud.domain.sessions import Session
from cloud.domain.tags import masked
from cloud.services import commands, local_lists, profiles, reservations

LONGEST_TIMELINE = 100
_MOST = 20

Seen = tuple[Command, Step]


def reported(conn: Connection, station_id: int, report: Report, now: datetime) -> list[Seen]:
    """Completes the newest command of each kind that this report is the effect of; those, and the step for each."""
    if report.action == BOOT:
        local_lists.again(conn, station_id)
    if report.action == STATUS and report.connector is not None:
        reservations.status_seen(conn, station_id, report.connector, str(report.status))
    return _complete(conn, station_id, report, report.words, now)


def session_started(conn: Connection, session: Session, reservation_id: int | None, now: datetime) -> None:
    """Completes the remote start and the reservation that this session is the effect of."""
    report = Report(START, session.connector, id_tag=session.id_tag, reservation_id=reservation_id)
    detail = f"session {session.id} of {masked(session.id_tag)} on connector {session.connector}"
    for command, _step in _complete(conn, session.station_id, report, detail, now, session):
        if command.kind is CommandKind.REMOTE_START:
            profiles.session_started(conn, command, session, now)
    if reservation_id is not None:
        reservations.used(conn, session.station_id, reservation_id, session.id)


def session_stopped(conn: Connection, session: Session, now: datetime) -> None:
    """Completes the remote stop that ended this session, if there is one."""
    report = Report(STOP, session.connector, transaction_id=session.transaction_id)
    detail = f"session {session.id} ended after {session.energy_wh / 1000:.3f} kWh"
    _complete(conn, session.station_id, report, detail, now, session)


def already_seen(conn: Connection, command: Command, now: datetime) -> None:
    """An accepted change of availability is done if the connector has shown it already."""
    place = int(command.parameters["connectorId"])
    shown = Report(STATUS, place, places.status_of(conn, command.station_id, place))
    waits = commands.by_id(conn, command.id).state is Step.ACCEPTED
    if waits and COMMANDS[command.kind].effect(command.parameters, shown) is Step.DONE:
        commands.note(conn, command.id, Step.DONE, shown.words, now)


def _complete(
    conn: Connection, station_id: int, report: Report, detail: str, now: datetime, session: Session | None = None
) -> list[Seen]:
    seen: dict[CommandKind, Seen] = {}
    for command in rows.hoping(conn, station_id, awaiting(report.action), now, _MOST):
        step = COMMANDS[command.kind].effect(command.parameters, report)
        if step is not None and command.kind not in seen and not _told_enough(conn, command, step):
            seen[command.kind] = (command, step)
            commands.note(conn, command.id, step, detail, now, session_id=session.id if session else None)
    return list(seen.values())


def _told_enough(conn: Connection, command: Command, step: Step) -> bool:
    """A station may tell of its progress as often as it likes; nobody reads more than so much of it."""
    return step is Step.PROGRESS and rows.count_steps(conn, command.id) >= LONGEST_TIMELINE
