"""Commands and their steps."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from cloud.db.rows import every, number, one
from cloud.db.tables import command, command_step, station
from cloud.domain.commands import Command, CommandKind, Step, TimelineEntry


def insert(conn: Connection, values: Mapping[str, Any]) -> int:
    added = command.insert().values(state=Step.ASKED, **values).returning(command.c.id)
    return number(conn, added)


def by_id(conn: Connection, id: int, *, lock: bool = False) -> Command | None:
    query = _commands().where(command.c.id == id)
    return one(conn, query.with_for_update(of=command) if lock else query, _command)


def unclaimed(conn: Connection, station_ids: Collection[int], now: datetime) -> list[Command]:
    """Commands for these stations that nobody else is claiming just now."""
    mine = command.c.station_id.in_(station_ids) & command.c.claimed_at.is_(None)
    fresh = (command.c.state == Step.ASKED) & (command.c.expires_at > now)
    query = _commands().where(mine, fresh).with_for_update(of=command, skip_locked=True)
    return every(conn, query, _command)


def claim(conn: Connection, ids: Collection[int], now: datetime) -> None:
    conn.execute(command.update().where(command.c.id.in_(ids)).values(claimed_at=now))


def in_state(conn: Connection, state: Step, asked_before: datetime) -> list[Command]:
    query = _commands().where(command.c.state == state, command.c.expires_at <= asked_before)
    return every(conn, query, _command)


def of_station(conn: Connection, station_id: int, limit: int, kind: CommandKind | None = None) -> Sequence[Command]:
    """The station's commands, the newest first."""
    query = _commands().where(command.c.station_id == station_id)
    query = query if kind is None else query.where(command.c.kind == kind)
    newest = query.order_by(None).order_by(command.c.id.desc()).limit(limit)
    return every(conn, newest, _command)


def add_step(conn: Connection, id: int, entry: TimelineEntry) -> None:
    values = {"step": entry.step, "detail": entry.detail, "at": entry.at}
    conn.execute(command_step.insert().values(command_id=id, **values))


def update(conn: Connection, id: int, state: Step, session_id: int | None) -> None:
    conn.execute(command.update().where(command.c.id == id).values(state=state, session_id=session_id))


def timelines(conn: Connection, ids: Collection[int]) -> dict[int, list[TimelineEntry]]:
    """The steps of several commands, each in order."""
    query = select(command_step).where(command_step.c.command_id.in_(ids)).order_by(command_step.c.id)
    found: dict[int, list[TimelineEntry]] = {id: [] for id in ids}
    for row in conn.execute(query):
        found[row.command_id].append(TimelineEntry(Step(row.step), row.detail, row.at))
    return found


def _commands() -> Select[Any]:
    joined = select(command, station.c.identity).join(station, station.c.id == command.c.station_id)
    return joined.order_by(command.c.id)


def _command(row: Row[Any]) -> Command:
    return Command(
        id=row.id,
        kind=CommandKind(row.kind),
        station_id=row.station_id,
        identity=row.identity,
        parameters=row.parameters,
        state=Step(row.state),
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        user_id=row.user_id,
        session_id=row.session_id,
    )
